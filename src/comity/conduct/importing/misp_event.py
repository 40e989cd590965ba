"""MISP events: what the organisation that made an event says about a group, and nothing that the galaxy adds to it.

An event is an operation. A group is named by a cluster or tag of a list of groups, or by an attribute of the type
`threat-actor`: each is one claim of the event's organisation, at the level of the unit. The country that a list gives
for a group is the list's claim about the group and not the organisation's about this event, so it is left to the
importer of lists. A country counts as a claim only where its relationship says `attributed-to`, and as hit where it
says `targets`; a country that merely hangs on the event says neither.

Events that a marking keeps from the public are refused. Indicators are not read.
"""

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Final

import msgspec

from comity.conduct.importing.imported import UNTYPED, Gathering, Imported, SourceFile, source_file
from comity.conduct.importing.rows import line, links, place_named, target, tidy
from comity.conduct.record import Record
from comity.conduct.statements import (
    Claim,
    ExternalId,
    Operation,
    Source,
    Speaker,
    StatedConfidence,
    Subject,
    Target,
)
from comity.errors import MalformedError

_MOST_LISTED: Final = 500
_TAG: Final = re.compile(r'misp-galaxy:(?P<type>[^=]+)="(?P<value>.+)"')
# Lists whose entries are groups, and those of the vocabulary of disinformation.
GROUPS: Final = frozenset(
    {"360net-threat-actor", "groups", "microsoft-activity-group", "mitre-intrusion-set", "threat-actor"}
)
_DISINFORMATION: Final = ("disarm-", "misinfosec-", "amitt-")
_TARGETED: Final = MappingProxyType({"target-org": "organisation", "target-external": "organisation"})
# Markings that let an event be shown to everybody; green, for a community and no public channel, does not.
_OPEN_MARKINGS: Final = frozenset({"tlp:clear", "tlp:white"})
_ESTIMATE: Final = re.compile(r'estimative-language:(likelihood-probability|confidence-in-analytic-judgment)="(.+)"')
_ADMIRALTY: Final = re.compile(r'admiralty-scale:(source-reliability|information-credibility)="(.+)"')


class _Tag(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    relationship_type: str | None = None


class _GalaxyCluster(msgspec.Struct, frozen=True, kw_only=True):
    type: str
    value: str
    relationship_type: str | None = None


class _Galaxy(msgspec.Struct, frozen=True, kw_only=True):
    GalaxyCluster: list[_GalaxyCluster] = []


class _Attribute(msgspec.Struct, frozen=True, kw_only=True):
    type: str
    value: str
    category: str = ""
    deleted: bool = False


class _Object(msgspec.Struct, frozen=True, kw_only=True):
    Attribute: list[_Attribute] = []
    deleted: bool = False


class _Organisation(msgspec.Struct, frozen=True, kw_only=True):
    name: str


class _Event(msgspec.Struct, frozen=True, kw_only=True):
    uuid: str
    info: str
    date: str
    Orgc: _Organisation
    published: bool = False
    Tag: list[_Tag] = []
    Attribute: list[_Attribute] = []
    Object: list[_Object] = []
    Galaxy: list[_Galaxy] = []


class _Wrapped(msgspec.Struct, frozen=True, kw_only=True):
    Event: _Event


class _Answer(msgspec.Struct, frozen=True, kw_only=True):
    response: list[_Wrapped]


def import_misp_events(source: bytes | Path | SourceFile, *, on: date) -> Imported:
    """Read an event, a list of events, or the answer to a search for events.

    Raises:
        TooLargeError: the file is larger than any known collection.
        StoreError: it cannot be read.
        MalformedError: it holds no event that can be read.
    """
    file = source_file(source, name="events.json")
    events = _decode(file)
    gathering = Gathering([file], on=on)
    for index, event in enumerate(events):
        place = f"event {index + 1} ({event.uuid})"
        try:
            gathering.keep(_read(event, file, place, gathering))
        except MalformedError as exc:
            gathering.refuse(exc)
    makers = sorted({tidy(event.Orgc.name) for event in events})
    return gathering.finish(source=line(f"MISP events of {', '.join(makers)}"), version=None, rows=len(events))


def _decode(file: SourceFile) -> list[_Event]:
    forms: tuple[type[_Wrapped | _Answer | list[_Wrapped]], ...] = (_Wrapped, _Answer, list[_Wrapped])
    reasons = []
    for form in forms:
        try:
            found = msgspec.json.decode(file.data, type=form)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
            reasons.append(str(exc))
            continue
        wrapped = [found] if isinstance(found, _Wrapped) else found.response if isinstance(found, _Answer) else found
        return [each.Event for each in wrapped]
    # Of the three forms, the one that was meant fails deepest in the file.
    raise MalformedError(f"{file.name}: no events of MISP: {max(reasons, key=_depth)}")


def _depth(reason: str) -> int:
    return len(reason.partition("$")[2])


def _read(event: _Event, file: SourceFile, place: str, gathering: Gathering) -> tuple[Record, ...]:
    tags = [tag.name for tag in event.Tag]
    closed = [name for name in tags if name.casefold().startswith("tlp:") and name.casefold() not in _OPEN_MARKINGS]
    if closed:
        raise MalformedError(f"{file.name}, {place}: the marking {closed[0]} keeps the event from the public")
    if not event.published:
        gathering.note(f"{file.name}, {place}: its organisation has not published the event")
    clusters = list(dict.fromkeys(_clusters(event)))
    attributes = list(_attributes(event))
    references = links(*(each.value for each in attributes if each.category == "External analysis"))
    listed = [Source(title=line(event.info), url=url) for url in references][:_MOST_LISTED]
    lied = any(each.type.startswith(_DISINFORMATION) for each in clusters)
    made = gathering.record(
        Operation(
            title=line(event.info),
            category="disinformation" if lied else "other",
            hit=list(dict.fromkeys(_hit(clusters, attributes)))[:_MOST_LISTED],
            external=[ExternalId(scheme="misp_event", id=line(event.uuid))],
            sources=listed,
        ),
        file=file,
        place=place,
    )
    gathering.count(UNTYPED, int(not lied))
    records = [made]
    confidence = _confidence(tags, f"{file.name}, {place}", gathering)
    for subject in _named(clusters, attributes, f"{file.name}, {place}", gathering):
        claim = Claim(
            operation=made.id,
            claimant=Speaker(name=line(event.Orgc.name), kind="organisation"),
            polarity="asserts",
            about=[subject],
            said=event.date,
            confidence=confidence,
            sources=listed,
            lacks=["on what it rests", "when it took place", *([] if listed else ["references"])],
        )
        records.append(gathering.record(claim, file=file, place=place))
    gathering.count("events that name nobody", int(len(records) == 1))
    return tuple(records)


def _clusters(event: _Event) -> Iterator[_GalaxyCluster]:
    """Yield what of galaxies hangs on an event, as clusters or as tags of the same."""
    shown = set()
    for galaxy in event.Galaxy:
        for cluster in galaxy.GalaxyCluster:
            shown.add((cluster.type, cluster.value))
            yield cluster
    for tag in event.Tag:
        match = _TAG.fullmatch(tag.name)
        if match is not None and (match["type"], match["value"]) not in shown:
            yield _GalaxyCluster(type=match["type"], value=match["value"], relationship_type=tag.relationship_type)


def _attributes(event: _Event) -> Iterator[_Attribute]:
    for each in event.Object:
        if not each.deleted:
            yield from (attribute for attribute in each.Attribute if not attribute.deleted)
    yield from (attribute for attribute in event.Attribute if not attribute.deleted)


def _hit(clusters: list[_GalaxyCluster], attributes: list[_Attribute]) -> Iterator[Target]:
    for cluster in clusters:
        if cluster.type == "target-information" or (
            cluster.type == "country" and cluster.relationship_type == "targets"
        ):
            yield target(cluster.value)
        elif cluster.type == "sector":
            yield Target(name=line(cluster.value), kind="sector")
    for attribute in attributes:
        if attribute.type == "target-location":
            yield target(attribute.value)
        elif attribute.type in _TARGETED:
            yield Target(name=line(attribute.value), kind="organisation")


def _named(
    clusters: list[_GalaxyCluster], attributes: list[_Attribute], where: str, gathering: Gathering
) -> Iterator[Subject]:
    """Yield whom the event's organisation names, each once."""
    units = [cluster.value for cluster in clusters if cluster.type in GROUPS]
    units += [attribute.value for attribute in attributes if attribute.type == "threat-actor"]
    yield from (Subject(level="unit", name=name) for name in dict.fromkeys(line(text) for text in units))
    for cluster in clusters:
        if cluster.type != "country" or cluster.relationship_type == "targets":
            continue
        if cluster.relationship_type != "attributed-to":
            gathering.note(f"{where}: the country {cluster.value[:60]!r} hangs on the event and nothing says why")
            continue
        try:
            place = place_named(cluster.value)
        except MalformedError as exc:
            raise MalformedError(f"{where}, country: {exc.message}") from exc
        yield Subject(level="place", name=line(place.name), participant=place.participant)


def _confidence(tags: list[str], where: str, gathering: Gathering) -> StatedConfidence | None:
    """Return how sure the organisation says it is; letters stay letters, and neither scales nor axes are joined."""
    words, letters = _by_axis(_ESTIMATE, tags), _by_axis(_ADMIRALTY, tags)
    if words and letters:
        gathering.note(f"{where}: the grade on the Admiralty scale, {letters}, is not kept beside an estimate in words")
    if words:
        return StatedConfidence(scale="estimative language", value=line(words))
    return StatedConfidence(scale="Admiralty scale", value=line(letters)) if letters else None


def _by_axis(scale: re.Pattern[str], tags: list[str]) -> str:
    """Return what tags of a scale say, each axis by its name; empty where no tag is of the scale."""
    said: dict[str, dict[str, None]] = {}
    for match in filter(None, map(scale.fullmatch, tags)):
        # A grade of one letter is a capital, as its scale writes it.
        value = match[2].upper() if len(match[2]) == 1 else match[2]
        said.setdefault(match[1], {})[value] = None
    return "; ".join(f"{axis.replace('-', ' ')} {' and '.join(said[axis])}" for axis in sorted(said, reverse=True))
