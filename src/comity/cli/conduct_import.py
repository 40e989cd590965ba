"""Which importer reads which source, for `comity conduct import`."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, cast, get_args

from comity.errors import MalformedError, PolicyError

if TYPE_CHECKING:
    from comity.conduct.importing.imported import Imported
    from comity.conduct.statements import Category

_TABLE_SUFFIX = ".csv"
_LINES_SUFFIXES = frozenset({".jsonl", ".json"})
_EUREPOC_FILES = 3
_SOURCES_OF = {
    "--list": ("misp-galaxy",),
    "--release": ("eurepoc",),
    "--category": ("stix",),
    "--by": ("records",),
    "--keep-provenance": ("records", "stix"),
}


def check_source(source: str, files: Sequence[Path], options: Iterable[str]) -> None:
    """Refuse options and files that a source would pass over, and files that it misses.

    Raises:
        MalformedError: there are such.
    """
    for option in options:
        if source not in _SOURCES_OF[option]:
            raise MalformedError(f"{option} goes with {' or '.join(_SOURCES_OF[option])}; {source} would pass it over")
    if source == "misp-galaxy" and files:
        raise MalformedError("misp-galaxy reads the installed package and takes no file; for a file use galaxy")
    if source != "misp-galaxy" and not files:
        raise MalformedError(f"{source} needs a file")
    if source == "eurepoc" and len(files) != _EUREPOC_FILES:
        raise MalformedError(f"eurepoc needs incidents, attributions and receivers in this order, got {len(files)}")


def read_source(
    source: str,
    files: Sequence[Path],
    *,
    on: date,
    lists: Sequence[str] = (),
    release: str | None = None,
    category: str | None = None,
    by: str | None = None,
    keep: bool = False,
    exercise: bool | None = None,
) -> Iterator["Imported"]:
    """Yield what each file of a source gives, or for a source of several files what they give together.

    With `keep`, records that an export of ours wrote bear the provenances that it states, and not this file's. What
    such an export says to be of another world than `exercise` is refused.

    Raises:
        Error: what the importer of the source raises.
    """
    if source == "misp-galaxy":
        from comity.conduct.importing.misp_galaxy import INSTALLED, import_installed

        yield from import_installed(on=on, clusters=tuple(lists) or INSTALLED)
    elif source == "eurepoc":
        from comity.conduct.importing.eurepoc import import_eurepoc

        incidents, attributions, receivers = files
        yield import_eurepoc(incidents, attributions, receivers, on=on, version=release)
    elif source == "records":
        yield from _records(files, on=on, by=by, keep=keep, exercise=exercise)
    else:
        for file in files:
            yield _one(source, file, on=on, category=category, keep=keep, exercise=exercise)


def _one(source: str, file: Path, *, on: date, category: str | None, keep: bool, exercise: bool | None) -> "Imported":
    if source == "cfr":
        from comity.conduct.importing.cfr import import_cfr

        return import_cfr(file, on=on)
    if source == "dcid":
        from comity.conduct.importing.dcid import import_dcid

        return import_dcid(file, on=on)
    if source == "fiat":
        from comity.conduct.importing.fiat import import_fiat

        return import_fiat(file, on=on)
    if source == "misp-event":
        from comity.conduct.importing.misp_event import import_misp_events

        return import_misp_events(file, on=on)
    if source == "galaxy":
        from comity.conduct.importing.misp_galaxy import import_galaxy

        return import_galaxy(file, on=on)
    from comity.conduct.importing.stix import import_stix
    from comity.conduct.kinds import KINDS
    from comity.conduct.statements import Category

    if category is not None and category not in get_args(Category):
        raise MalformedError(f"no category {category!r}; there are {', '.join(get_args(Category))}")
    return import_stix(
        file,
        on=on,
        category=cast("Category | None", category),
        kinds=KINDS,
        keep_provenance=keep,
        exercise=exercise,
    )


def _records(
    files: Sequence[Path], *, on: date, by: str | None, keep: bool, exercise: bool | None
) -> Iterator["Imported"]:
    """Yield records of our own spelling: TOML by hand one file at a time, JSON lines too, tables all together."""
    tables = [file for file in files if file.suffix == _TABLE_SUFFIX]
    for file in files:
        if file.suffix == ".toml":
            from comity.conduct.importing.by_hand import import_by_hand

            yield import_by_hand(file, on=on, by=by)
        elif file.suffix in _LINES_SUFFIXES:
            yield _exported([file], on=on, keep=keep, exercise=exercise)
        elif file.suffix != _TABLE_SUFFIX:
            raise MalformedError(
                f"{file.name}: records come as .toml by hand, .jsonl, or .csv with the kind as its name"
            )
    if tables:
        yield _exported(tables, on=on, keep=keep, exercise=exercise)


def _exported(files: Sequence[Path], *, on: date, keep: bool, exercise: bool | None) -> "Imported":
    """Return records as an export wrote them."""
    import hashlib
    from dataclasses import replace

    from comity.conduct.exporting.tables import from_json_lines, from_tables
    from comity.conduct.importing.imported import Imported, source_file
    from comity.conduct.kinds import KINDS
    from comity.conduct.record import Origin, Provenance

    held = {Path(file.name).stem: source_file(file, name=file.name) for file in files}
    first, *others = held.values()
    came = None if keep else Provenance(origin=Origin.IMPORT, source=first.name, on=on, digest=first.digest)
    if files[0].suffix == _TABLE_SUFFIX:
        found = from_tables({kind: file.data for kind, file in held.items()}, kinds=KINDS, came=came, exercise=exercise)
        if not keep:
            # Each row names the table in which it stands.
            found = tuple(
                replace(
                    record,
                    provenance=replace(
                        record.provenance, source=held[record.kind].name, digest=held[record.kind].digest
                    ),
                )
                for record in found
            )
    else:
        try:
            found = from_json_lines(first.data, kinds=KINDS, came=came, exercise=exercise)
        except (MalformedError, PolicyError) as exc:
            raise type(exc)(f"{first.name}: {exc.message}") from exc
    lines = "".join(f"{file.digest}  {file.name}\n" for file in held.values())
    return Imported(
        source=f"{len(held)} tables" if others else first.name,
        version=None,
        files=tuple((file.name, file.digest) for file in held.values()),
        digest=hashlib.sha256(lines.encode()).hexdigest() if others else first.digest,
        records=found,
        notes=(),
        counts={"rows": len(found)},
    )
