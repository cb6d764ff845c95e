"""`on_violation: hold_removals`: the removals wait, the rest goes on, and nothing else is let through (§6)."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.model.hierarchy import NodeType, Role
from reconciler.model.mappings import Permit
from reconciler.model.plan import person_action_id, plan_digest
from reconciler.planning.holding import held_back

from .world import ADMINISTRATORS, TODAY, Outcome, World, id_of, mark


def leaving(*keys: str, on_violation: str = "hold_removals", **guards: Any) -> World:
    """A mapping that `keys` have left, with somebody who stays, somebody new and somebody renamed."""
    world = World(guards={"on_violation": on_violation, **guards}).mapping("field")
    world.both("kim")
    world.person("new", "field").person("ren", "field", name="Ren New").node("ren", mark("ren"))
    for key in keys:
        world.person(key).node(key, mark(key))
    return world


def held(made: Outcome) -> set[str]:
    ids = {action.id: (action.subject.login or "").split("@")[0] for action in made.plan.actions}
    return {ids[action_id] for action_id in made.plan.held}


ALL = {"a": "disable", "b": "disable", "ren": "update", "new": "create"}


@pytest.mark.parametrize(
    ("guards", "held_keys", "refused"),
    [
        ({"max_removals": 2}, set(), False),
        ({"max_removals": 1}, {"a", "b"}, False),
        ({"max_removals_per_mapping": 1}, {"a", "b"}, False),
        ({"max_removals": 1, "max_removals_per_mapping": 0}, {"a", "b"}, False),
        ({"max_removals": 1, "max_creates": 0}, set(), True),
        ({"max_creates": 0}, set(), True),
        ({"max_removals": 1, "on_violation": "refuse"}, set(), True),
    ],
)
def test_what_is_held(guards: dict[str, Any], held_keys: set[str], refused: bool) -> None:
    made = leaving("a", "b", **guards).plan()
    assert made.verbs == ALL, "the plan shows everything, held or not"
    assert held(made) == held_keys
    assert made.plan.refused is refused
    assert made.plan.digest == plan_digest(made.plan.actions), "made before guards hold anything"
    assert {action.id for action in made.plan.let_through} == {a.id for a in made.plan.actions} - set(made.plan.held)


def test_the_digest_does_not_tell_holding_from_refusing() -> None:
    digests = {
        leaving("a", "b", on_violation=how, max_removals=1).plan().plan.digest for how in ("refuse", "hold_removals")
    }
    assert len(digests) == 1


def test_seats_are_counted_without_the_removals() -> None:
    seats = leaving("a", "b", max_removals=1).plan().plan.seats.technician
    assert (seats.before, seats.freed, seats.taken, seats.after) == (4, 0, 1, 5)
    seats = leaving("a", "b", max_removals=2).plan().plan.seats.technician
    assert (seats.before, seats.freed, seats.taken, seats.after) == (4, 2, 1, 3)


def test_every_removal_is_held_whatever_mapping_it_is_of() -> None:
    world = leaving("a", "b", max_removals_per_mapping=1).mapping("desk")
    world.both("joe", "desk").description = ""
    world.seats[max(world.seats)].description = str(mark("joe", "desk"))
    world.person("leo").node("leo", mark("leo", "desk"), group="desk")
    assert held(world.plan()) == {"a", "b", "leo"}


def test_a_disabled_member_that_would_be_adopted_is_a_removal() -> None:
    world = leaving("a", max_removals=1)
    world.person("off", "field", enabled=False).node("off")
    made = world.plan()
    assert made.verbs["off"] == "adopt disable"
    assert held(made) == {"a", "off"}


def test_a_permit_is_counted_before_anything_is_held() -> None:
    world = leaving("a", "b", max_removals=1)
    listed = frozenset({person_action_id("technician", id_of("a"), None)})
    world.permits.append(Permit("max_removals", listed, None, TODAY, 99))
    made = world.plan()
    assert (held(made), made.plan.violations) == (set(), ())


@pytest.mark.parametrize(
    ("others", "names"),
    [({}, ["min_admins"]), ({"max_removals": 0, "max_removals_per_mapping": 0}, ["max_removals",
      "max_removals_per_mapping", "min_admins"])],
    ids=["alone", "beside every other guard about removals"],
)  # fmt: skip
def test_administrators_left_too_few(others: dict[str, Any], names: list[str]) -> None:
    world = leaving(min_admins=2, **others)
    world.mapping("boss", role=Role.ADMIN, node=False)
    world.group("boss", ADMINISTRATORS, NodeType.ADMINISTRATOR_GROUP)
    for key in ("al", "bo"):
        world.person(key, *(["boss"] if key == "al" else []))
        world.node(key, mark(key, "boss"), group="boss", type=NodeType.ADMINISTRATOR)
    made = world.plan()
    assert [guard.name for guard in made.plan.violations] == names
    assert held(made) == {"bo"}
    assert not made.plan.refused


def test_what_depends_on_a_held_action_is_held() -> None:
    """Nobody takes anything over from somebody who is disabled today; should they one day, they wait as well."""
    made = leaving("a", max_removals=0).plan().plan
    removal, *rest = made.actions
    assert removal.removal
    first, second = rest[0].model_copy(update={"depends_on": (removal.id,)}), rest[1]
    second = second.model_copy(update={"depends_on": (first.id,)})
    guards = leaving(max_removals=0).file().guards
    assert held_back([removal, first, second], made.guards, guards) == (removal.id, first.id, second.id)
    assert held_back([removal, rest[0], second], made.guards, guards) == (removal.id,)


def test_whoever_gets_no_seat_from_what_is_held_is_told_beside_everything_else() -> None:
    world = leaving("a", max_removals=0)
    world.technician_seats = 3
    world.person("guest", "field", guest=True)
    assert world.plan().codes == ["guest guest", "no_seat new"]
