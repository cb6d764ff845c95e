"""What the writing methods do and refuse: rescue-api.md §4, §5; a refused call changes nothing."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.sandbox import Sandbox

from .conftest import PERSON, Rescue

MIRA = {
    "node": 30, "name": "Mira Holt", "nick": "Mira", "email": "mira.holt@contoso.example", "ssoid": "mholt",
    "status": "Enabled", "description": "x", "mobileaddon": "True", "rpataddon": "False",
}  # fmt: skip


def new_id(answer: str) -> int:
    assert answer.startswith("OK\n\n")
    return int(answer[4:])


def test_a_person_is_made_in_two_calls(box: Sandbox, rescue: Rescue) -> None:
    id = new_id(rescue("createUser", parent=21))
    blank = box.state.node(id)
    assert (blank["name"], blank["email"], blank["status"]) == ("New technician", "", "Disabled")
    assert rescue("setUser_v2", node=id, **PERSON, nick="New", pwd="Wx7-Kepl92mQ", confpwd="Wx7-Kepl92mQ") == "OK"
    made = box.state.node_by_login("NEW@contoso.example")
    assert made is not None
    assert (made["id"], made["parent"], made["name"], made["nick"]) == (id, 21, "New One", "New")
    assert made["status"] == "Offline"
    assert box.state.password_is(id, "Wx7-Kepl92mQ")


def test_ids_are_never_given_twice(rescue: Rescue) -> None:
    first = new_id(rescue("createUser", parent=21))
    assert rescue("deleteNode", node=first) == "OK"
    assert new_id(rescue("createGroup", parent=21)) == first + 1


def test_blank_nodes_are_what_the_switches_say(box: Sandbox, rescue: Rescue) -> None:
    box.state.set_switch("blank_name", "")
    box.state.set_switch("blank_email", "new{id}@rescue.invalid")
    box.state.set_switch("blank_status", "Offline")
    box.state.set_switch("blank_group_name", "New group")
    box.state.set_switch("blank_group_status", "Disabled")
    person = box.state.node(new_id(rescue("createUser", parent=21)))
    assert (person["name"], person["email"], person["status"]) == ("", f"new{person['id']}@rescue.invalid", "Offline")
    group = box.state.node(new_id(rescue("createGroup", parent=21)))
    assert (group["name"], group["status"]) == ("New group", "Disabled")


@pytest.mark.parametrize(
    ("method", "parent", "kind"),
    [
        ("createUser", "MasterAdministrators", "MasterAdministrator"),
        ("createUser", "Administrators", "Administrator"),
        ("createUser", 20, "Technician"),
        ("createUser", "Technicians", None),
        ("createUser", 30, None),
        ("createUser", 999, None),
        ("createGroup", "Administrators", "AdministratorGroup"),
        ("createGroup", "Technicians", "TechnicianGroup"),
        ("createGroup", 20, "TechnicianGroup"),
        ("createGroup", "MasterAdministrators", None),
        ("createGroup", "Root", None),
    ],
)
def test_parents_take_what_fits(box: Sandbox, rescue: Rescue, method: str, parent: object, kind: str | None) -> None:
    found = {node["type"]: node["id"] for node in box.state.nodes()}
    before = box.state.snapshot()
    answer = rescue(method, parent=found.get(str(parent), parent))
    if kind is None:
        assert answer == "INVALIDPARAM_PARENT"
        assert box.state.snapshot() == before
    else:
        assert box.state.node(new_id(answer))["type"] == kind


def test_bulk_creation_is_not_known(rescue: Rescue) -> None:
    assert rescue("createUsers") == "ERROR"


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"node": 20}, "INVALIDPARAM_NODE"),
        ({"node": ""}, "INVALIDPARAM_NODE"),
        ({"name": " "}, "INVALIDPARAM_NAME"),
        ({"name": "x" * 257}, "INVALIDPARAM_NAME"),
        ({"status": "Offline"}, "INVALIDPARAM_STATUS"),
        ({"mobileaddon": ""}, "INVALIDPARAM_MOBILEADDON"),
        ({"rpataddon": "yes"}, "INVALIDPARAM_RPATADDON"),
        ({"email": "no address"}, "INVALIDPARAM_EMAIL"),
        ({"email": ""}, "INVALIDPARAM_EMAIL"),
        ({"email": "BO@contoso.example"}, "INVALIDPARAM_EMAIL_ALREADY_IN_USE"),
        ({"email": "taken@elsewhere.example"}, "INVALIDPARAM_EMAIL_ALREADY_IN_USE"),
        ({"pwd": "Short-1", "confpwd": "Short-1"}, "INVALIDPARAM_PASSWORD_HAS_TO_BE_AT_LEAST_8_CHARACTERS_LONG"),
        ({"pwd": "Has blank-1"}, "INVALIDPARAM_PASSWORD_CANNOT_CONTAIN_WHITESPACE_CHARACTERS"),
        ({"pwd": "alllowercase"}, "INVALIDPARAM_PASSWORD_HAS_TO_CONTAIN_MORE_KINDS_OF_CHARACTERS"),
        ({"pwd": "Good-pass1", "confpwd": "other"}, "INVALIDPARAM_PASSWORD_CONFIRMATION_DIFFERS"),
    ],
)
def test_a_refused_update_changes_nothing(box: Sandbox, rescue: Rescue, change: dict[str, Any], word: str) -> None:
    box.state.add_foreign_address("Taken@elsewhere.example")
    before = box.state.snapshot()
    assert rescue("setUser_v2", **MIRA | change) == word
    assert box.state.snapshot() == before


def test_set_user_takes_addons_and_leaves_the_other_add_on_alone(box: Sandbox, rescue: Rescue) -> None:
    box.state.set_node(30, rpat=True)
    old = {name: value for name, value in MIRA.items() if name not in ("mobileaddon", "rpataddon")}
    assert rescue("setUser", **old) == "INVALIDPARAM_MOBILEADDON"
    assert rescue("setUser", **old, addons="false", rpataddon="True") == "OK"
    node = box.state.node(30)
    assert (node["mobile"], node["rpat"], node["sso_id"]) == (False, True, "mholt")


def test_what_is_left_out_is_cleared_or_kept(box: Sandbox, rescue: Rescue) -> None:
    rescue("setUser_v2", **MIRA)
    some = {name: value for name, value in MIRA.items() if name not in ("nick", "ssoid")} | {"description": ""}
    box.state.set_switch("omitted_optional", "keeps")
    box.state.set_switch("empty_optional", "keeps")
    rescue("setUser_v2", **some)
    node = box.state.node(30)
    assert (node["nick"], node["sso_id"], node["description"]) == ("Mira", "mholt", "x")
    box.state.set_switch("empty_optional", "clears")
    rescue("setUser_v2", **some)
    assert box.state.node(30)["description"] == ""
    assert box.state.node(30)["nick"] == "Mira"
    box.state.set_switch("omitted_optional", "clears")
    rescue("setUser_v2", **some)
    node = box.state.node(30)
    assert (node["nick"], node["sso_id"]) == ("", "")


@pytest.mark.parametrize(
    ("how", "stored"),
    [("kept", " a  b\tc " * 9), ("dropped", ""), ("truncated", " a  b\tc "), ("normalised", "a b c " * 9)],
)
def test_a_description_can_be_stored_otherwise(box: Sandbox, rescue: Rescue, how: str, stored: str) -> None:
    box.state.set_switch("description_storing", how)
    box.state.set_switch("description_limit", "8")
    rescue("setUser_v2", **MIRA | {"description": " a  b\tc " * 9})
    assert box.state.node(30)["description"] == (stored.strip() if how == "normalised" else stored)


def test_a_password_has_to_be_as_strong_as_the_account_wants(box: Sandbox, rescue: Rescue) -> None:
    def word(password: str) -> str:
        return rescue("setUser_v2", **MIRA, pwd=password, confpwd=password)

    box.state.set_account(password_policy="excellent")
    assert word("Repeaat-1").startswith("INVALIDPARAM_PASSWORD")
    assert word("Wx7-Kepl92mQ") == "OK"
    box.state.set_account(password_policy="strong")
    assert word("Repeaat-1") == "OK"
    assert word("Repeaat12").startswith("INVALIDPARAM_PASSWORD")
    assert word("Repat123") == "OK"
    box.state.set_account(password_policy="good")
    assert word("Repeaat12") == "OK"


def test_an_administrator_and_a_technician_may_share_an_address(box: Sandbox, rescue: Rescue) -> None:
    assert rescue("setUser_v2", **MIRA | {"email": "ada@contoso.example"}) == "OK"
    assert rescue("setUser_v2", **MIRA | {"node": 12, "email": "ADA@contoso.example"}) == "OK"
    box.state.set_switch("admin_address", "refused")
    assert rescue("setUser_v2", **MIRA | {"email": "Ada@contoso.example"}) == "INVALIDPARAM_EMAIL_ALREADY_IN_USE"


def test_the_own_record_needs_the_password_and_the_holder_is_protected(box: Sandbox, rescue: Rescue) -> None:
    own = MIRA | {"node": 11, "email": "sync@contoso.example"}
    assert rescue("setUser_v2", **own) == "INVALIDPARAM_MISSING_CURRENT_PASSWORD"
    assert rescue("setUser_v2", **own, oldpwd="wrong") == "INVALIDPARAM_MISSING_CURRENT_PASSWORD"
    assert rescue("setUser_v2", **own, oldpwd="Old-Pass9") == "OK"
    holder = MIRA | {"node": 10, "email": "hela@contoso.example"}
    assert rescue("setUser_v2", **holder) == "ERROR"
    assert rescue("deleteNode", node=10) == "INVALID_DELETE"
    assert rescue("deleteNode", node=11) == "INVALID_DELETE"
    box.state.set_switch("account_holder", "writable")
    assert rescue("setUser_v2", **holder) == "OK"


def test_seats_run_out(box: Sandbox, rescue: Rescue) -> None:
    box.state.set_account(technician_seats=1)
    bo = MIRA | {"node": 31, "email": "bo@contoso.example", "mobileaddon": "False"}
    assert rescue("setUser_v2", **bo) == "ERROR"
    assert rescue("setUser_v2", **bo | {"status": "Disabled"}) == "OK"
    assert rescue("createUser", parent=20).startswith("OK")
    box.state.set_switch("blank_status", "Offline")
    box.state.set_switch("seat_refusal", "NOSEATS")
    assert rescue("createUser", parent=20) == "NOSEATS"
    assert rescue("setUser_v2", **MIRA | {"status": "Disabled"}) == "OK"
    assert rescue("setUser_v2", **bo) == "OK"


def test_mobile_licences_run_out(box: Sandbox, rescue: Rescue) -> None:
    box.state.set_account(mobile_seats=1)
    bo = MIRA | {"node": 31, "email": "bo@contoso.example"}
    assert rescue("setUser_v2", **bo) == "ERROR"
    box.state.set_switch("mobile_refusal", "INVALIDPARAM_MOBILEADDON")
    assert rescue("setUser_v2", **bo) == "INVALIDPARAM_MOBILEADDON"
    box.state.set_switch("mobile_refusal", "NOLICENSE")
    assert rescue("setUser_v2", **bo) == "NOLICENSE"
    box.state.set_switch("mobile_refusal", "not_kept")
    assert rescue("setUser_v2", **bo) == "OK"
    assert box.state.node(31)["mobile"] is False
    assert rescue("setUser_v2", **MIRA | {"mobileaddon": "False"}) == "OK"
    assert rescue("setUser_v2", **bo) == "OK"
    assert box.state.node(31)["mobile"] is True


def test_rarer_refusals_are_switches(box: Sandbox, rescue: Rescue) -> None:
    assert rescue("setUser_v2", **MIRA | {"ssoid": "bo@contoso.example"}) == "OK"
    box.state.set_switch("duplicate_sso", "ERROR")
    assert rescue("setUser_v2", **MIRA | {"ssoid": "bo@contoso.example"}) == "ERROR"
    assert rescue("setUser_v2", **MIRA | {"ssoid": ""}) == "OK"
    box.state.set_switch("enable_without_credential", "ERROR")
    assert rescue("setUser_v2", **MIRA | {"ssoid": ""}) == "ERROR"
    assert rescue("setUser_v2", **MIRA) == "OK"


def test_markup_in_a_value_is_an_error_page(box: Sandbox, rescue: Rescue, http: Any) -> None:
    token = box.environment()["RESCUE_API_TOKEN"]
    sent = {"authcode": token} | MIRA | {"name": "<b>Mira"}
    assert http.post("/API/setUser_v2.aspx", data=sent).status_code == 500
    assert rescue("setUser_v2", **MIRA | {"name": "1 < 2 & 3 > 2"}) == "OK"
    box.state.set_switch("request_validation", "off")
    assert http.post("/API/setUser_v2.aspx", data=sent).text == "OK"
    assert box.state.node(30)["name"] == "<b>Mira"


def test_moving_keeps_the_id_and_needs_a_place_that_fits(box: Sandbox, rescue: Rescue) -> None:
    assert rescue("moveNode", node=30, targetnode=22) == "OK"
    assert box.state.node(30)["parent"] == 22
    assert rescue("moveNode", node=30, targetnode=22) == "OK"
    assert rescue("moveNode", node=30, targetnode=337366) == "INVALID_MOVE"
    assert rescue("moveNode", node=11, targetnode=22) == "INVALID_MOVE"
    assert rescue("moveNode", node=20, targetnode=21) == "INVALID_MOVE"
    assert rescue("moveNode", node=20, targetnode=20) == "INVALID_MOVE"
    assert rescue("moveNode", node=337363, targetnode=20) == "INVALIDPARAM_NODE"
    assert rescue("moveNode", node=21, targetnode=22) == "OK"
    box.state.set_switch("move_to_own_parent", "INVALID_MOVE")
    assert rescue("moveNode", node=30, targetnode=22) == "INVALID_MOVE"


@pytest.mark.parametrize(
    ("strictness", "first", "second"),
    [("both", "OK", "OK"), ("targetnode", "OK", "INVALIDPARAM_NODE"), ("targetnodeid", "INVALIDPARAM_NODE", "OK")],
)
def test_two_spellings_of_a_move(box: Sandbox, rescue: Rescue, strictness: str, first: str, second: str) -> None:
    box.state.set_switch("move_spelling", strictness)
    assert rescue("moveNode", node=30, targetNode=22) == first
    assert rescue("moveNode", nodeID=30, targetNodeID=21) == second


def test_an_administrator_moved_into_a_technician_group_is_linked(box: Sandbox, rescue: Rescue) -> None:
    assert rescue("moveNode", node=12, targetnode=22) == "OK"
    links = [node for node in box.state.nodes() if node["type"] == "AdministratorLink" and node["parent"] == 22]
    assert [link["target"] for link in links] == [12]
    assert rescue("deleteNode", node=links[0]["id"]) == "OK"
    box.state.set_switch("admin_into_technician_group", "INVALID_MOVE")
    assert rescue("moveNode", node=12, targetnode=22) == "INVALID_MOVE"


def test_deleting_a_full_group(box: Sandbox, rescue: Rescue) -> None:
    box.state.set_switch("delete_group", "refuse")
    assert rescue("deleteNode", nodeID=20) == "INVALID_DELETE"
    box.state.set_switch("delete_group", "cascade")
    assert rescue("deleteNode", node=20) == "OK"
    assert not {20, 21, 30, 31} & set(box.state.snapshot())
    assert rescue("deleteNode", node=20) == "INVALIDPARAM_NODE"


def test_a_group_is_named_and_given_permissions(box: Sandbox, rescue: Rescue) -> None:
    id = new_id(rescue("createGroup", parent=20))
    asked = {
        "node": id,
        "name": "Night",
        "status": "enabled",
        "permission": "RemoteControl,sendfile, ",
        "lockedpermission": "",
    }
    assert rescue("setGroup_v2", **asked, rpatconcurrentlimit=3) == "OK"
    text = rescue("getGroup_v2", node=id)
    assert "NAME:Night\n" in text
    assert "PERMISSIONS:RemoteControl, SendFile,\nLOCKEDPERMISSIONS:\n" in text
    assert "RPATCONCURRENTLIMIT:3\n" in text
    assert rescue("setGroup", **asked | {"permission": "Magic,sendurl"}) == "OK"
    assert box.state.node(id)["permissions"] == "Magic, SendURL"
    box.state.set_switch("unknown_permission", "INVALIDPARAM_PERMISSION")
    assert rescue("setGroup", **asked | {"permission": "Magic"}) == "INVALIDPARAM_PERMISSION"
    assert rescue("setGroup", **asked | {"name": ""}) == "INVALIDPARAM_NAME"
    assert rescue("setGroup", **asked | {"status": ""}) == "INVALIDPARAM_STATUS"
    assert rescue("setGroup", **asked | {"node": 30}) == "INVALIDPARAM_NODE"
    assert rescue("setGroup", **asked, mobileconcurrentlimit="x") == "ERROR"


def test_permissions_left_out_are_cleared_or_kept(box: Sandbox, rescue: Rescue) -> None:
    box.state.set_switch("omitted_permission", "keeps")
    rescue("setGroup", node=20, name="EMEA", status="Enabled")
    assert box.state.node(20)["permissions"] == "RemoteControl, SendFile"
    box.state.set_switch("omitted_permission", "clears")
    rescue("setGroup", node=20, name="EMEA", status="Enabled")
    assert box.state.node(20)["permissions"] == ""


def test_the_second_versions_of_the_group_methods_may_be_missing(box: Sandbox, http: Any) -> None:
    box.state.set_switch("group_v2", "absent")
    for method in ("getGroup_v2", "setGroup_v2"):
        assert http.post(f"/API/{method}.aspx", data={"node": 20}).status_code == 404


def test_what_a_new_group_may_do_before_it_is_named(box: Sandbox, rescue: Rescue) -> None:
    assert box.state.node(new_id(rescue("createGroup", parent=20)))["permissions"] == ""
    box.state.set_switch("blank_group_permissions", "parent")
    assert box.state.node(new_id(rescue("createGroup", parent=20)))["permissions"] == "RemoteControl, SendFile"
