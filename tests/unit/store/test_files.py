import errno
import os
from collections.abc import Iterable
from pathlib import Path

import pytest

from comity.errors import MalformedError, NotFoundError, StoreError
from comity.store.files import TEMPORARY, Files, Folder, RealFiles, translated
from support.disk import SimulatedDisk


@pytest.fixture(params=["real", "simulated"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Folder:
    files: Files = RealFiles() if request.param == "real" else SimulatedDisk()
    root = tmp_path / "a" / "b" if request.param == "real" else Path("/a/b")
    folder = Folder(root, files)
    folder.prepare()
    return folder


def test_files_appear_once_with_their_directories(folder: Folder) -> None:
    folder.write_once_many({f"x/{number}/y": bytes([number]) for number in range(20)})
    assert folder.read("x/19/y") == b"\x13"
    folder.write_once("x/19/y", b"\x13")
    assert folder.files.names(folder.root / TEMPORARY) == []
    assert folder.files.names(folder.root / "nowhere") == []


def test_other_bytes_are_fatal_and_the_first_stay(folder: Folder) -> None:
    folder.write_once("name", b"first")
    with pytest.raises(StoreError, match="other bytes") as caught:
        folder.write_once_many({"new": b"new", "name": b"second"})
    assert caught.value.fatal
    assert folder.read("name") == b"first"
    assert folder.files.names(folder.root / TEMPORARY) == []


def test_a_replaced_file_has_the_new_bytes(folder: Folder) -> None:
    for data in (b"first", b"second"):
        folder.replace("deep/name", data)
        assert folder.read("deep/name") == data
    assert folder.files.names(folder.root / TEMPORARY) == []


def test_a_directory_is_removed_with_its_files_and_may_come_back(folder: Folder) -> None:
    folder.write_once_many({"000.p/1": b"1", "000.p/2": b"2"})
    for _ in range(2):
        folder.remove_directory("000.p")
    with pytest.raises(NotFoundError):
        folder.read("000.p/1")
    folder.write_once("000.p/3", b"3")
    assert folder.read("000.p/3") == b"3"


@pytest.mark.parametrize("name", ["", ".", "..", "/etc/passwd", "a/../b", "../a", "a//b", "a/", "./a", "a\0b"])
def test_a_name_stays_inside_the_folder(folder: Folder, name: str) -> None:
    with pytest.raises(MalformedError):
        folder.read(name)
    with pytest.raises(MalformedError):
        folder.write_once(name, b"")


def test_temporary_files_of_a_crash_are_removed_at_the_next_start(folder: Folder) -> None:
    folder.files.write(folder.temporary_path(), (b"half",))
    folder.prepare()
    assert folder.files.names(folder.root / TEMPORARY) == []


@pytest.mark.parametrize("kind", ["write", "sync", "link", "syncdir", "mkdir", "rename"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EACCES])
def test_every_failure_of_the_disk_is_a_store_error_and_leaves_the_old_file(kind: str, number: int) -> None:
    disk = SimulatedDisk()
    folder = Folder(Path("/a"), disk)
    folder.prepare()
    folder.replace("kept", b"old")

    def fail(happening: str, path: Path) -> None:
        if happening == kind:
            raise OSError(number, os.strerror(number))

    disk.fault = fail
    full = number in {errno.ENOSPC, errno.EDQUOT}
    for write in (folder.write_once, folder.replace):
        if (kind, write) in {("link", folder.replace), ("rename", folder.write_once)}:
            continue
        with pytest.raises(StoreError, match="disk is full" if full else os.strerror(number)) as caught:
            write("new/name", b"new")
        assert not caught.value.fatal
    disk.fault = lambda happening, path: None
    assert folder.read("kept") == b"old"
    folder.prepare()
    assert folder.files.names(folder.root / TEMPORARY) == []


def test_a_file_that_appears_meanwhile_is_another_writer() -> None:
    disk = SimulatedDisk()
    folder = Folder(Path("/a"), disk)
    folder.prepare()

    def interfere(kind: str, path: Path) -> None:
        if kind == "sync":
            disk.fault = lambda happening, where: None
            disk.write(Path("/a/name"), (b"rival",))

    disk.fault = interfere
    with pytest.raises(StoreError, match="another process") as caught:
        folder.write_once("name", b"mine")
    assert caught.value.fatal


def test_a_foreign_error_keeps_its_reason() -> None:
    with pytest.raises(StoreError, match="reading: is a directory"), translated("reading"):
        raise IsADirectoryError(21, "is a directory")
    with pytest.raises(NotFoundError), translated("reading"):
        raise FileNotFoundError


def test_a_failing_sync_among_many_is_raised(tmp_path: Path) -> None:
    files = RealFiles()
    (tmp_path / "there").write_bytes(b"")
    files.sync_files([], site="none")
    with pytest.raises(FileNotFoundError):
        files.sync_files([tmp_path / "there", tmp_path / "missing"], site="two")


def test_a_directory_that_may_not_be_read_above_the_root_does_not_stop_it() -> None:
    class Guarded(SimulatedDisk):
        def sync_directory(self, path: Path, *, site: str) -> None:
            if path == Path("/"):
                raise PermissionError(13, "denied")
            super().sync_directory(path, site=site)

    folder = Folder(Path("/home/node"), Guarded())
    folder.write_once("name", b"data")
    assert folder.read("name") == b"data"


def test_what_a_chunk_source_raises_passes_through(tmp_path: Path) -> None:
    def chunks() -> Iterable[bytes]:
        yield b"some"
        raise RuntimeError("source")

    with pytest.raises(RuntimeError):
        RealFiles().write(tmp_path / "name", chunks())
