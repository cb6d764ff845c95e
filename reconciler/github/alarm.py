"""The one issue that says that a guard refuses or a mapping is frozen: opened, kept up, closed, reopened.

Never a second one: an open one of ours is used, else the newest closed one is opened again.
"""

from __future__ import annotations

from typing import Literal

from reconciler.errors import GitHubError
from reconciler.github.client import GitHubClient
from reconciler.github.ours import check_author, find_ours, number_of, same_text, text_of
from reconciler.model.comment_marker import read_comment_marker

Rang = Literal["opened", "reopened", "updated", "closed", "unchanged"]
_WRITE = "issues: write"
_TRIES = 3


def put_alarm(client: GitHubClient, author: str, title: str, body: str, *, well: bool) -> tuple[Rang, int | None]:
    """Makes the issue what it should be, and gives its number. `well`: nothing is wrong, `body` says so."""
    marker = read_comment_marker(body)
    if marker is None:
        raise ValueError("an issue without a marker would never be found again")
    wanted = {"kind": marker["kind"], "file": marker["file"]}
    for left in reversed(range(_TRIES)):
        found = _fetch_open(client, author, wanted)
        if well:
            return _close(client, found, body)
        closed = None if found else _fetch_closed(client, author, wanted)
        issue = found or closed
        if issue is not None:
            number = number_of(issue, "number")
            if found and same_text(text_of(issue), body) and issue.get("title") == title:
                return "unchanged", number
            change = {"title": title, "body": body, "state": "open"}
            client.perform("PATCH", f"issues/{number}", change, f"update issue #{number}", _WRITE, repeat=True)
            return ("updated" if found else "reopened"), number
        try:
            made = client.perform(
                "POST", "issues", {"title": title, "body": body}, "open an issue", _WRITE, repeat=False
            )
        except GitHubError as error:
            if left and (error.status == 0 or error.status >= 500):
                client.wait(1)
                continue
            raise
        check_author(made, author)
        return "opened", number_of(made, "number")
    raise AssertionError("unreachable")


def _close(client: GitHubClient, found: dict[str, object] | None, body: str) -> tuple[Rang, int | None]:
    if found is None:
        return "unchanged", None
    number = number_of(found, "number")
    change = {"body": body, "state": "closed", "state_reason": "completed"}
    client.perform("PATCH", f"issues/{number}", change, f"close issue #{number}", _WRITE, repeat=True)
    return "closed", number


def _fetch_open(client: GitHubClient, author: str, wanted: dict[str, str]) -> dict[str, object] | None:
    """The oldest, among all open issues: whether the filter by author knows bots is not promised anywhere."""
    query = {"state": "open", "sort": "created", "direction": "asc"}
    return _first(client, author, wanted, query)


def _fetch_closed(client: GitHubClient, author: str, wanted: dict[str, str]) -> dict[str, object] | None:
    """The newest of ours; a repository's closed issues are too many to read all of them."""
    query = {"state": "closed", "creator": author, "sort": "created", "direction": "desc"}
    return _first(client, author, wanted, query)


def _first(
    client: GitHubClient, author: str, wanted: dict[str, str], query: dict[str, str]
) -> dict[str, object] | None:
    listed = client.fetch_all("issues", "list the issues", _WRITE, query)
    issues = (row for row in listed if "pull_request" not in row)
    return next(find_ours(issues, author, wanted), None)
