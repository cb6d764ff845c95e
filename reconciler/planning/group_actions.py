"""New Rescue groups -> actions: each is an action of its own, and whoever is put into it depends on it (D2, §4).

A group that was created and never named is filled by the next creation below its parent instead of another one (D14).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from reconciler.model.hierarchy import GROUP_TYPE, Node, Role, Tree, is_unnamed
from reconciler.model.plan import Action, Change, Finding, Place, Subject, group_action_id, make_finding
from reconciler.model.text import path_sort_key
from reconciler.planning.hierarchies import Hierarchies, NewGroup

_CONTAINERS = frozenset(GROUP_TYPE.values())


class GroupActions(NamedTuple):
    """The actions, and what is to be told of groups that stay half-made."""

    actions: tuple[Action, ...]
    findings: tuple[Finding, ...]

    def with_people(self, actions: Iterable[Action]) -> list[Action]:
        """All actions; those that put somebody into a group to be created depend on its action."""
        by_node = {action.group_id: action.id for action in self.actions}
        return [*self.actions, *(_depending(action, by_node.get(action.group_id)) for action in actions)]


def make_group_actions(hierarchies: Hierarchies) -> GroupActions:
    """One action for each group to be created."""
    tree = hierarchies.tree
    blanks = _find_blanks(tree, hierarchies)
    ids: dict[int, str] = {}
    actions = []
    for new in sorted(hierarchies.new, key=lambda new: path_sort_key(tree.path_text(new.node) or "")):
        below = blanks.get(new.parent)
        action = _action(new, tree, below.pop(0) if below else None)
        ids[new.node] = action.id
        actions.append(action)
    actions = [_depending(action, ids.get(action.parent_id or 0)) for action in actions]
    return GroupActions(tuple(actions), tuple(_half_made(hierarchies, blanks)))


def _action(new: NewGroup, tree: Tree, blank: Node | None) -> Action:
    path = tree.path_text(new.node) or new.name
    reason = f"no such Rescue group yet for {' > '.join(new.names)}"
    return Action(
        id=group_action_id(Role.TECHNICIAN.value, path),
        verbs=("create_group",),
        role=Role.TECHNICIAN.value,
        mapping=new.paired.mapping.name,
        subject=Subject(
            entra_id=new.group.id, name=new.name, node_id=blank.id if blank is not None else None, path=path
        ),
        group=Place(after=path),
        changes=(Change(field="name", after=new.name), Change(field="description", after=str(new.marker))),
        reason=f"{reason}; fills the half-made node {blank.id}" if blank is not None else reason,
        line=new.paired.mapping.line,
        group_id=new.node,
        parent_id=new.parent,
        permissions_of=new.permissions_of,
    )


def _depending(action: Action, needed: str | None) -> Action:
    if needed is None:
        return action
    return action.model_copy(update={"depends_on": tuple(sorted({*action.depends_on, needed}))})


def _find_blanks(tree: Tree, hierarchies: Hierarchies) -> dict[int, list[Node]]:
    """Groups that nobody named yet, by parent, by node id; only below parents where groups may be created."""
    filled = {node for item in hierarchies.paired for node in item.nodes}
    parents = {new.parent for new in hierarchies.new}
    for item in hierarchies.paired:
        if item.frozen is None and item.mapping.create_group:
            parents |= item.nodes
    unnamed = {
        parent: found
        for parent in sorted(parents)
        if (
            found := [
                child for child in tree.child_groups.get(parent, ()) if is_unnamed(child) and child.id not in filled
            ]
        )
    }
    if not unnamed:
        return {}
    full = {node.parent for node in tree.nodes.values()}
    empty = {parent: [child for child in found if child.id not in full] for parent, found in unnamed.items()}
    return {parent: found for parent, found in empty.items() if found}


def _half_made(hierarchies: Hierarchies, left: dict[int, Sequence[Node]] | dict[int, list[Node]]) -> Iterable[Finding]:
    """One finding for each group without a name that nothing fills; one with a name may be somebody's own."""
    for parent, nodes in left.items():
        mapping = next((item.mapping.name for item in hierarchies.paired if parent in item.nodes), None)
        for node in nodes:
            if not node.name.strip():
                where = hierarchies.tree.path_text(parent) or "the top"
                message = f"group {node.id} in {where} was created and never named; the next one created there fills it"
                yield make_finding("half_made", message, mapping=mapping)
