"""The STIX objects of a ledger in the order in which it grew, by collection, with the date from which each is there.

Each object stands as it is now: a claim is never handed out without its corrections, so that an object has one version,
and a correction gives what it touches a new `modified` and a new date. Of a record the day of entry is known and not
the hour. It counts as added when that day ends, with as many microseconds on top as objects came before: dates are
unique, the same after every restart, and later for whatever comes later. Whoever asks for what was added since they
last looked misses nothing, whether they go by their own clock or by the date of the last object that they got.
"""

import threading
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Protocol, get_args

import msgspec

from comity.conduct.exporting.standing import Joined
from comity.conduct.exporting.stix import Export
from comity.conduct.exporting.stix_parts import RECORD_EXTENSION, Tlp, frame
from comity.conduct.record import Record
from comity.conduct.statements import Category, Correction, Operation
from comity.kernel.canonical import JsonObject

EVERYTHING: Final = "all"
# The last day after whose end a calendar still has a moment.
_LAST_DAY: Final = date.max - timedelta(days=1)
COLLECTIONS: Final[tuple[str, ...]] = (EVERYTHING, *get_args(Category))


class Records(Protocol):
    """What holds records and only ever gains some; asked from several threads, one at a time."""

    def count(self) -> int:
        """Return how many there are."""

    def records(self) -> Iterator[Record]:
        """Yield them in the order of their arrival, one that came from several places once for each, the first first.

        `count` counts such a record once: where else it came from is there with the next record that is new.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An object with the date from which it is there; `data` is the object as JSON."""

    id: str
    type: str
    version: str
    added: datetime
    data: msgspec.Raw


class Collection:
    """The objects of a collection, the latest added last."""

    def __init__(self, entries: Mapping[str, Entry]) -> None:
        self.entries = entries
        self._order = sorted(entries.values(), key=lambda entry: entry.added)
        self._dates = [entry.added for entry in self._order]

    def after(self, moment: datetime | None) -> Iterator[Entry]:
        """Yield the objects that were added after a moment, or all."""
        start = 0 if moment is None else bisect_right(self._dates, moment)
        for place in range(start, len(self._order)):
            yield self._order[place]


class Shelf:
    """Keeps the objects of a ledger ready, and makes them anew when it has grown."""

    def __init__(self, held: Records, *, tlp: Tlp, exercise: bool = False) -> None:
        self._held = held
        self._tlp: Tlp = tlp
        self._exercise = exercise
        self._building = threading.Lock()
        self._count = -1
        self._collections: Mapping[str, Collection] | None = None

    def collections(self) -> Mapping[str, Collection]:
        """Return the collections by name; while they are made anew, the former ones.

        Raises:
            MalformedError: a record hangs on another that the ledger does not hold.
            StoreError: the ledger cannot be read.
        """
        if not self._building.acquire(blocking=self._collections is None):
            assert self._collections is not None
            return self._collections
        try:
            count = self._held.count()
            if self._collections is None or count != self._count:
                self._collections = arrange(tuple(self._held.records()), tlp=self._tlp, exercise=self._exercise)
                self._count = count
            return self._collections
        finally:
            self._building.release()


def arrange(records: Sequence[Record], *, tlp: Tlp, exercise: bool = False) -> dict[str, Collection]:
    """Return the collections of records that are in the order of their arrival.

    Raises:
        MalformedError: a record hangs on another that is not among them.
    """
    return {
        name: Collection(entries) for name, entries in _Arranging(records, tlp, exercise=exercise).entries().items()
    }


@dataclass(slots=True, kw_only=True)
class _Arrived:
    """A record as it arrived: its own objects, the shelves where they stand, and the moment of its arrival."""

    record: Record
    own: Sequence[JsonObject]
    shelves: Sequence[dict[str, Entry]]
    moment: datetime


class _Arranging:
    """Goes through records as they arrived, noting when each of their objects came or was last changed.

    A correction changes everything that corrections join it with. Each arrival keeps room for as many dates as it
    could ever need, so that no later one moves the dates of others.
    """

    def __init__(self, records: Sequence[Record], tlp: Tlp, *, exercise: bool) -> None:
        self._records: dict[str, Record] = {}
        for record in records:
            self._records.setdefault(record.id, record)
        self._export = Export(records, tlp=tlp, exercise=exercise)
        self._frame = frame(tlp, exercise=exercise)
        self._shelves: dict[str, dict[str, Entry]] = {name: {} for name in COLLECTIONS}
        self._within: dict[str, str | None] = {}

    def entries(self) -> dict[str, dict[str, Entry]]:
        """Return the objects of each collection by their ids."""
        joined = Joined()
        arrived: list[_Arrived] = []
        # The last correction among what corrections join, by its place among the arrivals.
        last: dict[str, int] = {}
        day, room = date.min, 0
        for record in self._records.values():
            day = max(day, min(record.provenance.on, _LAST_DAY))
            moment = datetime.combine(day, time(), UTC) + timedelta(days=1, microseconds=room)
            found = self._export.objects(record)
            own = [item for item in found if _record_of(item) == record.id]
            shelves = self._shelves_of(record)
            naming = [*self._frame, *(item for item in found if _record_of(item) != record.id)]
            joined.take(record)
            joined.weights[joined.of(record.id)] += len(own)
            room += len(naming) + joined.weights[joined.of(record.id)]
            moment = _put(naming, shelves, moment, again=False)
            arrived.append(_Arrived(record=record, own=own, shelves=shelves, moment=moment))
        for place, each in enumerate(arrived):
            if isinstance(each.record.body, Correction):
                last[joined.of(each.record.id)] = place
        for place, each in enumerate(arrived):
            changing = arrived[max(place, last.get(joined.of(each.record.id), place))]
            changing.moment = _put(each.own, each.shelves, changing.moment, again=True)
        return self._shelves

    def _shelves_of(self, record: Record) -> list[dict[str, Entry]]:
        return [self._shelves[name] for name in (EVERYTHING, self._category(record)) if name is not None]

    def _category(self, record: Record) -> str | None:
        """Return the category of the operation that a record is, or on which it hangs through others."""
        path: list[str] = []
        following: Record | None = record
        found: str | None = None
        while following is not None:
            if following.id in self._within:
                found = self._within[following.id]
                break
            path.append(following.id)
            if isinstance(following.body, Operation):
                found = following.body.category
                break
            above = (getattr(following.body, name, None) for name in ("operation", "claim", "corrects"))
            following = next((self._records[each] for each in above if each in self._records), None)
        self._within |= dict.fromkeys(path, found)
        return found


def _put(
    items: Sequence[JsonObject], shelves: Sequence[dict[str, Entry]], moment: datetime, *, again: bool
) -> datetime:
    """Put objects on shelves, unless they stand there and not `again`, and return the moment after them."""
    for item in items:
        identifier = str(item["id"])
        wanting = [shelf for shelf in shelves if again or identifier not in shelf]
        if wanting:
            entry = Entry(
                id=identifier,
                type=str(item["type"]),
                version=str(item.get("modified", item["created"])),
                added=moment,
                data=msgspec.Raw(msgspec.json.encode(item)),
            )
            for shelf in wanting:
                shelf[identifier] = entry
        moment += timedelta(microseconds=1)
    return moment


def _record_of(item: JsonObject) -> str | None:
    extensions = item.get("extensions")
    extension = extensions.get(RECORD_EXTENSION) if isinstance(extensions, dict) else None
    found = extension.get("record_id") if isinstance(extension, dict) else None
    return found if isinstance(found, str) else None
