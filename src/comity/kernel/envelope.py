"""The envelope: a statement's exact bytes with their signatures (DSSE), in one spelling.

The JSON has the members `payload`, `payloadType`, `signatures`, each signature `keyid` and `sig`, in RFC 8785 form
with padded standard base64; signatures are sorted by key id. A statement's id is the SHA-256 of these bytes: the entry
in the log commits to it, a receipt repeats it. A verifier names the pairs that must have signed; it never goes by the
signatures that happen to be present, and refuses signatures beyond those.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from comity.errors import MalformedError, VerificationError
from comity.kernel.canonical import (
    Json,
    JsonObject,
    check_members,
    decode_base64,
    encode_base64,
    encode_json,
    parse_digest,
    parse_object,
    text_member,
)
from comity.kernel.key import KeyPair, PublicPair

STATEMENT_TYPE: Final = "application/vnd.comity.statement+json"
SEALED_TYPE: Final = "application/vnd.comity.sealed+json"
# Two pairs (issuing and validating authority) make four signatures; twice that leaves room for a joint statement.
MAX_SIGNATURES = 8
# A payload of the largest statement in base64, with eight post-quantum signatures.
MAX_ENVELOPE_BYTES = 1_500_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """One signature and the full id of its key."""

    key_id: str
    value: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """Signed bytes as they arrived; nothing about them is verified."""

    payload_type: str
    payload: bytes
    signatures: tuple[Signature, ...]
    encoded: bytes

    @property
    def id(self) -> str:
        """The statement's id: SHA-256 of the envelope's bytes, in hexadecimal."""
        return sha256(self.encoded).hexdigest()

    @property
    def sealed(self) -> bool:
        """Whether the payload shows only digests."""
        return self.payload_type == SEALED_TYPE

    @property
    def key_ids(self) -> frozenset[str]:
        """The ids of the keys that claim to have signed."""
        return frozenset(signature.key_id for signature in self.signatures)


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedEnvelope:
    """An envelope that both keys of each named pair signed; made only by `verify_envelope`."""

    envelope: Envelope
    pairs: tuple[PublicPair, ...]


def authenticated_bytes(payload_type: str, payload: bytes) -> bytes:
    """Return what is signed: DSSE's pre-authentication encoding, with lengths in bytes."""
    kind = payload_type.encode("utf-8")
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def sign_envelope(payload_type: str, payload: bytes, pairs: Sequence[KeyPair]) -> Envelope:
    """Sign `payload` with every one of `pairs`.

    Raises:
        MalformedError: no pair, too many, or one twice.
    """
    message = authenticated_bytes(payload_type, payload)
    signatures: list[Signature] = []
    for pair in pairs:
        values = pair.sign(message)
        signatures += [Signature(key_id=k, value=v) for k, v in zip(pair.public.key_ids(), values, strict=True)]
    signatures.sort(key=lambda signature: signature.key_id)
    listed: list[Json] = [{"keyid": s.key_id, "sig": encode_base64(s.value)} for s in signatures]
    encoded = encode_json({"payload": encode_base64(payload), "payloadType": payload_type, "signatures": listed})
    return parse_envelope(encoded)


def parse_envelope(data: bytes) -> Envelope:
    """Read an envelope in its one spelling.

    Raises:
        MalformedError: the bytes are anything else.
    """
    value = parse_object(data, max_bytes=MAX_ENVELOPE_BYTES)
    check_members(value, required=frozenset({"payload", "payloadType", "signatures"}))
    payload_type = text_member(value, "payloadType")
    if payload_type not in {STATEMENT_TYPE, SEALED_TYPE}:
        raise MalformedError(f"payload type {payload_type[:60]!r} is no statement of Comity")
    listed = value["signatures"]
    if not isinstance(listed, list) or not 1 <= len(listed) <= MAX_SIGNATURES:
        raise MalformedError(f"an envelope has 1 to {MAX_SIGNATURES} signatures")
    signatures = tuple(_parse_signature(item) for item in listed)
    key_ids = [signature.key_id for signature in signatures]
    if key_ids != sorted(set(key_ids)):
        raise MalformedError("signatures must be sorted by key id, one for each key")
    payload = decode_base64(text_member(value, "payload"))
    return Envelope(payload_type=payload_type, payload=payload, signatures=signatures, encoded=data)


def _parse_signature(value: Json) -> Signature:
    if not isinstance(value, dict):
        raise MalformedError("a signature is an object")
    members: JsonObject = value
    check_members(members, required=frozenset({"keyid", "sig"}))
    key_id = text_member(members, "keyid")
    parse_digest(key_id)
    return Signature(key_id=key_id, value=decode_base64(text_member(members, "sig")))


def verify_envelope(envelope: Envelope, pairs: Sequence[PublicPair]) -> VerifiedEnvelope:
    """Verify that both keys of each of `pairs` signed the envelope, and no other key did.

    The caller takes `pairs` from a designation that it trusts, never from the envelope.

    Raises:
        VerificationError: a signature is missing, wrong or of a key outside `pairs`.
    """
    if not pairs:
        raise VerificationError("no key is designated that could have signed this")
    message = authenticated_bytes(envelope.payload_type, envelope.payload)
    by_key = {signature.key_id: signature.value for signature in envelope.signatures}
    for pair in pairs:
        ed25519_id, mldsa44_id = pair.key_ids()
        if ed25519_id not in by_key or mldsa44_id not in by_key:
            raise VerificationError(f"not signed by both keys of {pair.name} ({ed25519_id[:8]}…, {mldsa44_id[:8]}…)")
        pair.verify(message, by_key.pop(ed25519_id), by_key.pop(mldsa44_id))
    if by_key:
        raise VerificationError(f"also signed by key {min(by_key)[:8]}…, which is not designated for it")
    return VerifiedEnvelope(envelope=envelope, pairs=tuple(pairs))
