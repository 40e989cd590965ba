"""Strict reading of rows: each column is taken once, what remains is audited, and enumerations map value to meaning.

A `Row` hands out its cells one by one. A value that is not among the known ones refuses the row with file, row and
column; nothing falls to a default. `done` refuses a row of which something was neither read nor set aside. Names of
states go through the table of participants, whole and unguessed: "Korea" alone is refused, a region is a region, and a
place that the table does not hold keeps its name without a code. Rows are numbered as a spreadsheet shows them: the
heading is row 1.
"""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from types import MappingProxyType
from typing import Final, NoReturn, TypeVar

from comity.conduct.importing.imported import Gathering, SourceFile
from comity.conduct.record import Record
from comity.conduct.statements import Source, Target
from comity.errors import MalformedError, NotFoundError
from comity.parties.names import normal_form, participant_named
from comity.parties.participants import is_fictitious, load_participants, participant

Meaning = TypeVar("Meaning")

MAX_ROWS: Final = 1_000_000
# How many names are remembered with what they mean: collections repeat a few.
_REMEMBERED: Final = 20_000
# The longest line of a body, and what marks one that was cut.
_LINE: Final = 400
_CUT: Final = " …"
_ISO_DAY: Final = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[ T]00:00:00)?", re.ASCII)
_MONTH_FIRST: Final = re.compile(
    r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})(?: [0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?)?", re.ASCII
)
# An address follows another behind a comma or semicolon, or a blank; within one, a comma is part of it.
_BETWEEN_URLS: Final = re.compile(r"[,;]\s*(?=https?://)|\s+")
_URL: Final = re.compile(r"https?://[^\x00-\x20\x7f]{1,1990}")
# What is left where letters were lost on the way: the replacement character, doubled question marks, one inside a word.
_BROKEN: Final = re.compile(r"\ufffd|\?\?|\w\?\w|â€|Ã[\x80-\xbf]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place as a source names it; `participant` is its code where the table of participants has one."""

    name: str
    participant: str | None

    @property
    def key(self) -> str:
        """What two names of one place have in common."""
        return self.participant or normal_form(self.name)


class Row:
    """One row while it is read."""

    __slots__ = ("_blanks", "_cells", "_damage", "_file", "number")

    def __init__(
        self, file: SourceFile, number: int, cells: dict[str, str], *, blanks: frozenset[str], damage: str | None = None
    ) -> None:
        self._file = file
        self._cells = cells
        self._blanks = blanks
        self._damage = damage
        self.number = number

    @property
    def place(self) -> str:
        """The row as provenance names it."""
        return f"row {self.number}"

    @property
    def damaged(self) -> bool:
        """True when the row has more or fewer cells than the heading, so that no cell can be taken."""
        return self._damage is not None

    def refuse(self, column: str, why: str) -> NoReturn:
        """Refuse the row.

        Raises:
            MalformedError: always, naming file, row and column.
        """
        raise MalformedError(f"{self._file.name}, {self.place}, column {column}: {why}")

    def has(self, column: str) -> bool:
        """True when the file has the column and nothing took it from the row yet."""
        return column in self._cells

    def raw(self, column: str) -> str:
        """Take a cell as it stands.

        Raises:
            MalformedError: the row has more or fewer cells than the heading.
        """
        if self._damage is not None:
            raise MalformedError(f"{self._file.name}, {self.place}: {self._damage}")
        return self._cells.pop(column)

    def optional(self, column: str) -> str | None:
        """Take a cell with single spaces and no outer ones; None when it is blank.

        Raises:
            MalformedError: the row has more or fewer cells than the heading.
        """
        text = tidy(self.raw(column))
        return None if text in self._blanks else text

    def text(self, column: str) -> str:
        """Take a cell that must not be blank.

        Raises:
            MalformedError: it is blank.
        """
        text = self.optional(column)
        if text is None:
            self.refuse(column, "is blank")
        return text

    def optional_choice(self, column: str, meanings: Mapping[str, Meaning]) -> Meaning | None:
        """Take a cell that holds one of the known values, and return what it means; None when it is blank.

        Raises:
            MalformedError: the value is not among them.
        """
        text = self.optional(column)
        return None if text is None else self._meaning(column, text, meanings)

    def choice(self, column: str, meanings: Mapping[str, Meaning]) -> Meaning:
        """Take a cell that must hold one of the known values, and return what it means.

        Raises:
            MalformedError: it is blank, or the value is not among them.
        """
        return self._meaning(column, self.text(column), meanings)

    def choices(self, column: str, meanings: Mapping[str, Meaning], *, separator: str) -> tuple[Meaning, ...]:
        """Take a cell that lists known values, and return what each means; none when it is blank.

        Raises:
            MalformedError: a value is not among them.
        """
        return tuple(self._meaning(column, part, meanings) for part in self.parts(column, separator=separator))

    def parts(self, column: str, *, separator: str) -> tuple[str, ...]:
        """Take the different parts of a cell in their order, none when it is blank.

        Raises:
            MalformedError: the row has more or fewer cells than the heading.
        """
        text = self.optional(column)
        if text is None:
            return ()
        split = (tidy(part) for part in text.split(separator))
        return tuple(dict.fromkeys(part for part in split if part not in self._blanks))

    def day(self, column: str) -> str | None:
        """Take a day such as `2013-05-07`, `2013-05-07 00:00:00` or `5/7/2013`, month first; None when it is blank.

        Raises:
            MalformedError: it is written otherwise, or is no day of the calendar.
        """
        text = self.optional(column)
        if text is None:
            return None
        iso, month_first = _ISO_DAY.fullmatch(text), _MONTH_FIRST.fullmatch(text)
        if iso is not None:
            year, month, day = iso[1], iso[2], iso[3]
        elif month_first is not None:
            month, day, year = month_first[1], month_first[2], month_first[3]
        else:
            self.refuse(column, f"{text[:40]!r} is no day such as 2013-05-07 or 5/7/2013")
        try:
            return date(int(year), int(month), int(day)).isoformat()
        except ValueError:
            self.refuse(column, f"{text!r} is no day of the calendar")

    def skip(self, *columns: str) -> None:
        """Set columns aside that are known and not read."""
        for column in columns:
            self._cells.pop(column, None)

    def done(self) -> None:
        """Audit what remains.

        Raises:
            MalformedError: a cell was neither read nor set aside.
        """
        left = sorted(column for column, text in self._cells.items() if tidy(text) not in self._blanks)
        if left:
            raise MalformedError(f"{self._file.name}, {self.place}: nothing was made of the columns {', '.join(left)}")

    def _meaning(self, column: str, text: str, meanings: Mapping[str, Meaning]) -> Meaning:
        try:
            return meanings[text]
        except KeyError:
            self.refuse(column, f"the value {text[:80]!r} is not known")


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A file of rows; `surplus` are columns that no importer knows, which are set aside and said."""

    rows: Iterator[Row]
    surplus: tuple[str, ...]


def read_table(
    file: SourceFile, *, required: frozenset[str], known: frozenset[str] = frozenset(), blanks: frozenset[str]
) -> Table:
    """Open a CSV file with a heading; `blanks` are the texts that stand for an empty cell.

    Raises:
        MalformedError: it is not UTF-8 CSV, a required column is missing, or one stands twice.
    """
    try:
        text = file.data.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise MalformedError(f"{file.name}: not UTF-8 at byte {exc.start}; save it as UTF-8") from exc
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        heading = [tidy(cell) for cell in next(reader, [])]
    except csv.Error as exc:
        raise MalformedError(f"{file.name}, line {reader.line_num}: not CSV: {exc}") from exc
    missing = sorted(required - set(heading))
    if missing:
        raise MalformedError(f"{file.name}, row 1: the columns {', '.join(missing)} are missing")
    twice = sorted({column for column in heading if heading.count(column) > 1})
    if twice:
        raise MalformedError(f"{file.name}, row 1: the columns {', '.join(twice)} stand twice")
    surplus = tuple(column for column in heading if column not in required | known)
    rows = _rows(file, reader, heading, frozenset({"", *blanks}), frozenset(surplus))
    return Table(rows=rows, surplus=surplus)


def keep_rows(
    file: SourceFile,
    table: Table,
    gathering: Gathering,
    read: Callable[[Row, SourceFile, Gathering], Iterable[Record]],
) -> int:
    """Keep what each row of a table gives, or say why it is left out; return how many rows there are."""
    say_surplus(file, table, gathering)
    rows = 0
    for row in table.rows:
        rows += 1
        try:
            gathering.keep(read(row, file, gathering))
        except MalformedError as exc:
            gathering.refuse(exc)
    return rows


def say_surplus(file: SourceFile, table: Table, gathering: Gathering) -> None:
    """Say which columns of a table no importer knows."""
    if table.surplus:
        gathering.note(f"{file.name}: the columns {', '.join(table.surplus)} are not known and not read")


def _rows(
    file: SourceFile, reader: "Iterator[list[str]]", heading: list[str], blanks: frozenset[str], surplus: frozenset[str]
) -> Iterator[Row]:
    number = 1
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as exc:
            raise MalformedError(f"{file.name}, after row {number}: not CSV: {exc}") from exc
        if cells is None:
            return
        number += 1
        if number > MAX_ROWS:
            raise MalformedError(f"{file.name}: a collection has at most {MAX_ROWS} rows")
        if not cells:
            continue
        damage = None if len(cells) == len(heading) else f"wanted {len(heading)} cells, got {len(cells)}"
        pairs = zip(heading, cells, strict=False)
        yield Row(file, number, {c: t for c, t in pairs if c not in surplus}, blanks=blanks, damage=damage)


def tidy(text: str) -> str:
    """Return a text with single spaces and no outer ones."""
    return " ".join(text.split())


def line(text: str) -> str:
    """Return a text as one line, cut where it is longer than a line may be."""
    tidied = tidy(text)
    return tidied if len(tidied) <= _LINE else f"{tidied[: _LINE - len(_CUT)].rstrip()}{_CUT}"


def is_broken(text: str) -> bool:
    """True when letters of the text were lost on the way, so that what it said is not known."""
    return _BROKEN.search(text) is not None


def links(*cells: str | None) -> tuple[str, ...]:
    """Return the different web addresses that stand in cells, in their order; a cell that is one is taken whole."""
    found: list[str] = []
    for cell in cells:
        parts = _BETWEEN_URLS.split((cell or "").strip())
        for part in parts:
            if _URL.fullmatch(part) and len(parts) == 1:
                found.append(part)
            else:
                found.extend(_address(match) for match in _URL.findall(part))
    return tuple(dict.fromkeys(found))


def _address(match: str) -> str:
    """Return an address without the marks that separate it from the next."""
    address = match.rstrip(",;.'\"]")
    return address.rstrip(")") if "(" not in address else address


def sources(title: str, *cells: str | None, publisher: str | None = None) -> list[Source]:
    """Return a source for each web address in cells, all under one title."""
    return [Source(title=line(title), url=url, publisher=publisher) for url in links(*cells)]


def place_named(text: str, aliases: Mapping[str, str] = MappingProxyType({})) -> Place:
    """Return the place that a source names; `aliases` give codes for names that only this source uses.

    Raises:
        MalformedError: the name is not known, or several participants would answer to it.
    """
    found = find_place(text, aliases)
    if found is not None:
        return found
    try:
        return Place(name=tidy(text), participant=participant_named(text).code)
    except NotFoundError as exc:
        raise MalformedError(exc.message) from exc


def find_place(text: str, aliases: Mapping[str, str] = MappingProxyType({})) -> Place | None:
    """Return the place that a source names, or None; a name that several would answer to finds none."""
    name = tidy(text)
    if is_fictitious(name):
        return fictitious_place(name)
    code = aliases.get(name) or _code_of(name)
    return None if code is None else Place(name=name, participant=code or None)


@lru_cache(maxsize=_REMEMBERED)
def _code_of(name: str) -> str | None:
    """Return the code that a name means, an empty one for a place without a code, None for no place."""
    key = normal_form(name)
    return "" if key in _NOT_LISTED else _codes().get(key)


def fictitious_place(text: str) -> Place | None:
    """Return the fictitious state of an exercise that a cell names by its code, or None."""
    return Place(name=participant(text).name, participant=text) if is_fictitious(text) else None


def place_of_code(text: str) -> Place:
    """Return the place with a two-letter ISO 3166-1 code; its name is that of the table of participants.

    A fictitious state has no such code and is named by its three letters.

    Raises:
        MalformedError: no place has the code.
    """
    fictitious = fictitious_place(text)
    if fictitious is not None:
        return fictitious
    if text in _NOT_LISTED_CODES:
        return Place(name=_NOT_LISTED_CODES[text], participant=None)
    code = ALPHA_2.get(text)
    if code is None:
        raise MalformedError(f"{text[:20]!r} is no two-letter code of ISO 3166-1")
    return Place(name=participant(code).name, participant=code)


@lru_cache(maxsize=_REMEMBERED)
def is_region(text: str) -> bool:
    """True when a text names a part of the world and no state."""
    return normal_form(text) in _REGIONS


def target(text: str) -> Target:
    """Return whom a text says was hit: a state or a region when it is the name of one, else what it says."""
    name = line(text)
    found = find_place(name)
    if found is not None:
        return Target(name=name, kind="state", participant=found.participant)
    return Target(name=name, kind="region" if is_region(name) else "unknown")


@cache
def _codes() -> Mapping[str, str]:
    rows = load_participants().values()
    return MappingProxyType({normal_form(name): row.code for row in rows for name in (row.name, *row.also)})


# Places that sources name and that the table of participants does not hold: they keep their names without a code.
_NOT_LISTED: Final = frozenset({"antarctica", "kosovo", "northern cyprus", "taiwan", "western sahara"})
_NOT_LISTED_CODES: Final = MappingProxyType(
    {"AQ": "Antarctica", "EH": "Western Sahara", "TW": "Taiwan", "XK": "Kosovo"}
)
_REGION_NAMES: Final = """
Africa, Americas, Asia, Asia Pacific, Balkans, Baltics, Caribbean, Caucasus, Central America, Central Asia, East Africa,
East Asia, Eastern Africa, Eastern Asia, Eastern Europe, Europe, Global, Gulf, Latin America, MENA, MENA region,
Middle East, Middle East and North Africa, North Africa, North America, Northeast Africa, Northeast Asia,
Northern Africa, Northern Europe, Oceania, Pacific, Scandinavia, South America, South Asia, Southeast Asia,
Southeast Asian, Southern Africa, Southern Asia, Southern Europe, Sub-Saharan Africa, West Africa, Western Africa,
Western Asia, Western Balkans, Western Europe, Worldwide
"""
_REGIONS: Final = frozenset(normal_form(name) for name in _REGION_NAMES.split(","))

# ISO 3166-1: each two-letter code with the three-letter one, of everything that the table of participants holds.
_PAIRS: Final = """
ADAND AEARE AFAFG AGATG AIAIA ALALB AMARM ANANT AOAGO ARARG ASASM ATAUT AUAUS AWABW AXALA AZAZE BABIH BBBRB
BDBGD BEBEL BFBFA BGBGR BHBHR BIBDI BJBEN BLBLM BMBMU BNBRN BOBOL BQBES BRBRA BSBHS BTBTN BVBVT BWBWA BYBLR
BZBLZ CACAN CCCCK CDCOD CFCAF CGCOG CHCHE CICIV CKCOK CLCHL CMCMR CNCHN COCOL CRCRI CSSCG CUCUB CVCPV CWCUW
CXCXR CYCYP CZCZE DEDEU DJDJI DKDNK DMDMA DODOM DZDZA ECECU EEEST EGEGY ERERI ESESP ETETH FIFIN FJFJI FKFLK
FMFSM FOFRO FRFRA GAGAB GBGBR GDGRD GEGEO GFGUF GGGGY GHGHA GIGIB GLGRL GMGMB GNGIN GPGLP GQGNQ GRGRC GSSGS
GTGTM GUGUM GWGNB GYGUY HKHKG HMHMD HNHND HRHRV HTHTI HUHUN IDIDN IEIRL ILISR IMIMN ININD IOIOT IQIRQ IRIRN
ISISL ITITA JEJEY JMJAM JOJOR JPJPN KEKEN KGKGZ KHKHM KIKIR KMCOM KNKNA KPPRK KRKOR KWKWT KYCYM KZKAZ LALAO
LBLBN LCLCA LILIE LKLKA LRLBR LSLSO LTLTU LULUX LVLVA LYLBY MAMAR MCMCO MDMDA MEMNE MFMAF MGMDG MHMHL MKMKD
MLMLI MMMMR MNMNG MOMAC MPMNP MQMTQ MRMRT MSMSR MTMLT MUMUS MVMDV MWMWI MXMEX MYMYS MZMOZ NANAM NCNCL NENER
NFNFK NGNGA NINIC NLNLD NONOR NPNPL NRNRU NUNIU NZNZL OMOMN PAPAN PEPER PFPYF PGPNG PHPHL PKPAK PLPOL PMSPM
PNPCN PRPRI PSPSE PTPRT PWPLW PYPRY QAQAT REREU ROROU RSSRB RURUS RWRWA SASAU SBSLB SCSYC SDSDN SESWE SGSGP
SHSHN SISVN SJSJM SKSVK SLSLE SMSMR SNSEN SOSOM SRSUR SSSSD STSTP SVSLV SXSXM SYSYR SZSWZ TCTCA TDTCD TFATF
TGTGO THTHA TJTJK TKTKL TLTLS TMTKM TNTUN TOTON TRTUR TTTTO TVTUV TZTZA UAUKR UGUGA UMUMI USUSA UYURY UZUZB
VAVAT VCVCT VEVEN VGVGB VIVIR VNVNM VUVUT WFWLF WSWSM YEYEM YTMYT ZAZAF ZMZMB ZWZWE
"""
ALPHA_2: Final[Mapping[str, str]] = MappingProxyType({pair[:2]: pair[2:] for pair in _PAIRS.split()})
