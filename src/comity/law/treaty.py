"""Questions about instruments and their parties, answered for a page, a program or a table.

How far an instrument is, where a participant stands towards all of them, and what binds a pair with which
reservations. The rules are in `standings` and `status`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from comity.errors import PolicyError
from comity.law.membership import Standing
from comity.law.model import ActSort, Confidence, Parties
from comity.law.register import Register, load_register
from comity.law.rows import Action, Instrument
from comity.law.standings import Standings, Status, act_json
from comity.law.status import Tally, TreatySummary, treaty_summary
from comity.parties.participants import current_participants, participant

# The instrument with which the overlap of another is told.
_COMPARED = "budapest"


@dataclass(frozen=True, slots=True, kw_only=True)
class TreatyStatus:
    """How far an instrument is on a day, with who did what and the overlap with the Budapest Convention."""

    instrument: Instrument
    summary: TreatySummary
    statuses: tuple[Status, ...]
    compared: Instrument | None
    both: tuple[str, ...]
    only_here: tuple[str, ...]
    only_there: tuple[str, ...]

    def lines(self) -> Iterator[str]:
        """Yield the status for a person."""
        row, summary = self.instrument, self.summary
        yield f"{row.title} ({row.citation}), on {summary.on}"
        if not row.adopted_by(summary.on):
            yield f"{row.beginning}, after that day: nothing can be said of it then"
            return
        yield summary.sentence
        for name, tally in (("signatories", summary.signatories), ("ratifications", summary.consents)):
            yield f"  {name}: {_tally(tally)}"
        for count in summary.reported_counts:
            note = "" if count.note is None else f", {count.note}"
            yield f"  {count.count} {count.of} as of {count.as_of} ({count.confidence}{note}; {count.source})"
        if summary.missing is not None and summary.in_force_since is None:
            yield (
                f"  missing: {summary.missing} of {summary.needed} by confirmed consents, "
                f"{summary.missing_if_reported} if the reported ones stand (article {row.entry_provision})"
            )
        yield from self._closing()
        yield from self._overlap()
        for status in self.statuses:
            yield from (f"  {status.participant}: {dispute.sentence}" for dispute in status.disputes)
        if row.parties is not Parties.LOADED:
            yield f"  its parties are {row.parties.value.replace('_', ' ')}" + (
                "" if row.parties_until is None else f", until {row.parties_until}"
            )
        elif row.parties_until is not None and row.parties_until < summary.on:
            yield f"  acts are loaded until {row.parties_until}"

    def rows(self) -> Iterator[tuple[str, ...]]:
        """Yield a table of every act, with its header."""
        yield (
            *("participant", "name", "standing", "since", "act", "on", "known_by", "confidence"),
            *("provision", "about", "note", "source", "grade"),
        )
        for status in self.statuses:
            since = "" if status.since is None else status.since.isoformat()
            name = participant(status.participant).name
            for act in (*status.acts, *status.remarks):
                row = act_json(act)
                yield (
                    *(status.participant, name, status.standing.value, since, act.act.value),
                    *(row.get(key, "") for key in ("on", "known_by", "confidence", "provision", "about", "note")),
                    *(act.source, act.grade_detail),
                )

    def to_json(self) -> dict[str, object]:
        """Return the status as JSON values."""
        summary = self.summary
        return {
            "instrument": self.instrument.key,
            "title": self.instrument.title,
            "on": summary.on.isoformat(),
            "summary": summary.sentence,
            "in_force_since": None if summary.in_force_since is None else summary.in_force_since.isoformat(),
            "signatories": _tally_json(summary.signatories),
            "consents": _tally_json(summary.consents),
            "needed": summary.needed,
            "missing": summary.missing,
            "missing_if_reported": summary.missing_if_reported,
            "signature_closes": None if summary.signature_closes is None else summary.signature_closes.isoformat(),
            "days_until_signature_closes": summary.days_until_signature_closes,
            "reported_counts": [
                {
                    "of": count.of.value,
                    "count": count.count,
                    "as_of": count.as_of.isoformat(),
                    "confidence": count.confidence.value,
                    "note": count.note,
                    "source": count.source,
                    "grade": count.grade_detail,
                }
                for count in summary.reported_counts
            ],
            "overlap": None
            if self.compared is None
            else {
                "with": self.compared.key,
                "both": list(self.both),
                "only_here": list(self.only_here),
                "only_there": list(self.only_there),
            },
            "participants": [status.to_json() for status in self.statuses],
        }

    def _closing(self) -> Iterator[str]:
        days = self.summary.days_until_signature_closes
        if days is None:
            return
        day = self.summary.signature_closes
        opens = self.instrument.opened
        if opens is not None and self.summary.on < opens:
            yield f"  signature opens on {opens}"
        elif days >= 0:
            when = "today" if days == 0 else f"in {days} day{'' if days == 1 else 's'}"
            yield f"  signature closes on {day}, {when}; ratification and accession have no closing date"
        else:
            yield f"  signature closed on {day}; ratification and accession have no closing date"

    def _overlap(self) -> Iterator[str]:
        if self.compared is None:
            return
        sure = {status.participant for status in self.statuses if any(_is_confirmed(act) for act in status.acts)}
        unsure = len(set(self.both) - sure)
        yield (
            f"  {len(self.both)} signed or ratified this ({unsure} of them only by report or memory) and are parties "
            f"to the {self.compared.short_title}: {' '.join(self.both) or 'none'}"
        )
        yield (
            f"  {len(self.only_here)} signed or ratified this only; {len(self.only_there)} are parties to the "
            f"{self.compared.short_title} only"
        )


def treaty_status(instrument: str, on: date, *, register: Register | None = None) -> TreatyStatus:
    """Return how far an instrument is on a day.

    Raises:
        NotFoundError: the instrument is not loaded.
    """
    standings = Standings(on, register=register)
    tables = standings.register
    row = tables.instrument(instrument)
    codes = sorted({act.participant for act in tables.actions_of(instrument)})
    found = (standings.of(instrument, code) for code in codes)
    statuses = tuple(status for status in found if status.acts or status.remarks)
    compared = None
    here: set[str] = set()
    there: set[str] = set()
    if instrument != _COMPARED and any(other.key == _COMPARED for other in tables.instruments):
        compared = tables.instrument(_COMPARED)
        here = {status.participant for status in statuses if status.standing is not Standing.WITHDRAWN}
        there = {who.code for who in current_participants(on) if standings.of(_COMPARED, who.code).bound}
    return TreatyStatus(
        instrument=row,
        summary=treaty_summary(instrument, on, register=tables),
        statuses=statuses,
        compared=compared,
        both=tuple(sorted(here & there)),
        only_here=tuple(sorted(here - there)),
        only_there=tuple(sorted(there - here)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PairStatus:
    """What binds both of a pair on a day, and what each reserved or declared."""

    a: str
    b: str
    on: date
    instruments: tuple[tuple[Instrument, Status, Status], ...]
    loaded: int

    def lines(self) -> Iterator[str]:
        """Yield the answer for a person."""
        names = f"{participant(self.a).name} and {participant(self.b).name}"
        bound = [item for item in self.instruments if item[1].bound and item[2].bound]
        if not bound:
            yield f"none of the {self.loaded} instruments loaded binds both {names} on {self.on}"
        else:
            yield f"{len(bound)} of the {self.loaded} instruments loaded bind both {names} on {self.on}"
        for row, a, b in self.instruments:
            if a.bound and b.bound:
                assert a.since is not None
                assert b.since is not None
                yield f"* {row.short_title}: since {max(a.since, b.since)}"
            else:
                until = row.parties_until
                dated = "" if until is None or until >= self.on else f" (acts are loaded until {until})"
                yield f"  {row.short_title}: {_short(a)}, {_short(b)}{dated}"
            for status in (a, b):
                yield from (f"    {act.participant}: {remark_line(act)}" for act in status.remarks)
                yield from (f"    {status.participant}: {dispute.sentence}" for dispute in status.disputes)

    def to_json(self) -> dict[str, object]:
        """Return the answer as JSON values."""
        return {
            "a": self.a,
            "b": self.b,
            "on": self.on.isoformat(),
            "instruments": [
                {
                    "instrument": row.key,
                    "binds_both": a.bound and b.bound,
                    "since": max(a.since, b.since).isoformat() if a.bound and b.bound and a.since and b.since else None,
                    "statuses": [a.to_json(), b.to_json()],
                }
                for row, a, b in self.instruments
            ],
        }


def pair_status(a: str, b: str, on: date, *, register: Register | None = None) -> PairStatus:
    """Return which instruments bind both of a pair, with the reservations of either.

    Raises:
        NotFoundError: a participant is unknown.
        PolicyError: both are one.
    """
    if a == b:
        raise PolicyError(f"{a} is one participant; a pair has two")
    standings = Standings(on, register=register)
    participant(a), participant(b)
    rows = [row for row in standings.register.instruments if row.parties is not Parties.NONE]
    found = tuple((row, standings.of(row.key, a), standings.of(row.key, b)) for row in rows)
    told = tuple(item for item in found if _says_something(item[1]) or _says_something(item[2]))
    return PairStatus(a=a, b=b, on=on, instruments=told, loaded=len(rows))


def participant_status(code: str, on: date, *, register: Register | None = None) -> tuple[Status, ...]:
    """Return where a participant stands towards every instrument that has parties.

    Raises:
        NotFoundError: the participant is unknown.
    """
    standings = Standings(on, register=register)
    participant(code)
    rows = standings.register.instruments
    return tuple(standings.of(row.key, code) for row in rows if row.parties is not Parties.NONE)


def participant_lines(statuses: tuple[Status, ...], *, register: Register | None = None) -> Iterator[str]:
    """Yield a participant's standings for a person."""
    tables = register if register is not None else load_register()
    for status in statuses:
        titles = {row.key: row.short_title for row in tables.instruments}
        since = "" if status.since is None else f" since {status.since}"
        if status.standing is Standing.CONSENTED and status.since is not None:
            since = f", bound from {status.since}"
        elif status.standing is Standing.WITHDRAWN:
            since = f", left on {status.until}"
        yield f"{titles.get(status.instrument, status.instrument)}: {status.standing.label}{since}"
        yield from (f"    {reason}" for reason in status.reasons)
        yield from (f"    {remark_line(act)}" for act in status.remarks)


def remark_line(act: Action) -> str:
    """Return a reservation, declaration or the like in one line."""
    article = "" if act.provision is None else f" on article {act.provision}"
    about = "" if act.about is None else f" about {act.about}"
    note = "" if act.note is None else f": {act.note}"
    return f"{act.act.label}{article}{about} {act.when} ({act.confidence}){note} [{act.grade_detail}]"


def instrument_line(row: Instrument) -> str:
    """Return an instrument in one line."""
    force = "" if row.in_force_since is None else f", in force since {row.in_force_since}"
    until = "" if row.parties_until is None else f" until {row.parties_until}"
    return f"{row.key:<22} {row.short_title}{force}; parties {row.parties.value.replace('_', ' ')}{until}"


def instrument_json(row: Instrument) -> dict[str, object]:
    """Return an instrument as JSON values."""
    return {
        "instrument": row.key,
        "kind": row.kind.value,
        "family": row.family.value,
        "title": row.title,
        "short_title": row.short_title,
        "citation": row.citation,
        "depositary": row.depositary,
        "parent": row.parent,
        "in_force_since": None if row.in_force_since is None else row.in_force_since.isoformat(),
        "threshold": None if row.threshold is None else row.threshold.text,
        "parties": row.parties.value,
        "parties_until": None if row.parties_until is None else row.parties_until.isoformat(),
        "scope": row.scope,
        "source": row.source,
        "grade": row.grade_detail,
    }


def _is_confirmed(act: Action) -> bool:
    return act.confidence is Confidence.CONFIRMED and act.act.sort in {ActSort.SIGNATURE, ActSort.CONSENT}


def _short(status: Status) -> str:
    """Return a standing in a few words, and how it is known where it is not confirmed."""
    words = f"{status.participant} {status.standing.label}"
    if status.standing is Standing.WITHDRAWN:
        return f"{words}, left on {status.until}"
    if status.confidence is not None and status.confidence is not Confidence.CONFIRMED:
        return f"{words} ({status.confidence}, not confirmed)"
    if status.standing is Standing.PARTY and not status.rule.binding:
        return f"{words} (by rules from memory)"
    return words


def _says_something(status: Status) -> bool:
    return bool(status.acts) or status.standing in {Standing.PRESUMED, Standing.PARTY, Standing.DISPUTED}


def _tally(tally: Tally) -> str:
    return f"{tally.confirmed} confirmed, {tally.reported} reported, {tally.memory} from memory"


def _tally_json(tally: Tally) -> dict[str, int]:
    return {"confirmed": tally.confirmed, "reported": tally.reported, "memory": tally.memory}
