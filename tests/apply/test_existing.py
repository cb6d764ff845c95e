"""People who exist: what is sent, who is stale, who depends on whom."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.model.plan import Action

from .rescue_double import (
    DEAD,
    FIELD,
    LOST,
    NEW,
    PASSWORD,
    REFUSED,
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


def test_an_update_sends_the_whole_record_as_just_read() -> None:
    rescue = Rescue(person(5, sso_id="sso", mobile=True, rpat=True, status="Busy", description=f"by hand {mark(5)}"))
    run = carry_out(rescue, act(5, "update", name="New Name"))
    assert results(run) == ["done"]
    assert rescue.people[5] == person(
        5, name="New Name", sso_id="sso", mobile=True, rpat=True, description=f"by hand {mark(5)}"
    )
    assert rescue.calls == ["get 5", "set 5", "get 5"]
    assert rescue.passwords[5] is None


OFF, GIVEN = {"status": "Disabled"}, {"mobile": True}
STORED: dict[str, tuple[dict[str, Any], Action, dict[str, Any]]] = {
    "disable": ({}, act(5, "disable", enabled=False), OFF),
    "enable": (OFF, act(5, "enable", enabled=True), {}),
    "disable and release": (GIVEN, act(5, "disable", enabled=False, mobile_license=False), OFF),
    "release": (GIVEN, act(5, "update", mobile_license=False), {}),
    "release of somebody disabled": ({**OFF, **GIVEN}, act(5, "update", mobile_license=False), OFF),
    "login": ({}, act(5, "update", login="q@x.example"), {"login": "q@x.example"}),
    "SSO ID": ({}, act(5, "update", sso_id="sso"), {"sso_id": "sso"}),
    "name": ({}, act(5, "update", name="New"), {"name": "New"}),
    "marker": ({}, act(5, "adopt", description=mark(5)), {"description": mark(5)}),
    "text without a marker": ({"description": mark(5)}, act(5, "update", description="mine"), {"description": "mine"}),
}  # fmt: skip


@pytest.mark.parametrize("case", STORED)
def test_what_is_stored_is_what_was_planned_and_nothing_else(case: str) -> None:
    before, action, after = STORED[case]
    rescue = Rescue(person(5, **before))
    assert results(carry_out(rescue, action)) == ["done"]
    assert rescue.people[5] == person(5, **after)


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
        ({"name": "Other", "type": "administrator"}, "name, type"),
    ],
)
@pytest.mark.parametrize("verbs", [("update",), ("move",), ("disable",)])
def test_somebody_who_changed_since_the_plan_is_stale(now: dict[str, Any], named: str, verbs: tuple[str, ...]) -> None:
    planned = Rescue(person(5, sso_id="sso"))
    rescue = Rescue(person(5, sso_id="sso")._replace(**now))
    before = dict(rescue.people)
    run = carry_out(rescue, act(5, *verbs, to=FIELD, name="X"), planned=planned)
    assert results(run) == ["stale"]
    assert message(run) == f"changed since the plan was made: {named}"
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
    assert message(run) == "this person is no user in Rescue any more"


def test_an_action_without_a_reading_is_never_written() -> None:
    rescue = Rescue(person(5))
    run = carry_out(rescue, act(5, "update", name="X"), act(None, "update", name="X"), planned=Rescue())
    assert results(run) == ["failed", "failed"]
    assert {message(run, index) for index in (0, 1)} == {"the plan has no reading of this person"}
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
    assert message(run, 1) == "depends on the action for p5@x.example, which was not done"
    assert rescue.writes == ["set 5", "set 8"]


@pytest.mark.parametrize(("needed", "who"), [("Night", "Desk/Night"), ("0123456789abcdef", "0123456789abcdef")])
def test_what_somebody_depends_on_is_named_by_its_path_or_its_id(needed: str, who: str) -> None:
    rescue = Rescue(person(5))
    rescue.on["creategroup"] = [REFUSED]
    run = carry_out(rescue, make_group("Night", -1), act(5, "update", name="X", needs=(needed,)))
    assert message(run, 1) == f"depends on the action for {who}, which was not done"


@pytest.mark.parametrize(
    ("verbs", "password"), [(("adopt", "enable"), PASSWORD), (("adopt",), None), (("enable",), None)]
)
def test_only_a_new_person_on_the_node_gets_a_password(verbs: tuple[str, ...], password: str | None) -> None:
    rescue = Rescue(person(5, status="Disabled", description=mark(1, off=True)))
    run = carry_out(rescue, act(5, *verbs, enabled=True, description=mark(2)))
    assert (results(run), message(run)) == (["done"], "")
    assert rescue.passwords[5] == password


def test_where_no_password_is_given_rescue_is_not_told_one() -> None:
    rescue = Rescue(person(5, status="Disabled", description=mark(1, off=True)))
    rehired = act(5, "adopt", "enable", enabled=True, description=mark(2))
    assert results(carry_out(rescue, rehired, create("n@x.example"), password=None)) == ["done", "done"]
    assert rescue.passwords == {5: None, NEW: None}


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
    assert message(run) == str(trouble)
    assert run.stopped is None
    assert run.wrote


@pytest.mark.parametrize(("trouble", "result"), [(REFUSED, "failed"), (LOST, "unknown")])
def test_after_a_move_that_fails_nothing_else_is_written(trouble: Exception, result: str) -> None:
    rescue = Rescue(person(5))
    rescue.on["move"] = [trouble]
    run = carry_out(rescue, act(5, "update", "move", to=FIELD, name="X"))
    assert results(run) == [result]
    assert message(run) == str(trouble)
    assert rescue.writes == ["move 5 30"]
    assert run.wrote


@pytest.mark.parametrize(("trouble", "result"), [(REFUSED, "failed"), (LOST, "unknown")])
def test_a_move_whose_second_call_fails_says_so(trouble: Exception, result: str) -> None:
    rescue = Rescue(person(5))
    rescue.on["set"] = [trouble]
    run = carry_out(rescue, act(5, "update", "move", to=FIELD, name="X"))
    assert results(run) == [result]
    assert message(run) == f"moved, but: {trouble}"


def test_a_move_whose_second_call_ends_the_run_says_so() -> None:
    rescue = Rescue(person(5))
    rescue.on["set"] = [DEAD]
    run = carry_out(rescue, act(5, "update", "move", to=FIELD, name="X"))
    assert (results(run), message(run)) == (["failed"], f"moved, but: {DEAD} (make a new one)")
    assert (run.fatal, run.stopped) == (DEAD, f"the run ended: {DEAD} (make a new one)")


def test_a_move_alone_is_a_write() -> None:
    run = carry_out(Rescue(person(5)), act(5, "move", to=FIELD))
    assert (results(run), message(run), run.wrote) == (["done"], "", True)
