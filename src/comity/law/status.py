"""Who is bound by what, on a day, and how far an instrument has come.

Each function answers one question; `standings` has the rules, and computes a whole day at once.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from comity.law.entry import Deposit
from comity.law.membership import STRENGTH
from comity.law.model import Act, Confidence
from comity.law.register import Register
from comity.law.rows import Action, Instrument, ReportedCount
from comity.law.standings import Standings, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many, by how well it is known."""

    confirmed: int
    reported: int
    memory: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TreatySummary:
    """How far an instrument has come on a day; confirmed and reported acts are never added silently.

    `consents` counts what counts towards entry into force: withdrawn consents, and those of organisations where the
    rule leaves them out, do not. `missing` and `missing_if_reported` are how many of `needed` are lacking by confirmed
    acts alone and with the reported ones, at least; `members_missing` how many of them must belong to a group.
    `hindsight` says that the day of entry into force could not be known on the day asked about.
    """

    instrument: str
    on: date
    signatories: Tally
    consents: Tally
    needed: int | None
    missing: int | None
    missing_if_reported: int | None
    members_missing: Mapping[str, int]
    in_force_since: date | None
    hindsight: bool
    signature_closes: date | None
    days_until_signature_closes: int | None
    reported_counts: tuple[ReportedCount, ...]

    @property
    def sentence(self) -> str:
        """The state of ratification in one sentence, confirmed and reported apart."""
        if self.in_force_since is not None and self.in_force_since <= self.on:
            return f"in force since {self.in_force_since}"
        if self.in_force_since is not None and not self.hindsight:
            return f"enters into force on {self.in_force_since}"
        later = "" if self.in_force_since is None else f"; as is known now, in force since {self.in_force_since}"
        if self.needed is None:
            return f"not known to be in force: {self.consents.confirmed} confirmed consents are loaded{later}"
        return (
            f"not in force: {self.consents.confirmed} confirmed and {self.consents.reported} reported "
            f"ratifications of {self.needed} needed, {self.missing_if_reported} missing if the reported ones stand"
            f"{later}"
        )


def in_force_since(instrument: str, on: date, *, register: Register | None = None) -> date | None:
    """Return the day on which an instrument entered or will enter into force, by the tables and the acts until a day.

    Raises:
        NotFoundError: the instrument is not loaded.
    """
    return Standings(on, register=register).treaty_day(instrument)


def in_force(instrument: str, on: date, *, register: Register | None = None) -> bool:
    """True when an instrument is in force on a day.

    Raises:
        NotFoundError: the instrument is not loaded.
    """
    since = in_force_since(instrument, on, register=register)
    return since is not None and since <= on


def status(instrument: str, code: str, on: date, *, register: Register | None = None) -> Status:
    """Return where a participant stands towards an instrument on a day.

    Raises:
        NotFoundError: the instrument is not loaded, or no participant has the code.
    """
    return Standings(on, register=register).of(instrument, code)


def common_instruments(a: str, b: str, on: date, *, register: Register | None = None) -> tuple[str, ...]:
    """Return the instruments that bind both participants on a day, in the register's order.

    Raises:
        NotFoundError: no participant has one of the codes.
    """
    return Standings(on, register=register).common(a, b)


def treaty_summary(instrument: str, on: date, *, register: Register | None = None) -> TreatySummary:
    """Return how far an instrument has come on a day.

    Raises:
        NotFoundError: the instrument is not loaded.
    """
    standings = Standings(on, register=register)
    row = standings.register.instrument(instrument)
    acts = [act for act in standings.register.actions_of(instrument) if act.seen_by <= on]
    confirmed = _standing_deposits(standings, row, Confidence.CONFIRMED)
    reported = _standing_deposits(standings, row, Confidence.REPORTED)
    remembered = _standing_deposits(standings, row, Confidence.MEMORY)
    since, closes = standings.treaty_day(instrument), row.signature_closes
    return TreatySummary(
        instrument=instrument,
        on=on,
        signatories=_tally(act for act in acts if act.act is Act.SIGNATURE),
        consents=Tally(
            confirmed=len(confirmed),
            reported=len(reported) - len(confirmed),
            memory=len(remembered) - len(reported),
        ),
        needed=row.consents_needed,
        missing=_missing(row, confirmed),
        missing_if_reported=_missing(row, reported),
        members_missing=_members_missing(row, confirmed),
        in_force_since=since,
        hindsight=since is not None and row.in_force_since is not None and since > on,
        signature_closes=closes,
        days_until_signature_closes=None if closes is None else (closes - on).days,
        reported_counts=tuple(
            row for row in standings.register.reported_counts if row.instrument == instrument and row.as_of <= on
        ),
    )


def _standing_deposits(standings: Standings, row: Instrument, least: Confidence) -> list[Deposit]:
    """Return the deposits that count on the day, one a participant; a withdrawn one counts no more."""
    gone = standings.withdrawn(row)
    kept: dict[str, Deposit] = {}
    for deposit in standings.deposits(row, least=least):
        left = gone.get(deposit.participant)
        counted = row.threshold is None or row.threshold.counts(deposit)
        if counted and (left is None or deposit.day > left):
            kept.setdefault(deposit.participant, deposit)
    return list(kept.values())


def _missing(row: Instrument, deposits: list[Deposit]) -> int | None:
    if row.threshold is None:
        return None
    members = sum(_members_missing(row, deposits).values())
    return max(0, row.threshold.count - len(deposits), members)


def _members_missing(row: Instrument, deposits: list[Deposit]) -> dict[str, int]:
    """Return how many consents of each group that the rule names are lacking."""
    if row.threshold is None:
        return {}
    return {
        part.group: lacking
        for part in row.threshold.members
        if (lacking := part.count - sum(part.group in deposit.groups for deposit in deposits)) > 0
    }


def _tally(acts: Iterable[Action]) -> Tally:
    """Count participants once each, by the strongest act of theirs."""
    best: dict[str, Confidence] = {}
    for act in acts:
        held = best.get(act.participant, act.confidence)
        best[act.participant] = min(held, act.confidence, key=STRENGTH.index)
    counted = list(best.values())
    return Tally(
        confirmed=counted.count(Confidence.CONFIRMED),
        reported=counted.count(Confidence.REPORTED),
        memory=counted.count(Confidence.MEMORY),
    )
