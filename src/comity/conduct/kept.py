"""What counting and choosing need of every operation, kept beside the records so that no view reads all of them.

Kept rows are drawn from the records and nothing else. The tables drop the rows of an operation in the transaction that
adds anything to it, so that a row that is there is right, and what is missing is drawn by whoever asks next. Rows that
other code drew count as missing. A test proves that kept rows equal a full rebuild.

A row stands for everything held. As of a day before the last entry of an operation, it is drawn from the records that
were known by that day, which takes as long as reading them does.
"""

import hashlib
import json
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from itertools import chain
from typing import Final, NamedTuple

import msgspec

from comity.conduct.admission import folded
from comity.conduct.bulk import many_objects
from comity.conduct.commitments.since import Since, parse_since
from comity.conduct.counting import facts_of, operation_facts
from comity.conduct.figures import ClaimFacts, OperationFacts, SaidFacts
from comity.conduct.ledger import Ledger
from comity.conduct.pairs import time_of
from comity.conduct.record import Provenance, Record
from comity.conduct.view import ClaimView, OperationView, fold
from comity.errors import StoreError
from comity.store.database import Reader, Transaction

# How many operations are drawn in one transaction, so that nobody else waits long to write.
_STEP: Final = 200


class Head(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """What a page needs to choose operations, with everything said, also what is denied or retracted.

    `title` is in the form in which names are compared. `about` are the participants that claims or findings name,
    `claimants` codes and compared names of whoever claims, `claims` how many claims there are. `begin` and `end` are
    the first and the last day that they are about, or on which they were said; without both, some have no day.
    """

    operation: OperationFacts
    title: str
    versions: tuple[str, ...]
    about: frozenset[str]
    claimants: frozenset[str]
    claims: int
    begin: date | None = None
    end: date | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """One operation: `whole` is the same number for all that are read together, `encoded` holds the claims' facts."""

    whole: int
    head: Head
    encoded: bytes

    @property
    def id(self) -> str:
        """The id of the operation."""
        return self.head.operation.id

    @property
    def claims(self) -> list[ClaimFacts]:
        """What counting needs of its claims."""
        operation = self.head.operation
        return [ClaimFacts(*msgspec.structs.astuple(said), operation=operation) for said in _SAID.decode(self.encoded)]


class _Drawn(NamedTuple):
    head: bytes
    claims: bytes


_HEAD: Final = msgspec.msgpack.Decoder(Head)
_SAID: Final = msgspec.msgpack.Decoder(list[SaidFacts])
_SAID_FIELDS: Final = SaidFacts.__struct_fields__
_Row = tuple[int, str, int, str, str, bytes | None, bytes | None]


def kept_operations(ledger: Ledger, *, as_of: date) -> tuple[Kept, ...]:
    """Return every operation as it was known by a day, by title.

    Raises:
        StoreError: the ledger failed.
    """
    day = as_of.isoformat()
    with _complete(ledger) as tx:
        rows = tx.all("kept_rows", {"day": day})
        late = {int(row[0]) for row in rows if row[3] > day}
        records = ledger.whole(tx, late) if late else ()
    found = [(whole, _Drawn(head, claims)) for _, _, whole, entered, head, claims in rows if entered <= day and head]
    if records:
        wholes = {str(identifier): int(whole) for _, identifier, whole, *_ in rows}
        came = came_from(record for record in records if record.provenance.on <= as_of)
        found += [(wholes[view.id], _drawn(view, came)) for view in fold(records, as_of=as_of).operations]
    held = [Kept(whole, _HEAD.decode(drawn.head), drawn.claims) for whole, drawn in found]
    return tuple(sorted(held, key=lambda each: (each.head.title, each.id)))


def facts(operations: Iterable[Kept]) -> Iterable[ClaimFacts]:
    """Return what counting needs of the claims of some operations."""
    return chain.from_iterable(each.claims for each in operations)


def keep(ledger: Ledger) -> None:
    """Draw the rows that are missing.

    Raises:
        StoreError: the ledger failed.
    """
    with ledger.database.reading() as tx:
        complete = not _missing(tx)
    while not complete:
        with ledger.database.transaction() as tx, many_objects():
            complete = _keep_some(ledger, tx)


def came_from(records: Iterable[Record]) -> dict[str, tuple[Provenance, ...]]:
    """Return where records came from, by their ids, of records that come once for each of their provenances."""
    found: dict[str, list[Provenance]] = {}
    for record in records:
        found.setdefault(record.id, []).append(record.provenance)
    return {identifier: tuple(came) for identifier, came in found.items()}


@contextmanager
def _complete(ledger: Ledger) -> Iterator[Reader]:
    """Open one state of the ledger in which no row is missing."""
    while True:
        keep(ledger)
        with ledger.database.reading() as tx:
            if not _missing(tx):
                yield tx
                return


def _missing(tx: Reader) -> list[int]:
    return [int(row[0]) for row in tx.all("kept_missing", {"mark": _mark(), "most": _STEP})]


def _keep_some(ledger: Ledger, tx: Transaction) -> bool:
    """Draw some of the missing rows; return True when none was missing."""
    missing = _missing(tx)
    drawn: dict[int, _Row] = {}
    for operation in missing:
        if operation not in drawn:
            drawn |= {row[0]: row for row in _drawn_together(ledger, tx, operation)}
    tx.run_many("kept_add_many", drawn.values())
    return not missing


def _drawn_together(ledger: Ledger, tx: Reader, operation: int) -> Iterable[_Row]:
    """Yield the rows of an operation and of those that are read together with it."""
    records = ledger.whole(tx, {operation})
    came = came_from(records)
    ids = sorted({record.id for record in records if record.kind == "operation"})
    numbers = {str(row[0]): int(row[1]) for row in tx.all("ledger_held", {"ids": json.dumps(ids)})}
    days = sorted({record.provenance.on.isoformat() for record in records})
    drawn = {view.id: _drawn(view, came) for view in fold(records).operations}
    for identifier, number in numbers.items():
        head, claims = drawn.get(identifier, (None, None))
        yield number, _mark(), min(numbers.values()), days[0], days[-1], head, claims


def _drawn(view: OperationView, came: Mapping[str, Iterable[Provenance]]) -> _Drawn:
    times = [_time(claim, view) for claim in view.claims]
    times += [parse_since(finding.body.said) for finding in view.findings]
    dated = [time for time in times if time is not None]
    whole = bool(dated) and len(dated) == len(times)
    subjects = chain(
        (subject for claim in view.claims for subject in claim.body.about),
        (subject for finding in view.findings for subject in finding.body.about),
    )
    speakers = [claim.body.claimant for claim in view.claims]
    head = Head(
        operation=operation_facts(view),
        title=folded(view.body.title),
        versions=tuple(version.id for version in view.versions),
        about=frozenset(subject.participant for subject in subjects if subject.participant is not None),
        claimants=frozenset(name for who in speakers for name in (who.participant, folded(who.name)) if name),
        claims=len(view.claims),
        begin=min(time.earliest for time in dated) if whole else None,
        end=max(time.latest for time in dated) if whole else None,
    )
    said = [
        SaidFacts(*msgspec.structs.astuple(each)[: len(_SAID_FIELDS)]) for each in facts_of([view], came.__getitem__)
    ]
    return _Drawn(msgspec.msgpack.encode(head), msgspec.msgpack.encode(said))


def _time(claim: ClaimView, operation: OperationView) -> Since | None:
    """Return when a claim says that the thing happened, or else the day on which it was said."""
    when = time_of(claim, operation)
    return parse_since(claim.body.said) if when is None and claim.body.said is not None else when


@cache
def _mark() -> str:
    """Return the digest of the code that draws, and of what it reads."""
    room = files("comity.conduct")
    drawing = [
        *sorted((each for each in room.iterdir() if each.name.endswith(".py")), key=lambda each: each.name),
        room / "commitments" / "since.py",
        room / "reference" / "basis_words.csv",
    ]
    try:
        parts = [each.read_bytes() for each in drawing]
    except OSError as exc:
        raise StoreError("the code of the conduct room cannot be read; install Comity again") from exc
    return hashlib.sha256(b"\0".join([unicodedata.unidata_version.encode(), *parts])).hexdigest()
