"""`overrides: include`: people who count in a mapping for a time, whatever groups they are in (product.md §2)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from reconciler.model.directory import NoPerson, UnreadGroup
from reconciler.model.hierarchy import NodeType, Role

from .world import ADMINISTRATORS, TODAY, World, group_id, id_of, mark

ANN = "ann@x.example"
LOST = NoPerson("Graph could not answer (503)")
NOBODY = NoPerson("Entra has nobody of this UPN or object id (404)", gone=True)


def include(world: World, name: str = ANN, mapping: str = "field", **said: Any) -> World:
    return world.override(name, "include", mapping=mapping, **said)


@pytest.mark.parametrize("name", [ANN, " ANN@X.example ", "id"])
def test_somebody_in_no_group_counts_as_a_member(world: World, name: str) -> None:
    world.person("ann")
    include(world, id_of("ann") if name == "id" else name)
    world.people["ann"] = world.people["ann"]._replace(upn=name.strip() if "@" in name else ANN)
    made = world.plan()
    assert made.verbs == {"ann": "create"}
    action = made.action("ann")
    assert action.subject.upn == world.people["ann"].upn
    assert (action.mapping, action.reason) == ("field", f"included until {TODAY} by an override (line 90)")
    assert made.asked_for("included") == {id_of("ann") if name == "id" else name.strip()}
    world.apply(made.plan.actions)
    world.members["field"].append("kim")
    world.person("kim")
    world.node("kim", mark("kim"))
    assert world.plan().verbs == {}


@pytest.mark.parametrize(
    ("said", "marker", "status", "verbs"),
    [
        ({}, None, "Offline", "adopt move"),
        ({"name": "New"}, mark("ann"), "Offline", "update move"),
        ({}, mark("ann", off=True), "Disabled", "enable move"),
        ({}, mark("ann", "old"), "Offline", "move"),
    ],
)
def test_somebody_included_is_kept_up_like_any_member(
    world: World, said: dict[str, Any], marker: Any, status: str, verbs: str
) -> None:
    world.group("elsewhere")
    world.both("kim")
    world.person("ann", **said).node("ann", marker, status=status, group="elsewhere")
    assert include(world).plan().verbs == {"ann": verbs}


@pytest.mark.parametrize("name", [ANN, id_of("ann")], ids=["UPN", "object id"])
def test_somebody_a_group_shows_is_not_asked_for(world: World, name: str) -> None:
    world.mapping("desk", priority=1)
    world.both("kim", "desk")
    world.both("ann")
    made = include(world, name, mapping="desk").plan()
    assert made.asked_for("included") == set()
    assert made.verbs == {"ann": "move"}
    assert made.action("ann").reason.startswith("included until")


def test_a_member_already_stays_a_member(world: World) -> None:
    world.both("ann")
    made = include(world).plan()
    assert (made.verbs, made.codes, made.asked) == ({}, [], [])
    world.person("eve", "field")
    assert include(world, "eve@x.example").plan().action("eve").reason == "direct member of field"


def test_member_of_one_and_included_in_another_of_equal_priority_is_a_conflict(world: World) -> None:
    world.mapping("desk")
    world.both("kim", "desk")
    world.both("ann")
    made = include(world, mapping="desk").plan()
    assert (made.verbs, made.codes) == ({}, ["conflict ann"])


def test_the_day_after_it_has_no_effect_and_is_told(world: World) -> None:
    world.both("kim")
    world.person("ann").node("ann", mark("ann"))
    include(world, until=TODAY)
    assert world.plan().verbs == {}
    over = world.plan(today=TODAY + timedelta(days=1))
    assert (over.verbs, over.codes) == ({"ann": "disable"}, ["expired ann"])


@pytest.mark.parametrize(("guests", "verbs"), [("skip", {}), ("include", {"ann": "create"})])
def test_a_guest_is_a_guest(world: World, guests: str, verbs: dict[str, str]) -> None:
    world.settings["guests"] = guests
    world.person("ann", guest=True)
    made = include(world).plan()
    assert made.verbs == verbs
    assert made.codes == ([] if verbs else ["guest ann"])


def test_excluded_by_another_name_wins(world: World) -> None:
    world.both("kim")
    world.person("ann").node("ann", mark("ann"))
    include(world, id_of("ann")).override(ANN, "exclude")
    assert world.plan().verbs == {"ann": "disable"}


def test_an_administrator(world: World) -> None:
    world.both("kim")
    world.mapping("boss", role=Role.ADMIN, node=False)
    world.group("boss", ADMINISTRATORS, NodeType.ADMINISTRATOR_GROUP)
    world.person("ann")
    made = include(world, mapping="boss").plan()
    assert [(action.role, action.verbs) for action in made.plan.actions] == [("admin", ("create",))]


# -- whom Entra does not show ----------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", [LOST, NOBODY, NoPerson("null fields")])
def test_nobody_shown_is_told_and_nothing_is_created(world: World, answer: NoPerson) -> None:
    world.both("kim")
    world.unnamed[ANN] = answer
    made = include(world).plan()
    assert (made.verbs, made.codes) == ({}, ["unconfirmed ann"])
    assert [(f.mapping, f.login, f.message) for f in made.plan.findings] == [
        ("field", ANN, f"the include of line 90 has no effect: {answer.why}")
    ]
    assert made.plan.has_errors


def test_each_of_several_who_are_not_shown_counts_as_blocked(world: World) -> None:
    """By the name the file gives, or by object id where only the account is disabled."""
    world.both("kim")
    for key in ("ann", "bea"):
        world.unnamed[f"{key}@x.example"] = LOST
        include(world, f"{key}@x.example")
    for key in ("cat", "dora"):
        world.person(key, enabled=False)
        include(world, f"{key}@x.example")
    made = world.plan()
    assert made.codes == [f"unconfirmed {key}" for key in ("ann", "bea", "cat", "dora")]
    assert made.plan.summary.blocked == 4


def test_a_mapping_of_the_other_role_or_of_no_file_includes_nobody_here(world: World) -> None:
    """Each role looks at its own, whatever comes first; the rest of the file still counts."""
    world.mapping("boss", role=Role.ADMIN)
    world.both("kim")
    world.both("root", "boss")
    for key, mapping in (("ann", "boss"), ("bea", "field"), ("cat", "boss")):
        world.person(key)
        include(world, f"{key}@x.example", mapping=mapping)
    made = world.plan()
    assert {action.subject.name: (action.role, action.mapping) for action in made.plan.actions} == {
        "Ann": ("admin", "boss"), "Bea": ("technician", "field"), "Cat": ("admin", "boss"),
    }  # fmt: skip


def test_a_disabled_account_is_told_and_disabled(world: World) -> None:
    world.both("kim")
    world.person("ann", enabled=False)
    made = include(world).plan()
    assert (made.verbs, made.codes) == ({}, ["unconfirmed ann"])
    assert [(f.mapping, f.login, f.message) for f in made.plan.findings] == [
        ("field", ANN, "the include of line 90 has no effect: the account is disabled in Entra")
    ]
    world.node("ann", mark("ann"))
    assert world.plan().verbs == {"ann": "disable"}


@pytest.mark.parametrize(
    ("name", "answer", "kept"),
    [
        (ANN, LOST, ["ann", "eve"]),
        (ANN, NOBODY, ["ann"]),
        ("id of ann", LOST, ["ann"]),
        ("id of kim", LOST, []),
        ("old@x.example", NOBODY, []),
    ],
    ids=str,
)
def test_nobody_who_may_be_meant_is_taken_for_a_leaver(
    world: World, name: str, answer: NoPerson, kept: list[str]
) -> None:
    world.both("kim", "field")
    for key in ("ann", "eve"):
        world.person(key).node(key, mark(key))
    name = id_of(name.split()[-1]) if name.startswith("id of") else name
    world.unnamed[name] = answer
    if name == id_of("kim"):
        world.members["field"] = ["bob"]
        world.person("bob").both("bob", "field")
    made = include(world, name).plan()
    assert [key for key in ("ann", "eve") if key not in made.verbs] == kept
    for key in kept:
        assert f"unconfirmed {key}" in made.codes


def test_whom_the_file_excludes_is_nobody_who_may_be_meant(world: World) -> None:
    world.both("kim")
    world.person("ann", "field").node("ann", mark("ann"))
    world.unnamed["who@x.example"] = LOST
    assert include(world, "who@x.example").override(ANN).plan().verbs == {"ann": "disable"}


def test_a_certain_leaver_is_disabled_all_the_same(world: World) -> None:
    world.both("kim")
    world.person("ann", enabled=False).node("ann", mark("ann"))
    world.unnamed[ANN] = LOST
    assert include(world).plan().verbs == {"ann": "disable"}


# -- D17: an included person proves nothing about the group ------------------------------------------------------


def test_D17_an_empty_group_freezes_all_the_same(world: World) -> None:
    world.person("ann").node("ann", mark("ann"))
    world.person("eve").node("eve", mark("eve"))
    made = include(world).plan()
    assert (made.verbs, made.codes) == ({}, ["frozen field"])


def test_D17_into_a_frozen_mapping_nobody_comes(world: World) -> None:
    world.unread["field"] = UnreadGroup(group_id("field"), "field", "429")
    world.person("ann")
    made = include(world).plan()
    assert (made.verbs, made.codes) == ({}, ["frozen field"])
