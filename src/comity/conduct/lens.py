"""A lens that can be switched on: graded claims and denials seen as an opinion of subjective logic.

It is off everywhere until a reader asks for it, and what it shows carries the label `a lens, not a finding`, its inputs
and its assumptions. It never yields one number: belief, disbelief and uncertainty stand beside each other, so that no
evidence and balanced evidence look different.

- An opinion is held as evidence for and against, in exact fractions; belief is for / (for + against + 2), and so on.
  So belief, disbelief and uncertainty sum to exactly 1, and the order of claims changes nothing.
- A claim weighs by its grade alone: the share of the eighteen questions answered yes, as a mean over coders. A claim
  that nobody graded weighs nothing. Neither words such as "likely" nor letters such as "B2" weigh anything, nor does a
  grading by anybody who makes claims about the operation.
- Within a cluster of claims that depend on each other the evidence of each side is averaged, so that a copy adds
  nothing and a denial takes nothing from what it denies; across clusters it is summed and capped at a ceiling.
- A denial raises disbelief only by its own grade. An ungraded denial is shown, and weighs nothing.
- The base rate is one half for everybody. Nothing that was ever said of a state enters it.

The operations are those of A. Jøsang, Subjective Logic (2016), for opinions that are never certain.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby
from typing import Final, Literal

from comity.conduct.admission import folded
from comity.conduct.grading import ClaimGrade, grade_of, load_questions
from comity.conduct.statements import Level
from comity.conduct.verbs import guarded, written
from comity.conduct.view import OperationView, shown_name
from comity.errors import MalformedError, PolicyError

LABEL: Final = "a lens, not a finding"
BASE_RATE: Final = Fraction(1, 2)
# How much evidence weighs as much as knowing nothing; the usual value for an opinion about yes or no.
_UNKNOWN: Final = 2

Side = Literal["for", "against"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LensSettings:
    """Whether the lens is on, and its two assumptions.

    `single` is the belief that one claim with eighteen times yes would carry; `ceiling` the most that belief and
    disbelief may reach together, however many clusters speak.
    """

    on: bool = False
    single: Fraction = Fraction(1, 2)
    ceiling: Fraction = Fraction(9, 10)

    def __post_init__(self) -> None:
        for name, value in (("single", self.single), ("ceiling", self.ceiling)):
            if not 0 < value < 1:
                raise MalformedError(f"the {name} of the lens must lie between 0 and 1, got {value}")


LENS_OFF: Final = LensSettings()


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """Evidence for and against a proposition, none of it below zero; never a probability of guilt."""

    supporting: Fraction = Fraction(0)
    opposing: Fraction = Fraction(0)

    def __post_init__(self) -> None:
        if self.supporting < 0 or self.opposing < 0:
            raise MalformedError(f"evidence cannot be below zero, got {self.supporting} and {self.opposing}")

    @property
    def _whole(self) -> Fraction:
        return self.supporting + self.opposing + _UNKNOWN

    @property
    def belief(self) -> Fraction:
        """The mass that speaks for the proposition."""
        return self.supporting / self._whole

    @property
    def disbelief(self) -> Fraction:
        """The mass that speaks against it."""
        return self.opposing / self._whole

    @property
    def uncertainty(self) -> Fraction:
        """The mass that speaks neither for nor against it."""
        return _UNKNOWN / self._whole

    @property
    def base_rate(self) -> Fraction:
        """What is presumed where nothing speaks: one half, fixed for every proposition and everybody."""
        return BASE_RATE

    @property
    def conflict(self) -> Fraction:
        """The mass on either side that the other contests; 0 where only one side speaks."""
        return min(self.belief, self.disbelief)

    def to_json(self) -> dict[str, str]:
        """Return the opinion as exact fractions in text."""
        return {
            "belief": str(self.belief),
            "disbelief": str(self.disbelief),
            "uncertainty": str(self.uncertainty),
            "base_rate": str(self.base_rate),
            "conflict": str(self.conflict),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """One input: a claim or denial with its cluster of dependence and its grade; `name` says whose it is."""

    id: str
    name: str
    side: Side
    cluster: str
    grade: ClaimGrade | None = None

    @property
    def weight(self) -> Fraction | None:
        """The mean share of questions answered yes over its coders; None where nobody graded it."""
        if self.grade is None or not self.grade.graded:
            return None
        yes = sum(group.count("yes") for coder in self.grade.coders for group in coder.groups)
        return Fraction(yes, len(load_questions()) * len(self.grade.coders))

    def to_json(self) -> dict[str, object]:
        """Return the input as JSON values."""
        return {
            "id": self.id,
            "name": self.name,
            "side": self.side,
            "cluster": self.cluster,
            "weight": None if self.weight is None else str(self.weight),
            "grade": None if self.grade is None else self.grade.to_json(),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterOpinion:
    """What one side of a cluster of dependence contributes, with the voices in it in the order of their ids."""

    cluster: str
    side: Side
    opinion: Opinion
    voices: tuple[Voice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LensView:
    """What the lens shows of a proposition, with every input and assumption; `capped` when the ceiling was reached."""

    proposition: str
    opinion: Opinion
    clusters: tuple[ClusterOpinion, ...]
    unweighed: tuple[Voice, ...]
    capped: bool
    settings: LensSettings
    label: str = LABEL

    @property
    def disputed(self) -> bool:
        """True when voices of either side are among the inputs, also where one of them weighs nothing."""
        sides = {voice.side for cluster in self.clusters for voice in cluster.voices}
        return len(sides | {voice.side for voice in self.unweighed}) > 1

    @property
    def assumptions(self) -> tuple[str, ...]:
        """What the lens presumes, in sentences."""
        return tuple(
            guarded(text)
            for text in (
                "Claims weigh by the answers to eighteen questions about how they are made, by nothing else.",
                "Answers by anybody who makes claims about the operation do not count.",
                f"One claim with every answer yes would carry a belief of {self.settings.single}.",
                "Claims of one cluster of dependence are averaged on each side, clusters are summed.",
                f"Belief and disbelief together stay at or below {self.settings.ceiling}.",
                f"The base rate is {BASE_RATE} for everybody; nothing said about a state before enters it.",
                "A claim or denial that nobody graded is shown and weighs nothing.",
            )
        )

    def text(self) -> str:
        """Return one line that never stands without its label."""
        opinion = self.opinion
        dispute = "disputed" if self.disputed else "only one side speaks"
        return written(
            f"{self.label}: {{proposition}}: belief {opinion.belief}, disbelief {opinion.disbelief}, "
            f"uncertainty {opinion.uncertainty}, base rate {opinion.base_rate}; {dispute}",
            proposition=self.proposition,
        )

    def to_json(self) -> dict[str, object]:
        """Return label, opinion, inputs and assumptions as JSON values."""
        return {
            "label": self.label,
            "proposition": self.proposition,
            "opinion": self.opinion.to_json(),
            "disputed": self.disputed,
            "capped": self.capped,
            "clusters": [
                {
                    "cluster": each.cluster,
                    "side": each.side,
                    "opinion": each.opinion.to_json(),
                    "voices": [voice.to_json() for voice in each.voices],
                }
                for each in self.clusters
            ],
            "unweighed": [voice.to_json() for voice in self.unweighed],
            "assumptions": list(self.assumptions),
        }


def voices_about(
    operation: OperationView, code: str, levels: Sequence[Level] = ("organ", "state")
) -> tuple[Voice, ...]:
    """Return the voices for and against the proposition that a participant is behind an operation.

    Claims that stand speak for or against it, those at the given levels only. Denials that are replies are among the
    voices without a grade, since only claims are graded; one that is to weigh is entered as a claim that denies.

    Raises:
        MalformedError: a grading answers a question that does not exist.
    """
    claimants = {
        folded(name)
        for claim in operation.claims
        for name in (claim.body.claimant.name, shown_name(claim.body.claimant))
    }
    found = [
        Voice(
            id=claim.id,
            name=shown_name(claim.body.claimant),
            side="against" if claim.body.polarity == "denies" else "for",
            cluster=claim.cluster,
            grade=grade_of(
                claim.id,
                [
                    stated.body
                    for stated in claim.gradings
                    if stated.stands and folded(stated.body.coder) not in claimants
                ],
            ),
        )
        for claim in operation.standing
        if any(subject.participant == code and subject.level in levels for subject in claim.body.about)
    ]
    found += [
        Voice(id=reply.id, name=shown_name(reply.body.by), side="against", cluster=reply.id)
        for reply in operation.replies
        if reply.stands and reply.body.kind == "denial" and reply.body.by.participant == code
    ]
    return tuple(found)


def opinion_of(voice: Voice, single: Fraction) -> Opinion | None:
    """Return the opinion that one voice carries by its grade, or None where it has none."""
    weight = voice.weight
    if weight is None:
        return None
    mass = weight * single
    evidence = _UNKNOWN * mass / (1 - mass)
    return Opinion(supporting=evidence) if voice.side == "for" else Opinion(opposing=evidence)


def average(opinions: Iterable[Opinion]) -> Opinion:
    """Return the opinion of sources that depend on each other; of none, the opinion that knows nothing."""
    held = list(opinions)
    if not held:
        return Opinion()
    return Opinion(
        supporting=sum((each.supporting for each in held), Fraction(0)) / len(held),
        opposing=sum((each.opposing for each in held), Fraction(0)) / len(held),
    )


def cumulate(opinions: Iterable[Opinion]) -> Opinion:
    """Return the opinion of sources that do not depend on each other."""
    held = list(opinions)
    return Opinion(
        supporting=sum((each.supporting for each in held), Fraction(0)),
        opposing=sum((each.opposing for each in held), Fraction(0)),
    )


def cap(opinion: Opinion, ceiling: Fraction) -> Opinion:
    """Return the opinion with belief and disbelief together at most at the ceiling, in the proportion they had."""
    most = _UNKNOWN * ceiling / (1 - ceiling)
    held = opinion.supporting + opinion.opposing
    if held <= most:
        return opinion
    scale = most / held
    return Opinion(supporting=opinion.supporting * scale, opposing=opinion.opposing * scale)


def look(voices: Iterable[Voice], *, proposition: str, settings: LensSettings = LENS_OFF) -> LensView:
    """Return what the lens shows of a proposition from claims for and against it.

    Raises:
        PolicyError: the lens is off.
        MalformedError: two different voices have one id.
    """
    if not settings.on:
        raise PolicyError(
            "the lens is off; claims are shown side by side and not joined unless a reader switches it on"
        )
    held = sorted(_different(voices).values(), key=lambda voice: (voice.cluster, voice.side, voice.id))
    clusters, unweighed = [], []
    for (cluster, side), members in groupby(held, key=lambda voice: (voice.cluster, voice.side)):
        weighed = []
        for voice in members:
            if voice.weight is None:
                unweighed.append(voice)
            else:
                weighed.append(voice)
        opinions = (opinion_of(voice, settings.single) for voice in weighed)
        if weighed:
            joined = average(opinion for opinion in opinions if opinion is not None)
            clusters.append(ClusterOpinion(cluster=cluster, side=side, opinion=joined, voices=tuple(weighed)))
    whole = cumulate(each.opinion for each in clusters)
    opinion = cap(whole, settings.ceiling)
    return LensView(
        proposition=proposition,
        opinion=opinion,
        clusters=tuple(clusters),
        unweighed=tuple(unweighed),
        capped=opinion != whole,
        settings=settings,
    )


def _different(voices: Iterable[Voice]) -> Mapping[str, Voice]:
    """Return the voices by id; one that is given twice counts once."""
    found: dict[str, Voice] = {}
    for voice in voices:
        if found.setdefault(voice.id, voice) != voice:
            raise MalformedError(f"two different voices have the id {voice.id}")
    return found
