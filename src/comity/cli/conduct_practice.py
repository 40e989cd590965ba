"""`comity conduct commitments`, `drill` and `disclose`: commitments, and practice between states."""

from pathlib import Path

import click

from comity.cli.conduct_options import (
    enter,
    followed_statements,
    ledger_of,
    material_of,
    moment_of,
    print_lines,
    record_of,
)
from comity.cli.law_options import code_of, day_of, on_option
from comity.cli.options import FILE, json_option, print_json, read_file, say
from comity.errors import MalformedError

_NONCE_BYTES = 32
_DAY_SECONDS = 86_400


@click.command("commitments")
@click.argument("state")
@on_option
@json_option
@click.option("--csv", "as_csv", is_flag=True, help="Print a CSV table.")
@click.pass_obj
def commitments(folder: Path | None, state: str, day: str | None, *, as_json: bool, as_csv: bool) -> None:
    """Say what STATE has committed itself to on a day: voluntary, voiced, signed or binding, each told apart."""
    from comity.conduct.commitments.bonds import ROW_COLUMNS
    from comity.conduct.commitments.in_force import commitments_on
    from comity.conduct.commitments.set_aside import set_aside
    from comity.law.sheet import csv_text

    on, code = day_of(day), code_of(state)
    with material_of(folder, on) as material:
        stated = material.stated()
        found = commitments_on(code, on, records=[each.record for each in stated if each.stands])
        aside = set_aside(stated, code)
    if as_json:
        print_json(found.to_json() | {"set_aside": list(aside)})
    elif as_csv:
        click.echo(csv_text(ROW_COLUMNS, found.rows()), nl=False)
    else:
        print_lines([*found.lines(), *(f"set aside: {text}" for text in aside)])


@click.group("drill")
def drill() -> None:
    """Keep contact drills: a ping between points of contact, the answer, and what of it is proven."""


@drill.command("table")
@click.option("--at", "moment", default=None, help="Time of the question, YYYY-MM-DDTHH:MM:SSZ; now by default.")
@json_option
@click.option("--csv", "as_csv", is_flag=True, help="Print a CSV table.")
@click.pass_obj
def table(folder: Path | None, moment: str | None, *, as_json: bool, as_csv: bool) -> None:
    """Show who asked whom for a sign of life, what came back, and what of it is proven.

    What the followed logs hold is proven by them; what the ledger only tells is the word of whoever told it. Nothing is
    presumed of silence unless a receipt or a witness shows that the ping was served.
    """
    from comity.conduct.commitments.drill import DRILL_COLUMNS
    from comity.conduct.commitments.drill_service import DRILL_KINDS, drill_table_of
    from comity.law.sheet import csv_text

    with ledger_of(folder) as ledger:
        told = [record for kind in ("ping", "ping-answer") for record in ledger.records(kind)]
        statements = followed_statements(folder, DRILL_KINDS, exercise=ledger.exercise)
    found = drill_table_of(statements, (record.body for record in told), as_of=moment_of(moment))
    if as_json:
        print_json(found.to_json())
    elif as_csv:
        click.echo(csv_text(DRILL_COLUMNS, found.rows()), nl=False)
    else:
        print_lines(found.lines())
        for row in found.drills:
            print_lines(row.lines())


@drill.command("ping")
@click.argument("by")
@click.argument("to")
@click.option("--point", required=True, help="Point of contact that asks.")
@click.option("--window", default=_DAY_SECONDS, show_default=True, help="Seconds in which an answer is due.")
@click.option("--name", default=None, help="Name of the drill.")
@click.option("--under", default=None, help="Commitment under which it takes place, such as un_global_cbms:1.")
@click.option("--at", "moment", default=None, help="Time of the ping, YYYY-MM-DDTHH:MM:SSZ; now by default.")
@click.pass_obj
def ping(
    folder: Path | None,
    by: str,
    to: str,
    point: str,
    window: int,
    name: str | None,
    under: str | None,
    moment: str | None,
) -> None:
    """Enter a ping of BY to TO with a fresh nonce, and print it, to be said as a statement."""
    import secrets

    from comity.conduct.commitments.drill import make_ping

    at = moment_of(moment)
    body = make_ping(
        by=code_of(by),
        to=code_of(to),
        point=point,
        nonce=secrets.token_bytes(_NONCE_BYTES),
        sent=at,
        window_seconds=window,
        drill=name,
        under=under,
    )
    with ledger_of(folder) as ledger:
        print_json(enter(ledger, [body], point, at.date())[0].to_json())


@drill.command("answer")
@click.argument("identifier", metavar="PING")
@click.option("--point", required=True, help="Point of contact that answers.")
@click.option("--at", "moment", default=None, help="Time of the answer, YYYY-MM-DDTHH:MM:SSZ; now by default.")
@click.pass_obj
def answer(folder: Path | None, identifier: str, point: str, moment: str | None) -> None:
    """Enter the answer to PING, with its nonce, and print it, to be said as a statement."""
    from comity.conduct.commitments.drill import answer_ping
    from comity.conduct.commitments.statements import Ping

    at = moment_of(moment)
    with ledger_of(folder) as ledger:
        asked = record_of(ledger, identifier, "ping").body
        assert isinstance(asked, Ping)
        print_json(enter(ledger, [answer_ping(asked, point=point, answered=at)], point, at.date())[0].to_json())


@drill.command("served")
@click.argument("identifier", metavar="RECORD")
@click.option("--by", required=True, help="Who says so: whom it went to, or for a tender a third participant.")
@click.option("--how", type=click.Choice(["receipt", "tendered"]), required=True, help="It came, or was offered.")
@click.option("--point", required=True, help="Point of contact that says so.")
@click.option("--at", "moment", default=None, help="Time of entry, YYYY-MM-DDTHH:MM:SSZ; now by default.")
@click.pass_obj
def served(folder: Path | None, identifier: str, by: str, how: str, point: str, moment: str | None) -> None:
    """Enter that the ping or answer RECORD was served, and print it, to be said as a statement.

    It counts once it is a statement in a witnessed log, at the time by which it was there.
    """
    from comity.conduct.commitments.drill_service import make_service
    from comity.conduct.commitments.statements import Ping, PingAnswer

    at = moment_of(moment)
    with ledger_of(folder) as ledger:
        about = record_of(ledger, identifier, "ping", "ping-answer").body
        assert isinstance(about, Ping | PingAnswer)
        body = make_service(about, by=code_of(by), how="receipt" if how == "receipt" else "tendered", point=point)
        print_json(enter(ledger, [body], point, at.date())[0].to_json())


@click.command("disclose")
@click.option("--template", is_flag=True, help="Print the form, to be filled in.")
@click.option("--answers", type=FILE, default=None, help="Read a form that was filled in, and enter its answers.")
@click.option("--by", default=None, help="Who enters the answers; whoever gives them by default.")
@click.option("--state", default=None, help="Only this participant; with --template, for whom the form is.")
@click.option("--csv", "as_csv", is_flag=True, help="Print a CSV table.")
@on_option
@json_option
@click.pass_obj
def disclose(
    folder: Path | None,
    answers: Path | None,
    by: str | None,
    state: str | None,
    day: str | None,
    *,
    template: bool,
    as_csv: bool,
    as_json: bool,
) -> None:
    """Show what states disclose of doctrine and capability: published, declined and no answer are told apart.

    With --template print the form, with --answers read one. A state that nobody asked is shown as not asked.
    """
    from comity.conduct.commitments.disclosure import (
        DISCLOSURE_COLUMNS,
        disclosure_form,
        disclosure_table,
        parse_disclosures,
    )
    from comity.law.sheet import csv_text

    on = day_of(day)
    code = None if state is None else code_of(state)
    if by is not None and answers is None:
        raise MalformedError("--by goes with --answers")
    if template:
        if answers is not None:
            raise MalformedError("give --template or --answers, not both")
        if as_csv or as_json:
            raise MalformedError("--template prints the form as TOML; --csv and --json go without it")
        click.echo(disclosure_form(code or "XAA"), nl=False)
        return
    if answers is not None:
        if state is not None or as_csv or as_json:
            raise MalformedError("--answers enters what the form says; --state, --csv and --json go without it")
        found = parse_disclosures(read_file(answers), where=answers.name)
        with ledger_of(folder) as ledger:
            added = enter(ledger, found, by or found[0].said_by.name, on)
        say(f"{len(added)} answers were entered")
        return
    with material_of(folder, on) as material:
        held = [each.record for each in material.stated() if each.stands]
    shown = disclosure_table(held, on, participants=None if code is None else [code])
    if as_json:
        print_json(shown.to_json())
    elif as_csv:
        click.echo(csv_text(DISCLOSURE_COLUMNS, shown.rows()), nl=False)
    elif code is not None:
        print_lines(shown.participant_lines(code))
    else:
        print_lines(shown.lines())
