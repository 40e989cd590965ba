"""Identities: their text, what never shows, and what they refuse to do."""

import pytest

from comity.age.header import Stanza, encode_raw_base64
from comity.age.identity import (
    HybridIdentity,
    Identity,
    ScryptIdentity,
    X25519Identity,
    generate_hybrid,
    generate_x25519,
    parse_identity,
)
from comity.age.recipient import Recipient, ScryptRecipient
from comity.age.stream import decrypt_bytes, encrypt_bytes
from comity.errors import MalformedError, PolicyError, TooLargeError, VerificationError

SEED = bytes(range(32))
HYBRID = HybridIdentity.from_seed(SEED)
CLASSICAL = X25519Identity.from_secret(SEED)


def test_identity_text_reads_back_to_the_same_recipient() -> None:
    for identity in (HYBRID, CLASSICAL):
        again = parse_identity(identity.encode())
        assert type(again) is type(identity)
        assert again.recipient == identity.recipient
    assert HYBRID.encode().startswith("AGE-SECRET-KEY-PQ-1")
    assert CLASSICAL.encode().startswith("AGE-SECRET-KEY-1")


def test_identity_text_of_the_specification_is_read() -> None:
    for text in (
        "AGE-SECRET-KEY-PQ-1XX76JRALNLXDMEW0CRK45QMCCH4X06SE84UN3VPM33W6HWDX0H3SK3ZQFR",
        "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX",
    ):
        assert parse_identity(text).encode() == text


@pytest.mark.parametrize(
    "text",
    [
        CLASSICAL.encode().lower(),
        CLASSICAL.encode()[:-1] + "q",
        CLASSICAL.encode() + "\n",
        CLASSICAL.encode().replace("K", "\N{KELVIN SIGN}"),
        CLASSICAL.recipient.encode(),
        CLASSICAL.recipient.encode().upper(),
        "",
    ],
)
def test_text_that_is_no_identity_is_malformed(text: str) -> None:
    with pytest.raises(MalformedError):
        parse_identity(text)


@pytest.mark.parametrize("length", [0, 31, 33])
def test_secrets_of_another_length_are_malformed(length: int) -> None:
    with pytest.raises(MalformedError):
        HybridIdentity.from_seed(bytes(length))
    with pytest.raises(MalformedError):
        X25519Identity.from_secret(bytes(length))


def test_secrets_never_show_in_repr() -> None:
    for identity in (HYBRID, CLASSICAL, ScryptIdentity("hunter2")):
        shown = repr(identity)
        assert "hunter2" not in shown
        assert "\\x01" not in shown


def test_generation_takes_its_randomness_as_an_argument() -> None:
    assert generate_hybrid(lambda size: SEED[:size]).encode() == HYBRID.encode()
    assert generate_x25519(lambda size: SEED[:size]).encode() == CLASSICAL.encode()
    assert generate_hybrid().encode() != generate_hybrid().encode()


PAIRS: list[tuple[Recipient, Identity, Identity]] = [
    (HYBRID.recipient, HYBRID, generate_hybrid()),
    (CLASSICAL.recipient, CLASSICAL, generate_x25519()),
    (ScryptRecipient("right", 4), ScryptIdentity("right"), ScryptIdentity("wrong")),
]


@pytest.mark.parametrize(("recipient", "right", "wrong"), PAIRS)
def test_only_the_right_identity_opens_a_file(recipient: Recipient, right: Identity, wrong: Identity) -> None:
    sealed = encrypt_bytes(b"exhibit", [recipient])
    assert decrypt_bytes(sealed, [wrong, right], max_bytes=100) == b"exhibit"
    for identities in ([wrong], []):
        with pytest.raises(VerificationError, match="no identity"):
            decrypt_bytes(sealed, identities, max_bytes=100)


def test_identities_of_all_kinds_may_be_tried_on_one_file() -> None:
    identities = [pair[1] for pair in PAIRS]
    for recipient, _, _ in PAIRS:
        assert decrypt_bytes(encrypt_bytes(b"x", [recipient]), identities, max_bytes=1) == b"x"


def test_every_one_of_several_recipients_opens_the_file() -> None:
    several = [generate_hybrid() for _ in range(3)]
    sealed = encrypt_bytes(b"x", [identity.recipient for identity in several])
    for identity in several:
        assert decrypt_bytes(sealed, [identity], max_bytes=1) == b"x"


def test_a_file_that_asks_for_too_much_work_is_refused_before_any_is_done() -> None:
    sealed = encrypt_bytes(b"x", [ScryptRecipient("passphrase", 5)])
    assert decrypt_bytes(sealed, [ScryptIdentity("passphrase", 5)], max_bytes=1) == b"x"
    with pytest.raises(TooLargeError, match="work factor is 5, want at most 4"):
        decrypt_bytes(sealed, [ScryptIdentity("passphrase", 4)], max_bytes=1)


def test_a_work_factor_of_five_thousand_digits_is_our_error() -> None:
    stanza = Stanza(arguments=("scrypt", encode_raw_base64(bytes(16)), "9" * 5000), body=bytes(32))
    with pytest.raises(TooLargeError):
        ScryptIdentity("passphrase").unwrap([stanza])


def test_a_broken_stanza_refuses_the_file_even_behind_a_good_one() -> None:
    file_key = bytes(16)
    broken = Stanza(arguments=("X25519", encode_raw_base64(bytes(31))), body=bytes(32))
    good = CLASSICAL.recipient.wrap(file_key)
    assert CLASSICAL.unwrap([good]) == file_key
    with pytest.raises(MalformedError):
        CLASSICAL.unwrap([good, broken])


def test_an_empty_passphrase_is_no_identity() -> None:
    with pytest.raises(PolicyError):
        ScryptIdentity("")
