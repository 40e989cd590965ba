"""CSV and JSON lines: read back to the same records, harmless in a spreadsheet, wrong cells named by row and column."""

import csv
import io
import json
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from comity.conduct.exporting.tables import from_json_lines, from_tables, to_json_lines, to_tables
from comity.conduct.record import Record, record_of
from comity.conduct.statements import KINDS, Body, Period, Source
from comity.errors import MalformedError
from support.conduct_bodies import ledgers
from support.conduct_records import (
    claim,
    correction,
    imported,
    operation,
    provenance,
    reply,
    retraction,
    silence,
    small_case,
)

SLOW = settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.too_slow])
RUNS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def rows(table: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(table.decode(), newline="")))


def as_json(records: Any) -> list[Any]:
    return [record.to_json() for record in records]


def edited(table: bytes, row: int, column: str, cell: str) -> bytes:
    """Return a table with one other cell, as a spreadsheet would save it."""
    listed = list(csv.reader(io.StringIO(table.decode(), newline="")))
    listed[row - 1][listed[0].index(column)] = cell
    text = io.StringIO(newline="")
    csv.writer(text).writerows(listed)
    return text.getvalue().encode()


def case() -> list[Record]:
    made = small_case()
    return [
        *made.values(),
        silence(made["operation"]),
        retraction(made["first"]),
        claim(made["operation"], "XCB", "XAA", entered=imported("row 7")),
    ]


@SLOW
@given(ledgers())
def test_whatever_a_ledger_holds_comes_back_from_csv(records: tuple[Record, ...]) -> None:
    assert as_json(from_tables(to_tables(records))) == as_json(records)


@SLOW
@given(ledgers())
def test_whatever_a_ledger_holds_comes_back_from_json_lines(records: tuple[Record, ...]) -> None:
    assert as_json(from_json_lines(to_json_lines(records))) == as_json(records)


@SLOW
@given(ledgers())
def test_no_cell_is_run_by_a_spreadsheet(records: tuple[Record, ...]) -> None:
    for table in to_tables(records).values():
        for row in csv.reader(io.StringIO(table.decode(), newline="")):
            assert not [cell for cell in row if cell.lstrip(" ").startswith(RUNS)]


@pytest.mark.parametrize(
    "title",
    ["=1+1", "+1", "-1", "@SUM(A1)", "'quoted", "''", " =1", "＝1", "plain", "-", "\u00a0=1", "\u200b+1", "\u202e=1"],
)
def test_a_title_that_looks_like_a_formula_is_defused_and_comes_back(title: str) -> None:
    record = operation(title)
    table = to_tables([record])
    assert rows(table["operation"])[0]["title"] == (title if title == "plain" else f"'{title}")
    assert as_json(from_tables(table)) == as_json([record])


def test_there_is_a_table_a_kind_in_the_order_of_the_records() -> None:
    tables = to_tables(case())
    assert list(tables) == ["operation", "claim", "reply", "finding", "correction", "grading", "match"]
    said = [record.id for record in case() if record.kind == "claim"]
    assert [row["record id"] for row in rows(tables["claim"])] == said


def test_every_row_and_line_says_that_it_is_a_reported_claim_and_no_finding() -> None:
    told = [row["record notice"] for table in to_tables(case()).values() for row in rows(table)]
    told += [json.loads(line)["notice"] for line in to_json_lines(case()).splitlines()]
    assert told == ["reported claim, not a finding of whoever exports it"] * 2 * len(case())


def test_a_row_says_where_the_record_came_from() -> None:
    row = rows(to_tables(case())["claim"])[-1]
    named = ("came as", "came from", "came on", "came from place")
    assert [row[column] for column in named] == ["import", "fictitious.csv", "2026-06-01", "row 7"]


def test_a_retracted_claim_is_marked_retracted_and_a_corrected_one_names_its_replacement() -> None:
    made = small_case()
    withdrawn = retraction(made["first"])
    said = {row["record id"]: row for row in rows(to_tables([*made.values(), withdrawn])["claim"])}
    first, second, third = (said[made[name].id] for name in ("first", "second", "third"))
    assert (first["record state"], first["record corrected by"]) == ("retracted", withdrawn.id)
    assert (second["record state"], second["record replaced by"]) == ("corrected", third["record id"])
    assert third["record state"] == "standing"
    lines = [json.loads(line) for line in to_json_lines([*made.values(), withdrawn]).splitlines()]
    told = {line["id"]: line["standing"] for line in lines}
    assert told[made["first"].id] == {
        "state": "retracted",
        "disputed": False,
        "corrected_by": [withdrawn.id],
        "replaced_by": [],
    }
    assert told[made["second"].id]["replaced_by"] == [made["third"].id]


def test_a_correction_by_the_accused_is_a_dispute_and_no_retraction() -> None:
    ferry = operation()
    said = claim(ferry, "XBB", "XAA")
    row = rows(to_tables([ferry, said, retraction(said, by="XAA")])["claim"])[0]
    assert (row["record state"], row["record disputed"]) == ("standing", "yes")


def test_tables_come_back_in_whatever_order_they_are_given() -> None:
    tables = to_tables(case())
    backwards = {kind: tables[kind] for kind in reversed(tables)}
    assert as_json(from_tables(backwards)) == as_json(case())


def test_what_is_there_without_members_is_told_from_what_is_absent() -> None:
    records = [operation(occurred=Period()), operation("Harbour", occurred=None)]
    cells = [row["occurred"] for row in rows(to_tables(records)["operation"])]
    assert cells == ["{}", ""]
    assert as_json(from_tables(to_tables(records))) == as_json(records)


def test_a_cell_longer_than_the_usual_limit_comes_back() -> None:
    long = operation(sources=[Source(title="x" * 400, url=f"https://a.example/{n:04d}") for n in range(400)])
    assert max(len(cell) for cell in rows(to_tables([long])["operation"])[0].values()) > 131_072
    assert as_json(from_tables(to_tables([long]))) == as_json([long])


def test_a_table_saved_by_a_spreadsheet_is_read() -> None:
    finding = [record for record in case() if record.kind in {"operation", "claim", "reply", "finding"}]
    tables = to_tables(finding)
    marked = "\ufeff".encode() + edited(tables["finding"], 2, "right_of_reply.given", "TRUE")
    assert as_json(from_tables(tables | {"finding": marked})) == as_json(finding)


def test_a_row_added_by_hand_needs_no_id() -> None:
    table = b"title,category\r\nNight ferry,sabotage\r\n"
    read = from_tables({"operation": table}, came=provenance(source="Coder Two"))
    assert [(record.body, record.provenance.source, record.provenance.place) for record in read] == [
        (KINDS["operation"](title="Night ferry", category="sabotage"), "Coder Two", "operation, row 2")
    ]


def test_with_a_provenance_of_the_reader_no_other_is_believed() -> None:
    came = provenance("2026-07-01", source="Coder Two")
    for read in (from_tables(to_tables(case()), came=came), from_json_lines(to_json_lines(case()), came=came)):
        assert [record.id for record in read] == [record.id for record in case()]
        assert {(record.provenance.source, record.provenance.on) for record in read} == {
            ("Coder Two", date(2026, 7, 1))
        }
        assert len({record.provenance.place for record in read}) == len(read)


@pytest.mark.parametrize(
    ("kind", "column", "cell", "reason"),
    [
        ("claim", "polarity", "accuses", "claim, row 2: .*polarity"),
        ("claim", "basis_tier", "three", "claim, row 2, column basis_tier: not JSON"),
        ("claim", "basis_tier", "8", "claim, row 2: .*basis_tier"),
        ("claim", "about", "XAA", "claim, row 2, column about: not JSON"),
        ("claim", "about_when", "[]", "claim, row 2, column about_when: holds {} or nothing"),
        ("claim", "claimant.name", "Somebody", "claim, row 2: the record has the id"),
        ("claim", "record id", "0" * 64, "claim, row 2: the record has the id"),
        ("claim", "record number", "first", "claim, row 2, column record number: 'first' is no number"),
        ("claim", "record number", "9" * 5000, "is no number"),
        ("claim", "record state", "true", "claim, row 2, column record state: 'true' is not known"),
        ("claim", "came on", "yesterday", "claim, row 2: where it came from"),
        ("claim", "came as", "", "claim, row 2: where it came from"),
        ("operation", "title", "", "operation, row 2: .*title"),
    ],
)
def test_a_wrong_cell_is_named(kind: str, column: str, cell: str, reason: str) -> None:
    tables = to_tables(case())
    with pytest.raises(MalformedError, match=reason):
        from_tables(tables | {kind: edited(tables[kind], 2, column, cell)})


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        (b"", "unknown, repeated or no columns"),
        (b"title,titel\r\n", "columns: titel"),
        (b"title,title\r\n", "unknown, repeated or no columns"),
        (b"title\r\na,b\r\n", "row 2: wanted 1 cells, got 2"),
        (b"\xff", "not UTF-8 at byte 0"),
        (b'title\r\n"a', "not CSV"),
    ],
)
def test_what_is_no_table_is_refused(table: bytes, reason: str) -> None:
    with pytest.raises(MalformedError, match=reason):
        from_tables({"operation": table})


def test_a_table_of_no_kind_is_refused() -> None:
    with pytest.raises(MalformedError, match="record kind 'states' is unknown"):
        from_tables({"states": b"title\r\n"})


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{", "line 2: not JSON"),
        (b"[" * 100_000, "line 2: not JSON"),
        (b"[]", "line 2: a record has the members"),
        (b'{"id":"","kind":"operation","body":{},"provenance":{},"rank":1}', "unknown member 'rank'"),
        (b'{"id":"","kind":1,"body":{},"provenance":{}}', "line 2: kind is text"),
        (b'{"id":"","kind":"operation","body":{},"provenance":{}}', "line 2: where it came from"),
    ],
)
def test_a_wrong_line_is_named(line: bytes, reason: str) -> None:
    with pytest.raises(MalformedError, match=reason):
        from_json_lines(to_json_lines([operation()]) + line)


def test_a_line_with_another_id_is_refused() -> None:
    lines = to_json_lines([operation()]).replace(b'"title":"Night ferry"', b'"title":"Night ferries"')
    with pytest.raises(MalformedError, match="line 1: the record has the id"):
        from_json_lines(lines)


class _Drill(Body, frozen=True, kw_only=True):
    """A kind of another room, with an empty text and a member called as a column about the record."""

    state: str
    number: float | None = None
    record: dict[str, int] | None = None


def test_a_kind_of_another_room_comes_back() -> None:
    kinds = KINDS | {"drill": _Drill}
    records = [record_of(_Drill(state=text, record={"id": 1}), provenance(), kinds) for text in ("", "'", "=1")]
    assert as_json(from_tables(to_tables(records), kinds=kinds)) == as_json(records)
    assert as_json(from_json_lines(to_json_lines(records), kinds=kinds)) == as_json(records)


def test_nothing_is_sorted_by_who_is_named() -> None:
    ferry = operation()
    said = [claim(ferry, f"Lab {number}", code) for number, code in enumerate(["XZA", "XAA", "XZA", "XBC"])]
    records = [ferry, *said, reply(ferry, said), correction(said[0], said[1])]
    assert [row["record id"] for row in rows(to_tables(records)["claim"])] == [record.id for record in said]
    assert [json.loads(line)["id"] for line in to_json_lines(records).splitlines()] == [record.id for record in records]
