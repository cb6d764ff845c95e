"""Seats: how many the account uses before and after a plan (R64, D14). What was bought is not judged."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.model.hierarchy import Role, Tree
from reconciler.model.plan import Action, SeatCount, Seats


def count_seats(tree: Tree, actions: Sequence[Action], refills: int) -> Seats:
    """The forecast. `refills`: creations that fill an enabled blank, whose seat is taken already."""
    before = sum(node.enabled for node in tree.people(Role.TECHNICIAN))
    freed = taken = mobile_freed = 0
    for action in actions:
        if action.role != Role.TECHNICIAN.value:
            continue
        freed += "disable" in action.verbs
        taken += "enable" in action.verbs or "create" in action.verbs
        mobile_freed += action.after("mobile_license") is False
    taken -= refills
    return Seats(
        technician=SeatCount(before=before, freed=freed, taken=taken, after=before - freed + taken),
        mobile=SeatCount(freed=mobile_freed),
    )
