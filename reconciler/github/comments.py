"""The pull request and its comments: found by marker and author, updated in place, equal ones not sent again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from reconciler.errors import GitHubError
from reconciler.github.client import GitHubClient
from reconciler.github.environment import Environment, as_sha
from reconciler.github.ours import check_author, find_ours, number_of, same_text, text_of
from reconciler.model.comment_marker import read_comment_marker

Put = Literal["created", "updated", "unchanged"]
PULLS = "pull-requests: write"
KEY = ("kind", "file", "started")
"""What of a marker makes two comments the same one; the rest of it may change in place."""
_TRIES = 3


def fetch_pull_number(client: GitHubClient, environment: Environment, *, merged: bool) -> int | None:
    """The pull request this step is about: of the event, else found by the commit it runs on.

    `merged`: the one that brought the commit to where it is; else the open one whose head it is. A scheduled run is
    about none, whatever its commit once came from.
    """
    if environment.pull is not None:
        return environment.pull
    sha = environment.sha
    if sha is None or environment.event_name == "schedule":
        return None
    if merged:
        found = fetch_merged_pull(client, sha)
        return found.number if found else None
    rows = [row for row in _pulls_of(client, sha) if row.get("state") == "open" and _head_of(row) == sha]
    return number_of(rows[0], "number") if rows else None


@dataclass(frozen=True, slots=True)
class MergedPull:
    """A merged pull request, and the last commit of its branch."""

    number: int
    head: str


def fetch_merged_pull(client: GitHubClient, sha: str) -> MergedPull | None:
    """The pull request that brought this commit to where it is: the one that became it, else one that holds it."""
    rows = [row for row in _pulls_of(client, sha) if row.get("merged_at") is not None]
    rows = [row for row in rows if row.get("merge_commit_sha") == sha] or rows
    head = _head_of(rows[0]) if rows else None
    return MergedPull(number_of(rows[0], "number"), head) if head is not None else None


def fetch_planned_head(client: GitHubClient, environment: Environment, pull: int) -> str | None:
    """The head of the pull request, if it is certain that this run worked on it; else None.

    Certain is the head in the event. Without it the run's own commit must be the head, or the test merge made of it: a
    digest must never stand on a commit that nobody planned.
    """
    if environment.pull == pull and environment.head_sha is not None:
        return environment.head_sha
    if environment.sha is None:
        return None
    found = client.fetch(f"pulls/{pull}", "show the pull request", "pull-requests: read")
    sha = _head_of(found)
    return sha if environment.sha in (sha, found.get("merge_commit_sha")) else None


def put_comment(client: GitHubClient, pull: int, author: str, body: str) -> Put:
    """Makes the pull request have this comment. A lost answer is looked after, so that none is there twice."""
    marker = read_comment_marker(body)
    if marker is None:
        raise ValueError("a comment without a marker would never be found again")
    wanted = {name: marker[name] for name in KEY if name in marker}
    path = f"issues/{pull}/comments"
    for left in reversed(range(_TRIES)):
        listed = client.fetch_all(path, f"list the comments of #{pull}", PULLS)
        ours = next(find_ours(listed, author, wanted), None)
        if ours is not None:
            if same_text(text_of(ours), body):
                return "unchanged"
            at = f"issues/comments/{number_of(ours)}"
            client.perform("PATCH", at, {"body": body}, "update our comment", PULLS, repeat=True)
            return "updated"
        try:
            made = client.perform("POST", path, {"body": body}, f"comment on #{pull}", PULLS, repeat=False)
        except GitHubError as error:
            if left and (error.status == 0 or error.status >= 500):
                client.wait(1)
                continue
            raise
        check_author(made, author)
        return "created"
    raise AssertionError("unreachable")


def _pulls_of(client: GitHubClient, sha: str) -> list[dict[str, object]]:
    what, permission = "tell the pull request of the commit", "pull-requests: read, contents: read"
    return list(client.fetch_all(f"commits/{sha}/pulls", what, permission))


def _head_of(pull: Mapping[str, object]) -> str | None:
    head = pull.get("head")
    return as_sha(head.get("sha")) if isinstance(head, dict) else None
