"""Whose logins and SSO IDs are where somebody has several nodes, or a node is not what it was (D12, D15, D21)."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.model.hierarchy import Role
from reconciler.model.plan import Refresh

from .world import World, mark


@pytest.fixture
def sso_world() -> World:
    """Technicians with SSO IDs, and administrators; ann's node has an old SSO ID."""
    world = World().mapping("field", upn_as_sso_id=True).mapping("admins", role=Role.ADMIN)
    world.both("root", "admins")
    world.person("ann", "field").node("ann", mark("ann", sso="before"), sso="before")
    return world


def keeper(world: World) -> None:
    """A technician who has ann's SSO ID and is to have none."""
    world.person("kim", "field", upn="#EXT#").node("kim", mark("kim", sso="x"), sso="ann@x.example")


def administrator(world: World, key: str, marker: Any, **said: Any) -> None:
    """An administrator with ann's SSO ID, linked to a member of the administrators' group."""
    world.person(key, "admins") if key not in world.people else world.members["admins"].append(key)
    world.node(key, marker, group="admins", sso="ann@x.example", **said)


HOLDERS = {
    "her own other node, by its marker": (
        lambda w: administrator(w, "ann", mark("ann", "admins"), login="ann.adm@x.example"),
        True,
    ),
    "her own other node, by its login": (
        lambda w: administrator(w, "eve", mark("eve", "admins"), login="ANN@x.example"),
        True,
    ),
    "another administrator": (lambda w: administrator(w, "eve", mark("eve", "admins")), False),
    "a technician": (keeper, False),
    "her own other node, and a technician": (
        lambda w: (administrator(w, "ann", mark("ann", "admins"), login="ann.adm@x.example"), keeper(w)),
        False,
    ),
}


@pytest.mark.parametrize("holder", HOLDERS)
def test_D21_an_sso_id_may_be_on_two_nodes_of_one_person_and_of_nobody_else(sso_world: World, holder: str) -> None:
    build, may = HOLDERS[holder]
    build(sso_world)
    made = sso_world.plan("full")
    written = [one for one in made.plan.actions if one.role == "technician" and one.subject.login == "ann@x.example"]
    assert [{change.field for change in one.changes} for one in written] == ([{"sso_id", "description"}] if may else [])
    assert ("duplicate_sso ann" in made.codes) == (not may)


SECOND = {
    "has a node there, under another login": lambda w: (
        w.members["admins"].append("ann"),
        w.node("adm", mark("ann", "admins"), group="admins"),
    ),
    "left there, and is enabled there yet": lambda w: w.node("adm", mark("ann", "admins"), group="admins"),
    "is wanted there": lambda w: w.members["admins"].append("ann"),
    "somebody unknown there has the login": lambda w: w.node("adm", group="admins", login="OLD@x.example"),
}


@pytest.mark.parametrize("second", SECOND)
def test_D12_the_login_of_a_technician_stays_where_they_are_somebody_in_the_other_role(second: str) -> None:
    world = World().mapping("field").mapping("admins", role=Role.ADMIN)
    world.both("root", "admins")
    world.person("ann", "field", name="New").node("ann", mark("ann"), login="old@x.example")
    assert world.plan().changes("ann").keys() == {"login", "name"}
    SECOND[second](world)
    made = world.plan()
    written = next(action for action in made.plan.actions if action.subject.login == "old@x.example")
    assert [change.field for change in written.changes if change.field in ("login", "name")] == ["name"]
    assert "both_roles old" in made.codes


@pytest.mark.parametrize("refresh", ["auto", "bulk", "full"])
def test_D15_everybody_whose_node_is_not_what_it_was_is_counted(world: World, refresh: Refresh) -> None:
    for key in ("ann", "bea"):
        world.told[world.both(key, name="Old").id] = None
    made = world.plan(refresh)
    assert (made.codes, made.plan.summary.blocked) == (["reading_moved ann", "reading_moved bea"], 2)
