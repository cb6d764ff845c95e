"""Groups a run creates, and a Rescue that changed since the plan or changes while it is applied (D2, D14, D15)."""

from __future__ import annotations

import pytest

from reconciler.apply.checks import compare_result
from reconciler.errors import TargetRefused

from .rescue_double import (
    DESK,
    FIELD,
    NEW,
    Rescue,
    act,
    carry_out,
    into,
    make_group,
    mark,
    message,
    person,
    results,
)


def test_a_half_made_group_is_filled() -> None:
    rescue = Rescue()
    rescue.add_group(50, DESK)
    run = carry_out(rescue, make_group("Night", -1, blank=50), into("ann@x.example", -1, "Night"))
    assert results(run) == ["done", "done"]
    assert rescue.groups[50] == "Night"
    assert not [call for call in rescue.calls if call.startswith("creategroup")]
    assert rescue.calls.count("getgroup 50") == 2, "read just before and just after"


def _name(rescue: Rescue) -> None:
    rescue.groups[50] = "Mine"
    rescue.records[50] = rescue.records[50]._replace(name="Mine")


CHANGES = {
    "the half-made group was named": _name,
    "named, and the tree does not show it": lambda rescue: rescue.records.update(
        {50: rescue.records[50]._replace(name="M")}
    ),
    "somebody is in it": lambda rescue: rescue.parents.update({7: 50}),
    "it was moved": lambda rescue: rescue.group_parents.update({50: FIELD}),
    "the group above was renamed": lambda rescue: rescue.groups.update({DESK: "Bench"}),
    "the group above was moved": lambda rescue: rescue.group_parents.update({DESK: FIELD}),
    "a group of that name was made": lambda rescue: rescue.add_group(60, DESK, "NIGHT"),
}
NOT_HALF_MADE = "group 50 is not half-made any more"
ABOVE = "the group above Desk/Night is not what and where it was when the plan was made"
WORDS = {
    "the half-made group was named": NOT_HALF_MADE,
    "named, and the tree does not show it": NOT_HALF_MADE,
    "somebody is in it": NOT_HALF_MADE,
    "it was moved": NOT_HALF_MADE,
    "the group above was renamed": ABOVE,
    "the group above was moved": ABOVE,
    "a group of that name was made": "there is a group of that name now (node 60)",
}


@pytest.mark.parametrize("case", CHANGES)
def test_what_changed_since_the_plan_is_stale(case: str) -> None:
    planned, rescue = Rescue(person(7)), Rescue(person(7))
    for world in (planned, rescue):
        world.add_group(50, DESK)
    CHANGES[case](rescue)
    run = carry_out(rescue, make_group("Night", -1, blank=50), planned=planned)
    assert (results(run), message(run)) == (["stale"], WORDS[case])
    assert rescue.writes == []


def test_a_group_that_went_takes_the_whole_stage_with_it() -> None:
    planned, rescue = Rescue(), Rescue(groups={DESK: "Desk"})
    run = carry_out(rescue, make_group("Night", -1), make_group("Day", -2), planned=planned)
    assert results(run) == ["skipped", "skipped"]
    assert message(run) == "the tree read again lacks the group Field"


def test_a_source_of_permissions_that_went_is_stale() -> None:
    rescue = Rescue()
    rescue.fetch_group = lambda _: None  # type: ignore[method-assign]
    run = carry_out(rescue, make_group("Night", -1, of=FIELD))
    assert (results(run), rescue.writes) == (["stale"], [])
    assert message(run) == f"node {FIELD}, whose permissions it gets, is no technician group any more"


def test_a_source_of_permissions_that_is_an_administrator_group_now_is_stale() -> None:
    rescue = Rescue()
    rescue.records[FIELD] = rescue.records[FIELD]._replace(type="administratorgroup")
    run = carry_out(rescue, make_group("Night", -1, of=FIELD))
    assert (results(run), rescue.writes) == (["stale"], [])


def test_new_groups_that_show_late_are_waited_for() -> None:
    rescue = Rescue()
    whole = rescue.fetch_tree
    late = [True, True]

    def fetch_tree():
        tree = whole()
        if NEW in rescue.groups and late:
            late.pop()
            return type(tree)(node for node in tree.nodes.values() if node.id != NEW)
        return tree

    rescue.fetch_tree = fetch_tree  # type: ignore[method-assign]
    assert results(carry_out(rescue, make_group("Night", -1), into("ann@x.example", -1, "Night"))) == ["done", "done"]
    assert rescue.clock.now == pytest.approx(1.0)


def test_a_new_group_that_is_moved_at_once_gets_nobody() -> None:
    rescue = Rescue()
    rescue.on = {"tree": [None, None, lambda: rescue.group_parents.update({NEW: FIELD})]}
    run = carry_out(rescue, make_group("Night", -1), into("ann@x.example", -1, "Night"))
    assert results(run) == ["done", "stale"]


def test_the_first_write_of_a_person_is_still_read_back() -> None:
    rescue = Rescue(person(7))
    rescue.mangle = lambda record: record._replace(nick="")
    run = carry_out(rescue, make_group("Night", -1), act(7, "update", name="New", description=mark(1)))
    assert results(run) == ["done", "failed"]
    assert "the nick" in message(run, 1)


def test_the_last_reading_shows_groups_that_are_not_as_they_were_made() -> None:
    rescue = Rescue()
    (outcome,) = carry_out(rescue, make_group("Night", -1)).outcomes.values()
    rescue.groups[NEW] = "Other"
    rescue.group_parents[NEW] = FIELD
    assert compare_result([outcome], rescue.fetch_tree()) == {
        "Night": "server stored the name 'Other'; the group is not below the one it was created in"
    }
    del rescue.groups[NEW]
    assert compare_result([outcome], rescue.fetch_tree()) == {"Night": "the final reading does not show this group"}


def test_a_group_that_is_gone_when_it_is_read_back() -> None:
    rescue = Rescue()
    rescue.on["setgroup"] = [lambda: rescue.on.update(getgroup=[lambda: rescue.records.pop(NEW)])]
    run = carry_out(rescue, make_group("Night", -1), make_group("Day", -2))
    assert results(run) == ["failed", "skipped"]
    assert message(run) == f"group {NEW}: it cannot be read"


def test_a_group_whose_reading_back_is_refused_is_not_called_done() -> None:
    rescue = Rescue()
    rescue.on["getgroup"] = [None, TargetRefused("INVALIDPARAM_GROUP", "getGroup: Rescue refused")]
    run = carry_out(rescue, make_group("Night", -1))
    assert (results(run), message(run)) == (["failed"], "getGroup: Rescue refused")


@pytest.mark.parametrize("lacking", ["group_id", "parent_id", "permissions_of"])
def test_a_group_of_which_the_plan_says_too_little_is_not_made(lacking: str) -> None:
    """A plan read from a file has no node ids; nothing is guessed."""
    rescue = Rescue()
    run = carry_out(rescue, make_group("Night", -1).model_copy(update={lacking: None}))
    assert results(run) == ["failed"]
    assert message(run) == "the plan does not say where the group is to be, or with which permissions"
    assert rescue.writes == []
