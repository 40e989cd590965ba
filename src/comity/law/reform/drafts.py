"""Drafts of a change to a treaty, as structured files, and the forecasts that go with them.

A draft says in its own words what each article would do, what sort of article it is and which concerns it answers;
`amendments` says by which route it could become law. A forecast is somebody's input: how many consents there will be by
a day, at a quantile of its own distribution. Nothing here makes one up or draws a line between its rows.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from importlib.resources import files
from pathlib import Path

from comity.errors import MalformedError, NotFoundError, StoreError
from comity.law.model import check_provision
from comity.law.reform.form import Form, parse_form, read_form_file


class ArticleKind(StrEnum):
    """What sort of rule an article is.

    A state can enact a definition, an offence or a procedure at home; an obligation towards other states and an
    institution need others.
    """

    OBLIGATION = "obligation"
    DEFINITION = "definition"
    OFFENCE = "offence"
    PROCEDURE = "procedure"
    INSTITUTION = "institution"

    @property
    def at_home(self) -> bool:
        """True for what one state can enact by itself."""
        return self in {ArticleKind.DEFINITION, ArticleKind.OFFENCE, ArticleKind.PROCEDURE}


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftArticle:
    """One article of a draft; `closes` are the codes of the concerns that it answers."""

    number: int
    title: str
    text: str
    kind: ArticleKind
    closes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastPoint:
    """How many consents that count towards entry into force there are on a day, at one quantile."""

    on: date
    parties: int
    quantile: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """The rows of a forecast by day; `source` is the file that it came from."""

    points: tuple[ForecastPoint, ...]
    source: str

    @property
    def quantiles(self) -> tuple[float, ...]:
        """The quantiles that have rows, smallest first."""
        return tuple(sorted({point.quantile for point in self.points}))

    def reached(self, count: int, quantile: float, *, since: date) -> date | None:
        """Return the day of the first row with at least `count` consents at a quantile, or None when there is none.

        Rows of days before `since` say nothing about what is still to come and are left out.
        """
        rows = (point for point in self.points if point.quantile == quantile and point.on >= since)
        return next((point.on for point in rows if point.parties >= count), None)

    def ends(self, quantile: float) -> date:
        """Return the day of the last row of a quantile."""
        return max(point.on for point in self.points if point.quantile == quantile)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A draft that supplements or changes an instrument.

    `amends` are the provisions of the instrument whose text it would change, none when everything in it is new.
    """

    title: str
    subject: str
    instrument: str
    amends: tuple[str, ...]
    articles: tuple[DraftArticle, ...]
    forecast: Forecast | None
    source: str


def parse_draft(data: bytes, *, where: str, concerns: Collection[str]) -> Draft:
    """Read a draft; `where` names the file, `concerns` are the codes that an article may close.

    Raises:
        TooLargeError: the file is too large.
        MalformedError: it is no TOML, lacks an article, or holds a value that is not allowed; the message says where.
    """
    form = parse_form(data, where=where)
    form.only("title", "subject", "instrument", "kind_of_change", "article", "parties_by")
    articles = tuple(_article(row, concerns) for row in form.tables("article"))
    if not articles:
        form.refuse("there is no [[article]]")
    numbers = [article.number for article in articles]
    if numbers != list(range(1, len(numbers) + 1)):
        form.refuse(f"articles are numbered {', '.join(map(str, numbers))}; wanted 1, 2, 3 and so on")
    return Draft(
        title=form.text("title"),
        subject=form.text("subject"),
        instrument=form.optional_text("instrument") or "hanoi",
        amends=_amends(form.table("kind_of_change")),
        articles=articles,
        forecast=_forecast(form) if form.has("parties_by") else None,
        source=where,
    )


def read_draft(path: Path, *, concerns: Collection[str]) -> Draft:
    """Read a draft from a file.

    Raises:
        NotFoundError: there is no such file.
        MalformedError: it is no draft; the message says where.
    """
    return parse_draft(read_form_file(path), where=path.name, concerns=concerns)


def parse_forecast(data: bytes, *, where: str) -> Forecast:
    """Read a forecast: a file that holds `parties_by` and nothing else.

    Raises:
        TooLargeError: the file is too large.
        MalformedError: it is no TOML, or a row is wrong; the message says where.
    """
    form = parse_form(data, where=where)
    form.only("parties_by")
    return _forecast(form)


def read_forecast(path: Path) -> Forecast:
    """Read a forecast from a file.

    Raises:
        NotFoundError: there is no such file.
        MalformedError: it is no forecast; the message says where.
    """
    return parse_forecast(read_form_file(path), where=path.name)


def shipped_drafts() -> tuple[str, ...]:
    """Return the names of the drafts that come with the program."""
    folder = files("comity.law") / "reference" / "drafts"
    return tuple(sorted(item.name.removesuffix(".toml") for item in folder.iterdir() if item.name.endswith(".toml")))


def shipped_draft_text(name: str) -> bytes:
    """Return the file of a draft that comes with the program, to read or to copy.

    Raises:
        NotFoundError: there is none of that name.
        StoreError: the installed file cannot be read.
    """
    known = shipped_drafts()
    if name not in known:
        raise NotFoundError(f"no draft named {name!r} comes with the program; there are {', '.join(known)}")
    try:
        return (files("comity.law") / "reference" / "drafts" / f"{name}.toml").read_bytes()
    except OSError as exc:
        raise StoreError(f"the draft {name} cannot be read; install Comity again") from exc


def _article(form: Form, concerns: Collection[str]) -> DraftArticle:
    form.only("number", "title", "text", "kind", "closes")
    closes = form.texts("closes")
    for code in closes:
        if code not in concerns:
            form.refuse(f"closes names the concern {code!r}; known are {', '.join(sorted(concerns))}")
    return DraftArticle(
        number=form.whole("number"),
        title=form.text("title"),
        text=form.text("text"),
        kind=form.choice("kind", ArticleKind),
        closes=closes,
    )


def _amends(form: Form) -> tuple[str, ...]:
    form.only("new", "amends_articles")
    amends = form.texts("amends_articles")
    if form.has("new") and (amends or not form.is_true("new")):
        form.refuse("give either new = true or amends_articles")
    for provision in amends:
        try:
            check_provision(provision)
        except MalformedError as exc:
            raise MalformedError(f"{form.where}: amends_articles: {exc.message}") from exc
    return amends


def _forecast(form: Form) -> Forecast:
    rows = form.tables("parties_by")
    if not rows:
        form.refuse("parties_by has no row")
    points: list[ForecastPoint] = []
    latest: dict[float, ForecastPoint] = {}
    for row in rows:
        row.only("on", "parties", "quantile")
        point = ForecastPoint(on=row.day("on"), parties=row.whole("parties"), quantile=row.share("quantile"))
        before = latest.get(point.quantile)
        if before is not None and point.on <= before.on:
            row.refuse(f"{point.on} does not come after {before.on} at quantile {point.quantile}")
        if before is not None and point.parties < before.parties:
            row.refuse(f"{point.parties} parties are fewer than {before.parties} before, at quantile {point.quantile}")
        latest[point.quantile] = point
        points.append(point)
    return Forecast(points=tuple(sorted(points, key=lambda point: point.on)), source=form.where)
