"""The frame of a report: one file that loads nothing, runs nothing and says first what it is not."""

import base64
import hashlib
from collections.abc import Iterable
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Final

from comity.conduct.report.markup import Child, Markup, join, say, tag, text
from comity.errors import StoreError

# Nothing is loaded and nothing runs; this one style sheet is known by its digest.
_POLICY: Final = "default-src 'none'; style-src 'sha256-{}'; base-uri 'none'; form-action 'none'"


def page(
    *, title: Child, label: Child, exercise: bool, as_of: date, sections: Iterable[tuple[str, Child, Markup]]
) -> bytes:
    """Return the file; a section has a key, a title and its content, and one without content is left out.

    Raises:
        StoreError: the installed style sheet cannot be read.
    """
    held = [section for section in sections if section[2]]
    style = _style()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_POLICY.format(digest)),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("title", _bare(title)),
        tag("style", Markup(style)),
    )
    notice = [tag("p", say("EXERCISE: every state and every event on this page is fictitious."), class_="exercise")]
    body = tag(
        "body",
        tag(
            "header",
            *(notice if exercise else []),
            tag("h1", title),
            tag("p", label, class_="label"),
            tag("p", say("As known here on {day}.", day=as_of.isoformat())),
            tag(
                "nav",
                tag("ul", *(tag("li", tag("a", name, href=f"#{key}")) for key, name, _ in held)),
                aria_label="Parts",
            ),
        ),
        tag("main", *(tag("section", tag("h2", name, id=key), content) for key, name, content in held)),
    )
    return f"<!DOCTYPE html>\n{tag('html', head, body, lang='en')}\n".encode()


def figure(caption: Child, chart: Markup, beside: Markup) -> Markup:
    """Return a chart with its table beside it."""
    # What can be moved sideways or down must be reached by the keyboard too.
    drawn = tag("div", chart, class_="chart", tabindex="0", role="group", aria_label="Chart")
    listed = tag("div", beside, class_="rows", tabindex="0", role="group", aria_label="The same as a table")
    both = tag("div", drawn, listed, class_="beside")
    return tag("figure", tag("figcaption", caption), both)


def paragraphs(*children: Child) -> Markup:
    """Return each child as a paragraph."""
    return join(tag("p", child) for child in children)


@cache
def _style() -> str:
    try:
        return (files("comity.conduct.report") / "report.css").read_text(encoding="utf-8")
    except OSError as exc:
        raise StoreError("the file conduct/report/report.css cannot be read; install Comity again") from exc


def _bare(title: Child) -> Markup:
    """Return a title without elements, which a head cannot hold."""
    return Markup(text(title).replace("<bdi>", "").replace("</bdi>", ""))
