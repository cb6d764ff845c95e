"""What ends a run: our own credentials, signals, bugs; and that no outcome is lost."""

from __future__ import annotations

import pytest

from reconciler.apply.applier import UNREAD_IN_A_ROW, wait_until
from reconciler.errors import ReconcilerError, TargetError
from reconciler.model.plan import ActionOutcome

from .rescue_double import DEAD, FIELD, NEW, Clock, Rescue, act, carry_out, create, message, person, results


@pytest.mark.parametrize("call", ["get", "set", "move"])
@pytest.mark.parametrize("trouble", [DEAD, TargetError("Rescue speaks words that are in no document")])
def test_trouble_with_ourselves_ends_the_run_with_one_message(call: str, trouble: ReconcilerError) -> None:
    rescue = Rescue(*(person(node) for node in (5, 6, 7)))
    repeat = 1 if trouble is DEAD or call != "get" else UNREAD_IN_A_ROW
    rescue.on[call] = [trouble] * repeat
    run = carry_out(rescue, *(act(node, "update", "move", to=FIELD, name="X") for node in (5, 6, 7)))
    assert results(run)[-1] == ("skipped" if repeat == 1 else "failed")
    assert results(run)[0] == "failed"
    assert run.fatal is trouble
    assert str(trouble) in (run.stopped or "")


def test_trouble_with_ourselves_at_the_write_of_somebody_who_stays_where_they_are() -> None:
    rescue = Rescue(person(5), person(6))
    rescue.on["set"] = [DEAD]
    run = carry_out(rescue, act(5, "update", name="X"), act(6, "update", name="X"))
    assert results(run) == ["failed", "skipped"]
    assert run.fatal is DEAD
    assert "moved" not in message(run)


def test_a_signal_stops_between_two_actions() -> None:
    rescue = Rescue(*(person(node) for node in (5, 6, 7)))
    came: list[bool] = []
    rescue.on["set"] = [lambda: came.append(True)]
    run = carry_out(rescue, *(act(node, "update", name="X") for node in (5, 6, 7)), stopping=lambda: bool(came))
    assert results(run) == ["done", "skipped", "skipped"]
    assert message(run, 2) == "not tried: stopped by a signal"
    assert run.stopped == "stopped by a signal"
    assert run.fatal is None


def test_a_signal_in_the_middle_of_a_creation_lets_both_calls_happen() -> None:
    rescue = Rescue()
    came: list[bool] = []
    rescue.on["create"] = [lambda: came.append(True)]
    run = carry_out(rescue, create("a@x.example"), create("b@x.example"), stopping=lambda: bool(came))
    assert results(run) == ["done", "skipped"]
    assert rescue.people[NEW].login == "a@x.example"


def test_a_signal_before_the_first_action() -> None:
    rescue = Rescue(person(5))
    run = carry_out(rescue, act(5, "update", name="X"), stopping=lambda: True)
    assert results(run) == ["skipped"]
    assert not run.wrote
    assert rescue.calls == []


@pytest.mark.parametrize(
    ("bug", "words"), [(ZeroDivisionError("oops"), "oops"), (ZeroDivisionError(), "ZeroDivisionError")]
)
def test_a_bug_ends_the_run_and_loses_no_outcome(bug: Exception, words: str) -> None:
    rescue = Rescue(*(person(node) for node in (5, 6, 7)))
    rescue.on["set"] = [None, bug]
    run = carry_out(rescue, *(act(node, "update", name="X") for node in (5, 6, 7)))
    assert results(run) == ["done", "unknown", "skipped"]
    assert message(run, 1) == "a bug ended the run here"
    assert message(run, 2) == f"not tried: the run ended: {words}"
    assert run.fatal is bug


def test_a_run_that_ended_does_not_ask_for_a_signal_any_more() -> None:
    """What ended it stays what is told."""
    rescue = Rescue(person(5), person(6))
    rescue.on["set"] = [DEAD]
    run = carry_out(
        rescue, act(5, "update", name="X"), act(6, "update", name="X"), stopping=lambda: "set 5" in rescue.calls
    )
    assert run.stopped == f"the run ended: {DEAD} (make a new one)"


def test_progress_hears_of_every_action_and_its_trouble_loses_no_outcome() -> None:
    heard: list[str] = []

    def tell(outcome: ActionOutcome) -> None:
        heard.append(outcome.outcome)
        if len(heard) == 2:
            raise BrokenPipeError

    rescue = Rescue(*(person(node) for node in (5, 6, 7)))
    run = carry_out(rescue, *(act(node, "update", name="X") for node in (5, 6, 7)), progress=tell)
    assert results(run) == ["done", "done", "skipped"]
    assert heard == ["done", "done", "skipped"]


def test_waiting_asks_every_half_second_for_ten_seconds_and_at_least_once() -> None:
    clock = Clock()
    asked: list[float] = []
    assert not wait_until(lambda: asked.append(clock.now) or False, clock=clock, sleep=clock.sleep)  # type: ignore[func-returns-value]
    assert asked == [half / 2 for half in range(21)]
    assert wait_until(lambda: True, clock=clock, sleep=clock.sleep)
    assert clock.now == 10
