"""Other authorities as this node meets them: their logs followed over HTTP, and how lately."""

import threading
from datetime import datetime, timedelta
from typing import Final

from comity.kernel.trust import Recognition
from comity.log.followed import FollowedLog
from comity.log.follower import PeerHead
from comity.node.context import Node
from comity.node.contradictions import complete_contradictions
from comity.node.places import place_held
from comity.node.transport import Transport

# A peer's log is followed every half minute; a few rounds may fail before its word is no longer taken.
FRESH: Final = timedelta(minutes=5)


class Peers:
    """The recognised authorities; safe for threads, one of which follows a log at a time."""

    def __init__(self, node: Node, transport: Transport) -> None:
        self._node = node
        self.transport = transport
        self._locks: dict[str, threading.Lock] = {}
        self._followed: dict[str, datetime] = {}
        self._guard = threading.Lock()

    def follow(self, authority: str) -> PeerHead:
        """Bring this node's copy of an authority's log, its keys and the places of its statements up to date.

        Raises:
            PolicyError: the authority is not recognised here.
            Error: whatever following a log raises; what was verified before stays kept.
        """
        recognition = self._node.recognition(authority)
        with self._lock(authority):
            head = self._log(recognition).pull(now=int(self._node.now().timestamp()))
            place_held(self._node, authority, recognition.policy)
            complete_contradictions(self._node, authority)
            self._followed[authority] = self._node.now()
            return head

    def is_fresh(self, authority: str) -> bool:
        """Whether an authority's log was followed in full so lately that its newest keys are known.

        A key may have been revoked in what was not read: such a peer is asked again before its word is taken.
        """
        followed = self._followed.get(authority)
        return followed is not None and abs(self._node.now() - followed) <= FRESH

    def _lock(self, authority: str) -> threading.Lock:
        with self._guard:
            return self._locks.setdefault(authority, threading.Lock())

    def _log(self, recognition: Recognition) -> FollowedLog:
        return FollowedLog(
            recognition,
            fetch=lambda path: self.transport.get(f"{recognition.url}/log/{path}"),
            database=self._node.database,
        )
