"""The rows of the law tables: one schema for every instrument.

Each table has one row type here, and every row carries source and grade. Paraphrases are the project's own words and
decide nothing: an officer reads the certified text. `register` loads the tables and holds their references to each
other.
"""

from dataclasses import dataclass
from datetime import date

from comity.law.entry import Delay, Threshold
from comity.law.measures import Measure
from comity.law.model import (
    Act,
    Channel,
    Confidence,
    CountOf,
    Covers,
    DirectWay,
    DualCriminality,
    Duty,
    Exposure,
    Family,
    GroundCode,
    InstrumentKind,
    Modality,
    ObligationCategory,
    Oral,
    Parties,
    ProfileAspect,
    ReasonClass,
    Requirement,
    Territories,
)
from comity.parties.table import Sourced


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument(Sourced):
    """A treaty or other ground of law, with its rules on entering into force and on leaving.

    `chart` is its name in the depositary's register, such as `untc:XVIII-16`; `parties_until` is the day up to which
    the tables hold the acts of its parties, None where they hold none.
    """

    key: str
    kind: InstrumentKind
    family: Family
    title: str
    short_title: str
    citation: str
    depositary: str | None
    chart: str | None
    parent: str | None
    adopted: date | None
    opened: date | None
    signature_closes: date | None
    in_force_since: date | None
    threshold: Threshold | None
    entry_provision: str | None
    treaty_delay: Delay | None
    party_delay: Delay | None
    withdrawal_provision: str | None
    withdrawal_delay: Delay | None
    parties: Parties
    parties_until: date | None
    territories: Territories | None
    scope: str

    def adopted_by(self, day: date) -> bool:
        """True when the instrument was there on a day, or when its beginnings are not known."""
        first = min((known for known in (self.adopted, self.opened, self.in_force_since) if known), default=None)
        return first is None or first <= day

    @property
    def beginning(self) -> str:
        """When it began, in words."""
        if self.adopted is not None:
            return f"it was adopted on {self.adopted}"
        return f"it was opened on {self.opened}" if self.opened else f"it is in force since {self.in_force_since}"

    @property
    def consents_needed(self) -> int | None:
        """How many consents bring it into force, where that is known."""
        return None if self.threshold is None else self.threshold.count


@dataclass(frozen=True, slots=True, kw_only=True)
class Provision(Sourced):
    """An article, or a part of one that another row needs to point to.

    `duty` is how strongly it holds a state, `parents` the clauses it descends from, such as `uncac 46(13)`, and `see`
    what it refers to.
    """

    instrument: str
    provision: str
    title: str
    paraphrase: str
    duty: Duty | None
    parents: tuple[str, ...]
    see: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrier(Sourced):
    """The provision of an instrument that carries a measure, and on what terms; the first channel is the usual one.

    `askers` may ask, `channels` receive; `oral` is None where it is not known whether the text lets a request be oral.
    """

    instrument: str
    measure: Measure
    provision: str
    duty: Duty
    askers: tuple[Channel, ...]
    channels: tuple[Channel, ...]
    channel_provision: str
    dual_criminality: DualCriminality
    dual_provision: str | None
    reservation_provision: str | None
    dual_note: str
    covers: tuple[Covers, ...]
    reach_provision: str
    reach: str
    oral: Oral | None
    language_provision: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentItem(Sourced):
    """One thing that a request must state; `key` is the member of the request's body that states it."""

    instrument: str
    measures: tuple[Measure, ...]
    provision: str
    key: str
    requirement: Requirement
    paraphrase: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground(Sourced):
    """One ground of refusal that an instrument gives for some measures."""

    instrument: str
    measures: tuple[Measure, ...]
    provision: str
    code: GroundCode
    modality: Modality
    exposure: Exposure
    paraphrase: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NonExecutionReason(Sourced):
    """One coded reason, other than a ground of refusal, why nothing or not everything came back."""

    code: str
    reason_class: ReasonClass
    paraphrase: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Action(Sourced):
    """One act of a participant towards an instrument.

    `on` is the day of the act; where it is not known, `known_by` is the day by which a source reported the act.
    `provision` is the article that a reservation, declaration or designation is about, `about` the territory or
    participant concerned. Two acts of one sort with different days state a disputed fact; both are kept.
    """

    instrument: str
    participant: str
    act: Act
    on: date | None
    known_by: date | None
    confidence: Confidence
    provision: str | None
    about: str | None
    note: str | None

    @property
    def when(self) -> str:
        """The day in words."""
        return f"on {self.on}" if self.on is not None else f"by {self.known_by}, day not seen"

    @property
    def seen_by(self) -> date:
        """The first day on which this act may be counted."""
        day = self.on if self.on is not None else self.known_by
        assert day is not None
        return day


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedCount(Sourced):
    """A total that a source reported without naming everyone behind it."""

    instrument: str
    of: CountOf
    count: int
    as_of: date
    confidence: Confidence
    note: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Conduct(Sourced):
    """A kind of conduct and the offence article of one instrument that describes it, if any does."""

    code: str
    label: str
    instrument: str
    provision: str | None
    paraphrase: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Obligation(Sourced):
    """One thing that a provision asks of a state that joins; `needs` names what the state must have."""

    instrument: str
    provision: str
    category: ObligationCategory
    duty: Duty
    needs: str
    paraphrase: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectAccess(Sourced):
    """A way to data for which no request to the other state is needed, for those whom the instrument binds."""

    instrument: str
    way: DirectWay
    measures: tuple[Measure, ...]
    provision: str
    paraphrase: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileEntry(Sourced):
    """One thing that a participant tells others about how to work with it, under one instrument or under any.

    `value` is read by the aspect: languages are ISO 639 codes, a period is like `24 hours` or `10 days`, the others
    are `yes`, `no` or a line of text.
    """

    participant: str
    instrument: str | None
    aspect: ProfileAspect
    value: str
    since: date | None
    note: str | None
