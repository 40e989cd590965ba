"""Rows read strictly: every cell taken once, values known or refused, names of states whole and unguessed."""

import importlib.util

import msgspec
import pytest

from comity.conduct.importing import rows
from comity.conduct.importing.imported import SourceFile
from comity.conduct.importing.misp_galaxy import installed_file
from comity.conduct.importing.rows import (
    ALPHA_2,
    Place,
    Row,
    find_place,
    is_broken,
    is_region,
    line,
    links,
    place_named,
    place_of_code,
    read_table,
    target,
)
from comity.conduct.statements import Target
from comity.errors import MalformedError
from comity.parties.participants import load_participants


def _rows(text: str, *, blanks: frozenset[str] = frozenset({"NA"}), required: str = "A B") -> list[Row]:
    file = SourceFile(name="f.csv", data=text.encode())
    return list(read_table(file, required=frozenset(required.split(" ")), blanks=blanks).rows)


def _row(cell: str) -> Row:
    (row,) = _rows(f'A,B\n"{cell}",x\n')
    return row


def test_rows_are_numbered_as_a_spreadsheet_shows_them() -> None:
    first, second = _rows('A,B\n"two\nlines",x\n\ny,z\n')
    assert (first.place, first.text("A")) == ("row 2", "two lines")
    assert second.place == "row 4"


def test_a_column_that_is_missing_stops_the_import_and_one_that_nobody_knows_is_told() -> None:
    file = SourceFile(name="f.csv", data=b"A,C\n1,2\n")
    with pytest.raises(MalformedError, match=r"f\.csv, row 1: the columns B are missing"):
        read_table(file, required=frozenset({"A", "B"}), blanks=frozenset())
    table = read_table(file, required=frozenset({"A"}), blanks=frozenset())
    assert table.surplus == ("C",)
    next(table.rows).skip("A")


def test_what_is_left_of_a_row_is_refused_unless_it_is_blank() -> None:
    blank, filled = _rows("A,B\nx,NA\nx,y\n")
    blank.skip("A")
    blank.done()
    filled.skip("A")
    with pytest.raises(MalformedError, match=r"f\.csv, row 3: nothing was made of the columns B"):
        filled.done()


def test_the_mark_that_spreadsheets_put_first_is_no_part_of_the_heading() -> None:
    (row,) = _rows("\ufeffA,B\nx,y\n")
    assert row.text("A") == "x"


def test_a_file_of_too_many_rows_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "MAX_ROWS", 3)
    assert len(_rows("A,B\n1,2\n3,4\n")) == 2
    with pytest.raises(MalformedError, match=r"f\.csv: a collection has at most 3 rows"):
        _rows("A,B\n1,2\n3,4\n5,6\n")


def test_a_column_that_stands_twice_stops_the_import() -> None:
    with pytest.raises(MalformedError, match=r"f\.csv, row 1: the columns A stand twice"):
        _rows("A,B,A\n")


def test_a_file_that_is_not_utf_8_or_not_csv_is_refused() -> None:
    with pytest.raises(MalformedError, match=r"f\.csv: not UTF-8 at byte 4"):
        read_table(SourceFile(name="f.csv", data=b"A,B\n\xff"), required=frozenset("AB"), blanks=frozenset())
    with pytest.raises(MalformedError, match=r"f\.csv, after row 1: not CSV"):
        _rows('A,B\n"x"y,z\n')


def test_a_row_with_too_many_or_too_few_cells_gives_none() -> None:
    for text in ("A,B\n1,2,3\n", "A,B\n1\n"):
        (row,) = _rows(text)
        assert row.damaged
        with pytest.raises(MalformedError, match=r"f\.csv, row 2: wanted 2 cells, got"):
            row.text("A")


def test_what_was_neither_read_nor_set_aside_refuses_the_row() -> None:
    row = _row("1")
    row.text("A")
    with pytest.raises(MalformedError, match=r"f\.csv, row 2: nothing was made of the columns B"):
        row.done()
    row.skip("B")
    row.done()


def test_a_cell_is_taken_once() -> None:
    row = _row("1")
    row.text("A")
    assert not row.has("A")
    with pytest.raises(KeyError):
        row.text("A")


def test_a_blank_is_none_and_refused_where_something_must_stand() -> None:
    assert _row(" NA ").optional("A") is None
    assert _row("").day("A") is None
    with pytest.raises(MalformedError, match=r"f\.csv, row 2, column A: is blank"):
        _row("").text("A")


def test_a_value_that_is_not_known_is_refused_and_never_falls_to_another() -> None:
    meanings = {"one": 1}
    assert _row("one").choice("A", meanings) == 1
    assert _row("").optional_choice("A", meanings) is None
    assert _row("one; one").choices("A", meanings, separator=";") == (1,)
    for row in (_row("One"), _row("one; two")):
        with pytest.raises(MalformedError, match=r"f\.csv, row 2, column A: the value '(One|two)' is not known"):
            row.choices("A", meanings, separator=";")


@pytest.mark.parametrize("text", ["2013-05-07", "2013-05-07 00:00:00", "5/7/2013", "05/07/2013 18:38"])
def test_a_day_is_read_in_its_known_spellings(text: str) -> None:
    assert _row(text).day("A") == "2013-05-07"


@pytest.mark.parametrize("text", ["2013-02-30", "13/1/2013", "7 May 2013", "2013", "2013-05-07 12:00:00"])
def test_a_day_that_is_none_or_is_written_otherwise_is_refused(text: str) -> None:
    with pytest.raises(MalformedError, match=r"f\.csv, row 2, column A: .* is no day"):
        _row(text).day("A")


def test_web_addresses_are_found_whole() -> None:
    assert links("https://example.org/0,9171,00.html") == ("https://example.org/0,9171,00.html",)
    assert links("https://example.org/a, https://example.org/b;https://example.org/a") == (
        "https://example.org/a",
        "https://example.org/b",
    )
    assert links("['https://example.org/a', 'https://example.org/b_(c)']", None, "none") == (
        "https://example.org/a",
        "https://example.org/b_(c)",
    )


def test_lost_letters_are_seen_and_questions_are_not_lost_letters() -> None:
    for text in ("Pentagon?? network", "Believed?to be", "Gov\ufffdrnment", "Ukraineâ€™s"):
        assert is_broken(text)
    for text in ("Who knows?", "Is it so? It is", "Größe", "Côte d'Ivoire"):
        assert not is_broken(text)


def test_a_long_line_is_cut_and_says_so() -> None:
    assert line(" a  b ") == "a b"
    assert len(line("x" * 500)) == 400
    assert line("x" * 500).endswith(" …")


def test_a_state_is_known_by_any_whole_name_and_keeps_the_name_that_the_source_uses() -> None:
    assert place_named("Korea (Democratic People's Republic of)") == Place(
        name="Korea (Democratic People's Republic of)", participant="PRK"
    )
    assert place_named("Iran, Islamic Republic of").participant == "IRN"
    assert place_named("XAA") == Place(name="Fictitious participant XAA", participant="XAA")


def test_a_name_that_two_states_answer_to_is_refused() -> None:
    with pytest.raises(MalformedError, match="may mean Republic of Korea"):
        place_named("Korea")
    assert find_place("Korea") is None


def test_a_name_that_is_near_to_one_is_not_taken_for_it() -> None:
    with pytest.raises(MalformedError, match=r"did you mean LBN"):
        place_named("Lebonon")


def test_a_place_that_the_table_does_not_hold_keeps_its_name_without_a_code() -> None:
    assert place_named("Taiwan") == place_of_code("TW") == Place(name="Taiwan", participant=None)
    assert place_named("Kosovo").key != place_named("Taiwan").key


def test_every_participant_of_today_has_a_two_letter_code_and_no_code_is_invented() -> None:
    codes = {row.code for row in load_participants().values() if row.existed_until is None}
    assert codes - set(ALPHA_2.values()) == {"EUE"}
    assert place_of_code("DE").participant == "DEU"
    for text in ("de", "ZZ", "DEU", ""):
        with pytest.raises(MalformedError, match="is no two-letter code"):
            place_of_code(text)


def test_two_letter_codes_agree_with_the_list_of_the_galaxy() -> None:
    if importlib.util.find_spec("pymispgalaxies") is None:
        pytest.skip("pymispgalaxies is not installed; it comes with comity[observatory]")
    file = installed_file("country")
    listed = {each["meta"]["ISO"]: each["meta"]["ISO3"] for each in msgspec.json.decode(file.data)["values"]}
    assert {code: long for code, long in listed.items() if long in load_participants()} == dict(ALPHA_2)


def test_whom_a_text_names_as_hit_is_a_state_a_region_or_unknown() -> None:
    assert target("Norway") == Target(name="Norway", kind="state", participant="NOR")
    assert target("Middle East") == Target(name="Middle East", kind="region")
    assert target("Korea") == Target(name="Korea", kind="unknown")
    assert target("Lighthouse Board") == Target(name="Lighthouse Board", kind="unknown")
    assert not is_region("Norway")
