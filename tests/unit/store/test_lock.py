from pathlib import Path

import pytest

from comity.errors import ConflictError, StoreError
from comity.store.lock import ProcessLock


def test_a_lock_is_held_by_one_at_a_time(tmp_path: Path) -> None:
    with ProcessLock(tmp_path / "lock") as lock:
        with pytest.raises(ConflictError, match="another process holds"):
            ProcessLock(tmp_path / "lock")
        lock.close()
    ProcessLock(tmp_path / "lock").close()


def test_a_lock_that_cannot_be_opened_says_so(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="opening the lock"):
        ProcessLock(tmp_path / "nowhere" / "lock")
