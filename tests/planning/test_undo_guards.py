"""What the guards and the seats of the file say to an undo, and what its plan is known by."""

from __future__ import annotations

import pytest

from reconciler.model.hierarchy import Role

from .test_undo import disabled, leave, ran, undo
from .world import World, mark


@pytest.fixture
def world(world: World) -> World:
    world.mapping("other")
    world.both("kim")
    world.both("lee", "other")
    return world


def test_a_removal_by_undo_counts_as_one_also_of_a_mapping_that_went(world: World) -> None:
    for key in ("new", "newer"):
        world.person(key, "field")
    run = ran(world)
    world.node("orphan", mark("orphan", "long gone"))
    world.mappings = [mapping for mapping in world.mappings if mapping.name != "field"]
    world.guards.update(max_removals="50%", max_removals_per_mapping="50%")
    made = undo(world, run)
    assert made.verbs == {"new": "disable", "newer": "disable"}
    judged = {(g.name, g.mapping): (g.measured, g.of, g.limit, g.passed) for g in made.plan.guards if g.measured}
    assert judged == {("max_removals", None): (2, 4, 2, True), ("max_removals_per_mapping", "field"): (2, 3, 1, False)}
    assert made.plan.refused
    world.guards["on_violation"] = "hold_removals"
    assert len(undo(world, run).plan.held) == 2


def test_an_admin_removed_by_undo_is_counted_against_those_left(world: World) -> None:
    world.mapping("admins", role=Role.ADMIN)
    world.person("root", "admins")
    world.both("keep", "admins")
    run = [item for item in ran(world) if item.role == "admin"]
    assert run[0].verbs == ("create",)
    for seat in world.seats.values():
        if seat.login.startswith("root"):
            seat.type = "administrator"
    leave(world, "root", "admins")
    made = undo(world, run)
    (left,) = [guard for guard in made.plan.guards if guard.name == "min_admins"]
    assert (left.measured, left.limit, left.passed) == (1, 2, False)


def test_the_forecast_gives_no_seat_beyond_those_bought(world: World) -> None:
    for key in ("ann", "bob"):
        world.both(key)
        leave(world, key)
    run = ran(world)
    world.members["field"] += ["ann", "bob"]
    world.technician_seats = 3
    made = undo(world, run)
    seats_ = made.plan.seats.technician
    assert (seats_.before, seats_.taken, seats_.after, seats_.without) == (2, 1, 3, ("bob@x.example",))
    assert [finding.code for finding in made.plan.findings] == ["no_seat"]


def test_nobody_whom_the_file_wants_loses_a_seat_they_could_not_get_back(world: World) -> None:
    """The file says by now that there are fewer seats than people: it would leave whoever is disabled without one."""
    world.person("new", "field")
    run = ran(world)
    world.technician_seats = 1
    made = undo(world, run)
    assert (made.verbs, made.left) == ({}, ["again new"])


def test_the_plan_has_a_digest_and_ids_of_the_run(world: World) -> None:
    run = disabled(world)
    made = undo(world, run)
    assert made.action("ann").id == run[0].id
    assert (made.plan.summary.enable, made.plan.summary.changes_total, made.plan.summary.unchanged) == (1, 1, 2)
    assert len(made.plan.digest) == 64
