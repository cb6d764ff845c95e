"""A repository with one open pull request on the local GitHub, and a client whose pauses take no time."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from reconciler.github.client import GitHubClient
from tests.local_github import LocalGitHub, Pull, Repo, run_github

BOT = "github-actions[bot]"
NAME = "contoso/rescue"


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.time = 0.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds


@pytest.fixture
def github() -> Iterator[LocalGitHub]:
    with run_github() as running:
        running.token("bot", BOT)
        running.token("person", "octo")
        yield running


@pytest.fixture
def repo(github: LocalGitHub) -> Repo:
    made = github.repo(NAME)
    made.commit({"mappings.yaml": "a\n"})
    made.commit({"mappings.yaml": "b\n"}, branch="change")
    return made


@pytest.fixture
def pull(repo: Repo) -> Pull:
    return repo.open_pull("change")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def open_client(github: LocalGitHub, clock: Clock) -> Iterator[Callable[..., GitHubClient]]:
    opened: list[GitHubClient] = []

    def make(token: str = "bot", repository: str = NAME) -> GitHubClient:  # noqa: S107 - a name of the local GitHub
        client = GitHubClient(github.url, repository, token, sleep=clock.sleep, clock=clock)
        opened.append(client)
        return client

    yield make
    for client in opened:
        client.__exit__()


@pytest.fixture
def client(open_client: Callable[..., GitHubClient]) -> GitHubClient:
    return open_client()
