"""Merkle trees as RFC 6962 section 2.1 (RFC 9162 section 2.1) defines them, over SHA-256.

A tree of n leaves is split at the largest power of two strictly below n, so an odd last node moves up a level
unchanged and is never paired with itself. Leaves and inner nodes are hashed with different prefixes. Paths are in the
order of the RFC: from the leaf to the root. Every loop here ends after at most 63 rounds or after its input.

`Frontier` holds a tree by the roots of its perfect subtrees, one for each bit of its size, which is all that growing
it takes. `HashReader` stands for a stored tree: given a level and an index it returns the root of the perfect subtree
over the leaves [index · 2^level, (index + 1) · 2^level).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, TypeAlias

from comity.errors import MalformedError, VerificationError

HASH_BYTES: Final = 32
# C2SP's formats write sizes as signed 64-bit numbers; a log of one entry a nanosecond would take 292 years.
MAX_TREE_SIZE: Final = 2**63 - 1
EMPTY_ROOT: Final = sha256(b"").digest()

HashReader: TypeAlias = Callable[[int, int], bytes]


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of a leaf."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node."""
    return sha256(b"\x01" + left + right).digest()


def tree_root(leaf_hashes: Sequence[bytes]) -> bytes:
    """Return the root of the tree with these leaves."""
    if not leaf_hashes:
        return EMPTY_ROOT
    level = list(leaf_hashes)
    while len(level) > 1:
        last = level[len(level) & ~1 :]
        level = _pairs(level)
        level += last
    return level[0]


def _pairs(nodes: Sequence[bytes]) -> list[bytes]:
    """Hash neighbours; an odd last node is left out."""
    nodes_in_order = iter(nodes)
    return [
        sha256(b"\x01" + left + right).digest() for left, right in zip(nodes_in_order, nodes_in_order, strict=False)
    ]


def verify_inclusion(*, index: int, size: int, leaf: bytes, path: Sequence[bytes], root: bytes) -> None:
    """Verify that the leaf with hash `leaf` is number `index` in the tree of `size` leaves with this root.

    Raises:
        VerificationError: the index is not in the tree, the path has another length, or it leads to another root.
    """
    if not 0 <= index < size <= MAX_TREE_SIZE:
        raise VerificationError(f"entry {index} is not in a tree of size {size}")
    _check_hashes(leaf, root, *path)
    # Below `inner` the way up has siblings on both sides; above it, only on the left, one for each set bit.
    inner = (index ^ (size - 1)).bit_length()
    border = (index >> inner).bit_count()
    if len(path) != inner + border:
        raise VerificationError(f"the inclusion path has {len(path)} hashes; wanted {inner + border}")
    node = leaf
    for level, sibling in enumerate(path[:inner]):
        node = node_hash(sibling, node) if index >> level & 1 else node_hash(node, sibling)
    for sibling in path[inner:]:
        node = node_hash(sibling, node)
    if node != root:
        raise VerificationError(f"entry {index} does not lead to the root of the tree of size {size}")


def verify_consistency(
    *, old_size: int, new_size: int, path: Sequence[bytes], old_root: bytes, new_root: bytes
) -> None:
    """Verify that the tree of `old_size` leaves is the beginning of the tree of `new_size` leaves.

    A proof from size 0 does not exist: whoever starts there has nothing to be consistent with.

    Raises:
        VerificationError: the sizes are out of order or zero, the path has another length, or a root differs.
    """
    if not 0 < old_size <= new_size <= MAX_TREE_SIZE:
        raise VerificationError(f"no consistency proof leads from size {old_size} to size {new_size}")
    if old_size == new_size:
        # Roots are only compared here, so their length is their checkpoints' concern; shared vectors rely on that.
        if path or old_root != new_root:
            raise VerificationError(f"two trees of size {old_size} have different roots or a path between them")
        return
    _check_hashes(old_root, new_root, *path)
    # The proof is an inclusion path of the largest perfect subtree that ends the old tree; if that subtree is the
    # whole old tree, its root is known and is left out.
    shift = (old_size & -old_size).bit_length() - 1
    inner = ((old_size - 1) ^ (new_size - 1)).bit_length() - shift
    index = (old_size - 1) >> shift
    border = (index >> inner).bit_count()
    start = 0 if old_size == 1 << shift else 1
    if len(path) != start + inner + border:
        raise VerificationError(f"the consistency path has {len(path)} hashes; wanted {start + inner + border}")
    old_node = new_node = path[0] if start else old_root
    for level, sibling in enumerate(path[start : start + inner]):
        if index >> level & 1:
            old_node = node_hash(sibling, old_node)
            new_node = node_hash(sibling, new_node)
        else:
            new_node = node_hash(new_node, sibling)
    for sibling in path[start + inner :]:
        old_node = node_hash(sibling, old_node)
        new_node = node_hash(sibling, new_node)
    if old_node != old_root:
        raise VerificationError(f"the path does not lead to the root of the tree of size {old_size}")
    if new_node != new_root:
        raise VerificationError(f"the path does not lead to the root of the tree of size {new_size}")


def _check_hashes(*hashes: bytes) -> None:
    for value in hashes:
        if len(value) != HASH_BYTES:
            raise VerificationError(f"a hash has {len(value)} bytes; wanted {HASH_BYTES}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Frontier:
    """A tree held by the roots of its perfect subtrees, the largest first; growing it returns another.

    Raises:
        MalformedError: the size is out of range, or the nodes are not one hash for each of its set bits.
    """

    size: int
    nodes: tuple[bytes, ...]

    def __post_init__(self) -> None:
        if not 0 <= self.size <= MAX_TREE_SIZE:
            raise MalformedError(f"a tree has no size {self.size}")
        if len(self.nodes) != self.size.bit_count() or any(len(node) != HASH_BYTES for node in self.nodes):
            raise MalformedError(f"a frontier of size {self.size} needs {self.size.bit_count()} hashes of 32 bytes")

    @classmethod
    def empty(cls) -> "Frontier":
        """Return the tree without leaves."""
        return cls(size=0, nodes=())

    def append(self, leaf: bytes) -> "Frontier":
        """Return the tree with one more leaf hash."""
        return extend(self, (leaf,))

    def extend(self, leaf_hashes: Iterable[bytes]) -> "Frontier":
        """Return the tree with more leaf hashes."""
        return extend(self, tuple(leaf_hashes))

    def root(self) -> bytes:
        """Return the root of the tree."""
        if not self.nodes:
            return EMPTY_ROOT
        root = self.nodes[-1]
        for node in self.nodes[-2::-1]:
            root = node_hash(node, root)
        return root

    def encode(self) -> bytes:
        """Return the size as eight bytes, big-endian, and the nodes."""
        return self.size.to_bytes(8) + b"".join(self.nodes)

    @classmethod
    def parse(cls, data: bytes) -> "Frontier":
        """Read what `encode` returns.

        Raises:
            MalformedError: it is anything else.
        """
        if len(data) % HASH_BYTES != 8:  # noqa: PLR2004 - the size comes before whole hashes
            raise MalformedError(f"a frontier of {len(data)} bytes is no size and whole hashes")
        return cls(size=int.from_bytes(data[:8]), nodes=_split(data[8:]))


def _split(data: bytes) -> tuple[bytes, ...]:
    return tuple(data[start : start + HASH_BYTES] for start in range(0, len(data), HASH_BYTES))


def extend(frontier: Frontier, leaf_hashes: Sequence[bytes]) -> Frontier:
    """Return the tree that `frontier` becomes with more leaf hashes, each the result of `leaf_hash`.

    It works level by level, so that the inner loop is one list comprehension: about as fast as hashing allows.

    Raises:
        MalformedError: the tree would exceed the largest size.
    """
    kept = list(frontier.nodes)
    left_over: list[bytes] = []
    level = list(leaf_hashes)
    # `position` is the number of nodes that the old tree has on the level; its lowest bit says whether the last of
    # them still waits for a right neighbour, and then it is the last of `kept`.
    position = frontier.size
    while level:
        if position & 1:
            level.insert(0, kept.pop())
        if len(level) & 1:
            left_over.append(level.pop())
        level = _pairs(level)
        position >>= 1
    return Frontier(size=frontier.size + len(leaf_hashes), nodes=(*kept, *reversed(left_over)))


def root_at(size: int, read: HashReader) -> bytes:
    """Return the root of the first `size` leaves.

    Raises:
        MalformedError: no tree has this size.
    """
    if not 0 <= size <= MAX_TREE_SIZE:
        raise MalformedError(f"a tree has no size {size}")
    return _range_root(0, size, read) if size else EMPTY_ROOT


def inclusion_path(index: int, size: int, read: HashReader) -> list[bytes]:
    """Return the path that `verify_inclusion` takes.

    Raises:
        MalformedError: the index is not in a tree of this size.
    """
    if not 0 <= index < size <= MAX_TREE_SIZE:
        raise MalformedError(f"entry {index} is not in a tree of size {size}")
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = _split_point(start, end)
        if index < middle:
            path.append(_range_root(middle, end, read))
            end = middle
        else:
            path.append(_range_root(start, middle, read))
            start = middle
    path.reverse()
    return path


def consistency_path(old_size: int, new_size: int, read: HashReader) -> list[bytes]:
    """Return the path that `verify_consistency` takes; it is empty for equal sizes.

    Raises:
        MalformedError: the sizes are out of order, or the older one is 0.
    """
    if not 0 < old_size <= new_size <= MAX_TREE_SIZE:
        raise MalformedError(f"no consistency proof leads from size {old_size} to size {new_size}")
    path: list[bytes] = []
    start, end = 0, new_size
    while end != old_size:
        middle = _split_point(start, end)
        if old_size <= middle:
            path.append(_range_root(middle, end, read))
            end = middle
        else:
            path.append(_range_root(start, middle, read))
            start = middle
    if start:
        path.append(_range_root(start, end, read))
    path.reverse()
    return path


def _split_point(start: int, end: int) -> int:
    """Return where RFC 6962 splits the leaves [start, end), which must be more than one."""
    return start + (1 << ((end - start - 1).bit_length() - 1))


def _range_root(start: int, end: int, read: HashReader) -> bytes:
    """Return the root over [start, end), where `start` is a multiple of a power of two not below the length."""
    parts: list[bytes] = []
    while start < end:
        level = (end - start).bit_length() - 1
        parts.append(read(level, start >> level))
        start += 1 << level
    root = parts.pop()
    while parts:
        root = node_hash(parts.pop(), root)
    return root
