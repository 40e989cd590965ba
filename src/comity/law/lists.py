"""A depositary's list as it is kept: the acts that it stated, those that it replaced, and how far it is complete.

Every list that is applied adds to what is kept: its acts come with their own source, and only the acts that were shown
as changed give way. What stands elsewhere and was written later is never taken away, so that two sources can disagree.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from comity.errors import MalformedError
from comity.law.importing.difference import Difference
from comity.law.importing.facts import Spells, bears_out, by_fact
from comity.law.importing.listing import Listing
from comity.law.model import ActSort, Parties, without_letter
from comity.law.register import Register
from comity.law.rows import Action, Instrument
from comity.parties.participants import participant


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptList:
    """What the lists of one instrument that were applied come to.

    `replaced` are the acts of other tables that give way; `as_of` is the day of the newest list; `covers` has for a
    sort of act the day until which a list left none of it out.
    """

    instrument: str
    acts: tuple[Action, ...]
    as_of: date
    covers: Mapping[ActSort, date] = field(default_factory=dict)
    replaced: tuple[Action, ...] = ()


def newer_list(kept: KeptList | None, listing: Listing, difference: Difference) -> KeptList:
    """Return what is kept once a list is applied, of which `difference` is what it changes.

    Raises:
        MalformedError: the day of the list is not known.
    """
    day = listing.found.as_of
    if day is None:
        raise MalformedError("the list does not say on which day it was taken; give it with --as-of")
    before = KeptList(instrument=listing.instrument, acts=(), as_of=day) if kept is None else kept
    stay = tuple(act for act in before.acts if act not in difference.replaced)
    given_way = (act for act in difference.replaced if act not in before.acts)
    covers = {sort: max(day, before.covers.get(sort, day)) for sort in listing.found.covers}
    return KeptList(
        instrument=listing.instrument,
        acts=(*stay, *_not_among(stay, listing.actions())),
        as_of=max(day, before.as_of),
        covers={**before.covers, **covers},
        replaced=tuple(dict.fromkeys((*before.replaced, *given_way))),
    )


def with_list(register: Register, kept: KeptList) -> Register:
    """Return a register with a kept list: what it replaced has given way, and what it adds is there.

    The day until which the parties are loaded moves only when a list left out no consent.

    Raises:
        MalformedError: an act is there twice from one source.
    """
    replaced = frozenset(kept.replaced)
    acts = tuple(act for act in register.actions_of(kept.instrument) if act not in replaced)
    others = tuple(act for act in register.actions if act.instrument != kept.instrument)
    instruments = tuple(_dated(row, kept) if row.key == kept.instrument else row for row in register.instruments)
    added = _not_among(acts, kept.acts)
    return replace(register, instruments=instruments, actions=(*others, *acts, *added))


def check_act(register: Register, act: Action) -> None:
    """Check that the participants of an act are known, and that its article is in the tables.

    Raises:
        NotFoundError: one of them is not.
    """
    participant(act.participant)
    if act.about is not None:
        participant(act.about)
    if act.provision is not None:
        register.provision(act.instrument, without_letter(act.provision))


def check_once(acts: tuple[Action, ...], *, where: str) -> None:
    """Check that no act is among others twice.

    Raises:
        MalformedError: one is.
    """
    for act, times in Counter(acts).items():
        if times > 1:
            raise MalformedError(f"{where}: {act.participant} {act.act} {act.when} is there twice; leave one out")


def _not_among(known: tuple[Action, ...], acts: tuple[Action, ...]) -> tuple[Action, ...]:
    """Return the acts that the known ones do not bear out."""
    groups = by_fact(known, acts, Spells((*known, *acts)))
    said = {act for olds, news in groups for act in news if any(bears_out(old, act) for old in olds)}
    return tuple(act for act in acts if act not in said)


def _dated(row: Instrument, kept: KeptList) -> Instrument:
    complete = kept.covers.get(ActSort.CONSENT)
    if complete is None:
        return row
    until = complete if row.parties_until is None else max(row.parties_until, complete)
    parties = Parties.PARTIAL if row.parties is Parties.NOT_LOADED else row.parties
    return replace(row, parties_until=until, parties=parties)
