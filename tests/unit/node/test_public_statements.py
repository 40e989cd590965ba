"""Public statements beside the exchange: said by two officers, served beside the tiles, believed by place and key."""

import base64
import json
from hashlib import sha256
from typing import Any
from urllib.parse import quote

import pytest

from comity.errors import MalformedError, NotFoundError, PolicyError, TooLargeError
from comity.exchange.delivery import speak
from comity.exchange.statements import KINDS
from comity.kernel.canonical import JsonObject
from comity.kernel.envelope import SEALED_TYPE, STATEMENT_TYPE, parse_envelope, sign_envelope
from comity.kernel.key import Role
from comity.kernel.proof import parse_proof
from comity.kernel.statement import Statement, parse_statement
from comity.kernel.trust import parse_designation
from comity.log import public_statements as kept_statements
from comity.log.public_statements import MAX_PUBLIC_BYTES
from comity.log.reader import envelope_path
from comity.log.state import append_pending
from comity.node import desk, public_statements
from comity.node.followed import read_followed
from comity.node.inception import reissue_keys
from comity.node.keyring import generate_seeds
from comity.node.listeners import _desk
from comity.node.public_statements import read_public
from support.asgi import call
from support.nodes import APPROVER, ASKED, ASKER, DRAFTER, SECRET, Network, RunningNode

BODY: JsonObject = {"title": "Ferry bookings gone dark"}


def say(node: RunningNode, kind: str = "operation", body: JsonObject = BODY, **headers: object) -> str:
    """Let one officer draft and another approve a statement to the public."""
    number = desk.draft_public(node.node, node.drafter, kind=kind, body=body, **headers)  # type: ignore[arg-type]
    return node.approve(number)


def log(node: RunningNode, statement: Statement | None = None, **changes: object) -> str:
    """Log a public statement as a node that skips its own checks could, and return its id."""
    said = statement or public(node, **changes)
    assert node.approver.statement is not None
    spoken = speak(said, node.approver.statement, node.node.random)
    return log_bytes(node, spoken.envelope.encoded)


def log_bytes(node: RunningNode, data: bytes) -> str:
    envelope = parse_envelope(data)
    with node.node.database.transaction() as tx:
        append_pending(tx, b"\x01" + bytes.fromhex(envelope.id), data)
    return envelope.id


def public(node: RunningNode, **changes: object) -> Statement:
    values: dict[str, object] = {
        "kind": "operation",
        "issuer": node.authority,
        "to": (),
        "issued": node.now(),
        "exercise": True,
        "body": BODY,
    }
    return Statement(**(values | changes))  # type: ignore[arg-type]


# Saying


def test_what_two_officers_say_is_logged_served_and_read_by_a_follower(asker: RunningNode, asked: RunningNode) -> None:
    first = say(asked)
    second = say(asked, "claim", {"claimant": "XAB"}, subject=first, follows=(first,))
    assert read_public(asker.node, ASKED).statements == ()
    asked.checkpoint()
    asker.follow(asked)
    found = read_public(asker.node, ASKED)
    assert (found.notes, found.following) == ((), None)
    assert [(item.id, item.statement.kind, item.statement.body) for item in found.statements] == [
        (first, "operation", BODY),
        (second, "claim", {"claimant": "XAB"}),
    ]
    item = found.statements[1]
    assert (item.statement.subject, item.statement.follows, item.statement.to) == (first, (first,), ())
    assert item.index == asked.record(second).log_index
    assert item.logged_by.timestamp() == asked.record(second).logged_by
    served = asked.node.log_folder.read(envelope_path(second))
    assert served == item.envelope.encoded == asked.record(second).spoken.envelope.encoded


def test_a_public_statement_is_delivered_to_nobody_and_opens_no_case(asker: RunningNode) -> None:
    statement = say(asker)
    assert asker.rows("jobs_of_key", key=statement) == []
    assert asker.rows("cases", most=10) == []
    with pytest.raises(NotFoundError):
        desk.find_case(asker.node, statement)


def test_nobody_approves_an_own_draft_to_the_public(asker: RunningNode) -> None:
    number = desk.draft_public(asker.node, asker.approver, kind="operation", body=BODY)
    with pytest.raises(PolicyError, match="another officer must approve it"):
        asker.approve(number)
    with pytest.raises(PolicyError, match="may draft but not approve"):
        desk.approve(asker.node, asker.drafter, number)


@pytest.mark.parametrize("kind", [*sorted(KINDS), "keys"])
def test_no_kind_of_the_exchange_and_no_keys_are_said_to_the_public(asker: RunningNode, kind: str) -> None:
    with pytest.raises(PolicyError, match=f"a {kind} statement is not said to the public"):
        desk.draft_public(asker.node, asker.drafter, kind=kind, body={})


def test_a_case_is_not_said_to_the_public_by_naming_the_public_as_its_party(asker: RunningNode) -> None:
    for kind in ("request", "operation"):
        with pytest.raises(PolicyError, match="has a way of its own"):
            desk.draft(asker.node, asker.drafter, kind=kind, addressee="public", body={})


def test_a_sealed_statement_is_not_named_in_the_open(asker: RunningNode, asked: RunningNode) -> None:
    case = asker.ask(asked)
    for named in ({"subject": case}, {"follows": (case,)}):
        with pytest.raises(PolicyError, match=f"statement {case[:12]}… is sealed"):
            desk.draft_public(asker.node, asker.drafter, kind="operation", body=BODY, **named)


def test_a_statement_larger_than_others_keep_is_not_said(asker: RunningNode) -> None:
    body: JsonObject = {f"text_{number}": "x" * 65_000 for number in range(8)}
    with pytest.raises(TooLargeError, match=r"a public statement has .* bytes, at most"):
        desk.draft_public(asker.node, asker.drafter, kind="operation", body=body)


def test_the_largest_statement_that_is_said_is_kept_by_a_follower(asker: RunningNode, asked: RunningNode) -> None:
    limit = public_statements._payload_limit()
    body: JsonObject = {"a": "x" * (limit - len(public(asked, body={"a": ""}).encode()))}
    statement = say(asked, body=body)
    asked.checkpoint()
    asker.follow(asked)
    assert [item.id for item in read_public(asker.node, ASKED).statements] == [statement]
    assert len(asked.record(statement).spoken.envelope.encoded) <= MAX_PUBLIC_BYTES


def test_a_header_that_breaks_its_form_is_refused(asker: RunningNode) -> None:
    with pytest.raises(MalformedError):
        desk.draft_public(asker.node, asker.drafter, kind="Operation", body=BODY)
    with pytest.raises(MalformedError):
        desk.draft_public(asker.node, asker.drafter, kind="operation", body=BODY, subject="ab")


def test_the_flag_is_that_of_the_node(asker: RunningNode) -> None:
    assert asker.record(say(asker)).statement.exercise


# Reading


def test_own_public_statements_are_read_once_they_are_logged(asker: RunningNode) -> None:
    statement = say(asker)
    assert read_public(asker.node, ASKER).statements == ()
    asker.checkpoint()
    (found,) = read_public(asker.node, ASKER).statements
    assert (found.id, found.origin, found.index) == (statement, f"{ASKER}/log", asker.record(statement).log_index)


def test_reading_goes_on_where_it_stopped(asker: RunningNode, asked: RunningNode) -> None:
    said = [say(asked, body={"number": number}) for number in range(5)]
    asked.checkpoint()
    asker.follow(asked)
    seen, start = [], 0
    while True:
        found = read_public(asker.node, ASKED, start=start, most=2)
        seen += [item.id for item in found.statements]
        if found.following is None:
            break
        start = found.following
    assert seen == said


def test_only_a_recognised_authority_is_read(asker: RunningNode) -> None:
    with pytest.raises(PolicyError, match="is not recognised here"):
        read_public(asker.node, "xyz.nobody")


def test_what_a_stranger_signed_does_not_count_though_it_is_logged(asker: RunningNode, asked: RunningNode) -> None:
    stranger = generate_seeds().pair(ASKED, Role.STATEMENT)
    log_bytes(asked, sign_envelope(STATEMENT_TYPE, public(asked).encode(), [stranger]).encoded)
    log_bytes(asked, sign_envelope(STATEMENT_TYPE, public(asked).encode(), [asked.keys.service]).encoded)
    asked.checkpoint()
    asker.follow(asked)
    found = read_public(asker.node, ASKED)
    assert found.statements == ()
    assert "which no keys statement of xab.centre designates" in found.notes[0]
    assert "the service key of xab.centre may not say 'operation'" in found.notes[1]


def test_the_key_that_counts_is_the_one_at_the_statements_place(asker: RunningNode, asked: RunningNode) -> None:
    before = log(asked)
    asked.checkpoint()
    assert asked.approver.statement is not None
    key = asked.approver.statement.public.key_ids()[0]
    reissue_keys(asked.directory, asked.root, revoke=key[:16], now=asked.now())
    log(asked, body={"title": "After the key was revoked"})
    asked.checkpoint()
    asker.follow(asked)
    found = read_public(asker.node, ASKED)
    assert [item.id for item in found.statements] == [before]
    assert len(found.notes) == 1
    assert "was revoked" in found.notes[0]


def test_live_statements_are_not_read_in_an_exercise(asker: RunningNode, asked: RunningNode) -> None:
    log(asked, exercise=False)
    asked.checkpoint()
    asker.follow(asked)
    assert read_public(asker.node, ASKED).statements == ()
    (note,) = read_public(asker.node, ASKED).notes
    assert "a live statement, which an exercise node does not read" in note


def test_a_statement_that_says_that_it_is_anothers_does_not_count(asker: RunningNode, asked: RunningNode) -> None:
    log(asked, public(asked, issuer=ASKER))
    asked.checkpoint()
    asker.follow(asked)
    (note,) = read_public(asker.node, ASKED).notes
    assert note.endswith(f"says that it is of {ASKER}")


def test_a_statement_to_named_authorities_is_no_public_one(asker: RunningNode, asked: RunningNode) -> None:
    assert asked.approver.statement is not None
    payload = public(asked, to=(ASKER,)).encode()
    log_bytes(asked, sign_envelope(STATEMENT_TYPE, payload, [asked.approver.statement]).encoded)
    asked.checkpoint()
    asker.follow(asked)
    (note,) = read_public(asker.node, ASKED).notes
    assert "a public entry for a statement to named authorities" in note


def test_what_is_signed_as_sealed_is_no_public_statement(asker: RunningNode, asked: RunningNode) -> None:
    assert asked.approver.statement is not None
    log_bytes(asked, sign_envelope(SEALED_TYPE, public(asked).encode(), [asked.approver.statement]).encoded)
    asked.checkpoint()
    asker.follow(asked)
    found = read_public(asker.node, ASKED)
    assert found.statements == ()
    assert "a public entry for a sealed statement" in found.notes[0]


@pytest.mark.parametrize(
    ("column", "note"), [("proof", "its proof is for entry"), ("envelope", "does not lead to the root of the tree")]
)
def test_what_was_put_at_anothers_place_in_the_store_does_not_count(
    asker: RunningNode, asked: RunningNode, column: str, note: str
) -> None:
    first, second = (say(asked, body={"number": number}) for number in range(2))
    asked.checkpoint()
    asker.follow(asked)
    with asker.node.database.transaction() as tx:
        other = f"SELECT p.{column} FROM peer_public AS p WHERE p.statement_id = '{second}'"
        tx.apply(f"UPDATE peer_public SET {column} = ({other}) WHERE statement_id = '{first}'")
    found = read_public(asker.node, ASKED)
    assert [item.index for item in found.statements] == [asked.record(second).log_index]
    assert note in found.notes[0]


def test_an_unknown_kind_is_read_and_left_to_whoever_knows_kinds(asker: RunningNode, asked: RunningNode) -> None:
    say(asked, "weather-report", {"sky": "clear"})
    asked.checkpoint()
    asker.follow(asked)
    assert [item.statement.kind for item in read_public(asker.node, ASKED).statements] == ["weather-report"]


def test_what_is_too_large_is_noted_and_following_goes_on(
    asker: RunningNode, asked: RunningNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_statements, "MAX_PUBLIC_BYTES", 20_000)
    log(asked, body={"text": "x" * 20_000})
    small = log(asked)
    asked.checkpoint()
    asker.follow(asked)
    found = read_public(asker.node, ASKED)
    assert [item.id for item in found.statements] == [small]
    assert "bytes, at most 20000 are kept" in found.notes[0]


def test_of_one_peer_only_so_much_is_kept(
    asker: RunningNode, asked: RunningNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = [log(asked, body={"number": number}) for number in range(3)]
    size = len(asked.node.authority) + 9_000
    monkeypatch.setattr(kept_statements, "MAX_PEER_BYTES", size)
    asked.checkpoint()
    asker.follow(asked)
    found = read_public(asker.node, ASKED)
    kept = [item.id for item in found.statements]
    assert kept == said[: len(kept)]
    assert 0 < len(kept) < 3
    assert all("of this log are kept already" in note for note in found.notes)


def test_keys_statements_are_none_of_these(asker: RunningNode, asked: RunningNode) -> None:
    reissue_keys(asked.directory, asked.root, now=asked.now())
    asked.checkpoint()
    asker.follow(asked)
    assert read_public(asker.node, ASKED).statements == ()
    assert read_public(asked.node, ASKED).statements == ()
    assert asker.node.designation(ASKED).number == 3


# Serving


def test_a_follower_serves_the_public_statements_of_the_log_that_it_follows(
    network: Network, asker: RunningNode, asked: RunningNode
) -> None:
    statement = say(asked)
    asked.checkpoint()
    digest = sha256(f"{ASKED}/log".encode()).hexdigest()
    with pytest.raises(NotFoundError):
        read_followed(asker.node, digest, envelope_path(statement))
    asker.follow(asked)
    data = read_followed(asker.node, digest, envelope_path(statement))
    assert parse_envelope(data).id == statement
    with pytest.raises(NotFoundError):
        read_followed(asker.node, digest, f"envelope/00/{statement}")


# The desk


def at_desk(node: RunningNode, officer: str, method: str, path: str, body: Any = None) -> Any:
    """Call the desk in a session of its own; return the answer, or the status where it is no success."""
    app = _desk(node.service)
    login = json.dumps({"officer": officer, "passphrase": SECRET}).encode()
    token = call(app, "POST", "/sessions", body=login).json["token"]
    data = b"" if body is None else json.dumps(body).encode()
    reply = call(app, method, path, body=data, headers={"authorization": f"Bearer {token}"})
    return reply.json if reply.status in {200, 201} else reply.status


def test_officers_say_and_read_public_statements_at_the_desk(asked: RunningNode) -> None:
    drafted = at_desk(asked, DRAFTER, "POST", "/public-statements", {"kind": "operation", "body": BODY})
    done = at_desk(asked, APPROVER, "POST", f"/drafts/{drafted['draft']}/approve")
    asked.checkpoint()
    found = at_desk(asked, DRAFTER, "GET", f"/public-statements/{ASKED}?from=0")
    (listed,) = found["statements"]
    assert (listed["id"], found["notes"], found["following"]) == (done["statement"], [], None)
    envelope = parse_envelope(base64.b64decode(listed["envelope"]))
    assert (envelope.id, parse_statement(envelope.payload).body) == (done["statement"], BODY)
    (keys,) = found["keys"]
    designation = parse_designation(parse_statement(parse_envelope(base64.b64decode(keys["envelope"])).payload))
    assert designation == asked.node.designation(ASKED)
    parse_proof(base64.b64decode(keys["proof"]))
    after = int(listed["index"]) + 1
    assert at_desk(asked, DRAFTER, "GET", f"/public-statements/{ASKED}?from={after}")["statements"] == []


@pytest.mark.parametrize("start", ["-1", "x", "", "9" * 30, "٣"])
def test_what_is_no_index_of_an_entry_is_refused_at_the_desk(asked: RunningNode, start: str) -> None:
    assert at_desk(asked, DRAFTER, "GET", f"/public-statements/{ASKED}?from={quote(start)}") == 400


def test_a_delivered_public_statement_is_refused(asker: RunningNode, asked: RunningNode) -> None:
    assert asker.approver.statement is not None
    spoken = speak(public(asker), asker.approver.statement, asker.node.random)
    with pytest.raises(MalformedError):
        asked.encrypted(spoken)
