"""Articles, paragraphs and letters are recognised, and a text that is out of order is refused with its line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.errors import MalformedError
from comity.law.text import parse_text
from support.law_folders import TEXT


def test_articles_paragraphs_and_letters_are_recognised() -> None:
    found = parse_text(TEXT.encode())
    assert found.titles == {"1": "Purpose", "2": "Preservation", "3": "Entry into force"}
    assert set(found.parts) == {"1", "2", "2(1)", "2(2)", "2(2)(a)", "2(2)(b)", "2(3)", "3"}
    assert found.part("2(2)(b)") == "(b) the data."
    assert found.part("2(3)") == "3. The data is kept for 30 days at least."
    assert "keep" not in (found.part("1") or "")
    assert found.part("4") is None


def test_a_letter_without_a_paragraph_belongs_to_the_article() -> None:
    found = parse_text(b"Article 1\nTerms\nFor this text:\n(a) one is one;\n(b) two is two.\n")
    assert set(found.parts) == {"1", "1(a)", "1(b)"}


def test_a_sentence_that_begins_with_an_article_is_no_heading() -> None:
    found = parse_text(b"Article 1\nPurpose\nWhat follows.\nArticle 29 of the other treaty is not touched.\n")
    assert found.articles == ("1",)


def test_roman_numbers_markdown_and_html_are_read() -> None:
    roman = parse_text(b"ARTICLE I\nOne.\nARTICLE II\nTwo.\nARTICLE III\nThree.\nARTICLE IV\nFour.")
    assert roman.articles == ("1", "2", "3", "4")
    markdown = parse_text(b"# Accord\n\n## Article 1. Purpose\n\nText.\n\n## **Article 2** Scope\n\n1. Text.\n")
    assert markdown.titles["1"] == "Purpose"
    assert markdown.articles == ("1", "2")
    page = parse_text(
        b"<html><head><title>Article 9</title><style>p {}</style></head><body><p>Article 1</p>"
        b"<p>Purpose</p><p>1. All\n help <b>each</b> other.</p><script>Article 2</script></body></html>"
    )
    assert page.parts == {"1": "1. All help each other.", "1(1)": "1. All help each other."}


def test_numbers_within_the_text_are_no_paragraphs() -> None:
    found = parse_text(b"Article 1\nTime\n1. The period is\n60. days or so\n2. It is renewed.\n")
    assert set(found.parts) == {"1", "1(1)", "1(2)"}
    assert "60. days" in found.parts["1(1)"]


@pytest.mark.parametrize(
    "sentence",
    [
        "The parties act in accordance with\narticle 3, paragraph 2, of this treaty.",
        "The parties act in accordance with\nArticle 2, paragraph 2, of this treaty.",
        "The parties act in accordance with\narticle 2",
        "The parties act in accordance with\nArticle 2",
        "The parties act in accordance with\nArticle 2\nand with others.",
        "Article 2(2) is applied.",
        "Article 2 (2) is applied.",
        "article 2",
        "Article 2; and others.",
    ],
)
def test_a_sentence_that_names_an_article_is_no_heading(sentence: str) -> None:
    found = parse_text(f"Article 1\nPurpose\n1. Much.\n{sentence}\n\nArticle 2\nUse\nText.\n".encode())
    assert found.titles == {"1": "Purpose", "2": "Use"}
    assert found.parts["1(1)"] == f"1. Much.\n{sentence}"
    assert found.parts["2"] == "Text."


def test_an_article_out_of_order_is_refused_with_what_to_do() -> None:
    words = "put the articles in order, and where the line goes on a sentence, join it to the one before"
    with pytest.raises(MalformedError, match=words):
        parse_text(b"Article 1\nPurpose\n1. Much is said.\nArticle 3\nUse\n")


def test_a_number_or_letter_without_a_space_after_it_counts() -> None:
    found = parse_text(b"Article 1\n1.No space here\n(a)one;\n(b)two.\n2.5 per cent\n2.Second\n")
    assert found.titles == {"1": ""}
    assert found.parts["1(1)"] == "1.No space here\n(a)one;\n(b)two.\n2.5 per cent"
    assert set(found.parts) == {"1", "1(1)", "1(1)(a)", "1(1)(b)", "1(2)"}
    assert parse_text(b"Article 1\n(a) one\n(b) two\n").titles == {"1": ""}
    assert parse_text(b"Article 1\nthe parties help\n").titles == {"1": ""}


def test_roman_numbers_within_a_letter_are_part_of_it() -> None:
    found = parse_text(b'Article 1\nTerms\n(a) "X" means:\n(i) one;\n(ii) two;\n(v) five;\n(b) "Y" is all.\n')
    assert set(found.parts) == {"1", "1(a)", "1(b)"}
    assert found.parts["1(a)"] == '(a) "X" means:\n(i) one;\n(ii) two;\n(v) five;'
    loose = parse_text(b"Article 1\nTerms\n1. All:\n(i) one;\n(ii) two;\n(a) a letter\n")
    assert set(loose.parts) == {"1", "1(1)", "1(1)(a)"}


@pytest.mark.parametrize(
    ("rest", "names"),
    [
        ("(i) one;\n(ii) two.\n(i) letter;\n(j) letter.", ["h", "i", "j"]),
        ("(i) letter;\n(j) letter.", ["h", "i", "j"]),
        ("(i) letter.", ["h", "i"]),
        ("(i) one;\nof more;\n(ii) two.", ["h"]),
        ("(i) letter.\nArticle 2\nAll:\n(ii) y.", ["h", "i"]),
    ],
)
def test_an_i_after_h_is_a_letter_unless_it_begins_a_roman_count(rest: str, names: list[str]) -> None:
    letters = "\n".join(f"({letter}) word;" for letter in "abcdefgh")
    found = parse_text(f"Article 1\nTerms\n{letters}\n{rest}\n".encode())
    assert [name for name in found.parts if name.startswith("1(")][7:] == [f"1({letter})" for letter in names]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "no article was recognised"),
        (b"A letter without articles.", "no article was recognised"),
        (b"Article 1\nx.\nArticle 3\ny.\n", "line 3: article 3 follows article 1"),
        (b"Article 1\nx.\nArticle 1\ny.\n", "line 3: article 1 follows article 1"),
        (b"Article 2\nx.\n", "line 1: the text begins with article 2"),
        (b"%PDF-1.7 ...", "save it as plain text"),
        (b"PK\x03\x04...", "save it as plain text"),
        (b"Article 1\n\xff\xfe\n", "not UTF-8 at byte"),
        (b"x" * (8 * 1024 * 1024 + 1), "no treaty is that long"),
    ],
)
def test_what_is_no_text_of_a_treaty_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(MalformedError, match=words):
        parse_text(data)


@given(st.binary(max_size=400) | st.text(alphabet="Artiicle 123.()\nabIVX<p>/", max_size=400).map(str.encode))
def test_any_bytes_are_read_or_refused_with_the_project_s_own_error(data: bytes) -> None:
    try:
        found = parse_text(data)
    except MalformedError:
        return
    assert found.articles == tuple(str(number) for number in range(1, len(found.articles) + 1))
    assert all(name.partition("(")[0] in found.titles for name in found.parts)
