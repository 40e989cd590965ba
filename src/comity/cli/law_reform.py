"""`comity law gaps`, `amend` and `checklist`: what no treaty covers, how that may change, what joining asks."""

from pathlib import Path

import click

from comity.cli.law_options import code_of, day_of, instrument_of, on_option, tables, word_of
from comity.cli.options import FILE, json_option, print_json


@click.command("gaps")
@click.option("--concern", default=None, help="One concern in full, such as cable-eez-shelf.")
@click.option("--column", default=None, help="One instrument or catalogue of norms only, such as hanoi.")
@click.option("--csv", "as_csv", is_flag=True, help="Print a CSV table of every cell.")
@json_option
@click.pass_obj
def gaps(folder: Path | None, concern: str | None, column: str | None, *, as_csv: bool, as_json: bool) -> None:
    """Show for each concern what each instrument says of it, or where nothing was found."""
    from comity.law.reform.gaps import gap_matrix

    matrix = gap_matrix(tables(folder))
    found = matrix.only(concern=word_of(concern), column=word_of(column))
    if as_json:
        print_json(found.to_json())
    elif as_csv:
        click.echo(found.to_csv(), nl=False)
    else:
        chosen = word_of(concern)
        for line in found.lines() if chosen is None else found.concern_lines(chosen):
            click.echo(line)


@click.command("amend")
@click.argument("draft", type=FILE, required=False)
@click.option("--forecast", type=FILE, default=None, help="A forecast of parties, in place of the draft's own.")
@click.option("--example", default=None, help="Print a draft that comes with the program, such as submarine-cables.")
@click.option("--csv", "as_csv", is_flag=True, help="Print a CSV table of the routes' conditions and days.")
@on_option
@json_option
@click.pass_obj
def amend(
    folder: Path | None,
    draft: Path | None,
    forecast: Path | None,
    example: str | None,
    day: str | None,
    *,
    as_csv: bool,
    as_json: bool,
) -> None:
    """Say by which routes DRAFT could become law, when at the earliest, for whom, and which gaps it closes."""
    from comity.law.reform.amendments import workbench
    from comity.law.reform.drafts import read_draft, read_forecast, shipped_draft_text
    from comity.law.reform.gaps import gap_matrix

    if example is not None:
        click.echo(shipped_draft_text(example.replace("-", "_")).decode(), nl=False)
        return
    if draft is None:
        raise click.UsageError("name a file with a draft, or print one with --example submarine-cables")
    register = tables(folder)
    matrix = gap_matrix(register)
    read = read_draft(draft, concerns={row.code for row in matrix.concerns})
    given = None if forecast is None else read_forecast(forecast)
    found = workbench(read, register, day_of(day), given, matrix=matrix)
    if as_json:
        print_json(found.to_json())
    elif as_csv:
        click.echo(found.to_csv(), nl=False)
    else:
        for line in found.lines():
            click.echo(line)


@click.command("checklist")
@click.argument("instrument", default="hanoi")
@click.option("--answers", type=FILE, default=None, help="What the state has entered; --template prints the form.")
@click.option("--template", "as_template", is_flag=True, help="Print a file of answers to fill in.")
@click.option("--participant", default=None, help="The joining state, for --template.")
@click.option("--markdown", is_flag=True, help="Print the plan as a document.")
@click.option("--csv", "as_csv", is_flag=True, help="Print the plan as a CSV table.")
@on_option
@json_option
@click.pass_obj
def checklist(
    folder: Path | None,
    instrument: str,
    answers: Path | None,
    participant: str | None,
    day: str | None,
    *,
    as_template: bool,
    markdown: bool,
    as_csv: bool,
    as_json: bool,
) -> None:
    """Say per article what INSTRUMENT asks of a state that joins, what it has, and what it needs or offers."""
    from comity.law.reform.checklist import Answers, plan, read_answers, template

    register = tables(folder)
    key = instrument_of(register, instrument)
    rows = register.obligations_of(key)
    title = register.instrument(key).title
    code = None if participant is None else code_of(participant)
    if as_template:
        if code is None:
            raise click.UsageError("name the joining state with --participant, whose answers the form is for")
        click.echo(template(key, rows, code=code, title=title), nl=False)
        return
    if answers is None:
        raise click.UsageError("name the state's answers with --answers FILE; --template prints the form")
    read: Answers = read_answers(answers)
    if read.instrument != key:
        raise click.UsageError(f"{answers} answers for {read.instrument}, not for {key}")
    found = plan(read, rows, title=title, on=day_of(day))
    if as_json:
        print_json(found.to_json())
    elif as_csv:
        click.echo(found.to_csv(), nl=False)
    elif markdown:
        click.echo(found.to_markdown(), nl=False)
    else:
        for line in found.lines():
            click.echo(line)
