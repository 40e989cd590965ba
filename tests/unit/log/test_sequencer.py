import errno
import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from comity.errors import ConflictError, MalformedError, PolicyError, StoreError
from comity.kernel.checkpoint import Checkpoint, parse_checkpoint, sign_checkpoint
from comity.kernel.entry import public_entry
from comity.kernel.merkle import EMPTY_ROOT, leaf_hash, tree_root
from comity.kernel.note import parse_note
from comity.kernel.policy import verify_witnessed
from comity.kernel.proof import verify_proof
from comity.log.check import check_log
from comity.log.reader import LogReader, envelope_path
from comity.log.sequencer import Settings
from comity.log.startup import Permit
from comity.log.state import append_pending, create_log, envelope_id, position_of, read_head, read_published
from comity.store.database import Value
from support.disk import SimulatedDisk
from support.logs import LOG, SMALL, Node, entry, new_database, pair, permit_for, policy_of


@pytest.fixture
def node() -> Node:
    return Node().create()


def test_entries_are_placed_in_order_of_arrival_and_proven_under_the_policy(node: Node) -> None:
    arrivals = node.append(*(entry(number) for number in range(6)))
    with node.database.reading() as tx:
        assert [position_of(tx, arrival) for arrival in arrivals] == [None] * 6
    progress = node.tick()
    assert (progress.signed, progress.published) == (8, 8)
    with node.database.reading() as tx:
        assert [position_of(tx, arrival) for arrival in arrivals] == [0, 1, 2, 3, 4, 5]
        published = read_published(tx)
    assert published is not None
    checkpoint, note = published
    assert node.folder.read("checkpoint") == note
    reader = LogReader(node.folder.read)
    found = reader.entries(0, 8, 8)
    assert found[:6] == [entry(number) for number in range(6)]
    assert [len(cover) for cover in found[6:]] == [33, 33]
    assert {cover[0] for cover in found[6:]} == {2}
    logged = verify_proof(reader.prove(3, checkpoint.size, note), entry(3), node.policy)
    assert (logged.index, logged.origin) == (3, LOG.public.name)
    assert logged.logged_by == node.clock.now


def test_positions_skip_the_cover_entries_of_earlier_batches(node: Node) -> None:
    node.append(entry("a"))
    node.tick()
    (arrival,) = node.append(entry("b"))
    node.tick()
    with node.database.reading() as tx:
        assert position_of(tx, arrival) == 4
        assert position_of(tx, arrival + 1) is None


def test_the_root_is_that_of_the_entries_over_many_batches(node: Node) -> None:
    for batch in range(5):
        node.append(*(entry(f"{batch}/{number}") for number in range(batch * 70)))
        node.tick()
    size = node.published().size
    leaves = [leaf_hash(one) for one in LogReader(node.folder.read).entries(0, size, size)]
    assert tree_root(leaves) == node.published().root
    report = check_log(node.folder.read, node.policy)
    assert report.checkpoint.size == size == 700 + (4 - 70 % 4) % 4 + (4 - 210 % 4) % 4


def test_an_idle_log_writes_covers_only_if_told_to(node: Node) -> None:
    assert node.tick().signed == 0
    busy = Node(settings=Settings(batch_multiple=16, max_batch=64)).create()
    assert busy.tick().signed == 16
    assert busy.tick().signed == 32


def test_an_idle_log_signs_again_when_its_head_grows_old(node: Node) -> None:
    node.append(entry(1))
    node.tick()
    first = node.folder.read("checkpoint")
    node.tick(SMALL.refresh_seconds - 1)
    assert node.folder.read("checkpoint") == first
    node.tick(1)
    second = node.folder.read("checkpoint")
    assert second != first
    assert parse_note(second).text == parse_note(first).text
    assert verify_witnessed(parse_note(second), node.policy).logged_by == node.clock.now


def test_without_a_quorum_the_earlier_checkpoint_stays_and_the_next_tick_asks_again(node: Node) -> None:
    node.append(entry(1))
    node.tick()
    for witness in node.witnesses:
        witness.broken = True
    node.append(entry(2))
    progress = node.tick()
    assert (progress.signed, progress.published) == (8, 4)
    assert node.published().size == 4
    node.append(entry(3))
    node.tick()
    node.witnesses[1].broken = False
    assert node.tick().published == 12
    assert node.published().size == 12


def test_cosignatures_of_one_head_are_gathered_over_rounds() -> None:
    node = Node(policy=policy_of(k=2)).create()
    node.append(entry(1))
    node.witnesses[0].broken = True
    assert node.tick().published is None
    node.witnesses[0].broken, node.witnesses[1].broken = False, True
    assert node.tick().published == 4


def test_a_policy_without_witnesses_publishes_the_logs_own_word() -> None:
    node = Node(policy=policy_of(witnesses=(), k=0), ask=lambda note, prove: []).create()
    node.append(entry(1))
    assert node.tick().published == 4


def test_public_envelopes_lie_beside_the_tiles_and_leave_the_database(node: Node) -> None:
    envelope = b'{"payload":"..."}'
    with node.database.transaction() as tx:
        append_pending(tx, public_entry(envelope_id(envelope)), envelope)
    node.tick()
    assert node.folder.read(envelope_path(hashlib.sha256(envelope).hexdigest())) == envelope
    with node.database.reading() as tx:
        assert tx.all("log_envelope_range", {"start": 0, "end": 4}) == []
    assert check_log(node.folder.read, node.policy).envelopes == 1


def test_an_entry_of_another_envelope_or_length_is_refused(node: Node) -> None:
    with node.database.transaction() as tx:
        with pytest.raises(MalformedError, match="public envelope"):
            append_pending(tx, entry(1), b"envelope")
        with pytest.raises(MalformedError, match="65535"):
            append_pending(tx, b"")
        with pytest.raises(MalformedError, match="65535"):
            append_pending(tx, bytes(65_536))


def test_rows_are_trimmed_to_the_last_full_bundle_and_partial_tiles_collected(node: Node) -> None:
    for size in (200, 56, 100):
        node.append(*(entry(f"{size}/{number}") for number in range(size)))
        node.tick()
    with node.database.reading() as tx:
        assert [row[0] for row in tx.all("log_entry_range", {"start": 0, "end": 10_000})] == list(range(256, 356))
    names = [name for name in node.disk.walk() if "/tile/" in name]  # type: ignore[attr-defined]
    assert sorted(name.removeprefix("/node/log/tile/") for name in names) == [
        "0/000",
        "0/001.p/100",
        "1/000.p/1",
        "entries/000",
        "entries/001.p/100",
    ]


def test_partial_tiles_of_a_published_size_stay_while_the_new_head_is_unpublished(node: Node) -> None:
    node.append(*(entry(number) for number in range(200)))
    node.tick()
    for witness in node.witnesses:
        witness.broken = True
    node.append(*(entry(number) for number in range(200, 400)))
    node.tick()
    assert node.folder.read("tile/0/000.p/200")
    for witness in node.witnesses:
        witness.broken = False
    node.tick()
    assert node.folder.files.names(Path("/node/log/tile/0")) == ["000", "001.p"]
    check_log(node.folder.read, node.policy)


def test_a_batch_takes_no_more_than_its_bound() -> None:
    node = Node(settings=Settings(batch_multiple=4, cover_when_idle=False, max_batch=8)).create()
    node.append(*(entry(number) for number in range(11)))
    assert node.tick().signed == 8
    assert node.tick().signed == 12
    with pytest.raises(MalformedError, match="no multiple"):
        Settings(batch_multiple=16, max_batch=40)


def test_a_clock_that_goes_back_a_little_signs_at_the_last_time_and_far_back_not_at_all(node: Node) -> None:
    node.append(entry(1))
    node.tick()
    last = node.clock.now
    node.append(entry(2))
    node.tick(-5)
    with node.database.reading() as tx:
        assert read_head(tx).time == last
    node.append(entry(3))
    with pytest.raises(StoreError, match="55 seconds behind"):
        node.tick(-50)
    assert node.published().size == 8
    node.tick(55)
    assert node.published().size == 12


def test_a_head_that_moved_under_the_sequencer_stops_it_for_good(node: Node) -> None:
    node.append(entry(1))
    rival = Checkpoint(origin=LOG.public.name, size=0, root=EMPTY_ROOT)
    note = sign_checkpoint(rival, LOG, node.clock() + 1)
    ask_time = node.sequencer._time

    def move_meanwhile() -> int:
        with node.database.transaction() as tx:
            head = read_head(tx)
            tx.run(
                "log_head_move",
                {
                    "size": 0,
                    "root": EMPTY_ROOT,
                    "time": head.time + 1,
                    "note": note,
                    "old_size": head.size,
                    "old_root": head.root,
                    "old_time": head.time,
                },
            )
        return ask_time()

    node.sequencer._time = move_meanwhile  # type: ignore[method-assign]
    with pytest.raises(StoreError, match="head moved") as caught:
        node.tick()
    assert caught.value.fatal
    with pytest.raises(StoreError, match="has stopped"):
        node.tick()


def test_the_head_takes_no_smaller_size_other_root_or_earlier_time(node: Node) -> None:
    node.append(entry(1))
    node.tick()
    with node.database.transaction() as tx:
        head = read_head(tx)
        known: dict[str, Value] = {"old_size": head.size, "old_root": head.root, "old_time": head.time, "note": b"note"}
        for size, root, time in (
            (head.size - 1, head.root, head.time),
            (head.size, bytes(32), head.time),
            (head.size + 1, bytes(32), head.time - 1),
        ):
            assert tx.run("log_head_move", {**known, "size": size, "root": root, "time": time}) == 0
        for size, root in ((head.size - 1, head.root), (head.size, bytes(32))):
            assert tx.run("log_published_set", {"size": size, "root": root, "note": b"note"}) == 0


def test_a_full_disk_fails_the_tick_and_nothing_is_lost(node: Node) -> None:
    disk = node.disk
    assert isinstance(disk, SimulatedDisk)
    node.append(entry(1))

    def full(kind: str, path: Path) -> None:
        if kind == "write":
            raise OSError(errno.ENOSPC, "No space left on device")

    disk.fault = full
    with pytest.raises(StoreError, match="the disk is full") as caught:
        node.tick()
    assert not caught.value.fatal
    node.append(entry(2))
    with pytest.raises(StoreError, match="the disk is full"):
        node.tick()
    disk.fault = lambda kind, path: None
    assert node.tick().published == 8
    assert check_log(node.folder.read, node.policy).checkpoint.size == 8


def test_a_failing_sync_fails_the_tick_before_anything_is_published(node: Node) -> None:
    disk = node.disk
    assert isinstance(disk, SimulatedDisk)
    node.append(entry(1))

    def broken(kind: str, path: Path) -> None:
        if kind == "sync":
            raise OSError(errno.EIO, "Input/output error")

    disk.fault = broken
    with pytest.raises(StoreError, match="Input/output error"):
        node.tick()
    assert not any(name.endswith("checkpoint") for name in disk.walk())


def test_a_log_is_created_once_and_signs_only_after_a_start_with_its_permit() -> None:
    node = Node()
    with pytest.raises(StoreError, match="was not started"):
        node.tick()
    create_log(node.database, LOG, 1)
    with pytest.raises(ConflictError):
        create_log(node.database, LOG, 2)
    permit = permit_for(node.database)
    with pytest.raises(PolicyError, match="permit"):
        node.sequencer.start(Permit(origin=permit.origin, size=1, root=permit.root))
    with pytest.raises(PolicyError, match="does not list"):
        Node(policy=policy_of(pair("xdd.centre/log")), database=node.database).sequencer.start(permit)
    foreign = Node(key=pair("xdd.centre/log"), database=node.database)
    with pytest.raises(PolicyError, match="the key signs for"):
        foreign.sequencer.start(permit)


def restart(node: Node, **changes: object) -> Node:
    again = Node(database=node.database, disk=node.disk, seed="again", ask=node.cosigners, **changes)  # type: ignore[arg-type]
    again.clock.now = node.clock.now
    again.witnesses = node.witnesses
    return again.start()


def test_a_start_signs_a_placed_batch_and_writes_its_files(node: Node) -> None:
    node.append(entry(1))
    node.sequencer._place()
    again = restart(node)
    with again.database.reading() as tx:
        assert read_head(tx).size == 4
    assert again.tick().published == 4
    check_log(again.folder.read, again.policy)


def test_a_start_rewrites_the_published_file_from_the_database(node: Node) -> None:
    node.append(entry(1))
    node.tick()
    note = node.folder.read("checkpoint")
    node.disk.unlink(Path("/node/log/checkpoint"))
    restart(node)
    assert node.folder.read("checkpoint") == note


@pytest.mark.parametrize("name", ["tile/0/000.p/4", "tile/0/001.p/20", "tile/1/000.p/1"])
def test_a_start_refuses_tiles_that_do_not_give_the_kept_root(node: Node, name: str) -> None:
    node.append(entry(1))
    node.tick()
    if name != "tile/0/000.p/4":
        node.append(*(entry(number) for number in range(272)))
        node.tick()
    path = Path("/node/log") / name
    data = node.folder.read(name)
    node.disk.unlink(path)
    with pytest.raises(StoreError, match="missing or damaged") as caught:
        restart(node)
    assert caught.value.fatal
    node.disk.write(path, (bytes([data[0] ^ 1]) + data[1:],))
    with pytest.raises(StoreError, match="do not give the kept root"):
        restart(node)


def test_a_tile_with_other_bytes_is_never_overwritten(node: Node) -> None:
    node.append(entry(1))
    node.folder.write_once("tile/0/000.p/4", bytes(128))
    with pytest.raises(StoreError, match="other bytes") as caught:
        node.tick()
    assert caught.value.fatal
    with pytest.raises(StoreError, match="has stopped"):
        node.tick()


def test_a_damaged_old_tile_is_found_before_the_next_head_is_published(node: Node) -> None:
    node.append(entry(1))
    node.tick()
    path = Path("/node/log/tile/0/000.p/4")
    data = node.folder.read("tile/0/000.p/4")
    node.disk.unlink(path)
    node.disk.write(path, (bytes(1) + data[1:],))
    node.append(entry(2))
    with pytest.raises(StoreError, match="do not give the signed root"):
        node.tick()
    assert node.published().size == 4


def test_a_restored_database_does_not_start_under_a_newer_published_checkpoint(node: Node) -> None:
    node.append(entry(1))
    node.tick()
    old = new_database()
    node.database._writer.backup(old._writer)
    node.append(entry(2))
    node.tick()
    with pytest.raises(StoreError, match="was it restored") as caught:
        Node(database=old, disk=node.disk).start()
    assert caught.value.fatal


def test_a_foreign_or_contradicting_published_checkpoint_stops_the_start(node: Node) -> None:
    node.append(entry(1))
    node.tick()
    fake = replace(parse_checkpoint(parse_note(node.folder.read("checkpoint")).text), root=bytes(32))
    node.folder.replace("checkpoint", sign_checkpoint(fake, LOG, node.clock()))
    with pytest.raises(StoreError, match="foreign root"):
        restart(node)
    node.folder.replace("checkpoint", b"nonsense\n")
    with pytest.raises(StoreError, match="damaged or foreign"):
        restart(node)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("UPDATE log_head SET root = zeroblob(32)", "permit"),
        ("UPDATE log_batch SET root = zeroblob(32)", "different roots"),
        ("UPDATE log_state SET frontier = zeroblob(9)", "kept tree is damaged"),
        ("UPDATE log_head SET note = x'00'", "signed head is damaged"),
        ("UPDATE log_head SET size = 3", "permit"),
        ("UPDATE log_state SET tiled = 0, assigned = 0", "out of order"),
        ("UPDATE log_published SET size = 8", "published head is ahead"),
    ],
)
def test_a_start_refuses_a_database_whose_rows_disagree(node: Node, change: str, message: str) -> None:
    node.append(entry(1))
    node.tick()
    permit = permit_for(node.database)
    with node.database.transaction() as tx:
        tx.apply(change)
    again = Node(database=node.database, disk=node.disk)
    with pytest.raises((StoreError, PolicyError), match=message):
        again.sequencer.start(permit)


def test_a_gap_in_the_arrival_numbers_stops_the_log(node: Node) -> None:
    node.append(entry(1), entry(2), entry(3))
    with node.database.transaction() as tx:
        tx.apply("DELETE FROM log_pending WHERE arrival = 2")
    with pytest.raises(StoreError, match="gaps"):
        node.tick()


def test_a_missing_placed_entry_stops_the_log(node: Node) -> None:
    node.append(entry(1))
    node.sequencer._place()
    with node.database.transaction() as tx:
        tx.apply("DELETE FROM log_entry WHERE position = 1")
    with pytest.raises(StoreError, match="lacks some of the entries"):
        node.tick()


@pytest.mark.parametrize("at", [1, 2, 3, 4])
def test_a_commit_that_fails_after_it_was_kept_is_taken_up_by_the_next_tick(
    node: Node, at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    (arrival,) = node.append(entry(1))
    commits = 0

    def fail() -> None:
        nonlocal commits
        commits += 1
        if commits == at:
            raise StoreError("the answer of the database was lost")

    monkeypatch.setattr(node.database, "_committed", fail)
    with pytest.raises(StoreError, match="was lost"):
        node.tick()
    assert node.tick().published == 4
    with node.database.reading() as tx:
        assert position_of(tx, arrival) == 0
    assert check_log(node.folder.read, node.policy).checkpoint.size == 4
