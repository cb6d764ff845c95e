"""The file through the commits of the default branch: what it said, and which of its versions was accepted last (§5).

An accepted commit carries our own status `rescue-reconciler/accepted: FILE`; the same status by anybody else is passed
over. A merge that took one side of the file is no commit that touches it, as in `git log`.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass

from reconciler.errors import GitHubError
from reconciler.github.client import GitHubClient
from reconciler.github.environment import as_sha
from reconciler.github.statuses import ACCEPTED, context_of, fetch_status

MOST_COMMITS = 100
"""How many of the newest commits are asked for a status; each is a request."""
_CONTENTS = "contents: read"


@dataclass(frozen=True, slots=True)
class Accepted:
    """The newest accepted version. `newest`: the last commit that touches the file, the same one where none waits."""

    sha: str
    data: bytes
    newest: str


def fetch_touching(client: GitHubClient, file: str, sha: str | None = None) -> Iterator[str]:
    """The commits that touch the file, newest first, as they are asked for: up to `sha`, or on the default branch."""
    query = {"path": file} | ({"sha": sha} if sha is not None else {})
    for row in client.fetch_all("commits", f"list the commits that touch {file}", _CONTENTS, query):
        found = as_sha(row.get("sha"))
        if found is None:
            raise GitHubError(f"GitHub listed a commit without an id, among those that touch {file}")
        yield found


def fetch_file(client: GitHubClient, file: str, sha: str) -> bytes | None:
    """The file as that commit has it, None where it has none. Raises GitHubError for what is no file."""
    what = f"show {file} of {sha[:7]}"
    try:
        found = client.fetch(f"contents/{file}", what, _CONTENTS, {"ref": sha})
    except GitHubError as error:
        if error.status == 404:
            return None
        raise
    content, encoding = found.get("content"), found.get("encoding")
    if found.get("type", "file") != "file" or not isinstance(content, str):
        raise GitHubError(f"{file} of {sha[:7]} is no file on GitHub")
    if encoding == "none":  # above 1 MiB the bytes come only by themselves
        return client.fetch_raw(f"contents/{file}", what, _CONTENTS, {"ref": sha})
    try:
        if encoding != "base64":
            raise ValueError("another encoding")
        return base64.b64decode("".join(content.split()), validate=True)
    except (ValueError, binascii.Error):
        raise GitHubError(f"GitHub's answer cannot be read, to {what}") from None


def fetch_accepted(client: GitHubClient, file: str, author: str) -> Accepted | None:
    """The newest accepted version among the last hundred. Raises GitHubError where it cannot be read after all."""
    newest = None
    for count, sha in enumerate(fetch_touching(client, file)):
        if count == MOST_COMMITS:
            return None
        newest = newest or sha
        status = fetch_status(client, sha, context_of(ACCEPTED, file), author)
        if status is None or status.state != "success":
            continue
        data = fetch_file(client, file, sha)
        if data is None:
            raise GitHubError(f"commit {sha[:7]} was accepted, and GitHub shows no {file} in it")
        return Accepted(sha, data, newest)
    return None


def is_on_default_branch(client: GitHubClient, file: str, sha: str) -> bool:
    """Whether that commit, one that touches the file, belongs to the default branch."""
    return any(sha == found for found in fetch_touching(client, file))
