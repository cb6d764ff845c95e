"""Taking a run back: what each verb becomes, what is left as it is, and that guards, seats and survival have a say."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from reconciler.model.directory import Account, UnreadGroup
from reconciler.model.mappings import EntraGroupName
from reconciler.model.marker import Licence
from reconciler.model.plan import Action, ActionOutcome, Change, Outcomes, Plan, Result
from reconciler.model.readings import Questions, Readings
from reconciler.model.undo import Undo
from reconciler.planning.undo import make_undo

from .world import ADMINISTRATORS, TODAY, World, group_id, id_of, mark

ROUNDS = 12


@dataclass
class Undone:
    """An undo, and what it took to make it."""

    undo: Undo
    readings: Readings
    asked: list[Questions] = field(default_factory=list)

    @property
    def plan(self) -> Plan:
        return self.undo.plan

    @property
    def verbs(self) -> dict[str, str]:
        return {(a.subject.login or "").split("@")[0]: " ".join(a.verbs) for a in self.plan.actions}

    @property
    def left(self) -> list[str]:
        return sorted(
            f"{item.why} {(item.action.subject.login or item.action.subject.path or '').split('@')[0]}"
            for item in self.undo.left
        )

    def action(self, key: str) -> Action:
        return next(action for action in self.plan.actions if action.subject.entra_id == id_of(key))

    def message(self, why: str) -> str:
        return next(item.message for item in self.undo.left if item.why == why)

    def changes(self, key: str) -> dict[str, tuple[Any, Any]]:
        return {change.field: (change.before, change.after) for change in self.action(key).changes}


def ran(world: World, result: Result = "done", *, applied: bool = True) -> list[ActionOutcome]:
    """Plans and applies, as `apply --out` would write it."""
    actions = world.plan().plan.actions
    if applied:
        world.apply(actions)
    return [
        ActionOutcome.model_validate_json(
            ActionOutcome(**{name: getattr(a, name) for name in Action.model_fields}, outcome=result, message="")
            .model_dump_json()
        )
        for a in actions
    ]  # fmt: skip


def undo(world: World, run: list[ActionOutcome], readings: Readings | None = None) -> Undone:
    outcomes = Outcomes(
        digest="d", account_id=1, exit_code=0, started_at="", ended_at="", converged=True, actions=tuple(run)
    )
    now, asked = readings or world.readings(), []
    for _ in range(ROUNDS):
        made = make_undo(world.file(), now, outcomes, today=TODAY, made_at=f"{TODAY}T00:00:00Z")
        if isinstance(made, Undo):
            return Undone(made, now, asked)
        asked.append(made)
        now = world.answer(made, now)
    raise AssertionError(f"still asking: {made}")


def seats(world: World) -> dict[str, tuple[Any, ...]]:
    return {
        seat.login.split("@")[0]: (seat.parent, seat.name, seat.sso, seat.mobile, seat.description, seat.status)
        for seat in world.seats.values()
    }


def leave(world: World, key: str, group: str = "field") -> None:
    world.members[group].remove(key)


@pytest.fixture
def world(world: World) -> World:
    world.mapping("other")
    world.both("kim")
    world.both("lee", "other")
    return world


# -- each verb ------------------------------------------------------------------------------------------------------


def test_a_disabled_person_is_enabled_and_has_the_licence_again(world: World) -> None:
    world.mappings[0] = replace(world.mappings[0], mobile_license="award")
    world.both("ann", marker=mark("ann", m=Licence.GIVEN), mobile=True, description="Ü")
    before = seats(world)
    leave(world, "ann")
    run = [item for item in ran(world) if item.subject.entra_id == id_of("ann")]
    world.members["field"].append("ann")
    made = undo(world, run)
    assert made.verbs == {"ann": "enable update"}
    assert made.plan.seats.technician.taken == 1
    assert made.plan.seats.mobile.taken == 1
    world.apply(made.plan.actions)
    assert seats(world)["ann"] == before["ann"]
    assert made.left == []


def test_a_created_person_is_disabled_and_stays(world: World) -> None:
    world.person("new", "field")
    run = ran(world)
    leave(world, "new")
    made = undo(world, run)
    assert made.verbs == {"new": "disable"}
    assert made.action("new").removal
    assert made.changes("new") == {
        "enabled": (True, False),
        "description": (str(mark("new")), str(mark("new", off=True))),
    }
    world.apply(made.plan.actions)
    assert undo(world, run).verbs == {}
    assert world.plan("full").verbs == {}


def test_a_created_person_gives_the_licence_back(world: World) -> None:
    world.mappings[0] = replace(world.mappings[0], mobile_license="award")
    world.person("new", "field")
    run = ran(world)
    leave(world, "new")
    made = undo(world, run)
    assert made.changes("new")["mobile_license"] == (True, False)
    assert made.changes("new")["description"][1] == str(mark("new", m=Licence.NOT_GIVEN, off=True))


def test_an_adopted_person_loses_the_link_and_nothing_else(world: World) -> None:
    world.person("ann", "field")
    world.node("ann", description="hired 2019 ")
    before = seats(world)
    run = ran(world)
    assert run[0].verbs == ("adopt",)
    leave(world, "ann")
    made = undo(world, run)
    assert made.verbs == {"ann": "update"}
    world.apply(made.plan.actions)
    assert seats(world) == before


def test_moved_renamed_and_linked_anew_goes_back(world: World) -> None:
    world.both("ann", name="Ann Old")
    before = seats(world)
    leave(world, "ann")
    world.members["other"].append("ann")
    run = ran(world)
    assert run[0].verbs == ("update", "move")
    leave(world, "ann", "other")
    world.person("ann", "field", name="Ann Old")
    made = undo(world, run)
    assert made.verbs == {"ann": "update move"}
    world.apply(made.plan.actions)
    assert seats(world) == before


def test_a_person_enabled_again_is_disabled_again(world: World) -> None:
    world.both("ann", marker=mark("ann", off=True), status="Disabled")
    before = seats(world)
    run = ran(world)
    leave(world, "ann")
    made = undo(world, run)
    assert made.verbs == {"ann": "disable"}
    world.apply(made.plan.actions)
    assert seats(world) == before


def test_a_rehire_goes_back_to_whom_it_was_and_the_password_does_not(world: World) -> None:
    world.person("ann", "field")
    world.node("ann", mark("old", off=True), status="Disabled", name="Ann Old")
    before = seats(world)
    run = ran(world)
    assert run[0].rehires
    leave(world, "ann")
    made = undo(world, run)
    assert made.verbs == {"ann": "disable update"}
    assert made.left == ["stays ann"]
    assert "password" in made.message("stays")
    world.apply(made.plan.actions)
    assert seats(world) == before


def test_an_unmanaged_person_is_enabled_without_a_link(world: World) -> None:
    world.settings["unmanaged"] = "disable"
    world.node("uma", mobile=True)
    before = seats(world)
    run = ran(world)
    assert run[0].verbs == ("disable",)
    world.settings["unmanaged"] = "report"
    made = undo(world, run)
    assert made.verbs == {"uma": "enable update"}
    world.apply(made.plan.actions)
    assert seats(world) == before


def test_a_created_group_stays_and_is_named(world: World) -> None:
    world.mapping("fresh", node=False, create_group=True, permissions_from=("field",))
    run = ran(world)
    assert run[0].verbs == ("create_group",)
    made = undo(world, run)
    assert (made.verbs, made.left) == ({}, ["stays fresh"])
    assert made.undo.whole
    assert undo(world, [item.model_copy(update={"outcome": "failed"}) for item in run]).left == []


def test_what_is_as_it_was_needs_no_write_and_the_rest_goes_back(world: World) -> None:
    """White space is no difference, so a field that was changed in nothing else does not go back."""
    run = disabled(world)
    same = Change(field="name", before="Ann ", after="Ann")
    made = undo(world, [run[0].model_copy(update={"changes": (same, *run[0].changes)})])
    assert made.changes("ann").keys() == {"enabled", "description"}


def test_an_sso_id_is_never_blanked(world: World) -> None:
    world.both("ann")
    for index, mapping in enumerate(world.mappings):
        world.mappings[index] = replace(mapping, upn_as_sso_id=True)
    run = [action for action in ran(world) if action.subject.entra_id == id_of("ann")]
    for index, mapping in enumerate(world.mappings):
        world.mappings[index] = replace(mapping, upn_as_sso_id=False)
    made = undo(world, run)
    assert made.changes("ann").keys() == {"description"}
    assert made.left == ["stays ann"]
    world.apply(made.plan.actions)
    assert undo(world, run).verbs == {}


# -- what is left ---------------------------------------------------------------------------------------------------


def disabled(world: World, **said: Any) -> list[ActionOutcome]:
    """Ann has left, by mistake; she is a member again."""
    world.both("ann", **said)
    leave(world, "ann")
    run = ran(world)
    world.members["field"].append("ann")
    return run


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"name": "By Hand"}, "name"),
        ({"login": "hand@x.example"}, "login"),
        ({"description": "by hand"}, "description"),
        ({"parent": 100}, "group"),
    ],
    ids=["name", "login", "description", "group"],
)
def test_whoever_was_changed_since_is_stale(world: World, change: dict[str, Any], what: str) -> None:
    world.both("ann", name="Ann Old")
    leave(world, "ann")
    world.members["other"].append("ann")
    run = ran(world)
    assert (world.place("field"), world.place("other")) == (100, 101)
    next(seat for seat in world.seats.values() if seat.login.startswith("ann")).__dict__.update(change)
    made = undo(world, run)
    assert (made.verbs, made.left) == ({}, ["stale ann"])
    assert made.message("stale") == f"changed since: {what}"
    assert not made.undo.whole


def test_whoever_was_enabled_by_hand_since_is_stale(world: World) -> None:
    run = disabled(world)
    next(seat for seat in world.seats.values() if seat.login.startswith("ann")).status = "Online"
    made = undo(world, run)
    assert made.message("stale") == "changed since: enabled"


def test_what_the_file_would_do_again_is_left_and_the_rest_goes_back(world: World) -> None:
    """The name is Entra's business; the move was not meant."""
    world.both("ann", name="Ann Old")
    leave(world, "ann")
    world.members["other"].append("ann")
    run = ran(world)
    leave(world, "ann", "other")
    world.members["field"].append("ann")
    made = undo(world, run)
    assert made.verbs == {"ann": "move"}
    assert made.changes("ann").keys() == {"description"}
    assert made.left == ["again ann"]
    world.apply(made.plan.actions)
    assert world.plan("full").verbs == {}


def test_a_certain_leaver_is_never_enabled_even_with_hold(world: World) -> None:
    world.both("ann")
    leave(world, "ann")
    world.accounts["ann"] = Account.DISABLED
    run = ran(world)
    assert undo(world, run).left == ["again ann"]
    world.override("ann@x.example", "hold")
    made = undo(world, run)
    assert (made.verbs, made.left) == ({}, ["unsure ann"])
    assert "leaver_kept" in made.message("unsure")


def test_nobody_is_enabled_of_whom_entra_does_not_answer(world: World) -> None:
    world.both("ann")
    leave(world, "ann")
    run = ran(world)
    world.accounts["ann"] = Account.UNKNOWN
    made = undo(world, run)
    assert (made.verbs, made.left) == ({}, ["unsure ann"])


def test_hold_lets_an_undo_through(world: World) -> None:
    world.both("ann")
    leave(world, "ann")
    run = ran(world)
    assert undo(world, run).left == ["again ann"]
    world.override("ann@x.example", "hold")
    assert undo(world, run).verbs == {"ann": "enable"}


def test_nothing_is_undone_for_a_frozen_mapping(world: World) -> None:
    run = disabled(world)
    world.unread["field"] = UnreadGroup(group_id("field"), "field", "the group could not be read")
    made = undo(world, run)
    assert (made.verbs, made.left) == ({}, ["unsure ann"])


def test_a_frozen_mapping_without_an_id_may_be_anybodys(world: World) -> None:
    run = [item.model_copy(update={"mapping": "gone"}) for item in disabled(world)]
    world.mappings = [mapping for mapping in world.mappings if mapping.name != "field"]
    assert undo(world, run).verbs == {"ann": "enable"}
    world.mapping("lost", entra_group=EntraGroupName(None, "lost"))
    world.unread["lost"] = UnreadGroup(None, "lost", "no group bears the name")
    assert undo(world, run).left == ["unsure ann"]


def test_a_frozen_mapping_without_an_id_is_nobodys_whose_own_mapping_is_known(world: World) -> None:
    run = disabled(world)
    world.mapping("lost", entra_group=EntraGroupName(None, "lost"))
    world.unread["lost"] = UnreadGroup(None, "lost", "no group bears the name")
    assert undo(world, run).verbs == {"ann": "enable"}


@pytest.mark.parametrize(
    "how",
    [{"protected": ("ann@*",)}, {"protected": ("ANN.UPN@x.example",)}, {"caller_login": "ann@x.example"}],
    ids=["by login", "by upn", "whom this runs as"],
)
def test_survival_and_protected_keep_their_word(world: World, how: dict[str, Any]) -> None:
    world.person("ann", "field", upn="ann.upn@x.example")
    world.node("ann", mark("ann"))
    leave(world, "ann")
    run = ran(world)
    world.members["field"].append("ann")
    world.__dict__.update(how)
    made = undo(world, run)
    assert (made.verbs, made.left) == ({}, ["kept ann"])


@pytest.mark.parametrize("text", ["foreign", "differ", "none"])
def test_nobody_is_written_whom_our_link_does_not_hold(world: World, text: str) -> None:
    run = disabled(world)
    marker = mark("ann", off=True)
    told = {
        "foreign": str(marker._replace(owner="ffff")),
        "differ": f"{marker} {marker._replace(owner='ffff')}",
        "none": "",
    }[text]
    changed = tuple(c.model_copy(update={"after": told}) if c.field == "description" else c for c in run[0].changes)
    forged = [run[0].model_copy(update={"changes": changed})]
    next(seat for seat in world.seats.values() if seat.login.startswith("ann")).description = told
    made = undo(world, forged)
    assert (made.verbs, made.left) == ({}, ["kept ann"])


def test_unknown_counts_once_a_reading_shows_it(world: World) -> None:
    world.both("ann")
    leave(world, "ann")
    unseen = ran(world, "unknown", applied=False)
    world.members["field"].append("ann")
    made = undo(world, unseen)
    assert (made.verbs, made.left) == ({}, [])
    leave(world, "ann")
    seen = ran(world, "unknown")
    world.members["field"].append("ann")
    assert undo(world, seen).verbs == {"ann": "enable"}


@pytest.mark.parametrize("result", ["failed", "stale"])
def test_what_was_not_done_and_shows_is_named(world: World, result: Result) -> None:
    world.both("ann", name="Ann Old")
    leave(world, "ann")
    world.members["other"].append("ann")
    run = ran(world, result)
    made = undo(world, run)
    assert (made.verbs, made.left) == ({}, ["partly ann"])
    seat = next(seat for seat in world.seats.values() if seat.login.startswith("ann"))
    seat.parent, seat.name, seat.description = world.place("field"), "By Hand", "by hand"
    assert undo(world, run).left == []


def test_what_was_held_or_skipped_is_none_of_it(world: World) -> None:
    world.both("ann")
    leave(world, "ann")
    run = ran(world, applied=False)
    for result in ("held", "skipped"):
        made = undo(world, [item.model_copy(update={"outcome": result}) for item in run])
        assert (made.verbs, made.left) == ({}, [])


def test_a_node_that_went_or_is_there_twice_is_stale(world: World) -> None:
    run = disabled(world)
    seat = next(seat for seat in world.seats.values() if seat.login.startswith("ann"))
    del world.seats[seat.id]
    assert undo(world, run).left == ["stale ann"]
    world.person("new", "field")
    created = [item for item in ran(world) if item.subject.entra_id == id_of("new")]
    world.node("twin", mark("new"))
    assert undo(world, created).left == ["stale new"]
    for node in [node for node in world.seats.values() if "twin" in node.login or "new" in node.login]:
        del world.seats[node.id]
    assert undo(world, created).left == ["stale new"]
    assert undo(world, [item.model_copy(update={"outcome": "unknown"}) for item in created]).left == []


def test_readings_that_differ_are_believed_neither(world: World) -> None:
    run = disabled(world)
    seat = next(seat for seat in world.seats.values() if seat.login.startswith("ann"))
    world.told[seat.id] = seat.details()._replace(name="Somebody Else")
    assert undo(world, run).left == ["stale ann"]
    world.told[seat.id] = None
    assert undo(world, run).left == ["stale ann"]


@pytest.mark.parametrize("there", [0, 2])
def test_nobody_goes_back_to_a_group_that_is_not_the_one(world: World, there: int) -> None:
    world.both("ann")
    leave(world, "ann")
    world.members["other"].append("ann")
    run = [item for item in ran(world) if item.subject.entra_id == id_of("ann")]
    leave(world, "ann", "other")
    if there:
        world.group("field")
    else:
        run = [item.model_copy(update={"group": item.group.model_copy(update={"before": "gone"})}) for item in run]
    made = undo(world, run)
    assert (made.verbs, made.left) == ({}, ["stale ann"])


# -- logins ---------------------------------------------------------------------------------------------------------


def handed_over(world: World) -> list[ActionOutcome]:
    """Bob's login becomes cat, Ann's becomes bob."""
    world.person("ann", "field", mail="bob@x.example", upn="a@x.example")
    world.person("bob", "field", mail="cat@x.example", upn="b@x.example")
    world.node("ann", mark("ann"))
    world.node("bob", mark("bob"))
    run = ran(world)
    assert len(run) == 2
    for key in ("ann", "bob"):
        leave(world, key)
        world.person(key, "field")
    return run


def test_logins_go_back_the_other_way_round(world: World) -> None:
    made = undo(world, handed_over(world))
    assert [action.subject.login for action in made.plan.actions] == ["bob@x.example", "cat@x.example"]
    assert made.action("bob").depends_on == (made.action("ann").id,)
    world.apply(made.plan.actions)
    assert world.plan("full").verbs == {}


def test_a_login_somebody_else_has_by_now_stays(world: World) -> None:
    run = handed_over(world)
    world.node("ann2", login="ann@x.example")
    made = undo(world, run)
    assert made.verbs == {}
    assert made.left == ["stale ann", "stale bob"]


@pytest.mark.parametrize("kind", ["administrator", "technician"])
def test_whoever_has_the_login_of_the_account_holder_is_not_written(world: World, kind: str) -> None:
    """Only getUser shows who the account holder is, and nobody had a reason to ask about that node."""
    run = disabled(world)
    parent = ADMINISTRATORS if kind == "administrator" else None
    world.node("ann", login="ANN@x.example", type=kind, parent=parent, holder=True)
    made = undo(world, run)
    assert made.verbs == {}
    assert made.left == ["kept ann"]
