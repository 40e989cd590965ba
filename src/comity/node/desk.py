"""The desk: officers draft, other officers approve, and what is approved is durable before anyone is told so.

Approval is one transaction: the envelope with its opening, the entry that waits for its place, the duty to deliver.
Whatever would make the addressee refuse is found before signing, by the same rules.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from comity.errors import ConflictError, NotFoundError, PolicyError
from comity.exchange.delivery import Spoken, speak
from comity.exchange.legal import Competences, check_outcome_law, check_request, remarks
from comity.exchange.rules import (
    answered_items,
    check_custody,
    check_in_case,
    check_opening,
    check_references,
    unfollowed_outcome,
)
from comity.exchange.statements import Package, body_of, encode_body
from comity.exchange.view import CaseView, fold_case
from comity.kernel.canonical import JsonObject, encode_json, parse_digest
from comity.kernel.key import KeyPair
from comity.kernel.statement import MAX_FOLLOWS, Statement
from comity.log.state import append_pending
from comity.node import records
from comity.node.context import Node
from comity.node.keyring import APPROVER, OfficerKeys
from comity.node.public_statements import TO_PUBLIC, check_public
from comity.store.database import Reader, Transaction, Value

DELIVER = "deliver"


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    """What an approval comes to."""

    statement: str
    case: str
    remark: str


def draft(
    node: Node,
    officer: OfficerKeys,
    *,
    kind: str,
    addressee: str,
    body: JsonObject,
    case: str | None = None,
    follows: Sequence[str] = (),
) -> int:
    """Check a draft as if it were approved now, keep it, and return its number.

    Without `follows` a statement in a case follows every statement of the case that nothing follows yet, and an outcome
    also every earlier one for the same items: it corrects those, where it would otherwise contradict them.

    Raises:
        PolicyError: a rule of law, of the case or of trust forbids it; the message says which.
        MalformedError: the body breaks the shape of its kind.
    """
    if addressee == TO_PUBLIC:
        raise PolicyError(
            "a statement of a case goes to a party of it; what is said to the public has a way of its own"
        )
    now = node.now()
    with node.database.reading() as reader:
        if case is not None and not follows:
            follows = _with_own_outcomes(reader, case, _leaves(reader, case), kind, body, node.authority)
        _check(node, reader, _statement(node, kind, addressee, body, case, follows, now))
    with node.database.transaction() as tx:
        return records.add_draft(
            tx, drafter=officer.officer, kind=kind, case=case, addressee=addressee, follows=follows, body=body, now=now
        )


def draft_public(
    node: Node,
    officer: OfficerKeys,
    *,
    kind: str,
    body: JsonObject,
    subject: str | None = None,
    follows: Sequence[str] = (),
) -> int:
    """Check a draft of a statement to the public, keep it, and return its number; another officer approves it.

    The caller has checked the body: its kind belongs to a room that this node does not load.

    Raises:
        PolicyError: its kind is not said to the public from here, or it names what is sealed.
        MalformedError: a header breaks its form.
        TooLargeError: it is larger than others keep.
    """
    now = node.now()
    with node.database.reading() as reader:
        check_public(node, reader, _statement(node, kind, TO_PUBLIC, body, subject, follows, now))
    with node.database.transaction() as tx:
        return records.add_draft(
            tx,
            drafter=officer.officer,
            kind=kind,
            case=subject,
            addressee=TO_PUBLIC,
            follows=follows,
            body=body,
            now=now,
        )


def approve(node: Node, officer: OfficerKeys, number: int, *, urgent: bool = False) -> Approved:
    """Sign a draft of another officer, log it and hand it to delivery, all or nothing.

    `urgent` is counted: the caller has a checkpoint made outside the clock, which shows from outside.

    Raises:
        PolicyError: the officer may not approve, drafted it, or a rule forbids the statement by now.
        NotFoundError: there is no such draft.
        ConflictError: it was approved meanwhile.
    """
    if APPROVER not in officer.roles or officer.statement is None:
        raise PolicyError(f"officer {officer.officer} may draft but not approve")
    now = node.now()
    # One transaction from the check to the entry: two approvals at once must not contradict each other.
    with node.database.transaction() as tx:
        found = records.get_draft(tx, number)
        if found.statement is not None:
            raise ConflictError(f"draft {number} was approved by {found.approver} already")
        if found.drafter == officer.officer:
            raise PolicyError(f"draft {number} is {officer.officer}'s own; another officer must approve it")
        check_designated(node, officer.statement)
        statement = _statement(node, found.kind, found.addressee, found.body, found.case, found.follows, now)
        remark = _check(node, tx, statement)
        spoken = speak(statement, officer.statement, node.random)
        statement_id = keep_own(tx, spoken, statement, now)
        settled: dict[str, Value] = {"id": number, "approver": officer.officer, "statement_id": statement_id}
        tx.run("draft_approve", settled | {"urgent": int(urgent)})
    return Approved(statement=statement_id, case=statement.subject or statement_id, remark=remark)


def keep_own(tx: Transaction, spoken: Spoken, statement: Statement, now: datetime) -> str:
    """Keep an own statement, queue its entry for the log and note the duty to deliver it; return its id."""
    envelope = spoken.envelope.encoded if statement.public else None
    arrival = append_pending(tx, spoken.entry, envelope)
    statement_id = records.add_statement(tx, spoken, statement, own=True, arrival=arrival, now=now)
    if statement.kind == "package":
        for exhibit in body_of(statement, Package).exhibits:
            tx.run("exhibit_sent", {"encrypted_digest": exhibit.encrypted_digest})
    for addressee in statement.to:
        tx.run("job_add", {"kind": DELIVER, "key": statement_id, "addressee": addressee, "due": now.timestamp()})
    return statement_id


def check_designated(node: Node, pair: KeyPair) -> None:
    """Refuse to sign with a pair that the authority's root has not designated: nobody would accept it.

    Raises:
        PolicyError: the newest `keys` statement does not list the pair, or is not logged yet.
    """
    if pair.public not in node.designation(node.authority).pairs:
        raise PolicyError(
            f"key {pair.public.key_ids()[0][:8]}… is not in the newest logged keys statement of {node.authority}"
        )


def case_view(node: Node, case: str, *, logged_only: bool = False) -> CaseView:
    """Return the view of a case as of now; `logged_only` leaves out what no log is known to hold, and what follows it.

    Raises:
        NotFoundError: no such case is held here.
        PolicyError: its opening statement was logged under a key that was not valid there.
    """
    parse_digest(case)
    with node.database.reading() as reader:
        held = records.case_records(reader, case)
    if logged_only:
        held = [record for record in held if record.proof is not None]
    if not any(record.id == case for record in held):
        raise NotFoundError(f"no case {case[:12]}… is held here")
    # What turned out to be logged under a key that was not valid there is shown, but carries nothing.
    if problem := next((record.problem for record in held if record.id == case and record.problem is not None), None):
        raise PolicyError(f"case {case[:12]}… carries nothing, because of its opening statement: {problem}")
    bad = tuple((record.id, record.problem) for record in held if record.problem is not None)
    view = fold_case(case, [record.held() for record in held if record.problem is None], as_of=node.now())
    return replace(view, left_out=(*view.left_out, *bad))


def find_case(node: Node, beginning: str) -> str:
    """Return the id of the one case that begins so.

    Raises:
        NotFoundError: none or several do.
    """
    with node.database.reading() as reader:
        # Ids are hexadecimal, so "g" sorts after every id with this beginning.
        rows = reader.all("cases_beginning", {"beginning": beginning, "end": f"{beginning}g"})
    if len(rows) != 1 or not beginning:
        count = "no case" if not rows else "more than one case"
        raise NotFoundError(f"{count} here begins with {beginning[:64]!r}; give the id, or more of it")
    return str(rows[0][0])


def _statement(  # noqa: PLR0917 - the headers of a statement, in their order
    node: Node,
    kind: str,
    addressee: str,
    body: JsonObject,
    case: str | None,
    follows: Sequence[str],
    now: datetime,
) -> Statement:
    return Statement(
        kind=kind,
        issuer=node.authority,
        to=() if addressee == TO_PUBLIC else (addressee,),
        issued=now.replace(microsecond=0),
        subject=case,
        follows=tuple(sorted(set(follows))),
        exercise=node.settings.exercise,
        body=body,
    )


def _check(node: Node, reader: Reader, statement: Statement) -> str:
    """Refuse what the addressee would refuse; return a remark for the desk."""
    if statement.public:
        check_public(node, reader, statement)
        return ""
    if statement.kind == "receipt":
        raise PolicyError("a receipt is given by the node itself, for what it holds; no officer drafts one")
    if statement.kind == "package":
        _check_uploaded(reader, statement)
    addressee = statement.to[0]
    node.recognition(addressee)
    node.designation(addressee)
    held = [] if statement.subject is None else records.case_records(reader, statement.subject)
    return check_statement(node, statement, held)


def check_statement(node: Node, statement: Statement, held: Sequence[records.Record]) -> str:
    """Check a statement against its case and this node's law; `held` are the case's statements. Return a remark.

    Raises:
        PolicyError: a rule forbids it.
        MalformedError: its body breaks its shape.
        NotFoundError: its case is not held.
    """
    if statement.subject is None:
        check_opening(statement)
        return _check_request(node, statement)
    by_id = {record.id: record.statement for record in held}
    if statement.subject not in by_id:
        raise NotFoundError(f"no case {statement.subject[:12]}… is held here")
    opening = by_id[statement.subject]
    check_in_case(statement, case=statement.subject, opening=opening, held=by_id)
    check_references(statement, by_id, asker=opening.issuer)
    if (contradicted := unfollowed_outcome(statement, by_id)) is not None:
        raise PolicyError(
            f"it contradicts outcome {contradicted[:12]}… for the same item; to correct that one, follow it"
        )
    if statement.kind == "request":
        return _check_request(node, statement)
    if statement.kind == "opened":
        package = statement.body["package"]
        if any(known.kind == "opened" and known.body["package"] == package for known in by_id.values()):
            raise PolicyError(f"package {str(package)[:12]}… was opened already; once more would break its custody")
    if statement.kind == "package":
        _check_exhibits(statement, by_id.values())
    arrived = statement.issuer != node.authority
    return "\n".join(remarks(check_outcome_law(statement, by_id, register=node.register, arrived=arrived)))


def _check_request(node: Node, statement: Statement) -> str:
    competences = Competences(asker=node.competences(statement.issuer), asked=node.competences(statement.to[0]))
    return check_request(statement, register=node.register, competences=competences).remark


def _check_exhibits(statement: Statement, earlier: Iterable[Statement]) -> None:
    """Refuse an exhibit's number that the case has already: custody goes by it."""
    taken = {item.exhibit for known in earlier if known.kind == "package" for item in body_of(known, Package).exhibits}
    listed = [item.exhibit for item in body_of(statement, Package).exhibits]
    if repeated := sorted({name for name in listed if name in taken or listed.count(name) > 1}):
        raise PolicyError(f"exhibit {repeated[0]} is in this case already; give the new one another number")
    package = body_of(statement, Package)
    for exhibit in package.exhibits:
        check_custody([event for event in package.custody if event.exhibit == exhibit.exhibit])


def _check_uploaded(reader: Reader, statement: Statement) -> None:
    """Refuse to send an exhibit that does not lie here, in this case, as it is described."""
    for exhibit in body_of(statement, Package).exhibits:
        row = reader.one("exhibit_get", {"encrypted_digest": exhibit.encrypted_digest})
        described = encode_json(encode_body(exhibit)).decode()
        if row is None or not row[5] or (row[1], row[3]) != (statement.subject, described):
            raise PolicyError(f"exhibit {exhibit.exhibit} was not uploaded to this case as it is described")


def _with_own_outcomes(  # noqa: PLR0917 - what makes up the statement to be
    reader: Reader, case: str, leaves: Sequence[str], kind: str, body: JsonObject, authority: str
) -> tuple[str, ...]:
    """Return `leaves` and the authority's earlier outcomes for the items that this one answers."""
    answered = answered_items(kind, body)
    earlier = [
        record.id
        for record in _held_by_both(reader, case)
        if record.issuer == authority
        and not answered.isdisjoint(answered_items(record.statement.kind, record.statement.body))
    ]
    return tuple(sorted({*leaves, *earlier}))


def _leaves(reader: Reader, case: str) -> tuple[str, ...]:
    """Return the statements of a case that no other follows, the newest where there are too many.

    Raises:
        PolicyError: there is none that the peer could hold.
    """
    held = _held_by_both(reader, case)
    followed = {earlier for record in held for earlier in record.statement.follows}
    leaves = tuple(record.id for record in held if record.id not in followed)
    if not leaves:
        raise PolicyError(f"the addressee has refused what case {case[:12]}… begins with; open a new one")
    # Half of what a statement may follow leaves room for the outcomes that one corrects.
    return leaves[-(MAX_FOLLOWS // 2) :]


def _held_by_both(reader: Reader, case: str) -> list[records.Record]:
    """Return the statements of a case but those that the peer refused for good: what follows one would never arrive.

    Raises:
        NotFoundError: no such case is held here.
    """
    held = records.case_records(reader, case)
    if not held:
        raise NotFoundError(f"no case {case[:12]}… is held here")
    refused = {row[2] for row in reader.all("jobs_failed")}
    return [record for record in held if record.id not in refused]
