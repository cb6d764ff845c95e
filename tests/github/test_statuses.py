"""The reviewed digest on a commit: ours and the newest, whatever others set."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from reconciler.errors import GitHubError
from reconciler.github.client import GitHubClient
from reconciler.github.statuses import PLAN, CommitStatus, context_of, describe_plan, fetch_status, put_status
from tests.local_github import Fault, LocalGitHub, Pull, Repo

from .conftest import BOT

CONTEXT = "rescue-reconciler/plan: mappings.yaml"
ONE, TWO = "1" * 64, "2" * 64


def test_the_context_and_the_description_are_those_of_the_specification() -> None:
    assert context_of(PLAN, "mappings.yaml") == CONTEXT
    said = describe_plan(ONE, "3 changes")
    assert said == f"edit_digest={ONE} 3 changes"
    assert len(describe_plan(ONE, "x" * 200)) == 140
    assert CommitStatus("success", said).edit_digest == ONE


@pytest.mark.parametrize("said", ["", f"see edit_digest={ONE}", f"edit_digest={ONE}0", "edit_digest=" + "A" * 64])
def test_a_description_that_does_not_begin_with_a_digest_has_none(said: str) -> None:
    assert CommitStatus("success", said).edit_digest is None


def test_set_once_and_again_only_when_it_says_something_else(
    client: GitHubClient, repo: Repo, pull: Pull, github: LocalGitHub
) -> None:
    for digest, sent in ((ONE, True), (ONE, False), (TWO, True), (ONE, True)):
        status = CommitStatus("success", describe_plan(digest, ""))
        assert put_status(client, pull.head, CONTEXT, BOT, status, "https://x.example/run") is sent
        assert fetch_status(client, pull.head, CONTEXT, BOT) == status
    assert len(github.writes) == 3
    newest = repo.statuses[pull.head][0]
    assert (newest.state, newest.context, newest.target_url) == ("success", CONTEXT, "https://x.example/run")


def test_forged_and_foreign_statuses_are_passed_over(client: GitHubClient, repo: Repo, pull: Pull) -> None:
    assert fetch_status(client, pull.head, CONTEXT, BOT) is None
    repo.add_status(pull.head, BOT, CONTEXT, "success", f"edit_digest={ONE}")
    repo.add_status(pull.head, "stranger", CONTEXT, "success", f"edit_digest={TWO}")
    repo.add_status(pull.head, None, CONTEXT, "success", f"edit_digest={TWO}")
    repo.add_status(pull.head, BOT, f"{CONTEXT}.bak", "success", f"edit_digest={TWO}")
    for number in range(120):
        repo.add_status(pull.head, "other[bot]", f"ci/{number}", "success")
    found = fetch_status(client, pull.head, CONTEXT, BOT)
    assert found is not None
    assert found.edit_digest == ONE


def test_the_newest_of_ours_counts_even_without_a_digest(client: GitHubClient, repo: Repo, pull: Pull) -> None:
    repo.add_status(pull.head, BOT, CONTEXT, "success", f"edit_digest={ONE}")
    repo.add_status(pull.head, BOT, CONTEXT, "failure", None)
    assert fetch_status(client, pull.head, CONTEXT, BOT) == CommitStatus("failure", "")


def test_a_lost_answer_is_sent_again(client: GitHubClient, repo: Repo, pull: Pull, github: LocalGitHub) -> None:
    github.faults.append(Fault("drop_after", method="POST"))
    assert put_status(client, pull.head, CONTEXT, BOT, CommitStatus("success", "d"), None)
    assert {status.description for status in repo.statuses[pull.head]} == {"d"}


def test_a_status_that_would_not_count_as_ours_is_an_error(
    open_client: Callable[..., GitHubClient], pull: Pull
) -> None:
    with pytest.raises(GitHubError, match="writes as octo"):
        put_status(open_client("person"), pull.head, CONTEXT, BOT, CommitStatus("success", "d"), None)


def test_a_missing_permission_is_named(
    open_client: Callable[..., GitHubClient], github: LocalGitHub, pull: Pull
) -> None:
    github.token("narrow", BOT, statuses="read")
    with pytest.raises(GitHubError, match="status 403") as refused:
        put_status(open_client("narrow"), pull.head, CONTEXT, BOT, CommitStatus("success", "d"), None)
    assert "statuses: write" in refused.value.advice
