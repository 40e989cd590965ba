"""What no treaty covers: concerns against instruments and norms, each cell an article or a reasoned "nothing found".

A column is a loaded instrument or a catalogue of norms. Norms bind nobody: those of the UN experts' group are
voluntary, and the Tallinn Manual is a text of experts that no state has adopted. A cell says what was found and where
it was looked for; it is no verdict on a state or a treaty.

Invariants, checked when a matrix is made: every concern has exactly one cell in every column; a cell that found
something names provisions or norms that are in the tables; one that found nothing says what was searched.
"""

import textwrap
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from comity.errors import MalformedError, NotFoundError
from comity.law.model import without_letter
from comity.law.reason import CHECK_TEXT
from comity.law.register import Register, load_register
from comity.law.sheet import csv_text
from comity.parties.table import Fields, Grade, Sourced, load_table

_PACKAGE = "comity.law"
_WIDTH = 110


class Finding(StrEnum):
    """What was found in a column on a concern."""

    COVERED = "covered"
    PARTLY = "partly"
    NOTHING_FOUND = "nothing_found"

    @property
    def label(self) -> str:
        """The finding in words."""
        return self.value.replace("_", " ")

    @property
    def mark(self) -> str:
        """One character for a table."""
        return {"covered": "+", "partly": "~", "nothing_found": "-"}[self.value]


class AtHome(StrEnum):
    """How far the law of one state can answer a concern.

    `yes`: for whatever lies in its territory. `partly`: for its own ships and nationals, or its own side, while others
    stay free. `no`: only states together can.
    """

    YES = "yes"
    PARTLY = "partly"
    NO = "no"


class Catalogue(StrEnum):
    """A set of norms that bind nobody."""

    GGE_NORMS = "gge_norms"
    TALLINN = "tallinn"

    @property
    def label(self) -> str:
        """The catalogue in words, with what it is worth."""
        return {
            "gge_norms": "UN norms of 2015 (A/70/174, voluntary)",
            "tallinn": "Tallinn Manual 2.0 (experts, adopted by no state)",
        }[self.value]


class Character(StrEnum):
    """What sort of norm it is: a restraint, a call to cooperate, something to do, or a rule in an expert text."""

    RESTRAINT = "restraint"
    COOPERATION = "cooperation"
    POSITIVE = "positive"
    EXPERT_TEXT = "expert_text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Norm(Sourced):
    """One norm by letter or number, with its subject in the project's own words."""

    catalogue: Catalogue
    number: str
    label: str
    character: Character


@dataclass(frozen=True, slots=True, kw_only=True)
class Concern(Sourced):
    """Something that a negotiator asks of a text."""

    code: str
    label: str
    question: str
    at_home: AtHome


@dataclass(frozen=True, slots=True, kw_only=True)
class GapCell(Sourced):
    """What one column says on one concern; `searched` is where nothing was found."""

    concern: str
    column: str
    finding: Finding
    provisions: tuple[str, ...]
    paraphrase: str
    searched: str | None

    @property
    def notice(self) -> str | None:
        """What must be said where the cell rests on memory."""
        return CHECK_TEXT if self.grade is Grade.MEMORY else None

    @property
    def where(self) -> str:
        """The provisions, or what was searched."""
        return "; ".join(self.provisions) if self.provisions else f"searched {self.searched}"

    @property
    def mark(self) -> str:
        """The finding as one character, with `?` where it rests on memory."""
        return f"{self.finding.mark}{'' if self.notice is None else '?'}"

    def to_json(self) -> dict[str, object]:
        """Return the cell as JSON values; members that do not apply are left out."""
        members = {
            "concern": self.concern,
            "column": self.column,
            "finding": self.finding.value,
            "provisions": list(self.provisions) or None,
            "searched": self.searched,
            "paraphrase": self.paraphrase,
            "source": self.source,
            "grade": self.grade_detail,
            "notice": self.notice,
        }
        return {name: value for name, value in members.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """An instrument, or a catalogue of norms, which does not bind."""

    key: str
    title: str
    instrument: bool

    @property
    def kind(self) -> str:
        """What sort of column it is: `instrument` or `norms`."""
        return "instrument" if self.instrument else "norms"


@dataclass(frozen=True, slots=True, kw_only=True)
class GapMatrix:
    """Concerns against columns."""

    concerns: tuple[Concern, ...]
    columns: tuple[Column, ...]
    cells: tuple[GapCell, ...]

    def concern(self, code: str) -> Concern:
        """Return a concern.

        Raises:
            NotFoundError: it is not in the matrix.
        """
        for row in self.concerns:
            if row.code == code:
                return row
        known = ", ".join(row.code for row in self.concerns)
        raise NotFoundError(f"concern {code!r} is not in the tables; they hold {known}")

    def column(self, key: str) -> Column:
        """Return a column.

        Raises:
            NotFoundError: it is not in the matrix.
        """
        for row in self.columns:
            if row.key == key:
                return row
        raise NotFoundError(f"column {key!r} is not in the tables; they hold {', '.join(r.key for r in self.columns)}")

    def cell(self, concern: str, column: str) -> GapCell:
        """Return one cell.

        Raises:
            NotFoundError: the concern or the column is not in the matrix.
        """
        self.concern(concern)
        self.column(column)
        return next(row for row in self.cells if (row.concern, row.column) == (concern, column))

    def of_concern(self, concern: str) -> tuple[GapCell, ...]:
        """Return the cells of a concern in the order of the columns.

        Raises:
            NotFoundError: the concern is not in the matrix.
        """
        return tuple(self.cell(concern, column.key) for column in self.columns)

    def of_column(self, column: str) -> tuple[GapCell, ...]:
        """Return the cells of a column in the order of the concerns.

        Raises:
            NotFoundError: the column is not in the matrix.
        """
        return tuple(self.cell(concern.code, column) for concern in self.concerns)

    def only(self, *, concern: str | None = None, column: str | None = None) -> "GapMatrix":
        """Return the matrix of one concern, of one column, or of both.

        Raises:
            NotFoundError: the concern or the column is not in the matrix.
        """
        concerns = self.concerns if concern is None else (self.concern(concern),)
        columns = self.columns if column is None else (self.column(column),)
        cells = tuple(self.cell(row.code, col.key) for row in concerns for col in columns)
        return replace(self, concerns=concerns, columns=columns, cells=cells)

    def to_json(self) -> dict[str, object]:
        """Return the matrix as JSON values."""
        return {
            "concerns": [
                {
                    "concern": row.code,
                    "label": row.label,
                    "question": row.question,
                    "cells": [cell.to_json() for cell in self.of_concern(row.code)],
                }
                for row in self.concerns
            ],
            "columns": [{"column": row.key, "title": row.title, "kind": row.kind} for row in self.columns],
            "findings": {
                column.key: {
                    finding.value: sum(cell.finding is finding for cell in self.of_column(column.key))
                    for finding in Finding
                }
                for column in self.columns
            },
        }

    def to_csv(self) -> str:
        """Return one row a cell."""
        header = (
            *("concern", "label", "column", "title", "kind", "finding", "provisions", "searched"),
            *("paraphrase", "source", "grade", "notice"),
        )
        labels = {row.code: row.label for row in self.concerns}
        columns = {row.key: row for row in self.columns}
        return csv_text(
            header,
            (
                (
                    *(cell.concern, labels[cell.concern], cell.column, columns[cell.column].title),
                    *(columns[cell.column].kind, cell.finding.value),
                    *("; ".join(cell.provisions), cell.searched, cell.paraphrase),
                    *(cell.source, cell.grade_detail, cell.notice),
                )
                for cell in self.cells
            ),
        )

    def lines(self) -> list[str]:
        """Return the matrix as a table of at most 110 characters a line, the columns by number."""
        name_width = max(len(row.label) for row in self.concerns)
        found = [f"{number:>2} {column.title}" for number, column in enumerate(self.columns, 1)]
        numbers = "".join(f"{number:>4}" for number in range(1, len(self.columns) + 1))
        found += ["", f"{'':{name_width}}{numbers}"]
        for row in self.concerns:
            marks = "".join(f"{cell.mark:>4}" for cell in self.of_concern(row.code))
            found.append(f"{row.label:{name_width}}{marks}")
        legend = ", ".join(f"{finding.mark} {finding.label}" for finding in Finding)
        return [*found, "", f"{legend}; ? rests on memory: {CHECK_TEXT}"]

    def concern_lines(self, concern: str) -> list[str]:
        """Return what every column says on a concern, with article, grade and notice.

        Raises:
            NotFoundError: the concern is not in the matrix.
        """
        row = self.concern(concern)
        found = [row.label, row.question, ""]
        for cell in self.of_concern(concern):
            notice = "" if cell.notice is None else f"; {cell.notice}"
            head = f"{cell.finding.mark} {self.column(cell.column).title} ({cell.where}): "
            found += textwrap.wrap(
                f"{head}{cell.paraphrase} [{cell.grade_detail}{notice}]", _WIDTH, subsequent_indent="    "
            )
        return found


def gap_matrix(register: Register | None = None) -> GapMatrix:
    """Return the installed concerns against the instruments of a register and the catalogues of norms.

    Raises:
        StoreError: an installed table cannot be read.
        MalformedError: a table does not follow its format, lacks a cell or points to something that is not there.
    """
    tables = register if register is not None else load_register()
    return make_matrix(load_concerns(), load_gap_cells(), load_norms(), tables)


def make_matrix(
    concerns: Iterable[Concern], cells: Iterable[GapCell], norms: Iterable[Norm], register: Register
) -> GapMatrix:
    """Return a matrix whose columns are those of the cells, in their order.

    Raises:
        MalformedError: a cell is missing, repeated, or points to something that is not there.
    """
    rows, found = tuple(concerns), tuple(cells)
    keys = tuple(dict.fromkeys(cell.column for cell in found))
    columns = tuple(_column(key, register) for key in keys)
    wanted = {(row.code, key) for row in rows for key in keys}
    held = Counter((cell.concern, cell.column) for cell in found)
    for pair, times in held.items():
        if pair not in wanted:
            raise MalformedError(
                f"law/reference/gap_cells.csv names the concern {pair[0]!r}, which is not in the tables"
            )
        if times > 1:
            raise MalformedError(f"law/reference/gap_cells.csv repeats {' '.join(pair)}")
    if missing := sorted(wanted - held.keys()):
        raise MalformedError(f"law/reference/gap_cells.csv has no cell for {' '.join(missing[0])}")
    _check_provisions(found, {(norm.catalogue.value, norm.number) for norm in norms}, register)
    return GapMatrix(concerns=rows, columns=columns, cells=found)


def load_concerns() -> tuple[Concern, ...]:
    """Read concerns.csv.

    Raises:
        StoreError: the installed file cannot be read.
        MalformedError: it does not follow its format.
    """
    return load_table(
        _PACKAGE,
        "concerns.csv",
        columns=("concern", "label", "question", "at_home"),
        build=lambda fields: Concern(
            code=fields.text("concern"),
            label=fields.text("label"),
            question=fields.text("question"),
            at_home=fields.choice("at_home", AtHome),
            **fields.evidence(),
        ),
    )


def load_norms() -> tuple[Norm, ...]:
    """Read norms.csv.

    Raises:
        StoreError: the installed file cannot be read.
        MalformedError: it does not follow its format.
    """
    return load_table(
        _PACKAGE,
        "norms.csv",
        columns=("catalogue", "number", "label", "character"),
        build=lambda fields: Norm(
            catalogue=fields.choice("catalogue", Catalogue),
            number=fields.text("number"),
            label=fields.text("label"),
            character=fields.choice("character", Character),
            **fields.evidence(),
        ),
    )


def load_gap_cells() -> tuple[GapCell, ...]:
    """Read gap_cells.csv.

    Raises:
        StoreError: the installed file cannot be read.
        MalformedError: it does not follow its format.
    """
    columns = ("concern", "column", "provision", "finding", "paraphrase", "searched")
    return load_table(_PACKAGE, "gap_cells.csv", columns=columns, build=build_gap_cell)


def build_gap_cell(fields: Fields) -> GapCell:
    """Build one row of gap_cells.csv.

    Raises:
        MalformedError: a value is not allowed, or the finding does not fit what is given for it.
    """
    finding = fields.choice("finding", Finding)
    provisions = fields.parts("provision")
    searched = fields.optional("searched")
    if finding is Finding.NOTHING_FOUND and (provisions or searched is None):
        fields.refuse("a cell that found nothing names no provision and says what was searched")
    if finding is not Finding.NOTHING_FOUND and (not provisions or searched is not None):
        fields.refuse("a cell that found something names the provisions, and nothing searched")
    return GapCell(
        concern=fields.text("concern"),
        column=fields.text("column"),
        finding=finding,
        provisions=provisions,
        paraphrase=fields.text("paraphrase"),
        searched=searched,
        **fields.evidence(),
    )


def _column(key: str, register: Register) -> Column:
    if key in set(Catalogue):
        return Column(key=key, title=Catalogue(key).label, instrument=False)
    try:
        return Column(key=key, title=register.instrument(key).short_title, instrument=True)
    except NotFoundError as exc:
        raise MalformedError(f"law/reference/gap_cells.csv: {exc.message}") from exc


def _check_provisions(cells: tuple[GapCell, ...], norms: set[tuple[str, str]], register: Register) -> None:
    for cell in cells:
        for provision in cell.provisions:
            if cell.column in set(Catalogue):
                known = (cell.column, provision) in norms
            else:
                known = _has_provision(register, cell.column, provision)
            if not known:
                raise MalformedError(
                    f"law/reference/gap_cells.csv points to {cell.column} {provision}, which the tables do not hold"
                )


def _has_provision(register: Register, instrument: str, provision: str) -> bool:
    for name in (provision, without_letter(provision)):
        try:
            register.provision(instrument, name)
        except NotFoundError:
            continue
        return True
    return False
