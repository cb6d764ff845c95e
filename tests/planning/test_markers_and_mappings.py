"""Markers, what is asked, which mapping has whom and means which group, half-made people (D3, D4, D11, D13, D14)."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.errors import InputError
from reconciler.model.directory import Account, UnreadGroup
from reconciler.model.hierarchy import NodeType
from reconciler.model.mappings import EntraGroupName
from reconciler.model.marker import Licence
from reconciler.model.plan import person_action_id

from .world import TECHNICIANS, World, group_id, id_of, mark

# -- D3 ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [str(mark("ann")).upper(), f"see {mark('ann')}!", f"{mark('ann')}{mark('ann')}"])
def test_D3_found_anywhere_in_any_case_and_left_as_it_is(world: World, text: str) -> None:
    world.person("ann", "field").node("ann", text)
    made = world.plan("full")
    assert made.verbs == {}
    assert made.plan.summary.unchanged == 1


def test_D3_a_changed_one_is_replaced_in_place_and_the_other_text_stays_byte_for_byte(world: World) -> None:
    text = "  desk 4;\t[note] é {} \u00a0on leave "
    world.person("ann", "field").node("ann", text.format(str(mark("ann", "old")).upper()))
    changes = world.plan().changes("ann")
    assert changes == {"description": (text.format(str(mark("ann", "old")).upper()), text.format(mark("ann")))}


def test_D3_the_marker_says_nothing_of_the_licence_where_no_mapping_manages_it(world: World) -> None:
    world.person("ann", "field").node("ann", mark("ann", m=Licence.REFUSED, off=True), status="Disabled")
    assert world.plan().changes("ann")["description"][1] == str(mark("ann"))


OTHERS = [mark("ann", off=True), mark("ann", m=Licence.GIVEN), mark("eve"), mark("ann", owner="beef")]


@pytest.mark.parametrize("other", OTHERS)
def test_D3_two_markers_in_one_text_are_not_written(world: World, other: Any) -> None:
    world.person("ann", "field", name="New").node("ann", f"{mark('ann')} {other}", login="elsewhere@x.example")
    made = world.plan()
    assert (made.verbs, made.codes) == ({}, ["marker_bad elsewhere"])
    assert made.plan.has_errors
    both = " and ".join(sorted([str(mark("ann")), str(other)]))
    assert made.message("marker_bad") == f"node 1000 carries two markers that differ: {both}"


@pytest.mark.parametrize("texts", [("field", "old"), ("old", "field")])
def test_D3_two_markers_of_one_certain_leaver_do_not_keep_them(world: World, texts: tuple[str, str]) -> None:
    """Both become the one that is first as text, wherever they stand."""
    world.person("kim", "field")
    world.node("ann", "x {} {}".format(*(mark("ann", mapping) for mapping in texts)))
    made = world.plan()
    assert made.verbs["ann"] == "disable"
    assert made.codes == ["marker_bad ann"]
    changes = made.changes("ann")
    assert changes["enabled"] == (True, False)
    first = min((mark("ann", mapping) for mapping in texts), key=str)._replace(off=True)
    assert changes["description"][1] == f"x {first} {first}"


def test_D3_two_markers_of_a_mere_leaver_keep_them(world: World) -> None:
    world.both("kim")
    world.person("ann").node("ann", f"{mark('ann')} {mark('ann', 'old')}")
    made = world.plan()
    assert (made.verbs, made.codes) == ({}, ["marker_bad ann"])
    assert made.asked_for("groups_of") == set()


def test_D3_markers_of_two_people_one_of_them_gone(world: World) -> None:
    world.person("kim", "field")
    world.node("ann", f"{mark('ann')} {mark('eve')}")
    made = world.plan()
    assert "ann" not in made.verbs
    assert made.codes == ["marker_bad ann"]


def test_D3_nobody_is_created_whom_two_markers_that_differ_may_mean(world: World) -> None:
    for key in ("ann", "bea"):
        world.person(key, "field").node(f"{key}.old", f"{mark(key)} {mark(f'not {key}')}")
    made = world.plan()
    assert (made.verbs, made.codes) == ({}, ["marker_bad ann.old", "marker_bad bea.old"])


@pytest.fixture
def twice(world: World) -> World:
    world.both("kim")
    world.person("ann", "field")
    world.node("ann", mark("ann"), name="Old")
    world.node("ann", mark("ann"), name="Old", login="second@x.example")
    return world


def test_D3_marker_twice_the_node_whose_login_entra_has_is_theirs(twice: World) -> None:
    made = twice.plan()
    assert made.verbs == {"ann": "update"}
    assert made.codes == ["marker_twice ann"]
    assert made.plan.has_errors
    assert made.action("ann").id == person_action_id("technician", id_of("ann"), 1001, twice=True)


@pytest.mark.parametrize("mail", ["neither@x.example", "both"])
def test_D3_marker_twice_with_no_or_two_such_nodes_nobody_is_written(twice: World, mail: str) -> None:
    if mail == "both":
        twice.seats[1002].login = "ANN@x.example"
    else:
        twice.person("ann", mail=mail)
    assert twice.plan().verbs == {}


def test_D3_marker_twice_a_certain_leaver_is_disabled_on_both(twice: World) -> None:
    twice.accounts["ann"] = Account.GONE
    twice.people.pop("ann")
    twice.members["field"].remove("ann")
    twice.accounts[id_of("ann")] = Account.GONE
    made = twice.plan()
    assert made.verbs == {"ann": "disable", "second": "disable"}
    assert {action.id for action in made.plan.actions} == {
        person_action_id("technician", id_of("ann"), node, twice=True) for node in (1001, 1002)
    }
    assert len({action.id for action in made.plan.actions}) == 2


def test_D3_marker_twice_a_leaver_whom_a_rule_leaves_out_goes_from_their_own_node(twice: World) -> None:
    twice.override("ann@x.example")
    assert twice.plan().verbs == {"ann": "disable"}


def test_D3_marker_twice_a_mere_leaver_keeps_both(twice: World) -> None:
    twice.members["field"].remove("ann")
    assert twice.plan().verbs == {}


def test_D3_marker_twice_in_conflict_and_off(twice: World) -> None:
    twice.mapping("other").members["other"].append("ann")
    twice.seats[1001].status = "Disabled"
    twice.seats[1001].description = str(mark("ann", off=True))
    made = twice.plan()
    assert made.verbs == {"ann": "enable"}
    assert made.action("ann").id == person_action_id("technician", id_of("ann"), 1001, twice=True)


# -- D4, D15: what is asked, and what is believed -----------------------------------------------------------


def test_D4_auto_with_nothing_to_change_asks_nothing(world: World) -> None:
    for number in range(20):
        world.both(f"p{number}")
    made = world.plan()
    assert (made.asked, made.verbs, made.plan.summary.unchanged) == ([], {}, 20)


def test_D4_auto_looks_at_whoever_the_bulk_read_shows_to_differ() -> None:
    world = World().mapping("field", upn_as_sso_id=True)
    world.both("same", marker=mark("same", sso="same@x.example"), sso="changed by hand")
    world.both("print", marker=mark("print", sso="old"), sso="print@x.example")
    world.person("met", "field").node("met")
    world.person("kept", "field").node("kept", status="Disabled")
    made = world.plan()
    assert made.asked_for("details") == {1001, 1002}
    assert made.verbs == {"print": "update", "met": "adopt update"}
    assert made.plan.sso_verified == "auto"


def test_D4_full_looks_at_every_node_of_ours() -> None:
    world = World().mapping("field", upn_as_sso_id=True)
    world.both("same", marker=mark("same", sso="same@x.example"), sso="changed by hand")
    world.node("off", mark("off", off=True), status="Disabled")
    world.node("stray")
    made = world.plan("full")
    assert made.asked_for("details") == {1000, 1001}
    assert made.changes("same") == {"sso_id": ("changed by hand", "same@x.example")}
    assert made.plan.sso_verified == "full"


def test_D4_bulk_looks_only_at_those_about_to_be_written(world: World) -> None:
    world.both("same")
    world.both("renamed", name="Old")
    made = world.plan("bulk")
    assert made.asked_for("details") == {1001}
    assert made.plan.sso_verified == "bulk"


@pytest.mark.parametrize(
    "said",
    [
        {"login": "forged@x.example"},
        {"name": "F"},
        {"description": "f"},
        {"status": "Disabled"},
        {"type": "Admin"},
        None,
    ],
)
@pytest.mark.parametrize("state", ["kept", "met", "left", "off member", "conflict"])
def test_D15_a_record_getuser_does_not_confirm_is_not_written(
    world: World, said: dict[str, Any] | None, state: str
) -> None:
    world.both("kim")
    world.mapping("other").person("lea", "other")
    match state:
        case "kept":
            seat = world.both("ann", name="Old")
        case "met":
            seat = world.person("ann", "field").node("ann")
        case "left":
            seat = world.node("ann", mark("ann"))
        case "off member":
            seat = world.person("ann", "field", enabled=False).node("ann")
        case _:
            seat = world.person("ann", "field", "other").node("ann", mark("ann", off=True), status="Disabled")
            said = {"status": "Offline"} if said and "status" in said else said
    world.told[seat.id] = seat.details()._replace(**said) if said else None
    made = world.plan()
    assert "ann" not in made.verbs
    assert "reading_moved ann" in made.codes


def test_D15_presence_is_left_out(world: World) -> None:
    seat = world.both("ann", name="Old")
    world.told[seat.id] = seat.details()._replace(status="Busy", type="Technician")
    made = world.plan()
    assert made.verbs == {"ann": "update"}
    assert made.action("ann").subject.presence == "Offline"


# -- D11 ---------------------------------------------------------------------------------------------------


def test_D11_the_lower_priority_wins_and_gives_all_attributes() -> None:
    world = World().mapping("field", priority=2).mapping("other", priority=1, upn_as_sso_id=True)
    world.person("ann", "field", "other").node("ann", mark("ann"))
    made = world.plan()
    assert made.verbs == {"ann": "update move"}
    assert made.action("ann").mapping == "other"
    assert made.changes("ann")["sso_id"] == ("", "ann@x.example")


@pytest.mark.parametrize("said", [{}, {"upn_as_sso_id": True}, {"mobile_license": "release"}])
def test_D11_two_mappings_onto_one_rescue_group(said: dict[str, Any]) -> None:
    world = World().mapping("field").mapping("other", node=False, rescue_group=("field",), **said)
    world.person("ann", "field", "other").person("eve", "other")
    made = world.plan()
    if said:
        assert made.codes == ["conflict ann"]
        assert made.verbs == {"eve": "create"}
    else:
        smaller = min(["field", "other"], key=group_id)
        assert made.action("ann").mapping == smaller
        assert made.verbs == {"ann": "create", "eve": "create"}


def test_D11_conflict_enables_in_place_what_we_disabled_and_the_marker_stays(world: World) -> None:
    world.mapping("other").group("elsewhere")
    world.person("ann", "field", "other", name="New", mail="new@x.example")
    world.node("ann", mark("ann", off=True), status="Disabled", group="elsewhere")
    made = world.plan()
    assert made.verbs == {"ann": "enable"}
    assert made.changes("ann") == {
        "enabled": (False, True),
        "description": (str(mark("ann", off=True)), str(mark("ann"))),
    }
    assert (made.action("ann").group.after, made.action("ann").mapping) == ("elsewhere", "field")


def lost(world: World, **said: Any) -> World:
    world.mapping("lost", **said).unread["lost"] = UnreadGroup(group_id("lost"), "lost", "429")
    return world


@pytest.mark.parametrize(("priority", "waits"), [(99, True), (100, False), (101, False)])
@pytest.mark.parametrize("node", [None, "unmarked", "off member", "other mapping"])
def test_D11_someone_new_waits_while_a_better_mapping_is_frozen(
    world: World, priority: int, waits: bool, node: str | None
) -> None:
    lost(world, priority=priority).mapping("other", priority=200)
    world.person("kim", "other").both("lea")
    world.person("ann", "field", enabled=node != "off member")
    if node == "other mapping":
        world.node("ann", mark("ann", "other"))
    elif node:
        world.node("ann")
    made = world.plan()
    assert ("ann" not in made.verbs) == waits
    assert not [code for code in made.codes if code.endswith(" ann")]
    assert made.plan.summary.blocked == (1 if waits else 0) + 1, "kim waits for both"


def test_D11_whoever_is_there_already_does_not_wait(world: World) -> None:
    lost(world, priority=1).both("ann", name="Old")
    assert world.plan().verbs == {"ann": "update"}


@pytest.mark.parametrize(("member", "verbs"), [(True, {}), (False, {"ann": "create"})])
def test_D11_a_frozen_mapping_known_not_to_hold_them_keeps_nobody_waiting(
    world: World, member: bool, verbs: dict[str, str]
) -> None:
    world.mapping("lost", node=False, priority=1)
    world.person("kim", "lost").person("ann", "field", *(["lost"] if member else []))
    assert world.plan().verbs == verbs


def test_D11_an_equal_mapping_that_is_frozen_is_a_conflict_all_the_same(world: World) -> None:
    world.mapping("lost", node=False).person("ann", "field", "lost")
    made = world.plan()
    assert (made.verbs, made.codes) == ({}, ["conflict ann", "frozen lost"])


def test_D11_only_frozen_mappings_want_nobody() -> None:
    world = World().mapping("lost", node=False).mapping("lost2", node=False).person("ann", "lost", "lost2")
    assert world.plan().verbs == {}


# -- D1, D13 -----------------------------------------------------------------------------------------------


def test_D1_nested_groups_are_left_out_where_the_file_says_direct(world: World) -> None:
    world.nested["field"] = ("some group",)
    assert world.person("ann", "field").plan().verbs == {"ann": "create"}


def frozen_why(world: World) -> str:
    made = world.plan()
    assert made.plan.mappings[0].state == "frozen"
    return made.message("frozen")


def test_D13_a_path_of_names(world: World) -> None:
    inner = world.group("Help/Desk  9", world.place("field"))
    world.mapping("deep", node=False, rescue_group=("field", "Help/Desk 9")).person("ann", "deep")
    made = world.plan()
    assert made.action("ann").group_id == inner
    assert made.action("ann").group.after == "field/Help/Desk  9"
    assert made.plan.mappings[1].rescue_group == "field/Help/Desk 9"


def test_D13_a_node_id() -> None:
    world = World()
    node = world.group("Named Otherwise")
    world.mapping("field", node=False, rescue_group=node).person("ann", "field")
    made = world.plan()
    assert made.action("ann").group.after == "Named Otherwise"
    assert made.plan.mappings[0].rescue_group == f"node {node}"


@pytest.mark.parametrize("node", [TECHNICIANS, 5, 1000, 9999, 100])
def test_D13_a_node_id_of_another_kind(node: int) -> None:
    world = World()
    world.group("admins", 3, NodeType.ADMINISTRATOR_GROUP)
    world.node("ann", group="admins")
    world.mapping("field", node=False, rescue_group=node)
    assert frozen_why(world) == f"nothing is written for it: node {node} is no technician group in Rescue"


@pytest.mark.parametrize(
    ("names", "why"),
    [
        (("nowhere",), "there is no technician group nowhere in Rescue"),
        (("Field",), "there is no technician group Field in Rescue; it is called 'field' there"),
        (("field", "below"), "there is no technician group field/below in Rescue"),
        (("double",), "several Rescue groups are called double (nodes 101, 102); write a node id"),
        (("admins",), "there is no technician group admins in Rescue"),
    ],
)
def test_D13_each_step_matches_exactly_one_child(names: tuple[str, ...], why: str) -> None:
    world = World()
    for name in ("field", "double", "double"):
        world.group(name)
    world.group("admins", kind=NodeType.ADMINISTRATOR_GROUP)
    world.mapping("x", node=False, rescue_group=names)
    assert frozen_why(world) == f"nothing is written for it: {why}"


def test_D13_of_two_that_differ_in_case_the_exact_one_is_meant() -> None:
    world = World()
    world.group("FIELD")
    exact = world.group("field")
    world.mapping("x", node=False, rescue_group=("field",)).person("ann", "x")
    assert world.plan().action("ann").group_id == exact


@pytest.mark.parametrize("same_group", [True, False])
def test_D3_D11_two_mappings_whose_groups_markers_cannot_tell_apart_are_an_invalid_file(same_group: bool) -> None:
    world = World().mapping("field").mapping("other")
    alike = group_id("field") if same_group else group_id("field")[:8] + group_id("other")[8:]
    world.unread["other"] = UnreadGroup(alike, "other", "404")
    with pytest.raises(InputError, match="already mapped by 'field'" if same_group else "the same 8 digits"):
        world.plan()


def test_D13_a_mapping_shows_the_group_it_names() -> None:
    world = World().mapping("field", entra_group=EntraGroupName(None, "Helpdesk"))
    world.unread["field"] = UnreadGroup(None, "Helpdesk", "no group is called so")
    state = world.plan().plan.mappings[0]
    assert (state.entra_group, state.members) == ("Helpdesk", None)


# -- D14 ---------------------------------------------------------------------------------------------------


def blank(world: World, **said: Any) -> Any:
    return world.node("blank", **{"login": "", "name": "", **said})


def test_D14_a_creation_fills_the_half_made_node_of_its_group(world: World) -> None:
    node = blank(world)
    blank(world, parent=TECHNICIANS)
    world.person("ann", "field")
    made = world.plan()
    action = made.action("ann")
    assert (made.verbs, made.codes) == ({"ann": "create"}, [])
    assert (action.subject.node_id, action.subject.presence) == (node.id, "Offline")
    assert action.reason == f"direct member of field; fills the half-made node {node.id}"
    assert action.id == person_action_id("technician", id_of("ann"), None)
    assert made.plan.seats.technician.taken == 0


def test_D14_filling_a_disabled_one_takes_a_seat(world: World) -> None:
    blank(world, status="Disabled")
    world.person("ann", "field")
    assert world.plan().plan.seats.technician.taken == 1


def test_D14_each_is_filled_once_by_login(world: World) -> None:
    first, second = blank(world), blank(world)
    for key in ("cid", "ann", "bob"):
        world.person(key, "field")
    made = world.plan()
    nodes = {key: made.action(key).subject.node_id for key in ("ann", "bob", "cid")}
    assert nodes == {"ann": first.id, "bob": second.id, "cid": None}


def test_D14_all_of_a_group_are_read_at_once_where_one_is_filled(world: World) -> None:
    nodes = {blank(world).id for _ in range(3)}
    world.person("ann", "field")
    assert [asked.details for asked in world.plan().asked if asked.details] == [nodes]


def test_D14_nobody_held_or_blocked_takes_one(world: World) -> None:
    node = blank(world)
    world.person("ann", "field").person("bob", "field").override("ann@x.example", "hold")
    assert world.plan().action("bob").subject.node_id == node.id


def test_D14_left_over_ones_are_reported_and_an_error(world: World) -> None:
    node = blank(world)
    world.group("elsewhere")
    blank(world, group="elsewhere")
    made = world.plan()
    assert (made.verbs, made.codes) == ({}, ["half_made field"])
    assert str(node.id) in made.message("half_made")
    assert made.plan.has_errors
    assert made.plan.summary.unmanaged == 0
    assert made.asked == []


@pytest.mark.parametrize("said", [{"login": "x@x.example"}, {"sso_id": "x"}, {"status": "Online"}, None])
def test_D14_what_getuser_does_not_call_blank_is_not_filled(world: World, said: dict[str, Any] | None) -> None:
    node = blank(world)
    world.person("ann", "field")
    world.told[node.id] = node.details()._replace(**said) if said else None
    made = world.plan()
    assert made.action("ann").subject.node_id is None
    assert made.codes == ["half_made field"]


@pytest.mark.parametrize("said", [{"status": "Busy"}, {"description": "x"}, {"login": "x@x.example"}])
def test_D14_not_blank(world: World, said: dict[str, Any]) -> None:
    blank(world, **said)
    world.person("ann", "field")
    assert world.plan().action("ann").subject.node_id is None
