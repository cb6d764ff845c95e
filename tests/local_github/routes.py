"""What each request does: routes, the permission each needs, paging, and GitHub's refusals."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from tests.local_github import shapes
from tests.local_github.artifacts import BLOBS, artifact_json
from tests.local_github.state import Identity, Issue, Repo

LONGEST_BODY = 65_536
LONGEST_DESCRIPTION = 140
DOCS = "https://docs.github.com/rest"


class Refusal(Exception):
    """An answer that is no success."""

    def __init__(self, status: int, message: str, *errors: dict[str, str]) -> None:
        super().__init__(message)
        self.status = status
        self.body: dict[str, Any] = {"message": message, "documentation_url": DOCS, "status": str(status)}
        if errors:
            self.body["errors"] = list(errors)


@dataclass
class Call:
    """One request, as a route sees it."""

    base: str
    path: str
    query: dict[str, str]
    body: dict[str, Any]
    who: Identity
    repo: Repo | None
    accept: str
    headers: dict[str, str] = field(default_factory=dict)
    """Of the answer."""

    @property
    def the_repo(self) -> Repo:
        assert self.repo is not None
        return self.repo

    def need(self, *names: str, level: str) -> None:
        """Any one of the permissions is enough. To read without one is 404, to write 403, as GitHub has it."""
        if not any(self.who.may(name, level) for name in names):
            if level == "read":
                raise Refusal(404, "Not Found")
            who = "integration" if self.who.installation else "personal access token"
            raise Refusal(403, f"Resource not accessible by {who}")

    def text(self, name: str, *, required: bool = False) -> str | None:
        value = self.body.get(name)
        if value is None and not required:
            return None
        if not isinstance(value, str) or (required and not value):
            raise Refusal(422, f'Invalid request.\n\n"{name}" wasn\'t supplied.')
        return value

    def page(self, rows: Sequence[Any]) -> Sequence[Any]:
        """One page, and the Link header, whose addresses name the repository by number."""
        try:
            size = min(100, max(1, int(self.query.get("per_page", "30"))))
            number = max(1, int(self.query.get("page", "1")))
        except ValueError:
            raise Refusal(422, "Validation Failed") from None
        last = max(1, -(-len(rows) // size))

        def link(page: int, rel: str) -> str:
            path = re.sub(r"^/repos/[^/]+/[^/]+", f"/repositories/{self.the_repo.number}", self.path)
            return f'<{self.base}{path}?{urlencode({**self.query, "page": str(page)})}>; rel="{rel}"'

        links = []
        if number > 1:
            links += [link(number - 1, "prev")]
        if number < last:
            links += [link(number + 1, "next"), link(last, "last")]
        if number > 1:
            links += [link(1, "first")]
        if links:
            self.headers["Link"] = ", ".join(links)
        return rows[(number - 1) * size : number * size]


Route = Callable[..., tuple[int, Any]]


def get_user(call: Call) -> tuple[int, Any]:
    if call.who.installation:
        raise Refusal(403, "Resource not accessible by integration")
    return 200, shapes.whole_user_json(call.base, call.who.login)


def get_repo(call: Call) -> tuple[int, Any]:
    call.need("metadata", "contents", level="read")
    return 200, shapes.whole_repo_json(call.base, call.the_repo)


def list_issues(call: Call) -> tuple[int, Any]:
    call.need("issues", level="read")
    state, creator = call.query.get("state", "open"), call.query.get("creator")
    labels = set(filter(None, call.query.get("labels", "").split(",")))
    rows = [
        issue
        for issue in call.the_repo.issues.values()
        if state in ("all", issue.state)
        and (creator is None or creator.casefold() == issue.author.casefold())
        and labels <= set(issue.labels)
    ]
    rows.sort(key=lambda issue: issue.number, reverse=call.query.get("direction", "desc") == "desc")
    return 200, [shapes.issue_json(call.base, call.the_repo, issue) for issue in call.page(rows)]


def create_issue(call: Call) -> tuple[int, Any]:
    call.need("issues", level="write")
    title, body = call.text("title", required=True), call.text("body") or ""
    _check_body(body, "Issue")
    issue = call.the_repo.add_issue(call.who.login, title or "", body, list(call.body.get("labels", [])))
    return 201, shapes.issue_json(call.base, call.the_repo, issue)


def get_issue(call: Call, number: str) -> tuple[int, Any]:
    call.need("issues", "pull-requests", level="read")
    return 200, shapes.issue_json(call.base, call.the_repo, _issue(call, number))


def update_issue(call: Call, number: str) -> tuple[int, Any]:
    issue = _issue(call, number)
    call.need("pull-requests" if issue.is_pull else "issues", level="write")
    body = call.text("body")
    _check_body(body or "", "Issue")
    state = call.body.get("state", issue.state)
    if state not in ("open", "closed"):
        raise Refusal(422, "Validation Failed", {"resource": "Issue", "code": "invalid", "field": "state"})
    if body is not None:
        issue.body = body
    issue.title = call.text("title") or issue.title
    if state != issue.state:
        reason = call.body.get("state_reason")
        issue.state_reason = "reopened" if state == "open" else reason or "completed"
    issue.state = state
    issue.edits += 1
    return 200, shapes.issue_json(call.base, call.the_repo, issue)


def list_comments(call: Call, number: str) -> tuple[int, Any]:
    issue = _issue(call, number)
    call.need("pull-requests" if issue.is_pull else "issues", "issues", level="read")
    rows = call.page(issue.comments)
    return 200, [shapes.comment_json(call.base, call.the_repo, issue.number, comment) for comment in rows]


def create_comment(call: Call, number: str) -> tuple[int, Any]:
    issue = _issue(call, number)
    call.need("pull-requests" if issue.is_pull else "issues", level="write")
    body = call.text("body", required=True) or ""
    _check_body(body, "IssueComment")
    comment = call.the_repo.add_comment(issue.number, call.who.login, body)
    return 201, shapes.comment_json(call.base, call.the_repo, issue.number, comment)


def update_comment(call: Call, comment_id: str) -> tuple[int, Any]:
    for issue in call.the_repo.issues.values():
        for comment in issue.comments:
            if comment.id == int(comment_id):
                call.need("pull-requests" if issue.is_pull else "issues", level="write")
                body = call.text("body", required=True) or ""
                _check_body(body, "IssueComment")
                call.the_repo.tick()
                comment.body, comment.updated_at = body, call.the_repo.now()
                return 200, shapes.comment_json(call.base, call.the_repo, issue.number, comment)
    raise Refusal(404, "Not Found")


def get_pull(call: Call, number: str) -> tuple[int, Any]:
    call.need("pull-requests", level="read")
    pull = call.the_repo.pulls.get(int(number))
    if pull is None:
        raise Refusal(404, "Not Found")
    return 200, shapes.whole_pull_json(call.base, call.the_repo, pull)


def list_pulls_of_commit(call: Call, ref: str) -> tuple[int, Any]:
    """On main: the merged pull request that brought it. Elsewhere: the open ones that hold it."""
    call.need("pull-requests", level="read")
    repo = call.the_repo
    commit = repo.resolve(ref)
    if commit is None:
        raise Refusal(422, f"No commit found for SHA: {ref}")
    rows = []
    for pull in repo.pulls.values():
        ours = {found.sha for found in repo.reachable(pull.head)}
        merged = pull.merged_at is not None and commit.sha == pull.merge_commit_sha
        held = commit.sha in ours and (pull.merged_at is not None or commit.sha not in _main(repo))
        if merged or held:
            rows.append(pull)
    return 200, [shapes.pull_json(call.base, repo, pull) for pull in call.page(rows)]


def create_status(call: Call, sha: str) -> tuple[int, Any]:
    call.need("statuses", level="write")
    if sha not in call.the_repo.commits:
        raise Refusal(422, f"No commit found for SHA: {sha}")
    state = call.text("state", required=True) or ""
    description, context = call.text("description"), call.text("context") or "default"
    if state not in ("error", "failure", "pending", "success"):
        raise Refusal(422, "Validation Failed", {"resource": "Status", "code": "invalid", "field": "state"})
    if description is not None and len(description) > LONGEST_DESCRIPTION:
        error = {"resource": "Status", "code": "custom", "field": "description",
                 "message": "description is too long (maximum is 140 characters)"}  # fmt: skip
        raise Refusal(422, "Validation Failed", error)
    target = call.text("target_url")
    status = call.the_repo.add_status(sha, call.who.login, context, state, description, target)
    return 201, shapes.status_json(call.base, call.the_repo, sha, status)


def list_statuses(call: Call, ref: str) -> tuple[int, Any]:
    """Newest first."""
    call.need("statuses", level="read")
    commit = call.the_repo.resolve(ref)
    if commit is None:
        raise Refusal(404, "Not Found")
    rows = call.page(call.the_repo.statuses.get(commit.sha, []))
    return 200, [shapes.status_json(call.base, call.the_repo, commit.sha, status) for status in rows]


def list_commits(call: Call) -> tuple[int, Any]:
    call.need("contents", level="read")
    repo, path = call.the_repo, call.query.get("path")
    tip = repo.resolve(call.query.get("sha", "main"))
    if tip is None:
        raise Refusal(404, "Not Found")
    rows = [commit for commit in repo.reachable(tip.sha) if path is None or repo.touches(commit, path)]
    return 200, [shapes.commit_json(call.base, repo, commit) for commit in call.page(rows)]


def get_commit(call: Call, ref: str) -> tuple[int, Any]:
    call.need("contents", level="read")
    commit = call.the_repo.resolve(ref)
    if commit is None:
        raise Refusal(422, f"No commit found for SHA: {ref}")
    return 200, shapes.commit_json(call.base, call.the_repo, commit)


def get_content(call: Call, path: str) -> tuple[int, Any]:
    call.need("contents", level="read")
    repo, ref = call.the_repo, call.query.get("ref", "main")
    commit = repo.resolve(ref)
    if commit is None:
        raise Refusal(404, f"No commit found for the ref {ref}")
    if path in commit.files:
        data = commit.files[path]
        if "raw" in call.accept:
            call.headers["Content-Type"] = "application/vnd.github.raw+json; charset=utf-8"
            return 200, data
        return 200, shapes.content_json(call.base, repo, path, ref, data)
    start = f"{path.rstrip('/')}/"
    inside = {start + name.removeprefix(start).split("/")[0] for name in commit.files if name.startswith(start)}
    if not inside:
        raise Refusal(404, "Not Found")
    return 200, [_entry(call, name, ref, commit.files) for name in sorted(inside)]


def list_artifacts(call: Call, run: str | None = None) -> tuple[int, Any]:
    """Newest first; of the repository or of one run."""
    call.need("actions", level="read")
    name = call.query.get("name")
    rows = [
        artifact
        for artifact in reversed(call.the_repo.artifacts.values())
        if name in (None, artifact.name) and run in (None, str(artifact.run))
    ]
    page = call.page(rows)
    return 200, {
        "total_count": len(rows),
        "artifacts": [artifact_json(call.base, call.the_repo, row) for row in page],
    }


def get_artifact_zip(call: Call, artifact: str) -> tuple[int, Any]:
    """A redirect to the storage, which is another host; 410 once it has expired."""
    call.need("actions", level="read")
    found = call.the_repo.artifacts.get(int(artifact))
    if found is None:
        raise Refusal(404, "Not Found")
    if found.expired:
        raise Refusal(410, "Artifact has expired")
    storage = call.base.replace("api.github.com", "storage.example").replace("127.0.0.1", "localhost")
    call.headers["Location"] = f"{storage}{BLOBS}{call.the_repo.number}/{found.id}?sig=1"
    call.headers["Content-Type"] = "text/html;charset=utf-8"
    return 302, b""


_NUMBER, _REF = r"(\d+)", r"([^/]+)"
ROUTES: list[tuple[str, str, Route]] = [
    ("GET", "/user", get_user),
    ("GET", "", get_repo),
    ("GET", "/issues", list_issues),
    ("POST", "/issues", create_issue),
    ("GET", f"/issues/{_NUMBER}", get_issue),
    ("PATCH", f"/issues/{_NUMBER}", update_issue),
    ("GET", f"/issues/{_NUMBER}/comments", list_comments),
    ("POST", f"/issues/{_NUMBER}/comments", create_comment),
    ("PATCH", f"/issues/comments/{_NUMBER}", update_comment),
    ("GET", f"/pulls/{_NUMBER}", get_pull),
    ("GET", f"/commits/{_REF}/pulls", list_pulls_of_commit),
    ("GET", f"/commits/{_REF}/statuses", list_statuses),
    ("GET", f"/statuses/{_REF}", list_statuses),
    ("GET", f"/commits/{_REF}", get_commit),
    ("GET", "/commits", list_commits),
    ("POST", f"/statuses/{_REF}", create_status),
    ("GET", r"/contents/(.+)", get_content),
    ("GET", "/actions/artifacts", list_artifacts),
    ("GET", f"/actions/runs/{_NUMBER}/artifacts", list_artifacts),
    ("GET", f"/actions/artifacts/{_NUMBER}/zip", get_artifact_zip),
]


def find_route(method: str, rest: str) -> tuple[Route, tuple[str, ...]]:
    """`rest`: the path below the repository, or `/user`."""
    for verb, pattern, route in ROUTES:
        found = re.fullmatch(pattern, rest)
        if found and verb == method:
            return route, found.groups()
    raise Refusal(404, "Not Found")


def _issue(call: Call, number: str) -> Issue:
    issue = call.the_repo.issues.get(int(number))
    if issue is None:
        raise Refusal(404, "Not Found")
    return issue


def _main(repo: Repo) -> set[str]:
    return {commit.sha for commit in repo.reachable(repo.branches["main"])}


def _entry(call: Call, path: str, ref: str, files: Mapping[str, bytes]) -> dict[str, Any]:
    """One line of a folder's listing: files without their content."""
    if path not in files:
        return shapes.folder_json(call.base, call.the_repo, path, ref)
    whole = shapes.content_json(call.base, call.the_repo, path, ref, files[path])
    return {name: value for name, value in whole.items() if name not in ("content", "encoding")}


def _check_body(body: str, resource: str) -> None:
    if len(body) > LONGEST_BODY:
        error = {"resource": resource, "code": "unprocessable", "field": "data",
                 "message": f"Body is too long (maximum is {LONGEST_BODY} characters)"}  # fmt: skip
        raise Refusal(422, "Validation Failed", error)
