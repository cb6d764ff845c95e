"""A request as it came in and an answer as it will go out, free of any server library."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request. `path` is as sent (still percent-encoded), header names are lower case."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes
    base: str
    """Scheme and authority by which the client reached us: `http://127.0.0.1:8080`."""

    def segments(self) -> list[str]:
        """The decoded parts of the path, without empty ones."""
        return [unquote(part) for part in self.path.split("/") if part]

    def form(self) -> list[tuple[str, str]]:
        """The pairs of an urlencoded body; nothing for any other body."""
        if "urlencoded" not in self.headers.get("content-type", "") or not self.body:
            return []
        return parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True)

    def pairs(self) -> list[tuple[str, str]]:
        """The pairs of the query, `+` and `%20` both read as a space."""
        return parse_qsl(self.query, keep_blank_values=True)


@dataclass(slots=True)
class Answer:
    """One HTTP answer."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)

    def first_word(self) -> str:
        """What the request log shows: the status word of a Rescue answer, the error code of a Graph answer."""
        kind = self.headers.get("Content-Type", "")
        if "json" in kind:
            return self._error_code()
        words = self.body[:200].decode("utf-8", "replace").lstrip("\ufeff").split(maxsplit=1)
        return words[0][:60] if words else ""

    def _error_code(self) -> str:
        if self.status < 400:
            return ""
        try:
            error = json.loads(self.body)["error"]
        except (ValueError, KeyError, TypeError):
            return ""
        return str(error["code"] if isinstance(error, dict) else error)


def json_answer(
    status: int, value: Any, headers: dict[str, str] | None = None, kind: str = "application/json"
) -> Answer:
    """An answer whose body is JSON, written without spaces and without escaping letters."""
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return Answer(status, body, {"Content-Type": kind} | (headers or {}))


def html_answer(status: int, title: str) -> Answer:
    """A page such as the services show to a browser ([observed] rescue-api.md §7.8)."""
    page = (
        '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN">\r\n<html><head><title>'
        f'{title}</title></head>\r\n<body><form method="post" action="login.aspx"><h1>{title}</h1></form></body>'
        "</html>\r\n"
    )
    return Answer(status, page.encode(), {"Content-Type": "text/html; charset=utf-8"})


def chunks(body: bytes, count: int) -> Iterator[bytes]:
    """The body in at most `count` pieces of about the same size."""
    size = max(1, -(-len(body) // count))
    for start in range(0, len(body), size):
        yield body[start : start + size]
