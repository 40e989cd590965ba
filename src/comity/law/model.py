"""The vocabulary of the law tables: what an instrument is, what was done towards it, and on what terms it carries.

The values are those that the tables write. `rows` has the rows, `tables` reads them, `register` holds them together.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from comity.errors import MalformedError

# An article, then its paragraphs and letters: 29, 29(2), 29(2)(a).
_PROVISION = re.compile(r"[1-9][0-9]{0,2}(\([1-9][0-9]?\))?(\([a-z]\))?", re.ASCII)


class InstrumentKind(StrEnum):
    """What sort of legal text an instrument is; reciprocity is none, and carries a request all the same."""

    TREATY = "treaty"
    PROTOCOL = "protocol"
    ARRANGEMENT = "arrangement"
    RECIPROCITY = "reciprocity"


class Family(StrEnum):
    """What an instrument is about: assistance between authorities, or the sea and what lies on its bed."""

    ASSISTANCE = "assistance"
    SEA = "sea"


class Parties(StrEnum):
    """How much of an instrument's list of parties the tables hold; reciprocity has none."""

    LOADED = "loaded"
    PARTIAL = "partial"
    NOT_LOADED = "not_loaded"
    NONE = "none"


class Territories(StrEnum):
    """Whether an instrument lets a state name the territories to which it applies, or says nothing of them."""

    DECLARED = "declared"
    SILENT = "silent"


class ActSort(StrEnum):
    """The sorts of act: those of one sort by one participant state the same fact, or dispute it."""

    SIGNATURE = "signature"
    CONSENT = "consent"
    WITHDRAWAL = "withdrawal"
    TERRITORY = "territory"
    REMARK = "remark"


class Act(StrEnum):
    """What a participant did towards an instrument."""

    SIGNATURE = "signature"
    RATIFICATION = "ratification"
    ACCEPTANCE = "acceptance"
    APPROVAL = "approval"
    ACCESSION = "accession"
    SUCCESSION = "succession"
    DEFINITIVE_SIGNATURE = "definitive_signature"
    FORMAL_CONFIRMATION = "formal_confirmation"
    WITHDRAWAL = "withdrawal"
    TERRITORIAL_APPLICATION = "territorial_application"
    TERRITORIAL_EXCLUSION = "territorial_exclusion"
    RESERVATION = "reservation"
    WITHDRAWAL_OF_RESERVATION = "withdrawal_of_reservation"
    DECLARATION = "declaration"
    OBJECTION = "objection"
    DESIGNATION = "designation"

    @property
    def sort(self) -> ActSort:
        """The sort of fact that the act states."""
        return _SORTS.get(self, ActSort.CONSENT)

    @property
    def binds(self) -> bool:
        """True for every act that expresses consent to be bound; a signature alone does not."""
        return self.sort is ActSort.CONSENT

    @property
    def label(self) -> str:
        """The act in words."""
        return self.value.replace("_", " ")


_SORTS: Mapping[Act, ActSort] = MappingProxyType(
    {
        Act.SIGNATURE: ActSort.SIGNATURE,
        Act.WITHDRAWAL: ActSort.WITHDRAWAL,
        Act.TERRITORIAL_APPLICATION: ActSort.TERRITORY,
        Act.TERRITORIAL_EXCLUSION: ActSort.TERRITORY,
        Act.RESERVATION: ActSort.REMARK,
        Act.WITHDRAWAL_OF_RESERVATION: ActSort.REMARK,
        Act.DECLARATION: ActSort.REMARK,
        Act.OBJECTION: ActSort.REMARK,
        Act.DESIGNATION: ActSort.REMARK,
    }
)


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
    """Which body asks or is asked: the competence that an authority needs for a request."""

    CONTACT_POINT = "contact_point"
    CENTRAL_AUTHORITY = "central_authority"
    JUDICIAL_AUTHORITY = "judicial_authority"
    POLICE = "police"
    DIPLOMATIC = "diplomatic"

    @property
    def label(self) -> str:
        """The channel in words."""
        special = {"contact_point": "24/7 contact point", "diplomatic": "diplomatic channel"}
        return special.get(self.value, self.value.replace("_", " "))


class Covers(StrEnum):
    """What conduct a carrying provision reaches; a provision may reach several."""

    OWN_OFFENCES = "own_offences"
    OWN_ORGANISED = "own_organised"
    ELECTRONIC_EVIDENCE = "electronic_evidence"
    ELECTRONIC_EVIDENCE_SERIOUS = "electronic_evidence_serious"
    SERIOUS_ORGANISED = "serious_organised"
    ANY_OFFENCE = "any_offence"
    PROCEEDS = "proceeds"


class Oral(StrEnum):
    """Whether the text lets a request be made by word of mouth."""

    YES = "yes"
    URGENT_IF_AGREED = "urgent_if_agreed"
    NO = "no"


class DualCriminality(StrEnum):
    """Whether the conduct must be an offence in both places."""

    NOT_A_CONDITION = "not_a_condition"
    NOT_A_CONDITION_SAVE_RESERVATION = "not_a_condition_save_reservation"
    MAY_BE_REQUIRED = "may_be_required"
    REQUIRED = "required"
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
    FISCAL_OFFENCE = "fiscal_offence"
    MILITARY_OFFENCE = "military_offence"
    NE_BIS_IN_IDEM = "ne_bis_in_idem"
    LAPSE_OF_TIME = "lapse_of_time"
    IMMUNITY = "immunity"


class Modality(StrEnum):
    """How a ground works."""

    MAY_REFUSE = "may_refuse"
    NO_DUTY = "no_duty"
    SHALL_REFUSE = "shall_refuse"
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


class ObligationCategory(StrEnum):
    """What a state that joins must have or do."""

    LAW = "law"
    AUTHORITY = "authority"
    LANGUAGE = "language"
    CONTACT_POINT = "contact_point"
    SAFEGUARD = "safeguard"
    NOTIFICATION = "notification"
    PRACTICE = "practice"


class DirectWay(StrEnum):
    """How data is reached without a request to the state where it lies."""

    PUBLIC_DATA = "public_data"
    CONSENT = "consent"
    PROVIDER_ORDER = "provider_order"
    REGISTRATION_DATA = "registration_data"


class ProfileAspect(StrEnum):
    """What a participant tells others about how to work with it."""

    LANGUAGE = "language"
    CHANNEL = "channel"
    ORAL = "oral"
    ANSWERS_WITHIN = "answers_within"
    DUAL_CRIMINALITY = "dual_criminality"
    RECIPROCITY = "reciprocity"
    USE_LIMIT = "use_limit"
    NOTICE_TO_USER = "notice_to_user"
    SIGNATURE = "signature"
    ENCRYPTION = "encryption"


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


def article_of(provision: str) -> str:
    """Return the article in which a provision lies, such as 29 for `29(2)(a)`."""
    return provision.partition("(")[0]


def lies_within(provision: str, whole: str) -> bool:
    """Whether a provision is another one, or a paragraph or letter of it."""
    return provision == whole or provision.startswith(f"{whole}(")


def without_letter(provision: str) -> str:
    """Return the article or paragraph to which a provision with a letter belongs."""
    return re.sub(r"\([a-z]\)$", "", provision)
