"""`comity conduct pairs`, `figures` and `sensitivity`: commitments beside claims, and how a count moves."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from comity.cli.conduct_options import limit_option, material_of, print_lines, redraw_of, redraw_options
from comity.cli.law_options import code_of, day_of, on_option, word_of
from comity.cli.options import json_option, print_json
from comity.errors import MalformedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from comity.conduct.figures import Count, CountedPeriod, Redraw, Sensitivity, Tally
    from comity.conduct.pairs import Pairs, Question

_LABEL = "how often claims name a participant; not how often it acted"


@click.command("pairs")
@click.argument("state", required=False)
@click.argument("other", required=False)
@click.option("--bloc", default=None, help="Everybody who belonged to a bloc, instead of STATE.")
@click.option("--from", "begin", default=None, help="Begin of the period, YYYY-MM-DD.")
@click.option("--to", "end", default=None, help="End of the period, YYYY-MM-DD.")
@limit_option
@on_option
@json_option
@click.pass_obj
def pairs(
    folder: Path | None,
    state: str | None,
    other: str | None,
    bloc: str | None,
    begin: str | None,
    end: str | None,
    limit: int,
    day: str | None,
    *,
    as_json: bool,
) -> None:
    """Lay commitments and claims about STATE side by side in the order of time, with the replies.

    With OTHER only what concerns the two, each towards the other. No line says that a commitment was broken: a claim is
    matched with one only where somebody stated why, and what is said to lie before a commitment is grey. Of too many
    operations those are shown that are said to have happened last.
    """
    question = _question(state, other, bloc, begin, end)
    with material_of(folder, day_of(day), limit=limit) as material:
        found = material.pairs(question)
    if as_json:
        print_json(found.to_json())
    else:
        print_lines(_pairs_lines(found))


@click.command("figures")
@click.argument("state", required=False)
@redraw_options
@click.option("--months", type=click.Choice(["1", "3", "6", "12"]), default="12", help="Length of a period.")
@on_option
@json_option
@click.pass_obj
def figures(
    folder: Path | None, /, state: str | None, months: str, day: str | None, *, as_json: bool, **given: Any
) -> None:
    """Count in how many operations claims name whom, by name; with STATE, that state alone and period by period.

    A figure is about claims. It names its rule, and what each option leaves out is left out with all that repeats it.
    """
    redraw, as_of = redraw_of(given), day_of(day)
    code = None if state is None else code_of(state)
    with material_of(folder, as_of, clustering=redraw.clustering) as material:
        material.claims().check(redraw)
        tally = material.claims().tally(redraw, as_of=as_of)
        periods = () if code is None else material.claims().periods(code, redraw, as_of=as_of, months=int(months))
    if as_json:
        members = tally.to_json()
        if code is not None:
            counts = members["counts"]
            assert isinstance(counts, list)
            members["counts"] = [count for count in counts if count["participant"] == code]
            members["periods"] = [_period_json(period) for period in periods]
        print_json(members)
    else:
        print_lines(_figures_lines(tally, redraw, code, periods))


@click.command("sensitivity")
@click.argument("state")
@redraw_options
@on_option
@json_option
@click.pass_obj
def sensitivity(folder: Path | None, /, state: str, day: str | None, *, as_json: bool, **given: Any) -> None:
    """Show how the share of operations in which claims name STATE moves with the rule and with what is left out."""
    redraw, as_of = redraw_of(given), day_of(day)
    with material_of(folder, as_of, clustering=redraw.clustering) as material:
        material.claims().check(redraw)
        found = material.claims().sensitivity(code_of(state), redraw, as_of=as_of)
    if as_json:
        print_json(_sensitivity_json(found))
    else:
        print_lines(_sensitivity_lines(found))


def _question(state: str | None, other: str | None, bloc: str | None, begin: str | None, end: str | None) -> "Question":
    from comity.conduct.pairs import of_bloc, of_pair, of_state

    since = None if begin is None else day_of(begin)
    until = None if end is None else day_of(end)
    if bloc is not None:
        if state is not None:
            raise MalformedError("give a state or --bloc, not both")
        return of_bloc(word_of(bloc) or bloc, begin=since, end=until)
    if state is None:
        raise MalformedError("name a state, or a bloc with --bloc")
    if other is not None:
        return of_pair(code_of(state), code_of(other), begin=since, end=until)
    return of_state(code_of(state), begin=since, end=until)


def _pairs_lines(found: "Pairs") -> "Iterator[str]":
    yield str(found.to_json()["label"])
    yield found.searched.text
    if found.left_out is not None:
        yield found.left_out
    for side in found.sides:
        yield ""
        yield side.name
        for line in side.lines:
            # A claim tells its time itself.
            when = "" if line.kind == "claim" else f"{'no day given' if line.when is None else line.when.text}  "
            grey = (
                " (grey: it is about a time before every commitment concerned)" if getattr(line, "grey", False) else ""
            )
            yield f"  {when}{line.kind.replace('_', ' ')}{grey}: {line.text}"
            for match in getattr(line, "matches", ()):
                yield f"    {match.text}"
            if (unmatched := getattr(line, "unmatched", None)) is not None:
                yield f"    {unmatched}"
            yield from (f"    reply: {text}" for text in getattr(line, "reply_text", ()))
        yield from (f"  {text}" for text in side.nothing)
        yield from (f"  cannot be known: {row.key}: {row.label}" for row in side.unknown)
        yield from (f"  set aside: {text}" for text in side.set_aside)


def _figures_lines(
    tally: "Tally", redraw: "Redraw", code: str | None, periods: "tuple[CountedPeriod, ...]"
) -> "Iterator[str]":
    from comity.conduct.counting_rules import counting_rule
    from comity.conduct.sentences import how_many
    from comity.parties.participants import participant

    yield _LABEL
    yield f"{redraw.text}; {counting_rule(redraw.rule).reason}"
    left_out = ", ".join(f"{number} by {reason}" for reason, number in tally.left_out.items() if number)
    yield f"{how_many(tally.counted, 'operation')} counted; claims left out: {left_out or 'none'}"
    if code is not None:
        yield f"{participant(code).name}: {tally.share_of(code).text}"
    for count in tally.counts:
        if code in {None, count.code}:
            yield f"  {count.name}: {_count_text(count)}"
    for period in periods:
        yield f"  {period.begin} to {period.end}: {period.share.text}; {period.text}"


def _count_text(count: "Count") -> str:
    """Return a count with the replies, which stand in the same line."""
    from comity.conduct.figures import Replies
    from comity.conduct.sentences import how_many

    replies = ", ".join(
        f"{name.replace('_', ' ')} {number}" for name in Replies.__slots__ if (number := getattr(count.replies, name))
    )
    return (
        f"named in {how_many(count.operations, 'operation')}, by {how_many(count.claims, 'claim')} of "
        f"{how_many(count.voices, 'voice')}; replies: {replies or 'none'}"
    )


def _period_json(period: "CountedPeriod") -> dict[str, object]:
    return {
        "begin": period.begin.isoformat(),
        "end": period.end.isoformat(),
        "named": period.share.named,
        "counted": period.share.counted,
        "censored": period.censored,
        "lag_days": period.lag_days,
    }


def _sensitivity_json(found: "Sensitivity") -> dict[str, object]:
    return {
        "label": _LABEL,
        "participant": found.code,
        "name": found.name,
        "text": found.text,
        "lines": [
            {
                "change": line.change,
                "value": line.value,
                "named": line.share.named,
                "counted": line.share.counted,
                "redraw": line.redraw.to_json(),
            }
            for line in (found.base, *found.lines)
        ],
    }


def _sensitivity_lines(found: "Sensitivity") -> "Iterator[str]":
    from comity.conduct.report.strip import change_text

    yield _LABEL
    yield found.text
    for line in (found.base, *found.lines):
        yield f"  {change_text(line)}: {line.share.text}"
