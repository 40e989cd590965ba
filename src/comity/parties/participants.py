"""Participants: the states, territories and organisations that can act under an instrument.

A participant is named by its ISO 3166-1 alpha-3 code in capitals. Two kinds of code need a word.

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
from enum import StrEnum
from functools import cache
from types import MappingProxyType

from comity.errors import MalformedError, NotFoundError
from comity.parties.table import Fields, Grade, Sourced, load_table

_CODE = re.compile(r"[A-Z]{3}", re.ASCII)
_COLUMNS = ("code", "name", "also", "kind", "un_member_since")

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
    FICTITIOUS = "fictitious"


@dataclass(frozen=True, slots=True, kw_only=True)
class Participant(Sourced):
    """One participant; `name` is the short name that the United Nations uses, `also` other names in use."""

    code: str
    name: str
    also: tuple[str, ...]
    kind: ParticipantKind
    un_member_since: int | None

    @property
    def counts_towards_entry_into_force(self) -> bool:
        """True unless it is an organisation, whose instrument is not added to those of its members."""
        return self.kind is not ParticipantKind.ORGANISATION


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
    return Participant(
        code=code,
        name=fields.text("name"),
        also=fields.parts("also"),
        kind=kind,
        un_member_since=since,
        **fields.evidence(),
    )


@cache
def load_participants() -> Mapping[str, Participant]:
    """Return every listed participant by code, in the order of the codes; fictitious ones are never listed.

    Raises:
        StoreError: the installed table cannot be read.
        MalformedError: the table does not follow its format.
    """
    rows = load_table("comity.parties", "participants.csv", columns=_COLUMNS, build=_build)
    codes = [row.code for row in rows]
    if codes != sorted(set(codes)):
        raise MalformedError("parties/reference/participants.csv: codes must be different and sorted")
    return MappingProxyType({row.code: row for row in rows})


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
    near = _near(code)
    hint = f"did you mean {', '.join(near)}" if near else "codes are ISO 3166-1 alpha-3 in capitals, such as PRT"
    return f"no participant has the code {code!r}; {hint}"


def _near(text: str) -> list[str]:
    """Return up to three `CODE (name)` whose code or one of whose names is near `text`, the nearest first."""
    spellings = {
        spelling.casefold(): row for row in load_participants().values() for spelling in (*row.also, row.name, row.code)
    }
    matches = difflib.get_close_matches(text.strip().casefold(), list(spellings), n=6, cutoff=0.6)
    found = dict.fromkeys(f"{spellings[match].code} ({spellings[match].name})" for match in matches)
    return list(found)[:3]
