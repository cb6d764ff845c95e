"""Whose texts are ours: the marker says what a text is about, the author that it can be believed.

Anybody can copy a marker into a comment of their own. So both have to fit, and what fits is the oldest of several.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from reconciler.errors import GitHubError
from reconciler.github.client import GitHubClient
from reconciler.model.comment_marker import read_comment_marker

ACTIONS = "github-actions[bot]"
"""Who the token of a workflow is. It may not ask who it is, so this is what is assumed of one that may not."""


def fetch_author(client: GitHubClient, named: str | None) -> str:
    """Whose texts and statuses are ours: as named, else the token's own login, else the bot of Actions."""
    return named or client.fetch_login() or ACTIONS


def is_by(row: Mapping[str, object], author: str, field: str = "user") -> bool:
    """Did `author` write it? Logins do not differ in case only; deleted accounts are null."""
    who = row.get(field)
    login = who.get("login") if isinstance(who, dict) else None
    return isinstance(login, str) and login.casefold() == author.casefold()


def find_ours(rows: Iterable[dict[str, object]], author: str, wanted: Mapping[str, str]) -> Iterator[dict[str, object]]:
    """Those by `author` whose marker says all of `wanted`, in the order they came."""
    for row in rows:
        said = read_comment_marker(text_of(row)) if is_by(row, author) else None
        if said is not None and wanted.items() <= said.items():
            yield row


def text_of(row: Mapping[str, object]) -> str:
    body = row.get("body")
    return body if isinstance(body, str) else ""


def same_text(one: str, other: str) -> bool:
    """Equal as GitHub shows it: line ends and white space at the end are its own business."""
    return one.replace("\r\n", "\n").rstrip() == other.replace("\r\n", "\n").rstrip()


def number_of(row: Mapping[str, object], field: str = "id") -> int:
    """Raises GitHubError where there is none."""
    value = row.get(field)
    if not isinstance(value, int) or isinstance(value, bool):
        raise GitHubError(f"GitHub's answer holds no {field}")
    return value


def check_author(made: Mapping[str, object], author: str) -> None:
    """Raises GitHubError where what we just wrote would not be found again, and would be doubled the next time."""
    who = made.get("user")
    login = who.get("login") if isinstance(who, dict) else None
    if not isinstance(login, str) or is_by(made, author):  # an answer that does not say is no reason to fail
        return
    raise GitHubError(
        f"this token writes as {login}, and what is ours was looked for as {author}",
        advice=f"add `--author '{login}'`: else it is written anew each time, and no digest is found",
    )
