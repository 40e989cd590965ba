"""The command `comity`: finds a subcommand's module when it is asked for, and turns errors into exit codes.

Data goes to stdout, narration to stderr. Exit codes come from `comity.errors` alone; usage errors are 2.
"""

import importlib
import sys
from typing import Any, Final

import click

from comity import __version__
from comity.cli.options import say
from comity.errors import Error, StoreError

# Command: module, attribute, one line. Modules are imported only when their command is used.
COMMANDS: Final = {
    "backup": ("comity.cli.backup", "backup", "Copy a node into one folder, while it runs."),
    "card": ("comity.cli.node", "card", "Print a node's card for others to recognise it by."),
    "conduct": (
        "comity.cli.conduct",
        "conduct",
        "Keep a ledger of claims about operations, with replies and commitments; it ranks nobody.",
    ),
    "demo": ("comity.cli.demo", "demo", "Run the exercise 'three messages in one night' on this machine."),
    "desk": ("comity.cli.desk", "desk", "Work at a running node as an officer."),
    "doctor": ("comity.cli.doctor", "doctor", "Check a node's folder, keys, database, clock and ports."),
    "dossier": ("comity.cli.dossier", "dossier", "Make a dossier of a case."),
    "init": ("comity.cli.node", "init", "Make a node."),
    "keys": ("comity.cli.keys", "keys", "Show, refresh, rotate and revoke keys."),
    "law": ("comity.cli.law", "law", "Ask which instrument can carry a request, and what no treaty covers."),
    "log": ("comity.cli.log", "log", "Check a log from its files; refetch what a restored one lacks."),
    "officer": ("comity.cli.officer", "officer", "Add officers to a node."),
    "restore": (
        "comity.cli.backup",
        "restore",
        "Put a backup in place; the node signs nothing until it has refetched.",
    ),
    "serve": ("comity.cli.serve", "serve", "Run a node."),
    "treaty": ("comity.cli.treaty", "treaty", "Ask who is bound by which instrument; load newer lists."),
    "trust": ("comity.cli.trust", "trust", "Keep the trust folder: whose root key is whose."),
    "verify": ("comity.cli.verify", "verify", "Check a dossier or evidence of misbehaviour, offline."),
    "witnesses": ("comity.cli.node", "witnesses", "Name the witnesses of a node's log."),
}


class LateGroup(click.Group):
    """A group whose commands are imported when they are used."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's own signature
        """Return the names of every command."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command's module and return the command."""
        if cmd_name not in COMMANDS:
            return None
        module, attribute, _ = COMMANDS[cmd_name]
        # Help and the list of commands need no more than the line above.
        if ctx.resilient_parsing:
            return None
        found: click.Command = getattr(importlib.import_module(module), attribute)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's own
        """Write the list of commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][2]) for name in sorted(COMMANDS)])


@click.group(cls=LateGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="comity")
def cli() -> None:
    """Electronic evidence between authorities that do not trust each other.

    Begin with `comity demo`.
    """


def main() -> None:
    """Run the command line and leave with the exit code of the error, if there is one."""
    try:
        result: Any = cli(standalone_mode=False)
    except Error as exc:
        say(f"comity: {exc.message}")
        sys.exit(exc.exit_code)
    except click.ClickException as exc:
        exc.show()
        sys.exit(exc.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("comity: stopped", err=True)
        sys.exit(130)
    except BrokenPipeError:
        # The reader of our output has gone, as `| head` does; that is no error.
        sys.stderr.close()
        sys.exit(0)
    except OSError as exc:
        # What a command reads or keeps is translated where it happens; what is left is mostly the output itself.
        what = f"{exc.filename} cannot be used" if exc.filename else "the output cannot be written"
        say(f"comity: {what}: {exc.strerror or exc}")
        sys.stderr.close()
        sys.exit(StoreError.exit_code)
    sys.exit(result if isinstance(result, int) else 0)
