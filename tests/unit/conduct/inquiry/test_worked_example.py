"""The worked example, from claim to correction, step by step and as a reader outside sees it.

XAA claims that an operation leads to XBB; XBB denies it. A council mandates an inquiry of XCB. XAA consents on a
condition, XBB refuses. The investigator asks a contact point of XAD for sessions through the exchange, opens the
exhibit, puts its questions to XBB and has an answer. It states a finding from which one of its members dissents, XBB
answers that too, the finding is published with both answers and the dissent, and later corrected. All are fictitious.
"""

import json
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from click.testing import CliRunner

from comity.cli.main import cli
from comity.conduct.inquiry.trail_facts import TrailReport
from comity.conduct.inquiry.trail_head import dossier_member
from comity.conduct.verbs import breaches
from comity.errors import VerificationError
from comity.exchange.dossier_head import STATEMENTS
from comity.parties.trust_folder import add_recognition
from support.dossiers import dossier_of, written
from support.inquiries import (
    ACCUSED,
    AUTHORITIES,
    CLAIMANT,
    EXHIBIT_DATA,
    INVESTIGATOR,
    SampleInquiry,
    TrailForge,
    add_consents,
    add_evidence,
    add_interests,
    answer,
    facts_by_topic,
    find,
    finish,
    publish,
    put_question,
    start,
    trail_file,
    verified_trail,
    worked_example,
)


@pytest.fixture(scope="module")
def inquiry() -> SampleInquiry:
    return worked_example()


@pytest.fixture(scope="module")
def file(inquiry: SampleInquiry) -> bytes:
    return trail_file(inquiry)


@pytest.fixture(scope="module")
def report(inquiry: SampleInquiry, file: bytes) -> TrailReport:
    return verified_trail(file, inquiry)


@pytest.fixture
def forge(file: bytes) -> TrailForge:
    return TrailForge(file)


def test_the_steps_stand_in_their_order(inquiry: SampleInquiry) -> None:
    assert [item.statement.kind for item in inquiry.view().timeline] == [
        "mandate",
        "consent",
        "consent",
        "interest",
        "interest",
        "evidence-request",
        "question-put",
        "inquiry-reply",
        "dissent",
        "inquiry-finding",
        "inquiry-reply",
        "publication",
        "inquiry-finding",
        "publication",
        "inquiry-correction",
    ]
    assert inquiry.view().left_out == ()
    assert [item.state for item in inquiry.view().findings] == ["corrected", "published"]


def test_the_trail_verifies_offline_and_tells_the_whole_story(report: TrailReport) -> None:
    told = facts_by_topic(report)
    assert report.exercise
    assert told["exercise"] == [
        "THIS IS AN EXERCISE: every statement is flagged so by its issuer; nothing in it is real"
    ]
    claim = "State XAA claims that the operation leads to State XBB (state) (with high confidence)"
    assert told["claim"] == [f"{claim}; in a statement of {CLAIMANT}"]
    assert told["reply"] == [
        f"State XBB denies it: No organ of this state has anything to do with it.; in a statement of {ACCUSED}"
    ]
    assert "by the standard of proof 'clear and convincing', chosen before anything was asked" in told["mandate"][0]
    assert [line[:27] for line in told["consent"]] == ["XAA consents to the inquiry", "XBB refuses its consent to "]
    assert told["finding"][0].startswith("found by Inquiry of XCB under the mandate of Council of the Belt Conference")
    assert "State XBB denies it" in told["finding"][0]
    assert [line[:20] for line in told["answer"]] == ["State XBB denies it:"] * 2
    assert told["dissent"] == ["member from the harbour office of Belt dissents: A host may be entered from anywhere."]
    assert "with 2 replies and 1 dissent attached" in told["publication"][0]
    assert told["correction"][0].startswith(f"{INVESTIGATOR} corrects finding ")
    assert f"exhibit of sha-256 {sha256(EXHIBIT_DATA).hexdigest()}" in told["exhibit"][0]
    custody = [line for line in told["dossier"] if ", step " in line]
    assert len(custody) == 4


def test_the_report_ends_with_what_it_does_not_prove(report: TrailReport) -> None:
    assert report.not_proved[0].startswith("that the conclusion is right")
    law = "that anything follows from it in law: an inquiry is no court, and its finding no verdict"
    assert law in report.not_proved
    assert any("later corrections are not in it" in line for line in report.not_proved)


def test_no_line_says_as_a_fact_what_is_only_claimed(report: TrailReport) -> None:
    for line in [*(fact.text for fact in report.facts), *report.not_proved]:
        assert breaches(line) == (), line


def test_every_fact_names_a_member_of_the_file(report: TrailReport, forge: TrailForge) -> None:
    for fact in report.facts:
        assert fact.where.split(", there ")[0] in forge.members, fact


def test_answers_are_told_no_shorter_than_the_conclusion() -> None:
    long = start()
    add_interests(long)
    answer(long, put_question(long).id, text="We say no. " * 150)
    publish(long, find(long, finding={"conclusion": "It was from there. " * 80}))
    finish(long)
    told = facts_by_topic(verified_trail(trail_file(long), long))
    assert told["answer"][0].count("We say no.") == 150
    assert told["finding"][0].count("It was from there.") == 80


def test_one_byte_changed_is_refused(inquiry: SampleInquiry, file: bytes) -> None:
    place = file.index(EXHIBIT_DATA)
    changed = file[:place] + bytes([file[place] ^ 1]) + file[place + 1 :]
    with pytest.raises(VerificationError, match=r"data/dossiers/[0-9a-f]{64}\.zip: sha-256 is"):
        verified_trail(changed, inquiry)


def test_a_missing_exhibit_is_refused(inquiry: SampleInquiry, forge: TrailForge) -> None:
    assert inquiry.case is not None
    (digest,) = forge.head.dossiers
    without = written(dossier_of(inquiry.case, exhibits=()))
    del forge.members[dossier_member(digest)]
    other = sha256(without).hexdigest()
    forge.members[dossier_member(other)] = without
    forge.head = replace(forge.head, dossiers=(other,))
    finding = inquiry.named("inquiry-finding").id
    with pytest.raises(VerificationError, match=f"{STATEMENTS}{finding}.json: the finding cites exhibit"):
        verified_trail(forge.file(), inquiry)


def test_a_reply_left_out_is_refused(inquiry: SampleInquiry, forge: TrailForge) -> None:
    reply = inquiry.named("inquiry-reply", 1).id
    forge.drop(reply)
    publication = inquiry.named("publication").id
    match = f"{STATEMENTS}{publication}.json: the publication attaches reply {reply[:12]}…, which the trail leaves out"
    with pytest.raises(VerificationError, match=match):
        verified_trail(forge.file(), inquiry)


def test_a_finding_before_its_question_period_is_refused() -> None:
    early = start()
    add_consents(early)
    add_interests(early)
    add_evidence(early)
    question = put_question(early)
    early.world.later(days=12)
    finding = find(early)
    reason = dict(early.view().left_out)[finding.id]
    assert f"XBB may answer question {question.id[:12]}… until" in reason
    assert reason.endswith("and has not answered yet")


def test_comity_verify_prints_the_report(inquiry: SampleInquiry, file: bytes, tmp_path: Path) -> None:
    for name in AUTHORITIES:
        add_recognition(tmp_path / "trust", inquiry.world.recognition(name))
    trail = tmp_path / "trail.zip"
    trail.write_bytes(file)
    done = CliRunner().invoke(cli, ["verify", str(trail), "--trust", str(tmp_path / "trust")])
    assert done.exit_code == 0, done.output
    assert f"Trail of inquiry {inquiry.id} (newest finding: published): every check holds." in done.output
    assert done.output.index("\nFinding\n") < done.output.index("\nAnswer\n") < done.output.index("\nDissent\n")
    assert "\nWhat all this does not prove\n" in done.output


def test_comity_verify_gives_the_report_as_json(inquiry: SampleInquiry, file: bytes, tmp_path: Path) -> None:
    for name in AUTHORITIES:
        add_recognition(tmp_path / "trust", inquiry.world.recognition(name))
    trail = tmp_path / "trail.zip"
    trail.write_bytes(file)
    done = CliRunner().invoke(cli, ["verify", str(trail), "--trust", str(tmp_path / "trust"), "--json"])
    found = json.loads(done.stdout)
    assert (found["inquiry"], found["state"], found["exercise"]) == (inquiry.id, "published", True)
    assert len(found["findings"]) == 2
    assert set(found["dossiers"]) == {sha256(inquiry.dossiers[0]).hexdigest()}
