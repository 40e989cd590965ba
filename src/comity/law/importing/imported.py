"""What a reader of a downloaded list gives: acts with their places, and what was seen and not read as an act."""

import hashlib
from dataclasses import dataclass, replace
from datetime import date

from comity.errors import MalformedError, TooLargeError
from comity.law.model import Act, ActSort, Confidence
from comity.law.rows import Action
from comity.parties.participants import participant
from comity.parties.table import parse_grade

# The longest list of a depositary, with all its declarations, has a few megabytes.
MAX_BYTES = 16 * 1024 * 1024

# No treaty of the tables is older; a day before it is a slip of whoever wrote the list.
_FIRST_DAY = date(1800, 1, 1)

# A depositary's own list is a source about acts; what was read in a treaty's text is graded elsewhere.
_GRADE = "S"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedAct:
    """One act that a list states; `where` is its place in the file.

    `source` and `grade` are what the row itself names, in a list that has such columns.
    """

    participant: str
    act: Act
    on: date | None
    where: str
    known_by: date | None = None
    confidence: Confidence = Confidence.CONFIRMED
    provision: str | None = None
    about: str | None = None
    note: str | None = None
    source: str | None = None
    grade: str = _GRADE

    @property
    def when(self) -> str:
        """The day in words."""
        return f"on {self.on}" if self.on is not None else f"by {self.known_by}, day not seen"

    @property
    def seen_by(self) -> date:
        """The first day on which this act may be counted."""
        day = self.on if self.on is not None else self.known_by
        assert day is not None
        return day


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedList:
    """One list as read.

    `name` says whose list of what it is; `instrument_hint` is the instrument's name in the depositary's register,
    such as `untc:XVIII-16` or `coe:185`, where the file names it; `covers` are the sorts of act of which such a list is
    complete; `unread` says in lines what the file holds that is not among `acts`. No act is later than the list or than
    the state that did it, and none stands there twice.
    """

    name: str
    instrument_hint: str | None
    title: str | None
    as_of: date | None
    digest: str
    covers: frozenset[ActSort]
    acts: tuple[ImportedAct, ...]
    unread: tuple[str, ...]

    def __post_init__(self) -> None:
        places = dict[ImportedAct, str]()
        for act in self.acts:
            _check_day(act, self.as_of)
            first = places.setdefault(replace(act, where=""), act.where)
            if first is not act.where:
                raise MalformedError(f"{act.where}: repeats {first}; leave one of them out")

    @property
    def source(self) -> str:
        """The list, the file's digest and its day, as the source of every act."""
        dated = "undated" if self.as_of is None else f"dated {self.as_of}"
        return f"{self.name}, file sha256 {self.digest}, {dated}"

    def actions(self, instrument: str) -> tuple[Action, ...]:
        """Return the acts as rows of an instrument's table, in the order of the file."""
        return tuple(
            Action(
                instrument=instrument,
                participant=row.participant,
                act=row.act,
                on=row.on,
                known_by=row.known_by,
                confidence=row.confidence,
                provision=row.provision,
                about=row.about,
                note=row.note,
                source=self.source if row.source is None else f"{row.source}; {self.source}",
                grade=parse_grade(row.grade),
                grade_detail=row.grade,
            )
            for row in self.acts
        )


def _check_day(act: ImportedAct, as_of: date | None) -> None:
    if as_of is not None and act.seen_by > as_of:
        raise MalformedError(f"{act.where}: {act.seen_by} is after the day of the list, {as_of}")
    if act.seen_by < _FIRST_DAY:
        raise MalformedError(f"{act.where}: {act.seen_by} is before any treaty; correct the year")
    who = participant(act.participant)
    if who.existed_until is not None and act.on is not None and act.on > who.existed_until:
        raise MalformedError(
            f"{act.where}: {act.on} is after {who.existed_until}, until which {who.name} existed; name its successor"
        )


def digest_of(data: bytes) -> str:
    """Return the digest by which a file is named as a source.

    Raises:
        TooLargeError: the file is larger than any list.
    """
    if len(data) > MAX_BYTES:
        raise TooLargeError(f"a list of parties has at most {MAX_BYTES} bytes, this file has {len(data)}")
    return hashlib.sha256(data).hexdigest()
