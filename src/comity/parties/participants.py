"""Participants: the states, territories and organisations that act, or once acted, under an instrument.

A participant is named by its ISO 3166-1 alpha-3 code in capitals, a state that is no more by the code that it had. A
territory does not act: the state responsible for it acts, and an instrument applies to it or not. Who is listed
follows the practice of the Secretary-General of the United Nations as depositary. Two kinds of code need a word.

- The European Union has no alpha-3 code of its own. `EUE` is used, the code on the European Union laissez-passer,
  which ISO 3166 reserves exceptionally for that purpose.
- ISO 3166 leaves `XAA` to `XZZ` to its users. Here they name **fictitious** participants, who alone may misbehave or
  refuse in exercises and tests. Codes of that range that real bodies or travel documents are known to use are
  refused, so that no exercise can seem to speak about them.
"""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from types import MappingProxyType

from comity.errors import MalformedError, NotFoundError
from comity.parties.table import Fields, Grade, Sourced, load_table

_CODE = re.compile(r"[A-Z]{3}", re.ASCII)
_COLUMNS = (
    "code",
    "name",
    "also",
    "kind",
    "un_member_since",
    "responsible",
    "responsible_since",
    "existed_until",
    "continued_by",
    "succeeded_by",
)

# Users of the range who are no fiction: Kosovo in statistics, and the users known from ICAO Doc 9303 (machine
# readable travel documents). From memory; a code too many costs nothing, as 650 others remain.
_IN_USE_ELSEWHERE: Mapping[str, str] = MappingProxyType(
    {
        "XBA": "African Development Bank",
        "XCC": "Caribbean Community",
        "XCE": "Council of Europe",
        "XCO": "Common Market for Eastern and Southern Africa",
        "XDC": "Southern African Development Community",
        "XEC": "Economic Community of West African States",
        "XES": "Organization of Eastern Caribbean States",
        "XIM": "African Export-Import Bank",
        "XKX": "Kosovo",
        "XMP": "Parliamentary Assembly of the Mediterranean",
        "XOM": "Sovereign Military Order of Malta",
        "XPO": "INTERPOL",
        "XXA": "a stateless person",
        "XXB": "a refugee",
        "XXC": "another refugee",
        "XXX": "a person of unspecified nationality",
    }
)


class ParticipantKind(StrEnum):
    """What sort of body can act under an instrument."""

    STATE = "state"
    OBSERVER_STATE = "observer_state"
    ASSOCIATED_STATE = "associated_state"
    ORGANISATION = "organisation"
    TERRITORY = "territory"
    FORMER_STATE = "former_state"
    FICTITIOUS = "fictitious"


@dataclass(frozen=True, slots=True, kw_only=True)
class Participant(Sourced):
    """One participant; `name` is the short name that the United Nations uses, `also` other names, now and formerly.

    `responsible` is the state that acts for a territory, `responsible_since` the day from which, where another did
    before. `existed_until` is the last day of a state or territory that is no more, `continued_by` the state that is
    held to be the same or to hold its treaties, `succeeded_by` those that came directly after it and may have notified
    succession.
    """

    code: str
    name: str
    also: tuple[str, ...]
    kind: ParticipantKind
    un_member_since: int | None
    responsible: str | None = None
    responsible_since: date | None = None
    existed_until: date | None = None
    continued_by: str | None = None
    succeeded_by: tuple[str, ...] = ()

    @property
    def counts_towards_entry_into_force(self) -> bool:
        """True for states, also former ones.

        An organisation's instrument is not added to those of its members, and a territory deposits none.
        """
        return self.kind not in {ParticipantKind.ORGANISATION, ParticipantKind.TERRITORY}

    def acts_today(self, on: date) -> bool:
        """True when it could act itself on `on`: a territory never does, a former state did until its last day."""
        if self.kind is ParticipantKind.TERRITORY:
            return False
        return self.existed_until is None or on <= self.existed_until


def _build(fields: Fields) -> Participant:
    code = fields.text("code")
    if _CODE.fullmatch(code) is None:
        fields.refuse(f"{code!r} is not a code of three capital letters")
    kind = fields.choice("kind", ParticipantKind)
    if kind is ParticipantKind.FICTITIOUS or code.startswith("X"):
        fields.refuse(f"{code} would be fictitious, and fictitious participants are never listed")
    since = fields.optional_whole("un_member_since")
    if (since is not None) != (kind is ParticipantKind.STATE):
        fields.refuse(f"{code}: exactly the members of the United Nations carry the year they joined")
    row = Participant(
        code=code,
        name=fields.text("name"),
        also=fields.parts("also"),
        kind=kind,
        un_member_since=since,
        responsible=fields.optional("responsible"),
        responsible_since=fields.optional_day("responsible_since"),
        existed_until=fields.optional_day("existed_until"),
        continued_by=fields.optional("continued_by"),
        succeeded_by=fields.parts("succeeded_by"),
        **fields.evidence(),
    )
    _check_kind(fields, row)
    return row


def _check_kind(fields: Fields, row: Participant) -> None:
    if (row.responsible is not None) != (row.kind is ParticipantKind.TERRITORY):
        fields.refuse(f"{row.code}: exactly the territories name the state responsible for them")
    gone = row.existed_until is not None
    if gone and row.kind not in {ParticipantKind.FORMER_STATE, ParticipantKind.TERRITORY}:
        fields.refuse(f"{row.code}: only a former state or a territory has a last day")
    if not gone and (row.kind is ParticipantKind.FORMER_STATE or row.continued_by or row.succeeded_by):
        fields.refuse(f"{row.code}: what others continue or succeed carries its last day")
    if gone and row.continued_by is None and not row.succeeded_by:
        fields.refuse(f"{row.code}: what is no more names who continues it or came after it")


@cache
def load_participants() -> Mapping[str, Participant]:
    """Return every listed participant by code, in the order of the codes; fictitious ones are never listed.

    Territories and former states are among them: see `current_participants`.

    Raises:
        StoreError: the installed table cannot be read.
        MalformedError: the table does not follow its format, or names a code that it does not hold.
    """
    rows = load_table("comity.parties", "participants.csv", columns=_COLUMNS, build=_build)
    codes = [row.code for row in rows]
    if codes != sorted(set(codes)):
        raise MalformedError("parties/reference/participants.csv: codes must be different and sorted")
    for row in rows:
        for other in (row.responsible, row.continued_by, *row.succeeded_by):
            if other is not None and other not in codes:
                raise MalformedError(
                    f"parties/reference/participants.csv: {row.code} names {other}, which is not listed"
                )
    return MappingProxyType({row.code: row for row in rows})


def current_participants(on: date) -> tuple[Participant, ...]:
    """Return those that could act themselves on `on`, in the order of their codes.

    The table has no first days, so that on an early day states are among them that came later; they have no acts then.

    Raises:
        StoreError: the installed table cannot be read.
        MalformedError: the table does not follow its format.
    """
    return tuple(row for row in load_participants().values() if row.acts_today(on))


@cache
def continued(code: str) -> tuple[str, ...]:
    """Return the former states that a participant continues, in the order of their codes.

    Raises:
        StoreError: the installed table cannot be read.
        MalformedError: the table does not follow its format.
    """
    return tuple(row.code for row in load_participants().values() if row.continued_by == code)


def is_fictitious(code: str) -> bool:
    """True when `code` lies in the user-assigned range and no real body is known to use it."""
    return _CODE.fullmatch(code) is not None and code.startswith("X") and code not in _IN_USE_ELSEWHERE


def participant(code: str) -> Participant:
    """Return the participant with this code.

    Raises:
        NotFoundError: no participant has it; the message names the nearest ones.
    """
    listed = load_participants().get(code)
    if listed is not None:
        return listed
    if is_fictitious(code):
        return Participant(
            code=code,
            name=f"Fictitious participant {code}",
            also=(),
            kind=ParticipantKind.FICTITIOUS,
            un_member_since=None,
            source="ISO 3166-1, user-assigned codes XAA to XZZ",
            grade=Grade.MEMORY,
            grade_detail="M",
        )
    raise NotFoundError(_unknown(code))


def _unknown(code: str) -> str:
    user = _IN_USE_ELSEWHERE.get(code)
    if user is not None:
        return f"{code} stands for {user} elsewhere and names no participant; for an exercise take XAA or another"
    near = nearest(code)
    hint = f"did you mean {', '.join(near)}" if near else "codes are ISO 3166-1 alpha-3 in capitals, such as PRT"
    return f"no participant has the code {code!r}; {hint}"


def nearest(text: str, *, cutoff: float = 0.6) -> list[str]:
    """Return up to three `CODE (name)` whose code or one of whose names is near `text`, the nearest first.

    Raises:
        StoreError: the installed table cannot be read.
        MalformedError: the table does not follow its format.
    """
    spellings = {
        spelling.casefold(): row for row in load_participants().values() for spelling in (*row.also, row.name, row.code)
    }
    matches = difflib.get_close_matches(text.strip().casefold(), list(spellings), n=6, cutoff=cutoff)
    found = dict.fromkeys(f"{spellings[match].code} ({spellings[match].name})" for match in matches)
    return list(found)[:3]
