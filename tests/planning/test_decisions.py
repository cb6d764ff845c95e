"""What holds for whatever is decided: who is never written, who is asked for, who waits (§1, §6, D5, D11, D22)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reconciler.model.hierarchy import NodeType
from reconciler.model.marker import Licence
from reconciler.model.plan import Refresh, person_action_id

from .world import ADMINISTRATORS, World, id_of, mark

AWARD: dict[str, Any] = {"mobile_license": "award"}


# -- whoever shares a login with the account holder (§6) --------------------------------------------------------------


def holder(world: World, role: str) -> None:
    """The account holder: a second technician, or an administrator, with the login of ann. Only getUser shows it."""
    said: dict[str, Any] = {"holder": True, "name": "The Holder", "login": "ANN@x.example"}
    if role == "administrator":
        said |= {"parent": ADMINISTRATORS, "type": NodeType.ADMINISTRATOR}
    world.node("holder", **said)


@pytest.mark.parametrize("refresh", ["auto", "bulk", "full"])
@pytest.mark.parametrize("role", ["technician", "administrator"])
def test_whoever_has_a_login_of_the_account_holder_is_never_written(world: World, role: str, refresh: Refresh) -> None:
    world.both("kim")
    seat = world.both("ann", name="Old")
    assert world.plan(refresh).verbs == {"ann": "update"}
    holder(world, role)
    made = world.plan(refresh)
    assert (made.verbs, made.asked_for("details") >= {seat.id, seat.id + 1}) == ({}, True)
    assert "is the account holder" in made.message("protected")


def test_a_login_of_blanks_is_none_and_makes_nobody_a_namesake(world: World) -> None:
    world.both("kim")
    world.node("ann", mark("ann"), login=" ")
    world.node("other", login="\t", description="not blank")
    made = world.plan()
    assert made.asked_for("details") == {1001}
    assert made.action("ann").verbs == ("disable",)


# -- mobile licences of people in sync (D22) --------------------------------------------------------------------------


@pytest.mark.parametrize("refresh", ["auto", "full"])
@pytest.mark.parametrize("twice", [False, True])
def test_the_id_of_an_award_alone_is_that_of_any_action_of_theirs(twice: bool, refresh: Refresh) -> None:
    """An id on a permit or in the outcomes of a run means the same person whatever is done for them."""
    world = World().mapping("field", **AWARD)
    seat = world.both("ann", marker=mark("ann", m=Licence.NOT_GIVEN))
    if twice:
        world.node("ann.two", mark("ann", m=Licence.NOT_GIVEN))
    made = world.plan(refresh)
    assert made.verbs == {"ann": "update"}
    assert made.action("ann").id == person_action_id("technician", id_of("ann"), seat.id, twice=twice)


@pytest.mark.parametrize("whom", [id_of("ann"), "upn@x.example", "wanted@x.example"])
def test_somebody_in_sync_who_is_held_under_any_name_gets_no_licence(whom: str) -> None:
    """Without full sync the login in Rescue is not the one they would have."""
    world = World().mapping("field", **AWARD)
    world.person("ann", "field", upn="upn@x.example", mail="wanted@x.example")
    world.node("ann", mark("ann", m=Licence.NOT_GIVEN), login="wanted@x.example")
    assert world.plan().verbs == {"wanted": "update"}
    assert world.override(whom, "hold").plan().verbs == {}


@pytest.mark.parametrize("m", [Licence.GIVEN, Licence.NOT_GIVEN])
def test_whoever_has_what_they_should_is_unchanged_in_a_full_refresh_too(m: Licence) -> None:
    world = World().mapping("field", mobile_license="award" if m is Licence.GIVEN else "release")
    world.both("ann", marker=mark("ann", m=m), mobile=m is Licence.GIVEN)
    made = world.plan("full")
    assert (made.plan.actions, made.plan.summary.unchanged) == ((), 1)


# -- people who wait for a technician seat (D4, D22) ------------------------------------------------------------------


def test_of_those_to_be_enabled_the_better_mapping_comes_first_and_each_of_the_others_is_told() -> None:
    world = World(technician_seats=1).mapping("field", priority=2).mapping("depot", priority=1)
    for key, group in (("ann", "field"), ("bea", "field"), ("zoe", "depot")):
        world.both(key, group, marker=mark(key, group, off=True), status="Disabled")
    made = world.plan()
    assert made.verbs == {"zoe": "enable"}
    told = [(one.code, one.login, one.mapping, one.message) for one in made.plan.findings]
    assert told == [
        ("no_seat", f"{key}@x.example", "field", "not enabled: no technician seat is left of 1")
        for key in ("ann", "bea")
    ]
    assert made.plan.summary.blocked == 2


# -- people who are disabled, or wait ---------------------------------------------------------------------------------


def test_D5_everybody_kept_disabled_is_counted(world: World) -> None:
    for key in ("ann", "bea"):
        world.person(key, "field").node(key, status="Disabled")
    assert world.plan().plan.summary.kept_disabled == 2


@pytest.mark.parametrize(("priority", "verbs"), [(99, {}), (101, {"ann": "create"})])
def test_D11_nobody_waits_for_a_frozen_mapping_that_comes_after_their_own(priority: int, verbs: dict[str, str]) -> None:
    world = World().mapping("field").mapping("lost", node=False, priority=priority)
    world.person("ann", "field", "lost")
    assert world.plan().verbs == verbs


def test_D11_whoever_waits_is_no_matter_of_a_frozen_mapping_that_comes_with_their_own() -> None:
    world = World().mapping("best", node=False, priority=1).mapping("equal", node=False).mapping("field")
    world.person("ann", "best", "field")
    made = world.plan()
    told = {f.mapping: f.message.rpartition("; ")[2] for f in made.plan.findings if f.code == "frozen"}
    assert made.verbs == {}
    assert told == {
        "best": "people of mappings after it in priority who wait until it can be read: 1",
        "equal": "nothing is written for it: there is no technician group equal in Rescue",
    }


def test_D11_whoever_waits_is_counted_once_and_named_by_the_frozen_mapping(world: World) -> None:
    world.mapping("lost", node=False, priority=1).person("ann", "lost", "field")
    world.both("kim")
    made = world.plan()
    assert (made.verbs, made.plan.summary.blocked) == ({}, 1)
    world.mappings[0] = replace(world.mappings[0], priority=0)
    assert world.plan().verbs == {"ann": "create"}
