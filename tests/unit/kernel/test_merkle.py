from hashlib import sha256

import pytest

from comity.errors import MalformedError, VerificationError
from comity.kernel.merkle import (
    EMPTY_ROOT,
    MAX_TREE_SIZE,
    Frontier,
    consistency_path,
    extend,
    inclusion_path,
    leaf_hash,
    node_hash,
    root_at,
    tree_root,
    verify_consistency,
    verify_inclusion,
)

# The eight leaves and roots that Certificate Transparency implementations have shared since RFC 6962.
REFERENCE_ENTRIES = [
    bytes.fromhex(text)
    for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
REFERENCE_ROOTS = {
    0: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}
LEAVES = [leaf_hash(entry) for entry in REFERENCE_ENTRIES]


def read(level: int, index: int) -> bytes:
    return tree_root(LEAVES[index << level : (index + 1) << level])


def naive_root(leaves: list[bytes]) -> bytes:
    """Return the root as RFC 6962 writes the recursion."""
    if len(leaves) <= 1:
        return leaves[0] if leaves else sha256(b"").digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\x01" + naive_root(leaves[:split]) + naive_root(leaves[split:])).digest()


def test_the_roots_of_the_reference_tree_are_those_of_everyone_else() -> None:
    for size, root in REFERENCE_ROOTS.items():
        assert tree_root(LEAVES[:size]).hex() == root
    assert EMPTY_ROOT.hex() == REFERENCE_ROOTS[0]


def test_every_way_to_a_root_gives_the_root_of_the_rfc() -> None:
    leaves = [leaf_hash(bytes([number])) for number in range(70)]
    frontier = Frontier.empty()
    for size in range(len(leaves) + 1):
        expected = naive_root(leaves[:size])
        assert tree_root(leaves[:size]) == frontier.root() == expected
        assert root_at(size, lambda level, index: naive_root(leaves[index << level : (index + 1) << level])) == expected
        if size < len(leaves):
            frontier = frontier.append(leaves[size])
    assert node_hash(leaves[0], leaves[1]) == naive_root(leaves[:2])


def test_every_path_of_the_reference_tree_verifies() -> None:
    for size in range(1, 9):
        root = root_at(size, read)
        for index in range(size):
            path = inclusion_path(index, size, read)
            verify_inclusion(index=index, size=size, leaf=LEAVES[index], path=path, root=root)
        for old_size in range(1, size + 1):
            proof = consistency_path(old_size, size, read)
            old_root = root_at(old_size, read)
            verify_consistency(old_size=old_size, new_size=size, path=proof, old_root=old_root, new_root=root)


def test_the_path_of_the_rfc_example_has_its_nodes_in_its_order() -> None:
    # RFC 6962 section 2.1.3: in a tree of seven leaves, d3 has the path c, g, l and the proof from 3 is c, d, g, l.
    c, d, g, leaf_sibling = read(0, 2), read(0, 3), read(1, 0), root_at(7, read)
    right = node_hash(node_hash(LEAVES[4], LEAVES[5]), LEAVES[6])
    assert inclusion_path(3, 7, read) == [c, g, right]
    assert consistency_path(3, 7, read) == [c, d, g, right]
    assert consistency_path(4, 7, read) == [right]
    assert node_hash(node_hash(g, node_hash(c, d)), right) == leaf_sibling


@pytest.mark.parametrize(
    ("index", "size"), [(-1, 8), (8, 8), (0, 0), (5, 4), (0, 2**63), (2**64, 2**65), (2**63 - 1, 2**63 - 1)]
)
def test_an_index_outside_the_tree_is_refused(index: int, size: int) -> None:
    with pytest.raises(VerificationError, match="is not in a tree"):
        verify_inclusion(index=index, size=size, leaf=LEAVES[0], path=[], root=LEAVES[0])
    with pytest.raises(MalformedError, match="is not in a tree"):
        inclusion_path(index, size, read)


@pytest.mark.parametrize(("old_size", "new_size"), [(0, 0), (0, 5), (-1, 5), (6, 5), (1, 2**63)])
def test_sizes_without_a_consistency_proof_are_refused(old_size: int, new_size: int) -> None:
    with pytest.raises(VerificationError, match="no consistency proof"):
        verify_consistency(old_size=old_size, new_size=new_size, path=[], old_root=EMPTY_ROOT, new_root=EMPTY_ROOT)
    with pytest.raises(MalformedError, match="no consistency proof"):
        consistency_path(old_size, new_size, read)


def test_a_path_of_another_length_is_refused_before_hashing() -> None:
    path = inclusion_path(3, 7, read)
    for wrong in (path[:-1], [*path, path[0]], []):
        with pytest.raises(VerificationError, match="wanted 3"):
            verify_inclusion(index=3, size=7, leaf=LEAVES[3], path=wrong, root=root_at(7, read))
    proof = consistency_path(3, 7, read)
    for wrong in (proof[:-1], [*proof, proof[0]], []):
        with pytest.raises(VerificationError, match="wanted 4"):
            verify_consistency(old_size=3, new_size=7, path=wrong, old_root=root_at(3, read), new_root=root_at(7, read))


def test_hashes_of_another_length_are_refused() -> None:
    with pytest.raises(VerificationError, match="a hash has 31 bytes"):
        verify_inclusion(index=0, size=1, leaf=LEAVES[0][:31], path=[], root=LEAVES[0])
    with pytest.raises(VerificationError, match="a hash has 0 bytes"):
        verify_consistency(old_size=1, new_size=2, path=[LEAVES[1]], old_root=LEAVES[0], new_root=b"")


def test_a_wrong_old_or_new_root_is_named() -> None:
    proof, roots = consistency_path(3, 7, read), (root_at(3, read), root_at(7, read))
    with pytest.raises(VerificationError, match="size 3"):
        verify_consistency(old_size=3, new_size=7, path=proof, old_root=LEAVES[0], new_root=roots[1])
    with pytest.raises(VerificationError, match="size 7"):
        verify_consistency(old_size=3, new_size=7, path=proof, old_root=roots[0], new_root=LEAVES[0])
    with pytest.raises(VerificationError, match="does not lead to the root"):
        verify_inclusion(index=0, size=1, leaf=LEAVES[0], path=[], root=LEAVES[1])


def test_equal_sizes_want_equal_roots_and_no_path() -> None:
    verify_consistency(old_size=2, new_size=2, path=[], old_root=LEAVES[0], new_root=LEAVES[0])
    for path, new_root in (([], LEAVES[1]), ([LEAVES[0]], LEAVES[0])):
        with pytest.raises(VerificationError, match="two trees of size 2"):
            verify_consistency(old_size=2, new_size=2, path=path, old_root=LEAVES[0], new_root=new_root)


def test_the_largest_tree_verifies_within_its_63_steps() -> None:
    path = [LEAVES[1]] * 63
    root = LEAVES[0]
    for _ in path:
        root = node_hash(root, LEAVES[1])
    verify_inclusion(index=0, size=MAX_TREE_SIZE, leaf=LEAVES[0], path=path, root=root)


def test_no_root_of_an_impossible_size_is_computed() -> None:
    for size in (-1, 2**63):
        with pytest.raises(MalformedError, match="no size"):
            root_at(size, read)


def test_a_frontier_survives_storage() -> None:
    for size in range(9):
        frontier = extend(Frontier.empty(), LEAVES[:size])
        assert Frontier.parse(frontier.encode()) == frontier
        assert frontier.extend(iter(LEAVES[size:])).root() == root_at(8, read)


@pytest.mark.parametrize(
    "data", [b"", bytes(7), bytes(9), bytes(40), (3).to_bytes(8) + bytes(32), (2**63).to_bytes(8) + bytes(32)]
)
def test_a_broken_frontier_is_malformed(data: bytes) -> None:
    with pytest.raises(MalformedError):
        Frontier.parse(data)


def test_a_frontier_of_short_hashes_cannot_exist() -> None:
    with pytest.raises(MalformedError, match="needs 2 hashes"):
        Frontier(size=3, nodes=(bytes(32), bytes(31)))


def test_growing_returns_another_frontier_and_leaves_the_first() -> None:
    first = Frontier.empty().append(LEAVES[0])
    second = first.append(LEAVES[1])
    assert (first.size, second.size, first.root()) == (1, 2, LEAVES[0])
