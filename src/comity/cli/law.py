"""`comity law`: which instrument can carry a request, for one pair or for all, and what the law is short of."""

import csv
import sys
from pathlib import Path

import click

from comity.cli.law_options import code_of, day_of, folder_option, instrument_of, on_option, tables, word_of
from comity.cli.law_reform import amend, checklist, gaps
from comity.cli.law_text import text
from comity.cli.options import json_option, print_json

_PENALTY = "Maximum custody for the act there, in years; life, none (no offence there) or unknown."


@click.group()
@folder_option
@click.pass_context
def law(ctx: click.Context, folder: Path | None) -> None:
    """Ask the law tables; each answer carries its source and how sure it is."""
    ctx.obj = folder


law.add_command(gaps)
law.add_command(amend)
law.add_command(checklist)
law.add_command(text)


@law.command("basis")
@click.argument("asker")
@click.argument("asked")
@click.option("--measure", default="preservation", show_default=True)
@click.option("--conduct", default=None, help="What the offence is, such as illegal-access.")
@click.option("--penalty-asker", default="unknown", show_default=True, help=_PENALTY)
@click.option("--penalty-asked", default="unknown", show_default=True, help=_PENALTY)
@click.option(
    "--organised/--not-organised", default=None, help="Whether an organised criminal group takes part, across borders."
)
@click.option("--brief", is_flag=True, help="Leave out the instruments that do not carry it.")
@on_option
@json_option
@click.pass_obj
def basis(
    folder: Path | None,
    asker: str,
    asked: str,
    measure: str,
    conduct: str | None,
    penalty_asker: str,
    penalty_asked: str,
    day: str | None,
    *,
    organised: bool | None,
    brief: bool,
    as_json: bool,
) -> None:
    """Say which loaded instrument can carry a request of ASKER to ASKED, with the reasons.

    Participants are named by code, such as PRT, or by name.
    """
    from comity.law.basis import legal_basis
    from comity.law.measures import parse_measure
    from comity.law.reach import Penalties, parse_penalty
    from comity.law.report import basis_lines

    found = legal_basis(
        code_of(asker),
        code_of(asked),
        parse_measure(measure),
        day_of(day),
        conduct=word_of(conduct),
        penalties=Penalties(asker=parse_penalty(penalty_asker), asked=parse_penalty(penalty_asked)),
        organised=organised,
        register=tables(folder),
    )
    if as_json:
        print_json(found.to_json())
        return
    for line in basis_lines(found, brief=brief):
        click.echo(line)


@law.command("matrix")
@click.option("--measure", default=None, help="Say for every ordered pair what carries this measure.")
@click.option("--conduct", default=None, help="What the offence is, with --measure.")
@on_option
@click.pass_obj
def matrix(folder: Path | None, measure: str | None, conduct: str | None, day: str | None) -> None:
    """Print a CSV table of all pairs: the instruments that bind both, or what carries a measure."""
    from comity.law.matrix import matrix as matrix_of
    from comity.law.matrix import measure_rows, status_rows
    from comity.law.measures import parse_measure

    if conduct is not None and measure is None:
        raise click.UsageError("--conduct is about a request for a measure; name it with --measure")
    found = matrix_of(day_of(day), register=tables(folder))
    rows = (
        status_rows(found) if measure is None else measure_rows(found, parse_measure(measure), conduct=word_of(conduct))
    )
    csv.writer(sys.stdout, lineterminator="\n").writerows(rows)


@law.command("safeguards")
@click.argument("asker")
@click.argument("asked")
@click.option("--measure", default="preservation", show_default=True)
@click.option("--instrument", default=None, help="Under which instrument; the first that can carry it by default.")
@click.option("--side", default="asker", show_default=True, help="asker or asked.")
@click.option("--conduct", default=None, help="What the offence is, such as illegal-access.")
@click.option("--urgency", default="routine", show_default=True, help="routine, urgent or emergency.")
@click.option("--facts", default="", help="The facts in words, in which journalism and research are looked for.")
@on_option
@json_option
@click.pass_obj
def safeguards(
    folder: Path | None,
    asker: str,
    asked: str,
    measure: str,
    instrument: str | None,
    side: str,
    conduct: str | None,
    urgency: str,
    facts: str,
    day: str | None,
    *,
    as_json: bool,
) -> None:
    """List the safeguards that a request, or the order that carries it out, answers step by step."""
    from comity.errors import PolicyError
    from comity.law.basis import legal_basis
    from comity.law.measures import parse_measure
    from comity.law.safeguards import parse_side, steps_for

    register = tables(folder)
    codes, on = (code_of(asker), code_of(asked)), day_of(day)
    found = legal_basis(*codes, parse_measure(measure), on, conduct=word_of(conduct), register=register)
    option = found.chosen if instrument is None else found.option(instrument_of(register, instrument))
    if option is None:
        raise PolicyError(f"{found.summary}; name an instrument with --instrument")
    steps = steps_for(
        option,
        parse_side(side),
        conduct=word_of(conduct),
        urgency=urgency,
        facts_text=facts,
        register=register,
        asker=codes[0],
        asked=codes[1],
        on=on,
    )
    if as_json:
        print_json([step.to_json() for step in steps])
        return
    click.echo(f"{option.label}, {codes[0]} to {codes[1]}, on {on}: the {side} answers {len(steps)} steps")
    for step in steps:
        click.echo(f"\n{step.step}: {step.question}")
        click.echo(f"    {'must be answered' if step.blocks else 'may be left open; a warning then'}; {step.why}")
        for reason in (*step.provisions, *step.flags, *([step.barred] if step.barred else [])):
            click.echo(f"    {reason.line}")
        click.echo(f"    answers: {', '.join(answer.value for answer in step.answers)}")


@law.command("cable")
@click.option("--zone", required=True, help="Where the cable was damaged, such as eez or high-seas.")
@click.option("--coastal", default=None, help="The coastal state, in its zones.")
@click.option("--flag", required=True, help="The state whose flag the ship flies.")
@click.option("--asker", required=True, help="The state that wants to act or to have evidence.")
@click.option("--crew", multiple=True, help="State whose national master or crew are; may be repeated.")
@click.option("--intent", default="unknown", show_default=True, help="wilful, negligent or unknown.")
@on_option
@json_option
@click.pass_obj
def cable(
    folder: Path | None,
    zone: str,
    coastal: str | None,
    flag: str,
    asker: str,
    crew: tuple[str, ...],
    intent: str,
    day: str | None,
    *,
    as_json: bool,
) -> None:
    """Say who may act on a damaged submarine cable, whose duty it is, and how the evidence travels."""
    from comity.law.report import GRADES
    from comity.law.sea.answer import lines
    from comity.law.sea.damage import cable_damage

    found = cable_damage(
        zone.replace("-", "_"),
        coastal=None if coastal is None else code_of(coastal),
        flag=code_of(flag),
        asker=code_of(asker),
        crew=tuple(code_of(state) for state in crew),
        intent=intent,
        on=day_of(day),
        register=tables(folder),
    )
    if as_json:
        print_json(found.to_json())
        return
    for line in lines(found):
        click.echo(line)
    click.echo(f"\n{GRADES}")
