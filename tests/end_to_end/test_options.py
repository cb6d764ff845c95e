"""How a run reads, shows and creates: `--refresh`, `plan --only`, `initial_password: generate`."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

import reconciler.cli.passwords as passwords

from .world import STORY_FILE, STORY_PEOPLE, story, upn, world

# -- --refresh (D4) -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("refresh", "asked", "found"),
    [
        ("auto", 0, []),
        ("bulk", 0, []),
        # everybody marked, the disabled ones too
        ("full", 12, ["keep"]),
    ],
)
def test_calls_of_each_refresh_after_an_apply(tmp_path: Path, refresh: str, asked: int, found: list[str]) -> None:
    with world(story(), STORY_FILE, tmp_path) as made:
        assert made.apply().code == 0
        marked = [row for row in made.box.state.nodes() if "[entra:8d2f:" in row["description"]]
        assert len(marked) == len(STORY_PEOPLE) == 12
        made.box.state.set_node(made.node("keep")["id"], sso_id="changed by hand")
        made.forget_calls()
        done = made.run("plan", "--refresh", refresh, "--format", "json")
        assert done.code == 0, done.err
        calls = [entry["call"] for entry in made.calls()]
        plan = json.loads(done.out)
        assert calls[:2] == ["getHierarchy_v2", "getAccount"]
        assert len(calls) == 3 + (len(marked) if asked else 0)
        assert [action["subject"]["login"] for action in plan["actions"]] == [upn(key) for key in found]
        assert plan["sso_verified"] == refresh


@pytest.mark.parametrize("refresh", ["auto", "bulk"])
def test_only_those_about_to_be_written_are_asked_for(tmp_path: Path, refresh: str) -> None:
    with world(story(), STORY_FILE, tmp_path) as made:
        done = made.run("plan", "--refresh", refresh, "--format", "json")
        nodes = {action["subject"]["node_id"] for action in json.loads(done.out)["actions"]} - {None}
        asked = [int(entry["parameters"]["node"]) for entry in made.calls() if "node" in entry["parameters"]]
        caller = [row["id"] for row in made.box.state.nodes() if row["type"] == "MasterAdministrator"]
        assert sorted(asked) == sorted([*nodes, *caller]), "each once, and who we are"


@pytest.mark.parametrize("refresh", ["auto", "bulk", "full"])
def test_an_apply_does_the_same_with_each(tmp_path: Path, wanted: list[tuple[object, ...]], refresh: str) -> None:
    with world(story(), STORY_FILE, tmp_path) as made:
        done = made.apply("--refresh", refresh)
        assert done.code == 0, done.err
        assert made.tree() == wanted


def test_a_daily_full_puts_right_what_auto_cannot_see(tmp_path: Path) -> None:
    with world(story(), STORY_FILE, tmp_path) as made:
        assert made.apply().code == 0
        made.box.state.set_node(made.node("keep")["id"], sso_id="changed by hand")
        assert made.apply().results == set()
        assert made.apply("--refresh", "full").code == 0
        assert made.node("keep")["sso_id"] == upn("keep")


# -- plan --only ----------------------------------------------------------------------------------------------------


def test_only_shows_a_part_of_the_whole_plan(tmp_path: Path) -> None:
    with world(story(), STORY_FILE, tmp_path) as made:
        whole = json.loads(made.run("plan", "--format", "json").out)
        done = made.run("plan", "--only", "field", "--format", "json", "--report", "part.md")
        part = json.loads(done.out)
        assert {action["mapping"] for action in part["actions"]} == {"field"}
        assert part["actions"] == [action for action in whole["actions"] if action["mapping"] == "field"]
        assert [state["name"] for state in part["mappings"]] == ["field"]
        for key in ("digest", "summary", "guards", "seats"):
            assert part[key] == whole[key]
        assert f"{len(part['actions'])} of {len(whole['actions'])} actions" in done.err
        assert upn("gone") not in (tmp_path / "part.md").read_text(encoding="utf-8")
        both = json.loads(made.run("plan", "--only", "desk", "--only", "field", "--format", "json").out)
        assert both["actions"] == whole["actions"]
        assert made.writes() == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--only", "dsek"), "no mapping of mappings.yaml has the name 'dsek'"),
        (("--only", "dsek"), "write 'desk'"),
        (("--only", "desk", "--only", "zzz"), "there are 'desk', 'field'"),
        (("--only", "desk", "--out", "plan.json"), "--only shows a part of a plan"),
    ],
)
def test_only_that_cannot_be(tmp_path: Path, words: tuple[str, ...], message: str) -> None:
    with world(story(), STORY_FILE, tmp_path) as made:
        done = made.run("plan", *words)
        assert done.code == 2
        assert message in done.err
        assert made.calls() == []
        assert not (tmp_path / "plan.json").exists()


# -- initial_password: generate (D19) -----------------------------------------------------------------------------


def generating(**top: Any) -> str:
    said = yaml.safe_load(STORY_FILE)
    return yaml.safe_dump(said | {"settings": {"initial_password": "generate"}} | top)


def test_generated_passwords_are_each_another_and_nowhere_to_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    minted: list[str] = []
    make = passwords.generate_password

    def noted() -> str:
        minted.append(make())
        return minted[-1]

    monkeypatch.setattr(passwords, "generate_password", noted)
    with world(story(rescue_more={"password_policy": "excellent"}), generating(), tmp_path) as made:
        env = {"GITHUB_ACTIONS": "true", "RESCUE_INITIAL_PASSWORD": ""}
        done = made.apply("-vv", "--log-file", "log.txt", "--report", "r.json", "--report", "r.md", **env)
        assert done.code == 0, done.err
        assert len(set(minted)) == len(minted) == 2
        found = [made.box.state.password_is(made.node(key)["id"], word) for key in ("new", "newer") for word in minted]
        assert sorted(found) == [False, False, True, True]
        files = [path.read_text(encoding="utf-8") for path in tmp_path.iterdir() if path.is_file()]
        for text in (done.out, done.err, *files):
            assert not any(word in text for word in minted)


def test_generated_passwords_need_an_SSO_ID_rule(tmp_path: Path) -> None:
    said = yaml.safe_load(generating())
    said["defaults"]["upn_as_sso_id"] = False
    with world(story(), yaml.safe_dump(said), tmp_path) as made:
        done = made.run("apply", "--yes")
        assert done.code == 2
        assert re.search(r"mappings\.yaml:\d+:\d+: generate needs an SSO ID rule", done.err)
        assert "upn_as_sso_id: true" in done.err
        assert made.calls() == []
