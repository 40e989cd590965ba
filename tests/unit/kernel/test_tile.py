from itertools import pairwise

import pytest

from comity.errors import MalformedError, TooLargeError
from comity.kernel.merkle import EMPTY_ROOT, MAX_TREE_SIZE, leaf_hash, root_at, tree_root
from comity.kernel.tile import (
    ENTRIES,
    MAX_ENTRY_BYTES,
    Tile,
    TileHashes,
    bundle_writes,
    encode_bundle,
    locate,
    new_bundles,
    new_tiles,
    parse_bundle,
    parse_tile_path,
    split_tile,
    tile_in,
    tile_writes,
)

LEAVES = [leaf_hash(b"%d" % number) for number in range(70_000)]


def refuse(tile: Tile) -> bytes:
    raise AssertionError(f"nothing of the old size is needed, least of all {tile}")


@pytest.fixture(scope="module")
def tiles() -> dict[Tile, bytes]:
    return dict(tile_writes(0, len(LEAVES), LEAVES, refuse))


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(level=0, index=0), "tile/0/000"),
        (Tile(level=0, index=1067, width=5), "tile/0/x001/067.p/5"),
        (Tile(level=3, index=1_234_067), "tile/3/x001/x234/067"),
        (Tile(level=63, index=999, width=255), "tile/63/999.p/255"),
        (Tile(level=ENTRIES, index=1000), "tile/entries/x001/000"),
        (Tile(level=ENTRIES, index=273, width=112), "tile/entries/273.p/112"),
        (
            Tile(level=0, index=MAX_TREE_SIZE >> 8, width=255),
            "tile/0/x036/x028/x797/x018/x963/967.p/255",
        ),
    ],
)
def test_a_tile_has_one_path(tile: Tile, path: str) -> None:
    assert tile.path() == path
    assert parse_tile_path(path) == tile


@pytest.mark.parametrize(
    "path",
    [
        "",
        "tile/0/0",
        "tile/0/00",
        "tile/00/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/0/x000/000",
        "tile/0/000/001",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/05",
        "tile/0/000.p/",
        "tile/0/x001",
        "/tile/0/000",
        "tile/0/000\n",
        "tile/entry/000",
        "tile/0/x999/x999/x999/x999/x999/x999/999",
        "tile/0/" + "x001/" * 40 + "000",
        "tile/0/\N{ARABIC-INDIC DIGIT ONE}00",
        "tile/0/000.P/1",
        "tile/100/000",
        "tile/0/000.p/1000",
    ],
)
def test_no_other_path_is_a_tile(path: str) -> None:
    with pytest.raises(MalformedError):
        parse_tile_path(path)


@pytest.mark.parametrize(
    ("level", "index", "width"), [(-2, 0, 1), (64, 0, 1), (0, -1, 1), (0, 2**55, 1), (0, 0, 0), (0, 0, 257)]
)
def test_a_tile_out_of_range_cannot_exist(level: int, index: int, width: int) -> None:
    with pytest.raises(MalformedError, match="no tile has"):
        Tile(level=level, index=index, width=width)


def test_a_tree_of_70_000_has_the_tiles_that_the_specification_counts(tiles: dict[Tile, bytes]) -> None:
    partial = [tile for tile in tiles if tile != tile.full]
    assert [len([tile for tile in tiles if tile.level == level and tile == tile.full]) for level in range(4)] == [
        273,
        1,
        0,
        0,
    ]
    assert [(tile.level, tile.index, tile.width) for tile in partial] == [(0, 273, 112), (1, 1, 17), (2, 0, 1)]
    assert list(tiles) == new_tiles(0, 70_000)
    assert new_bundles(0, 70_000)[-1] == Tile(level=ENTRIES, index=273, width=112)
    assert len(new_bundles(0, 70_000)) == 274


def test_a_tree_of_256_has_a_full_tile_and_a_partial_one_above() -> None:
    assert new_tiles(0, 256) == [Tile(level=0, index=0), Tile(level=1, index=0, width=1)]
    assert new_tiles(0, 255) == [Tile(level=0, index=0, width=255)]
    assert new_tiles(256, 257) == [Tile(level=0, index=1, width=1)]


def test_every_hash_in_a_tile_is_the_root_of_the_leaves_under_it(tiles: dict[Tile, bytes]) -> None:
    for tile in (Tile(level=1, index=1, width=17), Tile(level=2, index=0, width=1)):
        for position, value in enumerate(split_tile(tile, tiles[tile])):
            span = 256**tile.level
            start = (tile.index * 256 + position) * span
            assert value == tree_root(LEAVES[start : start + span])


def test_nothing_is_written_where_nothing_grew() -> None:
    assert new_tiles(300, 300) == new_bundles(300, 300) == new_bundles(512, 512) == []
    assert list(tile_writes(300, 300, [], refuse)) == list(bundle_writes(300, 300, [], refuse)) == []


def test_a_log_that_grows_in_steps_has_the_tiles_of_one_that_grew_at_once(tiles: dict[Tile, bytes]) -> None:
    written: dict[Tile, bytes] = {}
    sizes = [0, 1, 2, 255, 256, 257, 511, 512, 1000, 65_535, 65_536, 65_537, 65_793, 70_000]
    for old, new in pairwise(sizes):
        step = dict(tile_writes(old, new, LEAVES[old:new], written.__getitem__))
        assert list(step) == new_tiles(old, new)
        assert written.keys().isdisjoint(step)
        written |= step
        assert root_at(new, TileHashes(new, written.__getitem__)) == tree_root(LEAVES[:new])
    assert {tile: written[tile] for tile in tiles} == tiles


def test_bundles_grow_as_tiles_do() -> None:
    entries = [b"%d" % number for number in range(1000)]
    written: dict[Tile, bytes] = {}
    sizes = [0, 1, 255, 256, 300, 301, 768, 1000]
    for old, new in pairwise(sizes):
        step = dict(bundle_writes(old, new, entries[old:new], written.__getitem__))
        assert list(step) == new_bundles(old, new)
        written |= step
    at_once = dict(bundle_writes(0, 1000, entries, refuse))
    assert {tile: written[tile] for tile in at_once} == at_once
    assert [entry for tile in new_bundles(0, 1000) for entry in parse_bundle(at_once[tile])] == entries


@pytest.mark.parametrize(("old", "new"), [(-1, 0), (5, 4), (0, 2**63)])
def test_a_log_only_grows(old: int, new: int) -> None:
    for grow in (new_tiles, new_bundles):
        with pytest.raises(MalformedError, match="does not grow"):
            grow(old, new)
    for write in (tile_writes, bundle_writes):
        with pytest.raises(MalformedError, match="does not grow"):
            list(write(old, new, [], refuse))


def test_the_new_part_must_fit_the_sizes() -> None:
    for write in (tile_writes, bundle_writes):
        with pytest.raises(MalformedError, match="do not grow a log from 0 to 2"):
            list(write(0, 2, LEAVES[:1], refuse))


def test_an_old_tile_or_bundle_of_another_width_is_refused() -> None:
    with pytest.raises(MalformedError, match=r"tile/0/000\.p/5 has 128 bytes; wanted 160"):
        list(tile_writes(5, 6, LEAVES[5:6], lambda tile: bytes(128)))
    with pytest.raises(MalformedError, match="does not hold 5 entries"):
        list(bundle_writes(5, 6, [b""], lambda tile: encode_bundle([b""] * 4)))


def test_a_bundle_is_lengths_and_entries() -> None:
    assert encode_bundle([b"", b"abc"]) == b"\x00\x00\x00\x03abc"
    entries = [b"", b"x" * MAX_ENTRY_BYTES, *[b"\0"] * 254]
    assert parse_bundle(encode_bundle(entries)) == entries
    with pytest.raises(TooLargeError, match="65536 bytes"):
        encode_bundle([b"x" * (MAX_ENTRY_BYTES + 1)])


@pytest.mark.parametrize("data", [b"", b"\0", b"\0\1", b"\0\0\0", b"\0\2a", b"\0\0" * 257])
def test_a_broken_bundle_is_malformed(data: bytes) -> None:
    with pytest.raises(MalformedError, match="an entry bundle"):
        parse_bundle(data)


def test_a_node_is_found_in_its_tile() -> None:
    assert locate(0, 70_000) == (Tile(level=0, index=273), 112, 1)
    assert locate(7, 1) == (Tile(level=0, index=0), 128, 128)
    assert locate(8, 256) == (Tile(level=1, index=1), 0, 1)
    assert locate(11, 5) == (Tile(level=1, index=0), 40, 8)
    with pytest.raises(MalformedError):
        locate(-9, 0)


def test_the_tree_says_how_wide_its_tiles_are() -> None:
    assert tile_in(0, 273, 70_000) == Tile(level=0, index=273, width=112)
    assert tile_in(ENTRIES, 0, 70_000) == Tile(level=ENTRIES, index=0)
    for level, index in ((0, 274), (3, 0)):
        with pytest.raises(MalformedError, match="no tile has"):
            tile_in(level, index, 70_000)


def test_hashes_come_from_tiles_and_a_full_tile_stands_in_for_a_partial_one(tiles: dict[Tile, bytes]) -> None:
    fetched: list[Tile] = []

    def fetch(tile: Tile) -> bytes:
        fetched.append(tile)
        return tiles[tile.full]

    read = TileHashes(300, fetch)
    assert root_at(300, read) == tree_root(LEAVES[:300])
    assert read(0, 299) == LEAVES[299]
    assert fetched == [Tile(level=1, index=0, width=1), Tile(level=0, index=1, width=44)]
    assert root_at(0, read) == EMPTY_ROOT


@pytest.mark.parametrize(("level", "index"), [(0, 300), (-1, 0), (0, -1), (9, 0), (2, 75), (2**70, 0)])
def test_a_node_that_is_not_in_the_tree_is_refused(level: int, index: int) -> None:
    with pytest.raises(MalformedError, match="has no node"):
        TileHashes(300, refuse)(level, index)


def test_a_tile_of_another_width_is_refused_on_reading() -> None:
    with pytest.raises(MalformedError, match="has 1408 bytes"):
        TileHashes(45, lambda tile: bytes(44 * 32))(0, 0)


def test_the_reader_keeps_a_bounded_number_of_tiles(tiles: dict[Tile, bytes]) -> None:
    fetched: list[Tile] = []

    def fetch(tile: Tile) -> bytes:
        fetched.append(tile)
        return tiles[tile]

    read = TileHashes(70_000, fetch)
    for index in range(100):
        assert read(0, index * 256) == LEAVES[index * 256]
    read(0, 99 * 256)
    assert len(fetched) == 100
    read(0, 0)
    assert len(fetched) == 101
