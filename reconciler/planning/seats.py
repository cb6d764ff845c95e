"""Technician seats: who may be enabled or created while there are seats (D22, R64, R66).

Everybody who is enabled takes one, whoever they are, so the whole account is counted. Disables free seats before
anybody takes one. Seats go to enables, then to creations, by priority, then login; nobody is evicted.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from reconciler.model.hierarchy import Tree
from reconciler.model.mappings import Mapping
from reconciler.model.plan import Action, Finding, SeatCount, make_finding
from reconciler.model.text import sort_key
from reconciler.planning.blanks import Filled, fill_blanks
from reconciler.planning.decisions import Decisions, Seeker
from reconciler.planning.handovers import report_in_vain
from reconciler.planning.people import People

LAST = sys.maxsize
"""The priority of whoever has no mapping of the file."""


class Seated(NamedTuple):
    """The actions there are seats for, and who is left without one."""

    filled: tuple[Filled, ...]
    """By role."""
    without: tuple[str, ...] = ()
    """Logins."""
    findings: tuple[Finding, ...] = ()
    blocked: frozenset[str] = frozenset()
    """Object ids."""


def seat_technicians(decided: Sequence[Decisions], settled: Sequence[Sequence[Action]]) -> Seated:
    """Puts creations into half-made nodes and drops whatever there is no seat for. Both by role, technicians first.

    Whoever was to get a login from somebody dropped is dropped as well, and reported. Of people to be enabled of whom
    nothing was read yet those are asked for who may get a seat, and the rest is told that there is none.
    """
    filled = tuple(map(fill_blanks, decided, settled))
    technicians, actions = decided[0], filled[0].actions
    people = technicians.people
    bought = people.mappings.technician_seats
    if bought is None:
        return Seated(filled)
    free = max(0, bought - technicians.tree.enabled_technicians + sum(action.frees_seat for action in actions))
    waiting: list[Action | Seeker] = [action for action in actions if action.takes_seat]
    waiting += technicians.seekers
    waiting.sort(key=_rank(people.mappings.mappings))
    seeking = waiting[: free + _in_vain(people, actions) if free else 0]
    seeking_nodes = {one.node.id for one in seeking if isinstance(one, Seeker)}
    if seeking_nodes:
        people.questions.details |= seeking_nodes
        return Seated(filled)
    beyond = waiting[free:]
    dropped = {one.id for one in beyond if isinstance(one, Action)}
    if dropped:
        _drop_followers(decided, [action for item in filled for action in item.actions], dropped)
        # Once more, for a half-made node kept for somebody dropped goes to the next in that group.
        left = [[action for action in role if action.id not in dropped] for role in settled]
        filled = tuple(map(fill_blanks, decided, left))
    return Seated(
        filled,
        tuple(_login(one) for one in beyond),
        tuple(_no_seat(one, bought) for one in beyond),
        frozenset(_entra_id(one) for one in beyond),
    )


def count_technicians(
    tree: Tree, actions: Iterable[Action], bought: int | None, without: Sequence[str] = ()
) -> SeatCount:
    """The forecast. What was bought may be less than what is in use: nobody is evicted."""
    before = tree.enabled_technicians
    freed = taken = 0
    for action in actions:
        freed += action.frees_seat
        taken += action.takes_seat
    return SeatCount(
        bought=bought, before=before, freed=freed, taken=taken, after=before - freed + taken, without=tuple(without)
    )


def recount_technicians(
    decisions: Decisions, going: Sequence[Action], seated: Seated
) -> tuple[SeatCount, list[Finding]]:
    """The forecast for the actions that go on while a guard holds removals back, and whom that leaves without a seat.

    They stay in the plan, as the removals do; apply counts the seats that are free when it comes to them (§6, R67).
    """
    bought, tree = decisions.people.mappings.technician_seats, decisions.tree
    if bought is None:
        return count_technicians(tree, going, None), []
    rank = _rank(decisions.people.mappings.mappings)
    waiting = sorted((action for action in going if action.takes_seat), key=rank)
    beyond = waiting[max(0, bought - tree.enabled_technicians) :]  # no seat is freed: every removal is held
    without = (*seated.without, *(_login(action) for action in beyond))
    dropped = {action.id for action in beyond}
    fitting = [action for action in going if action.id not in dropped]
    return count_technicians(tree, fitting, bought, without), [_no_seat(action, bought) for action in beyond]


def rank_by_priority(mappings: Iterable[Mapping]) -> Callable[[Action], tuple[int, str, str]]:
    """Whoever comes first where there is not enough for all: by priority, then login (D22)."""
    priorities: dict[str | None, int] = {mapping.name: mapping.priority for mapping in mappings}

    def rank(action: Action) -> tuple[int, str, str]:
        login = str(action.after("login") or action.subject.login)
        return priorities.get(action.mapping, LAST), sort_key(login), action.id

    return rank


def _drop_followers(decided: Sequence[Decisions], actions: Sequence[Action], dropped: set[str]) -> None:
    """Adds to `dropped` whoever depends on somebody in it, and reports them."""
    node_of = {action.subject.node_id: action.id for action in actions if action.subject.node_id is not None}
    following = [action for action in actions if action.depends_on and action.id not in dropped]
    while in_vain := [action for action in following if dropped & set(action.depends_on)]:
        for action in in_vain:
            decisions = next(decisions for decisions in decided if action.id in decisions.needs)
            need = next(need for need in decisions.needs[action.id] if node_of.get(need.node) in dropped)
            report_in_vain(decisions, action, need)
        dropped |= {action.id for action in in_vain}
        following = [action for action in following if action.id not in dropped]


def _rank(mappings: Iterable[Mapping]) -> Callable[[Action | Seeker], tuple[bool, int, str, str]]:
    """Enables before creations, then as `rank_by_priority` has it."""
    of_action = rank_by_priority(mappings)

    def rank(one: Action | Seeker) -> tuple[bool, int, str, str]:
        if isinstance(one, Action):
            return ("enable" not in one.verbs, *of_action(one))
        return False, one.mapping.priority if one.mapping else LAST, sort_key(one.login), one.entra_id

    return rank


def _in_vain(people: People, actions: Iterable[Action]) -> int:
    """How many disabled people were read and are left as they are.

    So many more are asked for at once, so that a queue of people in trouble takes few rounds.
    """
    written = {action.subject.node_id for action in actions}
    records = people.readings.details.items()
    return sum(record is not None and not record.enabled and node not in written for node, record in records)


def _no_seat(one: Action | Seeker, bought: int) -> Finding:
    what = "created" if isinstance(one, Action) and "create" in one.verbs else "enabled"
    mapping = one.mapping if isinstance(one, Action) else one.mapping.name if one.mapping else None
    message = f"not {what}: no technician seat is left of {bought}"
    return make_finding("no_seat", message, mapping=mapping, login=_login(one))


def _login(one: Action | Seeker) -> str:
    return one.node.login if isinstance(one, Seeker) else one.subject.login or ""


def _entra_id(one: Action | Seeker) -> str:
    return one.entra_id if isinstance(one, Seeker) else one.subject.entra_id or ""
