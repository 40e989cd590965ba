"""`comity doctor`: whether a node is well, one line a check."""

import sys
from pathlib import Path

import click

from comity.cli.options import FILE, json_option, node_argument, print_json, read_passphrase


@click.command()
@node_argument
@click.option("--passphrase-file", type=FILE, default=None, help="Try the service keys with it; else they stay shut.")
@json_option
def doctor(directory: Path, passphrase_file: Path | None, *, as_json: bool) -> None:
    """Check the node in DIRECTORY: folder, disk, keys, database, log, clock, ports. Nothing is changed.

    Exit code 0: no check fails, though some may warn. 1: one fails, and its line says what to do.
    """
    from comity.node.context import utc_now
    from comity.node.doctor import Level, examine

    passphrase = None if passphrase_file is None else read_passphrase(passphrase_file, "the service keys")
    findings = examine(directory, now=utc_now(), passphrase=passphrase)
    if as_json:
        print_json([{"check": item.check, "level": item.level, "text": item.text} for item in findings])
    else:
        for item in findings:
            click.echo(f"{item.level:<4}  {item.check}: {item.text}")
    if any(item.level is Level.FAIL for item in findings):
        sys.exit(1)
