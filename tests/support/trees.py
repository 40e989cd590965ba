"""Signed checkpoints of a fictitious log over a small tree, and over another one."""

from comity.kernel.checkpoint import Checkpoint, sign_checkpoint
from comity.kernel.merkle import HashReader, consistency_path, leaf_hash, tree_root
from comity.kernel.note import Note, parse_note
from support.logs import LOG, START, entry

LEAVES = [leaf_hash(entry(number)) for number in range(20)]
OTHERS = [leaf_hash(entry(f"other {number}")) for number in range(20)]


def hash_reader(leaves: list[bytes]) -> HashReader:
    return lambda level, index: tree_root(leaves[index << level : (index + 1) << level])


def checkpoint_at(size: int, leaves: list[bytes] = LEAVES) -> Checkpoint:
    return Checkpoint(origin=LOG.public.name, size=size, root=tree_root(leaves[:size]))


def signed(size: int, leaves: list[bytes] = LEAVES, time: int = START) -> Note:
    return parse_note(sign_checkpoint(checkpoint_at(size, leaves), LOG, time))


def path_between(old_size: int, size: int, leaves: list[bytes] = LEAVES) -> list[bytes]:
    return consistency_path(old_size, size, hash_reader(leaves[:size])) if old_size else []
