"""All pairs on one day: which instruments bind both, and which of them carry a measure.

Whether an instrument reaches a conduct does not depend on the pair, and who is bound does not depend on the other:
each is computed once, and a pair is what both have.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from itertools import combinations, permutations

from comity.law.basis import carrying_instruments, conduct_rows
from comity.law.measures import Measure
from comity.law.model import InstrumentKind
from comity.law.option import Answer, Question, terms_answer
from comity.law.register import Register
from comity.law.rows import Instrument
from comity.law.standings import Standings
from comity.parties.participants import current_participants


@dataclass(frozen=True, slots=True, kw_only=True)
class PairStatus:
    """The instruments that bind both of a pair on the day, in the register's order."""

    a: str
    b: str
    instruments: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PairAnswer:
    """What carries a measure from one to the other: the first instrument, and the others that could."""

    asker: str
    asked: str
    answer: Answer
    instrument: str | None
    article: str | None
    since: date | None
    others: tuple[str, ...]
    would: tuple[str, ...]


class Matrix:
    """Who is bound by what on one day, everyone by every instrument."""

    def __init__(self, standings: Standings) -> None:
        self.standings = standings
        self.participants = tuple(who.code for who in current_participants(standings.on))
        self._bound = {
            row.key: {code: found.since for code in self.participants if (found := standings.of(row.key, code)).bound}
            for row in standings.register.instruments
        }

    def bound(self, instrument: str) -> frozenset[str]:
        """Return whom an instrument binds."""
        return frozenset(self._bound[instrument])

    def statuses(self) -> Iterator[PairStatus]:
        """Yield every pair once, with the instruments that bind both."""
        keys = [row.key for row in self.standings.register.instruments]
        mask = {
            code: sum(1 << n for n, key in enumerate(keys) if code in self._bound[key]) for code in self.participants
        }
        named: dict[int, tuple[str, ...]] = {}
        for a, b in combinations(self.participants, 2):
            both = mask[a] & mask[b]
            if both not in named:
                named[both] = tuple(key for n, key in enumerate(keys) if both >> n & 1)
            yield PairStatus(a=a, b=b, instruments=named[both])

    def answers(self, question: Question) -> Iterator[PairAnswer]:
        """Yield what carries the question's measure for every ordered pair; its own asker and asked play no part.

        Raises:
            NotFoundError: the conduct is unknown.
        """
        rows = self._potential(question)
        for asker, asked in permutations(self.participants, 2):
            yield self._pair(rows, asker, asked)

    def _potential(self, question: Question) -> list[tuple[Instrument, str, dict[str, Answer]]]:
        """Return the instruments that carry the measure, and what each would answer to each asked if it bound both."""
        described = conduct_rows(question, self.standings.register)
        found = []
        for row in carrying_instruments(self.standings.register):
            carrier = self.standings.register.carrier(row.key, question.measure)
            if carrier is None or not row.adopted_by(self.standings.on):
                continue
            answers = {
                code: terms_answer(self.standings, row, carrier, replace(question, asked=code), described.get(row.key))
                for code in self.participants
            }
            found.append((row, carrier.provision, answers))
        return found

    def _pair(self, rows: list[tuple[Instrument, str, dict[str, Answer]]], asker: str, asked: str) -> PairAnswer:
        usable, would = [], []
        for row, article, answers in rows:
            answer, bound = answers[asked], self._bound[row.key]
            treaty = row.kind is not InstrumentKind.RECIPROCITY
            if treaty and not (asker in bound and asked in bound):
                would.append(row.key)
            elif answer in {Answer.CARRIES, Answer.CONDITIONAL}:
                usable.append((answer, row.key, article))
        chosen = next((item for item in usable if item[0] is Answer.CARRIES), usable[0] if usable else None)
        if chosen is None:
            return PairAnswer(
                asker=asker,
                asked=asked,
                answer=Answer.DOES_NOT,
                instrument=None,
                article=None,
                since=None,
                others=(),
                would=tuple(would),
            )
        answer, key, article = chosen
        days = [self._bound[key].get(code) for code in (asker, asked)]
        known = [day for day in days if day is not None]
        return PairAnswer(
            asker=asker,
            asked=asked,
            answer=answer,
            instrument=key,
            article=article,
            since=max(known) if known else None,
            others=tuple(other for _, other, _ in usable if other != key),
            would=tuple(would),
        )


def matrix(on: date, *, register: Register | None = None) -> Matrix:
    """Return the matrix of a day."""
    return Matrix(Standings(on, register=register))


def status_rows(found: Matrix) -> Iterator[tuple[str, ...]]:
    """Yield a table of every pair once, with its header: the day and the instruments that bind both."""
    yield ("a", "b", "on", "instruments")
    on = found.standings.on.isoformat()
    for pair in found.statuses():
        yield (pair.a, pair.b, on, " ".join(pair.instruments))


def measure_rows(found: Matrix, measure: Measure, *, conduct: str | None = None) -> Iterator[tuple[str, ...]]:
    """Yield a table of every ordered pair, with its header: what carries a measure, and what else could or would.

    Raises:
        NotFoundError: the conduct is unknown.
    """
    yield ("asker", "asked", "measure", "on", "answer", "instrument", "article", "since", "others", "would", "grade")
    on = found.standings.on
    question = Question(asker="", asked="", measure=measure, on=on, conduct=conduct)
    grades = {row.instrument: row.grade_detail for row in found.standings.register.carriers if row.measure is measure}
    for pair in found.answers(question):
        yield (
            pair.asker,
            pair.asked,
            measure.value,
            on.isoformat(),
            pair.answer.value,
            pair.instrument or "",
            pair.article or "",
            "" if pair.since is None else pair.since.isoformat(),
            " ".join(pair.others),
            " ".join(pair.would),
            "" if pair.instrument is None else grades[pair.instrument],
        )
