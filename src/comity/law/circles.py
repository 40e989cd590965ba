"""Whom an instrument is open to, where that is a circle of states: the rows of open_to.csv.

A regional instrument is no prospect for a pair outside its circle. A row names the circle in words, and its members by
a group of groups.csv or by their codes; who has acted towards the instrument is in it whatever the row says.
"""

from dataclasses import dataclass
from functools import cache

from comity.errors import MalformedError
from comity.law.groups import groups_of
from comity.law.model import check_provision
from comity.law.reason import Reason, graded
from comity.law.rows import Instrument
from comity.law.standings import Standings
from comity.parties.participants import participant
from comity.parties.table import Fields, Sourced, load_table

_COLUMNS = ("instrument", "open_to", "group", "members", "provision")


@dataclass(frozen=True, slots=True, kw_only=True)
class Circle(Sourced):
    """The states to which an instrument is open; `members` are codes, empty where `group` names a dated group."""

    instrument: str
    open_to: str
    group: str | None
    members: frozenset[str]
    provision: str | None


@cache
def load_circles() -> tuple[Circle, ...]:
    """Read open_to.csv.

    Raises:
        StoreError: the installed file cannot be read.
        MalformedError: it does not follow its format.
        NotFoundError: it names an unknown participant.
    """
    rows = load_table("comity.law", "open_to.csv", columns=_COLUMNS, build=_build)
    for code in {code for row in rows for code in row.members}:
        participant(code)
    return rows


def circle_of(instrument: str) -> Circle | None:
    """Return the circle to which an instrument is open, None where it is open to all or nothing is known.

    Raises:
        StoreError: the installed table cannot be read.
        MalformedError: the table does not follow its format.
    """
    return next((row for row in load_circles() if row.instrument == instrument), None)


def is_open_to(standings: Standings, instrument: Instrument, code: str) -> bool:
    """Whether a participant could be bound: it is in the circle, has acted towards the instrument, or there is none.

    Raises:
        NotFoundError: the participant is unknown.
    """
    circle = circle_of(instrument.key)
    if circle is None or standings.of(instrument.key, code).acts:
        return True
    state = participant(code).responsible or code
    return state in circle.members or (circle.group is not None and circle.group in groups_of(state, standings.on))


def closed_reason(instrument: Instrument, outside: tuple[str, ...]) -> Reason:
    """Say to whom an instrument is open, and who of a pair is outside; there must be a circle."""
    circle = circle_of(instrument.key)
    assert circle is not None
    who = f"{' and '.join(outside)} {'is' if len(outside) == 1 else 'are'} not among them"
    text = f"{instrument.short_title} is open to {circle.open_to} only; {who}"
    return graded(circle, code="not_open_to_both", text=text, provision=circle.provision)


def _build(fields: Fields) -> Circle:
    group, members = fields.optional("group"), fields.optional_words("members")
    if (group is None) == (not members):
        fields.refuse("a circle has a group or members, and not both")
    provision = fields.optional("provision")
    try:
        checked = None if provision is None else check_provision(provision)
    except MalformedError as exc:
        fields.refuse(exc.message)
    return Circle(
        instrument=fields.text("instrument"),
        open_to=fields.text("open_to"),
        group=group,
        members=frozenset(members),
        provision=checked,
        **fields.evidence(),
    )
