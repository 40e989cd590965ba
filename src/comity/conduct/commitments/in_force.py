"""What a participant has committed itself to on a day: catalogues, records, positions and treaties, kept apart.

Nothing here says that anything was kept or not. A treaty binds only where the law room says that the participant is
a confirmed party; one that it signed and did not ratify is shown as signed, and no act is ever in breach of it by
that alone. Norms, measures and principles are voluntary and shown as such. What may have begun, but of which no exact
day is known, is marked as uncertain. What was withdrawn and what cannot be known are listed apart, not left out.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Final

from comity.conduct.commitments.bonds import Bond, CommitmentsOn, InForce
from comity.conduct.commitments.catalogue import (
    MEMORY_NOTICE,
    Catalogues,
    Item,
    Weight,
    in_order,
    load_catalogues,
    numbers_reported,
)
from comity.conduct.commitments.since import Since, parse_since
from comity.conduct.commitments.statements import Commitment
from comity.conduct.commitments.subscriptions import (
    UN_MEMBERS,
    Knowledge,
    Member,
    Subscription,
    common_positions_of,
    load_memberships,
    load_subscriptions,
    positions_of,
)
from comity.conduct.record import Record
from comity.errors import MalformedError, NotFoundError
from comity.law.binding import Binding, binding_of
from comity.law.model import Act, ActSort, InstrumentKind
from comity.law.register import Register
from comity.law.rows import Action, Instrument
from comity.law.standings import Standings, Status
from comity.parties.participants import is_fictitious, participant
from comity.parties.table import Grade, parse_grade

POSITIONS: Final = "positions"
SIGNED_ONLY_NOTICE: Final = (
    "signed, not ratified: the treaty does not bind; a signatory is only to refrain from defeating its object and "
    "purpose (Vienna Convention on the Law of Treaties, article 18), and no act is in breach by the signature alone"
)


def commitments_on(
    code: str,
    on: date,
    *,
    records: Iterable[Record] = (),
    standings: Standings | None = None,
    register: Register | None = None,
) -> CommitmentsOn:
    """Return what a participant has committed itself to on a day.

    `records` may hold records of any kind and participant; retracted ones are left out by the caller. A record that
    names a catalogue or item that is not in the tables is told as unknown, with the reason. `standings` are those of
    the same day, for who asks about many participants.

    Raises:
        NotFoundError: no participant has the code.
        MalformedError: `standings` are those of another day, or a table does not follow its format.
        StoreError: an installed table cannot be read.
    """
    participant(code)
    if standings is not None and standings.on != on:
        raise MalformedError(f"standings of {standings.on} do not answer for {on}")
    if standings is None:
        standings = Standings(on, register=register)
    loaded = {row.key for row in standings.register.instruments}
    catalogues = load_catalogues()
    held = [row for row in records if isinstance(row.body, Commitment) and row.body.participant == code]
    found = [
        *(entry for row in load_subscriptions() for entry in _of_subscription(row, code, on, catalogues)),
        *(entry for row in held for entry in _of_record(row, on, catalogues, loaded)),
    ]
    found = [
        *(_after_withdrawals(entry, held, on) for entry in found),
        *_lone_withdrawals(found, held, on),
    ]
    found += _of_positions(code, on)
    found += _of_treaties(code, standings)
    found.sort(key=lambda row: (row.catalogue, in_order(row.item or ""), row.since_text, row.source, row.label))
    entries = tuple(row for row in found if row.bond not in {Bond.UNKNOWN, Bond.WITHDRAWN})
    told = {row.key for row in entries}
    return CommitmentsOn(
        participant=code,
        on=on,
        entries=entries,
        unknown=tuple(row for row in found if row.bond is Bond.UNKNOWN and row.key not in told),
        withdrawn=tuple(row for row in found if row.bond is Bond.WITHDRAWN and row.key not in told),
    )


def _of_subscription(row: Subscription, code: str, on: date, catalogues: Catalogues) -> Iterable[InForce]:
    """Yield the items to which a participant is subscribed by a row, itself or through a group."""
    member = None if row.subscriber == code else _membership(row.subscriber, code, row.since)
    if row.subscriber != code and member is None:
        return
    since, notices = row.since, [] if row.note is None else [row.note]
    if member is not None and member.since is not None and member.since > row.since.latest:
        since = parse_since(member.since.isoformat())
        notices.append(f"a member since {member.since}, after the act of the group")
    if member is not None and member.until is not None and member.until <= on:
        notices.append(f"it left the group on {member.until}; no withdrawal from the catalogue is held")
    if not since.may_have_begun(on):
        return
    unknown = row.knowledge is Knowledge.UNKNOWN
    if unknown:
        notices += [
            f"only the number is public: {told.count} {told.what} ({told.as_of.text})"
            for told in numbers_reported(row.catalogue, on)[-1:]
        ]
    evidence = [] if member is None else [member.grade_detail]
    for item in _items(row.catalogue, row.items, row.since, catalogues):
        grade = weakest([row.grade_detail, item.grade_detail, *evidence])
        yield InForce(
            catalogue=item.catalogue,
            item=item.number,
            label=item.label,
            bond=Bond.UNKNOWN if unknown else Bond.VOLUNTARY,
            since=since,
            certain=since.began(on) and not unknown,
            act=row.act,
            through=_through(row),
            reservation=None,
            notices=_with_memory(notices, grade),
            source=row.source,
            grade=grade,
        )


def _of_record(record: Record, on: date, catalogues: Catalogues, loaded: set[str]) -> Iterable[InForce]:
    """Yield what a record tells of a participant's act towards a catalogue or an item of it."""
    body = record.body
    assert isinstance(body, Commitment)
    since = parse_since(body.on)
    if body.act == "withdrew" or not since.may_have_begun(on):
        return
    whole = (body.item, body.sources[0].title)
    items: list[tuple[str | None, str, Bond, tuple[str, ...]]]
    known = catalogues.keys()
    if body.act == "ratified_elsewhere" and body.catalogue not in known:
        apart = "the instrument is not among those of the law room"
        if body.catalogue in loaded:
            apart = "what the law room holds of it stands apart"
        items = [(*whole, Bond.NOT_CONFIRMED, (f"recorded as ratified; {apart}",))]
    else:
        try:
            held = _items(body.catalogue, () if body.item is None else (body.item,), since, catalogues)
        except NotFoundError as exc:
            items = [(*whole, Bond.UNKNOWN, (exc.message,))]
        else:
            experts = catalogues.catalogue(body.catalogue).heading.weight is Weight.EXPERTS
            bond = Bond.VOICED if experts else Bond.VOLUNTARY
            items = [(row.number, row.label, bond, _with_memory([], row.grade_detail)) for row in held]
    for number, label, bond, notices in items:
        yield InForce(
            catalogue=body.catalogue,
            item=number,
            label=label,
            bond=bond,
            since=since,
            certain=since.began(on) and bond is not Bond.UNKNOWN,
            act=body.act,
            through=body.through,
            reservation=body.reservation,
            notices=notices,
            source="; ".join(row.title for row in body.sources),
            grade=None,
            record=record.id,
        )


def _withdrawals(held: Iterable[Record], on: date) -> Iterable[tuple[Record, Commitment, Since]]:
    """Yield the withdrawals that may have been made by a day."""
    for record in held:
        body = record.body
        if isinstance(body, Commitment) and body.act == "withdrew" and parse_since(body.on).may_have_begun(on):
            yield record, body, parse_since(body.on)


def _means(withdrawal: Commitment, entry: InForce) -> bool:
    """Whether a withdrawal is one of what an entry tells."""
    return withdrawal.catalogue == entry.catalogue and withdrawal.item in {None, entry.item}


def _lone_withdrawals(found: Iterable[InForce], held: Iterable[Record], on: date) -> Iterable[InForce]:
    """Yield the withdrawals that take back nothing on record here, so that a slip in a name does not go unseen."""
    told = tuple(found)
    for record, body, when in _withdrawals(held, on):
        if not any(_means(body, entry) for entry in told):
            yield InForce(
                catalogue=body.catalogue,
                item=body.item,
                label=body.sources[0].title,
                bond=Bond.UNKNOWN,
                since=when,
                certain=False,
                act=body.act,
                through=body.through,
                reservation=body.reservation,
                notices=(f"a withdrawal is recorded for {when.text}, of nothing that is on record here",),
                source="; ".join(row.title for row in body.sources),
                grade=None,
                record=record.id,
            )


def _after_withdrawals(entry: InForce, held: Iterable[Record], on: date) -> InForce:
    """Return an entry as withdrawals leave it: withdrawn where it is for certain, marked where it only may be."""
    for record, body, when in _withdrawals(held, on):
        since = entry.since
        if not _means(body, entry) or (since is not None and since.earliest > when.latest):
            continue
        if when.began(on) and (since is None or since.latest <= when.earliest):
            return replace(
                entry,
                bond=Bond.WITHDRAWN,
                since=when,
                act=body.act,
                notices=(f"{entry.act} {entry.since_text}", *entry.notices),
                record=record.id,
            )
        doubt = "perhaps of an earlier act" if when.began(on) else "perhaps before that day"
        note = f"a withdrawal is recorded for {when.text}, {doubt}"
        entry = replace(entry, certain=False, notices=(*entry.notices, note))
    return entry


def _of_positions(code: str, on: date) -> Iterable[InForce]:
    """Yield the views on international law that a participant voiced, or that were voiced for it."""
    for row in positions_of(code):
        if row.published.may_have_begun(on):
            yield InForce(
                catalogue=POSITIONS,
                item=None,
                label=f"{row.form.label}: {row.title}",
                bond=Bond.VOICED,
                since=row.published,
                certain=row.published.began(on),
                act="published",
                through=None,
                reservation=None,
                notices=_with_memory([], row.grade_detail),
                source=row.source,
                grade=row.grade_detail,
            )
    for row, member in common_positions_of(code):
        if row.published.may_have_begun(on) and member.belonged(on):
            grade = weakest([row.grade_detail, member.grade_detail])
            yield InForce(
                catalogue=POSITIONS,
                item=None,
                label=f"{row.form.label}: {row.title}",
                bond=Bond.VOICED,
                since=row.published,
                certain=row.published.began(on),
                act="published",
                through=row.covers,
                reservation=None,
                notices=_with_memory(["voiced for the members of a group, not by itself"], grade),
                source=row.source,
                grade=grade,
            )


# By the value of a `Standing`; those that are not here hold a participant to nothing.
_BONDS: Final = {
    "party": Bond.BOUND,
    "consented": Bond.CONSENTED,
    "signatory": Bond.SIGNED_ONLY,
    "withdrawn": Bond.WITHDRAWN,
    "presumed": Bond.NOT_CONFIRMED,
    "disputed": Bond.NOT_CONFIRMED,
    "not_loaded": Bond.UNKNOWN,
}


# The sort of act on which a bond rests; for those that are not here it is consent.
_DECIDING: Final = {Bond.SIGNED_ONLY: ActSort.SIGNATURE, Bond.WITHDRAWN: ActSort.WITHDRAWAL}


def _of_treaties(code: str, standings: Standings) -> Iterable[InForce]:
    """Yield the treaties that bind a participant, and apart from them those that it signed or may be bound by."""
    for instrument in standings.register.instruments:
        if instrument.kind is InstrumentKind.RECIPROCITY:
            continue
        status = standings.of(instrument.key, code)
        bond = _BONDS.get(status.standing.value)
        if bond is None or (bond is Bond.UNKNOWN and is_fictitious(code)):
            continue
        unsure = bond is Bond.CONSENTED and binding_of(standings, instrument, status) is not Binding.NOT_BOUND
        if unsure or (bond is Bond.BOUND and not status.bound):
            bond = Bond.NOT_CONFIRMED
        if bond is Bond.BOUND and instrument.kind is InstrumentKind.ARRANGEMENT:
            bond = Bond.VOLUNTARY
        yield _of_status(instrument, status, bond)


def _of_status(instrument: Instrument, status: Status, bond: Bond) -> InForce:
    sort = _DECIDING.get(bond, ActSort.CONSENT)
    acts = [act for act in status.acts if act.act.sort is sort]
    # The act that decides is as well known as the standing says.
    best = [act for act in acts if act.confidence is status.confidence]
    deciding = next(iter(reversed(best or acts)), None)
    notices: list[str] = []
    if bond is Bond.SIGNED_ONLY:
        notices.append(SIGNED_ONLY_NOTICE)
    if bond in {Bond.NOT_CONFIRMED, Bond.CONSENTED, Bond.UNKNOWN}:
        # The first reason about a territory names the state that acts for it, which `through` shows.
        notices += status.reasons[0 if status.through is None else 1 :]
    reservations = [
        f"to article {act.provision}" if act.provision else "to the whole"
        for act in status.remarks
        if act.act is Act.RESERVATION
    ]
    grade = instrument.grade_detail if deciding is None else deciding.grade_detail
    return InForce(
        catalogue=instrument.key,
        item=None,
        label=instrument.short_title,
        bond=bond,
        since=_since_of(instrument, status, bond, deciding),
        certain=bond is not Bond.UNKNOWN,
        act=status.standing.label if deciding is None else f"{deciding.act.label} ({deciding.confidence})",
        through=status.through,
        reservation="; ".join(reservations) or None,
        notices=_with_memory(notices, grade),
        source=instrument.source if deciding is None else deciding.source,
        grade=grade,
    )


def _since_of(instrument: Instrument, status: Status, bond: Bond, deciding: Action | None) -> Since | None:
    """Return since when a treaty binds, or when it was signed or consented to; a reported act may have no day."""
    day = status.since if bond is Bond.BOUND or deciding is None else deciding.on
    if bond is Bond.WITHDRAWN and status.until is not None:
        day = status.until
    if day is not None:
        return parse_since(day.isoformat())
    if deciding is None or deciding.known_by is None:
        return None
    first = min(instrument.opened or deciding.known_by, deciding.known_by)
    return Since(earliest=first, latest=deciding.known_by, text=f"by {deciding.known_by}")


def _items(catalogue: str, numbers: tuple[str, ...], since: Since, catalogues: Catalogues) -> tuple[Item, ...]:
    """Return the items meant: those named, or all that the catalogue had by the year of the act."""
    known = catalogues.keys()
    if catalogue not in known:
        raise NotFoundError(
            f"catalogue {catalogue!r} is not in the tables, which hold {', '.join(known)}; the status of a "
            "treaty comes from the law room, and one that it does not hold is recorded as ratified_elsewhere"
        )
    whole = catalogues.catalogue(catalogue)
    if numbers:
        return tuple(whole.item(number) for number in numbers)
    return tuple(row for row in whole.items if int(row.version) <= since.latest.year)


def _membership(group: str, code: str, since: Since) -> Member | None:
    """Return the membership by which an act of a group counts for a participant: then, or later."""
    if group == UN_MEMBERS:
        who = participant(code)
        if who.un_member_since is None:
            return None
        later = who.un_member_since > since.latest.year
        return Member(
            group=group,
            participant=code,
            since=date(who.un_member_since, 12, 31) if later else None,
            until=None,
            source=who.source,
            grade=Grade.SECONDARY,
            grade_detail="S",
        )
    for row in load_memberships():
        if (row.group, row.participant) == (group, code) and (row.until is None or row.until > since.earliest):
            return row
    return None


def _through(row: Subscription) -> str | None:
    """Return the group and the meeting through which an act was done."""
    group = row.subscriber if row.subscriber.islower() else None
    return ", ".join(part for part in (group, row.through) if part is not None) or None


def weakest(details: Iterable[str]) -> str:
    """Return the grade of something that rests on several rows: every part once, strongest first.

    Raises:
        MalformedError: a grade is unknown.
    """
    parts = {part for detail in details for part in detail.split("+")}
    joined = "+".join(grade.value for grade in Grade if grade.value in parts)
    parse_grade(joined)
    return joined


def _with_memory(notices: list[str], grade: str) -> tuple[str, ...]:
    return (*notices, MEMORY_NOTICE) if parse_grade(grade) is Grade.MEMORY else tuple(notices)
