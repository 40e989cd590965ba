"""Those an age file is encrypted to: hybrid keys, X25519 keys, passphrases (c2sp.org/age, "Native recipient types").

Invariants: a recipient that exists can be encrypted to (its public key was checked when it was made); every
wrapping draws a new ephemeral secret or salt; one file has recipients of one family only, so that nobody weakens
what another relied on: hybrid files stay hybrid, and a passphrase stands alone.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Protocol

from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, MLKEM768X25519PublicKey, Suite
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from comity.age.bech32 import encode_bech32, parse_bech32
from comity.age.header import Stanza, derive_key, encode_raw_base64
from comity.errors import MalformedError, PolicyError, UnavailableError

HYBRID_TYPE: Final = "mlkem768x25519"
HYBRID_INFO: Final = b"age-encryption.org/mlkem768x25519"
HYBRID_SUITE: Final = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
HYBRID_SHARE_BYTES: Final = 1120
X25519_TYPE: Final = "X25519"
X25519_INFO: Final = b"age-encryption.org/v1/X25519"
SCRYPT_TYPE: Final = "scrypt"
SCRYPT_SALT_BYTES: Final = 16
WRAPPED_KEY_BYTES: Final = 32
ZERO_NONCE: Final = bytes(12)
"""Safe only because each wrapping key is used once."""

DEFAULT_WORK_FACTOR: Final = 18
"""256 MiB and about a second, as the reference implementation has it."""

_HYBRID_PREFIX: Final = "age1pq"
_X25519_PREFIX: Final = "age"
_MLKEM_KEY_BYTES: Final = 1184
_X25519_KEY_BYTES: Final = 32
_FIELD_PRIME: Final = 2**255 - 19
_MAX_SCRYPT_EXPONENT: Final = 30
_PROBE: Final = X25519PrivateKey.from_private_bytes(bytes(32))


class Family(StrEnum):
    """What may share a file with what: the specification's labels."""

    HYBRID = "hybrid"
    CLASSICAL = "classical"
    PASSPHRASE = "passphrase"  # noqa: S105 - the name of a family, no secret


class Recipient(Protocol):
    """One to whom a file key can be wrapped."""

    @property
    def family(self) -> Family:
        """Name the recipients this one may share a file with."""
        ...

    def wrap(self, file_key: bytes) -> Stanza:
        """Encrypt `file_key` to this recipient."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class HybridRecipient:
    """An ML-KEM-768 with X25519 public key: safe as long as one of the two holds.

    Raises:
        MalformedError: the key has another length, or is one that no secret yields.
    """

    public_key: bytes

    def __post_init__(self) -> None:
        self._load()

    @property
    def family(self) -> Family:
        """Name the recipients this one may share a file with."""
        return Family.HYBRID

    def encode(self) -> str:
        """Return the `age1pq1...` text."""
        return encode_bech32(_HYBRID_PREFIX, self.public_key)

    def wrap(self, file_key: bytes) -> Stanza:
        """Encrypt `file_key` to this recipient."""
        sealed = HYBRID_SUITE.encrypt(file_key, self._load(), HYBRID_INFO)
        share, body = sealed[:HYBRID_SHARE_BYTES], sealed[HYBRID_SHARE_BYTES:]
        return Stanza(arguments=(HYBRID_TYPE, encode_raw_base64(share)), body=body)

    def _load(self) -> MLKEM768X25519PublicKey:
        check_key_length(self.public_key, _MLKEM_KEY_BYTES + _X25519_KEY_BYTES, "hybrid recipient")
        try:
            mlkem = MLKEM768PublicKey.from_public_bytes(self.public_key[:_MLKEM_KEY_BYTES])
        except ValueError as exc:
            raise MalformedError("hybrid recipient is no ML-KEM-768 key: a coefficient is out of range") from exc
        return MLKEM768X25519PublicKey(mlkem, _load_x25519(self.public_key[_MLKEM_KEY_BYTES:]))


@dataclass(frozen=True, slots=True, kw_only=True)
class X25519Recipient:
    """An X25519 public key, for tools that know no hybrid ones; a quantum computer would open such a file.

    Raises:
        MalformedError: the key has another length, or is one that no secret yields.
    """

    public_key: bytes

    def __post_init__(self) -> None:
        check_key_length(self.public_key, _X25519_KEY_BYTES, "X25519 recipient")
        _load_x25519(self.public_key)

    @property
    def family(self) -> Family:
        """Name the recipients this one may share a file with."""
        return Family.CLASSICAL

    def encode(self) -> str:
        """Return the `age1...` text."""
        return encode_bech32(_X25519_PREFIX, self.public_key)

    def wrap(self, file_key: bytes) -> Stanza:
        """Encrypt `file_key` to this recipient."""
        ephemeral = X25519PrivateKey.generate()
        share = ephemeral.public_key().public_bytes_raw()
        shared_secret = ephemeral.exchange(_load_x25519(self.public_key))
        key = derive_key(shared_secret, salt=share + self.public_key, info=X25519_INFO)
        body = ChaCha20Poly1305(key).encrypt(ZERO_NONCE, file_key, None)
        return Stanza(arguments=(X25519_TYPE, encode_raw_base64(share)), body=body)


@dataclass(frozen=True, slots=True)
class ScryptRecipient:
    """A passphrase; whoever knows it can also write files under it.

    Raises:
        PolicyError: the passphrase is empty or no text, or the work factor is out of range.
    """

    passphrase: str = field(repr=False)
    work_factor: int = DEFAULT_WORK_FACTOR

    def __post_init__(self) -> None:
        encode_passphrase(self.passphrase)
        if not 1 <= self.work_factor <= _MAX_SCRYPT_EXPONENT:
            raise PolicyError(f"scrypt work factor is {self.work_factor}, want 1 to {_MAX_SCRYPT_EXPONENT}")

    @property
    def family(self) -> Family:
        """Name the recipients this one may share a file with."""
        return Family.PASSPHRASE

    def wrap(self, file_key: bytes) -> Stanza:
        """Encrypt `file_key` to this passphrase.

        Raises:
            UnavailableError: this machine has too little memory for the work factor.
        """
        salt = os.urandom(SCRYPT_SALT_BYTES)
        key = derive_scrypt_key(self.passphrase, salt=salt, work_factor=self.work_factor)
        body = ChaCha20Poly1305(key).encrypt(ZERO_NONCE, file_key, None)
        return Stanza(arguments=(SCRYPT_TYPE, encode_raw_base64(salt), str(self.work_factor)), body=body)


def parse_recipient(text: str) -> HybridRecipient | X25519Recipient:
    """Read an `age1pq1...` or `age1...` recipient.

    Raises:
        MalformedError: the text is neither, or is one in another spelling.
    """
    prefix, key = parse_bech32(text)
    match prefix:
        case "age1pq":
            return HybridRecipient(public_key=key)
        case "age":
            return X25519Recipient(public_key=key)
        case _:
            raise MalformedError(f"recipient has the prefix {prefix!r}, want age1pq or age")


def check_one_family(recipients: Sequence[Recipient]) -> None:
    """Check that `recipients` may share one file.

    Raises:
        PolicyError: there are none, families are mixed, or a passphrase is not alone.
    """
    families = {recipient.family for recipient in recipients}
    if not families:
        raise PolicyError("a file needs at least one recipient")
    if len(families) > 1:
        named = ", ".join(sorted(families))
        raise PolicyError(f"one file cannot mix {named} recipients: the weakest would decide for all")
    if Family.PASSPHRASE in families and len(recipients) > 1:
        raise PolicyError("a passphrase must be the only recipient of a file")


def check_key_length(key: bytes, wanted: int, name: str) -> None:
    """Check the length of key material read from text.

    Raises:
        MalformedError: the length is another.
    """
    if len(key) != wanted:
        raise MalformedError(f"{name} has {len(key)} bytes, want {wanted}")


def encode_passphrase(passphrase: str) -> bytes:
    """Return the bytes of a passphrase.

    Raises:
        PolicyError: the passphrase is empty, or holds half a surrogate pair.
    """
    if not passphrase:
        raise PolicyError("passphrase is empty")
    try:
        return passphrase.encode("utf-8")
    except UnicodeEncodeError as exc:
        raise PolicyError("passphrase is not valid text") from exc


def derive_scrypt_key(passphrase: str, *, salt: bytes, work_factor: int) -> bytes:
    """Derive the wrapping key of a passphrase.

    Raises:
        PolicyError: the passphrase is empty or no text.
        UnavailableError: this machine has too little memory for the work factor.
    """
    kdf = Scrypt(salt=b"age-encryption.org/v1/scrypt" + salt, length=32, n=1 << work_factor, r=8, p=1)
    try:
        return kdf.derive(encode_passphrase(passphrase))
    except MemoryError as exc:
        raise UnavailableError(f"too little memory for scrypt work factor {work_factor}") from exc


def _load_x25519(key: bytes) -> X25519PublicKey:
    # A point of low order makes every shared secret zero, and an unreduced one goes into the salt in a spelling
    # that no identity derives: a file to either could be opened by all or by none.
    if int.from_bytes(key, "little") >= _FIELD_PRIME:
        raise MalformedError("X25519 key is not reduced")
    public = X25519PublicKey.from_public_bytes(key)
    try:
        _PROBE.exchange(public)
    except ValueError as exc:
        raise MalformedError("X25519 key is a point of low order") from exc
    return public
