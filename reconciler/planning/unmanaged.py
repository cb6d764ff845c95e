"""Technicians in mapped groups whom no Entra member explains (D6): listed, left alone."""

from __future__ import annotations

from reconciler.model.text import normal_login
from reconciler.planning.people import People


def report_unmanaged(people: People) -> int:
    """One finding for each enabled, unmarked person in a group whose every mapping is healthy. Returns how many.

    Without full sync the group in Rescue is not the mapping's: whoever else sits there is nobody's business (D10, E9).
    """
    healthy: dict[int, bool] = {}
    for item in people.paired:
        if item.node is not None:
            usable = item.frozen is None and item.mapping.full_sync
            healthy[item.node] = healthy.get(item.node, True) and usable
    suspects = [
        node
        for node in people.matches.unmarked.values()
        if node.enabled and node.parent is not None and healthy.get(node.parent, False)
    ]
    if not suspects:
        return 0
    known = {
        normal_login(address) for person in people.rows.values() for address in (person.mail, person.upn) if address
    }
    for addresses in people.readings.addresses.values():  # read for people about to be created
        known.update(normal_login(address) for address in addresses or ())
    count = 0
    for node in sorted(suspects):
        if normal_login(node.login) in known:
            continue
        mapping = next(item.mapping for item in people.paired if item.node == node.parent)
        people.report(
            "unmanaged",
            "in a mapped Rescue group, and in none of the Entra groups mapped to it",
            mapping=mapping,
            login=node.login,
        )
        count += 1
    return count
