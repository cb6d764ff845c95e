"""The socket side: authentication, faults, the log of requests, JSON in and out."""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.local_github.artifacts import BLOBS
from tests.local_github.faults import Fault
from tests.local_github.routes import Call, Refusal, find_route
from tests.local_github.state import Identity, Repo

_IN_REPO = re.compile(r"/(?:repos/(?P<name>[^/]+/[^/]+)|repositories/(?P<number>\d+))(?P<rest>/.*)?")

API_HOST = "api.github.com"
"""What a client on the Unix socket thinks it speaks to."""


@dataclass
class Seen:
    """One request and what was answered; status 0: nothing."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any
    who: str | None
    status: int = 0

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass
class LocalGitHub:
    """The whole of it. `url` is what GITHUB_API_URL is set to."""

    url: str = ""
    repos: dict[str, Repo] = field(default_factory=dict)
    tokens: dict[str, Identity] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    log: list[Seen] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def repo(self, name: str = "contoso/rescue") -> Repo:
        """The repository of that name, made at the first call."""
        return self.repos.setdefault(name, Repo(name, 40 + len(self.repos)))

    def token(self, text: str, login: str, *, installation: bool | None = None, **permissions: str) -> str:
        """Makes a token valid. `pull_requests="write"`; without any permission named all is allowed."""
        allowed = {name.replace("_", "-"): level for name, level in permissions.items()} or None
        is_app = login.endswith("[bot]") if installation is None else installation
        self.tokens[text] = Identity(login, is_app, allowed)
        return text

    @property
    def writes(self) -> list[str]:
        """Method and path of each request that is no reading."""
        return [str(seen) for seen in self.log if seen.method != "GET"]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    github: LocalGitHub

    def log_message(self, format: str, *args: Any) -> None:
        """The log is `LocalGitHub.log`."""

    def _serve(self) -> None:
        raw = self.rfile.read(int(self.headers.get("content-length") or 0))
        parts = urlsplit(self.path)
        github = self.github
        with github.lock:
            seen = Seen(
                self.command,
                parts.path,
                dict(parse_qsl(parts.query, keep_blank_values=True)),
                {name.lower(): value for name, value in self.headers.items()},
                _json_or_none(raw),
                None,
            )
            github.log.append(seen)
            fault = next((fault for fault in github.faults if fault.fits(seen.method, seen.path)), None)
            if fault is None or fault.kind.endswith("_after"):
                status, headers, body = self._answer(seen, raw)
                if fault is not None and fault.kind == "error_after":
                    status, headers, body = 502, {}, {"message": "Server Error"}
            elif fault.kind == "html":
                status, headers, body = 200, {"Content-Type": "text/html"}, b"<!doctype html><title>Unicorn!</title>"
            else:
                status, headers, body = (0, {}, None) if fault.kind == "drop" else fault.answer()
            if fault is not None and fault.kind in ("drop", "drop_after"):
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            seen.status = status
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("X-GitHub-Request-Id", f"{len(github.log):04X}:LOCAL")
        self.send_header("Content-Length", str(len(data)))
        for name, value in {"Content-Type": "application/json; charset=utf-8", **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _serve

    def _answer(self, seen: Seen, raw: bytes) -> tuple[int, dict[str, str], Any]:
        if seen.path.startswith(BLOBS):
            return self._blob(seen)
        try:
            if not seen.headers.get("user-agent"):
                raise Refusal(403, "Request forbidden by administrative rules.")
            scheme, _, token = seen.headers.get("authorization", "").partition(" ")
            who = self.github.tokens.get(token) if scheme.lower() in ("bearer", "token") else None
            if who is None:
                raise Refusal(401, "Bad credentials" if token else "Requires authentication")
            seen.who = who.login
            if raw and not isinstance(seen.body, dict):
                raise Refusal(400, "Problems parsing JSON")
            repo, rest = self._place(seen.path)
            base = f"https://{API_HOST}" if seen.headers.get("host") == API_HOST else self.github.url
            call = Call(base, seen.path, seen.query, seen.body or {}, who, repo, seen.headers.get("accept", ""))
            route, arguments = find_route(seen.method, rest)
            status, body = route(call, *(unquote(argument) for argument in arguments))
        except Refusal as refusal:
            return refusal.status, {}, refusal.body
        return status, call.headers, body

    def _blob(self, seen: Seen) -> tuple[int, dict[str, str], Any]:
        """The storage behind a redirect: an address with its signature, and no second credential beside it."""
        if "authorization" in seen.headers or seen.query.get("sig") != "1":
            return 400, {"Content-Type": "application/xml"}, b"<Error><Code>InvalidAuthenticationInfo</Code></Error>"
        number, _, artifact = seen.path.removeprefix(BLOBS).partition("/")
        repo = next(repo for repo in self.github.repos.values() if str(repo.number) == number)
        return 200, {"Content-Type": "application/zip"}, repo.artifacts[int(artifact)].data

    def _place(self, path: str) -> tuple[Repo | None, str]:
        found = _IN_REPO.fullmatch(path)
        if found is None:
            if path == "/user":
                return None, path
            raise Refusal(404, "Not Found")
        for repo in self.github.repos.values():
            if repo.name == found["name"] or str(repo.number) == found["number"]:
                return repo, found["rest"] or ""
        raise Refusal(404, "Not Found")


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A dropped connection is what a fault asked for."""


@contextmanager
def run_github() -> Iterator[LocalGitHub]:
    """Listening on a free loopback port while entered."""
    github = LocalGitHub()
    handler = type("Handler", (_Handler,), {"github": github})
    with _Server(("127.0.0.1", 0), handler) as server:
        github.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield github
        finally:
            server.shutdown()
            thread.join()


class _UnixServer(_Server):
    address_family = socket.AF_UNIX

    def server_bind(self) -> None:
        """Without the name and the port that a server of addresses has."""
        self.socket.bind(str(self.server_address))
        self.server_name, self.server_port = "localhost", 0


@contextmanager
def also_on_socket(github: LocalGitHub, path: str) -> Iterator[None]:
    """The same GitHub behind a Unix socket, which is how the command `gh` is told to find it (`http_unix_socket`)."""
    handler = type("Handler", (_Handler,), {"github": github})
    with _UnixServer(path, handler) as server:  # type: ignore[arg-type]  # a path instead of host and port
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()


def _json_or_none(raw: bytes) -> Any:
    try:
        return json.loads(raw) if raw else None
    except ValueError:
        return None
