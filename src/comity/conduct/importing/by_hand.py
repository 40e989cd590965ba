"""Records entered by hand: a TOML file in which each has a label, by which the others in the file refer to it.

Ids are made by machines and not typed: `operation = "@ferry"` stands for the id of the record that the file labels
`ferry`, wherever a member takes a record's id. Whole ids are taken as well, for what the ledger holds already. `is`
says of which kind a record is. A day may be written bare, as TOML writes dates, or as text where only the year or
month is known.

    by = "Coder One"

    [ferry]
    is = "operation"
    title = "Night ferry"
    category = "sabotage"

    [ministry]
    is = "claim"
    operation = "@ferry"
    polarity = "asserts"
    claimant = { name = "State XBB", kind = "state", participant = "XBB" }
    about = [{ level = "state", name = "State XAA", participant = "XAA" }]
    said = 2026-03-02
"""

import re
import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from comity.conduct.importing.imported import Imported, SourceFile, source_file
from comity.conduct.kinds import KINDS
from comity.conduct.record import Origin, Provenance, Record, parse_record
from comity.conduct.statements import Body
from comity.errors import MalformedError

# The members that take a record's id, by their path in a body; elsewhere "@ferry" is a text as any other.
_REFERENCES: Final = frozenset(
    {
        *("operation", "to_claims", "counter_claim", "corrects", "replacement", "claim", "claims", "derives_from"),
        *("cites", "ping", "pact", "record", "right_of_reply.replies"),
    }
)
_LABEL: Final = re.compile(r"[a-z][a-z0-9_-]{0,59}")
_MOST: Final = 10_000
_DEEPEST: Final = 100


def import_by_hand(
    source: bytes | Path | SourceFile, *, on: date, by: str | None = None, kinds: Mapping[str, type[Body]] = KINDS
) -> Imported:
    """Read records that somebody entered; `by` says who, where the file does not.

    Raises:
        StoreError: the file cannot be read.
        TooLargeError: it is larger than any known collection.
        MalformedError: it is no TOML, nobody is named as who entered it, a record breaks its form, or labels refer to
            none or to each other in a circle; the message names the label.
    """
    file = source_file(source, name="records.toml")
    try:
        members = tomllib.loads(file.data.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as exc:
        raise MalformedError(f"{file.name}: no TOML: {str(exc)[:120]}") from exc
    stated = members.pop("by", None)
    entered_by = by if by is not None else stated
    if not isinstance(entered_by, str) or not entered_by.strip():
        raise MalformedError(f'{file.name}: say who enters these records, as by = "…" or with --by')
    if len(members) > _MOST:
        raise MalformedError(
            f"{file.name}: at most {_MOST} records are entered at a time, this file has {len(members)}"
        )
    entering = _Entering(file, members, entered_by.strip(), on, dict(kinds))
    records = tuple(entering.record(label) for label in members)
    if not records:
        raise MalformedError(f"{file.name}: no record is in it")
    return Imported(
        source=file.name,
        version=None,
        files=((file.name, file.digest),),
        digest=file.digest,
        records=tuple(entering.made.values()),
        notes=(),
        counts={"rows": len(records)},
    )


class _Entering:
    """The records of one file while they are made, those first to which others refer."""

    def __init__(
        self, file: SourceFile, given: Mapping[str, Any], by: str, on: date, kinds: dict[str, type[Body]]
    ) -> None:
        self._file = file
        self._given = given
        self._by = by
        self._on = on
        self._kinds = kinds
        self._open: list[str] = []
        self.made: dict[str, Record] = {}

    def record(self, label: str) -> Record:
        """Return the record of a label, made with those that it refers to."""
        if label in self.made:
            return self.made[label]
        where = f"{self._file.name}, [{label}]"
        members = self._given[label]
        if not _LABEL.fullmatch(label) or not isinstance(members, dict):
            raise MalformedError(f"{where}: a record is a table with a label of small letters, digits, - and _")
        if len(self._open) > _DEEPEST:
            raise MalformedError(f"{where}: more than {_DEEPEST} records refer to each other in a row; use whole ids")
        if label in self._open:
            circle = " → ".join([*self._open[self._open.index(label) :], label])
            raise MalformedError(f"{where}: records refer to each other in a circle: {circle}")
        kind = members.get("is")
        if not isinstance(kind, str):
            raise MalformedError(
                f'{where}: say of which kind it is, such as is = "claim"; known are {", ".join(sorted(self._kinds))}'
            )
        self._open.append(label)
        body = {name: self._value(value, name, where) for name, value in members.items() if name != "is"}
        self._open.pop()
        came = Provenance(origin=Origin.HAND, source=self._by, on=self._on, digest=self._file.digest, place=label)
        try:
            record = parse_record(kind, body, came, self._kinds)
        except MalformedError as exc:
            raise MalformedError(f"{where}: {exc.message}") from exc
        self.made[label] = record
        return record

    def _value(self, value: Any, path: str, where: str) -> Any:
        if isinstance(value, dict):
            return {name: self._value(inner, f"{path}.{name}", where) for name, inner in value.items()}
        if isinstance(value, list):
            return [self._value(item, path, where) for item in value]
        if isinstance(value, datetime):
            raise MalformedError(f'{where}: {path} is a time; write it as text, such as "2026-03-02T09:00:00Z"')
        if isinstance(value, date):
            return value.isoformat()
        if isinstance(value, str) and value.startswith("@") and path in _REFERENCES:
            label = value[1:]
            if label not in self._given:
                raise MalformedError(f"{where}: {path} {value!r} is no label of this file")
            return self.record(label).id
        return value
