"""One call to GitHub: limits waited for, refusals explained, lists whole or an error."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from reconciler.errors import CredentialsError, GitHubError
from reconciler.github.client import GitHubClient
from reconciler.github.ours import number_of
from tests.local_github import Fault, LocalGitHub, Pull, Repo

from .conftest import Clock


def comments(client: GitHubClient, pull: Pull) -> list[object]:
    path = f"issues/{pull.number}/comments"
    return [row["body"] for row in client.fetch_all(path, "list the comments", "pull-requests: write")]


def test_a_list_is_read_over_all_its_pages(client: GitHubClient, repo: Repo, pull: Pull, github: LocalGitHub) -> None:
    for number in range(250):
        repo.add_comment(pull.number, "somebody", str(number))
    assert comments(client, pull) == [str(number) for number in range(250)]
    assert len(github.log) == 3
    assert all(seen.headers["authorization"] == "Bearer bot" for seen in github.log)


def test_half_a_list_is_an_error(client: GitHubClient, repo: Repo, pull: Pull, github: LocalGitHub) -> None:
    for number in range(150):
        repo.add_comment(pull.number, "somebody", str(number))
    github.faults.append(Fault("status", path="/repositories/", status=404, message="Not Found"))
    with pytest.raises(GitHubError, match="list the comments: status 404: Not Found"):
        comments(client, pull)


@pytest.mark.parametrize(
    ("link", "said"),
    [
        ('<http://elsewhere.example/x>; rel="next"', "leads elsewhere"),
        ("<{base}/repos/contoso/rescue/issues/1/comments?per_page=100>; rel=next", "do not end"),
    ],
)
def test_links_that_cannot_be_followed_end_it(
    client: GitHubClient, pull: Pull, github: LocalGitHub, link: str, said: str
) -> None:
    headers = {"Link": link.replace("{base}", github.url)}
    github.faults.append(Fault("status", status=200, headers=headers, message="", times=9))
    with pytest.raises(GitHubError, match="no list"):
        comments(client, pull)
    github.faults[:] = [Fault("list", times=9)]
    github.faults[0].answer = lambda: (200, headers, [])  # type: ignore[method-assign]
    with pytest.raises(GitHubError, match=said):
        comments(client, pull)


@pytest.mark.parametrize("fault", ["rate", "secondary", "secondary429"])
def test_a_short_limit_is_waited_for_also_before_a_write(
    client: GitHubClient, repo: Repo, pull: Pull, github: LocalGitHub, clock: Clock, fault: str
) -> None:
    github.faults.append(Fault(fault, method="POST", seconds=20, times=2))
    path = f"issues/{pull.number}/comments"
    client.perform("POST", path, {"body": "x"}, "comment", "pull-requests: write", repeat=False)
    assert [comment.body for comment in repo.issues[1].comments] == ["x"]
    assert sum(clock.slept) >= 39
    assert clock.slept


def test_a_secondary_limit_that_names_no_time_is_waited_for_a_minute(
    client: GitHubClient, pull: Pull, github: LocalGitHub, clock: Clock
) -> None:
    github.faults.append(Fault("secondary", seconds=None))
    assert comments(client, pull) == []
    assert clock.slept == [60]


@pytest.mark.parametrize("fault", ["rate", "secondary"])
def test_a_long_limit_ends_it_and_says_when_to_come_back(
    client: GitHubClient, pull: Pull, github: LocalGitHub, clock: Clock, fault: str
) -> None:
    github.faults.append(Fault(fault, seconds=1800))
    with pytest.raises(GitHubError, match="limit on requests is used up") as refused:
        comments(client, pull)
    assert refused.value.exit_code == 1
    assert "30 minutes" in refused.value.advice
    assert clock.slept == []


def test_a_limit_that_does_not_end_is_not_waited_for_forever(
    client: GitHubClient, pull: Pull, github: LocalGitHub
) -> None:
    github.faults.append(Fault("secondary", seconds=1, times=99))
    with pytest.raises(GitHubError, match="used up"):
        comments(client, pull)
    assert len(github.log) == 4


@pytest.mark.parametrize("fault", [Fault("drop", times=2), Fault("status", status=503, times=2)])
def test_reads_are_repeated(client: GitHubClient, pull: Pull, github: LocalGitHub, fault: Fault) -> None:
    github.faults.append(fault)
    assert comments(client, pull) == []
    assert len(github.log) == 3


def test_a_missing_permission_is_named(
    open_client: Callable[..., GitHubClient], github: LocalGitHub, pull: Pull
) -> None:
    github.token("narrow", "github-actions[bot]", pull_requests="read")
    with pytest.raises(GitHubError, match="status 403: Resource not accessible by integration") as refused:
        open_client("narrow").perform(
            "POST", f"issues/{pull.number}/comments", {"body": "x"}, "comment", "pull-requests: write", repeat=False
        )
    assert "pull-requests: write" in refused.value.advice
    assert "forks" in refused.value.advice
    github.token("nothing", "github-actions[bot]", metadata="read")
    with pytest.raises(GitHubError, match="status 404") as refused:
        comments(open_client("nothing"), pull)
    assert "pull-requests: write" in refused.value.advice


def test_a_token_that_is_refused_is_an_error_of_credentials(
    open_client: Callable[..., GitHubClient], pull: Pull, github: LocalGitHub
) -> None:
    with pytest.raises(CredentialsError, match="does not accept the token"):
        comments(open_client("wrong"), pull)
    assert len(github.log) == 1


def test_a_body_that_is_too_long_is_refused_in_githubs_words(client: GitHubClient, pull: Pull) -> None:
    path = f"issues/{pull.number}/comments"
    with pytest.raises(GitHubError, match="Body is too long"):
        client.perform("POST", path, {"body": "x" * 65_537}, "comment", "", repeat=False)


def test_a_page_of_html_is_no_answer(client: GitHubClient, pull: Pull, github: LocalGitHub) -> None:
    github.faults.append(Fault("html"))
    with pytest.raises(GitHubError, match="not JSON"):
        comments(client, pull)


@pytest.mark.parametrize(
    ("status", "advice"), [(301, "renamed or moved"), (410, "issues are switched off"), (409, "run the step again")]
)
def test_other_refusals_say_what_helps(
    client: GitHubClient, pull: Pull, github: LocalGitHub, status: int, advice: str
) -> None:
    github.faults.append(Fault("status", status=status))
    with pytest.raises(GitHubError) as refused:
        comments(client, pull)
    assert advice in refused.value.advice


def test_who_a_token_is(open_client: Callable[..., GitHubClient], github: LocalGitHub, clock: Clock) -> None:
    assert open_client("person").fetch_login() == "octo"
    assert open_client("bot").fetch_login() is None
    github.faults.append(Fault("rate", seconds=5))  # 403 as well, and not the same
    assert open_client("person").fetch_login() == "octo"
    github.faults.append(Fault("status", status=500, times=99))
    with pytest.raises(GitHubError):
        open_client("person").fetch_login()


@pytest.mark.parametrize("answer", [[], "x", None, {"login": 7}, {}])
def test_answers_of_another_shape_are_errors_and_no_crash(
    client: GitHubClient, pull: Pull, github: LocalGitHub, answer: object
) -> None:
    fault = Fault("shape", times=99)
    fault.answer = lambda: (200, {}, answer)  # type: ignore[method-assign]
    github.faults.append(fault)
    with pytest.raises(GitHubError, match="did not say who"):
        client.fetch_login()
    with pytest.raises(GitHubError):
        number_of(client.fetch("pulls/1", "show it", ""), "number")
    with pytest.raises(GitHubError):
        number_of(client.perform("POST", "issues", {"title": "x"}, "open it", "", repeat=False))
    if answer != []:
        with pytest.raises(GitHubError, match="no list"):
            comments(client, pull)


@pytest.mark.parametrize("body", ["[1]", "{", '{"message": 7, "errors": [1, {"message": "why"}]}', '{"errors": 3}'])
def test_refusals_of_another_shape_are_told_as_far_as_they_go(
    client: GitHubClient, pull: Pull, github: LocalGitHub, body: str
) -> None:
    fault = Fault("shape")
    fault.answer = lambda: (409, {}, body.encode())  # type: ignore[method-assign]
    github.faults.append(fault)
    with pytest.raises(GitHubError, match="status 409") as refused:
        comments(client, pull)
    assert ("why" in str(refused.value)) is ("why" in body)
    assert refused.value.status == 409
