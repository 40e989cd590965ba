"""Acts and profiles for tests of the law room, with what most of them have in common."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from comity.law.model import Act, Confidence, ProfileAspect
from comity.law.register import Register
from comity.law.rows import Action, ProfileEntry
from comity.parties.table import Grade


def act(
    instrument: str,
    participant: str,
    kind: Act,
    on: str | None = None,
    *,
    known_by: str | None = None,
    confidence: Confidence = Confidence.CONFIRMED,
    provision: str | None = None,
    about: str | None = None,
    note: str | None = None,
    grade: Grade = Grade.SECONDARY,
) -> Action:
    """Return an act."""
    return Action(
        instrument=instrument,
        participant=participant,
        act=kind,
        on=None if on is None else date.fromisoformat(on),
        known_by=None if known_by is None else date.fromisoformat(known_by),
        confidence=confidence,
        provision=provision,
        about=about,
        note=note,
        source="a test",
        grade=grade,
        grade_detail=grade.value,
    )


def told(
    participant: str,
    aspect: ProfileAspect,
    value: str,
    *,
    since: str | None = None,
    instrument: str | None = None,
    grade: Grade = Grade.SECONDARY,
) -> ProfileEntry:
    """Return one thing that a participant tells of itself."""
    return ProfileEntry(
        participant=participant,
        instrument=instrument,
        aspect=aspect,
        value=value,
        since=None if since is None else date.fromisoformat(since),
        note=None,
        source="a test",
        grade=grade,
        grade_detail=grade.value,
    )


def with_acts(register: Register, acts: Iterable[Action], *, without: tuple[str, str] | None = None) -> Register:
    """Return a register with further acts, and without those of one participant towards one instrument."""
    kept = (row for row in register.actions if (row.instrument, row.participant) != without)
    return replace(register, actions=(*kept, *acts))
