"""The ledger: one SQLite file of records, to which records are added and from which nothing is taken away.

What a record refers to is held before it, or comes in the same batch. So references have no circle: a record's id
covers the ids that it names, and nobody can name an id before its record is written. For the same reason what a
finding cites can only be older than the finding, also where it is a statement or an exhibit that no ledger holds.

Whether a ledger is an exercise is decided when it is made. `admission` says which records it takes.
"""

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple, Self

import msgspec

from comity.conduct.admission import Admitted, admit, check_refers, folded, where
from comity.conduct.bulk import many_objects
from comity.conduct.record import Origin, Provenance, Record, record_id
from comity.conduct.statements import KINDS, Body, encode_body
from comity.errors import MalformedError, NotFoundError, PolicyError, StoreError, VerificationError
from comity.store.database import Reader, Row, Transaction
from comity.store.migration import migrate
from comity.store.query import load_queries
from comity.store.sqlite import MEMORY, SqliteDatabase

_HERE: Final = Path(__file__).parent
BATCH: Final = 5_000
# How many records are read at a time, so that no reading transaction stays open while a caller works.
_SPAN: Final = 1_000
# Members through which a record reaches into another operation, so that the two are read together.
_REACHING: Final = frozenset({"replacement", "to_claims"})
_ORIGINS: Final = {origin.value: origin for origin in Origin}


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """How many records were new to the ledger, and how many it held already or was given twice."""

    new: int
    known: int


class _Place(NamedTuple):
    """Where a record stands in the ledger."""

    sequence: int
    kind: str
    operation: int | None


class Ledger:
    """The records of an observatory; open one with `Ledger.open`, and close it, or use it in a `with` block."""

    def __init__(self, database: SqliteDatabase, kinds: dict[str, type[Body]], *, exercise: bool) -> None:
        self.exercise = exercise
        self._database = database
        self._kinds = kinds
        self._decode: dict[str, Callable[[bytes], Body]] = {
            kind: msgspec.json.Decoder(shape).decode for kind, shape in kinds.items()
        }

    @classmethod
    def open(
        cls,
        path: Path | str,
        *,
        create: bool = False,
        exercise: bool | None = None,
        kinds: dict[str, type[Body]] = KINDS,
    ) -> Self:
        """Open a ledger; with `create`, make it where there is none, as an exercise if told so.

        Raises:
            NotFoundError: there is no such file, and none is to be made.
            PolicyError: the ledger is an exercise and should be none, or the other way round.
            StoreError: the file is no database, read-only, or another version's.
        """
        if not create and str(path) != MEMORY and not Path(path).exists():
            raise NotFoundError(f"no ledger at {path}; make one with create")
        places = () if create or str(path) == MEMORY else (path, Path(path).parent)
        if not all(os.access(place, os.W_OK) for place in places):
            raise StoreError(
                f"{path} is read-only, and what views need is kept in it and beside it; copy its folder to where you "
                "may write, and ask the copy",
                fatal=True,
            )
        database = SqliteDatabase(path, queries=load_queries() | load_queries(_HERE / "sql"))
        try:
            held = _flag(database, exercise=exercise)
        except BaseException:
            database.close()
            raise
        return cls(database, kinds, exercise=held)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; a second call does nothing."""
        self._database.close()

    @property
    def database(self) -> SqliteDatabase:
        """The file, for what is derived from the records and kept beside them."""
        return self._database

    def add(self, records: Iterable[Record]) -> Added:
        """Add records, five thousand a transaction; what is held already is left as it is, with its new provenance.

        A record comes after those to which it refers, or within the same five thousand. Where a batch is refused,
        nothing of it is kept and those before it are; giving all of them again is safe.

        Raises:
            MalformedError: a record breaks the form of its kind, refers to one that is neither held nor in the batch,
                or to one of a kind that has no place there; the message names both.
            PolicyError: a day is still to come, or a participant is real in an exercise or fictitious outside one.
            StoreError: the database failed.
        """
        given, new = 0, 0
        source = iter(records)
        while batch := list(islice(source, BATCH)):
            given += len(batch)
            new += self._add_batch([admit(record, self._kinds, exercise=self.exercise) for record in batch])
        return Added(new=new, known=given - new)

    def record(self, identifier: str) -> Record:
        """Return a record with the earliest of its provenances.

        Raises:
            NotFoundError: no such record is held.
        """
        return self._records(self._rows_of(identifier))[0]

    def kind_of(self, identifier: str) -> str | None:
        """Return the kind of a record, or None where it is not held."""
        with self._database.reading() as tx:
            held = _held(tx, [identifier])
        return held[identifier].kind if identifier in held else None

    def identify(self, beginning: str) -> str:
        """Return the one id that begins so.

        Raises:
            NotFoundError: no record has such an id, or several have one.
        """
        with self._database.reading() as tx:
            rows = tx.all("ledger_identify", {"first": beginning, "after": beginning + "g"})
        if len(rows) != 1:
            number = "no record" if not rows else "more than one record"
            raise NotFoundError(f"{number} has an id that begins with {beginning!r}")
        return str(rows[0][0])

    def sources(self) -> tuple[str, ...]:
        """Return everybody and everything from which records came, by name."""
        with self._database.reading() as tx:
            return tuple(str(row[0]) for row in tx.all("ledger_sources"))

    def provenances(self, identifier: str) -> tuple[Provenance, ...]:
        """Return everywhere a record came from, the earliest first.

        Raises:
            NotFoundError: no such record is held.
        """
        return tuple(provenance_of(row) for row in self._rows_of(identifier))

    def several_provenances(self) -> dict[str, tuple[Provenance, ...]]:
        """Return where each record came from that came from more than one place, the earliest first."""
        with self._database.reading() as tx:
            rows = tx.all("ledger_several_provenances")
        found: dict[str, list[Provenance]] = {}
        for row in rows:
            found.setdefault(str(row[1]), []).append(provenance_of(row))
        return {identifier: tuple(came) for identifier, came in found.items()}

    def loose(self) -> tuple[Record, ...]:
        """Return the records that hang on no operation, in the order of arrival, once for each of their provenances."""
        with self._database.reading() as tx:
            return self._each_provenance(tx.all("ledger_loose"))

    def count(self, kind: str | None = None) -> int:
        """Return how many records are held, or how many of one kind."""
        with self._database.reading() as tx:
            row = tx.one("ledger_count") if kind is None else tx.one("ledger_count_kind", {"kind": kind})
        assert row is not None
        return int(row[0])

    def records(self, kind: str | None = None) -> Iterator[Record]:
        """Yield the records that are held when this begins, or those of one kind, in the order of their arrival."""
        with self._database.reading() as tx:
            last = _last(tx)
        after = 0
        while after < last:
            with self._database.reading() as tx:
                if kind is None:
                    rows = tx.all("ledger_span", {"after": after, "until": min(after + _SPAN, last)})
                else:
                    rows = tx.all("ledger_span_kind", {"kind": kind, "after": after, "until": last, "most": _SPAN})
            if not rows:
                return
            after = int(rows[-1][0])
            yield from self._records(rows)

    def of_operation(self, identifier: str) -> tuple[Record, ...]:
        """Return an operation and everything that hangs on it, in the order of arrival.

        A record comes once for each of its provenances, since who entered it decides whose corrections count. Where a
        correction or a reply reaches into another operation, that one comes along with what hangs on it.

        Raises:
            NotFoundError: no such operation is held.
        """
        return self.of_operations([identifier])

    def of_operations(self, identifiers: Iterable[str]) -> tuple[Record, ...]:
        """Return operations and everything that hangs on them, in the order of arrival; see `of_operation`.

        Raises:
            NotFoundError: one of them is not held.
        """
        wanted = list(dict.fromkeys(identifiers))
        with self._database.reading() as tx:
            held = _held(tx, wanted)
            for identifier in wanted:
                if identifier not in held or held[identifier].kind != "operation":
                    raise NotFoundError(f"no operation {identifier} is held")
            return self.whole(tx, {place.sequence for place in held.values()})

    def about(self, code: str) -> tuple[Record, ...]:
        """Return the operations of which a claim or finding names a participant at any level, and what hangs on them.

        Claims about others on the same operations are among them, since they may speak for the participant.
        """
        with self._database.reading() as tx:
            return self.whole(tx, {int(row[0]) for row in tx.all("ledger_about", {"code": code})})

    def by_claimant(self, code: str) -> tuple[Record, ...]:
        """Return the operations about which a claimant, by code or by name, claims something, with all of them."""
        with self._database.reading() as tx:
            rows = tx.all("ledger_claimed_by", {"code": code, "name": folded(code)})
            return self.whole(tx, {int(row[0]) for row in rows})

    def find(self, text: str) -> tuple[Record, ...]:
        """Return the operations with a title, other name or id elsewhere that holds a text, by title."""
        with self._database.reading() as tx:
            return self._records(tx.all("ledger_find", {"text": folded(text)}))

    def operations(self, *, after: str | None = None, limit: int = _SPAN) -> tuple[Record, ...]:
        """Return a page of operations by title, after one that a page before ended with.

        Raises:
            NotFoundError: the operation after which to begin is not held.
        """
        with self._database.reading() as tx:
            title = ""
            if after is not None:
                row = tx.one("ledger_title", {"id": after})
                if row is None:
                    raise NotFoundError(f"no operation {after} is held")
                title = str(row[0])
            return self._records(tx.all("ledger_operations", {"title": title, "id": after or "", "most": limit}))

    def check(self) -> int:
        """Compute the id of every record from its body again; return how many there are.

        Raises:
            VerificationError: a record is not what its id says.
        """
        checked = 0
        for record in self.records():
            checked += 1
            if record_id(record.kind, encode_body(record.body)) != record.id:
                raise VerificationError(f"{where(record)} is not what its id says; restore the ledger from a copy")
        return checked

    def whole(self, tx: Reader, operations: set[int]) -> tuple[Record, ...]:
        """Return what hangs on operations, by their numbers, and on those that are read together with them.

        See `of_operation`.
        """
        grown = operations
        while grown:
            rows = tx.all("ledger_together", {"operations": json.dumps(sorted(grown))})
            grown = {int(row[0]) for row in rows} - operations
            operations = operations | grown
        with many_objects():
            return self._each_provenance(tx.all("ledger_of_operations", {"operations": json.dumps(sorted(operations))}))

    def _add_batch(self, batch: list[Admitted]) -> int:
        fresh = {each.id: each for each in batch}
        with self._database.transaction() as tx:
            held = _held(tx, {*fresh, *(target for each in batch for _, target, _ in each.refers)})
            new = [each for identifier, each in fresh.items() if identifier not in held]
            places = _placed(new, held, _last(tx) + 1)
            _write(tx, new, places)
            tx.run_many("ledger_provenance_add_many", [_provenance_row(each.record, places) for each in batch])
        return len(new)

    def _rows_of(self, identifier: str) -> list[Row]:
        with self._database.reading() as tx:
            rows = tx.all("ledger_record", {"id": identifier})
        if not rows:
            raise NotFoundError(f"no record {identifier} is held")
        return rows

    def _records(self, rows: Iterable[Row]) -> tuple[Record, ...]:
        """Return one record for each number, with the provenance that comes first."""
        found: dict[int, Record] = {}
        for row in rows:
            if row[0] not in found:
                found[row[0]] = self._read(row)
        return tuple(found.values())

    def _each_provenance(self, rows: Iterable[Row]) -> tuple[Record, ...]:
        """Return a record for each row; the rows of one record follow each other."""
        found: list[Record] = []
        for row in rows:
            if found and found[-1].id == row[1]:
                found.append(found[-1].came_also(provenance_of(row)))
            else:
                found.append(self._read(row))
        return tuple(found)

    def _read(self, row: Row) -> Record:
        _, identifier, kind, body = row[:4]
        if kind not in self._decode:
            raise MalformedError(f"record {identifier} is of kind {kind!r}, which this version does not know")
        record = Record(kind=kind, body=self._decode[kind](body), provenance=provenance_of(row))
        # The id was computed when the record was added; `check` computes it again.
        vars(record)["id"] = identifier
        return record


def _flag(database: SqliteDatabase, *, exercise: bool | None) -> bool:
    """Bring the tables up to date and return whether the ledger is an exercise; a new one becomes what is asked for."""
    migrate(database, _HERE / "migrations")
    with database.transaction() as tx:
        row = tx.one("ledger_flag")
        if row is None:
            tx.run("ledger_make", {"exercise": int(bool(exercise))})
    held = bool(exercise) if row is None else bool(row[0])
    if exercise is not None and held != exercise:
        raise PolicyError(f"the ledger {database.path} is {'an' if held else 'no'} exercise; that never changes")
    return held


def _last(tx: Reader) -> int:
    row = tx.one("ledger_last")
    assert row is not None
    return int(row[0])


def _held(tx: Reader, identifiers: Iterable[str]) -> dict[str, _Place]:
    rows = tx.all("ledger_held", {"ids": json.dumps(sorted(identifiers))})
    return {str(identifier): _Place(*rest) for identifier, *rest in rows}


def _placed(new: list[Admitted], held: Mapping[str, _Place], first: int) -> dict[str, _Place]:
    """Return the place of every record that is held or new, each new one with the operation that it is about."""
    by_id = {each.id: each for each in new}
    kinds = {identifier: place.kind for identifier, place in held.items()}
    kinds |= {each.id: each.record.kind for each in new}
    for each in new:
        check_refers(each, kinds)
    sequences = {each.id: sequence for sequence, each in enumerate(new, first)}
    places = dict(held)
    for each in new:
        # Back along the first reference, up to an operation or to a record whose place is known.
        way, step = [each], each
        while step.record.kind != "operation" and step.refers and step.refers[0][1] not in places:
            step = by_id[step.refers[0][1]]
            way.append(step)
        if step.record.kind == "operation":
            operation: int | None = sequences[step.id]
        else:
            operation = places[step.refers[0][1]].operation if step.refers else None
        for passed in way:
            places[passed.id] = _Place(sequences[passed.id], passed.record.kind, operation)
    return places


def _write(tx: Transaction, new: list[Admitted], places: Mapping[str, _Place]) -> None:
    own = [(places[each.id], each) for each in new]
    tx.run_many(
        "ledger_record_add_many",
        [(place.sequence, each.id, place.kind, each.body, place.operation) for place, each in own],
    )
    refers = [
        (place, member, places[target]) for place, each in own for member, target, _ in dict.fromkeys(each.refers)
    ]
    tx.run_many(
        "ledger_reference_add_many", [(place.sequence, member, target.sequence) for place, member, target in refers]
    )
    reaching = dict.fromkeys(
        (place.operation, target.operation)
        for place, member, target in refers
        if member in _REACHING
        and None not in {place.operation, target.operation}
        and place.operation != target.operation
    )
    tx.run_many("ledger_together_add_many", reaching)
    tx.run_many("ledger_subject_add_many", [(place.sequence, *about) for place, each in own for about in each.subjects])
    tx.run_many("ledger_speaker_add_many", [(place.sequence, *by) for place, each in own for by in each.speakers])
    tx.run_many(
        "ledger_name_add_many",
        [(place.sequence, int(number == 0), name) for place, each in own for number, name in enumerate(each.names)],
    )


def _provenance_row(record: Record, places: Mapping[str, _Place]) -> tuple[int, str, str, str, str | None, str | None]:
    came = record.provenance
    return places[record.id].sequence, came.origin.value, came.source, came.on.isoformat(), came.digest, came.place


def provenance_of(row: Row) -> Provenance:
    """Return where a record came from, of a row that ends with it."""
    origin, source, day, digest, place = row[4:]
    return Provenance(origin=_ORIGINS[origin], source=source, on=_day(day), digest=digest, place=place)


@lru_cache(maxsize=4096)
def _day(text: str) -> date:
    return date.fromisoformat(text)
