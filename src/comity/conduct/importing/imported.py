"""What an importer gives: records with their places in a file, and every row that was left out, with the reason.

A `Gathering` is filled row by row. What one row says is kept as a whole or refused as a whole: a row whose claim is
wrong leaves no operation behind. When too many rows are refused, the file is of another layout than the importer
knows, and the whole import stops, because what would be left is chosen by the fault and not by the publisher.
"""

import hashlib
import stat
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Final

from comity.conduct.admission import check_entry
from comity.conduct.record import Origin, Provenance, Record
from comity.conduct.statements import KINDS, Body
from comity.errors import MalformedError, PolicyError, StoreError, TooLargeError

# The largest known collection has a few megabytes; a hundred thousand claims with their sources have some fifty.
MAX_BYTES: Final = 128 * 1024 * 1024
# After so many notes only their number is told.
MAX_NOTES: Final = 1_000
# What an operation is counted under of which the file gives no type; a body has a category all the same.
UNTYPED: Final = "without a type"
# Refused rows that a file may have in any case, and the share of rows beyond which it is another layout.
_ALWAYS_BEARABLE: Final = 10
_ONE_OF: Final = 4

_KIND_OF: Final[Mapping[type[Body], str]] = MappingProxyType({shape: kind for kind, shape in KINDS.items()})


@dataclass(frozen=True, kw_only=True)
class SourceFile:
    """A file as it was handed over; `name` is how provenance names it."""

    name: str
    data: bytes

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of the bytes."""
        return hashlib.sha256(self.data).hexdigest()


def source_file(source: bytes | Path | SourceFile, *, name: str) -> SourceFile:
    """Take bytes or read a file; bytes go by `name`, a file by its own name without its folder.

    Raises:
        StoreError: the file cannot be read, or is no regular file.
        TooLargeError: it is larger than any known collection.
    """
    if isinstance(source, SourceFile):
        found = source
    elif isinstance(source, bytes):
        found = SourceFile(name=name, data=source)
    else:
        try:
            status = source.stat()
            # A pipe or a device has no size, and may wait or go on for ever.
            if not stat.S_ISREG(status.st_mode):
                raise StoreError(f"{source.name} is no regular file; write what it gives to one, and read that")
            _check_size(source.name, status.st_size)
            data = source.read_bytes()
        except OSError as exc:
            raise StoreError(f"the file {source.name} cannot be read: {exc.strerror}") from exc
        found = SourceFile(name=source.name, data=data)
    _check_size(found.name, len(found.data))
    return found


def _check_size(name: str, size: int) -> None:
    if size > MAX_BYTES:
        raise TooLargeError(f"{name}: a collection has at most {MAX_BYTES} bytes, this file has {size}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """One collection as read.

    `source` says whose collection it is and `version` which, where the file tells. `digest` is the SHA-256 of the file,
    or, where a collection comes in several files, of the lines `digest  name` about them, in the order of `files`.
    `notes` say in words what was left out or looks wrong; `counts` are of what was seen and made, by name.
    """

    source: str
    version: str | None
    files: tuple[tuple[str, str], ...]
    digest: str
    records: tuple[Record, ...]
    notes: tuple[str, ...]
    counts: Mapping[str, int] = field(default_factory=dict)


class Gathering:
    """The records of one import while they are made; `on` is the day of entry."""

    def __init__(self, files: Sequence[SourceFile], *, on: date) -> None:
        self._files = tuple(files)
        self._on = on
        self._records: list[Record] = []
        self._seen: set[str] = set()
        self._notes: list[str] = []
        self._unsaid = 0
        self._counts: Counter[str] = Counter()

    def record(self, body: Body, *, file: SourceFile, place: str) -> Record:
        """Return the record of a body that stands at `place` of a file; it is not kept yet.

        What a ledger of neither world takes would hold up all others of its batch, so it is refused here: a broken
        form, an unknown participant, a day still to come, a period that ends before it begins.

        Raises:
            MalformedError: the body is one of these; the message names the place.
        """
        kind = _KIND_OF[type(body)]
        try:
            check_entry(kind, body, KINDS, on=self._on)
        except (MalformedError, PolicyError) as exc:
            raise MalformedError(f"{file.name}, {place}: {exc.message}") from exc
        came = Provenance(origin=Origin.IMPORT, source=file.name, digest=file.digest, place=place, on=self._on)
        return Record(kind=kind, body=body, provenance=came)

    def keep(self, records: Iterable[Record]) -> None:
        """Keep what one row gave; a record that two rows give keeps both places, and is counted as said twice."""
        for record in records:
            if record.id in self._seen:
                self._counts["said twice"] += 1
            else:
                self._seen.add(record.id)
                self._counts[f"records of kind {record.kind}"] += 1
            self._records.append(record)

    def refuse(self, reason: MalformedError) -> None:
        """Leave a row out and say why; the reason names file, row and column."""
        self._counts["rows refused"] += 1
        self.note(f"left out: {reason.message}")

    def note(self, text: str) -> None:
        """Say something about the file; after `MAX_NOTES` only how many more there are."""
        if len(self._notes) < MAX_NOTES:
            self._notes.append(text)
        else:
            self._unsaid += 1

    def count(self, name: str, by: int = 1) -> None:
        """Count something that was seen."""
        self._counts[name] += by

    def finish(self, *, source: str, version: str | None, rows: int) -> Imported:
        """Close the import of a collection of `rows` rows.

        Raises:
            MalformedError: so many rows were refused that the file is of another layout, or nothing was read.
        """
        refused = self._counts["rows refused"]
        if refused > _ALWAYS_BEARABLE and refused * _ONE_OF > rows:
            first = next(text for text in self._notes if text.startswith("left out: "))
            raise MalformedError(
                f"{self._files[0].name}: {refused} of {rows} rows are refused, so the layout is another; {first}"
            )
        if not self._records:
            told = "".join(f"; {text}" for text in self._notes if text.startswith("left out: "))[:1_000]
            raise MalformedError(f"{self._files[0].name}: no record can be made of its {rows} rows{told}")
        if self._counts[UNTYPED]:
            self.note(f"{self._counts[UNTYPED]} operations have no type in the file and stand under the category other")
        listed = tuple((file.name, file.digest) for file in self._files)
        lines = "".join(f"{digest}  {name}\n" for name, digest in listed)
        more = (f"{self._unsaid} further notes are not shown",) if self._unsaid else ()
        return Imported(
            source=source,
            version=version,
            files=listed,
            digest=listed[0][1] if len(listed) == 1 else hashlib.sha256(lines.encode()).hexdigest(),
            records=tuple(self._records),
            notes=(*self._notes, *more),
            counts=MappingProxyType({"rows": rows, **dict(sorted(self._counts.items()))}),
        )
