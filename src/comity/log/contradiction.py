"""Two checkpoints of one log that no append-only log could have: found by a witness or a follower, and kept for ever.

For one size, two roots suffice. For two sizes it takes a path that reproduces the newer root and yields another root at
the older size than the log had signed. `comity.kernel.evidence` verifies what is kept here against the log's own keys.
"""

from collections.abc import Sequence

from comity.errors import VerificationError
from comity.kernel.checkpoint import Checkpoint
from comity.kernel.evidence import SplitView
from comity.kernel.merkle import node_hash, verify_consistency
from comity.store.database import Reader, Transaction


def implied_older_root(*, old_size: int, new_size: int, path: Sequence[bytes], new_root: bytes) -> bytes | None:
    """Return the root at `old_size` that a consistency path yields, if the path reproduces `new_root`.

    None also where the older size is a power of two: such a path leaves the older root out, so it proves none.
    """
    if not 0 < old_size < new_size or old_size & (old_size - 1) == 0 or not path:
        return None
    # RFC 9162 section 2.1.4.2, where the path begins with the root of the last perfect subtree of the older tree.
    index, last = old_size - 1, new_size - 1
    while index & 1:
        index, last = index >> 1, last >> 1
    older = path[0]
    for sibling in path[1:]:
        if index & 1 or index == last:
            older = node_hash(sibling, older)
            while index and not index & 1:
                index, last = index >> 1, last >> 1
        index, last = index >> 1, last >> 1
    try:
        verify_consistency(old_size=old_size, new_size=new_size, path=path, old_root=older, new_root=new_root)
    except VerificationError:
        return None
    return older


def find_same_size(first: tuple[Checkpoint, bytes], second: tuple[Checkpoint, bytes]) -> SplitView | None:
    """Return the evidence if two verified checkpoints, each with its note, have one size and two roots."""
    if first[0].size != second[0].size or first[0].size == 0 or first[0].root == second[0].root:
        return None
    return SplitView(older=first[1], newer=second[1])


def find_rewritten(
    older: tuple[Checkpoint, bytes],
    newer: tuple[Checkpoint, bytes],
    *,
    path: Sequence[bytes],
    older_root: bytes | None = None,
) -> SplitView | None:
    """Return the evidence if the path shows that the newer tree began with other entries than the older checkpoint.

    `older_root` is the root that the newer tree had at the older size, where the caller knows it; a path yields it
    unless the older size is a power of two.
    """
    sizes = {"old_size": older[0].size, "new_size": newer[0].size}
    if older_root is None:
        older_root = implied_older_root(path=path, new_root=newer[0].root, **sizes)
    if older_root is None or older_root == older[0].root:
        return None
    try:
        verify_consistency(path=path, old_root=older_root, new_root=newer[0].root, **sizes)
    except VerificationError:
        return None
    return SplitView(older=older[1], newer=newer[1], path=tuple(path), older_root=older_root)


def keep_evidence(tx: Transaction, older: Checkpoint, newer: Checkpoint, evidence: SplitView, *, found: int) -> None:
    """Keep evidence within the caller's transaction; a pair of trees is kept once.

    Raises:
        StoreError: the database failed.
    """
    tx.run(
        "log_evidence_add",
        {
            "origin": older.origin,
            "older_size": older.size,
            "older_root": older.root,
            "newer_size": newer.size,
            "newer_root": newer.root,
            "found": found,
            "evidence": evidence.encode(),
        },
    )


def read_evidence(tx: Reader, origin: str) -> list[tuple[int, bytes]]:
    """Return when each piece of evidence against a log was found, and the evidence file.

    Raises:
        StoreError: the database failed.
    """
    return [(int(found), bytes(data)) for found, data in tx.all("log_evidence_list", {"origin": origin})]
