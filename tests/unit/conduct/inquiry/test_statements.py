"""The bodies of an inquiry: one form each, published as a schema, with the ledger's own bodies within."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from comity.conduct.inquiry.statements import (
    KINDS,
    CitedExhibit,
    Consent,
    Dissent,
    EvidenceRequest,
    InquiryCorrection,
    InquiryFinding,
    InquiryReply,
    Interest,
    Publication,
    QuestionPut,
    WithheldPart,
)
from comity.conduct.statements import (
    Body,
    Correction,
    Finding,
    Reply,
    RightOfReply,
    body_schema,
    encode_body,
    parse_body,
)
from comity.errors import MalformedError
from comity.exchange.statements import KINDS as EXCHANGE_KINDS
from comity.kernel.trust import KEYS_KIND
from support.inquiries import OPERATION_ID, STANDARD, mandate_body, state

ID = "ab" * 32
REPLY = Reply(operation=OPERATION_ID, by=state("XBB"), kind="denial", said="2026-03-04", text="No.")
BODIES: dict[str, Body] = {
    "mandate": mandate_body(),
    "consent": Consent(participant="XAA", consent="given", conditions="No names.", reported_from="note 4 of XAA"),
    "interest": Interest(member="member A", declares="interests", interests="Worked there."),
    "evidence-request": EvidenceRequest(
        asked="Contact point", authority="xad.centre", what="Logs", case=ID, request=ID
    ),
    "question-put": QuestionPut(to="XBB", questions=["Who?"], reply_by="2026-04-01T09:00:00Z"),
    "inquiry-reply": InquiryReply(answers=ID, reply=REPLY, reported_from="press release"),
    "dissent": Dissent(member="member A", text="Not so."),
    "inquiry-finding": InquiryFinding(
        finding=Finding(
            operation=OPERATION_ID,
            investigator=state("XCB"),
            mandate="Resolution 4",
            standard_of_proof=STANDARD,
            right_of_reply=RightOfReply(given=True, asked="2026-03-01", until="2026-04-01"),
            conclusion="Not established.",
            said="2026-04-02",
        ),
        statements=[ID],
        exhibits=[CitedExhibit(digest=ID, what="sessions")],
        replaces=ID,
    ),
    "publication": Publication(
        finding=ID, replies=[ID], dissents=[ID], withheld=[WithheldPart(digest=ID, reason="names of passengers")]
    ),
    "inquiry-correction": InquiryCorrection(
        statement=ID,
        correction=Correction(corrects=ID, kind="retraction", by=state("XCB"), said="2026-05-01", reason="Wrong host."),
        replacement=ID,
    ),
}


def test_there_is_a_body_of_every_kind_here() -> None:
    assert BODIES.keys() == KINDS.keys()
    assert {type(body) for body in BODIES.values()} == set(KINDS.values())


def test_no_kind_is_one_of_the_exchange_or_the_keys() -> None:
    assert KINDS.keys().isdisjoint({*EXCHANGE_KINDS, KEYS_KIND})


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_body_reads_back_as_it_was_written_and_fits_its_schema(kind: str) -> None:
    members = encode_body(BODIES[kind])
    assert parse_body(kind, members, KINDS) == BODIES[kind]
    schema = body_schema(kind, KINDS)
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(members)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_an_unknown_member_is_refused(kind: str) -> None:
    with pytest.raises(MalformedError, match=f"body of {kind}: .*verdict"):
        parse_body(kind, encode_body(BODIES[kind]) | {"verdict": "guilty"}, KINDS)


@pytest.mark.parametrize(
    ("kind", "member", "value"),
    [
        ("mandate", "investigator", "XCB"),
        ("mandate", "investigator", "xcb.inquiry\n"),
        ("mandate", "members", []),
        ("mandate", "answer_days", 0),
        ("mandate", "answer_days", True),
        ("mandate", "accused", ["xbb"]),
        ("mandate", "standard_of_proof", "two\nlines"),
        ("consent", "consent", "not_asked"),
        ("interest", "declares", "yes"),
        ("question-put", "questions", []),
        ("question-put", "reply_by", "2026-04-01"),
        ("publication", "finding", "AB" * 32),
        ("publication", "replies", []),
    ],
)
def test_a_wrong_value_is_refused(kind: str, member: str, value: Any) -> None:
    with pytest.raises(MalformedError, match=f"body of {kind}"):
        parse_body(kind, encode_body(BODIES[kind]) | {member: value}, KINDS)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_required_member_cannot_be_missing(kind: str) -> None:
    members = encode_body(BODIES[kind])
    required: Any = body_schema(kind, KINDS)
    for name in required["$defs"][KINDS[kind].__name__]["required"]:
        with pytest.raises(MalformedError, match=f"missing required field `{name}`"):
            parse_body(kind, {key: value for key, value in members.items() if key != name}, KINDS)
