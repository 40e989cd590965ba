"""`comity log check`: recompute everything of a log from its files."""

from pathlib import Path

import click

from comity.cli.options import DIRECTORY, json_option, print_json


@click.group()
def log() -> None:
    """Check logs."""


@log.command("check")
@click.argument("folder", type=DIRECTORY)
@click.option(
    "--trust", type=DIRECTORY, required=True, help="Trust folder with the log's authority, for keys and policy."
)
@click.option("--authority", required=True, help="Whose log it is.")
@json_option
def check(folder: Path, trust: Path, authority: str, *, as_json: bool) -> None:
    """Recompute the log in FOLDER: every tile, bundle, root, signature and cosignature."""
    from comity.errors import PolicyError
    from comity.log.check import check_log
    from comity.parties.trust_folder import load_trust
    from comity.store.files import Folder

    recognition = load_trust(trust).get(authority)
    if recognition is None:
        raise PolicyError(f"{authority} is not in the trust folder {trust}")
    report = check_log(Folder(folder).read, recognition.policy)
    checkpoint = report.checkpoint
    if as_json:
        print_json({"origin": checkpoint.origin, "size": checkpoint.size, "envelopes": report.envelopes})
        return
    click.echo(f"{checkpoint.origin}: {checkpoint.size} entries; every tile, bundle, root and cosignature holds")
