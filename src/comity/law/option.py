"""What one instrument offers for one request: whether it binds both, carries the measure and reaches the conduct.

Each step gives reasons as data. A provision that rests on memory never carries, whatever else holds; a fact that the
asker has not stated leaves the option open on that condition, and so does dual criminality where it is a condition and
what is stated speaks against it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from comity.law.binding import binding_reason, prospect, reported_to_bind_both, since_of
from comity.law.clocks import Clock
from comity.law.conditions import (
    competence_reason,
    declared_clocks,
    not_loaded,
    profile_reasons,
    remarks_on,
    reservations_on,
    reserved,
    told_value,
    unseen_reservations,
)
from comity.law.dual import DualAnswer, DualOutcome, stated_outcome
from comity.law.measures import Measure
from comity.law.model import (
    Channel,
    DualCriminality,
    InstrumentKind,
    ProfileAspect,
    without_letter,
)
from comity.law.open_grounds import OpenGround, open_grounds
from comity.law.reach import NO_PENALTIES, Penalties, ReachAnswer, reach
from comity.law.reason import Reason, graded
from comity.law.rows import Carrier, Conduct, ContentItem, Ground, Instrument
from comity.law.standings import Standings, Status
from comity.parties.table import Grade


class Answer(StrEnum):
    """Whether an instrument can carry a request.

    `conditional`: it can if the facts named in the conditions hold. `open`: outside of treaties, and what the law of
    the asked allows is not loaded.
    """

    CARRIES = "carries"
    CONDITIONAL = "conditional"
    OPEN = "open"
    DOES_NOT = "does_not"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Who asks whom for what on which day, and what is known of the conduct behind it.

    `conduct` is a code of conduct.csv; `organised` says whether an organised criminal group takes part, across
    borders; None where it is not stated.
    """

    asker: str
    asked: str
    measure: Measure
    on: date
    conduct: str | None = None
    penalties: Penalties = NO_PENALTIES
    organised: bool | None = None

    @property
    def states_conduct(self) -> bool:
        """True where something is said of the conduct, its penalties or the group behind it."""
        return self.conduct is not None or self.penalties != NO_PENALTIES or self.organised is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class BasisOption:
    """What one instrument offers for the request; `since` is the day from which it binds both participants.

    `reported` says that it binds both by acts or rules that are not all confirmed. `grounds` are those that it gives
    for the measure, `open_grounds` those that are open to the asked here.
    """

    instrument: Instrument
    measure: Measure
    carrier: Carrier | None
    asker: Status
    asked: Status
    since: date | None
    reported: bool
    answer: Answer
    contents: tuple[ContentItem, ...]
    clocks: tuple[Clock, ...]
    grounds: tuple[Ground, ...]
    open_grounds: tuple[OpenGround, ...]
    reasons: tuple[Reason, ...]
    conditions: tuple[Reason, ...]
    warnings: tuple[Reason, ...]

    @property
    def usable(self) -> bool:
        """True when a request may rely on it, on the conditions that it names."""
        return self.answer in {Answer.CARRIES, Answer.CONDITIONAL}

    @property
    def binds_both(self) -> bool:
        """True when both participants are bound by confirmed acts."""
        return self.asker.bound and self.asked.bound

    @property
    def provision(self) -> str | None:
        """The provision that carries the measure."""
        return None if self.carrier is None else self.carrier.provision

    @property
    def grade(self) -> Grade | None:
        """What the carrying provision rests on."""
        return None if self.carrier is None else self.carrier.grade

    @property
    def askers(self) -> tuple[Channel, ...]:
        """The bodies that may ask."""
        return () if self.carrier is None else self.carrier.askers

    @property
    def channels(self) -> tuple[Channel, ...]:
        """The bodies that may receive the request, the usual one first."""
        return () if self.carrier is None else self.carrier.channels

    @property
    def dual_criminality(self) -> DualCriminality | None:
        """Whether dual criminality may be a condition."""
        return None if self.carrier is None else self.carrier.dual_criminality

    @property
    def label(self) -> str:
        """Instrument and article, for people."""
        article = "" if self.carrier is None else f" article {self.carrier.provision}"
        return f"{self.instrument.short_title}{article}"

    def to_json(self) -> dict[str, object]:
        """Return the option as JSON values."""
        return {
            "instrument": self.instrument.key,
            "title": self.instrument.title,
            "provision": self.provision,
            "answer": self.answer.value,
            "usable": self.usable,
            "binds_both_since": None if not self.binds_both or self.since is None else self.since.isoformat(),
            "reported_to_bind_both": self.reported,
            "asker": self.asker.standing.value,
            "asked": self.asked.standing.value,
            "askers": [channel.value for channel in self.askers],
            "channels": [channel.value for channel in self.channels],
            "dual_criminality": None if self.dual_criminality is None else self.dual_criminality.value,
            "grade": None if self.carrier is None else self.carrier.grade_detail,
            "contents": [
                {
                    "key": row.key,
                    "article": row.provision,
                    "requirement": row.requirement.value,
                    "text": row.paraphrase,
                    "grade": row.grade_detail,
                    "source": row.source,
                }
                for row in self.contents
            ],
            "clocks": [clock.to_json() for clock in self.clocks],
            "grounds": [found.to_json() for found in self.open_grounds],
            "reasons": [reason.to_json() for reason in self.reasons],
            "conditions": [reason.to_json() for reason in self.conditions],
            "warnings": [warning.to_json() for warning in self.warnings],
        }


def option(
    standings: Standings,
    instrument: Instrument,
    question: Question,
    conduct: Conduct | None,
    *,
    dual: DualAnswer | None = None,
) -> BasisOption:
    """Return what an instrument offers for a request.

    `conduct` is its row for the conduct asked about, `dual` what is known of dual criminality of that conduct.
    """
    register = standings.register
    asker, asked = (standings.of(instrument.key, code) for code in (question.asker, question.asked))
    pair = (asker, asked)
    carrier = register.carrier(instrument.key, question.measure)
    reciprocity = instrument.kind is InstrumentKind.RECIPROCITY
    there = instrument.adopted_by(question.on)
    found = _Findings()
    if not there:
        text = f"{instrument.beginning}, after the day asked about"
        found.reasons.append(Reason(code="not_yet_adopted", text=text))
        carrier = None
    elif reciprocity:
        found.reasons.append(Reason(code="no_treaty", text="needs no treaty, and gives no right to an answer"))
    else:
        found.reasons.append(binding_reason(standings, instrument, pair))
    both = (asker.bound and asked.bound) or reciprocity
    if carrier is None:
        if there:
            text = f"no provision in the tables carries {question.measure.label}"
            found.reasons.append(Reason(code="not_carried", text=text))
        answer = Answer.DOES_NOT
    else:
        _terms(found, standings, carrier, question, pair=pair, conduct=conduct)
        answer = Answer.DOES_NOT
        if both:
            answer = _answer(found, standings, carrier, question, conduct, reciprocity=reciprocity, dual=dual)
        else:
            found.reasons += prospect(standings, instrument, carrier, pair)
    key, measure = instrument.key, question.measure
    declared = () if carrier is None else declared_clocks(register, carrier, question.asked, question.on)
    return BasisOption(
        instrument=instrument,
        measure=measure,
        carrier=carrier,
        asker=asker,
        asked=asked,
        since=since_of(pair),
        reported=there and not both and reported_to_bind_both(standings, instrument, pair),
        answer=answer,
        contents=register.contents_of(key, measure),
        clocks=(*register.clocks_of(key, measure), *declared),
        grounds=register.grounds_of(key, measure),
        open_grounds=() if carrier is None else open_grounds(standings, carrier, pair, conduct),
        reasons=tuple(found.reasons),
        conditions=tuple(found.conditions),
        warnings=tuple(found.warnings),
    )


class _Findings:
    """What is collected while an option is made."""

    def __init__(self) -> None:
        self.reasons: list[Reason] = []
        self.conditions: list[Reason] = []
        self.warnings: list[Reason] = []


def terms_answer(
    standings: Standings, instrument: Instrument, carrier: Carrier, question: Question, conduct: Conduct | None
) -> Answer:
    """Return what an option would answer if the instrument bound both, for tables of many pairs.

    What is known of dual criminality between the two of a pair is left to `dual_is_open`.
    """
    reciprocity = instrument.kind is InstrumentKind.RECIPROCITY
    return _answer(_Findings(), standings, carrier, question, conduct, reciprocity=reciprocity, dual=None)


def dual_is_open(carrier: Carrier, outcome: DualOutcome) -> bool:
    """Whether a provision needs dual criminality, and what is known speaks against it or does not show it."""
    required = carrier.dual_criminality is DualCriminality.REQUIRED
    return required and outcome in {DualOutcome.CONTRADICTED, DualOutcome.NOT_SHOWN}


def _answer(
    found: _Findings,
    standings: Standings,
    carrier: Carrier,
    question: Question,
    conduct: Conduct | None,
    *,
    reciprocity: bool,
    dual: DualAnswer | None,
) -> Answer:
    """Return the answer of an instrument that binds both, or needs not."""
    if not carrier.grade.binding and not reciprocity:
        text = "it binds both, but the provision rests on memory: load the certified text first"
        found.reasons.append(graded(carrier, code="rests_on_memory", text=text, provision=carrier.provision))
        return Answer.DOES_NOT
    reached = reach(
        carrier.covers,
        own_offence=_own_offence(conduct),
        penalties=question.penalties,
        organised=question.organised,
        conduct_stated=question.conduct is not None,
        carrier=carrier,
        conduct=conduct,
    )
    if reached.answer is ReachAnswer.NO:
        found.reasons.extend(reached.reasons)
        return Answer.DOES_NOT
    if reached.answer is not ReachAnswer.YES:
        found.reasons += [reason for answer, reason in reached.judged if answer is ReachAnswer.NO]
        found.conditions += _alternatives(reason for answer, reason in reached.judged if answer is not ReachAnswer.NO)
    elif question.states_conduct:
        found.reasons.extend(reached.reasons)
    found.conditions += _dual_conditions(carrier, question, dual)
    if reciprocity:
        return _by_reciprocity(found, standings, carrier, question)
    return Answer.CONDITIONAL if found.conditions else Answer.CARRIES


def _own_offence(conduct: Conduct | None) -> bool | None:
    """Whether the conduct is an offence of the instrument; None where no row says, or where it rests on memory."""
    if conduct is None or not conduct.grade.binding:
        return None
    return conduct.provision is not None


def _alternatives(reasons: Iterable[Reason]) -> list[Reason]:
    """Return conditions of which one is enough: every one but the first begins with "or"."""
    listed = list(reasons)
    return [*listed[:1], *(replace(reason, text=f"or {reason.text}") for reason in listed[1:])]


def _dual_conditions(carrier: Carrier, question: Question, dual: DualAnswer | None) -> list[Reason]:
    """Return what dual criminality makes a condition, where a conduct or penalties are stated."""
    if question.conduct is None and question.penalties == NO_PENALTIES:
        return []
    outcome = dual.outcome if dual is not None else stated_outcome(question.penalties)
    if question.conduct is not None and dual is None and outcome is not DualOutcome.CONTRADICTED:
        return []  # What treaties oblige the two to is not asked here.
    provision = carrier.dual_provision
    if dual_is_open(carrier, outcome):
        why = dual.summary if dual is not None else _stated_summary(question)
        text = f"dual criminality, which is required, is there all the same; {why}"
        return [graded(carrier, code="dual_criminality_open", text=text, provision=provision)]
    if carrier.dual_criminality is DualCriminality.MAY_BE_REQUIRED and question.penalties.asked.offence is False:
        text = (
            f"{question.asked} does not require dual criminality, which it may; the act is stated to be no offence in "
            "its law"
        )
        return [graded(carrier, code="dual_criminality_may_be_required", text=text, provision=provision)]
    return []


def _stated_summary(question: Question) -> str:
    sides = ((question.asker, question.penalties.asker), (question.asked, question.penalties.asked))
    denied = [code for code, penalty in sides if penalty.offence is False]
    if denied:
        return f"the act is stated to be no offence in the law of {' and '.join(denied)}"
    silent = [code for code, penalty in sides if penalty.offence is None]
    return f"no penalty is stated for the law of {' and '.join(silent)}"


def _by_reciprocity(found: _Findings, standings: Standings, carrier: Carrier, question: Question) -> Answer:
    """Return open or conditional, and does not where the asked says so; what rests on memory leaves it open."""
    register, asked = standings.register, question.asked
    told = told_value(register, carrier, asked, ProfileAspect.RECIPROCITY, question.on)
    rows = register.profile_of(asked, carrier.instrument, ProfileAspect.RECIPROCITY, question.on)
    deciding = next((row for row in rows if row.grade.binding and row.value == told), None)
    if deciding is None:
        known = "is told from memory, or in two ways, only" if rows else "is not loaded"
        text = f"whether the law of {asked} lets it assist without a treaty {known}"
        found.reasons.append(Reason(code="reciprocity_not_told", text=text))
        return Answer.OPEN
    if told == "no":
        text = f"{asked} assists by treaty only"
        found.reasons.append(graded(deciding, code="reciprocity_refused", text=text, provision=None))
        return Answer.DOES_NOT
    text = f"{asked} assists without a treaty on a promise to do likewise"
    found.conditions.append(graded(deciding, code="reciprocity_promised", text=text, provision=None))
    return Answer.CONDITIONAL


def _terms(
    found: _Findings,
    standings: Standings,
    carrier: Carrier,
    question: Question,
    *,
    pair: tuple[Status, Status],
    conduct: Conduct | None,
) -> None:
    """Add on what terms the provision carries the measure, whoever is bound."""
    register = standings.register
    text = f"article {carrier.provision} carries {carrier.measure.label}"
    found.reasons += [
        graded(carrier, code="carried_by", text=text, provision=carrier.provision),
        competence_reason(carrier),
        graded(carrier, code="dual_criminality", text=carrier.dual_note, provision=carrier.dual_provision),
        graded(carrier, code="reach", text=carrier.reach, provision=carrier.reach_provision),
    ]
    if conduct is not None:
        code = "conduct_is_offence" if conduct.provision is not None else "conduct_is_no_offence_here"
        found.reasons.append(graded(conduct, code=code, text=conduct.paraphrase, provision=conduct.provision))
        if carrier.reservation_provision is not None:
            found.reasons.append(_reservation(carrier, carrier.reservation_provision, conduct, pair[1]))
    found.warnings += _weaknesses(standings, carrier)
    until = register.instrument(carrier.instrument).parties_until
    if until is not None and until < question.on:
        text = f"acts of its parties are loaded until {until}; a later one may change the answer"
        found.warnings.append(Reason(code="parties_until", text=text))
    found.warnings += remarks_on(carrier, conduct, pair)
    found.warnings.append(not_loaded(register, carrier.instrument))
    found.warnings += profile_reasons(register, carrier, question.asker, question.asked, question.on)


def _reservation(carrier: Carrier, provision: str, conduct: Conduct, asked: Status) -> Reason:
    # The reservation cannot reach the instrument's own offences, and the rows of conduct.csv that have a provision
    # are exactly such offences (Budapest 29(4): articles 2 to 11).
    code = asked.participant
    own = _own_offence(conduct)
    if own:
        text = (
            f"a reservation on dual criminality cannot reach {conduct.label}, an offence of article {conduct.provision}"
        )
        return graded(carrier, code="reservation", text=text, provision=provision)
    outside = f"{conduct.label} is not among the instrument's offences"
    if own is None:
        outside = f"whether {conduct.label} is among the instrument's offences rests on memory"
    if reserved(asked, provision):
        text = (
            f"{outside}, and {code} reserved under article {provision}: it may refuse where it has reason to believe "
            "that dual criminality will be missing"
        )
    else:
        text = f"{outside}, so that a reservation on dual criminality {'can' if own is False else 'may'} reach it; "
        if reservations_on(asked, provision):
            text += f"one of {code} is reported, not confirmed"
        elif unseen_reservations(asked):
            text += f"{code} made reservations that were not seen"
        else:
            text += f"none of {code} is loaded"
    return graded(carrier, code="reservation", text=text, provision=provision)


def _weaknesses(standings: Standings, carrier: Carrier) -> Iterable[Reason]:
    register = standings.register
    if carrier.grade.needs_notice:
        text = f"article {carrier.provision} {carrier.grade.meaning}"
        yield graded(carrier, code="weak_text", text=text, provision=carrier.provision)
    rows: tuple[ContentItem | Clock | Ground, ...] = (
        *register.contents_of(carrier.instrument, carrier.measure),
        *register.clocks_of(carrier.instrument, carrier.measure),
        *register.grounds_of(carrier.instrument, carrier.measure),
    )
    order = tuple(Grade)
    weakest: dict[str, ContentItem | Clock | Ground] = {}
    for row in rows:
        if row.grade.needs_notice and row.provision is not None:
            article = without_letter(row.provision)
            weakest[article] = max(weakest.get(article, row), row, key=lambda item: order.index(item.grade))
    for article, weak in sorted(weakest.items()):
        text = f"a rule from article {article} {weak.grade.meaning}"
        yield graded(weak, code="weak_rule", text=text, provision=article)
