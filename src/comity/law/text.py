"""Reads the text of an instrument: its articles, paragraphs and letters, so that rules can be held against it.

The certified text comes from the user, as plain text, Markdown or HTML saved from a browser. A heading is a line that
begins with "Article" in a capital and a number, Roman or Arabic, then nothing or a title; a paragraph begins with its
number, a letter with `(a)` or `a)`. Paragraphs and letters are those that come next in their count: other numbers, and
roman ones within a letter, are part of what they stand in. Text before the first article is kept with none. Nothing is
guessed: articles must come in order, each once, or the text is refused with the line.
"""

import hashlib
import re
from dataclasses import dataclass
from html.parser import HTMLParser
from itertools import islice

from comity.errors import MalformedError

_HEADING = re.compile(
    r"[#*_\s]*(?:A(?:rticle|RTICLE)|A(?:rt|RT)\.?)\s+(?P<number>[0-9]{1,3}|[IVXLCivxlc]+)\b[.:*_]*\s*(?:[-–—:.]\s*)?"
    r"(?P<title>.*?)[*_\s]*"
)
_PARAGRAPH = re.compile(r"\(?(?P<number>[1-9][0-9]?)[.)](?:\s+.|[^\s\d.])")
_LETTER = re.compile(r"\(?(?P<letter>[a-z])\)\s*\S")
_SECOND_ROMAN = re.compile(r"\(?ii[.)]")
# A line that ends so goes on in the next one, whatever that begins with.
_GOES_ON = re.compile(r"(?:,|\b(?:and|by|from|in|of|or|per|see|the|to|under|with|within))$", re.IGNORECASE)
_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}
_MAX_BYTES = 8 * 1024 * 1024
_MAX_TITLE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class InstrumentText:
    """The text of an instrument as read from one file; `parts` has every article, paragraph and letter by name."""

    sha256: str
    titles: dict[str, str]
    parts: dict[str, str]

    @property
    def articles(self) -> tuple[str, ...]:
        """The numbers of the articles, in order."""
        return tuple(self.titles)

    def part(self, provision: str) -> str | None:
        """Return the text of a provision, or None when the text has none of that name."""
        return self.parts.get(provision)


def parse_text(data: bytes) -> InstrumentText:
    """Read the articles of an instrument from a text, Markdown or HTML file.

    Raises:
        MalformedError: it is no such text, it has no article, or its articles are out of order or repeated.
    """
    reading = _Reading([line.strip() for line in _lines(data)])
    reading.read()
    return reading.finished(hashlib.sha256(data).hexdigest())


class _Reading:
    """The state of reading: in which article, paragraph and letter the next line stands."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines
        self._titles: dict[str, str] = {}
        self._parts: dict[str, list[str]] = {}
        self._article: str | None = None
        self._paragraph: str | None = None
        self._last = 0
        self._letter: str | None = None

    def read(self) -> None:
        """Take all lines."""
        before = ""
        for number, line in enumerate(self._lines, start=1):
            heading = _HEADING.fullmatch(line)
            if heading is not None and not _is_prose(heading["title"]) and _GOES_ON.search(before) is None:
                self._open_article(_number(heading["number"]), heading["title"], number)
            elif line and self._article is not None:
                self._in_article(line, number)
            before = line

    def _open_article(self, number: int, title: str, line: int) -> None:
        if number != self._last + 1 and self._last:
            raise MalformedError(
                f"line {line}: article {number} follows article {self._last}, out of order; put the articles in order, "
                "and where the line goes on a sentence, join it to the one before"
            )
        if not self._last and number != 1:
            raise MalformedError(f"line {line}: the text begins with article {number}, not with article 1")
        self._last, self._paragraph, self._letter = number, None, None
        self._article = str(number)
        self._titles[self._article] = title
        self._parts[self._article] = []

    def _in_article(self, line: str, number: int) -> None:
        assert self._article is not None
        if self._titles[self._article] == "" and not self._parts[self._article] and _is_title(line):
            self._titles[self._article] = line.strip("*_# ")
            return
        paragraph, letter = _PARAGRAPH.match(line), _LETTER.match(line)
        if paragraph is not None and int(paragraph["number"]) == self._count(self._paragraph) + 1:
            self._paragraph, self._letter = f"{self._article}({paragraph['number']})", None
        elif letter is not None and self._is_next(letter["letter"], number):
            self._letter = f"{self._paragraph or self._article}({letter['letter']})"
        for name in (self._article, self._paragraph, self._letter):
            if name is not None:
                self._parts.setdefault(name, []).append(line)

    def _count(self, paragraph: str | None) -> int:
        return 0 if paragraph is None else int(paragraph.partition("(")[2].rstrip(")"))

    def _is_next(self, letter: str, number: int) -> bool:
        """Whether a letter at the beginning of a line is the next one; others, and roman numbers, are in the text."""
        expected = "a" if self._letter is None else chr(ord(self._letter[-2]) + 1)
        if letter != "i" or expected != "i":
            return letter == expected
        # After (h), an (i) that a (ii) follows begins a count within it.
        for line in islice(self._lines, number, None):
            if _SECOND_ROMAN.match(line) is not None:
                return False
            if _LETTER.match(line) is not None or _HEADING.match(line) is not None:
                return True
        return True

    def finished(self, sha256: str) -> InstrumentText:
        """Return what was read."""
        if not self._titles:
            raise MalformedError(
                'no article was recognised: each must begin on a line of its own, such as "Article 1" and its title'
            )
        return InstrumentText(
            sha256=sha256,
            titles=self._titles,
            parts={name: "\n".join(lines) for name, lines in self._parts.items()},
        )


def _is_prose(title: str) -> bool:
    # "Article 29 of the Convention applies …" and "Article 3, paragraph 2" are sentences, not headings.
    return len(title) > _MAX_TITLE or title[:1].islower() or title.startswith((",", "(", ";"))


def _is_title(line: str) -> bool:
    counted = _PARAGRAPH.match(line) is not None or _LETTER.match(line) is not None
    return len(line) <= _MAX_TITLE and not counted and not line[0].islower() and not line.endswith((".", ";", ":", ","))


def _number(text: str) -> int:
    if text.isdigit():
        return int(text)
    values = [_ROMAN[letter] for letter in text.lower()]
    return sum(-value if value < max(values[at:]) else value for at, value in enumerate(values))


def _lines(data: bytes) -> list[str]:
    if len(data) > _MAX_BYTES:
        raise MalformedError(f"the text has more than {_MAX_BYTES} bytes; no treaty is that long")
    if data.startswith((b"%PDF", b"PK\x03\x04")):
        raise MalformedError("this is a PDF or a word processor's file; save it as plain text first")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise MalformedError(f"the text is not UTF-8 at byte {exc.start}; save it as UTF-8") from exc
    if re.search(r"<(html|body|p|div)\b", text, re.IGNORECASE):
        parser = _PlainText()
        parser.feed(text)
        parser.close()
        text = "".join(parser.pieces)
    return text.splitlines()


class _PlainText(HTMLParser):
    """Keeps the text of a page, a line for each block; scripts and styles are left out."""

    _BLOCKS = frozenset({"p", "div", "br", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "td", "section", "article"})
    _LEFT_OUT = frozenset({"script", "style", "head"})

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - the parser's own
        """Begin a line at a block."""
        self._hidden += tag in self._LEFT_OUT
        if tag in self._BLOCKS:
            self.pieces.append("\n")

    def handle_endtag(self, tag: str) -> None:
        """End a line at a block."""
        self._hidden = max(0, self._hidden - (tag in self._LEFT_OUT))
        if tag in self._BLOCKS:
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        """Keep text on one line."""
        if not self._hidden:
            self.pieces.append(re.sub(r"\s+", " ", data))
