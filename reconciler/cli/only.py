"""`plan --only MAPPING`: everything is planned, and what is about these mappings is shown.

Counts, seats, guards and the digest stay those of the whole plan: they cannot be told of a part.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from difflib import get_close_matches

from reconciler.cli.talk import Talk
from reconciler.errors import UsageError
from reconciler.model.mappings import Mappings
from reconciler.model.plan import Plan
from reconciler.model.text import normal_text

_SHOWN_NAMES = 5


def find_mappings(mappings: Mappings, names: Sequence[str]) -> frozenset[str]:
    """The mappings asked for. Raises UsageError for a name that none has, with the nearest that there are."""
    known = {normal_text(mapping.name): mapping.name for mapping in mappings.mappings}
    unknown = [name for name in names if normal_text(name) not in known]
    if unknown:
        advice = "; ".join(dict.fromkeys(_nearest(name, known.values()) for name in unknown))
        listed = ", ".join(repr(name) for name in dict.fromkeys(unknown))
        raise UsageError(f"--only: no mapping of {mappings.file} has the name {listed}", advice=advice)
    return frozenset(known[normal_text(name)] for name in names)


def part_of(plan: Plan, names: Collection[str], talk: Talk) -> Plan:
    """The actions, findings and states of these mappings, and a line of talk about what is not shown."""
    actions = tuple(action for action in plan.actions if action.mapping in names)
    shown = {action.id for action in actions}
    part = plan.model_copy(
        update={
            "actions": actions,
            "stopped": tuple(action for action in plan.stopped if action.mapping in names),
            "findings": tuple(finding for finding in plan.findings if finding.mapping in names),
            "mappings": tuple(state for state in plan.mappings if state.name in names),
            "only": tuple(sorted(names)),
            "held": tuple(action_id for action_id in plan.held if action_id in shown),
        }
    )
    talk.say(
        f"--only: {len(actions)} of {len(plan.actions)} actions and {len(part.findings)} of {len(plan.findings)} "
        "findings are shown; counts, seats, guards and digest are those of the whole plan"
    )
    return part


def _nearest(name: str, known: Collection[str]) -> str:
    folded = {item.casefold(): item for item in known}
    close = [folded[item] for item in get_close_matches(name.casefold()[:200], folded, 3, 0.5)]
    if close:
        return "write " + " or ".join(repr(item) for item in close)
    some = sorted(known)[:_SHOWN_NAMES]
    more = f" and {len(known) - len(some)} more" if len(known) > len(some) else ""
    return f"there are {', '.join(repr(item) for item in some)}{more}" if some else "the file has no mappings"
