import pytest

from comity.kernel.merkle import tree_root
from comity.log.contradiction import find_rewritten, find_same_size, implied_older_root
from support.trees import LEAVES, OTHERS, checkpoint_at, path_between, signed


@pytest.mark.parametrize("new_size", range(2, 21))
def test_a_path_yields_the_older_root_unless_the_older_size_is_a_power_of_two(new_size: int) -> None:
    new_root = tree_root(LEAVES[:new_size])
    for old_size in range(1, new_size):
        path = path_between(old_size, new_size)
        wanted = None if old_size & (old_size - 1) == 0 else tree_root(LEAVES[:old_size])
        assert implied_older_root(old_size=old_size, new_size=new_size, path=path, new_root=new_root) == wanted
        for wrong in ([], path[:-1], [*path, bytes(32)], [bytes(32), *path[1:]], path[::-1]):
            if wrong != path:
                assert implied_older_root(old_size=old_size, new_size=new_size, path=wrong, new_root=new_root) is None


def test_one_size_with_one_root_is_no_contradiction() -> None:
    first = (checkpoint_at(5), signed(5).encode())
    assert find_same_size(first, first) is None
    assert find_same_size(first, (checkpoint_at(6), signed(6).encode())) is None
    assert find_same_size(first, (checkpoint_at(5, OTHERS), signed(5, OTHERS).encode())) is not None


def test_a_rewritten_power_of_two_needs_the_older_root_told() -> None:
    older, newer = (checkpoint_at(8), signed(8).encode()), (checkpoint_at(11, OTHERS), signed(11, OTHERS).encode())
    path = path_between(8, 11, OTHERS)
    assert find_rewritten(older, newer, path=path) is None
    assert find_rewritten(older, newer, path=path, older_root=bytes(32)) is None
    evidence = find_rewritten(older, newer, path=path, older_root=tree_root(OTHERS[:8]))
    assert evidence is not None
    assert evidence.older_root == tree_root(OTHERS[:8])


def test_a_log_that_grew_is_no_contradiction() -> None:
    older, newer = (checkpoint_at(5), signed(5).encode()), (checkpoint_at(9), signed(9).encode())
    assert find_rewritten(older, newer, path=path_between(5, 9)) is None
