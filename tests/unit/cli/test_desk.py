"""What the desk's commands read from files before they ask a node."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from comity.cli.desk import read_said
from comity.cli.main import cli
from comity.errors import MalformedError
from comity.node import desk_client

BODY = {"by": "XAA", "text": "A drill."}


def written(folder: Path, value: object) -> Path:
    path = folder / "said.json"
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


def test_a_record_says_what_it_is_and_a_body_alone_has_to_be_named(tmp_path: Path) -> None:
    record = {"kind": "notification", "body": BODY, "id": "00"}
    assert read_said(written(tmp_path, record), None)[:2] == ("notification", BODY)
    assert read_said(written(tmp_path, record), "notification")[:2] == ("notification", BODY)
    drafted = record | {"subject": "ab", "follows": ["cd"]}
    assert read_said(written(tmp_path, drafted), None)[2] == drafted
    assert read_said(written(tmp_path, BODY), "notification")[:2] == ("notification", BODY)
    # A member of that name does not make a body a record.
    conforming = {"kind": "arrest", "participant": "XAA"}
    assert read_said(written(tmp_path, conforming), "conforming-act")[:2] == ("conforming-act", conforming)


def test_a_body_without_a_kind_and_a_record_of_another_kind_are_refused(tmp_path: Path) -> None:
    with pytest.raises(MalformedError, match="holds a body alone; name what it is with --kind"):
        read_said(written(tmp_path, BODY), None)
    with pytest.raises(MalformedError, match="is a record of kind 'ping', not 'claim'"):
        read_said(written(tmp_path, {"kind": "ping", "body": BODY}), "claim")


def test_what_a_statement_belongs_to_and_follows_reaches_the_node(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []

    class Client:
        def post(self, *path: str, body: object) -> dict[str, object]:
            asked.append((path, body))
            return {"draft": 7}

    @contextmanager
    def session(node: Path, officer: str, passphrase: str) -> Iterator[Client]:
        asked.append((node, officer, passphrase))
        yield Client()

    monkeypatch.setattr(desk_client, "desk_session", session)
    (tmp_path / "passphrase").write_text("correct horse\n")
    login = ["--node", str(tmp_path), "--officer", "maria", "--passphrase-file", str(tmp_path / "passphrase")]
    said = ["say", str(written(tmp_path, BODY)), "--kind", "consent", "--subject", "ab"]
    done = CliRunner().invoke(cli, ["desk", *login, *said, "--follows", "c", "--follows", "d"])
    assert (done.output, done.exception) == ("draft 7\n", None)
    wanted = {"kind": "consent", "body": BODY, "subject": "ab", "follows": ["c", "d"]}
    assert asked == [(tmp_path, "maria", "correct horse"), (("public-statements",), wanted)]
