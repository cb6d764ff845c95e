"""Workflow commands: on which lines, how many, and nothing else a log line could become."""

from __future__ import annotations

import re

import pytest

from reconciler.render.annotations import MOST, command, outcomes_annotations, plan_annotations

from . import plans

LINES = {"helpdesk-emea": 12, "field": 19}


def test_what_a_plan_puts_on_which_line() -> None:
    assert plan_annotations(plans.one_of_everything(), "mappings.yaml", LINES) == [
        "::error file=mappings.yaml,title=A guard refuses::1 removal of 45, limit 0 (max_removals)",
        "::error file=mappings.yaml,line=19,title=frozen::nothing is written for it: gone",
        "::warning file=mappings.yaml,line=12,title=Access is taken away::1 person loses access",
        "::warning file=mappings.yaml,line=19,title=unmanaged::k@contoso.example: left",
        "::notice file=mappings.yaml,line=12,title=Rescue plan::5 other changes",
        "::notice file=mappings.yaml,line=19,title=Rescue plan::1 other change",
    ]


def test_what_is_pending_is_not_the_edits() -> None:
    plan = plans.one_of_everything()
    pending = tuple(action.model_copy(update={"origin": "pending"}) for action in plan.actions)
    made = plan_annotations(plan.model_copy(update={"actions": pending}), "f", LINES)
    assert not [line for line in made if "Access" in line or line.startswith("::notice")]


def test_what_an_apply_puts_on_which_line() -> None:
    made = outcomes_annotations(plans.some_outcomes(), "mappings.yaml", LINES)
    assert [line.partition("::")[2] for line in made] == [
        "error file=mappings.yaml,title=A guard refuses::1 removal of 45, limit 0 (max_removals)",
        "error file=mappings.yaml,line=12,title=Not done::1 action ended as failed; see the comment",
        "error file=mappings.yaml,line=19,title=Not done::1 action ended as stale; see the comment",
        "error file=mappings.yaml,line=12,title=Not done::1 action ended as unknown; see the comment",
        "error file=mappings.yaml,line=19,title=frozen::nothing is written for it: gone",
        "warning file=mappings.yaml,line=19,title=unmanaged::k@contoso.example: left",
    ]


@pytest.mark.parametrize(("count", "shown"), [(MOST, MOST), (MOST + 1, MOST), (500, MOST)])
def test_ten_of_a_kind_at_most_and_the_last_counts_the_rest(count: int, shown: int) -> None:
    plan = plans.one_of_everything()
    findings = tuple(plan.findings[0].model_copy(update={"message": f"m{number}"}) for number in range(count))
    made = plan_annotations(plan.model_copy(update={"findings": findings, "guards": (), "actions": ()}), "f", {})
    assert len(made) == shown
    assert (f"and {count - MOST + 1} more" in made[-1]) is (count > MOST)


def test_separators_are_escaped_as_the_runner_reads_them() -> None:
    made = command("error", "50% of a:b,c\n::warning::x", file="a,b:c%.yaml", line=3, title="t")
    assert made == "::error file=a%2Cb%3Ac%25.yaml,line=3,title=t::50%25 of a:b,c\\x0a::warning::x"
    assert re.fullmatch(r"::error file=[^,:]*,line=3,title=t::.*", made)
