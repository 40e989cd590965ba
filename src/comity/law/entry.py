"""When a treaty enters into force, and from when it binds who joins: thresholds, delays, and the count of deposits.

A rule has two stages. A **threshold** says which consents bring a treaty into force, a **delay** how long after the
deciding one it does so. Both are data with one spelling each:

    40 states                                 consents of states; those of organisations are not added
    40 parties                                consents of states and organisations
    5 states including 3 council_of_europe    with a number of members of a group among them
    55 states and 55 % emissions              together with a share of a weight
    90 days                                   the ninetieth day after the deposit
    12 months                                 the same day twelve months later
    3 months then first of month              the first day of the month after the three months have run
    60 days then first of month               the first day of the month after the sixtieth day

Months are those of the calendar. Where the month that is reached has no such day, its last day is taken: a month
after 31 January is 28 or 29 February. "The first day of the sixth month after the month of deposit", as in the treaties
on mines and on cluster munitions, is `5 months then first of month`.

The functions are pure, save that `Deposit.of` asks `groups` who belonged to which group on the day.
"""

import calendar
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import MAXYEAR, date, timedelta
from enum import StrEnum
from math import fsum
from types import MappingProxyType

from comity.errors import MalformedError
from comity.law.groups import groups_of

_DELAY = re.compile(r"(?P<count>[1-9][0-9]{0,3}) (?P<unit>days|months)(?P<first> then first of month)?", re.ASCII)
_INCLUDING = re.compile(r" including ([1-9][0-9]{0,3}) ([a-z][a-z0-9_]*)", re.ASCII)
_THRESHOLD = re.compile(
    r"(?P<count>[1-9][0-9]{0,3}) (?P<who>states|parties)"
    rf"(?P<including>(?:{_INCLUDING.pattern})*)"
    r"(?: and (?P<percent>[1-9][0-9]{0,2}) % (?P<weight>[a-z][a-z0-9_]*))?",
    re.ASCII,
)
_MONTHS = 12
_WHOLE = 100
# Shares are published with two decimals; this is far below half of the last one and far above the error of a sum.
_ROUNDING = 1e-9
_NO_DAYS: Mapping[str, date] = MappingProxyType({})
_NO_SUCCESSORS: Mapping[str, frozenset[str]] = MappingProxyType({})


class DelayUnit(StrEnum):
    """What a delay counts."""

    DAYS = "days"
    MONTHS = "months"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delay:
    """The time between a deposit and its effect."""

    count: int
    unit: DelayUnit
    first_of_month: bool = False

    @property
    def text(self) -> str:
        """The delay as the tables spell it."""
        return f"{self.count} {self.unit}{' then first of month' if self.first_of_month else ''}"

    def after(self, day: date) -> date:
        """Return the day on which an act of `day` takes effect.

        Raises:
            MalformedError: that day lies beyond the calendar.
        """
        try:
            end = day + timedelta(days=self.count) if self.unit is DelayUnit.DAYS else _months_later(day, self.count)
            return _months_later(end.replace(day=1), 1) if self.first_of_month else end
        except (OverflowError, ValueError) as exc:
            raise MalformedError(f"{self.text} after {day} lies beyond the year {MAXYEAR}; check the day") from exc


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberMinimum:
    """How many of the consents must be those of members of a group."""

    count: int
    group: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareMinimum:
    """How much of a weight, in per cent of the whole, those who consented must have together."""

    percent: int
    weight: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """Which consents bring a treaty into force; every condition must be met at once."""

    count: int
    organisations_count: bool = False
    members: tuple[MemberMinimum, ...] = ()
    share: ShareMinimum | None = None

    @property
    def text(self) -> str:
        """The threshold as the tables spell it."""
        who = "parties" if self.organisations_count else "states"
        including = "".join(f" including {part.count} {part.group}" for part in self.members)
        share = f" and {self.share.percent} % {self.share.weight}" if self.share is not None else ""
        return f"{self.count} {who}{including}{share}"

    def counts(self, deposit: "Deposit") -> bool:
        """True for a deposit that is added to the others."""
        return self.organisations_count or deposit.counts_as is Depositor.STATE

    def met_by(self, deposits: Iterable["Deposit"]) -> bool:
        """True when these deposits, each of another participant, are enough."""
        counted = [deposit for deposit in deposits if self.counts(deposit)]
        if len(counted) < self.count:
            return False
        if any(sum(part.group in deposit.groups for deposit in counted) < part.count for part in self.members):
            return False
        if self.share is None:
            return True
        return fsum(deposit.weight or 0.0 for deposit in counted) >= self.share.percent - _ROUNDING


class Depositor(StrEnum):
    """What a deposit counts as."""

    STATE = "state"
    ORGANISATION = "organisation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deposit:
    """One consent to be bound; `weight` is the depositor's share, in per cent, where a threshold asks for one."""

    participant: str
    day: date
    counts_as: Depositor = Depositor.STATE
    groups: frozenset[str] = frozenset()
    weight: float | None = None

    @classmethod
    def of(cls, code: str, day: date, *, organisation: bool = False, weight: float | None = None) -> "Deposit":
        """Return a deposit with the groups to which the participant belonged on its day.

        Raises:
            StoreError: the installed table of groups cannot be read.
            MalformedError: the table does not follow its format.
            NotFoundError: the table names an unknown participant.
        """
        kind = Depositor.ORGANISATION if organisation else Depositor.STATE
        return cls(participant=code, day=day, counts_as=kind, groups=groups_of(code, day), weight=weight)


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryIntoForce:
    """When a treaty enters into force and by what.

    `deciding` is the deposit that met the threshold, `counted` how many then counted. Who was first on a day is not
    known: where several deposits of the deciding day counted, `same_day` names all their participants, and `deciding`
    is the one that met the threshold when they are taken in the order of their codes.
    """

    day: date
    deciding: Deposit
    counted: int
    same_day: tuple[str, ...]


def parse_delay(text: str) -> Delay:
    """Read `90 days`, `12 months`, `3 months then first of month` or `60 days then first of month`.

    Raises:
        MalformedError: it is written otherwise.
    """
    match = _DELAY.fullmatch(text)
    if match is None:
        raise MalformedError(f"delay {text!r} must be like '90 days', '12 months' or '3 months then first of month'")
    return Delay(count=int(match["count"]), unit=DelayUnit(match["unit"]), first_of_month=match["first"] is not None)


def parse_threshold(text: str) -> Threshold:
    """Read `40 states`, `40 parties`, `5 states including 3 council_of_europe` or `55 states and 55 % emissions`.

    Raises:
        MalformedError: it is written otherwise, or no deposits could ever meet it.
    """
    match = _THRESHOLD.fullmatch(text)
    if match is None:
        raise MalformedError(
            f"threshold {text!r} must be like '40 states', '40 parties', '5 states including 3 council_of_europe' "
            "or '55 states and 55 % emissions'"
        )
    members = tuple(
        MemberMinimum(count=int(part[1]), group=part[2]) for part in _INCLUDING.finditer(match["including"])
    )
    if len({part.group for part in members}) != len(members):
        raise MalformedError(f"threshold {text!r} names a group twice; name it once")
    if any(part.count > int(match["count"]) for part in members):
        raise MalformedError(f"threshold {text!r} asks for more members of a group than consents in all")
    share = None
    if match["percent"] is not None:
        share = ShareMinimum(percent=int(match["percent"]), weight=match["weight"])
        if share.percent > _WHOLE:
            raise MalformedError(f"threshold {text!r} asks for more than 100 % of {share.weight}")
    return Threshold(
        count=int(match["count"]), organisations_count=match["who"] == "parties", members=members, share=share
    )


def entered_into_force(
    threshold: Threshold,
    delay: Delay,
    deposits: Iterable[Deposit],
    *,
    withdrawn: Mapping[str, date] = _NO_DAYS,
    successors: Mapping[str, frozenset[str]] = _NO_SUCCESSORS,
    not_before: date | None = None,
) -> EntryIntoForce | None:
    """Return when a treaty enters into force, or None while its threshold is not met.

    `withdrawn` names the day from which a participant's consent given by then counts no more; it may consent again
    later. What is withdrawn once the threshold is met changes nothing. `successors` names, for a state that is no more,
    those that came after it: its consent counts until one of theirs does, so that no land is counted twice. Of several
    deposits by one participant the first that stands counts. `not_before` is the day on which a parent treaty enters
    into force, for a protocol that waits for it.

    Raises:
        MalformedError: the day lies beyond the calendar.
    """
    rows = sorted(deposits, key=lambda row: (row.day, row.participant))
    standing: dict[str, Deposit] = {}
    for deposit in rows:
        standing = {code: row for code, row in standing.items() if _stands(row, deposit.day, withdrawn)}
        if not _stands(deposit, deposit.day, withdrawn):
            continue
        standing.setdefault(deposit.participant, deposit)
        counted = [
            row
            for code, row in standing.items()
            if threshold.counts(row) and successors.get(code, frozenset()).isdisjoint(standing)
        ]
        if threshold.met_by(counted):
            day = delay.after(deposit.day)
            return EntryIntoForce(
                day=day if not_before is None else max(day, not_before),
                deciding=deposit,
                counted=len(counted),
                same_day=_same_day(threshold, deposit.day, rows, withdrawn),
            )
    return None


def binding_from(treaty_day: date, deposit_day: date, party_delay: Delay) -> date:
    """Return the day from which a treaty binds a participant: after its own delay, once the treaty is in force.

    A treaty that says nothing of the second part, such as article 38(2) of the Convention against Transnational
    Organized Crime, cannot bind before it is in force either.

    Raises:
        MalformedError: the day lies beyond the calendar.
    """
    return max(treaty_day, party_delay.after(deposit_day))


def _months_later(day: date, count: int) -> date:
    """Return the same day `count` months later, or the last day of that month where it has no such day."""
    months = day.year * _MONTHS + (day.month - 1) + count
    year, month = months // _MONTHS, months % _MONTHS + 1
    if year > MAXYEAR:
        raise OverflowError(f"year {year} is beyond the calendar")
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def _stands(deposit: Deposit, on: date, withdrawn: Mapping[str, date]) -> bool:
    """True when a deposit still counts on a day on or after its own."""
    ended = withdrawn.get(deposit.participant)
    return ended is None or not deposit.day <= ended <= on


def _same_day(
    threshold: Threshold, day: date, rows: Iterable[Deposit], withdrawn: Mapping[str, date]
) -> tuple[str, ...]:
    on_day = (row for row in rows if row.day == day and threshold.counts(row) and _stands(row, day, withdrawn))
    return tuple(sorted({row.participant for row in on_day}))
