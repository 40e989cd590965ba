"""Dual criminality can be expected, narrowed, not shown or contradicted, and is never said to be fulfilled."""

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from itertools import product

import pytest

from comity.errors import NotFoundError, PolicyError
from comity.law.dual import DualAnswer, DualOutcome, dual_criminality
from comity.law.elements import ElementRole, ElementSet, load_element_sets
from comity.law.model import Act, Confidence
from comity.law.reach import Penalties, parse_penalty
from comity.law.register import Register, exercise_actions, load_register
from comity.law.rows import Action
from comity.law.standings import Standings
from comity.parties.table import Grade

DAY = date(2026, 11, 23)
JOINED = date(2026, 3, 1)
# Hanoi is not in force: the exercise lets it be, so that its articles can oblige fictitious participants.
# Hanoi in force, and every rule on entering into force read in its text.
IN_FORCE = replace(
    load_register(),
    instruments=tuple(
        replace(
            row,
            in_force_since=date(2026, 1, 1) if row.key == "hanoi" else row.in_force_since,
            grade=Grade.TEXT,
            grade_detail="T",
        )
        for row in load_register().instruments
    ),
)


def register(*, remarks: Iterable[Action] = (), **joined: Iterable[str]) -> Register:
    consents = (act for key, codes in joined.items() for act in exercise_actions(codes, instrument=key, on=JOINED))
    return IN_FORCE.with_actions((*consents, *remarks))


def remark(
    code: str,
    provision: str,
    *,
    act: Act = Act.RESERVATION,
    instrument: str = "hanoi",
    on: date = JOINED,
    confidence: Confidence = Confidence.CONFIRMED,
    grade: Grade = Grade.SECONDARY,
    about: str | None = None,
) -> Action:
    return Action(
        instrument=instrument,
        participant=code,
        act=act,
        on=on,
        known_by=None,
        confidence=confidence,
        provision=provision,
        about=about,
        note=None,
        source="invented for an exercise",
        grade=grade,
        grade_detail=grade.value,
    )


def penalties(asker: str = "unknown", asked: str = "unknown") -> Penalties:
    return Penalties(asker=parse_penalty(asker), asked=parse_penalty(asked))


def codes(answer: DualAnswer) -> list[str]:
    return [reason.code for reason in answer.reasons]


def test_two_parties_to_budapest_are_both_obliged_and_that_is_no_proof() -> None:
    answer = dual_criminality("illegal_access", "PRT", "CPV", DAY)
    assert answer.outcome is DualOutcome.EXPECTED
    assert [duty.label for duty in answer.asker.duties] == ["Budapest Convention article 2"]
    assert answer.differences == ()
    obliged = [reason for reason in answer.reasons if reason.code == "obliged"]
    assert len(obliged) == 2
    assert all("which is no proof that it did" in reason.text for reason in obliged)
    assert all(reason.grade is Grade.TEXT for reason in obliged)


def test_what_the_article_lets_each_side_require_is_named_for_a_check_of_its_law() -> None:
    answer = dual_criminality("illegal_access", "PRT", "CPV", DAY)
    optional = [reason.text for reason in answer.reasons if reason.code == "optional_elements"]
    assert len(optional) == 2
    assert all("breach of security" in text and "check its law" in text for text in optional)


def test_what_the_facts_have_to_show_is_named_once_for_an_article_that_obliges_both() -> None:
    answer = dual_criminality("illegal_access", "PRT", "CPV", DAY)
    assert [reason.text for reason in answer.reasons if reason.code == "facts_needed"] == [
        "for Budapest Convention article 2 the facts have to show: intent, without right, access to system"
    ]
    cable = dual_criminality("cable_damage", "XAA", "XAB", DAY, register=register(unclos=["XAA", "XAB"]))
    assert cable.outcome is DualOutcome.EXPECTED
    needed = next(reason.text for reason in cable.reasons if reason.code == "facts_needed")
    assert "own ship or person" in needed
    assert "culpable negligence" in needed


def test_before_one_side_was_bound_nothing_is_shown() -> None:
    answer = dual_criminality("illegal_access", "PRT", "CPV", date(2018, 9, 30))
    assert answer.outcome is DualOutcome.NOT_SHOWN
    assert answer.summary == (
        "illegal access: neither a loaded treaty nor a stated penalty shows an offence in the law of CPV"
    )
    assert "no_duty_loaded" in codes(answer)


def test_a_signature_obliges_nobody() -> None:
    answer = dual_criminality("illegal_access", "PRT", "VNM", DAY)
    assert answer.outcome is DualOutcome.NOT_SHOWN
    assert answer.asked.duties == ()


def test_stated_penalties_on_both_sides_let_it_be_expected_without_any_treaty() -> None:
    answer = dual_criminality("cable_damage", "XAA", "XAB", DAY, penalties=penalties("6", "0.5"))
    assert answer.outcome is DualOutcome.EXPECTED
    assert answer.summary.endswith("the law of both decides")


def test_a_treaty_on_one_side_and_a_penalty_on_the_other_let_it_be_expected() -> None:
    tables = register(hanoi=["XAA"])
    answer = dual_criminality("illegal_access", "XAA", "XAB", DAY, penalties=penalties(asked="2"), register=tables)
    assert answer.outcome is DualOutcome.EXPECTED
    other = dual_criminality("illegal_access", "XAB", "XAA", DAY, penalties=penalties(asker="2"), register=tables)
    assert other.outcome is DualOutcome.EXPECTED


@pytest.mark.parametrize("stated", [penalties("none", "5"), penalties("5", "none"), penalties("none", "none")])
def test_a_side_that_says_the_act_is_no_offence_contradicts_whatever_the_treaties_say(stated: Penalties) -> None:
    answer = dual_criminality("illegal_access", "PRT", "CPV", DAY, penalties=stated)
    assert answer.outcome is DualOutcome.CONTRADICTED
    assert "penalty_none" in codes(answer)


def test_an_offence_without_custody_is_an_offence() -> None:
    answer = dual_criminality("cable_damage", "XAA", "XAB", DAY, penalties=penalties("0", "0"))
    assert answer.outcome is DualOutcome.EXPECTED


@pytest.mark.parametrize("reserving", ["XAA", "XAB"])
@pytest.mark.parametrize("act", [Act.RESERVATION, Act.DECLARATION])
def test_a_reservation_or_declaration_of_either_side_on_the_article_narrows_it(reserving: str, act: Act) -> None:
    tables = register(hanoi=["XAA", "XAB"], remarks=[remark(reserving, "7(2)", act=act)])
    answer = dual_criminality("illegal_access", "XAA", "XAB", DAY, register=tables)
    assert answer.outcome is DualOutcome.NARROWED
    said = next(reason for reason in answer.reasons if reason.code == act.value)
    assert said.provision == "7(2)"
    assert "breach of security" in said.text
    assert reserving in said.text


def test_a_reservation_on_another_article_changes_nothing() -> None:
    tables = register(hanoi=["XAA", "XAB"], remarks=[remark("XAB", "11(3)")])
    assert dual_criminality("illegal_access", "XAA", "XAB", DAY, register=tables).outcome is DualOutcome.EXPECTED
    assert dual_criminality("misuse_of_devices", "XAA", "XAB", DAY, register=tables).outcome is DualOutcome.NARROWED


def test_offences_of_one_article_are_reserved_one_by_one_or_together() -> None:
    outcomes = {}
    for provision in ("29", "29(1)", "29(1)(a)", "29(1)(f)", "29(2)"):
        tables = register(malabo=["XAA", "XAB"], remarks=[remark("XAA", provision, instrument="malabo")])
        answer = dual_criminality("illegal_access", "XAA", "XAB", DAY, register=tables)
        assert [duty.label for duty in answer.asker.duties] == ["Malabo Convention article 29(1)(a)"]
        assert "elements_not_loaded" in codes(answer)
        outcomes[provision] = answer.outcome
    assert [key for key, outcome in outcomes.items() if outcome is DualOutcome.NARROWED] == ["29", "29(1)", "29(1)(a)"]


def test_a_reservation_made_for_a_territory_does_not_narrow_the_state() -> None:
    tables = register(hanoi=["XAA", "XAB"], remarks=[remark("XAB", "7(2)", about="XAC")])
    answer = dual_criminality("illegal_access", "XAA", "XAB", DAY, register=tables)
    assert answer.outcome is DualOutcome.EXPECTED


def test_a_reservation_that_was_withdrawn_no_longer_narrows() -> None:
    made = remark("XAB", "9(2)")
    gone = remark("XAB", "9(2)", act=Act.WITHDRAWAL_OF_RESERVATION, on=date(2026, 6, 1))
    tables = register(hanoi=["XAA", "XAB"], remarks=[made, gone])
    before = dual_criminality("data_interference", "XAA", "XAB", date(2026, 5, 31), register=tables)
    after = dual_criminality("data_interference", "XAA", "XAB", DAY, register=tables)
    assert (before.outcome, after.outcome) == (DualOutcome.NARROWED, DualOutcome.EXPECTED)


@pytest.mark.parametrize(
    ("confidence", "grade"),
    [(Confidence.REPORTED, Grade.SECONDARY), (Confidence.MEMORY, Grade.MEMORY), (Confidence.CONFIRMED, Grade.MEMORY)],
)
def test_a_reservation_that_is_not_confirmed_or_rests_on_memory_is_shown_and_changes_no_answer(
    confidence: Confidence, grade: Grade
) -> None:
    weak = remark("XAB", "7(2)", confidence=confidence, grade=grade)
    tables = register(hanoi=["XAA", "XAB"], remarks=[weak])
    answer = dual_criminality("illegal_access", "XAA", "XAB", DAY, register=tables)
    assert answer.outcome is DualOutcome.EXPECTED
    assert "reservation_unconfirmed" in codes(answer)


def test_a_side_that_another_treaty_obliges_without_reservation_is_not_narrowed() -> None:
    reserved = [remark("XAA", "7(2)")]
    only = register(hanoi=["XAA"], budapest=["XAB"], remarks=reserved)
    both = register(hanoi=["XAA"], budapest=["XAA", "XAB"], remarks=reserved)
    assert dual_criminality("illegal_access", "XAA", "XAB", DAY, register=only).outcome is DualOutcome.NARROWED
    assert dual_criminality("illegal_access", "XAA", "XAB", DAY, register=both).outcome is DualOutcome.EXPECTED


def test_sides_bound_by_different_treaties_are_compared_by_elements() -> None:
    tables = register(hanoi=["XAA"], budapest=["XAB"])
    access = dual_criminality("illegal_access", "XAA", "XAB", DAY, register=tables)
    assert access.outcome is DualOutcome.EXPECTED
    assert [comparison.same for comparison in access.differences] == [True]
    assert "elements_agree" in codes(access)
    fraud = dual_criminality("fraud", "XAA", "XAB", DAY, register=tables)
    assert fraud.outcome is DualOutcome.NARROWED
    assert fraud.differences[0].variants_only_here == ("deception_through_system",)
    said = next(reason.text for reason in fraud.reasons if reason.code == "elements_differ")
    assert said == (
        "Hanoi Convention article 13 and Budapest Convention article 8: "
        "a way only in Hanoi Convention article 13: deception through system"
    )


def test_a_difference_that_rests_on_memory_is_shown_and_narrows_nothing() -> None:
    known = load_element_sets()
    hanoi, budapest = known["hanoi", "13"], known["budapest", "8"]

    def remembered(role: ElementRole) -> dict[tuple[str, str], ElementSet]:
        rows = tuple(
            replace(row, grade=Grade.MEMORY, grade_detail="M") if row.role is role else row for row in hanoi.elements
        )
        return {("hanoi", "13"): replace(hanoi, elements=rows), ("budapest", "8"): budapest}

    tables = register(hanoi=["XAA"], budapest=["XAB"])
    for role, outcome in (
        (ElementRole.CORE, DualOutcome.EXPECTED),
        (ElementRole.VARIANT, DualOutcome.EXPECTED),
        (ElementRole.MAY_REQUIRE, DualOutcome.NARROWED),
    ):
        answer = dual_criminality("fraud", "XAA", "XAB", DAY, register=tables, elements=remembered(role))
        assert answer.outcome is outcome, role
        assert [comparison.same for comparison in answer.differences] == [False], "it is shown all the same"


def test_offences_of_one_article_on_either_side_are_enough_where_they_agree() -> None:
    known = load_element_sets()
    wide, narrow = known["hanoi", "13"], known["budapest", "8"]
    tables = register(hanoi=["XAA"], budapest=["XAB"], malabo=["XAB"])
    rows = tables.conduct_of("fraud")
    assert "malabo" in rows
    tables = replace(
        tables,
        conduct=tuple(
            replace(row, provision="29(1)(a)", grade=Grade.TEXT, grade_detail="T") if row is rows["malabo"] else row
            for row in tables.conduct
        ),
    )
    alike = replace(wide, instrument="malabo", offence="29")
    both = {("hanoi", "13"): wide, ("budapest", "8"): narrow, ("malabo", "29"): alike}
    answer = dual_criminality("fraud", "XAA", "XAB", DAY, register=tables, elements=both)
    assert sorted(comparison.same for comparison in answer.differences) == [False, True]
    assert answer.outcome is DualOutcome.EXPECTED, "one pair of articles that agree is enough"


def test_a_matter_within_one_state_is_refused() -> None:
    with pytest.raises(PolicyError, match="GBR and JEY belong to one state"):
        dual_criminality("fraud", "GBR", "JEY", DAY)


def test_a_treaty_that_binds_both_leaves_no_difference_of_texts() -> None:
    tables = register(hanoi=["XAA", "XAB"], budapest=["XAB"])
    answer = dual_criminality("fraud", "XAA", "XAB", DAY, register=tables)
    assert (answer.outcome, answer.differences) == (DualOutcome.EXPECTED, ())


@pytest.mark.parametrize("conduct", ["intimate_images", "laundering"])
def test_an_article_known_from_memory_is_shown_and_supports_nothing(conduct: str) -> None:
    tables = register(hanoi=["XAA", "XAB"])
    answer = dual_criminality(conduct, "XAA", "XAB", DAY, register=tables)
    assert answer.outcome is DualOutcome.NOT_SHOWN
    remembered = [reason for reason in answer.reasons if reason.code == "obliged_from_memory"]
    assert len(remembered) == 2
    assert all("check against the certified text" in reason.line for reason in remembered)


def test_cable_damage_is_an_offence_of_neither_convention() -> None:
    tables = register(hanoi=["XAA", "XAB"], budapest=["XAA", "XAB"])
    rows = tables.conduct_of("cable_damage")
    assert (rows["budapest"].provision, rows["hanoi"].provision) == (None, None)
    answer = dual_criminality("cable_damage", "XAA", "XAB", DAY, register=tables)
    assert answer.outcome is DualOutcome.NOT_SHOWN
    assert not {"budapest", "hanoi"} & {duty.instrument for duty in (*answer.asker.duties, *answer.asked.duties)}


@pytest.mark.parametrize("conduct", sorted({row.code for row in load_register().conduct}))
def test_no_answer_ever_says_that_dual_criminality_is_fulfilled(conduct: str) -> None:
    tables = register(hanoi=["XAA", "XAB"], budapest=["XAB"], remarks=[remark("XAA", "7(2)")])
    for asker, asked in product(("unknown", "none", "5"), repeat=2):
        answer = dual_criminality(conduct, "XAA", "XAB", DAY, penalties=penalties(asker, asked), register=tables)
        text = json.dumps(answer.to_json()).lower()
        assert "fulfilled" not in text
        assert "no legal basis" not in text
        if "none" in {asker, asked}:
            assert answer.outcome is DualOutcome.CONTRADICTED
        elif "unknown" not in {asker, asked}:
            assert answer.outcome in {DualOutcome.EXPECTED, DualOutcome.NARROWED}


def test_the_outcome_does_not_depend_on_who_asks() -> None:
    tables = register(hanoi=["XAA"], budapest=["XAB"], remarks=[remark("XAA", "7(2)")])
    for conduct in {row.code for row in tables.conduct}:
        for one, other in product(("unknown", "none", "5"), repeat=2):
            there = dual_criminality(conduct, "XAA", "XAB", DAY, penalties=penalties(one, other), register=tables)
            back = dual_criminality(conduct, "XAB", "XAA", DAY, penalties=penalties(other, one), register=tables)
            assert there.outcome is back.outcome


def test_standings_that_are_there_already_give_the_same_answer() -> None:
    standings = Standings(DAY)
    assert dual_criminality("fraud", "PRT", "CPV", DAY, standings=standings) == dual_criminality(
        "fraud", "PRT", "CPV", DAY
    )


def test_the_json_form_names_what_obliges_each_side_and_what_narrows_it() -> None:
    tables = register(hanoi=["XAA", "XAB"], remarks=[remark("XAB", "9(2)")])
    form = dual_criminality("data_interference", "XAA", "XAB", DAY, register=tables).to_json()
    assert form["outcome"] == "narrowed"
    assert isinstance(form["asked"], dict)
    assert form["asked"]["duties"][0]["narrowed_by"] == [
        {"act": "reservation", "provision": "9(2)", "counts": True, "elements": ["serious_harm"]}
    ]
    assert isinstance(form["asker"], dict)
    assert form["asker"]["penalty"] == "unknown"


def test_who_asks_itself_or_names_unknown_conduct_or_participants_is_refused() -> None:
    with pytest.raises(PolicyError, match="cannot ask itself"):
        dual_criminality("fraud", "PRT", "PRT", DAY)
    with pytest.raises(NotFoundError, match="conduct 'piracy'"):
        dual_criminality("piracy", "PRT", "CPV", DAY)
    with pytest.raises(NotFoundError):
        dual_criminality("fraud", "PRT", "QQQ", DAY)
