"""The view of an inquiry: pure, the same in whatever order statements come, and with what does not belong left out."""

import random
from dataclasses import replace

import pytest

from comity.conduct.inquiry.statements import Dissent
from comity.conduct.inquiry.view import InquiryView, fold_inquiry
from comity.errors import PolicyError
from support.inquiries import (
    DAYS,
    INVESTIGATOR,
    MEMBERS,
    SampleInquiry,
    add_interests,
    answer,
    correct,
    find,
    publish,
    put_question,
    start,
    worked_example,
)


def fold(inquiry: SampleInquiry) -> InquiryView:
    return fold_inquiry(inquiry.id, inquiry.held(), as_of=inquiry.world.now)


def test_an_inquiry_goes_from_opened_to_corrected() -> None:
    inquiry = start()
    states = [fold(inquiry).state]
    add_interests(inquiry)
    states.append(fold(inquiry).state)
    question = put_question(inquiry)
    states.append(fold(inquiry).state)
    answer(inquiry, question.id)
    finding = find(inquiry)
    states.append(fold(inquiry).state)
    publish(inquiry, finding)
    states.append(fold(inquiry).state)
    correct(inquiry, finding)
    states.append(fold(inquiry).state)
    correct(inquiry, finding, kind="retraction", reason="The host was mistaken for another.")
    states.append(fold(inquiry).state)
    assert states == ["opened", "opened", "asked", "found", "published", "corrected", "retracted"]


def test_a_retracted_finding_stays_with_what_was_said_to_it() -> None:
    inquiry = worked_example()
    first = fold(inquiry).findings[0]
    correct(inquiry, inquiry.named("inquiry-finding"), kind="retraction")
    retracted = fold(inquiry).findings[0]
    assert retracted.state == "retracted"
    assert (retracted.replies, retracted.dissents, retracted.publications) == (
        first.replies,
        first.dissents,
        first.publications,
    )
    assert len(retracted.corrections) == 2


def test_two_corrections_of_one_finding_are_both_shown() -> None:
    inquiry = worked_example()
    correct(inquiry, inquiry.named("inquiry-finding"), reason="Another reason.")
    assert len(fold(inquiry).findings[0].corrections) == 2


def test_a_correction_does_not_shed_the_dissent() -> None:
    first, second = fold(worked_example()).findings
    assert first.dissents == second.dissents != ()


def test_the_view_does_not_depend_on_the_order_in_which_statements_come() -> None:
    inquiry = worked_example()
    whole = fold(inquiry)
    shuffled = random.Random(7)
    for _ in range(5):
        held = inquiry.held()
        shuffled.shuffle(held)
        assert fold_inquiry(inquiry.id, held, as_of=inquiry.world.now) == whole
    assert whole.left_out == ()
    assert len(whole.timeline) == len(inquiry.said)


def test_statements_of_another_inquiry_are_passed_over() -> None:
    inquiry, other = worked_example(), worked_example()
    held = [*inquiry.held(), *other.held(), *(item.held() for item in inquiry.outside)]
    assert fold_inquiry(inquiry.id, held, as_of=inquiry.world.now) == fold(inquiry)


def test_what_is_left_out_takes_along_what_follows_it() -> None:
    inquiry = start()
    add_interests(inquiry)
    put_question(inquiry)
    early = find(inquiry)
    dissent = inquiry.say(INVESTIGATOR, "dissent", Dissent(member=MEMBERS[0], text="Too early."))
    reasons = dict(fold(inquiry).left_out)
    assert list(reasons) == [early.id, dissent.id]
    assert "has not answered yet" in reasons[early.id]
    assert f"the statement follows {early.id[:12]}…, which is not in this inquiry here" in reasons[dissent.id]
    assert fold(inquiry).findings == ()


def test_a_statement_that_is_not_logged_yet_is_judged_by_its_own_date() -> None:
    inquiry = start()
    add_interests(inquiry)
    put_question(inquiry)
    inquiry.world.later(days=DAYS + 1)
    find(inquiry)
    held = [replace(item, position=None) for item in inquiry.held()]
    view = fold_inquiry(inquiry.id, held, as_of=inquiry.world.now)
    assert (view.state, view.left_out) == ("found", ())


def test_without_the_mandate_there_is_no_view() -> None:
    inquiry = worked_example()
    with pytest.raises(PolicyError, match=r"the mandate .* of this inquiry is not held"):
        fold_inquiry(inquiry.id, inquiry.held()[1:], as_of=inquiry.world.now)


def test_the_flag_of_an_exercise_is_that_of_the_mandate() -> None:
    assert fold(start()).exercise
    assert not fold(start(exercise=False)).exercise


def test_what_was_said_after_the_day_of_the_question_is_not_seen() -> None:
    inquiry = worked_example()
    held = inquiry.held()
    moments = sorted({item.statement.issued for item in held})
    first = fold_inquiry(inquiry.id, held, as_of=moments[0])
    assert first.state == "opened"
    assert [item.statement.issued for item in first.timeline] == [moments[0]] * len(first.timeline)
    assert (
        fold_inquiry(inquiry.id, held, as_of=moments[-1]).timeline
        == fold_inquiry(inquiry.id, reversed(held), as_of=moments[-1]).timeline
    )
