"""Survival has no permit (§6): every combination of roles on one address, with everything Entra can say of it.

The account holder, the master administrators and the identity the tool runs as are never written, nor is any other node
with the login of one of them: not by their own marker, not by a stranger's, not under another name.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import NamedTuple

import pytest

from reconciler.model.hierarchy import NodeType, Role
from reconciler.model.plan import Refresh
from reconciler.model.text import normal_login

from .world import ADMIN, MASTERS, World, id_of, mark

ANN = "ann@x.example"


def joined(world: World) -> None:
    world.person("ann", "field", "admins")


def renamed(world: World) -> None:
    world.person("ann", "field", "admins", name="Ann New", upn="ann.new@x.example")


def moved(world: World) -> None:
    world.person("ann", "desk")


def left(world: World) -> None:
    world.person("ann")


def switched_off(world: World) -> None:
    world.person("ann", "field", "admins", enabled=False)


def gone(world: World) -> None:
    """No account at all."""


ENTRA: list[Callable[[World], None]] = [joined, renamed, moved, left, switched_off, gone]


class Roles(NamedTuple):
    """Everything one address is. `holder`: which of its nodes getUser calls the account holder."""

    master: bool = False
    runner: bool = False
    holder: str = ""
    technician: str = ""
    admin: str = ""


def survives(roles: Roles) -> bool:
    return bool(roles.master or roles.runner or roles.holder)


def company(roles: Roles) -> World:
    """One address in every place where it can be, and a file in which nothing else would hold anything back."""
    off = ("max_removals", "max_removals_per_mapping", "max_moves", "max_creates", "max_admin_grants", "min_admins")
    world = World(
        settings={"adopt_admins": True, "adopt": "aliases", "unmanaged": "disable", "reenable": "always"},
        guards=dict.fromkeys(off, "off"),
    )
    world.mapping("field").mapping("desk").mapping("admins", role=Role.ADMIN)
    world.both("kim").description = str(mark("kim"))
    world.both("leo", "desk")
    world.both("max", "admins")
    if roles.runner:
        world.caller_login = ANN
    if roles.technician:
        marker = mark("ann") if roles.technician == "marked" else None
        world.node("ann", marker, name="Old", holder=roles.holder == "technician")
    if roles.admin:
        marker = mark("ann", "admins") if roles.admin == "marked" else None
        world.node("ann", marker, name="Old", group="admins", holder=roles.holder == "administrator")
    if roles.master:
        kind = NodeType.MASTER_ADMINISTRATOR
        world.node("ann", login=ANN.upper(), parent=MASTERS, type=kind, holder=roles.holder == "master")
    return world


def of_ann(world: World, refresh: Refresh = "full") -> list[str]:
    """What is done to her, whatever it is called."""
    nodes = {seat.id for seat in world.seats.values() if normal_login(seat.login) == ANN}
    return [
        " ".join(action.verbs)
        for action in world.plan(refresh).plan.actions
        if action.subject.node_id in nodes
        or action.subject.entra_id == id_of("ann")
        or ANN in (normal_login(action.subject.login or ""), normal_login(str(action.after("login") or "")))
    ]


PLACES = ("", "marked", "unmarked")
HOLDERS = ("", "technician", "administrator", "master")
CASES = [
    Roles(master, runner, holder, technician, admin)
    for master, runner, holder, technician, admin in product((False, True), (False, True), HOLDERS, PLACES, PLACES)
    if {"": True, "technician": technician, "administrator": admin, "master": master}[holder]
]


@pytest.mark.parametrize("entra", ENTRA)
def test_no_combination_of_roles_on_one_address_is_written(entra: Callable[[World], None]) -> None:
    for case in CASES:
        if not survives(case):
            continue
        world = company(case)
        entra(world)
        assert of_ann(world) == [], case


@pytest.mark.parametrize("refresh", ["auto", "bulk"])
def test_nor_where_only_those_about_to_be_written_are_read(refresh: Refresh) -> None:
    """Who the account holder is only getUser shows: whoever shares a login with somebody is asked for with them."""
    for case, entra in product(CASES, ENTRA):
        if not survives(case):
            continue
        world = company(case)
        entra(world)
        assert of_ann(world, refresh) == [], (case, entra.__name__)


# What is done to a marked technician, to a marked administrator and to an unmarked technician, each alone.
WITHOUT = {
    joined: (["update"], ["update"], ["adopt update"]),
    renamed: (["update"], ["update"], ["adopt update"]),
    moved: (["update move"], ["disable"], ["adopt update move"]),
    left: (["disable"], ["disable"], ["disable"]),
    switched_off: (["disable"], ["disable"], ["adopt disable"]),
    gone: (["disable"], ["disable"], ["disable"]),
}


@pytest.mark.parametrize("entra", ENTRA)
def test_the_same_address_without_such_a_role_is_written(entra: Callable[[World], None]) -> None:
    """What the other tests stand on: it is survival that holds her, and nothing else."""
    found = []
    for technician, admin in (("marked", ""), ("", "marked"), ("unmarked", "")):
        world = company(Roles(technician=technician, admin=admin))
        entra(world)
        found.append(of_ann(world))
    assert tuple(found) == WITHOUT[entra]


@pytest.mark.parametrize("called", [ADMIN.upper(), f" {ADMIN}\t", "BoSS@x.Example"])
def test_other_clothes_are_the_same_address(called: str) -> None:
    """D20: capitals and white space."""
    world = World().mapping("field")
    world.both("kim")
    world.node("eve", mark("eve"), login=called)
    assert world.plan().verbs == {}
