"""What objects of a foreign STIX bundle name: subjects, speakers, targets, and where something can be read.

Names stay as they stand there; a code is given only to a name that is one of a participant's, or that states it.
"""

import re
from functools import lru_cache
from typing import Any, Final

from comity.conduct.exporting.stix_parts import CODE_SOURCE, EXPORTER_ID, STATE_LABEL
from comity.conduct.importing.rows import line, place_of_code, tidy
from comity.conduct.importing.stix_bundle import Bundle, StixObject, is_person, members, texts
from comity.conduct.statements import MAX_ITEMS, NOT_NAMED, ExternalId, Source, Speaker, Subject, Target
from comity.errors import MalformedError, NotFoundError
from comity.parties.names import participant_named

_CODE: Final = re.compile(r"[a-z][a-z0-9_]{0,59}")
_URL: Final = re.compile(r"https?://[^\x00-\x20\x7f]{1,1990}")
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_PARTICIPANT: Final = re.compile(r"[A-Z]{3}")
_MOST_NAMES: Final = 50_000


class Names:
    """Reads whom and what the objects of a bundle name."""

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle
        self._gathering = bundle.gathering

    def name(self, item: StixObject) -> str:
        """Return the name of an object.

        Raises:
            MalformedError: it has none.
        """
        name = item.get("name")
        if not isinstance(name, str) or not tidy(name):
            raise self._bundle.fault(item, "it has no name")
        return line(name)

    def subject(self, item: StixObject) -> Subject:
        """Return whom a claim that points at an object is about, at the level that its type says.

        Raises:
            MalformedError: it has no name, its country is none, or its class says no level.
        """
        if item["type"] == "location":
            name, code = self._place(item)
            return Subject(level="place", name=name, participant=code)
        name, code = self._named(item)
        kind = item.get("identity_class")
        if item["type"] in {"threat-actor", "intrusion-set"} or kind == "group":
            return Subject(level="unit", name=name, participant=_stated_code(item))
        if _is_state(item, name, code):
            return Subject(level="state", name=name, participant=code)
        if kind == "organization":
            return Subject(level="organ", name=name, participant=code)
        raise self._bundle.fault(item, f"an identity of class {str(kind)[:40]!r} is no unit, organ or state")

    def speaker(self, item: StixObject) -> Speaker:
        """Return who made an object.

        Raises:
            MalformedError: the identity has no name.
        """
        ref = item.get("created_by_ref")
        found = self._bundle.objects.get(ref) if isinstance(ref, str) else None
        if found is None:
            self._gathering.note(f"{item['id']}: the bundle does not name its producer")
            told = NOT_NAMED if ref is None else f"{NOT_NAMED}, {line(str(ref))[:80]}"
            return Speaker(name=told, kind="unknown")
        name, code = self._named(found)
        if is_person(found):
            return Speaker(name=name, kind="individual")
        return Speaker(name=name, kind="state" if _is_state(found, name, code) else "unknown", participant=code)

    def author(self, item: StixObject) -> Speaker:
        """Return who wrote an opinion or note: its producer, or where there is none its first author.

        Raises:
            MalformedError: the identity has no name.
        """
        authors = [line(author) for author in texts(item.get("authors")) if tidy(author)]
        if item.get("created_by_ref") is None and authors:
            return Speaker(name=authors[0], kind="unknown")
        return self.speaker(item)

    def target(self, item: StixObject) -> Target:
        """Return whom or what an operation is said to be directed at.

        Raises:
            MalformedError: it has no name, or its country is none.
        """
        if item["type"] == "location":
            name, code = self._place(item)
            return Target(name=name, kind="region" if code is None else "state", participant=code)
        name, code = self._named(item)
        if _is_state(item, name, code):
            return Target(name=name, kind="state", participant=code)
        known = item.get("identity_class") == "organization"
        return Target(name=name, kind="organisation" if known else "unknown", participant=code)

    def references(self, item: StixObject) -> tuple[list[ExternalId], list[Source]]:
        """Return what other collections call an object, and where it can be read."""
        external: list[ExternalId] = []
        sources: list[Source] = []
        for reference in members(item.get("external_references")):
            name, identifier, url, text = (
                _text(reference.get(member)) for member in ("source_name", "external_id", "url", "description")
            )
            scheme = re.sub(r"[^a-z0-9]+", "_", (name or "").lower()).strip("_")
            if identifier is not None and _CODE.fullmatch(scheme):
                external.append(ExternalId(scheme=scheme, id=identifier))
            elif identifier is not None:
                self._bundle.lose("ids of collections without a name in Latin letters")
            link = url if url is not None and _URL.fullmatch(url) else None
            if url is not None and link is None:
                self._bundle.lose("addresses that are no web addresses")
            hashes = reference.get("hashes")
            digest = hashes.get("SHA-256") if isinstance(hashes, dict) else None
            title = text or name
            if title is not None and (link is not None or text is not None):
                told = digest if isinstance(digest, str) and _DIGEST.fullmatch(digest) else None
                sources.append(Source(title=title, url=link, publisher=name, digest=told))
        if len(external) >= MAX_ITEMS or len(sources) > MAX_ITEMS:
            self._gathering.note(f"{item['id']}: not all of its {len(external) + len(sources)} references are kept")
        return external[: MAX_ITEMS - 1], sources[:MAX_ITEMS]

    def _named(self, item: StixObject) -> tuple[str, str | None]:
        """Return the name of an object, and the code that it states or that the name has."""
        name = self.name(item)
        return name, _stated_code(item) or (_code_of(name) if item["type"] == "identity" else None)

    def _place(self, item: StixObject) -> tuple[str, str | None]:
        country, region = _text(item.get("country")), _text(item.get("region"))
        stated = _stated_code(item)
        if stated is not None:
            return self.name(item), stated
        if country is not None:
            try:
                place = place_of_code(country.upper())
            except MalformedError as exc:
                raise self._bundle.fault(item, exc.message) from exc
            return _text(item.get("name")) or place.name, place.participant
        return _text(item.get("name")) or region or self.name(item), None


def _text(value: Any) -> str | None:
    """Return a value that is text as one line; None where nothing is left of it."""
    return (line(value) or None) if isinstance(value, str) else None


def _stated_code(item: StixObject) -> str | None:
    for reference in members(item.get("external_references")):
        code = reference.get("external_id")
        if reference.get("source_name") == CODE_SOURCE and isinstance(code, str) and _PARTICIPANT.fullmatch(code):
            return code
    return None


def _is_state(item: StixObject, name: str, code: str | None) -> bool:
    labelled = item.get("created_by_ref") == EXPORTER_ID and STATE_LABEL in texts(item.get("labels"))
    return labelled or (code is not None and _code_of(name) == code)


@lru_cache(maxsize=_MOST_NAMES)
def _code_of(name: str) -> str | None:
    """Return the code of the participant with a name, whole and unguessed."""
    try:
        return participant_named(name).code
    except NotFoundError:
        return None
