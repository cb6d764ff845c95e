"""The writing methods: createUser, createGroup, setUser, setGroup, moveNode, deleteNode, and createUsers, which fails.

Each checks everything before it changes anything: a refused call has no effect.
"""

from __future__ import annotations

import re
import sqlite3
from typing import Any

from reconciler.sandbox.constants import (
    ACCEPTS,
    ADMINISTRATOR,
    ADMINISTRATOR_GROUP,
    ADMINISTRATOR_GROUP_LINK,
    ADMINISTRATOR_LINK,
    ADMINISTRATORS,
    CATEGORIES,
    GROUPS,
    MASTER_ADMINISTRATOR,
    MASTER_ADMINISTRATORS,
    PEOPLE,
    PERMISSIONS,
    ROOT,
    TECHNICIAN,
    TECHNICIAN_GROUP,
    TECHNICIANS,
)
from reconciler.sandbox.messages import Answer
from reconciler.sandbox.store import fold

from .call import Call
from .entrance import Caller
from .policy import check_address, check_password
from .wire import Refusal

NEW_PERSON = {
    MASTER_ADMINISTRATORS: MASTER_ADMINISTRATOR,
    ADMINISTRATORS: ADMINISTRATOR,
    ADMINISTRATOR_GROUP: ADMINISTRATOR,
    TECHNICIAN_GROUP: TECHNICIAN,
}
NEW_GROUP = {
    ADMINISTRATORS: ADMINISTRATOR_GROUP,
    ADMINISTRATOR_GROUP: ADMINISTRATOR_GROUP,
    TECHNICIANS: TECHNICIAN_GROUP,
    TECHNICIAN_GROUP: TECHNICIAN_GROUP,
}
LIMITS = {
    "standardconcurrentlimit": "standard_limit", "mobileconcurrentlimit": "mobile_limit",
    "rpatconcurrentlimit": "rpat_limit",
}  # fmt: skip


def create_user(call: Call, caller: Caller) -> Answer:
    """[documented] rescue-api.md §4.1: a blank node below `parent`; its name, address and status are [unknown]."""
    switches = call.switches
    parent = _parent(call, caller, NEW_PERSON)
    enabled = switches["blank_status"] != "Disabled"
    kind = NEW_PERSON[parent["type"]]
    if kind == TECHNICIAN and enabled:
        _take_seat(call)
    id = call.state.next_node_id()
    _before_write(call, id)
    email = switches["blank_email"].replace("{id}", str(id))
    call.state.add_node(parent["id"], kind, id=id, name=switches["blank_name"], email=email, enabled=enabled)
    return call.wire.created(id)


def create_group(call: Call, caller: Caller) -> Answer:
    """[documented] rescue-api.md §4.6: an unnamed group below `parent`."""
    parent = _parent(call, caller, NEW_GROUP)
    id = call.state.next_node_id()
    _before_write(call, id)
    enabled = call.switches["blank_group_status"] != "Disabled"
    values: dict[str, Any] = {"name": call.switches["blank_group_name"], "enabled": enabled}
    if call.switches["blank_group_permissions"] == "parent":
        values |= {"permissions": parent["permissions"], "locked": parent["locked"]}
    call.state.add_node(parent["id"], NEW_GROUP[parent["type"]], id=id, **values)
    return call.wire.created(id)


def create_users(*_: object) -> Answer:
    """[unknown] rescue-api.md §4.2: nobody knows how its array is sent; it answers ERROR."""
    raise Refusal("ERROR")


def set_user(call: Call, caller: Caller) -> Answer:
    """[documented] rescue-api.md §4.3: the only update of a person; enables and disables as well.

    `addons` in setUser, `mobileaddon` and `rpataddon` in v2 are required. What an omitted or an empty optional does is
    [unknown]; an empty password keeps the old one.
    """
    node = _person(call, call.node_id("node", refusal="INVALIDPARAM_NODE"))
    _guard(call, caller, node)
    values = _checked(call, node)
    _check_own(call, caller, node)
    password = call.get("pwd")
    if password:
        check_password(password, call.get("confpwd"), call.state.account()["password_policy"])
        values["password"] = password
    _check_credential(call, node, values)
    _check_seats(call, node, values)
    _before_write(call, node["id"])
    call.state.set_node(node["id"], **values)
    return call.wire.word("OK")


def _checked(call: Call, node: sqlite3.Row) -> dict[str, Any]:
    """The new values, in the order in which the guide lists the refusals."""
    _check_markup(call)
    name = call.get("name")
    if not name.strip() or len(name) > int(call.switches["name_limit"]):
        raise Refusal("INVALIDPARAM_NAME")
    status = call.get("status").lower()
    if status not in ("enabled", "disabled"):
        raise Refusal("INVALIDPARAM_STATUS")
    values: dict[str, Any] = {"name": name, "enabled": status == "enabled"}
    if call.method == "setuser_v2":
        values["mobile"] = _truth(call, "mobileaddon", "INVALIDPARAM_MOBILEADDON")
        values["rpat"] = _truth(call, "rpataddon", "INVALIDPARAM_RPATADDON")
    else:
        values["mobile"] = _truth(call, "addons", "INVALIDPARAM_MOBILEADDON")
    values["email"] = call.get("email")
    check_address(values["email"])
    _check_free(call, node, values["email"])
    for parameter, field in (("nick", "nick"), ("ssoid", "sso_id"), ("description", "description")):
        value = _optional(call, parameter)
        if value is not None:
            values[field] = value
    if "description" in values:
        values["description"] = _stored_description(call, values["description"])
    if values.get("sso_id") and call.switches["duplicate_sso"] == "ERROR":
        kinds = (TECHNICIAN, TECHNICIAN) if node["type"] == TECHNICIAN else (ADMINISTRATOR, MASTER_ADMINISTRATOR)
        taken = "SELECT 1 FROM nodes WHERE sso_id = ? AND id != ? AND type IN (?, ?)"
        if call.state.row(taken, values["sso_id"], node["id"], *kinds):
            raise Refusal("ERROR")
    return values


def _optional(call: Call, parameter: str) -> str | None:
    """The value to store, or None to keep what is there. [unknown] rescue-api.md §4.3."""
    if parameter not in call.parameters:
        return "" if call.switches["omitted_optional"] == "clears" else None
    value = call.parameters[parameter]
    return None if not value and call.switches["empty_optional"] == "keeps" else value


def _stored_description(call: Call, text: str) -> str:
    """[unknown] rescue-api.md §7.16: what the server makes of a description."""
    how = call.switches["description_storing"]
    if how == "dropped":
        return ""
    if how == "truncated":
        return text[: int(call.switches["description_limit"])]
    return " ".join(text.split()) if how == "normalised" else text


def _truth(call: Call, parameter: str, refusal: str) -> bool:
    value = call.get(parameter).lower()
    if value not in ("true", "false"):
        raise Refusal(refusal)
    return value == "true"


def _check_markup(call: Call) -> None:
    """[inferred] rescue-api.md §7.8: ASP.NET's request validation answers such values with a page and status 500."""
    if call.switches["request_validation"] == "on":
        for name, value in call.parameters.items():
            if name not in ("pwd", "confpwd", "oldpwd") and re.search(r"<[A-Za-z!/?]|&#", value):
                raise MarkupRefused


class MarkupRefused(Exception):
    """A value looked like markup: the server's own error page is the answer, status 500."""


def _check_free(call: Call, node: sqlite3.Row, email: str) -> None:
    """[documented] rescue-api.md §4.3: INVALIDPARAM_EMAIL_ALREADY_IN_USE; once per role, in any case ([inferred])."""
    key = fold(email)
    technician = node["type"] == TECHNICIAN
    shared = call.switches["admin_address"] == "accepted"
    for other in call.state.rows("SELECT id, type FROM nodes WHERE email_key = ? AND id != ?", key, node["id"]):
        if other["type"] in PEOPLE and ((other["type"] == TECHNICIAN) == technician or not shared):
            raise Refusal("INVALIDPARAM_EMAIL_ALREADY_IN_USE")
    if call.state.row("SELECT 1 FROM foreign_addresses WHERE email_key = ?", key):
        raise Refusal("INVALIDPARAM_EMAIL_ALREADY_IN_USE")


def _check_own(call: Call, caller: Caller, node: sqlite3.Row) -> None:
    """[documented] rescue-api.md §1.5, §4.3: one's own master administrator record needs the current password."""
    if node["type"] != MASTER_ADMINISTRATOR or node["id"] != caller.admin_id:
        return
    if not call.get("oldpwd") or not call.state.password_is(node["id"], call.get("oldpwd")):
        raise Refusal("INVALIDPARAM_MISSING_CURRENT_PASSWORD")


def _check_credential(call: Call, node: sqlite3.Row, values: dict[str, Any]) -> None:
    """[observed, client-side] rescue-api.md §4.3: enabling somebody with neither password nor SSO ID may be refused."""
    has = values.get("password") or node["password"] or values.get("sso_id", node["sso_id"])
    if values["enabled"] and not has and call.switches["enable_without_credential"] == "ERROR":
        raise Refusal("ERROR")


def _check_seats(call: Call, node: sqlite3.Row, values: dict[str, Any]) -> None:
    if node["type"] == TECHNICIAN and values["enabled"] and not node["enabled"]:
        _take_seat(call)
    seats = call.state.account()["mobile_seats"]
    if values["mobile"] and not node["mobile"] and seats:
        used = call.state.number("SELECT count(*) FROM nodes WHERE mobile")
        if used >= seats:
            if call.switches["mobile_refusal"] != "not_kept":
                raise Refusal(call.switches["mobile_refusal"])
            values["mobile"] = False


def _take_seat(call: Call) -> None:
    """[unknown] rescue-api.md §4.1: the word when seats run out."""
    seats = call.state.account()["technician_seats"]
    used = call.state.number("SELECT count(*) FROM nodes WHERE type = ? AND enabled", TECHNICIAN)
    if seats and used >= seats:
        raise Refusal(call.switches["seat_refusal"])


def set_group(call: Call, caller: Caller) -> Answer:
    """[documented] rescue-api.md §4.6: name and status required; what omitted permissions do is [unknown].

    The names of the limits' parameters are [unknown]; those of the reading methods are taken.
    """
    node = _existing(call, call.node_id("node", refusal="INVALIDPARAM_NODE"), GROUPS, "INVALIDPARAM_NODE")
    _scope(call, caller, node)
    _check_markup(call)
    if not call.get("name").strip() or len(call.get("name")) > int(call.switches["name_limit"]):
        raise Refusal("INVALIDPARAM_NAME")
    if call.get("status").lower() not in ("enabled", "disabled"):
        raise Refusal("INVALIDPARAM_STATUS")
    values: dict[str, Any] = {"name": call.get("name"), "enabled": call.get("status").lower() == "enabled"}
    description = _optional(call, "description")
    if description is not None:
        values["description"] = _stored_description(call, description)
    for parameter, field in (("permission", "permissions"), ("lockedpermission", "locked")):
        if parameter in call.parameters:
            values[field] = _permissions(call, call.get(parameter))
        elif call.switches["omitted_permission"] == "clears":
            values[field] = ""
    for parameter, field in LIMITS.items():
        if parameter in call.parameters:
            if not call.get(parameter).isdigit():
                raise Refusal("ERROR")
            values[field] = int(call.get(parameter))
    _before_write(call, node["id"])
    call.state.set_node(node["id"], **values)
    return call.wire.word("OK")


def _permissions(call: Call, text: str) -> str:
    """[documented] rescue-api.md §4.6: a comma list. Names that no document has are [unknown]."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    known = {name.lower(): name for name in PERMISSIONS}
    if any(name.lower() not in known for name in names) and call.switches["unknown_permission"] != "kept":
        raise Refusal("INVALIDPARAM_PERMISSION")
    return ", ".join(known.get(name.lower(), name) for name in names)


def move_node(call: Call, caller: Caller) -> Answer:
    """[documented] rescue-api.md §4.4, whose page spells the parameters in two ways; the id is kept ([inferred]).

    An administrator moved into a Technician Group becomes a link there ([inferred] §4.7).
    """
    spelling = call.switches["move_spelling"]
    ids = {"both": ("node", "nodeid"), "targetnode": ("node",), "targetnodeid": ("nodeid",)}[spelling]
    targets = {"both": ("targetnode", "targetnodeid"), "targetnode": ("targetnode",), "targetnodeid": ("targetnodeid",)}
    movable = (*PEOPLE, *GROUPS)
    node = _existing(call, call.node_id(*ids, refusal="INVALIDPARAM_NODE"), movable, "INVALIDPARAM_NODE")
    everything = (ROOT, *CATEGORIES, *movable)
    wanted = call.node_id(*targets[spelling], refusal="INVALIDPARAM_TARGETNODE")
    target = _existing(call, wanted, everything, "INVALIDPARAM_TARGETNODE")
    _guard(call, caller, node)
    _scope(call, caller, target)
    link = {ADMINISTRATOR: ADMINISTRATOR_LINK, ADMINISTRATOR_GROUP: ADMINISTRATOR_GROUP_LINK}.get(node["type"])
    if target["type"] == TECHNICIAN_GROUP and link and call.switches["admin_into_technician_group"] == "link":
        call.state.add_node(target["id"], link, name=node["name"], email=node["email"], target=node["id"])
        return call.wire.word("OK")
    if node["type"] not in ACCEPTS.get(target["type"], ()) or node["type"] == MASTER_ADMINISTRATOR:
        raise Refusal("INVALID_MOVE")
    if target["id"] == node["id"] or target["id"] in call.state.descendants(node["id"]):
        raise Refusal("INVALID_MOVE")
    if target["id"] == node["parent"]:
        return call.wire.word(call.switches["move_to_own_parent"])
    _before_write(call, node["id"])
    call.state.set_node(node["id"], parent=target["id"])
    return call.wire.word("OK")


def delete_node(call: Call, caller: Caller) -> Answer:
    """[documented] rescue-api.md §4.5: INVALID_DELETE for oneself and without the right; a full group is [unknown]."""
    id = call.node_id("node", "nodeid", refusal="INVALIDPARAM_NODE")
    kinds = (*PEOPLE, *GROUPS, ADMINISTRATOR_LINK, ADMINISTRATOR_GROUP_LINK)
    node = _existing(call, id, kinds, "INVALIDPARAM_NODE")
    below = call.state.descendants(id)
    gone = [id, *below]
    holder = any(row["id"] in gone for row in call.state.rows("SELECT id FROM nodes WHERE account_holder"))
    if holder or caller.admin_id in gone or caller.tech_id in gone or not _in_scope(call, caller, node):
        raise Refusal("INVALID_DELETE")
    if below and call.switches["delete_group"] == "refuse":
        raise Refusal("INVALID_DELETE")
    _before_write(call, id)
    call.state.delete_node(id)
    return call.wire.word("OK")


# --- what all of them ask ---------------------------------------------------------------------------------------------


def _parent(call: Call, caller: Caller, kinds: dict[str, str]) -> sqlite3.Row:
    parent = _existing(call, call.node_id("parent", refusal="INVALIDPARAM_PARENT"), tuple(kinds), "INVALIDPARAM_PARENT")
    if not _in_scope(call, caller, parent):
        raise Refusal("INVALIDPARAM_PARENT")
    return parent


def _person(call: Call, node_id: int) -> sqlite3.Row:
    return _existing(call, node_id, PEOPLE, "INVALIDPARAM_NODE")


def _existing(call: Call, node_id: int, kinds: tuple[str, ...], refusal: str) -> sqlite3.Row:
    row = call.state.row("SELECT * FROM nodes WHERE id = ?", node_id)
    if row is None or row["type"] not in kinds:
        raise Refusal(refusal)
    return row


def _guard(call: Call, caller: Caller, node: sqlite3.Row) -> None:
    """[unknown] rescue-api.md §5: the account holder's nodes; and nodes outside an administrator's scope."""
    if node["account_holder"] and node["id"] != caller.admin_id and call.switches["account_holder"] == "protected":
        raise Refusal("ERROR")
    _scope(call, caller, node)


def _scope(call: Call, caller: Caller, node: sqlite3.Row) -> None:
    if not _in_scope(call, caller, node):
        raise Refusal("ERROR")


def _in_scope(call: Call, caller: Caller, node: sqlite3.Row) -> bool:
    """[documented] rescue-api.md §1.5: administrators act below the Technician Groups assigned to them."""
    if caller.is_master:
        return True
    admin = call.state.row("SELECT parent FROM nodes WHERE id = ?", caller.admin_id)
    mine = (caller.admin_id, admin["parent"] if admin else None)
    place: sqlite3.Row | None = node
    while place is not None:
        links = "SELECT 1 FROM nodes WHERE parent = ? AND target IS NOT NULL AND target IN (?, ?)"
        if call.state.row(links, place["id"], *mine):
            return True
        place = call.state.row("SELECT * FROM nodes WHERE id = ?", place["parent"])
    return False


def _before_write(call: Call, node_id: int) -> None:
    call.state.remember_before(node_id, call.switches["visibility_delay"])
