"""How the questions of planning are answered: each kind by its own call, and not without end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reconciler.cli import reading
from reconciler.cli.reading import open_sides, read_and_answer, read_and_plan
from reconciler.cli.talk import Talk
from reconciler.config.load import load_mappings
from reconciler.errors import ReconcilerError
from reconciler.model.readings import Questions
from tests.end_to_end.world import World, entra, guid, mappings, scenario, technician, upn, world

PEOPLE = {key: entra(key) for key in ("kim", "inc", "deep")}
GROUPS = {"desk": ["kim", "inner"], "inner": ["deep"]}
RESCUE = {"Desk": [technician("kim", "desk"), technician("deep", "desk")]}


def company(folder: Path, **top: Any) -> Any:
    return world(
        scenario(PEOPLE, GROUPS, RESCUE), mappings({"desk": "Desk"}, guards={"max_removals": "off"}, **top), folder
    )


def plan_of(made: World) -> dict[str, str]:
    done = made.call("plan", "--format", "json")
    assert done.code == 0, done.err
    return {action["subject"]["entra_id"]: action["reason"] for action in json.loads(done.out)["actions"]}


def test_somebody_included_by_name_is_asked_for_by_that_name(tmp_path: Path) -> None:
    include = {"login": upn("inc"), "action": "include", "mapping": "desk", "until": "2099-01-31"}
    with company(tmp_path, overrides=[include]) as made:
        assert plan_of(made)[guid("inc")].startswith("included until 2099-01-31 by an override")


def test_whom_entra_says_to_be_in_a_group_after_all_its_members_are_read_once_more(tmp_path: Path) -> None:
    """Deep is in it through a group that `nested: direct` does not follow: a leaver, but only after a second look."""
    with company(tmp_path) as made:
        assert plan_of(made)[guid("deep")] == "left desk"
        batches = [entry["items"] for entry in made.box.requests() if entry["side"] == "graph"]
        asked = [item["url"].partition("?")[0] for items in batches for item in items]
        assert [url.rpartition("/")[2] for url in asked].count("members") == 2
        assert asked.index(f"/users/{guid('deep')}/getMemberGroups") < asked.index(f"/groups/{guid('desk')}/members", 2)


@pytest.mark.parametrize("rounds", [0, 3])
def test_questions_without_end_are_a_bug_and_not_a_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rounds: int
) -> None:
    asked: list[Questions] = []

    def ask_again(*_: Any, **__: Any) -> Questions:
        asked.append(Questions())
        return asked[-1]

    with company(tmp_path) as made:
        file = load_mappings(made.file, tenant_id=None)
        monkeypatch.setattr(reading, "ROUNDS", rounds)
        monkeypatch.setattr(reading, "_make_plan", ask_again)
        talk = Talk(quiet=True, verbose=0)
        with open_sides(file, made.env, talk) as sides:
            with pytest.raises(ReconcilerError, match=f"still had questions after {rounds} rounds"):
                read_and_plan(file, sides, refresh="auto", talk=talk)
            with pytest.raises(ReconcilerError, match=f"still had questions after {rounds} rounds"):
                read_and_answer(ask_again, file, sides, rounds=rounds, talk=talk)
        assert len(asked) == 2 * rounds
        assert made.writes() == []
