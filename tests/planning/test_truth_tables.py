"""Rows of the truth tables for technicians (adsync-behaviour.md §10.1, full sync on), by Entra and Rescue state.

E1 wanted by one mapping, E2 by two of equal priority, E4 disabled in Entra, E5 in no mapped group, E6 gone, E7 unknown,
E8 not usable, E9 only in Rescue. S0 absent, S1 paired group, S2 another group, S3 and S4 the same disabled by us,
S5 disabled by a person, S6 login held by somebody else, S7 there without a link.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from reconciler.model.directory import UnreadGroup
from reconciler.model.hierarchy import NodeType

from .world import ADMINISTRATORS, World, group_id, mark

ENTRA: dict[str, Callable[[World], Any]] = {
    "E1": lambda w: w.person("ann", "field"),
    "E2": lambda w: w.person("ann", "field", "other"),
    "E4": lambda w: w.person("ann", "field", enabled=False),
    "E5": lambda w: w.person("ann"),
    "E6": lambda w: w,
    "E7": lambda w: w.person("ann") and w.unread.update(field=UnreadGroup(group_id("field"), "field", "page 2 failed")),
    "E8": lambda w: w.person("ann", "field", mail=None),
    "E8guest": lambda w: w.person("ann", "field", guest=True),
    "E9": lambda w: w,
}
OURS, OFF = mark("ann"), mark("ann", off=True)
RESCUE: dict[str, Callable[[World], Any]] = {
    "S0": lambda _: None,
    "S1": lambda w: w.node("ann", OURS),
    "S2": lambda w: w.node("ann", OURS, group="elsewhere"),
    "S3": lambda w: w.node("ann", OFF, status="Disabled"),
    "S4": lambda w: w.node("ann", OFF, status="Disabled", group="elsewhere"),
    "S5": lambda w: w.node("ann", OURS, status="Disabled"),
    "S6": lambda w: w.node("ann", parent=ADMINISTRATORS, type=NodeType.ADMINISTRATOR),
    "S7": lambda w: w.node("ann", group="elsewhere"),
}
ROWS = """
E1 S0 create
E1 S1 -
E1 S2 move
E1 S3 enable
E1 S4 enable move
E1 S5 - kept_disabled
E1 S6 - both_roles
E1 S7 adopt move
E2 S0 - conflict
E2 S1 - conflict
E2 S2 - conflict
E2 S3 enable conflict
E2 S4 enable conflict
E2 S5 - conflict
E2 S6 - conflict
E2 S7 - conflict
E4 S0 -
E4 S1 disable
E4 S2 disable
E4 S3 -
E4 S4 -
E4 S5 -
E4 S6 -
E4 S7 adopt disable
E5 S0 -
E5 S1 disable
E5 S2 disable
E5 S3 -
E5 S4 -
E5 S5 -
E5 S6 -
E5 S7 -
E6 S0 -
E6 S1 disable
E6 S2 disable
E6 S3 -
E6 S4 -
E6 S5 -
E7 S0 - frozen
E7 S1 - frozen
E7 S2 - frozen
E7 S3 - frozen
E7 S5 - frozen
E7 S7 - frozen
E8 S0 - no_login
E8 S1 - no_login
E8 S2 - no_login
E8 S3 - no_login
E8 S5 - no_login
E8 S7 - no_login
E8guest S0 - guest
E8guest S1 disable
E8guest S3 -
E8guest S6 - guest
E8guest S7 - guest
E9 S7 -
"""


@pytest.mark.parametrize("row", ROWS.strip().splitlines())
def test_row(row: str) -> None:
    entra, rescue, *rest = row.split()
    expected = [word for word in rest if word in VERB_WORDS]
    codes = [word for word in rest if word not in VERB_WORDS and word != "-"]
    world = World().mapping("field").mapping("other")
    world.group("elsewhere")
    world.person("kim", "field", "other")
    ENTRA[entra](world)
    RESCUE[rescue](world)
    made = world.plan()
    assert made.verbs.get("ann", "") == " ".join(expected)
    found = {finding.code for finding in made.plan.findings if (finding.login or "ann@").startswith("ann@")}
    assert found == set(codes)


VERB_WORDS = ("create", "adopt", "enable", "disable", "update", "move")


def test_E4_S1_disabled_where_they_sit_and_the_licence_released_in_the_same_write(world: World) -> None:
    world.group("elsewhere")
    world.person("ann", "field", enabled=False, name="New Name")
    world.node("ann", OURS, group="elsewhere", mobile=True)
    made = world.plan()
    assert made.changes("ann") == {
        "mobile_license": (True, False),
        "enabled": (True, False),
        "description": (str(OURS), str(OFF)),
    }
    action = made.action("ann")
    assert (action.group.before, action.group.after) == ("elsewhere", "elsewhere")
    assert action.removal
    assert action.reason == "account disabled in Entra"
    assert made.asked_for("accounts") == set()


def test_E9_S1_rescue_only_people_in_a_mapped_group_are_reported(world: World) -> None:
    world.node("stray")
    made = world.plan()
    assert (made.verbs, made.codes) == ({}, ["unmanaged stray"])
    assert made.plan.summary.unmanaged == 1


def test_E7_a_certain_leaver_of_a_frozen_mapping_is_disabled(world: World) -> None:
    world.unread["field"] = UnreadGroup(group_id("field"), "field", "page 2 failed")
    world.mapping("other").person("kim", "other")
    world.node("ann", OURS)
    made = world.plan()
    assert made.verbs["ann"] == "disable"
    assert "frozen field" in made.codes
    assert made.asked_for("groups_of") == set()


@pytest.mark.parametrize(("rescue", "verbs"), [("S3", "enable"), ("S4", "enable move"), ("S5", "enable")])
def test_D9_reenable_always_overrides_a_person_who_disabled_them(rescue: str, verbs: str) -> None:
    world = World(settings={"reenable": "always"}).mapping("field")
    world.group("elsewhere")
    world.person("ann", "field")
    RESCUE[rescue](world)
    assert world.plan().verbs == {"ann": verbs}


def test_D9_off_goes_when_they_were_enabled_by_hand(world: World) -> None:
    world.both("ann", marker=OFF)
    made = world.plan()
    assert made.verbs == {"ann": "update"}
    assert made.changes("ann") == {"description": (str(OFF), str(OURS))}


def test_D9_kept_disabled_is_counted_and_no_error(world: World) -> None:
    world.both("ann", status="Disabled")
    made = world.plan()
    assert made.plan.summary.kept_disabled == 1
    assert made.plan.summary.blocked == 0
    assert not made.plan.has_errors


def test_E1_S3_enabled_with_everything_that_changed_meanwhile(world: World) -> None:
    world.group("elsewhere")
    world.person("ann", "field", name="Ann Other")
    world.node("ann", OFF, status="Disabled", group="elsewhere")
    assert world.plan().verbs == {"ann": "enable update move"}


def test_E1_S0_creation_has_every_field_and_no_secret(world: World) -> None:
    world.mappings.clear()
    world.members.clear()
    world.mapping("field", node=False, upn_as_sso_id=True)
    world.person("ann", "field", upn="Ann.U@x.example", name=" Ann   Other ")
    made = world.plan()
    assert made.changes("ann") == {
        "login": (None, "ann@x.example"),
        "name": (None, "Ann Other"),
        "sso_id": (None, "Ann.U@x.example"),
        "enabled": (None, True),
        "description": (None, str(mark("ann", sso="Ann.U@x.example"))),
    }
    action = made.action("ann")
    assert (action.group.before, action.group.after, action.group_id) == (None, "field", world.place("field"))
    assert (action.subject.node_id, action.mapping, action.line) == (None, "field", 10)


def test_D10_a_mapping_that_creates_nobody_leaves_the_missing_alone() -> None:
    world = World().mapping("field", create_missing=False).person("ann", "field")
    made = world.plan()
    assert (made.verbs, made.asked) == ({}, [])
