"""What the local GitHub remembers: repositories with commits, pull requests, issues, comments, statuses; identities."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from tests.local_github.artifacts import Artifact, zipped

EPOCH = datetime(2026, 11, 1, tzinfo=UTC)


@dataclass
class Identity:
    """Who a token is. An `installation` (the Actions token, an App) may not ask `GET /user`.

    `permissions` as in a workflow: `{"pull-requests": "write"}`; None allows everything.
    """

    login: str
    installation: bool = False
    permissions: Mapping[str, str] | None = None

    def may(self, name: str, level: str) -> bool:
        if self.permissions is None:
            return True
        has = self.permissions.get(name, "none")
        return has == "write" or has == level

    @property
    def kind(self) -> str:
        return "Bot" if self.login.endswith("[bot]") else "User"


@dataclass
class Comment:
    id: int
    author: str
    body: str
    created_at: str
    updated_at: str


@dataclass
class Issue:
    """An issue, or the issue side of a pull request."""

    number: int
    author: str
    title: str
    body: str
    created_at: str
    state: str = "open"
    state_reason: str | None = None
    labels: list[str] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    is_pull: bool = False
    edits: int = 0


@dataclass
class Status:
    id: int
    author: str | None
    context: str
    state: str
    description: str | None
    target_url: str | None
    created_at: str


@dataclass
class Commit:
    """`files` is the whole tree after it."""

    sha: str
    parents: tuple[str, ...]
    message: str
    files: dict[str, bytes]
    date: str


@dataclass
class Pull:
    number: int
    branch: str
    head: str
    base: str = "main"
    merge_commit_sha: str | None = None
    """While open the test merge, afterwards what it became on main."""
    merged_at: str | None = None


class Repo:
    """One repository. Shas and times are made from a counter, so that runs are equal."""

    def __init__(self, name: str, number: int) -> None:
        self.name = name
        self.number = number
        self.branches: dict[str, str] = {}
        self.commits: dict[str, Commit] = {}
        self.issues: dict[int, Issue] = {}
        self.pulls: dict[int, Pull] = {}
        self.statuses: dict[str, list[Status]] = {}
        self.artifacts: dict[int, Artifact] = {}
        self.private = True
        self._count = 0

    def tick(self) -> int:
        self._count += 1
        return self._count

    def now(self) -> str:
        return (EPOCH + timedelta(minutes=self._count)).strftime("%Y-%m-%dT%H:%M:%SZ")

    def commit(
        self, files: Mapping[str, str | None], *, branch: str = "main", message: str = "change", start: str = "main"
    ) -> str:
        """Adds a commit that changes these files (None removes one) to a branch, made from `start` if it is new."""
        parent = self.branches.get(branch) or self.branches.get(start)
        tree = dict(self.commits[parent].files) if parent else {}
        for path, text in files.items():
            if text is None:
                tree.pop(path, None)
            else:
                tree[path] = text.encode()
        return self._add(branch, (parent,) if parent else (), message, tree)

    def open_pull(self, branch: str, author: str = "contributor") -> Pull:
        """A pull request for a branch that has commits."""
        number = self.next_number()
        now = self.now()
        self.issues[number] = Issue(number, author, f"Change of {branch}", "", now, is_pull=True)
        pull = self.pulls[number] = Pull(number, branch, self.branches[branch])
        self._make_test_merge(pull)
        return pull

    def push(self, pull: Pull, files: Mapping[str, str | None], message: str = "more") -> str:
        """Another commit on a pull request's branch."""
        pull.head = self.commit(files, branch=pull.branch, message=message)
        self._make_test_merge(pull)
        return pull.head

    def merge(self, pull: Pull, how: str = "merge") -> str:
        """Merges by `merge`, `squash` or `rebase`; the sha that main has afterwards."""
        main = self.branches["main"]
        ours = self._commits_between(pull.head, main)
        if how == "rebase":
            for commit in reversed(ours):
                self._add("main", (self.branches["main"],), commit.message, self._replayed(commit))
        else:
            tree = self.commits[main].files
            for commit in reversed(ours):
                tree = self._replayed(commit, tree)
            parents = (main, pull.head) if how == "merge" else (main,)
            self._add("main", parents, f"Merge pull request #{pull.number}", tree)
        pull.merge_commit_sha = self.branches["main"]
        pull.merged_at = self.now()
        self.issues[pull.number].state = "closed"
        return self.branches["main"]

    def next_number(self) -> int:
        self.tick()
        return max(self.issues, default=0) + 1

    def reachable(self, sha: str) -> list[Commit]:
        """Commits from `sha` back, newest first."""
        seen: dict[str, Commit] = {}
        waiting = [sha]
        while waiting:
            found = self.commits.get(waiting.pop())
            if found and found.sha not in seen:
                seen[found.sha] = found
                waiting += found.parents
        return sorted(seen.values(), key=lambda commit: commit.date, reverse=True)

    def touches(self, commit: Commit, path: str) -> bool:
        """Does it differ at `path` from each of its parents? So a merge that took one side is left out, as git does."""
        mine = _below(commit.files, path)
        return all(_below(self.commits[parent].files, path) != mine for parent in commit.parents) and (
            bool(commit.parents) or bool(mine)
        )

    def resolve(self, ref: str) -> Commit | None:
        name = ref.removeprefix("refs/heads/").removeprefix("heads/")
        sha = self.branches.get(name, ref)
        if len(sha) >= 7 and sha not in self.commits:
            sha = next((full for full in self.commits if full.startswith(sha)), sha)
        return self.commits.get(sha)

    def add_comment(self, number: int, author: str, body: str) -> Comment:
        now_id = self.tick()
        comment = Comment(now_id, author, body, self.now(), self.now())
        self.issues[number].comments.append(comment)
        return comment

    def add_issue(self, author: str, title: str, body: str, labels: list[str] | None = None) -> Issue:
        number = self.next_number()
        issue = self.issues[number] = Issue(number, author, title, body, self.now(), labels=labels or [])
        return issue

    def add_status(
        self,
        sha: str,
        author: str | None,
        context: str,
        state: str,
        description: str | None = None,
        target_url: str | None = None,
    ) -> Status:
        status = Status(self.tick(), author, context, state, description, target_url, self.now())
        self.statuses.setdefault(sha, []).insert(0, status)
        return status

    def add_artifact(
        self, name: str, files: Mapping[str, bytes], *, run: int = 7, branch: str = "main", fork: bool = False
    ) -> Artifact:
        """Left behind by a run for the tip of a branch, of this repository or of a fork."""
        number = self.tick()
        owner = self.number + 1000 if fork else self.number
        artifact = Artifact(number, name, run, branch, owner, self.branches["main"], zipped(files), self.now())
        self.artifacts[number] = artifact
        return artifact

    def _add(self, branch: str, parents: tuple[str, ...], message: str, tree: dict[str, bytes]) -> str:
        number = self.tick()
        sha = hashlib.sha1(f"{self.name}/{number}/{message}".encode(), usedforsecurity=False).hexdigest()
        self.commits[sha] = Commit(sha, parents, message, tree, self.now())
        if branch:
            self.branches[branch] = sha
        return sha

    def _make_test_merge(self, pull: Pull) -> None:
        parents = (self.branches["main"], pull.head)
        pull.merge_commit_sha = self._add("", parents, "test merge", self.commits[pull.head].files)

    def _commits_between(self, head: str, base: str) -> list[Commit]:
        known = {commit.sha for commit in self.reachable(base)}
        return [commit for commit in self.reachable(head) if commit.sha not in known]

    def _replayed(self, commit: Commit, onto: dict[str, bytes] | None = None) -> dict[str, bytes]:
        """The tree of main, or `onto`, with what `commit` changed."""
        before = self.commits[commit.parents[0]].files if commit.parents else {}
        tree = dict(self.commits[self.branches["main"]].files if onto is None else onto)
        for path in before.keys() | commit.files.keys():
            if before.get(path) != commit.files.get(path):
                if path in commit.files:
                    tree[path] = commit.files[path]
                else:
                    tree.pop(path, None)
        return tree


def _below(files: Mapping[str, bytes], path: str) -> dict[str, bytes]:
    return {name: data for name, data in files.items() if name == path or name.startswith(f"{path}/")}
