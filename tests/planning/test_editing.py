"""What an edit does and what it stops, told apart from what is pending anyway (product.md §4, §5)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.hierarchy import Role
from reconciler.model.mappings import Retired
from reconciler.model.plan import Action
from reconciler.planning.editing import edit_digest, items_of

from .test_properties import KEYS, drawn, worlds
from .two_files import Compared, before, compare
from .world import World, group_id, id_of, mark

NOTHING = "4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945"
"""SHA-256 of an empty array."""


def company() -> World:
    """One mapping with somebody of every kind: in sync, to be created, renamed, adopted, and a leaver."""
    world = World().mapping("field").mapping("desk")
    world.both("kim")
    world.both("ren", name="Old Name")
    world.person("joe", "field")
    world.person("ada", "field").node("ada")
    world.node("lea", mark("lea"))
    return world


def set_mapping(world: World, name: str, **said: Any) -> None:
    world.mappings = [replace(one, **said) if one.name == name else one for one in world.mappings]


def drop_mapping(world: World, name: str) -> None:
    world.mappings = [one for one in world.mappings if one.name != name]


def test_without_an_edit_everything_is_pending_and_the_digest_is_that_of_nothing() -> None:
    made = compare(company(), company())
    assert made.keys("edit") == []
    assert made.keys("pending") == ["disable lea", "adopt ada", "update ren", "create joe"]
    assert made.stopped == []
    assert made.plan.edit_digest == NOTHING


def test_of_a_base_that_counts_as_empty_everything_is_the_edits_and_nothing_is_stopped() -> None:
    made = compare(company(), None)
    assert made.keys("pending") == []
    assert len(made.keys("edit")) == 4
    assert made.stopped == []
    assert made.plan.edit_digest not in (None, NOTHING)


def test_the_plan_itself_is_the_one_made_without_a_base() -> None:
    world = company()
    alone, made = world.plan().plan, compare(world, before(world, lambda base: drop_mapping(base, "field"))).plan
    assert (made.digest, made.summary, made.guards, made.seats) == (
        alone.digest, alone.summary, alone.guards, alone.seats,
    )  # fmt: skip
    assert alone.edit_digest is None
    assert {action.origin for action in alone.actions} == {None}


def test_a_new_mapping_does_what_is_not_pending() -> None:
    world = company()
    world.person("new", "desk")
    made = compare(world, before(world, lambda base: drop_mapping(base, "desk")))
    assert made.keys("edit") == ["create new"]
    assert len(made.keys("pending")) == 4


def test_a_mapping_taken_out_stops_what_was_pending_for_it() -> None:
    world = company()
    base = before(world, lambda _: None)
    drop_mapping(world, "field")
    made = compare(world, base)
    assert made.keys("edit") == []
    assert made.keys("pending") == ["disable lea"], "nobody in Entra is called so: a certain leaver of any file"
    assert made.stopped == ["adopt ada", "update ren", "create joe"]
    assert {action.origin for action in made.plan.stopped} == {"edit"}
    assert {action.line for action in made.plan.stopped} == {None}
    name = {"role": "technician", "who": id_of("ren"), "verb": "update", "field": "name", "after": "Ren"}
    assert made.plan.edit_digest == by_hand(
        {"verb": "adopt", "mapping": "field", "stopped": True},
        {"verb": "create", "mapping": "field", "stopped": True},
        {**name, "stopped": True},
    )


def by_hand(*items: dict[str, object]) -> str:
    """The digest of §4: RFC 8785, items in the order of their own JSON."""
    rows = sorted(json.dumps(item, sort_keys=True, separators=(",", ":"), ensure_ascii=False) for item in items)
    return hashlib.sha256(f"[{','.join(rows)}]".encode()).hexdigest()


def test_the_digest_of_a_disable_and_a_move_is_item_by_item() -> None:
    world = company()
    world.person("mo", "desk").node("mo", mark("mo", "desk"))
    base = before(world, lambda base: drop_mapping(base, "desk"))
    world.retired.append(Retired(group_id("gone"), "disable", 71))
    for one in (world, base):
        one.person("old").node("old", mark("old", "gone"))
    made = compare(world, base)
    assert made.keys("edit") == ["disable old", "move mo"]
    common = {"role": "technician", "stopped": False}
    old, mo = {**common, "who": id_of("old")}, {**common, "who": id_of("mo"), "verb": "move"}
    text = f"{mark('old', 'gone', off=True)}"
    assert made.plan.edit_digest == by_hand(
        {**old, "verb": "disable", "field": "enabled", "after": False},
        {**old, "verb": "update", "field": "description", "after": text},
        {**mo, "field": "group", "after": "desk"},
    )


def test_an_action_that_does_more_than_before_is_the_edits() -> None:
    world = company()
    world.people["ren"] = world.people["ren"]._replace(mail="other@x.example")
    made = compare(world, before(world, lambda base: base.settings.update(use_upn_as_email=True)))
    assert "update ren" in made.keys("edit")


def test_a_change_that_is_stopped_is_told_without_what_goes_on() -> None:
    world = company()
    base = before(world, lambda base: set_mapping(base, "field", upn_as_sso_id=True))
    made = compare(world, base, "full")
    assert "update ren" in made.stopped
    stopped = next(action for action in made.plan.stopped if action.subject.login == "ren@x.example")
    assert [change.field for change in stopped.changes] == ["sso_id", "description"]
    renamed = next(action for action in made.plan.actions if action.subject.login == "ren@x.example")
    assert [change.field for change in renamed.changes] == ["name"]
    assert renamed.origin == "pending"


def test_of_somebody_who_is_created_all_the_same_only_the_rest_is_stopped() -> None:
    """Their licence is; they are not told as somebody whose creation ends."""
    world = company()
    base = before(world, lambda base: set_mapping(base, "field", mobile_license="award"))
    made = compare(world, base)
    stopped = next(action for action in made.plan.stopped if action.subject.login == "joe@x.example")
    assert stopped.verbs == ("update",)
    assert [change.field for change in stopped.changes] == ["mobile_license"]


def test_what_only_comes_out_otherwise_is_not_stopped_but_is_in_the_digest() -> None:
    world = company()
    world.people["ren"] = world.people["ren"]._replace(mail="new@x.example", upn="newer@x.example")
    base = before(world, lambda base: base.settings.update(use_upn_as_email=True))
    made = compare(world, base)
    assert made.stopped == []
    assert made.keys("edit") == ["update ren"]
    assert made.plan.edit_digest != compare(base, world).plan.edit_digest


@pytest.mark.parametrize(
    ("mappings", "more"),
    [((), 0), (("desk",), 1)],
    ids=["a joiner where the edit creates already", "a joiner where the edit created nobody"],
)
def test_a_joiner_of_a_new_mapping_enters_by_the_mapping(mappings: tuple[str, ...], more: int) -> None:
    def plan_with(joiners: tuple[str, ...]) -> Compared:
        world = company()
        for key in joiners:
            world.person(key, "desk")
        return compare(world, before(world, lambda base: drop_mapping(base, "desk")))

    first = () if mappings else ("one",)
    now, then = plan_with(first), plan_with((*first, "two", "three"))
    assert (now.plan.edit_digest != then.plan.edit_digest) == bool(more)


def test_somebody_the_edit_creates_is_in_the_digest_whoever_else_joins_the_mapping() -> None:
    world = company()
    world.person("out").override("out@x.example", "include", mapping="field")
    base = before(world, lambda base: base.overrides.clear())
    now = compare(world, base)
    world.person("two", "field")
    base.person("two", "field")
    then = compare(world, base)
    assert now.plan.edit_digest == then.plan.edit_digest != NOTHING
    assert "create out" in then.keys("edit")
    assert "create two" in then.keys("pending")


def test_an_adoption_that_disables_is_reviewed_person_by_person() -> None:
    def plan_with(*gone: str) -> str | None:
        world = company()
        world.person("one", "desk", enabled=False).node("one", group="desk")
        for key in gone:
            world.person(key, "desk", enabled=False).node(key, group="desk")
        made = compare(world, before(world, lambda base: drop_mapping(base, "desk")))
        assert "adopt+disable one" in made.keys("edit")
        return made.plan.edit_digest

    assert plan_with() != plan_with("two")


def test_plain_adoptions_enter_once_also_those_that_move_and_rename() -> None:
    def plan_with(*more: str) -> str | None:
        world = company()
        world.person("one", "desk").node("one", group="desk")
        for key in more:
            world.person(key, "desk").node(key, group="field", name="Other")
        made = compare(world, before(world, lambda base: drop_mapping(base, "desk")))
        assert "adopt one" in made.keys("edit")
        return made.plan.edit_digest

    assert plan_with() == plan_with("two")


@pytest.mark.parametrize("verb", ["create", "enable", "move"])
def test_every_grant_of_admin_rights_is_in_the_digest_by_itself(verb: str) -> None:
    def plan_with(*more: str) -> Compared:
        world = World().mapping("field").mapping("boss", role=Role.ADMIN).mapping("chief", role=Role.ADMIN)
        world.both("kim")
        world.both("stays", "chief")
        for key in ("one", *more):
            world.person(key, "boss")
            if verb == "enable":
                world.node(key, mark(key, "boss", off=True), group="boss", status="Disabled")
            elif verb == "move":
                world.node(key, mark(key, "chief"), group="chief")
        made = compare(world, before(world, lambda base: drop_mapping(base, "boss")))
        assert any(verb in told for told in made.keys("edit")), made
        return made

    assert plan_with().plan.edit_digest != plan_with("two").plan.edit_digest


def test_a_rehire_is_in_the_digest_by_itself() -> None:
    def plan_with(*more: str) -> Compared:
        world = World().mapping("field").mapping("desk")
        world.both("kim")
        for key in ("one", *more):
            world.person(f"{key}-new", "desk", mail=f"{key}@x.example")
            world.node(key, mark(key, "desk", off=True), group="desk", status="Disabled")
        return compare(world, before(world, lambda base: drop_mapping(base, "desk")))

    one = plan_with()
    assert any("adopt+enable" in told for told in one.keys("edit")), one.plan
    assert one.plan.edit_digest != plan_with("two").plan.edit_digest


def test_groups_an_edit_creates_are_in_the_digest_by_their_paths() -> None:
    def plan_with(*inner: str) -> Compared:
        world = World().mapping("field", nested="mirror", create_group=True)
        world.both("kim")
        world.nest("field", *inner)
        return compare(world, before(world, lambda base: set_mapping(base, "field", create_group=False)))

    one = plan_with("inner")
    assert one.keys("edit") == ["create_group field/inner"]
    assert one.plan.edit_digest != plan_with("inner", "other").plan.edit_digest


def test_guards_judge_the_whole_plan() -> None:
    world = company()
    world.guards = {"max_removals": 0}
    made = compare(world, before(world, lambda base: base.guards.update(max_removals="off")))
    assert made.plan.refused
    assert made.base is not None
    assert not made.base.refused


def test_what_is_held_back_is_in_the_digest_all_the_same() -> None:
    world = company()
    base = before(world, lambda base: drop_mapping(base, "field"))
    free = compare(world, base).plan
    world.guards = {"max_removals": 0, "on_violation": "hold_removals"}
    held = compare(world, base).plan
    assert held.held
    assert held.edit_digest == free.edit_digest


def test_somebody_rescue_alone_knows_goes_by_their_node() -> None:
    """`unmanaged: disable` is a removal like any other: each of them is reviewed, and one more is another edit."""
    world = World(settings={"unmanaged": "disable"}, guards={"max_removals": "off"}).mapping("field")
    world.both("kim")
    node = world.node("uma")

    def keep(base: World) -> None:
        base.settings["unmanaged"] = "report"

    made = compare(world, before(world, keep))
    assert made.keys("edit") == ["disable uma"]
    assert {item.who for item in items_of(made.plan.actions[0])} == {f"node:{node.id}"}
    assert made.plan.edit_digest == by_hand(
        {"role": "technician", "who": f"node:{node.id}", "verb": "disable", "field": "enabled", "after": False,
         "stopped": False},
    )  # fmt: skip
    world.node("ulf")
    assert compare(world, before(world, keep)).plan.edit_digest != made.plan.edit_digest


def test_one_marker_on_two_nodes_is_two_people_to_the_digest() -> None:
    world = World().mapping("field")
    world.both("kim")
    world.person("dup", enabled=False)
    world.node("dup", mark("dup"))
    world.node("dup2", mark("dup"))
    actions = compare(world, None).plan.actions
    assert [action.verbs for action in actions] == [("disable",), ("disable",)]
    assert edit_digest(actions, ()) != edit_digest(actions[:1], ())


# -- properties ------------------------------------------------------------------------------------------------------


def edit_file(world: World, some: Any) -> None:
    """An edit of the file that leaves who may be created as it is."""
    kind = some(st.integers(0, 5))
    if kind == 0:
        for key in ("use_email_as_sso_id", "use_upn_as_email"):
            world.settings[key] = some(st.booleans())
    elif kind == 1:
        drop_mapping(world, some(st.sampled_from(["m1", "a0"])))
    elif kind == 2:
        set_mapping(world, some(st.sampled_from(["m0", "m1", "m2"])), priority=some(st.sampled_from([0, 50])))
    elif kind == 3:
        mode = some(st.sampled_from(["award", "release", "keep"]))
        set_mapping(world, some(st.sampled_from(["m0", "m1", "m2"])), mobile_license=mode, upn_as_sso_id=True)
    elif kind == 4:
        world.override(some(st.sampled_from(KEYS)) + "@x.example", some(st.sampled_from(["hold", "exclude"])))
    else:
        world.retired.append(Retired(group_id("gone"), "disable", 71))


@given(worlds(ordinary=True), st.data(), st.sampled_from(["auto", "full", "bulk"]))
@drawn(60)
def test_joiners_between_review_and_merge_do_not_matter(world: World, data: Any, refresh: str) -> None:
    base = before(world, lambda base: edit_file(base, data.draw))
    if data.draw(st.booleans()):
        world, base = base, world
    reviewed = compare(world, base, refresh).plan
    joiners = data.draw(st.lists(st.sampled_from(["m0", "m2"]), min_size=1, max_size=3))
    known = data.draw(st.booleans())
    for number, group in enumerate(joiners):
        for one in (world, base):
            one.person(f"joiner{number}", group)
            if known:
                one.node(f"joiner{number}", group="elsewhere")
    merged = compare(world, base, refresh).plan
    assert merged.edit_digest == reviewed.edit_digest


@given(worlds(), st.data(), st.sampled_from(["auto", "full", "bulk"]))
@drawn(60)
def test_origins_stopped_and_digest_agree(world: World, data: Any, refresh: str) -> None:
    base = before(world, lambda base: edit_file(base, data.draw))
    made = compare(world, base, refresh)
    plan = made.plan
    assert made.base is not None
    both = {item for action in made.base.actions for item in items_of(action)}
    for action in plan.actions:
        assert items_of(action), "every action does something"
        assert action.origin == ("pending" if set(items_of(action)) <= both else "edit")
    mine = {item.about for action in plan.actions for item in items_of(action)}
    assert not any(item.about in mine for action in plan.stopped for item in items_of(action))
    if made.base.actions == plan.model_copy(update={"actions": without_origin(plan.actions)}).actions:
        assert plan.edit_digest == NOTHING
        assert plan.stopped == ()
    if plan.edit_digest == NOTHING:
        told = {action.origin for action in plan.actions if not {"create", "adopt"} & set(action.verbs)}
        assert told <= {"pending"}
    assert compare(world, before(world, lambda _: None), refresh).plan.edit_digest == NOTHING


def without_origin(actions: tuple[Action, ...]) -> tuple[Action, ...]:
    return tuple(action.model_copy(update={"origin": None}) for action in actions)


@given(worlds(), st.data())
@drawn(30)
def test_the_order_of_the_input_does_not_matter(world: World, data: Any) -> None:
    base = before(world, lambda base: edit_file(base, data.draw))
    made = compare(world, base).plan
    for one in (world, base):
        one.mappings.reverse()
        one.seats = dict(reversed(one.seats.items()))
    assert compare(world, base).plan.edit_digest == made.edit_digest
