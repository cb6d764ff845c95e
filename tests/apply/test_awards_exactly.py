"""Awards at their edges: what a reader is told word for word, what is counted, when nothing is waited for (D22)."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.apply.applier import SETTLE_FOR
from reconciler.model.hierarchy import Details
from reconciler.model.plan import Action, Change

from .rescue_double import (
    DEAD,
    DOWN,
    ERROR,
    FIELD,
    NEW,
    NO_ANSWER,
    REFUSED,
    Rescue,
    act,
    award,
    carry_out,
    create,
    message,
    person,
    results,
    seats,
    shown,
    somebody,
    text,
)

SAID = "setUser: Rescue refused: INVALIDPARAM_NAME"
DEAD_SAID = "Rescue does not accept the token (INVALID_SECRETAUTHCODE)"
REST = "; everything else was written"
RENAMED = {"name": "New"}


# name: errors at the calls of set, things that happen at the calls of get (the first write of the run has the first two
# of each), outcome, message
TOLD: dict[str, tuple[list[Any], list[Any], str, str]] = {
    "given": ([], [], "done", ""),
    "refused": ([REFUSED], [], "failed", f"no_mobile_seat: {SAID}{REST}"),
    "ERROR": ([ERROR], [], "failed", f"no_mobile_seat: {ERROR}{REST}"),
    "no answer": ([NO_ANSWER], [], "unknown", f"{NO_ANSWER}{REST}"),
    "no answer, nor to the question": (
        [NO_ANSWER], [DOWN], "unknown", f"{NO_ANSWER}, and it could not be read back: {DOWN}{REST}",
    ),
    "refused, and the marker as well": (
        [REFUSED, REFUSED], [], "failed",
        f"no_mobile_seat: {SAID}{REST}; the marker may not say so, the next run tries again: {SAID}",
    ),
    "refused, and the token dies": (
        [REFUSED, DEAD], [], "failed",
        f"no_mobile_seat: {SAID}{REST}; the marker does not say so: {DEAD_SAID} (make a new one)",
    ),
    "cannot be read back": ([], [DOWN], "unknown", f"written, but it could not be read back: {DOWN}"),
}  # fmt: skip


@pytest.mark.parametrize("case", TOLD)
def test_what_is_told_of_an_award_after_other_changes(case: str) -> None:
    writes, reads, outcome, words = TOLD[case]
    rescue = Rescue(somebody())
    rescue.on = {"set": [None, *writes], "get": [None, None, *reads]}
    run = carry_out(rescue, award(5, changes=RENAMED))
    assert (results(run), message(run)) == ([outcome], words)
    assert rescue.people[5].name == "New"


def test_a_reading_before_the_award_that_fails_does_not_hide_what_was_written() -> None:
    rescue = Rescue(person(4), somebody())
    rescue.on["get"] = [None, None, None, DOWN]
    run = carry_out(rescue, act(4, "update", name="X"), award(5, changes=RENAMED))
    assert (results(run), rescue.people[5].name) == (["done", "failed"], "New")
    assert message(run, 1) == f"not written, for the reading before it failed: {DOWN}{REST}"


def test_a_write_of_which_nothing_shows_says_so() -> None:
    rescue = Rescue(person(4), somebody())
    rescue.on["set"] = [None, None, lambda: setattr(rescue, "delay", 1000)]
    run = carry_out(rescue, act(4, "update", name="X"), award(5, changes=RENAMED))
    assert results(run) == ["done", "unknown"]
    assert message(run, 1) == f"the mobile licence was awarded, and nothing of it shows{REST}"


def test_error_whose_flag_shows_and_goes_again_is_a_refusal() -> None:
    rescue = Rescue(somebody())
    rescue.on["set"] = [None, (None, ERROR)]
    rescue.on["get"] = [None, None, None, lambda: rescue.people.update({5: rescue.people[5]._replace(mobile=False)})]
    run = carry_out(rescue, award(5, changes=RENAMED))
    assert (results(run), shown(rescue)) == (["failed"], (False, "~m"))
    assert message(run) == f"no_mobile_seat: Rescue said OK and did not keep it{REST}"


def test_a_write_that_loses_more_names_all_of_it_and_ends_the_run() -> None:
    rescue = Rescue(somebody(sso_id="x"), somebody(6))
    rescue.mangle = lambda record: record._replace(sso_id="", nick="")
    run = carry_out(rescue, award(5), award(6))
    lost = "writing p5@x.example did what it was not meant to do: the SSO ID 'x' became ''; the nick 'Nick 5' became ''"
    assert message(run) == lost
    assert run.stopped == (
        f"the run ended: {lost} (no further write was made; compare this person in the Admin Center with the plan)"
    )


# -- what is read, and when it is waited for --------------------------------------------------------------------------


def test_somebody_else_than_planned_is_not_waited_for() -> None:
    rescue = Rescue(somebody())
    run = carry_out(rescue, award(5), planned=Rescue(somebody(name="Was")))
    assert (rescue.calls, rescue.clock.now) == (["get 5"], 0)
    assert message(run) == "changed since the plan was made: name"


def test_what_this_run_wrote_may_take_a_while_to_be_seen_before_the_award() -> None:
    rescue = Rescue(person(4), somebody())
    rescue.on["set"] = [None, lambda: setattr(rescue, "delay", 3), lambda: setattr(rescue, "delay", 0)]
    run = carry_out(rescue, act(4, "update", name="X"), award(5, changes=RENAMED))
    assert results(run) == ["done", "done"]
    assert 0 < rescue.clock.now < SETTLE_FOR


def test_somebody_moved_is_read_again_before_the_award() -> None:
    rescue = Rescue(somebody())
    run = carry_out(rescue, award(5, "update", "move", to=FIELD))
    assert [call for call in rescue.calls if call != "tree"] == ["get 5", "move 5 30", "get 5", "set 5", "get 5"]
    assert message(run) == ""


# -- what is counted --------------------------------------------------------------------------------------------------

CREATED = (Change(field="mobile_license", after=True), Change(field="description", after=text("+m")))
"""Somebody new, who has no marker that could tell of a refusal."""


def new(login: str = "n@x.example") -> Action:
    made = create(login)
    return made.model_copy(update={"changes": (*made.changes[:-1], *CREATED)})


@pytest.mark.parametrize(
    ("before", "refusals", "outcomes"),
    [
        (1, [], ["done", "done", "skipped"]),
        (2, [REFUSED, None], ["failed", "done", "skipped"]),
        (2, [ERROR, None], ["failed", "done", "skipped"]),
        (2, [NO_ANSWER, None], ["unknown", "skipped", "skipped"]),
    ],
    ids=["two left", "one refused", "one with ERROR", "one nobody knows of"],
)
def test_licences_are_counted_one_by_one(before: int, refusals: list[Any], outcomes: list[str]) -> None:
    rescue = Rescue(*(somebody(node) for node in (5, 6, 7)))
    rescue.on["set"] = refusals
    run = carry_out(rescue, *(award(node) for node in (5, 6, 7)), seats=seats(3, before))
    assert results(run) == outcomes
    assert message(run, 2) == "no_mobile_seat: 3 of 3 mobile licences are still taken"


def test_a_released_licence_goes_to_the_next() -> None:
    rescue = Rescue(person(4, mobile=True), somebody(5), somebody(6))
    run = carry_out(rescue, act(4, "update", mobile_license=False), award(5), award(6), seats=seats(1, 1))
    assert results(run) == ["done", "done", "skipped"]


def test_one_release_among_other_writes_is_enough_for_whoever_was_refused() -> None:
    rescue = Rescue(person(3, mobile=True), person(4), somebody(said="~m"), person(6))
    others = [act(node, "update", name="X") for node in (4, 6)]
    run = carry_out(rescue, act(3, "update", mobile_license=False), *others, award(5, before="~m"))
    assert results(run) == ["done"] * 4


def test_whoever_was_refused_before_is_told_why_they_are_not_asked_for() -> None:
    run = carry_out(Rescue(somebody(said="~m")), award(5, before="~m"))
    assert (results(run), run.wrote) == (["skipped"], False)
    assert message(run) == "no_mobile_seat: refused before, and no licence was released"


def test_somebody_new_was_never_refused() -> None:
    run = carry_out(Rescue(), new())
    assert (results(run), message(run)) == (["done"], f"node {NEW}")


def test_the_order_of_the_changes_does_not_matter() -> None:
    """A marker that differs in the licence alone is left for the award, and whatever stands behind it is written."""
    rescue = Rescue(somebody())
    action = award(5, changes=RENAMED)
    run = carry_out(rescue, action.model_copy(update={"changes": action.changes[::-1]}))
    assert results(run) == ["done"]
    assert (rescue.people[5].name, *shown(rescue)) == ("New", True, "+m")


# -- whether anything was written -------------------------------------------------------------------------------------


@pytest.mark.parametrize("trouble", [None, REFUSED, NO_ANSWER, DEAD], ids=["done", "refused", "no answer", "dead"])
def test_an_award_is_a_write_whatever_became_of_it(trouble: Exception | None) -> None:
    rescue = Rescue(somebody())
    rescue.on["set"] = [trouble]
    assert carry_out(rescue, award(5)).wrote


def test_an_award_that_is_not_tried_does_not_undo_that_something_was_written() -> None:
    rescue = Rescue(person(4), somebody())
    assert carry_out(rescue, act(4, "update", name="X"), award(5), seats=seats(1, 1)).wrote
    assert not carry_out(Rescue(somebody()), award(5), seats=seats(1, 1)).wrote


def test_a_refusal_writes_the_record_as_it_is_but_for_the_marker() -> None:
    written: list[Details] = []
    rescue = Rescue(somebody(sso_id="x", rpat=True))
    rescue.mangle = lambda record: written.append(record) or record  # type: ignore[func-returns-value]
    rescue.on["set"] = [REFUSED]
    carry_out(rescue, award(5))
    assert written == [somebody(said="~m", sso_id="x", rpat=True)]
