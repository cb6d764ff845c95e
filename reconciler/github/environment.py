"""What Actions tells a step by variables and by the event's file, checked before anything is sent."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from reconciler.errors import CredentialsError, UsageError

API = "https://api.github.com"
_LONGEST_PATH = 200
_REPOSITORY = re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+")
_SHA = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_PULL_REF = re.compile(r"refs/pull/(\d+)/(?:merge|head)")
_LINK = re.compile(r"https?://[A-Za-z0-9.-]+(?::\d+)?(?:/[A-Za-z0-9._~/%@?=&#+-]*)?")


@dataclass(frozen=True, slots=True)
class Environment:
    """One step's surroundings. What Actions did not say is None."""

    api_url: str
    repository: str | None
    token: str | None
    event_name: str | None
    sha: str | None
    """The commit the workflow runs on: on a pull request the test merge, not its head."""
    pull: int | None
    """The pull request the event is about."""
    head_sha: str | None
    """The head of that pull request when the event happened, so the commit that was checked out and planned."""
    run_url: str | None

    def needed_repository(self) -> str:
        """Raises UsageError where GITHUB_REPOSITORY is missing or not OWNER/NAME."""
        if self.repository is None:
            raise UsageError(
                "which repository? GITHUB_REPOSITORY is not set", advice="set it to OWNER/NAME, as Actions does"
            )
        return self.repository

    def needed_token(self) -> str:
        """Raises CredentialsError where there is none."""
        if self.token is None:
            raise CredentialsError(
                "there is no token for GitHub: GITHUB_TOKEN and GH_TOKEN are not set",
                advice="in a workflow: `env: {GITHUB_TOKEN: ${{ github.token }}}` on the step",
            )
        return self.token


def load_environment(environ: Mapping[str, str]) -> Environment:
    """Reads the variables and the event's file. Raises UsageError for what is there and cannot be used."""
    repository = _said(environ, "GITHUB_REPOSITORY")
    if repository is not None and not _REPOSITORY.fullmatch(repository):
        raise UsageError("GITHUB_REPOSITORY is not OWNER/NAME", advice="set it as Actions does")
    event = _load_event(_said(environ, "GITHUB_EVENT_PATH"))
    pull, head = _pull_of(event)
    ref = _PULL_REF.fullmatch(environ.get("GITHUB_REF", "").strip())
    return Environment(
        api_url=_said(environ, "GITHUB_API_URL") or API,
        repository=repository,
        token=_said(environ, "GITHUB_TOKEN") or _said(environ, "GH_TOKEN"),
        event_name=_said(environ, "GITHUB_EVENT_NAME"),
        sha=as_sha(environ.get("GITHUB_SHA")),
        pull=pull if pull is not None else int(ref[1]) if ref else None,
        head_sha=head,
        run_url=_run_url(environ, repository),
    )


def path_in_repository(file: str, environ: Mapping[str, str]) -> str:
    """The file as markers, statuses and annotations name it: below the workspace, `/` between folders, no `./`.

    Raises UsageError for a name that cannot stand in the context of a commit status.
    """
    path, workspace = Path(file), environ.get("GITHUB_WORKSPACE", "").strip()
    whole = Path(os.path.normpath(Path.cwd() / path))
    if workspace and whole.is_relative_to(workspace):
        path = whole.relative_to(workspace)
    name = path.as_posix() if path.is_absolute() else os.path.normpath(path).replace(os.sep, "/")
    if len(name) > _LONGEST_PATH or not name.isprintable():
        raise UsageError(
            f"the file's name cannot be used on GitHub: more than {_LONGEST_PATH} characters, or control characters",
            advice="name the file as in the repository, such as mappings.yaml",
        )
    return name


def as_sha(text: object) -> str | None:
    """A whole commit id in lower case, None for anything else."""
    if not isinstance(text, str):
        return None
    return text.strip().lower() if _SHA.fullmatch(text.strip().lower()) else None


def as_link(text: str | None) -> str | None:
    """An address that can stand in Markdown as it is, None for anything else."""
    return text if text and _LINK.fullmatch(text) else None


def _said(environ: Mapping[str, str], name: str) -> str | None:
    return environ.get(name, "").strip() or None


def _load_event(file: str | None) -> object:
    if file is None:
        return None
    try:
        return json.loads(Path(file).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as unreadable:
        raise UsageError(
            "the event's file that GITHUB_EVENT_PATH names cannot be read", advice="unset it, and give --pr"
        ) from unreadable


def _pull_of(event: object) -> tuple[int | None, str | None]:
    """Number and head of the pull request an event is about; of a comment on one only the number."""
    if not isinstance(event, dict):
        return None, None
    pull = event.get("pull_request")
    if isinstance(pull, dict):
        head = pull.get("head")
        return _number(pull.get("number")), as_sha(head.get("sha")) if isinstance(head, dict) else None
    issue = event.get("issue")
    if isinstance(issue, dict) and "pull_request" in issue:
        return _number(issue.get("number")), None
    return None, None


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def _run_url(environ: Mapping[str, str], repository: str | None) -> str | None:
    server, run = _said(environ, "GITHUB_SERVER_URL") or "https://github.com", _said(environ, "GITHUB_RUN_ID")
    if repository is None or run is None:
        return None
    return as_link(f"{server.rstrip('/')}/{repository}/actions/runs/{run}")
