"""Full sync off: status and link, and nothing else of anybody (D10; adsync-behaviour.md R31, R32, §10.1)."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.model.hierarchy import NodeType
from reconciler.model.marker import Licence

from .test_truth_tables import ENTRA, OFF, OURS, RESCUE, VERB_WORDS
from .world import ADMINISTRATORS, World, id_of, mark

ROWS = """
E1 S0 -
E1 S1 -
E1 S2 -
E1 S3 enable
E1 S4 enable
E1 S5 - kept_disabled
E1 S6 - both_roles
E1 S7 adopt
E2 S0 - conflict
E2 S1 - conflict
E2 S2 - conflict
E2 S3 enable conflict
E2 S4 enable conflict
E2 S5 - conflict
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
E5 S7 -
E6 S0 -
E6 S1 disable
E6 S2 disable
E6 S3 -
E7 S1 - frozen
E7 S2 - frozen
E7 S3 - frozen
E8 S0 -
E8 S1 -
E8 S2 -
E8 S3 - no_login
E8 S5 - no_login
E8 S7 -
E8guest S0 - guest
E8guest S1 disable
E9 S7 -
"""


def off_world(**said: Any) -> World:
    world = World().mapping("field", **{"full_sync": False, "create_missing": False, "upn_as_sso_id": True, **said})
    world.group("elsewhere")
    return world


@pytest.mark.parametrize("row", ROWS.strip().splitlines())
def test_row(row: str) -> None:
    entra, rescue, *rest = row.split()
    world = off_world().mapping("other", full_sync=False, create_missing=False)
    world.person("kim", "field", "other")
    ENTRA[entra](world)
    RESCUE[rescue](world)
    made = world.plan()
    assert made.verbs.get("ann", "") == " ".join(word for word in rest if word in VERB_WORDS)
    found = {finding.code for finding in made.plan.findings if (finding.login or "ann@").startswith("ann@")}
    assert found == {word for word in rest if word not in VERB_WORDS and word != "-"}


def test_nothing_that_differs_is_written() -> None:
    world = off_world()
    world.person("ann", "field", name="Ann <New>", mail="new@x.example")
    world.node("ann", OURS, group="elsewhere", sso="by hand", mobile=True)
    made = world.plan()
    assert (made.verbs, made.codes, made.asked) == ({}, [], [])
    assert made.plan.summary.unchanged == 1
    full = world.plan("full")
    assert (full.verbs, full.codes, full.asked_for("details")) == ({}, [], {1000})


@pytest.mark.parametrize("before", [mark("ann", sso="ann@x.example"), mark("ann", m=Licence.GIVEN), mark("ann", "old")])
def test_the_marker_becomes_that_of_a_mapping_that_manages_nothing(before: Any) -> None:
    world = off_world()
    world.person("ann", "field", name="New").node("ann", before, group="elsewhere", mobile=True)
    made = world.plan()
    assert made.verbs == {"ann": "update"}
    assert made.changes("ann") == {"description": (str(before), str(OURS))}


def test_moving_on_to_a_mapping_without_it_leaves_them_where_they_sit() -> None:
    world = off_world().mapping("desk")
    world.person("ann", "field").node("ann", mark("ann", "desk"), group="desk")
    world.both("kim", "desk")
    made = world.plan()
    assert made.verbs == {"ann": "update"}
    assert made.changes("ann") == {"description": (str(mark("ann", "desk")), str(mark("ann")))}


def test_switched_on_everything_is_looked_at_again() -> None:
    world = World().mapping("field", upn_as_sso_id=True)
    world.group("elsewhere")
    world.person("ann", "field", name="New").node("ann", OURS, group="elsewhere")
    assert world.plan().verbs == {"ann": "update move"}


def test_enabled_in_place_with_the_link_alone() -> None:
    world = off_world()
    world.person("ann", "field", name="New", mail="new@x.example")
    world.node("ann", OFF, status="Disabled", group="elsewhere", sso="kept")
    made = world.plan()
    assert made.verbs == {"ann": "enable"}
    assert made.changes("ann") == {"enabled": (False, True), "description": (str(OFF), str(OURS))}


def test_adopted_in_place_with_the_link_alone() -> None:
    world = off_world()
    world.person("ann", "field", name="New").node("ann", group="elsewhere", description="old hand")
    made = world.plan()
    assert made.verbs == {"ann": "adopt"}
    assert made.changes("ann") == {"description": ("old hand", f"old hand {OURS}")}


def test_a_leaver_loses_the_licence_in_the_same_write() -> None:
    world = off_world()
    world.both("kim")
    world.person("ann").node("ann", OURS, group="elsewhere", mobile=True)
    assert world.plan().changes("ann") == {
        "mobile_license": (True, False),
        "enabled": (True, False),
        "description": (str(OURS), str(OFF)),
    }


def test_create_missing_adds_creation_without_an_SSO_ID() -> None:
    world = off_world(create_missing=True)
    world.settings["use_email_as_sso_id"] = True
    world.person("ann", "field")
    made = world.plan()
    assert made.verbs == {"ann": "create"}
    assert made.changes("ann") == {
        "login": (None, "ann@x.example"),
        "name": (None, "Ann"),
        "enabled": (None, True),
        "description": (None, str(OURS)),
    }
    assert made.action("ann").group_id == world.place("field")
    world.apply(made.plan.actions)
    assert world.plan().verbs == {}


@pytest.mark.parametrize(
    ("said", "code"),
    [({"name": "A <b>"}, "bad_name ann"), ({"mail": None}, "no_login ann"), ({"name": ""}, "bad_name ann")],
)
def test_who_is_created_needs_a_name_and_a_login(said: dict[str, Any], code: str) -> None:
    made = off_world(create_missing=True).person("ann", "field", **said).plan()
    assert (made.verbs, made.codes) == ({}, [code])


def test_R32_members_who_would_be_created_are_listed() -> None:
    world = off_world()
    for key in ("zoe", "Ann", "kim"):
        world.person(key, "field")
    world.person("none", "field", mail=None).person("off", "field", enabled=False).person("guest", "field", guest=True)
    world.node("kim", mark("kim"))
    made = world.plan()
    assert made.plan.mappings[0].not_created == ("Ann@x.example", "zoe@x.example")
    assert (made.verbs, made.plan.summary.blocked) == ({}, 0)


def test_a_login_nobody_gives_up_is_not_had() -> None:
    """Under full sync off the holder keeps their login, so it cannot be passed on."""
    world = off_world().mapping("desk")
    world.person("ann", "field", mail="new@x.example").node("ann", OURS)
    world.person("eve", "desk", mail="ann@x.example").node("eve", mark("eve", "desk"), group="desk")
    made = world.plan()
    assert (made.verbs, made.codes) == ({}, ["blocked_login eve"])


def test_a_login_that_is_not_written_need_not_be_free() -> None:
    world = off_world()
    world.node("new")
    world.person("ann", "field", mail="new@x.example").node("ann", mark("ann", "old"))
    made = world.plan()
    assert (made.verbs, made.codes) == ({"ann": "update"}, [])


def test_two_mappings_onto_one_group_are_alike_only_with_the_same_full_sync() -> None:
    world = World().mapping("field").mapping("desk", node=False, rescue_group=("field",), full_sync=False)
    world.person("ann", "field", "desk").node("ann", OURS)
    made = world.plan()
    assert (made.verbs, made.codes) == ({}, ["conflict ann"])


def test_rescue_only_people_are_nobodys_business() -> None:
    world = off_world()
    world.both("ann")
    world.node("stray")
    made = world.plan()
    assert (made.verbs, made.codes, made.plan.summary.unmanaged) == ({}, [], 0)


def test_an_empty_group_still_freezes() -> None:
    world = off_world()
    world.person("ann").node("ann", OURS)
    assert world.plan().codes == ["frozen field"]


def test_both_roles_is_told_also_where_nobody_is_created() -> None:
    world = off_world()
    world.person("ann", "field").node("ann", parent=ADMINISTRATORS, type=NodeType.ADMINISTRATOR)
    made = world.plan()
    assert (made.verbs, made.codes, id_of("ann") in made.asked_for("addresses")) == ({}, ["both_roles ann"], False)


# -- create_missing under full sync --------------------------------------------------------------------------


def test_create_missing_false_keeps_existing_people_up_and_creates_nobody() -> None:
    world = World().mapping("field", create_missing=False)
    world.group("elsewhere")
    world.person("new", "field").person("ann", "field", name="Ann New").node("ann", OURS, group="elsewhere")
    world.person("eve", "field").node("eve")
    world.person("off", "field").node("off", mark("off", off=True), status="Disabled")
    made = world.plan()
    assert made.verbs == {"ann": "update move", "eve": "adopt", "off": "enable"}
    assert made.plan.mappings[0].not_created == ("new@x.example",)
    assert made.asked_for("addresses") == set()


def test_D22_whose_login_is_left_alone_queues_for_a_seat_with_the_one_they_have() -> None:
    world = World(technician_seats=1).mapping("field", full_sync=False)
    for key, mail in (("ann", "zz@x.example"), ("bea", "aa@x.example")):
        world.person(key, "field", mail=mail).node(key, mark(key, off=True), status="Disabled")
    assert world.plan().verbs == {"ann": "enable"}
