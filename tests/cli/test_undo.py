"""`undo`: what it refuses before anything is read or written. What it does is tried in tests/end_to_end."""

from __future__ import annotations

import pytest

from reconciler.render.json_plan import render_json
from reconciler.sandbox import Sandbox
from tests.render.plans import some_outcomes

from .conftest import Shell


@pytest.fixture
def ran_before(live: Shell) -> Shell:
    (live.folder / "outcomes.json").write_text(render_json(some_outcomes()), encoding="utf-8")
    return live


def test_without_a_terminal_it_needs_a_yes(ran_before: Shell, box: Sandbox) -> None:
    ran = ran_before.run("undo", "outcomes.json")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "add --yes to undo without being asked" in ran.stderr
    assert box.requests() == []


def test_outcomes_of_another_account_are_not_undone_in_this_one(ran_before: Shell, box: Sandbox) -> None:
    ran_before.edit("account_id: 1234567", "account_id: 7654321")
    ran = ran_before.run("undo", "outcomes.json", "--yes")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "outcomes.json tells of account 1234567, and mappings.yaml is for account 7654321" in ran.stderr
    assert box.requests() == []


def test_a_plan_is_no_file_of_outcomes(ran_before: Shell, box: Sandbox) -> None:
    assert ran_before.run("plan", "-q", "--out", "plan.json").returncode == 0
    box.state.clear_requests()
    ran = ran_before.run("undo", "plan.json", "--yes")
    assert ran.returncode == 2
    assert "plan.json is no file of outcomes" in ran.stderr
    assert box.requests() == []
