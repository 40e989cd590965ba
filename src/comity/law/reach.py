"""Whether a carrying provision reaches a kind of conduct, from what the tables and the two sides say of it.

A provision reaches offences of its own instrument, or evidence of other offences, some only when they are serious.
The texts call a crime serious by the maximum penalty and do not say by whose law; the two readings are kept apart
and neither is preferred. What is not stated stays unknown, and unknown is never taken for no.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from comity.errors import MalformedError
from comity.law.model import Covers
from comity.law.reason import Reason
from comity.parties.table import Grade

SERIOUS_YEARS = 4
_YEARS = re.compile(r"(?P<years>0|[1-9][0-9]{0,2})(?P<half>\.5)?", re.ASCII)

_HANOI = "A/RES/79/243, authentic Arabic text, articles 1 to 15"
_UNTOC = (
    "United Nations Convention against Transnational Organized Crime, "
    "English text in the Netherlands treaty database (BWBV0001668)"
)


_GROUP = {True: "stated", False: "stated not to be so", None: "not stated"}


class Answer(StrEnum):
    """What can be said to a question of fact or law."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class ReachAnswer(StrEnum):
    """Whether conduct is reached; `readings_differ`: one reading of the text says yes, the other says no."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"
    READINGS_DIFFER = "readings_differ"


# What several grounds of reach come to: the furthest that any of them goes.
_FURTHEST = (ReachAnswer.YES, ReachAnswer.READINGS_DIFFER, ReachAnswer.UNKNOWN, ReachAnswer.NO)


class PenaltyKind(StrEnum):
    """What a side states of the maximum penalty.

    `none`: the act is no offence there. `years`: it is one, with a maximum of so many years of custody; 0 is an
    offence without custody. `life`: custody for life or a graver penalty.
    """

    UNKNOWN = "unknown"
    NONE = "none"
    YEARS = "years"
    LIFE = "life"


@dataclass(frozen=True, slots=True, kw_only=True)
class Penalty:
    """The maximum penalty that one side states for the act, in half years of custody where it is a number."""

    kind: PenaltyKind
    half_years: int | None = None

    @property
    def offence(self) -> bool | None:
        """Whether the act is an offence there; None when that side states nothing."""
        return None if self.kind is PenaltyKind.UNKNOWN else self.kind is not PenaltyKind.NONE

    @property
    def text(self) -> str:
        """The penalty as it is written."""
        if self.half_years is None:
            return self.kind.value
        return f"{self.half_years // 2}{'.5' if self.half_years % 2 else ''}"

    @property
    def sentence(self) -> str:
        """The penalty in words."""
        if self.half_years is not None:
            return f"a maximum of {self.text} years of custody" if self.half_years else "an offence without custody"
        return {
            PenaltyKind.LIFE: "custody for life or a graver penalty",
            PenaltyKind.NONE: "no offence",
        }.get(self.kind, "no stated penalty")

    def reaches(self, years: int) -> Answer:
        """Say whether the maximum is at least so many years of custody."""
        if self.kind is PenaltyKind.UNKNOWN:
            return Answer.UNKNOWN
        long_enough = self.kind is PenaltyKind.LIFE or (self.half_years is not None and self.half_years >= 2 * years)
        return Answer.YES if long_enough else Answer.NO


UNKNOWN_PENALTY = Penalty(kind=PenaltyKind.UNKNOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Penalties:
    """What the two sides state for the same act."""

    asker: Penalty = UNKNOWN_PENALTY
    asked: Penalty = UNKNOWN_PENALTY

    def to_json(self) -> dict[str, str]:
        """Return both as they are written."""
        return {"asker": self.asker.text, "asked": self.asked.text}


NO_PENALTIES = Penalties()


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriousCrime:
    """Whether the act is a serious crime, by each reading of a definition that does not say whose law decides."""

    by_asker: Answer
    by_both: Answer

    @property
    def answer(self) -> ReachAnswer:
        """The one answer, where the readings agree; unknown as long as either of them is."""
        if self.by_asker is self.by_both:
            return ReachAnswer(self.by_asker.value)
        if Answer.UNKNOWN in {self.by_asker, self.by_both}:
            return ReachAnswer.UNKNOWN
        return ReachAnswer.READINGS_DIFFER

    @property
    def sentence(self) -> str:
        """Both readings in words."""
        return f"serious crime: {self.by_asker} by the asker's law alone, {self.by_both} by the laws of both"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """The answer for one provision with a reason for each thing that it covers; `serious` where seriousness counts."""

    answer: ReachAnswer
    serious: SeriousCrime | None
    reasons: tuple[Reason, ...]

    def to_json(self) -> dict[str, object]:
        """Return the answer as JSON values."""
        serious = self.serious
        return {
            "answer": self.answer.value,
            "serious_crime": (
                None if serious is None else {"by_asker": serious.by_asker.value, "by_both": serious.by_both.value}
            ),
            "reasons": [reason.to_json() for reason in self.reasons],
        }


def parse_penalty(text: str) -> Penalty:
    """Read `5` or `3.5` years, `life`, `none` for no offence, or `unknown`.

    Years are whole or half ones up to 999; a text that states months is turned into them by whoever states it.

    Raises:
        MalformedError: it is written otherwise.
    """
    match = _YEARS.fullmatch(text)
    if match is not None:
        return Penalty(kind=PenaltyKind.YEARS, half_years=2 * int(match["years"]) + (match["half"] is not None))
    if text == PenaltyKind.YEARS or text not in set(PenaltyKind):
        raise MalformedError(
            f"penalty {text!r} must be whole or half years such as 5 or 3.5, or life, none (no offence) or unknown"
        )
    return Penalty(kind=PenaltyKind(text))


def serious_crime(asker: Penalty, asked: Penalty) -> SeriousCrime:
    """Say whether an act with these maximum penalties is a serious crime: four years or more."""
    by_asker, by_asked = asker.reaches(SERIOUS_YEARS), asked.reaches(SERIOUS_YEARS)
    sides = {by_asker, by_asked}
    both = Answer.YES if sides == {Answer.YES} else Answer.NO if Answer.NO in sides else Answer.UNKNOWN
    return SeriousCrime(by_asker=by_asker, by_both=both)


def reach(
    covers: tuple[Covers, ...],
    *,
    own_offence: bool | None,
    penalties: Penalties | None = None,
    organised: bool | None = None,
) -> Reach:
    """Say whether a provision that covers these things reaches the conduct.

    `own_offence` says whether an offence article of the instrument describes the conduct, None when no conduct is
    stated. `organised` says whether the act is transnational and involves an organised criminal group.
    """
    stated = penalties if penalties is not None else Penalties()
    serious = serious_crime(stated.asker, stated.asked)
    judged = [_judge(kind, stated, serious, own_offence=own_offence, organised=organised) for kind in covers]
    answers = {answer for answer, _ in judged}
    counts = {Covers.ELECTRONIC_EVIDENCE_SERIOUS, Covers.SERIOUS_ORGANISED} & set(covers)
    return Reach(
        answer=next((answer for answer in _FURTHEST if answer in answers), ReachAnswer.UNKNOWN),
        serious=serious if counts else None,
        reasons=tuple(reason for _, reason in judged),
    )


def _judge(
    kind: Covers, penalties: Penalties, serious: SeriousCrime, *, own_offence: bool | None, organised: bool | None
) -> tuple[ReachAnswer, Reason]:
    match kind:
        case Covers.OWN_OFFENCES:
            return _own("own_offence", "an offence of the instrument", own_offence=own_offence)
        case Covers.OWN_ORGANISED:
            own, reason = _own("own_offence", "an offence of the instrument", own_offence=own_offence)
            answer = _with_group(own, organised=organised)
            return answer, Reason(
                code=f"own_organised_{answer}",
                text=f"{reason.text}; the case must be transnational and involve an organised criminal group "
                f"({_GROUP[organised]})",
                provision="3(1)",
                source=_UNTOC,
                grade=Grade.TEXT,
                grade_detail=Grade.TEXT.value,
            )
        case Covers.PROCEEDS:
            return _own("proceeds", "proceeds of an offence of the instrument", own_offence=own_offence)
        case Covers.ELECTRONIC_EVIDENCE:
            return _any_offence(penalties, "electronic_evidence", "evidence in electronic form of any criminal offence")
        case Covers.ANY_OFFENCE:
            return _any_offence(penalties, "any_offence", "any criminal offence")
        case Covers.ELECTRONIC_EVIDENCE_SERIOUS:
            return serious.answer, Reason(
                code=f"serious_crime_{serious.answer}",
                text=(
                    f"evidence in electronic form of a crime with a maximum of {SERIOUS_YEARS} years or more; "
                    f"the text does not say by whose law; {serious.sentence}"
                ),
                provision="2(h)",
                source=_HANOI,
                grade=Grade.TEXT,
                grade_detail=Grade.TEXT.value,
            )
        case Covers.SERIOUS_ORGANISED:
            answer = _with_group(serious.answer, organised=organised)
            return answer, Reason(
                code=f"serious_organised_{answer}",
                text=(
                    f"a crime with a maximum of {SERIOUS_YEARS} years or more that is transnational and involves an "
                    f"organised criminal group ({_GROUP[organised]}); {serious.sentence}"
                ),
                provision="3(1)(b)",
                source=_UNTOC,
                grade=Grade.TEXT,
                grade_detail=Grade.TEXT.value,
            )
        case _:
            assert_never(kind)


def _own(code: str, what: str, *, own_offence: bool | None) -> tuple[ReachAnswer, Reason]:
    if own_offence is None:
        answer, text = ReachAnswer.UNKNOWN, f"covers {what}; no conduct is stated"
    elif own_offence:
        answer, text = ReachAnswer.YES, f"covers {what}, and an article of it describes the conduct"
    else:
        answer, text = ReachAnswer.NO, f"covers {what}, but no article of it describes the conduct"
    return answer, Reason(code=f"{code}_{answer}", text=text)


def _any_offence(penalties: Penalties, code: str, what: str) -> tuple[ReachAnswer, Reason]:
    """Who asks investigates an offence of its own law, unless it states that the act is none."""
    if penalties.asker.offence is False:
        answer, text = ReachAnswer.NO, f"covers {what}, but the act is stated to be none in the asker's law"
    else:
        answer, text = ReachAnswer.YES, f"covers {what}, which the request has to state"
    return answer, Reason(code=f"{code}_{answer}", text=text)


def _with_group(serious: ReachAnswer, *, organised: bool | None) -> ReachAnswer:
    if organised is False or serious is ReachAnswer.NO:
        return ReachAnswer.NO
    return serious if organised else ReachAnswer.UNKNOWN
