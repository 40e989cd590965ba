from hashlib import sha256

import pytest

from comity.errors import MalformedError, TooLargeError, VerificationError
from comity.kernel.canonical import Json, encode_base64, encode_json, parse_object
from comity.kernel.envelope import (
    MAX_ENVELOPE_BYTES,
    MAX_SIGNATURES,
    SEALED_TYPE,
    STATEMENT_TYPE,
    Envelope,
    authenticated_bytes,
    parse_envelope,
    sign_envelope,
    verify_envelope,
)
from comity.kernel.key import KeyPair
from support.log_keys import pair
from support.speakers import NEXT_STATEMENT, PEER_STATEMENT, SERVICE, STATEMENT, flipped, statement

PAYLOAD = statement(to=()).encode()
SIGNED = sign_envelope(STATEMENT_TYPE, PAYLOAD, [STATEMENT])
JOINT = sign_envelope(STATEMENT_TYPE, PAYLOAD, [STATEMENT, PEER_STATEMENT])


def changed(**members: Json) -> bytes:
    return encode_json(parse_object(SIGNED.encoded) | members)


def listed(envelope: Envelope = SIGNED) -> list[Json]:
    value = parse_object(envelope.encoded)["signatures"]
    assert isinstance(value, list)
    return value


def resigned(*signatures: tuple[str, bytes]) -> Envelope:
    """Return the payload under these signatures, in their order by key id."""
    values: list[Json] = [{"keyid": key_id, "sig": encode_base64(value)} for key_id, value in sorted(signatures)]
    return parse_envelope(changed(signatures=values))


def test_what_is_signed_is_the_encoding_of_the_dsse_specification() -> None:
    assert (
        authenticated_bytes("http://example.com/HelloWorld", b"hello world")
        == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )
    assert authenticated_bytes("", b"") == b"DSSEv1 0  0 "


@pytest.mark.parametrize(("kind", "length"), [("é", 2), ("€", 3), ("\N{GRINNING FACE}", 4), ("text/é; x=€", 14)])
def test_lengths_count_bytes_and_not_characters(kind: str, length: int) -> None:
    payload = "ß\n 1 x".encode()
    assert authenticated_bytes(kind, payload) == f"DSSEv1 {length} {kind} 7 ".encode() + payload


def test_the_encoding_keeps_type_and_payload_apart() -> None:
    assert authenticated_bytes("a 1 b", b"c") != authenticated_bytes("a", b"b 1 c")
    assert authenticated_bytes("a", b"bc") != authenticated_bytes("ab", b"c")


def test_an_envelope_has_one_spelling_and_reads_back() -> None:
    ids = sorted(STATEMENT.public.key_ids())
    assert parse_envelope(SIGNED.encoded) == SIGNED
    assert [signature.key_id for signature in SIGNED.signatures] == ids
    rebuilt = encode_json(
        {
            "payload": encode_base64(PAYLOAD),
            "payloadType": "application/vnd.comity.statement+json",
            "signatures": [{"keyid": s.key_id, "sig": encode_base64(s.value)} for s in SIGNED.signatures],
        }
    )
    assert rebuilt == SIGNED.encoded
    assert SIGNED.id == sha256(SIGNED.encoded).hexdigest()
    assert SIGNED.key_ids == frozenset(ids)
    assert not SIGNED.sealed
    assert sign_envelope(SEALED_TYPE, PAYLOAD, [STATEMENT]).sealed


def test_both_keys_of_the_named_pair_verify() -> None:
    verified = verify_envelope(SIGNED, [STATEMENT.public])
    assert (verified.envelope, verified.pairs) == (SIGNED, (STATEMENT.public,))
    assert verify_envelope(JOINT, [PEER_STATEMENT.public, STATEMENT.public]).envelope == JOINT


def test_the_verifier_goes_by_the_pairs_it_names() -> None:
    with pytest.raises(VerificationError, match="no key is designated"):
        verify_envelope(SIGNED, [])
    with pytest.raises(VerificationError, match=r"not signed by both keys of xaa\.centre/service"):
        verify_envelope(SIGNED, [SERVICE.public])
    with pytest.raises(VerificationError, match=r"not signed by both keys of xab\.centre/statement"):
        verify_envelope(SIGNED, [STATEMENT.public, PEER_STATEMENT.public])
    with pytest.raises(VerificationError, match="also signed by key"):
        verify_envelope(JOINT, [STATEMENT.public])
    with pytest.raises(VerificationError, match="not signed by both keys"):
        verify_envelope(SIGNED, [STATEMENT.public, STATEMENT.public])


def test_one_key_of_a_pair_is_not_enough() -> None:
    values = {signature.key_id: signature.value for signature in SIGNED.signatures}
    ed25519_id, mldsa44_id = STATEMENT.public.key_ids()
    other = dict(zip(STATEMENT.public.key_ids(), STATEMENT.sign(b"something else"), strict=True))
    for signatures in (
        [(ed25519_id, values[ed25519_id])],
        [(mldsa44_id, values[mldsa44_id])],
        [(ed25519_id, values[ed25519_id]), (mldsa44_id, other[mldsa44_id])],
        [(ed25519_id, other[ed25519_id]), (mldsa44_id, values[mldsa44_id])],
        [(ed25519_id, values[mldsa44_id]), (mldsa44_id, values[ed25519_id])],
        [(ed25519_id, b""), (mldsa44_id, values[mldsa44_id])],
    ):
        with pytest.raises(VerificationError, match="not signed by both keys"):
            verify_envelope(resigned(*signatures), [STATEMENT.public])


def test_a_signature_of_one_type_says_nothing_about_the_other() -> None:
    with pytest.raises(VerificationError, match="not signed by both keys"):
        verify_envelope(parse_envelope(changed(payloadType=SEALED_TYPE)), [STATEMENT.public])


def test_any_flipped_byte_is_refused() -> None:
    for place, data in flipped(SIGNED.encoded):
        try:
            verify_envelope(parse_envelope(data), [STATEMENT.public])
        except (MalformedError, VerificationError):
            continue
        pytest.fail(f"a bit of byte {place} made no difference")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        SIGNED.encoded + b"\n",
        b" " + SIGNED.encoded,
        changed(extra=1),
        changed(payload=1),
        changed(payload="é"),
        changed(payload=encode_base64(PAYLOAD).rstrip("=") + "\n"),
        changed(payloadType=None),
        changed(payloadType="application/json"),
        changed(payloadType=STATEMENT_TYPE + " "),
        changed(signatures=None),
        changed(signatures={}),
        changed(signatures=[]),
        changed(signatures=["x"]),
        changed(signatures=[[]]),
        changed(signatures=list(reversed(listed()))),
        changed(signatures=[listed()[0], listed()[0]]),
        changed(signatures=[{"keyid": "AB" * 32, "sig": ""}]),
        changed(signatures=[{"keyid": "ab", "sig": ""}]),
        changed(signatures=[{"keyid": "ab" * 32}]),
        changed(signatures=[{"keyid": "ab" * 32, "sig": "", "cert": ""}]),
        changed(signatures=[{"keyid": "ab" * 32, "sig": "*"}]),
        changed(signatures=[{"keyid": f"{n:064x}", "sig": ""} for n in range(MAX_SIGNATURES + 1)]),
    ],
)
def test_bytes_that_are_no_envelope_are_refused(data: bytes) -> None:
    with pytest.raises(MalformedError):
        parse_envelope(data)


def test_length_is_checked_first() -> None:
    with pytest.raises(TooLargeError):
        parse_envelope(bytes(MAX_ENVELOPE_BYTES + 1))


@pytest.mark.parametrize("signers", [[], [STATEMENT, STATEMENT], [pair(f"xa{c}.a/statement", 1) for c in "abcde"]])
def test_an_envelope_takes_one_to_four_different_pairs(signers: list[KeyPair]) -> None:
    with pytest.raises(MalformedError, match="signatures"):
        sign_envelope(STATEMENT_TYPE, PAYLOAD, signers)


def test_four_pairs_make_a_full_envelope() -> None:
    signers = [STATEMENT, NEXT_STATEMENT, SERVICE, PEER_STATEMENT]
    envelope = sign_envelope(STATEMENT_TYPE, PAYLOAD, signers)
    assert len(envelope.signatures) == MAX_SIGNATURES
    assert verify_envelope(envelope, [signer.public for signer in signers]).envelope == envelope


def test_no_envelope_is_made_for_another_type() -> None:
    with pytest.raises(MalformedError, match="no statement of Comity"):
        sign_envelope("text/plain", PAYLOAD, [STATEMENT])
