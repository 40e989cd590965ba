"""Whatever a record holds becomes text on a page: never an element, an attribute or a turned direction."""

from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.conduct.report.markup import Markup, link, quote, say, short, table, tag, text
from comity.errors import PolicyError
from support.pages import read_page

HOSTILE = "<script>alert(1)</script>\"'&amp;"


@given(st.text())
def test_any_text_comes_back_as_it_was_and_makes_no_element(value: str) -> None:
    page = read_page(tag("p", value, title=value).encode("utf-8", "surrogatepass") if _encodes(value) else b"<p></p>")
    (paragraph,) = page.all("p")
    assert all(isinstance(child, str) for child in paragraph.children)


def _encodes(value: str) -> bool:
    return not any("\ud800" <= sign <= "\udfff" for sign in value)


def test_what_is_data_is_escaped_once_and_what_is_finished_is_not() -> None:
    assert text(HOSTILE) == "&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#x27;&amp;amp;"
    assert unescape(text(HOSTILE)) == HOSTILE
    assert text(text(HOSTILE)) == text(HOSTILE)
    assert tag("p", Markup("<b>x</b>"), "<b>") == "<p><b>x</b>&lt;b&gt;</p>"


def test_marks_that_turn_the_direction_or_move_the_cursor_are_shown_as_such() -> None:
    assert text("a\u202eb\x1b[2J\x00\u2066") == "a\ufffdb\ufffd[2J\ufffd\ufffd"
    assert text("one\r\n\ttwo\n") == "one\r\n\ttwo\n"
    assert text("שלום\u200f") == "שלום\u200f"


def test_a_name_of_an_attribute_becomes_that_of_html() -> None:
    assert tag("text", "x", text_anchor="end", class_="a", viewBox=None) == '<text text-anchor="end" class="a">x</text>'
    assert tag("line", x1=3) == '<line x1="3"/>'


def test_the_program_s_own_words_pass_the_guard_and_quotes_stand_apart() -> None:
    said = say("{by} claims that {name} is behind it", by="XBB", name="<XAA>")
    assert said == "<bdi>XBB</bdi> claims that <bdi>&lt;XAA&gt;</bdi> is behind it"
    assert say("{number} claims", number=3) == "3 claims"
    # What is quoted may say what its author said.
    assert "attacked" in say("in its words: {words}", words="XAA attacked XBB")


@pytest.mark.parametrize("template", ["{name} attacked us", "the breach by {name} was carried out", "{name} did it"])
def test_words_of_fact_are_refused_in_a_template(template: str) -> None:
    with pytest.raises(PolicyError, match="as a fact"):
        say(template, name="State XAA")


def test_only_web_addresses_become_links() -> None:
    assert 'href="https://a.example/?x=&quot;&amp;y"' in link('https://a.example/?x="&y', "a")
    assert 'rel="noopener noreferrer nofollow"' in link("https://a.example/", "a")
    for address in ("javascript:alert(1)", "data:text/html,x", "//a.example", " https://a.example"):
        assert link(address, "a") == quote("a")


def test_a_table_heads_its_rows_and_columns() -> None:
    made = table(("A", "B"), [("1", "<2>")], "c")
    assert '<th scope="col">A</th>' in made
    assert '<th scope="row">1</th><td>&lt;2&gt;</td>' in made


def test_a_text_is_cut_by_how_wide_it_is() -> None:
    assert short("Lantern Labs", 12) == "Lantern Labs"
    assert short("Lantern Labs", 8) == "Lantern…"
    assert short("灯塔公司", 8) == "灯塔公司"
    assert short("灯塔公司", 5) == "灯…"
    assert short("e\u0301" * 4, 4) == "e\u0301" * 4


@given(st.text(), st.integers(min_value=1, max_value=30))
def test_a_cut_text_is_never_longer_than_it_was(value: str, width: int) -> None:
    shown = short(value, width)
    assert shown == value or (shown.endswith("…") and value.startswith(shown[:-1].rstrip()))
