"""What a dossier's own members say of it: names, the head and the openings, each in one spelling.

Nobody signed any of it. `dossier` describes the layout and writes it; `dossier_check` believes none of it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from comity.errors import MalformedError, TooLargeError
from comity.exchange.package import safe_name
from comity.exchange.statements import Exhibit
from comity.kernel.canonical import (
    Json,
    JsonObject,
    check_members,
    check_version,
    decode_base64url,
    encode_base64url,
    encode_json,
    format_time,
    parse_digest,
    parse_object,
    parse_time,
    text_member,
)
from comity.kernel.entry import SALT_BYTES

VERSION: Final = 1
HEAD: Final = "data/dossier.json"
CASE_UCO: Final = "data/case.jsonld"
STATEMENTS: Final = "data/statements/"
OPENINGS: Final = "data/openings/"
PROOFS: Final = "data/proofs/"
KEYS: Final = "data/keys/"
EXHIBITS: Final = "data/exhibits/"
PROOF_SUFFIX: Final = ".tlog-proof"
ALL: Final = "all"
# Some 70 bytes a statement and 300 an exhibit: this holds cases of tens of thousands of statements.
MAX_HEAD_BYTES: Final = 8 * 1024 * 1024
# A case of ten years has hundreds; the limit bounds what an unverified file makes a reader do.
MAX_STATEMENTS: Final = 10_000
# The disclosures of the largest envelope, in base64 once more.
MAX_OPENING_BYTES: Final = 4 * 1024 * 1024

_MAX_LINE: Final = 300
_HEAD_MEMBERS: Final = frozenset(
    {"case", "comity_dossier", "exhibits", "made_at", "made_by", "profile", "statements", "withheld"}
)


class Profile(StrEnum):
    """For whom a dossier is made; a full one withholds nothing.

    The other two withhold the same by default and differ in name only: what a court or a defence may see is for the
    maker to decide, member by member, and no rule of this program could know it.
    """

    FULL = "full"
    COURT = "court"
    DEFENCE = "defence"


@dataclass(frozen=True, slots=True, kw_only=True)
class Withheld:
    """Body members of one statement that a dossier leaves closed, and why; `members` is None for all of them."""

    statement: str
    members: tuple[str, ...] | None
    reason: str

    def __post_init__(self) -> None:
        parse_digest(self.statement)
        if self.members is not None and (not self.members or list(self.members) != sorted(set(self.members))):
            raise MalformedError("withheld members must be sorted, distinct names, or 'all'")
        _check_line(self.reason, "reason")

    def covers(self, member: str) -> bool:
        """Return whether the body member is left closed."""
        return self.members is None or member in self.members


@dataclass(frozen=True, slots=True, kw_only=True)
class ExhibitPlace:
    """Where in the container an exhibit of a package lies."""

    package: str
    exhibit: str
    member: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What `data/dossier.json` says; nobody signed it."""

    case: str
    profile: Profile
    made_by: str
    made_at: datetime
    statements: tuple[str, ...]
    exhibits: tuple[ExhibitPlace, ...]
    withheld: tuple[Withheld, ...]

    def __post_init__(self) -> None:
        if len(self.statements) > MAX_STATEMENTS:
            raise TooLargeError(f"a dossier of {len(self.statements)} statements; at most {MAX_STATEMENTS} are read")
        for statement_id in (self.case, *self.statements):
            parse_digest(statement_id)
        if not self.statements or len(set(self.statements)) != len(self.statements):
            raise MalformedError("a dossier lists its statements, each once")
        keys = [(place.package, place.exhibit) for place in self.exhibits]
        members = [place.member for place in self.exhibits]
        if keys != sorted(set(keys)) or len(set(members)) != len(members):
            raise MalformedError("exhibits must be sorted by package and exhibit, each with a member of its own")
        listed = [item.statement for item in self.withheld]
        if listed != sorted(set(listed)) or not set(listed) <= set(self.statements):
            raise MalformedError("withheld must name statements of the dossier, sorted, each once")
        if self.profile is Profile.FULL and self.withheld:
            raise MalformedError("a full dossier withholds nothing")
        _check_line(self.made_by, "made_by")

    def encode(self) -> bytes:
        """Return the member's bytes."""
        exhibits: list[Json] = [
            {"exhibit": place.exhibit, "member": place.member, "package": place.package} for place in self.exhibits
        ]
        withheld: list[Json] = [
            {
                "members": ALL if item.members is None else list(item.members),
                "reason": item.reason,
                "statement": item.statement,
            }
            for item in self.withheld
        ]
        return encode_json(
            {
                "case": self.case,
                "comity_dossier": VERSION,
                "exhibits": exhibits,
                "made_at": format_time(self.made_at),
                "made_by": self.made_by,
                "profile": str(self.profile),
                "statements": list(self.statements),
                "withheld": withheld,
            }
        )


def parse_head(data: bytes) -> Head:
    """Read `data/dossier.json`.

    Raises:
        MalformedError: it is not in its one spelling.
    """
    value = parse_object(data, max_bytes=MAX_HEAD_BYTES)
    check_members(value, required=_HEAD_MEMBERS)
    check_version(value, "comity_dossier", VERSION)
    try:
        profile = Profile(text_member(value, "profile"))
    except ValueError as exc:
        raise MalformedError(f"profile must be one of {', '.join(Profile)}") from exc
    return Head(
        case=text_member(value, "case"),
        profile=profile,
        made_by=text_member(value, "made_by"),
        made_at=parse_time(text_member(value, "made_at")),
        statements=_texts(value["statements"], "statements"),
        exhibits=tuple(_parse_place(item) for item in _objects(value["exhibits"], "exhibits")),
        withheld=tuple(_parse_withheld(item) for item in _objects(value["withheld"], "withheld")),
    )


def _parse_place(value: JsonObject) -> ExhibitPlace:
    check_members(value, required=frozenset({"exhibit", "member", "package"}))
    return ExhibitPlace(
        package=text_member(value, "package"),
        exhibit=text_member(value, "exhibit"),
        member=text_member(value, "member"),
    )


def _parse_withheld(value: JsonObject) -> Withheld:
    check_members(value, required=frozenset({"members", "reason", "statement"}))
    members = value["members"]
    return Withheld(
        statement=text_member(value, "statement"),
        members=None if members == ALL else _texts(members, "members"),
        reason=text_member(value, "reason"),
    )


def _objects(value: Json, name: str) -> list[JsonObject]:
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise MalformedError(f"{name} must be a list of objects")
    return [item for item in value if isinstance(item, dict)]


def _texts(value: Json, name: str) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise MalformedError(f"{name} must be a list of text")
    return tuple(text_member({name: item}, name) for item in value)


def _check_line(text: str, name: str) -> None:
    if not 1 <= len(text) <= _MAX_LINE or not text.isprintable():
        raise MalformedError(f"{name} must be one line of 1 to {_MAX_LINE} printable characters")


def encode_opening(salt: bytes, disclosures: Iterable[str]) -> bytes:
    """Return a member of `data/openings/`."""
    return encode_json({"disclosures": list(disclosures), "salt": encode_base64url(salt)})


def parse_opening(data: bytes) -> tuple[bytes, tuple[str, ...]]:
    """Read a member of `data/openings/`: the entry's salt and the disclosures.

    Raises:
        MalformedError: it is not in its one spelling.
    """
    value = parse_object(data, max_bytes=MAX_OPENING_BYTES)
    check_members(value, required=frozenset({"disclosures", "salt"}))
    salt = decode_base64url(text_member(value, "salt"))
    if len(salt) != SALT_BYTES:
        raise MalformedError(f"the salt of an entry has {len(salt)} bytes, {SALT_BYTES} wanted")
    return salt, _texts(value["disclosures"], "disclosures")


def exhibit_member(exhibit: Exhibit) -> str:
    """Return the name under which the exhibit's plain bytes lie in a dossier."""
    return f"{EXHIBITS}{exhibit.exhibit}/{safe_name(exhibit.name)}"


def container_info(head: Head) -> dict[str, str]:
    """Return the labels of a dossier's `bag-info.txt`."""
    return {"Bagging-Date": format_time(head.made_at)[:10], "External-Identifier": head.case}
