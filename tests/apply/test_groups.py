"""Groups created by a run: in which calls, what is read first, and what a failure leaves (D2, D14, D15)."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.apply.checks import compare_result
from reconciler.errors import TargetRefused
from reconciler.model.hierarchy import GroupRecord

from .rescue_double import (
    DEAD,
    DESK,
    DOWN,
    FIELD,
    GROUP_MARK,
    LOST,
    NEW,
    Rescue,
    act,
    carry_out,
    create,
    make_group,
    mark,
    message,
    person,
    results,
)

NAME = TargetRefused("INVALIDPARAM_NAME", "setGroup: Rescue refused: INVALIDPARAM_NAME")
STATUS = TargetRefused("INVALIDPARAM_STATUS", "setGroup: Rescue refused: INVALIDPARAM_STATUS")


def into(login: str, number: int, *needs: str, path: str = "Desk/Night") -> Any:
    """Somebody created in a group that the plan creates."""
    action = create(login, to=number, needs=needs)
    return action.model_copy(update={"group": action.group.model_copy(update={"after": path})})


def test_permissions_are_read_first_then_the_group_is_made_named_and_read_back() -> None:
    rescue = Rescue()
    run = carry_out(rescue, make_group("Night", -1))
    assert results(run) == ["done"]
    assert rescue.calls == ["tree", f"getgroup {DESK}", f"creategroup {DESK}", f"setgroup {NEW}", f"getgroup {NEW}"]
    above = rescue.records[DESK]
    assert rescue.records[NEW] == GroupRecord(
        NEW, "Night", GROUP_MARK, above.type, above.permissions, above.locked, True
    )  # fmt: skip
    (outcome,) = run.outcomes.values()
    assert (outcome.group_id, outcome.parent_id, outcome.message) == (NEW, DESK, f"node {NEW}")
    assert compare_result([outcome], rescue.fetch_tree()) == {}


def test_groups_below_new_groups_and_people_in_them() -> None:
    rescue = Rescue(person(7))
    actions = (
        make_group("Night", -1),
        make_group("Night/Late", -2, -1, needs=("Night",)),
        act(7, "move", to=-2, needs=("Night/Late",)).model_copy(
            update={"group": act(7, "move").group.model_copy(update={"before": "Desk", "after": "Desk/Night/Late"})}
        ),
        into("ann@x.example", -1, "Night"),
    )
    late = actions[1].model_copy(
        update={
            "changes": tuple(
                c.model_copy(update={"after": "Late"}) if c.field == "name" else c for c in actions[1].changes
            )
        }
    )
    run = carry_out(rescue, actions[0], late, *actions[2:])
    assert results(run) == ["done"] * 4, [outcome.message for outcome in run.outcomes.values()]
    assert rescue.group_parents == {DESK: 2, FIELD: 2, NEW: DESK, NEW + 1: NEW}
    assert rescue.parents == {7: NEW + 1, NEW + 2: NEW}
    assert rescue.records[NEW + 1].permissions == rescue.records[DESK].permissions
    assert sum(call.startswith("getgroup 20") for call in rescue.calls) == 1
    assert compare_result(run.outcomes.values(), rescue.fetch_tree()) == {}


def test_permissions_come_from_the_group_named() -> None:
    rescue = Rescue()
    rescue.records[FIELD] = rescue.records[FIELD]._replace(permissions=("Only",), locked=())
    carry_out(rescue, make_group("Night", -1, of=FIELD))
    assert (rescue.records[NEW].permissions, rescue.records[NEW].locked) == (("Only",), ())


@pytest.mark.parametrize(
    ("script", "result", "made"),
    [
        ({"getgroup": [DOWN]}, "failed", False),
        ({"creategroup": [TargetRefused("INVALIDPARAM_PARENT", "no")]}, "failed", False),
        ({"setgroup": [NAME]}, "failed", True),
        ({"setgroup": [STATUS]}, "failed", True),
        ({"setgroup": [LOST]}, "unknown", True),
        ({"setgroup": [("", LOST)]}, "unknown", True),
    ],
)
def test_whoever_needs_a_group_that_was_not_made_is_skipped(
    script: dict[str, list[Any]], result: str, made: bool
) -> None:
    rescue = Rescue()
    rescue.on = script
    run = carry_out(rescue, make_group("Night", -1), into("ann@x.example", -1, "Night"), create("bob@x.example"))
    assert results(run) == [result, "skipped", "done"]
    assert "depends on the action for Desk/Night" in message(run, 1)
    assert (len(rescue.groups) == 3) == made


@pytest.mark.parametrize(("refusal", "second"), [(NAME, "done"), (STATUS, "skipped"), (LOST, "skipped")])
def test_after_a_half_made_group_no_more_are_made_unless_it_was_its_name(refusal: Exception, second: str) -> None:
    rescue = Rescue()
    rescue.on = {"setgroup": [refusal]}
    run = carry_out(rescue, make_group("Night", -1), make_group("Day", -2))
    assert results(run)[1] == second
    assert sum(call.startswith("creategroup") for call in rescue.calls) == (2 if second == "done" else 1)


def test_a_lost_answer_is_looked_up_in_the_tree() -> None:
    rescue = Rescue()
    rescue.on = {"creategroup": [("", LOST)]}
    assert results(carry_out(rescue, make_group("Night", -1), into("ann@x.example", -1, "Night"))) == ["done", "done"]
    assert rescue.groups == {DESK: "Desk", FIELD: "Field", NEW: "Night"}
    assert rescue.calls.count(f"creategroup {DESK}") == 1


def test_a_lost_answer_without_a_new_group_is_a_refusal() -> None:
    rescue = Rescue()
    rescue.on = {"creategroup": [LOST]}
    run = carry_out(rescue, make_group("Night", -1), make_group("Day", -2))
    assert results(run) == ["failed", "done"]
    assert "the tree shows no new group" in message(run)


def test_a_lost_answer_and_a_new_group_with_a_name_of_its_own_leave_it_unknown() -> None:
    """Rescue may call a new group anything, and so may a person who made one just now."""
    rescue = Rescue()
    rescue.on = {"creategroup": [LOST], "tree": [None, None, lambda: rescue.add_group(77, DESK, "Gruppe 1")]}
    run = carry_out(rescue, make_group("Night", -1), make_group("Day", -2))
    assert results(run) == ["unknown", "skipped"]
    assert "group 77 is new" in message(run)
    assert rescue.groups[77] == "Gruppe 1"


def test_two_groups_nobody_can_tell_apart_end_the_creations() -> None:
    rescue = Rescue()
    rescue.on = {"creategroup": [("", LOST)], "tree": [None, None, lambda: rescue.add_group(77, DESK)]}
    run = carry_out(rescue, make_group("Night", -1), make_group("Day", -2))
    assert results(run) == ["unknown", "skipped"]
    assert "nobody can tell apart" in message(run, 1)


def test_a_lost_answer_and_an_unreadable_tree_end_the_run() -> None:
    rescue = Rescue()
    rescue.on = {"creategroup": [("", LOST)], "tree": [None, None, DOWN]}
    run = carry_out(rescue, make_group("Night", -1), create("bob@x.example"))
    assert results(run) == ["unknown", "skipped"]
    assert run.stopped


def test_an_id_that_is_not_new_is_never_written_to() -> None:
    rescue = Rescue()
    rescue.next = FIELD
    run = carry_out(rescue, make_group("Night", -1))
    assert results(run) == ["unknown"]
    assert not [call for call in rescue.calls if call.startswith("setgroup")]


MANGLED = {
    "the name": (lambda record: record._replace(name="Nigh"), "server stored the name 'Nigh'"),
    "the marker": (lambda record: record._replace(description=""), "server stored the description ''"),
    "permissions": (lambda record: record._replace(permissions=("X",)), "server stored the permissions 'X'"),
    "locks": (lambda record: record._replace(locked=()), "server stored the locked permissions 'none'"),
    "the status": (lambda record: record._replace(enabled=False), "server stored the status Disabled"),
}


@pytest.mark.parametrize("case", MANGLED)
def test_a_group_that_is_stored_otherwise_gets_nobody(case: str) -> None:
    mangle, words = MANGLED[case]
    rescue = Rescue()
    rescue.mangle_group = mangle
    run = carry_out(rescue, make_group("Night", -1), make_group("Day", -2), into("ann@x.example", -1, "Night"))
    assert results(run) == ["failed", "failed" if case == "the name" else "skipped", "skipped"]
    assert words in message(run)
    made = sum(call.startswith("creategroup") for call in rescue.calls)
    assert made == (2 if case == "the name" else 1), "a server that loses what it is told is not told more"


def test_order_and_case_of_permissions_do_not_count() -> None:
    rescue = Rescue()
    rescue.mangle_group = lambda record: record._replace(
        permissions=tuple(name.upper() for name in record.permissions[::-1])
    )
    assert results(carry_out(rescue, make_group("Night", -1))) == ["done"]


def test_a_group_that_cannot_be_read_back_ends_the_run() -> None:
    rescue = Rescue()
    rescue.on = {"getgroup": [None, DOWN]}
    run = carry_out(rescue, make_group("Night", -1), create("bob@x.example"))
    assert results(run) == ["unknown", "skipped"]


@pytest.mark.parametrize("call", ["getgroup", "creategroup", "setgroup"])
def test_trouble_with_ourselves_ends_the_run(call: str) -> None:
    rescue = Rescue()
    rescue.on = {call: [DEAD]}
    run = carry_out(rescue, make_group("Night", -1), create("bob@x.example"))
    assert results(run) == ["failed", "skipped"]
    assert run.fatal is not None


# -- half-made ones, and a tree that changed ------------------------------------------------------------------------


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


@pytest.mark.parametrize("case", CHANGES)
def test_what_changed_since_the_plan_is_stale(case: str) -> None:
    planned, rescue = Rescue(person(7)), Rescue(person(7))
    for world in (planned, rescue):
        world.add_group(50, DESK)
    CHANGES[case](rescue)
    run = carry_out(rescue, make_group("Night", -1, blank=50), planned=planned)
    assert results(run) == ["stale"]
    assert rescue.writes == []


def test_a_group_that_went_takes_the_whole_stage_with_it() -> None:
    planned, rescue = Rescue(), Rescue(groups={DESK: "Desk"})
    run = carry_out(rescue, make_group("Night", -1), make_group("Day", -2), planned=planned)
    assert results(run) == ["skipped", "skipped"]
    assert "lacks the group Field" in message(run)


def test_a_source_of_permissions_that_went_is_stale() -> None:
    rescue = Rescue()
    rescue.fetch_group = lambda _: None  # type: ignore[method-assign]
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
    assert f"group {NEW}: it cannot be read" in message(run)


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
    assert "the plan does not say where the group is to be" in message(run)
    assert rescue.writes == []
