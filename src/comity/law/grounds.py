"""Why a request was not met: grounds of refusal, non-execution in fact and formal defects, three different things.

A ground of refusal comes from the instrument. Non-execution in fact says that nothing could be done; a formal defect
sends the request back to be completed. In published figures the grounds that could expose the person concerned
appear as one class, so that a figure never tells on whom a request bore.

A refusal is held to the tables only where complete_grounds.csv says that they have every ground that the instrument
gives, and each was read in its text. Elsewhere the tables may lack what the text, other law or a reservation gives, so
that they warn.
"""

from dataclasses import dataclass
from functools import cache

from comity.errors import MalformedError, NotFoundError, PolicyError
from comity.law.measures import Measure
from comity.law.model import Exposure, GroundCode, article_of, check_provision
from comity.law.option import BasisOption
from comity.law.reason import Reason
from comity.law.register import Register, load_register
from comity.law.rows import Ground, NonExecutionReason
from comity.parties.table import Fields, Grade, Sourced, load_table

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


@dataclass(frozen=True, slots=True, kw_only=True)
class CompleteGrounds(Sourced):
    """That the tables have every ground that an instrument gives for some measures.

    `provision` lists them; `open_by` is the article that lets in grounds of other law, None where there is none.
    """

    instrument: str
    measures: tuple[Measure, ...]
    provision: str
    open_by: str | None
    paraphrase: str


@cache
def load_complete_grounds() -> tuple[CompleteGrounds, ...]:
    """Read complete_grounds.csv.

    Raises:
        StoreError: the installed file cannot be read.
        MalformedError: it does not follow its format.
    """
    columns = ("instrument", "measures", "provision", "open_by", "paraphrase")
    return load_table("comity.law", "complete_grounds.csv", columns=columns, build=_build)


def complete_grounds(option: BasisOption) -> CompleteGrounds | None:
    """Return the row by which the grounds of an option are complete, None unless each was read in the text."""
    if any(row.grade is not Grade.TEXT for row in option.grounds):
        return None
    key = option.instrument.key
    rows = (row for row in load_complete_grounds() if row.instrument == key and option.measure in row.measures)
    return next((row for row in rows if row.grade is Grade.TEXT), None)


def check_ground(option: BasisOption, code: GroundCode) -> tuple[Ground, ...]:
    """Return the provisions that give a ground that a refusal states, in the order of the table.

    None are returned where the tables lack the ground and may be incomplete.

    Raises:
        PolicyError: the instrument gives no such ground for the measure, and lets in none of other law.
    """
    found = tuple(row for row in option.grounds if row.code is code)
    complete = complete_grounds(option)
    if not found and complete is not None and complete.open_by is None:
        raise PolicyError(_lacks(option, code))
    return found


def check_refusal(option: BasisOption, code: GroundCode, article: str) -> tuple[Reason, ...]:
    """Return what remains to be seen of a ground and the article that a refusal names for it.

    Articles are compared without paragraphs, which drafters cite in many ways.

    Raises:
        PolicyError: the grounds of the instrument are complete, and the ground is not among them or stands elsewhere.
    """
    given = check_ground(option, code)
    if any(article_of(row.provision) == article_of(article) for row in given):
        return ()
    told = _lacks(option, code)
    if given:
        where = " or ".join(row.provision for row in given)
        told = (
            f"{option.instrument.short_title} gives the ground {code} in article {where}, the refusal names article "
            f"{article}"
        )
    complete = complete_grounds(option)
    by_other_law = complete is None or (
        complete.open_by is not None and article_of(complete.open_by) == article_of(article)
    )
    if not by_other_law and given:
        raise PolicyError(told)
    text = f"by the tables {told}; they may lack what the text, other law or a reservation gives"
    return (Reason(code="ground_not_in_tables", text=text),)


def _lacks(option: BasisOption, code: GroundCode) -> str:
    known = ", ".join(sorted({row.code.value for row in option.grounds}))
    return f"{option.label} gives no ground {code.value} for {option.measure.label}; it gives {known or 'none'}"


def _build(fields: Fields) -> CompleteGrounds:
    open_by = fields.optional("open_by")
    try:
        provision = check_provision(fields.text("provision"))
        checked = None if open_by is None else check_provision(open_by)
    except MalformedError as exc:
        fields.refuse(exc.message)
    return CompleteGrounds(
        instrument=fields.text("instrument"),
        measures=fields.choices("measures", Measure),
        provision=provision,
        open_by=checked,
        paraphrase=fields.text("paraphrase"),
        **fields.evidence(),
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
