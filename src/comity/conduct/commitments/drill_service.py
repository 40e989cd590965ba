"""Who vouches that a ping or an answer reached the other side: receipts and tenders, from logged statements only.

A receipt counts from whoever the record is to. A tender counts from a third participant, which is neither side of the
drill. Either counts at the time by which witnesses saw it in its log, never at a time that somebody states. A tender of
a ping counts no earlier than the ping itself is logged: else two sides could have a window end before the third could
know of it.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final, Literal

from comity.conduct.admission import admit
from comity.conduct.commitments.drill import (
    BodyT,
    DrillTable,
    Logged,
    Served,
    ServedBy,
    drill_table,
    logged,
    logged_answer,
    logged_ping,
    once,
    told_answer,
    told_ping,
)
from comity.conduct.commitments.statements import KINDS, DrillService, Ping, PingAnswer, parse_commitment_body
from comity.conduct.record import Origin, Provenance, Record, record_id
from comity.conduct.statements import Body, encode_body
from comity.errors import MalformedError, PolicyError
from comity.exchange.view import Held

SERVICE_KIND: Final = "drill-service"
DRILL_KINDS: Final = frozenset({"ping", "ping-answer", SERVICE_KIND})


def logged_service(held: Held) -> Logged[DrillService]:
    """Return a receipt or tender that came as a verified statement.

    Raises:
        MalformedError: it is no `drill-service`, or breaks its form.
        PolicyError: its issuer speaks for another participant than it names.
    """
    return logged(held, SERVICE_KIND, DrillService)


def make_service(about: Ping | PingAnswer, *, by: str, how: Literal["receipt", "tendered"], point: str) -> DrillService:
    """Return what `by` says of how a ping or answer was served; `point` is the point of contact that says it.

    Raises:
        PolicyError: `by` is in no place to say it.
        MalformedError: a member breaks its form.
    """
    kind = "ping" if isinstance(about, Ping) else "ping-answer"
    service = DrillService(of=record_id(kind, encode_body(about)), by=by, how=how, point=point)
    parse_commitment_body(SERVICE_KIND, encode_body(service))
    check_service(service, about)
    return service


def check_service(service: DrillService, about: Ping | PingAnswer) -> None:
    """Refuse a receipt by anybody but the one to whom a ping or answer is, and a tender by one of the two sides.

    Raises:
        PolicyError: who says it is in no place to say it.
    """
    if service.how == "receipt" and service.by != about.to:
        raise PolicyError(f"a receipt for what went to {about.to} is said by {about.to}, not by {service.by}")
    if service.how == "tendered" and service.by in {about.by, about.to}:
        raise PolicyError(f"{service.by} is a side of the drill; a third participant says that it tendered something")


def deliveries_of(
    services: Iterable[Logged[DrillService]], about: Iterable[Logged[Ping] | Logged[PingAnswer]]
) -> dict[str, Served]:
    """Return by record id what was served and who shows it first; what nobody may say, or no log dates, is left out.

    `about` holds each record once.
    """
    known = {row.record: row for row in about}
    found: dict[str, tuple[datetime, str, Served]] = {}
    for row in services:
        told = known.get(row.body.of)
        if told is None or row.position is None or row.statement is None:
            continue
        try:
            check_service(row.body, told.body)
        except PolicyError:
            continue
        at = row.position.logged_by
        if row.body.how == "tendered" and isinstance(told.body, Ping):
            if told.position is None:
                continue
            at = max(at, told.position.logged_by)
        served = Served(at=at, by=ServedBy(row.body.how), statement=row.statement, said_by=row.body.by)
        candidate = (at, row.statement, served)
        if row.body.of not in found or candidate[:2] < found[row.body.of][:2]:
            found[row.body.of] = candidate
    return {record: served for record, (_, _, served) in found.items()}


def _admitted(held: Held, row: Logged[BodyT]) -> Logged[BodyT]:
    """Return a row whose participants are of the statement's world, as a ledger would have them."""
    came = Provenance(origin=Origin.STATEMENT, source=held.statement.issuer, on=held.statement.issued.date())
    admit(Record(kind=held.statement.kind, body=row.body, provenance=came), KINDS, exercise=held.statement.exercise)
    return row


def drill_table_of(statements: Iterable[Held], told: Iterable[Body], *, as_of: datetime) -> DrillTable:
    """Return the table of drills from verified statements and from bodies that records only tell.

    Statements of other kinds are passed over, and so are those whose issuer speaks for another participant, those that
    no ledger of their world takes, and those that were logged after `as_of`.
    """
    pings: list[Logged[Ping]] = []
    answers: list[Logged[PingAnswer]] = []
    services: list[Logged[DrillService]] = []
    for held in statements:
        if held.position is not None and held.position.logged_by > as_of:
            continue
        try:
            match held.statement.kind:
                case "ping":
                    pings.append(_admitted(held, logged_ping(held)))
                case "ping-answer":
                    answers.append(_admitted(held, logged_answer(held)))
                case "drill-service":
                    services.append(_admitted(held, logged_service(held)))
        except (MalformedError, PolicyError):
            continue
    for body in told:
        if isinstance(body, Ping):
            pings.append(told_ping(body))
        elif isinstance(body, PingAnswer):
            answers.append(told_answer(body))
    deliveries = deliveries_of(services, [*once(pings), *once(answers)])
    return drill_table(pings, answers, deliveries=deliveries, as_of=as_of)
