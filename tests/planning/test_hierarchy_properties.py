"""Whatever Entra nests in what: applied and planned again, nothing is left, and nobody loses access by a reordering."""

from __future__ import annotations

import random

import pytest

from reconciler.model.plan import Plan

from .world import World, mark

WORLDS = 120
GROUPS = ("a", "b", "c", "d", "e", "f")
NAMES = ("One", "Two", "one", "Three", "Four", "One")


def some_world(seed: int) -> World:
    dice = random.Random(seed)  # noqa: S311
    world = World()
    for index, name in enumerate(("field", "desk")[: dice.choice((1, 2))]):
        world.mapping(
            name,
            node=dice.random() < 0.8,
            nested=dice.choice(("mirror", "mirror", "flatten", "direct")),
            create_group=dice.random() < 0.7,
            permissions_from=("source",),
            priority=dice.choice((100, 100 + index)),
        )
    world.group("source")
    tops = [mapping.name for mapping in world.mappings]
    for outer in (*tops, *GROUPS):
        for inner in dice.sample((*GROUPS, *tops), dice.choice((0, 1, 1, 2, 3))):
            world.nest(outer, **{inner: dice.choice(NAMES) if inner not in tops else inner})
    for group in GROUPS:
        world.members.setdefault(group, [])
    for number in range(12):
        world.person(
            f"p{number}", *dice.sample((*GROUPS, *tops), dice.choice((0, 1, 1, 2))), enabled=dice.random() < 0.9
        )
    for number in range(0, 12, 3):
        places = list(world.group_nodes.values())
        world.node(f"p{number}", mark(f"p{number}", dice.choice(tops)), parent=dice.choice(places).id)
    return world


def shape(plan: Plan) -> list[tuple[object, ...]]:
    return [(action.id, action.verbs, action.group.after, action.reason) for action in plan.actions]


@pytest.mark.parametrize("seed", range(WORLDS))
def test_applied_and_planned_again_nothing_is_left(seed: int) -> None:
    world = some_world(seed)
    first = world.plan().plan
    assert len({action.id for action in first.actions}) == len(first.actions)
    made: set[str] = set()
    for action in first.actions:
        assert set(action.depends_on) <= made, "whoever others depend on comes first"
        made.add(action.id)
        if action.group_id is not None and action.group_id < 0 and "create_group" not in action.verbs:
            assert action.depends_on
    blocked = {finding.code for finding in first.findings if finding.severity == "error"}
    world.apply(first.actions)
    second = world.plan().plan
    if "frozen" not in blocked:
        assert second.actions == ()
    third = world.plan().plan
    assert shape(third) == shape(second)


@pytest.mark.parametrize("seed", range(0, WORLDS, 4))
def test_the_order_of_what_was_read_means_nothing(seed: int) -> None:
    world = some_world(seed)
    before = world.plan().plan
    dice = random.Random(seed + 1)  # noqa: S311
    for key, inner in world.nested.items():
        world.nested[key] = tuple(dice.sample(inner, len(inner)))
    for members in world.members.values():
        dice.shuffle(members)
    dice.shuffle(world.inner)
    dice.shuffle(world.mappings)
    after = world.plan().plan
    assert shape(after) == shape(before)
    assert after.digest == before.digest
    assert after.findings == before.findings
