"""`reconciler sandbox` as a process: what it prints, when, and that it can be killed and continued."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from reconciler.sandbox import SandboxState

START = "from reconciler.cli.sandbox import sandbox; sandbox()"
LINE = re.compile(r"export ([A-Z_]+)='([^']*)'\n")


@contextmanager
def running(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, str]]]:
    command = [sys.executable, "-c", START, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            variables = {}
            assert process.stdout is not None
            for _ in range(6):
                match = LINE.fullmatch(process.stdout.readline())
                assert match, process.stderr.read() if process.stderr else ""
                variables[match[1]] = match[2]
            yield process, variables
        finally:
            process.kill()


def test_it_prints_the_variables_when_it_listens_and_stops_on_a_signal() -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        with running() as (process, names):
            assert list(names) == [
                "GRAPH_BASE_URL", "GRAPH_ACCESS_TOKEN", "RESCUE_BASE_URL", "RESCUE_API_TOKEN",
                "RESCUE_INITIAL_PASSWORD", "AZURE_TENANT_ID",
            ]  # fmt: skip
            answer = httpx.post(
                f"{names['RESCUE_BASE_URL']}/getAccount.aspx", data={"authcode": names["RESCUE_API_TOKEN"]}
            )
            assert answer.text.startswith("OK\n\nAccountID:1234567\n")
            process.send_signal(number)
            out, err = process.communicate(timeout=10)
            assert (process.returncode, out) == (0, "")
            assert err.startswith("sandbox on http://127.0.0.1:")


def test_a_killed_sandbox_continues_where_it_was(tmp_path: Path) -> None:
    state = tmp_path / "box.db"
    with running("--state", str(state)) as (process, names):
        parent = 0
        with SandboxState(state) as other:
            parent = other.node_by_path("EMEA/Field")["id"]
        url = f"{names['RESCUE_BASE_URL']}/createUser.aspx"
        made = httpx.post(url, data={"authcode": names["RESCUE_API_TOKEN"], "parent": parent}).text
        process.kill()
    with running("--state", str(state)) as (process, again):
        assert again["RESCUE_API_TOKEN"] == names["RESCUE_API_TOKEN"]
        url = f"{again['RESCUE_BASE_URL']}/getUser_v2.aspx"
        asked = {"authcode": again["RESCUE_API_TOKEN"], "node": made.split()[-1]}
        assert httpx.post(url, data=asked).text.startswith("OK\n\nNODEID:")


@pytest.mark.parametrize("what", ["port", "scenario", "both"])
def test_what_cannot_be_used_is_said(tmp_path: Path, what: str) -> None:
    scenario = tmp_path / "scenario.yaml"
    scenario.write_text("tenant: {id: 8d2f4c1e-0000-4000-8000-2b7f3d9a1c55}\n")
    state = tmp_path / "box.db"
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        arguments = {
            "port": ["--port", str(taken.getsockname()[1])],
            "scenario": ["--scenario", str(tmp_path / "none.yaml")],
            "both": ["--scenario", str(scenario), "--state", str(state)],
        }[what]
        if what == "both":
            with running(*arguments):
                pass
        command = [sys.executable, "-c", START, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode != 0
    assert "UsageError" in done.stderr
    assert done.stdout == ""


def test_without_uvicorn_the_remedy_is_named() -> None:
    hidden = "import sys; sys.modules['uvicorn'] = None; " + START
    done = subprocess.run([sys.executable, "-c", hidden], capture_output=True, text=True, timeout=20, check=False)
    assert "the sandbox needs the package uvicorn" in done.stderr


def test_the_command_is_light_to_import() -> None:
    heavy = "any(name in sys.modules for name in ('uvicorn', 'yaml', 'reconciler.sandbox'))"
    check = f"import sys; import reconciler.cli.sandbox; sys.exit(int({heavy}))"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
