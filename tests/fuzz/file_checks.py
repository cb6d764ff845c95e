"""Files: mappings.yaml, saved plans, outcomes and readings. Each check is one of `targets`."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from reconciler.cli.saved_readings import read_whole
from reconciler.config.load import parse_mappings
from reconciler.config.yaml_lines import read_yaml
from reconciler.errors import InputError, UsageError
from reconciler.model.saved import NotSaved, make_saved
from reconciler.render.alarm import render_alarm
from reconciler.render.annotations import outcomes_annotations, plan_annotations
from reconciler.render.comment import COMMENT_BUDGET, Links, render_outcomes_comment, render_plan_comment
from reconciler.render.json_plan import read_outcomes, read_plan, render_json

from .rescue_checks import check_tree_is_one

ROOT = Path(__file__).parent.parent.parent
FILE = "mappings.yaml"
LINKS = Links(None, None, None)
_SCHEMA = Draft202012Validator(json.loads((ROOT / "schema" / "mappings.schema.json").read_text(encoding="utf-8")))
_PLAN_SCHEMA = Draft202012Validator(json.loads((ROOT / "schema" / "plan.schema.json").read_text(encoding="utf-8")))


def check_yaml(data: bytes) -> bool:
    """mappings.yaml: whatever is accepted satisfies the schema in `schema/`; problems lie within the file."""
    try:
        mappings = parse_mappings(FILE, data, tenant_id=None)
    except InputError as refused:
        _check_problems(refused, len(re.split(rb"\r\n|\n|\r", data)))
        return False
    value = read_yaml(FILE, data).value
    problem = next(_SCHEMA.iter_errors(value), None)
    assert problem is None, f"accepted, and not by the schema: {problem.message if problem else ''}"
    assert _read_without_libyaml(data) in (value, None), "PyYAML's own parser reads something else than libyaml"
    assert parse_mappings(FILE, data, tenant_id=None) == mappings, "read twice, it is not the same"
    ids = [m.entra_group.id for m in mappings.mappings if m.entra_group.id]
    assert len(ids) == len(set(ids)), "one Entra group twice"
    return True


def _check_problems(refused: InputError, lines: int) -> None:
    assert refused.problems, "refused without a problem"
    assert all(0 <= problem.line <= lines + 1 and problem.message for problem in refused.problems)
    assert all(line.isprintable() for line in refused.lines()), "a message that could drive a terminal"


def _read_without_libyaml(data: bytes) -> Any:
    """None where that parser, stricter with tabs, refuses what libyaml takes."""
    try:
        return read_yaml(FILE, data, pure=True).value
    except InputError:
        return None


def check_plan(data: bytes) -> bool:
    """A saved plan: what is accepted renders again as the same plan, is a plan by the schema, and can be shown."""
    try:
        plan = read_plan(data.decode("utf-8", "replace"), "plan.json")
    except UsageError:
        return False
    text = render_json(plan)
    assert text.isascii()
    assert "##[" not in text
    again = read_plan(text, "plan.json")
    assert again == plan, "rendered and read again, it is another plan"
    assert render_json(again) == text
    problem = next(_PLAN_SCHEMA.iter_errors(json.loads(text)), None)
    assert problem is None, f"accepted, and not by the schema: {problem.message if problem else ''}"
    _check_shown(render_plan_comment(plan, FILE, LINKS), plan_annotations(plan, FILE, {}))
    return True


def check_outcomes(data: bytes) -> bool:
    """Outcomes of an apply, likewise."""
    try:
        outcomes = read_outcomes(data.decode("utf-8", "replace"), "outcomes.json")
    except UsageError:
        return False
    text = render_json(outcomes)
    again = read_outcomes(text, "outcomes.json")
    assert again == outcomes, "rendered and read again, they are others"
    assert render_json(again) == text
    _check_shown(render_outcomes_comment(outcomes, FILE, LINKS), outcomes_annotations(outcomes, FILE, {}))
    render_alarm(outcomes, FILE).encode()
    return True


def _check_shown(comment: str, annotations: list[str]) -> None:
    assert len(comment.encode()) <= COMMENT_BUDGET, "a comment that GitHub would refuse"
    assert all("\n" not in line and "\r" not in line for line in annotations), "a workflow command in a command"


def check_readings(data: bytes) -> bool:
    """Saved readings: what is accepted is a tree as Rescue's own would be, and saved again it is the same."""
    try:
        saved = read_whole(data.decode("utf-8", "replace"))
    except NotSaved:
        return False
    tree, caller = saved.tree, saved.caller
    check_tree_is_one(list(tree.nodes.values()), tree.nodes)
    for node in tree.nodes.values():
        tree.path_text(node.id)
    assert tree.nodes[caller.admin_node].type == "masteradministrator", "read by somebody who sees a part only"
    again = make_saved(tree, caller, saved.details, saved.read_at)
    assert (again.tree.nodes, again.details, again.caller) == (tree.nodes, saved.details, caller)
    return True
