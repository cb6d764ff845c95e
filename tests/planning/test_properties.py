"""What holds for every company: drawn at random, planned, applied to the model, planned again."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.model.directory import Account, NoPerson, UnreadGroup
from reconciler.model.hierarchy import PERSON_TYPE, NodeType, Role, Tree
from reconciler.model.mappings import Retired
from reconciler.model.marker import find_markers
from reconciler.model.plan import Action
from reconciler.model.text import normal_login

from .world import ADMIN, ADMINISTRATORS, OWNER, World, group_id, id_of, mark

KEYS = [f"p{number}" for number in range(7)]
NAMES = ["Ann", "Zoë", "Zoe\u0308", " Ann  B ", "<b>", ""]
MAPPINGS = ["m0", "m1", "m2", "a0"]
ADMIN_MAPPINGS = MAPPINGS[3:]


def drawn(examples: int) -> settings:
    """So many companies, the same ones each time; ten times as many, others each time, while soaking."""
    return settings(max_examples=examples * (10 if "SOAK_HISTORIES" in os.environ else 1))


@st.composite
def worlds(draw: st.DrawFn, *, ordinary: bool = False) -> World:
    """A company. `ordinary`: nothing in it is in anybody's way."""
    some = draw
    world = World(
        settings={
            "guests": some(st.sampled_from(["skip", "include"])),
            "reenable": some(st.sampled_from(["ours", "always"])),
            "use_email_as_sso_id": some(st.booleans()),
        }
    )
    if not ordinary:
        world.settings |= {
            "adopt": some(st.sampled_from(["login", "aliases", "never"])),
            "adopt_admins": some(st.booleans()),
            "unmanaged": some(st.sampled_from(["report", "disable"])),
            "use_upn_as_email": some(st.booleans()),
        }
        world.protected = tuple(some(st.lists(st.sampled_from(["p0@*", "*1@x.example"]), max_size=1)))
        world.tenant_confirmed = some(st.sampled_from([True, None, False]))
    for name in MAPPINGS:
        world.mapping(
            name,
            node=ordinary or some(st.integers(0, 5)) > 0,
            role=Role.ADMIN if name in ADMIN_MAPPINGS else Role.TECHNICIAN,
            priority=some(st.sampled_from([1, 1, 2])) if not ordinary else MAPPINGS.index(name),
            upn_as_sso_id=some(st.booleans()),
            allow_empty=ordinary or some(st.booleans()),
            full_sync=some(st.integers(0, 3)) > 0,
            create_missing=some(st.integers(0, 3)) > 0,
            replaces=(group_id("old"),) if name == "m1" and some(st.booleans()) else (),
        )
        if not ordinary and some(st.integers(0, 4)) == 0:
            known = some(st.booleans())
            world.unread[name] = UnreadGroup(group_id(name) if known else None, name, "429", some(st.booleans()))
    world.group("elsewhere")
    places = [node.name for node in world.group_nodes.values()]
    for key in KEYS:
        person(world, key, some, places, ordinary=ordinary)
    if some(st.booleans()):
        world.retired.append(Retired(group_id("deleted"), some(st.sampled_from(["keep", "disable"])), 70))
    if some(st.booleans()):
        included = some(st.sampled_from(KEYS))
        name = some(st.sampled_from([f"{included}@x.example", id_of(included)]))
        world.override(name, "include", mapping=some(st.sampled_from(MAPPINGS)))
        if not ordinary:
            world.unnamed = some(st.sampled_from([{}, {name: NoPerson("503")}, {name: NoPerson("404", gone=True)}]))
    if not ordinary and some(st.booleans()):
        world.node("blank", login="", name="", group=some(st.sampled_from(places)))
        world.override(some(st.sampled_from(KEYS)) + "@x.example", some(st.sampled_from(["hold", "exclude"])))
    return world


def person(world: World, key: str, some: Any, places: list[str], *, ordinary: bool) -> None:
    """One person on one side, the other, or both."""
    logins = [f"{key}@x.example"] if ordinary else [f"{other}@x.example" for other in (*KEYS[:4], key)]
    if some(st.integers(0, 5)) > 0:
        world.person(
            key,
            *some(st.sets(st.sampled_from(MAPPINGS), max_size=2).map(sorted)),
            name=some(st.sampled_from(NAMES[:4] if ordinary else NAMES)),
            mail=some(st.sampled_from(logins if ordinary else [*logins, None, ADMIN])),
            enabled=some(st.integers(0, 3)) > 0,
            guest=some(st.integers(0, 4)) == 0,
        )
        if not ordinary and some(st.integers(0, 5)) == 0:
            world.accounts[key] = Account.UNKNOWN
        if not ordinary:
            proxies = st.lists(st.sampled_from(logins), max_size=2).map(frozenset)
            world.aliases[key] = some(st.one_of(st.none(), proxies, proxies, proxies))
    for _ in range(some(st.sampled_from([0, 1, 1] if ordinary else [0, 1, 1, 1, 2]))):
        off = some(st.booleans())
        group = some(st.sampled_from(places))
        own = [name for name in MAPPINGS if (name in ADMIN_MAPPINGS) == world.is_admin_group(world.place(group))]
        gone = (
            ["deleted"] if ordinary and own == ADMIN_MAPPINGS else ["deleted", "old"]
        )  # old is a technicians' mapping
        marker: Any = mark(key, some(st.sampled_from(gone + (own if ordinary else MAPPINGS))), off=off)
        if not ordinary:
            foreign = mark(key, owner="beef")
            marker = some(st.sampled_from([marker, marker, marker, foreign, None, f"{marker} {foreign}"]))
        elif some(st.integers(0, 3)) == 0:
            marker = None
        stray = not ordinary and some(st.integers(0, 8)) == 0
        world.node(
            key,
            marker,
            name=some(st.sampled_from(NAMES[:4])),
            login=some(st.sampled_from(logins if ordinary else [*logins, ADMIN])),
            status="Disabled" if off and some(st.booleans()) else some(st.sampled_from(["Offline", "Online"])),
            sso=some(st.sampled_from(["", f"{key}@x.example"])),
            mobile=some(st.booleans()),
            **({"parent": ADMINISTRATORS, "type": NodeType.ADMINISTRATOR} if stray else {"group": group}),
        )


@given(worlds(), st.randoms(use_true_random=False), st.sampled_from(["auto", "full", "bulk"]))
@drawn(53)
def test_input_order_changes_nothing(world: World, random: Any, refresh: Any) -> None:
    before = world.plan(refresh).plan
    for mixed in (world.mappings, *world.members.values()):
        random.shuffle(mixed)
    seats = list(world.seats.items())
    random.shuffle(seats)
    world.seats = dict(seats)
    readings = world.readings(refresh)
    nodes = list(readings.tree.nodes.values())
    random.shuffle(nodes)
    after = world.plan(readings=replace(readings, tree=Tree(nodes))).plan
    assert after.digest == before.digest
    assert after.actions == before.actions
    assert after.findings == before.findings
    assert after.summary == before.summary


@given(worlds(), st.sampled_from(["auto", "full", "bulk"]))
@drawn(100)
def test_whoever_must_not_be_written_is_not(world: World, refresh: Any) -> None:
    plan = world.plan(refresh).plan
    wanted_frozen = {state.name for state in plan.mappings if state.state == "frozen"}
    frozen = {
        (mapping.role, group[:8])
        for mapping in world.mappings
        if mapping.name in wanted_frozen
        for group in (group_id(mapping.name), *mapping.replaces)
    }
    held = {o.login for o in world.overrides if o.action == "hold"}
    nodes: set[int] = set()
    for action in plan.actions:
        if action.subject.entra_id is None:
            check_unmanaged(world, action, frozen_places(world, wanted_frozen))
            continue
        key = next(key for key in KEYS if id_of(key) == action.subject.entra_id)
        row = world.people.get(key)
        logins = {normal_login(action.subject.login or ""), str(action.after("login") or "")}
        assert not (logins & ({ADMIN} | held)), "survivors and held people are left alone"
        assert not any(login.startswith("p0@") and "p0@*" in world.protected for login in logins)
        assert not any(login.endswith("1@x.example") and "*1@x.example" in world.protected for login in logins)
        assert set(action.verbs) <= {"adopt", "create", "enable", "disable", "update", "move"}
        assert action.removal == ("disable" in action.verbs)
        if action.subject.node_id is None:
            assert "create" in action.verbs
            assert action.mapping not in wanted_frozen
            continue
        assert action.subject.node_id not in nodes, "one action for one node"
        nodes.add(action.subject.node_id)
        seat = world.seats[action.subject.node_id]
        assert seat.type == PERSON_TYPE[Role(action.role)]
        other_role = {
            group[:8]
            for m in world.mappings
            if m.role.value != action.role
            for group in (
                *m.replaces,
                *([] if m.name in world.unread and not world.unread[m.name].id else [group_id(m.name)]),
            )
        }
        frozen = {group_id(m.name)[:8] for m in world.mappings if m.role.value == action.role} & {
            group_id(name)[:8] for name in wanted_frozen
        }
        markers = [m for m in find_markers(seat.description) if m.owner != OWNER or m.mapping not in other_role]
        certain = row is None or not row.enabled
        if not markers:
            assert {"adopt", "create"} & set(action.verbs), "nobody unmarked is written unless adopted"
        elif action.rehires:
            (marker,) = markers
            assert marker.owner == OWNER
            assert marker.off
            assert not any(marker.entra_id == person.id for person in world.people.values())
            assert world.settings["adopt"] != "never"
            assert marker.mapping not in frozen
        else:
            assert {(m.owner, m.entra_id) for m in markers} == {(OWNER, action.subject.entra_id)}
            assert certain or len(markers) == 1
            if {(Role(action.role), m.mapping) for m in markers} & frozen:
                assert certain
                assert action.verbs == ("disable",) or (seat.status, action.verbs) == ("Disabled", ("update",))
        if "disable" in action.verbs and not certain:
            assert world.accounts.get(key) is not Account.UNKNOWN or any(key in m for m in world.members.values())


def frozen_places(world: World, frozen: set[str]) -> set[int]:
    return {world.place(name) for name in frozen if any(node.name == name for node in world.group_nodes.values())}


def check_unmanaged(world: World, action: Action, frozen: set[int]) -> None:
    seat = world.seats[action.subject.node_id or 0]
    assert world.settings["unmanaged"] == "disable"
    assert action.verbs == ("disable",)
    assert not find_markers(seat.description)
    assert seat.login
    assert seat.type == NodeType.TECHNICIAN
    assert seat.parent not in frozen
    members = {key for name, keys in world.members.items() if name not in world.unread for key in keys}
    for key in members:
        person = world.people[key]
        assert normal_login(seat.login) not in {normal_login(item or "") for item in (person.mail, person.upn)}
        assert seat.login not in (world.aliases.get(key) or ())


@given(worlds())
@drawn(53)
def test_ids_are_unique_and_everybody_has_one_action_but_for_doubled_markers(world: World) -> None:
    plan = world.plan().plan
    assert len({action.id for action in plan.actions}) == len(plan.actions)
    people = [(action.role, action.subject.entra_id) for action in plan.actions if action.subject.entra_id]
    for role, entra_id in set(people):
        if people.count((role, entra_id)) > 1:
            assert any(f.code == "marker_twice" and str(entra_id) in f.message for f in plan.findings)
    done: set[str] = set()
    for action in plan.actions:
        assert set(action.depends_on) <= done
        done.add(action.id)


@given(worlds(ordinary=True), st.sampled_from(["auto", "full"]))
@drawn(66)
def test_applied_and_planned_again_nothing_is_left(world: World, refresh: Any) -> None:
    first = world.plan(refresh).plan
    world.apply(first.actions)
    second = world.plan("full").plan
    unseen = {"sso_id", "mobile_license"} if refresh == "auto" else set()  # what the bulk read does not show (D4)
    assert [a for a in second.actions if not {c.field for c in a.changes} <= unseen or "move" in a.verbs] == []
    tree = world.tree()
    for seat in world.seats.values():
        path = tree.path_text(seat.parent)
        key = next((key for key in KEYS if seat.login == f"{key}@x.example"), None)
        row = world.people.get(key or "")
        if find_markers(seat.description) and (row is None or not row.enabled):
            assert seat.status == "Disabled", f"a leaver is left in {path}"


@given(worlds())
@drawn(40)
def test_applying_what_a_plan_could_do_never_takes_a_login_that_is_not_free(world: World) -> None:
    logins = [normal_login(seat.login) for seat in world.seats.values() if seat.login]
    world.apply(world.plan("full").plan.actions)
    after = [normal_login(seat.login) for seat in world.seats.values() if seat.login]
    doubled = {login for login in after if after.count(login) > 1}
    assert doubled <= {login for login in logins if logins.count(login) > 1}


@given(
    st.integers(0, 12), st.integers(0, 12), st.sampled_from(["0%", "10%", "20%", "50%", 0, 1, 3]), st.integers(0, 15)
)
@drawn(26)
def test_a_guard_that_refused_few_removals_refuses_more(fewer: int, more: int, limit: Any, small: int) -> None:
    verdicts = []
    for leaving in sorted((fewer, fewer + more)):
        world = World(guards={"max_removals": limit, "small_team": small}).mapping("field")
        world.both("kim")
        for number in range(24):
            if number < leaving:
                world.node(f"p{number}", mark(f"p{number}"))
            else:
                world.both(f"p{number}")
        plan = world.plan().plan
        verdicts.append(next(g for g in plan.guards if g.name == "max_removals").passed)
        assert plan.summary.disable == leaving
    assert verdicts[0] or not verdicts[1]


@pytest.mark.parametrize("refresh", ["auto", "full", "bulk"])
@given(worlds())
@drawn(15)
def test_digest_says_whether_there_is_anything_to_do(refresh: Any, world: World) -> None:
    plan = world.plan(refresh).plan
    assert (plan.digest == "4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945") == (not plan.actions)
    assert plan.summary.changes_total == len(plan.actions)
    assert plan.model_validate_json(plan.model_dump_json()).digest == plan.digest
