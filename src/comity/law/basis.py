"""The legal basis: every loaded instrument that could carry a request, and which of them does.

The answer is data: options in the register's order, each with its reasons and warnings, and the first that can be
used. When none can, the answer says how many instruments are loaded and what each would need; it never says that
there is no basis in law, because other instruments may exist that are not loaded.

An option can be used when it carries the measure, binds both participants by confirmed acts, and its carrying
provision does not rest on memory. Rules that rest on memory or on a parent treaty appear as warnings.
"""

from dataclasses import dataclass
from datetime import date

from comity.errors import NotFoundError, PolicyError
from comity.law.clocks import Clock
from comity.law.measures import Measure
from comity.law.model import Carrier, Channel, Conduct, ContentItem, DualCriminality, Ground, Instrument, without_letter
from comity.law.register import Register, load_register
from comity.law.status import Standing, Status, status, treaty_summary
from comity.parties.table import Grade, Sourced


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One stated ground of the answer; `code` is stable, `text` is for people, `grade` says what it rests on."""

    code: str
    text: str
    provision: str | None = None
    source: str | None = None
    grade: Grade | None = None
    grade_detail: str | None = None

    def to_json(self) -> dict[str, str]:
        """Return the members that are known."""
        members = {
            "code": self.code,
            "text": self.text,
            "provision": self.provision,
            "source": self.source,
            "grade": self.grade_detail,
        }
        return {name: value for name, value in members.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class BasisOption:
    """What one instrument offers for the request; `since` is the day from which it binds both participants."""

    instrument: Instrument
    measure: Measure
    carrier: Carrier | None
    asker: Status
    asked: Status
    since: date | None
    usable: bool
    contents: tuple[ContentItem, ...]
    clocks: tuple[Clock, ...]
    grounds: tuple[Ground, ...]
    reasons: tuple[Reason, ...]
    warnings: tuple[Reason, ...]

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
            "usable": self.usable,
            "binds_both_since": None if not self.binds_both or self.since is None else self.since.isoformat(),
            "asker": self.asker.standing.value,
            "asked": self.asked.standing.value,
            "channels": [channel.value for channel in self.channels],
            "dual_criminality": None if self.dual_criminality is None else self.dual_criminality.value,
            "grade": None if self.carrier is None else self.carrier.grade_detail,
            "reasons": [reason.to_json() for reason in self.reasons],
            "warnings": [warning.to_json() for warning in self.warnings],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """The options for one request on one day; `chosen` is the first that can be used, if any can."""

    asker: str
    asked: str
    measure: Measure
    on: date
    conduct: str | None
    options: tuple[BasisOption, ...]
    chosen: BasisOption | None
    summary: str

    def option(self, instrument: str) -> BasisOption:
        """Return the option under one instrument.

        Raises:
            NotFoundError: the instrument is not loaded.
        """
        for option in self.options:
            if option.instrument.key == instrument:
                return option
        loaded = ", ".join(option.instrument.key for option in self.options)
        raise NotFoundError(f"instrument {instrument!r} is not among those loaded: {loaded}")

    def to_json(self) -> dict[str, object]:
        """Return the answer as JSON values."""
        return {
            "asker": self.asker,
            "asked": self.asked,
            "measure": self.measure.value,
            "on": self.on.isoformat(),
            "conduct": self.conduct,
            "chosen": None if self.chosen is None else self.chosen.instrument.key,
            "summary": self.summary,
            "options": [option.to_json() for option in self.options],
        }


def legal_basis(
    asker: str,
    asked: str,
    measure: Measure,
    on: date,
    *,
    conduct: str | None = None,
    register: Register | None = None,
) -> Basis:
    """Return what every loaded instrument offers for a request, and the first that can be used.

    `conduct` is a code of conduct.csv; with it the options also say how they reach that conduct.

    Raises:
        NotFoundError: a participant or the conduct is unknown.
        PolicyError: asker and asked are the same.
    """
    if asker == asked:
        raise PolicyError(f"{asker} cannot ask itself; asker and asked must differ")
    tables = register if register is not None else load_register()
    described = {} if conduct is None else tables.conduct_of(conduct)
    options = tuple(
        _option(tables, row, measure=measure, pair=(asker, asked), on=on, conduct=described.get(row.key))
        for row in tables.instruments
    )
    chosen = next((option for option in options if option.usable), None)
    return Basis(
        asker=asker,
        asked=asked,
        measure=measure,
        on=on,
        conduct=conduct,
        options=options,
        chosen=chosen,
        summary=_summary(options, chosen, asker, asked, measure),
    )


def check_basis(basis: Basis, instrument: str) -> BasisOption:
    """Return the option under an instrument that a request relies on, when it can carry the request.

    Raises:
        NotFoundError: the instrument is not loaded.
        PolicyError: the option cannot be used; the message gives the reasons.
    """
    option = basis.option(instrument)
    if not option.usable:
        why = "; ".join(reason.text for reason in option.reasons)
        raise PolicyError(
            f"{option.label} cannot carry {basis.measure.label} from {basis.asker} to {basis.asked}: {why}"
        )
    return option


def _option(
    register: Register,
    instrument: Instrument,
    *,
    measure: Measure,
    pair: tuple[str, str],
    on: date,
    conduct: Conduct | None,
) -> BasisOption:
    asker, asked = (status(instrument.key, code, on, register=register) for code in pair)
    carrier = register.carrier(instrument.key, measure)
    since = None if asker.since is None or asked.since is None else max(asker.since, asked.since)
    both = asker.bound and asked.bound
    reasons = [_binding(asker, asked, since, on)]
    warnings = []
    if carrier is None:
        reasons.append(Reason(code="not_carried", text=f"no provision in the tables carries {measure.label}"))
    else:
        reasons.extend(_carrying(carrier, conduct))
        warnings.extend(_weaknesses(register, carrier, measure))
        if not both:
            reasons.append(_would(register, instrument, carrier, (asker, asked), on))
        if both and not carrier.grade.binding:
            reasons.append(
                _graded(
                    carrier,
                    code="rests_on_memory",
                    text="it binds both, but the provision rests on memory: load the certified text first",
                    provision=carrier.provision,
                )
            )
    return BasisOption(
        instrument=instrument,
        measure=measure,
        carrier=carrier,
        asker=asker,
        asked=asked,
        since=since,
        usable=both and carrier is not None and carrier.grade.binding,
        contents=register.contents_of(instrument.key, measure),
        clocks=register.clocks_of(instrument.key, measure),
        grounds=register.grounds_of(instrument.key, measure),
        reasons=tuple(reasons),
        warnings=tuple(warnings),
    )


def _binding(asker: Status, asked: Status, since: date | None, on: date) -> Reason:
    if asker.bound and asked.bound:
        return Reason(code="binds_both", text=f"binds both since {since}")
    parts = [f"{party.participant}: {_standing(party, on)}" for party in (asker, asked)]
    return Reason(code="does_not_bind_both", text="does not bind both: " + "; ".join(parts))


def _standing(party: Status, on: date) -> str:
    deciding = next((act for act in party.acts if act.act.binds), None) or next(iter(party.acts), None)
    if deciding is None:
        return "no act towards it in the tables"
    if party.bound:
        return f"party since {party.since}"
    when = f"on {deciding.on}" if deciding.on is not None else f"by {deciding.known_by}, day not seen"
    verb = {Standing.SIGNATORY: "signed"}.get(party.standing, deciding.act.value)
    later = f", bound from {party.since}" if party.since is not None and party.since > on else ""
    return f"{verb} {when} ({deciding.confidence.value}){later}"


def _carrying(carrier: Carrier, conduct: Conduct | None) -> list[Reason]:
    channels = " or ".join(channel.label for channel in carrier.channels)
    found = [
        _graded(
            carrier,
            code="carried_by",
            text=f"article {carrier.provision} carries {carrier.measure.label}",
            provision=carrier.provision,
        ),
        _graded(
            carrier,
            code="channel",
            text=f"goes to the {channels}",
            provision=carrier.channel_provision,
        ),
        _graded(
            carrier,
            code="dual_criminality",
            text=carrier.dual_note,
            provision=carrier.dual_provision,
        ),
        _graded(carrier, code="reach", text=carrier.reach, provision=carrier.reach_provision),
    ]
    if conduct is not None:
        code = "conduct_is_offence" if conduct.provision is not None else "conduct_is_no_offence_here"
        found.append(_graded(conduct, code=code, text=conduct.paraphrase, provision=conduct.provision))
        if carrier.reservation_provision is not None:
            found.append(_reservation(carrier, conduct))
    return found


def _reservation(carrier: Carrier, conduct: Conduct) -> Reason:
    # Budapest 29(4): the reservation cannot reach the offences of articles 2 to 11, and the rows of conduct.csv that
    # have a provision are exactly such offences.
    if conduct.provision is not None:
        text = (
            f"a reservation on dual criminality cannot reach {conduct.label}, an offence of article {conduct.provision}"
        )
    else:
        text = (
            f"{conduct.label} is not among the instrument's offences, so that a reservation on dual criminality can "
            "reach it; the reservations made are not loaded"
        )
    return _graded(carrier, code="reservation", text=text, provision=carrier.reservation_provision)


def _weaknesses(register: Register, carrier: Carrier, measure: Measure) -> list[Reason]:
    found = []
    if carrier.grade.needs_notice:
        found.append(
            _graded(
                carrier,
                code="weak_text",
                text=f"article {carrier.provision} {carrier.grade.meaning}",
                provision=carrier.provision,
            )
        )
    rows: tuple[ContentItem | Clock | Ground, ...] = (
        *register.contents_of(carrier.instrument, measure),
        *register.clocks_of(carrier.instrument, measure),
        *register.grounds_of(carrier.instrument, measure),
    )
    weakest: dict[str, Grade] = {}
    for row in rows:
        if row.grade.needs_notice and row.provision is not None:
            article = without_letter(row.provision)
            weakest[article] = max(weakest.get(article, row.grade), row.grade, key=tuple(Grade).index)
    found.extend(
        Reason(
            code="weak_rule",
            text=f"a rule from article {article} {grade.meaning}",
            provision=article,
            grade=grade,
            grade_detail=grade.value,
        )
        for article, grade in sorted(weakest.items())
    )
    found.append(
        Reason(code="reservations_not_loaded", text="reservations and declarations of the participants are not loaded")
    )
    return found


def _would(
    register: Register, instrument: Instrument, carrier: Carrier, pair: tuple[Status, Status], on: date
) -> Reason:
    lacking = [party.participant for party in pair if party.standing is not Standing.PARTY]
    summary = treaty_summary(instrument.key, on, register=register)
    needs = []
    if summary.in_force_since is None or summary.in_force_since > on:
        needs.append(summary.sentence)
    if len(lacking) == 0:
        needs.append("a consent is reported, not confirmed")
    else:
        needs.append(f"{' and '.join(lacking)} {'is no party' if len(lacking) == 1 else 'are no parties'}")
    return _graded(
        carrier,
        code="would",
        text=f"{instrument.short_title} article {carrier.provision} would carry it; {'; '.join(needs)}",
        provision=carrier.provision,
    )


def _graded(row: Sourced, *, code: str, text: str, provision: str | None) -> Reason:
    return Reason(
        code=code,
        text=text,
        provision=provision,
        source=row.source,
        grade=row.grade,
        grade_detail=row.grade_detail,
    )


def _summary(
    options: tuple[BasisOption, ...], chosen: BasisOption | None, asker: str, asked: str, measure: Measure
) -> str:
    loaded = f"{len(options)} instrument{'' if len(options) == 1 else 's'} loaded"
    if chosen is not None:
        return f"{chosen.label} binds {asker} and {asked} since {chosen.since}"
    if not any(option.binds_both for option in options):
        return f"none of the {loaded} binds both {asker} and {asked}"
    weak = [option.label for option in options if option.binds_both and option.carrier is not None]
    if weak:
        return f"{weak[0]} binds both {asker} and {asked}, but rests on memory until the certified text is loaded"
    return f"none of the {loaded} binds both {asker} and {asked} and carries {measure.label}"
