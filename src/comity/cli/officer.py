"""`comity officer add`: officers who draft, and approvers with a statement pair of their own."""

from pathlib import Path

import click

from comity.cli.options import FILE, node_argument, passphrase_option, read_passphrase, say


@click.group()
def officer() -> None:
    """Add officers to a node."""


@officer.command("add")
@node_argument
@click.argument("name")
@passphrase_option("--passphrase-file", "File that holds the officer's passphrase.")
@click.option("--root-key", type=FILE, default=None, help="Makes an approver: the root designates the officer's key.")
@passphrase_option("--root-passphrase-file", "File that holds the passphrase of the root key.")
def add(
    directory: Path,
    name: str,
    passphrase_file: Path | None,
    root_key: Path | None,
    root_passphrase_file: Path | None,
) -> None:
    """Add the officer NAME to the node in DIRECTORY; with --root-key one who may approve."""
    from comity.node.inception import add_officer

    passphrase = read_passphrase(passphrase_file, f"officer {name}", confirm=True)
    root_passphrase = read_passphrase(root_passphrase_file, "the root key") if root_key is not None else ""
    keys = add_officer(directory, name, passphrase, root_file=root_key, root_passphrase=root_passphrase)
    if keys.statement is None:
        say(f"{name} may draft")
    else:
        say(f"{name} may draft and approve, with key {keys.statement.public.key_ids()[0][:8]}… once it is logged")
