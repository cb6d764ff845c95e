"""The channel against a real socket: what is repeated, what is sent once, what ends, and what is never told."""

import gzip
import io
import logging
import socket
import threading
import time
import traceback
from contextlib import contextmanager, suppress
from types import SimpleNamespace

import pytest

from reconciler.errors import UsageError
from reconciler.transport import Answer, Channel, TransportError, retry_after


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self):
        self.now = 1000.0
        self.slept = []
        self.lock = threading.Lock()

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        with self.lock:
            self.slept.append(seconds)
            self.now += seconds


class Server:
    """Answers each request with what `script` gives: bytes to send, None to hang up, or a function of the socket."""

    def __init__(self, script):
        self.script = script
        self.requests = []
        self.connections = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.open = []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            self.open.append(connection)
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        with connection, suppress(OSError, ValueError):
            stream = connection.makefile("rb")
            while line := stream.readline():
                headers = {}
                while (field := stream.readline().strip()) != b"":
                    name, _, value = field.decode("latin-1").partition(":")
                    headers[name.lower()] = value.strip()
                body = stream.read(int(headers.get("content-length", 0)))
                method, target, _ = line.decode("latin-1").split(" ", 2)
                request = SimpleNamespace(method=method, target=target, headers=headers, body=body, at=time.monotonic())
                self.requests.append(request)
                reply = self.script(len(self.requests), request)
                if reply is None:
                    return
                if callable(reply):
                    reply(connection)
                    return
                connection.sendall(reply)

    def close(self):
        self.listener.close()
        for connection in self.open:
            connection.close()


def reply(status=200, body=b"", **headers):
    fields = {"Content-Length": str(len(body)), **{name.replace("_", "-"): value for name, value in headers.items()}}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {status} X\r\n{head}\r\n".encode() + body


@pytest.fixture
def serve():
    servers = []

    def start(*script):
        function = script[0] if callable(script[0]) and len(script) == 1 else None
        server = Server(function or (lambda n, _: script[min(n, len(script)) - 1]))
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.close()


@contextmanager
def channel(url, **options):
    clock = options.pop("clock", None) or Clock()
    with Channel(url, service="Test service (TEST_URL)", sleep=clock.sleep, clock=clock, **options) as it:
        yield it


def closed_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


# Repeats of reads


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_read_is_repeated_after_a_passing_failure(serve, status):
    server = serve(reply(status), reply(status), reply(200, b"here"))
    with channel(server.url) as it:
        assert it.exchange("GET", "/x", repeat=True).body == b"here"
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    "broken", [None, b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", b"no http at all\r\n\r\n"]
)
def test_a_read_is_repeated_after_a_dropped_or_half_answer(serve, broken):
    def hang_up(connection):
        connection.sendall(broken or b"")

    server = serve(lambda n, _: hang_up if n < 3 else reply(200, b"whole"))
    with channel(server.url) as it:
        assert it.exchange("GET", "/x", repeat=True).body == b"whole"


def test_a_read_is_repeated_after_a_timeout(serve):
    server = serve(lambda n, _: (lambda _connection: time.sleep(0.4)) if n == 1 else reply(200, b"late"))
    with channel(server.url, read_timeout=0.1) as it:
        assert it.exchange("GET", "/x", repeat=True).body == b"late"


def test_six_attempts_are_made_and_the_last_answer_returned(serve):
    clock = Clock()
    server = serve(lambda n, _: reply(503, str(n).encode()))
    with channel(server.url, clock=clock) as it:
        assert it.exchange("GET", "/x", repeat=True) == Answer(503, {"content-length": "1"}, b"6")
    assert len(server.requests) == 6
    assert all(0 <= wait <= 0.3 * 2**n for n, wait in enumerate(clock.slept))


def test_after_the_last_attempt_the_last_error_is_raised_with_its_cause():
    with channel(f"http://127.0.0.1:{closed_port()}") as it, pytest.raises(TransportError) as caught:
        it.exchange("GET", "/x", repeat=True)
    assert not caught.value.sent
    assert "refused" in str(caught.value.__cause__)


@pytest.mark.parametrize("status", [200, 301, 302, 400, 401, 403, 404, 501])
def test_other_statuses_are_returned_at_once_and_redirects_not_followed(serve, status):
    server = serve(reply(status, b"", Location="http://127.0.0.1:1/elsewhere"))
    with channel(server.url) as it:
        answer = it.exchange("GET", "/x", repeat=True)
    assert (answer.status, answer.headers["location"]) == (status, "http://127.0.0.1:1/elsewhere")
    assert len(server.requests) == 1


def test_retry_after_is_waited_out(serve):
    clock = Clock()
    server = serve(reply(429, b"", Retry_After="7"), reply(503, b"", Retry_After="3"), reply(200))
    with channel(server.url, clock=clock) as it:
        assert it.exchange("GET", "/x", repeat=True).status == 200
    assert clock.slept == [7, 3]


def test_a_retry_after_beyond_the_deadline_ends_at_once_and_says_so(serve, caplog):
    clock = Clock()
    server = serve(reply(429, b"", Retry_After="121"))
    with channel(server.url, clock=clock, deadline=120) as it:
        assert it.exchange("GET", "/x", repeat=True).status == 429
    assert len(server.requests) == 1
    assert clock.slept == []
    assert "121 s" in caplog.text


def test_all_repeats_together_keep_the_deadline(serve):
    clock = Clock()
    server = serve(reply(503, b"", Retry_After="50"))
    with channel(server.url, clock=clock, deadline=120) as it:
        assert it.exchange("GET", "/x", repeat=True).status == 503
    assert clock.slept == [50, 50]


def test_a_pause_of_no_seconds_counts_as_not_said(serve):
    clock = Clock()
    server = serve(reply(429, b"", Retry_After="0"))
    with channel(server.url, clock=clock) as it:
        assert it.exchange("GET", "/x", repeat=True).status == 429
    assert len(clock.slept) == 5
    assert sum(clock.slept) > 0


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "5"}, 5),
        ({"retry-after": " 1.5 "}, 1.5),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "9" * 400}, None),
        ({"retry-after": "Sun, 22 Nov 2026 21:00:30 GMT", "date": "Sun, 22 Nov 2026 21:00:00 GMT"}, 30),
        ({"retry-after": "Sun, 22 Nov 2026 20:00:00 GMT", "date": "Sun, 22 Nov 2026 21:00:00 GMT"}, 0),
        ({"retry-after": "Sun, 22 Nov 1999 20:00:00 GMT"}, 0),
    ],
)
def test_retry_after_is_seconds_or_a_date(headers, seconds):
    assert retry_after(headers) == seconds


# Writes


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_write_is_sent_once_and_its_answer_returned(serve, status):
    server = serve(reply(status, b"", Retry_After="1"))
    with channel(server.url) as it:
        assert it.exchange("POST", "/x", form={"a": "1"}, repeat=False).status == status
    assert [request.body for request in server.requests] == [b"a=1"]


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nha",
    ],
)
def test_a_write_whose_answer_is_lost_was_sent(serve, broken):
    server = serve(lambda *_: lambda connection: connection.sendall(broken))
    with channel(server.url) as it, pytest.raises(TransportError) as caught:
        it.exchange("POST", "/x", form={"a": "1"}, repeat=False)
    assert caught.value.sent
    assert len(server.requests) == 1


def test_a_write_that_times_out_was_sent(serve):
    server = serve(lambda *_: lambda _connection: time.sleep(0.4))
    with channel(server.url, read_timeout=0.1) as it, pytest.raises(TransportError) as caught:
        it.exchange("POST", "/x", repeat=False)
    assert caught.value.sent
    assert len(server.requests) == 1


def test_a_write_that_finds_nobody_was_not_sent():
    with channel(f"http://127.0.0.1:{closed_port()}") as it, pytest.raises(TransportError) as caught:
        it.exchange("POST", "/x", repeat=False)
    assert not caught.value.sent
    assert "nothing was sent" in str(caught.value)


def test_a_write_over_a_failed_handshake_was_not_sent(serve):
    server = serve(reply(200))
    address = server.url.replace("http:", "https:")
    with channel(address, connect_timeout=0.1) as it, pytest.raises(TransportError) as caught:
        it.exchange("POST", "/x", repeat=False)
    assert not caught.value.sent


def test_a_connection_the_server_has_closed_is_not_used_for_a_write(serve):
    def answer_and_hang_up(connection):
        connection.sendall(reply(200))  # no "Connection: close": the client thinks it may go on

    server = serve(lambda *_: answer_and_hang_up)
    with channel(server.url) as it:
        for _ in range(3):
            assert it.exchange("POST", "/x", repeat=False).status == 200
            time.sleep(0.02)
    assert server.connections == 3


def test_calls_in_a_row_share_a_connection_and_none_is_older_than_two_seconds(serve, monkeypatch):
    server = serve(reply(200))
    with channel(server.url) as it:
        for _ in range(3):
            it.exchange("POST", "/x", repeat=False)
        assert server.connections == 1
        later = time.monotonic() + 2.1
        monkeypatch.setattr("httpcore._sync.http11.time.monotonic", lambda: later)
        it.exchange("POST", "/x", repeat=False)
    assert server.connections == 2


# Where requests may go


@pytest.mark.parametrize(
    "url", ["http://graph.microsoft.com", "ftp://localhost", "http://10.0.0.1", "http://localhost.example.com"]
)
def test_plain_http_is_for_loopback(url):
    with pytest.raises(UsageError, match=r"Test service \(TEST_URL\) must begin with https://"), channel(url):
        pass


@pytest.mark.parametrize(
    "url", ["", "graph.microsoft.com", "https://", "https://me:pw@host", "https://h/?q=1", "https://h:x"]
)
def test_an_address_that_is_none_is_refused_without_repeating_it(url):
    with pytest.raises(UsageError, match="Test service") as caught, channel(url):
        pass
    assert "pw" not in str(caught.value)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://127.8.9.10", "http://[::1]:8080", "http://LOCALHOST"])
def test_loopback_may_be_plain(url):
    with channel(url):
        pass


@pytest.mark.parametrize("path", ["/a/b?c=d", "a/b?c=d"])
def test_paths_are_below_the_base(serve, path):
    server = serve(reply(200))
    with channel(f"{server.url}/v1.0/") as it:
        it.exchange("GET", path, repeat=True)
    assert server.requests[0].target == "/v1.0/a/b?c=d"


def test_an_absolute_link_goes_out_byte_for_byte(serve):
    server = serve(reply(200))
    rest = "/v1.0/groups/x/members?$select=id,mail&$top=2&%24count=true&$skiptoken=RFNw.-_~%2b%2F%3d!*'();:@/?|+x="
    with channel(f"{server.url}/v1.0") as it:
        it.exchange("GET", server.url + rest, repeat=True)
    assert server.requests[0].target == rest


@pytest.mark.parametrize(
    "link",
    [
        "http://127.0.0.2:{port}/v1.0/x",
        "https://127.0.0.1:{port}/v1.0/x",
        "http://127.0.0.1:1/v1.0/x",
        "http://me@127.0.0.1:{port}/x",
        "http://127.0.0.1:{port}@evil.example/x",
        "http://evil\x00.example/",
    ],
)
def test_a_link_to_elsewhere_is_not_followed(serve, link):
    server = serve(reply(200))
    with channel(server.url) as it, pytest.raises(TransportError) as caught:
        it.exchange("GET", link.format(port=server.port), headers={"Authorization": "Bearer canary"}, repeat=True)
    assert not caught.value.sent
    assert server.requests == []


def test_the_default_port_is_the_same_host():
    with channel("https://graph.invalid/v1.0") as it:
        it._build("GET", "https://graph.invalid:443/v1.0/x", None, None, None)


def test_proxies_of_the_environment_are_used_but_not_for_loopback(serve, monkeypatch):
    proxy, server = serve(reply(407)), serve(reply(200, b"direct"))
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, proxy.url)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    with channel(server.url) as it:
        assert it.exchange("GET", "/x", repeat=True).body == b"direct"
    with channel("https://graph.invalid") as it, pytest.raises(TransportError) as caught:
        it.exchange("POST", "/x?secret=canary", repeat=False)
    assert not caught.value.sent
    assert [(request.method, request.target) for request in proxy.requests] == [("CONNECT", "graph.invalid:443")]


def test_a_proxy_that_cannot_be_used_is_a_usage_error(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "socks5://127.0.0.1:1")
    monkeypatch.setenv("https_proxy", "socks5://127.0.0.1:1")
    with pytest.raises(UsageError, match="proxy"), channel("https://graph.invalid"):
        pass


def test_certificates_that_are_missing_are_a_usage_error(monkeypatch, tmp_path):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "none.pem"))
    with pytest.raises(UsageError, match="REQUESTS_CA_BUNDLE"), channel("https://graph.invalid"):
        pass


def test_a_folder_of_certificates_may_be_named(monkeypatch, tmp_path):
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    with channel("https://graph.invalid"):
        pass


# Bodies


def test_bodies_and_headers_are_sent_and_unpacked(serve):
    server = serve(
        reply(200, gzip.compress(b"packed"), Content_Encoding="gzip"),
        b"HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nset-cookie: b=2\r\nX: 1\r\nX: 2\r\nContent-Length: 0\r\n\r\n",
        reply(200),
    )
    with channel(server.url) as it:
        assert it.exchange("POST", "/x", json={"name": "Zoë"}, repeat=True).body == b"packed"
        answer = it.exchange("GET", "/x", headers={"Authorization": "Bearer t"}, repeat=True)
        it.exchange("GET", "/x", repeat=True)
    assert server.requests[0].body == '{"name":"Zoë"}'.encode()
    assert server.requests[1].headers["authorization"] == "Bearer t"
    assert server.requests[1].headers["user-agent"].startswith("rescue-reconciler/")
    assert answer.headers == {"set-cookie": "a=1\nb=2", "x": "1, 2", "content-length": "0"}
    assert "cookie" not in server.requests[2].headers


def test_several_members_of_one_archive_are_one_body(serve):
    server = serve(reply(200, gzip.compress(b"one ") + gzip.compress(b"two"), Content_Encoding="x-gzip"))
    with channel(server.url) as it:
        assert it.exchange("GET", "/x", repeat=True).body == b"one two"


def test_an_empty_packed_body_is_empty(serve):
    server = serve(reply(200, b"", Content_Encoding="gzip"))
    with channel(server.url) as it:
        assert it.exchange("GET", "/x", repeat=True).body == b""


@pytest.mark.parametrize(
    "packed",
    [gzip.compress(b"x" * 5000)[:-12], b"not gzip", gzip.compress(b"x") + b"rubbish"],
    ids=["cut off", "not packed", "followed by rubbish"],
)
def test_a_damaged_archive_is_no_answer(serve, packed):
    server = serve(reply(200, packed, Content_Encoding="gzip"))
    with channel(server.url) as it, pytest.raises(TransportError) as caught:
        it.exchange("POST", "/x", repeat=False)
    assert caught.value.sent


def test_an_unknown_packing_is_no_answer(serve):
    server = serve(reply(200, b"x", Content_Encoding="br"))
    with channel(server.url) as it, pytest.raises(TransportError):
        it.exchange("POST", "/x", repeat=False)


@pytest.mark.parametrize("packed", [True, False])
def test_a_body_over_the_limit_ends_and_is_not_asked_for_again(serve, packed):
    bomb = gzip.compress(bytes(30_000_000)) if packed else bytes(2_000_001)
    server = serve(reply(200, bomb, Content_Encoding="gzip" if packed else "identity"))
    with (
        channel(server.url, max_body=2_000_000) as it,
        pytest.raises(TransportError, match="larger than 2000000") as caught,
    ):
        it.exchange("GET", "/x", repeat=True)
    assert caught.value.sent
    assert len(server.requests) == 1


def test_an_error_that_is_kept_keeps_no_body(serve):
    """Four attempts at a tree of a GiB would be four GiB."""
    server = serve(reply(body=b"x" * 3000))
    with channel(server.url, max_body=2000) as it, pytest.raises(TransportError) as failed:
        it.exchange("GET", "/tree", repeat=True)
    held = [value for frame, _ in traceback.walk_tb(failed.value.__traceback__) for value in frame.f_locals.values()]
    buffers = [value for value in held if isinstance(value, io.BytesIO)]
    assert buffers
    assert all(buffer.closed for buffer in buffers)


@pytest.mark.parametrize("packed", [True, False])
def test_a_body_that_trickles_ends(serve, packed):
    def trickle(connection):
        fields = b"Content-Encoding: gzip\r\n" if packed else b""
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n" + fields + b"\r\n")
        for byte in gzip.compress(bytes(range(256)) * 9):
            connection.sendall(bytes([byte]))
            time.sleep(0.01)

    server = serve(lambda *_: trickle)
    begun = time.monotonic()
    with (
        Channel(server.url, service="Test", deadline=0.2, read_timeout=0.2) as it,
        pytest.raises(TransportError) as caught,
    ):
        it.exchange("GET", "/x", repeat=True)
    assert caught.value.sent
    assert time.monotonic() - begun < 1.5


# Pace


def test_requests_are_evenly_spaced_over_threads(serve):
    server = serve(reply(200))
    with Channel(server.url, service="Test", pace=50) as it:
        threads = [
            threading.Thread(target=lambda: [it.exchange("GET", "/x", repeat=True) for _ in range(3)]) for _ in range(4)
        ]
        begun = time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        took = time.monotonic() - begun
    assert len(server.requests) == 12
    assert took >= 11 / 50


def test_a_pause_announced_to_one_thread_holds_the_others(serve):
    clock = Clock()
    server = serve(reply(429, b"", Retry_After="9"), reply(200))
    with channel(server.url, clock=clock) as it:
        assert it.exchange("POST", "/x", repeat=False).status == 429
        assert clock.slept == []
        it.exchange("GET", "/y", repeat=True)
    assert clock.slept == [9]


def test_a_pause_longer_than_the_deadline_is_not_slept(serve):
    clock = Clock()
    server = serve(reply(429, b"", Retry_After="900"))
    with channel(server.url, clock=clock) as it:
        it.exchange("POST", "/x", repeat=False)
        with pytest.raises(TransportError, match="pause of 900 s") as caught:
            it.exchange("POST", "/x", repeat=False)
    assert not caught.value.sent
    assert clock.slept == []


def test_a_pause_announced_while_waiting_is_waited_for_too(serve):
    server = serve(reply(200))
    with channel(server.url) as it:
        pacer = it._pacer
        slept = []

        def sleep(seconds):
            slept.append(seconds)
            if len(slept) == 1:
                pacer.hold(30)

        pacer._sleep = sleep
        pacer.hold(5)
        pacer.wait()
    assert slept == [5, 30]


def test_a_pause_that_takes_the_rest_of_the_time_ends_the_repeats(serve):
    clock = Clock()
    server = serve(reply(503))
    with channel(server.url, clock=clock, deadline=120) as it:

        def sleep_while_another_thread_is_told_to_wait(seconds):
            clock.sleep(seconds + 60)
            it._pacer.hold(100)

        it._sleep = sleep_while_another_thread_is_told_to_wait
        assert it.exchange("GET", "/x", repeat=True).status == 503
    assert len(server.requests) == 1


# Secrets


def test_no_secret_is_in_a_log_an_exception_or_a_repr(serve, caplog):
    caplog.set_level(logging.DEBUG)
    secrets = {"query": "canary-query", "header": "canary-header", "form": "canary-form", "body": "canary-body"}
    server = serve(
        reply(500, b"canary-body", Set_Cookie="s=canary-body"),
        lambda connection: connection.sendall(b"canary-body straight away\r\n\r\n"),
        lambda _connection: None,
    )
    told = []
    with channel(f"{server.url}/API") as it:
        for _ in range(3):
            try:
                told.append(
                    it.exchange(
                        "POST",
                        "/x?authcode=canary-query",
                        headers={"Authorization": "canary-header"},
                        form={"pw": "canary-form"},
                        repeat=False,
                    )
                )
            except TransportError as error:
                told.append("".join(traceback.format_exception(error)))
        for headers, url in [({"Authorization": "canary-header\n"}, "/x"), ({}, "http://evil.example/?x=canary-query")]:
            with pytest.raises(TransportError) as caught:
                it.exchange("GET", url, headers=headers, repeat=True)
            told.append("".join(traceback.format_exception(caught.value)))
        told.append(repr(it))
    seen = caplog.text + repr(told)
    assert "Test service POST /API/x: 500" in caplog.text
    assert len(told) == 6
    for secret in secrets.values():
        assert secret not in seen
