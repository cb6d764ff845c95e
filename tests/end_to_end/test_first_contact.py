"""Whom the tool meets in Rescue: known by an alias, unmanaged, or the node of somebody gone (D5, D6, D16)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from .world import World, entra, guid, mappings, marker, scenario, technician, upn, world

LOOSE = {"max_removals": "off", "max_removals_per_mapping": "off", "max_identity_changes": "off", "max_moves": "off"}


def known_as(key: str, *aliases: str, **more: Any) -> dict[str, Any]:
    """Somebody in Entra with proxy addresses, as Exchange writes them."""
    proxies = [f"SMTP:{upn(key)}", *(f"smtp:{alias}@contoso.example" for alias in aliases), "x500:/o=contoso"]
    others = [f"{key}.private@contoso.example"]
    return entra(key, **more) | {"more": {"proxyAddresses": proxies, "otherMails": others}}


def the_file(**settings: Any) -> str:
    return mappings({"desk": "Desk"}, settings=settings, guards=LOOSE)


def planned(made: World, *words: str) -> dict[str, Any]:
    """The plan as JSON."""
    done = made.call("plan", "--format", "json", *words)
    assert done.code == 0, done.err
    return dict(json.loads(done.out))


def codes(plan: dict[str, Any]) -> list[str]:
    return sorted(f"{item['code']} {(item['login'] or item['mapping']).partition('@')[0]}" for item in plan["findings"])


def check_converged(made: World) -> None:
    before = made.tree()
    assert made.call("plan", "--detailed-exitcode", "--refresh", "full").code == 0
    made.forget_calls()
    assert made.apply().code == 0
    assert made.writes() == []
    assert made.tree() == before


# -- adopt: aliases ----------------------------------------------------------------------------------------------------

ALIAS_PEOPLE = {
    "kim": entra("kim"),
    "ann": known_as("ann", "ann.maiden"),
    "bob": known_as("bob", upn="bob.u@contoso.example"),
    "cat": known_as("cat", "cat.one", "cat.two"),
    "dan": known_as("dan", "shared"),
    "dora": known_as("dora", "Shared"),
    "eve": known_as("eve"),
}
ALIAS_RESCUE = {
    "Desk": [
        technician("kim", "desk"),
        technician("ann.maiden", None, "Ann Maiden", text="knows the alarms", nick="Annie", mobile=True),
        technician("cat.one", None, "Cat"),
        technician("cat.two", None, "Cat"),
        technician("shared", None, "Shared"),
        technician("eve.private", None, "Eve"),
    ],
    "Elsewhere": [technician("bob.u", None, "Bob")],
}


def alias_world(folder: Path, file: str) -> Any:
    return world(scenario(ALIAS_PEOPLE, {"desk": list(ALIAS_PEOPLE)}, ALIAS_RESCUE), file, folder)


def test_aliases_are_possible_renames_by_default(tmp_path: Path) -> None:
    with alias_world(tmp_path, the_file()) as made:
        plan = planned(made)
        assert [(a["verbs"], a["subject"]["login"]) for a in plan["actions"]] == [(["create"], upn("eve"))]
        renames = [code for code in codes(plan) if code.startswith("possible_rename")]
        assert renames == [f"possible_rename {key}" for key in ("ann", "bob", "cat", "dan", "dora")]


def test_aliases_adopted_renamed_and_nothing_left(tmp_path: Path) -> None:
    with alias_world(tmp_path, the_file(adopt="aliases")) as made:
        before = made.node("ann.maiden")
        plan = planned(made)
        assert {a["subject"]["login"].partition("@")[0]: a["verbs"] for a in plan["actions"]} == {
            "ann.maiden": ["adopt", "update"],
            "bob.u": ["adopt", "update", "move"],
            "eve": ["create"],
        }
        assert [code for code in codes(plan) if code.startswith("possible_rename")] == [
            "possible_rename cat",
            "possible_rename dan",
            "possible_rename dora",
        ]
        assert plan["summary"]["blocked"] == 3
        done = made.run("apply", "--yes", "--out", "outcomes.json")
        assert done.code == 0, done.err
        after = made.node("ann")
        assert after["id"] == before["id"]
        assert (after["name"], after["nick"], after["mobile"]) == ("Ann", "Annie", True)
        assert after["description"] == f"knows the alarms {marker('ann', 'desk')}"
        assert not after["has_password"]
        assert made.node("bob")["parent"] == after["parent"]
        for key in ("cat.one", "cat.two", "shared", "eve.private"):
            assert made.node(key)["description"] == "", "other mails are nobody's address, doubtful ones neither"
        check_converged(made)


def test_a_login_somebody_takes_between_plan_and_apply_is_left_alone(tmp_path: Path) -> None:
    with alias_world(tmp_path, the_file(adopt="aliases")) as made:
        assert made.call("plan", "--out", "plan.json").code == 0
        made.box.state.set_node(made.node("ann.maiden")["id"], description="mine now")
        assert made.apply("--plan", "plan.json").code == 5
        assert made.writes() == []


# -- unmanaged: disable ------------------------------------------------------------------------------------------------

UNMANAGED_PEOPLE = {
    "kim": known_as("kim", "kim.alias"),
    "gus": entra("gus", guest=True),
    "off": entra("off", enabled=False),
}
UNMANAGED_RESCUE = {
    "Desk": [
        technician("kim", "desk"),
        technician("uma", None, "Uma", text="hand-made", nick="U", mobile=True, sso="uma-sso", status="Online"),
        technician("hal", None, "Hal"),
        technician("pat", None, "Pat"),
        technician("kim.alias", None, "Kim Too"),
        technician("gus", None, "Gus"),
        {"name": "", "email": ""},
        {"name": "Fay", "email": upn("fay"), "description": marker("fay", "desk").replace("8d2f", "beef")},
    ],
    "Elsewhere": [technician("far", None, "Far")],
}


def unmanaged_world(folder: Path, **top: Any) -> Any:
    text = scenario(UNMANAGED_PEOPLE, {"desk": list(UNMANAGED_PEOPLE)}, UNMANAGED_RESCUE)
    file = yaml.safe_load(the_file(unmanaged="disable")) | {
        "protected": ["pat@*"],
        "overrides": [{"login": upn("hal"), "action": "hold", "until": "2099-12-31"}],
    }
    return world(text, yaml.safe_dump(file | top), folder)


def test_unmanaged_people_are_disabled_and_nobody_else(tmp_path: Path) -> None:
    with unmanaged_world(tmp_path) as made:
        before = {row["id"]: row for row in made.box.state.nodes()}
        uma = made.node("uma")
        plan = planned(made)
        assert [a["subject"]["login"] for a in plan["actions"]] == [upn("uma")]
        (action,) = plan["actions"]
        assert (action["verbs"], action["removal"], action["subject"]["entra_id"]) == (["disable"], True, None)
        assert [change["field"] for change in action["changes"]] == ["mobile_license", "enabled"]
        assert codes(plan) == ["guest gus", "half_made desk", "protected hal", "protected pat"]
        assert made.run("apply", "--yes", "--out", "outcomes.json").code == 6, "the half-made node is an error"
        assert made.node("uma") == uma | {"enabled": False, "mobile": False, "status": "Disabled"}
        after = {row["id"]: row for row in made.box.state.nodes()}
        assert [key for key in before if before[key] != after[key]] == [uma["id"]]
        made.forget_calls()
        assert planned(made)["actions"] == []


def test_unmanaged_people_are_removals_that_a_guard_counts(tmp_path: Path) -> None:
    with unmanaged_world(tmp_path, guards={"max_removals": 0}) as made:
        before = made.tree()
        done = made.run("apply", "--yes", "--out", "outcomes.json")
        assert done.code == 4
        assert "max_removals" in done.err
        assert made.tree() == before


def test_addresses_that_cannot_be_read_keep_everybody_of_that_group(tmp_path: Path) -> None:
    with unmanaged_world(tmp_path) as made:
        made.box.state.set_person(guid("off"), proxyAddresses=None)
        plan = planned(made)
        assert plan["actions"] == []
        assert {"unconfirmed desk", "unmanaged uma"} <= set(codes(plan))
        before = made.tree()
        assert made.apply().code == 6
        assert made.tree() == before


def test_nobody_is_unmanaged_while_the_mapping_is_frozen(tmp_path: Path) -> None:
    with unmanaged_world(tmp_path, limits={"members": 2}) as made:
        plan = planned(made)
        assert plan["actions"] == []
        assert not any(code.startswith("unmanaged") for code in codes(plan))
        assert made.apply().code == 6


# -- re-hires ----------------------------------------------------------------------------------------------------------


def rehire_world(folder: Path, *, old: dict[str, Any] | None = None, off: bool = True, **top: Any) -> Any:
    """Ann has a new object id; her node is marked for `old`, whom Entra may know (`old`) or not."""
    people = {"kim": entra("kim"), "ann": entra("ann", "Ann Again")} | ({"old": old} if old else {})
    text = marker("old", "desk", upn("ann"), off=off)
    node = technician("ann", None, "Ann Before", text=f"desk 4 {text}", sso=upn("ann"), status="Disabled", nick="Ann")
    rescue = {"Desk": [technician("kim", "desk", sso=upn("kim")), node | {"password": "Old-Pw-2020"}]}
    file = mappings({"desk": "Desk"}, sso=True, guards=LOOSE | top)
    return world(scenario(people, {"desk": ["kim", "ann"]}, rescue), file, folder)


def test_a_rehire_gets_the_node_a_new_marker_and_a_fresh_password(tmp_path: Path) -> None:
    with rehire_world(tmp_path) as made:
        before = made.node("ann")
        assert made.box.state.password_is(before["id"], "Old-Pw-2020")
        plan = planned(made)
        assert [a["verbs"] for a in plan["actions"]] == [["adopt", "enable", "update"]]
        done = made.run("apply", "--yes", "--out", "outcomes.json")
        assert done.code == 0, done.err
        after = made.node("ann")
        assert after["id"] == before["id"]
        assert (after["name"], after["enabled"]) == ("Ann Again", True)
        assert after["description"] == f"desk 4 {marker('ann', 'desk', upn('ann'))}"
        assert made.box.state.password_is(after["id"], made.env["RESCUE_INITIAL_PASSWORD"])
        assert not made.box.state.password_is(after["id"], "Old-Pw-2020")
        (write,) = made.writes()
        assert {"pwd", "confpwd"} <= {name.lower() for name in write["parameters"]}
        check_converged(made)


@pytest.mark.parametrize(("password", "why"), [("", "is not set"), ("weak", "shorter than 8")])
def test_a_rehire_needs_the_initial_password(tmp_path: Path, password: str, why: str) -> None:
    with rehire_world(tmp_path) as made:
        before = made.tree()
        done = made.run("apply", "--yes", RESCUE_INITIAL_PASSWORD=password)
        assert done.code == 2
        assert why in done.err
        assert made.tree() == before


def test_a_rehire_is_an_identity_change(tmp_path: Path) -> None:
    with rehire_world(tmp_path, max_identity_changes=0) as made:
        done = made.run("apply", "--yes", "--out", "outcomes.json")
        assert done.code == 4
        assert "max_identity_changes" in done.err
        assert made.writes() == []


@pytest.mark.parametrize("why", ["enabled", "disabled", "a human did it"])
def test_no_rehire_while_the_old_account_lives_or_a_human_disabled_the_node(tmp_path: Path, why: str) -> None:
    old = None if why == "a human did it" else entra("old", enabled=why == "enabled")
    with rehire_world(tmp_path, old=old, off=why != "a human did it") as made:
        before = made.tree()
        plan = planned(made)
        assert plan["actions"] == []
        assert codes(plan) == ["blocked_login ann"]
        node = made.node("ann")["id"]
        assert f"held by the disabled technician {upn('ann')} (node {node})" in plan["findings"][0]["message"]
        assert made.apply().code == 0
        assert made.tree() == before


def test_from_leaver_to_rehire(tmp_path: Path) -> None:
    """The old account is deleted while a new one of the same address exists: disabled first, re-hired by the next."""
    with rehire_world(tmp_path, old=entra("old", mail="old@contoso.example"), off=False) as made:
        made.box.state.set_node(made.node("ann")["id"], enabled=True)
        made.box.state.add_member(guid("desk"), guid("old"))
        made.box.state.delete_person(guid("old"))
        first = made.apply()
        assert first.code == 0
        assert made.node("ann")["enabled"] is False
        assert made.apply().code == 0
        assert made.node("ann")["description"].endswith(marker("ann", "desk", upn("ann")))
        check_converged(made)


@pytest.mark.parametrize("adopt_admins", [True, False])
def test_administrators_are_adopted_by_alias_and_rehired_only_with_adopt_admins(
    tmp_path: Path, adopt_admins: bool
) -> None:
    people = {"kim": entra("kim"), "root": entra("root"), "ann": entra("ann"), "bob": known_as("bob", "bob.old")}
    data = yaml.safe_load(
        scenario(people, {"desk": ["kim"], "admins": ["root", "ann", "bob"]}, {"Desk": [technician("kim", "desk")]})
    )
    nodes = [
        technician("root", "admins"),
        technician("ann", None, text=marker("gone", "admins", off=True), status="Disabled"),
        technician("bob.old", None, "Bob"),
    ]
    data["rescue"]["administrators"] = [{"group": "Regional", "people": nodes}]
    settings = {"adopt": "aliases", "adopt_admins": adopt_admins}
    file = yaml.safe_load(mappings({"desk": "Desk", "admins": "Regional"}, settings=settings, guards=LOOSE))
    file["mappings"][1]["role"] = "admin"
    with world(yaml.safe_dump(data), yaml.safe_dump(file), tmp_path) as made:
        before = made.tree()
        plan = planned(made)
        if not adopt_admins:
            assert plan["actions"] == []
            assert codes(plan) == ["blocked_login ann", "possible_rename bob"]
            assert made.apply().code == 0
            assert made.tree() == before
            return
        assert {a["subject"]["login"]: a["verbs"] for a in plan["actions"]} == {
            upn("ann"): ["adopt", "enable"],
            upn("bob.old"): ["adopt", "update"],
        }
        done = made.run("apply", "--yes", "--out", "outcomes.json")
        assert done.code == 0, done.err
        rows = {row["email"]: row for row in made.box.state.nodes() if row["type"] == "Administrator"}
        assert rows[upn("ann")]["description"] == marker("ann", "admins")
        assert made.box.state.password_is(rows[upn("ann")]["id"], made.env["RESCUE_INITIAL_PASSWORD"])
        assert upn("bob") in rows
        check_converged(made)


def test_a_rehire_gets_a_generated_password_where_the_file_says_so(tmp_path: Path) -> None:
    with rehire_world(tmp_path) as made:
        file = yaml.safe_load(made.file.read_text(encoding="utf-8")) | {"settings": {"initial_password": "generate"}}
        made.file.write_text(yaml.safe_dump(file), encoding="utf-8")
        done = made.apply(RESCUE_INITIAL_PASSWORD="")
        assert done.code == 0, done.err
        node = made.node("ann")
        assert node["has_password"]
        assert not made.box.state.password_is(node["id"], "Old-Pw-2020")
        assert not made.box.state.password_is(node["id"], "")
