"""plan.yml, executed: what a pull request gets."""

from __future__ import annotations

import pytest

from .conftest import FILE, WIDER
from .yard import ACCEPTED, BOT, PLAN, Yard

pytestmark = pytest.mark.timeout(600)  # several runs each, and machines are busy


def test_a_pull_request_gets_comment_status_and_reports_without_any_secret_of_rescue(company: Yard) -> None:
    company.keep_readings()
    company.box.state.clear_requests()
    pull = company.pull(WIDER)
    ran = company.plan(pull, secrets={})
    assert ran.code == 0, ran.log
    (comment,) = company.repo.issues[pull.number].comments
    assert "### Rescue plan: this edit" in comment.body
    assert "fay@contoso.example" in comment.body
    assert ran.summary == comment.body
    (status,) = company.repo.statuses[pull.head]
    assert (status.context, status.state, status.author) == (PLAN, "success", BOT)
    plan = ran.saved("rescue-plan", "plan.json")
    assert status.description is not None
    assert status.description.startswith(f"edit_digest={plan['edit_digest']}")
    assert ran.kept() == ["rescue-plan/plan.html 30d", "rescue-plan/plan.json 30d", "rescue-plan/plan.xlsx 30d"]
    assert "/actions/runs/7/artifacts/1" in comment.body
    assert {entry["side"] for entry in company.box.requests()} == {"authority", "graph"}
    assert company.asked_for[-1] == "api%3A%2F%2FAzureADTokenExchange"


def test_what_a_fork_or_another_branch_left_behind_is_no_reading(company: Yard) -> None:
    company.repo.add_artifact("rescue-readings", {"readings.json": b"{}"}, fork=True)
    company.repo.add_artifact("rescue-readings", {"readings.json": b"{}"}, branch="change")
    pull = company.pull(WIDER)
    ran = company.plan(pull, secrets={})
    assert ran.code == 1
    assert "there are no readings to plan from" in ran.log
    assert (company.repo.issues[pull.number].comments, company.repo.statuses, company.box.requests()) == ([], {}, [])


def test_a_repository_that_says_so_plans_from_rescue_itself(company: Yard) -> None:
    pull = company.pull(WIDER)
    ran = company.plan(pull, job="plan-live", variables=company.variables | {"RESCUE_READINGS": "live"})
    assert ran.code == 0, ran.log
    assert len(company.repo.issues[pull.number].comments) == len(company.repo.statuses[pull.head]) == 1
    assert {entry["side"] for entry in company.box.requests()} == {"authority", "graph", "rescue"}


def test_a_pull_request_from_a_fork_is_only_validated_and_told_why(company: Yard) -> None:
    pull = company.pull(WIDER)
    traps = {
        f"{name}.py": "raise SystemExit('a module of the fork')\n" for name in ("venv", "pip", "yaml", "sysconfig")
    }
    ran = company.plan(pull, fork=True, secrets={}, variables={}, pip=True, lay=traps)
    assert ran.code == 0, ran.log
    assert "mappings.yaml: valid, 2 mappings" in ran.log
    assert "This pull request comes from a fork." in ran.summary
    assert (company.box.requests(), company.github.log, company.asked_for, ran.kept()) == ([], [], [], [])


def test_a_file_that_is_wrong_is_red_and_gets_no_status(company: Yard) -> None:
    pull = company.pull(WIDER.replace("priority", "prority").replace("nested: direct", "nested: drect"))
    for_forks = company.plan(pull, fork=True, secrets={}, variables={})
    assert for_forks.code == 1
    assert "nested cannot be" in for_forks.log
    ours = company.plan(pull, job="plan-live", variables=company.variables | {"RESCUE_READINGS": "live"})
    assert ours.code == 1
    assert "There is no plan to show." in ours.log
    assert (company.repo.issues[pull.number].comments, company.repo.statuses) == ([], {})


def test_nothing_runs_in_a_repository_that_has_not_switched_it_on(company: Yard) -> None:
    pull = company.pull(FILE)
    off = {name: value for name, value in company.variables.items() if name != "RESCUE_RECONCILER"}
    for ran in (
        company.plan(pull, variables=off),
        company.push(company.repo.branches["main"], variables=off),
        company.schedule(variables=off),
    ):
        assert ran.code == 0, ran.log
    assert (company.box.requests(), company.github.log, company.asked_for) == ([], [], [])
    assert ACCEPTED not in str(company.repo.statuses)
