"""What a participant's own acts come to on a day: bound, consented, signed, left, or disputed.

Acts fall into spells: consents, then the withdrawals that end them, then perhaps consents again. Within a spell the
acts that are best known decide; where several of one strength differ, each is a version, and the participant is bound
only if it is in every version. Only a withdrawal that is confirmed ends anything; one that is reported or remembered
leaves the standing disputed once it would have taken effect.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from itertools import combinations, product

from comity.law.model import Act, ActSort, Confidence
from comity.law.rows import Action

# The confidences, strongest first.
STRENGTH = tuple(Confidence)


class Standing(StrEnum):
    """Where a participant stands towards an instrument.

    `excluded`: a territory to which its state said that the instrument does not apply. `presumed`: a territory that no
    declaration names, whose responsible state is a party. `disputed`: sources of one strength differ so that it is
    bound by some of them only. `not_loaded`: the tables hold no list of parties.
    """

    PARTY = "party"
    CONSENTED = "consented"
    SIGNATORY = "signatory"
    WITHDRAWN = "withdrawn"
    EXCLUDED = "excluded"
    PRESUMED = "presumed"
    DISPUTED = "disputed"
    NOT_LOADED = "not_loaded"
    NONE = "none"

    @property
    def label(self) -> str:
        """The standing in words."""
        return {"none": "no act loaded", "not_loaded": "parties not loaded"}.get(self.value, self.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute:
    """Acts that contradict each other: different days of one fact, or a withdrawal that only some sources know."""

    sort: ActSort
    versions: tuple[Action, ...]

    @property
    def sentence(self) -> str:
        """Every version with its source."""
        return f"disputed {self.sort}: " + "; ".join(
            f"{row.act.label} {row.when} ({row.confidence}, {row.source})" for row in self.versions
        )


@dataclass(slots=True)
class Spell:
    """A time as a party, or on the way to it: the consents that begin it and the confirmed withdrawals that end it."""

    consents: list[Action] = field(default_factory=list)
    withdrawals: list[Action] = field(default_factory=list)

    @property
    def versions(self) -> list[Action]:
        """The consents that are best known."""
        return strongest(self.consents)


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """What the acts come to; `deciding` is the act on which it rests, None where there is none."""

    standing: Standing
    since: date | None
    until: date | None
    deciding: Action | None
    disputes: tuple[Dispute, ...]


def spells_of(acts: Iterable[Action]) -> list[Spell]:
    """Return the spells that acts form, in the order of time; acts of one day count consents first."""
    spells = [Spell()]
    ordered = sorted(acts, key=lambda act: (act.seen_by, act.act is Act.WITHDRAWAL))
    for act in ordered:
        if act.act.binds:
            if spells[-1].withdrawals:
                spells.append(Spell())
            spells[-1].consents.append(act)
        elif act.act is Act.WITHDRAWAL and act.confidence is Confidence.CONFIRMED:
            spells[-1].withdrawals.append(act)
    return spells


def membership(
    acts: tuple[Action, ...],
    on: date,
    *,
    since: Callable[[Action], date | None],
    leaves: Callable[[Action], date],
) -> Membership:
    """Return what acts come to on a day.

    `since` gives the day from which a consent binds, None while that is not known; `leaves` the day on which a
    withdrawal takes effect.
    """
    spells = spells_of(acts)
    signatures = [act for act in acts if act.act.sort is ActSort.SIGNATURE]
    last, before = spells[-1], spells[-2] if len(spells) > 1 else None
    standing, spell = _bound_by(last, on, since, leaves), last
    if standing is None and before is not None:
        standing, spell = _bound_by(before, on, since, leaves), before
    if standing is None:
        spell = last
        standing = _unbound(last, signatures)
    versions = spell.versions
    deciding = next(iter(versions or strongest(signatures) or spell.withdrawals), None)
    disputes = [*_disputes(spell.consents), *_disputes(signatures), *_disputes(spell.withdrawals)]
    unsure = _unsure_withdrawals(acts, spell, on, leaves)
    if unsure and standing is Standing.PARTY:
        standing = Standing.DISPUTED
        disputes.append(Dispute(sort=ActSort.WITHDRAWAL, versions=(*versions, *unsure)))
    days = [since(act) for act in versions]
    return Membership(
        standing=standing,
        since=None if not days or None in days else max(day for day in days if day is not None),
        until=min((leaves(act) for act in spell.withdrawals), default=None),
        deciding=deciding,
        disputes=tuple(disputes),
    )


def strongest(acts: list[Action]) -> list[Action]:
    """Return the acts that are best known, of which more than one may state different days."""
    if not acts:
        return []
    best = min((act.confidence for act in acts), key=STRENGTH.index)
    return [act for act in acts if act.confidence is best]


def contradict(one: Action, other: Action) -> bool:
    """Whether two acts of one sort cannot both be so: two different days, or a day after that by which it was done."""
    if one.on is not None and other.on is not None:
        return one.on != other.on
    if one.on is None and other.on is None:
        return False
    day, by = (one.on, other.known_by) if one.on is not None else (other.on, one.known_by)
    assert day is not None
    assert by is not None
    return day > by


def _bound_by(
    spell: Spell, on: date, since: Callable[[Action], date | None], leaves: Callable[[Action], date]
) -> Standing | None:
    """Return party, disputed, or None where no version binds on the day."""
    ends: list[date | None] = [leaves(act) for act in spell.withdrawals] or [None]
    bound = [
        begins is not None and begins <= on and (end is None or on < end)
        for begins, end in product([since(act) for act in spell.versions], ends)
    ]
    if bound and all(bound):
        return Standing.PARTY
    return Standing.DISPUTED if any(bound) else None


def _unbound(spell: Spell, signatures: list[Action]) -> Standing:
    if spell.withdrawals:
        return Standing.WITHDRAWN
    if spell.consents:
        return Standing.CONSENTED
    return Standing.SIGNATORY if signatures else Standing.NONE


def _unsure_withdrawals(
    acts: tuple[Action, ...], spell: Spell, on: date, leaves: Callable[[Action], date]
) -> list[Action]:
    begun = max((act.seen_by for act in spell.versions), default=date.min)
    return [
        act
        for act in acts
        if act.act is Act.WITHDRAWAL
        and act.confidence is not Confidence.CONFIRMED
        and act.seen_by >= begun
        and leaves(act) <= on
    ]


def _disputes(acts: list[Action]) -> Iterable[Dispute]:
    if any(contradict(one, other) for one, other in combinations(acts, 2)):
        yield Dispute(sort=acts[0].act.sort, versions=tuple(acts))
