"""Awards of mobile licences, each a write of its own at the end; and seats counted while they change (D22)."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.apply.applier import SETTLE_FOR
from reconciler.errors import TargetError, TargetRefused
from reconciler.model.hierarchy import Details
from reconciler.model.plan import Change

from .rescue_double import (
    DEAD,
    ERROR,
    FIELD,
    NEW,
    NO_ANSWER,
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

REFUSED = TargetRefused("INVALIDPARAM_MOBILEADDON", "setUser_v2: Rescue refused: INVALIDPARAM_MOBILEADDON")


def refuses_flag(record: Details) -> Details:
    """OK, and the flag is not kept."""
    return record._replace(mobile=False)


# -- one award --------------------------------------------------------------------------------------------------------


def test_an_award_alone_is_three_calls_and_keeps_everything_else() -> None:
    rescue = Rescue(somebody(rpat=True, sso_id="x"))
    run = carry_out(rescue, award(5))
    assert results(run) == ["done"]
    assert rescue.calls == ["get 5", "set 5", "get 5"]
    assert shown(rescue) == (True, "+m")
    assert rescue.people[5] == somebody(rpat=True, sso_id="x")._replace(mobile=True, description=text("+m"))


def test_other_changes_are_written_first_and_the_marker_says_not_given_until_it_is() -> None:
    rescue = Rescue(person(4), somebody(said=""), person(6))
    written: list[Details] = []
    rescue.mangle = lambda record: written.append(record) or record  # type: ignore[func-returns-value]
    run = carry_out(
        rescue, act(4, "update", name="X"), award(5, before="", changes={"name": "New"}), act(6, "update", name="Y")
    )
    assert results(run) == ["done", "done", "done"]
    assert rescue.calls == ["get 4", "set 4", "get 4", "get 5", "set 5", "get 6", "set 6", "get 5", "set 5", "get 5"]
    ours = [(record.name, record.mobile, record.description) for record in written if record.id == 5]
    assert ours == [("New", False, text()), ("New", True, text("+m"))]


def test_enabling_somebody_leaves_not_given_until_the_award() -> None:
    rescue = Rescue(somebody(said="-m!off", status="Disabled"))
    written: list[str] = []
    rescue.mangle = lambda record: written.append(record.description) or record  # type: ignore[func-returns-value]
    assert results(carry_out(rescue, award(5, "enable", before="-m!off", changes={"enabled": True}))) == ["done"]
    assert written == [text("-m"), text("+m")]
    assert rescue.calls == ["get 5", "set 5", "get 5", "set 5", "get 5"]


def test_somebody_new_gets_theirs_after_everybody_was_created() -> None:
    rescue = Rescue()
    new = create("a@x.example")
    changes = (
        *new.changes[:-1],
        Change(field="mobile_license", after=True),
        Change(field="description", after=text("+m")),
    )
    run = carry_out(rescue, new.model_copy(update={"changes": changes}), create("b@x.example"))
    assert results(run) == ["done", "done"]
    assert message(run) == f"node {NEW}"
    assert rescue.writes == ["create 20", f"set {NEW}", "create 20", f"set {NEW + 1}", f"set {NEW}"]
    assert shown(rescue, NEW) == (True, "+m")
    assert rescue.calls.count(f"get {NEW}") == 2, "the first write of the run, and the award"


def test_a_move_alone_comes_before_the_award() -> None:
    rescue = Rescue(somebody())
    assert results(carry_out(rescue, award(5, "update", "move", to=FIELD))) == ["done"]
    assert rescue.writes == ["move 5 30", "set 5"]


def test_awards_are_tried_by_rank_and_not_by_path() -> None:
    rescue = Rescue(*(somebody(node) for node in (5, 6, 7)))
    carry_out(rescue, *(award(node) for node in (5, 6, 7)), awards=("id7", "id5"))
    assert rescue.writes == ["set 7", "set 5", "set 6"]


def test_whoever_depends_on_somebody_does_not_wait_for_their_award() -> None:
    rescue = Rescue(somebody(5), person(6))
    run = carry_out(
        rescue, award(5, changes={"login": "new@x.example"}), act(6, "update", login="p5@x.example", needs=("id5",))
    )
    assert results(run) == ["done", "done"]


# -- refused ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", [REFUSED, ERROR])
@pytest.mark.parametrize(("before", "calls"), [("-m", 1), ("", 1), ("~m", 0), ("+m", 1)])
def test_a_refusal_by_any_word_is_told_and_remembered_in_the_marker(word: TargetError, before: str, calls: int) -> None:
    rescue = Rescue(somebody(said=before))
    rescue.on["set"] = [word]
    run = carry_out(rescue, award(5, before=before), refused_again=True)
    assert (results(run), run.fatal) == (["failed"], None)
    assert message(run).startswith("no_mobile_seat: ")
    assert str(word) in message(run)
    assert shown(rescue) == (False, "~m")
    assert len(rescue.writes) == 1 + calls


@pytest.mark.parametrize(("refusal", "mobile"), [(None, True), (REFUSED, False)], ids=["given", "refused"])
def test_an_undo_leaves_a_marker_that_told_of_no_licence_as_it_was(refusal: TargetError | None, mobile: bool) -> None:
    """`+m` in it would have the next run release the licence of whoever the file leaves alone (D22)."""
    rescue = Rescue(somebody(said="-m!off", status="Disabled"))
    rescue.on["set"] = [None, refusal]
    made = award(5, "enable", "update", before="-m!off")
    told = {"mobile_license": (False, True), "enabled": (False, True), "description": (text("-m!off"), text())}
    changes = tuple(Change(field=name, before=old, after=new) for name, (old, new) in told.items())
    run = carry_out(rescue, made.model_copy(update={"changes": changes}))
    assert (results(run), shown(rescue)) == (["done" if mobile else "failed"], (mobile, ""))
    assert rescue.people[5].enabled


def test_refused_after_other_changes() -> None:
    rescue = Rescue(somebody())
    rescue.on["set"] = [None, REFUSED]
    run = carry_out(rescue, award(5, changes={"name": "New"}))
    assert results(run) == ["failed"]
    assert message(run).endswith("; everything else was written")
    assert (rescue.people[5].name, *shown(rescue)) == ("New", False, "~m")


def test_ok_and_not_kept_is_a_refusal_and_seen_at_once() -> None:
    rescue = Rescue(somebody())
    rescue.mangle = refuses_flag
    run = carry_out(rescue, award(5))
    assert results(run) == ["failed"]
    assert message(run) == "no_mobile_seat: Rescue said OK and did not keep it"
    assert shown(rescue) == (False, "~m")
    assert (rescue.calls, rescue.clock.now) == (["get 5", "set 5", "get 5", "set 5"], 0)


def test_not_kept_where_only_the_flag_could_tell_is_waited_for() -> None:
    rescue = Rescue(somebody(said="+m"))
    rescue.mangle = refuses_flag
    run = carry_out(rescue, award(5, before="+m"))
    assert (results(run), shown(rescue)) == (["failed"], (False, "~m"))
    assert rescue.clock.now >= SETTLE_FOR


def test_error_that_took_effect_is_a_licence() -> None:
    rescue = Rescue(somebody())
    rescue.on["set"] = [(None, ERROR)]
    assert results(carry_out(rescue, award(5))) == ["done"]
    assert shown(rescue) == (True, "+m")


@pytest.mark.parametrize("effect", [True, False])
def test_without_an_answer_nothing_is_written_about_it(effect: bool) -> None:
    rescue = Rescue(somebody())
    rescue.on["set"] = [(None, NO_ANSWER) if effect else NO_ANSWER]
    run = carry_out(rescue, award(5))
    assert results(run) == ["done" if effect else "unknown"]
    assert shown(rescue) == ((True, "+m") if effect else (False, "-m"))
    assert len(rescue.writes) == 1


def test_after_error_somebody_who_looks_otherwise_is_not_written_again() -> None:
    rescue = Rescue(somebody())
    rescue.on["set"] = [ERROR]
    rescue.on["get"] = [None, lambda: rescue.people.update({5: somebody(name="By hand")})]
    assert results(carry_out(rescue, award(5))) == ["unknown"]
    assert (rescue.people[5], rescue.writes) == (somebody(name="By hand"), ["set 5"])


@pytest.mark.parametrize("trouble", [REFUSED, ERROR])
def test_a_marker_that_cannot_say_so_is_told(trouble: TargetError) -> None:
    rescue = Rescue(somebody())
    rescue.on["set"] = [REFUSED, trouble]
    run = carry_out(rescue, award(5))
    assert results(run) == ["failed"]
    assert "the marker may not say so" in message(run)


def test_a_write_that_shows_after_a_while_is_waited_for() -> None:
    rescue = Rescue(somebody())
    rescue.delay = 4
    assert results(carry_out(rescue, award(5))) == ["done"]
    assert 0 < rescue.clock.now < SETTLE_FOR


def test_a_write_that_never_shows_is_unknown() -> None:
    rescue = Rescue(person(4), somebody())
    rescue.on["set"] = [None, lambda: setattr(rescue, "delay", 1000)]
    run = carry_out(rescue, act(4, "update", name="X"), award(5))
    assert results(run) == ["done", "unknown"]
    assert len(rescue.writes) == 2


# -- what else may be in the way --------------------------------------------------------------------------------------


def test_somebody_changed_since_the_plan_is_stale() -> None:
    rescue = Rescue(somebody())
    run = carry_out(rescue, award(5), planned=Rescue(somebody(name="Was")))
    assert (results(run), rescue.writes) == (["stale"], [])


def test_somebody_changed_since_our_own_write_is_stale() -> None:
    rescue = Rescue(person(4), somebody(), person(6))
    rescue.on["set"] = [None, None, lambda: rescue.people.update({5: rescue.people[5]._replace(name="By hand")})]
    run = carry_out(rescue, act(4, "update", name="X"), award(5, changes={"name": "New"}), act(6, "update", name="Y"))
    assert results(run) == ["done", "stale", "done"]
    assert message(run, 1) == "changed since the plan was made: name; everything else was written"
    assert rescue.people[5].name == "By hand"


def test_a_write_that_loses_something_else_ends_the_run() -> None:
    rescue = Rescue(somebody(sso_id="x"), somebody(6))
    rescue.mangle = lambda record: record._replace(sso_id="")
    run = carry_out(rescue, award(5), award(6))
    assert results(run) == ["failed", "skipped"]
    assert "SSO ID" in (run.stopped or "")


def test_a_marker_that_is_not_stored_whole_ends_the_run() -> None:
    rescue = Rescue(somebody(), somebody(6))
    rescue.mangle = lambda record: record._replace(mobile=False, description=record.description[:-1])
    run = carry_out(rescue, award(5), award(6))
    assert results(run) == ["failed", "skipped"]
    assert "marker was not stored whole" in (run.stopped or "")


@pytest.mark.parametrize(("call", "outcome"), [("set", "failed"), ("get", "failed")])
def test_trouble_with_ourselves_ends_the_run(call: str, outcome: str) -> None:
    rescue = Rescue(somebody(5), somebody(6))
    rescue.on[call] = [DEAD]
    run = carry_out(rescue, award(5), award(6))
    assert (results(run), run.fatal) == ([outcome, "skipped"], DEAD)


@pytest.mark.parametrize("after", ["set", "refusal"])
def test_trouble_with_ourselves_after_the_award_ends_the_run(after: str) -> None:
    rescue = Rescue(somebody(5), somebody(6))
    if after == "set":
        rescue.on["get"] = [None, DEAD]
    else:
        rescue.on["set"] = [REFUSED, DEAD]
    run = carry_out(rescue, award(5), award(6))
    assert results(run) == ["unknown" if after == "set" else "failed", "skipped"]
    assert run.fatal is DEAD


def test_after_error_that_cannot_be_read_back_the_run_ends() -> None:
    rescue = Rescue(somebody(5), somebody(6))
    rescue.on["set"], rescue.on["get"] = [ERROR], [None, DEAD]
    run = carry_out(rescue, award(5), award(6))
    assert (results(run), run.fatal) == (["unknown", "skipped"], DEAD)


def test_a_signal_before_the_awards() -> None:
    rescue = Rescue(somebody(5), somebody(6))
    came: list[bool] = []
    rescue.on["set"] = [lambda: came.append(True)]
    run = carry_out(rescue, award(5, changes={"name": "New"}), award(6), stopping=lambda: bool(came))
    assert results(run) == ["failed", "skipped"]
    assert message(run) == "the mobile licence was not tried: stopped by a signal"
    assert shown(rescue) == (False, "-m")


# -- licences counted while they change -------------------------------------------------------------------------------


def test_a_release_that_failed_frees_no_licence() -> None:
    rescue = Rescue(person(4, mobile=True), somebody(5), somebody(6, said="~m"))
    rescue.on["set"] = [REFUSED]
    run = carry_out(rescue, act(4, "disable", mobile_license=False, enabled=False), award(5), seats=seats(1, 1))
    assert results(run) == ["failed", "skipped"]
    assert message(run, 1) == "no_mobile_seat: 1 of 1 mobile licences are still taken"
    assert shown(rescue) == (False, "-m")


def test_the_limit_is_kept_also_where_something_else_was_written() -> None:
    rescue = Rescue(somebody())
    run = carry_out(rescue, award(5, changes={"name": "New"}), seats=seats(1, 1))
    assert results(run) == ["failed"]
    assert message(run) == "no_mobile_seat: 1 of 1 mobile licences are still taken; everything else was written"


def test_a_refused_award_leaves_its_place_to_the_next() -> None:
    rescue = Rescue(somebody(5), somebody(6))
    rescue.on["set"] = [REFUSED]
    run = carry_out(rescue, award(5), award(6), seats=seats(1, 0))
    assert results(run) == ["failed", "done"]


def test_an_award_nobody_knows_of_keeps_its_place() -> None:
    rescue = Rescue(somebody(5), somebody(6))
    rescue.on["set"] = [NO_ANSWER]
    run = carry_out(rescue, award(5), award(6), seats=seats(1, 0))
    assert results(run) == ["unknown", "skipped"]


@pytest.mark.parametrize(
    ("released", "again", "outcome"), [(True, False, "done"), (False, False, "skipped"), (False, True, "done")]
)
def test_whoever_was_refused_is_tried_only_once_a_licence_was_released(
    released: bool, again: bool, outcome: str
) -> None:
    rescue = Rescue(person(4, mobile=True), somebody(said="~m"))
    if not released:
        rescue.on["set"] = [REFUSED]
    run = carry_out(
        rescue, act(4, "update", mobile_license=False), award(5, before="~m"), refused_again=again
    )  # fmt: skip
    assert results(run)[1] == outcome


# -- technician seats counted while they change -----------------------------------------------------------------------


def off(node: int) -> Details:
    return person(node, status="Disabled")


@pytest.mark.parametrize(("trouble", "last"), [(None, "done"), (REFUSED, "skipped"), (NO_ANSWER, "skipped")])
def test_a_disable_that_was_not_done_frees_no_seat(trouble: Any, last: str) -> None:
    rescue = Rescue(person(4), off(5))
    rescue.on["set"] = [trouble]
    run = carry_out(
        rescue, act(4, "disable", enabled=False), act(5, "enable", enabled=True), seats=seats(technicians=(1, 1))
    )
    assert results(run)[1] == last
    if last == "skipped":
        assert message(run, 1) == "no_seat: 1 of 1 technician seats are still in use"
        assert not rescue.people[5].enabled


def test_a_stale_disable_frees_no_seat_for_a_creation() -> None:
    rescue = Rescue(person(4))
    run = carry_out(
        rescue, act(4, "disable", enabled=False), create("a@x.example"), planned=Rescue(person(4, name="Was")),
        seats=seats(technicians=(1, 1)),
    )  # fmt: skip
    assert results(run) == ["stale", "skipped"]
    assert rescue.writes == []


def test_a_refused_enable_or_creation_leaves_its_seat_to_the_next() -> None:
    rescue = Rescue(off(5), off(6))
    rescue.on["set"] = [REFUSED]
    both = [act(node, "enable", enabled=True) for node in (5, 6)]
    assert results(carry_out(rescue, *both, seats=seats(technicians=(1, 0)))) == ["failed", "done"]
    rescue = Rescue()
    rescue.on["create"] = [REFUSED]
    new = [create("a@x.example"), create("b@x.example")]
    assert results(carry_out(rescue, *new, seats=seats(technicians=(1, 0)))) == ["failed", "done"]


def test_a_half_made_node_keeps_its_seat() -> None:
    rescue = Rescue()
    rescue.on["set"] = [TargetRefused("INVALIDPARAM_EMAIL", "setUser: Rescue refused: INVALIDPARAM_EMAIL")]
    new = [create("a@x.example"), create("b@x.example")]
    assert results(carry_out(rescue, *new, seats=seats(technicians=(1, 0)))) == ["failed", "skipped"]


@pytest.mark.parametrize(("status", "outcome"), [("Offline", "done"), ("Disabled", "skipped")])
def test_filling_an_enabled_blank_takes_no_seat(status: str, outcome: str) -> None:
    blank = person(7, name="", nick="", login="", status=status)
    rescue = Rescue(blank)
    fill = create("a@x.example")
    fill = fill.model_copy(update={"subject": fill.subject.model_copy(update={"node_id": 7, "presence": status})})
    assert results(carry_out(rescue, fill, seats=seats(technicians=(1, 1)))) == [outcome]


def test_a_refused_filling_leaves_its_seat_to_the_next() -> None:
    blanks = [person(node, name="", nick="", login="", status="Disabled") for node in (7, 8)]
    rescue = Rescue(*blanks)
    rescue.on["set"] = [TargetRefused("INVALIDPARAM_EMAIL", "setUser: Rescue refused: INVALIDPARAM_EMAIL")]
    fills = [
        made.model_copy(update={"subject": made.subject.model_copy(update={"node_id": node, "presence": "Disabled"})})
        for node, made in ((7, create("a@x.example")), (8, create("b@x.example")))
    ]
    assert results(carry_out(rescue, *fills, seats=seats(technicians=(1, 0)))) == ["failed", "done"]
