"""The register: every law table together, with their references to each other held.

A register is a value. Rules take one as an argument, so that an exercise can add acts of fictitious participants and
an operator can add acts read from a depositary's current list, without either touching the installed tables.

Invariants, checked when a register is made: every row belongs to a loaded instrument; every provision that a row
points to is in the table of provisions; every participant is known; no instrument carries a measure twice, and no
participant has two acts of consent towards one instrument.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from types import MappingProxyType

from comity.errors import MalformedError, NotFoundError, PolicyError
from comity.law.clocks import Clock
from comity.law.measures import Measure
from comity.law.model import (
    Act,
    Action,
    Carrier,
    Conduct,
    Confidence,
    ContentItem,
    Ground,
    Instrument,
    NonExecutionReason,
    Provision,
    ReportedCount,
    without_letter,
)
from comity.law.tables import (
    load_actions,
    load_carriers,
    load_clocks,
    load_conduct,
    load_contents,
    load_grounds,
    load_instruments,
    load_non_execution,
    load_provisions,
    load_reported_counts,
)
from comity.parties.participants import is_fictitious, participant
from comity.parties.table import Grade


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """All rows; `instruments` are in the order in which a basis prefers them."""

    instruments: tuple[Instrument, ...]
    provisions: tuple[Provision, ...]
    carriers: tuple[Carrier, ...]
    contents: tuple[ContentItem, ...]
    grounds: tuple[Ground, ...]
    non_execution: tuple[NonExecutionReason, ...]
    clocks: tuple[Clock, ...]
    actions: tuple[Action, ...]
    reported_counts: tuple[ReportedCount, ...]
    conduct: tuple[Conduct, ...]

    def __post_init__(self) -> None:
        _check_references(self)
        _check_uniqueness(self)

    def instrument(self, key: str) -> Instrument:
        """Return an instrument.

        Raises:
            NotFoundError: it is not loaded.
        """
        for row in self.instruments:
            if row.key == key:
                return row
        known = ", ".join(row.key for row in self.instruments)
        raise NotFoundError(f"instrument {key!r} is not loaded; loaded are {known}")

    def provision(self, instrument: str, provision: str) -> Provision:
        """Return a provision of an instrument.

        Raises:
            NotFoundError: the tables do not hold it.
        """
        for row in self.provisions:
            if row.instrument == instrument and row.provision == provision:
                return row
        raise NotFoundError(f"article {provision} of {instrument!r} is not in the tables")

    def carrier(self, instrument: str, measure: Measure) -> Carrier | None:
        """Return what carries a measure under an instrument, or None when nothing loaded does."""
        for row in self.carriers:
            if row.instrument == instrument and row.measure is measure:
                return row
        return None

    def contents_of(self, instrument: str, measure: Measure) -> tuple[ContentItem, ...]:
        """Return what a request for a measure under an instrument must state, in the order of the table."""
        return tuple(row for row in self.contents if row.instrument == instrument and measure in row.measures)

    def grounds_of(self, instrument: str, measure: Measure) -> tuple[Ground, ...]:
        """Return the grounds on which an instrument lets a measure be refused."""
        return tuple(row for row in self.grounds if row.instrument == instrument and measure in row.measures)

    def clocks_of(self, instrument: str, measure: Measure) -> tuple[Clock, ...]:
        """Return the clocks that an instrument sets for a measure."""
        return tuple(row for row in self.clocks if row.instrument == instrument and measure in row.measures)

    def actions_of(self, instrument: str, code: str | None = None) -> tuple[Action, ...]:
        """Return the acts towards an instrument, of one participant or of all."""
        return tuple(
            row for row in self.actions if row.instrument == instrument and (code is None or row.participant == code)
        )

    def conduct_of(self, code: str) -> Mapping[str, Conduct]:
        """Return the rows for a kind of conduct by instrument.

        Raises:
            NotFoundError: the kind is not in the tables.
        """
        rows = {row.instrument: row for row in self.conduct if row.code == code}
        if not rows:
            known = ", ".join(sorted({row.code for row in self.conduct}))
            raise NotFoundError(f"conduct {code!r} is not in the tables; they hold {known}")
        return MappingProxyType(rows)

    def with_actions(self, actions: Iterable[Action]) -> "Register":
        """Return a register with further acts, for a newer list of the depositary or for an exercise.

        A new act takes the place of an unconfirmed one of the same participant and sort (signature or consent).

        Raises:
            MalformedError: an act names an unknown instrument or repeats a confirmed one.
            NotFoundError: an act names an unknown participant.
        """
        added = tuple(actions)
        renewed = {(row.instrument, row.participant, row.act.binds) for row in added}
        kept = (
            row
            for row in self.actions
            if row.confidence is Confidence.CONFIRMED or (row.instrument, row.participant, row.act.binds) not in renewed
        )
        return replace(self, actions=(*kept, *added))


@cache
def load_register() -> Register:
    """Return the installed tables.

    Raises:
        StoreError: an installed table cannot be read.
        MalformedError: a table does not follow its format or points to something that is not there.
        NotFoundError: an act names an unknown participant.
    """
    return Register(
        instruments=load_instruments(),
        provisions=load_provisions(),
        carriers=load_carriers(),
        contents=load_contents(),
        grounds=load_grounds(),
        non_execution=load_non_execution(),
        clocks=load_clocks(),
        actions=load_actions(),
        reported_counts=load_reported_counts(),
        conduct=load_conduct(),
    )


def exercise_actions(codes: Iterable[str], *, instrument: str, on: date) -> tuple[Action, ...]:
    """Return accessions of fictitious participants, for `Register.with_actions` in an exercise or a test.

    Raises:
        PolicyError: a code is not fictitious; exercises never invent acts of real participants.
    """
    made = []
    for code in codes:
        if not is_fictitious(code):
            raise PolicyError(f"{code} is not a fictitious participant, so that no act may be invented for it")
        made.append(
            Action(
                instrument=instrument,
                participant=code,
                act=Act.ACCESSION,
                on=on,
                known_by=None,
                confidence=Confidence.CONFIRMED,
                note="exercise",
                source="invented for an exercise",
                grade=Grade.MEMORY,
                grade_detail="M",
            )
        )
    return tuple(made)


def _check_references(register: Register) -> None:
    known = {(row.instrument, row.provision) for row in register.provisions}
    instruments = {row.key for row in register.instruments}
    for name, instrument, provision in _references(register):
        if instrument not in instruments:
            raise MalformedError(f"law/reference/{name} names the instrument {instrument!r}, which is not loaded")
        # A letter is an item of the list in its paragraph, which is what the table of provisions describes.
        if provision is not None and (instrument, without_letter(provision)) not in known:
            raise MalformedError(
                f"law/reference/{name} points to {instrument} {provision}, which provisions.csv does not hold"
            )
    for action in register.actions:
        participant(action.participant)


def _references(register: Register) -> Iterable[tuple[str, str, str | None]]:
    """Yield table, instrument and provision for everything that points to a provision or an instrument."""
    yield from (("instruments.csv", row.key, row.entry_provision) for row in register.instruments)
    yield from (("provisions.csv", row.instrument, _article(row.provision)) for row in register.provisions)
    for carrier in register.carriers:
        for provision in (
            carrier.provision,
            carrier.channel_provision,
            carrier.dual_provision,
            carrier.reservation_provision,
            carrier.reach_provision,
        ):
            yield "carriers.csv", carrier.instrument, provision
    yield from (("contents.csv", row.instrument, row.provision) for row in register.contents)
    yield from (("grounds.csv", row.instrument, row.provision) for row in register.grounds)
    yield from (("clocks.csv", row.instrument, row.provision) for row in register.clocks if row.instrument)
    yield from (("actions.csv", row.instrument, None) for row in register.actions)
    yield from (("reported_counts.csv", row.instrument, None) for row in register.reported_counts)
    yield from (("conduct.csv", row.instrument, row.provision) for row in register.conduct)


def _article(provision: str) -> str:
    return provision.partition("(")[0]


def _check_uniqueness(register: Register) -> None:
    keys: dict[str, list[tuple[str, ...]]] = {
        "instruments.csv": [(row.key,) for row in register.instruments],
        "provisions.csv": [(row.instrument, row.provision) for row in register.provisions],
        "carriers.csv": [(row.instrument, row.measure) for row in register.carriers],
        "contents.csv": [(r.instrument, m, r.key) for r in register.contents for m in r.measures],
        "grounds.csv": [(r.instrument, m, r.code, r.provision) for r in register.grounds for m in r.measures],
        "non_execution.csv": [(row.code,) for row in register.non_execution],
        "clocks.csv": [(row.name,) for row in register.clocks],
        "actions.csv": [(r.instrument, r.participant, str(r.act.binds)) for r in register.actions],
        "conduct.csv": [(row.code, row.instrument) for row in register.conduct],
    }
    for name, rows in keys.items():
        repeated = [key for key, times in Counter(rows).items() if times > 1]
        if repeated:
            raise MalformedError(f"law/reference/{name} repeats {' '.join(repeated[0])}")
