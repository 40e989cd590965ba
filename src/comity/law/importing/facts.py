"""Which acts state one fact, and which of them a newer list takes the place of.

A fact is one participant's signature, its consent or its withdrawal within one spell as a party, one sort of act about
one territory, or one remark. A list replaces what it contradicts of the same fact, and never what is better known:
that stays beside it, as a dispute or as a version that shows the list's to be the weaker one.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import TypeVar

from comity.law.importing.imported import ImportedAct
from comity.law.model import Act, ActSort, Confidence
from comity.law.rows import Action
from comity.parties.table import parse_grade

Stated = TypeVar("Stated", Action, ImportedAct)

_Fact = tuple[str, ActSort, str, str]
_CONFIDENCES = tuple(Confidence)
_OF_A_SPELL = frozenset({ActSort.CONSENT, ActSort.WITHDRAWAL})


class Spells:
    """The spells of participants as parties, which begin anew with the first consent after a withdrawal."""

    def __init__(self, acts: Iterable[Action | ImportedAct]) -> None:
        self._anew = defaultdict[str, list[date]](list)
        left = set[str]()
        # Of acts of one day the withdrawal comes first: what is older is then of another spell, and does not give way.
        for act in sorted(acts, key=lambda act: (act.seen_by, act.act is not Act.WITHDRAWAL)):
            if act.act is Act.WITHDRAWAL:
                left.add(act.participant)
            elif act.act.binds and act.participant in left:
                left.remove(act.participant)
                self._anew[act.participant].append(act.seen_by)

    def number(self, act: Action | ImportedAct) -> int:
        """Return in which of its participant's spells an act lies; 0 is the first."""
        return bisect_right(self._anew.get(act.participant, []), act.seen_by)

    def is_over(self, act: Action | ImportedAct) -> bool:
        """Whether an act is of a spell that another one followed."""
        return act.act.sort in _OF_A_SPELL and self.number(act) < len(self._anew.get(act.participant, []))


def by_fact(
    known: Iterable[Action], found: Iterable[Stated], spells: Spells
) -> Iterator[tuple[list[Action], list[Stated]]]:
    """Yield what is known and what a list states, fact by fact, in the order of participants' codes."""
    before: dict[_Fact, list[Action]] = defaultdict(list)
    after: dict[_Fact, list[Stated]] = defaultdict(list)
    for act in known:
        before[_fact(act, spells)].append(act)
    for stated in found:
        after[_fact(stated, spells)].append(stated)
    for fact in sorted({*before, *after}):
        olds, news = before.get(fact, []), after.get(fact, [])
        if fact[1] is ActSort.REMARK:
            yield from _remarks(olds, news)
        else:
            yield olds, news


def bears_out(known: Action, stated: Action | ImportedAct) -> bool:
    """Whether a known act says at least what an act of the same fact says, and is known as well."""
    return known.act is stated.act and strength(known) <= strength(stated) and _within(known, stated)


def displaced(known: Sequence[Action], stated: Sequence[Action | ImportedAct]) -> tuple[Action, ...]:
    """Return the known acts of which a list's acts of the same fact take the place: none that is better known."""
    best = min((strength(act) for act in stated), default=None)
    return tuple(
        act
        for act in known
        if best is not None and strength(act) >= best and not any(_stands_beside(act, new) for new in stated)
    )


def strength(act: Action | ImportedAct) -> tuple[int, bool]:
    """Return how well an act is known; the least is the best known."""
    grade = act.grade if isinstance(act, Action) else parse_grade(act.grade)
    return _CONFIDENCES.index(act.confidence), not grade.binding


def _fact(act: Action | ImportedAct, spells: Spells) -> _Fact:
    sort = act.act.sort
    if sort in _OF_A_SPELL:
        detail = f"{spells.number(act):04}"
    elif sort is ActSort.SIGNATURE:
        detail = ""
    else:
        # Of these a participant makes several: each act on each article or territory is its own fact.
        detail = f"{act.act} {act.provision or ''}" if sort is ActSort.REMARK else act.act.value
    return act.participant, sort, act.about or "", detail


def _remarks(olds: list[Action], news: list[Stated]) -> Iterator[tuple[list[Action], list[Stated]]]:
    """Yield remarks of one kind on one article one by one: those of two days are two and do not replace each other."""
    left = list(olds)
    for new in news:
        same = [old for old in left if _days(old) == _days(new)]
        match = [old for old in same if old.note == new.note] or same or [old for old in left if _may_be(old, new)]
        left = [old for old in left if old not in match[:1]]
        yield match[:1], [new]
    yield from (([old], []) for old in left)


def _may_be(old: Action, new: Action | ImportedAct) -> bool:
    """Whether two acts can be one: the day of one is not known and that of the other is none too late."""
    if (old.on is None) == (new.on is None):
        return old.on is None
    return old.seen_by <= new.seen_by if new.on is None else new.seen_by <= old.seen_by


def _stands_beside(old: Action, new: Action | ImportedAct) -> bool:
    """Whether an act stays although a list speaks of its fact: it is borne out, or the list only says by when."""
    return bears_out(old, new) or (old.act is new.act and _days(old) != _days(new) and _within(old, new))


def _within(old: Action, new: Action | ImportedAct) -> bool:
    return _days(old) == _days(new) or (new.on is None and old.seen_by <= new.seen_by)


def _days(act: Action | ImportedAct) -> tuple[date | None, date | None]:
    return act.on, act.known_by
