"""Reference tables: CSV files of facts, in which every row names its source and its grade.

A grade says what stands behind a row. A table that somebody edited carelessly must stop the program rather than
teach it a wrong rule, so the reader accepts one header, one spelling of a value and no blank evidence, and every
refusal names the file and the line.

Grades follow the evidence tags of the project's reading of the Convention: T, the text itself was read; S, a
secondary source says so; P, only a parent treaty was read; M, memory. A compound such as `P+M` counts as its
weakest part, and the compound spelling is kept for display.
"""

import csv
import io
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import NoReturn, TypedDict, TypeVar

from comity.errors import MalformedError, StoreError

Row = TypeVar("Row")
Choice = TypeVar("Choice", bound=StrEnum)

EVIDENCE_COLUMNS = ("source", "grade")

# ISO 8601 has many spellings of a day; a table uses this one.
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_WHOLE = re.compile(r"0|[1-9][0-9]{0,8}", re.ASCII)


class Grade(StrEnum):
    """What a row rests on, strongest first."""

    TEXT = "T"
    SECONDARY = "S"
    PARENT = "P"
    MEMORY = "M"

    @property
    def binding(self) -> bool:
        """True when a rule of this grade may block, start a clock or support a challenge; memory only warns."""
        return self is not Grade.MEMORY

    @property
    def needs_notice(self) -> bool:
        """True when every display of the rule must say that it rests on a parent treaty or on memory."""
        return self in {Grade.PARENT, Grade.MEMORY}

    @property
    def meaning(self) -> str:
        """What the letter stands for, for display."""
        return {
            Grade.TEXT: "read in the text itself",
            Grade.SECONDARY: "rests on a secondary source",
            Grade.PARENT: "read in a parent treaty only",
            Grade.MEMORY: "rests on memory; check it against the certified text",
        }[self]


# Weakest last: the grade of a compound is the part that comes last here.
_ORDER = tuple(Grade)


class EvidenceFields(TypedDict):
    """The three evidence values as keyword arguments of a row."""

    source: str
    grade: Grade
    grade_detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sourced:
    """The evidence that every row of every reference table carries."""

    source: str
    grade: Grade
    grade_detail: str


@cache
def parse_grade(text: str) -> Grade:
    """Return the weakest part of a grade such as `T` or `P+M`.

    Raises:
        MalformedError: a part is unknown, repeated or out of order.
    """
    try:
        parts = tuple(Grade(part) for part in text.split("+"))
    except ValueError as exc:
        raise MalformedError(f"grade {text!r} is not made of T, S, P and M joined by '+'") from exc
    if parts != tuple(grade for grade in _ORDER if grade in parts):
        raise MalformedError(f"grade {text!r} must name each part once, strongest first")
    return parts[-1]


class Fields:
    """One row of a table while it is read; each accessor refuses a bad value with file and line."""

    def __init__(self, where: str, values: dict[str, str]) -> None:
        self._where = where
        self._values = values

    def refuse(self, why: str) -> NoReturn:
        """Refuse the row.

        Raises:
            MalformedError: always, naming file and line.
        """
        raise MalformedError(f"{self._where}: {why}")

    def optional(self, column: str) -> str | None:
        """Return a cell, or None when it is empty."""
        value = self._values[column]
        return value if value != "" else None

    def text(self, column: str) -> str:
        """Return a cell that must not be empty.

        Raises:
            MalformedError: the cell is empty.
        """
        value = self._values[column]
        if value == "":
            self.refuse(f"column {column} is empty")
        return value

    def words(self, column: str) -> tuple[str, ...]:
        """Return the parts of a cell separated by single spaces.

        Raises:
            MalformedError: the cell is empty or a part is repeated.
        """
        parts = tuple(self.text(column).split(" "))
        if "" in parts or len(set(parts)) != len(parts):
            self.refuse(f"column {column} must hold different words with single spaces, got {' '.join(parts)!r}")
        return parts

    def optional_words(self, column: str) -> tuple[str, ...]:
        """Return the parts of a cell separated by single spaces, none when it is empty.

        Raises:
            MalformedError: a part is repeated.
        """
        return () if self._values[column] == "" else self.words(column)

    def optional_choice(self, column: str, kind: type[Choice]) -> Choice | None:
        """Return a cell as a member of an enumeration, or None when it is empty.

        Raises:
            MalformedError: the value is not one of its members.
        """
        value = self._values[column]
        return None if value == "" else self._member(column, value, kind)

    def parts(self, column: str) -> tuple[str, ...]:
        """Return the parts of a cell separated by `; `, none when it is empty.

        Raises:
            MalformedError: a part is empty.
        """
        value = self._values[column]
        if value == "":
            return ()
        parts = tuple(value.split("; "))
        if "" in parts:
            self.refuse(f"column {column} has an empty part")
        return parts

    def choice(self, column: str, kind: type[Choice]) -> Choice:
        """Return a cell as a member of an enumeration.

        Raises:
            MalformedError: the value is not one of its members.
        """
        return self._member(column, self.text(column), kind)

    def choices(self, column: str, kind: type[Choice]) -> tuple[Choice, ...]:
        """Return the words of a cell as members of an enumeration.

        Raises:
            MalformedError: a word is not one of its members.
        """
        return tuple(self._member(column, word, kind) for word in self.words(column))

    def day(self, column: str) -> date:
        """Return a cell as a day.

        Raises:
            MalformedError: the cell is not a day of the form YYYY-MM-DD.
        """
        value = self.text(column)
        if _DAY.fullmatch(value) is None:
            self.refuse(f"column {column} must be a day YYYY-MM-DD, got {value!r}")
        try:
            return date.fromisoformat(value)
        except ValueError as exc:
            raise MalformedError(f"{self._where}: column {column} is no day of the calendar: {value!r}") from exc

    def optional_day(self, column: str) -> date | None:
        """Return a cell as a day, or None when it is empty.

        Raises:
            MalformedError: the cell holds something else than a day.
        """
        return None if self._values[column] == "" else self.day(column)

    def optional_whole(self, column: str) -> int | None:
        """Return a cell as a whole number from 0, or None when it is empty.

        Raises:
            MalformedError: the cell holds something else.
        """
        value = self._values[column]
        if value == "":
            return None
        if _WHOLE.fullmatch(value) is None:
            self.refuse(f"column {column} must be a whole number, got {value!r}")
        return int(value)

    def evidence(self) -> EvidenceFields:
        """Return source and grade, which no row may lack.

        Raises:
            MalformedError: one of them is empty or the grade is unknown.
        """
        detail = self.text("grade")
        try:
            grade = parse_grade(detail)
        except MalformedError as exc:
            raise MalformedError(f"{self._where}: {exc.message}") from exc
        return EvidenceFields(source=self.text("source"), grade=grade, grade_detail=detail)

    def _member(self, column: str, value: str, kind: type[Choice]) -> Choice:
        try:
            return kind(value)
        except ValueError as exc:
            known = ", ".join(sorted(kind))
            raise MalformedError(f"{self._where}: column {column} holds {value!r}, wanted one of {known}") from exc


def parse_table(
    data: bytes, *, where: str, columns: tuple[str, ...], build: Callable[[Fields], Row]
) -> tuple[Row, ...]:
    """Read the rows of a table whose header is `columns` followed by source and grade.

    Raises:
        MalformedError: the table is not UTF-8 CSV with exactly these columns, or `build` refuses a row.
    """
    return tuple(build(fields) for fields in _rows(data, where, (*columns, *EVIDENCE_COLUMNS)))


@dataclass(frozen=True, slots=True, kw_only=True)
class TableFolder:
    """A folder of tables: the `reference` of a room, or one that a user keeps in the same form."""

    root: Traversable
    name: str

    def subfolder(self, name: str) -> "TableFolder":
        """Return a folder within this one, which need not be there."""
        return TableFolder(root=self.root / name, name=f"{self.name}/{name}")

    def read(
        self, name: str, *, columns: tuple[str, ...], build: Callable[[Fields], Row], optional: bool = False
    ) -> tuple[Row, ...]:
        """Read a table; an optional one that is not there has no rows.

        Raises:
            StoreError: the file cannot be read.
            MalformedError: the file does not follow its format.
        """
        where = f"{self.name}/{name}"
        try:
            data = (self.root / name).read_bytes()
        except FileNotFoundError as exc:
            if optional:
                return ()
            raise StoreError(f"the table {where} is missing; install Comity again or mend the folder") from exc
        except OSError as exc:
            raise StoreError(f"the table {where} cannot be read: {exc.strerror}") from exc
        return parse_table(data, where=where, columns=columns, build=build)


def reference_folder(package: str) -> TableFolder:
    """Return the installed tables of a room, such as `comity.law`."""
    return TableFolder(root=files(package) / "reference", name=f"{package.rpartition('.')[2]}/reference")


def load_table(package: str, name: str, *, columns: tuple[str, ...], build: Callable[[Fields], Row]) -> tuple[Row, ...]:
    """Read the table `reference/<name>` of a room, such as `comity.law`.

    Raises:
        StoreError: the installed file cannot be read.
        MalformedError: the file does not follow its format.
    """
    return reference_folder(package).read(name, columns=columns, build=build)


def write_table(columns: tuple[str, ...], rows: Iterable[Mapping[str, str]]) -> bytes:
    """Return a table as bytes that `parse_table` reads again; each row holds the columns, source and grade."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, (*columns, *EVIDENCE_COLUMNS), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def _rows(data: bytes, where: str, columns: tuple[str, ...]) -> Iterator[Fields]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise MalformedError(f"{where}: not UTF-8 at byte {exc.start}") from exc
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = next(reader, [])
        if tuple(header) != columns:
            unknown = sorted(set(header) - set(columns))
            missing = sorted(set(columns) - set(header))
            raise MalformedError(
                f"{where}:1: wanted the columns {','.join(columns)}; unknown {unknown}, missing {missing}"
            )
        for cells in reader:
            yield _fields(f"{where}:{reader.line_num}", columns, cells)
    except csv.Error as exc:
        raise MalformedError(f"{where}:{reader.line_num}: not CSV: {exc}") from exc


def _fields(where: str, columns: tuple[str, ...], cells: list[str]) -> Fields:
    if len(cells) != len(columns):
        raise MalformedError(f"{where}: wanted {len(columns)} cells, got {len(cells)}")
    if not "".join(cells).isprintable() or [cell.strip() for cell in cells] != cells:
        column, why = next((name, why) for name, cell in zip(columns, cells, strict=True) if (why := _untidy(cell)))
        raise MalformedError(f"{where}: column {column} {why}")
    return Fields(where, dict(zip(columns, cells, strict=True)))


def _untidy(cell: str) -> str | None:
    """Return what is wrong with the characters of a cell, or None."""
    if cell != cell.strip():
        return "has outer white space"
    place, character = next(((at, one) for at, one in enumerate(cell, 1) if not one.isprintable()), (0, ""))
    if not character:
        return None
    name = unicodedata.name(character, "a control character").lower()
    return f"holds U+{ord(character):04X} ({name}) as its character {place}; leave it out, or write a plain space"
