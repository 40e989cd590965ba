"""The rows of the law tables: one schema for every instrument.

Each table of `reference/` has one row type here, and every row carries source and grade. Paraphrases are the
project's own words and decide nothing: an officer reads the certified text. `register` loads the tables and holds
their references to each other.
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from comity.errors import MalformedError
from comity.law.measures import Measure
from comity.parties.table import Sourced

# An article, then its paragraphs and letters: 29, 29(2), 29(2)(a).
_PROVISION = re.compile(r"[1-9][0-9]{0,2}(\([1-9][0-9]?\))?(\([a-z]\))?", re.ASCII)
_DELAY = re.compile(r"(?P<count>[1-9][0-9]{0,3}) (?P<unit>days|months then first of month)", re.ASCII)
_MONTHS = 12


class InstrumentKind(StrEnum):
    """What sort of legal ground an instrument is."""

    TREATY = "treaty"
    PROTOCOL = "protocol"
    ARRANGEMENT = "arrangement"
    RECIPROCITY = "reciprocity"


class Act(StrEnum):
    """What a participant did towards an instrument."""

    SIGNATURE = "signature"
    RATIFICATION = "ratification"
    ACCEPTANCE = "acceptance"
    APPROVAL = "approval"
    ACCESSION = "accession"
    SUCCESSION = "succession"

    @property
    def binds(self) -> bool:
        """True for every act that expresses consent to be bound; a signature alone does not."""
        return self is not Act.SIGNATURE


class Confidence(StrEnum):
    """How an act is known: from a register, from a report about it, or from memory; strongest first."""

    CONFIRMED = "confirmed"
    REPORTED = "reported"
    MEMORY = "memory"


class Duty(StrEnum):
    """How strongly the asked participant is held to answer."""

    SHALL = "shall"
    ENDEAVOUR = "endeavour"
    MAY = "may"


class Channel(StrEnum):
    """Which body of the asked participant a request goes to: the competence that its authority needs."""

    CONTACT_POINT = "contact_point"
    CENTRAL_AUTHORITY = "central_authority"

    @property
    def label(self) -> str:
        """The channel in words."""
        return {"contact_point": "24/7 contact point", "central_authority": "central authority"}[self.value]


class DualCriminality(StrEnum):
    """Whether the conduct must be an offence in both places."""

    NOT_A_CONDITION = "not_a_condition"
    NOT_A_CONDITION_SAVE_RESERVATION = "not_a_condition_save_reservation"
    MAY_BE_REQUIRED = "may_be_required"
    NOT_APPLICABLE = "not_applicable"


class Requirement(StrEnum):
    """Why a request has to state something.

    `listed`: the text lists it. `when_available`: the text lists it as far as it is known, and "unknown" is an
    answer. `when_appropriate`: the text leaves it to the asker. `implied`: no list names it, but the provision
    cannot be applied without it.
    """

    LISTED = "listed"
    WHEN_AVAILABLE = "when_available"
    WHEN_APPROPRIATE = "when_appropriate"
    IMPLIED = "implied"


class GroundCode(StrEnum):
    """The grounds on which an instrument lets the asked participant refuse."""

    POLITICAL_OFFENCE = "political_offence"
    ESSENTIAL_INTERESTS = "essential_interests"
    PERSECUTION = "persecution"
    DUAL_CRIMINALITY = "dual_criminality"
    DOMESTIC_LAW = "domestic_law"
    NOT_IN_CONFORMITY = "not_in_conformity"
    BARRED_DOMESTICALLY = "barred_domestically"
    CONTRARY_TO_SYSTEM = "contrary_to_system"
    DATA_PROTECTION = "data_protection"
    DE_MINIMIS = "de_minimis"
    AVAILABLE_ELSEWHERE = "available_elsewhere"


class Modality(StrEnum):
    """How a ground works."""

    MAY_REFUSE = "may_refuse"
    NO_DUTY = "no_duty"
    BY_RESERVATION = "by_reservation"


class Exposure(StrEnum):
    """Whether naming a ground in public could expose the person concerned; those that do appear as one class."""

    EXPOSES_PERSON = "exposes_person"
    PLAIN = "plain"


class ReasonClass(StrEnum):
    """Answers that are not refusals: nothing could be done, or the request was not in form."""

    IN_FACT = "in_fact"
    FORMAL_DEFECT = "formal_defect"
    BY_CUSTODIAN = "by_custodian"


class CountOf(StrEnum):
    """What a reported total counts."""

    SIGNATORIES = "signatories"
    CONSENTS = "consents"


def check_provision(text: str) -> str:
    """Return a provision such as `29`, `29(2)` or `29(2)(a)`.

    Raises:
        MalformedError: it is written otherwise.
    """
    if _PROVISION.fullmatch(text) is None:
        raise MalformedError(f"provision {text!r} must be an article with paragraph and letter, such as 29(2)(a)")
    return text


def without_letter(provision: str) -> str:
    """Return the article or paragraph to which a provision with a letter belongs."""
    return re.sub(r"\([a-z]\)$", "", provision)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delay:
    """The time between a deposit and its effect, in days or in the manner of the Council of Europe."""

    count: int
    first_of_month: bool

    def after(self, day: date) -> date:
        """Return the day on which an act of `day` takes effect."""
        if not self.first_of_month:
            return day + timedelta(days=self.count)
        # The first day of the month following the expiry of `count` months: the day of the month plays no part,
        # because a period that began on any day of a month expires within the month `count` later.
        months = day.year * _MONTHS + (day.month - 1) + self.count + 1
        return date(months // _MONTHS, months % _MONTHS + 1, 1)


def parse_delay(text: str) -> Delay:
    """Read `90 days` or `3 months then first of month`.

    Raises:
        MalformedError: it is written otherwise.
    """
    match = _DELAY.fullmatch(text)
    if match is None:
        raise MalformedError(f"delay {text!r} must be like '90 days' or '3 months then first of month'")
    return Delay(count=int(match["count"]), first_of_month=match["unit"] != "days")


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument(Sourced):
    """A treaty or other ground that can carry a request, with its rule on entry into force."""

    key: str
    kind: InstrumentKind
    title: str
    short_title: str
    citation: str
    adopted: date | None
    opened: date | None
    signature_closes: date | None
    in_force_since: date | None
    consents_needed: int | None
    entry_provision: str
    treaty_delay: Delay
    party_delay: Delay


@dataclass(frozen=True, slots=True, kw_only=True)
class Provision(Sourced):
    """An article, or a part of one that another row needs to point to."""

    instrument: str
    provision: str
    title: str
    paraphrase: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrier(Sourced):
    """The provision of an instrument that carries a measure, and on what terms; the first channel is the usual one."""

    instrument: str
    measure: Measure
    provision: str
    duty: Duty
    channels: tuple[Channel, ...]
    channel_provision: str
    dual_criminality: DualCriminality
    dual_provision: str | None
    reservation_provision: str | None
    dual_note: str
    reach_provision: str
    reach: str


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
    """

    instrument: str
    participant: str
    act: Act
    on: date | None
    known_by: date | None
    confidence: Confidence
    note: str | None

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
