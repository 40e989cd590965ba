"""Work for peers, side by side: one task a peer at a time, and no peer waits for another.

A peer that answers slowly, on purpose or not, holds up its own work only.
"""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

_LOG = logging.getLogger("comity.node")
# Each slow peer can hold one of these for as long as the transport's own limits let it.
_THREADS: Final = 16


class SideBySide:
    """Runs tasks in threads, at most one for each peer."""

    def __init__(self, name: str) -> None:
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix=name)
        self._busy: set[str] = set()
        self._lock = threading.Lock()

    def run(self, peer: str, task: Callable[[], object]) -> None:
        """Run `task` unless one for the same peer is under way; then it comes up again at the next round."""
        with self._lock:
            if peer in self._busy:
                return
            self._busy.add(peer)
        self._pool.submit(self._run, peer, task)

    def stop(self) -> None:
        """Drop what has not begun and wait for what has."""
        self._pool.shutdown(cancel_futures=True)

    def _run(self, peer: str, task: Callable[[], object]) -> None:
        try:
            task()
        except Exception:  # noqa: BLE001 - a thread of a pool has nobody above it to tell
            # The next round tries again; what went wrong must not stay unseen until then.
            _LOG.exception("work for %s failed", peer)
        finally:
            with self._lock:
                self._busy.discard(peer)
