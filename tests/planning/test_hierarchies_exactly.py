"""What is told of Rescue groups, word for word: it names the node somebody has to look at, and what to write (D2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from reconciler.model.directory import UnreadGroup
from reconciler.model.hierarchy import Role
from reconciler.model.marker import GroupMarker

from .test_hierarchies import field, marker, top
from .world import OWNER, World, group_id, mark


def with_groups(world: World, *names: str, inside: str = "field", text: str = "") -> World:
    for name in names:
        world.group(name, world.place(inside) if inside else 4, description=text)
    return world


def renamed_by_hand(*groups: str) -> World:
    """Somebody enabled and marked sits in each of these groups; the last two share one."""
    world = with_groups(top(), *groups, inside="")
    for number, name in enumerate((*groups, groups[-1])):
        world.both(f"p{number}", "field", marker=mark(f"p{number}"), parent=world.place(name))
    return world


def seated_in_what_nobody_knows() -> World:
    world = top()
    parent = world.group("pool", kind="pseudogroup")
    world.both("ann", "field", marker=mark("ann"), parent=parent)
    return world


def found_by_its_marker() -> World:
    world = World().mapping("other").mapping("field", node=False).person("ann", "field")
    for key, node in world.group_nodes.items():
        world.group_nodes[key] = node._replace(description=marker("field"))
    return world


def renamed_in_entra() -> World:
    """The first group keeps its Rescue group, and a second one has the name it had."""
    world = field().nest("field", old="tier")
    world.apply(world.plan().plan.actions)
    world.names["old"] = "former"
    return world.nest("field", new="tier")


def moved_and_renamed() -> World:
    world = with_groups(field().nest("field", "a"), "elsewhere", inside="")
    return with_groups(world, "renamed", inside="elsewhere", text=marker("a"))


def vanished() -> World:
    world = field().nest("field", "a").person("ann", "field")
    world.apply(world.plan().plan.actions)
    world.nested["field"], world.inner = (), []
    return world


MISSING = "nothing is written for it: there is no technician group field in Rescue"
BRANCH = "; nothing is written for this branch"
RENAMED = "; was the group renamed? Write its new name, or its node id"

TOLD: dict[str, tuple[Callable[[], World], list[str]]] = {
    "no permissions_from": (
        lambda: top(permissions_from=None), [f"frozen: {MISSING}, and permissions_from: is not there"],
    ),
    "permissions_from is not there": (
        lambda: top(permissions_from=("nowhere",)),
        [f"frozen: {MISSING}, and permissions_from: there is no technician group nowhere in Rescue"],
    ),
    "the one above is missing": (
        lambda: top(rescue_group=("x", "field")),
        ["frozen: nothing is written for it: there is no technician group x in Rescue; create_group makes the last "
         "group of a path only"],
    ),
    "Rescue does not take the name": (
        lambda: top(rescue_group=("a<b",)),
        ["frozen: nothing is written for it: there is no technician group a<b in Rescue, and Rescue does not take its "
         "name"],
    ),
    "its marker is on two groups": (
        lambda: with_groups(top(), "x", "y", inside="", text=marker("field")),
        [f"frozen: {MISSING}, and its marker is on several Rescue groups: nodes 101, 102"],
    ),
    "its marker is beside another": (
        lambda: with_groups(top(), "x", inside="", text=marker("field") + marker("b")),
        [f"frozen: {MISSING}, and node 101 carries its marker and another one"],
    ),
    "another mapping has what we created": (
        found_by_its_marker,
        [f"frozen: {MISSING}, and the group created for it is that of mapping other now (node 100)"],
    ),
    "renamed by hand": (
        lambda: renamed_by_hand("field 2"),
        [f"frozen: {MISSING}, and people marked for it are enabled (2): they sit in field 2 (node 101){RENAMED}"],
    ),
    "people in more than three groups": (
        lambda: renamed_by_hand("d", "c", "b", "a"),
        [f"frozen: {MISSING}, and people marked for it are enabled (5): they sit in d (node 101), c (node 102), "
         f"b (node 103){RENAMED}"],
    ),
    "people where nobody knows what it is": (
        seated_in_what_nobody_knows,
        [f"frozen: {MISSING}, and people marked for it are enabled (1): they sit in a group (node 101){RENAMED}"],
    ),
    "two of one name": (
        lambda: field().nest("field", one="Same", two="Same"),
        [f"group_clash: field > Same: the Rescue group of that name (to be created) is that of another Entra group"
         f"{BRANCH}"],
    ),
    "two that differ in case": (
        lambda: field().nest("field", one="Same", two="same"),
        [f"group_clash: field > same: 'Same' is to be created, which differs in case only{BRANCH}"],
    ),
    "Rescue has it in another case": (
        lambda: with_groups(field().nest("field", one="Same"), "same"),
        [f"group_clash: field > Same: Rescue has a group 'same' (node 101), which differs in case only{BRANCH}"],
    ),
    "Rescue has it twice": (
        lambda: with_groups(field().nest("field", one="Same"), "Same", "Same "),
        [f"group_clash: field > Same: several Rescue groups are called so (nodes 101, 102){BRANCH}"],
    ),
    "two of one name, and Rescue has it": (
        lambda: with_groups(field().nest("field", one="Same", two="Same"), "Same"),
        [f"group_clash: field > Same: field/Same (node 101) belongs to another Entra group of that name{BRANCH}"],
    ),
    "another mapping has what we created for it": (
        lambda: with_groups(
            field().mapping("other", node=False, rescue_group=("field", "x")).nest("field", "a"), "x", text=marker("a")
        ),
        [f"group_clash: field > a: field/x (node 101) belongs to the mapping other{BRANCH}",
         "group_renamed: field/x (node 101) is ours for 'a' and is called otherwise; left so, and used"],
    ),
    "another mapping claims the path": (
        lambda: field().mapping("other", node=False, rescue_group=("field", "a")).nest("field", "a"),
        ["frozen: nothing is written for it: there is no technician group field/a in Rescue",
         f"group_clash: field > a: another mapping claims that path{BRANCH}"],
    ),
    "another mapping has the group": (
        lambda: with_groups(
            field().mapping("other", node=False, rescue_group=("field", "a")).nest("field", "a"), "a"
        ),
        [f"group_clash: field > a: field/a (node 101) belongs to the mapping other{BRANCH}"],
    ),
    "a name that Rescue does not take": (
        lambda: field().nest("field", bad="a<b"),
        ["bad_name: field > a<b: the name in Entra is empty or holds control characters, < or &#" + BRANCH],
    ),
    "a path that reads like another": (
        lambda: field().nest("field", one="A", two="A/B").nest("one", three="B"),
        [f"group_clash: field > A > B: written with / its path reads like another one's{BRANCH}"],
    ),
    "a path that reads like one that is there": (
        lambda: with_groups(top(nested="mirror").nest("field", "A"), "field/A", inside=""),
        [f"group_clash: field > A: written with / its path reads like another one's{BRANCH}"],
    ),
    "moved and renamed in Rescue": (
        moved_and_renamed,
        ["group_moved: elsewhere/renamed (node 102) is ours for 'a' and sits elsewhere; left there, and used",
         "group_renamed: elsewhere/renamed (node 102) is ours for 'a' and is called otherwise; left so, and used"],
    ),
    "a marker on two groups": (
        lambda: with_groups(field().nest("field", "a"), "x", "y", text=marker("a")),
        [f"marker_twice: field > a: its marker is on several Rescue groups: nodes 101, 102{BRANCH}"],
    ),
    "two markers on a group": (
        lambda: with_groups(field().nest("field", "a"), "x", text=marker("a") + marker("b")),
        [f"marker_bad: field > a: node 101 carries its marker and another one{BRANCH}"],
    ),
    "renamed in Entra, and another has its name": (
        renamed_in_entra,
        [f"group_clash: field > tier: the Rescue group of that name (node 101) is that of another Entra group{BRANCH}",
         "group_renamed: field/tier (node 101) is ours for 'former' and is called otherwise; left so, and used"],
    ),
    "no longer nested": (
        vanished, ["group_gone: the Entra group of field/a (node 101) is no longer in field; left alone"],
    ),
    "not created": (
        lambda: field(create_group=False).nest("field", "a").nest("a", "b"),
        ["group_missing: there is no Rescue group for field > a > b; its people sit in field (node 100)",
         "group_missing: there is no Rescue group for field > a; its people sit in field (node 100)"],
    ),
    "a circle": (
        lambda: field(create_group=False).nest("field", "field"),
        ["cycle: the Entra group field is in field, which is in field; each is taken once"],
    ),
    "half-made": (
        lambda: with_groups(field().nest("field", "a"), "a", ""),
        ["half_made: group 102 in field was created and never named; the next one created there fills it"],
    ),
    "half-made at the top": (
        lambda: with_groups(top(), "", "", inside=""),
        ["half_made: group 102 in the top was created and never named; the next one created there fills it"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", TOLD)
def test_what_is_told_word_for_word(case: str) -> None:
    made, said = TOLD[case]
    found = made().plan().plan.findings
    assert sorted(f"{finding.code}: {finding.message}" for finding in found) == said


@pytest.mark.parametrize("half_made", [False, True])
def test_the_action_of_a_group_names_the_way_and_what_it_fills(half_made: bool) -> None:
    world = field().nest("field", a="Tier  2").nest("a", "b")
    blank = world.group("", world.place("field")) if half_made else None
    first, second = world.plan().plan.actions
    assert (first.subject.name, first.subject.path, first.subject.node_id) == ("Tier 2", "field/Tier 2", blank)
    filled = "; fills the half-made node 101" if half_made else ""
    assert first.reason == f"no such Rescue group yet for field > Tier  2{filled}"
    assert (second.subject.name, second.reason) == ("b", "no such Rescue group yet for field > Tier  2 > b")


def test_new_groups_have_numbers_that_no_node_has() -> None:
    actions = field().nest("field", "a", "b", "c", "d").nest("a", "e").plan().plan.actions
    numbers = {action.group_id for action in actions}
    assert len(numbers) == 5
    assert all(number is not None and number < 0 for number in numbers)


def test_half_made_groups_are_filled_in_the_order_of_their_ids_and_the_rest_is_told() -> None:
    world = with_groups(field().nest("field", "b", "a"), "", "", "")
    made = world.plan()
    assert [action.subject.node_id for action in made.plan.actions] == [101, 102]
    assert made.codes == ["half_made field"]
    assert "group 103 in field" in made.message("half_made")


def test_which_half_made_group_becomes_which_goes_by_path_whatever_the_priorities() -> None:
    world = with_groups(top(rescue_group=("b",), priority=1), "", "", inside="")
    world.mapping("other", node=False, rescue_group=("a",), create_group=True, permissions_from=("source",), priority=2)
    filled = [(action.subject.path, action.subject.node_id) for action in world.plan().plan.actions]
    assert filled == [("a", 101), ("b", 102)]


def test_a_half_made_group_of_a_frozen_mapping_is_not_told_of() -> None:
    world = with_groups(field().nest("field", "a"), "a", "")
    world.unread["a"] = UnreadGroup(group_id("a"), "a", "503")
    assert world.plan().codes == ["frozen field"]


def test_below_a_missing_group_nothing_is_taken_for_what_happens_to_be_called_so() -> None:
    """The people of `field > a > b` sit in `field`, not in `field/b`, which is nobody's."""
    world = with_groups(field(create_group=False).nest("field", "a").nest("a", "b").person("ann", "b"), "b")
    made = world.plan()
    assert made.action("ann").group.after == "field"
    assert made.codes == ["group_missing field", "group_missing field"]


def test_below_a_missing_group_nothing_is_said_to_have_been_moved() -> None:
    """Where it should be is not there."""
    world = with_groups(field(create_group=False).nest("field", "a").nest("a", "b"), "elsewhere", inside="")
    made = with_groups(world, "b", inside="elsewhere", text=marker("b")).plan()
    assert made.codes == ["group_missing field"]


def test_the_path_of_an_administrators_mapping_is_no_claim_on_technicians() -> None:
    world = field().nest("field", "a")
    world.mapping("bosses", node=False, role=Role.ADMIN, rescue_group=("field", "a"))
    made = world.plan()
    assert made.codes == ["frozen bosses"]
    assert [action.subject.path for action in made.plan.actions] == ["field/a"]


@pytest.mark.parametrize("elsewhere", [("a",), ("x",), ("x", "y")], ids=["called so", "otherwise", "two"])
def test_of_several_groups_with_its_marker_the_one_that_is_called_so_where_it_should_be_counts(
    elsewhere: tuple[str, ...],
) -> None:
    world = field().nest("field", "a").person("ann", "a")
    there = world.group("a", world.place("field"), description=marker("a"))
    world = with_groups(world, *elsewhere, inside="", text=marker("a"))
    made = world.plan()
    assert (made.action("ann").group_id, made.codes) == (there, [])


@pytest.mark.parametrize(("own", "replaced"), [("field", "older"), ("older", "field")])
def test_D7_a_marker_of_the_mapping_itself_comes_before_one_of_what_it_replaces(own: str, replaced: str) -> None:
    world = World().mapping(own, nested="mirror", replaces=(group_id(replaced),)).nest(own, "a").person("ann", "a")
    world = with_groups(world, "before", inside=own, text=marker("a", replaced))
    world = with_groups(world, "after", inside=own, text=marker("a", own))
    assert world.plan().action("ann").group.after == f"{own}/after"


@pytest.mark.parametrize("order", [("one", "two"), ("two", "one")])
def test_of_equal_mappings_the_smaller_group_id_comes_first_whatever_the_order_of_the_file(
    order: tuple[str, str],
) -> None:
    """It creates the group both want, and has the nested group of a name that both would have."""
    world = with_groups(World(), "source", inside="")
    for name in order:
        world.mapping(
            name, node=False, nested="mirror", create_group=True, permissions_from=("source",), rescue_group=("desk",)
        )
    world.nest("one", of_one="night").nest("two", of_two="night")
    made = world.plan()
    first, second = sorted(order, key=group_id)
    assert [(action.mapping, action.subject.path) for action in made.plan.actions] == [
        (first, "desk"), (first, "desk/night"),
    ]  # fmt: skip
    assert made.codes == [f"group_clash {second}"]


def test_a_group_two_levels_below_one_that_is_there_is_created_after_the_one_between() -> None:
    world = World().mapping("a").mapping("b", node=False, rescue_group=("a", "b"), create_group=True)
    world.mapping("c", node=False, rescue_group=("a", "b", "c"), create_group=True)
    first, second = world.plan().plan.actions
    assert (first.subject.path, second.subject.path) == ("a/b", "a/b/c")
    assert (second.parent_id, second.depends_on) == (first.group_id, (first.id,))


def test_groups_at_the_top_take_the_permissions_of_the_group_named_whatever_else_is_there() -> None:
    world = top()
    world.mappings[0] = replace(world.mappings[0], permissions_from=("source", "inner"))
    inner = world.group("inner", world.place("source"))
    (action,) = world.plan().plan.actions
    assert action.permissions_of == inner


def test_every_group_that_nests_no_more_is_told_whatever_comes_before_it() -> None:
    """Markers of a mapping that is frozen, or that mirrors no more, are passed over."""
    world = World().mapping("field", nested="mirror").mapping("flat", nested="flatten").mapping("lost", node=False)
    world.both("kim")
    for number, mapping in enumerate(["field", "flat", "lost", "field", "nobody", "field"]):
        text = str(GroupMarker(OWNER, f"{number}0000000-0000-4000-8000-000000000000", group_id(mapping)[:8]))
        world.group(f"g{number}", world.place("field"), description=text)
    told = [finding.message for finding in world.plan().plan.findings if finding.code == "group_gone"]
    assert [message.partition(" (node")[0] for message in told] == [
        f"the Entra group of field/g{number}" for number in (0, 3, 5)
    ]


@pytest.mark.parametrize("by_id", ["smaller", "larger"])
def test_of_two_mappings_of_one_group_the_one_with_the_smaller_id_has_the_nested_group(by_id: str) -> None:
    """However the file names the Rescue group: by its node id or by its path."""
    smaller, larger = sorted(["one", "two"], key=group_id)
    world = World().mapping("field")
    node = world.place("field")
    world.mappings.clear()
    for name, how in ((smaller, by_id == "smaller"), (larger, by_id == "larger")):
        world.mapping(name, node=False, nested="mirror", rescue_group=node if how else ("field",))
        world.nest(name, **{f"in {name}": "Same"})
        world.person(f"p{name}", f"in {name}")
    world.group("Same", node)
    made = world.plan()
    assert made.codes == [f"group_clash {larger}"]
    assert made.verbs == {f"p{smaller}": "create"}
