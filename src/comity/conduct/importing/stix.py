"""STIX 2.1 bundles: our own read back record by record, anybody else's by the mapping in `stix_foreign`.

An object that holds a record of ours gives that record, checked against its id; what only repeats parts of it gives
nothing. Whatever else a bundle holds is mapped, or told in the notes by type and number.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

import msgspec

from comity.conduct.importing.imported import Gathering, Imported, SourceFile, source_file
from comity.conduct.importing.stix_bundle import Bundle, StixObject
from comity.conduct.importing.stix_foreign import Foreign
from comity.conduct.record import Origin, Provenance, Record, parse_record
from comity.conduct.statements import KINDS, Body, Category
from comity.errors import MalformedError, PolicyError


def import_stix(
    source: bytes | Path | SourceFile,
    *,
    on: date,
    name: str = "bundle.json",
    category: Category | None = None,
    kinds: Mapping[str, type[Body]] = KINDS,
    keep_provenance: bool = False,
    exercise: bool | None = None,
) -> Imported:
    """Read a bundle, or the envelope of a TAXII answer.

    `category` is that of foreign operations whose labels name none. With `keep_provenance`, records of ours bear the
    provenances that the bundle states, for a copy that the reader made; without, all come from this file. With
    `exercise` false, a bundle that is marked as an exercise is refused.

    Raises:
        StoreError: the file cannot be read.
        TooLargeError: it is larger than any known collection.
        PolicyError: it is of an exercise, and the ledger is none.
        MalformedError: it is no STIX 2.1 bundle, nothing in it can be a record, or most of it is refused.
    """
    file = source_file(source, name=name)
    gathering = Gathering([file], on=on)
    bundle = Bundle(file, gathering)
    if exercise is False and bundle.is_exercise:
        raise PolicyError(f"{file.name}: the bundle is of an exercise, and the ledger is none; it is not taken")
    own = _OwnRecords(bundle, dict(kinds), on=on)
    records = tuple(own.read())
    gathering.keep(record for record, _ in records)
    Foreign(bundle, own.held, category).read()
    imported = gathering.finish(source=file.name, version=None, rows=len(bundle.objects))
    if not keep_provenance:
        return imported
    kept = [replace(record, provenance=came) for record, provenances in records for came in provenances]
    own_ids = {record.id for record, _ in records}
    return replace(imported, records=(*kept, *(record for record in imported.records if record.id not in own_ids)))


class _OwnRecords:
    """Reads the records that objects of our own exports hold."""

    def __init__(self, bundle: Bundle, kinds: dict[str, type[Body]], *, on: date) -> None:
        self._bundle = bundle
        self._kinds = kinds
        self._on = on
        # Records by the id of each object that stands for them.
        self.held: dict[str, Record] = {}

    def read(self) -> Iterator[tuple[Record, tuple[Provenance, ...]]]:
        """Yield each record, as it comes from this file, with the provenances that the bundle states."""
        by_id: dict[str, Record] = {}
        for item in self._bundle.objects.values():
            extension = self._bundle.extension(item)
            if extension is None or "record_body" not in extension:
                continue
            try:
                record = self._record(item, extension)
                provenances = self._provenances(item, extension)
            except MalformedError as exc:
                self._bundle.gathering.refuse(exc)
                continue
            by_id[record.id] = record
            yield record, provenances
        for identifier, item in self._bundle.objects.items():
            extension = self._bundle.extension(item)
            record_id = None if extension is None else extension.get("record_id")
            if isinstance(record_id, str) and record_id in by_id:
                self.held[identifier] = by_id[record_id]

    def _record(self, item: StixObject, extension: StixObject) -> Record:
        kind, body = extension.get("record_kind"), extension["record_body"]
        if not isinstance(kind, str) or not isinstance(body, dict):
            raise self._bundle.fault(item, "the extension names no kind of record, or its body is no object")
        file = self._bundle.file
        came = Provenance(origin=Origin.IMPORT, source=file.name, digest=file.digest, place=item["id"], on=self._on)
        try:
            record = parse_record(kind, body, came, self._kinds)
            # A body with a lone surrogate or a float has no id.
            stated = record.id
        except MalformedError as exc:
            raise self._bundle.fault(item, exc.message) from exc
        if stated != extension.get("record_id"):
            raise self._bundle.fault(item, f"the record has the id {stated}, which is not the one stated")
        return record

    def _provenances(self, item: StixObject, extension: StixObject) -> tuple[Provenance, ...]:
        try:
            return tuple(msgspec.convert(extension.get("provenances"), type=list[Provenance], strict=True))
        except msgspec.ValidationError as exc:
            raise self._bundle.fault(item, f"provenances: {exc}") from exc
