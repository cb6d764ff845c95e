"""Who is who in Rescue: marker first, then login (D3, D5). Built once per plan, asked for every person.

Nothing here looks at Entra. A node is linked (carries our marker), foreign (another owner's), troubled (two markers
that differ) or unmarked.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from reconciler.model.hierarchy import PEOPLE_TYPES, PERSON_TYPE, Caller, Details, Node, NodeType, Role, Tree
from reconciler.model.marker import Marker, MarkersDiffer, find_marker
from reconciler.model.text import normal_login


class Link(NamedTuple):
    """One node that carries our marker."""

    node: Node
    marker: Marker


@dataclass(slots=True)
class Matches:
    """The person nodes of one role by what identifies them, and every login of the account."""

    role: Role
    linked: dict[str, list[Link]] = field(default_factory=dict)
    """Entra object id -> nodes with its marker; more than one is `marker_twice`."""
    unmarked: dict[int, Node] = field(default_factory=dict)
    foreign: dict[int, Marker] = field(default_factory=dict)
    troubled: dict[int, str] = field(default_factory=dict)
    """Node id -> the markers that differ."""
    blanks: dict[int, list[Node]] = field(default_factory=dict)
    """Group node id -> half-made people in it, by node id (D14)."""
    owner_of: dict[int, str] = field(default_factory=dict)
    """Node id -> object id of the person whose marker it carries."""
    by_login: dict[str, list[Node]] = field(default_factory=dict)
    """Normal login -> every person node of the account with it, of any role."""

    def nodes_of_role(self, login: str) -> list[Node]:
        """Nodes of this role with a login, in the order read."""
        return [node for node in self.by_login.get(login, ()) if node.type == PERSON_TYPE[self.role]]

    def nodes_of_others(self, login: str) -> list[Node]:
        """Nodes of any other role with a login, in the order read."""
        return [node for node in self.by_login.get(login, ()) if node.type != PERSON_TYPE[self.role]]


def match_nodes(tree: Tree, role: Role, owner: str) -> Matches:
    """Sorts every person node of the tree into a Matches for `role`. `owner` is ours, lower case."""
    found = Matches(role)
    wanted_type = PERSON_TYPE[role]
    for node in tree.nodes.values():
        if node.type not in PEOPLE_TYPES:
            continue
        if node.login:
            found.by_login.setdefault(normal_login(node.login), []).append(node)
        if node.type != wanted_type:
            continue
        try:
            marker = find_marker(node.description)
        except MarkersDiffer as differing:
            found.troubled[node.id] = str(differing)
            continue
        if marker is None:
            if is_blank(node):
                found.blanks.setdefault(node.parent or 0, []).append(node)
            else:
                found.unmarked[node.id] = node
        elif marker.owner != owner:
            found.foreign[node.id] = marker
        else:
            found.linked.setdefault(marker.entra_id, []).append(Link(node, marker))
            found.owner_of[node.id] = marker.entra_id
    for blanks in found.blanks.values():
        blanks.sort()
    return found


def is_blank(node: Node | Details) -> bool:
    """A half-made person: no e-mail, empty Description, not online (D14). The name of one is not known."""
    return not node.login.strip() and not node.description.strip() and node.status.lower() in ("offline", "disabled")


def find_survivors(tree: Tree, caller: Caller, details: Iterable[Details | None]) -> frozenset[str]:
    """Normal logins that are never written (§6): account holder, master administrators, whom the tool runs as."""
    logins = {caller.login, caller.details.login}
    logins.update(node.login for node in tree.nodes.values() if node.type == NodeType.MASTER_ADMINISTRATOR)
    logins.update(record.login for record in details if record is not None and record.account_holder)
    return frozenset(normal_login(login) for login in logins if login.strip())
