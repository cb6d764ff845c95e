"""A repository on the local GitHub whose pipeline is the installed command: pull requests, merges, schedules.

Each step runs as Actions would run it: the file of its commit in the folder, the variables of its event.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.local_github import LocalGitHub, Pull, Repo, run_github

from .world import Done, World, guid, mappings, scenario, technician, upn, world
from .world import entra as person

BOT = "github-actions[bot]"
NAME = "contoso/rescue"
FILE = "mappings.yaml"
PLANNED = f"rescue-reconciler/plan: {FILE}"
ACCEPTED = f"rescue-reconciler/accepted: {FILE}"
LOOSE = {"max_moves": "off", "max_identity_changes": "off", "max_creates": "off"}
DESK, FIELD = {"desk": "Desk"}, {"field": "Field"}
PEOPLE = ("ada", "bo", "cy", "mo", "new")


def text_of(pairs: dict[str, str], comment: str = "") -> str:
    return mappings(pairs, guards=LOOSE) + (f"# {comment}\n" if comment else "")


@dataclass
class Project:
    made: World
    github: LocalGitHub
    repo: Repo

    def edit(self, text: str, branch: str = "change", **more: str | None) -> Pull:
        """A pull request that makes the file this, from what main is now."""
        self.repo.commit({FILE: text, **more}, branch=branch)
        return self.repo.open_pull(branch)

    def review(self, pull: Pull, *words: str) -> Done:
        """The plan job of a pull request: plan, comment, status."""
        self._stand_on(pull.merge_commit_sha or "", "pull_request", pull)
        planned = self.made.call("plan", "--github", "--out", "plan.json", *words)
        assert planned.code == 0, planned.err
        shown = self.made.call("comment", "--plan", "plan.json")
        assert shown.code == 0, shown.err
        return planned

    def merge(self, pull: Pull, how: str = "merge", *, review: bool = True) -> Done:
        """Reviewed, merged, and the apply job of the push."""
        if review:
            self.review(pull)
        return self.push(self.repo.merge(pull, how))

    def push(self, sha: str, *words: str, event: str = "push", **env: str) -> Done:
        self._stand_on(sha, event)
        return self.made.apply("--github", "merge", *words, **env)

    def schedule(self, *words: str) -> Done:
        self._stand_on(self.repo.branches["main"], "schedule")
        return self.made.apply("--github", "schedule", *words)

    def statuses(self, sha: str, context: str) -> list[str | None]:
        return [status.description for status in self.repo.statuses.get(sha, []) if status.context == context]

    @property
    def accepted(self) -> set[str]:
        """The commits that are."""
        return {sha for sha in self.repo.commits if self.statuses(sha, ACCEPTED)}

    def comments(self, pull: Pull, kind: str) -> list[str]:
        bodies = [comment.body for comment in self.repo.issues[pull.number].comments]
        return [body for body in bodies if f'"kind":"{kind}"' in body.partition("\n")[0]]

    def managed(self, key: str) -> bool:
        return "[entra:" in str(self.made.node(key)["description"])

    def _stand_on(self, sha: str, event: str, pull: Pull | None = None) -> None:
        """Checkout and variables of one step."""
        folder = self.made.folder
        data = self.repo.commits[sha].files.get(FILE)
        self.made.file.unlink(missing_ok=True)
        if data is not None:
            self.made.file.write_bytes(data)
        about = {"pull_request": {"number": pull.number, "head": {"sha": pull.head}}} if pull else {}
        (folder / "event.json").write_text(json.dumps(about), encoding="utf-8")
        self.made.env |= {
            "GITHUB_API_URL": self.github.url,
            "GITHUB_EVENT_NAME": event,
            "GITHUB_EVENT_PATH": str(folder / "event.json"),
            "GITHUB_REF": f"refs/pull/{pull.number}/merge" if pull else "refs/heads/main",
            "GITHUB_REPOSITORY": NAME,
            "GITHUB_RUN_ID": "7",
            "GITHUB_SHA": sha,
            "GITHUB_TOKEN": "job-token",
            "GITHUB_WORKSPACE": str(folder),
        }


@contextmanager
def project(folder: Path) -> Iterator[Project]:
    """An account of five people nobody manages yet, and a repository whose main has no file."""
    groups = {"desk": ["ada", "bo", "mo"], "field": ["cy", "new"]}
    rescue = {
        "Desk": [technician(key, None) for key in ("ada", "bo")],
        "Field": [technician(key, None) for key in ("cy", "mo")],
    }
    text = scenario({key: person(key) for key in PEOPLE}, groups, rescue)
    with world(text, "version: 1\n", folder) as made, run_github() as github:
        github.token("job-token", BOT)
        repo = github.repo(NAME)
        repo.commit({"README.md": "our people\n"})
        yield Project(made, github, repo)


def join(made: World, key: str, group: str) -> None:
    made.box.state.add_person(guid(key), name=key.title(), upn=upn(key), mail=upn(key))
    made.box.state.add_member(guid(group), guid(key))
