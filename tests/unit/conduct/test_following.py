"""An observatory follows the logs of whole nodes with a trust folder of its own; what they say becomes its records."""

import json
import os
import shutil
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from comity.cli import conduct_follow
from comity.cli.main import cli
from comity.conduct import following
from comity.conduct.commitments.drill import answer_ping, make_ping
from comity.conduct.commitments.drill_service import make_service
from comity.conduct.commitments.statements import Ping
from comity.conduct.following import FollowedLogs
from comity.conduct.inquiry.statements import Interest, Mandate
from comity.conduct.inquiry.trail import check_trail
from comity.conduct.record import record_id
from comity.conduct.statements import Body, Claim, Correction, Operation, Speaker, Subject, encode_body
from comity.errors import (
    ConflictError,
    Error,
    MalformedError,
    NotFoundError,
    PolicyError,
    StoreError,
    UnavailableError,
    VerificationError,
)
from comity.kernel.statement import parse_statement
from comity.kernel.trust import parse_designation
from comity.log.public_statements import read_followed
from comity.log.reader import Fetch, envelope_path
from comity.log.state import append_pending
from comity.node import desk
from comity.node.inception import load_card, reissue_keys
from comity.parties.trust_folder import add_recognition, load_trust
from comity.store.database import Value
from comity.store.lock import ProcessLock
from support.node_inquiries import OPERATION, known, publish_inquiry, state
from support.nodes import ASKED, ASKER, START, THIRD, Network, RunningNode, recognition_of

ON = START.date().isoformat()
RETRACTION: dict[str, Any] = {"kind": "retraction", "by": state("XAA"), "said": ON, "reason": "It was wrong."}


@pytest.fixture
def observatory(network: Network, tmp_path: Path) -> Path:
    folder = tmp_path / "observatory"
    run("init", str(folder), "--exercise")
    for node in network.three:
        add_recognition(folder / "trust", recognition_of(load_card(node.directory)))
    return folder


def call(*words: str) -> Result:
    done = CliRunner().invoke(cli, ["conduct", *words])
    if isinstance(done.exception, Error):
        raise done.exception
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


def run(*words: str) -> str:
    return call(*words).stdout


def follow(observatory: Path, node: RunningNode, *words: str) -> Any:
    log = str(node.directory / "log")
    told = run(
        *("--folder", str(observatory), "follow", node.authority, "--log-files", log, "--on", ON, "--json", *words)
    )
    return json.loads(told)


def say(node: RunningNode, kind: str, body: Body, subject: str | None = None, follows: tuple[str, ...] = ()) -> str:
    number = desk.draft_public(
        node.node, node.drafter, kind=kind, body=encode_body(body), subject=subject, follows=follows
    )
    return node.approve(number)


def test_what_a_followed_log_says_becomes_records_that_lead_back_to_it(network: Network, observatory: Path) -> None:
    claimant = network.three[0]
    statement = say(claimant, "operation", OPERATION)
    claimant.checkpoint()
    first = follow(observatory, claimant)
    assert (first["new"], first["known"], first["problems"], first["notes"]) == (1, 0, {}, [])
    assert follow(observatory, claimant)["known"] == 1
    record = record_id("operation", encode_body(OPERATION))
    shown = json.loads(run("--folder", str(observatory), "show", record, "--json"))
    (came,) = shown["provenances"]
    assert came == {
        "origin": "statement",
        "source": ASKER,
        "digest": statement,
        "place": str(claimant.record(statement).log_index),
        "on": ON,
    }


def test_what_was_pulled_before_a_crash_comes_into_the_ledger_in_the_next_run(
    network: Network, observatory: Path
) -> None:
    node = network.three[0]
    say(node, "operation", OPERATION)
    node.checkpoint()
    with FollowedLogs.open(observatory / "logs.db", load_trust(observatory / "trust"), exercise=True) as logs:
        logs.pull(ASKER, node.node.log_folder.read, now=0)
    assert follow(observatory, node)["new"] == 1


@pytest.mark.parametrize(
    ("world", "problem"),
    [
        ((), "is an address of this machine or of a private network; no peer is asked there"),
        (("--exercise",), "does not answer"),
    ],
)
def test_only_an_exercise_asks_this_machine(
    network: Network, tmp_path: Path, world: tuple[str, ...], problem: str
) -> None:
    folder = tmp_path / "inward"
    run("init", str(folder), *world)
    card = load_card(network.three[0].directory)
    add_recognition(folder / "trust", replace(recognition_of(card), url="http://127.0.0.1:1"))
    done = CliRunner().invoke(cli, ["conduct", "--folder", str(folder), "follow"])
    assert isinstance(done.exception, UnavailableError)
    assert problem in done.stderr


def test_one_log_that_cannot_be_followed_does_not_hold_up_the_others(network: Network, observatory: Path) -> None:
    claimant, other, _ = network.three
    said, others = (
        say(claimant, "operation", OPERATION),
        say(other, "operation", Operation(title="B", category="other")),
    )
    for node in (claimant, other):
        node.checkpoint()
    served = claimant.node.log_folder.read

    def tampered(path: str) -> bytes:
        return b"{}" if path == envelope_path(said) else served(path)

    with FollowedLogs.open(observatory / "logs.db", load_trust(observatory / "trust"), exercise=True) as logs:
        with pytest.raises(VerificationError, match="serves other bytes for statement"):
            logs.pull(ASKER, tampered, now=0)
        logs.pull(ASKED, other.node.log_folder.read, now=0)
        assert [item.id for read in logs.statements() for item in read.statements] == [others]
        # What was refused once is asked for again.
        logs.pull(ASKER, served, now=0)
        assert [item.id for read in logs.statements() for item in read.statements] == [said, others]


def test_of_several_logs_those_that_can_be_followed_are_and_a_broken_disk_ends_the_run(
    network: Network, observatory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = network.three[1]
    say(other, "operation", OPERATION)
    other.checkpoint()
    broken: Error = UnavailableError("does not answer")

    def over_http(_transport: object, _logs: object, authority: str) -> Fetch:
        def fetch(path: str) -> bytes:
            if authority == ASKED:
                return other.node.log_folder.read(path)
            raise broken

        return fetch

    monkeypatch.setattr(conduct_follow, "_over_http", over_http)
    done = call("--folder", str(observatory), "follow", "--on", ON)
    assert done.exit_code == 0
    assert [line.partition(":")[0] for line in done.stderr.splitlines()] == ["EXERCISE", ASKER, THIRD]
    assert "ledger: 1 new records" in done.stdout
    broken = StoreError("reading: the disk failed")
    with pytest.raises(StoreError, match="the disk failed"):
        call("--folder", str(observatory), "follow", "--on", ON)


def test_a_log_whose_keys_do_not_follow_each_other_gives_a_note_and_no_statement(
    network: Network, observatory: Path
) -> None:
    claimant, other, _ = network.three
    say(claimant, "operation", OPERATION)
    others = say(other, "operation", Operation(title="B", category="other"))
    for node in (claimant, other):
        node.checkpoint()
        follow(observatory, node)
    with FollowedLogs.open(observatory / "logs.db", load_trust(observatory / "trust"), exercise=True) as logs:
        with logs._database.transaction() as tx:
            tx.apply(f"UPDATE designation SET log_index = 1 WHERE authority = '{ASKER}' AND number = 1")
        found = list(logs.statements())
    assert [item.id for read in found for item in read.statements] == [others]
    (note,) = [note for read in found for note in read.notes]
    assert note == f"{ASKER}/log: keys statements of {ASKER} numbered 1 and 2 do not follow each other"


def test_an_unknown_authority_a_log_of_several_and_no_trust_folder_are_refused(
    network: Network, observatory: Path, tmp_path: Path
) -> None:
    where = ("--folder", str(observatory), "follow")
    with pytest.raises(PolicyError, match=r"xdd\.centre is not in the trust folder of the observatory; add its card"):
        run(*where, "xdd.centre")
    done = CliRunner().invoke(cli, ["conduct", *where, "xdd.centre", "--log-files", str(tmp_path)])
    assert "xdd.centre: xdd.centre is not in the trust folder of the observatory" in done.stderr
    with pytest.raises(MalformedError, match="--log-files is the log of one authority; name it"):
        run(*where, "--log-files", str(tmp_path))
    with pytest.raises(UnavailableError, match="no log could be followed; what was held before is kept"):
        run(*where, ASKED, "--log-files", str(network.three[0].directory / "log"))
    run("init", str(tmp_path / "bare"), "--exercise")
    with pytest.raises(NotFoundError, match="there is no trust folder"):
        run("--folder", str(tmp_path / "bare"), "follow")


def test_evidence_of_misbehaviour_is_told_and_written_for_others_to_check(
    network: Network, observatory: Path, tmp_path: Path
) -> None:
    node = network.three[0]
    node.checkpoint()
    follow(observatory, node)
    trust = load_trust(observatory / "trust")
    with (
        FollowedLogs.open(observatory / "logs.db", trust, exercise=True) as logs,
        logs._database.transaction() as tx,
    ):
        kept: dict[str, Value] = {"authority": ASKER, "about": "keys 2", "found": 0, "evidence": b'{"kind":"made"}'}
        tx.run("statement_evidence_add", kept)
    found = follow(observatory, node, "--evidence", str(tmp_path / "evidence"))
    assert [Path(path).read_bytes() for path in found["evidence"]] == [b'{"kind":"made"}']
    assert follow(observatory, node, "--evidence", str(tmp_path / "evidence"))["evidence"] == found["evidence"]
    assert len(list((tmp_path / "evidence").iterdir())) == 1
    told = call("--folder", str(observatory), "follow", ASKER, "--log-files", str(node.directory / "log"))
    assert "1 pieces of evidence of misbehaviour are kept" in told.stderr


def test_a_log_that_has_no_end_holds_up_the_others_only_so_long(
    network: Network, observatory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = network.three[0]
    say(node, "operation", OPERATION)
    node.checkpoint()
    where = ("--folder", str(observatory), "follow", ASKER, "--log-files", str(node.directory / "log"), "--on", ON)
    monkeypatch.setattr(conduct_follow, "_PULL_SECONDS", -1)
    done = CliRunner().invoke(cli, ["conduct", *where])
    assert "and not to its end; what was read is kept, and the next run goes on there" in done.stderr
    assert isinstance(done.exception, UnavailableError)
    monkeypatch.undo()
    assert "ledger: 1 new records" in run(*where)


def test_files_that_somebody_handed_over_are_read_within_bounds(network: Network, observatory: Path) -> None:
    node = network.three[0]
    files = observatory / "files"
    shutil.copytree(node.directory / "log", files)
    where = ["conduct", "--folder", str(observatory), "follow", ASKER, "--log-files", str(files)]
    (files / "checkpoint").write_bytes(bytes(5 * 1024 * 1024))
    assert "has more than 4194304 bytes" in CliRunner().invoke(cli, where).stderr
    (files / "checkpoint").unlink()
    os.mkfifo(files / "checkpoint")
    assert "checkpoint is no file" in CliRunner().invoke(cli, where).stderr


def test_one_run_follows_at_a_time(network: Network, observatory: Path) -> None:
    network.three[0].checkpoint()
    with ProcessLock(observatory / "logs.lock"), pytest.raises(ConflictError, match="another process holds"):
        follow(observatory, network.three[0])
    assert follow(observatory, network.three[0])["problems"] == {}


def test_what_a_name_hides_neither_moves_the_cursor_nor_turns_the_line(network: Network, observatory: Path) -> None:
    node = network.three[0]
    say(node, "operation", OPERATION)
    about = [Subject(level="state", name="State XAB", participant="XAB")]
    hidden = Speaker(name="State \u202eXAC\u009b2J", kind="organisation")
    operation = record_id("operation", encode_body(OPERATION))
    say(node, "claim", Claim(operation=operation, claimant=hidden, polarity="asserts", about=about))
    node.checkpoint()
    told = call("--folder", str(observatory), "follow", ASKER, "--log-files", str(node.directory / "log"), "--on", ON)
    assert "taken, as what State \ufffdXAC\ufffd2J says in the words of xaa.centre" in told.stderr


def test_a_statement_that_is_logged_again_is_read_once_at_its_first_place(
    network: Network, observatory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = network.three[0]
    said = [say(node, "operation", OPERATION), say(node, "operation", Operation(title="B", category="other"))]
    node.checkpoint()
    places = [node.record(statement).log_index for statement in said]
    for _ in range(2):
        with node.node.database.transaction() as tx:
            again = node.record(said[0]).spoken
            append_pending(tx, again.entry, again.envelope.encoded)
        node.checkpoint()
    follow(observatory, node)
    monkeypatch.setattr(following, "read_followed", partial(read_followed, most=1))
    with FollowedLogs.open(observatory / "logs.db", load_trust(observatory / "trust"), exercise=True) as logs:
        found = [(item.id, item.index) for read in logs.statements() for item in read.statements]
    assert found == list(zip(said, places, strict=True))


def test_only_the_kinds_that_are_asked_for_are_verified(network: Network, observatory: Path) -> None:
    node = network.three[0]
    said = [say(node, "operation", OPERATION), say(node, "weather-report", OPERATION)]
    node.checkpoint()
    follow(observatory, node)
    with FollowedLogs.open(observatory / "logs.db", load_trust(observatory / "trust"), exercise=True) as logs:

        def ids(*kinds: str) -> list[str]:
            return [item.id for read in logs.statements(kinds) for item in read.statements]

        assert ids("operation") == said[:1]
        assert ids("operation", "weather-report") == said
        assert ids("ping") == ids() == []
        with logs._database.transaction() as tx:
            # As a version kept it that noted no kinds.
            tx.apply(f"UPDATE peer_public SET kind = NULL WHERE statement_id = '{said[1]}'")
        assert ids("ping") == []
        assert ids("operation", "weather-report") == said


def pinged(network: Network) -> tuple[Ping, str]:
    body = make_ping(by="XAA", to="XAB", point="Desk", nonce=bytes(32), sent=network.clock.now, window_seconds=3600)
    return body, say(network.three[0], "ping", body)


def drills(observatory: Path, network: Network, *, after: timedelta) -> Any:
    for node in network.three:
        follow(observatory, node)
    at = (network.clock.now + after).strftime("%Y-%m-%dT%H:%M:%SZ")
    (row,) = json.loads(run("--folder", str(observatory), "drill", "table", "--at", at, "--json"))["drills"]
    return row


def test_a_drill_is_proven_from_followed_logs_from_ping_to_answer(network: Network, observatory: Path) -> None:
    _, asked, _ = network.three
    body, ping = pinged(network)
    network.checkpoint()
    assert drills(observatory, network, after=timedelta(days=1))["state"] == "not_served"
    say(asked, "drill-service", make_service(body, by="XAB", how="receipt", point="Night desk"))
    network.checkpoint()
    row = drills(observatory, network, after=timedelta(minutes=1))
    assert (row["state"], row["served"]["by"], row["ping_statement"]["id"]) == ("waiting", "receipt", ping)
    assert drills(observatory, network, after=timedelta(days=1))["state"] == "presumed_silent"
    answer = answer_ping(body, point="Night desk", answered=network.clock.now)
    said = say(asked, "ping-answer", answer, follows=(ping,))
    network.checkpoint()
    row = drills(observatory, network, after=timedelta(days=1))
    assert (row["state"], row["answer_statement"]["id"]) == ("answered", said)
    assert row["proven_seconds"] > 0
    assert any("the answer was made after the ping" in text for text in row["proven"])


def test_a_tender_counts_from_a_third_participant_and_a_receipt_from_whom_it_went_to(
    network: Network, observatory: Path
) -> None:
    asker, _, third = network.three
    body, _ = pinged(network)
    for by, how in (("XAC", "receipt"), ("XAA", "tendered"), ("XAB", "tendered")):
        with pytest.raises(PolicyError):
            make_service(body, by=by, how=how, point="Desk")  # type: ignore[arg-type]
    # Said all the same, by somebody's own program, it shows nothing.
    forged = make_service(body, by="XAB", how="receipt", point="Desk")
    say(asker, "drill-service", forged)
    network.checkpoint()
    assert drills(observatory, network, after=timedelta(days=1))["state"] == "not_served"
    say(third, "drill-service", make_service(body, by="XAC", how="tendered", point="Watch"))
    network.checkpoint()
    row = drills(observatory, network, after=timedelta(days=1))
    assert (row["state"], row["served"]["by"]) == ("presumed_silent", "tendered")


def test_that_a_ping_was_served_is_entered_and_printed_to_be_said(observatory: Path) -> None:
    where = ("--folder", str(observatory), "drill")
    asked = ("--point", "Desk", "--at", f"{ON}T09:00:00Z")
    ping = json.loads(run(*where, "ping", "XAA", "XAB", *asked))["id"]
    told = json.loads(run(*where, "served", ping, "--by", "XAB", "--how", "receipt", *asked))
    assert (told["kind"], told["body"]) == (
        "drill-service",
        {"of": ping, "by": "XAB", "how": "receipt", "point": "Desk"},
    )
    with pytest.raises(PolicyError, match="a receipt for what went to XAB is said by XAB, not by XAC"):
        run(*where, "served", ping, "--by", "XAC", "--how", "receipt", *asked)
    # Told by a record alone, it proves nothing.
    row = json.loads(run(*where, "table", "--at", f"{ON}T12:00:00Z", "--json"))["drills"][0]
    assert row["state"] == "not_served"


def test_an_inquiry_is_shown_from_followed_logs_and_a_folder_is_checked_against_them(
    network: Network, observatory: Path, tmp_path: Path
) -> None:
    claimant, _, investigator = network.three
    say(claimant, "operation", OPERATION)
    mandate = Mandate(
        operation=record_id("operation", encode_body(OPERATION)),
        given_by=Speaker(name="Council of the Belt Conference", kind="organisation"),
        basis="resolution 4",
        investigator=THIRD,
        members=["member A"],
        scope="Where the sessions came from.",
        accused=["XAB"],
        standard_of_proof="clear and convincing",
        answer_days=3,
    )
    inquiry = say(investigator, "mandate", mandate)
    folder = tmp_path / "inquiry"
    folder.mkdir()
    (folder / "1.json").write_bytes(investigator.record(inquiry).spoken.envelope.encoded)
    where = ("--folder", str(observatory), "investigate")
    assert json.loads(run(*where, str(folder), "--json"))["label"].startswith("as the files say")
    with pytest.raises(NotFoundError, match="the followed logs hold no mandate with an id that begins with"):
        run(*where, inquiry[:12])
    network.checkpoint()
    interest = say(investigator, "interest", Interest(member="member A", declares="nothing"), inquiry, (inquiry,))
    (folder / "2.json").write_bytes(investigator.record(interest).spoken.envelope.encoded)
    follow(observatory, investigator)
    told = run(*where, inquiry[:12])
    assert told.startswith("as the followed logs hold it: each statement was checked there")
    assert f"EXERCISE: inquiry {inquiry}: opened" in told
    assert run(*where, record_id("mandate", encode_body(mandate))[:12]) == told
    assert "interests of member A" not in told
    both = json.loads(run(*where, str(folder), "--json"))
    assert both["label"].startswith("1 of 2 statements were checked against followed logs")
    assert len(both["interests"]) == 1
    repeated = say(claimant, "mandate", mandate)
    claimant.checkpoint()
    follow(observatory, claimant)
    with pytest.raises(NotFoundError, match=f"2 mandates have an id .*; name one: {repeated} of {ASKER}, {inquiry} of"):
        run(*where, record_id("mandate", encode_body(mandate)))
    assert f"inquiry {inquiry}: opened" in run(*where, inquiry)


def test_nobody_keeps_a_trail_from_being_written_by_what_they_say_beside_it(
    network: Network, observatory: Path, tmp_path: Path
) -> None:
    inquiry = publish_inquiry(network)
    claimant = network.three[0]
    about = [Subject(level="state", name="State XAB", participant="XAB")]
    claim = Claim(
        operation=record_id("operation", encode_body(OPERATION)), claimant=state("XAA"), polarity="asserts", about=about
    )
    astray = say(claimant, "claim", claim, subject=inquiry)
    retracted = Correction(corrects=record_id("claim", encode_body(claim)), **RETRACTION)
    uncalled = Correction(corrects="ab" * 32, **RETRACTION)
    called = [astray, say(claimant, "correction", retracted)]
    for body in (uncalled, Correction(corrects=record_id("correction", encode_body(uncalled)), **RETRACTION)):
        say(claimant, "correction", body)
    bodies = {item.statement.kind: item.statement.body for item in known(claimant)}
    for kind, inner in (("inquiry-finding", "finding"), ("inquiry-reply", "reply")):
        carried: Any = bodies[kind][inner]
        called.append(say(claimant, "correction", Correction(corrects=record_id(inner, carried), **RETRACTION)))
    again = Correction(corrects=record_id("correction", encode_body(retracted)), **RETRACTION)
    called.append(say(claimant, "correction", again))
    for _ in range(3):
        network.checkpoint()
        reissue_keys(claimant.directory, claimant.root, now=claimant.now())
    network.checkpoint()
    for node in network.three:
        follow(observatory, node)
    trust = load_trust(observatory / "trust")
    with FollowedLogs.open(observatory / "logs.db", trust, exercise=True) as logs:
        trail = logs.trail(inquiry, made_by=None, made_at=network.clock.now)
    beside = {
        item.envelope.id
        for item in trail.statements
        if parse_statement(item.envelope.payload).kind in {"claim", "correction"}
    }
    assert set(called) < beside
    assert len(beside) == len(called) + 1
    keys = [parse_designation(parse_statement(item.envelope.payload)) for item in trail.keys]
    # The last keys statement before what was said, and the first after it.
    assert [item.number for item in keys if item.authority == ASKER] == [2, 3]
    run("--folder", str(observatory), "investigate", inquiry[:12], "--trail", str(tmp_path / "finding.trail"))


def test_a_trail_is_written_from_followed_logs_and_checked_before_it_is_kept(
    network: Network, observatory: Path, tmp_path: Path
) -> None:
    inquiry = publish_inquiry(network)
    for node in network.three:
        follow(observatory, node)
    where = ("--folder", str(observatory), "investigate")
    trail = tmp_path / "finding.trail"
    told = run(*where, inquiry[:12], "--trail", str(trail))
    assert told.endswith("the finding is published; every check holds\n")
    report = check_trail(trail, observatory / "trust")
    assert (report.inquiry, report.state) == (inquiry, "published")
    with pytest.raises(ConflictError, match="is there already; nothing was written"):
        run(*where, inquiry[:12], "--trail", str(trail))
    with pytest.raises(MalformedError, match="no dossier, the container lacks this member"):
        run(*where, inquiry[:12], "--trail", str(tmp_path / "more"), "--dossier", str(trail))
    assert not list(tmp_path.glob("more*"))
    with pytest.raises(MalformedError, match="--dossier and --made-by go with --trail"):
        run(*where, inquiry[:12], "--made-by", "somebody")
    with pytest.raises(MalformedError, match="name the inquiry by the id of its mandate"):
        run(*where, str(tmp_path), "--trail", str(tmp_path / "more"))
    with pytest.raises(NotFoundError, match=r"there is no file or folder .*; an inquiry in the followed logs is named"):
        run(*where, str(tmp_path / inquiry[:12]))
    (tmp_path / "more.part").write_bytes(b"another's")
    with pytest.raises(ConflictError, match=r"more.part is there already; nothing was written"):
        run(*where, inquiry[:12], "--trail", str(tmp_path / "more"))
    assert (tmp_path / "more.part").read_bytes() == b"another's"
