"""The bytes of Rescue's answers, as rescue-api.md §1.3, §2 and §3 have them, and every switch about them."""

from __future__ import annotations

import re

import httpx
import pytest

from reconciler.sandbox import Sandbox

from .conftest import Rescue

TREE = """OK

NodeID:1
ParentID:
Name:Contoso
Email:
Description:
Status:Offline
Type:Root

NodeID:2
ParentID:1
Name:Master Administrators
Email:
Description:
Status:Offline
Type:MasterAdministrators

NodeID:10
ParentID:2
Name:Hela Holder
Email:hela@contoso.example
Description:
Status:Offline
Type:MasterAdministrator

"""
USER = """OK

NODEID:30
NAME:Mira Holt
NICK:Mira Holt
EMAIL:mira.holt@contoso.example
SSOID:
DESCRIPTION:Berlin: 2nd floor
TYPE:Technician
HASMOBILEADDON:True
HASRPATADDON:False
ISACCOUNTHOLDER:False
STATUS:Offline

"""


def test_the_tree_has_records_of_seven_lines_parted_by_blank_ones_and_a_blank_one_at_the_end(rescue: Rescue) -> None:
    text = rescue("getHierarchy_v2")
    start = "OK\n\nNodeID:337363\nParentID:\nName:Contoso\nEmail:\nDescription:\nStatus:Offline\nType:Root\n\n"
    assert text.startswith(start)
    mira = (
        "\n\nNodeID:30\nParentID:20\nName:Mira Holt\nEmail:mira.holt@contoso.example\nDescription:Berlin: 2nd floor\n"
        "Status:Offline\nType:Technician\n\nNodeID:31\nParentID:20\nName:Bo Øst\nEmail:bo@contoso.example\n"
        "Description:\nStatus:Disabled\nType:Technician\n\n"
    )
    assert mira in text
    assert text.endswith("Type:TechnicianGroup\n\n")
    assert "\r" not in text
    # the slicing of one client that ran against the real service
    records = [dict(line.split(":", 1) for line in part.split("\n")) for part in text.split("\n\n")[1:-1]]
    assert [record["Type"] for record in records][:2] == ["Root", "MasterAdministrators"]
    assert len(records) == 4 + 3 + 3 + 2 + 1


def test_parents_come_before_children(rescue: Rescue) -> None:
    seen = {""}
    for node, parent in re.findall(r"NodeID:(-?\d+)\nParentID:(-?\d*)\n", rescue("getHierarchy_v2")):
        assert parent in seen
        seen.add(node)


def test_a_user_is_written_line_by_line(rescue: Rescue) -> None:
    assert rescue("getUser_v2", node=30) == USER
    assert rescue("getUser_v3", node=30) == USER
    assert rescue("getUser", node=30) == USER.replace("HASRPATADDON:False\n", "")


def test_a_group_and_the_account_are_written_alike(rescue: Rescue) -> None:
    assert rescue("getGroup_v2", node=20) == (
        "OK\n\nNODEID:20\nNAME:EMEA\nDESCRIPTION:\nTYPE:TechnicianGroup\nPERMISSIONS:RemoteControl, SendFile,\n"
        "LOCKEDPERMISSIONS:\nISENABLED:True\nSTANDARDCONCURRENTLIMIT:0\nMOBILECONCURRENTLIMIT:0\nRPATCONCURRENTLIMIT:0\n\n"
    )
    assert rescue("getAccount") == (
        "OK\n\nAccountID:1234567\nOrganization:Contoso\nAdminID:11\nTechID:0\nEmail:sync@contoso.example\n\n"
    )


def test_writes_answer_bare_words(rescue: Rescue) -> None:
    created = rescue("createUser", parent=20)
    assert re.fullmatch(r"OK\n\n\d+", created)
    assert rescue("moveNode", node=30, targetnode=22) == "OK"
    assert rescue("moveNode", node=30, targetnode=999) == "INVALIDPARAM_TARGETNODE"


@pytest.mark.parametrize(
    ("switch", "value", "method", "expected"),
    [
        ("newline", "crlf", "getAccount", b"OK\r\n\r\nAccountID:1234567\r\n"),
        ("bom", "present", "getAccount", b"\xef\xbb\xbfOK\n\nAccountID"),
        ("colon", "spaced", "getUser_v2", b"OK\n\nNODEID: 30\nNAME: Mira Holt\n"),
        ("user_layout", "one_line", "getUser_v2", b"OK NODEID: 30 NAME: Mira Holt NICK: Mira Holt EMAIL: mira.holt@"),
        ("tree_layout", "one_line", "getHierarchy_v2", b"OK NodeID:337363 ParentID: Name:Contoso Email: Description: "),
        ("record_order", "by_id", "getHierarchy_v2", b"OK\n\nNodeID:337363\nParentID:\nName:Contoso\nEmail:\n"),
    ],
)
def test_the_layout_is_a_switch(
    box: Sandbox, http: httpx.Client, switch: str, value: str, method: str, expected: bytes
) -> None:
    box.state.set_switch(switch, value)
    token = box.environment()["RESCUE_API_TOKEN"]
    assert http.post(f"/API/{method}.aspx", data={"authcode": token, "node": "30"}).content.startswith(expected)


@pytest.mark.parametrize(("layout", "pattern"), [("one_line", r"OK \d+"), ("keyed", r"OK\n\nNODEID:\d+")])
def test_the_new_id_is_written_in_one_of_three_ways(box: Sandbox, rescue: Rescue, layout: str, pattern: str) -> None:
    box.state.set_switch("create_layout", layout)
    assert re.fullmatch(pattern, rescue("createUser", parent=20))
    assert re.fullmatch(pattern, rescue("createGroup", parent=20))


def test_small_things_are_switches_too(box: Sandbox, rescue: Rescue) -> None:
    box.state.set_switch("list_end", "bare")
    box.state.set_switch("permissions_end", "bare")
    box.state.set_switch("rpat_field", "v3_only")
    box.state.set_switch("extra_fields", "after")
    box.state.set_switch("type_spelling", "Masteradministrator")
    box.state.set_switch("ok_layout", "blank_line")
    assert rescue("getHierarchy_v2").endswith("Type:TechnicianGroup\n")
    assert "PERMISSIONS:RemoteControl, SendFile\n" in rescue("getGroup_v2", node=20)
    assert "HASRPATADDON" not in rescue("getUser_v2", node=30)
    assert "HASRPATADDON:False\n" in rescue("getUser_v3", node=30)
    assert "STATUS:Offline\nLASTLOGIN:" in rescue("getUser_v2", node=30)
    assert "TYPE:Masteradministrator\n" in rescue("getUser_v2", node=10)
    assert rescue("moveNode", node=30, targetnode=22) == "OK\n\n"
    box.state.set_switch("rpat_field", "nowhere")
    assert "HASRPATADDON" not in rescue("getUser_v3", node=30)


def test_nothing_is_escaped(box: Sandbox, rescue: Rescue) -> None:
    box.state.set_node(30, description="a\n\nNodeID:1\nParentID:2", name="Colon: yes")
    assert "Name:Colon: yes\nEmail:mira.holt@contoso.example\nDescription:a\n\nNodeID:1\nParentID:2\nStatus:" in rescue(
        "getHierarchy"
    )


@pytest.mark.parametrize("path", ["/api/GETACCOUNT.ASPX", "/API/getaccount.aspx", "/Api/getAccount.aspx"])
def test_paths_and_names_go_in_any_case_and_get_works_like_post(box: Sandbox, http: httpx.Client, path: str) -> None:
    token = box.environment()["RESCUE_API_TOKEN"]
    assert http.get(path, params={"AuthCode": token}).text.startswith("OK\n\nAccountID")
    assert http.post(path, params={"AUTHCODE": token}).text.startswith("OK\n\nAccountID")


@pytest.mark.parametrize("method", ["setAccount", "getUsers", "getHierarchy_v3", "API"])
def test_an_unknown_method_is_the_sign_in_page(http: httpx.Client, method: str) -> None:
    answer = http.get(f"/API/{method}.aspx")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "<html>" in answer.text


def test_a_method_can_be_absent_and_the_content_type_another(box: Sandbox, http: httpx.Client) -> None:
    assert http.get("/API/getAccount.aspx").headers["content-type"] == "text/plain; charset=utf-8"
    box.state.set_switch("content_type", "text/html")
    assert http.get("/API/getAccount.aspx").headers["content-type"] == "text/html; charset=utf-8"
    assert http.post("/API/setUser_v2.aspx").status_code == 200
    box.state.set_switch("set_user_v2", "absent")
    assert http.post("/API/setUser_v2.aspx").status_code == 404
