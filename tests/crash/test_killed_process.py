"""A process that is killed at any moment, on a real disk, has lost nothing that it acknowledged."""

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from comity.log.check import check_log
from comity.log.reader import LogReader
from comity.log.state import position_of
from comity.store.files import RealFiles
from comity.store.migration import migrate
from comity.store.sqlite import SqliteDatabase
from support.logs import Node, entry

# Appends, ticks, and tells each acknowledged entry on a line of its own, until it is killed.
CHILD = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from comity.store.files import RealFiles
from comity.store.sqlite import SqliteDatabase
from support.logs import Node, entry
folder = Path(sys.argv[1])
node = Node(database=SqliteDatabase(folder / "node.sqlite"), disk=RealFiles(), root=folder / "log", seed=sys.argv[3])
node.clock.now += 1000 * int(sys.argv[3])
node.start()
for number in range(100000):
    label = f"{sys.argv[3]}/{number}"
    print(*node.append(entry(label)), label, flush=True)
    node.append(*(entry(f"{label}/{more}") for more in range(number % 50)))
    node.tick(1)
"""


def lives(folder: Path, rounds: int) -> None:
    chance = random.Random(1)
    database = SqliteDatabase(folder / "node.sqlite")
    migrate(database)
    node = Node(database=database, disk=RealFiles(), root=folder / "log").create()
    database.close()
    told: list[tuple[int, str]] = []
    for number in range(1, rounds + 1):
        arguments = [sys.executable, "-c", CHILD, str(folder), str(Path(__file__).parents[1]), str(number)]
        with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            told += acknowledged([child.stdout.readline()])
            time.sleep(chance.uniform(0, 0.3))
            child.kill()
            told += acknowledged(child.stdout.read().splitlines(keepends=True))
    database = SqliteDatabase(folder / "node.sqlite")
    node = Node(database=database, disk=RealFiles(), root=folder / "log", seed="last")
    node.clock.now += 1000 * (rounds + 1)
    node.start()
    size = node.tick().signed
    assert check_log(node.folder.read, node.policy).checkpoint.size == size
    entries = LogReader(node.folder.read).entries(0, size, size)
    assert len(told) >= rounds
    with database.reading() as tx:
        for arrival, label in told:
            position = position_of(tx, arrival)
            assert position is not None
            assert entries[position] == entry(label)
    database.close()


def acknowledged(lines: list[str]) -> list[tuple[int, str]]:
    """Read the child's lines; the last may be cut short."""
    words = [line.split() for line in lines if line.endswith("\n")]
    return [(int(arrival), label) for arrival, label in words]


def test_a_process_killed_a_few_times_has_lost_nothing(tmp_path: Path) -> None:
    lives(tmp_path, 4)


@pytest.mark.long
def test_a_process_killed_many_times_has_lost_nothing(tmp_path: Path) -> None:
    lives(tmp_path, 60)
