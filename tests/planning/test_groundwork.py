"""What is kept between the rounds of one plan, or told by a quick test, is what would be worked out anew."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.mappings import Mappings, Override
from reconciler.model.plan import Plan
from reconciler.model.readings import Questions, Readings
from reconciler.planning import groundwork
from reconciler.planning.groundwork import lay_groundwork
from reconciler.planning.planner import make_plan

from .test_properties import drawn, worlds
from .world import ROUNDS, TODAY, World, id_of


def _plan(world: World, file: Mappings, readings: Readings, *, keep: bool) -> tuple[Plan, list[Questions]]:
    asked: list[Questions] = []
    for _ in range(ROUNDS):
        if not keep:
            readings.kept.clear()
        made = make_plan(file, readings, today=TODAY, made_at="2026-11-22T00:00:00Z")
        if isinstance(made, Plan):
            return made, asked
        asked.append(made)
        readings = world.answer(made, readings)
    raise AssertionError("still asking")


@drawn(60)
@given(worlds(), st.sampled_from(["auto", "full", "bulk"]))
def test_a_plan_is_the_same_whether_its_groundwork_was_kept_or_made_anew(world: World, refresh: str) -> None:
    file = world.file()
    kept, anew = (_plan(world, file, world.readings(refresh), keep=keep) for keep in (True, False))  # type: ignore[arg-type]
    assert kept == anew


def _world() -> World:
    world = World()
    world.mapping("field")
    world.person("ann", "field")
    return world


def _lay(file: Mappings, readings: Readings, days: int = 0) -> object:
    return lay_groundwork(file, readings, TODAY + timedelta(days=days), Questions())


def test_answers_leave_the_groundwork_as_it_is() -> None:
    world = _world()
    file, readings = world.file(), world.readings()
    first = _lay(file, readings)
    assert _lay(file, replace(readings, addresses={"x": frozenset()}, details={})) is first


@pytest.mark.parametrize("what", ["file", "day", "directory", "refresh", "included", "kept"])
def test_whatever_it_is_made_from_makes_it_anew(what: str) -> None:
    world = _world()
    file, readings = world.file(), world.readings()
    first = _lay(file, readings)
    if what == "kept":
        readings.kept.clear()
    others: dict[str, Readings] = {
        "directory": replace(readings, directory=replace(readings.directory)),
        "refresh": replace(readings, refresh="full"),
        "included": replace(readings, included={"a@x.example": world.people["ann"]}),
    }
    again = _lay(replace(file) if what == "file" else file, others.get(what, readings), days=what == "day")
    assert again is not first


def test_an_exclusion_may_know_somebody_by_any_address() -> None:
    world = _world()
    world.overrides.append(Override("alias@x.example", "exclude", TODAY, None, None, 1))
    file, readings = world.file(), world.readings()
    first = _lay(file, readings)
    assert _lay(file, replace(readings, addresses={"x": frozenset()})) is not first


def test_nodes_are_sorted_once_for_files_that_differ_in_other_things(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    real = groundwork.match_nodes
    monkeypatch.setattr(groundwork, "match_nodes", lambda *given: made.append(given) or real(*given))
    world = _world()
    readings = world.readings()
    for file in (world.file(), world.file()):
        _lay(file, readings)
    assert len(made) == 1


@pytest.mark.parametrize("what", ["owner", "group"])
def test_nodes_are_sorted_anew_for_another_owner_or_other_groups(what: str) -> None:
    """The same reading, as the plan with the file before the edit and the one after it has it."""
    world = _world()
    world.both("bea")
    readings = world.readings()
    assert make_plan(world.file(), readings, today=TODAY, made_at="")
    world.mapping("desk", node=False)
    other = replace(world.file(), **({"owner": "beef"} if what == "owner" else {"mappings": world.file().mappings[1:]}))
    unread = replace(readings, directory=world.readings().directory)
    anew, fresh = (make_plan(other, reading, today=TODAY, made_at="") for reading in (unread, replace(unread, kept={})))
    assert anew == fresh


def test_each_round_begins_with_nothing_found() -> None:
    """Nobody is withheld in the plan for what an earlier round said while something was still to be asked."""
    world = _world()
    seat = world.node("stray", sso="taken")
    readings = replace(world.readings(), details={seat.id: seat.details()})
    kept = lay_groundwork(world.file(), readings, TODAY, Questions())
    first, _ = kept.open(readings, Questions())
    first.block("guest", "told once", "ann")
    again, _ = kept.open(readings, Questions())
    assert (first.blocked, again.blocked, again.findings) == ({"ann"}, set(), [])
    assert again.by_sso_id == {"taken": [seat.details()]}


def test_two_files_of_other_owners_see_other_markers_in_one_reading() -> None:
    world = _world()
    world.both("kim")
    readings = world.readings()
    ours, theirs = world.file(), replace(world.file(), owner="ffff")
    for file, linked in ((ours, True), (theirs, False), (ours, True)):
        technicians = lay_groundwork(file, readings, TODAY, Questions()).roles[0]
        assert (id_of("kim") in technicians.matches.linked) == linked
