"""Officers' sessions at the desk: opened with a passphrase, held in memory only, ended by time or at logout.

A session is named by a random token. Only the token's digest is kept, so that a memory dump of the table names none; an
approver's statement pair is in memory exactly as long as the session.
"""

import secrets
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Final

from comity.errors import UnauthenticatedError, UnavailableError
from comity.node.keyring import OfficerKeys, officer_path, open_officer

LIFETIME: Final = timedelta(minutes=30)
# Deriving a key takes memory and a second; a few at once are plenty for a desk and bound what a stranger can cost.
MAX_LOGINS_AT_ONCE: Final = 2
MAX_SESSIONS: Final = 64


class Sessions:
    """The open sessions of one node; safe for threads."""

    def __init__(self, directory: Path, now: Callable[[], datetime]) -> None:
        self._directory = directory
        self._now = now
        self._lock = threading.Lock()
        self._logins = threading.BoundedSemaphore(MAX_LOGINS_AT_ONCE)
        self._open: dict[bytes, tuple[OfficerKeys, datetime]] = {}

    def open(self, officer: str, passphrase: str) -> tuple[str, datetime]:
        """Open a session and return its token and end.

        Raises:
            UnauthenticatedError: no such officer, or a wrong passphrase.
            UnavailableError: too many log in at once.
        """
        if not self._logins.acquire(timeout=10):
            raise UnavailableError("too many officers log in at once", retry_after_seconds=2)
        try:
            keys = open_officer(officer_path(self._directory, officer), passphrase)
        finally:
            self._logins.release()
        token = secrets.token_urlsafe(32)
        until = self._now() + LIFETIME
        with self._lock:
            self._drop_ended()
            if len(self._open) >= MAX_SESSIONS:
                raise UnavailableError("too many sessions are open", retry_after_seconds=60)
            self._open[_digest(token)] = keys, until
        return token, until

    def officer(self, token: str) -> OfficerKeys:
        """Return whose session a token names.

        Raises:
            UnauthenticatedError: the session has ended or never was.
        """
        with self._lock:
            self._drop_ended()
            found = self._open.get(_digest(token))
        if found is None:
            raise UnauthenticatedError("no session, or it has ended; log in")
        return found[0]

    def close(self, token: str) -> None:
        """End a session; one that is unknown is fine."""
        with self._lock:
            self._open.pop(_digest(token), None)

    def _drop_ended(self) -> None:
        now = self._now()
        self._open = {digest: held for digest, held in self._open.items() if held[1] > now}


def _digest(token: str) -> bytes:
    return sha256(token.encode("utf-8", "replace")).digest()
