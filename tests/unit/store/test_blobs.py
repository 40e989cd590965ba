import errno
import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from comity.errors import MalformedError, NotFoundError, StoreError
from comity.store.blobs import CHUNK_BYTES, Blob, Blobs
from comity.store.files import TEMPORARY, Files, Folder, RealFiles
from support.disk import SimulatedDisk

DATA = bytes(range(256)) * 9000


@pytest.fixture(params=["real", "simulated"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Folder:
    files: Files = RealFiles() if request.param == "real" else SimulatedDisk()
    return Folder(tmp_path if request.param == "real" else Path("/blobs"), files)


@pytest.fixture
def blobs(folder: Folder) -> Blobs:
    blobs = Blobs(folder)
    blobs.prepare()
    return blobs


def put(blobs: Blobs, data: bytes = DATA) -> Blob:
    return blobs.put(data[start : start + 100_000] for start in range(0, len(data), 100_000))


def test_a_blob_is_named_by_its_digest_and_read_back(blobs: Blobs) -> None:
    blob = put(blobs)
    assert blob == Blob(digest=hashlib.sha256(DATA).hexdigest(), size=len(DATA))
    assert put(blobs) == blob
    assert b"".join(blobs.read(blob.digest)) == DATA
    assert max(map(len, blobs.read(blob.digest))) == CHUNK_BYTES
    assert blobs.size(blob.digest) == len(DATA)
    assert put(blobs, b"").size == 0


@pytest.mark.parametrize(
    ("start", "end"), [(0, 0), (5, 10), (0, len(DATA)), (1_500_000, None), (10, 9**9), (9**9, None)]
)
def test_a_range_is_read(blobs: Blobs, start: int, end: int | None) -> None:
    assert b"".join(blobs.read(put(blobs).digest, start=start, end=end)) == DATA[start:end]


def test_a_blob_that_was_never_put_is_missing(blobs: Blobs) -> None:
    with pytest.raises(NotFoundError):
        next(blobs.read("0" * 64))
    with pytest.raises(NotFoundError):
        blobs.size("0" * 64)


@pytest.mark.parametrize("name", ["", "..", "a" * 63, "A" * 64, "../" + "a" * 61, "a" * 64 + "\n"])
def test_what_is_no_digest_is_refused(blobs: Blobs, name: str) -> None:
    for call in (blobs.size, blobs.read):
        with pytest.raises(MalformedError):
            call(name)


def test_what_is_no_range_is_refused(blobs: Blobs) -> None:
    for start, end in ((-1, None), (5, 4)):
        with pytest.raises(MalformedError):
            blobs.read("a" * 64, start=start, end=end)


def test_a_source_that_fails_leaves_nothing(blobs: Blobs, folder: Folder) -> None:
    def chunks() -> Iterator[bytes]:
        yield b"half"
        raise MalformedError("the sender broke off")

    with pytest.raises(MalformedError):
        blobs.put(chunks())
    assert folder.files.names(folder.root) == [TEMPORARY]
    assert folder.files.names(folder.root / TEMPORARY) == []


def test_half_written_blobs_are_removed_at_the_start(blobs: Blobs, folder: Folder) -> None:
    folder.files.write(folder.temporary_path(), (b"half",))
    blobs.prepare()
    assert folder.files.names(folder.root / TEMPORARY) == []


def test_a_full_disk_is_said_and_leaves_nothing() -> None:
    disk = SimulatedDisk()
    blobs = Blobs(Folder(Path("/blobs"), disk))

    def full(kind: str, path: Path) -> None:
        if kind == "sync":
            raise OSError(errno.ENOSPC, "No space left on device")

    disk.fault = full
    with pytest.raises(StoreError, match="disk is full"):
        put(blobs)
    assert disk.walk() == {}
