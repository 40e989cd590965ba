"""Reports are one file that runs and loads nothing, with the reply as prominent as the claim and no order of states."""

import base64
import hashlib
import random
import re
from collections.abc import Callable, Iterable
from datetime import date
from itertools import pairwise

import pytest

from comity.conduct.admission import folded
from comity.conduct.commitments.statements import Commitment, ConformingAct
from comity.conduct.kinds import KINDS
from comity.conduct.ledger import Ledger
from comity.conduct.record import Origin, Record
from comity.conduct.report.assembled import LABEL, operation_report, pair_report, state_report
from comity.conduct.report.material import Material
from comity.conduct.report.matrix import matrix
from comity.conduct.report.telling import Voices
from comity.conduct.statements import ConsentGiven, Period, Source, Subject
from comity.conduct.verbs import breaches
from comity.conduct.view import ClaimView, fold
from comity.errors import MalformedError, NotFoundError
from support import conduct_records as make
from support.pages import BLOCKS, Element, read_page

AS_OF = date(2026, 6, 30)
HOSTILE = "Лампа <script>alert(1)</script> مصباح 灯塔 🚢 \"&' onload=x \u202egnp.exe"
SCRIPTS = ("Σήμα", "שמש", "مصباح", "灯塔", "ランプ", "등대", "लैंप", "ประภาคาร", "የመብራት", "🚢")

ferry = make.operation("Night ferry")
said = make.claim(ferry, by="XBB", about="XAA", sources=[make.source("Note", "https://ministry.example/a?b=1&c=%22")])
report = make.claim(
    ferry,
    by="Lantern Labs",
    about=[make.subject("XAA", "place"), Subject(level="unit", name="Group 7")],
    said="2026-03-10",
    basis_tier=1,
    sources=[make.source("Report", "https://lantern.example/r")],
)
copied = make.claim(
    ferry,
    by="Copy Desk",
    about="XAA",
    said="2026-03-12",
    basis_tier=0,
    sources=[make.source("Report", "https://lantern.example/r")],
)
denied_by_other = make.claim(ferry, by="XCD", about="XAA", polarity="denies", said="2026-03-15")
denial = make.reply(ferry, [said], by="XAA", text="Nothing of the kind happened.")
found = make.finding(ferry, [said], about=[make.subject("XAA")], dissent="One member holds otherwise.")
lamp = make.operation(HOSTILE, category="espionage", occurred=Period(begin="2024-05", end="2024-07"))
wrong = make.claim(lamp, by="XBB", about="XEE", said="2025-02-03")
right = make.claim(lamp, by="XBB", about="XAA", said="2025-02-20")
corrected = make.correction(wrong, right)
hostile = make.claim(
    lamp, by=make.company(HOSTILE[:60]), about="XAA", said="2025-01", wording=HOSTILE, lacks=["references"]
)
silent = make.silence(lamp, [hostile], by="XAA")
old = make.operation("Harbour list", category="disinformation", occurred=Period(begin="2022"))
gone = make.claim(old, by="Lantern Labs", about="XAA", said="2022-12-01", basis_tier=1)
retracted = make.retraction(gone)
match = make.match(said)
graded = make.grading(said)


def record(body: Commitment | ConformingAct) -> Record:
    kind = "commitment" if isinstance(body, Commitment) else "conforming-act"
    return Record(kind=kind, body=body, provenance=make.provenance())


norms = record(
    Commitment(
        participant="XAA", catalogue="gge_norms", act="endorsed", on="2024-01-15", sources=[Source(title="Note <b>")]
    )
)
help_given = record(
    ConformingAct(
        participant="XAA",
        kind="help_given",
        on="2025-09-09",
        said_by=make.state("XBB"),
        towards=["XBB"],
        summary="It returned a seized server.",
    )
)
EVERYTHING = (
    *(ferry, said, report, copied, denied_by_other, denial, found, lamp, wrong, right, corrected, hostile, silent),
    *(old, gone, retracted, match, graded, norms, help_given),
)
Made = Callable[[Material], bytes]
REPORTS: dict[str, Made] = {
    "state": lambda material: state_report(material, "XAA"),
    "pair": lambda material: pair_report(material, "XBB", "XAA"),
    "operation": lambda material: operation_report(material, ferry.id),
    "hostile": lambda material: operation_report(material, lamp.id),
}


def page_of(made: Made, records: Iterable[Record] = EVERYTHING, *, as_of: date = AS_OF) -> bytes:
    with Ledger.open(":memory:", create=True, exercise=True, kinds=KINDS) as ledger:
        ledger.add(records)
        return made(Material(ledger, as_of=as_of))


@pytest.fixture(scope="module")
def pages() -> dict[str, Element]:
    return {name: read_page(page_of(made)) for name, made in REPORTS.items()}


def section(page: Element, key: str) -> Element:
    for found_ in page.all("section"):
        if any(each.attributes.get("id") == key for each in found_.all("h2")):
            return found_
    raise AssertionError(f"no section {key}")


def blocks(page: Element) -> list[Element]:
    """Return the rows in which claims stand beside their replies."""
    return list(page.classed("both"))


# The file.


@pytest.mark.parametrize("name", REPORTS)
def test_a_page_is_well_formed_runs_nothing_and_loads_nothing(name: str, pages: dict[str, Element]) -> None:
    page = pages[name]
    names = {element.name for element in page.all()}
    assert names.isdisjoint(
        {"script", "iframe", "object", "embed", "link", "img", "image", "form", "base", "foreignobject"}
    )
    for element in page.all():
        for attribute, value in element.attributes.items():
            assert not attribute.startswith("on"), f"{element.name} {attribute}"
            assert attribute not in {"style", "src", "srcset", "action", "formaction", "background"}
            if attribute == "href":
                assert value.startswith(("#", "https://", "http://"))
            assert "url(" not in value or re.fullmatch(r"url\(#[a-z-]+\)", value)
    assert [element.attributes.get("lang") for element in page.all("html")] == ["en"]
    ids = [element.attributes["id"] for element in page.all() if "id" in element.attributes]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("name", REPORTS)
def test_the_policy_lets_in_the_one_style_sheet_and_nothing_else(name: str, pages: dict[str, Element]) -> None:
    (style,) = pages[name].all("style")
    digest = base64.b64encode(hashlib.sha256(style.text.encode()).digest()).decode()
    (policy,) = (
        meta.attributes["content"]
        for meta in pages[name].all("meta")
        if meta.attributes.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert "url(" not in style.text
    assert "@import" not in style.text


@pytest.mark.parametrize("name", REPORTS)
def test_every_link_within_the_page_leads_somewhere(name: str, pages: dict[str, Element]) -> None:
    ids = {element.attributes.get("id") for element in pages[name].all()}
    for anchor in pages[name].all("a"):
        href = anchor.attributes["href"]
        assert not href.startswith("#") or href[1:] in ids


@pytest.mark.parametrize("name", REPORTS)
def test_the_same_records_in_any_order_give_the_same_bytes(name: str) -> None:
    first = page_of(REPORTS[name])
    assert page_of(REPORTS[name]) == first
    shuffled = list(EVERYTHING)
    random.Random(3).shuffle(shuffled)
    assert page_of(REPORTS[name], shuffled) == first


def test_words_in_the_log_of_another_say_so_wherever_a_page_tells_them() -> None:
    forged = make.reply(
        ferry,
        [said],
        by="XAA",
        kind="acceptance",
        entered=make.provenance(origin=Origin.STATEMENT, source="xbb.office"),
    )
    with Ledger.open(":memory:", create=True, exercise=True, kinds=KINDS) as ledger:
        ledger.add([ferry, said, forged])
        page = state_report(Material(ledger, as_of=AS_OF), "XAA").decode()
        (count,) = Material(ledger, as_of=AS_OF).claims().tally(as_of=AS_OF).counts
    words = re.sub("<[^>]+>", "", page)
    accepts = words.count("State XAA accepts the claim")
    # The marks and the tables of time line and matrix, and the block beside the claim.
    assert accepts >= 4
    assert len(re.findall("State XAA accepts the claim[^:<]{0,20}; as told in the log of xbb.office", words)) >= 3
    assert (count.replies.acceptance, count.replies.by_others) == (0, 1)


def test_an_exercise_says_so_first_and_a_real_ledger_does_not(pages: dict[str, Element]) -> None:
    header = next(pages["state"].all("header"))
    assert isinstance(header.children[0], Element)
    assert header.children[0].text.startswith("EXERCISE")
    with Ledger.open(":memory:", create=True, exercise=False, kinds=KINDS) as ledger:
        real = read_page(state_report(Material(ledger, as_of=AS_OF), "PRT"))
    assert "EXERCISE" not in real.text
    assert "claims: no public record found; searched on 2026-06-30: 0 operations" in real.text


@pytest.mark.parametrize("word", SCRIPTS)
def test_names_in_every_script_stand_on_the_page_as_they_are(word: str) -> None:
    named = make.operation(f"{word} {word}")
    by = make.claim(named, by=make.company(word), about="XAA")
    page = read_page(page_of(lambda material: operation_report(material, named.id), [named, by]))
    assert f"{word} {word}" in next(page.all("h1")).text
    assert any(word == quoted.text for quoted in page.all("bdi"))


def test_a_name_that_is_code_stays_a_name(pages: dict[str, Element]) -> None:
    shown = HOSTILE.replace("\u202e", "\ufffd")
    assert shown in next(pages["hostile"].all("h1")).text
    assert "\u202e" not in pages["hostile"].text
    assert any(shown in cell.text for cell in pages["state"].all("td"))


# What it says.


@pytest.mark.parametrize("name", REPORTS)
def test_no_word_of_the_page_itself_says_that_somebody_did_what_is_claimed(
    name: str, pages: dict[str, Element]
) -> None:
    page = pages[name]
    for element in page.all():
        if element.name in BLOCKS and element.name != "title":
            assert breaches(element.own_words) == (), element.own_words
    words = " ".join(element.own_words for element in page.all() if element.name in BLOCKS).casefold()
    assert not re.search(
        r"\b(?:guilty|culprit|perpetrator|score|rank(?:ed|ing)?|worst|most accused|threat level)\b", words
    )


@pytest.mark.parametrize("name", REPORTS)
def test_a_page_says_first_what_it_is_not(name: str, pages: dict[str, Element]) -> None:
    assert next(pages[name].classed("label")).text == LABEL


@pytest.mark.parametrize("name", REPORTS)
def test_every_claim_has_its_reply_beside_it_in_the_same_element_and_size(name: str, pages: dict[str, Element]) -> None:
    rows = blocks(pages[name])
    assert rows
    for row in rows:
        halves = [child for child in row.children if isinstance(child, Element)][:2]
        assert [half.attributes["class"].split()[0] for half in halves] == ["claim", "reply"]
        assert all(half.name == "div" for half in halves)
        for half in halves:
            assert next(half.all("p")).attributes.get("class") == "side"
            assert any("what" in child.attributes.get("class", "").split() for child in half.all("p"))
    style = next(pages[name].all("style")).text
    assert "minmax(0,1fr) minmax(0,1fr);border" in style


def test_a_reply_is_told_with_its_words_and_a_claim_without_one_says_so(pages: dict[str, Element]) -> None:
    by_claim = {row.attributes["id"]: row for row in blocks(pages["operation"])}
    told = next(by_claim[f"claim-{said.id[:16]}"].classed("reply")).text
    assert "State XAA denies it" in told
    assert "Nothing of the kind happened." in told
    lacking = next(by_claim[f"claim-{copied.id[:16]}"].classed("reply")).text
    assert "no reply on record, and no search for one" in lacking
    searched = next(row for row in blocks(pages["hostile"]) if hostile.id[:16] in row.attributes["id"])
    assert "searched on 2026-05-01 in site of the ministry" in searched.text


def test_a_claim_tells_its_language_and_a_reply_its_own_claim() -> None:
    hedged = make.claim(ferry, by="XBB", about="XAA", wording="très probablement", language="fr")
    other = make.claim(ferry, by="XAA", about="XBB", said="2026-03-06")
    answer = make.reply(ferry, [hedged], by="XAA", kind="counter_claim", counter_claim=other.id)
    page = read_page(page_of(lambda material: operation_report(material, ferry.id), [ferry, hedged, other, answer]))
    row = next(row for row in blocks(page) if hedged.id[:16] in row.attributes["id"])
    assert [each.text for each in row.all("bdi") if each.attributes.get("lang") == "fr"] == ["très probablement"]
    assert "language of the claimant: fr" in row.text
    assert f"its own claim: record {other.id[:16]}…" in next(row.classed("reply")).text


def test_a_claim_tells_what_it_lacks_and_a_reply_its_day(pages: dict[str, Element]) -> None:
    row = next(row for row in blocks(pages["hostile"]) if hostile.id[:16] in row.attributes["id"])
    assert "not given: references" in row.text
    row = next(row for row in blocks(pages["operation"]) if said.id[:16] in row.attributes["id"])
    assert "said 2026-03-05" in next(row.classed("reply")).text


def test_the_word_of_another_is_told_as_such_and_changes_nothing() -> None:
    objected = make.retraction(said, by="XAA", reason="It is not so.")
    page = read_page(page_of(lambda material: operation_report(material, ferry.id), [ferry, said, objected]))
    (row,) = blocks(page)
    assert "it is another's word and changes nothing: It is not so." in row.text
    assert "gone" not in next(row.classed("claim")).attributes["class"].split()


def test_a_retracted_claim_stays_and_is_shown_as_retracted(pages: dict[str, Element]) -> None:
    row = next(row for row in blocks(pages["state"]) if gone.id[:16] in row.attributes["id"])
    told = next(row.classed("claim"))
    assert "gone" in told.attributes["class"].split()
    assert [badge.text for badge in told.classed("badge")] == ["retracted"]
    assert "The claimant withdraws it." in told.text
    drawn = next(each for each in pages["state"].all("svg") if "timeline" in each.attributes["aria-labelledby"])
    assert len([mark for mark in drawn.all("circle") if mark.attributes["class"] == "gone"]) == 1


def test_a_correction_shows_both_claims_and_who_made_it(pages: dict[str, Element]) -> None:
    rows = {row.attributes["id"]: row for row in blocks(pages["hostile"])}
    first, second = rows[f"claim-{wrong.id[:16]}"], rows[f"claim-{right.id[:16]}"]
    assert [badge.text for badge in first.classed("badge")] == ["corrected"]
    assert [badge.text for badge in second.classed("badge")] == ["a correction of an earlier one"]
    listed = section(pages["hostile"], "corrections").text
    assert "State XBB corrects it on 2026-04-10: One letter of the code was wrong." in listed
    assert wrong.id[:16] in listed
    assert right.id[:16] in listed


def test_each_claim_names_its_source_and_where_its_record_came_from(pages: dict[str, Element]) -> None:
    row = next(row for row in blocks(pages["operation"]) if said.id[:16] in row.attributes["id"])
    links = [anchor.attributes["href"] for anchor in row.all("a")]
    assert links == ["https://ministry.example/a?b=1&c=%22"]
    assert "entered by hand by Coder One, 2026-06-01" in row.text
    assert "Coder One" in section(pages["operation"], "sources").text


def test_a_finding_names_mandate_standard_dissent_and_who_was_heard(pages: dict[str, Element]) -> None:
    told = section(pages["operation"], "findings").text
    for part in (
        "found by Panel of the Narrows under mandate",
        "Asked by XAA and XBB",
        "clear and convincing",
        "One member holds otherwise.",
        "asked on 2026-04-01, to answer until 2026-04-30",
        "records, statements or exhibits cited by digest: 1",
    ):
        assert part in told
    # Whether the standard was chosen beforehand is shown by an inquiry and not by the finding alone.
    assert "beforehand" not in told


def test_a_finding_tells_consents_by_name() -> None:
    refused, given = (
        ConsentGiven(participant="XAA", consent="refused"),
        ConsentGiven(participant="XBB", consent="given"),
    )
    reached = make.finding(ferry, [said], consents=[refused, given])
    page = read_page(page_of(lambda material: operation_report(material, ferry.id), [ferry, said, reached]))
    told = section(page, "findings").text
    assert "consent of Fictitious participant XAA: refused" in told
    assert "consent of Fictitious participant XBB: given" in told


def test_commitments_and_conduct_in_keeping_with_them_are_rows_like_any_other(pages: dict[str, Element]) -> None:
    rows = [
        [cell.text for cell in row.children if isinstance(cell, Element)]
        for row in section(pages["state"], "commitments-xaa").all("tr")
    ]
    assert [row[:2] for row in rows] == [
        ["Since", "What"],
        ["2024-01-15", "commitment"],
        ["2025-09-09", "in keeping with commitments"],
    ]


def test_what_lies_before_every_commitment_is_grey_and_a_match_gives_its_reason(pages: dict[str, Element]) -> None:
    rows = {row.attributes["id"]: row for row in blocks(pages["state"])}
    assert list(rows[f"claim-{gone.id[:16]}"].classed("before"))
    assert "came only afterwards: gge_norms a, b" in rows[f"claim-{gone.id[:16]}"].text
    matched = rows[f"claim-{said.id[:16]}"]
    assert not list(matched.classed("before"))
    assert "gge_norms:f: in force at the time that the claim gives" in matched.text
    spied = rows[f"claim-{right.id[:16]}"]
    assert "espionage: matched to no norm without a stated reason" in spied.text


# The charts.


@pytest.mark.parametrize("name", REPORTS)
def test_every_chart_has_a_table_beside_it_and_is_told_in_words(name: str, pages: dict[str, Element]) -> None:
    charts = 0
    for figure in pages[name].all("figure"):
        assert len(list(figure.all("svg"))) == 1
        assert len(list(figure.all("table"))) == 1
        assert list(figure.all("figcaption"))
        (drawing,) = figure.all("svg")
        named = drawing.attributes["aria-labelledby"].split()
        ids = {each.attributes.get("id"): each.text for each in drawing.all()}
        assert all(ids[each] for each in named)
        charts += 1
    assert charts == len(list(pages[name].all("svg"))) >= 3


def test_lanes_of_claims_and_replies_are_equally_high_and_their_marks_equally_large(pages: dict[str, Element]) -> None:
    drawn = next(pages["state"].all("svg"))
    tops = {
        label.text: float(label.attributes["y"])
        for label in drawn.all("text")
        if label.attributes.get("class") == "lane"
    }
    order = ["Claims", "Replies", "Findings"]
    assert list(tops)[3:6] == order
    heights = [tops[after] - tops[before] for before, after in pairwise(order)]
    assert heights[0] == heights[1]
    sizes = {mark.attributes["r"] for mark in drawn.all("circle")}
    assert sizes == {"5"}


@pytest.mark.parametrize("name", ["state", "pair", "operation"])
def test_no_name_of_a_lane_runs_into_what_is_drawn(name: str, pages: dict[str, Element]) -> None:
    drawn = [each for each in pages[name].all("svg") if "timeline" in each.attributes["aria-labelledby"]]
    assert drawn
    for chart in drawn:
        lanes = [label.text for label in chart.all("text") if label.attributes.get("class") == "lane"]
        inner = [float(each.attributes["x"]) for each in chart.all("text") if each.text == "none on record"]
        inner += [float(each.attributes["cx"]) for each in chart.all("circle")]
        # A letter of the bold face is about seven units wide.
        assert max(map(len, lanes)) * 7 < min(inner)


@pytest.mark.parametrize("name", REPORTS)
def test_what_can_be_moved_is_reached_by_the_keyboard_and_has_a_name(name: str, pages: dict[str, Element]) -> None:
    for class_ in ("chart", "rows"):
        moved = list(pages[name].classed(class_))
        assert moved
        for each in moved:
            assert each.attributes["tabindex"] == "0"
            assert each.attributes["aria-label"]


def test_words_and_marks_stand_out_from_the_page(pages: dict[str, Element]) -> None:
    style = next(pages["state"].all("style")).text
    variables = dict(re.findall(r"(--[a-z]+):(#[0-9a-f]+)", style))

    def colours(pattern: str) -> set[str]:
        found = {variables.get(name, name) for name in re.findall(pattern, style)}
        return {colour for colour in found if colour.startswith("#")} - {"#fff"}

    words = colours(r"[{;]color:(?:var\()?([#\w-]+)") | colours(r"svg (?:text|\.small)\{[^}]*fill:(?:var\()?([#\w-]+)")
    marks = colours(r"svg \.(?:claim|reply|commitment|finding|alleged|conforming)\{fill:(?:var\()?([#\w-]+)")
    marks |= colours(r"svg \.(?:hatch|counted|gone|denies)\{[^}]*stroke:(?:var\()?([#\w-]+)")
    assert len(words) >= 4
    assert len(marks) >= 7
    # The palest ground on which words stand is the grey of heads.
    assert {colour for colour in words if _contrast(colour, "#f7f7f8") < 4.5} == set()
    assert {colour for colour in marks if _contrast(colour, "#ffffff") < 3} == set()


def _contrast(one: str, other: str) -> float:
    """Return the contrast of two colours as the guidelines for accessible pages define it."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    whole = colour[1:] if len(colour) == 7 else "".join(sign * 2 for sign in colour[1:])
    parts = [int(whole[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_on_paper_the_exercise_is_still_told_and_every_row_is_there(pages: dict[str, Element]) -> None:
    style = next(pages["state"].all("style")).text
    paper = style[style.index("@media print") :]
    # A ground is not printed, so that white words on it would be gone.
    assert re.search(r"\.exercise[^}]*\{background:none;color:var\(--ink\)", paper)
    assert ".rows{max-height:none;overflow:visible}" in paper


def test_the_time_line_hatches_only_the_last_time_and_draws_a_vague_day_as_long_as_it_may_be() -> None:
    vague = make.claim(ferry, by="XBB", about="XAA", said="2025")
    dated = make.claim(ferry, by="XCD", about="XAA", said="2022-01-01")
    page = read_page(page_of(lambda material: operation_report(material, ferry.id), [ferry, vague, dated]))
    drawn = next(section(page, "timeline").all("svg"))
    (hatched,) = (each for each in drawn.all("rect") if "hatch" in each.attributes.get("fill", ""))
    (year,) = (each for each in drawn.all("rect") if each.attributes.get("class") == "claim perhaps")
    # What is still to come lies in one year before the day of the page, as long as the year of the vague claim.
    assert float(hatched.attributes["width"]) == pytest.approx(float(year.attributes["width"]), abs=2)


def test_what_was_retracted_says_so_in_the_rows_of_the_time_line(pages: dict[str, Element]) -> None:
    rows = [
        row.text for row in section(pages["state"], "timeline-xaa").all("tr") if "retracted or corrected" in row.text
    ]
    assert len(rows) == 1
    assert "Lantern Labs claims" in rows[0]


def test_the_time_line_tells_how_much_it_could_not_draw() -> None:
    undated = make.claim(ferry, by="Lantern Labs", about="XAA", without=("said",))
    page = read_page(page_of(lambda material: operation_report(material, ferry.id), [ferry, undated]))
    assert "Not drawn: 1 that give no day; they are in the table." in page.text
    assert "no day given" in section(page, "timeline").text


def test_the_matrix_shows_copies_as_one_voice_and_stands_in_the_order_of_names(pages: dict[str, Element]) -> None:
    drawn = next(section(pages["operation"], "matrix").all("svg"))
    numbers = {
        mark.text for mark in drawn.all("text") if mark.attributes.get("class") in {"in digits-1", "out digits-1"}
    }
    assert len(numbers) == 3  # four claims, of which two have one source
    names = [label.text for label in drawn.all("text") if label.attributes.get("x") == "8"][1:-1]
    assert names == ["Copy Desk", "Lantern Labs", "State XBB", "State XCD"]
    assert [mark.text for mark in drawn.all("text") if mark.text in set("DCPAOS")] == ["D"]
    assert any(mark.attributes["class"] == "denies" for mark in drawn.all("circle"))


@pytest.mark.parametrize("number", [7, 42, 172, 1234])
def test_the_number_of_a_voice_is_written_whole_and_smaller_the_longer_it_is(number: int) -> None:
    class Late(Voices):
        def number(self, claim: ClaimView) -> int:
            return number

    operation = fold([ferry, said]).operations[0]
    made = matrix("matrix", [(operation.claims[0], operation)], Late([operation]))
    (mark,) = (each for each in read_page(made.encode()).all("text") if each.text.isdigit())
    assert (mark.text, mark.attributes["class"]) == (str(number), f"in digits-{len(str(number))}")


def test_a_reply_stands_below_whomever_it_is_by_and_below_nobody_else() -> None:
    both = make.claim(ferry, by="XBB", about=["XAA", "XEE"])
    answer = make.reply(ferry, [both], by="XAA")
    page = read_page(page_of(lambda material: operation_report(material, ferry.id), [ferry, both, answer]))
    last = next(section(page, "matrix").all("svg")).all("text")
    assert [each.text for each in last][-2:] == ["D", "none on record"]


def test_a_retracted_reply_is_one_in_the_matrix_too() -> None:
    records = [ferry, said, denial, make.retraction(denial)]
    matrix = section(read_page(page_of(lambda material: operation_report(material, ferry.id), records)), "matrix")
    drawn = next(matrix.all("svg"))
    assert [mark.attributes["class"] for mark in drawn.all("circle")] == ["claim", "gone"]
    assert "State XAA denies it (retracted)" in matrix.text


def test_no_number_of_claims_moves_a_name_up_or_down() -> None:
    many = [make.claim(ferry, by=f"Company {number}", about="XEE", said="2026-03-20") for number in range(7)]
    few = [make.claim(ferry, by="Company 1", about="XAA", said="2026-03-21")]
    for records in ([ferry, *many, *few], [ferry, *few]):
        page = read_page(page_of(lambda material: operation_report(material, ferry.id), records))
        columns = [
            label.text
            for label in next(section(page, "matrix").all("svg")).all("text")
            if label.attributes.get("class") == "lane" and label.text.startswith("State")
        ]
        assert columns == sorted(columns, key=folded)


def test_the_strip_has_every_rule_and_shares_with_both_numbers(pages: dict[str, Element]) -> None:
    strip = section(pages["state"], "strip-xaa")
    rules = ["any origin", "state only", "by companies", "by two or more distinct bases"]
    assert all(rule in strip.text for rule in rules)
    assert "as this page counts2 of 2 (100 %)" in strip.text.replace("\n", "")
    assert "nothing counted" in strip.text


def test_the_strip_joins_the_marks_of_a_line_and_draws_the_share_of_the_page() -> None:
    quiet = make.operation("Quiet crossing", category="espionage")
    other = make.claim(quiet, by="XBB", about="XEE")
    page = read_page(page_of(REPORTS["state"], [ferry, said, quiet, other]))
    drawn = next(section(page, "strip-xaa").all("svg"))
    assert "1 of 2 (50 %)" in section(page, "strip-xaa").text
    axis = [float(each.attributes["x1"]) for each in drawn.all("line") if each.attributes["class"] == "axis"]
    (share,) = (each.attributes for each in drawn.all("line") if each.attributes["class"] == "zero")
    assert float(share["x1"]) == float(share["x2"]) == (axis[0] + axis[-1]) / 2
    spans = [each.attributes for each in drawn.all("line") if each.attributes["class"] == "span"]
    # Without one category or the other the state is named in all of what is left, or in none of it.
    assert {"x1": f"{axis[0]:g}", "x2": f"{axis[-1]:g}"}.items() <= {
        name: value for each in spans for name, value in each.items() if name in {"x1", "x2"}
    }.items()


def test_a_period_about_which_claims_are_still_to_come_is_drawn_as_incomplete(pages: dict[str, Element]) -> None:
    drawn = next(section(pages["state"], "periods-xaa").all("svg"))
    hatched = [each for each in drawn.all("rect") if each.attributes.get("fill") == "url(#periods-xaa-hatch)"]
    rows = [row.text for row in section(pages["state"], "periods-xaa").all("tr") if "incomplete" in row.text]
    assert len(hatched) == len(rows) == 2
    assert all("half of the claims come more than 365 days" in row for row in rows)
    later = read_page(page_of(REPORTS["state"], as_of=date(2029, 6, 30)))
    bars = [row.text for row in section(later, "periods-xaa").all("tr")]
    assert "incomplete" not in next(row for row in bars if row.startswith("2026"))


def test_who_is_only_said_not_to_be_behind_it_has_no_figure_on_the_page_of_an_operation() -> None:
    denied = make.claim(ferry, by="XCD", about="XEE", polarity="denies")
    page = read_page(page_of(lambda material: operation_report(material, ferry.id), [ferry, said, denied]))
    assert [each.attributes["id"] for each in page.all("h2") if each.attributes["id"].startswith("strip-")] == [
        "strip-xaa"
    ]


def test_what_was_retracted_is_told_of_operations_and_gradings_too() -> None:
    withdrawn = make.retraction(graded)
    records = [
        ferry,
        said,
        graded,
        withdrawn,
        make.correction(ferry, None, make.company("Coder One"), kind="retraction"),
    ]
    page = read_page(page_of(lambda material: operation_report(material, ferry.id), records))
    assert "This operation is itself retracted." in section(page, "operation").text
    assert "eighteen questions" not in page.text


def test_sources_stand_by_name_however_many_claims_came_from_them() -> None:
    many = [
        make.claim(ferry, by=f"Company {number}", entered=make.imported(f"row {number}", source="z.csv"))
        for number in range(3)
    ]
    one = make.claim(ferry, by="XBB", entered=make.imported("row 1", source="a.csv"))
    page = read_page(page_of(lambda material: operation_report(material, ferry.id), [ferry, *many, one]))
    rows = [
        [cell.text for cell in row.children if isinstance(cell, Element)] for row in section(page, "sources").all("tr")
    ]
    assert [(row[0], row[-1]) for row in rows[1:]] == [("a.csv", "1"), ("z.csv", "3")]


def test_a_report_shows_what_was_known_on_its_day() -> None:
    late = make.claim(ferry, by="XCD", about="XAA", said="2026-05-01", entered=make.provenance("2026-06-15"))
    before = page_of(REPORTS["state"], [ferry, said, late], as_of=date(2026, 6, 10))
    after = page_of(REPORTS["state"], [ferry, said, late], as_of=date(2026, 6, 20))
    assert "State XCD" not in before.decode()
    assert "State XCD" in after.decode()


def test_a_pair_shows_both_sides_by_name_and_only_what_concerns_the_two(pages: dict[str, Element]) -> None:
    titles = [each.text for each in pages["pair"].all("h2")]
    assert [title for title in titles if title.startswith("Time line")] == [
        "Time line: Fictitious participant XAA",
        "Time line: Fictitious participant XBB",
    ]
    assert page_of(lambda material: pair_report(material, "XAA", "XBB")) == page_of(REPORTS["pair"])


def test_what_does_not_exist_is_refused() -> None:
    with pytest.raises(NotFoundError):
        page_of(lambda material: state_report(material, "QQQ"))
    with pytest.raises(NotFoundError):
        page_of(lambda material: operation_report(material, "0" * 64))
    with pytest.raises(MalformedError):
        page_of(lambda material: pair_report(material, "XAA", "XAA"))
