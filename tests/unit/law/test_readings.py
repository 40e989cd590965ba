"""A reading holds what the tables decide by: whoever confirms is shown all of it, and another rule is another text."""

from dataclasses import fields, replace
from datetime import date
from enum import Enum
from typing import Any

import pytest

from comity.law.clocks import Clock, ClockCalendar, ClockEvent
from comity.law.elements import load_element_sets
from comity.law.entry import Delay, Threshold, parse_delay, parse_threshold
from comity.law.measures import Measure
from comity.law.model import Oral, lies_within
from comity.law.readings import Reading, rules_digest, rules_on, standing_readings, with_readings
from comity.law.reform.amendment_rules import load_amendment_rules
from comity.law.register import Register, load_register
from comity.law.rows import Instrument
from comity.law.rule_words import rule_words
from comity.law.safeguards import load_safeguards
from comity.parties.table import Grade, Sourced

REGISTER = load_register()
DAY = date(2026, 11, 23)
# What no text says: the evidence, where the row belongs, and what happened since.
NOT_IN_THE_TEXT = {"source", "grade", "grade_detail", "instrument", "key"}
NOT_OF_AN_INSTRUMENT = {"chart", "in_force_since", "parties", "parties_until"}
CARRIER = next(row for row in REGISTER.carriers if row.instrument == "budapest" and row.measure is Measure.PRESERVATION)
ROWS: tuple[Sourced, ...] = (
    REGISTER.instrument("budapest_p2"),
    replace(REGISTER.instrument("hanoi"), parent="untoc"),
    REGISTER.provision("hanoi", "65"),
    replace(CARRIER, dual_provision="29(3)", language_provision="27", reservation_provision="29(4)"),
    next(row for row in REGISTER.contents if row.instrument == "hanoi"),
    next(row for row in REGISTER.grounds if row.instrument == "hanoi"),
    *(row for row in REGISTER.clocks if row.instrument == "hanoi"),
    next(row for row in REGISTER.obligations if row.instrument == "hanoi"),
    REGISTER.direct[0],
    next(row for row in REGISTER.conduct if row.instrument == "hanoi"),
    next(iter(load_element_sets().values())).elements[0],
    next(row for row in load_safeguards() if row.provision is not None),
    *(row for row in load_amendment_rules() if row.instrument == "hanoi" and row.provision is not None),
)


def other(value: Any) -> Any:
    """Return another value of the same sort, such as a careless edit of a table would leave."""
    match value:
        case Enum():
            return next(member for member in type(value) if member is not value)
        case str():
            return f"{value} otherwise"
        case int():
            return value + 1
        case date():
            return value.replace(year=value.year + 1)
        case Delay():
            return parse_delay("7 months")
        case Threshold():
            return parse_threshold("99 parties")
        case tuple():
            return (*value[:-1], other(value[-1])) if value else ("24",)
        case None:
            return "another"
    raise AssertionError(value)


def changes(row: Sourced) -> list[tuple[str, Sourced]]:
    """Return the row with each column changed that a text could bear out or contradict."""
    left = NOT_IN_THE_TEXT | (NOT_OF_AN_INSTRUMENT if isinstance(row, Instrument) else set())
    names = [field.name for field in fields(row) if field.name not in left]
    # A period has either a length or an event that ends it, and the other column is empty.
    empty = {"ends_with", "length"} if isinstance(row, Clock) else set[str]()
    names = [name for name in names if not (name in empty and getattr(row, name) is None)]
    return [(name, replace(row, **{name: other(getattr(row, name))})) for name in names]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: type(row).__name__)
def test_the_words_of_a_rule_differ_where_any_column_by_which_it_decides_does(row: Sourced) -> None:
    words = rule_words(row)
    assert [name for name, changed in changes(row) if rule_words(changed) == words] == []


def test_what_the_tables_hold_of_parties_and_force_is_no_part_of_the_words() -> None:
    row = REGISTER.instrument("hanoi")
    later = replace(row, in_force_since=date(2027, 1, 1), parties_until=date(2027, 2, 1), grade=Grade.TEXT)
    assert rule_words(later) == rule_words(row)


def test_a_carrier_is_told_in_full() -> None:
    row = replace(CARRIER, oral=Oral.NO, language_provision="27", dual_note="never", reach="any offence")
    assert rule_words(row) == (
        "article 29 carries preservation: shall, contact_point central_authority to contact_point central_authority "
        "(article 35(1)); dual criminality not_a_condition_save_reservation, never; reaches own_offences "
        "electronic_evidence, any offence (article 25(1)); dual criminality by article 29(3); reservation by article "
        "29(4); orally no; language by article 27"
    )


def named(register: Register, instrument: str) -> frozenset[str]:
    """Every provision that a row of an instrument names, as a text with the same numbers has them."""
    tables = (register.provisions, register.contents, register.grounds, register.clocks, register.direct)
    rows = (row for table in tables for row in table if getattr(row, "instrument", None) == instrument)
    return frozenset(row.provision for row in rows if row.provision is not None)


def read(register: Register, instrument: str, *provisions: str) -> tuple[Reading, ...]:
    every = named(register, instrument)
    return tuple(
        Reading(
            instrument=instrument,
            provision=name,
            digest=rules_digest(rules_on(register, instrument, name)),
            text_sha256="0" * 64,
            by="Maria",
            on=DAY,
            covers=frozenset(inner for inner in every if lies_within(inner, name)),
        )
        for name in provisions
    )


def remembered(
    *, provisions: tuple[str, ...] = (), register: Register = REGISTER
) -> tuple[Register, tuple[Reading, ...]]:
    """Return a register in which all of the Budapest Convention rests on memory, and readings of provisions."""

    def weak(rows: tuple[Any, ...]) -> tuple[Any, ...]:
        key = "budapest"
        return tuple(
            replace(row, grade=Grade.MEMORY, grade_detail="M")
            if key in {getattr(row, "instrument", None), getattr(row, "key", None)}
            else row
            for row in rows
        )

    names = (
        "instruments",
        "provisions",
        "carriers",
        "contents",
        "grounds",
        "clocks",
        "obligations",
        "direct",
        "conduct",
    )
    weakened: dict[str, Any] = {name: weak(getattr(register, name)) for name in names}
    found = replace(register, **weakened)
    return found, read(found, "budapest", *provisions)


def grade(register: Register, measure: Measure = Measure.PRESERVATION) -> Grade:
    carrier = register.carrier("budapest", measure)
    assert carrier is not None
    return carrier.grade


PLACES = {
    "provision": "29",
    "channel_provision": "35",
    "dual_provision": "27",
    "reservation_provision": "42",
    "reach_provision": "25",
    "language_provision": "26",
}


@pytest.mark.parametrize("left_out", [None, *PLACES])
def test_a_carrier_is_raised_only_once_every_article_that_it_points_to_is_confirmed(left_out: str | None) -> None:
    carriers = tuple(replace(row, **PLACES) if row is CARRIER else row for row in REGISTER.carriers)  # type: ignore[arg-type]
    names = tuple(provision for place, provision in PLACES.items() if place != left_out)
    register, readings = remembered(provisions=names, register=replace(REGISTER, carriers=carriers))
    assert grade(with_readings(register, readings)) is (Grade.TEXT if left_out is None else Grade.MEMORY)


def test_a_reading_of_an_article_covers_what_lies_in_it_and_one_of_a_paragraph_does_not_cover_the_article() -> None:
    register, readings = remembered(provisions=("29",))
    assert with_readings(register, readings).provision("budapest", "29(3)").grade is Grade.TEXT
    register, readings = remembered(provisions=("29(3)",))
    raised = with_readings(register, readings)
    assert raised.provision("budapest", "29(3)").grade is Grade.TEXT
    assert raised.provision("budapest", "29").grade is Grade.MEMORY
    assert raised.provision("budapest", "29(4)").grade is Grade.MEMORY


@pytest.mark.parametrize(
    ("calendar", "start"),
    [(ClockCalendar.HOURS, ClockEvent.PRESERVED), (ClockCalendar.CALENDAR_DAYS, ClockEvent.SENT)],
)
def test_a_clock_that_runs_otherwise_than_what_was_confirmed_rests_on_memory_again(
    calendar: ClockCalendar, start: ClockEvent
) -> None:
    register, readings = remembered(provisions=("29",))
    clock = next(row for row in register.clocks if row.instrument == "budapest" and row.provision == "29(7)")
    assert (clock.calendar, clock.start_event) == (ClockCalendar.CALENDAR_DAYS, ClockEvent.PRESERVED)
    assert clock.name in {row.name for row in with_readings(register, readings).clocks if row.grade is Grade.TEXT}
    edited = tuple(
        replace(row, calendar=calendar, start_event=start) if row is clock else row for row in register.clocks
    )
    lapsed = replace(register, clocks=edited)
    assert standing_readings(lapsed, readings) == ()
    assert next(row for row in with_readings(lapsed, readings).clocks if row.name == clock.name).grade is Grade.MEMORY


def test_a_way_without_a_request_is_shown_and_raised() -> None:
    register, readings = remembered(provisions=("32",))
    assert any("without a request, by consent" in line for line in rules_on(register, "budapest", "32"))
    found = {row.grade for row in with_readings(register, readings).direct if row.instrument == "budapest"}
    assert found == {Grade.TEXT}


def test_the_rules_on_entering_into_force_are_raised_with_the_articles_on_them() -> None:
    shown = [line for line in rules_on(REGISTER, "budapest", "36") if "enters into force with" in line]
    assert len(shown) == 1
    assert shown == [line for line in rules_on(REGISTER, "budapest", "47") if "enters into force with" in line]
    assert "5 states including 3 council_of_europe; after 3 months then first of month" in shown[0]
    register, readings = remembered(provisions=("36",))
    assert with_readings(register, readings).instrument("budapest").grade is Grade.MEMORY
    register, readings = remembered(provisions=("36", "47"))
    assert with_readings(register, readings).instrument("budapest").grade is Grade.TEXT


def test_without_an_article_on_its_entry_into_force_no_reading_bears_an_instrument_out() -> None:
    rows = tuple(replace(row, entry_provision=None) if row.key == "budapest" else row for row in REGISTER.instruments)
    register, readings = remembered(provisions=("47",), register=replace(REGISTER, instruments=rows))
    assert len(standing_readings(register, readings)) == 1
    assert with_readings(register, readings).instrument("budapest").grade is Grade.MEMORY


def test_rules_on_changing_an_instrument_and_elements_of_offences_are_shown_and_held() -> None:
    (rule,) = (row for row in load_amendment_rules() if (row.instrument, row.provision) == ("hanoi", "62"))
    assert rule_words(rule) in rules_on(REGISTER, "hanoi", "62")
    assert rule_words(rule) in rules_on(REGISTER, "hanoi", "61")
    element = load_element_sets()["budapest", "2"].elements[0]
    assert rule_words(element) in rules_on(REGISTER, "budapest", "2")


def test_paraphrases_come_first_and_each_rule_once() -> None:
    lines = rules_on(REGISTER, "budapest", "29")
    assert lines[0].startswith("article 29, ")
    assert len(set(lines)) == len(lines)
    assert all(line.startswith("article 2") for line in rules_on(REGISTER, "budapest", "2"))
    assert not any(line.startswith("article 29") for line in rules_on(REGISTER, "budapest", "2"))


def test_a_reading_of_an_instrument_that_is_no_longer_there_counts_for_nothing() -> None:
    gone = replace(read(REGISTER, "budapest", "29")[0], instrument="own_accord")
    assert standing_readings(REGISTER, (gone,)) == ()
    assert with_readings(REGISTER, (gone,)) is REGISTER


def test_a_paragraph_that_the_text_has_not_is_not_read_with_its_article() -> None:
    (whole,) = read(REGISTER, "hanoi", "40")
    assert with_readings(REGISTER, [whole]).provision("hanoi", "40(22)").grade is Grade.TEXT
    without = replace(whole, covers=whole.covers - {"40(22)"})
    raised = with_readings(REGISTER, [without])
    assert raised.provision("hanoi", "40(22)").grade is Grade.MEMORY
    assert raised.provision("hanoi", "40(21)").grade is Grade.TEXT
