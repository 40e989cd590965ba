"""Eighteen questions about a claim, and what each coder answered.

The questions are ours, in our own words; their subjects are those of a published scheme, named in the column `anchor`.
They ask how a claim is made and shown. They do not ask whether it is so, and nothing here is about the state that a
claim names.

A grade is the answers, with how many were yes, no and unclear in each of four groups. It is never one number: no
function adds the groups up, and no count is given without the answers that it counts. Coders stand side by side.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from itertools import groupby
from types import MappingProxyType
from typing import Final

from comity.conduct.admission import folded
from comity.conduct.statements import Grading, YesNo
from comity.errors import MalformedError, PolicyError
from comity.parties.table import Fields, Sourced, load_table

_COLUMNS: Final = ("code", "group", "text", "anchor")


class QuestionGroup(StrEnum):
    """What a question looks at: who claims, in which tone, on which evidence, how openly."""

    CREDIBILITY = "credibility"
    OBJECTIVITY = "objectivity"
    EVIDENCE = "evidence"
    TRANSPARENCY = "transparency"


# How many questions a group has; a table with others is no longer comparable with what was graded before.
_SIZES: Final[Mapping[QuestionGroup, int]] = MappingProxyType(
    {
        QuestionGroup.CREDIBILITY: 5,
        QuestionGroup.OBJECTIVITY: 3,
        QuestionGroup.EVIDENCE: 5,
        QuestionGroup.TRANSPARENCY: 5,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question(Sourced):
    """One question about a claim, put so that yes speaks for it; `anchor` is its item in the published scheme."""

    code: str
    group: QuestionGroup
    text: str
    anchor: str


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Coder:
    """Somebody of ours who grades claims. Whoever makes claims is a `Speaker`, and is never measured as a coder."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a coder answered to a question; None where the coder left it out."""

    question: Question
    answer: YesNo | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupCount:
    """How a coder answered the questions of one group, with the answers themselves."""

    group: QuestionGroup
    answers: tuple[Answer, ...]

    def count(self, answer: YesNo | None) -> int:
        """Return how many questions of the group got an answer, or with None how many got none."""
        return sum(each.answer == answer for each in self.answers)

    def to_json(self) -> dict[str, object]:
        """Return counts and answers as JSON values."""
        return {
            "group": self.group.value,
            "yes": self.count("yes"),
            "no": self.count("no"),
            "unclear": self.count("unclear"),
            "unanswered": self.count(None),
            "answers": {each.question.code: each.answer for each in self.answers},
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class CoderGrade:
    """One coder's answers about a claim, by group; `replaces` counts the coder's earlier gradings of it."""

    coder: Coder
    said: str
    groups: tuple[GroupCount, ...]
    remark: str | None = None
    replaces: int = 0

    def answer(self, code: str) -> YesNo | None:
        """Return the answer to a question, or None where there is none."""
        for group in self.groups:
            for each in group.answers:
                if each.question.code == code:
                    return each.answer
        return None

    def to_json(self) -> dict[str, object]:
        """Return the grade as JSON values."""
        return {
            "coder": self.coder.name,
            "said": self.said,
            "groups": [group.to_json() for group in self.groups],
            **({} if self.remark is None else {"remark": self.remark}),
            **({"replaces": self.replaces} if self.replaces else {}),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimGrade:
    """What all coders answered about one claim, side by side in the order of their names."""

    claim: str
    coders: tuple[CoderGrade, ...]

    @property
    def graded(self) -> bool:
        """True when at least one coder answered."""
        return bool(self.coders)

    def differing(self) -> tuple[Question, ...]:
        """Return the questions to which coders gave different answers; one left out differs from none."""
        return tuple(
            question
            for question in load_questions()
            if len({each.answer(question.code) for each in self.coders} - {None}) > 1
        )

    def to_json(self) -> dict[str, object]:
        """Return the grades as JSON values."""
        return {
            "claim": self.claim,
            "coders": [each.to_json() for each in self.coders],
            "differing": [question.code for question in self.differing()],
        }


@cache
def load_questions() -> tuple[Question, ...]:
    """Return the eighteen questions in their order.

    Raises:
        StoreError: the installed table cannot be read.
        MalformedError: the table does not follow its format, or holds another number of questions.
    """
    rows = load_table("comity.conduct", "grading_questions.csv", columns=_COLUMNS, build=_build)
    sizes = {group: len(list(members)) for group, members in groupby(rows, key=lambda row: row.group)}
    if sizes != dict(_SIZES) or len({row.code for row in rows}) != len(rows):
        raise MalformedError(
            "conduct/reference/grading_questions.csv: wanted 5, 3, 5 and 5 different questions by group, "
            f"got {', '.join(f'{size} {group}' for group, size in sizes.items())}"
        )
    return rows


def grade_of(claim: str, gradings: Iterable[Grading]) -> ClaimGrade:
    """Return what coders answered about a claim; of one coder's gradings the latest counts.

    Two different gradings by one coder on one day both stand, since nothing says which came later.

    Raises:
        MalformedError: an answer is to a question that does not exist.
    """
    by_coder: dict[Coder, list[Grading]] = {}
    for grading in gradings:
        if grading.claim == claim:
            by_coder.setdefault(Coder(name=grading.coder), []).append(grading)
    grades: list[CoderGrade] = []
    for coder in sorted(by_coder):
        given = sorted(by_coder[coder], key=lambda each: (each.said, sorted(each.answers.items()), each.remark or ""))
        latest = [each for each in given if each.said == given[-1].said]
        grades += [_grade(coder, each, replaces=len(given) - len(latest)) for each in latest]
    return ClaimGrade(claim=claim, coders=tuple(grades))


def check_coders(coders: Iterable[Coder], claimants: Iterable[str]) -> None:
    """Check that nobody grades who also makes claims; `claimants` are the names of those who make them.

    Raises:
        PolicyError: a coder has the name of a claimant, or two coders have one name in two spellings.
    """
    names = {folded(name) for name in claimants}
    spelt: dict[str, str] = {}
    for coder in sorted(coders):
        if folded(coder.name) in names:
            raise PolicyError(f"{coder.name} makes claims and cannot grade them; let somebody else grade")
        if spelt.setdefault(folded(coder.name), coder.name) != coder.name:
            raise PolicyError(
                f"{spelt[folded(coder.name)]} and {coder.name} are one name in two spellings; a coder has one"
            )


def _grade(coder: Coder, grading: Grading, *, replaces: int) -> CoderGrade:
    questions = load_questions()
    unknown = sorted(set(grading.answers) - {question.code for question in questions})
    if unknown:
        raise MalformedError(
            f"the grading of claim {grading.claim} by {coder.name} answers {', '.join(unknown)}, which is no question"
        )
    return CoderGrade(
        coder=coder,
        said=grading.said,
        groups=tuple(
            GroupCount(
                group=group,
                answers=tuple(Answer(question=each, answer=grading.answers.get(each.code)) for each in members),
            )
            for group, members in groupby(questions, key=lambda each: each.group)
        ),
        remark=grading.remark,
        replaces=replaces,
    )


def _build(fields: Fields) -> Question:
    return Question(
        code=fields.text("code"),
        group=fields.choice("group", QuestionGroup),
        text=fields.text("text"),
        anchor=fields.text("anchor"),
        **fields.evidence(),
    )
