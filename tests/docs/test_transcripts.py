"""What the documents show of a terminal was really seen: fences marked `console sandbox` are run again here.

One sandbox and one folder a page, its fences in their order, the sample file as `mappings.yaml`. Lines after `$ ` are
run by bash, the rest is what came, stderr and stdout. `…` stands for what is left out: alone on a line for lines, else
for text within one. Days are not compared, and those of commands lie ahead. What a reader does by hand between two
fences stands in an HTML comment above the second: `run: COMMAND`, or `state: METHOD(…)` of the sandbox's state.
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from reconciler.sandbox import Sandbox, run_sandbox, sample_scenario
from tests.cli.conftest import clean_environment

from .markdown import FENCES, ROOT, Fence

MARK = "console sandbox"
SHOWN = [fence for fence in FENCES if fence.info == MARK]
PATHS = sorted({fence.page for fence in SHOWN})
_DAY = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\dZ)?")


@pytest.mark.parametrize("page", PATHS, ids=lambda page: page.stem)
def test_what_is_shown_is_what_comes(page: Path, tmp_path: Path) -> None:
    text = (ROOT / "mappings.yaml").read_text(encoding="utf-8")
    quick = text.replace("\n\nrescue:\n", "\nrescue:\n  requests_per_second: 100\n")  # the same lines after it
    assert quick != text
    (tmp_path / "mappings.yaml").write_text(quick, encoding="utf-8")
    with run_sandbox(sample_scenario()) as box:
        code = 0
        for fence in (fence for fence in SHOWN if fence.page == page):
            for note in fence.notes:
                code = _prepare(note, box, tmp_path)
            for command, shown in _commands(fence):
                code, came = _run(command, box, tmp_path, code)
                if not _matches(shown, came):
                    pytest.fail(f"{fence}\n$ {command}\n--- shown\n{shown}\n--- came\n{came}", pytrace=False)


def test_there_are_some_to_run() -> None:
    assert len(SHOWN) > 10


def test_whatever_looks_like_our_output_is_run_or_says_why_not() -> None:
    """`console` alone is for what a sandbox cannot show."""
    known = {MARK, "console", "console example"}
    assert [str(fence) for fence in FENCES if fence.language == "console" and fence.info not in known] == []
    with_output = [
        str(fence)
        for fence in FENCES
        if fence.info == "console" and any(shown.strip() for _, shown in _commands(fence)) and "docs" in str(fence)
    ]
    assert with_output == []


def _prepare(note: str, box: Sandbox, folder: Path) -> int:
    what, _, said = note.partition(": ")
    if what == "run":
        code, came = _run(said, box, folder, 0)
        assert code == 0, came
    elif what == "state":
        call = ast.parse(said, mode="eval").body
        assert isinstance(call, ast.Call)
        assert isinstance(call.func, ast.Name)
        values = [ast.literal_eval(value) for value in call.args]
        named = {str(word.arg): ast.literal_eval(word.value) for word in call.keywords}
        getattr(box.state, call.func.id)(*values, **named)
    return 0


def _commands(fence: Fence) -> list[tuple[str, str]]:
    """Each command and what it is said to show. A command goes on after a backslash, and until the END it names."""
    found: list[tuple[str, str]] = []
    lines = iter(fence.text.splitlines())
    for line in lines:
        if line.startswith("$ "):
            command = line[2:]
            while command.endswith("\\"):
                command += "\n" + next(lines)
            while "<<" in command and not command.endswith("\nEND"):
                command += "\n" + next(lines)
            found.append((command, ""))
        elif found:
            found[-1] = (found[-1][0], found[-1][1] + line + "\n")
    return found


def _run(command: str, box: Sandbox, folder: Path, code: int) -> tuple[int, str]:
    ahead = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()
    environ = clean_environment() | box.environment()
    environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environ['PATH']}"
    ran = subprocess.run(
        ["bash", "-c", f"(exit {code})\n{_DAY.sub(ahead, command)}"],
        cwd=folder,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    return ran.returncode, ran.stdout


def _matches(shown: str, came: str) -> bool:
    """Whether the one is the other, but for what `…` leaves out and the days."""
    pattern = ""
    for line in _DAY.sub("DAY", shown).strip("\n").splitlines():
        if line == "…":
            pattern += r"(?:.*\n)*?"
        else:
            pattern += re.escape(line).replace("…", ".*") + r"\n"
    return re.fullmatch(pattern, _DAY.sub("DAY", came).strip("\n") + "\n" if came.strip() else "") is not None
