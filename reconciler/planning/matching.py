"""Who is who in Rescue: marker first, then login (D3, D5). Built once per reading, asked for every person.

Nothing here looks at Entra. A node is linked (carries our marker), another owner's, troubled (two markers that differ)
or unmarked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from reconciler.model.hierarchy import PEOPLE_TYPES, PERSON_TYPE, Caller, Details, Node, NodeType, Role, Tree, is_blank
from reconciler.model.marker import Marker, find_markers, written_marker
from reconciler.model.text import normal_login


class Link(NamedTuple):
    """One node that carries our marker. `doubtful`: it carries several of the same person, and this is one of them."""

    node: Node
    marker: Marker
    doubtful: bool = False


class Logins:
    """Every login of the account; only plans in which somebody is met or given a login look at it."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree

    @cached_property
    def by_login(self) -> dict[str, list[Node]]:
        """Normal login -> every person node of the account with it, of any role, by id."""
        found: dict[str, list[Node]] = {}
        people = (node for type_ in PEOPLE_TYPES for node in self._tree.by_type.get(type_, ()))
        for node in sorted(people):
            if key := normal_login(node.login):
                found.setdefault(key, []).append(node)
        return found


@dataclass
class Matches:
    """The person nodes of one role by what identifies them, and every login of the account."""

    role: Role
    logins: Logins
    """One for both roles."""
    linked: dict[str, tuple[Link, ...]] = field(default_factory=dict)
    """Entra object id -> nodes with its marker, by node id; more than one is `marker_twice`."""
    unmarked: dict[int, Node] = field(default_factory=dict)
    troubled: dict[int, str] = field(default_factory=dict)
    """Node id -> the markers that differ."""
    named_in_doubt: set[str] = field(default_factory=set)
    """Object ids in those of our markers: whoever has no other node may well have that one."""
    blanks: dict[int | None, list[Node]] = field(default_factory=dict)
    """Group node id -> half-made people in it, by node id (D14)."""
    strayed: dict[int, Marker] = field(default_factory=dict)
    """Node id -> our marker of a mapping of the other role: it does not count, the node is `unmarked` (D3)."""

    @cached_property
    def owner_of(self) -> dict[int, str]:
        """Node id -> object id of the person whose marker it carries, without doubt."""
        return {
            link.node.id: entra_id for entra_id, links in self.linked.items() for link in links if not link.doubtful
        }

    @cached_property
    def marked(self) -> frozenset[str]:
        """What the markers of somebody linked carry after the `@`."""
        return frozenset(link.marker.mapping for links in self.linked.values() for link in links)

    @cached_property
    def enabled_by_prefix(self) -> dict[str, int]:
        """By what markers carry after the `@`: how many enabled nodes are so marked."""
        found: dict[str, int] = {}
        for links in self.linked.values():
            for link in links:
                if link.node.enabled:
                    prefix = link.marker.mapping
                    found[prefix] = found.get(prefix, 0) + 1
        return found

    def sitting(self, prefixes: Iterable[str]) -> list[int]:
        """The group of each enabled person whose marker carries one of these."""
        wanted = frozenset(prefixes)
        if wanted.isdisjoint(self.enabled_by_prefix):
            return []
        return [
            link.node.parent or 0
            for links in self.linked.values()
            for link in links
            if link.marker.mapping in wanted and link.node.enabled
        ]

    def is_of_role(self, node_type: str) -> bool:
        """Whether a person of this type, in any case, is of this role."""
        return node_type.lower() == PERSON_TYPE[self.role]

    def nodes_of_role(self, login: str) -> list[Node]:
        """Nodes of this role with a login, by id."""
        return [node for node in self.logins.by_login.get(login, ()) if node.type == PERSON_TYPE[self.role]]

    def nodes_of_others(self, login: str) -> list[Node]:
        """Nodes of any other role with a login, by id."""
        return [node for node in self.logins.by_login.get(login, ()) if node.type != PERSON_TYPE[self.role]]


def match_nodes(tree: Tree, owner: str, prefixes: Mapping[Role, frozenset[str]]) -> dict[Role, Matches]:
    """Sorts every person node of the tree into the Matches of its role. `owner` is ours, lower case.

    `prefixes`: what the markers of each role's mappings carry after the `@`.
    """
    logins = Logins(tree)
    matches = {role: Matches(role, logins) for role in Role}
    for role, found in matches.items():
        others = (prefixes[other] for other in Role if other is not role)
        foreign = frozenset().union(*others) - prefixes[role]
        linked = found.linked
        for node in tree.people(role):
            marker = written_marker(node.description)
            if marker is None or marker.owner != owner or marker.mapping in foreign or marker.entra_id in linked:
                _sort_in(found, node, find_markers(node.description), owner, foreign)
            else:  # nearly everybody
                linked[marker.entra_id] = (Link(node, marker),)
    return matches


def _link(found: Matches, entra_id: str, link: Link) -> None:
    found.linked[entra_id] = (*found.linked.get(entra_id, ()), link)


def _sort_in(found: Matches, node: Node, markers: frozenset[Marker], owner: str, foreign: frozenset[str]) -> None:
    """One node of a role. `foreign`: prefixes of mappings of the other role."""
    if len(markers) > 1:
        _doubt(found, node, sorted(markers, key=str), owner)
        return
    marker = next(iter(markers), None)
    if marker is None:
        if is_blank(node):
            found.blanks.setdefault(node.parent, []).append(node)
        else:
            found.unmarked[node.id] = node
    elif marker.owner == owner:
        if marker.mapping in foreign:
            found.unmarked[node.id] = node
            found.strayed[node.id] = marker
        else:
            _link(found, marker.entra_id, Link(node, marker))


def _doubt(found: Matches, node: Node, markers: Sequence[Marker], owner: str) -> None:
    """Two markers in one text: no write, unless all say the same person and that one is a certain leaver (§1)."""
    found.troubled[node.id] = " and ".join(map(str, markers))
    ours = {marker.entra_id for marker in markers if marker.owner == owner}
    found.named_in_doubt |= ours
    if len(ours) == 1 and all(marker.owner == owner for marker in markers):
        _link(found, ours.pop(), Link(node, markers[0], doubtful=True))


def find_survivors(tree: Tree, caller: Caller, details: Iterable[Details | None]) -> frozenset[str]:
    """Normal logins that are never written (§6): account holder, master administrators, whom the tool runs as."""
    logins = {caller.login, caller.details.login}
    logins.update(node.login for node in tree.by_type.get(NodeType.MASTER_ADMINISTRATOR, ()))
    logins.update(record.login for record in details if record is not None and record.account_holder)
    return frozenset(normal_login(login) for login in logins if login.strip())
