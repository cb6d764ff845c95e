"""What sets somebody apart: overrides, `protected`, survival, permits, `retired` (§1, §2, §6, D7). For `explain`."""

from __future__ import annotations

from datetime import date

from reconciler.model.mappings import Mappings
from reconciler.model.plan import Plan
from reconciler.model.readings import Readings
from reconciler.model.text import normal_login
from reconciler.planning.desired import PREFIX
from reconciler.planning.explain.subjects import Subject, our_markers
from reconciler.planning.matching import find_survivors
from reconciler.planning.overrides import InForce, LoginPatterns


def exceptions_for(
    subject: Subject, mappings: Mappings, readings: Readings, plan: Plan, today: date
) -> tuple[str, ...]:
    """One sentence each, in the order of §1's rules."""
    names = sorted(subject.names)
    told = []
    survivors = find_survivors(readings.tree, readings.caller, readings.details.values())
    told += [
        f"{name} is the account holder, a master administrator or whom this runs as: never written (survival, §6)"
        for name in names
        if name in survivors
    ]
    for pattern in mappings.protected:
        told += [
            f"{name} is protected by {pattern!r} in the file: never written, created or adopted (§1)"
            for name in names
            if LoginPatterns([pattern]).holds(name)
        ]
    for override in mappings.overrides:
        if normal_login(override.login) not in subject.names | {subject.entra_id or ""}:
            continue
        ends = f"until {override.until}" if override.until >= today else f"ended on {override.until}, without effect"
        reason = f" ({override.reason})" if override.reason else ""
        told.append(f"override of line {override.line}: {override.action}, {ends}{reason}")
    told += _retired(subject, mappings)
    mine = {
        action.id
        for action in plan.actions
        if action.subject.node_id in {node.id for node in subject.nodes}
        or (subject.entra_id is not None and action.subject.entra_id == subject.entra_id)
    }
    told += [
        f"permit of line {permit.line}: {permit.guard} does not count their action, until {permit.until}"
        for permit in mappings.permits
        if permit.actions & mine
    ]
    return tuple(told)


def left_out_of(subject: Subject, mappings: Mappings, today: date) -> str | None:
    """`exclude` or `guest` where a rule takes them out of the groups that hold them (D8), else None."""
    names = subject.names | ({subject.entra_id} if subject.entra_id else set())
    if InForce(mappings.overrides, "exclude", today).find(names):
        return "exclude"
    skipped = subject.account is not None and subject.account.guest and mappings.settings.guests == "skip"
    return "guest" if skipped else None


def included_in(subject: Subject, mappings: Mappings, today: date) -> frozenset[str]:
    """Names of the mappings into which an override in force counts them."""
    names = subject.names | ({subject.entra_id} if subject.entra_id else set())
    return frozenset(
        override.mapping
        for override in mappings.overrides
        if override.action == "include"
        and override.mapping is not None
        and override.until >= today
        and normal_login(override.login) in names
    )


def is_retired(subject: Subject, mappings: Mappings) -> bool:
    """Whether a marker of theirs is of a mapping that the file retires (D7)."""
    return bool(_retired(subject, mappings))


def _retired(subject: Subject, mappings: Mappings) -> list[str]:
    prefixes = {marker.mapping for node in subject.nodes for marker in our_markers(node, mappings.owner)}
    return [
        f"marked for an Entra group that line {item.line} retires: people: {item.people} (D7)"
        for item in mappings.retired
        if item.entra_group.lower()[:PREFIX] in prefixes
    ]
