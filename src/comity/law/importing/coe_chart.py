"""The Council of Europe's chart of signatures and ratifications, saved from a browser or as its text.

Layout: a line "Chart of signatures and ratifications of Treaty NNN", "Status as of DD/MM/YYYY", and rows of a name,
the days of signature, ratification and entry into force, notes, and the marks R. D. A. T. C. O. of texts that the
chart does not hold. Beside a day or among the notes, `a` is accession, `s` signature without reservation as to
ratification, `su` succession, `r` signature ad referendum. Acceptance and approval stand as ratification. The day of
entry into force is not an act: it is read only to know that the row is whole.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from comity.errors import MalformedError
from comity.law.importing.cells import read_day, read_name, tidy
from comity.law.importing.coe_row import DATED, FLAGS, acts_of_row, read_aligned, read_by_content
from comity.law.importing.html_tables import decoded, parse_page
from comity.law.importing.imported import ImportedAct, ImportedList, digest_of
from comity.law.importing.status_table import Reading
from comity.law.model import ActSort
from comity.parties.participants import participant

_WHAT = "the chart"
# The surest first: a page also names other treaties.
_TREATY = (
    re.compile(r"signatures and ratifications of Treaty 0*(?P<number>[1-9][0-9]{0,2})\b", re.ASCII | re.IGNORECASE),
    re.compile(r"\bC?ETS No\.?:? ?0*(?P<number>[1-9][0-9]{0,2})\b", re.ASCII | re.IGNORECASE),
)
_STATUS_DAY = re.compile(r"Status as (?:of|at):?\s*(?P<day>[0-9]{1,2}/[0-9]{1,2}/[0-9]{4})", re.ASCII | re.IGNORECASE)
_SECTION = re.compile(
    r"(?:non-?)?members?(?: states?)?(?: of)?(?: the)? council of europe"
    r"|non-?member states?|international organi[sz]ations?",
)
_TOTAL = re.compile(r"total number of (?P<what>[a-z /]+?):? ?\|? ?(?P<count>[0-9]+)")
_DAY_CELL = re.compile(r"[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}\b", re.ASCII)
_LEGEND = ("a:", "a.:", "notes", "r.:", "(", "source")
_LONGEST_NAME = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    where: str
    cells: tuple[str, ...]
    keeps_empty: bool

    @property
    def filled(self) -> tuple[str, ...]:
        return tuple(cell for cell in self.cells if cell)


def read_coe_chart(data: bytes, *, as_of: date | None = None) -> ImportedList:
    """Read a chart; `as_of` is the day on which it was taken, for one that does not say its own.

    Raises:
        TooLargeError: the file is larger than any list.
        MalformedError: it is no such chart, or one laid out otherwise; the message names the place.
    """
    digest = digest_of(data)
    text = decoded(data, what=_WHAT)
    if re.search(r"<(?:html|table|body)\b", text, re.IGNORECASE):
        page = parse_page(text, what=_WHAT)
        if not page.tables and "enable JavaScript" in text:
            raise MalformedError(
                f"{_WHAT}: the page was saved before it was drawn; open it, wait, and save it complete"
            )
        lines = [
            _Line(where=f"{_WHAT}, line {line}", cells=tuple(cell.text for cell in cells), keeps_empty=True)
            for table in page.tables
            for line, cells in table.rows
        ]
        told = page.text
    else:
        lines, told = list(_text_lines(text)), tidy(text)
    reading = _read(lines)
    reading.unread.append(f"{_WHAT}: acceptance and approval stand as ratification in it")
    number = next((match["number"] for pattern in _TREATY if (match := pattern.search(told))), None)
    day = _STATUS_DAY.search(told)
    return ImportedList(
        name=f"Council of Europe chart of signatures and ratifications of Treaty {number or 'not named'}",
        instrument_hint=None if number is None else f"coe:{number}",
        title=None,
        as_of=as_of if day is None else read_day(day["day"], where=f"{_WHAT}, status day", day_first=True)[0],
        digest=digest,
        covers=frozenset({ActSort.SIGNATURE, ActSort.CONSENT}),
        acts=tuple(reading.acts),
        unread=tuple(reading.unread),
    )


def _text_lines(text: str) -> Iterable[_Line]:
    """Yield the rows of Markdown, of tabbed text, or of text in columns."""
    for number, line in enumerate(text.splitlines(), 1):
        bare = line.strip()
        if "|" in bare:
            cells = bare.removeprefix("|").removesuffix("|").split("|")
            if all(re.fullmatch(r"\s*:?-+:?\s*", cell) for cell in cells):
                continue
        else:
            cells = line.split("\t") if "\t" in line else re.split(r" {2,}", line.rstrip())
        yield _Line(
            where=f"{_WHAT}, line {number}",
            cells=tuple(tidy(cell) for cell in cells),
            keeps_empty="|" in bare or "\t" in line,
        )


def _read(lines: Iterable[_Line]) -> Reading:
    reading, seen = Reading([], []), dict[str, str]()
    columns: list[str] | None = None
    aligned = False
    for line in lines:
        heading = _heading(line)
        if heading is not None:
            columns, aligned = heading
            continue
        filled = line.filled
        if columns is None:
            _check_outside(line)
            continue
        if not filled or _is_section(filled):
            continue
        total = _TOTAL.match(tidy(" | ".join(filled)).casefold())
        if total is not None:
            _check_total(reading, line, total)
            continue
        if _is_legend(filled):
            columns = None
            continue
        _read_row(reading, line, columns if aligned else None, seen)
    if not seen:
        raise MalformedError(f"{_WHAT}: no row of a participant under the headings {', '.join(DATED)}")
    return reading


def _heading(line: _Line) -> tuple[list[str], bool] | None:
    """Return the columns of a heading, and whether rows align with it, as it has a cell above the names."""
    titles = [cell.casefold() for cell in line.cells]
    # Above the chart, a row of the treaty's data begins with "Entry into Force".
    if not set(DATED[:2]) & set(titles):
        return None
    first = titles.index(DATED[0]) if DATED[0] in titles else 0
    columns = [title.rstrip(".") for title in titles[first:]]
    while columns and columns[-1] == "":
        columns.pop()
    known = [*DATED, "notes", *FLAGS]
    if first > 1 or columns != known[: len(columns)] or len(columns) < len(DATED):
        raise MalformedError(f"{line.where}: wanted the columns {', '.join(known)}, got {', '.join(columns)}")
    return columns, first == 1 and line.keeps_empty


def _check_outside(line: _Line) -> None:
    """Refuse a participant's row that stands under no known heading, so that none is passed over."""
    if not any(_DAY_CELL.match(cell) for cell in line.cells[1:]):
        return
    try:
        name = read_name(line.cells[0], where=line.where)
    except MalformedError:
        return
    raise MalformedError(f"{line.where}: a row of {participant(name.code).name} stands under no known heading")


def _is_section(filled: tuple[str, ...]) -> bool:
    return len(filled) == 1 and _SECTION.fullmatch(filled[0].casefold()) is not None


def _is_legend(filled: tuple[str, ...]) -> bool:
    """True for the lines below the table, which explain its marks or stand as notes."""
    first = filled[0].casefold()
    return len(filled) == 1 and (first.startswith(_LEGEND) or len(first) > _LONGEST_NAME)


def _read_row(reading: Reading, line: _Line, columns: list[str] | None, seen: dict[str, str]) -> None:
    name = read_name(line.cells[0], where=line.where)
    who = participant(name.code).name
    where = f"{line.where} ({who})"
    if name.code in seen:
        raise MalformedError(f"{where}: listed a second time; it was in {seen[name.code]}")
    seen[name.code] = line.where
    if columns is None:
        row = read_by_content(line.filled[1:], where=where)
    else:
        row = read_aligned(line.cells[1:], columns, where=where)
    for found in acts_of_row(row, where=where):
        on, _ = read_day(found.day, where=where, day_first=True)
        reading.acts.append(ImportedAct(participant=name.code, act=found.act, on=on, note=found.note, where=where))
    if row.flags:
        reading.unread.append(f"{where}: the chart marks {', '.join(row.flags)}, and does not hold their texts")
    figures = [note for note in (*name.notes, *row.notes) if note.isdigit()]
    if figures:
        reading.unread.append(f"{where}: note {', '.join(figures)} of the chart is not read as an act")


def _check_total(reading: Reading, line: _Line, total: re.Match[str]) -> None:
    """Tell where the chart counts otherwise than its rows."""
    consents = {act.participant for act in reading.acts if act.act.binds}
    signed_only = {act.participant for act in reading.acts if act.act.sort is ActSort.SIGNATURE} - consents
    found = {"ratifications/accessions": len(consents), "signatures not followed by ratifications": len(signed_only)}
    what = total["what"].strip()
    if what not in found:
        reading.unread.append(f"{line.where}: a total of {what} is not checked")
    elif found[what] != int(total["count"]):
        reading.unread.append(f"{line.where}: the chart counts {total['count']} {what}, its rows show {found[what]}")
