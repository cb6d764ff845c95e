"""Rescue groups: found, created, missing, in dispute; and what became of those we created (D2, D14)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.model.directory import UnreadGroup
from reconciler.model.hierarchy import Role
from reconciler.model.mappings import EntraGroupName
from reconciler.model.marker import GroupMarker
from reconciler.model.plan import group_action_id, plan_digest

from .world import OWNER, TECHNICIANS, Outcome, World, group_id, mark


def field(**said: object) -> World:
    return World().mapping("field", **{"nested": "mirror", "create_group": True, **said})


def top(**said: object) -> World:
    """A mapping whose Rescue group is not there, and a group whose permissions it would get."""
    world = World()
    world.group("source")
    return world.mapping("field", node=False, **{"create_group": True, "permissions_from": ("source",), **said})


def marker(key: str, mapping: str = "field", owner: str = OWNER) -> str:
    return str(GroupMarker(owner, group_id(key), group_id(mapping)[:8]))


def paths(made: Outcome) -> list[str]:
    return [action.subject.path or "" for action in made.plan.actions if "create_group" in action.verbs]


def settle(world: World) -> Outcome:
    """Applied, and planned again."""
    world.apply(world.plan().plan.actions)
    return world.plan()


# -- mirrored groups ------------------------------------------------------------------------------------------------


def test_a_missing_group_is_an_action_of_its_own_on_which_its_people_depend() -> None:
    world = field().nest("field", "a").nest("a", "b").person("ann", "b").person("bob", "field")
    made = world.plan()
    first, second, *people = made.plan.actions
    assert (first.verbs, first.role, first.mapping, first.line) == (("create_group",), "technician", "field", 10)
    assert (first.subject.path, first.subject.entra_id, first.subject.login) == ("field/a", group_id("a"), None)
    assert (first.group.before, first.group.after, first.removal) == (None, "field/a", False)
    assert {change.field: change.after for change in first.changes} == {
        "name": "a", "description": marker("a"),
    }  # fmt: skip
    assert first.id == group_action_id("technician", "field/a")
    assert (first.depends_on, second.depends_on) == ((), (first.id,))
    by_login = {action.subject.login: action.depends_on for action in people}
    assert by_login == {"ann@x.example": (second.id,), "bob@x.example": ()}
    assert first.parent_id == first.permissions_of == world.place("field")
    assert second.parent_id == second.permissions_of == first.group_id
    assert made.plan.summary.create_group == 2
    assert made.plan.digest == plan_digest(reversed(made.plan.actions))
    assert settle(world).plan.actions == ()


def test_groups_are_created_though_nobody_is_in_them() -> None:
    assert paths(field().nest("field", "a").nest("a", "b").plan()) == ["field/a", "field/a/b"]


def test_groups_that_are_there_are_used_by_name() -> None:
    world = field().nest("field", tier="Tier  2").person("ann", "tier")
    node = world.group(" Tier 2", world.place("field"))
    assert world.plan().action("ann").group_id == node
    assert paths(world.plan()) == []


def test_people_moved_into_a_new_group_depend_on_it_as_well() -> None:
    world = field().nest("field", "a")
    world.both("ann")
    world.members["a"].append("ann")
    made = world.plan()
    assert made.verbs == {"": "create_group", "ann": "move"}
    assert made.action("ann").depends_on == (made.plan.actions[0].id,)


def test_without_create_group_people_sit_in_the_nearest_group_that_is_there() -> None:
    world = field(create_group=False).nest("field", "a").nest("a", "b").nest("b", "c")
    world.group("a", world.place("field"))
    world.person("ann", "c").person("bob", "b").person("cid", "a")
    made = world.plan()
    assert {action.group.after for action in made.plan.actions} == {"field/a"}
    assert made.codes == ["group_missing field", "group_missing field"]
    assert settle(world).plan.actions == ()


CLASHES = {
    "two siblings of one name": ({"one": "Same", "two": "Same"}, {}, 1),
    "two siblings that differ in case": ({"one": "Same", "two": "same"}, {}, 1),
    "the same in Rescue alone": ({"one": "Same"}, {"same": ""}, 0),
    "two groups of that name in Rescue": ({"one": "Same"}, {"Same": "", "Same ": ""}, 0),
}


@pytest.mark.parametrize("case", CLASHES)
@pytest.mark.parametrize("existing", [True, False])
def test_a_name_in_dispute_freezes_that_branch_only(case: str, existing: bool) -> None:
    names, groups, created = CLASHES[case]
    world = field().nest("field", "free", **names).nest("two" if "two" in names else "one", "below")
    for name, text in groups.items():
        world.group(name, world.place("field"), description=text)
    world.person("ann", "free").person("bob", "below").person("out", "below", enabled=False)
    if existing:
        world.node("bob", mark("bob"), group="field", name="Other name")
        world.node("out", mark("out"), group="field")
    made = world.plan()
    assert made.codes == ["group_clash field"]
    assert made.plan.has_errors
    assert made.verbs == {"": "create_group", "ann": "create"} | ({"out": "disable"} if existing else {})
    assert len(paths(made)) == 1 + created
    assert made.plan.summary.blocked == (1 if existing else 2)
    assert made.plan.mappings[0].state == "ok"


def test_the_first_by_id_has_a_name_that_two_would_have() -> None:
    world = field().nest("field", one="Same", two="Same")
    (action,) = world.plan().plan.actions
    assert action.subject.entra_id == min(group_id("one"), group_id("two"))


@pytest.mark.parametrize("there", [True, False])
def test_a_path_that_another_mapping_claims(there: bool) -> None:
    world = field().mapping("other", node=False, rescue_group=("field", "a")).nest("field", "a").person("ann", "a")
    if there:
        world.group("a", world.place("field"))
    made = world.plan()
    assert made.codes == (["group_clash field"] if there else ["frozen other", "group_clash field"])
    assert made.plan.actions == ()


def test_a_mapping_by_node_id_claims_its_group_as_well() -> None:
    world = field().nest("field", "a")
    node = world.group("a", world.place("field"))
    world.mapping("other", node=False, rescue_group=node)
    assert world.plan().codes == ["group_clash field"]


@pytest.mark.parametrize("name", ["", "  ", "a<b", "x&#1", "line\nbreak"])
def test_a_name_that_rescue_does_not_take(name: str) -> None:
    world = field().nest("field", bad=name).person("ann", "bad").person("bob", "field")
    made = world.plan()
    assert made.codes == ["bad_name field"]
    assert made.verbs == {"bob": "create"}


def test_a_path_that_reads_like_another_ones_is_not_created() -> None:
    world = field().nest("field", one="A", two="A/B").nest("one", three="B").person("ann", "three").person("bob", "two")
    made = world.plan()
    assert paths(made) == ["field/A", "field/A/B"]
    assert made.codes == ["group_clash field"]
    assert len({action.id for action in made.plan.actions}) == len(made.plan.actions)


# -- markers --------------------------------------------------------------------------------------------------------


def test_a_group_we_created_is_used_wherever_it_sits_and_whatever_it_is_called() -> None:
    world = field().nest("field", "a").nest("a", "b").person("ann", "a").person("bob", "b")
    elsewhere = world.group("elsewhere")
    ours = world.group("renamed", elsewhere, description=f"text {marker('a').upper()} more")
    made = world.plan()
    assert made.codes == ["group_moved field", "group_renamed field"]
    assert made.action("ann").group_id == ours
    assert paths(made) == ["elsewhere/renamed/b"]
    assert not made.plan.has_errors


def test_a_group_renamed_in_entra_keeps_its_rescue_group() -> None:
    world = field().nest("field", "a").person("ann", "a")
    assert settle(world).plan.actions == ()
    world.names["a"] = "new name"
    made = world.plan()
    assert (made.plan.actions, made.codes) == ((), ["group_renamed field"])


@pytest.mark.parametrize("text", [marker("a", owner="beef"), marker("a", "other"), "[entra-group:8d2f:x@1]"])
def test_markers_that_are_not_this_ones_do_not_count(text: str) -> None:
    world = field().nest("field", "a")
    world.group("renamed", world.place("field"), description=text)
    assert paths(world.plan()) == ["field/a"]


def test_a_marker_on_two_groups_freezes_the_branch_unless_one_is_where_it_should_be() -> None:
    world = field().nest("field", "a").person("ann", "a")
    world.group("x", description=marker("a"))
    world.group("y", description=marker("a"))
    assert (world.plan().codes, world.plan().verbs) == (["marker_twice field"], {})
    there = world.group("a", world.place("field"), description=marker("a"))
    assert world.plan().action("ann").group_id == there


def test_D7_markers_of_a_group_that_is_replaced_count() -> None:
    world = field().nest("field", "a").person("ann", "a")
    settle(world)
    world.mappings[0] = replace(
        world.mappings[0], entra_group=EntraGroupName(group_id("anew"), None), replaces=(group_id("field"),)
    )
    readings = world.readings()
    top = replace(world.entra_group("field"), id=group_id("anew"))
    directory = replace(readings.directory, groups={"field": top})
    world.group_nodes = {key: node._replace(name=f"{node.name} 2") for key, node in world.group_nodes.items()}
    world.mappings[0] = replace(world.mappings[0], rescue_group=("field 2",))
    made = world.plan(readings=replace(readings, directory=directory, tree=world.tree()))
    assert made.codes == ["group_renamed field"]
    assert made.verbs == {"ann": "update"}


def test_two_markers_in_one_text_freeze_the_branch() -> None:
    world = field().nest("field", "a").person("ann", "a")
    world.group("x", description=marker("a") + marker("b"))
    assert (world.plan().codes, world.plan().verbs) == (["marker_bad field"], {})


@pytest.mark.parametrize("renamed", ["former tier", "zz"])
def test_a_new_group_of_a_name_that_another_ones_rescue_group_still_has(renamed: str) -> None:
    """The first was renamed in Entra, and a second got its old name: whichever comes first, the first has the group."""
    world = field().nest("field", old="tier").person("ann", "old")
    settle(world)
    world.names["old"] = renamed
    world.nest("field", new="tier").person("bob", "new")
    made = world.plan()
    assert made.codes == ["group_clash field", "group_renamed field"]
    assert "is that of another Entra group" in made.message("group_clash")
    assert made.verbs == {}


def test_a_group_that_was_made_anew_in_entra_takes_over_the_rescue_group_of_its_name() -> None:
    world = field().nest("field", old="tier").person("ann", "old")
    settle(world)
    world.nested["field"], world.inner = (), []
    world.nest("field", new="tier")
    world.members["new"] = ["ann"]
    assert (world.plan().plan.actions, world.plan().codes) == ((), [])


def test_a_nested_group_that_vanished() -> None:
    world = field().nest("field", "a").person("ann", "field", "a").person("bob", "a").person("cid", "field")
    settle(world)
    world.nested["field"], world.inner = (), []
    world.members["a"] = []
    made = world.plan()
    assert made.codes == ["group_gone field"]
    assert made.verbs == {"ann": "move", "bob": "disable"}
    assert made.action("ann").group.after == "field"
    assert made.action("bob").group.after == "field/a"
    assert settle(world).plan.actions == ()


@pytest.mark.parametrize(
    "change",
    [
        lambda world: world.mapping("a", node=False, rescue_group=("source",)),
        lambda world: world.mappings.__setitem__(0, replace(world.mappings[0], nested="flatten")),
        lambda world: world.unread.__setitem__("field", UnreadGroup(group_id("field"), "field", "503")),
    ],
    ids=["mapped itself now", "no longer mirrored", "not known"],
)
def test_what_is_not_gone_is_not_said_to_be(change) -> None:
    world = field().nest("field", "a").person("ann", "a").person("bob", "field")
    world.group("source")
    settle(world)
    change(world)
    assert [code for code in world.plan().codes if code.startswith("group_gone")] == []


# -- mapped groups --------------------------------------------------------------------------------------------------


def test_a_mapped_group_at_the_top_is_created_with_the_permissions_of_another() -> None:
    world = top(nested="mirror").nest("field", "a").person("ann", "a").person("bob", "field")
    made = world.plan()
    assert paths(made) == ["field", "field/a"]
    first, second = made.plan.actions[:2]
    assert (first.parent_id, first.permissions_of) == (TECHNICIANS, world.place("source"))
    assert (second.parent_id, second.permissions_of) == (first.group_id, first.group_id)
    assert f"@{group_id('field')[:8]}" in str(made.changes("ann")["description"][1])
    assert settle(world).plan.actions == ()


def test_a_mapped_group_below_another_gets_that_ones_permissions() -> None:
    world = World().mapping("above").mapping("field", node=False, rescue_group=("above", "field"), create_group=True)
    (action,) = world.plan().plan.actions
    assert action.parent_id == action.permissions_of == world.place("above")


def test_a_mapped_group_below_one_that_is_created_in_the_same_plan() -> None:
    world = top()
    world.mapping("below", node=False, rescue_group=("field", "below"), create_group=True)
    made = world.plan()
    assert paths(made) == ["field", "field/below"]
    assert made.plan.actions[1].depends_on == (made.plan.actions[0].id,)
    assert settle(world).plan.actions == ()


FREEZES = {
    "full sync is off": (lambda world: world.set(full_sync=False, nested="flatten"), "there is no technician group"),
    "create_group is off": (lambda world: world.set(create_group=False), "there is no technician group field"),
    "no permissions_from": (lambda world: world.set(permissions_from=None), "permissions_from"),
    "permissions_from is not there": (
        lambda world: world.set(permissions_from=("nowhere",)), "there is no technician group nowhere",
    ),
    "differs in case": (lambda world: world.group("Field"), "it is called 'Field' there"),
    "several": (lambda world: (world.group("field"), world.group("field")), "several Rescue groups"),
    "the one above is missing": (lambda world: world.set(rescue_group=("x", "field")), "the last group of a path only"),
    "a name that Rescue does not take": (
        lambda world: world.set(rescue_group=("a &#1; b",)), "Rescue does not take its name",
    ),
    "its marker is on two groups": (
        lambda world: [world.group(name, description=marker("field")) for name in ("x", "y")],
        "its marker is on several Rescue groups",
    ),
    "its marker is beside another": (
        lambda world: world.group("x", description=f"{marker('field')} {marker('b')}"), "its marker and another one",
    ),
    "an administrators' one": (lambda world: world.set(role=Role.ADMIN, create_group=False), "administrator group"),
}  # fmt: skip


class _World(World):
    def set(self, **said: object) -> None:
        self.mappings[0] = replace(self.mappings[0], **said)


@pytest.mark.parametrize("case", FREEZES)
def test_a_mapped_group_that_is_not_created_freezes_the_mapping(case: str) -> None:
    change, why = FREEZES[case]
    world = _World(**{name: getattr(top(), name) for name in ("mappings", "group_nodes", "members")})
    change(world)
    world.person("ann", "field")
    made = world.plan()
    assert made.plan.actions == ()
    assert why in made.message("frozen")


def test_a_mapped_group_with_enabled_people_marked_for_it_was_renamed_by_hand() -> None:
    world = top()
    node = world.group("field 2")
    world.both("ann", "field", marker=mark("ann"), parent=node)
    world.person("new", "field")
    made = world.plan()
    assert made.plan.actions == ()
    assert f"they sit in field 2 (node {node})" in made.message("frozen")
    world.seats[1000].status = "Disabled"
    assert paths(world.plan()) == ["field"]


def test_of_those_marked_for_a_group_that_is_not_there_only_enabled_ones_tell_where_it_went() -> None:
    world = top().mapping("other")
    node, left = world.group("field 2"), world.group("left")
    world.both("ann", marker=mark("ann"), parent=node)
    world.both("bob", "other")
    world.node("eve", mark("eve", off=True), parent=left, status="Disabled")
    assert world.plan().message("frozen") == (
        "nothing is written for it: there is no technician group field in Rescue, and people marked for it are enabled "
        f"(1): they sit in field 2 (node {node}); was the group renamed? Write its new name, or its node id"
    )


def test_a_mapped_group_we_created_and_somebody_renamed_is_used() -> None:
    world = top().person("ann", "field")
    settle(world)
    key, node = next((key, node) for key, node in world.group_nodes.items() if node.name == "field")
    world.group_nodes[key] = node._replace(name="other", parent=world.place("source"))
    made = world.plan()
    assert (made.plan.actions, made.codes) == ((), ["group_moved field", "group_renamed field"])


def test_whoever_joins_is_created_in_the_renamed_group_that_is_ours() -> None:
    world = top().person("ann", "field")
    settle(world)
    key, node = next((key, node) for key, node in world.group_nodes.items() if node.name == "field")
    world.group_nodes[key] = node._replace(name="other")
    world.person("new", "field")
    made = world.plan()
    assert made.verbs == {"new": "create"}
    assert (made.action("new").group_id, made.action("new").group.after) == (node.id, "other")


def test_a_marker_never_puts_administrators_into_a_group_of_technicians() -> None:
    world = World().mapping("field", node=False, role=Role.ADMIN).person("ann", "field")
    world.group("field", description=marker("field"))
    made = world.plan()
    assert (made.codes, made.plan.actions) == (["frozen field"], ())


@pytest.mark.parametrize("unread", [False, True])
def test_a_group_we_created_that_another_mapping_has_by_its_path_is_not_shared_by_accident(unread: bool) -> None:
    """Also where the other mapping is frozen, because a group in it could not be read."""
    world = World().mapping("other", nested="flatten").mapping("field", node=False).person("ann", "field")
    if unread:
        world.nest("other", "inner").unread["inner"] = UnreadGroup(group_id("inner"), "inner", "429")
    for key, node in world.group_nodes.items():
        world.group_nodes[key] = node._replace(description=marker("field"))
    made = world.plan()
    told = {finding.mapping: finding.message for finding in made.plan.findings}
    assert "is that of mapping other now" in told["field"]
    assert (made.plan.actions, "other" in told) == ((), unread)


def test_the_path_of_the_file_beats_a_marker_elsewhere() -> None:
    world = World().mapping("field").person("ann", "field")
    world.group("older", description=marker("field"))
    assert world.plan().action("ann").group.after == "field"


@pytest.mark.parametrize("trouble", ["unread", "emptied"])
def test_a_frozen_mapping_creates_nothing(trouble: str) -> None:
    world = top(nested="mirror").nest("field", "a")
    if trouble == "unread":
        world.unread["field"] = UnreadGroup(group_id("field"), "field", "503")
    else:
        world.node("ann", mark("ann"), parent=world.place("source"), status="Disabled")
    assert world.plan().plan.actions == ()


def test_two_mappings_onto_one_missing_group_create_it_once() -> None:
    world = top().mapping("twin", node=False, create_group=True, permissions_from=("source",), rescue_group=("field",))
    world.person("ann", "field").person("bob", "twin")
    made = world.plan()
    assert paths(made) == ["field"]
    assert {action.depends_on for action in made.plan.actions[1:]} == {(made.plan.actions[0].id,)}
    assert settle(world).plan.actions == ()


# -- half-made groups -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["", " ", "New group", "new technician group 3"])
def test_a_group_without_a_name_is_filled_instead_of_another_one(name: str) -> None:
    world = field().nest("field", "a", "b").person("ann", "a")
    blank = world.group(name, world.place("field"))
    made = world.plan()
    assert [action.subject.node_id for action in made.plan.actions] == [blank, None, None]
    assert f"fills the half-made node {blank}" in made.plan.actions[0].reason
    assert made.codes == []
    assert settle(world).plan.actions == ()


def test_a_group_without_a_name_at_the_top_is_filled_as_well() -> None:
    world = top()
    blank = world.group("")
    assert [action.subject.node_id for action in world.plan().plan.actions] == [blank]


@pytest.mark.parametrize("case", ["a name", "a text", "somebody in it", "a group in it", "elsewhere"])
def test_what_is_not_half_made_is_never_filled(case: str) -> None:
    world = field().nest("field", "a")
    parent = world.group("elsewhere") if case == "elsewhere" else world.place("field")
    node = world.group("Night" if case == "a name" else "", parent, description="x" if case == "a text" else "")
    if case == "somebody in it":
        world.node("ann", parent=node)
    elif case == "a group in it":
        world.group("x", node)
    assert [action.subject.node_id for action in world.plan().plan.actions] == [None]


def test_a_group_without_a_name_that_nothing_fills_is_told_of() -> None:
    world = field().nest("field", "a")
    world.group("a", world.place("field"))
    blank = world.group("", world.place("field"))
    world.group("New group", world.place("field"))
    made = world.plan()
    assert made.codes == ["half_made field"]
    assert f"group {blank} in field" in made.message("half_made")


# -- what looks at groups -------------------------------------------------------------------------------------------


def test_people_nobody_knows_in_a_mirrored_group_are_unmanaged() -> None:
    world = field().nest("field", "a")
    node = world.group("a", world.place("field"))
    world.node("stranger", parent=node)
    assert world.plan().codes == ["unmanaged stranger"]


def test_half_made_people_in_a_mirrored_group_are_filled() -> None:
    world = field().nest("field", "a").person("ann", "a")
    node = world.group("a", world.place("field"))
    blank = world.node("blank", parent=node, login="", name="New technician", status="Disabled")
    assert world.plan().action("ann").subject.node_id == blank.id


@pytest.mark.parametrize(("limit", "passed"), [(1, False), (2, True), ("off", True)])
def test_max_group_creates(limit: int | str, passed: bool) -> None:
    world = field().nest("field", "a", "b")
    world.guards["max_group_creates"] = limit
    (verdict,) = [guard for guard in world.plan().plan.guards if guard.name == "max_group_creates"]
    assert (verdict.passed, verdict.measured, verdict.role) == (passed, 2, "technician")
    assert len(verdict.actions) == (0 if passed else 2)
