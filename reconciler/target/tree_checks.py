"""Nodes -> Tree, or TargetError: the checks that a bulk read must pass before anything is decided by it (§7.2, D17).

One failing check ends the run: NodeIDs unique · exactly one Root, below nothing · every other ParentID present · no
loops, nothing deeper than 500 levels · exactly one of each of the three categories · people, groups and categories only
below parents that may hold them (§5). Words that no document knows are carried and reported, not refused: a person of
an unknown status counts as enabled, a node of an unknown type may hold anything.

So text in a Description that imitates records is found when it repeats a NodeID, a root or a category, or puts someone
where nobody can be. It is not found when it invents a new NodeID below a fitting parent, or ends its own record early
with another Status and Type: nothing in the text tells that apart from the truth. Such nodes do not survive the getUser
that comes before every write (D15).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from reconciler.errors import TargetError
from reconciler.model.hierarchy import CATEGORY_TYPE, PEOPLE_TYPES, Node, NodeType, Tree

CATEGORIES = (NodeType.MASTER_ADMINISTRATORS, *CATEGORY_TYPE.values())
_ONCE = frozenset({NodeType.ROOT, *CATEGORIES})
_DEEPEST = 500
_PARENTS = {
    NodeType.MASTER_ADMINISTRATORS: {NodeType.ROOT},
    NodeType.ADMINISTRATORS: {NodeType.ROOT},
    NodeType.TECHNICIANS: {NodeType.ROOT},
    NodeType.MASTER_ADMINISTRATOR: {NodeType.MASTER_ADMINISTRATORS},
    NodeType.ADMINISTRATOR: {NodeType.ADMINISTRATORS, NodeType.ADMINISTRATOR_GROUP},
    NodeType.ADMINISTRATOR_GROUP: {NodeType.ADMINISTRATORS, NodeType.ADMINISTRATOR_GROUP},
    NodeType.TECHNICIAN: {NodeType.TECHNICIAN_GROUP},
    NodeType.TECHNICIAN_GROUP: {NodeType.TECHNICIANS, NodeType.TECHNICIAN_GROUP},
}
# Links and channels hold nobody. What a PseudoGroup (SOAP only) may hold is not known: it is no member of this set, so
# it may hold anything, like a type nobody has heard of.
_JUDGED = frozenset({*_PARENTS, NodeType.ROOT, "administratorlink", "administratorgrouplink", "channel"})
KNOWN_TYPES = _JUDGED | {"pseudogroup"}
_STATUSES = frozenset({"disabled", "offline", "online", "busy", "away"})


class Checked(NamedTuple):
    """A consistent tree, and what in it no document knows, as sentences for the log."""

    tree: Tree
    remarks: tuple[str, ...]


def check_tree(nodes: Iterable[Node]) -> Checked:
    """The tree of these nodes in their order, the root's parent None whatever it was written as; else TargetError."""
    found: dict[int, Node] = {}
    for number, node in enumerate(nodes, 1):
        if node.id in found:
            raise TargetError(f"record {number} of the tree repeats NodeID {node.id}")
        found[node.id] = node
    few = [node for node in found.values() if node.type in _ONCE]
    root = _only(few, NodeType.ROOT)
    if root.parent is not None and root.parent != root.id and root.parent in found:
        raise TargetError(f"the root (NodeID {root.id}) stands below node {root.parent}")
    root = found[root.id] = root._replace(parent=None)
    for category in CATEGORIES:
        _only(few, category)
    _check_places(found, root)
    _check_depth(found, root)
    return Checked(Tree(found.values()), _remarks(found))


def _only(nodes: Iterable[Node], kind: str) -> Node:
    """The one node of a type."""
    matching = [node for node in nodes if node.type == kind]
    if len(matching) == 1:
        return matching[0]
    ids = ", ".join(str(node.id) for node in matching[:5])
    raise TargetError(f"the tree has {len(matching)} nodes of type {kind} instead of one{': ' + ids if ids else ''}")


def _check_places(found: dict[int, Node], root: Node) -> None:
    """Every node but the root, in its order; what may stand below what is looked up once for each pair of types."""
    fine: set[tuple[str, str]] = set()
    for number, node in enumerate(found.values(), 1):
        parent = found.get(node.parent) if node.parent is not None else None
        if node is root or (parent is not None and (node.type, parent.type) in fine):
            continue
        fine.add(_check_place(node, parent, number))


def _check_place(node: Node, parent: Node | None, number: int) -> tuple[str, str]:
    """The node's parent exists and may hold a node of this type. Gives both types."""
    if parent is None:
        whose = "no ParentID" if node.parent is None else f"ParentID {node.parent}, which is not in the tree"
        raise TargetError(f"record {number} of the tree (NodeID {node.id}, {node.type}) has {whose}")
    fitting = _PARENTS.get(node.type)
    if fitting is not None and parent.type not in fitting and parent.type in _JUDGED:
        raise TargetError(
            f"record {number} of the tree (NodeID {node.id}) is a {node.type} below a {parent.type} "
            f"(NodeID {parent.id}), which cannot be: the reading is inconsistent, or a text in it imitates a record"
        )
    return node.type, parent.type


def _check_depth(found: dict[int, Node], root: Node) -> None:
    """Every node is below the root, not too deep; a loop of parents never gets there."""
    depth = {root.id: 0}
    for node in found.values():
        if node.type in PEOPLE_TYPES and node.parent is not None and depth.get(node.parent, _DEEPEST) < _DEEPEST:
            continue  # most are people in a group already seen
        chain: list[int] = []
        above: int | None = node.id
        while above is not None and above not in depth:
            chain.append(above)
            if len(chain) > _DEEPEST:
                break
            above = found[above].parent
        top = depth[above] if above is not None and above in depth else 0
        if top + len(chain) > _DEEPEST:
            loop = len(set(chain)) < len(chain)
            why = "is below itself" if loop else f"is nested more than {_DEEPEST} levels deep"
            raise TargetError(f"the tree is inconsistent: node {chain[-1] if loop else node.id} {why}")
        for step, link in enumerate(reversed(chain), 1):
            depth[link] = top + step


def _remarks(found: dict[int, Node]) -> tuple[str, ...]:
    """One sentence for each status or type that is in no document."""
    strange = {word for word in {node.status for node in found.values()} if word.lower() not in _STATUSES}
    unknown = {node.type for node in found.values()} - KNOWN_TYPES
    statuses = Counter(node.status for node in found.values() if node.status in strange) if strange else {}
    types = Counter(node.type for node in found.values() if node.type in unknown) if unknown else {}
    return (
        *(
            f"{count} nodes have the status {word[:40]!r}, unknown, taken for enabled"
            for word, count in statuses.items()
        ),
        *(f"{count} nodes are of type {word[:40]!r}, unknown, carried along" for word, count in types.items()),
    )
