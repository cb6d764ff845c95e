"""The text of `$batch`: up to twenty questions in one request, and what came back for each (graph.md §6). Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from reconciler.transport import retry_after

LARGEST = 20
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,80}")
# 424 is "a dependent of a failed item", and in older pages the sign of a throttled one: worth asking again.
_PASSING = frozenset({0, 424, 429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class BatchItem:
    """One question. `key` is the caller's name for it, `url` begins with a slash and follows `/v1.0`."""

    key: str
    url: str
    method: str = "GET"
    body: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class BatchAnswer:
    """What came back for one question. `status` 0: nothing that can be used, and `why` says what instead."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: object = None
    why: str = ""
    final: bool = False
    """The whole request failed and was repeated as often as it makes sense: asking again is of no use."""

    @property
    def code(self) -> str:
        """Graph's error code, empty where there is none. Branch on it and on the status, never on the message."""
        return error_code(self.body)

    @property
    def passing(self) -> bool:
        """Asking again may help."""
        return self.status in _PASSING and not self.final

    @property
    def pause(self) -> float | None:
        """Seconds to wait before asking again, where the item says so."""
        return retry_after(self.headers)

    def clause(self) -> str:
        """Why this is no answer, as a clause with the status in brackets."""
        if not self.status:
            return self.why
        return status_clause(self.status, self.code)


def status_clause(status: int, code: str) -> str:
    """One clause for a status that is not 200."""
    meaning = {
        400: "Graph did not accept the question",
        401: "the access token was refused",
        403: "permission was denied",
        404: "it does not exist",
        429: "Graph asked us to slow down",
    }.get(status, "Graph could not answer" if status >= 500 else "Graph gave an unexpected answer")
    return f"{meaning} ({status} {code})" if code else f"{meaning} ({status})"


def error_code(body: object) -> str:
    """`error.code` of an answer's body, empty where the body is not of that shape."""
    error = body.get("error") if isinstance(body, dict) else None
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, str) and _CODE.fullmatch(code) else ""


def make_envelope(items: Sequence[BatchItem], run: str) -> dict[str, object]:
    """The request's body. Ids are ours, 1 to 20: the caller's keys could collide, for ids ignore case.

    Each item is answered by a service of its own, so each is told the `run` as well.
    """
    requests: list[dict[str, object]] = []
    for number, item in enumerate(items, 1):
        headers = {"client-request-id": run}
        request: dict[str, object] = {"id": str(number), "method": item.method, "url": item.url, "headers": headers}
        if item.body is not None:
            headers["Content-Type"] = "application/json"
            request["body"] = dict(item.body)
        requests.append(request)
    return {"requests": requests}


def read_envelope(items: Sequence[BatchItem], body: Mapping[str, object]) -> dict[str, BatchAnswer]:
    """An answer for every item, whatever the order; an item left out, or answered twice, has status 0."""
    responses = body.get("responses")
    if not isinstance(responses, list):
        return dict.fromkeys((item.key for item in items), BatchAnswer(0, why="Graph's batch answer has no list in it"))
    found: dict[str, BatchAnswer] = {}
    for response in responses:
        if not isinstance(response, dict):
            continue
        number = str(response.get("id"))
        twice = number in found
        found[number] = BatchAnswer(0, why="Graph answered one question twice") if twice else _read_item(response)
    missing = BatchAnswer(0, why="Graph left the question unanswered in a batch")
    return {item.key: found.get(str(number), missing) for number, item in enumerate(items, 1)}


def _read_item(response: Mapping[str, object]) -> BatchAnswer:
    status = response.get("status")
    if not isinstance(status, int) or isinstance(status, bool) or not 100 <= status <= 599:
        return BatchAnswer(0, why="Graph answered a question in a batch without a status")
    said = response.get("headers")
    headers = {str(name).lower(): str(value) for name, value in said.items()} if isinstance(said, dict) else {}
    return BatchAnswer(status, headers, response.get("body"))
