"""Those who open an age file: hybrid and X25519 secrets, passphrases (c2sp.org/age, "Native recipient types").

Invariants: a stanza of an identity's own type that breaks its form refuses the whole file, before any of them is
tried; body lengths are checked before decryption, against partitioning oracles; secrets never show in `repr`.
"""

import hashlib
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hpke import MLKEM768X25519PrivateKey

from comity.age.bech32 import encode_bech32, parse_bech32
from comity.age.header import Stanza, derive_key, parse_raw_base64
from comity.age.recipient import (
    HYBRID_INFO,
    HYBRID_SHARE_BYTES,
    HYBRID_SUITE,
    HYBRID_TYPE,
    SCRYPT_SALT_BYTES,
    SCRYPT_TYPE,
    WRAPPED_KEY_BYTES,
    X25519_INFO,
    X25519_TYPE,
    ZERO_NONCE,
    HybridRecipient,
    X25519Recipient,
    check_key_length,
    derive_scrypt_key,
    encode_passphrase,
)
from comity.errors import MalformedError, TooLargeError

DEFAULT_MAX_WORK_FACTOR: Final = 20
"""1 GiB and a few seconds: what a sender may make an addressee spend on one guess."""

_HYBRID_PREFIX: Final = "age-secret-key-pq-"
_X25519_PREFIX: Final = "age-secret-key-"
_SECRET_BYTES: Final = 32
_X25519_SHARE_BYTES: Final = 32
_MLKEM_SEED_BYTES: Final = 64
_WORK_FACTOR: Final = re.compile(r"[1-9][0-9]*", re.ASCII)


class Identity(Protocol):
    """One who may find the file key in the stanzas of a header."""

    def unwrap(self, stanzas: Sequence[Stanza]) -> bytes | None:
        """Return the file key, or None where no stanza is for this identity.

        Raises:
            MalformedError: a stanza of this identity's type breaks its form.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HybridIdentity:
    """A hybrid secret: a 32-byte seed from which both private keys are expanded.

    Raises:
        MalformedError: the seed has another length.
    """

    seed: bytes = field(repr=False)

    def __post_init__(self) -> None:
        check_key_length(self.seed, _SECRET_BYTES, "hybrid identity")

    @classmethod
    def from_seed(cls, seed: bytes) -> Self:
        """Make the identity of a 32-byte seed.

        Raises:
            MalformedError: the seed has another length.
        """
        return cls(seed=seed)

    @property
    def recipient(self) -> HybridRecipient:
        """Return the public side."""
        mlkem, x25519 = self._expand()
        return HybridRecipient(
            public_key=mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw()
        )

    def encode(self) -> str:
        """Return the secret `AGE-SECRET-KEY-PQ-1...` text."""
        return encode_bech32(_HYBRID_PREFIX, self.seed).upper()

    def unwrap(self, stanzas: Sequence[Stanza]) -> bytes | None:
        """Return the file key, or None where no stanza is for this identity.

        Raises:
            MalformedError: a hybrid stanza breaks its form, or its X25519 share is of low order.
        """
        mlkem, x25519 = self._expand()
        secret = MLKEM768X25519PrivateKey(mlkem, x25519)
        shares = _take_shares(stanzas, HYBRID_TYPE, HYBRID_SHARE_BYTES)
        for share, _ in shares:
            # HPKE reports a low order share as a wrong tag; the specification wants the file refused instead.
            _exchange(x25519, share[-_X25519_SHARE_BYTES:])
        for share, body in shares:
            try:
                return HYBRID_SUITE.decrypt(share + body, secret, HYBRID_INFO)
            except InvalidTag:
                continue
        return None

    def _expand(self) -> tuple[MLKEM768PrivateKey, X25519PrivateKey]:
        expanded = hashlib.shake_256(self.seed).digest(_MLKEM_SEED_BYTES + _SECRET_BYTES)
        return (
            MLKEM768PrivateKey.from_seed_bytes(expanded[:_MLKEM_SEED_BYTES]),
            X25519PrivateKey.from_private_bytes(expanded[_MLKEM_SEED_BYTES:]),
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class X25519Identity:
    """An X25519 secret.

    Raises:
        MalformedError: the secret has another length.
    """

    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        check_key_length(self.secret, _SECRET_BYTES, "X25519 identity")

    @classmethod
    def from_secret(cls, secret: bytes) -> Self:
        """Make the identity of a 32-byte secret.

        Raises:
            MalformedError: the secret has another length.
        """
        return cls(secret=secret)

    @property
    def recipient(self) -> X25519Recipient:
        """Return the public side."""
        private = X25519PrivateKey.from_private_bytes(self.secret)
        return X25519Recipient(public_key=private.public_key().public_bytes_raw())

    def encode(self) -> str:
        """Return the secret `AGE-SECRET-KEY-1...` text."""
        return encode_bech32(_X25519_PREFIX, self.secret).upper()

    def unwrap(self, stanzas: Sequence[Stanza]) -> bytes | None:
        """Return the file key, or None where no stanza is for this identity.

        Raises:
            MalformedError: an X25519 stanza breaks its form, or its share is of low order.
        """
        private = X25519PrivateKey.from_private_bytes(self.secret)
        public = private.public_key().public_bytes_raw()
        wrapped = [
            (share, body, _exchange(private, share))
            for share, body in _take_shares(stanzas, X25519_TYPE, _X25519_SHARE_BYTES)
        ]
        for share, body, shared_secret in wrapped:
            key = derive_key(shared_secret, salt=share + public, info=X25519_INFO)
            try:
                return ChaCha20Poly1305(key).decrypt(ZERO_NONCE, body, None)
            except InvalidTag:
                continue
        return None


@dataclass(frozen=True, slots=True, eq=False)
class ScryptIdentity:
    """A passphrase, and the most work a file may ask for one try.

    Raises:
        PolicyError: the passphrase is empty or no text.
    """

    passphrase: str = field(repr=False)
    max_work_factor: int = DEFAULT_MAX_WORK_FACTOR

    def __post_init__(self) -> None:
        encode_passphrase(self.passphrase)

    def unwrap(self, stanzas: Sequence[Stanza]) -> bytes | None:
        """Return the file key, or None where the file is for no passphrase or another one.

        The caller has checked that a passphrase stanza stands alone.

        Raises:
            MalformedError: a passphrase stanza breaks its form.
            TooLargeError: it asks for more work than `max_work_factor`.
            UnavailableError: this machine has too little memory for the work.
        """
        for arguments, body in _take_stanzas(stanzas, SCRYPT_TYPE, 2):
            salt = _parse_share(arguments[0], SCRYPT_SALT_BYTES)
            work_factor = self._parse_work_factor(arguments[1])
            key = derive_scrypt_key(self.passphrase, salt=salt, work_factor=work_factor)
            try:
                return ChaCha20Poly1305(key).decrypt(ZERO_NONCE, body, None)
            except InvalidTag:
                continue
        return None

    def _parse_work_factor(self, text: str) -> int:
        if _WORK_FACTOR.fullmatch(text) is None:
            raise MalformedError("scrypt work factor is not a decimal number without leading zeros")
        # The length is compared first, for Python refuses to read very long numbers with an error of its own.
        if len(text) > len(str(self.max_work_factor)) or int(text) > self.max_work_factor:
            raise TooLargeError(f"scrypt work factor is {text[:20]}, want at most {self.max_work_factor}")
        return int(text)


def parse_identity(text: str) -> HybridIdentity | X25519Identity:
    """Read an `AGE-SECRET-KEY-PQ-1...` or `AGE-SECRET-KEY-1...` identity.

    Raises:
        MalformedError: the text is neither, or is one in another spelling.
    """
    # Folding comes after the check, for some letters outside ASCII fold into it.
    if not text.isascii() or text != text.upper():
        raise MalformedError("identity is not written in upper case")
    prefix, secret = parse_bech32(text.lower())
    match prefix:
        case "age-secret-key-pq-":
            return HybridIdentity(seed=secret)
        case "age-secret-key-":
            return X25519Identity(secret=secret)
        case _:
            raise MalformedError("identity has another prefix than AGE-SECRET-KEY-PQ- or AGE-SECRET-KEY-")


def generate_hybrid(random: Callable[[int], bytes] = os.urandom) -> HybridIdentity:
    """Make a new hybrid identity from 32 bytes of `random`."""
    return HybridIdentity(seed=random(_SECRET_BYTES))


def generate_x25519(random: Callable[[int], bytes] = os.urandom) -> X25519Identity:
    """Make a new X25519 identity from 32 bytes of `random`."""
    return X25519Identity(secret=random(_SECRET_BYTES))


def check_passphrase_alone(stanzas: Sequence[Stanza]) -> None:
    """Check that a passphrase stanza, if there is one, is the only stanza.

    Raises:
        MalformedError: it is not; the sender did not need to know the passphrase.
    """
    if len(stanzas) > 1 and any(stanza.arguments[0] == SCRYPT_TYPE for stanza in stanzas):
        raise MalformedError("header has a passphrase stanza beside another stanza")


def _take_shares(stanzas: Sequence[Stanza], kind: str, share_bytes: int) -> list[tuple[bytes, bytes]]:
    return [(_parse_share(arguments[0], share_bytes), body) for arguments, body in _take_stanzas(stanzas, kind, 1)]


def _take_stanzas(stanzas: Sequence[Stanza], kind: str, arguments: int) -> list[tuple[tuple[str, ...], bytes]]:
    taken = [(stanza.arguments[1:], stanza.body) for stanza in stanzas if stanza.arguments[0] == kind]
    for found, body in taken:
        if len(found) != arguments:
            raise MalformedError(f"{kind} stanza has {len(found)} arguments after its type, want {arguments}")
        if len(body) != WRAPPED_KEY_BYTES:
            raise MalformedError(f"{kind} stanza has a body of {len(body)} bytes, want {WRAPPED_KEY_BYTES}")
    return taken


def _parse_share(text: str, wanted: int) -> bytes:
    share = parse_raw_base64(text)
    if len(share) != wanted:
        raise MalformedError(f"stanza has a share or salt of {len(share)} bytes, want {wanted}")
    return share


def _exchange(private: X25519PrivateKey, share: bytes) -> bytes:
    try:
        return private.exchange(X25519PublicKey.from_public_bytes(share))
    except ValueError as exc:
        raise MalformedError("stanza has an X25519 share of low order") from exc
