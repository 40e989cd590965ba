"""`comity conduct show`, `operations` and `claims`: what is on record, each claim with the reply beside it."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from comity.cli.conduct_options import (
    SHORT,
    limit_option,
    material_of,
    print_lines,
    record_of,
    redraw_of,
    redraw_options,
)
from comity.cli.law_options import code_of, day_of, on_option
from comity.cli.options import json_option, print_json
from comity.errors import NotFoundError

if TYPE_CHECKING:
    from comity.conduct.kept import Head, Kept
    from comity.conduct.ledger import Ledger
    from comity.conduct.record import Record
    from comity.conduct.report.material import Material
    from comity.conduct.view import ClaimView

_CODE_LENGTH = 3


@click.command("show")
@click.argument("identifier", metavar="ID")
@on_option
@json_option
@click.pass_obj
def show(folder: Path | None, identifier: str, day: str | None, *, as_json: bool) -> None:
    """Show the record ID, which may be the beginning of an id, with what became of it.

    An operation comes with everything that hangs on it, a claim with the replies to it.
    """
    from comity.cli.conduct_text import (
        claim_block,
        claim_json,
        operation_json,
        operation_lines,
        stated_json,
        stated_lines,
    )
    from comity.conduct.corrections import Fates, Stated
    from comity.conduct.statements import Body

    with material_of(folder, day_of(day)) as material:
        record = record_of(material.ledger, identifier)
        if record.kind == "operation":
            view = material.operation(record.id).operation(record.id)
            if as_json:
                print_json(operation_json(view, material.provenances))
            else:
                print_lines(operation_lines(view, material.provenances))
            return
        came = material.provenances(record.id)
        operation = _operation_of(material.ledger, record)
        beside = material.loose() if operation is None else material.ledger.of_operation(operation)
        stated: Stated[Body] = Fates([record, *beside], material.as_of).stated(record)
        told, lines = stated_json(stated, came), list(stated_lines(stated, came))
        if operation is not None and record.kind == "claim":
            folded = material.view(beside)
            claim, view = folded.claim(record.id), folded.operation(operation)
            told |= claim_json(claim, view, material.provenances)
            lines = [*claim_block(claim, view), "", *lines]
    if as_json:
        print_json(told)
    else:
        print_lines(lines)


@click.command("operations")
@click.option("--find", "text", default=None, help="Only those with this text in a title, name or id elsewhere.")
@click.option("--category", default=None, help="Only those of a category, such as sabotage.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="How many at most.")
@click.option("--after", default=None, metavar="ID", help="Begin after this operation.")
@on_option
@json_option
@click.pass_obj
def operations(
    folder: Path | None,
    text: str | None,
    category: str | None,
    limit: int,
    after: str | None,
    day: str | None,
    *,
    as_json: bool,
) -> None:
    """List operations by title: what is alleged, with how many claims, voices and replies there are."""
    from comity.cli.conduct_text import operation_line, operation_summary
    from comity.conduct.figures import Redraw

    if category is not None:
        # An unknown category is refused as a redraw refuses it.
        Redraw(leave_out_categories=frozenset({category}))  # type: ignore[arg-type] # checked by the redraw itself
    with material_of(folder, day_of(day)) as material:
        listed = [each for each in material.operations if category in {None, each.head.operation.category}]
        if text is not None:
            named = {record.id for record in material.ledger.find(text)}
            listed = [each for each in listed if not named.isdisjoint(each.head.versions)]
        found = material.of(each.id for each in _after(material, listed, after)[:limit]).operations
    if as_json:
        print_json([operation_summary(each) for each in found])
        return
    print_lines(operation_line(each) for each in found)
    if len(found) == limit:
        click.echo(f"at most {limit} are shown; go on with --after {found[-1].id[:SHORT]}", err=True)


@click.command("claims")
@click.option("--about", default=None, metavar="STATE", help="Only those that name this participant at any level.")
@click.option("--claimant", default=None, metavar="NAME", help="Only those of this claimant, by code or by name.")
@click.option("--all", "everything", is_flag=True, help="Also those that are left out, with the reason.")
@limit_option
@click.option("--after", default=None, metavar="ID", help="Begin after this operation.")
@redraw_options
@on_option
@json_option
@click.pass_obj
def claims(
    folder: Path | None,
    /,
    about: str | None,
    claimant: str | None,
    limit: int,
    after: str | None,
    day: str | None,
    *,
    everything: bool,
    as_json: bool,
    **given: Any,
) -> None:
    """List claims by the title of the operation, each with the replies to it.

    Without an option that leaves something out or names a rule, none is left out; retracted ones come as retracted.
    """
    from comity.cli.conduct_text import claim_block, claim_json
    from comity.conduct.counting import Claims
    from comity.conduct.kept import facts
    from comity.conduct.report.material import first_claims
    from comity.conduct.sentences import how_many

    redraw, as_of = redraw_of(given), day_of(day)
    code = None if about is None else code_of(about)
    with material_of(folder, as_of, clustering=redraw.clustering) as material:
        touched = _touched(material, code, claimant)
        left_out = dict(Claims(facts(touched)).left_out(redraw, as_of=as_of)) if _redraws(given) else {}
        asked = [each for each in touched if _asks_for(each.head, code, claimant)]
        going_on = _after(material, asked, after)
        page = first_claims(going_on, limit) if limit else going_on
        held = [
            (claim, operation)
            for operation in material.of(each.id for each in page).operations
            for claim in operation.claims
            if (code is None or any(subject.participant == code for subject in claim.body.about))
            and (claimant is None or _is_by(claim, claimant))
            and (everything or claim.id not in left_out)
        ]
        if as_json:
            print_json(
                [
                    claim_json(claim, operation, material.provenances) | _left_out(left_out.get(claim.id))
                    for claim, operation in held
                ]
            )
            _tell_rest(page, going_on)
            return
        for claim, operation in held:
            reason = left_out.get(claim.id)
            print_lines(claim_block(claim, operation, left_out=reason))
        hidden = 0 if everything else len(left_out)
        told = f"; {hidden} left out: {redraw.text}" if hidden else ""
        click.echo(f"{how_many(len(held), 'claim')}{told}", err=True)
        _tell_rest(page, going_on)


def _operation_of(ledger: "Ledger", record: "Record") -> str | None:
    """Return the operation on which a record hangs, itself or by what it is about; None for one that hangs on none."""
    while record.kind != "operation":
        body = record.body
        # What stands under these names is held; admission sees to it.
        above = (getattr(body, name, None) for name in ("operation", "corrects", "claim"))
        target = next((each for each in above if isinstance(each, str)), None)
        if target is None:
            return None
        record = ledger.record(target)
    return record.id


def _after(material: "Material", listed: "list[Kept]", after: str | None) -> "list[Kept]":
    """Return what comes after an operation, which may be named by any of its versions."""
    if after is None:
        return listed
    last = record_of(material.ledger, after, "operation").id
    for number, each in enumerate(listed, start=1):
        if last in each.head.versions:
            return listed[number:]
    raise NotFoundError(f"the operation after which to begin, {after!r}, is not among those that are asked for")


def _touched(material: "Material", code: str | None, claimant: str | None) -> "list[Kept]":
    """Return the operations on which the claims asked for can be, with those that are read together with them."""
    by = claimant if code is None else None
    wholes = {each.whole for each in material.operations if _asks_for(each.head, code, by)}
    return [each for each in material.operations if each.whole in wholes]


def _asks_for(head: "Head", code: str | None, claimant: str | None) -> bool:
    from comity.conduct.admission import folded

    if code is not None and code not in head.about:
        return False
    # A code is written in capitals; names are compared without case.
    return claimant is None or not head.claimants.isdisjoint({claimant.upper(), folded(claimant)})


def _tell_rest(page: "list[Kept]", going_on: "list[Kept]") -> None:
    """Say on which operations there are more claims, and how to go on."""
    if len(page) < len(going_on):
        click.echo(
            f"claims about {len(page)} of {len(going_on)} operations; go on with --after {page[-1].id[:SHORT]}, or "
            "take all with --limit 0 or comity conduct export",
            err=True,
        )


def _redraws(given: dict[str, Any]) -> bool:
    """Whether anything was said of how to count, clustering apart, which leaves nothing out."""
    return any(value for name, value in given.items() if name != "no_clustering")


def _is_by(claim: "ClaimView", name: str) -> bool:
    from comity.conduct.admission import folded
    from comity.conduct.view import shown_name

    speaker = claim.body.claimant
    if len(name) == _CODE_LENGTH and speaker.participant == name.upper():
        return True
    return folded(name) in {folded(speaker.name), folded(shown_name(speaker))}


def _left_out(reason: str | None) -> dict[str, object]:
    return {} if reason is None else {"left_out": reason}
