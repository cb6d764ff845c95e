"""The order of rules of §1: the first that fits decides each person."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from reconciler.model.directory import Account, UnreadGroup
from reconciler.model.hierarchy import NodeType

from .world import ADMIN, MASTERS, TODAY, World, group_id, id_of, mark


def survivor(world: World) -> None:
    world.caller_login = "ann@x.example"


def protected(world: World) -> None:
    world.protected = ("ANN@*",)


def held(world: World) -> None:
    world.override("Ann@X.example", "hold")


VETOES: list[Callable[[World], None]] = [survivor, protected, held]


@pytest.mark.parametrize("veto", VETOES)
def test_veto_over_a_certain_leaver_is_loud(world: World, veto: Callable[[World], None]) -> None:
    world.both("kim")
    world.node("ann", mark("ann"))
    veto(world)
    made = world.plan()
    assert (made.verbs, made.codes) == ({}, ["leaver_kept ann"])
    assert made.plan.has_errors
    assert "account no longer exists in Entra" in made.message("leaver_kept")


@pytest.mark.parametrize("veto", VETOES)
def test_veto_over_an_account_nobody_knows_is_unconfirmed(world: World, veto: Callable[[World], None]) -> None:
    world.both("kim")
    world.person("ann").node("ann", mark("ann"))
    world.accounts["ann"] = Account.UNKNOWN
    veto(world)
    assert world.plan().codes == ["unconfirmed ann"]


@pytest.mark.parametrize("veto", VETOES)
@pytest.mark.parametrize("state", ["renamed", "moved", "left", "off", "bad name", "conflict", "new", "unmarked"])
def test_veto_over_everything_else_writes_nothing_and_asks_rescue_nothing(
    world: World, veto: Callable[[World], None], state: str
) -> None:
    world.both("kim")
    world.mapping("other").group("elsewhere")
    world.person("eve", "other")
    match state:
        case "renamed":
            world.both("ann", name="Old")
        case "moved":
            world.person("ann", "field").node("ann", mark("ann"), group="elsewhere")
        case "left":
            world.person("ann").node("ann", mark("ann"))
        case "off":
            world.both("ann", marker=mark("ann", off=True), status="Disabled")
        case "bad name":
            world.person("ann", "field", name="<b>").node("ann", mark("ann"))
        case "conflict":
            world.person("ann", "field", "other").node("ann", mark("ann", off=True), status="Disabled")
        case "new":
            world.person("ann", "field")
        case "unmarked":
            world.person("ann", "field").node("ann")
    veto(world)
    made = world.plan()
    assert "ann" not in made.verbs
    assert [code for code in made.codes if code.endswith(" ann")] == ["protected ann"]
    assert not made.plan.has_errors
    assert made.asked_for("details") == set()
    assert made.plan.summary.blocked == 1


@pytest.mark.parametrize("veto", VETOES)
@pytest.mark.parametrize("refresh", ["auto", "full"])
def test_veto_over_somebody_in_sync_says_nothing(world: World, veto: Callable[[World], None], refresh: str) -> None:
    world.both("ann")
    veto(world)
    made = world.plan("full" if refresh == "full" else "auto")
    assert (made.verbs, made.codes) == ({}, [])
    assert made.plan.summary.unchanged == 1


@pytest.mark.parametrize("veto", VETOES)
def test_veto_over_somebody_a_person_disabled_says_nothing(world: World, veto: Callable[[World], None]) -> None:
    world.both("ann", status="Disabled")
    veto(world)
    assert world.plan().codes == []


@pytest.mark.parametrize("veto", VETOES)
def test_veto_over_a_disabled_member_nobody_linked(world: World, veto: Callable[[World], None]) -> None:
    world.person("ann", "field", enabled=False).node("ann")
    veto(world)
    made = world.plan()
    assert (made.verbs, made.codes) == ({}, ["protected ann"])


def test_veto_beats_frozen(world: World) -> None:
    world.both("kim")
    world.mapping("other").unread["other"] = UnreadGroup(group_id("other"), "other", "403")
    world.person("ann").node("ann", mark("ann", "other"), name="Old")
    world.protected = ("ann@x.example",)
    assert world.plan().codes == ["frozen other"]


@pytest.mark.parametrize("login", ["new@x.example", "old@x.example", "upn@x.example"])
def test_protected_by_the_login_now_or_wanted_or_any_address(world: World, login: str) -> None:
    world.person("ann", "field", mail="new@x.example", upn="upn@x.example")
    world.node("ann", mark("ann"), login="old@x.example")
    world.protected = (login,)
    made = world.plan()
    assert (made.verbs, made.codes) == ({}, ["protected old"])


def test_survival_no_login_of_a_master_administrator_is_taken(world: World) -> None:
    world.person("ann", "field", mail=ADMIN)
    world.node("ann", mark("ann"), login="old@x.example")
    made = world.plan()
    assert (made.verbs, made.codes) == ({}, ["protected old"])


def test_survival_covers_every_master_administrator_not_only_whom_the_tool_runs_as(world: World) -> None:
    world.node("other", parent=MASTERS, type=NodeType.MASTER_ADMINISTRATOR, login="Ann@x.example")
    world.both("ann", name="Old")
    made = world.plan()
    assert (made.verbs, made.codes) == ({}, ["protected ann"])


def test_survival_covers_whoever_getuser_calls_the_account_holder(world: World) -> None:
    world.both("ann", holder=True, name="Old")
    made = world.plan()
    assert (made.verbs, made.codes) == ({}, ["protected ann"])
    assert "account holder" in made.message("protected")


def test_survival_covers_a_leaver_with_the_login_of_a_master_administrator(world: World) -> None:
    world.both("kim")
    world.node("boss", mark("boss"), login=ADMIN.upper())
    made = world.plan()
    assert (made.verbs, made.codes) == ({}, ["leaver_kept BOSS"])


@pytest.mark.parametrize(
    ("pattern", "holds"),
    [
        ("ann@x.example", True),
        ("*@x.example", True),
        ("a*", True),
        ("*", True),
        ("ann", False),
        ("ann@x?example", False),
        (".*", False),
        ("nn@x.example", False),
    ],
)
def test_protected_patterns(world: World, pattern: str, holds: bool) -> None:
    world.both("ann", name="Old")
    world.protected = ("nobody@x.example", pattern)
    assert (world.plan().verbs == {}) == holds


@pytest.mark.parametrize("name", ["MAIL@x.example", "upn@X.example", " login@x.example ", id_of("ann").upper()])
@pytest.mark.parametrize("action", ["hold", "exclude"])
def test_overrides_match_mail_upn_login_and_object_id_in_any_case(world: World, name: str, action: str) -> None:
    world.both("kim")
    world.person("ann", "field", mail="mail@x.example", upn="upn@x.example")
    world.node("ann", mark("ann"), login="login@x.example")
    world.override(name, action)
    made = world.plan()
    assert made.verbs == ({"login": "disable"} if action == "exclude" else {})
    assert made.codes == (["protected login"] if action == "hold" else [])


def test_overrides_of_somebody_else_and_other_actions_have_no_effect(world: World) -> None:
    world.both("ann", name="Old")
    world.override("eve@x.example", "hold").override("ann@x.example", "other")
    assert world.plan().verbs == {"ann": "update"}


@pytest.mark.parametrize(("until", "in_force"), [(TODAY, True), (TODAY - timedelta(days=1), False)])
@pytest.mark.parametrize("action", ["hold", "exclude"])
def test_overrides_until_is_the_last_day_included(world: World, action: str, until: date, in_force: bool) -> None:
    world.person("ann", "field")
    world.override("ann@x.example", action, until)
    made = world.plan()
    assert (made.verbs == {}) == in_force
    assert ("expired ann" in made.codes) != in_force


def test_overrides_the_first_line_of_several_is_named(world: World) -> None:
    world.person("ann", "field", upn="upn@x.example")
    world.override("upn@x.example", "hold").override("ann@x.example", "hold")
    assert "(line 90)" in world.plan().message("protected")


def test_exclude_of_somebody_new_creates_nobody_and_says_nothing(world: World) -> None:
    world.person("ann", "field").override("ann@x.example")
    made = world.plan()
    assert (made.verbs, made.codes, made.asked) == ({}, [], [])


def test_certain_leaver_beats_frozen_marker_trouble_conflict_and_bad_name(world: World) -> None:
    world.mapping("other").unread["other"] = UnreadGroup(group_id("other"), "other", "403")
    world.person("kim", "field")
    world.person("frozen", enabled=False).node("frozen", mark("frozen", "other"))
    world.person("twice", "field", enabled=False)
    world.node("twice", mark("twice"))
    world.node("twice", mark("twice"), login="twice2@x.example")
    world.person("bad", "field", enabled=False, name="<").node("bad", mark("bad"))
    verbs = world.plan().verbs
    assert {key: verbs[key] for key in verbs if key != "kim"} == {
        "frozen": "disable",
        "twice": "disable",
        "twice2": "disable",
        "bad": "disable",
    }


def test_marker_trouble_beats_conflict(world: World) -> None:
    world.mapping("other").person("ann", "field", "other")
    world.node("ann", f"{mark('ann')} {mark('ann', off=True)}", status="Disabled")
    assert world.plan().codes == ["marker_bad ann"]


def test_conflict_beats_bad_name(world: World) -> None:
    world.mapping("other").person("ann", "field", "other", name="<")
    world.node("ann", mark("ann"))
    assert world.plan().codes == ["conflict ann"]


def test_bad_name_beats_kept_disabled(world: World) -> None:
    world.person("ann", "field", name="<").node("ann", mark("ann"), status="Disabled")
    assert world.plan().codes == ["bad_name ann"]
