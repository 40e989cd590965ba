"""What the commands about conduct share: the observatory's folder, its ledger, and how a figure is to be drawn."""

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from comity.cli.law_options import word_of
from comity.cli.options import DIRECTORY, say, shown
from comity.errors import NotFoundError

if TYPE_CHECKING:
    from datetime import date

    from comity.conduct.figures import Redraw
    from comity.conduct.following import FollowedLogs
    from comity.conduct.ledger import Ledger
    from comity.conduct.record import Record
    from comity.conduct.report.material import Material
    from comity.conduct.statements import Body
    from comity.exchange.view import Held

Command = TypeVar("Command", bound=Callable[..., Any])

LEDGER = "ledger.db"
LOGS = "logs.db"
TRUST = "trust"
_ID_LENGTH = 64
_NOTES_SHOWN = 20
# As much of an id as tells records apart on a line for people.
SHORT = 12
EXERCISE = "EXERCISE: every state and every event in this ledger is fictitious"


def folder_option(command: Command) -> Command:
    """Take the observatory's folder, for a group of commands."""
    text = "Folder of the observatory. Without it, the one in your data directory."
    return click.option("--folder", type=DIRECTORY, default=None, help=text)(command)


def limit_option(command: Command) -> Command:
    """Take how many claims a page shows."""
    text = "About how many claims to show, whole operations at a time; 0 for all."
    return click.option("--limit", type=click.IntRange(0), default=500, show_default=True, help=text)(command)


def redraw_options(command: Command) -> Command:
    """Take how a figure is counted and what is left out."""
    many: dict[str, Any] = {"multiple": True, "metavar": "NAME"}
    for option in reversed(
        (
            click.option("--rule", default=None, help="Counting rule, such as state-only."),
            click.option("--without-source", **many, help="Leave out a collection or publisher; may be repeated."),
            click.option("--without-bloc", **many, help="Leave out a bloc of claimants, such as five-eyes."),
            click.option("--without-claimant", **many, help="Leave out a claimant, by code or by name."),
            click.option("--without-category", **many, help="Leave out a category, such as espionage."),
            click.option("--no-single-voices", is_flag=True, help="Leave out what a single voice says."),
            click.option("--without-months", type=int, default=0, help="Leave out the last months before the day."),
            click.option("--no-clustering", is_flag=True, help="Take every claim for a voice of its own."),
        )
    ):
        command = option(command)
    return command


def redraw_of(given: dict[str, Any]) -> "Redraw":
    """Return how to draw a figure from the options of `redraw_options`.

    Raises:
        NotFoundError: there is no such counting rule.
        MalformedError: there is no such category, or the months are below zero.
    """
    from comity.conduct.counting_rules import DEFAULT_RULE
    from comity.conduct.figures import Redraw

    return Redraw(
        rule=word_of(given["rule"]) or DEFAULT_RULE,
        leave_out_sources=frozenset(given["without_source"]),
        leave_out_blocs=frozenset(word_of(name) or name for name in given["without_bloc"]),
        leave_out_claimants=frozenset(given["without_claimant"]),
        leave_out_categories=frozenset(given["without_category"]),
        leave_out_single_voices=given["no_single_voices"],
        leave_out_last_months=given["without_months"],
        clustering=not given["no_clustering"],
    )


def observatory(folder: Path | None) -> Path:
    """Return the observatory's folder, the one named or that of the user's data directory.

    Raises:
        NotFoundError: none is named, and there is no home directory.
    """
    if folder is not None:
        return folder
    data = os.environ.get("XDG_DATA_HOME", "")
    try:
        return (Path(data) if data else Path.home() / ".local" / "share") / "comity" / "observatory"
    except RuntimeError as exc:
        raise NotFoundError("there is no home directory for an observatory; name a folder with --folder") from exc


@contextmanager
def ledger_of(folder: Path | None) -> Iterator["Ledger"]:
    """Open the ledger of an observatory; of an exercise, that it is one is said first.

    Raises:
        NotFoundError: there is none.
        StoreError: the file is no ledger.
    """
    from comity.conduct.kinds import KINDS
    from comity.conduct.ledger import Ledger

    path = observatory(folder)
    if not (path / LEDGER).exists():
        raise NotFoundError(f"no ledger in {path}; make one with comity conduct init {path}")
    with Ledger.open(path / LEDGER, kinds=KINDS) as ledger:
        if ledger.exercise:
            say(EXERCISE)
        yield ledger


def moment_of(text: str | None) -> datetime:
    """Return a time as it was typed, or now.

    Raises:
        MalformedError: it is no time of the form YYYY-MM-DDTHH:MM:SSZ.
    """
    from comity.kernel.canonical import parse_time

    return datetime.now(UTC).replace(microsecond=0) if text is None else parse_time(text)


def print_notes(notes: Sequence[str]) -> None:
    """Print the first notes on stderr, and how many there are further."""
    print_lines(notes[:_NOTES_SHOWN], err=True)
    if len(notes) > _NOTES_SHOWN:
        say(f"{len(notes) - _NOTES_SHOWN} further notes; --json has them")


def followed_logs(folder: Path | None, *, exercise: bool) -> "FollowedLogs":
    """Open the followed logs of an observatory; whose they are, its own trust folder says.

    Raises:
        NotFoundError: it has no trust folder.
        Error: what reading the trust folder or opening the database raises.
    """
    from comity.conduct.following import FollowedLogs
    from comity.parties.trust_folder import load_trust

    path = observatory(folder)
    return FollowedLogs.open(path / LOGS, load_trust(path / TRUST), exercise=exercise)


def followed_statements(folder: Path | None, kinds: Collection[str], *, exercise: bool) -> "list[Held]":
    """Return the verified statements of some kinds of the followed logs; none where no log was followed yet.

    Raises:
        Error: what opening the followed logs raises.
    """
    from comity.conduct.following import held_of

    if not (observatory(folder) / LOGS).exists():
        return []
    with followed_logs(folder, exercise=exercise) as logs:
        return [held_of(item) for read in logs.statements(kinds) for item in read.statements]


@contextmanager
def material_of(folder: Path | None, as_of: "date", *, clustering: bool = True, limit: int = 0) -> Iterator["Material"]:
    """Open the ledger of an observatory to ask it as it was on a day; pages show `limit` claims, or with 0 all."""
    from comity.conduct.bulk import many_objects
    from comity.conduct.report.material import Material

    with ledger_of(folder) as ledger, many_objects():
        yield Material(ledger, as_of=as_of, clustering=clustering, most=limit or None)


def enter(ledger: "Ledger", bodies: "Iterable[Body]", by: str, on: "date") -> "list[Record]":
    """Enter bodies by hand, and return their records; `by` enters them on the day `on`.

    Raises:
        Error: what the ledger refuses.
    """
    from comity.conduct.kinds import KINDS
    from comity.conduct.record import Origin, Provenance
    from comity.conduct.record import record_of as made

    came = Provenance(origin=Origin.HAND, source=by, on=on)
    records = [made(body, came, KINDS) for body in bodies]
    ledger.add(records)
    return records


def record_of(ledger: "Ledger", text: str, *kinds: str) -> "Record":
    """Return a record by its id, or by the beginning of it; `kinds` are those that are meant.

    Raises:
        NotFoundError: no record has such an id, or several do, or it is of another kind.
    """
    text = text.lower()
    found = ledger.record(text if len(text) == _ID_LENGTH else ledger.identify(text))
    if kinds and found.kind not in kinds:
        raise NotFoundError(
            f"the record {found.id[:SHORT]}… is of the kind {found.kind}; wanted is {' or '.join(kinds)}"
        )
    return found


def print_lines(lines: Iterable[str], *, err: bool = False) -> None:
    """Print lines, each as one line: what a record holds can neither move the cursor nor turn the direction."""
    for line in lines:
        # Splitting takes away every kind of line end; an empty line stays one.
        click.echo(shown(" ".join(line.splitlines())), err=err)
