"""A search for a file that gets past a survival guard (§6): every key of it is drawn, from the choices its schema has.

The people are drawn too, and among them whoever must survive: master administrators, the account holder and the
identity the tool runs as, on addresses that people of the company have as well.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, get_args, get_origin

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from reconciler.model.file import Guards, MappingKeys, MappingsFile, Override, Permit, Settings
from reconciler.model.hierarchy import NodeType, Role
from reconciler.model.mappings import Permit as PermitInForce
from reconciler.model.mappings import Retired
from reconciler.model.plan import Action, person_action_id
from reconciler.model.text import normal_login

from .test_properties import KEYS, MAPPINGS, drawn, worlds
from .world import MASTERS, TODAY, World, group_id, id_of

SURVIVORS = KEYS[:3]
ADDRESSES = [f"{key}@x.example" for key in KEYS]
FREE_TEXT = {"permissions_from": [None, ("elsewhere",)], "priority": [1, 2, 100]}
"""Keys of a mapping whose type is no choice."""
NEVER_FOR_ADMINS = {"create_group": False, "permissions_from": None, "nested": "direct"}


def choices(model: type[BaseModel]) -> dict[str, list[Any]]:
    """What a section of the file may say under each key: both of a switch, each word, small and large numbers."""
    found: dict[str, list[Any]] = {}
    for name, field in model.model_fields.items():
        if name in FREE_TEXT:
            found[name] = FREE_TEXT[name]
            continue
        values: list[Any] = []
        for part in flat(field.annotation):
            if part is bool:
                values += [True, False]
            elif part is int:
                values += [0, 1, 1000]
            elif part is str:
                values += ["0%", "50%", "100%"]
            elif part is not type(None):
                values.append(part)
        found[name] = values
    return found


def flat(annotation: Any) -> list[Any]:
    """The plain types and words a union, a Literal or an Annotated is made of."""
    if get_origin(annotation) is None:
        return [annotation]
    args = get_args(annotation)
    inner = args[:1] if hasattr(annotation, "__metadata__") else args
    return [part for arg in inner for part in ([arg] if isinstance(arg, str | int) else flat(arg))]


SETTINGS, GUARDS, MAPPING = choices(Settings), choices(Guards), choices(MappingKeys)
GUARD_NAMES = flat(Permit.model_fields["guard"].annotation)
OVERRIDES = flat(Override.model_fields["action"].annotation)


def test_every_key_has_choices() -> None:
    """A new key is drawn as soon as it is there; one of a type that is not known here fails this."""
    assert all(len(values) > 1 for each in (SETTINGS, GUARDS, MAPPING) for values in each.values())
    assert set(GUARD_NAMES) == set(GUARDS) - {"small_team", "on_violation"}
    drawn_below = {"settings", "guards", "protected", "defaults", "mappings", "overrides", "retired", "permits"}
    without_effect_on_who_is_written = {"version", "entra", "rescue", "limits"}
    assert drawn_below | without_effect_on_who_is_written == set(MappingsFile.model_fields)


@st.composite
def files(draw: st.DrawFn) -> World:
    """A company, and a file that says whatever a file may say, most of it about those who must survive."""
    world = draw(worlds())
    world.settings = {name: draw(st.sampled_from(values)) for name, values in SETTINGS.items()}
    world.guards = {name: draw(st.sampled_from(values)) for name, values in GUARDS.items()}
    world.technician_seats, world.mobile_seats = (draw(st.sampled_from([None, 0, 1, 100])) for _ in range(2))
    for number, mapping in enumerate(world.mappings):
        said = {name: draw(st.sampled_from(values)) for name, values in MAPPING.items() if name != "role"}
        said |= NEVER_FOR_ADMINS if mapping.role is Role.ADMIN else {}
        said["replaces"] = tuple(draw(st.lists(st.sampled_from([group_id("old"), group_id("deleted")]), max_size=1)))
        world.mappings[number] = type(mapping)(**{**fields(mapping), **said})
    for _ in range(draw(st.integers(0, 3))):
        key = draw(st.sampled_from(KEYS))
        name = draw(st.sampled_from([f"{key}@x.example", f"{key}@X.EXAMPLE", id_of(key)]))
        action = draw(st.sampled_from(OVERRIDES))
        until = TODAY + timedelta(days=draw(st.integers(-1, 1)))
        world.override(name, action, until, draw(st.sampled_from(MAPPINGS)) if action == "include" else None)
    ids = frozenset(person_action_id(role, id_of(key), None) for role in ("technician", "admin") for key in KEYS)
    ids |= {person_action_id("technician", None, node) for node in world.seats}
    if draw(st.booleans()):
        world.permits = [PermitInForce(name, ids, None, TODAY, 7) for name in GUARD_NAMES]
    if draw(st.booleans()):
        world.retired = [Retired(group_id(name), "disable", 70) for name in ("deleted", "old")]
    world.protected = tuple(draw(st.lists(st.sampled_from([*ADDRESSES, "p1@*", "*3@X.example"]), max_size=2)))
    installed(world, draw)
    return world


def installed(world: World, draw: st.DrawFn) -> None:
    """Puts those who must survive on addresses of the company."""
    world.caller_login = draw(st.sampled_from([world.caller_login, *(f"{key}@x.example" for key in SURVIVORS)]))
    for key in draw(st.sets(st.sampled_from(SURVIVORS), max_size=2).map(sorted)):
        login = draw(st.sampled_from([f"{key}@x.example", f" {key.upper()}@x.example"]))
        world.node(key, login=login, parent=MASTERS, type=NodeType.MASTER_ADMINISTRATOR)
    if world.seats and draw(st.booleans()):
        world.seats[draw(st.sampled_from(sorted(world.seats)))].holder = True


def fields(mapping: Any) -> dict[str, Any]:
    return {name: getattr(mapping, name) for name in mapping.__slots__}


def must_survive(world: World) -> set[str]:
    """Logins nobody may write, found without any code of planning."""
    logins = {world.caller_login.strip().lower()}
    masters = (NodeType.MASTER_ADMINISTRATOR,)
    logins |= {s.login.strip().lower() for s in world.seats.values() if s.type in masters or s.holder}
    return logins - {""}


def is_protected(world: World, login: str) -> bool:
    for pattern in world.protected:
        before, star, after = pattern.lower().partition("*")
        if login == before if not star else login.startswith(before) and login.endswith(after):
            return True
    return False


def touched(world: World, action: Action) -> set[str]:
    """Every login an action has to do with: of the node as it is, as shown, and as it is to be."""
    names = [action.subject.login, action.after("login")]
    if action.subject.node_id is not None and action.subject.node_id in world.seats:
        names.append(world.seats[action.subject.node_id].login)
    return {normal_login(str(name)) for name in names if name} - {""}


@pytest.mark.parametrize("refresh", ["auto", "full", "bulk"])
@given(files())
@drawn(60)
def test_no_file_writes_whoever_must_survive_or_is_protected(refresh: Any, world: World) -> None:
    surviving = must_survive(world)
    for action in world.plan(refresh).plan.actions:
        if "create_group" in action.verbs:
            continue
        names = touched(world, action)
        assert names, "whoever is written has a login"
        assert not names & surviving
        assert not any(is_protected(world, name) for name in names)
