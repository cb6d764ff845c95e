"""One host, spoken to: what is repeated and what is sent once, what ends when, and what is told of it.

The loop of repeats is ours: it sleeps and reads the clock through what the caller gave, lets a pause announced to one
thread hold them all, and gives back the last answer. stamina sleeps by itself, knows only its own kind of jitter and
reports errors to a hook of the whole process.
"""

from __future__ import annotations

import io
import logging
import re
import time
from collections.abc import Callable, Iterator, Mapping
from secrets import SystemRandom
from types import TracebackType
from typing import Self

import httpx

from reconciler.errors import UsageError
from reconciler.transport.answers import Answer, TooLarge, TransportError, fields_of, retry_after
from reconciler.transport.connecting import is_loopback, make_client, origin_of, parse_address
from reconciler.transport.ending import ending
from reconciler.transport.pacing import Pacer
from reconciler.transport.unpacking import Gunzip
from reconciler.transport.witness import Witness

log = logging.getLogger(__package__)
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)

_ATTEMPTS = 6
_FIRST_WAIT = 0.3
_LONGEST_WAIT = 10.0
_PASSING = frozenset({429, 500, 502, 503, 504})
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*://")
_FIELD = re.compile(r"(?:[!-~](?:[ -~\t]*[!-~])?)?")
_NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
)
_random = SystemRandom()


class Channel:
    """One host. Safe to share between threads."""

    def __init__(
        self,
        base_url: str,
        *,
        service: str,
        pace: float | None = None,
        connect_timeout: float = 10,
        read_timeout: float = 75,
        deadline: float = 120,
        max_body: int = 256 * 1024 * 1024,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`service` is shown to people, best with the variable in brackets: `Microsoft Graph (GRAPH_BASE_URL)`.

        At most `pace` requests a second are begun, evenly spaced over all threads. `deadline` bounds one exchange with
        its repeats from the moment the first request may go, whatever it waits for: a connection, a proxy, headers, a
        body; `read_timeout` each silence in it. `max_body` counts unpacked bytes. Raises UsageError for an address
        that is not https (plain http: loopback only), and for a proxy or CA variable that cannot be used.
        """
        self._service = service.partition(" (")[0]
        base = parse_address(base_url, service)
        self._base = base_url.strip().rstrip("/")
        self._origin = origin_of(base)
        loopback = is_loopback(base.host)
        if base.scheme != "https" and not (base.scheme == "http" and loopback):
            raise UsageError(
                f"the address of {service} must begin with https://",
                advice="plain http is accepted for loopback hosts only",
            )
        self._connect_timeout = connect_timeout
        self._read_timeout = read_timeout
        self._deadline = deadline
        self._max_body = max_body
        self._sleep = sleep
        self._clock = clock
        self._pacer = Pacer(pace, sleep, clock)
        self.witness = Witness()
        self._client = make_client(base.scheme, connect_timeout, trust_env=not loopback)

    def __repr__(self) -> str:
        scheme, host, port = self._origin
        return f"<Channel {self._service} {scheme}://{host}:{port}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    @property
    def base_url(self) -> str:
        """The address all paths are below, without a slash at its end."""
        return self._base

    def close(self) -> None:
        """Close the connections. May be called twice."""
        self._client.close()

    def exchange(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        json: object = None,
        repeat: bool,
    ) -> Answer:
        """One request and its answer, whatever its status. `url`: a path below the base, or absolute on the same host.

        `repeat=True`, for reads: broken connections, time-outs, half answers, 429, 500, 502, 503 and 504 are tried up
        to six times within the deadline, with full jitter or as `Retry-After` says; then the last answer is returned or
        the last error raised. `repeat=False`, for writes: one attempt, no exception; 429 is returned like any status.
        Raises TransportError.
        """
        request = self._build(method, url, headers, form, json)
        path = request.url.raw_path.partition(b"?")[0].decode("ascii", "replace")
        self._await_turn(path)
        ends = self._clock() + self._deadline
        attempt = 1
        while True:
            outcome = self._attempt(request, path, attempt, ends)
            answer = outcome if isinstance(outcome, Answer) else None
            pause = retry_after(answer.headers) if answer else None
            held = False
            if answer and answer.status == 429 and pause:
                self._pacer.hold(pause)
                held = True
            lasting = answer.status not in _PASSING if answer else isinstance(outcome, TooLarge)
            if not repeat or lasting or attempt == _ATTEMPTS:
                break
            # A pause of 0 s is no reason to hammer: it counts as not said.
            wait = pause or _random.uniform(0, min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** (attempt - 1)))
            left = ends - self._clock()
            if wait >= left:
                log.warning(
                    "%s wants a pause of %.0f s, %.0f s are left: giving up on %s", self._service, wait, left, path
                )
                break
            if not held:
                self._sleep(wait)
            self._await_turn(path)
            if self._clock() >= ends:  # a pause announced to another thread took the rest
                break
            attempt += 1
        if isinstance(outcome, Answer):
            return outcome
        raise outcome

    def _await_turn(self, path: str) -> None:
        longest = self._pacer.held_for()
        if longest > self._deadline:
            raise TransportError(
                f"{self._service} asked for a pause of {longest:.0f} s, {path} was not sent",
                sent=False,
                advice="run again later",
            )
        self._pacer.wait()

    def _build(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        form: Mapping[str, str] | None,
        json: object,
    ) -> httpx.Request:
        """The request, or TransportError before anything is sent. Never `params=`: it erases a query (graph.md §2)."""
        for name, value in (headers or {}).items():
            if not _FIELD.fullmatch(value):
                # Said here, without the value: httpx and h11 would repeat it in their error.
                raise TransportError(
                    f"header {name} for {self._service} holds characters that cannot be sent", sent=False
                )
        absolute = _ABSOLUTE.match(url) is not None
        try:
            target = httpx.URL(url if absolute else f"{self._base}/{url.lstrip('/')}")
        except httpx.InvalidURL:
            raise TransportError(
                f"{self._service}: an address cannot be parsed, nothing was sent", sent=False
            ) from None
        if origin_of(target) != self._origin or target.userinfo:
            raise TransportError(
                f"{self._service}: an address leads elsewhere ({target.scheme}://{target.host}), nothing was sent",
                sent=False,
            )
        return self._client.build_request(method.upper(), target, headers=headers, data=form, json=json)

    def _attempt(self, request: httpx.Request, path: str, attempt: int, ends: float) -> Answer | TransportError:
        """Send once. An error is returned, not raised, its cause set; `sent` errs on the side of True."""
        begun = self._clock()
        left = max(ends - begun, 0.001)
        request.extensions["timeout"] = httpx.Timeout(
            min(self._read_timeout, left), connect=min(self._connect_timeout, left)
        ).as_dict()
        outcome: Answer | TransportError
        try:
            with ending(lambda: ends - self._clock()):
                outcome = self._answer(request)
        except TransportError as error:
            outcome = error
        except (httpx.HTTPError, httpx.StreamError, OSError, UnicodeError) as error:
            sent = not isinstance(error, _NOT_SENT)
            fate = "" if sent else ", nothing was sent"
            words = _words(error)
            if isinstance(error, httpx.ReadTimeout | httpx.WriteTimeout) and self._clock() >= ends:
                words = f"the answer did not end within {self._deadline:.0f} s"
            outcome = TransportError(f"{self._service}: {request.method} {path}: {words}{fate}", sent=sent)
            # A protocol error repeats bytes of the answer, which may hold a secret: it is not chained.
            outcome.__cause__ = None if isinstance(error, httpx.ProtocolError) else error
            outcome.__suppress_context__ = True
        took = (self._clock() - begun) * 1000
        result = outcome.status if isinstance(outcome, Answer) else "no answer"
        if isinstance(outcome, Answer):
            self.witness.note(outcome.status, outcome.headers, took / 1000)
        log.debug("%s %s %s: %s, %.0f ms, attempt %d", self._service, request.method, path, result, took, attempt)
        return outcome

    def _answer(self, request: httpx.Request) -> Answer:
        response = self._client.send(request, stream=True)
        try:
            # Its value is its buffer, so a large body is held once; closed, no error that is kept keeps the buffer.
            with io.BytesIO() as whole:
                for piece in self._read(response):
                    whole.write(piece)
                body = whole.getvalue()
        finally:
            response.close()
        return Answer(response.status_code, fields_of(response.headers), body)

    def _read(self, response: httpx.Response) -> Iterator[bytes]:
        """The unpacked body, piece by piece, with an eye on its size.

        Unpacked here and not by httpx: that one unpacks a whole piece however large it becomes, and takes a cut-off
        archive for a whole one.
        """
        coding = response.headers.get("content-encoding", "").strip().lower()
        if coding not in ("", "identity", "gzip", "x-gzip"):
            raise TransportError(f"{self._service}: the answer is packed in a way that was not asked for", sent=True)
        unpack = Gunzip() if "gzip" in coding else None
        room = self._max_body
        for raw in response.iter_raw():
            for piece in unpack.feed(raw) if unpack else (raw,):
                room -= len(piece)
                if room < 0:
                    raise TooLarge(f"{self._service}: the answer is larger than {self._max_body} bytes", sent=True)
                yield piece
        if unpack and not unpack.whole:
            raise TransportError(f"{self._service}: the answer was cut off", sent=True)


def _words(error: Exception) -> str:
    """What went wrong, in words that hold nothing of the request or the answer."""
    if isinstance(error, httpx.ConnectTimeout | httpx.PoolTimeout):
        return "no connection in time"
    if isinstance(error, httpx.TimeoutException):
        return "no answer in time"
    if isinstance(error, httpx.ConnectError | httpx.ProxyError):
        return f"no connection: {error}"
    if isinstance(error, httpx.ProtocolError):
        return "the connection was closed in the middle, or the answer is not HTTP"
    return f"the connection broke ({type(error).__name__})"
