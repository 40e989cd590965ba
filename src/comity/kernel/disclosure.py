"""Sealed statements: signed bytes that show nobody what they say, opened member by member.

The signed bytes hold `comity`, `issuer` and `_sd`, a sorted list of digests. Every other header and every top-level
member of the body is a disclosure in the form of RFC 9901 section 4.2: base64url of `[salt, name, value]`, with the
digest taken over that text. A body member is named `body.<member>`. There is no nesting. Random digests fill the list
up to a multiple of sixteen, so that its length tells little.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from comity.errors import MalformedError, VerificationError
from comity.kernel.canonical import (
    Json,
    JsonObject,
    check_members,
    check_version,
    decode_base64url,
    encode_base64url,
    encode_json,
    parse_json,
    parse_object,
)
from comity.kernel.key import parse_authority
from comity.kernel.statement import VERSION, Statement, from_headers

SALT_BYTES: Final = 16
DECOY_STEP: Final = 16
BODY_PREFIX: Final = "body."
_DISCLOSURE_MEMBERS: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosure:
    """One salted field of a sealed statement."""

    salt: bytes
    name: str
    value: Json

    def encode(self) -> str:
        """Return the text that is passed on and digested."""
        return encode_base64url(encode_json([encode_base64url(self.salt), self.name, self.value]))

    def digest(self) -> str:
        """Return what the sealed statement holds in its place."""
        return digest_of(self.encode())


def digest_of(disclosure: str) -> str:
    """Return the digest of a disclosure's text, as a sealed statement lists it (RFC 9901 section 4.2.3)."""
    return encode_base64url(sha256(disclosure.encode("ascii")).digest())


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What disclosures reveal of a sealed statement that has them."""

    issuer: str
    headers: JsonObject
    body: JsonObject
    undisclosed: int
    """How many digests stay closed; withheld members and decoys look alike."""

    def statement(self) -> Statement:
        """Return the statement; `body` holds only what was disclosed.

        Raises:
            MalformedError: a header was not disclosed.
        """
        return from_headers(self.issuer, self.headers, self.body)


def parse_disclosure(text: str) -> Disclosure:
    """Read one disclosure.

    Raises:
        MalformedError: the text is not a disclosure in its one spelling.
    """
    value = parse_json(decode_base64url(text))
    if not isinstance(value, list) or len(value) != _DISCLOSURE_MEMBERS:
        raise MalformedError("a disclosure is a list of salt, name and value")
    salt, name, member = value
    if not isinstance(salt, str) or not isinstance(name, str):
        raise MalformedError("a disclosure's salt and name are text")
    disclosure = Disclosure(salt=decode_base64url(salt), name=name, value=member)
    if len(disclosure.salt) != SALT_BYTES:
        raise MalformedError(f"a disclosure's salt has {len(disclosure.salt)} bytes, {SALT_BYTES} wanted")
    return disclosure


def salts_needed(statement: Statement) -> int:
    """Return how many salts of 16 bytes `seal` takes for `statement`; decoys take as many of 32 as `decoys_needed`."""
    return len(statement.headers()) + len(statement.body)


def decoys_needed(members: int) -> int:
    """Return how many decoys fill a list of `members` digests."""
    return -members % DECOY_STEP


def seal(statement: Statement, *, salts: list[bytes], decoys: list[bytes]) -> tuple[bytes, tuple[Disclosure, ...]]:
    """Return the bytes to sign and the disclosures that open them.

    `salts` are fresh random values of 16 bytes, `decoys` of 32 bytes; none may be used twice.

    Raises:
        MalformedError: the number or length of salts or decoys is wrong, or one repeats.
    """
    members = [*statement.headers().items(), *((BODY_PREFIX + k, v) for k, v in statement.body.items())]
    if len(salts) != len(members) or len(decoys) != decoys_needed(len(members)):
        raise MalformedError(
            f"sealing takes {len(members)} salts and {decoys_needed(len(members))} decoys, "
            f"got {len(salts)} and {len(decoys)}"
        )
    if any(len(salt) != SALT_BYTES for salt in salts) or any(len(decoy) != sha256().digest_size for decoy in decoys):
        raise MalformedError(f"a salt has {SALT_BYTES} bytes and a decoy {sha256().digest_size}")
    if len(set(salts)) != len(salts) or len(set(decoys)) != len(decoys):
        raise MalformedError("salts and decoys must all differ")
    disclosures = tuple(
        Disclosure(salt=salt, name=name, value=value) for salt, (name, value) in zip(salts, members, strict=True)
    )
    digests = sorted([d.digest() for d in disclosures] + [encode_base64url(sha256(decoy).digest()) for decoy in decoys])
    payload = encode_json({"_sd": list(digests), "comity": VERSION, "issuer": statement.issuer})
    return payload, disclosures


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """The signed part of a sealed statement."""

    issuer: str
    digests: frozenset[str]


def parse_sealed(payload: bytes) -> Sealed:
    """Read the signed bytes of a sealed statement.

    Raises:
        MalformedError: they are not in the one spelling, or the digests are unsorted, repeated or not padded.
    """
    value = parse_object(payload)
    check_members(value, required=frozenset({"_sd", "comity", "issuer"}))
    check_version(value, "comity", VERSION)
    issuer, listed = value["issuer"], value["_sd"]
    if not isinstance(issuer, str) or not isinstance(listed, list):
        raise MalformedError("a sealed statement has an issuer and a list of digests")
    digests = [item for item in listed if isinstance(item, str) and len(decode_base64url(item)) == sha256().digest_size]
    if len(digests) != len(listed) or digests != sorted(set(digests)):
        raise MalformedError("the digests of a sealed statement must be sorted, distinct SHA-256 values")
    if not digests or len(digests) % DECOY_STEP:
        raise MalformedError(f"a sealed statement has {len(digests)} digests, a multiple of {DECOY_STEP} wanted")
    return Sealed(issuer=parse_authority(issuer), digests=frozenset(digests))


def open_sealed(payload: bytes, disclosures: Iterable[str]) -> Opened:
    """Open a sealed statement as far as `disclosures` go.

    `payload` must come from a verified envelope.

    Raises:
        MalformedError: the payload or a disclosure breaks its format.
        VerificationError: a disclosure does not belong to the payload, or names a member twice.
    """
    sealed = parse_sealed(payload)
    headers: JsonObject = {}
    body: JsonObject = {}
    opened = 0
    for text in disclosures:
        disclosure = parse_disclosure(text)
        # The text was just read as the one spelling of the disclosure, so its digest is the disclosure's.
        if digest_of(text) not in sealed.digests:
            raise VerificationError(f"the disclosure of {disclosure.name[:40]!r} does not belong to this statement")
        is_body = disclosure.name.startswith(BODY_PREFIX)
        target, name = (body, disclosure.name.removeprefix(BODY_PREFIX)) if is_body else (headers, disclosure.name)
        if name in target or disclosure.name in {"comity", "issuer", "_sd", "..."}:
            raise VerificationError(f"the member {disclosure.name[:40]!r} is disclosed twice or may not be disclosed")
        target[name] = disclosure.value
        opened += 1
    return Opened(issuer=sealed.issuer, headers=headers, body=body, undisclosed=len(sealed.digests) - opened)
