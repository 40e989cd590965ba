"""One recognised authority's log, followed: its entries, its `keys` statements, its other public statements.

Following a log is what makes its authority's keys known: a `keys` statement counts when it is found in the verified
log, beside which its envelope lies, and its root signature matches the recognition. Two with one number are evidence.
Other public statements are kept as they are found (`comity.log.public_statements`).

`fetch` maps a path below the log's prefix to bytes, as for a reader of the log; nothing it returns is trusted.
"""

from hashlib import sha256
from typing import Final

from comity.errors import MalformedError, NotFoundError, UnavailableError, VerificationError
from comity.kernel.entry import PUBLIC
from comity.kernel.envelope import Envelope, parse_envelope
from comity.kernel.evidence import encode_two_keys
from comity.kernel.statement import parse_statement
from comity.kernel.trust import KEYS_KIND, Designation, Recognition, verify_designation, verify_root_signed
from comity.log.contradiction import read_evidence
from comity.log.designations import add_designation
from comity.log.follower import Follower, PeerHead, prove_held, read_entries
from comity.log.public_statements import keep_public
from comity.log.reader import Fetch, envelope_path
from comity.store.database import Database, Reader, Value

SCAN_ENTRIES: Final = 4096


def kept_evidence(reader: Reader, authority: str) -> list[tuple[int, bytes]]:
    """Return the kept evidence of misbehaviour of an authority: of its log, then of its statements; and when found.

    Raises:
        StoreError: the database failed.
    """
    rows = reader.all("statement_evidence_list", {"authority": authority})
    return [*read_evidence(reader, f"{authority}/log"), *((int(row[0]), bytes(row[1])) for row in rows)]


class FollowedLog:
    """The copy of one authority's log in a database; one thread at a time."""

    def __init__(self, recognition: Recognition, *, fetch: Fetch, database: Database) -> None:
        self._recognition = recognition
        self._fetch = fetch
        self._database = database

    def pull(self, *, now: int) -> PeerHead:
        """Bring the copy up to date; what was verified before an error stays kept.

        `now` is POSIX seconds, kept with evidence.

        Raises:
            Error: whatever following a log raises.
            UnavailableError: the log does not serve a public statement.
            VerificationError: it serves other bytes for one.
        """
        follower = Follower(
            origin=self._recognition.log.name,
            fetch=self._fetch,
            policy=self._recognition.policy,
            database=self._database,
        )
        head = follower.pull(now=now)
        self._scan(head, now)
        return head

    def _scan(self, head: PeerHead, now: int) -> None:
        """Read the public entries that were not read yet."""
        origin = self._recognition.log.name
        while True:
            with self._database.reading() as reader:
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
                        self._read_public(done, entry[1:].hex(), now)
                done = end
            finally:
                # What could not be read is asked for again at every following, and nothing after it counts meanwhile.
                with self._database.transaction() as tx:
                    tx.run("peer_scan_set", {"origin": origin, "size": done})

    def _read_public(self, index: int, statement_id: str, now: int) -> None:
        recognition = self._recognition
        try:
            data = self._fetch(envelope_path(statement_id))
        except NotFoundError as exc:
            raise UnavailableError(
                f"{recognition.authority} does not serve the public statement at entry {index}: its keys are not known"
            ) from exc
        if sha256(data).hexdigest() != statement_id:
            raise VerificationError(f"{recognition.authority} serves other bytes for statement {statement_id[:12]}…")
        try:
            envelope = parse_envelope(data)
            kind = parse_statement(envelope.payload).kind
            designation = verify_root_signed(envelope, recognition) if kind == KEYS_KIND else None
        except (MalformedError, VerificationError):
            # Logged, but no statement, or not signed by the recognised root: it designates nothing, now or ever.
            return
        if designation is not None:
            self._keep_keys(designation, envelope, index, now)
            return
        with self._database.transaction() as tx:
            keep_public(tx, recognition.log.name, index, envelope, kind)

    def _keep_keys(self, designation: Designation, envelope: Envelope, index: int, now: int) -> None:
        number: dict[str, Value] = {"authority": designation.authority, "number": designation.number}
        with self._database.transaction() as tx:
            known = tx.one("designation_by_number", number)
            if known is None:
                try:
                    verify_designation(envelope, self._recognition)
                except VerificationError:
                    # It names another log than the one it stands in; the gap in the numbers will show.
                    return
                proof = prove_held(tx, f"{designation.authority}/log", index).encode()
                add_designation(tx, designation, envelope, log_index=index, proof=proof)
            elif known[0] != envelope.id and parse_envelope(known[1]).payload != envelope.payload:
                evidence = encode_two_keys(parse_envelope(known[1]), envelope)
                about = {"authority": designation.authority, "about": f"keys {designation.number}"}
                tx.run("statement_evidence_add", {**about, "found": now, "evidence": evidence})
