import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from pysqlite3 import dbapi2 as sqlite

from comity.errors import ConflictError, StoreError
from comity.store.sqlite import MEMORY, SqliteDatabase, has_sound_wal

QUERIES = {
    "add": "INSERT INTO thing (number, text) VALUES (:number, :text)",
    "add_many": "INSERT INTO thing (number, text) VALUES (?, ?)",
    "list": "SELECT number, text FROM thing ORDER BY number",
    "one": "SELECT text FROM thing WHERE number = :number",
    "grow": "INSERT INTO thing (text) VALUES (:text)",
}


@pytest.fixture(params=["file", "memory"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqliteDatabase]:
    database = SqliteDatabase(tmp_path / "node.sqlite" if request.param == "file" else MEMORY, queries=QUERIES)
    with database.transaction() as tx:
        tx.apply("CREATE TABLE thing (number INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT")
    yield database
    database.close()


@pytest.mark.parametrize(
    ("version", "sound"),
    [
        ((3, 40, 1), False),
        ((3, 44, 5), False),
        ((3, 44, 6), True),
        ((3, 45, 9), False),
        ((3, 46, 1), False),
        ((3, 50, 4), False),
        ((3, 50, 7), True),
        ((3, 51, 2), False),
        ((3, 51, 3), True),
        ((3, 52, 0), True),
        ((4, 0, 0), True),
    ],
)
def test_versions_with_the_wal_reset_bug_are_known(version: tuple[int, int, int], *, sound: bool) -> None:
    assert has_sound_wal(version) is sound


def test_the_installed_library_is_sound_and_the_settings_hold(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "node.sqlite")
    assert database.sound_wal
    pragmas = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 10_000}
    for name, value in pragmas.items():
        assert database._writer.execute(f"PRAGMA {name}").fetchone()[0] == value
    assert stat.S_IMODE((tmp_path / "node.sqlite").stat().st_mode) == 0o600
    database.close()
    database.close()


def test_an_affected_library_goes_without_the_write_ahead_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "sqlite_version_info", (3, 46, 1))
    database = SqliteDatabase(tmp_path / "node.sqlite")
    assert not database.sound_wal
    assert database._writer.execute("PRAGMA journal_mode").fetchone()[0] == "truncate"
    database.close()


def test_a_transaction_is_kept_whole_or_not_at_all(database: SqliteDatabase) -> None:
    with database.transaction() as tx:
        assert tx.run("add", {"number": 1, "text": "one"}) == 1
        tx.run_many("add_many", [(2, "two"), (3, "three")])
        tx.run("grow", {"text": "four"})
        assert tx.last_key() == 4
    with pytest.raises(ConflictError), database.transaction() as tx:
        tx.run_many("add_many", [(9, "nine"), (1, "taken")])
    with database.reading() as tx:
        assert [row[0] for row in tx.all("list")] == [1, 2, 3, 4]
        assert list(tx.each("list"))[1] == (2, "two")
        assert tx.one("one", {"number": 3}) == ("three",)
        assert tx.one("one", {"number": 9}) is None


def test_a_taken_value_is_a_conflict_and_any_other_fault_is_not(database: SqliteDatabase) -> None:
    with database.transaction() as tx:
        tx.run("add", {"number": 1, "text": "one"})
    with pytest.raises(ConflictError), database.transaction() as tx:
        tx.run("add", {"number": 1, "text": "again"})
    for number, text in (("x", "text"), (2, None)):
        with pytest.raises(StoreError) as caught, database.transaction() as tx:
            tx.run("add", {"number": number, "text": text})
        assert not caught.value.fatal
    with pytest.raises(StoreError, match="no query is named"), database.transaction() as tx:
        tx.run("unknown")
    with pytest.raises(StoreError), database.transaction() as tx:
        tx.one("one", {})


def test_a_full_disk_is_said_and_keeps_nothing(database: SqliteDatabase) -> None:
    database._writer.execute("PRAGMA max_page_count = 10")
    with pytest.raises(StoreError, match="the disk is full; nothing was kept"), database.transaction() as tx:
        tx.run_many("add_many", [(1, "small"), (2, "x" * 100_000)])
    with database.reading() as tx:
        assert tx.all("list") == []
    with database.transaction() as tx:
        tx.run("add", {"number": 1, "text": "small"})


def test_a_thread_opens_one_transaction_at_a_time(database: SqliteDatabase) -> None:
    with database.transaction(), pytest.raises(StoreError, match="in a transaction already"), database.transaction():
        pass


def test_writers_take_turns(database: SqliteDatabase) -> None:
    def write(start: int) -> None:
        for number in range(start, start + 20):
            with database.transaction() as tx:
                before = len(tx.all("list"))
                tx.run("add", {"number": number, "text": str(before)})

    threads = [threading.Thread(target=write, args=(start,)) for start in range(0, 100, 20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.reading() as tx:
        assert sorted(int(row[1]) for row in tx.all("list")) == list(range(100))


def test_a_reader_sees_one_state_while_a_writer_goes_on(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "node.sqlite", queries=QUERIES)
    with database.transaction() as tx:
        tx.apply("CREATE TABLE thing (number INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT")
    with database.reading() as reader:
        assert reader.all("list") == []
        with database.transaction() as tx:
            tx.run("add", {"number": 1, "text": "one"})
        assert reader.all("list") == []
        with pytest.raises(StoreError, match="readonly"):
            reader.run("add", {"number": 2, "text": "two"})
    with database.reading() as reader:
        assert len(reader.all("list")) == 1
    database.close()


def test_a_backup_is_a_database_and_overwrites_nothing(database: SqliteDatabase, tmp_path: Path) -> None:
    with database.transaction() as tx:
        tx.run("add", {"number": 1, "text": "one"})
    database.backup(tmp_path / "backup.sqlite")
    with pytest.raises(StoreError, match="overwrites nothing"):
        database.backup(tmp_path / "backup.sqlite")
    copy = SqliteDatabase(tmp_path / "backup.sqlite", queries=QUERIES)
    with copy.reading() as tx:
        assert tx.all("list") == [(1, "one")]
    copy.close()


def test_what_is_no_database_or_cannot_be_opened_is_fatal(tmp_path: Path) -> None:
    (tmp_path / "junk").write_bytes(b"junk" * 2000)
    with pytest.raises(StoreError, match="not a database") as caught:
        SqliteDatabase(tmp_path / "junk")
    assert caught.value.fatal
    with pytest.raises(StoreError, match="No such file"):
        SqliteDatabase(tmp_path / "nowhere" / "node.sqlite")


def test_a_closed_database_says_so(database: SqliteDatabase) -> None:
    database.close()
    for block in (database.transaction, database.reading):
        with pytest.raises(StoreError, match="closed"), block():
            pass
