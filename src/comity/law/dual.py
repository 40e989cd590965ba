"""Dual criminality of one kind of conduct between two participants: what treaties oblige each to make an offence.

A treaty that obliges a state to make conduct an offence is a duty to legislate and no proof that it did, and a
penalty is what a side states of its own law. So the best answer is that dual criminality is to be expected; that it
is fulfilled, only the law of both sides and the facts of the case can show, and no answer here says it. What matters
is the conduct, not the name or the place that each law gives to the offence.

Only confirmed bonds and rows that do not rest on memory count; the others appear as reasons.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import product

from comity.law.elements import (
    Element,
    ElementComparison,
    ElementRole,
    ElementSet,
    article,
    compare,
    load_element_sets,
    weakest,
)
from comity.law.model import Act, Confidence, lies_within
from comity.law.pair import check_pair
from comity.law.reach import Penalties, Penalty
from comity.law.reason import Reason, graded
from comity.law.register import Register
from comity.law.rows import Action, Conduct
from comity.law.standings import Standings, Status

ElementSets = Mapping[tuple[str, str], ElementSet]


class DualOutcome(StrEnum):
    """What treaties and stated penalties let one expect; none of the values says that the condition is fulfilled.

    `expected`: each side is obliged by treaty to make the conduct an offence, or states a penalty for it. `narrowed`:
    so, but a reservation, a declaration or a difference between the texts may take the facts out. `not_shown`: one
    side at least has neither. `contradicted`: a side states that the act is no offence in its law.
    """

    EXPECTED = "expected"
    NARROWED = "narrowed"
    NOT_SHOWN = "not_shown"
    CONTRADICTED = "contradicted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowing:
    """A reservation or declaration of one side on the offence article, with the elements that it may bring in.

    `counts` is false for what is only reported or remembered: it is shown and changes no answer.
    """

    act: Action
    elements: tuple[Element, ...]

    @property
    def counts(self) -> bool:
        """True when the act is confirmed and its row does not rest on memory."""
        return self.act.confidence is Confidence.CONFIRMED and self.act.grade.binding


@dataclass(frozen=True, slots=True, kw_only=True)
class CriminalisationDuty:
    """An offence article that obliges one side; `counts` is false where the row that says so rests on memory."""

    conduct: Conduct
    title: str
    offence: str
    since: date | None
    elements: ElementSet | None
    narrowings: tuple[Narrowing, ...]

    @property
    def instrument(self) -> str:
        """The instrument whose article it is."""
        return self.conduct.instrument

    @property
    def label(self) -> str:
        """Instrument and article, for people."""
        return f"{self.title} article {self.offence}"

    @property
    def counts(self) -> bool:
        """True when the duty may support an answer."""
        return self.conduct.grade.binding

    @property
    def narrowed(self) -> bool:
        """True when a confirmed reservation or declaration bears on the article."""
        return any(narrowing.counts for narrowing in self.narrowings)


@dataclass(frozen=True, slots=True, kw_only=True)
class DualSide:
    """What is known of one side: the articles that oblige it to make the conduct an offence, and its stated penalty."""

    participant: str
    duties: tuple[CriminalisationDuty, ...]
    penalty: Penalty

    @property
    def counted(self) -> tuple[CriminalisationDuty, ...]:
        """The duties that may support an answer."""
        return tuple(duty for duty in self.duties if duty.counts)

    @property
    def shown(self) -> bool:
        """True when a treaty obliges it or it states a penalty."""
        return bool(self.counted) or self.penalty.offence is True

    @property
    def narrowed(self) -> bool:
        """True when every article that obliges it bears a confirmed reservation or declaration."""
        return bool(self.counted) and all(duty.narrowed for duty in self.counted)


@dataclass(frozen=True, slots=True, kw_only=True)
class DualAnswer:
    """Both sides and what they let one expect; `differences` compares offences where no article obliges both."""

    conduct: str
    on: date
    asker: DualSide
    asked: DualSide
    differences: tuple[ElementComparison, ...]
    outcome: DualOutcome
    summary: str
    reasons: tuple[Reason, ...]

    def to_json(self) -> dict[str, object]:
        """Return the answer as JSON values."""
        return {
            "conduct": self.conduct,
            "on": self.on.isoformat(),
            "outcome": self.outcome.value,
            "summary": self.summary,
            "asker": _side_json(self.asker),
            "asked": _side_json(self.asked),
            "differences": [comparison.to_json() for comparison in self.differences],
            "reasons": [reason.to_json() for reason in self.reasons],
        }


def dual_criminality(
    conduct: str,
    asker: str,
    asked: str,
    on: date,
    *,
    penalties: Penalties | None = None,
    register: Register | None = None,
    standings: Standings | None = None,
    elements: ElementSets | None = None,
) -> DualAnswer:
    """Return what treaties and stated penalties let one expect of dual criminality on a day.

    `standings` of the same day and register, where there are some already, save their computation.

    Raises:
        NotFoundError: a participant or the conduct is unknown.
        PolicyError: asker and asked are the same, or within one state.
    """
    check_pair(asker, asked, on)
    days = standings if standings is not None else Standings(on, register=register)
    known = elements if elements is not None else load_element_sets()
    stated = penalties if penalties is not None else Penalties()
    rows = tuple(days.register.conduct_of(conduct).values())
    mine, theirs = (
        DualSide(participant=code, duties=_duties(rows, code, days, known), penalty=penalty)
        for code, penalty in ((asker, stated.asker), (asked, stated.asked))
    )
    titles = {row.instrument: days.register.instrument(row.instrument).short_title for row in rows}
    differences = _differences(mine, theirs)
    outcome = _outcome(mine, theirs, differences)
    return DualAnswer(
        conduct=conduct,
        on=days.on,
        asker=mine,
        asked=theirs,
        differences=differences,
        outcome=outcome,
        summary=_summary(outcome, mine, theirs, label=rows[0].label),
        reasons=(
            *_reasons(rows, (mine, theirs), titles),
            *(_difference(comparison, titles) for comparison in differences),
        ),
    )


def stated_outcome(penalties: Penalties) -> DualOutcome:
    """Return what stated penalties alone let one expect; no treaty is looked at."""
    stated = {penalties.asker.offence, penalties.asked.offence}
    if False in stated:
        return DualOutcome.CONTRADICTED
    return DualOutcome.NOT_SHOWN if None in stated else DualOutcome.EXPECTED


def _duties(
    rows: tuple[Conduct, ...], code: str, days: Standings, known: ElementSets
) -> tuple[CriminalisationDuty, ...]:
    found = []
    for row in rows:
        standing = days.of(row.instrument, code)
        if row.provision is None or not standing.bound:
            continue
        elements = known.get((row.instrument, article(row.provision)))
        found.append(
            CriminalisationDuty(
                conduct=row,
                title=days.register.instrument(row.instrument).short_title,
                offence=row.provision,
                since=standing.since,
                elements=elements,
                narrowings=_narrowings(standing, row.provision, elements),
            )
        )
    return tuple(found)


def _narrowings(standing: Status, offence: str, elements: ElementSet | None) -> tuple[Narrowing, ...]:
    """Return the standing reservations and declarations on an offence, a part of it or what it is a part of."""
    return tuple(
        Narrowing(act=act, elements=() if elements is None else elements.stated_by(act.provision))
        for act in standing.remarks
        if act.act in {Act.RESERVATION, Act.DECLARATION}
        and act.provision is not None
        and (lies_within(act.provision, offence) or lies_within(offence, act.provision))
        and act.about in {None, standing.participant}
    )


def _differences(asker: DualSide, asked: DualSide) -> tuple[ElementComparison, ...]:
    if {duty.instrument for duty in asker.counted} & {duty.instrument for duty in asked.counted}:
        return ()
    return tuple(
        compare(mine.elements, theirs.elements)
        for mine, theirs in product(asker.counted, asked.counted)
        if mine.elements is not None and theirs.elements is not None
    )


def _outcome(asker: DualSide, asked: DualSide, differences: tuple[ElementComparison, ...]) -> DualOutcome:
    if False in {asker.penalty.offence, asked.penalty.offence}:
        return DualOutcome.CONTRADICTED
    if not (asker.shown and asked.shown):
        return DualOutcome.NOT_SHOWN
    counted = [comparison for comparison in differences if _counts(comparison)]
    texts_differ = bool(counted) and not any(comparison.same for comparison in counted)
    return DualOutcome.NARROWED if asker.narrowed or asked.narrowed or texts_differ else DualOutcome.EXPECTED


def _counts(comparison: ElementComparison) -> bool:
    """Whether nothing that has to be there, and no way, rests on memory on either side."""
    roles = (ElementRole.CORE, ElementRole.VARIANT)
    return all(element.grade.binding for side in (comparison.here, comparison.there) for element in side.of(*roles))


def _summary(outcome: DualOutcome, asker: DualSide, asked: DualSide, *, label: str) -> str:
    sides = (asker, asked)
    if outcome is DualOutcome.CONTRADICTED:
        said = " and ".join(side.participant for side in sides if side.penalty.offence is False)
        return f"{label}: stated to be no offence in the law of {said}"
    if outcome is DualOutcome.NOT_SHOWN:
        lacking = " and ".join(side.participant for side in sides if not side.shown)
        return f"{label}: neither a loaded treaty nor a stated penalty shows an offence in the law of {lacking}"
    expected = f"{label}: dual criminality is to be expected between {asker.participant} and {asked.participant}"
    if outcome is DualOutcome.NARROWED:
        return f"{expected}, but a reservation, a declaration or a difference of the texts may take the facts out"
    return f"{expected}; the law of both decides"


def _reasons(rows: tuple[Conduct, ...], sides: tuple[DualSide, ...], titles: Mapping[str, str]) -> list[Reason]:
    found = []
    if all(row.provision is None for row in rows):
        names = " or of the ".join(titles[row.instrument] for row in rows)
        text = f"no offence article of the {names} describes it"
        found.append(graded(weakest(rows), code="no_offence_article", text=text, provision=None))
    for side in sides:
        for duty in side.duties:
            found.append(_duty_reason(side, duty))
            found.extend(_narrowing_reason(side, narrowing) for narrowing in duty.narrowings)
            if optional := _optional_reason(side, duty):
                found.append(optional)
        if not side.duties:
            text = f"none of the instruments loaded is known to oblige {side.participant} to make it an offence"
            found.append(Reason(code="no_duty_loaded", text=text))
        if side.penalty.offence is not None:
            text = f"{side.participant} is stated to punish it: {side.penalty.sentence}"
            if not side.penalty.offence:
                text = f"{side.participant} is stated not to punish it"
            found.append(Reason(code=f"penalty_{side.penalty.kind}", text=text))
    described = {duty.label: duty.elements for side in sides for duty in side.duties if duty.elements is not None}
    found.extend(_facts_reason(label, elements) for label, elements in described.items())
    return found


def _duty_reason(side: DualSide, duty: CriminalisationDuty) -> Reason:
    bound = f"{duty.label} obliges {side.participant} since {duty.since}"
    text = f"{bound} to make it an offence, which is no proof that it did"
    code = "obliged" if duty.counts else "obliged_from_memory"
    return graded(duty.conduct, code=code, text=text, provision=duty.offence)


def _facts_reason(label: str, elements: ElementSet) -> Reason:
    """Say what the facts have to show for the offence of an article."""
    core, variants = elements.of(ElementRole.CORE), elements.of(ElementRole.VARIANT)
    text = f"for {label} the facts have to show: {', '.join(element.label for element in core)}"
    if variants:
        text += f"; ways or objects that it names side by side: {', '.join(element.label for element in variants)}"
    return graded(weakest((*core, *variants)), code="facts_needed", text=text, provision=elements.offence)


def _narrowing_reason(side: DualSide, narrowing: Narrowing) -> Reason:
    act = narrowing.act
    brings = ", ".join(element.label for element in narrowing.elements)
    about = f"; the article lets it bear on: {brings}" if brings else ""
    note = f" ({act.note})" if act.note is not None else ""
    weak = "" if narrowing.counts else "; it is not confirmed and changes no answer"
    text = f"{side.participant} made a {act.act.label} on article {act.provision} {act.when}{note}{about}{weak}"
    return graded(
        act, code=f"{act.act}{'' if narrowing.counts else '_unconfirmed'}", text=text, provision=act.provision
    )


def _optional_reason(side: DualSide, duty: CriminalisationDuty) -> Reason | None:
    """Say what the article lets a side require or leave out, where no confirmed act of that side tells."""
    if duty.elements is None:
        text = f"the elements of {duty.label} are not loaded, so that they are compared with nothing"
        return Reason(code="elements_not_loaded", text=text, provision=duty.offence)
    if duty.narrowed:
        return None
    optional = duty.elements.of(ElementRole.MAY_REQUIRE, ElementRole.MAY_EXCLUDE)
    if not optional:
        return None
    names = ", ".join(dict.fromkeys(element.label for element in optional))
    text = f"{duty.label} lets {side.participant} require or leave out: {names}; check its law"
    return graded(weakest(optional), code="optional_elements", text=text, provision=duty.offence)


def _difference(comparison: ElementComparison, titles: Mapping[str, str]) -> Reason:
    here, there = (f"{titles[side.instrument]} article {side.offence}" for side in (comparison.here, comparison.there))
    parts = [
        f"{title}: {', '.join(code.replace('_', ' ') for code in codes)}"
        for title, codes in (
            (f"needed only in {here}", comparison.missing_there),
            (f"needed only in {there}", comparison.missing_here),
            (f"a way only in {here}", comparison.variants_only_here),
            (f"a way only in {there}", comparison.variants_only_there),
        )
        if codes
    ]
    return graded(
        weakest((*comparison.here.elements, *comparison.there.elements)),
        code="elements_agree" if comparison.same else "elements_differ",
        text=f"{here} and {there}: {'; '.join(parts) or 'the same must be there'}",
        provision=comparison.here.offence,
    )


def _side_json(side: DualSide) -> dict[str, object]:
    return {
        "participant": side.participant,
        "penalty": side.penalty.text,
        "shown": side.shown,
        "duties": [
            {
                "instrument": duty.instrument,
                "provision": duty.offence,
                "since": None if duty.since is None else duty.since.isoformat(),
                "counts": duty.counts,
                "narrowed_by": [
                    {
                        "act": narrowing.act.act.value,
                        "provision": narrowing.act.provision,
                        "counts": narrowing.counts,
                        "elements": [element.element for element in narrowing.elements],
                    }
                    for narrowing in duty.narrowings
                ],
            }
            for duty in side.duties
        ],
    }
