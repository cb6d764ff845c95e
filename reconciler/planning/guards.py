"""A whole plan against the limits of `guards:` (§6). All verdicts, before the first write; nothing here changes a plan.

A removal is an action after which someone can do less: exactly the disables. Shares are of the people who are enabled
and marked for a living mapping, or adopted by this plan, before the plan; a limit is the floor of share x population.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from reconciler.model.file import Guards
from reconciler.model.hierarchy import Role
from reconciler.model.mappings import Permit
from reconciler.model.plan import Action, Guard
from reconciler.planning.admins import AdminCount

_SMALL_ALLOWANCE = 2
_CREATES_FLOOR = 50


class Population(NamedTuple):
    """Enabled people under management before the plan."""

    total: int
    by_mapping: dict[str, int]
    managed_before: int
    """Those marked already, without the ones this plan adopts."""


def judge_guards(
    actions: Sequence[Action],
    populations: Mapping[Role, Population],
    admins: AdminCount,
    guards: Guards,
    permits: Iterable[Permit],
    today: date,
) -> tuple[Guard, ...]:
    """One entry per guard and role that has a population, and per mapping where it is judged so, in the file's order.

    `admins`: who could still run the account, for `min_admins`.
    """
    permitted: dict[str, frozenset[str]] = {}
    for permit in permits:
        if permit.until >= today:
            permitted[permit.guard] = permitted.get(permit.guard, frozenset()) | permit.actions
    judge = _Judge(guards, permitted)
    verdicts = []
    for role, population in populations.items():
        verdicts += _judge_role(judge, role, [action for action in actions if action.role == role.value], population)
    if Role.ADMIN in populations:
        of_admins = [action for action in actions if action.role == Role.ADMIN.value]
        total = populations[Role.ADMIN].total
        granted = [action.id for action in of_admins if is_grant(action)]
        verdicts.append(judge("max_admin_grants", Role.ADMIN, guards.max_admin_grants, granted, total))
        verdicts.append(_judge_left(guards, of_admins, admins, permitted.get("min_admins", frozenset())))
    return tuple(verdicts)


class _Judge:
    """Makes the entry of one guard. `counted`: ids of the actions it is about; those a permit lists are taken off."""

    def __init__(self, guards: Guards, permitted: Mapping[str, frozenset[str]]) -> None:
        self.guards = guards
        self._permitted = permitted

    def __call__(
        self,
        name: str,
        role: Role,
        limit: int | str,
        counted: Sequence[str],
        of: int,
        *,
        mapping: str | None = None,
        floor: int = 0,
    ) -> Guard:
        spared = self._permitted.get(name, frozenset())
        rest = [action_id for action_id in counted if action_id not in spared]
        most = _limit(limit, of, self.guards.small_team, floor)
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


def _judge_role(judge: _Judge, role: Role, actions: Sequence[Action], population: Population) -> list[Guard]:
    """The guards that both roles have, over the actions of one."""
    guards, total = judge.guards, population.total
    removals: list[str] = []
    removals_from: dict[str | None, list[str]] = {}
    for action in actions:
        if action.removal:
            removals.append(action.id)
            removals_from.setdefault(action.mapping, []).append(action.id)
    verdicts = [judge("max_removals", role, guards.max_removals, removals, total)]
    share = guards.max_removals_per_mapping
    verdicts += [
        judge("max_removals_per_mapping", role, share, removals_from.get(mapping, ()), of, mapping=mapping)
        for mapping, of in population.by_mapping.items()
    ]
    moves = [action.id for action in actions if "move" in action.verbs]
    verdicts.append(judge("max_moves", role, guards.max_moves, moves, total))
    changed = [action.id for action in actions if changes_identity(action)]
    verdicts.append(judge("max_identity_changes", role, guards.max_identity_changes, changed, total))
    creates = guards.max_creates if population.managed_before else "off"  # the first run creates everybody
    created = [action.id for action in actions if "create" in action.verbs]
    verdicts.append(judge("max_creates", role, creates, created, total, floor=_CREATES_FLOOR))
    if role is Role.TECHNICIAN:  # groups of administrators are never created (D2)
        groups = [action.id for action in actions if "create_group" in action.verbs]
        verdicts.append(judge("max_group_creates", role, guards.max_group_creates, groups, total))
    return verdicts


def _judge_left(guards: Guards, of_admins: Sequence[Action], admins: AdminCount, spared: frozenset[str]) -> Guard:
    """`min_admins`: judged on plans that disable an administrator (§6); `measured` counts those left."""
    disabled = [action for action in of_admins if action.removal]
    counted = [action for action in disabled if action.id not in spared]
    limit = None if guards.min_admins == "off" or not disabled else guards.min_admins
    left = admins.enabled - len({action.subject.node_id for action in counted} & admins.nodes)
    passed = limit is None or not counted or left >= limit
    return Guard(
        name="min_admins",
        role=Role.ADMIN.value,
        passed=passed,
        measured=left,
        of=admins.enabled,
        limit=limit,
        permitted=len(disabled) - len(counted),
        actions=() if passed else tuple(action.id for action in counted),
    )


def is_grant(action: Action) -> bool:
    """Does it give somebody rights of an administrator: create, enable or move (§6)?"""
    return bool({"create", "enable", "move"} & set(action.verbs))


def changes_identity(action: Action) -> bool:
    """Does it change a login or SSO ID that was not empty, or whose a node is? Adoptions do not count (§6)."""
    return action.rehires or (
        "adopt" not in action.verbs
        and any(change.field in ("login", "sso_id") and bool(change.before) for change in action.changes)
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
