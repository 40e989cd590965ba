"""What is on record of a participant's commitments and conforming conduct and no longer stands: retracted, corrected.

It counts nowhere, and it is not passed over either: whoever read it before finds what became of it.
"""

from collections.abc import Iterable

from comity.conduct.commitments.statements import Commitment, ConformingAct
from comity.conduct.corrections import Stated
from comity.conduct.statements import Body
from comity.conduct.verbs import written

_SHORT = 12


def set_aside(stated: Iterable[Stated[Body]], code: str) -> tuple[str, ...]:
    """Return a line for each commitment or conforming act of a participant that was retracted or corrected, sorted."""
    return tuple(
        sorted(
            line
            for each in stated
            if isinstance(each.body, Commitment | ConformingAct) and each.body.participant == code and not each.stands
            for line in _lines(each, each.body)
        )
    )


def _lines(each: Stated[Body], body: Commitment | ConformingAct) -> Iterable[str]:
    if isinstance(body, Commitment):
        key = body.catalogue if body.item is None else f"{body.catalogue}:{body.item}"
        what = f"{key}: {body.act} {body.on}"
    else:
        what = f"{body.summary} ({body.on})"
    for correction in each.corrections:
        if correction.in_effect:
            yield written(
                "{what}: {fate} by {by} on {said}: {reason}; record {record}",
                what=what,
                fate="retracted" if each.retracted else "corrected",
                by=correction.body.by.name,
                said=correction.body.said,
                reason=correction.body.reason,
                record=each.id[:_SHORT],
            )
