"""People who exist: what is sent, who is stale, who depends on whom."""

from __future__ import annotations

from typing import Any

import pytest

from .rescue_double import FIELD, LOST, REFUSED, Rescue, act, carry_out, create, mark, message, person, results


def test_an_update_sends_the_whole_record_as_just_read() -> None:
    rescue = Rescue(person(5, sso_id="sso", mobile=True, rpat=True, status="Busy", description=f"by hand {mark(5)}"))
    run = carry_out(rescue, act(5, "update", name="New Name"))
    assert results(run) == ["done"]
    assert rescue.people[5] == person(
        5, name="New Name", sso_id="sso", mobile=True, rpat=True, description=f"by hand {mark(5)}"
    )
    assert rescue.calls == ["get 5", "set 5", "get 5"]
    assert rescue.passwords[5] is None


def test_only_the_first_write_of_a_run_is_read_back() -> None:
    rescue = Rescue(*(person(node, description=mark(node)) for node in (5, 6, 7)))
    run = carry_out(rescue, *(act(node, "update", name="X") for node in (5, 6, 7)))
    assert results(run) == ["done"] * 3
    assert [call for call in rescue.calls if call.startswith("get")] == ["get 5", "get 5", "get 6", "get 7"]


def test_a_move_alone_is_one_call_and_a_move_with_changes_two() -> None:
    rescue = Rescue(person(5), person(6, description=mark(6)))
    run = carry_out(rescue, act(5, "move", to=FIELD), act(6, "move", to=FIELD, description=mark(7)))
    assert results(run) == ["done", "done"]
    assert rescue.writes == ["move 5 30", "move 6 30", "set 6"]
    assert rescue.calls.count("tree") == 1


def test_the_tree_is_read_again_before_each_stage_that_places_somebody() -> None:
    rescue = Rescue(*(person(node, description=mark(node)) for node in (5, 6, 7, 8)))
    run = carry_out(
        rescue,
        act(8, "disable", enabled=False),
        act(5, "update", name="X"),
        act(6, "update", "move", to=FIELD, name="Y"),
        act(7, "move", to=FIELD),
        create("n@x.example"),
    )
    assert results(run) == ["done"] * 5
    order = [call.split()[0] for call in rescue.calls]
    assert [index for index, call in enumerate(order) if call == "tree"] == [5, 9, 12]
    assert rescue.calls[5:8] == ["tree", "get 6", "move 6 30"]


def test_the_marker_is_put_into_the_text_as_it_is_now() -> None:
    """Text that differs in white space only is no reason to be stale, and stays as it is now byte for byte."""
    planned = Rescue(person(5, description="by  hand"))
    rescue = Rescue(person(5, description="by hand\t!"))
    planned.people[5] = person(5, description="by  hand !")
    run = carry_out(rescue, act(5, "adopt", description=f"by  hand ! {mark(5)}"), planned=planned)
    assert results(run) == ["done"]
    assert rescue.people[5].description == f"by hand\t! {mark(5)}"


@pytest.mark.parametrize(
    ("now", "named"),
    [
        ({"login": "other@x.example"}, "login"),
        ({"name": "Other"}, "name"),
        ({"sso_id": "other"}, "SSO ID"),
        ({"sso_id": "SSO"}, "SSO ID"),
        ({"mobile": True}, "mobile licence"),
        ({"rpat": True}, "remote access licence"),
        ({"rpat": None}, "remote access licence"),
        ({"account_holder": True}, "account holder"),
        ({"status": "Disabled"}, "status"),
        ({"description": "other"}, "description"),
        ({"description": mark(6)}, "description"),
    ],
)
@pytest.mark.parametrize("verbs", [("update",), ("move",), ("disable",)])
def test_somebody_who_changed_since_the_plan_is_stale(now: dict[str, Any], named: str, verbs: tuple[str, ...]) -> None:
    planned = Rescue(person(5, sso_id="sso"))
    rescue = Rescue(person(5, sso_id="sso")._replace(**now))
    before = dict(rescue.people)
    run = carry_out(rescue, act(5, *verbs, to=FIELD, name="X"), planned=planned)
    assert results(run) == ["stale"]
    assert named in message(run)
    assert rescue.writes == []
    assert rescue.people == before
    assert not run.wrote


@pytest.mark.parametrize(
    "now",
    [
        {"status": "Busy"},
        {"nick": "Other"},
        {"login": "P5@X.example "},
        {"name": " Name  5"},
        {"description": " text "},
    ],
)
def test_what_is_equal_under_the_comparison_is_not_stale(now: dict[str, Any]) -> None:
    planned = Rescue(person(5, description="text"))
    rescue = Rescue(person(5, description="text")._replace(**now))
    run = carry_out(rescue, act(5, "disable", enabled=False), planned=planned)
    assert results(run) == ["done"]
    assert rescue.people[5].nick == now.get("nick", "Nick 5")


def test_somebody_who_is_gone_is_stale() -> None:
    planned = Rescue(person(5))
    run = carry_out(Rescue(), act(5, "update", name="X"), planned=planned)
    assert results(run) == ["stale"]
    assert "no user in Rescue any more" in message(run)


def test_an_action_without_a_reading_is_never_written() -> None:
    rescue = Rescue(person(5))
    run = carry_out(rescue, act(5, "update", name="X"), act(None, "update", name="X"), planned=Rescue())
    assert results(run) == ["failed", "failed"]
    assert rescue.calls == []


def test_whoever_depends_on_an_action_not_done_is_skipped() -> None:
    rescue = Rescue(*(person(node) for node in (5, 6, 7, 8)))
    rescue.on["set"] = [REFUSED]
    run = carry_out(
        rescue,
        act(5, "update", name="X"),
        act(6, "update", name="X", needs=("id5",)),
        act(7, "update", name="X", needs=("id6",)),
        act(8, "update", name="X"),
    )
    assert results(run) == ["failed", "skipped", "skipped", "done"]
    assert "p5@x.example" in message(run, 1)
    assert rescue.writes == ["set 5", "set 8"]


@pytest.mark.parametrize("giver", ["failed", "unknown", "stale"])
def test_nothing_less_than_done_is_enough_for_a_dependent(giver: str) -> None:
    rescue = Rescue(person(5), person(6))
    planned = Rescue(person(5), person(6))
    if giver == "stale":
        rescue.people[5] = person(5, name="By Hand")
    else:
        rescue.on["set"] = [REFUSED if giver == "failed" else LOST]
    run = carry_out(
        rescue,
        act(5, "update", login="a@x.example"),
        act(6, "update", login="p5@x.example", needs=("id5",)),
        planned=planned,
    )
    assert results(run) == [giver, "skipped"]


@pytest.mark.parametrize(("trouble", "result"), [(REFUSED, "failed"), (LOST, "unknown")])
def test_a_write_that_fails_takes_nobody_else_with_it(trouble: Exception, result: str) -> None:
    rescue = Rescue(person(5), person(6))
    rescue.on["set"] = [trouble]
    run = carry_out(rescue, act(5, "update", name="X"), act(6, "update", name="X"))
    assert results(run) == [result, "done"]
    assert str(trouble) in message(run)
    assert run.stopped is None
    assert run.wrote


@pytest.mark.parametrize(("trouble", "result"), [(REFUSED, "failed"), (LOST, "unknown")])
def test_after_a_move_that_fails_nothing_else_is_written(trouble: Exception, result: str) -> None:
    rescue = Rescue(person(5))
    rescue.on["move"] = [trouble]
    run = carry_out(rescue, act(5, "update", "move", to=FIELD, name="X"))
    assert results(run) == [result]
    assert rescue.writes == ["move 5 30"]


@pytest.mark.parametrize(("trouble", "result"), [(REFUSED, "failed"), (LOST, "unknown")])
def test_a_move_whose_second_call_fails_says_so(trouble: Exception, result: str) -> None:
    rescue = Rescue(person(5))
    rescue.on["set"] = [trouble]
    run = carry_out(rescue, act(5, "update", "move", to=FIELD, name="X"))
    assert results(run) == [result]
    assert message(run).startswith("moved, but: ")
