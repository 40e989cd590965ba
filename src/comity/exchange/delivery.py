"""A sealed statement on its way: signed bytes, opening and salt in one file for its addressee.

`speak` seals and signs; `encode_delivery` writes what is then encrypted to the addressee's recipient; `open_delivery`
verifies what arrived against a designation that the caller trusts. Nothing in the file says which key to trust.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from comity.errors import MalformedError, VerificationError
from comity.kernel import disclosure, entry
from comity.kernel.canonical import (
    Json,
    check_members,
    check_version,
    decode_base64,
    decode_base64url,
    encode_base64,
    encode_base64url,
    encode_json,
    parse_object,
    text_member,
)
from comity.kernel.envelope import SEALED_TYPE, STATEMENT_TYPE, Envelope, parse_envelope, sign_envelope
from comity.kernel.key import KeyPair
from comity.kernel.statement import Statement, parse_statement
from comity.kernel.trust import Designation, KeyHistory, check_speaks, verify_speaker

VERSION: Final = 1
# An envelope in base64 inside base64, and its disclosures.
MAX_DELIVERY_BYTES: Final = 4 * 1024 * 1024
_DECOY_BYTES: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """A signed statement with what opens it; a public one has neither salt nor disclosures."""

    envelope: Envelope
    salt: bytes | None
    disclosures: tuple[str, ...]

    @property
    def entry(self) -> bytes:
        """The entry that commits to it."""
        if self.salt is None:
            return entry.public_entry(self.envelope.id)
        return entry.sealed_entry(self.salt, self.envelope.id)

    def statement(self) -> Statement:
        """Return what it says, as far as it is opened.

        Raises:
            MalformedError: the payload breaks its format or a header stays closed.
            VerificationError: a disclosure does not belong to it.
        """
        if self.salt is None:
            return parse_statement(self.envelope.payload)
        return disclosure.open_sealed(self.envelope.payload, self.disclosures).statement()


def speak(statement: Statement, pair: KeyPair, random: Callable[[int], bytes]) -> Spoken:
    """Seal `statement` unless it is public, and sign it.

    Raises:
        MalformedError: the statement breaks its format.
    """
    if statement.public:
        envelope = sign_envelope(STATEMENT_TYPE, statement.encode(), [pair])
        return Spoken(envelope=envelope, salt=None, disclosures=())
    members = disclosure.salts_needed(statement)
    payload, disclosures = disclosure.seal(
        statement,
        salts=[random(disclosure.SALT_BYTES) for _ in range(members)],
        decoys=[random(_DECOY_BYTES) for _ in range(disclosure.decoys_needed(members))],
    )
    return Spoken(
        envelope=sign_envelope(SEALED_TYPE, payload, [pair]),
        salt=random(entry.SALT_BYTES),
        disclosures=tuple(item.encode() for item in disclosures),
    )


def encode_delivery(spoken: Spoken) -> bytes:
    """Return the file that carries a sealed statement.

    Raises:
        MalformedError: the statement is public; those are read from the log's folder.
    """
    if spoken.salt is None:
        raise MalformedError("a public statement is not delivered; it is read beside the log")
    disclosures: list[Json] = list(spoken.disclosures)
    return encode_json(
        {
            "comity_delivery": VERSION,
            "disclosures": disclosures,
            "envelope": encode_base64(spoken.envelope.encoded),
            "salt": encode_base64url(spoken.salt),
        }
    )


def parse_delivery(data: bytes) -> Spoken:
    """Read a delivery; nothing in it is verified.

    Raises:
        MalformedError: the bytes are anything else.
        TooLargeError: there are too many of them.
    """
    value = parse_object(data, max_bytes=MAX_DELIVERY_BYTES)
    check_members(value, required=frozenset({"comity_delivery", "disclosures", "envelope", "salt"}))
    check_version(value, "comity_delivery", VERSION)
    listed = value["disclosures"]
    if not isinstance(listed, list):
        raise MalformedError("a delivery has a list of disclosures")
    envelope = parse_envelope(decode_base64(text_member(value, "envelope")))
    salt = decode_base64url(text_member(value, "salt"))
    if not envelope.sealed or len(salt) != entry.SALT_BYTES:
        raise MalformedError(f"a delivery carries a sealed statement and its salt of {entry.SALT_BYTES} bytes")
    return Spoken(
        envelope=envelope,
        salt=salt,
        disclosures=tuple(text_member({"disclosure": item}, "disclosure") for item in listed),
    )


def claimed_issuer(spoken: Spoken) -> str:
    """Return who the delivery claims to come from, to look that authority up; it proves nothing.

    Raises:
        MalformedError: the signed bytes are no sealed statement.
    """
    return disclosure.parse_sealed(spoken.envelope.payload).issuer


def open_delivery(spoken: Spoken, designation: Designation, *, history: KeyHistory | None = None) -> Statement:
    """Verify who signed and open what it says; no more digests may stay closed than decoys can explain.

    Raises:
        VerificationError: another key signed, the key may not say this, a disclosure does not belong, or too many are
            missing.
        MalformedError: the content breaks its format or a header stays closed.
    """
    verified = verify_speaker(spoken.envelope, designation, history=history)
    opened = disclosure.open_sealed(spoken.envelope.payload, spoken.disclosures)
    if designation.authority != opened.issuer:
        raise VerificationError(f"designation of {designation.authority} used for {opened.issuer}")
    if opened.undisclosed != disclosure.decoys_needed(len(spoken.disclosures)):
        raise VerificationError(f"{opened.undisclosed} digests stay closed, more than decoys can explain")
    statement = opened.statement()
    check_speaks(verified, statement)
    return statement
