"""Re-hires (D16): the node of somebody who is gone, and the same login wanted for a new object id."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.model.directory import Account
from reconciler.model.hierarchy import NodeType, Role

from .world import ADMINISTRATORS, World, id_of, mark


@pytest.fixture
def world() -> World:
    made = World().mapping("field")
    made.both("kim")
    return made


def rehire(world: World, marker: Any = None, **said: Any) -> Any:
    """Ann comes back with a new object id; her node still has the marker of the old one."""
    world.person("ann", "field")
    return world.node("ann", marker or mark("old", off=True), **{"status": "Disabled", **said})


def test_adopted_enabled_and_marked_anew(world: World) -> None:
    world.group("elsewhere")
    rehire(world, description="hand-written", group="elsewhere", name="Ann Old")
    made = world.plan()
    assert made.verbs == {"ann": "adopt enable update move"}
    assert made.changes("ann") == {
        "name": ("Ann Old", "Ann"),
        "enabled": (False, True),
        "description": (f"hand-written {mark('old', off=True)}", f"hand-written {mark('ann')}"),
    }
    action = made.action("ann")
    assert action.sets_password
    assert not action.removal
    assert made.asked_for("accounts") == {id_of("old")}
    assert made.codes == []
    assert made.plan.summary.adopt == 1


def test_with_nothing_else_to_change_the_verbs_are_adopt_enable(world: World) -> None:
    rehire(world)
    made = world.plan()
    assert made.verbs == {"ann": "adopt enable"}
    world.apply(made.plan.actions)
    again = world.plan("full")
    assert (again.verbs, again.codes) == ({}, [])


def test_counted_as_an_identity_change_among_those_enabled_before(world: World) -> None:
    world.guards["max_identity_changes"] = 0
    rehire(world)
    made = world.plan()
    (guard,) = made.plan.violations
    assert (guard.name, guard.measured, guard.of) == ("max_identity_changes", 1, 1)
    assert guard.actions == (made.action("ann").id,)


def test_takes_a_seat(world: World) -> None:
    rehire(world)
    seats = world.plan().plan.seats.technician
    assert (seats.before, seats.taken, seats.after) == (1, 1, 2)


@pytest.mark.parametrize("create_missing", [True, False])
def test_an_adoption_that_create_missing_has_no_say_in(create_missing: bool) -> None:
    world = World().mapping("field", create_missing=create_missing)
    rehire(world)
    world.both("kim")
    assert world.plan().verbs == {"ann": "adopt enable"}


@pytest.mark.parametrize("mapping", ["field", "deleted"])
def test_the_marker_may_be_an_orphans(world: World, mapping: str) -> None:
    rehire(world, mark("old", mapping, off=True))
    assert world.plan().verbs == {"ann": "adopt enable"}


LIVES = {
    "enabled": lambda w: w.accounts.update({id_of("old"): Account.ENABLED}),
    "disabled": lambda w: w.accounts.update({id_of("old"): Account.DISABLED}),
    "disabled member": lambda w: w.person("old", "field", enabled=False, mail=None),
    "member": lambda w: w.person("old", "field", mail=None),
}


@pytest.mark.parametrize("old", LIVES)
def test_while_the_old_account_lives_the_login_is_taken(world: World, old: str) -> None:
    rehire(world)
    LIVES[old](world)
    made = world.plan()
    assert made.verbs == {}
    assert "blocked_login ann" in made.codes
    assert "held by the disabled technician ann@x.example (node 1001)" in made.message("blocked_login")
    assert made.asked_for("details") == set()


DOUBTS = {
    "no answer": lambda w: w.accounts.update({id_of("old"): Account.UNKNOWN}),
    "the token of another tenant": lambda w: setattr(w, "tenant_confirmed", False),
}


@pytest.mark.parametrize("why", DOUBTS)
def test_whether_the_old_account_is_gone_has_to_be_sure(world: World, why: str) -> None:
    rehire(world)
    DOUBTS[why](world)
    made = world.plan()
    assert (made.verbs, made.codes) == ({}, ["unconfirmed ann"])
    assert "node 1001" in made.message("unconfirmed")


NOT_OURS = {
    "a human disabled them": ({"marker": mark("old")}, None),
    "another owner's": ({"marker": mark("old", off=True, owner="beef")}, None),
    "two markers": ({"marker": f"{mark('old', off=True)} {mark('older', off=True)}"}, None),
    "two markers of one": ({"marker": f"{mark('old', off=True)} {mark('old')}"}, None),
    "enabled, so a leaver first": ({"status": "Offline"}, {"ann": "disable"}),
}


@pytest.mark.parametrize("what", NOT_OURS)
def test_only_what_we_disabled_ourselves(world: World, what: str) -> None:
    said, verbs = NOT_OURS[what]
    rehire(world, **said)
    made = world.plan()
    assert made.verbs == (verbs or {})
    assert "blocked_login ann" in made.codes
    assert not any("enable" in action.verbs for action in made.plan.actions)


def test_the_marker_on_a_second_node_is_nobodys(world: World) -> None:
    rehire(world)
    world.node("ann.two", mark("old", off=True), status="Disabled")
    made = world.plan()
    assert made.verbs == {}
    assert "blocked_login ann" in made.codes


def test_the_marker_of_a_frozen_mapping_is_not_written(world: World) -> None:
    world.mapping("lost", node=False).person("lea", "lost")
    rehire(world, mark("old", "lost", off=True))
    made = world.plan()
    assert made.verbs == {}
    assert made.codes == ["blocked_login ann", "frozen lost"]


def test_an_admin_of_that_login_is_a_second_role(world: World) -> None:
    rehire(world)
    world.node("adm", parent=ADMINISTRATORS, type=NodeType.ADMINISTRATOR, login="ann@x.example")
    made = world.plan()
    assert (made.verbs, made.codes) == ({}, ["both_roles ann"])


def test_adopt_never_means_them_too(world: World) -> None:
    world.settings["adopt"] = "never"
    rehire(world)
    made = world.plan()
    assert (made.verbs, made.codes) == ({}, ["adopt_blocked ann"])


@pytest.mark.parametrize("whom", ["ann@x.example", id_of("ann"), id_of("old")])
def test_a_hold_on_either_object_id_holds(world: World, whom: str) -> None:
    rehire(world)
    world.override(whom, "hold")
    made = world.plan()
    assert (made.verbs, made.codes) == ({}, ["protected ann"])


def test_an_sso_id_somebody_keeps_blocks_the_rehire() -> None:
    world = World().mapping("field", upn_as_sso_id=True)
    rehire(world, sso="ann@x.example")
    world.person("eve", "field", guest=True).node("eve", mark("eve"), sso="ann@x.example")
    made = world.plan()
    assert (made.verbs, made.codes) == ({"eve": "disable"}, ["duplicate_sso ann"])


def test_the_sso_id_of_the_one_who_is_gone_is_theirs_now() -> None:
    world = World().mapping("field", upn_as_sso_id=True)
    rehire(world, mark("old", sso="ann@x.example", off=True), sso="ann@x.example")
    made = world.plan("full")
    assert made.verbs == {"ann": "adopt enable"}
    assert made.changes("ann")["description"][1] == str(mark("ann", sso="ann@x.example"))


def test_two_who_want_the_login_get_nothing(world: World) -> None:
    rehire(world)
    world.person("eve", "field", mail="Ann@x.example")
    made = world.plan()
    assert made.verbs == {}
    assert {code.lower() for code in made.codes} == {"duplicate_login ann"}


def test_whoever_has_a_node_already_does_not_take_another(world: World) -> None:
    world.node("old", mark("old", off=True), login="ann@x.example", status="Disabled")
    world.person("ann", "field").node("ann", mark("ann"), login="ann.before@x.example")
    made = world.plan()
    assert (made.verbs, made.codes) == ({}, ["blocked_login ann.before"])


def test_a_node_that_changed_between_the_readings_is_left_alone(world: World) -> None:
    seat = rehire(world)
    world.told[seat.id] = seat.details()._replace(status="Offline")
    made = world.plan()
    assert (made.verbs, made.codes) == ({}, ["reading_moved ann"])


def admin_world(**settings: Any) -> World:
    world = World(settings=settings).mapping("admins", role=Role.ADMIN)
    world.both("root", "admins")
    world.person("ann", "admins").node("ann", mark("old", "admins", off=True), group="admins", status="Disabled")
    return world


def test_an_administrator_only_with_adopt_admins() -> None:
    made = admin_world().plan()
    assert (made.verbs, made.codes) == ({}, ["blocked_login ann"])
    assert made.asked_for("accounts") == set()
    assert admin_world(adopt_admins=True).plan().verbs == {"ann": "adopt enable"}


def test_a_second_node_of_the_same_one_is_theirs_too() -> None:
    world = admin_world(adopt_admins=True).mapping("field")
    world.both("kim")
    rehire(world)
    world.members["admins"] = ["root", "ann"]
    made = world.plan()
    assert [action.verbs for action in made.plan.actions] == [("adopt", "enable")] * 2
    assert made.codes == []
    world.apply(made.plan.actions[:1])
    again = world.plan()
    assert [action.verbs for action in again.plan.actions] == [("adopt", "enable")]


@pytest.mark.parametrize("answer", [Account.ENABLED, Account.GONE])
def test_an_old_account_that_a_group_of_the_other_role_shows_lives(answer: Account) -> None:
    world = admin_world(adopt_admins=True).mapping("field")
    world.person("old", "field", mail="old@x.example", upn="old@x.example").node("old", mark("old"))
    world.accounts["old"] = answer
    made = world.plan()
    assert (made.verbs, made.codes) == ({}, ["blocked_login ann"])


def test_without_full_sync_nothing_but_status_link_and_password_is_new() -> None:
    world = World().mapping("field", full_sync=False, create_missing=False)
    rehire(world, name="Ann Before")
    made = world.plan()
    assert made.verbs == {"ann": "adopt enable"}
    assert set(made.changes("ann")) == {"enabled", "description"}
    assert made.action("ann").sets_password


def test_the_licence_of_an_old_one_who_lives_is_released_once_entra_said_that_they_left(world: World) -> None:
    """Asked first whether they are gone; the licence shows only in getUser, and only then where they are matters."""
    seat = rehire(world, mobile=True)
    world.accounts[id_of("old")] = Account.ENABLED
    made = world.plan("full")
    assert (made.verbs, made.codes) == ({"ann": "update"}, ["blocked_login ann"])
    assert made.action("old").subject.node_id == seat.id
    assert made.changes("old") == {"mobile_license": (True, False)}
    assert [sorted(questions.groups_of) for questions in made.asked if questions.accounts] == [[], [id_of("old")]]
