"""Outcomes that no run can have written take nothing back, and say what is wrong with them."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.model.plan import ActionOutcome, Change

from .test_undo import leave, ran, undo
from .world import World, mark


def with_before(action: ActionOutcome, **before: Any) -> ActionOutcome:
    """The action, but for what it says of the time before the run."""
    changes = [
        change.model_copy(update={"before": before[change.field]}) if change.field in before else change
        for change in action.changes
    ]
    return action.model_copy(update={"changes": tuple(changes)})


def disabled(world: World) -> ActionOutcome:
    """A leaver whom the run disabled, and who is back in the group."""
    world.both("kim")
    world.both("ann")
    leave(world, "ann")
    run = ran(world)
    world.members["field"].append("ann")
    return run[0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"{mark('ann')} {mark('kim')}", "with two different markers"),
        (str(mark("ann")._replace(owner="ffff")), "linked by another owner, ffff"),
        ("hired 2019", "enabled, and not linked to anybody"),
        (str(mark("old")), "linked to somebody else, though nobody was hired again"),
        (str(mark("old", off=True)), "linked to somebody else, though nobody was hired again"),
    ],
    ids=["two markers", "another owner", "no marker", "somebody else", "somebody else, off"],
)
def test_nobody_goes_back_to_what_they_were_not(world: World, text: str, message: str) -> None:
    made = undo(world, [with_before(disabled(world), description=text)])
    assert (made.verbs, made.left) == ({}, ["kept ann"])
    assert made.message("kept") == f"no run can have found them as the outcomes say: {message}"


def test_the_text_beside_the_link_goes_back_to_whatever_it_was(world: World) -> None:
    made = undo(world, [with_before(disabled(world), description=f"hired 2019 {mark('ann')}")])
    assert made.verbs == {"ann": "enable"}
    assert made.changes("ann")["description"][1] == f"hired 2019 {mark('ann')}"


def test_nobody_is_linked_whom_nothing_links(world: World) -> None:
    world.settings["unmanaged"] = "disable"
    world.both("kim")
    world.node("uma")
    run = [item for item in ran(world) if item.subject.login == "uma@x.example"]
    said = Change(field="description", before=str(mark("ann")), after="")
    world.settings["unmanaged"] = "report"
    world.person("ann", "field")
    made = undo(world, [run[0].model_copy(update={"changes": (*run[0].changes, said)})])
    assert (made.verbs, made.left) == ({}, ["kept uma"])
    assert made.message("kept").endswith("say: linked, though no run takes a link away")


def rehired(world: World) -> ActionOutcome:
    world.both("kim")
    world.person("ann", "field")
    world.node("ann", mark("old", off=True), status="Disabled")
    run = ran(world)
    assert run[0].rehires
    leave(world, "ann")
    return run[0]


@pytest.mark.parametrize(
    ("before", "message"),
    [
        (mark("old"), "linked to somebody else, though nobody was hired again"),
        (mark("kim", off=True), "linked to somebody who has node {kim}"),
    ],
    ids=["whoever was enabled", "whoever has a node"],
)
def test_a_rehire_gives_the_node_back_to_nobody_but_who_had_it(world: World, before: Any, message: str) -> None:
    made = undo(world, [with_before(rehired(world), description=str(before))])
    kim = next(id for id, seat in world.seats.items() if seat.login.startswith("kim"))
    assert (made.verbs, made.left) == ({}, ["kept ann", "stays ann"])
    assert made.message("kept").endswith(": " + message.format(kim=kim))


def test_two_actions_about_one_person_take_nothing_back(world: World) -> None:
    one = disabled(world)
    made = undo(world, [one, with_before(one, mobile_license=True).model_copy(update={"id": "0" * 16})])
    assert (made.verbs, made.left) == ({}, ["kept ann", "kept ann"])
    assert made.message("kept").endswith(": in two ways")
