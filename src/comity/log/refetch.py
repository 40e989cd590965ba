"""Rebuilds a log whose database is behind what it once signed, from entries that others hold.

A backup forgets entries that were placed after it was made. Whoever followed the log has them, and a checkpoint that
the log itself signed says which root they must give. So they are taken from anybody, in one transaction that stands
only if that root comes out: afterwards the database is as if it had never been behind, and the sequencer derives the
files from it. Nothing is signed here, and no size gets a second root.

What waited for a place at the time of the backup was placed next, in the same order, so it is recognised among the
refetched entries and keeps its arrival number. Anything else that comes back is a commitment whose statement is lost,
save public ones whose envelopes are found again.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import TypeAlias

from comity.errors import ConflictError, Error, MalformedError, NotFoundError, StoreError, VerificationError
from comity.kernel.checkpoint import Checkpoint, only_lines_of, verify_log_signatures, verify_signature
from comity.kernel.entry import ENTRY_BYTES, PUBLIC
from comity.kernel.key import PublicPair
from comity.kernel.merkle import Frontier, leaf_hash, root_at
from comity.kernel.note import parse_note
from comity.kernel.tile import TILE_WIDTH
from comity.log.reader import Fetch, LogReader, envelope_path
from comity.log.state import Head, read_head, read_state, root_of_size
from comity.store.database import Database, Reader, Transaction, Value

# Keeps a public statement that was found again; given its place and envelope, within the transaction.
KeepPublic: TypeAlias = Callable[[Transaction, int, bytes], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedHead:
    """A head of this log that somebody holds, under the log's own signatures; made only by `verify_signed_head`."""

    source: str
    checkpoint: Checkpoint
    time: int
    note: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Refetched:
    """What a log got back: the entries [start, end), of which `known` had waited for their place."""

    start: int
    end: int
    known: int
    public_found: tuple[int, ...]
    public_lost: tuple[int, ...]


def verify_signed_head(data: bytes, log: PublicPair, source: str) -> SignedHead:
    """Verify that both keys of the log signed a note, and return it with the log's own lines only.

    Raises:
        MalformedError: it is no note with a checkpoint.
        VerificationError: the log did not sign it.
    """
    note = parse_note(data)
    checkpoint = verify_log_signatures(note, log)
    keys = log.verifier_keys()
    own = only_lines_of(note, keys)
    times = [verify_signature(checkpoint, key, line) or 0 for key, line in zip(keys, own.signatures, strict=True)]
    return SignedHead(source=source, checkpoint=checkpoint, time=max(times), note=own.encode())


def root_in_tree(tx: Reader, read: Fetch, size: int) -> bytes | None:
    """Return the root that the log's tree has at any size up to its end, or None if it cannot be told.

    The sizes at which batches ended are known; others are computed from the tiles and the entries not yet in them. A
    refetched log has such sizes: it was told of its newest head only.

    Raises:
        NotFoundError: the database has no log.
        StoreError: the database or the disk failed.
    """
    known = root_of_size(tx, size)
    state = read_state(tx)
    if known is not None or size > state.assigned:
        return known
    tiled = state.tiled
    hashes = LogReader(read).hashes(tiled)
    try:
        if size <= tiled:
            return root_at(size, hashes)
        levels = [level for level in reversed(range(tiled.bit_length())) if tiled >> level & 1]
        nodes = tuple(hashes(level, (tiled >> level) - 1) for level in levels)
    except (NotFoundError, MalformedError):
        return None
    rows = tx.all("log_entry_range", {"start": tiled, "end": size})
    if len(rows) != size - tiled:
        return None
    return Frontier(size=tiled, nodes=nodes).extend(leaf_hash(row[1]) for row in rows).root()


def refetch(database: Database, *, target: SignedHead, fetch: Fetch, keep: KeepPublic) -> Refetched:
    """Take the entries from the end of the database's tree up to `target`, all or none.

    `fetch` serves bundles, and envelopes where it has them, under a log's paths; nothing that it returns is trusted.

    Raises:
        NotFoundError: `fetch` does not have every bundle, or the database has no log.
        MalformedError: a bundle breaks its form.
        VerificationError: the entries do not lead to the target's root; nothing was kept.
        ConflictError: the target is no newer than the database's head.
        StoreError: the database failed.
    """
    with database.transaction() as tx:
        state, head = read_state(tx), read_head(tx)
        assigned, wanted = state.assigned, target.checkpoint
        if wanted.origin != state.origin:
            raise VerificationError(f"a head of {wanted.origin} is not one of {state.origin}")
        if wanted.size <= head.size:
            raise ConflictError(f"the database has signed size {head.size}; size {wanted.size} is no newer")
        if wanted.size < assigned:
            raise VerificationError(
                f"size {wanted.size} was signed, which the database passed over on its way from {head.size} to "
                f"{assigned}; it is no earlier state of this log"
            )
        growth = _Growth(tx, state.frontier, wanted.size)
        growth.take(_entries(fetch, assigned, wanted.size), fetch, keep)
        if growth.frontier.root() != wanted.root:
            raise VerificationError(
                f"the entries {assigned} to {wanted.size} do not give the root that {target.source} holds"
            )
        _move(tx, growth.frontier, head, target, collected=state.collected, assigned=assigned)
        return Refetched(
            start=assigned,
            end=wanted.size,
            known=growth.known,
            public_found=tuple(growth.public_found),
            public_lost=tuple(growth.public_lost),
        )


def _entries(fetch: Fetch, start: int, end: int) -> Iterator[list[bytes]]:
    """Yield the entries [start, end), a bundle at a time."""
    reader = LogReader(fetch)
    for index in range(start // TILE_WIDTH, -(-end // TILE_WIDTH)):
        bundle = reader.bundle(index, end)
        yield bundle[max(start - index * TILE_WIDTH, 0) :]


def _move(
    tx: Transaction, frontier: Frontier, head: Head, target: SignedHead, *, collected: int, assigned: int
) -> None:
    moved = tx.run(
        "log_state_assign",
        {"assigned": frontier.size, "frontier": frontier.encode(), "collected": collected, "previous": assigned},
    )
    moved += tx.run(
        "log_head_move",
        {
            "size": frontier.size,
            "root": frontier.root(),
            "time": target.time,
            "note": target.note,
            "old_size": head.size,
            "old_root": head.root,
            "old_time": head.time,
        },
    )
    if moved != 2:  # noqa: PLR2004 - the tree and its head
        raise StoreError("the log moved while it was refetched; is a node running on it?", fatal=True)


class _Growth:
    """A tree that grows by refetched entries, within one transaction."""

    def __init__(self, tx: Transaction, frontier: Frontier, end: int) -> None:
        self._tx = tx
        self._start = self._segment = frontier.size
        self._pending = tx.all("log_pending_first", {"limit": end - frontier.size})
        self._leaves: list[bytes] = []
        self.frontier = frontier
        self.known = 0
        self.public_found: list[int] = []
        self.public_lost: list[int] = []

    def take(self, bundles: Iterator[list[bytes]], fetch: Fetch, keep: KeepPublic) -> None:
        """Place every entry."""
        position = self._start
        waiting = True
        for bundle in bundles:
            for entry in bundle:
                waiting = waiting and self.known < len(self._pending) and self._pending[self.known][1] == entry
                if waiting:
                    self.known += 1
                    self._leaves.append(leaf_hash(entry))
                else:
                    self._place_foreign(position, entry, fetch, keep)
                position += 1
            self.frontier = self.frontier.extend(self._leaves)
            self._leaves.clear()
        self._close_segment()
        self._place_known()

    def _place_foreign(self, position: int, entry: bytes, fetch: Fetch, keep: KeepPublic) -> None:
        envelope = _public_envelope(entry, fetch)
        self._tx.run("log_entry_add_public", {"position": position, "entry": entry, "envelope": envelope})
        if envelope is None:
            self._leaves.append(leaf_hash(entry))
            if entry[:1] == PUBLIC:
                self.public_lost.append(position)
            return
        self._close_segment()
        self.frontier = self.frontier.append(leaf_hash(entry))
        self._add_batch(refetched_arrival(position), 1)
        keep(self._tx, position, envelope)
        self.public_found.append(position)

    def _close_segment(self) -> None:
        """Record everything since the last recorded size as one batch."""
        self.frontier = self.frontier.extend(self._leaves)
        self._leaves.clear()
        if self.frontier.size > self._segment:
            offset = self._segment - self._start
            known = max(0, min(self.frontier.size - self._start, self.known) - offset)
            self._add_batch(int(self._pending[offset][0]) if known else 0, known)

    def _add_batch(self, first_arrival: int, arrivals: int) -> None:
        size, root = self.frontier.size, self.frontier.root()
        place: dict[str, Value] = {"start": self._segment, "first_arrival": first_arrival, "arrivals": arrivals}
        self._tx.run("log_batch_add", {**place, "size": size, "root": root})
        self._segment = size

    def _place_known(self) -> None:
        """Give what had waited its places."""
        if not self.known:
            return
        first, last = int(self._pending[0][0]), int(self._pending[self.known - 1][0])
        if last - first + 1 != self.known:
            raise StoreError(f"arrival numbers {first} to {last} have gaps; the database was edited", fatal=True)
        self._tx.run("log_pending_place", {"shift": self._start - first, "last": last})
        self._tx.run("log_pending_drop", {"last": last})


def refetched_arrival(position: int) -> int:
    """Return the arrival number of a refetched statement: negative, so that it is nobody's who waited in this database.

    It lets the statement's place be found as every other's is.
    """
    return -position - 1


def _public_envelope(entry: bytes, fetch: Fetch) -> bytes | None:
    """Return the envelope that a public entry names, if it is to be had."""
    if entry[:1] != PUBLIC or len(entry) != ENTRY_BYTES:
        return None
    try:
        data = fetch(envelope_path(entry[1:].hex()))
    except Error:
        return None
    return data if sha256(data).digest() == entry[1:] else None
