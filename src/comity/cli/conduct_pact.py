"""`comity conduct pact`: pacts between states, begun from a template, and a register of the returns made."""

from pathlib import Path

import click

from comity.cli.conduct_options import enter, ledger_of, material_of, print_lines, record_of
from comity.cli.law_options import code_of, day_of, on_option
from comity.cli.options import json_option, print_json
from comity.errors import MalformedError

_WHAT = ("report", "nil", "notification", "answer", "consultation", "drill")


@click.group("pact")
def pact() -> None:
    """Keep pacts between states: measures agreed on, and the returns made under them."""


@pact.command("templates")
@json_option
def templates(*, as_json: bool) -> None:
    """List the forms with which a pact can begin; they bind nobody."""
    from comity.conduct.commitments.pacts import load_templates

    if as_json:
        print_json([row.to_json() for row in load_templates()])
        return
    for row in load_templates():
        print_lines(row.lines())


@pact.command("begin")
@click.argument("template")
@click.argument("parties", nargs=-1, required=True)
@click.option("--signed", required=True, help="Day of signature, YYYY-MM-DD.")
@click.option("--begins", required=True, help="First day, YYYY-MM-DD.")
@click.option("--until", default=None, help="Last day, YYYY-MM-DD; none by default.")
@click.option("--without", multiple=True, help="Leave out this measure; may be repeated.")
@click.option("--by", required=True, help="Who enters it.")
@on_option
@click.pass_obj
def begin(
    folder: Path | None,
    template: str,
    parties: tuple[str, ...],
    signed: str,
    begins: str,
    until: str | None,
    without: tuple[str, ...],
    by: str,
    day: str | None,
) -> None:
    """Enter a pact of PARTIES with the measures of TEMPLATE, and print it, to be said as a statement."""
    from comity.conduct.commitments.pacts import begin_pact
    from comity.conduct.commitments.pacts import template as form_of

    body = begin_pact(
        form_of(template),
        [code_of(party) for party in parties],
        signed=day_of(signed),
        begins=day_of(begins),
        until=None if until is None else day_of(until),
        without=without,
    )
    with ledger_of(folder) as ledger:
        print_json(enter(ledger, [body], by, day_of(day))[0].to_json())


@pact.command("return")
@click.argument("identifier", metavar="PACT")
@click.argument("measure")
@click.option("--by", required=True, help="The party whose return it is.")
@click.option("--what", type=click.Choice(_WHAT), required=True, help="What it did; nil: there was nothing to tell.")
@click.option("--when", default=None, help="Day of the return, YYYY-MM-DD; the day of entry by default.")
@click.option("--text", default=None, help="What the return says.")
@click.option("--record", "told_by", default=None, help="Record that shows it, such as a notification.")
@on_option
@click.pass_obj
def make_return(
    folder: Path | None,
    identifier: str,
    measure: str,
    by: str,
    what: str,
    when: str | None,
    text: str | None,
    told_by: str | None,
    day: str | None,
) -> None:
    """Enter a return that a party made under MEASURE of PACT, and print it, to be said as a statement."""
    from comity.conduct.commitments.pacts import check_return
    from comity.conduct.commitments.statements import Pact, PactReturn

    on = day_of(day)
    with ledger_of(folder) as ledger:
        held = record_of(ledger, identifier, "pact")
        assert isinstance(held.body, Pact)
        body = PactReturn(
            pact=held.id,
            measure=measure,
            by=code_of(by),
            on=(on if when is None else day_of(when)).isoformat(),
            what=what,  # type: ignore[arg-type] # it is one of the literals, as click holds
            text=text,
            record=None if told_by is None else record_of(ledger, told_by).id,
        )
        check_return(body, held.body)
        print_json(enter(ledger, [body], by, on)[0].to_json())


@pact.command("table")
@on_option
@json_option
@click.option("--csv", "as_csv", is_flag=True, help="Print a CSV table.")
@click.pass_obj
def table(folder: Path | None, day: str | None, *, as_json: bool, as_csv: bool) -> None:
    """Show the register: measures, and in how many periods that have ended a return is held."""
    from comity.conduct.commitments.pacts import RETURN_COLUMNS, pact_register
    from comity.law.sheet import csv_text

    if as_json and as_csv:
        raise MalformedError("give --json or --csv, not both")
    on = day_of(day)
    with material_of(folder, on) as material:
        found = pact_register([each.record for each in material.stated() if each.stands], on)
    if as_json:
        print_json(found.to_json())
    elif as_csv:
        click.echo(csv_text(RETURN_COLUMNS, found.rows()), nl=False)
    else:
        print_lines(found.lines())
