"""What a plan said would happen, held against the nodes before and after: counts, seats, and every action by itself."""

from __future__ import annotations

from collections import Counter
from typing import Any

Nodes = dict[int, dict[str, Any]]
FIELDS = {"login": "email", "name": "name", "sso_id": "sso_id", "mobile_license": "mobile", "enabled": "enabled"}


def check_forecast(plan: dict[str, Any], before: Nodes, now: Nodes) -> None:
    """Everything the plan said was done, and nothing else."""
    actions = plan["actions"]
    counted = Counter(item["verbs"][0] for item in actions)
    summary = plan["summary"]
    assert {verb: summary[verb] for verb in counted} == dict(counted)
    assert summary["changes_total"] == len(actions)
    made = Counter(row["type"] for node, row in now.items() if node not in before)
    for kind, verb, role in (
        ("TechnicianGroup", "create_group", "technician"),
        ("Technician", "create", "technician"),
        ("Administrator", "create", "admin"),
    ):
        fresh = [a for a in actions if verb in a["verbs"] and a["role"] == role and a["subject"]["node_id"] is None]
        assert made[kind] == len(fresh), (kind, made, fresh)
    changed = {node for node, row in before.items() if now[node] != row}
    assert changed == {item["subject"]["node_id"] for item in actions} - {None}
    for item in actions:
        node = item["subject"]["node_id"]
        if node is not None and "create_group" not in item["verbs"]:
            check_action(item, before[node], now[node])
    check_seats(plan["seats"], before, now)


def check_action(item: dict[str, Any], old: dict[str, Any], new: dict[str, Any]) -> None:
    verbs = set(item["verbs"])
    assert ("move" in verbs) == (old["parent"] != new["parent"]), item
    assert ("disable" in verbs) == (old["enabled"] and not new["enabled"]), item
    assert bool(verbs & {"enable", "create"}) == (new["enabled"] and not old["enabled"]), item
    for change in item["changes"]:
        if change["field"] in FIELDS:
            assert new[FIELDS[change["field"]]] == change["after"], (item, new)


def check_seats(seats: dict[str, Any], before: Nodes, now: Nodes) -> None:
    """The seats of the whole account, and of the licences what this file changed of them."""
    was, are = ([row for row in rows.values() if row["type"] == "Technician"] for rows in (before, now))
    technicians, licences = seats["technician"], seats["mobile"]
    assert technicians["before"] == sum(row["enabled"] for row in was)
    assert technicians["after"] == sum(row["enabled"] for row in are)
    for said in (technicians, licences):
        assert said["before"] - said["freed"] + said["taken"] == said["after"]
    change = sum(row["mobile"] for row in are) - sum(row["mobile"] for row in was)
    assert licences["taken"] - licences["freed"] == change, (licences, change)
    assert licences["bought"] is None or licences["taken"] == 0 or licences["after"] <= licences["bought"]
