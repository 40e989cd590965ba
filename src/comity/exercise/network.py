"""Exercise nodes as real processes on loopback, each with its own folder, keys, database, log and witness endpoint."""

import ctypes
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from comity.errors import Error, UnauthenticatedError, UnavailableError
from comity.kernel.trust import Checked
from comity.node.context import TRUST, utc_now
from comity.node.desk_client import DeskClient, desk_session
from comity.node.inception import Card, add_officer, create_node, load_card, name_witnesses, recognition_of
from comity.node.settings import Settings
from comity.parties.trust_folder import add_recognition

DRAFTER: Final = "maria"
APPROVER: Final = "joao"
CHECKPOINT_SECONDS: Final = 1.0
START_SECONDS: Final = 30.0
_PR_SET_PDEATHSIG: Final = 1


@dataclass(slots=True, kw_only=True)
class ExerciseNode:
    """One authority's node: its folder, its root key beside it, and its process while it runs."""

    authority: str
    title: str
    directory: Path
    safe: Path
    public_port: int
    desk_port: int
    process: subprocess.Popen[bytes] | None = field(default=None)

    @property
    def url(self) -> str:
        """Where the public listener answers."""
        return f"http://127.0.0.1:{self.public_port}"

    @property
    def passphrase_file(self) -> Path:
        """Where this node's passphrase lies; in an exercise one serves for all."""
        return self.safe / "passphrase"

    @property
    def root_file(self) -> Path:
        """Where the root key lies: not in the node's folder."""
        return self.safe / "root.age"

    def passphrase(self) -> str:
        """Return the passphrase."""
        return self.passphrase_file.read_text(encoding="utf-8").strip()

    @contextmanager
    def desk(self, officer: str) -> Iterator[DeskClient]:
        """Open an officer's session at this node's desk."""
        with desk_session(self.directory, officer, self.passphrase()) as client:
            yield client

    def create(self) -> None:
        """Make folder, keys, log, one officer who drafts and one who approves."""
        self.safe.parent.mkdir(mode=0o700, exist_ok=True)
        self.safe.mkdir(mode=0o700)
        self.passphrase_file.touch(mode=0o600)
        self.passphrase_file.write_text(secrets.token_urlsafe(18) + "\n", encoding="utf-8")
        settings = Settings(
            authority=self.authority,
            participant=self.authority[:3].upper(),
            title=self.title,
            competences=("central_authority", "contact_point"),
            exercise=True,
            public_url=self.url,
            public_port=self.public_port,
            desk_port=self.desk_port,
            checkpoint_seconds=CHECKPOINT_SECONDS,
        )
        secret = self.passphrase()
        create_node(
            self.directory, settings, root_file=self.root_file, root_passphrase=secret, service_passphrase=secret
        )
        add_officer(self.directory, DRAFTER, secret)
        add_officer(self.directory, APPROVER, secret, root_file=self.root_file, root_passphrase=secret)

    def start(self) -> None:
        """Start the node's process; it dies with this one."""
        command = [sys.executable, "-m", "comity", "serve", str(self.directory)]
        with (self.safe / "serve.log").open("ab") as output:
            self.process = subprocess.Popen(  # noqa: S603 - our own interpreter and our own folder
                [*command, "--passphrase-file", str(self.passphrase_file)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                preexec_fn=_die_with_parent,  # noqa: PLW1509 - one system call, before any thread of the child
            )

    def stop(self) -> None:
        """Stop the node's process and wait for its end."""
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process = None

    def wait_until_running(self) -> None:
        """Wait until the log is signed, witnessed and published.

        Raises:
            UnavailableError: the process has ended, or does not come up in time.
        """

        def running() -> bool:
            if self.process is None or self.process.poll() is not None:
                raise UnavailableError(f"the node of {self.authority} has ended: {self._last_words()}")
            try:
                with self.desk(DRAFTER) as desk:
                    status = desk.get("status")
            except UnauthenticatedError:
                raise
            except Error:
                return False
            return bool(status["state"] == "running" and status["statements_without_place"] == 0)

        wait_until(running, f"the node of {self.authority}", seconds=START_SECONDS)

    def _last_words(self) -> str:
        lines = (self.safe / "serve.log").read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"


def _die_with_parent() -> None:
    """Ask Linux to end this child when its parent ends, however that comes about."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def wait_until(done: Callable[[], bool], what: str, *, seconds: float = 20.0) -> None:
    """Wait until `done` says so.

    Raises:
        UnavailableError: it does not in time.
    """
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            raise UnavailableError(f"{what} did not come about within {seconds:.0f} s")
        time.sleep(0.1)


def free_ports(count: int) -> list[int]:
    """Return ports on loopback that nobody uses just now."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for item in sockets:
            item.bind(("127.0.0.1", 0))
        return [item.getsockname()[1] for item in sockets]
    finally:
        for item in sockets:
            item.close()


def make_network(folder: Path, authorities: dict[str, str]) -> dict[str, ExerciseNode]:
    """Make a node for each authority; each witnesses the others' logs and recognises them. Two thirds must cosign."""
    ports = iter(free_ports(2 * len(authorities)))
    nodes = {
        authority[:3]: ExerciseNode(
            authority=authority,
            title=title,
            directory=folder / authority[:3],
            safe=folder / "safe" / authority[:3],
            public_port=next(ports),
            desk_port=next(ports),
        )
        for authority, title in authorities.items()
    }
    for node in nodes.values():
        node.create()
    for node in nodes.values():
        others = [load_card(other.directory) for other in nodes.values() if other is not node]
        name_witnesses(node.directory, others, quorum=2 * len(others) // 3)
    cards = {name: load_card(node.directory) for name, node in nodes.items()}
    for name, node in nodes.items():
        for other, card in cards.items():
            if other != name:
                recognise(node.directory / TRUST, card)
    for card in cards.values():
        recognise(folder / "court-trust", card)
    return nodes


def recognise(folder: Path, card: Card) -> None:
    """Write a recognition; the exercise plays a meeting at which fingerprints were compared."""
    add_recognition(
        folder,
        recognition_of(card, checked=Checked.MEETING, checked_on=utc_now(), remark="exercise"),
    )


def run_comity(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command line as a reader would, in a process of its own."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-m", "comity", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        timeout=120,
    )
