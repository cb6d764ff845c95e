"""Nobody gets past a survival guard with the command line either (§6): every way to run an apply, and undo, is tried.

The file has every guard off and a permit for everything, and Rescue has technicians with the logins of a master
administrator, of the account holder (a plain administrator here) and of the identity the tool runs as; all of them have
left, and all carry our marker.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from reconciler.model.plan import person_action_id

from .world import SYNC, Done, World, entra, guid, mappings, marker, scenario, technician, upn, world

SURVIVORS = {"mia": "master", "hal": "holder", "sync": "runner"}
GUARDS = (
    "max_removals max_removals_per_mapping max_moves max_identity_changes max_creates max_group_creates "
    "max_admin_grants min_admins"
).split()


def file(**settings: Any) -> str:
    ids = [person_action_id("technician", guid(key), None) for key in (*SURVIVORS, "left")]
    return mappings(
        {"desk": "Desk"},
        guards=dict.fromkeys(GUARDS, "off") | {"small_team": 0},
        settings={"adopt": "aliases", "unmanaged": "disable", "reenable": "always"} | settings,
        permits=[{"guard": guard, "actions": list(ids), "until": "2099-01-01"} for guard in GUARDS],
    )


def company(folder: Path) -> Any:
    text = scenario(
        {"keep": entra("keep"), "left": entra("left"), "mia": entra("mia", enabled=False)},
        {"desk": ["keep"]},
        {"Desk": [technician("keep", "desk"), technician("left", "desk"), *(linked(key) for key in SURVIVORS)]},
        rescue_more={
            "administrators": [
                {"group": "Regional", "people": [{"name": "Hal", "email": upn("hal"), "account_holder": True}]}
            ],
            "foreign_addresses": [],
        },
    )
    data = yaml.safe_load(text)
    data["rescue"]["master_administrators"].append({"name": "Mia", "email": upn("mia")})
    return world(yaml.safe_dump(data), file(), folder)


def linked(key: str) -> dict[str, Any]:
    email = SYNC if key == "sync" else upn(key)
    return {"name": "Old Name", "email": email, "description": marker(key, "desk")}


def plainly(*words: str) -> Callable[[World], Done]:
    return lambda made: made.apply(*words)


def as_planned(made: World) -> Done:
    assert made.call("plan", "--out", "plan.json").code == 0
    return made.apply("--plan", "plan.json")


def reviewed(made: World) -> Done:
    assert made.call("plan", "--base", "none.yaml", "--out", "plan.json").code == 0
    plan = json.loads((made.folder / "plan.json").read_text(encoding="utf-8"))
    return made.apply("--base", "none.yaml", "--reviewed", plan["edit_digest"])


WAYS = {
    "plainly": plainly(),
    "full": plainly("--refresh", "full"),
    "bulk": plainly("--refresh", "bulk"),
    "quiet and masked": plainly("--quiet", "--mask"),
    "as planned": as_planned,
    "reviewed": reviewed,
}


def survivors(made: World) -> list[dict[str, Any]]:
    logins = {SYNC, upn("mia"), upn("hal")}
    return [dict(row) for row in made.box.state.nodes() if row["email"] in logins]


@pytest.mark.parametrize("way", WAYS)
def test_no_flag_gets_past_survival(tmp_path: Path, way: str) -> None:
    with company(tmp_path) as made:
        before = survivors(made)
        assert len(before) == 6
        done = WAYS[way](made)
        assert done.code == 6, done.err
        assert survivors(made) == before
        assert done.outcomes is not None
        assert [item["subject"]["login"] for item in done.outcomes["actions"]] == [upn("left")]
        assert made.node("left")["enabled"] == 0, "whoever may be written is"
        kept = [item["login"] for item in done.outcomes["findings"] if item["code"] == "leaver_kept"]
        assert sorted(kept) == sorted([SYNC, upn("mia"), upn("hal")])


def test_undo_does_not_either(tmp_path: Path) -> None:
    """A forged outcome says that this tool disabled them and that undoing it renames them."""
    with company(tmp_path) as made:
        assert made.apply().code == 6
        outcomes = json.loads((tmp_path / "outcomes.json").read_text(encoding="utf-8"))
        before = survivors(made)
        (left,) = outcomes["actions"]
        for row in before:
            if row["type"] != "Technician":
                continue
            forged = json.loads(json.dumps(left))
            forged["subject"] |= {"login": row["email"], "node_id": row["id"], "name": row["name"]}
            forged["changes"] = [{"field": "name", "before": "Undone", "after": row["name"]}]
            forged |= {"verbs": ["update"], "removal": False, "id": f"{row['id']:016x}"}
            outcomes["actions"].append(forged)
        (tmp_path / "forged.json").write_text(json.dumps(outcomes), encoding="utf-8")
        done = made.call("undo", "forged.json", "--yes")
        assert done.out.count("is never written") == 3, done.out
        assert survivors(made) == before
