"""`plan --save-readings` and `plan --readings`: a plan without any credential of Rescue is the plan with one."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from .world import ACCOUNT, STORY_FILE, World, guid, story, upn, world

SAVE = ("plan", "--save-readings", "readings.json", "-q")
NO_RESCUE = {"RESCUE_API_TOKEN": "", "RESCUE_EMAIL": "", "RESCUE_PASSWORD": "", "RESCUE_BASE_URL": ""}
OF_THE_RUN = ("made_at", "rescue_read_at")


@pytest.fixture
def company(tmp_path: Path) -> Any:
    with world(story(), STORY_FILE, tmp_path) as made:
        yield made


def plan_of(made: World, *words: str, **env: str) -> dict[str, Any]:
    done = made.call("plan", "--format", "json", *words, **env)
    assert done.code == 0, done.err
    value = json.loads(done.out)
    assert isinstance(value, dict)
    return value


def without_run(plan: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in plan.items() if key not in OF_THE_RUN}


def from_saved(made: World, *words: str) -> dict[str, Any]:
    return plan_of(made, "--readings", "readings.json", *words, **NO_RESCUE)


@pytest.mark.parametrize("refresh", ["auto", "full", "bulk"])
@pytest.mark.parametrize("applied", [False, True], ids=["much to do", "nothing to do"])
def test_the_plan_is_the_live_one_whatever_the_refresh(company: World, refresh: str, applied: bool) -> None:
    if applied:
        assert company.apply().code == 0
        company.box.state.set_node(company.node("keep")["id"], sso_id="changed by hand")
    assert company.call(*SAVE).code == 0
    live = plan_of(company, "--refresh", refresh)
    company.forget_calls()
    saved = from_saved(company, "--refresh", refresh)
    assert company.calls() == []
    assert without_run(saved) == without_run(live)
    assert saved["rescue_read_at"] is not None
    assert live["rescue_read_at"] is None


def test_an_edit_planned_from_it_has_the_live_edit_digest(company: World) -> None:
    (company.folder / "base.yaml").write_text(STORY_FILE.replace("upn_as_sso_id: true", "upn_as_sso_id: false"))
    assert company.call(*SAVE).code == 0
    live = plan_of(company, "--base", "base.yaml")
    assert without_run(from_saved(company, "--base", "base.yaml")) == without_run(live)
    done = company.apply("--base", "base.yaml", "--reviewed", live["edit_digest"])
    assert done.code == 0, done.err


def test_everybody_is_asked_for_once_and_the_plan_shown_is_a_full_one(company: World) -> None:
    plan = plan_of(company, "--save-readings", "readings.json")
    assert plan["sso_verified"] == "full"
    asked = Counter(entry["parameters"]["node"] for entry in company.calls() if entry["call"] == "getUser_v2")
    kinds = ("Technician", "Administrator", "MasterAdministrator")
    people = [row for row in company.box.state.nodes() if row["type"] in kinds]
    assert set(asked) == {str(row["id"]) for row in people}
    assert {node: times for node, times in asked.items() if times > 1 and int(node) != caller(company)} == {}
    saved = json.loads((company.folder / "readings.json").read_text(encoding="utf-8"))
    assert len(saved["people"]) == len(people)
    assert company.writes() == []


def caller(made: World) -> int:
    return int(next(row["id"] for row in made.box.state.nodes() if row["type"] == "MasterAdministrator"))


def test_no_secret_is_in_it(company: World) -> None:
    assert company.call(*SAVE, RESCUE_INITIAL_PASSWORD="Initial-Secret-9").code == 0
    text = (company.folder / "readings.json").read_text(encoding="utf-8")
    secrets = [value for name, value in company.env.items() if name.endswith(("TOKEN", "PASSWORD", "SECRET"))]
    assert len(secrets) >= 2
    assert not [secret for secret in (*secrets, "Initial-Secret-9", "Sync-Pw-2026") if secret in text]


def test_entra_is_read_as_it_is_now(company: World) -> None:
    assert company.call(*SAVE).code == 0
    company.box.state.add_person(guid("late"), name="Late", upn=upn("late"), mail=upn("late"))
    company.box.state.add_member(guid("desk"), guid("late"))
    created = {a["subject"]["login"] for a in from_saved(company)["actions"] if a["verbs"] == ["create"]}
    assert upn("late") in created


def test_every_output_says_of_when_it_is(company: World) -> None:
    assert company.call(*SAVE).code == 0
    done = company.call("plan", "--readings", "readings.json", **NO_RESCUE)
    saved = json.loads((company.folder / "readings.json").read_text(encoding="utf-8"))
    assert f"Rescue is shown as it was read at {saved['read_at']}, not as it is now" in done.out
    assert f"Rescue as read at {saved['read_at']}, 0 min ago: readings.json" in done.err


def at(age: timedelta) -> str:
    return (datetime.now(UTC) - age).strftime("%Y-%m-%dT%H:%M:%SZ")


def change(**said: Any) -> Callable[[dict[str, Any]], None]:
    return lambda saved: saved.update(said)


def drop_person(saved: dict[str, Any]) -> None:
    saved["people"].pop()


def drop_category(saved: dict[str, Any]) -> None:
    saved["nodes"] = [node for node in saved["nodes"] if node["type"] != "administrators"]


def drop_group(saved: dict[str, Any]) -> None:
    saved["nodes"] = [node for node in saved["nodes"] if node["name"] != "Desk"]


def double_node(saved: dict[str, Any]) -> None:
    saved["nodes"].append(saved["nodes"][0])


def forget_caller(saved: dict[str, Any]) -> None:
    saved["caller_node"] = 1


def close_a_circle(saved: dict[str, Any]) -> None:
    desk, field = (node for node in saved["nodes"] if node["name"] in ("Desk", "Field"))
    desk["parent"], field["parent"] = field["id"], desk["id"]


def double_category(saved: dict[str, Any]) -> None:
    saved["nodes"].append(next(node for node in saved["nodes"] if node["type"] == "technicians") | {"id": 990001})


def call_as_technician(saved: dict[str, Any]) -> None:
    saved["caller_node"] = next(node["id"] for node in saved["nodes"] if node["type"] == "technician")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (change(read_at=at(timedelta(days=3, minutes=2))), "3 days old"),
        (change(read_at=at(timedelta(hours=-2))), "yet to come"),
        (change(read_at="yesterday"), "does not say when"),
        (change(account_id=ACCOUNT + 1), f"is of Rescue account {ACCOUNT + 1}"),
        (change(format_version="2.0"), "format_version"),
        (change(kind="something"), "kind"),
        (drop_person, "are not the same"),
        (drop_category, "not a whole tree"),
        (drop_group, "hangs below one that is not in it"),
        (double_node, "twice"),
        (forget_caller, "whoever read it"),
        (close_a_circle, "is below itself"),
        (double_category, "2 nodes of type technicians"),
        (call_as_technician, "no master administrator"),
    ],
    ids=[
        "old", "of the future", "no moment", "foreign", "another version", "another kind", "somebody missing",
        "a category missing", "a group missing", "a node twice", "no caller",
        "groups below each other", "a category twice", "a technician as caller",
    ],
)  # fmt: skip
def test_what_cannot_be_planned_from_is_refused_with_a_remedy(
    company: World, spoil: Callable[[dict[str, Any]], None], said: str
) -> None:
    assert company.call(*SAVE).code == 0
    place = company.folder / "readings.json"
    saved = json.loads(place.read_text(encoding="utf-8"))
    spoil(saved)
    place.write_text(json.dumps(saved), encoding="utf-8")
    refuse(company, said)


def refuse(company: World, said: str) -> None:
    company.forget_calls()
    done = company.call("plan", "--readings", "readings.json", **NO_RESCUE)
    assert done.code == 2
    assert said in done.err
    assert "-> " in done.err, "with a remedy"
    assert done.out == ""
    assert company.box.requests() == []


@pytest.mark.parametrize("content", [None, b"", b"{", b"[]", b"\xff\xfe", b'{"format_version": "1.0"}'])
def test_what_is_no_saved_reading_is_refused(company: World, content: bytes | None) -> None:
    if content is not None:
        (company.folder / "readings.json").write_bytes(content)
    refuse(company, "readings.json")


def test_two_days_old_ones_are_taken_and_their_age_is_told(company: World) -> None:
    assert company.call(*SAVE).code == 0
    place = company.folder / "readings.json"
    saved = json.loads(place.read_text(encoding="utf-8"))
    saved |= {"read_at": at(timedelta(days=2, hours=1)), "a_later_version": "adds this"}
    saved["nodes"][0]["a_later_version"] = 1
    place.write_text(json.dumps(saved), encoding="utf-8")
    done = company.call("plan", "--readings", "readings.json", **NO_RESCUE)
    assert done.code == 0, done.err
    assert "2 days ago" in done.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--save-readings", "a", "--readings", "b"), "use one of the two"),
        (("--save-readings", "a", "--refresh", "auto"), "asks about everybody"),
        (("--save-readings", "no/such/folder"), "there is no folder"),
        (("--save-readings", "mappings.yaml"), "named twice"),
        (("--base", "old.yaml", "--out", "old.yaml"), "named twice"),
    ],
    ids=["both", "not a full refresh", "no place for it", "over the file", "over the base"],
)
def test_flags_that_cannot_be_used_together(company: World, words: tuple[str, ...], said: str) -> None:
    done = company.call("plan", *words)
    assert done.code == 2
    assert said in done.err
    assert company.box.requests() == []


def test_without_readings_the_credential_is_asked_for(company: World) -> None:
    done = company.call("plan", **NO_RESCUE)
    assert done.code == 1
    assert "RESCUE_API_TOKEN" in done.err
