"""A call ends however its answer drips: every wait on a socket counts against the deadline of the call it is for.

httpx bounds each wait by itself, so a byte of a header each second, or `100 Continue` for ever, would hold a call for
ever. httpcore takes its network from outside; ours lies between it and the sockets, below proxies and TLS alike. Who
calls does all of a call's sending and receiving in their own thread, so the deadline is kept by thread, and a kept
connection serves under the deadline of whichever call it is used for.
"""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import httpcore
import httpx

_SLICE = 16384
"""Bytes sent under one look at the clock."""
_call = threading.local()


@contextmanager
def ending(left: Callable[[], float]) -> Iterator[None]:
    """Within, no wait of this thread is longer than the seconds that `left` still gives; none begins once it is 0.

    What would wait then raises httpx's time-outs.
    """
    _call.left = left
    try:
        yield
    finally:
        del _call.left


def bound(client: httpx.Client) -> None:
    """Put our network below every pool of a client, its proxies' as well; a client must be used within `ending`.

    httpx has no argument for it. Each name is read before it is set: with another httpx this is an error, not a limit
    that is silently gone.
    """
    for transport in (client._transport, *client._mounts.values()):
        if isinstance(transport, httpx.HTTPTransport):
            transport._pool._network_backend = _Network(transport._pool._network_backend)


def _seconds(most: float | None, ended: type[Exception]) -> float:
    """How long to wait at most. Raises `ended` where the call is over."""
    left: float = _call.left()
    if left <= 0:
        raise ended("the call is over")
    return left if most is None else min(most, left)


class _Network(httpcore.NetworkBackend):
    def __init__(self, inner: httpcore.NetworkBackend) -> None:
        self._inner = inner

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        seconds = _seconds(timeout, httpcore.ConnectTimeout)
        return _Stream(self._inner.connect_tcp(host, port, seconds, local_address, socket_options))


class _Stream(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _seconds(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), _SLICE):
            self._inner.write(buffer[start : start + _SLICE], _seconds(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        ssl_context.sslsocket_class = _TLSSocket
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, _seconds(timeout, httpcore.ConnectTimeout)))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _TLSSocket(ssl.SSLSocket):
    """For TLS within TLS, past a proxy that is itself spoken to by TLS: one read of the stream is many of this."""

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        self.settimeout(_seconds(self.gettimeout(), TimeoutError))
        return super().recv(buflen, flags)
