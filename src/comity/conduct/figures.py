"""Figures about claims: what is counted, how a figure is drawn, and what it says; `counting` draws them.

A figure is about claims, not about conduct, and it names the rule by which it was counted. Participants stand in the
order of their names: there is no order by count, no place and no score.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final, get_args

import msgspec

from comity.conduct.admission import folded
from comity.conduct.commitments.since import Since
from comity.conduct.counting_rules import DEFAULT_RULE, Basis, CountingRule, counting_rule
from comity.conduct.statements import Category, Level, Speaker
from comity.conduct.verbs import guarded, written
from comity.errors import MalformedError

# A hundred years are more than any ledger goes back.
MOST_MONTHS: Final = 1_200
_CATEGORIES: Final[tuple[Category, ...]] = get_args(Category)


class OperationFacts(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """What counting needs of an operation; `occurred` is when it is said to have ended, or to have begun."""

    id: str
    category: Category
    occurred: Since | None = None
    hit: frozenset[str] = frozenset()
    replies: tuple[tuple[str | None, str], ...] = ()


class SaidFacts(msgspec.Struct, frozen=True, array_like=True):
    """What counting needs of a claim that stands and names a participant, apart from the operation.

    `collections` are where it came from, `publishers` those of the sources that it cites. `derives_from` are the
    claims that it says it repeats, `cluster` those that it depends on.
    """

    id: str
    claimant: Speaker
    named: dict[str, frozenset[Level]]
    bases: dict[str, frozenset[Basis]]
    cluster: str
    said: str | None = None
    tier: int | None = None
    collections: frozenset[str] = frozenset()
    publishers: frozenset[str] = frozenset()
    derives_from: tuple[str, ...] = ()


class ClaimFacts(SaidFacts, frozen=True, kw_only=True):
    """The same with the operation that it is about."""

    operation: OperationFacts

    @property
    def claimant_key(self) -> str:
        """The claimant's code, or its name as two spellings of one are equal."""
        return self.claimant.participant or folded(self.claimant.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Redraw:
    """How a figure is drawn: by which rule, and without what; the default leaves nothing out.

    A source is a collection from which claims came or a publisher that they cite; a claimant is a code or a name.
    Leaving out a claim leaves out those that say that they only repeat it, unless `clustering` is off, when every
    claim is a voice of its own. `leave_out_last_months` counts back from the day of the figure.
    """

    rule: str = DEFAULT_RULE
    leave_out_sources: frozenset[str] = frozenset()
    leave_out_blocs: frozenset[str] = frozenset()
    leave_out_claimants: frozenset[str] = frozenset()
    leave_out_categories: frozenset[Category] = frozenset()
    leave_out_single_voices: bool = False
    leave_out_last_months: int = 0
    clustering: bool = True

    def __post_init__(self) -> None:
        counting_rule(self.rule)
        unknown = sorted(self.leave_out_categories - set(_CATEGORIES))
        if unknown:
            raise MalformedError(f"no category {', '.join(unknown)}; there are {', '.join(_CATEGORIES)}")
        if not 0 <= self.leave_out_last_months <= MOST_MONTHS:
            raise MalformedError(
                f"the months to leave out are a number from 0 to {MOST_MONTHS}, got {self.leave_out_last_months}"
            )

    @property
    def leaves_out_claims(self) -> bool:
        """True where some claims are left out, whatever the rule and the number of voices."""
        return bool(
            self.leave_out_sources
            or self.leave_out_blocs
            or self.leave_out_claimants
            or self.leave_out_categories
            or self.leave_out_last_months
        )

    @property
    def text(self) -> str:
        """What is counted and left out, in words."""
        parts = [f"counted {counting_rule(self.rule).label}"]
        for what, values in (
            ("sources", self.leave_out_sources),
            ("blocs", self.leave_out_blocs),
            ("claimants", self.leave_out_claimants),
            ("categories", self.leave_out_categories),
        ):
            if values:
                parts.append(written("without the {what} {names}", what=what, names=", ".join(sorted(values))))
        if self.leave_out_single_voices:
            parts.append("without what a single voice says")
        if self.leave_out_last_months:
            parts.append(written("without the last {months} months", months=str(self.leave_out_last_months)))
        if not self.clustering:
            parts.append("every claim as a voice of its own")
        # Each part is ours, or has passed the guard apart from the names that it quotes.
        return ", ".join(parts)

    def to_json(self) -> dict[str, object]:
        """Return the redraw as JSON values."""
        return {
            "rule": self.rule,
            "leave_out_sources": sorted(self.leave_out_sources),
            "leave_out_blocs": sorted(self.leave_out_blocs),
            "leave_out_claimants": sorted(self.leave_out_claimants),
            "leave_out_categories": sorted(self.leave_out_categories),
            "leave_out_single_voices": self.leave_out_single_voices,
            "leave_out_last_months": self.leave_out_last_months,
            "clustering": self.clustering,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Replies:
    """In how many of the counted operations a participant replied and how.

    `by_others` is where a reply is on record, and none in its own word: by somebody who is no participant, or not
    named, or in its name in the log of another. `none` is where no reply is on record either way.
    """

    denial: int = 0
    counter_claim: int = 0
    partial_admission: int = 0
    acceptance: int = 0
    other: int = 0
    silence: int = 0
    by_others: int = 0
    none: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """In how many operations claims name a participant, with how many claims and voices, and what it replied."""

    code: str
    name: str
    operations: int
    claims: int
    voices: int
    replies: Replies


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """Of how many counted operations claims name a participant in how many."""

    named: int
    counted: int

    @property
    def fraction(self) -> Fraction | None:
        """The share, or None where nothing is counted."""
        return Fraction(self.named, self.counted) if self.counted else None

    @property
    def text(self) -> str:
        """The share with both its numbers."""
        if self.fraction is None:
            return "nothing counted"
        return f"{self.named} of {self.counted} ({100 * float(self.fraction):.0f} %)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How often claims name whom, under one redraw; participants by name and by nothing else.

    `counted` is the number of operations in which claims name anybody, `left_out` how many claims were left out for
    which reason, `undated` how many counted operations have no day, so that leaving out months leaves them in.
    """

    redraw: Redraw
    as_of: date | None
    counts: tuple[Count, ...]
    counted: int
    left_out: Mapping[str, int]
    undated: int

    def share_of(self, code: str) -> Share:
        """Return the share of the counted operations in which claims name a participant."""
        named = sum(count.operations for count in self.counts if count.code == code)
        return Share(named=named, counted=self.counted)

    def to_json(self) -> dict[str, object]:
        """Return the tally as JSON values."""
        return {
            "label": "how often claims name a participant; not how often it acted",
            "redraw": self.redraw.to_json(),
            "rule": {"label": self._rule.label, "reason": self._rule.reason},
            "as_of": None if self.as_of is None else self.as_of.isoformat(),
            "counted": self.counted,
            "counts": [
                {
                    "participant": count.code,
                    "name": count.name,
                    "operations": count.operations,
                    "claims": count.claims,
                    "voices": count.voices,
                    "replies": {name: getattr(count.replies, name) for name in Replies.__slots__},
                }
                for count in self.counts
            ],
            "left_out": dict(self.left_out),
            "undated": self.undated,
        }

    @property
    def _rule(self) -> CountingRule:
        return counting_rule(self.redraw.rule)


@dataclass(frozen=True, slots=True, kw_only=True)
class SensitivityLine:
    """One redraw that differs in one thing, and the share under it; `change` is what kind of thing, `value` which."""

    change: str
    value: str
    redraw: Redraw
    share: Share


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensitivity:
    """How one participant's share moves when one thing at a time is counted otherwise or left out.

    Lines stand in the order of rules and, within what is left out, by name.
    """

    code: str
    name: str
    base: SensitivityLine
    lines: tuple[SensitivityLine, ...]

    @property
    def span(self) -> tuple[Fraction, Fraction] | None:
        """The lowest and the highest share of any line; None where nothing is counted."""
        shares = [line.share.fraction for line in (self.base, *self.lines)]
        known = [share for share in shares if share is not None]
        return (min(known), max(known)) if known else None

    @property
    def text(self) -> str:
        """The span in words."""
        if self.span is None:
            return guarded(f"no claim that is counted names anybody, so that {self.name} has no share")
        low, high = (f"{100 * float(share):.0f} %" for share in self.span)
        return guarded(
            f"the share of operations in which claims name {self.name} runs from {low} to {high} "
            "with the counting rule and with what is left out",
            quoted=(self.name,),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedPeriod:
    """How many operations of a period claims name a participant in, or anybody; `end` is its last day.

    `censored`: the period ends less than the median lag before the day of the figure, so that many of the claims that
    will come are not there yet, and it must be drawn as incomplete.
    """

    begin: date
    end: date
    share: Share
    censored: bool
    lag_days: int

    @property
    def text(self) -> str:
        """Why the period is drawn as incomplete, or that it is not."""
        if not self.censored:
            return "as complete as claims on record are"
        return f"incomplete: half of the claims come more than {self.lag_days} days after an operation"
