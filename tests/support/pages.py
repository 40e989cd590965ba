"""Reads a report as a browser would: elements with their attributes, and text with what is quoted in it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = frozenset({"meta", "br"})
BLOCKS = frozenset({"p", "li", "td", "th", "caption", "figcaption", "h1", "h2", "h3", "title", "desc", "text"})
QUOTED = "quotedtext"


@dataclass(slots=True)
class Element:
    """An element with its children; a child that is a text is data as it was before it was escaped."""

    name: str
    attributes: dict[str, str]
    children: list["Element | str"] = field(default_factory=list)

    def all(self, name: str | None = None) -> Iterator["Element"]:
        """Yield this element and those within, or only those of a name, in the order of the page."""
        if name in {None, self.name}:
            yield self
        for child in self.children:
            if isinstance(child, Element):
                yield from child.all(name)

    def classed(self, word: str) -> Iterator["Element"]:
        """Yield those within that have a class."""
        return (each for each in self.all() if word in each.attributes.get("class", "").split())

    @property
    def text(self) -> str:
        """All text within."""
        return "".join(child if isinstance(child, str) else child.text for child in self.children)

    @property
    def own_words(self) -> str:
        """The text within, with a stand-in for everything that is quoted."""
        parts = []
        for child in self.children:
            if isinstance(child, str):
                parts.append(child)
            elif child.name == "bdi":
                parts.append(QUOTED)
            elif child.name not in BLOCKS:
                parts.append(child.own_words)
        return "".join(parts)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("document", {})
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        assert len(element.attributes) == len(attrs), f"an attribute of {tag} stands twice"
        self._open[-1].children.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self._open[-1].name == tag, f"{tag} closes {self._open[-1].name}"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        self._open[-1].children.append(data)

    def finish(self) -> Element:
        self.close()
        assert self._open == [self.root], f"{self._open[-1].name} stays open"
        return self.root


def read_page(data: bytes) -> Element:
    """Return the page as elements; one that is not well-formed fails."""
    reader = _Reader()
    reader.feed(data.decode("utf-8"))
    return reader.finish()
