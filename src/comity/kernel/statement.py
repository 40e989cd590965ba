"""The statement: one typed thing that an authority says, with its headers.

Headers are checked here, in one place for every kind; what a body may hold is the business of the room that owns the
kind. A statement that opens a case has no `subject`; every other one names the opening statement's id there.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from comity.errors import MalformedError
from comity.kernel.canonical import (
    Json,
    JsonObject,
    check_members,
    encode_json,
    format_time,
    parse_digest,
    parse_object,
    parse_time,
)
from comity.kernel.key import parse_authority

VERSION: Final = 1
PUBLIC: Final = "public"
# A statement goes to the parties of a case and at most a few others; more would be a broadcast in disguise.
MAX_ADDRESSEES = 16
MAX_FOLLOWS = 64

_KIND = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", re.ASCII)
_MEMBER = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)
_REQUIRED = frozenset({"comity", "kind", "issuer", "to", "issued", "follows", "exercise", "body"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What an authority says; construct it, or read it with `parse_statement`."""

    kind: str
    issuer: str
    to: tuple[str, ...]
    """Authorities in sorted order, or empty for a statement to the public."""
    issued: datetime
    subject: str | None = None
    follows: tuple[str, ...] = ()
    exercise: bool = False
    body: JsonObject = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse headers that no statement may have."""
        if not _KIND.fullmatch(self.kind):
            raise MalformedError(f"statement kind {self.kind[:40]!r} is not of the form word-word")
        parse_authority(self.issuer)
        for authority in self.to:
            parse_authority(authority)
        if list(self.to) != sorted(set(self.to)) or len(self.to) > MAX_ADDRESSEES:
            raise MalformedError(f"addressees must be sorted, distinct and at most {MAX_ADDRESSEES}")
        if self.subject is not None:
            parse_digest(self.subject)
        for statement_id in self.follows:
            parse_digest(statement_id)
        if list(self.follows) != sorted(set(self.follows)) or len(self.follows) > MAX_FOLLOWS:
            raise MalformedError(f"followed statements must be sorted, distinct and at most {MAX_FOLLOWS}")
        for name in self.body:
            if not _MEMBER.fullmatch(name):
                raise MalformedError(f"body member {name[:40]!r} is not a lower-case word")
        format_time(self.issued)
        if self.issued.microsecond:
            raise MalformedError("a statement is dated to the second; round its time first")

    @property
    def public(self) -> bool:
        """Whether anyone may read it."""
        return not self.to

    def headers(self) -> JsonObject:
        """Return every header but `comity` and `issuer`, as they are disclosed one by one when sealed."""
        headers: JsonObject = {
            "exercise": self.exercise,
            "follows": list(self.follows),
            "issued": format_time(self.issued),
            "kind": self.kind,
            "to": PUBLIC if self.public else list(self.to),
        }
        if self.subject is not None:
            headers["subject"] = self.subject
        return headers

    def encode(self) -> bytes:
        """Return the bytes that are signed when the statement is public."""
        return encode_json({"body": self.body, "comity": VERSION, "issuer": self.issuer, **self.headers()})


def parse_statement(data: bytes) -> Statement:
    """Read a statement whose bytes are in the one spelling.

    Raises:
        MalformedError: the bytes are anything else.
    """
    value = parse_object(data)
    check_members(value, required=_REQUIRED, optional=frozenset({"subject"}))
    if value.pop("comity") != VERSION:
        raise MalformedError(f"statement version is not {VERSION}")
    issuer, body = value.pop("issuer"), value.pop("body")
    if not isinstance(issuer, str) or not isinstance(body, dict):
        raise MalformedError("issuer must be text and body an object")
    statement = from_headers(issuer, value, body)
    if statement.encode() != data:
        raise MalformedError("statement is not in its one spelling")
    return statement


def from_headers(issuer: str, headers: JsonObject, body: JsonObject) -> Statement:
    """Build a statement from its headers and body.

    Raises:
        MalformedError: a header is missing, unknown or of the wrong type.
    """
    check_members(headers, required=_REQUIRED - {"comity", "issuer", "body"}, optional=frozenset({"subject"}))
    kind, issued, exercise = headers["kind"], headers["issued"], headers["exercise"]
    subject = headers.get("subject", "")
    if not (isinstance(kind, str) and isinstance(issued, str) and isinstance(exercise, bool)):
        raise MalformedError("kind and issued must be text, exercise true or false")
    if not isinstance(subject, str):
        raise MalformedError("subject must be text")
    return Statement(
        kind=kind,
        issuer=issuer,
        to=() if headers["to"] == PUBLIC else _texts(headers["to"], "to", empty=False),
        issued=parse_time(issued),
        subject=subject if "subject" in headers else None,
        follows=_texts(headers["follows"], "follows", empty=True),
        exercise=exercise,
        body=body,
    )


def _texts(value: Json, name: str, *, empty: bool) -> tuple[str, ...]:
    """Read a list of texts."""
    if not isinstance(value, list) or not (value or empty):
        raise MalformedError(f"{name} must be a list of text")
    texts = [item for item in value if isinstance(item, str)]
    if len(texts) != len(value):
        raise MalformedError(f"{name} must be a list of text")
    return tuple(texts)
