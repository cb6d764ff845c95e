"""Which renderer makes which report: by the suffix of the file, or by the word given to --format."""

from __future__ import annotations

from pathlib import Path

from reconciler.model.plan import Outcomes, Plan


def render_plan_as(name: str, plan: Plan, file: str) -> str:
    """The plan for a file name, or for `.text`, `.json`, `.markdown`. Raises KeyError for a kind nobody has."""
    from reconciler.render import json_plan, markdown, text

    kind = _kind(name)
    if kind == "json":
        return json_plan.render_json(plan)
    return {"md": markdown.render_plan, "text": text.render_plan}[kind](plan, file)


def render_outcomes_as(name: str, outcomes: Outcomes) -> str:
    """The outcomes, likewise."""
    from reconciler.render import json_plan, markdown, text

    kind = _kind(name)
    if kind == "json":
        return json_plan.render_json(outcomes)
    return {"md": markdown.render_outcomes, "text": text.render_outcomes}[kind](outcomes)


def _kind(name: str) -> str:
    suffix = (Path(name).suffix or name).lstrip(".").lower()
    return "md" if suffix == "markdown" else suffix
