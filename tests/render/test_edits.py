"""What an edit edits, does and stops, in every output: told apart from what is pending, and no text in it acts."""

from __future__ import annotations

import json
from io import BytesIO
from zipfile import ZipFile

import pytest
from hypothesis import given

from reconciler.model.plan import Edit, Plan
from reconciler.render import excel, json_plan, markdown, text
from reconciler.render.comment import Links, render_plan_comment
from reconciler.render.edits import edit_words
from reconciler.render.mask import Masker

from .plans import an_action, an_edit, one_of_everything, some_outcomes
from .test_hostile_names import ANYTHING, CONTROLS


def naming(name: str) -> Plan:
    """An edit in which every text that comes from outside is `name`."""
    stopped = an_action(name or "x", "disable", place=name, before=name, reason=name, line=None)
    return an_edit().model_copy(
        update={
            "edits": (
                Edit(key=f"mappings.{name}.priority", before=1, after=2),
                Edit(key=f"mappings.{name}", after=name or "x"),
                Edit(key="protected", before=name or "x"),
                Edit(key="mappings.a.rescue_group", before=name, after=name + "2", people=4),
            ),
            "stopped": (stopped.model_copy(update={"origin": "edit"}),),
        }
    )


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (Edit(key="settings.use_upn_as_email", before=False, after=True, people=61),
         "settings.use_upn_as_email: false -> true, affects 61 people"),
        (Edit(key="guards.max_moves", before="off", after=3, people=1), "guards.max_moves: off -> 3, affects 1 person"),
        (Edit(key="rescue.mobile_seats", after=0), "rescue.mobile_seats: added: 0"),
        (Edit(key="rescue.mobile_seats", before=5), "rescue.mobile_seats: removed, was 5"),
        (Edit(key="mappings.a.permissions_from"), "mappings.a.permissions_from: added: null"),
        (Edit(key="mappings.a.replaces", before="", after="x" * 200), f'mappings.a.replaces: "" -> {"x" * 79}…'),
    ],
    ids=["a switch", "one person", "a new key", "a key gone", "a new key without a value", "a long value"],
)  # fmt: skip
def test_words_of_an_edit(edit: Edit, told: str) -> None:
    assert edit_words(edit) == told


def test_the_edited_keys_come_first_then_the_edits_actions_then_what_it_stops_then_what_is_pending() -> None:
    shown = text.render_plan(an_edit(), "mappings.yaml")
    marks = [
        "Edited keys", "settings.use_upn_as_email: false -> true, affects 3 people", "This edit makes 2 changes:",
        "new@contoso.example", "This edit stops 1 change", "kept@contoso.example", "Pending anyway:",
        "moved@contoso.example", "Findings", "Edit digest: " + "e" * 64,
    ]  # fmt: skip
    places = [shown.index(mark) for mark in marks]
    assert places == sorted(places)
    page = markdown.render_plan(an_edit(), "mappings.yaml")
    assert page.index("4 edited keys") < page.index("Loses access") < page.index("This edit makes")
    assert page.index("This edit makes") < page.index("This edit stops") < page.index("Pending anyway")


def test_an_edit_that_changes_nothing_says_so() -> None:
    plan = an_edit()
    pending = tuple(action.model_copy(update={"origin": "pending"}) for action in plan.actions)
    quiet = plan.model_copy(update={"actions": pending, "stopped": (), "edits": ()})
    for shown in (text.render_plan(quiet, "f"), markdown.render_plan(quiet, "f")):
        assert "This edit by itself changes nothing in Rescue" in shown
        assert "Pending anyway" in shown


def test_an_edit_that_is_all_there_is_leaves_nothing_pending() -> None:
    plan = an_edit()
    own = tuple(action.model_copy(update={"origin": "edit"}) for action in plan.actions)
    for shown in (
        text.render_plan(plan.model_copy(update={"actions": own}), "f"),
        markdown.render_plan(plan.model_copy(update={"actions": own}), "f"),
    ):
        assert "This edit makes 7 changes" in shown
        assert "Pending anyway" not in shown


def test_many_edited_keys_are_folded() -> None:
    edits = tuple(Edit(key=f"mappings.m{number}.priority", before=1, after=2) for number in range(13))
    few, many = (markdown.render_plan(an_edit().model_copy(update={"edits": some}), "f") for some in (edits[1:], edits))
    assert "**12 edited keys**" in few
    assert "<details><summary>13 edited keys</summary>" in many


def test_several_keys_that_may_be_the_cause_are_told_of_together() -> None:
    plan = an_edit()
    edits = tuple(edit.model_copy(update={"people": None}) for edit in plan.edits)
    shown = text.render_plan(plan.model_copy(update={"edits": edits}), "f")
    assert "  together: affects 1 person\n" in shown


def test_without_a_base_nothing_speaks_of_an_edit() -> None:
    plan = one_of_everything()
    for shown in (
        text.render_plan(plan, "f"),
        markdown.render_plan(plan, "f"),
        render_plan_comment(plan, "f", Links()),
    ):
        assert "edit" not in shown.lower().replace("credit", "")


def test_readings_of_another_time_are_named_as_such() -> None:
    plan = an_edit()
    for shown in (
        text.render_plan(plan, "f"),
        markdown.render_plan(plan, "f"),
        render_plan_comment(plan, "f", Links()),
    ):
        assert "2026-11-22T18:30:00Z" in shown


def test_the_comment_has_the_edited_keys() -> None:
    assert "settings.use_upn_as_email: false -> true, affects 3 people" in render_plan_comment(an_edit(), "f", Links())


def cells(made: bytes) -> str:
    with ZipFile(BytesIO(made)) as book:
        return book.read("xl/sharedStrings.xml").decode()


def test_the_workbook_has_the_origin_as_its_last_column_only_where_there_is_a_base() -> None:
    with_base, without = cells(excel.render_plan(an_edit(), "f")), cells(excel.render_plan(one_of_everything(), "f"))
    assert ">origin<" in with_base
    assert with_base.index(">rule number<") < with_base.index(">origin<")
    assert ">pending<" in with_base
    assert "stopped: disable" in with_base
    assert "settings.use_upn_as_email" in with_base
    assert ">origin<" not in without
    outcomes = some_outcomes().model_copy(update={"edit_digest": "e" * 64})
    told = cells(excel.render_outcomes(outcomes))
    assert told.index(">message<") < told.index(">origin<")


def test_masked_edits_name_nobody() -> None:
    masked = Masker().plan(an_edit())
    shown = text.render_plan(masked, "f") + json.dumps(masked.model_dump()["edits"])
    assert "root@" not in shown
    assert "r***@contoso.example" in shown


def test_an_edit_read_back_is_the_edit() -> None:
    assert json_plan.read_plan(json_plan.render_json(an_edit()), "plan.json") == an_edit()


@given(ANYTHING)
def test_no_text_in_an_edit_acts_in_terminal_log_or_markdown(name: str) -> None:
    harmless = naming("harmless")
    for render in (
        lambda plan: text.render_plan(plan, "f"),
        lambda plan: markdown.render_plan(plan, "f"),
        lambda plan: render_plan_comment(plan, "f", Links()),
    ):
        made = render(naming(name))
        assert CONTROLS.search(made) is None
        assert "##[" not in made
        assert made.count("\n") == render(harmless).count("\n")
        assert not [line for line in made.splitlines() if line.lstrip().startswith("::")]
