"""The channel against a server whose answer never ends: in its headers, between them, in a proxy, under TLS."""

import socket
import ssl
import threading
import time
from contextlib import ExitStack, suppress
from itertools import repeat

import pytest
import trustme

from reconciler.transport import Channel, TransportError

from .dripping import DRIPS, HEAD, Dripping

NAMES = ("rescue.corp.example", "proxy.corp.example")
QUICK = {"deadline": 0.3, "read_timeout": 5, "connect_timeout": 5}


class Relay:
    """A proxy behind TLS that answers CONNECT well, and passes on one byte at a time, each in a record of its own."""

    def __init__(self, port, certificate):
        self.port = port
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"https://127.0.0.1:{self.listener.getsockname()[1]}"
        self.pause = 0.0
        self.passed = 0
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        with suppress(OSError), self.context.wrap_socket(connection, server_side=True) as inside:
            while b"\r\n\r\n" not in inside.recv(65536):
                pass
            inside.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            with socket.create_connection(("127.0.0.1", self.port)) as onward:
                threading.Thread(target=self.back, args=(onward, inside), daemon=True).start()
                with suppress(ValueError):
                    while piece := inside.recv(65536):
                        onward.sendall(piece)

    def back(self, onward, inside):
        with suppress(OSError):
            while piece := onward.recv(65536):
                for byte in piece:
                    inside.sendall(bytes([byte]))
                    self.passed += 1
                    time.sleep(self.pause)

    def close(self):
        self.listener.close()


@pytest.fixture
def kept():
    """Closes what is put on it."""
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def drip(kept):
    def start(case, **more):
        server = Dripping(*DRIPS[case], **more)
        kept.callback(server.close)
        return server

    return start


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    ca = trustme.CA()
    ca.cert_pem.write_to_path(str(folder / "ca.pem"))
    ca.issue_cert("127.0.0.1", *NAMES).private_key_and_cert_chain_pem.write_to_path(str(folder / "server.pem"))
    return folder


@pytest.fixture
def trusted(certificates, monkeypatch):
    """No proxy, and the CA of the tests."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates / "ca.pem"))
    return str(certificates / "server.pem")


def refused(url, *, repeat=False, **more):
    """The error of one call that does not end."""
    with (
        Channel(url, service="Test", **(QUICK | more)) as channel,
        pytest.raises(TransportError, match="did not end within 0 s") as caught,
    ):
        channel.exchange("POST", "/x", form={"a": "1"}, repeat=repeat)
    return caught.value


@pytest.mark.parametrize("case", DRIPS)
def test_an_answer_that_never_ends_ends_with_the_deadline(drip, case):
    server = drip(case)
    assert refused(f"http://127.0.0.1:{server.port}").sent
    assert server.cut.wait(5)


@pytest.mark.parametrize("case", DRIPS)
def test_nor_is_it_asked_for_again_after_that(drip, case):
    server = drip(case)
    refused(f"http://127.0.0.1:{server.port}", repeat=True)
    assert server.requests == 1


@pytest.mark.parametrize("case", DRIPS)
def test_under_tls_likewise(drip, trusted, case):
    server = drip(case, certificate=trusted)
    assert refused(f"https://127.0.0.1:{server.port}", deadline=0.45).sent
    assert server.cut.wait(5)


@pytest.mark.parametrize("case", ["interim answers one by one", "one header"])
def test_a_proxy_that_never_says_that_it_is_connected(drip, trusted, monkeypatch, case):
    server = drip(case)
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{server.port}")
    refused(f"https://{NAMES[0]}")
    assert server.cut.wait(5)
    assert server.requests == 1


def test_a_byte_at_a_time_past_a_proxy_that_is_spoken_to_by_tls(kept, trusted, monkeypatch):
    """One read of TLS within TLS waits for a whole record, however many records of the outer one that takes."""
    server = Dripping(HEAD + b"X: " + b"x" * 400, b"x", 0.05, certificate=trusted, good=1)
    relay = Relay(server.port, trusted)
    kept.callback(server.close)
    kept.callback(relay.close)
    monkeypatch.setenv("HTTPS_PROXY", relay.url)
    with Channel(f"https://{NAMES[0]}", service="Test", deadline=2) as channel:
        assert channel.exchange("GET", "/x", repeat=False).status == 200
        relay.pause, relay.passed = 0.05, 0
        with pytest.raises(TransportError, match="did not end"):
            channel.exchange("GET", "/x", repeat=False)
    assert relay.passed < 200
    assert server.connections == 1


def test_each_call_over_a_kept_connection_has_a_deadline_of_its_own(drip):
    server = drip("one header", good=4)
    with Channel(f"http://127.0.0.1:{server.port}", service="Test", deadline=0.3) as channel:
        for _ in repeat(None, 4):
            assert channel.exchange("GET", "/x", repeat=False).status == 200
            time.sleep(0.1)
        with pytest.raises(TransportError, match="did not end"):
            channel.exchange("GET", "/x", repeat=False)
    assert server.connections == 1


@pytest.mark.parametrize("pieces", [0, 1000], ids=["not at all", "by and by"])
def test_a_request_that_nobody_takes_ends_too(kept, pieces):
    listener = socket.create_server(("127.0.0.1", 0))
    kept.callback(listener.close)
    taken, ended = [0], threading.Event()

    def take():
        with listener.accept()[0] as connection, suppress(OSError):
            while taken[0] < pieces and connection.recv(1 << 16, socket.MSG_WAITALL):
                taken[0] += 1
                time.sleep(0.01)
            ended.wait(20)

    threading.Thread(target=take, daemon=True).start()
    kept.callback(ended.set)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with Channel(url, service="Test", **QUICK) as channel, pytest.raises(TransportError, match="did not end") as caught:
        channel.exchange("POST", "/x", json={"x": "x" * (64 << 20)}, repeat=False)
    assert caught.value.sent
    assert taken[0] < 100


def test_a_handshake_that_is_never_answered_was_not_sent(kept):
    listener = socket.create_server(("127.0.0.1", 0))
    kept.callback(listener.close)
    with (
        Channel(f"https://127.0.0.1:{listener.getsockname()[1]}", service="Test", **QUICK) as channel,
        pytest.raises(TransportError, match="no connection in time, nothing was sent") as caught,
    ):
        channel.exchange("POST", "/x", repeat=False)
    assert not caught.value.sent
