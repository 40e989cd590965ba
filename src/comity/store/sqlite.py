"""The database in one SQLite file.

The library comes from pysqlite3, never from the standard library, whose SQLite may lose writes: versions 3.7.0 to
3.51.2 carry the WAL-reset bug (sqlite.org, release notes of 3.51.3; back-ported to 3.50.7 and 3.44.6). With an
affected version the write-ahead log stays off.

One connection writes, under a lock, in `BEGIN IMMEDIATE` transactions with `synchronous=FULL`: a commit is durable when
it returns. Readers have connections of their own and see the last commit. Tables are STRICT, foreign keys are enforced.
"""

import contextlib
import os
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from pysqlite3 import dbapi2 as sqlite

from comity.errors import ConflictError, StoreError
from comity.store.database import Row, Value
from comity.store.query import load_queries

MEMORY: Final = ":memory:"
# Long enough for a backup or a doctor's check to end, short enough that an officer learns of a stuck process.
BUSY_MILLISECONDS: Final = 10_000
# Negative: kibibytes. The default of 2 MB makes the index over random hashes thrash from some 100,000 rows on.
WRITER_CACHE: Final = -32_768
# Readers are several, and their pages are in the operating system's cache as well.
READER_CACHE: Final = -4_096
_FATAL: Final = {"SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_CANTOPEN"}
# pysqlite3 passes primary result codes on only; which constraint failed is told by the text.
_TAKEN: Final = "UNIQUE constraint failed"
_FIXED: Final = {(3, 44): 6, (3, 50): 7, (3, 51): 3}


def has_sound_wal(version: tuple[int, int, int]) -> bool:
    """Say whether a version of SQLite is free of the WAL-reset bug."""
    major_minor = version[:2]
    return major_minor > (3, 51) or version[2] >= _FIXED.get(major_minor, version[2] + 1)


class SqliteTransaction:
    """Queries on one connection within one transaction; made by `SqliteDatabase` only."""

    def __init__(self, connection: Any, queries: Mapping[str, str]) -> None:
        self._connection = connection
        self._queries = queries
        self._last_key = 0

    def one(self, name: str, parameters: Mapping[str, Value] | None = None) -> Row | None:
        """Return the first row, or None.

        Raises:
            StoreError: the database failed.
        """
        cursor = self._execute(name, parameters)
        with _translated(name):
            row: Row | None = cursor.fetchone()
        return row

    def all(self, name: str, parameters: Mapping[str, Value] | None = None) -> list[Row]:
        """Return every row.

        Raises:
            StoreError: the database failed.
        """
        cursor = self._execute(name, parameters)
        with _translated(name):
            rows: list[Row] = cursor.fetchall()
        return rows

    def each(self, name: str, parameters: Mapping[str, Value] | None = None) -> Iterator[Row]:
        """Yield the rows; the transaction must stay open meanwhile.

        Raises:
            StoreError: the database failed.
        """
        cursor = self._execute(name, parameters)
        with _translated(name):
            yield from cursor

    def run(self, name: str, parameters: Mapping[str, Value] | None = None) -> int:
        """Run a statement and return how many rows it changed.

        Raises:
            ConflictError: a unique value is taken.
            StoreError: the database failed.
        """
        cursor = self._execute(name, parameters)
        self._last_key = cursor.lastrowid or 0
        return int(cursor.rowcount)

    def run_many(self, name: str, rows: Iterable[Sequence[Value]]) -> None:
        """Run a statement with `?` parameters once for each row.

        Raises:
            ConflictError: a unique value is taken.
            StoreError: the database failed.
        """
        with _translated(name):
            self._connection.executemany(self._sql(name), rows)

    def last_key(self) -> int:
        """Return the integer key of the row that the last `run` inserted."""
        return self._last_key

    def apply(self, statement: str) -> None:
        """Run a statement of a migration; everything else goes by name.

        Raises:
            StoreError: the database failed.
        """
        with _translated("migration"):
            self._connection.execute(statement)

    def _execute(self, name: str, parameters: Mapping[str, Value] | None) -> Any:
        sql = self._sql(name)
        with _translated(name):
            return self._connection.execute(sql, {} if parameters is None else parameters)

    def _sql(self, name: str) -> str:
        try:
            return self._queries[name]
        except KeyError as exc:
            raise StoreError(f"no query is named {name}", fatal=True) from exc


class SqliteDatabase:
    """A `Database` in one file, or in memory for tests."""

    def __init__(self, path: Path | str, *, queries: Mapping[str, str] | None = None) -> None:
        """Open or create the file; `comity.store.migration.migrate` then brings its tables up to date.

        Raises:
            StoreError: the file cannot be opened or is no database.
        """
        self.path = str(path)
        self.sound_wal = has_sound_wal(sqlite.sqlite_version_info)
        self._queries = load_queries() if queries is None else queries
        self._lock = threading.Lock()
        self._owner: int | None = None
        self._readers: list[Any] = []
        self._readers_lock = threading.Lock()
        self._closed = False
        if self.path != MEMORY:
            _create_private(self.path)
        self._writer = self._connect(writing=True)

    @contextmanager
    def transaction(self) -> Iterator[SqliteTransaction]:
        """Open the one write transaction; it commits durably at the end of the block, or rolls back on an error.

        Raises:
            ConflictError: a unique value is taken.
            StoreError: the database failed, or this thread is in a transaction already.
        """
        with self._exclusively():
            with _translated("begin"):
                self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield SqliteTransaction(self._writer, self._queries)
                with _translated("commit"):
                    self._writer.execute("COMMIT")
            except BaseException:
                # SQLite rolls back by itself on some errors (disk full among them); then there is nothing to undo.
                _roll_back(self._writer)
                raise
            self._committed()

    @contextmanager
    def reading(self) -> Iterator[SqliteTransaction]:
        """Open a transaction that reads one state.

        Raises:
            StoreError: the database failed.
        """
        if self.path == MEMORY:
            # A database in memory belongs to one connection.
            with self._exclusively():
                yield SqliteTransaction(self._writer, self._queries)
            return
        connection = self._borrow()
        try:
            with _translated("begin"):
                connection.execute("BEGIN")
            yield SqliteTransaction(connection, self._queries)
        finally:
            _roll_back(connection)
            self._give_back(connection)

    def backup(self, target: Path | str) -> None:
        """Copy the last committed state into another file, while the node runs.

        Raises:
            StoreError: the target is there already, or either disk failed.
        """
        if Path(target).exists():
            raise StoreError(f"{target} is there already; a backup overwrites nothing")
        _create_private(str(target))
        with self._exclusively(), _translated("backup"):
            copy = sqlite.connect(str(target), isolation_level=None)
            try:
                self._writer.backup(copy)
            finally:
                copy.close()

    def close(self) -> None:
        """Close every connection; a second call does nothing."""
        with self._lock, self._readers_lock:
            if not self._closed:
                self._closed = True
                self._writer.close()
                for reader in self._readers:
                    reader.close()
                self._readers.clear()

    def _committed(self) -> None:
        """Do nothing; a test may record the committed state here, still under the writer's lock."""

    @contextmanager
    def _exclusively(self) -> Iterator[None]:
        if self._owner == threading.get_ident():
            raise StoreError("this thread is in a transaction already")
        with self._lock:
            if self._closed:
                raise StoreError("the database is closed")
            self._owner = threading.get_ident()
            try:
                yield
            finally:
                self._owner = None

    def _connect(self, *, writing: bool) -> Any:
        with _translated(f"opening {self.path}"):
            # Every use is under a lock or by one borrower, so connections may change threads.
            connection = sqlite.connect(
                self.path, isolation_level=None, check_same_thread=False, timeout=BUSY_MILLISECONDS / 1000
            )
            connection.execute(f"PRAGMA busy_timeout = {BUSY_MILLISECONDS}")
            connection.execute("PRAGMA journal_mode = " + ("wal" if self.sound_wal else "truncate"))
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA trusted_schema = OFF")
            connection.execute("PRAGMA cell_size_check = ON")
            connection.execute(f"PRAGMA cache_size = {WRITER_CACHE if writing else READER_CACHE}")
            connection.execute(f"PRAGMA query_only = {'OFF' if writing else 'ON'}")
        return connection

    def _borrow(self) -> Any:
        with self._readers_lock:
            if self._closed:
                raise StoreError("the database is closed")
            if self._readers:
                return self._readers.pop()
        return self._connect(writing=False)

    def _give_back(self, connection: Any) -> None:
        with self._readers_lock:
            if self._closed:
                connection.close()
            else:
                self._readers.append(connection)


def _roll_back(connection: Any) -> None:
    """Undo what is open; a database that cannot even do that undoes it when it is next opened."""
    with contextlib.suppress(sqlite.Error):
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _create_private(path: str) -> None:
    """Create the file for its owner only: SQLite itself would leave that to the umask."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as exc:
        raise StoreError(f"opening {path}: {exc.strerror}", fatal=True) from exc


@contextmanager
def _translated(action: str) -> Iterator[None]:
    try:
        yield
    except sqlite.Error as exc:
        name = getattr(exc, "sqlite_errorname", "")
        if str(exc).startswith(_TAKEN):
            raise ConflictError(f"{action}: {exc}") from exc
        if name == "SQLITE_FULL":
            raise StoreError(f"{action}: the disk is full; nothing was kept, make room and try again") from exc
        raise StoreError(f"{action}: {exc}", fatal=name in _FATAL) from exc
