"""A log's rows in the database, to and from values: what is pending, placed, signed and published.

The rows are written by the sequencer alone, but for new entries, which anyone in the node may append, and for what
`refetch` brings back while the node is stopped. Reading them is for everyone.
"""

from dataclasses import dataclass
from hashlib import sha256

from comity.errors import MalformedError, NotFoundError, StoreError
from comity.kernel.checkpoint import Checkpoint, sign_checkpoint
from comity.kernel.entry import public_entry
from comity.kernel.key import KeyPair
from comity.kernel.merkle import EMPTY_ROOT, Frontier
from comity.kernel.tile import MAX_ENTRY_BYTES
from comity.store.database import Database, Reader, Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """A head that the log has signed."""

    size: int
    root: bytes
    time: int
    note: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class LogState:
    """The tree as far as it has grown: signed or not, on disk or not.

    `assigned` entries have a place, and `frontier` is their tree; `tiled` of them are in the files; superseded partial
    tiles were removed up to `collected`.
    """

    origin: str
    assigned: int
    frontier: Frontier
    tiled: int
    collected: int


def create_log(database: Database, key: KeyPair, time: int) -> None:
    """Create a log and sign its empty head; done once, by whoever sets the node up, never at a start.

    Raises:
        ConflictError: the database has a log already.
        PolicyError: the key is no log key.
        StoreError: the database failed.
    """
    origin = key.public.name
    note = sign_checkpoint(Checkpoint(origin=origin, size=0, root=EMPTY_ROOT), key, time)
    with database.transaction() as tx:
        tx.run("log_state_create", {"origin": origin, "frontier": Frontier.empty().encode()})
        tx.run("log_head_create", {"size": 0, "root": EMPTY_ROOT, "time": time, "note": note})


def append_pending(tx: Transaction, entry: bytes, envelope: bytes | None = None) -> int:
    """Add an entry within the caller's transaction, whose commit acknowledges it; return its arrival number.

    With a public entry comes its envelope, which is then served beside the tiles.

    Raises:
        MalformedError: the entry is empty or too long, or is not that of the envelope.
        StoreError: the database failed.
    """
    if not 1 <= len(entry) <= MAX_ENTRY_BYTES:
        raise MalformedError(f"an entry has 1 to {MAX_ENTRY_BYTES} bytes, got {len(entry)}")
    if envelope is not None and public_entry(envelope_id(envelope)) != entry:
        raise MalformedError("the entry does not name its public envelope")
    tx.run("log_pending_add", {"entry": entry, "envelope": envelope})
    return tx.last_key()


def position_of(tx: Reader, arrival: int) -> int | None:
    """Return the place in the log of what arrived with this number, or None while it waits for one.

    Raises:
        StoreError: the database failed.
    """
    row = tx.one("log_batch_of_arrival", {"arrival": arrival})
    if row is None:
        return None
    start, first_arrival, arrivals = row
    offset = arrival - int(first_arrival)
    return int(start) + offset if offset < arrivals else None


def coming_position(tx: Reader, arrival: int) -> int:
    """Return the place in the log that what arrived with this number has, or will have while it waits for one.

    What waits is placed in the order of arrival, from the end of the tree on, so within a transaction this is settled.

    Raises:
        NotFoundError: the database has no log, or nothing arrived with this number.
        StoreError: the database failed.
    """
    placed = position_of(tx, arrival)
    if placed is not None:
        return placed
    row = tx.one("log_pending_rank", {"arrival": arrival})
    if row is None:
        raise NotFoundError(f"nothing that arrived with the number {arrival} waits for a place in the log")
    return read_state(tx).assigned + int(row[0])


def read_head(tx: Reader) -> Head:
    """Return the newest signed head.

    Raises:
        NotFoundError: the database has no log.
        StoreError: the database failed.
    """
    row = tx.one("log_head_read")
    if row is None:
        raise NotFoundError("the database has no log; create one first")
    size, root, time, note = row
    return Head(size=size, root=root, time=time, note=note)


def root_of_size(tx: Reader, size: int) -> bytes | None:
    """Return the root that the log's tree had at a size, if a batch ended there.

    Raises:
        StoreError: the database failed.
    """
    if size == 0:
        return EMPTY_ROOT
    row = tx.one("log_batch_root", {"size": size})
    return None if row is None else bytes(row[0])


def read_published(tx: Reader) -> tuple[Checkpoint, bytes] | None:
    """Return the published checkpoint with its note, or None before the first.

    Raises:
        StoreError: the database failed.
    """
    row, state = tx.one("log_published_read"), tx.one("log_state_read")
    if row is None or state is None:
        return None
    return Checkpoint(origin=state[0], size=row[0], root=row[1]), bytes(row[2])


def read_state(tx: Reader) -> LogState:
    """Return the tree as far as it has grown.

    Raises:
        NotFoundError: the database has no log.
        StoreError: the database failed, or the kept tree is damaged (fatal).
    """
    row = tx.one("log_state_read")
    if row is None:
        raise NotFoundError("the database has no log; create one first")
    origin, assigned, frontier, tiled, collected = row
    try:
        parsed = Frontier.parse(frontier)
    except MalformedError as exc:
        raise StoreError(f"the kept tree is damaged: {exc.message}", fatal=True) from exc
    return LogState(origin=origin, assigned=assigned, frontier=parsed, tiled=tiled, collected=collected)


def envelope_id(envelope: bytes) -> str:
    """Return the id of a statement from its envelope's bytes."""
    return sha256(envelope).hexdigest()
