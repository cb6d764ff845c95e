"""The sandbox for a check: served by this process, asked and changed through its state file. Runs in `.venv`.

sandbox.py run graph|rescue|sample COMMAND...     serve a company, run a command that finds it in its environment
sandbox.py ask STATE METHOD [ARGUMENTS] [NAMED]   call a method of SandboxState, print what it returns as JSON
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import harness

from reconciler.sandbox import SandboxState, Scenario, parse_scenario, run_sandbox, sample_scenario

MOST_SECONDS = 300


def company(name: str) -> Scenario:
    """The scenario of that name; JSON is YAML too."""
    if name == "sample":
        return sample_scenario()
    made: dict[str, Any] = {"graph": harness.graph_company, "rescue": harness.rescue_company}[name]()
    return parse_scenario(json.dumps(made, ensure_ascii=False), f"{name} company")


def run(name: str, command: list[str]) -> int:
    """The command's exit code, or 1 when it took too long."""
    with run_sandbox(company(name)) as box:
        place = {"SANDBOX_URL": box.base_url, "SANDBOX_STATE": str(box.state.path), "SANDBOX_PYTHON": sys.executable}
        environment = os.environ | box.environment() | place
        for proxy in ("http_proxy", "https_proxy", "all_proxy"):  # a proxy has no business on loopback
            environment.pop(proxy, None)
            environment.pop(proxy.upper(), None)
        try:
            return subprocess.run(command, env=environment, timeout=MOST_SECONDS).returncode
        except subprocess.TimeoutExpired:
            print(f"FAILED: not finished after {MOST_SECONDS} seconds")
            return 1


def ask(path: str, method: str, arguments: str = "[]", named: str = "{}") -> int:
    """Print the answer of one method of the state."""
    with SandboxState(path) as state:
        answer = getattr(state, method)(*json.loads(arguments), **json.loads(named))
    print(json.dumps(answer))
    return 0


if __name__ == "__main__":
    what, *rest = sys.argv[1:]
    sys.exit(run(rest[0], rest[1:]) if what == "run" else ask(*rest))
