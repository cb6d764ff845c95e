"""Technician seats, case by case (D22, D14, R64-R67): who comes first, who goes without, and what is said of it."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.model.hierarchy import Role

from .world import Outcome, Seat, World, mark


@pytest.fixture
def world() -> World:
    return World()


def off(world: World, key: str, group: str = "field", **said: Any) -> Seat:
    """Somebody to be enabled again."""
    return world.both(key, group, marker=mark(key, group, off=True), status="Disabled", **said)


def test_R66_seats_go_to_enables_then_creations_by_priority_then_login(world: World) -> None:
    world.mapping("field", priority=2).mapping("depot", priority=1)
    world.technician_seats = 5
    world.both("kim")
    world.node("stray")  # the whole account counts
    off(world, "zed", "field")
    for key, group in (("ann", "field"), ("bob", "depot"), ("cat", "depot"), ("abe", "field")):
        world.person(key, group)
    made = world.plan()
    assert made.verbs == {"zed": "enable", "bob": "create", "cat": "create"}
    assert made.codes == ["no_seat abe", "no_seat ann", "unmanaged stray"]
    assert not made.plan.has_errors
    assert made.plan.seats.technician.model_dump() == {
        "bought": 5, "before": 2, "freed": 0, "taken": 3, "after": 5, "without": ("abe@x.example", "ann@x.example"),
    }  # fmt: skip
    assert made.plan.summary.blocked == 2


def test_D4_whoever_has_no_seat_is_not_asked_for(world: World) -> None:
    world.mapping("field").mapping("depot")
    world.technician_seats = 2
    world.both("kim")
    ann, *_ = [off(world, key) for key in ("ann", "bea", "cat")]
    world.person("dora", "field", "depot").node("dora", mark("dora", off=True), status="Disabled")
    made = world.plan()
    assert (made.verbs, made.asked_for("details")) == ({"ann": "enable"}, {ann.id})
    assert made.codes == ["conflict dora", "no_seat bea", "no_seat cat", "no_seat dora"]
    world.technician_seats = 1
    assert world.plan().asked == []


def test_D4_without_a_seat_nobody_is_asked_for_whatever_else_was_read(world: World) -> None:
    """Kim is written, so whoever else has the login is read, who is disabled."""
    world.mapping("field").mapping("admins", role=Role.ADMIN)
    world.technician_seats = 1
    kim = world.both("kim", name="Old Name")
    namesake = world.node("kim", group="admins", status="Disabled")
    off(world, "ann")
    made = world.plan()
    assert made.asked_for("details") == {kim.id, namesake.id}
    assert made.verbs == {"kim": "update"}


def test_D4_whoever_may_get_a_seat_is_asked_for_together_with_everybody_else(world: World) -> None:
    world.mapping("field")
    world.technician_seats = 2
    kim = world.both("kim", name="Old Name")
    ann = off(world, "ann")
    assert [asked.details for asked in world.plan().asked] == [{kim.id, ann.id}]


def test_a_seat_somebody_in_trouble_cannot_take_goes_to_the_next(world: World) -> None:
    world.mapping("field")
    world.technician_seats = 2
    world.both("kim")
    for number in range(40):
        off(world, f"p{number:02}")
        if number < 39:
            seat = list(world.seats.values())[-1]
            world.told[seat.id] = seat.details()._replace(name="Somebody else")
    assert world.plan().verbs == {"p39": "enable"}


def test_a_disable_frees_a_seat_and_nobody_is_evicted(world: World) -> None:
    world.mapping("field")
    world.technician_seats = 2
    for key in ("kim", "lee", "max"):
        world.both(key)
    world.person("ann", "field").person("bob", "field")
    world.person("old", "field", enabled=False).node("old", mark("old"))
    made = world.plan()
    assert made.verbs == {"old": "disable"}
    world.technician_seats = 4
    made = world.plan()
    assert made.verbs == {"old": "disable", "ann": "create"}
    assert made.message("no_seat") == "not created: no technician seat is left of 4"


def test_administrators_and_disabled_technicians_use_no_seat(world: World) -> None:
    world.mapping("field").mapping("chiefs", role=Role.ADMIN)
    world.technician_seats = 2
    world.both("kim")
    world.person("boss2", "chiefs")
    world.node("past", status="Disabled")
    world.person("ann", "field")
    made = world.plan()
    assert made.verbs == {"ann": "create", "boss2": "create"}
    assert made.plan.seats.technician.taken == 1


@pytest.mark.parametrize(("status", "seats", "verbs"), [("Offline", 2, ["ann"]), ("Disabled", 2, ["ann"]),
                                                        ("Offline", 1, []), ("Disabled", 1, [])])  # fmt: skip
def test_D14_filling_an_enabled_blank_takes_no_seat(world: World, status: str, seats: int, verbs: list[str]) -> None:
    """The blank that is enabled has its seat already, and counts before."""
    world.mapping("field")
    world.technician_seats = seats
    world.both("kim")
    world.node("blank", login="", name="", status=status)
    world.person("ann", "field")
    made = world.plan()
    taken = made.plan.seats.technician
    if status == "Offline":  # two in use already: filled whatever was bought
        assert (list(made.verbs), taken.before, taken.taken, taken.after) == (["ann"], 2, 0, 2)
    else:
        assert (list(made.verbs), taken.taken) == (verbs, len(verbs))


def test_D14_a_blank_kept_for_somebody_without_a_seat_goes_to_the_next(world: World) -> None:
    world.mapping("field").mapping("depot", priority=1)
    world.technician_seats = 2
    world.both("kim")
    world.node("blank", login="", name="", status="Disabled", group="depot")
    world.person("ann", "field").person("zoe", "depot").person("yan", "depot")
    made = world.plan()
    assert made.verbs == {"yan": "create"}
    assert made.action("yan").subject.node_id is not None


def test_D14_enabled_blanks_are_filled_first(world: World) -> None:
    world.mapping("field")
    world.node("one", login="", name="", status="Disabled")
    enabled = world.node("two", login="", name="")
    world.person("ann", "field")
    assert world.plan().action("ann").subject.node_id == enabled.id


def test_D16_whoever_was_to_get_a_login_from_somebody_without_a_seat_does_not(world: World) -> None:
    world.mapping("field", upn_as_sso_id=True)
    world.technician_seats = 1
    world.both("kim", marker=mark("kim", sso="kim@x.example"), sso="kim@x.example")
    world.person("bob", "field", upn="new-bob@x.example")
    world.node("bob", mark("bob", sso="ann@x.example", off=True), status="Disabled", sso="ann@x.example")
    world.person("ann", "field", upn="ann@x.example")
    world.node("ann", mark("ann", sso="x", off=True), status="Disabled", sso="x")
    made = world.plan("full")
    assert made.verbs == {}
    assert sorted(code.split()[0] for code in made.codes) == ["no_seat", "no_seat"]


def test_D16_a_follower_that_needs_no_seat_is_dropped_with_the_giver(world: World) -> None:
    world.mapping("field", upn_as_sso_id=True)
    world.technician_seats = 1
    world.person("bob", "field", upn="new-bob@x.example")
    world.node("bob", mark("bob", sso="ann@x.example", off=True), status="Disabled", sso="ann@x.example")
    world.person("ann", "field", upn="ann@x.example")
    world.node("ann", mark("ann", sso="x"), sso="x")
    made = world.plan("full")
    assert made.verbs == {}
    assert made.codes == ["duplicate_sso ann", "no_seat bob"]


def test_D11_enabling_in_place_takes_a_seat_too(world: World) -> None:
    world.mapping("field").mapping("depot")
    world.technician_seats = 0
    world.person("ann", "field", "depot").node("ann", mark("ann", off=True), status="Disabled")
    made = world.plan()
    assert (made.verbs, made.codes) == ({}, ["conflict ann", "no_seat ann"])


# -- who comes first ---------------------------------------------------------------------------------------------------


def test_D4_whoever_was_not_read_yet_comes_before_creations_as_well(world: World) -> None:
    """The first to be read turns out to be in trouble; the next in the queue is an enable, not the creations."""
    world.mapping("field", priority=2).mapping("depot", priority=1)
    world.technician_seats = 2
    world.both("kim")
    ann = off(world, "ann")
    world.told[ann.id] = ann.details()._replace(name="Somebody else")
    off(world, "bea")
    world.person("cat", "depot").person("dora", "depot")
    made = world.plan()
    assert made.verbs == {"bea": "enable"}
    assert made.codes == ["no_seat cat", "no_seat dora", "reading_moved ann"]


@pytest.mark.parametrize("refresh", ["auto", "full"])
def test_R66_the_login_that_counts_is_the_one_they_will_have_read_or_not(world: World, refresh: Any) -> None:
    world.mapping("field")
    world.technician_seats = 2
    world.both("kim")
    off(world, "ann", login="zoe@x.example")
    off(world, "bea")
    made = world.plan(refresh)
    assert made.verbs == {"zoe": "enable update"}
    assert made.codes == ["no_seat bea"]


@pytest.mark.parametrize("refresh", ["auto", "full"])
def test_D10_without_full_sync_the_login_that_counts_is_the_one_they_keep(world: World, refresh: Any) -> None:
    world.mapping("field", full_sync=False)
    world.technician_seats = 2
    world.both("kim")
    off(world, "ann", login="zoe@x.example")
    off(world, "bea")
    made = world.plan(refresh)
    assert made.verbs == {"bea": "enable"}
    assert made.codes == ["no_seat zoe"]


@pytest.mark.parametrize("refresh", ["auto", "full"])
def test_R66_whoever_has_no_mapping_of_the_file_comes_last(world: World, refresh: Any) -> None:
    """Ann is marked for a mapping that is gone, and two mappings of equal priority want her now: enabled in place."""
    world.mapping("field", priority=7).mapping("depot", priority=7)
    world.technician_seats = 2
    world.both("kim")
    world.person("ann", "field", "depot")
    world.node("ann", mark("ann", "deleted", off=True), status="Disabled")
    bea = off(world, "bea")
    made = world.plan(refresh)
    assert made.verbs == {"bea": "enable"}
    assert made.codes == ["conflict ann", "no_seat ann"]
    assert [(f.mapping, f.login) for f in made.plan.findings if f.code == "no_seat"] == [(None, "ann@x.example")]
    del world.seats[bea.id], world.people["bea"]
    world.members["field"].remove("bea")
    assert world.plan(refresh).verbs == {"ann": "enable"}


# -- what is said of it ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("refresh", ["auto", "full"])
def test_whoever_gets_no_seat_is_told_what_was_not_done_and_by_which_mapping(world: World, refresh: Any) -> None:
    world.mapping("field").mapping("depot")
    world.technician_seats = 0
    off(world, "ann")
    world.person("new", "depot")
    made = world.plan(refresh)
    assert [(f.mapping, f.login, f.message) for f in made.plan.findings] == [
        ("depot", "new@x.example", "not created: no technician seat is left of 0"),
        ("field", "ann@x.example", "not enabled: no technician seat is left of 0"),
    ]
    assert made.plan.seats.technician.without == ("ann@x.example", "new@x.example")
    assert made.plan.summary.blocked == 2


def test_D16_whoever_gets_a_login_from_somebody_with_a_seat_is_not_touched_by_those_without(world: World) -> None:
    """One SSO ID is handed over by somebody who stays, another by somebody without a seat: only the latter waits."""
    world.mapping("field", upn_as_sso_id=True)
    world.technician_seats = 4

    def has(key: str, sso: str, **said: Any) -> None:
        off_ = said.get("status") == "Disabled"
        world.node(key, mark(key, sso=sso, off=off_), sso=sso, **said)

    for key, upn in (("ann", "ann"), ("bob", "bob2"), ("cat", "cat"), ("dan", "dan2")):
        world.person(key, "field", upn=f"{upn}@x.example")
    has("ann", "x")
    has("bob", "ann@x.example")  # gives it to ann
    has("cat", "y")
    has("dan", "cat@x.example", status="Disabled")  # would give it to cat
    made = world.plan("full")
    assert made.verbs == {"bob": "update", "ann": "update", "dan": "enable update", "cat": "update"}
    world.technician_seats = 3
    made = world.plan("full")
    assert made.verbs == {"bob": "update", "ann": "update"}
    assert made.codes == ["duplicate_sso cat", "no_seat dan"]
    assert made.action("ann").depends_on == (made.action("bob").id,)


def holding(world: World, *, bought: int | None) -> Outcome:
    """Three removals that a guard holds, one person to enable and one to create; kim stays."""
    world.guards = {"max_removals": 0, "on_violation": "hold_removals"}
    world.mapping("field", priority=1).mapping("depot", priority=2)
    world.technician_seats = bought
    world.both("kim")
    for key in ("old", "past", "gone"):
        world.person(key, "field", enabled=False).node(key, mark(key))
    world.person("new", "field")
    off(world, "zed", "depot")
    return world.plan("full")


@pytest.mark.parametrize(
    ("bought", "after", "without"),
    [
        (None, 6, []),
        (6, 6, []),
        (5, 5, ["new"]),  # enables come first, whatever the priority
        (4, 4, ["zed", "new"]),
        (3, 4, ["zed", "new"]),  # nobody is evicted
    ],
    ids=str,
)
def test_R67_seats_while_removals_are_held(world: World, bought: int | None, after: int, without: list[str]) -> None:
    made = holding(world, bought=bought)
    seats = made.plan.seats.technician
    assert sorted(made.verbs) == ["gone", "new", "old", "past", "zed"], "held, not dropped"
    assert (seats.bought, seats.before, seats.freed, seats.taken, seats.after) == (bought, 4, 0, after - 4, after)
    assert [login.partition("@")[0] for login in seats.without] == without
    assert made.codes == sorted(f"no_seat {key}" for key in without)


def test_R67_whoever_is_without_a_seat_is_told_so_while_removals_are_held(world: World) -> None:
    made = holding(world, bought=4)
    assert [(f.mapping, f.message) for f in made.plan.findings] == [
        ("depot", "not enabled: no technician seat is left of 4"),
        ("field", "not created: no technician seat is left of 4"),
    ]
