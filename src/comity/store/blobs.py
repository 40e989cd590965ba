"""Content-addressed blobs in a folder: each is named by the SHA-256 of its bytes and never changes.

A blob is streamed in and out and is never whole in memory. When `put` returns, the blob survives a power cut. Several
processes may put and read at once; only the one that holds the node's lock calls `prepare`, which clears what crashes
have left.
"""

import contextlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from comity.errors import MalformedError
from comity.store.files import Folder, translated

SITE_BLOB_DATA: Final = "blob data before its name"
SITE_BLOB_NAME: Final = "blob name in its directory"
# Large enough that system calls do not matter, small enough to hold many at once.
CHUNK_BYTES: Final = 1024 * 1024
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Blob:
    """The name and size of stored bytes."""

    digest: str
    size: int


class Blobs:
    """Blobs in a folder, spread over 256 directories."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder

    def prepare(self) -> None:
        """Make the folder and remove half-written blobs; only the holder of the node's lock may call this.

        Raises:
            StoreError: the disk failed.
        """
        self._folder.prepare()

    def put(self, chunks: Iterable[bytes]) -> Blob:
        """Store bytes; what `chunks` raises ends the call and leaves nothing.

        Raises:
            StoreError: the disk is full or failed.
        """
        files = self._folder.files
        digest, size = sha256(), 0

        def measured() -> Iterator[bytes]:
            nonlocal size
            for chunk in chunks:
                digest.update(chunk)
                size += len(chunk)
                yield chunk

        temporary = self._folder.temporary_path()
        with translated("storing a blob"):
            self._folder.ensure_parent(temporary)
            try:
                files.write(temporary, measured())
                target = self._folder.path(_name(digest.hexdigest()))
                self._folder.ensure_parent(target)
                files.sync_files([temporary], site=SITE_BLOB_DATA)
                # A blob that is there already has these bytes by its name, and was synced before it got the name.
                with contextlib.suppress(FileExistsError):
                    files.link(temporary, target)
                files.sync_directory(target.parent, site=SITE_BLOB_NAME)
            finally:
                with contextlib.suppress(OSError):
                    files.unlink(temporary)
        return Blob(digest=digest.hexdigest(), size=size)

    def size(self, digest: str) -> int:
        """Return how many bytes a blob has.

        Raises:
            MalformedError: not a digest.
            NotFoundError: no such blob.
            StoreError: the disk failed.
        """
        with translated(f"blob {digest}"), self._folder.files.open(self._folder.path(_name(digest))) as source:
            return source.seek(0, 2)

    def read(self, digest: str, *, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """Yield the bytes [start, end) of a blob in chunks; the caller checks the digest where it matters.

        Raises:
            MalformedError: not a digest, or not a range.
            NotFoundError: no such blob, found when the first chunk is asked for.
            StoreError: the disk failed.
        """
        name = _name(digest)
        if start < 0 or (end is not None and end < start):
            raise MalformedError(f"not a range of a blob: {start} to {end}")
        return self._chunks(name, start, end)

    def _chunks(self, name: str, start: int, end: int | None) -> Iterator[bytes]:
        with contextlib.ExitStack() as stack:
            with translated(f"blob {name}"):
                source = stack.enter_context(self._folder.files.open(self._folder.path(name)))
                source.seek(start)
            left = None if end is None else end - start
            while left is None or left > 0:
                with translated(f"blob {name}"):
                    chunk = source.read(CHUNK_BYTES if left is None else min(CHUNK_BYTES, left))
                if not chunk:
                    return
                if left is not None:
                    left -= len(chunk)
                yield chunk


def _name(digest: str) -> str:
    if _DIGEST.fullmatch(digest) is None:
        raise MalformedError(f"not the name of a blob: {digest!r}")
    return f"{digest[:2]}/{digest}"
