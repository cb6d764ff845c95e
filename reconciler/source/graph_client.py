"""One call to Microsoft Graph, or one `$batch` of them. Reads only.

Repeats of whole requests are the transport's; here are those that Graph alone can tell: one new token and one more try
after a 401, and questions of a batch that were throttled or failed one by one (graph.md §5, §6, §7). Everything else
that is not the JSON asked for is an error with its status, never an empty answer. No `ConsistencyLevel` is sent: lists
without a cast are read from the directory, not from the index that lags (graph.md §3).
"""

from __future__ import annotations

import json
import logging
import re
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from reconciler.errors import CredentialsError, SourceError
from reconciler.source.abreast import ask_abreast
from reconciler.source.credentials import TokenSource
from reconciler.source.graph_batch import (
    BatchAnswer,
    BatchItem,
    error_code,
    make_envelope,
    read_envelope,
    status_clause,
)
from reconciler.source.listing import Listing
from reconciler.source.width import Width
from reconciler.transport import Answer, Channel, TransportError

log = logging.getLogger(__name__)

PERMISSIONS = "the app needs the application permissions GroupMember.Read.All and User.Read.All, with admin consent"
_FAILURES = 4
_ROUNDS = 6
_VISIBLE = re.compile(r"[!-~]+")
_PORTS = {"https": 443, "http": 80}


class GraphError(SourceError):
    """Graph answered with something other than what was asked for. `status` 0: no usable answer at all."""

    def __init__(self, message: str, *, status: int, code: str = "", body: object = None) -> None:
        super().__init__(message, advice=_permission_advice(message) if status == 403 else None)
        self.status = status
        self.code = code
        self.body = body


def _permission_advice(about: str) -> str:
    """Which permission is missing, told from the path that was refused."""
    if "/users" in about:
        return "grant the app User.Read.All (application, with admin consent)"
    return PERMISSIONS


class GraphClient:
    """Questions to one Graph root with one credential. Safe to share between threads."""

    def __init__(
        self,
        channel: Channel,
        tokens: TokenSource,
        *,
        run: str | None = None,
        patience: float = 300,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`run`: a GUID that Graph is told with every request.

        `patience`: the seconds one `batch` may spend on repeating its failed items.
        """
        self._run = run or str(uuid.uuid4())
        self._channel = channel
        self._tokens = tokens
        self._patience = patience
        self._sleep = sleep
        self._clock = clock
        self._base = urlsplit(channel.base_url)
        self._answered = False
        self._failures = 0
        self._lost: BatchAnswer | None = None
        self._width = Width()
        self._lock = threading.Lock()

    def claims(self) -> dict[str, Any] | None:
        """What the token says about itself, fetching the first one. Call it before any fan-out. CredentialsError."""
        self._tokens.token()
        return self._tokens.claims

    @property
    def renewable(self) -> bool:
        """False where a refused token cannot be replaced by a new one."""
        return self._tokens.renewable

    def get(self, url: str) -> dict[str, Any]:
        """The JSON object at `url`: below `/v1.0`, or a nextLink. GraphError; CredentialsError after a second 401."""
        return self._object(self._send("GET", url, None), f"GET {_path(url)}")

    def rows(self, url: str) -> list[dict[str, Any]]:
        """All rows of a collection, page by page. GraphError where it could not be read whole."""
        listing = Listing(url)
        rows: list[dict[str, Any]] = []
        while listing.next is not None:
            try:
                answer = BatchAnswer(200, body=self.get(listing.next))
            except GraphError as error:
                answer = BatchAnswer(error.status, body=error.body, why=str(error))
            page = listing.accept(answer, self.relative)
            if page.first:
                rows.clear()
            for row in page.rows:
                if not isinstance(row, dict):
                    listing.stop("a row is not a record")
                    break
                rows.append(row)
        if not listing.complete:
            raise GraphError(f"GET {_path(url)}: {listing.why}", status=listing.status)
        return rows

    def relative(self, link: str) -> str | None:
        """A nextLink without scheme, host and version, otherwise byte for byte; None where it leads elsewhere."""
        try:
            parts = urlsplit(link)
            same = (
                parts.scheme.lower() == self._base.scheme.lower()
                and (parts.hostname or "").lower() == (self._base.hostname or "").lower()
                and (parts.port or _PORTS.get(parts.scheme)) == (self._base.port or _PORTS.get(self._base.scheme))
                and "@" not in parts.netloc
            )
        except ValueError:
            return None
        rest = link.partition("://")[2][len(parts.netloc) :]
        root = f"{self._base.path}/"
        fits = same and rest.lower().startswith(root.lower()) and _VISIBLE.fullmatch(rest)
        return rest[len(root) - 1 :] if fits else None

    def batch(self, items: Sequence[BatchItem]) -> dict[str, BatchAnswer]:
        """An answer for every item, by key. See `batch_each`."""
        return dict(self.batch_each(items))

    def batch_each(self, items: Sequence[BatchItem]) -> Iterator[tuple[str, BatchAnswer]]:
        """Answers as they come, one for every item, twenty to a request, at most eight requests at a time (`Width`).

        Items that were throttled or failed in passing are asked again in new batches after the longest pause that one
        of them named, six rounds at most and within the patience; an item with a 401 once more with a new token. What
        still has no answer then comes with its last status. Keys must differ. CredentialsError as of `get`.
        """
        if len({item.key for item in items}) != len(items):
            raise ValueError("two items of a batch have one key")
        ends = self._clock() + self._patience
        self._failures = 0
        pending, renewed, round_ = list(items), set[str](), 0
        while pending:
            round_ += 1
            used = self._tokens.token()
            again: list[tuple[BatchItem, BatchAnswer]] = []
            by_key = {item.key: item for item in pending}
            for key, answer in ask_abreast(pending, self._chunk, self._width, self._clock):
                if answer.status == 401 and self._tokens.renewable and key not in renewed:
                    renewed.add(key)
                    again.append((by_key[key], answer))
                elif answer.passing and round_ < _ROUNDS:
                    again.append((by_key[key], answer))
                else:
                    yield key, answer
            if any(answer.status == 401 for _, answer in again):
                self._tokens.token(refresh=True, refused=used)
            left = ends - self._clock()
            pauses = [_pause(answer, round_) for _, answer in again]
            yield from ((item.key, answer) for (item, answer), pause in zip(again, pauses, strict=True) if pause > left)
            pending = [item for (item, _), pause in zip(again, pauses, strict=True) if pause <= left]
            longest = max((pause for pause in pauses if pause <= left), default=0.0)
            if longest:
                self._sleep(longest)

    def _chunk(self, items: Sequence[BatchItem]) -> dict[str, BatchAnswer]:
        """One request. Where it fails as a whole after the transport's repeats, every item has that failure.

        A Graph that never answered, or failed four times running, is not asked for the rest of the batch: each request
        would wait as long again.
        """
        with self._lock:
            if self._lost and self._failures >= (_FAILURES if self._answered else 1):
                return dict.fromkeys((item.key for item in items), self._lost)
        try:
            body = self._object(self._send("POST", "/$batch", make_envelope(items, self._run)), "POST /$batch")
        except GraphError as error:
            lost = BatchAnswer(error.status, body=error.body, why=str(error), final=True)
            with self._lock:
                self._failures += 1
                self._lost = lost
            return dict.fromkeys((item.key for item in items), lost)
        with self._lock:
            self._answered, self._failures = True, 0
        return read_envelope(items, body)

    def _send(self, method: str, url: str, body: Mapping[str, object] | None) -> Answer:
        """With the current token; after a 401 once more with a new one. A second 401 is a CredentialsError."""
        token = self._tokens.token()
        answer = self._send_with(token, method, url, body)
        if answer.status == 401 and self._tokens.renewable:
            token = self._tokens.token(refresh=True, refused=token)
            answer = self._send_with(token, method, url, body)
        if answer.status == 401:
            raise refused_token(renewable=self._tokens.renewable)
        return answer

    def _send_with(self, token: str, method: str, url: str, body: Mapping[str, object] | None) -> Answer:
        headers = {
            "Authorization": f"Bearer {token}",
            "Accept": "application/json",
            "client-request-id": self._run,
        }
        try:
            answer = self._channel.exchange(method, url, headers=headers, json=body, repeat=True)
        except TransportError as error:
            raise GraphError(str(error), status=0) from error
        log.debug(
            "%s %s: %d, Graph's request-id %s", method, _path(url), answer.status, answer.headers.get("request-id", "-")
        )
        return answer

    def _object(self, answer: Answer, what: str) -> dict[str, Any]:
        try:
            body = json.loads(answer.body)
        except (ValueError, RecursionError):
            body = None
        if answer.status != 200:
            code = error_code(body)
            raise GraphError(
                f"{what}: {status_clause(answer.status, code)}", status=answer.status, code=code, body=body
            )
        if not isinstance(body, dict):
            raise GraphError(f"{what}: Graph answered with something that is not JSON as expected", status=0)
        return body


def refused_token(*, renewable: bool) -> CredentialsError:
    """The error for a token that Graph does not take, also a new one."""
    if renewable:
        return CredentialsError(
            "Microsoft Graph refused the access token, and a new one as well (401)",
            advice="compare entra.cloud and entra.tenant_id with the app registration",
        )
    return CredentialsError(
        "Microsoft Graph refused GRAPH_ACCESS_TOKEN (401)",
        advice="it has expired or is meant for something else: make a new one for Microsoft Graph",
    )


def _pause(answer: BatchAnswer, round_: int) -> float:
    if answer.status == 401:
        return 0.0
    return answer.pause or min(10.0, 0.5 * 2 ** (round_ - 1))


def _path(url: str) -> str:
    return urlsplit(url).path
