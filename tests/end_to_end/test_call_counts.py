"""How much is asked of either side: bounds that hold whatever the size, seen in the sandbox's log. No times."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from .world import World, entra, guid, mappings, scenario, technician, world

FREE = {"max_creates": "off", "max_removals": "off", "max_removals_per_mapping": "off"}


def crowd(folder: Path, groups: int, each: int, *, switch: str = "exact", leavers: int = 0, **top: Any) -> Any:
    """So many groups of so many people, all in sync; the first `leavers` of the first group have left it."""
    members = {f"g{group}": [f"p{group}x{number}" for number in range(each)] for group in range(groups)}
    people = {key: entra(key) for keys in members.values() for key in keys}
    rescue = {name.upper(): [technician(key, name) for key in keys] for name, keys in members.items()}
    entra_side = {name: keys[leavers:] if name == "g0" else keys for name, keys in members.items()}
    file = mappings({name: name.upper() for name in members}, guards=FREE, **top)
    return world(scenario(people, entra_side, rescue, switches={"last_page": switch}), file, folder)


def asked(made: World) -> tuple[list[list[str]], Counter[str]]:
    """The items of every request to Graph, and how often each method of Rescue was called."""
    graph = [entry for entry in made.box.requests() if entry["side"] == "graph"]
    assert all(entry["path"] == "/v1.0/$batch" for entry in graph), "nothing but batches"
    return [[item["url"] for item in entry["items"]] for entry in graph], Counter(c["call"] for c in made.calls())


NOTHING_TO_DO = {"getHierarchy_v2": 1, "getAccount": 1, "getUser_v2": 1}


@pytest.mark.parametrize(("groups", "each", "requests"), [(1, 1, 1), (10, 3, 1), (11, 3, 2), (100, 2, 10), (3, 150, 1)])
def test_where_nothing_changes_there_are_two_questions_a_group_and_three_calls(
    tmp_path: Path, groups: int, each: int, requests: int
) -> None:
    with crowd(tmp_path, groups, each) as made:
        assert made.call("plan", "--detailed-exitcode").code == 0
        batches, calls = asked(made)
        assert len(batches) == requests == -(-2 * groups // 20)
        assert sum(map(len, batches)) == 2 * groups
        assert dict(calls) == NOTHING_TO_DO


def test_links_from_full_pages_to_empty_ones_cost_a_twentieth_of_a_request_each(tmp_path: Path) -> None:
    with crowd(tmp_path, 2, 999, switch="extra_empty") as made:
        assert made.call("plan", "--detailed-exitcode").code == 0
        batches, calls = asked(made)
        assert [len(items) for items in batches] == [4, 2]
        assert all("$skiptoken=" in url for url in batches[1])
        assert dict(calls) == NOTHING_TO_DO


def test_each_distinct_nested_group_is_asked_for_once(tmp_path: Path) -> None:
    keys = [f"p{number}" for number in range(6)]
    groups = {"top": ["p0", "in", "out"], "in": ["p1", "p2", "deep"], "out": ["p3", "deep"], "deep": ["p4", "p5"]}
    text = scenario({key: entra(key) for key in keys}, groups, {"Top": [technician(key, "top") for key in keys]})
    with world(text, mappings({"top": "Top"}, defaults={"nested": "flatten"}), tmp_path) as made:
        assert made.call("plan", "--detailed-exitcode").code == 0
        batches, calls = asked(made)
        members = [url for items in batches for url in items if "/members" in url]
        assert sorted(url.split("/")[2] for url in members) == sorted(guid(key) for key in groups)
        assert len(batches) == 3, "one batch a level"
        assert dict(calls) == NOTHING_TO_DO


@pytest.mark.parametrize("leavers", [1, 3])
def test_a_leaver_costs_two_questions_and_who_stays_none(tmp_path: Path, leavers: int) -> None:
    with crowd(tmp_path, 2, 12, leavers=leavers) as made:
        assert made.call("plan").code == 0
        batches, _ = asked(made)
        about = Counter(
            url.split("?")[0].split("/")[2] for items in batches for url in items if url.startswith("/users")
        )
        assert about == {guid(f"p0x{number}"): 2 for number in range(leavers)}


def test_both_sides_are_asked_at_the_same_time(tmp_path: Path) -> None:
    """Each is told to come again in a while (a second, on the fast clock): the other is asked meanwhile."""
    with crowd(tmp_path, 2, 3) as made:
        made.box.state.add_fault(side="graph", method="batch", nth=1, effect="status", status=503, retry_after=40)
        made.box.state.add_fault(
            side="rescue", method="getHierarchy_v2", nth=1, effect="status", status=503, retry_after=40
        )
        assert made.call("plan", "--detailed-exitcode").code == 0
        sides = [entry["side"] for entry in made.box.requests()]
        assert {"graph", "rescue"} == set(sides[:2])
        assert [fault["fired"] for fault in made.box.state.faults()] == [1, 1]
