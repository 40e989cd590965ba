"""An upload handed to a thread while it arrives, so that it is never whole in memory.

The event loop feeds a short queue; the thread takes pieces from it. Half an upload ends its work with an error.
"""

import asyncio
import queue
from collections.abc import Callable, Iterator
from typing import Final, TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request

from comity.errors import Error, MalformedError

Result = TypeVar("Result")

_PIECES_AHEAD: Final = 8
_PAUSE_SECONDS: Final = 0.002


class _Pipe:
    """Pieces on their way from the event loop to a thread."""

    def __init__(self) -> None:
        self._pieces: queue.Queue[bytes | Error | None] = queue.Queue(_PIECES_AHEAD)
        self.abandoned = False

    async def put(self, piece: bytes | Error | None) -> None:
        """Hand a piece over, or drop it when the thread has ended."""
        while not self.abandoned:
            try:
                self._pieces.put_nowait(piece)
            except queue.Full:
                await asyncio.sleep(_PAUSE_SECONDS)
            else:
                return

    def take(self) -> Iterator[bytes]:
        """Yield pieces in the thread until the upload ends."""
        while (piece := self._pieces.get()) is not None:
            if isinstance(piece, Error):
                raise piece
            yield piece


async def receive_upload(request: Request, keep: Callable[[Iterator[bytes]], Result]) -> Result:
    """Run `keep` over the body of `request` in a thread and return its result.

    Raises:
        MalformedError: the upload broke off.
        Error: whatever `keep` raises.
    """
    pipe = _Pipe()

    def run() -> Result:
        try:
            return keep(pipe.take())
        finally:
            pipe.abandoned = True

    task = asyncio.ensure_future(run_in_threadpool(run))
    try:
        async for chunk in request.stream():
            if chunk:
                await pipe.put(chunk)
        await pipe.put(None)
    except ClientDisconnect:
        await pipe.put(MalformedError("the upload broke off; nothing of it was kept, send it again"))
    return await task
