"""What the workflows of release and audit may do, read as YAML; and that the linter looks for unsafe code."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
NAMES = ("audit", "release")


def load(name: str) -> tuple[str, dict[Any, Any]]:
    text = (ROOT / f".github/workflows/{name}.yml").read_text(encoding="utf-8")
    loaded = yaml.safe_load(text)
    assert isinstance(loaded, dict)
    return text, loaded


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_allowed_that_is_not_said_and_actions_are_pinned(name: str) -> None:
    text, workflow = load(name)
    assert workflow["permissions"] == {}
    assert "secrets." not in text
    assert "pull_request_target" not in text
    for job in workflow["jobs"].values():
        assert "permissions" in job
        assert "timeout-minutes" in job
        for step in job["steps"]:
            assert "uses" not in step or re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", step["uses"])
            assert "${{" not in step.get("run", "")
            assert not step.get("uses", "").startswith("actions/checkout@") or (
                step["with"]["persist-credentials"] is False
            )


def test_only_the_jobs_that_sign_have_an_identity_and_each_has_no_more_than_it_needs() -> None:
    _, workflow = load("release")
    jobs = workflow["jobs"]
    assert {name: job["permissions"] for name, job in jobs.items()} == {
        "build": {"contents": "read"},
        "attest": {"id-token": "write", "attestations": "write"},
        "pypi": {"contents": "read", "id-token": "write"},
        "github": {"contents": "write"},
    }
    assert [name for name, job in jobs.items() if "environment" in job] == ["pypi"]
    assert jobs["pypi"]["environment"]["name"] == "pypi"
    assert [jobs[name].get("needs") for name in ("build", "attest", "pypi", "github")] == [
        None,
        "build",
        "attest",
        "pypi",
    ]
    assert workflow[True] == {"push": {"tags": ["v*"]}}  # YAML 1.1 reads `on` as true


def test_the_linter_looks_for_unsafe_code() -> None:
    lint = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["ruff"]["lint"]
    assert "S" in lint["select"]
    assert not [rule for rule in lint["ignore"] if rule.startswith("S") and rule[1:2].isdigit()]
    outside = {rule for files, rules in lint["per-file-ignores"].items() if files != "tests/**" for rule in rules}
    assert not [rule for rule in outside if re.fullmatch(r"S\d+", rule)]
