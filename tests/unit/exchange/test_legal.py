"""Both sides judge a request, and what is answered to it, by the law tables and nothing else."""

from dataclasses import replace
from datetime import date

import pytest

from comity.errors import MalformedError, NotFoundError, PolicyError
from comity.exchange.legal import (
    Competences,
    basis_on,
    check_not_executed,
    check_outcome_law,
    check_preserved,
    check_refused,
    check_request,
    covers,
    keeping_floor,
    safeguard_steps,
)
from comity.kernel.canonical import Json, JsonObject
from comity.kernel.statement import Statement
from comity.law.measures import Measure, parse_measure
from comity.law.reach import Penalties, parse_penalty
from comity.law.register import exercise_actions, load_register
from comity.law.safeguards import Side
from support.bodies import ANSWERS, ASKED_SAFEGUARDS, ASKER_SAFEGUARDS, CASE, body, opening, within

REAL: dict[str, object] = {"issuer": "prt.contact-point", "to": ("cpv.contact-point",)}
ANSWERS_CASE = ANSWERS | {"request": CASE}
NOTHING_ABROAD: list[Json] = [{"step": "sovereignty_and_essential_interests", "answer": "met"}, *ASKER_SAFEGUARDS]
CORRUPTION: JsonObject = {"measure": "stored_data", "instrument": "uncac", "article": "46"}


def request(**changes: Json) -> Statement:
    return opening(**REAL, body=body("request", **changes))


def refused(ground: str, article: str) -> Statement:
    return within("refused", body=body("refused", answers=ANSWERS_CASE, ground=ground, article=article))


def preserved(until: str) -> Statement:
    return within("preserved", body=body("preserved", answers=ANSWERS_CASE, until=until))


# Requests.


def test_a_request_between_parties_passes_with_its_basis() -> None:
    found = check_request(request())
    assert (found.option.instrument.key, found.option.provision) == ("budapest", "29")
    assert found.remark == found.basis.summary
    assert "binds PRT and CPV" in found.remark


@pytest.mark.parametrize("article", ["29", "29(2)", "29(2)(e)"])
def test_a_request_may_name_any_paragraph_of_the_article(article: str) -> None:
    check_request(request(article=article))


@pytest.mark.parametrize(
    ("changes", "error", "reason"),
    [
        ({"article": "31"}, PolicyError, "article 29 carries preservation, the request names article 31"),
        ({"article": "2"}, PolicyError, "the request names article 2"),
        ({"instrument": "hanoi", "article": "42"}, PolicyError, "cannot carry"),
        ({"measure": "freezing"}, PolicyError, "cannot carry"),
        ({"measure": "divination"}, MalformedError, "measure 'divination' is unknown; known are preservation"),
        ({"instrument": "westphalia"}, NotFoundError, "westphalia"),
    ],
)
def test_a_request_without_basis_is_refused(changes: dict[str, Json], error: type[Exception], reason: str) -> None:
    with pytest.raises(error, match=reason):
        check_request(request(**changes))


def test_a_request_that_lacks_an_item_is_refused() -> None:
    lacking = {name: value for name, value in body("request").items() if name != "necessity"}
    with pytest.raises(PolicyError, match="necessity"):
        check_request(opening(**REAL, body=lacking))


def test_a_fictitious_state_asks_in_exercises_only() -> None:
    found = check_request(opening(exercise=True))
    assert found.remark.startswith("exercise with a fictitious state")
    with pytest.raises(PolicyError, match="names a fictitious state: for exercises only"):
        check_request(opening())


def test_the_measure_of_another_option_than_asked_has_no_floor() -> None:
    on = date(2026, 3, 2)
    floor = keeping_floor(basis_on("PRT", "CPV", "preservation", on).option("budapest"))
    assert floor is not None
    assert (floor.provision, floor.length) == ("29(7)", 60)
    assert keeping_floor(basis_on("PRT", "CPV", "stored_data", on).option("budapest")) is None
    assert parse_measure("stored_data") is Measure.STORED_DATA


def test_an_article_covers_its_paragraphs_and_no_neighbour() -> None:
    assert covers("29", "29(2)")
    assert covers("31(3)", "31")
    assert not covers("29", "2")
    assert not covers("2", "29")


# What is stated of the conduct.


def test_the_conduct_stated_decides_what_an_instrument_reaches() -> None:
    def asked(**changes: Json) -> Statement:
        return request(**CORRUPTION, safeguards=NOTHING_ABROAD, **changes)

    check_request(asked(conduct="corruption"))
    for conduct in ("illegal_access", "cable_damage"):
        with pytest.raises(PolicyError, match="no article of it describes the conduct"):
            check_request(asked(conduct=conduct))
    with pytest.raises(NotFoundError, match="conduct 'mischief' is not in the tables"):
        check_request(asked(conduct="mischief"))


def test_the_penalty_and_the_group_stated_decide_what_untoc_reaches() -> None:
    def asked(*, organised: bool = True, penalty: str) -> Statement:
        untoc: JsonObject = {"measure": "stored_data", "instrument": "untoc", "article": "18", "conduct": "fraud"}
        return request(**untoc, safeguards=NOTHING_ABROAD, organised=organised, penalty=penalty)

    check_request(asked(penalty="5"))
    check_request(asked(penalty="unknown"))
    with pytest.raises(PolicyError, match="maximum of 4 years or more"):
        check_request(asked(penalty="2"))
    with pytest.raises(PolicyError, match=r"organised criminal group \(stated not to be so\)"):
        check_request(asked(penalty="5", organised=False))


def test_reach_decides_in_an_exercise_with_a_fictitious_state_too() -> None:
    bodies = [
        body("request", **CORRUPTION, conduct=conduct, safeguards=NOTHING_ABROAD)
        for conduct in ("corruption", "cable_damage")
    ]
    check_request(opening(exercise=True, body=bodies[0]))
    with pytest.raises(PolicyError, match="does not reach the conduct as the request states it"):
        check_request(opening(exercise=True, body=bodies[1]))


def test_a_basis_is_kept_for_what_was_stated_and_for_no_other() -> None:
    on = date(2026, 3, 2)
    plain = basis_on("PRT", "CPV", "stored_data", on)
    assert basis_on("PRT", "CPV", "stored_data", on) is plain
    penalties = Penalties(asker=parse_penalty("5"))
    others = [
        basis_on("PRT", "CPV", "stored_data", on, conduct="fraud"),
        basis_on("PRT", "CPV", "stored_data", on, penalties=penalties),
        basis_on("PRT", "CPV", "stored_data", on, organised=True),
        basis_on("PRT", "CPV", "stored_data", on, organised=False),
        basis_on("PRT", "CPV", "stored_data", on, register=load_register().with_actions(())),
    ]
    assert len({id(found) for found in (plain, *others)}) == len(others) + 1
    assert basis_on("PRT", "CPV", "stored_data", on, conduct="fraud").question.conduct == "fraud"


def test_a_request_is_judged_by_the_tables_that_are_given() -> None:
    fictitious = opening(exercise=True)
    bound = load_register().with_actions(exercise_actions(["XAA"], instrument="budapest", on=date(2020, 1, 1)))
    found = check_request(fictitious, register=bound)
    assert found.option.asker.bound
    assert not check_request(fictitious).option.asker.bound


# Competence.


def test_a_request_between_bodies_that_are_not_competent_is_refused() -> None:
    both = Competences(asker=("contact_point",), asked=("contact_point",))
    check_request(request(), competences=both)
    with pytest.raises(PolicyError, match=r"article 27\(2\) .* the asker names contact_point only"):
        check_request(request(measure="stored_data", article="31"), competences=both)


def test_competences_that_are_not_named_are_told() -> None:
    found = check_request(request(), competences=Competences(asker=(), asked=()))
    assert [reason.code for reason in found.warnings] == ["competence_not_told", "competence_not_told"]
    assert "\nnote: the asker names no competence" in found.remark
    assert check_request(request()).warnings == ()


# Safeguards of the asker.


def test_a_request_that_leaves_safeguards_open_is_refused_with_each_of_them() -> None:
    lacking = {name: value for name, value in body("request").items() if name != "safeguards"}
    for statement in (opening(**REAL, body=lacking), opening(exercise=True, body=lacking)):
        with pytest.raises(
            PolicyError, match=r"request under Budapest Convention leaves safeguards open: purpose_and_"
        ) as e:
            check_request(statement)
        assert "notice_to_user" in e.value.message
        assert "[[safeguards]]" in e.value.message
    with pytest.raises(PolicyError, match="purpose_and_proportionality is answered skipped without a reason"):
        check_request(
            request(
                safeguards=[
                    {"step": "purpose_and_proportionality", "answer": "skipped"},
                    {"step": "notice_to_user", "answer": "met"},
                ]
            )
        )


def test_what_the_asker_answers_no_to_is_told_and_not_refused() -> None:
    answers: list[Json] = [
        {"step": "purpose_and_proportionality", "answer": "not_met", "reason": "more than is needed, to be safe"},
        {"step": "notice_to_user", "answer": "met"},
    ]
    found = check_request(request(safeguards=answers))
    assert found.remark.endswith(
        "\nnote: purpose and proportionality: not met, because more than is needed, to be safe"
    )


def test_the_facts_and_the_urgency_of_a_request_call_for_further_steps() -> None:
    with pytest.raises(PolicyError, match=r"journalism_or_security_research: .*'journalist'"):
        check_request(request(facts="A journalist entered an account."))
    for member in ("offence", "subject_matter"):
        with pytest.raises(PolicyError, match="journalism_or_security_research"):
            check_request(request(**{member: "Vulnerability testing"}))
    found = check_request(request(urgency="emergency"))
    assert [reason.code for reason in found.warnings] == ["safeguard_unanswered"]
    assert "emergency_as_defined" in found.remark


def test_an_oral_request_is_refused_where_it_is_not_open() -> None:
    with pytest.raises(PolicyError, match="oral request: the text is not known to allow an oral request"):
        check_request(request(oral=True))


# Safeguards of the asked.


def order(*answers: Json) -> Statement:
    said = body("authorised", request=CASE)
    del said["safeguards"]
    return within("authorised", body=said | ({"safeguards": list(answers)} if answers else {}))


def test_an_order_is_signed_only_with_the_answers_of_the_asked() -> None:
    earlier = {CASE: request()}
    assert check_outcome_law(order(*ASKED_SAFEGUARDS), earlier) == ()
    for short in (order(), order(*ASKED_SAFEGUARDS[1:])):
        with pytest.raises(PolicyError, match="order under Budapest Convention leaves safeguards open: purpose_and"):
            check_outcome_law(short, earlier)


def test_an_order_that_arrives_is_never_refused_for_its_answers() -> None:
    (told,) = check_outcome_law(order(), {CASE: request()}, arrived=True)
    assert told.text == (
        "no answer of the asked to the safeguards: purpose and proportionality, sovereignty and essential interests, "
        "political offence, notice to user"
    )
    skipped = order({"step": "notice_to_user", "answer": "skipped"}, *ASKED_SAFEGUARDS[:3])
    (told,) = check_outcome_law(skipped, {CASE: request()}, arrived=True)
    assert "without a reason" in told.text


def test_what_an_order_answered_a_later_reply_need_not_answer_again() -> None:
    said = body("preserved", answers=ANSWERS_CASE, until="2026-06-01T09:00:00Z")
    del said["safeguards"]
    kept = within("preserved", body=said)
    earlier = {CASE: request(), "0" * 64: order(*ASKED_SAFEGUARDS)}
    assert check_outcome_law(kept, earlier) == ()
    (told,) = check_outcome_law(kept, earlier | {"0" * 64: order(*ASKED_SAFEGUARDS[:-1])}, arrived=True)
    assert told.text == "no answer of the asked to the safeguards: notice to user"
    own: Json = {"step": "notice_to_user", "answer": "not_met", "reason": "the custodian told the user"}
    (told,) = check_outcome_law(within("preserved", body=said | {"safeguards": [own]}), earlier)
    assert "not met, because the custodian told the user" in told.text
    other = order(*ASKED_SAFEGUARDS)
    other = replace(other, body=other.body | {"request": "1" * 64})
    (told,) = check_outcome_law(kept, {CASE: request(), "0" * 64: other})
    assert "purpose and proportionality" in told.text


def test_data_that_goes_without_an_order_is_told() -> None:
    package = within("package", body=body("package", answers=ANSWERS_CASE))
    asked = request(measure="stored_data", article="31")
    (told,) = check_outcome_law(package, {CASE: asked})
    assert "onward transfer" in told.text
    # What the order skipped because nothing went yet is told again now that something goes.
    (told,) = check_outcome_law(package, {CASE: asked, "0" * 64: order(*ASKED_SAFEGUARDS)})
    assert told.text == "onward transfer: skipped, because Nothing is handed over yet."


def test_the_ground_of_a_refusal_answers_its_own_step() -> None:
    said = body("refused", answers=ANSWERS_CASE, ground="political_offence", article="29(5)(a)")
    del said["safeguards"]
    (told,) = check_outcome_law(within("refused", body=said), {CASE: request()})
    assert "political offence" not in told.text
    assert "sovereignty and essential interests" in told.text


def test_where_nothing_was_done_nothing_is_asked_about() -> None:
    said = body("not-executed", answers=ANSWERS_CASE)
    del said["safeguards"]
    assert check_outcome_law(within("not-executed", body=said), {CASE: request()}) == ()


def test_the_steps_of_a_request_can_be_asked_for() -> None:
    found = safeguard_steps(request(), Side.ASKED)
    assert [step.step for step in found] == [
        *("purpose_and_proportionality", "sovereignty_and_essential_interests", "political_offence", "notice_to_user")
    ]


# Outcomes.


@pytest.mark.parametrize(
    ("ground", "article"),
    [
        ("political_offence", "29(5)(a)"),
        ("essential_interests", "29(5)(b)"),
        ("essential_interests", "29(5)"),
        ("dual_criminality", "29(4)"),
    ],
)
def test_a_ground_of_the_instrument_passes(ground: str, article: str) -> None:
    check_refused(refused(ground, article), request())
    check_refused(refused(ground, article), opening(exercise=True))
    check_outcome_law(refused(ground, article), {CASE: request()})


@pytest.mark.parametrize(
    ("ground", "article", "reason"),
    [
        ("persecution", "29(5)", "gives no ground persecution for preservation; it gives dual_criminality"),
        ("displeasure", "29(5)", "ground 'displeasure' is unknown; known are political_offence"),
        (
            "essential_interests",
            "27(4)(b)",
            r"ground essential_interests in article 29\(5\)\(b\), the refusal names article 27\(4\)\(b\)",
        ),
    ],
)
def test_a_ground_that_the_instrument_does_not_give_is_refused(ground: str, article: str, reason: str) -> None:
    with pytest.raises(PolicyError, match=reason):
        check_outcome_law(refused(ground, article), {CASE: request()})


def test_the_grounds_follow_what_was_asked_for() -> None:
    asked = request(measure="stored_data", article="31")
    check_refused(refused("essential_interests", "27(4)(b)"), asked)
    with pytest.raises(PolicyError, match=r"in article 27\(4\)\(b\)"):
        check_refused(refused("essential_interests", "29(5)(b)"), asked)


def test_a_reason_of_non_execution_is_one_of_the_table() -> None:
    def said(reason: str) -> Statement:
        return within("not-executed", body=body("not-executed", reason=reason))

    check_not_executed(said("data_not_held"))
    # Nothing of the request matters for it, so that none is looked for.
    check_outcome_law(said("impossible_in_fact"), {})
    with pytest.raises(PolicyError, match="no reason of non-execution has the code 'busy'; there are"):
        check_outcome_law(said("busy"), {})


def test_data_are_kept_for_at_least_the_floor() -> None:
    # From 09:00 on 2 March, sixty days end on 1 May.
    for asked in (request(), opening(exercise=True)):
        check_preserved(preserved("2026-05-01T09:00:00Z"), asked)
        with pytest.raises(PolicyError, match=r"article 29\(7\) wants at least 60 days, until 2026-05-01T09:00:00Z"):
            check_outcome_law(preserved("2026-05-01T08:59:59Z"), {CASE: asked})


@pytest.mark.parametrize("outcome", [refused("political_offence", "29(5)(a)"), preserved("2026-05-01T09:00:00Z")])
def test_an_outcome_answers_a_request_of_its_case(outcome: Statement) -> None:
    for requests in ({}, {CASE: within("question")}):
        with pytest.raises(PolicyError, match=f"request {CASE[:12]}… is not in this case"):
            check_outcome_law(outcome, requests)


@pytest.mark.parametrize("kind", ["package", "acknowledged", "receipt", "closed"])
def test_the_law_says_nothing_of_other_kinds(kind: str) -> None:
    check_outcome_law(within(kind), {})
