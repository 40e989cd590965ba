"""What one instrument offers for one request: whether it binds both, carries the measure and reaches the conduct.

Each step gives reasons as data. A provision that rests on memory never carries, whatever else holds; a fact that the
asker has not stated leaves the option open on that condition.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from comity.law.clocks import Clock
from comity.law.conditions import (
    competence_reason,
    declared_clocks,
    not_loaded,
    profile_reasons,
    remarks_on,
    reserved,
)
from comity.law.measures import Measure
from comity.law.model import (
    Channel,
    DualCriminality,
    InstrumentKind,
    ProfileAspect,
    without_letter,
)
from comity.law.reach import NO_PENALTIES, Penalties, ReachAnswer, reach
from comity.law.reason import Reason, graded
from comity.law.rows import Carrier, Conduct, ContentItem, Ground, Instrument
from comity.law.standings import Standing, Standings, Status
from comity.law.status import treaty_summary
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


@dataclass(frozen=True, slots=True, kw_only=True)
class BasisOption:
    """What one instrument offers for the request; `since` is the day from which it binds both participants."""

    instrument: Instrument
    measure: Measure
    carrier: Carrier | None
    asker: Status
    asked: Status
    since: date | None
    answer: Answer
    contents: tuple[ContentItem, ...]
    clocks: tuple[Clock, ...]
    grounds: tuple[Ground, ...]
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
            "grounds": [
                {
                    "code": row.code.value,
                    "article": row.provision,
                    "modality": row.modality.value,
                    "text": row.paraphrase,
                    "grade": row.grade_detail,
                    "source": row.source,
                }
                for row in self.grounds
            ],
            "reasons": [reason.to_json() for reason in self.reasons],
            "conditions": [reason.to_json() for reason in self.conditions],
            "warnings": [warning.to_json() for warning in self.warnings],
        }


def option(standings: Standings, instrument: Instrument, question: Question, conduct: Conduct | None) -> BasisOption:
    """Return what an instrument offers for a request; `conduct` is its row for the conduct asked about."""
    register = standings.register
    asker, asked = (standings.of(instrument.key, code) for code in (question.asker, question.asked))
    carrier = register.carrier(instrument.key, question.measure)
    since = None if asker.since is None or asked.since is None else max(asker.since, asked.since)
    reciprocity = instrument.kind is InstrumentKind.RECIPROCITY
    found = _Findings()
    if not instrument.adopted_by(question.on):
        text = f"it was adopted on {instrument.adopted or instrument.opened}, after the day asked about"
        found.reasons.append(Reason(code="not_yet_adopted", text=text))
        carrier = None
    elif reciprocity:
        found.reasons.append(Reason(code="no_treaty", text="needs no treaty, and gives no right to an answer"))
    else:
        found.reasons.append(_binding(asker, asked, since, question.on))
    both = (asker.bound and asked.bound) or reciprocity
    if carrier is None:
        if instrument.adopted_by(question.on):
            text = f"no provision in the tables carries {question.measure.label}"
            found.reasons.append(Reason(code="not_carried", text=text))
        answer = Answer.DOES_NOT
    else:
        _terms(found, standings, carrier, question, pair=(asker, asked), conduct=conduct)
        answer = _answer(found, standings, carrier, question, conduct, both=both, reciprocity=reciprocity)
        if not both:
            found.reasons.append(_would(standings, instrument, carrier, (asker, asked)))
    key, measure = instrument.key, question.measure
    declared = () if carrier is None else declared_clocks(register, carrier, question.asked, question.on)
    return BasisOption(
        instrument=instrument,
        measure=measure,
        carrier=carrier,
        asker=asker,
        asked=asked,
        since=since,
        answer=answer,
        contents=register.contents_of(key, measure),
        clocks=(*register.clocks_of(key, measure), *declared),
        grounds=register.grounds_of(key, measure),
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
    """Return what an option would answer if the instrument bound both, for tables of many pairs."""
    reciprocity = instrument.kind is InstrumentKind.RECIPROCITY
    return _answer(_Findings(), standings, carrier, question, conduct, both=True, reciprocity=reciprocity)


def _answer(
    found: _Findings,
    standings: Standings,
    carrier: Carrier,
    question: Question,
    conduct: Conduct | None,
    *,
    both: bool,
    reciprocity: bool,
) -> Answer:
    if not both:
        return Answer.DOES_NOT
    if not carrier.grade.binding and not reciprocity:
        text = "it binds both, but the provision rests on memory: load the certified text first"
        found.reasons.append(graded(carrier, code="rests_on_memory", text=text, provision=carrier.provision))
        return Answer.DOES_NOT
    own = _own_offence(conduct)
    reached = reach(carrier.covers, own_offence=own, penalties=question.penalties, organised=question.organised)
    if question.conduct is None and question.penalties == NO_PENALTIES and question.organised is None:
        # Nothing is said of the conduct, so nothing is decided about it; the reach is among the reasons.
        return _by_reciprocity(found, standings, carrier, question) if reciprocity else Answer.CARRIES
    if reached.answer is ReachAnswer.NO:
        found.reasons.extend(reached.reasons)
        return Answer.DOES_NOT
    if reciprocity:
        return _by_reciprocity(found, standings, carrier, question)
    if reached.answer is ReachAnswer.YES:
        found.reasons.extend(reached.reasons)
        return Answer.CARRIES
    found.conditions.extend(reached.reasons)
    return Answer.CONDITIONAL


def _own_offence(conduct: Conduct | None) -> bool | None:
    """Whether the conduct is an offence of the instrument; None where no row says, or where it rests on memory."""
    if conduct is None:
        return None
    if conduct.provision is None:
        return False
    return True if conduct.grade.binding else None


def _by_reciprocity(found: _Findings, standings: Standings, carrier: Carrier, question: Question) -> Answer:
    rows = standings.register.profile_of(question.asked, carrier.instrument, ProfileAspect.RECIPROCITY, question.on)
    if not rows:
        text = f"whether the law of {question.asked} lets it assist without a treaty is not loaded"
        found.reasons.append(Reason(code="reciprocity_not_told", text=text))
        return Answer.OPEN
    row = rows[0]
    if row.value == "no":
        found.reasons.append(
            graded(row, code="reciprocity_refused", text=f"{question.asked} assists by treaty only", provision=None)
        )
        return Answer.DOES_NOT
    text = f"{question.asked} assists without a treaty on a promise to do likewise"
    found.conditions.append(graded(row, code="reciprocity_promised", text=text, provision=None))
    return Answer.CONDITIONAL if row.grade.binding else Answer.OPEN


def _binding(asker: Status, asked: Status, since: date | None, on: date) -> Reason:
    if asker.bound and asked.bound:
        return Reason(code="binds_both", text=f"binds both since {since}")
    if asker.standing is Standing.NOT_LOADED:
        return Reason(code="parties_not_loaded", text="its parties are not loaded, so that nobody is known to be bound")
    parts = [f"{party.participant}: {_standing(party, on)}" for party in (asker, asked)]
    return Reason(code="does_not_bind_both", text="does not bind both: " + "; ".join(parts))


def _standing(party: Status, on: date) -> str:
    if party.disputes and party.standing is Standing.DISPUTED:
        return party.disputes[0].sentence
    if party.through is not None and party.standing in {Standing.PRESUMED, Standing.EXCLUDED, Standing.NONE}:
        return party.reasons[-1]
    deciding = next((act for act in party.acts if act.act.binds), None) or next(iter(party.acts), None)
    if deciding is None:
        return party.reasons[0] if party.reasons else "no act towards it in the tables"
    if party.standing is Standing.WITHDRAWN:
        return f"left on {party.until}"
    if party.bound:
        return f"party since {party.since}"
    verb = {Standing.SIGNATORY: "signed"}.get(party.standing, deciding.act.label)
    later = f", bound from {party.since}" if party.since is not None and party.since > on else ""
    return f"{verb} {deciding.when} ({deciding.confidence}){later}"


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
    if conduct.provision is not None:
        text = (
            f"a reservation on dual criminality cannot reach {conduct.label}, an offence of article {conduct.provision}"
        )
    elif reserved(asked, provision):
        text = (
            f"{conduct.label} is not among the instrument's offences, and {asked.participant} reserved under article "
            f"{provision}: it may refuse where it has reason to believe that dual criminality will be missing"
        )
    else:
        text = (
            f"{conduct.label} is not among the instrument's offences, so that a reservation on dual criminality can "
            f"reach it; none of {asked.participant} is loaded"
        )
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


def _would(standings: Standings, instrument: Instrument, carrier: Carrier, pair: tuple[Status, Status]) -> Reason:
    lacking = [party.participant for party in pair if party.standing is not Standing.PARTY]
    needs = []
    treaty = standings.treaty_day(instrument.key)
    if treaty is None or treaty > standings.on:
        needs.append(treaty_summary(instrument.key, standings.on, register=standings.register).sentence)
    if pair[0].standing is Standing.NOT_LOADED:
        needs.append("load its parties")
    elif not lacking:
        needs.append("a consent is reported, not confirmed")
    else:
        needs.append(f"{' and '.join(lacking)} {'is no party' if len(lacking) == 1 else 'are no parties'}")
    text = f"{instrument.short_title} article {carrier.provision} would carry it; {'; '.join(needs)}"
    return graded(carrier, code="would", text=text, provision=carrier.provision)
