"""Writes docs/reference/cli.md from the commands themselves: `python tests/support/cli_reference.py`."""

import sys
from collections.abc import Iterator

import click

if __name__ == "__main__":
    from paths import ROOT
else:
    from support.paths import ROOT

PAGE = ROOT / "docs" / "reference" / "cli.md"
HEAD = """# Commands

This page is made from the program by `tests/support/cli_reference.py`; a test compares it. Exit codes are in
[errors](errors.md). Every command has `-h` and `--help`.
"""


def commands(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Yield every command with the words that call it."""
    if path:
        yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None, name
            yield from commands(found, (*path, name))


def write_reference() -> str:
    """Return the text of the page."""
    from comity.cli.main import cli

    return "\n".join([HEAD, *(_section(path, command) for path, command in commands(cli))])


def _section(path: tuple[str, ...], command: click.Command) -> str:
    usage = " ".join(["comity", *path, *command.collect_usage_pieces(click.Context(command))])
    lines = [f"## `comity {' '.join(path)}`", "", _paragraphs(command.help), "", "```text", usage, "```", ""]
    rows = [row for parameter in command.params if (row := _row(parameter)) is not None]
    if rows:
        lines += ["| Option | |", "|---|---|", *rows, ""]
    return "\n".join(lines)


def _paragraphs(text: str | None) -> str:
    assert text, "a command without a word of help"
    return "\n\n".join(" ".join(part.split()) for part in text.split("\n\n")).replace("<", "\\<")


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
    sys.stderr.write(f"{PAGE} is written\n")
