"""The application on a loopback port, spoken by uvicorn's HTTP/1.1 protocol, until told to stop.

uvicorn is asked for only here, so that the product runs without it; of it only the protocol is used, on asyncio's own
server: starting, stopping and cutting a connection then need no waiting. Signals are left to whoever runs this.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any

from reconciler.errors import UsageError

from .app import Application
from .state import SandboxState

HOST = "127.0.0.1"
KEEP_ALIVE_SECONDS = 60
LAST_TURNS = 10


def listen(port: int) -> socket.socket:
    """A listening socket on loopback; 0 finds a free port. UsageError when the port is taken."""
    # the protocol is named for asyncio to send without delay
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((HOST, port))
        sock.listen(512)
    except (OSError, OverflowError) as error:
        sock.close()
        advice = "choose another with --port, or 0 for a free one"
        raise UsageError(f"port {port} cannot be used: {error}", advice=advice) from error
    return sock


class Server:
    """Serves one state on one socket. `tls`: the paths of a certificate and its key. UsageError without uvicorn."""

    def __init__(self, state: SandboxState, sock: socket.socket, tls: tuple[str, str] | None = None) -> None:
        try:
            import uvicorn
            from uvicorn.protocols.http.h11_impl import H11Protocol
            from uvicorn.server import ServerState
        except ImportError as error:
            advice = "install it with its sandbox: pip install '.[sandbox]' in a clone, or 'rescue-reconciler[sandbox]'"
            raise UsageError("the sandbox needs the package uvicorn", advice=advice) from error
        connections: dict[tuple[str, int], asyncio.Transport] = {}

        class Protocol(H11Protocol):
            """uvicorn's, which also keeps the transport by the client's address."""

            def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
                super().connection_made(transport)
                self.peer = tuple(transport.get_extra_info("peername"))
                connections[self.peer] = transport

            def connection_lost(self, exc: Exception | None) -> None:
                connections.pop(self.peer, None)
                super().connection_lost(exc)

        certificate, key = tls or (None, None)
        config = uvicorn.Config(
            Application(state, connections),
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            ssl_certfile=certificate,
            ssl_keyfile=key,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
        )
        config.load()
        shared = ServerState()
        self._make = lambda: Protocol(config=config, server_state=shared, app_state={})
        self._tls = config.ssl
        self._sock = sock
        self._connections = connections
        self._stop: Callable[[], Any] = lambda: None

    async def run(self, ready: Callable[[], None]) -> None:
        """Serve until `stop()`; `ready` is called once connections are accepted. Open ones are cut at the end."""
        loop = asyncio.get_running_loop()
        stopped = asyncio.Event()
        self._stop = lambda: loop.call_soon_threadsafe(stopped.set)
        server = await loop.create_server(self._make, sock=self._sock, ssl=self._tls)
        try:
            ready()
            await stopped.wait()
        finally:
            # No more is accepted before the server is closed: what asyncio accepted a moment earlier needs it for some
            # turns of the loop, and would leave its socket open without it.
            loop.remove_reader(self._sock)
            for _ in range(LAST_TURNS):
                for transport in list(self._connections.values()):
                    transport.abort()
                await asyncio.sleep(0)
            server.close()

    def stop(self) -> None:
        """End `run`, from any thread or from a signal handler of its loop."""
        self._stop()
