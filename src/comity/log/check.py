"""Recomputes everything of a log from its files and says where they disagree.

Bundles give the leaves, leaves the tiles of every level, tiles the root, and the root must be that of the published
checkpoint, which must satisfy the policy. Envelopes of public entries are read as well: each hashes to its entry, or
is absent, which the report counts (a public envelope may be withheld with a public notice).
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

from comity.errors import MalformedError, NotFoundError, VerificationError
from comity.kernel.checkpoint import Checkpoint
from comity.kernel.entry import ENTRY_BYTES, PUBLIC
from comity.kernel.merkle import root_at, tree_root
from comity.kernel.note import parse_note
from comity.kernel.policy import Policy
from comity.kernel.tile import ENTRIES, TILE_WIDTH, Tile, TileHashes
from comity.log.reader import Fetch, LogReader, envelope_path, verify_published


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    """A log whose files agree with one another, with its checkpoint and with the policy."""

    checkpoint: Checkpoint
    envelopes: int
    envelopes_absent: int
    seconds: float

    @property
    def entries_per_second(self) -> float:
        """How fast the check went."""
        return self.checkpoint.size / self.seconds if self.seconds > 0 else 0.0


def check_log(
    fetch: Fetch,
    policy: Policy,
    *,
    envelopes: bool = True,
    progress: Callable[[int, int], None] | None = None,
) -> CheckReport:
    """Check a log in full and return the report; `progress` is told how many entries of how many are done.

    Raises:
        MalformedError: a file breaks its format.
        NotFoundError: a file is missing.
        VerificationError: files disagree, or the checkpoint does not satisfy the policy; the message says where.
    """
    started = time.perf_counter()
    reader = LogReader(fetch)
    checkpoint = verify_published(parse_note(reader.checkpoint()), policy)
    checker = _Checker(reader, fetch, checkpoint.size, envelopes=envelopes)
    for index in range(-(-checkpoint.size // TILE_WIDTH)):
        checker.check_bundle(index)
        if progress is not None and index % TILE_WIDTH == 0:
            progress(index * TILE_WIDTH, checkpoint.size)
    checker.finish()
    if checker.root() != checkpoint.root:
        raise VerificationError(f"the entries of {checkpoint.origin} do not give the root of size {checkpoint.size}")
    return CheckReport(
        checkpoint=checkpoint,
        envelopes=checker.envelopes,
        envelopes_absent=checker.envelopes_absent,
        seconds=time.perf_counter() - started,
    )


class _Checker:
    def __init__(self, reader: LogReader, fetch: Fetch, size: int, *, envelopes: bool) -> None:
        self._reader = reader
        self._fetch = fetch
        self._size = size
        self._with_envelopes = envelopes
        # For each level, the hashes of the tile that is being filled, and that tile's index.
        self._filling: list[list[bytes]] = [[]]
        self._index: list[int] = [0]
        self._partial: dict[Tile, bytes] = {}
        self.envelopes = 0
        self.envelopes_absent = 0

    def check_bundle(self, index: int) -> None:
        entries = self._reader.bundle(index, self._size)
        # The prefix of leaves, as merkle.leaf_hash has it; written out because this loop is the check's cost.
        self._filling[0] = [sha256(b"\x00" + entry).digest() for entry in entries]
        if self._with_envelopes:
            for offset, entry in enumerate(entries):
                if entry[:1] == PUBLIC and len(entry) == ENTRY_BYTES:
                    self._check_envelope(index * TILE_WIDTH + offset, entry)
        if len(entries) == TILE_WIDTH:
            self._close_full(0)

    def _close_full(self, level: int) -> None:
        """Compare a full tile with its file and hand its root to the level above."""
        hashes = self._filling[level]
        self._compare(Tile(level=level, index=self._index[level]), b"".join(hashes))
        self._filling[level] = []
        self._index[level] += 1
        if level + 1 == len(self._filling):
            self._filling.append([])
            self._index.append(0)
        self._filling[level + 1].append(tree_root(hashes))
        if len(self._filling[level + 1]) == TILE_WIDTH:
            self._close_full(level + 1)

    def finish(self) -> None:
        """Compare the partial tiles."""
        for level, hashes in enumerate(self._filling):
            if hashes:
                tile = Tile(level=level, index=self._index[level], width=len(hashes))
                self._partial[tile] = b"".join(hashes)
                self._compare(tile, self._partial[tile])

    def root(self) -> bytes:
        """Return the root, whose nodes all lie in the last partial tile of each level."""
        return root_at(self._size, TileHashes(self._size, self._partial.__getitem__))

    def _compare(self, tile: Tile, wanted: bytes) -> None:
        found = self._reader.tile(tile)
        if found[: len(wanted)] == wanted and len(found) in {len(wanted), TILE_WIDTH * 32}:
            return
        if len(found) < len(wanted):
            raise MalformedError(f"{tile.path()} has {len(found)} bytes, {len(wanted)} wanted")
        offset = next(
            (at for at in range(tile.width) if found[at * 32 : at * 32 + 32] != wanted[at * 32 : at * 32 + 32]), 0
        )
        number = tile.index * TILE_WIDTH + offset
        if tile.level == 0:
            bundle = Tile(level=ENTRIES, index=tile.index, width=tile.width)
            raise VerificationError(f"entry {number}: {bundle.path()} does not hash to {tile.path()}")
        raise VerificationError(f"node {number} of level {tile.level}: {tile.path()} is not what the tiles below give")

    def _check_envelope(self, position: int, entry: bytes) -> None:
        statement_id = entry[1:].hex()
        try:
            data = self._fetch(envelope_path(statement_id))
        except NotFoundError:
            self.envelopes_absent += 1
            return
        if sha256(data).digest() != entry[1:]:
            raise VerificationError(f"entry {position}: {envelope_path(statement_id)} is not the statement it names")
        self.envelopes += 1
