"""The amendment workbench: by which route a draft could become law, when at the earliest, for whom, and what it closes.

There are four routes: a protocol that supplements the convention, an amendment of its text, a separate instrument, and
the law of one state. Thresholds come from `amendment_rules.csv`, the state of ratification from the acts in the
register, and a forecast only from whoever gives one. Rules that rest on memory make a condition to check against the
certified text and close no route.
"""

import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from comity.errors import MalformedError, NotFoundError
from comity.law.model import check_provision
from comity.law.reason import CHECK_TEXT, Reason, graded
from comity.law.reform.amendment_rules import AmendmentRule, EffectFor, RuleRoute, load_amendment_rules
from comity.law.reform.drafts import Draft, Forecast
from comity.law.reform.gaps import AtHome, Catalogue, Concern, Finding, GapCell, GapMatrix, gap_matrix
from comity.law.reform.timeline import DayBasis, Milestone, Timeline
from comity.law.register import Register
from comity.law.sheet import csv_text
from comity.parties.table import Grade

_WIDTH = 110


class RouteCode(StrEnum):
    """The ways in which a draft can become law."""

    SUPPLEMENTARY_PROTOCOL = "supplementary_protocol"
    AMENDMENT = "amendment"
    SEPARATE_INSTRUMENT = "separate_instrument"
    NATIONAL_LAW = "national_law"

    @property
    def label(self) -> str:
        """The route in words."""
        return self.value.replace("_", " ")


class RouteStanding(StrEnum):
    """How far a route is open on the day: at once, once its conditions are met, or not for this draft."""

    OPEN = "open"
    CONDITIONAL = "conditional"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One thing that a route waits for; `met` is None where that cannot be told."""

    text: str
    met: bool | None
    reason: Reason

    @property
    def line(self) -> str:
        """The condition for a page."""
        state = {True: "met", False: "not met", None: "cannot be told"}[self.met]
        notice = f"; {CHECK_TEXT}" if self.reason.grade is Grade.MEMORY else ""
        return f"condition, {state}: {self.text} [{self.reason.grade_detail}{notice}]"

    def to_json(self) -> dict[str, object]:
        """Return the condition as JSON values."""
        return {"text": self.text, "met": self.met, "reason": self.reason.to_json()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """What one route can do with a draft on a day.

    `articles` are the numbers of those it can carry; `closes` the concerns, open under the convention today, that these
    would answer for whoever is bound, `partly` those that they answer for some ships, persons or places only, and
    `remains` those that stay open. `warnings` are what rests on memory and what the route cannot do.
    """

    code: RouteCode
    standing: RouteStanding
    why: str
    conditions: tuple[Condition, ...]
    dates: tuple[Milestone, ...]
    binds: str
    articles: tuple[int, ...]
    closes: tuple[str, ...]
    partly: tuple[str, ...]
    remains: tuple[str, ...]
    reasons: tuple[Reason, ...]
    warnings: tuple[Reason, ...]

    @property
    def lines(self) -> list[str]:
        """The route for a page, at most 110 characters a line."""
        found = _wrap(f"{self.code.label}: {self.standing.value}; {self.why}", "")
        found += _wrap(f"binds {self.binds}", "  ")
        found += _wrap(f"carries the draft's articles {', '.join(map(str, self.articles)) or 'none'}", "  ")
        for condition in self.conditions:
            found += _wrap(condition.line, "  ")
        for milestone in self.dates:
            found += _wrap(milestone.line, "  ")
        found += _wrap(f"closes: {', '.join(self.closes) or 'nothing'}", "  ")
        if self.partly:
            found += _wrap(f"answers for its own ships, nationals and authorities only: {', '.join(self.partly)}", "  ")
        found += _wrap(f"leaves open: {', '.join(self.remains) or 'nothing'}", "  ")
        for reason in self.reasons:
            article = "" if reason.provision is None else f"article {reason.provision}: "
            found += _wrap(f"because {article}{reason.line}", "  ")
        for warning in self.warnings:
            found += _wrap(f"mind: {warning.line}", "  ")
        return found

    def to_json(self) -> dict[str, object]:
        """Return the route as JSON values."""
        return {
            "route": self.code.value,
            "standing": self.standing.value,
            "why": self.why,
            "conditions": [row.to_json() for row in self.conditions],
            "dates": [row.to_json() for row in self.dates],
            "binds": self.binds,
            "articles": list(self.articles),
            "closes": list(self.closes),
            "partly": list(self.partly),
            "remains": list(self.remains),
            "reasons": [row.to_json() for row in self.reasons],
            "warnings": [row.to_json() for row in self.warnings],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Workbench:
    """A draft, its routes on a day, and what other columns of the gap matrix already say on its concerns."""

    draft: Draft
    on: date
    title: str
    status: str
    forecast: Forecast | None
    routes: tuple[Route, ...]
    overlaps: tuple[GapCell, ...]

    def to_json(self) -> dict[str, object]:
        """Return the answer as JSON values."""
        return {
            "title": self.draft.title,
            "subject": self.draft.subject,
            "instrument": self.draft.instrument,
            "amends": list(self.draft.amends),
            "articles": [
                {"number": row.number, "title": row.title, "kind": row.kind.value, "closes": list(row.closes)}
                for row in self.draft.articles
            ],
            "on": self.on.isoformat(),
            "status": self.status,
            "forecast": None if self.forecast is None else self.forecast.source,
            "routes": [route.to_json() for route in self.routes],
            "overlaps": [cell.to_json() for cell in self.overlaps],
        }

    def to_csv(self) -> str:
        """Return one row for every condition, day, concern and reason of every route."""
        header = ("route", "standing", "item", "name", "text", "on", "quantile", "provision", "grade", "notice")
        return csv_text(header, (row for route in self.routes for row in _sheet_rows(route)))

    def lines(self) -> list[str]:
        """Return the answer for people, at most 110 characters a line."""
        found = [
            *_wrap(self.draft.title, ""),
            *_wrap(self.draft.subject, ""),
            *_wrap(f"{self.title} on {self.on}: {self.status}", ""),
        ]
        for route in self.routes:
            found += ["", *route.lines]
        treaties = [cell for cell in self.overlaps if cell.column not in set(Catalogue)]
        covered = [cell for cell in treaties if cell.finding is Finding.COVERED]
        if covered:
            found += ["", "What other treaties cover already, and the draft has to fit"]
        for cell in covered:
            notice = "" if cell.notice is None else f"; {cell.notice}"
            text = f"{cell.concern}, {cell.column} {cell.where}: {cell.paraphrase} [{cell.grade_detail}{notice}]"
            found += _wrap(text, "  ")
        rest = len(self.overlaps) - len(covered)
        if rest:
            found += _wrap(f"{rest} further cells of the gap matrix, norms among them, touch these concerns", "  ")
        return found


def workbench(
    draft: Draft, register: Register, on: date, forecast: Forecast | None = None, *, matrix: GapMatrix | None = None
) -> Workbench:
    """Return the routes of a draft and what else it touches; a given forecast takes the place of the draft's own.

    Raises:
        NotFoundError: the draft's instrument is not loaded, or the tables hold no rules on changing it.
        MalformedError: the draft would amend a provision that the tables do not hold.
    """
    gaps = matrix if matrix is not None else gap_matrix(register)
    given = forecast if forecast is not None else draft.forecast
    closed = {code for article in draft.articles for code in article.closes}
    timeline = Timeline(draft.instrument, on, register=register, forecast=given)
    return Workbench(
        draft=draft,
        on=on,
        title=timeline.instrument.short_title,
        status=timeline.summary.sentence,
        forecast=given,
        routes=routes(draft, register, on, given, matrix=gaps),
        overlaps=tuple(
            cell
            for cell in gaps.cells
            if cell.concern in closed and cell.finding is not Finding.NOTHING_FOUND and cell.column != draft.instrument
        ),
    )


def routes(
    draft: Draft, register: Register, on: date, forecast: Forecast | None = None, *, matrix: GapMatrix | None = None
) -> tuple[Route, ...]:
    """Return what each route can do with a draft on a day, the nearest to the convention first.

    Raises:
        NotFoundError: the draft's instrument is not loaded, or the tables hold no rules on changing it.
        MalformedError: the draft would amend a provision that the tables do not hold.
    """
    gaps = matrix if matrix is not None else gap_matrix(register)
    given = forecast if forecast is not None else draft.forecast
    timeline = Timeline(draft.instrument, on, register=register, forecast=given)
    rules = {row.route: row for row in load_amendment_rules() if row.instrument == draft.instrument}
    if not rules:
        raise NotFoundError(f"the tables hold no rules on changing the {timeline.instrument.short_title}")
    for provision in draft.amends:
        _hold_provision(draft, register, provision)
    open_concerns = tuple(
        gaps.concern(cell.concern) for cell in gaps.of_column(draft.instrument) if cell.finding is not Finding.COVERED
    )
    maker = _Maker(draft=draft, register=register, timeline=timeline, rules=rules, open_concerns=open_concerns)
    return tuple(maker.routes())


class _Maker:
    """Makes the routes of one draft on one day."""

    def __init__(
        self,
        *,
        draft: Draft,
        register: Register,
        timeline: Timeline,
        rules: Mapping[RuleRoute, AmendmentRule],
        open_concerns: tuple[Concern, ...],
    ) -> None:
        self._draft = draft
        self._register = register
        self._timeline = timeline
        self._rules = rules
        self._open = open_concerns

    def routes(self) -> Iterator[Route]:
        """Yield the routes that the instrument knows, and the two that every state has."""
        if RuleRoute.PROTOCOL in self._rules:
            yield self._protocol(self._rules[RuleRoute.PROTOCOL])
        if RuleRoute.AMENDMENT in self._rules:
            yield self._amendment(self._rules[RuleRoute.AMENDMENT])
        yield self._separate()
        yield self._national()

    def _protocol(self, rule: AmendmentRule) -> Route:
        name, parties = self._timeline.instrument.short_title, self._timeline.parties
        mandate = self._rules.get(RuleRoute.MANDATE)
        conditions, dates = [], []
        if mandate is not None:
            dates.append(self._now("negotiation", "talks are mandated and can be used at once"))
        dates += self._timeline.entry()
        why = "nothing stands before its adoption"
        if rule.parties_needed is not None:
            text = f"{rule.parties_needed} parties before a protocol is considered for adoption; there are {parties}"
            conditions.append(
                Condition(text=text, met=parties >= rule.parties_needed, reason=self._reason(rule, "parties_needed"))
            )
            dates += self._timeline.with_parties(rule.parties_needed)
            why = f"it can be negotiated, and adopted once the {name} has {rule.parties_needed} parties"
        dates.append(self._own_entry())
        return self._route(
            RouteCode.SUPPLEMENTARY_PROTOCOL,
            why=why,
            conditions=conditions,
            dates=dates,
            binds=f"those parties to the {name} that also join the protocol, and nobody else",
            reasons=[
                *([] if mandate is None else [self._reason(mandate, "mandate")]),
                self._reason(rule, "adoption"),
                *self._binding(rule),
            ],
            cannot="a protocol adds to {} between those who join it, and leaves the text itself as it is",
        )

    def _amendment(self, rule: AmendmentRule) -> Route:
        conditions, entry = [], list(self._timeline.entry())
        proposal = [self._now("proposal", "any party may propose it")]
        why = "any party may propose it"
        if rule.years_after_entry is not None:
            years = rule.years_after_entry
            later = [
                row.later("proposal", f"{years} years after entry into force", lambda day: _add_years(day, years))
                for row in entry
            ]
            since = next((row.on for row in later if row.basis is DayBasis.KNOWN), None)
            met = since is not None and since <= self._timeline.on
            if not met:
                proposal = later
                why = f"it can be proposed {years} years after entry into force"
            text = f"{years} years since entry into force before an amendment may be proposed"
            conditions.append(Condition(text=text, met=met, reason=self._reason(rule, "years_after_entry")))
        adopted = "" if rule.adoption is None else f"; adopted by {rule.adoption.label}"
        return self._route(
            RouteCode.AMENDMENT,
            why=f"{why}{adopted}",
            conditions=conditions,
            dates=[*entry, *proposal, *_effect(rule, proposal)],
            binds=_amendment_binds(rule),
            reasons=[self._reason(rule, "amendment"), *self._binding(rule)],
            cannot=None,
        )

    def _separate(self) -> Route:
        rule = self._rules.get(RuleRoute.SEPARATE)
        return self._route(
            RouteCode.SEPARATE_INSTRUMENT,
            why="states can conclude it among themselves at any time",
            conditions=[],
            dates=[self._now("negotiation", "there is no precondition"), self._own_entry()],
            binds=f"whoever joins it, party to the {self._timeline.instrument.short_title} or not, and nobody else",
            reasons=[] if rule is None else [self._reason(rule, "other_agreements")],
            cannot="another instrument leaves {} as it is",
        )

    def _national(self) -> Route:
        rule = self._rules.get(RuleRoute.NATIONAL)
        able = tuple(article.number for article in self._draft.articles if article.kind.at_home)
        return self._route(
            RouteCode.NATIONAL_LAW,
            why=(
                "a state can enact it as soon as its legislature will"
                if able
                else "nothing in the draft is a definition, an offence or a procedure that one state could enact"
            ),
            conditions=[],
            dates=[self._now("enactment", "the first day on which a legislature could act")] if able else [],
            binds="the state that enacts it and whoever is under its jurisdiction; no other state",
            reasons=[] if rule is None else [self._reason(rule, "stricter_law")],
            cannot="the law of one state leaves {} as it is",
            articles=able,
        )

    def _route(
        self,
        code: RouteCode,
        *,
        why: str,
        conditions: list[Condition],
        dates: list[Milestone],
        binds: str,
        reasons: list[Reason],
        cannot: str | None,
        articles: tuple[int, ...] | None = None,
    ) -> Route:
        carried = articles if articles is not None else tuple(article.number for article in self._draft.articles)
        answered = {
            concern for article in self._draft.articles if article.number in carried for concern in article.closes
        }
        standing = RouteStanding.OPEN
        if any(condition.met is not True for condition in conditions):
            standing = RouteStanding.CONDITIONAL
        if not carried:
            standing = RouteStanding.CLOSED
        warnings = [reason for reason in reasons if reason.grade is Grade.MEMORY]
        if cannot is not None and self._draft.amends:
            text = cannot.format(f"article {', '.join(self._draft.amends)}")
            warnings.append(Reason(code="cannot_amend", text=text))
        left = [str(article.number) for article in self._draft.articles if article.number not in carried]
        if left:
            text = f"articles {', '.join(left)} bind states towards each other or set up a body, and are left out"
            warnings.append(Reason(code="left_out", text=text))
        in_part = code is RouteCode.NATIONAL_LAW
        closes, partly, remains = [], [], []
        for concern in self._open:
            if concern.code not in answered or (in_part and concern.at_home is AtHome.NO):
                remains.append(concern.code)
            elif in_part and concern.at_home is AtHome.PARTLY:
                partly.append(concern.code)
            else:
                closes.append(concern.code)
        return Route(
            code=code,
            standing=standing,
            why=why,
            conditions=tuple(conditions),
            dates=tuple(dates),
            binds=binds,
            articles=carried,
            closes=tuple(closes),
            partly=tuple(partly),
            remains=tuple(remains),
            reasons=tuple(reason for reason in reasons if reason.grade is not Grade.MEMORY),
            warnings=tuple(warnings),
        )

    def _reason(self, rule: AmendmentRule, code: str) -> Reason:
        """Return a rule as a reason, with the evidence of its articles where the text of these was read since.

        Whoever confirms an article is shown the rules on changing the instrument that rest on it.
        """
        if rule.provision is not None and rule.grade is not Grade.TEXT:
            articles = [name for name in (rule.provision, rule.binds_provision) if name is not None]
            rows = [self._register.provision(rule.instrument, name) for name in articles]
            if all(row.grade is Grade.TEXT for row in rows):
                return graded(rows[0], code=code, text=rule.paraphrase, provision=rule.provision)
        return graded(rule, code=code, text=rule.paraphrase, provision=rule.provision)

    def _binding(self, rule: AmendmentRule) -> list[Reason]:
        if rule.binds_provision is None:
            return []
        row = self._register.provision(rule.instrument, rule.binds_provision)
        return [graded(row, code="binds", text=row.paraphrase, provision=row.provision)]

    def _now(self, step: str, text: str) -> Milestone:
        return Milestone(step=step, on=self._timeline.on, basis=DayBasis.KNOWN, text=text)

    def _own_entry(self) -> Milestone:
        text = "how many must join, and how long after, is for its own text to say"
        return Milestone(step="own_entry_into_force", on=None, basis=DayBasis.UNKNOWN, text=text)


def _effect(rule: AmendmentRule, proposal: list[Milestone]) -> list[Milestone]:
    if rule.effect_days is None:
        return []
    if rule.effect_for is EffectFor.ALL_ONCE_ALL_ACCEPT:
        text = f"{rule.effect_days} days after the last party has accepted it"
        return [Milestone(step="effect", on=None, basis=DayBasis.UNKNOWN, text=text)]
    wait = timedelta(days=rule.effect_days)
    text = f"{rule.effect_days} days after a deposit on the day of the proposal; adoption comes between, so later"
    rows = [row.later("effect", text, lambda day: day + wait) for row in proposal]
    # Even where the proposal could be made today, the effect is a bound and not a known day.
    return [replace(row, basis=DayBasis.NOT_BEFORE) if row.basis is DayBasis.KNOWN else row for row in rows]


def _amendment_binds(rule: AmendmentRule) -> str:
    if rule.effect_for is EffectFor.ALL_ONCE_ALL_ACCEPT:
        return f"all parties, {rule.effect_days} days after the last of them has accepted it"
    return f"each party that accepts it, {rule.effect_days} days after its deposit; the others keep the text as it is"


def _hold_provision(draft: Draft, register: Register, provision: str) -> None:
    try:
        register.provision(draft.instrument, check_provision(provision))
    except NotFoundError as exc:
        raise MalformedError(f"{draft.source}: kind_of_change: amends_articles: {exc.message}") from exc


def _add_years(day: date, years: int) -> date:
    """Return the same day years later; 29 February becomes 1 March, when the period has run."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


def _sheet_rows(route: Route) -> Iterator[tuple[object, ...]]:
    head = (route.code.value, route.standing.value)
    for condition in route.conditions:
        reason = condition.reason.to_json()
        yield (
            *(*head, "condition", condition.reason.code, condition.line, None, None),
            *(reason.get("provision"), reason.get("grade"), reason.get("notice")),
        )
    for row in route.dates:
        yield (*head, row.basis.value, row.step, row.text, row.on, row.quantile, None, None, None)
    for name, concerns in (("closes", route.closes), ("partly", route.partly), ("remains", route.remains)):
        for concern in concerns:
            yield (*head, name, concern, None, None, None, None, None, None)
    for name, reasons in (("reason", route.reasons), ("warning", route.warnings)):
        for item in reasons:
            values = item.to_json()
            yield (
                *(*head, name, item.code, item.text, None, None),
                *(values.get("provision"), values.get("grade"), values.get("notice")),
            )


def _wrap(text: str, indent: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent=indent, subsequent_indent=f"{indent}  ")
