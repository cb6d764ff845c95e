"""Which groups belong to a mapping, in which order, and where their people sit (D1)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.model.directory import Directory, Group, UnreadGroup
from reconciler.model.file import Nested
from reconciler.model.hierarchy import Role
from reconciler.model.mappings import EntraGroupName
from reconciler.planning.nesting import Boundaries, walk_groups

from .world import World, group_id, id_of, mark


def walked(world: World, name: str = "field") -> list[str]:
    """Names of the groups of a mapping, each with the name of the one it was met in."""
    readings = world.readings()
    walk = walk_groups(
        world.entra_group(name), readings.directory.nested, Boundaries(world.file(), readings.directory)
    )  # fmt: skip
    assert walk.unread == ()
    return ["/".join(walk.names(index)) for index in range(len(walk.met))]


def field(**said: object) -> World:
    return World().mapping("field", **{"nested": "mirror", **said})


WALKS = {
    "nothing nested": ({}, ["field"]),
    "by name, whatever order they were read in": ({"field": "b a C"}, ["field", "field/a", "field/b", "field/C"]),
    "breadth first": (
        {"field": "b a", "a": "x", "b": "c"},
        ["field", "field/a", "field/b", "field/a/x", "field/b/c"],
    ),
    "a diamond is met once, by the first way": (
        {"field": "b a", "a": "x", "b": "x"},
        ["field", "field/a", "field/b", "field/a/x"],
    ),
    "the shorter way wins": ({"field": "a z", "a": "b", "b": "z"}, ["field", "field/a", "field/z", "field/a/b"]),
    "a circle": ({"field": "a", "a": "b", "b": "a field"}, ["field", "field/a", "field/a/b"]),
    "a group in itself": ({"field": "a field", "a": "a"}, ["field", "field/a"]),
}


@pytest.mark.parametrize("case", WALKS)
def test_each_group_is_met_once_breadth_first_then_by_name(case: str) -> None:
    inside, wanted = WALKS[case]
    world = field()
    for outer, inner in inside.items():
        world.nest(outer, *inner.split())
    assert walked(world) == wanted
    for outer in inside:
        world.nested[outer] = tuple(reversed(world.nested[outer]))
    assert walked(world) == wanted


def test_groups_of_one_name_go_by_id() -> None:
    world = field().nest("field", one="Same", two="Same")
    first = min(group_id("one"), group_id("two"))
    readings = world.readings()
    walk = walk_groups(
        world.entra_group("field"), readings.directory.nested, Boundaries(world.file(), readings.directory)
    )
    assert walk.met[1].group.id == first


CYCLES = {
    "none": ({"field": "a b", "a": "x", "b": "x"}, 0),
    "two groups": ({"field": "a", "a": "b", "b": "a"}, 1),
    "with the mapped one": ({"field": "a", "a": "field"}, 1),
    "two circles": ({"field": "a", "a": "b c", "b": "a", "c": "a"}, 2),
    "between two that were both met higher up": ({"field": "a b", "a": "b", "b": "a"}, 1),
    "itself": ({"field": "a", "a": "a"}, 1),
}


@pytest.mark.parametrize("case", CYCLES)
def test_every_circle_is_told_of(case: str) -> None:
    inside, wanted = CYCLES[case]
    world = field(create_group=True)
    for outer, inner in inside.items():
        world.nest(outer, *inner.split())
    assert [finding.code for finding in world.plan().plan.findings].count("cycle") == wanted


def test_deep_trees_do_not_exhaust_anything() -> None:
    world = field()
    for number in range(1500):
        world.nest("field" if not number else f"g{number - 1}", f"g{number}")
    assert len(walked(world)) == 1501


def test_a_group_mapped_in_any_role_is_neither_met_nor_entered() -> None:
    world = field().mapping("other", nested="direct").mapping("bosses", role=Role.ADMIN)
    world.nest("field", "other", "bosses", "a").nest("other", "x").nest("bosses", "y")
    assert walked(world) == ["field", "field/a"]


def test_a_mapping_whose_group_is_not_known_is_a_boundary_by_name() -> None:
    world = field().mapping("by name")
    world.unread["by name"] = UnreadGroup(None, "Two of them", "2 Entra groups are called so")
    world.mappings[1] = replace(world.mappings[1], entra_group=EntraGroupName(None, "Two of them"))
    world.nest("field", a="Two of them", b="else")
    assert walked(world) == ["field", "field/else"]


def test_what_was_not_read_is_told_with_the_rest() -> None:
    top = Group("t", "Top", (), ("x", "y", "z"))
    nested = {"x": UnreadGroup("x", "X", "hidden", hidden=True), "y": Group("y", "Y", (), ())}
    world = field()
    walk = walk_groups(top, nested, Boundaries(world.file(), Directory(world.readings().directory.groups)))
    assert [group.id for group in walk.unread] == ["x", "z"]
    assert walk.ids == {"t", "x", "y", "z"}


def test_a_nested_group_that_the_reading_does_not_hold_freezes_the_mapping() -> None:
    world = field().nest("field", "a").person("ann", "field")
    readings = world.readings()
    made = world.plan(readings=replace(readings, directory=replace(readings.directory, nested={})))
    assert made.message("frozen") == (
        f"nothing is written for it: the nested group {group_id('a')} could not be read: the reading does not have it"
    )


# -- who sits where -------------------------------------------------------------------------------------------------


def nodes(world: World) -> dict[str, str]:
    """Login -> path of the group after a plan was applied."""
    world.apply(world.plan().plan.actions)
    tree = world.tree()
    return {seat.login.partition("@")[0]: tree.path_text(seat.parent) or "?" for seat in world.seats.values()}


def test_people_sit_in_the_deepest_group_they_are_direct_members_of() -> None:
    world = field(create_group=True).nest("field", "b", "a").nest("a", "deep").nest("b", "deeper").nest("deeper", "end")
    world.person("one", "field").person("two", "field", "a").person("three", "deep", "b").person("four", "a", "end")
    assert nodes(world) == {"one": "field", "two": "field/a", "three": "field/a/deep", "four": "field/b/deeper/end"}


def test_ties_go_by_path() -> None:
    world = field(create_group=True).nest("field", "b", "a").nest("a", "z").nest("b", "c")
    world.person("ann", "c", "z", "b")
    assert nodes(world) == {"ann": "field/a/z"}


@pytest.mark.parametrize(
    ("nested", "ways"),
    [
        ("mirror", {"one": "field > a > z", "two": "field > a", "three": "field", "four": "field > a > z"}),
        ("flatten", {"one": "field > b", "two": "field > a", "three": "field", "four": "field > a > z"}),
    ],
)
def test_the_way_to_somebody_is_that_of_the_group_where_they_sit(nested: Nested, ways: dict[str, str]) -> None:
    world = field().nest("field", "b", "a").nest("a", "z").nest("b", "c")
    world.person("one", "z", "b").person("two", "a").person("three", "field").person("four", "c", "z").person("out")
    readings = world.readings()
    walk = walk_groups(
        world.entra_group("field"), readings.directory.nested, Boundaries(world.file(), readings.directory)
    )
    assert {key: " > ".join(walk.way_to(id_of(key), nested)) for key in ways} == ways
    assert walk.way_to(id_of("out"), nested) == ()


def test_the_reason_shows_the_way() -> None:
    world = field(create_group=True).nest("field", tier="Tier 2").nest("tier", "night")
    world.person("ann", "night").person("bob", "field")
    made = world.plan()
    assert made.action("ann").reason == "member of field > Tier 2 > night"
    assert made.action("bob").reason == "direct member of field"


@pytest.mark.parametrize("role", [Role.TECHNICIAN, Role.ADMIN])
def test_flatten_puts_everybody_into_the_group_of_the_mapping(role: Role) -> None:
    world = World().mapping("field", nested="flatten", role=role).nest("field", "a").nest("a", "b")
    world.person("one", "field").person("two", "a", "b").person("three", "b", "field")
    made = world.plan()
    assert {action.group.after for action in made.plan.actions} == {"field"}
    assert made.action("two").reason == "member of field > a"
    assert made.action("three").reason == "direct member of field"
    assert made.plan.mappings[0].members == 3
    assert made.codes == []


def test_flatten_seats_nobody_in_a_group_that_happens_to_be_called_so() -> None:
    world = World().mapping("field", nested="flatten").nest("field", "a").person("one", "a")
    world.node("stranger", parent=world.group("a", world.place("field")))
    made = world.plan()
    assert (made.action("one").group.after, made.codes) == ("field", [])


def test_direct_takes_nobody_from_nested_groups() -> None:
    world = World().mapping("field", nested="direct").nest("field", "a").person("one", "field").person("two", "a")
    assert world.plan().verbs == {"one": "create"}


def test_somebody_who_comes_to_sit_deeper_is_moved_and_the_marker_stays() -> None:
    world = field(create_group=True).nest("field", "a")
    world.both("ann")
    world.members["a"].append("ann")
    action = world.plan().action("ann")
    assert action.verbs == ("move",)
    assert (action.group.before, action.group.after, action.changes) == ("field", "field/a", ())


def test_two_mappings_onto_one_group_share_what_they_share() -> None:
    """A nested group in both is one Rescue group; a different one of the same name is a clash."""
    twin = {"node": False, "nested": "mirror", "create_group": True, "rescue_group": ("field",)}
    world = field(create_group=True).mapping("twin", **twin)
    world.nest("field", "night").nest("twin", "night").person("ann", "night")
    made = world.plan()
    assert [action.subject.path for action in made.plan.actions] == ["field/night", None]
    assert made.codes == []
    world.nest("twin", other="night").person("bob", "other")
    made = world.plan()
    assert made.codes == ["group_clash twin"]
    assert made.verbs["ann"] == "create"
    assert "bob" not in made.verbs


def test_an_equal_mapping_that_wants_another_group_is_a_conflict() -> None:
    world = field(create_group=True).mapping("other", nested="direct").nest("field", "a")
    world.person("ann", "field", "a", "other")
    assert world.plan().codes == ["conflict ann"]
    world.mappings[1] = replace(world.mappings[1], priority=200)
    assert world.plan().action("ann").group.after == "field/a"


def test_an_equal_mapping_onto_the_same_group_that_is_frozen_leaves_it_undecided() -> None:
    world = field().mapping("twin", node=False, nested="direct", rescue_group=("field",)).nest("field", "a")
    world.unread["a"] = UnreadGroup(group_id("a"), "a", "it is not there")
    world.person("ann", "field", "twin")
    made = world.plan()
    assert made.codes == ["conflict ann", "frozen field"]
    assert made.verbs == {}


# -- D17 ------------------------------------------------------------------------------------------------------------


def test_a_nested_group_that_was_not_read_freezes_the_mapping_and_nobody_else() -> None:
    world = field(create_group=True).mapping("other").nest("field", "a", "b")
    world.person("new", "field").person("inb", "b").person("free", "other")
    world.both("gone")
    world.members["field"].remove("gone")
    world.unread["a"] = UnreadGroup(group_id("a"), "a", "it has more than 999 direct user members (limits.members)")
    made = world.plan()
    assert made.verbs == {"free": "create"}
    assert "the nested group a could not be read: it has more than 999" in made.message("frozen")
    assert made.plan.summary.frozen_mappings == 1


def test_certain_leavers_of_such_a_mapping_are_disabled_all_the_same() -> None:
    world = field().nest("field", "a").person("ann", "field", enabled=False)
    world.node("ann", mark("ann"))
    world.unread["a"] = UnreadGroup(group_id("a"), "a", "hidden", hidden=True)
    assert world.plan().verbs == {"ann": "disable"}


def test_people_of_a_worse_mapping_wait_while_a_nested_group_is_not_read() -> None:
    world = field(priority=1).mapping("other", priority=2).nest("field", "a").person("keep", "field")
    world.person("ann", "other")
    world.unread["a"] = UnreadGroup(group_id("a"), "a", "it is not there")
    assert world.plan().verbs == {}
    assert world.plan().plan.summary.blocked == 1


def test_a_mapping_with_people_in_nested_groups_only_is_not_empty() -> None:
    world = field().nest("field", "a").person("ann", "a")
    world.node("ann", mark("ann"))
    assert world.plan().codes == ["group_missing field"]
    world.members["a"].clear()
    assert world.plan().codes == ["frozen field"]


# -- D8 -------------------------------------------------------------------------------------------------------------


def left(world: World) -> World:
    """Ann was in the mapping and is in none of the groups read."""
    world.person("keep", "field").node("keep", mark("keep"))
    world.person("ann").node("ann", mark("ann"))
    return world


def test_D8_nested_groups_that_were_read_are_read_again() -> None:
    world = left(field(create_group=True).nest("field", "a"))
    world.groups_of["ann"] = frozenset({group_id("a"), group_id("field")})
    made = world.plan()
    assert made.asked_for("again") == {group_id("a"), group_id("field")}
    assert "ann" not in made.verbs
    assert made.codes == ["unconfirmed ann"], "in a group that was read twice and does not list them"


def test_D8_somebody_who_turns_up_in_a_nested_group_is_not_touched() -> None:
    world = left(field(create_group=True).nest("field", "a"))
    world.groups_of["ann"] = frozenset({group_id("a"), group_id("field")})
    world.again[group_id("a")] = Group(group_id("a"), "a", (world.people["ann"],))
    made = world.plan()
    assert "ann" not in made.verbs
    assert made.message("reading_moved") == "nothing this time: is in a now and was not a moment ago"


def test_D8_a_group_nested_since_is_a_torn_reading() -> None:
    world = left(field(create_group=True).nest("field", "a"))
    new = id_of("a group nobody has read")
    world.groups_of["ann"] = frozenset({new, group_id("field")})
    top = world.entra_group("field")
    world.again[group_id("field")] = Group(top.id, top.name, top.members, (*top.nested, new))
    made = world.plan()
    assert "ann" not in made.verbs
    assert made.message("reading_moved") == "nothing this time: field holds another group now than a moment ago"


def test_D8_a_member_through_nesting_that_is_not_followed_has_left() -> None:
    world = left(World().mapping("field", nested="direct").nest("field", "a"))
    world.groups_of["ann"] = frozenset({group_id("a"), group_id("field")})
    made = world.plan()
    assert made.asked_for("again") == {group_id("field")}
    assert made.verbs == {"ann": "disable"}


def test_D8_a_group_of_a_frozen_mapping_keeps_people_also_when_it_is_nested() -> None:
    world = left(field().mapping("other", nested="mirror").nest("other", "a", "b"))
    world.unread["b"] = UnreadGroup(group_id("b"), "b", "it is not there")
    world.groups_of["ann"] = frozenset({group_id("a")})
    made = world.plan()
    assert "ann" not in made.verbs
    assert made.message("unconfirmed") == "kept: may be in other, whose mapping is frozen"


def test_D11_two_mappings_onto_one_group_that_would_seat_somebody_apart_are_a_conflict() -> None:
    world = field().mapping("more", node=False, rescue_group=("field",), nested="mirror").nest("field", "a")
    world.group("a", world.place("field"))
    world.person("eve", "more").person("kim", "field").person("ann", "a", "more")
    made = world.plan()
    assert made.codes == ["conflict ann"]
    assert sorted(made.verbs) == ["eve", "kim"]
