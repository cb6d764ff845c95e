"""Administrators through the installed command: kept up in their own role, guarded, and never locked out (§6, D12)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from .world import SYNC, World, entra, guid, mappings, scenario, technician, upn, world

PEOPLE = ["fresh", "kept", "named", "far", "back", "left", "off", "there", "double", "raised", "lowered", "mia"]
GROUPS = {
    "desk": ["double", "lowered"],
    "admins": ["fresh", "kept", "named", "far", "back", "off", "there", "double", "raised", "mia"],
}
LINKED = ("kept", "named", "back", "left", "off", "lowered")


def company(folder: Path, **top: Any) -> Any:
    """One world with every history of an administrator in it. `top`: keys of the file."""
    administrators = [
        {"group": "Regional", "people": [admin(key) for key in LINKED] + [{"name": "There", "email": upn("there")}]},
        {"group": "Auditors", "people": [admin("far")]},
    ]
    people = {key: entra(key) for key in PEOPLE} | {"off": entra("off", enabled=False)}
    text = scenario(
        people,
        GROUPS,
        {"Desk": [technician("double", "desk"), technician("raised", "desk")]},
        rescue_more={"administrators": administrators, "foreign_addresses": []},
    )
    data = yaml.safe_load(text)
    data["rescue"]["master_administrators"] += [
        {"name": "Mia", "email": upn("mia")},
        {"name": "Max", "email": upn("max")},
    ]
    file = yaml.safe_load(mappings({"desk": "Desk"}, **top))
    file["mappings"].append(
        {"name": "admins", "entra_group": {"id": guid("admins")}, "rescue_group": "Regional", "role": "admin"}
    )
    return world(yaml.safe_dump(data), yaml.safe_dump(file), folder)


def admin(key: str, **more: Any) -> dict[str, Any]:
    """A linked administrator."""
    if key == "back":
        more = {"off": True} | more
    name = "Old Name" if key == "named" else None
    return technician(key, "admins", name, **more)


def admins(made: World) -> dict[str, dict[str, Any]]:
    """Every administrator of the account by the key of their login."""
    rows = made.box.state.nodes()
    return {row["email"].partition("@")[0]: dict(row) for row in rows if row["type"] == "Administrator"}


LOOSE = {"max_removals": "off", "max_removals_per_mapping": "off", "max_admin_grants": 3}


def test_every_verb_for_administrators_and_an_empty_second_plan(tmp_path: Path) -> None:
    with company(tmp_path, guards=LOOSE, settings={"adopt_admins": True}) as made:
        before = admins(made)
        masters = [dict(row) for row in made.box.state.nodes() if row["type"] == "MasterAdministrator"]
        done = made.run("apply", "--yes", "--out", "outcomes.json")
        assert done.code == 6, done.err
        assert done.outcomes is not None
        assert {
            item["subject"]["login"].partition("@")[0]: (item["role"], " ".join(item["verbs"]), item["outcome"])
            for item in done.outcomes["actions"]
        } == {
            "fresh": ("admin", "create", "done"),
            "named": ("admin", "update", "done"),
            "far": ("admin", "move", "done"),
            "back": ("admin", "enable", "done"),
            "left": ("admin", "disable", "done"),
            "off": ("admin", "disable", "done"),
            "there": ("admin", "adopt", "done"),
            "lowered": ("admin", "disable", "done"),
        }
        codes = sorted((f["code"], (f["login"] or "").partition("@")[0]) for f in done.outcomes["findings"])
        assert codes == [
            ("both_roles", "double"),
            ("protected", "mia"),
            ("role_change", "lowered"),
            ("role_change", "raised"),
        ]
        after = admins(made)
        regional = after["kept"]["parent"]
        assert {key for key, row in after.items() if row["enabled"]} == {
            "fresh", "kept", "named", "far", "back", "there",
        }  # fmt: skip
        assert all(after[key]["parent"] == regional for key in after)
        assert after["kept"] == before["kept"]
        assert after["fresh"]["has_password"]
        assert f"[entra:8d2f:{guid('fresh')}@{guid('admins')[:8]}#00000000]" in after["fresh"]["description"]
        assert made.node("raised")["enabled"], "a technician who is to be an administrator is not written"
        assert [dict(row) for row in made.box.state.nodes() if row["type"] == "MasterAdministrator"] == masters

        again = made.run("plan", "--detailed-exitcode", "--format", "json")
        assert again.code == 6, again.err
        assert '"actions": []' in again.out


@pytest.mark.parametrize(
    ("guards", "named"),
    [
        ({"max_admin_grants": 2}, "max_admin_grants"),
        ({"min_admins": 7}, "min_admins"),
    ],
)
def test_a_guard_of_administrators_refuses_before_the_first_write(
    tmp_path: Path, guards: dict[str, Any], named: str
) -> None:
    with company(tmp_path, guards=LOOSE | guards) as made:
        before = made.tree()
        done = made.run("apply", "--yes", "--out", "outcomes.json")
        assert done.code == 4, done.err
        assert made.tree() == before
        assert done.results == {"held"}
        assert named in done.err
        assert f"guard: {named}" in done.out


def test_the_last_administrators_and_who_runs_the_tool_are_out_of_reach(tmp_path: Path) -> None:
    """Everybody leaves at once, also who is a master administrator; every limit is off, and a permit covers it."""
    off = dict.fromkeys(("max_removals", "max_removals_per_mapping", "min_admins", "max_admin_grants"), "off")
    with company(tmp_path, guards=off) as made:
        state = made.box.state
        for row in state.nodes():
            if row["type"] == "MasterAdministrator":
                state.set_node(row["id"], description=f"[entra:8d2f:{guid('left')}@{guid('admins')[:8]}#00000000]")
        assert made.run("apply", "--yes").code == 6
        masters = [row for row in state.nodes() if row["type"] == "MasterAdministrator"]
        assert all(row["enabled"] for row in masters)
        assert SYNC in {row["email"] for row in masters}
