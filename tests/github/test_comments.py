"""Our comment on a pull request: one, ours, in place, and only when it says something new."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from reconciler.errors import GitHubError
from reconciler.github.client import GitHubClient
from reconciler.github.comments import fetch_planned_head, fetch_pull_number, put_comment
from reconciler.github.environment import Environment
from reconciler.github.ours import fetch_author
from reconciler.model.comment_marker import make_comment_marker
from tests.local_github import Fault, LocalGitHub, Pull, Repo

from .conftest import BOT

AT = "/repos/contoso/rescue/issues"


def body(text: str, kind: str = "plan", file: str = "mappings.yaml", **more: str) -> str:
    return f"{make_comment_marker(kind, file, **more)}\n{text}\n"


def bodies(repo: Repo) -> list[str]:
    return [comment.body for comment in repo.issues[1].comments]


def surroundings(**known: object) -> Environment:
    nothing = dict.fromkeys(Environment.__slots__)
    return Environment(**{**nothing, "api_url": "", **known})  # type: ignore[arg-type]


def test_created_once_then_updated_in_place_and_equal_ones_are_not_sent(
    client: GitHubClient, repo: Repo, pull: Pull, github: LocalGitHub
) -> None:
    repo.add_comment(pull.number, "somebody", "nice")
    assert put_comment(client, pull.number, BOT, body("one", digest="a")) == "created"
    assert put_comment(client, pull.number, BOT, body("two", digest="b")) == "updated"
    assert put_comment(client, pull.number, BOT, body("two", digest="b")) == "unchanged"
    assert bodies(repo) == ["nice", body("two", digest="b")]
    ours = repo.issues[1].comments[1]
    assert github.writes == [f"POST {AT}/1/comments", f"PATCH {AT}/comments/{ours.id}"]


def test_line_ends_as_github_may_keep_them_are_no_difference(
    client: GitHubClient, repo: Repo, pull: Pull, github: LocalGitHub
) -> None:
    repo.add_comment(pull.number, BOT, body("one").replace("\n", "\r\n").rstrip())
    assert put_comment(client, pull.number, BOT, body("one")) == "unchanged"
    assert github.writes == []


def test_each_file_and_each_apply_has_its_own(client: GitHubClient, repo: Repo, pull: Pull) -> None:
    texts = [
        body("one"),
        body("other file", file="other.yaml"),
        body("first", kind="apply", started="1"),
        body("second", kind="apply", started="2"),
    ]
    for text in texts * 2:
        put_comment(client, pull.number, BOT, text)
    assert bodies(repo) == texts


@pytest.mark.parametrize(
    ("author", "text"),
    [
        ("stranger", body("forged")),
        ("github-actions", body("forged")),
        (BOT, "see:\n" + body("quoted")),
        (BOT, "<!-- rescue-reconciler not json -->\n"),
        (BOT, '<!-- rescue-reconciler {"kind":["plan"],"file":"mappings.yaml"} -->\n'),
        (BOT, "<!-- rescue-reconciler {" + '"a":' * 20_000 + "} -->\n"),
        (BOT, body("another tool's").replace("rescue-reconciler", "rescue")),
    ],
)
def test_what_is_not_ours_is_never_touched(
    client: GitHubClient, repo: Repo, pull: Pull, author: str, text: str
) -> None:
    repo.add_comment(pull.number, author, text)
    assert put_comment(client, pull.number, BOT, body("ours")) == "created"
    assert bodies(repo) == [text, body("ours")]


def test_ours_is_found_behind_many_pages(client: GitHubClient, repo: Repo, pull: Pull) -> None:
    for number in range(230):
        repo.add_comment(pull.number, "somebody", str(number))
    repo.add_comment(pull.number, BOT, body("one"))
    assert put_comment(client, pull.number, BOT.upper(), body("two")) == "updated"


@pytest.mark.parametrize("kind", ["drop_after", "error_after", "drop"])
def test_a_lost_answer_never_makes_two_comments(
    client: GitHubClient, repo: Repo, pull: Pull, github: LocalGitHub, kind: str
) -> None:
    github.faults.append(Fault(kind, method="POST"))
    put_comment(client, pull.number, BOT, body("one"))
    assert bodies(repo) == [body("one")]


def test_github_that_stays_broken_ends_it(client: GitHubClient, pull: Pull, github: LocalGitHub) -> None:
    github.faults.append(Fault("status", method="POST", status=500, times=99))
    with pytest.raises(GitHubError, match="comment on #1: status 500"):
        put_comment(client, pull.number, BOT, body("one"))
    assert len(github.writes) == 3


def test_a_token_that_writes_as_somebody_else_is_told_so(
    open_client: Callable[..., GitHubClient], github: LocalGitHub, pull: Pull
) -> None:
    github.token("app", "our-app[bot]")
    with pytest.raises(GitHubError, match=r"writes as our-app\[bot\]") as refused:
        put_comment(open_client("app"), pull.number, BOT, body("one"))
    assert "--author 'our-app[bot]'" in refused.value.advice


def test_whose_comments_are_ours(open_client: Callable[..., GitHubClient], github: LocalGitHub) -> None:
    assert fetch_author(open_client("person"), "named") == "named"
    assert github.log == []
    assert fetch_author(open_client("person"), None) == "octo"
    assert fetch_author(open_client("bot"), None) == BOT


@pytest.mark.parametrize("how", ["merge", "squash", "rebase"])
def test_the_pull_request_of_a_merged_commit(client: GitHubClient, repo: Repo, pull: Pull, how: str) -> None:
    sha = repo.merge(pull, how)
    pushed = surroundings(event_name="push", sha=sha)
    assert fetch_pull_number(client, pushed, merged=True) == 1
    assert fetch_pull_number(client, pushed, merged=False) is None
    assert fetch_pull_number(client, surroundings(event_name="schedule", sha=sha), merged=True) is None
    direct = surroundings(event_name="push", sha=repo.commit({"mappings.yaml": "c\n"}))
    assert fetch_pull_number(client, direct, merged=True) is None


def test_the_pull_request_of_the_event_or_of_a_branch(client: GitHubClient, pull: Pull, github: LocalGitHub) -> None:
    assert fetch_pull_number(client, surroundings(pull=7, sha="0" * 40), merged=True) == 7
    assert fetch_pull_number(client, surroundings(), merged=False) is None
    assert github.log == []
    on_branch = surroundings(event_name="workflow_dispatch", sha=pull.head)
    assert fetch_pull_number(client, on_branch, merged=False) == 1
    assert fetch_pull_number(client, on_branch, merged=True) is None


def test_a_commit_that_a_pull_request_has_left_behind_is_not_its_head(
    client: GitHubClient, repo: Repo, pull: Pull
) -> None:
    before = pull.head
    repo.push(pull, {"mappings.yaml": "c\n"})
    assert fetch_pull_number(client, surroundings(event_name="push", sha=before), merged=False) is None
    assert fetch_pull_number(client, surroundings(event_name="push", sha=pull.head), merged=False) == 1


def test_the_planned_head_is_certain_or_none(client: GitHubClient, repo: Repo, pull: Pull) -> None:
    old = pull.head
    assert pull.merge_commit_sha
    assert fetch_planned_head(client, surroundings(pull=1, head_sha="f" * 40), 1) == "f" * 40
    assert fetch_planned_head(client, surroundings(pull=2, head_sha="f" * 40), 1) is None
    assert fetch_planned_head(client, surroundings(sha=old), 1) == old
    assert fetch_planned_head(client, surroundings(sha=pull.merge_commit_sha), 1) == old
    tested = pull.merge_commit_sha
    repo.push(pull, {"mappings.yaml": "c\n"})
    assert fetch_planned_head(client, surroundings(sha=old), 1) is None
    assert fetch_planned_head(client, surroundings(sha=tested), 1) is None
    assert fetch_planned_head(client, surroundings(), 1) is None
