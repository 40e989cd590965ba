"""Safeguards as steps: what each side answers before a request goes out and before it is carried out.

`steps_for` says which steps apply, from the instrument and the terms of one request; `check_safeguards` weighs the
answers. The answers are the officers': nothing here decides that a safeguard is met. A step of which every rule rests
on memory may warn and never blocks, until the certified text is loaded. Words in the facts that go with journalism or
security research are a prompt to look; the list is finite, and its silence says nothing.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache

from comity.errors import MalformedError, NotFoundError, PolicyError
from comity.law.conditions import oral_reason
from comity.law.measures import Measure
from comity.law.model import GroundCode, check_provision, without_letter
from comity.law.option import BasisOption
from comity.law.reason import Reason, graded
from comity.law.register import Register
from comity.parties.table import Fields, Grade, Sourced, load_table


class Side(StrEnum):
    """Who answers a step."""

    ASKER = "asker"
    ASKED = "asked"
    BOTH = "both"


class StepAnswer(StrEnum):
    """What can be answered to a step; the question is put so that yes is `met`."""

    MET = "met"
    NOT_MET = "not_met"
    NOT_APPLICABLE = "not_applicable"
    SKIPPED = "skipped"


class StepWhen(StrEnum):
    """When a step applies.

    `ground_…`: where the instrument gives that ground for the measure. `data_leaves`: where the measure hands data
    over. `confidentiality`: where the instrument lets the asker ask for it. `flagged`: where conduct and facts call for
    a look.
    """

    ALWAYS = "always"
    DATA_LEAVES = "data_leaves"
    CONFIDENTIALITY = "confidentiality"
    EMERGENCY = "emergency"
    FLAGGED = "flagged"
    ORAL = "oral"
    GROUND_PERSECUTION = "ground_persecution"
    GROUND_ESSENTIAL_INTERESTS = "ground_essential_interests"
    GROUND_DATA_PROTECTION = "ground_data_protection"
    GROUND_POLITICAL_OFFENCE = "ground_political_offence"


@dataclass(frozen=True, slots=True, kw_only=True)
class SafeguardRow(Sourced):
    """One place on which a step rests; without an instrument, the step rests on what `when` finds, or on practice."""

    step: str
    side: Side
    question: str
    why: str
    instrument: str | None
    provision: str | None
    answers: tuple[StepAnswer, ...]
    when: StepWhen


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step that applies to one side; `provisions` is what it rests on, `flags` what calls for a closer look.

    `barred` is why no answer can meet it.
    """

    step: str
    side: Side
    question: str
    why: str
    answers: tuple[StepAnswer, ...]
    provisions: tuple[Reason, ...]
    flags: tuple[Reason, ...] = ()
    barred: Reason | None = None

    @property
    def blocks(self) -> bool:
        """True when a rule that it rests on may block; what rests on memory alone only warns."""
        return any(reason.grade is not None and reason.grade.binding for reason in self.provisions)

    @property
    def label(self) -> str:
        """The step in words."""
        return label_of(self.step)

    @property
    def sentence(self) -> str:
        """The step with its question and the articles that it rests on."""
        articles = dict.fromkeys(reason.provision for reason in self.provisions if reason.provision is not None)
        where = f" (article {' and '.join(articles)})" if articles else ""
        return f"{self.step}: {self.question.rstrip('?')}{where}?"

    def to_json(self) -> dict[str, object]:
        """Return the step as JSON values."""
        return {
            "step": self.step,
            "side": self.side.value,
            "question": self.question,
            "why": self.why,
            "answers": [answer.value for answer in self.answers],
            "blocks": self.blocks,
            "provisions": [reason.to_json() for reason in self.provisions],
            "flags": [reason.to_json() for reason in self.flags],
            "barred": None if self.barred is None else self.barred.to_json(),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What an officer answered to one step, and why."""

    step: str
    answer: StepAnswer
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What the answers leave open: what stands in the way, and what is only to be known."""

    blocking: tuple[Reason, ...]
    warnings: tuple[Reason, ...]


_ANSWERS_NEED_REASON = frozenset({StepAnswer.NOT_MET, StepAnswer.SKIPPED})
_DATA_STAYS = frozenset({Measure.PRESERVATION, Measure.FREEZING})
_GROUNDS = {
    StepWhen.GROUND_PERSECUTION: GroundCode.PERSECUTION,
    StepWhen.GROUND_ESSENTIAL_INTERESTS: GroundCode.ESSENTIAL_INTERESTS,
    StepWhen.GROUND_DATA_PROTECTION: GroundCode.DATA_PROTECTION,
    StepWhen.GROUND_POLITICAL_OFFENCE: GroundCode.POLITICAL_OFFENCE,
}
EMERGENCY = "emergency"
UNANSWERED = "safeguard_unanswered"
NOT_ASKED = "safeguard_not_asked"
CABLE_DAMAGE = "cable_damage"

# Conduct that those who report on weaknesses, or look for them, are most often accused of; None: it is not stated.
_CLOSE_CONDUCT = frozenset(
    {
        None,
        "illegal_access",
        "data_interception",
        "data_interference",
        "system_interference",
        "misuse_of_devices",
    }
)
# Beginnings of words in some languages in which requests are written; "source" alone is mostly a technical one.
_PRESS = re.compile(
    r"\b(?:journalis|jornalis|periodis|giornalis|dziennikar|newspaper|newsroom|editorial (?:office|team|staff)"
    r"|reporters?\b|whistle-?blower|lanceur d'alerte|blogger|zeitung"
    r"|(?:confidential|journalistic|journalist's|anonymous|press|protected|his|her|their) sources?\b"
    r"|sources? of (?:the )?(?:journalist|newspaper|article|report|leak)|protection of sources|source protection)\w*"
    r"|журналист\w*|صحفي|صحافي|记者|記者",
    re.IGNORECASE,
)
_RESEARCH = re.compile(
    r"\b(?:(?:security |vulnerability )?researchers?\b|security research|vulnerabilit|vulnérabilit|vulnerabilid"
    r"|bug[- ]bount|pen(?:etration)?[- ]?test|responsible disclosure|coordinated disclosure|red team"
    r"|chercheu[rs]e?|investigador|pesquisador|sicherheitsforsch|white[- ]hat|ethical hack|proof of concept)\w*"
    r"|исследовател\w*|уязвимост\w*|ثغرة|漏洞|研究员",
    re.IGNORECASE,
)


@cache
def load_safeguards() -> tuple[SafeguardRow, ...]:
    """Return the installed table of steps.

    Raises:
        StoreError: the table cannot be read.
        MalformedError: it does not follow its format.
    """
    columns = ("step", "side", "question", "why", "instrument", "provision", "answers", "when")
    return load_table("comity.law", "safeguards.csv", columns=columns, build=_build)


def steps_for(
    option: BasisOption,
    side: Side,
    *,
    conduct: str | None,
    urgency: str,
    facts_text: str,
    register: Register,
    asker: str,
    asked: str,
    on: date,
    oral: bool = False,
) -> tuple[Step, ...]:
    """Return the steps that apply to one side of a request, in the order of the table.

    `facts_text` is what the request says of the offence and the facts; `oral` says that it was made by word of mouth
    first. `asker` and `asked` are codes of participants.
    """
    flagged = research_flags(conduct, facts_text)
    emergency = urgency == EMERGENCY or option.measure is Measure.EMERGENCY_DATA
    spoken = None
    if oral and option.carrier is not None:
        spoken = oral_reason(register, option.carrier, asker, asked, on)
    applies = {
        StepWhen.ALWAYS: True,
        StepWhen.DATA_LEAVES: option.measure not in _DATA_STAYS,
        StepWhen.EMERGENCY: emergency,
        StepWhen.FLAGGED: bool(flagged),
        StepWhen.ORAL: spoken is not None,
    }
    flags = {StepWhen.EMERGENCY: emergency_flags(conduct) if emergency else (), StepWhen.FLAGGED: flagged}
    steps = []
    for rows in _by_step(option.instrument.key, side):
        first = rows[0]
        found = _found(first, option) if spoken is None or first.when is not StepWhen.ORAL else (spoken,)
        if not found and not applies.get(first.when, False):
            continue
        barred = spoken if first.when is StepWhen.ORAL and spoken is not None and spoken.code != "oral_open" else None
        steps.append(
            Step(
                step=first.step,
                side=side,
                question=first.question,
                why=first.why,
                answers=first.answers,
                provisions=found or tuple(_rests_on(row, register, option) for row in rows),
                flags=flags.get(first.when, ()),
                barred=barred,
            )
        )
    return tuple(steps)


def weigh_safeguards(steps: Iterable[Step], answers: Sequence[Answered]) -> Findings:
    """Return what the answers leave open: each step is to be answered, or skipped with a reason."""
    given = {item.step: item for item in answers}
    repeated = sorted(name for name, times in Counter(item.step for item in answers).items() if times > 1)
    blocking = [Reason(code="safeguard_answered_twice", text=f"{name} is answered more than once") for name in repeated]
    warnings: list[Reason] = []
    listed = tuple(steps)
    for step in listed:
        problem = _problem(step, given.get(step.step))
        if problem is not None:
            (blocking if step.blocks else warnings).append(problem)
        elif (remark := _remark(step, given[step.step])) is not None:
            warnings.append(remark)
    known = {step.step for step in listed}
    warnings += (
        Reason(code=NOT_ASKED, text=f"{label_of(item.step)} is answered, which does not apply here")
        for item in answers
        if item.step not in known and item.answer in {StepAnswer.MET, StepAnswer.NOT_MET}
    )
    return Findings(blocking=tuple(blocking), warnings=tuple(warnings))


def check_safeguards(steps: Iterable[Step], answers: Sequence[Answered], *, what: str = "request") -> list[Reason]:
    """Return what the answers only warn of, when nothing is left open that blocks; `what` names what they stand in.

    Raises:
        PolicyError: a step that may block is not answered as it must be; the message lists each with its question, and
            says how to answer.
    """
    found = weigh_safeguards(steps, answers)
    if found.blocking:
        open_steps = "; ".join(reason.text for reason in found.blocking)
        raise PolicyError(
            f"the {what} leaves safeguards open: {open_steps}; answer each in the body with a table [[safeguards]] "
            'that has step = "…" and answer = "met", "not_met", "not_applicable" or "skipped", and for not_met and '
            'skipped reason = "…"'
        )
    return list(found.warnings)


def parse_side(text: str) -> Side:
    """Return the side that answers.

    Raises:
        MalformedError: it is neither asker nor asked.
    """
    if text not in {Side.ASKER, Side.ASKED}:
        raise MalformedError(f"side {text!r} is unknown; it is asker or asked")
    return Side(text)


def label_of(step: str) -> str:
    """Return the name of a step in words."""
    return step.replace("_", " ")


def research_flags(conduct: str | None, facts_text: str) -> tuple[Reason, ...]:
    """Return where conduct and facts call for a look at journalism or security research; never a conclusion."""
    if conduct not in _CLOSE_CONDUCT:
        return ()
    flags = []
    for code, what, pattern in (
        ("journalism_words", "journalism", _PRESS),
        ("research_words", "security research", _RESEARCH),
    ):
        words = sorted({match[0].lower() for match in pattern.finditer(facts_text)})
        if words:
            shown = ", ".join(repr(word) for word in words)
            flags.append(Reason(code=code, text=f"the text has {shown}: look whether {what} is concerned"))
    return tuple(flags)


def emergency_flags(conduct: str | None) -> tuple[Reason, ...]:
    """Return what is to be looked at where an emergency is claimed: damage to a cable alone is none."""
    if conduct != CABLE_DAMAGE:
        return ()
    row = next(row for row in load_safeguards() if row.when is StepWhen.EMERGENCY and row.instrument == "hanoi")
    text = (
        "damage to a cable is by itself no risk to the life or safety of a natural person (UN Convention against "
        "Cybercrime, article 2(o)): say whose life or safety is at risk, and how"
    )
    return (graded(row, code="cable_damage_alone", text=text, provision=row.provision),)


def _build(fields: Fields) -> SafeguardRow:
    instrument, provision = fields.optional("instrument"), fields.optional("provision")
    if (instrument is None) != (provision is None):
        fields.refuse("instrument and provision stand together or not at all")
    return SafeguardRow(
        step=fields.text("step"),
        side=fields.choice("side", Side),
        question=fields.text("question"),
        why=fields.text("why"),
        instrument=instrument,
        provision=None if provision is None else check_provision(provision),
        answers=fields.choices("answers", StepAnswer),
        when=fields.choice("when", StepWhen),
        **fields.evidence(),
    )


def _by_step(instrument: str, side: Side) -> list[tuple[SafeguardRow, ...]]:
    """Return the rows of each step for one side: those of the instrument, or else those that belong to none."""
    grouped: dict[str, list[SafeguardRow]] = {}
    for row in load_safeguards():
        if row.side in {side, Side.BOTH}:
            grouped.setdefault(row.step, []).append(row)
    found = []
    for rows in grouped.values():
        own = tuple(row for row in rows if row.instrument == instrument)
        if chosen := own or tuple(row for row in rows if row.instrument is None):
            found.append(chosen)
    return found


def _found(row: SafeguardRow, option: BasisOption) -> tuple[Reason, ...]:
    """Return what the instrument itself has that the step is about: its grounds, or its rule on confidentiality."""
    rows: tuple[tuple[Sourced, str, str], ...] = ()
    if row.when is StepWhen.CONFIDENTIALITY:
        rows = tuple((item, item.provision, item.paraphrase) for item in option.contents if item.key == "confidential")
    elif (code := _GROUNDS.get(row.when)) is not None:
        rows = tuple((item, item.provision, item.paraphrase) for item in option.grounds if item.code is code)
    title = option.instrument.short_title
    return tuple(
        graded(evidence, code=row.step, text=f"{title} article {provision}: {paraphrase}", provision=provision)
        for evidence, provision, paraphrase in rows
    )


def _rests_on(row: SafeguardRow, register: Register, option: BasisOption) -> Reason:
    if row.provision is None:
        text = f"no article of {option.instrument.short_title} in the tables is about it; {row.why}"
        return graded(row, code=row.step, text=text, provision=None)
    evidence: Sourced = row
    paraphrase = row.why
    for name in (row.provision, without_letter(row.provision)):
        try:
            provision = register.provision(option.instrument.key, name)
        except NotFoundError:
            continue
        paraphrase = provision.paraphrase
        # A user who confirmed the certified text has read more than whoever wrote the row.
        if provision.grade is Grade.TEXT:
            evidence = provision
        break
    text = f"{option.instrument.short_title} article {row.provision}: {paraphrase}"
    return graded(evidence, code=row.step, text=text, provision=row.provision)


def _problem(step: Step, given: Answered | None) -> Reason | None:
    """Return why a step counts as open, or None when it does not."""
    if step.barred is not None:
        return Reason(
            code="safeguard_barred",
            text=f"{step.label}: {step.barred.text}; without the member oral the request counts from its writing",
        )
    if given is None:
        flags = "".join(f"; {flag.text}" for flag in step.flags)
        return Reason(code=UNANSWERED, text=f"{step.sentence}{flags}")
    if given.answer not in step.answers:
        wanted = ", ".join(step.answers)
        return Reason(
            code="safeguard_answer_unfit", text=f"{step.step} is answered {given.answer}; wanted is one of {wanted}"
        )
    if given.answer in _ANSWERS_NEED_REASON and not (given.reason or "").strip():
        return Reason(
            code="safeguard_without_reason", text=f"{step.step} is answered {given.answer} without a reason; give one"
        )
    return None


def _remark(step: Step, given: Answered) -> Reason | None:
    """Return what whoever approves or receives an answer should see of it."""
    words = label_of(given.answer)
    if given.answer in _ANSWERS_NEED_REASON:
        code = f"safeguard_{given.answer}"
        return Reason(code=code, text=f"{step.label}: {words}, because {given.reason}")
    if step.flags and not (given.reason or "").strip():
        text = f"{step.label}: {words}, without a reason, although {'; '.join(flag.text for flag in step.flags)}"
        return Reason(code="safeguard_flagged", text=text)
    return None
