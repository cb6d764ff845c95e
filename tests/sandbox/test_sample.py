"""The sample account is consistent in itself and with mappings.yaml, judged by the product's rules, not its code."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from reconciler.sandbox import Sandbox, run_sandbox, sample_scenario

FILE = Path(__file__).parents[2] / "mappings.yaml"
MARKER = re.compile(r"\[entra:([0-9a-f]{4}):([0-9a-f-]{36})@([0-9a-f]{8})#([0-9a-f]{8})(!off)?\]")


@pytest.fixture(scope="module")
def sample() -> Iterator[Sandbox]:
    with run_sandbox(sample_scenario()) as box:
        yield box


@pytest.fixture(scope="module")
def mappings() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return found


def technicians(sample: Sandbox) -> list[dict[str, Any]]:
    return [node for node in sample.state.nodes() if node["type"] == "Technician"]


def test_the_file_names_what_the_sample_has(sample: Sandbox, mappings: dict[str, Any]) -> None:
    assert mappings["entra"]["tenant_id"] == sample.state.tenant()["id"]
    assert mappings["rescue"]["account_id"] == sample.state.account()["account_id"]
    groups = {group["id"]: group["name"] for group in sample.state.groups()}
    kinds = {"technician": ("technician", "TechnicianGroup"), "admin": ("admin", "AdministratorGroup")}
    for mapping in mappings["mappings"]:
        assert groups[mapping["entra_group"]["id"]] == mapping["entra_group"]["name"]
        role, kind = kinds[mapping["role"]]
        assert sample.state.node_by_path(mapping["rescue_group"], role)["type"] == kind
    parts = [mapping["entra_group"]["id"][:8] for mapping in mappings["mappings"]]
    assert len(set(parts)) == len(parts) == 7


def test_markers_are_true(sample: Sandbox, mappings: dict[str, Any]) -> None:
    by_part = {mapping["entra_group"]["id"][:8]: mapping for mapping in mappings["mappings"]}
    known = {thing.id for thing in sample_scenario().objects}
    seen = set()
    for node in technicians(sample):
        assert node["description"].count("[entra:") == len(MARKER.findall(node["description"])) <= 1
        match = MARKER.search(node["description"])
        if match is None:
            continue
        owner, id, part, printed, off = match.groups()
        assert owner == mappings["rescue"]["owner"]
        assert id in known
        assert id not in seen
        seen.add(id)
        if by_part[part].get("upn_as_sso_id"):
            assert printed == hashlib.sha256(node["sso_id"].encode()).hexdigest()[:8], node["name"]
        else:
            assert (printed, node["sso_id"]) == ("00000000", "")
        if off:
            assert not node["enabled"]
    assert len(seen) > 35


def test_every_verb_has_somebody(sample: Sandbox, mappings: dict[str, Any]) -> None:
    """Counted from the data by the shortest reading of the rules; the plan itself is tested where plans are made."""
    wanted: dict[str, list[tuple[dict[str, Any], dict[str, Any]]]] = {}
    groups = {group["id"] for group in sample.state.groups()}
    nested: set[str] = set()
    for mapping in mappings["mappings"]:
        direct = sample.state.members(mapping["entra_group"]["id"]) if mapping["role"] == "technician" else []
        inside = {id for group in groups & set(direct) for id in sample.state.members(group)}
        nested |= inside
        for id in {*direct, *inside}:
            person = next((one for one in sample.state.people() if one["id"] == id), None)
            if person is not None:
                wanted.setdefault(id, []).append((person, mapping))
    nodes = technicians(sample)
    marked = {match[2]: node for node in nodes if (match := MARKER.search(node["description"]))}
    by_login = {node["email"].casefold(): node for node in nodes}
    found: dict[str, list[str]] = {}

    def note(word: str, name: str) -> None:
        found.setdefault(word, []).append(name)

    for id, places in wanted.items():
        person, mapping = places[0]
        node = marked.get(id) or by_login.get((person["mail"] or "").casefold())
        if person["user_type"] == "Guest":
            note("guest", person["name"])
        elif not person["mail"]:
            note("no_login", person["name"])
        elif person["mail"] in mappings["protected"]:
            note("protected", person["name"])
        elif not person["enabled"]:
            note("disable", person["name"])
        elif len(places) > 1:
            note("conflict", person["name"])
        elif node is None:
            aliases = [address.partition(":")[2] for address in person.get("proxyAddresses", [])]
            note("possible_rename" if set(aliases) & set(by_login) else "create", person["name"])
        elif id not in marked:
            note("adopt", person["name"])
            assert node["enabled"]
            assert node["parent"] == sample.state.node_by_path(mapping["rescue_group"])["id"]
        elif not node["enabled"]:
            note("enable" if "!off" in node["description"] else "kept_disabled", person["name"])
        else:
            same = unicodedata.normalize("NFC", node["name"]) == unicodedata.normalize("NFC", person["name"])
            sso = not mapping.get("upn_as_sso_id") or node["sso_id"] == person["upn"]
            place = node["parent"] == sample.state.node_by_path(mapping["rescue_group"])["id"] and id not in nested
            if not same or not sso:
                note("update", person["name"])
            if not place:
                note("move", person["name"])
    leavers = [node["name"] for id, node in marked.items() if id not in wanted and node["enabled"]]
    counts = {word: len(names) for word, names in found.items()}
    assert counts == {
        "adopt": 10, "create": 7, "enable": 2, "update": 2, "move": 3, "disable": 1, "guest": 1, "no_login": 1,
        "protected": 1, "conflict": 1, "possible_rename": 1, "kept_disabled": 1,
    }  # fmt: skip
    assert sorted(leavers) == ["Paula Reyes", "Victor Lund"]


def test_logins_and_sso_ids_are_unique(sample: Sandbox) -> None:
    logins = [node["email"].casefold() for node in technicians(sample)]
    sso = [node["sso_id"] for node in technicians(sample) if node["sso_id"]]
    assert len(set(logins)) == len(logins)
    assert len(set(sso)) == len(sso)
    people = sample.state.people()
    for name in ("mail", "upn"):
        values = [person[name].casefold() for person in people if person[name]]
        assert len(set(values)) == len(values)


def test_the_company_is_believable(sample: Sandbox) -> None:
    assert 60 <= len(sample.state.people()) <= 100
    assert 8 <= len(sample.state.groups()) <= 12
    nodes = sample.state.nodes()
    kinds = [node["type"] for node in nodes]
    assert kinds.count("TechnicianGroup") == 9
    assert kinds.count("MasterAdministrator") == 3
    assert kinds.count("Administrator") >= 4
    assert len([node for node in nodes if node["account_holder"]]) == 2
    holder = [node["id"] for node in nodes if node["account_holder"]]
    assert holder[1] == holder[0] + 1  # a person's two nodes have consecutive ids
    text = "".join(node["name"] for node in nodes)
    assert any(unicodedata.normalize("NFC", node["name"]) != node["name"] for node in nodes)
    for script in ("CJK", "CYRILLIC", "GREEK", "HANGUL", "THAI", "HEBREW"):
        assert any(unicodedata.name(letter, "").startswith(script) for letter in text), script
    assert not re.search(r"<|&#", text + "".join(node["description"] for node in nodes))
