"""Properties of the log's formats, for values that nobody thought of."""

import re
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from comity.errors import Error, MalformedError, PolicyError, VerificationError
from comity.kernel.checkpoint import Checkpoint, parse_checkpoint, verify_log_signatures
from comity.kernel.key import PublicPair, encode_vkey, parse_authority, parse_vkey
from comity.kernel.merkle import (
    Frontier,
    consistency_path,
    extend,
    inclusion_path,
    leaf_hash,
    root_at,
    tree_root,
    verify_consistency,
    verify_inclusion,
)
from comity.kernel.note import Note, NoteSignature, encode_signatures, parse_decimal, parse_note, parse_signatures
from comity.kernel.policy import parse_policy, verify_witnessed
from comity.kernel.proof import TlogProof, parse_proof, verify_proof
from comity.kernel.tile import (
    ENTRIES as ENTRY_LEVEL,
)
from comity.kernel.tile import (
    Tile,
    TileHashes,
    bundle_writes,
    encode_bundle,
    new_bundles,
    new_tiles,
    parse_bundle,
    parse_tile_path,
    tile_writes,
)
from support.log_keys import CHECKPOINT, ENTRIES, LEAVES, LOG, policy, witnessed_note

MANY_LEAVES = tuple(leaf_hash(b"%d" % number) for number in range(1400))
HASHES = st.binary(min_size=32, max_size=32)
SIZES = st.integers(0, 2**63 - 1)
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters=[chr(code) for code in range(32)]))
KEY_NAMES = TEXTS.filter(lambda text: 1 <= len(text.encode()) <= 255 and not re.search(r"[\s+]", text))
LINES = st.builds(NoteSignature, name=KEY_NAMES, key_id4=st.binary(min_size=4, max_size=4), blob=st.binary(min_size=1))
LINE_LISTS = st.lists(LINES, min_size=1, max_size=5, unique_by=lambda line: (line.name, line.key_id4)).map(tuple)
NOTES = st.builds(
    Note, text=st.lists(TEXTS, min_size=1).map(lambda lines: "".join(f"{x}\n" for x in lines)), signatures=LINE_LISTS
)
CHECKPOINTS = st.builds(
    Checkpoint, origin=TEXTS.filter(lambda text: 1 <= len(text.encode()) <= 255), size=SIZES, root=HASHES
)
PROOFS = st.builds(
    TlogProof,
    index=SIZES,
    path=st.lists(HASHES, max_size=63).map(tuple),
    checkpoint_note=st.builds(
        lambda checkpoint, lines: Note(text=checkpoint.encode(), signatures=lines).encode(), CHECKPOINTS, LINE_LISTS
    ),
    extra=st.none() | st.binary(min_size=1),
)
TILES = st.builds(Tile, level=st.integers(-1, 63), index=st.integers(0, 2**55 - 1), width=st.integers(1, 256))


@cache
def good_note() -> bytes:
    return witnessed_note().encode()


@cache
def good_proof() -> bytes:
    path = inclusion_path(4, 11, lambda level, index: tree_root(LEAVES[index << level : (index + 1) << level]))
    return TlogProof(index=4, path=tuple(path), checkpoint_note=good_note()).encode()


@given(NOTES)
def test_a_note_round_trips(note: Note) -> None:
    assert parse_note(note.encode()) == note
    assert parse_signatures(encode_signatures(note.signatures)) == note.signatures


@given(CHECKPOINTS)
def test_a_checkpoint_round_trips(checkpoint: Checkpoint) -> None:
    assert parse_checkpoint(checkpoint.encode()) == checkpoint


@given(PROOFS)
def test_a_proof_round_trips(proof: TlogProof) -> None:
    assert parse_proof(proof.encode()) == proof


@given(TILES)
def test_a_tile_path_round_trips(tile: Tile) -> None:
    assert parse_tile_path(tile.path()) == tile


@given(st.lists(st.binary(), min_size=1, max_size=256))
def test_a_bundle_round_trips(entries: list[bytes]) -> None:
    assert parse_bundle(encode_bundle(entries)) == entries


@given(
    SIZES.flatmap(
        lambda size: st.tuples(st.just(size), st.lists(HASHES, min_size=size.bit_count(), max_size=size.bit_count()))
    )
)
def test_a_frontier_round_trips(drawn: tuple[int, list[bytes]]) -> None:
    frontier = Frontier(size=drawn[0], nodes=tuple(drawn[1]))
    assert Frontier.parse(frontier.encode()) == frontier


@given(SIZES)
def test_a_number_round_trips(number: int) -> None:
    assert parse_decimal(str(number)) == number


@given(KEY_NAMES, st.binary(min_size=1312, max_size=1312))
def test_a_verifier_key_round_trips(name: str, key: bytes) -> None:
    text = encode_vkey(name, 0x06, key)
    verifier = parse_vkey(text)
    assert encode_vkey(verifier.name, verifier.type_byte, verifier.key) == text


def _mangled(good: bytes) -> st.SearchStrategy[bytes]:
    """Draw the good bytes with a piece cut out, put in, or exchanged."""
    positions = st.integers(0, len(good))
    pieces = st.binary(max_size=8) | st.sampled_from([b"\n", b"\n\n", b" ", b"=", b"+", b"\xe2\x80\x94 ", b"0", b"\r"])
    return st.builds(lambda a, b, piece: good[: min(a, b)] + piece + good[max(a, b) :], positions, positions, pieces)


SEEDS: dict[str, bytes] = {
    "note": witnessed_note(1).encode(),
    "checkpoint": CHECKPOINT.encode().encode(),
    "proof": b"c2sp.org/tlog-proof@v1\nextra aGludA==\nindex 4\n\n" + witnessed_note(0).encode(),
    "policy": b"witness a b+00000000+AA==\n# c\ngroup g 1 a\nquorum g\n",
    "vkey": b"PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    "path": b"tile/0/x001/067.p/5",
    "bundle": b"\x00\x01a\x00\x02bc",
    "authority": b"prt.contact-point",
    "decimal": b"20852163",
    "frontier": (3).to_bytes(8) + bytes(64),
}
PARSERS: list[tuple[str, Callable[[bytes], object]]] = [
    ("note", parse_note),
    ("note", parse_signatures),
    ("proof", parse_proof),
    ("bundle", parse_bundle),
    ("frontier", Frontier.parse),
    # Bytes that are no UTF-8 become lone surrogates here, which a text may hold and no format allows.
    ("checkpoint", lambda data: parse_checkpoint(data.decode("utf-8", "surrogateescape"))),
    ("policy", lambda data: parse_policy(data.decode("utf-8", "surrogateescape"))),
    ("vkey", lambda data: parse_vkey(data.decode("utf-8", "surrogateescape"))),
    ("path", lambda data: parse_tile_path(data.decode("utf-8", "surrogateescape"))),
    ("authority", lambda data: parse_authority(data.decode("utf-8", "surrogateescape"))),
    ("decimal", lambda data: parse_decimal(data.decode("utf-8", "surrogateescape"))),
]


@pytest.mark.parametrize(("seed", "parse"), PARSERS)
@given(data=st.data())
def test_parsers_raise_one_error_whatever_the_bytes(
    seed: str, parse: Callable[[bytes], object], data: st.DataObject
) -> None:
    drawn = data.draw(st.binary() | st.text().map(str.encode) | _mangled(SEEDS[seed]))
    with suppress(MalformedError):
        parse(drawn)


@given(
    st.recursive(
        st.none() | st.text() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_a_pair_is_never_read_from_other_json(value: object) -> None:
    with pytest.raises(MalformedError):
        PublicPair.from_json(value)  # type: ignore[arg-type] # arbitrary values are the point


ENCODERS: list[tuple[str, Callable[[bytes], bytes]]] = [
    ("note", lambda data: parse_note(data).encode()),
    ("proof", lambda data: parse_proof(data).encode()),
    ("frontier", lambda data: Frontier.parse(data).encode()),
    ("bundle", lambda data: encode_bundle(parse_bundle(data))),
    ("checkpoint", lambda data: parse_checkpoint(data.decode()).encode().encode()),
    ("path", lambda data: parse_tile_path(data.decode()).path().encode()),
]


@pytest.mark.parametrize(("seed", "again"), ENCODERS)
@given(data=st.data())
def test_what_a_parser_accepts_it_writes_back(seed: str, again: Callable[[bytes], bytes], data: st.DataObject) -> None:
    drawn = data.draw(_mangled(SEEDS[seed]))
    with suppress(MalformedError, UnicodeDecodeError):
        assert again(drawn) == drawn


@settings(max_examples=300)
@given(st.integers(0, len(good_note()) - 1), st.integers(1, 255))
def test_a_changed_byte_of_a_note_is_refused(position: int, change: int) -> None:
    data = bytearray(good_note())
    data[position] ^= change
    try:
        verify_witnessed(parse_note(bytes(data)), policy(3))
    except (MalformedError, VerificationError):
        return
    pytest.fail(f"accepted with byte {position} changed by {change:#x}")


@settings(max_examples=300)
@given(st.integers(0, len(good_proof()) - 1), st.integers(1, 255))
def test_a_changed_byte_of_a_proof_is_refused(position: int, change: int) -> None:
    data = bytearray(good_proof())
    data[position] ^= change
    try:
        verify_proof(parse_proof(bytes(data)), ENTRIES[4], policy(3))
    except (MalformedError, VerificationError):
        return
    pytest.fail(f"accepted with byte {position} changed by {change:#x}")


@given(_mangled(CHECKPOINT.encode().encode()))
def test_a_changed_checkpoint_is_not_what_the_log_signed(data: bytes) -> None:
    note = witnessed_note(0)
    assume(data != note.text.encode())
    with pytest.raises((MalformedError, VerificationError, UnicodeDecodeError)):
        verify_log_signatures(Note(text=data.decode(), signatures=note.signatures), LOG.public)


def test_every_start_of_a_note_and_of_a_proof_is_refused() -> None:
    note, proof = good_note(), good_proof()
    for end in range(0, len(note), 7):
        with pytest.raises(Error):
            verify_witnessed(parse_note(note[:end]), policy(3))
    for end in range(0, len(proof), 7):
        with pytest.raises(Error):
            verify_proof(parse_proof(proof[:end]), ENTRIES[4], policy(3))


@cache
def _stored() -> dict[Tile, bytes]:
    return dict(tile_writes(0, len(MANY_LEAVES), MANY_LEAVES, lambda tile: b""))


@cache
def _root(size: int) -> bytes:
    return tree_root(MANY_LEAVES[:size])


def _reader(size: int) -> TileHashes:
    return TileHashes(size, lambda tile: _stored().get(tile.full, b"") or _partial(tile))


def _partial(tile: Tile) -> bytes:
    span = 256**tile.level
    starts = range(tile.index * 256 * span, (tile.index * 256 + tile.width) * span, span)
    return b"".join(tree_root(MANY_LEAVES[start : start + span]) for start in starts)


SOME_SIZE = st.integers(1, len(MANY_LEAVES))
FLIPS = st.tuples(st.integers(0, 31), st.integers(0, 7))


def _flip(value: bytes, flip: tuple[int, int]) -> bytes:
    return value[: flip[0]] + bytes([value[flip[0]] ^ 1 << flip[1]]) + value[flip[0] + 1 :]


@given(SOME_SIZE, st.data())
def test_an_inclusion_path_verifies_and_no_changed_one_does(size: int, data: st.DataObject) -> None:
    index, flip = data.draw(st.integers(0, size - 1)), data.draw(FLIPS)
    path, root, leaf = inclusion_path(index, size, _reader(size)), _root(size), MANY_LEAVES[index]
    verify_inclusion(index=index, size=size, leaf=leaf, path=path, root=root)
    changed = [(index, size, _flip(leaf, flip), path, root), (index, size, leaf, path, _flip(root, flip))]
    changed += [(index, size, leaf, [*path[:i], _flip(path[i], flip), *path[i + 1 :]], root) for i in range(len(path))]
    changed += [(other, size, leaf, path, root) for other in {0, index - 1, index + 1, index ^ 1, size} - {index}]
    changed += [(index, size, leaf, [*path, root], root), (index, size, leaf, [leaf, *path], root)]
    changed += [(index, size, leaf, path[:-1], root), (index, size, leaf, path[1:], root)] if path else []
    for i, s, lf, p, r in changed:
        with pytest.raises(VerificationError):
            verify_inclusion(index=i, size=s, leaf=lf, path=p, root=r)


@given(SOME_SIZE, SOME_SIZE, st.data())
def test_a_consistency_path_verifies_and_no_changed_one_does(one: int, two: int, data: st.DataObject) -> None:
    old, new = sorted((one, two))
    flip = data.draw(FLIPS)
    path, old_root, new_root = consistency_path(old, new, _reader(new)), _root(old), _root(new)
    verify_consistency(old_size=old, new_size=new, path=path, old_root=old_root, new_root=new_root)
    changed = [(path, _flip(old_root, flip), new_root), (path, old_root, _flip(new_root, flip))]
    changed += [([*path[:i], _flip(path[i], flip), *path[i + 1 :]], old_root, new_root) for i in range(len(path))]
    changed += [([*path, new_root], old_root, new_root), ([old_root, *path], old_root, new_root)]
    changed += [(path[:-1], old_root, new_root), (path[1:], old_root, new_root)] if path else []
    changed += [(path, new_root, old_root)] if old != new else []
    for p, before, after in changed:
        with pytest.raises(VerificationError):
            verify_consistency(old_size=old, new_size=new, path=p, old_root=before, new_root=after)


@given(st.lists(st.integers(0, len(MANY_LEAVES)), max_size=6))
def test_growth_in_steps_gives_the_tiles_and_frontier_of_growth_at_once(drawn: list[int]) -> None:
    sizes = [0, *sorted(drawn)]
    written: dict[Tile, bytes] = {}
    entries = [b"%d" % number for number in range(sizes[-1])]
    frontier = Frontier.empty()
    for old, new in pairwise(sizes):
        tiles = dict(tile_writes(old, new, MANY_LEAVES[old:new], written.__getitem__))
        bundles = dict(bundle_writes(old, new, entries[old:new], written.__getitem__))
        assert (list(tiles), list(bundles)) == (new_tiles(old, new), new_bundles(old, new))
        written |= tiles | bundles
        frontier = extend(frontier, MANY_LEAVES[old:new])
        assert frontier.root() == _root(new) == root_at(new, TileHashes(new, written.__getitem__))
    size = sizes[-1]
    at_once = dict(tile_writes(0, size, MANY_LEAVES[:size], written.__getitem__))
    at_once |= dict(bundle_writes(0, size, entries, written.__getitem__))
    assert {tile: written[tile] for tile in at_once} == at_once
    assert all(tile.level == ENTRY_LEVEL or data == _partial(tile) for tile, data in written.items())


@given(st.text())
def test_a_policy_of_any_text_is_read_or_refused(text: str) -> None:
    try:
        assert parse_policy(text).text == text
    except (MalformedError, PolicyError):
        return
