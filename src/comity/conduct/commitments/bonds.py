"""What holds a participant on a day: each commitment with its bond, and the list of them.

Values and their words only; which commitments there are, `in_force` finds out.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import groupby
from typing import Final

from comity.conduct.commitments.catalogue import MEMORY_NOTICE
from comity.conduct.commitments.since import Since
from comity.parties.participants import participant


class Bond(StrEnum):
    """How strongly something holds a participant."""

    BOUND = "bound"
    VOLUNTARY = "voluntary"
    VOICED = "voiced"
    SIGNED_ONLY = "signed_only"
    CONSENTED = "consented"
    NOT_CONFIRMED = "not_confirmed"
    WITHDRAWN = "withdrawn"
    UNKNOWN = "unknown"

    @property
    def label(self) -> str:
        """The bond in words."""
        return {
            "bound": "binds in law",
            "voluntary": "voluntary",
            "voiced": "view voiced",
            "signed_only": "signed only",
            "consented": "consented, not yet binding",
            "not_confirmed": "not confirmed",
            "withdrawn": "no longer held",
            "unknown": "unknown",
        }[self.value]


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """One commitment of one participant on a day.

    `item` is None for a treaty as a whole, or for a whole catalogue of which no items are held. `certain` is false
    where it may have begun only later. `record` is the record on which it rests, where it is not a table.
    """

    catalogue: str
    item: str | None
    label: str
    bond: Bond
    since: Since | None
    certain: bool
    act: str
    through: str | None
    reservation: str | None
    notices: tuple[str, ...]
    source: str
    grade: str | None
    record: str | None = None

    @property
    def key(self) -> str:
        """How a match names it: `gge_norms:f`, or the instrument alone."""
        return self.catalogue if self.item is None else f"{self.catalogue}:{self.item}"

    @property
    def since_text(self) -> str:
        """Since when, as far as it is known."""
        return "no day held" if self.since is None else self.since.text

    def to_json(self) -> dict[str, object]:
        """Return the commitment as JSON values; members that do not apply are left out."""
        members: dict[str, object | None] = {
            "commitment": self.key,
            "catalogue": self.catalogue,
            "item": self.item,
            "label": self.label,
            "bond": self.bond.value,
            "since": None if self.since is None else self.since.text,
            "certain": self.certain,
            "act": self.act,
            "through": self.through,
            "reservation": self.reservation,
            "notices": list(self.notices) or None,
            "source": self.source,
            "grade": self.grade,
            "record": self.record,
        }
        return {name: value for name, value in members.items() if value is not None}

    @property
    def terms(self) -> str:
        """How it holds and since when, for people; the items of one act share it."""
        parts = [self.bond.label]
        if self.bond is not Bond.UNKNOWN:
            parts[0] += f", {self.act} {self.since_text}"
            parts += [] if self.certain else ["perhaps not yet on that day"]
        parts += [] if self.through is None else [f"through {self.through}"]
        parts += [] if self.reservation is None else [f"with a reservation: {self.reservation}"]
        return "; ".join([*parts, *(note for note in self.notices if note != MEMORY_NOTICE)])

    @property
    def what(self) -> str:
        """Its number, label and grade, for people."""
        number = "" if self.item is None else f"{self.item}  "
        grade = "" if self.grade is None else f" [{self.grade}]"
        notice = f" {MEMORY_NOTICE}" if MEMORY_NOTICE in self.notices else ""
        return f"{number}{self.label}{grade}{notice}"


ROW_COLUMNS: Final = (
    *("participant", "on", "commitment", "label", "bond", "since", "certain", "act", "through", "reservation"),
    *("notices", "source", "grade", "record"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitmentsOn:
    """The commitments of a participant on a day, by catalogue and item.

    `unknown` are those that cannot be known, `withdrawn` those that it had given up by that day.
    """

    participant: str
    on: date
    entries: tuple[InForce, ...]
    unknown: tuple[InForce, ...]
    withdrawn: tuple[InForce, ...] = ()

    def of(self, commitment: str) -> tuple[InForce, ...]:
        """Return the entries under which a key falls: the item itself, or the whole instrument that it belongs to."""
        return falling_under(self.entries, commitment)

    def to_json(self) -> dict[str, object]:
        """Return the list as JSON values."""
        return {
            "participant": self.participant,
            "name": participant(self.participant).name,
            "on": self.on.isoformat(),
            "commitments": [row.to_json() for row in self.entries],
            "withdrawn": [row.to_json() for row in self.withdrawn],
            "unknown": [row.to_json() for row in self.unknown],
        }

    def rows(self) -> list[tuple[object, ...]]:
        """Return one row a commitment, in the columns of `ROW_COLUMNS`."""
        return [
            (
                *(self.participant, self.on.isoformat(), row.key, row.label, row.bond.value, row.since_text),
                *(str(row.certain).lower(), row.act, row.through, row.reservation),
                *("; ".join(row.notices), row.source, row.grade, row.record),
            )
            for row in (*self.entries, *self.withdrawn, *self.unknown)
        ]

    def lines(self) -> list[str]:
        """Return the list for people."""
        found = [f"{participant(self.participant).name} on {self.on}: {len(self.entries)} commitments"]
        for heading, entries in (
            ("", self.entries),
            ("withdrawn:", self.withdrawn),
            ("cannot be known:", self.unknown),
        ):
            found += [heading] if heading and entries else []
            for (catalogue, terms), group in groupby(entries, key=lambda row: (row.catalogue, row.terms)):
                found.append(f"  {catalogue}: {terms}")
                found += [f"    {row.what}" for row in group]
        return found


def falling_under(rows: Iterable[InForce], commitment: str) -> tuple[InForce, ...]:
    """Return the rows under which a key falls: the item itself, or the whole instrument that it belongs to."""
    catalogue, _, item = commitment.partition(":")
    return tuple(
        row for row in rows if row.catalogue == catalogue and (item == "" or row.item is None or row.item == item)
    )
