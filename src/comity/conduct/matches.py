"""One commitment beside one claim: only where somebody matched the two with a reason, and only as far as time bears.

Without a match record there is no pair, and without a stated reason there is no match, above all for espionage, which
no norm forbids as such. A match says nothing of a breach. It says whether the commitment was in force when the claim
says that the thing happened: an act before a commitment, or after its withdrawal, is grey, a treaty that was signed and
not ratified is named as signed only, and where the time or the commitment is not known, that is what the line says.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from comity.conduct.commitments.bonds import Bond, CommitmentsOn, InForce, falling_under
from comity.conduct.commitments.catalogue import MEMORY_NOTICE
from comity.conduct.commitments.since import Since
from comity.conduct.statements import Category, Match
from comity.conduct.verbs import guarded, written

# The commitments of a participant on a day.
CommitmentsAt = Callable[[str, date], CommitmentsOn]

UNMATCHED: Final = "matched to no commitment on record"
UNMATCHED_ESPIONAGE: Final = "espionage: matched to no norm without a stated reason"


class Relation(StrEnum):
    """How a commitment stood when the claim says that the thing happened."""

    IN_FORCE = "in_force"
    BEFORE = "before"
    PERHAPS_BEFORE = "perhaps_before"
    AFTER = "after"
    PERHAPS_AFTER = "perhaps_after"
    SIGNED_ONLY = "signed_only"
    NOT_BINDING = "not_binding"
    UNKNOWN = "unknown"
    NOT_HELD = "not_held"
    TIME_UNKNOWN = "time_unknown"
    NO_REASON = "no_reason"

    @property
    def label(self) -> str:
        """The relation in words."""
        return {
            "in_force": "in force at the time that the claim gives",
            "before": "before: the claim is about a time before this commitment",
            "perhaps_before": "perhaps before: the claim is about a time that may lie before this commitment",
            "after": "after: the claim is about a time after this commitment was withdrawn",
            "perhaps_after": "perhaps after: the claim is about a time that may lie after its withdrawal",
            "signed_only": "signed only: a signature without ratification makes no act a breach",
            "not_binding": "not confirmed as binding at the time that the claim gives",
            "unknown": "it cannot be known whether this commitment was made",
            "not_held": "no such commitment of the participant is on record",
            "time_unknown": "the claim gives no time, so that nothing can be said of before or after",
            "no_reason": "no reason is stated, so that this is no match",
        }[self.value]


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchLine:
    """A commitment that somebody matched with a claim, and how it stood at the time.

    `held` is the commitment as it stood then, or for one that came later as it came; None where there is none.
    """

    commitment: str
    relation: Relation
    held: InForce | None
    reason: str
    coder: str
    said: str

    @property
    def grey(self) -> bool:
        """True where the act would lie, or may lie, before the commitment or after its withdrawal."""
        return self.relation in {Relation.BEFORE, Relation.PERHAPS_BEFORE, Relation.AFTER, Relation.PERHAPS_AFTER}

    @property
    def text(self) -> str:
        """The match in words: commitment, how it stood, bond, reason and who gave it."""
        template = "{commitment}: {relation}; {held}reason given by {coder} on {said}: {reason}"
        held = ""
        if self.held is not None:
            notice = f"; {MEMORY_NOTICE}" if MEMORY_NOTICE in self.held.notices else ""
            held = f"{self.held.label} ({self.held.bond.label}, {self.held.act} {self.held.since_text}{notice}); "
        return written(
            template,
            commitment=self.commitment,
            relation=guarded(self.relation.label),
            held=held,
            coder=self.coder,
            said=self.said,
            reason=self.reason.strip() or "none",
        )

    def to_json(self) -> dict[str, object]:
        """Return the match as JSON values."""
        return {
            "commitment": self.commitment,
            "relation": self.relation.value,
            "grey": self.grey,
            "held": None if self.held is None else self.held.to_json(),
            "reason": self.reason,
            "coder": self.coder,
            "said": self.said,
            "text": self.text,
        }


def matched(match: Match, code: str, when: Since | None, commitments: CommitmentsAt, as_of: date) -> MatchLine:
    """Return how the commitment of a match stood for a participant at the time that a claim gives.

    `when` runs from the first to the last day on which the thing can have happened.
    """
    relation, held = _relation(match, code, when, commitments, as_of)
    return MatchLine(
        commitment=match.commitment,
        relation=relation,
        held=held,
        reason=match.scope_reason,
        coder=match.coder,
        said=match.said,
    )


def unmatched(category: Category) -> str:
    """Return what a claim without a match says."""
    return UNMATCHED_ESPIONAGE if category == "espionage" else UNMATCHED


def _relation(
    match: Match, code: str, when: Since | None, commitments: CommitmentsAt, as_of: date
) -> tuple[Relation, InForce | None]:
    if not match.scope_reason.strip():
        return Relation.NO_REASON, None
    key = match.commitment
    if when is None:
        return Relation.TIME_UNKNOWN, _strongest(commitments(code, as_of), key)
    first = _strongest(commitments(code, when.earliest), key)
    last = _strongest(commitments(code, when.latest), key)
    if first is not None and first.bond in _HOLDING and _begun(first, when.earliest):
        # What had begun and is not certain, or not there any more on the last day, was or may have been withdrawn.
        stays = first.certain and last is not None and last.certain and last.bond in _HOLDING
        return (Relation.IN_FORCE if stays else Relation.PERHAPS_AFTER), first
    if last is not None and last.bond in _HOLDING:
        return Relation.PERHAPS_BEFORE, last
    if gone := falling_under(commitments(code, when.latest).withdrawn, key):
        already = falling_under(commitments(code, when.earliest).withdrawn, key)
        return (Relation.AFTER, already[0]) if already else (Relation.PERHAPS_AFTER, gone[0])
    now = commitments(code, as_of)
    later = _strongest(now, key) or next(iter(falling_under(now.withdrawn, key)), None)
    if last is not None and last.bond is not Bond.UNKNOWN:
        return (Relation.SIGNED_ONLY if last.bond is Bond.SIGNED_ONLY else Relation.NOT_BINDING), last
    if later is not None and later.bond is not Bond.UNKNOWN:
        # What was signed only after the act is before the signature too.
        return Relation.BEFORE, later
    return (Relation.NOT_HELD, None) if last is None and later is None else (Relation.UNKNOWN, last or later)


_HOLDING: Final = frozenset({Bond.BOUND, Bond.VOLUNTARY, Bond.VOICED})
# The strongest bond first, where one commitment is held in several ways.
_STRENGTH: Final = (
    *(Bond.BOUND, Bond.VOLUNTARY, Bond.VOICED, Bond.NOT_CONFIRMED, Bond.CONSENTED, Bond.SIGNED_ONLY, Bond.UNKNOWN),
)


def _begun(row: InForce, on: date) -> bool:
    """True where a commitment had begun by a day for certain; a bond without a day rests on a table that knows it."""
    return row.certain if row.since is None else row.since.began(on)


def _strongest(held: CommitmentsOn, key: str) -> InForce | None:
    """Return the strongest entry under a key, a certain one before an uncertain one."""
    entries = (*held.of(key), *falling_under(held.unknown, key))
    return min(entries, key=lambda row: (not row.certain, _STRENGTH.index(row.bond)), default=None)
