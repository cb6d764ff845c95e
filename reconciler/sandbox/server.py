"""The application on a loopback port, under uvicorn: in this process's event loop, until told to stop.

uvicorn is asked for only here, so that the product runs without it. The protocol keeps each client's transport by
its address, for the faults that cut a connection.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from reconciler.errors import UsageError

from .app import Application
from .state import SandboxState

if TYPE_CHECKING:
    import uvicorn

HOST = "127.0.0.1"


def listen(port: int) -> socket.socket:
    """A listening socket on loopback; 0 finds a free port. UsageError when the port is taken."""
    # the protocol is named for asyncio to send without delay
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((HOST, port))
    except (OSError, OverflowError) as error:
        sock.close()
        raise UsageError(
            f"port {port} cannot be used: {error}", advice="choose another with --port, or 0 for a free one"
        ) from error
    sock.listen(512)
    return sock


def make_server(state: SandboxState, tls: tuple[str, str] | None = None) -> uvicorn.Server:
    """A uvicorn server for the state, not yet running. UsageError where uvicorn is not installed."""
    try:
        import uvicorn
        from uvicorn.protocols.http.h11_impl import H11Protocol
    except ImportError as error:
        advice = "pip install 'rescue-reconciler[sandbox]'"
        raise UsageError("the sandbox needs the package uvicorn", advice=advice) from error

    connections: dict[tuple[str, int], asyncio.Transport] = {}

    class Protocol(H11Protocol):
        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            connections[tuple(transport.get_extra_info("peername"))] = transport

        def connection_lost(self, exc: Exception | None) -> None:
            connections.pop(tuple(self.transport.get_extra_info("peername")), None)
            super().connection_lost(exc)

    class Server(uvicorn.Server):
        @contextlib.contextmanager
        def capture_signals(self) -> Generator[None, None, None]:
            yield  # whoever runs the server decides what a signal means

    certificate, key = tls or (None, None)
    config = uvicorn.Config(
        Application(state, connections),
        http=Protocol,
        ws="none",
        loop="asyncio",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        ssl_certfile=certificate,
        ssl_keyfile=key,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=1,
    )
    return Server(config)


async def serve(server: uvicorn.Server, sock: socket.socket) -> None:
    """Serve until `server.should_exit` is set; open connections are cut then."""
    try:
        await server.serve(sockets=[sock])
    finally:
        pending = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
