"""Notifications of territorial application in a depositary's list: who, when, for which territories."""

import re
from collections.abc import Iterable

from comity.errors import MalformedError, NotFoundError
from comity.law.importing.cells import read_day, read_name, tidy
from comity.law.importing.imported import ImportedAct
from comity.law.importing.status_table import Reading, Row
from comity.law.model import Act
from comity.parties.names import participant_named
from comity.parties.participants import participant

COLUMNS = ("participant", "date of receipt of the notification", "territories")


def read_territories(reading: Reading, rows: Iterable[Row]) -> None:
    """Read notifications into acts about each territory named; a row whose names are not all known is told as unread.

    Raises:
        MalformedError: a row has not the three cells, an unknown participant or no day.
    """
    code = None
    for row in rows:
        if len(row.cells) != len(COLUMNS):
            raise MalformedError(f"{row.where}: wanted the cells {', '.join(COLUMNS)}, got {len(row.cells)} cells")
        who, when, territories = row.cells
        # A further notification of the same participant leaves the name out.
        if tidy(who.text):
            code = read_name(who.text, where=row.where, notes=who.notes).code
        if code is None:
            raise MalformedError(f"{row.where}: the first notification names no participant")
        on, rest = read_day(when.text, where=row.where)
        if rest:
            raise MalformedError(f"{row.where}: {rest!r} stands behind the day of a notification")
        named = _territories(tidy(territories.text))
        if named is None:
            reading.unread.append(
                f"{row.where}: {participant(code).name} on {on} for {tidy(territories.text)!r}: not all are known names"
            )
            continue
        reading.acts.extend(
            ImportedAct(participant=code, act=Act.TERRITORIAL_APPLICATION, on=on, about=about, where=row.where)
            for about in named
        )


def _territories(text: str) -> list[str] | None:
    """Return the codes of the territories in an enumeration, or None when a part of it is no known name."""
    codes: list[str] = []
    parts = [part.strip() for part in re.split(r"[,;]", text)]
    for part in parts:
        found = _one_or_two(part)
        if found is None:
            whole = _code(text)
            return None if whole is None else [whole]
        codes.extend(found)
    return list(dict.fromkeys(codes))


def _one_or_two(part: str) -> list[str] | None:
    """Return the codes in "A", "and B" or "A and B", where names may themselves hold an "and"."""
    part = re.sub(r"^and ", "", part)
    whole = _code(part)
    if whole is not None:
        return [whole]
    for match in re.finditer(r" and ", part):
        first, second = _code(part[: match.start()]), _code(part[match.end() :])
        if first is not None and second is not None:
            return [first, second]
    return None


def _code(name: str) -> str | None:
    try:
        return participant_named(name).code
    except NotFoundError:
        return None
