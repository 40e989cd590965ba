from pathlib import Path

import pytest

from comity.errors import MalformedError, NotFoundError, VerificationError
from comity.kernel.merkle import EMPTY_ROOT, leaf_hash, tree_root, verify_consistency, verify_inclusion
from comity.kernel.note import parse_note
from comity.log.reader import LogReader, verify_published
from comity.log.sequencer import Settings
from comity.log.state import append_pending
from comity.store.files import RealFiles
from support.logs import Node, entry, pair, policy_of

SIZE = 66_000
ENTRIES = [entry(number) for number in range(SIZE)]


@pytest.fixture(scope="module")
def node() -> Node:
    node = Node(settings=Settings(batch_multiple=1, max_batch=66_000)).create()
    with node.database.transaction() as tx:
        for one in ENTRIES:
            append_pending(tx, one)
    node.tick()
    return node


@pytest.fixture
def reader(node: Node) -> LogReader:
    return LogReader(node.folder.read)


def test_roots_and_paths_of_every_kind_of_size_verify(reader: LogReader) -> None:
    leaves = [leaf_hash(one) for one in ENTRIES]
    root = tree_root(leaves)
    assert reader.root(0) == EMPTY_ROOT
    for size in (1, 255, 256, 257, 65_535, 65_536, 65_537, SIZE):
        assert reader.root(size) == tree_root(leaves[:size])
        path = reader.consistency_path(size, SIZE)
        verify_consistency(old_size=size, new_size=SIZE, path=path, old_root=tree_root(leaves[:size]), new_root=root)
        for index in {0, size // 2, size - 1}:
            path = reader.inclusion_path(index, size)
            verify_inclusion(index=index, size=size, leaf=leaves[index], path=path, root=tree_root(leaves[:size]))


@pytest.mark.parametrize(("start", "end"), [(0, 0), (0, 1), (255, 257), (256, 512), (300, 900), (65_990, SIZE)])
def test_a_range_of_entries_is_read(reader: LogReader, start: int, end: int) -> None:
    assert reader.entries(start, end, SIZE) == ENTRIES[start:end]


@pytest.mark.parametrize(("start", "end"), [(-1, 1), (2, 1), (0, SIZE + 1)])
def test_a_range_outside_the_tree_is_refused(reader: LogReader, start: int, end: int) -> None:
    with pytest.raises(MalformedError):
        reader.entries(start, end, SIZE)


def test_a_proof_takes_few_tiles(node: Node) -> None:
    read: list[str] = []

    def fetch(path: str) -> bytes:
        read.append(path)
        return node.folder.read(path)

    LogReader(fetch).inclusion_path(1234, SIZE)
    assert len(read) <= 6


def test_an_entry_that_is_not_the_leaf_is_refused(node: Node) -> None:
    def swapped(path: str) -> bytes:
        return node.folder.read("tile/entries/001" if path == "tile/entries/002" else path)

    with pytest.raises(VerificationError, match="bundle 2"):
        LogReader(swapped).entries(512, 513, SIZE)


def test_what_is_in_neither_form_is_missing(reader: LogReader) -> None:
    with pytest.raises(NotFoundError):
        reader.root(66_048)
    with pytest.raises(NotFoundError):
        LogReader(Node().folder.read).checkpoint()


def test_a_policy_without_quorum_takes_the_logs_own_word_and_no_other(node: Node) -> None:
    note = parse_note(node.folder.read("checkpoint"))
    assert verify_published(note, policy_of(witnesses=(), k=0)).size == SIZE
    with pytest.raises(VerificationError):
        verify_published(note, policy_of(pair("xdd.centre/log"), (), k=0))


def test_the_files_are_the_same_on_a_real_disk(node: Node, tmp_path: Path) -> None:
    real = Node(disk=RealFiles(), root=tmp_path / "log", settings=Settings(batch_multiple=1, max_batch=66_000)).create()
    real.append(*ENTRIES[:1000])
    real.tick()
    real.append(*ENTRIES[1000:1300])
    real.tick()
    names = sorted(str(path.relative_to(tmp_path / "log")) for path in (tmp_path / "log").rglob("*") if path.is_file())
    assert names == [
        "checkpoint",
        *(f"tile/0/00{index}" for index in range(5)),
        "tile/0/005.p/20",
        "tile/1/000.p/3",
        "tile/1/000.p/5",
        *(f"tile/entries/00{index}" for index in range(5)),
        "tile/entries/005.p/20",
    ]
    assert LogReader(real.folder.read).root(1300) == LogReader(node.folder.read).root(1300)
