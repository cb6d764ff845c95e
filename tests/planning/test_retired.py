"""Mappings that go or change: orphans, `retired`, `replaces`, an Entra group that was recreated (D7, D8, D17)."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.errors import InputError
from reconciler.model.directory import Account, UnreadGroup
from reconciler.model.hierarchy import NodeType, Role
from reconciler.model.mappings import EntraGroupName, Retired
from reconciler.model.plan import person_action_id

from .world import ADMINISTRATORS, World, group_id, id_of, mark

OLD = mark("ann", "old")


def world_of(people: str | None, **said: Any) -> World:
    """A mapping with somebody in it, and ann, who is marked for one that went. `people`: None, keep, disable."""
    world = World(**said).mapping("field")
    world.both("kim")
    if people is not None:
        world.retired.append(Retired(group_id("old"), people, 70))
    return world


ENTRA = {
    "gone": lambda _: None,
    "disabled": lambda w: w.person("ann", enabled=False),
    "elsewhere": lambda w: w.person("ann"),
    "wanted": lambda w: w.person("ann", "field"),
    "unknown": lambda w: w.person("ann") and w.accounts.update(ann=Account.UNKNOWN),
    "guest": lambda w: w.person("ann", "field", guest=True),
    "excluded": lambda w: w.person("ann", "field") and w.override("ann@x.example"),
    "held": lambda w: w.person("ann") and w.override("ann@x.example", "hold"),
    "held gone": lambda w: w.override("ann@x.example", "hold"),
}
ROWS = """
none     gone       disable
none     disabled   disable
none     elsewhere  - orphaned
none     wanted     update
none     unknown    - orphaned unconfirmed
none     guest      - orphaned
keep     gone       disable
keep     disabled   disable
keep     elsewhere  -
keep     wanted     update
keep     unknown    - unconfirmed
keep     guest      -
keep     excluded   -
disable  gone       disable
disable  disabled   disable
disable  elsewhere  disable
disable  wanted     update
disable  unknown    - unconfirmed
disable  guest      disable
disable  excluded   disable
disable  held       - protected
disable  held_gone  - leaver_kept
"""


@pytest.mark.parametrize("row", ROWS.strip().splitlines())
def test_D7_row(row: str) -> None:
    people, entra, verbs, *codes = row.split()
    world = world_of(None if people == "none" else people)
    ENTRA[entra.replace("_", " ")](world)
    world.node("ann", OLD)
    made = world.plan()
    assert made.verbs.get("ann", "-") == verbs
    assert sorted({finding.code for finding in made.plan.findings}) == codes
    assert made.asked_for("groups_of") == set(), "asked for by id alone (D8)"


def test_D7_retired_people_are_removals_no_mapping_counts(world: World) -> None:
    world = world_of("disable", guards={"max_removals": 0, "max_removals_per_mapping": 0})
    world.person("ann").node("ann", OLD, mobile=True)
    made = world.plan()
    action = made.action("ann")
    assert (action.removal, action.mapping, action.id) == (True, None, person_action_id("technician", id_of("ann"), 0))
    assert action.reason == f"the Entra group {group_id('old')} is retired (line 70)"
    assert made.changes("ann") == {
        "mobile_license": (True, False),
        "enabled": (True, False),
        "description": (str(OLD), str(OLD._replace(off=True))),
    }
    assert [(guard.name, guard.measured, guard.of) for guard in made.plan.violations] == [("max_removals", 1, 1)]
    world.apply(made.plan.actions)
    assert world.plan().verbs == {}


def test_D7_administrators_of_a_retired_mapping_too() -> None:
    world = world_of("disable")
    world.person("ann").node("ann", OLD, parent=ADMINISTRATORS, type=NodeType.ADMINISTRATOR)
    assert [(a.role, a.verbs) for a in world.plan().plan.actions] == [("admin", ("disable",))]


@pytest.mark.parametrize(
    ("unread", "member", "verbs"),
    [
        (UnreadGroup(group_id("desk"), "desk", "429"), False, "-"),
        (UnreadGroup(None, "desk", "no group is called desk"), False, "-"),
        (None, True, "-"),
        (None, False, "disable"),
    ],
)
def test_D7_whoever_may_be_in_a_frozen_mapping_is_not_disabled(
    unread: UnreadGroup | None, member: bool, verbs: str
) -> None:
    """A mapping whose Rescue group is missing is frozen as well, but who is in it was read."""
    world = world_of("disable").mapping("desk", node=unread is not None)
    if unread is not None:
        world.unread["desk"] = unread
    world.person("eve", "desk").person("ann", *(["desk"] if member else []))
    world.node("ann", OLD)
    made = world.plan()
    assert made.verbs.get("ann", "-") == verbs
    assert ("unconfirmed ann" in made.codes) is (verbs == "-")
    if verbs == "-":
        said = "is in desk" if member else f"may be in {group_id('desk')}"
        assert made.message("unconfirmed") == f"kept: {said}, whose mapping is frozen"


def test_D8_whom_a_rule_left_out_of_a_frozen_mapping_has_left() -> None:
    world = world_of("disable").mapping("desk", node=False)
    world.person("eve", "desk").person("ann", "desk").override("ann@x.example")
    world.node("ann", OLD)
    assert world.plan().verbs == {"ann": "disable"}


def test_D17_what_is_retired_does_not_count_as_the_mapping_whose_id_is_unknown() -> None:
    world = world_of("keep").mapping("desk")
    world.unread["desk"] = UnreadGroup(None, "desk", "no group is called desk")
    world.person("ann", "field").node("ann", OLD)
    world.person("eve").node("eve", mark("eve", "who knows"))
    made = world.plan()
    assert made.verbs == {"ann": "update"}
    assert made.plan.mappings[1].state == "frozen"


# -- replaces ------------------------------------------------------------------------------------------------


def replacing(**said: Any) -> World:
    return World().mapping("field", replaces=(group_id("old"),), **said)


def test_D7_people_of_a_replaced_group_are_its_own_and_get_its_marker() -> None:
    world = replacing()
    world.person("ann", "field").node("ann", OLD)
    made = world.plan()
    assert made.verbs == {"ann": "update"}
    assert made.changes("ann") == {"description": (str(OLD), str(mark("ann")))}
    guard = next(guard for guard in made.plan.guards if guard.name == "max_removals_per_mapping")
    assert (guard.mapping, guard.of) == ("field", 1)
    world.apply(made.plan.actions)
    assert world.plan().verbs == {}


def test_D7_who_is_not_in_the_new_group_is_a_leaver_asked_for_with_the_groups() -> None:
    world = replacing()
    world.both("kim")
    world.person("ann").node("ann", OLD)
    made = world.plan()
    assert made.verbs == {"ann": "disable"}
    assert made.action("ann").mapping == "field"
    assert made.asked_for("groups_of") == {id_of("ann")}


def test_D17_an_empty_new_group_freezes_while_people_are_marked_for_the_old_one() -> None:
    world = replacing()
    world.person("ann").node("ann", OLD)
    made = world.plan()
    assert (made.verbs, made.codes) == ({}, ["frozen field"])


def test_D7_a_frozen_mapping_keeps_the_people_of_the_groups_it_replaces() -> None:
    world = replacing().mapping("desk")
    world.both("kim", "desk")
    world.unread["field"] = UnreadGroup(group_id("field"), "field", "429")
    world.person("ann").node("ann", OLD)
    made = world.plan()
    assert (made.verbs, made.codes) == ({}, ["frozen field"])


def test_D7_a_recreated_group_that_nobody_names_as_replaced_orphans_who_is_not_back() -> None:
    world = World().mapping("field")
    world.person("ann", "field").node("ann", OLD)
    world.person("eve").node("eve", mark("eve", "old"))
    made = world.plan()
    assert (made.verbs, made.codes) == ({"ann": "update"}, ["orphaned eve"])


def test_D3_a_replaced_group_of_administrators_does_not_count_on_a_technician() -> None:
    world = World().mapping("field")
    world.both("kim")
    world.mapping("boss", role=Role.ADMIN, replaces=(group_id("old"),), node=False)
    world.unread["boss"] = UnreadGroup(group_id("boss"), "boss", "429")
    world.node("ann", OLD)
    made = world.plan()
    assert made.verbs == {}
    assert "orphaned ann" in made.codes


@pytest.mark.parametrize("how", ["retired", "replaced"])
@pytest.mark.parametrize("same", [True, False])
def test_D7_a_group_mapped_by_name_cannot_be_gone(how: str, same: bool) -> None:
    gone = group_id("field") if same else group_id("field")[:8] + "-0000-4000-8000-000000000000"
    world = World().mapping("field", entra_group=EntraGroupName(None, "field"))
    world.mapping("desk", replaces=(gone,) if how == "replaced" else ())
    if how == "retired":
        world.retired.append(Retired(gone, "keep", 70))
    with pytest.raises(InputError) as caught:
        world.plan()
    assert caught.value.exit_code == 2
    (line,) = caught.value.lines()
    assert line.startswith(f"mappings.yaml:{70 if how == 'retired' else 20}:1: ")
    assert ("the one mapped by" if same else "the same 8 digits") in line
