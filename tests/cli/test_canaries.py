"""A canary in every variable that holds a secret, and none of them in any byte that leaves the process.

stdout, stderr, every file written, the address of every request, the arguments of every process, at every verbosity and
when a bug ends the run repeating all it can reach. So for what is made on the way: sessions and authcodes.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from reconciler.cli.logs import _SECRETS
from reconciler.sandbox import Sandbox

from .conftest import COMMAND, Shell
from .tapped import Tap, tapped

PASSWORD = "Canary-Sign-In-2026"
MADE = (rb"AUTHCODE:\s*([A-Za-z0-9]{20,})", rb"ASP\.NET_SessionId=([^;\s]+)")
LOUD = ((), ("-v",), ("-vv",), ("-vv", "--log-format", "json"))
SOMEBODY = "mholt@contoso.example"
COMMANDS = (
    ("plan", "--out", "plan.json", "--report", "plan.md", "--report", "plan.xlsx"),
    ("doctor",),
    ("explain", SOMEBODY),
    ("apply", "--yes", "--out", "outcomes.json", "--report", "done.md"),
    ("undo", "outcomes.json", "--yes", "--out", "undone.json"),
)


@dataclass
class Seen:
    """Everything that left the command's processes, by where."""

    bytes: dict[str, bytes] = field(default_factory=dict)
    codes: list[int] = field(default_factory=list)


@dataclass
class Watched:
    """Runs the command with canaries everywhere and keeps whatever leaves it."""

    shell: Shell
    tap: Tap
    seen: Seen = field(default_factory=Seen)

    def run(self, *words: str, script: str | None = None) -> int:
        given = [COMMAND, *words] if script is None else [sys.executable, "-c", script, *words]
        arguments = b""
        with subprocess.Popen(
            given,
            cwd=self.shell.folder,
            env=self.shell.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process:
            until = time.monotonic() + 120
            while True:
                arguments += _arguments(process.pid)
                try:
                    out, err = process.communicate(timeout=0.1)
                    break
                except subprocess.TimeoutExpired:
                    assert time.monotonic() < until, "the command does not end"
        name = f"{len(self.seen.codes)} {' '.join(words)}"
        self.seen.codes.append(process.returncode)
        assert arguments
        self.seen.bytes |= {f"{name} stdout": out, f"{name} stderr": err, f"{name} arguments": arguments}
        return process.returncode

    def secrets(self) -> dict[str, bytes]:
        """What must not be seen: the canaries, and what the sandbox gave on the way."""
        found = {name: self.shell.environ[name].encode() for name in _SECRETS if self.shell.environ.get(name)}
        for pattern in MADE:
            for number, made in enumerate(sorted(set(re.findall(pattern, self.tap.answers)))):
                found[f"made on the way {number} {pattern!r}"] = made
        return found

    def check(self) -> None:
        files = {str(file): file.read_bytes() for file in self.shell.folder.rglob("*") if file.is_file()}
        everywhere = {**self.seen.bytes, **files, "addresses": self.tap.request_lines}
        assert self.tap.request_lines.count(b"HTTP/1.") > 0
        spilt = [
            (where, name) for where, content in everywhere.items() for name, value in self.secrets().items()
            if value in content
        ]  # fmt: skip
        assert spilt == []


def _arguments(pid: int) -> bytes:
    """The command lines of a process and of those it started."""
    found = b""
    place = Path(f"/proc/{pid}")
    try:
        found += (place / "cmdline").read_bytes() + b"\n"
        children = b" ".join(task.read_bytes() for task in place.glob("task/*/children"))
    except OSError:
        return found
    for child in children.split():
        found += _arguments(int(child))
    return found


@pytest.fixture
def watched(shell: Shell, box: Sandbox) -> Iterator[Watched]:
    with tapped(box.port) as tap:
        given = box.environment()
        shell.environ |= {name: f"canary-{name.lower().replace('_', '-')}-0123456789" for name in _SECRETS}
        shell.environ |= given
        shell.environ |= {
            "RESCUE_INITIAL_PASSWORD": "Canary-Initial-1",
            "RESCUE_BASE_URL": f"{tap.url}/API",
            "GRAPH_BASE_URL": f"{tap.url}/v1.0",
            "TMPDIR": str(shell.folder),
            "HOME": str(shell.folder),
        }
        yield Watched(shell, tap)


def enter_by(watched: Watched, box: Sandbox, way: str) -> None:
    """`token`, or e-mail and password: a session, or where that is denied an authcode."""
    if way == "token":
        return
    holder = next(row for row in box.state.nodes() if row["account_holder"] and row["email"])
    box.state.set_node(holder["id"], password=PASSWORD)
    watched.shell.environ |= {"RESCUE_API_TOKEN": "", "RESCUE_EMAIL": holder["email"], "RESCUE_PASSWORD": PASSWORD}
    if way == "authcode":
        box.state.set_switch("deny_login", "yes")


WAYS = [*(("token", loud) for loud in LOUD), ("session", LOUD[-1]), ("authcode", LOUD[-2])]


@pytest.mark.parametrize(("way", "loud"), WAYS, ids=[f"{way} {' '.join(loud) or 'plain'}" for way, loud in WAYS])
def test_no_command_lets_a_secret_out(watched: Watched, box: Sandbox, way: str, loud: tuple[str, ...]) -> None:
    enter_by(watched, box, way)
    for words in COMMANDS if (way, loud) == ("token", LOUD[-1]) else COMMANDS[3:]:
        code = watched.run(*words, *loud, "--log-file", "run.log")
        assert code in (0, 6) or words[0] == "doctor", watched.seen.bytes
    assert way == "token" or any("made on the way" in name for name in watched.secrets())
    watched.check()


@pytest.mark.parametrize("loud", [LOUD[0], LOUD[-1]], ids=lambda loud: " ".join(loud) or "plain")
def test_token_prints_the_code_on_stdout_and_nowhere_else(
    watched: Watched, box: Sandbox, loud: tuple[str, ...]
) -> None:
    enter_by(watched, box, "authcode")
    assert watched.run("token", *loud, "--log-file", "run.log") == 0
    printed = watched.seen.bytes.pop(f"0 token {' '.join(loud)} --log-file run.log".replace("  ", " ") + " stdout")
    assert printed.strip() in watched.secrets().values()
    watched.shell.environ["RESCUE_API_TOKEN"] = printed.decode().strip()
    watched.run("plan", *loud)
    watched.check()


CRASH = """
import sys
from reconciler.target.rescue_reader import RescueReader

def everything(value, known):
    if id(value) in known:
        return
    known[id(value)] = value
    if isinstance(value, (str, bytes, int, float, type)) or value is None:
        yield repr(value)
        return
    yield repr(value)
    for inner in [*getattr(value, "__dict__", {}).values(), *(value.values() if isinstance(value, dict) else ())]:
        yield from everything(inner, known)
    if isinstance(value, (list, tuple, set)):
        for inner in value:
            yield from everything(inner, known)
    for name in getattr(type(value), "__slots__", ()):
        if hasattr(value, name):
            yield from everything(getattr(value, name), known)

read = RescueReader.fetch_caller

def crash(self, *words):
    read(self, *words)
    import os
    told = [*everything(self, {}), *os.environ.values()]
    try:
        raise ValueError(*told)
    except ValueError as cause:
        raise RuntimeError("a bug that repeats " + " ".join(told)) from cause

RescueReader.fetch_caller = crash
from reconciler.cli.main import run
sys.argv[0] = "reconciler"
run()
"""


CRASHING = (("plan",), ("apply", "--yes", "--out", "outcomes.json"), ("doctor",), ("explain", SOMEBODY))
CRASHES = [("token", LOUD[-1]), ("session", LOUD[2]), ("authcode", LOUD[0])]


@pytest.mark.parametrize(("way", "loud"), CRASHES, ids=[f"{way} {' '.join(loud) or 'plain'}" for way, loud in CRASHES])
def test_a_bug_that_repeats_all_it_can_reach_tells_no_secret(
    watched: Watched, box: Sandbox, way: str, loud: tuple[str, ...]
) -> None:
    enter_by(watched, box, way)
    for words in (
        ("plan",),
        ("apply", "--yes", "--out", "outcomes.json"),
        ("doctor",),
        ("explain", "m.holt@x.example"),
    ):
        assert watched.run(*words, *loud, "--log-file", "run.log", script=CRASH) == 1
        assert b"a bug that repeats" in watched.seen.bytes[
            f"{len(watched.seen.codes) - 1} {' '.join((*words, *loud, '--log-file', 'run.log'))} stderr"
        ]  # fmt: skip
    watched.check()


def test_a_proxy_with_a_password_is_not_told(watched: Watched) -> None:
    watched.shell.environ |= {
        "HTTPS_PROXY": "http://user:canary-proxy-pass@127.0.0.1:9",
        "RESCUE_BASE_URL": "https://rescue.example/API",
        "NO_PROXY": "127.0.0.1",
    }
    assert watched.run("plan", "-vv", "--log-file", "run.log") == 1
    watched.check()
    everywhere = {**watched.seen.bytes, "log": (watched.shell.folder / "run.log").read_bytes()}
    assert [where for where, content in everywhere.items() if b"canary-proxy-pass" in content] == []
