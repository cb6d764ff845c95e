"""A whole plan against the limits of `guards:` (§6). All verdicts, before the first write; nothing here changes a plan.

A removal is an action after which someone can do less: exactly the disables. Shares are of the people who are enabled
and marked for a living mapping, or adopted by this plan, before the plan; a limit is the floor of share x population.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import NamedTuple

from reconciler.model.file import Guards
from reconciler.model.hierarchy import Role
from reconciler.model.mappings import Permit
from reconciler.model.plan import Action, Guard

_SMALL_ALLOWANCE = 2
_CREATES_FLOOR = 50


class Population(NamedTuple):
    """Enabled people under management before the plan."""

    total: int
    by_mapping: dict[str, int]
    managed_before: int
    """Those marked already, without the ones this plan adopts."""


def judge_guards(
    role: Role,
    actions: Sequence[Action],
    population: Population,
    guards: Guards,
    permits: Iterable[Permit],
    today: date,
) -> tuple[Guard, ...]:
    """One entry per guard, and per mapping where it is judged so, in the order of the file's keys."""
    permitted: dict[str, frozenset[str]] = {}
    for permit in permits:
        if permit.until >= today:
            permitted[permit.guard] = permitted.get(permit.guard, frozenset()) | permit.actions

    def judge(
        name: str,
        limit: int | str,
        counts: Callable[[Action], bool],
        of: int,
        *,
        mapping: str | None = None,
        floor: int = 0,
    ) -> Guard:
        counted = [action.id for action in actions if counts(action)]
        spared = permitted.get(name, frozenset())
        rest = [action_id for action_id in counted if action_id not in spared]
        most = _limit(limit, of, guards.small_team, floor)
        passed = most is None or len(rest) <= most
        return Guard(
            name=name,
            role=role.value,
            mapping=mapping,
            passed=passed,
            measured=len(rest),
            of=of,
            limit=most,
            permitted=len(counted) - len(rest),
            actions=() if passed else tuple(rest),
        )

    def removes_from(mapping: str) -> Callable[[Action], bool]:
        return lambda action: action.removal and action.mapping == mapping

    verdicts = [judge("max_removals", guards.max_removals, lambda action: action.removal, population.total)]
    share = guards.max_removals_per_mapping
    verdicts += [
        judge("max_removals_per_mapping", share, removes_from(mapping), of, mapping=mapping)
        for mapping, of in population.by_mapping.items()
    ]
    verdicts.append(judge("max_moves", guards.max_moves, lambda action: "move" in action.verbs, population.total))
    verdicts.append(judge("max_identity_changes", guards.max_identity_changes, changes_identity, population.total))
    creates = guards.max_creates if population.managed_before else "off"  # the first run creates everybody
    verdicts.append(
        judge("max_creates", creates, lambda action: "create" in action.verbs, population.total, floor=_CREATES_FLOOR)
    )
    return tuple(verdicts)


def changes_identity(action: Action) -> bool:
    """Does it change a login or SSO ID that was not empty? Adoptions do not count (§6)."""
    return "adopt" not in action.verbs and any(
        change.field in ("login", "sso_id") and bool(change.before) for change in action.changes
    )


def _limit(limit: int | str, of: int, small_team: int, floor: int) -> int | None:
    """The most that may be counted; None: off. Only a share has a floor, and the allowance of a small team."""
    if limit == "off":
        return None
    if isinstance(limit, int):
        return limit
    most = int(limit.rstrip("%")) * of // 100
    if of < small_team:
        most = max(most, _SMALL_ALLOWANCE)
    return max(most, floor)
