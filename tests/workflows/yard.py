"""Workflows run for real: `act` on this machine, a GitHub, an Entra and a Rescue on loopback, and no network beyond.

A run gets a workspace of its own with the workflows, the action and this code; a token with just the permissions its
job asks for; the identity token that Actions gives a job with `id-token: write`; and stubs for the two remote actions.
What is only of the hosted service is not tried here: environments with their reviewers, concurrency groups, and the
filters of branches and paths.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import trustme

from reconciler.sandbox import Sandbox, parse_scenario, run_sandbox
from tests.end_to_end.world import TENANT
from tests.local_github import LocalGitHub, Pull, Repo, also_on_socket, run_github

from .laying import ROOT, STUBS, lay_action, lay_files, lay_python, load_workflow, remote_actions, run_oidc

BIN = Path(sys.executable).parent
NAME = "contoso/rescue"
ELSEWHERE = "tools/rescue-reconciler@v1"
"""How a workflow of another repository names the action."""
BOT = "github-actions[bot]"
INITIAL_PASSWORD = "Sommer-2026!x"
PLAN, ACCEPTED = "rescue-reconciler/plan: mappings.yaml", "rescue-reconciler/accepted: mappings.yaml"


@dataclass
class Ran:
    """How one run of a workflow ended."""

    code: int
    log: str
    summary: str
    artifacts: Path

    def saved(self, artifact: str, name: str) -> Any:
        return json.loads((self.artifacts / artifact / name).read_text(encoding="utf-8"))

    def kept(self) -> list[str]:
        """`artifact/file`, and the days each artifact lives."""
        days = {place.stem: place.read_text().strip() for place in self.artifacts.glob("*.days")}
        return [
            f"{place.parent.name}/{place.name} {days[place.parent.name]}d"
            for place in sorted(self.artifacts.glob("*/*"))
        ]


@dataclass
class Yard:
    """A repository on GitHub with its workflows, and what they reconcile."""

    folder: Path
    box: Sandbox
    github: LocalGitHub
    oidc: str
    variables: dict[str, str]
    repo: Repo = field(init=False)
    asked_for: list[str] = field(default_factory=list)
    """The audiences for which jobs asked for an identity token."""

    def __post_init__(self) -> None:
        self.repo = self.github.repo(NAME)

    # -- what happens on GitHub -------------------------------------------------------------------------------------

    def pull(self, file: str, branch: str = "change") -> Pull:
        """A pull request that edits the file."""
        self.repo.commit({"mappings.yaml": file}, branch=branch)
        return self.repo.open_pull(branch)

    def merge(self, file: str, branch: str = "change") -> tuple[Pull, str]:
        """One that was opened, planned and merged; the sha main has now."""
        pull = self.pull(file, branch)
        self.plan(pull)
        return pull, self.repo.merge(pull)

    # -- workflows --------------------------------------------------------------------------------------------------

    def plan(self, pull: Pull, *, fork: bool = False, job: str = "plan", **more: Any) -> Ran:
        payload = {
            "action": "synchronize",
            "number": pull.number,
            "repository": self._repository(),
            "pull_request": {
                "number": pull.number,
                "head": {
                    "sha": pull.head,
                    "ref": pull.branch,
                    "repo": {"full_name": "stranger/rescue" if fork else NAME},
                },
                "base": {"ref": "main"},
            },
        }
        sha = pull.merge_commit_sha or ""
        return self.run("plan", "pull_request", payload, sha, job, readonly=fork, **more)

    def push(self, sha: str, **more: Any) -> Ran:
        payload = {"ref": "refs/heads/main", "after": sha, "deleted": False, "repository": self._repository()}
        return self.run("apply", "push", payload, sha, "apply", **more)

    def dispatch(self, reviewed: str, **more: Any) -> Ran:
        payload = {"ref": "refs/heads/main", "inputs": {"reviewed": reviewed}, "repository": self._repository()}
        return self.run("apply", "workflow_dispatch", payload, self.repo.branches["main"], "apply", **more)

    def schedule(self, cron: str = "23 * * * *", **more: Any) -> Ran:
        return self.run("sync", "schedule", {"schedule": cron}, self.repo.branches["main"], "sync", **more)

    def keep_readings(self) -> None:
        """As the daily run does it: its artifact is there for plans."""
        ran = self.schedule("53 3 * * *")
        data = (ran.artifacts / "rescue-readings" / "readings.json").read_bytes()
        self.repo.add_artifact("rescue-readings", {"readings.json": data})

    def run(
        self,
        workflow: str,
        event: str,
        payload: Mapping[str, Any],
        sha: str,
        job: str,
        *,
        readonly: bool = False,
        variables: Mapping[str, str] | None = None,
        secrets: Mapping[str, str] | None = None,
        lay: Mapping[str, str] | None = None,
        pip: bool = False,
        elsewhere: str | None = None,
    ) -> Ran:
        """One run of a workflow; `job` is the one whose permissions the token has.

        `readonly`: as for a fork. `lay`: more files for the workspace. `pip`: the real one looks at the lock.
        `elsewhere`: this text is the workflow, of a repository that holds only it and the file.
        """
        self._number = getattr(self, "_number", 0) + 1
        here = self.folder / f"run-{self._number}"
        space = here / "workspace"
        space.mkdir(parents=True)
        if elsewhere is None:
            shutil.copytree(ROOT / ".github", space / ".github")
            lay_action(space)
        files = {name: data.decode() for name, data in self.repo.commits[sha].files.items()} | dict(lay or {})
        if elsewhere is not None:
            files[f".github/workflows/{workflow}.yml"] = elsewhere
        lay_files(space, files, sha)
        (here / "event.json").write_text(json.dumps(payload), encoding="utf-8")
        artifacts = here / "artifacts"
        artifacts.mkdir()
        loaded = load_workflow(space / ".github" / "workflows" / f"{workflow}.yml")
        asked = loaded["jobs"][job].get("permissions", loaded["permissions"])
        given = {name: "read" if readonly else level for name, level in asked.items() if name != "id-token"}
        self.github.token("job-token", BOT, **given)
        told = {
            "GITHUB_API_URL": self.github.url,
            "GITHUB_REPOSITORY": NAME,
            "GITHUB_RUN_ID": "7",
            "GH_CONFIG_DIR": str(self.folder / "gh"),
            "GRAPH_BASE_URL": f"{self.box.base_url}/v1.0",
            "RESCUE_BASE_URL": f"{self.box.base_url}/API",
            "AZURE_AUTHORITY_HOST": self.box.base_url,
            "SSL_CERT_FILE": str(self.folder / "ca.pem"),
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_NO_INDEX": "1",
            "STUB_PYTHON": str(self.folder / ("python-with-pip" if pip else "python")),
            "STUB_ARTIFACTS": str(artifacts),
            "STUB_SUMMARY": str(here / "summary.md"),
        }
        if "id-token" in asked and not readonly:
            told |= {
                "ACTIONS_ID_TOKEN_REQUEST_URL": f"{self.oidc}?api-version=2",
                "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "r",
            }
        words = [str(BIN / "act"), event, "--workflows", f".github/workflows/{workflow}.yml"]
        words += ["--eventpath", str(here / "event.json"), "--action-cache-path", str(here / "cache")]
        words += [
            "--platform",
            "ubuntu-latest=-self-hosted",
            "--no-cache-server",
            "--artifact-server-addr",
            "127.0.0.1",
        ]
        for name, pin in remote_actions().items():
            if (STUBS / name.partition("/")[2]).is_dir():  # none for checkout: act copies the workspace
                words += ["--local-repository", f"{name}@{pin}={STUBS / name.partition('/')[2]}"]
        words += ["--local-repository", f"{ELSEWHERE}={self.folder / 'action'}"]
        for name, value in told.items():
            words += ["--env", f"{name}={value}"]
        for name, value in (self.variables if variables is None else variables).items():
            words += ["--var", f"{name}={value}"]
        for name, value in {"GITHUB_TOKEN": "job-token", **(self._secrets if secrets is None else secrets)}.items():
            words += ["--secret", f"{name}={value}"]
        clean = {"PATH": f"{BIN}:/usr/local/bin:/usr/bin:/bin", "HOME": str(self.folder)}
        done = subprocess.run(words, cwd=space, env=clean, capture_output=True, text=True, timeout=150, check=False)
        log = f"{done.stdout}\n{done.stderr}"
        summary = (here / "summary.md").read_text(encoding="utf-8") if (here / "summary.md").exists() else ""
        return Ran(done.returncode, log, summary, artifacts)

    @cached_property
    def _secrets(self) -> dict[str, str]:
        token = self.box.environment()["RESCUE_API_TOKEN"]
        return {"RESCUE_API_TOKEN": token, "RESCUE_INITIAL_PASSWORD": INITIAL_PASSWORD}

    def _repository(self) -> dict[str, Any]:
        return {"full_name": NAME, "default_branch": "main", "private": self.repo.private}


@contextmanager
def yard(text: str) -> Iterator[Yard]:
    """The whole of it; `text` is the scenario."""
    with (
        tempfile.TemporaryDirectory(prefix="yard-") as name,  # short: a Unix socket's path must be
        run_github() as github,
        also_on_socket(github, f"{name}/socket"),
    ):
        folder = Path(name)
        authority = trustme.CA()
        authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(folder / "server.pem")
        authority.cert_pem.write_to_path(folder / "ca.pem")
        lay_python(folder)
        (folder / "action").mkdir()
        lay_action(folder / "action")
        (folder / "gh").mkdir()
        (folder / "gh" / "config.yml").write_text(f"version: 1\nhttp_unix_socket: {folder / 'socket'}\n")
        pem = str(folder / "server.pem")
        with run_sandbox(parse_scenario(text), tls=(pem, pem)) as box, run_oidc() as (oidc, asked_for):
            variables = {
                "RESCUE_RECONCILER": "on",
                "AZURE_CLIENT_ID": box.authority()["AZURE_CLIENT_ID"],
                "AZURE_TENANT_ID": TENANT,
            }
            yield Yard(folder, box, github, oidc, variables, asked_for=asked_for)
