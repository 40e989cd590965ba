"""The public listener: the log's files, the witness, deliveries, encrypted exhibits. It can read no case.

It is handed six functions and the log's folder, and nothing else. Whoever asks stays anonymous: a delivery proves its
sender by signature, an encrypted exhibit is named by its digest, which only the package's addressee knows.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from comity.errors import MalformedError, NotFoundError, UnavailableError
from comity.log.witness import MAX_BODY_BYTES, Reply
from comity.node.http import SAFE_HEADERS, Endpoint, guarded, no_route, read_body
from comity.node.inbox import MAX_ENCRYPTED_BYTES

# The files of a log, as C2SP tlog-tiles names them, and public envelopes; no other name reaches the disk.
_LOG_PATH = re.compile(
    r"checkpoint|tile/(?:entries|[0-9]{1,2})(?:/x[0-9]{3})*/[0-9]{3}(?:\.p/[0-9]{1,3})?|envelope/[0-9a-f]{2}/[0-9a-f]{64}"
)
_DIGEST = re.compile(r"[0-9a-f]{64}")
_RANGE = re.compile(r"bytes=([0-9]{1,18})-")
_IMMUTABLE: Final = "public, max-age=31536000, immutable"
_CHECKPOINT_CACHE: Final = "public, max-age=2"
# Deliveries cost a decryption and four verifications; more at once than this only queue up.
MAX_DELIVERIES_AT_ONCE: Final = 8
# A delivery of a few kilobytes arrives in far less; this many at most, each of at most four megabytes, are in memory.
MAX_READERS: Final = 64
READ_SECONDS: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicParts:
    """What the public listener may do."""

    read_log: Callable[[str], bytes]
    cosign: Callable[[bytes], Reply]
    monitor: Callable[[str], Reply]
    deliver: Callable[[bytes], bytes]
    exhibit_size: Callable[[str], int]
    exhibit: Callable[[str, int], Iterator[bytes]]
    followed: Callable[[str, str], bytes]


def public_app(parts: PublicParts) -> Starlette:
    """Return the public listener's application."""
    reading = asyncio.Semaphore(MAX_READERS)
    delivering = asyncio.Semaphore(MAX_DELIVERIES_AT_ONCE)

    async def add_checkpoint(request: Request) -> Response:
        return _reply(await run_in_threadpool(parts.cosign, await read_body(request, MAX_BODY_BYTES)))

    async def witnessed(request: Request) -> Response:
        return _reply(await run_in_threadpool(parts.monitor, request.path_params["digest"]))

    async def deliver(request: Request) -> Response:
        # Whoever sends slowly holds a place among the readers, for a while; the few places that cost work are taken
        # only by what has arrived.
        async with _place(reading), asyncio.timeout(READ_SECONDS):
            data = await read_body(request, MAX_ENCRYPTED_BYTES)
        async with _place(delivering):
            answer = await run_in_threadpool(parts.deliver, data)
        headers = SAFE_HEADERS | {"cache-control": "no-store"}
        return Response(answer, media_type="application/octet-stream", headers=headers)

    async def exhibit(request: Request) -> Response:
        digest = request.path_params["digest"]
        if not _DIGEST.fullmatch(digest):
            raise NotFoundError("an exhibit is named by the SHA-256 of its encrypted bytes")
        size = await run_in_threadpool(parts.exhibit_size, digest)
        start = _start(request.headers.get("range"), size)
        headers = SAFE_HEADERS | {
            "content-length": str(size - start),
            "accept-ranges": "bytes",
            "cache-control": "private, no-store",
        }
        if start:
            headers["content-range"] = f"bytes {start}-{size - 1}/{size}"
        return StreamingResponse(
            parts.exhibit(digest, start),
            status_code=206 if start else 200,
            media_type="application/octet-stream",
            headers=headers,
        )

    app = Starlette(
        exception_handlers={HTTPException: no_route},
        routes=[
            Route("/log/{path:path}", _log_files(parts.read_log), methods=["GET"]),
            Route("/witness/add-checkpoint", guarded(add_checkpoint), methods=["POST"]),
            Route("/witness/{digest}/checkpoint", guarded(witnessed), methods=["GET"]),
            Route("/deliver", guarded(deliver), methods=["POST"]),
            Route("/exhibit/{digest}", guarded(exhibit), methods=["GET"]),
            Route("/followed/{digest}/{path:path}", _log_files(parts.followed), methods=["GET"]),
        ],
    )
    app.router.redirect_slashes = False
    return app


def _log_files(read: Callable[..., bytes]) -> Endpoint:
    """Return the endpoint for the files of the own log, or of a followed one, which its address names by a digest."""

    async def log_file(request: Request) -> Response:
        path = request.path_params["path"]
        named = [request.path_params["digest"]] if "digest" in request.path_params else []
        if not _LOG_PATH.fullmatch(path) or not all(_DIGEST.fullmatch(name) for name in named):
            raise NotFoundError("a log has a checkpoint, tiles and envelopes, nothing else")
        data = await run_in_threadpool(read, *named, path)
        text = path == "checkpoint"
        headers = SAFE_HEADERS | {"cache-control": _CHECKPOINT_CACHE if text else _IMMUTABLE}
        media_type = "text/plain; charset=utf-8" if text else "application/octet-stream"
        return Response(data, media_type=media_type, headers=headers)

    return guarded(log_file)


@asynccontextmanager
async def _place(places: asyncio.Semaphore) -> AsyncIterator[None]:
    """Take a place, or refuse at once: a queue would only hide that there are none."""
    if places.locked():
        raise UnavailableError("too many deliveries at once", retry_after_seconds=1)
    async with places:
        yield


def _reply(reply: Reply) -> Response:
    return Response(reply.body, status_code=reply.status, media_type=reply.content_type, headers=SAFE_HEADERS)


def _start(header: str | None, size: int) -> int:
    """Return where a resumed fetch begins."""
    if header is None:
        return 0
    match = _RANGE.fullmatch(header)
    if match is None or int(match[1]) >= size:
        raise MalformedError(f"range {header[:60]!r} is not of the form bytes=N- within {size} bytes")
    return int(match[1])
