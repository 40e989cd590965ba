"""How far our own coders agree when they grade the same claims; nothing here is fed with claims or claimants.

Kappa and the model of Dawid and Skene assume that everybody looks at the same item independently. That holds for
coders who answer a question about one document, and it does not hold for claimants, who copy each other: there the same
arithmetic yields false certainty. So every function takes ratings by a `Coder` and refuses anything else.

Shares and kappas are exact fractions. A kappa is None where chance alone would make everybody agree, since then the
ratings cannot tell agreement from chance. The model is fitted by expectation and maximisation (A. P. Dawid and A. M.
Skene, Applied Statistics 28, 1979, equations 2.3 to 2.5, from the shares of 3.1), without smoothing or chance.
"""

import math
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from typing import Final

from comity.conduct.grading import ClaimGrade, Coder, check_coders
from comity.errors import MalformedError, PolicyError

MAX_ROUNDS: Final = 2_000
# The model is fitted when no probability moves by more than this in one round.
TOLERANCE: Final = 1e-10


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating:
    """What a coder answered about one item: one question about one claim."""

    item: Hashable
    coder: Coder
    answer: str

    def __post_init__(self) -> None:
        if not isinstance(self.coder, Coder):
            raise PolicyError(
                f"agreement is measured between our own coders; {type(self.coder).__name__} is no coder, "
                "and those who make claims are never measured this way"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How many pairs of ratings of one item agree, of how many pairs on how many items."""

    agreeing: int
    pairs: int
    items: int

    @property
    def share(self) -> Fraction | None:
        """The share of pairs that agree; None where no item has two ratings."""
        return Fraction(self.agreeing, self.pairs) if self.pairs else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kappa:
    """Agreement beyond chance: `observed` and `expected` shares, and what kappa follows from them on how many items."""

    observed: Fraction
    expected: Fraction
    items: int

    @property
    def value(self) -> Fraction | None:
        """Kappa, or None where chance alone makes everybody agree."""
        if self.expected == 1:
            return None
        return (self.observed - self.expected) / (1 - self.expected)


@dataclass(frozen=True, slots=True, kw_only=True)
class CoderModel:
    """What the model says of our coders.

    `prior` is the share of each answer, `confusion[coder][true][given]` how often a coder gives an answer where the
    model holds another for right, `posterior[item]` the model's weights for one item. `log_likelihoods` has one value
    a round and never falls. Where `settled` is False, the rounds ran out first.
    """

    answers: tuple[str, ...]
    prior: Mapping[str, float]
    confusion: Mapping[Coder, Mapping[str, Mapping[str, float]]]
    posterior: Mapping[Hashable, Mapping[str, float]]
    log_likelihoods: tuple[float, ...]
    settled: bool


def ratings_of(grades: Iterable[ClaimGrade], claimants: Iterable[str]) -> tuple[Rating, ...]:
    """Return every answer of every coder as a rating; a question left out is none.

    Raises:
        PolicyError: a coder makes claims, or graded one claim twice on one day, so that nothing says which counts.
    """
    found: list[Rating] = []
    coders: set[Coder] = set()
    for grade in grades:
        seen = Counter(each.coder for each in grade.coders)
        twice = sorted(coder.name for coder, times in seen.items() if times > 1)
        if twice:
            raise PolicyError(
                f"{', '.join(twice)} graded claim {grade.claim} twice on one day; enter on a later day which counts"
            )
        coders.update(seen)
        found += [
            Rating(item=(grade.claim, each.question.code), coder=graded.coder, answer=each.answer)
            for graded in grade.coders
            for group in graded.groups
            for each in group.answers
            if each.answer is not None
        ]
    check_coders(coders, claimants)
    return tuple(found)


def percent_agreement(ratings: Iterable[Rating]) -> Agreement:
    """Return how many pairs of ratings agree, over every pair of coders who rated one item.

    Raises:
        PolicyError: a coder rated an item twice, or is no coder.
    """
    agreeing = pairs = items = 0
    for answers in _by_item(ratings).values():
        items += len(answers) > 1
        for first, second in combinations(answers.values(), 2):
            pairs += 1
            agreeing += first == second
    return Agreement(agreeing=agreeing, pairs=pairs, items=items)


def cohen_kappa(ratings: Iterable[Rating], first: Coder, second: Coder) -> Kappa:
    """Return Cohen's kappa of two coders over the items that both rated.

    Raises:
        MalformedError: they share no item, or are one coder.
        PolicyError: a coder rated an item twice, or is no coder.
    """
    if first == second:
        raise MalformedError(f"kappa takes two coders; {first.name} is named twice")
    both = [
        (answers[first], answers[second])
        for answers in _by_item(ratings).values()
        if first in answers and second in answers
    ]
    if not both:
        raise MalformedError(f"{first.name} and {second.name} rated no item in common")
    left, right = (Counter(pair[side] for pair in both) for side in (0, 1))
    total = len(both)
    return Kappa(
        observed=Fraction(sum(one == other for one, other in both), total),
        expected=sum((Fraction(left[answer] * right[answer], total * total) for answer in left), Fraction(0)),
        items=total,
    )


def fleiss_kappa(ratings: Iterable[Rating]) -> Kappa:
    """Return Fleiss' kappa over items that were all rated by the same number of coders.

    Raises:
        MalformedError: there is no item, items have different numbers of ratings, or only one each.
        PolicyError: a coder rated an item twice, or is no coder.
    """
    by_item = _by_item(ratings)
    sizes = {len(answers) for answers in by_item.values()}
    if len(sizes) != 1 or sizes <= {1}:
        raise MalformedError(
            "Fleiss' kappa wants at least two ratings an item and the same number for all; "
            f"got {', '.join(str(size) for size in sorted(sizes)) or 'no item'}"
        )
    (each,) = sizes
    total = len(by_item)
    counts = [Counter(answers.values()) for answers in by_item.values()]
    overall: Counter[str] = sum(counts, Counter())
    agreeing = sum(number * (number - 1) for count in counts for number in count.values())
    return Kappa(
        observed=Fraction(agreeing, total * each * (each - 1)),
        expected=sum((Fraction(number, total * each) ** 2 for number in overall.values()), Fraction(0)),
        items=total,
    )


def dawid_skene(ratings: Iterable[Rating], *, max_rounds: int = MAX_ROUNDS, tolerance: float = TOLERANCE) -> CoderModel:
    """Fit the model of Dawid and Skene to ratings; a coder may have rated an item more than once.

    Raises:
        MalformedError: there is no rating.
        PolicyError: somebody is no coder.
    """
    given = _Given.of(ratings)
    prior, confusion = _maximise(given, given.shares())
    posterior: list[list[float]] = []
    likelihoods: list[float] = []
    settled = False
    while not settled and len(likelihoods) < max_rounds:
        posterior, likelihood = _expect(given, prior, confusion)
        likelihoods.append(likelihood)
        before = (prior, confusion)
        prior, confusion = _maximise(given, posterior)
        settled = _moved(before, (prior, confusion)) <= tolerance
    named = given.answers
    return CoderModel(
        answers=named,
        prior=dict(zip(named, prior, strict=True)),
        confusion={
            coder: {true: dict(zip(named, row, strict=True)) for true, row in zip(named, rows, strict=True)}
            for coder, rows in zip(given.coders, confusion, strict=True)
        },
        posterior={item: dict(zip(named, row, strict=True)) for item, row in zip(given.items, posterior, strict=True)},
        log_likelihoods=tuple(likelihoods),
        settled=settled,
    )


_Prior = list[float]
# By coder, by the answer held for right, by the answer given.
_Confusion = list[list[list[float]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Given:
    """The ratings by number: `seen[item]` holds (coder, answer, how often)."""

    items: tuple[Hashable, ...]
    coders: tuple[Coder, ...]
    answers: tuple[str, ...]
    seen: tuple[tuple[tuple[int, int, int], ...], ...]

    @classmethod
    def of(cls, ratings: Iterable[Rating]) -> "_Given":
        """Number items as they come, coders and answers by name, so that no result depends on the order of ratings."""
        held = list(ratings)
        if not held:
            raise MalformedError("there is no rating from which to measure coders")
        coders = sorted({rating.coder for rating in held})
        answers = sorted({rating.answer for rating in held})
        counts: dict[Hashable, Counter[tuple[int, int]]] = {}
        for rating in held:
            key = (coders.index(rating.coder), answers.index(rating.answer))
            counts.setdefault(rating.item, Counter())[key] += 1
        return cls(
            items=tuple(counts),
            coders=tuple(coders),
            answers=tuple(answers),
            seen=tuple(
                tuple((coder, answer, times) for (coder, answer), times in sorted(count.items()))
                for count in counts.values()
            ),
        )

    def shares(self) -> list[list[float]]:
        """Return for every item the share of its ratings that each answer has."""
        found = []
        for seen in self.seen:
            total = sum(times for _, _, times in seen)
            row = [0] * len(self.answers)
            for _, answer, times in seen:
                row[answer] += times
            found.append([number / total for number in row])
        return found


def _maximise(given: _Given, posterior: list[list[float]]) -> tuple[_Prior, _Confusion]:
    """Return the shares of answers and the errors of coders that fit the weights of the items best."""
    classes = range(len(given.answers))
    prior = [math.fsum(row[true] for row in posterior) / len(posterior) for true in classes]
    # `fsum` is exact, so that the order of items changes nothing.
    parts: list[list[list[list[float]]]] = [[[[] for _ in classes] for _ in classes] for _ in given.coders]
    for seen, weights in zip(given.seen, posterior, strict=True):
        for coder, answer, times in seen:
            for true in classes:
                parts[coder][true][answer].append(weights[true] * times)
    confusion: _Confusion = []
    for rows in parts:
        sums = [[math.fsum(cell) for cell in row] for row in rows]
        totals = [math.fsum(value for cell in row for value in cell) for row in rows]
        confusion.append(
            [[value / total if total > 0 else 0.0 for value in row] for row, total in zip(sums, totals, strict=True)]
        )
    return prior, confusion


def _expect(given: _Given, prior: _Prior, confusion: _Confusion) -> tuple[list[list[float]], float]:
    """Return the weights of every item under shares and errors, and the log-likelihood of all ratings."""
    rows, parts = [], []
    for seen in given.seen:
        logs = [
            math.fsum([_log(share), *(times * _log(confusion[coder][true][answer]) for coder, answer, times in seen)])
            for true, share in enumerate(prior)
        ]
        top = max(logs)
        whole = top + math.log(math.fsum(math.exp(value - top) for value in logs))
        rows.append([math.exp(value - whole) for value in logs])
        parts.append(whole)
    return rows, math.fsum(parts)


def _log(value: float) -> float:
    return math.log(value) if value > 0 else -math.inf


def _moved(before: tuple[_Prior, _Confusion], after: tuple[_Prior, _Confusion]) -> float:
    """Return by how much the probability that moved most has moved."""
    flat = [
        [*prior, *(value for rows in confusion for row in rows for value in row)]
        for prior, confusion in (before, after)
    ]
    return max(abs(one - other) for one, other in zip(flat[0], flat[1], strict=True))


def _by_item(ratings: Iterable[Rating]) -> dict[Hashable, dict[Coder, str]]:
    found: dict[Hashable, dict[Coder, str]] = {}
    for rating in ratings:
        answers = found.setdefault(rating.item, {})
        if rating.coder in answers:
            raise PolicyError(f"{rating.coder.name} rated {rating.item} twice; say which rating counts")
        answers[rating.coder] = rating.answer
    return found
