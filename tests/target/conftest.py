"""A server on loopback that answers what a test wrote down, and a time that does not pass by itself."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

import pytest

from reconciler.target.credentials import ApiToken, Credentials
from reconciler.target.rescue_client import RescueClient
from reconciler.transport import Channel

TOKEN = "canarytoken0123456789"
PASSWORD = "Canary-Passw0rd!"


@dataclass(frozen=True)
class Reply:
    body: bytes | str = b"OK"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    length: bool = True  # a Content-Length header; without it the end of the connection is the end of the body


@dataclass(frozen=True)
class Drop:
    """The connection ends without an answer."""


@dataclass(frozen=True)
class Request:
    verb: str
    path: str
    query: str
    form: dict[str, str]
    headers: dict[str, str]

    @property
    def method(self) -> str:
        return self.path.rpartition("/")[2].removesuffix(".aspx")


Script = Reply | Drop | str | bytes | Callable[[dict[str, str]], Reply | str | bytes]


class ScriptedRescue:
    """Each method has answers of its own, given in order; the last one again and again."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/API"
        self.requests: list[Request] = []
        self._scripts: dict[str, list[Script]] = defaultdict(list)

    def answers(self, method: str, *script: Script) -> None:
        self._scripts[method] = list(script)

    def called(self) -> list[str]:
        return [request.method for request in self.requests]

    def reply_to(self, request: Request) -> Reply | Drop:
        self.requests.append(request)
        script = self._scripts[request.method]
        if not script:
            return Reply(b"<!DOCTYPE html><html>no such page</html>", 404, {"Content-Type": "text/html"})
        said = script.pop(0) if len(script) > 1 else script[0]
        if callable(said):
            said = said(request.form)
        return Reply(said) if isinstance(said, str | bytes) else said


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    script: ScriptedRescue


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server
    timeout = 5

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        parts = urlsplit(self.path)
        form = dict(parse_qsl(content, keep_blank_values=True, strict_parsing=bool(content)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        reply = self.server.script.reply_to(Request(self.command, parts.path, parts.query, form, headers))
        if isinstance(reply, Drop):
            self.close_connection = True
            return
        body = reply.body.encode() if isinstance(reply.body, str) else reply.body
        self.send_response(reply.status)
        for name, value in {"Content-Type": "text/plain", **reply.headers}.items():
            self.send_header(name, value)
        if reply.length:
            self.send_header("Content-Length", str(len(body)))
        else:
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST

    def log_message(self, format: str, *args: object) -> None:
        pass


class Time:
    """`clock` stands still but for what `sleep` adds to it."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.naps: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.now += seconds

    def clock(self) -> float:
        return self.now


@pytest.fixture(scope="session")
def _server() -> Iterator[_Server]:
    with _Server(("127.0.0.1", 0), _Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def rescue(_server: _Server) -> ScriptedRescue:
    _server.script = ScriptedRescue(_server.server_address[1])
    return _server.script


@pytest.fixture
def time_() -> Time:
    return Time()


@pytest.fixture
def channel(rescue: ScriptedRescue, time_: Time) -> Iterator[Channel]:
    with Channel(rescue.url, service="LogMeIn Rescue", sleep=time_.sleep, clock=time_.clock) as channel:
        yield channel


@pytest.fixture
def connect(channel: Channel, time_: Time) -> Callable[..., RescueClient]:
    def connect(credentials: Credentials | None = None) -> RescueClient:
        return RescueClient(channel, credentials or ApiToken(TOKEN), sleep=time_.sleep, clock=time_.clock)

    return connect


@pytest.fixture
def client(connect: Callable[..., RescueClient]) -> RescueClient:
    return connect()
