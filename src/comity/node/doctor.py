"""Looks at a node's folder, keys, database, log, clock and ports, and says of each whether it is well and what to do.

It changes nothing, unlocks the service keys only if it is given their passphrase, and runs beside a serving node.
"""

import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Final

from pysqlite3 import dbapi2 as sqlite

from comity.errors import ConflictError, Error, NotFoundError
from comity.kernel.canonical import parse_time
from comity.kernel.policy import quorum_count
from comity.kernel.trust import KEYS_INTERVAL_SECONDS, KEYS_KIND
from comity.log.cosigning import witness_peers
from comity.log.reader import CHECKPOINT_PATH, LogReader
from comity.log.sequencer import CLOCK_TOLERANCE_SECONDS
from comity.log.state import read_head, read_published, read_state, root_of_size
from comity.node.backup import is_restored
from comity.node.context import DATABASE, LOCK, LOG, POLICY, SERVICE_KEYS, TRUST, read_policy
from comity.node.exhibits import INCOMING
from comity.node.inception import load_card
from comity.node.keyring import open_service
from comity.node.settings import Settings, load_settings
from comity.parties.trust_folder import load_trust
from comity.store.files import Folder
from comity.store.lock import ProcessLock
from comity.store.sqlite import SqliteDatabase, has_sound_wal

# Below the first an operator should act, below the second a checkpoint may find no room.
LOW_DISK_BYTES: Final = 2 * 1024**3
NO_DISK_BYTES: Final = 200 * 1024**2
KEYS_DUE: Final = timedelta(seconds=KEYS_INTERVAL_SECONDS)
_OTHERS: Final = 0o077


class Level(StrEnum):
    """How a finding is meant."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one check came to; `text` says what to do where there is something."""

    check: str
    level: Level
    text: str


Found = Iterator[tuple[Level, str]]


def examine(directory: Path, *, now: datetime, passphrase: str | None = None) -> list[Finding]:
    """Return the findings about the node in `directory`, one or more a check, in a fixed order.

    Raises:
        NotFoundError: there is no node in that folder.
    """
    if not directory.is_dir():
        raise NotFoundError(f"there is no folder {directory}")
    findings: list[Finding] = []

    def run(check: str, found: Callable[[], Found]) -> None:
        try:
            findings.extend(Finding(check=check, level=level, text=text) for level, text in found())
        except (Error, OSError) as exc:
            findings.append(Finding(check=check, level=Level.FAIL, text=str(exc)))

    run("sqlite", _sqlite)
    run("settings", lambda: _settings(directory))
    run("folder", lambda: _folder(directory))
    run("disk", lambda: _disk(directory))
    run("process", lambda: _process(directory))
    run("keys", lambda: _keys(directory, passphrase))
    run("trust", lambda: _trust(directory))
    run("policy", lambda: _policy(directory))
    if not (directory / DATABASE).is_file():
        # To open it would make an empty one.
        text = f"{DATABASE} is missing: restore the node from a backup (docs/howto/restore.md)"
        findings.append(Finding(check="database", level=Level.FAIL, text=text))
        return findings
    with ExitStack() as stack:
        try:
            database = SqliteDatabase(directory / DATABASE)
        except Error as exc:
            findings.append(Finding(check="database", level=Level.FAIL, text=exc.message))
            return findings
        stack.callback(database.close)
        run("database", lambda: _database(database))
        run("log", lambda: _log(directory, database))
        run("clock", lambda: _clock(database, now))
        run("keys statement", lambda: _keys_statement(directory, database, now))
        run("duties", lambda: _duties(database))
    run("leftovers", lambda: _leftovers(directory))
    return findings


def _sqlite() -> Found:
    if has_sound_wal(sqlite.sqlite_version_info):
        yield Level.OK, f"SQLite {sqlite.sqlite_version}, write-ahead log on"
    else:
        risk = "may lose writes in its write-ahead log, which stays off: commits are slower; install a newer pysqlite3"
        yield Level.WARN, f"SQLite {sqlite.sqlite_version} {risk}"


def _settings(directory: Path) -> Found:
    settings = load_settings(directory)
    kind = "exercise" if settings.exercise else "live"
    yield Level.OK, f"{settings.authority}, {kind}, a checkpoint every {settings.checkpoint_seconds:g} s"


def _folder(directory: Path) -> Found:
    private = [directory, directory / "keys", directory / "officers", directory / DATABASE, directory / SERVICE_KEYS]
    open_to_others = [path for path in private if path.exists() and path.stat().st_mode & _OTHERS]
    # What lies within a closed folder is closed as well.
    if directory in open_to_others:
        names = ", ".join(path.name for path in open_to_others)
        yield Level.FAIL, f"others on this machine may enter {directory} ({names}): chmod 700 {directory}"
    else:
        yield Level.OK, "closed to other users of this machine"


def _disk(directory: Path) -> Found:
    free = shutil.disk_usage(directory).free
    level = Level.FAIL if free < NO_DISK_BYTES else Level.WARN if free < LOW_DISK_BYTES else Level.OK
    advice = "" if level is Level.OK else ": make room, or move the node to a larger disk"
    yield level, f"{free / 1024**3:.1f} GiB free{advice}"


def is_running(directory: Path) -> bool:
    """Whether a process serves the node, or repairs it."""
    if not (directory / LOCK).exists():
        return False
    try:
        ProcessLock(directory / LOCK).close()
    except ConflictError:
        return True
    return False


def _process(directory: Path) -> Found:
    settings = load_settings(directory)
    running = is_running(directory)
    if is_restored(directory):
        yield (
            Level.FAIL,
            f"restored from a backup and quarantined: stop the node, then 'comity log refetch {directory}'",
        )
    for name, host, port in _ports(settings):
        taken = _is_taken(host, port)
        if running and not taken:
            yield Level.FAIL, f"the node runs, but nothing answers on its {name} port {port}: look at its output"
        elif taken and not running:
            yield Level.FAIL, f"{name} port {port} is taken by another program: end that, or change {name}_port"
        else:
            yield Level.OK, f"{name} port {port} {'answers' if running else 'is free; the node does not run'}"


def _ports(settings: Settings) -> Iterator[tuple[str, str, int]]:
    yield "public", settings.public_host, settings.public_port
    yield "desk", "127.0.0.1", settings.desk_port


def _is_taken(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # As the listener itself does: an address in TIME_WAIT is no obstacle.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return True
    return False


def _keys(directory: Path, passphrase: str | None) -> Found:
    card = load_card(directory)
    if not (directory / SERVICE_KEYS).is_file():
        yield Level.FAIL, f"{SERVICE_KEYS} is missing: restore the node from a backup"
        return
    officers = len(list((directory / "officers").glob("*.age")))
    if passphrase is None:
        yield Level.OK, "service keys are there, not unlocked (give --passphrase-file to try them)"
    elif open_service(directory / SERVICE_KEYS, passphrase).log.public == card.log:
        yield Level.OK, "service keys unlock and are those of the card"
    else:
        yield Level.FAIL, "the service keys sign for another log than card.json says: one of the two is of another node"
    if officers:
        yield Level.OK, f"{officers} officers"
    else:
        yield Level.WARN, "no officer can work at this node: add one with 'comity officer add'"


def _trust(directory: Path) -> Found:
    own = load_settings(directory).authority
    others = [name for name in load_trust(directory / TRUST) if name != own]
    if others:
        yield Level.OK, f"{len(others)} authorities are recognised"
    else:
        yield Level.WARN, "no authority is recognised: nobody can be asked, followed or witnessed ('comity trust add')"


def _policy(directory: Path) -> Found:
    path = directory / POLICY
    if not path.exists():
        yield Level.WARN, "the log has no witnesses, so the node does not start: name them with 'comity witnesses'"
        return
    policy = read_policy(directory)
    names, quorum = {peer.name for peer in witness_peers(policy)}, quorum_count(policy)
    if quorum == len(names):
        yield Level.WARN, f"every one of {quorum} witnesses must cosign: one that is down stops publication"
    else:
        yield Level.OK, f"{quorum} of {len(names)} witnesses must cosign"


def _database(database: SqliteDatabase) -> Found:
    with database.reading() as reader:
        found = [str(row[0]) for row in reader.all("database_quick_check")]
    if found == ["ok"]:
        yield Level.OK, "SQLite's quick check finds nothing"
    else:
        yield Level.FAIL, f"damaged: {'; '.join(found[:3])}; restore the node from a backup"


def _log(directory: Path, database: SqliteDatabase) -> Found:
    with database.reading() as reader:
        head, published, tiled = read_head(reader), read_published(reader), read_state(reader).tiled
        wanted = root_of_size(reader, tiled)
    files = Folder(directory / LOG)
    if LogReader(files.read).root(tiled) != wanted:
        yield Level.FAIL, f"tiles of size {tiled} do not give the database's root: restore the node from a backup"
        return
    yield Level.OK, f"tiles of size {tiled} give the database's root; signed up to size {head.size}"
    if published is None:
        yield Level.WARN, "nothing is published yet: a quorum of witnesses must cosign first"
    elif files.read(CHECKPOINT_PATH) != published[1] and not is_running(directory):
        yield Level.WARN, "the published checkpoint is not the database's newest; the next start mends that"
    else:
        yield Level.OK, f"published up to size {published[0].size}"


def _clock(database: SqliteDatabase, now: datetime) -> Found:
    with database.reading() as reader:
        behind = read_head(reader).time - int(now.timestamp())
    if behind > CLOCK_TOLERANCE_SECONDS:
        yield Level.FAIL, f"the clock is {behind} s behind the last signature, and nothing is signed: set the clock"
    else:
        yield Level.OK, "not behind the last signature"


def _keys_statement(directory: Path, database: SqliteDatabase, now: datetime) -> Found:
    with database.reading() as reader:
        row = reader.one("statement_own_newest", {"issuer": load_settings(directory).authority, "kind": KEYS_KIND})
    if row is None or row[0] is None:
        yield Level.FAIL, "no keys statement was ever issued: nobody can accept anything from this authority"
        return
    age = now - parse_time(row[0])
    if age > KEYS_DUE:
        yield Level.WARN, f"the newest is {age.days} days old, {KEYS_DUE.days} are the rule: 'comity keys refresh'"
    else:
        yield Level.OK, f"the newest is {age.days} days old"


def _duties(database: SqliteDatabase) -> Found:
    with database.reading() as reader:
        counts = {str(state): int(count) for state, count in reader.all("job_counts")}
    waiting = f"{counts.get('due', 0)} wait"
    if failed := counts.get("failed", 0):
        yield Level.WARN, f"{waiting}, {failed} were refused for good: the desk says why"
    else:
        yield Level.OK, waiting


def _leftovers(directory: Path) -> Found:
    parts = list((directory / INCOMING).glob("*.part"))
    if parts:
        size = sum(path.stat().st_size for path in parts)
        yield Level.WARN, f"{len(parts)} half-fetched exhibits, {size} bytes: they go on when the sender answers"
    scratch = list(directory.parent.glob(f".{directory.resolve().name}.restoring-*"))
    if scratch:
        yield Level.WARN, f"an interrupted restore left {scratch[0]}: remove it"
    if not parts and not scratch:
        yield Level.OK, "none"
