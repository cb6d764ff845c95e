"""What no run of them shows: permissions, pins, secrets and texts from outside in workflows and action."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from .laying import ROOT, WORKFLOWS, load_action, load_workflow
from .yard import BIN

RECONCILING = [ROOT / ".github" / "workflows" / f"{name}.yml" for name in ("plan", "apply", "sync")]
STEPS: list[dict[str, Any]] = load_action()["runs"]["steps"]
JOBS = {
    f"{path.stem}/{name}": job for path in WORKFLOWS for name, job in load_workflow(path)["jobs"].items()
}  # fmt: skip
OURS = {name: job for name, job in JOBS.items() if any(step.get("uses") == "./" for step in job["steps"])}
PERMISSIONS: dict[str, dict[str, str]] = {
    "apply/approve": {},
    "apply/apply": {"contents": "read", "pull-requests": "write", "statuses": "write", "id-token": "write"},
    "ci/test": {"contents": "read"},
    "plan/plan": {
        "contents": "read",
        "actions": "read",
        "pull-requests": "write",
        "statuses": "write",
        "id-token": "write",
    },
    "plan/plan-live": {"contents": "read", "pull-requests": "write", "statuses": "write", "id-token": "write"},
    "sync/sync": {"contents": "read", "statuses": "read", "issues": "write", "id-token": "write"},
}


def inputs_of(job: dict[str, Any]) -> dict[str, str]:
    (step,) = (step for step in job["steps"] if step.get("uses") == "./")
    return dict(step["with"])


def scripts() -> dict[str, str]:
    found = {f"action/{step['name']}": step["run"] for step in STEPS if "run" in step}
    for name, job in JOBS.items():
        found |= {f"{name}/{number}": step["run"] for number, step in enumerate(job["steps"]) if "run" in step}
    return found


SCRIPTS = scripts()


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_has_no_permission_and_each_job_only_what_it_needs(path: Path) -> None:
    workflow = load_workflow(path)
    assert workflow["permissions"] == {}
    for name, job in workflow["jobs"].items():
        assert job["permissions"] == PERMISSIONS.get(f"{path.stem}/{name}", job["permissions"])
        assert job["timeout-minutes"] <= 60


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_nothing_of_a_pull_request_runs_with_the_rights_of_main(path: Path) -> None:
    assert set(load_workflow(path)["on"]) <= {"pull_request", "push", "schedule", "workflow_dispatch"}


@pytest.mark.parametrize("path", [*WORKFLOWS, ROOT / "action.yml"], ids=lambda path: path.stem)
def test_what_comes_from_elsewhere_is_pinned_by_hash_with_its_version_beside_it(path: Path) -> None:
    for line in path.read_text(encoding="utf-8").splitlines():
        if found := re.search(r"\buses: (.*)", line):
            assert re.fullmatch(r"\./|[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", found[1])


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_holds_no_text_from_outside(name: str) -> None:
    assert "${{" not in SCRIPTS[name]


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_is_what_shellcheck_would_write(name: str) -> None:
    words = [BIN / "shellcheck", "--shell=bash", "--severity=style", "-"]
    done = subprocess.run(words, input=SCRIPTS[name], text=True, capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_a_checkout_leaves_no_token_behind() -> None:
    for job in JOBS.values():
        for step in job["steps"]:
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False


def test_plan_and_apply_ask_rescue_alike_else_the_reviewed_digest_is_another() -> None:
    said = {inputs_of(OURS[name]).get("refresh", "default") for name in ("plan/plan", "plan/plan-live", "apply/apply")}
    assert len(said) == 1


def test_apply_and_sync_never_run_together_and_neither_is_dropped_for_the_other() -> None:
    groups = [OURS[name]["concurrency"] for name in ("apply/apply", "sync/sync")]
    assert groups == [{"group": "rescue-reconciler", "cancel-in-progress": False, "queue": "max"}] * 2
    assert "concurrency" not in load_workflow(RECONCILING[1]) | load_workflow(RECONCILING[2])


def test_whoever_waits_for_reviewers_does_not_hold_the_queue() -> None:
    assert JOBS["apply/approve"]["environment"] == "rescue-approval"
    assert "concurrency" not in JOBS["apply/approve"]
    assert JOBS["apply/apply"]["needs"] == "approve"


def test_a_secret_is_only_where_an_environment_guards_it() -> None:
    with_secrets = {name for name, job in JOBS.items() if "secrets." in yaml.safe_dump(job)}
    assert with_secrets == {"plan/plan-live", "apply/apply", "sync/sync"}
    assert {name: JOBS[name]["environment"] for name in sorted(with_secrets)} == {
        "apply/apply": "rescue",
        "plan/plan-live": "rescue-plan",
        "sync/sync": "rescue",
    }


def test_no_entra_secret_is_stored() -> None:
    for path in (*WORKFLOWS, ROOT / "action.yml"):
        text = "\n".join(line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#"))
        assert not re.search(r"AZURE_CLIENT_SECRET|secrets\.AZURE|GRAPH_ACCESS_TOKEN", text)


def test_each_secret_reaches_only_the_steps_that_need_it() -> None:
    token = [step["name"] for step in STEPS if "RESCUE_API_TOKEN" in step.get("env", {})]
    password = [step["name"] for step in STEPS if "RESCUE_INITIAL_PASSWORD" in step.get("env", {})]
    assert token == ["Plan", "Apply", "Save the readings"]
    assert password == ["Apply"]
    (plan,) = (step for step in STEPS if step.get("name") == "Plan")
    assert plan["env"]["RESCUE_API_TOKEN"].startswith("${{ inputs.readings == 'live' && ")


@pytest.mark.parametrize("name", ["Validate", "Plan", "Apply", "Comment", "Alarm", "Save the readings"])
def test_a_signal_to_a_step_reaches_the_command_and_its_exit_code_is_that_of_the_step(name: str) -> None:
    last = SCRIPTS[f"action/{name}"].strip().splitlines()[-1]
    assert re.match(r'exec "[^"]+/reconciler" ', last)


def test_every_job_of_ours_rests_until_the_repository_switches_it_on() -> None:
    for name in (*OURS, "apply/approve"):
        job = JOBS[name]
        if name != "apply/apply":  # needs approve
            assert "vars.RESCUE_RECONCILER == 'on'" in job["if"], name


def test_code_owners_are_asked_about_paths_that_exist() -> None:
    text = (ROOT / ".github" / "CODEOWNERS").read_text(encoding="utf-8")
    paths = re.findall(r"^#? ?(/\S+)", text, re.M)
    assert {"/.github/", "/action.yml", "/mappings.yaml"} <= set(paths)
    assert [path for path in paths if not (ROOT / path.strip("/")).exists()] == []
