"""Clocks: periods as data, and the arithmetic on them.

A clock is never a constant of the program. It has a **kind**: a floor is the least that must be kept up, a ceiling
the latest by which something is due, a target what is aimed at; and a **character**: a treaty duty, a period declared
by the asked, or one wished by the asker. Only a ceiling that is a treaty duty or was declared can become overdue,
and never one that rests on memory.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from comity.errors import MalformedError, PolicyError
from comity.law.measures import Measure
from comity.parties.table import Sourced


class ClockKind(StrEnum):
    """What the end of a period means."""

    FLOOR = "floor"
    CEILING = "ceiling"
    TARGET = "target"


class ClockCharacter(StrEnum):
    """What a period rests on."""

    TREATY_DUTY = "treaty_duty"
    DECLARED = "declared"
    WISHED = "wished"


class ClockEvent(StrEnum):
    """What starts or ends a period: a fact that a statement of the case records."""

    SENT = "sent"
    RECEIVED = "received"
    ACKNOWLEDGED = "acknowledged"
    PRESERVED = "preserved"
    SERVED = "served"
    ASSISTANCE_REQUEST_RECEIVED = "assistance_request_received"
    ASSISTANCE_REQUEST_DECIDED = "assistance_request_decided"
    QUESTION_RECEIVED = "question_received"


class ClockCalendar(StrEnum):
    """How a period is counted; only calendars that every participant counts alike are known."""

    CALENDAR_DAYS = "calendar_days"
    HOURS = "hours"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock(Sourced):
    """One period; `length` counts days or hours by `calendar`, and is None where `ends_with` is an event instead."""

    name: str
    instrument: str | None
    measures: tuple[Measure, ...]
    provision: str | None
    kind: ClockKind
    character: ClockCharacter
    length: int | None
    start_event: ClockEvent
    ends_with: ClockEvent | None
    calendar: ClockCalendar
    paraphrase: str

    @property
    def days(self) -> int | None:
        """The length in days; None for a period that is counted in hours or ends with an event."""
        return self.length if self.calendar is ClockCalendar.CALENDAR_DAYS else None

    @property
    def can_become_overdue(self) -> bool:
        """True for a binding ceiling: one that the treaty sets or the asked declared, not resting on memory."""
        return self.kind is ClockKind.CEILING and self.character is not ClockCharacter.WISHED and self.grade.binding

    def to_json(self) -> dict[str, object]:
        """Return the clock as JSON values."""
        return {
            "clock": self.name,
            "instrument": self.instrument,
            "article": self.provision,
            "kind": self.kind.value,
            "character": self.character.value,
            "length": self.length,
            "calendar": self.calendar.value,
            "start": self.start_event.value,
            "ends_with": None if self.ends_with is None else self.ends_with.value,
            "may_start": self.may_start,
            "can_become_overdue": self.can_become_overdue,
            "text": self.paraphrase,
            "grade": self.grade_detail,
            "source": self.source,
        }

    @property
    def sentence(self) -> str:
        """The period in words: character, kind, length, start and calendar."""
        unit = "hours" if self.calendar is ClockCalendar.HOURS else "calendar days"
        ends = f"until {self.ends_with}" if self.length is None else f"{self.length} {unit}"
        words = f"{self.kind} by {self.character}: {ends} from {self.start_event}".replace("_", " ")
        return words if self.may_start else f"{words}; it rests on memory and never runs"

    @property
    def may_start(self) -> bool:
        """True unless the clock rests on memory; such a clock is shown as a warning and never runs."""
        return self.grade.binding


def due(clock: Clock, start: datetime) -> datetime:
    """Return the instant at which the period ends when it starts at `start`.

    For a floor this is the earliest end: what was preserved may not be let go before it.

    Raises:
        MalformedError: `start` names no time zone.
        PolicyError: the period ends with an event, so that no instant can be computed.
    """
    if start.tzinfo is None:
        raise MalformedError(f"the start of clock {clock.name} has no time zone; give an instant")
    if clock.length is None:
        raise PolicyError(f"clock {clock.name} ends with the event {clock.ends_with}, not at an instant")
    period = timedelta(hours=clock.length) if clock.calendar is ClockCalendar.HOURS else timedelta(days=clock.length)
    try:
        return start + period
    except OverflowError as exc:
        raise MalformedError(
            f"the start of clock {clock.name} lies at the end of the calendar; give an earlier one"
        ) from exc


def overdue_since(clock: Clock, *, start: datetime, as_of: datetime) -> datetime | None:
    """Return since when an unanswered clock is overdue at `as_of`, or None.

    Floors, targets, wishes and clocks that rest on memory are never overdue.

    Raises:
        MalformedError: an instant names no time zone.
        PolicyError: the period ends with an event.
    """
    if as_of.tzinfo is None:
        raise MalformedError(f"the moment at which clock {clock.name} is read has no time zone; give an instant")
    if not clock.can_become_overdue:
        return None
    end = due(clock, start)
    return end if as_of > end else None
