"""Tiles and entry bundles as C2SP tlog-tiles lays a log out in files.

A tile of level L holds up to 256 consecutive hashes, each the root of 256^L leaves, so level 0 holds leaf hashes and
a hash of a higher level is the root of a full tile below. Partial tiles are never hashed upwards. A bundle holds up to
256 entries, each after its length as two bytes, big-endian; its level is `ENTRIES` here, as Go's sumdb has it.

Files are written once: a partial tile carries its width in its path, so a wider one never replaces it.
"""

import re
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from comity.errors import MalformedError, TooLargeError
from comity.kernel.merkle import HASH_BYTES, MAX_TREE_SIZE, node_hash, tree_root

TILE_HEIGHT: Final = 8
TILE_WIDTH: Final = 1 << TILE_HEIGHT
FULL_TILE_BYTES: Final = TILE_WIDTH * HASH_BYTES
# The level under which bundles go; a path writes it as `entries`.
ENTRIES: Final = -1
# The specification allows levels to 63; a tree below 2^63 leaves reaches level 7.
MAX_LEVEL: Final = 63
# An entry's length is written in two bytes.
MAX_ENTRY_BYTES: Final = 65_535
# Decoded tiles that one `TileHashes` keeps: a path through the largest tree touches two on each of eight levels.
_KEPT_TILES: Final = 64

_PATH: Final = re.compile(
    r"tile/(?P<level>0|[1-9][0-9]?|entries)/(?P<index>(?:x[0-9]{3}/)*[0-9]{3})(?:\.p/(?P<width>[1-9][0-9]{0,2}))?"
)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Tile:
    """The name of a tile, or of a bundle where the level is `ENTRIES`; full unless a width is given.

    Raises:
        MalformedError: a number is out of range.
    """

    level: int
    index: int
    width: int = TILE_WIDTH

    def __post_init__(self) -> None:
        if not (
            ENTRIES <= self.level <= MAX_LEVEL
            and 0 <= self.index <= MAX_TREE_SIZE >> TILE_HEIGHT
            and 1 <= self.width <= TILE_WIDTH
        ):
            raise MalformedError(f"no tile has level {self.level}, index {self.index} and width {self.width}")

    @property
    def full(self) -> "Tile":
        """The full tile that a partial one grows into, which a reader tries when the partial one is gone."""
        return Tile(level=self.level, index=self.index)

    def path(self) -> str:
        """Return the path below the log's prefix."""
        groups = f"{self.index:d}"
        groups = groups.zfill(-(-len(groups) // 3) * 3)
        parts = [groups[start : start + 3] for start in range(0, len(groups), 3)]
        number = "/".join([f"x{part}" for part in parts[:-1]] + parts[-1:])
        level = "entries" if self.level == ENTRIES else str(self.level)
        partial = "" if self.width == TILE_WIDTH else f".p/{self.width}"
        return f"tile/{level}/{number}{partial}"


def parse_tile_path(path: str) -> Tile:
    """Read a tile's path in its one spelling.

    Raises:
        MalformedError: it is anything else.
    """
    # 64 characters hold the longest path; the bound keeps the numbers small before they are read.
    match = _PATH.fullmatch(path) if len(path) <= 64 else None  # noqa: PLR2004 - explained above
    if match is None:
        raise MalformedError(f"{path[:80]!r} is no path of a tile")
    level, width = match["level"], match["width"]
    tile = Tile(
        level=ENTRIES if level == "entries" else int(level),
        index=int(match["index"].replace("x", "").replace("/", "")),
        width=TILE_WIDTH if width is None else int(width),
    )
    if tile.path() != path:
        raise MalformedError(f"{path!r} is not the one spelling of a tile's path; wanted {tile.path()}")
    return tile


def tile_in(level: int, index: int, size: int) -> Tile:
    """Return the tile of this level and index as a tree of `size` leaves has it.

    Raises:
        MalformedError: the tree has no such tile.
    """
    hashes = size >> (TILE_HEIGHT * max(level, 0))
    return Tile(level=level, index=index, width=min(TILE_WIDTH, hashes - index * TILE_WIDTH))


def new_tiles(old_size: int, new_size: int) -> list[Tile]:
    """Return the tiles that a log must write to grow, partial ones included, lowest level first.

    Raises:
        MalformedError: the sizes are out of order.
    """
    _check_growth(old_size, new_size)
    tiles: list[Tile] = []
    level = 0
    while old_size != new_size:
        tiles += _grown(level, old_size, new_size)
        old_size >>= TILE_HEIGHT
        new_size >>= TILE_HEIGHT
        level += 1
    return tiles


def new_bundles(old_size: int, new_size: int) -> list[Tile]:
    """Return the bundles that a log must write to grow, a partial one included.

    Raises:
        MalformedError: the sizes are out of order.
    """
    _check_growth(old_size, new_size)
    return list(_grown(ENTRIES, old_size, new_size))


def _check_growth(old_size: int, new_size: int) -> None:
    if not 0 <= old_size <= new_size <= MAX_TREE_SIZE:
        raise MalformedError(f"a log does not grow from size {old_size} to size {new_size}")


def _grown(level: int, old: int, new: int) -> Iterator[Tile]:
    """Name the tiles of a level on which `old` hashes become `new`."""
    for index in range(old >> TILE_HEIGHT, -(-new >> TILE_HEIGHT)):
        width = min(TILE_WIDTH, new - index * TILE_WIDTH)
        if index * TILE_WIDTH + width > old:
            yield Tile(level=level, index=index, width=width)


def tile_writes(
    old_size: int, new_size: int, leaf_hashes: Sequence[bytes], read_old: Callable[[Tile], bytes]
) -> Iterator[tuple[Tile, bytes]]:
    """Yield the tiles that a log must write to grow, with their bytes, lowest level first.

    `leaf_hashes` are those of the new leaves only. `read_old` is asked for the partial tiles of the old size, at most
    one a level.

    Raises:
        MalformedError: the sizes do not fit the hashes, or an old tile does not have its width.
    """
    _check_growth(old_size, new_size)
    if len(leaf_hashes) != new_size - old_size:
        raise MalformedError(f"{len(leaf_hashes)} leaf hashes do not grow a log from {old_size} to {new_size}")
    level, position, hashes = 0, old_size, list(leaf_hashes)
    while hashes:
        first, kept = divmod(position, TILE_WIDTH)
        if kept:
            old = Tile(level=level, index=first, width=kept)
            hashes = [*split_tile(old, read_old(old)), *hashes]
        above: list[bytes] = []
        for number, start in enumerate(range(0, len(hashes), TILE_WIDTH)):
            part = hashes[start : start + TILE_WIDTH]
            yield Tile(level=level, index=first + number, width=len(part)), b"".join(part)
            if len(part) == TILE_WIDTH:
                above.append(tree_root(part))
        level, position, hashes = level + 1, position >> TILE_HEIGHT, above


def bundle_writes(
    old_size: int, new_size: int, entries: Sequence[bytes], read_old: Callable[[Tile], bytes]
) -> Iterator[tuple[Tile, bytes]]:
    """Yield the bundles that a log must write to grow, with their bytes.

    `entries` are the new ones only. `read_old` is asked for the partial bundle of the old size, if there is one.

    Raises:
        MalformedError: the sizes do not fit the entries, or the old bundle does not have its width.
        TooLargeError: an entry is too long.
    """
    _check_growth(old_size, new_size)
    if len(entries) != new_size - old_size:
        raise MalformedError(f"{len(entries)} entries do not grow a log from {old_size} to {new_size}")
    if not entries:
        return
    first, kept = divmod(old_size, TILE_WIDTH)
    data = b""
    if kept:
        old = Tile(level=ENTRIES, index=first, width=kept)
        data = read_old(old)
        if len(parse_bundle(data)) != kept:
            raise MalformedError(f"{old.path()} does not hold {kept} entries")
    start, index = 0, first
    while start < len(entries):
        part = entries[start : start + TILE_WIDTH - kept]
        yield Tile(level=ENTRIES, index=index, width=kept + len(part)), data + encode_bundle(part)
        start, index, kept, data = start + len(part), index + 1, 0, b""


def encode_bundle(entries: Sequence[bytes]) -> bytes:
    """Return entries as a bundle holds them.

    Raises:
        TooLargeError: an entry is too long.
    """
    parts: list[bytes] = []
    for entry in entries:
        if len(entry) > MAX_ENTRY_BYTES:
            raise TooLargeError(f"an entry has {len(entry)} bytes; at most {MAX_ENTRY_BYTES} fit into a bundle")
        parts += (len(entry).to_bytes(2), entry)
    return b"".join(parts)


def parse_bundle(data: bytes) -> list[bytes]:
    """Return the entries of a bundle.

    Raises:
        MalformedError: the lengths do not fit the bytes, or it has no entry or more than 256.
    """
    entries: list[bytes] = []
    position, end = 0, len(data)
    while position < end:
        stop = position + 2 + int.from_bytes(data[position : position + 2])
        if position + 2 > end or stop > end:
            raise MalformedError(f"an entry bundle ends within entry {len(entries)}")
        entries.append(data[position + 2 : stop])
        position = stop
    if not 1 <= len(entries) <= TILE_WIDTH:
        raise MalformedError(f"an entry bundle has {len(entries)} entries; wanted 1 to {TILE_WIDTH}")
    return entries


def split_tile(tile: Tile, data: bytes) -> list[bytes]:
    """Return the hashes of a tile.

    Raises:
        MalformedError: the bytes do not have the tile's width.
    """
    if len(data) != tile.width * HASH_BYTES:
        raise MalformedError(f"{tile.path()} has {len(data)} bytes; wanted {tile.width * HASH_BYTES}")
    return [data[start : start + HASH_BYTES] for start in range(0, len(data), HASH_BYTES)]


def locate(level: int, index: int) -> tuple[Tile, int, int]:
    """Return the full tile whose hashes give the node, the first of them, and how many.

    `level` counts binary levels: the node is the root of the leaves [index · 2^level, (index + 1) · 2^level).

    Raises:
        MalformedError: no tree has such a node.
    """
    tile_level, height = divmod(level, TILE_HEIGHT)
    start = index << height
    tile = Tile(level=tile_level, index=start >> TILE_HEIGHT)
    return tile, start & (TILE_WIDTH - 1), 1 << height


class TileHashes:
    """A `HashReader` over the tiles of a tree of `size` leaves.

    `fetch` returns the bytes of a tile, and for a partial one that is gone it may return those of the full tile, whose
    beginning is the same. It decides what to raise when it has neither. What it returns is not authenticated: a root
    or path computed from it counts only once it leads to a verified checkpoint.
    """

    def __init__(self, size: int, fetch: Callable[[Tile], bytes]) -> None:
        self._size = size
        self._fetch = fetch
        # Each tile with the levels inside it, most recently used last.
        self._kept: OrderedDict[Tile, list[list[bytes]]] = OrderedDict()

    def __call__(self, level: int, index: int) -> bytes:
        """Return the root of the perfect subtree of 2^level leaves with this index.

        Raises:
            MalformedError: the tree has no such subtree, or a tile does not have its width.
        """
        if not (0 <= level <= MAX_LEVEL and 0 <= index < self._size >> level):
            raise MalformedError(f"a tree of size {self._size} has no node {index} on level {level}")
        full, start, count = locate(level, index)
        height = count.bit_length() - 1
        return self._levels(tile_in(full.level, full.index, self._size), height)[height][start >> height]

    def _levels(self, tile: Tile, height: int) -> list[list[bytes]]:
        """Return the perfect nodes inside a tile, level by level, at least up to `height`."""
        levels = self._kept.get(tile)
        if levels is None:
            data = self._fetch(tile)
            if len(data) == FULL_TILE_BYTES:
                data = data[: tile.width * HASH_BYTES]
            levels = [split_tile(tile, data)]
            self._kept[tile] = levels
            if len(self._kept) > _KEPT_TILES:
                self._kept.popitem(last=False)
        self._kept.move_to_end(tile)
        while len(levels) <= height:
            below = levels[-1]
            levels.append([node_hash(below[i], below[i + 1]) for i in range(0, len(below) - 1, 2)])
        return levels
