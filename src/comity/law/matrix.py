"""All pairs on one day: which instruments bind both, and which of them carry a measure.

Whether an instrument reaches a conduct does not depend on the pair, and who is bound does not depend on the other:
each is computed once, and a pair is what both have. Only dual criminality, where a provision requires it, is asked of
each pair. Where nothing carries, reciprocity leaves a pair open as it does in a single answer.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from itertools import combinations, permutations

from comity.law.basis import carrying_instruments, conduct_rows
from comity.law.circles import is_open_to
from comity.law.dual import dual_criminality
from comity.law.measures import Measure
from comity.law.model import DualCriminality, InstrumentKind
from comity.law.option import Answer, Question, dual_is_open, terms_answer
from comity.law.register import Register
from comity.law.rows import Carrier, Instrument
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
    """What carries a measure from one to the other, and the others that could; `would` are open to both."""

    asker: str
    asked: str
    answer: Answer
    instrument: str | None
    article: str | None
    since: date | None
    others: tuple[str, ...]
    would: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Potential:
    """An instrument that carries a measure: what it would answer to each asked if it bound both, and who may join."""

    row: Instrument
    carrier: Carrier
    answers: dict[str, Answer]
    open_to: frozenset[str]


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
            yield self._pair(rows, replace(question, asker=asker, asked=asked))

    def _potential(self, question: Question) -> list[_Potential]:
        """Return the instruments that carry the measure."""
        standings = self.standings
        described = conduct_rows(question, standings.register)
        found = []
        for row in carrying_instruments(standings.register):
            carrier = standings.register.carrier(row.key, question.measure)
            if carrier is None or not row.adopted_by(standings.on):
                continue
            conduct = described.get(row.key)
            answers = {
                code: terms_answer(standings, row, carrier, replace(question, asked=code), conduct)
                for code in self.participants
            }
            open_to = frozenset(code for code in self.participants if is_open_to(standings, row, code))
            found.append(_Potential(row=row, carrier=carrier, answers=answers, open_to=open_to))
        return found

    def _pair(self, rows: list[_Potential], question: Question) -> PairAnswer:
        asker, asked = question.asker, question.asked
        usable: list[tuple[Answer, _Potential]] = []
        would = []
        outside: _Potential | None = None
        for item in rows:
            answer, bound = item.answers[asked], self._bound[item.row.key]
            treaty = item.row.kind is not InstrumentKind.RECIPROCITY
            if treaty and not (asker in bound and asked in bound):
                if asker in item.open_to and asked in item.open_to:
                    would.append(item.row.key)
            elif answer in {Answer.CARRIES, Answer.CONDITIONAL}:
                usable.append((self._with_dual(answer, item.carrier, question), item))
            elif answer is Answer.OPEN:
                outside = outside or item
        chosen = next((found for found in usable if found[0] is Answer.CARRIES), usable[0] if usable else None)
        if chosen is None and outside is not None:
            chosen = (Answer.OPEN, outside)
        answer, taken = chosen if chosen is not None else (Answer.DOES_NOT, None)
        days = [] if taken is None else [self._bound[taken.row.key].get(code) for code in (asker, asked)]
        return PairAnswer(
            asker=asker,
            asked=asked,
            answer=answer,
            instrument=None if taken is None else taken.row.key,
            article=None if taken is None else taken.carrier.provision,
            since=max((day for day in days if day is not None), default=None),
            others=tuple(item.row.key for _, item in usable if item is not taken),
            would=tuple(would),
        )

    def _with_dual(self, answer: Answer, carrier: Carrier, question: Question) -> Answer:
        """Return the answer with what is known of dual criminality between the two, where it is required."""
        if question.conduct is None or carrier.dual_criminality is not DualCriminality.REQUIRED:
            return answer
        dual = dual_criminality(
            question.conduct,
            question.asker,
            question.asked,
            question.on,
            penalties=question.penalties,
            standings=self.standings,
        )
        return Answer.CONDITIONAL if dual_is_open(carrier, dual.outcome) else answer


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
