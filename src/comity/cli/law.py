"""`comity law`: which instrument can carry a request, and how far a treaty is from binding anyone."""

from datetime import UTC, date, datetime

import click

from comity.cli.options import json_option, print_json
from comity.errors import MalformedError


@click.group()
def law() -> None:
    """Ask the law tables; each answer carries its source and how sure it is."""


def _day(text: str | None) -> date:
    if text is None:
        return datetime.now(UTC).date()
    try:
        return date.fromisoformat(text)
    except ValueError as exc:
        raise MalformedError(f"{text!r} is not a date of the form YYYY-MM-DD") from exc


@law.command("basis")
@click.argument("asker")
@click.argument("asked")
@click.option("--measure", default="preservation", show_default=True)
@click.option("--conduct", default=None, help="What the offence is, such as illegal_access.")
@click.option("--on", "day", default=None, help="Date, YYYY-MM-DD; today by default.")
@json_option
def basis(asker: str, asked: str, measure: str, conduct: str | None, day: str | None, *, as_json: bool) -> None:
    """Say which loaded instrument can carry a request of ASKER to ASKED, with the reasons."""
    from comity.exchange.legal import parse_measure
    from comity.law.basis import legal_basis

    found = legal_basis(asker.upper(), asked.upper(), parse_measure(measure), _day(day), conduct=conduct)
    if as_json:
        print_json(found.to_json())
        return
    click.echo(f"{found.summary} (on {found.on})")
    for option in found.options:
        mark = "*" if option is found.chosen else " "
        click.echo(f"\n{mark} {option.label}")
        for reason in (*option.reasons, *option.warnings):
            grade = f" [{reason.grade_detail}]" if reason.grade_detail else ""
            click.echo(f"    {reason.text}{grade}")
    click.echo("\nGrades: T text read, S secondary source, P parent treaty, M memory; M may warn and never decides.")


@law.command("status")
@click.argument("instrument")
@click.option("--on", "day", default=None, help="Date, YYYY-MM-DD; today by default.")
def status(instrument: str, day: str | None) -> None:
    """Say how far INSTRUMENT is: signatures and ratifications, confirmed and reported apart."""
    from comity.law.status import treaty_summary

    summary = treaty_summary(instrument, _day(day))
    click.echo(summary.sentence)
    for name, tally in (("signatories", summary.signatories), ("ratifications", summary.consents)):
        click.echo(f"  {name}: {tally.confirmed} confirmed, {tally.reported} reported, {tally.memory} from memory")
