"""`comity conduct export`, `report` and `serve`: what leaves the observatory, each claim with its corrections."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from comity.cli.conduct_options import ledger_of, limit_option, material_of, record_of
from comity.cli.law_options import code_of, day_of, on_option
from comity.cli.options import json_option, print_json, say, whole_file, write_new
from comity.errors import ConflictError, MalformedError, NotFoundError, PolicyError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from comity.conduct.exporting.stix_parts import Tlp
    from comity.conduct.ledger import Ledger
    from comity.conduct.record import Record

OUTPUT = click.Path(path_type=Path)
_TLP = click.Choice(["white", "green", "amber", "red"])
_PORT = 8450


@click.command("export")
@click.argument("form", type=click.Choice(["stix", "csv", "json"]), metavar="FORM")
@click.option("-o", "--output", type=OUTPUT, default=None, help="File, or for csv a new folder; stdout without it.")
@click.option("--about", default=None, metavar="STATE", help="Only operations of which a claim names this participant.")
@click.option("--operation", default=None, metavar="ID", help="Only one operation and what hangs on it.")
@click.option("--kind", default=None, help="For csv on stdout: which table.")
@click.option("--tlp", type=_TLP, default=None, help="For stix: marking of the bundle; white by default.")
@click.pass_obj
def export(
    folder: Path | None,
    form: str,
    output: Path | None,
    about: str | None,
    operation: str | None,
    kind: str | None,
    tlp: str | None,
) -> None:
    """Write records as STIX 2.1, as CSV tables, one a kind, or as JSON, one a line.

    Corrections and retractions go along, and what they touch says so. `comity conduct import` reads all three back.
    """
    if tlp is not None and form != "stix":
        raise MalformedError("--tlp marks a bundle of stix; csv and json hold no markings")
    if kind is not None and (form != "csv" or output is not None):
        raise MalformedError("--kind says which table of csv goes to stdout")
    with ledger_of(folder) as ledger:
        records = _chosen(ledger, about, operation)
        exercise = ledger.exercise
    if form == "csv":
        _write_tables(records, output, kind, exercise=exercise)
        return
    if form == "stix":
        from comity.conduct.exporting.stix import to_bundle

        data = to_bundle(records, tlp=cast("Tlp", tlp or "white"), exercise=exercise) + b"\n"
    else:
        from comity.conduct.exporting.tables import to_json_lines

        data = to_json_lines(records, exercise=exercise)
    if output is None:
        sys.stdout.buffer.write(data)
        return
    write_new(output, data)
    say(f"{len({record.id for record in records})} records were written to {output}")


@click.command("report")
@click.argument("about", type=click.Choice(["state", "pair", "operation"]), metavar="ABOUT")
@click.argument("names", nargs=-1, required=True)
@click.option("-o", "--output", type=OUTPUT, required=True, help="The HTML file to write; an older one is replaced.")
@limit_option
@on_option
@json_option
@click.pass_obj
def report(
    folder: Path | None,
    about: str,
    names: tuple[str, ...],
    output: Path,
    limit: int,
    day: str | None,
    *,
    as_json: bool,
) -> None:
    """Write one self-contained HTML file: ABOUT is state NAME, pair NAME NAME, or operation ID.

    The file runs no script and loads nothing. Every chart has a table beside it, replies stand beside claims at the
    same size, and the same ledger on the same day gives the same bytes. Of too many operations those are shown that are
    said to have happened last, and the page says so.
    """
    from comity.conduct.report import assembled

    wanted = 2 if about == "pair" else 1
    if len(names) != wanted:
        raise MalformedError(f"a report about a {about} takes {wanted} name{'s' * (wanted - 1)}, got {len(names)}")
    with material_of(folder, day_of(day), limit=limit) as material:
        if about == "operation":
            data = assembled.operation_report(material, record_of(material.ledger, names[0], "operation").id)
        elif about == "pair":
            data = assembled.pair_report(material, code_of(names[0]), code_of(names[1]))
        else:
            data = assembled.state_report(material, code_of(names[0]))
    with whole_file(output, replace=True) as part:
        part.write_bytes(data)
    if as_json:
        print_json({"file": str(output), "bytes": len(data)})
    else:
        click.echo(f"{output}: {len(data)} bytes")


@click.command("serve")
@click.option("--port", type=click.IntRange(1, 65_535), default=_PORT, show_default=True, help="Port on this machine.")
@click.option("--tlp", type=_TLP, default="white", show_default=True, help="Marking of what is served.")
@click.pass_obj
def serve(folder: Path | None, port: int, tlp: str) -> None:
    """Serve the ledger as a read-only TAXII 2.1 service on this machine, until told to stop."""
    from comity.conduct.exporting.taxii import LOOPBACK, serve_taxii

    with ledger_of(folder) as ledger:
        say(f"http://{LOOPBACK[0]}:{port}/taxii2/ serves {ledger.count()} records, read-only")
        serve_taxii(_Whole(ledger), port=port, tlp=cast("Tlp", tlp), exercise=ledger.exercise)


class _Whole:
    """A ledger as it is exported: a record comes once for every place from which it came."""

    def __init__(self, ledger: "Ledger") -> None:
        self._ledger = ledger

    def count(self) -> int:
        """Return how many records are held."""
        return self._ledger.count()

    def records(self) -> "Iterator[Record]":
        """Yield them in the order of their arrival."""
        from comity.conduct.report.material import with_provenances

        yield from with_provenances(self._ledger, self._ledger.records())


def _chosen(ledger: "Ledger", about: str | None, operation: str | None) -> "list[Record]":
    if about is not None and operation is not None:
        raise MalformedError("give --about or --operation, not both")
    if operation is not None:
        return list(ledger.of_operation(record_of(ledger, operation, "operation").id))
    if about is not None:
        return list(ledger.about(code_of(about)))
    return list(_Whole(ledger).records())


def _write_tables(records: "list[Record]", output: Path | None, kind: str | None, *, exercise: bool) -> None:
    from comity.conduct.exporting.tables import to_tables

    tables: dict[str, Any] = to_tables(records, exercise=exercise)
    if output is None:
        if kind is None:
            raise PolicyError("tables of several kinds do not go into one stream; name a folder with -o, or one --kind")
        if kind not in tables:
            there = f"there are {', '.join(sorted(tables))}" if tables else "there are none at all"
            raise NotFoundError(f"no record of kind {kind!r} is among them; {there}")
        sys.stdout.buffer.write(tables[kind])
        return
    if output.exists():
        raise ConflictError(f"{output} is there already; nothing was written")
    try:
        output.mkdir(parents=True)
    except OSError as exc:
        raise NotFoundError(f"{output} cannot be made: {exc.strerror}") from exc
    for name, data in tables.items():
        write_new(output / f"{name}.csv", data)
    say(f"{len(tables)} tables were written to {output}")
