"""The page of a treaty's status in the United Nations Treaty Collection, saved from a browser.

Layout: a table whose identifier ends in `tblgrid`, its first row the headings, footnote marks raised; the day of the
list stands after "STATUS AS AT"; the treaty's number is in the page's own address. Declarations, objections and end
notes are prose and are not read; the XML file of the same page says who made them.
"""

import re
from datetime import date

from comity.errors import MalformedError
from comity.law.importing.html_tables import HtmlTable, Page, decoded, parse_page
from comity.law.importing.imported import ImportedList, digest_of
from comity.law.importing.status_table import Cell, Row, read_status_table
from comity.law.importing.territories import COLUMNS, read_territories
from comity.law.model import ActSort

_WHAT = "the status page"
_STATUS_DAY = re.compile(r"STATUS AS AT\s*:?\s*(?P<day>[0-9]{1,2})-(?P<month>[0-9]{1,2})-(?P<year>[0-9]{4})", re.ASCII)
_NUMBER = re.compile(r"mtdsg_no=(?P<number>[IVXL]+(?:-[A-Za-z0-9]+)+)", re.ASCII)
_FILE = re.compile(r"/(?P<number>[IVXL]+(?:-[A-Za-z0-9]+)+)\.(?:en|fr)\.(?:xml|pdf)$", re.ASCII | re.IGNORECASE)


def read_untc_html(data: bytes, *, as_of: date | None = None) -> ImportedList:
    """Read a saved status page; `as_of` is the day on which it was saved, for a page that does not say its own.

    Raises:
        TooLargeError: the file is larger than any list.
        MalformedError: it is not a status page, or one laid out otherwise; the message names the place.
    """
    digest = digest_of(data)
    page = parse_page(decoded(data, what=_WHAT), what=_WHAT)
    day = _day(page) or as_of
    grid = _grid(page)
    rows = _rows(grid)
    if not rows:
        raise MalformedError(f"{_WHAT}, line {grid.line}: the table of participants is empty")
    reading, notes = read_status_table(rows[0], rows[1:], as_of=day)
    covers = {ActSort.SIGNATURE, ActSort.CONSENT, ActSort.WITHDRAWAL}
    for table in page.tables:
        territories = _rows(table)
        if territories and tuple(cell.text.casefold() for cell in territories[0].cells) == COLUMNS:
            read_territories(reading, territories[1:])
            covers.add(ActSort.TERRITORY)
    for mark, participants in notes.items():
        reading.unread.append(f"{_WHAT}: note {mark} at {', '.join(participants)} is not read as an act")
    reading.unread.append(f"{_WHAT}: declarations, reservations, objections and notes are prose and not read as acts")
    number = _number(page)
    return ImportedList(
        name=f"status of {number or 'a treaty'} in the United Nations Treaty Collection",
        instrument_hint=None if number is None else f"untc:{number}",
        title=None,
        as_of=day,
        digest=digest,
        covers=frozenset(covers),
        acts=tuple(reading.acts),
        unread=tuple(reading.unread),
    )


def _grid(page: Page) -> HtmlTable:
    found = [table for table in page.tables if table.identifier.endswith("tblgrid")]
    if len(found) != 1:
        raise MalformedError(
            f"{_WHAT}: wanted one table of participants (identifier …tblgrid), got {len(found)}; "
            "save the page of one treaty's status, complete"
        )
    return found[0]


def _rows(table: HtmlTable) -> list[Row]:
    return [
        Row(
            where=f"{_WHAT}, line {line}, row {number}",
            cells=tuple(Cell(text=cell.text, notes=cell.notes) for cell in cells),
        )
        for number, (line, cells) in enumerate(table.rows)
        if cells
    ]


def _day(page: Page) -> date | None:
    match = _STATUS_DAY.search(page.text)
    if match is None:
        return None
    try:
        return date(int(match["year"]), int(match["month"]), int(match["day"]))
    except ValueError as exc:
        raise MalformedError(f"{_WHAT}: {match[0]!r} names no day of the calendar as day-month-year") from exc


def _number(page: Page) -> str | None:
    """Return the treaty's number from the page's own address: its form, its files, or the browser's comment."""
    saved = [comment for comment in page.comments if comment.strip().startswith("saved from url=")]
    files = [target for identifier, target in page.links if identifier.endswith(("lnkXml", "lnkPdf"))]
    for text in (*saved, *page.forms, *files):
        match = _NUMBER.search(text) or _FILE.search(text)
        if match is not None:
            return match["number"]
    return None
