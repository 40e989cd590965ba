"""Blocs of claimants: who belonged to which one when, so that a figure can be drawn again without a bloc.

A bloc groups those who speak, never those whom claims are about. The tables hold members only as far as a source names
them; a company or a newspaper belongs to none, whatever state it sits in, since no table says which would.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import groupby, pairwise
from types import MappingProxyType
from typing import Final

from comity.conduct.admission import folded
from comity.conduct.commitments.since import Since, parse_since, since_of
from comity.conduct.statements import Speaker
from comity.errors import MalformedError, NotFoundError
from comity.parties.participants import participant
from comity.parties.table import Fields, Sourced, load_table

_MEMBERS: Final = "blocs.csv"
_NAMES: Final = "bloc_names.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership(Sourced):
    """A time during which a participant belonged to a bloc: from `since` to the day before `until`."""

    bloc: str
    participant: str
    since: Since
    until: Since | None

    def may_hold(self, on: Since | None) -> bool:
        """True when the participant can have been a member at a time; at an unknown time it can."""
        if on is None:
            return True
        return self.since.earliest <= on.latest and (self.until is None or on.earliest < self.until.latest)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bloc(Sourced):
    """A bloc with its members; `names` are those under which it speaks itself, `participant` its own code if any."""

    code: str
    name: str
    names: frozenset[str]
    participant: str | None
    members: tuple[Membership, ...]

    def speaks(self, speaker: Speaker, said: str | None) -> bool:
        """True when somebody who says something belongs to the bloc at the time, or is the bloc.

        Raises:
            MalformedError: `said` is no day, month or year.
        """
        on = None if said is None else parse_since(said)
        if speaker.participant is not None:
            if speaker.participant == self.participant:
                return True
            return any(each.participant == speaker.participant and each.may_hold(on) for each in self.members)
        return speaker.kind in {"alliance", "organisation"} and folded(speaker.name) in self.names


@cache
def load_blocs() -> Mapping[str, Bloc]:
    """Return the blocs by code, in the order of their codes.

    Raises:
        StoreError: an installed table cannot be read.
        MalformedError: a table does not follow its format, is not in order, or two times of one member overlap.
        NotFoundError: a table names an unknown participant.
    """
    members = load_table("comity.conduct", _MEMBERS, columns=("bloc", "participant", "since", "until"), build=_member)
    for before, row in pairwise(members):
        same = (before.bloc, before.participant) == (row.bloc, row.participant)
        if same and (before.until is None or before.until.latest > row.since.earliest):
            raise MalformedError(f"conduct/reference/{_MEMBERS}: two times of {row.participant} in {row.bloc} overlap")
        if (before.bloc, before.participant) > (row.bloc, row.participant):
            raise MalformedError(f"conduct/reference/{_MEMBERS}: {row.bloc} {row.participant} is out of order")
    by_bloc = {code: tuple(rows) for code, rows in groupby(members, key=lambda row: row.bloc)}
    rows = load_table(
        "comity.conduct",
        _NAMES,
        columns=("bloc", "name", "also", "participant"),
        build=lambda fields: _bloc(fields, by_bloc),
    )
    found = {row.code: row for row in rows}
    if list(found) != sorted(by_bloc):
        raise MalformedError(f"conduct/reference/{_NAMES}: wanted exactly the blocs of {_MEMBERS}, in order")
    return MappingProxyType(found)


def bloc(code: str) -> Bloc:
    """Return a bloc.

    Raises:
        NotFoundError: no bloc has the code; the message names those there are.
    """
    found = load_blocs().get(code)
    if found is None:
        raise NotFoundError(f"no bloc has the code {code!r}; there are {', '.join(load_blocs())}")
    return found


def _member(fields: Fields) -> Membership:
    code = fields.text("participant")
    participant(code)
    since = since_of(fields, "since")
    until = None if fields.optional("until") is None else since_of(fields, "until")
    if until is not None and until.earliest <= since.latest:
        fields.refuse("a membership that ended did so after it began")
    return Membership(bloc=fields.text("bloc"), participant=code, since=since, until=until, **fields.evidence())


def _bloc(fields: Fields, members: Mapping[str, tuple[Membership, ...]]) -> Bloc:
    code, name = fields.text("bloc"), fields.text("name")
    own = fields.optional("participant")
    if own is not None:
        participant(own)
    return Bloc(
        code=code,
        name=name,
        names=frozenset(folded(each) for each in (name, *fields.parts("also"))),
        participant=own,
        members=members.get(code, ()),
        **fields.evidence(),
    )
