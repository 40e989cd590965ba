# ruff: noqa: INP001 - a script, no package
"""Measures the log: entries a second from pending to the signed checkpoint, with files, and in a full check.

The bound is measured in the same run on the same machine: one SHA-256 over each leaf and one SQLite pass that inserts
each entry once, both in plain loops. `sequenced / bound` says how much of it the sequencer reaches.

    python benchmarks/bench_log.py [--entries 200000] [--batch 32768] [--folder DIR]
"""

import argparse
import hashlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from comity.kernel.checkpoint import Checkpoint
from comity.kernel.key import KeyPair
from comity.kernel.merkle import leaf_hash
from comity.kernel.policy import parse_policy, write_policy
from comity.log.check import check_log
from comity.log.reader import LogReader
from comity.log.sequencer import Sequencer, Settings
from comity.log.startup import Permit, may_sign
from comity.log.state import append_pending, create_log, read_head, root_of_size
from comity.store.files import Folder
from comity.store.migration import migrate
from comity.store.sqlite import SqliteDatabase

LOG = KeyPair.from_seeds("xaa.bench/log", hashlib.sha256(b"one").digest(), hashlib.sha256(b"two").digest())


def entries_of(count: int) -> list[bytes]:
    """Return sealed entries."""
    return [b"\x02" + hashlib.sha256(number.to_bytes(8)).digest() for number in range(count)]


def seconds(action: Callable[[], object]) -> float:
    """Return how long an action takes."""
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def measure_bound(folder: Path, entries: Sequence[bytes], batch: int) -> tuple[float, float]:
    """Return the seconds for hashing each leaf once and for inserting each entry once."""
    hashing = seconds(lambda: [leaf_hash(entry) for entry in entries])
    database = SqliteDatabase(folder / "bound.sqlite")
    migrate(database)

    def insert() -> None:
        for start in range(0, len(entries), batch):
            with database.transaction() as tx:
                tx.run_many("log_entry_add_many", list(enumerate(entries[start : start + batch], start)))

    inserting = seconds(insert)
    database.close()
    return hashing, inserting


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", type=int, default=200_000)
    parser.add_argument("--batch", type=int, default=32_768)
    parser.add_argument("--folder", type=Path, default=None)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        figures = run(Path(name), options.entries, options.batch)
    json.dump(figures, sys.stdout, indent=2)
    sys.stdout.write("\n")


def run(folder: Path, count: int, batch: int) -> dict[str, float]:
    """Return the figures."""
    entries = entries_of(count)
    hashing, inserting = measure_bound(folder, entries, batch)
    database = SqliteDatabase(folder / "node.sqlite")
    migrate(database)
    create_log(database, LOG, int(time.time()))
    policy = parse_policy(write_policy(LOG.public, None, [], 0))
    files = Folder(folder / "log")

    def start() -> Sequencer:
        sequencer = Sequencer(
            database=database,
            folder=files,
            key=LOG,
            policy=policy,
            ask=lambda note, prove: [],  # noqa: ARG005 - no witness: the network is not what is measured
            clock=lambda: int(time.time()),
            noise=os.urandom,
            settings=Settings(max_batch=batch, cover_when_idle=False),
        )
        with database.reading() as tx:
            head = read_head(tx)
            own = Checkpoint(origin=LOG.public.name, size=head.size, root=head.root)
            permit = may_sign(own, [], log=LOG.public, wanted=0, root_at=lambda size: root_of_size(tx, size))
        assert isinstance(permit, Permit)
        sequencer.start(permit)
        return sequencer

    sequencer = start()
    signed, whole = 0.0, 0.0
    for at in range(0, count, batch):
        with database.transaction() as tx:
            for entry in entries[at : at + batch]:
                append_pending(tx, entry)
        took = seconds(sequencer.sequence)
        signed += took
        whole += took + seconds(sequencer.tick)
    opening = seconds(start)
    report = check_log(files.read, policy)
    size = report.checkpoint.size
    reader = LogReader(files.read)
    proving = (
        seconds(lambda: [reader.inclusion_path(index, size) for index in range(0, size, max(size // 200, 1))]) / 200
    )
    database.close()
    return {
        "entries": count,
        "batch": batch,
        "bound_hashing_per_second": round(count / hashing),
        "bound_inserting_per_second": round(count / inserting),
        "bound_both_per_second": round(count / (hashing + inserting)),
        "pending_to_signed_per_second": round(count / signed),
        "pending_to_signed_of_bound": round((hashing + inserting) / signed, 2),
        "pending_to_published_with_synced_files_per_second": round(count / whole),
        "check_per_second": round(report.entries_per_second),
        "open_milliseconds": round(opening * 1000, 1),
        "inclusion_path_milliseconds": round(proving * 1000, 2),
    }


if __name__ == "__main__":
    main()
