"""`explain` of everybody a plan can say something about, and of those it says nothing about."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from reconciler.model.plan import ERROR_CODES, WARNING_CODES
from reconciler.model.rules import RULES_OF_FINDINGS
from reconciler.sandbox import sample_scenario
from tests.end_to_end.world import (
    SYNC,
    World,
    entra,
    guid,
    mappings,
    marker,
    scenario,
    technician,
    upn,
    world,
)

from .conftest import ROOT

PEOPLE = {
    "sync": entra("synced", "Sy Synced"),
    "new": entra("new", "Nora New"),
    "adopt": entra("adopt", "Ada Adopt"),
    "rename": entra("rename", "Rita Renamed"),
    "move": entra("move", "Mo Moves"),
    "off": entra("off", "Olli Off", enabled=False),
    "gone": entra("gone", "Gil Gone", deleted=True),
    "left": entra("left", "Lea Left"),
    "back": entra("back", "Bea Back"),
    "kept": entra("kept", "Kai Kept"),
    "held": entra("held", "Hedi Held"),
    "out": entra("out", "Otto Out"),
    "safe": entra("safe", "Sam Safe"),
    "both": entra("both", "Bo Both"),
    "deep": entra("deep", "Dee Deep"),
    "other": entra("other", "Ota Other"),
    "waits": entra("waits", "Wim Waits"),
    "frozen": entra("frozen", "Fritz Frozen"),
    "nomail": entra("nomail", "No Mail", mail=None),
    "guest": entra("guest", "Gus Guest", guest=True),
    "married": entra("married", "Mara Married", mail="mara.new@contoso.example",
                     more={"proxyAddresses": ["smtp:mara.old@contoso.example"]}),
    "mapless": entra("mapless", "Max Mapless"),
    "offnew": entra("offnew", "Ona Offnew", enabled=False),
    "orphan": entra("orphan", "Orla Orphan"),
    "out2": entra("out2", "Ola Outside"),
}  # fmt: skip
GROUPS = {
    "desk": ["sync", "new", "adopt", "rename", "off", "back", "kept", "held", "out", "safe", "both", "nomail", "guest",
             "married", "offnew", "inner", "out2"],
    "inner": ["deep"],
    "field": ["move", "both"],
    "first": ["waits", "frozen"],
    "last": ["waits"],
}  # fmt: skip
RESCUE: dict[str, list[Any]] = {
    "Desk": [
        technician("synced", "desk", "Sy Synced", sso=upn("synced")),
        technician("adopt", None, "Ada Adopt", sso=upn("adopt")),
        technician("rename", "desk", "Rita Old", sso="changed-by-hand"),
        technician("move", "field", "Mo Moves", sso=upn("move")),
        technician("off", "desk", "Olli Off", sso=upn("off")),
        technician("gone", "desk", "Gil Gone", sso=upn("gone")),
        technician("left", "desk", "Lea Left", sso=upn("left")),
        technician("back", "desk", "Bea Back", sso=upn("back"), off=True),
        technician("kept", "desk", "Kai Kept", sso=upn("kept"), status="Disabled"),
        technician("held", "desk", "Hedi Old", sso=upn("held")),
        technician("out", "desk", "Otto Out", sso=upn("out")),
        technician("safe", "desk", "Sam Old", sso=upn("safe")),
        technician("past", "desk", "Pia Past", sso=upn("past"), off=True),
        technician("orphan", "nowhere", "Orla Orphan"),
        {"name": "Uma Unmanaged", "email": "uma@elsewhere.example"},
        {"name": "Mara Old", "email": "mara.old@contoso.example"},
        {"name": "Tom Twice", "email": "tom@contoso.example",
         "description": marker("tom", "desk") + marker("tim", "desk")},
        {"name": "Ota Other", "email": upn("other"),
         "description": marker("other", "desk").replace("8d2f:", "ffff:", 1)},
        {"name": "Dora Disabled", "email": "dora@elsewhere.example", "status": "Disabled"},
    ],
    "Field": [],
    "First": [technician("frozen", "first", "Fritz Frozen", sso=upn("frozen"))],
    "Last": [],
    "Elsewhere": [{"name": "Eve Elsewhere", "email": "eve@elsewhere.example"}],
}  # fmt: skip


def file(**top: Any) -> str:
    made = yaml.safe_load(
        mappings(
            {"desk": "Desk", "field": "Field", "first": "Nowhere", "last": "Last"},
            sso=True,
            protected=[upn("safe")],
            guards={"max_removals": "off", "max_removals_per_mapping": "off", "max_identity_changes": "off"},
            overrides=[
                {"login": upn("held"), "action": "hold", "until": "2099-01-31", "reason": "INC-4411"},
                {"login": upn("out"), "action": "exclude", "until": "2099-01-31"},
                {"login": upn("synced"), "action": "exclude", "until": "2020-01-31"},
            ],
            **top,
        )
    )
    made["mappings"][2]["priority"] = 10
    return yaml.safe_dump(made, sort_keys=False)


@dataclass
class Place:
    """One world that nothing changes, shared by all tests of this file."""

    world: World

    def ask(self, login: str, *words: str) -> tuple[int, dict[str, Any]]:
        ran = self.world.call("explain", login, "--format", "json", *words)
        return ran.code, json.loads(ran.out)

    def one(self, login: str, *words: str) -> dict[str, Any]:
        """The only person of that name."""
        code, told = self.ask(login, *words)
        assert code == 0
        assert len(told["people"]) == 1
        return dict(told["people"][0])

    def text(self, login: str, *words: str) -> str:
        """As a person sees it, on one line."""
        return " ".join(self.world.call("explain", login, *words).out.split())


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with world(scenario(PEOPLE, GROUPS, RESCUE), file(), tmp_path_factory.mktemp("explain")) as running:
        yield Place(running)


CASES: dict[str, tuple[str, set[str], str]] = {
    "in sync": (upn("synced"), {"D3", "D4"}, "in sync: wanted by desk"),
    "created": (upn("new"), {"D14", "R43"}, "create: direct member of desk"),
    "adopted": (upn("adopt"), {"D5", "R56"}, "adopt"),
    "updated": (upn("rename"), {"D20", "R54", "D21"}, "update"),
    "moved": (upn("move"), {"R48", "R49"}, "move"),
    "account disabled": (upn("off"), {"D8", "R22", "R45"}, "account disabled in Entra"),
    "account gone": (upn("gone"), {"D8", "R23", "R45"}, "account no longer exists"),
    "left": (upn("left"), {"D8", "R47"}, "left desk"),
    "enabled": (upn("back"), {"D9", "R52"}, "enable"),
    "kept disabled": (upn("kept"), {"D9", "R53"}, "disabled in Rescue by a person"),
    "held": (upn("held"), {"§1", "§6"}, "held until 2099-01-31"),
    "excluded": (upn("out"), {"§2 overrides", "D8"}, "excluded until"),
    "protected": (upn("safe"), {"§1", "§6"}, "is protected by the file"),
    "conflict": (upn("both"), {"D11", "R40"}, "equal priority"),
    "nested only": (upn("deep"), {"D1", "R19"}, "only through groups inside it"),
    "another owner": (upn("other"), {"D3"}, "another owner (ffff)"),
    "waiting": (upn("waits"), {"D11", "D17"}, "waits until first"),
    "frozen": (upn("frozen"), {"D17", "R24", "R25"}, "there is no technician group Nowhere"),
    "no mail": (upn("nomail"), {"D16", "R59"}, "no e-mail address"),
    "guest": (upn("guest"), {"R21"}, "a guest account"),
    "renamed": ("mara.new@contoso.example", {"D5", "R55"}, "another of their addresses"),
    "by an alias": ("mara.old@contoso.example", {"D5", "R55"}, "another of their addresses"),
    "in no mapped group": (upn("mapless"), {"R17"}, "in none of the mapped Entra groups"),
    "disabled and new": (upn("offnew"), {"R22"}, "not created"),
    "disabled long ago": (upn("past"), {"D8", "R50"}, "disabled already (by us)"),
    "orphaned": (upn("orphan"), {"D7", "R62"}, "which no mapping of the file names"),
    "unmanaged": ("uma@elsewhere.example", {"D6", "R60"}, "in none of the Entra groups mapped to it"),
    "two markers": ("tom@contoso.example", {"D3"}, "two markers that differ"),
    "disabled and nobody's": ("dora@elsewhere.example", {"D5"}, "without a marker of ours"),
    "elsewhere": ("eve@elsewhere.example", {"D6", "R60"}, "not ours"),
    "survival": (SYNC, {"§6", "R57"}, "master administrators are never written"),
}


@pytest.mark.parametrize("case", CASES)
def test_the_rule_that_decided(place: Place, case: str) -> None:
    login, rules, said = CASES[case]
    _, told = place.ask(login)
    decided = [role["decided"] for person in told["people"] for role in person["roles"]]
    assert decided
    for one in decided:
        assert rules <= set(one["rules"])
        assert said in one["text"]


@pytest.mark.parametrize("name", [upn("rename").upper(), guid("rename"), guid("rename").upper(), f" {upn('rename')} "])
def test_any_name_of_a_person_will_do(place: Place, name: str) -> None:
    assert place.one(name)["entra"]["id"] == guid("rename")


def test_the_action_is_the_plan_s_own(place: Place) -> None:
    plan = json.loads(place.world.call("plan", "--format", "json").out)
    wanted = next(action for action in plan["actions"] if action["subject"]["entra_id"] == guid("rename"))
    assert place.one(upn("rename"))["roles"][0]["actions"] == [wanted]
    line = next(line for line in place.world.call("plan").out.splitlines() if "~ " in line and upn("rename") in line)
    shown = next(line for line in place.world.call("explain", upn("rename")).out.splitlines() if "~ update" in line)
    assert line.split()[: len(shown.split())] == shown.split()


def test_groups_with_their_mapping_and_its_line(place: Place) -> None:
    lines = place.world.file.read_text(encoding="utf-8").splitlines()
    told = place.one(upn("both"))["memberships"]
    assert [(item["mapping"], item["how"]) for item in told] == [
        ("desk", "direct"),
        ("field", "direct"),
        ("first", "none"),
        ("last", "none"),
    ]
    for item in told:
        block = "\n".join(lines[item["line"] - 1 : item["line"] + 6])
        assert f"name: {item['mapping']}" in block
    text = place.text(upn("both"))
    assert f"desk, a direct member: technician in Desk by desk (mappings.yaml:{told[0]['line']}, priority 100)" in text
    assert "Not in first, last" in text


def test_groups_they_are_not_in_are_named_where_that_is_the_point(place: Place) -> None:
    assert "Not in desk, field, first, last (none of the mapped groups)" in place.text(upn("left"))


def test_the_marker_is_spelled_out(place: Place) -> None:
    text = place.text(upn("back"))
    for said in (
        marker("back", "desk", upn("back"), off=True),
        "owner 8d2f, this file's",
        f"person {guid('back')}",
        f"mapping {guid('desk')[:8]}: desk (mappings.yaml:",
        "of the SSO ID that Rescue shows",
        "licence not managed",
        "yes (!off): disabled by us",
    ):
        assert said in text


def test_a_print_of_another_sso_id_is_told(place: Place) -> None:
    place_of_rename = place.one(upn("rename"))["roles"][0]["node"]
    assert place_of_rename["sso_id"] == "changed-by-hand"
    assert "another owner's" in place.text(upn("other"))


def test_an_sso_id_changed_by_hand_is_seen(tmp_path: Path) -> None:
    people = {"ann": entra("ann", "Ann")}
    node = technician("ann", "desk", "Ann", sso=upn("ann"))
    with world(
        scenario(people, {"desk": ["ann"]}, {"Desk": [node | {"sso_id": "by-hand"}]}),
        mappings({"desk": "Desk"}, sso=True),
        tmp_path,
    ) as made:
        ran = made.call("explain", upn("ann"))
        assert "of another SSO ID than Rescue shows" in " ".join(ran.out.split())
        full = made.call("explain", upn("ann"), "--refresh", "full")
        assert 'SSO ID: "by-hand" -> ' in full.out


def test_what_rescue_shows(place: Place) -> None:
    node = place.one(upn("move"))["roles"][0]["node"]
    assert (node["group"], node["login"], node["enabled"], node["sso_id"]) == ("Desk", upn("move"), True, upn("move"))
    assert f"technician in Desk, node {node['id']}: Mo Moves, enabled" in place.text(upn("move"))


@pytest.mark.parametrize(
    ("login", "said"),
    [
        (upn("held"), "hold, until 2099-01-31 (INC-4411)"),
        (upn("out"), "exclude, until 2099-01-31"),
        (upn("synced"), "exclude, ended on 2020-01-31, without effect"),
        (upn("safe"), f"is protected by '{upn('safe')}'"),
        (SYNC, "never written (survival, §6)"),
    ],
)
def test_exceptions_that_speak_of_them(place: Place, login: str, said: str) -> None:
    assert said in place.text(login)


def test_the_rule_stands_below_what_was_decided(place: Place) -> None:
    assert "Decided disable: left desk by rule D8, R47" in place.text(upn("left"))


def test_findings_about_them(place: Place) -> None:
    assert [item["code"] for item in place.one(upn("kept"))["roles"][0]["findings"]] == ["kept_disabled"]
    assert [item["code"] for item in place.one(upn("frozen"))["roles"][0]["findings"]] == ["frozen"]


def test_somebody_nobody_knows_is_1_with_what_was_tried(place: Place) -> None:
    ran = place.world.call("explain", "nobody@contoso.example")
    assert ran.code == 1
    text = " ".join(ran.out.split())
    assert "nobody@contoso.example: unknown in Entra and in Rescue" in text
    assert "in the 4 mapped Entra groups" in text
    assert "all of Entra, by object id, UPN, mail and proxy address: nobody has it" in text
    assert "people in Rescue: nobody has it" in text


@pytest.mark.parametrize("name", ["", "'", "a'b or 1 eq 1", "\x1b[2J@x", "$count", "a/b?c=d#e", "\ud800"])
def test_a_strange_name_is_nobody_s_and_acts_on_nothing(place: Place, name: str) -> None:
    ran = place.world.call("explain", name)
    assert ran.code == 1
    assert "unknown in Entra and in Rescue" in ran.out
    assert "\x1b" not in ran.out


def test_nothing_is_written_and_no_secret_is_shown(place: Place) -> None:
    ran = place.world.run("explain", upn("left"), "-vv")
    assert ran.code == 0
    assert place.world.writes() == []
    for secret in ("RESCUE_API_TOKEN", "GRAPH_ACCESS_TOKEN", "RESCUE_INITIAL_PASSWORD"):
        assert place.world.env[secret] not in ran.out + ran.err


def test_lines_fit_a_terminal_but_for_the_plan_s_own(place: Place) -> None:
    for login, _, _ in CASES.values():
        for line in place.world.call("explain", login).out.splitlines():
            assert line == line.rstrip()
            assert len(line) <= 100 or line[2:3] in "+-~=>^"


def test_a_wrong_file_is_2(tmp_path: Path) -> None:
    with world(scenario({}, {"desk": []}, {"Desk": []}), "version: 1\n", tmp_path) as made:
        assert made.run("explain", "x@y.example").code == 2


def test_entra_that_cannot_be_asked_about_one_person_is_said(place: Place) -> None:
    state = place.world.box.state
    state.add_fault(side="graph", item="/users/", effect="status", status=403)
    try:
        text = place.text("uma@elsewhere.example")
    finally:
        state.clear_faults()
    assert "Entra could not be asked about them: permission was denied (403 " in text


def test_an_address_of_two_people_shows_both(tmp_path: Path) -> None:
    people = {
        "giver": entra("giver", "Gina Giver", mail=upn("giver2")),
        "taker": entra("taker", "Tara Taker", mail=upn("giver")) | {"upn": upn("taker")},
    }
    people["giver"]["upn"] = upn("giver2")
    rescue = {"Desk": [technician("giver", "desk", "Gina Giver")]}
    with world(scenario(people, {"desk": ["giver", "taker"]}, rescue), mappings({"desk": "Desk"}), tmp_path) as made:
        ran = made.call("explain", upn("giver"))
        assert ran.code == 0
        assert f"{upn('giver')} means 2 people:" in ran.out
        assert "Gina Giver" in ran.out
        assert "Tara Taker" in ran.out
        told = json.loads(made.call("explain", upn("giver"), "--format", "json").out)["people"]
        nodes = {person["entra"]["name"]: [role["node"] for role in person["roles"]] for person in told}
        assert nodes["Tara Taker"] == [None]
        assert [node["login"] for node in nodes["Gina Giver"]] == [upn("giver")]


def test_whoever_has_to_be_written_first_is_shown(tmp_path: Path) -> None:
    people = {
        "giver": entra("giver", "Gina Giver", mail=upn("giver2")) | {"upn": upn("giver2")},
        "taker": entra("taker", "Tara Taker", mail=upn("giver")) | {"upn": upn("taker")},
    }
    rescue = {"Desk": [technician("giver", "desk", "Gina Giver"), technician("taker", "desk", "Tara Taker")]}
    file = mappings({"desk": "Desk"}, guards={"max_identity_changes": "off"})
    with world(scenario(people, {"desk": ["giver", "taker"]}, rescue), file, tmp_path) as made:
        out = " ".join(made.call("explain", upn("taker")).out.split())
        assert "Once this is done Desk mappings.yaml:" in out
        assert f"~ update technician {upn('giver')} login:" in out
        assert "Once this is done" not in made.call("explain", upn("giver2")).out


def test_both_roles_of_one_person(tmp_path: Path) -> None:
    people = {"ann": entra("ann", "Ann Both")}
    text = scenario(
        people,
        {"desk": ["ann"], "bosses": ["ann"]},
        {"Desk": [technician("ann", "desk", "Ann Old")]},
        rescue_more={
            "administrators": [
                {"group": "Bosses", "people": [technician("ann", "bosses", "Ann Both")]},
            ]
        },
    )
    loaded = yaml.safe_load(mappings({"desk": "Desk", "bosses": "Bosses"}))
    loaded["mappings"][1]["role"] = "admin"
    with world(text, yaml.safe_dump(loaded), tmp_path) as made:
        told = json.loads(made.call("explain", upn("ann"), "--format", "json").out)["people"]
        assert len(told) == 1
        shown = {role["role"]: role for role in told[0]["roles"]}
        assert "in sync" in shown["admin"]["decided"]["text"]
        assert shown["technician"]["decided"]["text"].startswith("update")
        assert shown["technician"]["actions"]
        assert not shown["admin"]["actions"]


def test_hostile_names_are_shown_and_not_acted_on(tmp_path: Path) -> None:
    people = {"eve": entra("eve", "Eve \x1b[31m\u202eevil")}
    rescue = {"Desk\x1b]0;x\x07": [technician("eve", "desk", "Eve")]}
    with world(scenario(people, {"desk": ["eve"]}, rescue), mappings({"desk": "Desk\x1b"[:4]}), tmp_path) as made:
        ran = made.call("explain", upn("eve"))
        assert ran.code == 0
        assert "\x1b" not in ran.out
        assert "\u202e" not in ran.out
        assert "\\x1b" in ran.out


def test_guards_that_refuse_the_plan_are_told(tmp_path: Path) -> None:
    people = {"ann": entra("ann", enabled=False)}
    text = scenario(people, {"desk": ["ann"]}, {"Desk": [technician("ann", "desk")]})
    with world(text, mappings({"desk": "Desk"}, guards={"max_removals": 0}), tmp_path) as made:
        assert "if guards did not refuse the whole plan" in made.call("explain", upn("ann")).out


def test_removals_that_a_guard_holds_back_are_told_as_that(tmp_path: Path) -> None:
    people = {"ann": entra("ann", enabled=False)}
    text = scenario(people, {"desk": ["ann"]}, {"Desk": [technician("ann", "desk")]})
    file = mappings({"desk": "Desk"}, guards={"max_removals": 0, "on_violation": "hold_removals"})
    with world(text, file, tmp_path) as made:
        out = made.call("explain", upn("ann")).out
    assert "Would change (held back: a guard lets no removal through)\n" in out
    assert "if guards did not refuse" not in out


def test_an_override_may_name_somebody_by_an_alias(tmp_path: Path) -> None:
    people = {"ann": entra("ann", more={"proxyAddresses": ["smtp:old@contoso.example"]})}
    out_of_it = {"login": "Old@contoso.example", "action": "hold", "until": "2099-01-31"}
    with world(
        scenario(people, {"desk": ["ann"]}, {"Desk": []}), mappings({"desk": "Desk"}, overrides=[out_of_it]), tmp_path
    ) as made:
        out = " ".join(made.call("explain", upn("ann")).out.split())
    assert "Exception override of line" in out
    assert "Decided neither created nor adopted: held until 2099-01-31" in out


def test_every_code_of_the_plan_has_its_rule() -> None:
    assert RULES_OF_FINDINGS.keys() == ERROR_CODES | WARNING_CODES


def test_everybody_of_the_sample_account_is_explained(tmp_path: Path) -> None:
    """Each action of the plan is in the explanation of exactly one person; nobody is left without a rule."""
    from datetime import date

    from reconciler.cli.reading import load_file, open_sides, read_and_plan
    from reconciler.cli.talk import Talk
    from reconciler.planning.explain.explaining import Looked, explain_person
    from reconciler.sandbox import run_sandbox

    text = (ROOT / "mappings.yaml").read_text(encoding="utf-8")
    text = text.replace("\nrescue:\n", "\nrescue:\n  requests_per_second: 100\n")
    (tmp_path / "mappings.yaml").write_text(text, encoding="utf-8")
    talk = Talk(quiet=True, verbose=0)
    with run_sandbox(sample_scenario()) as box:
        made = load_file(str(tmp_path / "mappings.yaml"), talk)
        with open_sides(made, box.environment(), talk) as sides:
            plan, readings = read_and_plan(made, sides, refresh="auto", talk=talk)
    logins = {node.login for node in readings.tree.nodes.values() if node.login}
    logins |= {action.subject.entra_id for action in plan.actions if action.subject.entra_id}
    shown: dict[str, set[str]] = {}
    for login in sorted(logins):
        told = explain_person(login, made, readings, plan, Looked({}, {}), today=date(2026, 11, 25))
        for person in told.people:
            assert person.roles
            for role in person.roles:
                assert role.decided.rules
                assert "nothing in the plan is about them" not in role.decided.text
                for action in role.actions:
                    shown.setdefault(action.id, set()).add(str(action.subject.entra_id))
    assert shown.keys() == {action.id for action in plan.actions if action.subject.path is None}
    assert all(len(people) == 1 for people in shown.values())
