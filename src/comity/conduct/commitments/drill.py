"""Contact drills: a ping between points of contact, the answer, the time to answer, and what of it can be proven.

A ping carries a nonce and how long an answer may take. Its window runs from when it was served: by the peer's receipt,
or by a witness's statement that it was tendered. An answer names the ping's record and brings the nonce back; as a
statement it follows the ping's. When the window has passed and no answer is held, silence is presumed, and any answer
that a receipt, a witness or a log dates into the window rebuts it. Nothing is presumed of a ping that nobody can show
was served.

Statements come in verified, with their places in logs; delivery and witnessed times are given, never read here. What
the two sides say of their own clocks is shown as their word and proves nothing.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Generic, TypeVar

from comity.conduct.commitments.statements import KINDS, Ping, PingAnswer, parse_commitment_body
from comity.conduct.record import record_id
from comity.conduct.statements import Body, encode_body
from comity.errors import MalformedError, PolicyError
from comity.exchange.view import Held, Position
from comity.kernel.canonical import format_time, parse_time
from comity.kernel.policy import cosigned_at
from comity.kernel.proof import LoggedEntry
from comity.kernel.trust import participant_of
from comity.parties.participants import participant

# As many bytes as `statements.Nonce` allows at least.
MIN_NONCE_BYTES: Final = 16

BodyT = TypeVar("BodyT", bound=Body)


class DrillState(StrEnum):
    """What became of a ping."""

    ANSWERED = "answered"
    ANSWERED_LATE = "answered_late"
    PRESUMED_SILENT = "presumed_silent"
    WAITING = "waiting"
    NOT_SERVED = "not_served"

    @property
    def label(self) -> str:
        """The state in words."""
        return {
            "answered": "answered",
            "answered_late": "answered after the window",
            "presumed_silent": "silence presumed, rebuttable",
            "waiting": "window still open",
            "not_served": "not shown to have been served",
        }[self.value]


class ServedBy(StrEnum):
    """What shows that something reached the other side, or was offered to it."""

    RECEIPT = "receipt"
    TENDERED = "tendered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """That a ping or an answer was delivered: the time, the receipt or witness's statement that shows it, and whose."""

    at: datetime
    by: ServedBy
    statement: str
    said_by: str

    def text(self, what: str) -> str:
        """Return in words what shows that something was delivered; that it was tendered is a third side's word."""
        who, at = _name(self.said_by), format_time(self.at)
        way = "confirms receipt" if self.by is ServedBy.RECEIPT else "says that it tendered it"
        return f"{what} counts as served by {at}: {who} {way} (statement {self.statement})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged(Generic[BodyT]):
    """A ping or an answer by record id, with its statement and place in a log where it came as one."""

    record: str
    body: BodyT
    statement: str | None = None
    follows: tuple[str, ...] = ()
    position: Position | None = None


def make_ping(
    *,
    by: str,
    to: str,
    point: str,
    nonce: bytes,
    sent: datetime,
    window_seconds: int,
    drill: str | None = None,
    under: str | None = None,
) -> Ping:
    """Return a ping; `nonce` is fresh random bytes, `point` the point of contact that asks.

    Raises:
        MalformedError: a member breaks the form of a ping.
    """
    if len(nonce) < MIN_NONCE_BYTES:
        raise MalformedError(f"a nonce has at least {MIN_NONCE_BYTES} random bytes, got {len(nonce)}")
    ping = Ping(
        by=by,
        to=to,
        point=point,
        nonce=nonce.hex(),
        sent=format_time(sent),
        window_seconds=window_seconds,
        drill=drill,
        under=under,
    )
    return _held_to_form("ping", ping)


def answer_ping(ping: Ping, *, point: str, answered: datetime) -> PingAnswer:
    """Return the answer of the one who was asked; `point` is the point of contact that answers.

    Raises:
        MalformedError: a member breaks the form of an answer.
    """
    answer = PingAnswer(
        ping=record_id("ping", encode_body(ping)),
        nonce=ping.nonce,
        by=ping.to,
        to=ping.by,
        point=point,
        answered=format_time(answered),
    )
    return _held_to_form("ping-answer", answer)


def logged_ping(held: Held) -> Logged[Ping]:
    """Return a ping that came as a verified statement.

    Raises:
        MalformedError: it is no ping, or breaks its form.
        PolicyError: its issuer speaks for another participant than it names.
    """
    return logged(held, "ping", Ping)


def logged_answer(held: Held) -> Logged[PingAnswer]:
    """Return an answer that came as a verified statement.

    Raises:
        MalformedError: it is no answer, or breaks its form.
        PolicyError: its issuer speaks for another participant than it names.
    """
    return logged(held, "ping-answer", PingAnswer)


def told_ping(body: Ping) -> Logged[Ping]:
    """Return a ping that is known from a record only, without a statement."""
    return Logged(record=record_id("ping", encode_body(body)), body=body)


def told_answer(body: PingAnswer) -> Logged[PingAnswer]:
    """Return an answer that is known from a record only, without a statement."""
    return Logged(record=record_id("ping-answer", encode_body(body)), body=body)


def position_of(entry: LoggedEntry) -> Position:
    """Return the place of an entry that was proven to be in a witnessed log."""
    return Position(origin=entry.origin, index=entry.index, logged_by=cosigned_at(entry.logged_by))


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill:
    """One ping with what became of it.

    `due` is the end of the window, known once the ping is shown to have been served. `stated_seconds` is what the two
    sides' own times give, `proven_seconds` lies between service and the first time that somebody else vouches for the
    answer. `proven` and `unproven` say in words what stands on what; `strays` are answers that do not fit.
    """

    ping: Logged[Ping]
    answer: Logged[PingAnswer] | None
    served: Served | None
    due: datetime | None
    state: DrillState
    as_of: datetime
    stated_seconds: int | None
    proven_seconds: int | None
    proven: tuple[str, ...]
    unproven: tuple[str, ...]
    strays: tuple[str, ...]

    @property
    def presumption(self) -> str | None:
        """What is presumed, and what rebuts it; None where nothing is."""
        if self.state is not DrillState.PRESUMED_SILENT or self.due is None:
            return None
        return (
            f"no answer is held on {format_time(self.as_of)}; silence is presumed since {format_time(self.due)} and "
            "rebutted by any answer that a receipt, a witness or a log dates to then or before"
        )

    def to_json(self) -> dict[str, object]:
        """Return the drill as JSON values; members that are not known are left out."""
        body, answer = self.ping.body, self.answer
        members: dict[str, object | None] = {
            "ping": self.ping.record,
            "by": body.by,
            "to": body.to,
            "drill": body.drill,
            "under": body.under,
            "sent": body.sent,
            "window_seconds": body.window_seconds,
            "state": self.state.value,
            "as_of": format_time(self.as_of),
            "ping_statement": _statement_json(self.ping),
            "served": None
            if self.served is None
            else {
                "at": format_time(self.served.at),
                "by": self.served.by.value,
                "said_by": self.served.said_by,
                "statement": self.served.statement,
            },
            "due": None if self.due is None else format_time(self.due),
            "answer": None if answer is None else answer.record,
            "answer_statement": None if answer is None else _statement_json(answer),
            "answered": None if answer is None else answer.body.answered,
            "stated_seconds": self.stated_seconds,
            "proven_seconds": self.proven_seconds,
            "presumption": self.presumption,
            "proven": list(self.proven),
            "unproven": list(self.unproven),
            "strays": list(self.strays) or None,
        }
        return {name: value for name, value in members.items() if value is not None}

    def lines(self) -> list[str]:
        """Return the drill for people, with what is proven and what is not."""
        body = self.ping.body
        found = [f"{_name(body.to)}, asked by {_name(body.by)} on {body.sent}: {self.state.label}"]
        found += [] if self.presumption is None else [f"  {self.presumption}"]
        found += [f"  proven: {text}" for text in self.proven]
        found += [f"  not proven: {text}" for text in self.unproven]
        return [*found, *(f"  set aside: {text}" for text in self.strays)]


DRILL_COLUMNS: Final = (
    *("to", "to_name", "by", "by_name", "drill", "sent", "window_seconds", "state", "served", "due"),
    *("answered", "stated_seconds", "proven_seconds", "ping", "answer", "ping_statement", "answer_statement"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillTable:
    """The returns of drills, by the name of the one asked, then of the asker, then by time."""

    as_of: datetime
    drills: tuple[Drill, ...]

    def counts(self) -> dict[str, int]:
        """Return how many drills are in each state, in the order of the states."""
        held = Counter(row.state for row in self.drills)
        return {state.value: held[state] for state in DrillState}

    def to_json(self) -> dict[str, object]:
        """Return the table as JSON values."""
        return {
            "as_of": format_time(self.as_of),
            "counts": self.counts(),
            "drills": [row.to_json() for row in self.drills],
        }

    def rows(self) -> list[tuple[object, ...]]:
        """Return one row a drill, in the columns of `DRILL_COLUMNS`."""
        return [
            (
                *(row.ping.body.to, _name(row.ping.body.to), row.ping.body.by, _name(row.ping.body.by)),
                *(row.ping.body.drill, row.ping.body.sent, row.ping.body.window_seconds, row.state.value),
                *(None if row.served is None else format_time(row.served.at),),
                *(None if row.due is None else format_time(row.due),),
                *(None if row.answer is None else row.answer.body.answered, row.stated_seconds, row.proven_seconds),
                *(row.ping.record, None if row.answer is None else row.answer.record),
                *(row.ping.statement, None if row.answer is None else row.answer.statement),
            )
            for row in self.drills
        ]

    def lines(self) -> list[str]:
        """Return the table for people, one line a drill."""
        told = ", ".join(f"{count} {DrillState(state).label}" for state, count in self.counts().items() if count)
        found = [f"{len(self.drills)} pings as held on {format_time(self.as_of)}: {told or 'none'}"]
        for row in self.drills:
            body = row.ping.body
            took = "" if row.proven_seconds is None else f", within {row.proven_seconds} s of service"
            found.append(f"  {_name(body.to)}, asked by {_name(body.by)} {body.sent}: {row.state.label}{took}")
        return found


def drill_of(
    ping: Logged[Ping],
    answers: Iterable[Logged[PingAnswer]],
    *,
    deliveries: Mapping[str, Served],
    as_of: datetime,
) -> Drill:
    """Return what became of a ping; `deliveries` are by record id, of pings and of answers.

    Of several answers that fit, the one that is dated first counts; one that only its own clock dates, and before the
    ping, comes after all others.
    """
    fitting: list[Logged[PingAnswer]] = []
    strays: list[str] = []
    for row in answers:
        if row.body.ping != ping.record:
            continue
        why = _misfit(ping.body, row.body)
        if why is None:
            fitting.append(row)
        else:
            strays.append(f"answer {row.record} {why}")
    served = deliveries.get(ping.record)
    due = None if served is None else served.at + timedelta(seconds=ping.body.window_seconds)
    sent = parse_time(ping.body.sent)
    fitting.sort(
        key=lambda row: (
            _vouched(row, deliveries) is None and parse_time(row.body.answered) < sent,
            _dated(row, deliveries),
            row.record,
        )
    )
    answer = fitting[0] if fitting else None
    vouched = None if answer is None else _vouched(answer, deliveries)
    proven, unproven = _evidence(ping, answer, served, deliveries)
    return Drill(
        ping=ping,
        answer=answer,
        served=served,
        due=due,
        state=_state(answer, due, deliveries, as_of),
        as_of=as_of,
        stated_seconds=None if answer is None else int((parse_time(answer.body.answered) - sent).total_seconds()),
        proven_seconds=None
        if served is None or vouched is None
        else max(0, int((vouched - served.at).total_seconds())),
        proven=tuple(proven),
        unproven=tuple(unproven),
        strays=tuple(sorted(strays)),
    )


def drill_table(
    pings: Iterable[Logged[Ping]],
    answers: Iterable[Logged[PingAnswer]],
    *,
    deliveries: Mapping[str, Served],
    as_of: datetime,
) -> DrillTable:
    """Return the table of returns; what is told twice counts once, as the statement where there is one."""
    replies: dict[str, list[Logged[PingAnswer]]] = {}
    for answer in once(answers):
        replies.setdefault(answer.body.ping, []).append(answer)
    drills = [drill_of(ping, replies.get(ping.record, ()), deliveries=deliveries, as_of=as_of) for ping in once(pings)]
    drills.sort(key=lambda row: (*_names(row.ping.body), row.ping.body.sent, row.ping.record))
    return DrillTable(as_of=as_of, drills=tuple(drills))


def once(rows: Iterable[Logged[BodyT]]) -> Iterable[Logged[BodyT]]:
    """Return each record once: of several tellings the one that was logged first, or any where none was."""
    once: dict[str, Logged[BodyT]] = {}
    for row in rows:
        known = once.get(row.record)
        if known is None or (row.position is not None and _is_earlier(row.position, known.position)):
            once[row.record] = row
    return once.values()


def _is_earlier(place: Position, other: Position | None) -> bool:
    return other is None or (place.logged_by, place.origin, place.index) < (other.logged_by, other.origin, other.index)


def logged(held: Held, kind: str, shape: type[BodyT]) -> Logged[BodyT]:
    """Return the body of a verified statement with its place; its issuer speaks for whom the body says it is by.

    Raises:
        MalformedError: it is of another kind, or breaks its form.
        PolicyError: its issuer speaks for another participant than it names.
    """
    said = held.statement
    if said.kind != kind:
        raise MalformedError(f"a {said.kind} statement is no {kind}")
    body = parse_commitment_body(kind, said.body)
    assert isinstance(body, shape)
    by = said.body["by"]
    if participant_of(said.issuer) != by:
        raise PolicyError(f"{kind} {held.id}: {said.issuer} does not speak for {by}, by which it is said to be")
    return Logged(
        record=record_id(kind, said.body), body=body, statement=held.id, follows=said.follows, position=held.position
    )


def _held_to_form(kind: str, body: BodyT) -> BodyT:
    value = parse_commitment_body(kind, encode_body(body))
    assert isinstance(value, KINDS[kind])
    return body


def _misfit(ping: Ping, answer: PingAnswer) -> str | None:
    """Return why an answer does not fit a ping, or None."""
    if answer.nonce != ping.nonce:
        return "brings another nonce"
    if (answer.by, answer.to) != (ping.to, ping.by):
        return f"is by {answer.by} to {answer.to}, asked was {ping.to} by {ping.by}"
    return None


def _vouched(answer: Logged[PingAnswer], deliveries: Mapping[str, Served]) -> datetime | None:
    """Return the first time at which somebody else than its author vouches for an answer."""
    delivered = deliveries.get(answer.record)
    times = [] if delivered is None else [delivered.at]
    times += [] if answer.position is None else [answer.position.logged_by]
    return min(times, default=None)


def _dated(answer: Logged[PingAnswer], deliveries: Mapping[str, Served]) -> datetime:
    return _vouched(answer, deliveries) or parse_time(answer.body.answered)


def _state(
    answer: Logged[PingAnswer] | None, due: datetime | None, deliveries: Mapping[str, Served], as_of: datetime
) -> DrillState:
    if answer is not None:
        late = due is not None and _dated(answer, deliveries) > due
        return DrillState.ANSWERED_LATE if late else DrillState.ANSWERED
    if due is None:
        return DrillState.NOT_SERVED
    return DrillState.PRESUMED_SILENT if as_of > due else DrillState.WAITING


def _evidence(
    ping: Logged[Ping],
    answer: Logged[PingAnswer] | None,
    served: Served | None,
    deliveries: Mapping[str, Served],
) -> tuple[list[str], list[str]]:
    """Return what is proven by statements, logs and witnesses, and what is only somebody's word."""
    proven: list[str] = []
    unproven = [f"that the ping was sent at {ping.body.sent}: the asker's own clock"]
    _place(ping, "the ping", proven, unproven)
    if served is None:
        unproven.append("that the ping reached the other side: no receipt, and no witness tendered it")
    else:
        proven.append(served.text("the ping"))
    if answer is None:
        return proven, unproven
    unproven.append(f"that the answer was made at {answer.body.answered}: the other side's own clock")
    _place(answer, "the answer", proven, unproven)
    if (delivered := deliveries.get(answer.record)) is not None:
        proven.append(delivered.text("the answer"))
    if answer.statement is not None:
        proven.append("whoever signed the answer held the ping, whose nonce it brings back")
    if ping.statement is not None and ping.statement in answer.follows:
        proven.append("the answer was made after the ping, whose statement it follows")
    if served is not None and _vouched(answer, deliveries) is None:
        unproven.append("that the answer came within the window: nobody else vouches for its time")
    if parse_time(answer.body.answered) < parse_time(ping.body.sent):
        unproven.append("the two clocks contradict each other: the answer bears a time before the ping")
    return proven, unproven


def _place(row: Logged[BodyT], what: str, proven: list[str], unproven: list[str]) -> None:
    if row.statement is None:
        unproven.append(f"{what} itself: it is told by a record, no statement of it is held")
    elif row.position is None:
        unproven.append(f"when {what} was logged: statement {row.statement} has no place in a log yet")
    else:
        place = row.position
        proven.append(
            f"{what} is statement {row.statement}, entry {place.index} of {place.origin}, witnessed by "
            f"{format_time(place.logged_by)}"
        )


def _statement_json(row: Logged[BodyT]) -> dict[str, object] | None:
    if row.statement is None:
        return None
    place = row.position
    members: dict[str, object | None] = {
        "id": row.statement,
        "log": None if place is None else place.origin,
        "index": None if place is None else place.index,
        "logged_by": None if place is None else format_time(place.logged_by),
    }
    return {name: value for name, value in members.items() if value is not None}


def _names(body: Ping) -> tuple[str, str, str, str]:
    return _name(body.to), body.to, _name(body.by), body.by


def _name(code: str) -> str:
    return participant(code).name
