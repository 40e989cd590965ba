"""Why a request was not met: grounds of refusal, non-execution in fact and formal defects, three different things.

A ground of refusal comes from the instrument. Non-execution in fact says that nothing could be done; a formal defect
sends the request back to be completed. In published figures the grounds that could expose the person concerned
appear as one class, so that a figure never tells on whom a request bore.
"""

from comity.errors import NotFoundError, PolicyError
from comity.law.model import Exposure, GroundCode
from comity.law.option import BasisOption
from comity.law.register import Register, load_register
from comity.law.rows import Ground, NonExecutionReason

# The one class under which grounds that expose a person are published.
PROTECTED_CLASS = "protected"

# Grounds that expose a person whichever instrument gives them; a test holds the tables to this set.
EXPOSING_GROUNDS = frozenset({GroundCode.PERSECUTION, GroundCode.ESSENTIAL_INTERESTS, GroundCode.POLITICAL_OFFENCE})


def published_class(code: GroundCode) -> str:
    """Return the class under which a ground is counted in public."""
    return PROTECTED_CLASS if code in EXPOSING_GROUNDS else code.value


def exposure_of(code: GroundCode) -> Exposure:
    """Return whether naming a ground in public could expose the person concerned."""
    return Exposure.EXPOSES_PERSON if code in EXPOSING_GROUNDS else Exposure.PLAIN


def check_ground(option: BasisOption, code: GroundCode) -> tuple[Ground, ...]:
    """Return the provisions, one or more, that give a ground that a refusal states, in the order of the table.

    Raises:
        PolicyError: the instrument gives no such ground for the measure.
    """
    if found := tuple(row for row in option.grounds if row.code is code):
        return found
    known = ", ".join(sorted({row.code.value for row in option.grounds}))
    raise PolicyError(
        f"{option.label} gives no ground {code.value} for {option.measure.label}; it gives {known or 'none'}"
    )


def non_execution_reason(code: str, *, register: Register | None = None) -> NonExecutionReason:
    """Return a coded reason that is not a ground of refusal.

    Raises:
        NotFoundError: there is no such code.
    """
    tables = register if register is not None else load_register()
    for row in tables.non_execution:
        if row.code == code:
            return row
    known = ", ".join(sorted(row.code for row in tables.non_execution))
    raise NotFoundError(f"no reason of non-execution has the code {code!r}; there are {known}")
