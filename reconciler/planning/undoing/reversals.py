"""One action of an earlier run against Rescue as it is now -> what would take it back, or why nothing does.

Only what that run did, or may have done, and only while the person is exactly as it left them: whoever was written
since, by hand or by another run, is `stale`. Nothing is deleted: whoever the run created is disabled, groups stay. A
login, a name or an SSO ID is never blanked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from reconciler.model.hierarchy import PERSON_TYPE, Details, Node, Role, Tree, agree
from reconciler.model.marker import Licence, MarkersDiffer, find_marker, find_markers
from reconciler.model.plan import ActionOutcome, Change, FieldName
from reconciler.model.readings import Questions, Readings
from reconciler.model.text import normal_login, normal_text
from reconciler.model.undo import Left, Why
from reconciler.planning.diff import FIELDS, diff_leaver, record_of
from reconciler.planning.matching import Logins

Value = str | bool
_NEVER_BLANKED: dict[FieldName, str] = {"login": "login", "name": "name", "sso_id": "SSO ID"}


class Reversal(NamedTuple):
    """What takes one action back. `changes` have the values of now before, those from before the run after."""

    outcome: ActionOutcome
    node: Node
    actual: Details
    changes: tuple[Change, ...]
    moves_to: int | None

    @property
    def role(self) -> Role:
        return Role(self.outcome.role)

    def after(self, field: FieldName) -> Value | None:
        """The value a field goes back to, or None where it stays."""
        return next((change.after for change in self.changes if change.field == field), None)

    def without(self, fields: Iterable[str]) -> Reversal:
        """The rest of it; `group` stands for the move."""
        left = frozenset(fields)
        return self._replace(
            changes=tuple(change for change in self.changes if change.field not in left),
            moves_to=None if "group" in left else self.moves_to,
        )

    def __bool__(self) -> bool:
        return bool(self.changes) or self.moves_to is not None


def find_reversals(
    actions: Sequence[ActionOutcome], readings: Readings, owner: str, questions: Questions
) -> tuple[list[Reversal], list[Left]]:
    """What takes the actions of a run back, in their order, and what is left of it. Asks for everybody concerned.

    `owner`: whose markers are ours, in lower case.
    """
    tree, finder = readings.tree, _Finder(readings.tree)
    concerned = [action for action in actions if action.outcome not in ("skipped", "held")]
    nodes = {action.id: finder.nodes_of(action) for action in concerned}
    to_read = {each for found in nodes.values() for each in finder.to_read(found)}
    questions.details.update(to_read - readings.details.keys())
    reversals: list[Reversal] = []
    left: list[Left] = []
    if questions:
        return reversals, left
    for action in concerned:
        if "create_group" in action.verbs:
            if action.outcome in ("done", "unknown"):
                left.append(Left(action, "stays", "groups are never deleted; delete it in the Admin Center"))
            continue
        found = nodes[action.id]
        if len(found) != 1:
            left += _not_one(action, found)
            continue
        actual = readings.details[found[0].id]
        made = _reverse(action, found[0], actual, tree, owner)
        for item in made:
            if isinstance(item, Left):
                left.append(item)
            else:
                reversals.append(item)
    return reversals, left


class _Finder:
    """Finds the node an action was about: by its number, or whom a run created by their marker."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._logins = Logins(tree)
        self._marked: dict[tuple[Role, str | None], list[Node]] = {}
        for role in Role:
            for node in tree.people(role):
                for marker in find_markers(node.description):
                    self._marked.setdefault((role, marker.entra_id), []).append(node)

    def nodes_of(self, action: ActionOutcome) -> list[Node]:
        if "create" in action.verbs:
            return self._marked.get((Role(action.role), action.subject.entra_id), [])
        node_id = action.subject.node_id
        node = self._tree.nodes.get(node_id) if node_id is not None else None
        return [node] if node is not None and node.type == PERSON_TYPE[Role(action.role)] else []

    def to_read(self, found: Iterable[Node]) -> Iterator[int]:
        """These nodes and whoever shares a login with them: one of those may be the account holder (§6)."""
        for node in found:
            yield node.id
            yield from (other.id for other in self._logins.by_login.get(normal_login(node.login), ()))


def _not_one(action: ActionOutcome, found: Sequence[Node]) -> list[Left]:
    if found:
        return [Left(action, "stale", f"{len(found)} nodes carry the link of this person")]
    if "create" in action.verbs and action.outcome != "done":
        return []
    return [Left(action, "stale", "Rescue shows nobody with this link" if "create" in action.verbs else "gone")]


def _reverse(
    action: ActionOutcome, node: Node, actual: Details | None, tree: Tree, owner: str
) -> list[Reversal | Left]:
    """At most one Reversal, and what is left of the action."""
    if actual is None or not agree(node, actual):
        return [Left(action, "stale", "the tree and getUser say different things of them")]
    if _is_as_before(action, node, actual, tree):
        return []
    if action.outcome not in ("done", "unknown"):
        if not _shows_any(action, node, actual, tree):
            return []
        return [Left(action, "partly", f"the run says {action.outcome}, and something of it shows; look at it by hand")]
    changed = _changed_since(action, node, actual, tree)
    if changed:
        return [Left(action, "stale", f"changed since: {', '.join(changed)}")]
    why = _not_ours(action, actual, owner)
    if why is not None:
        return [Left(action, "kept", why)]
    if "create" in action.verbs:
        return [_disable(action, node, actual)]
    return _restore(action, node, actual, tree)


def _disable(action: ActionOutcome, node: Node, actual: Details) -> Reversal:
    """Whoever was created is disabled as a leaver is, the marker saying that it was us (D8, D9)."""
    marker = find_marker(actual.description)
    assert marker is not None  # noqa: S101 - by which they were found, and which is the run's
    licence = Licence.NOT_GIVEN if marker.licence else None
    return Reversal(action, node, actual, diff_leaver(actual, marker._replace(off=True, licence=licence)).changes, None)


def _restore(action: ActionOutcome, node: Node, actual: Details, tree: Tree) -> list[Reversal | Left]:
    now = record_of(actual)
    left: list[Reversal | Left] = []
    changes = []
    for change in action.changes:
        before = _value(change.before)
        if _same(change.field, now[change.field], before):
            continue
        if change.field in _NEVER_BLANKED and not before:
            left.append(_left(action, "stays", f"the {_NEVER_BLANKED[change.field]} is never blanked"))
            continue
        changes.append(Change(field=change.field, before=now[change.field], after=before))
    if action.rehires:
        left.append(_left(action, "stays", "the password of whoever had the node before is not known"))
    target = None
    if "move" in action.verbs:
        groups = [
            group
            for group, path in tree.groups.items()
            if path
            and "/".join(path) == action.group.before
            and tree.category(Role(action.role)).id in _above(tree, group)
        ]
        if len(groups) != 1:
            how = "not there any more" if not groups else "not the only one of that name"
            return [_left(action, "stale", f"the group they came from, {action.group.before}, is {how}")]
        target = groups[0]
    ordered = tuple(sorted(changes, key=lambda change: FIELDS.index(change.field)))
    return [Reversal(action, node, actual, ordered, target), *left]


def _left(action: ActionOutcome, why: Why, message: str) -> Left:
    return Left(action, why, message)


def _above(tree: Tree, node_id: int) -> set[int]:
    """The node and everything above it."""
    found: set[int] = set()
    at: int | None = node_id
    while at is not None:
        found.add(at)
        at = tree.nodes[at].parent
    return found


def _not_ours(action: ActionOutcome, actual: Details, owner: str) -> str | None:
    """Why this node is none of ours to write, or None: only whoever an unmanaged rule disabled has no marker (D6)."""
    try:
        marker = find_marker(actual.description)
    except MarkersDiffer:
        return "two markers in one text"
    if marker is None:
        unmanaged = action.subject.entra_id is None and "disable" in action.verbs
        return None if unmanaged else "nothing in Rescue links them any more"
    return None if marker.owner == owner else f"linked by another owner, {marker.owner}"


def _is_as_before(action: ActionOutcome, node: Node, actual: Details, tree: Tree) -> bool:
    """Nothing happened, or somebody took it back already."""
    if "create" in action.verbs:
        return not actual.enabled
    now = record_of(actual)
    back = [change for change in action.changes if change.before or change.field not in _NEVER_BLANKED]
    return all(_same(change.field, now[change.field], _value(change.before)) for change in back) and (
        "move" not in action.verbs or tree.path_text(node.parent) == action.group.before
    )


def _changed_since(action: ActionOutcome, node: Node, actual: Details, tree: Tree) -> list[str]:
    """What is not as the run left it, as far as its outcomes tell."""
    now = record_of(actual)
    found = [
        _NEVER_BLANKED.get(change.field, change.field.replace("_", " "))
        for change in action.changes
        if not _same(change.field, now[change.field], _value(change.after))
    ]
    login = action.after("login") or action.subject.login
    if "login" not in found and (login is None or normal_login(str(login)) != normal_login(actual.login)):
        found.append("login")
    if tree.path_text(node.parent) != action.group.after:
        found.append("group")
    return found


def _shows_any(action: ActionOutcome, node: Node, actual: Details, tree: Tree) -> bool:
    """Whether anything of an action that was not done is there."""
    now = record_of(actual)
    if "move" in action.verbs and tree.path_text(node.parent) == action.group.after:
        return True
    return any(_same(change.field, now[change.field], change.after) for change in action.changes)


def _value(value: Value | None) -> Value:
    return "" if value is None else value


def _same(field: FieldName, one: Value | None, other: Value | None) -> bool:
    """Equal under D20."""
    if isinstance(one, str) and isinstance(other, str):
        if field == "login":
            return normal_login(one) == normal_login(other)
        return one == other if field == "sso_id" else normal_text(one) == normal_text(other)
    return one == other
