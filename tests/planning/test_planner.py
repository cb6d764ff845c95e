"""The plan as a whole: every finding and count of every part is in it, and guards know their people (§4, §6)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from reconciler.model.hierarchy import Role
from reconciler.model.mappings import Permit
from reconciler.model.marker import Licence
from reconciler.model.plan import make_finding
from reconciler.planning.planner import sort_findings

from .world import ROOT, TODAY, World, group_id, mark

AWARD: dict[str, Any] = {"mobile_license": "award"}


def busy() -> World:
    """Something to find in every part of planning."""
    world = World(technician_seats=3, mobile_seats=0).mapping("field", **AWARD, create_group=True, nested="mirror")
    world.mapping("lost", node=False, priority=200).mapping("admins", role=Role.ADMIN)
    world.both("root", "admins")
    world.both("kim", marker=mark("kim", m=Licence.NOT_GIVEN))
    world.both("lea", marker=mark("lea", m=Licence.NOT_GIVEN), name="Old")
    world.node("stray")
    world.person("guest", "field", guest=True).person("new", "field").person("bad", "field", name="<")
    world.person("bad admin", "admins", name="<")
    world.override("late@x.example", "hold", TODAY - timedelta(1))
    world.override("later@x.example", "exclude", TODAY)
    world.permits.append(Permit("max_removals", frozenset(), "why", TODAY - timedelta(1), 95))
    return world


def test_the_findings_of_every_part_stand_in_one_plan() -> None:
    made = busy().plan()
    assert made.codes == [
        "bad_name bad",
        "bad_name bad admin",
        "expired ",
        "expired late",
        "frozen lost",
        "guest guest",
        "no_mobile_seat kim",
        "no_mobile_seat lea",
        "no_seat new",
        "unmanaged stray",
    ]
    assert made.plan.summary.blocked == 3, "two bad names, and somebody without a seat"
    assert made.plan.summary.unchanged == 2
    told = [finding.message for finding in made.plan.findings if finding.code == "expired"]
    assert told == [
        "the permit of line 95 (max_removals) ended on 2026-11-21",
        "the override of line 90 (hold) ended on 2026-11-21",
    ]


def test_whoever_was_in_sync_but_for_the_licence_is_no_longer_unchanged() -> None:
    world = World().mapping("field", **AWARD)
    for key, m in (("ann", Licence.NOT_GIVEN), ("bea", Licence.GIVEN), ("cat", Licence.GIVEN)):
        world.both(key, marker=mark(key, m=m), mobile=m is Licence.GIVEN)
    made = world.plan()
    assert (made.verbs, made.plan.summary.unchanged) == ({"ann": "update"}, 2)


def test_errors_come_first_then_code_mapping_login_and_words() -> None:
    world = World().mapping("b").mapping("a")
    for group in ("a", "b"):
        world.both(f"kim {group}", group)
        for key in ("z", "Y", "x"):
            world.person(f"{key}{group}", group, name="<")
    world.person("guest", "a", guest=True)
    found = [(f.severity, f.code, f.mapping, f.login) for f in world.plan().plan.findings]
    errors = [
        ("error", "bad_name", group, f"{key}{group}@x.example") for group in ("a", "b") for key in ("x", "Y", "z")
    ]
    assert found == [*errors, ("warning", "guest", None, "guest@x.example")]


def test_actions_of_one_stage_come_by_path_then_login() -> None:
    world = World().mapping("b").mapping("A")
    for key, group in (("zoe", "A"), ("ann", "b"), ("Bob", "A")):
        world.person(key, group)
    assert [action.subject.login for action in world.plan().plan.actions] == [
        "Bob@x.example", "zoe@x.example", "ann@x.example",
    ]  # fmt: skip


def test_whoever_sits_in_no_group_that_is_known_comes_first() -> None:
    world = World().mapping("Field")
    world.both("kim", "Field")
    for key, where in (("ann", {"group": "Field"}), ("zoe", {"parent": ROOT})):
        world.person(key).node(key, mark(key, "Field"), **where)
    found = [(action.subject.login, action.group.before) for action in world.plan().plan.actions]
    assert found == [("zoe@x.example", None), ("ann@x.example", "Field")]


def test_members_who_are_not_created_are_listed_by_login() -> None:
    world = World().mapping("field", create_missing=False)
    for key in ("zoe", "Bob", "ann"):
        world.person(key, "field")
    state = world.plan().plan.mappings[0]
    assert state.not_created == ("ann@x.example", "Bob@x.example", "zoe@x.example")


# -- of whom the guards judge (§6) ------------------------------------------------------------------------------------


def population(world: World, role: str = "technician") -> dict[str | None, int]:
    """Mapping, or None for the whole role -> of how many removals are judged."""
    return {
        guard.mapping: guard.of
        for guard in world.plan().plan.guards
        if guard.role == role and guard.name in ("max_removals", "max_removals_per_mapping")
    }


def test_people_count_for_their_mapping_by_whichever_marker_and_whoever_is_adopted_too() -> None:
    world = World().mapping("field", replaces=(group_id("old"), group_id("older"))).mapping("desk")
    for key, marked in (("ann", "field"), ("bea", "old"), ("cat", "older"), ("dot", "older")):
        world.both(key, marker=mark(key, marked))
    world.both("off", marker=mark("off", off=True), status="Disabled")
    world.both("orphan", marker=mark("orphan", "no mapping's"))
    world.both("lea", "desk")
    world.person("met", "desk").node("met", group="desk")
    world.person("met two", "desk").node("met two", group="desk")
    world.person("new", "desk")
    assert population(world) == {None: 7, "field": 4, "desk": 3}


def test_whoever_is_adopted_again_as_somebody_new_was_not_enabled_before() -> None:
    world = World().mapping("field")
    world.both("kim")
    world.person("ann", "field").node("ann", mark("old", off=True), status="Disabled")
    assert population(world) == {None: 1, "field": 1}


@pytest.mark.parametrize(
    ("mapped", "linked", "judged"), [(False, False, False), (True, False, True), (False, True, True)]
)
def test_administrators_are_judged_where_the_file_or_a_marker_knows_any(
    mapped: bool, linked: bool, judged: bool
) -> None:
    world = World().mapping("field")
    world.both("kim")
    if mapped:
        world.mapping("admins", role=Role.ADMIN)
    else:
        world.mapping("admins", role=Role.ADMIN).mappings.pop()
        world.members.pop("admins")
    if linked:
        world.node("adm", mark("adm", "gone"), group="admins")
    assert ({guard.role for guard in world.plan().plan.guards} >= {"admin"}) == judged


def test_of_one_code_whatever_is_of_no_mapping_comes_first() -> None:
    told = [make_finding("unconfirmed", "m", mapping=name, login="a") for name in ("YARD", "b", None)]
    assert [finding.mapping for finding in sort_findings(told)] == [None, "b", "YARD"]
