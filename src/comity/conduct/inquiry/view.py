"""The view of an inquiry: what its statements and their places in logs add up to.

`fold_inquiry` is pure, like the view of a case: the same statements give the same view, whoever computes it. What may
not stand where it stands is left out with the reason, and so is what follows it. The view tells who said what; it
decides nothing about the operation.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from comity.conduct.inquiry.file import InquiryFile
from comity.conduct.inquiry.rules import check_next, end_of_period, open_inquiry, passed_over
from comity.conduct.inquiry.statements import (
    Consent,
    Dissent,
    EvidenceRequest,
    InquiryCorrection,
    InquiryFinding,
    InquiryReply,
    Interest,
    Mandate,
    Publication,
    QuestionPut,
)
from comity.conduct.record import record_id
from comity.conduct.statements import Body
from comity.errors import MalformedError, NotFoundError, PolicyError
from comity.exchange.view import Held, order_statements
from comity.kernel.statement import Statement

VIEW_VERSION: Final = 1
OPENED: Final = "opened"
ASKED: Final = "asked"
FOUND: Final = "found"
PUBLISHED: Final = "published"
CORRECTED: Final = "corrected"
RETRACTED: Final = "retracted"

_MANDATES_TOLD: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionState:
    """A question, until when it may be answered, and who answered."""

    statement: str
    body: QuestionPut
    until: datetime
    replies: tuple[str, ...]
    answered: bool
    """Whether the accused answered itself; what is only reported of it does not end the period."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingState:
    """A finding with everything that is said to it."""

    statement: str
    body: InquiryFinding
    state: str
    replies: tuple[str, ...]
    """Replies that it had to know, and those that answer it."""
    dissents: tuple[str, ...]
    publications: tuple[str, ...]
    corrections: tuple[str, ...]
    replaced_by: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class InquiryView:
    """One inquiry, as the statements held at `as_of` tell it; tuples hold statement ids and bodies in order."""

    version: int
    inquiry: str
    as_of: datetime
    exercise: bool
    mandate: Mandate
    state: str
    consents: tuple[tuple[str, Consent], ...]
    interests: tuple[tuple[str, Interest], ...]
    evidence_requests: tuple[tuple[str, EvidenceRequest], ...]
    questions: tuple[QuestionState, ...]
    replies: tuple[tuple[str, InquiryReply], ...]
    dissents: tuple[tuple[str, Dissent], ...]
    findings: tuple[FindingState, ...]
    publications: tuple[tuple[str, Publication], ...]
    corrections: tuple[tuple[str, InquiryCorrection], ...]
    timeline: tuple[Held, ...]
    left_out: tuple[tuple[str, str], ...]
    """Statements that do not belong, each with the reason."""


def fold_inquiry(inquiry: str, held: Iterable[Held], *, as_of: datetime) -> InquiryView:
    """Compute the view of `inquiry` from the statements held; those of other inquiries are passed over.

    What was said after `as_of` is not seen. The mandate always is, since there is no inquiry before it.

    Raises:
        PolicyError: the mandate is not among them, or cannot open an inquiry.
        MalformedError: the mandate's body breaks its format.
    """
    known = [item for item in held if item.id == inquiry or item.statement.issued <= as_of]
    file, left_out = read_inquiry(inquiry, known)
    return view_of(file, left_out, as_of=as_of)


def find_inquiry(held: Iterable[Held], beginning: str) -> str:
    """Return the id of the one mandate whose id, or whose record's id, begins so.

    Raises:
        NotFoundError: no mandate among the statements has such an id, or several have one; the message names them.
    """
    wanted = beginning.lower()
    found = [
        item
        for item in held
        if item.statement.kind == "mandate"
        and (item.id.startswith(wanted) or record_id("mandate", item.statement.body).startswith(wanted))
    ]
    if not found:
        raise NotFoundError(f"the followed logs hold no mandate with an id that begins with {beginning!r}")
    if len(found) > 1:
        # Anybody can repeat the words of a mandate; the id of the statement tells which is meant.
        told = ", ".join(f"{item.id} of {item.statement.issuer}" for item in found[:_MANDATES_TOLD])
        raise NotFoundError(f"{len(found)} mandates have an id that begins with {beginning!r}; name one: {told}")
    return found[0].id


def read_inquiry(inquiry: str, held: Iterable[Held]) -> tuple[InquiryFile, tuple[tuple[str, str], ...]]:
    """Return the file of an inquiry, and the statements that do not belong into it, each with the reason.

    Raises:
        PolicyError: the mandate is not among the statements, or cannot open an inquiry.
        MalformedError: the mandate's body breaks its format.
    """
    everything = {item.id: item for item in held}
    if inquiry not in everything:
        raise PolicyError(f"the mandate {inquiry[:12]}… of this inquiry is not held")
    inside = order_statements(item for item in everything.values() if item.statement.subject == inquiry)
    refused: dict[str, str] = {}
    while True:
        file, left_out = _read_in_order(everything[inquiry], inside, refused)
        late = ((item.id, passed_over(file, item.statement, body)) for item, body in file.of(Body))
        found = next(((name, reason) for name, reason in late if reason is not None), None)
        if found is None:
            return file, left_out
        # What stands on the refused statement falls with it, so the rest is read anew without it.
        refused |= [found]


def _read_in_order(
    opening: Held, inside: Iterable[Held], refused: Mapping[str, str]
) -> tuple[InquiryFile, tuple[tuple[str, str], ...]]:
    """Take in statements one by one, but for those that are refused beforehand."""
    file = open_inquiry(opening)
    left_out: list[tuple[str, str]] = []
    for item in inside:
        reason = refused.get(item.id) or _refusal(file, item)
        if reason is None:
            file.add(item)
        else:
            left_out.append((item.id, reason))
    return file, tuple(left_out)


def _refusal(file: InquiryFile, item: Held) -> str | None:
    """Return why a statement may not come next, or None if it may."""
    try:
        check_next(file, item.statement, logged_by=None if item.position is None else item.position.logged_by)
    except (PolicyError, MalformedError) as exc:
        return exc.message
    return None


def check_draft(inquiry: str, held: Iterable[Held], statement: Statement) -> None:
    """Refuse a statement that may not come next in an inquiry, before anybody signs it.

    Raises:
        PolicyError: a rule forbids it, or the mandate is not held.
        MalformedError: its body breaks its format.
    """
    check_next(read_inquiry(inquiry, held)[0], statement)


def view_of(file: InquiryFile, left_out: tuple[tuple[str, str], ...], *, as_of: datetime) -> InquiryView:
    """Return the view of a file."""
    findings = tuple(_finding(file, item, body) for item, body in file.of(InquiryFinding))
    questions = tuple(_question(file, item, body) for item, body in file.of(QuestionPut))
    return InquiryView(
        version=VIEW_VERSION,
        inquiry=file.id,
        as_of=as_of,
        exercise=file.opening.exercise,
        mandate=file.mandate,
        state=findings[-1].state if findings else (ASKED if questions else OPENED),
        consents=tuple((item.id, body) for item, body in file.of(Consent)),
        interests=tuple((item.id, body) for item, body in file.of(Interest)),
        evidence_requests=tuple((item.id, body) for item, body in file.of(EvidenceRequest)),
        questions=questions,
        replies=tuple((item.id, body) for item, body in file.of(InquiryReply)),
        dissents=tuple((item.id, body) for item, body in file.of(Dissent)),
        findings=findings,
        publications=tuple((item.id, body) for item, body in file.of(Publication)),
        corrections=tuple((item.id, body) for item, body in file.of(InquiryCorrection)),
        timeline=tuple(file.held.values()),
        left_out=left_out,
    )


def source_of(issuer: str, reported_from: str | None) -> str:
    """Return whose word a consent or a reply is: its own, or the report of an issuer that says where it was said."""
    if reported_from is None:
        return f"so says {issuer} itself"
    return f"reported by {issuer} from {reported_from}"


def _question(file: InquiryFile, item: Held, body: QuestionPut) -> QuestionState:
    replies = [(reply.id, said) for reply, said in file.of(InquiryReply) if said.answers == item.id]
    return QuestionState(
        statement=item.id,
        body=body,
        until=end_of_period(item, body, file.mandate.answer_days),
        replies=tuple(statement_id for statement_id, _ in replies),
        answered=any(said.reported_from is None for _, said in replies),
    )


def _finding(file: InquiryFile, item: Held, body: InquiryFinding) -> FindingState:
    before = file.before(item.statement.follows)
    publications = tuple(held.id for held, said in file.of(Publication) if said.finding == item.id)
    corrections = tuple((held.id, said) for held, said in file.of(InquiryCorrection) if said.statement == item.id)
    attached = {name for _, said in file.of(Publication) if said.finding == item.id for name in said.dissents}
    cited = [held.id for held, _ in file.of(Dissent) if held.id in body.statements]
    state = PUBLISHED if publications else FOUND
    if corrections:
        # A retraction is final: a correction beside it, earlier or later, does not bring the finding back.
        retracted = any(said.correction.kind == "retraction" for _, said in corrections)
        state = RETRACTED if retracted else CORRECTED
    return FindingState(
        statement=item.id,
        body=body,
        state=state,
        replies=tuple(held.id for held, said in file.of(InquiryReply) if held.id in before or said.answers == item.id),
        dissents=tuple(sorted({*cited, *attached})),
        publications=publications,
        corrections=tuple(statement_id for statement_id, _ in corrections),
        replaced_by=next((held.id for held, said in file.of(InquiryFinding) if said.replaces == item.id), None),
    )
