"""The hook for pre-commit: which files it takes, and what it runs on them."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from .laying import ROOT
from .yard import BIN

HOOKS: list[dict[str, Any]] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))


def test_there_is_one_and_its_command_is_installed_with_the_project() -> None:
    (hook,) = HOOKS
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert (hook["id"], hook["language"]) == ("rescue-reconciler-validate", "python")
    assert hook["entry"].split()[0] in project["scripts"]


@pytest.mark.parametrize(
    ("path", "taken"),
    [("mappings.yaml", True), ("old/mappings.yaml", False), ("mappings.yaml.orig", False), ("xmappings.yaml", False)],
    ids=["the file", "below a folder", "a longer name", "another name"],
)
def test_it_takes_the_file_and_no_other_since_the_command_takes_one(path: str, taken: bool) -> None:
    assert bool(re.search(HOOKS[0]["files"], path)) is taken


@pytest.mark.parametrize(
    ("old", "new", "code"), [("", "", 0), ("role: admin", "role: boss", 2)], ids=["valid", "wrong"]
)
def test_it_fails_for_a_file_that_is_wrong(tmp_path: Path, old: str, new: str, code: int) -> None:
    text = (ROOT / "mappings.yaml").read_text(encoding="utf-8")
    (tmp_path / "mappings.yaml").write_text(text.replace(old, new) if old else text, encoding="utf-8")
    command, *words = HOOKS[0]["entry"].split()
    done = subprocess.run(
        [BIN / command, *words, "mappings.yaml"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stderr
