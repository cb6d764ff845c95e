"""People linked by a marker whom no rule about names or logins stops: kept up, held, leaving, undecided (D8, D11)."""

from __future__ import annotations

import pytest

from reconciler.model.hierarchy import Role

from .world import World, group_id, id_of, mark


def test_everybody_held_who_is_in_sync_counts_as_unchanged(world: World) -> None:
    world.protected = ("*@x.example",)
    for key in ("ann", "bea", "cat"):
        world.both(key)
    made = world.plan("full")
    assert (made.codes, made.plan.summary.unchanged) == ([], 3)


@pytest.mark.parametrize("state", ["frozen", "healthy"])
def test_D12_a_leaving_administrator_is_disabled_whatever_mapping_of_technicians_may_have_them(state: str) -> None:
    world = World().mapping("admins", role=Role.ADMIN).mapping("field", node=state == "healthy")
    world.both("root", "admins")
    world.person("ann", "field").node("ann", mark("ann", "admins"), group="admins")
    made = world.plan()
    assert made.verbs == {"ann": "disable"}
    assert ("frozen field" in made.codes) == (state == "frozen")


def test_D11_of_undecided_people_who_are_back_the_better_mapping_comes_first_to_the_seats() -> None:
    world = World(technician_seats=1)
    for name, priority in (("field", 2), ("desk", 2), ("depot", 1), ("yard", 1)):
        world.mapping(name, priority=priority)
    for key, groups in (("ann", ("field", "desk")), ("zoe", ("depot", "yard"))):
        world.person(key, *groups).node(key, mark(key, groups[0], off=True), group=groups[0], status="Disabled")
    made = world.plan()
    assert made.verbs == {"zoe": "enable"}
    assert [(f.login, f.mapping) for f in made.plan.findings if f.code == "no_seat"] == [("ann@x.example", "field")]


def test_D7_whoever_is_marked_for_a_retired_group_that_a_living_mapping_has_is_the_mappings(world: World) -> None:
    """`replaces` on a living mapping makes the old markers its own."""
    world.mappings.clear()
    world.mapping("field", node=False, replaces=(group_id("old"),)).both("kim")
    world.both("ann", marker=mark("ann", "old"))
    made = world.plan()
    assert (made.verbs, made.action("ann").mapping) == ({"ann": "update"}, "field")
    assert made.changes("ann").keys() == {"description"}
    assert id_of("ann") == made.action("ann").subject.entra_id


def test_D4_whoever_has_two_nodes_and_is_in_sync_is_not_asked_for(world: World) -> None:
    world.both("kim")
    world.both("ann")
    world.node("bob", mark("ann"))
    made = world.plan()
    assert (made.codes, made.asked, made.plan.summary.unchanged) == (["marker_twice ann"], [], 2)


def test_D3_of_two_nodes_with_the_wanted_login_neither_is_in_sync(world: World) -> None:
    world.both("ann")
    world.node("bob", mark("ann"), login="ANN@x.example", name="Ann")
    made = world.plan()
    assert (made.plan.actions, made.asked, made.plan.summary.unchanged) == ((), [], 0)


def test_D4_a_full_refresh_sees_the_sso_id_of_somebody_with_two_nodes() -> None:
    world = World().mapping("field", upn_as_sso_id=True)
    world.both("ann", marker=mark("ann", sso="ann@x.example"), sso="by hand")
    world.node("bob", mark("ann", sso="ann@x.example"))
    assert world.plan("auto").verbs == {}
    assert world.plan("full").changes("ann") == {"sso_id": ("by hand", "ann@x.example")}


def test_everybody_is_counted_whom_a_full_refresh_shows_in_sync_or_a_person_disabled(world: World) -> None:
    for key in ("ann", "bea", "cat"):
        world.both(key)
    for key in ("dot", "eve"):
        world.both(key, status="Disabled")
    made = world.plan("full")
    assert (made.plan.summary.unchanged, made.plan.summary.kept_disabled) == (3, 2)
