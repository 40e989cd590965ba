"""The observatory's commands, as somebody types them: an exercise ledger, a claim, the reply, and no rank anywhere."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from comity.cli.main import cli
from comity.errors import NotFoundError
from support.conduct_records import claim, operation, reply


def run(*words: str) -> str:
    done = CliRunner().invoke(cli, ["conduct", *words], catch_exceptions=True)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.stdout


@pytest.fixture
def observatory(tmp_path: Path) -> str:
    folder = tmp_path / "obs"
    run("--folder", str(folder), "init", "--exercise", str(folder))
    happened = operation()
    said = claim(happened)
    answered = reply(happened, [said])
    lines = "\n".join(json.dumps(record.to_json()) for record in (happened, said, answered))
    (tmp_path / "records.jsonl").write_text(f"{lines}\n", encoding="utf-8")
    run("--folder", str(folder), "import", "records", str(tmp_path / "records.jsonl"))
    return str(folder)


def test_a_claim_is_listed_with_its_reply(observatory: str) -> None:
    listed = run("--folder", observatory, "claims")
    assert "claims" in listed
    assert "reply:" in listed


def test_everything_is_there_as_data(observatory: str) -> None:
    assert json.loads(run("--folder", observatory, "operations", "--json"))


def test_a_report_is_one_file_without_a_script(observatory: str, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    run("--folder", observatory, "report", "state", "XAA", "-o", str(page))
    text = page.read_text(encoding="utf-8")
    assert "<script" not in text
    assert "Content-Security-Policy" in text
    assert "<table" in text


def test_an_unknown_source_and_an_empty_place_are_told(observatory: str, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        run("--folder", observatory, "show", "0" * 64)
    with pytest.raises(NotFoundError):
        run("--folder", str(tmp_path / "nowhere"), "claims")
