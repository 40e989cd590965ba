"""Where everyone stands towards every instrument on one day.

A standing follows from the acts in the register and from the instrument's rules on entering into force and leaving,
and from nothing else. What is only reported, or rests on memory, is kept apart from what was read in a register: it is
shown, and binds nobody here. Where sources of one strength name different days for one fact, the fact is disputed:
all are shown, and it binds only where each of them would.
"""

from dataclasses import dataclass
from datetime import date

from comity.law.entry import Deposit, binding_from, entered_into_force
from comity.law.membership import STRENGTH, Dispute, Standing, membership, spells_of, strongest
from comity.law.model import Act, ActSort, Confidence, Parties, lies_within
from comity.law.reason import CHECK_TEXT
from comity.law.register import Register, load_register
from comity.law.rows import Action, Instrument
from comity.parties.participants import Participant, load_participants, participant
from comity.parties.table import Grade


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The standing of one participant towards one instrument on a day, with what it follows from.

    `since` is the day from which the instrument binds it, known as soon as consent and entry into force are, even
    when that day is still to come; `until` the day on which a withdrawal takes effect. `confidence` is that of the
    deciding act; None when there is none. `rule` is what the instrument's rules on entering and leaving rest on.
    `remarks` are its reservations, declarations and the like; `through` the state by which a territory is bound.
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
    rule: Grade = Grade.TEXT
    reasons: tuple[str, ...] = ()

    @property
    def bound(self) -> bool:
        """True for a party whose consent is confirmed, under rules that do not rest on memory."""
        return self.standing is Standing.PARTY and self.confidence is Confidence.CONFIRMED and self.rule.binding

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
            "rule": self.rule.value,
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
        """Return the day on which an instrument entered or will enter into force.

        A day that the tables state is known now, whatever was known then; otherwise it follows from the confirmed acts
        by the day of the question.

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

    def deposits(self, row: Instrument, *, least: Confidence = Confidence.CONFIRMED) -> list[Deposit]:
        """Return the consents by the day that count, at least so well known: one for each participant and spell.

        Where versions differ the latest day counts. What a state that is no more deposited counts for the one that
        continues it.
        """
        allowed = STRENGTH[: STRENGTH.index(least) + 1]
        acts: dict[str, list[Action]] = {}
        for act in self.register.actions_of(row.key):
            who = participant(act.participant)
            if act.seen_by <= self.on and act.confidence in allowed and who.responsible is None:
                acts.setdefault(who.continued_by or who.code, []).append(act)
        found = []
        for code, done in acts.items():
            organisation = not participant(code).counts_towards_entry_into_force
            for spell in spells_of(done):
                if versions := spell.versions:
                    day = max(act.seen_by for act in versions)
                    found.append(Deposit.of(code, day, organisation=organisation))
        return found

    def withdrawn(self, row: Instrument) -> dict[str, date]:
        """Return the last confirmed withdrawal of each participant by the day."""
        acts = [act for act in self.register.actions_of(row.key) if act.act is Act.WITHDRAWAL]
        confirmed = [act for act in acts if act.confidence is Confidence.CONFIRMED and act.seen_by <= self.on]
        return {act.participant: act.seen_by for act in sorted(confirmed, key=lambda act: act.seen_by)}

    def _computed_day(self, row: Instrument) -> date | None:
        if row.threshold is None or row.treaty_delay is None:
            return None
        deposits = self.deposits(row)
        former = (participant(deposit.participant) for deposit in deposits)
        successors = {who.code: frozenset(who.succeeded_by) for who in former if who.succeeded_by}
        found = entered_into_force(
            row.threshold, row.treaty_delay, deposits, withdrawn=self.withdrawn(row), successors=successors
        )
        return None if found is None else found.day

    def _acts(self, instrument: str, who: Participant) -> tuple[Action, ...]:
        """Return what a participant did by the day, with the acts of a state that it continues, or that continues it.

        Later lists show the acts of a state that is no more under the one that continues it; of these a former state
        has those of its own time.
        """
        acts = [
            act
            for code in (who.code, *self._continued.get(who.code, ()))
            for act in self.register.actions_of(instrument, code)
        ]
        if who.continued_by is not None and who.existed_until is not None:
            heir = self.register.actions_of(instrument, who.continued_by)
            acts += [act for act in heir if act.seen_by <= who.existed_until]
        return tuple(sorted((act for act in acts if act.seen_by <= self.on), key=lambda act: act.seen_by))

    def _of_state(self, row: Instrument, who: Participant) -> Status:
        acts = self._acts(row.key, who)
        ended = who.existed_until is not None and who.existed_until < self.on
        if ended or not acts:
            return self._without_act(row, who, acts, ended=ended)
        found = membership(
            acts, self.on, since=lambda act: self._since(row, act), leaves=lambda act: self._leaves(row, act)
        )
        since = found.since
        if since is not None and who.existed_until is not None and who.existed_until < since:
            since = None
        return Status(
            instrument=row.key,
            participant=who.code,
            on=self.on,
            standing=found.standing,
            since=since,
            until=found.until,
            confidence=None if found.deciding is None else found.deciding.confidence,
            acts=tuple(act for act in acts if act.act.sort is not ActSort.REMARK),
            remarks=_standing_remarks(acts),
            disputes=found.disputes,
            rule=row.grade,
            reasons=(*self._reasons(row, acts, since, found.until), *(d.sentence for d in found.disputes)),
        )

    def _leaves(self, row: Instrument, left: Action) -> date:
        return left.seen_by if row.withdrawal_delay is None else row.withdrawal_delay.after(left.seen_by)

    def _since(self, row: Instrument, consent: Action) -> date | None:
        treaty = self.treaty_day(row.key)
        if consent.on is None or treaty is None:
            return None
        # A successor steps into the treaty on the day that its act names; for others the instrument's delay runs.
        if consent.act is Act.SUCCESSION or row.party_delay is None:
            return max(treaty, consent.on)
        return binding_from(treaty, consent.on, row.party_delay)

    def _without_act(self, row: Instrument, who: Participant, acts: tuple[Action, ...], *, ended: bool) -> Status:
        if ended:
            standing = Standing.NONE
            heir = f"; {who.continued_by} continues it" if who.continued_by else ""
            reasons: tuple[str, ...] = (f"{who.name} existed until {who.existed_until}{heir}",)
        elif not row.adopted_by(self.on):
            standing, reasons = Standing.NONE, (f"{row.beginning}, after {self.on}",)
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
        if early := self._not_then(who):
            return Status(
                instrument=row.key,
                participant=who.code,
                on=self.on,
                standing=Standing.NONE,
                since=None,
                through=who.responsible,
                reasons=(early,),
            )
        state = self.of(row.key, who.responsible)
        own = [act for act in self.register.actions_of(row.key, who.code) if act.seen_by <= self.on]
        named = [act for act in state.acts if act.about == who.code and act.act.sort is ActSort.TERRITORY]
        named += [act for act in own if act.act.binds or act.act.sort is ActSort.TERRITORY]
        standing, since, confidence, disputes, why = self._declared(row, state, named)
        return Status(
            instrument=row.key,
            participant=who.code,
            on=self.on,
            standing=standing,
            since=since,
            until=state.until,
            confidence=confidence,
            acts=tuple(named),
            remarks=(
                *(act for act in state.remarks if act.about in {None, who.code}),
                *(act for act in own if act.act.sort is ActSort.REMARK),
            ),
            disputes=disputes,
            through=who.responsible,
            rule=row.grade,
            reasons=(f"{participant(who.responsible).name} is responsible for it and is: {state.standing.label}", *why),
        )

    def _not_then(self, who: Participant) -> str | None:
        """Return why nothing can be said of a territory on the day, or None."""
        if who.existed_until is not None and who.existed_until < self.on:
            return f"{who.name} existed until {who.existed_until}"
        if who.responsible_since is not None and self.on < who.responsible_since:
            state = participant(who.responsible or "").name
            return f"{state} is responsible for it since {who.responsible_since}; what applied before is not loaded"
        return None

    def _declared(
        self, row: Instrument, state: Status, named: list[Action]
    ) -> tuple[Standing, date | None, Confidence | None, tuple[Dispute, ...], tuple[str, ...]]:
        """Return what declarations about a territory come to: the latest of the best known, or a dispute.

        A territory never stands better than its state.
        """
        standing, since, confidence = state.standing, state.since, state.confidence
        best = strongest(named)
        latest = [act for act in best if act.seen_by == max(other.seen_by for other in best)]
        why = tuple(f"{act.act.label} {act.when} ({act.confidence}, {act.source})" for act in named)
        if not latest:
            if standing in {Standing.PARTY, Standing.CONSENTED, Standing.DISPUTED}:
                return Standing.PRESUMED, since, confidence, state.disputes, (_PRESUMPTION,)
            if standing is Standing.SIGNATORY:
                return (
                    Standing.NONE,
                    None,
                    confidence,
                    state.disputes,
                    ("its state signed, which applies it to nobody",),
                )
            return standing, since, confidence, state.disputes, ()
        excluded = {act.act is Act.TERRITORIAL_EXCLUSION for act in latest}
        if len(excluded) > 1:
            dispute = Dispute(sort=ActSort.TERRITORY, versions=tuple(latest))
            return Standing.DISPUTED, None, confidence, (*state.disputes, dispute), why
        if excluded == {True}:
            return Standing.EXCLUDED, None, latest[0].confidence, state.disputes, why
        confidence = max((confidence or latest[0].confidence, latest[0].confidence), key=STRENGTH.index)
        day = self._since(row, latest[0])
        if since is None or day is None or standing not in {Standing.PARTY, Standing.CONSENTED}:
            return standing, since, confidence, state.disputes, why
        since = max(since, day)
        standing = Standing.PARTY if since <= self.on and standing is Standing.PARTY else Standing.CONSENTED
        return standing, since, confidence, state.disputes, why

    def _reasons(self, row: Instrument, acts: tuple[Action, ...], since: date | None, until: date | None) -> list[str]:
        reasons = [_act_reason(act) for act in acts if act.act.sort is not ActSort.REMARK]
        treaty = self.treaty_day(row.key)
        if since is not None:
            tense = "binds it since" if since <= self.on else "will bind it from"
            where = "" if row.entry_provision is None else f"article {row.entry_provision}: "
            reasons.append(f"{where}the instrument {tense} {since}")
        if any(act.act is Act.SUCCESSION for act in acts):
            reasons.append("a succession is counted from the day of its act; depositaries date it from independence")
        if until is not None:
            reasons.append(f"a withdrawal {'took' if until <= self.on else 'takes'} effect on {until}")
        if treaty is None:
            known = row.threshold is not None and row.treaty_delay is not None
            reasons.append("the instrument is not in force" if known else "its entry into force is not loaded")
        elif treaty > self.on:
            reasons.append(f"the instrument was not in force on {self.on}; as is known now, it is since {treaty}")
        if not row.grade.binding:
            reasons.append(f"its rules on entering into force rest on memory; {CHECK_TEXT}")
        if row.parties_until is not None and row.parties_until < self.on:
            reasons.append(f"acts are loaded until {row.parties_until}")
        return reasons


_PRESUMPTION = (
    "no declaration about it is loaded; general law presumes that a treaty binds a state for all its territory unless "
    "otherwise established (Vienna Convention on the Law of Treaties, article 29), and many states limit it"
)


def _standing_remarks(acts: tuple[Action, ...]) -> tuple[Action, ...]:
    """Return the remarks that stand, in the order of time.

    A reservation goes when its withdrawal, on its article or on all, is known at least as well as itself.
    """
    remarks = [act for act in acts if act.act.sort is ActSort.REMARK]
    ends = [act for act in remarks if act.act is Act.WITHDRAWAL_OF_RESERVATION]
    kept = [
        act
        for act in remarks
        if act.act is not Act.WITHDRAWAL_OF_RESERVATION
        and not (act.act is Act.RESERVATION and any(_ends(end, act) for end in ends))
    ]
    return tuple(sorted(kept, key=lambda act: (act.seen_by, act.act, act.provision or "")))


def _ends(withdrawal: Action, reservation: Action) -> bool:
    covered = withdrawal.provision is None or (
        reservation.provision is not None and lies_within(reservation.provision, withdrawal.provision)
    )
    known = STRENGTH.index(withdrawal.confidence) <= STRENGTH.index(reservation.confidence)
    return covered and known and withdrawal.seen_by >= reservation.seen_by


def _act_reason(act: Action) -> str:
    about = f" for {act.about}" if act.about is not None else ""
    return f"{act.act.label}{about} {act.when} ({act.confidence})"
