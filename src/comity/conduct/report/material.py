"""What a question needs of a ledger: the operations that touch it, commitments and other records beside, provenances.

A view of a few operations is read without the rest. What was searched is told of the whole ledger, so that "nothing
found" says how much was looked through.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Final

from comity.conduct.bulk import many_objects
from comity.conduct.commitments.statements import KINDS as COMMITMENT_KINDS
from comity.conduct.corrections import Stated
from comity.conduct.counting import Claims, facts_of
from comity.conduct.kept import Head, Kept, came_from, facts, kept_operations
from comity.conduct.ledger import Ledger
from comity.conduct.pairs import Pairs, Question, Searched, pairs
from comity.conduct.record import Provenance, Record
from comity.conduct.statements import Body
from comity.conduct.view import LedgerView, OperationView, fold

# Of more claims than these, a page shows those about the newest operations; who reads on line by line needs no more.
MOST_CLAIMS: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Concerned:
    """The operations that a question is about, newest ones first of all; `of` is how many there are altogether."""

    view: LedgerView
    of: int

    @property
    def text(self) -> str | None:
        """What is not shown, or None where nothing is left out."""
        if self.of == len(self.view.operations):
            return None
        return (
            f"{self.of} operations are concerned; shown are the {len(self.view.operations)} that are said to have "
            "happened last; a higher --limit shows more, and comity conduct export csv --about has all of them"
        )


class Material:
    """A ledger as it was on a day, asked for views; `clustering` off makes every claim a voice of its own.

    `most` is how many claims a page about participants shows; None is all of them.
    """

    def __init__(self, ledger: Ledger, *, as_of: date, clustering: bool = True, most: int | None = MOST_CLAIMS) -> None:
        self.ledger = ledger
        self.as_of = as_of
        self._clustering = clustering
        self._most = most
        self._claims: Claims | None = None
        self._concerned: dict[Question, Concerned] = {}
        # Where the records of the views came from that were asked for so far.
        self._came: dict[str, tuple[Provenance, ...]] = {}

    def provenances(self, identifier: str) -> tuple[Provenance, ...]:
        """Return everywhere a record came from by the day, the earliest first.

        Raises:
            NotFoundError: no such record is held.
        """
        came = self._came.get(identifier) or self.ledger.provenances(identifier)
        return tuple(each for each in came if each.on <= self.as_of)

    def view(self, records: Iterable[Record]) -> LedgerView:
        """Return the view of some records as it was on the day."""
        return fold(records, as_of=self.as_of, clustering=self._clustering)

    def concerned(self, question: Question) -> Concerned:
        """Return the operations that a question is about, with loose records; of too many, the newest."""
        if question not in self._concerned:
            asked = [each for each in self.operations if _concerns(each.head, question)]
            chosen = asked if self._most is None else first_claims(sorted(asked, key=_newest_first), self._most)
            self._concerned[question] = Concerned(view=self.of(each.id for each in chosen), of=len(asked))
        return self._concerned[question]

    def of(self, identifiers: Iterable[str]) -> LedgerView:
        """Return the view of some operations, without those that are read together with them, with loose records.

        Raises:
            NotFoundError: one of them is not held.
        """
        wanted = set(identifiers)
        records = self.ledger.of_operations(wanted)
        self._came |= came_from(records)
        view = self.view([*records, *self.loose()])
        return replace(view, operations=tuple(each for each in view.operations if each.id in wanted))

    def operation(self, identifier: str) -> LedgerView:
        """Return the view of one operation and of what is read together with it, with loose records.

        Raises:
            NotFoundError: no such operation is held.
        """
        return self.view([*self.ledger.of_operation(identifier), *self.loose()])

    def loose(self) -> tuple[Record, ...]:
        """Return the records about commitments and confidence, and the corrections of them."""
        loose = self.ledger.loose()
        found = [record for record in loose if record.kind in COMMITMENT_KINDS]
        held = {record.id for record in found}
        while more := [record for record in loose if _corrects(record) in held and record.id not in held]:
            found += more
            held |= {record.id for record in more}
        return tuple(found)

    def stated(self) -> tuple[Stated[Body], ...]:
        """Return the records about commitments and confidence, each with what became of it by the day."""
        return self.view(self.loose()).loose

    @cached_property
    def operations(self) -> tuple[Kept, ...]:
        """What counting and choosing need of every operation, by title."""
        with many_objects():
            return kept_operations(self.ledger, as_of=self.as_of)

    def claims(self) -> Claims:
        """Return every claim of the ledger made ready for counting, once."""
        if self._claims is None:
            with many_objects():
                self._claims = Claims(facts(self.operations))
        return self._claims

    def claims_of(self, operations: Iterable[OperationView]) -> Claims:
        """Return the claims of some operations made ready for counting."""
        return Claims(facts_of(operations, self.provenances))

    def searched(self) -> Searched:
        """Return how much of what the ledger holds."""
        operations, claims = self.ledger.count("operation"), self.ledger.count("claim")
        return Searched(
            operations=operations,
            claims=claims,
            other=self.ledger.count() - operations - claims,
            collections=self.ledger.sources(),
            on=self.as_of,
        )

    def pairs(self, question: Question) -> Pairs:
        """Return commitments and claims side by side for a question.

        Raises:
            NotFoundError: a record names a catalogue or item that is not there.
            MalformedError: a table does not follow its format.
            StoreError: the ledger or an installed table cannot be read.
        """
        found = self.concerned(question)
        return pairs(question, found.view, as_of=self.as_of, searched=self.searched(), left_out=found.text)


def with_provenances(ledger: Ledger, records: Iterable[Record]) -> Iterable[Record]:
    """Yield records that came one at a time once for each of their provenances."""
    several = ledger.several_provenances()
    for record in records:
        yield from map(record.came_also, several.get(record.id, (record.provenance,)))


def first_claims(operations: Iterable[Kept], most: int) -> list[Kept]:
    """Return the first operations while they have no more claims together, and one in any case."""
    found: list[Kept] = []
    for each in operations:
        most -= each.head.claims
        if found and most < 0:
            break
        found.append(each)
    return found


def _concerns(head: Head, question: Question) -> bool:
    """Say whether a line of the answer can be about an operation; `pairs` decides of each claim."""
    if head.about.isdisjoint(question.about):
        return False
    if question.towards and question.towards.isdisjoint(head.operation.hit | head.claimants):
        return False
    return (question.begin is None or head.end is None or head.end >= question.begin) and (
        question.end is None or head.begin is None or head.begin <= question.end
    )


def _newest_first(kept: Kept) -> tuple[int, str]:
    """Return the order by when operations are said to have happened, those without a day last."""
    occurred = kept.head.operation.occurred
    day = kept.head.end if occurred is None else occurred.latest
    return -(date.min if day is None else day).toordinal(), kept.id


def _corrects(record: Record) -> str | None:
    found = getattr(record.body, "corrects", None)
    return found if isinstance(found, str) else None
