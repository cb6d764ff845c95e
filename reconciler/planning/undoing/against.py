"""What speaks against taking something back: survival, a login that is not free, and the file, which would do it again.

What the file wants is asked of planning itself, about Rescue as it would be once everything is undone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from reconciler.model.directory import Group, Person
from reconciler.model.hierarchy import Node, Role, Tree
from reconciler.model.mappings import Mappings
from reconciler.model.marker import find_markers
from reconciler.model.plan import Action, Plan
from reconciler.model.readings import Readings
from reconciler.model.text import normal_login
from reconciler.model.undo import Left
from reconciler.planning.desired import Paired, pair_mappings
from reconciler.planning.matching import Logins, find_survivors
from reconciler.planning.overrides import LoginPatterns
from reconciler.planning.people import own_addresses
from reconciler.planning.undoing.reversals import Reversal

_LINKED = frozenset({"description", "enabled", "mobile_license", "sso_id", "group"})
"""What a marker tells something of: if the file would touch one of these, none of them goes back."""
_ALL = _LINKED | {"login", "name"}


class Against(NamedTuple):
    """Why some of a reversal does not happen; `fields` None: all of it."""

    left: Left
    fields: frozenset[str] | None = None


def without(left: list[Left], reversals: Sequence[Reversal], against: dict[str, Against]) -> list[Reversal]:
    """The reversals without what speaks against them, which is put to what is left."""
    rest = []
    for reversal in reversals:
        found = against.get(reversal.outcome.id)
        if found is not None:
            left.append(found.left)
            reversal = reversal.without(found.fields) if found.fields is not None else reversal.without(_ALL)
        if reversal:
            rest.append(reversal)
    return rest


def find_kept(mappings: Mappings, readings: Readings, reversals: Iterable[Reversal]) -> dict[str, Against]:
    """Survival and `protected`, by the login of now and the one before, and by what Entra calls them (§6)."""
    groups = (*readings.directory.groups.values(), *readings.directory.nested.values())
    rows: dict[str | None, Person] = {
        person.id: person for group in groups if isinstance(group, Group) for person in group.members
    }
    survivors = find_survivors(readings.tree, readings.caller, readings.details.values())
    protected = LoginPatterns(mappings.protected)
    found = {}
    for reversal in reversals:
        names = _logins(reversal)
        row = rows.get(reversal.outcome.subject.entra_id)
        if row is not None:
            names |= own_addresses(row)
        why = None
        if names & survivors or reversal.actual.account_holder:
            why = "the account holder, a master administrator or the identity this runs as is never written"
        elif any(protected.holds(name) for name in sorted(names)):
            why = "protected by the file"
        if why is not None:
            found[reversal.outcome.id] = Against(Left(reversal.outcome, "kept", why))
    return found


def _logins(reversal: Reversal) -> frozenset[str]:
    names = (reversal.node.login, reversal.outcome.subject.login, reversal.after("login"))
    return frozenset(normal_login(str(name)) for name in names if name)


# -- who waits for whom ---------------------------------------------------------------------------------------------


def login_holders(tree: Tree, reversals: Iterable[Reversal]) -> dict[str, list[int]]:
    """Who else has a login that somebody gets back: action id -> node ids."""
    logins = Logins(tree)
    found = {}
    for reversal in reversals:
        login = reversal.after("login")
        if isinstance(login, str):
            nodes = logins.by_login.get(normal_login(login), ())
            found[reversal.outcome.id] = [node.id for node in nodes if node.id != reversal.node.id]
    return found


def find_in_vain(tree: Tree, reversals: Sequence[Reversal]) -> dict[str, Against]:
    """Logins that somebody has who does not give them up, or who waits for their own in a ring (D16)."""
    giving = {reversal.node.id for reversal in reversals if reversal.after("login") is not None}
    waiting = login_holders(tree, reversals)
    free: set[int] = set()
    by_id = {reversal.outcome.id: reversal for reversal in reversals}
    while settled := [key for key, nodes in waiting.items() if all(node in free for node in nodes)]:
        for key in settled:
            free.add(by_id[key].node.id)
            del waiting[key]
    found = {}
    for key, nodes in waiting.items():
        holder = next(node for node in nodes if node not in free)
        how = "has it now" if holder not in giving else "waits for another login itself"
        message = f"the login {by_id[key].after('login')} is not free: node {holder} {how}"
        found[key] = Against(Left(by_id[key].outcome, "stale", message), frozenset({"login"}))
    return found


# -- what the file would do -----------------------------------------------------------------------------------------


def once_undone(readings: Readings, reversals: Iterable[Reversal]) -> Readings:
    """Rescue as it would be."""
    nodes: dict[int, Node] = dict(readings.tree.nodes)
    details = dict(readings.details)
    for reversal in reversals:
        node, actual = reversal.node, reversal.actual
        parent = reversal.moves_to if reversal.moves_to is not None else node.parent
        values: dict[str, Any] = {change.field: change.after for change in reversal.changes}
        if "enabled" in values:
            values["status"] = "Offline" if values.pop("enabled") else "Disabled"
        if "mobile_license" in values:
            values["mobile"] = values.pop("mobile_license")
        record = actual._replace(**values)
        nodes[node.id] = node._replace(
            parent=parent,
            name=record.name,
            login=record.login,
            description=record.description,
            status=record.status,
        )
        details[node.id] = record
    return replace(readings, tree=Tree(nodes.values()), details=details)


def find_against(
    mappings: Mappings, readings: Readings, reversals: Iterable[Reversal], forecast: Plan
) -> dict[str, Against]:
    """What the file would do again, or of which it cannot be told."""
    by_node = {action.subject.node_id: action for action in forecast.actions if action.subject.node_id is not None}
    doubts = {
        normal_login(finding.login): finding
        for finding in forecast.findings
        if finding.login and finding.severity == "error"
    }
    frozen = _Frozen(pair_mappings(mappings, readings.directory, readings.tree), forecast)
    found = {}
    for reversal in reversals:
        outcome, action = reversal.outcome, by_node.get(reversal.node.id)
        why = frozen.why(reversal)
        doubt = next((doubts[name] for name in sorted(_logins(reversal)) if name in doubts), None)
        if why is not None:
            found[outcome.id] = Against(Left(outcome, "unsure", why))
        elif doubt is not None:
            found[outcome.id] = Against(Left(outcome, "unsure", f"{doubt.code}: {doubt.message}"))
        elif action is not None and (again := _touched(action, reversal)):
            what = "+".join(action.verbs)
            message = f"{mappings.file} would do it again ({what}: {action.reason}); revert it, or `hold` them first"
            found[outcome.id] = Against(Left(outcome, "again", message), again)
    return found


def _touched(action: Action, reversal: Reversal) -> frozenset[str]:
    """What an action of the file and a reversal both change, and what goes with it."""
    again = {change.field for change in action.changes} | ({"group"} if "move" in action.verbs else set())
    back = {change.field for change in reversal.changes} | ({"group"} if reversal.moves_to is not None else set())
    both = frozenset(again & back)
    return both | _LINKED if both & _LINKED else both


class _Frozen:
    """Of whom a frozen mapping says nothing: nobody is written for it (D17)."""

    def __init__(self, paired: Iterable[Paired], forecast: Plan) -> None:
        names = {state.name for state in forecast.mappings if state.state == "frozen"}
        self._names = names
        self._unknown: dict[Role, str] = {}
        self._prefixes: dict[tuple[Role, str], str] = {}
        self._known: set[tuple[Role, str]] = set()
        for item in paired:
            role, name = item.mapping.role, item.mapping.name
            keys = {(role, prefix) for prefix in item.prefixes}
            self._known |= keys
            if name in names:
                self._prefixes.update(dict.fromkeys(keys, name))
                if item.entra_id is None:
                    self._unknown[role] = name

    def why(self, reversal: Reversal) -> str | None:
        """Why nothing is written for them, or None."""
        name = reversal.outcome.mapping if reversal.outcome.mapping in self._names else None
        after = [change.after for change in reversal.changes if change.field == "description"]
        for text in (reversal.actual.description, *after):
            for marker in find_markers(str(text)):
                key = (reversal.role, marker.mapping)
                name = name or self._prefixes.get(key)
                if key not in self._known:
                    name = name or self._unknown.get(reversal.role)
        return f"the mapping {name} is frozen, so what the file wants of them is not known" if name else None
