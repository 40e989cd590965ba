"""HTTP to peers: bounded, with timeouts, never following redirects, off loopback with TLS only."""

import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import httpx2 as httpx

from comity.errors import MalformedError, NotFoundError, PolicyError, TooLargeError, UnavailableError
from comity.node.settings import check_url, is_inward

# Tiles and checkpoints are small; a delivery's answer is a receipt.
MAX_ANSWER_BYTES: Final = 4 * 1024 * 1024
CONNECT_SECONDS: Final = 3.0
READ_SECONDS: Final = 20.0
# Timeouts of a connection count from byte to byte: whoever drips them could hold an answer open for ever.
TOTAL_SECONDS: Final = 60.0
SLOWEST_BYTES_A_SECOND: Final = 4096
USER_AGENT: Final = "comity"
# A host name that no name service takes is an answer that never comes, like any other.
_FAILURES: Final = (httpx.HTTPError, httpx.InvalidURL, UnicodeError)


class Transport:
    """A client for peers' public listeners; safe for threads.

    Peers choose their own addresses. With `loopback` they may lie on this machine, as in an exercise; without it no
    address of this machine or of a private network is asked, so that no peer can send this node there.
    """

    def __init__(self, *, loopback: bool = False) -> None:
        self._loopback = loopback
        self._made: Any = None
        self._lock = threading.Lock()

    def _client(self) -> Any:
        """Return the one client, whose pool of connections every thread shares."""
        with self._lock:
            if self._made is None:
                timeout = httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS)
                # Proxies and certificates from the environment would let whoever sets it read and answer for peers.
                self._made = httpx.Client(
                    timeout=timeout,
                    follow_redirects=False,
                    trust_env=False,
                    headers={"user-agent": USER_AGENT, "accept-encoding": "identity"},
                )
            return self._made

    def get(self, url: str, *, max_bytes: int = MAX_ANSWER_BYTES) -> bytes:
        """Return what a peer has under `url`.

        Raises:
            PolicyError: the URL is none that a peer may be asked under.
            NotFoundError: it has nothing there.
            UnavailableError: it does not answer, or not with success.
            TooLargeError: it answers more than `max_bytes`.
        """
        status, _, body = self._request("GET", url, None, max_bytes)
        if status == 404:  # noqa: PLR2004 - HTTP
            raise NotFoundError(f"{url} has nothing there")
        if status != 200:  # noqa: PLR2004 - HTTP
            raise UnavailableError(f"{url} answers {status}")
        return body

    def post(self, url: str, body: bytes) -> tuple[int, Mapping[str, str], bytes]:
        """Post bytes and return status, headers with lower-case names, and body.

        Raises:
            PolicyError: the URL is none that a peer may be asked under.
            UnavailableError: the peer does not answer.
            TooLargeError: it answers too much.
        """
        return self._request("POST", url, body, MAX_ANSWER_BYTES)

    def stream(self, url: str, *, start: int) -> Iterator[bytes]:
        """Yield the bytes of `url` from `start` on.

        Raises:
            PolicyError: the URL is none that a peer may be asked under.
            NotFoundError: the peer has nothing there.
            UnavailableError: it does not answer, breaks off, or does not serve from `start`.
        """
        self._check(url)
        wanted = 206 if start else 200
        try:
            with self._client().stream("GET", url, headers={"range": f"bytes={start}-"} if start else {}) as answer:
                if answer.status_code == 404:  # noqa: PLR2004 - HTTP
                    raise NotFoundError(f"{url} has nothing there")
                if answer.status_code != wanted:
                    raise UnavailableError(f"{url} answers {answer.status_code}, {wanted} wanted")
                deadline, received = time.monotonic() + TOTAL_SECONDS, 0
                for chunk in answer.iter_raw():
                    received += len(chunk)
                    if time.monotonic() > deadline + received / SLOWEST_BYTES_A_SECOND:
                        raise UnavailableError(f"{url} sends too slowly; the rest is fetched later")
                    yield chunk
        except _FAILURES as exc:
            raise UnavailableError(f"{url} broke off: {_reason(exc)}") from exc

    def _request(
        self, method: str, url: str, body: bytes | None, max_bytes: int
    ) -> tuple[int, Mapping[str, str], bytes]:
        self._check(url)
        try:
            with self._client().stream(method, url, content=body) as answer:
                data, deadline = bytearray(), time.monotonic() + TOTAL_SECONDS
                for chunk in answer.iter_raw():
                    data += chunk
                    if time.monotonic() > deadline:
                        raise UnavailableError(f"{url} did not answer in full within {TOTAL_SECONDS:.0f} s")
                    if len(data) > max_bytes:
                        raise TooLargeError(f"{url} answers more than {max_bytes} bytes")
                headers = {name.lower(): value for name, value in answer.headers.items()}
                return answer.status_code, headers, bytes(data)
        except _FAILURES as exc:
            raise UnavailableError(f"{url} does not answer: {_reason(exc)}") from exc

    def _check(self, url: str) -> None:
        try:
            check_url(url)
        except MalformedError as exc:
            raise PolicyError(exc.message) from exc
        if not self._loopback and is_inward(str(urlsplit(url).hostname)):
            raise PolicyError(
                f"{url[:100]!r} is an address of this machine or of a private network; no peer is asked there"
            )

    def close(self) -> None:
        """Close every connection."""
        with self._lock:
            if self._made is not None:
                self._made.close()
                self._made = None


def _reason(error: Exception) -> str:
    return str(error)[:200] or type(error).__name__
