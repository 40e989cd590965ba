"""Clocks are data; only a binding ceiling can become overdue."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from comity.errors import MalformedError, PolicyError
from comity.law.clocks import Clock, ClockCalendar, ClockCharacter, ClockKind, due, overdue_since
from comity.law.register import load_register
from comity.parties.table import Grade

START = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
CLOCKS = {clock.name: clock for clock in load_register().clocks}
FLOOR = CLOCKS["budapest-preservation-floor"]


def ceiling(**changes: object) -> Clock:
    base = replace(FLOOR, name="answer", kind=ClockKind.CEILING, character=ClockCharacter.DECLARED, length=10)
    return replace(base, **changes)  # type: ignore[arg-type]  # the tests choose the fields


def test_budapest_keeps_preserved_data_for_sixty_days() -> None:
    assert (FLOOR.days, FLOOR.kind, FLOOR.character) == (60, ClockKind.FLOOR, ClockCharacter.TREATY_DUTY)
    assert due(FLOOR, START) == datetime(2027, 1, 22, 9, 30, tzinfo=UTC)


def test_hanoi_s_floor_rests_on_memory_and_never_starts() -> None:
    clock = CLOCKS["hanoi-preservation-floor"]
    assert clock.days == 60
    assert not clock.may_start
    assert FLOOR.may_start


def test_a_clock_that_ends_with_an_event_has_no_instant() -> None:
    clock = CLOCKS["budapest-preservation-until-decided"]
    with pytest.raises(PolicyError, match="assistance_request_decided"):
        due(clock, START)


def test_hours_are_counted_as_hours() -> None:
    clock = ceiling(length=8, calendar=ClockCalendar.HOURS)
    assert due(clock, START) == START + timedelta(hours=8)
    assert clock.days is None


def test_a_binding_ceiling_becomes_overdue_after_its_end() -> None:
    clock = ceiling()
    end = START + timedelta(days=10)
    assert overdue_since(clock, start=START, as_of=end) is None
    assert overdue_since(clock, start=START, as_of=end + timedelta(seconds=1)) == end
    assert ceiling(character=ClockCharacter.TREATY_DUTY).can_become_overdue


@pytest.mark.parametrize(
    "clock",
    [
        FLOOR,
        ceiling(kind=ClockKind.TARGET),
        ceiling(character=ClockCharacter.WISHED),
        ceiling(grade=Grade.MEMORY, grade_detail="P+M"),
    ],
)
def test_floors_targets_wishes_and_memory_are_never_overdue(clock: Clock) -> None:
    assert overdue_since(clock, start=START, as_of=START + timedelta(days=1000)) is None


def test_an_instant_without_a_zone_is_refused() -> None:
    naive = START.replace(tzinfo=None)
    with pytest.raises(MalformedError):
        due(FLOOR, naive)
    with pytest.raises(MalformedError):
        overdue_since(FLOOR, start=START, as_of=naive)
