"""Explanations of plans that were really made, and what they tell, a line each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from reconciler.model.directory import UnreadGroup
from reconciler.model.explanation import Explanation, PersonExplained, RoleExplained
from reconciler.model.plan import Action, Plan
from reconciler.planning.explain.explaining import Looked, explain_person
from reconciler.planning.planner import make_plan

from .world import TODAY, World, group_id, id_of

ANN = "ann@x.example"


def explain(world: World, name: str = ANN, *, in_full: bool = False, **looked: Any) -> Explanation:
    """`looked`: what Entra said of the person alone; default: nothing. `in_full`: getUser was answered for all."""
    file, now = world.file(), world.readings()
    while not isinstance(made := make_plan(file, now, today=TODAY, made_at=f"{TODAY}T00:00:00Z"), Plan):
        now = world.answer(made, now)
    if in_full:
        now = replace(now, details={seat.id: seat.details() for seat in world.seats.values()})
    return explain_person(name, file, now, made, Looked(**{"people": {}, "groups": {}, **looked}), today=TODAY)


def seen(world: World, groups: frozenset[str] | None = frozenset()) -> dict[str, Any]:
    """What Entra says of ann when it is asked about her."""
    return {"people": {id_of("ann"): world.people["ann"]}, "groups": {id_of("ann"): groups}}


def unread(name: str, *, known: bool = True, hidden: bool = False) -> UnreadGroup:
    return UnreadGroup(group_id(name) if known else None, name, "short of a page", hidden)


def company() -> World:
    """One mapping, with somebody in it who is in sync."""
    world = World().mapping("field")
    world.both("kim")
    return world


def freeze(world: World, name: str, **said: Any) -> World:
    """A mapping whose Entra group could not be read."""
    world.mapping(name, **said)
    world.unread[name] = unread(name)
    return world


def told(explanation: Explanation) -> list[str]:
    """Everybody in it: `is in` by mapping, exceptions, then each role with its rules and what is below it."""
    return [line for person in explanation.people for line in _person(person)]


def decided(explanation: Explanation) -> list[str]:
    """Of each role: what was decided and by which rules."""
    return [_decided(role) for person in explanation.people for role in person.roles]


def _person(person: PersonExplained) -> Iterable[str]:
    name = person.entra.name if person.entra is not None else person.entra_note
    groups = [f"{item.mapping} {item.how}{' frozen' * (item.state == 'frozen')}" for item in person.memberships]
    yield f"{name}: {', '.join(groups)}"
    yield from (f"  but {exception}" for exception in person.exceptions)
    for role in person.roles:
        yield f"{_node(role)}: {_decided(role)}"
        yield from (f"  {_action(action)}{' (held)' * (action.id in role.held)}" for action in role.actions)
        yield from (f"  after {_action(action)}" for action in role.needs)
        yield from (f"  {finding.code} {finding.mapping or finding.login or ''}" for finding in role.findings)


def _node(role: RoleExplained) -> str:
    return role.role if role.node is None else f"{role.role} {role.node.id}"


def _decided(role: RoleExplained) -> str:
    return f"{role.decided.text} [{' '.join(role.decided.rules)}]"


def _action(action: Action) -> str:
    return f"{' '.join(action.verbs)} {action.subject.path or action.subject.login}"
