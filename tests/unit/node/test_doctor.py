import json
import shutil
import socket
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from comity.cli.doctor import doctor
from comity.errors import NotFoundError
from comity.node import doctor as doctor_module
from comity.node.backup import back_up, restore
from comity.node.context import DATABASE, utc_now
from comity.node.doctor import Level, examine
from comity.node.keyring import EXERCISE_WORK_FACTOR, create_officer, officer_path
from support.small_network import NAMES, PASSPHRASE, SmallNetwork

NAME = NAMES[0]
WORST = [Level.FAIL, Level.WARN, Level.OK]


@pytest.fixture
def network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallNetwork]:
    made = SmallNetwork(tmp_path / "nodes", monkeypatch)
    made.start_all()
    made.tick(NAME)
    # No listener runs here; whether one answers is asked in the acceptance test.
    monkeypatch.setattr(doctor_module, "_is_taken", lambda host, port: False)
    made.stop(NAME)
    folder = made.folder(NAME)
    create_officer(
        officer_path(folder, "maria"), NAME, "maria", PASSPHRASE, approver=False, work_factor=EXERCISE_WORK_FACTOR
    )
    yield made
    made.close()


def levels(
    network: SmallNetwork, *, now: datetime | None = None, passphrase: str | None = None
) -> dict[str, set[Level]]:
    found: dict[str, set[Level]] = {}
    for item in examine(network.folder(NAME), now=utc_now() if now is None else now, passphrase=passphrase):
        found.setdefault(item.check, set()).add(item.level)
    return found


def bad(network: SmallNetwork, *, now: datetime | None = None, passphrase: str | None = None) -> dict[str, Level]:
    """Return the checks that are not well, apart from the disk of the machine that runs the tests."""
    found = levels(network, now=now, passphrase=passphrase)
    return {
        check: min(level, key=WORST.index) for check, level in found.items() if level != {Level.OK} and check != "disk"
    }


def test_a_sound_node_passes_every_check(network: SmallNetwork) -> None:
    assert bad(network, passphrase=PASSPHRASE) == {}
    assert set(levels(network)) == {
        "sqlite",
        "settings",
        "folder",
        "disk",
        "process",
        "keys",
        "trust",
        "policy",
        "database",
        "log",
        "clock",
        "keys statement",
        "duties",
        "leftovers",
    }


def test_what_is_wrong_is_found_where_it_is(network: SmallNetwork) -> None:
    folder = network.folder(NAME)
    assert bad(network, passphrase="wrong horse") == {"keys": Level.FAIL}
    folder.chmod(0o755)
    assert bad(network) == {"folder": Level.FAIL}
    folder.chmod(0o700)
    assert bad(network, now=utc_now() + timedelta(days=8)) == {"keys statement": Level.WARN}
    assert bad(network, now=utc_now() - timedelta(hours=1)) == {"clock": Level.FAIL}
    (folder / "incoming").mkdir()
    (folder / "incoming" / "x.part").write_bytes(b"half")
    assert bad(network) == {"leftovers": Level.WARN}
    (folder / "incoming" / "x.part").unlink()
    (folder / "officers" / "maria.age").unlink()
    assert bad(network) == {"keys": Level.WARN}


def test_a_damaged_log_is_found(network: SmallNetwork) -> None:
    tile = network.folder(NAME) / "log" / "tile" / "0" / "000.p" / "16"
    data = tile.read_bytes()
    tile.write_bytes(bytes(32) + data[32:])
    assert bad(network) == {"log": Level.FAIL}
    tile.unlink()
    assert bad(network) == {"log": Level.FAIL}


@pytest.mark.parametrize("name", ["comity.toml", "card.json", "keys/service.age", DATABASE])
def test_a_missing_file_is_found_and_nothing_is_made(network: SmallNetwork, name: str) -> None:
    path = network.folder(NAME) / name
    path.rename(network.root / "gone")
    assert Level.FAIL in bad(network).values()
    assert not path.exists()


def test_a_damaged_database_is_found(network: SmallNetwork) -> None:
    path = network.folder(NAME) / DATABASE
    path.write_bytes(b"no database at all" * 1000)
    assert bad(network)["database"] is Level.FAIL


def test_a_node_without_peers_or_witnesses_is_warned_of(network: SmallNetwork) -> None:
    folder = network.folder(NAME)
    for path in (folder / "trust").glob("*.json"):
        path.unlink()
    (folder / "policy").unlink()
    assert bad(network) == {"trust": Level.WARN, "policy": Level.WARN}


def test_a_low_disk_is_told(network: SmallNetwork, monkeypatch: pytest.MonkeyPatch) -> None:
    for free, level in ((1, Level.FAIL), (2**30, Level.WARN), (2**40, Level.OK)):
        monkeypatch.setattr(shutil, "disk_usage", lambda path, free=free: _Usage(free))
        assert levels(network)["disk"] == {level}


class _Usage:
    def __init__(self, free: int) -> None:
        self.free = free


def test_an_old_sqlite_is_told(network: SmallNetwork, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_module, "has_sound_wal", lambda version: False)
    assert bad(network) == {"sqlite": Level.WARN}


def test_a_restored_node_is_told_to_refetch(network: SmallNetwork) -> None:
    back_up(network.folder(NAME), network.root / "backup", now=utc_now())
    network.folder(NAME).rename(network.root / "lost")
    restore(network.root / "backup", network.folder(NAME), now=utc_now())
    assert bad(network) == {"process": Level.FAIL}


def test_ports_and_process_are_compared(network: SmallNetwork, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_module, "_is_taken", lambda host, port: port == 9001)
    assert bad(network) == {"process": Level.FAIL}
    network.start(NAME)
    assert bad(network) == {"process": Level.FAIL}
    monkeypatch.setattr(doctor_module, "_is_taken", lambda host, port: True)
    assert bad(network) == {}


def test_a_taken_port_is_seen() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        assert doctor_module._is_taken("127.0.0.1", port)
    assert not doctor_module._is_taken("127.0.0.1", port)


def test_no_folder_is_no_node(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        examine(tmp_path / "nowhere", now=utc_now())


def test_the_command_prints_a_line_a_check_and_exits_by_the_worst(network: SmallNetwork, tmp_path: Path) -> None:
    done = CliRunner().invoke(doctor, [str(network.folder(NAME))])
    assert done.exit_code == 0, done.output
    assert "ok    log: tiles of size 16 give the database's root" in done.output
    (network.folder(NAME) / DATABASE).rename(tmp_path / "gone")
    done = CliRunner().invoke(doctor, [str(network.folder(NAME)), "--json"])
    assert done.exit_code == 1
    assert {"check": "database", "level": "fail"}.items() <= json.loads(done.output)[-1].items()
