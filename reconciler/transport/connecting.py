"""Addresses, trust and proxies: the one place that builds an `httpx.Client`."""

from __future__ import annotations

import ipaddress
import os
import ssl
from http.cookiejar import DefaultCookiePolicy

import httpx

from reconciler import __version__
from reconciler.errors import UsageError
from reconciler.transport.ending import bound

# Uvicorn, Node and Apache close an idle connection after 5 s, nginx after 75 s, IIS after 120 s. A request that meets
# the close on its way is lost and its fate unknown. So a connection is used again only within 2 s of its last answer
# (httpcore also looks whether the socket is already closed): consecutive calls share it, and a write after a pause
# pays for a new handshake instead of risking an unknown outcome.
_KEEPALIVE = 2.0
_CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


def parse_address(base_url: str, service: str) -> httpx.URL:
    try:
        base = httpx.URL(base_url.strip())
    except httpx.InvalidURL:
        base = httpx.URL("")
    if not base.host or base.userinfo or base.query or base.fragment:
        raise UsageError(
            f"the address of {service} is not usable",
            advice="write https://HOST or https://HOST/PATH, without user, query or fragment",
        )
    return base


def origin_of(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host.lower(), url.port or {"https": 443, "http": 80}.get(url.scheme)


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def make_client(scheme: str, pool_timeout: float, *, trust_env: bool) -> httpx.Client:
    """A client whose requests are sent within `ending`. UsageError."""
    try:
        client = httpx.Client(
            verify=_make_tls() if scheme == "https" else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
            trust_env=trust_env,
            follow_redirects=False,
            limits=httpx.Limits(max_connections=16, max_keepalive_connections=8, keepalive_expiry=_KEEPALIVE),
            timeout=pool_timeout,
            headers={"User-Agent": f"rescue-reconciler/{__version__}", "Accept-Encoding": "gzip"},
        )
    except (ValueError, ImportError, httpx.InvalidURL) as error:
        raise UsageError(
            "a proxy named in the environment cannot be used",
            advice="look at HTTPS_PROXY, ALL_PROXY and NO_PROXY; SOCKS is not supported",
        ) from error
    client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=()))
    bound(client)
    return client


def _make_tls() -> ssl.SSLContext:
    """The certificates of certifi, or those the environment names: for httpx SSL_CERT_*, for requests the others.

    azure-identity goes through requests; one variable is meant to serve both, so either kind counts here (graph.md
    §9.4).
    """
    named = [(name, value) for name in _CERTIFICATES if (value := os.environ.get(name))]
    if not named:
        return httpx.create_ssl_context(trust_env=False)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    for name, value in named:
        try:
            if os.path.isdir(value):  # noqa: PTH112 - OpenSSL takes text
                context.load_verify_locations(capath=value)
            else:
                context.load_verify_locations(cafile=value)
        except OSError as error:
            raise UsageError(f"the certificates that {name} names cannot be read: {error.strerror}") from error
    return context
