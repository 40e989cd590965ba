"""What became of records: who corrects or retracts them, which corrections take effect, and what stands then.

A correction or retraction takes effect when it comes from whoever said the record, or from whoever entered it or
published it here. One by anybody else, above all by whomever a claim is about, is shown beside it and changes nothing.
What came from a log is the word of the authority whose log it is, whatever name it gives: it takes effect on what its
own participant says, and on what came from nobody else.
Where corrections differ, all are kept and the record is disputed; where replacements go round in a circle, nothing is
replaced. A correction is a record too, and may be corrected or retracted in turn.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final, Generic, cast

from comity.conduct.admission import folded
from comity.conduct.independence import same_speaker
from comity.conduct.record import Origin, Provenance, Record
from comity.conduct.statements import BodyT, Correction, Grading, Match, Source, Speaker, Subject
from comity.kernel.trust import participant_of


class CorrectedBy(StrEnum):
    """Who corrects a record: whoever said it, whoever entered or published it here, or somebody else."""

    SPEAKER = "speaker"
    ENTRY = "entry"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionView:
    """A correction; `in_effect` when who makes it may, and it is itself neither retracted nor replaced."""

    record: Record
    body: Correction
    made_by: CorrectedBy
    withdrawn: bool
    in_effect: bool
    corrections: tuple["CorrectionView", ...]

    @property
    def id(self) -> str:
        """The id of the record."""
        return self.record.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated(Generic[BodyT]):
    """A record with what became of it.

    `current` is the record that stands in its place after every correction in effect, itself where there is none or
    where corrections differ. `replaced_by` is the id of its one replacement, `replaces` the records that it replaces
    itself. `disputed` says that corrections of it, or of what it replaces, differ, or that somebody else corrects it in
    a way that no correction in effect follows.
    """

    record: Record
    corrections: tuple[CorrectionView, ...]
    retracted: bool
    replaced_by: str | None
    replaces: tuple[str, ...]
    disputed: bool
    stands: bool
    current: Record

    @property
    def id(self) -> str:
        """The id of the record."""
        return self.record.id

    @property
    def kind(self) -> str:
        """The kind of the record."""
        return self.record.kind

    @property
    def body(self) -> BodyT:
        """What the record itself says; `current` has the corrected body."""
        return cast(BodyT, self.record.body)


# What becomes of most records.
_UNTOUCHED: Final[Mapping[str, Any]] = {
    "corrections": (),
    "retracted": False,
    "replaced_by": None,
    "replaces": (),
    "disputed": False,
    "stands": True,
}


class Fates:
    """Every record once, as known by a day, with what became of it."""

    def __init__(self, records: Iterable[Record], as_of: date | None) -> None:
        known: dict[str, Record] = {}
        self._came: dict[str, set[Provenance]] = defaultdict(set)
        for record in records:
            if as_of is not None and record.provenance.on > as_of:
                continue
            held = known.get(record.id)
            if held is None or _telling(record) < _telling(held):
                known[record.id] = record
            self._came[record.id].add(record.provenance)
        self.records: Mapping[str, Record] = {identifier: known[identifier] for identifier in sorted(known)}
        self.corrections: Mapping[str, tuple[CorrectionView, ...]] = self._read_corrections()
        self.replacements: Mapping[str, tuple[str, ...]] = self._read_replacements()
        replaces: dict[str, list[str]] = defaultdict(list)
        for identifier, replacements in self.replacements.items():
            for replacement in replacements:
                replaces[replacement].append(identifier)
        self.replaces: Mapping[str, tuple[str, ...]] = {after: tuple(before) for after, before in replaces.items()}

    def stated(self, record: Record) -> Stated[BodyT]:
        """Return a record with what became of it."""
        return Stated(**self.members(record))

    def members(self, record: Record) -> dict[str, Any]:
        """Return the members of `Stated` for a record."""
        if not (record.id in self.corrections or record.id in self.replaces or record.id in self._circular):
            return {"record": record, "current": record, **_UNTOUCHED}
        corrections = self.corrections.get(record.id, ())
        live = [view for view in corrections if not view.withdrawn]
        followed = {_end(view.body) for view in live if view.in_effect}
        retracted = any(view.in_effect and view.body.kind == "retraction" for view in live)
        replacements, replaces = self.replacements.get(record.id, ()), self.replaces.get(record.id, ())
        return {
            "record": record,
            "corrections": corrections,
            "retracted": retracted,
            "replaced_by": replacements[0] if len(replacements) == 1 else None,
            "replaces": replaces,
            "disputed": record.id in self._circular
            or any(view.made_by is CorrectedBy.OTHER and _end(view.body) not in followed for view in live)
            or any(map(self._differ, (record.id, *replaces))),
            "stands": not retracted and not replacements,
            "current": self.current(record),
        }

    def current(self, record: Record) -> Record:
        """Return what stands in the place of a record: the end of its replacements while each is one and known."""
        while len(replacements := self.replacements.get(record.id, ())) == 1 and replacements[0] in self.records:
            record = self.records[replacements[0]]
        return record

    def _differ(self, identifier: str) -> bool:
        """Say whether corrections of a record that are not withdrawn come to different ends."""
        live = (view.body for view in self.corrections.get(identifier, ()) if not view.withdrawn)
        return len({_end(body) for body in live if _changes(body)}) > 1

    def _read_corrections(self) -> dict[str, tuple[CorrectionView, ...]]:
        """Return the corrections of every record, those of corrections first, since they say which are in effect."""
        of_target: dict[str, list[Record]] = defaultdict(list)
        level = []
        for record in self.records.values():
            if isinstance(record.body, Correction):
                of_target[record.body.corrects].append(record)
                target = self.records.get(record.body.corrects)
                if target is None or not isinstance(target.body, Correction):
                    level.append(record)
        order: list[Record] = []
        while level:
            order += level
            level = [later for record in level for later in of_target.get(record.id, ())]
        views: dict[str, list[CorrectionView]] = defaultdict(list)
        for record in reversed(order):
            body = cast(Correction, record.body)
            views[body.corrects].append(self._correction(record, body, by_day(views.get(record.id, ()))))
        return {target: by_day(found) for target, found in views.items()}

    def _correction(self, record: Record, body: Correction, own: tuple[CorrectionView, ...]) -> CorrectionView:
        withdrawn = any(view.in_effect and _changes(view.body) for view in own)
        target = self.records.get(body.corrects)
        ways = set() if target is None else {self._made_by(came, body.by, target) for came in self._came[record.id]}
        by = next((way for way in CorrectedBy if way in ways), CorrectedBy.OTHER)
        return CorrectionView(
            record=record,
            body=body,
            made_by=by,
            withdrawn=withdrawn,
            in_effect=not withdrawn and by is not CorrectedBy.OTHER,
            corrections=own,
        )

    def _made_by(self, came: Provenance, by: Speaker, target: Record) -> CorrectedBy:
        """Return who makes a correction of a record, as far as one way in which it came here shows it."""
        said_by = _speaker(target)
        entered = {folded(each.source) for each in self._came[target.id]}
        alone = entered == {folded(came.source)}
        if came.origin is Origin.STATEMENT and not alone:
            own = said_by is not None and said_by.participant == by.participant == participant_of(came.source)
            return CorrectedBy.SPEAKER if own else CorrectedBy.OTHER
        if said_by is not None and same_speaker(said_by, by):
            return CorrectedBy.SPEAKER
        if any(is_about(subject, by) for subject in getattr(target.body, "about", ())):
            return CorrectedBy.OTHER
        name = folded(by.name)
        if name in entered or (came.origin is Origin.STATEMENT and alone):
            return CorrectedBy.ENTRY
        # A collection may correct what it published; a state that hosts a document may not change another's words.
        sources: Sequence[Source] = getattr(target.body, "sources", ())
        publishers = {folded(source.publisher) for source in sources if source.publisher is not None}
        if by.participant is None and by.kind not in {"state", "alliance"} and name in publishers:
            return CorrectedBy.ENTRY
        return CorrectedBy.OTHER

    def _read_replacements(self) -> dict[str, tuple[str, ...]]:
        """Return by which records each is replaced; where replacements go round in a circle, nothing is replaced."""
        replaced: dict[str, tuple[str, ...]] = {}
        for target, corrections in self.corrections.items():
            found = {view.body.replacement for view in corrections if view.in_effect and view.body.replacement}
            if found and target in self.records:
                replaced[target] = tuple(sorted(found))
        self._circular = _circular(replaced)
        return {target: found for target, found in replaced.items() if target not in self._circular}


def is_own_word(record: Record, speaker: Speaker) -> bool:
    """Return False where words stand in the log of another than who is said to speak.

    What was entered by hand or read from a file stands in nobody's log.
    """
    came = record.provenance
    return came.origin is not Origin.STATEMENT or participant_of(came.source) == speaker.participant


def _telling(record: Record) -> tuple[bool, tuple[str, ...]]:
    """Return which telling of a record stands for it: one that is in no log of another, then the earliest."""
    speaker = _speaker(record)
    return speaker is not None and not is_own_word(record, speaker), arrival(record)


def arrival(record: Record) -> tuple[str, str, str, str, str]:
    """Return the order of the provenances of one record, the earliest first."""
    came = record.provenance
    return came.on.isoformat(), came.origin.value, came.source, came.digest or "", came.place or ""


def by_day(views: Iterable[CorrectionView]) -> tuple[CorrectionView, ...]:
    """Return corrections by the day on which they were made, then by id."""
    return tuple(sorted(views, key=lambda view: (view.body.said, view.id)))


def _changes(body: Correction) -> bool:
    """True for a retraction and for a correction that names a replacement; one without only remarks."""
    return body.kind == "retraction" or body.replacement is not None


def _end(body: Correction) -> tuple[str, str | None]:
    """Return what a correction makes of a record; two with one end are no dispute."""
    return body.kind, body.replacement


def _speaker(record: Record) -> Speaker | None:
    """Return who says a record; a coder's grading or match is said by its coder."""
    body = record.body
    if isinstance(body, Grading | Match):
        return Speaker(name=body.coder, kind="individual")
    members = (getattr(body, name) for name in body.__struct_fields__)
    return next((member for member in members if isinstance(member, Speaker)), None)


def is_about(subject: Subject, speaker: Speaker) -> bool:
    """True when a subject is the speaker: by their codes where both have one, otherwise by their names."""
    if subject.participant is not None and speaker.participant is not None:
        return subject.participant == speaker.participant
    return folded(subject.name) == folded(speaker.name)


def _circular(replaced: Mapping[str, Sequence[str]]) -> set[str]:
    """Return the records on a circle of replacements, or on a way from one circle to another."""
    forwards = _without_ends(replaced)
    backwards: dict[str, list[str]] = defaultdict(list)
    for before, after in forwards.items():
        for replacement in after:
            backwards[replacement].append(before)
    return forwards.keys() & _without_ends(backwards).keys()


def _without_ends(graph: Mapping[str, Sequence[str]]) -> dict[str, Sequence[str]]:
    """Return a graph without the nodes from which every way comes to an end."""
    ways = {node: sum(after in graph for after in graph[node]) for node in graph}
    into: dict[str, list[str]] = defaultdict(list)
    for node, following in graph.items():
        for after in following:
            into[after].append(node)
    ends = [node for node, count in ways.items() if count == 0]
    for end in ends:
        for node in into[end]:
            ways[node] -= 1
            if ways[node] == 0:
                ends.append(node)
    return {node: graph[node] for node in graph if ways[node]}
