"""What the documents say of the workflows is so: environments, variables, secrets, inputs, artifacts, hashes."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from .markdown import FENCES, READ, ROOT, Fence

NAMES = ("plan.yml", "apply.yml", "sync.yml")
WORKFLOWS = {name: (ROOT / ".github" / "workflows" / name).read_text(encoding="utf-8") for name in NAMES}
ACTION = (ROOT / "action.yml").read_text(encoding="utf-8")
OURS = "\n".join([*WORKFLOWS.values(), ACTION])
START = READ[ROOT / "docs" / "start.md"]
BLOCKS = [fence for fence in FENCES if fence.language == "yaml" and "/rescue-reconciler@" in fence.text]


def steps_of(fence: Fence) -> list[dict[str, Any]]:
    return [step for job in yaml.safe_load(fence.text)["jobs"].values() for step in job["steps"]]


@pytest.mark.parametrize("fence", BLOCKS, ids=str)
def test_an_example_gives_the_action_inputs_that_it_has(fence: Fence) -> None:
    inputs = yaml.safe_load(ACTION)["inputs"]
    mine = [step for step in steps_of(fence) if "rescue-reconciler" in step["uses"]]
    assert mine
    for step in mine:
        assert step["with"].keys() <= inputs.keys()
        needed = {name for name, said in inputs.items() if said.get("required")}
        assert needed <= step["with"].keys()


@pytest.mark.parametrize("fence", BLOCKS, ids=str)
def test_an_example_uses_the_actions_that_ours_use(fence: Fence) -> None:
    for step in steps_of(fence):
        if "rescue-reconciler" not in step["uses"]:
            assert f"uses: {step['uses']}" in OURS


@pytest.mark.parametrize("fence", BLOCKS, ids=str)
def test_an_example_has_the_permissions_of_ours(fence: Fence) -> None:
    said = yaml.safe_load(fence.text)
    ours = yaml.safe_load(WORKFLOWS[f"{said['name']}.yml"])
    for name, job in said["jobs"].items():
        assert job["permissions"] == ours["jobs"][name]["permissions"]


def test_every_environment_is_told_of_and_no_other() -> None:
    named = {
        job["environment"]
        for text in WORKFLOWS.values()
        for job in yaml.safe_load(text)["jobs"].values()
        if "environment" in job
    }
    table = next(table for table in START.tables if any(row[0] == "`rescue`" for row in table))
    assert {row[0].strip("`") for row in table} == named


def test_every_variable_and_secret_is_told_of() -> None:
    needed = set(re.findall(r"\b(?:vars|secrets)\.([A-Z_]+)", "\n".join(WORKFLOWS.values())))
    told = " ".join(fence.text for fence in START.fences) + " ".join(
        span for page in READ.values() for span in page.spans
    )
    assert {name for name in needed if name not in told} == set()


def test_what_is_started_by_hand_takes_what_it_is_given() -> None:
    calls = [
        (name, re.findall(r"-f (\w+)=", line))
        for fence in FENCES
        for line in fence.text.splitlines()
        for name in re.findall(r"gh workflow run (\S+)", line)
    ]
    assert len(calls) > 2
    for name, given in calls:
        on = yaml.safe_load(WORKFLOWS[name])[True]  # `on`, which is true for YAML 1.1
        assert set(given) == on["workflow_dispatch"]["inputs"].keys()


def test_the_artifacts_named_are_made() -> None:
    action = yaml.safe_load(ACTION)
    made = set()
    for step in action["runs"]["steps"]:
        if "upload-artifact" not in step.get("uses", ""):
            continue
        for command in ("plan", "apply", "sync"):
            given = {name: said.get("default", "") for name, said in action["inputs"].items()} | {"command": command}
            made.add(
                re.sub(
                    r"\$\{\{ inputs\.([a-z-]+) \}\}", lambda found, given=given: given[found[1]], step["with"]["name"]
                )
            )
    table = next(
        table for table in READ[ROOT / "docs" / "security-model.md"].tables if "readings" in table[0][0] + table[0][1]
    )
    named = set(re.findall(r"`(rescue-\w+)`", " ".join(row[0] for row in table)))
    assert named == made
