"""The one issue: opened, kept up, closed and opened again, never doubled."""

from __future__ import annotations

import pytest

from reconciler.errors import GitHubError
from reconciler.github.alarm import put_alarm
from reconciler.github.client import GitHubClient
from reconciler.model.comment_marker import make_comment_marker
from tests.local_github import Fault, LocalGitHub, Repo

from .conftest import BOT


def body(text: str, file: str = "mappings.yaml") -> str:
    return f"{make_comment_marker('alarm', file)}\n{text}\n"


def ring(client: GitHubClient, text: str, *, well: bool = False) -> tuple[str, int | None]:
    return put_alarm(client, BOT, "Rescue", body(text), well=well)


def test_one_issue_through_its_life(client: GitHubClient, repo: Repo, github: LocalGitHub) -> None:
    assert ring(client, "well", well=True) == ("unchanged", None)
    assert ring(client, "refused") == ("opened", 1)
    assert ring(client, "refused") == ("unchanged", 1)
    assert ring(client, "frozen") == ("updated", 1)
    assert ring(client, "well", well=True) == ("closed", 1)
    assert (repo.issues[1].state, repo.issues[1].body) == ("closed", body("well"))
    assert ring(client, "well", well=True) == ("unchanged", None)
    assert ring(client, "refused") == ("reopened", 1)
    assert (repo.issues[1].state, repo.issues[1].body) == ("open", body("refused"))
    assert list(repo.issues) == [1]
    assert len(github.writes) == 4


def test_issues_of_others_and_pull_requests_are_not_it(client: GitHubClient, repo: Repo) -> None:
    repo.add_issue("stranger", "forged", body("refused"))
    repo.add_issue(BOT, "other file", body("refused", "other.yaml"))
    pull = repo.open_pull("change", author=BOT)
    repo.issues[pull.number].body = body("refused")
    for number in range(120):
        repo.add_issue("somebody", f"question {number}", "")
    before = {number: issue.body for number, issue in repo.issues.items()}
    assert ring(client, "refused")[0] == "opened"
    assert ring(client, "frozen")[0] == "updated"
    assert {number: repo.issues[number].body for number in before} == before


def test_of_several_the_oldest_open_one_is_kept_up(client: GitHubClient, repo: Repo) -> None:
    repo.add_issue(BOT, "Rescue", body("first")).state = "closed"
    repo.add_issue(BOT, "Rescue", body("second"))
    repo.add_issue(BOT, "Rescue", body("third"))
    assert ring(client, "refused") == ("updated", 2)
    repo.issues[2].state = repo.issues[3].state = "closed"
    assert ring(client, "refused") == ("reopened", 3)


@pytest.mark.parametrize("kind", ["drop_after", "error_after", "drop"])
def test_a_lost_answer_never_opens_two(client: GitHubClient, repo: Repo, github: LocalGitHub, kind: str) -> None:
    github.faults.append(Fault(kind, method="POST"))
    ring(client, "refused")
    assert [issue.body for issue in repo.issues.values()] == [body("refused")]


def test_a_repository_without_issues_is_told_what_to_do(client: GitHubClient, repo: Repo, github: LocalGitHub) -> None:
    github.faults.append(Fault("status", status=410, message="Issues are disabled for this repo"))
    with pytest.raises(GitHubError, match="Issues are disabled") as refused:
        ring(client, "refused")
    assert "turn them on" in refused.value.advice
