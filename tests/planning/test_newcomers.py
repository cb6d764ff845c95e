"""People nobody linked: under which name they are told, what is asked for them, whom they wait for (D5, D16, D22)."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.model.hierarchy import NodeType

from .world import ADMINISTRATORS, World, id_of, mark

SHOWN = {
    "the login": ({"use_upn_as_email": True}, {"upn": "upn@x.example"}, "upn@x.example"),
    "a UPN with a number sign that is no guest's": (
        {"use_upn_as_email": True},
        {"upn": "ann#1@x.example"},
        "ann#1@x.example",
    ),
    "the mail where the UPN is none": ({"use_upn_as_email": True}, {"upn": "ann#EXT#"}, "ann@x.example"),
    "the UPN where there is no mail": ({}, {"upn": "upn@x.example", "mail": None}, "upn@x.example"),
}


@pytest.mark.parametrize("case", SHOWN)
@pytest.mark.parametrize("code", ["guest", "protected"])
def test_a_newcomer_is_told_by_the_login_they_would_have_or_what_there_is(case: str, code: str) -> None:
    settings, said, shown = SHOWN[case]
    world = World(settings=settings).mapping("field")
    world.both("kim")
    world.person("ann", "field", guest=code == "guest", **said)
    world.protected = ("ann@x.example", "upn@x.example") if code == "protected" else ()
    assert [(f.code, f.login) for f in world.plan().plan.findings] == [(code, shown)]


def test_whoever_is_excluded_and_no_guest_is_no_news(world: World) -> None:
    world.both("kim")
    world.person("ann", "field").override("ann@x.example")
    assert world.plan().codes == []


@pytest.mark.parametrize("full_sync", [True, False])
@pytest.mark.parametrize(("create_missing", "told"), [(True, True), (False, False)])
def test_D5_no_addresses_are_read_for_somebody_whose_login_is_taken(
    full_sync: bool, create_missing: bool, told: bool
) -> None:
    """Without creating anybody, a taken login is news only where it would be written to a node met by alias."""
    world = World(settings={"adopt": "aliases"}).mapping("field", full_sync=full_sync, create_missing=create_missing)
    world.both("kim")
    world.person("ann", "field").node("eve", mark("eve", owner="beef"), login="ann@x.example")
    made = world.plan()
    assert made.asked_for("addresses") == set()
    assert ("blocked_login ann" in made.codes) == (told or full_sync)


def test_D5_mail_and_upn_count_whatever_addresses_entra_lists(world: World) -> None:
    world.person("ann", "field", upn="upn@x.example").aliases["ann"] = frozenset({"other@x.example"})
    world.node("upn")
    assert world.plan().codes == ["possible_rename ann"]


def by_alias(world: World, **said: Any) -> World:
    """Ann is in Rescue under her old address."""
    world.settings["adopt"] = "aliases"
    world.both("kim")
    world.person("ann", "field").aliases["ann"] = frozenset({"ann@x.example", "old@x.example"})
    world.node("old", **said)
    return world


def test_D12_whoever_is_adopted_by_alias_keeps_the_login_of_an_administrator(world: World) -> None:
    by_alias(world, name="Old")
    world.node("adm", parent=ADMINISTRATORS, type=NodeType.ADMINISTRATOR, login="old@x.example")
    made = world.plan()
    assert made.verbs == {"old": "adopt update"}
    assert made.changes("ann").keys() == {"name", "description"}
    assert made.codes == ["both_roles old"]


def test_D16_whoever_is_adopted_by_alias_gets_their_login_after_its_giver(world: World) -> None:
    by_alias(world)
    world.person("bob", "field", mail="bob.new@x.example").node("bob", mark("bob"), login="ann@x.example")
    made = world.plan()
    assert made.changes("ann")["login"] == ("old@x.example", "ann@x.example")
    assert made.action("ann").depends_on == (made.action("bob").id,)


def rehired(world: World, **said: Any) -> None:
    world.person("ann", "field", **said)
    world.node("ann", mark("old", off=True, sso="before"), status="Disabled", sso="before")


def test_D16_whoever_is_back_gets_an_sso_id_after_its_giver_and_groups_are_not_asked_for() -> None:
    world = World().mapping("field", upn_as_sso_id=True)
    rehired(world, upn="a@x.example")
    world.person("bob", "field", upn="b@x.example").node("bob", mark("bob", sso="a@x.example"), sso="a@x.example")
    made = world.plan()
    assert made.action("ann").depends_on == (made.action("bob").id,)
    assert (made.asked_for("accounts"), made.asked_for("groups_of")) == ({id_of("old")}, set())


def test_D22_whoever_is_back_waits_for_a_seat_in_the_order_of_their_mapping(world: World) -> None:
    world.technician_seats = 1
    world.mapping("depot", priority=1)
    rehired(world)
    world.both("zoe", "depot", marker=mark("zoe", "depot", off=True), status="Disabled")
    made = world.plan()
    assert made.verbs == {"zoe": "enable"}
    assert [(f.code, f.login, f.mapping) for f in made.plan.findings] == [("no_seat", "ann@x.example", "field")]


def test_D22_whoever_is_met_with_a_licence_holds_it() -> None:
    world = World(mobile_seats=1).mapping("field", mobile_license="award")
    world.person("ann", "field").node("ann", mobile=True)
    world.both("kim")
    made = world.plan()
    assert made.changes("ann").keys() == {"description"}
    assert (made.plan.seats.mobile.before, made.plan.seats.mobile.without) == (1, ("kim@x.example",))
