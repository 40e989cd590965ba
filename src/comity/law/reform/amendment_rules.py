"""How an instrument can be supplemented or changed: the rows of amendment_rules.csv.

A row gives the thresholds of one route as data, from the text of the instrument or from a mandate; `amendments` applies
them to a draft.
"""

from dataclasses import dataclass
from enum import StrEnum

from comity.parties.table import Fields, Sourced, load_table


class RuleRoute(StrEnum):
    """What a row of amendment_rules.csv is about."""

    MANDATE = "mandate"
    PROTOCOL = "protocol"
    AMENDMENT = "amendment"
    SEPARATE = "separate"
    NATIONAL = "national"


class Adoption(StrEnum):
    """Who adopts the text, and how."""

    CONSENSUS_ELSE_TWO_THIRDS = "consensus_else_two_thirds"
    COMMITTEE_OF_MINISTERS = "committee_of_ministers"
    OWN_TERMS = "own_terms"

    @property
    def label(self) -> str:
        """The way of adoption in words."""
        return {
            "consensus_else_two_thirds": "consensus, and as a last resort two thirds of those present and voting",
            "committee_of_ministers": "the Committee of Ministers, after consulting the parties that are no members",
            "own_terms": "as its negotiators agree",
        }[self.value]


class EffectFor(StrEnum):
    """Whom a change binds."""

    THOSE_WHO_JOIN = "those_who_join"
    THOSE_WHO_ACCEPT = "those_who_accept"
    ALL_ONCE_ALL_ACCEPT = "all_once_all_accept"


@dataclass(frozen=True, slots=True, kw_only=True)
class AmendmentRule(Sourced):
    """How an instrument can be supplemented or changed, as its text or a mandate has it."""

    instrument: str
    route: RuleRoute
    provision: str | None
    binds_provision: str | None
    parties_needed: int | None
    years_after_entry: int | None
    adoption: Adoption | None
    effect_days: int | None
    effect_for: EffectFor | None
    paraphrase: str


def load_amendment_rules() -> tuple[AmendmentRule, ...]:
    """Read amendment_rules.csv.

    Raises:
        StoreError: the installed file cannot be read.
        MalformedError: it does not follow its format.
    """
    columns = (
        *("instrument", "route", "provision", "binds_provision", "parties_needed", "years_after_entry"),
        *("adoption", "effect_days", "effect_for", "paraphrase"),
    )
    return load_table("comity.law", "amendment_rules.csv", columns=columns, build=_build_rule)


def _build_rule(fields: Fields) -> AmendmentRule:
    return AmendmentRule(
        instrument=fields.text("instrument"),
        route=fields.choice("route", RuleRoute),
        provision=fields.optional("provision"),
        binds_provision=fields.optional("binds_provision"),
        parties_needed=fields.optional_whole("parties_needed"),
        years_after_entry=fields.optional_whole("years_after_entry"),
        adoption=fields.optional_choice("adoption", Adoption),
        effect_days=fields.optional_whole("effect_days"),
        effect_for=fields.optional_choice("effect_for", EffectFor),
        paraphrase=fields.text("paraphrase"),
        **fields.evidence(),
    )
