"""The installed command against a running sandbox, as a user has it: own process, own folder, clean environment."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from reconciler.sandbox import Sandbox, run_sandbox, sample_scenario

ROOT = Path(__file__).parents[2]
COMMAND = str(Path(sys.executable).with_name("reconciler"))
OURS = ("RESCUE_", "GRAPH_", "AZURE_", "ACTIONS_", "GITHUB_", "NO_COLOR")


def clean_environment() -> dict[str, str]:
    """This environment without anything the command reads."""
    return {name: value for name, value in os.environ.items() if not name.startswith(OURS)}


@dataclass
class Shell:
    """Runs the command in a folder that holds the sample `mappings.yaml`."""

    folder: Path
    environ: dict[str, str] = field(default_factory=clean_environment)

    def run(self, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [COMMAND, *arguments],
            cwd=self.folder,
            env={**self.environ, **environ},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def edit(self, before: str, after: str) -> None:
        """Replaces text in the file; the text must be there."""
        file = self.folder / "mappings.yaml"
        text = file.read_text(encoding="utf-8")
        assert before in text
        file.write_text(text.replace(before, after, 1), encoding="utf-8")


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """No sandbox, no credentials."""
    text = (ROOT / "mappings.yaml").read_text(encoding="utf-8")
    (tmp_path / "mappings.yaml").write_text(text, encoding="utf-8")
    made = Shell(tmp_path)
    made.edit("\nrescue:\n", "\nrescue:\n  requests_per_second: 100\n")
    return made


@pytest.fixture
def box() -> Iterator[Sandbox]:
    with run_sandbox(sample_scenario()) as running:
        yield running


@pytest.fixture
def live(shell: Shell, box: Sandbox) -> Shell:
    """With the sample account behind it."""
    shell.environ |= box.environment()
    return shell
