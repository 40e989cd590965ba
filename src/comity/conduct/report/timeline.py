"""The time line: commitments, what claims are about, claims, replies, findings and corrections, lane below lane.

The lanes of claims and of replies are equally high and their marks equally large. What has no day is not drawn; its
number stands below the chart and its row in the table. The time about which half of the claims are still to come is
hatched, since it looks emptier than it is.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from comity.conduct.commitments.since import Since, parse_since
from comity.conduct.pairs import CommitmentLine, ConformingLine, Side, time_of
from comity.conduct.report.markup import Markup, join, quote, say, table, tag, text
from comity.conduct.report.page import figure
from comity.conduct.report.svg import circle, hatch, hatched, label, line, rect, svg
from comity.conduct.report.telling import claim_lines, correction_line, operation_line, reply_line, title_of
from comity.conduct.sentences import claim_sentence, finding_sentence, reply_sentence
from comity.conduct.view import ClaimView, OperationView

_WIDTH: Final = 760
# The longest name of a lane ends before the years begin.
_LEFT: Final = 164
_RIGHT: Final = 16
_TOP: Final = 24
_ROW: Final = 14
_MOST_ROWS: Final = 8
_MOST_TICKS: Final = 12


class Lane(StrEnum):
    """What a mark stands for; the lanes come in this order."""

    COMMITMENT = "commitment"
    CONFORMING = "conforming"
    ALLEGED = "alleged"
    CLAIM = "claim"
    REPLY = "reply"
    FINDING = "finding"
    CORRECTION = "correction"

    @property
    def label(self) -> str:
        """The lane in words."""
        return {
            "commitment": "Commitments",
            "conforming": "In keeping with them",
            "alleged": "What claims are about",
            "claim": "Claims",
            "reply": "Replies",
            "finding": "Findings",
            "correction": "Corrections",
        }[self.value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One thing at a time, or at none that is known; `told` is its row in the table, `hint` the same as bare text."""

    lane: Lane
    when: Since | None
    told: Markup
    hint: str
    gone: bool = False


def marks_of_side(side: Side) -> Iterator[Mark]:
    """Yield the commitments of a participant and its conduct in keeping with them."""
    for row in side.lines:
        if isinstance(row, CommitmentLine | ConformingLine):
            lane = Lane.COMMITMENT if isinstance(row, CommitmentLine) else Lane.CONFORMING
            yield Mark(lane=lane, when=row.when, told=quote(row.text), hint=row.text)


def marks_of_claims(claims: Iterable[tuple[ClaimView, OperationView]]) -> Iterator[Mark]:
    """Yield claims, what they are about, and the findings, replies and corrections that belong to them, each once."""
    given = list(claims)
    operations = {operation.id: operation for _, operation in given}
    alleged: dict[tuple[str, str], Mark] = {}
    replies: dict[str, Mark] = {}
    for claim, operation in given:
        when = time_of(claim, operation)
        if when is not None:
            hint = f"{when.text}: “{operation.body.title}”"
            key = (operation.id, when.text)
            alleged.setdefault(key, Mark(lane=Lane.ALLEGED, when=when, told=operation_line(operation), hint=hint))
        sentence = claim_sentence(claim, operation, None if when is None else when.text)
        told = join([join(claim_lines(claim), "; "), ": ", title_of(operation)])
        yield Mark(lane=Lane.CLAIM, when=_day(claim.body.said), told=told, hint=sentence, gone=not claim.stands)
        for reply in claim.replies:
            body = reply.body
            replies[reply.id] = Mark(
                lane=Lane.REPLY,
                when=_day(body.said or body.searched),
                told=join([reply_line(reply), ": ", title_of(operation)]),
                hint=reply_sentence(reply),
                gone=not reply.stands,
            )
    yield from alleged.values()
    yield from replies.values()
    for operation in operations.values():
        for finding in operation.findings:
            hint = finding_sentence(finding, operation)
            when = _day(finding.body.said)
            yield Mark(lane=Lane.FINDING, when=when, told=quote(hint), hint=hint, gone=not finding.stands)
        for view in operation.corrections:
            told = join([title_of(operation), ": ", correction_line(view)])
            hint = f"{view.body.said}: a {view.body.kind}"
            yield Mark(lane=Lane.CORRECTION, when=_day(view.body.said), told=told, hint=hint, gone=view.withdrawn)


def timeline(
    key: str, marks: Iterable[Mark], *, as_of: date, lag_days: int, lanes: Sequence[Lane] = tuple(Lane)
) -> Markup:
    """Return the chart with its table; `lag_days` is after how many days half of the claims have come.

    `lanes` are those that are drawn, also where nothing is in them.
    """
    held = sorted(marks, key=_in_time)
    caption = say(
        "Each mark stands for one thing on record; point at it, or read the table, for what it is. Dashed marks "
        "were retracted or corrected. What is older than the years drawn stands at their edge. Hatched is the time "
        "about which half of the claims are still to come: they take {days} days or more.",
        days=lag_days,
    )
    rows = [
        (
            "no day given" if mark.when is None else mark.when.text,
            mark.lane.label,
            join([mark.told, " ", tag("span", "retracted or corrected", class_="badge")]) if mark.gone else mark.told,
        )
        for mark in held
    ]
    beside = table(
        ("When", "Kind", "In words"),
        rows,
        say("Everything in the order of time; number of rows: {number}.", number=len(rows)),
    )
    drawn = [mark for mark in held if mark.when is not None]
    if not drawn:
        nothing = say("Nothing on record has a day, so that there is nothing to draw.")
        return join([tag("p", nothing), beside if rows else ""])
    drawing = _Drawing(key, drawn, as_of=as_of, lag_days=lag_days, lanes=lanes)
    return figure(caption, drawing.svg(undated=len(held) - len(drawn)), beside)


class _Drawing:
    """The chart while it is drawn."""

    def __init__(self, key: str, marks: Sequence[Mark], *, as_of: date, lag_days: int, lanes: Sequence[Lane]) -> None:
        self._key = key
        self._as_of = as_of
        self._lag = timedelta(days=lag_days)
        self._lanes: Mapping[Lane, list[Mark]] = {lane: [mark for mark in marks if mark.lane is lane] for lane in lanes}
        # Commitments may be much older than anything else; those before the first year stand at the edge.
        recent = [_since(mark).earliest for mark in marks if mark.lane is not Lane.COMMITMENT] or [
            _since(mark).earliest for mark in marks
        ]
        self._begin = date(max(min(recent).year - 1, 1), 1, 1)
        # What lies ahead, such as a commitment that begins later, makes the line longer.
        last = max([as_of, *(min(_since(mark).latest, date(9998, 12, 31)) for mark in marks)])
        self._end = date(last.year, 12, 31)

    def svg(self, *, undated: int) -> Markup:
        """Return the drawing; `undated` is how many things could not be drawn."""
        rows = {lane: self._placed(found) for lane, found in self._lanes.items()}
        heights = {lane: max([place for place, _ in placed], default=0) + 1 for lane, placed in rows.items()}
        # Replies are given as much room as claims.
        heights[Lane.CLAIM] = heights[Lane.REPLY] = max(heights[Lane.CLAIM], heights[Lane.REPLY])
        tops: dict[Lane, int] = {}
        top = _TOP
        for lane in self._lanes:
            tops[lane] = top
            top += heights[lane] * _ROW + 12
        bottom = top
        parts: list[Markup] = [hatch(f"{self._key}-hatch"), *self._axis(bottom)]
        parts += self._incomplete(tops[Lane.ALLEGED], heights[Lane.ALLEGED] * _ROW + 12)
        for lane, placed in rows.items():
            parts.append(line(0, tops[lane], _WIDTH - _RIGHT, tops[lane], "axis"))
            parts.append(label(0, tops[lane] + 17, lane.label, class_="lane"))
            if not placed:
                parts.append(label(_LEFT + 4, tops[lane] + 17, "none on record", class_="small"))
            parts += [self._mark(mark, tops[lane] + 13 + place * _ROW) for place, mark in placed]
        if undated:
            parts.append(
                label(
                    0,
                    bottom + 16,
                    f"Not drawn: {undated} that give no day; they are in the table.",
                    class_="small",
                )
            )
        counts = ", ".join(f"{len(found)} {lane.label.lower()}" for lane, found in self._lanes.items())
        return svg(
            self._key,
            (_WIDTH, bottom + 24),
            parts,
            title="Time line",
            description=f"From {self._begin.year} to {self._end.year}: {counts}.",
        )

    def _x(self, day: date) -> float:
        share = (day - self._begin).days / max((self._end - self._begin).days, 1)
        return _LEFT + min(max(share, 0.0), 1.0) * (_WIDTH - _LEFT - _RIGHT)

    def _placed(self, marks: Sequence[Mark]) -> list[tuple[int, Mark]]:
        """Return each mark with the row in which it overlaps none before it, while there are rows left."""
        free: list[float] = []
        placed: list[tuple[int, Mark]] = []
        for number, mark in enumerate(marks):
            left, right = self._x(_since(mark).earliest) - 6, self._x(_since(mark).latest) + 6
            row = next((row for row, until in enumerate(free) if until <= left), len(free))
            if row == _MOST_ROWS:
                row = number % _MOST_ROWS
            if row == len(free):
                free.append(right)
            free[row] = max(free[row], right)
            placed.append((row, mark))
        return placed

    def _mark(self, mark: Mark, y: float) -> Markup:
        since = _since(mark)
        left, right = self._x(since.earliest), self._x(since.latest)
        class_ = mark.lane.value if not mark.gone or mark.lane is Lane.CORRECTION else "gone"
        if mark.lane is Lane.ALLEGED:
            return rect(left, y - 4, max(right - left, 6), 8, class_, hint=mark.hint)
        drawn = circle((left + right) / 2, y, 5, class_, hint=mark.hint)
        # A day that is known to the month or year only is drawn as long as it may be.
        if not since.exact:
            return join([rect(left, y - 1, right - left, 2, f"{mark.lane.value} perhaps"), drawn])
        return drawn

    def _axis(self, bottom: int) -> Iterator[Markup]:
        years = range(self._begin.year, self._end.year + 1)
        step = next(step for step in (1, 2, 5, 10, 20, 50, 100, 10_000) if len(years) / step <= _MOST_TICKS)
        for year in years:
            if year % step == 0:
                x = self._x(date(year, 1, 1))
                yield line(x, _TOP - 6, x, bottom, "axis")
                yield label(x, _TOP - 10, str(year), anchor="middle", class_="small")
        x = self._x(self._as_of)
        yield line(x, _TOP - 6, x, bottom, "edge")

    def _incomplete(self, top: float, height: float) -> Iterator[Markup]:
        left, right = self._x(max(self._as_of - self._lag, self._begin)), self._x(self._as_of)
        if right > left:
            hint = text("incomplete: half of the claims about this time are still to come")
            yield hatched(left, top, right - left, height, key=f"{self._key}-hatch", hint=hint)


def _since(mark: Mark) -> Since:
    assert mark.when is not None
    return mark.when


def _day(day: str | None) -> Since | None:
    return None if day is None else parse_since(day)


def _in_time(mark: Mark) -> tuple[date, int, str]:
    return (date.max if mark.when is None else mark.when.earliest, list(Lane).index(mark.lane), mark.hint)
