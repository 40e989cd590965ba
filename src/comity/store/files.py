"""Every file that the project itself writes goes through here, so that one experiment can crash them all.

`Files` is the seam: few primitive operations, of which only the `sync_*` ones make anything durable. `Folder` builds
on it the two ways in which a file may appear: once and for ever (`write_once`), or in place of its predecessor
(`replace`). When either returns, data and names survive a power cut; when it raises, readers see the state before.

The order inside both is: write a temporary file, sync it, give it its name, sync the directory that holds the name.
A directory is synced into its parent before anything in it counts. A file or directory that is found present is synced
as well, since a process killed before its sync leaves it readable and yet not durable.

The `site` of a sync names its purpose. The crash tests take out one site after the other and demand a failure.
"""

import contextlib
import errno
import itertools
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final, Protocol

from comity.errors import MalformedError, NotFoundError, StoreError

TEMPORARY: Final = ".tmp"
SITE_DATA: Final = "data before its name"
SITE_NAME: Final = "name in its directory"
SITE_DIRECTORY: Final = "directory in its parent"
SITE_REPLACED_DATA: Final = "replacing data before its name"
SITE_REPLACED_NAME: Final = "replaced name in its directory"
# Syncs of independent files wait for the device, not for the interpreter: a few at once share journal commits.
_SYNC_THREADS: Final = 8
_serial = itertools.count()


class Files(Protocol):
    """Primitive operations on files; nothing is durable before the `sync_*` call that covers it.

    Every operation raises OSError as the operating system does. Callers never run two operations on one path at once.
    """

    def read(self, path: Path) -> bytes:
        """Return the whole content."""

    def open(self, path: Path) -> BinaryIO:
        """Open for reading."""

    def names(self, directory: Path) -> list[str]:
        """Return the sorted names in a directory; none if there is no such directory."""

    def make_directory(self, path: Path) -> None:
        """Make one directory whose parent exists; one that is there already is left alone."""

    def write(self, path: Path, chunks: Iterable[bytes]) -> None:
        """Create a file that must not exist, from chunks, without syncing it."""

    def sync_files(self, paths: Sequence[Path], *, site: str) -> None:
        """Make the content of each file durable, in any order."""

    def sync_directory(self, path: Path, *, site: str) -> None:
        """Make the names in a directory durable."""

    def link(self, source: Path, target: Path) -> None:
        """Give a file a second name, which must be free."""

    def rename(self, source: Path, target: Path) -> None:
        """Move a name, replacing what the target named."""

    def unlink(self, path: Path) -> None:
        """Remove a name."""

    def remove_directory(self, path: Path) -> None:
        """Remove an empty directory."""


class RealFiles:
    """`Files` on the operating system."""

    def read(self, path: Path) -> bytes:
        """Return the whole content."""
        return path.read_bytes()

    def open(self, path: Path) -> BinaryIO:
        """Open for reading."""
        return path.open("rb")

    def names(self, directory: Path) -> list[str]:
        """Return the sorted names in a directory; none if there is no such directory."""
        try:
            return sorted(inner.name for inner in directory.iterdir())
        except FileNotFoundError:
            return []

    def make_directory(self, path: Path) -> None:
        """Make one directory whose parent exists; one that is there already is left alone."""
        path.mkdir(exist_ok=True)

    def write(self, path: Path, chunks: Iterable[bytes]) -> None:
        """Create a file that must not exist, from chunks, without syncing it."""
        with path.open("xb") as sink:
            for chunk in chunks:
                sink.write(chunk)

    def sync_files(self, paths: Sequence[Path], *, site: str) -> None:  # noqa: ARG002 - the site is for tests
        """Make the content of each file durable, in any order."""
        if len(paths) == 1:
            _sync(paths[0])
        elif paths:
            with ThreadPoolExecutor(min(_SYNC_THREADS, len(paths))) as pool:
                # Reading every result raises the first failure: none may pass unseen.
                list(pool.map(_sync, paths))

    def sync_directory(self, path: Path, *, site: str) -> None:  # noqa: ARG002 - the site is for tests
        """Make the names in a directory durable."""
        _sync(path)

    def link(self, source: Path, target: Path) -> None:
        """Give a file a second name, which must be free."""
        os.link(source, target)

    def rename(self, source: Path, target: Path) -> None:
        """Move a name, replacing what the target named."""
        source.replace(target)

    def unlink(self, path: Path) -> None:
        """Remove a name."""
        path.unlink()

    def remove_directory(self, path: Path) -> None:
        """Remove an empty directory."""
        path.rmdir()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class Folder:
    """A folder whose files appear whole and durable, or not at all.

    Names are relative paths with `/`. One process writes to a folder at a time, under the node's lock; within it any
    thread may write, as long as no two write one name at once. Readers need no lock.
    """

    def __init__(self, root: Path, files: Files | None = None) -> None:
        self.root = root
        self.files: Files = RealFiles() if files is None else files
        # Directories that this process has synced into their parents.
        self._durable: set[Path] = set()

    def prepare(self) -> None:
        """Make the folder and remove temporary files that a crash has left; the writer calls this once at start.

        Raises:
            StoreError: the disk failed.
        """
        with translated(f"preparing {self.root}"):
            self._ensure_directory(self.root / TEMPORARY)
            for name in self.files.names(self.root / TEMPORARY):
                self.files.unlink(self.root / TEMPORARY / name)

    def read(self, name: str) -> bytes:
        """Return the content of a file.

        Raises:
            NotFoundError: there is no such file.
            StoreError: the disk failed.
        """
        with translated(f"reading {name}"):
            return self.files.read(self.path(name))

    def path(self, name: str) -> Path:
        """Return where a name lies.

        Raises:
            MalformedError: the name is absolute, climbs out of the folder or has another spelling.
        """
        pure = PurePosixPath(name)
        if str(pure) != name or pure.is_absolute() or ".." in pure.parts or "\0" in name or name == ".":
            raise MalformedError(f"not a name inside a folder: {name!r}")
        return self.root / pure

    def write_once(self, name: str, data: bytes) -> None:
        """Write a file that never changes; one that is there with the same bytes is fine.

        Raises:
            StoreError: the file is there with other bytes (fatal), or the disk failed.
        """
        self.write_once_many({name: data})

    def write_once_many(self, items: Mapping[str, bytes]) -> None:
        """Write files that never change; all are durable on return, some may be there when it raises.

        Raises:
            StoreError: a file is there with other bytes (fatal), or the disk failed.
        """
        targets = {self.path(name): data for name, data in items.items()}
        directories = sorted({target.parent for target in targets})
        present: list[Path] = []
        temporary: dict[Path, Path] = {}
        with translated(f"writing {len(items)} files in {self.root}"), self._cleaned(temporary.values()):
            for directory in [*directories, self.root / TEMPORARY]:
                self._ensure_directory(directory)
            for target, data in targets.items():
                if self._holds(target, data):
                    present.append(target)
                else:
                    temporary[target] = self.temporary_path()
                    self.files.write(temporary[target], (data,))
            self.files.sync_files([*present, *temporary.values()], site=SITE_DATA)
            for target, source in temporary.items():
                try:
                    self.files.link(source, target)
                except FileExistsError as exc:
                    raise StoreError(
                        f"{target} appeared while it was written; is another process writing?", fatal=True
                    ) from exc
            for directory in directories:
                self.files.sync_directory(directory, site=SITE_NAME)

    def replace(self, name: str, data: bytes) -> None:
        """Put `data` in place of what the name held; a reader sees the one or the other, whole.

        Raises:
            StoreError: the disk failed.
        """
        target = self.path(name)
        temporary: list[Path] = []
        with translated(f"replacing {name}"), self._cleaned(temporary):
            self._ensure_directory(target.parent)
            self._ensure_directory(self.root / TEMPORARY)
            source = self.temporary_path()
            temporary.append(source)
            self.files.write(source, (data,))
            self.files.sync_files([source], site=SITE_REPLACED_DATA)
            self.files.rename(source, target)
            temporary.clear()
            self.files.sync_directory(target.parent, site=SITE_REPLACED_NAME)

    def remove_directory(self, name: str) -> None:
        """Remove a directory of files; it may come back after a crash, and one that is absent is fine.

        Raises:
            StoreError: the disk failed, or a directory lies within.
        """
        directory = self.path(name)
        with translated(f"removing {name}"):
            for inner in self.files.names(directory):
                self.files.unlink(directory / inner)
            self._durable.discard(directory)
            with contextlib.suppress(FileNotFoundError):
                self.files.remove_directory(directory)

    def temporary_path(self) -> Path:
        """Return a free path on the folder's own file system for a file that is not yet named."""
        return self.root / TEMPORARY / f"{os.getpid()}-{next(_serial)}"

    def ensure_parent(self, path: Path) -> None:
        """Make the directories above a path, durably.

        Raises:
            OSError: the disk failed.
        """
        self._ensure_directory(path.parent)

    def _ensure_directory(self, path: Path) -> None:
        """Make `path` and what is missing above it; sync each into its parent, up to above the folder's root."""
        if path in self._durable:
            return
        if path == self.root:
            _make_upward(self.files, path)
        else:
            self._ensure_directory(path.parent)
            self.files.make_directory(path)
            self.files.sync_directory(path.parent, site=SITE_DIRECTORY)
        self._durable.add(path)

    def _holds(self, target: Path, data: bytes) -> bool:
        try:
            found = self.files.read(target)
        except FileNotFoundError:
            return False
        if found != data:
            raise StoreError(f"{target} is there with other bytes; nothing is overwritten", fatal=True)
        return True

    @contextlib.contextmanager
    def _cleaned(self, temporary: Iterable[Path]) -> Iterator[None]:
        """Drop temporary files at the end; what cannot be dropped now is dropped at the next start."""
        try:
            yield
        finally:
            for path in temporary:
                with contextlib.suppress(OSError):
                    self.files.unlink(path)


def _make_upward(files: Files, path: Path) -> None:
    """Make a folder's root and sync every directory above it: which of them a killed process made, nobody knows."""
    try:
        files.make_directory(path)
    except FileNotFoundError:
        _make_upward(files, path.parent)
        files.make_directory(path)
    for parent in path.parents:
        # Whoever may not read a directory did not make it.
        with contextlib.suppress(PermissionError):
            files.sync_directory(parent, site=SITE_DIRECTORY)


@contextlib.contextmanager
def translated(action: str) -> Iterator[None]:
    """Turn the operating system's errors into the project's.

    Raises:
        NotFoundError: there is no such file.
        StoreError: the disk is full or failed.
    """
    try:
        yield
    except FileNotFoundError as exc:
        raise NotFoundError(f"{action}: no such file") from exc
    except OSError as exc:
        if exc.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise StoreError(f"{action}: the disk is full; nothing was acknowledged, make room and try again") from exc
        raise StoreError(f"{action}: {exc.strerror or exc}") from exc
