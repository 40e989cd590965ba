"""Duties: deliveries and fetches, kept as rows and tried until they are done or refused for good.

A peer that does not answer makes all its duties wait, longer each time, for ever: a peer that is down for a day gets
everything on the next, in order. Only a refusal by the peer's rules, in the form of the one error tree, ends a duty; it
shows at the desk. Whatever else comes back may be a box on the way, and the duty is tried again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

import msgspec

from comity.age.stream import decrypt_bytes, encrypt_bytes
from comity.errors import (
    ConflictError,
    Error,
    MalformedError,
    NotFoundError,
    PolicyError,
    StoreError,
    TooLargeError,
    UnavailableError,
    VerificationError,
)
from comity.exchange.delivery import (
    MAX_DELIVERY_BYTES,
    claimed_issuer,
    encode_delivery,
    parse_delivery,
)
from comity.node import records
from comity.node.context import Node
from comity.node.desk import DELIVER
from comity.node.exhibits import fetch_exhibit
from comity.node.inbox import FETCH, check_receipt, open_from, shown
from comity.node.peers import Peers
from comity.store.database import Row

FIRST_WAIT_SECONDS: Final = 1.0
LONGEST_WAIT_SECONDS: Final = 300.0
# Codes of answers after which the same bytes would be refused again.
_FINAL_CODES: Final = frozenset(
    kind.code for kind in (MalformedError, TooLargeError, VerificationError, PolicyError, ConflictError, NotFoundError)
)


class PeerRefusedError(PolicyError):
    """The peer's rules refuse what was delivered; the duty ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A duty that is due."""

    id: int
    kind: str
    key: str
    addressee: str
    attempts: int


def run_due(node: Node, peers: Peers) -> int:
    """Do every duty that is due, one peer after the other, and return how many were settled.

    Raises:
        StoreError: the database failed.
    """
    return sum(run_duties(node, peers, jobs) for jobs in due_duties(node).values())


def due_duties(node: Node) -> dict[str, list[Job]]:
    """Return the duties that are due, in order, for each peer.

    Raises:
        StoreError: the database failed.
    """
    with node.database.reading() as reader:
        now = node.now().timestamp()
        rows = reader.all("jobs_due", {"now": now, "latest": now + 2 * LONGEST_WAIT_SECONDS})
    jobs = sorted((_job(row) for row in rows), key=lambda job: (job.addressee, job.id))
    return {addressee: list(group) for addressee, group in groupby(jobs, key=lambda job: job.addressee)}


def _job(row: Row) -> Job:
    number, kind, key, addressee, attempts = row
    return Job(id=number, kind=kind, key=key, addressee=addressee, attempts=attempts)


def run_duties(node: Node, peers: Peers, jobs: Sequence[Job]) -> int:
    """Do one peer's duties in order and return how many were settled; when it does not answer, the rest wait.

    Raises:
        StoreError: the database failed.
    """
    settled = 0
    for number, job in enumerate(jobs):
        action: Callable[[Node, Peers, Job], None] = {DELIVER: _deliver, FETCH: _fetch}[job.kind]
        try:
            action(node, peers, job)
        except PeerRefusedError as exc:
            _settle(node, "job_failed", job, exc.message)
        except Error as exc:
            if _is_down(exc):
                _later(node, jobs[number:], exc)
                break
            _later(node, [job], exc)
        else:
            _settle(node, "job_done", job, None)
            settled += 1
    if settled:
        # What waited because the peer was down, or for what has just been delivered, need not wait on.
        with node.database.transaction() as tx:
            tx.run("job_wake", {"addressee": jobs[0].addressee, "now": node.now().timestamp()})
    return settled


def _is_down(error: Error) -> bool:
    """Whether an error says that the peer, or this node's disk, is not there; who names a time to try again is."""
    return isinstance(error, StoreError) or (isinstance(error, UnavailableError) and error.retry_after_seconds is None)


def _settle(node: Node, query: str, job: Job, problem: str | None) -> None:
    with node.database.transaction() as tx:
        tx.run(query, {"id": job.id} | ({} if problem is None else {"problem": problem}))


def _later(node: Node, jobs: Sequence[Job], error: Error) -> None:
    """Put duties off together, so that they keep their order."""
    wait = FIRST_WAIT_SECONDS * 2 ** min(jobs[0].attempts, 10)
    if isinstance(error, UnavailableError) and error.retry_after_seconds is not None:
        wait = max(wait, float(error.retry_after_seconds))
    due = node.now().timestamp() + min(wait, LONGEST_WAIT_SECONDS)
    with node.database.transaction() as tx:
        for job in jobs:
            tx.run("job_later", {"id": job.id, "due": due, "problem": shown(error.message)})


def _deliver(node: Node, peers: Peers, job: Job) -> None:
    """Deliver a statement and keep the receipt that comes back."""
    with node.database.reading() as reader:
        record = records.get_statement(reader, job.key)
    if record.receipt is not None:
        return
    designation = node.designation(job.addressee)
    data = encrypt_bytes(encode_delivery(record.spoken), [node.recipient(job.addressee)])
    status, headers, answer = peers.transport.post(f"{designation.url}/deliver", data)
    if status != 200:  # noqa: PLR2004 - HTTP
        code, told = _refusal(answer)
        message = f"{job.addressee} answers {status}: {told}"
        if code in _FINAL_CODES:
            raise PeerRefusedError(message)
        raise UnavailableError(message, retry_after_seconds=_seconds(headers.get("retry-after")))
    spoken = parse_delivery(decrypt_bytes(answer, node.keys.deliveries, max_bytes=MAX_DELIVERY_BYTES))
    if claimed_issuer(spoken) != job.addressee:
        raise VerificationError(f"the receipt claims to come from {claimed_issuer(spoken)}, not from {job.addressee}")
    receipt = open_from(node, spoken, job.addressee, peers.follow)
    check_receipt(record, receipt, now=node.now())
    with node.database.transaction() as tx:
        if tx.run("statement_set_receipt", {"id": record.id, "receipt_id": spoken.envelope.id}):
            records.add_statement(tx, spoken, receipt, own=False, arrival=None, now=node.now())


def _fetch(node: Node, peers: Peers, job: Job) -> None:
    """Fetch the encrypted bytes of an exhibit."""
    with node.database.reading() as reader:
        row = reader.one("exhibit_get", {"encrypted_digest": job.key})
    if row is None or row[5]:
        return
    fetch_exhibit(node, peers.transport, digest=job.key, size=row[4], url=node.designation(job.addressee).url)


class _Refusal(msgspec.Struct):
    """The one form in which a node answers an error."""

    error: str
    message: str


def _refusal(answer: bytes) -> tuple[str | None, str]:
    """Return the code and message of a peer's refusal, made safe to show; no code where it has another form."""
    try:
        value = msgspec.json.decode(answer, type=_Refusal)
    except (ValueError, RecursionError):
        return None, shown(answer[:200].decode("utf-8", "replace"))
    return value.error, shown(value.message)


def _seconds(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 6 else None  # noqa: PLR2004 - a day
