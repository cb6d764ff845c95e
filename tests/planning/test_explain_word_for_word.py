"""What a plan does with somebody, story by story: the words, the rules, and all that goes with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from reconciler.model.hierarchy import Role
from reconciler.model.mappings import Retired
from reconciler.model.marker import Licence

from .told import ANN, company, explain, seen, told
from .world import TODAY, World, group_id, id_of, mark

Story = Callable[[World], Any]
ANN_ID, OLD_ID = id_of("ann"), id_of("old ann")
YESTERDAY = TODAY.replace(day=TODAY.day - 1)


def new(world: World) -> None:
    world.person("ann", "field")


def new_in_a_new_group(world: World) -> None:
    world.mapping("desk", nested="mirror", create_group=True)
    world.nest("desk", "night")
    world.person("ann", "night")


def fills_a_half_made_node(world: World) -> None:
    new(world)
    world.node("", login="", name="")


def adopted(world: World) -> None:
    new(world)
    world.node("ann")


def adopted_by_an_alias(world: World) -> None:
    world.settings["adopt"] = "aliases"
    new(world)
    world.aliases["ann"] = frozenset({"Old@x.example"})
    world.node("old", name="Ann")


def adopted_and_disabled(world: World) -> None:
    world.person("ann", "field", enabled=False).node("ann")


def enabled(world: World) -> None:
    world.both("ann", marker=mark("ann", off=True), status="Disabled")


def enabled_and_undecided(world: World) -> None:
    world.mapping("desk").person("ann", "field", "desk")
    world.node("ann", mark("ann", off=True), status="Disabled")


def enabled_after_a_hold(world: World) -> None:
    enabled(world)
    world.override(ANN, "hold", until=YESTERDAY)


def moved(world: World) -> None:
    world.mapping("desk").person("ann", "desk").node("ann", mark("ann"))


def renamed(world: World) -> None:
    world.both("ann", name="Anna", login="anna@x.example")


def given_a_licence(world: World) -> None:
    world.mappings[0] = replace(world.mappings[0], mobile_license="award", upn_as_sso_id=True)
    world.both("ann")


def has_left(world: World) -> None:
    world.person("ann").node("ann", mark("ann"))


def has_left_and_is_loose(world: World) -> None:
    world.mapping("loose", full_sync=False)
    world.both("bo", "loose")
    world.person("ann").node("ann", mark("ann", "loose"), group="loose")


def has_left_with_a_licence(world: World) -> None:
    world.person("ann").node("ann", mark("ann", m=Licence.GIVEN), status="Disabled", mobile=True)


def is_gone(world: World) -> None:
    world.node("ann", mark("ann"))


def is_disabled(world: World) -> None:
    world.person("ann", "field", enabled=False).node("ann", mark("ann"))


def is_excluded(world: World) -> None:
    world.both("ann")
    world.override(ANN)


def is_excluded_and_retired(world: World) -> None:
    world.retired.append(Retired(group_id("old"), "disable", 70))
    world.person("ann", "field").override(ANN).node("ann", mark("ann", "old"))


def is_a_guest(world: World) -> None:
    world.person("ann", "field", guest=True).node("ann", mark("ann"))


def is_unmanaged(world: World) -> None:
    world.settings["unmanaged"] = "disable"
    world.person("ann").node("ann")


def is_held_back(world: World) -> None:
    world.guards |= {"max_removals": 0, "on_violation": "hold_removals"}
    is_disabled(world)


def is_rehired(world: World) -> None:
    new(world)
    world.node("ann", mark("old ann", off=True), status="Disabled")


def has_two_roles(world: World) -> None:
    world.mapping("adm", role=Role.ADMIN)
    world.both("ann", name="Anna")
    world.members["adm"].append("ann")
    world.node("ann", mark("ann", "adm"), group="adm", name="Annie")


def has_a_node_of_another_owner(world: World) -> None:
    """Her mail is free, so she gets a node of her own."""
    world.person("ann", "field", upn="a@x.example")
    world.node("a", mark("ann", owner="ffff"))


ACTIONS: list[tuple[str, Story, list[str]]] = [
    ("new", new, [
        "Ann: field direct",
        "technician: create: direct member of field [D14 R43]",
        "  create ann@x.example",
    ]),
    ("new in a new group", new_in_a_new_group, [
        "Ann: field none, desk direct",
        "technician: create: member of desk > night [D14 R43]",
        "  create ann@x.example",
        "  after create_group desk/night",
    ]),
    ("fills a half-made node", fills_a_half_made_node, [
        "Ann: field direct",
        "technician: create: direct member of field; fills the half-made node 1001 [D14 R43]",
        "  create ann@x.example",
    ]),
    ("adopted", adopted, [
        "Ann: field direct",
        "technician 1001: adopt: direct member of field [D5 R56]",
        "  adopt ann@x.example",
    ]),
    ("adopted by an alias", adopted_by_an_alias, [
        "Ann: field direct",
        "technician 1001: adopt and update: direct member of field [D5 R56 D16 R55 D3]",
        "  adopt update old@x.example",
    ]),
    ("adopted and disabled", adopted_and_disabled, [
        "Ann: field direct",
        "technician 1001: adopt and disable: account disabled in Entra [D8 R22 R45 D5 R56]",
        "  adopt disable ann@x.example",
    ]),
    ("enabled", enabled, [
        "Ann: field direct",
        "technician 1001: enable: direct member of field [D9 R52]",
        "  enable ann@x.example",
    ]),
    ("enabled and undecided", enabled_and_undecided, [
        "Ann: field direct, desk direct",
        "technician 1001: enable: enabled in Entra; where they belong is not decided [D11]",
        "  enable ann@x.example",
        "  conflict desk",
    ]),
    ("enabled after a hold", enabled_after_a_hold, [
        "Ann: field direct",
        "  but override of line 90: hold, ended on 2026-11-21, without effect",
        "technician 1001: enable: direct member of field [D9 R52]",
        "  enable ann@x.example",
        "  expired ann@x.example",
    ]),
    ("moved", moved, [
        "Ann: field none, desk direct",
        "technician 1001: move: direct member of desk [R48 R49]",
        "  move ann@x.example",
    ]),
    ("renamed", renamed, [
        "Ann: field direct",
        "technician 1001: update: direct member of field [D16 R55 D20 R54]",
        "  update anna@x.example",
    ]),
    ("given a licence", given_a_licence, [
        "Ann: field direct",
        "technician 1001: update: direct member of field [D21 R34 D22 R33 D3]",
        "  update ann@x.example",
    ]),
    ("has left", has_left, [
        f"the account {ANN_ID} exists and is enabled: field none",
        "technician 1001: disable: left field [D8 R47]",
        "  disable ann@x.example",
    ]),
    ("has left without full sync", has_left_and_is_loose, [
        f"the account {ANN_ID} exists and is enabled: field none, loose none",
        "technician 1002: disable: left loose [D8 R47 D10 R31]",
        "  disable ann@x.example",
    ]),
    ("was disabled with a licence", has_left_with_a_licence, [
        f"the account {ANN_ID} exists and is enabled: field none",
        "technician 1001: update: left field [D22 R33 D3]",
        "  update ann@x.example",
    ]),
    ("is gone", is_gone, [
        f"the account {ANN_ID} does not exist: field none",
        "technician 1001: disable: account no longer exists in Entra [D8 R23 R45]",
        "  disable ann@x.example",
    ]),
    ("is disabled", is_disabled, [
        "Ann: field direct",
        "technician 1001: disable: account disabled in Entra [D8 R22 R45]",
        "  disable ann@x.example",
    ]),
    ("is excluded", is_excluded, [
        "Ann: field direct",
        "  but override of line 90: exclude, until 2026-11-22",
        "technician 1001: disable: excluded until 2026-11-22 by an override (line 90) [§2 overrides D8]",
        "  disable ann@x.example",
    ]),
    ("is excluded and retired", is_excluded_and_retired, [
        "Ann: field direct",
        "  but override of line 90: exclude, until 2026-11-22",
        "  but marked for an Entra group that line 70 retires: people: disable (D7)",
        f"technician 1001: disable: the Entra group {group_id('old')} is retired (line 70) [D7 R62]",
        "  disable ann@x.example",
    ]),
    ("is a guest", is_a_guest, [
        "Ann: field direct",
        "technician 1001: disable: a guest, and guests are skipped [D8 R21]",
        "  disable ann@x.example",
    ]),
    ("is held back", is_held_back, [
        "Ann: field direct",
        "technician 1001: disable: account disabled in Entra [D8 R22 R45]",
        "  disable ann@x.example (held)",
    ]),
    ("is re-hired", is_rehired, [
        f"the account {OLD_ID} does not exist: field none",
        f"technician 1001: their node goes to the account {ANN_ID}: direct member of field; was {OLD_ID}, who is gone "
        "[D16]",
        "Ann: field direct",
        f"technician 1001: adopt and enable: direct member of field; was {OLD_ID}, who is gone [D16 D9]",
        "  adopt enable ann@x.example",
    ]),
    ("has two roles", has_two_roles, [
        "Ann: field direct, adm direct",
        "admin 1002: update: direct member of adm [D20 R54]",
        "  update ann@x.example",
        "technician 1001: update: direct member of field [D20 R54]",
        "  update ann@x.example",
    ]),
]  # fmt: skip


@pytest.mark.parametrize(("make", "lines"), [pytest.param(*case[1:], id=case[0]) for case in ACTIONS])
def test_what_is_done(make: Story, lines: list[str]) -> None:
    world = company()
    make(world)
    assert told(explain(world)) == lines


def test_D6_somebody_unmanaged_who_is_in_entra_and_in_no_group() -> None:
    world = company()
    is_unmanaged(world)
    assert told(explain(world, **seen(world))) == [
        "Ann: field none",
        "technician 1001: disable: in none of the Entra groups mapped to this Rescue group (settings.unmanaged) "
        "[D6 R60]",
        "  disable ann@x.example",
    ]


def test_a_node_of_another_owner_and_the_one_that_is_created() -> None:
    world = company()
    has_a_node_of_another_owner(world)
    assert told(explain(world)) == [
        "Ann: field direct",
        "technician 1001: marked by another owner (ffff): never written by this file [D3]",
        "technician: create: direct member of field [D14 R43]",
        "  create ann@x.example",
    ]


def test_D5_an_adoption_by_an_alias_is_told_under_it_while_entra_cannot_be_asked() -> None:
    world = company()
    adopted_by_an_alias(world)
    assert told(explain(world, "old@x.example", why="403")) == [
        "could not be asked about them: 403: field none",
        "technician 1001: adopt and update: direct member of field [D5 R56 D16 R55 D3]",
        "  adopt update old@x.example",
    ]


def test_a_guard_that_refuses_and_one_that_holds_back() -> None:
    world = company()
    is_disabled(world)
    world.guards |= {"max_removals": 0}
    assert explain(world).guards_refuse
    world.guards |= {"on_violation": "hold_removals"}
    assert not explain(world).guards_refuse
