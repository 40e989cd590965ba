"""Every catalogue has its items, each with source and grade, and none is written twice."""

from dataclasses import replace
from datetime import date

import pytest

from comity.conduct.commitments.catalogue import (
    MEMORY_NOTICE,
    Nature,
    Weight,
    build_heading,
    in_order,
    load_catalogues,
    load_reported_numbers,
    make_catalogues,
    numbers_reported,
)
from comity.conduct.commitments.since import parse_since
from comity.conduct.verbs import breaches
from comity.errors import MalformedError, NotFoundError
from comity.law.reform.gaps import load_norms
from comity.parties.table import Grade, load_table, parse_table

ALL = load_catalogues()
OWN = tuple(row for row in ALL.items if row.catalogue not in {"gge_norms", "tallinn"})


@pytest.mark.parametrize(
    ("key", "version", "count"),
    [
        ("gge_norms", None, 11),
        ("un_global_cbms", "2023", 4),
        ("un_global_cbms", None, 8),
        ("osce_cbms", "2013", 11),
        ("osce_cbms", None, 16),
        ("oas_cbms", "2019", 6),
        ("oas_cbms", None, 11),
        ("paris_call", None, 9),
        ("asean", None, 4),
    ],
)
def test_each_version_of_a_catalogue_holds_its_items(key: str, version: str | None, count: int) -> None:
    assert len(ALL.catalogue(key, version=version).items) == count


def test_the_norms_of_the_law_room_are_taken_and_not_written_again() -> None:
    held = load_table(
        "comity.conduct",
        "commitment_items.csv",
        columns=("catalogue", "item", "label", "nature", "version"),
        build=lambda fields: fields.text("catalogue"),
    )
    assert {"gge_norms", "tallinn"}.isdisjoint(held)
    norms = load_norms()
    assert [(row.catalogue.value, row.number, row.label, row.source) for row in norms] == [
        (row.catalogue, row.number, row.label, row.source) for row in ALL.items if row not in OWN
    ]


def test_numbers_stand_in_their_order_and_not_in_that_of_their_letters() -> None:
    assert [row.number for row in ALL.catalogue("osce_cbms").items] == [str(number) for number in range(1, 17)]
    assert sorted(["10", "9", "b", "a", "1a"], key=in_order) == ["1a", "9", "10", "a", "b"]


def test_what_is_only_reported_of_the_oas_says_that_it_rests_on_memory() -> None:
    new = [row for row in ALL.catalogue("oas_cbms").items if row.version == "2022"]
    assert len(new) == 5
    assert all(row.grade is Grade.MEMORY and row.notice for row in new)
    assert all(row.notice is None for row in ALL.catalogue("oas_cbms", version="2019").items)


def test_a_catalogue_whose_own_row_rests_on_memory_says_so_in_lines_and_json() -> None:
    remembered = ALL.catalogue("un_global_cbms")
    assert remembered.lines()[1].endswith(f"[M; {MEMORY_NOTICE}]")
    assert remembered.to_json()["notice"] == MEMORY_NOTICE
    assert "notice" not in ALL.catalogue("osce_cbms").to_json()
    assert [row.to_json().get("notice") for row in load_reported_numbers() if row.grade is Grade.MEMORY] == [
        MEMORY_NOTICE,
        MEMORY_NOTICE,
    ]


def test_a_catalogue_says_whether_the_table_holds_all_of_it() -> None:
    assert ALL.catalogue("paris_call").complete
    assert not ALL.catalogue("tallinn").complete
    assert not ALL.catalogue("asean").complete
    assert "of 154" in ALL.catalogue("tallinn").lines()[0]
    assert "no numbered list" in ALL.catalogue("asean").lines()[0]


def test_only_the_manual_of_experts_is_a_text_of_experts() -> None:
    experts = [row.key for row in ALL.headings if row.weight is Weight.EXPERTS]
    assert experts == ["tallinn"]
    assert {row.nature for row in ALL.catalogue("tallinn").items} == {Nature.EXPERT_TEXT}


def test_an_item_is_found_by_the_key_that_a_match_writes() -> None:
    assert ALL.item("gge_norms:f").nature is Nature.RESTRAINT
    with pytest.raises(NotFoundError, match="no item 'z'"):
        ALL.item("gge_norms:z")
    with pytest.raises(NotFoundError, match="catalogue 'no_such' is not in the tables"):
        ALL.item("no_such:1")
    with pytest.raises(NotFoundError, match="has no version '1999'"):
        ALL.catalogue("osce_cbms", version="1999")


def test_catalogues_that_contradict_each_other_are_refused() -> None:
    norms = load_norms()
    with pytest.raises(MalformedError, match="stands twice"):
        make_catalogues(ALL.headings, (*OWN, OWN[0]), norms)
    with pytest.raises(MalformedError, match="belongs to no catalogue"):
        make_catalogues(ALL.headings, (*OWN, replace(OWN[0], catalogue="elsewhere")), norms)
    with pytest.raises(MalformedError, match="names no version"):
        make_catalogues(ALL.headings, (*OWN, replace(OWN[0], number="99", version="1999")), norms)
    with pytest.raises(MalformedError, match="should hold 4 items, got 3"):
        make_catalogues(ALL.headings, OWN[1:], norms)
    with pytest.raises(MalformedError, match="lacks gge_norms"):
        make_catalogues([row for row in ALL.headings if row.key != "gge_norms"], OWN, norms)


@pytest.mark.parametrize(
    ("versions", "why"),
    [
        ("2016:16 2013:11", "oldest first"),
        ("2016:x", "wanted a year"),
        ("2016:4 2016:8", "different years"),
    ],
)
def test_versions_of_a_catalogue_have_one_form(versions: str, why: str) -> None:
    columns = ("catalogue", "title", "issuer", "document", "adopted", "weight", "versions", "total", "note")
    data = f"{','.join(columns)},source,grade\nc,t,i,d,2016,voluntary,{versions},,,s,M\n".encode()
    with pytest.raises(MalformedError, match=rf"table\.csv:2: .*{why}"):
        parse_table(data, where="table.csv", columns=columns, build=build_heading)


def test_what_others_counted_is_told_from_its_day_on() -> None:
    assert numbers_reported("poc_directory", date(2024, 5, 8)) == ()
    assert [row.count for row in numbers_reported("poc_directory", date(2025, 3, 1))] == [92, 100, 116]
    assert {row.catalogue for row in load_reported_numbers()} <= {*ALL.keys(), "positions"}


def test_no_label_of_the_tables_accuses_anybody() -> None:
    lines = [line for head in ALL.headings for line in ALL.catalogue(head.key).lines()]
    assert [breaches(line) for line in lines if breaches(line)] == []


def test_a_catalogue_is_json_rows_and_lines() -> None:
    catalogue = ALL.catalogue("un_global_cbms")
    told = catalogue.to_json()
    assert told["versions"] == ["2023", "2024"]
    assert told["complete"] is True
    assert len(catalogue.rows()) == 8
    assert ALL.to_csv().count("\n") == 1 + len(ALL.items)


@pytest.mark.parametrize(
    ("text", "earliest", "latest"),
    [
        ("2024", date(2024, 1, 1), date(2024, 12, 31)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2024-02-29", date(2024, 2, 29), date(2024, 2, 29)),
    ],
)
def test_a_day_that_is_known_roughly_spans_all_days_that_it_can_be(text: str, earliest: date, latest: date) -> None:
    since = parse_since(text)
    assert (since.earliest, since.latest, since.exact) == (earliest, latest, earliest == latest)
    assert since.may_have_begun(earliest)
    assert since.began(latest)
    assert since.began(earliest) == since.exact


def test_a_day_by_which_it_is_known_ends_the_span() -> None:
    since = parse_since("2018-11-12", known_by=date(2019, 11, 12))
    assert since.text == "between 2018-11-12 and 2019-11-12"
    assert not since.began(date(2019, 11, 11))
    with pytest.raises(MalformedError, match="is later than"):
        parse_since("2020", known_by=date(2019, 11, 12))


@pytest.mark.parametrize("text", ["2023-02-30", "2023-13", "23", "2023-2", "", "2023-02-01 ", "0000"])
def test_what_is_no_day_month_or_year_is_refused(text: str) -> None:
    with pytest.raises(MalformedError):
        parse_since(text)
