"""Records as CSV, one table a kind, and as JSON lines; both are read back to the same records.

Each row has the record's id, where it came from and how it stands, then a column for each member of its body:
`claimant.name` for a member of a member, JSON for lists. An empty cell is an absent member. Columns about the record
have a space in their names, which no member can have. How a record stands is told and never read back: it follows
from the corrections, which are rows of their own. A row that is cut out and passed on still says that it is a reported
claim and no finding.

A spreadsheet runs a cell that begins with `=`, `+`, `-` or `@`. Such cells, and those that begin with an apostrophe,
get an apostrophe in front, which reading takes off again.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Final

import msgspec

from comity.conduct.exporting.standing import STATES, Standing, Standings
from comity.conduct.record import Provenance, Record, parse_record
from comity.conduct.statements import KINDS, Body, encode_body
from comity.errors import MalformedError, PolicyError
from comity.kernel.canonical import Json, JsonObject, encode_json

# Also what a spreadsheet may read as one of the four: full-width forms, and spaces or unseen marks before them.
_RUNS: Final = re.compile(r"'|[\s\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]*[=+\-@＝＋－＠]|[\t\r\n]")
# A body may hold five hundred sources in one cell; the reader's own limit is for smaller files.
_MAX_CELL: Final = 16 * 1024 * 1024

_ID: Final = "record id"
# The order in which records were handed over: what a record refers to comes before it.
_NUMBER: Final = "record number"
_STATE: Final = "record state"
_DISPUTED: Final = "record disputed"
_CORRECTED: Final = "record corrected by"
_REPLACED: Final = "record replaced by"
_NOTICED: Final = "record notice"
NOTICE: Final = "reported claim, not a finding of whoever exports it"
_EXERCISE: Final = "record exercise"
_CAME: Final = {
    "came as": "origin",
    "came from": "source",
    "came on": "on",
    "came with digest": "digest",
    "came from place": "place",
}
_ABOUT: Final = (_ID, _NUMBER, _STATE, _DISPUTED, _CORRECTED, _REPLACED, _NOTICED, _EXERCISE, *_CAME)
_NUMERAL: Final = re.compile(r"[0-9]{1,18}")
_YES_NO: Final = {"true": True, "false": False}
_IS_EXERCISE: Final = {"yes": True, "no": False}


def to_tables(records: Iterable[Record], *, exercise: bool = False) -> dict[str, bytes]:
    """Return a CSV table of each kind that is among the records, by kind; rows are in the order of the records.

    Each row says whether it is of an exercise, and so does each line of `to_json_lines`.
    """
    given = tuple(records)
    standings = Standings(given)
    written: dict[str, tuple[io.StringIO, Any, tuple[_Column, ...]]] = {}
    for number, record in enumerate(given, start=1):
        if record.kind not in written:
            columns = _columns(type(record.body))
            text = io.StringIO(newline="")
            written[record.kind] = text, csv.writer(text), columns
            written[record.kind][1].writerow([*_ABOUT, *(column.name for column in columns)])
        _, writer, columns = written[record.kind]
        body = encode_body(record.body)
        cells = [
            *_about(record, number, standings.of(record), exercise=exercise),
            *(column.write(body) for column in columns),
        ]
        writer.writerow([_neutral(cell) for cell in cells])
    return {kind: text.getvalue().encode() for kind, (text, _, _) in written.items()}


def from_tables(
    tables: Mapping[str, bytes],
    *,
    kinds: dict[str, type[Body]] = KINDS,
    came: Provenance | None = None,
    exercise: bool | None = None,
) -> tuple[Record, ...]:
    """Read tables by kind, in the order in which the records once stood.

    The records bear the provenance that the tables state; with `came` all bear that one, with the row as its place.
    A row without an id, such as one added by hand, is not checked against one. `exercise` says of which world the
    records must be; one that does not say is of either.

    Raises:
        PolicyError: a row says that it is of the other world.
        MalformedError: a table is no CSV of that kind, or a row breaks the form of its kind or has another id than it
            states; the message names kind, row and column.
    """
    found: list[tuple[int, Record]] = []
    for kind, data in tables.items():
        found += _read_table(kind, data, kinds, came, exercise=exercise)
    return tuple(record for _, record in sorted(found, key=lambda numbered: numbered[0]))


def to_json_lines(records: Iterable[Record], *, exercise: bool = False) -> bytes:
    """Return records as JSON, one a line, each with how it stands."""
    given = tuple(records)
    standings = Standings(given)
    return b"".join(encode_json(_line(record, standings.of(record), exercise=exercise)) + b"\n" for record in given)


def from_json_lines(
    data: bytes,
    *,
    kinds: dict[str, type[Body]] = KINDS,
    came: Provenance | None = None,
    exercise: bool | None = None,
) -> tuple[Record, ...]:
    """Read records from JSON lines, with the provenance that they state or, with `came`, that one and the line.

    Raises:
        PolicyError: a line says that it is of another world than `exercise`.
        MalformedError: a line is no record, or has another id than it states; the message names the line.
    """
    return tuple(
        _read_line(line, f"line {number}", kinds, came, exercise=exercise)
        for number, line in enumerate(data.split(b"\n"), start=1)
        if line.strip()
    )


def _line(record: Record, standing: Standing, *, exercise: bool) -> JsonObject:
    told: JsonObject = {"state": standing.state, "disputed": standing.disputed}
    told |= {"corrected_by": list(standing.corrected_by), "replaced_by": list(standing.replaced_by)}
    return record.to_json() | {"standing": told, "notice": NOTICE, "exercise": exercise}


def _check_world(stated: object, place: str, *, exercise: bool | None) -> None:
    """Refuse what is of an exercise outside one, and the other way round."""
    if stated is not None and not isinstance(stated, bool):
        raise MalformedError(f"{place}: whether it is of an exercise is said by yes or no")
    if stated is not None and exercise is not None and stated != exercise:
        what, where = ("an exercise", "no exercise") if stated else ("no exercise", "an exercise")
        raise PolicyError(f"{place}: the record is of {what}, and the ledger is {where}; neither takes the other's")


def _read_line(
    line: bytes, place: str, kinds: dict[str, type[Body]], came: Provenance | None, *, exercise: bool | None
) -> Record:
    try:
        members = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
        raise MalformedError(f"{place}: not JSON: {str(exc)[:120]}") from exc
    if not isinstance(members, dict) or not {"id", "kind", "body", "provenance"} <= members.keys():
        raise MalformedError(f"{place}: a record has the members id, kind, body and provenance")
    unknown = sorted(members.keys() - {"id", "kind", "body", "provenance", "standing", "notice", "exercise"})
    if unknown:
        raise MalformedError(f"{place}: unknown member {', '.join(repr(name[:40]) for name in unknown)}")
    _check_world(members.get("exercise"), place, exercise=exercise)
    kind, body = members["kind"], members["body"]
    if not isinstance(kind, str) or not isinstance(body, dict):
        raise MalformedError(f"{place}: kind is text and body an object")
    provenance = replace(came, place=place) if came else _provenance(members["provenance"], place)
    return _checked(kind, body, provenance, kinds, stated=members["id"], place=place)


def _read_table(
    kind: str, data: bytes, kinds: dict[str, type[Body]], came: Provenance | None, *, exercise: bool | None
) -> Iterator[tuple[int, Record]]:
    if kind not in kinds:
        raise MalformedError(f"record kind {kind!r} is unknown; known are {', '.join(sorted(kinds))}")
    columns = {column.name: column for column in _columns(kinds[kind])}
    last = 0
    for place, cells in _rows(kind, data, {*_ABOUT, *columns}):
        number = cells.get(_NUMBER)
        if number is not None and not _NUMERAL.fullmatch(number):
            raise MalformedError(f"{place}, column {_NUMBER}: {number[:40]!r} is no number")
        last = last if number is None else int(number)
        if cells.get(_STATE, "standing") not in STATES:
            raise MalformedError(f"{place}, column {_STATE}: {cells[_STATE][:40]!r} is not known")
        if _EXERCISE in cells:
            _check_world(_IS_EXERCISE.get(cells[_EXERCISE], cells[_EXERCISE]), place, exercise=exercise)
        body: JsonObject = {}
        for name, cell in cells.items():
            if name in columns:
                columns[name].read(cell, body, place)
        stated = {member: cells[name] for name, member in _CAME.items() if name in cells}
        provenance = replace(came, place=place) if came else _provenance(stated, place)
        yield last, _checked(kind, body, provenance, kinds, stated=cells.get(_ID), place=place)


def _rows(kind: str, data: bytes, known: set[str]) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the place of each row and the cells that hold something, as they were before they were written."""
    csv.field_size_limit(max(csv.field_size_limit(), _MAX_CELL))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise MalformedError(f"{kind}: not UTF-8 at byte {exc.start}; save it as UTF-8") from exc
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        heading = next(reader, [])
        unknown = sorted(set(heading) - known)
        if unknown or len(set(heading)) != len(heading) or not heading:
            raise MalformedError(f"{kind}, row 1: unknown, repeated or no columns: {', '.join(unknown)[:200]}")
        for number, cells in enumerate(reader, start=2):
            place = f"{kind}, row {number}"
            if len(cells) != len(heading):
                raise MalformedError(f"{place}: wanted {len(heading)} cells, got {len(cells)}")
            held = ((name, _plain(cell)) for name, cell in zip(heading, cells, strict=True))
            yield place, {name: cell for name, cell in held if cell is not None}
    except csv.Error as exc:
        raise MalformedError(f"{kind}, line {reader.line_num}: not CSV: {exc}") from exc


def _checked(
    kind: str, body: JsonObject, provenance: Provenance, kinds: dict[str, type[Body]], *, stated: Any, place: str
) -> Record:
    try:
        record = parse_record(kind, body, provenance, kinds)
        made = record.id
    except MalformedError as exc:
        raise MalformedError(f"{place}: {exc.message}") from exc
    if stated is not None and stated != made:
        raise MalformedError(f"{place}: the record has the id {made}, the one stated is {str(stated)[:64]}")
    return record


def _provenance(members: Any, place: str) -> Provenance:
    try:
        return msgspec.convert(members, type=Provenance)
    except msgspec.ValidationError as exc:
        raise MalformedError(f"{place}: where it came from: {exc}") from exc


def _about(record: Record, number: int, standing: Standing, *, exercise: bool) -> list[str | None]:
    came = record.provenance.to_json()
    return [
        record.id,
        str(number),
        standing.state,
        "yes" if standing.disputed else "no",
        " ".join(standing.corrected_by) or None,
        " ".join(standing.replaced_by) or None,
        NOTICE,
        "yes" if exercise else "no",
        *(came.get(member) for member in _CAME.values()),
    ]


def _neutral(cell: str | None) -> str:
    """Return a cell that no spreadsheet runs; an empty text is told from an absent one by an apostrophe."""
    if cell is None:
        return ""
    return f"'{cell}" if not cell or _RUNS.match(cell) else cell


def _plain(cell: str) -> str | None:
    return cell.removeprefix("'") if cell else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Column:
    """Where one cell of a body stands; `form` is text, json, or empty for a member that is there without members."""

    path: tuple[str, ...]
    form: str

    @property
    def name(self) -> str:
        """The column's heading."""
        return ".".join(self.path)

    def write(self, body: JsonObject) -> str | None:
        """Return the cell of a body; None where the member is absent."""
        value: Json = body
        for member in self.path:
            if not isinstance(value, dict) or member not in value:
                return None
            value = value[member]
        if self.form == "empty" and value != {}:
            return None
        if self.form == "text":
            assert isinstance(value, str)
            return value
        return encode_json(value).decode()

    def read(self, cell: str, body: JsonObject, place: str) -> None:
        """Put what a cell holds into a body.

        Raises:
            MalformedError: it is no JSON where it must be.
        """
        for member in self.path[:-1]:
            inner = body.setdefault(member, {})
            assert isinstance(inner, dict)
            body = inner
        body[self.path[-1]] = self._value(cell, place)

    def _value(self, cell: str, place: str) -> Json:
        if self.form == "text":
            return cell
        if self.form == "empty" and cell != "{}":
            raise MalformedError(f"{place}, column {self.name}: holds {{}} or nothing")
        # Spreadsheets write these two in capitals.
        if cell.lower() in _YES_NO:
            return _YES_NO[cell.lower()]
        try:
            value: Json = msgspec.json.decode(cell)
        except (msgspec.DecodeError, RecursionError) as exc:
            raise MalformedError(f"{place}, column {self.name}: not JSON: {str(exc)[:120]}") from exc
        return value


@cache
def _columns(shape: type[Body]) -> tuple[_Column, ...]:
    """Return the columns of a kind of body, in the order of its members."""
    found = msgspec.inspect.type_info(shape)
    assert isinstance(found, msgspec.inspect.StructType)
    return tuple(_flattened(found, (), (shape,)))


def _flattened(
    struct: msgspec.inspect.StructType, path: tuple[str, ...], within: tuple[type, ...]
) -> Iterator[_Column]:
    for member in struct.fields:
        inner = _bare(member.type)
        here = (*path, member.encode_name)
        if isinstance(inner, msgspec.inspect.StructType) and inner.cls not in within:
            if not any(each.required for each in inner.fields):
                yield _Column(path=here, form="empty")
            yield from _flattened(inner, here, (*within, inner.cls))
        else:
            yield _Column(path=here, form="text" if _is_text(inner) else "json")


def _bare(kind: msgspec.inspect.Type) -> msgspec.inspect.Type:
    """Return a type without what only describes it, and without None where it is one of two."""
    if isinstance(kind, msgspec.inspect.Metadata):
        return _bare(kind.type)
    if isinstance(kind, msgspec.inspect.UnionType):
        others = [each for each in kind.types if not isinstance(each, msgspec.inspect.NoneType)]
        if len(others) == 1:
            return _bare(others[0])
    return kind


def _is_text(kind: msgspec.inspect.Type) -> bool:
    if isinstance(kind, msgspec.inspect.LiteralType):
        return all(isinstance(value, str) for value in kind.values)
    return isinstance(kind, msgspec.inspect.StrType)
