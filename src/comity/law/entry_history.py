"""When known treaties entered into force, by which rule: the past against which `entry` is checked.

The tables serve tests and whoever wants to see the rules at work. The deposits themselves are lists of the
depositaries; `predecessor_deposits.csv` has those that such lists no longer show: of states that are no more, and of a
state that withdrew and came back.
"""

from dataclasses import dataclass
from datetime import date
from functools import cache

from comity.errors import MalformedError
from comity.law.entry import Delay, Threshold, parse_delay, parse_threshold
from comity.law.model import Act
from comity.parties.participants import participant
from comity.parties.table import Fields, Sourced, load_table


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownEntry(Sourced):
    """A treaty, its rule, and the day on which it is known to have entered into force.

    `treaty` is its number in the list of the depositary or a short name, `chart` its name in the depositary's register,
    `nth_day` the day of the deciding deposit. `note` says what the current list lacks, or why the day cannot be
    reproduced.
    """

    treaty: str
    chart: str
    title: str
    threshold: Threshold
    treaty_delay: Delay
    expected: date
    nth_day: date
    note: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierDeposit(Sourced):
    """A consent that the depositary's current list no longer shows."""

    treaty: str
    participant: str
    on: date
    act: Act
    note: str | None


@cache
def load_known_entries() -> tuple[KnownEntry, ...]:
    """Return the treaties whose entry into force is known.

    Raises:
        StoreError: the installed table cannot be read.
        MalformedError: the table does not follow its format.
    """
    columns = ("treaty", "chart", "title", "threshold", "treaty_delay", "expected", "nth_day", "note")
    return load_table("comity.law", "entry_history.csv", columns=columns, build=_build_entry)


@cache
def load_earlier_deposits() -> tuple[EarlierDeposit, ...]:
    """Return the consents that current lists no longer show.

    Raises:
        StoreError: the installed table cannot be read.
        MalformedError: the table does not follow its format, or names a treaty that entry_history.csv lacks.
        NotFoundError: it names an unknown participant.
    """
    columns = ("treaty", "participant", "on", "act", "note")
    rows = load_table("comity.law", "predecessor_deposits.csv", columns=columns, build=_build_deposit)
    known = {row.treaty for row in load_known_entries()}
    for row in rows:
        participant(row.participant)
        if row.treaty not in known:
            raise MalformedError(
                f"law/reference/predecessor_deposits.csv names treaty {row.treaty!r}, which entry_history.csv lacks"
            )
    return rows


def _build_entry(fields: Fields) -> KnownEntry:
    try:
        threshold, delay = parse_threshold(fields.text("threshold")), parse_delay(fields.text("treaty_delay"))
    except MalformedError as exc:
        fields.refuse(exc.message)
    return KnownEntry(
        treaty=fields.text("treaty"),
        chart=fields.text("chart"),
        title=fields.text("title"),
        threshold=threshold,
        treaty_delay=delay,
        expected=fields.day("expected"),
        nth_day=fields.day("nth_day"),
        note=fields.optional("note"),
        **fields.evidence(),
    )


def _build_deposit(fields: Fields) -> EarlierDeposit:
    act = fields.choice("act", Act)
    if not act.binds:
        fields.refuse(f"a {act.label} is no consent to be bound")
    return EarlierDeposit(
        treaty=fields.text("treaty"),
        participant=fields.text("participant"),
        on=fields.day("on"),
        act=act,
        note=fields.optional("note"),
        **fields.evidence(),
    )
