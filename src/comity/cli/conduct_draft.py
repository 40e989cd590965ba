"""`comity conduct draft`: check what is to be said to the public as its readers will, before anybody signs it."""

from pathlib import Path

import click

from comity.cli.conduct_options import followed_statements, ledger_of, moment_of
from comity.cli.options import FILE, print_json, say


@click.command("draft")
@click.argument("file", type=FILE)
@click.option("--kind", default=None, help="What the statement is, where FILE does not say it.")
@click.option("--issuer", required=True, help="The authority that will say it.")
@click.option("--inquiry", default=None, help="Id of the mandate of the inquiry to which it belongs, or its beginning.")
@click.option("--at", "moment", default=None, help="Time of the statement, YYYY-MM-DDTHH:MM:SSZ; now by default.")
@click.pass_obj
def draft(
    folder: Path | None, file: Path, kind: str | None, issuer: str, inquiry: str | None, moment: str | None
) -> None:
    """Check a body in FILE, TOML or JSON, as a statement to the public, and print it for `comity desk say`.

    It is judged by what the followed logs and the ledger hold, as other readers will judge it: what they would pass
    over is refused here. The statements that it follows are found and printed with it.
    """
    from comity.cli.desk import read_said
    from comity.conduct.drafting import draft_statement
    from comity.conduct.inquiry.view import find_inquiry
    from comity.conduct.kinds import KINDS

    named, body, _ = read_said(file, kind)
    at = moment_of(moment)
    with ledger_of(folder) as ledger:
        held = followed_statements(folder, KINDS, exercise=ledger.exercise)
        found = draft_statement(
            named,
            body,
            issuer=issuer,
            issued=at,
            exercise=ledger.exercise,
            held=held,
            held_kind=ledger.kind_of,
            inquiry=None if inquiry is None else find_inquiry(held, inquiry),
        )
    for note in found.notes:
        say(note)
    print_json(found.to_json())
