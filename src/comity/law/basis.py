"""The legal basis: every loaded instrument that could carry a request, and which of them does.

The answer is data: options in the register's order, each with its reasons, conditions and warnings, and the first that
can be used, an unconditional one before a conditional. When none can, the answer says how many instruments are loaded
and what each would need; it never says that there is no basis in law, because other instruments may exist that are not
loaded.

An option can be used when it carries the measure, binds both participants by confirmed acts, reaches the conduct as far
as that is stated, and its carrying provision does not rest on memory. Rules that rest on memory or on a parent treaty
appear as warnings. That none binds both is said of what is loaded: how much of it is not, stands beside it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from comity.errors import NotFoundError, PolicyError
from comity.law.dual import DualAnswer, dual_criminality
from comity.law.measures import Measure
from comity.law.model import DualCriminality, Family, InstrumentKind, Parties
from comity.law.option import Answer, BasisOption, Question, option
from comity.law.pair import check_pair
from comity.law.reach import NO_PENALTIES, Penalties
from comity.law.reason import Reason, graded
from comity.law.register import Register
from comity.law.rows import Conduct, Instrument
from comity.law.standings import Standings


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """The options for one request on one day; `chosen` is the first that can be used, if any can.

    `without_request` says how the data may be reached without asking the other state at all; `dual` what is known of
    dual criminality where a conduct is stated.
    """

    question: Question
    options: tuple[BasisOption, ...]
    chosen: BasisOption | None
    without_request: tuple[Reason, ...]
    dual: DualAnswer | None
    summary: str

    @property
    def asker(self) -> str:
        """Who asks."""
        return self.question.asker

    @property
    def asked(self) -> str:
        """Who is asked."""
        return self.question.asked

    @property
    def measure(self) -> Measure:
        """What is asked for."""
        return self.question.measure

    @property
    def on(self) -> date:
        """The day of the question."""
        return self.question.on

    @property
    def answer(self) -> Answer:
        """What the chosen option answers; without one, whether it is open outside of treaties."""
        if self.chosen is not None:
            return self.chosen.answer
        is_open = any(found.answer is Answer.OPEN for found in self.options)
        return Answer.OPEN if is_open else Answer.DOES_NOT

    def option(self, instrument: str) -> BasisOption:
        """Return the option under one instrument.

        Raises:
            NotFoundError: the instrument is not loaded.
        """
        for found in self.options:
            if found.instrument.key == instrument:
                return found
        loaded = ", ".join(found.instrument.key for found in self.options)
        raise NotFoundError(f"instrument {instrument!r} is not among those loaded that carry requests: {loaded}")

    def to_json(self) -> dict[str, object]:
        """Return the answer as JSON values."""
        asked = self.question
        return {
            "asker": asked.asker,
            "asked": asked.asked,
            "measure": asked.measure.value,
            "on": asked.on.isoformat(),
            "conduct": asked.conduct,
            "penalties": asked.penalties.to_json(),
            "answer": self.answer.value,
            "chosen": None if self.chosen is None else self.chosen.instrument.key,
            "summary": self.summary,
            "without_request": [reason.to_json() for reason in self.without_request],
            "dual_criminality": None if self.dual is None else self.dual.to_json(),
            "options": [found.to_json() for found in self.options],
        }


def legal_basis(
    asker: str,
    asked: str,
    measure: Measure,
    on: date,
    *,
    conduct: str | None = None,
    penalties: Penalties = NO_PENALTIES,
    organised: bool | None = None,
    register: Register | None = None,
) -> Basis:
    """Return what every loaded instrument offers for a request, and the first that can be used.

    `conduct` is a code of conduct.csv; with it the options also say how they reach that conduct.

    Raises:
        NotFoundError: a participant or the conduct is unknown.
        PolicyError: asker and asked are the same, or within one state.
    """
    question = Question(
        asker=asker,
        asked=asked,
        measure=measure,
        on=on,
        conduct=conduct,
        penalties=penalties,
        organised=organised,
    )
    return answer(question, Standings(on, register=register))


def answer(question: Question, standings: Standings) -> Basis:
    """Return the legal basis of a question, from standings of its day.

    Raises:
        NotFoundError: a participant or the conduct is unknown.
        PolicyError: asker and asked are the same, or within one state.
    """
    check_pair(question.asker, question.asked, question.on)
    described = conduct_rows(question, standings.register)
    dual = None
    if question.conduct is not None:
        dual = dual_criminality(
            question.conduct,
            question.asker,
            question.asked,
            question.on,
            penalties=question.penalties,
            standings=standings,
        )
    options = tuple(
        option(standings, row, question, described.get(row.key), dual=dual)
        for row in carrying_instruments(standings.register)
    )
    chosen = choose(options)
    return Basis(
        question=question,
        options=options,
        chosen=chosen,
        without_request=_without_request(question, standings),
        dual=dual,
        summary=_summary(options, chosen, question),
    )


def carrying_instruments(register: Register) -> tuple[Instrument, ...]:
    """Return the instruments that can carry requests, in the order in which a basis prefers them."""
    return tuple(row for row in register.instruments if row.family is Family.ASSISTANCE)


def conduct_rows(question: Question, register: Register) -> Mapping[str, Conduct]:
    """Return the rows of the conduct asked about, by instrument; none where no conduct is stated.

    Raises:
        NotFoundError: the conduct is unknown.
    """
    return {} if question.conduct is None else register.conduct_of(question.conduct)


def choose(options: tuple[BasisOption, ...]) -> BasisOption | None:
    """Return the first option that carries, or else the first that carries on conditions."""
    for wanted in (Answer.CARRIES, Answer.CONDITIONAL):
        for found in options:
            if found.answer is wanted:
                return found
    return None


def check_basis(basis: Basis, instrument: str) -> BasisOption:
    """Return the option under an instrument that a request relies on, when it can carry the request.

    Raises:
        NotFoundError: the instrument is not loaded.
        PolicyError: the option cannot be used; the message gives the reasons.
    """
    found = basis.option(instrument)
    if not found.usable:
        why = "; ".join(reason.text for reason in found.reasons)
        raise PolicyError(
            f"{found.label} cannot carry {basis.measure.label} from {basis.asker} to {basis.asked}: {why}"
        )
    return found


def dual_is_needed(found: BasisOption) -> bool:
    """Whether dual criminality can be a condition of the option at all."""
    return found.dual_criminality in {
        DualCriminality.MAY_BE_REQUIRED,
        DualCriminality.REQUIRED,
        DualCriminality.NOT_A_CONDITION_SAVE_RESERVATION,
    }


def _without_request(question: Question, standings: Standings) -> tuple[Reason, ...]:
    reasons = []
    for row in standings.register.direct:
        if question.measure not in row.measures:
            continue
        bound = [standings.of(row.instrument, code).bound for code in (question.asker, question.asked)]
        if all(bound):
            title = standings.register.instrument(row.instrument).short_title
            text = f"{title} article {row.provision}: {row.paraphrase}"
            reasons.append(graded(row, code=row.way.value, text=text, provision=row.provision))
    return tuple(reasons)


def _summary(options: tuple[BasisOption, ...], chosen: BasisOption | None, question: Question) -> str:
    asker, asked, measure = question.asker, question.asked, question.measure
    treaties = [found for found in options if found.instrument.kind is not InstrumentKind.RECIPROCITY]
    loaded = f"{len(treaties)} instrument{'' if len(treaties) == 1 else 's'} loaded"
    if chosen is not None:
        if chosen.since is None:
            return f"{chosen.label} may carry it between {asker} and {asked}, on conditions"
        conditions = "" if chosen.answer is Answer.CARRIES else ", on conditions"
        return f"{chosen.label} binds {asker} and {asked} since {chosen.since}{conditions}"
    bound = [found for found in treaties if found.binds_both]
    unseen = _unseen([found for found in treaties if not found.binds_both], question.on)
    if not bound:
        binds = "is known to bind both" if unseen else "binds both"
        reported = [found.label for found in treaties if found.reported and found.carrier is not None]
        told = f"; by what is reported or remembered, not confirmed: {', '.join(reported)}" if reported else ""
        return f"none of the {loaded} {binds} {asker} and {asked}{unseen}{told}"
    weak = [found.label for found in bound if found.carrier is not None and not found.carrier.grade.binding]
    if weak:
        return f"{weak[0]} binds both {asker} and {asked}, but rests on memory until the certified text is loaded"
    carrying = [found for found in treaties if found.carrier is not None and not found.binds_both]
    unseen = _unseen(carrying, question.on, "of those that carry it ")
    if any(found.carrier is not None for found in bound):
        return f"none of the {loaded} that binds both {asker} and {asked} reaches the conduct stated{unseen}"
    return f"none of the {loaded} binds both {asker} and {asked} and carries {measure.label}{unseen}"


def _unseen(options: list[BasisOption], on: date, whose: str = "") -> str:
    """Say of how many instruments the parties are not all loaded; those that were not there yet do not count."""
    rows = [found.instrument for found in options if found.instrument.adopted_by(on)]
    parts: list[str] = []
    for count, words in (
        (sum(row.parties is Parties.NOT_LOADED for row in rows), "are not loaded"),
        (sum(row.parties is Parties.PARTIAL for row in rows), "only in part"),
        (sum(row.parties is Parties.LOADED and _ends_before(row, on) for row in rows), "until an earlier day"),
    ):
        if count:
            verb = "are loaded " if not parts and not words.startswith("are") else ""
            parts.append(f"of {count} {verb}{words}")
    return f"; {whose}the parties {', '.join(parts)}" if parts else ""


def _ends_before(row: Instrument, on: date) -> bool:
    return row.parties_until is not None and row.parties_until < on
