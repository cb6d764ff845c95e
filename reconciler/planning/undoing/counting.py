"""What the guards and the seats of an undo are counted of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from reconciler.model.hierarchy import Details, Node, Role, Tree
from reconciler.model.mappings import Mappings
from reconciler.model.marker import Licence, find_markers
from reconciler.model.plan import Action, ActionOutcome, Finding, SeatCount, make_finding
from reconciler.model.readings import Readings
from reconciler.planning.desired import pair_mappings
from reconciler.planning.guards import Population
from reconciler.planning.licences import recount_licences
from reconciler.planning.seats import count_technicians


def find_managed(tree: Tree, role: Role, owner: str) -> dict[int, str]:
    """Enabled people of a role with our marker: node id -> what it carries after the `@`."""
    found = {}
    for node in tree.people(role):
        markers = find_markers(node.description)
        if node.enabled and len(markers) == 1 and (marker := next(iter(markers))).owner == owner:
            found[node.id] = marker.mapping
    return found


def count_populations(
    mappings: Mappings, readings: Readings, outcomes: Iterable[ActionOutcome], actions: Iterable[Action]
) -> dict[Role, Population]:
    """As §6 counts, and with the people of mappings that the run still knew and the file does not.

    Of technicians always, of administrators where any of them is written.
    """
    names = {
        (item.mapping.role, prefix): item.mapping.name
        for item in pair_mappings(mappings, readings.directory, readings.tree)
        for prefix in item.prefixes
    }
    for outcome in outcomes:
        for marker in find_markers(str(outcome.after("description"))):
            names.setdefault((Role(outcome.role), marker.mapping), outcome.mapping or marker.mapping)
    found = {}
    for role in dict.fromkeys([Role.TECHNICIAN, *(Role(action.role) for action in actions)]):
        managed = find_managed(readings.tree, role, mappings.owner)
        by_mapping = dict.fromkeys((name for (own, _), name in names.items() if own is role), 0)
        for prefix in managed.values():
            name = names.get((role, prefix))
            if name is not None:
                by_mapping[name] += 1
        total = sum(by_mapping.values())
        found[role] = Population(total, by_mapping, total)
    return found


def count_seats(tree: Tree, going: Sequence[Action], bought: int | None) -> tuple[SeatCount, list[Finding]]:
    """The forecast; apply counts the seats that are free when it comes to somebody, and skips whoever is beyond."""
    count = count_technicians(tree, going, None)
    if bought is None:
        return count, []
    takers = [action for action in going if action.takes_seat]
    beyond = takers[max(0, bought - count.before + count.freed) :]
    dropped = {action.id for action in beyond}
    without = [str(action.subject.login) for action in beyond]
    message = f"all {bought} technician seats are in use"
    findings = [
        make_finding("no_seat", message, mapping=action.mapping, login=action.subject.login) for action in beyond
    ]
    return count_technicians(tree, [a for a in going if a.id not in dropped], bought, without), findings


def count_licences(mappings: Mappings, readings: Readings, going: Sequence[Action]) -> SeatCount:
    """Of the licences this file may award: those that markers of ours speak of, or a reading shows."""

    def holds(node: Node, known: Details | None) -> bool:
        told = any(marker.licence is Licence.GIVEN for marker in find_markers(node.description))
        return told if known is None else told and known.mobile

    before = sum(holds(node, readings.details.get(node.id)) for node in readings.tree.people(Role.TECHNICIAN))
    before = max(before, sum(action.releases for action in going))
    count = SeatCount(bought=mappings.mobile_seats, before=before)
    return recount_licences(count, going, mappings.mappings)
