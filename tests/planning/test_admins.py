"""Administrators: adopted, kept up, disabled and guarded in a role of their own; people of two roles (D5, D9, D12)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from reconciler.model.directory import Account, UnreadGroup
from reconciler.model.hierarchy import NodeType, Role, Tree
from reconciler.model.mappings import Permit
from reconciler.model.plan import Guard

from .world import ADMINISTRATORS, MASTERS, TODAY, World, group_id, id_of, mark


def company(**settings: Any) -> World:
    """A technician mapping `field`, an admin mapping `admins`, and an administrator in sync."""
    world = World(settings=settings).mapping("field").mapping("admins", role=Role.ADMIN)
    world.both("root", "admins")
    world.both("kim", "field")
    return world


def admin(world: World, key: str, marker: Any = None, **said: Any) -> None:
    world.node(key, marker, group="admins", **said)


def outside(world: World, key: str, marker: Any = None, **said: Any) -> None:
    """An administrator in no group."""
    world.node(key, marker, parent=ADMINISTRATORS, type=NodeType.ADMINISTRATOR, **said)


OFF, BACK = mark("ann", "admins", off=True), mark("back", "admins", off=True)
CASES: dict[str, tuple[Callable[[World], Any], dict[str, str], list[str]]] = {
    "created in the administrator group": (lambda w: w.person("ann", "admins"), {"ann": "create"}, []),
    "renamed": (lambda w: w.both("ann", "admins", name="Old"), {"ann": "update"}, []),
    "moved back from elsewhere": (
        lambda w: (w.person("ann", "admins"), outside(w, "ann", mark("ann", "admins"))),
        {"ann": "move"},
        [],
    ),
    "disabled in Entra": (
        lambda w: (w.person("ann", "admins", enabled=False), admin(w, "ann", mark("ann", "admins"))),
        {"ann": "disable"},
        [],
    ),
    "left": (lambda w: (w.person("ann"), admin(w, "ann", mark("ann", "admins"))), {"ann": "disable"}, []),
    "gone": (lambda w: admin(w, "ann", mark("ann", "admins")), {"ann": "disable"}, []),
    "back, disabled by us": (
        lambda w: (w.person("ann", "admins"), admin(w, "ann", OFF, status="Disabled")),
        {"ann": "enable"},
        [],
    ),
    "disabled by a person stays so": (
        lambda w: (w.person("ann", "admins"), admin(w, "ann", mark("ann", "admins"), status="Disabled")),
        {},
        ["kept_disabled ann"],
    ),
    "there already": (lambda w: (w.person("ann", "admins"), admin(w, "ann")), {}, ["adopt_blocked ann"]),
    "there already, disabled in Entra": (
        lambda w: (w.person("ann", "admins", enabled=False), admin(w, "ann")),
        {},
        ["adopt_blocked ann"],
    ),
    "nobody's administrator": (lambda w: admin(w, "ann"), {}, ["unmanaged ann"]),
    "a master administrator": (
        lambda w: (w.person("ann", "admins"), w.node("ann", parent=MASTERS, type=NodeType.MASTER_ADMINISTRATOR)),
        {},
        ["protected ann"],
    ),
    # two roles (D12)
    "both roles, no node": (lambda w: w.person("ann", "field", "admins"), {}, ["both_roles ann", "both_roles ann"]),
    "both roles, a technician": (
        lambda w: (w.person("ann", "field", "admins", name="New"), w.node("ann", mark("ann"))),
        {"ann": "update"},
        ["both_roles ann"],
    ),
    "both roles, an administrator": (
        lambda w: (w.person("ann", "field", "admins", name="New"), admin(w, "ann", mark("ann", "admins"))),
        {"ann": "update"},
        ["both_roles ann"],
    ),
    "promoted": (
        lambda w: (w.person("ann", "admins"), w.node("ann", mark("ann"))),
        {},
        ["role_change ann"],
    ),
    "promoted and disabled in Entra": (
        lambda w: (w.person("ann", "admins", enabled=False), w.node("ann", mark("ann"))),
        {"ann": "disable"},
        [],
    ),
    "promoted, and an administrator already": (
        lambda w: (w.person("ann", "admins"), w.node("ann", mark("ann")), admin(w, "ann", mark("ann", "admins"))),
        {"ann": "disable"},
        [],
    ),
    "demoted": (
        lambda w: (w.person("ann", "field"), admin(w, "ann", mark("ann", "admins"))),
        {"ann": "disable"},
        ["role_change ann"],
    ),
    "demoted, disabled before": (
        lambda w: (w.person("ann", "field"), admin(w, "ann", OFF, status="Disabled")),
        {},
        ["role_change ann"],
    ),
    "demoted, and a technician already": (
        lambda w: (w.both("ann", "field"), admin(w, "ann", mark("ann", "admins"))),
        {"ann": "disable"},
        [],
    ),
    "a technician to be whom somebody made an administrator": (
        lambda w: (w.person("ann", "field"), admin(w, "ann")),
        {},
        ["both_roles ann", "unmanaged ann"],
    ),
    "a technician whom somebody made an administrator": (
        lambda w: (w.both("ann", "field", name="Old"), outside(w, "ann")),
        {"ann": "update"},
        [],
    ),
    "marked for a mapping of the other role": (
        lambda w: (w.person("ann"), admin(w, "ann", mark("ann", "field"))),
        {},
        ["orphaned ann", "unmanaged ann"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_an_administrator(case: str) -> None:
    build, verbs, codes = CASES[case]
    world = company()
    build(world)
    made = world.plan()
    assert made.verbs == verbs
    assert made.codes == codes


def test_adopt_admins_links_an_administrator_by_login_and_disables_one_whose_account_is() -> None:
    world = company(adopt_admins=True)
    world.person("ann", "admins").person("bob", "admins", enabled=False)
    admin(world, "ann")
    admin(world, "bob")
    assert world.plan().verbs == {"ann": "adopt", "bob": "adopt disable"}


def test_reenable_always_is_for_technicians_only() -> None:
    world = company(reenable="always")
    world.person("ann", "admins").person("bob", "field")
    admin(world, "ann", mark("ann", "admins"), status="Disabled")
    world.node("bob", mark("bob"), status="Disabled")
    made = world.plan()
    assert made.verbs == {"bob": "enable"}
    assert made.codes == ["kept_disabled ann"]
    assert "reenable" not in made.message("kept_disabled")


def test_unmanaged_disable_never_means_an_administrator() -> None:
    world = company(unmanaged="disable")
    admin(world, "ann")
    made = world.plan()
    assert made.verbs == {}
    assert made.codes == ["unmanaged ann"]


@pytest.mark.parametrize("key", ["field", "admins"])
def test_the_login_of_somebody_with_two_nodes_is_not_changed(key: str) -> None:
    world = company()
    world.person("ann", "field", "admins", mail="new@x.example", name="New")
    world.node("ann", mark("ann"))
    admin(world, "ann", mark("ann", "admins"))
    made = world.plan()
    assert sorted(action.role for action in made.plan.actions) == ["admin", "technician"]
    assert all({change.field for change in action.changes} == {"name"} for action in made.plan.actions)
    assert made.codes == ["both_roles ann", "both_roles ann"]


def test_a_login_wanted_by_a_technician_and_another_administrator_is_nobodys() -> None:
    world = company()
    world.person("ann", "field", mail="one@x.example").person("bob", "admins", mail="One@x.example")
    made = world.plan()
    assert made.verbs == {}
    assert made.codes == ["duplicate_login One", "duplicate_login one"]


def test_who_is_in_a_frozen_group_of_administrators_is_not_taken_for_a_leaving_technician() -> None:
    world = company()
    world.person("ann", "admins")
    world.node("ann", mark("ann"))
    world.unread["admins"] = UnreadGroup(group_id("admins"), "admins", "page 2 failed")
    world.groups_of["ann"] = frozenset({group_id("admins")})
    made = world.plan()
    assert made.verbs == {}
    assert made.codes == ["frozen admins", "unconfirmed ann"]


def test_both_roles_are_asked_about_once_each_and_one_batch_serves_both() -> None:
    world = company()
    world.person("ann")
    world.node("ann", mark("ann"))
    admin(world, "ann", mark("ann", "admins"))
    made = world.plan()
    assert [asked.accounts for asked in made.asked if asked.accounts] == [{id_of("ann")}]
    assert sorted((action.role, action.verbs) for action in made.plan.actions) == [
        ("admin", ("disable",)),
        ("technician", ("disable",)),
    ]
    assert len({action.id for action in made.plan.actions}) == 2


# --- guards of the role ----------------------------------------------------------------------------------------------


def verdict(world: World, name: str, role: str = "admin") -> Guard:
    return next(g for g in world.plan().plan.guards if (g.name, g.role, g.mapping) == (name, role, None))


@pytest.mark.parametrize(("grants", "passed"), [(2, True), (3, False)])
def test_max_admin_grants_counts_creations_enables_and_moves(grants: int, passed: bool) -> None:
    world = company(adopt_admins=True)
    world.guards["max_admin_grants"] = 2
    builders = [
        lambda: world.person("new", "admins"),
        lambda: world.person("back", "admins") and admin(world, "back", BACK, status="Disabled"),
        lambda: (world.person("far", "admins"), outside(world, "far", mark("far", "admins"))),
    ]  # fmt: skip
    for build in builders[:grants]:
        build()
    world.both("renamed", "admins", name="Old")
    world.person("there", "admins")
    admin(world, "there")
    found = verdict(world, "max_admin_grants")
    assert (found.measured, found.passed, len(found.actions)) == (grants, passed, 0 if passed else grants)


def leavers(left: int, leaving: int) -> World:
    world = World(guards={"min_admins": 2}).mapping("admins", role=Role.ADMIN, allow_empty=True)
    for number in range(left):
        world.both(f"stays{number}", "admins")
    for number in range(leaving):
        admin(world, f"goes{number}", mark(f"goes{number}", "admins"))
    return world


@pytest.mark.parametrize(
    ("left", "leaving", "passed"), [(2, 1, True), (1, 1, False), (0, 3, False), (0, 0, True), (1, 0, True)]
)
def test_min_admins_is_judged_where_an_administrator_is_disabled(left: int, leaving: int, passed: bool) -> None:
    found = verdict(leavers(left, leaving), "min_admins")
    assert (found.measured, found.of, found.passed) == (left, left + leaving, passed)
    assert found.limit == (2 if leaving else None)
    assert len(found.actions) == (0 if passed else leaving)


def test_min_admins_counts_master_administrators_but_neither_the_caller_nor_the_account_holder() -> None:
    world = leavers(0, 1)
    world.node("mia", parent=MASTERS, type=NodeType.MASTER_ADMINISTRATOR)
    world.node("max", parent=MASTERS, type=NodeType.MASTER_ADMINISTRATOR)
    assert verdict(world, "min_admins").measured == 2
    world.seats[max(world.seats)].holder = True
    found = verdict(world, "min_admins")
    assert (found.measured, found.passed) == (1, False)


def test_min_admins_counts_neither_the_caller_nor_an_account_holder_who_is_somebody_else() -> None:
    """A token is made by a master administrator; the account may be held by another."""
    world = leavers(1, 1)
    world.node("max", parent=MASTERS, type=NodeType.MASTER_ADMINISTRATOR, holder=True)
    readings = world.readings()
    caller = readings.caller._replace(details=readings.caller.details._replace(account_holder=False))
    plan = world.plan(readings=replace(readings, caller=caller)).plan
    found = next(guard for guard in plan.guards if guard.name == "min_admins")
    assert (found.measured, found.of, found.passed) == (1, 2, False)


def test_min_admins_does_not_count_who_is_only_to_be_enabled_or_created() -> None:
    world = leavers(1, 1)
    world.person("new", "admins").person("back", "admins")
    admin(world, "back", mark("back", "admins", off=True), status="Disabled")
    assert verdict(world, "min_admins").measured == 1


def test_a_permit_for_min_admins_lists_the_disables() -> None:
    world = leavers(1, 1)
    found = verdict(world, "min_admins")
    world.permits.append(Permit("min_admins", frozenset(found.actions), None, TODAY, 99))
    again = verdict(world, "min_admins")
    assert (again.passed, again.permitted, again.measured) == (True, 1, 2)


def test_each_role_is_judged_by_its_own_people() -> None:
    world = company()
    world.guards |= {"max_removals": 0}
    admin(world, "ann", mark("ann", "admins"))
    assert (verdict(world, "max_removals", "technician").measured, verdict(world, "max_removals").measured) == (0, 1)
    assert (verdict(world, "max_removals", "technician").of, verdict(world, "max_removals").of) == (1, 2)


def test_without_administrators_in_the_file_only_technicians_are_judged() -> None:
    world = World().mapping("field")
    world.both("kim")
    assert {guard.role for guard in world.plan().plan.guards} == {"technician"}


def test_an_orphaned_administrator_is_disabled_only_as_a_certain_leaver() -> None:
    world = World().mapping("field")
    world.both("kim")
    parent = world.group("admins", ADMINISTRATORS, NodeType.ADMINISTRATOR_GROUP)
    for key in ("ann", "bob"):
        world.node(key, mark(key, "deleted"), parent=parent)
    world.person("ann")
    world.accounts["bob"] = Account.GONE
    made = world.plan()
    assert made.verbs == {"bob": "disable"}
    assert made.codes == ["orphaned ann"]


@pytest.mark.parametrize("what", ["a technician is disabled", "an administrator is renamed"])
def test_D4_master_administrators_are_not_read_while_no_administrator_is_disabled(what: str) -> None:
    world = company()
    mia = world.node("mia", parent=MASTERS, type=NodeType.MASTER_ADMINISTRATOR)
    if what == "a technician is disabled":
        world.node("ann", mark("ann"))
    else:
        world.both("ann", "admins", name="Old")
    made = world.plan()
    assert list(made.verbs) == ["ann"]
    assert mia.id not in made.asked_for("details")


def test_D4_master_administrators_are_asked_for_together_with_everybody_else() -> None:
    """Lea's account is asked for first, so her record is asked for when it shows that ann is to be disabled."""
    world = company()
    mia = world.node("mia", parent=MASTERS, type=NodeType.MASTER_ADMINISTRATOR)
    world.person("ann", "admins", enabled=False)
    admin(world, "ann", mark("ann", "admins"))
    lea = world.node("lea", mark("lea"))
    made = world.plan()
    assert made.verbs == {"ann": "disable", "lea": "disable"}
    assert [asked.details for asked in made.asked][1:] == [{mia.id, lea.id}]


def test_in_an_account_without_a_master_administrator_whom_the_tool_runs_as_is_still_never_written() -> None:
    world = company(adopt_admins=True)
    admin(world, "boss", mark("boss", "admins"))
    world.both("ann", name="Old")
    tree = Tree(node for node in world.tree().nodes.values() if node.parent != MASTERS)
    made = world.plan(readings=replace(world.readings(), tree=tree))
    assert (made.verbs, made.codes) == ({"ann": "update"}, ["leaver_kept boss"])
