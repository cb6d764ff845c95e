"""A hand-written Graph on a real socket, from graph.md alone: groups, members, users, `$batch`, and whatever fails."""

from __future__ import annotations

import base64
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
import trustme

from reconciler.source.credentials import TokenSource
from reconciler.source.entra_reader import EntraReader
from reconciler.source.graph_client import GraphClient
from reconciler.transport import Channel

from .entra_authority import TENANT, Authority


def guid(number: int) -> str:
    return f"{number:08x}-0000-4000-8000-00000000abcd"


def make_jwt(**claims: object) -> str:
    parts = ({"alg": "RS256"}, claims)
    head, body = (base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts)
    return f"{head}.{body}.signature"


def user_row(number: int, **changes: object) -> dict[str, object]:
    return {
        "@odata.type": "#microsoft.graph.user",
        "id": guid(number),
        "displayName": f"Person {number}",
        "userPrincipalName": f"p{number}@contoso.example",
        "mail": f"p{number}@contoso.example",
        "accountEnabled": True,
        "userType": "Member",
        **changes,
    }


def refusal(status: int, code: str, **headers: str) -> SimpleNamespace:
    body = {"error": {"code": code, "message": "words nobody may branch on", "innerError": {"request-id": "r"}}}
    return SimpleNamespace(status=status, headers=headers, body=body)


def page(rows: list, **more: object) -> SimpleNamespace:
    body = {"@odata.context": "https://graph.example/v1.0/$metadata#directoryObjects", **more, "value": rows}
    return SimpleNamespace(status=200, headers={}, body=body)


class FakeGraph:
    """`fault(item)` may answer any question before the directory does; `outer(request)` any HTTP request."""

    def __init__(self) -> None:
        self.groups: dict[str, dict] = {}
        self.members: dict[str, list[dict]] = {}
        self.users: dict[str, dict] = {}
        self.member_groups: dict[str, list[str]] = {}
        self.token: str | None = None
        self.page_size = 999
        self.trailing_empty_page = False
        self.requests: list[SimpleNamespace] = []
        self.items: list[SimpleNamespace] = []
        self.fault = lambda _: None
        self.outer = lambda _: None
        self.shuffle = lambda answers: answers
        self.lock = threading.Lock()
        graph = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                request = SimpleNamespace(method=self.command, url=self.path, headers=self.headers, body=body)
                with graph.lock:
                    graph.requests.append(request)
                    answer = graph.outer(request) or graph.answer_http(request)
                if answer is None:
                    self.close_connection = True
                    return
                sent = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
                self.send_response(answer.status)
                for name, value in {"Content-Type": "application/json", **answer.headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(sent)))
                self.end_headers()
                self.wfile.write(sent)

            do_POST = do_GET

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            def handle_error(self, *_: object) -> None:
                pass  # a client that hangs up is part of the tests

        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1.0"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def add_group(self, number: int, name: str | None = None, members: list | tuple = (), **more: object) -> str:
        id_ = guid(number)
        self.groups[id_] = {"id": id_, "displayName": name or f"Group {number}", "visibility": None, **more}
        self.members[id_] = list(members)
        return id_

    def answer_http(self, request: SimpleNamespace) -> SimpleNamespace:
        if self.token is not None and request.headers.get("Authorization") != f"Bearer {self.token}":
            return refusal(401, "InvalidAuthenticationToken")
        if request.url != "/v1.0/$batch":
            return self.answer(SimpleNamespace(method=request.method, url=request.url[5:], id=None, body=None))
        questions = json.loads(request.body)["requests"]
        if len(questions) > 20 or len({one["id"].lower() for one in questions}) != len(questions):
            return refusal(400, "BadRequest")
        answers = []
        for one in questions:
            if not one["url"].startswith("/") or "://" in one["url"]:
                return refusal(400, "BadRequest")
            item = SimpleNamespace(method=one["method"], url=one["url"], id=one["id"], body=one.get("body"))
            answer = self.answer(item)
            if answer is not None:
                answers.append(
                    {"id": one["id"], "status": answer.status, "headers": answer.headers, "body": answer.body}
                )
        return SimpleNamespace(status=200, headers={}, body={"responses": self.shuffle(answers)})

    def answer(self, item: SimpleNamespace) -> SimpleNamespace | None:
        self.items.append(item)
        told = self.fault(item)
        if told is not None:
            return None if told == "left out" else told
        parts = urlsplit(item.url)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        path = [unquote(step) for step in parts.path.strip("/").split("/")]
        if path == ["groups"]:
            names = [
                name.replace("''", "'") for name in re.findall(r"displayName eq '((?:[^']|'')*)'", query["$filter"])
            ]
            found = [g for g in self.groups.values() if g["displayName"].lower() in [name.lower() for name in names]]
            return self.paged(found, item.url, query)
        store, missing = (self.groups, 404) if path[0] == "groups" else (self.users, 404)
        if path[1] not in store:
            return refusal(missing, "Request_ResourceNotFound")
        if path[2:] == ["members"]:
            return self.paged(self.members[path[1]], item.url, query)
        if path[2:] == ["getMemberGroups"] and item.method == "POST" and item.body == {"securityEnabledOnly": False}:
            return page(self.member_groups.get(path[1], []))
        wanted = query["$select"].split(",")
        return SimpleNamespace(status=200, headers={}, body={k: v for k, v in store[path[1]].items() if k in wanted})

    def paged(self, rows: list, url: str, query: dict[str, str]) -> SimpleNamespace:
        start = int(query.get("$skiptoken", "0"))
        rest = rows[start + self.page_size :]
        onward = rest or (self.trailing_empty_page and start < len(rows))
        base = url.partition("&$skiptoken=")[0]
        link = {"@odata.nextLink": f"{self.url}{base}&$skiptoken={start + self.page_size}"} if onward else {}
        return page(rows[start : start + self.page_size], **link)

    def asked(self, part: str) -> int:
        return sum(part in item.url for item in self.items)


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []
        self.lock = threading.Lock()

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        with self.lock:
            self.slept.append(seconds)
            self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def graph():
    fake = FakeGraph()
    yield fake
    fake.close()


@pytest.fixture
def make_client(graph, clock):
    """A client with a token; `tokens` are given out one after the other as they are renewed."""
    channels = []

    def make(*tokens: str, renewable: bool = True) -> GraphClient:
        left = list(tokens or [make_jwt(tid=TENANT, roles=["GroupMember.Read.All", "User.Read.All"])])

        def fetch(renew: bool) -> str:
            if renew and len(left) > 1:
                left.pop(0)
            return left[0]

        channel = Channel(graph.url, service="Microsoft Graph (GRAPH_BASE_URL)", sleep=clock.sleep, clock=clock)
        channels.append(channel)
        source = TokenSource(fetch, renewable=renewable)
        return GraphClient(channel, source, sleep=clock.sleep, clock=clock)

    yield make
    for channel in channels:
        channel.close()


@pytest.fixture
def reader(make_client) -> EntraReader:
    return EntraReader(make_client(), tenant_id=TENANT)


@pytest.fixture
def tools() -> SimpleNamespace:
    """The helpers above, for tests that make rows, tokens and refusals themselves."""
    return SimpleNamespace(
        TENANT=TENANT,
        guid=guid,
        make_jwt=make_jwt,
        user_row=user_row,
        refusal=refusal,
        page=page,
        mappings=make_mappings,
    )


def make_mappings(
    *named: tuple[str | None, str | None], limit: int = 999, nested: str = "direct", **other: str
) -> SimpleNamespace:
    """What the reader looks at of a `Mappings`: mappings `m0`, `m1`, ... with (id, name), and one limit.

    `nested` is that of all mappings but those named in `other`.
    """
    pairs = [
        SimpleNamespace(
            name=f"m{number}",
            entra_group=SimpleNamespace(id=id_, name=name),
            line=number + 1,
            nested=other.get(f"m{number}", nested),
        )
        for number, (id_, name) in enumerate(named)
    ]
    return SimpleNamespace(mappings=tuple(pairs), limits=SimpleNamespace(members=limit))


@pytest.fixture(scope="session")
def certificates(tmp_path_factory) -> SimpleNamespace:
    """An authority of our own and a certificate for loopback and some names behind a proxy."""
    folder = tmp_path_factory.mktemp("tls")
    ca = trustme.CA()
    ca.cert_pem.write_to_path(str(folder / "ca.pem"))
    names = ("127.0.0.1", "localhost", "login.corp.example", "graph.corp.example", "rescue.corp.example")
    ca.issue_cert(*names).private_key_and_cert_chain_pem.write_to_path(str(folder / "server.pem"))
    return SimpleNamespace(ca=str(folder / "ca.pem"), server=str(folder / "server.pem"))


@pytest.fixture
def authority(certificates, monkeypatch):
    # azure-identity goes through requests, the channel through httpx: one variable serves both.
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", certificates.ca)
    # A proxy of the environment must not come between us and loopback.
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    it = Authority(certificates.server)
    yield it
    it.close()
