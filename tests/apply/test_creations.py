"""People who do not exist: two calls, lost answers, half-made nodes (D14)."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.apply.applier import UNREAD_IN_A_ROW
from reconciler.errors import TargetError, TargetRefused
from reconciler.model.hierarchy import Details
from reconciler.model.plan import Action

from .rescue_double import (
    DEAD,
    DESK,
    DOWN,
    FIELD,
    LOST,
    NEW,
    PASSWORD,
    REFUSED,
    Rescue,
    act,
    carry_out,
    create,
    mark,
    message,
    person,
    results,
)


def test_a_creation_is_two_writes_and_the_nick_is_the_name() -> None:
    rescue = Rescue(person(5, description=mark(5)))
    run = carry_out(rescue, act(5, "update", name="X"), create("n@x.example", sso_id="sso"))
    assert results(run) == ["done", "done"]
    assert rescue.people[NEW] == Details(
        NEW, "N@X.Example", "N@X.Example", "n@x.example", "sso", mark(1), "technician", False, False, False, "Offline"
    )
    assert rescue.passwords[NEW] == PASSWORD
    assert rescue.calls[-4:] == ["tree", "find n@x.example", f"create {DESK}", f"set {NEW}"]
    assert message(run, 1) == f"node {NEW}"


def test_a_server_without_the_remote_access_add_on_is_not_told_about_it() -> None:
    rescue = Rescue()
    carry_out(rescue, create("n@x.example"), has_rpat=False)
    assert rescue.people[NEW].rpat is None


def test_the_first_person_created_is_looked_at_where_nobody_was_written_before() -> None:
    rescue = Rescue()
    rescue.mangle = lambda record: record._replace(description="")
    run = carry_out(rescue, create("a@x.example"), create("b@x.example"))
    assert results(run) == ["failed", "skipped"]
    assert "the marker was not stored whole" in message(run)
    assert rescue.writes == [f"create {DESK}", f"set {NEW}"]


@pytest.mark.parametrize("kind", ["technician", "administrator"])
def test_a_login_that_somebody_has_blocks_the_creation(kind: str) -> None:
    rescue = Rescue(person(5, login="n@x.example", type=kind))
    run = carry_out(rescue, create("n@x.example"), create("o@x.example"))
    assert results(run) == ["failed", "done"]
    assert "blocked_login" in message(run)
    assert kind in message(run)
    assert "node 5" in message(run)


def test_an_answer_about_another_login_blocks_the_creation_too(monkeypatch: pytest.MonkeyPatch) -> None:
    rescue = Rescue(person(5))
    monkeypatch.setattr(rescue, "find_login", lambda _login: rescue.people[5])
    run = carry_out(rescue, create("n@x.example"))
    assert results(run) == ["failed"]
    assert "whom Rescue shows as p5@x.example" in message(run)


@pytest.mark.parametrize("trouble", [DOWN, TargetRefused("ACTIONFAILED", "getUser_v3: ACTIONFAILED")])
def test_any_other_answer_to_the_question_who_has_a_login_fails_that_creation(trouble: Exception) -> None:
    rescue = Rescue()
    rescue.on["find"] = [trouble]
    run = carry_out(rescue, create("a@x.example"), create("b@x.example"))
    assert results(run) == ["failed", "done"]
    assert rescue.writes == [f"create {DESK}", f"set {NEW}"]


def test_several_people_in_a_row_who_cannot_be_read_end_the_run() -> None:
    people = [person(node) for node in range(5, 12)]
    rescue = Rescue(*people)
    rescue.on["get"] = [DOWN] * UNREAD_IN_A_ROW
    run = carry_out(rescue, *(act(node, "disable", enabled=False) for node in rescue.people))
    assert results(run) == ["failed"] * UNREAD_IN_A_ROW + ["skipped"] * (7 - UNREAD_IN_A_ROW)
    assert rescue.writes == []


def test_people_here_and_there_who_cannot_be_read_do_not() -> None:
    rescue = Rescue(*(person(node) for node in range(5, 12)))
    rescue.on["get"] = [DOWN, DOWN, None, None, DOWN, DOWN, REFUSED, DOWN]
    run = carry_out(rescue, *(act(node, "disable", enabled=False) for node in rescue.people))
    assert results(run) == ["failed", "failed", "done", "failed", "failed", "failed", "failed"]
    assert run.stopped is None


def test_a_refused_node_leaves_nothing_behind() -> None:
    rescue = Rescue()
    rescue.on["create"] = [TargetRefused("INVALIDPARAM_PARENT", "createUser: INVALIDPARAM_PARENT")]
    run = carry_out(rescue, create("a@x.example"), create("b@x.example"))
    assert results(run) == ["failed", "done"]


@pytest.mark.parametrize("answered", [5, DESK], ids=["somebody", "a group"])
def test_a_node_that_is_not_new_is_not_written_over(answered: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rescue = Rescue(person(5, description=mark(5)))
    monkeypatch.setattr(rescue, "perform_create", lambda _parent: answered)
    run = carry_out(rescue, create("a@x.example"), create("b@x.example"))
    assert results(run) == ["unknown", "skipped"]
    assert f"answered with node {answered}, which is not new" in message(run)
    assert rescue.writes == []


def test_a_node_named_twice_is_not_written_over(monkeypatch: pytest.MonkeyPatch) -> None:
    rescue = Rescue()
    first = rescue.perform_create
    monkeypatch.setattr(rescue, "perform_create", lambda parent: NEW if NEW in rescue.people else first(parent))
    run = carry_out(rescue, create("a@x.example"), create("b@x.example"))
    assert results(run) == ["done", "unknown"]
    assert rescue.people[NEW].login == "a@x.example"


def test_a_lost_node_that_was_made_is_found_in_the_tree() -> None:
    rescue = Rescue()
    rescue.on["create"] = [(None, LOST)]
    run = carry_out(rescue, create("a@x.example"), create("b@x.example"))
    assert results(run) == ["done", "done"]
    assert sorted(rescue.people) == [NEW, NEW + 1]
    assert rescue.people[NEW].login == "a@x.example"


def test_a_lost_node_that_was_not_made_is_not_made_again() -> None:
    rescue = Rescue()
    rescue.on["create"] = [LOST]
    run = carry_out(rescue, create("a@x.example"), create("b@x.example"))
    assert results(run) == ["failed", "done"]
    assert "the tree shows no new node" in message(run)
    assert rescue.writes == [f"create {DESK}", f"create {DESK}", f"set {NEW}"]


def test_a_lost_node_is_not_confused_with_others() -> None:
    """Blanks of before, of another group, of this run, people online, and people with a text are none of it."""
    blank = person(5, login="", status="Disabled")
    others = [
        person(6, login="", status="Online"),
        person(7, login="", description="half"),
        person(8, login="x@x.example"),
    ]
    elsewhere = person(9, login="", status="Disabled")
    rescue = Rescue(blank)

    def arrive() -> None:
        for record in (*others, elsewhere):
            rescue.people[record.id] = record
            rescue.parents[record.id] = FIELD if record is elsewhere else DESK

    rescue.on["create"] = [arrive]
    rescue.on["set"] = [TargetRefused("INVALIDPARAM_EMAIL_ALREADY_IN_USE", "in use")]
    # the first creation leaves node 100 half-made by its own fault; the second is lost and was not made
    rescue.on["create"].append(LOST)
    run = carry_out(rescue, create("a@x.example"), create("b@x.example"), create("c@x.example"))
    assert results(run) == ["failed", "failed", "done"]
    assert "the tree shows no new node" in message(run, 1)
    assert rescue.people[NEW].login == ""


def test_half_made_nodes_that_nobody_can_tell_apart_end_the_creations() -> None:
    rescue = Rescue()

    def somebody_else() -> None:
        rescue.people[50] = person(50, login="", status="Disabled")
        rescue.parents[50] = DESK

    rescue.on["find"] = [somebody_else]
    rescue.on["create"] = [(None, LOST)]
    run = carry_out(rescue, create("a@x.example"), create("b@x.example"))
    assert results(run) == ["unknown", "skipped"]
    assert "nobody can tell apart" in message(run, 1)
    assert rescue.writes == [f"create {DESK}"]


@pytest.mark.parametrize("trouble", [DOWN, DEAD])
def test_a_lost_node_and_an_unreadable_tree_end_the_run_as_unknown(trouble: Exception) -> None:
    rescue = Rescue()
    rescue.on["create"] = [(None, LOST)]
    rescue.on["tree"] = [None, None, trouble]
    run = carry_out(rescue, create("a@x.example"), create("b@x.example"))
    assert results(run) == ["unknown", "skipped"]
    assert run.fatal is trouble


@pytest.mark.parametrize(
    ("token", "others"),
    [
        ("INVALIDPARAM_EMAIL", "done"),
        ("INVALIDPARAM_EMAIL_ALREADY_IN_USE", "done"),
        ("INVALIDPARAM_NAME", "done"),
        ("INVALIDPARAM_SSOID", "done"),
        ("INVALIDPARAM_STATUS", "skipped"),
        ("INVALIDPARAM_MOBILEADDON", "skipped"),
        ("INVALIDPARAM_PASSWORD_HAS_TO_BE_AT_LEAST_8_CHARACTERS_LONG", "skipped"),
        ("INVALIDPARAM_PASSWORD_CONTAINS_NAME", "skipped"),
        ("INVALIDPARAM_MOONPHASE", "skipped"),
        ("", "skipped"),
    ],
)
def test_after_a_half_made_node_others_are_created_only_if_it_was_that_persons_own_fault(
    token: str, others: str
) -> None:
    rescue = Rescue()
    rescue.on["set"] = [TargetRefused(token, f"refused: {token}")]
    run = carry_out(rescue, create("a@x.example"), create("b@x.example"))
    assert results(run) == ["failed", others]
    assert f"node {NEW} is left half-made" in message(run)
    assert len(rescue.people) == (2 if others == "done" else 1)


def test_after_a_creation_whose_fate_is_not_known_nobody_else_is_created() -> None:
    rescue = Rescue(person(5))
    rescue.on["set"] = [(None, LOST)]
    run = carry_out(rescue, create("a@x.example"), create("b@x.example"))
    assert results(run) == ["unknown", "skipped"]
    assert f"node {NEW} may be half-made" in message(run)


@pytest.mark.parametrize("trouble", [DEAD, TargetError("Rescue speaks words that are in no document")])
def test_what_ends_the_run_in_the_middle_of_a_creation_names_the_node(trouble: Exception) -> None:
    rescue = Rescue()
    rescue.on["set"] = [trouble]
    run = carry_out(rescue, create("a@x.example"), create("b@x.example"))
    assert results(run) == ["failed", "skipped"]
    assert f"node {NEW} is left half-made" in message(run)
    assert run.fatal is trouble


def fill(login: str, **more: Any) -> Action:
    return act(5, "create", login=login, name="Nora", enabled=True, description=mark(1), **more)


BLANK = person(5, name="New technician", nick="", login="", status="Disabled")


def test_a_half_made_node_is_filled_and_read_just_before_and_after() -> None:
    rescue = Rescue(BLANK._replace(mobile=True, rpat=True), person(6))
    run = carry_out(rescue, act(6, "update", name="X"), fill("n@x.example"))
    assert results(run) == ["done", "done"]
    assert rescue.calls[3:] == ["tree", "find n@x.example", "get 5", "set 5", "get 5"]
    assert rescue.people[5][1:] == (
        "Nora",
        "Nora",
        "n@x.example",
        "",
        mark(1),
        "technician",
        True,
        True,
        False,
        "Offline",
    )
    assert rescue.passwords[5] == PASSWORD


def test_a_filled_node_that_does_not_show_it_has_failed() -> None:
    rescue = Rescue(BLANK, person(6))
    rescue.on["set"] = [None, lambda: setattr(rescue, "mangle", lambda _: BLANK)]
    run = carry_out(rescue, act(6, "update", name="X"), fill("n@x.example"))
    assert results(run) == ["done", "failed"]
    assert "does not show the new person" in message(run, 1)


def test_a_filled_node_may_take_a_while_to_show() -> None:
    rescue = Rescue(BLANK, person(6))
    rescue.on["set"] = [None, lambda: setattr(rescue, "delay", 4)]
    run = carry_out(rescue, act(6, "update", name="X"), fill("n@x.example"))
    assert results(run) == ["done", "done"]


@pytest.mark.parametrize(
    "now",
    [
        {"login": "hand@x.example"},
        {"description": "by hand"},
        {"status": "Online"},
        {"status": "Away"},
        {"sso_id": "sso"},
    ],
)
def test_a_node_that_is_not_half_made_any_more_is_not_filled(now: dict[str, Any]) -> None:
    rescue = Rescue(BLANK._replace(**now))
    run = carry_out(rescue, fill("n@x.example"), create("b@x.example"), planned=Rescue(BLANK))
    assert results(run) == ["stale", "done"]
    assert rescue.writes == [f"create {DESK}", f"set {NEW}"]


def test_a_half_made_node_that_went_just_now_is_not_filled() -> None:
    rescue = Rescue(BLANK)
    rescue.on["find"] = [lambda: rescue.people.pop(5)]
    run = carry_out(rescue, fill("n@x.example"))
    assert results(run) == ["stale"]
    assert rescue.writes == []


def test_a_half_made_node_that_was_moved_is_not_filled() -> None:
    rescue = Rescue(BLANK)
    planned = Rescue(BLANK)
    rescue.parents[5] = FIELD
    assert results(carry_out(rescue, fill("n@x.example"), planned=planned)) == ["stale"]


@pytest.mark.parametrize(("trouble", "result"), [(DEAD, "unknown"), (DOWN, "failed")])
def test_a_filled_node_that_cannot_be_read_after(trouble: Exception, result: str) -> None:
    rescue = Rescue(BLANK, person(6))
    rescue.on["get"] = [None, None, None, *[trouble] * 50]
    run = carry_out(rescue, act(6, "update", name="X"), fill("n@x.example"), create("b@x.example"))
    assert results(run)[:2] == ["done", result]


@pytest.mark.parametrize(("lacking", "result"), [("login", "failed"), ("place", "stale")])
def test_somebody_of_whom_the_plan_says_too_little_is_not_created(lacking: str, result: str) -> None:
    action = create("n@x.example", to=None if lacking == "place" else DESK)
    if lacking == "login":
        action = action.model_copy(update={"changes": tuple(c for c in action.changes if c.field != "login")})
    rescue = Rescue()
    run = carry_out(rescue, action)
    assert results(run) == [result]
    assert rescue.writes == []
