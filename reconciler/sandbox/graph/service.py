"""Graph as a whole: token before path, cost and throttling, request ids, `$batch`."""

from __future__ import annotations

import hashlib
import json
import random
import re
import uuid
from typing import Any
from urllib.parse import urlsplit

from reconciler.sandbox.faults import Fault, take_fault
from reconciler.sandbox.messages import Answer, Request, html_answer, json_answer
from reconciler.sandbox.state import SandboxState

from .access import Access, read_access
from .errors import JSON, GraphError, bad_request, expired_page, no_segment, scripted, throttled, wrong_method
from .resources import GUID, Visit, parts_of, visit

MOST_ITEMS = 20
WINDOW = 10.0
METHODS = ("GET", "POST", "PATCH", "PUT", "DELETE", "HEAD", "OPTIONS")


def answer(state: SandboxState, request: Request, items: list[dict[str, Any]]) -> Answer:
    """Answer one request. For a $batch, `items` receives (method, url, status) of each for the log."""
    request_id = str(uuid.uuid4())
    client_id = request.headers.get("client-request-id", "")
    client_id = (
        client_id if GUID.fullmatch(client_id) else request_id
    )  # [reported] graph.md §7: echoed when it is a GUID
    switches = state.switches()
    try:
        access = read_access(request.headers.get("authorization", ""), state.tenant()["id"], state.now())
        version = (request.segments() or [""])[0]
        if version.lower() not in ("v1.0", "beta"):
            raise GraphError(404, "ResourceNotFound", f"Invalid version: {version}")
        if parts_of(request) == ("$batch",):
            found = _batch(state, request, access, switches, items)
        else:
            found = _one(state, request, access, switches)
    except GraphError as error:
        found = error.answer(state.now(), request_id, client_id)
    found.headers |= {"Cache-Control": "no-cache", "request-id": request_id, "client-request-id": client_id}
    return found


def _one(state: SandboxState, request: Request, access: Access, switches: dict[str, str]) -> Answer:
    cost = cost_of(request)
    _check_bucket(state, access, switches, cost)
    found = visit(Visit(state, request, access, switches, parts_of(request)))
    _charge(state, switches, cost)  # [reported] graph.md §5: a failed request costs nothing
    found.headers["x-ms-resource-unit"] = str(cost)
    return found


def cost_of(request: Request) -> int:
    """Resource units of a request. [documented] graph.md §5; the cost of a cast is [unknown]: the uncast one."""
    parts = [part.lower() for part in parts_of(request)]
    options = {name.lower().removeprefix("$"): value for name, value in request.pairs()}
    cost = 1
    if parts[:1] == ["groups"] and len(parts) > 2:
        cost = {"members": 3, "transitivemembers": 5}.get(parts[2], 1)
    elif parts[:1] == ["users"]:
        cost = 2
    elif parts[-1:] == ["getbyids"]:
        return 2 if "select" in options else 5
    top = options.get("top", "")
    cost += ("expand" in options) - ("select" in options) - (top.isdigit() and int(top) < 20)
    return max(1, cost)


def _check_bucket(state: SandboxState, access: Access, switches: dict[str, str], cost: int) -> None:
    """[documented] graph.md §5: a token bucket over ten seconds; the answer says how long to wait."""
    units = int(switches["throttle_units"])
    if not units:
        return
    used = _used(state, units)
    if used + cost > units:
        wait = max(1, -(-int((used + cost - units) * WINDOW) // units))
        scope = f"Tenant_Application/ReadWrite/{access.app}/{access.tenant}"
        raise throttled(wait if switches["throttle_retry_after"] == "present" else None, scope)


def _charge(state: SandboxState, switches: dict[str, str], cost: int) -> None:
    units = int(switches["throttle_units"])
    if units:
        state.set_meta("bucket", [_used(state, units) + cost, state.now()])


def _used(state: SandboxState, units: int) -> float:
    used, since = state.meta("bucket", [0.0, 0.0])
    return max(0.0, float(used) - (state.now() - float(since)) * units / WINDOW)


# --- $batch -----------------------------------------------------------------------------------------------------------


def _batch(
    state: SandboxState, request: Request, access: Access, switches: dict[str, str], items: list[dict[str, Any]]
) -> Answer:
    """[documented] graph.md §6: at most 20 items, answers in any order, 424 for whoever depends on a failure."""
    if request.method != "POST":
        raise wrong_method()
    answers: dict[str, Answer] = {}
    written: list[bytes] = []
    waiting = _items(request)
    while waiting:
        ready = [item for item in waiting if all(name in answers for name in _needs(item))]
        if not ready:
            raise GraphError(
                400, "BadRequest", "Invalid batch payload: dependsOn names an unknown request or a circle."
            )
        for item in ready:
            id = str(item["id"]).lower()
            if any(answers[name].status >= 400 for name in _needs(item)):
                error = GraphError(424, "FailedDependency", "Failed dependency.")
                found = error.answer(state.now(), str(uuid.uuid4()), str(uuid.uuid4()))
            else:
                found = _item(state, request, access, switches, item)
            answers[id] = found
            written.append(_written(item["id"], found))
            items.append({"method": item["method"], "url": item["url"], "status": found.status})
        waiting = [item for item in waiting if item not in ready]
    if switches["batch_order"] == "shuffled":
        seed = hashlib.sha256(" ".join(sorted(answers)).encode()).digest()
        random.Random(seed).shuffle(written)  # noqa: S311 - the same order for the same ids
    elif switches["batch_order"] == "reversed":
        written.reverse()
    body = b'{"responses":[' + b",".join(written) + b"]}"
    return Answer(200, body, {"Content-Type": "application/json", "OData-Version": "4.0"})


def _written(id: str, found: Answer) -> bytes:
    """One item of the answer; a body that is JSON already is not read again, for pages are large."""
    is_json = "json" in found.headers.get("Content-Type", "")
    body = found.body if is_json else json.dumps(found.body.decode()).encode()
    head = json.dumps(
        {"id": id, "status": found.status, "headers": {"Cache-Control": "no-cache"} | found.headers}, ensure_ascii=False
    )
    return head[:-1].encode() + b',"body":' + body + b"}"


def _items(request: Request) -> list[dict[str, Any]]:
    """The items, checked. [observed by running] graph.md §6: absolute URLs and `depends_on` are sent by one client."""
    try:
        body = json.loads(request.body)
        items = body["requests"]
    except (ValueError, KeyError, TypeError) as error:
        raise GraphError(400, "BadRequest", "Invalid batch payload format.") from error
    if not isinstance(items, list) or not items:
        raise GraphError(400, "BadRequest", "Invalid batch payload format.")
    if len(items) > MOST_ITEMS:
        raise GraphError(400, "BadRequest", f"Number of batch request steps exceeds the maximum value of {MOST_ITEMS}.")
    seen = set()
    for item in items:
        if not isinstance(item, dict) or not all(isinstance(item.get(name), str) for name in ("id", "method", "url")):
            raise GraphError(400, "BadRequest", "Invalid batch payload format: id, method and url are needed, as text.")
        if item["id"].lower() in seen:
            raise GraphError(400, "BadRequest", f"Invalid batch payload: duplicate request id '{item['id']}'.")
        seen.add(item["id"].lower())
    return items


def _needs(item: dict[str, Any]) -> list[str]:
    return [str(name).lower() for name in item.get("dependsOn", item.get("depends_on")) or []]


def _item(
    state: SandboxState, request: Request, access: Access, switches: dict[str, str], item: dict[str, Any]
) -> Answer:
    inner = _inner(request, item)
    fault = take_fault(state, "graph", item=item["url"])
    request_id = str(uuid.uuid4())
    try:
        if fault is not None and not fault.done:
            return spoilt(fault)
        if parts_of(inner) == ("$batch",) or inner.method not in METHODS:
            raise bad_request("Nested batch requests are not supported.")
        found = _one(state, inner, access, switches)
        return found if fault is None else spoilt(fault)
    except GraphError as error:
        return error.answer(state.now(), request_id, request_id)


def _inner(request: Request, item: dict[str, Any]) -> Request:
    split = urlsplit(item["url"])
    path = re.sub(r"(?i)^/?(v1\.0|beta)(?=/)", "", split.path) if split.netloc else split.path
    headers = {str(name).lower(): str(value) for name, value in (item.get("headers") or {}).items()}
    body = item.get("body")
    raw = b"" if body is None else json.dumps(body).encode()
    return Request(item["method"].upper(), "/v1.0/" + path.lstrip("/"), split.query, headers, raw, request.base)


# --- scripted faults --------------------------------------------------------------------------------------------------


def spoilt(fault: Fault) -> Answer:
    """What a fault puts in the place of an answer; GraphError for errors in Graph's own shape."""
    if fault.effect == "expired_token":
        raise expired_page()
    if fault.effect == "html":
        return html_answer(200, "Sign in to your account")
    if fault.effect == "empty":
        return json_answer(200, {"value": []}, kind=JSON)
    if fault.effect == "status":
        raise scripted(fault.status, fault.retry_after)
    if fault.effect in ("error_before", "error_after"):
        raise scripted(500, None)
    raise no_segment(fault.effect)
