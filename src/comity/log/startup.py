"""May this node sign? Asked at every start, before the first signature.

A restored backup is the one way in which an honest node signs a split view: it forgets heads that others have seen and
signs other entries at the same places. So a node first asks its witnesses and followers for its own latest head. Only
heads that carry the log's own signatures count: nobody else can quarantine it.

The decision is pure; asking is the node's business. `Permit` is what the sequencer wants before it signs.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from comity.errors import MalformedError, VerificationError
from comity.kernel.checkpoint import Checkpoint, verify_log_signatures
from comity.kernel.key import PublicPair
from comity.kernel.note import parse_note


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one witness or follower says of this node's log: its latest note, or that it never saw the log."""

    source: str
    note: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Permit:
    """The log may sign on top of this head; made only by `may_sign`."""

    origin: str
    size: int
    root: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """The log must not sign: it is behind what it once signed, or beside it."""

    reason: str
    seen: Checkpoint
    note: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Unheard:
    """Too few have answered yet; ask again."""

    reason: str


Decision: TypeAlias = Permit | Quarantined | Unheard


def may_sign(
    own: Checkpoint,
    answers: Sequence[Answer],
    *,
    log: PublicPair,
    wanted: int,
    root_at: Callable[[int], bytes | None],
) -> Decision:
    """Decide whether the log may sign on top of its own head.

    `root_at` returns the root that the log had when it signed a smaller size, or None if it knows of none. An answer
    whose note the log did not sign counts as no answer. `wanted` is how many must answer: `answers_wanted` of the
    log's policy, so that one of them cosigned whatever was published.
    """
    heard = 0
    for answer in answers:
        if answer.note is None:
            heard += 1
            continue
        try:
            seen = verify_log_signatures(parse_note(answer.note), log)
        except (MalformedError, VerificationError):
            continue
        heard += 1
        reason = _contradiction(own, seen, root_at)
        if reason is not None:
            return Quarantined(reason=f"{answer.source} holds {reason}", seen=seen, note=answer.note)
    if heard < wanted:
        return Unheard(reason=f"{heard} of {wanted} wanted witnesses and followers told of this log's latest head")
    return Permit(origin=own.origin, size=own.size, root=own.root)


def _contradiction(own: Checkpoint, seen: Checkpoint, root_at: Callable[[int], bytes | None]) -> str | None:
    if seen.size > own.size:
        return f"a checkpoint of size {seen.size} signed by this log, whose database ends at {own.size}"
    known = own.root if seen.size == own.size else root_at(seen.size)
    if known != seen.root:
        return f"a checkpoint of size {seen.size} signed by this log over other entries than its database has"
    return None
