"""The local GitHub of the tests, and what we say to GitHub: held against GitHub's own OpenAPI description, by Prism.

check_github.py PRISM DESCRIPTION PEERS      PEERS: an environment with PyGithub and the `gh` command

Runs in the project's environment, against a sandbox. Our commands, PyGithub and `gh` each do their work through the
proxy; that all they asked and got fits the description is one verdict, that they read the right things another. At
last the judge is judged: answers broken on purpose, and a request that does not fit, must each be found.
"""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # for `tests`

import httpx
from github_judge import NAME, check_judge, fits
from github_proxy import Judged, judged_github, unix_socket
from github_reviews import check_reviews
from harness import HERE, Verdicts

from reconciler.render.json_plan import render_json
from tests.local_github import Fault, Pull, Repo
from tests.local_github.routes import ROUTES
from tests.render.plans import one_of_everything, some_outcomes

BOT = "github-actions[bot]"
EDIT = "e" * 64
SAMPLE = (HERE.parents[1] / "mappings.yaml").read_text(encoding="utf-8")
MANY = 230
"""Comments of others, more than two pages of 100 hold."""


class Job:
    """A step of a workflow: a folder with the file and the plans, and the variables that Actions would set."""

    def __init__(self, judged: Judged, pull: Pull, token: str, folder: Path) -> None:
        self.folder = folder
        event = {"number": pull.number, "pull_request": {"number": pull.number, "head": {"sha": pull.head}}}
        (folder / "event.json").write_text(json.dumps(event), encoding="utf-8")
        (folder / "mappings.yaml").write_text(SAMPLE, encoding="utf-8")
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("GITHUB_")} | {
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": judged.url,
            "GITHUB_EVENT_NAME": "pull_request",
            "GITHUB_EVENT_PATH": str(folder / "event.json"),
            "GITHUB_OUTPUT": str(folder / "output"),
            "GITHUB_REF": f"refs/pull/{pull.number}/merge",
            "GITHUB_REPOSITORY": NAME,
            "GITHUB_RUN_ID": "7",
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_SHA": pull.merge_commit_sha or "",
            "GITHUB_STEP_SUMMARY": str(folder / "summary"),
            "GITHUB_TOKEN": token,
            "GITHUB_WORKSPACE": str(folder),
        }

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """The installed command, to its end."""
        command = [str(Path(sys.executable).with_name("reconciler")), *arguments]
        return subprocess.run(
            command, env=self.environment, cwd=self.folder, capture_output=True, encoding="utf-8", timeout=120
        )

    def said(self, *arguments: str) -> list[str]:
        """What it told the person who runs it; its exit code last where that is not 0."""
        ran = self.run(*arguments)
        return ran.stderr.splitlines() + ([f"exit code {ran.returncode}"] if ran.returncode else [])

    def save(self, name: str, text: str) -> None:
        """A file beside the file."""
        (self.folder / name).write_text(text, encoding="utf-8")


def populate(judged: Judged) -> tuple[Repo, Pull]:
    """A repository with history, a folder, an open pull request with many comments, and three tokens."""
    judged.github.token("job", BOT)
    judged.github.token("person", "octo")
    judged.github.token("narrow", BOT, contents="read", metadata="read")
    repo = judged.github.repo(NAME)
    repo.commit({"mappings.yaml": "version: 1\n", "docs/guide/start.md": "# Start\n", "docs/a.md": "a"}, message="one")
    repo.commit({"README.md": "y"}, message="two")
    repo.commit({"mappings.yaml": "version: 1 # more\n"}, message="three")
    repo.commit({"mappings.yaml": SAMPLE}, branch="change", message="edit")
    pull = repo.open_pull("change")
    for number in range(MANY):
        repo.add_comment(pull.number, "octo" if number % 2 else "hubot[bot]", f"comment {number}: Zoë | <!-- x -->")
    return repo, pull


def check_ours(verdicts: Verdicts, judged: Judged, repo: Repo, pull: Pull) -> None:
    """`comment` and `alarm` as a workflow runs them, with the bot's token and with a person's."""
    for token, author in (("job", BOT), ("person", "octo")):
        with verdicts.about(f"our commands as {author}"), tempfile.TemporaryDirectory() as folder:
            job = Job(judged, pull, token, Path(folder))
            job.save("plan.json", render_json(one_of_everything().model_copy(update={"edit_digest": EDIT})))
            job.save("outcomes.json", render_json(some_outcomes()))
            job.save("well.json", render_json(some_outcomes().model_copy(update={"findings": (), "guards": ()})))
            status = f"status of {pull.head[:7]}"
            for arguments, said in (
                (("comment", "--plan", "plan.json"), ["comment on #1: created", f"{status}: set"]),
                (("comment", "--plan", "plan.json"), ["comment on #1: unchanged", f"{status}: unchanged"]),
                (("comment", "--outcomes", "outcomes.json", "--pr", "1"), ["comment on #1: created"]),
            ):
                verdicts.same(f"{' '.join(arguments)}, as {author}", said, job.said(*arguments))
            job.save("plan.json", render_json(one_of_everything().model_copy(update={"edit_digest": "f" * 64})))
            verdicts.same(
                f"another plan, as {author}",
                ["comment on #1: updated", f"{status}: set"],
                job.said("comment", "--plan", "plan.json"),
            )
            number = repo.next_number()
            for name, words in (
                ("well", "no issue is open, and none is needed"),
                ("outcomes", f"issue #{number}: opened"),
                ("outcomes", f"issue #{number}: unchanged"),
                ("well", f"issue #{number}: closed"),
                ("outcomes", f"issue #{number}: reopened"),
                ("well", f"issue #{number}: closed"),
            ):
                verdicts.same(f"alarm, {words}, as {author}", [words], job.said("alarm", "--outcomes", f"{name}.json"))
            listed = [comment for comment in repo.issues[pull.number].comments if comment.author == author]
            ours = [comment for comment in listed if comment.body.startswith("<!-- rescue-reconciler")]
            verdicts.same(f"comments on the pull request by {author}", 2, len(ours))
    fits(verdicts, judged, "our commands")


def check_pygithub(verdicts: Verdicts, judged: Judged, peer: Callable[..., Any], repo: Repo, pull: Pull) -> None:
    """What PyGithub reads is what is there, and what it writes gets there."""
    with verdicts.about("PyGithub"):
        comments = len(repo.issues[pull.number].comments)
        found = peer("work", str(pull.number), pull.head)
        first = repo.issues[pull.number].comments[0].body
        wanted = {
            "repository": [NAME, "main", True],
            "edited": ["edited by PyGithub", "octo", "User"],
            "status": ["success", "peer", "by PyGithub", "https://ci.example/1"],
            "issue": ["open", "again", "changed", ["rescue"]],
            "pull": [pull.number, False, True, "main"],
            "pulls of commit": [pull.number],
            "file": [SAMPLE, len(SAMPLE.encode()), "base64"],
            "nested": "# Start\n",
            "folder": [["docs/a.md", "file"], ["docs/guide", "dir"]],
            "commits": ["three", "one"],
            "parents": list(repo.commits[pull.head].parents),
        }
        for what, value in wanted.items():
            verdicts.same(f"PyGithub: {what}", value, found[what])
        verdicts.same("PyGithub: comments, page by page", [comments, first], found["comments"][:2])
        verdicts.same("PyGithub: newest status first", ["peer", "success", "octo"], found["statuses"][0])
        verdicts.that("PyGithub: statuses of each author", len(found["statuses"]) >= 5, found["statuses"])
    fits(verdicts, judged, "PyGithub")


def check_refusals(verdicts: Verdicts, judged: Judged, peer: Callable[..., Any], pull: Pull) -> None:
    """GitHub's refusals, as PyGithub and `gh` understand them."""
    with verdicts.about("refusals, to PyGithub"):
        judged.github.faults += [
            Fault(kind, path=rf"/issues/{pull.number}$", skip=1, seconds=1)
            for kind in ("rate", "secondary", "secondary429")
        ]
        try:
            found = peer("refusals", str(pull.number))
        finally:
            judged.github.faults.clear()
        wanted = {
            "primary limit": ["RateLimitExceededException", 403],
            "secondary limit": ["RateLimitExceededException", 403],
            "secondary limit, 429": ["GithubException", 429],
            "longest body": ["nothing", 200],
            "longer body": ["GithubException", 422],
            "unknown issue": ["UnknownObjectException", 404],
            "unknown file": ["UnknownObjectException", 404],
            "unknown ref": ["GithubException", 404],
            "unknown commit": ["GithubException", 422],
            "long description": ["GithubException", 422],
        }
        for what, value in wanted.items():
            verdicts.same(f"PyGithub: {what}", value, found[what][:2])
    fits(verdicts, judged, "refusals")


def check_gh(verdicts: Verdicts, judged: Judged, peers: Path, repo: Repo, pull: Pull) -> None:
    """The `gh` command, through a Unix socket because it takes no plain http address."""
    at = f"repos/{NAME}"
    judged.github.url = "https://api.github.com"  # else its links lead to another host, where gh takes no token to
    with verdicts.about("gh"), unix_socket(judged.url) as path, tempfile.TemporaryDirectory() as config:
        Path(config, "config.yml").write_text(f"http_unix_socket: {path}\n", encoding="utf-8")

        def gh(*arguments: str, token: str = "person", text: bool = False, refused: bool = False) -> Any:  # noqa: S107 - the local GitHub's
            environment = {"PATH": os.environ["PATH"], "HOME": config, "GH_CONFIG_DIR": config, "GH_TOKEN": token}
            ran = subprocess.run(
                [str(peers / "bin/gh"), "api", *arguments],
                env=environment, capture_output=True, encoding="utf-8", timeout=60,
            )  # fmt: skip
            if ran.returncode and not refused:
                raise RuntimeError(ran.stderr)
            return ran.stderr.strip() if refused else ran.stdout if text else json.loads(ran.stdout)

        listed = gh("--paginate", f"{at}/issues/{pull.number}/comments?per_page=50")
        wanted = [comment.body for comment in repo.issues[pull.number].comments]
        verdicts.same("gh: comments, page by page", wanted, [row["body"] for row in listed])
        made = gh(f"{at}/issues/{pull.number}/comments", "-f", "body=from gh")
        verdicts.same("gh: a comment made", ["from gh", "octo"], [made["body"], made["user"]["login"]])
        changed = gh("-X", "PATCH", f"{at}/issues/comments/{made['id']}", "-f", "body=by gh")
        verdicts.same("gh: a comment changed", "by gh", changed["body"])
        set_ = gh(f"{at}/statuses/{pull.head}", "-f", "state=failure", "-f", "context=gh", "-f", "description=no")
        verdicts.same("gh: a status set", ["failure", "gh"], [set_["state"], set_["context"]])
        statuses = gh("--paginate", f"{at}/commits/{pull.head}/statuses?per_page=2")
        verdicts.same("gh: statuses, newest first", ["gh", "peer"], [row["context"] for row in statuses][:2])
        issue = gh(f"{at}/issues", "-f", "title=gh", "-f", "body=x")
        closed = gh("-X", "PATCH", f"{at}/issues/{issue['number']}", "-f", "state=closed")
        verdicts.same("gh: an issue closed", ["closed", "completed"], [closed["state"], closed["state_reason"]])
        opened = gh("-X", "PATCH", f"{at}/issues/{issue['number']}", "-f", "state=open")
        verdicts.same("gh: an issue opened again", ["open", "reopened"], [opened["state"], opened["state_reason"]])
        file = gh(f"{at}/contents/mappings.yaml?ref={pull.head}")
        verdicts.same("gh: a file", SAMPLE, base64.b64decode(file["content"]).decode())
        raw = gh("-H", "Accept: application/vnd.github.raw+json", f"{at}/contents/mappings.yaml?ref=change", text=True)
        verdicts.same("gh: a file as it is", SAMPLE, raw)
        commits = gh(f"{at}/commits?path=mappings.yaml&sha=main&per_page=1")
        verdicts.same("gh: the newest commit that touches a file", ["three"], [c["commit"]["message"] for c in commits])
        pulls = gh(f"{at}/commits/{pull.head}/pulls")
        verdicts.same("gh: pulls of a commit", [pull.number], [row["number"] for row in pulls])
        for what, arguments, token, words in (
            ("no permission to write", (f"{at}/issues", "-f", "title=x"), "narrow", "HTTP 403"),
            ("no permission to read", (f"{at}/issues",), "narrow", "HTTP 404"),
            ("no permission for statuses", (f"{at}/statuses/{pull.head}", "-f", "state=error"), "narrow", "HTTP 403"),
            ("a token that is none", ("user",), "wrong", "HTTP 401"),
            ("who the bot is", ("user",), "job", "HTTP 403"),
            ("another repository", ("repos/contoso/other/issues",), "person", "HTTP 404"),
        ):
            said = gh(*arguments, token=token, refused=True)
            verdicts.that(f"gh: {what} is {words}", words in said, said)
    judged.github.url = judged.url
    fits(verdicts, judged, "gh")


def check_coverage(verdicts: Verdicts, judged: Judged) -> None:
    """Each route of the local GitHub was answered with success through Prism, so none is unjudged."""
    for method, pattern, _ in ROUTES:
        whole = re.compile(rf"(?:/repos/{NAME}|/repositories/\d+)?{pattern}")
        judged_too = any(
            one.method == method and one.status < 300 and whole.fullmatch(httpx.URL(one.target).path)
            for one in judged.seen
        )
        verdicts.that(f"{method} {pattern or '/'} was judged", judged_too, "nobody asked for it")


def main(prism: Path, description: Path, peers: Path) -> None:
    """All of it, against one repository."""
    verdicts = Verdicts("the local GitHub, and our requests, by GitHub's own description (Prism), PyGithub and gh")
    with judged_github(prism, description) as judged:
        repo, pull = populate(judged)

        def peer(*arguments: str) -> Any:
            command = [str(peers / "bin/python"), str(HERE / "pygithub_peer.py"), judged.url, "person", *arguments]
            ran = subprocess.run(command, check=False, capture_output=True, encoding="utf-8", timeout=120)
            if ran.returncode:
                raise RuntimeError(ran.stderr[-3000:])
            return json.loads(ran.stdout)

        check_ours(verdicts, judged, repo, pull)
        check_pygithub(verdicts, judged, peer, repo, pull)
        check_gh(verdicts, judged, peers, repo, pull)
        check_refusals(verdicts, judged, peer, pull)
        check_coverage(verdicts, judged)
        check_judge(verdicts, judged, repo, pull)
        asked = len(judged.seen)
    asked += check_reviews(verdicts, prism, description)
    verdicts.finish(f"{asked} exchanges")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
