"""The ASGI application: one port, three services by path, scripted faults, the log.

    /v1.0/...                          Graph
    /API/<method>.aspx                 Rescue
    /{tenant}/v2.0/..., /oauth2/...    the Entra authority

A request is answered in one transaction, committed before the first byte leaves: a dropped connection "after the
effect" really comes after it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any

from . import authority
from .faults import Fault, take_fault
from .graph import service
from .graph.errors import GraphError
from .messages import Answer, Request, chunks, html_answer, json_answer
from .requestlog import mask, mask_query, note
from .rescue import methods
from .rescue.call import method_of, parameters_of
from .rescue.wire import Wire
from .state import SandboxState

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
PIECES = 8


@dataclass(slots=True)
class Reply:
    """An answer and the fault that meets it on its way out."""

    answer: Answer
    fault: Fault | None = None
    items: list[dict[str, Any]] = field(default_factory=list)

    @property
    def silent(self) -> bool:
        """True where nothing is sent at all."""
        return self.fault is not None and self.fault.effect in ("drop_before", "drop_after", "stall")


class Application:
    """Serves one state. `connections` finds a client's transport, to cut it off (`server.py`)."""

    def __init__(self, state: SandboxState, connections: dict[tuple[str, int], asyncio.Transport]) -> None:
        self.state = state
        self.connections = connections

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            raise RuntimeError(f"the sandbox speaks HTTP only, not {scope['type']}")
        request = await _read(scope, receive)
        reply = self.reply(request)
        with contextlib.suppress(asyncio.CancelledError):  # the sandbox ends; the client is cut off
            await self._deliver(scope, receive, send, reply)

    def reply(self, request: Request) -> Reply:
        """Do what is asked, faults included, and note it in the log."""
        side = _side(request)
        with self.state.transaction():
            parameters = parameters_of(request) if side == "rescue" else {}
            target = request.path + (f"?{request.query}" if request.query else "")
            fault = take_fault(self.state, side, method_of(request), target, parameters)
            reply = Reply(Answer(0, b""), fault)
            if fault is None or fault.done:
                reply.answer = _ask(self.state, side, request, reply.items)
            if fault is not None:
                _spoil(self.state, side, fault, reply)
            self._note(side, request, parameters, reply)
        return reply

    def _note(self, side: str, request: Request, parameters: dict[str, str], reply: Reply) -> None:
        name = method_of(request)
        query = f"?{mask_query(request.query)}" if request.query and side != "rescue" else ""
        entry = {
            "side": side,
            "method": request.method,
            "path": request.path + query,
            "call": methods.NAMES.get(name, name) if side == "rescue" else None,
            "parameters": mask(parameters) if side == "rescue" else None,
            "status": 0 if reply.silent else reply.answer.status,
            "word": "" if reply.silent else reply.answer.first_word(),
            "items": reply.items or None,
            "fault": reply.fault.effect if reply.fault else None,
        }
        note(self.state, entry)

    async def _deliver(self, scope: Scope, receive: Receive, send: Send, reply: Reply) -> None:
        fault, answer = reply.fault, reply.answer
        if fault is not None:
            if fault.effect in ("drop_before", "drop_after"):
                await self._cut(scope, receive)
                return
            if fault.effect == "stall":
                await _until_gone(receive)
                return
            if fault.effect == "slow" and not fault.trickle:
                await asyncio.sleep(fault.seconds)
            if fault.effect == "stall_body" or (fault.effect == "truncate" and fault.length == "lying"):
                await self._send_short(scope, receive, send, answer, fault)
                return
        headers = _headers(answer)
        if fault is None or not (fault.effect == "truncate" and fault.length == "none"):
            headers.append((b"content-length", str(len(answer.body)).encode()))
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        if fault is not None and fault.effect == "slow" and fault.trickle:
            for piece in chunks(answer.body, PIECES):
                await asyncio.sleep(fault.seconds / PIECES)
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        else:
            await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else answer.body})

    async def _send_short(self, scope: Scope, receive: Receive, send: Send, answer: Answer, fault: Fault) -> None:
        """The whole Content-Length is promised and less of it sent, then the connection ends, or nothing comes."""
        promised = len(answer.body) + (1 if fault.keep >= 1 and fault.keep >= len(answer.body) else 0)
        whole, answer.body = answer.body, cut(answer.body, fault.keep)
        headers = _headers(answer)
        headers.append((b"content-length", str(max(promised, len(whole))).encode()))
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body, "more_body": True})
        if fault.effect == "stall_body":
            await _until_gone(receive)
        else:
            await self._cut(scope, receive, gently=True)

    async def _cut(self, scope: Scope, receive: Receive, *, gently: bool = False) -> None:
        transport = self.connections[tuple(scope["client"])]
        if gently:
            transport.close()
        else:
            transport.abort()
        await _until_gone(receive)


def _headers(answer: Answer) -> list[tuple[bytes, bytes]]:
    named = {"Date": formatdate(usegmt=True)} | answer.headers
    return [(name.lower().encode(), value.encode()) for name, value in named.items()]


async def _read(scope: Scope, receive: Receive) -> Request:
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body", False):
            break
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    host = headers.get("host") or "{}:{}".format(*scope["server"])
    path = (scope.get("raw_path") or scope["path"].encode()).decode("ascii", "replace").partition("?")[0]
    query = scope["query_string"].decode("ascii", "replace")
    return Request(scope["method"], path, query, headers, body, f"{scope['scheme']}://{host}")


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _side(request: Request) -> str:
    if authority.is_authority(request):
        return "authority"
    return "rescue" if request.path.lower().startswith("/api/") else "graph"


def _ask(state: SandboxState, side: str, request: Request, items: list[dict[str, Any]]) -> Answer:
    if side == "authority":
        return authority.answer(state, request)
    if side == "rescue":
        return methods.answer(state, request)
    return service.answer(state, request, items)


def _spoil(state: SandboxState, side: str, fault: Fault, reply: Reply) -> None:
    """Put the fault's answer in the place of the real one, where it has one."""
    effect = fault.effect
    if effect in ("drop_before", "drop_after", "stall", "slow", "stall_body"):
        return
    if effect == "truncate":
        if fault.length != "lying":
            reply.answer.body = cut(reply.answer.body, fault.keep)
        return
    if effect == "redirect":
        reply.answer = Answer(302, b"", {"Location": fault.location})
        return
    wire = Wire(state.switches())
    if side == "rescue":
        if effect == "token":
            reply.answer = wire.word(fault.token)
        elif effect in ("error_before", "error_after"):
            reply.answer = wire.word("ERROR")
        elif effect == "html":
            reply.answer = html_answer(200, "LogMeIn Rescue - Sign in")
        else:
            reply.answer = html_answer(fault.status or 500, "Service unavailable")
            if fault.retry_after is not None:
                reply.answer.headers["Retry-After"] = f"{fault.retry_after:g}"
        return
    if side == "authority" and effect == "status":
        reply.answer = json_answer(
            fault.status, {"error": "temporarily_unavailable", "error_description": "AADSTS90033"}
        )
        if fault.retry_after is not None:
            reply.answer.headers["Retry-After"] = f"{fault.retry_after:g}"
        return
    try:
        reply.answer = service.spoilt(fault)
    except GraphError as error:
        ids = "00000000-0000-4000-8000-000000000000"
        reply.answer = error.answer(state.now(), ids, ids)


def cut(body: bytes, keep: float) -> bytes:
    """The start of a body: a share of it below 1, else that many bytes."""
    return body[: int(len(body) * keep) if keep < 1 else int(keep)]
