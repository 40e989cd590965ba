"""A blob whose `put` returned survives every power cut."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from comity.errors import NotFoundError
from comity.store import blobs as blob_sites
from comity.store.blobs import Blobs
from comity.store.files import SITE_DIRECTORY, TEMPORARY, Folder
from support.disk import SimulatedDisk, Step, crash, unsynced

SITES = [*sorted(value for name, value in vars(blob_sites).items() if name.startswith("SITE_BLOB_")), SITE_DIRECTORY]
ROOT = Path("/node/blobs")


def traced_run() -> list[Step]:
    disk = SimulatedDisk()
    blobs = Blobs(Folder(ROOT, disk))
    blobs.prepare()
    for data in (b"first", b"second", b"first"):
        disk.event("kept", (blobs.put([data]).digest, data))
    return disk.trace


def losses(trace: Sequence[Step]) -> Iterator[str]:
    for cut in range(1, len(trace) + 1):
        waiting = unsynced(trace[:cut])
        for lost in (dict[int, str](), dict.fromkeys(waiting, "gone"), *({at: "gone"} for at in waiting)):
            disk = crash(trace[:cut], lost=lambda at, lost=lost: lost.get(at, ""))  # type: ignore[misc]
            yield from wrongs(trace[:cut], Blobs(Folder(ROOT, disk)), disk)


def wrongs(trace: Sequence[Step], blobs: Blobs, disk: SimulatedDisk) -> Iterator[str]:
    blobs.prepare()
    if disk.names(ROOT / TEMPORARY):
        yield "a temporary file stays"
    for step in trace:
        match step.kind, step.data:
            case "kept", (str(digest), bytes(data)) if content(blobs, digest) != data:
                yield f"{data!r} is lost or has other bytes"


def content(blobs: Blobs, digest: str) -> bytes | None:
    try:
        return b"".join(blobs.read(digest))
    except NotFoundError:
        return None


def test_no_power_cut_loses_a_blob() -> None:
    assert list(losses(traced_run())) == []


@pytest.mark.parametrize("site", SITES)
def test_every_sync_of_a_blob_is_needed(site: str) -> None:
    trace = [step for step in traced_run() if step.site != site]
    assert len(trace) < len(traced_run())
    assert next(losses(trace), None) is not None
