"""Since when: a day that may be known to the year, the month or a span only.

A source that says "2023" does not say 1 January. What began on such a day has begun for certain only once its last
possible day is there; before that it may have begun, and whoever compares an act with it must say so.
"""

import calendar
import re
from dataclasses import dataclass
from datetime import date
from typing import Final

from comity.errors import MalformedError
from comity.parties.table import Fields

_DAY: Final = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Since:
    """The first and the last day on which something can have begun; `text` is how it is written."""

    earliest: date
    latest: date
    text: str

    @property
    def exact(self) -> bool:
        """Whether the day itself is known."""
        return self.earliest == self.latest

    def began(self, on: date) -> bool:
        """True when it had begun by a day for certain."""
        return self.latest <= on

    def may_have_begun(self, on: date) -> bool:
        """True when it can have begun by a day."""
        return self.earliest <= on


def parse_since(text: str, *, known_by: date | None = None) -> Since:
    """Read `2023`, `2023-07` or `2023-07-28`; with `known_by` it is the earliest day, and that one the latest.

    Raises:
        MalformedError: the text has another form, the day does not exist, or it is later than `known_by`.
    """
    found = _DAY.fullmatch(text)
    if found is None:
        raise MalformedError(f"{text[:40]!r} is no day, month or year such as 2023-07-28, 2023-07 or 2023")
    year, month, day = (None if part is None else int(part) for part in found.groups())
    assert year is not None
    try:
        earliest = date(year, month or 1, day or 1)
        latest = date(year, month or 12, day or calendar.monthrange(year, month or 12)[1])
    except ValueError as exc:
        raise MalformedError(f"{text!r} is no day of the calendar") from exc
    if known_by is None:
        return Since(earliest=earliest, latest=latest, text=text)
    if known_by < earliest:
        raise MalformedError(f"{text!r} is later than {known_by}, by which it is said to be known")
    return Since(earliest=earliest, latest=known_by, text=f"between {text} and {known_by}")


def since_of(fields: Fields, column: str, known_by: str | None = None) -> Since:
    """Return the cell of a table as a time of beginning; `known_by` is the column of the latest possible day.

    Raises:
        MalformedError: the cell is empty or does not follow the form.
    """
    latest = None if known_by is None else fields.optional_day(known_by)
    try:
        return parse_since(fields.text(column), known_by=latest)
    except MalformedError as exc:
        fields.refuse(f"column {column}: {exc.message}")
