# ruff: noqa: INP001 - a script, no package
"""Measures the ledger of the conduct room: import of fictitious claims, and the views of an operation, state and page.

The bounds are measured in the same run on the same machine: for the import, decoding as many bodies and inserting
them into one plain table; for a view, decoding the bodies that it reads. `Reach` is what the design asks for on two
cores that do nothing else; the load when it began tells whether they did.

    python benchmarks/bench_conduct.py [--claims 100000] [--operations 5000] [--folder DIR]
"""

import argparse
import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import msgspec
from pysqlite3 import dbapi2 as sqlite

from comity.conduct.ledger import Ledger
from comity.conduct.record import Origin, Provenance, Record
from comity.conduct.statements import KINDS, Claim, Operation, Period, Reply, Source, Speaker, Subject, encode_body
from comity.conduct.view import fold
from comity.kernel.canonical import encode_json
from comity.parties.participants import is_fictitious

RUNS = 5
PAGE = 50
COMPANY_SHARE = 0.7
CODES = [code for letter in "ABCD" for last in "ADEFGH" if is_fictitious(code := f"X{letter}{last}")]
COMPANIES = [f"Company {number}" for number in range(200)]


def seconds(action: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> float:
    """Return the median of several runs; to forget the result is not counted."""
    taken = []
    for _ in range(RUNS):
        started = clock()
        result = action()
        taken.append(clock() - started)
        del result
    return statistics.median(taken)


def records(operations: int, claims: int) -> Iterator[Record]:
    """Yield operations, each followed by its claims and one denial; every fourth operation names the first code."""
    chance = random.Random(2026)  # noqa: S311 - figures that repeat, no secret
    row = 0
    each = claims // operations
    for number in range(operations):

        def entered() -> Provenance:
            nonlocal row
            row += 1
            return Provenance(
                origin=Origin.IMPORT,
                source="fictitious.csv",
                on=date(2026, 6, 1),
                digest="0" * 64,
                place=f"row {row}",
            )

        occurred = f"{chance.randint(2010, 2025)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
        body = Operation(
            title=f"Operation {chance.randrange(10**9)} {number}",
            category=chance.choice(["espionage", "espionage", "espionage", "sabotage", "disinformation"]),
            occurred=Period(begin=occurred),
            effects="Nothing that anybody could see from outside.",
        )
        operation = Record(kind="operation", body=body, provenance=entered())
        yield operation
        accused = CODES[0] if number % 4 == 0 else chance.choice(CODES[1:])
        for _ in range(each):
            company = chance.random() < COMPANY_SHARE
            name = chance.choice(COMPANIES if company else CODES[1:])
            claim = Claim(
                operation=operation.id,
                claimant=Speaker(name=name, kind="company")
                if company
                else Speaker(name=f"State {name}", kind="state", participant=name),
                polarity="asserts",
                about=[
                    Subject(level="unit", name=f"Group {chance.randrange(300)}"),
                    Subject(level="state", name=f"State {accused}", participant=accused),
                ],
                said="2026-01-15",
                basis_tier=1 if company else 3,
                language="en",
                sources=[
                    Source(
                        title=f"Report {row}",
                        url=f"https://www.reports{chance.randrange(40)}.example/{number}/{chance.randrange(8)}/",
                        published="2026-01-15",
                    )
                ],
                lacks=["wording"],
            )
            yield Record(kind="claim", body=claim, provenance=entered())
        denial = Reply(
            operation=operation.id,
            by=Speaker(name=f"State {accused}", kind="state", participant=accused),
            kind="denial",
            said="2026-02-01",
        )
        yield Record(kind="reply", body=denial, provenance=entered())


def bound(path: Path, bodies: list[tuple[str, bytes]]) -> float:
    """Return the seconds to decode as many bodies and insert them into one plain table, durably."""
    started = time.perf_counter()
    decoders = {kind: msgspec.json.Decoder(shape) for kind, shape in KINDS.items()}
    connection = sqlite.connect(str(path))
    connection.execute("CREATE TABLE plain (id INTEGER PRIMARY KEY, kind TEXT, body BLOB) STRICT")
    for kind, body in bodies:
        decoders[kind].decode(body)
    connection.executemany("INSERT INTO plain (kind, body) VALUES (?, ?)", bodies)
    connection.commit()
    connection.close()
    return time.perf_counter() - started


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--claims", type=int, default=100_000)
    parser.add_argument("--operations", type=int, default=5_000)
    parser.add_argument("--folder", type=Path, default=None)
    options = parser.parse_args()
    load = os.getloadavg()[0]
    made = list(records(options.operations, options.claims))
    bodies = [(record.kind, encode_json(encode_body(record.body))) for record in made]
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        plainly = bound(Path(folder) / "plain.db", bodies)
        del bodies
        with Ledger.open(Path(folder) / "ledger.db", create=True, exercise=True) as ledger:
            started = time.perf_counter()
            added = ledger.add(made)
            importing = time.perf_counter() - started
            del made
            first, middle = ledger.operations(limit=1)[0], ledger.operations(limit=options.operations // 2)[-1]
            about = ledger.about(CODES[0])
            state_bodies = [(record.kind, encode_json(encode_body(record.body))) for record in about]
            decoders = {kind: msgspec.json.Decoder(shape) for kind, shape in KINDS.items()}
            figures = {
                "python": sys.version.split()[0],
                "load of the machine": round(load, 2),
                "import: records": added.new,
                "import: claims": ledger.count("claim"),
                "import: seconds": round(importing, 2),
                "import: bound, seconds to decode and insert the same bodies": round(plainly, 2),
                "import: reach, seconds": 60,
                "ledger: megabytes": round((Path(folder) / "ledger.db").stat().st_size / 1e6, 1),
                "operation: seconds": round(seconds(lambda: fold(ledger.of_operation(first.id))), 4),
                "state: operations": len(fold(about).operations),
                "state: records": len(about),
                "state: seconds to read": round(seconds(lambda: ledger.about(CODES[0])), 3),
                "state: seconds to read and fold": round(seconds(lambda: fold(ledger.about(CODES[0]))), 3),
                "state: processor seconds to read and fold": round(
                    seconds(lambda: fold(ledger.about(CODES[0])), time.process_time), 3
                ),
                "state: bound, seconds to decode its bodies": round(
                    seconds(lambda: [decoders[kind].decode(body) for kind, body in state_bodies]), 3
                ),
                "page of operations: seconds": round(
                    seconds(
                        lambda: fold(
                            ledger.of_operations(record.id for record in ledger.operations(after=middle.id, limit=PAGE))
                        )
                    ),
                    4,
                ),
                "search of operations: seconds": round(seconds(lambda: ledger.find("operation 99")), 3),
                "views: reach, seconds": 1,
            }
    json.dump(figures, sys.stdout, indent=2)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
