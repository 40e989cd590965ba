"""Cells of depositaries' lists: names with footnotes and brackets, days in every usual spelling, kinds of act.

Each function refuses what it does not know and names the place that its caller gives.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from comity.errors import MalformedError, NotFoundError
from comity.law.model import Act
from comity.parties.names import participant_named
from comity.parties.participants import participant

# The months as lists write and abbreviate them, in English and in French.
_MONTH_NAMES = (
    ("jan", "january", "janv", "janvier"),
    ("feb", "february", "févr", "février"),
    ("mar", "march", "mars"),
    ("apr", "april", "avr", "avril"),
    ("may", "mai"),
    ("jun", "june", "juin"),
    ("jul", "july", "juil", "juillet"),
    ("aug", "august", "août"),
    ("sep", "sept", "september", "septembre"),
    ("oct", "october", "octobre"),
    ("nov", "november", "novembre"),
    ("dec", "december", "déc", "décembre"),
)
_MONTHS: Mapping[str, int] = MappingProxyType(
    {name: number for number, names in enumerate(_MONTH_NAMES, 1) for name in names}
)
_WORDS = re.compile(r"(?P<day>[0-9]{1,2}) (?P<month>[^\W\d_]+)\.? (?P<year>[0-9]{4})(?: (?P<rest>[^\d]+))?")
_SLASHES = re.compile(r"(?P<day>[0-9]{1,2})/(?P<month>[0-9]{1,2})/(?P<year>[0-9]{4})(?: (?P<rest>[^\d]+))?", re.ASCII)
_ISO = re.compile(r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})(?: (?P<rest>[^\d]+))?", re.ASCII)
# Footnote marks that stand behind a name as plain figures: "China 1", "Germany11,12".
_FIGURES = re.compile(r"(?P<name>.*?[^\d\s,])\s*(?P<figures>\d+(?:\s*,\s*\d+)*)")
_CODE = re.compile(r"[A-Z]{3}", re.ASCII)
_MONTHS_IN_A_YEAR = 12
_LONGEST_NAME = 200
_LONGEST_DAY = 80

# The kinds of act that columns of the United Nations lists name, in English and French.
_KINDS: Mapping[str, Act] = MappingProxyType(
    {
        "signature": Act.SIGNATURE,
        "succession to signature": Act.SIGNATURE,
        "succession à la signature": Act.SIGNATURE,
        "definitive signature": Act.DEFINITIVE_SIGNATURE,
        "signature définitive": Act.DEFINITIVE_SIGNATURE,
        "ratification": Act.RATIFICATION,
        "acceptance": Act.ACCEPTANCE,
        "acceptation": Act.ACCEPTANCE,
        "approval": Act.APPROVAL,
        "approbation": Act.APPROVAL,
        "accession": Act.ACCESSION,
        "adhésion": Act.ACCESSION,
        "succession": Act.SUCCESSION,
        "formal confirmation": Act.FORMAL_CONFIRMATION,
        "confirmation formelle": Act.FORMAL_CONFIRMATION,
    }
)
# Kinds that the lists also name and that are none of the acts here; a cell of one is told as unread.
_OTHER_KINDS = frozenset(
    {
        "application",
        "application provisoire",
        "consent to be bound",
        "consentement à être lié",
        "notification",
        "participation",
        "participation in the agreement",
        "provisional application",
    }
)
_ITEM = re.compile(r"(?P<kind>[^\W\d][^(),]*?) ?(?:\((?P<mark>[A-Za-z]{1,3})\))?")
# A column "consent" of an own list says the act in every cell, by the mark of the United Nations lists or by its name.
_CONSENT = MappingProxyType(
    {
        "A": Act.ACCEPTANCE,
        "AA": Act.APPROVAL,
        "a": Act.ACCESSION,
        "c": Act.FORMAL_CONFIRMATION,
        "d": Act.SUCCESSION,
        "s": Act.DEFINITIVE_SIGNATURE,
        **{act.label: act for act in Act if act.binds},
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """A participant's cell: who, whether in brackets, as one that withdrew stands, and the marks of its footnotes."""

    code: str
    bracketed: bool
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of acts: what each mark behind a day means; None stands for a kind that is no act here."""

    title: str
    marks: Mapping[str, Act | None]
    succeeded: frozenset[str]


def tidy(text: str) -> str:
    """Return a text with single spaces and no outer ones."""
    return " ".join(text.split())


def read_name(text: str, *, where: str, notes: tuple[str, ...] = ()) -> Name:
    """Read a participant's cell: a name, or a code.

    Raises:
        MalformedError: no participant has the name, or several may be meant.
    """
    name = tidy(text)
    if len(name) > _LONGEST_NAME:
        raise MalformedError(f"{where}: a name has at most {_LONGEST_NAME} characters, got {name[:40]!r} …")
    bracketed = name.startswith("[") and name.endswith("]")
    if bracketed:
        name = name[1:-1].strip()
    figures = _FIGURES.fullmatch(name)
    if figures is not None:
        name, notes = figures["name"], (*notes, *re.split(r"\s*,\s*", figures["figures"]))
    try:
        who = participant(name) if _CODE.fullmatch(name) else participant_named(name)
    except NotFoundError as exc:
        raise MalformedError(f"{where}: {exc.message}") from exc
    return Name(code=who.code, bracketed=bracketed, notes=notes)


def read_day(text: str, *, where: str, day_first: bool = False) -> tuple[date, str]:
    """Read a day such as `12 Dec 2000`, `23/11/2001` or `2001-11-23`, and what stands behind it.

    `day_first` says of a list that its days with strokes begin with the day; elsewhere `5/6/2026` could be either.

    Raises:
        MalformedError: it is written otherwise, is no day of the calendar, or could be two.
    """
    day = tidy(text)[:_LONGEST_DAY]
    match = _WORDS.fullmatch(day) or _SLASHES.fullmatch(day) or _ISO.fullmatch(day)
    if match is None:
        raise MalformedError(f"{where}: {day!r} is no day such as 12 Dec 2000, 23/11/2001 or 2001-11-23")
    month = match["month"] if match["month"].isdigit() else _MONTHS.get(match["month"].casefold())
    if month is None:
        raise MalformedError(f"{where}: {match['month']!r} is no month in English or French")
    try:
        on = date(int(match["year"]), int(month), int(match["day"]))
    except ValueError as exc:
        raise MalformedError(f"{where}: {day!r} is no day of the calendar") from exc
    if match.re is _SLASHES and not day_first and on.day <= _MONTHS_IN_A_YEAR and on.day != on.month:
        other = date(on.year, on.day, on.month)
        raise MalformedError(f"{where}: {day!r} may be {on} or {other}; write the one that is meant in that form")
    return on, (match["rest"] or "").strip()


def read_column(title: str, *, where: str) -> Column:
    """Read the heading of a column of acts, such as `Ratification, Acceptance(A), Accession(a)`.

    Raises:
        MalformedError: the heading names a kind that is not known, or gives two kinds one mark.
    """
    if tidy(title).casefold() == "consent":
        return Column(title="consent", marks=_CONSENT, succeeded=frozenset())
    marks: dict[str, Act | None] = {}
    succeeded = set()
    for item in tidy(title).split(","):
        match = _ITEM.fullmatch(item.strip())
        kind = match["kind"].casefold() if match is not None else ""
        if match is None or (kind not in _KINDS and kind not in _OTHER_KINDS):
            raise MalformedError(f"{where}: the column {tidy(title)!r} names {item.strip()!r}, which is no known act")
        mark = match["mark"] or ""
        if mark in marks:
            raise MalformedError(f"{where}: the column {tidy(title)!r} gives two acts the mark {mark!r}")
        marks[mark] = _KINDS.get(kind)
        if marks[mark] is Act.SIGNATURE and kind != "signature":
            succeeded.add(mark)
    return Column(title=tidy(title), marks=MappingProxyType(marks), succeeded=frozenset(succeeded))


def act_of(column: Column, mark: str, *, where: str) -> Act | None:
    """Return what the mark behind a day means in a column; None is a kind that is no act here.

    Raises:
        MalformedError: the column does not explain the mark.
    """
    marks = column.marks
    if mark in marks:
        return marks[mark]
    # A column of one kind needs no mark; where several kinds have marks, a day without one could be any.
    if mark == "" and len(marks) == 1:
        return next(iter(marks.values()))
    known = ", ".join(repr(known) for known in marks if known)
    if mark == "":
        raise MalformedError(f"{where}: the day does not say which act it is; add one of the marks {known}")
    raise MalformedError(f"{where}: the mark {mark!r} is not among those of the column, {known or 'which has none'}")
