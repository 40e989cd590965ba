"""A disk in memory that forgets, on demand, whatever no sync has made durable.

`SimulatedDisk` implements `comity.store.files.Files`. Every change is recorded in `trace`, together with events that
a test adds (a database commit, a checkpoint shown to a witness). `crash` rebuilds the disk as a power cut after any
prefix of the trace may leave it: a file has the data of its last sync or more, a directory the names of its last sync
or more.
"""

import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO


@dataclass(frozen=True, slots=True)
class Step:
    """One recorded change, or an event of the test."""

    kind: str
    path: Path = Path()
    other: Path = Path()
    data: object = b""
    site: str = ""


@dataclass(slots=True)
class _File:
    data: bytes = b""
    durable: bytes | None = None


@dataclass(slots=True)
class _Directory:
    names: dict[str, "_File | _Directory"] = field(default_factory=dict)


class SimulatedDisk:
    """Files in memory with a trace of every change."""

    def __init__(self) -> None:
        self.tree = _Directory()
        self.trace: list[Step] = []
        # Called before an operation with its kind and path; a test raises OSError from here.
        self.fault: Callable[[str, Path], None] = lambda kind, path: None

    # Reading.

    def read(self, path: Path) -> bytes:
        self.fault("read", path)
        found = self._find(path)
        if isinstance(found, _Directory):
            raise IsADirectoryError(21, "is a directory", str(path))
        return found.data

    def open(self, path: Path) -> BinaryIO:
        return io.BytesIO(self.read(path))

    def names(self, directory: Path) -> list[str]:
        try:
            found = self._find(directory)
        except FileNotFoundError:
            return []
        assert isinstance(found, _Directory)
        return sorted(found.names)

    def walk(self) -> dict[str, bytes]:
        """Return every file by its path."""
        files: dict[str, bytes] = {}

        def visit(directory: _Directory, prefix: str) -> None:
            for name, inner in directory.names.items():
                if isinstance(inner, _Directory):
                    visit(inner, f"{prefix}/{name}")
                else:
                    files[f"{prefix}/{name}"] = inner.data

        visit(self.tree, "")
        return files

    # Changing.

    def make_directory(self, path: Path) -> None:
        parent = self._directory(path.parent)
        if path.name and path.name not in parent.names:
            self._record(Step("mkdir", path))

    def write(self, path: Path, chunks: Iterable[bytes]) -> None:
        data = b"".join(chunks)
        if path.name in self._directory(path.parent).names:
            raise FileExistsError(17, "exists", str(path))
        self._record(Step("write", path, data=data))

    def sync_files(self, paths: Sequence[Path], *, site: str) -> None:
        for path in paths:
            self._find(path)
            self._record(Step("sync", path, site=site))

    def sync_directory(self, path: Path, *, site: str) -> None:
        self._find(path)
        self._record(Step("syncdir", path, site=site))

    def link(self, source: Path, target: Path) -> None:
        self._find(source)
        if target.name in self._directory(target.parent).names:
            raise FileExistsError(17, "exists", str(target))
        self._record(Step("link", source, target))

    def rename(self, source: Path, target: Path) -> None:
        self._find(source)
        self._record(Step("rename", source, target))

    def unlink(self, path: Path) -> None:
        self._find(path)
        self._record(Step("unlink", path))

    def remove_directory(self, path: Path) -> None:
        found = self._find(path)
        assert isinstance(found, _Directory)
        if found.names:
            raise OSError(39, "not empty", str(path))
        self._record(Step("rmdir", path))

    def event(self, kind: str, data: object) -> None:
        """Record what happened outside the disk."""
        self.trace.append(Step(kind, data=data))

    def _record(self, step: Step) -> None:
        self.fault(step.kind, step.path)
        self.trace.append(step)
        _apply(self.tree, step, synced=True)

    def _find(self, path: Path) -> "_File | _Directory":
        return _find(self.tree, path)

    def _directory(self, path: Path) -> _Directory:
        found = self._find(path)
        if not isinstance(found, _Directory):
            raise NotADirectoryError(20, "not a directory", str(path))
        return found


def _find(tree: _Directory, path: Path) -> "_File | _Directory":
    node: _File | _Directory = tree
    for part in path.parts[1:]:
        if not isinstance(node, _Directory) or part not in node.names:
            raise FileNotFoundError(2, "no such file", str(path))
        node = node.names[part]
    return node


def _apply(tree: _Directory, step: Step, *, synced: bool) -> None:
    """Do a step; a step whose directory is itself lost is lost with it."""
    try:
        if step.kind == "sync":
            return
        parent = _find(tree, step.path.parent)
        assert isinstance(parent, _Directory)
        if step.kind == "mkdir":
            parent.names.setdefault(step.path.name, _Directory())
        elif step.kind == "write":
            assert isinstance(step.data, bytes)
            parent.names[step.path.name] = _File(step.data)
        elif step.kind in {"link", "rename"}:
            target = _find(tree, step.other.parent)
            assert isinstance(target, _Directory)
            target.names[step.other.name] = parent.names[step.path.name]
            if step.kind == "rename":
                del parent.names[step.path.name]
        elif step.kind in {"unlink", "rmdir"}:
            del parent.names[step.path.name]
    except (FileNotFoundError, KeyError):
        if synced:
            raise


def unsynced(trace: Sequence[Step]) -> list[int]:
    """Return the numbers of the steps whose effect no later step of the trace makes durable.

    A name is durable when its directory is synced; a file's data when the file is synced, under any of its names.
    """
    waiting: list[int] = []
    source: dict[Path, Path] = {}  # A linked or renamed name, to the path under which the data was written.
    for number, step in enumerate(trace):
        if step.kind in {"mkdir", "write", "unlink", "rmdir", "link", "rename"}:
            waiting.append(number)
            if step.kind in {"link", "rename"}:
                source[step.other] = source.get(step.path, step.path)
        elif step.kind == "sync":
            origin = source.get(step.path, step.path)
            waiting = [at for at in waiting if not (trace[at].kind == "write" and trace[at].path == origin)]
        elif step.kind == "syncdir":
            waiting = [at for at in waiting if _directory_of(trace[at]) != step.path or trace[at].kind == "write"]
    return waiting


def _directory_of(step: Step) -> Path:
    return (step.other if step.kind in {"link", "rename"} else step.path).parent


def crash(trace: Sequence[Step], *, lost: Callable[[int], str]) -> SimulatedDisk:
    """Return the disk after the trace, where `lost` says of an unsynced step: "" kept, "gone", or "empty" (no data)."""
    disk = SimulatedDisk()
    for number, step in enumerate(trace):
        fate = lost(number)
        if fate == "gone" and step.kind == "write":
            # The name of a temporary file may survive without its data; what is linked later must exist to be linked.
            fate = "empty"
        if fate == "empty":
            _apply(disk.tree, Step("write", step.path, data=b""), synced=False)
        elif fate == "" and step.kind in {"mkdir", "write", "unlink", "rmdir", "link", "rename"}:
            _apply(disk.tree, step, synced=False)
    return disk
