"""A proxy on loopback that records every exchange, and can change what goes back, to try a judge on wrong answers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
from openapi import Exchange

Change = Callable[[Exchange], Exchange]
HOP = ("connection", "keep-alive", "transfer-encoding", "content-length", "content-encoding")


class Recorder:
    """What went by; `change` is put to every answer before it is recorded and sent on.

    `way` may name another address for a request, by its headers.
    """

    def __init__(self, upstream: str) -> None:
        self.client = httpx.Client(base_url=upstream, trust_env=False, timeout=60)
        self.exchanges: list[Exchange] = []
        self.change: Change | None = None
        self.way: Callable[[Mapping[str, str]], str | None] = lambda _headers: None
        self.url = ""

    def taken(self) -> list[Exchange]:
        """The exchanges since the last time this was asked."""
        found, self.exchanges = self.exchanges, []
        return found

    def forward(self, handler: BaseHTTPRequestHandler) -> None:
        """One request on to the sandbox and its answer back. The Host stays, so that links lead through here again."""
        asked = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        headers = [(name, value) for name, value in handler.headers.items() if name.lower() not in HOP]
        headers.append(("Accept-Encoding", "identity"))
        upstream = self.way(dict(handler.headers.items())) or str(self.client.base_url)
        target = httpx.URL(upstream.rstrip("/") + handler.path)
        answer = self.client.request(handler.command, target, headers=headers, content=asked)
        kind = answer.headers.get("Content-Type", "")
        exchange = Exchange(
            handler.command, handler.path, answer.status_code, kind, answer.content.decode(), asked.decode()
        )
        if self.change is not None:
            exchange = self.change(exchange)
        self.exchanges.append(exchange)
        body = exchange.body.encode()
        handler.send_response_only(exchange.status)
        for name, value in answer.headers.multi_items():
            if name.lower() not in (*HOP, "content-type"):
                handler.send_header(name, value)
        handler.send_header("Content-Type", exchange.content_type)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)


@contextmanager
def recording(upstream: str) -> Iterator[Recorder]:
    """A recorder in front of an address, while the `with` lasts."""
    recorder = Recorder(upstream)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            recorder.forward(self)

        do_POST = do_PUT = do_PATCH = do_DELETE = do_GET

        def log_message(self, *_: object) -> None:
            """Nothing: the exchanges are the log."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    recorder.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield recorder
    finally:
        server.shutdown()
        server.server_close()
        recorder.client.close()
