"""What an undo forecasts of seats and licences, what its guards are counted of, and how its actions are told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.model.directory import UnreadGroup
from reconciler.model.hierarchy import Role
from reconciler.model.marker import Licence
from reconciler.model.plan import ActionOutcome

from .test_undo import leave, ran, undo
from .world import World, group_id, id_of, mark


@pytest.fixture
def world(world: World) -> World:
    """A file that awards licences."""
    world.mappings[0] = replace(world.mappings[0], mobile_license="award")
    world.both("kim", marker=mark("kim", m=Licence.GIVEN), mobile=True)
    return world


def three_left(world: World) -> list[ActionOutcome]:
    """Ann, Bob and Cat, who had licences, were disabled by mistake."""
    for key in ("ann", "bob", "cat"):
        world.both(key, marker=mark(key, m=Licence.GIVEN), mobile=True)
    for key in ("ann", "bob", "cat"):
        leave(world, key)
    run = ran(world)
    assert [item.verbs for item in run] == [("disable",)] * 3
    world.members["field"] += ["ann", "bob", "cat"]
    return run


ANN, BOB, CAT = "ann@x.example", "bob@x.example", "cat@x.example"


@pytest.mark.parametrize(
    ("bought", "taken", "without"),
    [
        (None, 3, ()),
        (4, 3, ()),
        (3, 2, (CAT,)),
        (1, 0, (ANN, BOB, CAT)),
        (0, 0, (ANN, BOB, CAT)),
    ],
)
def test_D22_of_those_to_be_enabled_as_many_as_there_are_seats(
    world: World, bought: int | None, taken: int, without: tuple[str, ...]
) -> None:
    run = three_left(world)
    world.technician_seats = bought
    made = undo(world, run)
    assert made.verbs == {"ann": "enable update", "bob": "enable update", "cat": "enable update"}
    assert made.plan.summary.enable == 3
    assert made.plan.seats.technician.model_dump() == {
        "bought": bought, "before": 1, "freed": 0, "taken": taken, "after": 1 + taken, "without": without,
    }  # fmt: skip
    assert [(f.code, f.mapping, f.login, f.message) for f in made.plan.findings] == [
        ("no_seat", "field", login, f"all {bought} technician seats are in use") for login in without
    ]


def test_D22_whom_the_undo_disables_frees_a_seat_for_whom_it_enables(world: World) -> None:
    world.both("ann", marker=mark("ann", m=Licence.GIVEN), mobile=True)
    world.person("new", "field")
    leave(world, "ann")
    run = ran(world)
    world.members["field"].append("ann")
    leave(world, "new")
    world.technician_seats = 2
    seats = undo(world, run).plan.seats.technician
    assert (seats.before, seats.freed, seats.taken, seats.after, seats.without) == (2, 1, 1, 2, ())


@pytest.mark.parametrize(
    ("bought", "taken", "without"), [(None, 3, ()), (4, 3, ()), (3, 2, (CAT,)), (0, 0, (ANN, BOB, CAT))]
)
def test_D22_as_many_licences_go_back_as_the_file_may_award(
    world: World, bought: int | None, taken: int, without: tuple[str, ...]
) -> None:
    run = three_left(world)
    world.mobile_seats = bought
    made = undo(world, run)
    assert made.plan.seats.mobile.model_dump() == {
        "bought": bought, "before": 1, "freed": 0, "taken": taken, "after": 1 + taken, "without": without,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("said", "mobile", "held"),
    [
        (Licence.GIVEN, True, True),
        (Licence.GIVEN, False, False),
        (Licence.NOT_GIVEN, True, False),
        (Licence.NOT_GIVEN, False, False),
    ],
)
def test_D22_a_licence_counts_where_the_marker_says_so_and_no_reading_denies_it(
    world: World, said: Licence, mobile: bool, held: bool
) -> None:
    """Ann is read, as her name goes back; of Kim and Lee their markers are believed."""
    world.both("lee", marker=mark("lee", m=Licence.NOT_GIVEN), mobile=True)
    world.mappings[0] = replace(world.mappings[0], mobile_license="keep")
    world.both("ann", marker=mark("ann", m=said), name="Ann Old", mobile=mobile)
    run = [
        item.model_copy(update={"changes": tuple(c for c in item.changes if c.field == "name")})
        for item in ran(world, applied=False)
        if item.subject.entra_id == id_of("ann")
    ]
    next(seat for seat in world.seats.values() if seat.login == ANN).name = "Ann"
    world.people["ann"] = world.people["ann"]._replace(name="Ann Old")
    made = undo(world, run)
    assert made.changes("ann") == {"name": ("Ann", "Ann Old")}
    assert made.plan.seats.mobile.before == 1 + held


def test_a_licence_the_file_would_award_again_stays_also_where_none_is_left(world: World) -> None:
    world.both("ann", marker=mark("ann", m=Licence.NOT_GIVEN))
    run = ran(world)
    assert run[0].verbs == ("update",)
    world.mobile_seats = 0
    made = undo(world, run)
    assert (made.verbs, made.left) == ({}, ["again ann"])


@pytest.mark.parametrize("written", [False, True])
def test_administrators_are_judged_where_an_undo_writes_one(world: World, written: bool) -> None:
    world.guards.update(max_removals=5)
    world.mapping("admins", role=Role.ADMIN)
    world.both("root", "admins")
    if written:
        world.person("new", "admins")
    world.person("tech", "field")
    run = ran(world)
    for key, group in (("new", "admins"), ("tech", "field")):
        if key in world.members[group]:
            leave(world, key, group)
    made = undo(world, run)
    assert made.verbs == {"tech": "disable", **({"new": "disable"} if written else {})}
    assert {verdict.role for verdict in made.plan.guards} == {"technician", *(["admin"] if written else [])}


def test_an_action_is_told_as_what_it_takes_back(world: World) -> None:
    """Its id is that of the action of the run, and the rest as the file and Rescue have it now."""
    world.mapping("other")
    world.both("ann", name="Ann Old")
    leave(world, "ann")
    world.members["other"].append("ann")
    run = [
        item.model_copy(update={"id": "0123456789abcdef"})
        for item in ran(world)
        if item.subject.entra_id == id_of("ann")
    ]
    leave(world, "ann", "other")
    world.person("ann", "field", name="Ann Old")
    action = undo(world, run).action("ann")
    assert (action.id, action.mapping, action.line) == ("0123456789abcdef", "other", 20)
    assert action.subject.name == "Ann Old"
    assert action.reason == "undoes: update+move (direct member of other)"


def test_who_keeps_their_name_is_called_by_it(world: World) -> None:
    run = three_left(world)
    assert [action.subject.name for action in undo(world, run).plan.actions] == ["Ann", "Bob", "Cat"]


def test_frozen_mappings_are_counted(world: World) -> None:
    world.mapping("other")
    world.unread["other"] = UnreadGroup(group_id("other"), "other", "the group could not be read")
    assert undo(world, []).plan.summary.frozen_mappings == 1
