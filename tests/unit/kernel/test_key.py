import dataclasses
from hashlib import sha256

import pytest

from comity.errors import MalformedError, VerificationError
from comity.kernel.canonical import Json, encode_base64
from comity.kernel.key import (
    ED25519,
    ED25519_COSIGNATURE,
    MLDSA44,
    KeyPair,
    PublicPair,
    Role,
    VerifierKey,
    check_ed25519_key,
    encode_vkey,
    key_id,
    parse_authority,
    parse_vkey,
    verify_ed25519,
    verify_mldsa44,
)
from support.log_keys import LOG, WITNESSES, pair

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
SMALL_ORDER_Y = (
    0,
    1,
    P - 1,
    int.from_bytes(bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little"),
    int.from_bytes(bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"), "little"),
)
# Published with the Go checksum database and with the example of Go's note package.
GO_KEY = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
NEUMANN = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PUBLIC = LOG.public


@pytest.mark.parametrize("name", ["prt.contact-point", "xaa.a", "eun.c1-2-3", "xaa." + "a" * 56])
def test_an_authority_is_a_code_a_dot_and_a_body(name: str) -> None:
    assert parse_authority(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        "prt",
        "prt.",
        ".a",
        "PRT.a",
        "pr.a",
        "prtx.a",
        "prt.-a",
        "prt.a-",
        "prt.a--b",
        "prt.a.b",
        "prt.a/log",
        "prt.a\n",
        "prt.é",
        "prt.a b",
        "pr1.a",
        "xaa." + "a" * 57,
        "prt.a_b",
        "prt.\N{ARABIC-INDIC DIGIT ONE}",
    ],
)
def test_anything_else_is_no_authority(name: str) -> None:
    with pytest.raises(MalformedError, match="authority's name"):
        parse_authority(name)


def test_a_pair_signs_with_both_keys_and_verifies_only_with_both() -> None:
    ed25519, mldsa44 = LOG.sign(b"message")
    PUBLIC.verify(b"message", ed25519, mldsa44)
    other_ed25519, other_mldsa44 = WITNESSES[0].sign(b"message")
    for left, right in ((other_ed25519, mldsa44), (ed25519, other_mldsa44), (b"", mldsa44), (ed25519, b"")):
        with pytest.raises(VerificationError, match=r"not signed by both keys of xaa\.centre/log"):
            PUBLIC.verify(b"message", left, right)
    with pytest.raises(VerificationError):
        PUBLIC.verify(b"massage", ed25519, mldsa44)


def test_a_pair_knows_its_authority_its_role_and_its_ids() -> None:
    assert (PUBLIC.authority, PUBLIC.role) == ("xaa.centre", Role.LOG)
    assert PUBLIC.key_ids() == (
        sha256(b"xaa.centre/log\n\x01" + PUBLIC.ed25519).hexdigest(),
        sha256(b"xaa.centre/log\n\x06" + PUBLIC.mldsa44).hexdigest(),
    )


def test_a_witness_uses_the_cosignature_type_where_others_use_the_note_type() -> None:
    assert [key.type_byte for key in WITNESSES[0].public.verifier_keys()] == [ED25519_COSIGNATURE, MLDSA44]
    assert [key.type_byte for key in PUBLIC.verifier_keys()] == [ED25519, MLDSA44]


def test_the_fingerprint_is_40_digits_over_the_name_and_both_keys() -> None:
    assert PUBLIC.fingerprint() == "58690 57671 37433 04988 63554 48474 42603 80845"
    other = WITNESSES[0].public
    changed = [
        dataclasses.replace(PUBLIC, name="xaa.centre/root"),
        dataclasses.replace(PUBLIC, ed25519=other.ed25519),
        dataclasses.replace(PUBLIC, mldsa44=other.mldsa44),
    ]
    assert len({PUBLIC.fingerprint(), *(item.fingerprint() for item in changed)}) == 4


def test_a_public_pair_survives_json() -> None:
    assert PublicPair.from_json(PUBLIC.to_json()) == PUBLIC


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {},
        {"name": "xaa.centre/log", "ed25519": "", "mldsa44": ""},
        {"name": 1, "ed25519": encode_base64(PUBLIC.ed25519), "mldsa44": encode_base64(PUBLIC.mldsa44)},
        {"name": "xaa.centre/log", "ed25519": encode_base64(PUBLIC.ed25519), "mldsa44": "AA=="},
        {"name": "xaa.centre/log", "ed25519": encode_base64(PUBLIC.ed25519), "mldsa44": None},
        {"name": "xaa.centre/log", "ed25519": encode_base64(PUBLIC.ed25519)},
    ],
)
def test_a_broken_pair_is_malformed(value: Json) -> None:
    with pytest.raises(MalformedError):
        PublicPair.from_json(value)


@pytest.mark.parametrize("name", ["xaa.centre", "xaa.centre/", "xaa.centre/boss", "centre/log", "xaa.centre/log/log"])
def test_a_pair_is_named_for_an_authority_and_a_role(name: str) -> None:
    with pytest.raises(MalformedError):
        pair(name, 1)


@pytest.mark.parametrize("lengths", [(31, 32), (32, 33), (0, 0)])
def test_seeds_have_32_bytes(lengths: tuple[int, int]) -> None:
    with pytest.raises(MalformedError, match="32 bytes"):
        KeyPair.from_seeds("xaa.centre/log", bytes(lengths[0]), bytes(lengths[1]))


def test_no_private_or_bulky_bytes_show_in_a_representation() -> None:
    assert repr(LOG) == "KeyPair(public=PublicPair(name='xaa.centre/log'))"


def test_a_verifier_key_made_elsewhere_is_read_and_written_back() -> None:
    for text in (GO_KEY, NEUMANN):
        key = parse_vkey(text)
        assert key.key_id4.hex() == text.split("+")[1]
        assert encode_vkey(key.name, key.type_byte, key.key) == text


def test_a_verifier_key_of_each_type_survives_text() -> None:
    for type_byte, key in (
        (ED25519, PUBLIC.ed25519),
        (ED25519_COSIGNATURE, PUBLIC.ed25519),
        (MLDSA44, PUBLIC.mldsa44),
    ):
        text = encode_vkey("example.com/a", type_byte, key)
        assert parse_vkey(text) == VerifierKey(name="example.com/a", type_byte=type_byte, key=key)
        assert bytes.fromhex(text.split("+")[1]) == key_id("example.com/a", type_byte, key)[:4]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "name, key id and key"),
        ("sum.golang.org+033de0ae", "name, key id and key"),
        (GO_KEY.replace("033de0ae", "033de0af"), "is not 033de0ae"),
        (GO_KEY.replace("033de0ae", "033DE0AE"), "is not 033de0ae"),
        (GO_KEY.replace("sum", "sun"), "key id"),
        (GO_KEY + "=", "base64"),
        ("sum.golang.org+033de0ae+", "has no key"),
        ("a+00000000+Ag==", "none of 0x01, 0x04, 0x06"),
        ("a+00000000+AQ==", "wanted 32"),
        ("a+00000000+Bg==", "wanted 1312"),
        (GO_KEY.replace("sum.", "sum "), "space"),
        ("+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8", "0 bytes"),
        ("a" * 256 + "+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8", "256 bytes"),
        ("\ud800+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8", "Unicode"),
        ("a+00000000+BA", "base64"),
        (f"a+00000000+{encode_base64(bytes([1]) + bytes(32))}", "small order"),
    ],
)
def test_a_verifier_key_has_one_spelling(text: str, reason: str) -> None:
    with pytest.raises(MalformedError, match=reason):
        parse_vkey(text)


@pytest.mark.parametrize("name", ["a b", "a\u00a0b", "a\u2028b", "a+b", "a\nb", "a\x01b", ""])
def test_a_key_name_has_no_space_plus_or_control_character(name: str) -> None:
    with pytest.raises(MalformedError):
        encode_vkey(name, ED25519, PUBLIC.ed25519)


def _times_eight(y: int) -> int:
    """Double the curve point with this y three times, by y alone: y(2P) depends on y(P) only."""
    d = -121665 * pow(121666, -1, P) % P
    for _ in range(3):
        y2 = y * y % P
        x2 = (y2 - 1) * pow(d * y2 + 1, -1, P) % P
        y = (y2 + x2) * pow(1 - d * x2 * y2, -1, P) % P
    return y


def test_the_five_small_orders_are_those_that_eight_takes_to_the_neutral_point() -> None:
    assert [_times_eight(y) for y in SMALL_ORDER_Y] == [1] * 5
    assert _times_eight(int.from_bytes(PUBLIC.ed25519, "little") & (2**255 - 1)) != 1


@pytest.mark.parametrize("sign", [0, 1 << 255])
@pytest.mark.parametrize("y", [*SMALL_ORDER_Y, P, P + 1, P + 2, 2**255 - 1])
def test_no_key_of_small_order_or_without_canonical_spelling_is_enrolled_or_verifies(y: int, sign: int) -> None:
    key = (y | sign).to_bytes(32, "little")
    with pytest.raises(MalformedError, match="small order"):
        check_ed25519_key(key)
    signature = LOG.sign_ed25519(b"message")
    with pytest.raises(VerificationError, match="small order"):
        verify_ed25519(key, b"message", signature)
    with pytest.raises(VerificationError, match="small order"):
        verify_ed25519(PUBLIC.ed25519, b"message", key + signature[32:])


def test_a_signature_whose_scalar_is_l_or_more_is_refused() -> None:
    signature = LOG.sign_ed25519(b"message")
    scalar = int.from_bytes(signature[32:], "little")
    verify_ed25519(PUBLIC.ed25519, b"message", signature)
    with pytest.raises(VerificationError, match="does not verify"):
        verify_ed25519(PUBLIC.ed25519, b"message", signature[:32] + (scalar + L).to_bytes(32, "little"))


def test_lengths_of_keys_and_signatures_are_checked() -> None:
    ed25519, mldsa44 = LOG.sign(b"message")
    for key, signature in ((PUBLIC.ed25519[:-1], ed25519), (PUBLIC.ed25519, ed25519 + b"\0")):
        with pytest.raises(VerificationError):
            verify_ed25519(key, b"message", signature)
    for key, signature in ((PUBLIC.mldsa44[:-1], mldsa44), (PUBLIC.mldsa44, mldsa44 + b"\0")):
        with pytest.raises(VerificationError):
            verify_mldsa44(key, b"message", signature)
    with pytest.raises(MalformedError, match="small order"):
        check_ed25519_key(PUBLIC.ed25519[:-1])
