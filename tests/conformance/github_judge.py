"""Is Prism a judge? Answers broken on purpose, and requests that do not fit, must each be found.

A validator that cannot compile a schema says nothing and passes everything; so each operation is tried.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
from github_proxy import Judged
from harness import Verdicts
from openapi import Exchange

from tests.local_github import Pull, Repo

NAME = "contoso/rescue"
READINGS = (
    "/user", "", "/issues", "/issues/1", "/issues/1/comments", "/pulls/1", "/commits", "/commits/main",
    "/commits/{head}/pulls", "/commits/{head}/statuses", "/statuses/{head}", "/contents/mappings.yaml",
    "/contents/docs", "/contents/docs/a.md", "/contents/docs/guide/start.md",
)  # fmt: skip


def fits(verdicts: Verdicts, judged: Judged, whose: str) -> None:
    """All that went by since the last time fits the description."""
    objections = judged.objections()
    verdicts.that(f"{whose}: every request and answer fits GitHub's description", not objections, objections[:3])


def check_judge(verdicts: Verdicts, judged: Judged, repo: Repo, pull: Pull) -> None:
    """What does not fit is found: answers with a field less, of another type, another status; requests likewise."""
    client = httpx.Client(base_url=judged.url, headers={"Authorization": "Bearer person"}, trust_env=False, timeout=30)
    at, head, comment = f"/repos/{NAME}", pull.head, repo.issues[pull.number].comments[0].id
    breaks: dict[str, tuple[str, Callable[[Any], Any]]] = {
        "an issue without node_id": (f"{at}/issues/1", lambda body: _without(body, "node_id")),
        "comments whose id is a text": (
            f"{at}/issues/1/comments",
            lambda body: [row | {"id": str(row["id"])} for row in body],
        ),
        "a pull request whose head is missing": (f"{at}/pulls/1", lambda body: _without(body, "head")),
        "a status whose state is null": (
            f"{at}/commits/change/statuses",
            lambda body: [row | {"state": None} for row in body],
        ),
        "commits as an object": (f"{at}/commits", lambda body: {"items": body}),
        "a file without content": (f"{at}/contents/mappings.yaml", lambda body: _without(body, "content")),
        "a nested file without content": (
            f"{at}/contents/docs/guide/start.md",
            lambda body: _without(body, "content"),
        ),
        "a page of another repository's number": (
            "/repositories/40/issues/1/comments?page=2",
            lambda body: [row | {"body": 7} for row in body],
        ),
    }
    for what, (path, change) in breaks.items():
        judged.back.change = lambda exchange, change=change: _changed(exchange, change)
        client.get(path)
        judged.back.change = None
        found = judged.objections()
        verdicts.that(f"found: {what}", len(found) == 1 and "VIOLATIONS" in found[0], found)
    writes: list[tuple[str, str, Any]] = [
        ("POST", "/issues", {"title": "t"}),
        ("PATCH", "/issues/1", {"title": "t"}),
        ("POST", "/issues/1/comments", {"body": "b"}),
        ("PATCH", f"/issues/comments/{comment}", {"body": "b"}),
        ("POST", f"/statuses/{head}", {"state": "error"}),
    ]
    for method, path, body in writes + [("GET", path.format(head=head), None) for path in READINGS]:
        judged.back.change = lambda exchange: replace(exchange, body="7")
        client.request(method, path if path == "/user" else at + path, json=body)
        judged.back.change = None
        found = judged.objections()
        verdicts.that(f"found: 7 as the answer to {method} {path}", len(found) == 1 and "VIOLATIONS" in found[0], found)
    for what, method, path, body in (
        ("a title that is a list", "POST", f"{at}/issues", {"title": ["x"]}),
        ("a state of an issue that is none", "PATCH", f"{at}/issues/1", {"state": "resting"}),
        ("a comment changed to nothing", "PATCH", f"{at}/issues/comments/{comment}", {}),
        ("a comment without a body", "POST", f"{at}/issues/1/comments", {"text": "x"}),
        ("a status of an unknown state", "POST", f"{at}/statuses/{'0' * 40}", {"state": "well"}),
        ("a page size that is no number", "GET", f"{at}/issues?per_page=many", None),
        ("an unknown state of issues", "GET", f"{at}/issues?state=resting", None),
        ("a path that GitHub does not have", "GET", f"{at}/issues/1/remarks", None),
    ):
        client.request(method, path, json=body) if body is not None else client.request(method, path)
        found = judged.objections()
        verdicts.that(f"found: {what}", len(found) == 1, found)


def _without(body: dict[str, Any], name: str) -> dict[str, Any]:
    return {field: value for field, value in body.items() if field != name}


def _changed(exchange: Exchange, change: Callable[[Any], Any]) -> Exchange:
    return replace(exchange, body=json.dumps(change(json.loads(exchange.body))))
