"""Lists of acts as CSV: the project's own table of acts, or a plain list of participants with days.

A list whose heading is that of `actions.csv` is read like one, its rows keeping their own source and grade. Any other
is read like a status table: `participant`, then columns of acts, such as `signature` and `Ratification, Accession(a)`
as depositaries head them, or `consent`, whose cells say the act: `2026-05-01 ratification`, `1 May 2026 a`.
"""

import csv
import io
import re
from datetime import date

from comity.errors import MalformedError, NotFoundError
from comity.law.importing.imported import ImportedAct, ImportedList, digest_of
from comity.law.importing.status_table import Cell, Row, read_status_table
from comity.law.rows import Action
from comity.law.tables import ACTION_COLUMNS, build_action
from comity.parties.participants import participant
from comity.parties.table import EVIDENCE_COLUMNS, parse_table

_WHAT = "the list"
_OWN_COLUMNS = (*ACTION_COLUMNS, *EVIDENCE_COLUMNS)


def read_rows_csv(data: bytes, *, as_of: date | None = None, complete: bool = False) -> ImportedList:
    """Read a list; `as_of` is the day on which it was taken.

    Say `complete` of a list that leaves out no act of the sorts that it holds: only then can an act vanish by it.

    Raises:
        TooLargeError: the file is larger than any list.
        MalformedError: it is not UTF-8 CSV in one of the two forms; the message names the place.
    """
    digest = digest_of(data)
    lines = _lines(data)
    heading, rows = lines[0], lines[1:]
    if (mark := re.search(r"[;\t]", heading.cells[0].text)) is not None:
        raise MalformedError(f"{heading.where}: {mark[0]!r} stands between the cells; save the list with commas")
    if tuple(cell.text for cell in heading.cells) == _OWN_COLUMNS:
        acts, unread = _own(data), tuple[str, ...]()
    else:
        reading, notes = read_status_table(heading, rows, as_of=as_of)
        told = (f"{_WHAT}: note {mark} at {', '.join(at)} is not read as an act" for mark, at in notes.items())
        acts, unread = tuple(reading.acts), (*reading.unread, *told)
    if not acts:
        raise MalformedError(f"{_WHAT} holds no act")
    return ImportedList(
        name="list of acts kept by its user",
        instrument_hint=None,
        title=None,
        as_of=as_of,
        digest=digest,
        covers=frozenset(act.act.sort for act in acts) if complete else frozenset(),
        acts=acts,
        unread=unread,
    )


def _lines(data: bytes) -> list[Row]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise MalformedError(f"{_WHAT}: not UTF-8 at byte {exc.start}") from exc
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    lines = []
    try:
        for cells in reader:
            row = Row(where=f"{_WHAT}, line {reader.line_num}", cells=tuple(Cell(text=cell) for cell in cells))
            if cells:
                lines.append(row)
    except csv.Error as exc:
        raise MalformedError(f"{_WHAT}, line {reader.line_num}: not CSV: {exc}") from exc
    if not lines:
        raise MalformedError(f"{_WHAT} is empty")
    return lines


def _own(data: bytes) -> tuple[ImportedAct, ...]:
    """Read a table in the form of actions.csv."""
    rows = parse_table(
        data, where=_WHAT, columns=ACTION_COLUMNS, build=lambda fields: build_action(fields, "not yet known")
    )
    return tuple(_own_act(row, f"{_WHAT}, row {number}") for number, row in enumerate(rows, 1))


def _own_act(row: Action, where: str) -> ImportedAct:
    for code in (row.participant, row.about):
        try:
            if code is not None:
                participant(code)
        except NotFoundError as exc:
            raise MalformedError(f"{where}: {exc.message}") from exc
    return ImportedAct(
        participant=row.participant,
        act=row.act,
        on=row.on,
        known_by=row.known_by,
        confidence=row.confidence,
        provision=row.provision,
        about=row.about,
        note=row.note,
        where=where,
        source=row.source,
        grade=row.grade_detail,
    )
