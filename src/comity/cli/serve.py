"""`comity serve`: run a node until it is told to stop."""

from pathlib import Path

import click

from comity.cli.options import node_argument, passphrase_option, read_passphrase, say


@click.command()
@node_argument
@passphrase_option("--passphrase-file", "File that holds the passphrase of the service keys.")
@click.option("--credential", default=None, help="Name of a service credential that holds the passphrase (systemd).")
def serve(directory: Path, passphrase_file: Path | None, credential: str | None) -> None:
    """Run the node in DIRECTORY: log, witness, deliveries and the desk, in one process."""
    import asyncio
    import logging
    from contextlib import ExitStack

    from comity.node.listeners import serve as run
    from comity.node.service import load_service

    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("httpx2").setLevel(logging.WARNING)
    passphrase = read_passphrase(_credential(credential) or passphrase_file, "the service keys")
    with ExitStack() as stack:
        service = load_service(directory, passphrase, stack)
        asyncio.run(run(service, ready=say))


def _credential(name: str | None) -> Path | None:
    """Return where a service manager has put a credential; the environment names the folder, never the secret."""
    import os

    from comity.errors import NotFoundError

    if name is None:
        return None
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    if folder is None or "/" in name:
        raise NotFoundError(f"no service credential {name!r}: start comity from a unit with LoadCredential=")
    return Path(folder) / name
