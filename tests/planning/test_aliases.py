"""`adopt: aliases` (D5): a node is somebody's by another of their addresses, if it can be nobody else's."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from typing import Any

import pytest

from reconciler.model.directory import UnreadGroup
from reconciler.model.hierarchy import NodeType, Role

from .world import ADMIN, ADMINISTRATORS, TODAY, World, group_id, id_of, mark


@pytest.fixture
def world() -> World:
    return World(settings={"adopt": "aliases"}).mapping("field")


def ann(world: World, *aliases: str, **said: Any) -> World:
    """Ann, wanted as ann@, with these other addresses as proxies."""
    world.person("ann", "field", **said)
    world.aliases["ann"] = frozenset({"ann@x.example", *aliases})
    return world


ADDRESSES = {
    "a proxy address": ("old@x.example", {}),
    "in another case": ("OLD@X.example", {}),
    "the UPN": ("upn@x.example", {"upn": "upn@x.example"}),
}


@pytest.mark.parametrize(("login", "said"), ADDRESSES.values(), ids=ADDRESSES.keys())
def test_adopted_and_the_login_changed_in_one_action(world: World, login: str, said: Any) -> None:
    ann(world, "old@x.example", **said)
    world.node("old", login=login, name="Ann", description="hand-written")
    made = world.plan()
    assert made.verbs == {login.split("@")[0]: "adopt update"}
    assert made.changes("ann") == {
        "login": (login, "ann@x.example"),
        "description": ("hand-written", f"hand-written {mark('ann')}"),
    }
    assert made.codes == []
    assert made.asked_for("addresses") == {id_of("ann")}


def test_the_mail_counts_where_the_upn_is_the_login(world: World) -> None:
    world.settings["use_upn_as_email"] = True
    ann(world, upn="ann.u@x.example")
    world.node("ann", name="Ann")
    assert world.plan().changes("ann")["login"] == ("ann@x.example", "ann.u@x.example")


def test_applied_there_is_nothing_left(world: World) -> None:
    world.group("elsewhere")
    ann(world, "old@x.example", name="New Name").node("old", group="elsewhere")
    made = world.plan()
    assert made.verbs == {"old": "adopt update move"}
    world.apply(made.plan.actions)
    again = world.plan("full")
    assert (again.verbs, again.codes) == ({}, [])
    assert again.plan.summary.unchanged == 1


def test_the_wanted_login_comes_before_an_alias(world: World) -> None:
    ann(world, "old@x.example").node("old")
    world.node("ann")
    made = world.plan()
    assert made.verbs == {"ann": "adopt"}
    assert made.asked_for("addresses") == set(), "read only for people about to be created"
    assert made.codes == ["unmanaged old"]


def test_adoptions_are_no_identity_change(world: World) -> None:
    world.guards["max_identity_changes"] = 0
    world.settings["use_email_as_sso_id"] = True
    ann(world, "old@x.example").node("old", sso="old@x.example")
    made = world.plan()
    assert set(made.changes("ann")) >= {"login", "sso_id"}
    assert made.plan.violations == ()
    guard = next(guard for guard in made.plan.guards if guard.name == "max_identity_changes")
    assert (guard.measured, guard.of) == (0, 1)


def test_the_sso_id_may_be_on_the_node_already(world: World) -> None:
    world.settings["use_email_as_sso_id"] = True
    ann(world, "old@x.example").node("old", sso="ann@x.example")
    made = world.plan("full")
    assert "sso_id" not in made.changes("ann")
    assert made.codes == []


# -- never where somebody else can be meant ------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["Offline", "Disabled"])
def test_two_nodes_of_one_person(world: World, status: str) -> None:
    ann(world, "old@x.example", "older@x.example").node("old")
    world.node("older", status=status)
    made = world.plan()
    assert (made.verbs, made.codes) == ({}, ["possible_rename ann"])
    assert "so have nodes 1001" in made.message("possible_rename")
    assert made.plan.summary.blocked == 1


def test_one_address_on_two_nodes(world: World) -> None:
    ann(world, "old@x.example").node("old")
    world.node("old", login="Old@x.example")
    made = world.plan()
    assert (made.verbs, made.codes) == ({}, ["possible_rename ann"])


def test_two_newcomers_claiming_one_node(world: World) -> None:
    ann(world, "old@x.example").person("eve", "field")
    world.aliases["eve"] = frozenset({"Old@x.example"})
    world.node("old")
    made = world.plan()
    assert (made.verbs, made.codes) == ({}, ["possible_rename ann", "possible_rename eve"])
    assert "somebody else" in made.plan.findings[0].message


CLAIMS = {
    "adopted by it": lambda w: w.person("old", "field"),
    "by UPN": lambda w: w.both("eve") and w.person("eve", upn="old@x.example"),
    "linked, and renamed to it": lambda w: w.both("eve") and w.person("eve", mail="old@x.example"),
    "in another mapping": lambda w: w.mapping("other").person("old", "other"),
    "in a frozen mapping": lambda w: w.mapping("lost", node=False).person("old", "lost"),
    "in conflict": lambda w: w.mapping("other").person("kim", "other").person("old", "field", "other"),
    "disabled": lambda w: w.person("old", "field", enabled=False),
    "a guest": lambda w: w.person("old", "field", guest=True),
    "excluded": lambda w: w.person("old", "field").override(id_of("old")),
    "protected": lambda w: w.person("old", "field") and setattr(w, "protected", ("old@x.example",)),
}


@pytest.mark.parametrize("claim", CLAIMS)
def test_a_node_whose_login_is_somebody_elses(world: World, claim: str) -> None:
    ann(world, "old@x.example").node("old")
    CLAIMS[claim](world)
    made = world.plan()
    assert not any(action.subject.entra_id == id_of("ann") for action in made.plan.actions)
    assert "possible_rename ann" in made.codes


def test_only_unmarked_nodes_of_the_role_are_met(world: World) -> None:
    ann(world, "eve@x.example", "adm@x.example", "foreign@x.example", "bad@x.example")
    world.both("eve")
    world.node("adm", parent=ADMINISTRATORS, type=NodeType.ADMINISTRATOR)
    world.node("foreign", mark("foreign", owner="beef"))
    world.node("bad", f"{mark('b')} {mark('c')}")
    made = world.plan()
    assert made.verbs == {"ann": "create"}
    assert made.codes == ["marker_bad bad"]


def test_a_disabled_node_is_kept_disabled_and_nobody_is_created(world: World) -> None:
    ann(world, "old@x.example").node("old", status="Disabled")
    made = world.plan()
    assert (made.verbs, made.codes) == ({}, ["kept_disabled ann"])
    assert (made.plan.summary.kept_disabled, made.plan.summary.blocked) == (1, 0)


@pytest.mark.parametrize("why", ["survivor", "protected", "hold by alias", "hold by login"])
def test_vetoes_look_at_the_login_of_the_node(world: World, why: str) -> None:
    ann(world, ADMIN if why == "survivor" else "old@x.example")
    world.node("old", login=ADMIN if why == "survivor" else "old@x.example")
    if why == "protected":
        world.protected = ("old@*",)
    elif why.startswith("hold"):
        world.override("old@x.example" if why == "hold by alias" else "ann@x.example", "hold")
    made = world.plan()
    assert made.verbs == {}
    assert "protected ann" in made.codes


def test_an_sso_id_somebody_keeps_blocks_the_adoption(world: World) -> None:
    world.settings["use_email_as_sso_id"] = True
    ann(world, "old@x.example").node("old")
    readings = world.readings()
    boss = readings.caller.details._replace(sso_id="ann@x.example")
    made = world.plan(readings=replace(readings, caller=readings.caller._replace(details=boss)))
    assert (made.verbs, made.codes) == ({}, ["duplicate_sso old"])


# -- the login of the node and the wanted one (D12, D16) ------------------------------------------------------------


def test_the_wanted_login_is_an_admins(world: World) -> None:
    ann(world, "old@x.example").node("old")
    world.node("adm", parent=ADMINISTRATORS, type=NodeType.ADMINISTRATOR, login="ann@x.example")
    made = world.plan()
    assert made.verbs == {}
    assert "both_roles ann" in made.codes


def test_the_nodes_login_is_an_admins_too_so_it_stays(world: World) -> None:
    ann(world, "old@x.example", name="New").node("old")
    world.node("adm", parent=ADMINISTRATORS, type=NodeType.ADMINISTRATOR, login="old@x.example")
    made = world.plan()
    assert made.verbs == {"old": "adopt update"}
    assert set(made.changes("ann")) == {"name", "description"}
    assert made.codes == ["both_roles old"]
    world.apply(made.plan.actions)
    assert world.plan().verbs == {}


def test_the_wanted_login_is_held_by_a_stranger(world: World) -> None:
    ann(world, "old@x.example").node("old")
    world.node("ann", mark("eve", owner="beef"))
    made = world.plan()
    assert made.verbs == {}
    assert made.codes == ["blocked_login ann", "unmanaged old"]
    assert made.asked_for("addresses") == set()


def test_the_wanted_login_is_passed_on_by_its_holder(world: World) -> None:
    ann(world, "old@x.example").node("old", name="Ann")
    world.person("eve", "field", mail="eve.new@x.example").node("eve", mark("eve"), login="ann@x.example")
    made = world.plan()
    assert made.verbs == {"ann": "update", "old": "adopt update"}
    assert made.action("ann").depends_on == (made.action("eve").id,)
    world.apply(made.plan.actions)
    assert world.plan("full").verbs == {}


# -- who is looked for ------------------------------------------------------------------------------------------------


def test_without_create_missing_mail_and_upn_have_to_do() -> None:
    world = World(settings={"adopt": "aliases"}).mapping("field", create_missing=False)
    ann(world, "old@x.example", upn="upn@x.example")
    world.person("eve", "field").aliases["eve"] = frozenset({"proxy@x.example"})
    world.node("upn", name="Ann")
    world.node("proxy")
    made = world.plan()
    assert made.verbs == {"upn": "adopt update"}
    assert made.asked_for("addresses") == set()


def test_a_member_who_is_disabled_in_entra_is_adopted_and_disabled(world: World) -> None:
    ann(world, "old@x.example", upn="upn@x.example", enabled=False).node("upn", mobile=True)
    world.node("old")
    made = world.plan()
    assert made.verbs == {"upn": "adopt disable"}
    assert made.changes("ann") == {
        "mobile_license": (True, False),
        "enabled": (True, False),
        "description": ("", str(mark("ann", off=True))),
    }
    assert made.action("ann").removal
    assert made.asked_for("addresses") == set(), "a disabled member is not about to be created"
    world.apply(made.plan.actions)
    assert world.plan().verbs == {}


@pytest.mark.parametrize("why", ["not aliases", "claimed", "their login is there", "disabled", "frozen", "conflict"])
def test_a_disabled_member_whose_alias_is_not_surely_theirs(world: World, why: str) -> None:
    ann(world, upn="upn@x.example", enabled=False).node("upn", status="Disabled" if why == "disabled" else "Offline")
    world.mapping("other").person("kim", "other")
    match why:
        case "not aliases":
            world.settings["adopt"] = "login"
        case "claimed":
            world.both("eve") and world.person("eve", upn="upn@x.example")
        case "their login is there":
            world.node("ann", status="Disabled")
        case "frozen":
            world.unread["field"] = UnreadGroup(group_id("field"), "field", "429")
        case "conflict":
            world.members["other"].append("ann")
    made = world.plan()
    assert "upn" not in made.verbs
    assert ("possible_rename ann" in made.codes) == (why == "claimed")
    assert why != "disabled" or made.codes == [], "there is nothing left to do"


@pytest.mark.parametrize("pair", [("é", "e\u0301"), ("e\u0301", "É")])
def test_unicode_forms_of_an_address_are_one(world: World, pair: tuple[str, str]) -> None:
    ann(world, f"{pair[0]}@x.example").node("old", login=f"{pair[1]}@x.example", name="Ann")
    made = world.plan()
    assert made.action("ann").verbs == ("adopt", "update")
    assert unicodedata.normalize("NFC", pair[0]) in ("é", "É")


def test_addresses_that_cannot_be_read_block_the_creation(world: World) -> None:
    world.person("ann", "field").aliases["ann"] = None
    world.node("old")
    made = world.plan()
    assert (made.verbs, made.codes) == ({}, ["unconfirmed ann", "unmanaged old"])


def test_a_hold_that_is_over_holds_nobody(world: World) -> None:
    ann(world, "old@x.example").node("old")
    world.override("old@x.example", "hold", until=TODAY.replace(day=1))
    assert world.plan().action("ann").verbs == ("adopt", "update")


@pytest.mark.parametrize("adopt_admins", [True, False])
def test_an_administrator_only_with_adopt_admins(adopt_admins: bool) -> None:
    world = World(settings={"adopt": "aliases", "adopt_admins": adopt_admins}).mapping("admins", role=Role.ADMIN)
    world.both("root", "admins")
    world.person("ann", "admins").aliases["ann"] = frozenset({"old@x.example"})
    world.node("old", group="admins", name="Ann")
    made = world.plan()
    assert made.verbs == ({"old": "adopt update"} if adopt_admins else {})
    assert made.codes == ([] if adopt_admins else ["possible_rename ann"])


def test_the_marker_of_a_mapping_of_the_other_role_names_who_it_is(world: World) -> None:
    world.mapping("admins", role=Role.ADMIN).both("root", "admins")
    ann(world, "old@x.example").node("old", mark("eve", "admins"))
    made = world.plan()
    assert made.verbs == {}
    assert made.codes == ["orphaned old", "possible_rename ann"]
    world.seats[1001].description = str(mark("ann", "admins"))
    assert world.plan().verbs == {"old": "adopt update"}


@pytest.mark.parametrize("adopt", ["login", "aliases", "never"])
@pytest.mark.parametrize(("action", "code"), [("exclude", []), ("hold", ["protected ann"])])
def test_an_override_may_call_somebody_by_the_alias_they_are_known_by(action: str, code: list[str], adopt: str) -> None:
    world = World(settings={"adopt": adopt}).mapping("field")
    ann(world, "old@x.example", "older@x.example").node("old")
    world.both("kim")
    for name in ("old@x.example", "OLDER@x.example"):
        world.overrides.clear()
        world.override(name, action)
        made = world.plan()
        assert (made.verbs, made.codes) == ({}, code)


@pytest.mark.parametrize("action", ["exclude", "hold"])
def test_whoever_is_linked_goes_by_the_login_they_have_whatever_was_read(action: str) -> None:
    world = World(settings={"unmanaged": "disable"}).mapping("field")
    world.both("kim", name="Old")
    world.aliases["kim"] = frozenset({"kim.alias@x.example"})
    world.node("uma")
    world.override("kim.alias@x.example", action)
    made = world.plan()
    assert made.asked_for("addresses") == {id_of("kim")}
    assert made.verbs == {"kim": "update", "uma": "disable"}


def test_without_full_sync_the_node_is_adopted_and_the_login_stays() -> None:
    world = World(settings={"adopt": "aliases"}).mapping("field", full_sync=False, create_missing=False)
    ann(world, upn="upn@x.example", name="New").node("upn")
    world.node("ann", mark("eve", owner="beef"))  # whose login it is does not matter: it is not written
    made = world.plan()
    assert made.verbs == {"upn": "adopt"}
    assert set(made.changes("ann")) == {"description"}
    world.apply(made.plan.actions)
    assert world.plan().verbs == {}
