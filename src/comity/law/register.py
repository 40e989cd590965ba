"""The register: every law table together, with their references to each other held.

A register is a value. Rules take one as an argument, so that an exercise can add acts of fictitious participants and
a user can add instruments, acts and readings of their own, without either touching the installed tables.

Invariants, checked when a register is made: every row belongs to a loaded instrument; every provision that a row
points to, refers to or comes from is in the table of provisions; every participant is known; no instrument carries a
measure twice, and no act stands there twice from one source. Acts that state one fact with different days stay side by
side: a disputed fact.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from types import MappingProxyType
from typing import Any

from comity.errors import MalformedError, NotFoundError, PolicyError
from comity.law.clocks import Clock
from comity.law.measures import Measure
from comity.law.model import Act, ActSort, Confidence, ProfileAspect, article_of, without_letter
from comity.law.rows import (
    Action,
    Carrier,
    Conduct,
    ContentItem,
    DirectAccess,
    Ground,
    Instrument,
    NonExecutionReason,
    Obligation,
    ProfileEntry,
    Provision,
    ReportedCount,
)
from comity.law.tables import InstrumentTables, load_conduct, load_instruments, load_non_execution, load_profiles
from comity.parties.participants import is_fictitious, participant
from comity.parties.table import Grade, TableFolder, reference_folder


@dataclass(frozen=True, slots=True)
class _Index:
    """Where the rows of an instrument, and of one participant towards it, are found without a search."""

    instruments: dict[str, Instrument] = field(default_factory=dict)
    provisions: dict[tuple[str, str], Provision] = field(default_factory=dict)
    carriers: dict[tuple[str, Measure], Carrier] = field(default_factory=dict)
    acts: dict[str, list[Action]] = field(default_factory=dict)
    acts_of: dict[tuple[str, str], list[Action]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Register:
    """All rows; `instruments` are in the order in which a basis prefers them.

    A register equals itself and no other: comparing thousands of rows would hide that two were made.
    """

    instruments: tuple[Instrument, ...]
    provisions: tuple[Provision, ...]
    carriers: tuple[Carrier, ...]
    contents: tuple[ContentItem, ...]
    grounds: tuple[Ground, ...]
    non_execution: tuple[NonExecutionReason, ...]
    clocks: tuple[Clock, ...]
    actions: tuple[Action, ...]
    reported_counts: tuple[ReportedCount, ...]
    obligations: tuple[Obligation, ...]
    direct: tuple[DirectAccess, ...]
    profiles: tuple[ProfileEntry, ...]
    conduct: tuple[Conduct, ...]
    _index: _Index = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        index = _Index()
        index.instruments.update((row.key, row) for row in self.instruments)
        index.provisions.update(((row.instrument, row.provision), row) for row in self.provisions)
        index.carriers.update(((row.instrument, row.measure), row) for row in self.carriers)
        for row in self.actions:
            index.acts.setdefault(row.instrument, []).append(row)
            index.acts_of.setdefault((row.instrument, row.participant), []).append(row)
        object.__setattr__(self, "_index", index)
        _check_references(self)
        _check_uniqueness(self)

    def instrument(self, key: str) -> Instrument:
        """Return an instrument.

        Raises:
            NotFoundError: it is not loaded.
        """
        row = self._index.instruments.get(key)
        if row is None:
            known = ", ".join(row.key for row in self.instruments)
            raise NotFoundError(f"instrument {key!r} is not loaded; loaded are {known}")
        return row

    def provision(self, instrument: str, provision: str) -> Provision:
        """Return a provision of an instrument.

        Raises:
            NotFoundError: the tables do not hold it.
        """
        row = self._index.provisions.get((instrument, provision))
        if row is None:
            raise NotFoundError(f"article {provision} of {instrument!r} is not in the tables")
        return row

    def provisions_of(self, instrument: str) -> tuple[Provision, ...]:
        """Return the provisions of an instrument that the tables hold, in their order."""
        return tuple(row for row in self.provisions if row.instrument == instrument)

    def carrier(self, instrument: str, measure: Measure) -> Carrier | None:
        """Return what carries a measure under an instrument, or None when nothing loaded does."""
        return self._index.carriers.get((instrument, measure))

    def contents_of(self, instrument: str, measure: Measure) -> tuple[ContentItem, ...]:
        """Return what a request for a measure under an instrument must state, in the order of the table."""
        return tuple(row for row in self.contents if row.instrument == instrument and measure in row.measures)

    def grounds_of(self, instrument: str, measure: Measure) -> tuple[Ground, ...]:
        """Return the grounds on which an instrument lets a measure be refused."""
        return tuple(row for row in self.grounds if row.instrument == instrument and measure in row.measures)

    def clocks_of(self, instrument: str, measure: Measure) -> tuple[Clock, ...]:
        """Return the clocks that an instrument sets for a measure."""
        return tuple(row for row in self.clocks if row.instrument == instrument and measure in row.measures)

    def obligations_of(self, instrument: str) -> tuple[Obligation, ...]:
        """Return what an instrument asks of a state that joins, in the order of the table."""
        return tuple(row for row in self.obligations if row.instrument == instrument)

    def profile_of(self, code: str, instrument: str, aspect: ProfileAspect, on: date) -> tuple[ProfileEntry, ...]:
        """Return what a participant told on an aspect by a day, of which the newest counts.

        What it told for the instrument replaces the rest. Rows of one day stand together; what rests on memory is told
        beside what does not, and does not replace it.
        """
        rows = [
            row
            for row in self.profiles
            if row.participant == code and row.aspect is aspect and (row.since is None or row.since <= on)
        ]
        told = _newest_for(rows, instrument)
        deciding = _newest_for([row for row in rows if row.grade.binding], instrument)
        return tuple(row for row in rows if row in told or row in deciding)

    def actions_of(self, instrument: str, code: str | None = None) -> tuple[Action, ...]:
        """Return the acts towards an instrument, of one participant or of all."""
        index = self._index
        return tuple(index.acts.get(instrument, ()) if code is None else index.acts_of.get((instrument, code), ()))

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

        A new signature or consent takes the place of an unconfirmed one of the same participant.

        Raises:
            MalformedError: an act names an unknown instrument or repeats one from the same source.
            NotFoundError: an act names an unknown participant.
        """
        added = tuple(actions)
        single = {ActSort.SIGNATURE, ActSort.CONSENT}
        renewed = {(row.instrument, row.participant, row.act.sort) for row in added if row.act.sort in single}
        kept = (
            row
            for row in self.actions
            if row.confidence is Confidence.CONFIRMED or (row.instrument, row.participant, row.act.sort) not in renewed
        )
        return replace(self, actions=(*kept, *added))

    def with_tables(self, folder: TableFolder) -> "Register":
        """Return a register with the tables of another folder, whose own instruments come first.

        Raises:
            StoreError: a table cannot be read.
            MalformedError: a table does not follow its format, or repeats or lacks what another one holds.
            NotFoundError: an act names an unknown participant.
        """
        own = load_instruments(folder)
        added = _read(folder, (*own, *self.instruments), instruments=own)
        return Register(**{name: (*rows, *getattr(self, name)) for name, rows in added.items()})


@cache
def load_register() -> Register:
    """Return the installed tables.

    Raises:
        StoreError: an installed table cannot be read.
        MalformedError: a table does not follow its format or points to something that is not there.
        NotFoundError: an act names an unknown participant.
    """
    folder = reference_folder("comity.law")
    instruments = load_instruments(folder)
    return Register(**_read(folder, instruments, instruments=instruments))


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
                provision=None,
                about=None,
                note="exercise",
                source="invented for an exercise",
                grade=Grade.MEMORY,
                grade_detail="M",
            )
        )
    return tuple(made)


def _read(
    folder: TableFolder, described: Iterable[Instrument], *, instruments: tuple[Instrument, ...]
) -> dict[str, Any]:
    """Read a folder's tables, those of each instrument that is described here or in another folder included."""
    tables = [InstrumentTables(folder, row.key) for row in described]
    return {
        "instruments": instruments,
        "provisions": tuple(row for table in tables for row in table.provisions()),
        "carriers": tuple(row for table in tables for row in table.carriers()),
        "contents": tuple(row for table in tables for row in table.contents()),
        "grounds": tuple(row for table in tables for row in table.grounds()),
        "non_execution": load_non_execution(folder),
        "clocks": tuple(row for table in tables for row in table.clocks()),
        "actions": tuple(row for table in tables for row in table.actions()),
        "reported_counts": tuple(row for table in tables for row in table.reported_counts()),
        "obligations": tuple(row for table in tables for row in table.obligations()),
        "direct": tuple(row for table in tables for row in table.direct()),
        "profiles": load_profiles(folder),
        "conduct": load_conduct(folder),
    }


def _check_references(register: Register) -> None:
    known = {(row.instrument, row.provision) for row in register.provisions}
    instruments = {row.key for row in register.instruments}
    for name, instrument, provision in _references(register):
        if instrument not in instruments:
            raise MalformedError(f"{name} names the instrument {instrument!r}, which is not loaded")
        # A letter is an item of the list in its paragraph, which is what the table of provisions describes.
        if provision is not None and (instrument, without_letter(provision)) not in known:
            raise MalformedError(f"{name} points to {instrument} {provision}, which provisions.csv lacks")
    named = {
        (f"{row.instrument}/actions.csv", code) for row in register.actions for code in (row.participant, row.about)
    }
    for name, code in sorted((name, code) for name, code in named if code is not None):
        _check_participant(name, code)
    for code in sorted({row.participant for row in register.profiles}):
        _check_participant("profiles.csv", code)


def _check_participant(name: str, code: str) -> None:
    try:
        participant(code)
    except NotFoundError as exc:
        raise NotFoundError(f"{name}: {exc.message}") from exc


def _references(register: Register) -> Iterable[tuple[str, str, str | None]]:
    """Yield file, instrument and provision for everything that points to a provision or an instrument."""
    for described in register.instruments:
        yield "instruments.csv", described.key, described.entry_provision
        yield "instruments.csv", described.key, described.withdrawal_provision
        if described.parent is not None:
            yield "instruments.csv", described.parent, None
    for row in register.provisions:
        yield f"{row.instrument}/provisions.csv", row.instrument, article_of(row.provision)
        # Another instrument's article has its key in front: `24`, `uncac 46(13)`.
        for named in (*row.parents, *row.see):
            other, _, article = named.rpartition(" ")
            yield f"{row.instrument}/provisions.csv", other or row.instrument, article
    for carrier in register.carriers:
        for provision in (
            carrier.provision,
            carrier.channel_provision,
            carrier.dual_provision,
            carrier.reservation_provision,
            carrier.reach_provision,
            carrier.language_provision,
        ):
            yield f"{carrier.instrument}/carriers.csv", carrier.instrument, provision
    tables: tuple[tuple[str, Iterable[ContentItem | Ground | Clock | Action | Obligation | DirectAccess]], ...] = (
        ("contents.csv", register.contents),
        ("grounds.csv", register.grounds),
        ("clocks.csv", register.clocks),
        ("actions.csv", register.actions),
        ("obligations.csv", register.obligations),
        ("direct.csv", register.direct),
    )
    for name, rows in tables:
        yield from ((f"{row.instrument}/{name}", row.instrument, row.provision) for row in rows if row.instrument)
    yield from ((f"{row.instrument}/reported_counts.csv", row.instrument, None) for row in register.reported_counts)
    yield from (("profiles.csv", row.instrument, None) for row in register.profiles if row.instrument is not None)
    yield from (("conduct.csv", row.instrument, row.provision) for row in register.conduct)


def _newest_for(rows: list[ProfileEntry], instrument: str) -> list[ProfileEntry]:
    kept = [row for row in rows if row.instrument == instrument] or [row for row in rows if row.instrument is None]
    newest = max((row.since or date.min for row in kept), default=None)
    return [row for row in kept if (row.since or date.min) == newest]


def _check_uniqueness(register: Register) -> None:
    keys: dict[str, Iterable[tuple[object, ...]]] = {
        "instruments.csv": ((row.key,) for row in register.instruments),
        "provisions.csv": ((row.instrument, row.provision) for row in register.provisions),
        "carriers.csv": ((row.instrument, row.measure) for row in register.carriers),
        "contents.csv": ((r.instrument, m, r.key) for r in register.contents for m in r.measures),
        "grounds.csv": ((r.instrument, m, r.code, r.provision) for r in register.grounds for m in r.measures),
        "non_execution.csv": ((row.code,) for row in register.non_execution),
        "clocks.csv": ((row.name,) for row in register.clocks),
        "actions.csv": (
            (r.instrument, r.participant, r.act, r.on or r.known_by, r.provision, r.about, r.note, r.source)
            for r in register.actions
        ),
        "obligations.csv": ((r.instrument, r.provision, r.category, r.needs) for r in register.obligations),
        "direct.csv": ((r.instrument, r.provision, r.way) for r in register.direct),
        "profiles.csv": ((r.participant, r.instrument, r.aspect, r.value, r.since) for r in register.profiles),
        "conduct.csv": ((row.code, row.instrument) for row in register.conduct),
    }
    for name, rows in keys.items():
        repeated = [key for key, times in Counter(rows).items() if times > 1]
        if repeated:
            raise MalformedError(f"{name} repeats {' '.join(str(part) for part in repeated[0] if part is not None)}")
