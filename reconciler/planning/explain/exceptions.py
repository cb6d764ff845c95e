"""What sets somebody apart: overrides, `protected`, survival, permits, `retired` (§1, §2, §6, D7). For `explain`."""

from __future__ import annotations

from datetime import date

from reconciler.model.directory import Person
from reconciler.model.hierarchy import Node
from reconciler.model.mappings import Mappings, Override, Retired
from reconciler.model.plan import Plan
from reconciler.model.readings import Readings
from reconciler.model.text import normal_login
from reconciler.planning.desired import PREFIX
from reconciler.planning.explain.about import is_about
from reconciler.planning.explain.subjects import Subject, our_markers
from reconciler.planning.matching import find_survivors
from reconciler.planning.overrides import InForce, LoginPatterns


def exceptions_for(
    subject: Subject, mappings: Mappings, readings: Readings, plan: Plan, today: date
) -> tuple[str, ...]:
    """One sentence each, in the order of §1's rules."""
    names = sorted(subject.names)
    survivors = find_survivors(readings.tree, readings.caller, readings.details.values())
    told = [
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
        if normal_login(override.login) in subject.called:
            reason = f" ({override.reason})" if override.reason else ""
            told.append(f"override of line {override.line}: {override.action}, {_ends(override.until, today)}{reason}")
    told += [
        f"marked for an Entra group that line {item.line} retires: people: {item.people} (D7)"
        for node in subject.nodes
        for item in retired_for(node, mappings)
    ]
    mine = {action.id for action in plan.actions if is_about(action, subject)}
    told += [
        f"permit of line {permit.line}: {permit.guard} does not count their action, {_ends(permit.until, today)}"
        for permit in mappings.permits
        if permit.actions & mine
    ]
    return tuple(told)


def _ends(until: date, today: date) -> str:
    return f"until {until}" if until >= today else f"ended on {until}, without effect"


def left_out_of(subject: Subject, mappings: Mappings, today: date) -> str | None:
    """`exclude` or `guest` where a rule takes them out of the groups that hold them (D8), else None."""
    if InForce(mappings.overrides, "exclude", today).find(subject.called):
        return "exclude"
    skipped = subject.account is not None and subject.account.guest and mappings.settings.guests == "skip"
    return "guest" if skipped else None


def included_in(subject: Subject, mappings: Mappings, readings: Readings, today: date) -> frozenset[str | None]:
    """Names of the mappings into which an override in force counts them."""
    overrides = InForce(mappings.overrides, "include", today).overrides
    account = subject.account
    return frozenset(
        override.mapping for override in overrides if account is not None and _means(override, account, readings)
    )


def _means(override: Override, account: Person, readings: Readings) -> bool:
    """By UPN or object id, as Entra answered where it had to be asked; no other address counts (§2)."""
    answer = readings.included.get(override.login.strip())
    if answer is None:
        return normal_login(override.login) in (account.id, normal_login(account.upn))
    return isinstance(answer, Person) and answer.id == account.id


def retired_for(node: Node, mappings: Mappings) -> list[Retired]:
    """What the file retires and a marker of ours on this node is of (D7)."""
    prefixes = [marker.mapping for marker in our_markers(node, mappings.owner)]
    return [item for item in mappings.retired if item.entra_group[:PREFIX] in prefixes]
