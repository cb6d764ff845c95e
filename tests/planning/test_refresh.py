"""Whom getUser is asked about with each `--refresh`, counted person by person (D4)."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.model.directory import UnreadGroup
from reconciler.model.hierarchy import NodeType, Role
from reconciler.model.plan import Refresh

from .world import ADMINISTRATORS, World, group_id, mark


def upn(key: str) -> str:
    return f"{key}@x.example"


def company(**settings: Any) -> World:
    """One person for every way to be in Rescue; keys say which."""
    world = World(settings=settings).mapping("field", upn_as_sso_id=True).mapping("frost", upn_as_sso_id=True)
    world.group("elsewhere")
    world.mapping("boss", role=Role.ADMIN, node=False)
    world.group("boss", ADMINISTRATORS, NodeType.ADMINISTRATOR_GROUP)
    world.unread["frost"] = UnreadGroup(group_id("frost"), "frost", "429")

    def node(key: str, *groups: str, marker: Any = None, person: Any = None, **said: Any) -> None:
        if person is not False:
            world.person(key, *groups, **(person or {}))
        world.node(key, marker, sso=said.pop("sso", upn(key)), **said)

    def ours(key: str, group: str = "field") -> Any:
        return mark(key, group, sso=upn(key))

    node("sync", "field", marker=ours("sync"))
    node("drift", "field", marker=ours("drift"), sso="changed by hand")
    node("name", "field", marker=ours("name"), person={"name": "Other Name"})
    node("print", "field", marker=mark("print", sso="former"))
    node("moves", "field", marker=ours("moves"), group="elsewhere")
    node("leaver", marker=ours("leaver"))
    node("left", marker=ours("left")._replace(off=True), status="Disabled")
    node("adopt", "field")
    node("holder", marker=None, person=False)
    node("blocked", "field", marker=ours("blocked"), person={"mail": upn("holder")})
    node("kept", "field", marker=ours("kept"), status="Disabled")
    node("cold", marker=ours("cold", "frost"))
    node("orphan", marker=ours("orphan", "old"))
    node("foreign", "field", marker=mark("foreign", owner="beef"))
    node("stray", person=False)
    node("chief", "boss", marker=mark("chief", "boss"), group="boss", type=NodeType.ADMINISTRATOR, sso="")
    world.person("new", "field")
    return world


WRITTEN = {"name", "print", "moves", "leaver", "adopt"}
OURS = {"sync", "drift", "name", "print", "moves", "leaver", "left", "blocked", "kept", "cold", "orphan", "chief"}


def asked(world: World, refresh: Refresh) -> tuple[set[str], dict[str, str]]:
    made = world.plan(refresh)
    return {world.seats[id_].login.partition("@")[0] for id_ in made.asked_for("details")}, made.verbs


@pytest.mark.parametrize(
    ("refresh", "expected", "more"),
    [
        ("bulk", WRITTEN, {}),
        ("auto", WRITTEN | {"blocked"}, {}),
        ("full", OURS | {"adopt"}, {"drift": "update"}),
    ],
)
def test_whom_it_asks_about(refresh: Refresh, expected: set[str], more: dict[str, str]) -> None:
    found, verbs = asked(company(), refresh)
    assert found == expected
    assert verbs == {
        "name": "update",
        "print": "update",
        "moves": "move",
        "leaver": "disable",
        "adopt": "adopt",
        "new": "create",
        **more,
    }


@pytest.mark.parametrize("refresh", ["auto", "bulk"])
def test_nobody_is_asked_about_who_is_only_reported(refresh: Refresh) -> None:
    assert "adopt" not in asked(company(adopt="never"), refresh)[0]


def test_a_plan_says_how_it_was_made() -> None:
    world = company()
    assert [world.plan(refresh).plan.sso_verified for refresh in ("auto", "full", "bulk")] == ["auto", "full", "bulk"]


@pytest.mark.parametrize("refresh", ["auto", "bulk"])
def test_with_nothing_to_change_nobody_is_asked_about(refresh: Refresh) -> None:
    world = World().mapping("field", upn_as_sso_id=True)
    for key in ("ann", "kim"):
        world.both(key, marker=mark(key, sso=upn(key)), sso="changed by hand")
    made = world.plan(refresh)
    assert (made.verbs, made.asked) == ({}, [])
