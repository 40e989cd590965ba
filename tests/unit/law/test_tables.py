"""Every row of the law tables has its evidence, and points only to what is there."""

import csv
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from comity.errors import MalformedError, NotFoundError, PolicyError
from comity.law.clocks import Clock
from comity.law.measures import Measure
from comity.law.model import (
    Act,
    ActSort,
    Confidence,
    Exposure,
    GroundCode,
    ReasonClass,
    check_provision,
    without_letter,
)
from comity.law.register import Register, exercise_actions, load_register
from comity.law.rows import Action, Instrument
from comity.law.tables import ACTION_COLUMNS, INSTRUMENT_COLUMNS, build_action, build_clock, build_instrument
from comity.parties.table import Grade, Sourced, parse_grade, parse_table
from support.paths import ROOT, shared

REFERENCE = ROOT / "src" / "comity" / "law" / "reference"
REGISTER = load_register()


def rows(register: Register) -> Iterable[Sourced]:
    return chain(
        register.instruments,
        register.provisions,
        register.carriers,
        register.contents,
        register.grounds,
        register.non_execution,
        register.clocks,
        register.actions,
        register.reported_counts,
        register.obligations,
        register.direct,
        register.profiles,
        register.conduct,
    )


def test_every_row_carries_source_and_grade() -> None:
    for row in rows(REGISTER):
        assert row.source
        assert row.grade.value in row.grade_detail


# Tables that a module reads for itself, held by that module's own tests.
READ_ELSEWHERE = frozenset(
    [
        *("amendment_rules.csv", "concerns.csv", "elements.csv", "entry_history.csv", "gap_cells.csv", "groups.csv"),
        *("norms.csv", "predecessor_deposits.csv", "safeguards.csv", "zones.csv"),
        *("complete_grounds.csv", "ground_limits.csv", "open_to.csv"),
    ]
)


def test_every_file_of_the_folder_is_read() -> None:
    lines = 0
    for path in sorted(REFERENCE.rglob("*.csv")):
        if path.name not in READ_ELSEWHERE:
            with path.open(encoding="utf-8", newline="") as file:
                lines += sum(1 for _ in csv.DictReader(file))
    assert lines == sum(1 for _ in rows(REGISTER))


@pytest.mark.parametrize("path", sorted(REFERENCE.rglob("*.csv")), ids=lambda path: str(path.relative_to(REFERENCE)))
def test_every_row_of_every_table_names_source_and_grade(path: Path) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    assert table, "a table without rows says nothing"
    for number, row in enumerate(table, start=2):
        assert row["source"], f"line {number} has no source"
        parse_grade(row["grade"])


def test_every_folder_of_the_tables_belongs_to_an_instrument() -> None:
    folders = {path.name for path in REFERENCE.iterdir() if path.is_dir()} - {"drafts"}
    assert folders == {row.key for row in REGISTER.instruments}


def test_a_reference_to_an_article_that_is_not_there_is_refused() -> None:
    ground = replace(REGISTER.grounds[0], provision="99(1)")
    with pytest.raises(MalformedError, match=r"grounds\.csv points to .* 99\(1\)"):
        replace(REGISTER, grounds=(ground,))


def test_a_reference_to_an_instrument_that_is_not_loaded_is_refused() -> None:
    clock = replace(REGISTER.clocks[0], instrument="atlantis")
    with pytest.raises(MalformedError, match=r"clocks\.csv names the instrument 'atlantis'"):
        replace(REGISTER, clocks=(clock,))


def test_a_paragraph_without_its_article_is_refused() -> None:
    paragraph = replace(REGISTER.provision("budapest", "29(2)"), provision="99(2)")
    with pytest.raises(MalformedError, match="points to budapest 99"):
        replace(REGISTER, provisions=(*REGISTER.provisions, paragraph))


@pytest.mark.parametrize(
    "field", ["instruments", "provisions", "carriers", "contents", "grounds", "non_execution", "clocks", "conduct"]
)
def test_a_repeated_row_is_refused(field: str) -> None:
    table = getattr(REGISTER, field)
    changes: dict[str, Any] = {field: (*table, table[-1])}
    with pytest.raises(MalformedError, match="repeats"):
        replace(REGISTER, **changes)


def test_an_act_of_an_unknown_participant_is_refused() -> None:
    with pytest.raises(NotFoundError):
        replace(REGISTER, actions=(replace(REGISTER.actions[0], participant="QQQ"),))


def test_all_sixty_eight_articles_of_hanoi_are_there() -> None:
    articles = [row.provision for row in REGISTER.provisions if row.instrument == "hanoi"]
    assert [article for article in articles if "(" not in article] == [str(n) for n in range(1, 69)]


def test_the_budapest_rules_were_read_in_the_text_and_hanoi_preservation_was_not() -> None:
    tables = (REGISTER.provisions, REGISTER.carriers, REGISTER.contents, REGISTER.grounds, REGISTER.clocks)
    every = chain.from_iterable(tables)
    assert {row.grade for row in every if getattr(row, "instrument", None) == "budapest"} == {Grade.TEXT}
    carrier = REGISTER.carrier("hanoi", Measure.PRESERVATION)
    assert carrier is not None
    assert (carrier.grade, carrier.grade_detail) == (Grade.MEMORY, "P+M")


def test_a_preservation_request_states_what_budapest_29_2_lists() -> None:
    items = REGISTER.contents_of("budapest", Measure.PRESERVATION)
    listed = [(row.provision, row.key) for row in items if row.provision.startswith("29(2)")]
    assert listed == [
        ("29(2)(a)", "requesting_authority"),
        ("29(2)(b)", "offence"),
        ("29(2)(b)", "facts"),
        ("29(2)(c)", "data"),
        ("29(2)(c)", "link"),
        ("29(2)(d)", "location"),
        ("29(2)(e)", "necessity"),
        ("29(2)(f)", "intention"),
    ]


def test_a_preservation_request_states_what_hanoi_42_lists_and_secrecy_rests_on_memory() -> None:
    items = {row.key: row for row in REGISTER.contents_of("hanoi", Measure.PRESERVATION)}
    assert {row.provision for row in items.values()} == {f"42({letter})" for letter in "abcdefg"}
    assert items["confidential"].grade is Grade.MEMORY


def test_every_carried_measure_but_information_unasked_has_contents() -> None:
    described = {row.instrument for row in REGISTER.contents}
    for carrier in (row for row in REGISTER.carriers if row.grade.binding and row.instrument in described):
        has = len(REGISTER.contents_of(carrier.instrument, carrier.measure)) > 0
        assert has is (carrier.measure is not Measure.SPONTANEOUS_INFORMATION)


def test_contents_grounds_and_clocks_exist_only_for_carried_measures() -> None:
    carried = {(row.instrument, row.measure) for row in REGISTER.carriers}
    for table in (REGISTER.contents, REGISTER.grounds, REGISTER.clocks):
        for row in table:
            assert {(row.instrument, measure) for measure in row.measures} <= carried


def test_exposing_grounds_are_marked_in_the_tables() -> None:
    exposing = {row.code for row in REGISTER.grounds if row.exposure is Exposure.EXPOSES_PERSON}
    plain = {row.code for row in REGISTER.grounds if row.exposure is Exposure.PLAIN}
    assert exposing == {GroundCode.PERSECUTION, GroundCode.ESSENTIAL_INTERESTS, GroundCode.POLITICAL_OFFENCE}
    assert exposing.isdisjoint(plain)


def test_the_ten_coded_reasons_are_in_three_classes() -> None:
    assert len(REGISTER.non_execution) == 10
    assert {row.reason_class for row in REGISTER.non_execution} == set(ReasonClass)


def test_the_acts_towards_budapest_are_those_of_the_depositary_s_chart() -> None:
    with (shared("data/treaties") / "budapest_ets185_2026.csv").open(encoding="utf-8-sig") as file:
        chart = list(csv.DictReader(file))
    wanted = {(row["iso3"], "signature", row["signed"]) for row in chart if row["signed"]}
    wanted |= {(row["iso3"], row["consent_type"], row["consented"]) for row in chart if row["consented"]}
    acts = [row for row in REGISTER.actions_of("budapest") if row.act.sort in {ActSort.SIGNATURE, ActSort.CONSENT}]
    assert {(row.participant, row.act.value, str(row.on)) for row in acts} == wanted
    assert sum(row.act.binds for row in REGISTER.actions_of("budapest")) == 81


def test_seventy_two_signed_at_hanoi() -> None:
    signed = [row for row in REGISTER.actions_of("hanoi") if row.act is Act.SIGNATURE]
    assert sum(row.seen_by <= date(2025, 10, 26) for row in signed) == 72
    assert {row.participant for row in signed if row.confidence is Confidence.MEMORY} == {"UGA", "URY", "ZWE"}


def test_the_reported_ratifications_of_hanoi_have_no_day() -> None:
    consents = [row for row in REGISTER.actions_of("hanoi") if row.act.binds]
    assert {row.participant for row in consents} == {"AZE", "QAT", "VNM"}
    assert all(row.on is None and row.confidence is Confidence.REPORTED for row in consents)


def test_the_conduct_list_knows_that_a_cut_cable_is_no_offence_of_either_convention() -> None:
    rows = REGISTER.conduct_of("cable_damage")
    assert [rows[key].provision for key in ("budapest", "hanoi")] == [None, None]
    assert REGISTER.conduct_of("illegal_access")["hanoi"].provision == "7"
    with pytest.raises(NotFoundError, match="cable_damage"):
        REGISTER.conduct_of("espionage")


def test_look_ups_of_what_is_not_there_say_what_is() -> None:
    with pytest.raises(NotFoundError, match=r"loaded are .*budapest, hanoi"):
        REGISTER.instrument("atlantis")
    with pytest.raises(NotFoundError, match="article 99"):
        REGISTER.provision("budapest", "99")


def test_a_newer_act_takes_the_place_of_a_reported_one() -> None:
    newer = replace(
        next(row for row in REGISTER.actions_of("hanoi", "QAT") if row.act.binds),
        on=date(2026, 2, 12),
        known_by=None,
        confidence=Confidence.CONFIRMED,
    )
    register = REGISTER.with_actions([newer])
    assert [row.on for row in register.actions_of("hanoi", "QAT") if row.act.binds] == [date(2026, 2, 12)]
    with pytest.raises(MalformedError, match="repeats hanoi QAT"):
        register.with_actions([newer])


def test_no_act_is_invented_for_a_real_participant() -> None:
    with pytest.raises(PolicyError, match="PRT is not a fictitious"):
        exercise_actions(["PRT"], instrument="budapest", on=date(2026, 1, 1))


@pytest.mark.parametrize("text", ["", "29.2", "29(2)(a)(i)", "029", "29(0)", "Article 29", "29(A)"])
def test_a_provision_has_one_spelling(text: str) -> None:
    with pytest.raises(MalformedError):
        check_provision(text)


def test_a_letter_belongs_to_its_paragraph() -> None:
    assert without_letter("29(2)(a)") == "29(2)"
    assert without_letter("42(a)") == "42"
    assert without_letter("29(2)") == "29(2)"


CLOCK_COLUMNS = (
    *("clock", "measures", "provision", "kind", "character"),
    *("length", "start_event", "ends_with", "calendar", "paraphrase"),
)


def action(row: str) -> Action:
    table = ",".join((*ACTION_COLUMNS, "source", "grade")) + f"\n{row}\n"
    return parse_table(
        table.encode(), where="a.csv", columns=ACTION_COLUMNS, build=lambda fields: build_action(fields, "hanoi")
    )[0]


def clock(row: str) -> Clock:
    table = ",".join((*CLOCK_COLUMNS, "source", "grade")) + f"\n{row}\n"
    return parse_table(
        table.encode(), where="c.csv", columns=CLOCK_COLUMNS, build=lambda fields: build_clock(fields, "budapest")
    )[0]


def test_an_act_is_read() -> None:
    assert action("PRT,approval,2027-01-01,,confirmed,,,,a register,S").act is Act.APPROVAL


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("PRT,approval,,,reported,,,,s,S", "and not both"),
        ("PRT,approval,2027-01-01,2027-01-02,reported,,,,s,S", "and not both"),
        ("PRT,approval,,2027-01-02,confirmed,,,,s,S", "a confirmed act carries its day"),
        ("PRT,vote,2027-01-01,,confirmed,,,,s,S", "wanted one of acceptance"),
        ("PRT,approval,2027-01-01,,rumoured,,,,s,S", "wanted one of confirmed"),
        ("PRT,approval,2027-01-01,,confirmed,,,,,S", "column source is empty"),
    ],
)
def test_an_act_that_strays_is_refused_with_file_and_line(row: str, words: str) -> None:
    with pytest.raises(MalformedError) as refusal:
        action(row)
    assert refusal.value.message.startswith("a.csv:2:")
    assert words in refusal.value.message


@pytest.mark.parametrize(
    "row",
    [
        "x,preservation,29(7),floor,treaty_duty,,preserved,,calendar_days,p,s,T",
        "x,preservation,29(7),floor,treaty_duty,60,preserved,received,calendar_days,p,s,T",
        "x,preservation,29.7,floor,treaty_duty,60,preserved,,calendar_days,p,s,T",
        "x,preservation,29(7),floor,treaty_duty,60,preserved,,working_days,p,s,T",
        "x,keeping,29(7),floor,treaty_duty,60,preserved,,calendar_days,p,s,T",
    ],
)
def test_a_clock_that_strays_is_refused_with_file_and_line(row: str) -> None:
    with pytest.raises(MalformedError) as refusal:
        clock(row)
    assert refusal.value.message.startswith("c.csv:2:")


def test_an_instrument_with_an_unknown_delay_is_refused() -> None:
    columns = INSTRUMENT_COLUMNS
    row = "x,treaty,assistance,T,t,c,,,,,,,,5 states,36,soon,30 days,,,not_loaded,,,scope,s,T"
    table = ",".join((*columns, "source", "grade")) + f"\n{row}\n"

    def read() -> tuple[Instrument, ...]:
        return parse_table(table.encode(), where="i.csv", columns=columns, build=build_instrument)

    with pytest.raises(MalformedError, match=r"i\.csv:2: delay 'soon'"):
        read()
