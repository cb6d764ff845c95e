"""`init --import` on an account that is not as simple as the sample: names no file can hold, and more than is read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from reconciler.cli.wizard import importing
from reconciler.cli.wizard.importing import entra_group_value, rescue_group_value
from reconciler.model.choices import RescueGroup
from reconciler.model.hierarchy import Role
from reconciler.source import entra_search
from tests.end_to_end.world import World, entra, guid, mappings, scenario, technician, world

KEYS = [f"p{number}" for number in range(8)]


@pytest.fixture
def account(tmp_path: Path) -> Iterator[World]:
    """Two pairs that fit, and a group of technicians whom no Entra group has."""
    people = {key: entra(key) for key in KEYS}
    groups = {"one": KEYS[:4], "two": KEYS[4:]}
    rescue: dict[str, list[Any]] = {
        "First": [technician(key, None) for key in KEYS[:4]],
        "Second": [technician(key, None) for key in KEYS[4:]],
        "Alone": [{"name": f"Uma {n}", "email": f"uma{n}@elsewhere.example"} for n in range(3)],
    }
    with world(scenario(people, groups, rescue), mappings({}), tmp_path) as made:
        made.file.unlink()
        yield made


def proposed(made: World) -> tuple[dict[str, str], str, str]:
    """Rescue group -> Entra group, the text of the file, and what was said."""
    done = made.call("init", "--import", "new.yaml")
    assert done.code == 0, done.err
    text = (made.folder / "new.yaml").read_text(encoding="utf-8")
    pairs = yaml.safe_load(text)["mappings"]
    return {pair["rescue_group"]: pair["entra_group"]["id"] for pair in pairs}, text, done.err


def test_what_fits_is_a_pair_and_the_rest_is_told_with_its_reason(account: World) -> None:
    pairs, text, said = proposed(account)
    assert pairs == {"First": guid("one"), "Second": guid("two")}
    assert "# Not proposed, since no Entra group fits" in text
    assert "# - Alone: " in text
    assert "Administrator groups with a likely pair" not in text
    assert "groups could be a pair" not in said


def test_more_candidates_than_are_read_are_told_of(account: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "CANDIDATES", 1)
    pairs, _, said = proposed(account)
    assert len(pairs) == 1
    assert "more than 1 Entra groups could be a pair; the members of the best are read" in said


def test_a_tenant_with_more_groups_than_are_listed_is_told_of(account: World, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = entra_search.fetch_all_groups
    monkeypatch.setattr(entra_search, "fetch_all_groups", lambda client: replace(usual(client), complete=False))
    pairs, _, said = proposed(account)
    assert "the tenant has more than 2 groups: of the others only those that hold people count" in said
    assert pairs == {"First": guid("one"), "Second": guid("two")}


@pytest.mark.parametrize(
    ("path", "ambiguous", "value"),
    [
        (("EMEA", "Desk"), False, "EMEA/Desk"),
        (("EMEA", "Help/Desk"), False, ["EMEA", "Help/Desk"]),
        (("EMEA", "Desk"), True, 4711),
        (("EMEA", ""), False, 4711),
        (("EMEA", "De\u202esk"), False, 4711),
    ],
    ids=["a path", "a slash in a name", "two of that path", "no name", "not to be seen"],
)
def test_how_a_file_names_a_rescue_group(path: tuple[str, ...], ambiguous: bool, value: object) -> None:
    assert rescue_group_value(RescueGroup(4711, Role.TECHNICIAN, path, 3, 0, ambiguous)) == value


@pytest.mark.parametrize(
    ("name", "value"),
    [("Desk", {"id": "1", "name": "Desk"}), ("", {"id": "1"}), ("  ", {"id": "1"}), ("De\u202esk", {"id": "1"})],
    ids=["a name", "none", "blank", "not to be seen"],
)
def test_a_name_that_a_file_cannot_hold_is_left_out_beside_the_id(name: str, value: dict[str, str]) -> None:
    assert entra_group_value("1", name) == value
