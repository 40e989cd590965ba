# ruff: noqa: INP001 - a script, no package
"""Measures the law room: loading the tables, one basis, the matrix of all pairs, and all answers of a measure to CSV.

The bounds are measured in the same run on the same machine: parsing the same files with the `csv` module alone, and
writing as many rows of the same text. `Reach` is what the design asks for on two cores.

    python benchmarks/bench_law.py [--on 2026-11-23] [--measure stored_data] [--folder DIR]
"""

import argparse
import csv
import io
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from importlib.resources import files
from pathlib import Path

from comity.law.basis import legal_basis
from comity.law.matrix import matrix, measure_rows, status_rows
from comity.law.measures import Measure, parse_measure
from comity.law.register import load_register

RUNS = 5
PAIRS = (("PRT", "CPV"), ("PRT", "VNM"), ("DEU", "RUS"), ("NLD", "JPN"), ("BRA", "FRA"))


def seconds(action: Callable[[], object]) -> float:
    """Return the median of several runs."""
    taken = []
    for _ in range(RUNS):
        started = time.perf_counter()
        action()
        taken.append(time.perf_counter() - started)
    return statistics.median(taken)


def read_plainly() -> int:
    """Parse every table with the csv module and nothing else; return the rows."""
    rows = 0
    for path in sorted(Path(str(files("comity.law") / "reference")).rglob("*.csv")):
        with path.open(encoding="utf-8", newline="") as table:
            rows += sum(1 for _ in csv.reader(table))
    return rows


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--on", default="2026-11-23")
    parser.add_argument("--measure", default=Measure.STORED_DATA.value)
    parser.add_argument("--folder", type=Path, default=None)
    options = parser.parse_args()
    on, measure = date.fromisoformat(options.on), parse_measure(options.measure)
    load_register()
    loading = seconds(load_register.__wrapped__)
    parsing = seconds(read_plainly)
    one = seconds(lambda: [legal_basis(a, b, measure, on, conduct="fraud") for a, b in PAIRS]) / len(PAIRS)
    statuses = list(status_rows(matrix(on)))
    pairs = seconds(lambda: list(status_rows(matrix(on))))
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        target = Path(folder) / "answers.csv"

        def stream() -> None:
            with target.open("w", encoding="utf-8", newline="") as out:
                csv.writer(out, lineterminator="\n").writerows(measure_rows(matrix(on), measure, conduct="fraud"))

        answering = seconds(stream)
        text = target.read_text(encoding="utf-8")
    answers = list(csv.reader(io.StringIO(text)))
    writing = seconds(lambda: csv.writer(io.StringIO(newline=""), lineterminator="\n").writerows(answers))
    json.dump(
        {
            "python": sys.version.split()[0],
            "tables: rows": read_plainly(),
            "tables: seconds to load and hold together": round(loading, 4),
            "tables: bound, seconds to parse the files": round(parsing, 4),
            "one basis with its reasons, milliseconds": round(one * 1000, 2),
            "matrix: pairs": len(statuses) - 1,
            "matrix: seconds": round(pairs, 3),
            "matrix: reach, seconds": 2,
            "answers: ordered pairs": len(answers) - 1,
            "answers: seconds to CSV": round(answering, 3),
            "answers: bound, seconds to write the same rows": round(writing, 3),
            "answers: reach, seconds": 60,
        },
        sys.stdout,
        indent=2,
    )
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
