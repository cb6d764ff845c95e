"""Somebody else at work at the same time: a second run, a person in the Admin Center, a person in Entra."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from .world import STORY_FILE, World, entra, guid, mappings, scenario, story, technician, upn, world


def apply_while(made: World, method: str, call: int, meanwhile: Callable[[World], None]) -> Any:
    """A real apply; while one of its calls is being answered, somebody does something else."""
    made.box.state.add_fault(side="rescue", method=method, nth=call, effect="slow", seconds=0.4)
    process = made.start("apply", "--yes", "--out", "outcomes.json")
    made.await_call(lambda entry: entry.get("fault") == "slow", process)
    with standing_still(process):
        meanwhile(made)
    return made.finish(process)


@contextmanager
def standing_still(process: subprocess.Popen[str]) -> Iterator[None]:
    process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)


EDITS: dict[str, Callable[[World], dict[str, Any]]] = {
    "name": lambda _: {"name": "Rita By Hand"},
    "login": lambda _: {"email": "rita.hand@contoso.example"},
    "SSO ID": lambda _: {"sso_id": "by-hand"},
    "mobile licence": lambda _: {"mobile": True},
    "remote access licence": lambda _: {"rpat": False},
    "status": lambda _: {"status": "Disabled"},
    "description": lambda made: {"description": "by hand " + made.node("rename")["description"]},
    "account holder": lambda _: {"account_holder": True},
}


@pytest.mark.parametrize("field", EDITS)
def test_an_edit_between_plan_and_write_is_not_overwritten(tmp_path: Path, field: str) -> None:
    with world(story(), STORY_FILE, tmp_path) as made:
        node = made.node("rename")["id"]
        edited: list[dict[str, Any]] = []

        def edit(_: World) -> None:
            made.box.state.set_node(node, **EDITS[field](made))
            edited.append(made.box.state.node(node))

        done = apply_while(made, "setUser_v2", 1, edit)
        assert done.code == 6
        assert done.result_of("rename") == "stale"
        assert field in done.action("rename")["message"]
        assert made.box.state.node(node) == edited[0]
        assert done.results == {"done", "stale"}


def test_presence_and_nick_are_no_reason_to_stop(tmp_path: Path) -> None:
    with world(story(), STORY_FILE, tmp_path) as made:
        node = made.node("rename")["id"]
        done = apply_while(
            made, "setUser_v2", 1, lambda made: made.box.state.set_node(node, status="Busy", nick="Ritchie")
        )
        assert done.code == 0
        assert made.node("rename")["name"] == "Rita Renamed"
        assert made.node("rename")["nick"] == "Ritchie"
        assert made.node("rename")["presence"] == "Busy"


def test_a_person_deleted_between_plan_and_write(tmp_path: Path) -> None:
    """They are not written, and fewer records than before mean that nobody is placed (D15)."""
    with world(story(), STORY_FILE, tmp_path) as made:
        node = made.node("rename")["id"]
        done = apply_while(made, "setUser_v2", 1, lambda made: made.box.state.delete_node(node))
        assert done.code == 6
        assert done.result_of("rename") == "stale"
        for key in ("both", "move", "stray", "new", "newer"):
            assert done.result_of(key) == "skipped"
            assert "lacks 1 records" in done.action(key)["message"]
        assert done.result_of("adopt") == done.result_of("back") == "done"
        assert {entry["call"] for entry in made.writes()} == {"setUser_v2"}
        assert made.apply().code == 0
        assert made.node("rename")["id"] != node


def test_a_group_renamed_between_plan_and_write(tmp_path: Path) -> None:
    with world(story(), STORY_FILE, tmp_path) as made:
        field = made.box.state.node_by_path("Field")["id"]
        done = apply_while(made, "setUser_v2", 1, lambda made: made.box.state.set_node(field, name="Outdoors"))
        assert done.code == 6
        for key in ("both", "move", "stray"):
            assert done.result_of(key) == "stale"
        assert done.result_of("new") == "done"
        assert "moveNode" not in {entry["call"] for entry in made.writes()}


def test_a_person_moved_by_hand_between_plan_and_write(tmp_path: Path) -> None:
    with world(story(), STORY_FILE, tmp_path) as made:
        elsewhere = made.box.state.node_by_path("Elsewhere")["id"]
        node = made.node("move")["id"]
        done = apply_while(made, "setUser_v2", 1, lambda made: made.box.state.set_node(node, parent=elsewhere))
        assert done.code == 6
        assert done.result_of("move") == "stale"
        assert made.box.state.node(node)["parent"] == elsewhere


def test_a_login_taken_between_plan_and_creation(tmp_path: Path) -> None:
    with world(story(), STORY_FILE, tmp_path) as made:
        desk = made.box.state.node_by_path("Desk")["id"]
        done = apply_while(
            made,
            "setUser_v2",
            1,
            lambda made: made.box.state.add_node(desk, "Technician", name="By Hand", email=upn("new")),
        )
        assert done.code == 6
        assert done.result_of("new") == "failed"
        assert "blocked_login" in done.action("new")["message"]
        assert done.result_of("newer") == "done"
        assert made.node("new")["name"] == "By Hand"


def test_a_half_made_node_that_somebody_fills_first(tmp_path: Path) -> None:
    people = {"new": entra("new"), "keep": entra("keep", "Kerstin Kept")}
    text = scenario(people, {"desk": ["new", "keep"]}, {"Desk": [technician("keep", "desk", "Kerstin Keep")]})
    with world(text, mappings({"desk": "Desk"}), tmp_path) as made:
        desk = made.box.state.node_by_path("Desk")["id"]
        blank = made.box.state.add_node(desk, "Technician", name="New technician", enabled=False)
        done = apply_while(
            made,
            "setUser_v2",
            1,
            lambda made: made.box.state.set_node(blank, name="By Hand", email="hand@contoso.example", enabled=True),
        )
        assert done.result_of("new") == "stale"
        assert made.box.state.node(blank)["name"] == "By Hand"


def test_two_runs_at_once(tmp_path: Path, wanted: Any) -> None:
    """Nobody is overwritten or made twice. Where both made a node in the same moment, one of them stays half-made."""
    with world(story(), STORY_FILE, tmp_path) as made:
        made.box.state.add_fault(side="rescue", method="getUser_v2", nth=9, effect="slow", seconds=1.5)
        first = made.start("apply", "--yes", "--out", "first.json")
        made.await_call(lambda entry: entry.get("fault") == "slow", first)
        second = made.start("apply", "--yes", "--out", "second.json")
        ends = [made.finish(first).code, made.finish(second).code]
        assert set(ends) <= {0, 6}
        last = made.apply()
        blanks = [row for row in made.box.state.nodes() if row["type"] == "Technician" and not row["email"]]
        assert last.code == (6 if blanks else 0), last.out
        assert len(blanks) <= 2
        assert last.out.count("! half_made") == len(blanks)
        assert [row for row in made.tree() if row[1] != "Technician" or row[4]] == wanted
        made.box.state.set_person(guid("stray"), name="Stan Strays")
        assert made.apply().code == last.code


def test_the_second_of_two_runs_writes_nothing_that_the_first_has_written(tmp_path: Path, wanted: Any) -> None:
    """It has planned before the first began to write, and writes after that has ended."""
    with world(story(), STORY_FILE, tmp_path) as made:
        made.box.state.add_fault(side="rescue", method="getUser_v2", nth=9, effect="slow", seconds=0.4)
        late = made.start("apply", "--yes", "--out", "late.json")
        made.await_call(lambda entry: entry.get("fault") == "slow", late)
        with standing_still(late):
            assert made.apply().code == 0
        before = len(made.writes())
        done = made.finish(late)
        assert done.code == 6
        assert len(made.writes()) == before
        assert made.tree() == wanted


def test_a_login_passed_on_is_given_up_first(tmp_path: Path) -> None:
    """The giver is written before the taker, whatever the stages say; if that fails, the taker is left alone (D16)."""
    people = {
        "old": entra("old", upn=upn("old2"), mail=upn("old2")),
        "heir": entra("heir", upn=upn("old"), mail=upn("old")),
    }
    nodes = [technician("old", "desk"), technician("heir", "desk")]
    text = scenario(people, {"desk": ["old", "heir"]}, {"Desk": nodes})
    file = mappings({"desk": "Desk"}, guards={"max_identity_changes": "off"})
    with world(text, file, tmp_path) as made:
        made.box.state.add_fault(side="rescue", method="setUser_v2", nth=1, effect="error_before")
        done = made.apply()
        assert done.code == 6
        assert done.result_of("old") == "unknown"
        assert done.result_of("heir") == "skipped"
        assert "depends on" in done.action("heir")["message"]
        done = made.apply()
        assert done.code == 0
        assert {row["email"]: row["name"] for row in made.box.state.nodes() if row["type"] == "Technician"} == {
            upn("old2"): "Old",
            upn("old"): "Heir",
        }


@pytest.mark.parametrize(
    ("switches", "what"),
    [
        ({"description_storing": "dropped"}, "the marker was not stored whole"),
        ({"description_storing": "truncated", "description_limit": "70"}, "the marker was not stored whole"),
        ({"description_storing": "truncated", "description_limit": "3"}, "the other text"),
    ],
)
def test_a_server_that_does_not_keep_descriptions_is_noticed_at_once(
    tmp_path: Path, switches: dict[str, str], what: str
) -> None:
    people = {key: entra(key) for key in ("a", "b", "c")}
    nodes = [technician(key, None, text="some text by hand") for key in people]
    text = scenario(people, {"desk": list(people)}, {"Desk": nodes}, switches=switches)
    with world(text, mappings({"desk": "Desk"}), tmp_path) as made:
        done = made.apply()
        assert done.code == 6
        assert len(made.writes()) == 1
        assert done.result_of("a") == "failed"
        assert done.result_of("b") == done.result_of("c") == "skipped"
        assert "did what it was not meant to do" in done.err
        assert what in done.err or "description" in done.err
        assert "Admin Center" in done.err


def test_the_same_with_people_who_are_new(tmp_path: Path) -> None:
    """The first person created is looked at as well: else every one of them would be made without a marker."""
    people = {key: entra(key) for key in ("a", "b", "c")}
    text = scenario(people, {"desk": list(people)}, {"Desk": []}, switches={"description_storing": "dropped"})
    with world(text, mappings({"desk": "Desk"}), tmp_path) as made:
        done = made.apply()
        assert done.code == 6
        assert [entry["call"] for entry in made.writes()] == ["createUser", "setUser_v2"]
        assert done.result_of("a") == "failed"
        assert done.result_of("b") == "skipped"
