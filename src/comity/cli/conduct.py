"""`comity conduct`: who claims what about operations, beside what states committed themselves to, with the replies.

The observatory has a folder, a ledger and a service of its own; a node neither opens nor serves it.
"""

from pathlib import Path

import click

from comity.cli.conduct_draft import draft
from comity.cli.conduct_figures import figures, pairs, sensitivity
from comity.cli.conduct_follow import follow
from comity.cli.conduct_grade import grade, lens
from comity.cli.conduct_inquiry import investigate
from comity.cli.conduct_options import LEDGER, folder_option, ledger_of, observatory, print_notes
from comity.cli.conduct_out import export, report, serve
from comity.cli.conduct_pact import pact
from comity.cli.conduct_practice import commitments, disclose, drill
from comity.cli.conduct_reference import catalogues, positions, vocabulary
from comity.cli.conduct_show import claims, operations, show
from comity.cli.law_options import day_of
from comity.cli.options import DIRECTORY, FILE, json_option, print_json
from comity.errors import ConflictError, NotFoundError

_SOURCES = ("misp-galaxy", "eurepoc", "cfr", "dcid", "fiat", "misp-event", "galaxy", "stix", "records")


@click.group()
@folder_option
@click.pass_context
def conduct(ctx: click.Context, folder: Path | None) -> None:
    """Keep a ledger of claims about operations, with replies, findings and commitments; it ranks nobody."""
    ctx.obj = folder


for command in (
    *(catalogues, claims, commitments, disclose, draft, drill, export, figures, follow, grade, investigate, lens),
    *(operations, pact, pairs, positions, report, sensitivity, serve, show, vocabulary),
):
    conduct.add_command(command)


@conduct.command("init")
@click.argument("directory", type=DIRECTORY, required=False)
@click.option("--exercise", is_flag=True, help="Make a ledger about fictitious states; that never changes.")
@click.pass_obj
def init(folder: Path | None, directory: Path | None, *, exercise: bool) -> None:
    """Make an observatory in DIRECTORY, or in your data directory."""
    from comity.conduct.kinds import KINDS
    from comity.conduct.ledger import Ledger

    path = directory or observatory(folder)
    if (path / LEDGER).exists():
        raise ConflictError(f"there is a ledger in {path} already; nothing was made")
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise NotFoundError(f"{path} cannot be made: {exc.strerror}") from exc
    with Ledger.open(path / LEDGER, create=True, exercise=exercise, kinds=KINDS):
        pass
    click.echo(f"a ledger {'for an exercise ' if exercise else ''}was made in {path}")


@conduct.command("import")
@click.argument("source", type=click.Choice(_SOURCES), metavar="SOURCE")
@click.argument("files", type=FILE, nargs=-1)
@click.option("--on", "day", default=None, help="Day of entry, YYYY-MM-DD; today by default.")
@click.option("--list", "lists", multiple=True, help="For misp-galaxy: only this list; may be repeated.")
@click.option("--release", default=None, help="For eurepoc: which release the files are.")
@click.option("--category", default=None, help="For stix: category of operations whose labels name none.")
@click.option("--by", default=None, help="For records entered by hand: who enters them.")
@click.option("--keep-provenance", "keep", is_flag=True, help="For a copy of your own: keep where records came from.")
@json_option
@click.pass_obj
def import_command(
    folder: Path | None,
    source: str,
    files: tuple[Path, ...],
    day: str | None,
    lists: tuple[str, ...],
    release: str | None,
    category: str | None,
    by: str | None,
    *,
    keep: bool,
    as_json: bool,
) -> None:
    """Read FILES of SOURCE into the ledger, as their publishers' claims.

    SOURCE is one of misp-galaxy (the installed package, no file), galaxy, misp-event, stix, cfr, dcid, fiat, eurepoc
    (incidents, attributions and receivers, in this order) and records (TOML by hand, JSON lines or CSV as exported).
    Rows that cannot be read as they stand are left out and told on stderr; nothing falls to a default.
    """
    from comity.cli.conduct_import import check_source, read_source
    from comity.conduct.kept import keep as keep_rows

    entered = day_of(day)
    given = {"--list": lists, "--release": release, "--category": category, "--by": by, "--keep-provenance": keep}
    check_source(source, files, [option for option, value in given.items() if value])
    told = []
    with ledger_of(folder) as ledger:
        collections = read_source(
            source,
            files,
            on=entered,
            lists=lists,
            release=release,
            category=category,
            by=by,
            keep=keep,
            exercise=ledger.exercise,
        )
        for found in collections:
            added = ledger.add(found.records)
            told.append(
                {
                    "source": found.source,
                    "version": found.version,
                    "files": [{"name": name, "sha256": digest} for name, digest in found.files],
                    "counts": dict(found.counts),
                    "new": added.new,
                    "known": added.known,
                    "notes": list(found.notes),
                }
            )
            print_notes(found.notes)
        # Whoever asks next waits for nothing; where this is cut off, the next view does the rest.
        keep_rows(ledger)
    if as_json:
        print_json(told)
        return
    for each in told:
        version = "" if each["version"] is None else f", version {each['version']}"
        click.echo(f"{each['source']}{version}: {each['new']} new records, {each['known']} held already")
