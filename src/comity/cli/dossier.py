"""`comity dossier export`: one file with a case, for a court, the defence or an archive."""

from pathlib import Path

import click

from comity.cli.options import DIRECTORY, FILE, passphrase_option, read_passphrase, say, whole_file


@click.group()
def dossier() -> None:
    """Make dossiers."""


@dossier.command("export")
@click.option("--node", type=DIRECTORY, required=True, help="The node's folder; the node must run.")
@click.option("--officer", required=True, help="Who makes it.")
@passphrase_option("--passphrase-file", "File that holds the officer's passphrase.")
@click.option("--case", required=True, help="Beginning of the case's id.")
@click.option("--profile", type=click.Choice(["full", "court", "defence"]), default="full", show_default=True)
@click.option("--logged-only", is_flag=True, help="Leave out statements that their issuer has not logged.")
@click.option("-o", "--output", type=FILE, required=True, help="The file to write; it must not be there.")
def export(
    node: Path,
    officer: str,
    passphrase_file: Path | None,
    case: str,
    profile: str,
    output: Path,
    *,
    logged_only: bool,
) -> None:
    """Write the dossier of a case to one file, which `comity verify` checks offline."""
    from comity.node.desk_client import desk_session

    with whole_file(output) as part:
        passphrase = read_passphrase(passphrase_file, f"officer {officer}")
        with desk_session(node, officer, passphrase) as client, part.open("wb") as target:
            wanted = {"profile": profile, "logged_only": "yes" if logged_only else "no"}
            client.download("cases", case, "dossier", target=target, **wanted)
    say(f"{output}: {output.stat().st_size} bytes; check it with 'comity verify {output} --trust DIR'")
