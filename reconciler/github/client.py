"""One call to GitHub's REST API.

Limits are waited for where that is short: GitHub refuses before it does anything, so a refused write is sent again as
well. Other writes are repeated only where doing them twice is the same as once. Texts of answers appear in errors only
as far as GitHub's own `message` goes.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import quote, urlencode

from reconciler.errors import CredentialsError, GitHubError
from reconciler.transport import Answer, Channel, TransportError, retry_after

SERVICE = "GitHub (GITHUB_API_URL)"
_NEXT = re.compile(r'<([^<>]*)>\s*;[^<]*?\brel="?next"?')
_PAGES = 1000
_LONGEST_PAUSE = 120.0
_UNSAID_PAUSE = 60.0  # GitHub's advice for secondary limits that name no time
_ROUNDS = 4


class GitHubClient:
    """One repository. `permission` in calls is what a workflow must grant, named in the error where it is missing."""

    def __init__(
        self,
        api_url: str,
        repository: str,
        token: str,
        *,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], float] = time.time,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.repository = repository
        self._headers = {
            "Authorization": f"Bearer {token}",
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": "2022-11-28",
        }
        self._sleep = sleep
        self._now = now
        self._channel = Channel(
            api_url, service=SERVICE, read_timeout=30, deadline=180, max_body=32 << 20, sleep=sleep, clock=clock
        )

    def __enter__(self) -> GitHubClient:
        return self

    def __exit__(self, *_: object) -> None:
        self._channel.close()

    def fetch_login(self) -> str | None:
        """Who the token is; None for the token of a workflow or of an App, which may not ask."""
        answer = self._exchange("GET", "user", None, repeat=True)
        if answer.status in (403, 404):
            return None
        login = _field(self._parsed(answer, "who the token is", ""), "login")
        if not isinstance(login, str):
            raise GitHubError("GitHub did not say who the token is")
        return login

    def fetch(self, path: str, what: str, permission: str, query: Mapping[str, str] | None = None) -> dict[str, object]:
        """One object below the repository."""
        found = self._parsed(self._exchange("GET", self._below(path, query), None, repeat=True), what, permission)
        if not isinstance(found, dict):
            raise GitHubError(f"GitHub answered with no object to {what}")
        return found

    def fetch_raw(self, path: str, what: str, permission: str, query: Mapping[str, str]) -> bytes:
        """The bytes of a file below the repository."""
        accept = {"Accept": "application/vnd.github.raw+json"}
        answer = self._exchange("GET", self._below(path, query), None, repeat=True, headers=accept)
        self._check(answer, what, permission)
        return answer.body

    def fetch_all(
        self, path: str, what: str, permission: str, query: Mapping[str, str] | None = None
    ) -> Iterator[dict[str, object]]:
        """Each object of a list, page by page as they are asked for. Raises GitHubError for half a list."""
        url: str | None = self._below(path, {**(query or {}), "per_page": "100"})
        seen: set[str] = set()
        while url is not None:
            if url in seen or len(seen) >= _PAGES:
                raise GitHubError(f"GitHub's pages do not end, to {what}")
            seen.add(url)
            answer = self._exchange("GET", url, None, repeat=True)
            rows = self._parsed(answer, what, permission)
            if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
                raise GitHubError(f"GitHub answered with no list to {what}")
            yield from rows
            onward = _NEXT.search(answer.headers.get("link", ""))
            url = onward[1] if onward else None

    def perform(
        self, method: str, path: str, body: Mapping[str, object], what: str, permission: str, *, repeat: bool
    ) -> dict[str, object]:
        """One write. `repeat` where twice is as good as once; else a lost answer is an error with status 0 or 5xx."""
        answer = self._exchange(method, self._below(path), body, repeat=repeat)
        made = self._parsed(answer, what, permission)
        if not isinstance(made, dict):
            raise GitHubError(f"GitHub answered with no object to {what}")
        return made

    def wait(self, seconds: float) -> None:
        """Before something is looked for that may have been done just now."""
        self._sleep(seconds)

    def _below(self, path: str, query: Mapping[str, str] | None = None) -> str:
        asked = f"?{urlencode(query)}" if query else ""
        return f"repos/{self.repository}/{quote(path, safe='/')}{asked}"

    def _exchange(
        self,
        method: str,
        url: str,
        body: Mapping[str, object] | None,
        *,
        repeat: bool,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """The answer, a limit waited for. Raises GitHubError where none came or a limit lasts too long."""
        sent = {**self._headers, **(headers or {})}
        for round_ in range(_ROUNDS):
            try:
                answer = self._channel.exchange(method, url, headers=sent, json=body, repeat=repeat)
            except TransportError as error:
                raise GitHubError(str(error), advice=error.advice or None) from error
            if not is_limit(answer):
                return answer
            pause = self._pause(answer)
            if pause > _LONGEST_PAUSE or round_ == _ROUNDS - 1:
                raise GitHubError(
                    f"GitHub's limit on requests is used up ({_words(answer)})",
                    status=answer.status,
                    advice=f"run the step again in {max(1, round(pause / 60))} minutes or later",
                )
            self._sleep(pause)
        raise AssertionError("unreachable")

    def _pause(self, answer: Answer) -> float:
        said = retry_after(answer.headers)
        if said is not None:
            return said
        reset = answer.headers.get("x-ratelimit-reset", "")
        if answer.headers.get("x-ratelimit-remaining") == "0" and reset.isdecimal() and len(reset) < 12:
            return max(0.0, int(reset) - self._now()) + 1
        return _UNSAID_PAUSE

    def _parsed(self, answer: Answer, what: str, permission: str) -> object:
        """The JSON of a success."""
        self._check(answer, what, permission)
        try:
            return json.loads(answer.body)
        except (ValueError, RecursionError):
            raise GitHubError(f"GitHub's answer is not JSON, to {what}", status=answer.status) from None

    def _check(self, answer: Answer, what: str, permission: str) -> None:
        """Raises GitHubError for whatever is no success. `what` completes "GitHub did not …"."""
        if answer.status == 401:
            raise CredentialsError(
                "GitHub does not accept the token", advice="look at GITHUB_TOKEN or GH_TOKEN: is it of this server?"
            )
        if not 200 <= answer.status < 300:
            raise GitHubError(
                f"GitHub did not {what}: status {answer.status}{_said(answer)}",
                status=answer.status,
                advice=self._advice(answer.status, permission),
            )

    def _advice(self, status: int, permission: str) -> str | None:
        """The remedy; None: the usual one."""
        if status in (403, 404):
            forks = "; in pull requests from forks the token may only read" if status == 403 else ""
            exists = f", or {self.repository} has no such thing" if status == 404 else ""
            return f"give the job `permissions: {permission}`{forks}{exists}"
        if status in (301, 302, 307, 308):
            return "the repository was renamed or moved: set GITHUB_REPOSITORY to where it is now"
        if status == 410:
            return "issues are switched off in this repository: turn them on in its settings"
        return None


def is_limit(answer: Answer) -> bool:
    """Is it a refusal because of too many requests? A 403 alone is not: it may be a missing permission."""
    if answer.status == 429:
        return True
    if answer.status != 403:
        return False
    headers = answer.headers
    return (
        "retry-after" in headers
        or headers.get("x-ratelimit-remaining") == "0"
        or "rate limit" in _message(answer).casefold()
    )


def _words(answer: Answer) -> str:
    return f"status {answer.status}{_said(answer)}"


def _said(answer: Answer) -> str:
    message = _message(answer)
    return f": {message}" if message else ""


def _message(answer: Answer) -> str:
    """GitHub's own words, with those of its `errors`, at most 300 characters."""
    try:
        body = json.loads(answer.body)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(body, dict):
        return ""
    errors = body.get("errors")
    parts = [body.get("message"), *(_field(error, "message") for error in (errors if isinstance(errors, list) else []))]
    return "; ".join(part for part in parts if isinstance(part, str))[:300]


def _field(value: object, name: str) -> object:
    return value.get(name) if isinstance(value, dict) else None
