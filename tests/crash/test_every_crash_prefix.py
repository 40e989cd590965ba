"""A power cut at any moment of a log's life loses nothing acknowledged and never makes it sign two roots.

One run of several batches is traced: every change of the disk, every database commit with the committed state, every
checkpoint shown to a witness, every promise made to a caller. Then the power is cut after each prefix of the trace,
with whatever no sync had made durable lost in several ways, and the log is looked at as a reader finds it, started
again, and continued with other entries and other noise. A second power cut after that drops what the recovery has not
synced.

The second test takes out one sync after the other and demands that the first then finds a loss.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

import pytest

from comity.errors import Error, NotFoundError
from comity.kernel.checkpoint import parse_checkpoint
from comity.kernel.entry import public_entry
from comity.kernel.note import Note, NoteSignature, parse_note
from comity.log.check import check_log
from comity.log.cosigning import Prove
from comity.log.reader import LogReader, envelope_path, verify_published
from comity.log.state import append_pending, position_of
from comity.store import files as file_sites
from comity.store.sqlite import MEMORY, SqliteDatabase
from support.disk import SimulatedDisk, Step, crash, unsynced
from support.logs import Node, entry, new_database, policy_of

SITES = sorted(value for name, value in vars(file_sites).items() if name.startswith("SITE_"))
# Batches of the short form cross a full tile; those of the long form end at, before and after its edge.
SHORT = (3, 250, 7)
LONG = (1, 3, 252, 4, 250, 3, 6, 1, 300)

# Steps at which the outside learns something and the disk stays as it was.
OUTSIDE = {"shown", "acknowledged", "envelope"}

Seen = dict[int, bytes]


class TracedDatabase(SqliteDatabase):
    """Records the committed state at every commit."""

    disk: SimulatedDisk | None = None

    def _committed(self) -> None:
        if self.disk is not None:
            self.disk.event("commit", copy_of(self))


def copy_of(database: SqliteDatabase) -> SqliteDatabase:
    copy = SqliteDatabase(MEMORY)
    database._writer.backup(copy._writer)
    return copy


class Witness:
    """Outlives every crash: remembers each root that it was shown, and refuses another for the same size."""

    def __init__(self, node_asks: "Node", disk: SimulatedDisk) -> None:
        self._ask = node_asks.cosigners
        self._disk = disk

    def __call__(self, note: Note, prove: Prove) -> Sequence[NoteSignature]:
        checkpoint = parse_checkpoint(note.text)
        self._disk.event("shown", (checkpoint.size, checkpoint.root))
        return self._ask(note, prove)


@dataclass
class Run:
    """A traced run, of which the last `recovery` steps belong to the recovery from a crash."""

    trace: list[Step]
    recovery: int = 0

    def at(self, cut: int) -> "Moment":
        moment = Moment(database=None, shown={}, acknowledged=[], promised=0, envelopes={})
        for step in self.trace[:cut]:
            match step.kind, step.data:
                case "commit", SqliteDatabase() as database:
                    moment.database = database
                case "shown", (int(size), bytes(root)):
                    assert moment.shown.setdefault(size, root) == root
                case "acknowledged", (int(arrival), bytes(one)):
                    moment.acknowledged.append((arrival, one))
                case "promised", int(size):
                    moment.promised = size
                case "envelope", bytes(envelope):
                    moment.envelopes[sha256(envelope).hexdigest()] = envelope
        return moment


@dataclass
class Moment:
    """What the world outside the disk knows at one moment."""

    database: SqliteDatabase | None
    shown: Seen
    acknowledged: list[tuple[int, bytes]]
    promised: int
    envelopes: dict[str, bytes]


def traced_run(batches: Sequence[int]) -> Run:
    disk = SimulatedDisk()
    database = TracedDatabase(MEMORY)
    database.disk = disk
    fresh = new_database()
    fresh._writer.backup(database._writer)
    node = Node(database=database, disk=disk)
    node.sequencer._ask = Witness(node, disk)
    node.create()
    for number, size in enumerate(batches):
        acknowledge(node, disk, size, f"batch {number}")
        # Every third head finds no quorum, so that several heads wait for one publication.
        for witness in node.witnesses:
            witness.broken = number % 3 == 1
        progress = node.tick()
        disk.event("promised", progress.published or 0)
    return Run(disk.trace)


def acknowledge(node: Node, disk: SimulatedDisk, size: int, label: str) -> None:
    envelope = f"public statement of {label}".encode()
    entries = [entry(f"{label}/{number}") for number in range(size - 1)]
    with node.database.transaction() as tx:
        arrivals = [append_pending(tx, one) for one in entries]
        arrivals.append(append_pending(tx, public_entry(sha256(envelope).hexdigest()), envelope))
    disk.event("envelope", envelope)
    for arrival, one in zip(arrivals, [*entries, public_entry(sha256(envelope).hexdigest())], strict=True):
        disk.event("acknowledged", (arrival, one))


def variants(trace: Sequence[Step], *, every: bool) -> Iterator[tuple[str, Mapping[int, str]]]:
    """Name the ways in which a power cut may lose what was not synced: which steps, and how."""
    waiting = unsynced(trace)
    yield "nothing is lost", {}
    if not waiting:
        return
    yield "all is lost", dict.fromkeys(waiting, "gone")
    yield "names stay and data is lost", {at: "empty" for at in waiting if trace[at].kind == "write"}
    if every:
        for at in waiting:
            yield f"step {at} alone is lost", {at: "gone"}
            yield f"step {at} alone stays", {other: "gone" for other in waiting if other != at}
        chance = random.Random(len(trace))
        for number in range(3):
            yield f"half is lost, {number}", {at: "gone" for at in waiting if chance.random() < 0.5}
    else:
        for at in waiting:
            yield f"step {at} alone is lost", {at: "gone"}


def check_crash(run: Run, cut: int, lost: Mapping[int, str]) -> Run | None:
    """Assert everything that must hold after the power is cut there; return the run with its recovery."""
    moment = run.at(cut)
    if moment.database is None or moment.database._writer.execute("SELECT count(*) FROM log_head").fetchone() == (0,):
        return None
    disk = crash(run.trace[:cut], lost=lambda number: lost.get(number, ""))
    node = Node(database=traced_copy(moment.database, disk), disk=disk, seed=f"after the crash at {cut}")
    check_as_reader(node, moment)
    node.clock.now += 10_000
    node.sequencer._ask = Checking(node, moment.shown, disk)
    node.start()
    check_as_reader(node, moment)
    acknowledge(node, disk, 5, f"after the crash at {cut}")
    disk.event("promised", node.tick().published or 0)
    check_continued(node, moment)
    # What the recovery found in place must be durable after it, be it that only the process was killed (then it was
    # not durable before) or the power was cut (then it was).
    whole = Run(
        [*(survivors(run.trace[:cut], lost) if lost else run.trace[:cut]), *disk.trace], recovery=len(disk.trace)
    )
    later = whole.at(len(whole.trace))
    assert later.database is not None
    gone = set(unsynced(whole.trace))
    again = crash(whole.trace, lost=lambda at: "gone" if at in gone else "")
    last = Node(database=copy_of(later.database), disk=again)
    last.clock.now = node.clock.now
    check_as_reader(last, later)
    check_continued(last.start(), later)
    return whole


def survivors(trace: Sequence[Step], lost: Mapping[int, str]) -> list[Step]:
    """Return the trace as a power cut leaves it: without what is lost, and with the rest durable."""
    kept = [
        Step("write", step.path) if lost.get(at) == "empty" or (at in lost and step.kind == "write") else step
        for at, step in enumerate(trace)
        if at not in lost or step.kind == "write"
    ]
    durable = [Step("sync", step.path, site="power cut") for step in kept if step.kind == "write"]
    names = {(step.other if step.kind in {"link", "rename"} else step.path).parent for step in kept}
    return [*kept, *durable, *(Step("syncdir", path, site="power cut") for path in sorted(names))]


def traced_copy(database: SqliteDatabase, disk: SimulatedDisk) -> TracedDatabase:
    copy = TracedDatabase(MEMORY)
    database._writer.backup(copy._writer)
    copy.disk = disk
    return copy


class Checking:
    """The witnesses after the crash: a root for a size that they were shown before must be that root."""

    def __init__(self, node: Node, shown: Seen, disk: SimulatedDisk) -> None:
        self._ask = node.cosigners
        self._shown = shown
        self._disk = disk

    def __call__(self, note: Note, prove: Prove) -> Sequence[NoteSignature]:
        checkpoint = parse_checkpoint(note.text)
        known = self._shown.setdefault(checkpoint.size, checkpoint.root)
        assert known == checkpoint.root, f"two roots for size {checkpoint.size}"
        self._disk.event("shown", (checkpoint.size, checkpoint.root))
        return self._ask(note, prove)


def check_as_reader(node: Node, moment: Moment) -> None:
    """The public folder, before any recovery: no checkpoint or a valid one, with every file that it needs."""
    try:
        note = node.folder.read("checkpoint")
    except NotFoundError:
        assert moment.promised == 0, "a promised checkpoint is gone"
        return
    checkpoint = verify_published(parse_note(note), policy_of())
    assert checkpoint.size >= moment.promised, "the published checkpoint went back"
    assert moment.shown.get(checkpoint.size) == checkpoint.root
    report = check_log(node.folder.read, policy_of())
    assert report.envelopes_absent == 0, "a public envelope is gone"


def check_continued(node: Node, moment: Moment) -> None:
    report = check_log(node.folder.read, node.policy)
    size = report.checkpoint.size
    assert report.envelopes_absent == 0
    entries = LogReader(node.folder.read).entries(0, size, size)
    with node.database.reading() as tx:
        positions = [(position_of(tx, arrival), one) for arrival, one in moment.acknowledged]
    for position, one in positions:
        assert position is not None
        assert entries[position] == one, "an acknowledged entry is lost"
    assert len({position for position, _ in positions}) == len(positions)
    for known, root in moment.shown.items():
        if 0 < known <= size:
            assert LogReader(node.folder.read).root(known) == root, "history was rewritten"
    for statement_id, envelope in moment.envelopes.items():
        assert node.folder.read(envelope_path(statement_id)) == envelope


def losses(run: Run, *, every: bool, start: int = 1) -> Iterator[str]:
    """Yield a sentence for each crash after which something is wrong."""
    for cut in range(start, len(run.trace) + 1):
        if run.trace[cut - 1].kind in OUTSIDE:
            continue
        for name, lost in variants(run.trace[:cut], every=every):
            try:
                check_crash(run, cut, lost)
            except (AssertionError, Error) as exc:
                yield f"cut after step {cut}, {name}: {exc}"


def without_site(run: Run, site: str) -> Run:
    return Run([step for step in run.trace if step.site != site])


@pytest.fixture(scope="module")
def short_run() -> Run:
    return traced_run(SHORT)


def test_no_power_cut_loses_or_contradicts_anything(short_run: Run) -> None:
    assert list(losses(short_run, every=False)) == []


def test_the_run_syncs_at_every_site(short_run: Run) -> None:
    assert sorted({step.site for step in short_run.trace if step.site}) == SITES


@pytest.mark.parametrize("site", SITES)
def test_every_sync_is_needed(short_run: Run, site: str) -> None:
    assert next(losses(without_site(short_run, site), every=False), None) is not None, f"nothing needs: {site}"


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_no_power_cut_during_a_recovery_loses_or_contradicts_anything(short_run: Run) -> None:
    cuts = [cut for cut, step in enumerate(short_run.trace, 1) if step.kind not in OUTSIDE]
    found = []
    for cut in cuts[::7]:
        for _, lost in list(variants(short_run.trace[:cut], every=False))[:2]:
            whole = check_crash(short_run, cut, lost)
            if whole is not None:
                found += list(losses(whole, every=False, start=len(whole.trace) - whole.recovery))
    assert found == []


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_no_power_cut_loses_or_contradicts_anything_in_many_batches() -> None:
    assert list(losses(traced_run(LONG), every=True)) == []
