"""The public listener: what it serves, to anybody, and the many things that it does not."""

from hashlib import sha256

import pytest
from starlette.applications import Starlette

from comity.exchange.statements import Exhibit
from comity.kernel.canonical import encode_json
from comity.node import public
from comity.node.exhibits import store_exhibit
from comity.node.inbox import MAX_ENCRYPTED_BYTES
from comity.node.listeners import _public
from support.asgi import Reply, call
from support.nodes import ASKER, Network, RunningNode


@pytest.fixture
def app(asked: RunningNode) -> Starlette:
    return _public(asked.service)


def is_error(reply: Reply, status: int, code: str) -> bool:
    """Say whether an answer is the one form that errors have."""
    return (
        reply.status == status
        and set(reply.json) == {"error", "message"}
        and reply.json["error"] == code
        and reply.headers["x-content-type-options"] == "nosniff"
    )


# The log.


def test_the_log_is_served_with_the_caching_that_its_files_allow(app: Starlette, asked: RunningNode) -> None:
    checkpoint = call(app, "GET", "/log/checkpoint")
    assert checkpoint.body == asked.node.log_folder.read("checkpoint")
    assert checkpoint.headers["cache-control"] == "public, max-age=2"
    size = int(checkpoint.body.split(b"\n")[1])
    tile = call(app, "GET", f"/log/tile/0/000.p/{size}")
    assert tile.status == 200
    assert "immutable" in tile.headers["cache-control"]
    assert tile.headers["content-security-policy"].startswith("default-src 'none'")


@pytest.mark.parametrize(
    "path",
    [
        "/log/../node.db",
        "/log/..%2fnode.db",
        "/log/%2e%2e/node.db",
        "/log/%252e%252e/node.db",
        "/log/..%5cnode.db",
        "/log//checkpoint",
        "/log/checkpoint/",
        "/log/./checkpoint",
        "/log/checkpoint%00",
        "/log/%00",
        "/log/",
        "/log/.tmp",
        "/log/tile/entries/../../../node.db",
        "/log/tile/0/000.p/../../../../comity.toml",
        "/log/tile/0/%D9%A1%D9%A2%D9%A3",
        "/log//etc/passwd",
        "/log/envelope/zz/" + "0" * 64,
        "/log/envelope/00/" + "0" * 65,
        "/log/CHECKPOINT",
        "/log/keys/service.age",
        "/followed/../log/checkpoint",
        "/followed/" + "0" * 64 + "/../../node.db",
        "/exhibit/../node.db",
        "/exhibit/" + "0" * 63 + "%00",
        "/exhibit/" + "A" * 64,
        "/witness/..%2f..%2fnode.db/checkpoint",
    ],
)
def test_no_path_leads_out_of_what_is_public(app: Starlette, path: str) -> None:
    reply = call(app, "GET", path)
    if path.startswith("/witness/"):
        assert reply.status == 404
    else:
        assert is_error(reply, 404, "not-found"), path


@pytest.mark.parametrize(
    "path", ["/", "/cases", "/drafts", "/status", "/sessions", "/node.db", "/statements/x", "/desk"]
)
def test_the_public_listener_knows_no_route_of_the_desk(app: Starlette, path: str) -> None:
    for method in ("GET", "POST"):
        assert is_error(call(app, method, path), 404, "not-found")


@pytest.mark.parametrize(("method", "path"), [("POST", "/log/checkpoint"), ("GET", "/deliver"), ("DELETE", "/deliver")])
def test_another_method_is_refused_in_the_same_form(app: Starlette, method: str, path: str) -> None:
    reply = call(app, method, path)
    assert is_error(reply, 405, "not-found")
    assert reply.headers["allow"]


def test_a_full_tile_that_is_missing_is_not_found(app: Starlette) -> None:
    assert is_error(call(app, "GET", "/log/tile/0/000"), 404, "not-found")


# Deliveries.


def test_a_delivery_is_answered_with_an_encrypted_receipt(
    app: Starlette, asker: RunningNode, asked: RunningNode
) -> None:
    spoken = asker.sign(asked)
    reply = call(app, "POST", "/deliver", body=asked.encrypted(spoken))
    assert (reply.status, reply.headers["cache-control"]) == (200, "no-store")
    assert reply.body.startswith(b"age-encryption.org/v1\n")
    assert asked.record(spoken.envelope.id).receipt is not None


def test_a_body_shorter_than_stated_is_refused(app: Starlette, asker: RunningNode, asked: RunningNode) -> None:
    data = asked.encrypted(asker.sign(asked))
    reply = call(app, "POST", "/deliver", body=data[:-1], headers={"content-length": str(len(data))})
    assert is_error(reply, 400, "malformed")
    assert f"has {len(data) - 1} bytes, {len(data)} were stated" in reply.json["message"]
    assert not asked.rows("cases", most=9)


def test_a_body_that_breaks_off_leaves_nothing(app: Starlette, asker: RunningNode, asked: RunningNode) -> None:
    data = asked.encrypted(asker.sign(asked))
    reply = call(app, "POST", "/deliver", body=[data[:1000], data[1000:2000]], breaks_off=True)
    assert is_error(reply, 400, "malformed")
    assert not asked.rows("cases", most=9)
    assert not asked.refusals()


@pytest.mark.parametrize("stated", ["9" * 40, "0" * 5000, "-1", "+5", "1e3", "", "\u00b2"])
def test_an_unfit_stated_length_is_refused_before_the_body_is_read(app: Starlette, stated: str) -> None:
    reply = call(app, "POST", "/deliver", body=b"x", headers={"content-length": stated})
    assert is_error(reply, 400, "malformed")


def test_a_stated_length_that_is_too_long_is_refused_before_the_body_is_read(app: Starlette) -> None:
    reply = call(app, "POST", "/deliver", body=b"x", headers={"content-length": str(MAX_ENCRYPTED_BYTES + 1)})
    assert is_error(reply, 413, "too-large")


def test_a_body_without_a_stated_length_is_bounded_as_it_arrives(app: Starlette, asked: RunningNode) -> None:
    piece = bytes(1024 * 1024)
    reply = call(app, "POST", "/deliver", body=[piece] * 5)
    assert is_error(reply, 413, "too-large")
    assert not asked.refusals()


def test_too_many_deliveries_at_once_are_asked_to_come_again(
    asked: RunningNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(public, "MAX_DELIVERIES_AT_ONCE", 0)
    reply = call(_public(asked.service), "POST", "/deliver", body=b"x")
    assert is_error(reply, 503, "unavailable")
    assert reply.headers["retry-after"] == "1"


def test_what_fails_inside_a_node_is_not_told(
    asked: RunningNode, asker: RunningNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    (asked.directory / "trust" / f"{ASKER}.json").write_text("broken")
    reply = call(_public(asked.service), "POST", "/deliver", body=asked.encrypted(asker.sign(asked)))
    assert is_error(reply, 500, "store")
    assert reply.json["message"] == "this node has failed"


# Exhibits.


@pytest.fixture
def exhibit(network: Network, asker: RunningNode, asked: RunningNode) -> Exhibit:
    case = asker.ask(asked)
    network.settle()
    described = {"exhibit": "E1", "name": "a.txt", "description": "Text", "media_type": "text/plain"}
    stored = store_exhibit(asked.node, case=case, asker=ASKER, described=described, pieces=[b"evidence" * 9000])
    with asked.node.database.transaction() as tx:
        tx.run("exhibit_sent", {"encrypted_digest": stored.encrypted_digest})
    return stored


def test_an_exhibit_that_no_approved_package_lists_is_not_served(
    network: Network, app: Starlette, asker: RunningNode, asked: RunningNode
) -> None:
    case = asker.ask(asked)
    network.settle()
    described = {"exhibit": "E1", "name": "a.txt", "description": "Text", "media_type": "text/plain"}
    stored = store_exhibit(asked.node, case=case, asker=ASKER, described=described, pieces=[b"a draft"])
    assert is_error(call(app, "GET", f"/exhibit/{stored.encrypted_digest}"), 404, "not-found")


def test_an_exhibit_is_served_whole_and_from_any_place(app: Starlette, exhibit: Exhibit) -> None:
    whole = call(app, "GET", f"/exhibit/{exhibit.encrypted_digest}")
    assert whole.status == 200
    assert sha256(whole.body).hexdigest() == exhibit.encrypted_digest
    assert whole.headers["content-length"] == str(exhibit.encrypted_size)
    assert whole.headers["cache-control"] == "private, no-store"
    size = exhibit.encrypted_size
    for start in (1, 70_000, size - 1):
        rest = call(app, "GET", f"/exhibit/{exhibit.encrypted_digest}", headers={"range": f"bytes={start}-"})
        assert rest.status == 206
        assert rest.body == whole.body[start:]
        assert rest.headers["content-range"] == f"bytes {start}-{size - 1}/{size}"


@pytest.mark.parametrize(
    "header", ["bytes=0-5", "bytes=-5", "bytes=5", "bytes=", "lines=1-", "bytes=1-,2-", "bytes=99999999-", "bytes=٣-"]
)
def test_any_other_range_is_refused(app: Starlette, exhibit: Exhibit, header: str) -> None:
    shown = header.encode().decode("latin-1")
    reply = call(app, "GET", f"/exhibit/{exhibit.encrypted_digest}", headers={"range": shown})
    assert is_error(reply, 400, "malformed")


def test_an_exhibit_that_is_not_held_is_not_found(app: Starlette) -> None:
    assert is_error(call(app, "GET", "/exhibit/" + "0" * 64), 404, "not-found")


# The witness.


def test_the_witness_answers_as_its_protocol_says(app: Starlette, asked: RunningNode) -> None:
    digest = sha256(f"{ASKER}/log".encode()).hexdigest()
    held = call(app, "GET", f"/witness/{digest}/checkpoint")
    assert held.status == 200
    assert held.body.startswith(f"{ASKER}/log\n".encode())
    assert call(app, "GET", "/witness/" + "0" * 64 + "/checkpoint").status == 404
    assert call(app, "POST", "/witness/add-checkpoint", body=b"nonsense").status == 400
    assert is_error(call(app, "POST", "/witness/add-checkpoint", body=bytes(65_537)), 413, "too-large")


def test_no_answer_names_the_server(app: Starlette, asked: RunningNode) -> None:
    for reply in (
        call(app, "GET", "/log/checkpoint"),
        call(app, "GET", "/nothing"),
        call(app, "POST", "/deliver", body=asked.encrypt(encode_json({}))),
    ):
        assert "server" not in reply.headers
        assert str(asked.directory) not in reply.body.decode("latin-1")
