"""Entra's groups in groups -> Rescue's: which node each one is, which are to be created, who sits where (D1, D2).

A mapped group is met by its path; one that is not there, and every nested one that is mirrored, by our marker first and
then by its name below its parent's. What fits nothing is created where the mapping may, else its people sit in the
nearest group that is there. A name two would have, or one that leaves a doubt, freezes that branch and no more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from reconciler.model.directory import Group
from reconciler.model.hierarchy import GROUP_TYPE, Node, Role, Tree
from reconciler.model.mappings import Mappings
from reconciler.model.marker import GroupMarker
from reconciler.model.plan import Finding, make_finding
from reconciler.model.text import is_bad_name, normal_text
from reconciler.planning.desired import PREFIX, Paired, Spot, find_rescue_group
from reconciler.planning.group_markers import GroupMarks
from reconciler.planning.nesting import Met

_KIND = GROUP_TYPE[Role.TECHNICIAN]


@dataclass(frozen=True, slots=True)
class NewGroup:
    """A Rescue group to be created. Node ids below zero are those of groups that this plan creates."""

    node: int
    parent: int
    name: str
    permissions_of: int
    paired: Paired
    group: Group
    names: tuple[str, ...]
    """Of the Entra groups that lead to it, from the mapped one down."""
    marker: GroupMarker


class Hierarchies(NamedTuple):
    """The mappings with their places, and what follows for the Rescue tree."""

    paired: tuple[Paired, ...]
    tree: Tree
    """As read, with the groups that are to be created."""
    new: tuple[NewGroup, ...]
    """Parents first."""
    findings: tuple[Finding, ...]


class _Place(NamedTuple):
    """Where one Entra group is in Rescue. `node` None: frozen. `missing`: `node` is the nearest one above."""

    node: int | None
    missing: bool = False


def lay_out(
    mappings: Mappings, tree: Tree, paired: Sequence[Paired], sitting: Callable[[Iterable[str]], Sequence[int]]
) -> Hierarchies:
    """Gives every mapping its Rescue groups and every member a place.

    `sitting`: the groups in which enabled technicians sit whose markers carry one of some prefixes, one entry each.
    """
    layout = _Layout(mappings, tree, paired)
    by_length = sorted(paired, key=lambda item: (len(_path(item)), item.mapping.priority, str(item.entra_id)))
    settled = {item.mapping.name: layout.settle(item, sitting) for item in by_length}
    for name, item in settled.items():
        if item.node is not None:
            layout.claims.setdefault(item.node, f"mapping {name}")
            settled[name] = replace(item, nodes=frozenset({item.node}))
    for item in sorted(settled.values(), key=lambda item: (item.mapping.priority, str(item.entra_id))):
        layout.report_cycles(item)
        if item.frozen is None and item.walk is not None and len(item.walk.met) > 1:
            settled[item.mapping.name] = layout.place(item)
    result = tuple(settled[item.mapping.name] for item in paired)
    layout.report_gone(result)
    new = tuple(layout.new)
    whole = Tree([*tree.nodes.values(), *(_node_of(group) for group in new)]) if new else tree
    return Hierarchies(result, whole, new, tuple(layout.findings))


class _Layout:
    """The Rescue groups while places are given: those of the tree, and new ones."""

    def __init__(self, mappings: Mappings, tree: Tree, paired: Sequence[Paired]) -> None:
        self.owner = mappings.owner
        self.tree = tree
        self.new: list[NewGroup] = []
        self.findings: list[Finding] = []
        self.claims: dict[int, str] = {}
        """Node id -> whose it is: `mapping NAME`, or the id of a mirrored Entra group."""
        self.mapped = frozenset(item.entra_id for item in paired if item.entra_id)
        self.paths = {_folded(_path(item)) for item in paired if item.mapping.role is Role.TECHNICIAN and _path(item)}
        self.by_path = {item.sought.node: item.mapping.name for item in paired if item.sought.node is not None}
        self.children = {parent: list(nodes) for parent, nodes in tree.child_groups.items()}
        self.folded: dict[int, tuple[str, ...]] = {id_: _folded(path) for id_, path in tree.groups.items()}
        self.texts: dict[int, str] = {id_: "/".join(path) for id_, path in tree.groups.items()}
        living = {
            key
            for item in paired
            if item.walk is not None
            for id_ in item.walk.ids
            for key in ((id_, prefix) for prefix in item.prefixes)
        } | {(id_, id_[:PREFIX]) for item in paired for id_ in item.mapping.replaces}
        self.marks = GroupMarks(tree, mappings.owner, frozenset(living))
        self._next = min([0, *tree.nodes]) - 1

    # -- mapped groups ----------------------------------------------------------------------------------------------

    def settle(self, item: Paired, sitting: Callable[[Iterable[str]], Sequence[int]]) -> Paired:
        """A mapping whose Rescue group is not there: found by its marker, to be created, or frozen with the reason."""
        if not item.sought.absent or item.group is None or item.mapping.role is not Role.TECHNICIAN:
            return item
        own = [item.group.id, *item.mapping.replaces]
        # None: of several that carry it none is at the path, or the group would have been found there.
        named = self.marks.find([(id_, id_[:PREFIX]) for id_ in own], _path(item)[-1], None)
        if isinstance(named, Node) and named.id in self.by_path:
            whose = f"the group created for it is that of mapping {self.by_path[named.id]} now (node {named.id})"
            return replace(item, frozen=f"{item.sought.why}, and {whose}")
        if isinstance(named, Node):
            self._report_place(item, named, item.sought.above, _path(item)[-1])
            return replace(item, node=named.id, frozen=None)
        if named is not None:
            return replace(item, frozen=f"{item.sought.why}, and {named[1]}")
        if not (item.mapping.create_group and item.mapping.full_sync):  # D10: without full sync no group
            return item
        node, why = self._create_mapped(item, item.group, sitting(item.prefixes))
        return replace(item, node=node, frozen=why)

    def _create_mapped(self, item: Paired, group: Group, sitting: Sequence[int]) -> tuple[int | None, str | None]:
        path, parent = _path(item), item.sought.above
        if sitting:
            where = ", ".join(self._shown(node) for node in sorted(set(sitting))[:3])
            return None, (
                f"{item.sought.why}, and people marked for it are enabled ({len(sitting)}): they sit in {where}; "
                "was the group renamed? Write its new name, or its node id"
            )
        if parent is None:
            above = next((new.node for new in self.new if self.folded[new.node] == _folded(path[:-1])), None)
            if above is None:
                return None, f"{item.sought.why}; create_group makes the last group of a path only"
            parent = above
        permissions_of = parent
        if len(path) == 1:
            source = find_rescue_group(item.mapping.permissions_from or (), Role.TECHNICIAN, self.tree)
            if item.mapping.permissions_from is None or source.node is None:
                return None, f"{item.sought.why}, and permissions_from: {source.why or 'is not there'}"
            permissions_of = source.node
        same = next((new for new in self.new if self.folded[new.node] == _folded(path)), None)
        if same is not None:
            return same.node, None  # two mappings onto one group
        if is_bad_name(path[-1]):
            return None, f"{item.sought.why}, and Rescue does not take its name"
        return self._add(item, group, parent, path[-1], permissions_of, (item.entra_name,)), None

    # -- nested groups ----------------------------------------------------------------------------------------------

    def place(self, item: Paired) -> Paired:
        """A healthy mapping with the places of its nested groups and of the people in them."""
        walk = item.walk
        assert walk is not None  # noqa: S101 - asked by lay_out
        places = [_Place(item.node)]
        for index, met in enumerate(walk.met[1:], 1):
            above = places[met.above]
            if item.mapping.nested == "flatten":
                places.append(places[0])
            elif above.node is None:
                places.append(above)
            else:
                places.append(self._mirror(item, met, walk.names(index), above))
        spots: dict[str, Spot | None] = {}
        for index in walk.precedence(item.mapping.nested):
            spot = Spot(walk.names(index), places[index].node) if index else None
            for person in walk.met[index].group.members:
                spots.setdefault(person.id, spot)
        nodes = frozenset(place.node for place in places if place.node is not None and not place.missing)
        return replace(item, spots={id_: spot for id_, spot in spots.items() if spot is not None}, nodes=nodes)

    def _mirror(self, item: Paired, met: Met, names: tuple[str, ...], above: _Place) -> _Place:
        """The Rescue group of a nested Entra group. `above`: that of the group it is nested in, not frozen."""
        group, parent, shown = met.group, above.node, " > ".join(names)
        assert parent is not None  # noqa: S101 - asked by place
        named = self.marks.find([(group.id, prefix) for prefix in _prefixes(item)], group.name, parent)
        if isinstance(named, tuple) and not isinstance(named, Node):
            return self._freeze(named[0], f"{shown}: {named[1]}", item)
        if named is not None:
            self._report_place(item, named, None if above.missing else parent, group.name)
            return self._claim(item, group, named.id, shown)
        found = None if above.missing else self._by_name(group, parent)
        if isinstance(found, str):
            return self._freeze("group_clash", f"{shown}: {found}", item)
        if found is not None:
            return self._claim(item, group, found, shown)
        if item.mapping.create_group and not above.missing:
            if is_bad_name(group.name):
                message = f"{shown}: the name in Entra is empty or holds control characters, < or &#"
                return self._freeze("bad_name", message, item)
            if self._text_below(parent, group.name) in self.texts.values():
                return self._freeze("group_clash", f"{shown}: written with / its path reads like another one's", item)
            return _Place(self._add(item, group, parent, normal_text(group.name), parent, names))
        message = f"there is no Rescue group for {shown}; its people sit in {self._shown(parent)}"
        self._report("group_missing", message, item)
        return _Place(parent, missing=True)

    def _by_name(self, group: Group, parent: int) -> int | str | None:
        """The one group of its name below the parent's; why it cannot be had; None where it is missing (D13)."""
        name = normal_text(group.name)
        near = [node for node in self.children.get(parent, ()) if _fold(node.name) == _fold(name)]
        if not near:
            path = (*self.folded[parent], _fold(name))
            return "another mapping claims that path" if path in self.paths else None
        exact = [node for node in near if normal_text(node.name) == name]
        if not exact:
            id_, called = near[0].id, repr(near[0].name)
            held = f"{called} is to be created" if id_ < 0 else f"Rescue has a group {called} (node {id_})"
            return f"{held}, which differs in case only"
        if len(exact) > 1:
            ids = ", ".join(str(node.id) for node in exact)
            return f"several Rescue groups are called so (nodes {ids})"
        if self.marks.is_of_another(exact[0], group.id):
            where = "to be created" if exact[0].id < 0 else f"node {exact[0].id}"
            return f"the Rescue group of that name ({where}) is that of another Entra group"
        return exact[0].id

    def _claim(self, item: Paired, group: Group, node: int, shown: str) -> _Place:
        """Takes a node for an Entra group; another one, or a mapping, may have it (`group_clash`)."""
        holder = self.claims.setdefault(node, group.id)
        if holder == group.id:
            return _Place(node)
        whose = f"the {holder}" if holder.startswith("mapping ") else "another Entra group of that name"
        return self._freeze("group_clash", f"{shown}: {self._shown(node)} belongs to {whose}", item)

    # -- both -------------------------------------------------------------------------------------------------------

    def _add(
        self, item: Paired, group: Group, parent: int, name: str, permissions_of: int, names: tuple[str, ...]
    ) -> int:
        marker = GroupMarker(self.owner, group.id, item.prefix or "")
        new = NewGroup(self._next, parent, normal_text(name), permissions_of, item, group, names, marker)
        self._next -= 1
        self.new.append(new)
        self.claims[new.node] = group.id
        self.folded[new.node] = (*self.folded[parent], _fold(name))
        self.texts[new.node] = self._text_below(parent, name)
        self.children.setdefault(parent, []).append(_node_of(new))
        return new.node

    def _text_below(self, parent: int, name: str) -> str:
        """The path of a group as plans show it: by it a reviewer knows an action (§4)."""
        above = self.texts[parent]
        return f"{above}/{normal_text(name)}" if above else normal_text(name)

    def _report_place(self, item: Paired, node: Node, parent: int | None, name: str) -> None:
        """`group_moved`, `group_renamed`: where a marked group is not what its path would say."""
        if parent is not None and node.parent != parent:
            message = f"{self._shown(node.id)} is ours for {name!r} and sits elsewhere; left there, and used"
            self._report("group_moved", message, item)
        if not _is_called(node, name):
            message = f"{self._shown(node.id)} is ours for {name!r} and is called otherwise; left so, and used"
            self._report("group_renamed", message, item)

    def report_cycles(self, item: Paired) -> None:
        for inner, outer in item.walk.cycles if item.walk is not None else ():
            message = f"the Entra group {inner} is in {outer}, which is in {inner}; each is taken once"
            self._report("cycle", message, item)

    def report_gone(self, paired: Iterable[Paired]) -> None:
        """Groups we created for an Entra group that is nested in the mapping no more."""
        by_prefix = {prefix: item for item in paired for prefix in item.prefixes}
        for marker, node in self.marks.lone():
            item = by_prefix.get(marker.mapping)
            if item is None or item.frozen is not None or item.mapping.nested != "mirror":
                continue
            if marker.entra_id not in self.mapped and node.id not in self.claims:
                message = f"the Entra group of {self._shown(node.id)} is no longer in {item.entra_name}; left alone"
                self._report("group_gone", message, item)

    def _freeze(self, code: str, message: str, item: Paired) -> _Place:
        self._report(code, f"{message}; nothing is written for this branch", item)
        return _Place(None)

    def _report(self, code: str, message: str, item: Paired) -> None:
        self.findings.append(make_finding(code, message, mapping=item.mapping.name))

    def _shown(self, node: int) -> str:
        return f"{self.texts.get(node, 'a group')} (node {node})"


def _path(item: Paired) -> tuple[str, ...]:
    group = item.mapping.rescue_group
    return group if isinstance(group, tuple) else ()


def _prefixes(item: Paired) -> list[str]:
    """What markers of a mapping carry after the `@`, its own before those of the groups it replaces (D7)."""
    return sorted(item.prefixes, key=lambda prefix: (prefix != item.prefix, prefix))


def _node_of(new: NewGroup) -> Node:
    return Node(new.node, new.parent, new.name, "", str(new.marker), "Offline", _KIND)


def _is_called(node: Node, name: str) -> bool:
    return normal_text(node.name) == normal_text(name)


def _fold(name: str) -> str:
    return normal_text(name).casefold()


def _folded(path: Iterable[str]) -> tuple[str, ...]:
    return tuple(_fold(name) for name in path)
