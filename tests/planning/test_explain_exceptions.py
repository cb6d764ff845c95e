"""What sets somebody apart, story by story: survival, `protected`, overrides, `retired`, permits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from reconciler.model.directory import NoPerson
from reconciler.model.mappings import Override, Permit, Retired

from .told import ANN, company, explain, seen, told
from .world import ADMIN, TODAY, World, group_id, id_of, mark

Story = Callable[[World], Any]
ANN_ID = id_of("ann")
YESTERDAY = TODAY.replace(day=TODAY.day - 1)
IN_SYNC = "technician 1001: in sync: wanted by field and as wanted; nothing to do [D3 D4]"
KEPT = "technician 1001: kept: may be whom the override of line 90 includes [D8 R24]"


def include(world: World, login: str, mapping: str = "field", reason: str | None = None) -> None:
    world.overrides.append(Override(login, "include", TODAY, reason, mapping, 90))


def protected_by_two(world: World) -> None:
    """Both of her addresses are; the pattern that fits neither is not told."""
    world.protected = ("*", "b*@x.example", "anna@*")
    world.both("ann")
    world.people["ann"] = world.people["ann"]._replace(upn="Anna@x.example")


def survives(world: World) -> None:
    """She has the address of the administrator this runs as."""
    world.person("ann", "field", upn="boss@x.example")


def three_overrides(world: World) -> None:
    world.both("ann")
    world.overrides += [
        Override("Ann@x.example", "hold", YESTERDAY, "INC-1", None, 91),
        Override("kim@x.example", "hold", TODAY, None, None, 92),
        Override(ANN_ID, "hold", TODAY, "INC-2", None, 93),
    ]


def included(world: World) -> None:
    world.person("ann").node("ann", mark("ann"))
    include(world, ANN)


def included_by_id(world: World) -> None:
    world.person("ann").node("ann", mark("ann"))
    include(world, ANN_ID)


def included_and_disabled(world: World) -> None:
    world.person("ann", enabled=False)
    include(world, ANN_ID)


def included_where_she_is(world: World) -> None:
    world.both("ann")
    include(world, ANN)


def included_in_another_too(world: World) -> None:
    world.both("ann")
    world.mapping("desk", priority=200)
    include(world, ANN, "desk")


def included_by_another_address(world: World) -> None:
    """A mail is no UPN, so the override means nobody; and as it may mean her, she stays."""
    world.person("ann", upn="anna@x.example").node("ann", mark("ann"))
    include(world, ANN)


def included_as_somebody_else(world: World) -> None:
    """Bob's UPN by now."""
    world.both("ann")
    world.person("bob", upn="bob@x.example")
    world.mapping("desk")
    include(world, "bob@x.example", "desk")


def included_until_yesterday(world: World) -> None:
    world.both("ann")
    world.mapping("desk", priority=1)
    world.override(ANN, "include", until=YESTERDAY, mapping="desk")


def held_and_named_for_a_mapping(world: World) -> None:
    """Only an `include` counts somebody in."""
    world.both("ann")
    world.mapping("desk", priority=1)
    world.override(ANN, "hold", mapping="desk")


def excluded_by_an_alias(world: World) -> None:
    world.person("ann", "field").override("old@x.example")
    world.aliases["ann"] = frozenset({"Old@x.example"})


def held_by_an_alias(world: World) -> None:
    world.person("ann", "field").override("old@x.example", "hold")
    world.aliases["ann"] = frozenset({"Old@x.example"})


def held_by_an_alias_that_is_no_longer_asked_for(world: World) -> None:
    """Whoever is linked goes by mail, UPN and the login in Rescue."""
    world.settings["unmanaged"] = "disable"
    world.both("ann")
    world.override("old@x.example", "hold")
    world.aliases["ann"] = frozenset({"Old@x.example"})
    world.node("stranger")


def excluded_by_id(world: World) -> None:
    world.person("ann", "field").override(ANN_ID)


def retired(world: World) -> None:
    world.retired += [Retired(group_id("older"), "disable", 70), Retired(group_id("old"), "keep", 71)]
    world.person("ann").node("ann", mark("ann", "old"))


def retired_of_another_owner(world: World) -> None:
    world.retired.append(Retired(group_id("old"), "keep", 70))
    world.person("ann").node("ann", mark("ann", "old", owner="ffff"))


def permitted(world: World) -> None:
    world.person("ann", "field", enabled=False).node("ann", mark("ann"))
    world.person("bob", "field", enabled=False).node("bob", mark("bob"))
    ann, bob = (world.plan().action(key).id for key in ("ann", "bob"))
    world.permits += [
        Permit("max_removals", frozenset({ann, bob}), None, TODAY, 80),
        Permit("max_moves", frozenset({ann}), None, YESTERDAY, 81),
        Permit("max_creates", frozenset({bob}), None, TODAY, 82),
    ]


CASES: list[tuple[str, Story, list[str]]] = [
    ("protected by two", protected_by_two, [
        "Ann: field direct",
        "  but ann@x.example is protected by '*' in the file: never written, created or adopted (§1)",
        "  but anna@x.example is protected by '*' in the file: never written, created or adopted (§1)",
        "  but anna@x.example is protected by 'anna@*' in the file: never written, created or adopted (§1)",
        IN_SYNC,
    ]),
    ("survives", survives, [
        "Ann: field direct",
        "  but boss@x.example is the account holder, a master administrator or whom this runs as: never written "
        "(survival, §6)",
        "master administrator 5: master administrators are never written (survival) [§6 R57]",
        "  protected ann@x.example",
        "technician: neither created nor adopted: boss@x.example is the account holder, a master administrator or the "
        "identity this runs as [§1 §6]",
        "  protected ann@x.example",
    ]),
    ("three overrides", three_overrides, [
        "Ann: field direct",
        "  but override of line 91: hold, ended on 2026-11-21, without effect (INC-1)",
        "  but override of line 93: hold, until 2026-11-22 (INC-2)",
        IN_SYNC,
        "  expired Ann@x.example",
    ]),
    ("included", included, [
        "Ann: field included",
        "  but override of line 90: include, until 2026-11-22",
        IN_SYNC,
    ]),
    ("included by id", included_by_id, [
        "Ann: field included",
        "  but override of line 90: include, until 2026-11-22",
        IN_SYNC,
    ]),
    ("included and disabled", included_and_disabled, [
        "Ann: field included",
        "  but override of line 90: include, until 2026-11-22",
        "technician: the include of line 90 has no effect: the account is disabled in Entra [D8 R24]",
        "  unconfirmed field",
    ]),
    ("included where she is", included_where_she_is, [
        "Ann: field direct",
        "  but override of line 90: include, until 2026-11-22",
        IN_SYNC,
    ]),
    ("included in another too", included_in_another_too, [
        "Ann: field direct, desk included",
        "  but override of line 90: include, until 2026-11-22",
        IN_SYNC,
    ]),
    ("included by another address", included_by_another_address, [
        f"the account {ANN_ID} exists and is enabled: field none",
        "  but override of line 90: include, until 2026-11-22",
        KEPT,
        "  unconfirmed field",
        "  unconfirmed field",
    ]),
    ("included as somebody else", included_as_somebody_else, ["Ann: field direct, desk none", IN_SYNC]),
    ("included until yesterday", included_until_yesterday, [
        "Ann: field direct, desk none",
        "  but override of line 90: include, ended on 2026-11-21, without effect",
        IN_SYNC,
        "  expired ann@x.example",
    ]),
    ("held and named for a mapping", held_and_named_for_a_mapping, [
        "Ann: field direct, desk none",
        "  but override of line 90: hold, until 2026-11-22",
        IN_SYNC,
    ]),
    ("excluded by an alias", excluded_by_an_alias, [
        "Ann: field direct",
        "  but override of line 90: exclude, until 2026-11-22",
        "technician: not in Rescue, and an override excludes them: not created [§2 overrides]",
    ]),
    ("held by an alias", held_by_an_alias, [
        "Ann: field direct",
        "  but override of line 90: hold, until 2026-11-22",
        "technician: neither created nor adopted: held until 2026-11-22 by an override (line 90) [§1 §6]",
        "  protected ann@x.example",
    ]),
    ("held by an alias that is no longer asked for", held_by_an_alias_that_is_no_longer_asked_for, [
        "Ann: field direct",
        IN_SYNC,
    ]),
    ("excluded by id", excluded_by_id, [
        "Ann: field direct",
        "  but override of line 90: exclude, until 2026-11-22",
        "technician: not in Rescue, and an override excludes them: not created [§2 overrides]",
    ]),
    ("retired", retired, [
        f"the account {ANN_ID} exists and is enabled: field none",
        "  but marked for an Entra group that line 71 retires: people: keep (D7)",
        "technician 1001: marked for an Entra group that is retired, whose people are kept: left as they are [D7]",
    ]),
    ("retired, of another owner", retired_of_another_owner, [
        "nobody has this address: field none",
        "technician 1001: marked by another owner (ffff): never written by this file [D3]",
    ]),
    ("permitted", permitted, [
        "Ann: field direct",
        "  but permit of line 80: max_removals does not count their action, until 2026-11-22",
        "  but permit of line 81: max_moves does not count their action, ended on 2026-11-21, without effect",
        "technician 1001: disable: account disabled in Entra [D8 R22 R45]",
        "  disable ann@x.example",
    ]),
]  # fmt: skip


@pytest.mark.parametrize(("make", "lines"), [pytest.param(*case[1:], id=case[0]) for case in CASES])
def test_what_sets_somebody_apart(make: Story, lines: list[str]) -> None:
    world = company()
    make(world)
    assert told(explain(world)) == lines


def test_an_object_id_is_no_address_that_could_be_protected() -> None:
    world = company()
    protected_by_two(world)
    assert told(explain(world, ANN_ID)) == told(explain(world))


def test_an_alias_that_entra_knows_somebody_by_is_an_address_of_theirs() -> None:
    world = company().person("ann")
    world.protected = ("old@x.example",)
    world.node("old")
    assert told(explain(world, "Old@x.example", **seen(world))) == [
        "Ann: field none",
        "  but old@x.example is protected by 'old@x.example' in the file: never written, created or adopted (§1)",
        "technician 1001: in a mapped Rescue group, and in none of the Entra groups mapped to it [D6 R60]",
        "  unmanaged field",
    ]


def test_a_node_without_an_account_has_its_login_for_a_name() -> None:
    world = company()
    world.protected = ("ann@*",)
    world.node("ann")
    assert explain(world).people[0].exceptions == (
        "ann@x.example is protected by 'ann@*' in the file: never written, created or adopted (§1)",
    )


def test_survival_of_a_master_administrator() -> None:
    assert told(explain(company(), ADMIN)) == [
        "nobody has this address: field none",
        "  but boss@x.example is the account holder, a master administrator or whom this runs as: never written "
        "(survival, §6)",
        "master administrator 5: master administrators are never written (survival) [§6 R57]",
    ]


def test_whom_entra_did_not_show_is_not_included() -> None:
    """It was asked by that name while planning, whatever it says of her now."""
    world = company().person("ann")
    include(world, ANN)
    world.unnamed[ANN] = NoPerson("permission was denied")
    assert told(explain(world, **seen(world))) == [
        "Ann: field none",
        "  but override of line 90: include, until 2026-11-22",
        "technician: the include of line 90 has no effect: permission was denied [D8 R24]",
        "  unconfirmed field",
    ]
