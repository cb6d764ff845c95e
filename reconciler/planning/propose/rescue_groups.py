"""The groups of a Rescue tree, as somebody who chooses among them wants to see them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping

from reconciler.model.choices import Licences, RescueGroup
from reconciler.model.hierarchy import GROUP_TYPE, Details, Node, Role, Tree
from reconciler.model.text import normal_text, sort_key


def list_groups(tree: Tree, role: Role) -> list[RescueGroup]:
    """The category first, then every group of the role, parents before children, siblings by name, then id."""
    category = tree.category(role)
    inside: dict[int | None, list[Node]] = defaultdict(list)
    for person in tree.people(role):
        inside[person.parent].append(person)
    order = [category, *_below(tree, role, category.id)]
    paths = Counter(_compared(tree.groups[node.id]) for node in order)
    # Each step of a path must fit exactly one child (D13), so a second EMEA spoils EMEA/Helpdesk as well.
    clear = {path for path in paths if all(paths[path[:depth]] == 1 for depth, _ in enumerate(path, 1))}
    found = []
    for node in order:
        enabled = sum(person.enabled for person in inside[node.id])
        path = tree.groups[node.id]
        found.append(
            RescueGroup(node.id, role, path, enabled, len(inside[node.id]) - enabled, _compared(path) not in clear)
        )
    return found


def people_ids(tree: Tree) -> list[int]:
    """The nodes of everybody in a group or category of either role, by id."""
    return sorted(person.id for role in Role for person in tree.people(role))


def count_licences(tree: Tree, details: Mapping[int, Details | None]) -> dict[int, Licences]:
    """The add-ons of the people directly in each group, by the group's node id; whoever vanished meanwhile has none."""
    counted: dict[int, Licences] = {}
    for role in Role:
        for person in tree.people(role):
            record = details.get(person.id)
            if record is None or person.parent is None:
                continue
            before = counted.get(person.parent, Licences(0, 0, rpat_known=True))
            counted[person.parent] = Licences(
                before.mobile + record.mobile,
                before.rpat + bool(record.rpat),
                before.rpat_known and record.rpat is not None,
            )
    return counted


def _below(tree: Tree, role: Role, parent: int) -> list[Node]:
    found: list[Node] = []
    waiting = [parent]
    while waiting:
        here = waiting.pop()
        if here != parent:
            found.append(tree.nodes[here])
        children = [node for node in tree.child_groups.get(here, []) if node.type == GROUP_TYPE[role]]
        waiting += [node.id for node in sorted(children, key=lambda node: (sort_key(node.name), node.id), reverse=True)]
    return found


def _compared(path: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(normal_text(name) for name in path)
