"""Pacts between participants: templates to begin with, and a register of the measures and the returns made.

What is counted is returns, as for other confidence-building measures: how many a party made and in which periods.
It is no measure of virtue. A measure to abstain from something has no returns, and what is claimed about it stands in
the ledger, not here. A missing return is one that is not held, which the party may still have made.
"""

import calendar
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import Final, get_args

from comity.conduct.commitments.catalogue import load_catalogues
from comity.conduct.commitments.since import Since, parse_since
from comity.conduct.commitments.statements import Duty, Pact, PactMeasure, PactReturn, parse_commitment_body
from comity.conduct.record import Record
from comity.conduct.statements import Source, encode_body
from comity.errors import MalformedError, NotFoundError, StoreError
from comity.law.reform.form import Form, parse_form
from comity.parties.participants import participant

TEMPLATES: Final = "pact_templates.toml"
# What a party does under a duty, as a return says it. Nil answers a report that had nothing to tell.
_FULFILS: Final = {
    "report": ("report", "nil"),
    "notify": ("notification", "nil"),
    "answer": ("answer",),
    "consult": ("consultation",),
    "drill": ("drill", "nil"),
    "abstain": (),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PactTemplate:
    """A form for a pact, which binds nobody."""

    code: str
    title: str
    version: str
    purpose: str
    measures: tuple[PactMeasure, ...]

    def to_json(self) -> dict[str, object]:
        """Return the template as JSON values."""
        return {
            "template": self.code,
            "title": self.title,
            "version": self.version,
            "purpose": self.purpose,
            "measures": [
                {
                    name: value
                    for name, value in (
                        ("measure", row.code),
                        ("label", row.label),
                        ("duty", row.duty),
                        ("every_months", row.every_months),
                        ("within_hours", row.within_hours),
                        ("under", list(row.under) or None),
                    )
                    if value is not None
                }
                for row in self.measures
            ],
        }

    def lines(self) -> list[str]:
        """Return the template for people."""
        found = [f"{self.title} ({self.code}, version {self.version})", self.purpose]
        return found + [f"  {row.code}: {row.label} ({terms_of(row)})" for row in self.measures]


@cache
def load_templates() -> tuple[PactTemplate, ...]:
    """Return the installed templates, in their order.

    Raises:
        StoreError: the installed file cannot be read.
        MalformedError: it does not follow its format, or names an item of no catalogue.
    """
    try:
        data = (files("comity.conduct") / "reference" / TEMPLATES).read_bytes()
    except OSError as exc:
        raise StoreError(f"the file conduct/reference/{TEMPLATES} cannot be read; install Comity again") from exc
    return parse_templates(data, where=f"conduct/reference/{TEMPLATES}")


def parse_templates(data: bytes, *, where: str) -> tuple[PactTemplate, ...]:
    """Read templates; `where` names the file in refusals.

    Raises:
        MalformedError: the file does not follow its format, or names an item of no catalogue.
    """
    return tuple(_template(code, form) for code, form in parse_form(data, where=where).named_tables())


def template(code: str) -> PactTemplate:
    """Return an installed template.

    Raises:
        NotFoundError: there is none of that code.
        StoreError: the installed file cannot be read.
        MalformedError: it does not follow its format.
    """
    for row in load_templates():
        if row.code == code:
            return row
    raise NotFoundError(f"no pact template is called {code!r}; there are {', '.join(r.code for r in load_templates())}")


def begin_pact(
    chosen: PactTemplate,
    parties: Iterable[str],
    *,
    signed: date,
    begins: date,
    until: date | None = None,
    without: Iterable[str] = (),
    sources: Iterable[Source] = (),
) -> Pact:
    """Return a pact made from a template, its measures as they stand there but for those left out.

    Raises:
        NotFoundError: a measure to leave out is not in the template, or a party is unknown.
        MalformedError: the pact breaks its form.
    """
    left_out = set(without)
    if unknown := sorted(left_out - {row.code for row in chosen.measures}):
        raise NotFoundError(f"template {chosen.code} has no measure {unknown[0]!r}")
    named = sorted(parties)
    for code in named:
        participant(code)
    pact = Pact(
        title=chosen.title,
        template=chosen.code,
        parties=named,
        measures=[row for row in chosen.measures if row.code not in left_out],
        signed=signed.isoformat(),
        begins=begins.isoformat(),
        until=None if until is None else until.isoformat(),
        sources=list(sources),
    )
    if not pact.measures:
        raise MalformedError(f"a pact from template {chosen.code} keeps none of its measures")
    parse_commitment_body("pact", encode_body(pact))
    return pact


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureReturns:
    """What one party returned under one measure of one pact.

    `periods` counts those that have ended, `with_return` those in which a return is held, `made` every return; both
    are None for a measure that has no period. `open_since` is the first ended period without a return.
    """

    pact: str
    title: str
    party: str
    measure: PactMeasure
    periods: int | None
    with_return: int | None
    made: int
    last: Since | None
    open_since: date | None

    def to_json(self) -> dict[str, object]:
        """Return the row as JSON values; members that do not apply are left out."""
        members: dict[str, object | None] = {
            "pact": self.pact,
            "title": self.title,
            "party": self.party,
            "measure": self.measure.code,
            "label": self.measure.label,
            "duty": self.measure.duty,
            "terms": terms_of(self.measure),
            "periods_ended": self.periods,
            "periods_with_return": self.with_return,
            "returns": None if self.measure.duty == "abstain" else self.made,
            "last": None if self.last is None else self.last.text,
            "not_held_since": None if self.open_since is None else self.open_since.isoformat(),
        }
        return {name: value for name, value in members.items() if value is not None}

    def line(self) -> str:
        """Return the row for people."""
        if self.measure.duty == "abstain":
            told = "has no returns; what is claimed about it stands in the ledger"
        elif self.periods is None:
            told = f"{self.made} returns held"
        else:
            told = f"returns held in {self.with_return} of {self.periods} ended periods, {self.made} in all"
        return f"{participant(self.party).name}, {self.measure.code} ({terms_of(self.measure)}): {told}"


RETURN_COLUMNS: Final = (
    *("pact", "title", "party", "party_name", "measure", "duty", "terms", "periods_ended", "periods_with_return"),
    *("returns", "last", "not_held_since"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PactRegister:
    """Measures and returns, by the pact's title, then the party's name, then the order of the measures.

    `strays` are returns that fit no measure or party of a pact that is held, each with the reason.
    """

    as_of: date
    returns: tuple[MeasureReturns, ...]
    strays: tuple[str, ...]

    def of(self, pact: str) -> tuple[MeasureReturns, ...]:
        """Return the rows of one pact by its record id."""
        return tuple(row for row in self.returns if row.pact == pact)

    def to_json(self) -> dict[str, object]:
        """Return the register as JSON values."""
        return {
            "as_of": self.as_of.isoformat(),
            "returns": [row.to_json() for row in self.returns],
            "strays": list(self.strays),
        }

    def rows(self) -> list[tuple[object, ...]]:
        """Return one row a measure and party, in the columns of `RETURN_COLUMNS`."""
        return [
            (
                *(row.pact, row.title, row.party, participant(row.party).name, row.measure.code, row.measure.duty),
                *(terms_of(row.measure), row.periods, row.with_return),
                *(None if row.measure.duty == "abstain" else row.made, None if row.last is None else row.last.text),
                *(None if row.open_since is None else row.open_since.isoformat(),),
            )
            for row in self.returns
        ]

    def lines(self) -> list[str]:
        """Return the register for people."""
        found: list[str] = [f"returns held on {self.as_of}; one that is not held may have been made"]
        pact = ""
        for row in self.returns:
            if row.pact != pact:
                pact = row.pact
                found.append(row.title)
            found.append(f"  {row.line()}")
        return [*found, *(f"set aside: {text}" for text in self.strays)]


def pact_register(records: Iterable[Record], as_of: date) -> PactRegister:
    """Return the register of the pacts among records, from the returns among them.

    Records of other kinds are passed over. Pacts that begin after `as_of` have no ended periods.

    Raises:
        MalformedError: a day in a record does not exist.
    """
    held = tuple(records)
    pacts = {record.id: record.body for record in held if isinstance(record.body, Pact)}
    made: dict[tuple[str, str, str], list[Since]] = {}
    strays = []
    for record in {row.id: row for row in held if isinstance(row.body, PactReturn)}.values():
        body = record.body
        assert isinstance(body, PactReturn)
        on = parse_since(body.on)
        if not on.may_have_begun(as_of):
            continue
        why = _misfit(body, pacts.get(body.pact))
        if why is None:
            made.setdefault((body.pact, body.by, body.measure), []).append(on)
        else:
            strays.append(f"return {record.id} {why}")
    rows = [
        _returns(key, pact, party, measure, held=made.get((key, party, measure.code), []), as_of=as_of)
        for key, pact in sorted(pacts.items(), key=lambda pair: (pair[1].title, pair[0]))
        for party in sorted(pact.parties, key=lambda code: (participant(code).name, code))
        for measure in pact.measures
    ]
    return PactRegister(as_of=as_of, returns=tuple(rows), strays=tuple(sorted(strays)))


def check_return(body: PactReturn, pact: Pact) -> None:
    """Refuse a return that fits no measure of its pact, or is by no party.

    Raises:
        MalformedError: it does not fit; the message says why.
    """
    parse_commitment_body("pact-return", encode_body(body))
    if (why := _misfit(body, pact)) is not None:
        raise MalformedError(f"the return {why}")


def terms_of(measure: PactMeasure) -> str:
    """Return when a measure is due, in words."""
    if measure.duty == "abstain":
        return "at all times"
    if measure.every_months is not None:
        return f"every {measure.every_months} months"
    return "when there is occasion" if measure.within_hours is None else f"within {measure.within_hours} hours"


def _returns(
    key: str, pact: Pact, party: str, measure: PactMeasure, *, held: list[Since], as_of: date
) -> MeasureReturns:
    counted = sorted(held, key=lambda on: (on.latest, on.text))
    periods = None if measure.every_months is None else _ended(pact, measure.every_months, as_of)
    without = None if periods is None else [row for row in periods if not any(_within(on, row) for on in counted)]
    return MeasureReturns(
        pact=key,
        title=pact.title,
        party=party,
        measure=measure,
        periods=None if periods is None else len(periods),
        with_return=None if periods is None or without is None else len(periods) - len(without),
        made=len(counted),
        last=counted[-1] if counted else None,
        open_since=without[0][0] if without else None,
    )


def _ended(pact: Pact, months: int, as_of: date) -> list[tuple[date, date]]:
    """Return the whole periods that have ended by a day, each from its first day to the day before the next one.

    The last day of a pact belongs to it, so that one from 1 January to 31 December has one period of twelve months.
    """
    begins = parse_since(pact.begins).earliest
    last = date.max if pact.until is None else parse_since(pact.until).latest
    found, number = [], 0
    while (end := add_months(begins, months * (number + 1))) <= as_of and end - timedelta(days=1) <= last:
        found.append((add_months(begins, months * number), end))
        number += 1
    return found


def _within(on: Since, period: tuple[date, date]) -> bool:
    """True when a return can have been made in a period: of a month or year, any of its days will do."""
    return on.earliest < period[1] and on.latest >= period[0]


def add_months(day: date, months: int) -> date:
    """Return the same day so many months later, or the last one of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _misfit(body: PactReturn, pact: Pact | None) -> str | None:
    """Return why a return fits no measure of a pact, or None."""
    if pact is None:
        return f"names pact {body.pact}, which is not held"
    if body.by not in pact.parties:
        return f"is by {body.by}, no party of {pact.title!r}"
    measure = next((row for row in pact.measures if row.code == body.measure), None)
    if measure is None:
        return f"names measure {body.measure!r}, which {pact.title!r} has not"
    if parse_since(body.on).latest < parse_since(pact.begins).earliest:
        return f"is of {body.on}, before {pact.title!r} began"
    if body.what not in _FULFILS[measure.duty]:
        return f"is a {body.what}, which is no return under {body.measure!r}, a duty to {measure.duty}"
    return None


def _template(code: str, form: Form) -> PactTemplate:
    form.only("title", "version", "purpose", "measures")
    measures = tuple(_measure(row) for row in form.tables("measures"))
    if not measures or len({row.code for row in measures}) != len(measures):
        form.refuse("wanted measures with different codes")
    return PactTemplate(
        code=code,
        title=form.text("title"),
        version=form.text("version"),
        purpose=form.text("purpose"),
        measures=measures,
    )


def _measure(form: Form) -> PactMeasure:
    form.only("code", "label", "duty", "every_months", "within_hours", "under")
    duty = form.text("duty")
    if duty not in get_args(Duty):
        form.refuse_value("duty", f"one of {', '.join(get_args(Duty))}")
    for key in form.texts("under"):
        try:
            load_catalogues().item(key)
        except NotFoundError as exc:
            form.refuse(f"under: {exc.message}")
    return PactMeasure(
        code=form.text("code"),
        label=form.text("label"),
        duty=duty,  # type: ignore[arg-type] # it is one of the literals, as held above
        every_months=form.whole("every_months") if form.has("every_months") else None,
        within_hours=form.whole("within_hours") if form.has("within_hours") else None,
        under=list(form.texts("under")),
    )
