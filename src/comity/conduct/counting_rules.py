"""What counts: the rules by which claims can be counted, the bases on which claims rest, and how late claims come.

No rule is the right one. Each leaves something out, and its reason says what; a figure always names its rule. The
basis of a claim follows from who makes it, or from the words of a collection that codes it; words that the table does
not hold decide nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from types import MappingProxyType
from typing import Final

from comity.conduct.statements import Claim, Level
from comity.errors import MalformedError, NotFoundError
from comity.parties.table import Fields, Sourced, load_table

# The rule that a figure follows unless it names another.
DEFAULT_RULE: Final = "state_or_affiliated"
_ANY: Final = "any"


class Basis(StrEnum):
    """On whose word a claim rests."""

    VICTIM_GOVERNMENT = "victim_government"
    VICTIM = "victim"
    COMPANY = "company"
    THIRD_PARTY = "third_party"
    MEDIA = "media"
    SELF = "self"
    CONTESTED = "contested"
    UNKNOWN = "unknown"


class SubjectLevel(StrEnum):
    """The levels at which a claim can name a participant, as the tables write them."""

    PLACE = "place"
    UNIT = "unit"
    ORGAN = "organ"
    STATE = "state"


@dataclass(frozen=True, slots=True, kw_only=True)
class CountingRule(Sourced):
    """One way of counting: which levels, bases and tiers count, and on how many distinct bases a participant is named.

    `bases` and `tiers` are None where all count.
    """

    code: str
    label: str
    levels: frozenset[Level]
    bases: frozenset[Basis] | None
    tiers: frozenset[int] | None
    distinct_bases: int
    reason: str

    def counts(self, levels: frozenset[Level], bases: frozenset[Basis], tier: int | None) -> bool:
        """True when a claim that names a participant at some levels, on some bases and a tier, counts by the rule."""
        return (
            not self.levels.isdisjoint(levels)
            and (self.bases is None or not self.bases.isdisjoint(bases))
            and (self.tiers is None or tier in self.tiers)
        )

    @property
    def lag_days(self) -> int:
        """The median days until claims that count come, by the basis that is slowest."""
        lags = load_lags()
        slowest = lags[_ANY].median_days
        if self.bases is None:
            return slowest
        return max(lags[basis].median_days if basis in lags else slowest for basis in self.bases)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportingLag(Sourced):
    """How many days after an operation a claim comes: the median, and the upper quartile and number where known."""

    basis: str
    median_days: int
    upper_quartile_days: int | None
    dated: int | None


@cache
def load_rules() -> Mapping[str, CountingRule]:
    """Return the counting rules by code, the widest first.

    Raises:
        StoreError: the installed table cannot be read.
        MalformedError: the table does not follow its format.
    """
    columns = ("code", "label", "levels", "bases", "tiers", "distinct_bases", "reason")
    rows = load_table("comity.conduct", "counting_rules.csv", columns=columns, build=_rule)
    found = {row.code: row for row in rows}
    if len(found) != len(rows) or DEFAULT_RULE not in found:
        raise MalformedError(
            f"conduct/reference/counting_rules.csv: codes must be different and {DEFAULT_RULE} among them"
        )
    return MappingProxyType(found)


def counting_rule(code: str) -> CountingRule:
    """Return a counting rule.

    Raises:
        NotFoundError: there is no such rule; the message names those there are.
    """
    found = load_rules().get(code)
    if found is None:
        raise NotFoundError(f"no counting rule {code!r}; there are {', '.join(load_rules())}")
    return found


@cache
def load_lags() -> Mapping[str, ReportingLag]:
    """Return the reporting lags by basis; `any` is the lag over all.

    Raises:
        StoreError: the installed table cannot be read.
        MalformedError: the table does not follow its format.
    """
    columns = ("basis", "median_days", "upper_quartile_days", "dated")
    rows = load_table("comity.conduct", "reporting_lags.csv", columns=columns, build=_lag)
    found = {row.basis: row for row in rows}
    if len(found) != len(rows) or set(found) - {_ANY, *Basis} or _ANY not in found:
        raise MalformedError("conduct/reference/reporting_lags.csv: wanted one row a basis, and one for any")
    return MappingProxyType(found)


def bases_of(claim: Claim, about: str, hit: frozenset[str]) -> frozenset[Basis]:
    """Return on whose word a claim about a participant rests; `hit` are the participants that the operation hit.

    Where the basis of the claim is in words that a collection codes, one or several joined by `; `, those decide.
    """
    if claim.claimant.participant == about:
        return frozenset({Basis.SELF})
    words = () if claim.basis is None else claim.basis.split("; ")
    coded = frozenset(basis for text in words if (basis := _basis_words().get(text)) is not None)
    if coded:
        return coded
    if claim.claimant.kind == "state":
        if claim.claimant.participant is None:
            return frozenset({Basis.UNKNOWN})
        return frozenset({Basis.VICTIM_GOVERNMENT if claim.claimant.participant in hit else Basis.THIRD_PARTY})
    return frozenset({_BY_KIND[claim.claimant.kind]})


_BY_KIND: Final[Mapping[str, Basis]] = MappingProxyType(
    {
        "alliance": Basis.THIRD_PARTY,
        "organisation": Basis.THIRD_PARTY,
        "company": Basis.COMPANY,
        "media": Basis.MEDIA,
        "research": Basis.THIRD_PARTY,
        "civil_society": Basis.THIRD_PARTY,
        "individual": Basis.THIRD_PARTY,
        "persona": Basis.SELF,
        "unknown": Basis.UNKNOWN,
    }
)


@cache
def _basis_words() -> Mapping[str, Basis]:
    rows = load_table(
        "comity.conduct",
        "basis_words.csv",
        columns=("words", "basis"),
        build=lambda fields: (fields.text("words"), fields.choice("basis", Basis), fields.evidence()),
    )
    return MappingProxyType({words: basis for words, basis, _ in rows})


def _rule(fields: Fields) -> CountingRule:
    bases = None if fields.text("bases") == _ANY else frozenset(fields.choices("bases", Basis))
    tiers = frozenset(int(word) for word in fields.optional_words("tiers") if word in "01234567")
    if len(tiers) != len(fields.optional_words("tiers")):
        fields.refuse("column tiers must hold numbers from 0 to 7")
    distinct = fields.optional_whole("distinct_bases")
    if distinct is None or distinct < 1:
        fields.refuse("column distinct_bases must be a whole number from 1")
    return CountingRule(
        code=fields.text("code"),
        label=fields.text("label"),
        levels=frozenset(level.value for level in fields.choices("levels", SubjectLevel)),
        bases=bases,
        tiers=tiers or None,
        distinct_bases=distinct,
        reason=fields.text("reason"),
        **fields.evidence(),
    )


def _lag(fields: Fields) -> ReportingLag:
    median = fields.optional_whole("median_days")
    if median is None:
        fields.refuse("column median_days is empty")
    return ReportingLag(
        basis=fields.text("basis"),
        median_days=median,
        upper_quartile_days=fields.optional_whole("upper_quartile_days"),
        dated=fields.optional_whole("dated"),
        **fields.evidence(),
    )
