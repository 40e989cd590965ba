"""Whether an instrument binds both of a pair, in words, and what is lacking where it is not known to.

A consent that is only reported, and a list of parties that ends before the day, are no ground to say that somebody is
not bound. "Does not bind" is said only where something loaded shows it: the instrument is not in force, its list is
complete up to the day, a withdrawal or an exclusion is confirmed, or a consent takes effect later. Everything else is
reported, or not known.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from comity.law.circles import closed_reason, is_open_to
from comity.law.membership import Standing
from comity.law.model import Act, Confidence, InstrumentKind, Parties
from comity.law.reason import Reason, graded
from comity.law.rows import Action, Carrier, Instrument
from comity.law.standings import Standings, Status
from comity.law.status import treaty_summary
from comity.parties.participants import is_fictitious, participant


class Binding(StrEnum):
    """How far it is known that an instrument binds a participant.

    `reported`: by acts or rules that are not confirmed, it does. `unknown`: nothing loaded shows it, and nothing
    loaded shows the contrary.
    """

    BOUND = "bound"
    REPORTED = "reported"
    UNKNOWN = "unknown"
    NOT_BOUND = "not_bound"


def binding_of(standings: Standings, instrument: Instrument, party: Status) -> Binding:
    """Return how far it is known that an instrument binds a participant on the day of the standings."""
    if party.bound:
        return Binding.BOUND
    if _never(instrument, party) or party.standing is Standing.EXCLUDED:
        return Binding.NOT_BOUND
    if party.standing is Standing.NOT_LOADED:
        return Binding.UNKNOWN
    treaty = standings.treaty_day(instrument.key)
    if treaty is None or treaty > standings.on:
        told = treaty is not None or instrument.threshold is not None
        return Binding.NOT_BOUND if told else Binding.UNKNOWN
    if party.standing is Standing.WITHDRAWN:
        return Binding.NOT_BOUND
    if party.standing in {Standing.PARTY, Standing.CONSENTED} and _deciding(party) is not None:
        return _by_consent(instrument, party, standings.on)
    complete = party.standing in {Standing.NONE, Standing.SIGNATORY} and _is_complete(instrument, standings.on)
    return Binding.NOT_BOUND if complete else Binding.UNKNOWN


def binding_reason(standings: Standings, instrument: Instrument, pair: tuple[Status, Status]) -> Reason:
    """Say whether an instrument binds both, and on what that rests for each."""
    found = {binding_of(standings, instrument, party) for party in pair}
    if found == {Binding.BOUND}:
        return Reason(code="binds_both", text=f"binds both since {since_of(pair)}")
    if any(party.standing is Standing.NOT_LOADED for party in pair):
        return Reason(code="parties_not_loaded", text="its parties are not loaded, so that nobody is known to be bound")
    if Binding.NOT_BOUND in found:
        words = "does not bind both"
    elif Binding.UNKNOWN in found:
        words = "is not known to bind both"
    elif any(party.confidence is not Confidence.CONFIRMED for party in pair):
        words = "is reported, not confirmed, to bind both"
    else:
        words = "binds both by rules that rest on memory only"
    parts = [f"{party.participant}: {_standing(party, standings.on)}" for party in pair]
    return Reason(code="does_not_bind_both", text=f"{words}: {'; '.join(parts)}")


def reported_to_bind_both(standings: Standings, instrument: Instrument, pair: tuple[Status, Status]) -> bool:
    """Whether acts that are not all confirmed say that an instrument binds both."""
    found = {binding_of(standings, instrument, party) for party in pair}
    return Binding.REPORTED in found and found <= {Binding.REPORTED, Binding.BOUND}


def since_of(pair: tuple[Status, Status]) -> date | None:
    """Return the day from which an instrument binds both, as far as it is known."""
    first, second = pair[0].since, pair[1].since
    return None if first is None or second is None else max(first, second)


def prospect(
    standings: Standings, instrument: Instrument, carrier: Carrier, pair: tuple[Status, Status]
) -> list[Reason]:
    """Say what an instrument that is not known to bind both would carry, and what is lacking; or that it is closed."""
    outside = tuple(party.participant for party in pair if not is_open_to(standings, instrument, party.participant))
    if outside:
        return [closed_reason(instrument, outside)]
    text = f"{instrument.short_title} article {carrier.provision} would carry it"
    lacking = list(_lacking(standings, instrument, pair))
    return [
        graded(carrier, code="would", text=text, provision=carrier.provision),
        *([Reason(code="would_need", text="; ".join(lacking))] if lacking else []),
    ]


def _never(instrument: Instrument, party: Status) -> bool:
    """Whether a participant cannot be bound: it is no more, it is fictitious, or nobody can be."""
    who = participant(party.participant)
    ended = who.existed_until is not None and who.existed_until < party.on
    return ended or instrument.parties is Parties.NONE or (is_fictitious(who.code) and not party.acts)


def _is_complete(instrument: Instrument, on: date) -> bool:
    return instrument.parties is Parties.LOADED and (instrument.parties_until is None or instrument.parties_until >= on)


def _by_consent(instrument: Instrument, party: Status, on: date) -> Binding:
    """Return what a consent comes to that does not bind by confirmed acts under confirmed rules."""
    since = party.since
    if since is None and (act := _deciding(party)) is not None:
        # Its day was not seen: the latest on which it may have been done, and the delay after that.
        since = act.seen_by if instrument.party_delay is None else instrument.party_delay.after(act.seen_by)
    if since is None or since > on:
        return Binding.NOT_BOUND if party.confidence is Confidence.CONFIRMED else Binding.UNKNOWN
    return Binding.REPORTED


def _deciding(party: Status) -> Action | None:
    return next((act for act in party.acts if act.act.binds and act.confidence is party.confidence), None)


def _standing(party: Status, on: date) -> str:
    if party.disputes and party.standing is Standing.DISPUTED:
        return party.disputes[0].sentence
    if party.through is not None and party.standing in {Standing.PRESUMED, Standing.EXCLUDED, Standing.NONE}:
        return party.reasons[-1]
    if party.standing is Standing.WITHDRAWN:
        return f"left on {party.until}"
    if party.bound:
        return f"party since {party.since}"
    deciding = _deciding(party) or next((act for act in party.acts if act.act.binds), None)
    deciding = deciding or next(iter(party.acts), None)
    if deciding is None:
        return party.reasons[0] if party.reasons else "no act towards it in the tables"
    if party.standing is Standing.PARTY and party.confidence is Confidence.CONFIRMED:
        return f"party since {party.since}, by rules on entering into force that rest on memory"
    verb = "signed" if deciding.act is Act.SIGNATURE else deciding.act.label
    source = "" if deciding.confidence is Confidence.CONFIRMED else f"; {deciding.source}"
    later = f", bound from {party.since}" if party.since is not None and party.since > on else ""
    return f"{verb} {deciding.when} ({deciding.confidence}{source}){later}"


def _lacking(standings: Standings, instrument: Instrument, pair: tuple[Status, Status]) -> Iterable[str]:
    """Yield what is not known to be there, or known to be lacking, before an instrument binds both."""
    treaty = standings.treaty_day(instrument.key)
    in_force = treaty is not None and treaty <= standings.on
    if any(party.standing is Standing.NOT_LOADED for party in pair):
        yield "its parties are not loaded" if in_force else "its parties and its entry into force are not loaded"
        return
    if not in_force and instrument.kind is not InstrumentKind.ARRANGEMENT:
        yield treaty_summary(instrument.key, standings.on, register=standings.register).sentence
    grouped: dict[str, list[str]] = {}
    for party in pair:
        if not party.bound:
            grouped.setdefault(_wanting(standings, instrument, party), []).append(party.participant)
    for words, codes in grouped.items():
        several = "are no parties" if len(codes) > 1 else "is no party"
        yield words.format(codes=" and ".join(codes), no_party=several)


_WANTING: Mapping[Standing, str] = MappingProxyType(
    {
        Standing.PARTY: "what is known of {codes} rests on rules from memory",
        Standing.CONSENTED: "the consent of {codes} does not bind yet",
        Standing.WITHDRAWN: "{codes} left",
        Standing.EXCLUDED: "it is excluded for {codes}",
        Standing.PRESUMED: "that it applies to {codes} is presumed only",
        Standing.DISPUTED: "whether it binds {codes}, or since when, is disputed",
    }
)


def _wanting(standings: Standings, instrument: Instrument, party: Status) -> str:
    """Return what may be said of a participant that is not bound by confirmed acts, with a place for its code."""
    consented = party.standing in {Standing.PARTY, Standing.CONSENTED}
    if consented and party.confidence is not Confidence.CONFIRMED:
        return "a consent of {codes} is reported, not confirmed"
    if (words := _WANTING.get(party.standing)) is not None:
        return words
    if _never(instrument, party) or _is_complete(instrument, standings.on):
        return "{codes} {no_party}"
    if instrument.parties_until is None:
        return "no consent of {codes} is loaded"
    part = "in part, " if instrument.parties is Parties.PARTIAL else ""
    return f"no consent of {{codes}} is loaded (acts are loaded {part}until {instrument.parties_until})"
