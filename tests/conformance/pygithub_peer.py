"""PyGithub asks what is in a repository and writes to it; runs in its own environment and prints what it saw as JSON.

pygithub_peer.py URL TOKEN work PULL SHA     comments, statuses, issues, contents, commits
pygithub_peer.py URL TOKEN refusals PULL     each refusal as the exception that PyGithub makes of it
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

import github
from github import Auth, Github
from github.Repository import Repository

NAME = "contoso/rescue"


def work(repo: Repository, pull: int, sha: str) -> dict[str, Any]:
    """Reads and writes of each kind; lists are read to their end, page by page."""
    issue = repo.get_issue(pull)
    before = [comment.body for comment in issue.get_comments()]
    made = issue.create_comment("from PyGithub")
    made.edit("edited by PyGithub")
    last = next(comment for comment in issue.get_comments() if comment.id == made.id)
    commit = repo.get_commit(sha)
    status = commit.create_status("success", "https://ci.example/1", "by PyGithub", "peer")
    opened = repo.create_issue("by PyGithub", "body", labels=["rescue"])
    opened.edit(state="closed", state_reason="not_planned")
    closed = [found.number for found in repo.get_issues(state="closed", direction="asc")]
    opened.edit(state="open", title="again", body="changed")
    file = repo.get_contents("mappings.yaml", ref=sha)
    nested = repo.get_contents("docs/guide/start.md")
    folder = repo.get_contents("docs")
    whole_pull = repo.get_pull(pull)
    assert not isinstance(file, list)
    assert not isinstance(nested, list)
    assert isinstance(folder, list)
    return {
        "repository": [repo.full_name, repo.default_branch, repo.private],
        "comments": [len(before), before[0], before[-1]],
        "edited": [last.body, last.user.login, last.user.type],
        "status": [status.state, status.context, status.description, status.target_url],
        "statuses": [[one.context, one.state, one.creator.login] for one in commit.get_statuses()],
        "issue": [opened.state, opened.title, opened.body, [label.name for label in opened.labels]],
        "closed": closed == [opened.number],
        "pull": [whole_pull.number, whole_pull.merged, whole_pull.head.sha == sha, whole_pull.base.ref],
        "pulls of commit": [one.number for one in commit.get_pulls()],
        "file": [file.decoded_content.decode(), file.size, file.encoding],
        "nested": nested.decoded_content.decode(),
        "folder": [[entry.path, entry.type] for entry in folder],
        "commits": [one.commit.message for one in repo.get_commits(path="mappings.yaml", sha="main")],
        "parents": [parent.sha for parent in commit.parents],
    }


def refusals(repo: Repository, pull: int) -> dict[str, Any]:
    """What each of these raises. The limits were planned beforehand, in this order."""
    issue = repo.get_issue(pull)
    asked: dict[str, Callable[[], object]] = {
        "primary limit": lambda: repo.get_issue(pull),
        "secondary limit": lambda: repo.get_issue(pull),
        "secondary limit, 429": lambda: repo.get_issue(pull),
        "longest body": lambda: issue.create_comment("é" * 65_536) and None,
        "longer body": lambda: issue.create_comment("é" * 65_537),
        "unknown issue": lambda: repo.get_issue(999),
        "unknown file": lambda: repo.get_contents("nothing.yaml"),
        "unknown ref": lambda: repo.get_contents("mappings.yaml", ref="nothing"),
        "unknown commit": lambda: repo.get_commit("0" * 40),
        "long description": lambda: repo.get_commit("main").create_status("success", description="x" * 141),
    }
    return {name: _raised(ask) for name, ask in asked.items()}


def _raised(ask: Callable[[], object]) -> list[Any]:
    try:
        ask()
    except github.GithubException as error:
        data = error.data if isinstance(error.data, dict) else {}
        return [type(error).__name__, error.status, str(data.get("message"))]
    return ["nothing", 200, ""]


if __name__ == "__main__":
    url, token, what, *rest = sys.argv[1:]
    client = Github(
        base_url=url, auth=Auth.Token(token), retry=None, seconds_between_requests=0, seconds_between_writes=0
    )
    repository = client.get_repo(NAME)
    number = int(rest[0])
    print(json.dumps(work(repository, number, rest[1]) if what == "work" else refusals(repository, number)))
