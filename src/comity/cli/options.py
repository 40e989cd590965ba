"""Options and small edges that several commands share: passphrases, folders, output."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from comity.errors import MalformedError, NotFoundError

Command = TypeVar("Command", bound=Callable[..., Any])

DIRECTORY = click.Path(path_type=Path, file_okay=False)
FILE = click.Path(path_type=Path, dir_okay=False)
# What moves the cursor of a terminal or turns the direction of a line; text of others may hold it.
_HIDDEN: Final = re.compile("[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]")


def node_argument(command: Command) -> Command:
    """Take the node's folder as the first argument."""
    return click.argument("directory", type=DIRECTORY)(command)


def passphrase_option(name: str, text: str) -> Callable[[Command], Command]:
    """Take a file that holds a passphrase; without it the passphrase is asked for. Never from the environment."""
    return click.option(name, type=FILE, default=None, help=f"{text} Without it, it is asked for.")


def json_option(command: Command) -> Command:
    """Offer JSON on stdout."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)


def read_passphrase(path: Path | None, what: str, *, confirm: bool = False) -> str:
    """Return a passphrase from its file, or ask for it.

    Raises:
        NotFoundError: the file cannot be read.
        MalformedError: it is empty or no text.
    """
    if path is None:
        asked: str = click.prompt(f"Passphrase of {what}", hide_input=True, confirmation_prompt=confirm, err=True)
        return asked
    try:
        text = path.read_text(encoding="utf-8").removesuffix("\n")
    except OSError as exc:
        raise NotFoundError(f"passphrase file {path} cannot be read") from exc
    except UnicodeDecodeError as exc:
        raise MalformedError(f"passphrase file {path} is no UTF-8 text") from exc
    if not text:
        raise MalformedError(f"passphrase file {path} is empty")
    return text


def read_file(path: Path, max_bytes: int = 16 * 1024 * 1024) -> bytes:
    """Return a file's bytes.

    Raises:
        NotFoundError: it cannot be read.
        MalformedError: it is larger than anything of its kind.
    """
    try:
        with path.open("rb") as source:
            data = source.read(max_bytes + 1)
    except OSError as exc:
        raise NotFoundError(f"{path} cannot be read: {exc.strerror}") from exc
    if len(data) > max_bytes:
        raise MalformedError(f"{path} has more than {max_bytes} bytes")
    return data


def write_new(path: Path, data: bytes) -> None:
    """Write a file that must not be there.

    Raises:
        ConflictError: it is there.
    """
    from comity.errors import ConflictError

    try:
        with path.open("xb") as target:
            target.write(data)
    except FileExistsError as exc:
        raise ConflictError(f"{path} is there already; nothing was written") from exc
    except OSError as exc:
        raise NotFoundError(f"{path} cannot be written: {exc.strerror}") from exc


@contextmanager
def whole_file(output: Path, *, replace: bool = False) -> Iterator[Path]:
    """Give a new file beside `output` to write to; it gets that name when the block is done, and goes if it fails.

    What is there already stays as it is, unless it is to be replaced.

    Raises:
        ConflictError: the file, or the one beside it, is there already and is not to be replaced.
        NotFoundError: there is no such folder, or nothing can be written in it.
    """
    from comity.errors import ConflictError

    if not replace and output.exists():
        raise ConflictError(f"{output} is there already; nothing was written")
    if not output.absolute().parent.is_dir():
        raise NotFoundError(f"{output} cannot be written: there is no folder {output.parent}")
    part = output.with_name(output.name + ".part")
    if replace:
        # A run that was cut off may have left its own, and would keep every later one from replacing anything.
        part.unlink(missing_ok=True)
    write_new(part, b"")
    try:
        yield part
        try:
            part.replace(output)
        except OSError as exc:
            raise NotFoundError(f"{output} cannot be written: {exc.strerror}") from exc
    finally:
        part.unlink(missing_ok=True)


def print_json(value: Any) -> None:
    """Print JSON for programs and people; what a terminal would obey is written as JSON escapes it."""
    text = json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True)
    click.echo(_HIDDEN.sub(lambda match: f"\\u{ord(match[0]):04x}", text))


def shown(text: str) -> str:
    """Return a text in which nothing moves the cursor or turns the direction; line ends stay."""
    return _HIDDEN.sub("\ufffd", text)


def say(text: str) -> None:
    """Say something to the person, on stderr; what others wrote in it can do nothing to the terminal."""
    click.echo(shown(text), err=True)
