"""`comity keys`: full keys statements, signed by the root: every seven days, and at every change."""

from pathlib import Path

import click

from comity.cli.options import FILE, json_option, node_argument, passphrase_option, print_json, read_passphrase, say


@click.group()
def keys() -> None:
    """Issue and show keys statements."""


def _issue(directory: Path, root_key: Path, root_passphrase_file: Path | None, revoked: str | None) -> None:
    from comity.node.context import utc_now
    from comity.node.inception import reissue_keys
    from comity.node.keyring import open_root

    root = open_root(root_key, read_passphrase(root_passphrase_file, "the root key"))
    issued = reissue_keys(directory, root, revoke=revoked, now=utc_now())
    say(f"keys statement {issued.number} waits for its place in the log; it counts from there on")


@keys.command("refresh")
@node_argument
@click.option("--root-key", type=FILE, required=True, help="File of the root key.")
@passphrase_option("--root-passphrase-file", "File that holds the passphrase of the root key.")
def refresh(directory: Path, root_key: Path, root_passphrase_file: Path | None) -> None:
    """Issue an unchanged full keys statement; due every seven days."""
    _issue(directory, root_key, root_passphrase_file, None)


@keys.command("revoke")
@node_argument
@click.argument("key")
@click.option("--root-key", type=FILE, required=True, help="File of the root key.")
@passphrase_option("--root-passphrase-file", "File that holds the passphrase of the root key.")
def revoke(directory: Path, key: str, root_key: Path, root_passphrase_file: Path | None) -> None:
    """Issue a keys statement without the statement or service pair whose key id begins with KEY."""
    _issue(directory, root_key, root_passphrase_file, key)


@keys.command("rotate")
@node_argument
@click.option("--root-key", type=FILE, required=True, help="File of the root key.")
@passphrase_option("--root-passphrase-file", "File that holds the passphrase of the root key.")
@passphrase_option("--passphrase-file", "File that holds the passphrase of the service keys.")
def rotate(directory: Path, root_key: Path, root_passphrase_file: Path | None, passphrase_file: Path | None) -> None:
    """Rotate the service pair and the delivery identity of the node in DIRECTORY, which must not run.

    An approver's pair is rotated by adding the officer under another name and revoking the old key.
    """
    from comity.node.context import utc_now
    from comity.node.inception import rotate_service_keys
    from comity.node.keyring import open_root

    root = open_root(root_key, read_passphrase(root_passphrase_file, "the root key"))
    passphrase = read_passphrase(passphrase_file, "the service keys")
    issued = rotate_service_keys(directory, root, passphrase, now=utc_now())
    say(f"keys statement {issued.number} waits for its place; start the node, then revoke the old service key")


@keys.command("show")
@node_argument
@json_option
def show(directory: Path, *, as_json: bool) -> None:
    """Show the newest keys statement of the node in DIRECTORY."""
    from comity.node.context import open_stores
    from comity.node.inception import current_designation

    settings, database, _, _ = open_stores(directory)
    try:
        designation = current_designation(database, settings.authority)
    finally:
        database.close()
    if as_json:
        print_json(designation.body())
        return
    click.echo(f"{designation.authority}, keys statement {designation.number}: {designation.title}")
    for pair in designation.pairs:
        click.echo(f"  {pair.role:<10} {pair.key_ids()[0][:16]}…  {pair.fingerprint()}")
