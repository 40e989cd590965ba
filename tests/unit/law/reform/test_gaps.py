"""Every concern has one reasoned cell in every column, and no cell points to what is not there."""

import csv
import io
import re
from dataclasses import replace

import pytest

from comity.errors import MalformedError, NotFoundError
from comity.law.reform.gaps import (
    Catalogue,
    Character,
    Finding,
    GapCell,
    build_gap_cell,
    gap_matrix,
    load_concerns,
    load_gap_cells,
    load_norms,
    make_matrix,
)
from comity.law.register import load_register
from comity.parties.table import Grade, parse_table

REGISTER = load_register()
MATRIX = gap_matrix(REGISTER)
CONCERNS, CELLS, NORMS = load_concerns(), load_gap_cells(), load_norms()
HEADER = "concern,column,provision,finding,paraphrase,searched,source,grade\n"


def refused(row: str) -> str:
    with pytest.raises(MalformedError) as caught:
        parse_table(
            (HEADER + row).encode(),
            where="gap_cells.csv",
            columns=tuple(HEADER.strip().split(",")[:-2]),
            build=build_gap_cell,
        )
    return caught.value.message


def test_every_concern_has_one_cell_in_every_column() -> None:
    pairs = [(cell.concern, cell.column) for cell in MATRIX.cells]
    assert sorted(pairs) == sorted((row.code, column.key) for row in MATRIX.concerns for column in MATRIX.columns)
    assert len(pairs) == 21 * 12


def test_the_columns_are_the_instruments_worth_one_and_the_norms() -> None:
    assert [column.key for column in MATRIX.columns if column.instrument] == [
        *("hanoi", "budapest", "budapest_p2", "untoc", "uncac", "malabo", "coe_mla_1959"),
        *("unclos", "high_seas_1958", "paris_1884"),
    ]
    assert [column.key for column in MATRIX.columns if not column.instrument] == list(Catalogue)


def test_every_cell_has_a_source_a_grade_and_a_reason() -> None:
    for cell in MATRIX.cells:
        assert cell.source
        assert cell.grade.value in cell.grade_detail
        assert cell.paraphrase.endswith(".")
        assert (cell.searched is None) is (cell.finding is not Finding.NOTHING_FOUND)


@pytest.mark.parametrize("cell", [cell for cell in CELLS if cell.provisions], ids=lambda c: f"{c.concern}-{c.column}")
def test_a_cell_that_found_something_points_to_provisions_that_are_there(cell: GapCell) -> None:
    for provision in cell.provisions:
        if cell.column in set(Catalogue):
            assert (cell.column, provision) in {(norm.catalogue.value, norm.number) for norm in NORMS}
        else:
            assert REGISTER.provision(cell.column, provision).paraphrase


def test_a_search_goes_as_far_as_the_articles_of_its_instrument() -> None:
    last: dict[str, int] = {}
    for row in REGISTER.provisions:
        last[row.instrument] = max(last.get(row.instrument, 0), int(row.provision.partition("(")[0]))
    for cell in CELLS:
        match = re.match(r"articles 1-([0-9]+)", cell.searched or "")
        if match is not None:
            assert int(match[1]) >= last[cell.column], f"{cell.concern} {cell.column}: {cell.searched}"
    assert last["budapest"] == 48


def test_a_missing_cell_is_refused() -> None:
    with pytest.raises(MalformedError, match="has no cell for attribution hanoi"):
        make_matrix(
            CONCERNS,
            [cell for cell in CELLS if (cell.concern, cell.column) != ("attribution", "hanoi")],
            NORMS,
            REGISTER,
        )


def test_a_repeated_cell_is_refused() -> None:
    with pytest.raises(MalformedError, match="repeats conduct_of_states hanoi"):
        make_matrix(CONCERNS, (*CELLS, CELLS[0]), NORMS, REGISTER)


def test_a_cell_on_an_unknown_concern_is_refused() -> None:
    with pytest.raises(MalformedError, match="names the concern 'weather'"):
        make_matrix(CONCERNS, (*CELLS, replace(CELLS[0], concern="weather")), NORMS, REGISTER)


def test_a_column_that_is_neither_loaded_nor_a_catalogue_is_refused() -> None:
    with pytest.raises(MalformedError, match="'atlantis' is not loaded"):
        make_matrix(CONCERNS, (*CELLS, replace(CELLS[0], column="atlantis")), NORMS, REGISTER)


@pytest.mark.parametrize(
    ("column", "provision"), [("hanoi", "69"), ("gge_norms", "l"), ("tallinn", "155"), ("unclos", "113(9)")]
)
def test_a_pointer_to_a_provision_or_norm_that_is_not_there_is_refused(column: str, provision: str) -> None:
    cells = [
        replace(cell, provisions=(provision,), finding=Finding.PARTLY, searched=None)
        if (cell.concern, cell.column) == ("cable_high_seas", column)
        else cell
        for cell in CELLS
    ]
    with pytest.raises(MalformedError, match="which the tables do not hold"):
        make_matrix(CONCERNS, cells, NORMS, REGISTER)


def test_nothing_found_without_a_search_is_refused() -> None:
    message = refused("attribution,hanoi,,nothing_found,None.,,memory,M\n")
    assert message.startswith("gap_cells.csv:2: a cell that found nothing")


def test_something_found_without_an_article_is_refused() -> None:
    message = refused("attribution,hanoi,,covered,All of it.,,memory,M\n")
    assert message.startswith("gap_cells.csv:2: a cell that found something")


def test_a_cell_from_memory_says_to_check_the_certified_text_and_one_that_was_read_does_not() -> None:
    for cell in MATRIX.cells:
        assert (cell.notice == "check against the certified text") is (cell.grade is Grade.MEMORY)
        assert cell.mark.endswith("?") is (cell.grade is Grade.MEMORY)


def test_no_treaty_loaded_but_those_of_the_sea_covers_cables() -> None:
    covering = {
        cell.column
        for cell in MATRIX.of_concern("cable_high_seas")
        if cell.finding is Finding.COVERED and MATRIX.column(cell.column).instrument
    }
    assert covering == {"unclos", "high_seas_1958", "paris_1884"}
    assert MATRIX.cell("cable_high_seas", "hanoi").finding is Finding.NOTHING_FOUND


def test_the_duty_of_the_flag_state_to_investigate_has_no_deadline() -> None:
    duty = MATRIX.cell("flag_state_duties", "unclos")
    assert "94(6)" in duty.provisions
    assert duty.finding is Finding.COVERED
    assert MATRIX.cell("answer_deadlines", "unclos").finding is Finding.NOTHING_FOUND


def test_a_cut_cable_alone_is_no_emergency_of_the_hanoi_convention() -> None:
    cell = MATRIX.cell("emergency", "hanoi")
    assert cell.provisions[0] == "2"
    assert "a cut cable alone is none" in cell.paraphrase


def test_the_norms_are_eleven_letters_and_numbered_rules_of_an_expert_text() -> None:
    letters = [norm for norm in NORMS if norm.catalogue is Catalogue.GGE_NORMS]
    rules = [norm for norm in NORMS if norm.catalogue is Catalogue.TALLINN]
    assert [norm.number for norm in letters] == list("abcdefghijk")
    assert [int(norm.number) for norm in rules] == sorted({int(norm.number) for norm in rules})
    assert {norm.character for norm in rules} == {Character.EXPERT_TEXT}
    assert next(norm for norm in rules if norm.number == "54").label == "submarine communication cables"


def test_a_tallinn_cell_always_says_that_no_state_has_adopted_it() -> None:
    for cell in MATRIX.of_column("tallinn"):
        assert (cell.finding is Finding.NOTHING_FOUND) is ("no state has adopted" not in cell.paraphrase)


def test_a_part_of_the_matrix_can_be_asked_for() -> None:
    part = MATRIX.only(concern="observers", column="uncac")
    assert [(cell.concern, cell.column) for cell in part.cells] == [("observers", "uncac")]
    assert len(MATRIX.only(column="unclos").cells) == 21


def test_what_is_not_in_the_matrix_is_told_with_what_is() -> None:
    with pytest.raises(NotFoundError, match=r"concern 'weather' is not in the tables; they hold conduct_of_states"):
        MATRIX.only(concern="weather")
    with pytest.raises(NotFoundError, match=r"column 'atlantis' .* hanoi"):
        MATRIX.cell("observers", "atlantis")


def test_the_json_has_every_cell_with_its_evidence() -> None:
    value = MATRIX.to_json()
    concerns = value["concerns"]
    assert isinstance(concerns, list)
    cells = [cell for row in concerns for cell in row["cells"]]
    assert len(cells) == len(MATRIX.cells)
    assert all(cell["source"] and cell["grade"] for cell in cells)
    assert value["findings"]["hanoi"]["covered"] == 3  # type: ignore[index]


def test_the_csv_has_one_row_a_cell() -> None:
    rows = list(csv.DictReader(io.StringIO(MATRIX.to_csv())))
    assert len(rows) == len(MATRIX.cells)
    assert {row["kind"] for row in rows} == {"instrument", "norms"}
    assert rows[0]["provisions"] == "5(1); 5(2)"


def test_lines_fit_a_terminal() -> None:
    assert max(map(len, MATRIX.lines())) <= 110
    for row in MATRIX.concerns:
        lines = MATRIX.concern_lines(row.code)
        assert max(map(len, lines)) <= 110
        assert lines[0] == row.label
        assert sum(line[0] in "+~-" for line in lines[3:]) == 12
