"""Half-made people: nodes that were created and never filled (D14). The next creation in their group fills one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from reconciler.model.hierarchy import Node, is_blank
from reconciler.model.plan import Action
from reconciler.model.text import sort_key
from reconciler.planning.decisions import Decisions


class Filled(NamedTuple):
    """The same actions, with creations put into half-made nodes."""

    actions: list[Action]
    left: tuple[Node, ...]
    """Half-made nodes of groups of ours that stay as they are."""


def fill_blanks(decisions: Decisions, actions: Sequence[Action]) -> Filled:
    """Creations by login each get a half-made node of their group, if getUser confirms one to be blank.

    Enabled ones first, which take no seat, then by node id.
    """
    people = decisions.people
    ours = {node for item in people.paired for node in item.nodes}
    left = {
        group: sorted(blanks, key=lambda node: (not node.enabled, node.id))
        for group, blanks in people.matches.blanks.items()
        if group in ours
    }
    filled: list[Action] = []
    for action in sorted(actions, key=lambda action: sort_key(action.subject.login or "")):
        blank = None
        if "create" in action.verbs and action.group_id in left:
            blank = next((node for node in left[action.group_id] if _is_confirmed(decisions, node)), None)
        if blank is None or action.group_id is None:
            filled.append(action)
            continue
        left[action.group_id].remove(blank)
        subject = action.subject.model_copy(update={"node_id": blank.id, "presence": blank.status})
        reason = f"{action.reason}; fills the half-made node {blank.id}"
        filled.append(action.model_copy(update={"subject": subject, "reason": reason}))
    return Filled(filled, tuple(node for blanks in left.values() for node in blanks))


def report_blanks(decisions: Decisions, left: Sequence[Node]) -> None:
    """A finding for each half-made node that nobody fills."""
    people = decisions.people
    for node in left:
        mapping = people.mapping_at(node.parent)
        path = decisions.tree.path_text(node.parent)
        message = f"node {node.id} in {path} was created and never filled; the next creation there fills it"
        people.block("half_made", message, f"node:{node.id}", mapping=mapping)


def _is_confirmed(decisions: Decisions, node: Node) -> bool:
    if not decisions.people.knows(node):
        return False
    actual = decisions.people.details(node)
    return actual is not None and is_blank(actual) and not actual.sso_id
