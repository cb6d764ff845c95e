"""Making the node of a new person: the one write of which the id is not known before (product.md D14).

createUser makes a node without a name. Of a lost answer the tree is asked before anything else, and an id that is not
new is believed to be nobody's.
"""

from __future__ import annotations

from collections.abc import Callable

from reconciler.apply.checks import words_of
from reconciler.apply.groups import Becomes, Ends
from reconciler.errors import ReconcilerError, TargetUnknown
from reconciler.model.hierarchy import PERSON_TYPE, Details, Role, Tree, is_blank


class NodeMaker:
    """Makes the nodes of one plan."""

    def __init__(
        self,
        create: Callable[[int], int],
        fetch_tree: Callable[[], Tree],
        *,
        writes: Callable[[], None],
        has_rpat: bool,
    ) -> None:
        """`create`: createUser below a group; errors as `apply.Writer` says. `writes` is told just before each write.

        `has_rpat`: this server knows the remote access add-on.
        """
        self._create = create
        self._fetch_tree = fetch_tree
        self._writes = writes
        self._has_rpat = has_rpat
        self._made: set[int] = set()
        self.closed: str | None = None
        """Why no more nodes are made in this run."""

    def make(self, parent: int, role: Role, tree: Tree) -> Details:
        """What is known of a node just made: nothing but its id, so every field of it is written.

        `tree`: as it was read last. Raises TargetRefused, TargetUnknown, Becomes where no node came of it, and Ends.
        """
        node_id = self._make(parent, role, tree)
        self._made.add(node_id)
        rpat = False if self._has_rpat else None
        return Details(node_id, "", "", "", "", "", PERSON_TYPE[role], False, rpat, False, "Disabled")

    def _make(self, parent: int, role: Role, tree: Tree) -> int:
        self._writes()
        try:
            made = self._create(parent)
        except TargetUnknown as lost:
            return self._find(parent, role, tree, lost)
        if made in tree.nodes or made in self._made:
            # An answer cut inside its digits looks like another id: writing to it would be writing over somebody.
            self.closed = f"Rescue called node {made} new, which was there before, so no more are created"
            raise TargetUnknown(f"createUser answered with node {made}, which is not new")
        return made

    def _find(self, parent: int, role: Role, tree: Tree, lost: TargetUnknown) -> int:
        """The node that came of a call whose answer was lost."""
        try:
            now = self._fetch_tree()
        except ReconcilerError as unread:
            raise Ends("unknown", f"{words_of(lost)}; and the tree could not be read: {unread}") from unread
        known = tree.nodes.keys() | self._made
        found = [
            node.id for node in now.people(role) if node.parent == parent and node.id not in known and is_blank(node)
        ]
        if not found:
            raise Becomes("failed", f"{words_of(lost)}; the tree shows no new node") from lost
        if len(found) > 1:
            self.closed = "there are half-made nodes nobody can tell apart, so no more people are created"
            raise lost
        return found[0]
