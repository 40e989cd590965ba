"""Catalogues of what states undertake, item by item: norms, confidence-building measures, principles.

Labels are in the project's own words, and each row names its source and grade. A catalogue has versions, because
measures were added over the years; an item carries the version with which it came. The eleven UN norms and the rules
of the Tallinn Manual stand in the law room and are taken from there, not written again. A catalogue says what its
items are worth: voluntary, or the text of experts that no state has adopted.

Invariants, checked when the catalogues are loaded: no item stands twice; every version holds as many items as the
table of catalogues says, where it gives a number; every item belongs to a catalogue and a version that it has.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Final

from comity.conduct.commitments.since import Since, since_of
from comity.errors import MalformedError, NotFoundError
from comity.law.reform.gaps import Norm, load_norms
from comity.law.sheet import csv_text
from comity.parties.table import Fields, Grade, Sourced, load_table

PACKAGE: Final = "comity.conduct"
MEMORY_NOTICE: Final = "rests on memory; check it against the text itself"
_VERSION: Final = re.compile(r"([0-9]{4})(?::([1-9][0-9]{0,2}))?", re.ASCII)
_PARTS: Final = re.compile(r"[0-9]+|[^0-9]+")


def notice_of(row: Sourced) -> str | None:
    """Return what must be said wherever a row is shown that rests on memory, or None."""
    return MEMORY_NOTICE if row.grade is Grade.MEMORY else None


def evidence_of(row: Sourced) -> str:
    """Return the grade of a row for people, with what must be said where it rests on memory."""
    notice = notice_of(row)
    return f"[{row.grade_detail}]" if notice is None else f"[{row.grade_detail}; {notice}]"


class Weight(StrEnum):
    """What the items of a catalogue are worth: none of them binds in law."""

    VOLUNTARY = "voluntary"
    EXPERTS = "experts"

    @property
    def label(self) -> str:
        """The weight in words."""
        return {"voluntary": "voluntary, not binding in law", "experts": "a text of experts, adopted by no state"}[
            self.value
        ]


class Nature(StrEnum):
    """What an item asks for."""

    RESTRAINT = "restraint"
    COOPERATION = "cooperation"
    POSITIVE = "positive"
    TRANSPARENCY = "transparency"
    CONTACT = "contact"
    CONSULTATION = "consultation"
    CAPACITY = "capacity"
    EXPERT_TEXT = "expert_text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item(Sourced):
    """One item of a catalogue by number or letter; `version` is the year of the version that brought it."""

    catalogue: str
    number: str
    label: str
    nature: Nature
    version: str

    @property
    def key(self) -> str:
        """How a commitment names the item, such as `gge_norms:f`."""
        return f"{self.catalogue}:{self.number}"

    @property
    def notice(self) -> str | None:
        """What must be said where the row rests on memory."""
        return notice_of(self)

    def to_json(self) -> dict[str, str]:
        """Return the item as JSON values; members that do not apply are left out."""
        members = {
            "item": self.key,
            "label": self.label,
            "nature": self.nature.value,
            "version": self.version,
            "source": self.source,
            "grade": self.grade_detail,
            "notice": self.notice,
        }
        return {name: value for name, value in members.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading(Sourced):
    """What a catalogue is; `versions` pairs each version with how many items it must hold, oldest first.

    A version without a number is one of which the table may hold some items only. `total` is how many items the
    catalogue has by its own count, where it has one.
    """

    key: str
    title: str
    issuer: str
    document: str
    adopted: Since
    weight: Weight
    versions: tuple[tuple[str, int | None], ...]
    total: int | None
    note: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """A catalogue in one version, its items in their order."""

    heading: Heading
    version: str
    items: tuple[Item, ...]

    @property
    def key(self) -> str:
        """The key of the catalogue."""
        return self.heading.key

    @property
    def complete(self) -> bool:
        """Whether the table holds every item that the catalogue has by its own count."""
        return self.heading.total is not None and len(self.items) == self.heading.total

    def item(self, number: str) -> Item:
        """Return an item.

        Raises:
            NotFoundError: this version has none of that number.
        """
        for row in self.items:
            if row.number == number:
                return row
        held = ", ".join(row.number for row in self.items)
        raise NotFoundError(f"{self.key} of {self.version} has no item {number!r}; it holds {held}")

    def to_json(self) -> dict[str, object]:
        """Return the catalogue as JSON values."""
        head = self.heading
        members: dict[str, object | None] = {
            "catalogue": head.key,
            "version": self.version,
            "versions": [version for version, _ in head.versions],
            "title": head.title,
            "issuer": head.issuer,
            "document": head.document,
            "adopted": head.adopted.text,
            "weight": head.weight.value,
            "total": head.total,
            "complete": self.complete,
            "note": head.note,
            "source": head.source,
            "grade": head.grade_detail,
            "notice": notice_of(head),
            "items": [row.to_json() for row in self.items],
        }
        return {name: value for name, value in members.items() if value is not None}

    def rows(self) -> list[tuple[str | None, ...]]:
        """Return one row an item, in the columns of `ITEM_COLUMNS`."""
        return [
            (
                *(row.catalogue, row.number, row.version, row.label, row.nature.value),
                *(self.heading.weight.value, row.source, row.grade_detail, row.notice),
            )
            for row in self.items
        ]

    def lines(self) -> list[str]:
        """Return the catalogue for people."""
        head = self.heading
        held = f"{len(self.items)} items"
        if not self.complete:
            held += ", no numbered list exists" if head.total is None else f" of {head.total}"
        found = [
            f"{head.title} ({head.key}, version {self.version}, {held})",
            f"{head.document}; {head.weight.label} {evidence_of(head)}",
        ]
        found += [] if head.note is None else [head.note]
        width = max(len(row.number) for row in self.items)
        for row in self.items:
            found.append(f"  {row.number:>{width}}  {row.label} {evidence_of(row)}")
        return found


ITEM_COLUMNS: Final = (
    *("catalogue", "item", "version", "label", "nature"),
    *("weight", "source", "grade", "notice"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogues:
    """All catalogues, in the order of the table, each with every item that it ever had."""

    headings: tuple[Heading, ...]
    items: tuple[Item, ...]

    def keys(self) -> tuple[str, ...]:
        """Return the keys in the order of the table."""
        return tuple(row.key for row in self.headings)

    def catalogue(self, key: str, *, version: str | None = None) -> Catalogue:
        """Return a catalogue in a version, the newest unless one is named.

        Raises:
            NotFoundError: there is no such catalogue, or it has no such version.
        """
        head = next((row for row in self.headings if row.key == key), None)
        if head is None:
            raise NotFoundError(f"catalogue {key!r} is not in the tables; they hold {', '.join(self.keys())}")
        known = [name for name, _ in head.versions]
        chosen = known[-1] if version is None else version
        if chosen not in known:
            raise NotFoundError(f"{key} has no version {chosen!r}; it has {', '.join(known)}")
        items = (row for row in self.items if row.catalogue == key and row.version <= chosen)
        return Catalogue(heading=head, version=chosen, items=tuple(sorted(items, key=lambda row: in_order(row.number))))

    def item(self, key: str) -> Item:
        """Return an item by a key such as `gge_norms:f`.

        Raises:
            NotFoundError: there is no such catalogue or item.
        """
        catalogue, _, number = key.partition(":")
        return self.catalogue(catalogue).item(number)

    def to_csv(self) -> str:
        """Return one row an item of the newest versions."""
        return csv_text(ITEM_COLUMNS, (row for key in self.keys() for row in self.catalogue(key).rows()))


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedNumber(Sourced):
    """How many somebody counted in public, where names are not public or the table here is incomplete."""

    catalogue: str
    as_of: Since
    count: int
    what: str

    def to_json(self) -> dict[str, object]:
        """Return the row as JSON values."""
        return {
            "catalogue": self.catalogue,
            "as_of": self.as_of.text,
            "count": self.count,
            "what": self.what,
            "source": self.source,
            "grade": self.grade_detail,
            **({} if (notice := notice_of(self)) is None else {"notice": notice}),
        }


def in_order(number: str) -> tuple[tuple[int, int, str], ...]:
    """Return the sort key of an item's number: 9 before 10, and letters by themselves."""
    return tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in _PARTS.findall(number))


def catalogue_title(key: str) -> str:
    """Return what a catalogue is called, or its key where it is none of the tables'."""
    try:
        return load_catalogues().catalogue(key).heading.title
    except NotFoundError:
        return key


@cache
def load_catalogues() -> Catalogues:
    """Return the installed catalogues, those of the law room among them.

    Raises:
        StoreError: an installed table cannot be read.
        MalformedError: a table does not follow its format, or the tables contradict each other.
    """
    headings = load_table(
        PACKAGE,
        "catalogues.csv",
        columns=("catalogue", "title", "issuer", "document", "adopted", "weight", "versions", "total", "note"),
        build=build_heading,
    )
    items = load_table(
        PACKAGE,
        "commitment_items.csv",
        columns=("catalogue", "item", "label", "nature", "version"),
        build=build_item,
    )
    return make_catalogues(headings, items, load_norms())


def make_catalogues(headings: Iterable[Heading], items: Iterable[Item], norms: Iterable[Norm]) -> Catalogues:
    """Join the catalogues with the norms that the law room holds.

    Raises:
        MalformedError: an item stands twice or in no catalogue or version, or a version holds another number of items
            than the table of catalogues says.
    """
    heads = tuple(headings)
    known = {row.key: row for row in heads}
    if len(known) != len(heads):
        raise MalformedError("conduct/reference/catalogues.csv holds a catalogue twice")
    taken = [_from_norm(row, known) for row in norms]
    rows = (*items, *taken)
    seen: set[str] = set()
    for row in rows:
        if row.catalogue not in known:
            raise MalformedError(f"conduct/reference/commitment_items.csv: {row.key} belongs to no catalogue")
        if row.key in seen:
            raise MalformedError(f"conduct/reference/commitment_items.csv: {row.key} stands twice")
        if row.version not in dict(known[row.catalogue].versions):
            raise MalformedError(f"conduct/reference/commitment_items.csv: {row.key} names no version of its catalogue")
        seen.add(row.key)
    for head in heads:
        for version, count in head.versions:
            held = sum(row.catalogue == head.key and row.version <= version for row in rows)
            if count is not None and held != count:
                raise MalformedError(
                    f"conduct/reference/catalogues.csv: {head.key} of {version} should hold {count} items, got {held}"
                )
    return Catalogues(headings=heads, items=rows)


@cache
def load_reported_numbers() -> tuple[ReportedNumber, ...]:
    """Return the numbers that others reported, in the order of the table.

    Raises:
        StoreError: the installed table cannot be read.
        MalformedError: it does not follow its format.
    """
    return load_table(
        PACKAGE, "commitment_counts.csv", columns=("catalogue", "as_of", "count", "what"), build=_build_number
    )


def build_heading(fields: Fields) -> Heading:
    """Build one row of catalogues.csv.

    Raises:
        MalformedError: a value is not allowed.
    """
    versions: list[tuple[str, int | None]] = []
    for word in fields.words("versions"):
        found = _VERSION.fullmatch(word)
        if found is None:
            fields.refuse(f"column versions holds {word!r}, wanted a year, with or without a number, such as 2016:16")
        versions.append((found[1], None if found[2] is None else int(found[2])))
    if [year for year, _ in versions] != sorted({year for year, _ in versions}):
        fields.refuse("column versions must hold different years, oldest first")
    return Heading(
        key=fields.text("catalogue"),
        title=fields.text("title"),
        issuer=fields.text("issuer"),
        document=fields.text("document"),
        adopted=since_of(fields, "adopted"),
        weight=fields.choice("weight", Weight),
        versions=tuple(versions),
        total=fields.optional_whole("total"),
        note=fields.optional("note"),
        **fields.evidence(),
    )


def build_item(fields: Fields) -> Item:
    """Build one row of commitment_items.csv.

    Raises:
        MalformedError: a value is not allowed.
    """
    return Item(
        catalogue=fields.text("catalogue"),
        number=fields.text("item"),
        label=fields.text("label"),
        nature=fields.choice("nature", Nature),
        version=fields.text("version"),
        **fields.evidence(),
    )


def _build_number(fields: Fields) -> ReportedNumber:
    count = fields.optional_whole("count")
    if count is None:
        fields.refuse("column count is empty")
    return ReportedNumber(
        catalogue=fields.text("catalogue"),
        as_of=since_of(fields, "as_of"),
        count=count,
        what=fields.text("what"),
        **fields.evidence(),
    )


def _from_norm(norm: Norm, known: dict[str, Heading]) -> Item:
    key = norm.catalogue.value
    if key not in known:
        raise MalformedError(f"conduct/reference/catalogues.csv lacks {key}, whose rows stand in the law room")
    return Item(
        catalogue=key,
        number=norm.number,
        label=norm.label,
        nature=Nature(norm.character.value),
        version=known[key].versions[0][0],
        source=norm.source,
        grade=norm.grade,
        grade_detail=norm.grade_detail,
    )


def numbers_reported(catalogue: str, on: date) -> tuple[ReportedNumber, ...]:
    """Return what others counted for a catalogue by a day, in the order of the table.

    Raises:
        StoreError: the installed table cannot be read.
        MalformedError: it does not follow its format.
    """
    return tuple(row for row in load_reported_numbers() if row.catalogue == catalogue and row.as_of.began(on))
