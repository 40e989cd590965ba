"""The case view: what the statements held and their places in logs add up to.

`fold_case` is pure: the same statements and places give the same view, whoever computes it and whenever. It runs over
verified statements in the order of `follows`, then log and index. It decides nothing: it collects. `as_of` stands in
the view to say when just these statements were held; nothing else follows from it, and no date is compared with it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from heapq import heapify, heappop, heappush
from typing import Final

from comity.errors import MalformedError, PolicyError
from comity.exchange.rules import OUTCOME_KINDS, check_custody, check_in_case, check_opening
from comity.exchange.statements import (
    Acknowledged,
    Authorised,
    Custody,
    CustodyEvent,
    Exhibit,
    Opened,
    Package,
    Preserved,
    Receipt,
    Request,
    body_of,
)
from comity.kernel.statement import Statement

VIEW_VERSION: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Where a statement's entry stands, and since when a quorum of witnesses vouches for it."""

    origin: str
    index: int
    logged_by: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A verified statement that someone holds, with its place in its issuer's log once it has one."""

    id: str
    statement: Statement
    position: Position | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemState:
    """What has become of one item of one request."""

    request: str
    item: str
    description: str
    outcome: str | None = None
    outcome_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """Data that the asked says it keeps."""

    statement: str
    what: str
    ordered_by: str
    order_reference: str
    since: str
    until: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExhibitState:
    """An exhibit, whether it was opened, and its chain of custody."""

    package: str
    exhibit: Exhibit
    opened: str | None
    custody: tuple[CustodyEvent, ...]
    custody_gap: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseView:
    """One case, as the statements held at `as_of` tell it."""

    version: int
    case: str
    as_of: datetime
    asker: str
    asked: str
    exercise: bool
    reference: str
    asked_reference: str | None
    state: str
    items: tuple[ItemState, ...]
    keeping: tuple[Keeping, ...]
    exhibits: tuple[ExhibitState, ...]
    receipts: dict[str, str]
    """Statement id to the id of its receipt."""
    timeline: tuple[Held, ...]
    left_out: tuple[tuple[str, str], ...] = field(default=())
    """Statements that do not belong, each with the reason."""


def order_statements(held: Iterable[Held]) -> list[Held]:
    """Return statements so that each comes after those it follows, ties by log and index, then time and id."""
    known = {item.id: item for item in held}
    followers: dict[str, list[Held]] = {}
    missing: dict[str, int] = {}
    for item in known.values():
        earlier = [name for name in item.statement.follows if name in known]
        missing[item.id] = len(earlier)
        for name in earlier:
            followers.setdefault(name, []).append(item)
    ready = [(_tie(item), item) for item in known.values() if missing[item.id] == 0]
    heapify(ready)
    ordered: list[Held] = []
    while ready:
        _, item = heappop(ready)
        ordered.append(item)
        for later in followers.get(item.id, ()):
            missing[later.id] -= 1
            if missing[later.id] == 0:
                heappush(ready, (_tie(later), later))
    # A circle of `follows` cannot arise: an id is a digest over the ids that its statement follows.
    assert len(ordered) == len(known)
    return ordered


def _tie(item: Held) -> tuple[str, int, datetime, str]:
    place = item.position
    return (place.origin if place else "~", place.index if place else 0, item.statement.issued, item.id)


def fold_case(case: str, held: Iterable[Held], *, as_of: datetime) -> CaseView:
    """Compute the view of `case` from the statements held.

    Raises:
        PolicyError: the opening statement is not among them, or cannot open a case.
        MalformedError: the opening statement's body breaks its format.
    """
    everything = {item.id: item for item in held}
    if case not in everything:
        raise PolicyError(f"the opening statement of case {case[:12]}… is not held")
    opening = everything[case].statement
    check_opening(opening)
    accepted: list[Held] = []
    known: set[str] = set()
    left_out: list[tuple[str, str]] = []
    for item in order_statements(everything.values()):
        if item.id != case:
            try:
                check_in_case(item.statement, case=case, opening=opening, held=known)
            except (PolicyError, MalformedError) as exc:
                left_out.append((item.id, exc.message))
                continue
        accepted.append(item)
        known.add(item.id)
    return _collect(case, opening, accepted, left_out, as_of)


def _collect(  # noqa: C901 - one branch a kind reads better than a table of closures
    case: str, opening: Statement, accepted: Sequence[Held], left_out: list[tuple[str, str]], as_of: datetime
) -> CaseView:
    items: dict[tuple[str, str], ItemState] = {}
    orders: dict[str, Authorised] = {}
    keeping: list[Keeping] = []
    packages: list[tuple[str, Package]] = []
    opened: dict[str, str] = {}
    events: list[CustodyEvent] = []
    receipts: dict[str, str] = {}
    asked_reference: str | None = None
    state = "sent"
    for item in accepted:
        statement = item.statement
        match statement.kind:
            case "request":
                for wanted in body_of(statement, Request).items:
                    items[item.id, wanted.item] = ItemState(
                        request=item.id, item=wanted.item, description=wanted.description
                    )
                state = "sent" if item.id == case else "follow-up sent"
            case "receipt":
                receipts[body_of(statement, Receipt).received] = item.id
                state = "received" if state == "sent" else state
            case "acknowledged":
                asked_reference = body_of(statement, Acknowledged).reference
                state = statement.kind
            case "authorised":
                orders[item.id] = body_of(statement, Authorised)
                state = statement.kind
            case "preserved":
                keeping.append(_keeping(item.id, body_of(statement, Preserved), orders))
                state = statement.kind
            case "package":
                package = body_of(statement, Package)
                packages.append((item.id, package))
                events += package.custody
                state = "answered"
            case "opened":
                body = body_of(statement, Opened)
                opened[body.package] = item.id
                events += body.custody
                state = statement.kind
            case "custody":
                events += body_of(statement, Custody).custody
            case _:
                state = statement.kind
        if statement.kind in OUTCOME_KINDS:
            _settle(items, item.id, statement)
    return CaseView(
        version=VIEW_VERSION,
        case=case,
        as_of=as_of,
        asker=opening.issuer,
        asked=opening.to[0],
        exercise=opening.exercise,
        reference=body_of(opening, Request).reference,
        asked_reference=asked_reference,
        state=state,
        items=tuple(items.values()),
        keeping=tuple(keeping),
        exhibits=tuple(
            _exhibit(package_id, exhibit, opened.get(package_id), events)
            for package_id, package in packages
            for exhibit in package.exhibits
        ),
        receipts=receipts,
        timeline=tuple(accepted),
        left_out=tuple(left_out),
    )


def _settle(items: dict[tuple[str, str], ItemState], statement_id: str, statement: Statement) -> None:
    answers = statement.body["answers"]
    assert isinstance(answers, dict)
    request, listed = answers["request"], answers["items"]
    assert isinstance(request, str)
    assert isinstance(listed, list)
    for name in listed:
        known = items.get((request, str(name)))
        if known is not None:
            items[request, str(name)] = replace(known, outcome=statement.kind, outcome_id=statement_id)


def _keeping(statement_id: str, body: Preserved, orders: dict[str, Authorised]) -> Keeping:
    order = orders.get(body.order)
    return Keeping(
        statement=statement_id,
        what=body.what,
        ordered_by=order.ordered_by if order else "not stated in this case",
        order_reference=order.order_reference if order else "",
        since=body.since,
        until=body.until,
    )


def _exhibit(package_id: str, exhibit: Exhibit, opened: str | None, events: Sequence[CustodyEvent]) -> ExhibitState:
    own = tuple(event for event in events if event.exhibit == exhibit.exhibit)
    gap = None
    try:
        check_custody(own)
    except PolicyError as exc:
        gap = exc.message
    if gap is None and any(event.digest != exhibit.digest for event in own):
        gap = f"custody of exhibit {exhibit.exhibit} speaks of another digest than the package"
    return ExhibitState(package=package_id, exhibit=exhibit, opened=opened, custody=own, custody_gap=gap)
