"""The kinds for commitments and confidence, and what their bodies hold.

Each is a record as any other of the room: what somebody says, of itself or of another. Conduct that conforms and
returns that were made are recorded with the same care as claims. `check_body` holds what a form alone cannot: that the
members of a body fit each other.
"""
# ruff: noqa: RUF012 - an empty list as default is copied for each body by msgspec

from typing import Annotated, Final, Literal

import msgspec

from comity.conduct.commitments.since import parse_since
from comity.conduct.statements import (
    MAX_ITEMS,
    Body,
    Code,
    Day,
    Language,
    Line,
    Participant,
    Period,
    RecordId,
    Source,
    Speaker,
    Text,
    body_schema,
    parse_body,
)
from comity.errors import MalformedError
from comity.exchange.statements import Time
from comity.kernel.canonical import JsonObject, parse_time

# The number or letter of an item or provision, as `conduct.statements.Match` writes it after the colon.
ItemNumber = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9().-]{0,29}$(?!\n)")]
# A catalogue and item, such as `gge_norms:f`, or an instrument and provision.
CommitmentKey = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]{0,59}:[A-Za-z0-9][A-Za-z0-9().-]{0,29}$(?!\n)")]
# 128 to 512 bits in hexadecimal: nobody can answer what was not sent.
Nonce = Annotated[str, msgspec.Meta(pattern=r"^([0-9a-f]{2}){16,64}$(?!\n)")]
# From a minute to a year.
Seconds = Annotated[int, msgspec.Meta(ge=60, le=31_622_400)]
Months = Annotated[int, msgspec.Meta(ge=1, le=120)]
Hours = Annotated[int, msgspec.Meta(ge=1, le=8_784)]
MAX_PARTIES: Final = 193

Act = Literal["endorsed", "joined", "voted_for", "published", "ratified_elsewhere", "withdrew"]


class Commitment(Body, frozen=True, kw_only=True):
    """`commitment`: what a participant did towards a catalogue, or towards one item of it.

    Without `item` it is about the whole catalogue as it stood on that day. `through` is the group or meeting by which
    it was done; `reservation` what the participant excepted, in its words.
    """

    participant: Participant
    catalogue: Code
    item: ItemNumber | None = None
    act: Act
    on: Day
    through: Line | None = None
    reservation: Text | None = None
    sources: Annotated[list[Source], msgspec.Meta(min_length=1, max_length=MAX_ITEMS)]


ConformingKind = Literal[
    "contact_point_named",
    "position_published",
    "cbm_return",
    "arrest",
    "extradition",
    "help_given",
    "flaw_reported",
    "doctrine_published",
    "other",
]


class ConformingAct(Body, frozen=True, kw_only=True):
    """`conforming-act`: conduct of a participant that is in keeping with commitments, and who says so."""

    participant: Participant
    kind: ConformingKind
    on: Day
    said_by: Speaker
    towards: Annotated[list[Participant], msgspec.Meta(max_length=MAX_PARTIES)] = []
    under: Annotated[list[CommitmentKey], msgspec.Meta(max_length=MAX_ITEMS)] = []
    summary: Text
    sources: Annotated[list[Source], msgspec.Meta(max_length=MAX_ITEMS)] = []


class Ping(Body, frozen=True, kw_only=True):
    """`ping`: one point of contact asks another for a sign of life; the nonce must come back.

    `window_seconds` is how long an answer may take, from when the ping was served.
    """

    by: Participant
    to: Participant
    point: Line
    nonce: Nonce
    sent: Time
    window_seconds: Seconds
    drill: Line | None = None
    under: CommitmentKey | None = None


class PingAnswer(Body, frozen=True, kw_only=True):
    """`ping-answer`: the sign of life, with the nonce that was sent."""

    ping: RecordId
    nonce: Nonce
    by: Participant
    to: Participant
    point: Line
    answered: Time


class DrillService(Body, frozen=True, kw_only=True):
    """`drill-service`: a ping or an answer reached the other side (`receipt`), or was offered to it (`tendered`).

    A receipt is said by whom the record `of` is to, `tendered` by a third participant. When it was is the place of the
    statement in its log; a record alone shows nothing.
    """

    of: RecordId
    by: Participant
    how: Literal["receipt", "tendered"]
    point: Line


class Notification(Body, frozen=True, kw_only=True):
    """`notification`: a participant tells others of an incident, exercise, flaw or work; nobody named means all."""

    by: Participant
    to: Annotated[list[Participant], msgspec.Meta(max_length=MAX_PARTIES)] = []
    subject: Literal["incident", "exercise", "flaw", "outage", "work", "other"]
    on: Day
    about_when: Period | None = None
    text: Text
    under: Annotated[list[CommitmentKey], msgspec.Meta(max_length=MAX_ITEMS)] = []
    pact: RecordId | None = None
    sources: Annotated[list[Source], msgspec.Meta(max_length=MAX_ITEMS)] = []


class Consultation(Body, frozen=True, kw_only=True):
    """`consultation`: a consultation was asked for, held or declined; what was said in it stays with the parties."""

    by: Participant
    parties: Annotated[list[Participant], msgspec.Meta(min_length=2, max_length=MAX_PARTIES)]
    state: Literal["asked", "held", "declined"]
    on: Day
    topic: Line
    text: Text | None = None
    under: Annotated[list[CommitmentKey], msgspec.Meta(max_length=MAX_ITEMS)] = []
    pact: RecordId | None = None
    sources: Annotated[list[Source], msgspec.Meta(max_length=MAX_ITEMS)] = []


Duty = Literal["report", "notify", "answer", "consult", "drill", "abstain"]


class PactMeasure(Body, frozen=True, kw_only=True):
    """A measure of a pact: a return every so many months, an act within so many hours, or something to abstain from."""

    code: Code
    label: Line
    duty: Duty
    every_months: Months | None = None
    within_hours: Hours | None = None
    under: Annotated[list[CommitmentKey], msgspec.Meta(max_length=MAX_ITEMS)] = []


class Pact(Body, frozen=True, kw_only=True):
    """`pact`: participants agree on measures between themselves; `template` is the form that they began with."""

    title: Line
    template: Code | None = None
    parties: Annotated[list[Participant], msgspec.Meta(min_length=2, max_length=MAX_PARTIES)]
    measures: Annotated[list[PactMeasure], msgspec.Meta(min_length=1, max_length=50)]
    signed: Day
    begins: Day
    until: Day | None = None
    reservation: Text | None = None
    sources: Annotated[list[Source], msgspec.Meta(max_length=MAX_ITEMS)] = []


class PactReturn(Body, frozen=True, kw_only=True):
    """`pact-return`: what a party did under a measure; `nil` says that there was nothing to tell."""

    pact: RecordId
    measure: Code
    by: Participant
    on: Day
    what: Literal["report", "nil", "notification", "answer", "consultation", "drill"]
    text: Text | None = None
    record: RecordId | None = None
    sources: Annotated[list[Source], msgspec.Meta(max_length=MAX_ITEMS)] = []


Answer = Literal["published", "declined", "no_answer"]


class Disclosure(Body, frozen=True, kw_only=True):
    """`disclosure`: a participant's answer to one question, or that it was asked or searched for and none was found.

    `published`: it says so, or points to where it is published. `declined`: it says that it will not tell. `no_answer`:
    it was asked or looked for on a day, and nothing was there by then. The three are never one.
    """

    participant: Participant
    question: Code
    answer: Answer
    text: Text | None = None
    language: Language | None = None
    said_by: Speaker
    said: Day
    asked: Day | None = None
    searched: Day | None = None
    searched_where: Line | None = None
    sources: Annotated[list[Source], msgspec.Meta(max_length=MAX_ITEMS)] = []


KINDS: Final[dict[str, type[Body]]] = {
    "commitment": Commitment,
    "conforming-act": ConformingAct,
    "ping": Ping,
    "ping-answer": PingAnswer,
    "drill-service": DrillService,
    "notification": Notification,
    "consultation": Consultation,
    "pact": Pact,
    "pact-return": PactReturn,
    "disclosure": Disclosure,
}


def parse_commitment_body(kind: str, body: JsonObject) -> Body:
    """Read a body of one of these kinds, its form and what `check_body` holds.

    Raises:
        MalformedError: the kind is unknown, the body breaks its form, or its members do not fit each other.
    """
    value = parse_body(kind, body, KINDS)
    check_body(value)
    return value


def commitment_schema(kind: str) -> JsonObject:
    """Return the JSON Schema of the body of one of these kinds."""
    return body_schema(kind, KINDS)


def check_body(body: Body) -> None:
    """Hold that the members of a body of these kinds fit each other; a body of another kind passes.

    Raises:
        MalformedError: they do not; the message names the member.
    """
    match body:
        case Commitment():
            parse_since(body.on)
        case Ping():
            parse_time(body.sent)
            _two_different(body.by, body.to, "ping")
        case PingAnswer():
            parse_time(body.answered)
            _two_different(body.by, body.to, "ping-answer")
        case Consultation():
            _different(body.parties, "consultation", "parties")
            if body.by not in body.parties:
                raise MalformedError(f"body of consultation: by {body.by} is none of the parties")
        case Pact():
            _check_pact(body)
        case PactReturn():
            if body.what == "report" and body.text is None and not body.sources and body.record is None:
                raise MalformedError("body of pact-return: a report has a text, a record or a source; else it is nil")
        case Disclosure():
            _check_disclosure(body)
        case _:
            pass


def _two_different(by: str, to: str, kind: str) -> None:
    if by == to:
        raise MalformedError(f"body of {kind}: by and to are both {by}; a drill has two sides")


def _different(codes: list[str], kind: str, member: str) -> None:
    if len(set(codes)) != len(codes):
        raise MalformedError(f"body of {kind}: {member} names one twice")


def _check_pact(body: Pact) -> None:
    _different(body.parties, "pact", "parties")
    _different([row.code for row in body.measures], "pact", "measures")
    begins = parse_since(body.begins)
    if not begins.exact or parse_since(body.signed).earliest > begins.latest:
        raise MalformedError("body of pact: begins must be a whole day, and signed not later than it")
    if body.until is not None and parse_since(body.until).latest < begins.earliest:
        raise MalformedError("body of pact: until is before begins")
    for row in body.measures:
        if row.duty == "abstain" and (row.every_months is not None or row.within_hours is not None):
            raise MalformedError(f"body of pact: measure {row.code} is to abstain, which has no period")
        if row.duty in {"report", "drill"} and row.every_months is None:
            raise MalformedError(f"body of pact: measure {row.code} needs every_months")


def _check_disclosure(body: Disclosure) -> None:
    if body.answer == "published" and body.text is None and not body.sources:
        raise MalformedError("body of disclosure: what is published has a text or a source")
    if body.answer == "no_answer":
        if body.text is not None:
            raise MalformedError("body of disclosure: no_answer has no text")
        if body.asked is None and body.searched is None:
            raise MalformedError("body of disclosure: no_answer needs the day on which it was asked or searched for")
    elif body.searched is not None:
        raise MalformedError("body of disclosure: searched goes with no_answer only")
    if body.searched is not None and body.searched_where is None:
        raise MalformedError("body of disclosure: searched needs searched_where")
    if body.answer == "declined" and body.said_by.participant not in {None, body.participant} and not body.sources:
        raise MalformedError("body of disclosure: that a participant declined, told by another, needs a source")
