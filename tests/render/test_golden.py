"""Whole outputs, kept in `tests/golden/` and read in review. `pytest --update-golden` writes them anew."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.render import json_plan, markdown, text

from . import plans

GOLDEN = Path(__file__).parents[1] / "golden"
OUTPUTS: dict[str, Callable[[], str]] = {
    "plan.txt": lambda: text.render_plan(plans.one_of_everything(), "mappings.yaml"),
    "plan.md": lambda: markdown.render_plan(plans.one_of_everything(), "mappings.yaml"),
    "plan.json": lambda: json_plan.render_json(plans.one_of_everything()),
    "held.txt": lambda: text.render_plan(plans.removals_held(), "mappings.yaml"),
    "held.md": lambda: markdown.render_plan(plans.removals_held(), "mappings.yaml"),
    "edit.txt": lambda: text.render_plan(plans.an_edit(), "mappings.yaml"),
    "edit.md": lambda: markdown.render_plan(plans.an_edit(), "mappings.yaml"),
    "empty.txt": lambda: text.render_plan(plans.nothing_to_do(), "mappings.yaml"),
    "empty.md": lambda: markdown.render_plan(plans.nothing_to_do(), "mappings.yaml"),
    "outcomes.txt": lambda: text.render_outcomes(plans.some_outcomes()),
    "outcomes.md": lambda: markdown.render_outcomes(plans.some_outcomes()),
    "outcomes.json": lambda: json_plan.render_json(plans.some_outcomes()),
}


@pytest.mark.parametrize("name", OUTPUTS)
def test_output_is_as_reviewed(name: str, request: pytest.FixtureRequest) -> None:
    made = OUTPUTS[name]()
    if request.config.getoption("--update-golden"):
        (GOLDEN / name).write_text(made, encoding="utf-8")
    assert made == (GOLDEN / name).read_text(encoding="utf-8")


def test_a_plan_read_back_is_the_plan() -> None:
    plan = plans.one_of_everything()
    assert json_plan.read_plan(json_plan.render_json(plan), "plan.json") == plan


def test_a_long_plan_is_folded() -> None:
    plan = plans.one_of_everything()
    many = tuple(plans.an_action(f"p{number}@contoso.example", "move") for number in range(13))
    assert "<details><summary>" in markdown.render_plan(plan.model_copy(update={"actions": many}), "f")
    short = markdown.render_plan(plan.model_copy(update={"actions": many[:12], "findings": ()}), "f")
    assert "<details>" not in short
