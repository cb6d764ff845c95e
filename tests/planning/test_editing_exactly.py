"""What of an edit is told and digested, item by item, and of whom it counts (product.md §4, §5)."""

from __future__ import annotations

import pytest

from reconciler.model.hierarchy import Role
from reconciler.model.plan import Action, Plan
from reconciler.model.words import Entry, Words
from reconciler.planning.editing import compare_plans

from .test_editing import by_hand, company, drop_mapping, set_mapping
from .two_files import Compared, before, compare
from .world import World, group_id, id_of, mark


def says(**values: bool) -> Words:
    return {"settings": Entry(dict(values), frozenset(values))}


def test_what_is_the_only_thing_pending_is_pending() -> None:
    world = World().mapping("field")
    world.both("ren", name="Old Name")
    made = compare(world, world)
    assert (made.keys("pending"), made.keys("edit")) == (["update ren"], [])


def test_of_a_key_are_told_the_people_of_whom_the_edit_does_or_stops_something() -> None:
    """Four are pending anyway; the group is nobody."""
    world = company()
    world.mapping("fresh", node=False, create_group=True, permissions_from=("field",)).person("new", "fresh")
    world.mapping("third").person("tom", "third")
    base = before(world, lambda base: drop_mapping(base, "fresh"))
    drop_mapping(world, "third")
    made = compare(world, base)
    assert made.keys("edit") == ["create_group fresh", "create new"]
    assert (len(made.keys("pending")), made.stopped) == (4, ["create tom"])
    told = compare_plans(made.plan, made.base, says(use_upn_as_email=True), says(use_upn_as_email=False))
    assert [(edit.key, edit.people) for edit in told.edits] == [("settings.use_upn_as_email", 2)]


# -- the digest, by hand ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", ["adopt", "create"])
def test_somebody_new_to_a_mapping_enters_by_the_verb_and_the_mapping(verb: str) -> None:
    world = company()
    world.person("new", "desk")
    if verb == "adopt":
        world.node("new", group="desk")
    made = compare(world, before(world, lambda base: drop_mapping(base, "desk")))
    assert made.plan.edit_digest == by_hand({"verb": verb, "mapping": "desk", "stopped": False})


def test_a_new_administrator_enters_field_by_field() -> None:
    world = World().mapping("field").mapping("boss", role=Role.ADMIN)
    world.both("kim")
    world.person("new", "boss")
    made = compare(world, before(world, lambda base: drop_mapping(base, "boss")))
    common = {"role": "admin", "who": id_of("new"), "verb": "create", "stopped": False}
    after = {
        "group": "boss",
        "login": "new@x.example",
        "name": "New",
        "enabled": True,
        "description": str(mark("new", "boss")),
    }
    assert made.plan.edit_digest == by_hand(*({**common, "field": key, "after": value} for key, value in after.items()))


def test_a_new_group_enters_by_its_path_and_its_link() -> None:
    world = World().mapping("field", nested="mirror", create_group=True)
    world.both("kim")
    world.nest("field", "inner")
    made = compare(world, before(world, lambda base: set_mapping(base, "field", create_group=False)))
    (action,) = made.plan.actions
    common = {"role": "technician", "who": "path:field/inner", "verb": "create_group", "stopped": False}
    after = {"group": "field/inner", **{change.field: change.after for change in action.changes}}
    assert set(after) == {"group", "name", "description"}
    assert made.plan.edit_digest == by_hand(*({**common, "field": key, "after": value} for key, value in after.items()))


@pytest.mark.parametrize(("group", "alone"), [("boss", False), ("chief", True)], ids=["in place", "moved"])
def test_an_administrator_who_is_adopted_enters_by_themselves_only_where_rights_are_granted(
    group: str, alone: bool
) -> None:
    def plan_with(*keys: str) -> Compared:
        world = World(settings={"adopt_admins": True}).mapping("field")
        world.mapping("boss", role=Role.ADMIN).mapping("chief", role=Role.ADMIN)
        world.both("kim")
        world.both("stays", "chief")
        for key in keys:
            world.person(key, "boss").node(key, group=group)
        made = compare(world, before(world, lambda base: drop_mapping(base, "boss")))
        assert made.keys("edit") == [f"adopt{'+move' if alone else ''} {key}" for key in keys]
        return made

    assert (plan_with("one").plan.edit_digest != plan_with("one", "two").plan.edit_digest) == alone


# -- what is stopped in part ------------------------------------------------------------------------------------------


def one_leaver() -> tuple[Plan, Action]:
    world = World().mapping("field")
    world.both("kim")
    world.node("lea", mark("lea"))
    plan = world.plan().plan
    return plan, plan.actions[0]


def stopped(plan: Plan, now: Action) -> Action:
    (left,) = compare_plans(plan.model_copy(update={"actions": (now,)}), plan, {}, {}).stopped
    return left


def test_of_a_leaver_who_is_disabled_all_the_same_the_rest_is_no_removal() -> None:
    plan, action = one_leaver()
    assert [change.field for change in action.changes] == ["enabled", "description"]
    left = stopped(plan, action.model_copy(update={"changes": action.changes[:1]}))
    assert (left.verbs, [change.field for change in left.changes], left.removal) == (
        ("update",),
        ["description"],
        False,
    )


def test_a_leaver_who_stays_is_a_removal_less() -> None:
    plan, action = one_leaver()
    left = stopped(plan, action.model_copy(update={"changes": action.changes[1:]}))
    assert (left.verbs, left.removal) == (("disable",), True)
    assert [change.field for change in left.changes] == ["enabled"]


def test_what_is_stopped_waits_for_nobody() -> None:
    plan, action = one_leaver()
    waiting = action.model_copy(update={"depends_on": ("0123456789abcdef",)})
    left = stopped(plan.model_copy(update={"actions": (waiting,)}), action.model_copy(update={"changes": ()}))
    assert left.depends_on == ()


def test_of_a_group_that_is_created_all_the_same_only_the_link_is_stopped() -> None:
    world = World().mapping("field", nested="mirror", create_group=True)
    world.both("kim")
    world.nest("field", "inner")
    plan = world.plan().plan
    (action,) = plan.actions
    left = stopped(plan, action.model_copy(update={"changes": action.changes[:1]}))
    assert (left.verbs, [change.field for change in left.changes]) == (("update",), ["description"])
    assert group_id("inner") in str(left.after("description"))
