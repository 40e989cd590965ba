"""Other authorities as this node meets them: their logs followed, their `keys` statements read, their HTTP answers.

Following a log is what makes its authority's keys known here: a `keys` statement counts when it is found in the
verified log, beside which its envelope lies, and its root signature matches the recognition. Two with one number are
evidence. Other public statements are kept as they are found (`comity.node.public_statements`).
"""

import threading
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from comity.errors import MalformedError, NotFoundError, UnavailableError, VerificationError
from comity.kernel.entry import PUBLIC
from comity.kernel.envelope import Envelope, parse_envelope
from comity.kernel.evidence import encode_two_keys
from comity.kernel.statement import parse_statement
from comity.kernel.trust import KEYS_KIND, Designation, Recognition, verify_designation, verify_root_signed
from comity.log.follower import Follower, PeerHead, prove_held, read_entries
from comity.log.reader import envelope_path
from comity.node import records
from comity.node.context import Node
from comity.node.contradictions import complete_contradictions
from comity.node.places import place_held
from comity.node.public_statements import keep_public
from comity.node.transport import Transport
from comity.store.database import Value

SCAN_ENTRIES: Final = 4096
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
            head = self._pull(recognition)
            self._scan(recognition, head)
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

    def _pull(self, recognition: Recognition) -> PeerHead:
        follower = Follower(
            origin=recognition.log.name,
            fetch=lambda path: self._fetch(recognition, path),
            policy=recognition.policy,
            database=self._node.database,
        )
        return follower.pull(now=int(self._node.now().timestamp()))

    def _fetch(self, recognition: Recognition, path: str) -> bytes:
        return self.transport.get(f"{recognition.url}/log/{path}")

    def _scan(self, recognition: Recognition, head: PeerHead) -> None:
        """Read the public entries that were not read yet."""
        origin = recognition.log.name
        while True:
            with self._node.database.reading() as reader:
                row = reader.one("peer_scan_read", {"origin": origin})
                start = 0 if row is None else int(row[0])
                if start >= head.held:
                    return
                end = min(head.held, start + SCAN_ENTRIES)
                entries = read_entries(reader, origin, start, end)
            done = start
            try:
                for done, entry in enumerate(entries, start):
                    if entry[:1] == PUBLIC:
                        self._read_public(recognition, done, entry[1:].hex())
                done = end
            finally:
                # What could not be read is asked for again at every following, and nothing after it counts meanwhile.
                with self._node.database.transaction() as tx:
                    tx.run("peer_scan_set", {"origin": origin, "size": done})

    def _read_public(self, recognition: Recognition, index: int, statement_id: str) -> None:
        try:
            data = self._fetch(recognition, envelope_path(statement_id))
        except NotFoundError as exc:
            raise UnavailableError(
                f"{recognition.authority} does not serve the public statement at entry {index}: its keys are not known"
            ) from exc
        if sha256(data).hexdigest() != statement_id:
            raise VerificationError(f"{recognition.authority} serves other bytes for statement {statement_id[:12]}…")
        try:
            envelope = parse_envelope(data)
            keys = parse_statement(envelope.payload).kind == KEYS_KIND
            designation = verify_root_signed(envelope, recognition) if keys else None
        except (MalformedError, VerificationError):
            # Logged, but no statement, or not signed by the recognised root: it designates nothing, now or ever.
            return
        if designation is not None:
            self._keep_keys(recognition, designation, envelope, index)
            return
        with self._node.database.transaction() as tx:
            keep_public(tx, recognition.log.name, index, envelope)

    def _keep_keys(self, recognition: Recognition, designation: Designation, envelope: Envelope, index: int) -> None:
        number: dict[str, Value] = {"authority": designation.authority, "number": designation.number}
        with self._node.database.transaction() as tx:
            known = tx.one("designation_by_number", number)
            if known is None:
                try:
                    verify_designation(envelope, recognition)
                except VerificationError:
                    # It names another log than the one it stands in; the gap in the numbers will show.
                    return
                proof = prove_held(tx, f"{designation.authority}/log", index).encode()
                records.add_designation(tx, designation, envelope, log_index=index, proof=proof)
            elif known[0] != envelope.id and parse_envelope(known[1]).payload != envelope.payload:
                evidence = encode_two_keys(parse_envelope(known[1]), envelope)
                found = int(self._node.now().timestamp())
                about = {"authority": designation.authority, "about": f"keys {designation.number}"}
                tx.run("statement_evidence_add", {**about, "found": found, "evidence": evidence})
