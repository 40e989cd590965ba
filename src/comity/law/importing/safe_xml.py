"""A small XML reader for files of unknown origin: elements with their text and line, and nothing else.

A document type declaration is refused, and with it every entity, internal or external; so are deep and huge trees.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NoReturn
from xml.parsers import expat

from comity.errors import MalformedError, TooLargeError

_MAX_DEPTH = 64
_MAX_ELEMENTS = 200_000


@dataclass(slots=True)
class Element:
    """An element: its name, the text directly in it, the elements in it, and the line where it begins."""

    name: str
    line: int
    parts: list[str] = field(default_factory=list)
    children: list["Element"] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The text directly in the element."""
        return "".join(self.parts)

    def named(self, name: str) -> Iterator["Element"]:
        """Yield the elements directly in this one that have a name."""
        return (child for child in self.children if child.name == name)

    def find(self, *path: str) -> "Element | None":
        """Return the first element down a path of names, or None."""
        here: Element | None = self
        for name in path:
            here = next(here.named(name), None) if here is not None else None
        return here


def parse_xml(data: bytes, *, what: str) -> Element:
    """Return the root element of a document.

    Raises:
        MalformedError: it is not well-formed, or declares a document type.
        TooLargeError: it has too many elements, or they stand too deep.
    """
    builder = _Builder(what)
    try:
        builder.parser.Parse(data, True)  # noqa: FBT003 - the end of the input
    except expat.ExpatError as exc:
        raise MalformedError(f"{what}, line {exc.lineno}: not well-formed XML: {expat.ErrorString(exc.code)}") from exc
    except (LookupError, ValueError) as exc:
        raise MalformedError(f"{what}: the encoding that it declares is not known") from exc
    assert builder.root is not None
    return builder.root


class _Builder:
    def __init__(self, what: str) -> None:
        self.root: Element | None = None
        self.parser = expat.ParserCreate()
        self._what = what
        self._open: list[Element] = []
        self._count = 0
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text

    def _doctype(self, *_declared: object) -> NoReturn:
        line = self.parser.CurrentLineNumber
        raise MalformedError(f"{self._what}, line {line}: a document type declaration is not accepted")

    def _start(self, name: str, _attributes: dict[str, str]) -> None:
        self._count += 1
        if self._count > _MAX_ELEMENTS or len(self._open) >= _MAX_DEPTH:
            raise TooLargeError(f"{self._what}: more than {_MAX_ELEMENTS} elements, or deeper than {_MAX_DEPTH}")
        element = Element(name, self.parser.CurrentLineNumber)
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        self._open.append(element)

    def _end(self, _name: str) -> None:
        self._open.pop()

    def _text(self, text: str) -> None:
        if self._open:
            self._open[-1].parts.append(text)
