"""The comment as reviewers read it: whole ones in tests/golden, and what holds for all sizes."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.model.plan import Action, Guard, Outcomes, Place, Plan, SeatCount
from reconciler.render.alarm import is_well, render_alarm
from reconciler.render.comment import (
    COMMENT_BUDGET,
    Links,
    plan_words,
    render_outcomes_comment,
    render_plan_comment,
)
from reconciler.render.mask import Masker

from . import plans

GOLDEN = Path(__file__).parents[1] / "golden"
LINKS = Links("4c1f09e" + "0" * 33, "https://github.com/contoso/rescue/actions/runs/7", "https://github.com/a/1")
FILE = "mappings.yaml"


def edit_plan() -> Plan:
    """The first of everything is the edit's, the rest is pending; one change is stopped."""
    plan = plans.one_of_everything()
    actions = tuple(
        action.model_copy(update={"origin": "edit" if number % 2 == 0 else "pending"})
        for number, action in enumerate(plan.actions)
    )
    stopped = (plans.an_action("stopped@contoso.example", "move", before="EMEA/Field"),)
    return plan.model_copy(update={"actions": actions, "edit_digest": "e" * 64, "stopped": stopped})


def outcomes_of(code: int) -> Outcomes:
    return plans.some_outcomes().model_copy(update={"exit_code": code, "converged": None, "edit_digest": "e" * 64})


OUTPUTS: dict[str, Callable[[], str]] = {
    "comment-plan.md": lambda: render_plan_comment(plans.one_of_everything(), FILE, LINKS),
    "comment-edit.md": lambda: render_plan_comment(edit_plan(), FILE, LINKS),
    "comment-masked.md": lambda: render_plan_comment(Masker().plan(edit_plan()), FILE, LINKS),
    "comment-empty.md": lambda: render_plan_comment(plans.nothing_to_do(), FILE, Links()),
    "comment-outcomes.md": lambda: render_outcomes_comment(plans.some_outcomes(), FILE, LINKS),
    "comment-refused.md": lambda: render_outcomes_comment(outcomes_of(4), FILE, LINKS),
    "comment-not-reviewed.md": lambda: render_outcomes_comment(outcomes_of(5), FILE, LINKS),
    "alarm.md": lambda: render_alarm(plans.some_outcomes(), FILE),
}


@pytest.mark.parametrize("name", OUTPUTS)
def test_output_is_as_reviewed(name: str, request: pytest.FixtureRequest) -> None:
    made = OUTPUTS[name]()
    if request.config.getoption("--update-golden"):
        (GOLDEN / name).write_text(made, encoding="utf-8")
    assert made == (GOLDEN / name).read_text(encoding="utf-8")


def a_large_plan(count: int, *, guards: int = 1, removal: bool = False, text: str = "", ids: int | None = None) -> Plan:
    plan = plans.one_of_everything()
    actions = [
        plans.an_action(
            f"{text}p{number:05}@contoso.example",
            "disable" if removal or number % 3 == 0 else "update",
            place=f"EMEA/{number % 40}{text}",
            before=f"EMEA/{number % 40}",
            reason=f"left {text}",
        ).model_copy(update={"id": f"{number:016x}", "origin": ("edit", "pending")[number % 2]})
        for number in range(count)
    ]
    listed = tuple(action.id for action in actions if action.removal)[:ids]
    violations = tuple(
        Guard(
            name="max_removals_per_mapping", role="technician", mapping=f"{text}{number}", passed=False,
            measured=len(listed), of=count, limit=2, actions=listed,
        )
        for number in range(guards)
    )  # fmt: skip
    findings = tuple(
        plan.findings[number % 2].model_copy(update={"message": f"{text} {number}"}) for number in range(count)
    )
    without = tuple(action.subject.login or "" for action in actions)
    seats = plan.seats.model_copy(update={"technician": SeatCount(before=1, without=without)})
    return plan.model_copy(
        update={"actions": tuple(actions), "stopped": tuple(actions), "findings": findings, "guards": violations,
                "seats": seats, "edit_digest": "e" * 64}
    )  # fmt: skip


def as_outcomes(plan: Plan, code: int = 6) -> Outcomes:
    some = plans.some_outcomes()
    results = some.actions
    actions = tuple(
        results[number % 7].model_copy(update={**dict(action), "message": "why"})
        for number, action in enumerate(plan.actions)
    )
    return some.model_copy(
        update={"actions": actions, "findings": plan.findings, "guards": plan.guards, "exit_code": code}
    )


@pytest.mark.parametrize("count", [1, 13, 300, 4_000])
@pytest.mark.parametrize("text", ["", "`陳|" * 100], ids=["plain", "long"])
@pytest.mark.parametrize("guards", [1, 400])
def test_any_plan_fits_and_is_whole(count: int, text: str, guards: int) -> None:
    plan = a_large_plan(min(count, 3000) if text else count, guards=guards, text=text)
    made = [
        render_plan_comment(plan, FILE, LINKS),
        render_outcomes_comment(as_outcomes(plan), FILE, LINKS),
        render_outcomes_comment(as_outcomes(plan, 5), FILE, LINKS),
        render_alarm(as_outcomes(plan), FILE),
    ]
    for body in made:
        assert len(body.encode()) <= COMMENT_BUDGET
        assert_whole(body)
    for body in made[:3]:
        assert body.startswith("<!-- rescue-reconciler {")
        assert "digest `9f31c2a07b44`" in body
        assert body.count("\n\n\n") == 0
    assert "this edit makes" in made[0]
    assert "access\n" in made[0]  # the losses stand in the heading, however many
    assert "**A guard refuses this plan**" in made[0]


def assert_whole(body: str) -> None:
    """Every fence and every fold that opens closes, and nothing of one is in the other."""
    fence, folds = "", 0
    for line in body.splitlines():
        if fence:
            fence = "" if line == fence else fence
        elif opened := re.match(r"(`{3,})[a-z]*$", line):
            fence = opened[1]
        else:
            folds += line.startswith("<details>") - line.startswith("</details>")
            assert folds in (0, 1)
    assert (fence, folds) == ("", 0)


def test_what_is_left_out_is_counted_and_losses_are_kept_longest() -> None:
    plan = a_large_plan(20_000)
    body = render_plan_comment(plan, FILE, LINKS)
    assert "this edit makes 10,000 changes, 3,334 people lose access" in body
    left = [int(number.replace(",", "")) for number in re.findall(r"… and ([\d,]+) more in \[plan.json\]", body)]
    lists = 5  # losses, edit, stopped, pending, findings
    assert len(left) == lists
    shown_losses = body.count("\n- `p")
    assert shown_losses + left[0] == 3334
    first = body.index("```diff")
    assert "! update" not in body[first : body.index("```", first + 7)]


def test_the_summary_shows_more_of_the_same() -> None:
    plan = a_large_plan(3000)
    comment = render_plan_comment(plan, FILE, LINKS)
    summary = render_plan_comment(plan, FILE, LINKS, 1 << 20)
    assert COMMENT_BUDGET < len(summary.encode()) <= 1 << 20
    assert_whole(summary)
    assert comment.splitlines()[:3] == summary.splitlines()[:3]
    assert "… and" not in summary


@pytest.mark.parametrize(("ids", "shown"), [(500, True), (501, False)])
def test_a_permit_of_more_than_500_ids_is_where_the_reports_are(ids: int, shown: bool) -> None:
    plan = a_large_plan(600, removal=True, ids=ids)
    body = render_plan_comment(plan, FILE, LINKS)
    assert ("permits:\n  - {guard: max_removals_per_mapping, actions: [" in body) is shown
    assert (f"an entry of {ids} ids goes into the file, reviewed: it is in [plan.md](https://github.com/a/1)" in body
            ) is not shown  # fmt: skip
    roomy = render_plan_comment(plan, FILE, LINKS, 1 << 20)
    assert "permits:\n" in roomy


@pytest.mark.parametrize(("losses", "folds"), [(1, 0), (12, 0), (13, 1)])
def test_more_than_a_dozen_losses_are_folded(losses: int, folds: int) -> None:
    actions = tuple(plans.an_action(f"p{number}@contoso.example", "disable") for number in range(losses))
    plan = plans.one_of_everything().model_copy(update={"actions": actions, "findings": ()})
    body = render_plan_comment(plan, FILE, LINKS).split("**A guard")[0]
    assert body.count("<details>") == folds
    assert ("**Loses access:** `p0@" in body) is (losses == 1)


def test_an_edit_that_changes_nothing_says_so() -> None:
    plan = edit_plan()
    pending = tuple(action.model_copy(update={"origin": "pending"}) for action in plan.actions)
    body = render_plan_comment(plan.model_copy(update={"actions": pending, "stopped": ()}), FILE, LINKS)
    assert "this edit makes no change\n" in body
    assert "This edit by itself changes nothing in Rescue." in body
    assert "<summary>Pending anyway: 1 disable, 2 update" in body
    assert ", 1 person loses access</summary>" in body


def test_words_for_the_status_name_nobody() -> None:
    assert plan_words(edit_plan()) == "4 changes, 1 person loses access; a guard refuses"
    assert plan_words(plans.nothing_to_do()) == "no change"


@pytest.mark.parametrize(("groups", "shown"), [(28, True), (29, True), (30, False)])
def test_the_tree_is_left_out_above_30_nodes(groups: int, shown: bool) -> None:
    actions = tuple(plans.an_action(f"p{n}@contoso.example", "enable", place=f"EMEA/G{n}") for n in range(groups))
    plan = plans.one_of_everything().model_copy(update={"actions": actions})
    assert ("```mermaid" in render_plan_comment(plan, FILE, LINKS)) is shown


def test_a_path_deeper_than_the_tree_may_be_is_not_drawn() -> None:
    deep = "/".join(f"G{level}" for level in range(40))
    plan = plans.one_of_everything().model_copy(
        update={"actions": (plans.an_action("a@contoso.example", "enable", place=deep),)}
    )
    assert "```mermaid" not in render_plan_comment(plan, FILE, LINKS)


def test_somebody_in_no_group_has_no_place_in_the_tree() -> None:
    somewhere = plans.an_action("a@contoso.example", "enable", place="EMEA")
    nowhere = plans.an_action("b@contoso.example", "move", place="EMEA").model_copy(
        update={"group": Place(before=None, after="EMEA")}
    )
    plan = plans.one_of_everything().model_copy(update={"actions": (somewhere, nowhere)})
    assert '["EMEA (+2)"]' in render_plan_comment(plan, FILE, LINKS)


def test_administrators_have_a_tree_of_their_own() -> None:
    one = plans.an_action("a@contoso.example", "create", place="EMEA", before=None)
    other = one.model_copy(update={"role": "admin"})
    plan = plans.one_of_everything().model_copy(update={"actions": (one, other)})
    body = render_plan_comment(plan, FILE, LINKS)
    assert 'n0["Administrators"]' in body
    assert 'n2["Technicians"]' in body
    assert "n0 --> n1" in body
    assert "n2 --> n3" in body


@pytest.mark.parametrize("code", [0, 4, 5, 6])
def test_the_alarm_is_about_guards_and_frozen_mappings_only(code: int) -> None:
    outcomes = plans.some_outcomes().model_copy(update={"exit_code": code})
    passed = tuple(guard for guard in outcomes.guards if guard.passed)
    harmless = tuple(finding for finding in outcomes.findings if finding.code != "frozen")
    frozen_only = outcomes.model_copy(update={"guards": passed})
    refused_only = outcomes.model_copy(update={"findings": harmless})
    for trouble, told, untold in (
        (frozen_only, "### 1 mapping frozen", "### A guard refuses"),
        (refused_only, "### A guard refuses", "frozen\n"),
    ):
        assert not is_well(trouble)
        assert told in render_alarm(trouble, FILE)
        assert untold not in render_alarm(trouble, FILE)
    well = outcomes.model_copy(update={"guards": passed, "findings": harmless})
    assert is_well(well)
    assert "All is well again" in render_alarm(well, FILE)
    later = outcomes.model_copy(update={"started_at": "2026-11-22T23:00:00Z", "digest": "0" * 64, "actions": ()})
    assert render_alarm(later, FILE) == render_alarm(outcomes, FILE)


def test_members_whom_nobody_creates_are_counted_by_mapping() -> None:
    body = render_plan_comment(plans.one_of_everything(), FILE, LINKS)
    assert "<summary>Members who are not created: 1 mapping</summary>" in body
    assert "helpdesk-emea: 1 member not in Rescue, not created (create_missing is false)." in body


def test_whom_a_guard_holds_back_loses_nothing() -> None:
    losses = tuple(plans.an_action(login, "disable") for login in ("left@contoso.example", "gone@contoso.example"))
    plan = plans.one_of_everything().model_copy(
        update={"actions": losses, "held": (plans.IDS["left@contoso.example"],)}
    )
    body = render_plan_comment(plan, FILE, LINKS)
    assert "### Rescue plan: 2 changes, 1 person loses access, 1 removal held back\n" in body
    assert "**Loses access:** `gone@contoso.example`" in body
    assert "**A guard holds back 1 action, the rest goes on**" in body
    assert "held back; left Helpdesk" in body or "held back; direct member" in body
    assert plan_words(plan) == "2 changes, 1 person loses access, 1 removal held back"


def test_each_apply_is_told_from_the_others() -> None:
    one, other = (
        render_outcomes_comment(plans.some_outcomes().model_copy(update={"started_at": at}), FILE, LINKS)
        for at in ("2026-11-22T19:00:00Z", "2026-11-22T19:30:00Z")
    )
    assert one.splitlines()[0] != other.splitlines()[0]
    assert '"started":"2026-11-22T19:30:00Z"' in other.splitlines()[0]


def test_a_budget_too_small_for_anything_leaves_head_and_end() -> None:
    body = render_plan_comment(a_large_plan(50), FILE, LINKS, 700)
    assert body.startswith("<!-- rescue-reconciler")
    assert_whole(body)
    assert body.rstrip().endswith("[full plan and reports](https://github.com/a/1)")


def test_removals_of_administrators_and_of_people_without_a_group_are_losses() -> None:
    action: Action = plans.an_action("a@contoso.example", "disable", before=None).model_copy(update={"role": "admin"})
    plan = plans.one_of_everything().model_copy(update={"actions": (action,)})
    assert "**Loses access:** `a@contoso.example`" in render_plan_comment(plan, FILE, LINKS)
