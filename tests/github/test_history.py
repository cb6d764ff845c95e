"""The file through the commits of the default branch, and which version of it a merge accepted last (§5)."""

from __future__ import annotations

import base64

import pytest

from reconciler.errors import GitHubError
from reconciler.github.client import GitHubClient
from reconciler.github.history import (
    MOST_COMMITS,
    Accepted,
    fetch_accepted,
    fetch_file,
    fetch_touching,
    is_on_default_branch,
)
from tests.local_github import Fault, LocalGitHub, Repo

from .conftest import BOT

FILE = "mappings.yaml"
CONTEXT = "rescue-reconciler/accepted: mappings.yaml"
LARGE = 1_100_000


def accept(repo: Repo, sha: str, author: str = BOT, state: str = "success", context: str = CONTEXT) -> None:
    repo.add_status(sha, author, context, state)


def answering(github: LocalGitHub, answer: object, path: str) -> None:
    """GitHub's next answer to this is another one."""
    fault = Fault("shape", path=path)
    fault.answer = lambda: (200, {}, answer)  # type: ignore[method-assign]
    github.faults.append(fault)


@pytest.fixture
def versions(repo: Repo) -> list[str]:
    """Three commits that touch the file, oldest first, and others that do not."""
    made = [repo.branches["main"]]
    for text in ("b\n", "c\n"):
        repo.commit({"README.md": text})
        made.append(repo.commit({FILE: text}))
    return made


def test_the_commits_that_touch_the_file_newest_first(client: GitHubClient, versions: list[str]) -> None:
    assert list(fetch_touching(client, FILE)) == versions[::-1]
    assert list(fetch_touching(client, FILE, versions[1])) == versions[1::-1]
    assert list(fetch_touching(client, "other.yaml")) == []


def test_only_commits_of_the_default_branch_are_on_it(client: GitHubClient, repo: Repo, versions: list[str]) -> None:
    assert all(is_on_default_branch(client, FILE, sha) for sha in versions)
    assert not is_on_default_branch(client, FILE, repo.branches["change"])
    assert not is_on_default_branch(client, FILE, "0" * 40)


def test_the_file_as_each_commit_has_it(client: GitHubClient, repo: Repo, versions: list[str]) -> None:
    assert [fetch_file(client, FILE, sha) for sha in versions] == [b"a\n", b"b\n", b"c\n"]
    assert fetch_file(client, FILE, repo.commit({FILE: None})) is None
    assert fetch_file(client, FILE, repo.commit({FILE: ""})) == b""


def test_a_file_above_a_megabyte_comes_by_itself(client: GitHubClient, repo: Repo) -> None:
    sha = repo.commit({FILE: "# " + "x" * LARGE})
    assert client.fetch(f"contents/{FILE}", "show it", "", {"ref": sha})["encoding"] == "none"
    assert fetch_file(client, FILE, sha) == b"# " + b"x" * LARGE


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"type": "dir", "content": "", "encoding": "base64"}, "is no file on GitHub"),
        ({"type": "submodule"}, "is no file on GitHub"),
        ({"type": "file", "content": None, "encoding": "base64"}, "is no file on GitHub"),
        ({"type": "file", "content": "YQ==", "encoding": "utf-8"}, "GitHub's answer cannot be read"),
        ({"type": "file", "content": "YQ=", "encoding": "base64"}, "GitHub's answer cannot be read"),
        ({"type": "file", "content": "Y!Q=", "encoding": "base64"}, "GitHub's answer cannot be read"),
        ({"type": "file", "content": "ü", "encoding": "base64"}, "GitHub's answer cannot be read"),
    ],
    ids=["a folder", "a submodule", "no content", "another encoding", "cut", "no base64", "no ASCII"],
)
def test_what_is_no_file_is_an_error_and_never_an_empty_one(
    client: GitHubClient, github: LocalGitHub, versions: list[str], answer: object, said: str
) -> None:
    answering(github, answer, f"/contents/{FILE}")
    with pytest.raises(GitHubError, match=said):
        fetch_file(client, FILE, versions[0])


def test_line_breaks_in_base64_are_none_of_the_file(
    client: GitHubClient, github: LocalGitHub, versions: list[str]
) -> None:
    told = base64.encodebytes(b"version: 1\n" * 20).decode()
    answering(github, {"content": told, "encoding": "base64"}, f"/contents/{FILE}")
    assert fetch_file(client, FILE, versions[0]) == b"version: 1\n" * 20


def test_only_a_404_means_that_there_is_no_file(client: GitHubClient, github: LocalGitHub, versions: list[str]) -> None:
    github.faults.append(Fault("status", path=f"/contents/{FILE}", status=410, message="Gone"))
    with pytest.raises(GitHubError, match="status 410"):
        fetch_file(client, FILE, versions[0])


@pytest.mark.parametrize("row", [{}, {"sha": None}, {"sha": "main"}, {"sha": "abc123"}])
def test_a_commit_without_an_id_is_half_a_list(
    client: GitHubClient, github: LocalGitHub, versions: list[str], row: object
) -> None:
    answering(github, [{"sha": versions[0]}, row], "/commits")
    with pytest.raises(GitHubError, match="listed a commit without an id"):
        list(fetch_touching(client, FILE))


def test_the_newest_accepted_version_counts_and_the_newest_of_all_is_told(
    client: GitHubClient, repo: Repo, versions: list[str]
) -> None:
    assert fetch_accepted(client, FILE, BOT) is None
    accept(repo, versions[0])
    assert fetch_accepted(client, FILE, BOT) == Accepted(versions[0], b"a\n", versions[2])
    accept(repo, versions[1])
    assert fetch_accepted(client, FILE, BOT) == Accepted(versions[1], b"b\n", versions[2])
    accept(repo, versions[2])
    assert fetch_accepted(client, FILE, BOT) == Accepted(versions[2], b"c\n", versions[2])


@pytest.mark.parametrize(
    "said",
    [
        {"author": "contributor"},
        {"state": "failure"},
        {"state": "pending"},
        {"context": "rescue-reconciler/accepted: other.yaml"},
        {"context": "rescue-reconciler/plan: mappings.yaml"},
    ],
    ids=["by somebody else", "failed", "pending", "of another file", "of a plan"],
)
def test_what_looks_like_an_acceptance_and_is_none(
    client: GitHubClient, repo: Repo, versions: list[str], said: dict[str, str]
) -> None:
    accept(repo, versions[0])
    accept(repo, versions[2], **said)
    assert fetch_accepted(client, FILE, BOT) == Accepted(versions[0], b"a\n", versions[2])


def test_an_acceptance_taken_back_is_none(client: GitHubClient, repo: Repo, versions: list[str]) -> None:
    accept(repo, versions[2])
    accept(repo, versions[2], state="error")
    assert fetch_accepted(client, FILE, BOT) is None


def test_an_accepted_commit_without_the_file_ends_it(client: GitHubClient, repo: Repo) -> None:
    gone = repo.commit({FILE: None})
    accept(repo, gone)
    with pytest.raises(GitHubError, match=f"commit {gone[:7]} was accepted, and GitHub shows no mappings.yaml in it"):
        fetch_accepted(client, FILE, BOT)


@pytest.mark.parametrize(("newer", "found"), [(MOST_COMMITS - 1, True), (MOST_COMMITS, False)])
def test_an_acceptance_behind_a_hundred_commits_is_not_looked_for(
    client: GitHubClient, repo: Repo, github: LocalGitHub, newer: int, found: bool
) -> None:
    accept(repo, repo.branches["main"])
    for number in range(newer):
        repo.commit({FILE: f"{number}\n"})
    assert (fetch_accepted(client, FILE, BOT) is not None) is found
