"""People in mapped groups whom no Entra member explains (D6): listed and left alone, or disabled if the file says so.

Never disabled: administrators, anybody whose Description speaks of a marker, nodes without a login, survivors,
`protected` and held people, anybody while the addresses of a member of that group could not be read, and anybody at all
while the members of a mapped group are not known: the stranger may be one of them. No marker is
written: there is no Entra account to name, and whoever is disabled and unmarked is looked at by no rule again.
"""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.model.hierarchy import Node, Role
from reconciler.model.text import normal_login, normal_text
from reconciler.planning.addresses import everybody, owners_of_unmarked
from reconciler.planning.decisions import Decisions
from reconciler.planning.desired import Paired
from reconciler.planning.diff import diff_unmanaged
from reconciler.planning.people import People


def decide_unmanaged(decisions: Decisions) -> int:
    """A finding or an action for each. Returns how many are left alone; asks for addresses while somebody may go."""
    people = decisions.people
    places = _healthy_places(people)
    suspects = [node for node in people.matches.unmarked.values() if node.enabled and node.parent in places]
    if not suspects:
        return 0
    owners = owners_of_unmarked(people)
    strangers = [node for node in sorted(suspects) if people.rows.keys().isdisjoint(owners[normal_login(node.login)])]
    doomed = {node.id for node in strangers if _may_go(decisions, node)}
    unseen = _unseen(people)
    if doomed and unseen is not None:
        message = f"nobody unmanaged is disabled: who is in {unseen.entra_name} is not known"
        people.report("unconfirmed", message, mapping=unseen.mapping)
        doomed = set()
    if doomed and not _everybody_is_known(people):
        return len(strangers)
    unread = _unread_places(people)
    left = 0
    doubted = set()
    for node in strangers:
        items = places[node.parent]
        if node.id in doomed and node.parent not in unread:
            left += not _disable(decisions, node, items[0])
            continue
        left += 1
        if node.id in doomed:
            doubted.add(node.parent)
        _report(decisions, node, items)
    for place in doubted:
        message = "nobody unmanaged is disabled there: the addresses of a member could not be read from Entra"
        people.report("unconfirmed", message, mapping=places[place][0].mapping)
    return left


def _healthy_places(people: People) -> dict[int | None, tuple[Paired, ...]]:
    """Node id of a mapped Rescue group -> its mappings, by name, where every one of them is healthy and fully synced.

    Without full sync the group in Rescue is not the mapping's: whoever else sits there is nobody's business (D10, E9).
    """
    places: dict[int | None, tuple[Paired, ...]] = {}
    for item in people.paired:
        for node_id in item.nodes:
            places[node_id] = (*places.get(node_id, ()), item)
    return {
        node: items
        for node, items in places.items()
        if all(item.frozen is None and item.mapping.full_sync for item in items)
    }


def _asks_to_disable(decisions: Decisions) -> bool:
    return decisions.settings.unmanaged == "disable" and decisions.people.role is Role.TECHNICIAN


def _may_go(decisions: Decisions, node: Node) -> bool:
    """Whether nothing speaks against disabling this stranger; a member of a group of the other role would."""
    if not _asks_to_disable(decisions) or not node.login.strip() or "[entra" in node.description.lower():
        return False
    if owners_of_unmarked(decisions.people)[normal_login(node.login)]:
        return False
    return decisions.veto("", node.login) is None


def _report(decisions: Decisions, node: Node, items: Sequence[Paired]) -> None:
    people, mapping = decisions.people, items[0].mapping
    veto = decisions.veto("", node.login) if _asks_to_disable(decisions) else None
    if veto is not None:
        message = f"in none of the Entra groups mapped to this Rescue group, and not disabled: {veto}"
        people.block("protected", message, f"node:{node.id}", mapping=mapping, login=node.login)
    else:
        message = "in a mapped Rescue group, and in none of the Entra groups mapped to it"
        people.report("unmanaged", message, mapping=mapping, login=node.login)


def _unseen(people: People) -> Paired | None:
    """A mapping of either role, by name, whose members are not all known: any stranger may be one of them."""
    paired = (*people.paired, *people.other.paired)
    return next((item for item in paired if item.group is None or (item.walk is not None and item.walk.unread)), None)


def _everybody_is_known(people: People) -> bool:
    """Whether the addresses of all members were asked for; if not, they are put among the questions."""
    missing = everybody(people).keys() - people.readings.addresses.keys()
    people.questions.addresses.update(missing)
    return not missing


def _unread_places(people: People) -> set[int | None]:
    """Rescue groups with a member whose addresses were asked for and could not be read."""
    unread = [entra_id for entra_id, addresses in people.readings.addresses.items() if addresses is None]
    return {node for entra_id in unread for item in people.places_of(entra_id) for node in item.nodes}


def _disable(decisions: Decisions, node: Node, paired: Paired) -> bool:
    """Takes on the action, unless the person is not what the tree said."""
    actual = decisions.confirmed(f"node:{node.id}", node)
    if actual is None:
        return False
    decisions.act(
        None,
        node,
        diff_unmanaged(actual),
        mapping=paired.mapping,
        name=normal_text(node.name),
        reason="in none of the Entra groups mapped to this Rescue group (settings.unmanaged)",
        lead="disable",
    )
    return True
