"""The matrix of all pairs says of each what the single questions say."""

import random
from datetime import date

import pytest

from comity.errors import NotFoundError
from comity.law.basis import legal_basis
from comity.law.matrix import matrix, measure_rows, status_rows
from comity.law.measures import Measure
from comity.law.option import Answer, Question
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
        assert found.instrument == (None if chosen is None else chosen.instrument.key)
        assert found.answer is (Answer.DOES_NOT if chosen is None else chosen.answer)
        assert found.since == (None if chosen is None else chosen.since)
        usable = [option.instrument.key for option in basis.options if option.usable]
        assert {*found.others, *([found.instrument] if found.instrument else [])} == set(usable)
        would = [o.instrument.key for o in basis.options if any(reason.code == "would" for reason in o.reasons)]
        assert list(found.would) == would


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
