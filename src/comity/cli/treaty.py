"""`comity treaty`: who is bound by which instrument, since when, and the depositaries' lists."""

from pathlib import Path

import click

from comity.cli.law_options import code_of, day_of, folder_option, instrument_of, law_folder, on_option, reading, tables
from comity.cli.options import FILE, json_option, print_json, read_file, say
from comity.errors import MalformedError


@click.group()
@folder_option
@click.pass_context
def treaty(ctx: click.Context, folder: Path | None) -> None:
    """Ask who is bound by which instrument, and load newer lists of the depositaries."""
    ctx.obj = folder


@treaty.command("list")
@json_option
@click.pass_obj
def list_instruments(folder: Path | None, *, as_json: bool) -> None:
    """List the instruments loaded, with what is known of their parties."""
    from comity.law.treaty import instrument_json, instrument_line

    register = tables(folder)
    if as_json:
        print_json([instrument_json(row) for row in register.instruments])
        return
    for row in register.instruments:
        click.echo(instrument_line(row))


@treaty.command("status")
@click.argument("instrument")
@on_option
@json_option
@click.option("--csv", "as_csv", is_flag=True, help="Print a CSV table of every participant that did something.")
@click.pass_obj
def status(folder: Path | None, instrument: str, day: str | None, *, as_json: bool, as_csv: bool) -> None:
    """Say how far INSTRUMENT is: signatures and consents, confirmed and reported apart, and who did what."""
    from comity.law.sheet import csv_text
    from comity.law.treaty import treaty_status

    register = tables(folder)
    found = treaty_status(instrument_of(register, instrument), day_of(day), register=register)
    if as_json:
        print_json(found.to_json())
    elif as_csv:
        header, *rows = found.rows()
        click.echo(csv_text(header, rows), nl=False)
    else:
        for line in found.lines():
            click.echo(line)


@treaty.command("participant")
@click.argument("name")
@on_option
@json_option
@click.pass_obj
def participant(folder: Path | None, name: str, day: str | None, *, as_json: bool) -> None:
    """Say where participant NAME stands towards every instrument loaded."""
    from comity.law.treaty import participant_lines, participant_status

    register = tables(folder)
    found = participant_status(code_of(name), day_of(day), register=register)
    if as_json:
        print_json([status.to_json() for status in found])
        return
    for line in participant_lines(found, register=register):
        click.echo(line)


@treaty.command("pair")
@click.argument("a")
@click.argument("b")
@on_option
@json_option
@click.pass_obj
def pair(folder: Path | None, a: str, b: str, day: str | None, *, as_json: bool) -> None:
    """Say which instruments bind both A and B, since when, and with which reservations."""
    from comity.law.treaty import pair_status

    found = pair_status(code_of(a), code_of(b), day_of(day), register=tables(folder))
    if as_json:
        print_json(found.to_json())
        return
    for line in found.lines():
        click.echo(line)


@treaty.command("import")
@click.argument("file", type=FILE)
@click.option("--instrument", required=True, help="Whose list it is.")
@click.option("--as-of", default=None, help="The day of the list, where the file does not name it.")
@click.option("--complete", is_flag=True, help="A CSV list leaves nobody out, so that acts can vanish by it.")
@click.option("--apply", is_flag=True, help="Keep the list in the law folder; without it the difference is shown.")
@json_option
@click.pass_obj
def import_list(
    folder: Path | None,
    file: Path,
    instrument: str,
    as_of: str | None,
    *,
    complete: bool,
    apply: bool,
    as_json: bool,
) -> None:
    """Compare the depositary's list in FILE with the tables, and with --apply keep it.

    FILE is the status page of the UN Treaty Collection (XML, or HTML saved from a browser), the chart of the Council of
    Europe, or CSV. Nothing is dropped: what the list lacks is shown as vanished and stays, and so does what is better
    known. A list adds to those that are kept.
    """
    from comity.law.importing.listing import read_list
    from comity.law.lists import newer_list, with_list

    target = law_folder(folder)
    register = target.tables()
    key = instrument_of(register, instrument)
    try:
        kept = target.kept_list(key, register)
    except MalformedError as exc:
        kept = None
        say(f"the list that is kept cannot be read and counts for nothing here; --apply replaces it: {exc.message}")
    given = None if as_of is None else day_of(as_of)
    with reading(file):
        found = read_list(read_file(file), register.instrument(key), as_of=given, complete=complete)
        difference = found.difference(register if kept is None else with_list(register, kept))
    if as_json:
        print_json(difference.to_json())
    else:
        for line in difference.lines():
            click.echo(line)
    if apply:
        with reading(file):
            say(f"kept in {target.keep_list(newer_list(kept, found, difference))}")
    else:
        say("nothing was kept; --apply keeps the list in the law folder")
