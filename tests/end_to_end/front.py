"""A server between the command and one side of the sandbox, for what the sandbox itself would never answer.

It passes every request on and every answer back, over plain HTTP or TLS, except where `spoil` does something else: it
gets what was asked and, as a function, the sandbox's answer to it (or to other parameters), and returns an answer, or
None after it has written to the socket itself.
"""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit


@dataclass
class Asked:
    """One request. `call` is the method of Rescue that it names, or the last step of the path."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    write: Callable[[bytes], object] = field(repr=False)

    @property
    def call(self) -> str:
        return urlsplit(self.path).path.rpartition("/")[2].removesuffix(".aspx")

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes


Pass = Callable[..., Reply]
Spoil = Callable[[Asked, Pass], Reply | None]


def let_pass(asked: Asked, onward: Pass) -> Reply | None:
    return onward()


class Front:
    """`url` is the upstream's with our own host and port."""

    def __init__(self, upstream: str, spoil: Spoil = let_pass, certificate: Path | None = None) -> None:
        parts = urlsplit(upstream)
        self.spoil = spoil
        self.seen: list[Asked] = []
        front = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                asked = Asked(self.command, self.path, headers, body, self.put)
                front.seen.append(asked)

                def onward(form: dict[str, str] | None = None) -> Reply:
                    return _exchange(parts.netloc, asked, urlencode(form).encode() if form is not None else asked.body)

                with suppress(OSError):  # a client that hangs up is part of the tests
                    reply = front.spoil(asked, onward)
                    if reply is None:
                        self.close_connection = True
                        return
                    self.send_response(reply.status)
                    for name, value in {**reply.headers, "Content-Length": str(len(reply.body))}.items():
                        self.send_header(name, value)
                    self.end_headers()
                    self.wfile.write(reply.body)
                    self.wfile.flush()

            do_POST = do_GET

            def put(self, data: bytes) -> None:
                self.wfile.write(data)
                self.wfile.flush()

            def finish(self) -> None:
                with suppress(OSError):  # what is left to be flushed, after the client hung up
                    super().finish()
                self.rfile.close()

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            def handle_error(self, *_: object) -> None:
                pass  # failed handshakes are part of the tests

        self._server = Server(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        scheme = "http"
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
            scheme = "https"
        self.root = f"{scheme}://127.0.0.1:{self._server.server_port}"
        self.url = self.root + parts.path
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def _exchange(netloc: str, asked: Asked, body: bytes) -> Reply:
    connection = HTTPConnection(netloc, timeout=30)
    try:
        kept = {name: value for name, value in asked.headers.items() if name not in ("host", "content-length")}
        kept |= {"accept-encoding": "identity", "content-length": str(len(body))}
        connection.request(asked.method, asked.path, body=body, headers=kept)
        answer = connection.getresponse()
        headers: dict[str, Any] = {name.lower(): value for name, value in answer.getheaders()}
        for name in ("content-length", "transfer-encoding", "connection", "date", "server"):
            headers.pop(name, None)
        return Reply(answer.status, headers, answer.read())
    finally:
        connection.close()


@contextmanager
def front(upstream: str, spoil: Spoil = let_pass, certificate: Path | None = None) -> Iterator[Front]:
    """A front while the `with` lasts."""
    made = Front(upstream, spoil, certificate)
    try:
        yield made
    finally:
        made.close()
