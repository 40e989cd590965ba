"""`comity log`: check a log from its files; bring a restored node's log up to date."""

from pathlib import Path

import click

from comity.cli.options import DIRECTORY, json_option, node_argument, print_json, say


@click.group()
def log() -> None:
    """Check a log; bring a restored one up to date."""


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


@log.command("refetch")
@node_argument
@click.option(
    "--log-files", type=DIRECTORY, default=None, help="A 'log' folder of this node that survived; asked first."
)
@json_option
def refetch(directory: Path, log_files: Path | None, *, as_json: bool) -> None:
    """Bring the stopped, restored node in DIRECTORY up to what others hold of it, so that it may sign again."""
    import time
    from contextlib import closing
    from urllib.parse import urlsplit

    from comity.node.refetch import refetch_node
    from comity.node.settings import is_loopback, load_settings
    from comity.node.transport import Transport

    own_host = str(urlsplit(load_settings(directory).public_url).hostname)
    with closing(Transport(loopback=is_loopback(own_host))) as transport:
        report = refetch_node(directory, transport.get, now=int(time.time()), log_files=log_files)
    done = report.refetched
    for source, problem in sorted(report.problems.items()):
        say(f"{source}: {problem}")
    if as_json:
        print_json(
            {
                "authority": report.authority,
                "entries": 0 if done is None else done.end - done.start,
                "known": 0 if done is None else done.known,
                "public_found": [] if done is None else list(done.public_found),
                "public_lost": [] if done is None else list(done.public_lost),
                "size": report.size,
                "source": report.source,
                "unheard": list(report.unheard),
                "witnessed": report.witnessed,
            }
        )
        return
    if done is None:
        click.echo(f"{report.authority}: nobody holds a newer head than size {report.size}; the log may go on")
    else:
        click.echo(
            f"{report.authority}: entries {done.start} to {done.end} came from {report.source}; {done.known} of them "
            f"had waited in the backup, {len(done.public_found)} are public statements that were found again"
        )
        lost = done.end - done.start - done.known - len(done.public_found)
        click.echo(
            f"{lost} are commitments without a statement here: cover entries, and whatever was said after the backup"
        )
    for position in () if done is None else done.public_lost:
        say(f"the public statement at entry {position} was not found; a keys statement must not get its number again")
    for origin, size in sorted(report.witnessed.items()):
        click.echo(f"as a witness: {origin} is now known up to size {size}")
    for authority in report.unheard:
        say(f"nobody told of the log of {authority}; cosigning it goes on from what the backup knew")
