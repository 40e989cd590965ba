# ruff: noqa: INP001 - a script, no package
"""Measures the ledger of the conduct room: import of fictitious claims, and every view that the commands give.

The bounds are measured in the same run on the same machine: for the import, decoding as many bodies and inserting
them into one plain table; for a view, decoding what it reads, bodies or what is kept of operations. `Reach` is what the
design asks for on two cores that do nothing else; the load when it began, and the seconds of the processor beside
those of the clock, tell whether they did. A view is measured as a command draws it, the start of the program apart.

    python benchmarks/bench_conduct.py [--claims 100000] [--operations 5000] [--folder DIR]
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from pathlib import Path

import msgspec
from pysqlite3 import dbapi2 as sqlite

from comity.conduct.bulk import many_objects
from comity.conduct.exporting.tables import to_json_lines
from comity.conduct.kept import keep
from comity.conduct.ledger import Ledger
from comity.conduct.pairs import of_pair, of_state
from comity.conduct.record import Origin, Provenance, Record
from comity.conduct.report.assembled import operation_report, pair_report, state_report
from comity.conduct.report.material import Material, first_claims
from comity.conduct.statements import KINDS, Claim, Operation, Period, Reply, Source, Speaker, Subject, encode_body
from comity.conduct.view import fold
from comity.kernel.canonical import encode_json
from comity.parties.participants import is_fictitious

RUNS = 3
PAGE = 50
CLAIMS_SHOWN = 500
AS_OF = date(2026, 6, 30)
COMPANY_SHARE = 0.7
CODES = [code for letter in "ABCD" for last in "ADEFGH" if is_fictitious(code := f"X{letter}{last}")]
COMPANIES = [f"Company {number}" for number in range(200)]


def both(action: Callable[[], object]) -> dict[str, float]:
    """Return the medians of several runs, by the clock and of the processor; to forget the result is not counted."""
    taken, worked = [], []
    for _ in range(RUNS):
        started, working = time.perf_counter(), time.process_time()
        with many_objects():
            result = action()
        taken.append(time.perf_counter() - started)
        worked.append(time.process_time() - working)
        del result
    return {"seconds": round(statistics.median(taken), 4), "of the processor": round(statistics.median(worked), 4)}


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


def views(ledger: Ledger) -> dict[str, object]:
    """Return what each view of a ledger takes, and what decoding alone would."""
    shown = ledger.operations(limit=PAGE)
    first = shown[0].id

    def drawn(draw: Callable[[Material], object]) -> dict[str, float]:
        return both(lambda: draw(Material(ledger, as_of=AS_OF)))

    def decoded(records: Iterable[Record]) -> dict[str, float]:
        bodies = [(record.kind, encode_json(encode_body(record.body))) for record in records]
        decoders = {kind: msgspec.json.Decoder(shape) for kind, shape in KINDS.items()}
        return both(lambda: [decoders[kind].decode(body) for kind, body in bodies])

    def page_of(material: Material) -> object:
        return material.of(each.id for each in material.operations[:PAGE])

    def claims_of(material: Material) -> object:
        asked = [each for each in material.operations if CODES[0] in each.head.about]
        return material.of(each.id for each in first_claims(asked, CLAIMS_SHOWN))

    of_one, of_page = ledger.of_operation(first), ledger.of_operations(record.id for record in shown)
    with many_objects():
        kept = Material(ledger, as_of=AS_OF).operations
    return {
        "operation": drawn(lambda material: material.operation(first))
        | {"bound, to decode its bodies": decoded(of_one)},
        "page of operations": drawn(page_of) | {"bound, to decode its bodies": decoded(of_page)},
        "search of operations": both(lambda: ledger.find("operation 99")),
        "claims about a state": drawn(claims_of),
        "pairs of a state": drawn(lambda material: material.pairs(of_state(CODES[0]))),
        "pairs of two states": drawn(lambda material: material.pairs(of_pair(CODES[0], CODES[1]))),
        "bound: decode what is kept of all operations": both(lambda: [each.claims for each in kept]),
        "figures": drawn(lambda material: material.claims().tally(as_of=AS_OF)),
        "periods of a state": drawn(lambda material: material.claims().periods(CODES[0], as_of=AS_OF)),
        "sensitivity of a state": drawn(lambda material: material.claims().sensitivity(CODES[0], as_of=AS_OF)),
        "report of an operation": drawn(lambda material: operation_report(material, first)),
        "report of a state": drawn(lambda material: state_report(material, CODES[0])),
        "report of two states": drawn(lambda material: pair_report(material, CODES[0], CODES[1])),
        "export of an operation": both(lambda: to_json_lines(ledger.of_operation(first))),
        "everything about a state, no page": both(lambda: fold(ledger.about(CODES[0])))
        | {"bound, to decode its bodies": decoded(ledger.about(CODES[0]))},
        "start of the program": of_start(),
        "reach, seconds": 1,
    }


def of_start() -> dict[str, float]:
    """Return the seconds in which a program of its own starts and loads what a report needs."""
    words = [sys.executable, "-c", "import comity.cli.conduct, comity.conduct.report.assembled"]
    return {"seconds": both(lambda: subprocess.run(words, check=True))["seconds"]}  # noqa: S603 - this very interpreter


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
            started = time.perf_counter()
            keep(ledger)
            keeping = time.perf_counter() - started
            figures = {
                "python": sys.version.split()[0],
                "load of the machine": round(load, 2),
                "import": {
                    "records": added.new,
                    "claims": ledger.count("claim"),
                    "seconds to add": round(importing, 2),
                    "seconds to keep what views need": round(keeping, 2),
                    "bound, seconds to decode and insert the same bodies": round(plainly, 2),
                    "reach, seconds": 60,
                },
                "ledger, megabytes": round((Path(folder) / "ledger.db").stat().st_size / 1e6, 1),
                "claims about the state": sum(
                    each.head.claims for each in Material(ledger, as_of=AS_OF).operations if CODES[0] in each.head.about
                ),
                "views": views(ledger),
            }
    json.dump(figures, sys.stdout, indent=2)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
