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
    into,
    make_group,
    message,
    person,
    results,
)

NAME = TargetRefused("INVALIDPARAM_NAME", "setGroup: Rescue refused: INVALIDPARAM_NAME")
STATUS = TargetRefused("INVALIDPARAM_STATUS", "setGroup: Rescue refused: INVALIDPARAM_STATUS")


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


HALF = (
    f"group {NEW} is left half-made: the next run fills it if Rescue gave it no name or one like 'New group', "
    "else delete it in the Admin Center"
)
LEFT = f"group {NEW} was left half-made, so no more groups are created in this run"


@pytest.mark.parametrize(
    ("refusal", "outcome", "words", "others"),
    [
        (NAME, "failed", f"{NAME}; {HALF}", ""),
        (STATUS, "failed", f"{STATUS}; {HALF}", LEFT),
        (LOST, "unknown", f"{LOST}; group {NEW} may be half-made",
         f"group {NEW} may be half-made, so no more groups are created in this run"),
        (DEAD, "failed", f"{DEAD}; {HALF}", f"not tried: the run ended: {DEAD} (make a new one)"),
    ],
    ids=["its name", "anything else", "lost", "the token"],
)  # fmt: skip
def test_what_is_told_of_a_half_made_group(refusal: Exception, outcome: str, words: str, others: str) -> None:
    rescue = Rescue()
    rescue.on = {"setgroup": [refusal]}
    run = carry_out(rescue, make_group("Night", -1), make_group("Day", -2))
    assert (results(run)[0], message(run)) == (outcome, words)
    assert message(run, 1) == (others or f"node {NEW + 1}")


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
    assert message(run) == f"{LOST}; the tree shows no new group"


def _described(rescue: Rescue) -> None:
    rescue.add_group(77, DESK)
    rescue.records[77] = rescue.records[77]._replace(description="by hand")


def _peopled(rescue: Rescue) -> None:
    rescue.add_group(77, DESK)
    rescue.people[7], rescue.parents[7] = person(7), 77


NOT_THE_LOST_ONE = {
    "was there before": lambda _: None,
    "has a text": _described,
    "has somebody in it": _peopled,
    "is below another group": lambda rescue: rescue.add_group(77, FIELD),
}


@pytest.mark.parametrize("case", NOT_THE_LOST_ONE)
def test_a_lost_answer_is_not_taken_for_a_group_that(case: str) -> None:
    rescue = Rescue()
    rescue.add_group(50, DESK)
    rescue.on = {"creategroup": [LOST], "tree": [None, None, lambda: NOT_THE_LOST_ONE[case](rescue)]}
    run = carry_out(rescue, make_group("Night", -1))
    assert (results(run), message(run)) == (["failed"], f"{LOST}; the tree shows no new group")
    assert rescue.writes == [f"creategroup {DESK}"]


def test_a_lost_answer_and_a_new_group_with_a_name_of_its_own_leave_it_unknown() -> None:
    """Rescue may call a new group anything, and so may a person who made one just now."""
    rescue = Rescue()
    rescue.on = {"creategroup": [LOST], "tree": [None, None, lambda: rescue.add_group(77, DESK, "Gruppe 1")]}
    run = carry_out(rescue, make_group("Night", -1), make_group("Day", -2))
    assert results(run) == ["unknown", "skipped"]
    assert message(run) == f"{LOST}; group 77 is new, and may be this one or somebody's own"
    assert message(run, 1) == "group 77 may be the one that was asked for, so no more are created"
    assert rescue.groups[77] == "Gruppe 1"


def test_two_groups_nobody_can_tell_apart_end_the_creations() -> None:
    rescue = Rescue()
    rescue.on = {"creategroup": [("", LOST)], "tree": [None, None, lambda: rescue.add_group(77, DESK)]}
    run = carry_out(rescue, make_group("Night", -1), make_group("Day", -2))
    assert results(run) == ["unknown", "skipped"]
    assert message(run) == str(LOST)
    assert message(run, 1) == "there are groups without a name that nobody can tell apart, so no more are created"


def test_a_lost_answer_and_an_unreadable_tree_end_the_run() -> None:
    rescue = Rescue()
    rescue.on = {"creategroup": [("", LOST)], "tree": [None, None, DOWN]}
    run = carry_out(rescue, make_group("Night", -1), create("bob@x.example"))
    assert results(run) == ["unknown", "skipped"]
    assert message(run) == f"{LOST}; and the tree could not be read: {DOWN}"
    assert (run.fatal, run.stopped) == (DOWN, f"the run ended: {DOWN}")


def test_an_id_that_is_not_new_is_never_written_to() -> None:
    rescue = Rescue()
    rescue.next = FIELD
    run = carry_out(rescue, make_group("Night", -1))
    assert results(run) == ["unknown"]
    assert message(run) == f"createGroup answered with node {FIELD}, which is not new"
    assert not [call for call in rescue.calls if call.startswith("setgroup")]


def test_after_an_id_that_is_not_new_no_more_groups_are_made() -> None:
    """Also where it is that of a group this run made, which the tree need not show yet."""
    rescue = Rescue()
    rescue.on["setgroup"] = [lambda: setattr(rescue, "next", NEW)]
    run = carry_out(rescue, *(make_group(name, number) for name, number in (("Day", -1), ("Night", -2), ("Late", -3))))
    assert results(run) == ["done", "unknown", "skipped"]
    assert message(run, 1) == f"createGroup answered with node {NEW}, which is not new"
    assert message(run, 2) == f"Rescue called group {NEW} new, which was there before, so no more are created"
    assert rescue.groups[NEW] == ""


MANGLED = {
    "the name": (lambda record: record._replace(name="Nigh"), "server stored the name 'Nigh'"),
    "the marker": (lambda record: record._replace(description=""), "server stored the description ''"),
    "permissions": (lambda record: record._replace(permissions=("X", "Y")), "server stored the permissions 'X, Y'"),
    "locks": (lambda record: record._replace(locked=()), "server stored the locked permissions 'none'"),
    "the status": (lambda record: record._replace(enabled=False), "server stored the status Disabled"),
    "name and status": (
        lambda record: record._replace(name="Nigh", enabled=False),
        "server stored the name 'Nigh'; server stored the status Disabled",
    ),
}


@pytest.mark.parametrize("case", MANGLED)
def test_a_group_that_is_stored_otherwise_gets_nobody(case: str) -> None:
    mangle, words = MANGLED[case]
    rescue = Rescue()
    rescue.mangle_group = mangle
    run = carry_out(rescue, make_group("Night", -1), make_group("Day", -2), into("ann@x.example", -1, "Night"))
    assert results(run) == ["failed", "failed" if case == "the name" else "skipped", "skipped"]
    assert message(run) == f"group {NEW}: {words}"
    if case != "the name":
        left = f"group {NEW} is not as it was written, so no more groups are created in this run"
        assert message(run, 1) == left
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
    assert message(run) == f"written, but it could not be read back: {DOWN}"
    assert run.fatal is DOWN


@pytest.mark.parametrize("call", ["getgroup", "creategroup", "setgroup"])
def test_trouble_with_ourselves_ends_the_run(call: str) -> None:
    rescue = Rescue()
    rescue.on = {call: [DEAD]}
    run = carry_out(rescue, make_group("Night", -1), create("bob@x.example"))
    assert results(run) == ["failed", "skipped"]
    assert run.fatal is not None
