"""Keeps a peer's log by pulling it: verified checkpoints, every entry, and evidence if the peer contradicts itself.

A follower first proves the new checkpoint consistent with the one it holds and only then keeps it. Entries follow in
chunks; each chunk is kept, in one transaction, only after the tree over everything held so far is proven to be the
beginning of the checkpoint's tree. A broken pull goes on from there. Nothing a peer serves is kept unverified, and a
checkpoint that the peer's own older signature contradicts is kept as evidence and as nothing else.
"""

from dataclasses import dataclass
from typing import Final

from comity.errors import ConflictError, NotFoundError, VerificationError
from comity.kernel.checkpoint import Checkpoint
from comity.kernel.evidence import SplitView
from comity.kernel.merkle import (
    Frontier,
    HashReader,
    consistency_path,
    inclusion_path,
    leaf_hash,
    node_hash,
    root_at,
    tree_root,
    verify_consistency,
)
from comity.kernel.note import parse_note
from comity.kernel.policy import Policy
from comity.kernel.proof import TlogProof
from comity.kernel.tile import TILE_HEIGHT, TILE_WIDTH
from comity.log.contradiction import find_rewritten, find_same_size, keep_evidence
from comity.log.reader import Fetch, LogReader, verify_published
from comity.store.database import Database, Reader, Transaction, Value

# Entries of one chunk: 8 MB in memory for entries of 33 bytes, and one commit.
CHUNK_ENTRIES: Final = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerHead:
    """What is held of a peer's log: its newest verified checkpoint, and how many of its entries."""

    checkpoint: Checkpoint
    note: bytes
    held: int

    @property
    def complete(self) -> bool:
        """Whether every entry of the checkpoint is held."""
        return self.held == self.checkpoint.size


def read_peer_head(tx: Reader, origin: str) -> PeerHead | None:
    """Return what is held of a log, or None if nothing is.

    Raises:
        StoreError: the database failed.
    """
    row = tx.one("peer_head_read", {"origin": origin})
    if row is None:
        return None
    size, root, note, held, _ = row
    return PeerHead(checkpoint=Checkpoint(origin=origin, size=size, root=root), note=note, held=held)


def find_entry(tx: Reader, origin: str, entry: bytes) -> int | None:
    """Return where an entry first stands among the held entries of a log, or None.

    Raises:
        StoreError: the database failed.
    """
    row = tx.one("peer_entry_find", {"origin": origin, "entry": entry})
    return None if row is None or row[0] is None else int(row[0])


def read_entries(tx: Reader, origin: str, start: int, end: int) -> list[bytes]:
    """Return the held entries [start, end) of a log.

    Raises:
        NotFoundError: some are not held.
        StoreError: the database failed.
    """
    rows = tx.all("peer_entry_range", {"origin": origin, "start": start, "end": end})
    if len(rows) != end - start:
        raise NotFoundError(f"entries {start} to {end} of {origin} are not all held")
    return [bytes(row[0]) for row in rows]


def held_hashes(tx: Reader, origin: str) -> HashReader:
    """Return the nodes of the tree over the held entries, while the transaction is open."""

    def read(level: int, index: int) -> bytes:
        base = level - level % TILE_HEIGHT
        start, end = index << (level - base), (index + 1) << (level - base)
        if base == 0:
            return tree_root([leaf_hash(entry) for entry in read_entries(tx, origin, start, end)])
        rows = tx.all("peer_node_range", {"origin": origin, "level": base, "start": start, "end": end})
        if len(rows) != end - start:
            raise NotFoundError(f"nodes {start} to {end} of level {base} of {origin} are not held")
        return tree_root([bytes(row[0]) for row in rows])

    return read


def prove_held(tx: Reader, origin: str, index: int) -> TlogProof:
    """Return the proof, from held entries, that entry `index` is in the log at its newest verified checkpoint.

    Raises:
        NotFoundError: the log is not held up to its checkpoint, or has no such entry.
        StoreError: the database failed.
    """
    head = read_peer_head(tx, origin)
    if head is None or not head.complete or not 0 <= index < head.checkpoint.size:
        raise NotFoundError(f"entry {index} of {origin} is not held, or the log is still being pulled")
    path = inclusion_path(index, head.checkpoint.size, held_hashes(tx, origin))
    return TlogProof(index=index, path=tuple(path), checkpoint_note=head.note)


class Follower:
    """Follows one log under one policy; one thread at a time."""

    def __init__(self, *, origin: str, fetch: Fetch, policy: Policy, database: Database) -> None:
        self._origin = origin
        self._reader = LogReader(fetch)
        self._policy = policy
        self._database = database

    def pull(self, *, now: int) -> PeerHead:
        """Fetch the checkpoint and every entry that is missing; what was kept before an error stays kept.

        `now` is POSIX seconds, kept with evidence. A checkpoint older than the held one is compared and then ignored:
        a cache may serve it.

        Raises:
            MalformedError: what was served breaks its format.
            VerificationError: what was served does not verify; if the peer contradicted itself, evidence was kept.
            NotFoundError: a file is missing.
            UnavailableError: the peer does not answer.
            ConflictError: another follower of this log was faster.
            StoreError: the database failed.
        """
        note = self._reader.checkpoint()
        checkpoint = verify_published(parse_note(note), self._policy)
        if checkpoint.origin != self._origin:
            raise VerificationError(f"the log of {self._origin} served a checkpoint of {checkpoint.origin}")
        with self._database.reading() as tx:
            head = read_peer_head(tx, self._origin)
        if head is not None:
            self._check_against(head, checkpoint, note, now)
        if head is None or (checkpoint.size >= head.checkpoint.size and note != head.note):
            with self._database.transaction() as tx:
                self._keep_head(tx, checkpoint, note)
        self._pull_entries()
        with self._database.reading() as tx:
            kept = read_peer_head(tx, self._origin)
        assert kept is not None
        return kept

    def _keep_head(self, tx: Transaction, checkpoint: Checkpoint, note: bytes) -> None:
        present = read_peer_head(tx, self._origin)
        if present is not None and present.checkpoint.size > checkpoint.size:
            raise ConflictError(f"another follower of {self._origin} has a newer checkpoint")
        tx.run(
            "peer_head_set",
            {
                "origin": self._origin,
                "size": checkpoint.size,
                "root": checkpoint.root,
                "note": note,
                "frontier": Frontier.empty().encode(),
            },
        )

    def _check_against(self, head: PeerHead, checkpoint: Checkpoint, note: bytes, now: int) -> None:
        """The checkpoint and the held one belong to one append-only log."""
        held, served = (head.checkpoint, head.note), (checkpoint, note)
        if checkpoint.size == head.checkpoint.size:
            evidence = find_same_size(held, served)
            if evidence is not None:
                self._accuse(head.checkpoint, checkpoint, evidence, now)
        elif checkpoint.size > head.checkpoint.size:
            self._check_growth(held, served, now)
        elif 0 < checkpoint.size <= head.held:
            self._check_older(head, served, now)

    def _check_growth(self, older: tuple[Checkpoint, bytes], newer: tuple[Checkpoint, bytes], now: int) -> None:
        old_size, new_size = older[0].size, newer[0].size
        if old_size == 0:
            return
        read = self._reader.hashes(new_size)
        path = consistency_path(old_size, new_size, read)
        try:
            verify_consistency(
                old_size=old_size, new_size=new_size, path=path, old_root=older[0].root, new_root=newer[0].root
            )
        except VerificationError:
            evidence = find_rewritten(older, newer, path=path, older_root=root_at(old_size, read))
            if evidence is not None:
                self._accuse(older[0], newer[0], evidence, now)
            raise

    def _check_older(self, head: PeerHead, served: tuple[Checkpoint, bytes], now: int) -> None:
        """The held entries say what the root of a smaller size must be; a signed other one is a contradiction."""
        with self._database.reading() as tx:
            read = held_hashes(tx, self._origin)
            root = root_at(served[0].size, read)
            if root == served[0].root or not head.complete:
                return
            path = consistency_path(served[0].size, head.checkpoint.size, read)
        evidence = find_rewritten(served, (head.checkpoint, head.note), path=path, older_root=root)
        if evidence is not None:
            self._accuse(served[0], head.checkpoint, evidence, now)

    def _accuse(self, older: Checkpoint, newer: Checkpoint, evidence: SplitView, now: int) -> None:
        with self._database.transaction() as tx:
            keep_evidence(tx, older, newer, evidence, found=now)
        raise VerificationError(
            f"{self._origin} has signed size {newer.size} in contradiction to what it signed at size {older.size}; "
            "the evidence is kept"
        )

    def _pull_entries(self) -> None:
        while True:
            with self._database.reading() as tx:
                row = tx.one("peer_head_read", {"origin": self._origin})
            assert row is not None
            size, root, _, held, frontier = row
            if held == size:
                return
            # Chunks end where a chunk of a fresh pull would end, so that bundles are whole.
            end = min(size, held - held % CHUNK_ENTRIES + CHUNK_ENTRIES)
            self._pull_chunk(Frontier.parse(frontier), end, size, root)

    def _pull_chunk(self, frontier: Frontier, end: int, size: int, root: bytes) -> None:
        start = frontier.size
        entries: list[bytes] = []
        for index in range(start // TILE_WIDTH, -(-end // TILE_WIDTH)):
            bundle = self._reader.bundle(index, size)
            entries += bundle[max(start - index * TILE_WIDTH, 0) : end - index * TILE_WIDTH]
        leaves = [leaf_hash(entry) for entry in entries]
        grown = frontier.extend(leaves)
        path = [] if end == size else consistency_path(end, size, self._reader.hashes(size))
        verify_consistency(old_size=end, new_size=size, path=path, old_root=grown.root(), new_root=root)
        with self._database.transaction() as tx:
            tx.run_many("peer_entry_add_many", ((self._origin, start + at, entry) for at, entry in enumerate(entries)))
            self._keep_nodes(tx, start, end)
            parameters: dict[str, Value] = {
                "origin": self._origin,
                "held": end,
                "previous": start,
                "frontier": grown.encode(),
            }
            if tx.run("peer_head_hold", parameters) != 1:
                raise ConflictError(f"another follower of {self._origin} was faster")

    def _keep_nodes(self, tx: Transaction, start: int, end: int) -> None:
        """Keep the roots of the subtrees of 256, 65536, ... leaves that these entries have completed."""
        read = held_hashes(tx, self._origin)
        level = TILE_HEIGHT
        while end >> level:
            done = range(start >> level, end >> level)
            below = level - TILE_HEIGHT
            # Both halves lie within one level of kept nodes, so each is one query.
            halves = ((index, read(below + 7, 2 * index), read(below + 7, 2 * index + 1)) for index in done)
            nodes = [(self._origin, level, index, node_hash(left, right)) for index, left, right in halves]
            tx.run_many("peer_node_add_many", nodes)
            level += TILE_HEIGHT
