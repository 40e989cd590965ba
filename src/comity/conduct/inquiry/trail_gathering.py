"""Which statements the trail of a published finding holds, of all that somebody who follows the logs holds.

Pure. What the rules of an inquiry leave out stays out of its trail, too, and so does what nothing in it calls for.
"""

from collections.abc import Iterable

from comity.conduct.inquiry.file import InquiryFile
from comity.conduct.inquiry.statements import KINDS
from comity.conduct.inquiry.trail_calls import OUTSIDE_KINDS, Outside, called_for, read_outside
from comity.conduct.inquiry.view import read_inquiry
from comity.errors import MalformedError, NotFoundError
from comity.exchange.view import Held


def trail_statements(inquiry: str, held: Iterable[Held]) -> list[Held]:
    """Return the statements of an inquiry that count, and those of others that it calls for.

    Raises:
        NotFoundError: its mandate is not among them.
        MalformedError: the mandate breaks its form.
        PolicyError: no inquiry begins with it.
    """
    known = {item.id: item for item in held}
    if inquiry not in known:
        raise NotFoundError(f"the mandate {inquiry} is not held")
    inside = [item for item in known.values() if is_inside(inquiry, item)]
    file, _ = read_inquiry(inquiry, inside)
    return [*file.held.values(), *_called_for(file, known.values())]


def is_inside(inquiry: str, item: Held) -> bool:
    """Return whether a statement says that it belongs to an inquiry."""
    return item.statement.kind in KINDS and inquiry in {item.id, item.statement.subject}


def _called_for(file: InquiryFile, held: Iterable[Held]) -> list[Held]:
    outside = [found for item in held if (found := _outside(file, item)) is not None]
    called = called_for(file, outside)
    return [item.held for item in outside if item.held.id in called]


def _outside(file: InquiryFile, item: Held) -> Outside | None:
    said = item.statement
    if said.kind not in OUTSIDE_KINDS or said.exercise != file.opening.exercise:
        return None
    try:
        return read_outside(item)
    except MalformedError:
        # Whoever reads the trail would refuse it as well.
        return None
