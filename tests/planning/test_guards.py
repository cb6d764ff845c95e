"""Guards of §6: the limit and one beyond, small teams, populations, permits."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from reconciler.model.directory import UnreadGroup
from reconciler.model.mappings import Permit
from reconciler.model.plan import Guard

from .world import TODAY, World, group_id, mark


def guard(world: World, name: str, mapping: str | None = None) -> Guard:
    return next(g for g in world.plan().plan.guards if (g.name, g.mapping) == (name, mapping))


def people(world: World, staying: int, leaving: int, group: str = "field") -> World:
    for number in range(staying):
        world.both(f"{group}-stays{number}", group)
    for number in range(leaving):
        world.node(f"{group}-goes{number}", mark(f"{group}-goes{number}", group), group=group)
    return world


# population, limit, small_team -> the most that passes
SHARES = [
    (0, "20%", 10, 2),
    (1, "20%", 10, 2),
    (9, "20%", 10, 2),
    (9, "50%", 10, 4),
    (9, "20%", 0, 1),
    (10, "20%", 10, 2),
    (10, "10%", 10, 1),
    (10, "9%", 10, 0),
    (14, "20%", 10, 2),
    (15, "20%", 10, 3),
    (10, "0%", 10, 0),
    (10, "100%", 10, 10),
    (10, 3, 10, 3),
    (1, 0, 10, 0),
]


@pytest.mark.parametrize(("of", "limit", "small_team", "most"), SHARES)
def test_max_removals_at_the_limit_and_one_beyond(of: int, limit: int | str, small_team: int, most: int) -> None:
    for leaving in (most, most + 1):
        if leaving >= of:  # an emptied group freezes, and nobody leaves who is not there
            continue
        world = World(guards={"max_removals": limit, "small_team": small_team}).mapping("field")
        verdict = guard(people(world, of - leaving, leaving), "max_removals")
        assert (verdict.of, verdict.limit, verdict.measured) == (of, most, leaving)
        assert verdict.passed == (leaving <= most)
        assert len(verdict.actions) == (0 if verdict.passed else leaving)


def test_off_is_not_judged_and_says_so() -> None:
    world = people(World(guards={"max_removals": "off"}).mapping("field"), 1, 5)
    verdict = guard(world, "max_removals")
    assert (verdict.passed, verdict.limit, verdict.measured) == (True, None, 5)


def test_max_removals_per_mapping_is_one_entry_per_mapping_in_the_order_of_the_file() -> None:
    world = World(guards={"max_removals_per_mapping": "50%"}).mapping("z").mapping("a")
    people(world, 1, 2, "z")
    people(world, 2, 1, "a")
    plan = world.plan().plan
    entries = [g for g in plan.guards if g.name == "max_removals_per_mapping"]
    assert [(g.mapping, g.measured, g.of, g.limit, g.passed) for g in entries] == [
        ("z", 2, 3, 1, False),
        ("a", 1, 3, 1, True),
    ]
    assert plan.violations == (entries[0],)
    assert set(entries[0].actions) == {a.id for a in plan.actions if a.mapping == "z"}
    assert {g.role for g in plan.guards} == {"technician"}


def test_population_is_enabled_people_marked_for_living_mappings_or_adopted() -> None:
    world = World().mapping("field").mapping("lost")
    world.unread["lost"] = UnreadGroup(group_id("lost"), "lost", "429")
    world.both("in sync")
    world.person("off", "field").node("off", mark("off"), status="Disabled")
    world.person("met", "field").node("met")
    world.person("met off", "field", enabled=False).node("met off")
    world.person("frozen").node("frozen", mark("frozen", "lost"))
    world.person("orphan").node("orphan", mark("orphan", "deleted"))
    world.node("foreign", mark("foreign", owner="beef"))
    world.node("stray")
    world.person("new", "field")
    guards = {(g.name, g.mapping): g.of for g in world.plan().plan.guards}
    assert guards == {
        ("max_removals", None): 4,
        ("max_removals_per_mapping", "field"): 3,
        ("max_removals_per_mapping", "lost"): 1,
        ("max_moves", None): 4,
        ("max_identity_changes", None): 4,
        ("max_creates", None): 4,
        ("max_group_creates", None): 4,
    }


def test_a_removal_is_exactly_a_disable() -> None:
    world = World().mapping("field")
    world.group("elsewhere")
    world.both("kim")
    world.node("left", mark("left"))
    world.person("met", "field", enabled=False).node("met")
    world.person("moved", "field").node("moved", mark("moved"), group="elsewhere", name="Old")
    plan = world.plan().plan
    assert {a.subject.login: a.removal for a in plan.actions} == {
        "left@x.example": True,
        "met@x.example": True,
        "moved@x.example": False,
    }
    assert guard(world, "max_removals").measured == 2
    assert guard(world, "max_moves").measured == 1


def test_an_orphan_who_goes_is_counted_though_no_mapping_has_them() -> None:
    world = people(World(guards={"max_removals": 0}).mapping("field"), 1, 0)
    world.node("orphan", mark("orphan", "deleted"))
    assert guard(world, "max_removals").passed is False
    assert guard(world, "max_removals_per_mapping", "field").measured == 0


def test_max_identity_changes_counts_what_was_not_empty_and_no_adoptions() -> None:
    world = World(guards={"max_identity_changes": 1}).mapping("field", upn_as_sso_id=True)
    for key, sso in (("login", "login@x.example"), ("sso", "old"), ("first", ""), ("met", "old"), ("same", "")):
        world.person(key, "field", mail=f"{key}.new@x.example" if key == "login" else f"{key}@x.example")
        world.node(key, mark(key) if key != "met" else None, sso=sso)
    world.person("new", "field")
    verdict = guard(world, "max_identity_changes")
    assert (verdict.measured, verdict.limit, verdict.passed) == (2, 1, False)
    plan = world.plan().plan
    assert {a.subject.login for a in plan.actions if a.id in verdict.actions} == {"login@x.example", "sso@x.example"}


@pytest.mark.parametrize(("new", "passed"), [(50, True), (51, False)])
def test_max_creates_as_a_share_is_at_least_fifty(new: int, passed: bool) -> None:
    world = people(World(guards={"max_creates": "50%"}).mapping("field"), 3, 0)
    for number in range(new):
        world.person(f"new{number}", "field")
    verdict = guard(world, "max_creates")
    assert (verdict.measured, verdict.limit, verdict.passed) == (new, 50, passed)


def test_max_creates_as_a_number_has_no_floor() -> None:
    world = people(World(guards={"max_creates": 0}).mapping("field"), 1, 0).person("new", "field")
    assert guard(world, "max_creates").passed is False


def test_max_creates_is_not_judged_while_nobody_is_managed_yet() -> None:
    world = World(guards={"max_creates": 0}).mapping("field").person("new", "field").person("met", "field")
    world.node("met")
    verdict = guard(world, "max_creates")
    assert (verdict.limit, verdict.passed, verdict.of) == (None, True, 1)


def test_max_creates_counts_no_adoptions() -> None:
    world = people(World(guards={"max_creates": 0}).mapping("field"), 1, 0).person("met", "field")
    world.node("met")
    assert guard(world, "max_creates").passed


def permitted(world: World, count: int, until: date = TODAY, name: str = "max_removals") -> Guard:
    removals = [a.id for a in world.plan().plan.actions if a.removal]
    world.permits = [Permit(name, frozenset([*removals[:count], "0" * 16]), None, until, 7)]
    return guard(world, "max_removals")


@pytest.mark.parametrize(("listed", "passed"), [(0, False), (1, False), (2, True), (4, True)])
def test_permits_are_not_counted_and_the_rest_must_keep_the_limit(listed: int, passed: bool) -> None:
    world = people(World(guards={"max_removals": 2}).mapping("field"), 1, 4)
    verdict = permitted(world, listed)
    assert (verdict.measured, verdict.permitted, verdict.passed) == (4 - listed, listed, passed)
    assert len(verdict.actions) == (0 if passed else 4 - listed)


@pytest.mark.parametrize(("until", "passed"), [(TODAY, True), (TODAY - timedelta(days=1), False)])
def test_permits_end_after_the_day_named_and_are_reported_then(until: date, passed: bool) -> None:
    world = people(World(guards={"max_removals": 0}).mapping("field"), 1, 1)
    assert permitted(world, 1, until).passed is passed
    expired = [f.message for f in world.plan().plan.findings if f.code == "expired"]
    assert expired == ([] if passed else ["the permit of line 7 (max_removals) ended on 2026-11-21"])


def test_permits_of_another_guard_do_not_count() -> None:
    world = people(World(guards={"max_removals": 0}).mapping("field"), 1, 1)
    assert permitted(world, 1, name="max_removals_per_mapping").passed is False


def test_permits_of_one_guard_add_up() -> None:
    world = people(World(guards={"max_removals": 0}).mapping("field"), 1, 2)
    ids = [a.id for a in world.plan().plan.actions]
    world.permits = [Permit("max_removals", frozenset([one]), None, TODAY, 7) for one in ids]
    assert guard(world, "max_removals").permitted == 2
