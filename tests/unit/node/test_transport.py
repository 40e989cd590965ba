"""The HTTP client: bounded, strict about addresses, and every failure of a peer is one kind of error."""

import gzip
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import httpx2 as httpx
import pytest

from comity.errors import NotFoundError, PolicyError, TooLargeError, UnavailableError
from comity.node import transport as transport_module
from comity.node.transport import Transport

URL = "https://xab.centre.example"


def answering(handler: Callable[[httpx.Request], httpx.Response]) -> Transport:
    """Return a transport whose peer is a function."""
    transport = Transport(loopback=True)
    transport._made = httpx.Client(transport=httpx.MockTransport(handler), follow_redirects=False)
    return transport


def always(status: int, content: bytes = b"", headers: dict[str, str] | None = None) -> Transport:
    return answering(lambda request: httpx.Response(status, content=iter([content]), headers=headers))


def test_what_a_peer_has_is_returned() -> None:
    assert always(200, b"tile").get(f"{URL}/log/checkpoint") == b"tile"
    status, headers, body = always(503, b"no", {"Retry-After": "7"}).post(f"{URL}/deliver", b"x")
    assert (status, headers["retry-after"], body) == (503, "7", b"no")


@pytest.mark.parametrize("status", [201, 204, 206, 301, 302, 400, 403, 500, 503])
def test_anything_but_success_is_unavailable(status: int) -> None:
    with pytest.raises(UnavailableError, match=f"answers {status}"):
        always(status, headers={"location": "http://127.0.0.1:1/"}).get(f"{URL}/x")


def test_nothing_there_is_told_apart() -> None:
    with pytest.raises(NotFoundError, match="has nothing there"):
        always(404).get(f"{URL}/x")
    with pytest.raises(NotFoundError):
        list(always(404).stream(f"{URL}/x", start=0))


def test_a_redirect_is_not_followed() -> None:
    asked: list[str] = []

    def redirect(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(307, content=iter([b""]), headers={"location": "http://127.0.0.1:8441/drafts"})

    status, _, _ = answering(redirect).post(f"{URL}/deliver", b"x")
    assert (status, len(asked)) == (307, 1)


def test_an_endless_answer_is_cut_off() -> None:
    def endless(request: httpx.Request) -> httpx.Response:
        def pieces() -> Iterator[bytes]:
            while True:
                yield bytes(100_000)

        return httpx.Response(200, content=pieces())

    with pytest.raises(TooLargeError, match="more than 1000000 bytes"):
        answering(endless).get(f"{URL}/x", max_bytes=1_000_000)
    with pytest.raises(TooLargeError):
        answering(endless).post(f"{URL}/x", b"")


def test_an_answer_is_never_unpacked() -> None:
    bomb = gzip.compress(bytes(50_000_000))
    assert always(200, bomb, {"content-encoding": "gzip"}).get(f"{URL}/x") == bomb


def test_an_answer_that_trickles_in_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = iter(range(0, 10_000, 5))
    monkeypatch.setattr(transport_module, "time", SimpleNamespace(monotonic=lambda: float(next(ticks))))

    def trickle(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=iter([b"x"] * 1000))

    with pytest.raises(UnavailableError, match="did not answer in full"):
        answering(trickle).get(f"{URL}/x")
    with pytest.raises(UnavailableError, match="sends too slowly"):
        list(answering(trickle).stream(f"{URL}/x", start=0))


@pytest.mark.parametrize(
    "failure",
    [
        httpx.ConnectError("refused"),
        httpx.ConnectTimeout("slow"),
        httpx.ReadTimeout("slow"),
        httpx.RemoteProtocolError("broke off"),
        httpx.TooManyRedirects("round"),
        httpx.InvalidURL("no"),
        httpx.PoolTimeout("busy"),
        httpx.DecodingError("odd"),
    ],
    ids=lambda failure: type(failure).__name__,
)
def test_every_failure_of_a_peer_is_unavailable(failure: Exception) -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise failure

    transport = answering(fail)
    for action in (
        lambda: transport.get(f"{URL}/x"),
        lambda: transport.post(f"{URL}/x", b""),
        lambda: list(transport.stream(f"{URL}/x", start=0)),
    ):
        with pytest.raises(UnavailableError, match=URL):
            action()


@pytest.mark.parametrize(
    "url",
    [
        "http://xab.centre.example/x",
        "ftp://xab.centre.example/x",
        "https://user:secret@xab.centre.example/x",
        "https://xab.centre.example/x?y=1",
        "https://[::1/x",
        "https://xab.centre.example:99999/x",
        "https:///x",
        "x",
        "",
    ],
)
def test_an_address_that_must_not_be_asked_is_refused_before_anything_is_sent(url: str) -> None:
    def never(request: httpx.Request) -> httpx.Response:
        raise AssertionError("sent")

    transport = answering(never)
    for action in (
        lambda: transport.get(url),
        lambda: transport.post(url, b""),
        lambda: list(transport.stream(url, start=0)),
    ):
        with pytest.raises(PolicyError):
            action()


def test_a_stream_goes_on_from_a_place_only_if_the_peer_does() -> None:
    ranges: list[str | None] = []

    def ranged(request: httpx.Request) -> httpx.Response:
        ranges.append(request.headers.get("range"))
        return httpx.Response(206 if "range" in request.headers else 200, content=iter([b"rest"]))

    transport = answering(ranged)
    assert b"".join(transport.stream(f"{URL}/x", start=0)) == b"rest"
    assert b"".join(transport.stream(f"{URL}/x", start=5)) == b"rest"
    assert ranges == [None, "bytes=5-"]
    with pytest.raises(UnavailableError, match="answers 200, 206 wanted"):
        list(always(200, b"whole").stream(f"{URL}/x", start=5))
    with pytest.raises(UnavailableError, match="answers 206, 200 wanted"):
        list(always(206, b"part").stream(f"{URL}/x", start=0))


def test_a_name_that_does_not_exist_is_unavailable() -> None:
    transport = Transport(loopback=True)
    try:
        with pytest.raises(UnavailableError, match="does not answer"):
            transport.get("http://localhost:9/log/checkpoint")
    finally:
        transport.close()


def test_threads_that_come_and_go_leave_no_connections_behind() -> None:
    transport = Transport(loopback=True)
    try:
        made = set()
        for _ in range(3):
            with ThreadPoolExecutor(4) as pool:
                made |= set(pool.map(lambda _: id(transport._client()), range(8)))
        assert len(made) == 1
    finally:
        transport.close()
    assert transport._made is None


def test_the_environment_names_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    transport = Transport(loopback=True)
    try:
        assert not any(transport._client()._mounts.values())
    finally:
        transport.close()
