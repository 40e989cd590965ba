"""What a downloaded list would change in the register: shown before anything is applied.

Acts are compared by fact: one participant's signature, its consent, its withdrawal, an application to one territory.
What a list of its kind does not speak of is untouched: sorts of act that it does not cover, and acts of former states,
which depositaries move into footnotes once a successor is listed.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from comity.law.importing.imported import ImportedAct, ImportedList
from comity.law.model import ActSort
from comity.law.rows import Action
from comity.parties.participants import participant

_Fact = tuple[str, ActSort, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One fact of which the register and the list say different things."""

    before: tuple[Action, ...]
    after: tuple[ImportedAct, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What a list adds, changes and no longer shows, what is the same in both, and what it does not speak of.

    `source` names the list; `unread` is what its file holds that was not read as an act.
    """

    source: str
    unread: tuple[str, ...]
    new: tuple[ImportedAct, ...]
    changed: tuple[Change, ...]
    vanished: tuple[Action, ...]
    same: tuple[Action, ...]
    untouched: tuple[Action, ...]

    @property
    def empty(self) -> bool:
        """True when the list says what the register says."""
        return not (self.new or self.changed or self.vanished)

    def lines(self) -> tuple[str, ...]:
        """Return the difference in lines: all that differs, how much does not, and what was not read."""
        return (
            f"list: {self.source}",
            *(f"new: {_told(act)}, {act.where}" for act in self.new),
            *(
                f"changed: {'; '.join(_told(act) for act in change.before)} "
                f"becomes {'; '.join(f'{_told(act)}, {act.where}' for act in change.after)}"
                for change in self.changed
            ),
            *(f"vanished: {_told(act)} ({act.confidence}, {act.source})" for act in self.vanished),
            f"the same: {len(self.same)}",
            f"untouched, as the list does not speak of them: {len(self.untouched)}",
            *(f"not read: {line}" for line in self.unread),
        )

    def to_json(self) -> dict[str, object]:
        """Return the difference as JSON values."""
        return {
            "source": self.source,
            "new": [_json(act) for act in self.new],
            "changed": [
                {"before": [_json(act) for act in change.before], "after": [_json(act) for act in change.after]}
                for change in self.changed
            ],
            "vanished": [_json(act) for act in self.vanished],
            "same": len(self.same),
            "untouched": len(self.untouched),
            "unread": list(self.unread),
        }


def compare(register_actions: Iterable[Action], imported: ImportedList) -> Difference:
    """Return what a list would change among the acts towards its instrument, in the order of participants' codes."""
    before, after = defaultdict[_Fact, list[Action]](list), defaultdict[_Fact, list[ImportedAct]](list)
    for found in imported.acts:
        after[_fact(found)].append(found)
    untouched = []
    for known in register_actions:
        covered = known.act.sort in imported.covers and participant(known.participant).existed_until is None
        if covered or _fact(known) in after:
            before[_fact(known)].append(known)
        else:
            untouched.append(known)
    new, changed, vanished, same = list[ImportedAct](), list[Change](), list[Action](), list[Action]()
    for fact in sorted({*before, *after}):
        olds, news = before.get(fact, []), after.get(fact, [])
        if not olds:
            new.extend(news)
        elif not news:
            vanished.extend(olds)
        elif _agree(olds, news):
            same.extend(olds)
        else:
            changed.append(Change(before=tuple(olds), after=tuple(news)))
    return Difference(
        source=imported.source,
        unread=imported.unread,
        new=tuple(new),
        changed=tuple(changed),
        vanished=tuple(vanished),
        same=tuple(same),
        untouched=tuple(untouched),
    )


def _fact(act: Action | ImportedAct) -> _Fact:
    # Remarks are several to a participant: each article and each act is its own fact.
    provision = f"{act.act} {act.provision or ''}" if act.act.sort is ActSort.REMARK else ""
    return act.participant, act.act.sort, act.about or "", provision


def _agree(olds: list[Action], news: list[ImportedAct]) -> bool:
    """True when both say the same, or the list only says by when and the register knows the day before that."""
    days = {(act.act, act.on, act.known_by) for act in olds}
    return days == {(act.act, act.on, act.known_by) for act in news} or all(
        new.known_by is not None and all(old.act is new.act and old.seen_by <= new.known_by for old in olds)
        for new in news
    )


def _json(act: Action | ImportedAct) -> dict[str, str]:
    members = {
        "participant": act.participant,
        "act": act.act.value,
        "on": None if act.on is None else act.on.isoformat(),
        "known_by": None if act.known_by is None else act.known_by.isoformat(),
        "confidence": act.confidence.value,
        "provision": act.provision,
        "about": act.about,
        "note": act.note,
        "where": act.where if isinstance(act, ImportedAct) else None,
        "source": act.source,
    }
    return {name: value for name, value in members.items() if value is not None}


def _told(act: Action | ImportedAct) -> str:
    about = f" for {participant(act.about).name}" if act.about is not None else ""
    return f"{participant(act.participant).name}: {act.act.label}{about} {act.when}"
