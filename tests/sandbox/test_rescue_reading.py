"""What the reading methods choose to show: rescue-api.md §3, §7."""

from __future__ import annotations

import re

from reconciler.sandbox import Sandbox

from .conftest import Rescue


def ids(text: str) -> list[int]:
    return [int(id) for id in re.findall(r"(?m)^NodeID:(-?\d+)$", text)]


def test_users_are_found_by_node_or_by_address_not_both(rescue: Rescue) -> None:
    assert "NODEID:30\n" in rescue("getUser_v3", email="MIRA.HOLT@contoso.example")
    assert rescue("getUser_v3", email="nobody@contoso.example") == "INVALIDPARAM_EMAIL"
    assert rescue("getUser_v3", email="mira.holt@contoso.example", node=30) == "INVALID_EMAILANDNODEIDBOTHSPECIFIED"
    assert rescue("getUser_v3") == "INVALIDPARAM_NODE"
    assert rescue("getUser_v2", email="mira.holt@contoso.example") == "INVALIDPARAM_NODE"


def test_a_group_is_no_user_and_a_user_no_group(rescue: Rescue) -> None:
    assert rescue("getUser_v2", node=20) == "INVALIDPARAM_NODE"
    assert rescue("getUser_v2", node="x") == "INVALIDPARAM_NODE"
    assert rescue("getGroup_v2", node=30) == "INVALIDPARAM_NODE"
    assert rescue("getGroup_v2", node=337363) == "INVALIDPARAM_NODE"


def test_which_node_an_address_finds_is_a_switch(box: Sandbox, rescue: Rescue) -> None:
    box.state.add_node(20, "Technician", id=9, name="Ada", email="ada@contoso.example")
    assert "NODEID:9\n" in rescue("getUser_v3", email="ada@contoso.example")
    box.state.set_switch("email_lookup", "administrator")
    assert "NODEID:12\n" in rescue("getUser_v3", email="ada@contoso.example")
    box.state.set_switch("email_lookup", "lowest_id")
    assert "NODEID:9\n" in rescue("getUser_v3", email="ada@contoso.example")
    box.state.set_switch("email_lookup_case", "exact")
    assert rescue("getUser_v3", email="ADA@contoso.example") == "INVALIDPARAM_EMAIL"


def test_isnode_shows_a_part(box: Sandbox, rescue: Rescue) -> None:
    assert set(ids(rescue("getHierarchy_v2", isnode="true", node=20))) >= {20, 21, 30, 31}
    assert 22 not in ids(rescue("getHierarchy_v2", isnode="true", node=20))
    box.state.set_switch("isnode_scope", "node")
    assert ids(rescue("getHierarchy_v2", isnode="True", node=20)) == [20]
    assert rescue("getHierarchy_v2", isnode="true", node=999) == "INVALIDPARAM_NODE"


def test_filteroffline_drops_technicians_in_v2_only(box: Sandbox, rescue: Rescue) -> None:
    assert {30, 31} <= set(ids(rescue("getHierarchy", filteroffline="true")))
    assert not {30, 31} & set(ids(rescue("getHierarchy_v2", filteroffline="true")))
    box.state.set_switch("filteroffline_drops_disabled", "no")
    box.state.set_node(30, presence="Busy")
    assert {30, 31} <= set(ids(rescue("getHierarchy_v2", filteroffline="true")))


def test_the_order_of_records_is_a_switch_but_the_root_comes_first(box: Sandbox, rescue: Rescue) -> None:
    tree = ids(rescue("getHierarchy_v2"))
    box.state.set_switch("record_order", "by_id")
    by_id = ids(rescue("getHierarchy_v2"))
    box.state.set_switch("record_order", "reversed")
    assert tree[0] == by_id[0] == 337363
    assert by_id[1:] == sorted(by_id[1:])
    assert ids(rescue("getHierarchy_v2")) == by_id[:1] + by_id[:0:-1]


def test_a_disabled_group_may_show_its_people_disabled(box: Sandbox, rescue: Rescue) -> None:
    box.state.set_node(20, enabled=False)
    assert "Description:Berlin: 2nd floor\nStatus:Offline\n" in rescue("getHierarchy_v2")
    box.state.set_switch("disabled_group", "shows_disabled")
    assert "Description:Berlin: 2nd floor\nStatus:Disabled\n" in rescue("getHierarchy_v2")


def test_writes_can_stay_unseen_for_some_reads(box: Sandbox, rescue: Rescue) -> None:
    box.state.set_switch("visibility_delay", "reads:2")
    rescue("moveNode", node=30, targetnode=22)
    new = int(rescue("createUser", parent=22).split()[-1])
    for _ in range(2):
        text = rescue("getHierarchy_v2")
        assert "NodeID:30\nParentID:20\n" in text
        assert new not in ids(text)
    text = rescue("getHierarchy_v2")
    assert "NodeID:30\nParentID:22\n" in text
    assert new in ids(text)


def test_or_for_some_time(box: Sandbox, rescue: Rescue) -> None:
    box.state.set_switch("visibility_delay", "seconds:5")
    rescue("deleteNode", node=31)
    assert "NODEID:31\n" in rescue("getUser_v2", node=31)
    assert 31 in ids(rescue("getHierarchy_v2"))
    assert "NODEID:31\n" in rescue("getUser_v3", node=31)
    box.state.advance_clock(5)
    assert rescue("getUser_v2", node=31) == "INVALIDPARAM_NODE"
    assert 31 not in ids(rescue("getHierarchy_v2"))


def test_presence_is_shown_for_the_enabled_only(box: Sandbox, rescue: Rescue) -> None:
    box.state.set_node(30, status="Away")
    box.state.set_node(31, presence="Online")
    assert rescue("getUser_v2", node=30).endswith("STATUS:Away\n\n")
    assert rescue("getUser_v2", node=31).endswith("STATUS:Disabled\n\n")
