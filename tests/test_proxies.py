"""Behind a proxy and a private CA: Entra, Graph and Rescue are all reached the same way, loopback never is.

The names are those of nobody; the proxy of the test leads every one of them to the same server.
"""

import socket
import threading
from contextlib import suppress
from urllib.parse import urlsplit

import pytest
import trustme

from reconciler.source.credentials import make_token_source
from reconciler.target.connect import open_channel
from reconciler.transport import Channel, TransportError

from .source.entra_authority import TENANT, Authority

NAMES = ("login.corp.example", "graph.corp.example", "rescue.corp.example")
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


class Proxy:
    """CONNECT and nothing else: notes where to, and leads to `port`."""

    def __init__(self, port):
        self.port = port
        self.asked = []
        self.open = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                self.open.append(connection)
                threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        with suppress(OSError):
            head = b""
            while b"\r\n\r\n" not in head:
                piece = connection.recv(4096)
                if not piece:
                    return
                head += piece
            self.asked.append(head.split(b"\r\n", 1)[0].decode())
            onward = socket.create_connection(("127.0.0.1", self.port))
            self.open.append(onward)
            connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            threading.Thread(target=self.pump, args=(onward, connection), daemon=True).start()
            self.pump(connection, onward)

    def pump(self, source, target):
        with suppress(OSError):
            while piece := source.recv(65536):
                target.sendall(piece)
        with suppress(OSError):
            target.shutdown(socket.SHUT_WR)

    def close(self):
        self.listener.close()
        for connection in self.open:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    ca = trustme.CA()
    ca.cert_pem.write_to_path(str(folder / "ca.pem"))
    ca.issue_cert("127.0.0.1", *NAMES).private_key_and_cert_chain_pem.write_to_path(str(folder / "server.pem"))
    return folder


@pytest.fixture
def server(certificates):
    it = Authority(str(certificates / "server.pem"))
    yield it
    it.close()


@pytest.fixture
def proxy(server, monkeypatch):
    it = Proxy(server.port)
    for name in (*PROXIES, *CERTIFICATES):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv("HTTPS_PROXY", it.url)
    yield it
    it.close()


def reach_all(server, environ, port=""):
    """A token, a question to Graph and one to Rescue."""
    login, graph, rescue = (f"https://{name}{port}" for name in NAMES)
    server.url = login  # what its discovery document names
    entra = {**environ, "AZURE_AUTHORITY_HOST": login, "AZURE_CLIENT_ID": "c", "AZURE_CLIENT_SECRET": "s"}
    assert make_token_source(entra, tenant_id=TENANT, cloud="global").token() == "token-1"
    with Channel(f"{graph}/v1.0", service="Graph") as channel:
        assert channel.exchange("GET", "/groups", repeat=False).status == 200
    with open_channel({"RESCUE_BASE_URL": f"{rescue}/API"}, "us", None) as channel:
        assert channel.exchange("POST", "getHierarchy_v2.aspx", repeat=False).status == 200


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"])
def test_one_proxy_and_one_ca_serve_all_three(proxy, server, certificates, monkeypatch, variable):
    monkeypatch.setenv(variable, str(certificates / "ca.pem"))
    reach_all(server, {variable: str(certificates / "ca.pem")})
    assert {line.split()[1] for line in proxy.asked} == {f"{name}:443" for name in NAMES}
    assert {line.split()[0] for line in proxy.asked} == {"CONNECT"}


def test_no_proxy_leads_past_it_to_all_three(proxy, server, certificates, monkeypatch):
    resolve = socket.getaddrinfo

    def to_loopback(host, *more, **options):
        return resolve("127.0.0.1" if host in NAMES else host, *more, **options)

    monkeypatch.setattr(socket, "getaddrinfo", to_loopback)
    monkeypatch.setenv("NO_PROXY", ".corp.example")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates / "ca.pem"))
    reach_all(server, {"SSL_CERT_FILE": str(certificates / "ca.pem")}, port=f":{server.port}")
    assert proxy.asked == []
    assert {urlsplit(request.path).path.split("/")[1] for request in server.requests} == {TENANT, "v1.0", "API"}


def test_loopback_is_reached_without_the_proxy(proxy, server, certificates, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates / "ca.pem"))
    monkeypatch.setenv("ALL_PROXY", proxy.url)
    environ = {
        "SSL_CERT_FILE": str(certificates / "ca.pem"),
        "AZURE_AUTHORITY_HOST": server.url,
        "AZURE_CLIENT_ID": "c",
        "AZURE_CLIENT_SECRET": "s",
    }
    assert make_token_source(environ, tenant_id=TENANT, cloud="global").token() == "token-1"
    with open_channel({"RESCUE_BASE_URL": f"{server.url}/API"}, "us", None) as channel:
        assert channel.exchange("POST", "getHierarchy_v2.aspx", repeat=False).status == 200
    assert proxy.asked == []


def test_a_ca_that_nobody_named_is_not_trusted(proxy):
    with (
        Channel("https://graph.corp.example/v1.0", service="Graph") as channel,
        pytest.raises(TransportError) as caught,
    ):
        channel.exchange("GET", "/groups", repeat=False)
    assert not caught.value.sent
