"""The zones of the sea, and what each instrument says in them about a damaged cable: the rows of zones.csv.

A row names whom it is about by role, not by name: the coastal State, the flag, the State of which a crew member is a
national, or every State. What it says is the project's own words; source and grade of an answer are those of the row,
or of the provision that it points to where that rests on less. A `gap` row says what was looked for in a provision and
is not there.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from comity.errors import MalformedError, NotFoundError
from comity.law.model import check_provision
from comity.parties.table import Fields, Sourced, load_table

_COLUMNS = ("zones", "role", "who", "intents", "code", "instrument", "provision", "paraphrase")


class Zone(StrEnum):
    """Where the cable was damaged, from the coast outwards."""

    INTERNAL_WATERS = "internal_waters"
    TERRITORIAL_SEA = "territorial_sea"
    CONTIGUOUS_ZONE = "contiguous_zone"
    EEZ = "eez"
    CONTINENTAL_SHELF = "continental_shelf"
    HIGH_SEAS = "high_seas"

    @property
    def label(self) -> str:
        """The zone in words."""
        return {"eez": "exclusive economic zone"}.get(self.value, self.value.replace("_", " "))

    @property
    def under_sovereignty(self) -> bool:
        """True where the waters belong to the coastal State."""
        return self in {Zone.INTERNAL_WATERS, Zone.TERRITORIAL_SEA}

    @property
    def has_coastal_state(self) -> bool:
        """True everywhere but on the high seas."""
        return self is not Zone.HIGH_SEAS


class Intent(StrEnum):
    """How the damage was done, as far as it is known."""

    WILFUL = "wilful"
    NEGLIGENT = "negligent"
    UNKNOWN = "unknown"


class Role(StrEnum):
    """What a row is: how an instrument reaches the zone, a power, a limit, a duty, a freedom or a gap."""

    REACH = "reach"
    PRESCRIBE = "prescribe"
    ENFORCE = "enforce"
    LIMIT = "limit"
    DUTY = "duty"
    FREEDOM = "freedom"
    GAP = "gap"


class Who(StrEnum):
    """Whom a row is about."""

    COASTAL = "coastal"
    FLAG = "flag"
    CREW_STATE = "crew_state"
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneRule(Sourced):
    """What a provision says for some zones; `intents` are those it speaks of, all where it is empty."""

    zones: tuple[Zone, ...]
    role: Role
    who: Who
    intents: tuple[Intent, ...]
    code: str
    instrument: str
    provision: str
    paraphrase: str


def parse_zone(text: str) -> Zone:
    """Return the zone of this name; hyphens stand for underscores.

    Raises:
        NotFoundError: there is no such zone.
    """
    try:
        return Zone(text.strip().lower().replace("-", "_"))
    except ValueError as exc:
        raise NotFoundError(f"zone {text!r} is not known; zones are {', '.join(Zone)}") from exc


def parse_intent(text: str) -> Intent:
    """Return the intent of this name.

    Raises:
        NotFoundError: there is no such intent.
    """
    try:
        return Intent(text.strip().lower())
    except ValueError as exc:
        raise NotFoundError(f"intent {text!r} is not known; it is one of {', '.join(Intent)}") from exc


@cache
def load_zone_rules() -> tuple[ZoneRule, ...]:
    """Read zones.csv, in its order.

    Raises:
        StoreError: the installed file cannot be read.
        MalformedError: it does not follow its format.
    """
    return load_table("comity.law", "zones.csv", columns=_COLUMNS, build=_build)


def _build(fields: Fields) -> ZoneRule:
    try:
        provision = check_provision(fields.text("provision"))
    except MalformedError as exc:
        fields.refuse(exc.message)
    return ZoneRule(
        zones=fields.choices("zones", Zone),
        role=fields.choice("role", Role),
        who=fields.choice("who", Who),
        intents=fields.choices("intents", Intent) if fields.optional("intents") is not None else (),
        code=fields.text("code"),
        instrument=fields.text("instrument"),
        provision=provision,
        paraphrase=fields.text("paraphrase"),
        **fields.evidence(),
    )
