"""sync.yml, executed: the hourly run, its alarm, and the readings of the daily one."""

from __future__ import annotations

import pytest

from tests.end_to_end.world import upn

from .conftest import WIDER
from .test_apply import nodes, writes
from .yard import ACCEPTED, BOT, Yard

pytestmark = pytest.mark.timeout(600)  # several runs each, and machines are busy


@pytest.fixture
def accepted(company: Yard) -> Yard:
    """A merge was accepted before."""
    company.repo.add_status(company.repo.branches["main"], BOT, ACCEPTED, "success", "edit_digest=…")
    return company


def test_an_hour_applies_what_is_pending(accepted: Yard) -> None:
    accepted.box.state.set_person(upn("cy"), enabled=False)
    ran = accepted.schedule()
    assert ran.code == 0, ran.log
    assert set(nodes(accepted)) == {"ada", "bo", "dot"}
    assert accepted.repo.issues == {}
    assert [name for name in ran.kept() if "readings" in name] == []


def test_a_guard_opens_the_issue_and_a_good_hour_closes_it(accepted: Yard) -> None:
    for key in ("ada", "bo", "cy"):
        accepted.box.state.set_person(upn(key), enabled=False)
    refused = accepted.schedule()
    assert (refused.code, writes(accepted)) == (1, [])
    assert refused.saved("rescue-sync", "outcomes.json")["exit_code"] == 4
    (issue,) = accepted.repo.issues.values()
    assert (issue.state, issue.author) == ("open", BOT)
    assert "max_removals" in issue.body

    for key in ("ada", "bo", "cy"):
        accepted.box.state.set_person(upn(key), enabled=True)
    well = accepted.schedule()
    assert well.code == 0, well.log
    assert [issue.state for issue in accepted.repo.issues.values()] == ["closed"]


def test_an_edit_that_was_not_accepted_waits(accepted: Yard) -> None:
    accepted.repo.commit({"mappings.yaml": WIDER})
    ran = accepted.schedule()
    assert ran.code == 0, ran.log
    assert writes(accepted) == []
    assert "edit_waiting" in [finding["code"] for finding in ran.saved("rescue-sync", "outcomes.json")["findings"]]


def test_with_nothing_accepted_it_only_plans(company: Yard) -> None:
    company.box.state.set_person(upn("cy"), enabled=False)
    ran = company.schedule()
    assert ran.code == 0, ran.log
    assert writes(company) == []


def test_the_daily_run_keeps_readings_for_three_days_also_where_a_guard_refuses(accepted: Yard) -> None:
    for key in ("ada", "bo", "cy"):
        accepted.box.state.set_person(upn(key), enabled=False)
    ran = accepted.schedule("53 3 * * *")
    assert ran.code == 1
    assert "rescue-readings/readings.json 3d" in ran.kept()
    asked = [entry["call"] for entry in accepted.box.requests() if entry["side"] == "rescue"]
    assert asked.count("getUser_v2") >= 6  # everybody of ours, for the plan and again for the readings


def test_a_public_repository_keeps_no_readings(accepted: Yard) -> None:
    accepted.repo.private = False
    ran = accepted.schedule("53 3 * * *")
    assert ran.code == 1
    assert "the readings name everybody of the Rescue account" in ran.log
    assert [name for name in ran.kept() if "readings" in name] == []


def test_where_plans_are_live_no_readings_are_kept(accepted: Yard) -> None:
    ran = accepted.schedule("53 3 * * *", variables=accepted.variables | {"RESCUE_READINGS": "live"})
    assert ran.code == 0, ran.log
    assert [name for name in ran.kept() if "readings" in name] == []


def test_when_rescue_cannot_be_read_the_run_is_red_and_the_alarm_stays_as_it_is(accepted: Yard) -> None:
    ran = accepted.schedule(secrets={"RESCUE_API_TOKEN": "wrong"})
    assert ran.code == 1
    assert "whether a guard refuses is not known, so the issue stays as it is" in ran.log
    assert accepted.repo.issues == {}
