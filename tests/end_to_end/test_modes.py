"""The modes of a file and of a run through the installed command: full sync off, mappings that go, exceptions, holding.

Each with what it does, what it refuses, and how it ends.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from .world import (
    STORY_FILE,
    World,
    entra,
    guid,
    mappings,
    marker,
    scenario,
    story,
    technician,
    upn,
    world,
)

LOOSE = {"max_removals": "off", "max_removals_per_mapping": "off", "max_identity_changes": "off"}


def file_of(*pairs: dict[str, Any], **top: Any) -> str:
    """A file whose mappings are these, each with `group` and `path` beside its other keys."""
    said = yaml.safe_load(mappings({}, **top))
    said["mappings"] = [
        {
            "name": pair["group"],
            "entra_group": {"id": guid(pair.pop("group"))},
            "rescue_group": pair.pop("path"),
            **pair,
        }
        for pair in pairs
    ]
    return yaml.safe_dump(said)


def rewrite(made: World, text: str) -> None:
    made.file.write_text(text, encoding="utf-8")


def settles(made: World) -> None:
    """A second plan is empty."""
    again = made.call("plan", "--format", "json")
    assert again.code == 0, again.err
    assert json.loads(again.out)["actions"] == []


# -- full sync off (D10) -----------------------------------------------------------------------------------------


def off_world(folder: Path, **said: Any) -> Any:
    people = {key: entra(key, f"{key.title()} New") for key in ("stays", "back", "adopt", "new", "left")}
    people["gone"] = entra("gone", enabled=False)
    rescue = {
        "Desk": [
            technician("stays", "desk", "Old", mobile=True) | {"sso_id": "by hand"},
            technician("back", "desk", "Old", off=True),
            technician("gone", "desk", "Old", mobile=True),
        ],
        "Elsewhere": [
            technician("adopt", None, "Old", text="hired 2019"),
            technician("left", "desk", "Old"),
        ],
    }
    groups = {"desk": ["stays", "back", "adopt", "new", "gone"]}
    text = file_of({"group": "desk", "path": "Desk", "full_sync": False, **said}, guards=LOOSE)
    return world(scenario(people, groups, rescue), text, folder)


KEPT = ("name", "email", "sso_id", "nick", "parent", "rpat")


def test_full_sync_off_writes_status_and_link_alone(tmp_path: Path) -> None:
    with off_world(tmp_path) as made:
        before = {key: made.node(key) for key in ("stays", "back", "adopt", "gone", "left")}
        done = made.run("apply", "--yes", "--out", "outcomes.json")
        assert done.code == 0, done.err
        assert {
            item["subject"]["login"].partition("@")[0]: item["verbs"] for item in (done.outcomes or {})["actions"]
        } == {
            "back": ["enable"],
            "adopt": ["adopt"],
            "gone": ["disable"],
            "left": ["disable"],
        }
        for key, row in before.items():
            assert [made.node(key)[name] for name in KEPT] == [row[name] for name in KEPT], key
        assert {key: made.node(key)["enabled"] for key in before} == {
            "stays": True, "back": True, "adopt": True, "gone": False, "left": False,
        }  # fmt: skip
        assert (made.node("stays")["mobile"], made.node("gone")["mobile"]) == (True, False)
        assert made.node("adopt")["description"] == f"hired 2019 {marker('adopt', 'desk')}"
        assert {entry["call"] for entry in made.writes()} == {"setUser_v2"}
        assert "desk: 1 member not in Rescue, not created (create_missing is false)." in done.out
        assert upn("new") not in {row["email"] for row in made.box.state.nodes()}
        settles(made)


def test_full_sync_off_with_create_missing_creates_without_an_SSO_ID(tmp_path: Path) -> None:
    with off_world(tmp_path, create_missing=True, upn_as_sso_id=True) as made:
        assert made.apply().code == 0
        new = made.node("new")
        assert (new["name"], new["sso_id"], new["enabled"]) == ("New New", "", True)
        assert new["description"] == marker("new", "desk")
        settles(made)


def test_create_missing_false_under_full_sync_creates_nobody(tmp_path: Path) -> None:
    with world(
        story(), STORY_FILE.replace("nested: direct", "nested: direct\n  create_missing: false"), tmp_path
    ) as made:
        done = made.apply()
        assert done.code == 0, done.err
        assert {verb for item in (done.outcomes or {})["actions"] for verb in item["verbs"]} == {
            "adopt", "enable", "disable", "update", "move",
        }  # fmt: skip
        assert not [entry for entry in made.writes() if entry["call"] == "createUser"]
        settles(made)


# -- mappings that go or change (D7) -------------------------------------------------------------------------------


def gone_world(folder: Path, text: str) -> Any:
    people = {key: entra(key) for key in ("kim", "ann", "eve", "back")} | {"off": entra("off", enabled=False)}
    rescue = {
        "Desk": [technician("kim", "desk"), technician("back", "old")],
        "Old": [technician("ann", "old", mobile=True), technician("eve", "old"), technician("off", "old")],
    }
    return world(scenario(people, {"desk": ["kim", "back"]}, rescue), text, folder)


@pytest.mark.parametrize(
    ("top", "enabled", "code"),
    [
        ({}, {"ann", "eve"}, "orphaned"),
        ({"retired": [{"entra_group": guid("old"), "people": "keep"}]}, {"ann", "eve"}, ""),
        ({"retired": [{"entra_group": guid("old"), "people": "disable"}]}, set(), ""),
    ],
    ids=["left out", "keep", "disable"],
)
def test_people_of_a_mapping_that_went(tmp_path: Path, top: dict[str, Any], enabled: set[str], code: str) -> None:
    with gone_world(tmp_path, file_of({"group": "desk", "path": "Desk"}, guards=LOOSE, **top)) as made:
        done = made.run("apply", "--yes", "--out", "outcomes.json")
        assert done.code == 0, done.err
        assert {key for key in ("ann", "eve", "off") if made.node(key)["enabled"]} == enabled
        assert made.node("ann")["mobile"] is ("ann" in enabled)
        assert made.node("back")["description"] == marker("back", "desk"), "wanted by a living mapping"
        assert {finding["code"] for finding in (done.outcomes or {})["findings"]} == ({code} if code else set())
        settles(made)


def test_retiring_with_disable_is_guarded(tmp_path: Path) -> None:
    text = file_of({"group": "desk", "path": "Desk"}, retired=[{"entra_group": guid("old"), "people": "disable"}])
    with gone_world(tmp_path, text) as made:
        before = made.tree()
        refused = made.run("apply", "--yes")
        assert refused.code == 4
        assert "max_removals" in refused.err
        assert made.tree() == before


def test_a_recreated_group_takes_its_people_over(tmp_path: Path) -> None:
    text = file_of({"group": "desk", "path": "Desk", "replaces": [guid("old")]}, guards=LOOSE)
    with gone_world(tmp_path, text) as made:
        done = made.run("apply", "--yes", "--out", "outcomes.json")
        assert done.code == 0, done.err
        assert made.node("back")["description"] == marker("back", "desk")
        assert not any(made.node(key)["enabled"] for key in ("ann", "eve", "off")), "not in the new group: leavers"
        settles(made)


@pytest.mark.parametrize("top", [{"retired": [{"entra_group": guid("desk"), "people": "keep"}]}, {}])
def test_a_group_cannot_be_mapped_and_gone(tmp_path: Path, top: dict[str, Any]) -> None:
    pair = {"group": "desk", "path": "Desk"} | ({} if top else {"replaces": [guid("desk")]})
    with gone_world(tmp_path, file_of(pair, **top)) as made:
        done = made.run("plan")
        assert done.code == 2
        assert re.search(r"mappings\.yaml:\d+:\d+: ", done.err)
        assert made.calls() == []


# -- overrides: include ----------------------------------------------------------------------------------------------


def include(name: str, until: str = "2099-12-31") -> dict[str, Any]:
    return {"login": name, "action": "include", "mapping": "desk", "until": until}


NAMES = {
    "by UPN": (upn("temp"), {}),
    "by id": (guid("temp"), {}),
    "a guest": ("x_y.example#EXT#@contoso.example", {"guest": True, "mail": "x@y.example"}),
    "with a dollar sign": ("$o'hara@contoso.example", {"mail": "o.hara@contoso.example"}),
}


@pytest.mark.parametrize("case", NAMES)
def test_somebody_in_no_group_is_included(tmp_path: Path, case: str) -> None:
    name, more = NAMES[case]
    temp = entra("temp") | ({"upn": name} if "@" in name else {}) | more
    people = {"kim": entra("kim"), "temp": temp}
    text = file_of({"group": "desk", "path": "Desk"}, overrides=[include(name)], settings={"guests": "include"})
    with world(scenario(people, {"desk": ["kim"]}, {"Desk": [technician("kim", "desk")]}), text, tmp_path) as made:
        done = made.run("apply", "--yes", "--out", "outcomes.json")
        assert done.code == 0, done.err
        node = made.box.state.node_by_login(temp["mail"])
        assert node is not None
        assert node["description"] == marker("temp", "desk")
        settles(made)
        rewrite(made, file_of({"group": "desk", "path": "Desk"}, guards=LOOSE, overrides=[include(name, "2020-01-01")]))
        over = made.apply()
        assert over.code == 0, over.err
        assert "expired" in {finding["code"] for finding in (over.outcomes or {})["findings"]}
        assert not made.box.state.node_by_login(temp["mail"])["enabled"]


@pytest.mark.parametrize(
    ("case", "enabled"),
    [("disabled", set()), ("nobody", {"temp"}), ("not answered", {"temp", "left"})],
)
def test_an_include_without_effect_is_told_and_shortens_nobody(tmp_path: Path, case: str, enabled: set[str]) -> None:
    """`temp` and `left` are marked and in no group; `temp` had the name in the override until it was changed."""
    temp = entra("temp", enabled=case != "disabled")
    if case == "nobody":
        temp |= {"upn": "renamed@contoso.example", "mail": "renamed@contoso.example"}
    people = {"kim": entra("kim"), "temp": temp, "left": entra("left")}
    rescue = {"Desk": [technician(key, "desk") for key in people]}
    text = file_of({"group": "desk", "path": "Desk"}, overrides=[include(upn("temp"))], guards=LOOSE)
    with world(scenario(people, {"desk": ["kim"]}, rescue), text, tmp_path) as made:
        if case == "not answered":
            made.box.state.add_fault(side="graph", item="/users/temp@", effect="status", status=503)
        done = made.apply()
        assert done.code == 6, done.err
        assert "unconfirmed" in {finding["code"] for finding in (done.outcomes or {})["findings"]}
        assert {key for key in ("temp", "left") if made.node(key)["enabled"]} == enabled
        assert made.node("kim")["enabled"]


def test_an_include_needs_a_mapping_of_the_file(tmp_path: Path) -> None:
    wrong = include(upn("temp")) | {"mapping": "dessk"}
    with world(story(), file_of({"group": "desk", "path": "Desk"}, overrides=[wrong]), tmp_path) as made:
        done = made.run("plan")
        assert done.code == 2
        assert 'no mapping has the name "dessk"; write desk' in done.err
        assert made.calls() == []


# -- guards: on_violation: hold_removals -----------------------------------------------------------------------------


def holding(**guards: Any) -> str:
    said = yaml.safe_load(STORY_FILE)
    said["guards"] |= {"max_removals": 1, "on_violation": "hold_removals"} | guards
    return yaml.safe_dump(said)


def test_removals_are_held_and_the_rest_goes_on(tmp_path: Path) -> None:
    with world(story(), holding(), tmp_path) as made:
        before = {key: made.node(key) for key in ("gone", "left")}
        refuse = yaml.safe_load(holding())
        refuse["guards"]["on_violation"] = "refuse"
        planned = made.run("plan", "--out", "plan.json", "--detailed-exitcode")
        assert planned.code == 6
        assert "2 actions HELD BACK, the rest goes on" in planned.out
        done = made.run("apply", "--yes", "--plan", "plan.json", "--out", "outcomes.json", "--report", "report.md")
        assert done.code == 6, done.err
        results = {
            item["subject"]["login"].partition("@")[0]: item["outcome"] for item in (done.outcomes or {})["actions"]
        }
        assert {key for key, result in results.items() if result == "held"} == {"gone", "left"}
        assert {result for key, result in results.items() if key not in before} == {"done"}
        assert {key: made.node(key) for key in before} == before
        assert made.node("new")["enabled"]
        assert (done.outcomes or {})["converged"] is False
        again = made.apply()
        assert (again.code, again.results) == (6, {"held"})
        rewrite(made, json.dumps(refuse))
        assert made.apply().code == 4


def test_other_violations_refuse_the_whole_plan(tmp_path: Path) -> None:
    with world(story(), holding(max_moves=0), tmp_path) as made:
        before = made.tree()
        assert made.call("plan", "--detailed-exitcode").code == 4
        done = made.run("apply", "--yes", "--out", "outcomes.json")
        assert done.code == 4
        assert done.results == {"held"}
        assert made.tree() == before
