"""A STIX 2.1 bundle as objects by id: each in its last version, with what says whether it is ours or another's."""

from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, TypeAlias

import msgspec

from comity.conduct.exporting.stix_parts import EXERCISE_ID, EXPORTER_ID, RECORD_EXTENSION, full_day
from comity.conduct.importing.imported import Gathering, SourceFile
from comity.errors import MalformedError

StixObject: TypeAlias = dict[str, Any]

# The markings that keep an object from the public, by the ids that versions 1 and 2 of the Traffic Light Protocol fix
# for STIX, since bundles often leave their definitions out. Green is for a community and no public channel.
CLOSED_MARKINGS: Final[Mapping[str, str]] = MappingProxyType(
    {
        f"marking-definition--{identifier}": name
        for identifier, name in (
            ("34098fce-860f-48ae-8e50-ebd3cc5e41da", "TLP:GREEN"),
            ("f88d31f6-486f-44da-b317-01333bde0b82", "TLP:AMBER"),
            ("5e57c739-391a-4eb3-b6be-7d15ca92d5ed", "TLP:RED"),
            ("bab4a63c-aed9-4cf5-a766-dfca5abac2bb", "TLP:GREEN"),
            ("55d920b0-5e8b-4f79-9ee9-91f868d9b421", "TLP:AMBER"),
            ("939a9414-2ddd-4d32-a0cd-375ea402b003", "TLP:AMBER+STRICT"),
            ("e828b379-4e03-4974-9ac4-e53a884c97c1", "TLP:RED"),
        )
    }
)


class Bundle:
    """The objects of a bundle, each in its last version, and the notes about them."""

    def __init__(self, file: SourceFile, gathering: Gathering) -> None:
        self.file = file
        self.gathering = gathering
        self.objects: dict[str, StixObject] = {}
        self.lost: Counter[str] = Counter()
        for place, item in enumerate(self._listed()):
            if not isinstance(item, dict) or not all(isinstance(item.get(member), str) for member in ("type", "id")):
                raise MalformedError(f"{file.name}, objects[{place}]: an object has a type and an id")
            held = self.objects.get(item["id"])
            if held is not None:
                gathering.count("earlier versions")
                if item != held and item.get("modified") == held.get("modified"):
                    gathering.note(
                        f"{file.name}, {item['id']}: two versions bear one time; the later in the file is read"
                    )
            if held is None or str(item.get("modified", "")) >= str(held.get("modified", "")):
                self.objects[item["id"]] = item

    def _listed(self) -> list[Any]:
        try:
            bundle = msgspec.json.decode(self.file.data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
            raise MalformedError(f"{self.file.name}: not JSON: {str(exc)[:120]}") from exc
        # A TAXII envelope is a bundle without a type.
        if not isinstance(bundle, dict) or bundle.get("type", "bundle") != "bundle":
            raise MalformedError(f"{self.file.name}: a STIX bundle is a JSON object of type bundle")
        if bundle.get("spec_version", "2.1") != "2.1":
            raise MalformedError(f"{self.file.name}: STIX {str(bundle['spec_version'])[:9]} is not read, only STIX 2.1")
        objects = bundle.get("objects", [])
        if not isinstance(objects, list):
            raise MalformedError(f"{self.file.name}: the objects of a bundle are a list")
        return objects

    @property
    def is_exercise(self) -> bool:
        """True when the marking of an exercise is among the objects or on one of them."""
        return EXERCISE_ID in self.objects or any(
            EXERCISE_ID in texts(item.get("object_marking_refs")) for item in self.objects.values()
        )

    def fault(self, item: StixObject, reason: str) -> MalformedError:
        """Return an error that says which object is wrong."""
        return MalformedError(f"{self.file.name}, {item['id']}: {reason}")

    def lose(self, what: str) -> None:
        """Count something of an object that no record keeps."""
        self.lost[what] += 1

    def extension(self, item: StixObject) -> StixObject | None:
        """Return what an object says of our record to which it belongs."""
        extensions = item.get("extensions")
        found = extensions.get(RECORD_EXTENSION) if isinstance(extensions, dict) else None
        return found if isinstance(found, dict) else None

    def is_ours(self, item: StixObject) -> bool:
        """True for what an export of ours made besides records: it repeats their parts, or only names somebody."""
        ours = item["id"] == EXPORTER_ID or item.get("created_by_ref") == EXPORTER_ID
        return ours or self.extension(item) is not None


def day_of(moment: Any) -> str | None:
    """Return the day of an instant; anything else names none."""
    day = full_day(moment[:10]) if isinstance(moment, str) else None
    return None if day is None else day.isoformat()


def texts(value: Any) -> list[str]:
    """Return the texts of a list; anything else holds none."""
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def members(value: Any) -> list[StixObject]:
    """Return the objects of a list; anything else holds none."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def is_person(item: StixObject) -> bool:
    """True for the identity of one person, of whom a ledger keeps no name as a subject."""
    return item["type"] == "identity" and item.get("identity_class") == "individual"
