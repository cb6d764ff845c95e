"""One person and two roles (D12), to the word: who is told what, and who is written all the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from reconciler.model.directory import UnreadGroup
from reconciler.model.hierarchy import Role
from reconciler.model.mappings import Retired

from .world import Outcome, World, group_id, id_of, mark

TECHNICIAN_NODE, ADMIN_NODE = 2001, 2002


@pytest.fixture
def world() -> World:
    """Somebody in sync in each role."""
    made = World().mapping("field").mapping("admins", role=Role.ADMIN)
    made.both("kim", "field")
    made.both("root", "admins")
    return made


def technician(world: World, marker: Any = None, **said: Any) -> None:
    world.node("ann", marker, id=TECHNICIAN_NODE, **said)


def admin(world: World, marker: Any = None, **said: Any) -> None:
    world.node("ann", marker, group="admins", id=ADMIN_NODE, **said)


def told(made: Outcome) -> list[tuple[str, str | None, str | None, str]]:
    return [(f.code, f.mapping, f.login, f.message) for f in made.plan.findings]


ELSEWHERE: dict[str, tuple[Callable[[World], Any], list[tuple[str, str | None, str | None, str]]]] = {
    "a technician to be administrator": (
        lambda w: (w.person("ann", "admins"), technician(w, mark("ann"))),
        [
            (
                "role_change",
                "admins",
                "ann@x.example",
                f"to be administrator, and still linked as technician (node {TECHNICIAN_NODE}), who is not written; "
                "the administrator is created once that node is gone: in the Admin Center free its address and "
                "take our note out of its description",
            )
        ],
    ),
    "an administrator to be technician": (
        lambda w: (w.person("ann", "field"), admin(w, mark("ann", "admins"))),
        [
            (
                "role_change",
                "field",
                "ann@x.example",
                f"to be technician, and still linked as administrator (node {ADMIN_NODE}), who is disabled like any "
                "leaver; the technician is created once that node is gone: in the Admin Center free its address and "
                "take our note out of its description",
            )
        ],
    ),
    "both at once, with no node": (
        lambda w: w.person("ann", "field", "admins"),
        [
            (
                "both_roles",
                mapping,
                "ann@x.example",
                f"wanted as technician and as administrator at once; the {role} is not created",
            )
            for mapping, role in (("admins", "administrator"), ("field", "technician"))
        ],
    ),
    "both at once, an administrator already": (
        lambda w: (w.person("ann", "field", "admins"), admin(w, mark("ann", "admins"))),
        [
            (
                "both_roles",
                "field",
                "ann@x.example",
                "wanted as technician and as administrator at once; the technician is not created",
            )
        ],
    ),
    "the login is an administrator's whom nobody linked": (
        lambda w: (w.person("ann", "field"), w.group("elsewhere"), admin(w, status="Disabled")),
        [
            (
                "both_roles",
                "field",
                "ann@x.example",
                f"the login is held by the disabled administrator ann@x.example (node {ADMIN_NODE}); a second node is "
                "not created",
            )
        ],
    ),
}


@pytest.mark.parametrize("case", ELSEWHERE)
def test_D12_what_is_said_of_the_second_node(world: World, case: str) -> None:
    build, expected = ELSEWHERE[case]
    build(world)
    made = world.plan()
    assert "create" not in made.verbs.values()
    assert told(made) == expected


def test_D12_several_nodes_of_the_other_role_are_all_named(world: World) -> None:
    world.person("ann", "admins")
    technician(world, mark("ann"))
    world.node("ann", mark("ann"), id=2003, login="ann2@x.example")
    assert "(node 2001, 2003)" in world.plan().message("role_change")


def test_D12_a_leaving_technician_with_an_administrator_of_the_same_login_nobody_linked(world: World) -> None:
    """There is a node in the new role, by login: they are a leaver like any other."""
    world.person("ann", "admins")
    technician(world, mark("ann"))
    admin(world)
    made = world.plan()
    assert made.verbs == {"ann": "disable"}
    assert [action.subject.node_id for action in made.plan.actions] == [TECHNICIAN_NODE]


@pytest.mark.parametrize(
    ("frozen", "holds", "verbs"),
    [
        ("Entra group not read", True, {}),
        ("Entra group not read", False, {"ann": "disable"}),
        ("Rescue group missing", True, {}),
        ("Rescue group missing", False, {"ann": "disable"}),
        ("nothing", False, {"ann": "disable"}),
    ],
)
def test_D12_while_a_mapping_of_administrators_is_frozen_its_members_stay_technicians(
    frozen: str, holds: bool, verbs: dict[str, str]
) -> None:
    """Ann left the technicians. What she will be is not known while the administrators cannot be told."""
    world = World().mapping("field").mapping("aaa", role=Role.ADMIN)
    world.mapping("admins", role=Role.ADMIN, node=frozen != "Rescue group missing")
    world.both("kim", "field")
    world.both("root", "aaa")
    world.person("boss2", "admins").person("ann", *(["admins"] if holds and frozen != "Entra group not read" else []))
    technician(world, mark("ann"))
    if frozen == "Entra group not read":
        world.unread["admins"] = UnreadGroup(group_id("admins"), "admins", "page 2 failed")
        world.groups_of["ann"] = frozenset({group_id("admins")} if holds else {id_of("some other group")})
    made = world.plan()
    assert {key: verb for key, verb in made.verbs.items() if key == "ann"} == verbs
    if not verbs:
        name = "admins" if frozen == "Rescue group missing" else group_id("admins")
        said = f"kept: is in {name}, whose mapping for administrators is frozen"
        assert ("unconfirmed", "field", "ann@x.example", said) in told(made)


@pytest.mark.parametrize(("excluded", "verbs"), [(False, {}), (True, {"ann": "disable"})])
@pytest.mark.parametrize("group", ["both", "admins"])
def test_D12_whom_a_rule_leaves_out_becomes_no_administrator_of_a_frozen_mapping(
    excluded: bool, verbs: dict[str, str], group: str
) -> None:
    """`exclude` is as if in no group (D8): whoever is excluded has left, whatever else cannot be told."""
    world = World().mapping("field").mapping("admins", role=Role.ADMIN, node=False)
    world.both("kim", "field")
    world.person("boss2", "admins").person(
        "ann", *(["field", "admins"] if group == "both" and excluded else ["admins"])
    )
    technician(world, mark("ann"))
    if excluded:
        world.override("ann@x.example")
    made = world.plan()
    assert made.verbs == verbs
    assert made.codes == ["frozen admins"] + ([] if excluded else ["unconfirmed ann"])


def test_D12_people_of_a_retired_mapping_are_asked_for_by_id_alone_and_kept_all_the_same() -> None:
    """Who is in the group of administrators was read; only its Rescue group is missing."""
    world = World().mapping("field").mapping("admins", role=Role.ADMIN, node=False)
    world.retired.append(Retired(group_id("old"), "disable", 70))
    world.both("kim", "field")
    world.person("boss2", "admins").person("ann", "admins")
    technician(world, mark("ann", "old"))
    made = world.plan()
    assert made.verbs == {}
    assert told(made)[-1][:3] == ("unconfirmed", None, "ann@x.example")
    assert made.message("unconfirmed") == "kept: is in admins, whose mapping for administrators is frozen"
