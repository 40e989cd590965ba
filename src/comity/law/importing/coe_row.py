"""One row of the Council of Europe's chart: its days, notes and marks, and the acts that they state.

A row whose cells stand under their headings is read by place. Where empty cells are lost, the days themselves must
show which they are: a row that could be read in two ways is refused.
"""

import re
from dataclasses import dataclass

from comity.errors import MalformedError
from comity.law.importing.cells import read_day
from comity.law.model import Act

DATED = ("signature", "ratification", "entry into force")
FLAGS = {
    "r": "reservations",
    "d": "declarations, denunciations or derogations",
    "a": "authorities",
    "t": "territorial application",
    "c": "communications",
    "o": "objections",
}
_MARKS = {"a": Act.ACCESSION, "s": Act.DEFINITIVE_SIGNATURE, "su": Act.SUCCESSION}
_NOTE_TOKEN = re.compile(r"\(?(?P<token>[0-9]{1,3}|a|su|s|r)\.?\)?")
_FLAG_TOKEN = re.compile(r"(?P<flag>[RDATCO])\.")
_FIRST_FLAG = 4  # after the three days and the notes
_TWO_DAYS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartRow:
    """The cells of one participant, each with what it says or empty."""

    signature: str
    ratification: str
    entry: str
    notes: tuple[str, ...]
    flags: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartAct:
    """An act with the cell of its day."""

    act: Act
    day: str
    note: str | None = None


def read_aligned(cells: tuple[str, ...], columns: list[str], *, where: str) -> ChartRow:
    """Read cells that stand under their headings.

    Raises:
        MalformedError: a cell is outside the headings, or holds what its column does not.
    """
    padded = [*cells, *[""] * len(columns)][: max(len(columns), len(cells))]
    if any(padded[len(columns) :]):
        raise MalformedError(f"{where}: wanted at most {len(columns)} cells after the name")
    flags = []
    for column, cell in zip(columns[_FIRST_FLAG:], padded[_FIRST_FLAG:], strict=False):
        if cell.rstrip(".").casefold() not in {"", "x", column}:
            raise MalformedError(
                f"{where}: {cell!r} stands in the column {column.upper()}., wanted its mark or nothing"
            )
        if cell:
            flags.append(FLAGS[column])
    notes = padded[len(DATED)] if len(columns) > len(DATED) else ""
    return ChartRow(
        signature=padded[0],
        ratification=padded[1],
        entry=padded[2],
        notes=_notes(notes, where),
        flags=tuple(flags),
    )


def read_by_content(cells: tuple[str, ...], *, where: str) -> ChartRow:
    """Read cells of which the empty ones are lost.

    Raises:
        MalformedError: a cell is not known, or the days could be read in two ways.
    """
    days = [cell for cell in cells if re.match(r"[0-9]{1,2}/", cell)]
    if list(cells[: len(days)]) != days:
        raise MalformedError(f"{where}: a day stands after notes or marks: {' | '.join(cells)}")
    notes, flags = list[str](), list[str]()
    for token in " ".join(cells[len(days) :]).split():
        flag = _FLAG_TOKEN.fullmatch(token)
        if flag is not None:
            flags.append(FLAGS[flag["flag"].casefold()])
        elif token.casefold() == "x":
            flags.append("texts whose columns are lost")
        else:
            notes.extend(_notes(token, where))
    consent_first = bool(days) and bool({_mark(days[0], where), *notes} & {"a", "su"})
    if len(days) > len(DATED) - consent_first:
        raise MalformedError(f"{where}: too many days: {' | '.join(days)}")
    # A second day could be of ratification, or of entry into force after a ratification without signature; the
    # latter is always the first day of a month.
    if not consent_first and len(days) == _TWO_DAYS and read_day(days[1], where=where, day_first=True)[0].day == 1:
        raise MalformedError(
            f"{where}: {days[1]} may be a ratification or an entry into force; keep the empty cells of the row"
        )
    padded = [*([""] if consent_first else []), *days, "", "", ""]
    return ChartRow(
        signature=padded[0],
        ratification=padded[1],
        entry=padded[2],
        notes=tuple(notes),
        flags=tuple(dict.fromkeys(flags)),
    )


def acts_of_row(row: ChartRow, *, where: str) -> list[ChartAct]:
    """Return the acts that a row states.

    Raises:
        MalformedError: a mark stands where the chart has none such, or a day of entry into force stands alone.
    """
    if row.entry and read_day(row.entry, where=where, day_first=True)[1]:
        raise MalformedError(f"{where}: {row.entry!r} is no day of entry into force")
    if row.entry and not row.ratification and not row.signature:
        raise MalformedError(f"{where}: an entry into force without a signature or ratification")
    acts = []
    noted = [note for note in row.notes if note in _MARKS]
    if row.signature:
        mark = _mark(row.signature, where)
        if mark not in {"", "r", "s"}:
            raise MalformedError(f"{where}: the mark {mark!r} stands behind the day of signature")
        definitive = mark == "s" or (noted == ["s"] and not row.ratification)
        note = "signature ad referendum" if mark == "r" or "r" in row.notes else None
        act = Act.DEFINITIVE_SIGNATURE if definitive else Act.SIGNATURE
        acts.append(ChartAct(act=act, day=row.signature, note=note))
    if row.ratification:
        mark = _mark(row.ratification, where) or "".join(noted)
        if mark and mark not in _MARKS:
            raise MalformedError(f"{where}: the mark {mark!r} stands behind the day of ratification")
        acts.append(ChartAct(act=_MARKS[mark] if mark else Act.RATIFICATION, day=row.ratification))
    return acts


def _notes(text: str, where: str) -> tuple[str, ...]:
    notes = []
    for token in re.split(r"[\s,;]+", text):
        match = _NOTE_TOKEN.fullmatch(token)
        if token and match is None:
            raise MalformedError(f"{where}: {token!r} is no known note; the chart explains a, s, su, r and figures")
        if match is not None:
            notes.append(match["token"])
    return tuple(notes)


def _mark(text: str, where: str) -> str:
    return read_day(text, where=where, day_first=True)[1].rstrip(".").casefold()
