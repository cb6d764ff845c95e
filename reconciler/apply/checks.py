"""What apply compares, as functions of values: stale people, losses, groups that went, the last reading (D15, D20).

Everywhere text counts as equal under D20's comparison, and presence is left out. Each function says in words what it
found; the caller decides what that means for the run.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from reconciler.errors import ReconcilerError, TargetError
from reconciler.model.hierarchy import GROUP_TYPE, PERSON_TYPE, Details, GroupRecord, Node, Role, Tree
from reconciler.model.marker import find_group_markers, find_marker, find_markers, with_marker, without_marker
from reconciler.model.plan import Action, ActionOutcome
from reconciler.model.text import normal_login, normal_text


def words_of(error: ReconcilerError) -> str:
    """The error and its advice, but for advice that is about a run without writes."""
    advice = "" if error.advice == TargetError.advice else error.advice
    return f"{error} ({advice})" if advice else str(error)


def staleness(planned: Details, actual: Details | None) -> str | None:
    """Why this person is not what the plan was made from, or None (D15)."""
    if actual is None:
        return "this person is no user in Rescue any more"
    before, now = _compared(planned), _compared(actual)
    changed = [name for name in before if before[name] != now[name]]
    return f"changed since the plan was made: {', '.join(changed)}" if changed else None


def with_changes(actual: Details, action: Action) -> Details:
    """The record as just read, with the action's changes: the full record that setUser has to be sent (R91).

    The marker is put into the text as it is now, so that text which differs from the plan's in white space only stays.
    """
    values: dict[str, Any] = {}
    for change in action.changes:
        match change.field:
            case "login" | "name" | "sso_id":
                values[change.field] = change.after
            case "mobile_license":
                values["mobile"] = change.after
            case "enabled":
                values["status"] = "Enabled" if change.after else "Disabled"
            case _:  # the description
                marker = find_marker(str(change.after))
                values["description"] = with_marker(actual.description, marker) if marker else change.after
    return actual._replace(**values)


def find_losses(before: Details, wanted: Details, seen: Details | None) -> list[str]:
    """What one write did that it was not meant to do, and a marker that is not whole (D15)."""
    if seen is None:
        return ["the person cannot be read any more"]
    was, meant, now = _written(before), _written(wanted), _written(seen)
    lost = [
        f"the {name} {was[name]!r} became {now[name]!r}"
        for name in was
        if was[name] == meant[name] != now[name] and not (name == _RPAT and before.rpat is None)
    ]
    if find_markers(seen.description) != find_markers(wanted.description):
        lost.append(f"the marker was not stored whole: {seen.description!r}")
    return lost


def stored_differently(before: Details, wanted: Details, seen: Details) -> list[str]:
    """What the write meant to change and the server shows otherwise: `server stored …` (D20)."""
    was, meant, now = _written(before), _written(wanted), _written(seen)
    return [f"server stored the {name} {now[name]!r}" for name in was if was[name] != meant[name] != now[name]]


def shows_change(before: Details, wanted: Details, seen: Details) -> bool:
    """Whether anything that the write meant to change is there: else the server may still show what was before."""
    was, meant, now = _written(before), _written(wanted), _written(seen)
    return seen.description != before.description or any(was[name] != meant[name] == now[name] for name in was)


def missing_records(planned: Tree, now: Tree) -> str | None:
    """Why nobody is placed after a second reading, or None: groups or records that went without our doing (D15)."""
    groups = sorted(set(planned.groups) - set(now.groups))
    if groups:
        gone = ", ".join(planned.path_text(group) or str(group) for group in groups)
        return f"the tree read again lacks the group {gone}"
    lost = len(set(planned.nodes) - set(now.nodes))
    return f"the tree read again lacks {lost} records" if lost else None


def misplaced(action: Action, planned: Tree, now: Tree, made: frozenset[int] = frozenset()) -> str | None:
    """Why this person is not placed after all: the group was renamed or moved, or somebody moved the person.

    `made`: groups created in this run.
    """
    target, node_id = action.group_id, action.subject.node_id
    if target in made:
        there = now.path_text(target) == action.group.after
    else:
        there = target in now.groups and now.groups[target] == planned.groups.get(target)
    if not there:
        return f"the group {action.group.after} is not what and where it was when the plan was made"
    if node_id is not None and now.nodes[node_id].parent != planned.nodes[node_id].parent:
        return "moved to another group since the plan was made"
    return None


def group_trouble(action: Action, planned: Tree, now: Tree, made: frozenset[int]) -> str | None:
    """Why a group is not created after all: what it was planned below is not there, or its name is taken (D15).

    `made`: groups created in this run, which `now` need not show yet.
    """
    parent, blank, name = action.parent_id, action.subject.node_id, str(action.after("name"))
    if parent in made:
        return None
    if parent not in now.groups or now.groups[parent] != planned.groups.get(parent):
        return f"the group above {action.group.after} is not what and where it was when the plan was made"
    below = now.child_groups.get(parent, ())
    namesake = next((node for node in below if normal_text(node.name).casefold() == name.casefold()), None)
    if namesake is not None and namesake.id != blank:
        return f"there is a group of that name now (node {namesake.id})"
    if blank is not None and (all(node.id != blank for node in below) or blank in _parents(now)):
        return f"group {blank} is not half-made any more"
    return None


def _parents(tree: Tree) -> set[int | None]:
    return {node.parent for node in tree.nodes.values()}


def group_differences(wanted: GroupRecord, seen: GroupRecord | None) -> list[str]:
    """What Rescue shows otherwise of a group just created: `server stored …` (D20). Permissions are sets."""
    if seen is None:
        return ["it cannot be read"]
    found = []
    if normal_text(seen.name) != normal_text(wanted.name):
        found.append(f"server stored the name {seen.name!r}")
    if not find_group_markers(wanted.description) <= find_group_markers(seen.description):
        found.append(f"server stored the description {seen.description!r}")
    for what, meant, stored in (
        ("permissions", wanted.permissions, seen.permissions),
        ("locked permissions", wanted.locked, seen.locked),
    ):
        if {name.lower() for name in meant} != {name.lower() for name in stored}:
            found.append(f"server stored the {what} {', '.join(stored) or 'none'!r}")
    if not seen.enabled:
        found.append("server stored the status Disabled")
    return found


def compare_result(outcomes: Iterable[ActionOutcome], tree: Tree) -> dict[str, str]:
    """Actions reported done that the final reading does not show: action id -> `server stored …` (D20)."""
    wrong: dict[str, str] = {}
    by_login = {
        (node.type, normal_login(node.login)): node for role in Role for node in tree.people(role) if node.login
    }
    for outcome in outcomes:
        if outcome.outcome != "done":
            continue
        if "create_group" in outcome.verbs:
            if differing := _group_shown_differently(outcome, tree):
                wrong[outcome.id] = "; ".join(differing)
            continue
        kind = PERSON_TYPE[Role(outcome.role)]
        if "create" in outcome.verbs:
            node = by_login.get((kind, normal_login(str(outcome.after("login")))))
        else:
            node = tree.nodes.get(outcome.subject.node_id or 0)
        if node is None or node.type != kind:
            wrong[outcome.id] = "the final reading does not show this person"
        elif differing := _shown_differently(outcome, node):
            wrong[outcome.id] = "; ".join(differing)
    return wrong


def _shown_differently(outcome: ActionOutcome, node: Node) -> list[str]:
    found = []
    for change in outcome.changes:
        if change.field == "name" and normal_text(str(change.after)) != normal_text(node.name):
            found.append(f"server stored the name {node.name!r}")
        elif change.field == "login" and normal_login(str(change.after)) != normal_login(node.login):
            found.append(f"server stored the login {node.login!r}")
        elif change.field == "enabled" and change.after != node.enabled:
            found.append(f"server stored the status {node.status}")
        elif change.field == "description" and normal_text(str(change.after)) != normal_text(node.description):
            found.append(f"server stored the description {node.description!r}")
    if {"move", "create"} & set(outcome.verbs) and node.parent != outcome.group_id:
        found.append("the person is not in the group")
    return found


def _group_shown_differently(outcome: ActionOutcome, tree: Tree) -> list[str]:
    node = tree.nodes.get(outcome.group_id or 0)
    if node is None or node.type not in GROUP_TYPE.values():
        return ["the final reading does not show this group"]
    found = []
    if normal_text(node.name) != normal_text(str(outcome.after("name"))):
        found.append(f"server stored the name {node.name!r}")
    if not find_group_markers(str(outcome.after("description"))) <= find_group_markers(node.description):
        found.append(f"server stored the description {node.description!r}")
    if node.parent != outcome.parent_id:
        found.append("the group is not below the one it was created in")
    return found


_RPAT = "remote access licence"


def _compared(record: Details) -> dict[str, Any]:
    """What staleness is about, by the name a message gives it."""
    return {
        "login": normal_login(record.login),
        "name": normal_text(record.name),
        "SSO ID": record.sso_id,
        "mobile licence": record.mobile,
        _RPAT: record.rpat,
        "account holder": record.account_holder,
        "status": "enabled" if record.enabled else "disabled",
        "type": record.type.lower(),
        "description": normal_text(record.description),
    }


def _written(record: Details) -> dict[str, Any]:
    """What a write is about: the nick as well, and of the description the text around the marker."""
    return {
        **_compared(record),
        "nick": normal_text(record.nick),
        "description": normal_text(without_marker(record.description)),
    }
