"""What became of a plan, in text, Markdown and the apply comment: each way a run can end has its own words."""

from __future__ import annotations

import pytest

from reconciler.model.plan import ActionOutcome, Outcomes, Result
from reconciler.render import markdown, text
from reconciler.render.comment import Links, render_outcomes_comment

from .plans import an_action, some_outcomes

FILE = "mappings.yaml"


def ended(*results: Result, message: str = "", **said: object) -> Outcomes:
    """A run with an action for each result; `said`: what else is not as in a run that did all."""
    actions = tuple(
        ActionOutcome(**an_action(f"p{number}@contoso.example", "create").model_dump(), outcome=result, message=message)
        for number, result in enumerate(results)
    )
    usual = {"exit_code": 0, "converged": True, "findings": (), "guards": ()}
    return some_outcomes().model_copy(update={"actions": actions, **usual, **said})


UNPLANNED = ended(
    digest=None,
    account_id=None,
    exit_code=1,
    converged=None,
    error="no connection to Rescue:\n  \x1b[2Jthe name is not known",
)


def test_all_done_names_nobody_and_says_that_rescue_equals_the_plan() -> None:
    assert text.render_outcomes(ended("done", "done")) == "Apply: 2 done. Rescue now equals the plan.\n"
    page = markdown.render_outcomes(ended("done", "done"))
    assert page.startswith("### Rescue apply: 2 done\n\nRescue equals the plan.\n\n<details><summary>2 done</summary>")
    assert "Not done" not in page


def test_nothing_to_do_is_no_failure() -> None:
    assert text.render_outcomes(ended()) == "Apply: nothing to do. Rescue now equals the plan.\n"
    page = markdown.render_outcomes(ended())
    assert page.startswith("### Rescue apply: nothing to do\n\nRescue equals the plan.\n\nAccount 1234567, digest `")
    assert "done" not in page


def test_a_run_that_ended_before_a_plan_says_why_and_that_nothing_was_written() -> None:
    assert text.render_outcomes(UNPLANNED) == "Apply: ended before there was a plan. Nothing was written.\n"
    assert text.error_lines(UNPLANNED) == ["no connection to Rescue:", "  \\x1b[2Jthe name is not known"]
    page = markdown.render_outcomes(UNPLANNED)
    assert "**Nothing was written.**\n\n```\nno connection to Rescue:\n  \\x1b[2Jthe name is not known\n```" in page
    assert page.endswith("\n\nExit code 1.\n")
    comment = render_outcomes_comment(UNPLANNED, FILE, Links())
    assert "### Rescue apply: ended before there was a plan\n\n**Nothing was written.**" in comment
    assert "no connection to Rescue:" in comment


def test_without_an_error_there_is_no_block_for_one() -> None:
    assert text.error_lines(ended("done")) == []
    assert "```\n\n```" not in markdown.render_outcomes(ended())


@pytest.mark.parametrize(
    ("outcomes", "said"),
    [
        pytest.param(ended("skipped", "held", exit_code=6, converged=None), "Nothing was written.", id="none tried"),
        pytest.param(ended("stale", exit_code=6, converged=None), "Nothing was written.", id="stale"),
        pytest.param(ended("done", "failed", exit_code=6, converged=False), "does not equal", id="one failed"),
        pytest.param(ended("done", "unknown", exit_code=6, converged=None), "Nothing was read again.", id="not read"),
    ],
)
def test_how_far_rescue_is_from_the_plan(outcomes: Outcomes, said: str) -> None:
    assert said in text.render_outcomes(outcomes)
    assert said in markdown.render_outcomes(outcomes)


@pytest.mark.parametrize(
    ("count", "message", "lines"),
    [(text.ALIKE - 1, "not tried", text.ALIKE - 1), (text.ALIKE, "not tried", 1), (text.ALIKE, "", text.ALIKE)],
    ids=["few", "many with one reason", "many without a reason"],
)
def test_many_with_one_reason_are_told_in_one_line(count: int, message: str, lines: int) -> None:
    told = text.missed_lines(ended(*["skipped"] * count, message=message))
    assert len(told) == lines
    assert (told == [f"  · skipped  {count} actions: not tried"]) == (lines == 1)


def test_guards_that_refused_are_named_and_those_that_passed_are_not() -> None:
    shown = text.render_outcomes(some_outcomes())
    refused = [line for line in shown.splitlines() if line.startswith("  ! ")]
    assert refused == ["  ! 1 removal of 45, limit 0 (max_removals)"]


def test_an_apply_that_failed_in_the_middle_shows_what_ended_it() -> None:
    outcomes = ended("done", "skipped", exit_code=1, converged=None, error="a bug: ZeroDivisionError")
    assert "```\na bug: ZeroDivisionError\n```" in render_outcomes_comment(outcomes, FILE, Links())
    assert "```\na bug: ZeroDivisionError\n```" in markdown.render_outcomes(outcomes)


@pytest.mark.parametrize("code", [4, 5])
def test_what_the_comment_tells_anyway_is_not_told_twice(code: int) -> None:
    outcomes = ended("skipped", exit_code=code, converged=None, error="nothing was written, a guard refused the plan")
    assert "nothing was written, a guard" not in render_outcomes_comment(outcomes, FILE, Links())
