"""What an action says of somebody: verbs, mapping, whose name, and why, for this is what a reviewer approves (§4)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from reconciler.model.directory import UnreadGroup
from reconciler.model.hierarchy import Role
from reconciler.model.mappings import Retired
from reconciler.model.plan import person_action_id

from .world import World, group_id, id_of, mark

Does = tuple[str, str | None, str, str]
"""Verbs, mapping, name, reason."""
CASES: dict[str, tuple[Callable[[World], Any], Does]] = {}


def does(verbs: str, reason: str, *, mapping: str | None = "field", name: str = "Ann") -> Callable[[Any], Any]:
    """The one action of ann, on her node 1001 where she has one."""

    def add(case: Callable[[World], Any]) -> Callable[[World], Any]:
        CASES[case.__name__.replace("_", " ")] = case, (verbs, mapping, name, reason)
        return case

    return add


@does("create", "direct member of field")
def a_joiner(world: World) -> None:
    world.person("ann", "field")


@does("create", "member of field > inner")
def a_joiner_of_a_nested_group(world: World) -> None:
    world.mappings.clear()
    world.mapping("field", node=False, nested="flatten").nest("field", "inner").person("ann", "inner")


@does("create", "included until 2026-11-22 by an override (line 90)")
def somebody_included(world: World) -> None:
    world.person("ann").override(id_of("ann"), "include", mapping="field")


@does("adopt update", "direct member of field", name="Ann New")
def somebody_met(world: World) -> None:
    world.person("ann", "field", name="Ann New").node("ann", name="Ann Old")


@does("adopt disable", "account disabled in Entra", name="Ann New")
def somebody_met_who_is_disabled_in_entra(world: World) -> None:
    world.person("ann", "field", name="Ann New", enabled=False).node("ann", name="Ann Old")


@does("adopt enable update", f"direct member of field; was {id_of('old')}, who is gone", name="Ann New")
def somebody_back_with_a_new_object_id(world: World) -> None:
    world.person("ann", "field", name="Ann New")
    world.node("ann", mark("old", off=True), name="Ann Old", status="Disabled")


@does("update", "direct member of field", name="Ann New")
def somebody_with_a_new_name(world: World) -> None:
    world.both("ann", name="Ann Old")
    world.people["ann"] = world.people["ann"]._replace(name="Ann New")


@does("move", "direct member of desk", mapping="desk")
def somebody_who_changed_groups(world: World) -> None:
    world.mapping("desk").person("ann", "desk").node("ann", mark("ann"))


@does("enable", "direct member of field")
def somebody_who_is_back(world: World) -> None:
    world.both("ann", marker=mark("ann", off=True), status="Disabled")


@does("enable", "enabled in Entra; where they belong is not decided", name="Ann Old")
def somebody_back_whom_two_mappings_want_in_different_ways(world: World) -> None:
    world.mapping("desk").person("ann", "field", "desk", name="Ann New")
    world.node("ann", mark("ann", off=True), status="Disabled", name="Ann \t Old")


@does("disable", "left field", name="Ann Old")
def a_leaver(world: World) -> None:
    world.person("ann", name="Ann New").node("ann", mark("ann"), name=" Ann  Old")


@does("disable", "account no longer exists in Entra")
def somebody_gone(world: World) -> None:
    world.node("ann", mark("ann"))


@does("disable", "account no longer exists in Entra", mapping=None)
def somebody_gone_whose_mapping_left_the_file(world: World) -> None:
    world.node("ann", mark("ann", "lost"))


@does("disable", "account no longer exists in Entra", mapping="lost")
def somebody_gone_whose_mapping_is_frozen(world: World) -> None:
    world.mapping("lost").unread["lost"] = UnreadGroup(group_id("lost"), "lost", "429")
    world.node("ann", mark("ann", "lost"))


@does("disable", "excluded until 2026-11-22 by an override (line 90)")
def somebody_excluded(world: World) -> None:
    world.both("ann")
    world.override("ann@x.example")


@does("disable", "a guest, and guests are skipped")
def a_guest_in_a_group(world: World) -> None:
    world.both("ann")
    world.people["ann"] = world.people["ann"]._replace(guest=True)


@does("disable", f"the Entra group {group_id('old')} is retired (line 70)", mapping=None)
def somebody_of_a_retired_mapping(world: World) -> None:
    world.retired.append(Retired(group_id("old"), "disable", 70))
    world.person("ann").node("ann", mark("ann", "old"))


@does("update", "account disabled in Entra")
def somebody_disabled_who_gives_the_licence_back(world: World) -> None:
    world.person("ann", "field", enabled=False).node("ann", mark("ann"), status="Disabled", mobile=True)


@does("update", "direct member of field")
def an_administrator(world: World) -> None:
    world.mappings.clear()
    world.group_nodes.clear()
    world.seats.clear()
    world.mapping("field", role=Role.ADMIN).both("kim")
    world.both("ann", name="Old")


@pytest.mark.parametrize("name", CASES)
def test_an_action(world: World, name: str) -> None:
    case, expected = CASES[name]
    world.both("kim")
    case(world)
    action = world.plan("full").action("ann") if "ann" in world.people else world.plan("full").plan.actions[0]
    mapping = next((one for one in world.mappings if one.name == action.mapping), None)
    assert (" ".join(action.verbs), action.mapping, action.subject.name, action.reason) == expected
    assert action.subject.login == "ann@x.example"
    assert action.line == (mapping.line if mapping else None)
    assert action.subject.node_id == (None if "create" in action.verbs else 1001)
    assert action.id == person_action_id(action.role, id_of("ann"), action.subject.node_id)
