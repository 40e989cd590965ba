"""Exhibits on their way into and out of a package: describe, digest, encrypt; decrypt, digest, compare.

- Bytes pass once, in chunks: digest of the plain bytes, encryption and digest of the encrypted bytes in one pass, and
  the same backwards. Memory does not depend on the size of an exhibit.
- What is signed are both digests. The one of the encrypted bytes lets anyone follow custody without opening; the one
  of the plain bytes is what a court compares.
- Folder evidence is one exhibit a file. Links, devices, pipes and sockets are refused: what stands behind them is not
  in the folder, and could be another thing when it is read again.
"""

import errno
import os
import stat
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Final

from comity.age.identity import Identity
from comity.age.reader import ByteReader
from comity.age.recipient import Recipient
from comity.age.stream import CHUNK_BYTES, encrypt_chunks, open_age
from comity.errors import Error, MalformedError, PolicyError, StoreError, TooLargeError, VerificationError
from comity.exchange.container_names import MAX_SEGMENT_BYTES, check_name
from comity.exchange.statements import MAX_ITEMS, Exhibit
from comity.exchange.writing import write_all

ENCRYPTED: Final = "encrypted"
DECRYPTED: Final = "decrypted"

# The limit of an exhibit's name in a package statement; the container's own limit is in bytes and larger.
_MAX_NAME_CHARACTERS: Final = 200
_FOLDER_MARK: Final = "__"
_REPLACEMENT: Final = "_"
# A suffix of at most ten characters is worth keeping when a long name is cut; a longer one is no file type.
_MAX_SUFFIX_CHARACTERS: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Encrypted:
    """Sizes and SHA-256 digests, in hexadecimal, of an exhibit before and after encryption."""

    size: int
    digest: str
    encrypted_size: int
    encrypted_digest: str

    def describe(self, *, exhibit: str, name: str, description: str, media_type: str) -> Exhibit:
        """Return the exhibit as a package statement lists it."""
        return Exhibit(
            exhibit=exhibit,
            name=name,
            description=description,
            media_type=media_type,
            size=self.size,
            digest=self.digest,
            encrypted_size=self.encrypted_size,
            encrypted_digest=self.encrypted_digest,
        )


class ExhibitMismatchError(VerificationError):
    """An exhibit is not what its package states; carries what a `mismatch` statement says."""

    def __init__(self, *, exhibit: str, stage: str, stated: str, found: str) -> None:
        super().__init__(f"exhibit {exhibit}: sha-256 of the {stage} bytes is {found}, the package states {stated}")
        self.exhibit = exhibit
        self.stage = stage
        self.stated = stated
        self.found = found


def encrypt_exhibit(source: BinaryIO, target: BinaryIO, recipient: Recipient) -> Encrypted:
    """Encrypt all of `source` to `recipient`, and digest the bytes on both sides.

    When this raises, `target` holds a part of a file and must be thrown away.

    Raises:
        StoreError: the source cannot be read or the target not be written.
        UnavailableError: the source does not block.
    """
    sealed = _Sum()
    reader = ByteReader(source)
    pieces, describe = encrypt_exhibit_chunks(iter(lambda: reader.read(CHUNK_BYTES), b""), recipient)
    try:
        for piece in pieces:
            sealed.add(piece)
            write_all(target, piece)
    except OSError as exc:
        raise StoreError(f"exhibit could not be encrypted, after {sealed.size} encrypted bytes: {exc}") from exc
    return describe(sealed.size, sealed.digest())


def encrypt_exhibit_chunks(
    pieces: Iterable[bytes], recipient: Recipient
) -> tuple[Iterator[bytes], Callable[[int, str], Encrypted]]:
    """Encrypt an exhibit that arrives in pieces; return the encrypted pieces, and what describes it at the end.

    The encrypted bytes are digested by whoever keeps them, and once. Size and digest of all of them, given to the
    returned function, make the description; before the last piece was taken there is none.
    """
    plain = _Sum()
    complete = False

    def measured() -> Iterator[bytes]:
        nonlocal complete
        for piece in pieces:
            plain.add(piece)
            yield piece
        complete = True

    def describe(encrypted_size: int, encrypted_digest: str) -> Encrypted:
        assert complete, "an exhibit is described when all of it was encrypted"
        return Encrypted(
            size=plain.size,
            digest=plain.digest(),
            encrypted_size=encrypted_size,
            encrypted_digest=encrypted_digest,
        )

    return encrypt_chunks(measured(), [recipient]), describe


def decrypt_exhibit(
    source: BinaryIO, target: BinaryIO | None, identities: Sequence[Identity], expected: Exhibit
) -> str:
    """Decrypt the exhibit in `source`, compare both digests with `expected`, and return the digest found.

    Without `target` the plain bytes are only digested. What was written to it must be thrown away when this raises.

    Raises:
        ExhibitMismatchError: the encrypted or the decrypted bytes are others than the package states.
        VerificationError: the encrypted bytes are as stated, but no identity opens them or they do not decrypt.
        MalformedError: the encrypted bytes are as stated, but are no age file.
        StoreError: the source cannot be read or the target not be written.
        UnavailableError: the source does not block.
    """
    sealed, plain = _SummedSource(source), _Sum()
    failure: Error | None = None
    try:
        try:
            for piece in open_age(sealed, identities):
                plain.add(piece)
                if target is not None:
                    write_all(target, piece)
        except (MalformedError, VerificationError) as exc:
            # Only the digest of all encrypted bytes tells damage on the way from a package that never decrypted.
            failure = exc
        while sealed.read(CHUNK_BYTES):
            pass
    except OSError as exc:
        raise StoreError(f"exhibit {expected.exhibit} could not be decrypted: {exc}") from exc
    if (found := sealed.sum.digest()) != expected.encrypted_digest:
        raise ExhibitMismatchError(
            exhibit=expected.exhibit, stage=ENCRYPTED, stated=expected.encrypted_digest, found=found
        ) from failure
    if failure is not None:
        raise failure
    if (found := plain.digest()) != expected.digest:
        raise ExhibitMismatchError(exhibit=expected.exhibit, stage=DECRYPTED, stated=expected.digest, found=found)
    if (plain.size, sealed.sum.size) != (expected.size, expected.encrypted_size):
        raise VerificationError(
            f"exhibit {expected.exhibit} has {plain.size} plain and {sealed.sum.size} encrypted bytes, the package "
            f"states {expected.size} and {expected.encrypted_size}"
        )
    return found


class _Sum:
    """Size and SHA-256 of what passes."""

    __slots__ = ("_sha256", "size")

    def __init__(self) -> None:
        self._sha256 = sha256()
        self.size = 0

    def add(self, data: bytes) -> None:
        self._sha256.update(data)
        self.size += len(data)

    def digest(self) -> str:
        return self._sha256.hexdigest()


class _SummedSource:
    """A source that digests what is read from it."""

    __slots__ = ("_source", "sum")

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self.sum = _Sum()

    def read(self, size: int, /) -> bytes | None:
        data = self._source.read(size)
        if data:
            self.sum.add(data)
        return data


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderFile:
    """One file of a folder: where it is, its flat name for a package, and its path as found, for the description."""

    path: Path
    name: str
    found_as: str


def list_folder(folder: Path) -> tuple[FolderFile, ...]:
    """Return the files of `folder` and of all folders in it, in the order of their paths' bytes.

    Folders themselves leave no trace: an empty one is not listed.

    Raises:
        PolicyError: a link or special file is among them, or there are none or more than a package lists.
        StoreError: a folder cannot be read.
    """
    found: list[tuple[bytes, tuple[str, ...], Path]] = []
    waiting: list[tuple[Path, tuple[str, ...]]] = [(folder, ())]
    while waiting:
        directory, parts = waiting.pop()
        try:
            entries = list(os.scandir(directory))
        except OSError as exc:
            raise StoreError(f"folder {directory} cannot be read: {exc}") from exc
        for entry in entries:
            path, below = Path(entry.path), (*parts, entry.name)
            if entry.is_dir(follow_symlinks=False):
                waiting.append((path, below))
            elif entry.is_file(follow_symlinks=False):
                found.append((os.fsencode("/".join(below)), below, path))
            else:
                what = "a symbolic link" if entry.is_symlink() else "no regular file"
                raise PolicyError(f"{path} is {what}; a package holds regular files only: copy it or leave it out")
    if not 1 <= len(found) <= MAX_ITEMS:
        raise PolicyError(f"{folder} has {len(found)} files, a package lists 1 to {MAX_ITEMS}: pack it as one file")
    taken: set[str] = set()
    listed: list[FolderFile] = []
    for raw, parts, path in sorted(found):
        name = _untaken(safe_name(_FOLDER_MARK.join(parts)), taken)
        taken.add(name.casefold())
        listed.append(FolderFile(path=path, name=name, found_as=raw.decode("utf-8", "backslashreplace")))
    return tuple(listed)


def open_regular(path: Path) -> BinaryIO:
    """Open a file for reading that must be a regular one, also if it was exchanged since it was listed.

    Raises:
        PolicyError: it is a link or special file.
        StoreError: it cannot be opened.
    """
    try:
        # Without O_NONBLOCK, opening a pipe would wait for its writer; for regular files the flag means nothing.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as exc:
        if exc.errno == errno.ELOOP:
            raise PolicyError(f"{path} is a symbolic link; a package holds regular files only") from exc
        raise StoreError(f"{path} cannot be opened: {exc}") from exc
    file = os.fdopen(descriptor, "rb")
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        file.close()
        raise PolicyError(f"{path} is no regular file; a package holds regular files only")
    return file


def safe_name(name: str) -> str:
    """Return `name` as one path segment that means the same file on every system; a safe name stays as it is.

    Different names may become one, and the original belongs in the exhibit's description.
    """
    text = unicodedata.normalize("NFC", name.encode("utf-8", "replace").decode())
    text = "".join(character if _is_safe(character) else _REPLACEMENT for character in text)
    text = _cut(text.strip()).rstrip(" .")
    if text in {"", ".", ".."}:
        return "unnamed"
    return text if _is_safe(text) else f"{_REPLACEMENT}{_cut(text, spare=1)}"


def _is_safe(segment: str) -> bool:
    # A single dot or space is fine within a name, and `check_name` would refuse it alone.
    try:
        check_name(segment if len(segment) > 1 else f"a{segment}a")
    except (MalformedError, TooLargeError):
        return False
    return "/" not in segment


def _cut(text: str, *, spare: int = 0) -> str:
    """Cut the stem of a long name so that it fits with its suffix and `spare` more characters."""
    stem, dot, suffix = text.rpartition(".")
    if not stem or len(suffix) > _MAX_SUFFIX_CHARACTERS:
        stem, dot, suffix = text, "", ""
    tail = f"{dot}{suffix}"
    stem = stem[: _MAX_NAME_CHARACTERS - len(tail) - spare]
    while len(f"{stem}{tail}".encode()) > MAX_SEGMENT_BYTES - spare:
        stem = stem[:-1]
    return f"{stem}{tail}" if tail else stem


def _untaken(name: str, taken: set[str]) -> str:
    """Return `name`, or with the first free number where case folding makes it meet another."""
    number, candidate = 1, name
    while candidate.casefold() in taken:
        number += 1
        mark = f"~{number}"
        stem, dot, suffix = _cut(name, spare=len(mark)).rpartition(".")
        candidate = f"{stem}{mark}{dot}{suffix}" if stem else f"{suffix}{mark}"
    return candidate
