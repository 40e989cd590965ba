"""Encryption and decryption of age files as streams (c2sp.org/age, "Payload").

Invariants: memory use does not depend on the size of the file; plaintext leaves only in chunks whose tag verified;
a file that lacks its final chunk, or goes on after it, is an error.

Plaintext of a stream is given out before the whole file is known to be good: whoever consumes it must throw it away
when an error follows. What went wrong shows in when it is raised and as what:

| test vector category | raised by | as |
|---|---|---|
| armor failure | either, as the bytes are read | MalformedError |
| header failure | `open_age` itself | MalformedError (TooLargeError for too much scrypt work) |
| no match | `open_age` itself | VerificationError, "no identity ..." |
| HMAC failure | `open_age` itself | VerificationError, "header MAC ..." |
| payload failure | the iterator that `open_age` returned | VerificationError, "payload ..." |

Example: ``encrypt_stream(source, target, [parse_recipient("age1pq1...")])``.
"""

import io
import itertools
import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from comity.age.header import FILE_KEY_BYTES, derive_key, read_header, seal_header
from comity.age.identity import Identity, check_passphrase_alone
from comity.age.reader import ByteReader, Source
from comity.age.recipient import Recipient, check_one_family
from comity.errors import MalformedError, TooLargeError, UnavailableError, VerificationError

CHUNK_BYTES: Final = 64 * 1024
_TAG_BYTES: Final = 16
_NONCE_BYTES: Final = 16
_SEALED_CHUNK_BYTES: Final = CHUNK_BYTES + _TAG_BYTES
_PIECES_PER_WRITE: Final = 16


class Target(Protocol):
    """Where bytes go: any file, socket file or pipe opened for writing; its own exceptions pass through."""

    def write(self, data: bytes, /) -> int | None:
        """Take at least one byte of `data` and return how many were taken."""
        ...


def encrypt_stream(source: Source, target: Target, recipients: Sequence[Recipient]) -> None:
    """Encrypt all of `source` to `recipients` and write the age file to `target`.

    Raises:
        PolicyError: the recipients may not share a file.
        TooLargeError: there are too many recipients for one header.
        UnavailableError: the source or target does not block, or a passphrase needs more memory than there is.
    """
    reader = ByteReader(source)
    pieces = encrypt_chunks(iter(lambda: reader.read(CHUNK_BYTES), b""), recipients)
    # Sealed chunks end within a page, and a page written in two goes costs a file system dearly; joining costs less.
    while batch := list(itertools.islice(pieces, _PIECES_PER_WRITE)):
        _write(target, b"".join(batch))


def decrypt_stream(source: Source, target: Target, identities: Sequence[Identity]) -> None:
    """Decrypt the age file in `source` and write its plaintext to `target`.

    What was written must not be used when this raises: a file cut short fails only at its end.

    Raises:
        MalformedError: the header breaks the format.
        VerificationError: no identity opens the file, or its header or payload was changed or cut.
        UnavailableError: the source does not block, or a passphrase needs more memory than there is.
    """
    for chunk in open_age(source, identities):
        _write(target, chunk)


def encrypt_chunks(pieces: Iterable[bytes], recipients: Sequence[Recipient]) -> Iterator[bytes]:
    """Encrypt `pieces`, of any sizes, to `recipients`; return the pieces of the age file.

    Recipients are checked and the header is made before this returns; `pieces` are drawn as the result is.

    Raises:
        PolicyError: the recipients may not share a file.
        TooLargeError: there are too many recipients for one header.
        UnavailableError: a passphrase needs more memory than there is.
    """
    check_one_family(recipients)
    file_key = os.urandom(FILE_KEY_BYTES)
    nonce = os.urandom(_NONCE_BYTES)
    header = seal_header(tuple(recipient.wrap(file_key) for recipient in recipients), file_key)
    return _seal(header + nonce, _payload_cipher(file_key, nonce), pieces)


def open_age(source: Source, identities: Sequence[Identity]) -> Iterator[bytes]:
    """Open the age file in `source`; return its plaintext in chunks of at most 64 KiB.

    The header is read and verified before this returns. The iterator raises VerificationError at the first chunk
    that does not verify, and at the end unless the file ended with its final chunk.

    Raises:
        MalformedError: the header breaks the format.
        VerificationError: no identity opens the file, or its header was changed.
        UnavailableError: the source does not block, or a passphrase needs more memory than there is.
    """
    reader = ByteReader(source)
    header = read_header(reader)
    nonce = reader.read(_NONCE_BYTES)
    if len(nonce) != _NONCE_BYTES:
        raise MalformedError("file ends before its payload")
    check_passphrase_alone(header.stanzas)
    for identity in identities:
        file_key = identity.unwrap(header.stanzas)
        if file_key is not None:
            header.verify_mac(file_key)
            break
    else:
        raise VerificationError("no identity opens this file: it is encrypted to others")
    return _open(_payload_cipher(file_key, nonce), reader)


def encrypt_bytes(data: bytes, recipients: Sequence[Recipient]) -> bytes:
    """Encrypt `data`, held in memory, to `recipients`.

    Raises:
        PolicyError: the recipients may not share a file.
        TooLargeError: there are too many recipients for one header.
        UnavailableError: a passphrase needs more memory than there is.
    """
    return b"".join(encrypt_chunks((data,), recipients))


def decrypt_bytes(data: Source | bytes, identities: Sequence[Identity], *, max_bytes: int) -> bytes:
    """Decrypt an age file into memory; nothing is returned unless all of it verified.

    Raises:
        MalformedError: the header breaks the format.
        TooLargeError: the plaintext exceeds `max_bytes`.
        VerificationError: no identity opens the file, or its header or payload was changed or cut.
        UnavailableError: a passphrase needs more memory than there is.
    """
    plaintext = bytearray()
    for chunk in open_age(io.BytesIO(data) if isinstance(data, bytes) else data, identities):
        plaintext += chunk
        if len(plaintext) > max_bytes:
            raise TooLargeError(f"plaintext exceeds {max_bytes} bytes")
    return bytes(plaintext)


def _seal(opening: bytes, cipher: ChaCha20Poly1305, pieces: Iterable[bytes]) -> Iterator[bytes]:
    yield opening
    counter = 0
    # One chunk is held back, because only what comes after it tells whether it is the final one.
    held = b""
    for chunk in _rechunk(pieces):
        if held:
            yield cipher.encrypt(_chunk_nonce(counter, final=False), held, None)
            counter += 1
        held = chunk
    yield cipher.encrypt(_chunk_nonce(counter, final=True), held, None)


def _rechunk(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Cut `pieces` anew into full chunks and one shorter, never empty, at the end."""
    rest = b""
    for piece in pieces:
        joined = rest + piece if rest else piece
        if len(joined) == CHUNK_BYTES:
            yield joined
            rest = b""
            continue
        whole = len(joined) - len(joined) % CHUNK_BYTES
        for start in range(0, whole, CHUNK_BYTES):
            yield joined[start : start + CHUNK_BYTES]
        rest = joined[whole:]
    if rest:
        yield rest


def _open(cipher: ChaCha20Poly1305, reader: ByteReader) -> Iterator[bytes]:
    counter = 0
    while len(sealed := reader.read(_SEALED_CHUNK_BYTES)) == _SEALED_CHUNK_BYTES:
        try:
            chunk = cipher.decrypt(_chunk_nonce(counter, final=False), sealed, None)
        except InvalidTag:
            # A full chunk may be the final one.
            break
        yield chunk
        counter += 1
    else:
        if not sealed:
            raise VerificationError("payload is cut short: it ends without its final chunk")
        if len(sealed) == _TAG_BYTES and counter > 0:
            raise VerificationError("payload ends with an empty chunk after others")
    try:
        chunk = cipher.decrypt(_chunk_nonce(counter, final=True), sealed, None)
    except InvalidTag as exc:
        raise VerificationError(f"payload chunk {counter} does not verify: it was changed or cut") from exc
    yield chunk
    if reader.read(1):
        raise VerificationError("payload goes on after its final chunk")


def _payload_cipher(file_key: bytes, nonce: bytes) -> ChaCha20Poly1305:
    return ChaCha20Poly1305(derive_key(file_key, salt=nonce, info=b"payload"))


def _chunk_nonce(counter: int, *, final: bool) -> bytes:
    return (counter << 8 | final).to_bytes(12, "big")


def _write(target: Target, data: bytes) -> None:
    while data:
        written = target.write(data)
        if not written:
            # Going on would leave a hole in the file.
            raise UnavailableError("target takes no bytes: give one that blocks and reports what it took")
        data = data[written:]
