"""The examples in the documents are run as a reader would run them, and print what the documents say."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from support.documents import Example, difference, examples, name_of
from support.paths import ROOT

SECONDS = 280
MARK = "@@ example"
HOWTO = ROOT / "docs" / "howto"
# Pages that are run one after the other in one shell: the later ones use what the earlier ones made.
JOURNEYS = {
    "a dossier": [ROOT / "README.md", HOWTO / "check-a-dossier.md"],
    "a night by hand": [ROOT / "docs" / "tutorial.md"],
}
ALONE = [page for page in sorted(HOWTO.glob("*.md")) if not any(page in pages for pages in JOURNEYS.values())]


def free_ports(count: int) -> int:
    """Return the first of `count` neighbouring ports that nobody uses just now."""
    # Runs beside each other begin at different places.
    start = 21_000 + os.getpid() % 500 * count
    for first in range(start, start + 4_000, count):
        sockets = [socket.socket() for _ in range(count)]
        try:
            for number, item in enumerate(sockets):
                item.bind(("127.0.0.1", first + number))
        except OSError:
            continue
        finally:
            for item in sockets:
                item.close()
        return first
    raise AssertionError("no free ports")


def run(found: list[Example], folder: Path) -> list[str]:
    """Run examples in one shell in `folder`; return what each printed. One that fails ends the run."""
    bin_folder = folder.parent / "bin"
    bin_folder.mkdir()
    for name, words in (("comity", "-m comity"), ("python", "")):
        command = bin_folder / name
        command.write_text(f'#!/bin/sh\nexec "{sys.executable}" {words} "$@"\n')
        command.chmod(0o755)
    environment = {
        "PATH": f"{bin_folder}:{os.environ['PATH']}",
        "HOME": str(folder),
        "LC_ALL": "C.UTF-8",
        "PORT": str(free_ports(8)),
    }
    steps = "".join(f"printf '\\n{MARK} %s\\n' {number}\n{item.script}" for number, item in enumerate(found))
    shell = subprocess.Popen(
        ["bash", "-c", f"set -eu -o pipefail; exec 2>&1\n{steps}\nprintf '\\n{MARK} end\\n'"],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        printed, _ = shell.communicate(timeout=SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(shell.pid, signal.SIGTERM)
        printed, _ = shell.communicate(timeout=30)
    parts = printed.split(f"\n{MARK} ")[1:]
    assert parts, printed
    last = parts[-1].partition("\n")
    where = "" if last[0] == "end" else found[int(last[0])].where
    assert shell.returncode == 0, f"{where} failed with {shell.returncode}: {last[2]}"
    return [part.partition("\n")[2] for part in parts[:-1]]


def check(found: list[Example], folder: Path) -> None:
    folder.mkdir()
    for item, printed in zip(found, run(found, folder), strict=True):
        if item.output is not None:
            found_difference = difference(item.output, printed, exact=item.exact)
            assert found_difference is None, f"{item.where}: {found_difference}; printed was:\n{printed}"


@pytest.mark.parametrize("journey", sorted(JOURNEYS))
def test_a_journey_through_the_documents_goes_as_they_say(journey: str, tmp_path: Path) -> None:
    check([item for page in JOURNEYS[journey] for item in examples(page)], tmp_path / "reader")


@pytest.mark.parametrize("page", ALONE, ids=[name_of(page) for page in ALONE])
def test_the_examples_of_a_page_go_as_it_says(page: Path, tmp_path: Path) -> None:
    if found := examples(page):
        check(found, tmp_path / "reader")


def test_an_exact_example_lets_no_day_and_no_number_vary() -> None:
    assert difference(("since 2018-10-01", "…"), "since 2018-10-01\nmore", exact=True) is None
    assert difference(("since 2018-10-01", "…"), "since 2019-10-01\nmore") is None
    assert difference(("since 2018-10-01", "…"), "since 2019-10-01\nmore", exact=True) is not None
    assert difference(("* … since 2018-10-01",), "* Budapest Convention: since 2018-10-01", exact=True) is None


def test_what_is_printed_otherwise_is_noticed() -> None:
    printed = "case 0cf303d6336d: received\n  2026-11-23T09:52:31Z  entry 48\nend"
    assert difference(("case aaaaaaaaaaaa: received", "…", "end"), printed) is None
    assert difference(("case aaaaaaaaaaaa: received", "  2025-01-01T00:00:00Z  entry 7", "end"), printed) is None
    for expected in (
        ("case aaaaaaaaaaaa: opened", "…"),
        ("case aaaaaaaaaaaa: received", "end"),
        ("case aaaaaaaaaaaa: received",),
        ("…", "end", "more"),
        (),
    ):
        assert difference(expected, printed) is not None
