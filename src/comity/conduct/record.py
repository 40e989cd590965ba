"""Records: what somebody says, immutable and named by its content, with where it came from.

Two people who enter the same words make one record with two provenances. The id covers kind and body and nothing
else: who entered a record does not change what was said.
"""

import hashlib
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from functools import cached_property
from typing import Final

from comity.conduct.statements import Body, encode_body, parse_body
from comity.errors import MalformedError
from comity.kernel.canonical import JsonObject, encode_json

_DOMAIN: Final = b"comity conduct record v1\n"


class Origin(StrEnum):
    """How a record came here: as a signed statement, from a file, or by hand."""

    STATEMENT = "statement"
    IMPORT = "import"
    HAND = "hand"


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where a record came from.

    `source` is the issuer, the name of the file or collection, or whoever entered it; `digest` the statement's id or
    the file's SHA-256; `place` the index in the log, or the row or path in the file; `on` the day of entry.
    """

    origin: Origin
    source: str
    on: date
    digest: str | None = None
    place: str | None = None

    def to_json(self) -> dict[str, str]:
        """Return the members that are known."""
        members = {
            "origin": self.origin.value,
            "source": self.source,
            "on": self.on.isoformat(),
            "digest": self.digest,
            "place": self.place,
        }
        return {name: value for name, value in members.items() if value is not None}


@dataclass(frozen=True, kw_only=True)
class Record:
    """One thing that somebody says; make it with `record_of`, or read it with `parse_record`."""

    kind: str
    body: Body
    provenance: Provenance

    @cached_property
    def id(self) -> str:
        """The content address: SHA-256 over kind and body in their one spelling."""
        return record_id(self.kind, encode_body(self.body))

    def came_also(self, provenance: Provenance) -> "Record":
        """Return the same record as it came from elsewhere."""
        again = replace(self, provenance=provenance)
        # The id covers what is said and not where it came from, so that it need not be computed again.
        vars(again)["id"] = self.id
        return again

    def to_json(self) -> JsonObject:
        """Return the record as JSON values."""
        return {
            "id": self.id,
            "kind": self.kind,
            "body": encode_body(self.body),
            "provenance": dict(self.provenance.to_json()),
        }


def record_id(kind: str, body: JsonObject) -> str:
    """Return the content address of a body."""
    return encoded_record_id(kind, encode_json(body))


def encoded_record_id(kind: str, body: bytes) -> str:
    """Return the content address of a body that is in its one spelling already."""
    # The object of the two members, as `encode_json` writes it.
    return hashlib.sha256(_DOMAIN + b'{"body":%b,"kind":%b}' % (body, encode_json(kind))).hexdigest()


def record_of(body: Body, provenance: Provenance, kinds: dict[str, type[Body]]) -> Record:
    """Return the record of a body, whose kind follows from its type.

    Raises:
        MalformedError: no kind has such a body.
    """
    for kind, shape in kinds.items():
        if shape is type(body):
            return Record(kind=kind, body=body, provenance=provenance)
    raise MalformedError(f"no record kind has a body of type {type(body).__name__}")


def parse_record(kind: str, body: JsonObject, provenance: Provenance, kinds: dict[str, type[Body]]) -> Record:
    """Read a record whose body is JSON.

    Raises:
        MalformedError: the kind is unknown, or the body breaks its form.
    """
    return Record(kind=kind, body=parse_body(kind, body, kinds), provenance=provenance)
