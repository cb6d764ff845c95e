"""Creating Rescue groups: the one kind of write that is about no person (product.md D2, D14; rescue-api.md §4.6).

createGroup makes a group without a name, setGroup gives it name, marker and the permissions of another group, which are
read first. No other group is ever written. Of a lost answer the tree is asked before anything else; what was written is
read back, and a group that is not as it should be has nobody put into it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from reconciler.apply.checks import group_differences, group_trouble
from reconciler.errors import ReconcilerError, TargetError, TargetRefused, TargetUnknown
from reconciler.model.hierarchy import GROUP_TYPE, GroupRecord, Role, Tree, is_unnamed
from reconciler.model.plan import Action, Result

T = TypeVar("T")


class GroupWriter(Protocol):
    """What creating groups needs of Rescue; errors as `apply.Writer` says."""

    def fetch_tree(self) -> Tree: ...
    def fetch_group(self, node: int) -> GroupRecord | None: ...
    def perform_create_group(self, parent: int) -> int: ...
    def perform_set_group(self, record: GroupRecord) -> None: ...


class Ends(Exception):
    """This action's outcome, after which the run cannot go on. Its cause is what ends it."""

    def __init__(self, outcome: Result, message: str) -> None:
        super().__init__(message)
        self.outcome = outcome


class Becomes(Exception):
    """This action's outcome; nothing more is written for it, and the run goes on."""

    def __init__(self, outcome: Result, message: str) -> None:
        super().__init__(message)
        self.outcome = outcome


class GroupMaker:
    """Creates the groups of one plan, and knows which node each has become."""

    def __init__(
        self,
        writer: GroupWriter,
        *,
        read: Callable[[Callable[[], GroupRecord | None]], GroupRecord | None],
        wait_until: Callable[[Callable[[], bool]], bool],
        writes: Callable[[], None],
    ) -> None:
        """`read`: how a reading before a write is made; `writes` is told just before each write."""
        self._writer = writer
        self._read = read
        self._wait_until = wait_until
        self._writes = writes
        self._no_more: str | None = None
        self._permissions: dict[int, GroupRecord] = {}
        self._called_new: set[int] = set()
        self.made: dict[int, int] = {}
        """The number by which a plan calls a group it creates -> the node it has become."""

    def resolve(self, action: Action) -> Action:
        """The action with nodes in place of the numbers of groups that have been created."""
        numbers = {name: getattr(action, name) for name in ("group_id", "parent_id", "permissions_of")}
        found = {name: self.made[number] for name, number in numbers.items() if number in self.made}
        return action.model_copy(update=found)

    def make(self, action: Action, planned: Tree, now: Tree) -> str:
        """Creates one group, its action resolved but for its own number; what to say of it.

        Raises Becomes and Ends, TargetRefused and TargetUnknown.
        """
        number, parent, source = action.group_id, action.parent_id, action.permissions_of
        if self._no_more is not None:
            raise Becomes("skipped", self._no_more)
        if number is None or parent is None or source is None:
            raise Becomes("failed", "the plan does not say where the group is to be, or with which permissions")
        trouble = group_trouble(action, planned, now, frozenset(self.made.values()))
        if trouble is not None:
            raise Becomes("stale", trouble)
        above = self._permissions_of(source)
        blank = action.subject.node_id
        if blank is not None:
            found = self._read(lambda: self._writer.fetch_group(blank))
            if found is None or not is_unnamed(found):
                raise Becomes("stale", f"group {blank} is not half-made any more")
        node = blank if blank is not None else self._create(parent, now)
        marker = str(action.after("description"))
        wanted = GroupRecord(
            node, str(action.after("name")), marker, above.type, above.permissions, above.locked, enabled=True
        )
        self._fill(wanted)
        self._read_back(wanted)
        self.made[number] = node
        self._permissions[node] = wanted
        return f"node {node}"

    def _permissions_of(self, source: int) -> GroupRecord:
        """The group whose permissions are taken over, read once a run; one just created has what it was given."""
        if source not in self._permissions:
            found = self._read(lambda: self._writer.fetch_group(source))
            if found is None or found.type != GROUP_TYPE[Role.TECHNICIAN]:
                raise Becomes("stale", f"node {source}, whose permissions it gets, is no technician group any more")
            self._permissions[source] = found
        return self._permissions[source]

    def _create(self, parent: int, now: Tree) -> int:
        """createGroup. After `ERROR` or a lost answer the tree is read again before anything else (D14)."""
        self._writes()
        try:
            made = self._writer.perform_create_group(parent)
        except TargetUnknown as lost:
            made = self._find_lost(parent, set(now.nodes) | self._called_new, lost)
        else:
            if made in now.nodes or made in self._called_new:
                # An answer cut inside its digits looks like another id: that group must not be renamed.
                self._no_more = f"Rescue called group {made} new, which was there before, so no more are created"
                raise TargetUnknown(f"createGroup answered with node {made}, which is not new")
        self._called_new.add(made)
        return made

    def _find_lost(self, parent: int, known: set[int], lost: TargetUnknown) -> int:
        try:
            tree = self._writer.fetch_tree()
        except ReconcilerError as unread:
            raise Ends("unknown", f"{lost}; and the tree could not be read: {unread}") from unread
        full = {node.parent for node in tree.nodes.values()}
        below = tree.child_groups.get(parent, ())
        new = [node for node in below if node.id not in known | full and not node.description.strip()]
        found = [node.id for node in new if is_unnamed(node)]
        if new and not found:
            self._no_more = f"group {new[0].id} may be the one that was asked for, so no more are created"
            raise TargetUnknown(f"{lost}; group {new[0].id} is new, and may be this one or somebody's own") from lost
        if not found:
            raise Becomes("failed", f"{lost}; the tree shows no new group") from lost
        if len(found) > 1:
            self._no_more = "there are groups without a name that nobody can tell apart, so no more are created"
            raise lost
        return found[0]

    def _fill(self, wanted: GroupRecord) -> None:
        """setGroup on a group that has no name yet. After one that is left so no more are created (D14)."""
        self._writes()
        try:
            self._writer.perform_set_group(wanted)
        except TargetUnknown as lost:
            self._no_more = f"group {wanted.id} may be half-made, so no more groups are created in this run"
            raise TargetUnknown(f"{lost}; group {wanted.id} may be half-made") from lost
        except ReconcilerError as refusal:
            what = (
                f"{refusal}; group {wanted.id} is left half-made: the next run fills it if Rescue gave it no name or "
                "one like 'New group', else delete it in the Admin Center"
            )
            if not isinstance(refusal, TargetRefused):
                raise Ends("failed", what) from refusal
            if "NAME" not in refusal.token:
                self._no_more = f"group {wanted.id} was left half-made, so no more groups are created in this run"
            raise Becomes("failed", what) from refusal

    def _read_back(self, wanted: GroupRecord) -> None:
        """Raises Becomes with what the server stored differently, after ten seconds."""
        differing: list[str] = []

        def settled() -> bool:
            nonlocal differing
            differing = group_differences(wanted, self._writer.fetch_group(wanted.id))
            return not differing

        try:
            if self._wait_until(settled):
                return
        except TargetRefused:
            raise
        except TargetError as unread:
            raise Ends("unknown", f"written, but it could not be read back: {unread}") from unread
        if any("the name" not in words for words in differing):
            self._no_more = f"group {wanted.id} is not as it was written, so no more groups are created in this run"
        raise Becomes("failed", f"group {wanted.id}: {'; '.join(differing)}")
