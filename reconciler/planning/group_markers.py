"""Rescue groups by our markers in their Descriptions (D2): a group we created is found by it, whatever it is called."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.model.hierarchy import GROUP_TYPE, Node, Role, Tree
from reconciler.model.marker import GroupMarker, find_group_markers
from reconciler.model.text import normal_text


class GroupMarks:
    """The technician groups that carry markers of our owner. `living`: Entra group and mapping of every one in use."""

    def __init__(self, tree: Tree, owner: str, living: frozenset[tuple[str, str]]) -> None:
        self._owner = owner
        self._living = living
        self._marked: dict[tuple[str, str], list[Node]] = {}
        self._doubtful: set[tuple[str, str]] = set()
        for node in tree.by_type.get(GROUP_TYPE[Role.TECHNICIAN], ()):
            self._note(node)

    def _note(self, node: Node) -> None:
        markers = find_group_markers(node.description)
        for marker in sorted(markers):
            if marker.owner == self._owner:
                self._marked.setdefault((marker.entra_id, marker.mapping), []).append(node)
                if len(markers) > 1:
                    self._doubtful.add((marker.entra_id, marker.mapping))

    def find(self, keys: Sequence[tuple[str, str]], name: str, parent: int | None) -> Node | tuple[str, str] | None:
        """The group of an Entra group in a mapping; a finding's code and words where that cannot be told.

        `keys`: Entra group and mapping as markers have them; the first that any group carries counts. Of several groups
        that carry it only one that is called `name` and is below `parent` is believed.
        """
        key = next((key for key in keys if key in self._marked), None)
        if key is None:
            return None
        nodes = self._marked[key]
        if key in self._doubtful:
            return "marker_bad", f"node {nodes[0].id} carries its marker and another one"
        fitting = nodes
        if len(nodes) > 1:
            fitting = [node for node in nodes if node.parent == parent and normal_text(node.name) == normal_text(name)]
        if len(fitting) != 1:
            ids = ", ".join(str(node.id) for node in nodes)
            return "marker_twice", f"its marker is on several Rescue groups: nodes {ids}"
        return fitting[0]

    def is_of_another(self, node: Node, entra_id: str) -> bool:
        """Whether a group carries our marker of another Entra group that is in use."""
        return any(
            marker.owner == self._owner
            and marker.entra_id != entra_id
            and (marker.entra_id, marker.mapping) in self._living
            for marker in find_group_markers(node.description)
        )

    def lone(self) -> Iterator[tuple[GroupMarker, Node]]:
        """Every marker that is in no doubt and not in use, with its group, in their order."""
        for key, nodes in sorted(self._marked.items()):
            if key not in self._doubtful and key not in self._living:
                for node in nodes:
                    yield GroupMarker(self._owner, *key), node
