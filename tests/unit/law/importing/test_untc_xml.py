"""The United Nations Treaty Collection's XML is read into acts; what is not read is told, what is not known refused."""

from datetime import date

import pytest

from comity.errors import MalformedError, TooLargeError
from comity.law.importing import imported, safe_xml
from comity.law.importing.untc_xml import read_untc_xml
from comity.law.model import ActSort, Confidence
from comity.parties.table import Grade
from support.lists import changed, fixture, told

DAY = date(2026, 5, 2)


def _changed(old: str, new: str) -> bytes:
    return changed("untc_status.xml", old, new, encoding="iso-8859-1")


def test_every_mark_of_the_heading_becomes_its_act() -> None:
    found = read_untc_xml(fixture("untc_status.xml"), as_of=DAY)
    assert told(found) == [
        ("BHR", "accession", "2004-06-07"),
        ("CHN", "signature", "2000-12-12"),
        ("CHN", "ratification", "2003-09-23"),
        ("CIV", "definitive_signature", "2012-10-25"),
        ("CZE", "signature", "1993-02-22"),
        ("CZE", "ratification", "2013-09-24"),
        ("EUE", "signature", "2000-12-12"),
        ("EUE", "formal_confirmation", "2004-05-21"),
        ("DEU", "signature", "2000-12-12"),
        ("MNE", "succession", "2006-10-23"),
        ("NLD", "signature", "2000-12-12"),
        ("NLD", "acceptance", "2004-05-26"),
        ("SVK", "approval", "2003-12-03"),
        ("GBR", "signature", "2000-12-14"),
        ("GBR", "ratification", "2006-02-09"),
        ("XAB", "signature", "2000-12-13"),
        ("XAB", "ratification", "2012-06-08"),
        ("XAB", "withdrawal", "2026-05-02"),
        ("GBR", "territorial_application", "2007-11-27"),
        ("GBR", "territorial_application", "2007-11-27"),
        ("GBR", "territorial_application", "2007-11-27"),
    ]
    assert [act.about for act in found.acts[-3:]] == ["BMU", "IMN", "TCA"]


def test_the_file_names_its_treaty_and_every_act_its_place() -> None:
    found = read_untc_xml(fixture("untc_status.xml"), as_of=DAY)
    assert found.instrument_hint == "untc:XVIII-99-b"
    assert found.title == "Invented Protocol on the Keeping of Examples"
    assert found.acts[0].where == "the status list, line 41, row 1 (Bahrain), column 3"


def test_digest_and_day_are_the_source_of_the_acts() -> None:
    found = read_untc_xml(fixture("untc_status.xml"), as_of=DAY)
    row = found.actions("untoc")[0]
    assert row.source == (
        f"status of XVIII-99-b in the United Nations Treaty Collection, file sha256 {found.digest}, dated 2026-05-02"
    )
    assert (row.instrument, row.participant, row.grade, row.confidence) == (
        "untoc",
        "BHR",
        Grade.SECONDARY,
        Confidence.CONFIRMED,
    )


def test_a_participant_in_brackets_withdrew_by_the_day_of_the_list() -> None:
    found = read_untc_xml(fixture("untc_status.xml"), as_of=DAY)
    left = next(act for act in found.acts if act.act.sort is ActSort.WITHDRAWAL)
    assert (left.participant, left.on, left.known_by, left.confidence) == ("XAB", None, DAY, Confidence.REPORTED)
    assert left.note is not None
    assert "note 5" in left.note


def test_a_withdrawal_is_refused_while_the_day_of_the_list_is_not_known() -> None:
    with pytest.raises(MalformedError, match=r"row 13 .*give the day on which the list was taken"):
        read_untc_xml(fixture("untc_status.xml"))


def test_the_succession_to_a_signature_is_a_signature_that_says_so() -> None:
    found = read_untc_xml(fixture("untc_status.xml"), as_of=DAY)
    assert [act.participant for act in found.acts if act.note and "signature of a predecessor" in act.note] == ["CZE"]


@pytest.mark.parametrize(
    "line",
    [
        "row 7 (Iceland), column 3: 3 Mar 2005 p is none of the acts known here",
        "row 12: Viet Nam is listed without a day",
        "for 'All its other territories': not all are known names",
        "the header counts 6 signatories, its table has 7",
        "Declarations are prose and not read as acts: Bahrain",
        "note 2 at Montenegro is not read as an act: An invented predecessor had signed on 11 December 2000.",
    ],
)
def test_what_is_not_read_as_an_act_is_told(line: str) -> None:
    found = read_untc_xml(fixture("untc_status.xml"), as_of=DAY)
    assert [told for told in found.unread if line in told]


def test_a_section_that_is_not_known_is_told() -> None:
    data = _changed("<SpecialTables />", "<SpecialTables><Table><TableNo>1</TableNo></Table></SpecialTables>")
    assert [line for line in read_untc_xml(data, as_of=DAY).unread if "the section SpecialTables is not read" in line]


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("<Document>", "<Status>", "not well-formed"),
        ("<Participants>", "<Members>", "not well-formed"),
        ("<Numsect>99</Numsect>", "", "wanted Header with a chapter and Numsect"),
        ("CHAPTER XVIII", "Part 18", "wanted Header with a chapter and Numsect"),
        ("Participant&lt;superscript&gt;2&lt;/superscript&gt;", "State", "line 33, heading: wanted the columns"),
        ("Signature, Succession to signature(d)", "Signed at", "line 33, heading: the column 'Signed at' names"),
        ("Approval(AA)", "Approval(A)", "gives two acts the mark 'A'"),
        ("Accession(a), ", "Adoption(a), ", r"names 'Adoption\(a\)', which is no known act"),
        ("7 Jun\t 2004 a", "7 Jun\t 2004 z", r"row 1 \(Bahrain\), column 3: the mark 'z'"),
        ("7 Jun\t 2004 a", "June 2004", r"row 1 \(Bahrain\), column 3: 'June 2004' is no day"),
        ("7 Jun\t 2004 a", "31 Jun 2004 a", "is no day of the calendar"),
        ("7 Jun\t 2004 a", "7 Lun 2004 a", "'Lun' is no month"),
        ("7 Jun\t 2004 a", "[7 Jun 2004 a", "the bracket in"),
        ("<Entry>Bahrain</Entry>", "<Entry>Bahrein Isles</Entry>", "row 1: no participant has the name"),
        ("<Entry>Bahrain</Entry>", "<Entry>Korea</Entry>", "row 1: the name 'Korea' may mean"),
        ("<Entry>Bahrain</Entry>", "<Entry>The People's Republic of China</Entry>", "row 2: China is listed a second"),
        ("<Entry>Bahrain</Entry>", "<Entry>Bahrain<b>1</b></Entry>", "a cell holds the element b"),
        ("<Entry>Bahrain</Entry>", "<Entry>Bahrain&lt;blink&gt;</Entry>", "unknown markup"),
        ("<Entry>Bahrain</Entry>", "", "line 41, row 1: wanted 3 cells, got 2"),
        ("<col3>Territories</col3>", "<col3>Places</col3>", "territorial applications: wanted the columns"),
        ("27 Nov 2007", "autumn 2007", "territorial application 1: 'autumn 2007' is no day"),
    ],
)
def test_a_changed_layout_is_refused_with_the_place(old: str, new: str, place: str) -> None:
    with pytest.raises(MalformedError, match=place):
        read_untc_xml(_changed(old, new), as_of=DAY)


def test_a_list_without_a_table_of_participants_is_refused() -> None:
    text = fixture("untc_status.xml").decode("iso-8859-1")
    start, end = text.index("<Participants>"), text.index("</Participants>") + len("</Participants>")
    with pytest.raises(MalformedError, match="wanted one table of participants, got 0"):
        read_untc_xml((text[:start] + text[end:]).encode("iso-8859-1"), as_of=DAY)


@pytest.mark.parametrize(
    "prolog",
    [
        '<!DOCTYPE Document [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>',
        '<!DOCTYPE Document SYSTEM "file:///etc/passwd">',
        '<!DOCTYPE Document [<!ENTITY % p SYSTEM "http://127.0.0.1/x.dtd"> %p;]>',
    ],
)
def test_a_document_type_and_with_it_every_entity_is_refused(prolog: str) -> None:
    data = _changed("<Document>", f"{prolog}<Document>")
    with pytest.raises(MalformedError, match="line 2: a document type declaration is not accepted"):
        read_untc_xml(data, as_of=DAY)


def test_an_undeclared_entity_is_refused() -> None:
    with pytest.raises(MalformedError, match="line 42: not well-formed XML: undefined entity"):
        read_untc_xml(_changed("<Entry>Bahrain</Entry>", "<Entry>&bahrain;</Entry>"), as_of=DAY)


def test_a_deep_tree_is_refused() -> None:
    with pytest.raises(TooLargeError, match="deeper than 64"):
        read_untc_xml(b"<a>" * 200 + b"</a>" * 200)


def test_a_tree_of_too_many_elements_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(safe_xml, "_MAX_ELEMENTS", 50)
    with pytest.raises(TooLargeError, match="more than 50 elements"):
        read_untc_xml(fixture("untc_status.xml"), as_of=DAY)


def test_a_file_larger_than_any_list_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imported, "MAX_BYTES", 100)
    with pytest.raises(TooLargeError, match="at most 100 bytes"):
        read_untc_xml(fixture("untc_status.xml"), as_of=DAY)


@pytest.mark.parametrize("data", [b"", b"not xml", b"<Document></Document>", b"\xff\xfe\x00", b"<Document><Treaty/>"])
def test_what_is_no_status_list_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedError):
        read_untc_xml(data)


def test_an_encoding_that_is_not_known_is_refused() -> None:
    with pytest.raises(MalformedError, match="encoding"):
        read_untc_xml(_changed("iso-8859-1", "no-such-code"), as_of=DAY)
