"""A display name is a stranger's text: nothing of it acts in terminal or Markdown, whatever it holds."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import UsageError
from reconciler.model.plan import Change, Edit, Outcomes, Plan
from reconciler.render import json_plan, markdown, text
from reconciler.render.alarm import render_alarm
from reconciler.render.annotations import outcomes_annotations, plan_annotations
from reconciler.render.comment import Links, render_outcomes_comment, render_plan_comment
from reconciler.render.safe import LONGEST, code_block, code_span, padded, quoted, visible, width
from reconciler.render.tree import mermaid_tree

from .plans import an_action, one_of_everything, some_outcomes

HOSTILE = [
    "| a | b |", "`` ` ```", "```\n# head", "<!-- x -->", "</details><script>", "@org/team", "#1", "::error::boom",
    " ::stop-commands::x", "a##[add-mask]b",
    "[x](javascript:alert(1))", "\x1b[31mred", "\x1b]8;;http://evil\x07", "a\u202egnp.exe", "=HYPERLINK(1)",
    "n" * 10_000,    "a\nb\r\nc", "\x00", "\u2028", "\ud800", "&lt;b&gt;", "\\`", " ", "\u2066x\u2069",
]  # fmt: skip
ANYTHING = st.one_of(st.sampled_from(HOSTILE), st.text(st.characters(codec=None), max_size=40))
CONTROLS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def plan_naming(name: str) -> Plan:
    """A plan in which every text that comes from outside is `name`."""
    plan = one_of_everything()
    action = an_action(
        name or "x", "update", place=name, before=name, reason=name,
        changes=(Change(field="name", before=name, after=name), Change(field="login", before="a", after=name)),
    )  # fmt: skip
    loss = an_action(name + "2", "disable", place=name, before=name, reason=name)
    moved = an_action(name + "3", "move", place=f"{name}/to", before=name, reason=name)
    finding = plan.findings[0].model_copy(update={"login": name, "mapping": name, "message": name})
    guards = tuple(guard.model_copy(update={"mapping": name}) for guard in plan.guards)
    edit = Edit(key="k").model_copy(update={"key": f"mappings.{name}", "before": name, "after": f"{name}!"})
    parts = {"actions": (action, loss, moved), "findings": (finding,), "guards": guards, "edits": (edit,)}
    return plan.model_copy(update=parts)


@given(ANYTHING)
def test_terminal_text_holds_no_control_and_as_many_lines_as_for_a_harmless_name(name: str) -> None:
    made = text.render_plan(plan_naming(name), "mappings.yaml")
    assert CONTROLS.search(made) is None
    assert made.count("\n") == text.render_plan(plan_naming("harmless"), "mappings.yaml").count("\n")


@given(ANYTHING)
def test_no_line_of_a_log_is_a_command_of_github(name: str) -> None:
    plan, outcomes = plan_naming(name), outcomes_naming(name)
    shown = [text.render_plan(plan, "f"), text.render_outcomes(outcomes)]
    if not any("\ud800" <= char <= "\udfff" for char in name):  # no JSON text can carry it
        shown.append(json_plan.render_json(outcomes))
    for made in shown:
        assert "##[" not in made
        assert not [line for line in made.splitlines() if line.lstrip().startswith("::")]


@given(ANYTHING)
def test_markdown_keeps_every_name_inside_a_fence_or_a_span(name: str) -> None:
    made = markdown.render_plan(plan_naming(name), "mappings.yaml")
    assert CONTROLS.search(made) is None
    outside = outside_code(made)
    harmless = outside_code(markdown.render_plan(plan_naming("harmless"), "mappings.yaml"))
    assert outside == harmless


def outside_code(made: str) -> str:
    """What GitHub would read as Markdown: without fenced blocks and code spans (CommonMark's rule for both)."""
    kept: list[str] = []
    fence = ""
    for line in made.splitlines():
        if fence:
            if line.strip() == fence:
                fence = ""
            continue
        opened = re.match(r"(`{3,})[a-z]*$", line)
        if opened:
            fence = opened.group(1)
        else:
            kept.append(re.sub(r"(?<!`)(`+)(?!`)(.*?)(?<!`)\1(?!`)", "CODE", line))
    assert fence == ""
    return "\n".join(kept)


@given(ANYTHING)
def test_json_is_ascii_and_gives_the_name_back(name: str) -> None:
    if any("\ud800" <= char <= "\udfff" for char in name):
        return  # no JSON text can carry it; such names never reach a plan (bad_name)
    plan = plan_naming(name)
    made = json_plan.render_json(plan)
    assert made.isascii()
    assert json_plan.read_plan(made, "plan.json") == plan


@given(ANYTHING)
def test_shown_text_is_one_line_of_bounded_length(name: str) -> None:
    assert len(visible(name).splitlines()) <= 1
    assert len(visible(name)) <= LONGEST
    assert "\n" not in quoted(name)


@pytest.mark.parametrize(
    ("name", "span"),
    [("plain", "`plain`"), ("a`b", "``a`b``"), ("``", "``` `` ```"), ("", "` `"), ("\x1b[1m", "`\\x1b[1m`")],
)
def test_code_spans(name: str, span: str) -> None:
    assert code_span(name) == span


def test_a_block_with_a_fence_inside_has_a_longer_one() -> None:
    assert code_block(["````", "x"], "diff").startswith("`````diff\n")


@pytest.mark.parametrize(("value", "shown"), [(None, "(none)"), ("", "(none)"), (True, "yes"), (False, "no")])
def test_values(value: str | bool | None, shown: str) -> None:
    assert quoted(value) == shown


def test_wide_and_combining_characters_are_padded_by_their_columns() -> None:
    assert width("陳e\u0301") == 3
    assert padded("陳", 4) == "陳  "


@pytest.mark.parametrize("broken", ["", "{}", "[]", '{"format_version": "2.0"}', "not json"])
def test_what_is_no_saved_plan_is_refused_by_name(broken: str) -> None:
    with pytest.raises(UsageError, match="x is no saved plan") as refused:
        json_plan.read_plan(broken, "x")
    assert refused.value.exit_code == 2


def test_a_part_of_a_plan_is_refused_as_a_whole_one() -> None:
    part = one_of_everything().model_copy(update={"only": ("desk",)})
    with pytest.raises(UsageError, match=r"x is a part of a plan \(--only\)"):
        json_plan.read_plan(json_plan.render_json(part), "x")


def test_outcomes_are_read_back_and_held_to_the_same() -> None:
    outcomes = some_outcomes()
    assert json_plan.read_outcomes(json_plan.render_json(outcomes), "x") == outcomes
    for wrong in ({"ended_at": "later"}, {"digest": "abc"}):
        with pytest.raises(UsageError, match="x is no file of outcomes"):
            json_plan.read_outcomes(json_plan.render_json(outcomes.model_copy(update=wrong)), "x")


def golden_plan() -> dict[str, Any]:
    return dict(json.loads((Path(__file__).parent.parent / "golden" / "plan.json").read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"made_at": "yesterday"}, "when it was made"),
        ({"made_at": "9999-12-31T00:00:00Z"}, "when it was made"),
        ({"digest": "abc"}, "64 hex digits"),
        ({"edit_digest": "E" * 64}, "64 hex digits"),
        ({"actions": {"verbs": []}}, "does nothing"),
        ({"guards": {"name": "max_removals\n- @team"}}, "a guard has a name"),
        ({"findings": {"code": "[x](y)"}}, "a finding has a code"),
    ],
    ids=["no moment", "the last day", "a short digest", "capitals", "no verb", "a guard", "a finding"],
)
def test_a_plan_that_outputs_could_not_show_safely_is_refused(changes: dict[str, Any], said: str) -> None:
    """Outputs rely on these, and put some of them where nothing is escaped."""
    value = golden_plan()
    for key, change in changes.items():
        if isinstance(change, dict):
            value[key][0] |= change
        else:
            value[key] = change
    with pytest.raises(UsageError, match=said):
        json_plan.read_plan(json.dumps(value), "x")


def test_names_of_a_later_version_are_taken_and_shown() -> None:
    value = golden_plan()
    value["guards"] = [value["guards"][0] | {"name": "max_renames", "passed": False, "measured": 3}]
    value["findings"][0]["code"] = "of_a_later_version"
    plan = json_plan.read_plan(json.dumps(value), "x")
    assert "3 actions of" in render_plan_comment(plan, "mappings.yaml", Links(None, None, None))


@given(ANYTHING)
def test_a_comment_keeps_every_name_inside_a_fence_or_a_span(name: str) -> None:
    with_edit = {"edit_digest": "e" * 64, "stopped": plan_naming(name).actions}
    made, harmless = (
        render_plan_comment(plan_naming(shown).model_copy(update=with_edit), "mappings.yaml", Links())
        for shown in (name, "harmless")
    )
    assert CONTROLS.search(made) is None
    assert without_tree(outside_code(made)) == without_tree(outside_code(harmless))


@given(ANYTHING)
def test_outcomes_and_the_alarm_likewise(name: str) -> None:
    for render in (lambda o: render_outcomes_comment(o, "mappings.yaml", Links()), lambda o: render_alarm(o, "f")):
        made, harmless = (outside_code(render(outcomes_naming(shown))) for shown in (name, "harmless"))
        assert made == harmless


@given(ANYTHING)
def test_the_tree_holds_nothing_but_letters_digits_and_codes_of_a_name(name: str) -> None:
    made = mermaid_tree(plan_naming(name).actions)
    for line in made.splitlines():
        assert re.fullmatch(
            r'```(mermaid)?|flowchart LR|  n\d+\["(?:[^\W_]|[ \w]|#\d+;)*(?: \([+~\-\d ]+\))?"\](:::(loses|gains))?'
            r"|  n\d+ --> n\d+|  classDef (loses|gains) stroke:#[0-9a-f]{6},stroke-width:3px",
            line,
        ), line
        assert "_" not in line


@given(ANYTHING)
def test_an_annotation_is_one_command_whatever_is_in_it(name: str) -> None:
    made = [
        *plan_annotations(plan_naming(name), "mappings.yaml", {name: 3}),
        *outcomes_annotations(outcomes_naming(name), "mappings.yaml", {name: 3}),
    ]
    for line in made:
        assert len(line.splitlines()) == 1
        assert CONTROLS.search(line) is None
        assert re.match(r"::(error|warning|notice) file=mappings\.yaml(,line=\d+)?,title=[^,:]*::", line)
        assert re.search(r"%(?!25)", line.partition("::")[2].partition("::")[2]) is None


def outcomes_naming(name: str) -> Outcomes:
    plan = plan_naming(name)
    some = some_outcomes()
    actions = [
        some.actions[number].model_copy(update={**dict(action), "message": name})
        for number, action in enumerate(plan.actions)
    ]
    return some.model_copy(update={"actions": tuple(actions), "findings": plan.findings, "guards": plan.guards})


def without_tree(made: str) -> str:
    """A name may change how many groups there are, and with more than 30 the tree goes."""
    return made.replace("<details><summary>The groups that change</summary>\n\n\n</details>\n\n", "")
