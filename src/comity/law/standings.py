"""Where everyone stands towards every instrument on one day.

A standing follows from the acts in the register and from the instrument's rules on entering into force and leaving,
and from nothing else. What is only reported, or rests on memory, is kept apart from what was read in a register: it is
shown, and binds nobody here. Where sources of one strength name different days for one fact, the fact is disputed:
all are shown, and it binds only where each of them would.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import groupby

from comity.law.entry import Deposit, entered_into_force
from comity.law.model import Act, ActSort, Confidence, Parties
from comity.law.register import Register, load_register
from comity.law.rows import Action, Instrument
from comity.parties.participants import Participant, ParticipantKind, load_participants, participant

# The confidences, strongest first.
STRENGTH = tuple(Confidence)


class Standing(StrEnum):
    """Where a participant stands towards an instrument.

    `excluded`: a territory to which its state said that the instrument does not apply. `presumed`: a territory that no
    declaration names, whose responsible state is a party. `disputed`: sources of one strength differ so that it is
    bound by some of them only. `not_loaded`: the tables hold no list of parties.
    """

    PARTY = "party"
    CONSENTED = "consented"
    SIGNATORY = "signatory"
    WITHDRAWN = "withdrawn"
    EXCLUDED = "excluded"
    PRESUMED = "presumed"
    DISPUTED = "disputed"
    NOT_LOADED = "not_loaded"
    NONE = "none"

    @property
    def label(self) -> str:
        """The standing in words."""
        return {"none": "no act loaded", "not_loaded": "parties not loaded"}.get(self.value, self.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute:
    """One fact for which sources of one strength name different days, or that a stronger source does not bear out."""

    sort: ActSort
    versions: tuple[Action, ...]

    @property
    def sentence(self) -> str:
        """Every version with its source."""
        return f"disputed {self.sort}: " + "; ".join(
            f"{row.act.label} {row.when} ({row.confidence}, {row.source})" for row in self.versions
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The standing of one participant towards one instrument on a day, with what it follows from.

    `since` is the day from which the instrument binds it, known as soon as consent and entry into force are, even
    when that day is still to come; `until` the day on which a withdrawal takes effect. `confidence` is that of the
    deciding act; None when there is none. `remarks` are its reservations, declarations and the like; `through` the
    state by which a territory is bound.
    """

    instrument: str
    participant: str
    on: date
    standing: Standing
    since: date | None
    until: date | None = None
    confidence: Confidence | None = None
    acts: tuple[Action, ...] = ()
    remarks: tuple[Action, ...] = ()
    disputes: tuple[Dispute, ...] = ()
    through: str | None = None
    reasons: tuple[str, ...] = ()

    @property
    def bound(self) -> bool:
        """True for a party whose consent is confirmed."""
        return self.standing is Standing.PARTY and self.confidence is Confidence.CONFIRMED

    def to_json(self) -> dict[str, object]:
        """Return the status as JSON values."""
        return {
            "instrument": self.instrument,
            "participant": self.participant,
            "on": self.on.isoformat(),
            "standing": self.standing.value,
            "bound": self.bound,
            "since": None if self.since is None else self.since.isoformat(),
            "until": None if self.until is None else self.until.isoformat(),
            "confidence": None if self.confidence is None else self.confidence.value,
            "through": self.through,
            "acts": [act_json(act) for act in self.acts],
            "remarks": [act_json(act) for act in self.remarks],
            "disputes": [[act_json(act) for act in dispute.versions] for dispute in self.disputes],
            "reasons": list(self.reasons),
        }


def act_json(act: Action) -> dict[str, str]:
    """Return the members of an act that are known."""
    members = {
        "participant": act.participant,
        "act": act.act.value,
        "on": None if act.on is None else act.on.isoformat(),
        "known_by": None if act.known_by is None else act.known_by.isoformat(),
        "confidence": act.confidence.value,
        "provision": act.provision,
        "about": act.about,
        "note": act.note,
        "source": act.source,
        "grade": act.grade_detail,
    }
    return {name: value for name, value in members.items() if value is not None}


class Standings:
    """The standings of everyone towards everything on one day, each computed once."""

    def __init__(self, on: date, *, register: Register | None = None) -> None:
        self.on = on
        self.register = register if register is not None else load_register()
        self._treaty_days: dict[str, date | None] = {}
        self._found: dict[tuple[str, str], Status] = {}
        self._continued: dict[str, list[str]] = {}
        for row in load_participants().values():
            if row.continued_by is not None:
                self._continued.setdefault(row.continued_by, []).append(row.code)

    def treaty_day(self, instrument: str) -> date | None:
        """Return the day on which an instrument entered or will enter into force, as known on the day.

        Only confirmed acts with a known day can bring an instrument into force.

        Raises:
            NotFoundError: the instrument is not loaded.
        """
        if instrument not in self._treaty_days:
            row = self.register.instrument(instrument)
            self._treaty_days[instrument] = row.in_force_since or self._computed_day(row)
        return self._treaty_days[instrument]

    def of(self, instrument: str, code: str) -> Status:
        """Return where a participant stands towards an instrument.

        Raises:
            NotFoundError: the instrument is not loaded, or no participant has the code.
        """
        found = self._found.get((instrument, code))
        if found is None:
            row, who = self.register.instrument(instrument), participant(code)
            found = self._of_territory(row, who) if who.responsible is not None else self._of_state(row, who)
            self._found[instrument, code] = found
        return found

    def common(self, a: str, b: str) -> tuple[str, ...]:
        """Return the instruments that bind both participants, in the register's order.

        Raises:
            NotFoundError: no participant has one of the codes.
        """
        keys = (row.key for row in self.register.instruments)
        return tuple(key for key in keys if self.of(key, a).bound and self.of(key, b).bound)

    def _computed_day(self, row: Instrument) -> date | None:
        if row.threshold is None or row.treaty_delay is None:
            return None
        deposits, withdrawn = [], {}
        for act in self.register.actions_of(row.key):
            if act.on is None or act.on > self.on or act.confidence is not Confidence.CONFIRMED:
                continue
            if act.act.binds:
                who = participant(act.participant)
                if who.counts_towards_entry_into_force or who.kind is ParticipantKind.ORGANISATION:
                    deposits.append(Deposit.of(who.code, act.on, organisation=not who.counts_towards_entry_into_force))
            elif act.act is Act.WITHDRAWAL:
                withdrawn[act.participant] = act.on
        former = (participant(deposit.participant) for deposit in deposits)
        successors = {who.code: frozenset(who.succeeded_by) for who in former if who.succeeded_by}
        found = entered_into_force(
            row.threshold, row.treaty_delay, deposits, withdrawn=withdrawn, successors=successors
        )
        return None if found is None else found.day

    def _acts(self, instrument: str, who: Participant) -> tuple[Action, ...]:
        """Return what a participant, and the former state that it continues, did by the day."""
        codes = (who.code, *self._continued.get(who.code, ()))
        acts = (act for code in codes for act in self.register.actions_of(instrument, code))
        return tuple(sorted((act for act in acts if act.seen_by <= self.on), key=lambda act: act.seen_by))

    def _of_state(self, row: Instrument, who: Participant) -> Status:
        acts = self._acts(row.key, who)
        ended = who.existed_until is not None and who.existed_until < self.on
        if ended or not acts:
            return self._without_act(row, who, acts, ended=ended)
        left = max((act for act in acts if act.act is Act.WITHDRAWAL), key=lambda act: act.seen_by, default=None)
        since_left = [act for act in acts if left is None or act.seen_by > left.seen_by]
        consents, signatures = (
            [act for act in since_left if act.act.sort is sort] for sort in (ActSort.CONSENT, ActSort.SIGNATURE)
        )
        versions = _strongest(consents)
        days = [self._since(row, act) for act in versions]
        known = [day for day in days if day is not None]
        since = max(known) if known and len(known) == len(days) else None
        deciding = next(iter(versions or _strongest(signatures)), None)
        until = None
        if left is not None and not consents:
            until = self._until(row, left)
            standing, since, deciding, versions = self._after_leaving(row, acts, left, until)
        else:
            standing = self._standing(days, signed=bool(signatures))
        disputes = tuple(_disputes(consents)) + tuple(_disputes(signatures))
        return Status(
            instrument=row.key,
            participant=who.code,
            on=self.on,
            standing=standing,
            since=since,
            until=until,
            confidence=None if deciding is None else deciding.confidence,
            acts=tuple(act for act in acts if act.act.sort is not ActSort.REMARK),
            remarks=_standing_remarks(acts),
            disputes=disputes,
            reasons=(*self._reasons(row, acts, since, until, bound=bool(versions)), *(d.sentence for d in disputes)),
        )

    def _standing(self, days: list[date | None], *, signed: bool) -> Standing:
        binding = [day is not None and day <= self.on for day in days]
        if binding and all(binding):
            return Standing.PARTY
        if any(binding):
            return Standing.DISPUTED
        if days:
            return Standing.CONSENTED
        return Standing.SIGNATORY if signed else Standing.NONE

    def _after_leaving(
        self, row: Instrument, acts: tuple[Action, ...], left: Action, until: date | None
    ) -> tuple[Standing, date | None, Action | None, list[Action]]:
        """Return the standing of one who withdrew: bound until the withdrawal takes effect."""
        before = _strongest([act for act in acts if act.act.binds and act.seen_by <= left.seen_by])
        days = [day for act in before if (day := self._since(row, act)) is not None]
        since = max(days) if days else None
        still = until is None or until > self.on
        standing = self._standing([since], signed=False) if still and before else Standing.WITHDRAWN
        return standing, since, before[0] if before else left, before

    def _until(self, row: Instrument, left: Action) -> date | None:
        if left.on is None or row.withdrawal_delay is None:
            return left.seen_by
        return row.withdrawal_delay.after(left.on)

    def _since(self, row: Instrument, consent: Action) -> date | None:
        treaty = self.treaty_day(row.key)
        if consent.on is None or treaty is None:
            return None
        # A successor steps into the treaty on the day that its act names; for others the instrument's delay runs.
        if consent.act is Act.SUCCESSION or row.party_delay is None:
            return max(treaty, consent.on)
        return max(treaty, row.party_delay.after(consent.on))

    def _without_act(self, row: Instrument, who: Participant, acts: tuple[Action, ...], *, ended: bool) -> Status:
        if ended:
            standing = Standing.NONE
            heir = f"; {who.continued_by} continues it" if who.continued_by else ""
            reasons: tuple[str, ...] = (f"{who.name} existed until {who.existed_until}{heir}",)
        elif not row.adopted_by(self.on):
            standing, reasons = Standing.NONE, (f"it was adopted on {row.adopted or row.opened}, after {self.on}",)
        elif row.parties is Parties.NOT_LOADED:
            standing, reasons = Standing.NOT_LOADED, ("its parties are not loaded",)
        elif row.parties is Parties.NONE:
            standing, reasons = Standing.NONE, ("it has no parties",)
        else:
            standing = Standing.NONE
            reasons = (f"no act towards it is among those loaded, which run to {row.parties_until}",)
        return Status(
            instrument=row.key,
            participant=who.code,
            on=self.on,
            standing=standing,
            since=None,
            acts=acts if ended else (),
            reasons=reasons,
        )

    def _of_territory(self, row: Instrument, who: Participant) -> Status:
        """Return the standing of a territory: by declaration where one names it, otherwise presumed."""
        assert who.responsible is not None
        state = self.of(row.key, who.responsible)
        named = [act for act in state.acts if act.about == who.code and act.act.sort is ActSort.TERRITORY]
        own = [act for act in self.register.actions_of(row.key, who.code) if act.seen_by <= self.on]
        standing, since, confidence = state.standing, state.since, state.confidence
        reasons = [f"{participant(who.responsible).name} is responsible for it and is: {state.standing.label}"]
        last = max((*named, *own), key=lambda act: act.seen_by, default=None)
        if last is None:
            if standing in {Standing.PARTY, Standing.CONSENTED, Standing.DISPUTED}:
                standing = Standing.PRESUMED
                reasons.append(
                    "no declaration about it is loaded; general law presumes that a treaty binds a state for all its "
                    "territory unless otherwise established (Vienna Convention on the Law of Treaties, article 29)"
                )
        elif last.act is Act.TERRITORIAL_EXCLUSION:
            standing, since = Standing.EXCLUDED, None
            reasons.append(f"{last.act.label} {last.when} ({last.confidence})")
        else:
            confidence = max((confidence or last.confidence, last.confidence), key=STRENGTH.index)
            day = self._since(row, last)
            if since is not None and day is not None:
                since = max(since, day)
                standing = Standing.PARTY if since <= self.on else Standing.CONSENTED
            reasons.append(f"{last.act.label} {last.when} ({last.confidence})")
        return Status(
            instrument=row.key,
            participant=who.code,
            on=self.on,
            standing=standing,
            since=since,
            until=state.until,
            confidence=confidence,
            acts=(*named, *own),
            remarks=tuple(act for act in state.remarks if act.about in {None, who.code}),
            disputes=state.disputes,
            through=who.responsible,
            reasons=tuple(reasons),
        )

    def _reasons(
        self, row: Instrument, acts: tuple[Action, ...], since: date | None, until: date | None, *, bound: bool
    ) -> list[str]:
        reasons = [_act_reason(act) for act in acts if act.act.sort is not ActSort.REMARK]
        treaty = self.treaty_day(row.key)
        if since is not None and bound:
            tense = "binds it since" if since <= self.on else "will bind it from"
            where = "" if row.entry_provision is None else f"article {row.entry_provision}: "
            reasons.append(f"{where}the instrument {tense} {since}")
        if until is not None:
            reasons.append(f"a withdrawal {'took' if until <= self.on else 'takes'} effect on {until}")
        if treaty is None:
            known = row.threshold is not None and row.treaty_delay is not None
            reasons.append("the instrument is not in force" if known else "its entry into force is not loaded")
        elif treaty > self.on:
            reasons.append(f"the instrument was not in force on {self.on}; it enters into force on {treaty}")
        if row.parties_until is not None and row.parties_until < self.on:
            reasons.append(f"acts are loaded until {row.parties_until}")
        return reasons


def _strongest(acts: list[Action]) -> list[Action]:
    """Return the acts that are best known, of which more than one state a disputed day."""
    if not acts:
        return []
    best = min((act.confidence for act in acts), key=STRENGTH.index)
    return [act for act in acts if act.confidence is best]


def _disputes(acts: list[Action]) -> Iterable[Dispute]:
    if len({act.seen_by if act.on is None else act.on for act in acts}) > 1:
        yield Dispute(sort=acts[0].act.sort, versions=tuple(acts))


def _standing_remarks(acts: tuple[Action, ...]) -> tuple[Action, ...]:
    """Return the remarks that stand: a reservation goes when it is withdrawn."""
    remarks = [act for act in acts if act.act.sort is ActSort.REMARK]
    gone: set[str | None] = set()
    kept: list[Action] = []
    for _, group in groupby(sorted(remarks, key=lambda act: act.seen_by, reverse=True), key=lambda act: act.seen_by):
        for act in group:
            if act.act is Act.WITHDRAWAL_OF_RESERVATION:
                gone.add(act.provision)
            elif act.act is not Act.RESERVATION or act.provision not in gone:
                kept.append(act)
    return tuple(sorted(kept, key=lambda act: (act.seen_by, act.act, act.provision or "")))


def _act_reason(act: Action) -> str:
    about = f" for {act.about}" if act.about is not None else ""
    return f"{act.act.label}{about} {act.when} ({act.confidence})"
