"""What `comity verify` shows beside its report."""

import io
import sys
from pathlib import Path

import pytest

from comity.cli import verify


class Terminal(io.StringIO):
    """A stream that says that a person watches it."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(verify, "_SHOW_PROGRESS_BYTES", 1000)
    path = tmp_path / "dossier.zip"
    path.write_bytes(bytes(1001))
    return path


def test_a_large_dossier_shows_how_far_it_was_read_on_stderr(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    with verify._progress(file) as progress:
        assert progress is not None
        progress(1001)
    assert "Checking" in terminal.getvalue()
    assert "100%" in terminal.getvalue()
    assert capsys.readouterr().out == ""


def test_a_small_one_shows_nothing(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_bytes(bytes(1000))
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    with verify._progress(file) as progress:
        assert progress is None
    assert terminal.getvalue() == ""


def test_nobody_watching_is_shown_nothing(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with verify._progress(file) as progress:
        assert progress is None
    assert capsys.readouterr() == ("", "")
