"""Which SSO ID somebody gets, that none is ever blanked, and that no two people have one (D21)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from .test_first_contact import admin
from .world import World, mark


@pytest.mark.parametrize(
    ("upn_rule", "mail_rule", "sso"),
    [
        (True, False, "upn@x.example"),
        (False, True, "ann@x.example"),
        (True, True, "upn@x.example"),
        (False, False, None),
    ],
)
def test_D21_which_rule_gives_the_sso_id(upn_rule: bool, mail_rule: bool, sso: str | None) -> None:
    world = World(settings={"use_email_as_sso_id": mail_rule}).mapping("field", upn_as_sso_id=upn_rule)
    world.person("ann", "field", upn="upn@x.example").node("ann", mark("ann", sso="old"), sso="old")
    changes = world.plan().changes("ann")
    assert changes.get("sso_id") == (("old", sso) if sso else None)
    assert changes["description"][1] == str(mark("ann", sso=sso))


def test_D21_never_blanked() -> None:
    world = World(settings={"use_upn_as_email": True, "use_email_as_sso_id": True}).mapping("field")
    world.person("ann", "field", mail=None, name="New").node("ann", mark("ann", sso="old"), sso="old")
    assert world.plan().changes("ann").keys() == {"name", "description"}


@pytest.mark.parametrize("mail", ["", "\t", "ann\ud800@x.example"])
def test_D21_never_blanked_nor_broken_where_the_login_is_another_address(mail: str) -> None:
    world = World(settings={"use_upn_as_email": True, "use_email_as_sso_id": True}).mapping("field")
    world.person("ann", "field", mail=mail, name="New").node("ann", mark("ann", sso="old"), sso="old")
    assert world.plan().changes("ann").keys() == {"name", "description"}


def sso_world() -> World:
    return World().mapping("field", upn_as_sso_id=True)


def test_D21_an_sso_id_two_wanted_people_would_have() -> None:
    world = World(settings={"use_email_as_sso_id": True}).mapping("field").mapping("upns", upn_as_sso_id=True)
    world.person("ann", "field").person("eve", "upns", upn="ann@x.example")
    made = world.plan()
    assert (made.verbs, made.codes) == ({}, ["duplicate_sso ann", "duplicate_sso eve"])


def test_D21_an_sso_id_somebody_read_keeps() -> None:
    world = sso_world()
    world.person("ann", "field").node("ann", mark("ann"), sso="")
    world.person("eve", "field", name="New").node("eve", mark("eve", sso="eve@x.example"), sso="eve@x.example")
    world.node("stray", sso="ann@x.example")
    assert world.plan().verbs == {"ann": "update", "eve": "update"}, "who is not read is not compared"
    world.both("kim", marker=mark("kim", sso="kim@x.example"), sso="ann@x.example")
    world.people["kim"] = world.people["kim"]._replace(upn="kim_#EXT#@t.example")
    made = world.plan()
    assert "ann" not in made.verbs
    assert "held by the technician kim@x.example" in made.message("duplicate_sso")


def test_D21_the_sso_id_of_whom_the_tool_runs_as_counts() -> None:
    world = sso_world()
    world.person("ann", "field")
    readings = world.readings()
    caller = readings.caller._replace(details=readings.caller.details._replace(sso_id="ann@x.example"))
    made = world.plan(readings=replace(readings, caller=caller))
    assert (made.verbs, made.codes) == ({}, ["duplicate_sso ann"])


def test_D21_an_sso_id_passed_on_is_written_after_its_giver() -> None:
    world = sso_world()
    world.person("b", "field", upn="c@x.example", mail="b@x.example")
    world.node("b", mark("b", sso="b@x.example"), sso="b@x.example")
    world.person("a", "field", upn="b@x.example", mail="a@x.example")
    world.node("a", mark("a", sso="a@x.example"), sso="a@x.example")
    made = world.plan()
    assert [action.subject.login for action in made.plan.actions] == ["b@x.example", "a@x.example"]
    assert made.action("a").depends_on == (made.action("b").id,)


def test_D21_an_sso_id_whose_giver_is_not_written_is_a_duplicate() -> None:
    world = sso_world()
    world.person("b", "field", upn="c@x.example", mail="taken@x.example")
    world.node("b", mark("b", sso="b@x.example"), sso="b@x.example")
    world.node("taken")
    world.person("a", "field", upn="b@x.example", mail="a@x.example")
    world.node("a", mark("a", sso="a@x.example"), sso="a@x.example")
    made = world.plan()
    assert made.verbs == {}
    assert {"duplicate_sso a", "blocked_login b"} <= set(made.codes)


def test_D21_both_login_and_sso_id_from_one_giver() -> None:
    world = World(settings={"use_email_as_sso_id": True}).mapping("field")
    for key, mail in (("b", "c@x.example"), ("a", "b@x.example")):
        world.person(key, "field", mail=mail)
        world.node(key, mark(key, sso=f"{key}@x.example"), sso=f"{key}@x.example")
    made = world.plan()
    assert made.action("a").depends_on == (made.action("b").id,)


def test_D21_the_same_person_in_another_role_may_have_it() -> None:
    world = sso_world()
    world.person("ann", "field").node("ann", mark("ann"))
    admin(world, "ann@x.example")
    world.seats[1001].sso = "ann@x.example"
    readings = replace(world.readings(), details={1001: world.seats[1001].details()})
    assert world.plan(readings=readings).verbs == {"ann": "update"}


def test_D21_whoever_is_met_with_an_sso_id_somebody_keeps_is_not_adopted() -> None:
    world = sso_world()
    world.person("ann", "field").node("ann")
    world.person("eve", "field", guest=True).node("eve", mark("eve"), sso="ann@x.example")
    made = world.plan()
    assert (made.verbs, made.codes) == ({"eve": "disable"}, ["duplicate_sso ann"])


def test_D21_login_and_sso_id_from_two_givers() -> None:
    world = sso_world()
    for key, mail, upn in (("a", "b", "c"), ("b", "x", "b"), ("c", "c", "y")):
        world.person(key, "field", mail=f"{mail}@x.example", upn=f"{upn}@x.example")
        world.node(key, mark(key, sso=f"{key}@x.example"), sso=f"{key}@x.example")
    made = world.plan()
    assert made.verbs == {"b": "update", "c": "update", "a": "update"}
    assert set(made.action("a").depends_on) == {made.action("b").id, made.action("c").id}
    assert made.plan.actions[-1] == made.action("a")
    world.people["c"] = world.people["c"]._replace(name="<")
    made = world.plan("full")
    assert made.verbs == {"b": "update"}
    assert made.codes == ["bad_name c", "duplicate_sso a"], "the one who keeps it is named"


def test_D21_who_gives_up_a_login_and_keeps_the_sso_id_blocks_the_next() -> None:
    world = sso_world().mapping("plain")
    world.person("eve", "plain", mail="eve@x.example").node("eve", mark("eve", "plain"), group="plain")
    world.seats[1000].login = world.seats[1000].sso = "ann@x.example"
    world.person("ann", "field")
    made = world.plan()
    assert made.action("eve").verbs == ("update",)
    assert made.codes == ["duplicate_sso ann"]
    assert len(made.plan.actions) == 1
