"""Duties: deliveries and fetches, kept as rows and tried until they are done or refused for good.

A peer that does not answer makes a duty wait, longer each time, for ever: a peer that is down for a day gets everything
on the next. A refusal by the peer's rules ends a duty and shows at the desk. Order holds for each peer.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby
from typing import Final

import msgspec

from comity.age.recipient import parse_recipient
from comity.age.stream import decrypt_bytes, encrypt_bytes
from comity.errors import Error, MalformedError, PolicyError, StoreError, UnavailableError, VerificationError
from comity.exchange.delivery import MAX_DELIVERY_BYTES, claimed_issuer, encode_delivery, open_delivery, parse_delivery
from comity.exchange.statements import Receipt, body_of
from comity.node import records
from comity.node.context import Node
from comity.node.desk import DELIVER
from comity.node.exhibits import fetch_exhibit
from comity.node.inbox import FETCH
from comity.node.peers import Peers
from comity.store.database import Row

FIRST_WAIT_SECONDS: Final = 1.0
LONGEST_WAIT_SECONDS: Final = 300.0
# Answers after which the same bytes would be refused again.
_FINAL_STATUSES: Final = {400, 401, 403, 409, 413, 422}
_PEERS_AT_ONCE: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A duty that is due."""

    id: int
    kind: str
    key: str
    addressee: str
    attempts: int


def run_due(node: Node, peers: Peers) -> int:
    """Do every duty that is due, peers side by side, and return how many were settled.

    Raises:
        StoreError: the database failed.
    """
    with node.database.reading() as reader:
        rows = reader.all("jobs_due", {"now": node.now().timestamp()})
    jobs = sorted((_job(row) for row in rows), key=lambda job: (job.addressee, job.id))
    groups = [list(group) for _, group in groupby(jobs, key=lambda job: job.addressee)]
    if not groups:
        return 0
    with ThreadPoolExecutor(min(_PEERS_AT_ONCE, len(groups))) as pool:
        return sum(pool.map(lambda group: _run_group(node, peers, group), groups))


def _job(row: Row) -> Job:
    number, kind, key, addressee, attempts = row
    return Job(id=number, kind=kind, key=key, addressee=addressee, attempts=attempts)


def _run_group(node: Node, peers: Peers, jobs: Iterable[Job]) -> int:
    """Do one peer's duties in order; when it does not answer, the rest wait as well."""
    settled = 0
    for job in jobs:
        action: Callable[[Node, Peers, Job], None] = {DELIVER: _deliver, FETCH: _fetch}[job.kind]
        try:
            action(node, peers, job)
        except (UnavailableError, StoreError) as exc:
            _later(node, job, exc)
            break
        except Error as exc:
            _settle(node, "job_failed", job, exc.message)
        else:
            _settle(node, "job_done", job, None)
            settled += 1
    return settled


def _settle(node: Node, query: str, job: Job, problem: str | None) -> None:
    with node.database.transaction() as tx:
        tx.run(query, {"id": job.id} | ({} if problem is None else {"problem": problem}))


def _later(node: Node, job: Job, error: Error) -> None:
    wait = min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2 ** min(job.attempts, 10))
    if isinstance(error, UnavailableError) and error.retry_after_seconds is not None:
        wait = min(wait, float(error.retry_after_seconds))
    due = node.now().timestamp() + wait
    with node.database.transaction() as tx:
        tx.run("job_later", {"id": job.id, "due": due, "problem": error.message})


def _deliver(node: Node, peers: Peers, job: Job) -> None:
    """Deliver a statement and keep the receipt that comes back."""
    with node.database.reading() as reader:
        record = records.get_statement(reader, job.key)
    if record.receipt is not None:
        return
    designation = node.designation(job.addressee)
    data = encrypt_bytes(encode_delivery(record.spoken), [parse_recipient(designation.recipient)])
    status, headers, answer = peers.transport.post(f"{designation.url}/deliver", data)
    if status != 200:  # noqa: PLR2004 - HTTP
        message = f"{job.addressee} answers {status}: {_peer_message(answer)}"
        if status in _FINAL_STATUSES:
            raise PolicyError(message)
        raise UnavailableError(message, retry_after_seconds=_seconds(headers.get("retry-after")))
    spoken = parse_delivery(decrypt_bytes(answer, [node.keys.delivery], max_bytes=MAX_DELIVERY_BYTES))
    if claimed_issuer(spoken) != job.addressee:
        raise VerificationError(f"the receipt claims to come from {claimed_issuer(spoken)}, not from {job.addressee}")
    history = node.history(job.addressee)
    receipt = open_delivery(spoken, history.latest()[1], history=history)
    body = body_of(receipt, Receipt)
    stated = (body.received, body.bytes, receipt.subject, receipt.to)
    if stated != (record.id, len(record.spoken.envelope.encoded), record.case, (node.authority,)):
        raise VerificationError(f"the receipt of {job.addressee} is for other bytes than were delivered")
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


def _peer_message(answer: bytes) -> str:
    """Return what a peer says of its refusal, made safe to show."""
    try:
        value = msgspec.json.decode(answer[:4096])
        text = str(value["message"])
    except (msgspec.DecodeError, MalformedError, KeyError, TypeError):
        text = answer[:200].decode("utf-8", "replace")
    return "".join(character if character.isprintable() else " " for character in text)[:500]


def _seconds(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 6 else None  # noqa: PLR2004 - a day
