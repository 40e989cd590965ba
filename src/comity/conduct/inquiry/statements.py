"""The statement kinds of an investigation and what their bodies hold.

An inquiry is the statements that follow one `mandate`, as a case is those that follow one request: each later one
names the mandate's id in `subject` and follows at least one of them. All are public. They name each other by statement
id; what they say of operations, claims and replies they say by record id, as the ledger does. A finding, a reply and
a correction carry the ledger's own body within, so that a ledger that receives them holds the same records as one
that was told by hand. Whether a statement may stand where it stands is for `rules`.
"""
# ruff: noqa: RUF012 - an empty list as default is copied for each body by msgspec

from typing import Annotated, Final, Literal

import msgspec

from comity.conduct.statements import (
    MAX_ITEMS,
    Body,
    Correction,
    Finding,
    Line,
    Participant,
    RecordId,
    Reply,
    Source,
    Speaker,
    Text,
)

# The pattern of `kernel.key.parse_authority`; the lookahead keeps out a final line feed.
Authority = Annotated[str, msgspec.Meta(max_length=60, pattern=r"^[a-z]{3}\.[a-z0-9](-?[a-z0-9])*$(?!\n)")]
# Other types than a record's id, so that a ledger does not look among its records for what is none.
StatementId = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$(?!\n)", description="id of a statement")]
Digest = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$(?!\n)", description="SHA-256 or id of what is cited")]
Time = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$(?!\n)")]
# A question is put with days to answer it, not hours; ten years are longer than any inquiry.
AnswerDays = Annotated[int, msgspec.Meta(ge=1, le=3650)]
MAX_MEMBERS: Final = 50


class Mandate(Body, frozen=True, kw_only=True):
    """`mandate`: who has which operation investigated, by whom, within which bounds. Opens an inquiry.

    The standard of proof and the period to answer are chosen here, before anything is asked. `accused` are those that
    the claims in question name; a finding may name nobody else unless it was asked too. `members` are those who
    investigate, by office or name. Whether it is an exercise stands in the statement's header.
    """

    operation: RecordId
    claims: Annotated[list[RecordId], msgspec.Meta(max_length=MAX_ITEMS)] = []
    given_by: Speaker
    basis: Line
    investigator: Authority
    members: Annotated[list[Line], msgspec.Meta(min_length=1, max_length=MAX_MEMBERS)]
    scope: Text
    accused: Annotated[list[Participant], msgspec.Meta(max_length=MAX_MEMBERS)] = []
    standard_of_proof: Line
    answer_days: AnswerDays


class Consent(Body, frozen=True, kw_only=True):
    """`consent`: whether a participant consents to the inquiry, and on which conditions.

    The participant says it itself, or the investigator reports what it was told and where (`reported_from`).
    """

    participant: Participant
    consent: Literal["given", "refused"]
    conditions: Text | None = None
    reported_from: Line | None = None


class Interest(Body, frozen=True, kw_only=True):
    """`interest`: what one of the members has to do with those concerned, or that there is nothing to declare."""

    member: Line
    declares: Literal["nothing", "interests"]
    interests: Text | None = None


class EvidenceRequest(Body, frozen=True, kw_only=True):
    """`evidence-request`: what the investigator asks of whom.

    Where it went through the exchange, `case` is the id of the request that opened the case there, and `request` that
    of a later request within it. Both are digests of sealed statements and show nothing but that they exist.
    """

    asked: Line
    authority: Authority | None = None
    what: Text
    case: StatementId | None = None
    request: StatementId | None = None


class QuestionPut(Body, frozen=True, kw_only=True):
    """`question-put`: what an accused is asked, and until when it may answer."""

    to: Participant
    questions: Annotated[list[Text], msgspec.Meta(min_length=1, max_length=MAX_ITEMS)]
    reply_by: Time


class InquiryReply(Body, frozen=True, kw_only=True):
    """`inquiry-reply`: what an accused answers to a question or to a finding.

    The accused says it itself, or the investigator attaches what it said elsewhere (`reported_from`). Only its own
    word ends the period to answer early.
    """

    answers: StatementId
    reply: Reply
    reported_from: Line | None = None


class Dissent(Body, frozen=True, kw_only=True):
    """`dissent`: one of the members does not share the conclusion.

    Every finding after it cites it and tells of it in its own `dissent`, and every publication after it attaches it: a
    correction does not shed a dissent.
    """

    member: Line
    text: Text


class CitedExhibit(Body, frozen=True, kw_only=True):
    """An exhibit by the SHA-256 of its plain bytes, and what it is cited for."""

    digest: Digest
    what: Line


class InquiryFinding(Body, frozen=True, kw_only=True):
    """`inquiry-finding`: the conclusion, with the statements and exhibits that it rests on.

    The finding names the basis of the mandate as its `mandate`. `statements` may be public ones, of the inquiry or of
    others, and sealed ones of cases of the exchange. `replaces` is the earlier finding of this inquiry in whose place
    this one is put.
    """

    finding: Finding
    statements: Annotated[list[StatementId], msgspec.Meta(max_length=MAX_ITEMS)] = []
    exhibits: Annotated[list[CitedExhibit], msgspec.Meta(max_length=MAX_ITEMS)] = []
    replaces: StatementId | None = None


class WithheldPart(Body, frozen=True, kw_only=True):
    """A cited statement or exhibit that is not published, by its id or digest, and why."""

    digest: Digest
    reason: Line


class Publication(Body, frozen=True, kw_only=True):
    """`publication`: a finding is published, with every reply and dissent attached and what is withheld named."""

    finding: StatementId
    replies: Annotated[list[StatementId], msgspec.Meta(max_length=MAX_ITEMS)] = []
    dissents: Annotated[list[StatementId], msgspec.Meta(max_length=MAX_ITEMS)] = []
    withheld: Annotated[list[WithheldPart], msgspec.Meta(max_length=MAX_ITEMS)] = []
    sources: Annotated[list[Source], msgspec.Meta(max_length=MAX_ITEMS)] = []


class InquiryCorrection(Body, frozen=True, kw_only=True):
    """`inquiry-correction`: the investigator corrects or retracts its finding; `replacement` is the new one, if any."""

    statement: StatementId
    correction: Correction
    replacement: StatementId | None = None


KINDS: Final[dict[str, type[Body]]] = {
    "mandate": Mandate,
    "consent": Consent,
    "interest": Interest,
    "evidence-request": EvidenceRequest,
    "question-put": QuestionPut,
    "inquiry-reply": InquiryReply,
    "dissent": Dissent,
    "inquiry-finding": InquiryFinding,
    "publication": Publication,
    "inquiry-correction": InquiryCorrection,
}
