"""The tables of a web page as a browser saves it: rows of cells with their text, footnote marks and line.

Pages are seldom well-formed; an element that a page leaves open is closed by the next of its kind, as browsers do.
"""

import codecs
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

from comity.errors import MalformedError, TooLargeError

_MAX_CELLS = 400_000
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([A-Za-z0-9_-]{1,40})", re.ASCII)
_SILENT = frozenset({"script", "style", "noscript", "template"})
_BLOCKS = frozenset({"br", "p", "div", "li", "td", "th", "tr", "h1", "h2", "h3", "h4", "h5", "title"})


@dataclass(slots=True)
class HtmlCell:
    """A cell: its text without footnotes, the marks of those, and its line."""

    line: int
    parts: list[str] = field(default_factory=list)
    note_parts: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The text with single spaces."""
        return " ".join("".join(self.parts).split())

    @property
    def notes(self) -> tuple[str, ...]:
        """The footnote marks."""
        return tuple(mark for mark in re.split(r"[\s,]+", "".join(self.note_parts)) if mark)


@dataclass(slots=True)
class HtmlTable:
    """A table: its identifier, and the cells of each row with the row's line."""

    identifier: str
    line: int
    rows: list[tuple[int, list[HtmlCell]]] = field(default_factory=list)


@dataclass(slots=True)
class Page:
    """A page: its tables in order, all its text, where its forms lead, and its links with their identifiers."""

    tables: list[HtmlTable] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)
    forms: list[str] = field(default_factory=list)
    links: list[tuple[str, str]] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The text with single spaces."""
        return " ".join("".join(self.parts).split())


def decoded(data: bytes, *, what: str) -> str:
    """Return a page's text: UTF-8, or the charset that the page declares.

    Raises:
        MalformedError: it is neither.
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        declared = _CHARSET.search(data[:4096])
        name = declared.group(1).decode("ascii") if declared is not None else "utf-8"
        try:
            codec = codecs.lookup(name)
            if codec.name in {"iso8859-1", "cp1252"}:
                return data.decode("cp1252")
        except (LookupError, UnicodeDecodeError):
            pass
        raise MalformedError(f"{what}: not UTF-8 at byte {exc.start}, and declared as {name}") from exc


def parse_page(text: str, *, what: str) -> Page:
    """Return the tables, text and links of a page.

    Raises:
        MalformedError: its markup is broken beyond what a browser mends.
        TooLargeError: it has more cells than any list.
    """
    reader = _Reader(what)
    try:
        reader.feed(text)
        reader.close()
    except AssertionError as exc:  # how the library meets a broken declaration
        raise MalformedError(f"{what}, line {reader.getpos()[0]}: broken markup: {exc}") from exc
    return reader.page


class _Reader(HTMLParser):
    def __init__(self, what: str) -> None:
        super().__init__(convert_charrefs=True)
        self.page = Page()
        self._what = what
        self._open: list[tuple[HtmlTable, HtmlCell | None]] = []
        self._silent = 0
        self._notes = 0
        self._cells = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.page.forms.append(values.get("action", ""))
        elif tag == "a":
            self.page.links.append((values.get("id", ""), values.get("href", "")))
        if tag in _SILENT:
            self._silent += 1
        elif tag == "sup":
            self._notes += 1
        elif tag == "table":
            table = HtmlTable(values.get("id", ""), self.getpos()[0])
            self.page.tables.append(table)
            self._open.append((table, None))
        elif tag == "tr" and self._open:
            self._set_cell(None)
            self._open[-1][0].rows.append((self.getpos()[0], []))
        elif tag in {"td", "th"} and self._open:
            self._start_cell()
        if tag in _BLOCKS:
            self._add(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        elif tag == "sup":
            self._notes = max(0, self._notes - 1)
        elif tag == "table" and self._open:
            self._open.pop()
        elif tag in {"td", "th", "tr"} and self._open:
            self._set_cell(None)
        if tag in _BLOCKS:
            self._add(" ")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._add(data)

    def handle_comment(self, data: str) -> None:
        self.page.comments.append(data)

    def _start_cell(self) -> None:
        self._cells += 1
        if self._cells > _MAX_CELLS:
            raise TooLargeError(f"{self._what}: more than {_MAX_CELLS} cells")
        table = self._open[-1][0]
        if not table.rows:
            table.rows.append((self.getpos()[0], []))
        cell = HtmlCell(self.getpos()[0])
        table.rows[-1][1].append(cell)
        self._notes = 0
        self._set_cell(cell)

    def _set_cell(self, cell: HtmlCell | None) -> None:
        self._open[-1] = (self._open[-1][0], cell)

    def _add(self, data: str) -> None:
        self.page.parts.append(data)
        cell = self._open[-1][1] if self._open else None
        if cell is not None:
            (cell.note_parts if self._notes else cell.parts).append(data)
