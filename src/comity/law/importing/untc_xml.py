"""The XML file of a treaty's status in the United Nations Treaty Collection, such as XVIII-16.en.xml.

Layout: `Document/Treaty` with `Header` (chapter, number, title, counts), `Participants/Table/TGroup` with `Thead` and
`Tbody/Rows/Row/Entry`, and sections of prose. Markup inside a cell is written as text, footnotes as
`<superscript>1,2</superscript>`. Declarations, reservations, objections and end notes are prose: who made them is
told as unread, and an officer reads them in the list.
"""

import re
from collections.abc import Iterator
from datetime import date

from comity.errors import MalformedError
from comity.law.importing.cells import tidy
from comity.law.importing.imported import ImportedList, digest_of
from comity.law.importing.safe_xml import Element, parse_xml
from comity.law.importing.status_table import Cell, Reading, Row, read_status_table
from comity.law.importing.territories import COLUMNS, read_territories
from comity.law.model import ActSort

_WHAT = "the status list"
_SUPERSCRIPT = re.compile(r"<superscript>(?P<marks>[^<]*)</superscript>")
_INLINE = re.compile(r"</?(?:i|b|u|sub|br|right|a)(?: [^<>]*)?/?>")
_ANY_TAG = re.compile(r"<[^<>]*>")
_CHAPTER = re.compile(r"CHAPTER (?P<chapter>[IVXL]+)", re.ASCII)
_PROSE = ("Declarations", "Objections", "DeclarationsUnderArticle", "Notifications")
_READ = frozenset({"Template", "Header", "Participants", "TerritorialApplications", "EndNotes", "Footer", *_PROSE})
_NOTE_LENGTH = 240


def read_untc_xml(data: bytes, *, as_of: date | None = None) -> ImportedList:
    """Read a status list; `as_of` is the day on which it was taken, which the file does not say.

    Raises:
        TooLargeError: the file is larger than any list.
        MalformedError: it is not the XML of a status list, or one laid out otherwise; the message names the place.
    """
    digest = digest_of(data)
    document = parse_xml(data, what=_WHAT)
    treaty = document.find("Treaty")
    if document.name != "Document" or treaty is None:
        raise MalformedError(f"{_WHAT}, line {document.line}: wanted Document/Treaty, got {document.name}")
    hint, title = _identity(treaty)
    heading, rows = _participants(treaty)
    reading, notes = read_status_table(heading, rows, as_of=as_of)
    covers = {ActSort.SIGNATURE, ActSort.CONSENT, ActSort.WITHDRAWAL}
    if _territories(treaty, reading):
        covers.add(ActSort.TERRITORY)
    _counts(treaty, reading)
    _prose(treaty, reading)
    _end_notes(treaty, reading, notes)
    return ImportedList(
        name=f"status of {hint.removeprefix('untc:')} in the United Nations Treaty Collection",
        instrument_hint=hint,
        title=title,
        as_of=as_of,
        digest=digest,
        covers=frozenset(covers),
        acts=tuple(reading.acts),
        unread=tuple(reading.unread),
    )


def _identity(treaty: Element) -> tuple[str, str]:
    """Return the treaty's number in the collection, and its title."""
    chapter, data = treaty.find("Header", "Chapter", "Header"), treaty.find("Header", "ExternalData")
    numeral = _CHAPTER.fullmatch(tidy(chapter.text)) if chapter is not None else None
    number = data.find("Numsect") if data is not None else None
    if numeral is None or data is None or number is None or not tidy(number.text):
        raise MalformedError(f"{_WHAT}, line {treaty.line}: wanted Header with a chapter and Numsect")
    parts = [numeral["chapter"], tidy(number.text)]
    sub = data.find("Subnumsect")
    if sub is not None and tidy(sub.text):
        parts.append(tidy(sub.text))
    title = data.find("Subtitlesect") or data.find("Titlesect")
    return f"untc:{'-'.join(parts)}", _plain(title.text) if title is not None else ""


def _participants(treaty: Element) -> tuple[Row, Iterator[Row]]:
    section = treaty.find("Participants")
    tables = list(section.named("Table")) if section is not None else []
    if len(tables) != 1:
        raise MalformedError(
            f"{_WHAT}, line {(section or treaty).line}: wanted one table of participants, got {len(tables)}; "
            "a list with other tables only is not read"
        )
    head, body = tables[0].find("TGroup", "Thead"), tables[0].find("TGroup", "Tbody", "Rows")
    headings = list(head.named("Row")) if head is not None else []
    if len(headings) != 1 or body is None:
        raise MalformedError(f"{_WHAT}, line {tables[0].line}: wanted TGroup with one heading row and Tbody/Rows")
    heading = _row(headings[0], "heading")
    return heading, (_row(row, f"row {number}") for number, row in enumerate(body.children, 1))


def _row(element: Element, called: str) -> Row:
    where = f"{_WHAT}, line {element.line}, {called}"
    if element.name != "Row" or any(child.name != "Entry" for child in element.children):
        raise MalformedError(f"{where}: wanted a Row of Entry elements")
    return Row(where=where, cells=tuple(_cell(entry, where) for entry in element.children))


def _cell(entry: Element, where: str) -> Cell:
    if entry.children:
        raise MalformedError(f"{where}: a cell holds the element {entry.children[0].name}, wanted text")
    notes = tuple(
        mark for match in _SUPERSCRIPT.finditer(entry.text) for mark in re.split(r"[\s,]+", match["marks"]) if mark
    )
    text = _INLINE.sub("", _SUPERSCRIPT.sub("", entry.text))
    if "<" in text or ">" in text:
        raise MalformedError(f"{where}: a cell holds unknown markup: {tidy(text)!r}")
    return Cell(text=text, notes=notes)


def _territories(treaty: Element, reading: Reading) -> bool:
    """Read notifications of territorial application; return whether the list has such a section."""
    section = treaty.find("TerritorialApplications")
    applications = list(section.named("Application")) if section is not None else []
    if section is None or not applications:
        return False
    where = f"{_WHAT}, line {section.line}, territorial applications"
    header = section.find("Header")
    titles = tuple(tidy(child.text).casefold() for child in header.children) if header is not None else ()
    if titles != COLUMNS:
        raise MalformedError(f"{where}: wanted the columns {', '.join(COLUMNS)}, got {', '.join(titles)}")
    rows = (
        Row(
            where=f"{_WHAT}, line {element.line}, territorial application {number}",
            cells=tuple(_cell(child, where) for child in element.children),
        )
        for number, element in enumerate(applications, 1)
    )
    read_territories(reading, rows)
    return True


def _counts(treaty: Element, reading: Reading) -> None:
    """Tell where the header counts otherwise than its table."""
    status = treaty.find("Header", "ExternalData", "Status")
    found = {
        "Signatories": {act.participant for act in reading.acts if act.act.sort is ActSort.SIGNATURE},
        "Parties": {act.participant for act in reading.acts if act.act.binds}
        - {act.participant for act in reading.acts if act.act.sort is ActSort.WITHDRAWAL},
    }
    for name, participants in found.items():
        stated = status.find(name) if status is not None else None
        if stated is not None and tidy(stated.text) != str(len(participants)):
            reading.unread.append(
                f"{_WHAT}, line {stated.line}: the header counts {tidy(stated.text)} {name.lower()}, "
                f"its table has {len(participants)}"
            )


def _prose(treaty: Element, reading: Reading) -> None:
    for section in treaty.children:
        if section.name in _PROSE:
            by = [tidy(_plain(found.text)) for child in section.children if (found := child.find("Participant"))]
            if by:
                reading.unread.append(
                    f"{_WHAT}, line {section.line}: {section.name} are prose and not read as acts: {', '.join(by)}"
                )
        elif section.name not in _READ and section.children:
            reading.unread.append(f"{_WHAT}, line {section.line}: the section {section.name} is not read")


def _end_notes(treaty: Element, reading: Reading, cited: dict[str, list[str]]) -> None:
    """Tell the end notes that stand at participants: they hold withdrawals and acts of predecessors."""
    section = treaty.find("EndNotes")
    texts = {}
    for note in section.named("Note") if section is not None else ():
        index = note.find("index")
        if index is not None:
            texts[tidy(index.text)] = " ".join(_plain(part.text) for part in note.named("text"))
    for mark, participants in cited.items():
        text = texts.get(mark, "not among the end notes")
        cut = text if len(text) <= _NOTE_LENGTH else f"{text[:_NOTE_LENGTH]} …"
        reading.unread.append(f"{_WHAT}: note {mark} at {', '.join(participants)} is not read as an act: {cut}")


def _plain(text: str) -> str:
    return tidy(_ANY_TAG.sub("", _SUPERSCRIPT.sub("", text)))
