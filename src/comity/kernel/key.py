"""Keys: pairs of Ed25519 and ML-DSA-44 that are designated, rotated and revoked as one.

Names follow `<authority>/<role>`. A key's id is SHA-256(name ‖ 0x0A ‖ signature type ‖ public key), as C2SP
signed-note has it, in full where the project writes it and cut to four bytes in notes and verifier keys. What a pair
says is signed by both keys and holds only if both signatures verify: forging it takes breaking both.

Signatures of Ed25519 exist that some libraries accept and others refuse. Between parties that do not trust each
other such a signature is a dispute, so one rule decides, whatever the library. A signature (R, S) of a message M by
a key A is valid exactly if

1. A is 32 bytes and the signature is 64;
2. A and R are canonical: the y coordinate, the low 255 bits, is below p = 2^255 − 19, and where x is 0 its sign
   bit is 0 (RFC 8032 section 5.1.3; the points with x = 0 all fall under 3);
3. neither A nor R has small order: y is none of the five values that the eight points of order 1, 2, 4 and 8 have;
4. S < L, the order of the base point (RFC 8032 section 5.1.7);
5. the encoding of [S]B − [k]A equals R byte for byte, with k = SHA-512(R ‖ A ‖ M) mod L and no factor of 8, which is
   what OpenSSL computes; a point A that is not on the curve has no valid signature.

1 to 3 are held for A at enrolment as well: no pair and no verifier key exists whose A breaks them.
"""

import re
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey

from comity.errors import MalformedError, VerificationError
from comity.kernel.canonical import Json, check_members, decode_base64, encode_base64, text_member

# Signature types of C2SP signed-note that this project writes and reads; it refuses the others on purpose, since a
# second way to say the same thing is a second thing to get wrong.
ED25519: Final = 0x01
ED25519_COSIGNATURE: Final = 0x04
MLDSA44: Final = 0x06

ED25519_KEY_BYTES: Final = 32
ED25519_SIGNATURE_BYTES: Final = 64
MLDSA44_KEY_BYTES: Final = 1312
# Both private keys grow from 32-byte seeds: RFC 8032 section 5.1.5 and xi of FIPS 204 algorithm 1.
SEED_BYTES: Final = 32
KEY_ID_BYTES: Final = 4

_KEY_BYTES: Final = {
    ED25519: ED25519_KEY_BYTES,
    ED25519_COSIGNATURE: ED25519_KEY_BYTES,
    MLDSA44: MLDSA44_KEY_BYTES,
}

# Lower-case alpha-3 code of the participant, a dot, the body. An ML-DSA cosignature caps names at 255 bytes and an
# origin shows on one line of a phone call, so 60 characters are ample.
MAX_AUTHORITY_CHARACTERS: Final = 60
_AUTHORITY: Final = re.compile(r"[a-z]{3}\.[a-z0-9](?:-?[a-z0-9])*")
# The same cap as the ML-DSA-44 message of C2SP tlog-cosignature puts on a cosigner's name.
MAX_KEY_NAME_BYTES: Final = 255

_P: Final = 2**255 - 19
_Y_MASK: Final = 2**255 - 1
# The y coordinates of the eight points whose order divides 8: order 4; order 1; order 2; order 8 twice.
_SMALL_ORDER_Y: Final = frozenset(
    {
        0,
        1,
        _P - 1,
        0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826,
        0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7,
    }
)

_FINGERPRINT_DOMAIN: Final = b"comity key fingerprint v1\n"
# 40 digits carry 132 bits: a second key with one fingerprint costs 2^132 trials, and reading it aloud half a minute.
_FINGERPRINT_DIGITS: Final = 40
_FINGERPRINT_GROUP: Final = 5


class Role(StrEnum):
    """What a pair of keys may do; the last part of its name."""

    ROOT = "root"
    STATEMENT = "statement"
    SERVICE = "service"
    LOG = "log"
    WITNESS = "witness"


def parse_authority(text: str) -> str:
    """Return `text` if it names an authority, such as `prt.contact-point`.

    Raises:
        MalformedError: it breaks the grammar: alpha-3 code, dot, lower-case letters and digits with single hyphens.
    """
    if len(text) > MAX_AUTHORITY_CHARACTERS or _AUTHORITY.fullmatch(text) is None:
        raise MalformedError(f"{text[:80]!r} is no authority's name; wanted one such as 'prt.contact-point'")
    return text


def check_key_name(name: str) -> None:
    """Refuse a key name that a signed note could not carry.

    Raises:
        MalformedError: it is empty or long, or has a space, a plus or a control character.
    """
    try:
        size = len(name.encode("utf-8"))
    except UnicodeEncodeError as exc:
        raise MalformedError("a key name is not Unicode text") from exc
    if not 1 <= size <= MAX_KEY_NAME_BYTES:
        raise MalformedError(f"a key name has {size} bytes; wanted 1 to {MAX_KEY_NAME_BYTES}")
    if any(character.isspace() or character < " " or character == "+" for character in name):
        raise MalformedError(f"key name {name[:80]!r} has a space, a plus or a control character")


def key_id(name: str, type_byte: int, key: bytes) -> bytes:
    """Return the full 32-byte id of a key for one signature type."""
    return sha256(b"%b\n%c%b" % (name.encode("utf-8"), type_byte, key)).digest()


def fingerprint_digits(data: bytes) -> str:
    """Return the SHA-256 of `data`, which begins with the domain of its kind, as 40 digits in groups of five."""
    number = int.from_bytes(sha256(data).digest()) % 10**_FINGERPRINT_DIGITS
    digits = f"{number:0{_FINGERPRINT_DIGITS}d}"
    starts = range(0, _FINGERPRINT_DIGITS, _FINGERPRINT_GROUP)
    return " ".join(digits[start : start + _FINGERPRINT_GROUP] for start in starts)


def check_ed25519_key(key: bytes) -> None:
    """Refuse an Ed25519 public key that the module's rule never accepts.

    Raises:
        MalformedError: it has another length, is not canonical or has small order.
    """
    if len(key) != ED25519_KEY_BYTES or not _is_ordinary_point(key):
        raise MalformedError("an Ed25519 public key is not 32 bytes, not canonical or of small order")


def _is_ordinary_point(encoded: bytes) -> bool:
    y = int.from_bytes(encoded, "little") & _Y_MASK
    return y < _P and y not in _SMALL_ORDER_Y


def verify_ed25519(public: bytes, message: bytes, signature: bytes) -> None:
    """Verify an Ed25519 signature by the one rule of this module.

    Raises:
        VerificationError: the rule does not accept it.
    """
    # 1-3. Lengths, canonical encodings and small orders, which libraries treat differently.
    if (
        len(public) != ED25519_KEY_BYTES
        or len(signature) != ED25519_SIGNATURE_BYTES
        or not _is_ordinary_point(public)
        or not _is_ordinary_point(signature[:32])
    ):
        raise VerificationError("an Ed25519 key or signature is not canonical or has small order")
    # 4-5. OpenSSL refuses S >= L and compares the encoding of R.
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except InvalidSignature as exc:
        raise VerificationError("an Ed25519 signature does not verify") from exc


def verify_mldsa44(public: bytes, message: bytes, signature: bytes) -> None:
    """Verify an ML-DSA-44 signature (FIPS 204, pure, empty context).

    Raises:
        VerificationError: it does not verify or a length is wrong.
    """
    if len(public) != MLDSA44_KEY_BYTES:
        raise VerificationError(f"an ML-DSA-44 public key has {len(public)} bytes; wanted {MLDSA44_KEY_BYTES}")
    try:
        MLDSA44PublicKey.from_public_bytes(public).verify(signature, message)
    except InvalidSignature as exc:
        raise VerificationError("an ML-DSA-44 signature does not verify") from exc


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifierKey:
    """A public key for one signature type under one name: what C2SP calls a verifier key.

    Raises:
        MalformedError: the name, type or key breaks its form.
    """

    name: str
    type_byte: int
    key: bytes = field(repr=False)

    def __post_init__(self) -> None:
        check_key_name(self.name)
        if self.type_byte not in _KEY_BYTES:
            raise MalformedError(f"signature type {self.type_byte:#04x} of key {self.name} is none of 0x01, 0x04, 0x06")
        if len(self.key) != _KEY_BYTES[self.type_byte]:
            raise MalformedError(
                f"key {self.name} has {len(self.key)} bytes; wanted {_KEY_BYTES[self.type_byte]} "
                f"for signature type {self.type_byte:#04x}"
            )
        if self.type_byte != MLDSA44:
            check_ed25519_key(self.key)

    @property
    def key_id4(self) -> bytes:
        """The four bytes that name this key in a note."""
        return key_id(self.name, self.type_byte, self.key)[:KEY_ID_BYTES]


def encode_vkey(name: str, type_byte: int, key: bytes) -> str:
    """Write a verifier key as text.

    Raises:
        MalformedError: the name, type or key breaks its form.
    """
    verifier = VerifierKey(name=name, type_byte=type_byte, key=key)
    return f"{name}+{verifier.key_id4.hex()}+{encode_base64(bytes([type_byte]) + key)}"


def parse_vkey(text: str) -> VerifierKey:
    """Read a verifier key's text in its one spelling.

    Raises:
        MalformedError: it is anything else, or of a signature type that this project does not use.
    """
    parts = text.split("+", 2)
    if len(parts) != 3:  # noqa: PLR2004 - name, id and key
        raise MalformedError("a verifier key is name, key id and key, joined by plus signs")
    name, _, encoded = parts
    data = decode_base64(encoded)
    if not data:
        raise MalformedError(f"verifier key {name[:80]!r} has no key")
    verifier = VerifierKey(name=name, type_byte=data[0], key=data[1:])
    if encode_vkey(name, data[0], data[1:]) != text:
        raise MalformedError(f"the key id of verifier key {name[:80]!r} is not {verifier.key_id4.hex()}")
    return verifier


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicPair:
    """The public halves of a pair under one name.

    Raises:
        MalformedError: the name is no `<authority>/<role>`, or a key breaks its form.
    """

    name: str
    ed25519: bytes = field(repr=False)
    mldsa44: bytes = field(repr=False)

    def __post_init__(self) -> None:
        authority, _, role = self.name.partition("/")
        parse_authority(authority)
        if role not in set(Role):
            raise MalformedError(f"role {role[:20]!r} in key name {self.name[:80]!r} is none of {', '.join(Role)}")
        check_ed25519_key(self.ed25519)
        if len(self.mldsa44) != MLDSA44_KEY_BYTES:
            raise MalformedError(f"an ML-DSA-44 public key has {len(self.mldsa44)} bytes; wanted {MLDSA44_KEY_BYTES}")

    @property
    def authority(self) -> str:
        """The authority that the name begins with."""
        return self.name.partition("/")[0]

    @property
    def role(self) -> Role:
        """The role that the name ends with."""
        return Role(self.name.partition("/")[2])

    def key_ids(self) -> tuple[str, str]:
        """Return the full ids, in hexadecimal, for signature types 0x01 and 0x06."""
        return (
            key_id(self.name, ED25519, self.ed25519).hex(),
            key_id(self.name, MLDSA44, self.mldsa44).hex(),
        )

    def verifier_keys(self) -> tuple[VerifierKey, VerifierKey]:
        """Return the keys as notes name them: Ed25519 (0x04 for a witness, else 0x01) and ML-DSA-44 (0x06)."""
        ed25519_type = ED25519_COSIGNATURE if self.role is Role.WITNESS else ED25519
        return (
            VerifierKey(name=self.name, type_byte=ed25519_type, key=self.ed25519),
            VerifierKey(name=self.name, type_byte=MLDSA44, key=self.mldsa44),
        )

    def verify(self, message: bytes, ed25519_signature: bytes, mldsa44_signature: bytes) -> None:
        """Verify that both keys signed `message`.

        Raises:
            VerificationError: one of the two did not, or both.
        """
        try:
            verify_ed25519(self.ed25519, message, ed25519_signature)
            verify_mldsa44(self.mldsa44, message, mldsa44_signature)
        except VerificationError as exc:
            raise VerificationError(f"not signed by both keys of {self.name}: {exc.message}") from exc

    def fingerprint(self) -> str:
        """Return 40 digits in groups of five, over the name and both keys, to read out on the telephone."""
        name = self.name.encode("ascii")
        return fingerprint_digits(b"%b%b\n%b%b" % (_FINGERPRINT_DOMAIN, name, self.ed25519, self.mldsa44))

    def to_json(self) -> Json:
        """Return the pair as a JSON object."""
        return {
            "ed25519": encode_base64(self.ed25519),
            "mldsa44": encode_base64(self.mldsa44),
            "name": self.name,
        }

    @classmethod
    def from_json(cls, value: Json) -> "PublicPair":
        """Read what `to_json` returns.

        Raises:
            MalformedError: it is anything else.
        """
        if not isinstance(value, dict):
            raise MalformedError("a key pair is an object")
        check_members(value, required=frozenset({"name", "ed25519", "mldsa44"}))
        return cls(
            name=text_member(value, "name"),
            ed25519=decode_base64(text_member(value, "ed25519")),
            mldsa44=decode_base64(text_member(value, "mldsa44")),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPair:
    """A pair that can sign; its private halves never show in `repr`."""

    public: PublicPair
    _ed25519: Ed25519PrivateKey = field(repr=False, compare=False)
    _mldsa44: MLDSA44PrivateKey = field(repr=False, compare=False)

    @classmethod
    def from_seeds(cls, name: str, ed25519_seed: bytes, mldsa44_seed: bytes) -> "KeyPair":
        """Grow the pair from its two seeds, which must be independent and uniformly random.

        Raises:
            MalformedError: the name or a seed's length is wrong.
        """
        if len(ed25519_seed) != SEED_BYTES or len(mldsa44_seed) != SEED_BYTES:
            raise MalformedError(f"the seeds of {name[:80]!r} must have {SEED_BYTES} bytes each")
        ed25519 = Ed25519PrivateKey.from_private_bytes(ed25519_seed)
        mldsa44 = MLDSA44PrivateKey.from_seed_bytes(mldsa44_seed)
        public = PublicPair(
            name=name,
            ed25519=ed25519.public_key().public_bytes_raw(),
            mldsa44=mldsa44.public_key().public_bytes_raw(),
        )
        return cls(public=public, _ed25519=ed25519, _mldsa44=mldsa44)

    def sign(self, message: bytes) -> tuple[bytes, bytes]:
        """Return the Ed25519 and the ML-DSA-44 signature of `message`.

        The second differs every time: the library mixes in fresh randomness, which FIPS 204 calls hedged signing.
        """
        return self.sign_ed25519(message), self.sign_mldsa44(message)

    def sign_ed25519(self, message: bytes) -> bytes:
        """Return the Ed25519 signature alone, for notes, where the two keys sign different bytes."""
        return self._ed25519.sign(message)

    def sign_mldsa44(self, message: bytes) -> bytes:
        """Return the ML-DSA-44 signature alone, for notes, where the two keys sign different bytes."""
        return self._mldsa44.sign(message)
