"""HTML and SVG as text that is escaped once, where it is made.

A `Markup` is finished; every other text is data and is escaped when it becomes a child or an attribute. Words that the
program says go through `say`, whose template passes the verb guard; what comes out of records is set apart from it in
an element of its own, so that a name in a script that runs the other way leaves the sentence around it as it is.
"""

import re
import string
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from html import escape
from typing import Final

from comity.conduct.verbs import STAND_INS, guarded

# Marks that turn the direction of what follows. They could make a text look like another one.
_HIDDEN: Final = re.compile(
    "[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ufffe\uffff]"
)
_VOID: Final = frozenset({"meta", "br", "line", "rect", "circle", "path", "col"})
_FORMATTER: Final = string.Formatter()


class Markup(str):
    """HTML that is finished; only this module makes it from data."""

    __slots__ = ()


Child = Markup | str | int


def text(value: Child) -> Markup:
    """Return a child as markup: finished as it is, anything else escaped and without hidden marks."""
    return value if isinstance(value, Markup) else _escaped(str(value))


def tag(name: str, /, *children: Child, **attributes: Child | None) -> Markup:
    """Return an element; `_` in the name of an attribute is a hyphen, a final one is left out, None leaves it out."""
    given = "".join(
        f' {key.removesuffix("_").replace("_", "-")}="{text(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in _VOID:
        return Markup(f"<{name}{given}/>")
    return Markup(f"<{name}{given}>{join(children)}</{name}>")


def join(children: Iterable[Child], between: Child = "") -> Markup:
    """Return children one after the other."""
    return Markup(text(between).join(map(text, children)))


def quote(value: str, language: str | None = None) -> Markup:
    """Return a text of somebody else's, set apart so that its direction is its own, and read out in its language."""
    return tag("bdi", value, lang=language)


def say(template: str, **data: Child) -> Markup:
    """Return words of the program's own, with data at `{name}`; the template is held to the verb guard.

    Raises:
        PolicyError: the template says as a fact what is only claimed.
    """
    parts: list[Child] = []
    for literal, name in _parts(template):
        parts.append(literal)
        if name is not None:
            value = data[name]
            parts.append(value if isinstance(value, Markup | int) else quote(value))
    return join(parts)


def link(url: str, label: str) -> Markup:
    """Return a link to a web address, which tells the site nothing of this page; any other address stays text."""
    if not url.startswith(("https://", "http://")):
        return quote(label)
    return tag("a", quote(label), href=url, rel="noopener noreferrer nofollow")


def table(head: Iterable[Child], rows: Iterable[Iterable[Child]], caption: Child) -> Markup:
    """Return a table whose first column heads its rows."""
    body = []
    for row in rows:
        first, *others = row
        body.append(tag("tr", tag("th", first, scope="row"), *(tag("td", cell) for cell in others)))
    return tag(
        "table",
        tag("caption", caption),
        tag("thead", tag("tr", *(tag("th", cell, scope="col") for cell in head))),
        tag("tbody", *body),
    )


def items(children: Iterable[Child], class_: str | None = None) -> Markup:
    """Return a list; of nothing, nothing."""
    held = [tag("li", child) for child in children]
    return tag("ul", *held, class_=class_) if held else Markup("")


def short(value: str, width: int) -> str:
    """Return a text cut to a width in columns, in which signs of some scripts are two wide and marks none."""
    taken: list[str] = []
    used = 0
    for sign in value:
        if unicodedata.category(sign) in {"Mn", "Me", "Cf"}:
            columns = 0
        else:
            columns = 2 if unicodedata.east_asian_width(sign) in "WF" else 1
        if used + columns > width:
            return "".join(taken[:-1]).rstrip() + "…"
        taken.append(sign)
        used += columns
    return value


@lru_cache(maxsize=4096)
def _escaped(value: str) -> Markup:
    # A page says most of its texts many times: words of the program, names, titles.
    return Markup(escape(_HIDDEN.sub("\ufffd", value), quote=True))


@lru_cache(maxsize=4096)
def _parts(template: str) -> tuple[tuple[str, str | None], ...]:
    parts = tuple((literal, name) for literal, name, _, _ in _FORMATTER.parse(template))
    for stand_in in STAND_INS:
        guarded("".join(literal + ("" if name is None else stand_in) for literal, name in parts))
    return parts
