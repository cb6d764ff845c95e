"""The last reading corrects what was reported done (D20)."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.apply.checks import compare_result
from reconciler.model.plan import Action, ActionOutcome

from .rescue_double import DESK, FIELD, GROUP_MARK, TOP, Rescue, act, create, make_group, mark, person


def done(action: Action, outcome: str = "done") -> ActionOutcome:
    return ActionOutcome(
        **{name: getattr(action, name) for name in Action.model_fields},
        outcome=outcome,  # type: ignore[arg-type]
        message="",
    )


@pytest.mark.parametrize(
    ("action", "stored", "words"),
    [
        (act(5, "update", name="New Name"), {"name": "NEW NAME"}, "server stored the name 'NEW NAME'"),
        (act(5, "update", login="q@x.example"), {}, "server stored the login 'p5@x.example'"),
        (act(5, "disable", enabled=False), {}, "server stored the status Offline"),
        (act(5, "adopt", description=mark(5)), {"description": "cut"}, "server stored the description 'cut'"),
        (act(5, "move", to=FIELD), {}, "the person is not in the group"),
        (act(6, "update", name="X"), {}, "the final reading does not show this person"),
        (act(5, "update", name="X"), {"type": "administrator"}, "the final reading does not show this person"),
        (create("n@x.example"), {}, "the final reading does not show this person"),
        (
            create("p5@x.example", to=FIELD),
            {"name": "P5@X.Example", "description": mark(1)},
            "the person is not in the group",
        ),
        (create("p5@x.example"), {"type": "administrator"}, "the final reading does not show this person"),
        (
            act(5, "update", "move", to=FIELD, name="New Name"),
            {},
            "server stored the name 'Name 5'; the person is not in the group",
        ),
    ],
)
def test_the_last_reading_corrects_what_was_reported_done(action: Action, stored: dict[str, Any], words: str) -> None:
    rescue = Rescue(person(5)._replace(**stored))
    assert compare_result([done(action)], rescue.fetch_tree()) == {action.id: words}


def test_every_outcome_is_looked_at_whatever_stands_before_it() -> None:
    rescue = Rescue(person(5), person(6), groups={DESK: "Desk", FIELD: "Field", 77: "Day"})
    outcomes = [
        done(act(4, "update", name="X"), "failed"),
        done(make_group("Night", -1)).model_copy(update={"group_id": 77, "parent_id": TOP}),
        done(act(5, "update", name="Name 5")),
        done(act(6, "update", name="X")),
    ]
    assert compare_result(outcomes, rescue.fetch_tree()) == {
        "Night": "server stored the name 'Day'; server stored the description ''",
        "id6": "server stored the name 'Name 6'",
    }


def test_only_whoever_was_to_be_placed_is_missed_elsewhere() -> None:
    """Somebody who was moved by hand after their update is the next plan's matter."""
    action = act(5, "update", to=FIELD, name="Name 5")
    assert compare_result([done(action)], Rescue(person(5)).fetch_tree()) == {}


def test_a_group_that_the_last_reading_does_not_show_or_shows_as_somebody() -> None:
    made = done(make_group("Night", -1)).model_copy(update={"group_id": 77})
    for rescue in (Rescue(), Rescue(person(77))):
        assert "does not show this group" in compare_result([made], rescue.fetch_tree())["Night"]


def test_a_group_that_the_last_reading_shows_without_its_marker() -> None:
    rescue = Rescue()
    made = done(make_group("Desk", -1, TOP)).model_copy(update={"group_id": DESK, "parent_id": TOP})
    assert compare_result([made], rescue.fetch_tree()) == {"Desk": "server stored the description ''"}
    rescue.records[DESK] = rescue.records[DESK]._replace(description=f"night shift {GROUP_MARK}")
    assert compare_result([made], rescue.fetch_tree()) == {}


@pytest.mark.parametrize("outcome", ["failed", "skipped", "stale", "unknown", "held"])
def test_the_last_reading_corrects_nothing_else(outcome: str) -> None:
    assert compare_result([done(act(6, "update", name="X"), outcome)], Rescue().fetch_tree()) == {}


def test_the_last_reading_agrees_under_the_comparison() -> None:
    rescue = Rescue(person(5, name="New  Name ", login="Q@x.example", description=f" {mark(5)}", status="Away"))
    actions = [
        act(5, "update", name="New Name", login="q@X.example", description=mark(5), enabled=True),
        act(5, "create", login="q@x.example", name="New Name", sso_id="not shown", key="other"),
    ]
    assert compare_result([done(action) for action in actions], rescue.fetch_tree()) == {}
