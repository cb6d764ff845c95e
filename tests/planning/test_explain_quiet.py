"""Of whom a plan says nothing, story by story: the words, the rules, and which groups may hold them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from reconciler.model.directory import Account
from reconciler.model.hierarchy import Role
from reconciler.model.mappings import EntraGroupName, Retired

from .told import ANN, company, explain, freeze, seen, told, unread
from .world import World, group_id, id_of, mark

Story = Callable[[World], Any]
ANN_ID = id_of("ann")


def in_one_of_two_onto_one_group(world: World) -> None:
    """`also` has the smaller group id, so it has her (D11)."""
    world.mapping("also", rescue_group=("field",), node=False)
    world.person("ann", "field", "also").node("ann", mark("ann", "also"))


def off_and_a_member(world: World) -> None:
    world.person("ann", "field", enabled=False).node("ann", mark("ann", off=True), status="Disabled")


def off_and_excluded(world: World) -> None:
    """Who would wait for a better mapping, were she not excluded."""
    world.mapping("old")
    world.both("bo", "old")
    freeze(world, "first", priority=1).person("ann", "field").override(ANN)
    world.node("ann", mark("ann", "old", off=True), status="Disabled", group="old")


def off_and_a_guest(world: World) -> None:
    world.person("ann", "field", guest=True).node("ann", mark("ann", off=True), status="Disabled")


def off_and_gone(world: World) -> None:
    world.node("ann", mark("ann", off=True), status="Disabled")


def disabled_and_unmarked(world: World) -> None:
    world.node("ann", status="Disabled")


def new_and_disabled(world: World) -> None:
    world.person("ann", "field", enabled=False)


def creates_nobody(world: World) -> None:
    world.mapping("loose", create_missing=False).person("ann", "loose")


def creates_nobody_beside_a_known_frozen_one(world: World) -> None:
    """The Rescue group of `first` is missing; who is in its Entra group is known."""
    creates_nobody(world)
    world.mapping("first", priority=1, node=False).person("bo", "first")


def creates_nobody_and_is_in_a_known_frozen_one(world: World) -> None:
    creates_nobody_beside_a_known_frozen_one(world)
    world.members["first"].append("ann")


def creates_nobody_beside_an_empty_frozen_one(world: World) -> None:
    creates_nobody(world)
    world.mapping("first", priority=1, node=False)


def creates_nobody_beside_one_half_read(world: World) -> None:
    creates_nobody(world)
    world.mapping("first", priority=1, nested="flatten").person("bo", "first").nest("first", "below")
    world.unread["below"] = unread("below")


def creates_nobody_beside_an_equal_frozen_one(world: World) -> None:
    creates_nobody(world)
    freeze(world, "other")


def creates_nobody_beside_a_better_healthy_one(world: World) -> None:
    creates_nobody(world)
    world.mapping("vip", priority=1).both("bo", "vip")


def stranger_in_a_frozen_group(world: World) -> None:
    freeze(world, "lost").node("ann", group="lost")


def stranger_in_a_loose_group(world: World) -> None:
    """For another stranger's sake the addresses of all members are known, and hers is none of them."""
    world.settings["unmanaged"] = "disable"
    world.node("stranger")
    world.mapping("loose", full_sync=False).node("ann", group="loose")


def in_sync_beside_a_better_frozen_one(world: World) -> None:
    """Whoever is there already does not wait."""
    freeze(world, "first", priority=1).both("ann")


def marked_for_a_frozen_one_and_in_a_healthy_one(world: World) -> None:
    """The marker of a living mapping is kept while that is frozen, whoever else would have her (D11)."""
    freeze(world, "lost", priority=200)
    world.person("ann", "field").node("ann", mark("ann", "lost"), group="lost")


def retired_and_promoted(world: World) -> None:
    """Nobody keeps her as a technician; she is not written because she is to be an administrator (D12)."""
    world.retired.append(Retired(group_id("old"), "disable", 70))
    world.mapping("adm", role=Role.ADMIN).person("ann", "adm").node("ann", mark("ann", "old"))


def only_adopts(world: World) -> None:
    """Nothing but adopting is asked of this mapping, and she has no mail."""
    world.mapping("loose", full_sync=False, create_missing=False).person("ann", "loose", mail=None)
    world.node("ann")


def alias_of_a_member(world: World) -> None:
    world.settings["unmanaged"] = "disable"
    world.both("bob")
    world.aliases["bob"] = frozenset({"Ann@x.example"})
    world.node("ann")


def unlinked_and_excluded(world: World) -> None:
    world.person("ann", "field").override(ANN).node("ann")


QUIET: list[tuple[str, Story, list[str]]] = [
    ("in one of two onto one group", in_one_of_two_onto_one_group, [
        "Ann: field direct, also direct",
        "technician 1001: in sync: wanted by also and as wanted; nothing to do [D3 D4]",
    ]),
    ("disabled on both sides", off_and_a_member, [
        "Ann: field direct",
        "technician 1001: their account is disabled in Entra, and they are disabled already (by us); they stay "
        "[D8 R50]",
    ]),
    ("disabled and excluded", off_and_excluded, [
        "Ann: field direct, old none, first unknown frozen",
        "  but override of line 90: exclude, until 2026-11-22",
        "technician 1002: an override excludes them, and they are disabled already (by us); they stay [D8 R50]",
    ]),
    ("disabled and a guest", off_and_a_guest, [
        "Ann: field direct",
        "technician 1001: guests are skipped (settings.guests), and they are disabled already (by us); they stay "
        "[D8 R50]",
    ]),
    ("disabled and gone", off_and_gone, [
        f"the account {ANN_ID} was not found: field none",
        "technician 1001: no technician mapping wants them, and they are disabled already (by us); they stay [D8 R50]",
    ]),
    ("disabled and unmarked", disabled_and_unmarked, [
        "nobody has this address: field none",
        "technician 1001: disabled, and without a marker of ours: left as it is [D5]",
    ]),
    ("new and disabled", new_and_disabled, [
        "Ann: field direct",
        "technician: not in Rescue, and the account is disabled in Entra: not created [R22]",
    ]),
    ("beside a frozen one, known not to have them", creates_nobody_beside_a_known_frozen_one, [
        "Ann: field none, loose direct, first none frozen",
        "technician: not in Rescue, and loose creates nobody (create_missing: false) [D10 R32]",
    ]),
    ("in a better one that is frozen", creates_nobody_and_is_in_a_known_frozen_one, [
        "Ann: field none, loose direct, first direct frozen",
        "technician: waits until first, which comes first and is frozen, can be read [D11 D17]",
        "  frozen first",
    ]),
    ("beside an empty frozen one", creates_nobody_beside_an_empty_frozen_one, [
        "Ann: field none, loose direct, first none frozen",
        "technician: waits until first, which comes first and is frozen, can be read [D11 D17]",
    ]),
    ("beside a better one half read", creates_nobody_beside_one_half_read, [
        "Ann: field none, loose direct, first unknown frozen",
        "technician: waits until first, which comes first and is frozen, can be read [D11 D17]",
    ]),
    ("beside an equal one that is frozen", creates_nobody_beside_an_equal_frozen_one, [
        "Ann: field none, loose direct, other unknown frozen",
        "technician: not in Rescue, and loose creates nobody (create_missing: false) [D10 R32]",
    ]),
    ("beside a better one that is healthy", creates_nobody_beside_a_better_healthy_one, [
        "Ann: field none, loose direct, vip none",
        "technician: not in Rescue, and loose creates nobody (create_missing: false) [D10 R32]",
    ]),
    ("a stranger in a frozen mapping's group", stranger_in_a_frozen_group, [
        "nobody has this address: field none, lost none frozen",
        "technician 1001: no mapping wants them, and their Rescue group is none of a healthy mapping with full sync: "
        "not ours [D6 R60]",
    ]),
    ("a stranger in a group without full sync", stranger_in_a_loose_group, [
        "nobody has this address: field none, loose none",
        "technician 1002: no mapping wants them, and their Rescue group is none of a healthy mapping with full sync: "
        "not ours [D6 R60]",
    ]),
    ("in sync beside a better one that is frozen", in_sync_beside_a_better_frozen_one, [
        "Ann: field direct, first unknown frozen",
        "technician 1001: in sync: wanted by field and as wanted; nothing to do [D3 D4]",
    ]),
    ("marked for a frozen one and in a healthy one", marked_for_a_frozen_one_and_in_a_healthy_one, [
        "Ann: field direct, lost unknown frozen",
        "technician 1001: marked for lost, which is frozen: nothing is written for it: short of a page [D17 R24 R25]",
        "  frozen lost",
    ]),
    ("retired and promoted", retired_and_promoted, [
        "Ann: field none, adm direct",
        "  but marked for an Entra group that line 70 retires: people: disable (D7)",
        "technician 1001: no technician mapping wants them; to be admin by adm, and until then left as they "
        "are [D12 R41]",
        "admin: to be administrator, and still linked as technician (node 1001), who is not written; the "
        "administrator is created once that node is gone: in the Admin Center free its address and take our "
        "note out of its description [D12 R41]",
        "  role_change adm",
    ]),
    ("only to be adopted, without a mail", only_adopts, [
        "Ann: field none, loose direct",
        "technician 1001: not linked to an Entra account, and not adopted [D5]",
    ]),
    ("by another address of a member", alias_of_a_member, [
        "nobody has this address: field none",
        "technician 1002: not linked; another address of theirs is a member's, so they are not unmanaged [D6]",
    ]),
    ("unlinked and excluded", unlinked_and_excluded, [
        "Ann: field direct",
        "  but override of line 90: exclude, until 2026-11-22",
        "technician 1001: not linked, and an override excludes them: not adopted [§2 overrides]",
    ]),
]  # fmt: skip


@pytest.mark.parametrize(("make", "lines"), [pytest.param(*case[1:], id=case[0]) for case in QUIET])
def test_what_nothing_is_done_about(make: Story, lines: list[str]) -> None:
    world = company()
    make(world)
    assert told(explain(world)) == lines


def test_D11_of_two_better_ones_the_one_that_may_have_them_is_named() -> None:
    world = company()
    creates_nobody(world)
    for number, name in enumerate(("one", "two", "three"), start=1):
        freeze(world, name, priority=number)
    assert told(explain(world, **seen(world, frozenset({group_id("two"), group_id("three")})))) == [
        "Ann: field none, loose direct, one none frozen, two unknown frozen, three unknown frozen",
        "technician: waits until two, which comes first and is frozen, can be read [D11 D17]",
    ]


# Who is in a group, or may be


@pytest.mark.parametrize(
    ("groups", "shown"),
    [
        pytest.param(None, "unknown", id="not told which groups"),
        pytest.param([], "none", id="in no group"),
        pytest.param(["other"], "none", id="in others only"),
        pytest.param(["lost"], "unknown", id="in it, directly or not"),
    ],
)
@pytest.mark.parametrize("asked", ["now", "while planning"])
def test_D17_in_a_group_that_could_not_be_read(groups: list[str] | None, shown: str, asked: str) -> None:
    world = freeze(company(), "lost").person("ann")
    said = None if groups is None else frozenset(map(group_id, groups))
    looked = seen(world, said)
    if asked == "while planning":
        world.node("ann", mark("ann"))
        world.groups_of["ann"] = said
        looked["groups"] = {}
    assert told(explain(world, **looked))[0] == f"Ann: field none, lost {shown} frozen"


@pytest.mark.parametrize(
    ("known", "hidden", "shown"),
    [
        pytest.param(True, False, "none", id="it is another one"),
        pytest.param(True, True, "unknown", id="hidden, so Entra would not say"),
        pytest.param(False, False, "unknown", id="nobody knows which one it is"),
    ],
)
def test_D17_what_entra_says_of_all_groups_rules_out(known: bool, hidden: bool, shown: str) -> None:
    world = company().person("ann").mapping("lost", entra_group=EntraGroupName(None, "Lost"))
    world.unread["lost"] = unread("lost", known=known, hidden=hidden)
    assert told(explain(world, **seen(world)))[0] == f"Ann: field none, lost {shown} frozen"


@pytest.mark.parametrize(
    ("within", "shown"),
    [
        pytest.param("below", "unknown", id="in the nested one that was not read"),
        pytest.param("other", "none", id="in others only"),
    ],
)
def test_D17_a_nested_group_that_could_not_be_read(within: str, shown: str) -> None:
    world = company().person("ann").mapping("desk", nested="flatten")
    world.both("bo", "desk")
    world.nest("desk", "below")
    world.unread["below"] = unread("below")
    looked = seen(world, frozenset({group_id(within)}))
    assert told(explain(world, **looked))[0] == f"Ann: field none, desk {shown} frozen"


@pytest.mark.parametrize(
    ("why", "line"),
    [
        pytest.param("", "nobody has this address: field none, lost none frozen", id="asked"),
        pytest.param("403", "could not be asked about them: 403: field none, lost unknown frozen", id="not asked"),
    ],
)
def test_D17_a_node_of_whom_nothing_is_known_may_be_anybody_s(why: str, line: str) -> None:
    world = freeze(company(), "lost")
    world.node("ann", group="lost")
    assert told(explain(world, why=why))[0] == line


@pytest.mark.parametrize(
    ("account", "note"),
    [
        pytest.param(Account.GONE, "does not exist", id="gone"),
        pytest.param(Account.ENABLED, "exists and is enabled", id="enabled"),
        pytest.param(Account.DISABLED, "exists and is disabled", id="disabled"),
        pytest.param(Account.UNKNOWN, "was not found", id="nobody could say"),
    ],
)
def test_the_account_as_planning_knew_it(account: Account, note: str) -> None:
    world = company()
    world.accounts[ANN_ID] = account
    world.node("ann", mark("ann"))
    assert explain(world).people[0].entra_note == f"the account {ANN_ID} {note}"


@pytest.mark.parametrize(
    ("groups", "line"),
    [
        pytest.param(
            ["field"],
            "technician: in field only through groups inside it, which field does not follow (nested) [D1 R19]",
            id="only through nested groups",
        ),
        pytest.param(
            ["lost"], "technician: whether a mapped group holds them could not be found out [D17]", id="perhaps in one"
        ),
        pytest.param([], "technician: in none of the mapped Entra groups, and not in Rescue [R17]", id="in none"),
    ],
)
def test_somebody_in_no_group_that_counts(groups: list[str], line: str) -> None:
    world = freeze(company(), "lost").person("ann")
    assert told(explain(world, **seen(world, frozenset(map(group_id, groups)))))[1] == line
