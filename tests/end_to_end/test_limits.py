"""999 groups of 999 members (R81 to R83): so many is fine, one more is refused, and nothing is ever cut off."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from .world import World, entra, guid, mappings, marker, scenario, technician, upn, world

FREE = {"max_creates": "off", "max_removals": "off", "max_removals_per_mapping": "off"}
FULL = 999


def crowd(folder: Path, members: int, *, linked: int | None = None, switch: str = "exact", **top: Any) -> Any:
    """One group with so many direct users; all of them, or the first `linked`, are in sync in Rescue."""
    keys = [f"p{number:04}" for number in range(members)]
    people = {key: entra(key) for key in [*keys, "other"]}
    nodes = [technician(key, "desk") for key in keys[:linked]]
    objects = {f"d{number}": {"kind": "device", "name": f"D{number}"} for number in range(3)}
    text = scenario(
        people,
        {"desk": [*keys, *objects], "field": ["other"]},
        {"Desk": nodes, "Field": [technician("other", "field", "Old Name")]},
        switches={"last_page": switch},
        objects=objects,
    )
    return world(text, mappings({"desk": "Desk", "field": "Field"}, guards=FREE, **top), folder)


def planned(made: World) -> dict[str, Any]:
    done = made.call("plan", "--format", "json")
    assert done.code == 0, done.err
    return dict(json.loads(done.out))


@pytest.mark.parametrize("switch", ["exact", "extra_empty"])
def test_exactly_999_members_are_read_to_the_last(tmp_path: Path, switch: str) -> None:
    with crowd(tmp_path, FULL, linked=FULL - 1, switch=switch) as made:
        plan = planned(made)
        assert [state["members"] for state in plan["mappings"]] == [FULL, 1]
        assert [(a["verbs"], a["subject"]["login"]) for a in plan["actions"]] == [
            (["update"], upn("other")),
            (["create"], upn("p0998")),
        ]
        assert plan["summary"]["unchanged"] == FULL - 1
        assert made.apply().code == 0
        assert made.call("plan", "--detailed-exitcode").code == 0


@pytest.mark.parametrize("switch", ["exact", "extra_empty"])
def test_1000_members_freeze_the_mapping_and_nobody_is_a_leaver(tmp_path: Path, switch: str) -> None:
    with crowd(tmp_path, FULL + 1, linked=FULL, switch=switch) as made:
        before = {row["id"]: row for row in made.box.state.nodes()}
        plan = planned(made)
        assert [(state["name"], state["state"]) for state in plan["mappings"]] == [("desk", "frozen"), ("field", "ok")]
        (finding,) = plan["findings"]
        assert (finding["code"], finding["severity"], finding["mapping"]) == ("frozen", "error", "desk")
        assert "more than 999 direct user members (limits.members)" in finding["message"]
        done = made.run("apply", "--yes", "--out", "outcomes.json")
        assert done.code == 6
        assert done.results == {"done"}
        after = {row["id"]: row for row in made.box.state.nodes()}
        assert before.keys() == after.keys()
        assert [before[key]["email"] for key in before if before[key] != after[key]] == [upn("other")]
        assert made.node("other")["name"] == "Other"
        assert made.call("plan", "--detailed-exitcode").code == 6


def test_a_raised_limit_reads_all_of_them_through_the_pages(tmp_path: Path) -> None:
    with crowd(tmp_path, 2500, switch="extra_empty", limits={"members": 2500}) as made:
        plan = planned(made)
        assert plan["mappings"][0]["members"] == 2500
        assert plan["summary"]["unchanged"] == 2500
        assert [a["subject"]["login"] for a in plan["actions"]] == [upn("other")]


@pytest.mark.parametrize(("limit", "code"), [(3, 0), (2, 6), (0, 6)])
def test_the_limit_of_members_is_the_files(tmp_path: Path, limit: int, code: int) -> None:
    with crowd(tmp_path, 3, limits={"members": limit}) as made:
        assert made.apply().code == code
        assert made.node("p0000")["enabled"]


# -- mappings ----------------------------------------------------------------------------------------------------------


def many(count: int, **top: Any) -> str:
    return mappings({f"g{number:04}": f"G{number:04}" for number in range(count)}, **top)


def test_1000_mappings_are_an_invalid_file_with_the_line(tmp_path: Path) -> None:
    with world(scenario({}, {}, {}), many(FULL + 1), tmp_path) as made:
        lines = made.file.read_text(encoding="utf-8").splitlines()
        start = next(number for number, line in enumerate(lines, 1) if line == "mappings:")
        thousandth = [number for number, line in enumerate(lines, 1) if line.startswith("- ") and number > start][FULL]
        for command in (["validate"], ["plan"], ["apply", "--yes"]):
            done = made.call(*command)
            assert done.code == 2
            assert f"mappings.yaml:{thousandth}:" in done.err
            assert "1000 mappings are more than limits.groups allows, which is 999" in done.err
        assert made.box.requests() == [], "nothing was read"
        made.file.write_text(many(FULL + 1, limits={"groups": FULL + 1}), encoding="utf-8")
        assert made.call("validate").code == 0


def test_exactly_999_mappings_are_planned_and_applied(tmp_path: Path) -> None:
    keys = [f"g{number:04}" for number in range(FULL)]
    people = {f"p{key}": entra(f"p{key}") for key in keys}
    groups = {key: [f"p{key}"] for key in keys}
    rescue = {
        key.upper(): [{"name": f"P{key}", "email": upn(f"p{key}"), "description": marker(f"p{key}", key)}]
        for key in keys
    }
    rescue["G0998"] = []
    with world(scenario(people, groups, rescue), many(FULL), tmp_path) as made:
        plan = planned(made)
        assert len(plan["mappings"]) == FULL
        assert {state["state"] for state in plan["mappings"]} == {"ok"}
        assert [(a["verbs"], a["mapping"]) for a in plan["actions"]] == [(["create"], "g0998")]
        assert made.apply().code == 0
        assert made.node("pg0998")["description"] == marker("pg0998", "g0998")
        assert guid("g0998")[:8] in made.node("pg0998")["description"]
