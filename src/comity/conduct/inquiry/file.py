"""The statements of one inquiry as they were accepted, and what follows from them for a finding.

`before` is the one notion of order: what a statement reaches by `follows`. The digests within make it a proof.
"""

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from comity.conduct.inquiry.statements import (
    KINDS,
    Consent,
    InquiryFinding,
    InquiryReply,
    Mandate,
    QuestionPut,
)
from comity.conduct.record import record_id
from comity.conduct.statements import Body, ConsentGiven, RightOfReply, encode_body, parse_body
from comity.exchange.view import Held
from comity.kernel.statement import Statement

BodyT = TypeVar("BodyT", bound=Body)


@dataclass(frozen=True, slots=True, kw_only=True)
class InquiryFile:
    """One inquiry as far as its statements were accepted, in the order of the view."""

    id: str
    opening: Statement
    mandate: Mandate
    held: dict[str, Held] = field(default_factory=dict)
    bodies: dict[str, Body] = field(default_factory=dict)

    def add(self, item: Held) -> None:
        """Take in a statement that was checked."""
        self.held[item.id] = item
        self.bodies[item.id] = parse_body(item.statement.kind, item.statement.body, KINDS)

    def before(self, follows: Iterable[str]) -> frozenset[str]:
        """Return the statements that `follows` leads back to, itself included."""
        found: set[str] = set()
        waiting = list(follows)
        while waiting:
            statement_id = waiting.pop()
            if statement_id in self.held and statement_id not in found:
                found.add(statement_id)
                waiting += self.held[statement_id].statement.follows
        return frozenset(found)

    def of(self, shape: type[BodyT], among: AbstractSet[str] | None = None) -> Iterator[tuple[Held, BodyT]]:
        """Yield the statements whose body has this shape, with that body, in order."""
        for statement_id, body in self.bodies.items():
            if isinstance(body, shape) and (among is None or statement_id in among):
                yield self.held[statement_id], body

    def finding(self, statement_id: str) -> InquiryFinding | None:
        """Return the finding of that id, or None if it is no finding of this inquiry."""
        body = self.bodies.get(statement_id)
        return body if isinstance(body, InquiryFinding) else None

    def named(self, finding: InquiryFinding) -> tuple[str, ...]:
        """Return the participants who must have been asked before this finding, by code."""
        about = {subject.participant for subject in finding.finding.about if subject.participant is not None}
        return tuple(sorted(about | set(self.mandate.accused)))

    def known(self, shape: type[Body], before: AbstractSet[str], by: datetime) -> tuple[Held, ...]:
        """Return what a statement issued at `by` must know of this shape: what is before it, or was logged by then."""
        return tuple(
            item
            for item, _ in self.of(shape)
            if item.id in before or (item.position is not None and item.position.logged_by < by)
        )

    def consents(self, before: AbstractSet[str]) -> list[ConsentGiven]:
        """Return what each participant said of the inquiry, its own word before what is reported of it."""
        said: dict[str, tuple[Held, Consent]] = {}
        for item, body in self.of(Consent, before):
            known = said.get(body.participant)
            if known is None or body.reported_from is None or known[1].reported_from is not None:
                said[body.participant] = (item, body)
        stated = {
            code: ConsentGiven(participant=code, consent=body.consent, on=day_of(item))
            for code, (item, body) in said.items()
        }
        for code in self.mandate.accused:
            stated.setdefault(code, ConsentGiven(participant=code, consent="not_asked"))
        return [stated[code] for code in sorted(stated)]

    def right_of_reply(self, before: AbstractSet[str]) -> RightOfReply:
        """Return what a finding must say of how those concerned were heard."""
        asked = list(self.of(QuestionPut, before))
        replies = [reply_record(body) for _, body in self.of(InquiryReply, before)]
        return RightOfReply(
            given=bool(asked),
            asked=min(day_of(item) for item, _ in asked) if asked else None,
            until=max(body.reply_by for _, body in asked)[:10] if asked else None,
            replies=sorted(set(replies)),
        )


def day_of(item: Held) -> str:
    """Return the day that a statement is dated to."""
    return item.statement.issued.date().isoformat()


def finding_record(body: InquiryFinding) -> str:
    """Return the id of the ledger's record of a finding."""
    return record_id("finding", encode_body(body.finding))


def reply_record(body: InquiryReply) -> str:
    """Return the id of the ledger's record of a reply."""
    return record_id("reply", encode_body(body.reply))


def is_sorted_set(texts: Sequence[str]) -> bool:
    """Return whether texts are in order, each once."""
    return list(texts) == sorted(set(texts))
