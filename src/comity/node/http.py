"""What both listeners share: errors by the one tree, bounded bodies, plain responses. No route lives here."""

import logging
import re
from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from comity.errors import Error, MalformedError, NotFoundError, TooLargeError, UnavailableError

_LOG = logging.getLogger("comity.node")
JSON: Final = "application/json"
# Nothing that a listener serves is to be run, framed or guessed by a browser.
SAFE_HEADERS: Final = {
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
}

_LENGTH: Final = re.compile(r"[0-9]{1,18}")

Endpoint = Callable[[Request], Awaitable[Response]]


def error_response(error: Error) -> Response:
    """Return the one form in which every endpoint answers an error."""
    headers = dict(SAFE_HEADERS)
    if isinstance(error, UnavailableError) and error.retry_after_seconds is not None:
        headers["retry-after"] = str(error.retry_after_seconds)
    # What happens inside a node is the operator's business; the log has it.
    message = error.message if error.http_status < 500 or error.code == "unavailable" else "this node has failed"  # noqa: PLR2004 - HTTP
    body = msgspec.json.encode({"error": error.code, "message": message})
    return Response(body, status_code=error.http_status, media_type=JSON, headers=headers)


async def no_route(_request: Request, error: Exception) -> Response:
    """Answer what no route takes in the same form as everything else."""
    assert isinstance(error, HTTPException)
    answer = error_response(NotFoundError("there is nothing under this address and method"))
    answer.status_code = error.status_code
    answer.headers.update(error.headers or {})
    return answer


def json_response(value: Any, *, status: int = 200) -> Response:
    """Return a JSON answer that nothing caches."""
    headers = SAFE_HEADERS | {"cache-control": "no-store"}
    return Response(msgspec.json.encode(value), status_code=status, media_type=JSON, headers=headers)


def guarded(endpoint: Endpoint) -> Endpoint:
    """Turn the project's errors into answers; anything else is a fault and stays one."""

    async def call(request: Request) -> Response:
        try:
            return await endpoint(request)
        except TimeoutError:
            return error_response(UnavailableError("the body did not arrive in time"))
        except ClientDisconnect:
            # Half an upload: whoever sent it is gone, and nothing of it was kept.
            return error_response(MalformedError("the connection broke off within the body"))
        except Error as exc:
            if exc.http_status >= 500:  # noqa: PLR2004 - HTTP
                # The peer or officer learns only that this node has failed; the operator must learn what.
                _LOG.error("%s %s: %s", request.method, request.url.path, exc.message)
            return error_response(exc)

    return call


async def read_body(request: Request, max_bytes: int) -> bytes:
    """Return the whole body.

    Raises:
        TooLargeError: it has more than `max_bytes`.
        MalformedError: it is shorter than its stated length.
    """
    stated = request.headers.get("content-length")
    if stated is not None and not _LENGTH.fullmatch(stated):
        raise MalformedError(f"content-length {stated[:20]!r} is no number of bytes")
    if stated is not None and int(stated) > max_bytes:
        raise TooLargeError(f"the body is stated to have {stated[:20]} bytes, at most {max_bytes} are read")
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > max_bytes:
            raise TooLargeError(f"the body has more than {max_bytes} bytes")
    if stated is not None and len(data) != int(stated):
        raise MalformedError(f"the body has {len(data)} bytes, {stated} were stated")
    return bytes(data)
