"""How a record stands, as every export says it beside the record: as said, corrected or retracted, and by what.

`comity.conduct.corrections` decides; this is its answer in the form in which it goes out. Corrections join records:
what is corrected, what corrects it and what is put in its place belong together, and whatever corrects one of them may
change how each of the others stands.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from comity.conduct.corrections import CorrectedBy, CorrectionView, Fates, Stated
from comity.conduct.exporting.stix_parts import full_day
from comity.conduct.record import Record
from comity.conduct.statements import Body, Correction

State = Literal["standing", "corrected", "retracted"]
STATES: Final[frozenset[str]] = frozenset({"standing", "corrected", "retracted"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a record stands; `corrected_by` and `replaced_by` are record ids.

    `revoked` says that whoever said it has itself retracted or replaced it; `disputed`, that corrections differ, or
    that one comes from somebody whose word does not change the record.
    """

    state: State
    disputed: bool
    revoked: bool
    corrected_by: tuple[str, ...]
    replaced_by: tuple[str, ...]


class Standings:
    """How each of some records stands among them."""

    def __init__(self, records: Iterable[Record]) -> None:
        self._fates = Fates(records, None)
        self._joined = Joined()
        corrections = [record for record in self._fates.records.values() if isinstance(record.body, Correction)]
        for record in corrections:
            self._joined.take(record)
        self._number: Counter[str] = Counter()
        self._last: dict[str, date] = {}
        for record in corrections:
            assert isinstance(record.body, Correction)
            root = self._joined.of(record.id)
            self._number[root] += 1
            self._last[root] = max(self._last.get(root, date.min), full_day(record.body.said) or date.min)

    def of(self, record: Record) -> Standing:
        """Return how a record stands."""
        fate: Stated[Body] = self._fates.stated(record)
        replaced_by = self._fates.replacements.get(record.id, ())
        live = [view for view in fate.corrections if not view.withdrawn]
        return Standing(
            state="retracted" if fate.retracted else "corrected" if replaced_by else "standing",
            disputed=fate.disputed,
            revoked=any(view.made_by is CorrectedBy.SPEAKER and _ends(view) for view in live),
            corrected_by=tuple(view.id for view in live),
            replaced_by=replaced_by,
        )

    def by_speaker(self, record: Record) -> bool:
        """True for a correction that comes from whoever said what it corrects."""
        assert isinstance(record.body, Correction)
        views = self._fates.corrections.get(record.body.corrects, ())
        return any(view.id == record.id and view.made_by is CorrectedBy.SPEAKER for view in views)

    def changes(self, record: Record) -> tuple[int, date]:
        """Return how many corrections may have changed how a record stands, and the last day on which one was made."""
        root = self._joined.of(record.id)
        return self._number[root], self._last.get(root, date.min)


class Joined:
    """Which records corrections join; each group goes by the id of one of them. `weights` adds up what they weigh."""

    def __init__(self) -> None:
        self._above: dict[str, str] = {}
        self.weights: Counter[str] = Counter()

    def take(self, record: Record) -> None:
        """Take the next record: a correction joins what it corrects, itself and what it puts in its place."""
        if isinstance(record.body, Correction):
            self._join(record.id, record.body.corrects)
            if record.body.replacement is not None:
                self._join(record.id, record.body.replacement)

    def of(self, record_id: str) -> str:
        """Return the group of a record; one that nothing joins is a group of its own."""
        path = []
        while (above := self._above.get(record_id, record_id)) != record_id:
            path.append(record_id)
            record_id = above
        self._above |= dict.fromkeys(path, record_id)
        return record_id

    def _join(self, one: str, other: str) -> None:
        first, second = self.of(one), self.of(other)
        if first != second:
            self._above[first] = second
            self.weights[second] += self.weights.pop(first, 0)


def _ends(view: CorrectionView) -> bool:
    return view.in_effect and (view.body.kind == "retraction" or view.body.replacement is not None)
