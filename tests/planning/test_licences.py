"""Mobile licences and technician seats, case by case (D22, D3, D4, D8, D9, D10, R33, R64-R70)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reconciler.model.hierarchy import Role
from reconciler.model.marker import Licence
from reconciler.planning.licences import rank_awards

from .world import Outcome, Seat, World, mark

GIVEN, NOT_GIVEN, REFUSED = Licence.GIVEN, Licence.NOT_GIVEN, Licence.REFUSED
AWARD: dict[str, Any] = {"mobile_license": "award"}
RELEASE: dict[str, Any] = {"mobile_license": "release"}


@pytest.fixture
def world() -> World:
    return World()


def holder(world: World, key: str, group: str = "field", m: Any = GIVEN, **said: Any) -> Seat:
    """Somebody in sync on both sides who has a licence, unless `m` says otherwise."""
    off = said.pop("off", False)
    return world.both(key, group, marker=mark(key, group, m=m, off=off), **{"mobile": m is GIVEN, **said})


def licence(made: Outcome, key: str) -> tuple[Any, Any]:
    """(the flag's new value, what the marker says after), each None where the action leaves it."""
    changes = made.changes(key)
    text = str(changes["description"][1]) if "description" in changes else ""
    said = next((m.value for m in Licence if m.value in text.partition("#")[2]), None)
    return (changes["mobile_license"][1] if "mobile_license" in changes else None), said


def without(made: Outcome) -> list[str]:
    return [login.split("@")[0] for login in made.plan.seats.mobile.without]


# -- awarding ---------------------------------------------------------------------------------------------------------


def test_whoever_an_awarding_mapping_has_gets_a_licence(world: World) -> None:
    world.mapping("field", **AWARD)
    world.both("ann")
    world.person("new", "field")
    world.person("ada", "field").node("ada")
    world.both("bea", marker=mark("bea", off=True, m=NOT_GIVEN), status="Disabled")
    made = world.plan()
    assert made.verbs == {"ann": "update", "ada": "adopt update", "bea": "enable update", "new": "create"}
    assert {key: licence(made, key) for key in ("ann", "ada", "bea", "new")} == dict.fromkeys(
        ("ann", "ada", "bea", "new"), (True, "+m")
    )
    assert made.changes("ann")["mobile_license"] == (False, True)
    assert made.changes("new")["mobile_license"] == (None, True)
    assert made.plan.seats.mobile.model_dump() == {
        "bought": None, "before": 0, "freed": 0, "taken": 4, "after": 4, "without": (),
    }  # fmt: skip


def test_D4_whoever_has_what_the_mapping_wants_is_not_asked_for(world: World) -> None:
    world.mapping("field", **AWARD).mapping("depot", **RELEASE)
    world.mobile_seats = 1
    holder(world, "ann")
    holder(world, "bea", m=NOT_GIVEN)
    holder(world, "cat", m=REFUSED)
    holder(world, "dora", "depot", m=NOT_GIVEN)
    made = world.plan()
    assert (made.asked, made.plan.actions, made.plan.summary.unchanged) == ([], (), 4)
    assert made.codes == ["no_mobile_seat bea", "no_mobile_seat cat"]
    assert without(made) == ["bea", "cat"]
    assert not made.plan.has_errors


def test_holders_keep_theirs_then_priority_then_login(world: World) -> None:
    world.mapping("field", **AWARD, priority=1).mapping("depot", **AWARD, priority=2)
    world.mobile_seats = 3
    holder(world, "zoe", "depot")
    for key in ("bob", "ann", "cat"):
        holder(world, key, m=NOT_GIVEN)
    holder(world, "abe", "depot", m=NOT_GIVEN)
    made = world.plan()
    assert sorted(made.verbs) == ["ann", "bob"]
    assert without(made) == ["cat", "abe"]
    assert made.codes == ["no_mobile_seat abe", "no_mobile_seat cat"]
    seats = made.plan.seats.mobile
    assert (seats.bought, seats.before, seats.taken, seats.after) == (3, 1, 2, 3)
    assert made.asked_for("details") == {world_id(world, "ann"), world_id(world, "bob")}


def world_id(world: World, key: str) -> int:
    return next(seat.id for seat in world.seats.values() if seat.login == f"{key}@x.example")


def test_awards_are_tried_in_the_order_in_which_they_were_given(world: World) -> None:
    world.mapping("field", **AWARD, priority=2).mapping("depot", **AWARD, priority=1)
    holder(world, "ann", m=NOT_GIVEN)
    holder(world, "zoe", "depot", m=NOT_GIVEN)
    holder(world, "bob", "depot", m=NOT_GIVEN)
    made = world.plan()
    ranked = rank_awards(made.plan.actions, world.mappings)
    assert ranked == tuple(made.action(key).id for key in ("bob", "zoe", "ann"))


def test_nobody_who_has_one_loses_it_to_the_limit(world: World) -> None:
    world.mapping("field", **AWARD)
    world.mobile_seats = 1
    holder(world, "ann")
    holder(world, "bea")
    holder(world, "cat", m=NOT_GIVEN)
    made = world.plan()
    assert made.plan.actions == ()
    assert (made.plan.seats.mobile.before, made.plan.seats.mobile.after) == (2, 2)
    assert without(made) == ["cat"]


@pytest.mark.parametrize(("seats", "expected"), [(1, (None, "+m")), (0, (None, "+m"))])
def test_whoever_had_one_before_the_mapping_awarded_is_a_holder(world: World, seats: int, expected: Any) -> None:
    world.mapping("field", **AWARD)
    world.mobile_seats = seats
    world.both("ann", mobile=True)
    made = world.plan()
    assert (made.verbs, licence(made, "ann")) == ({"ann": "update"}, expected)
    assert (made.plan.seats.mobile.before, made.plan.seats.mobile.after) == (1, 1)


def test_without_a_seat_a_newcomer_comes_without_a_licence_and_the_marker_says_so(world: World) -> None:
    world.mapping("field", **AWARD)
    world.mobile_seats = 0
    world.person("new", "field")
    made = world.plan()
    assert (made.verbs, licence(made, "new"), made.codes) == (
        {"new": "create"}, (None, "-m"), ["no_mobile_seat new"],
    )  # fmt: skip


def test_a_seat_that_comes_free_goes_to_whoever_waited(world: World) -> None:
    world.mapping("field", **AWARD)
    world.mobile_seats = 1
    world.person("old", "field", enabled=False).node("old", mark("old", m=GIVEN), mobile=True)
    holder(world, "bea", m=NOT_GIVEN)
    holder(world, "cat", m=NOT_GIVEN)
    made = world.plan()
    assert made.verbs == {"old": "disable", "bea": "update"}
    assert (licence(made, "old"), licence(made, "bea")) == ((False, "-m"), (True, "+m"))
    assert made.plan.seats.mobile.model_dump() == {
        "bought": 1, "before": 1, "freed": 1, "taken": 1, "after": 1, "without": ("cat@x.example",),
    }  # fmt: skip


@pytest.mark.parametrize(("refresh", "tried"), [("auto", []), ("bulk", []), ("full", ["ann", "bea"])])
def test_whoever_was_refused_is_tried_again_only_by_a_full_refresh(world: World, refresh: Any, tried: Any) -> None:
    world.mapping("field", **AWARD)
    holder(world, "ann", m=REFUSED)
    holder(world, "bea", m=REFUSED)
    made = world.plan(refresh)
    assert sorted(made.verbs) == tried
    assert without(made) == ([] if tried else ["ann", "bea"])


def test_whoever_was_refused_is_tried_again_as_far_as_licences_are_released(world: World) -> None:
    world.mapping("field", **AWARD)
    world.person("old", "field", enabled=False).node("old", mark("old", m=GIVEN), mobile=True)
    holder(world, "ann", m=REFUSED)
    holder(world, "bea", m=REFUSED)
    made = world.plan()
    assert made.verbs == {"old": "disable", "ann": "update"}
    assert without(made) == ["bea"]


def test_whoever_was_refused_keeps_the_place_in_the_queue_so_that_two_runs_agree(world: World) -> None:
    world.mapping("field", **AWARD)
    world.mobile_seats = 1
    holder(world, "ann", m=REFUSED)
    holder(world, "bea", m=NOT_GIVEN)
    assert world.plan().plan.actions == ()


def test_a_refused_person_who_changes_otherwise_stays_refused(world: World) -> None:
    world.mapping("field", **AWARD)
    holder(world, "ann", m=REFUSED, name="Old")
    made = world.plan()
    assert set(made.changes("ann")) == {"name"}
    assert made.codes == ["no_mobile_seat ann"]


def test_a_flag_taken_away_by_hand_is_seen_by_a_full_refresh_and_given_back(world: World) -> None:
    world.mapping("field", **AWARD)
    holder(world, "ann", mobile=False)
    assert world.plan("auto").plan.actions == ()
    made = world.plan("full")
    assert made.changes("ann") == {"mobile_license": (False, True)}
    assert (made.plan.seats.mobile.before, made.plan.seats.mobile.taken) == (0, 1)


def test_a_flag_given_by_hand_is_seen_by_a_full_refresh_and_kept(world: World) -> None:
    world.mapping("field", **AWARD)
    world.mobile_seats = 0
    holder(world, "ann", m=NOT_GIVEN, mobile=True)
    made = world.plan("full")
    assert (licence(made, "ann"), made.codes) == ((None, "+m"), [])


def test_whoever_waits_for_a_seat_takes_no_licence(world: World) -> None:
    world.mapping("field", **AWARD)
    world.technician_seats, world.mobile_seats = 1, 1
    holder(world, "bea", m=NOT_GIVEN)
    world.person("ann", "field")
    made = world.plan()
    assert (made.verbs, made.codes) == ({"bea": "update"}, ["no_seat ann"])


@pytest.mark.parametrize("reason", ["protected", "hold"])
def test_whoever_is_not_to_be_written_gets_no_licence_and_keeps_theirs(world: World, reason: str) -> None:
    world.mapping("field", **AWARD)
    world.mobile_seats = 2
    if reason == "protected":
        world.protected = ("ann@x.example", "abe@x.example")
    else:
        world.override("ann@x.example", "hold").override("abe@x.example", "hold")
    holder(world, "ann", m=NOT_GIVEN)
    holder(world, "abe")
    holder(world, "bea", m=NOT_GIVEN)
    holder(world, "cat", m=NOT_GIVEN)
    made = world.plan()
    assert (sorted(made.verbs), without(made)) == (["bea"], ["cat"])
    assert made.plan.seats.mobile.before == 1


def test_an_in_sync_person_of_whom_the_two_readings_differ_is_not_awarded(world: World) -> None:
    world.mapping("field", **AWARD)
    seat = holder(world, "ann", m=NOT_GIVEN)
    world.told[seat.id] = seat.details()._replace(name="Somebody")
    made = world.plan()
    assert (made.verbs, made.codes) == ({}, ["reading_moved ann"])


def test_administrators_have_no_licences(world: World) -> None:
    world.mapping("field", role=Role.ADMIN, **AWARD)
    world.person("ann", "field")
    made = world.plan()
    assert "mobile_license" not in made.changes("ann")
    assert "m]" not in str(made.changes("ann")["description"][1])
    assert made.plan.seats.mobile.taken == 0


# -- releasing --------------------------------------------------------------------------------------------------------


def test_a_releasing_mapping_takes_every_licence_back(world: World) -> None:
    world.mapping("field", **RELEASE)
    holder(world, "ann")
    world.both("bea", mobile=True)
    holder(world, "cat", m=NOT_GIVEN)
    world.both("dora")
    made = world.plan()
    assert {key: licence(made, key) for key in made.verbs} == {
        "ann": (False, "-m"), "bea": (False, "-m"), "dora": (None, "-m"),
    }  # fmt: skip
    assert made.plan.seats.mobile.freed == 2
    assert not any(action.removal for action in made.plan.actions)


def test_leaving_an_awarding_mapping_for_one_that_keeps_releases(world: World) -> None:
    world.mapping("field", **AWARD).mapping("depot")
    world.person("kim", "field")
    world.person("ann", "depot").node("ann", mark("ann", m=GIVEN), mobile=True)
    made = world.plan()
    assert made.verbs["ann"] == "update move"
    assert licence(made, "ann") == (False, None)


def test_leaving_a_mapping_that_left_the_file_for_one_that_keeps_releases(world: World) -> None:
    world.mapping("depot")
    world.person("ann", "depot").node("ann", mark("ann", "gone", m=GIVEN), mobile=True, group="depot")
    assert licence(world.plan(), "ann") == (False, None)


@pytest.mark.parametrize("m", [NOT_GIVEN, REFUSED])
def test_whoever_was_never_given_one_keeps_what_a_person_gave_them(world: World, m: Licence) -> None:
    world.mapping("field", **AWARD).mapping("depot")
    world.person("kim", "field")
    world.person("ann", "depot").node("ann", mark("ann", m=m), mobile=True, group="depot")
    assert licence(world.plan(), "ann") == (None, None)


def test_a_mapping_that_awards_no_longer_leaves_the_flag_alone_and_forgets_about_it(world: World) -> None:
    world.mapping("field")
    holder(world, "ann")
    made = world.plan()
    assert made.changes("ann") == {"description": (str(mark("ann", m=GIVEN)), str(mark("ann")))}
    assert made.plan.seats.mobile.model_dump() == dict.fromkeys(("before", "freed", "taken", "after"), 0) | {
        "bought": None, "without": (),
    }  # fmt: skip


def test_leaving_a_mapping_that_awards_no_longer_leaves_the_flag_alone(world: World) -> None:
    world.mapping("field").mapping("depot")
    world.person("kim", "field")
    world.person("ann", "depot").node("ann", mark("ann", m=GIVEN), mobile=True, group="depot")
    assert licence(world.plan(), "ann") == (None, None)
    assert set(world.plan().changes("ann")) == {"description"}


def test_a_holder_is_whoever_has_the_flag_where_it_was_read(world: World) -> None:
    world.mapping("field", **AWARD)
    world.mobile_seats = 1
    world.person("ann", "field").node("ann", mark("ann", m=GIVEN), status="Disabled")
    holder(world, "bea", m=NOT_GIVEN)
    assert world.plan("auto").verbs == {}
    assert world.plan("full").verbs == {"bea": "update"}


def test_from_one_awarding_mapping_to_another_the_licence_stays(world: World) -> None:
    world.mapping("field", **AWARD).mapping("depot", **AWARD)
    world.mobile_seats = 1
    world.person("kim", "field")
    world.person("ann", "depot").node("ann", mark("ann", m=GIVEN), mobile=True)
    made = world.plan()
    assert licence(made, "ann") == (None, "+m")
    assert without(made) == ["kim"]


@pytest.mark.parametrize(
    ("mapping", "before", "after"),
    [
        ({}, None, "!off"),
        (AWARD, GIVEN, "-m!off"),
        (AWARD, None, "-m!off"),
        (AWARD, REFUSED, "-m!off"),
        (RELEASE, NOT_GIVEN, "-m!off"),
        ({}, GIVEN, "!off"),
    ],
)
def test_D8_a_leavers_licence_goes_in_the_write_that_disables(
    world: World, mapping: Any, before: Any, after: str
) -> None:
    world.mapping("field", **mapping)
    world.person("kim", "field")
    world.person("ann", "field", enabled=False).node("ann", mark("ann", m=before), mobile=True)
    made = world.plan()
    assert made.action("ann").verbs == ("disable",)
    changes = made.changes("ann")
    assert (changes["mobile_license"], changes["enabled"]) == ((True, False), (True, False))
    assert changes["description"][1] == str(mark("ann"))[:-1] + after + "]"


@pytest.mark.parametrize("off", [False, True])
@pytest.mark.parametrize("enabled", [True, False])
def test_R69_a_disabled_person_who_left_gives_the_licence_back_and_gets_no_off(
    world: World, off: bool, enabled: bool
) -> None:
    world.mapping("field", **AWARD)
    world.person("kim", "field").person("ann", enabled=enabled)
    holder(world, "bea", m=REFUSED)
    world.node("ann", mark("ann", m=GIVEN, off=off), mobile=True, status="Disabled")
    made = world.plan()
    assert made.verbs["ann"] == "update"
    assert made.changes("ann") == {
        "mobile_license": (True, False),
        "description": (str(mark("ann", m=GIVEN, off=off)), str(mark("ann", m=NOT_GIVEN, off=off))),
    }
    assert not made.action("ann").removal
    assert "bea" in made.verbs
    world.apply(made.plan.actions)
    assert world.plan().asked == []


def test_R69_what_no_marker_says_a_full_refresh_sees(world: World) -> None:
    world.mapping("field")
    world.person("kim", "field").person("ann", enabled=False)
    world.node("ann", mark("ann", off=True), mobile=True, status="Disabled")
    assert "ann" not in world.plan("auto").verbs
    made = world.plan("full")
    assert made.changes("ann") == {"mobile_license": (True, False)}


def test_R69_a_marker_that_is_wrong_is_corrected_once(world: World) -> None:
    world.mapping("field", **AWARD)
    world.person("kim", "field").person("ann")
    world.node("ann", mark("ann", m=GIVEN), status="Disabled")
    made = world.plan()
    assert licence(made, "ann") == (None, "-m")


@pytest.mark.parametrize("case", ["kept_disabled", "protected", "orphan", "frozen", "unmarked", "foreign"])
def test_R69_everybody_else_who_is_disabled_keeps_it(world: World, case: str) -> None:
    world.mapping("field", **AWARD)
    world.person("kim", "field")
    world.person("ann", *(["field"] if case == "kept_disabled" else []), enabled=case != "protected")
    if case == "protected":
        world.protected = ("ann@x.example",)
    if case == "frozen":
        world.mappings.clear()
        world.mapping("field", node=False, **AWARD)
        world.group_nodes.clear()
        world.group("elsewhere")
    marker: Any = {
        "unmarked": None, "orphan": mark("ann", "gone", m=GIVEN), "foreign": mark("ann", m=GIVEN, owner="beef"),
    }.get(case, mark("ann", m=GIVEN))  # fmt: skip
    world.node("ann", marker, mobile=True, status="Disabled", group="elsewhere" if case == "frozen" else "field")
    made = world.plan("full")
    assert "ann" not in made.verbs
    assert made.plan.has_errors == (case == "frozen")


def test_R69_a_disabled_certain_leaver_of_a_frozen_mapping_gives_it_back(world: World) -> None:
    world.mapping("field", node=False, **AWARD)
    world.group("elsewhere")
    world.person("ann", "field", enabled=False)
    world.node("ann", mark("ann", m=GIVEN), mobile=True, status="Disabled", group="elsewhere")
    assert world.plan().verbs == {"ann": "update"}


def test_D5_adopting_somebody_disabled_in_entra_releases_as_well(world: World) -> None:
    world.mapping("field", **AWARD)
    world.person("ann", "field", enabled=False).node("ann", mobile=True)
    made = world.plan()
    assert made.verbs == {"ann": "adopt disable"}
    assert licence(made, "ann") == (False, "-m")


def test_D16_a_node_taken_over_has_one_action_whatever_its_former_owner_still_held(world: World) -> None:
    world.mapping("field")
    world.person("kim", "field")
    world.person("new", "field", mail="ann@x.example", upn="ann@x.example")
    world.node("ann", mark("ann", m=GIVEN, off=True), mobile=True, status="Disabled")
    made = world.plan()
    assert [action.verbs for action in made.plan.actions if action.subject.node_id] == [("adopt", "enable", "update")]
    world.mappings = [replace(world.mappings[0], mobile_license="award")]
    world.technician_seats = 0
    assert world.plan().codes == ["no_seat ann", "no_seat kim"]
    world.technician_seats = None
    assert licence(world.plan(), "new") == (None, "+m")


# -- full sync off ----------------------------------------------------------------------------------------------------


def test_D10_without_full_sync_there_is_no_m_and_no_award_and_a_release_where_it_is_seen(world: World) -> None:
    world.mapping("field", full_sync=False, **AWARD).mapping("depot", full_sync=False, **RELEASE)
    world.both("ann")
    world.both("bea", "depot", mobile=True)
    holder(world, "cat")
    made = world.plan()
    assert made.verbs == {"cat": "update"}
    assert licence(made, "cat") == (None, None)
    assert licence(world.plan("full"), "bea") == (False, None)


# -- while removals are held ------------------------------------------------------------------------------------------


def test_R67_what_a_guard_holds_back_frees_neither_seats_nor_licences(world: World) -> None:
    world.guards = {"max_removals": 0, "on_violation": "hold_removals"}
    world.mapping("field", **AWARD)
    world.technician_seats, world.mobile_seats = 3, 1
    holder(world, "kim", m=NOT_GIVEN)
    world.person("old", "field", enabled=False).node("old", mark("old", m=GIVEN), mobile=True)
    world.person("ann", "field").person("bob", "field")
    made = world.plan()
    assert made.verbs == {"old": "disable", "ann": "create", "bob": "create"}
    assert [made.plan.actions[0].id] == list(made.plan.held)
    assert made.plan.seats.technician.model_dump() == {
        "bought": 3, "before": 2, "freed": 0, "taken": 1, "after": 3, "without": ("bob@x.example",),
    }  # fmt: skip
    assert "no_seat bob" in made.codes
    mobile = made.plan.seats.mobile
    assert (mobile.before, mobile.freed, mobile.taken, mobile.after) == (1, 0, 0, 1)
    assert without(made) == ["bob", "kim", "ann"]
