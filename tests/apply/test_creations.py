"""People who do not exist: two calls, lost answers, half-made nodes (D14)."""

from __future__ import annotations

from typing import Any

import pytest

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
    make_group,
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
    assert message(run) == ("writing a@x.example did what it was not meant to do: the marker was not stored whole: ''")
    assert rescue.writes == [f"create {DESK}", f"set {NEW}"]


@pytest.mark.parametrize("kind", ["technician", "administrator"])
def test_a_login_that_somebody_has_blocks_the_creation(kind: str) -> None:
    rescue = Rescue(person(5, login="n@x.example", type=kind))
    run = carry_out(rescue, create("n@x.example"), create("o@x.example"))
    assert results(run) == ["failed", "done"]
    assert message(run) == f"blocked_login: the login is held by the {kind} with node 5"


def test_an_answer_about_another_login_blocks_the_creation_too(monkeypatch: pytest.MonkeyPatch) -> None:
    rescue = Rescue(person(5))
    monkeypatch.setattr(rescue, "find_login", lambda _login: rescue.people[5])
    run = carry_out(rescue, create("n@x.example"))
    assert results(run) == ["failed"]
    assert message(run) == (
        "blocked_login: the login is held by the technician with node 5, whom Rescue shows as p5@x.example"
    )


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
    rescue.on["get"] = [DOWN] * 3
    run = carry_out(rescue, *(act(node, "disable", enabled=False) for node in rescue.people))
    assert results(run) == ["failed"] * 3 + ["skipped"] * 4
    assert rescue.writes == []


def test_people_here_and_there_who_cannot_be_read_do_not() -> None:
    rescue = Rescue(*(person(node) for node in range(5, 12)))
    rescue.on["get"] = [DOWN, DOWN, None, None, DOWN, DOWN, REFUSED, DOWN]
    run = carry_out(rescue, *(act(node, "disable", enabled=False) for node in rescue.people))
    assert results(run) == ["failed", "failed", "done", "failed", "failed", "failed", "failed"]
    assert run.stopped is None


def test_an_answer_that_is_a_refusal_begins_the_count_anew() -> None:
    rescue = Rescue(*(person(node) for node in range(5, 11)))
    rescue.on["get"] = [DOWN, DOWN, REFUSED, DOWN, DOWN]
    run = carry_out(rescue, *(act(node, "disable", enabled=False) for node in rescue.people))
    assert results(run) == ["failed"] * 5 + ["done"]


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
    assert message(run) == f"createUser answered with node {answered}, which is not new"
    assert message(run, 1) == f"Rescue called node {answered} new, which was there before, so no more are created"
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
    assert message(run) == f"{LOST}; the tree shows no new node"
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
    assert message(run) == str(LOST)
    assert message(run, 1) == "there are half-made nodes nobody can tell apart, so no more people are created"
    assert rescue.writes == [f"create {DESK}"]


@pytest.mark.parametrize("trouble", [DOWN, DEAD])
def test_a_lost_node_and_an_unreadable_tree_end_the_run_as_unknown(trouble: Exception) -> None:
    rescue = Rescue()
    rescue.on["create"] = [(None, LOST)]
    rescue.on["tree"] = [None, None, trouble]
    run = carry_out(rescue, create("a@x.example"), create("b@x.example"))
    assert results(run) == ["unknown", "skipped"]
    assert message(run) == f"{LOST}; and the tree could not be read: {trouble}"
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
    assert message(run) == f"refused: {token}; node {NEW} is left half-made, the next run fills it"
    if others == "skipped":
        assert message(run, 1) == f"node {NEW} was left half-made, so no more people are created in this run"
    assert len(rescue.people) == (2 if others == "done" else 1)


def test_after_a_creation_whose_fate_is_not_known_nobody_else_is_created() -> None:
    rescue = Rescue(person(5))
    rescue.on["set"] = [(None, LOST)]
    run = carry_out(rescue, create("a@x.example"), create("b@x.example"))
    assert results(run) == ["unknown", "skipped"]
    assert message(run) == f"{LOST}; node {NEW} may be half-made"
    assert message(run, 1) == f"node {NEW} may be half-made, so no more people are created in this run"


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        (DEAD, f"{DEAD} (make a new one)"),
        (TargetError("words that are in no document"), "words that are in no document"),
    ],
)
def test_what_ends_the_run_in_the_middle_of_a_creation_names_the_node(trouble: Exception, words: str) -> None:
    rescue = Rescue()
    rescue.on["set"] = [trouble]
    run = carry_out(rescue, create("a@x.example"), create("b@x.example"))
    assert results(run) == ["failed", "skipped"]
    assert message(run) == f"{words}; node {NEW} is left half-made, the next run fills it"
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
    assert message(run, 1) == "node 5 does not show the new person after the write"


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
    assert message(run) == "node 5 is not half-made any more"
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


@pytest.mark.parametrize(
    ("trouble", "result", "words"),
    [
        (DEAD, "unknown", f"written, but it could not be read back: {DEAD}"),
        (DOWN, "failed", "node 5 does not show the new person after the write"),
    ],
)
def test_a_filled_node_that_cannot_be_read_after(trouble: Exception, result: str, words: str) -> None:
    rescue = Rescue(BLANK, person(6))
    rescue.on["get"] = [None, None, None, *[trouble] * 50]
    run = carry_out(rescue, act(6, "update", name="X"), fill("n@x.example"), create("b@x.example"))
    assert results(run)[:2] == ["done", result]
    assert message(run, 1) == words
    assert run.fatal is (trouble if result == "unknown" else None)


@pytest.mark.parametrize(
    ("lacking", "result", "words"),
    [
        ("login", "failed", "the plan does not say with which login, or where"),
        ("place", "stale", "the group None is not what and where it was when the plan was made"),
    ],
)
def test_somebody_of_whom_the_plan_says_too_little_is_not_created(lacking: str, result: str, words: str) -> None:
    action = create("n@x.example", to=None if lacking == "place" else DESK)
    if lacking == "login":
        action = action.model_copy(update={"changes": tuple(c for c in action.changes if c.field != "login")})
    rescue = Rescue()
    run = carry_out(rescue, action)
    assert (results(run), message(run)) == ([result], words)
    assert rescue.writes == []


def test_somebody_new_without_an_sso_id_gets_none_and_nothing_else_that_was_not_planned() -> None:
    rescue = Rescue()
    run = carry_out(rescue, create("n@x.example"))
    assert rescue.people[NEW] == Details(
        NEW, "N@X.Example", "N@X.Example", "n@x.example", "", mark(1), "technician", False, False, False, "Offline"
    )
    assert run.wrote


def test_somebody_new_who_is_stored_otherwise_has_failed_and_the_run_goes_on() -> None:
    """Nothing of what was there before was lost: there was nobody."""
    rescue = Rescue()
    rescue.mangle = lambda record: record._replace(name="N", status="Disabled")
    run = carry_out(rescue, create("n@x.example"), create("o@x.example"))
    assert (results(run), run.stopped) == (["failed", "done"], None)
    assert message(run) == "server stored the name 'N'; server stored the status 'disabled'"


def test_a_half_made_node_with_white_space_for_a_text_is_filled() -> None:
    rescue = Rescue(BLANK._replace(description=" \t"))
    assert results(carry_out(rescue, fill("n@x.example"))) == ["done"]
    assert rescue.people[5].description == mark(1)


@pytest.mark.parametrize("call", ["create", "set", "creategroup", "setgroup"])
def test_whatever_is_sent_is_a_write_whatever_becomes_of_it(call: str) -> None:
    rescue = Rescue(BLANK)
    rescue.add_group(50, DESK)
    rescue.on[call] = [REFUSED]
    action = {
        "create": create("n@x.example"),
        "set": fill("n@x.example"),
        "creategroup": make_group("Night", -1),
        "setgroup": make_group("Night", -1, blank=50),
    }[call]
    assert carry_out(rescue, action).wrote
    assert len(rescue.writes) == 1
