"""What may follow what in an inquiry: a step that is left out and a speaker who may not say a thing are refused."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from comity.conduct.inquiry.rules import open_inquiry
from comity.conduct.inquiry.statements import (
    Consent,
    Dissent,
    EvidenceRequest,
    InquiryReply,
    Interest,
    Publication,
    QuestionPut,
    WithheldPart,
)
from comity.conduct.inquiry.view import check_draft
from comity.conduct.statements import Reply, RightOfReply, Speaker, Subject
from comity.errors import MalformedError, PolicyError
from comity.kernel.canonical import format_time
from comity.kernel.statement import Statement
from support.inquiries import (
    ACCUSED,
    AUTHORITIES,
    CLAIMANT,
    DAYS,
    HOLDER,
    INVESTIGATOR,
    MEMBERS,
    OPERATION_ID,
    Public,
    SampleInquiry,
    add_consents,
    add_interests,
    answer,
    correct,
    find,
    finding_body,
    mandate_body,
    publish,
    put_question,
    start,
    state,
)
from support.world import World


def ready() -> SampleInquiry:
    """Return an inquiry in which everything was said that a finding needs."""
    inquiry = start()
    add_consents(inquiry)
    add_interests(inquiry)
    question = put_question(inquiry)
    inquiry.world.later(days=2)
    answer(inquiry, question.id)
    return inquiry


def refused(inquiry: SampleInquiry, last: Public, match: str) -> None:
    """Check that the last statement, and nothing else, is left out, for this reason."""
    left_out = dict(inquiry.view().left_out)
    assert set(left_out) == {last.id}
    assert match in left_out[last.id]


# The mandate


def opened(**changes: Any) -> None:
    open_inquiry(start(**changes).held()[0])


def test_a_mandate_may_be_stated_by_the_investigator_or_its_giver() -> None:
    opened()
    item = start(given_by=state("XAA")).held()[0]
    open_inquiry(replace(item, statement=replace(item.statement, issuer=CLAIMANT)))


def test_nobody_else_states_a_mandate() -> None:
    item = start(given_by=state("XAD")).held()[0]
    with pytest.raises(PolicyError, match="only the giver or the investigator"):
        open_inquiry(replace(item, statement=replace(item.statement, issuer=CLAIMANT)))


def test_an_authority_of_the_accused_is_no_independent_investigator() -> None:
    with pytest.raises(PolicyError, match="cannot investigate XCB: the investigator is independent"):
        opened(accused=["XBB", "XCB"])


@pytest.mark.parametrize("member", ["accused", "claims"])
def test_lists_of_a_mandate_are_sorted_and_distinct(member: str) -> None:
    twice = {"accused": ["XBB", "XBB"], "claims": ["ab" * 32, "aa" * 32]}[member]
    with pytest.raises(MalformedError, match=f"{member} of a mandate must be sorted and distinct"):
        opened(**{member: twice})


def test_members_of_a_mandate_are_distinct() -> None:
    with pytest.raises(MalformedError, match="members of a mandate must be distinct"):
        opened(members=["A", "A"])


def test_what_is_no_mandate_opens_no_inquiry() -> None:
    inquiry = ready()
    with pytest.raises(PolicyError, match="a consent statement opens no inquiry"):
        open_inquiry(inquiry.named("consent").held())
    item = inquiry.held()[0]
    with pytest.raises(PolicyError, match="neither belongs to another inquiry nor follows"):
        open_inquiry(replace(item, statement=replace(item.statement, subject=inquiry.named("consent").id)))


# Headers


def test_a_statement_must_follow_one_of_the_inquiry() -> None:
    inquiry = start()
    consent = Consent(participant="XAA", consent="given")
    refused(inquiry, inquiry.say(CLAIMANT, "consent", consent, follows=()), "follows at least one of its statements")


def test_a_statement_that_follows_what_is_not_here_is_refused() -> None:
    inquiry = start()
    claim = inquiry.named("claim").id
    last = inquiry.say(CLAIMANT, "consent", Consent(participant="XAA", consent="given"), follows=(claim,))
    refused(inquiry, last, "which is not in this inquiry here")


def test_exercise_and_live_statements_never_mix() -> None:
    inquiry = start()
    last = inquiry.say(CLAIMANT, "consent", Consent(participant="XAA", consent="given"), exercise=False)
    refused(inquiry, last, "never mix")


def test_a_second_mandate_cannot_change_the_standard_of_proof() -> None:
    inquiry = ready()
    last = inquiry.say(INVESTIGATOR, "mandate", mandate_body(standard_of_proof="more likely than not"))
    refused(inquiry, last, "an inquiry has one mandate")


def test_a_kind_of_the_ledger_is_no_part_of_an_inquiry() -> None:
    inquiry = start()
    last = inquiry.say(ACCUSED, "reply", Reply(operation=OPERATION_ID, by=state("XBB"), kind="denial"))
    refused(inquiry, last, "is no part of an inquiry")


def test_a_sealed_statement_is_no_part_of_an_inquiry() -> None:
    inquiry = start()
    last = inquiry.say(CLAIMANT, "consent", Consent(participant="XAA", consent="given"), to=(INVESTIGATOR,))
    refused(inquiry, last, "are public")


def correction_of(inquiry: SampleInquiry, finding: Public) -> dict[str, Any]:
    """Return the body of a correction that the investigator could state."""
    last = correct(inquiry, finding)
    inquiry.said.remove(last)
    return dict(last.said.statement.body)


@pytest.mark.parametrize(
    "say",
    [
        lambda inquiry: inquiry.say(ACCUSED, "interest", Interest(member=MEMBERS[0], declares="nothing")),
        lambda inquiry: inquiry.say(ACCUSED, "evidence-request", EvidenceRequest(asked="XAD", what="Logs")),
        lambda inquiry: inquiry.say(
            CLAIMANT, "question-put", QuestionPut(to="XBB", questions=["?"], reply_by="2027-01-01T00:00:00Z")
        ),
        lambda inquiry: inquiry.say(ACCUSED, "dissent", Dissent(member=MEMBERS[0], text="No.")),
        lambda inquiry: inquiry.say(CLAIMANT, "inquiry-finding", finding_body(inquiry)),
        lambda inquiry: inquiry.say(ACCUSED, "publication", Publication(finding=find(inquiry).id)),
        lambda inquiry: inquiry.say(ACCUSED, "inquiry-correction", correction_of(inquiry, find(inquiry))),
    ],
    ids=[*("interest", "evidence-request", "question-put", "dissent", "inquiry-finding"), "publication", "correction"],
)
def test_only_the_investigator_says_what_is_the_investigators(say: Callable[[SampleInquiry], Public]) -> None:
    inquiry = ready()
    refused(inquiry, say(inquiry), "only the investigator xcb.inquiry may say")


# Consent, interest, evidence


def test_nobody_consents_for_another_unless_it_says_where_it_was_told() -> None:
    inquiry = start()
    last = inquiry.say(CLAIMANT, "consent", Consent(participant="XBB", consent="given"))
    refused(inquiry, last, "cannot say the consent of XBB")
    inquiry = start()
    consent = Consent(participant="XBB", consent="refused", reported_from="note of 3 March")
    inquiry.say(INVESTIGATOR, "consent", consent)
    assert inquiry.view().left_out == ()
    refused(inquiry, inquiry.say(CLAIMANT, "consent", consent), "only the investigator xcb.inquiry may report")


def test_a_refusal_of_consent_has_no_conditions() -> None:
    inquiry = start()
    last = inquiry.say(ACCUSED, "consent", Consent(participant="XBB", consent="refused", conditions="None."))
    refused(inquiry, last, "has no conditions")


def test_the_own_word_on_consent_outranks_what_was_reported_of_it() -> None:
    inquiry = start()
    inquiry.say(ACCUSED, "consent", Consent(participant="XBB", consent="refused"))
    inquiry.say(INVESTIGATOR, "consent", Consent(participant="XBB", consent="given", reported_from="a newspaper"))
    file = inquiry.file()
    assert [(item.participant, item.consent) for item in file.consents(file.held.keys())] == [("XBB", "refused")]


def test_a_later_report_on_consent_takes_the_place_of_an_earlier_one() -> None:
    inquiry = start()
    for said in ("given", "refused"):
        inquiry.say(INVESTIGATOR, "consent", {"participant": "XBB", "consent": said, "reported_from": "a newspaper"})
    file = inquiry.file()
    assert [(item.participant, item.consent) for item in file.consents(file.held.keys())] == [("XBB", "refused")]


def test_the_right_of_reply_runs_from_the_first_question_to_the_end_of_the_last_period() -> None:
    inquiry = start()
    put_question(inquiry, days=DAYS)
    inquiry.world.later(days=5)
    put_question(inquiry, days=DAYS)
    file = inquiry.file()
    right = file.right_of_reply(frozenset(file.held))
    first, second = (inquiry.named("question-put", number).said.statement for number in (0, 1))
    assert right.asked == first.issued.date().isoformat()
    assert right.until == str(second.body["reply_by"])[:10]


def test_an_accused_that_was_not_asked_for_consent_is_told_as_not_asked() -> None:
    file = start().file()
    assert [(item.participant, item.consent) for item in file.consents(file.held.keys())] == [("XBB", "not_asked")]


def test_only_members_of_the_mandate_declare_interests_or_dissent() -> None:
    inquiry = start()
    last = inquiry.say(INVESTIGATOR, "interest", Interest(member="somebody else", declares="nothing"))
    refused(inquiry, last, "the mandate names no member 'somebody else'")
    inquiry = ready()
    last = inquiry.say(INVESTIGATOR, "dissent", Dissent(member="somebody else", text="No."))
    refused(inquiry, last, "the mandate names no member 'somebody else'")


def test_a_declaration_says_which_interests_and_only_where_there_are_some() -> None:
    for declared in ({"declares": "interests"}, {"declares": "nothing", "interests": "One."}):
        inquiry = start()
        last = inquiry.say(INVESTIGATOR, "interest", {"member": MEMBERS[0], **declared})
        refused(inquiry, last, "a declaration of interests says which")


def test_a_request_within_a_case_is_named_with_its_case() -> None:
    inquiry = start()
    last = inquiry.say(INVESTIGATOR, "evidence-request", EvidenceRequest(asked="XAD", what="Logs", request="ab" * 32))
    refused(inquiry, last, "together with its case")


# Questions and answers


def test_a_question_gives_the_days_that_the_mandate_promises() -> None:
    inquiry = start()
    refused(inquiry, put_question(inquiry, days=DAYS - 1), f"the mandate gives {DAYS} days")
    inquiry = start()
    put_question(inquiry, days=DAYS)
    assert inquiry.view().left_out == ()


def test_the_investigator_does_not_question_its_own_participant() -> None:
    inquiry = start()
    refused(inquiry, put_question(inquiry, to="XCB"), "puts no question to its own participant")


def test_only_whoever_was_asked_answers() -> None:
    inquiry = start()
    question = put_question(inquiry)
    refused(
        inquiry,
        answer(inquiry, question.id, issuer=CLAIMANT, code="XAA"),
        "XAA answers a question that was put to XBB",
    )
    inquiry = start()
    question = put_question(inquiry)
    refused(inquiry, answer(inquiry, question.id, issuer=CLAIMANT), "xaa.foreign-office cannot say the reply of XBB")


def test_an_answer_names_what_it_answers() -> None:
    inquiry = start()
    put_question(inquiry)
    refused(inquiry, answer(inquiry, inquiry.id), "which is no question and no finding that it follows")


def test_an_answer_follows_what_it_answers() -> None:
    inquiry = start()
    question = put_question(inquiry)
    told = {"issuer": INVESTIGATOR, "reported_from": "a newspaper"}
    last = answer(inquiry, question.id, follows=(inquiry.id,), **told)
    refused(inquiry, last, "which is no question and no finding that it follows")


def test_an_answer_is_about_the_operation_of_the_mandate() -> None:
    inquiry = start()
    question = put_question(inquiry)
    refused(inquiry, answer(inquiry, question.id, operation="ab" * 32), "about another operation")


def test_silence_is_reported_and_never_said_by_whoever_is_silent() -> None:
    inquiry = start()
    question = put_question(inquiry)
    refused(inquiry, answer(inquiry, question.id, kind="silence"), "nobody says its own silence")
    inquiry = start()
    question = put_question(inquiry)
    answer(inquiry, question.id, issuer=INVESTIGATOR, kind="silence", reported_from="site of the ministry")
    assert inquiry.view().left_out == ()


def test_a_finding_is_answered_by_whom_it_names() -> None:
    inquiry = ready()
    finding = find(inquiry)
    answer(inquiry, finding.id)
    assert inquiry.view().left_out == ()
    last = answer(inquiry, finding.id, issuer=CLAIMANT, code="XAA")
    refused(inquiry, last, "XAA answers a finding that does not name it")


# The finding


def test_a_finding_stands_when_every_step_was_taken() -> None:
    inquiry = ready()
    find(inquiry)
    assert inquiry.view().left_out == ()
    assert inquiry.view().state == "found"


def test_a_finding_needs_a_declaration_of_interests_by_each_member() -> None:
    inquiry = start()
    add_interests(inquiry, MEMBERS[:1])
    answer(inquiry, put_question(inquiry).id)
    refused(inquiry, find(inquiry), f"member {MEMBERS[1]!r} has declared no interests")


def test_a_declaration_after_the_finding_comes_too_late() -> None:
    inquiry = start()
    answer(inquiry, put_question(inquiry).id)
    before = inquiry.said[-1].id
    add_interests(inquiry)
    refused(inquiry, find(inquiry, follows=(before,)), "has declared no interests")


def test_a_finding_needs_a_question_to_each_accused() -> None:
    inquiry = start()
    add_interests(inquiry)
    refused(inquiry, find(inquiry), "no question was put to XBB")


def test_a_finding_names_nobody_who_was_not_asked() -> None:
    inquiry = ready()
    about = [Subject(level="organ", name="Port office", participant="XAD")]
    refused(inquiry, find(inquiry, finding={"about": about}), "no question was put to XAD")


def test_a_finding_before_the_end_of_the_period_is_refused() -> None:
    inquiry = start()
    add_interests(inquiry)
    question = put_question(inquiry)
    inquiry.world.later(days=DAYS)
    refused(inquiry, find(inquiry), f"XBB may answer question {question.id[:12]}… until")


def test_a_finding_after_the_end_of_the_period_stands_without_an_answer() -> None:
    inquiry = start()
    add_interests(inquiry)
    put_question(inquiry)
    inquiry.world.later(days=DAYS + 1)
    find(inquiry)
    assert inquiry.view().left_out == ()
    assert [item.answered for item in inquiry.view().questions] == [False]


def test_what_is_reported_of_an_accused_does_not_end_its_period() -> None:
    inquiry = start()
    add_interests(inquiry)
    question = put_question(inquiry)
    answer(inquiry, question.id, issuer=INVESTIGATOR, reported_from="a newspaper")
    refused(inquiry, find(inquiry), "has not answered yet")


def test_every_question_is_answered_or_has_had_its_time() -> None:
    inquiry = ready()
    put_question(inquiry)
    refused(inquiry, find(inquiry), "has not answered yet")


def test_a_question_that_was_logged_late_moves_the_end_of_its_period() -> None:
    inquiry = start()
    add_interests(inquiry)
    put_question(inquiry, days=DAYS)
    inquiry.said[-1] = replace(inquiry.said[-1], logged_by=inquiry.said[-1].logged_by + timedelta(days=9))
    inquiry.world.later(days=DAYS + 1)
    refused(inquiry, find(inquiry), "has not answered yet")


def test_a_question_that_was_logged_within_a_day_keeps_its_period() -> None:
    inquiry = start()
    add_interests(inquiry)
    put_question(inquiry, days=DAYS)
    inquiry.said[-1] = replace(inquiry.said[-1], logged_by=inquiry.said[-1].logged_by + timedelta(hours=23))
    inquiry.world.later(days=DAYS, hours=1)
    find(inquiry)
    assert inquiry.view().left_out == ()


def test_a_finding_dated_ahead_of_its_witnesses_is_refused() -> None:
    inquiry = start()
    add_interests(inquiry)
    put_question(inquiry)
    body = finding_body(inquiry)
    ahead = inquiry.world.now + timedelta(days=DAYS + 2)
    last = inquiry.say(INVESTIGATOR, "inquiry-finding", body, issued=ahead)
    refused(inquiry, last, "but witnesses saw it at")


def test_an_answer_that_was_logged_is_not_overlooked() -> None:
    inquiry = ready()
    before = inquiry.said[-1].id
    late = answer(inquiry, inquiry.named("question-put").id, text="And one more thing.")
    inquiry.world.later(hours=1)
    refused(inquiry, overlooking(inquiry, before), f"reply {late.id[:12]}… of {ACCUSED} was there before the finding")


def overlooking(inquiry: SampleInquiry, before: str) -> Public:
    """Let the investigator state a finding that follows what was said up to `before`, and nothing that came later."""
    file = inquiry.file()
    seen = file.before([before])
    told = {"right_of_reply": file.right_of_reply(seen), "consents": file.consents(seen)}
    return find(inquiry, follows=(before,), finding=told | {"about": [], "dissent": None}, statements=[])


def test_an_answer_is_not_overlooked_because_its_log_comes_last_in_the_order_of_names() -> None:
    last_of_all = "xdd.foreign-office"
    inquiry = SampleInquiry(world=World((*AUTHORITIES, last_of_all)))
    inquiry.say(INVESTIGATOR, "mandate", mandate_body(accused=["XDD"]))
    add_interests(inquiry)
    question = put_question(inquiry, to="XDD")
    answered = answer(inquiry, question.id, issuer=last_of_all, code="XDD")
    late = answer(inquiry, question.id, issuer=last_of_all, code="XDD", text="And one more thing.")
    inquiry.world.later(hours=1)
    finding = overlooking(inquiry, answered.id)
    published = inquiry.say(
        INVESTIGATOR, "publication", {"finding": finding.id, "replies": [answered.id]}, follows=(finding.id,)
    )
    reasons = dict(inquiry.view().left_out)
    assert list(reasons) == [finding.id, published.id]
    assert f"reply {late.id[:12]}… of {last_of_all} was there before the finding" in reasons[finding.id]
    assert late.id in {name for name, _ in inquiry.view().replies}


def test_a_publication_that_overlooks_an_answer_falls_alone() -> None:
    last_of_all = "xdd.foreign-office"
    inquiry = SampleInquiry(world=World((*AUTHORITIES, last_of_all)))
    inquiry.say(INVESTIGATOR, "mandate", mandate_body(accused=["XDD"]))
    add_interests(inquiry)
    answered = answer(inquiry, put_question(inquiry, to="XDD").id, issuer=last_of_all, code="XDD")
    finding = find(inquiry, finding={"about": []})
    late = answer(inquiry, finding.id, issuer=last_of_all, code="XDD")
    inquiry.world.later(hours=1)
    last = inquiry.say(
        INVESTIGATOR, "publication", {"finding": finding.id, "replies": [answered.id]}, follows=(finding.id,)
    )
    refused(inquiry, last, f"the publication leaves out reply {late.id[:12]}…")


def test_a_dissent_is_not_shed_by_a_finding_or_a_publication_that_does_not_follow_it() -> None:
    inquiry = ready()
    before = inquiry.said[-1].id
    dissent = inquiry.say(INVESTIGATOR, "dissent", Dissent(member=MEMBERS[0], text="Not so."))
    inquiry.world.later(hours=1)
    refused(inquiry, overlooking(inquiry, before), f"does not cite dissent {dissent.id[:12]}…")
    inquiry = ready()
    finding = find(inquiry)
    dissent = inquiry.say(INVESTIGATOR, "dissent", Dissent(member=MEMBERS[0], text="Not so."))
    inquiry.world.later(hours=1)
    body = {"finding": finding.id, "replies": [inquiry.named("inquiry-reply").id]}
    last = inquiry.say(INVESTIGATOR, "publication", body, follows=(finding.id,))
    refused(inquiry, last, f"the publication leaves out dissent {dissent.id[:12]}…")


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"operation": "ab" * 32}, "the finding is about another operation"),
        ({"standard_of_proof": "more likely than not"}, "chosen beforehand was 'clear and convincing'"),
        ({"mandate": "resolution of a greater council"}, "the mandate stands on 'resolution 4 of 25 February 2026'"),
        ({"investigator": state("XAD")}, "another investigator than the mandate"),
        ({"said": "2025-12-31"}, "the finding is said to be of 2025-12-31"),
        ({"said": "2027-01-01"}, "the finding is said to be of 2027-01-01"),
        ({"consents": []}, "does not give the consents as they were stated"),
        ({"right_of_reply": RightOfReply(given=False)}, "does not give the right of reply as it was given"),
        ({"dissent": "One of us thinks otherwise."}, "exactly where a member has stated one"),
    ],
)
def test_a_finding_says_of_the_file_what_the_file_says(changes: dict[str, Any], match: str) -> None:
    inquiry = ready()
    refused(inquiry, find(inquiry, finding=changes), match)


def test_a_dissent_is_told_and_cited() -> None:
    inquiry = ready()
    dissent = inquiry.say(INVESTIGATOR, "dissent", Dissent(member=MEMBERS[0], text="Not so."))
    cited = [name for name in finding_body(inquiry).statements if name != dissent.id]
    refused(inquiry, find(inquiry, statements=cited), f"does not cite dissent {dissent.id[:12]}…")
    del inquiry.said[-1]
    refused(inquiry, find(inquiry, finding={"dissent": None}), "exactly where a member has stated one")


def test_cited_statements_and_exhibits_are_sorted_and_distinct() -> None:
    inquiry = ready()
    refused(inquiry, find(inquiry, statements=["bb" * 32, "aa" * 32]), "statements of a finding must be sorted")


def test_a_second_finding_says_which_one_it_replaces() -> None:
    inquiry = ready()
    first = find(inquiry)
    refused(inquiry, find(inquiry), f"finding {first.id[:12]}… stands")
    del inquiry.said[-1]
    second = find(inquiry, replaces=first.id)
    assert inquiry.view().findings[0].replaced_by == second.id
    refused(inquiry, find(inquiry, replaces=first.id), "which is no standing finding before it")
    inquiry = ready()
    before = inquiry.said[-1].id
    first = find(inquiry)
    last = find(inquiry, follows=(before,), replaces=first.id)
    refused(inquiry, last, "which is no standing finding before it")


# Publication and correction


def test_a_publication_attaches_every_reply() -> None:
    inquiry = ready()
    finding = find(inquiry)
    reply = inquiry.named("inquiry-reply").id
    refused(inquiry, publish(inquiry, finding, replies=[]), f"the publication leaves out reply {reply[:12]}…")


def test_a_reply_that_was_logged_before_a_publication_is_attached_though_it_does_not_follow_it() -> None:
    inquiry = ready()
    finding = find(inquiry)
    late = answer(inquiry, finding.id)
    inquiry.world.later(hours=1)
    body = {"finding": finding.id, "replies": [inquiry.named("inquiry-reply").id]}
    last = inquiry.say(INVESTIGATOR, "publication", body, follows=(finding.id,))
    refused(inquiry, last, f"the publication leaves out reply {late.id[:12]}…")


def test_a_publication_attaches_replies_and_nothing_else_as_such() -> None:
    inquiry = ready()
    finding = find(inquiry)
    replies = sorted((inquiry.named("inquiry-reply").id, finding.id))
    refused(inquiry, publish(inquiry, finding, replies=replies), "which is no reply of this inquiry")


def test_a_publication_attaches_every_dissent_also_one_after_the_finding() -> None:
    inquiry = ready()
    finding = find(inquiry)
    inquiry.say(INVESTIGATOR, "dissent", Dissent(member=MEMBERS[0], text="Not so."))
    refused(inquiry, publish(inquiry, finding, dissents=[]), "the publication leaves out dissent ")


def test_a_publication_attaches_dissents_and_nothing_else_as_such() -> None:
    inquiry = ready()
    finding = find(inquiry)
    last = publish(inquiry, finding, dissents=[inquiry.named("inquiry-reply").id])
    refused(inquiry, last, "which is no dissent of this inquiry")


def test_a_publication_names_a_finding_before_it() -> None:
    inquiry = ready()
    find(inquiry)
    refused(inquiry, publish(inquiry, inquiry.named("inquiry-reply")), "which is no finding before it")


def test_a_publication_and_a_correction_follow_the_findings_that_they_name() -> None:
    inquiry = ready()
    before = inquiry.said[-1].id
    first = find(inquiry)
    body = {"finding": first.id, "replies": [inquiry.named("inquiry-reply").id]}
    last = inquiry.say(INVESTIGATOR, "publication", body, follows=(before,))
    refused(inquiry, last, "which is no finding before it")
    inquiry.said.remove(last)
    body = correction_of(inquiry, first)
    last = inquiry.say(INVESTIGATOR, "inquiry-correction", body, follows=(before,))
    refused(inquiry, last, "which is no finding before it")
    inquiry.said.remove(last)
    second = find(inquiry, replaces=first.id)
    replaced = correct(inquiry, first, new=second)
    inquiry.said.remove(replaced)
    last = inquiry.say(INVESTIGATOR, "inquiry-correction", dict(replaced.said.statement.body), follows=(first.id,))
    refused(inquiry, last, "in its place, which does not say so itself")


def test_what_is_withheld_is_cited_and_no_statement_of_the_inquiry() -> None:
    inquiry = ready()
    finding = find(inquiry)
    withheld = [WithheldPart(digest="ab" * 32, reason="none")]
    refused(inquiry, publish(inquiry, finding, withheld=withheld), "which the finding does not cite")
    del inquiry.said[-1]
    withheld = [WithheldPart(digest=inquiry.named("inquiry-reply").id, reason="none")]
    refused(inquiry, publish(inquiry, finding, withheld=withheld), "is a statement of the inquiry")


def test_a_correction_may_come_with_a_new_finding_and_a_retraction_never() -> None:
    inquiry = ready()
    first = find(inquiry)
    publish(inquiry, first)
    second = find(inquiry, replaces=first.id)
    last = correct(inquiry, first, new=second, kind="retraction")
    refused(inquiry, last, "a retraction takes a finding back")
    del inquiry.said[-1]
    correct(inquiry, first, new=second)
    assert [item.state for item in inquiry.view().findings] == ["corrected", "found"]
    correct(inquiry, first, kind="retraction")
    assert [item.state for item in inquiry.view().findings] == ["retracted", "found"]


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"corrects": "ab" * 32}, "another record than that of the finding"),
        ({"by": state("XBB")}, "by another than the investigator"),
        ({"said": "2025-12-31"}, "the correction is said to be of 2025-12-31"),
        ({"replacement": "ab" * 32}, "another record as replacement"),
    ],
)
def test_a_correction_fits_the_finding_that_it_corrects(changes: dict[str, Any], match: str) -> None:
    inquiry = ready()
    refused(inquiry, correct(inquiry, find(inquiry), **changes), match)


def test_a_replacement_says_itself_what_it_replaces() -> None:
    inquiry = ready()
    first = find(inquiry)
    second = find(inquiry, replaces=first.id)
    refused(inquiry, correct(inquiry, second, new=second), "in its place, which does not say so itself")


def test_a_correction_names_a_finding_before_it() -> None:
    inquiry = ready()
    finding = find(inquiry)
    last = correct(inquiry, finding)
    del inquiry.said[-1]
    body = dict(last.said.statement.body) | {"statement": inquiry.named("inquiry-reply").id}
    refused(inquiry, inquiry.say(INVESTIGATOR, "inquiry-correction", body), "which is no finding before it")


# Drafts


def test_a_draft_is_refused_before_anybody_signs_it() -> None:
    inquiry = start()
    draft = Statement(
        kind="question-put",
        issuer=INVESTIGATOR,
        to=(),
        issued=inquiry.world.now,
        subject=inquiry.id,
        follows=(inquiry.id,),
        exercise=True,
        body={"to": "XBB", "questions": ["Who?"], "reply_by": format_time(inquiry.world.now)},
    )
    with pytest.raises(PolicyError, match="the mandate gives 30 days"):
        check_draft(inquiry.id, inquiry.held(), draft)
    reply_by = format_time(inquiry.world.now + timedelta(days=DAYS))
    check_draft(inquiry.id, inquiry.held(), replace(draft, body={**draft.body, "reply_by": reply_by}))
    with pytest.raises(PolicyError, match="of this inquiry is not held"):
        check_draft("ab" * 32, inquiry.held(), draft)


def test_a_draft_of_another_inquiry_is_refused() -> None:
    inquiry, other = start(), start()
    last = other.say(HOLDER, "consent", Consent(participant="XAD", consent="given"))
    with pytest.raises(PolicyError, match="the statement names inquiry"):
        check_draft(inquiry.id, inquiry.held(), last.said.statement)


def test_replies_may_be_said_in_the_name_of_no_participant_by_nobody() -> None:
    inquiry = start()
    question = put_question(inquiry)
    body = InquiryReply(
        answers=question.id,
        reply=Reply(operation=OPERATION_ID, by=Speaker(name="A firm", kind="company"), kind="denial"),
    )
    refused(inquiry, inquiry.say(ACCUSED, "inquiry-reply", body), "cannot say the reply of")
