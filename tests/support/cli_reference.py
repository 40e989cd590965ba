"""Writes docs/reference/cli.md from the commands themselves: `python tests/support/cli_reference.py`."""

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from comity.cli.main import cli

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "cli.md"
HEAD = """# Commands

This page is made from the program by `tests/support/cli_reference.py`; a test compares it. Exit codes are in
[errors](errors.md). Every command has `-h` and `--help`.
"""

Called = tuple[click.Command, ...]


def commands(command: click.Command, above: Called = ()) -> Iterator[Called]:
    """Yield every command, each with the groups that it stands in before it."""
    if above:
        yield (*above[1:], command)
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None, name
            yield from commands(found, (*above, command))


def words_of(path: Called) -> str:
    """Return the words that call a command."""
    return " ".join(str(command.name) for command in path)


def write_reference() -> str:
    """Return the text of the page."""
    return "\n".join([HEAD, *(_section(path) for path in commands(cli))])


def _section(path: Called) -> str:
    command = path[-1]
    lines = [f"## `comity {words_of(path)}`", "", _paragraphs(command.help), "", "```text", _usage(path), "```", ""]
    rows = [row for parameter in command.params if (row := _row(parameter)) is not None]
    if rows:
        lines += ["| Option | |", "|---|---|", *rows, ""]
    return "\n".join(lines)


def _usage(path: Called) -> str:
    groups = [f"{group.name} [OPTIONS]" if group.params else str(group.name) for group in path[:-1]]
    command = path[-1]
    return " ".join(["comity", *groups, str(command.name), *command.collect_usage_pieces(click.Context(command))])


def _paragraphs(text: str | None) -> str:
    assert text, "a command without a word of help"
    return "\n\n".join(" ".join(part.split()) for part in text.split("\n\n"))


def _row(parameter: click.Parameter) -> str | None:
    if not isinstance(parameter, click.Option) or parameter.hidden:
        return None
    value = "" if parameter.is_flag else f" {parameter.make_metavar(click.Context(click.Command('x')))}"
    words = [parameter.help or ""]
    if parameter.required:
        words.append("Required.")
    if parameter.multiple and "repeated" not in words[0]:
        words.append("May be repeated.")
    if parameter.show_default and parameter.default is not None:
        words.append(f"Default: `{parameter.default}`.")
    text = " ".join(word for word in words if word)
    return f"| `{_escaped(', '.join(parameter.opts) + value)}` | {_escaped(text)} |"


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(write_reference(), encoding="utf-8")
    sys.stderr.write("docs/reference/cli.md is written\n")
