"""How an apply ends: the exit codes of product.md §3, their messages, and what is written in each case."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from reconciler.errors import UsageError
from reconciler.model.hierarchy import Details
from reconciler.target.rescue_writer import RescueWriter

from .world import (
    STORY_FILE,
    STORY_PEOPLE,
    STORY_WRITES,
    World,
    guid,
    mappings,
    nth,
    story,
    world,
)

ROOT = Path(__file__).parents[2]
STRICT = mappings({"desk": "Desk", "field": "Field"}, sso=True, guards={"max_removals": 1, "max_moves": 2})


def check_nothing_written(made: World, before: Any) -> None:
    assert made.writes() == []
    assert made.tree() == before


def test_a_guard_refuses(tmp_path: Path) -> None:
    with world(story(), STRICT, tmp_path) as made:
        before = made.tree()
        done = made.run("apply", "--yes", "--out", "outcomes.json", "--report", "report.md")
        assert done.code == 4
        assert "error: nothing was written, a guard refused the plan: " in done.err
        assert "max_removals" in done.err
        assert "max_moves" in done.err
        assert "permits:" in done.err
        check_nothing_written(made, before)
        assert done.results == {"held"}
        assert done.outcomes is not None
        assert done.outcomes["exit_code"] == 4
        assert done.outcomes["converged"] is None
        assert (tmp_path / "report.md").exists()
        assert made.call("plan", "--detailed-exitcode").code == 4


def test_a_permit_lets_exactly_the_listed_actions_through(tmp_path: Path) -> None:
    with world(story(), STRICT, tmp_path) as made:
        refused = made.apply()
        assert refused.code == 4
        listed = {guard["name"]: guard["actions"] for guard in (refused.outcomes or {})["guards"] if guard["actions"]}
        permits = [
            {"guard": name, "actions": ids, "reason": "reviewed", "until": "2099-12-31"} for name, ids in listed.items()
        ]
        made.file.write_text(
            mappings(
                {"desk": "Desk", "field": "Field"},
                sso=True,
                guards={"max_removals": 1, "max_moves": 2},
                permits=permits,
            ),
            encoding="utf-8",
        )
        assert made.apply().code == 0


@pytest.mark.parametrize("what", ["Rescue", "Entra", "the file"])
def test_the_saved_plan_is_stale(tmp_path: Path, what: str) -> None:
    with world(story(), STRICT if what == "Rescue" else STORY_FILE, tmp_path) as made:
        if what == "Rescue":  # also over the guards: 5 comes before 4
            made.file.write_text(STRICT, encoding="utf-8")
        assert made.call("plan", "--out", "plan.json").code == 0
        if what == "Rescue":
            made.box.state.set_node(made.node("rename")["id"], name="Rita By Hand")
        elif what == "Entra":
            made.box.state.set_person(guid("keep"), name="Kerstin Kept")
        else:
            made.file.write_text(STORY_FILE.replace("50%", "60%"), encoding="utf-8")
        before = made.tree()
        done = made.run("apply", "--yes", "--plan", "plan.json", "--out", "outcomes.json")
        assert done.code == 5
        assert "the plan is no longer the one saved in plan.json" in done.err
        assert ("the file changed" if what == "the file" else "Entra or Rescue changed") in done.err
        check_nothing_written(made, before)
        assert done.results == {"skipped"}
        assert done.outcomes is not None
        assert done.outcomes["exit_code"] == 5


def test_presence_alone_does_not_make_a_saved_plan_stale(tmp_path: Path) -> None:
    with world(story(), STORY_FILE, tmp_path) as made:
        assert made.call("plan", "--out", "plan.json").code == 0
        made.box.state.set_node(made.node("rename")["id"], status="Away")
        assert made.apply("--plan", "plan.json").code == 0


def test_no_terminal_to_ask_on(tmp_path: Path) -> None:
    with world(story(), STORY_FILE, tmp_path) as made:
        before = made.tree()
        done = made.run("apply", "--out", "outcomes.json")
        assert done.code == 2
        assert "--yes" in done.err
        assert made.calls() == []
        check_nothing_written(made, before)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--report", "outcomes.docx"], ".docx"),
        (["--out", "nowhere/outcomes.json"], "there is no folder"),
        (["--out", "."], "it is a folder"),
        (["--report", "nowhere/report.md"], "there is no folder"),
        (["--plan", "missing.json"], "cannot be read"),
        (["--plan", "mappings.yaml"], "is no saved plan"),
        (["--refresh", "never"], "--refresh"),
    ],
)
def test_flags_that_cannot_be_used(tmp_path: Path, words: list[str], message: str) -> None:
    with world(story(), STORY_FILE, tmp_path) as made:
        done = made.call("apply", "--yes", *words)
        assert done.code == 2
        assert message in done.err
        assert made.calls() == []


def test_another_account(tmp_path: Path) -> None:
    with world(story(), STORY_FILE.replace("1234567", "7654321"), tmp_path) as made:
        before = made.tree()
        done = made.run("apply", "--yes", "--out", "outcomes.json")
        assert done.code == 1
        assert "this is Rescue account 1234567" in done.err
        assert done.outcomes is not None
        assert (done.outcomes["digest"], done.outcomes["actions"]) == (None, [])
        assert (done.outcomes["exit_code"], done.outcomes["account_id"]) == (1, 7654321)
        assert done.outcomes["error"].startswith("this is Rescue account 1234567")
        check_nothing_written(made, before)


def test_outcomes_are_written_also_where_there_was_no_plan(tmp_path: Path) -> None:
    """Neither by an invalid file, nor by one that is not there, nor by a signal while reading are old ones left."""
    with world(story(), STORY_FILE, tmp_path) as made:
        schema = json.loads((ROOT / "schema" / "outcomes.schema.json").read_text(encoding="utf-8"))
        for file, code, said in (("mappings.yaml", 2, "mappings.yaml:1:1: "), ("other.yaml", 2, "other.yaml")):
            made.file.write_text("nonsense: 1\n", encoding="utf-8")
            done = made.run("apply", file, "--yes", "--out", "outcomes.json")
            assert done.code == code
            assert done.outcomes is not None
            assert (done.outcomes["exit_code"], done.outcomes["account_id"]) == (code, None)
            assert said in done.outcomes["error"]
            jsonschema.Draft202012Validator(schema).validate(done.outcomes)
        made.file.write_text(STORY_FILE, encoding="utf-8")
        made.box.state.add_fault(side="rescue", method="getHierarchy_v2", nth=1, effect="slow", seconds=5)
        process = made.start("apply", "--yes", "--out", "outcomes.json")
        made.await_call(lambda entry: entry["call"].lower().startswith("gethierarchy"), process)
        process.send_signal(signal.SIGTERM)
        done = made.finish(process)
        assert done.code == 1
        assert done.outcomes is not None
        assert (done.outcomes["exit_code"], done.outcomes["error"]) == (1, "stopped by a signal")
        jsonschema.Draft202012Validator(schema).validate(done.outcomes)


def test_the_caller_is_no_master_administrator(tmp_path: Path) -> None:
    more = {
        "rescue_more": {
            "token_owner": "amy@contoso.example",
            "administrators": [{"name": "Amy Admin", "email": "amy@contoso.example"}],
        }
    }
    with world(story(**more), STORY_FILE, tmp_path) as made:
        before = made.tree()
        done = made.run("apply", "--yes", "--out", "outcomes.json")
        assert done.code == 1
        assert "no master administrator" in done.err
        check_nothing_written(made, before)


@pytest.mark.parametrize(
    ("password", "message"),
    [
        ("", "RESCUE_INITIAL_PASSWORD is not set"),
        ("Ab1-xyz", "shorter than 8"),
        ("abcdefgh", "1 of the four classes"),
        ("abcdefgH", "2 of the four classes"),
        ("Abcdefg 1", "white space"),
        ("Abcdefg\t1", "white space"),
        ("Abcdefg\x011", "cannot be sent"),
        ("Abcdefg1\udcff", "cannot be sent"),
    ],
)
def test_the_initial_password_is_checked_before_any_write(tmp_path: Path, password: str, message: str) -> None:
    with world(story(), STORY_FILE, tmp_path) as made:
        before = made.tree()
        done = made.apply(RESCUE_INITIAL_PASSWORD=password)
        assert done.code == 2
        assert message in done.err
        assert not password or password not in done.err + done.out
        check_nothing_written(made, before)
        assert done.results == {"skipped"}
        assert done.outcomes is not None
        assert done.outcomes["exit_code"] == 2


@pytest.mark.parametrize("password", ["Abcdefg1", "abcdefg1-", "ABCDEFG1-", "Ünïcode-Wört", "Пароль-12"])
def test_three_classes_are_enough(tmp_path: Path, password: str) -> None:
    with world(story(), STORY_FILE, tmp_path) as made:
        assert made.apply(RESCUE_INITIAL_PASSWORD=password).code == 0
        assert made.box.state.password_is(made.node("new")["id"], password)


def test_no_password_is_needed_where_nobody_is_created(tmp_path: Path) -> None:
    with world(story(), STORY_FILE, tmp_path) as made:
        assert made.apply().code == 0
        made.box.state.set_person(guid("keep"), name="Kerstin Kept")
        assert made.apply(RESCUE_INITIAL_PASSWORD="").code == 0
        assert made.node("keep")["name"] == "Kerstin Kept"


def test_a_password_the_account_does_not_take(tmp_path: Path) -> None:
    """The policy is shown by no API: the first creation is refused, and no second blank node is made."""
    with world(story(rescue_more={"password_policy": "excellent"}), STORY_FILE, tmp_path) as made:
        done = made.apply(RESCUE_INITIAL_PASSWORD="Abcdefg1")
        assert done.code == 6
        assert done.result_of("new") == "failed"
        assert "PASSWORD" in done.action("new")["message"]
        assert done.result_of("newer") == "skipped"
        assert "half-made" in done.action("newer")["message"]
        blanks = [row for row in made.box.state.nodes() if row["type"] == "Technician" and not row["email"]]
        assert len(blanks) == 1
        again = made.apply(RESCUE_INITIAL_PASSWORD="Abcdefg1")
        assert again.code == 6
        assert len([row for row in made.box.state.nodes() if row["type"] == "Technician" and not row["email"]]) == 1
        assert made.apply().code == 0
        assert made.node("new")["id"] == blanks[0]["id"]


@pytest.mark.parametrize("variable", ["RESCUE_BASE_URL", "GRAPH_BASE_URL"])
def test_a_host_that_is_not_there(tmp_path: Path, variable: str) -> None:
    with world(story(), STORY_FILE, tmp_path) as made:
        before = made.tree()
        path = "/API" if variable == "RESCUE_BASE_URL" else "/v1.0"
        done = made.apply(**{variable: f"http://127.0.0.1:9{path}"})
        assert done.code == 1
        assert done.unplanned
        assert "error: " in done.err
        check_nothing_written(made, before)


def test_the_last_reading_fails(tmp_path: Path) -> None:
    with world(story(), STORY_FILE, tmp_path) as made:
        made.box.state.add_fault(side="rescue", method="getHierarchy_v2", nth=5, times=100, effect="error_before")
        done = made.apply()
        assert done.code == 6
        assert done.results == {"done"}
        assert done.outcomes is not None
        assert done.outcomes["converged"] is None
        assert "could not be read again" in done.err
        made.box.state.clear_faults()
        assert made.apply().code == 0


def test_a_finding_of_severity_error_ends_with_6(tmp_path: Path) -> None:
    people = STORY_PEOPLE | {"keep": STORY_PEOPLE["keep"] | {"name": "<b>"}}
    text = story()
    assert "Kerstin Keep" in text
    with world(text.replace("name: Kerstin Keep\n    upn", "name: <b>\n    upn"), STORY_FILE, tmp_path) as made:
        made.box.state.set_person(guid("keep"), name=people["keep"]["name"])
        done = made.apply()
        assert done.code == 6
        assert done.results == {"done"}
        assert made.apply().code == 6
        assert made.call("plan", "--detailed-exitcode").code == 6


# -- signals -----------------------------------------------------------------------------------------------------------


def stop_at(made: World, number: signal.Signals, method: str, call: int) -> tuple[World, Any]:
    """Sends a signal while one call of a real process is being answered, and waits for the end."""
    made.box.state.add_fault(side="rescue", method=method, nth=call, effect="slow", seconds=0.6)
    process = made.start("apply", "--yes", "--out", "outcomes.json")
    made.await_call(lambda entry: entry.get("fault") == "slow", process)
    process.send_signal(number)
    return made, made.finish(process)


@pytest.mark.parametrize(
    ("number", "index", "done_after"),
    [
        (signal.SIGTERM, 0, 1),
        (signal.SIGINT, 4, 5),  # moveNode of an update and move: the setUser follows
        (signal.SIGTERM, 10, 9),  # createUser: the setUser follows, the second creation does not
        (signal.SIGINT, 11, 9),
    ],
)
def test_a_signal_ends_the_run_after_the_action_in_hand(
    tmp_path: Path, wanted: Any, number: signal.Signals, index: int, done_after: int
) -> None:
    with world(story(), STORY_FILE, tmp_path) as made:
        _, done = stop_at(made, number, *nth(index))
        assert done.code == 6, done.err
        results = [item["outcome"] for item in done.outcomes["actions"]]
        assert results == ["done"] * done_after + ["skipped"] * (10 - done_after)
        assert done.outcomes["exit_code"] == 6
        assert done.outcomes["converged"] is False
        assert "stopping after the action in hand" in done.err
        assert "stopped by a signal" in done.err
        assert all(row["email"] for row in made.box.state.nodes() if row["type"] == "Technician")
        assert made.apply().code == 0
        assert made.tree() == wanted


@pytest.mark.parametrize(("method", "call"), [nth(len(STORY_WRITES) - 1), ("getHierarchy_v2", 5)])
def test_a_signal_with_nothing_left_to_do(tmp_path: Path, method: str, call: int) -> None:
    with world(story(), STORY_FILE, tmp_path) as made:
        _, done = stop_at(made, signal.SIGTERM, method, call)
        assert done.code == 0, done.err
        assert done.results == {"done"}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_before_there_is_a_plan(tmp_path: Path, number: signal.Signals) -> None:
    with world(story(), STORY_FILE, tmp_path) as made:
        before = made.tree()
        _, done = stop_at(made, number, "getAccount", 1)
        assert done.code == 1
        assert f"Stopped by {number.name}; nothing was changed." in done.err
        assert done.unplanned
        check_nothing_written(made, before)


# -- the question ------------------------------------------------------------------------------------------------------


def ask(made: World, answer: str | signal.Signals) -> Any:
    """A real process on a terminal, which is asked and answers, or is stopped at the question."""
    ours, theirs = os.openpty()
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("RESCUE_", "AZURE_"))}
    process = subprocess.Popen(
        [made.command, "apply", "--out", "outcomes.json"],
        cwd=made.folder,
        env=clean | made.env,
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(theirs)
    try:
        asked = ""
        assert process.stderr is not None
        while "Apply this plan?" not in asked:
            piece = process.stderr.read(1)
            assert piece, asked
            asked += piece
        if isinstance(answer, signal.Signals):
            time.sleep(
                0.3
            )  # until it is waiting in the kernel: a signal just before that is noticed only with the next
            process.send_signal(answer)
        else:
            os.write(ours, answer.encode())
        return made.finish(process)
    finally:
        os.close(ours)


@pytest.mark.parametrize("answer", ["n\n", "\n", "\x04", signal.SIGTERM, signal.SIGINT], ids=repr)
def test_the_question_is_not_answered_with_yes(tmp_path: Path, answer: str | signal.Signals) -> None:
    with world(story(), STORY_FILE, tmp_path) as made:
        before = made.tree()
        done = ask(made, answer)
        assert done.code == 6
        assert done.results == {"skipped"}
        assert done.outcomes["exit_code"] == 6
        check_nothing_written(made, before)


def test_the_question_is_answered_with_yes(tmp_path: Path, wanted: Any) -> None:
    with world(story(), STORY_FILE, tmp_path) as made:
        done = ask(made, "y\n")
        assert done.code == 0, done.err
        assert made.tree() == wanted


def test_nothing_is_asked_where_nothing_is_to_be_done(tmp_path: Path) -> None:
    with world(story(), STORY_FILE, tmp_path) as made:
        assert made.apply().code == 0
        ours, theirs = os.openpty()
        try:
            process = subprocess.run(
                [made.command, "apply"],
                cwd=made.folder,
                env=os.environ | made.env,
                stdin=theirs,
                capture_output=True,
                text=True,
                timeout=30,
                check=False,
            )
        finally:
            os.close(ours)
            os.close(theirs)
        assert process.returncode == 0
        assert "Apply this plan?" not in process.stderr


# -- what nobody expects -----------------------------------------------------------------------------------------------


def test_a_bug_keeps_its_traceback_and_loses_no_outcome(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with world(story(), STORY_FILE, tmp_path) as made:
        usual = RescueWriter.perform_set

        def broken(self: RescueWriter, record: Details, password: str | None = None) -> None:
            if record.login.startswith("rename"):
                raise ZeroDivisionError
            usual(self, record, password)

        monkeypatch.setattr(RescueWriter, "perform_set", broken)
        with pytest.raises(ZeroDivisionError):
            made.apply()
        saved = made.saved()
        assert saved is not None
        assert saved["exit_code"] == 1
        assert [item["outcome"] for item in saved["actions"]] == ["done"] * 3 + ["unknown"] + ["skipped"] * 6
        monkeypatch.undo()
        assert made.apply().code == 0


def test_a_report_that_cannot_be_written_after_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rescue has been written by then, so it is a warning, and no success."""
    with world(story(), STORY_FILE, tmp_path) as made:

        def full(file: str, _text: str) -> None:
            raise UsageError(f"{file} cannot be written: No space left on device")

        monkeypatch.setattr("reconciler.cli.applying.write_whole", full)
        done = made.apply()
        assert done.code == 1
        assert "No space left on device" in done.err
        assert "Rescue now equals the plan" in done.out
