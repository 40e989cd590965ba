"""A saved status page of the United Nations Treaty Collection is read into the same acts as its XML."""

from datetime import date

import pytest

from comity.errors import MalformedError
from comity.law.importing.untc_html import read_untc_html
from support.lists import changed, fixture, told

PAGE = "untc_status.html"


def test_the_table_of_participants_becomes_acts() -> None:
    assert told(read_untc_html(fixture(PAGE))) == [
        ("CIV", "accession", "2013-02-15"),
        ("NLD", "signature", "1998-07-18"),
        ("NLD", "acceptance", "2001-07-17"),
        ("PRT", "signature", "1998-10-07"),
        ("TUR", "signature", "1998-12-10"),
        ("TUR", "ratification", "2000-12-11"),
        ("XAB", "signature", "1999-01-13"),
        ("XAB", "ratification", "2004-09-21"),
        ("XAB", "withdrawal", "2026-05-16"),
        ("XAC", "signature", "2016-04-22"),
        ("XAC", "acceptance", "2021-01-20"),
        ("XAC", "withdrawal", "2026-05-16"),
        ("NLD", "territorial_application", "2007-01-18"),
    ]


def test_the_page_names_its_treaty_and_its_day() -> None:
    found = read_untc_html(fixture(PAGE), as_of=date(2026, 6, 1))
    assert (found.instrument_hint, found.as_of) == ("untc:XVIII-99", date(2026, 5, 16))


@pytest.mark.parametrize("gone", ["<!-- saved from url", '<form method="post"'])
def test_the_number_is_in_the_browsers_comment_or_in_the_form(gone: str) -> None:
    assert read_untc_html(changed(PAGE, gone, "<!-- ")).instrument_hint == "untc:XVIII-99"


def test_a_link_to_another_treaty_does_not_name_the_page() -> None:
    text = fixture(PAGE).decode().replace("mtdsg_no=XVIII-99", "x=1")
    assert "mtdsg_no=IV-1" in text
    assert read_untc_html(text.encode()).instrument_hint is None


def test_a_page_without_its_day_takes_the_day_that_is_given() -> None:
    data = changed(PAGE, "STATUS AS AT", "Status")
    assert read_untc_html(data, as_of=date(2026, 6, 1)).as_of == date(2026, 6, 1)


def test_a_page_in_an_older_encoding_is_read_as_it_declares() -> None:
    text = fixture(PAGE).decode().replace('charset="utf-8"', 'charset="iso-8859-1"')
    assert told(read_untc_html(text.encode("iso-8859-1"))) == told(read_untc_html(fixture(PAGE)))


def test_prose_and_notes_are_told_as_unread() -> None:
    unread = read_untc_html(fixture(PAGE)).unread
    assert "the status page: note 2 at Netherlands (Kingdom of the) is not read as an act" in unread
    assert "the status page: declarations, reservations, objections and notes are prose and not read as acts" in unread


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("InnerPage_tblgrid", "InnerPage_grid", "wanted one table of participants .*, got 0"),
        ("<td>Participant <sup>1</sup></td>", "<td>State</td>", "line 17, row 0: wanted the columns"),
        ("Accession(a)", "Joining(a)", "line 17, row 0: the column"),
        ("15 Feb 2013 a", "15 Feb 2013 q", r"line 18, row 1 \(Côte d'Ivoire\), column 3: the mark 'q'"),
        ("18 Jul 1998", "18.7.1998", r"row 2 \(Netherlands \(Kingdom of the\)\), column 2: '18.7.1998' is no day"),
        ("<td>18 Jul 1998</td>", "", "line 19, row 2: wanted 3 cells, got 2"),
        ("Türkiye", "Turkland", "line 23, row 4: no participant has the name 'Turkland'"),
        ("16-05-2026", "05-16-2026", "names no day of the calendar"),
        ("<!-- saved", "<![ saved", "line 2: broken markup"),
    ],
)
def test_a_changed_layout_is_refused_with_the_place(old: str, new: str, place: str) -> None:
    with pytest.raises(MalformedError, match=place):
        read_untc_html(changed(PAGE, old, new))


@pytest.mark.parametrize("data", [b"", b"<html></html>", b"PK\x03\x04", b"<table id='a_tblgrid'></table>", b"\xff\xff"])
def test_what_is_no_status_page_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedError):
        read_untc_html(data)
