"""Binds and runs a node's two listeners, each with its own application, until a signal asks to stop."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Callable, Iterator

import uvicorn
from starlette.applications import Starlette

from comity.errors import StoreError
from comity.node.desk_api import DeskParts, desk_app
from comity.node.public import PublicParts, public_app
from comity.node.service import Service

# Connections beyond this get 503 at once: a laptop stays usable whoever knocks.
MAX_CONNECTIONS = 200
STOP_SECONDS = 5


class _Server(uvicorn.Server):
    """One of two servers in a process, whose signals are handled once for both."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to `serve`."""
        yield


async def serve(service: Service, *, ready: Callable[[str], None]) -> None:
    """Run the listeners and the service's threads until SIGINT or SIGTERM.

    Raises:
        StoreError: a port is taken, or a part of the service has ended unexpectedly.
    """
    settings = service.node.settings
    listeners = [
        (_public(service), settings.public_host, settings.public_port),
        (_desk(service), "127.0.0.1", settings.desk_port),
    ]
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(_bind(host, port)) for _, host, port in listeners]
        servers = [_Server(_config(app)) for app, _, _ in listeners]
        loop = asyncio.get_running_loop()

        def stop() -> None:
            for server in servers:
                server.should_exit = True

        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop)
        tasks = [
            asyncio.create_task(server.serve([listener])) for server, listener in zip(servers, sockets, strict=True)
        ]
        while not all(server.started for server in servers) and not any(task.done() for task in tasks):  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)
        service.on_fault = lambda: loop.call_soon_threadsafe(stop)
        service.start()
        ready(f"{settings.authority}: public {settings.public_url}, desk http://127.0.0.1:{settings.desk_port}")
        try:
            await asyncio.gather(*tasks)
        finally:
            await asyncio.to_thread(service.stop)
        if service.fault is not None:
            raise StoreError(service.fault)


def _public(service: Service) -> Starlette:
    return public_app(
        PublicParts(
            read_log=service.node.log_folder.read,
            cosign=service.cosign,
            monitor=service.monitor,
            deliver=service.deliver,
            exhibit_size=service.exhibit_size,
            exhibit=service.exhibit,
            followed=service.followed,
        )
    )


def _desk(service: Service) -> Starlette:
    return desk_app(
        DeskParts(
            node=service.node,
            sessions=service.sessions,
            check_signing=service.check_signing,
            publish_now=service.publish_now,
            status=service.status,
        )
    )


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except OSError as exc:
        listener.close()
        raise StoreError(f"port {port} on {host} cannot be had ({exc.strerror}); change it in comity.toml") from exc
    return listener


def _config(app: Starlette) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        lifespan="off",
        timeout_graceful_shutdown=STOP_SECONDS,
        limit_concurrency=MAX_CONNECTIONS,
    )
