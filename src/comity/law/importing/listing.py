"""One way in for every downloaded list: the form is told by the bytes, and the list must be of the instrument meant."""

import re
from dataclasses import dataclass
from datetime import date

from comity.errors import MalformedError, NotFoundError
from comity.law.importing.coe_chart import read_coe_chart
from comity.law.importing.difference import Difference, compare
from comity.law.importing.imported import ImportedList
from comity.law.importing.rows_csv import read_rows_csv
from comity.law.importing.untc_html import read_untc_html
from comity.law.importing.untc_xml import read_untc_xml
from comity.law.model import without_letter
from comity.law.register import Register
from comity.law.rows import Action, Instrument

_PAGE = re.compile(rb"<(?:html|body)\b", re.IGNORECASE)
_MARKUP = re.compile(rb"<table\b", re.IGNORECASE)
_CHART = re.compile(rb"\bsignature\b.{0,80}\bratification\b", re.IGNORECASE | re.DOTALL)
_OTHER_FILES = (b"%PDF", b"PK\x03\x04")
_FORMS = (
    "wanted the status page of the United Nations Treaty Collection (XML, or HTML saved from a browser), the chart of "
    "the Council of Europe, or UTF-8 text with commas between its cells that begins with participant,"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A list that was read, and the key of the instrument that it is about."""

    instrument: str
    found: ImportedList

    def actions(self) -> tuple[Action, ...]:
        """Return the acts as rows of the instrument's table."""
        return self.found.actions(self.instrument)

    def difference(self, register: Register) -> Difference:
        """Return what the list would change in a register.

        Raises:
            MalformedError: an act is about an article that the register lacks.
        """
        for act in self.found.acts:
            try:
                if act.provision is not None:
                    register.provision(self.instrument, without_letter(act.provision))
            except NotFoundError as exc:
                raise MalformedError(f"{act.where}: {exc.message}; correct it, or add the article") from exc
        return compare(register.actions_of(self.instrument), self.found)


def read_list(data: bytes, instrument: Instrument, *, as_of: date | None = None, complete: bool = False) -> Listing:
    """Read a list of an instrument's parties in whichever known form it is.

    `as_of` is the day on which it was taken, for a file that does not say; `complete` says of a CSV list that it
    leaves nobody out.

    Raises:
        TooLargeError: the file is larger than any list.
        MalformedError: the form is not known, its layout is another, the list is of another instrument, or an act is
            older than the instrument.
    """
    found = _read(data, as_of=as_of, complete=complete)
    hint, chart = found.instrument_hint, instrument.chart
    if hint is not None and chart is not None and hint.casefold() != chart.casefold():
        raise MalformedError(f"the file is the list of {hint}, and {instrument.short_title} is {chart}")
    began = min((day for day in (instrument.adopted, instrument.opened) if day is not None), default=None)
    for act in found.acts:
        if began is not None and act.seen_by < began:
            raise MalformedError(f"{act.where}: {act.seen_by} is before {instrument.short_title} was there, on {began}")
    return Listing(instrument=instrument.key, found=found)


def _read(data: bytes, *, as_of: date | None, complete: bool) -> ImportedList:
    start = data.removeprefix(b"\xef\xbb\xbf").lstrip()
    page = _PAGE.search(data) is not None
    if not page and start.startswith((b"<?xml", b"<Document", b"<!DOCTYPE")):
        return read_untc_xml(data, as_of=as_of)
    if page or _MARKUP.search(data) is not None:
        if b"tblgrid" in data or b"treaties.un.org" in data:
            return read_untc_html(data, as_of=as_of)
        if b"signatures and ratifications" in data or b"coe.int" in data:
            return read_coe_chart(data, as_of=as_of)
        raise MalformedError(
            "the page is no status page of the United Nations Treaty Collection and no chart of the Council of Europe; "
            "open one of the two, wait until its table shows, and save it complete"
        )
    if start[: len(b"participant")].lower() == b"participant":
        return read_rows_csv(data, as_of=as_of, complete=complete)
    if not start.startswith(_OTHER_FILES) and _CHART.search(data) is not None:
        return read_coe_chart(data, as_of=as_of)
    raise MalformedError(f"the file is {'in no known form' if start else 'empty'}; {_FORMS}")
