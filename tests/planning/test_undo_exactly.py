"""How much of an action an undo takes back where something speaks against a part of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.model.directory import UnreadGroup
from reconciler.model.marker import Licence

from .test_undo import disabled, handed_over, leave, ran, seats, undo
from .test_undo_forged import with_before
from .world import World, group_id, id_of, mark


@pytest.fixture
def world(world: World) -> World:
    world.mapping("other")
    world.both("kim")
    return world


def test_a_login_that_is_not_free_stays_and_the_name_goes_back(world: World) -> None:
    world.person("ann", "field", mail="new@x.example", upn="a@x.example", name="Ann New")
    world.node("ann", mark("ann"), name="Ann Old")
    run = ran(world)
    world.node("other", login="ann@x.example")
    world.people["ann"] = world.people["ann"]._replace(name="Ann Old")
    made = undo(world, run)
    assert made.changes("ann") == {"name": ("Ann New", "Ann Old")}
    assert made.left == ["stale ann"]


def test_two_who_swapped_their_logins_wait_for_each_other(world: World) -> None:
    """As Rescue does not know a moment in which both have theirs, neither goes back (D16)."""
    run = {item.subject.entra_id: item for item in handed_over(world)}
    ann = with_before(run[id_of("ann")], login="cat@x.example")
    bob = with_before(run[id_of("bob")], login="bob@x.example")
    made = undo(world, [ann, bob])
    assert made.verbs == {}
    assert [left.message.rpartition(" node ")[2].partition(" ")[2] for left in made.undo.left] == [
        "waits for another login itself"
    ] * 2


def test_whom_the_file_would_only_move_again_stays_where_they_are(world: World) -> None:
    """Somebody had moved her by hand, and the run moved her back: the link is the same before and after."""
    world.person("ann", "field")
    world.node("ann", mark("ann"), group="other")
    run = [item for item in ran(world) if item.subject.entra_id == id_of("ann")]
    assert (run[0].verbs, run[0].changes) == (("move",), ())
    made = undo(world, run)
    assert (made.verbs, made.left) == ({}, ["again ann"])


def test_nobody_is_enabled_whose_licence_the_file_would_take_again(world: World) -> None:
    """What a marker tells something of goes back whole or not at all."""
    world.mappings[0] = replace(world.mappings[0], mobile_license="award")
    world.both("ann", marker=mark("ann", m=Licence.GIVEN), mobile=True)
    leave(world, "ann")
    run = [item for item in ran(world) if item.subject.entra_id == id_of("ann")]
    world.members["field"].append("ann")
    world.mappings[0] = replace(world.mappings[0], mobile_license="release")
    made = undo(world, run)
    assert (made.verbs, made.left) == ({}, ["again ann"])


def test_D17_a_stranger_in_a_group_of_a_frozen_mapping_stays_disabled(world: World) -> None:
    world.settings["unmanaged"] = "disable"
    world.node("uma")
    run = [item for item in ran(world) if item.subject.login == "uma@x.example"]
    assert run[0].verbs == ("disable",)
    world.settings["unmanaged"] = "report"
    assert undo(world, run).verbs == {"uma": "enable"}
    world.unread["field"] = UnreadGroup(group_id("field"), "field", "the group could not be read")
    assert undo(world, run).left == ["unsure uma"]


@pytest.mark.parametrize("result", ["held", "skipped"])
def test_what_a_run_says_it_did_not_try_is_nothing_of_it_also_where_it_shows(world: World, result: str) -> None:
    run = [item.model_copy(update={"outcome": result}) for item in disabled(world)]
    made = undo(world, run)
    assert (made.verbs, made.left) == ({}, [])


def test_whoever_was_moved_back_by_hand_needs_no_more(world: World) -> None:
    world.person("ann", "field")
    world.node("ann", mark("ann"), group="other")
    run = [item for item in ran(world) if item.subject.entra_id == id_of("ann")]
    seat = next(seat for seat in world.seats.values() if seat.login.startswith("ann@"))
    seat.parent = world.place("other")
    before = seats(world)
    made = undo(world, run)
    assert (made.verbs, made.left) == ({}, [])
    assert seats(world) == before


def test_nothing_is_left_of_a_failed_action_of_which_nothing_shows(world: World) -> None:
    world.both("ann", name="Ann Old")
    run = [item.model_copy(update={"outcome": "failed"}) for item in ran(world, applied=False)]
    made = undo(world, run)
    assert (made.verbs, made.left) == ({}, [])


def test_whoever_comes_from_a_group_within_a_group_goes_back_there(world: World) -> None:
    inner = world.group("night", world.place("field"))
    world.mapping("night", node=False, rescue_group=("field", "night"))
    world.both("lee", "night")
    world.both("ann", "night")
    leave(world, "ann", "night")
    world.members["other"].append("ann")
    run = [item for item in ran(world) if item.subject.entra_id == id_of("ann")]
    assert run[0].group.before == "field/night"
    leave(world, "ann", "other")
    world.members["night"].append("ann")
    made = undo(world, run)
    assert made.verbs == {"ann": "move"}
    assert made.action("ann").group_id == inner


def test_whoever_was_created_and_is_disabled_since_needs_no_more(world: World) -> None:
    world.person("new", "field")
    run = ran(world)
    leave(world, "new")
    next(seat for seat in world.seats.values() if seat.login.startswith("new@")).status = "Disabled"
    made = undo(world, run)
    assert (made.verbs, made.left) == ({}, [])


def test_a_link_alone_is_taken_away_again(world: World) -> None:
    world.person("ann", "field")
    world.node("ann")
    run = ran(world)
    assert [(change.field, change.before) for change in run[0].changes] == [("description", "")]
    leave(world, "ann")
    made = undo(world, run)
    assert made.changes("ann") == {"description": (str(mark("ann")), "")}


def test_what_a_run_found_to_be_nothing_may_be_written_as_null(world: World) -> None:
    world.person("ann", "field")
    world.node("ann")
    run = [with_before(item, description=None) for item in ran(world)]
    leave(world, "ann")
    assert undo(world, run).changes("ann") == {"description": (str(mark("ann")), "")}


def test_a_name_goes_back_though_the_file_moves_its_bearer_meanwhile(world: World) -> None:
    world.both("ann", name="Ann Old")
    run = ran(world)
    world.people["ann"] = world.people["ann"]._replace(name="Ann Old")
    leave(world, "ann")
    world.members["other"].append("ann")
    made = undo(world, run)
    assert (made.verbs, made.left) == ({"ann": "update"}, [])


def test_D17_nobody_gets_the_link_of_a_frozen_mapping_back(world: World) -> None:
    world.mapping("third")
    world.both("ann")
    leave(world, "ann")
    world.members["other"].append("ann")
    run = [item for item in ran(world) if item.subject.entra_id == id_of("ann")]
    leave(world, "ann", "other")
    world.members["field"].append("ann")
    assert undo(world, run).left == []
    world.unread["field"] = UnreadGroup(group_id("field"), "field", "the group could not be read")
    assert undo(world, run).left == ["unsure ann"]
