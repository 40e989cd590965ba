"""What may follow what in an inquiry, and who may say it. Pure decisions over verified statements.

That one thing came before another is judged by `follows` alone: whoever follows a statement has its digest, so it
existed. Every statement of an inquiry leads back to its mandate this way, and with it to the standard of proof, which
is thereby chosen before anything is asked. Only two things need time, and there the witnesses' word bounds the
issuer's. Periods: a question's begins no earlier than witnesses saw it, give or take a day, and a finding may not be
dated ahead of when they saw it. And what must not be passed over: a reply or dissent that was logged when a finding or
publication was issued was there, whether the issuer follows it or not.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from comity.conduct.commitments.since import parse_since
from comity.conduct.inquiry.file import (
    InquiryFile,
    finding_record,
    is_sorted_set,
)
from comity.conduct.inquiry.statements import (
    KINDS,
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
from comity.conduct.statements import Body, encode_body, parse_body
from comity.errors import MalformedError, PolicyError
from comity.exchange.rules import MAX_CLOCK_SKEW
from comity.exchange.view import Held
from comity.kernel.canonical import encode_json, format_time, parse_time
from comity.kernel.statement import Statement
from comity.kernel.trust import participant_of

# A question that is logged within a day of its date was put in time; one logged later moves the end of its period.
MAX_LOGGING_DELAY: Final = timedelta(days=1)
INVESTIGATOR_KINDS: Final = frozenset(
    {"interest", "evidence-request", "question-put", "dissent", "inquiry-finding", "publication", "inquiry-correction"}
)
_SHORT: Final = 12


def open_inquiry(item: Held) -> InquiryFile:
    """Return the file that a mandate opens.

    Raises:
        PolicyError: it is no public mandate, or whoever gives it or investigates may not.
        MalformedError: its body breaks the format.
    """
    statement = item.statement
    if statement.kind != "mandate":
        raise PolicyError(f"a {statement.kind} statement opens no inquiry; it must name its mandate in 'subject'")
    if not statement.public or statement.subject is not None or statement.follows:
        raise PolicyError("a mandate is public, and neither belongs to another inquiry nor follows a statement")
    mandate = parse_body(statement.kind, statement.body, KINDS)
    assert isinstance(mandate, Mandate)
    for name, listed in (("accused", mandate.accused), ("claims", mandate.claims)):
        if not is_sorted_set(listed):
            raise MalformedError(f"{name} of a mandate must be sorted and distinct")
    if len(set(mandate.members)) != len(mandate.members):
        raise MalformedError("members of a mandate must be distinct")
    own = participant_of(mandate.investigator)
    if own in mandate.accused:
        raise PolicyError(f"{mandate.investigator} cannot investigate {own}: the investigator is independent")
    giver = mandate.given_by.participant
    if statement.issuer != mandate.investigator and giver != participant_of(statement.issuer):
        raise PolicyError(
            f"{statement.issuer} states a mandate of {mandate.given_by.name}; only the giver or the investigator "
            f"{mandate.investigator} may"
        )
    file = InquiryFile(id=item.id, opening=statement, mandate=mandate)
    file.add(item)
    return file


def check_next(file: InquiryFile, statement: Statement, *, logged_by: datetime | None = None) -> None:
    """Refuse a statement that may not come next; `logged_by` is when witnesses saw it, where it is logged.

    Raises:
        PolicyError: another inquiry, a stranger, a role that may not say this, or a step that was left out before it.
        MalformedError: its body breaks the format.
    """
    mandate = file.mandate
    if statement.kind == "mandate":
        raise PolicyError("an inquiry has one mandate; another one opens another inquiry")
    if statement.kind not in KINDS:
        raise PolicyError(f"a {statement.kind} statement is no part of an inquiry")
    if statement.subject != file.id:
        raise PolicyError(f"the statement names inquiry {str(statement.subject)[:_SHORT]}…, not {file.id[:_SHORT]}…")
    if not statement.public:
        raise PolicyError("the statements of an inquiry are public; what is confidential goes through the exchange")
    if statement.exercise != file.opening.exercise:
        raise PolicyError("exercise statements and live inquiries never mix")
    if unknown := sorted(name for name in statement.follows if name not in file.held):
        raise PolicyError(f"the statement follows {unknown[0][:_SHORT]}…, which is not in this inquiry here")
    if not statement.follows:
        raise PolicyError("a statement within an inquiry follows at least one of its statements")
    if statement.kind in INVESTIGATOR_KINDS and statement.issuer != mandate.investigator:
        raise PolicyError(f"only the investigator {mandate.investigator} may say {statement.kind!r} in this inquiry")
    step = _Step(file, statement, logged_by)
    step.check(parse_body(statement.kind, statement.body, KINDS))


class _Step:
    """One statement that would come next, with what comes before it."""

    def __init__(self, file: InquiryFile, statement: Statement, logged_by: datetime | None) -> None:
        self._file = file
        self._statement = statement
        self._logged_by = logged_by
        self._before = file.before(statement.follows)

    def check(self, body: Body) -> None:
        """Refuse the statement by the rules of its kind."""
        checks: Mapping[type[Body], Callable[..., None]] = {
            Consent: self._consent,
            Interest: self._interest,
            EvidenceRequest: self._evidence_request,
            QuestionPut: self._question,
            InquiryReply: self._reply,
            Dissent: self._dissent,
            InquiryFinding: self._finding,
            Publication: self._publication,
            InquiryCorrection: self._correction,
        }
        checks[type(body)](body)

    def _speaks_for(self, code: str | None, reported_from: str | None, what: str) -> None:
        """Check that a participant says something itself, or the investigator reports where it was said."""
        issuer, investigator = self._statement.issuer, self._file.mandate.investigator
        if reported_from is None:
            if participant_of(issuer) != code:
                raise PolicyError(
                    f"{issuer} cannot say the {what} of {code}; name in 'reported_from' where it was said"
                )
        elif issuer != investigator:
            raise PolicyError(f"only the investigator {investigator} may report the {what} of another")

    def _member(self, name: str) -> None:
        if name not in self._file.mandate.members:
            raise PolicyError(f"the mandate names no member {name!r}")

    def _consent(self, body: Consent) -> None:
        self._speaks_for(body.participant, body.reported_from, "consent")
        if body.consent == "refused" and body.conditions is not None:
            raise MalformedError("a consent that is refused has no conditions")

    def _interest(self, body: Interest) -> None:
        self._member(body.member)
        if (body.declares == "interests") != (body.interests is not None):
            raise MalformedError("a declaration of interests says which, and one of nothing says none")

    @staticmethod
    def _evidence_request(body: EvidenceRequest) -> None:
        if body.request is not None and body.case is None:
            raise MalformedError("a request within a case of the exchange is named together with its case")

    def _question(self, body: QuestionPut) -> None:
        mandate, issued = self._file.mandate, self._statement.issued
        if body.to == participant_of(mandate.investigator):
            raise PolicyError(f"the investigator puts no question to its own participant {body.to}")
        earliest = issued + timedelta(days=mandate.answer_days)
        if parse_time(body.reply_by) < earliest:
            raise PolicyError(
                f"the question to {body.to} is to be answered by {body.reply_by}; the mandate gives "
                f"{mandate.answer_days} days, until {format_time(earliest)}"
            )

    def _reply(self, body: InquiryReply) -> None:
        reply = body.reply
        code = reply.by.participant
        self._speaks_for(code, body.reported_from, "reply")
        if reply.kind == "silence" and body.reported_from is None:
            raise PolicyError("nobody says its own silence; the investigator reports where it was searched for")
        if reply.operation != self._file.mandate.operation:
            raise PolicyError("the reply is about another operation than the mandate")
        answered = self._file.bodies.get(body.answers) if body.answers in self._before else None
        if isinstance(answered, QuestionPut):
            if answered.to != code:
                raise PolicyError(f"{code} answers a question that was put to {answered.to}")
        elif isinstance(answered, InquiryFinding):
            if code not in self._file.named(answered):
                raise PolicyError(f"{code} answers a finding that does not name it")
        else:
            raise PolicyError(
                f"the reply answers {body.answers[:_SHORT]}…, which is no question and no finding that it follows"
            )

    def _dissent(self, body: Dissent) -> None:
        self._member(body.member)

    def _finding(self, body: InquiryFinding) -> None:
        file, finding = self._file, body.finding
        for name, listed in (
            ("statements", body.statements),
            ("exhibits", [item.digest for item in body.exhibits]),
        ):
            if not is_sorted_set(listed):
                raise MalformedError(f"{name} of a finding must be sorted and distinct")
        self._check_interests()
        self._check_heard(body)
        if finding.operation != file.mandate.operation:
            raise PolicyError("the finding is about another operation than the mandate")
        if finding.standard_of_proof != file.mandate.standard_of_proof:
            raise PolicyError(
                f"the finding goes by the standard of proof {finding.standard_of_proof!r}; chosen beforehand was "
                f"{file.mandate.standard_of_proof!r}"
            )
        if finding.mandate != file.mandate.basis:
            raise PolicyError(
                f"the finding names as its mandate {finding.mandate!r}; the mandate stands on {file.mandate.basis!r}"
            )
        self._check_said(finding.said, "finding")
        if finding.investigator.participant not in {None, participant_of(file.mandate.investigator)}:
            raise PolicyError(f"the finding names another investigator than the mandate, {file.mandate.investigator}")
        if finding.consents != (stated := file.consents(self._before)):
            raise PolicyError(f"the finding does not give the consents as they were stated: {_shown(stated)}")
        if finding.right_of_reply != (right := file.right_of_reply(self._before)):
            raise PolicyError(f"the finding does not give the right of reply as it was given: {_shown([right])}")
        self._check_passed_over(body)
        self._check_dissents(body)
        self._check_replaces(body)

    def _check_said(self, said: str, what: str) -> None:
        """The day that the ledger shows lies between the mandate and the date of the statement."""
        day, opened, issued = parse_since(said), self._file.opening.issued.date(), self._statement.issued.date()
        if not (day.may_have_begun(issued) and day.latest >= opened):
            raise PolicyError(
                f"the {what} is said to be of {said}; its statement is dated {issued}, and the mandate {opened}"
            )

    def _check_passed_over(self, body: Body) -> None:
        if reason := passed_over(self._file, self._statement, body):
            raise PolicyError(reason)

    def _check_interests(self) -> None:
        declared = {body.member for _, body in self._file.of(Interest, self._before)}
        for member in self._file.mandate.members:
            if member not in declared:
                raise PolicyError(f"member {member!r} has declared no interests; each does before the finding")

    def _check_heard(self, body: InquiryFinding) -> None:
        """Each of those concerned was asked, and has answered or had its time to."""
        file, issued = self._file, self._statement.issued
        if self._logged_by is not None and issued > self._logged_by + MAX_CLOCK_SKEW:
            raise PolicyError(
                f"the finding is dated {format_time(issued)}, but witnesses saw it at {format_time(self._logged_by)}"
            )
        questions = list(file.of(QuestionPut, self._before))
        answered = {reply.answers for _, reply in file.of(InquiryReply, self._before) if reply.reported_from is None}
        for code in file.named(body):
            if not any(question.to == code for _, question in questions):
                raise PolicyError(f"no question was put to {code}, which the mandate or the finding names")
        for item, question in questions:
            until = end_of_period(item, question, file.mandate.answer_days)
            if item.id not in answered and issued < until:
                raise PolicyError(
                    f"the finding is dated {format_time(issued)}; {question.to} may answer question "
                    f"{item.id[:_SHORT]}… until {format_time(until)} and has not answered yet"
                )

    def _check_dissents(self, body: InquiryFinding) -> None:
        cited = any(isinstance(self._file.bodies.get(name), Dissent) for name in body.statements)
        if cited != (body.finding.dissent is not None):
            raise PolicyError("a finding tells of dissent exactly where a member has stated one before it")

    def _check_replaces(self, body: InquiryFinding) -> None:
        """One finding stands; the next one says which one it replaces."""
        findings = {item.id: earlier.replaces for item, earlier in self._file.of(InquiryFinding)}
        standing = findings.keys() - set(findings.values())
        if body.replaces is None:
            if standing:
                raise PolicyError(f"finding {min(standing)[:_SHORT]}… stands; another one says that it replaces it")
        elif body.replaces not in standing & self._before:
            raise PolicyError(f"the finding replaces {body.replaces[:_SHORT]}…, which is no standing finding before it")

    def _publication(self, body: Publication) -> None:
        file = self._file
        for name, listed in (
            ("replies", body.replies),
            ("dissents", body.dissents),
            ("withheld", [part.digest for part in body.withheld]),
        ):
            if not is_sorted_set(listed):
                raise MalformedError(f"{name} of a publication must be sorted and distinct")
        finding = file.finding(body.finding) if body.finding in self._before else None
        if finding is None:
            raise PolicyError(f"the publication names {body.finding[:_SHORT]}…, which is no finding before it")
        self._check_passed_over(body)
        for what, shape, listed in (("reply", InquiryReply, body.replies), ("dissent", Dissent, body.dissents)):
            if strange := sorted(name for name in listed if not isinstance(file.bodies.get(name), shape)):
                raise PolicyError(
                    f"the publication attaches {strange[0][:_SHORT]}…, which is no {what} of this inquiry"
                )
        self._check_withheld(body, finding)

    def _check_withheld(self, body: Publication, finding: InquiryFinding) -> None:
        cited = {*finding.statements, *(item.digest for item in finding.exhibits)}
        for part in body.withheld:
            if part.digest in self._file.held:
                raise PolicyError(
                    f"{part.digest[:_SHORT]}… is a statement of the inquiry, and none of them is withheld"
                )
            if part.digest not in cited:
                raise PolicyError(f"the publication withholds {part.digest[:_SHORT]}…, which the finding does not cite")

    def _correction(self, body: InquiryCorrection) -> None:
        file, correction = self._file, body.correction
        corrected = file.finding(body.statement) if body.statement in self._before else None
        if corrected is None:
            raise PolicyError(f"the correction names {body.statement[:_SHORT]}…, which is no finding before it")
        if correction.corrects != finding_record(corrected):
            raise PolicyError("the correction names another record than that of the finding that it corrects")
        self._check_said(correction.said, "correction")
        if correction.by.participant not in {None, participant_of(file.mandate.investigator)}:
            raise PolicyError(f"the correction is by another than the investigator {file.mandate.investigator}")
        replacement = None
        if body.replacement is not None:
            replacement = file.finding(body.replacement) if body.replacement in self._before else None
            if replacement is None or replacement.replaces != body.statement:
                raise PolicyError(
                    f"the correction puts {body.replacement[:_SHORT]}… in its place, which does not say so itself"
                )
            if correction.kind == "retraction":
                raise PolicyError("a retraction takes a finding back and puts none in its place")
        if correction.replacement != (None if replacement is None else finding_record(replacement)):
            raise PolicyError("the correction names another record as replacement than that of the new finding")


def passed_over(file: InquiryFile, statement: Statement, body: Body) -> str | None:
    """Return which reply or dissent a finding or publication passes over that was there when it was issued, or None.

    What stands in another log, or what nothing follows, may come later in the order of the view and was there all the
    same; so this is asked of the whole file once more when every statement is in its place.
    """
    if not isinstance(body, InquiryFinding | Publication):
        return None
    before, by = file.before(statement.follows), statement.issued - MAX_CLOCK_SKEW
    replies, dissents = file.known(InquiryReply, before, by), file.known(Dissent, before, by)
    if isinstance(body, InquiryFinding):
        for item in replies:
            if item.id not in before:
                return (
                    f"reply {item.id[:_SHORT]}… of {item.statement.issuer} was there before the finding, which does "
                    "not follow it"
                )
        for item in dissents:
            if item.id not in body.statements:
                return f"the finding does not cite dissent {item.id[:_SHORT]}…, which was stated before it"
        return None
    for what, items, attached in (("reply", replies, body.replies), ("dissent", dissents, body.dissents)):
        for item in items:
            if item.id not in attached:
                return (
                    f"the publication leaves out {what} {item.id[:_SHORT]}… of {item.statement.issuer}; a finding is "
                    "published with every reply and dissent attached"
                )
    return None


def end_of_period(item: Held, question: QuestionPut, answer_days: int) -> datetime:
    """Return until when a question may be answered: as it says, or later where it was logged late."""
    until = parse_time(question.reply_by)
    if item.position is None:
        return until
    return max(until, item.position.logged_by + timedelta(days=answer_days) - MAX_LOGGING_DELAY)


def _shown(bodies: Sequence[Body]) -> str:
    return ", ".join(encode_json(encode_body(body)).decode() for body in bodies) or "none"
