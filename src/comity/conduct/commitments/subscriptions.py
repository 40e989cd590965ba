"""Who subscribed to which catalogue and when, who belongs to which group, and which positions on law are published.

A subscription is by a participant, or by a group for all who belonged to it on that day or came later. Leaving the
group is told, and is not taken for a withdrawal. Where it cannot be known whether somebody takes part, such as with a
directory behind a password, the row says `unknown`, which is neither yes nor no.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from itertools import pairwise
from typing import Final

from comity.conduct.commitments.catalogue import (
    PACKAGE,
    ReportedNumber,
    evidence_of,
    load_catalogues,
    load_reported_numbers,
    notice_of,
)
from comity.conduct.commitments.since import Since, since_of
from comity.errors import MalformedError, NotFoundError
from comity.law.sheet import csv_text
from comity.parties.participants import load_participants, participant
from comity.parties.table import Fields, Sourced, load_table

# The members of the United Nations stand in the table of participants and are not written again.
UN_MEMBERS: Final = "un_members"


class Knowledge(StrEnum):
    """Whether it can be known who takes part."""

    SUBSCRIBED = "subscribed"
    UNKNOWN = "unknown"


class PositionForm(StrEnum):
    """In which form a view on international law was published."""

    POSITION = "position"
    COMPENDIUM = "compendium"
    SPEECH = "speech"
    COMMON = "common"
    COMMENT = "comment"
    SURVEY = "survey"

    @property
    def own(self) -> bool:
        """Whether it counts as a participant's own position; comments and answers to surveys are shown beside it."""
        return self in {PositionForm.POSITION, PositionForm.COMPENDIUM, PositionForm.SPEECH}

    @property
    def label(self) -> str:
        """The form in words."""
        return {
            "position": "position",
            "compendium": "contribution to a compendium",
            "speech": "speech",
            "common": "common position",
            "comment": "comment",
            "survey": "answers to a survey",
        }[self.value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Member(Sourced):
    """A membership: from `since`, where the day is held, to the day before `until`."""

    group: str
    participant: str
    since: date | None
    until: date | None

    def belonged(self, on: date) -> bool:
        """True when the participant belonged to the group on a day, as far as the table holds."""
        return (self.since is None or self.since <= on) and (self.until is None or on < self.until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription(Sourced):
    """A subscription to items of a catalogue, or to all of it; `subscriber` is a participant's code or a group."""

    catalogue: str
    items: tuple[str, ...]
    subscriber: str
    since: Since
    act: str
    through: str | None
    knowledge: Knowledge
    note: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Position(Sourced):
    """A published view on how international law applies; `covers` is the group for which a common position speaks."""

    who: str
    published: Since
    form: PositionForm
    title: str
    covers: str | None

    @property
    def notice(self) -> str | None:
        """What must be said where the row rests on memory."""
        return notice_of(self)

    def to_json(self) -> dict[str, str]:
        """Return the row as JSON values; members that do not apply are left out."""
        members = {
            "who": self.who,
            "published": self.published.text,
            "form": self.form.value,
            "title": self.title,
            "covers": self.covers,
            "source": self.source,
            "grade": self.grade_detail,
            "notice": self.notice,
        }
        return {name: value for name, value in members.items() if value is not None}


@cache
def load_memberships() -> tuple[Member, ...]:
    """Return who belongs to which group, in the order of groups and codes.

    Raises:
        StoreError: the installed table cannot be read.
        MalformedError: it does not follow its format or order.
        NotFoundError: it names an unknown participant.
    """
    rows = load_table(
        PACKAGE, "memberships.csv", columns=("group", "participant", "since", "until"), build=_build_member
    )
    _hold_order("memberships.csv", [(row.group, row.participant) for row in rows])
    for row in rows:
        participant(row.participant)
    return rows


@cache
def load_subscriptions() -> tuple[Subscription, ...]:
    """Return the subscriptions, in the order of the table.

    Raises:
        StoreError: an installed table cannot be read.
        MalformedError: a table does not follow its format, or names a catalogue, item or group that is not there.
        NotFoundError: the table names an unknown participant.
    """
    rows = load_table(
        PACKAGE,
        "subscriptions.csv",
        columns=("catalogue", "items", "subscriber", "since", "known_by", "act", "through", "knowledge", "note"),
        build=_build_subscription,
    )
    catalogues, groups = load_catalogues(), {row.group for row in load_memberships()} | {UN_MEMBERS}
    seen: set[tuple[str, str, str]] = set()
    for row in rows:
        try:
            for number in row.items:
                catalogues.item(f"{row.catalogue}:{number}")
            catalogues.catalogue(row.catalogue)
        except NotFoundError as exc:
            raise MalformedError(f"conduct/reference/subscriptions.csv: {exc.message}") from exc
        _hold_code("subscriptions.csv", row.subscriber, groups)
        for number in row.items or ("",):
            key = (row.catalogue, number, row.subscriber)
            if key in seen:
                raise MalformedError(f"conduct/reference/subscriptions.csv repeats {' '.join(key)}")
            seen.add(key)
    return rows


@cache
def load_positions() -> tuple[Position, ...]:
    """Return the published positions on international law, by code and day.

    Raises:
        StoreError: an installed table cannot be read.
        MalformedError: a table does not follow its format or order, or names a group that is not there.
        NotFoundError: the table names an unknown participant.
    """
    rows = load_table(
        PACKAGE,
        "positions.csv",
        columns=("who", "published", "known_by", "form", "title", "covers"),
        build=_build_position,
    )
    groups = {row.group for row in load_memberships()}
    _hold_order("positions.csv", [(row.who, row.published.text.removeprefix("between "), row.title) for row in rows])
    for row in rows:
        _hold_code("positions.csv", row.who, groups)
        if row.covers is not None and row.covers not in groups:
            raise MalformedError(f"conduct/reference/positions.csv: {row.covers} is no group of memberships.csv")
    return rows


def members_of(group: str, on: date) -> tuple[str, ...]:
    """Return the codes of those who belonged to a group on a day, sorted.

    Raises:
        NotFoundError: there is no such group.
    """
    if group == UN_MEMBERS:
        rows = load_participants().values()
        return tuple(row.code for row in rows if row.un_member_since is not None and row.un_member_since <= on.year)
    held = [row for row in load_memberships() if row.group == group]
    if not held:
        known = ", ".join(sorted({row.group for row in load_memberships()} | {UN_MEMBERS}))
        raise NotFoundError(f"group {group!r} is not in the tables; they hold {known}")
    return tuple(row.participant for row in held if row.belonged(on))


def positions_of(code: str) -> tuple[Position, ...]:
    """Return what a participant published itself, by day.

    Raises:
        StoreError: an installed table cannot be read.
        MalformedError: a table does not follow its format.
    """
    return tuple(row for row in load_positions() if row.who == code)


def common_positions_of(code: str) -> tuple[tuple[Position, Member], ...]:
    """Return the common positions that speak for a participant, with the membership by which they do.

    Raises:
        StoreError: an installed table cannot be read.
        MalformedError: a table does not follow its format.
    """
    return tuple(
        (row, member)
        for row in load_positions()
        if row.covers is not None
        for member in load_memberships()
        if member.group == row.covers and member.participant == code
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionSummary:
    """Who has a position by a day: their own, for certain or perhaps, and who is spoken for by a common one only."""

    on: date
    own: tuple[str, ...]
    perhaps: tuple[str, ...]
    organisations: tuple[str, ...]
    common_only: tuple[str, ...]

    def to_json(self) -> dict[str, object]:
        """Return the summary as JSON values, with what others counted by the day."""
        return {
            "on": self.on.isoformat(),
            "own": list(self.own),
            "perhaps": list(self.perhaps),
            "organisations": list(self.organisations),
            "common_only": list(self.common_only),
            "reported": [row.to_json() for row in self._told()],
        }

    def rows(self) -> list[tuple[str, ...]]:
        """Return one row a participant with a position of its own or a common one, by name."""
        found = [
            *((code, "own") for code in self.own),
            *((code, "perhaps") for code in self.perhaps),
            *((code, "common_only") for code in self.common_only),
        ]
        return sorted(((code, participant(code).name, how) for code, how in found), key=lambda row: row[1])

    def to_csv(self) -> str:
        """Return the rows as CSV."""
        return csv_text(("participant", "name", "position"), self.rows())

    def lines(self) -> list[str]:
        """Return the summary for people."""
        found = [
            f"positions on international law by {self.on}: {len(self.own)} states with their own in this table",
            f"  perhaps also {len(self.perhaps)}, of which no exact day is held",
            f"  {len(self.common_only)} more are spoken for by a common position only",
        ]
        found += [f"  reported for {row.as_of.text}: {row.count} {row.what} {evidence_of(row)}" for row in self._told()]
        return found

    def _told(self) -> list[ReportedNumber]:
        return [
            row for row in load_reported_numbers() if row.catalogue == "positions" and row.as_of.may_have_begun(self.on)
        ]


def position_summary(on: date) -> PositionSummary:
    """Return who has a position on international law by a day.

    Raises:
        StoreError: an installed table cannot be read.
        MalformedError: a table does not follow its format.
    """
    rows = [row for row in load_positions() if row.form.own]
    own = {row.who for row in rows if row.published.began(on)}
    perhaps = {row.who for row in rows if row.published.may_have_begun(on)} - own
    common = [row for row in load_positions() if row.covers is not None and row.published.began(on)]
    covered = {code for row in common if row.covers is not None for code in members_of(row.covers, on)}
    return PositionSummary(
        on=on,
        own=tuple(sorted(own, key=_name)),
        perhaps=tuple(sorted(perhaps, key=_name)),
        organisations=tuple(sorted(row.who for row in common)),
        common_only=tuple(sorted(covered - own - perhaps, key=_name)),
    )


def _name(code: str) -> str:
    return participant(code).name


def _build_member(fields: Fields) -> Member:
    since, until = fields.optional_day("since"), fields.optional_day("until")
    if since is not None and until is not None and until <= since:
        fields.refuse("a membership that ended did so after it began")
    return Member(
        group=fields.text("group"),
        participant=fields.text("participant"),
        since=since,
        until=until,
        **fields.evidence(),
    )


_ACTS: Final = ("endorsed", "joined", "voted_for", "published", "ratified_elsewhere")


def _build_subscription(fields: Fields) -> Subscription:
    if (act := fields.text("act")) not in _ACTS:
        fields.refuse(f"column act holds {act!r}, wanted one of {', '.join(_ACTS)}")
    return Subscription(
        catalogue=fields.text("catalogue"),
        items=fields.optional_words("items"),
        subscriber=fields.text("subscriber"),
        since=since_of(fields, "since", "known_by"),
        act=act,
        through=fields.optional("through"),
        knowledge=fields.choice("knowledge", Knowledge),
        note=fields.optional("note"),
        **fields.evidence(),
    )


def _build_position(fields: Fields) -> Position:
    form, covers = fields.choice("form", PositionForm), fields.optional("covers")
    if (form is PositionForm.COMMON) != (covers is not None):
        fields.refuse("exactly the common positions name the group that they cover")
    return Position(
        who=fields.text("who"),
        published=since_of(fields, "published", "known_by"),
        form=form,
        title=fields.text("title"),
        covers=covers,
        **fields.evidence(),
    )


def _hold_order(name: str, keys: list[tuple[str, ...]]) -> None:
    for before, after in pairwise(keys):
        if before >= after:
            raise MalformedError(f"conduct/reference/{name}: {' '.join(after)} must stand before {' '.join(before)}")


def _hold_code(name: str, code: str, groups: set[str]) -> None:
    if code in groups:
        return
    if code.islower():
        raise MalformedError(f"conduct/reference/{name}: {code} is no group of memberships.csv")
    participant(code)
