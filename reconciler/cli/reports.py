"""Which renderer makes which report: by the suffix of the file, or by the word given to --format."""

from __future__ import annotations

from pathlib import Path

from reconciler.errors import UsageError
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


def make_plan_report(name: str, plan: Plan, file: str) -> str | bytes:
    """The plan for a file name, bytes included. Raises UsageError where there is no room to make it."""
    if _kind(name) == "html":
        from reconciler.render import html

        return html.render_plan(plan, file)
    if _kind(name) != "xlsx":
        return render_plan_as(name, plan, file)
    from reconciler.render import excel

    try:
        return excel.render_plan(plan, file)
    except OSError as full:
        raise _no_room(name, full) from full


def make_outcomes_report(name: str, outcomes: Outcomes) -> str | bytes:
    """The outcomes, likewise."""
    if _kind(name) == "html":
        from reconciler.render import html

        return html.render_outcomes(outcomes)
    if _kind(name) != "xlsx":
        return render_outcomes_as(name, outcomes)
    from reconciler.render import excel

    try:
        return excel.render_outcomes(outcomes)
    except OSError as full:
        raise _no_room(name, full) from full


def _no_room(name: str, full: OSError) -> UsageError:
    return UsageError(f"{name} cannot be made: {full.strerror or full}", advice="make room where TMPDIR points")


def _kind(name: str) -> str:
    suffix = (Path(name).suffix or name).lstrip(".").lower()
    return "md" if suffix == "markdown" else suffix
