"""Why a plan says of somebody what it says: the rule and the words, case by case, from plans that were really made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from reconciler.model.directory import Account
from reconciler.model.explanation import Decided, Membership, RoleExplained
from reconciler.model.hierarchy import Role
from reconciler.model.mappings import EntraGroupName, Override, Retired
from reconciler.planning.explain.standing import quiet_reason

from .told import ANN, company, explain, freeze, seen, unread
from .world import TODAY, World, group_id, id_of, mark


def roles(world: World, **looked: Any) -> dict[str, RoleExplained]:
    (person,) = explain(world, **looked).people
    assert len({role.role for role in person.roles}) == len(person.roles)
    return {role.role: role for role in person.roles}


def waits_for_a_better_one(world: World) -> None:
    world.mapping("old")
    world.both("bo", "old")
    freeze(world, "first", priority=1).person("ann", "field")
    world.node("ann", mark("ann", "old"), group="old")


def new_and_waits(world: World) -> None:
    freeze(world, "first", priority=1).person("ann", "field")


def unlinked_and_waits(world: World) -> None:
    new_and_waits(world)
    world.node("ann")


def retired(people: str) -> Callable[[World], None]:
    def make(world: World) -> None:
        world.retired.append(Retired(group_id("old"), people, 70))
        world.person("ann").node("ann", mark("ann", "old"))

    return make


def nameless(world: World) -> None:
    world.mapping("lost", entra_group=EntraGroupName(None, "Lost"))
    world.unread["lost"] = unread("lost", known=False)
    world.person("ann").node("ann", mark("ann", "elsewhere"))


def new_in_a_frozen_one(world: World) -> None:
    world.mapping("lost", node=False).person("ann", "lost")


def unlinked_in_a_frozen_one(world: World) -> None:
    new_in_a_frozen_one(world)
    world.node("ann")


def marked_for_a_frozen_one(world: World) -> None:
    freeze(world, "lost").person("ann").node("ann", mark("ann", "lost"), group="lost")


def adopted_only(world: World) -> None:
    """Nothing but adopting is asked of this mapping, and she has no mail: nothing is missed, nothing said."""
    world.mapping("loose", full_sync=False, create_missing=False).person("ann", "loose", mail=None)
    world.node("ann")


def creates_nobody(world: World) -> None:
    world.mapping("loose", create_missing=False).person("ann", "loose")


def in_sync_but_for_her_name(world: World) -> None:
    world.mapping("loose", full_sync=False)
    world.both("ann", "loose", name="Another")


def adopted_by_a_loose_one(world: World) -> None:
    world.mapping("loose", full_sync=False).person("ann", "loose").node("ann", group="loose")


def excluded(world: World) -> None:
    world.person("ann", "field").override(ANN)


def excluded_and_unlinked(world: World) -> None:
    excluded(world)
    world.node("ann")


def a_guest(world: World) -> None:
    world.person("ann", "field", guest=True).node("ann", mark("ann"))


def off_by(marker_off: bool) -> Callable[[World], None]:
    def make(world: World) -> None:
        world.person("ann").node("ann", mark("ann", off=marker_off), status="Disabled")

    return make


def included_and_frozen(world: World) -> None:
    freeze(world, "lost").person("ann").node("ann", mark("ann", "lost"), group="lost")
    world.override(ANN, "include", mapping="lost")


CASES: list[tuple[str, Callable[[World], Any], tuple[str, ...], str]] = [
    ("moves to one that waits for a better", waits_for_a_better_one, ("D11", "D17"), "waits until first, which"),
    ("new where a better one is frozen", new_and_waits, ("D11", "D17"), "waits until first, which"),
    ("unlinked where a better one is frozen", unlinked_and_waits, ("D11", "D17"), "waits until first, which"),
    ("retired and kept", retired("keep"), ("D7",), "retired, whose people are kept"),
    ("retired and disabled", retired("disable"), ("D7", "R62"), "disable: the Entra group"),
    ("of a mapping whose group is not found", nameless, ("D17", "R24", "R25"), "marked for lost, which is frozen"),
    ("new in a frozen one", new_in_a_frozen_one, ("D17", "R24", "R25"), "waits for lost, which is frozen: "),
    ("unlinked in a frozen one", unlinked_in_a_frozen_one, ("D17", "R24", "R25"), "waits for lost, which is frozen: "),
    ("of a frozen one", marked_for_a_frozen_one, ("D17", "R24", "R25"), "marked for lost, which is frozen: "),
    ("included in a frozen one", included_and_frozen, ("D17", "R24", "R25"), "marked for lost, which is frozen: "),
    ("no mail where nothing but adopting is asked", adopted_only, ("D5",), "not linked to an Entra account, and not"),
    ("new where nobody is created", creates_nobody, ("D10", "R32"), "not in Rescue, and loose creates nobody"),
    ("in sync with full sync off", in_sync_but_for_her_name, ("D10", "R31"), "follows nothing else of them"),
    (
        "adopted with full sync off",
        adopted_by_a_loose_one,
        ("D5", "R56", "D10", "R31"),
        "adopt: direct member of",
    ),
    ("excluded and new", excluded, ("§2 overrides",), "not in Rescue, and an override excludes them"),
    ("excluded and unlinked", excluded_and_unlinked, ("§2 overrides",), "not linked, and an override excludes them"),
    ("a guest who leaves", a_guest, ("D8", "R21"), "disable: a guest, and guests are skipped"),
    ("disabled by us and wanted by nobody", off_by(True), ("D8", "R50"), "they are disabled already (by us)"),
    ("disabled by a person, wanted by nobody", off_by(False), ("D8", "R50"), "they are disabled already (by a person)"),
]


@pytest.mark.parametrize(("make", "rules", "said"), [pytest.param(*case[1:], id=case[0]) for case in CASES])
def test_the_rule_and_its_words(make: Callable[[World], Any], rules: tuple[str, ...], said: str) -> None:
    world = company()
    make(world)
    decided = roles(world)["technician"].decided
    assert decided.rules == rules
    assert said in decided.text


def test_D16_a_rehire_is_no_plain_adoption_and_no_plain_enabling() -> None:
    world = company()
    world.person("ann", "field").node("ann", mark("old ann", off=True), status="Disabled")
    told = [role for person in explain(world).people for role in person.roles if role.actions]
    assert [(role.actions[0].verbs, role.decided.rules) for role in told] == [(("adopt", "enable"), ("D16", "D9"))]


def test_D12_the_old_node_of_somebody_who_becomes_an_administrator() -> None:
    world = company().mapping("adm", role=Role.ADMIN)
    world.both("bea", "adm")
    world.person("ann", "adm").node("ann", mark("ann"))
    told = roles(world)
    assert told["technician"].decided.rules == told["admin"].decided.rules == ("D12", "R41")
    assert "to be admin by adm" in told["technician"].decided.text
    assert "the administrator is created once that node is gone" in told["admin"].decided.text


def test_a_marker_of_the_other_role_s_lost_group_means_no_mapping() -> None:
    world = company().mapping("lost", role=Role.ADMIN, entra_group=EntraGroupName(None, "Lost"))
    world.unread["lost"] = unread("lost", known=False)
    world.person("ann").node("ann", mark("ann", "elsewhere"))
    told = roles(world)["technician"]
    assert told.node is not None
    assert told.node.markers[0].mapping is None
    assert told.decided.rules == ("D7", "R62")


@pytest.mark.parametrize("kind", ["retired", "replaced"])
def test_D17_a_marker_of_a_known_group_is_not_the_lost_ones(kind: str) -> None:
    world = World().mapping("field", replaces=(group_id("old"),) if kind == "replaced" else ())
    world.both("kim")
    world.mapping("a lost one", entra_group=EntraGroupName(None, "Lost"))
    world.unread["a lost one"] = unread("a lost one", known=False)
    if kind == "retired":
        world.retired.append(Retired(group_id("old"), "keep", 70))
    world.person("ann").node("ann", mark("ann", "old"))
    node = roles(world)["technician"].node
    assert node is not None
    assert node.markers[0].mapping == {"retired": None, "replaced": "field"}[kind]


@pytest.mark.parametrize(
    ("groups", "how", "rules"),
    [
        pytest.param(None, "unknown", ("D17",), id="not told which groups"),
        pytest.param(frozenset({group_id("lost")}), "unknown", ("D17",), id="in it, directly or not"),
        pytest.param(frozenset({"another group"}), "none", ("R17",), id="in others only"),
    ],
)
def test_somebody_in_or_out_of_a_group_that_could_not_be_read(
    groups: frozenset[str] | None, how: str, rules: tuple[str, ...]
) -> None:
    world = freeze(company(), "lost").person("ann")
    (person,) = explain(world, **seen(world, groups)).people
    assert {item.mapping: item.how for item in person.memberships} == {"field": how_of(groups), "lost": how}
    assert [role.decided.rules for role in person.roles] == [rules]


def how_of(groups: frozenset[str] | None) -> str:
    """`field` was read whole, and ann is not in it: that is known whatever Entra says of her."""
    return "none" if groups is None or group_id("field") not in groups else "nested"


def test_D1_only_through_a_group_that_the_mapping_does_not_follow() -> None:
    world = company().person("ann")
    told = roles(world, **seen(world, frozenset({group_id("field")})))["technician"].decided
    assert told.rules == ("D1", "R19")


def test_D2_a_clash_on_their_way_into_the_mapping_is_why() -> None:
    world = World().mapping("field", nested="mirror", create_group=True)
    world.both("kim")
    world.nest("field", **{"one": "Same", "two": "Same"})
    held = "one" if group_id("one") > group_id("two") else "two"
    world.person("ann", held)
    decided = roles(world)["technician"].decided
    assert decided.rules[0] == "D2"
    assert "Same" in decided.text


def test_D16_everything_an_action_waits_for_is_named_once_in_the_plan_s_order() -> None:
    """Ann takes bob's login and cy's SSO ID, and bob takes cy's login."""
    world = World().mapping("field", upn_as_sso_id=True)
    world.both("kim")
    for key, login, sso in (("ann", "bob", "cy"), ("bob", "cy", "bob"), ("cy", "new", "new")):
        world.person(key, "field", mail=f"{login}@x.example", upn=f"{sso}.upn@x.example")
        world.node(key, mark(key, sso=f"{key}.upn@x.example"), sso=f"{key}.upn@x.example")
    told = explain(world, id_of("ann")).people[0].roles[0]
    assert [len(action.depends_on) for action in told.actions] == [2]
    assert [action.subject.entra_id for action in told.needs] == [id_of("cy"), id_of("bob")]


def test_who_is_in_no_sight_is_nobody_and_says_where_was_looked() -> None:
    world = freeze(company(), "lost")
    told = explain(world, "nobody@x.example", why="403")
    assert told.people == ()
    assert "in the 1 mapped Entra groups that could be read" in told.tried[0]
    assert told.tried[1].endswith("could not be asked: 403")
    assert "of the 2 people in Rescue" in told.tried[2]


# What planning leaves no trace of


def membership(**said: Any) -> Membership:
    values: Mapping[str, Any] = {
        "mapping": "field", "line": 1, "role": "technician", "priority": 100, "entra_group": "field",
        "rescue_group": "field", "state": "ok", "why": "", "how": "direct",
    }  # fmt: skip
    return Membership(**{**values, **said})


@pytest.mark.parametrize(
    ("left_out", "rules", "said"),
    [
        pytest.param(None, ("D14",), "wanted by field; nothing is done this time", id="wanted"),
        pytest.param("guest", ("R21",), "a guest account, and guests are skipped (settings.guests)", id="a guest"),
        pytest.param(
            "exclude", ("§2 overrides",), "not in Rescue, and an override excludes them: not created", id="excluded"
        ),
    ],
)
def test_a_silent_plan_about_a_member_without_a_node(left_out: str | None, rules: tuple[str, ...], said: str) -> None:
    decided = quiet_reason(
        role="technician",
        seen=None,
        account=Account.ENABLED,
        left_out=left_out,
        kept=False,
        memberships=[membership()],
        elsewhere=[],
        unseen=(),
        is_alias=False,
        mappings=company().file(),
    )
    assert decided == Decided(rules=rules, text=said)


def test_a_silent_plan_about_somebody_linked_whom_nothing_wants_makes_up_no_rule() -> None:
    world = company()
    world.both("ann")
    shown = roles(world)["technician"].node
    decided = quiet_reason(
        role="technician",
        seen=shown,
        account=Account.ENABLED,
        left_out=None,
        kept=False,
        memberships=[membership(how="none")],
        elsewhere=[membership(how="none", role="admin")],
        unseen=(),
        is_alias=False,
        mappings=world.file(),
    )
    assert decided == Decided(rules=("D8",), text="left alone; nothing in the plan is about them")


def test_an_override_that_has_ended_or_speaks_of_another_excludes_nobody() -> None:
    world = company().person("ann", "field")
    world.overrides.append(Override(ANN, "exclude", TODAY.replace(day=1), None, None, 90))
    world.override("kim@x.example")
    assert roles(world)["technician"].decided.rules == ("D14", "R43")
