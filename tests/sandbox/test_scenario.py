"""Scenario files: everything wrong is found at once and with its place; what is right arrives."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.errors import InputError, UsageError
from reconciler.sandbox import load_scenario, parse_scenario, run_sandbox

TENANT = "tenant: {id: 8d2f4c1e-0000-4000-8000-2b7f3d9a1c55}\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{}", "scenario:1:1: the key 'tenant' is missing"),
        ("tenant: {id: x}", "scenario:1:14: 'x' is no UUID"),
        ("tenant: [", "this is not YAML"),
        (TENANT + "colour: red", "scenario:2:9: there is no key 'colour' here; known are"),
        (TENANT + "people: [a]", "scenario:2:9: a mapping is wanted here"),
        (
            TENANT + "people:\n  a: {name: A, upn: a}\n  a: {name: B, upn: b}",
            "scenario:4:3: the key 'a' stands here twice",
        ),
        (TENANT + "people:\n  a: {name: A}", "scenario:3:6: the key 'upn' is missing"),
        (TENANT + "people:\n  a: {name: A, upn: a, enabled: off}", "true or false is wanted here, not 'off'"),
        (TENANT + "people:\n  a: {name: [A], upn: a}", "scenario:3:13: a plain text is wanted here"),
        (TENANT + "groups:\n  g: {name: G, members: [nobody]}", "scenario:3:26: there is no 'nobody' among people"),
        (TENANT + "groups:\n  g: {name: G, members: [g, g]}", "g is a member twice"),
        (TENANT + "groups:\n  g: {name: G, members: {}}", "a list is wanted here"),
        (TENANT + "objects:\n  o: {kind: toaster, name: T}", "'toaster' is not one of"),
        (TENANT + "rescue: {account_id: many}", "a whole number is wanted here, not 'many'"),
        (TENANT + "rescue: {technicians: [{people: []}]}", "the key 'group' is missing"),
        (TENANT + "rescue: {technicians: [{group: G, permissions: [Fly]}]}", "there is no permission 'Fly'"),
        (TENANT + "rescue: {master_administrators: [{person: nobody}]}", "there is no 'nobody' among people"),
        (TENANT + "switches: {newline: crr}", "scenario:2:21: switch newline: 'crr' is not one of lf | crlf"),
        (TENANT + "switches: {speed: high}", "there is no switch 'speed'"),
        (TENANT + "faults: [{side: rescue, effect: explode}]", "'explode' is no effect of a fault"),
        (TENANT + "faults: [{side: rescue}]", "effect"),
        (TENANT + "faults: [{side: rescue, effect: html, colour: red}]", "a fault has no colour"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_scenario(text)
    assert message in str(caught.value)


def test_all_problems_come_at_once() -> None:
    with pytest.raises(InputError) as caught:
        parse_scenario("tenant: {}\nswitches: {a: b}\nfaults: [{side: x, effect: html}]")
    assert len(caught.value.problems) == 3


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        load_scenario(tmp_path / "none.yaml")


def test_what_a_scenario_says_arrives(tmp_path: Path) -> None:
    file = tmp_path / "scenario.yaml"
    file.write_text(
        TENANT
        + """
people:
  ann: {name: Ann, upn: ann@x.example, more: {city: Köln, accountAge: 3, vip: true, tags: [a, b]}}
  nul: {name: null, upn: null, enabled: null}
groups:
  g: {name: G, members: [ann, h]}
  h: {name: H, members: [g]}
rescue:
  account_id: 7
  mobile_seats: 3
  foreign_addresses: [t@x.example]
  master_administrators: [{name: M, email: m@x.example}]
  administrators: [{name: A, email: a@x.example}, {group: AG, people: [{name: B, email: b@x.example}]}]
  technicians:
    - group: T
      status: Disabled
      people: [{person: ann, nick: Annie, status: Busy, rpat: true}]
      groups: [{group: 'U/V', permissions: [], id: 5000000}]
switches: {deny_login: yes, newline: crlf}
faults: [{side: rescue, match: {node: 7}, effect: status, status: 503, retry_after: 1.5}]
""",
        encoding="utf-8",
    )
    with run_sandbox(load_scenario(file)) as box:
        ann, nul = box.state.people()
        assert (ann["mail"], ann["city"], ann["accountAge"], ann["vip"], ann["tags"]) == (
            "ann@x.example",
            "Köln",
            3,
            True,
            ["a", "b"],
        )
        assert (nul["name"], nul["upn"], nul["mail"], nul["enabled"]) == (None, None, None, None)
        assert box.state.account()["token_owner"] == "m@x.example"
        assert box.state.account()["account_id"] == 7
        top = box.state.node_by_path("T")
        below = box.state.node_by_path(["T", "U/V"])
        assert (top["status"], below["permissions"], below["id"]) == ("Disabled", "", 5000000)
        assert "RemoteControl" in top["permissions"]
        assert box.state.node_by_path("AG", "admin")["type"] == "AdministratorGroup"
        node = box.state.node_by_login("ann@x.example")
        assert node is not None
        assert (node["name"], node["nick"], node["status"], node["rpat"]) == ("Ann", "Annie", "Busy", True)
        assert box.state.switch("deny_login") == "yes"
        assert box.state.switches()["newline"] == "crlf"
        assert box.state.faults()[0]["match"] == {"node": "7"}
        assert box.state.next_node_id() == 5000001
