"""Who belonged to which group of states, and when: facts that some thresholds ask for.

Each row of `reference/groups.csv` is one unbroken membership: it holds from `since` to the day before `until`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import pairwise
from types import MappingProxyType

from comity.errors import MalformedError
from comity.parties.participants import participant
from comity.parties.table import Fields, Sourced, load_table


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupMember(Sourced):
    """A time during which a participant belonged to a group: from `since` to the day before `until`."""

    group: str
    participant: str
    since: date
    until: date | None

    def holds(self, on: date) -> bool:
        """True when the participant is a member on a day."""
        return self.since <= on and (self.until is None or on < self.until)


@cache
def load_groups() -> tuple[GroupMember, ...]:
    """Return who belonged to which group and when, in the order of groups, codes and days.

    Raises:
        StoreError: the installed table cannot be read.
        MalformedError: the table does not follow its format, is not in order, or two times of one member overlap.
        NotFoundError: the table names an unknown participant.
    """
    rows = load_table(
        "comity.law", "groups.csv", columns=("group", "participant", "since", "until"), build=_build_member
    )
    for row in rows:
        participant(row.participant)
    for before, row in pairwise(rows):
        if (before.group, before.participant, before.since) >= (row.group, row.participant, row.since):
            raise MalformedError(
                f"law/reference/groups.csv: {row.group} {row.participant} {row.since} must stand before "
                f"{before.group} {before.participant} {before.since}"
            )
        same = (before.group, before.participant) == (row.group, row.participant)
        if same and (before.until is None or before.until > row.since):
            raise MalformedError(f"law/reference/groups.csv: two times of {row.participant} in {row.group} overlap")
    return rows


def groups_of(code: str, on: date) -> frozenset[str]:
    """Return the groups to which a participant belonged on a day.

    Raises:
        StoreError: the installed table cannot be read.
        MalformedError: the table does not follow its format.
        NotFoundError: the table names an unknown participant.
    """
    return frozenset(row.group for row in _members().get(code, ()) if row.holds(on))


def _build_member(fields: Fields) -> GroupMember:
    since, until = fields.day("since"), fields.optional_day("until")
    if until is not None and until <= since:
        fields.refuse("a membership that ended did so after it began")
    return GroupMember(
        group=fields.text("group"),
        participant=fields.text("participant"),
        since=since,
        until=until,
        **fields.evidence(),
    )


@cache
def _members() -> Mapping[str, tuple[GroupMember, ...]]:
    rows: dict[str, list[GroupMember]] = {}
    for row in load_groups():
        rows.setdefault(row.participant, []).append(row)
    return MappingProxyType({code: tuple(members) for code, members in rows.items()})
