"""What a trail's own members say of it: names and the head, in one spelling.

A trail is a container like a dossier (docs/formats/dossier.md) with other members (docs/formats/trail.md):

| Member | Content |
|---|---|
| data/trail.json | the head: which inquiry, which statements in which order, which dossiers |
| data/statements/<id>.json | the envelope of a public statement, byte for byte as it was signed |
| data/proofs/<id>.tlog-proof | that its entry is in its issuer's witnessed log |
| data/keys/<authority>/<number>.json, .tlog-proof | `keys` statements around each statement, with their proofs |
| data/dossiers/<sha-256>.zip | a dossier of a case in which evidence was asked for |

Nobody signed the head. `trail_writing` writes it, `trail` believes none of it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from comity.errors import MalformedError, TooLargeError
from comity.exchange.dossier_head import MAX_STATEMENTS
from comity.kernel.canonical import (
    Json,
    JsonObject,
    check_members,
    check_version,
    encode_json,
    format_time,
    parse_digest,
    parse_object,
    parse_time,
    text_member,
)

VERSION: Final = 1
HEAD: Final = "data/trail.json"
DOSSIERS: Final = "data/dossiers/"
DOSSIER_SUFFIX: Final = ".zip"
MAX_HEAD_BYTES: Final = 8 * 1024 * 1024
MAX_DOSSIERS: Final = 1_000
_MAX_LINE: Final = 300
_MEMBERS: Final = frozenset({"cited", "comity_trail", "dossiers", "inquiry", "made_at", "made_by", "statements"})


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailHead:
    """What `data/trail.json` says; nobody signed it."""

    inquiry: str
    made_by: str
    made_at: datetime
    statements: tuple[str, ...]
    """The inquiry's statements in the order of its view."""
    cited: tuple[str, ...]
    """Public statements outside the inquiry, sorted by id."""
    dossiers: tuple[str, ...]
    """SHA-256 of each attached dossier, sorted."""

    def __post_init__(self) -> None:
        if len(self.statements) + len(self.cited) > MAX_STATEMENTS or len(self.dossiers) > MAX_DOSSIERS:
            raise TooLargeError(f"a trail has at most {MAX_STATEMENTS} statements and {MAX_DOSSIERS} dossiers")
        for digest in (self.inquiry, *self.statements, *self.cited, *self.dossiers):
            parse_digest(digest)
        if not self.statements or len({*self.statements, *self.cited}) != len(self.statements) + len(self.cited):
            raise MalformedError("a trail lists its statements, each once")
        for name, listed in (("cited", self.cited), ("dossiers", self.dossiers)):
            if list(listed) != sorted(set(listed)):
                raise MalformedError(f"{name} must be sorted and distinct")
        if not 1 <= len(self.made_by) <= _MAX_LINE or not self.made_by.isprintable():
            raise MalformedError(f"made_by must be one line of 1 to {_MAX_LINE} printable characters")

    def encode(self) -> bytes:
        """Return the member's bytes."""
        return encode_json(
            {
                "cited": list(self.cited),
                "comity_trail": VERSION,
                "dossiers": list(self.dossiers),
                "inquiry": self.inquiry,
                "made_at": format_time(self.made_at),
                "made_by": self.made_by,
                "statements": list(self.statements),
            }
        )


def parse_trail_head(data: bytes) -> TrailHead:
    """Read `data/trail.json`.

    Raises:
        MalformedError: it is not in its one spelling.
    """
    value = parse_object(data, max_bytes=MAX_HEAD_BYTES)
    check_members(value, required=_MEMBERS)
    check_version(value, "comity_trail", VERSION)
    return TrailHead(
        inquiry=text_member(value, "inquiry"),
        made_by=text_member(value, "made_by"),
        made_at=parse_time(text_member(value, "made_at")),
        statements=_texts(value, "statements"),
        cited=_texts(value, "cited"),
        dossiers=_texts(value, "dossiers"),
    )


def _texts(value: JsonObject, name: str) -> tuple[str, ...]:
    listed: Json = value[name]
    if not isinstance(listed, list):
        raise MalformedError(f"{name} must be a list of text")
    return tuple(text_member({name: item}, name) for item in listed)


def dossier_member(digest: str) -> str:
    """Return the name under which a dossier lies in a trail."""
    return f"{DOSSIERS}{digest}{DOSSIER_SUFFIX}"


def trail_info(head: TrailHead) -> dict[str, str]:
    """Return the labels of a trail's `bag-info.txt`."""
    return {"Bagging-Date": format_time(head.made_at)[:10], "External-Identifier": head.inquiry}
