"""What a request must state under the instrument it relies on.

The keys are members of a request's body. An item that the text wants only as far as it is known still has to be
there: "unknown" is an answer, silence is not. Items that rest on memory are reported and block nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from comity.errors import PolicyError
from comity.law.model import Requirement
from comity.law.option import BasisOption
from comity.law.rows import ContentItem
from comity.parties.table import Grade


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingItem:
    """One thing that a request does not state; `blocks` is False when the rule may only warn."""

    key: str
    article: str
    paraphrase: str
    requirement: Requirement
    blocks: bool
    grade: Grade
    grade_detail: str
    source: str

    @property
    def sentence(self) -> str:
        """What is missing and which article wants it."""
        verb = "implied by" if self.requirement is Requirement.IMPLIED else "required by"
        hint = '; say "unknown" if it is' if self.requirement is Requirement.WHEN_AVAILABLE else ""
        return f"{self.key} ({self.paraphrase}; {verb} article {self.article}{hint})"


def missing_contents(option: BasisOption, body: Mapping[str, object]) -> list[MissingItem]:
    """Return what `body` does not state of what the option requires, in the order of the table."""
    return [_missing(item) for item in option.contents if _is_missing(item, body)]


def check_complete(option: BasisOption, body: Mapping[str, object]) -> list[MissingItem]:
    """Return the missing items that may only warn, when nothing is missing that blocks.

    Raises:
        PolicyError: something required is missing; the message names each item with its article.
    """
    missing = missing_contents(option, body)
    blocking = [item.sentence for item in missing if item.blocks]
    if blocking:
        raise PolicyError(
            f"the request is incomplete under {option.instrument.short_title}; missing: {'; '.join(blocking)}"
        )
    return missing


def _is_missing(item: ContentItem, body: Mapping[str, object]) -> bool:
    if item.requirement is Requirement.WHEN_APPROPRIATE:
        return False
    value = body.get(item.key)
    # A required statement that is denied is as good as absent: a request for preservation without the intention
    # to ask for the data afterwards is not one that the article knows.
    if value is None or value is False:
        return True
    if isinstance(value, str):
        return value.strip() == ""
    return isinstance(value, list | tuple | Mapping) and len(value) == 0


def _missing(item: ContentItem) -> MissingItem:
    return MissingItem(
        key=item.key,
        article=item.provision,
        paraphrase=item.paraphrase,
        requirement=item.requirement,
        blocks=item.grade.binding,
        grade=item.grade,
        grade_detail=item.grade_detail,
        source=item.source,
    )
