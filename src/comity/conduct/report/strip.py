"""The sensitivity strip: how the share of operations in which claims name somebody moves with what is counted.

One line a counting rule, and one a kind of thing that can be left out, with a mark for each such thing. The dashed
line is the share as the page counts it. No order of states can be read off it, for only one state is on it.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import groupby
from typing import Final

from comity.conduct.blocs import load_blocs
from comity.conduct.counting_rules import counting_rule
from comity.conduct.figures import CountedPeriod, Sensitivity, SensitivityLine
from comity.conduct.report.markup import Markup, join, quote, say, table
from comity.conduct.report.page import figure, paragraphs
from comity.conduct.report.svg import circle, hatch, hatched, label, line, rect, svg

_WIDTH: Final = 760
_LEFT: Final = 290
_ROW: Final = 26
_TOP: Final = 30
_HIGHEST: Final = 150
_CHANGES: Final = {
    "none": "as this page counts",
    "rule": "counted",
    "sources": "without one source",
    "blocs": "without one bloc of claimants",
    "claimants": "without one claimant",
    "categories": "without one category",
    "single_voices": "with and without what one voice says",
    "clustering": "every claim as a voice of its own, or not",
    "months": "without the last months",
}


def strip(key: str, found: Sensitivity) -> Markup:
    """Return the chart with its table."""
    rows = _rows(found)
    lines = [found.base, *found.lines]
    beside = table(
        ("Counted how", "Which", "Share"),
        [(say(_CHANGES[each.change]), _which(each), say(each.share.text)) for each in lines],
        say("Operations in which claims name {name}, of all that are counted.", name=found.name),
    )
    reasons = table(
        ("Rule", "What it leaves out"),
        [
            (say(counting_rule(each.value).label), quote(counting_rule(each.value).reason))
            for each in found.lines
            if each.change == "rule"
        ],
        say("The counting rules; none of them is the right one."),
    )
    caption = paragraphs(
        say(
            "The share of operations in which claims name {name}, drawn again for every counting rule and without one "
            "thing at a time. It counts claims, not conduct.",
            name=found.name,
        ),
        quote(found.text),
    )
    return join([figure(caption, _draw(key, found, rows), beside), reasons])


def periods(key: str, name: str, counted: Sequence[CountedPeriod]) -> Markup:
    """Return how many operations of each period claims name somebody in, with the periods that are incomplete."""
    if not counted:
        return Markup("")
    most = max(period.share.counted for period in counted) or 1
    wide = min(60.0, (_WIDTH - 40) / len(counted))
    bottom = _TOP + _HIGHEST
    parts: list[Markup] = [hatch(f"{key}-hatch"), line(30, bottom, 30 + wide * len(counted), bottom, "edge")]
    for number, period in enumerate(counted):
        x = 30 + number * wide
        share, hint = period.share, f"{period.begin} to {period.end}: {period.share.text}; {period.text}"
        high = _HIGHEST * share.counted / most
        parts.append(rect(x + 2, bottom - high, wide - 4, high, "counted", hint=hint))
        named = _HIGHEST * share.named / most
        class_ = "claim perhaps" if period.censored else "claim"
        parts.append(rect(x + 2, bottom - named, wide - 4, named, class_, hint=hint))
        if period.censored:
            # The claims that will still come are not there: the whole height is left open and hatched.
            parts.append(hatched(x + 2, _TOP, wide - 4, _HIGHEST, key=f"{key}-hatch", hint=hint))
        if number % max(1, len(counted) // 15) == 0:
            parts.append(label(x + wide / 2, bottom + 16, str(period.begin.year), anchor="middle", class_="small"))
    parts.append(label(26, _TOP + 4, str(most), anchor="end", class_="small"))
    parts.append(label(26, bottom, "0", anchor="end", class_="small"))
    drawing = svg(
        key,
        (_WIDTH, bottom + 26),
        parts,
        title="Operations by period",
        description=f"{len(counted)} periods, {sum(period.censored for period in counted)} of them incomplete.",
    )
    beside = table(
        ("Period", "Named in", "Complete?"),
        [(f"{period.begin} to {period.end}", say(period.share.text), say(period.text)) for period in counted],
        say("Operations by when they are said to have happened."),
    )
    caption = say(
        "Light: operations that claims are about. Dark: those in which they name {name}. Hatched periods are "
        "incomplete, for claims come long after what they are about; that a bar is lower there says nothing.",
        name=name,
    )
    return figure(caption, drawing, beside)


def change_text(each: SensitivityLine) -> str:
    """Return what a line counts otherwise or leaves out, in words."""
    return " ".join(part for part in (_CHANGES[each.change], _name(each)) if part)


def _rows(found: Sensitivity) -> list[tuple[str, list[SensitivityLine]]]:
    """Return the lines of the strip: each rule alone, everything else by its kind."""
    rows: list[tuple[str, list[SensitivityLine]]] = []
    for change, lines in groupby(found.lines, key=lambda each: each.change):
        if change == "rule":
            rows += [(counting_rule(each.value).label, [each]) for each in lines]
        else:
            rows.append((_CHANGES[change], list(lines)))
    return rows


def _draw(key: str, found: Sensitivity, rows: list[tuple[str, list[SensitivityLine]]]) -> Markup:
    bottom = _TOP + len(rows) * _ROW
    parts: list[Markup] = []
    for percent in range(0, 101, 20):
        x = _x(Fraction(percent, 100))
        parts += [
            line(x, _TOP - 6, x, bottom, "axis"),
            label(x, _TOP - 12, f"{percent} %", anchor="middle", class_="small"),
        ]
    for number, (name, lines) in enumerate(rows):
        y = _TOP + number * _ROW + _ROW / 2
        parts.append(label(0, y + 4, name, width=42))
        parts += _dots(lines, y)
    if found.base.share.fraction is not None:
        x = _x(found.base.share.fraction)
        parts.append(line(x, _TOP - 6, x, bottom, "zero"))
    return svg(
        key,
        (_WIDTH, bottom + 8),
        parts,
        title="Sensitivity strip",
        description=f"{len(rows)} lines; the table beside has each share in numbers.",
    )


def _dots(lines: Sequence[SensitivityLine], y: float) -> Iterator[Markup]:
    shares = [each.share.fraction for each in lines if each.share.fraction is not None]
    if not shares:
        yield label(_LEFT + 6, y + 4, "nothing counted", class_="small")
        return
    if min(shares) < max(shares):
        yield line(_x(min(shares)), y, _x(max(shares)), y, "span")
    for each in lines:
        if each.share.fraction is not None:
            hint = f"{change_text(each)}: {each.share.text}"
            yield circle(_x(each.share.fraction), y, 4.5, "claim", hint=hint)


def _x(share: Fraction) -> float:
    return _LEFT + 10 + float(share) * (_WIDTH - _LEFT - 36)


def _which(each: SensitivityLine) -> Markup:
    return quote(_name(each))


def _name(each: SensitivityLine) -> str:
    """Return what is changed, by its name where a table has one."""
    if each.change == "rule":
        return counting_rule(each.value).label
    if each.change == "blocs":
        return load_blocs()[each.value].name
    return each.value
