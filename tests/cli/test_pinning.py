"""`init --pin` where a Rescue path fits several groups: the node id is asked for, or told to be written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.end_to_end.world import World, entra, guid, mappings, scenario, technician, world

from .conftest import Shell, clean_environment
from .terminal import terminal

TWINS = [
    {"group": "Desk", "people": [technician("ann", None)]},
    {"group": "Twin", "people": [technician("ben", None)]},
    {"group": "Other", "people": []},
]


@pytest.fixture
def twins(tmp_path: Path) -> Iterator[World]:
    """Two groups that both are called Desk: the second is renamed by hand, as somebody in the Admin Center may."""
    people = {key: entra(key) for key in ("ann", "ben")}
    text = scenario(people, {"desk": ["ann"], "other": []}, {}, rescue_more={"technicians": TWINS})
    with world(text, mappings({"desk": "Desk", "other": "Other"}), tmp_path) as made:
        twin = next(row["id"] for row in made.box.state.nodes() if row["name"] == "Twin")
        made.box.state.set_node(twin, name="Desk")
        yield made


def nodes_of(made: World) -> list[int]:
    return [row["id"] for row in made.box.state.nodes() if row["name"] == "Desk"]


def test_without_a_terminal_both_nodes_are_named_and_nothing_is_written(twins: World) -> None:
    before = twins.file.read_bytes()
    done = twins.call("init", "--pin")
    assert done.code == 2
    first, second = nodes_of(twins)
    assert f"Desk is not the only path of that name; write {first} or {second}" in done.err
    assert twins.file.read_bytes() == before
    assert twins.writes() == []


def test_on_a_terminal_the_node_is_chosen_and_written_in_the_place_of_the_path(twins: World) -> None:
    shell = Shell(twins.folder, clean_environment() | twins.env)
    with terminal(shell, "init", "--pin") as screen:
        screen.wait_for("Desk fits several Rescue groups:")
        screen.answer("Which, by number", "3")
        screen.answer("3 is not in the list, which goes from 1 to 2", "2")
        screen.answer("Put 1 node id into mappings.yaml?", "y")
        assert screen.ends() == 0
    said = yaml.safe_load(twins.file.read_text(encoding="utf-8"))["mappings"]
    assert [pair["rescue_group"] for pair in said] == [nodes_of(twins)[1], "Other"]
    assert [pair["entra_group"]["id"] for pair in said] == [guid("desk"), guid("other")]


def test_a_node_id_is_pinned_already(twins: World) -> None:
    text = twins.file.read_text(encoding="utf-8").replace("rescue_group: Desk", f"rescue_group: {nodes_of(twins)[0]}")
    twins.file.write_text(text, encoding="utf-8")
    done = twins.call("init", "--pin")
    assert done.code == 0
    assert "nothing to pin" in done.err
