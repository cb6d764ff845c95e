"""An account that people kept by hand until today: imported, planned, applied, and then nothing is left to do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.conftest import Shell, clean_environment
from tests.cli.terminal import terminal

from .world import ACCOUNT, World, entra, guid, mappings, scenario, technician, upn, world

DESK = [f"desk{number}" for number in range(6)]
FIELD = [f"field{number}" for number in range(4)]
OTHERS = [f"other{number}" for number in range(20)]
PEOPLE = {key: entra(key) for key in (*DESK, *FIELD, *OTHERS, "gone", "new")} | {"gone": entra("gone", enabled=False)}
GROUPS = {
    "sg-rescue-desk": [*DESK, "gone", "new"],
    "Technik Feld": FIELD,
    "Everybody": [*DESK, *FIELD, *OTHERS],
    "Desk": OTHERS[:2],  # has the name and nobody of it
}
RESCUE = {
    "Desk": [*(technician(key, None, f"By Hand {key}") for key in DESK), technician("gone", None),
             {"name": "Vendor", "email": "vendor@elsewhere.example"}],
    "Outdoor": [technician(key, None) for key in FIELD],
    "Unknown": [{"name": "X", "email": "x@elsewhere.example"}],
}  # fmt: skip


@pytest.fixture
def account(tmp_path: Path) -> Iterator[World]:
    with world(scenario(PEOPLE, GROUPS, RESCUE), "", tmp_path) as made:
        made.file.unlink(missing_ok=True)
        yield made


def plan_of(account: World) -> dict[str, Any]:
    done = account.run("plan", "--format", "json")
    assert done.code == 0, done.err
    plan: dict[str, Any] = json.loads(done.out)
    return plan


def test_the_first_plan_only_links_whom_it_finds_and_a_second_has_nothing(account: World) -> None:
    done = account.run("init", "--import")
    assert done.code == 0, done.err
    said = yaml.safe_load(account.file.read_text(encoding="utf-8"))
    assert {(pair["entra_group"]["name"], pair["rescue_group"]) for pair in said["mappings"]} == {
        ("sg-rescue-desk", "Desk"),
        ("Technik Feld", "Outdoor"),
    }
    assert said["rescue"]["account_id"] == ACCOUNT
    text = account.file.read_text(encoding="utf-8")
    assert "  # 7 of 8 technicians of Desk are members (it has 8)\n" in text
    assert "# - Unknown: no Entra group shares people with it" in text
    assert account.run("validate").code == 0
    assert account.writes() == []

    plan = plan_of(account)
    verbs = {action["subject"]["login"]: action["verbs"] for action in plan["actions"]}
    assert verbs == {upn(key): ["adopt"] for key in (*DESK, *FIELD)} | {upn("gone"): ["adopt", "disable"]}
    assert {change["field"] for action in plan["actions"] for change in action["changes"]} <= {"description", "enabled"}
    assert account.apply().code == 0
    assert plan_of(account)["actions"] == []


def test_rescue_is_asked_three_times_whoever_is_in_it(account: World) -> None:
    account.forget_calls()
    assert account.run("init", "--import").code == 0
    assert sorted(call["call"].lower() for call in account.calls()) == ["getaccount", "gethierarchy_v2", "getuser_v2"]


def test_upns_as_logins_become_the_global_setting(tmp_path: Path) -> None:
    people = {key: entra(key) | {"mail": f"{key}.mail@contoso.example"} for key in DESK}
    text = scenario(people, {"Desk": DESK}, {"Desk": [technician(key, None) for key in DESK]})
    with world(text, "", tmp_path) as made:
        made.file.unlink(missing_ok=True)
        assert made.run("init", "--import").code == 0
        assert yaml.safe_load(made.file.read_text(encoding="utf-8"))["settings"]["use_upn_as_email"] is True


def twins() -> str:
    """Two Rescue groups of one path."""
    said = yaml.safe_load(scenario(PEOPLE, GROUPS, RESCUE))
    said["rescue"]["technicians"].append({"group": "Outdoor", "people": []})
    return yaml.safe_dump(said, allow_unicode=True)


def test_a_rescue_group_with_a_twin_is_named_by_its_node(tmp_path: Path) -> None:
    with world(twins(), "", tmp_path) as made:
        made.file.unlink(missing_ok=True)
        assert made.run("init", "--import").code == 0
        pairs = yaml.safe_load(made.file.read_text(encoding="utf-8"))["mappings"]
        groups = [pair["rescue_group"] for pair in pairs]
        assert "Desk" in groups
        assert any(isinstance(group, int) for group in groups)
        shown = made.run("groups", "rescue").out
        assert "Outdoor is there more than once: write the node id as rescue_group" in shown


def test_pin_refuses_a_path_that_fits_two_groups(tmp_path: Path) -> None:
    file = mappings({"Technik Feld": "Outdoor"})
    with world(twins(), file, tmp_path) as made:
        before = made.file.read_bytes()
        done = made.run("init", "--pin")
        assert done.code == 2
        assert "Outdoor is not the only path of that name; write" in done.err
        assert made.file.read_bytes() == before


def test_pin_asks_on_a_terminal_which_of_two_groups_is_meant(tmp_path: Path) -> None:
    file = mappings({"Technik Feld": "Outdoor"})
    with world(twins(), file, tmp_path) as made:
        before = made.file.read_text(encoding="utf-8")
        with terminal(Shell(made.folder, clean_environment() | made.env), "init", "--pin") as screen:
            screen.wait_for("Outdoor fits several Rescue groups:")
            screen.answer("Which, by number", "3")
            screen.answer("3 is not in the list, which goes from 1 to 2", "1")
            screen.answer("Put 1 node id into mappings.yaml?", "y")
            assert screen.ends() == 0
        after = made.file.read_text(encoding="utf-8")
        node = yaml.safe_load(after)["mappings"][0]["rescue_group"]
        assert isinstance(node, int)
        assert after == before.replace("rescue_group: Outdoor", f"rescue_group: {node}")


def test_pin_refuses_a_name_that_several_groups_bear(tmp_path: Path) -> None:
    said = yaml.safe_load(scenario(PEOPLE, GROUPS, RESCUE))
    said["groups"]["twin"] = {"id": guid("twin"), "name": "Technik Feld", "members": []}
    file = mappings({"Technik Feld": "Outdoor"}).replace(f"id: {guid('Technik Feld')}", "name: Technik Feld")
    with world(yaml.safe_dump(said, allow_unicode=True), file, tmp_path) as made:
        done = made.run("init", "--pin")
        assert done.code == 2
        assert "2 Entra groups are called 'Technik Feld'" in done.err
        assert "write the id of the one that is meant" in done.err
