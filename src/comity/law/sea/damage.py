"""A cable was damaged: who may act, whose duty it is, and how the electronic evidence travels.

The answer joins two things: the rules that zones.csv holds for the zone, and who is bound by what on the day. A rule
of a treaty is given only between states that the treaty binds: a power of the coastal State against the flag, a duty
of the flag towards the asker. Where the acts that bind them are only reported, remembered, presumed or disputed, the
rule is marked as not sure. Each rule is cited with its article; nothing here judges what custom says, whether a state
kept its duties, who did it, or what the texts leave open.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from comity.errors import MalformedError, NotFoundError
from comity.law.conditions import not_loaded, remark_text
from comity.law.elements import weakest
from comity.law.membership import Standing
from comity.law.model import Confidence, Family, Parties
from comity.law.register import Register, load_register
from comity.law.rows import Instrument
from comity.law.sea.answer import AppliedRule, Bond, CableAnswer, EvidenceRoute, Hold, SeaReason
from comity.law.sea.zones import Intent, Who, Zone, ZoneRule, load_zone_rules, parse_intent, parse_zone
from comity.law.standings import Standings, Status
from comity.parties.participants import ParticipantKind, participant
from comity.parties.table import Sourced

# The convention of 1982 prevails between its parties over that of 1958; the one of 1884 stands beside both.
_LATER, _EARLIER, _PREVAILS = "unclos", "high_seas_1958", "311(1)"
_GENERAL = (_LATER, _EARLIER)
_MIDDLE = frozenset({Zone.CONTIGUOUS_ZONE, Zone.EEZ, Zone.CONTINENTAL_SHELF})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    """The question with what is computed for it once."""

    zone: Zone
    coastal: str | None
    flag: str
    asker: str
    crew: tuple[str, ...]
    on: date
    intent: Intent
    register: Register
    standings: Standings
    instruments: tuple[Instrument, ...]
    bonds: dict[tuple[str, str, str], Bond] = field(default_factory=dict)

    def bond(self, row: Instrument, a: str, b: str) -> Bond:
        """Return how an instrument holds two states, computed once whichever is named first."""
        first, second = sorted((a, b))
        key = (row.key, first, second)
        if key not in self.bonds:
            self.bonds[key] = _bond(self, row, a, b)
        return self.bonds[key]

    def pairs(self) -> Iterable[tuple[str, str]]:
        """Yield the pairs of states between which rules are wanted, the asker and the flag first."""
        yield self.asker, self.flag
        if self.coastal is not None:
            yield self.coastal, self.flag
        for code in self.crew:
            yield self.asker, code


def cable_damage(
    zone: str,
    *,
    flag: str,
    asker: str,
    on: date,
    coastal: str | None = None,
    crew: Iterable[str] = (),
    intent: str = Intent.UNKNOWN,
    register: Register | None = None,
) -> CableAnswer:
    """Return who may act and who must when a ship damaged a cable in a zone, as the asker may rely on it on a day.

    `crew` are the nationalities of those in the ship's service who may be responsible, as far as they are known.

    Raises:
        NotFoundError: the zone, the intent or a participant is unknown, or no instrument on the sea is loaded.
        MalformedError: the coastal State is missing or not wanted, or an organisation is named as a coastal or flag
            State or as a nationality.
    """
    question = _question(
        zone,
        states=(coastal, flag, asker),
        crew=tuple(dict.fromkeys(crew)),
        on=on,
        intent=intent,
        register=register,
    )
    rules = tuple(found for rule in load_zone_rules() if (found := _applied(question, rule)) is not None)
    governing = _governing(question, asker, flag)
    return CableAnswer(
        zone=question.zone,
        coastal=coastal,
        flag=flag,
        asker=asker,
        crew=question.crew,
        on=on,
        intent=question.intent,
        governing=None if governing is None else governing.instrument,
        bonds=tuple(question.bond(row, a, b) for a, b in _unordered(question) for row in question.instruments),
        standings=tuple(
            question.standings.of(row.key, code)
            for row in question.instruments
            for code in dict.fromkeys(code for pair in question.pairs() for code in pair)
        ),
        rules=rules,
        notes=tuple(_notes(question)),
        evidence=tuple(
            EvidenceRoute(asker=asker, asked=code, on=on)
            for code in dict.fromkeys((flag, *question.crew, *(() if coastal is None else (coastal,))))
            if code != asker
        ),
        summary=_summary(question, governing),
    )


def _question(
    zone: str,
    *,
    states: tuple[str | None, str, str],
    crew: tuple[str, ...],
    on: date,
    intent: str,
    register: Register | None,
) -> _Question:
    coastal, flag, asker = states
    where, how = parse_zone(zone), parse_intent(intent)
    if where.has_coastal_state and coastal is None:
        raise MalformedError(f"zone {where} belongs to a coastal State; name it, such as FIN")
    if not where.has_coastal_state and coastal is not None:
        raise MalformedError(f"the high seas belong to no coastal State; leave {coastal} out or name another zone")
    participant(asker)
    for part, code in (("coastal State", coastal), ("flag", flag), *(("nationality", code) for code in crew)):
        if code is not None and participant(code).kind is ParticipantKind.ORGANISATION:
            raise MalformedError(f"{code} is an organisation and can be no {part}; name a state or territory")
    tables = register if register is not None else load_register()
    instruments = tuple(row for row in tables.instruments if row.family is Family.SEA)
    if not instruments:
        raise NotFoundError("no instrument on the law of the sea is loaded; load the installed tables")
    return _Question(
        zone=where,
        coastal=coastal,
        flag=flag,
        asker=asker,
        crew=crew,
        on=on,
        intent=how,
        register=tables,
        standings=Standings(on, register=tables),
        instruments=instruments,
    )


def _bond(question: _Question, row: Instrument, a: str, b: str) -> Bond:
    found = [question.standings.of(row.key, code) for code in dict.fromkeys((a, b))]
    holds = [_hold(question, row, party) for party in found]
    names = " and ".join(party.participant for party in found)
    since = max((party.since for party in found if party.since is not None), default=None)
    if all(hold is Hold.BOUND for hold in holds):
        hold, code, text = Hold.BOUND, "binds", f"binds {names} since {since}"
    elif Hold.NOT_BOUND in holds:
        hold, code, text = Hold.NOT_BOUND, "not_on_record", f"does not bind {names} on record: {_standing(found)}"
    else:
        hold, code, text = Hold.UNSURE, "may_bind", f"may bind {names}: {_standing(found)}"
    return Bond(
        states=(a, b),
        instrument=row.key,
        hold=hold,
        since=since if hold is Hold.BOUND else None,
        reason=SeaReason(code=code, text=text, instrument=row.key, title=row.short_title),
    )


def _hold(question: _Question, row: Instrument, party: Status) -> Hold:
    if party.bound:
        return Hold.BOUND
    in_force = question.standings.treaty_day(row.key)
    if in_force is None or in_force > question.on:
        return Hold.NOT_BOUND
    if party.standing in {Standing.PRESUMED, Standing.DISPUTED, Standing.NOT_LOADED}:
        return Hold.UNSURE
    unconfirmed = party.confidence in {Confidence.REPORTED, Confidence.MEMORY} or not party.rule.binding
    return Hold.UNSURE if unconfirmed and party.standing in {Standing.PARTY, Standing.CONSENTED} else Hold.NOT_BOUND


def _standing(found: Iterable[Status]) -> str:
    return "; ".join(
        f"{party.participant} is a party since {party.since}"
        if party.bound
        else f"{party.participant}: {party.standing.label} ({', '.join(party.reasons)})"
        for party in found
    )


def _governing(question: _Question, a: str, b: str) -> Bond | None:
    """Return the bond of the general instrument that two states can rely on: a sure one, and the later one, first."""
    keys = {row.key: row for row in question.instruments}
    bonds = [question.bond(keys[key], a, b) for key in _GENERAL if key in keys]
    ordered = (bond for hold in (Hold.BOUND, Hold.UNSURE) for bond in bonds if bond.hold is hold)
    return next(ordered, None)


def _applied(question: _Question, rule: ZoneRule) -> AppliedRule | None:
    row = next((row for row in question.instruments if row.key == rule.instrument), None)
    if row is None or question.zone not in rule.zones or (rule.intents and question.intent not in rule.intents):
        return None
    held = {pair: _relied_on(question, row, *pair) for pair in _pairs(question, rule.who)}
    between = tuple(pair for pair, hold in held.items() if hold is not Hold.NOT_BOUND)
    if not between:
        return None
    evidence = weakest((question.register.provision(rule.instrument, rule.provision), rule))
    return AppliedRule(
        role=rule.role,
        who=rule.who,
        states=_states(question, rule.who, between),
        between=between,
        sure=evidence.grade.binding and all(held[pair] is Hold.BOUND for pair in between),
        reason=_from_row(evidence, row, code=rule.code, text=rule.paraphrase, provision=rule.provision),
    )


def _pairs(question: _Question, who: Who) -> tuple[tuple[str, str], ...]:
    """Return the pairs of states between which a rule has to bind to be given."""
    coast = () if question.coastal is None else ((question.coastal, question.flag),)
    if who is Who.COASTAL:
        return coast
    if who is Who.CREW_STATE and question.crew:
        return tuple((question.asker, code) for code in question.crew)
    return tuple(dict.fromkeys(((question.asker, question.flag), *coast)))


def _states(question: _Question, who: Who, between: tuple[tuple[str, str], ...]) -> tuple[str, ...]:
    """Return the states that a rule is about, none where it is about all or about some that are not known."""
    if who is Who.COASTAL:
        return tuple(first for first, _ in between)
    if who is Who.FLAG:
        return (question.flag,)
    return tuple(code for _, code in between) if who is Who.CREW_STATE and question.crew else ()


def _relied_on(question: _Question, row: Instrument, a: str, b: str) -> Hold:
    """Return how an instrument holds two states; the convention of 1958 gives way to that of 1982."""
    if row.key == _EARLIER:
        governing = _governing(question, a, b)
        if governing is not None and governing.instrument == _LATER and governing.hold is Hold.BOUND:
            return Hold.NOT_BOUND
    return question.bond(row, a, b).hold


def _notes(question: _Question) -> Iterable[SeaReason]:
    if question.asker == question.flag:
        yield SeaReason(
            code="own_ship", text=f"the ship flies the flag of {question.flag}, which may act under its own law"
        )
    if question.asker in question.crew:
        yield SeaReason(code="own_national", text=f"{question.asker} is itself a State of the crew")
    for a, b in _unordered(question):
        yield from _notes_on_pair(question, a, b)
    yield from _notes_on_zone(question)
    for row in question.instruments:
        yield from _notes_on_instrument(question, row)


def _notes_on_pair(question: _Question, a: str, b: str) -> Iterable[SeaReason]:
    governing = _governing(question, a, b)
    keys = {row.key: row for row in question.instruments}
    both = " and ".join(dict.fromkeys((a, b)))
    if governing is None:
        count = len(question.instruments)
        yield SeaReason(
            code="general_law",
            text=f"none of the general instruments among the {count} loaded on the sea is on record between {both}; "
            "general law applies: custom may say the same; not judged here",
        )
    if _LATER not in keys:
        return
    later = keys[_LATER]
    holds = {code: _hold(question, later, question.standings.of(_LATER, code)) for code in dict.fromkeys((a, b))}
    outside = [code for code, hold in holds.items() if hold is Hold.NOT_BOUND]
    unsure = [code for code, hold in holds.items() if hold is Hold.UNSURE]
    if outside:
        rest = ""
        if governing is not None:
            verb = "binds" if governing.hold is Hold.BOUND else "may bind"
            rest = f"; {keys[governing.instrument].short_title} {verb} both"
        yield SeaReason(
            code="not_party",
            text=f"{' and '.join(outside)} not on record as bound by {later.short_title} on {question.on}{rest}",
            instrument=_LATER,
            title=later.short_title,
        )
    elif unsure:
        yield SeaReason(
            code="party_not_sure",
            text=f"no confirmed act settles that it binds {' and '.join(unsure)}; ask the depositary first",
            instrument=_LATER,
            title=later.short_title,
        )
    elif _EARLIER in keys and question.bond(keys[_EARLIER], a, b).hold is Hold.BOUND:
        provision = question.register.provision(_LATER, _PREVAILS)
        text = f"{later.short_title} prevails over {keys[_EARLIER].short_title} between {both}"
        yield _from_row(provision, later, code="later_prevails", text=text, provision=_PREVAILS)


def _notes_on_zone(question: _Question) -> Iterable[SeaReason]:
    loaded = any(row.key == _LATER for row in question.instruments)
    day = question.standings.treaty_day(_LATER) if loaded else None
    if question.zone in _MIDDLE and (day is None or day > question.on):
        yield SeaReason(
            code="zone_not_yet",
            text=f"no instrument loaded that was in force on {question.on} sets up the {question.zone.label}",
        )
    elif question.zone in _MIDDLE and question.coastal is not None:
        held = _governing(question, question.coastal, question.flag)
        if held is None or held.instrument != _LATER:
            yield SeaReason(
                code="zone_by_custom",
                text=f"what sets up the {question.zone.label} is not on record between {question.coastal} and "
                f"{question.flag}; what custom or instruments not loaded say of it is not judged here",
            )


def _notes_on_instrument(question: _Question, row: Instrument) -> Iterable[SeaReason]:
    if row.parties_until is not None and (row.parties is Parties.PARTIAL or row.parties_until < question.on):
        part = "in part, " if row.parties is Parties.PARTIAL else ""
        yield SeaReason(
            code="acts_loaded_until",
            text=f"its acts are loaded {part}until {row.parties_until}; ask the depositary for others",
            instrument=row.key,
            title=row.short_title,
        )
    codes = dict.fromkeys(code for pair in question.pairs() for code in pair)
    remarks = [act for code in codes for act in question.standings.of(row.key, code).remarks]
    for act in dict.fromkeys(remarks):
        if act.about is None or act.about in codes:
            yield _from_row(act, row, code=act.act.value, text=remark_text(act), provision=act.provision)
    if any(question.bond(row, a, b).hold is not Hold.NOT_BOUND for a, b in question.pairs()):
        reason = not_loaded(question.register, row.key)
        yield SeaReason(code=reason.code, text=reason.text, instrument=row.key, title=row.short_title)


def _unordered(question: _Question) -> list[tuple[str, str]]:
    """Return each pair once, whichever of the two is named first."""
    kept: dict[frozenset[str], tuple[str, str]] = {}
    for pair in question.pairs():
        kept.setdefault(frozenset(pair), pair)
    return list(kept.values())


def _from_row(row: Sourced, instrument: Instrument, *, code: str, text: str, provision: str | None) -> SeaReason:
    return SeaReason(
        code=code,
        text=text,
        provision=provision,
        source=row.source,
        grade=row.grade,
        grade_detail=row.grade_detail,
        instrument=instrument.key,
        title=instrument.short_title,
    )


def _cited(question: _Question, bond: Bond, code: str) -> str:
    """Return the provision of a governing instrument that holds a rule of the zone, and whether it is sure to bind."""
    rule = next(row for row in _rules_of(question, bond) if row.code == code)
    title = question.register.instrument(bond.instrument).short_title
    return f"{title} {rule.provision}{'' if bond.hold is Hold.BOUND else ', not sure to bind,'}"


def _rules_of(question: _Question, bond: Bond) -> list[ZoneRule]:
    return [row for row in load_zone_rules() if row.instrument == bond.instrument and question.zone in row.zones]


def _summary(question: _Question, governing: Bond | None) -> str:
    where = question.zone.label if question.coastal is None else f"{question.zone.label} of {question.coastal}"
    if question.zone.under_sovereignty and question.coastal is not None:
        held = _governing(question, question.coastal, question.flag)
        if held is not None and held.instrument == _LATER:
            rule, coastal = _cited(question, held, "sovereignty"), question.coastal
            return f"{where}: {rule} gives {coastal} sovereignty, so that its law applies within the limits shown"
    elif governing is not None:
        return f"{where}: {_flag_and_persons(question, governing)}"
    first = question.coastal if question.zone.under_sovereignty and question.coastal is not None else question.asker
    return (
        f"{where}: none of the general instruments among the {len(question.instruments)} loaded on the sea is on "
        f"record between {first} and {question.flag}; see the notes"
    )


def _flag_and_persons(question: _Question, governing: Bond) -> str:
    """Say what the governing instrument gives the flag and the States of the crew, and what it leaves open."""
    crew = [code for code in question.crew if _governing(question, question.asker, code) is not None]
    persons = ", ".join(crew) + " try their nationals" if crew else "the State of their nationality try persons"
    rules = _rules_of(question, governing)
    courts = next(row.provision for row in rules if row.code == "incident_courts")
    unsettled = any(row.code == "incident_undefined" and question.intent in row.intents for row in rules)
    return (
        f"{_cited(question, governing, 'flag_jurisdiction')} gives the flag {question.flag} exclusive jurisdiction "
        f"over the ship, save exceptions in treaties; after an incident of navigation {courts} also lets {persons}"
        f"{'; whether a wilful cut is such an incident is not settled' if unsettled else ''}"
    )
