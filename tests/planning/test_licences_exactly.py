"""Mobile licences to the word and to the one (D22): who is told what, and who is counted as what."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.model.marker import Licence
from reconciler.model.plan import SeatCount, person_action_id
from reconciler.planning.licences import rank_awards

from .test_licences import AWARD, GIVEN, NOT_GIVEN, REFUSED, RELEASE, holder, licence
from .world import Outcome, World, id_of, mark

AGAIN = "no mobile licence: Rescue refused it; tried again with --refresh full, or once a licence is released"


@pytest.fixture
def world() -> World:
    return World()


def taken(bought: int, waiting: int = 0) -> str:
    rest = f" or wait for {waiting} whom Rescue refused" if waiting else ""
    return f"no mobile licence: all {bought} this file may award (rescue.mobile_seats) are taken{rest}"


def told(made: Outcome) -> dict[str, str]:
    return {(f.login or "").split("@")[0]: f.message for f in made.plan.findings if f.code == "no_mobile_seat"}


# seats, what the markers of ann, bea, cat and dora say -> what each is told
WAITING: dict[str, tuple[int | None, list[Licence], dict[str, str]]] = {
    "none may be awarded": (0, [NOT_GIVEN, REFUSED], {"ann": taken(0), "bea": taken(0)}),
    "all are taken": (1, [GIVEN, NOT_GIVEN], {"bea": taken(1)}),
    "the refused keep their place": (1, [REFUSED, NOT_GIVEN], {"ann": AGAIN, "bea": taken(1, 1)}),
    "of the refused only as many as there are places": (
        1,
        [REFUSED, REFUSED, NOT_GIVEN],
        {"ann": AGAIN, "bea": taken(1, 1), "cat": taken(1, 1)},
    ),
    "each of them one": (
        2,
        [REFUSED, REFUSED, NOT_GIVEN, REFUSED],
        {"ann": AGAIN, "bea": AGAIN, "cat": taken(2, 2), "dora": taken(2, 2)},
    ),
    "and whoever gets one another": (2, [NOT_GIVEN, REFUSED, NOT_GIVEN], {"bea": AGAIN, "cat": taken(2, 1)}),
    "enough for all": (None, [REFUSED, NOT_GIVEN], {"ann": AGAIN}),
}


@pytest.mark.parametrize("case", WAITING)
def test_whoever_waits_is_told_for_what(world: World, case: str) -> None:
    bought, markers, expected = WAITING[case]
    world.mapping("field", **AWARD)
    world.mobile_seats = bought
    for key, m in zip(("ann", "bea", "cat", "dora"), markers, strict=False):
        holder(world, key, m=m)
    made = world.plan()
    assert told(made) == expected
    assert {f.mapping for f in made.plan.findings} == {"field"}
    assert [login.partition("@")[0] for login in made.plan.seats.mobile.without] == list(expected)


@pytest.mark.parametrize(
    ("markers", "awarded"),
    [
        ([NOT_GIVEN, REFUSED], {"ann", "bea"}),
        ([REFUSED, REFUSED], {"ann"}),
        ([REFUSED, NOT_GIVEN, REFUSED], {"ann", "bea"}),
    ],
)
def test_a_licence_released_tries_one_refused_person_again_beside_those_never_refused(
    world: World, markers: list[Licence], awarded: set[str]
) -> None:
    world.mapping("field", **AWARD)
    world.person("old", "field", enabled=False).node("old", mark("old", m=GIVEN), mobile=True)
    for key, m in zip(("ann", "bea", "cat"), markers, strict=False):
        holder(world, key, m=m)
    made = world.plan()
    assert {key for key in made.verbs if key != "old"} == awarded


def held(world: World, **said: Any) -> SeatCount:
    """A removal that a guard holds, somebody whose licence is released all the same, and two who want one."""
    world.guards = {"max_removals": 0, "on_violation": "hold_removals"}
    world.mapping("field", **AWARD, priority=2).mapping("depot", **RELEASE).mapping("desk", **AWARD, priority=1)
    world.person("old", "field", enabled=False).node("old", mark("old", m=GIVEN), mobile=True)
    holder(world, "rex", "depot")
    holder(world, "ann", m=NOT_GIVEN)
    holder(world, "zoe", "desk", m=NOT_GIVEN)
    world.mobile_seats = said["bought"]
    made = world.plan()
    assert made.verbs == {"old": "disable", "rex": "update", "ann": "update", "zoe": "update"}
    return made.plan.seats.mobile


@pytest.mark.parametrize(
    ("bought", "taken", "without"),
    [(None, 2, ()), (3, 2, ()), (2, 1, ("ann@x.example",))],
    ids=["no limit", "room for both", "what is held is not free"],
)
def test_R67_what_is_held_back_stays_taken_and_what_is_released_is_free(
    world: World, bought: int | None, taken: int, without: tuple[str, ...]
) -> None:
    seats = held(world, bought=bought)
    assert seats == SeatCount(bought=bought, before=2, freed=1, taken=taken, after=1 + taken, without=without)


def test_R67_more_in_use_than_may_be_awarded_gives_nobody_one_while_removals_are_held(world: World) -> None:
    world.guards = {"max_removals": 0, "on_violation": "hold_removals"}
    world.mapping("field", **AWARD)
    for key in ("old", "past", "gone"):
        world.person(key, "field", enabled=False).node(key, mark(key, m=GIVEN), mobile=True)
    for key in ("ann", "bea"):
        holder(world, key, m=NOT_GIVEN)
    world.mobile_seats = 2
    made = world.plan()
    assert made.plan.seats.mobile == SeatCount(
        bought=2, before=3, freed=0, taken=0, after=3, without=("ann@x.example", "bea@x.example")
    )


def test_an_award_alone_is_an_action_with_everything_a_reader_needs(world: World) -> None:
    world.mapping("field", **AWARD)
    seat = holder(world, "ann", m=NOT_GIVEN)
    action = world.plan().action("ann")
    subject = action.subject
    assert (action.verbs, action.role, action.mapping, action.line) == (("update",), "technician", "field", 10)
    assert (action.reason, action.removal) == ("direct member of field", False)
    assert (subject.node_id, subject.login, subject.name) == (seat.id, "ann@x.example", "Ann")
    assert (action.group.before, action.group.after) == ("field", "field")


def test_whoever_is_in_sync_but_for_their_licence_is_not_unchanged(world: World) -> None:
    world.mapping("field", **AWARD).mapping("depot", **RELEASE)
    holder(world, "rex", "depot")
    holder(world, "cat")
    for key in ("ann", "bea"):
        holder(world, key, m=NOT_GIVEN)
    summary = world.plan().plan.summary
    assert (summary.unchanged, summary.update, summary.changes_total) == (1, 3, 3)


def test_only_awards_are_ranked_by_priority_then_login(world: World) -> None:
    world.mapping("field", **AWARD, priority=2).mapping("depot", **RELEASE, priority=1).mapping("desk", priority=3)
    holder(world, "rex", "depot")
    holder(world, "zoe", m=NOT_GIVEN)
    world.person("ann", "field").person("new", "desk")
    plan = world.plan().plan
    logins = {action.id: action.subject.login for action in plan.actions}
    assert [logins[id_] for id_ in rank_awards(plan.actions, world.mappings)] == ["ann@x.example", "zoe@x.example"]


# what the marker says of a mapping that went, or of one that is there -> what it says once they are disabled
LEFT: dict[str, tuple[str, dict[str, Any], Licence | None, str | None]] = {
    "gone, given": ("deleted", {}, GIVEN, "-m"),
    "gone, refused": ("deleted", {}, REFUSED, "-m"),
    "gone, never managed": ("deleted", {}, None, None),
    "awards": ("field", AWARD, GIVEN, "-m"),
    "awards, and nobody had looked yet": ("field", AWARD, None, "-m"),
    "releases": ("field", RELEASE, None, "-m"),
    "keeps": ("field", {"mobile_license": "keep"}, GIVEN, None),
    "awards without full sync": ("field", {**AWARD, "full_sync": False}, None, None),
}


@pytest.mark.parametrize("case", LEFT)
def test_D3_what_the_marker_of_a_leaver_says_of_the_licence(world: World, case: str) -> None:
    mapping, said, before, after = LEFT[case]
    world.mapping("field", **said).mapping("desk").both("kim", "desk")
    world.person("stays", "field").person("ann", enabled=False)
    world.node("ann", mark("ann", mapping, m=before), mobile=True)
    made = world.plan()
    assert made.verbs["ann"] == "disable"
    assert licence(made, "ann") == (False, after)


def test_each_of_several_in_sync_of_whom_the_readings_differ_counts_as_blocked(world: World) -> None:
    world.mapping("field", **AWARD)
    for key in ("ann", "bea"):
        seat = holder(world, key, m=NOT_GIVEN)
        world.told[seat.id] = seat.details()._replace(name="Somebody")
    made = world.plan()
    assert made.codes == ["reading_moved ann", "reading_moved bea"]
    assert made.plan.summary.blocked == 2


def test_D3_an_award_on_one_of_two_nodes_of_a_marker_is_an_action_of_that_node(world: World) -> None:
    world.mapping("field", **AWARD)
    theirs = holder(world, "ann", m=NOT_GIVEN)
    world.node("ann", mark("ann", m=NOT_GIVEN), login="other@x.example")
    action = world.plan().action("ann")
    assert action.subject.node_id == theirs.id
    assert action.id == person_action_id("technician", id_of("ann"), theirs.id, twice=True)
