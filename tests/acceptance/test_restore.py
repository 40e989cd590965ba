"""A node is backed up while it serves, lives on, is lost, comes back from the backup, and never contradicts itself.

Three nodes run as processes, as an operator starts them. Whatever anybody saw of the lost node's log is kept, and at
the end no size has two roots.
"""

import json
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from comity.kernel.checkpoint import parse_checkpoint
from comity.kernel.note import parse_note
from comity.kernel.trust import Checked
from comity.log.designations import kept_designations
from comity.node.context import DATABASE, TRUST, utc_now
from comity.node.inception import create_node, load_card, name_witnesses, recognition_of
from comity.node.settings import Settings
from comity.parties.trust_folder import add_recognition
from comity.store.sqlite import SqliteDatabase

PASSPHRASE = "correct horse"
LOST, *OTHERS = AUTHORITIES = ("xaa.contact-point", "xab.contact-point", "xac.contact-point")
ORIGIN = f"{LOST}/log"
DIGEST = sha256(ORIGIN.encode()).hexdigest()
# Long against the others' pace, so that they have followed before the next batch.
LOST_SECONDS = 1.5
OTHERS_SECONDS = 0.2


class Network:
    """Three nodes on free ports."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.passphrase = root / "passphrase"
        self.passphrase.write_text(f"{PASSPHRASE}\n", encoding="utf-8")
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.seen: dict[int, bytes] = {}
        ports = iter(free_ports(2 * len(AUTHORITIES)))
        self.urls = {name: self._create(name, next(ports), next(ports)) for name in AUTHORITIES}
        cards = {name: load_card(self.folder(name)) for name in AUTHORITIES}
        for name in AUTHORITIES:
            name_witnesses(self.folder(name), [card for other, card in cards.items() if other != name], 1)
        for name in AUTHORITIES:
            for other in AUTHORITIES:
                if other != name:
                    self._recognise(self.folder(name) / TRUST, other)
        self._recognise(root / "reader", LOST)

    def folder(self, name: str) -> Path:
        return self.root / name[:3]

    def _create(self, name: str, public_port: int, desk_port: int) -> str:
        url = f"http://127.0.0.1:{public_port}"
        settings = Settings(
            authority=name,
            participant=name[:3].upper(),
            title=f"Contact point {name[:3]}",
            competences=("contact_point",),
            exercise=True,
            public_url=url,
            public_port=public_port,
            desk_port=desk_port,
            checkpoint_seconds=LOST_SECONDS if name == LOST else OTHERS_SECONDS,
        )
        create_node(
            self.folder(name),
            settings,
            root_file=self.root / "safe" / f"{name}.age",
            root_passphrase=PASSPHRASE,
            service_passphrase=PASSPHRASE,
        )
        return url

    def _recognise(self, trust: Path, name: str) -> None:
        card = load_card(self.folder(name))
        add_recognition(trust, recognition_of(card, checked=Checked.MEETING, checked_on=utc_now()))

    def serve(self, name: str) -> None:
        log = (self.root / f"{name}.out").open("ab")
        command = [sys.executable, "-m", "comity", "serve", str(self.folder(name))]
        command += ["--passphrase-file", str(self.passphrase)]
        self.processes[name] = subprocess.Popen(command, stdout=log, stderr=log)
        log.close()

    def end(self, name: str, *, kill: bool = False) -> None:
        process = self.processes.pop(name)
        (process.kill if kill else process.terminate)()
        process.wait(timeout=20)

    def wait_for_more_than(self, size: int) -> None:
        wait_for(lambda: self.published() > size, "one more checkpoint")
        wait_for(lambda: all(self.followed(name) > size for name in OTHERS), "followers")

    def lose(self) -> int:
        """Kill the lost node at a moment when its followers have everything; return the size of its log."""
        while True:
            known = self.published()
            self.wait_for_more_than(known)
            self.end(LOST, kill=True)
            last = max(map(self.cosigned, OTHERS))
            if last == max(map(self.followed, OTHERS)):
                return last
            # On a busy machine the next batch was cosigned meanwhile.
            self.serve(LOST)
            wait_for(self.published, "the node that was killed too late")

    def output(self, name: str) -> str:
        return (self.root / f"{name}.out").read_text(encoding="utf-8")

    def comity(self, *arguments: object, code: int = 0) -> str:
        command = [sys.executable, "-m", "comity", *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def get(self, name: str, path: str) -> bytes:
        with urllib.request.urlopen(f"{self.urls[name]}/{path}", timeout=5) as answer:
            data: bytes = answer.read()
            return data

    def size(self, name: str, path: str) -> int:
        """Return the size of a checkpoint of the lost log, 0 if there is none; no size may have two roots."""
        try:
            checkpoint = parse_checkpoint(parse_note(self.get(name, path)).text)
        except OSError:
            return 0
        if checkpoint.origin == ORIGIN:
            assert self.seen.setdefault(checkpoint.size, checkpoint.root) == checkpoint.root
        return checkpoint.size

    def published(self) -> int:
        return self.size(LOST, "log/checkpoint")

    def cosigned(self, name: str) -> int:
        return self.size(name, f"witness/{DIGEST}/checkpoint")

    def followed(self, name: str) -> int:
        return self.size(name, f"followed/{DIGEST}/checkpoint")


def free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def wait_for(condition: Callable[[], object], what: str, seconds: float = 15) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"waited {seconds} s for {what}"
        time.sleep(0.05)


@pytest.fixture
def network(tmp_path: Path) -> Iterator[Network]:
    running = Network(tmp_path)
    try:
        for name in AUTHORITIES:
            running.serve(name)
        yield running
    finally:
        for name in list(running.processes):
            running.end(name, kill=True)


def post(url: str, body: bytes) -> int:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data=body, method="POST"), timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as exc:
        with exc:
            return exc.code


def keys_numbers(directory: Path) -> list[tuple[int, bool]]:
    database = SqliteDatabase(directory / DATABASE)
    try:
        with database.reading() as reader:
            known = kept_designations(reader, LOST)
    finally:
        database.close()
    return [(record.designation.number, record.proof is not None) for record in known]


def evidence(directory: Path) -> list[object]:
    database = SqliteDatabase(directory / DATABASE)
    try:
        with database.reading() as reader:
            return [*reader.all("log_evidence_list", {"origin": ORIGIN})]
    finally:
        database.close()


def test_a_lost_node_comes_back_from_an_old_backup_without_contradicting_itself(network: Network) -> None:
    node, backup = network.folder(LOST), network.root / "backup"
    wait_for(lambda: network.published() and all(map(network.followed, OTHERS)), "the first checkpoints")

    made = json.loads(network.comity("backup", node, backup, "--json"))
    assert made["log_size"] > 0
    network.comity("backup", node, backup, code=75)
    network.comity("doctor", node)

    # The node lives on: a keys statement and more batches, which the backup does not know.
    root_key = network.root / "safe" / f"{LOST}.age"
    keys = ("--root-key", root_key, "--root-passphrase-file", network.passphrase)
    network.comity("keys", "refresh", node, *keys)
    wait_for(lambda: (2, True) in keys_numbers(node), "the second keys statement to be logged")
    last = network.lose()
    assert made["log_size"] < last
    shutil.move(node, network.root / "lost")

    # Restored, it answers and does nothing that could contradict what it forgot.
    network.comity("restore", backup, node)
    network.serve(LOST)
    wait_for(network.published, "the restored node's answer")
    wait_for(lambda: "quarantined: restored from a backup" in network.output(LOST), "the quarantine")
    assert post(f"{network.urls[LOST]}/witness/add-checkpoint", b"old 0\n") == 503
    assert post(f"{network.urls[LOST]}/deliver", b"anything") == 503
    assert "log refetch" in network.comity("doctor", node, code=1)
    network.comity("log", "refetch", node, code=75)
    time.sleep(2 * LOST_SECONDS)
    assert network.published() <= made["log_size"]
    assert max(map(network.cosigned, OTHERS)) == last
    network.end(LOST)

    # Without the mark, as after a copy by other means, its witnesses stop it all the same.
    (node / "restored").rename(network.root / "mark")
    network.serve(LOST)
    wait_for(lambda: "signed by this log, whose database ends at" in network.output(LOST), "the witnesses' word")
    network.end(LOST)
    (network.root / "mark").rename(node / "restored")

    report = json.loads(network.comity("log", "refetch", node, "--json"))
    assert (report["size"], len(report["public_found"]), report["public_lost"]) == (last, 1, [])
    assert report["source"] in OTHERS
    assert set(report["witnessed"]) == {f"{name}/log" for name in OTHERS}
    network.serve(LOST)
    network.wait_for_more_than(last)
    wait_for(lambda: keys_numbers(node) == [(1, True), (2, True)], "the place of the keys statement found again")
    checked = network.comity("log", "check", node / "log", "--trust", network.root / "reader", "--authority", LOST)
    assert "every tile, bundle, root and cosignature holds" in checked
    network.comity("doctor", node, "--passphrase-file", network.passphrase)
    assert [evidence(network.folder(name)) for name in OTHERS] == [[], []]
