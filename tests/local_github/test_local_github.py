"""The local GitHub itself, through the standard library's own client."""

from __future__ import annotations

import base64
import http.client
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.local_github import Fault, LocalGitHub, Repo, run_github

BOT = "github-actions[bot]"


@pytest.fixture
def github() -> Iterator[LocalGitHub]:
    with run_github() as running:
        running.token("all", BOT)
        running.token("person", "octo")
        running.token("narrow", BOT, contents="read", pull_requests="read")
        running.token("nothing", BOT, metadata="read")
        yield running


@pytest.fixture
def repo(github: LocalGitHub) -> Repo:
    made = github.repo()
    made.commit({"mappings.yaml": "a\n", "README.md": "x"}, message="first")
    made.commit({"mappings.yaml": "b\n"}, branch="change")
    return made


def ask(
    github: LocalGitHub, method: str, path: str, body: object = None, by: str = "all", accept: str = "*/*"
) -> tuple[int, dict[str, str], Any]:
    parts = urlsplit(github.url)
    assert parts.hostname is not None
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=5)
    try:
        headers = {"User-Agent": "test", "Authorization": f"Bearer {by}", "Accept": accept}
        sent = json.dumps(body) if body is not None else None
        connection.request(method, path, sent, headers)
        answer = connection.getresponse()
        raw = answer.read()
        found = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, found, json.loads(raw) if "json" in found["content-type"][:16] else raw
    finally:
        connection.close()


def test_comments_are_paged_with_links_that_name_the_repository_by_number(github: LocalGitHub, repo: Repo) -> None:
    pull = repo.open_pull("change")
    for number in range(5):
        status, _, made = ask(
            github, "POST", f"/repos/contoso/rescue/issues/{pull.number}/comments", {"body": str(number)}
        )
        assert (status, made["user"]["login"], made["user"]["type"]) == (201, BOT, "Bot")
    path: str | None = f"/repos/contoso/rescue/issues/{pull.number}/comments?per_page=2"
    bodies, pages = [], 0
    while path:
        status, headers, rows = ask(github, "GET", path)
        bodies += [row["body"] for row in rows]
        pages += 1
        onward = re.search(r'<([^>]*)>; rel="next"', headers.get("link", ""))
        path = onward[1].removeprefix(github.url) if onward else None
        assert path is None or path.startswith("/repositories/40/issues/")
    assert (bodies, pages) == (list("01234"), 3)


def test_bodies_over_the_limit_are_refused(github: LocalGitHub, repo: Repo) -> None:
    pull = repo.open_pull("change")
    at = f"/repos/contoso/rescue/issues/{pull.number}/comments"
    assert ask(github, "POST", at, {"body": "é" * 65_536})[0] == 201
    status, _, refused = ask(github, "POST", at, {"body": "é" * 65_537})
    assert status == 422
    assert "too long" in refused["errors"][0]["message"]
    assert ask(github, "POST", at, {})[0] == 422


@pytest.mark.parametrize(
    ("token", "method", "path", "status"),
    [
        ("wrong", "GET", "/user", 401),
        ("all", "GET", "/user", 403),
        ("person", "GET", "/user", 200),
        ("narrow", "POST", "/repos/contoso/rescue/issues/1/comments", 403),
        ("narrow", "POST", "/repos/contoso/rescue/issues", 403),
        ("narrow", "GET", "/repos/contoso/rescue/issues", 404),
        ("nothing", "GET", "/repos/contoso/rescue/issues/1/comments", 404),
        ("all", "GET", "/repos/contoso/other/issues", 404),
        ("all", "GET", "/repos/contoso/rescue/issues/99/comments", 404),
    ],
)
def test_who_may_do_what(github: LocalGitHub, repo: Repo, token: str, method: str, path: str, status: int) -> None:
    repo.open_pull("change")
    assert ask(github, method, path, {"body": "x", "title": "x"} if method == "POST" else None, token)[0] == status


def test_statuses_come_newest_first_with_their_author(github: LocalGitHub, repo: Repo) -> None:
    sha = repo.branches["change"]
    for state in ("pending", "success"):
        sent = {"state": state, "context": "c", "description": "d"}
        assert ask(github, "POST", f"/repos/contoso/rescue/statuses/{sha}", sent)[0] == 201
    _, _, rows = ask(github, "GET", f"/repos/contoso/rescue/commits/{sha}/statuses")
    assert [(row["state"], row["creator"]["login"]) for row in rows] == [("success", BOT), ("pending", BOT)]
    long = {"state": "success", "description": "d" * 141}
    assert ask(github, "POST", f"/repos/contoso/rescue/statuses/{sha}", long)[0] == 422


@pytest.mark.parametrize("how", ["merge", "squash", "rebase"])
def test_a_merged_pull_request_is_found_by_the_commit_it_became(github: LocalGitHub, repo: Repo, how: str) -> None:
    pull = repo.open_pull("change")
    repo.push(pull, {"mappings.yaml": "c\n"})
    repo.commit({"README.md": "meanwhile"})
    sha = repo.merge(pull, how)
    _, _, rows = ask(github, "GET", f"/repos/contoso/rescue/commits/{sha}/pulls")
    assert [(row["number"], row["merge_commit_sha"], row["merged_at"] is not None) for row in rows] == [
        (pull.number, sha, True)
    ]
    direct = repo.commit({"mappings.yaml": "d\n"})
    assert ask(github, "GET", f"/repos/contoso/rescue/commits/{direct}/pulls")[2] == []


def test_contents_and_the_commits_that_touch_a_path(github: LocalGitHub, repo: Repo) -> None:
    first = repo.branches["main"]
    repo.commit({"README.md": "y"})
    last = repo.commit({"mappings.yaml": "c\n"})
    _, _, rows = ask(github, "GET", "/repos/contoso/rescue/commits?path=mappings.yaml&sha=main")
    assert [row["sha"] for row in rows] == [last, first]
    _, _, found = ask(github, "GET", f"/repos/contoso/rescue/contents/mappings.yaml?ref={first}")
    assert base64.b64decode(found["content"]) == b"a\n"
    raw = "application/vnd.github.raw+json"
    assert ask(github, "GET", "/repos/contoso/rescue/contents/mappings.yaml", accept=raw)[2] == b"c\n"
    assert ask(github, "GET", "/repos/contoso/rescue/contents/other.yaml")[0] == 404


def test_a_folder_is_a_list_of_what_is_directly_in_it(github: LocalGitHub, repo: Repo) -> None:
    repo.commit({"docs/a.md": "a", "docs/guide/start.md": "s"})
    _, _, rows = ask(github, "GET", "/repos/contoso/rescue/contents/docs")
    assert [(row["path"], row["type"], "content" in row) for row in rows] == [
        ("docs/a.md", "file", False),
        ("docs/guide", "dir", False),
    ]


def test_issues_are_listed_by_state_and_author_and_hold_pull_requests(github: LocalGitHub, repo: Repo) -> None:
    pull = repo.open_pull("change")
    _, _, made = ask(github, "POST", "/repos/contoso/rescue/issues", {"title": "t", "body": "b"})
    at = f"/repos/contoso/rescue/issues/{made['number']}"
    assert ask(github, "PATCH", at, {"state": "closed"})[2]["state_reason"] == "completed"
    _, _, rows = ask(github, "GET", "/repos/contoso/rescue/issues?state=all&direction=asc")
    assert [(row["number"], "pull_request" in row) for row in rows] == [(pull.number, True), (made["number"], False)]
    _, _, rows = ask(github, "GET", "/repos/contoso/rescue/issues?state=closed&creator=github-actions%5Bbot%5D")
    assert [row["number"] for row in rows] == [made["number"]]


def test_faults_happen_as_often_as_said_before_or_after_the_effect(github: LocalGitHub, repo: Repo) -> None:
    at = f"/repos/contoso/rescue/issues/{repo.open_pull('change').number}/comments"
    github.faults += [Fault("drop", method="POST"), Fault("drop_after", method="POST"), Fault("rate", seconds=0)]
    for expected in (0, 1):
        with pytest.raises(http.client.RemoteDisconnected):
            ask(github, "POST", at, {"body": "x"})
        assert len(repo.issues[1].comments) == expected
    status, headers, _ = ask(github, "GET", at)
    assert (status, headers["x-ratelimit-remaining"]) == (403, "0")
    github.faults.append(Fault("secondary429", seconds=7))
    status, headers, _ = ask(github, "GET", at)
    assert (status, headers["retry-after"]) == (429, "7")
    assert ask(github, "GET", at)[0] == 200
    assert github.writes == [f"POST {at}"] * 2
    assert [seen.status for seen in github.log] == [0, 0, 403, 429, 200]


def test_an_artifact_is_fetched_behind_a_redirect_that_takes_no_token(github: LocalGitHub, repo: Repo) -> None:
    repo.add_artifact("readings", {"a.json": b"{}"}, run=3)
    repo.add_artifact("readings", {"a.json": b"[]"}, run=4, fork=True)
    repo.add_artifact("other", {"a.json": b"1"}, run=4)
    status, _, listed = ask(github, "GET", "/repos/contoso/rescue/actions/artifacts?name=readings")
    theirs, ours = listed["artifacts"]
    assert (status, listed["total_count"], ours["workflow_run"]["id"]) == (200, 2, 3)
    assert ours["workflow_run"]["head_repository_id"] == ours["workflow_run"]["repository_id"]
    assert theirs["workflow_run"]["head_repository_id"] != theirs["workflow_run"]["repository_id"]
    _, _, of_run = ask(github, "GET", "/repos/contoso/rescue/actions/runs/4/artifacts")
    assert [artifact["name"] for artifact in of_run["artifacts"]] == ["other", "readings"]
    status, headers, _ = ask(github, "GET", urlsplit(ours["archive_download_url"]).path)
    assert status == 302
    place = urlsplit(headers["location"])
    assert place.hostname == "localhost"
    assert ask(github, "GET", f"{place.path}?{place.query}")[0] == 400
    assert ask(github, "GET", "/repos/contoso/rescue/actions/artifacts", by="narrow")[0] == 404
    repo.artifacts[ours["id"]].expired = True
    assert ask(github, "GET", urlsplit(ours["archive_download_url"]).path)[0] == 410
