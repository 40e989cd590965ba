"""Every kind that the ledger of an observatory holds: its own, those of commitments, and those of inquiries."""

from collections.abc import Mapping
from typing import Final

from comity.conduct.commitments.statements import KINDS as COMMITMENT_KINDS
from comity.conduct.inquiry.statements import KINDS as INQUIRY_KINDS
from comity.conduct.statements import KINDS as LEDGER_KINDS
from comity.conduct.statements import Body
from comity.errors import MalformedError


def joined(*rooms: Mapping[str, type[Body]]) -> dict[str, type[Body]]:
    """Return the kinds of several rooms as one table, in their order.

    Raises:
        MalformedError: two rooms have a kind of one name, or one body for two kinds.
    """
    found: dict[str, type[Body]] = {}
    for room in rooms:
        for kind, shape in room.items():
            if kind in found:
                raise MalformedError(f"two rooms have a record kind {kind!r}; rename one of them")
            if shape in found.values():
                raise MalformedError(f"the body {shape.__name__} of kind {kind!r} is that of another kind already")
            found[kind] = shape
    return found


KINDS: Final[dict[str, type[Body]]] = joined(LEDGER_KINDS, COMMITMENT_KINDS, INQUIRY_KINDS)
