"""What is withheld from somebody, story by story: which finding decides, and which only name them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from reconciler.model.hierarchy import Role
from reconciler.model.marker import Licence

from .told import ANN, company, explain, told
from .world import World, group_id, id_of, mark

Story = Callable[[World], Any]
ANN_ID = id_of("ann")
IN_SYNC = "in sync: wanted by field and as wanted; nothing to do [D3 D4]"


def kept_disabled(world: World) -> None:
    world.both("ann", status="Disabled")


def marked_twice(world: World) -> None:
    world.both("ann")
    world.node("ann2", mark("ann"))


def holds_bob_s_login(world: World) -> None:
    world.both("ann", login="bob@x.example", status="Disabled")
    world.person("bob", "field")


def no_seat(world: World) -> None:
    world.technician_seats = 1
    world.person("ann", "field")


def may_be_in_a_frozen_one(world: World) -> None:
    """The group behind `lost` was read, and Ann is in it by way of a group that is not followed."""
    world.mapping("lost", node=False).person("bo", "lost").nest("lost", "below")
    world.person("ann").node("ann", mark("ann"))
    world.groups_of["ann"] = frozenset({group_id("lost")})


def unnamed_and_marked(world: World) -> None:
    """Two markers that differ on a node without a login."""
    world.person("ann", "field").node("ann", f"{mark('ann')} {mark('ann', m=Licence.GIVEN)}", login="")


def named_by_number(world: World) -> None:
    """Line 1001 of the file is not node 1001."""
    world.both("ann")
    world.both("bob")
    world.override("bob@x.example", "hold")
    world.overrides[0] = replace(world.overrides[0], line=1001)
    world.people["bob"] = world.people["bob"]._replace(name="Robert")


def an_orphan_in_one_role(world: World) -> None:
    """As a technician she is marked for no mapping; as an administrator, by the same address, she is in sync."""
    world.mapping("adm", role=Role.ADMIN)
    world.both("ann", "adm")
    world.node("ann", mark("ann", "old"))


def in_doubt_in_one_role(world: World) -> None:
    world.mapping("adm", role=Role.ADMIN)
    world.both("ann", "adm")
    world.node("ann", f"{mark('ann')} {mark('bob', owner='ffff')}")


def twice_in_one_role(world: World) -> None:
    world.mapping("adm", role=Role.ADMIN)
    world.both("ann", "adm")
    world.both("ann")
    world.node("ann2", mark("ann"))


def included_in_vain_in_one_role(world: World) -> None:
    """Entra did not show her by that name; as an administrator she is in sync."""
    world.mapping("adm", role=Role.ADMIN)
    world.both("ann", "adm")
    world.people["ann"] = world.people["ann"]._replace(upn="ann.upn@x.example")
    world.override(ANN, "include", mapping="field")


def clashes(world: World, *, way: str) -> None:
    """Of two groups of one name below `desk` the second has no place, nor have those in it."""
    world.mapping("desk", nested="mirror", create_group=True)
    world.nest("desk", **{"one": "Same", "two": "Same"})
    world.nest("desk", "open")
    refused = max("one", "two", key=group_id)
    world.nest(refused, "below")
    world.person("ann", {"in": refused, "below": "below", "beside": "open", "above": "desk"}[way])


FINDINGS: list[tuple[str, Story, list[str]]] = [
    ("kept disabled", kept_disabled, [
        "Ann: field direct",
        "technician 1001: disabled in Rescue by a person, enabled in Entra; left disabled (`reenable: always` would "
        "enable them) [D9 R53]",
        "  kept_disabled field",
    ]),
    ("marked twice", marked_twice, [
        "Ann: field direct",
        *(
            line
            for node in (1001, 1002)
            for line in (
                f"technician {node}: the marker of {ANN_ID} is on several nodes: 1001, 1002 [D3]",
                "  marker_twice ann@x.example",
            )
        ),
    ]),
    ("holds another's login", holds_bob_s_login, [
        "Ann: field direct",
        "technician 1001: disabled in Rescue by a person, enabled in Entra; left disabled (`reenable: always` would "
        "enable them) [D9 R53]",
        "  blocked_login field",
        "  kept_disabled field",
    ]),
    ("no seat", no_seat, [
        "Ann: field direct",
        "technician: not created: no technician seat is left of 1 [D22 R66]",
        "  no_seat field",
    ]),
    ("may be in a frozen one", may_be_in_a_frozen_one, [
        f"the account {ANN_ID} exists and is enabled: field none, lost nested frozen",
        "technician 1001: kept: may be in lost, whose mapping is frozen [D8 R24]",
        "  frozen lost",
        "  unconfirmed field",
    ]),
    ("without a login", unnamed_and_marked, [
        "Ann: field direct",
        f"technician 1001: node 1001 carries two markers that differ: {mark('ann', m=Licence.GIVEN)} and {mark('ann')} "
        "[D3]",
        "  marker_bad ",
    ]),
    ("an orphan in one role", an_orphan_in_one_role, [
        "Ann: field none, adm direct",
        "admin 1001: in sync: wanted by adm and as wanted; nothing to do [D3 D4]",
        "  orphaned ann@x.example",
        f"technician 1002: marked for the Entra group {group_id('old')[:8]}…, which no mapping of the file "
        "names; left alone [D7 R62]",
        "  orphaned ann@x.example",
    ]),
    ("in doubt in one role", in_doubt_in_one_role, [
        "Ann: field none, adm direct",
        "admin 1001: in sync: wanted by adm and as wanted; nothing to do [D3 D4]",
        "  marker_bad ann@x.example",
        f"technician 1002: node 1002 carries two markers that differ: {mark('ann')} and "
        f"{mark('bob', owner='ffff')} [D3]",
        "  marker_bad ann@x.example",
    ]),
    ("twice in one role", twice_in_one_role, [
        "Ann: field direct, adm direct",
        "admin 1001: in sync: wanted by adm and as wanted; nothing to do [D3 D4]",
        "  marker_twice ann@x.example",
        f"technician 1002: the marker of {ANN_ID} is on several nodes: 1002, 1003 [D3]",
        "  marker_twice ann@x.example",
        f"technician 1003: the marker of {ANN_ID} is on several nodes: 1002, 1003 [D3]",
        "  marker_twice ann@x.example",
    ]),
    ("included in vain in one role", included_in_vain_in_one_role, [
        "Ann: field none, adm direct",
        "  but override of line 90: include, until 2026-11-22",
        "admin 1001: in sync: wanted by adm and as wanted; nothing to do [D3 D4]",
        "  unconfirmed field",
    ]),
    ("named by a number", named_by_number, ["Ann: field direct", f"technician 1001: {IN_SYNC}"]),
    *(
        (f"{way} a branch that is frozen", lambda world, way=way: clashes(world, way=way), [
            "Ann: field none, desk direct",
            "technician: desk > Same: the Rescue group of that name (to be created) is that of another Entra group; "
            "nothing is written for this branch [D2]",
            "  group_clash desk",
        ])
        for way in ("in", "below")
    ),
    *(
        (f"{way} a branch that is frozen", lambda world, way=way: clashes(world, way=way), [
            "Ann: field none, desk direct",
            f"technician: create: {reason} [D14 R43]",
            "  create ann@x.example",
            *after,
        ])
        for way, reason, after in (
            ("beside", "member of desk > open", ["  after create_group desk/open"]),
            ("above", "direct member of desk", []),
        )
    ),
]  # fmt: skip


@pytest.mark.parametrize(("make", "lines"), [pytest.param(*case[1:], id=case[0]) for case in FINDINGS])
def test_what_is_withheld(make: Story, lines: list[str]) -> None:
    world = company()
    make(world)
    assert told(explain(world, ANN_ID)) == lines


@pytest.mark.parametrize(
    ("status", "line"),
    [
        pytest.param("Disabled", "disabled, and without a marker of ours: left as it is [D5]", id="disabled"),
        pytest.param(
            "Offline",
            "not linked; another address of theirs is a member's, so they are not unmanaged [D6]",
            id="enabled",
        ),
    ],
)
def test_D5_a_finding_about_somebody_else_who_has_the_address_is_told_of_the_node(status: str, line: str) -> None:
    """Entra does not say now whose address it is; while planning it did."""
    world = company().person("ann", "field")
    world.aliases["ann"] = frozenset({"old@x.example"})
    world.node("old", status=status)
    assert told(explain(world, "old@x.example", why="403")) == [
        "could not be asked about them: 403: field none",
        f"technician 1001: {line}",
        "  possible_rename field",
    ]
