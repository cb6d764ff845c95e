"""Logins and SSO IDs that pass between people of the two roles (D16): the giver first, or the holder is named."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reconciler.model.hierarchy import Role

from .world import World, id_of, mark

GROUPS = {"technician": "field", "admin": "admins"}


@pytest.fixture
def world() -> World:
    made = World().mapping("field").mapping("admins", role=Role.ADMIN)
    made.both("kim")
    made.both("root", "admins")
    return made


def renamed(world: World, key: str, mail: str, role: str, **said: Any) -> None:
    """Somebody of a role whose node still has their key as login."""
    group = GROUPS[role]
    world.person(key, group, mail=f"{mail}@x.example", upn=f"{key}.upn@x.example")
    world.node(key, said.pop("marker", mark(key, group)), group=group, **said)


@pytest.mark.parametrize(("giver", "taker"), [("admin", "technician"), ("technician", "admin")])
def test_a_login_passes_from_one_role_to_the_other(world: World, giver: str, taker: str) -> None:
    renamed(world, "ann", "bob", taker)
    renamed(world, "bob", "cat", giver)
    made = world.plan()
    assert made.codes == []
    assert [action.subject.login for action in made.plan.actions] == ["bob@x.example", "ann@x.example"]
    assert made.action("ann").depends_on == (made.action("bob").id,)
    world.apply(made.plan.actions)
    assert world.plan("full").verbs == {}


def test_a_ring_through_both_roles_is_blocked_whole(world: World) -> None:
    renamed(world, "ann", "bob", "technician")
    renamed(world, "bob", "ann", "admin")
    made = world.plan()
    assert made.verbs == {}
    assert [code.split()[0] for code in made.codes] == ["blocked_login", "blocked_login"]


@pytest.mark.parametrize("why", ["bad name", "held", "unmarked", "leaving"])
def test_a_giver_of_the_other_role_who_keeps_it_is_named(world: World, why: str) -> None:
    renamed(world, "ann", "bob", "technician")
    match why:
        case "unmarked":
            world.node("bob", group="admins")
        case "leaving":
            world.node("bob", mark("bob", "admins"), group="admins")
        case _:
            renamed(world, "bob", "cat", "admin")
    if why == "bad name":
        world.people["bob"] = world.people["bob"]._replace(name="<")
    elif why == "held":
        world.override(id_of("bob"), "hold")
    made = world.plan()
    assert "ann" not in made.verbs
    assert "blocked_login ann" in made.codes
    assert "held by the administrator bob@x.example (node 1003)" in made.message("blocked_login")


def test_a_login_on_a_second_node_is_not_given_up_by_one(world: World) -> None:
    renamed(world, "ann", "bob", "technician")
    renamed(world, "bob", "cat", "technician")
    world.node("bob", group="field")
    made = world.plan()
    assert made.verbs == {"bob": "update"}
    assert "blocked_login ann" in made.codes


def test_a_newcomer_waits_for_the_address_of_the_other_role(world: World) -> None:
    world.person("ann", "field", mail="bob@x.example")
    renamed(world, "bob", "cat", "admin")
    made = world.plan()
    assert made.verbs == {"bob": "update"}
    assert made.codes == ["both_roles bob"], "no second node is created beside one that is still there"
    world.apply(made.plan.actions)
    assert world.plan().verbs == {"bob": "create"}


def test_an_sso_id_passes_from_one_role_to_the_other() -> None:
    world = World().mapping("field", upn_as_sso_id=True).mapping("admins", role=Role.ADMIN, upn_as_sso_id=True)
    for key, upn, group in (("ann", "bob", "field"), ("bob", "cat", "admins")):
        world.person(key, group, upn=f"{upn}@x.example")
        world.node(key, mark(key, group, sso=f"{key}@x.example"), group=group, sso=f"{key}@x.example")
    made = world.plan()
    assert made.codes == []
    assert made.action("ann").depends_on == (made.action("bob").id,)


def test_D21_whoever_keeps_an_sso_id_is_named_also_without_a_login(world: World) -> None:
    world.mappings[0] = replace(world.mappings[0], upn_as_sso_id=True)
    world.both("ann", marker=mark("ann", sso="old"), sso="old")
    world.person("eve")
    eve = world.node("eve", mark("eve"), login="", sso="ann@x.example", status="Disabled")
    made = world.plan("full")
    assert made.message("duplicate_sso") == (
        f"the SSO ID is held by the disabled technician without a login (node {eve.id}); nothing is written"
    )
