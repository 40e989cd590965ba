"""Calls an ASGI application as a server would, also with what no well-behaved client sends."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from starlette.applications import Starlette
from starlette.types import Message


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What the application answered."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def call(
    app: Starlette,
    method: str,
    target: str,
    *,
    body: bytes | Sequence[bytes] = b"",
    headers: dict[str, str] | None = None,
    host: str = "127.0.0.1",
    breaks_off: bool = False,
) -> Reply:
    """Send one request and return the answer; with `breaks_off` the client is gone before the body's end."""
    path, _, query = target.partition("?")
    pieces = [body] if isinstance(body, bytes) else list(body)
    sent = {"host": host, **(headers or {})}
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in sent.items()],
        "client": ("127.0.0.1", 50_000),
        "server": ("127.0.0.1", 8440),
    }
    waiting: list[Message] = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
    if breaks_off:
        waiting.append({"type": "http.disconnect"})
    else:
        waiting[-1]["more_body"] = False
    answered: list[Message] = []

    async def receive() -> Message:
        if waiting:
            return waiting.pop(0)
        await asyncio.Event().wait()
        raise AssertionError("unreachable")

    async def send(message: Message) -> None:
        answered.append(message)

    asyncio.run(app(scope, receive, send))
    start = answered[0]
    return Reply(
        status=start["status"],
        headers={name.decode(): value.decode() for name, value in start["headers"]},
        body=b"".join(message.get("body", b"") for message in answered[1:]),
    )
