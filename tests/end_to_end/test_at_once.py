"""Two at once, at any moment of a run that writes everything: another apply, a watch, a person in the Admin Center.

The loser is stale, nobody's edit is overwritten, seats are kept, and what the two leave behind is what one would have.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from .faults import CALLS, Point
from .journal import Journal, Meanwhile
from .sweep import PASSWORD, Undisturbed, apply, at_work, check_moments, finish
from .test_together import standing_still
from .world import Done, World, upn

WRITES = [point for point in CALLS if point.writes]
FIRST_OF_ITS_KIND = list({point.purpose: point for point in reversed(WRITES)}.values())[::-1]
POINTS = WRITES if os.environ.get("FAULTS") == "all" else FIRST_OF_ITS_KIND
LEAVERS, STAYING, ADMINS = ["gone", "left"], ["adopt", "rename", "both", "wanders", "move", "stray", "back"], ["chief"]


@contextmanager
def stopped_at(made: World, point: Point, *words: str) -> Iterator[subprocess.Popen[str]]:
    """A process of its own that stands still while one of its writes, which has its effect, is being answered."""
    made.box.state.add_fault(side="rescue", method=point.method, nth=point.nth, effect="slow", seconds=0.4)
    process = made.start(*words)
    try:
        made.await_call(lambda entry: entry.get("fault") == "slow", process)
        made.box.state.clear_faults()
        with standing_still(process):
            yield process
    except BaseException:
        made.kill(process)
        raise


# -- a person in the Admin Center --------------------------------------------


def node_of(made: World, key: str) -> dict[str, Any]:
    found = made.box.state.node_by_login(upn(key), "admin" if key in ADMINS else "technician")
    return dict(found)


@pytest.mark.parametrize("key", [*LEAVERS, *STAYING, *ADMINS])
@pytest.mark.parametrize("edit", [{"name": "By Hand"}, {"description": "by hand "}], ids=["name", "description"])
def test_what_somebody_edits_just_before_is_not_overwritten(
    tmp_path: Path, undisturbed: Undisturbed, key: str, edit: dict[str, str]
) -> None:
    """The edit comes after everything was read and planned, just before the person is read again."""
    with at_work(tmp_path) as kept:
        made = kept.made
        node = node_of(made, key)
        if "description" in edit:
            edit = {"description": edit["description"] + node["description"]}
        act: Callable[[World], None] = lambda made: made.box.state.set_node(node["id"], **edit)  # noqa: E731
        kept.meanwhile.append(Meanwhile(f"getUser_v2 node={node['id']}&", 2, act))
        done = apply(made)
        assert done.code == 6, done.err
        assert done.outcomes is not None
        assert done.result_of(key) == "stale"
        assert made.box.state.node(node["id"]) == node | edit
        others = [item for item in done.outcomes["actions"] if item["outcome"] == "failed"]
        assert all("no_mobile_seat" in item["message"] for item in others), "a licence nobody gave back"
        first = apply(made)
        if first.code:
            assert apply(made).code == 0
        check_moments(kept)
        after = node_of(made, key)
        if "description" in edit:
            assert after["description"].startswith("by hand ")
        assert after["enabled"] == (key not in LEAVERS)


def test_a_licence_given_by_hand_before_the_award(tmp_path: Path, undisturbed: Undisturbed) -> None:
    """Nothing is written over it, and the next run counts it."""
    with at_work(tmp_path) as kept:
        node = node_of(kept.made, "aaron")
        act: Callable[[World], None] = lambda made: made.box.state.set_node(node["id"], mobile=True)  # noqa: E731
        kept.meanwhile.append(Meanwhile(f"getUser_v2 node={node['id']}&", 2, act))
        done = apply(kept.made)
        assert done.code == 6
        assert done.result_of("aaron") == "stale"
        assert node_of(kept.made, "aaron") == node | {"mobile": True}
        finish(kept, undisturbed)


@pytest.mark.parametrize(("key", "place", "role"), [("new", "Desk", "technician"), ("fresh", "Auditors", "admin")])
def test_a_login_somebody_takes_just_before_it_is_given(tmp_path: Path, key: str, place: str, role: str) -> None:
    """Looked up before createUser, so nothing half-made is left; the others are created."""
    with at_work(tmp_path) as kept:
        made = kept.made
        parent = made.box.state.node_by_path(place, role)["id"]
        kind = "Technician" if role == "technician" else "Administrator"

        def take(made: World) -> None:
            made.box.state.add_node(parent, kind, name="By Hand", email=upn(key))

        kept.meanwhile.append(Meanwhile(f"getUser_v3 {key}", 1, take))
        done = apply(made)
        assert done.code == 6, done.err
        assert done.result_of(key) == "failed"
        assert "blocked_login" in done.action(key)["message"]
        assert done.results == {"done", "failed"}
        people = [row for row in made.box.state.nodes() if row["type"] in ("Technician", "Administrator")]
        assert [row["name"] for row in people if not row["email"]] == ["New technician"], "the one nobody may touch"
        assert [row["name"] for row in people if row["email"] == upn(key)] == ["By Hand"]


# -- another run --------------------------------------------


@pytest.mark.parametrize("point", POINTS, ids=[f"{point.purpose} {point.nth}".replace(" ", "-") for point in POINTS])
def test_a_whole_run_while_another_stands_still(tmp_path: Path, undisturbed: Undisturbed, point: Point) -> None:
    with at_work(tmp_path) as kept:
        made = kept.made
        with stopped_at(made, point, "apply", "--yes", "--out", "first.json") as process:
            second = apply(made)
            assert second.code in (0, 6), second.err
            between = {row["id"]: row for row in made.box.state.nodes()}
        first = made.finish(process)
        assert first.code in (0, 6), first.err
        told = json.loads((made.folder / "first.json").read_text(encoding="utf-8"))
        assert {item["outcome"] for item in told["actions"]} <= {"done", "stale", "failed", "skipped", "unknown"}
        check_unspoilt(between, kept)
        if point.method.endswith(("Group", "Group_v2")):
            delete_second_groups(made)
        finish(kept, undisturbed)


def check_unspoilt(between: dict[int, dict[str, Any]], kept: Journal) -> None:
    """Whom the second run wrote whole, the first has not written again, but for one it made itself."""
    now = {row["id"]: row for row in kept.made.box.state.nodes()}
    for node, row in between.items():
        if row["email"]:
            assert now[node]["email"] == row["email"], f"{row['email']} became {now[node]['email']}"


def delete_second_groups(made: World) -> None:
    """Groups are looked for once, before the first is made (D15): both runs may make the next one.

    Then nothing is written for that branch until a person has deleted the one that is empty.
    """
    found: dict[str, list[int]] = {}
    for row in made.box.state.nodes():
        if "[entra-group:" in row["description"]:
            found.setdefault(row["description"], []).append(row["id"])
    for first, *others in found.values():
        for second in others:
            assert "marker_twice" in made.call("plan").out
            empty = next(node for node in (second, first) if not made.box.state.descendants(node))
            made.box.state.delete_node(empty)


def test_a_watch_whose_round_is_overtaken(tmp_path: Path, undisturbed: Undisturbed) -> None:
    """Its round ends with stale people; the next one finds that all is well."""
    point = next(point for point in WRITES if point.purpose == "update")
    words = ("watch", "--interval", "1s", "--health", "health.json", "--out", "round.json")
    with at_work(tmp_path) as kept:
        made = kept.made
        with stopped_at(made, point, *words) as process:
            node = node_of(made, "move")["id"]
            made.box.state.set_node(node, nick="Called By Hand")
            assert apply(made).code == 0
            written = len(kept.moments)
        try:
            rounds = [await_round(made, process, set())]
            rounds.append(await_round(made, process, {rounds[0]["run"]}))
        finally:
            process.terminate()
            done = made.finish(process)
        assert [ended["exit_code"] for ended in rounds] == [6, 0]
        assert done.code == 0
        assert len(kept.moments) == written, "the watch wrote on after it was overtaken"
        assert node_of(made, "move")["nick"] == "Called By Hand"
        check_moments(kept)
        assert made.call("plan", "--detailed-exitcode").code == 0


def await_round(made: World, process: subprocess.Popen[str], seen: set[str]) -> dict[str, Any]:
    """The first round to end that was not seen yet."""
    file = made.folder / "health.json"
    until = time.monotonic() + 60
    while True:
        told = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        last = told.get("last_round")
        if last and last["run"] not in seen:
            return dict(last)
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until, told
        time.sleep(0.02)


# -- one ends the other's code --------------------------------------------


def give_password(made: World) -> None:
    made.env |= {"RESCUE_EMAIL": "sync@contoso.example", "RESCUE_PASSWORD": PASSWORD}
    del made.env["RESCUE_API_TOKEN"]


@pytest.mark.parametrize("way", ["a code made elsewhere", "e-mail and password"])
def test_a_code_that_somebody_else_ends(tmp_path: Path, undisturbed: Undisturbed, way: str) -> None:
    """requestAuthCode by one ends the other's code: that run says so once and stops. It asks for no new code."""
    point = next(point for point in WRITES if point.purpose == "move")
    with at_work(tmp_path) as kept:
        made = kept.made
        give_password(made)
        made.box.state.set_switch("deny_login", "yes")
        if way == "a code made elsewhere":
            made.env["RESCUE_API_TOKEN"] = made.call("token").out.strip()
        with stopped_at(made, point, "apply", "--yes", "--out", "outcomes.json") as process:
            code = made.call("token", RESCUE_API_TOKEN="").out.strip()
            asked = count(made, "requestAuthCode")
        done: Done = made.finish(process)
        assert done.code == 6
        assert done.err.count("warning: the run ended") == 1, done.err
        assert "requestAuthCode" in done.err
        assert made.calls()[-1]["word"] == "INVALID_SECRETAUTHCODE"
        assert [entry["word"] for entry in made.calls()].count("INVALID_SECRETAUTHCODE") == 1
        assert count(made, "requestAuthCode") == asked, (
            "a new code was asked for: the two would end each other for ever"
        )
        assert done.results == {"done", "failed", "skipped"}
        made.env["RESCUE_API_TOKEN"] = code
        finish(kept, undisturbed)


def count(made: World, call: str) -> int:
    return [entry["call"] for entry in made.calls()].count(call)
