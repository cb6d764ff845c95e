"""What findings about people say: code, mapping, login and every word, for this is what somebody acts on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from reconciler.model.directory import Account, NoPerson
from reconciler.model.hierarchy import NodeType, Role

from .world import ADMINISTRATORS, World, group_id, id_of, mark

ANN, OLD = "ann@x.example", "old@x.example"
SURVIVES = "is the account holder, a master administrator or the identity this runs as"
HELD = "held until 2026-11-22 by an override (line 90)"
Says = tuple[str, str | None, str | None, str]
"""Code, login, mapping, message."""
CASES: dict[str, tuple[Callable[[World], Any], tuple[Says, ...]]] = {}


def says(code: str, message: str, login: str | None = ANN, mapping: str | None = "field") -> Callable[[Any], Any]:
    """The whole plan has these findings and no others, in this order."""

    def add(case: Callable[[World], Any]) -> Callable[[World], Any]:
        name = case.__name__.replace("_", " ")
        CASES[name] = case, ((code, login, mapping, message), *CASES.get(name, (case, ()))[1])
        return case

    return add


def admin(world: World, login: str, marker: Any = None, **said: Any) -> None:
    world.node("adm", marker, parent=ADMINISTRATORS, type=NodeType.ADMINISTRATOR, login=login, **said)


def rehired(world: World, group: str = "field") -> None:
    """Ann comes back with a new object id; her node still has the marker of the old one."""
    world.person("ann", "field").node("ann", mark("old", group, off=True), status="Disabled")


def known_by_alias(world: World, **said: Any) -> None:
    """Somebody unmarked has another address of ann's."""
    world.person("ann", "field").aliases["ann"] = frozenset({ANN, OLD, "older@x.example"})
    world.node("old", **said)


def with_sso(world: World, key: str, has: str, upn: str | None = None, **said: Any) -> None:
    """Somebody of a mapping that makes the UPN the SSO ID, whose node has an SSO ID."""
    if "upns" not in world.members:
        world.mapping("upns", upn_as_sso_id=True)
    sso = f"{has}@x.example"
    world.person(key, "upns", upn=f"{upn or has}@x.example", **said)
    world.node(key, mark(key, "upns", sso=sso), sso=sso, group="upns")


# -- survival, `protected`, `hold` ------------------------------------------------------------------------------------


@says("protected", f"neither created nor adopted: {ANN} {SURVIVES}", mapping=None)
def a_survivor_who_joined(world: World) -> None:
    world.person("ann", "field").caller_login = ANN


@says("protected", f"nothing is written: {ANN} {SURVIVES}")
def a_survivor_to_be_renamed(world: World) -> None:
    world.both("ann", name="Old")
    world.caller_login = ANN


@says("protected", f"nothing is written: {ANN} is protected by the file", OLD)
def somebody_protected_by_the_login_they_would_have(world: World) -> None:
    world.both("ann", login=OLD)
    world.protected = ("Ann@*",)


@says("leaver_kept", f"has left and keeps access: account no longer exists in Entra, and {HELD}")
def somebody_gone_who_is_held(world: World) -> None:
    world.override(ANN, "hold").node("ann", mark("ann"))


@says("protected", f"disabled in Entra, not adopted: {HELD}", mapping=None)
def somebody_met_and_disabled_who_is_held(world: World) -> None:
    world.override(ANN, "hold").person("ann", "field", enabled=False).node("ann")


@says("protected", f"not re-hired as node 1001: {HELD}")
def somebody_back_whose_old_id_is_held(world: World) -> None:
    rehired(world.override(id_of("old"), "hold"))


@says("protected", f"neither created nor adopted as node 1001: {OLD} is protected by the file")
def somebody_met_by_another_address_that_is_protected(world: World) -> None:
    known_by_alias(world)
    world.settings["adopt"] = "aliases"
    world.protected = (OLD,)


# -- linked -----------------------------------------------------------------------------------------------------------


@says("marker_twice", f"the marker of {id_of('ann')} is on several nodes: 1001, 1002", mapping=None)
def one_marker_on_two_nodes(world: World) -> None:
    world.both("ann")
    world.node("bob", mark("ann"))


@says("unconfirmed", "kept: Entra did not say whether the account is enabled")
def no_answer_about_the_account(world: World) -> None:
    world.node("ann", mark("ann"))
    world.accounts[id_of("ann")] = Account.UNKNOWN


@says("unconfirmed", "kept: Entra did not say which groups they are in")
def no_answer_about_the_groups(world: World) -> None:
    world.person("ann").node("ann", mark("ann"))
    world.groups_of["ann"] = None


@says("unconfirmed", "kept: Entra did not say whether the account is enabled", mapping=None)
@says(
    "orphaned",
    f"marked for the Entra group {group_id('lost')[:8]}…, which no mapping of the file names; left alone",
    mapping=None,
)
def an_orphan_of_whom_there_is_no_answer(world: World) -> None:
    world.node("ann", mark("ann", "lost"))
    world.accounts[id_of("ann")] = Account.UNKNOWN


@says("reading_moved", "nothing this time: is in field now and was not a moment ago")
def somebody_who_is_in_the_group_after_all(world: World) -> None:
    world.person("ann").node("ann", mark("ann"))
    world.groups_of["ann"] = frozenset({group_id("field")})
    world.again[group_id("field")] = World().mapping().person("ann", "field").entra_group("field")


@says("frozen", "nothing is written for it: there is no administrator group admins in Rescue", None, "admins")
@says("unconfirmed", "kept: is in admins, whose mapping for administrators is frozen")
def a_technician_whom_a_frozen_mapping_of_administrators_may_want(world: World) -> None:
    world.mapping("admins", node=False, role=Role.ADMIN).person("ann", "admins").node("ann", mark("ann"))


@says("unconfirmed", "kept: may be whom the override of line 90 includes")
@says("unconfirmed", "the include of line 90 has no effect: nobody is called so", "somebody@x.example")
def a_leaver_who_may_be_whom_an_override_includes(world: World) -> None:
    world.person("ann").node("ann", mark("ann"))
    world.override("somebody@x.example", "include", mapping="field")
    world.unnamed["somebody@x.example"] = NoPerson("nobody is called so")


@says(
    "kept_disabled",
    "disabled in Rescue by a person, enabled in Entra; left disabled (`reenable: always` would enable them)",
)
def a_technician_disabled_by_a_person(world: World) -> None:
    world.both("ann", status="Disabled")


@says("kept_disabled", "disabled in Rescue by a person, enabled in Entra; left disabled", mapping="admins")
def an_administrator_disabled_by_a_person(world: World) -> None:
    world.mapping("admins", role=Role.ADMIN).both("ann", "admins", status="Disabled")


@says(
    "conflict",
    "in several groups whose mappings have equal priority and want different things: desk, field",
    OLD,
    "desk",
)
def somebody_wanted_in_different_ways(world: World) -> None:
    world.mapping("desk").person("lea", "desk").node("lea", mark("lea", "desk"), group="desk")
    world.person("ann", "desk", "field").node("ann", mark("ann"), login=OLD)


@says("reading_moved", "nothing this time: node 1001 is no user any more", OLD, None)
def a_node_that_is_no_user_any_more(world: World) -> None:
    world.told[world.both("ann", login=OLD).id] = None
    world.node("ann", mark("ann", owner="beef"))  # her new login is taken as well, which is no news now


@says("reading_moved", "nothing this time: the tree and getUser say different things of node 1001", OLD, None)
def a_node_of_which_the_two_readings_differ(world: World) -> None:
    seat = world.both("ann", login=OLD)
    world.told[seat.id] = seat.details()._replace(name="Eve")


# -- names, logins, SSO IDs -------------------------------------------------------------------------------------------

BAD_NAME = "the name in Entra is empty or holds control characters, < or &#; nothing is written"


@says("bad_name", BAD_NAME)
def a_newcomer_whose_name_cannot_be_written(world: World) -> None:
    world.person("ann", "field", name="<")


@says("bad_name", BAD_NAME, mapping="loose")
def a_newcomer_without_full_sync_whose_name_cannot_be_written(world: World) -> None:
    world.mapping("loose", node=False, rescue_group=("field",), full_sync=False).person("ann", "loose", name="<")


@says("no_login", "no e-mail address that can be a login in Entra; nothing is written", "upn@x.example")
def somebody_without_an_address(world: World) -> None:
    world.person("ann", "field", mail=None, upn="upn@x.example")


@says("no_login", "no UPN that can be a login in Entra; nothing is written", "ann#EXT#")
def somebody_without_a_upn_where_those_are_the_logins(world: World) -> None:
    world.settings["use_upn_as_email"] = True
    world.person("ann", "field", upn="ann#EXT#")


@says("duplicate_login", f"several people in the mapped groups have the login {ANN}")
@says("duplicate_login", "several people in the mapped groups have the login ANN@x.example", OLD)
def two_people_with_one_login(world: World) -> None:
    world.person("ann", "field").person("eve", "field", mail="ANN@x.example")
    world.node("eve", mark("eve"), login=OLD)


ONE_SSO_ID = "several people in the mapped groups have this SSO ID; none of them is written"


@says("duplicate_sso", ONE_SSO_ID, ANN, "upns")
@says("duplicate_sso", ONE_SSO_ID, OLD, "upns")
def two_people_with_one_sso_id(world: World) -> None:
    world.mapping("upns", upn_as_sso_id=True).person("ann", "upns").person("eve", "upns", upn=ANN)
    world.node("eve", mark("eve", "upns"), login=OLD, group="upns")


@says(
    "duplicate_sso", "the SSO ID is held by the technician keep@x.example (node 1001); nothing is written", OLD, "upns"
)
def an_sso_id_somebody_keeps(world: World) -> None:
    with_sso(world, "keep", "ann")
    world.people["keep"] = world.people["keep"]._replace(upn="#EXT#")
    with_sso(world, "ann", "before", "ann")
    world.seats[1002].login = OLD


@says("both_roles", "the login stays: the same person has, or is to have, a node in another role", OLD)
def a_login_that_is_an_administrators_as_well(world: World) -> None:
    world.both("ann", login=OLD)
    admin(world, OLD, mark("ann", "admins", owner="beef"))


@says("blocked_login", f"the login {ANN} is taken: held by the disabled technician {ANN} (node 1002)", OLD)
def a_new_login_that_is_taken(world: World) -> None:
    world.both("ann", login=OLD)
    world.node("bob", login=ANN, status="Disabled")


@says("blocked_login", f"the login {ANN} is taken: held by the technician {ANN} (node 1001)")
def a_newcomer_whose_login_is_taken(world: World) -> None:
    world.person("ann", "field").node("bob", mark("bob", owner="beef"), login=ANN)


# -- handovers --------------------------------------------------------------------------------------------------------


@says("blocked_login", "the login c@x.example is taken: held by the technician c@x.example (node 1003)")
@says(
    "blocked_login",
    f"the login wanted is held by the technician {ANN} (node 1002), who keeps it in this plan; nothing is written",
    OLD,
)
def a_login_whose_giver_is_blocked(world: World) -> None:
    world.both("ann", login=OLD)
    world.person("bob", "field", mail="c@x.example").node("bob", mark("bob"), login=ANN)
    world.node("c", mark("c", owner="beef"))


@says(
    "duplicate_sso",
    "the SSO ID wanted is held by the technician bob@x.example (node 1002), who keeps it in this plan; nothing is "
    "written",
    ANN,
    "upns",
)
@says(
    "blocked_login",
    "the login c@x.example is taken: held by the technician c@x.example (node 1003)",
    "bob@x.example",
    "upns",
)
def an_sso_id_whose_giver_is_blocked(world: World) -> None:
    with_sso(world, "ann", "before", "bob")
    with_sso(world, "bob", "bob", "after", mail="c@x.example")
    world.node("c", mark("c", owner="beef"))


# -- newcomers --------------------------------------------------------------------------------------------------------


@says("guest", "a guest account, skipped (settings.guests)", mapping=None)
def a_guest(world: World) -> None:
    world.person("ann", "field", guest=True)


@says("adopt_blocked", "already in Rescue as node 1001, and settings.adopt is never")
def somebody_met_where_nobody_is_adopted(world: World) -> None:
    world.settings["adopt"] = "never"
    world.person("ann", "field").node("ann")


@says("adopt_blocked", "already in Rescue as node 1001, and settings.adopt_admins is false", mapping="admins")
def an_administrator_met_where_none_is_adopted(world: World) -> None:
    world.mapping("admins", role=Role.ADMIN).person("ann", "admins").node("ann", group="admins")


@says("adopt_blocked", "disabled in Entra, enabled in Rescue as node 1001, and settings.adopt is never")
def somebody_met_and_disabled_where_nobody_is_adopted(world: World) -> None:
    world.settings["adopt"] = "never"
    world.person("ann", "field", enabled=False).node("ann")


@says(
    "kept_disabled",
    f"the disabled technician {ANN} (node 1001) is theirs by address, and nobody linked them; enable them in Rescue to "
    "have them adopted",
)
def somebody_met_who_is_disabled_in_rescue(world: World) -> None:
    world.person("ann", "field").node("ann", status="Disabled")


@says("adopt_blocked", "the node of somebody gone, 1001, could be theirs, and settings.adopt is never")
def somebody_back_where_nobody_is_adopted(world: World) -> None:
    world.settings["adopt"] = "never"
    rehired(world)


@says(
    "unconfirmed",
    f"not re-hired: the login {ANN} is held by the disabled technician {ANN} (node 1001); Entra did not say whether "
    "the account is enabled",
)
def somebody_back_of_whose_old_account_there_is_no_answer(world: World) -> None:
    rehired(world)
    world.accounts[id_of("old")] = Account.UNKNOWN


@says(
    "blocked_login",
    f"the login {ANN} is taken: held by the disabled technician {ANN} (node 1001), whose account {id_of('old')} still "
    "exists in Entra",
)
def somebody_back_whose_old_account_lives(world: World) -> None:
    rehired(world)
    world.accounts[id_of("old")] = Account.ENABLED


@says("frozen", "nothing is written for it: there is no technician group lost in Rescue", None, "lost")
@says(
    "blocked_login",
    f"the login {ANN} is taken: held by the disabled technician {ANN} (node 1001), marked for lost, whose mapping is "
    "frozen",
)
def somebody_back_whose_old_mapping_is_frozen(world: World) -> None:
    world.mapping("lost", node=False).person("lea", "lost")
    rehired(world, "lost")


# -- other addresses --------------------------------------------------------------------------------------------------

RENAME = f"neither created nor adopted: the enabled technician {OLD} (node {{}}) has another of their addresses; {{}}"


@says("unconfirmed", "not created: their other addresses could not be read from Entra")
def a_newcomer_whose_other_addresses_cannot_be_read(world: World) -> None:
    world.person("ann", "field").aliases["ann"] = None


@says("possible_rename", RENAME.format(1001, "`adopt: aliases` would adopt them"))
def somebody_with_another_address(world: World) -> None:
    known_by_alias(world)


@says("possible_rename", RENAME.format(1001, "`adopt: aliases` would adopt them").replace("enabled", "disabled", 1))
def somebody_with_another_address_who_is_disabled_in_rescue(world: World) -> None:
    known_by_alias(world, status="Disabled")


@says("possible_rename", RENAME.format(1001, "settings.adopt is never"))
def somebody_with_another_address_where_nobody_is_adopted(world: World) -> None:
    world.settings["adopt"] = "never"
    known_by_alias(world)


@says("possible_rename", RENAME.format(1001, "so have nodes 1003, 1002"))
def three_nodes_with_addresses_of_one_person(world: World) -> None:
    world.settings["adopt"] = "aliases"
    known_by_alias(world)
    world.node("older")
    world.node("ann.two", login="OLD@x.example")


@says("possible_rename", RENAME.format(1001, "it is an address of somebody else in the mapped groups as well"))
def another_address_that_is_somebody_elses_as_well(world: World) -> None:
    world.settings["adopt"] = "aliases"
    known_by_alias(world)
    world.people["kim"] = world.people["kim"]._replace(upn=OLD)


@says(
    "orphaned",
    f"node 1002 is marked for {group_id('admins')[:8]}…, a mapping of the other role; that does not count",
    OLD,
    None,
)
@says("possible_rename", RENAME.format(1002, "it carries the marker of somebody else"))
def another_address_on_a_node_marked_for_the_other_role(world: World) -> None:
    world.settings["adopt"] = "aliases"
    world.mapping("admins", role=Role.ADMIN).both("root", "admins")
    known_by_alias(world, marker=mark("eve", "admins"))


# -- half-made people, and the file -----------------------------------------------------------------------------------


@says("half_made", "node 1001 in field was created and never filled; the next creation there fills it", None)
def a_half_made_person(world: World) -> None:
    world.node("blank", login="", name="")


@says(
    "frozen",
    "nothing is written for it: there is no technician group lost in Rescue; people of mappings after it in priority "
    "who wait until it can be read: 1",
    None,
    "lost",
)
def somebody_who_waits_for_a_better_mapping(world: World) -> None:
    world.mapping("lost", node=False, priority=1).person("ann", "lost", "field")


@pytest.mark.parametrize("name", CASES)
def test_a_finding(world: World, name: str) -> None:
    case, expected = CASES[name]
    world.both("kim")
    case(world)
    assert tuple((one.code, one.login, one.mapping, one.message) for one in world.plan().plan.findings) == expected
