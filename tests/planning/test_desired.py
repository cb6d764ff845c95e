"""What only both readings show of the file, word for word: groups said twice, and why a mapping is frozen (D11-D17)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from reconciler.errors import InputError
from reconciler.model.directory import UnreadGroup
from reconciler.model.hierarchy import NodeType, Role
from reconciler.model.mappings import Retired
from reconciler.planning.desired import find_rescue_group

from .world import World, group_id, id_of, mark

# -- an invalid file --------------------------------------------------------------------------------------------------

ALIKE = group_id("field")[:8] + "-0000-4000-8000-000000000000"
OTHER = group_id("field")[:8] + "-0000-4000-8000-000000000001"


def test_everything_wrong_with_the_groups_of_a_file_is_said_at_once() -> None:
    world = World().mapping("unknown").mapping("field", replaces=(group_id("desk"),)).mapping("desk")
    world.mapping("again", replaces=(OTHER, group_id("nothing"))).mapping("alike")
    world.unread["unknown"] = UnreadGroup(None, "Unknown", "no group is called so")
    world.unread["again"] = UnreadGroup(group_id("field"), "Field Again", "429")
    world.unread["alike"] = UnreadGroup(ALIKE, "Alike", "429")
    world.retired += [Retired(group_id("gone"), "keep", 70), Retired(group_id("desk"), "keep", 71)]
    world.retired.append(Retired(group_id("desk")[:8] + ALIKE[8:], "keep", 72))
    with pytest.raises(InputError) as caught:
        world.plan()
    desk, one_of = group_id("desk"), "say one of the two"
    assert caught.value.lines() == [
        f"mappings.yaml:20:1: the Entra group {desk} is replaced here and is the one mapped by 'desk'; {one_of}",
        f"mappings.yaml:40:1: the Entra group '{group_id('again')}' is already mapped by 'field'; map each Entra group "
        "once",
        f"mappings.yaml:40:1: the replaced Entra group {OTHER} and that of 'alike' begin with the same 8 digits; take "
        "this one out: markers could not tell the two apart",
        "mappings.yaml:50:1: the ids of this Entra group and of 'field' begin with the same 8 digits; recreate one of "
        "the two groups in Entra: markers tell mappings apart by these digits",
        f"mappings.yaml:71:1: the Entra group {desk} is retired here and is the one mapped by 'desk'; {one_of}",
        f"mappings.yaml:72:1: the retired Entra group {desk[:8]}{ALIKE[8:]} and that of 'desk' begin with the same 8 "
        "digits; take this one out: markers could not tell the two apart",
    ]


# -- why a mapping is frozen ------------------------------------------------------------------------------------------


def nested(world: World, **said: Any) -> None:
    world.mappings.clear()
    world.mapping("field", node=False, nested="flatten").nest("field", "inner", "other").person("ann", "field")
    for key, unread in said.items():
        world.unread[key] = unread


FROZEN: dict[str, tuple[Callable[[World], Any], str]] = {
    "a nested group that could not be read": (
        lambda w: nested(w, inner=UnreadGroup(group_id("inner"), "Inner", "429")),
        "the nested group Inner could not be read: 429",
    ),
    "a nested group whose name is not known": (
        lambda w: nested(w, inner=UnreadGroup(group_id("inner"), None, "404")),
        f"the nested group {group_id('inner')} could not be read: 404",
    ),
    "an empty group with people marked for it": (
        lambda w: w.node("ann", mark("ann")),
        "the Entra group is empty while people are marked for it; write allow_empty: true if that is meant",
    ),
    "no such group": (
        lambda w: w.mappings.clear() or w.mapping("field", node=False, rescue_group=("field", "Below", "Deep")),
        "there is no technician group field/Below in Rescue",
    ),
}


@pytest.mark.parametrize("name", FROZEN)
def test_why_a_mapping_is_frozen(world: World, name: str) -> None:
    build, why = FROZEN[name]
    build(world)
    made = world.plan()
    assert made.message("frozen") == f"nothing is written for it: {why}"
    assert made.plan.mappings[0].state == "frozen"


def test_of_two_nested_groups_that_could_not_be_read_the_first_by_its_place_is_told(world: World) -> None:
    broken = {key: UnreadGroup(group_id(key), key, "429") for key in ("inner", "other")}
    nested(world, **broken)
    assert any(f"the nested group {key} could" in world.plan().message("frozen") for key in broken)


@pytest.mark.parametrize(
    ("said", "frozen"),
    [({}, True), ({"allow_empty": True}, False), ({"replaces": (group_id("old"),)}, True)],
    ids=["empty", "allowed", "replaced"],
)
def test_D17_an_empty_group_freezes_where_people_are_marked_for_it_or_for_what_it_replaces(
    said: dict[str, Any], frozen: bool
) -> None:
    world = World().mapping("field", **said)
    world.person("ann").node("ann", mark("ann", "old" if "replaces" in said else "field"))
    assert (world.plan().plan.mappings[0].state == "frozen") == frozen


def test_D17_a_group_whose_nested_groups_hold_people_is_not_empty() -> None:
    world = World().mapping("field", nested="flatten").nest("field", "inner").person("ann", "inner")
    world.both("bea", "inner", marker=mark("bea"), parent=world.place("field"))
    assert world.plan().verbs == {"ann": "create"}


# -- Rescue groups ----------------------------------------------------------------------------------------------------


def test_D13_what_is_known_of_a_group_that_is_not_there() -> None:
    world = World()
    top = world.group("EMEA")
    world.group("Helpdesk", top)
    world.group("helpdesk", top, NodeType.ADMINISTRATOR_GROUP)
    tree = world.tree()
    found = {
        path: (sought.node is not None, sought.absent, sought.above == top, sought.why)
        for path in (("EMEA", "Helpdesk"), ("EMEA", "HELPDESK"), ("EMEA", "New"), ("EMEA", "New", "Deep"))
        for sought in [find_rescue_group(path, Role.TECHNICIAN, tree)]
    }
    assert found == {
        ("EMEA", "Helpdesk"): (True, False, False, None),
        ("EMEA", "HELPDESK"): (
            False,
            False,
            True,
            "there is no technician group EMEA/HELPDESK in Rescue; it is called 'Helpdesk' there",
        ),
        ("EMEA", "New"): (False, True, True, "there is no technician group EMEA/New in Rescue"),
        ("EMEA", "New", "Deep"): (False, True, False, "there is no technician group EMEA/New in Rescue"),
    }


# -- who has somebody (D11) -------------------------------------------------------------------------------------------


def test_D11_three_mappings_of_which_two_are_equal_and_come_first() -> None:
    world = World()
    for name, priority in (("late", 3), ("one", 2), ("two", 2)):
        world.mapping(name, node=name == "one", priority=priority, rescue_group=("one",))
    world.person("ann", "late", "one", "two")
    made = world.plan()
    assert made.action("ann").mapping == min(["one", "two"], key=group_id)
    assert made.action("ann").subject.entra_id == id_of("ann")


@pytest.mark.parametrize(
    "other",
    [{"full_sync": False}, {"upn_as_sso_id": True}, {"mobile_license": "award"}, {"rescue_group": ("elsewhere",)}],
    ids=str,
)
def test_D11_equals_that_differ_in_one_thing_are_a_conflict(other: dict[str, Any]) -> None:
    world = (
        World().mapping("one", rescue_group=("one",)).mapping("two", node=False, **{"rescue_group": ("one",), **other})
    )
    world.group("elsewhere")
    world.person("ann", "one", "two")
    assert world.plan().codes == ["conflict ann"]
