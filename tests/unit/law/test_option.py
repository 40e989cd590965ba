"""An option carries, carries on conditions, or does not; memory opens and closes nothing."""

from dataclasses import replace
from datetime import date

import pytest

from comity.law.basis import Basis, legal_basis
from comity.law.measures import Measure
from comity.law.model import Act, Covers, DualCriminality, ProfileAspect
from comity.law.option import Answer, BasisOption
from comity.law.reach import Penalties, parse_penalty
from comity.law.register import Register, load_register
from comity.law.rows import ProfileEntry
from comity.parties.table import Grade
from support.law_rows import act, told, with_acts

TODAY = date(2026, 11, 23)
REGISTER = load_register()
RECIPROCITY = ProfileAspect.RECIPROCITY


def penalties(asker: str = "unknown", asked: str = "unknown") -> Penalties:
    return Penalties(asker=parse_penalty(asker), asked=parse_penalty(asked))


def carriers(register: Register, key: str, **changes: object) -> Register:
    """Return a register in which the carriers of one instrument are changed alike."""
    rows = tuple(
        replace(row, **changes) if row.instrument == key else row  # type: ignore[arg-type]
        for row in register.carriers
    )
    return replace(register, carriers=rows)


def ask(
    measure: Measure = Measure.STORED_DATA,
    *,
    asker: str = "PRT",
    asked: str = "CPV",
    conduct: str | None = None,
    stated: Penalties | None = None,
    organised: bool | None = None,
    register: Register = REGISTER,
    on: date = TODAY,
) -> Basis:
    return legal_basis(
        asker,
        asked,
        measure,
        on,
        conduct=conduct,
        penalties=stated or Penalties(),
        organised=organised,
        register=register,
    )


def conditions(option: BasisOption) -> list[str]:
    return [reason.code for reason in option.conditions]


# An unstated conduct.


def test_where_only_some_offences_are_reached_an_unstated_conduct_is_a_condition() -> None:
    found = ask(asker="AFG", asked="AGO")
    untoc, uncac = found.option("untoc"), found.option("uncac")
    assert (untoc.answer, uncac.answer) == (Answer.CONDITIONAL, Answer.CONDITIONAL)
    assert conditions(untoc) == ["own_organised_unknown", "serious_organised_unknown"]
    assert [reason.text.startswith("or ") for reason in untoc.conditions] == [False, True], "one of them is enough"
    assert "an offence of the instrument; no conduct is stated" in uncac.conditions[0].text
    assert found.summary.endswith("on conditions")


@pytest.mark.parametrize("measure", list(Measure))
def test_where_any_offence_is_reached_an_unstated_conduct_is_none(measure: Measure) -> None:
    for option in ask(measure).options:
        wide = {Covers.ANY_OFFENCE, Covers.ELECTRONIC_EVIDENCE}
        if option.carrier is not None and option.usable:
            reaches_all = bool(wide & set(option.carrier.covers))
            assert (option.answer is Answer.CARRIES) is reaches_all
            assert bool(option.conditions) is not reaches_all


def test_what_is_not_reached_is_a_reason_and_no_condition() -> None:
    option = ask(conduct="fraud").option("untoc")
    assert conditions(option) == ["serious_organised_unknown"]
    assert "own_organised_no" in [reason.code for reason in option.reasons]


# Rows from memory.


def test_a_row_on_the_conduct_that_rests_on_memory_says_neither_yes_nor_no() -> None:
    described = {row.instrument: row for row in REGISTER.conduct_of("corruption").values()}
    for provision in ("15", None):
        weak = replace(described["uncac"], provision=provision, grade=Grade.MEMORY, grade_detail="M")
        rows = tuple(weak if row == described["uncac"] else row for row in REGISTER.conduct)
        option = ask(conduct="corruption", register=replace(REGISTER, conduct=rows)).option("uncac")
        assert option.answer is Answer.CONDITIONAL, provision
        assert "rests on memory" in option.conditions[0].text
    assert ask(conduct="corruption").option("uncac").answer is Answer.CARRIES
    assert ask(conduct="fraud").option("uncac").answer is Answer.DOES_NOT


def test_a_conduct_of_which_an_instrument_has_no_row_is_not_called_unstated() -> None:
    rows = tuple(row for row in REGISTER.conduct if (row.code, row.instrument) != ("fraud", "uncac"))
    option = ask(conduct="fraud", register=replace(REGISTER, conduct=rows)).option("uncac")
    assert option.answer is Answer.CONDITIONAL
    assert "is in no row of the tables" in option.conditions[0].text


def test_that_a_reservation_cannot_reach_an_own_offence_is_not_said_from_memory() -> None:
    row = REGISTER.conduct_of("illegal_access")["budapest"]
    weak = replace(row, grade=Grade.MEMORY, grade_detail="M")
    register = replace(REGISTER, conduct=tuple(weak if other == row else other for other in REGISTER.conduct))
    option = ask(Measure.PRESERVATION, conduct="illegal_access", register=register).option("budapest")
    (text,) = [reason.text for reason in option.reasons if reason.code == "reservation"]
    assert text.startswith("whether illegal access is among the instrument's offences rests on memory")


def reciprocal(*profiles: ProfileEntry, register: Register = REGISTER) -> BasisOption:
    return ask(asker="PRK", asked="SSD", register=replace(register, profiles=profiles)).option("reciprocity")


def test_reciprocity_follows_the_newest_word_of_the_asked() -> None:
    yes, no = told("SSD", RECIPROCITY, "yes", since="2012-01-01"), told("SSD", RECIPROCITY, "no", since="2020-01-01")
    assert reciprocal(yes).answer is Answer.CONDITIONAL
    assert reciprocal(yes, no).answer is Answer.DOES_NOT
    assert reciprocal(no, told("SSD", RECIPROCITY, "yes", since="2021-01-01")).answer is Answer.CONDITIONAL
    assert reciprocal().answer is Answer.OPEN


@pytest.mark.parametrize("value", ["yes", "no"])
def test_reciprocity_told_from_memory_stays_open(value: str) -> None:
    option = reciprocal(told("SSD", RECIPROCITY, value, grade=Grade.MEMORY))
    assert option.answer is Answer.OPEN
    assert not option.conditions
    (reason,) = [reason for reason in option.reasons if reason.code == "reciprocity_not_told"]
    assert "from memory" in reason.text


def test_reciprocity_told_in_two_ways_on_one_day_stays_open() -> None:
    assert reciprocal(told("SSD", RECIPROCITY, "yes"), told("SSD", RECIPROCITY, "no")).answer is Answer.OPEN


def test_reciprocity_does_not_wait_for_the_grade_of_its_own_row() -> None:
    register = carriers(REGISTER, "reciprocity", grade=Grade.MEMORY, grade_detail="M")
    assert reciprocal(register=register).answer is Answer.OPEN
    assert reciprocal(told("SSD", RECIPROCITY, "yes"), register=register).answer is Answer.CONDITIONAL


# Dual criminality.

REQUIRED = carriers(
    REGISTER, "budapest", dual_criminality=DualCriminality.REQUIRED, dual_provision="25(5)", reservation_provision=None
)


def required(**stated: object) -> BasisOption:
    return ask(register=REQUIRED, **stated).option("budapest")  # type: ignore[arg-type]


def test_dual_criminality_that_is_required_and_denied_or_not_shown_is_a_condition() -> None:
    denied = required(conduct="illegal_access", stated=penalties("5", "none"))
    assert (denied.answer, conditions(denied)) == (Answer.CONDITIONAL, ["dual_criminality_open"])
    assert "stated to be no offence in the law of CPV" in denied.conditions[0].text
    assert denied.conditions[0].provision == "25(5)"
    silent = required(conduct="solicitation_of_child")
    assert (silent.answer, conditions(silent)) == (Answer.CONDITIONAL, ["dual_criminality_open"])
    assert "neither a loaded treaty nor a stated penalty" in silent.conditions[0].text


def test_dual_criminality_that_is_required_and_expected_is_none() -> None:
    assert required(conduct="illegal_access").answer is Answer.CARRIES
    assert required(conduct="solicitation_of_child", stated=penalties("5", "2")).answer is Answer.CARRIES


def test_penalties_alone_show_or_deny_it_and_silence_on_everything_asks_nothing() -> None:
    assert required(stated=penalties("5", "2")).answer is Answer.CARRIES
    assert required(stated=penalties("5", "none")).answer is Answer.CONDITIONAL
    silent = required(stated=penalties("5"))
    assert "no penalty is stated for the law of CPV" in silent.conditions[0].text
    assert required().answer is Answer.CARRIES


def test_dual_criminality_that_may_be_required_is_a_condition_where_the_asked_has_no_such_offence() -> None:
    option = ask(conduct="illegal_access", stated=penalties("5", "none")).option("budapest")
    assert (option.answer, conditions(option)) == (Answer.CONDITIONAL, ["dual_criminality_may_be_required"])
    assert "CPV does not require dual criminality, which it may" in option.conditions[0].text
    assert ask(stated=penalties("5", "none")).option("budapest").answer is Answer.CONDITIONAL
    assert ask(conduct="illegal_access").option("budapest").answer is Answer.CARRIES
    assert ask(conduct="solicitation_of_child").option("budapest").answer is Answer.CARRIES, "not shown is not denied"


def test_where_it_is_no_condition_of_preserving_a_denial_changes_nothing() -> None:
    option = ask(Measure.PRESERVATION, conduct="illegal_access", stated=penalties("5", "none")).option("budapest")
    assert option.answer is Answer.CARRIES


# Notes.


@pytest.mark.parametrize(("on", "shown"), [(date(2026, 4, 25), False), (date(2026, 4, 26), True)])
def test_that_acts_are_loaded_until_a_day_is_noted_after_that_day_alone(on: date, *, shown: bool) -> None:
    warnings = ask(on=on).option("budapest").warnings
    assert any(reason.code == "parties_until" for reason in warnings) is shown


def test_a_withdrawn_bond_is_told_with_the_rest() -> None:
    gone = act("budapest", "CPV", Act.WITHDRAWAL, "2020-01-01")
    option = ask(register=with_acts(REGISTER, [gone])).option("budapest")
    assert option.answer is Answer.DOES_NOT
    assert not option.reported
