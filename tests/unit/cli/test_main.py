"""What the command line does with errors that no room explains."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

FULL = Path("/dev/full")


@pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("words", [["--help"], ["law", "gaps"], ["treaty", "status", "hanoi", "--csv"]])
def test_a_full_disk_under_the_output_is_told_in_one_line(words: list[str], tmp_path: Path) -> None:
    with FULL.open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "comity", *words],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "XDG_DATA_HOME": str(tmp_path)},
            check=False,
        )
    assert done.returncode == 74
    assert done.stderr.strip() == "comity: the output cannot be written: No space left on device"
