"""Brings a database's tables up to date: files `NNNN_what.sql`, numbered from 1, each applied once in one transaction.

What was applied is recorded with the file's digest in the same transaction. A database that knows a migration which
this version does not, or another text for one, was written by another version: nothing is touched.
"""

import re
from hashlib import sha256
from pathlib import Path
from typing import Final

from pysqlite3 import dbapi2 as sqlite

from comity.errors import StoreError
from comity.store.sqlite import SqliteDatabase, SqliteTransaction

MIGRATIONS: Final = Path(__file__).parent / "migrations"
_NAME: Final = re.compile(r"([0-9]{4})_[a-z0-9_]+\.sql")


def migrate(database: SqliteDatabase, folder: Path = MIGRATIONS) -> list[str]:
    """Apply every migration that the database lacks, in order, and return the names of those applied here.

    Raises:
        StoreError: the database is newer than this version, a migration changed since it was applied, or one fails.
    """
    files = _files(folder)
    with database.transaction() as tx:
        tx.run("schema_create")
        applied = _applied(tx)
    for number, (name, digest) in applied.items():
        if number > len(files):
            raise StoreError(
                f"the database has migration {name}, this version ends at {len(files):04}; use a newer comity",
                fatal=True,
            )
        known = files[number - 1]
        if digest != sha256(known.read_bytes()).hexdigest():
            raise StoreError(f"the database has another text of migration {number:04} than {known.name}", fatal=True)
    done = []
    for number, path in enumerate(files, 1):
        if number not in applied:
            with database.transaction() as tx:
                # Another process that opened the same file may have applied it meanwhile.
                if number not in _applied(tx):
                    _apply(tx, number, path)
                    done.append(path.name)
    return done


def _applied(tx: SqliteTransaction) -> dict[int, tuple[str, str]]:
    """Return name and digest of the migrations that were applied, by number."""
    return {int(number): (str(name), str(digest)) for number, name, digest in tx.all("schema_versions")}


def _files(folder: Path) -> list[Path]:
    files = sorted(folder.glob("*.sql"))
    for number, path in enumerate(files, 1):
        match = _NAME.fullmatch(path.name)
        if match is None or int(match.group(1)) != number:
            raise StoreError(f"migration {path.name} stands where number {number:04} is wanted", fatal=True)
    return files


def _apply(tx: SqliteTransaction, number: int, path: Path) -> None:
    data = path.read_bytes()
    for statement in split_statements(data.decode("utf-8")):
        tx.apply(statement)
    tx.run("schema_add", {"number": number, "name": path.name, "digest": sha256(data).hexdigest()})


def split_statements(text: str) -> list[str]:
    """Split SQL into statements where SQLite itself says that one is complete.

    Raises:
        StoreError: text remains after the last statement.
    """
    statements, pending = [], ""
    for line in text.splitlines(keepends=True):
        pending += line
        if pending.strip() and sqlite.complete_statement(pending):
            statements.append(pending.strip())
            pending = ""
    if any(line.strip() and not line.strip().startswith("--") for line in pending.splitlines()):
        raise StoreError(f"SQL ends within a statement: {pending.strip()[:60]!r}", fatal=True)
    return statements
