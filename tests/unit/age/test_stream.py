"""Streams: memory stays small, nothing is released too early, failures show when and where they arise."""

import hashlib
import io
import tracemalloc
from collections.abc import Iterator

import pytest

from comity.age.identity import HybridIdentity, X25519Identity
from comity.age.stream import (
    CHUNK_BYTES,
    decrypt_bytes,
    decrypt_stream,
    encrypt_bytes,
    encrypt_chunks,
    encrypt_stream,
    open_age,
)
from comity.errors import MalformedError, PolicyError, TooLargeError, UnavailableError, VerificationError

IDENTITY = HybridIdentity.from_seed(bytes(32))
RECIPIENTS = [IDENTITY.recipient]


class Sparse:
    """A source of many bytes that holds none."""

    def __init__(self, size: int) -> None:
        self._left = size

    def read(self, size: int, /) -> bytes:
        taken = min(size, self._left)
        self._left -= taken
        return bytes(taken)


class Sink:
    """A target that keeps a digest and takes at most `most` bytes a time."""

    def __init__(self, most: int = 1 << 30) -> None:
        self.digest = hashlib.sha256()
        self.size = 0
        self._most = most

    def write(self, data: bytes, /) -> int:
        self.digest.update(data[: self._most])
        self.size += len(data[: self._most])
        return len(data[: self._most])


class Full:
    def write(self, data: bytes, /) -> int | None:
        return None


def test_a_stream_comes_back_through_targets_that_take_little_at_a_time() -> None:
    plain = bytes(range(256)) * 1000
    sealed = io.BytesIO()
    encrypt_stream(io.BytesIO(plain), sealed, RECIPIENTS)
    sealed.seek(0)
    opened = Sink(most=1000)
    decrypt_stream(sealed, opened, [IDENTITY])
    assert opened.digest.digest() == hashlib.sha256(plain).digest()


def test_memory_does_not_grow_with_the_file() -> None:
    size = 64 * 1024 * 1024

    class Pipe:
        """What encryption gives out, read again at once."""

        def __init__(self, pieces: Iterator[bytes]) -> None:
            self._pieces = pieces

        def read(self, size: int, /) -> bytes:
            self._held = getattr(self, "_held", b"") or next(self._pieces, b"")
            taken, self._held = self._held[:size], self._held[size:]
            return taken

    source = Sparse(size)
    opened = Sink()
    tracemalloc.start()
    pieces = encrypt_chunks(iter(lambda: source.read(CHUNK_BYTES), b""), RECIPIENTS)
    decrypt_stream(Pipe(pieces), opened, [IDENTITY])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert opened.size == size
    assert peak < 2 * 1024 * 1024


def test_a_target_that_takes_nothing_is_an_error_and_no_hole() -> None:
    with pytest.raises(UnavailableError):
        encrypt_stream(io.BytesIO(b"x"), Full(), RECIPIENTS)


def test_recipients_are_refused_before_any_input_is_drawn() -> None:
    drawn: list[int] = []

    def pieces() -> Iterator[bytes]:
        drawn.append(1)
        yield b""

    with pytest.raises(PolicyError):
        encrypt_chunks(pieces(), [])
    assert not drawn


def test_header_errors_come_before_iteration_and_payload_errors_within() -> None:
    sealed = encrypt_bytes(bytes(CHUNK_BYTES + 9), RECIPIENTS)
    with pytest.raises(MalformedError):
        open_age(io.BytesIO(b"no age file"), [IDENTITY])
    with pytest.raises(VerificationError, match="no identity"):
        open_age(io.BytesIO(sealed), [X25519Identity.from_secret(bytes(32))])
    chunks = open_age(io.BytesIO(sealed[:-1]), [IDENTITY])
    assert next(chunks) == bytes(CHUNK_BYTES)
    with pytest.raises(VerificationError, match="payload chunk 1"):
        next(chunks)


def test_a_file_cut_between_chunks_is_cut_short_and_not_complete() -> None:
    sealed = encrypt_bytes(bytes(3 * CHUNK_BYTES), RECIPIENTS)
    for removed in (CHUNK_BYTES + 16, 2 * (CHUNK_BYTES + 16), 3 * (CHUNK_BYTES + 16)):
        with pytest.raises(VerificationError, match="payload is cut short"):
            list(open_age(io.BytesIO(sealed[:-removed]), [IDENTITY]))


def test_a_file_cut_within_its_nonce_is_malformed() -> None:
    sealed = encrypt_bytes(b"", RECIPIENTS)
    with pytest.raises(MalformedError, match="before its payload"):
        open_age(io.BytesIO(sealed[:-17]), [IDENTITY])


def test_chunks_cannot_change_places() -> None:
    sealed = encrypt_bytes(bytes(3 * CHUNK_BYTES), RECIPIENTS)
    start, step = len(sealed) - 3 * (CHUNK_BYTES + 16), CHUNK_BYTES + 16
    parts = [sealed[start + place * step :][:step] for place in range(3)]
    swapped = sealed[:start] + parts[1] + parts[0] + parts[2]
    with pytest.raises(VerificationError, match="payload chunk 0"):
        list(open_age(io.BytesIO(swapped), [IDENTITY]))


def test_plaintext_beyond_the_stated_limit_is_refused() -> None:
    sealed = encrypt_bytes(bytes(1000), RECIPIENTS)
    assert decrypt_bytes(sealed, [IDENTITY], max_bytes=1000) == bytes(1000)
    with pytest.raises(TooLargeError):
        decrypt_bytes(sealed, [IDENTITY], max_bytes=999)


def test_the_size_of_an_encrypted_file_is_header_nonce_and_tags() -> None:
    for size, chunks in ((0, 1), (1, 1), (CHUNK_BYTES, 1), (CHUNK_BYTES + 1, 2), (2 * CHUNK_BYTES, 2)):
        pieces = list(encrypt_chunks([bytes(size)], RECIPIENTS))
        assert len(pieces) == 1 + chunks
        assert sum(map(len, pieces[1:])) == size + 16 * chunks


def test_every_flipped_byte_of_a_file_is_refused() -> None:
    identities: tuple[HybridIdentity, X25519Identity] = (IDENTITY, X25519Identity.from_secret(bytes(32)))
    for identity in identities:
        sealed = encrypt_bytes(b"exhibit", [identity.recipient])
        for place in range(len(sealed)):
            for bit in (0x01, 0x20, 0x80):
                changed = sealed[:place] + bytes([sealed[place] ^ bit]) + sealed[place + 1 :]
                with pytest.raises((MalformedError, VerificationError)):
                    decrypt_bytes(changed, identities, max_bytes=100)
