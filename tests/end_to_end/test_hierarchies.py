"""Groups in groups from end to end: mirrored, created, filled, renamed, gone, killed half way (D1, D2, D14)."""

from __future__ import annotations

import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from .world import ACCOUNT, TENANT, Done, World, entra, guid, scenario, technician, upn, world

PERMISSIONS = "RemoteControl, SendFile, BrandNew"
LOCKED = "SendFile"
PEOPLE = {key: entra(key) for key in ("top", "mid", "low", "both", "off")} | {"off": entra("off", enabled=False)}
NESTED = {
    "desk": ["top", "both", "tier2", "tier1"],
    "tier1": ["mid"],
    "tier2": ["both", "night"],
    "night": ["low", "off"],
}


def file(*more: dict[str, Any], top: dict[str, Any] | None = None, **said: Any) -> str:
    """A file with the mapping `desk`, and others."""
    desk = {"name": "desk", "entra_group": {"id": guid("desk")}, "rescue_group": "Desk"}
    if said.setdefault("create_group", True):
        said["permissions_from"] = "Other"
    return yaml.safe_dump(
        {
            "version": 1,
            "entra": {"tenant_id": TENANT},
            "rescue": {"region": "us", "account_id": ACCOUNT, "requests_per_second": 100},
            "mappings": [desk | said, *more],
        }
        | (top or {})
    )


def start(
    folder: Path,
    text: str | None = None,
    *,
    groups: dict[str, list[str]] | None = None,
    rescue: dict[str, list[Any]] | None = None,
    people: dict[str, Any] | None = None,
) -> Any:
    rescue = {"Desk": [], "Other": []} if rescue is None else rescue
    return world(scenario(people or PEOPLE, groups or NESTED, rescue), text or file(), folder)


def give_permissions(made: World, path: str = "Desk") -> None:
    made.box.state.set_node(made.box.state.node_by_path(path)["id"], permissions=PERMISSIONS, locked=LOCKED)


def group(made: World, path: str) -> dict[str, Any]:
    return dict(made.box.state.node_by_path(path))


def place(made: World, key: str) -> str:
    """The path of the group somebody sits in."""
    names = []
    node = made.box.state.node(made.node(key)["parent"])
    while node["type"] == "TechnicianGroup":
        names.append(node["name"])
        node = made.box.state.node(node["parent"])
    return "/".join(reversed(names))


def created(made: World) -> list[str]:
    return [entry["call"] for entry in made.writes() if "roup" in entry["call"]]


def settled(made: World, code: int = 0) -> Done:
    """Nothing is left to do."""
    done = made.call("plan", "--detailed-exitcode", "--out", "plan.json")
    assert done.code == code, done.out + done.err
    return done


MARK = "[entra-group:8d2f:{}@{}]"


# -- mirror ---------------------------------------------------------------------------------------------------------


def test_three_levels_are_created_with_their_people_and_then_nothing_is_left(tmp_path: Path) -> None:
    with start(tmp_path) as made:
        give_permissions(made)
        planned = made.run("plan", "--detailed-exitcode")
        assert planned.code == 3, planned.out + planned.err
        assert "+ create  group" in planned.out
        assert "member of desk > tier2 > night" in planned.out
        assert "3 groups to create" in planned.out
        done = made.run("apply", "--yes", "--out", "outcomes.json")
        assert done.code == 0, done.out + done.err
        assert created(made) == ["createGroup", "setGroup_v2"] * 3
        for path, key in (("Desk/tier1", "tier1"), ("Desk/tier2", "tier2"), ("Desk/tier2/night", "night")):
            node = group(made, path)
            assert node["description"] == MARK.format(guid(key), guid("desk")[:8])
            assert (node["permissions"], node["locked"], node["enabled"]) == (PERMISSIONS, LOCKED, True)
        assert [place(made, key) for key in ("top", "mid", "both", "low")] == [
            "Desk", "Desk/tier1", "Desk/tier2", "Desk/tier2/night",
        ]  # fmt: skip
        assert made.box.state.node_by_login(upn("off")) is None
        assert f"@{guid('desk')[:8]}#" in made.node("low")["description"], "markers carry the mapping's group"
        made.forget_calls()
        assert made.run("plan", "--detailed-exitcode").code == 0
        assert len(made.calls()) == 3, "one tree call, and two for the caller"


def test_groups_come_first_and_outcomes_tell_of_them(tmp_path: Path) -> None:
    with start(tmp_path) as made:
        done = made.apply()
        assert done.outcomes is not None
        actions = done.outcomes["actions"]
        assert [item["verbs"] for item in actions[:3]] == [["create_group"]] * 3
        assert [item["subject"]["path"] for item in actions[:3]] == ["Desk/tier1", "Desk/tier2", "Desk/tier2/night"]
        assert [item["subject"]["login"] for item in actions[:3]] == [None] * 3
        assert actions[2]["depends_on"] == [actions[1]["id"]]
        low = done.action("low")
        assert low["depends_on"] == [actions[2]["id"]]
        assert low["group"] == {"before": None, "after": "Desk/tier2/night"}
        assert done.results == {"done"}


def test_without_create_group_people_sit_in_the_nearest_group_there_is(tmp_path: Path) -> None:
    with start(tmp_path, file(create_group=False)) as made:
        done = made.apply()
        assert done.code == 0, done.out + done.err
        assert {place(made, key) for key in ("top", "mid", "both", "low")} == {"Desk"}
        assert created(made) == []
        assert settled(made).out.count("group_missing") == 3
        made.box.state.add_node(group(made, "Desk")["id"], "TechnicianGroup", name="tier2")
        assert made.apply().code == 0
        assert [place(made, key) for key in ("mid", "both", "low")] == ["Desk", "Desk/tier2", "Desk/tier2"]


def test_a_mapped_group_at_the_top_gets_the_permissions_of_the_group_named(tmp_path: Path) -> None:
    with start(tmp_path, file(), rescue={"Other": []}) as made:
        give_permissions(made, "Other")
        done = made.apply()
        assert done.code == 0, done.out + done.err
        assert group(made, "Desk")["permissions"] == group(made, "Desk/tier2/night")["permissions"] == PERMISSIONS
        assert place(made, "top") == "Desk"
        settled(made)


def test_a_paired_group_renamed_by_hand_freezes_its_mapping_and_names_the_node(tmp_path: Path) -> None:
    text = file()
    with start(tmp_path, text, rescue={"Desk": [technician("top", "desk")], "Other": []}) as made:
        node = group(made, "Desk")["id"]
        made.box.state.set_node(node, name="Front desk")
        done = made.apply()
        assert done.code == 6
        assert f"Front desk (node {node})" in done.out
        assert made.writes() == []


def test_a_group_we_created_is_used_wherever_it_is_and_whatever_it_is_called(tmp_path: Path) -> None:
    with start(tmp_path) as made:
        assert made.apply().code == 0
        made.box.state.set_node(group(made, "Desk/tier2")["id"], name="Second line", parent=group(made, "Other")["id"])
        out = settled(made).out
        assert "group_moved" in out
        assert "group_renamed" in out
        made.box.state.add_members([(guid("night"), guid("top"))])
        assert made.apply().code == 0
        assert place(made, "top") == "Other/Second line/night"


def test_a_nested_group_renamed_in_entra_keeps_its_rescue_group(tmp_path: Path) -> None:
    with start(tmp_path) as made:
        assert made.apply().code == 0
        made.box.state.set_group(guid("tier2"), name="tier two")
        assert "group_renamed" in settled(made).out
        assert place(made, "both") == "Desk/tier2"


def test_a_nested_group_that_vanishes_leaves_its_rescue_group_and_its_people_leave_or_move(tmp_path: Path) -> None:
    with start(tmp_path) as made:
        assert made.apply().code == 0
        made.box.state.remove_member(guid("desk"), guid("tier2"))
        done = made.apply()
        assert done.code == 0, done.out + done.err
        assert (place(made, "both"), made.node("both")["enabled"]) == ("Desk", True)
        assert (place(made, "low"), made.node("low")["enabled"]) == ("Desk/tier2/night", False)
        assert settled(made).out.count("group_gone") == 2
        assert group(made, "Desk/tier2")["enabled"]


def test_a_diamond_is_placed_once_and_a_circle_is_cut(tmp_path: Path) -> None:
    groups = {"desk": ["b", "a"], "a": ["c"], "b": ["c"], "c": ["low", "a"]}
    with start(tmp_path, groups=groups) as made:
        done = made.apply()
        assert done.code == 0, done.out + done.err
        assert place(made, "low") == "Desk/a/c"
        assert created(made) == ["createGroup", "setGroup_v2"] * 3
        assert settled(made).out.count(" cycle ") == 1


def test_twenty_levels(tmp_path: Path) -> None:
    names = [f"g{n:02}" for n in range(22)]
    groups = {"desk": [names[0]]} | {name: [after] for name, after in pairwise(names)}
    groups[names[-1]] = ["low"]
    with start(tmp_path, file(top={"guards": {"max_group_creates": 30}}), groups=groups) as made:
        done = made.apply()
        assert done.code == 0, done.out + done.err
        assert place(made, "low") == "/".join(["Desk", *names])
        settled(made)


def test_max_group_creates_refuses(tmp_path: Path) -> None:
    with start(tmp_path, file(top={"guards": {"max_group_creates": 2}})) as made:
        done = made.apply()
        assert done.code == 4
        assert "max_group_creates" in done.out
        assert made.writes() == []


def test_a_mapped_group_is_a_boundary(tmp_path: Path) -> None:
    tier2 = {"name": "tier2", "entra_group": {"id": guid("tier2")}, "rescue_group": "Other", "nested": "direct"}
    with start(tmp_path, file(tier2)) as made:
        assert made.apply().code == 0
        assert place(made, "mid") == "Desk/tier1"
        assert made.box.state.node_by_login(upn("low")) is None
        settled(made)


def test_a_path_that_another_mapping_claims_freezes_that_branch_only(tmp_path: Path) -> None:
    groups = NESTED | {"field": ["off"]}
    field = {"name": "field", "entra_group": {"id": guid("field")}, "rescue_group": "Desk/tier2"}
    with start(tmp_path, file(field), groups=groups) as made:
        made.box.state.add_node(group(made, "Desk")["id"], "TechnicianGroup", name="tier2")
        done = made.apply()
        assert done.code == 6
        assert done.out.count("group_clash") <= 1
        assert place(made, "mid") == "Desk/tier1"
        assert made.box.state.node_by_login(upn("low")) is None
        assert "group_clash" in settled(made, 6).out


def test_two_groups_of_one_name_below_one_parent(tmp_path: Path) -> None:
    with start(tmp_path) as made:
        made.box.state.set_group(guid("tier1"), name="tier2")
        done = made.apply()
        assert done.code == 6
        assert done.out.count("create  group") <= 2
        first = min(("tier1", "tier2"), key=guid)
        assert group(made, "Desk/tier2")["description"] == MARK.format(guid(first), guid("desk")[:8])
        placed = {"tier1": "mid", "tier2": "both"}
        assert place(made, placed.pop(first)) == "Desk/tier2"
        assert made.box.state.node_by_login(upn(*placed.values())) is None
        assert settled(made, 6).out.count("group_clash") == 1


def test_a_nested_group_that_cannot_be_read_freezes_the_mapping(tmp_path: Path) -> None:
    with start(tmp_path) as made:
        made.box.state.set_group(guid("night"), visibility="HiddenMembership")
        done = made.apply()
        assert done.code == 6
        assert made.writes() == []
        assert "the nested group night" in done.out


# -- flatten --------------------------------------------------------------------------------------------------------


def test_flatten_puts_everybody_into_the_one_group(tmp_path: Path) -> None:
    with start(tmp_path, file(nested="flatten", create_group=False)) as made:
        done = made.apply()
        assert done.code == 0, done.out + done.err
        assert {place(made, key) for key in ("top", "mid", "both", "low")} == {"Desk"}
        assert "member of desk > tier2 > night" in done.out
        settled(made)


@pytest.mark.parametrize(
    ("nested", "wanted"), [("flatten", {"top", "mid", "both", "low"}), ("direct", {"top", "both"})]
)
def test_administrators_may_be_flattened(tmp_path: Path, nested: str, wanted: set[str]) -> None:
    text = file(role="admin", nested=nested, create_group=False, top={"guards": {"max_admin_grants": 9}})
    with start(tmp_path, text, rescue={}) as made:
        top = next(row["id"] for row in made.box.state.nodes() if row["type"] == "Administrators")
        desk = made.box.state.add_node(top, "AdministratorGroup", name="Desk")
        done = made.apply()
        assert done.code == 0, done.out + done.err
        found = {row["email"].partition("@")[0] for row in made.box.state.nodes() if row["parent"] == desk}
        assert found == wanted
        settled(made)


def test_direct_leaves_those_out_who_are_members_through_nesting(tmp_path: Path) -> None:
    """Entra says that they are in the group; the mapping does not follow the nesting, so they left (D8)."""
    text = file(nested="direct", create_group=False, top={"guards": {"max_removals": "off"}})
    with start(tmp_path, text, rescue={"Desk": [technician("low", "desk"), technician("top", "desk")]}) as made:
        done = made.apply()
        assert done.code == 0, done.out + done.err
        assert (made.node("low")["enabled"], made.node("top")["enabled"]) == (False, True)
        settled(made)


# -- half-made groups -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["", "New group"])
def test_a_run_killed_between_createGroup_and_setGroup_is_mended_without_a_second_group(
    tmp_path: Path, name: str
) -> None:
    with start(tmp_path) as made:
        made.box.state.set_switch("blank_group_name", name)
        made.box.state.add_fault(side="rescue", method="createGroup", nth=1, effect="slow", seconds=30)
        process = made.start("apply", "--yes", "--out", "outcomes.json")
        until = time.monotonic() + 20
        while not _blanks(made):
            assert time.monotonic() < until
            time.sleep(0.01)
        made.kill(process)
        made.box.state.clear_faults()
        (blank,) = _blanks(made)
        planned = made.call("plan")
        assert f"fills the half-made node {blank}" in planned.out
        done = made.apply()
        assert done.code == 0, done.out + done.err
        assert group(made, "Desk/tier1")["id"] == blank
        assert _groups(made) == ["Desk", "Other", "night", "tier1", "tier2"]
        settled(made)


@pytest.mark.parametrize("effect", ["error_after", "drop_after", "error_before", "drop_before"])
def test_a_lost_answer_of_createGroup_makes_no_second_group(tmp_path: Path, effect: str) -> None:
    with start(tmp_path) as made:
        made.box.state.add_fault(side="rescue", method="createGroup", nth=1, effect=effect)
        first = made.apply()
        assert first.code == (0 if "after" in effect else 6), first.out + first.err
        assert made.apply().code == 0
        assert _groups(made) == ["Desk", "Other", "night", "tier1", "tier2"]
        settled(made)


def test_a_refused_name_leaves_a_half_made_group_and_its_people_unplaced(tmp_path: Path) -> None:
    with start(tmp_path) as made:
        made.box.state.add_fault(side="rescue", method="setGroup*", effect="token", token="INVALIDPARAM_STATUS")
        done = made.apply()
        assert done.code == 6
        assert (done.result_of("top"), done.result_of("low"), done.result_of("both")) == ("done", "skipped", "skipped")
        assert created(made) == ["createGroup", "setGroup_v2"]
        made.box.state.clear_faults()
        assert made.apply().code == 0
        assert _groups(made) == ["Desk", "Other", "night", "tier1", "tier2"]


def test_permissions_that_the_server_does_not_take_are_told_and_nobody_is_put_there(tmp_path: Path) -> None:
    with start(tmp_path) as made:
        give_permissions(made)
        made.box.state.set_switch("unknown_permission", "INVALIDPARAM_PERMISSION")
        done = made.apply()
        assert done.code == 6
        assert done.result_of("mid") == "skipped"
        assert "INVALIDPARAM_PERMISSION" in done.out


@pytest.mark.parametrize("switches", [
    {"group_v2": "absent"}, {"visibility_delay": "seconds:0.2"}, {"create_layout": "keyed", "user_layout": "one_line"},
    {"omitted_permission": "keeps", "permissions_end": "bare", "blank_group_permissions": "parent"},
    {"tree_layout": "one_line", "blank_group_status": "Disabled"},
])  # fmt: skip
def test_whatever_the_server_is_like(tmp_path: Path, switches: dict[str, str]) -> None:
    with start(tmp_path) as made:
        give_permissions(made)
        for name, value in switches.items():
            made.box.state.set_switch(name, value)
        done = made.apply() if "visibility_delay" not in switches else made.run("apply", "--yes")
        assert done.code == 0, done.out + done.err
        assert group(made, "Desk/tier2/night")["permissions"] == PERMISSIONS
        assert place(made, "low") == "Desk/tier2/night"


def test_a_group_that_went_before_the_writes_takes_its_stage_with_it(tmp_path: Path) -> None:
    with start(tmp_path) as made:
        planned = made.call("plan", "--out", "plan.json")
        assert planned.code == 0
        made.box.state.add_fault(side="rescue", method="getHierarchy*", nth=2, effect="truncate", keep=0.8)
        done = made.apply()
        assert done.code in (1, 6)
        assert made.writes() == []


def _groups(made: World) -> list[str]:
    return sorted(row["name"] for row in made.box.state.nodes() if row["type"] == "TechnicianGroup")


def _blanks(made: World) -> list[int]:
    return [
        row["id"]
        for row in made.box.state.nodes()
        if row["type"] == "TechnicianGroup" and row["name"] in ("", "New group")
    ]


# -- what tells of it -----------------------------------------------------------------------------------------------


def test_explain_shows_the_way_to_somebody(tmp_path: Path) -> None:
    with start(tmp_path) as made:
        told = made.call("explain", upn("low"))
        assert "desk > tier2 > night, a direct member" in told.out
        assert made.apply().code == 0
        told = made.call("explain", upn("low"))
        assert "Desk/tier2/night" in told.out
        assert "Would change: nothing" in told.out


def test_doctor_names_a_nested_group_that_freezes(tmp_path: Path) -> None:
    with start(tmp_path) as made:
        made.box.state.set_group(guid("night"), visibility="HiddenMembership")
        told = made.call("doctor").out
        assert "freezes every mapping it is nested in" in told
        assert "night" in told
        made.box.state.set_group(guid("night"), visibility=None)
        assert "freezes" not in made.call("doctor").out


def test_explain_tells_of_a_branch_that_is_frozen(tmp_path: Path) -> None:
    with start(tmp_path) as made:
        made.box.state.add_node(group(made, "Desk")["id"], "TechnicianGroup", name="TIER2")
        told = made.call("explain", upn("low"))
        assert "Decided    desk > tier2: Rescue has a group 'TIER2'" in told.out, told.out
        assert "by rule  D2" in told.out
        assert "TIER2" not in made.call("explain", upn("mid")).out
