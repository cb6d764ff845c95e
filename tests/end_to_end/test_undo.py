"""`reconciler undo`: a wrong merge is two commands from mended, and nothing else is touched."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from .world import STORY_FILE, World, entra, guid, mappings, scenario, story, technician, upn, world

PEOPLE = {key: entra(key) for key in ("ann", "bob", "cem", "dot", "eli", "fay", "gus", "new", "spare")}
GROUPS = {"desk": ["ann", "bob", "cem", "dot", "eli"], "field": ["fay", "gus"], "other": ["spare"], "extra": ["new"]}
RIGHT = {"desk": "Desk", "field": "Field", "other": "Other"}
LOOSE: dict[str, Any] = dict.fromkeys(
    ("max_removals", "max_removals_per_mapping", "max_moves", "max_identity_changes"), "off"
)


def rescue(**of_ann: Any) -> dict[str, list[Any]]:
    return {
        "Desk": [technician(key, "desk", **(of_ann if key == "ann" else {})) for key in GROUPS["desk"]],
        "Field": [technician("fay", "field", text="since 2019"), technician("gus", "field", mobile=True)],
        "Other": [technician("spare", "other")],
        "Elsewhere": [{"name": "Uma", "email": "uma@elsewhere.example", "description": "not ours"}],
    }


def right(**more: Any) -> str:
    return mappings(RIGHT, guards=LOOSE, **more)


def wrong(**more: Any) -> str:
    """The desk sits elsewhere, the field is retired, somebody new comes, SSO IDs are set for all."""
    pairs = {"desk": "Elsewhere", "other": "Other", "extra": "Other"}
    gone = [{"entra_group": guid("field"), "people": "disable"}]
    return mappings(pairs, sso=True, guards=LOOSE, retired=gone, **more)


@pytest.fixture
def merged(tmp_path: Path) -> Any:
    """Gives a world in sync with the right file, the wrong one applied to it, and the tree before."""

    def make(made: World) -> list[Any]:
        before = made.tree()
        made.file.write_text(wrong(), encoding="utf-8")
        done = made.call("apply", "--yes", "--out", "run.json", RESCUE_INITIAL_PASSWORD="Startwort-2026")
        assert done.code == 0, done.out + done.err
        assert made.tree() != before
        return before

    return make


def undo(made: World, *words: str, run: str = "run.json") -> Any:
    return made.call("undo", run, "--yes", "--out", "outcomes.json", *words)


def people(tree: list[Any]) -> dict[str, Any]:
    """By login: group, name, SSO ID, description, enabled, mobile."""
    return {
        row[4]: {"at": row[0][-1], "name": row[2], "sso": row[5], "text": row[6], "on": row[7], "mobile": row[8]}
        for row in tree
        if row[1] == "Technician"
    }


def test_a_wrong_merge_is_mended_by_the_reverted_file_and_one_undo(tmp_path: Path, merged: Any) -> None:
    with world(scenario(PEOPLE, GROUPS, rescue()), right(), tmp_path) as made:
        before = merged(made)
        made.file.write_text(right(), encoding="utf-8")
        done = undo(made)
        assert done.code == 0, done.out + done.err
        was, now = people(before), people(made.tree())
        created = now.pop(upn("new"))
        assert (created["on"], created["text"].endswith("!off]")) == (False, True)
        kept_sso = {key: {**value, "sso": now[key]["sso"]} for key, value in was.items()}  # an SSO ID is never blanked
        assert now == kept_sso
        assert "the SSO ID is never blanked" in done.out
        again = made.call("plan", "--detailed-exitcode", "--out", "plan.json")
        assert again.code == 0, again.out
        made.forget_calls()
        assert (undo(made).code, made.writes()) == (0, [])


def test_what_the_file_would_do_again_is_left_out_and_named(tmp_path: Path, merged: Any) -> None:
    with world(scenario(PEOPLE, GROUPS, rescue()), right(), tmp_path) as made:
        merged(made)
        after = made.tree()
        made.forget_calls()
        done = undo(made)
        assert done.code == 6
        for key in ("ann", "fay", "new"):
            assert f"{upn(key)}: mappings.yaml would do it again" in done.out
        assert made.tree() == after
        assert made.writes() == []


def test_a_hold_lets_one_person_be_undone(tmp_path: Path, merged: Any) -> None:
    with world(scenario(PEOPLE, GROUPS, rescue()), right(), tmp_path) as made:
        before = people(merged(made))
        hold = [{"login": upn("ann"), "action": "hold", "until": "2030-01-01", "reason": "wrong merge"}]
        made.file.write_text(wrong(overrides=hold), encoding="utf-8")
        done = undo(made)
        now = people(made.tree())
        assert done.code == 6
        assert now[upn("ann")] == {**before[upn("ann")], "sso": upn("ann")}
        assert now[upn("bob")]["at"] == "TechnicianGroup:Elsewhere"
        assert done.results == {"done"}


def test_whoever_was_written_since_is_stale_and_stays(tmp_path: Path, merged: Any) -> None:
    with world(scenario(PEOPLE, GROUPS, rescue()), right(), tmp_path) as made:
        merged(made)
        made.box.state.set_node(made.node("ann")["id"], description="by hand")
        made.box.state.set_node(made.node("fay")["id"], enabled=True)
        before = people(made.tree())
        made.file.write_text(right(), encoding="utf-8")
        done = undo(made)
        now = people(made.tree())
        assert done.code == 6
        assert {key: now[upn(key)] == before[upn(key)] for key in ("ann", "fay", "bob")} == {
            "ann": True,
            "fay": True,
            "bob": False,
        }
        assert f"stale  update+move {upn('ann')}: changed since: description" in done.out
        assert f"disable {upn('fay')}: changed since: enabled" in done.out


def test_the_guards_judge_an_undo_as_they_judge_any_plan(tmp_path: Path, merged: Any) -> None:
    with world(scenario(PEOPLE, GROUPS, rescue()), right(), tmp_path) as made:
        merged(made)
        after = made.tree()
        made.file.write_text(mappings(RIGHT, guards={**LOOSE, "max_removals": 0}), encoding="utf-8")
        done = undo(made)
        assert (done.code, made.tree()) == (4, after)
        assert "max_removals" in done.err
        made.file.write_text(
            mappings(RIGHT, guards={**LOOSE, "max_removals": 0, "on_violation": "hold_removals"}), encoding="utf-8"
        )
        done = undo(made)
        assert done.code == 6
        assert done.result_of("new") == "held"
        assert people(made.tree())[upn("new")]["on"] is True
        assert people(made.tree())[upn("fay")]["on"] is True


def test_an_undo_can_be_undone(tmp_path: Path, merged: Any) -> None:
    with world(scenario(PEOPLE, GROUPS, rescue()), right(), tmp_path) as made:
        merged(made)
        after = people(made.tree())
        made.file.write_text(right(), encoding="utf-8")
        assert undo(made).code == 0
        made.file.write_text(wrong(), encoding="utf-8")
        (tmp_path / "second.json").write_text((tmp_path / "outcomes.json").read_text())
        assert undo(made, run="second.json").code == 0
        assert people(made.tree()) == after


def test_every_verb_of_the_story_goes_back(tmp_path: Path) -> None:
    """Under a file that knows none of its groups, so that nothing but the run counts."""
    with world(story(), STORY_FILE, tmp_path) as made:
        before = people(made.tree())
        assert made.call("apply", "--yes", "--out", "run.json", RESCUE_INITIAL_PASSWORD="Startwort-2026").code == 0
        made.file.write_text(mappings({"none": "Elsewhere"}, guards=LOOSE), encoding="utf-8")
        made.box.state.add_group(guid("none"), name="none")
        done = undo(made)
        now = people(made.tree())
        created = {upn("new"), upn("newer")}
        assert now.keys() - before.keys() == created
        assert {now[login]["on"] for login in created} == {False}
        differing = {login for login in before if {**now[login], "sso": ""} != {**before[login], "sso": ""}}
        assert differing == {upn("gone")}  # whose account is disabled, so that any file would disable them again
        assert f"disable {upn('gone')}: mappings.yaml would do it again" in done.out


@pytest.mark.parametrize(
    ("spoil", "code", "words"),
    [
        (lambda run: run | {"account_id": 7}, 2, "tells of account 7"),
        (lambda run: run.keys() and {"digest": "x"}, 2, "is no file of outcomes"),
        (lambda run: run | {"actions": [{"id": "x"}]}, 2, "is no file of outcomes"),
    ],
    ids=["another account", "something else", "broken actions"],
)
def test_a_file_that_cannot_be_undone_is_refused(
    tmp_path: Path, merged: Any, spoil: Any, code: int, words: str
) -> None:
    with world(scenario(PEOPLE, GROUPS, rescue()), right(), tmp_path) as made:
        merged(made)
        place = tmp_path / "run.json"
        place.write_text(json.dumps(spoil(json.loads(place.read_text()))), encoding="utf-8")
        made.forget_calls()
        done = undo(made)
        assert (done.code, words in done.err, made.writes()) == (code, True, [])
        assert "->" in done.err


def test_without_a_terminal_and_without_yes_nothing_is_done(tmp_path: Path, merged: Any) -> None:
    with world(scenario(PEOPLE, GROUPS, rescue()), right(), tmp_path) as made:
        merged(made)
        made.forget_calls()
        done = made.run("undo", "run.json")
        assert (done.code, made.calls()) == (2, [])
        assert made.run("undo", "missing.json", "--yes").code == 2
        assert made.run("undo", "run.json", "--yes", "--out", "run.json").code == 2
        assert yaml.safe_load(made.file.read_text())["version"] == 1
