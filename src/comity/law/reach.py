"""Whether a carrying provision reaches a kind of conduct, from what the tables and the two sides say of it.

A provision reaches offences of its own instrument, or evidence of other offences, some only when they are serious.
The texts call a crime serious by the maximum penalty and do not say by whose law; the two readings are kept apart
and neither is preferred. What is not stated stays unknown, and unknown is never taken for no.

What a provision covers is said by its row, which every reason cites; whether an article describes the conduct, by the
row of the conduct. A reason rests on the weaker of the two.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from comity.errors import MalformedError
from comity.law.elements import weakest
from comity.law.model import Covers
from comity.law.reason import Reason, graded
from comity.law.rows import Carrier, Conduct

SERIOUS_YEARS = 4
_YEARS = re.compile(r"(?P<years>0|[1-9][0-9]{0,2})(?P<half>\.5)?", re.ASCII)
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
    """The answer for one provision, and for each thing that it covers; `serious` where seriousness counts."""

    answer: ReachAnswer
    serious: SeriousCrime | None
    judged: tuple[tuple[ReachAnswer, Reason], ...]

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """The reason for each thing that is covered."""
        return tuple(reason for _, reason in self.judged)

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
    conduct_stated: bool = False,
    carrier: Carrier | None = None,
    conduct: Conduct | None = None,
) -> Reach:
    """Say whether a provision that covers these things reaches the conduct.

    `own_offence` says whether an offence article of the instrument describes the conduct, None when that is not known.
    `organised` says whether the act is transnational and involves an organised criminal group. `carrier` and `conduct`
    are the rows that say so, of the provision and of the conduct stated.
    """
    stated = penalties if penalties is not None else Penalties()
    case = _Case(
        own_offence=own_offence,
        penalties=stated,
        serious=serious_crime(stated.asker, stated.asked),
        organised=organised,
        conduct_stated=conduct_stated or conduct is not None or own_offence is not None,
        carrier=carrier,
        conduct=conduct,
    )
    judged = [case.judge(kind) for kind in covers]
    answers = {answer for answer, _ in judged}
    counts = {Covers.ELECTRONIC_EVIDENCE_SERIOUS, Covers.SERIOUS_ORGANISED} & set(covers)
    return Reach(
        answer=next((answer for answer in _FURTHEST if answer in answers), ReachAnswer.UNKNOWN),
        serious=case.serious if counts else None,
        judged=tuple(judged),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """What is known of the conduct and of the provision, for a judgement of each thing that it covers."""

    own_offence: bool | None
    penalties: Penalties
    serious: SeriousCrime
    organised: bool | None
    conduct_stated: bool
    carrier: Carrier | None
    conduct: Conduct | None

    def judge(self, kind: Covers) -> tuple[ReachAnswer, Reason]:
        """Return whether one thing that is covered reaches the conduct, and why."""
        match kind:
            case Covers.OWN_OFFENCES:
                return self._own("own_offence", "an offence of the instrument")
            case Covers.OWN_ORGANISED:
                return self._own_organised()
            case Covers.PROCEEDS:
                return self._own("proceeds", "proceeds of an offence of the instrument")
            case Covers.ELECTRONIC_EVIDENCE:
                return self._any("electronic_evidence", "evidence in electronic form of any criminal offence")
            case Covers.ANY_OFFENCE:
                return self._any("any_offence", "any criminal offence")
            case Covers.ELECTRONIC_EVIDENCE_SERIOUS:
                text = (
                    f"evidence in electronic form of a crime with a maximum of {SERIOUS_YEARS} years or more; "
                    f"the text does not say by whose law; {self.serious.sentence}"
                )
                return self.serious.answer, self._reason(f"serious_crime_{self.serious.answer}", text)
            case Covers.SERIOUS_ORGANISED:
                answer = self._with_group(self.serious.answer)
                text = (
                    f"a crime with a maximum of {SERIOUS_YEARS} years or more that is transnational and involves an "
                    f"organised criminal group ({_GROUP[self.organised]}); {self.serious.sentence}"
                )
                return answer, self._reason(f"serious_organised_{answer}", text)
            case _:
                assert_never(kind)

    def _own(self, code: str, what: str) -> tuple[ReachAnswer, Reason]:
        answer, text = self._described(what)
        return answer, self._reason(f"{code}_{answer}", text, own=True)

    def _own_organised(self) -> tuple[ReachAnswer, Reason]:
        own, described = self._described("an offence of the instrument")
        answer = self._with_group(own)
        text = (
            f"{described}; the case must be transnational and involve an organised criminal group "
            f"({_GROUP[self.organised]})"
        )
        return answer, self._reason(f"own_organised_{answer}", text, own=True)

    def _described(self, what: str) -> tuple[ReachAnswer, str]:
        if self.own_offence is not None:
            if self.own_offence:
                return ReachAnswer.YES, f"covers {what}, and an article of it describes the conduct"
            return ReachAnswer.NO, f"covers {what}, but no article of it describes the conduct"
        if not self.conduct_stated:
            return ReachAnswer.UNKNOWN, f"{what}; no conduct is stated"
        why = "is in no row of the tables" if self.conduct is None else "rests on memory"
        return ReachAnswer.UNKNOWN, f"{what}; whether an article of it describes the conduct {why}"

    def _any(self, code: str, what: str) -> tuple[ReachAnswer, Reason]:
        """Who asks investigates an offence of its own law, unless it states that the act is none."""
        if self.penalties.asker.offence is False:
            answer, text = ReachAnswer.NO, f"covers {what}, but the act is stated to be none in the asker's law"
        else:
            answer, text = ReachAnswer.YES, f"covers {what}, which the request has to state"
        return answer, self._reason(f"{code}_{answer}", text)

    def _with_group(self, serious: ReachAnswer) -> ReachAnswer:
        if self.organised is False or serious is ReachAnswer.NO:
            return ReachAnswer.NO
        return serious if self.organised else ReachAnswer.UNKNOWN

    def _reason(self, code: str, text: str, *, own: bool = False) -> Reason:
        rows: list[Carrier | Conduct] = []
        if self.carrier is not None:
            rows.append(self.carrier)
        if own and self.conduct is not None:
            rows.append(self.conduct)
        if not rows:
            return Reason(code=code, text=text)
        row = weakest(rows)
        provision = row.reach_provision if isinstance(row, Carrier) else row.provision
        return graded(row, code=code, text=text, provision=provision)
