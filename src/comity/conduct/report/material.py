"""What a question needs of a ledger: the operations that touch it, commitments and other records beside, provenances.

A view of a few operations is read without the rest. What was searched is told of the whole ledger, so that "nothing
found" says how much was looked through.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from functools import cached_property

from comity.conduct.bulk import many_objects
from comity.conduct.commitments.statements import KINDS as COMMITMENT_KINDS
from comity.conduct.counting import Claims, facts_of
from comity.conduct.kept import Kept, facts, kept_operations
from comity.conduct.ledger import Ledger
from comity.conduct.pairs import Pairs, Question, Searched, pairs
from comity.conduct.record import Provenance, Record
from comity.conduct.view import LedgerView, OperationView, fold


class Material:
    """A ledger as it was on a day, asked for views; `clustering` off makes every claim a voice of its own."""

    def __init__(self, ledger: Ledger, *, as_of: date, clustering: bool = True) -> None:
        self.ledger = ledger
        self.as_of = as_of
        self._clustering = clustering
        self._everything: LedgerView | None = None
        self._claims: Claims | None = None

    def provenances(self, identifier: str) -> tuple[Provenance, ...]:
        """Return everywhere a record came from by the day, the earliest first.

        Raises:
            NotFoundError: no such record is held.
        """
        return tuple(came for came in self.ledger.provenances(identifier) if came.on <= self.as_of)

    def view(self, records: Iterable[Record]) -> LedgerView:
        """Return the view of some records as it was on the day."""
        return fold(records, as_of=self.as_of, clustering=self._clustering)

    def about(self, codes: Iterable[str]) -> LedgerView:
        """Return the operations of which a claim or finding names one of some participants, with loose records."""
        found = [record for code in codes for record in self.ledger.about(code)]
        return self.view([*found, *self.loose()])

    def operation(self, identifier: str) -> LedgerView:
        """Return the view of one operation and of what is read together with it, with loose records.

        Raises:
            NotFoundError: no such operation is held.
        """
        return self.view([*self.ledger.of_operation(identifier), *self.loose()])

    def loose(self) -> tuple[Record, ...]:
        """Return the records about commitments and confidence, and the corrections of them."""
        found = [record for kind in COMMITMENT_KINDS for record in self.ledger.records(kind)]
        held = {record.id for record in found}
        if not held:
            return ()
        waiting = list(self.ledger.records("correction"))
        while True:
            more = [record for record in waiting if _corrects(record) in held and record.id not in held]
            if not more:
                return tuple(found)
            found += more
            held |= {record.id for record in more}

    def everything(self) -> LedgerView:
        """Return the view of the whole ledger, computed once."""
        if self._everything is None:
            self._everything = self.view(self.ledger.records())
        return self._everything

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
        return pairs(question, self.about(question.about), as_of=self.as_of, searched=self.searched())


def with_provenances(ledger: Ledger, records: Iterable[Record]) -> Iterable[Record]:
    """Yield records once for each of their provenances, as exports and counting take them."""
    several = ledger.several_provenances()
    for record in records:
        for came in several.get(record.id, (record.provenance,)):
            again = replace(record, provenance=came)
            # The id covers what is said and not where it came from, so that it need not be computed again.
            vars(again)["id"] = record.id
            yield again


def _corrects(record: Record) -> str | None:
    found = getattr(record.body, "corrects", None)
    return found if isinstance(found, str) else None
