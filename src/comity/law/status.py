"""Who is bound by what, on a day, and how far an instrument has come.

Each function answers one question; `standings` has the rules, and computes a whole day at once.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from comity.law.model import Act, Confidence
from comity.law.register import Register
from comity.law.rows import Action, ReportedCount
from comity.law.standings import STRENGTH, Standings, Status
from comity.parties.participants import participant


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many, by how well it is known."""

    confirmed: int
    reported: int
    memory: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TreatySummary:
    """How far an instrument has come on a day; confirmed and reported acts are never added silently.

    `consents` counts participants whose instrument counts towards entry into force; `missing` and
    `missing_if_reported` are how many of `needed` are lacking by confirmed acts alone and with the reported ones.
    """

    instrument: str
    on: date
    signatories: Tally
    consents: Tally
    needed: int | None
    missing: int | None
    missing_if_reported: int | None
    in_force_since: date | None
    signature_closes: date | None
    days_until_signature_closes: int | None
    reported_counts: tuple[ReportedCount, ...]

    @property
    def sentence(self) -> str:
        """The state of ratification in one sentence, confirmed and reported apart."""
        if self.in_force_since is not None:
            verb = "in force since" if self.in_force_since <= self.on else "enters into force on"
            return f"{verb} {self.in_force_since}"
        if self.needed is None:
            return f"not known to be in force: {self.consents.confirmed} confirmed consents are loaded"
        return (
            f"not in force: {self.consents.confirmed} confirmed and {self.consents.reported} reported "
            f"ratifications of {self.needed} needed, {self.missing_if_reported} missing if the reported ones stand"
        )


def in_force_since(instrument: str, on: date, *, register: Register | None = None) -> date | None:
    """Return the day on which an instrument entered or will enter into force, as known on a day.

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
    signatories = _tally(act for act in acts if act.act is Act.SIGNATURE)
    consents = _tally(
        act for act in acts if act.act.binds and participant(act.participant).counts_towards_entry_into_force
    )
    needed = row.consents_needed
    closes = row.signature_closes
    return TreatySummary(
        instrument=instrument,
        on=on,
        signatories=signatories,
        consents=consents,
        needed=needed,
        missing=None if needed is None else max(0, needed - consents.confirmed),
        missing_if_reported=None if needed is None else max(0, needed - consents.confirmed - consents.reported),
        in_force_since=standings.treaty_day(instrument),
        signature_closes=closes,
        days_until_signature_closes=None if closes is None else (closes - on).days,
        reported_counts=tuple(
            row for row in standings.register.reported_counts if row.instrument == instrument and row.as_of <= on
        ),
    )


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
