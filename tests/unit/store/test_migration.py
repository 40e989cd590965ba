import shutil
from pathlib import Path

import pytest

from comity.errors import StoreError
from comity.store.database import Value
from comity.store.migration import MIGRATIONS, migrate, split_statements
from comity.store.sqlite import MEMORY, SqliteDatabase


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "0001_first.sql").write_text("CREATE TABLE first (a INTEGER) STRICT;\n")
    return tmp_path


def tables(database: SqliteDatabase) -> list[str]:
    rows = database._writer.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").fetchall()
    return [row[0] for row in rows if not row[0].startswith("sqlite_")]


def test_every_table_of_the_project_is_strict() -> None:
    database = SqliteDatabase(MEMORY)
    assert migrate(database) == sorted(path.name for path in MIGRATIONS.glob("*.sql"))
    assert migrate(database) == []
    for row in database._writer.execute("PRAGMA table_list").fetchall():
        if not row[1].startswith("sqlite_"):
            assert row[5] == 1, f"table {row[1]} is not STRICT"


def test_later_migrations_are_applied_to_what_is_there(folder: Path) -> None:
    database = SqliteDatabase(MEMORY)
    assert migrate(database, folder) == ["0001_first.sql"]
    database._writer.execute("INSERT INTO first VALUES (7)")
    (folder / "0002_second.sql").write_text("-- A trigger holds semicolons.\nALTER TABLE first ADD b TEXT;\n")
    assert migrate(database, folder) == ["0002_second.sql"]
    assert database._writer.execute("SELECT a, b FROM first").fetchall() == [(7, None)]


def test_a_migration_that_fails_leaves_nothing(folder: Path) -> None:
    database = SqliteDatabase(MEMORY)
    (folder / "0002_second.sql").write_text("CREATE TABLE second (a INTEGER) STRICT;\nCREATE TABLE first (a);\n")
    with pytest.raises(StoreError, match="already exists"):
        migrate(database, folder)
    assert tables(database) == ["first", "schema_version"]
    (folder / "0002_second.sql").write_text("CREATE TABLE second (a INTEGER) STRICT;\n")
    assert migrate(database, folder) == ["0002_second.sql"]


def test_of_two_that_open_one_older_file_at_a_time_one_applies_what_is_new(folder: Path) -> None:
    one, other = SqliteDatabase(folder / "tables.db"), SqliteDatabase(folder / "tables.db")
    migrate(one, folder)
    (folder / "0002_second.sql").write_text("ALTER TABLE first ADD b TEXT;\n")
    told: list[list[str]] = []

    def meanwhile() -> None:
        if not told:
            told.append([])
            told[0] += migrate(other, folder)

    # After the one has read which migrations the file lacks.
    one._committed = meanwhile  # type: ignore[method-assign] # it is there for tests
    assert migrate(one, folder) == []
    assert told == [["0002_second.sql"]]
    one.close()
    other.close()


def test_public_statements_that_an_older_version_kept_stay_and_say_no_kind(tmp_path: Path) -> None:
    for path in sorted(MIGRATIONS.glob("*.sql"))[:3]:
        shutil.copy(path, tmp_path)
    database = SqliteDatabase(MEMORY)
    migrate(database, tmp_path)
    database._writer.execute(
        "INSERT INTO peer_public (origin, position, statement_id, problem, total) VALUES ('xaa/log', 4, 'ab', 'big', 0)"
    )
    assert migrate(database) == ["0004_public_kinds.sql"]
    with database.reading() as tx:
        span: dict[str, Value] = {"origin": "xaa/log", "start": 0, "most": 9}
        assert tx.all("peer_public_range", span) == [(4, None, None, "big")]
        assert tx.all("peer_public_range_kinds", span | {"kinds": '["claim"]'}) == [(4, None, None, "big")]


def test_a_newer_database_or_another_text_is_refused(folder: Path) -> None:
    database = SqliteDatabase(MEMORY)
    (folder / "0002_second.sql").write_text("CREATE TABLE second (a INTEGER) STRICT;\n")
    migrate(database, folder)
    (folder / "0002_second.sql").unlink()
    with pytest.raises(StoreError, match=r"0002_second\.sql, this version ends at 0001; use a newer comity") as caught:
        migrate(database, folder)
    assert caught.value.fatal
    (folder / "0002_second.sql").write_text("CREATE TABLE other (a INTEGER) STRICT;\n")
    with pytest.raises(StoreError, match="another text of migration 0002"):
        migrate(database, folder)


@pytest.mark.parametrize("name", ["0003_gap.sql", "0001_twice.sql", "2_short.sql", "0002-dash.sql"])
def test_migrations_are_numbered_without_gaps(folder: Path, name: str) -> None:
    (folder / name).write_text("SELECT 1;\n")
    with pytest.raises(StoreError, match="stands where number"):
        migrate(SqliteDatabase(MEMORY), folder)


def test_statements_end_where_sqlite_says() -> None:
    trigger = "CREATE TRIGGER t AFTER INSERT ON a BEGIN\n  DELETE FROM b;\nEND;"
    assert split_statements(f"-- note; more\nSELECT ';';\n{trigger}\n-- end\n") == [
        "-- note; more\nSELECT ';';",
        trigger,
    ]
    with pytest.raises(StoreError, match="within a statement"):
        split_statements("SELECT 1;\nSELECT 2")
