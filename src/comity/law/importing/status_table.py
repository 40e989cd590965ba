"""A depositary's status table, once its cells are found: participants in rows, acts in columns.

The lists of the United Nations write the act by a mark behind the day ("8 Sep 2006 a") that the heading explains. A
participant that withdrew stands in brackets, and the day is told in a footnote: the act is kept, and the withdrawal
is known by the day of the list.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from comity.errors import MalformedError
from comity.law.importing.cells import Column, Name, act_of, read_column, read_day, read_name, tidy
from comity.law.importing.imported import ImportedAct
from comity.law.model import Act, Confidence
from comity.parties.participants import participant


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """The text of a cell, without its footnote marks, which stand apart."""

    text: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row and its place in the file."""

    where: str
    cells: tuple[Cell, ...]


@dataclass(slots=True)
class Reading:
    """What has been read of a list so far."""

    acts: list[ImportedAct]
    unread: list[str]


def read_status_table(heading: Row, rows: Iterable[Row], *, as_of: date | None) -> tuple[Reading, dict[str, list[str]]]:
    """Read a table; also return which footnotes stand at which participants.

    Raises:
        MalformedError: the table is not laid out as known, names an unknown participant, mark or day, lists someone
            twice, or shows a withdrawal while the day of the list is not known.
    """
    columns = _columns(heading)
    reading, notes, seen = Reading([], []), dict[str, list[str]](), dict[str, str]()
    for row in rows:
        if len(row.cells) != len(columns) + 1:
            raise MalformedError(f"{row.where}: wanted {len(columns) + 1} cells, got {len(row.cells)}")
        name = read_name(row.cells[0].text, where=row.where, notes=row.cells[0].notes)
        who = participant(name.code).name
        if name.code in seen:
            raise MalformedError(f"{row.where}: {who} is listed a second time; it was in {seen[name.code]}")
        seen[name.code] = row.where
        before = len(reading.acts)
        for number, (column, cell) in enumerate(zip(columns, row.cells[1:], strict=True), 2):
            _read_cell(reading, name, column, cell, where=f"{row.where} ({who}), column {number}")
        for mark in (*name.notes, *(mark for cell in row.cells[1:] for mark in cell.notes)):
            notes.setdefault(mark, []).append(who)
        bracketed = name.bracketed or any(_in_brackets(cell.text) for cell in row.cells[1:])
        if bracketed:
            _withdraw(reading, name, reading.acts[before:], as_of=as_of, where=f"{row.where} ({who})")
        elif len(reading.acts) == before and not any(tidy(cell.text) for cell in row.cells[1:]):
            reading.unread.append(f"{row.where}: {who} is listed without a day{_see(name.notes)}")
    return reading, notes


def _columns(heading: Row) -> list[Column]:
    titles = [tidy(cell.text) for cell in heading.cells]
    if len(titles) < 2 or titles[0].casefold() not in {"participant", "participants"}:  # noqa: PLR2004 - name and act
        raise MalformedError(f"{heading.where}: wanted the columns Participant and its acts, got {titles}")
    return [read_column(title, where=heading.where) for title in titles[1:]]


def _in_brackets(text: str) -> bool:
    return tidy(text).startswith("[")


def _read_cell(reading: Reading, name: Name, column: Column, cell: Cell, *, where: str) -> None:
    text = tidy(cell.text)
    if text == "":
        return
    if _in_brackets(text):
        if not text.endswith("]"):
            raise MalformedError(f"{where}: the bracket in {text!r} is not closed")
        text = text[1:-1].strip()
    on, mark = read_day(text, where=where)
    act = act_of(column, mark, where=where)
    if act is None:
        reading.unread.append(f"{where}: {text} is none of the acts known here")
        return
    note = "succession to the signature of a predecessor" if mark in column.succeeded else None
    reading.acts.append(ImportedAct(participant=name.code, act=act, on=on, note=note, where=where))


def _withdraw(reading: Reading, name: Name, acts: Sequence[ImportedAct], *, as_of: date | None, where: str) -> None:
    """Add the withdrawal that brackets tell of, whose day only a footnote has."""
    if not any(row.act.binds for row in acts):
        reading.unread.append(f"{where}: brackets mark an act as withdrawn, and no consent is among them")
        return
    if as_of is None:
        raise MalformedError(f"{where}: brackets tell of a withdrawal; give the day on which the list was taken")
    note = f"in brackets in the list, as one that withdrew{_see(name.notes)}"
    reading.acts.append(
        ImportedAct(
            participant=name.code,
            act=Act.WITHDRAWAL,
            on=None,
            known_by=as_of,
            confidence=Confidence.REPORTED,
            note=note,
            where=where,
        )
    )


def _see(notes: tuple[str, ...]) -> str:
    return f"; see note {', '.join(notes)} of the list" if notes else ""
