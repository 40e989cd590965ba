"""`comity backup`, `comity restore`: a node in one folder, and back."""

from collections.abc import Callable
from pathlib import Path

import click

from comity.cli.options import DIRECTORY, json_option, node_argument, print_json, say


@click.command()
@node_argument
@click.argument("target", type=DIRECTORY)
@json_option
def backup(directory: Path, target: Path, *, as_json: bool) -> None:
    """Copy the node in DIRECTORY into the folder TARGET, which must be absent or empty, while the node runs.

    TARGET then holds every opening in the clear and the encrypted keys: protect it as the node itself. The root key is
    no part of it.
    """
    from comity.node.backup import back_up
    from comity.node.context import utc_now

    made = back_up(directory, target, now=utc_now(), progress=_progress("copied"))
    if as_json:
        print_json(
            {"authority": made.authority, "bytes": made.size, "files": len(made.files), "log_size": made.log_size}
        )
        return
    click.echo(f"{made.authority}: {len(made.files)} files, {made.size} bytes, log of size {made.log_size}, {target}")


@click.command()
@click.argument("backup", type=DIRECTORY)
@node_argument
@click.option("--check", is_flag=True, help="Only verify the backup; DIRECTORY is not touched.")
@json_option
def restore(backup: Path, directory: Path, *, check: bool, as_json: bool) -> None:
    """Put BACKUP in place as the node in DIRECTORY, which must be absent or empty.

    The node is marked as restored: it signs and cosigns nothing until 'comity log refetch DIRECTORY' has asked others
    what it forgot.
    """
    from comity.node.backup import restore as put_back
    from comity.node.backup import verify_backup
    from comity.node.context import utc_now

    if check:
        found = verify_backup(backup, progress=_progress("verified"))
    else:
        found = put_back(backup, directory, now=utc_now(), progress=_progress("done"))
        say(f"next: see that the lost node never runs again, then 'comity log refetch {directory}'")
    if as_json:
        print_json(
            {"authority": found.authority, "files": len(found.files), "log_size": found.log_size, "made": found.made}
        )
        return
    where = f"{backup} is whole" if check else f"restored in {directory}"
    click.echo(f"{found.authority}: {where}, made {found.made}, log of size {found.log_size}")


def _progress(word: str) -> Callable[[int, int], None]:
    """Tell on stderr how far a long copy is, once every thousand files."""
    told = 0

    def tell(done: int, known: int) -> None:
        nonlocal told
        if done >= told + 1000:
            told = done
            say(f"{done} of {known} files {word}")

    return tell
