"""The JSON of GitHub's resources, with the fields its OpenAPI description requires of them."""

from __future__ import annotations

import base64
import hashlib
from typing import Any
from urllib.parse import quote

from tests.local_github.state import Comment, Commit, Issue, Pull, Repo, Status


def user_json(base: str, login: str | None) -> dict[str, Any] | None:
    if login is None:
        return None
    number = int(hashlib.sha256(login.encode()).hexdigest()[:6], 16)
    at = f"{base}/users/{quote(login)}"
    is_bot = login.endswith("[bot]")
    more = "followers following gists starred subscriptions organizations repos events received_events".split()
    return {
        "login": login,
        "id": number,
        "node_id": _node("User", number),
        "avatar_url": f"https://avatars.githubusercontent.com/u/{number}?v=4",
        "gravatar_id": "",
        "url": at,
        "html_url": f"https://github.com/{'apps/' if is_bot else ''}{login.removesuffix('[bot]')}",
        **{f"{name}_url": f"{at}/{name}" for name in more},
        "type": "Bot" if is_bot else "User",
        "user_view_type": "public",
        "site_admin": False,
    }


def whole_user_json(base: str, login: str) -> dict[str, Any]:
    """As `GET /user` answers."""
    nothing = dict.fromkeys("bio blog company email hireable location name".split())
    counts = dict.fromkeys("followers following public_gists public_repos".split(), 0)
    times = {"created_at": "2020-01-01T00:00:00Z", "updated_at": "2026-11-01T00:00:00Z"}
    return {**(user_json(base, login) or {}), **nothing, **counts, **times}


def repo_json(base: str, repo: Repo) -> dict[str, Any]:
    owner, _, name = repo.name.partition("/")
    at = f"{base}/repos/{repo.name}"
    links = (
        "archive assignees blobs branches collaborators comments commits compare contents contributors deployments "
        "downloads events forks git_commits git_refs git_tags hooks issue_comment issue_events issues keys labels "
        "languages merges milestones notifications pulls releases stargazers statuses subscribers subscription tags "
        "teams trees"
    ).split()
    web = f"https://github.com/{repo.name}"
    counts = "forks forks_count open_issues open_issues_count size stargazers_count watchers watchers_count".split()
    return {
        "id": repo.number,
        "node_id": _node("Repository", repo.number),
        "name": name,
        "full_name": repo.name,
        "owner": user_json(base, owner),
        "private": repo.private,
        "html_url": web,
        "url": at,
        "description": None,
        "fork": False,
        **{f"{link}_url": f"{at}/{link}" for link in links},
        "clone_url": f"{web}.git",
        "git_url": f"git:github.com/{repo.name}.git",
        "ssh_url": f"git@github.com:{repo.name}.git",
        "svn_url": web,
        "mirror_url": None,
        "homepage": None,
        "language": None,
        "license": None,
        "default_branch": "main",
        "archived": False,
        "disabled": False,
        **dict.fromkeys(("has_downloads", "has_issues", "has_projects", "has_wiki"), True),
        "has_pages": False,
        **dict.fromkeys(counts, 0),
        "visibility": "private" if repo.private else "public",
        "created_at": "2026-01-01T00:00:00Z",
        "pushed_at": repo.now(),
        "updated_at": repo.now(),
    }


def whole_repo_json(base: str, repo: Repo) -> dict[str, Any]:
    """As `GET /repos/{owner}/{repo}` answers; elsewhere these are left out."""
    return {**repo_json(base, repo), "has_discussions": False, "network_count": 0, "subscribers_count": 1}


def comment_json(base: str, repo: Repo, number: int, comment: Comment) -> dict[str, Any]:
    return {
        "id": comment.id,
        "node_id": _node("IssueComment", comment.id),
        "url": f"{base}/repos/{repo.name}/issues/comments/{comment.id}",
        "html_url": f"https://github.com/{repo.name}/pull/{number}#issuecomment-{comment.id}",
        "issue_url": f"{base}/repos/{repo.name}/issues/{number}",
        "body": comment.body,
        "user": user_json(base, comment.author),
        "author_association": "CONTRIBUTOR",
        "created_at": comment.created_at,
        "updated_at": comment.updated_at,
        "performed_via_github_app": None,
    }


def issue_json(base: str, repo: Repo, issue: Issue) -> dict[str, Any]:
    at = f"{base}/repos/{repo.name}/issues/{issue.number}"
    shape: dict[str, Any] = {
        "id": 1000 + issue.number,
        "node_id": _node("Issue", issue.number),
        "url": at,
        "repository_url": f"{base}/repos/{repo.name}",
        "labels_url": f"{at}/labels{{/name}}",
        "comments_url": f"{at}/comments",
        "events_url": f"{at}/events",
        "html_url": f"https://github.com/{repo.name}/issues/{issue.number}",
        "number": issue.number,
        "state": issue.state,
        "state_reason": issue.state_reason,
        "title": issue.title,
        "body": issue.body,
        "user": user_json(base, issue.author),
        "labels": [
            {"id": 1, "node_id": "L", "url": f"{base}/l", "name": name, "color": "ededed", "default": False,
             "description": None}
            for name in issue.labels
        ],
        "assignee": None,
        "assignees": [],
        "milestone": None,
        "locked": False,
        "active_lock_reason": None,
        "comments": len(issue.comments),
        "closed_at": None if issue.state == "open" else repo.now(),
        "created_at": issue.created_at,
        "updated_at": repo.now(),
        "author_association": "NONE",
    }  # fmt: skip
    if issue.is_pull:
        shape["pull_request"] = {
            "url": f"{base}/repos/{repo.name}/pulls/{issue.number}",
            "html_url": f"https://github.com/{repo.name}/pull/{issue.number}",
            "diff_url": f"https://github.com/{repo.name}/pull/{issue.number}.diff",
            "patch_url": f"https://github.com/{repo.name}/pull/{issue.number}.patch",
        }
    return shape


def pull_json(base: str, repo: Repo, pull: Pull) -> dict[str, Any]:
    issue = repo.issues[pull.number]
    at = f"{base}/repos/{repo.name}/pulls/{pull.number}"

    def side(branch: str, sha: str) -> dict[str, Any]:
        owner = repo.name.split("/")[0]
        return {
            "label": f"{owner}:{branch}",
            "ref": branch,
            "sha": sha,
            "user": user_json(base, owner),
            "repo": repo_json(base, repo),
        }

    return {
        "id": 5000 + pull.number,
        "node_id": _node("PullRequest", pull.number),
        "number": pull.number,
        "url": at,
        "html_url": f"https://github.com/{repo.name}/pull/{pull.number}",
        "diff_url": f"https://github.com/{repo.name}/pull/{pull.number}.diff",
        "patch_url": f"https://github.com/{repo.name}/pull/{pull.number}.patch",
        "issue_url": f"{base}/repos/{repo.name}/issues/{pull.number}",
        "comments_url": f"{base}/repos/{repo.name}/issues/{pull.number}/comments",
        "commits_url": f"{at}/commits",
        "review_comment_url": f"{at}/comments{{/number}}",
        "review_comments_url": f"{at}/comments",
        "statuses_url": f"{base}/repos/{repo.name}/statuses/{pull.head}",
        "_links": {
            name: {"href": f"{at}/{name}"}
            for name in "comments commits statuses html issue review_comments review_comment self".split()
        },
        "state": issue.state,
        "locked": False,
        "title": issue.title,
        "body": issue.body,
        "user": user_json(base, issue.author),
        "created_at": issue.created_at,
        "updated_at": repo.now(),
        "closed_at": pull.merged_at,
        "merged_at": pull.merged_at,
        "merge_commit_sha": pull.merge_commit_sha,
        "draft": False,
        "labels": [],
        "assignee": None,
        "assignees": [],
        "requested_reviewers": [],
        "requested_teams": [],
        "milestone": None,
        "head": side(pull.branch, pull.head),
        "base": side(pull.base, repo.branches[pull.base]),
        "author_association": "CONTRIBUTOR",
        "auto_merge": None,
    }


def whole_pull_json(base: str, repo: Repo, pull: Pull) -> dict[str, Any]:
    """As `GET /pulls/{number}` answers; lists leave these out."""
    return {
        **pull_json(base, repo, pull),
        "additions": 1,
        "deletions": 1,
        "changed_files": 1,
        "commits": 1,
        "comments": len(repo.issues[pull.number].comments),
        "review_comments": 0,
        "maintainer_can_modify": False,
        "mergeable": None if pull.merged_at else True,
        "mergeable_state": "clean",
        "merged": pull.merged_at is not None,
        "merged_by": user_json(base, "merger") if pull.merged_at else None,
        "rebaseable": True,
    }


def status_json(base: str, repo: Repo, sha: str, status: Status) -> dict[str, Any]:
    return {
        "id": status.id,
        "node_id": _node("StatusContext", status.id),
        "url": f"{base}/repos/{repo.name}/statuses/{sha}",
        "avatar_url": "https://avatars.githubusercontent.com/in/15368?v=4",
        "state": status.state,
        "description": status.description,
        "target_url": status.target_url,
        "context": status.context,
        "created_at": status.created_at,
        "updated_at": status.created_at,
        "creator": user_json(base, status.author),
    }


def commit_json(base: str, repo: Repo, commit: Commit) -> dict[str, Any]:
    who = {"name": "A. Committer", "email": "a@contoso.example", "date": commit.date}
    at = f"{base}/repos/{repo.name}"
    return {
        "sha": commit.sha,
        "node_id": _node("Commit", 1),
        "url": f"{at}/commits/{commit.sha}",
        "html_url": f"https://github.com/{repo.name}/commit/{commit.sha}",
        "comments_url": f"{at}/commits/{commit.sha}/comments",
        "commit": {
            "url": f"{at}/git/commits/{commit.sha}",
            "author": who,
            "committer": who,
            "message": commit.message,
            "comment_count": 0,
            "tree": {"sha": commit.sha, "url": f"{at}/git/trees/{commit.sha}"},
        },
        "author": None,
        "committer": None,
        "parents": [{"sha": sha, "url": f"{at}/commits/{sha}"} for sha in commit.parents],
    }


def content_json(base: str, repo: Repo, path: str, ref: str, data: bytes) -> dict[str, Any]:
    """A file. Above 1 MiB the content is empty and its encoding `none`, as documented."""
    blob = hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
    at = f"{base}/repos/{repo.name}/contents/{path}?ref={ref}"
    small = len(data) <= 1 << 20
    return {
        "type": "file",
        "encoding": "base64" if small else "none",
        "size": len(data),
        "name": path.rpartition("/")[2],
        "path": path,
        "content": base64.encodebytes(data).decode() if small else "",
        "sha": blob,
        "url": at,
        "git_url": f"{base}/repos/{repo.name}/git/blobs/{blob}",
        "html_url": f"https://github.com/{repo.name}/blob/{ref}/{path}",
        "download_url": f"https://raw.githubusercontent.com/{repo.name}/{ref}/{path}",
        "_links": {"self": at, "git": None, "html": None},
    }


def folder_json(base: str, repo: Repo, path: str, ref: str) -> dict[str, Any]:
    """A folder, as it stands in the list of the one above it."""
    at = f"{base}/repos/{repo.name}/contents/{path}?ref={ref}"
    tree = hashlib.sha1(f"tree {path}".encode(), usedforsecurity=False).hexdigest()
    git, html = f"{base}/repos/{repo.name}/git/trees/{tree}", f"https://github.com/{repo.name}/tree/{ref}/{path}"
    return {
        "type": "dir",
        "size": 0,
        "name": path.rpartition("/")[2],
        "path": path,
        "sha": tree,
        "url": at,
        "git_url": git,
        "html_url": html,
        "download_url": None,
        "_links": {"self": at, "git": git, "html": html},
    }


def _node(kind: str, number: int) -> str:
    return base64.b64encode(f"{kind}{number}".encode()).decode()
