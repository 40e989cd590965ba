"""Lists of acts as CSV: the own table of acts, and plain lists whose headings or cells say the acts."""

import csv
from datetime import date

import pytest

from comity.errors import MalformedError
from comity.law.importing.rows_csv import read_rows_csv
from comity.law.model import ActSort, Confidence
from support.lists import changed, fixture, told
from support.paths import shared


def test_the_own_table_keeps_what_its_rows_say() -> None:
    found = read_rows_csv(fixture("actions.csv"), as_of=date(2026, 5, 2))
    rows = found.actions("hanoi")
    assert told(found) == [
        ("PRT", "signature", "2025-10-25"),
        ("PRT", "ratification", "2026-05-01"),
        ("NLD", "territorial_application", "2026-03-02"),
    ]
    assert rows[1].confidence is Confidence.REPORTED
    assert (rows[1].note, rows[1].grade_detail) == ("the day is not printed", "S+M")
    assert rows[1].source.startswith(
        f"Invented press notice; list of acts kept by its user, file sha256 {found.digest}"
    )
    assert rows[2].about == "ABW"


def test_a_plain_list_says_the_act_in_every_cell() -> None:
    assert told(read_rows_csv(fixture("list.csv"))) == [
        ("PRT", "signature", "2025-10-25"),
        ("PRT", "ratification", "2026-05-01"),
        ("CPV", "signature", "2025-10-25"),
        ("BOL", "accession", "2026-02-03"),
    ]


def test_a_plain_list_may_have_the_headings_of_a_depositary() -> None:
    data = (
        b'Participant,Signature,"Acceptance(A), Accession(a), Ratification"\nMalta 3,,8 Sep 2006 a\nCuba,,9 Sep 2006\n'
    )
    found = read_rows_csv(data)
    assert told(found) == [("MLT", "accession", "2006-09-08"), ("CUB", "ratification", "2006-09-09")]
    assert found.unread == ("the list: note 3 at Malta is not read as an act",)


def test_only_a_list_that_is_said_to_be_complete_covers_sorts_of_act() -> None:
    assert read_rows_csv(fixture("list.csv")).covers == frozenset()
    assert read_rows_csv(fixture("list.csv"), complete=True).covers == {ActSort.SIGNATURE, ActSort.CONSENT}


@pytest.mark.parametrize(
    ("name", "old", "new", "place"),
    [
        ("list.csv", "participant,", "state,", "line 1: wanted the columns Participant"),
        ("list.csv", "signature,consent", "signature,joined", "line 1: the column 'joined' names"),
        ("list.csv", "2026-05-01 ratification", "2026-05-01", r"line 2 \(Portugal\), column 3: the day does not say"),
        ("list.csv", "2026-05-01 ratification", "2026-05-01 maybe", "the mark 'maybe' is not among"),
        ("list.csv", "CPV,", "XKX,", "line 3: XKX stands for Kosovo elsewhere"),
        ("list.csv", "CPV,2025-10-25,", "CPV,2025-10-25", "line 3: wanted 3 cells, got 2"),
        ("list.csv", "CPV,", "Portugal,", "line 3: Portugal is listed a second time"),
        ("list.csv", '"Bolivia', '"Bol"ivia', "line 4: not CSV"),
        ("actions.csv", "PRT,signature", "PRX,signature", "row 1: no participant has the code 'PRX'"),
        ("actions.csv", "ABW", "QQQ", "row 3: no participant has the code 'QQQ'"),
        ("actions.csv", ",signature,", ",signing,", "the list:2: column act holds 'signing'"),
        ("actions.csv", "gazette 12,S", "gazette 12,Q", "the list:2: grade"),
    ],
)
def test_a_bad_row_is_refused_with_its_place(name: str, old: str, new: str, place: str) -> None:
    with pytest.raises(MalformedError, match=place):
        read_rows_csv(changed(name, old, new))


OWN = "participant,act,on,known_by,confidence,provision,about,note,source,grade\n"


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (
            "PRT,ratification,,2030-05-01,reported,,,,x,S\n",
            "row 1: 2030-05-01 is after the day of the list, 2026-05-02",
        ),
        ("CSK,ratification,1993-01-01,,confirmed,,,,x,S\n", "row 1: 1993-01-01 is after 1992-12-31, until which"),
        (
            "PRT,ratification,2026-05-01,,confirmed,,,,x,S\n" * 2,
            "row 2: repeats the list, row 1; leave one of them out",
        ),
    ],
)
def test_days_that_cannot_be_and_rows_that_are_there_twice_are_refused(rows: str, words: str) -> None:
    with pytest.raises(MalformedError, match=words):
        read_rows_csv(f"{OWN}{rows}".encode(), as_of=date(2026, 5, 2))


def test_two_acts_of_one_participant_that_differ_in_their_note_are_two() -> None:
    row = "PRT,designation,2026-05-01,,confirmed,,,{},x,S\n"
    assert len(read_rows_csv(f"{OWN}{row.format('one')}{row.format('two')}".encode()).acts) == 2


def test_a_former_state_may_have_acted_until_its_last_day() -> None:
    (act,) = read_rows_csv(f"{OWN}CSK,ratification,1992-12-31,,confirmed,,,,x,S\n".encode()).acts
    assert act.seen_by == date(1992, 12, 31)


@pytest.mark.parametrize(("day", "meant"), [("25/06/2026", 25), ("13/12/2026", 13), ("06/06/2026", 6)])
def test_a_day_with_strokes_that_can_be_only_one_is_read(day: str, meant: int) -> None:
    (act,) = read_rows_csv(f"participant,signature\nPRT,{day}\n".encode()).acts
    assert act.on is not None
    assert act.on.day == meant


@pytest.mark.parametrize("day", ["05/06/2026", "1/12/2026", "12/01/2026"])
def test_a_day_with_strokes_that_may_be_two_is_refused(day: str) -> None:
    with pytest.raises(MalformedError, match=r"may be 2026-\d\d-\d\d or 2026-\d\d-\d\d; write the one that is meant"):
        read_rows_csv(f"participant,signature\nPRT,{day}\n".encode())


@pytest.mark.parametrize("data", [b"", b"\n\n", b"\xff", b"participant,signature\n", b"participant\nPortugal\n"])
def test_what_holds_no_act_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedError):
        read_rows_csv(data)


def test_lists_made_from_the_known_acts_are_read_whole() -> None:
    treaties = ("18-12", "18-14", "18-11", "18-10", "21-6")
    with shared("data/treaties/untc_actions_2015.csv").open(encoding="utf-8-sig") as file:
        rows = [row for row in csv.DictReader(file) if row["treaty"] in treaties]
    for treaty in treaties:
        mine = [row for row in rows if row["treaty"] == treaty]
        lines = ["participant,signature,consent"]
        for row in mine:
            consent = " ".join((row["consented"], row["consent_type"])).strip()
            lines.append(f'"{row["participant"]}",{row["signed"]},{consent}')
        found = read_rows_csv("\n".join(lines).encode())
        wanted = sum(bool(row["signed"]) + bool(row["consented"]) for row in mine)
        assert len(found.acts) == wanted > 100
        assert found.unread == ()
