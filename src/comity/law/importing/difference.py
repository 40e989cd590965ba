"""What a downloaded list would change in the register: shown before anything is applied.

Acts are compared by fact: one participant's signature, its consent, its withdrawal, an application to one territory.
What a list of its kind does not speak of is untouched: sorts of act that it does not cover, and acts of former states
and of former times as a party, which depositaries move into footnotes.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from comity.law.importing.facts import Spells, bears_out, by_fact, displaced
from comity.law.importing.imported import ImportedAct, ImportedList
from comity.law.model import Confidence
from comity.law.rows import Action
from comity.parties.participants import participant


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One fact of which the register and the list say different things, or the list knows it better."""

    before: tuple[Action, ...]
    after: tuple[ImportedAct, ...]

    @property
    def replaced(self) -> tuple[Action, ...]:
        """The acts of which the list's take the place; those that are better known stay beside them."""
        return displaced(self.before, self.after)

    @property
    def line(self) -> str:
        """The change for a person."""
        after = "; ".join(f"{_told(act)}, {act.where}" for act in self.after)
        stay = [act for act in self.before if act not in self.replaced]
        if not self.replaced:
            return f"beside: {'; '.join(map(_told, stay))} stays, and with it goes {after}"
        differ = [act for act in stay if not any(bears_out(act, new) for new in self.after)]
        beside = f"; {'; '.join(map(_told, differ))} stays beside it" if differ else ""
        return f"changed: {'; '.join(map(_told, self.replaced))} becomes {after}{beside}"


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

    @property
    def replaced(self) -> tuple[Action, ...]:
        """The acts of the register of which the list's take the place when it is applied."""
        return tuple(act for change in self.changed for act in change.replaced)

    def lines(self) -> tuple[str, ...]:
        """Return the difference in lines: all that differs, how much does not, and what was not read."""
        return (
            f"list: {self.source}",
            *(f"new: {_told(act)}, {act.where}" for act in self.new),
            *(change.line for change in self.changed),
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
                {
                    "before": [_json(act) for act in change.before],
                    "after": [_json(act) for act in change.after],
                    "replaced": [_json(act) for act in change.replaced],
                }
                for change in self.changed
            ],
            "vanished": [_json(act) for act in self.vanished],
            "same": len(self.same),
            "untouched": len(self.untouched),
            "unread": list(self.unread),
        }


def compare(register_actions: Iterable[Action], imported: ImportedList) -> Difference:
    """Return what a list would change among the acts towards its instrument, in the order of participants' codes."""
    known = tuple(register_actions)
    spells = Spells((*known, *imported.acts))
    new, changed, vanished, same = list[ImportedAct](), list[Change](), list[Action](), list[Action]()
    for olds, news in by_fact(known, imported.acts, spells):
        if not news:
            vanished.extend(act for act in olds if _is_covered(act, imported, spells))
        elif not olds:
            new.extend(news)
        elif not displaced(olds, news) and all(any(bears_out(old, act) for old in olds) for act in news):
            same.extend(olds)
        else:
            changed.append(Change(before=tuple(olds), after=tuple(news)))
    told = {*vanished, *same, *(act for change in changed for act in change.before)}
    return Difference(
        source=imported.source,
        unread=imported.unread,
        new=tuple(new),
        changed=tuple(changed),
        vanished=tuple(vanished),
        same=tuple(same),
        untouched=tuple(act for act in known if act not in told),
    )


def _is_covered(act: Action, imported: ImportedList, spells: Spells) -> bool:
    former = participant(act.participant).existed_until is not None or spells.is_over(act)
    return act.act.sort in imported.covers and not former


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
    # A day that is not seen says by itself that the act is not confirmed.
    known = "" if act.on is None or act.confidence is Confidence.CONFIRMED else f" ({act.confidence})"
    return f"{participant(act.participant).name}: {act.act.label}{about} {act.when}{known}"
