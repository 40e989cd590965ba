"""The matrix of all pairs says of each what the single questions say."""

import random
from dataclasses import replace
from datetime import date

import pytest

from comity.errors import NotFoundError
from comity.law.basis import legal_basis
from comity.law.matrix import matrix, measure_rows, status_rows
from comity.law.measures import Measure
from comity.law.model import DualCriminality
from comity.law.option import Answer, Question
from comity.law.register import load_register
from comity.law.status import common_instruments

TODAY = date(2026, 11, 23)
MATRIX = matrix(TODAY)


def test_every_pair_of_those_that_act_is_there_once() -> None:
    pairs = [(pair.a, pair.b) for pair in MATRIX.statuses()]
    assert len(pairs) == len(set(pairs)) == 198 * 197 // 2


def test_the_pairs_have_the_instruments_that_single_questions_name() -> None:
    pairs = list(MATRIX.statuses())
    for pair in random.Random(4).sample(pairs, 60):
        assert pair.instruments == common_instruments(pair.a, pair.b, TODAY)


@pytest.mark.parametrize("conduct", [None, "fraud", "cable_damage"])
@pytest.mark.parametrize("measure", [Measure.PRESERVATION, Measure.STORED_DATA, Measure.FREEZING])
def test_the_answers_are_those_of_single_questions(measure: Measure, conduct: str | None) -> None:
    question = Question(asker="", asked="", measure=measure, on=TODAY, conduct=conduct)
    answers = list(MATRIX.answers(question))
    assert len(answers) == 198 * 197
    some = random.Random(7).sample(answers, 25)
    for found in [*some, *(row for row in answers if {row.asker, row.asked} == {"PRT", "VNM"})]:
        basis = legal_basis(found.asker, found.asked, measure, TODAY, conduct=conduct)
        chosen = basis.chosen
        assert found.answer is basis.answer
        if chosen is None:
            left = [option.instrument.key for option in basis.options if option.answer is Answer.OPEN]
            assert found.instrument == (left[0] if left else None)
            assert found.since is None
        else:
            assert (found.instrument, found.since) == (chosen.instrument.key, chosen.since)
        usable = {option.instrument.key for option in basis.options if option.usable}
        assert {*found.others, *([found.instrument] if chosen is not None else [])} == usable
        would = [o.instrument.key for o in basis.options if any(reason.code == "would" for reason in o.reasons)]
        assert list(found.would) == would


def test_a_pair_that_only_reciprocity_may_serve_is_open_as_in_a_single_answer() -> None:
    question = Question(asker="", asked="", measure=Measure.PRESERVATION, on=TODAY)
    found = next(row for row in MATRIX.answers(question) if (row.asker, row.asked) == ("PRK", "SSD"))
    assert (found.answer, found.instrument, found.article) == (Answer.OPEN, "reciprocity", "1")
    assert legal_basis("PRK", "SSD", Measure.PRESERVATION, TODAY).answer is Answer.OPEN
    freezing = MATRIX.answers(Question(asker="", asked="", measure=Measure.FREEZING, on=TODAY))
    other = next(row for row in freezing if (row.asker, row.asked) == ("PRK", "SSD"))
    assert (other.answer, other.instrument) == (Answer.DOES_NOT, None)


def test_what_carries_without_conditions_comes_first_whatever_the_order_of_instruments() -> None:
    tables = load_register()
    first = sorted(tables.instruments, key=lambda row: row.key != "untoc")
    register = replace(tables, instruments=tuple(first))
    question = Question(asker="", asked="", measure=Measure.STORED_DATA, on=TODAY)
    rows = matrix(TODAY, register=register).answers(question)
    found = next(row for row in rows if (row.asker, row.asked) == ("PRT", "CPV"))
    assert (found.answer, found.instrument) == (Answer.CARRIES, "budapest")
    assert found.others[0] == "untoc", "which could carry it on conditions, and stands before"


def test_where_dual_criminality_is_required_each_pair_is_asked_about_it() -> None:
    tables = load_register()
    carriers = tuple(
        replace(row, dual_criminality=DualCriminality.REQUIRED) if row.instrument == "budapest" else row
        for row in tables.carriers
    )
    register = replace(tables, carriers=carriers)
    # The two are obliged to make illegal access an offence, and by nothing loaded to make solicitation one.
    for conduct, answer in (("illegal_access", Answer.CARRIES), ("solicitation_of_child", Answer.CONDITIONAL)):
        question = Question(asker="", asked="", measure=Measure.PRESERVATION, on=TODAY, conduct=conduct)
        rows = matrix(TODAY, register=register).answers(question)
        found = next(row for row in rows if (row.asker, row.asked) == ("PRT", "CPV"))
        basis = legal_basis("PRT", "CPV", Measure.PRESERVATION, TODAY, conduct=conduct, register=register)
        assert (found.answer, found.instrument) == (answer, "budapest")
        assert basis.answer is answer


def test_an_instrument_that_is_closed_to_one_of_a_pair_is_no_prospect() -> None:
    question = Question(asker="", asked="", measure=Measure.STORED_DATA, on=TODAY)
    rows = {(row.asker, row.asked): row for row in MATRIX.answers(question)}
    regional = {"arab_it_2010", "commonwealth_scheme", "asean_mla_2004", "coe_mla_1959", "eu_mla_2000"}
    assert regional.isdisjoint(rows["AFG", "AGO"].would)
    assert "arab_it_2010" in rows["EGY", "SAU"].would
    assert "arab_it_2010" not in rows["EGY", "AGO"].would
    assert "commonwealth_scheme" in rows["KEN", "GHA"].would
    assert "coe_mla_1959" in rows["PRT", "KOR"].would, "a state that was invited and is reported to have joined"


def test_the_tables_have_a_header_and_a_row_a_pair() -> None:
    rows = list(status_rows(MATRIX))
    assert rows[0] == ("a", "b", "on", "instruments")
    assert len(rows) == 1 + 198 * 197 // 2
    header, *answers = measure_rows(MATRIX, Measure.PRESERVATION)
    assert len(answers) == 198 * 197
    assert {len(row) for row in answers} == {len(header)}
    with pytest.raises(NotFoundError, match="espionage"):
        list(measure_rows(MATRIX, Measure.PRESERVATION, conduct="espionage"))


def test_an_instrument_that_was_not_adopted_yet_would_carry_nothing() -> None:
    day = date(2003, 5, 1)
    rows = matrix(day).answers(Question(asker="", asked="", measure=Measure.PRESERVATION, on=day))
    found = next(row for row in rows if (row.asker, row.asked) == ("HUN", "HRV"))
    assert "hanoi" not in found.would
    assert "budapest" in found.would
    option = legal_basis("HUN", "HRV", Measure.PRESERVATION, day).option("hanoi")
    assert [reason.code for reason in option.reasons] == ["not_yet_adopted"]
    assert not option.warnings


def test_on_an_early_day_nobody_is_bound_by_budapest() -> None:
    early = matrix(date(2003, 5, 1))
    assert early.bound("budapest") == frozenset()
    assert early.bound("unclos")
