"""One process at a time: the lock that a node's writer holds while it runs.

The lock lives as long as the open file does, so a killed process leaves none behind. It guards against a second process
started by mistake; against everything else the signed head moves by compare-and-swap.
"""

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from comity.errors import ConflictError, StoreError


class ProcessLock:
    """An exclusive lock on a file, held from construction until `close`."""

    def __init__(self, path: Path) -> None:
        """Take the lock.

        Raises:
            ConflictError: another process holds it.
            StoreError: the file cannot be opened.
        """
        try:
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as exc:
            raise StoreError(f"opening the lock {path}: {exc.strerror}") from exc
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as exc:
            os.close(self._descriptor)
            raise ConflictError(f"another process holds {path}; stop it first") from exc

    def close(self) -> None:
        """Release the lock; a second call does nothing."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
