"""The parts of which charts are made; a chart is described in words and drawn without a script or a font of its own."""

from collections.abc import Iterable

from comity.conduct.report.markup import Child, Markup, join, short, tag


def svg(key: str, size: tuple[int, int], children: Iterable[Markup], *, title: Child, description: Child) -> Markup:
    """Return a drawing, whose title and description readers hear who do not see it; `key` is unique in the page."""
    width, height = size
    return tag(
        "svg",
        tag("title", title, id=f"{key}-title"),
        tag("desc", description, id=f"{key}-desc"),
        join(children),
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {width} {height}",
        width=str(width),
        height=str(height),
        role="img",
        aria_labelledby=f"{key}-title {key}-desc",
    )


def label(
    x: float, y: float, value: str, *, width: int = 60, anchor: str = "start", class_: str | None = None
) -> Markup:
    """Return a line of text cut to `width` columns; the whole of it is shown to who points at it."""
    shown = short(value, width)
    whole = [tag("title", value)] if shown != value else []
    return tag("text", *whole, shown, x=number(x), y=number(y), text_anchor=anchor, class_=class_)


def line(x1: float, y1: float, x2: float, y2: float, class_: str) -> Markup:
    """Return a line."""
    return tag("line", x1=number(x1), y1=number(y1), x2=number(x2), y2=number(y2), class_=class_)


def rect(x: float, y: float, width: float, height: float, class_: str, *, hint: Child | None = None) -> Markup:
    """Return a rectangle; `hint` is shown to who points at it."""
    given = {"x": number(x), "y": number(y), "width": number(width), "height": number(height), "class_": class_}
    return tag("rect", **given) if hint is None else tag("g", tag("title", hint), tag("rect", **given))


def circle(x: float, y: float, radius: float, class_: str, *, hint: Child | None = None) -> Markup:
    """Return a circle; `hint` is shown to who points at it."""
    drawn = tag("circle", cx=number(x), cy=number(y), r=number(radius), class_=class_)
    return drawn if hint is None else tag("g", tag("title", hint), drawn)


def hatch(key: str) -> Markup:
    """Return the pattern that marks what is incomplete; `url(#key)` fills with it."""
    stripe = tag("path", d="M-1,1 l2,-2 M0,8 l8,-8 M7,9 l2,-2", class_="hatch")
    return tag("defs", tag("pattern", stripe, id=key, width="8", height="8", patternUnits="userSpaceOnUse"))


def hatched(x: float, y: float, width: float, height: float, *, key: str, hint: Child) -> Markup:
    """Return a rectangle filled with a pattern."""
    drawn = tag(
        "rect",
        x=number(x),
        y=number(y),
        width=number(width),
        height=number(height),
        fill=f"url(#{key})",
        class_="incomplete",
    )
    return tag("g", tag("title", hint), drawn)


def number(value: float) -> str:
    """Return a coordinate in one spelling."""
    return f"{value:.1f}".removesuffix(".0")
