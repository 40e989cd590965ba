"""The inbox: what happens to a delivery, step by step, and what its sender is told.

1. Size and encryption: an age file to this node's delivery identity.
2. Form: one sealed statement with its opening.
3. Sender: recognised here, and signed by a pair that its `keys` statement in force designates: the one before the
   statement's entry where that is known to be logged, else the newest. An unknown key is looked for once more after
   following the sender's log.
4. Addressee, exercise flag and time fit this node.
5. The same statement again gets the stored receipt; no second entry is made.
6. The case: who may say this here, after what.
7. The law, derived again from this node's own tables.
8. Statement, receipt and the receipt's entry in one transaction; then the answer, encrypted to the sender.

A refusal at any step leaves nothing in a case; one line is kept for the desk. What is only unavailable is no refusal:
the sender tries again.
"""

import contextlib
from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from comity.age.stream import decrypt_bytes, encrypt_bytes
from comity.errors import (
    Error,
    PolicyError,
    StoreError,
    TooLargeError,
    UnavailableError,
    VerificationError,
)
from comity.exchange.delivery import (
    MAX_DELIVERY_BYTES,
    Spoken,
    claimed_issuer,
    encode_delivery,
    open_delivery,
    parse_delivery,
    speak,
)
from comity.exchange.rules import MAX_CLOCK_SKEW
from comity.exchange.statements import Exhibit, Package, Receipt, body_of, encode_body
from comity.kernel.canonical import encode_json, format_time, parse_time
from comity.kernel.statement import Statement
from comity.log.follower import find_entry
from comity.log.state import append_pending
from comity.node import records
from comity.node.context import Node
from comity.node.contradictions import keep_contradiction
from comity.node.desk import check_statement
from comity.store.database import Reader, Transaction

# An age file is its plain bytes, a header and 16 bytes for each 64 KiB.
MAX_ENCRYPTED_BYTES: Final = MAX_DELIVERY_BYTES + 64 * 1024
# The law of a request is that of its date, so that nobody may choose one at will; a peer can be down for weeks.
MAX_AGE: Final = timedelta(days=30)
KEPT_REFUSALS: Final = 1000
# Of what others have written, at most this much is kept or shown.
MAX_SHOWN: Final = 500
# A sender whose clock is ahead is told to come back when its time has come, or at least so often.
LONGEST_RETRY_SECONDS: Final = 3600
FETCH: Final = "fetch"

Follow = Callable[[str], object]


def accept_delivery(node: Node, data: bytes, *, follow: Follow, is_fresh: Callable[[str], bool]) -> bytes:
    """Accept one delivery and return the receipt, encrypted to the sender.

    `follow` brings this node's copy of an authority's log up to date; `is_fresh` says whether that was done lately.

    Raises:
        Error: whatever the tree has for the step that refused it; the refusal is noted for the desk.
    """
    try:
        return _accept(node, data, follow, is_fresh)
    except (UnavailableError, StoreError):
        raise
    except Error as exc:
        # The sender is told the reason even where this node cannot note it.
        with contextlib.suppress(StoreError):
            _note_refusal(node, data, exc)
        raise


def _accept(node: Node, data: bytes, follow: Follow, is_fresh: Callable[[str], bool]) -> bytes:
    # 1.
    if len(data) > MAX_ENCRYPTED_BYTES:
        raise TooLargeError(f"a delivery has {len(data)} bytes, at most {MAX_ENCRYPTED_BYTES} are read")
    plain = decrypt_bytes(data, node.keys.deliveries, max_bytes=MAX_DELIVERY_BYTES)
    # 2.
    spoken = parse_delivery(plain)
    issuer = claimed_issuer(spoken)
    # 3.
    statement = _verify_sender(node, spoken, issuer, follow, is_fresh)
    # 4.
    _check_headers(node, statement)
    if statement.kind == "receipt":
        _keep_receipt(node, spoken, statement)
        return b""
    # Whoever cannot be answered is refused before anything is kept.
    recipient = node.recipient(issuer)
    # 5.
    with node.database.reading() as reader:
        receipt = _stored_receipt(reader, spoken.envelope.id)
    if receipt is None:
        # 6, 7, 8.
        receipt = _keep(node, spoken, statement)
    return encrypt_bytes(encode_delivery(receipt), [recipient])


def _verify_sender(
    node: Node, spoken: Spoken, issuer: str, follow: Follow, is_fresh: Callable[[str], bool]
) -> Statement:
    if issuer == node.authority:
        raise PolicyError(f"the statement claims to come from {issuer}, which is this authority itself")
    node.recognition(issuer)
    if not is_fresh(issuer):
        follow(issuer)
        if not is_fresh(issuer):
            raise UnavailableError(
                f"the log of {issuer} cannot be followed just now, so a key may have been revoked unseen",
                retry_after_seconds=30,
            )
    return open_from(node, spoken, issuer, follow)


def open_from(node: Node, spoken: Spoken, issuer: str, follow: Follow) -> Statement:
    """Verify and open what claims to come from `issuer`, by where it is logged, else by its newest keys.

    Raises:
        VerificationError: no pair of the issuer that was or is designated signed it, or it is opened in part only.
        MalformedError: the content breaks its format.
    """
    try:
        return _open(node, spoken, issuer)
    except VerificationError:
        # The key may have been designated, or the statement logged, since this node last looked.
        follow(issuer)
        return _open(node, spoken, issuer)


def _open(node: Node, spoken: Spoken, issuer: str) -> Statement:
    history = node.history(issuer)
    with node.database.reading() as reader:
        index = find_entry(reader, f"{issuer}/log", spoken.entry)
    # A key that was revoked while the delivery was on its way was valid where the statement is logged.
    _, designation = history.latest() if index is None else history.at(index)
    return open_delivery(spoken, designation, history=history)


def _check_headers(node: Node, statement: Statement) -> None:
    if node.authority not in statement.to:
        raise PolicyError(
            f"the {statement.kind} of {statement.issuer} is addressed to {', '.join(statement.to) or 'the public'}, "
            f"not to {node.authority}"
        )
    if statement.exercise != node.settings.exercise:
        raise PolicyError(
            "this is a live node and refuses exercise statements"
            if statement.exercise
            else "this is an exercise and refuses live statements"
        )
    if node.now() - statement.issued > MAX_AGE:
        raise PolicyError(
            f"the statement is dated {format_time(statement.issued)}, more than {MAX_AGE.days} days before it arrived"
        )
    ahead = statement.issued - node.now()
    if ahead > MAX_CLOCK_SKEW:
        # Time heals this, whichever of the two clocks is wrong: a refusal for good would lose the statement.
        raise UnavailableError(
            f"the statement is dated {format_time(statement.issued)}, {int(ahead.total_seconds())} s ahead of this "
            f"node's clock; one of the two clocks is wrong",
            retry_after_seconds=min(int((ahead - MAX_CLOCK_SKEW).total_seconds()) + 1, LONGEST_RETRY_SECONDS),
        )


def _stored_receipt(reader: Reader, statement_id: str) -> Spoken | None:
    known = records.find_statement(reader, statement_id)
    if known is None or known.receipt is None:
        return None
    return records.get_statement(reader, known.receipt).spoken


def _check_case(node: Node, reader: Reader, statement: Statement) -> None:
    if statement.subject is None:
        check_statement(node, statement, [])
        return
    held = records.case_records(reader, statement.subject)
    known = {record.id for record in held}
    if statement.subject not in known or not known.issuperset(statement.follows):
        missing = min({statement.subject, *statement.follows} - known)
        raise UnavailableError(
            f"statement {missing[:12]}…, which this one follows, has not arrived here yet; deliver it first",
            retry_after_seconds=2,
        )
    check_statement(node, statement, held)


def _keep_receipt(node: Node, spoken: Spoken, receipt: Statement) -> None:
    """Keep a receipt beside what it receipts; it gets none itself."""
    received = body_of(receipt, Receipt).received
    with node.database.transaction() as tx:
        check_receipt(records.get_statement(tx, received), receipt, now=node.now())
        if tx.run("statement_set_receipt", {"id": received, "receipt_id": spoken.envelope.id}):
            records.add_statement(tx, spoken, receipt, own=False, arrival=None, now=node.now())


def check_receipt(record: records.Record, receipt: Statement, *, now: datetime) -> None:
    """Refuse a receipt that is not the addressee's, or not for exactly the bytes of `record`.

    Raises:
        PolicyError: a third party gave it, or what it receipts takes none.
        VerificationError: it is for other bytes, or another case.
        MalformedError: it is no receipt.
    """
    body, sent = body_of(receipt, Receipt), record.statement
    if not record.own or sent.kind == "receipt" or receipt.issuer not in sent.to or receipt.to != (record.issuer,):
        raise PolicyError(f"{receipt.issuer} cannot receipt statement {record.id[:12]}…, which did not go to it")
    if not sent.issued - MAX_CLOCK_SKEW <= parse_time(body.at) <= now + MAX_CLOCK_SKEW:
        raise VerificationError(f"the receipt of {receipt.issuer} is dated {body.at}, which cannot be")
    stated = (body.received, body.bytes, receipt.subject, receipt.follows, receipt.exercise)
    if stated != (record.id, len(record.spoken.envelope.encoded), record.case, (record.id,), sent.exercise):
        raise VerificationError(f"the receipt of {receipt.issuer} is for other bytes than were delivered")


def _keep(node: Node, spoken: Spoken, statement: Statement) -> Spoken:
    """Check the statement against its case and the law, keep it with its receipt, and return the receipt.

    One transaction: two statements that exclude each other cannot both pass the check.
    """
    try:
        with node.database.transaction() as tx:
            # The same delivery may have arrived twice at once; the first one's receipt is the answer to both.
            stored = _stored_receipt(tx, spoken.envelope.id)
            if stored is not None:
                return stored
            _check_case(node, tx, statement)
            return _add_with_receipt(node, tx, spoken, statement)
    except PolicyError:
        keep_contradiction(node, spoken, statement)
        raise


def _add_with_receipt(node: Node, tx: Transaction, spoken: Spoken, statement: Statement) -> Spoken:
    now = node.now()
    body = Receipt(received=spoken.envelope.id, bytes=len(spoken.envelope.encoded), at=format_time(now))
    receipt = Statement(
        kind="receipt",
        issuer=node.authority,
        to=(statement.issuer,),
        issued=now.replace(microsecond=0),
        subject=statement.subject or spoken.envelope.id,
        follows=(spoken.envelope.id,),
        exercise=statement.exercise,
        body=encode_body(body),
    )
    answer = speak(receipt, node.service_pair(), node.random)
    records.add_statement(tx, spoken, statement, own=False, arrival=None, now=now)
    arrival = append_pending(tx, answer.entry)
    records.add_statement(tx, answer, receipt, own=True, arrival=arrival, now=now)
    tx.run("statement_set_receipt", {"id": spoken.envelope.id, "receipt_id": answer.envelope.id})
    if statement.kind == "package":
        _note_exhibits(tx, statement, receipt.subject or "", now.timestamp())
    return answer


def _note_exhibits(tx: Transaction, statement: Statement, case: str, due: float) -> None:
    for exhibit in body_of(statement, Package).exhibits:
        note_exhibit(tx, case, exhibit, held=False)
        tx.run("job_add", {"kind": FETCH, "key": exhibit.encrypted_digest, "addressee": statement.issuer, "due": due})


def note_exhibit(tx: Transaction, case: str, exhibit: Exhibit, *, held: bool) -> None:
    """Note an encrypted exhibit of a case."""
    tx.run(
        "exhibit_add",
        {
            "encrypted_digest": exhibit.encrypted_digest,
            "case_id": case,
            "exhibit": exhibit.exhibit,
            "description": encode_json(encode_body(exhibit)).decode(),
            "size": exhibit.encrypted_size,
            "held": int(held),
        },
    )


def shown(text: str) -> str:
    """Return what others have written as one line of bounded length without control characters."""
    return "".join(character if character.isprintable() else " " for character in text[:MAX_SHOWN])


def _note_refusal(node: Node, data: bytes, error: Error) -> None:
    with node.database.transaction() as tx:
        tx.run(
            "refusal_add",
            {
                "at": format_time(node.now()),
                "digest": sha256(data).hexdigest(),
                "code": error.code,
                "message": shown(error.message),
            },
        )
        tx.run("refusals_trim", {"most": KEPT_REFUSALS})
