import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from comity.errors import ConflictError, NotFoundError, VerificationError
from comity.kernel.checkpoint import Checkpoint, sign_checkpoint
from comity.kernel.entry import public_entry
from comity.kernel.merkle import EMPTY_ROOT
from comity.log.check import check_log
from comity.log.refetch import Refetched, SignedHead, refetch, refetched_arrival, root_in_tree, verify_signed_head
from comity.log.state import append_pending, envelope_id, position_of, read_head
from comity.log.witness import DatabaseWitnessState
from comity.store.database import Transaction
from comity.store.files import Folder, RealFiles
from support.logs import LOG, START, Node, entry, new_database, pair

ENVELOPE = b"a public statement"
LOST = b"a public statement that nobody has kept"


def running(root: Path, sizes: tuple[int, ...] = (3, 300, 7)) -> Node:
    node = Node(disk=RealFiles(), root=root).create()
    for number, size in enumerate(sizes):
        node.append(*(entry(f"{number} {at}") for at in range(size)))
        node.tick()
    return node


def backup_of(node: Node, root: Path) -> Node:
    """Return a node with a copy of database and files, as a restore leaves it."""
    shutil.copytree(node.folder.root, root)
    database = new_database()
    node.database._writer.backup(database._writer)
    restored = Node(database=database, disk=RealFiles(), root=root, seed="other noise")
    restored.witnesses = node.witnesses
    restored.cosigners = restored.sequencer._ask = node.cosigners
    restored.clock = node.clock
    restored.sequencer._clock = node.clock
    return restored


def seen_by_witness(node: Node) -> SignedHead:
    head = DatabaseWitnessState(node.witnesses[0].database).head(LOG.public.name)
    assert head is not None
    return verify_signed_head(head.note, LOG.public, "xbb.centre")


def keep_nothing(tx: Transaction, position: int, envelope: bytes) -> None:
    """A public statement that is no business of this test."""


def recover(node: Node, target: SignedHead, fetch: Callable[[str], bytes]) -> Refetched:
    return refetch(node.database, target=target, fetch=fetch, keep=keep_nothing)


def grow(node: Node, *labels: str) -> None:
    for label in labels:
        node.append(*(entry(f"{label} {at}") for at in range(270)))
        node.tick()


def test_a_restored_log_goes_on_from_the_head_that_others_hold(tmp_path: Path) -> None:
    node = running(tmp_path / "lost")
    waiting = node.append(entry("waits 1"), entry("waits 2"))
    restored = backup_of(node, tmp_path / "restored")
    node.tick()
    grow(node, "later", "still later")
    target = seen_by_witness(node)
    done = recover(restored, target, node.folder.read)
    assert (done.end, done.known) == (node.published().size, 2)
    with restored.database.reading() as tx:
        assert read_head(tx).root == node.published().root
        assert [position_of(tx, arrival) for arrival in waiting] == [done.start, done.start + 1]
    restored.start().append(entry("after the restore"))
    restored.tick()
    report = check_log(restored.folder.read, restored.policy)
    assert report.checkpoint.size > target.checkpoint.size
    assert all(len(witness.requests) for witness in node.witnesses)
    assert seen_by_witness(restored).checkpoint == report.checkpoint


def test_every_size_of_a_refetched_tree_has_its_root(tmp_path: Path) -> None:
    node = running(tmp_path / "lost")
    restored = backup_of(node, tmp_path / "restored")
    roots = {}
    for label in ("a", "b", "c"):
        grow(node, label)
        roots[node.published().size] = node.published().root
    recover(restored, seen_by_witness(node), node.folder.read)
    with restored.database.reading() as tx:
        for size, root in roots.items():
            assert root_in_tree(tx, restored.folder.read, size) == root
        assert root_in_tree(tx, restored.folder.read, max(roots) + 1) is None
    restored.start()
    with restored.database.reading() as tx:
        for size, root in roots.items():
            assert root_in_tree(tx, restored.folder.read, size) == root


def test_a_lie_about_one_entry_keeps_nothing(tmp_path: Path) -> None:
    node = running(tmp_path / "lost")
    restored = backup_of(node, tmp_path / "restored")
    grow(node, "later")

    def lie(path: str) -> bytes:
        data = node.folder.read(path)
        return data[:-1] + bytes([data[-1] ^ 1])

    with restored.database.reading() as tx:
        before = read_head(tx)
    with pytest.raises(VerificationError, match="do not give the root"):
        recover(restored, seen_by_witness(node), lie)
    with restored.database.reading() as tx:
        assert read_head(tx) == before
    restored.start()


def test_entries_that_nobody_has_are_missing(tmp_path: Path) -> None:
    node = running(tmp_path / "lost")
    restored = backup_of(node, tmp_path / "restored")
    older = Folder(tmp_path / "restored").read
    grow(node, "later")
    with pytest.raises(NotFoundError):
        recover(restored, seen_by_witness(node), older)


def test_a_head_that_is_no_newer_is_refused(tmp_path: Path) -> None:
    node = running(tmp_path / "lost")
    with pytest.raises(ConflictError, match="no newer"):
        recover(node, seen_by_witness(node), node.folder.read)


def test_a_head_of_another_history_is_refused(tmp_path: Path) -> None:
    node = running(tmp_path / "lost")
    other = Node(disk=RealFiles(), root=tmp_path / "other", seed="another").create()
    grow(other, "foreign", "more", "and more")
    with pytest.raises(VerificationError, match="do not give the root"):
        recover(node, seen_by_witness(other), other.folder.read)


def test_public_statements_come_back_with_their_envelopes_or_are_named(tmp_path: Path) -> None:
    node = running(tmp_path / "lost")
    restored = backup_of(node, tmp_path / "restored")
    for envelope in (ENVELOPE, LOST):
        node.append(entry(f"before {envelope!r}"))
        with node.database.transaction() as tx:
            append_pending(tx, public_entry(envelope_id(envelope)), envelope)
        node.append(entry(f"after {envelope!r}"))
        node.tick()
    (tmp_path / "lost" / "envelope" / envelope_id(LOST)[:2] / envelope_id(LOST)).unlink()
    kept: list[tuple[int, bytes]] = []
    done = refetch(
        restored.database,
        target=seen_by_witness(node),
        fetch=node.folder.read,
        keep=lambda tx, position, envelope: kept.append((position, envelope)),
    )
    assert kept == [(done.public_found[0], ENVELOPE)]
    assert len(done.public_lost) == 1
    with restored.database.reading() as tx:
        assert position_of(tx, refetched_arrival(kept[0][0])) == kept[0][0]
        assert position_of(tx, 1_000_000) is None
    restored.start().tick()
    report = check_log(restored.folder.read, restored.policy)
    assert (report.envelopes, report.envelopes_absent) == (1, 1)


def test_only_heads_under_the_logs_own_signatures_count() -> None:
    note = sign_checkpoint(Checkpoint(origin=LOG.public.name, size=0, root=EMPTY_ROOT), LOG, START)
    head = verify_signed_head(note, LOG.public, "xbb.centre")
    assert (head.checkpoint.size, head.time, head.note) == (0, START, note)
    with pytest.raises(VerificationError):
        verify_signed_head(note, pair("xdd.centre/log").public, "xbb.centre")
