"""The pieces of which STIX 2.1 exports are made: ids, times, references, and the objects that only name somebody.

Everything here is a pure function of what it names, so that two exports that meet hold the same object under the same
id, whoever made them. An object that names a unit, organ, state or place says nothing about it: it carries no type,
motive or level of skill, because each of these would be a verdict.
"""

import re
import uuid
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final, Literal
from urllib.parse import quote

import msgspec

from comity.conduct.importing.rows import ALPHA_2
from comity.conduct.statements import ExternalId, Source, Speaker, Subject
from comity.errors import NotFoundError
from comity.kernel.canonical import Json, JsonObject
from comity.parties.names import participant_named
from comity.parties.participants import participant

Tlp = Literal["white", "green", "amber", "red"]

# Drawn once; every id of an export is a UUID of version 5 under it.
_NAMESPACE: Final = uuid.UUID("aa1e3335-fbd2-49ca-9691-3e0596f2ea4a")
# Objects that only name something have no day of their own.
FIXED_TIME: Final = "2026-01-01T00:00:00.000Z"
# The four markings that STIX 2.1 itself defines, section 7.2.1.4; TLP:WHITE is today's TLP:CLEAR.
_TLP_IDS: Final[dict[Tlp, str]] = {
    "white": "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9",
    "green": "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da",
    "amber": "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82",
    "red": "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed",
}
STATEMENT: Final = (
    "Reported claim, not a finding of whoever exports it: this object repeats what the source that it names says, and "
    "says nothing about whether it is so. Read it with the replies and corrections that point at it."
)

# Fictitious and former states have no two letters today.
_ALPHA_2_OF: Final = {long: short for short, long in ALPHA_2.items()}
_CLASS_OF: Final = {"individual": "individual", "persona": "unknown", "unknown": "unknown"}
# What the `uri` format of JSON Schema takes without doubt; anything else is described instead of linked.
_PLAIN_URL: Final = re.compile(
    r"https?://[A-Za-z0-9.-]+(?::[0-9]{1,5})?"
    r"(?:/(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*)?"
    r"(?:\?(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*)?"
    r"(?:#(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*)?"
)
# The label of an identity that is a state itself, and not one of its organs.
STATE_LABEL: Final = "state"
# Under this name an object says which participant it is.
CODE_SOURCE: Final = "comity-participant"
# STIX gives these names and forms to two registries and to nobody else.
_RESERVED_SOURCE: Final = re.compile(r"cve|capec")
_RESERVED_ID: Final = re.compile(r"(?:CVE|CAPEC)-")
_CVE: Final = re.compile(r"CVE-[0-9]{4}-(?:0[0-9]{3}|[1-9][0-9]{3,})")
_MOST_NAMES: Final = 50_000


def stix_id(kind: str, *key: str) -> str:
    """Return the id of an object of a STIX type, the same for the same key."""
    return f"{kind}--{uuid.uuid5(_NAMESPACE, msgspec.json.encode([kind, *key]).decode())}"


EXPORTER_ID: Final = stix_id("identity", "exporter")
# What every object carries: which record it belongs to, and once for each record its body.
RECORD_EXTENSION: Final = stix_id("extension-definition", "record")
# The types that STIX has no object for: a match with a commitment, and records of other kinds.
TYPES_EXTENSION: Final = stix_id("extension-definition", "types")
STATEMENT_ID: Final = stix_id("marking-definition", "statement")
EXERCISE_STATEMENT: Final = "EXERCISE: every state, body and event that this object names is fictitious."
EXERCISE_ID: Final = stix_id("marking-definition", "exercise")


def instant(day: date, *, milliseconds: int = 0) -> str:
    """Write the beginning of a day, or a few milliseconds after it."""
    moment = datetime.combine(day, time(), UTC) + timedelta(milliseconds=milliseconds)
    return f"{moment.year:04d}-{moment:%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def full_day(day: str | None) -> date | None:
    """Return a day that is known to the day and exists; a year or a month is no day, and none is guessed."""
    if day is None or len(day) != len("2026-01-01"):
        return None
    try:
        return date.fromisoformat(day)
    except ValueError:
        return None


def span(begin: str | None, end: str | None) -> tuple[str | None, str | None]:
    """Return the instants in which a period begins and ends, as far as their days are known and in order."""
    first, last = full_day(begin), full_day(end)
    if first is not None and last is not None and last < first:
        return None, None
    return (
        None if first is None else instant(first),
        None if last is None else instant(last, milliseconds=86_399_999),
    )


def core(kind: str, identifier: str, created: str, *, modified: str | None = None, by: str = EXPORTER_ID) -> JsonObject:
    """Return the members that every object has."""
    return {
        "type": kind,
        "spec_version": "2.1",
        "id": identifier,
        "created_by_ref": by,
        "created": created,
        "modified": modified or created,
    }


def part_of(record_id: str) -> JsonObject:
    """Return the extension of an object that only repeats a part of a record."""
    return {RECORD_EXTENSION: {"extension_type": "property-extension", "record_id": record_id}}


def speaker_identity(speaker: Speaker) -> JsonObject:
    """Return the identity of whoever says something."""
    identity_class = _CLASS_OF.get(speaker.kind, "organization")
    return _identity(speaker.name, speaker.participant, identity_class, is_state=speaker.kind == "state")


def coder_identity(coder: str) -> JsonObject:
    """Return the identity of whoever graded or matched a claim."""
    return _identity(coder, None, "unknown", is_state=False)


def subject_object(subject: Subject) -> JsonObject:
    """Return the object that names a subject: location, threat actor (a unit) or identity (an organ or state)."""
    if subject.level == "place":
        return _location(subject.name, subject.participant)
    if subject.level == "unit":
        actor = core("threat-actor", stix_id("threat-actor", subject.name, subject.participant or ""), FIXED_TIME)
        return actor | {"name": subject.name} | _code_reference(subject.participant)
    return _identity(subject.name, subject.participant, "organization", is_state=subject.level == "state")


def _identity(name: str, code: str | None, identity_class: str, *, is_state: bool) -> JsonObject:
    called = name if code is None else _listed_name(name, code)
    labels = [STATE_LABEL] if is_state else []
    identity = core("identity", stix_id("identity", called, code or "", identity_class, *labels), FIXED_TIME)
    identity |= {"name": called, "identity_class": identity_class}
    return identity | ({"labels": [*labels]} if labels else {}) | _code_reference(code)


@lru_cache(maxsize=_MOST_NAMES)
def _listed_name(name: str, code: str) -> str:
    """Return the one name of a participant for any of its names; what else bears its code keeps its own name."""
    try:
        return participant(code).name if participant_named(name).code == code else name
    except NotFoundError:
        return name


def _location(name: str, code: str | None) -> JsonObject:
    location = core("location", stix_id("location", name, code or ""), FIXED_TIME) | {"name": name}
    country = None if code is None else _ALPHA_2_OF.get(code)
    # A location needs a country or a region; what has no ISO code is a region by its own name.
    place: JsonObject = {"region": re.sub(r"[\s_]+", "-", name.lower())} if country is None else {"country": country}
    return location | place | _code_reference(code)


def _code_reference(code: str | None) -> JsonObject:
    if code is None:
        return {}
    return {"external_references": [{"source_name": CODE_SOURCE, "external_id": code}]}


def references(sources: Sequence[Source], external: Sequence[ExternalId] = ()) -> JsonObject:
    """Return the member with the documents in which it can be read and what other collections call it."""
    listed: list[Json] = [*(_reference(source) for source in sources), *(_external(other) for other in external)]
    return {"external_references": listed} if listed else {}


def _reference(source: Source) -> JsonObject:
    called = source.publisher or source.title
    parts = [source.title, source.locator, source.published]
    found: JsonObject = {"source_name": f"({called})" if _RESERVED_SOURCE.fullmatch(called) else called}
    if source.url is not None:
        url = quote(source.url, safe="%:/?#[]@!$&'()*+,;=~")
        if _PLAIN_URL.fullmatch(url):
            found["url"] = url
        else:
            parts.append(source.url)
    found["description"] = "; ".join(part for part in parts if part is not None)
    if source.digest is not None:
        found["hashes"] = {"SHA-256": source.digest}
    return found


def _external(other: ExternalId) -> JsonObject:
    if other.scheme == "cve" and _CVE.fullmatch(other.id):
        return {"source_name": "cve", "external_id": other.id}
    if _RESERVED_SOURCE.fullmatch(other.scheme) or _RESERVED_ID.match(other.id):
        return {"source_name": f"({other.scheme})", "description": other.id}
    return {"source_name": other.scheme, "external_id": other.id}


def frame(tlp: Tlp, *, exercise: bool = False) -> tuple[JsonObject, ...]:
    """Return what every export begins with: its markings, who exports, and what the extensions mean."""
    # STIX fixes every member of the TLP markings, so these bear no marking themselves.
    traffic: JsonObject = {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": _TLP_IDS[tlp],
        "created": "2017-01-20T00:00:00.000Z",
        "definition_type": "tlp",
        "name": f"TLP:{tlp.upper()}",
        "definition": {"tlp": tlp},
    }
    markings = [traffic, _statement(STATEMENT_ID, STATEMENT)]
    if exercise:
        markings.append(_statement(EXERCISE_ID, EXERCISE_STATEMENT))
    exporter = core("identity", EXPORTER_ID, FIXED_TIME) | {
        "name": "Comity export",
        "description": "Exports what others say. It makes no claim of its own.",
        "identity_class": "system",
    }
    record = core("extension-definition", RECORD_EXTENSION, FIXED_TIME) | {
        "name": "Comity ledger record",
        "description": "The record to which an object belongs, with its whole body at one object a record.",
        "schema": (
            "record_id: SHA-256 of the record. At one object of each record also record_kind; record_body, in the "
            "JSON Schema of that kind; provenances, from where it came; state, one of standing, corrected, retracted; "
            "disputed, whether corrections differ or come from somebody else; corrected_by and replaced_by, record ids."
        ),
        "version": "1.0.0",
        "extension_types": ["property-extension"],
    }
    types = core("extension-definition", TYPES_EXTENSION, FIXED_TIME) | {
        "name": "Comity ledger objects",
        "description": "Objects for which STIX has no type.",
        "schema": (
            "x-comity-commitment-match: the commitment under which a claim falls according to its author, with the "
            "reason given. x-comity-record: a record of a kind that has no other object."
        ),
        "version": "1.0.0",
        "extension_types": ["new-sdo"],
    }
    return tuple(marked((*markings, exporter, record, types), tlp, exercise=exercise))


def _statement(identifier: str, text: str) -> JsonObject:
    return {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": identifier,
        "created_by_ref": EXPORTER_ID,
        "created": FIXED_TIME,
        "definition_type": "statement",
        "definition": {"statement": text},
    }


def marked(objects: Iterable[JsonObject], tlp: Tlp, *, exercise: bool = False) -> Iterator[JsonObject]:
    """Put the traffic-light marking, the statement and the word of an exercise on every object that can bear them."""
    refs: Json = [_TLP_IDS[tlp], STATEMENT_ID, *([EXERCISE_ID] if exercise else [])]
    for item in objects:
        if item["type"] == "marking-definition":
            yield item
        else:
            yield item | {"object_marking_refs": refs}
