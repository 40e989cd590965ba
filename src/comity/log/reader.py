"""Reads a log from its tiles, wherever they lie: roots, paths, entries, proofs.

`fetch` maps a path below the log's prefix to bytes and raises NotFoundError where there are none: `Folder.read` is one,
an HTTP client another. Nothing it returns is trusted. Entries are checked against the tree before they are returned;
roots and paths count once they lead to a verified checkpoint, which the caller sees to.

A partial tile or bundle that is gone is taken from the full one, whose beginning is the same (C2SP tlog-tiles).
"""

from collections.abc import Callable
from typing import TypeAlias

from comity.errors import MalformedError, NotFoundError, VerificationError
from comity.kernel.checkpoint import Checkpoint
from comity.kernel.merkle import (
    HASH_BYTES,
    HashReader,
    consistency_path,
    inclusion_path,
    leaf_hash,
    root_at,
)
from comity.kernel.note import Note
from comity.kernel.policy import Policy, verify_policy_log, verify_witnessed
from comity.kernel.proof import TlogProof
from comity.kernel.tile import (
    ENTRIES,
    TILE_WIDTH,
    Tile,
    TileHashes,
    parse_bundle,
    tile_in,
)

CHECKPOINT_PATH = "checkpoint"
Fetch: TypeAlias = Callable[[str], bytes]


def envelope_path(statement_id: str) -> str:
    """Return where the envelope of a public statement lies beside the tiles."""
    return f"envelope/{statement_id[:2]}/{statement_id}"


def verify_published(note: Note, policy: Policy) -> Checkpoint:
    """Verify a checkpoint as far as the policy goes: its log's keys, and the quorum where it wants one.

    Where the quorum is `none`, the checkpoint is the log's own word and bounds no time.

    Raises:
        MalformedError: the text is no checkpoint.
        VerificationError: the log is not in the policy, a signature is missing or wrong, or the quorum is not reached.
    """
    return verify_policy_log(note, policy) if policy.quorum is None else verify_witnessed(note, policy).checkpoint


class LogReader:
    """A log as its files show it; safe to use from several threads if `fetch` is."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch

    def checkpoint(self) -> bytes:
        """Return the published checkpoint's note, unverified.

        Raises:
            NotFoundError: nothing is published.
        """
        return self._fetch(CHECKPOINT_PATH)

    def tile(self, tile: Tile) -> bytes:
        """Return a tile or bundle; where a partial one is gone, the full one.

        Raises:
            NotFoundError: neither is there.
        """
        try:
            return self._fetch(tile.path())
        except NotFoundError:
            if tile.width == TILE_WIDTH:
                raise
            return self._fetch(tile.full.path())

    def hashes(self, size: int) -> HashReader:
        """Return the nodes of the tree of `size` leaves, read when asked for; unauthenticated."""
        return TileHashes(size, self.tile)

    def root(self, size: int) -> bytes:
        """Return the root that the tiles give for a size.

        Raises:
            NotFoundError: a tile is missing.
            MalformedError: a tile does not have its width.
        """
        return root_at(size, self.hashes(size))

    def inclusion_path(self, index: int, size: int) -> list[bytes]:
        """Return the path from a leaf to the root of the tree of `size` leaves.

        Raises:
            NotFoundError: a tile is missing.
            MalformedError: a tile does not have its width, or the tree has no such leaf.
        """
        return inclusion_path(index, size, self.hashes(size))

    def consistency_path(self, old_size: int, new_size: int) -> list[bytes]:
        """Return the path that shows the tree of `old_size` leaves to be the beginning of the newer one.

        Raises:
            NotFoundError: a tile is missing.
            MalformedError: a tile does not have its width, or the sizes are out of order.
        """
        return consistency_path(old_size, new_size, self.hashes(new_size))

    def bundle(self, index: int, size: int) -> list[bytes]:
        """Return the entries of one bundle as the tree of `size` leaves has it; unauthenticated.

        Raises:
            NotFoundError: the bundle is missing.
            MalformedError: the bundle breaks its form or is too short.
        """
        wanted = tile_in(ENTRIES, index, size)
        entries = parse_bundle(self.tile(wanted))
        if len(entries) < wanted.width:
            raise MalformedError(f"{wanted.path()} has {len(entries)} entries, {wanted.width} wanted")
        return entries[: wanted.width]

    def entries(self, start: int, end: int, size: int) -> list[bytes]:
        """Return the entries [start, end) of the tree of `size` leaves, each the leaf that the level-0 tile holds.

        Raises:
            NotFoundError: a bundle or tile is missing.
            MalformedError: a bundle or tile breaks its form, or the range is not in the tree.
            VerificationError: an entry is not the leaf that the tile says.
        """
        if not 0 <= start <= end <= size:
            raise MalformedError(f"entries {start} to {end} are not in a tree of size {size}")
        found: list[bytes] = []
        for index in range(start // TILE_WIDTH, -(-end // TILE_WIDTH)):
            entries = self.bundle(index, size)
            leaves = self.tile(tile_in(0, index, size))[: len(entries) * HASH_BYTES]
            if b"".join(map(leaf_hash, entries)) != leaves:
                raise VerificationError(f"bundle {index} and level-0 tile {index} of the log disagree")
            first = index * TILE_WIDTH
            found += entries[max(start - first, 0) : end - first]
        return found

    def prove(self, index: int, size: int, note: bytes, *, extra: bytes | None = None) -> TlogProof:
        """Return the proof that entry `index` is in the tree of the checkpoint `note`, which has `size` leaves.

        Path and checkpoint come from one tree state, the caller's: whoever verifies would refuse a mixture.

        Raises:
            NotFoundError: a tile is missing.
            MalformedError: a tile does not have its width, or the tree has no such leaf.
        """
        return TlogProof(index=index, path=tuple(self.inclusion_path(index, size)), checkpoint_note=note, extra=extra)
