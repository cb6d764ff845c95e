"""`unmanaged: disable` (D6): who may go, who never, and what has to be read before anybody does."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.model.directory import UnreadGroup
from reconciler.model.hierarchy import NodeType, Role
from reconciler.model.plan import person_action_id, plan_digest

from .world import ADMIN, ADMINISTRATORS, TODAY, World, group_id, id_of, mark


@pytest.fixture
def world() -> World:
    """Kim is in sync; nobody in Entra explains the others."""
    made = World(settings={"unmanaged": "disable"}).mapping("field")
    made.both("kim")
    return made


def test_disabled_without_a_marker_the_licence_released_in_the_same_write(world: World) -> None:
    world.node("uma", mobile=True, description="hand-written", name="Uma  U")
    made = world.plan()
    (action,) = made.plan.actions
    assert (action.verbs, action.removal, action.mapping) == (("disable",), True, "field")
    assert {change.field: (change.before, change.after) for change in action.changes} == {
        "mobile_license": (True, False),
        "enabled": (True, False),
    }
    assert action.reason == "in none of the Entra groups mapped to this Rescue group (settings.unmanaged)"
    assert (action.subject.entra_id, action.subject.node_id, action.subject.name) == (None, 1001, "Uma U")
    assert action.id == person_action_id("technician", None, 1001)
    assert action.group.before == action.group.after == "field"
    assert made.plan.digest == plan_digest([action])
    assert (made.codes, made.plan.summary.unmanaged, made.plan.summary.disable) == ([], 0, 1)


def test_the_next_plan_leaves_them_alone(world: World) -> None:
    world.node("uma")
    world.apply(world.plan().plan.actions)
    assert world.seats[1001].description == ""
    again = world.plan()
    assert (again.verbs, again.codes, again.asked_for("addresses")) == ({}, [], set())
    world.person("uma", "field")
    assert world.plan().codes == ["kept_disabled uma"]


def test_a_removal_that_guards_count(world: World) -> None:
    world.guards |= {"max_removals": 0, "max_removals_per_mapping": 0}
    world.node("uma")
    made = world.plan()
    names = {guard.name: (guard.measured, guard.of) for guard in made.plan.violations}
    assert names == {"max_removals": (1, 1), "max_removals_per_mapping": (1, 1)}


NEVER = {
    "report": (lambda w: w.settings.update(unmanaged="report"), {}, "unmanaged"),
    "survivor": (lambda _: None, {"login": ADMIN}, "protected"),
    "protected": (lambda w: setattr(w, "protected", ("u*@x.example",)), {}, "protected"),
    "held": (lambda w: w.override("UMA@x.example", "hold"), {}, "protected"),
    "account holder": (lambda _: None, {"holder": True}, "protected"),
    "half a marker": (lambda _: None, {"description": "[entra:8d2f:6a1d"}, "unmanaged"),
    "no login": (lambda _: None, {"login": " ", "description": "who is this"}, "unmanaged"),
    "foreign": (lambda _: None, {"marker": mark("uma", owner="beef")}, None),
    "marked": (lambda w: w.person("uma", "field"), {"marker": mark("uma")}, None),
    "two markers": (lambda _: None, {"marker": f"{mark('a')} {mark('b')}"}, "marker_bad"),
    "disabled": (lambda _: None, {"status": "Disabled"}, None),
    "blank": (lambda _: None, {"login": "", "name": ""}, "half_made"),
}


@pytest.mark.parametrize("who", NEVER)
def test_who_never_goes(world: World, who: str) -> None:
    change, said, code = NEVER[who]
    node = world.node("uma", **dict(said))
    change(world)
    made = world.plan()
    assert made.verbs == {}
    assert [finding.code for finding in made.plan.findings] == ([code] if code else [])
    left = code in ("unmanaged", "protected")
    assert (made.plan.summary.unmanaged, node.id) == (int(left), 1001)


def test_a_hold_that_is_over_holds_nobody(world: World) -> None:
    world.node("uma")
    world.override("uma@x.example", "hold", until=TODAY.replace(day=1))
    assert world.plan().verbs == {"uma": "disable"}


def test_excluding_a_stranger_keeps_nobody(world: World) -> None:
    world.node("uma")
    world.override("uma@x.example", "exclude")
    assert world.plan().verbs == {"uma": "disable"}


# -- whom a member explains --------------------------------------------------------------------------------------------

MEMBERS = {
    "mail": lambda w: w.person("eve", "field", mail="uma@x.example", name="<"),
    "UPN": lambda w: w.person("eve", "field", upn="uma@x.example", name="<"),
    "a proxy address of somebody in sync": lambda w: w.aliases.update(kim=frozenset({"UMA@x.example"})),
    "a proxy address of a disabled member": lambda w: off(w, "field"),
    "a guest": lambda w: w.person("eve", "field", mail="uma@x.example", guest=True),
    "somebody excluded": lambda w: w.person("uma", "field").override("uma@x.example"),
    "a member of another mapping": lambda w: w.mapping("other").both("eve", "other") and proxy(w, "eve"),
    "a member of a frozen mapping": lambda w: w.mapping("lost", node=False).person("uma", "lost"),
}


def off(world: World, group: str) -> None:
    world.person("eve", group, enabled=False)
    proxy(world, "eve")


def proxy(world: World, key: str) -> None:
    world.aliases[key] = frozenset({"Uma@x.example"})


@pytest.mark.parametrize("whose", MEMBERS)
def test_whoever_a_member_explains_is_not_unmanaged(world: World, whose: str) -> None:
    world.node("uma")
    MEMBERS[whose](world)
    made = world.plan()
    assert "uma" not in made.verbs
    assert not any(code.startswith("unmanaged") for code in made.codes)


def test_proxy_addresses_of_all_members_are_read_only_where_somebody_may_go(world: World) -> None:
    world.person("off", "field", enabled=False).person("guest", "field", guest=True)
    assert world.plan().asked_for("addresses") == set()
    world.node("uma")
    assert world.plan().asked_for("addresses") == {id_of("kim"), id_of("off"), id_of("guest")}
    world.settings["unmanaged"] = "report"
    assert world.plan().asked_for("addresses") == set()
    world.settings["unmanaged"] = "disable"
    world.protected = ("uma@x.example",)
    assert world.plan().asked_for("addresses") == set()


def test_addresses_that_cannot_be_read_keep_that_group(world: World) -> None:
    world.mapping("other").both("eve", "other")
    world.node("uma")
    world.node("una")
    world.node("ulf", group="other")
    world.aliases["kim"] = None
    made = world.plan()
    assert made.verbs == {"ulf": "disable"}
    assert made.codes == ["unconfirmed field", "unmanaged uma", "unmanaged una"]
    assert made.message("unconfirmed") == (
        "nobody unmanaged is disabled there: the addresses of a member could not be read from Entra"
    )
    assert made.plan.summary.unmanaged == 2
    assert made.plan.has_errors


def test_a_newcomer_adopted_by_alias_is_not_unmanaged(world: World) -> None:
    world.settings["adopt"] = "aliases"
    world.person("eve", "field")
    proxy(world, "eve")
    world.node("uma")
    assert world.plan().verbs == {"uma": "adopt update"}


# -- where -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["frozen", "one of two frozen", "full sync off", "not mapped", "below"])
def test_only_in_groups_whose_every_mapping_is_healthy_and_fully_synced(place: str) -> None:
    world = World(settings={"unmanaged": "disable"}).mapping("field", full_sync=place != "full sync off")
    world.both("kim")
    if place == "frozen":
        world.unread["field"] = UnreadGroup(group_id("field"), "field", "429")
    elif place == "one of two frozen":
        world.mapping("more", node=False, rescue_group=("field",))
        world.unread["more"] = UnreadGroup(group_id("more"), "more", "429")
    if place in ("not mapped", "below"):
        world.group("elsewhere", **({"parent": world.place("field")} if place == "below" else {}))
    world.node("uma", group="elsewhere" if place in ("not mapped", "below") else "field")
    made = world.plan()
    assert made.verbs == {}
    assert made.plan.summary.unmanaged == 0


@pytest.mark.parametrize("role", [Role.TECHNICIAN, Role.ADMIN])
def test_nobody_goes_while_the_members_of_any_mapped_group_are_not_known(world: World, role: Role) -> None:
    world.mapping("lost", role=role)
    world.unread["lost"] = UnreadGroup(group_id("lost"), "lost", "page 2 failed")
    world.node("uma")
    made = world.plan()
    assert made.verbs == {}
    assert made.codes == ["frozen lost", "unconfirmed lost", "unmanaged uma"]
    assert made.message("unconfirmed") == f"nobody unmanaged is disabled: who is in {group_id('lost')} is not known"


def test_nobody_goes_while_a_nested_group_of_any_mapping_is_not_read(world: World) -> None:
    world.mapping("lost", nested="flatten").nest("lost", "inner").both("eve", "lost")
    world.unread["inner"] = UnreadGroup(group_id("inner"), "inner", "page 2 failed")
    world.node("uma")
    made = world.plan()
    assert made.verbs == {}
    assert made.codes == ["frozen lost", "unconfirmed lost", "unmanaged uma"]


def test_two_healthy_mappings_of_one_group(world: World) -> None:
    world.mapping("a", node=False, rescue_group=("field",)).person("eve", "a").node("eve", mark("eve", "a"))
    world.node("uma")
    made = world.plan()
    assert made.verbs == {"uma": "disable"}
    assert made.plan.actions[0].mapping == "a"
    world.aliases["eve"] = frozenset({"uma@x.example"})
    assert world.plan().verbs == {}


def test_administrators_are_not_looked_at(world: World) -> None:
    world.node("adm", parent=ADMINISTRATORS, type=NodeType.ADMINISTRATOR)
    made = world.plan()
    assert (made.verbs, made.codes) == ({}, [])


def test_each_of_several_who_are_not_what_the_tree_said_counts_as_blocked(world: World) -> None:
    for key in ("uma", "una"):
        node = world.node(key)
        world.told[node.id] = None
    made = world.plan()
    assert (made.plan.summary.blocked, made.plan.summary.unmanaged) == (2, 2)


@pytest.mark.parametrize(("who", "rule", "why"), [
    ("report", "unmanaged", "in a mapped Rescue group, and in none of the Entra groups mapped to it"),
    ("protected", "protected", "in none of the Entra groups mapped to this Rescue group, and not disabled: "
                               "uma@x.example is protected by the file"),
    ("held", "protected", "in none of the Entra groups mapped to this Rescue group, and not disabled: "
                          "held until 2026-11-22 by an override (line 90)"),
])  # fmt: skip
def test_what_is_said_of_whoever_stays(world: World, who: str, rule: str, why: str) -> None:
    world.node("uma")
    NEVER[who][0](world)
    made = world.plan()
    assert [(f.code, f.mapping, f.login, f.message) for f in made.plan.findings] == [
        (rule, "field", "uma@x.example", why)
    ]
    assert made.plan.summary.blocked == (rule == "protected")


def test_where_nobody_is_to_be_disabled_nobody_is_said_to_be_spared(world: World) -> None:
    world.settings["unmanaged"] = "report"
    world.protected = ("u*",)
    world.node("uma")
    assert world.plan().codes == ["unmanaged uma"]


def test_each_of_several_protected_strangers_counts_as_blocked(world: World) -> None:
    world.protected = ("u*",)
    world.node("uma")
    world.node("una")
    assert world.plan().plan.summary.blocked == 2


@pytest.mark.parametrize("told", ["name", "gone"])
def test_whoever_is_not_what_the_tree_said_is_left_alone(world: World, told: str) -> None:
    node = world.node("uma")
    details: Any = node.details()._replace(name="Somebody Else") if told == "name" else None
    world.told[node.id] = details
    made = world.plan()
    assert made.verbs == {}
    assert made.codes == ["reading_moved uma"]
    assert made.plan.summary.unmanaged == 1


def test_a_member_of_a_group_of_administrators_explains_a_technician_too(world: World) -> None:
    world.mapping("admins", role=Role.ADMIN).person("uma", "admins", name="<")
    world.node("uma")
    made = world.plan()
    assert (made.verbs, "unmanaged uma" in made.codes) == ({}, True)
    world.people["uma"] = world.people["uma"]._replace(mail="other@x.example", upn="other@x.example")
    world.aliases["uma"] = frozenset({"uma@x.example"})
    assert world.plan().verbs == {}
    world.aliases["uma"] = frozenset()
    assert world.plan().verbs == {"uma": "disable"}


def test_unmanaged_administrators_are_only_reported(world: World) -> None:
    world.mapping("admins", role=Role.ADMIN).both("root", "admins")
    world.node("adm", group="admins")
    made = world.plan()
    assert (made.verbs, made.codes, made.plan.summary.unmanaged) == ({}, ["unmanaged adm"], 1)
    assert made.asked_for("addresses") == set()


def test_the_marker_of_a_mapping_of_the_other_role_is_a_marker(world: World) -> None:
    world.mapping("admins", role=Role.ADMIN).both("root", "admins")
    world.node("uma", mark("uma", "admins"))
    made = world.plan()
    assert (made.verbs, made.codes) == ({}, ["orphaned uma", "unmanaged uma"])
