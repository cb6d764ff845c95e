"""`reconciler demo` is what a newcomer sees first: it ends well, and what it leaves behind can be read."""

from __future__ import annotations

import json

from .conftest import Shell


def test_the_demo_ends_with_nothing_left_to_do(shell: Shell) -> None:
    ran = shell.run("demo", "--into", "here")
    assert ran.returncode == 0, ran.stderr
    assert [line for line in ran.stdout.splitlines() if line.startswith("$ ")] == [
        "$ reconciler validate",
        "$ reconciler plan --out plan.json --report plan.md --report plan.html --report plan.xlsx",
        "$ reconciler apply --plan plan.json --yes --out outcomes.json --report outcomes.md",
        "$ reconciler plan --detailed-exitcode",
    ]
    assert ran.stdout.index("Rescue now equals the plan.") < ran.stdout.index("Nothing to do.")
    outcomes = json.loads((shell.folder / "here" / "outcomes.json").read_text(encoding="utf-8"))
    assert outcomes["exit_code"] == 0
    assert outcomes["converged"] is True
    assert {action["outcome"] for action in outcomes["actions"]} == {"done"}
    assert (shell.folder / "here" / "outcomes.md").read_text(encoding="utf-8").startswith("### Rescue apply: ")


def test_the_demo_can_be_run_again(shell: Shell) -> None:
    assert shell.run("demo").returncode == 0
    assert shell.run("demo").returncode == 0


def test_a_step_that_fails_ends_the_demo_with_its_code(shell: Shell) -> None:
    (shell.folder / "here" / "plan.json").mkdir(parents=True)
    ran = shell.run("demo", "--into", "here")
    assert ran.returncode == 2
    assert "it is a folder" in ran.stderr
    assert "the step ended with exit code 2" in ran.stderr
    assert "apply" not in ran.stdout.partition("$ reconciler plan")[2]


def test_a_folder_that_cannot_be_made_is_refused(shell: Shell) -> None:
    ran = shell.run("demo", "--into", "mappings.yaml/below")
    assert ran.returncode == 2
    assert "mappings.yaml/below cannot be written: " in ran.stderr
    assert "-> choose another --into" in ran.stderr


def test_a_file_in_the_way_is_refused(shell: Shell) -> None:
    ran = shell.run("demo", "--into", "mappings.yaml")
    assert ran.returncode == 2
    assert "is a file" in ran.stderr
