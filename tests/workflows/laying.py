"""What a run of a workflow finds: the workflows and the action as a checkout has them, an interpreter, an identity."""

from __future__ import annotations

import json
import shutil
import stat
import subprocess
import sys
import sysconfig
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
STUBS = Path(__file__).parent / "stubs"
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def load_workflow(path: Path) -> dict[str, Any]:
    """Read with `on:` as the word it is, and not YAML 1.1's truth."""
    loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
    loaded["on"] = loaded.pop(True, loaded.get("on"))
    return dict(loaded)


def load_action() -> dict[str, Any]:
    return dict(yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8")))


def remote_actions() -> dict[str, str]:
    """Every remote action that is used anywhere, with its pin: `{"actions/setup-python": "a309…"}`."""
    found: dict[str, str] = {}
    steps: list[dict[str, Any]] = load_action()["runs"]["steps"]
    for path in WORKFLOWS:
        steps += [step for job in load_workflow(path)["jobs"].values() for step in job["steps"]]
    for step in steps:
        name, _, pin = step.get("uses", "").partition("@")
        if pin:
            assert found.setdefault(name, pin) == pin, f"{name} is pinned twice"
    return found


def _for_act(workflow: dict[str, Any]) -> dict[str, Any]:
    """Without the length of the queue, which act does not know."""
    for job in workflow["jobs"].values():
        job.get("concurrency", {}).pop("queue", None)
    return workflow


def lay_action(place: Path) -> None:
    """The action with this code, where a checkout of this repository would have it."""
    action = (ROOT / "action.yml").read_text(encoding="utf-8")
    kept = action.replace("shell: bash", f"shell: bash {STUBS / 'keep-summary'} {{0}}")
    (place / "action.yml").write_text(kept, encoding="utf-8")
    shutil.copytree(ROOT / "requirements", place / "requirements")
    shutil.copytree(ROOT / "reconciler", place / "reconciler", ignore=shutil.ignore_patterns("__pycache__"))


def lay_files(space: Path, files: Mapping[str, str], sha: str) -> None:
    """What checkout would leave of a commit: act knows its id from the branch, and needs nothing else of git."""
    for name, text in files.items():
        (space / name).parent.mkdir(parents=True, exist_ok=True)
        (space / name).write_text(text, encoding="utf-8")
    for path in (space / ".github" / "workflows").glob("*.yml"):
        path.write_text(yaml.safe_dump(_for_act(load_workflow(path)), sort_keys=False), encoding="utf-8")
    subprocess.run(["git", "init", "--quiet", "--initial-branch=main", "."], cwd=space, check=True)
    (space / ".git" / "refs" / "heads" / "main").write_text(f"{sha}\n")


def lay_python(folder: Path) -> None:
    """Two interpreters whose environments see the locked packages that are installed here: nothing can be fetched.

    With one of them `pip install` is a word that does nothing; with the other it is the real one, which compares the
    lock with what is there, and takes seconds for it.
    """
    nothing = folder / "nothing" / "pip"
    nothing.mkdir(parents=True)
    (nothing / "__main__.py").touch()
    packages = sysconfig.get_path("purelib")
    below = f"lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"
    for name, seen in (("python-with-pip", packages), ("python", f"{nothing.parent}\\n{packages}")):
        place = folder / name
        place.write_text(
            "#!/bin/sh\n"
            f'if [ "$1 $2 $3" != "-I -m venv" ]; then exec {sys.executable} "$@"; fi\n'
            f'{sys.executable} -I -m venv --without-pip "$4" && printf "{seen}\\n" > "$4/{below}/here.pth"\n'
        )
        place.chmod(place.stat().st_mode | stat.S_IXUSR)


@contextmanager
def run_oidc() -> Iterator[tuple[str, list[str]]]:
    """GitHub's token service: an identity token for whoever brings the request token."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = self.headers.get("Authorization") == "Bearer r"
            asked.append(self.path.partition("audience=")[2])
            body = json.dumps({"value": "eyJh.eyJi.c"} if known else {}).encode()
            self.send_response(200 if known else 401)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """The list says what was asked."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/token", asked
        finally:
            server.shutdown()
            thread.join()
