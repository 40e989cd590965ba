from pathlib import Path

import pytest

from comity.errors import StoreError
from comity.store.migration import migrate
from comity.store.query import load_queries
from comity.store.sqlite import MEMORY, SqliteDatabase


def test_every_query_of_the_project_is_valid_sql_on_the_migrated_tables() -> None:
    database = SqliteDatabase(MEMORY)
    migrate(database)
    for name, sql in load_queries().items():
        try:
            database._writer.execute(f"EXPLAIN {sql}", [None] * sql.count("?") if "?" in sql else AnyParameter())
        except Exception as exc:  # noqa: BLE001 - the query's name is what the reader needs
            pytest.fail(f"{name}: {exc}")


class AnyParameter(dict[str, None]):
    def __missing__(self, key: str) -> None:
        return None


def test_queries_are_read_with_their_names(tmp_path: Path) -> None:
    (tmp_path / "a.sql").write_text(
        "-- About.\n\n-- name: one\n-- The number one.\nSELECT 1;\n\n-- name: two\n-- Two.\nSELECT\n2;\n"
    )
    assert load_queries(tmp_path) == {"one": "SELECT 1;", "two": "SELECT\n2;"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("SELECT 1;\n", "before the first"),
        ("-- name: a\nSELECT 1;\n", "needs a description"),
        ("-- name: a\n-- Only words.\n", "needs a description"),
        ("-- name: a\n-- A.\nSELECT 1;\n-- name: a\n-- A.\nSELECT 2;\n", "stands twice"),
    ],
)
def test_a_query_without_name_or_description_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "a.sql").write_text(text)
    with pytest.raises(StoreError, match=message):
        load_queries(tmp_path)


def test_statements_of_some_kinds_are_found_without_reading_the_others() -> None:
    database = SqliteDatabase(MEMORY)
    migrate(database)
    sql = load_queries()["peer_public_range_kinds"]
    plan = database._writer.execute(f"EXPLAIN QUERY PLAN {sql}", AnyParameter()).fetchall()
    assert any("COVERING INDEX peer_public_kind" in row[3] for row in plan)
