"""`on_violation: hold_removals`: where only guards about removals refuse, the removals wait and the rest goes on (§6).

All removals of the plan are held, not only the surplus, and whatever depends on one of them. A violation that holding
removals does not mend (moves, creations, identity changes, grants) refuses the whole plan as ever: no key switches a
guard off. Guards are not judged again, and the digest is that of the whole plan.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from reconciler.model.file import Guards
from reconciler.model.plan import Action, Guard

REMOVAL_GUARDS = frozenset({"max_removals", "max_removals_per_mapping", "min_admins"})


def held_back(actions: Sequence[Action], verdicts: Iterable[Guard], guards: Guards) -> tuple[str, ...]:
    """Ids of the actions that are held, in the order of the plan; empty where the plan goes on whole or not at all.

    `actions` come in the order of writes: whoever others depend on before them.
    """
    failed = {verdict.name for verdict in verdicts if not verdict.passed}
    if guards.on_violation != "hold_removals" or not failed or not failed <= REMOVAL_GUARDS:
        return ()
    held: dict[str, None] = {}
    for action in actions:
        if action.removal or any(needed in held for needed in action.depends_on):
            held[action.id] = None
    return tuple(held)
