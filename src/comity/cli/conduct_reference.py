"""`comity conduct catalogues`, `positions` and `vocabulary`: what records may name, to look up."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from comity.cli.conduct_options import print_lines
from comity.cli.law_options import day_of, on_option
from comity.cli.options import json_option, print_json
from comity.errors import MalformedError

if TYPE_CHECKING:
    from collections.abc import Iterator

_LISTS = ("agencies", "techniques", "countermeasures", "detections", "actor-types")
_DISARM = {
    "techniques": "disarm-techniques",
    "countermeasures": "disarm-countermeasures",
    "detections": "disarm-detections",
    "actor-types": "disarm-actortypes",
}


@click.command("catalogues")
@click.argument("key", required=False)
@click.option("--version", default=None, help="The version of KEY to show; the newest by default.")
@json_option
@click.option("--csv", "as_csv", is_flag=True, help="Print a CSV table of the items.")
@click.pass_obj
def catalogues(_folder: Path | None, key: str | None, version: str | None, *, as_json: bool, as_csv: bool) -> None:
    """List the catalogues of commitments, or the items of KEY: norms, confidence-building measures, calls, rules."""
    from comity.conduct.commitments.catalogue import ITEM_COLUMNS, load_catalogues
    from comity.law.sheet import csv_text

    if version is not None and key is None:
        raise MalformedError("--version is that of one catalogue; name it")
    held = load_catalogues()
    found = [held.catalogue(each, version=version) for each in (held.keys() if key is None else [key])]
    if as_json:
        print_json([each.to_json() for each in found])
    elif as_csv:
        click.echo(csv_text(ITEM_COLUMNS, (row for each in found for row in each.rows())), nl=False)
    else:
        print_lines(line for each in found for line in (each.lines() if key is not None else each.lines()[:2]))


@click.command("positions")
@on_option
@json_option
@click.option("--csv", "as_csv", is_flag=True, help="Print a CSV table.")
@click.pass_obj
def positions(_folder: Path | None, day: str | None, *, as_json: bool, as_csv: bool) -> None:
    """Say who has a position on international law of its own, and who is spoken for by a common one only."""
    from comity.conduct.commitments.subscriptions import position_summary

    found = position_summary(day_of(day))
    if as_json:
        print_json(found.to_json())
    elif as_csv:
        click.echo(found.to_csv(), nl=False)
    else:
        print_lines(
            [*found.lines(), *(f"  {name} ({code}): {how.replace('_', ' ')}" for code, name, how in found.rows())]
        )


@click.command("vocabulary")
@click.argument("which", type=click.Choice(_LISTS), metavar="LIST")
@click.argument("text", required=False)
@json_option
@click.pass_obj
def vocabulary(_folder: Path | None, which: str, text: str | None, *, as_json: bool) -> None:
    """Look up names and codes that records use, with TEXT only those that hold it; nobody is claimed to do anything.

    LIST is agencies (intelligence services and their states, for claims that name an organ), or one of the DISARM
    vocabulary of disinformation: techniques, countermeasures, detections, actor-types. Both are read from the installed
    package of the MISP galaxy.
    """
    rows = [row for row in _rows(which) if text is None or any(text.casefold() in part.casefold() for part in row[:3])]
    names = ("name", "state", "other_names") if which == "agencies" else ("code", "name", "tactics")
    if as_json:
        print_json([dict(zip(names, row, strict=True)) for row in rows])
    else:
        print_lines("  ".join(part for part in row if part) for row in rows)
    if not rows:
        click.echo("nothing is called so in this list", err=True)


def _rows(which: str) -> "Iterator[tuple[str, str, str]]":
    from comity.conduct.importing.misp_galaxy import installed_file, read_organs, read_techniques
    from comity.parties.participants import participant

    if which == "agencies":
        for organ in read_organs(installed_file("intelligence-agencies")).all:
            code = organ.participant
            state = "" if code is None else f"{participant(code).name} ({code})"
            yield organ.name, state, "; ".join(name for name in organ.names if name != organ.name)
        return
    for technique in read_techniques(installed_file(_DISARM[which])).values():
        yield f"disarm:{technique.code}", technique.name, "; ".join(technique.tactics)
