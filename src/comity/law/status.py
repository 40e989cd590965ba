"""Who is bound by what, on a day.

A status follows from the acts in the register and from the instrument's rule on entry into force, and from nothing
else. Acts that a source only reported, or that rest on memory, are kept apart from those read in a register: they are
shown, and they bind nobody here.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from comity.law.model import Action, Confidence, Instrument, ReportedCount
from comity.law.register import Register, load_register
from comity.parties.participants import participant


class Standing(StrEnum):
    """Where a participant stands towards an instrument."""

    PARTY = "party"
    CONSENTED = "consented"
    SIGNATORY = "signatory"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The standing of one participant towards one instrument on a day, with what it follows from.

    `since` is the day from which the instrument binds it, known as soon as consent and entry into force are, even
    when that day is still to come. `confidence` is that of the deciding act; None when there is none.
    """

    instrument: str
    participant: str
    on: date
    standing: Standing
    since: date | None
    confidence: Confidence | None
    acts: tuple[Action, ...]
    reasons: tuple[str, ...]

    @property
    def bound(self) -> bool:
        """True for a party whose consent is confirmed."""
        return self.standing is Standing.PARTY and self.confidence is Confidence.CONFIRMED


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
        return (
            f"not in force: {self.consents.confirmed} confirmed and {self.consents.reported} reported "
            f"ratifications of {self.needed} needed, {self.missing_if_reported} missing if the reported ones stand"
        )


def in_force_since(instrument: str, on: date, *, register: Register | None = None) -> date | None:
    """Return the day on which an instrument entered or will enter into force, as known on a day.

    Only confirmed acts with a known day can bring an instrument into force.

    Raises:
        NotFoundError: the instrument is not loaded.
    """
    tables = register if register is not None else load_register()
    row = tables.instrument(instrument)
    if row.in_force_since is not None:
        return row.in_force_since
    days = sorted(
        action.on
        for action in tables.actions_of(instrument)
        if action.on is not None
        and action.on <= on
        and action.act.binds
        and action.confidence is Confidence.CONFIRMED
        and participant(action.participant).counts_towards_entry_into_force
    )
    if row.consents_needed is None or len(days) < row.consents_needed:
        return None
    return row.treaty_delay.after(days[row.consents_needed - 1])


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
    tables = register if register is not None else load_register()
    row = tables.instrument(instrument)
    participant(code)
    acts = tuple(action for action in tables.actions_of(instrument, code) if action.seen_by <= on)
    consent = next((action for action in acts if action.act.binds), None)
    signature = next((action for action in acts if not action.act.binds), None)
    treaty = in_force_since(instrument, on, register=tables)
    since = None
    if consent is not None and consent.on is not None and treaty is not None:
        since = max(treaty, row.party_delay.after(consent.on))
    deciding = consent if consent is not None else signature
    if since is not None and since <= on:
        standing = Standing.PARTY
    elif consent is not None:
        standing = Standing.CONSENTED
    elif signature is not None:
        standing = Standing.SIGNATORY
    else:
        standing = Standing.NONE
    return Status(
        instrument=instrument,
        participant=code,
        on=on,
        standing=standing,
        since=since,
        confidence=deciding.confidence if deciding is not None else None,
        acts=acts,
        reasons=_reasons(row, acts, since=since, treaty=treaty, on=on),
    )


def common_instruments(a: str, b: str, on: date, *, register: Register | None = None) -> tuple[str, ...]:
    """Return the instruments that bind both participants on a day, in the register's order.

    Raises:
        NotFoundError: no participant has one of the codes.
    """
    tables = register if register is not None else load_register()
    return tuple(
        row.key
        for row in tables.instruments
        if all(status(row.key, code, on, register=tables).bound for code in (a, b))
    )


def treaty_summary(instrument: str, on: date, *, register: Register | None = None) -> TreatySummary:
    """Return how far an instrument has come on a day.

    Raises:
        NotFoundError: the instrument is not loaded.
    """
    tables = register if register is not None else load_register()
    row = tables.instrument(instrument)
    acts = [action for action in tables.actions_of(instrument) if action.seen_by <= on]
    signatories = _tally([action for action in acts if not action.act.binds])
    consents = _tally(
        [
            action
            for action in acts
            if action.act.binds and participant(action.participant).counts_towards_entry_into_force
        ]
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
        missing_if_reported=(None if needed is None else max(0, needed - consents.confirmed - consents.reported)),
        in_force_since=in_force_since(instrument, on, register=tables),
        signature_closes=closes,
        days_until_signature_closes=None if closes is None else (closes - on).days,
        reported_counts=tuple(
            count for count in tables.reported_counts if count.instrument == instrument and count.as_of <= on
        ),
    )


def _tally(acts: list[Action]) -> Tally:
    return Tally(
        confirmed=sum(action.confidence is Confidence.CONFIRMED for action in acts),
        reported=sum(action.confidence is Confidence.REPORTED for action in acts),
        memory=sum(action.confidence is Confidence.MEMORY for action in acts),
    )


def _reasons(
    row: Instrument, acts: tuple[Action, ...], *, since: date | None, treaty: date | None, on: date
) -> tuple[str, ...]:
    reasons = [_act_reason(action) for action in acts] or ["no act towards it is in the tables"]
    if since is not None and any(action.act.binds for action in acts):
        tense = "binds it since" if since <= on else "will bind it from"
        reasons.append(f"article {row.entry_provision}: the instrument {tense} {since}")
    if treaty is None:
        reasons.append("the instrument is not in force")
    elif treaty > on:
        reasons.append(f"the instrument enters into force on {treaty}")
    return tuple(reasons)


def _act_reason(action: Action) -> str:
    when = f"on {action.on}" if action.on is not None else f"by {action.known_by}, day not seen"
    return f"{action.act.value} {when} ({action.confidence.value})"
