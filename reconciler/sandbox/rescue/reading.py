"""The reading methods: getAccount, getHierarchy, getUser, getGroup in their versions."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any

from reconciler.sandbox.constants import (
    ADMINISTRATOR_LINK,
    GROUPS,
    LINKS,
    MASTER_ADMINISTRATOR,
    PEOPLE,
    ROOT,
    TECHNICIAN,
    TECHNICIANS,
)
from reconciler.sandbox.messages import Answer
from reconciler.sandbox.store import fold

from .call import Call
from .entrance import Caller
from .wire import Refusal, yes

Node = Mapping[str, Any] | sqlite3.Row


def get_account(call: Call, caller: Caller) -> Answer:
    """[documented] rescue-api.md §3.3: AdminID 0 without an administrator seat, TechID 0 without an enabled one."""
    email = call.state.row("SELECT email FROM nodes WHERE id = ?", caller.admin_id or caller.tech_id)
    account = call.state.account()
    fields: list[tuple[str, object]] = [
        ("AccountID", account["account_id"]),
        ("Organization", account["organization"]),
        ("AdminID", caller.admin_id),
        ("TechID", caller.tech_id),
        ("Email", email["email"] if email else ""),
    ]
    if call.method == "getaccount_v2":
        fields.append(("TcRunning", "False"))  # [observed] §3.3 by its SOAP name; the HTTP spelling is [unknown]
    return call.wire.record(fields)


def get_hierarchy(call: Call, caller: Caller) -> Answer:
    """[observed] rescue-api.md §3.1: one response, root first, parents before children, seven keys in this order.

    [unknown] there: what isnode=true includes, whether filteroffline (v2 only) drops the disabled.
    """
    nodes = _visible(call)
    if not caller.is_master and call.switches["groups_shown"] == "assigned":
        nodes = _assigned_only(nodes, caller)
    if call.get("isnode").lower() == "true":
        nodes = _below(call, nodes, call.node_id("node", refusal="INVALIDPARAM_NODE"))
    if call.get("filteroffline").lower() == "true" and call.method == "gethierarchy_v2":
        drops = ("Offline", "Disabled") if call.switches["filteroffline_drops_disabled"] == "yes" else ("Offline",)
        nodes = [node for node in nodes if node["type"] != TECHNICIAN or _status(node) not in drops]
    shadowed = _disabled_groups(call, nodes)
    spelling = call.switches["type_spelling"] == MASTER_ADMINISTRATOR
    records = [
        (
            ("NodeID", node["id"]),
            ("ParentID", "" if node["parent"] is None else node["parent"]),
            ("Name", node["name"]),
            ("Email", node["email"]),
            ("Description", node["description"]),
            ("Status", "Disabled" if node["parent"] in shadowed else _status(node)),
            ("Type", node["type"] if spelling else node["type"].replace("MasterAdm", "Masteradm")),
        )
        for node in _ordered(nodes, call.switches["record_order"])
    ]
    return call.wire.records(records)


def get_user(call: Call, _: Caller) -> Answer:
    """[documented] rescue-api.md §3.2: fields in this order; a group's id gives INVALIDPARAM_NODE as well.

    v3 takes exactly one of `node` and `email`. HASRPATADDON in v2 is [inferred], hence a switch.
    """
    version = call.method
    if version == "getuser_v3" and call.get("email"):
        if call.get("node"):
            raise Refusal("INVALID_EMAILANDNODEIDBOTHSPECIFIED")
        node = _by_email(call)
    else:
        node = _visible_node(call, call.node_id("node", refusal="INVALIDPARAM_NODE"), PEOPLE)
    fields: list[tuple[str, object]] = [
        ("NODEID", node["id"]),
        ("NAME", node["name"]),
        ("NICK", node["nick"]),
        ("EMAIL", node["email"]),
        ("SSOID", node["sso_id"]),
        ("DESCRIPTION", node["description"]),
        (
            "TYPE",
            node["type"]
            if call.switches["type_spelling"] == MASTER_ADMINISTRATOR
            else node["type"].replace("MasterAdm", "Masteradm"),
        ),
        ("HASMOBILEADDON", yes(node["mobile"])),
    ]
    shown = {"v2_and_v3": ("getuser_v2", "getuser_v3"), "v3_only": ("getuser_v3",), "nowhere": ()}
    if version in shown[call.switches["rpat_field"]]:
        fields.append(("HASRPATADDON", yes(node["rpat"])))
    fields += [("ISACCOUNTHOLDER", yes(node["account_holder"])), ("STATUS", _status(node))]
    if call.switches["extra_fields"] == "after":
        fields += [("LASTLOGIN", "6/19/2024 2:52 PM"), ("TIMEZONE", "60")]
    return call.wire.record(fields)


def get_group(call: Call, _: Caller) -> Answer:
    """[documented] rescue-api.md §3.4: permission lists with comma and space, ending with a comma or not."""
    node = _visible_node(call, call.node_id("node", refusal="INVALIDPARAM_NODE"), (*GROUPS, "AdministratorGroupLink"))
    end = "," if call.switches["permissions_end"] == "comma" else ""
    fields: list[tuple[str, object]] = [
        ("NODEID", node["id"]),
        ("NAME", node["name"]),
        ("DESCRIPTION", node["description"]),
        ("TYPE", node["type"]),
        ("PERMISSIONS", node["permissions"] + end if node["permissions"] else ""),
        ("LOCKEDPERMISSIONS", node["locked"] + end if node["locked"] else ""),
        ("ISENABLED", yes(node["enabled"])),
        ("STANDARDCONCURRENTLIMIT", node["standard_limit"]),
        ("MOBILECONCURRENTLIMIT", node["mobile_limit"]),
    ]
    if call.method == "getgroup_v2":
        fields.append(("RPATCONCURRENTLIMIT", node["rpat_limit"]))
    return call.wire.record(fields)


# --- which nodes a read shows, and in which order -------------------------------------------------------------------


def _visible(call: Call) -> list[Node]:
    """All nodes, those lately written as they were (switch visibility_delay; [unknown] rescue-api.md §7.13)."""
    nodes: list[Node] = list(call.state.rows("SELECT * FROM nodes ORDER BY id"))
    unseen = call.state.unseen()
    if not unseen:
        return nodes
    known = {node["id"] for node in nodes}
    shown = [unseen.get(node["id"], node) for node in nodes]
    shown += [before for id, before in unseen.items() if id not in known]
    return [node for node in shown if node is not None]


def _visible_node(call: Call, node_id: int, kinds: tuple[str, ...]) -> Node:
    unseen = call.state.unseen()
    stored = call.state.row("SELECT * FROM nodes WHERE id = ?", node_id)
    node: Node | None = unseen.get(node_id, stored)
    if node is None or node["type"] not in kinds:
        raise Refusal("INVALIDPARAM_NODE")
    return node


def _by_email(call: Call) -> Node:
    """[unknown] rescue-api.md §3.2: which node of a person with two comes back, and whether case matters."""
    email = call.get("email")
    rows = call.state.rows("SELECT * FROM nodes WHERE email_key = ? ORDER BY id", fold(email))
    if call.switches["email_lookup_case"] == "exact":
        rows = [row for row in rows if row["email"] == email]
    unseen = call.state.unseen()
    found: list[Node] = []
    for row in rows:
        node: Node | None = unseen.get(row["id"], row)
        if node is not None and node["type"] in PEOPLE and fold(node["email"]) == fold(email):
            found.append(node)
    if not found:
        raise Refusal("INVALIDPARAM_EMAIL")
    first = call.switches["email_lookup"]
    if first == "lowest_id":
        return found[0]
    found.sort(key=lambda node: (node["type"] == TECHNICIAN) != (first == "technician"))
    return found[0]


def _status(node: Node) -> str:
    return node["presence"] if node["enabled"] else "Disabled"


def _disabled_groups(call: Call, nodes: list[Node]) -> set[int]:
    """[unknown] rescue-api.md §5: a disabled group's effect on the status of its people."""
    if call.switches["disabled_group"] == "keeps":
        return set()
    return {node["id"] for node in nodes if node["type"] in GROUPS and not node["enabled"]}


def _ordered(nodes: list[Node], order: str) -> list[Node]:
    """[observed] rescue-api.md §3.1: the root comes first; [inferred] parents before children."""
    by_id = sorted(nodes, key=lambda node: (node["type"] != ROOT, node["id"]))
    if order == "by_id":
        return by_id
    if order == "reversed":
        return by_id[:1] + by_id[:0:-1]
    children: dict[int | None, list[Node]] = {}
    known = {node["id"] for node in nodes}
    for node in reversed(by_id):
        children.setdefault(node["parent"] if node["parent"] in known else None, []).append(node)
    ordered: list[Node] = []
    waiting = children.get(None, [])
    while waiting:
        node = waiting.pop()
        ordered.append(node)
        waiting.extend(children.get(node["id"], ()))
    return ordered


def _below(call: Call, nodes: list[Node], top: int) -> list[Node]:
    if all(node["id"] != top for node in nodes):
        raise Refusal("INVALIDPARAM_NODE")
    wanted = {top}
    if call.switches["isnode_scope"] == "descendants":
        wanted.update(call.state.descendants(top))
    return [node for node in nodes if node["id"] in wanted]


def _assigned_only(nodes: list[Node], caller: Caller) -> list[Node]:
    """[inferred] rescue-api.md §1.5: an administrator may see the Technician Groups assigned to them only."""
    by_id = {node["id"]: node for node in nodes}
    admin = by_id.get(caller.admin_id)
    mine = {caller.admin_id, admin["parent"] if admin else None}
    assigned = {node["parent"] for node in nodes if node["type"] in LINKS and node["target"] in mine}

    def shown(node: Node) -> bool:
        if node["type"] not in ("TechnicianGroup", TECHNICIAN, ADMINISTRATOR_LINK, "AdministratorGroupLink"):
            return True
        place: Node | None = node
        while place is not None and place["type"] != TECHNICIANS:
            if place["id"] in assigned:
                return True
            place = by_id.get(place["parent"])
        return False

    return [node for node in nodes if shown(node)]
