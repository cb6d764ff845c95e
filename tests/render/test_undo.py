"""What an undo leaves as it is, in the terminal: what needs a look first, and no name that acts."""

from __future__ import annotations

from reconciler.model.plan import ActionOutcome
from reconciler.model.undo import Left, Undo, Why
from reconciler.render.undo import render_left

from .plans import an_action, nothing_to_do


def left(login: str, why: Why, message: str = "so it is") -> Left:
    action = an_action(login, "update", "move")
    return Left(ActionOutcome(**action.model_dump(), outcome="done", message=""), why, message)


def test_nothing_left_is_nothing_said() -> None:
    assert render_left([]) == ""


def test_what_needs_a_look_comes_before_what_no_undo_takes_back() -> None:
    shown = render_left(
        [left("a@x.example", "stays"), left("c@x.example", "stale"), left("b@x.example", "again"), left("a@x", "stale")]
    )
    assert shown == (
        "\nNot undone\n"
        "  ! again  update+move b@x.example: so it is\n"
        "  ! stale  update+move a@x: so it is\n"
        "  ! stale  update+move c@x.example: so it is\n"
        "  i stays  update+move a@x.example: so it is\n"
    )


def test_a_name_is_one_line_and_no_command() -> None:
    shown = render_left([left("a\x1b[2J\n::error::@x.example", "stale", "b\r\nc")])
    assert len(shown.splitlines()) == 3
    assert "\x1b" not in shown


def test_an_undo_is_whole_where_all_that_is_left_stays_anyway() -> None:
    plan = nothing_to_do()
    assert Undo(plan, ()).whole
    assert Undo(plan, (left("a@x.example", "stays"),)).whole
    assert not Undo(plan, (left("a@x.example", "stays"), left("b@x.example", "unsure"))).whole
