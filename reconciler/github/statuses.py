"""What a commit of the file went through (product.md §5), as commit statuses believed only from our own identity:
the digest of its reviewed plan, on the head of the pull request, and that it was accepted, on the default branch.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from reconciler.github.client import GitHubClient
from reconciler.github.ours import check_author, is_by

PLAN = "rescue-reconciler/plan"
ACCEPTED = "rescue-reconciler/accepted"
_WRITE = "statuses: write"
_LONGEST = 140
_EDIT_DIGEST = re.compile(r"edit_digest=([0-9a-f]{64})(?![0-9a-f])")
State = Literal["success", "failure"]


@dataclass(frozen=True, slots=True)
class CommitStatus:
    state: str
    description: str

    @property
    def edit_digest(self) -> str | None:
        """The digest the description begins with."""
        found = _EDIT_DIGEST.match(self.description)
        return found[1] if found else None


def context_of(kind: str, file: str) -> str:
    """The context of one file's status."""
    return f"{kind}: {file}"


def describe_plan(edit_digest: str, words: str) -> str:
    """The description of a plan's status: the digest first, words as far as GitHub takes them."""
    text = f"edit_digest={edit_digest} {words}".rstrip()
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def fetch_status(client: GitHubClient, sha: str, context: str, author: str) -> CommitStatus | None:
    """The newest status of that context by our own identity; whatever anybody else set is passed over."""
    listed = client.fetch_all(f"commits/{sha}/statuses", "list the statuses of the commit", "statuses: read")
    for row in listed:  # newest first
        state, said = row.get("state"), row.get("description")
        if row.get("context") == context and is_by(row, author, "creator") and isinstance(state, str):
            return CommitStatus(state, said if isinstance(said, str) else "")
    return None


def put_status(
    client: GitHubClient, sha: str, context: str, author: str, status: CommitStatus, link: str | None
) -> bool:
    """Makes it the newest of ours; False where it is already. Raises GitHubError where it would not count as ours."""
    if fetch_status(client, sha, context, author) == status:
        return False
    body: dict[str, object] = {"state": status.state, "context": context, "description": status.description}
    if link is not None:
        body["target_url"] = link
    made = client.perform("POST", f"statuses/{sha}", body, "set the status of the commit", _WRITE, repeat=True)
    check_author({"user": made.get("creator")}, author)
    return True
