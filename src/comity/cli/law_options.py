"""What the commands about law share: the day, the participant by code or name, and the tables with a law folder."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from comity.cli.options import DIRECTORY, say
from comity.errors import MalformedError, NotFoundError

if TYPE_CHECKING:
    from comity.law.folder import LawFolder
    from comity.law.register import Register

Command = TypeVar("Command", bound=Callable[..., Any])


def on_option(command: Command) -> Command:
    """Take the day of the question."""
    return click.option("--on", "day", default=None, help="Date, YYYY-MM-DD; today by default.")(command)


def folder_option(command: Command) -> Command:
    """Take the law folder, for a group of commands."""
    text = "Law folder with your own instruments, lists and texts. Without it, the one in your data directory, if any."
    return click.option("--folder", type=DIRECTORY, default=None, help=text)(command)


def day_of(text: str | None) -> date:
    """Return a day as it was typed, or today.

    Raises:
        MalformedError: it is no day.
    """
    if text is None:
        return datetime.now(UTC).date()
    try:
        found = date.fromisoformat(text)
    except ValueError as exc:
        raise MalformedError(f"{text!r} is not a date of the form YYYY-MM-DD") from exc
    if found.isoformat() != text:
        raise MalformedError(f"{text!r} is not a date of the form YYYY-MM-DD")
    return found


def code_of(text: str) -> str:
    """Return the code of a participant that is named by code or by name.

    Raises:
        NotFoundError: nobody has the code or name; the message names the nearest.
    """
    from comity.parties.names import participant_named
    from comity.parties.participants import participant

    if len(text) == 3:  # noqa: PLR2004 - the length of a code
        return participant(text.upper()).code
    return participant_named(text).code


@contextmanager
def reading(file: Path) -> Iterator[None]:
    """Name the file in what is said of its content.

    Raises:
        MalformedError: its content is refused; also the classes below that one.
    """
    try:
        yield
    except MalformedError as exc:
        raise type(exc)(f"{file}: {exc.message}") from exc


def law_folder(folder: Path | None) -> "LawFolder":
    """Return the law folder that was named, or that of the user's data directory, which need not be there."""
    from comity.law.folder import LawFolder

    return LawFolder(folder if folder is not None else _default())


def tables(folder: Path | None) -> "Register":
    """Return the tables: the installed ones, and those of the law folder where there is one.

    Raises:
        NotFoundError: the folder that was named is not there.
        StoreError: a table cannot be read.
        MalformedError: a table does not follow its format.
    """
    from comity.law.register import load_register

    found = law_folder(folder)
    if folder is None and not found.path.is_dir():
        return load_register()
    register = found.register()
    say(f"with the law folder {found.path}")
    return register


def instrument_of(register: "Register", text: str) -> str:
    """Return the key of an instrument, which may be typed with hyphens.

    Raises:
        NotFoundError: it is not loaded.
    """
    return register.instrument(text.lower().replace("-", "_")).key


def word_of(text: str | None) -> str | None:
    """Return a code of the tables, which may be typed with hyphens."""
    return None if text is None else text.lower().replace("-", "_")


def _default() -> Path:
    data = os.environ.get("XDG_DATA_HOME", "")
    try:
        return (Path(data) if data else Path.home() / ".local" / "share") / "comity" / "law"
    except RuntimeError as exc:
        raise NotFoundError("there is no home directory for a law folder; name one with --folder") from exc
