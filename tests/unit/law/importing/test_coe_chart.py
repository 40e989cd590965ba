"""The Council of Europe's chart is read from the saved page and from its text, or refused where it could be misread."""

from dataclasses import replace
from datetime import date

import pytest

from comity.errors import MalformedError
from comity.law.importing.coe_chart import read_coe_chart
from comity.law.importing.coe_row import ChartRow, acts_of_row
from comity.law.model import Act
from support.lists import changed, fixture, told


def test_a_saved_page_becomes_acts() -> None:
    assert told(read_coe_chart(fixture("coe_chart.html"))) == [
        ("ALB", "signature", "2001-11-23"),
        ("ALB", "ratification", "2002-06-20"),
        ("AND", "signature", "2013-04-23"),
        ("DNK", "signature", "2003-04-22"),
        ("DNK", "ratification", "2005-06-21"),
        ("HUN", "definitive_signature", "2010-04-18"),
        ("MNE", "signature", "2005-04-07"),
        ("MNE", "ratification", "2010-03-03"),
        ("SVK", "succession", "1993-01-01"),
        ("AUS", "accession", "2012-11-30"),
        ("CPV", "accession", "2018-06-19"),
        ("JPN", "signature", "2001-11-23"),
        ("EUE", "signature", "2024-09-05"),
        ("EUE", "ratification", "2026-04-15"),
    ]


def test_markdown_that_lost_its_empty_cells_becomes_acts() -> None:
    assert told(read_coe_chart(fixture("coe_chart.md"))) == [
        ("ALB", "signature", "2001-11-23"),
        ("ALB", "ratification", "2002-06-20"),
        ("AND", "signature", "2013-04-23"),
        ("AZE", "signature", "2008-06-30"),
        ("AZE", "ratification", "2010-03-15"),
        ("MNE", "signature", "2005-04-07"),
        ("MNE", "ratification", "2010-03-03"),
        ("AUS", "accession", "2012-11-30"),
    ]


def test_text_in_columns_becomes_acts() -> None:
    assert told(read_coe_chart(fixture("coe_chart.txt"))) == [
        ("ALB", "signature", "2001-11-23"),
        ("ALB", "ratification", "2002-06-20"),
        ("AUT", "signature", "2001-11-23"),
        ("EST", "signature", "2001-11-23"),
        ("EST", "ratification", "2003-05-12"),
    ]


def test_text_with_tabs_keeps_its_empty_cells() -> None:
    heading = "\tSignature\tRatification\tEntry into Force\tNotes\tR.\tD.\tA.\tT.\tC.\tO.\n"
    row = "Montenegro\t\t03/06/2006\t01/07/2006\t\t\t\t\t\t\t\n"
    assert told(read_coe_chart((heading + row).encode())) == [("MNE", "ratification", "2006-06-03")]


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("coe_chart.html", date(2026, 4, 25)),
        ("coe_chart.md", date(2025, 12, 3)),
        ("coe_chart.txt", date(2004, 6, 18)),
    ],
)
def test_a_chart_names_its_treaty_and_its_day(name: str, day: date) -> None:
    found = read_coe_chart(fixture(name), as_of=date(2026, 6, 1))
    assert (found.instrument_hint, found.as_of) == ("coe:299", day)
    assert f"Treaty 299, file sha256 {found.digest}, dated {day}" in found.source


def test_a_signature_ad_referendum_says_so() -> None:
    found = read_coe_chart(fixture("coe_chart.html"))
    assert [act.participant for act in found.acts if act.note == "signature ad referendum"] == ["JPN"]


@pytest.mark.parametrize(
    "line",
    [
        "(Denmark): the chart marks reservations, authorities, territorial application, and does not hold their texts",
        "(Montenegro): note 55 of the chart is not read as an act",
        "acceptance and approval stand as ratification",
    ],
)
def test_what_is_not_read_as_an_act_is_told(line: str) -> None:
    assert [unread for unread in read_coe_chart(fixture("coe_chart.html")).unread if line in unread]


def test_a_total_that_the_rows_do_not_show_is_told() -> None:
    told_of = "the chart counts 5 ratifications/accessions, its rows show 4"
    assert [line for line in read_coe_chart(fixture("coe_chart.md")).unread if told_of in line]
    assert not [line for line in read_coe_chart(fixture("coe_chart.html")).unread if "the chart counts" in line]


@pytest.mark.parametrize(
    ("name", "old", "new", "place"),
    [
        ("coe_chart.html", "<th>Ratification</th>", "<th>Consent</th>", "line 16: wanted the columns signature"),
        ("coe_chart.html", "<th>Signature</th>", "<th>Signed</th>", "line 16: wanted the columns signature"),
        ("coe_chart.html", "<th>O.</th>", "<th>Z.</th>", "line 16: wanted the columns"),
        ("coe_chart.html", "<td>Albania</td>", "<td>Albanien</td>", "line 19: no participant has the name 'Albanien'"),
        ("coe_chart.html", "<td>Albania</td>", "<td>Denmark</td>", r"line 21 \(Denmark\): listed a second time"),
        ("coe_chart.html", "23/11/2001", "11/23/2001", r"line 19 \(Albania\): .* is no day of the calendar"),
        ("coe_chart.html", "30/11/2012 a", "30/11/2012 q", r"line 33 \(Australia\): the mark 'q'"),
        ("coe_chart.html", "23/11/2001 r", "23/11/2001 a", r"line 35 \(Japan\): the mark 'a' stands behind the day of"),
        ("coe_chart.html", "<td>55</td>", "<td>left</td>", r"line 23 \(Montenegro\): 'left' is no known note"),
        ("coe_chart.html", "<td>A.</td>", "<td>R.</td>", r"line 19 \(Albania\): 'R.' stands in the column A."),
        ("coe_chart.html", "<td></td></tr>", "<td></td><td>new</td></tr>", "wanted at most 10 cells after the name"),
        (
            "coe_chart.md",
            "| 30/11/2012 a |",
            "| 30/11/2012 |",
            r"line 20 \(Australia\): 01/03/2013 may be a ratification",
        ),
        ("coe_chart.md", "| 55 | A. |", "| A. | 01/08/2010 |", r"line 16 \(Montenegro\): a day stands after notes"),
        ("coe_chart.md", "| 23/04/2013 |", "| 23/04/2013 | gone |", r"line 14 \(Andorra\): 'gone' is no known note"),
        ("coe_chart.txt", "Austria ", "Ostarrichi ", "line 10: no participant has the name 'Ostarrichi'"),
    ],
)
def test_a_changed_layout_is_refused_with_the_place(name: str, old: str, new: str, place: str) -> None:
    with pytest.raises(MalformedError, match=place):
        read_coe_chart(changed(name, old, new))


def test_an_s_among_the_notes_makes_a_signature_definitive_only_where_nothing_was_ratified() -> None:
    row = ChartRow(signature="23/11/2001", ratification="", entry="01/07/2004", notes=("s",), flags=())
    assert [act.act for act in acts_of_row(row, where="here")] == [Act.DEFINITIVE_SIGNATURE]
    ratified = replace(row, ratification="20/06/2002")
    assert [act.act for act in acts_of_row(ratified, where="here")] == [Act.SIGNATURE, Act.DEFINITIVE_SIGNATURE]


def test_an_act_later_than_the_chart_is_refused() -> None:
    with pytest.raises(MalformedError, match=r"\(Albania\): 2027-06-20 is after the day of the list, 2026-04-25"):
        read_coe_chart(changed("coe_chart.html", "20/06/2002", "20/06/2027"))


def test_a_table_whose_heading_is_gone_is_refused_and_not_passed_over() -> None:
    text = fixture("coe_chart.html").decode()
    start, end = text.index("<tr><th></th>"), text.index("</thead>")
    with pytest.raises(MalformedError, match=r"a row of Albania stands under no known heading"):
        read_coe_chart((text[:start] + text[end:]).encode())


def test_a_page_saved_before_it_was_drawn_is_refused_with_what_to_do() -> None:
    page = b"<html><body><noscript>You need to enable JavaScript to run this app.</noscript></body></html>"
    with pytest.raises(MalformedError, match="saved before it was drawn"):
        read_coe_chart(page)


@pytest.mark.parametrize("data", [b"", b"Albania 23/11/2001", b"<html><body></body></html>", b"\xff\xfe"])
def test_what_is_no_chart_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedError):
        read_coe_chart(data)
