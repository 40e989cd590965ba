"""Reference tables are refused rather than guessed at."""

from contextlib import suppress
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.errors import MalformedError, StoreError
from comity.parties.table import EvidenceFields, Fields, Grade, load_table, parse_grade, parse_table


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


def read(text: str, columns: tuple[str, ...] = ("name",)) -> tuple[Fields, ...]:
    def build(fields: Fields) -> Fields:
        fields.evidence()
        return fields

    return parse_table(text.encode(), where="t.csv", columns=columns, build=build)


def test_a_row_gives_its_cells_and_its_evidence() -> None:
    (row,) = read('name,source,grade\n"Congo, the",a register,P+M\n')
    assert row.text("name") == "Congo, the"
    assert row.evidence() == {"source": "a register", "grade": Grade.MEMORY, "grade_detail": "P+M"}


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("", "wanted the columns"),
        ("name,source,grade,extra\n", "unknown ['extra']"),
        ("name,grade\n", "missing ['source']"),
        ("source,name,grade\n", "wanted the columns"),
        ("name,source,grade\na,b\n", "t.csv:2: wanted 3 cells, got 2"),
        ("name,source,grade\n\n", "t.csv:2: wanted 3 cells, got 0"),
        ("name,source,grade\na,,T\n", "t.csv:2: column source is empty"),
        ("name,source,grade\na,b,\n", "t.csv:2: column grade is empty"),
        ("name,source,grade\na,b,T\nc,d,Q\n", "t.csv:3: grade 'Q'"),
        ("name,source,grade\n a,b,T\n", "outer white space"),
        ("name,source,grade\na,b\u00a0,T\n", "column source has outer white space"),
        ('name,source,grade\n"a\nb",c,T\n', "column name holds U+000A (a control character) as its character 2"),
        ("name,source,grade\nx,a\u00a0b,T\n", "column source holds U+00A0 (no-break space) as its character 2; leave"),
        ('name,source,grade\n"a,b,T\n', "not CSV"),
    ],
)
def test_a_table_that_strays_is_refused_with_file_and_line(table: str, words: str) -> None:
    with pytest.raises(MalformedError) as refusal:
        read(table)
    assert words in refusal.value.message


def test_a_table_that_is_not_utf8_is_refused() -> None:
    with pytest.raises(MalformedError, match="not UTF-8"):
        parse_table(b"name\xff", where="t.csv", columns=("name",), build=lambda fields: fields)


def test_a_missing_table_is_a_fault_of_the_installation() -> None:
    with pytest.raises(StoreError, match=r"law/reference/absent\.csv"):
        load_table("comity.law", "absent.csv", columns=("name",), build=lambda fields: fields)


def test_the_grade_of_a_compound_is_its_weakest_part() -> None:
    assert parse_grade("T") is Grade.TEXT
    assert parse_grade("S+P") is Grade.PARENT
    assert parse_grade("T+M") is Grade.MEMORY


@pytest.mark.parametrize("text", ["", "M+P", "P+P", "P+", "t", "P/M", "P + M"])
def test_a_grade_has_one_spelling(text: str) -> None:
    with pytest.raises(MalformedError):
        parse_grade(text)


def test_only_memory_does_not_bind_and_parents_must_be_shown() -> None:
    assert [grade.binding for grade in Grade] == [True, True, True, False]
    assert [grade.needs_notice for grade in Grade] == [False, False, True, True]
    assert len({grade.meaning for grade in Grade}) == 4


@pytest.mark.parametrize("value", ["2026-13-01", "2026-02-30", "20260101", "2026-1-1", "٢٠٢٦-01-01"])
def test_a_day_has_one_spelling(value: str) -> None:
    (row,) = read(f"name,source,grade\n{value},s,T\n")
    with pytest.raises(MalformedError, match=r"t\.csv:2: column name"):
        row.day("name")


@pytest.mark.parametrize("value", ["-1", "01", "1.0", "x", "1234567890"])
def test_a_whole_number_has_one_spelling(value: str) -> None:
    (row,) = read(f"name,source,grade\n{value},s,T\n")
    with pytest.raises(MalformedError, match="whole number"):
        row.optional_whole("name")


def test_an_unknown_member_of_an_enumeration_is_refused_with_the_known_ones() -> None:
    (row,) = read("name,source,grade\ngreen,s,T\n")
    with pytest.raises(MalformedError, match="wanted one of blue, red"):
        row.choice("name", Colour)


@pytest.mark.parametrize("value", ["red  blue", "red red"])
def test_words_are_different_and_separated_by_one_space(value: str) -> None:
    (row,) = read(f"name,source,grade\n{value},s,T\n")
    with pytest.raises(MalformedError):
        row.choices("name", Colour)


def test_words_and_parts_and_empty_cells_are_read() -> None:
    (row,) = read("name,also,source,grade\nred blue,a b; c,s,T\n", ("name", "also"))
    assert row.choices("name", Colour) == (Colour.RED, Colour.BLUE)
    assert row.parts("also") == ("a b", "c")
    (bare,) = read("name,also,source,grade\n,,s,T\n", ("name", "also"))
    assert bare.parts("also") == ()
    assert bare.optional("name") is None
    assert bare.optional_day("name") is None
    assert bare.optional_whole("name") is None
    with pytest.raises(MalformedError, match="column name is empty"):
        bare.text("name")


def test_an_empty_part_is_refused() -> None:
    (row,) = read("name,source,grade\na; ; b,s,T\n")
    with pytest.raises(MalformedError, match="empty part"):
        row.parts("name")


@given(st.binary() | st.text().map(lambda rest: f"name,source,grade\n{rest}".encode(errors="surrogatepass")))
def test_any_bytes_are_read_or_refused_by_one_error(data: bytes) -> None:
    rows: list[EvidenceFields] = []
    with suppress(MalformedError):
        rows.extend(parse_table(data, where="t.csv", columns=("name",), build=lambda fields: fields.evidence()))
    assert all(row["source"] for row in rows)
