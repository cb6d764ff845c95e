"""The tree, read again before people are placed: groups and records that went (D15)."""

from __future__ import annotations

import pytest

from reconciler.apply.checks import missing_records
from reconciler.errors import TargetRefused
from reconciler.model.hierarchy import Tree

from .rescue_double import DEAD, DESK, DOWN, FIELD, TOP, Rescue, act, carry_out, create, message, person, results


def test_a_missing_group_stops_the_placing_of_that_stage_only() -> None:
    planned = Rescue(*(person(node) for node in (5, 6, 7)))
    rescue = Rescue(*(person(node) for node in (5, 6, 7)), groups={DESK: "Desk"})
    run = carry_out(
        rescue,
        act(5, "update", name="X"),
        act(6, "move", to=FIELD),
        act(7, "enable", enabled=True),
        create("n@x.example"),
        planned=planned,
    )
    assert results(run) == ["done", "skipped", "done", "skipped"]
    assert message(run, 1) == "the tree read again lacks the group Field"
    assert rescue.writes == ["set 5", "set 7"]


def test_every_missing_group_is_named() -> None:
    planned = Rescue(person(5), groups={DESK: "Desk", FIELD: "Field", 40: "Shop"})
    rescue = Rescue(person(5), groups={DESK: "Desk"})
    run = carry_out(rescue, act(5, "move", to=FIELD), planned=planned)
    assert message(run) == "the tree read again lacks the group Field, Shop"


def test_a_missing_group_without_a_path_is_named_by_its_node() -> None:
    tree = Rescue().fetch_tree()
    rest = Tree(node for node in tree.nodes.values() if node.id not in (TOP, DESK, FIELD))
    assert missing_records(tree, rest) == "the tree read again lacks the group 2, Desk, Field"


def test_records_that_went_stop_the_placing() -> None:
    planned = Rescue(*(person(node) for node in (5, 6, 7)))
    rescue = Rescue(person(5))
    run = carry_out(rescue, act(5, "move", to=FIELD), create("n@x.example"), planned=planned)
    assert results(run) == ["skipped", "skipped"]
    assert message(run) == "the tree read again lacks 2 records"


def test_a_group_that_vanishes_between_two_stages() -> None:
    rescue = Rescue(person(5))
    rescue.on["tree"] = [None, None, lambda: rescue.groups.pop(FIELD)]
    run = carry_out(rescue, act(5, "move", to=FIELD), create("n@x.example"))
    assert results(run) == ["done", "skipped"]
    assert rescue.writes == ["move 5 30"]


def test_records_that_came_are_no_trouble() -> None:
    planned = Rescue(person(5))
    rescue = Rescue(person(5), person(6))
    assert results(carry_out(rescue, act(5, "move", to=FIELD), create("n@x.example"), planned=planned)) == ["done"] * 2


def test_a_group_of_another_name_is_not_the_group_of_the_plan() -> None:
    planned = Rescue(person(5))
    rescue = Rescue(person(5), groups={DESK: "Desk", FIELD: "Outdoors"})
    run = carry_out(
        rescue, act(5, "move", to=FIELD), create("a@x.example"), create("b@x.example", to=FIELD), planned=planned
    )
    assert results(run) == ["stale", "done", "stale"]
    assert message(run) == "the group Field is not what and where it was when the plan was made"


def test_somebody_moved_by_hand_is_not_moved_back() -> None:
    planned = Rescue(person(5))
    rescue = Rescue(person(5))
    rescue.parents[5] = FIELD
    run = carry_out(rescue, act(5, "move", to=FIELD), planned=planned)
    assert results(run) == ["stale"]
    assert message(run) == "moved to another group since the plan was made"
    assert rescue.writes == []


@pytest.mark.parametrize("trouble", [DOWN, DEAD, TargetRefused("", "getHierarchy: HTTP 404")])
def test_a_tree_that_cannot_be_read_again_ends_the_run(trouble: Exception) -> None:
    rescue = Rescue(person(5), person(6))
    rescue.on["tree"] = [None, trouble]
    run = carry_out(rescue, act(5, "move", to=FIELD), act(6, "enable", enabled=True))
    assert results(run) == ["skipped", "skipped"]
    assert message(run) == f"not tried: the tree could not be read again: {trouble}"
    assert run.fatal is trouble
    assert rescue.writes == []
