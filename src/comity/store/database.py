"""What the rooms may ask of a database, whichever it is.

A write transaction is the write-ahead of everything the node does: when the `with` block of `Database.transaction`
ends without an error, what it wrote survives a power cut; otherwise nothing of it remains. Writers exclude one another
from the start of the block, so that what a block reads stays true until its end. A read block sees one state of the
database throughout.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

# A column may hold None, int, float, str or bytes; which one is the query's own contract, so rows stay untyped.
Row = tuple[Any, ...]
Value = None | int | float | str | bytes


class Reader(Protocol):
    """Reads within one transaction, by the names of queries."""

    def one(self, name: str, parameters: Mapping[str, Value] | None = None) -> Row | None:
        """Return the first row, or None."""

    def all(self, name: str, parameters: Mapping[str, Value] | None = None) -> list[Row]:
        """Return every row."""

    def each(self, name: str, parameters: Mapping[str, Value] | None = None) -> Iterator[Row]:
        """Yield the rows; the transaction must stay open meanwhile."""


class Transaction(Reader, Protocol):
    """Reads and writes within one transaction."""

    def run(self, name: str, parameters: Mapping[str, Value] | None = None) -> int:
        """Run a statement and return how many rows it changed.

        Raises:
            ConflictError: a unique value is taken.
            StoreError: the database failed.
        """

    def run_many(self, name: str, rows: Iterable[Sequence[Value]]) -> None:
        """Run a statement with `?` parameters once for each row.

        Raises:
            ConflictError: a unique value is taken.
            StoreError: the database failed.
        """

    def last_key(self) -> int:
        """Return the integer key of the row that the last `run` inserted."""


class Database(Protocol):
    """A database that one node's processes share."""

    def transaction(self) -> AbstractContextManager[Transaction]:
        """Open the one write transaction; it commits durably at the end of the block, or rolls back on an error."""

    def reading(self) -> AbstractContextManager[Reader]:
        """Open a transaction that reads one state."""

    def close(self) -> None:
        """Close every connection; a second call does nothing."""
