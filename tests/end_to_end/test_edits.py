"""An edit under review: `plan --base`, and `apply --base --reviewed` after somebody merged it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from .world import STORY_FILE, TENANT, Done, World, entra, guid, mappings, scenario, story, technician, upn, world

ROOT = Path(__file__).parents[2]
NOTHING = "4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945"
LOOSE = {"max_moves": "off", "max_identity_changes": "off", "max_creates": "off"}
FIELD = {"desk": "Desk", "field": "Field"}
"""Two mappings; the file before the edit has the first alone."""


@pytest.fixture
def company(tmp_path: Path) -> Iterator[World]:
    """Pending at `desk`: a rename, a leaver. The edit adds `field`: one to be adopted, one to be created, one moves."""
    people = {key: entra(key) for key in ("kim", "ren", "gone", "ada", "new", "mo", "out")}
    people["gone"]["enabled"] = False
    groups = {"desk": ["kim", "ren", "gone"], "field": ["ada", "new", "mo"]}
    rescue = {
        "Desk": [
            technician("kim", "desk"),
            technician("ren", "desk", "Old Name"),
            technician("gone", "desk"),
            technician("mo", "field"),
        ],
        "Field": [technician("ada", None)],
    }
    with world(scenario(people, groups, rescue), mappings(FIELD, guards=LOOSE), tmp_path) as made:
        (tmp_path / "base.yaml").write_text(mappings({"desk": "Desk"}, guards=LOOSE), encoding="utf-8")
        yield made


def plan_of(made: World, *words: str, base: str = "base.yaml") -> dict[str, Any]:
    done = made.call("plan", "--base", base, "--format", "json", *words)
    assert done.code == 0, done.err
    value = json.loads(done.out)
    assert isinstance(value, dict)
    return value


def who(actions: list[dict[str, Any]], origin: str | None = None) -> list[str]:
    return sorted(
        f"{'+'.join(action['verbs'])} {action['subject']['login'].partition('@')[0]}"
        for action in actions
        if origin is None or action["origin"] == origin
    )


def join(made: World, key: str, group: str) -> None:
    made.box.state.add_person(guid(key), name=key.title(), upn=upn(key), mail=upn(key))
    made.box.state.add_member(guid(group), guid(key))


def test_the_edit_and_what_is_pending_are_told_apart(company: World) -> None:
    plan = plan_of(company)
    assert who(plan["actions"], "edit") == ["adopt ada", "create new", "move mo"]
    assert who(plan["actions"], "pending") == ["disable gone", "update ren"]
    assert plan["stopped"] == []
    assert plan["edits"] == [
        {"key": "mappings.field", "before": None, "after": f"{guid('field')} to Field", "people": 3}
    ]
    schema = json.loads((ROOT / "schema" / "plan.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(plan)


def test_the_other_way_round_the_edit_stops_it(company: World) -> None:
    company.file.rename(company.folder / "wide.yaml")
    (company.folder / "base.yaml").rename(company.file)
    plan = plan_of(company, base="wide.yaml")
    assert who(plan["actions"], "pending") == ["disable gone", "update ren"]
    assert who(plan["actions"], "edit") == []
    assert who(plan["stopped"]) == ["adopt ada", "create new", "move mo"]
    shown = company.call("plan", "--base", "wide.yaml").out
    assert "mappings.field: removed" in shown
    assert "This edit stops 3 changes that would be made without it" in shown


def test_two_plans_of_one_file_have_nothing_for_the_edit(company: World) -> None:
    plan = plan_of(company, base="mappings.yaml")
    assert plan["edit_digest"] == NOTHING
    assert who(plan["actions"], "edit") == []
    assert plan["edits"] == []


def test_without_a_base_there_is_no_origin_and_no_edit_digest(company: World) -> None:
    plan = json.loads(company.call("plan", "--format", "json").out)
    assert plan["edit_digest"] is None
    assert {action["origin"] for action in plan["actions"]} == {None}


def test_the_plan_is_the_one_made_without_a_base(company: World) -> None:
    alone = json.loads(company.call("plan", "--format", "json").out)
    beside = plan_of(company)
    for key in ("digest", "config_digest", "summary", "guards", "seats", "findings", "mappings"):
        assert beside[key] == alone[key]


def asked(made: World) -> Counter[tuple[str, ...]]:
    """Every single question so far, a batch taken apart."""
    found: Counter[tuple[str, ...]] = Counter()
    for entry in made.box.requests():
        if entry["side"] == "rescue":
            found[(entry["call"], entry["parameters"].get("node", ""))] += 1
        for item in entry.get("items", ()):
            found[(item["method"], item["url"])] += 1
    return found


def test_nothing_is_read_twice(tmp_path: Path) -> None:
    before = yaml.safe_load(STORY_FILE)
    before["mappings"].reverse()
    before["defaults"]["upn_as_sso_id"] = False
    before["settings"] = {"use_upn_as_email": True}
    with world(story(), STORY_FILE, tmp_path) as made:
        (tmp_path / "base.yaml").write_text(yaml.safe_dump(before), encoding="utf-8")
        plan = plan_of(made)
        assert plan["actions"]
        twice = {question for question, times in asked(made).items() if times > 1}
        caller = next(row["id"] for row in made.box.state.nodes() if row["type"] == "MasterAdministrator")
        assert twice <= {("getUser_v2", str(caller))}


@pytest.mark.parametrize(
    ("base", "said"),
    [
        (None, "there is no base.yaml: it counts as empty"),
        ("version: 1\nmappings: nonsense\n", "it is not valid"),
        (mappings({"desk": "Desk"}, rescue={"account_id": 7654321}), "Rescue account 7654321 and not 1234567"),
        (mappings({"desk": "Desk"}, entra={"tenant_id": TENANT.replace("8", "9")}), "tenant 9d2f"),
        (mappings({"desk": "Desk"}, entra={"tenant_id": TENANT, "cloud": "china"}), "cloud china and not global"),
    ],
    ids=["missing", "invalid", "another account", "another tenant", "another cloud"],
)
def test_a_base_that_cannot_be_compared_counts_as_empty_and_says_so(
    company: World, base: str | None, said: str
) -> None:
    place = company.folder / "base.yaml"
    place.unlink()
    if base is not None:
        place.write_text(base, encoding="utf-8")
    done = company.call("plan", "--base", "base.yaml", "--format", "json")
    assert done.code == 0
    assert said in done.err
    plan = json.loads(done.out)
    assert who(plan["actions"], "pending") == []
    assert plan["stopped"] == []
    assert [edit["key"] for edit in plan["edits"] if edit["key"].startswith("mappings.")] == [
        "mappings.desk", "mappings.field",
    ]  # fmt: skip


def test_a_base_that_only_the_reading_shows_to_be_wrong_counts_as_empty(company: World) -> None:
    base = yaml.safe_load(mappings(FIELD))
    base["mappings"][1]["entra_group"] = {"name": "desk"}
    (company.folder / "base.yaml").write_text(yaml.safe_dump(base), encoding="utf-8")
    done = company.call("plan", "--base", "base.yaml", "--format", "json")
    assert done.code == 0
    assert "it is not valid any more" in done.err
    assert "already mapped" in done.err
    assert who(json.loads(done.out)["actions"], "pending") == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("plan", "--base", "."), "this is a directory"),
        (("plan", "--base", ""), "--base names no file"),
        (("apply", "--yes", "--reviewed", NOTHING), "without --base there is none"),
    ],
    ids=["a folder", "no name", "reviewed without a base"],
)
def test_flags_that_cannot_be_used(company: World, words: tuple[str, ...], said: str) -> None:
    done = company.call(*words)
    assert done.code == 2
    assert said in done.err
    assert company.box.requests() == []


def reviewed(made: World, digest: str, *words: str) -> Done:
    made.forget_calls()
    return made.apply("--base", "base.yaml", "--reviewed", digest, *words, RESCUE_INITIAL_PASSWORD="Start-1234-Pw")


def test_what_was_reviewed_is_applied_whoever_joined_in_between(company: World) -> None:
    digest = plan_of(company)["edit_digest"]
    for key, group in (("early", "desk"), ("late", "field")):
        join(company, key, group)
    done = reviewed(company, digest.upper())
    assert done.code == 0, done.err
    assert done.outcomes is not None
    assert done.outcomes["edit_digest"] == digest
    assert {item["origin"] for item in done.outcomes["actions"]} == {"edit", "pending"}
    assert done.result_of("new") == done.result_of("late") == done.result_of("early") == "done"


def move_out(made: World) -> None:
    """Between review and merge somebody is also put into the group that the edit maps, and has a node that moves."""
    made.box.state.add_member(guid("field"), guid("kim"))
    made.box.state.remove_member(guid("desk"), guid("kim"))


@pytest.mark.parametrize("digest", ["0" * 64, "", "short", None], ids=["another", "none", "a part", "the one of then"])
def test_an_edit_that_would_do_something_else_is_not_applied(company: World, digest: str | None) -> None:
    then = plan_of(company)["edit_digest"]
    if digest is None:
        move_out(company)
    before = company.tree()
    done = reviewed(company, then if digest is None else digest)
    assert done.code == 5
    assert company.writes() == []
    assert company.tree() == before
    assert "would now do something else than what was reviewed" in done.err
    assert done.outcomes is not None
    assert done.results == {"skipped"}
    assert done.outcomes["exit_code"] == 5
    now = done.outcomes["edit_digest"]
    assert f"--reviewed {now}" in done.err
    assert f"Edit digest: {now}" in done.out
    assert (now != then) == (digest is None)
    assert reviewed(company, now).code == 0


def test_the_digest_comes_before_the_guards(company: World) -> None:
    file = yaml.safe_load(company.file.read_text(encoding="utf-8"))
    file["guards"] = {"max_removals": 0}
    company.file.write_text(yaml.safe_dump(file), encoding="utf-8")
    plan = plan_of(company)
    assert reviewed(company, "0" * 64).code == 5
    assert reviewed(company, plan["edit_digest"]).code == 4
    assert company.writes() == []


def test_a_base_without_a_digest_only_tells(company: World) -> None:
    done = company.apply("--base", "base.yaml", RESCUE_INITIAL_PASSWORD="Start-1234-Pw")
    assert done.code == 0, done.err
    assert "This edit makes 3 changes" in done.out
    assert done.outcomes is not None
    assert done.outcomes["edit_digest"]


def test_a_saved_plan_and_a_reviewed_edit_are_both_held_to(company: World) -> None:
    plan = plan_of(company, "--out", "plan.json")
    join(company, "late", "field")
    done = reviewed(company, plan["edit_digest"], "--plan", "plan.json")
    assert done.code == 5
    assert "no longer the one saved in plan.json" in done.err


def test_the_log_has_the_origin_and_what_is_stopped(company: World) -> None:
    company.file.rename(company.folder / "wide.yaml")
    (company.folder / "base.yaml").rename(company.file)
    done = company.call("plan", "--base", "wide.yaml", "--log-format", "json", "-v")
    lines = [json.loads(line) for line in done.err.splitlines()]
    told = [line for line in lines if "action" in line]
    assert {line["origin"] for line in told if not line.get("stopped")} == {"pending"}
    assert sum(bool(line.get("stopped")) for line in told) == 3
    assert any(line.get("edit_digest") for line in lines)
