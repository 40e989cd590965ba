"""`comity conduct follow`: the logs of recognised authorities into the observatory's ledger."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from comity.cli.conduct_options import SHORT, followed_logs, ledger_of, observatory, print_lines, print_notes
from comity.cli.law_options import day_of
from comity.cli.options import DIRECTORY, json_option, print_json, read_file, say, write_new
from comity.errors import Error, MalformedError, NotFoundError, StoreError, UnavailableError

if TYPE_CHECKING:
    from comity.conduct.following import FollowedLogs
    from comity.conduct.ledger import Ledger
    from comity.conduct.receiving import Received
    from comity.exchange.view import Held
    from comity.log.reader import Fetch
    from comity.node.transport import Transport

# A log that answers slowly, or has no end, holds up the others no longer than this.
_PULL_SECONDS = 900
_LOCK = "logs.lock"


@click.command("follow")
@click.argument("authorities", nargs=-1, metavar="[AUTHORITY]...")
@click.option("--log-files", type=DIRECTORY, default=None, help="Read the log of the one AUTHORITY from this folder.")
@click.option("--evidence", type=DIRECTORY, default=None, help="Write evidence of misbehaviour into this folder.")
@click.option("--on", "day", default=None, help="Day of entry, YYYY-MM-DD; today by default.")
@json_option
@click.pass_obj
def follow(
    folder: Path | None,
    authorities: tuple[str, ...],
    log_files: Path | None,
    evidence: Path | None,
    day: str | None,
    *,
    as_json: bool,
) -> None:
    """Follow the logs of the authorities in the observatory's trust folder, and enter what they say in the ledger.

    The trust folder is `trust` in the observatory's folder; `comity trust add` puts a card into it. Without AUTHORITY
    all are followed. A statement counts under the key that its authority had designated at its place in the log; what
    cannot be taken is told on stderr. A log is read for a quarter of an hour at most; the next run goes on where this
    one ended. An exercise follows logs on this machine, too.
    """
    from comity.conduct.kept import keep
    from comity.store.lock import ProcessLock

    on = day_of(day)
    with (
        ledger_of(folder) as ledger,
        ProcessLock(observatory(folder) / _LOCK),
        followed_logs(folder, exercise=ledger.exercise) as logs,
    ):
        wanted = tuple(dict.fromkeys(authorities)) or tuple(logs.trust)
        if log_files is not None and len(wanted) != 1:
            raise MalformedError("--log-files is the log of one authority; name it")
        told, problems = _pull(logs, wanted, log_files, inward=ledger.exercise)
        pieces = [(name, piece) for name in wanted for piece in logs.evidence(name)]
        written = _write_evidence(pieces, evidence)
        received = _received(logs, ledger, on)
        added = ledger.add(received.records)
        # As after an import, whoever asks next waits for nothing.
        keep(ledger)
    notes = list(received.notes)
    print_lines((f"{authority}: {problem}" for authority, problem in problems.items()), err=True)
    print_notes(notes)
    if pieces:
        say(f"{len(pieces)} pieces of evidence of misbehaviour are kept; --evidence FOLDER writes them")
    if as_json:
        print_json(
            {
                "followed": told,
                "problems": problems,
                "new": added.new,
                "known": added.known,
                "notes": notes,
                "evidence": [str(path) for path in written],
            }
        )
    else:
        for each in told:
            click.echo(f"{each['authority']}: {each['size']} entries")
        click.echo(f"ledger: {added.new} new records, {added.known} held already")
        for path in written:
            click.echo(str(path))
    if problems and not told:
        raise UnavailableError("no log could be followed; what was held before is kept")


def _pull(
    logs: "FollowedLogs", wanted: tuple[str, ...], log_files: Path | None, *, inward: bool
) -> tuple[list[dict[str, object]], dict[str, str]]:
    """Pull the wanted logs; return what is held of each, and what went wrong by authority."""
    import time
    from contextlib import closing

    from comity.node.transport import Transport

    told: list[dict[str, object]] = []
    problems: dict[str, str] = {}
    with closing(Transport(loopback=inward)) as transport:
        for authority in wanted:
            fetch = _from_files(log_files) if log_files else _over_http(transport, logs, authority)
            try:
                head = logs.pull(authority, _in_time(fetch), now=int(time.time()))
            except StoreError:
                raise
            except Error as exc:
                problems[authority] = exc.message
            else:
                told.append({"authority": authority, "size": head.checkpoint.size})
    return told, problems


def _over_http(transport: "Transport", logs: "FollowedLogs", authority: str) -> "Fetch":
    url = logs.recognition(authority).url
    return lambda path: transport.get(f"{url}/log/{path}")


def _from_files(folder: Path) -> "Fetch":
    from comity.node.transport import MAX_ANSWER_BYTES
    from comity.store.files import Folder

    files = Folder(folder)

    def fetch(name: str) -> bytes:
        path = files.path(name)
        # A pipe or device among files that somebody handed over would have no end.
        if not path.is_file():
            raise NotFoundError(f"{path} is no file")
        return read_file(path, MAX_ANSWER_BYTES)

    return fetch


def _in_time(fetch: "Fetch") -> "Fetch":
    """Return a way to fetch that ends some time after now."""
    import time

    until = time.monotonic() + _PULL_SECONDS

    def fetch_in_time(path: str) -> bytes:
        if time.monotonic() > until:
            raise UnavailableError(
                f"its log was read for {_PULL_SECONDS // 60} minutes and not to its end; what was read is kept, "
                "and the next run goes on there"
            )
        return fetch(path)

    return fetch_in_time


def _received(logs: "FollowedLogs", ledger: "Ledger", on: date) -> "Received":
    """Return the records that all held statements make, with notes on those that make none."""
    from comity.conduct.following import held_of
    from comity.conduct.receiving import Received, receive

    held: list[Held] = []
    notes: list[str] = []
    for read in logs.statements():
        held += map(held_of, read.statements)
        notes += read.notes
    found = receive(held, exercise=ledger.exercise, on=on, held_kind=ledger.kind_of)
    return Received(records=found.records, notes=(*notes, *found.notes))


def _write_evidence(pieces: list[tuple[str, bytes]], folder: Path | None) -> list[Path]:
    """Write each piece of evidence under its authority's name and its digest, once; return where."""
    import hashlib

    if folder is None:
        return []
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for authority, piece in pieces:
        path = folder / f"{authority}-{hashlib.sha256(piece).hexdigest()[:SHORT]}.json"
        if not path.exists():
            write_new(path, piece)
        written.append(path)
    return written
