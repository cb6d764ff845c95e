"""Who is who in Rescue: marker first, then login (D3, D5). Built once per plan, asked for every person.

Nothing here looks at Entra. A node is linked (carries our marker), another owner's, troubled (two markers that differ)
or unmarked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from reconciler.model.hierarchy import PEOPLE_TYPES, PERSON_TYPE, Caller, Details, Node, NodeType, Role, Tree, is_blank
from reconciler.model.marker import Marker, find_markers
from reconciler.model.text import normal_login


class Link(NamedTuple):
    """One node that carries our marker. `doubtful`: it carries several of the same person, and this is one of them."""

    node: Node
    marker: Marker
    doubtful: bool = False


@dataclass(slots=True)
class Matches:
    """The person nodes of one role by what identifies them, and every login of the account."""

    role: Role
    linked: dict[str, list[Link]] = field(default_factory=dict)
    """Entra object id -> nodes with its marker, by node id; more than one is `marker_twice`."""
    unmarked: dict[int, Node] = field(default_factory=dict)
    troubled: dict[int, str] = field(default_factory=dict)
    """Node id -> the markers that differ."""
    named_in_doubt: set[str] = field(default_factory=set)
    """Object ids in those of our markers: whoever has no other node may well have that one."""
    blanks: dict[int, list[Node]] = field(default_factory=dict)
    """Group node id -> half-made people in it, by node id (D14)."""
    owner_of: dict[int, str] = field(default_factory=dict)
    """Node id -> object id of the person whose marker it carries."""
    by_login: dict[str, list[Node]] = field(default_factory=dict)
    """Normal login -> every person node of the account with it, of any role; one dict for both roles."""
    strayed: dict[int, Marker] = field(default_factory=dict)
    """Node id -> our marker of a mapping of the other role: it does not count, the node is `unmarked` (D3)."""

    def is_of_role(self, node_type: str) -> bool:
        """Whether a person of this type, in any case, is of this role."""
        return node_type.lower() == PERSON_TYPE[self.role]

    def nodes_of_role(self, login: str) -> list[Node]:
        """Nodes of this role with a login, by id."""
        return [node for node in self.by_login.get(login, ()) if node.type == PERSON_TYPE[self.role]]

    def nodes_of_others(self, login: str) -> list[Node]:
        """Nodes of any other role with a login, by id."""
        return [node for node in self.by_login.get(login, ()) if node.type != PERSON_TYPE[self.role]]


def match_nodes(tree: Tree, owner: str, prefixes: Mapping[Role, frozenset[str]]) -> dict[Role, Matches]:
    """Sorts every person node of the tree into the Matches of its role. `owner` is ours, lower case.

    `prefixes`: what the markers of each role's mappings carry after the `@`.
    """
    by_login: dict[str, list[Node]] = {}
    matches = {role: Matches(role, by_login=by_login) for role in Role}
    of_type = {PERSON_TYPE[role]: matches[role] for role in Role}
    foreign = {
        PERSON_TYPE[role]: frozenset().union(*(prefixes[other] for other in Role if other is not role)) - prefixes[role]
        for role in Role
    }
    for node in tree.nodes.values():
        if node.type not in PEOPLE_TYPES:
            continue
        if node.login:
            by_login.setdefault(normal_login(node.login), []).append(node)
        found = of_type.get(node.type)
        if found is not None:
            _sort_in(found, node, owner, foreign[node.type])
    return matches


def _sort_in(found: Matches, node: Node, owner: str, foreign: frozenset[str]) -> None:
    """One node of a role. `foreign`: prefixes of mappings of the other role."""
    markers = find_markers(node.description)
    if len(markers) > 1:
        _doubt(found, node, sorted(markers, key=str), owner)
        return
    marker = next(iter(markers), None)
    if marker is None:
        if is_blank(node):
            found.blanks.setdefault(node.parent or 0, []).append(node)
        else:
            found.unmarked[node.id] = node
    elif marker.owner == owner:
        if marker.mapping in foreign:
            found.unmarked[node.id] = node
            found.strayed[node.id] = marker
        else:
            found.linked.setdefault(marker.entra_id, []).append(Link(node, marker))
            found.owner_of[node.id] = marker.entra_id


def _doubt(found: Matches, node: Node, markers: Sequence[Marker], owner: str) -> None:
    """Two markers in one text: no write, unless all say the same person and that one is a certain leaver (§1)."""
    found.troubled[node.id] = " and ".join(map(str, markers))
    found.named_in_doubt.update(marker.entra_id for marker in markers if marker.owner == owner)
    if len({(marker.owner, marker.entra_id) for marker in markers}) == 1 and markers[0].owner == owner:
        found.linked.setdefault(markers[0].entra_id, []).append(Link(node, markers[0], doubtful=True))


def find_survivors(tree: Tree, caller: Caller, details: Iterable[Details | None]) -> frozenset[str]:
    """Normal logins that are never written (§6): account holder, master administrators, whom the tool runs as."""
    logins = {caller.login, caller.details.login}
    logins.update(node.login for node in tree.nodes.values() if node.type == NodeType.MASTER_ADMINISTRATOR)
    logins.update(record.login for record in details if record is not None and record.account_holder)
    return frozenset(normal_login(login) for login in logins if login.strip())
