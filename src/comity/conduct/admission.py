"""What a ledger takes: records in form, whose days have come, of one world, and what each of them refers to.

Pure decisions over one record; whether that to which it refers is held, the ledger looks up. A name and a code mean
the same world: an exercise is about fictitious participants only and a ledger of real claims about real ones only, so
that nobody can take an exercise for a claim or put words into the mouth of a real state.

What a body holds is read off its type, so that a member of another room is checked as well.
"""

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum, auto
from functools import cache, lru_cache
from types import UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin, get_type_hints

from comity.conduct.commitments.statements import check_body
from comity.conduct.record import Record, encoded_record_id
from comity.conduct.statements import (
    Body,
    Correction,
    Day,
    Operation,
    Participant,
    Period,
    RecordId,
    Speaker,
    Subject,
    Target,
    encode_body,
    parse_body,
)
from comity.errors import MalformedError, NotFoundError, PolicyError
from comity.kernel.canonical import encode_json
from comity.parties.names import participant_named
from comity.parties.participants import is_fictitious, participant

# Members that name records which must be held, and of which kind; None leaves the kind open. What else has the form of
# an id, such as what a finding cites, may be a statement or an exhibit, which a ledger does not hold.
HELD: Final[Mapping[str, str | None]] = {
    "operation": "operation",
    "to_claims": "claim",
    "counter_claim": "claim",
    "corrects": None,
    "replacement": None,
    "claim": "claim",
    "derives_from": None,
    "right_of_reply.replies": "reply",
    "ping": "ping",
    "of": None,
    "pact": "pact",
}
# Days that lie in the past when they are entered. A period may end, or an answer be due, later.
PAST: Final = frozenset(
    {"said", "searched", "occurred.begin", "about_when.begin", "sources.published", "consents.on"}
    | {"right_of_reply.asked", "on", "signed", "asked"}
)
# At any moment the earth has two dates, so that what is said today may bear the date of tomorrow.
_SLACK: Final = timedelta(days=1)
_MOST_NAMES: Final = 50_000


class _Is(Enum):
    """What a value in a body is for a ledger."""

    PARTICIPANT = auto()
    DAY = auto()
    RECORD = auto()
    PERIOD = auto()
    STATE = auto()  # the name of a state, or of a place that may be one, that comes without a code
    INNER = auto()


_LEAVES: Final[tuple[tuple[Any, _Is], ...]] = (
    (Participant, _Is.PARTICIPANT),
    (Day, _Is.DAY),
    (RecordId, _Is.RECORD),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """A record that a ledger of this world takes, with what is looked up by.

    `refers` are the member, the id and the kind wanted; `subjects` level and code; `speakers` code and name;
    `names` what an operation is called, its title first. Names are folded.
    """

    record: Record
    id: str
    body: bytes
    refers: tuple[tuple[str, str, str | None], ...]
    subjects: tuple[tuple[str, str], ...]
    speakers: tuple[tuple[str | None, str], ...]
    names: tuple[str, ...]


def admit(record: Record, kinds: dict[str, type[Body]], *, exercise: bool) -> Admitted:
    """Return a record with what is looked up by.

    Raises:
        MalformedError: the body breaks the form of its kind, names a participant that is unknown or a day that does
            not exist, or a period ends before it begins.
        PolicyError: a day is still to come, or a participant belongs to the other world.
    """
    try:
        refers = check_entry(record.kind, record.body, kinds, on=record.provenance.on, exercise=exercise)
    except (MalformedError, PolicyError) as exc:
        raise type(exc)(f"{where(record)}: {exc.message}") from exc
    body = encode_json(encode_body(record.body))
    # The body is written once, for its id and for the ledger.
    vars(record).setdefault("id", encoded_record_id(record.kind, body))
    return Admitted(
        record=record,
        id=record.id,
        body=body,
        refers=refers,
        subjects=tuple(
            dict.fromkeys(
                (about.level, about.participant)
                for about in getattr(record.body, "about", ())
                if isinstance(about, Subject) and about.participant is not None
            )
        ),
        speakers=tuple(
            (value.participant, folded(value.name))
            for name in record.body.__struct_fields__
            if isinstance(value := getattr(record.body, name), Speaker)
        ),
        names=operation_names(record.body) if isinstance(record.body, Operation) else (),
    )


def check_entry(
    kind: str, body: Body, kinds: dict[str, type[Body]], *, on: date, exercise: bool | None = None
) -> tuple[tuple[str, str, str | None], ...]:
    """Check a body that is entered on a day, and return member, id and wanted kind of what it refers to.

    Where `exercise` is left open the body may be of either world, since a file does not tell for which ledger it is.

    Raises:
        MalformedError: as for `admit`; the message names the member, and the caller says where it stands.
        PolicyError: as for `admit`.
    """
    shape = kinds.get(kind)
    if shape is not None and type(body) is not shape:
        raise MalformedError(f"a {kind} has another body than {type(body).__name__}")
    parse_body(kind, encode_body(body), kinds)
    check_body(body)
    refers = []
    for path, what, value in _values(body):
        if what is _Is.RECORD and path in HELD:
            refers.append((path, value, HELD[path]))
        elif what is _Is.DAY:
            _check_day(path, value, on)
        elif what is _Is.PERIOD:
            _check_period(path, value)
        elif what is _Is.PARTICIPANT:
            _check_world(path, value, exercise=exercise)
        elif what is _Is.STATE and exercise and (real := _real_state(value)) is not None:
            raise PolicyError(f"{path} {value!r} is {real}; an exercise names fictitious states only")
    return tuple(refers)


def check_refers(each: Admitted, kinds: Mapping[str, str]) -> None:
    """Refuse a record that refers to what is not there or has no place there; `kinds` are those of records by id.

    Raises:
        MalformedError: naming the record, the member and what it refers to.
    """
    for member, target, wanted in each.refers:
        if target not in kinds:
            raise MalformedError(
                f"{where(each.record)}: {member} {target} is neither held nor in the same batch; add that record first"
            )
        if wanted is not None and kinds[target] != wanted:
            raise MalformedError(f"{where(each.record)}: {member} {target} is no {wanted} but a {kinds[target]}")
    body = each.record.body
    if isinstance(body, Correction) and body.replacement is not None:
        if body.replacement == body.corrects:
            raise MalformedError(f"{where(each.record)}: replacement {body.replacement} is the record that it corrects")
        if kinds[body.replacement] != kinds[body.corrects]:
            raise MalformedError(
                f"{where(each.record)}: replacement {body.replacement} is a {kinds[body.replacement]}, and corrects "
                f"{body.corrects} is a {kinds[body.corrects]}"
            )


def where(record: Record) -> str:
    """Return which record a message is about: kind, id, and where it came from."""
    came = record.provenance
    place = "" if came.place is None else f", {came.place}"
    return f"{record.kind} {record.id} ({came.source}{place})"


def operation_names(body: Operation) -> tuple[str, ...]:
    """Return what an operation is called, folded: its title, then other names, then what collections call it."""
    elsewhere = (name for other in body.external for name in (other.id, f"{other.scheme}:{other.id}"))
    return tuple(dict.fromkeys(folded(name) for name in (body.title, *body.names, *elsewhere)))


@lru_cache(maxsize=_MOST_NAMES)
def folded(text: str) -> str:
    """Return the form in which two spellings of a name are equal in any script: no case, width or extra space.

    Accents and vowel signs stay, since in many scripts they tell names apart; marks that cannot be seen go.
    """
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    if not plain.isascii():
        plain = "".join(character for character in plain if unicodedata.category(character) != "Cf")
    return " ".join(plain.split())


def _values(body: Body, prefix: str = "") -> Iterator[tuple[str, _Is, Any]]:
    """Yield path, nature and value of what a ledger looks at in a body; a path does not number the items of a list."""
    for name, what in _members(type(body)):
        value = getattr(body, name)
        for item in value if isinstance(value, list) else (value,):
            if item is None:
                continue
            if what is not _Is.INNER:
                yield prefix + name, what, item
                continue
            inner = f"{prefix}{name}."
            yield from _values(item, inner)
            if isinstance(item, Period):
                yield prefix + name, _Is.PERIOD, item
            if _may_be_state(item) and item.participant is None:
                yield f"{inner}name", _Is.STATE, item.name


@cache
def _members(shape: type[Body]) -> tuple[tuple[str, _Is], ...]:
    hints = get_type_hints(shape, include_extras=True)
    found = ((name, what) for name in shape.__struct_fields__ for what in _natures(hints[name]))
    return tuple(dict.fromkeys(found))


def _natures(hint: Any) -> Iterator[_Is]:
    for leaf, what in _LEAVES:
        if hint == leaf:
            yield what
            return
    if isinstance(hint, type) and issubclass(hint, Body):
        yield _Is.INNER
    elif get_origin(hint) in {Annotated, Union, UnionType, list}:
        for part in get_args(hint):
            yield from _natures(part)


def _may_be_state(item: Body) -> bool:
    if isinstance(item, Subject):
        return item.level in {"place", "state"}
    return isinstance(item, Speaker | Target) and item.kind == "state"


def _check_day(path: str, text: str, on: date) -> None:
    first = "-01" * (2 - text.count("-"))
    try:
        day = date.fromisoformat(text + first)
    except ValueError as exc:
        raise MalformedError(f"{path} {text} is no day of the calendar") from exc
    if path in PAST and day > on + _SLACK:
        raise PolicyError(f"{path} {text} lies after {on}, the day of entry; check the day, or that of the entry")


def _check_period(path: str, period: Period) -> None:
    if period.begin is None or period.end is None:
        return
    known = min(len(period.begin), len(period.end))
    if period.end[:known] < period.begin[:known]:
        raise MalformedError(f"{path} ends on {period.end}, before it begins on {period.begin}")


def _check_world(path: str, code: str, *, exercise: bool | None) -> None:
    unknown = _unknown(code)
    if unknown is not None:
        raise MalformedError(f"{path}: {unknown}")
    if exercise is False and is_fictitious(code):
        raise PolicyError(f"{path} {code} is fictitious; fictitious participants act in exercises only")
    if exercise and not is_fictitious(code):
        raise PolicyError(
            f"{path} {code} is {participant(code).name}; an exercise names fictitious participants only, such as XAA"
        )


@cache
def _unknown(code: str) -> str | None:
    """Return why no participant has a code, or None when one has it."""
    try:
        participant(code)
    except NotFoundError as exc:
        return exc.message
    return None


@lru_cache(maxsize=_MOST_NAMES)
def _real_state(name: str) -> str | None:
    """Return the code of the listed participant that a name means, or None."""
    try:
        return participant_named(name).code
    except NotFoundError:
        return None
