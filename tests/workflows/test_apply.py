"""apply.yml, executed: a merge applies what was reviewed, and nothing else."""

from __future__ import annotations

import pytest

from tests.end_to_end.world import upn

from .conftest import FILE, WIDER
from .yard import ACCEPTED, BOT, Yard

pytestmark = pytest.mark.timeout(600)  # several runs each, and machines are busy

LIVE = {"RESCUE_READINGS": "live"}


def nodes(company: Yard) -> dict[str, str]:
    """Who is in which group, of those that are enabled."""
    rows = {row["id"]: row for row in company.box.state.nodes()}
    return {
        row["email"].partition("@")[0]: rows[row["parent"]]["name"]
        for row in rows.values()
        if row["type"] == "Technician" and row["enabled"]
    }


def writes(company: Yard) -> list[str]:
    calls = [entry["call"] for entry in company.box.requests() if entry["side"] == "rescue"]
    return [call for call in calls if call.lower().startswith(("set", "create", "move"))]


def test_a_merge_applies_what_was_reviewed_and_says_so(company: Yard) -> None:
    company.keep_readings()
    pull, sha = company.merge(WIDER)
    ran = company.push(sha)
    assert ran.code == 0, ran.log
    assert nodes(company)["fay"] == "Field"
    assert [(each.context, each.state, each.author) for each in company.repo.statuses[sha]] == [
        (ACCEPTED, "success", BOT)
    ]
    planned, applied = company.repo.issues[pull.number].comments
    assert "### Rescue plan:" in planned.body
    assert "### Rescue apply" in applied.body
    assert ran.summary == applied.body
    assert ran.saved("rescue-apply", "outcomes.json")["exit_code"] == 0


def test_a_push_that_nobody_reviewed_ends_with_5_until_somebody_starts_it_with_the_digest(company: Yard) -> None:
    pull = company.pull(WIDER)
    sha = company.repo.merge(pull)
    ran = company.push(sha)
    assert ran.code == 1
    assert "exit" in ran.log
    assert writes(company) == []
    assert sha not in company.repo.statuses
    outcomes = ran.saved("rescue-apply", "outcomes.json")
    assert outcomes["exit_code"] == 5
    (comment,) = company.repo.issues[pull.number].comments
    assert outcomes["edit_digest"] in comment.body

    wrong = company.dispatch("0" * 64)
    assert (wrong.code, writes(company)) == (1, [])
    right = company.dispatch(outcomes["edit_digest"])
    assert right.code == 0, right.log
    assert nodes(company)["fay"] == "Field"
    assert [each.context for each in company.repo.statuses[sha]] == [ACCEPTED]


def test_a_direct_push_ends_with_5_and_has_only_its_summary(company: Yard) -> None:
    sha = company.repo.commit({"mappings.yaml": WIDER})
    ran = company.push(sha)
    assert (ran.code, writes(company), company.repo.statuses) == (1, [], {})
    assert ran.saved("rescue-apply", "outcomes.json")["exit_code"] == 5
    assert "no pull request brought commit" in ran.log
    assert "Rescue apply" in ran.summary


def test_a_guard_ends_the_merge_with_4_in_its_comment(company: Yard) -> None:
    company.keep_readings()
    emptier = FILE + "guards: {max_removals: 0}\n"
    company.box.state.set_person(upn("cy"), enabled=False)
    pull, sha = company.merge(emptier)
    ran = company.push(sha)
    assert (ran.code, writes(company)) == (1, [])
    assert ran.saved("rescue-apply", "outcomes.json")["exit_code"] == 4
    planned, refused = company.repo.issues[pull.number].comments
    assert '"kind":"plan"' in planned.body
    assert '"kind":"apply"' in refused.body
    assert "max_removals" in refused.body
    assert sha not in company.repo.statuses


def test_a_merge_that_cannot_read_rescue_says_so_and_accepts_nothing(company: Yard) -> None:
    company.keep_readings()
    pull, sha = company.merge(WIDER)
    ran = company.push(sha, secrets={"RESCUE_API_TOKEN": "wrong"})
    assert (ran.code, writes(company), sha in company.repo.statuses) == (1, [], False)
    assert ran.saved("rescue-apply", "outcomes.json")["exit_code"] == 1
    assert "### Rescue apply: ended before there was a plan" in company.repo.issues[pull.number].comments[-1].body
