"""Safeguards are steps with answers: what applies, what must be answered, and what may only warn."""

from dataclasses import replace
from datetime import date

import pytest

from comity.errors import PolicyError
from comity.law.basis import legal_basis
from comity.law.measures import Measure
from comity.law.model import ProfileAspect
from comity.law.option import BasisOption
from comity.law.readings import Reading, rules_digest, rules_on, with_readings
from comity.law.register import Register, load_register
from comity.law.rows import ProfileEntry
from comity.law.safeguards import (
    Answered,
    Side,
    Step,
    StepAnswer,
    StepWhen,
    check_safeguards,
    emergency_flags,
    load_safeguards,
    research_flags,
    steps_for,
    weigh_safeguards,
)
from comity.parties.table import Grade

ON = date(2026, 11, 23)
TABLES = load_register()
PURPOSE, NOTICE = "purpose_and_proportionality", "notice_to_user"


def option(instrument: str, measure: Measure, register: Register = TABLES) -> BasisOption:
    return legal_basis("PRT", "CPV", measure, ON, register=register).option(instrument)


def steps(
    instrument: str = "budapest",
    measure: Measure = Measure.PRESERVATION,
    side: Side = Side.ASKER,
    *,
    register: Register = TABLES,
    conduct: str | None = "fraud",
    urgency: str = "routine",
    text: str = "",
    oral: bool = False,
) -> dict[str, Step]:
    found = steps_for(
        option(instrument, measure, register),
        side,
        conduct=conduct,
        urgency=urgency,
        facts_text=text,
        register=register,
        asker="PRT",
        asked="CPV",
        on=ON,
        oral=oral,
    )
    return {step.step: step for step in found}


def met(*names: str) -> list[Answered]:
    return [Answered(step=name, answer=StepAnswer.MET) for name in names]


# The table.


def test_every_row_points_to_a_provision_that_is_loaded_and_claims_no_more_than_it() -> None:
    order = list(Grade)
    for row in load_safeguards():
        assert row.source
        if row.instrument is None:
            assert row.grade is Grade.MEMORY
            continue
        assert row.provision is not None
        known = TABLES.provision(row.instrument, row.provision)
        assert order.index(row.grade) >= order.index(known.grade), f"{row.step}: {row.instrument} {row.provision}"


def test_one_step_puts_one_question_to_a_side() -> None:
    asked: dict[tuple[str, Side], set[object]] = {}
    for row in load_safeguards():
        asked.setdefault((row.step, row.side), set()).add((row.question, row.why, row.answers, row.when))
    assert {key for key, words in asked.items() if len(words) > 1} == set()
    assert all(row.question.endswith("?") for row in load_safeguards())


def test_every_step_of_the_table_can_apply() -> None:
    applied = {
        step
        for instrument in ("hanoi", "budapest", "uncac")
        for measure in (Measure.PRESERVATION, Measure.STORED_DATA)
        for side in (Side.ASKER, Side.ASKED)
        if option(instrument, measure).carrier is not None
        for step in steps(instrument, measure, side, conduct=None, urgency="emergency", text="the newspaper", oral=True)
    }
    assert applied == {row.step for row in load_safeguards()}


# What applies.


def test_a_request_to_preserve_under_budapest_calls_for_two_answers_of_the_asker() -> None:
    found = steps()
    assert list(found) == [PURPOSE, NOTICE]
    assert [reason.provision for reason in found[PURPOSE].provisions] == ["15(1)"]
    assert [reason.provision for reason in found[NOTICE].provisions] == ["27(8)"]
    assert all(step.blocks for step in found.values())
    assert found[PURPOSE].provisions[0].grade is Grade.TEXT


def test_the_asked_weighs_the_grounds_that_the_instrument_gives_for_the_measure() -> None:
    found = steps(side=Side.ASKED)
    assert [reason.provision for reason in found["political_offence"].provisions] == ["29(5)(a)"]
    assert [reason.provision for reason in found["sovereignty_and_essential_interests"].provisions] == ["29(5)(b)"]
    found = steps(measure=Measure.STORED_DATA, side=Side.ASKED)
    assert [reason.provision for reason in found["political_offence"].provisions] == ["27(4)(a)"]
    assert "persecution_or_prejudice" not in found


def test_a_political_offence_is_asked_about_only_where_the_instrument_has_such_a_ground() -> None:
    assert "political_offence" in steps("coe_mla_1959", Measure.STORED_DATA, Side.ASKED)
    for instrument in ("hanoi", "uncac", "untoc"):
        assert "political_offence" not in steps(instrument, Measure.STORED_DATA, Side.ASKED)
    assert "political_offence" not in steps(side=Side.ASKER)


def test_hanoi_asks_about_persecution_on_both_sides_and_only_warns_of_it() -> None:
    for side in (Side.ASKER, Side.ASKED):
        found = steps("hanoi", side=side)["persecution_or_prejudice"]
        assert {reason.provision for reason in found.provisions} == {"40(22)"}
        assert not found.blocks


def test_onward_transfer_matters_where_data_leaves() -> None:
    assert "onward_transfer" not in steps()
    found = steps(measure=Measure.STORED_DATA)["onward_transfer"]
    assert [reason.provision for reason in found.provisions] == ["28(2)"]
    assert {"36(3)", "40(19)"} == {
        reason.provision for reason in steps("hanoi", Measure.STORED_DATA)["onward_transfer"].provisions
    }
    assert "36(1)" in {
        reason.provision for reason in steps("hanoi", Measure.STORED_DATA, Side.ASKED)["data_protection"].provisions
    }


def test_where_an_instrument_says_nothing_of_proportionality_the_step_only_warns() -> None:
    found = steps("uncac", Measure.STORED_DATA)[PURPOSE]
    assert not found.blocks
    assert found.provisions[0].text.startswith("no article of UN Convention against Corruption in the tables")


def test_a_confirmed_text_makes_a_step_that_rested_on_memory_block() -> None:
    rules = rules_on(TABLES, "hanoi", "40(22)")
    reading = Reading(
        instrument="hanoi",
        provision="40(22)",
        digest=rules_digest(rules),
        text_sha256="0" * 64,
        by="an adviser",
        on=ON,
    )
    read = with_readings(TABLES, [reading])
    found = steps("hanoi", register=read)["persecution_or_prejudice"]
    assert found.blocks
    assert "confirmed by an adviser" in str(found.provisions[0].source)
    data = rules_on(TABLES, "hanoi", "36(2)")
    read = with_readings(TABLES, [replace(reading, provision="36(2)", digest=rules_digest(data))])
    assert not steps("hanoi", Measure.STORED_DATA)["data_protection"].blocks
    assert steps("hanoi", Measure.STORED_DATA, register=read)["data_protection"].blocks


# Emergency.


def test_an_emergency_is_asked_about_as_it_is_defined() -> None:
    assert "emergency_as_defined" not in steps("hanoi", urgency="urgent")
    found = steps("hanoi", urgency="emergency")["emergency_as_defined"]
    assert [reason.provision for reason in found.provisions] == ["2(o)"]
    assert found.blocks
    assert found.flags == ()
    assert StepAnswer.NOT_APPLICABLE not in found.answers
    assert "emergency_as_defined" in steps("hanoi", Measure.EMERGENCY_DATA)
    # The Budapest Convention defines none, so that the step may warn and no more.
    assert not steps(urgency="emergency")["emergency_as_defined"].blocks


def test_cable_damage_alone_is_no_emergency_and_is_said_so() -> None:
    (flag,) = steps("hanoi", urgency="emergency", conduct="cable_damage")["emergency_as_defined"].flags
    assert flag.code == "cable_damage_alone"
    assert (flag.provision, flag.grade) == ("2(o)", Grade.TEXT)
    assert "no risk to the life or safety of a natural person" in flag.text
    assert emergency_flags("illegal_access") == emergency_flags(None) == ()


# Journalism and security research.


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("The suspect is a journalist of a newspaper.", {"journalism_words"}),
        ("Access by a Security Researcher in a bug bounty", {"research_words"}),
        ("He reported the vulnerability.", {"research_words"}),
        ("found in a penetration test", {"research_words"}),
        ("She passed it to her sources at the newsroom", {"journalism_words"}),
        ("Acesso por um jornalista e um investigador", {"journalism_words", "research_words"}),
        ("журналист", {"journalism_words"}),
        ("安全漏洞", {"research_words"}),
        ("The source code and the source address were copied from an open source server.", set()),
        ("An account was entered.", set()),
        ("", set()),
    ],
)
def test_words_in_the_facts_prompt_a_look(text: str, codes: set[str]) -> None:
    assert {flag.code for flag in research_flags("illegal_access", text)} == codes
    assert {flag.code for flag in research_flags(None, text)} == codes


def test_a_flag_names_the_words_and_concludes_nothing() -> None:
    (flag,) = research_flags("misuse_of_devices", "A journalist; the Journalists' union.")
    assert flag.text == "the text has 'journalist', 'journalists': look whether journalism is concerned"
    assert research_flags("fraud", "A journalist was cheated.") == ()


def test_the_step_is_there_when_flagged_and_not_otherwise() -> None:
    name = "journalism_or_security_research"
    assert name not in steps(conduct="illegal_access", text="An account was entered.")
    found = steps(conduct="illegal_access", text="A journalist entered it.")[name]
    assert found.blocks
    assert {reason.provision for reason in found.provisions} == {"6(2)", "15(1)"}
    assert [flag.code for flag in found.flags] == ["journalism_words"]


# Oral requests.


def agreeing(*codes: str) -> Register:
    entries = tuple(
        ProfileEntry(
            participant=code,
            instrument=None,
            aspect=ProfileAspect.ORAL,
            value="yes",
            since=None,
            note=None,
            source="told for a test",
            grade=Grade.TEXT,
            grade_detail="T",
        )
        for code in codes
    )
    return replace(TABLES, profiles=(*TABLES.profiles, *entries))


def test_an_oral_request_is_open_only_where_the_text_and_both_profiles_let_it() -> None:
    assert "oral_request" not in steps("uncac", Measure.STORED_DATA)
    for register in (TABLES, agreeing("PRT"), agreeing("CPV")):
        found = steps("uncac", Measure.STORED_DATA, register=register, oral=True)["oral_request"]
        assert found.barred is not None
        with pytest.raises(PolicyError, match="oral request needs the agreement of both"):
            check_safeguards([found], met("oral_request"))
    found = steps("uncac", Measure.STORED_DATA, register=agreeing("PRT", "CPV"), oral=True)["oral_request"]
    assert found.barred is None
    assert check_safeguards([found], met("oral_request")) == []
    # Both agree, but nothing is known of the text that would let them.
    found = steps(register=agreeing("PRT", "CPV"), oral=True)["oral_request"]
    assert found.barred is not None
    assert found.barred.code == "oral_not_open"


def test_an_oral_request_under_a_rule_from_memory_is_only_warned_of() -> None:
    found = steps("hanoi", Measure.STORED_DATA, oral=True)["oral_request"]
    assert [reason.code for reason in check_safeguards([found], met("oral_request"))] == ["safeguard_barred"]


# Answers.


def test_every_step_answered_leaves_nothing() -> None:
    assert check_safeguards(steps().values(), met(PURPOSE, NOTICE)) == []


def test_what_is_missing_is_listed_with_its_question_and_how_to_answer() -> None:
    with pytest.raises(PolicyError) as caught:
        check_safeguards(steps().values(), [], what="request under Budapest Convention")
    text = caught.value.message
    assert text.startswith(
        "the request under Budapest Convention leaves safeguards open: purpose_and_proportionality: "
    )
    for step in steps().values():
        assert step.question.rstrip("?") in text
    assert "article 15(1)" in text
    assert "[[safeguards]]" in text
    assert "skipped" in text
    with pytest.raises(PolicyError) as caught:
        check_safeguards(steps().values(), met(PURPOSE))
    assert PURPOSE not in caught.value.message
    assert NOTICE in caught.value.message


@pytest.mark.parametrize("answer", [StepAnswer.SKIPPED, StepAnswer.NOT_MET])
@pytest.mark.parametrize("reason", [None, "", "  "])
def test_a_skipped_or_unmet_step_needs_a_reason(answer: StepAnswer, reason: str | None) -> None:
    with pytest.raises(PolicyError, match=f"{PURPOSE} is answered {answer} without a reason"):
        check_safeguards(steps().values(), [Answered(step=PURPOSE, answer=answer, reason=reason), *met(NOTICE)])
    given = [Answered(step=PURPOSE, answer=answer, reason="the judge decides on it tomorrow"), *met(NOTICE)]
    (remark,) = check_safeguards(steps().values(), given)
    assert remark.code == f"safeguard_{answer}"
    assert "the judge decides" in remark.text


def test_an_answer_that_a_step_does_not_take_is_refused() -> None:
    given = [Answered(step=PURPOSE, answer=StepAnswer.NOT_APPLICABLE), *met(NOTICE)]
    with pytest.raises(PolicyError, match=f"{PURPOSE} is answered not_applicable; wanted is one of met, not_met"):
        check_safeguards(steps().values(), given)


def test_one_step_is_not_answered_twice() -> None:
    with pytest.raises(PolicyError, match=f"{NOTICE} is answered more than once"):
        check_safeguards(steps().values(), [*met(PURPOSE, NOTICE), Answered(step=NOTICE, answer=StepAnswer.MET)])


def test_an_answer_to_a_step_that_does_not_apply_is_told_unless_it_says_so_itself() -> None:
    (told,) = check_safeguards(steps().values(), met(PURPOSE, NOTICE, "fairness"))
    assert told.text == "fairness is answered, which does not apply here"
    elsewhere = Answered(step="onward_transfer", answer=StepAnswer.NOT_APPLICABLE)
    assert check_safeguards(steps().values(), [*met(PURPOSE, NOTICE), elsewhere]) == []


def test_a_step_that_rests_on_memory_warns_and_never_blocks() -> None:
    found = [step for step in steps("hanoi").values() if not step.blocks]
    assert {step.step for step in found} == {"persecution_or_prejudice", NOTICE}
    assert [reason.code for reason in check_safeguards(found, [])] == ["safeguard_unanswered"] * 2
    silent = [Answered(step=step.step, answer=StepAnswer.SKIPPED) for step in found]
    assert [reason.code for reason in check_safeguards(found, silent)] == ["safeguard_without_reason"] * 2


def test_a_flagged_step_that_is_met_without_a_word_is_told() -> None:
    found = steps("hanoi", urgency="emergency", conduct="cable_damage")["emergency_as_defined"]
    (told,) = check_safeguards([found], met(found.step))
    assert told.code == "safeguard_flagged"
    assert "damage to a cable is by itself no risk" in told.text
    reasoned = [Answered(step=found.step, answer=StepAnswer.MET, reason="a hospital lost its only line")]
    assert check_safeguards([found], reasoned) == []
    assert "damage to a cable" in weigh_safeguards([found], []).blocking[0].text


def test_a_step_is_data() -> None:
    found = steps("hanoi", urgency="emergency", conduct="cable_damage")["emergency_as_defined"].to_json()
    assert found["blocks"] is True
    assert found["barred"] is None
    assert found["answers"] == ["met", "not_met", "skipped"]


def test_every_condition_of_the_table_is_used() -> None:
    assert {row.when for row in load_safeguards()} == set(StepWhen)
