"""What a verified trail says, one line a fact, and what it does not prove.

Every line says who says a thing. The finding is told as what the investigator found, with each answer in the line
itself; answers, dissent and corrections are shown at the same length as the conclusion. Participants sort by name.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from comity.conduct.inquiry.file import InquiryFile
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
from comity.conduct.inquiry.trail_calls import Attached, Outside, withheld_of
from comity.conduct.inquiry.trail_head import dossier_member
from comity.conduct.inquiry.view import FindingState, InquiryView, source_of
from comity.conduct.sentences import how_many
from comity.conduct.statements import Body, Claim, Correction, Finding, Operation, Reply, Speaker, Subject
from comity.errors import NotFoundError
from comity.exchange.dossier_check import DossierReport
from comity.exchange.dossier_facts import (
    NEVER_PROVED,
    Checked,
    Fact,
    shown,
    tell_key_gaps,
    tell_keys,
    tell_logged,
)
from comity.exchange.dossier_head import STATEMENTS
from comity.exchange.view import Held
from comity.kernel.canonical import format_time
from comity.kernel.trust import participant_of
from comity.parties.participants import participant

_SHORT: Final = 12
# Conclusions and answers alike: long enough that the gist of either is read here, and none is cut for the other.
_MAX_SHOWN: Final = 2_000
# Topics of a dossier's report that belong into that of a trail; the rest is in the dossier's own.
_DOSSIER_TOPICS: Final = frozenset({"request", "exhibit", "custody", "mismatch"})
_POLARITY: Final = {"asserts": "claims", "denies": "denies", "reassigns": "claims, otherwise than others,"}
_CORRECTED: Final = {"correction": "corrected", "retraction": "retracted"}
_REPLY: Final = {
    "denial": "denies it",
    "counter_claim": "answers with a claim of its own",
    "partial_admission": "admits a part of it",
    "acceptance": "accepts it",
    "other": "answers",
    "silence": "is not known to have answered",
}

_NEVER_PROVED: Final = (
    "that the conclusion is right: proved is who found it, under which mandate and standard of proof, and who answered",
    "that anything follows from it in law: an inquiry is no court, and its finding no verdict",
    "that whoever gave the mandate may give it, or that the members are independent: interests are their own word",
    "that those who were asked have read the question: it was put in public, in the investigator's log",
    "that what is reported of another was said: only its own statements are its word",
    "that nothing more was said: whoever made this trail chose what to put in, and later corrections are not in it",
    "when a thing was said before the first witness saw it: a statement's own date is its issuer's word",
    "that the finding waited for the end of a period: proved is that it is dated so, and not ahead of the witnesses",
    "that the exhibits are true, complete or rightly obtained: what a dossier does not prove, a trail does not either",
    "who the persons behind the keys are: a key is an authority's by the reader's own recognition, and no further",
    "who made this trail, and when: its head is not signed",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailReport:
    """What a trail proves, what it withholds, and what it cannot prove; made only by `verify_trail`."""

    inquiry: str
    exercise: bool
    state: str
    """Where the newest finding stands: published, corrected or retracted."""
    findings: tuple[str, ...]
    facts: tuple[Fact, ...]
    withheld: tuple[str, ...]
    not_proved: tuple[str, ...]
    dossiers: tuple[tuple[str, DossierReport], ...]
    """The report of each attached dossier, by its SHA-256."""


def report_of(
    file: InquiryFile,
    view: InquiryView,
    *,
    checked: Sequence[Checked],
    outside: Sequence[Outside],
    attached: Sequence[Attached],
    reports: Sequence[DossierReport],
) -> TrailReport:
    """Return the report of a trail of which every check holds."""
    teller = _Teller(file, view, outside, attached)
    facts = [
        *teller.facts(),
        *_dossier_facts(attached, reports),
        *(tell_logged(item) for item in checked),
        *tell_keys(checked),
    ]
    not_proved = [*tell_key_gaps(checked, "trail"), *teller.gaps(), *_NEVER_PROVED]
    # A dossier's own gaps; what no dossier proves is said once above.
    not_proved += [line for report in reports for line in report.not_proved if line not in NEVER_PROVED]
    return TrailReport(
        inquiry=file.id,
        exercise=view.exercise,
        state=view.state,
        findings=tuple(state.statement for state in view.findings),
        facts=tuple(facts),
        withheld=tuple(dict.fromkeys([*teller.withheld(), *_dossier_withheld(attached, reports)])),
        not_proved=tuple(dict.fromkeys(not_proved)),
        dossiers=tuple((item.digest, report) for item, report in zip(attached, reports, strict=True)),
    )


class _Teller:
    """Tells of one inquiry."""

    def __init__(
        self, file: InquiryFile, view: InquiryView, outside: Sequence[Outside], attached: Sequence[Attached]
    ) -> None:
        self._file = file
        self._view = view
        self._outside = sorted(outside, key=_name_of)
        self._attached = attached

    def facts(self) -> Iterator[Fact]:
        """Tell what is alleged, what is answered, how it was looked into, what was found and what is said to that."""
        if self._view.exercise:
            text = "THIS IS AN EXERCISE: every statement is flagged so by its issuer; nothing in it is real"
            yield Fact(topic="exercise", text=text, where=_member(self._file.id))
        for topic, shape in (
            ("operation", Operation),
            ("claim", Claim),
            ("reply", Reply),
            ("earlier finding", Finding),
        ):
            for item in self._outside:
                if isinstance(item.body, shape):
                    yield self._fact(topic, item.held.id, f"{_outside_text(item)}{self._corrected(item)}")
        tellers: Mapping[type[Body], tuple[str, Callable[..., str]]] = {
            Mandate: ("mandate", self._mandate),
            Consent: ("consent", self._consent),
            Interest: ("interest", self._interest),
            EvidenceRequest: ("evidence", self._evidence),
            QuestionPut: ("question", self._question),
            InquiryFinding: ("finding", self._finding),
            InquiryReply: ("answer", self._answer),
            Dissent: ("dissent", self._dissent),
            Publication: ("publication", self._publication),
            InquiryCorrection: ("correction", self._correction),
        }
        for shape_of, (topic, tell) in tellers.items():
            for held, body in sorted(self._file.of(shape_of), key=lambda item: _about(item[1])):
                yield self._fact(topic, held.id, tell(held, body))
        for item in self._outside:
            if isinstance(item.body, Correction):
                yield self._fact("correction", item.held.id, _outside_text(item))
        yield from self._exhibits()

    @staticmethod
    def _fact(topic: str, statement_id: str, text: str) -> Fact:
        return Fact(topic=topic, text=shown(text, _MAX_SHOWN), where=_member(statement_id))

    def _mandate(self, held: Held, body: Mandate) -> str:
        itself = ", the investigator itself" if held.statement.issuer == body.investigator else ""
        said = f"so says {held.statement.issuer}{itself}"
        named = ", ".join(sorted(body.accused, key=_name))
        accused = f"; the claims in question name {named}" if named else ""
        return (
            f"{body.given_by.name} mandates {body.investigator} to investigate on the basis of {body.basis}, by the "
            f"standard of proof {body.standard_of_proof!r}, chosen before anything was asked, with {body.answer_days} "
            f"days to answer{accused}; {said}; scope: {body.scope}"
        )

    @staticmethod
    def _consent(held: Held, body: Consent) -> str:
        word = "consents to the inquiry" if body.consent == "given" else "refuses its consent to the inquiry"
        conditions = f", on these conditions: {body.conditions}" if body.conditions is not None else ""
        return f"{body.participant} {word}{conditions}; {source_of(held.statement.issuer, body.reported_from)}"

    @staticmethod
    def _interest(_held: Held, body: Interest) -> str:
        said = "has no interest to declare" if body.interests is None else f"declares: {body.interests}"
        return f"{body.member} {said}"

    def _evidence(self, held: Held, body: EvidenceRequest) -> str:
        text = f"{held.statement.issuer} asked {body.asked} for: {body.what}"
        if body.case is None:
            return text
        here = next((item for item in self._attached if item.case == body.case), None)
        where = f"attached as {dossier_member(here.digest)}" if here else "whose dossier is not in this trail"
        return f"{text}; through the exchange, case {body.case[:_SHORT]}…, {where}"

    def _question(self, held: Held, body: QuestionPut) -> str:
        state = next(item for item in self._view.questions if item.statement == held.id)
        answers = [self._answer_in_short(name) for name in state.replies]
        said = "; ".join(answers) if answers else f"no answer of {body.to} is in this trail"
        return (
            f"{held.statement.issuer} asked {body.to}, which may answer until {format_time(state.until)}: "
            f"{' '.join(body.questions)} — {said}"
        )

    def _answer_in_short(self, statement_id: str) -> str:
        body = self._file.bodies[statement_id]
        assert isinstance(body, InquiryReply)
        return f"{body.reply.by.name} {_REPLY[body.reply.kind]} (statement {statement_id[:_SHORT]}…)"

    @staticmethod
    def _answer(held: Held, body: InquiryReply) -> str:
        said = f": {body.reply.text}" if body.reply.text is not None else ""
        source = source_of(held.statement.issuer, body.reported_from)
        return f"{body.reply.by.name} {_REPLY[body.reply.kind]}{said} — answering {body.answers[:_SHORT]}…; {source}"

    def _finding(self, held: Held, body: InquiryFinding) -> str:
        state = self._state(held.id)
        answers = [self._answer_in_short(name) for name in state.replies]
        new = "" if state.replaced_by is None else f", replaced by finding {state.replaced_by[:_SHORT]}…"
        told = [f"state: {state.state}{new}", *answers, how_many(len(state.dissents), "dissent")]
        return (
            f"found by {body.finding.investigator.name} under the mandate of {self._file.mandate.given_by.name}, by "
            f"the standard of proof {body.finding.standard_of_proof!r} ({'; '.join(told)}): {body.finding.conclusion}"
        )

    def _state(self, finding: str) -> FindingState:
        return next(item for item in self._view.findings if item.statement == finding)

    @staticmethod
    def _dissent(_held: Held, body: Dissent) -> str:
        return f"{body.member} dissents: {body.text}"

    @staticmethod
    def _publication(held: Held, body: Publication) -> str:
        attached = f"{how_many(len(body.replies), 'reply', 'replies')} and {how_many(len(body.dissents), 'dissent')}"
        return (
            f"{held.statement.issuer} published finding {body.finding[:_SHORT]}… on "
            f"{format_time(held.statement.issued)} with {attached} attached, withholding "
            f"{how_many(len(body.withheld), 'part')}"
        )

    @staticmethod
    def _correction(held: Held, body: InquiryCorrection) -> str:
        word = "retracts" if body.correction.kind == "retraction" else "corrects"
        new = f", putting finding {body.replacement[:_SHORT]}… in its place" if body.replacement is not None else ""
        return f"{held.statement.issuer} {word} finding {body.statement[:_SHORT]}…{new}: {body.correction.reason}"

    def _corrected(self, item: Outside) -> str:
        """Say behind a statement what is said to correct it."""
        corrections = [
            (other.body, other.held.statement.issuer)
            for other in self._outside
            if isinstance(other.body, Correction) and other.body.corrects == item.record
        ]
        words = [
            f"{_CORRECTED[body.kind]} by {body.by.name} on {body.said}, so says {issuer}"
            for body, issuer in corrections
        ]
        return f" — {'; '.join(words)}" if words else ""

    def _exhibits(self) -> Iterator[Fact]:
        for held, body in self._file.of(InquiryFinding):
            for exhibit in body.exhibits:
                places = [
                    f"{dossier_member(item.digest)}, there {item.exhibits[exhibit.digest]}"
                    for item in self._attached
                    if exhibit.digest in item.exhibits
                ]
                where = f"in {'; '.join(places)}" if places else "not in this trail"
                text = f"exhibit of sha-256 {exhibit.digest}, cited for: {exhibit.what}; {where}"
                yield Fact(topic="exhibit", text=shown(text), where=_member(held.id))

    def withheld(self) -> Iterator[str]:
        """Yield what publications withhold, and why."""
        here = {item.held.id for item in self._outside} | {name for item in self._attached for name in item.statements}
        here |= {digest for item in self._attached for digest in item.exhibits}
        for state in self._view.findings:
            for part in withheld_of(self._file, state.statement):
                extra = " (it is in this trail all the same)" if part.digest in here else ""
                yield f"{part.digest}: {part.reason}{extra}"

    def gaps(self) -> Iterator[str]:
        """Yield what this trail in particular does not show."""
        mandate = self._file.mandate
        records = {item.record for item in self._outside}
        if mandate.operation not in records:
            yield f"what operation {mandate.operation[:_SHORT]}… is: no statement of it is in this trail"
        for claim in mandate.claims:
            if claim not in records:
                yield f"what claim {claim[:_SHORT]}… of the mandate says: no statement of it is in this trail"
        for state in self._view.questions:
            if not state.answered:
                yield f"that {state.body.to} had nothing to answer: proved is only that its time to answer was over"
        claimants = {item.body.claimant.participant for item in self._outside if isinstance(item.body, Claim)}
        own = participant_of(mandate.investigator)
        if own in claimants:
            yield f"that {mandate.investigator} stands apart from the claims: {own} makes one of them"


def _outside_text(item: Outside) -> str:
    body: Any = item.body
    issuer = item.held.statement.issuer
    if isinstance(body, Operation):
        return f"the operation in question is called {body.title!r}, of the category {body.category}; so says {issuer}"
    if isinstance(body, Claim):
        said = f" ({body.wording})" if body.wording is not None else ""
        claims = f"{body.claimant.name} {_POLARITY[body.polarity]} that the operation leads to {_subjects(body.about)}"
        return f"{claims}{said}; {_says(issuer, body.claimant)}"
    if isinstance(body, Reply):
        text = f": {body.text}" if body.text is not None else ""
        return f"{body.by.name} {_REPLY[body.kind]}{text}; {_says(issuer, body.by)}"
    if isinstance(body, Finding):
        return f"found by {body.investigator.name}, not in this inquiry: {body.conclusion}; so says {issuer}"
    word = "retracts" if body.kind == "retraction" else "corrects"
    return f"{body.by.name} {word} record {body.corrects[:_SHORT]}…: {body.reason}; {_says(issuer, body.by)}"


def _says(issuer: str, speaker: Speaker) -> str:
    """Say whose word it is, and if not the speaker's own, that."""
    own = speaker.participant is not None and speaker.participant == participant_of(issuer)
    return f"in a statement of {issuer}" + ("" if own else f", which is not {speaker.name} itself")


def _subjects(about: Sequence[Subject]) -> str:
    return " and ".join(f"{subject.name} ({subject.level})" for subject in about)


def _name_of(item: Outside) -> tuple[str, str]:
    """Return what statements of others sort by: who is said to say it, then the id."""
    body = item.body
    speaker: Speaker | None = None
    if isinstance(body, Claim):
        speaker = body.claimant
    elif isinstance(body, Reply | Correction):
        speaker = body.by
    elif isinstance(body, Finding):
        speaker = body.investigator
    return ("" if speaker is None else speaker.name, item.held.id)


def _about(body: Body) -> str:
    """Return what statements of one kind sort by before their order: the name of whom each is about."""
    if isinstance(body, Consent):
        return _name(body.participant)
    if isinstance(body, QuestionPut):
        return _name(body.to)
    return body.reply.by.name if isinstance(body, InquiryReply) else ""


def _name(code: str) -> str:
    """Return a participant's name, or a code that the reader's table does not know as it is."""
    try:
        return participant(code).name
    except NotFoundError:
        return code


def _dossier_facts(attached: Sequence[Attached], reports: Sequence[DossierReport]) -> Iterator[Fact]:
    for item, report in zip(attached, reports, strict=True):
        where = dossier_member(item.digest)
        topics = Counter(fact.topic for fact in report.facts)
        text = (
            f"dossier of case {item.case[:_SHORT]}… ({report.profile} profile), opened by {item.asker}: every check of "
            f"a dossier holds; {how_many(topics['statement'], 'statement')}, "
            f"{how_many(len(item.exhibits), 'exhibit')} with bytes"
        )
        yield Fact(topic="dossier", text=text, where=where)
        for fact in report.facts:
            if fact.topic in _DOSSIER_TOPICS:
                yield Fact(topic="dossier", text=fact.text, where=f"{where}, there {fact.where}")


def _dossier_withheld(attached: Sequence[Attached], reports: Sequence[DossierReport]) -> Iterable[str]:
    for item, report in zip(attached, reports, strict=True):
        yield from (f"in dossier {item.digest[:_SHORT]}…, {line}" for line in report.withheld)


def _member(statement_id: str) -> str:
    return f"{STATEMENTS}{statement_id}.json"
