"""The desk's listener: nothing without a session, nothing under another name, every refusal in one form."""

import json
from dataclasses import dataclass
from typing import Any

import pytest
from starlette.applications import Starlette

from comity.errors import MalformedError
from comity.node.desk_api import MAX_JSON_BYTES, NewSession
from comity.node.listeners import _desk
from comity.node.sessions import LIFETIME
from support.asgi import Reply, call
from support.nodes import APPROVER, ASKED, DRAFTER, SECRET, WRONG, Network, RunningNode, request


@dataclass
class Officer:
    """An officer at a desk; without a token, a stranger."""

    app: Starlette
    token: str = ""

    def call(self, method: str, path: str, body: Any = None, **options: Any) -> Reply:
        headers = {"authorization": f"Bearer {self.token}"} if self.token else {}
        data = body if isinstance(body, bytes | list) else b"" if body is None else json.dumps(body).encode()
        return call(self.app, method, path, body=data, headers=headers | options.pop("headers", {}), **options)

    def get(self, path: str) -> Any:
        reply = self.call("GET", path)
        assert reply.status == 200, reply.body
        assert reply.headers["cache-control"] == "no-store"
        return reply.json

    def post(self, path: str, body: Any = None) -> Any:
        reply = self.call("POST", path, body)
        assert reply.status == 201, reply.body
        return reply.json


def at_desk(node: RunningNode, officer: str) -> Officer:
    stranger = Officer(_desk(node.service))
    opened = stranger.post("/sessions", {"officer": officer, "passphrase": SECRET})
    return Officer(stranger.app, opened["token"])


@pytest.fixture
def stranger(asker: RunningNode) -> Officer:
    return Officer(_desk(asker.service))


@pytest.fixture
def maria(asker: RunningNode) -> Officer:
    return at_desk(asker, DRAFTER)


@pytest.fixture
def joao(asker: RunningNode) -> Officer:
    return at_desk(asker, APPROVER)


def is_error(reply: Reply, status: int, code: str) -> bool:
    return reply.status == status and set(reply.json) == {"error", "message"} and reply.json["error"] == code


ROUTES = [
    ("DELETE", "/sessions"),
    ("POST", "/drafts"),
    ("GET", "/drafts"),
    ("POST", "/drafts/1/approve"),
    ("POST", "/public-statements"),
    ("GET", "/public-statements/xab.centre"),
    ("GET", "/cases"),
    ("GET", "/cases/ab"),
    ("POST", "/cases/ab/exhibits"),
    ("POST", "/cases/ab/packages"),
    ("GET", "/cases/ab/dossier"),
    ("POST", "/packages/ab/open"),
    ("GET", "/statements/ab"),
    ("GET", "/refusals"),
    ("GET", "/duties/failed"),
    ("GET", "/evidence/xab.centre"),
    ("GET", "/status"),
]


def test_every_route_is_in_the_list_above(stranger: Officer) -> None:
    known = {(method, route.path) for route in stranger.app.routes for method in route.methods - {"HEAD"}}  # type: ignore[attr-defined]
    assert len(known) == len(ROUTES) + 1


# Sessions.


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_nothing_is_done_without_a_session(stranger: Officer, method: str, path: str) -> None:
    assert is_error(stranger.call(method, path), 401, "no-session")


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Basic bWFyaWE6eA==", "bearer", "Token x", "Bearer x", "é"]
)
def test_a_token_that_is_none_opens_nothing(stranger: Officer, header: str) -> None:
    reply = stranger.call("GET", "/status", headers={"authorization": header})
    assert is_error(reply, 401, "no-session")


@pytest.mark.parametrize(("officer", "passphrase"), [(DRAFTER, WRONG), ("nobody", SECRET), (DRAFTER, "")])
def test_a_wrong_name_or_passphrase_opens_no_session_and_is_not_told_apart(
    stranger: Officer, officer: str, passphrase: str
) -> None:
    reply = stranger.call("POST", "/sessions", {"officer": officer, "passphrase": passphrase})
    assert is_error(reply, 401, "no-session")
    assert reply.json["message"] == f"officer {officer}: unknown here, or wrong passphrase"


@pytest.mark.parametrize("officer", ["../keys/service", "", "Maria", "a" * 41, "maria\n", "ma/ria", "\u0131"])
def test_a_name_that_no_officer_has_is_refused(stranger: Officer, officer: str) -> None:
    reply = stranger.call("POST", "/sessions", {"officer": officer, "passphrase": SECRET})
    assert is_error(reply, 400, "malformed")


def test_a_session_ends_with_time_and_at_logout(network: Network, maria: Officer, asker: RunningNode) -> None:
    assert maria.get("/status")["authority"] == asker.authority
    joao = at_desk(asker, APPROVER)
    assert joao.call("DELETE", "/sessions").status == 200
    assert is_error(joao.call("GET", "/status"), 401, "no-session")
    network.clock.advance(seconds=LIFETIME.total_seconds() - 1)
    assert maria.get("/drafts") == []
    network.clock.advance(seconds=1)
    assert is_error(maria.call("GET", "/drafts"), 401, "no-session")


def test_a_session_of_one_node_opens_nothing_at_another(maria: Officer, asked: RunningNode) -> None:
    elsewhere = Officer(_desk(asked.service), maria.token)
    assert is_error(elsewhere.call("GET", "/status"), 401, "no-session")


def test_a_passphrase_does_not_show_in_what_was_read() -> None:
    assert SECRET not in repr(NewSession(officer=DRAFTER, passphrase=SECRET))


# The Host header.


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8441",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "evil.example@127.0.0.1",
        "127.0.0.1@evil.example",
        "127.0.0.1/evil.example",
        "127.0.0.1#evil.example",
        "127.0.0.1\\evil.example",
        "127.0.0.2",
        "0.0.0.0",
        "[::]",
        "2130706433",
        "www.localhost",
        "localhost.",
        "",
    ],
)
def test_the_desk_does_not_answer_under_another_name(maria: Officer, host: str) -> None:
    reply = maria.call("GET", "/status", host=host)
    assert reply.status == 400
    assert b"authority" not in reply.body


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8441", "localhost:8441", "LOCALHOST", "[::1]", "[::1]:8441"])
def test_the_desk_answers_on_loopback(maria: Officer, host: str) -> None:
    assert maria.call("GET", "/status", host=host).status == 200


def test_a_forwarded_host_changes_nothing(maria: Officer) -> None:
    headers = {"x-forwarded-host": "127.0.0.1", "forwarded": "host=127.0.0.1"}
    assert maria.call("GET", "/status", host="evil.example", headers=headers).status == 400


# Bodies.


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"{",
        b"\xff",
        b'{"officer":"\xff","passphrase":"x"}',
        b'{"officer":"\\ud800","passphrase":"x"}',
        b'{"officer":"maria","passphrase":7}',
        b'{"officer":"maria","passphrase":"x","more":1}',
        b"[" * 100_000,
        b'{"officer":' * 50_000,
        b"1" * 10_000,
    ],
)
def test_a_body_that_is_not_what_is_wanted_is_refused_by_form(stranger: Officer, body: bytes) -> None:
    assert is_error(stranger.call("POST", "/sessions", body), 400, "malformed")


def test_a_body_that_is_too_long_is_refused(stranger: Officer) -> None:
    assert is_error(stranger.call("POST", "/sessions", bytes(MAX_JSON_BYTES + 1)), 413, "too-large")


@pytest.mark.parametrize(
    "changes",
    [
        {"body": {"number": 1.5}},
        {"body": {"number": 10**400}},
        {"body": {"deep": [[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]}},
        {"body": {"lone": "\ud800"}},
        {"body": {"": 1}},
        {"body": []},
        {"kind": "no kind"},
        {"addressee": "nobody"},
        {"follows": ["x"]},
        {"colour": "red"},
    ],
    ids=[
        "float",
        "huge integer",
        "deep",
        "surrogate",
        "nameless",
        "list",
        "kind",
        "addressee",
        "follows",
        "unknown",
    ],
)
def test_a_draft_that_breaks_its_form_is_refused(maria: Officer, changes: dict[str, Any]) -> None:
    draft = {"kind": "request", "addressee": ASKED, "body": request()} | changes
    assert is_error(maria.call("POST", "/drafts", draft), 400, "malformed")


def test_a_number_that_no_draft_has_is_not_found(joao: Officer) -> None:
    for number in ("0", "7", str(2**63), "9" * 60):
        assert is_error(joao.call("POST", f"/drafts/{number}/approve"), 404, "not-found"), number


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS"])
def test_another_method_or_address_is_refused_in_the_same_form(maria: Officer, method: str) -> None:
    assert is_error(maria.call(method, "/drafts"), 405, "not-found")
    assert is_error(maria.call("GET", "/nothing"), 404, "not-found")


# The work.


def test_two_officers_send_a_request(
    network: Network, maria: Officer, joao: Officer, asker: RunningNode, asked: RunningNode
) -> None:
    number = maria.post("/drafts", {"kind": "request", "addressee": ASKED, "body": request()})["draft"]
    assert [draft["id"] for draft in maria.get("/drafts")] == [number]
    own = maria.call("POST", f"/drafts/{number}/approve")
    assert is_error(own, 403, "refused")
    done = joao.post(f"/drafts/{number}/approve")
    assert "exercise with a fictitious state" in done["remark"]
    assert is_error(joao.call("POST", f"/drafts/{number}/approve"), 409, "conflict")
    network.settle()
    network.checkpoint()
    shown = maria.get(f"/statements/{done['statement']}")
    assert shown["receipt"] is not None
    assert shown["log_index"] is not None
    assert [duty["state"] for duty in shown["duties"]] == ["done"]
    assert [item["case"] for item in maria.get("/cases")] == [done["case"]]
    assert maria.get(f"/cases/{done['case'][:10]}")["state"] == "received"


def test_an_urgent_approval_wakes_the_log(maria: Officer, joao: Officer, asker: RunningNode) -> None:
    number = maria.post("/drafts", {"kind": "request", "addressee": ASKED, "body": request()})["draft"]
    joao.post(f"/drafts/{number}/approve?urgent=yes")
    assert asker.service._wake.is_set()


def test_a_refused_draft_says_why(maria: Officer) -> None:
    reply = maria.call("POST", "/drafts", {"kind": "request", "addressee": ASKED, "body": request(facts=None)})
    assert is_error(reply, 403, "refused")
    assert "29(2)" in reply.json["message"]


def test_a_node_that_must_not_sign_approves_nothing(maria: Officer, joao: Officer, asker: RunningNode) -> None:
    number = maria.post("/drafts", {"kind": "request", "addressee": ASKED, "body": request()})["draft"]
    asker.service.state = "quarantined: restored"
    reply = joao.call("POST", f"/drafts/{number}/approve")
    assert is_error(reply, 503, "unavailable")
    assert "quarantined: restored" in reply.json["message"]
    assert maria.get("/status")["state"] == "quarantined: restored"
    assert not asker.rows("cases", most=9)


def open_case(network: Network, asker: RunningNode, asked: RunningNode) -> str:
    case = asker.ask(asked)
    network.settle()
    return case


def test_an_exhibit_goes_from_upload_to_opening(
    network: Network, asker: RunningNode, asked: RunningNode, maria: Officer, joao: Officer
) -> None:
    case = open_case(network, asker, asked)
    drafter, approver = at_desk(asked, DRAFTER), at_desk(asked, APPROVER)
    pieces = [bytes([number]) * 70_000 for number in range(30)]
    path = f"/cases/{case}/exhibits?exhibit=E1&name=a.bin&description=Data&media_type=application/octet-stream"
    exhibit = drafter.call("POST", path, pieces)
    assert exhibit.status == 201
    assert exhibit.json["size"] == 30 * 70_000
    wanted = {
        "request": case,
        "items": ["1"],
        "exhibits": [exhibit.json],
        "acquired_from": "mail.example",
        "acquired_at": "2026-03-02T09:00:00Z",
        "why": "order",
    }
    number = drafter.post(f"/cases/{case}/packages", wanted)["draft"]
    package = approver.post(f"/drafts/{number}/approve")["statement"]
    network.settle()
    found = maria.post(f"/packages/{package}/open")
    assert found["kind"] == "opened"
    joao.post(f"/drafts/{found['draft']}/approve")
    network.settle()
    network.checkpoint()
    shown = maria.get(f"/cases/{case}")
    assert shown["state"] == "opened"
    assert [item["arrived"] for item in shown["exhibits"]] == [True]
    dossier = maria.call("GET", f"/cases/{case}/dossier")
    assert dossier.status == 200
    assert dossier.body.startswith(b"PK")
    assert is_error(maria.call("GET", f"/cases/{case}/dossier?profile=none"), 400, "malformed")


def test_an_upload_that_breaks_off_leaves_nothing(network: Network, asker: RunningNode, asked: RunningNode) -> None:
    case = open_case(network, asker, asked)
    drafter = at_desk(asked, DRAFTER)
    path = f"/cases/{case}/exhibits?exhibit=E1&name=a.bin&description=Data&media_type=application/octet-stream"
    reply = drafter.call("POST", path, [bytes(100_000)] * 12, breaks_off=True)
    assert is_error(reply, 400, "malformed")
    assert "nothing of it was kept" in reply.json["message"]
    assert not asked.rows("exhibits_of_case", case_id=case)
    assert not [path for path in (asked.directory / "blobs").rglob("*") if path.is_file()]
    assert drafter.call("POST", path, [bytes(100_000)]).status == 201


def test_an_upload_that_is_refused_at_once_is_read_to_its_end(
    network: Network, asker: RunningNode, asked: RunningNode
) -> None:
    case = open_case(network, asker, asked)
    drafter = at_desk(asked, DRAFTER)
    reply = drafter.call("POST", f"/cases/{case}/exhibits?exhibit=E1&name=../a", [bytes(100_000)] * 40)
    assert is_error(reply, 400, "malformed")


def test_refusals_failed_duties_and_evidence_are_listed(
    network: Network, asker: RunningNode, asked: RunningNode, maria: Officer
) -> None:
    with pytest.raises(MalformedError):
        asker.service.deliver(b"nonsense")
    (refusal,) = maria.get("/refusals")
    assert (set(refusal), refusal["code"]) == ({"at", "digest", "code", "message"}, "malformed")
    network.intercept = lambda method, url, proceed: (403, {}, b'{"error":"refused","message":"no"}')
    case = asker.ask(asked)
    asker.run()
    (failed,) = maria.get("/duties/failed")
    assert (failed["key"], failed["problem"]) == (case, f"{ASKED} answers 403: no")
    assert maria.get(f"/evidence/{ASKED}") == []


def test_statements_and_cases_that_are_not_held_are_not_found(maria: Officer) -> None:
    for path in ("/statements/ab", "/statements/..%2f", "/cases/ab", "/cases/%00", "/cases/ab/dossier"):
        assert is_error(maria.call("GET", path), 404, "not-found"), path
