"""When an instrument could be in force and have so many parties: known days, bounds, and what a forecast says.

A day that depends on events still to come is never guessed. It is a **bound**, the first day that no event can beat,
computed as if every missing deposit were made today; or it is what a **forecast** says that somebody gave, row by row
and quantile by quantile; or it is unknown.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from comity.law.reform.drafts import Forecast
from comity.law.register import Register
from comity.law.status import treaty_summary


class DayBasis(StrEnum):
    """What a day rests on."""

    KNOWN = "known"
    NOT_BEFORE = "not_before"
    FORECAST = "forecast"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Milestone:
    """One step and its day; `quantile` is that of the forecast which it rests on."""

    step: str
    on: date | None
    basis: DayBasis
    text: str
    quantile: float | None = None

    @property
    def line(self) -> str:
        """The step for a page."""
        step = self.step.replace("_", " ")
        if self.on is None:
            day = "not reached" if self.basis is DayBasis.FORECAST else "unknown"
        else:
            prefix = {DayBasis.NOT_BEFORE: "not before ", DayBasis.FORECAST: "by "}.get(self.basis, "")
            day = f"{prefix}{self.on}"
        at = "" if self.quantile is None else f" at quantile {self.quantile}"
        return f"{step}: {day}{at} ({self.text})"

    def to_json(self) -> dict[str, object]:
        """Return the step as JSON values."""
        return {
            "step": self.step,
            "on": None if self.on is None else self.on.isoformat(),
            "basis": self.basis.value,
            "quantile": self.quantile,
            "text": self.text,
        }

    def later(self, step: str, text: str, move: Callable[[date], date]) -> "Milestone":
        """Return the step that follows this one, its day moved and its basis the same."""
        return replace(self, step=step, text=text, on=None if self.on is None else move(self.on))


class Timeline:
    """How far an instrument is on a day, and when it could be further."""

    def __init__(self, instrument: str, on: date, *, register: Register, forecast: Forecast | None) -> None:
        self.on = on
        self.forecast = forecast
        self.instrument = register.instrument(instrument)
        self.summary = treaty_summary(instrument, on, register=register)

    @property
    def parties(self) -> int:
        """How many parties there are by confirmed acts; none before the instrument is in force."""
        since = self.summary.in_force_since
        return self.summary.consents.confirmed if since is not None and since <= self.on else 0

    def entry(self) -> tuple[Milestone, ...]:
        """Return when the instrument enters into force."""
        summary, delay = self.summary, self.instrument.treaty_delay
        if summary.in_force_since is not None:
            tense = "is" if summary.in_force_since <= self.on else "will be"
            text = f"the {self.instrument.short_title} {tense} in force from then"
            return (Milestone(step="in_force", on=summary.in_force_since, basis=DayBasis.KNOWN, text=text),)
        if summary.needed is None or delay is None:
            text = f"the tables hold no rule on when the {self.instrument.short_title} enters into force"
            return (Milestone(step="in_force", on=None, basis=DayBasis.UNKNOWN, text=text),)
        bound = Milestone(
            step="in_force", on=delay.after(self.on), basis=DayBasis.NOT_BEFORE, text=self._as_if(summary.missing)
        )
        return (bound, *self._forecast("in_force", summary.needed, delay.after))

    def with_parties(self, count: int) -> tuple[Milestone, ...]:
        """Return when the instrument has a number of parties."""
        step = f"{count}_parties"
        if self.parties >= count:
            return (Milestone(step=step, on=self.on, basis=DayBasis.KNOWN, text=f"it has {self.parties} today"),)
        delay, consents = self.instrument.party_delay, self.summary.consents.confirmed
        entry = self.entry()
        if consents >= count:
            text = f"its {consents} consents take effect with it"
            return tuple(row.later(step, text, lambda day: day) for row in entry)
        if delay is None or entry[0].on is None:
            text = "the tables hold no rule on when a consent takes effect"
            return (Milestone(step=step, on=None, basis=DayBasis.UNKNOWN, text=text),)
        in_force = {row.quantile: row.on for row in entry if row.basis is DayBasis.FORECAST}
        bound = Milestone(
            step=step,
            on=max(entry[0].on, delay.after(self.on)),
            basis=DayBasis.NOT_BEFORE,
            text=self._as_if(count - consents),
        )
        found = [bound]
        for row in self._forecast(step, count, delay.after):
            # Nobody is a party before the instrument is in force.
            first = in_force.get(row.quantile) or entry[0].on
            found.append(row if row.on is None else replace(row, on=max(row.on, first)))
        return tuple(found)

    def _as_if(self, missing: int | None) -> str:
        return f"a bound, as if all {missing} missing consents were deposited on {self.on}"

    def _forecast(self, step: str, count: int, effect: Callable[[date], date]) -> Iterator[Milestone]:
        if self.forecast is None:
            text = f"when there are {count} consents is not known, and no forecast is given"
            yield Milestone(step=step, on=None, basis=DayBasis.UNKNOWN, text=text)
            return
        for quantile in self.forecast.quantiles:
            reached = self.forecast.reached(count, quantile, since=self.on)
            name = self.forecast.source
            if reached is None:
                text = f"{name} has no {count} by {self.forecast.ends(quantile)}, where it ends"
            else:
                text = f"{name} has {count} by {reached}; nothing is drawn between its rows"
            yield Milestone(
                step=step,
                on=None if reached is None else effect(reached),
                basis=DayBasis.FORECAST,
                text=text,
                quantile=quantile,
            )
