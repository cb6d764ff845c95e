"""Mobile licences and technician seats, from outside: the installed command against the sandbox (D22, R64-R70)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from .world import ACCOUNT, Done, World, entra, guid, mappings, marker, scenario, technician, upn, world

LOOSE = dict.fromkeys(("max_removals", "max_removals_per_mapping", "max_moves", "max_creates"), "off")


def said(key: str, group: str, tail: str) -> str:
    """The marker with what it says at its end, such as `+m` or `-m!off`."""
    return marker(key, group)[:-1] + tail + "]"


def node(key: str, tail: str = "", group: str = "desk", **more: Any) -> dict[str, Any]:
    """Somebody linked and in sync; `tail` is the end of their marker."""
    base = {"description": said(key, group, tail), "mobile": tail.startswith("+m")}
    if tail.endswith("!off"):
        base["status"] = "Disabled"
    return technician(key, None) | base | more


def file(modes: dict[str, str], *, seats: dict[str, int] | None = None) -> str:
    """Every Entra group with its mode of licences, each onto the Rescue group of the same name with a capital."""
    made = mappings(
        {group: group.title() for group in modes},
        rescue={"region": "us", "account_id": ACCOUNT, "requests_per_second": 100, **(seats or {})},
        guards=LOOSE,
    )
    for group, mode in modes.items():
        made = made.replace(f"name: {group}\n", f"name: {group}\n  mobile_license: {mode}\n")
    return made


@contextmanager
def company(
    folder: Path,
    rescue: dict[str, list[Any]],
    people: dict[str, str | None],
    modes: dict[str, str],
    *,
    seats: dict[str, int] | None = None,
    limits: dict[str, int] | None = None,
    **more: Any,
) -> Iterator[World]:
    """`people`: everybody's group, None: in none. Capitals: disabled in Entra. `limits`: of the account itself."""
    members: dict[str, list[str]] = {group: [] for group in modes}
    for key, group in people.items():
        if group is not None:
            members[group.lower()].append(key)
    everybody = {key: entra(key, enabled=group is None or group.islower()) for key, group in people.items()}
    text = scenario(everybody, members, rescue, rescue_more=limits or {}, **more)
    with world(text, file(modes, seats=seats), folder) as made:
        yield made


def licences(made: World, *keys: str) -> dict[str, tuple[bool, str]]:
    """By key: the flag, and the end of the marker."""
    rows = {key: made.node(key) for key in keys}
    return {key: (row["mobile"], row["description"].partition("#00000000")[2].rstrip("]")) for key, row in rows.items()}


def planned(made: World, *words: str) -> dict[str, Any]:
    done = made.call("plan", "--out", "plan.json", *words)
    assert done.code == 0, done.err
    return json.loads((made.folder / "plan.json").read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def check_quiet(made: World) -> None:
    """Planned again with `auto`, nothing is left, and nobody was asked for."""
    made.forget_calls()
    assert planned(made)["actions"] == []
    assert [entry["call"] for entry in made.calls()] == ["getHierarchy_v2", "getAccount", "getUser_v2"]


# -- awarding ---------------------------------------------------------------------------------------------------------


def test_an_award_with_too_few_seats(tmp_path: Path) -> None:
    rescue = {"Desk": [node("ann", "+m"), node("bea", "-m"), node("cat"), node("dora", "-m!off")]}
    people = dict.fromkeys(("ann", "bea", "cat", "dora", "new"), "desk")
    with company(tmp_path, rescue, people, {"desk": "award"}, seats={"mobile_seats": 3}) as made:
        plan = planned(made)
        assert plan["seats"]["mobile"] == {
            "bought": 3, "before": 1, "freed": 0, "taken": 2, "after": 3, "without": [upn("dora"), upn("new")],
        }  # fmt: skip
        found = {item["login"]: item["severity"] for item in plan["findings"] if item["code"] == "no_mobile_seat"}
        assert found == {upn("dora"): "warning", upn("new"): "warning"}
        done = made.run("apply", "--yes", "--out", "outcomes.json")
        assert done.code == 0, done.out
        assert licences(made, *people) == {
            "ann": (True, "+m"), "bea": (True, "+m"), "cat": (True, "+m"), "dora": (False, "-m"), "new": (False, "-m"),
        }  # fmt: skip
        assert "Mobile licences: 1 before, 0 freed, 2 taken, 3 after, 3 in all; 2 people without." in done.out
        check_quiet(made)


def test_every_award_is_a_write_of_its_own_after_all_others(tmp_path: Path) -> None:
    rescue = {"Desk": [node("ann"), node("gone", "+m"), node("old", "-m", name="Was")]}
    people = {"ann": "desk", "new": "desk", "gone": "DESK", "old": "desk"}
    with company(tmp_path, rescue, people, {"desk": "award"}) as made:
        before = {str(row["id"]): row["email"].partition("@")[0] for row in made.box.state.nodes() if row["email"]}
        done = made.apply()
        assert done.code == 0, done.out
        names = before | {str(made.node("new")["id"]): "new"}
        writes = [
            (names.get(entry["parameters"].get("node", ""), "-"), entry["parameters"].get("mobileaddon"))
            for entry in made.writes()
        ]
        assert writes == [
            ("gone", "False"), ("old", "False"), ("-", None), ("new", "False"),
            ("ann", "True"), ("new", "True"), ("old", "True"),
        ]  # fmt: skip
        counted = Counter(
            names.get(entry["parameters"].get("node", ""), "new") for entry in made.calls()
            if entry["call"] in ("getUser_v2", "setUser_v2", "createUser", "getUser_v3")
        )  # fmt: skip
        del counted["sync"]
        # gone: the first write of a run is read back as well; planning asks once for whoever has a node
        assert dict(counted) == {"gone": 1 + 3, "old": 1 + 5, "ann": 1 + 3, "new": 5}
        check_quiet(made)


@pytest.mark.parametrize("word", ["ERROR", "INVALIDPARAM_MOBILEADDON", "LICENSELIMITREACHED", "not_kept"])
def test_an_award_that_is_refused_or_not_kept(tmp_path: Path, word: str) -> None:
    rescue = {"Desk": [node("ann", "+m"), node("bea", "-m"), node("dora", "-m!off")]}
    people = dict.fromkeys(("ann", "bea", "dora", "new"), "desk")
    with company(
        tmp_path, rescue, people, {"desk": "award"}, limits={"mobile_seats": 2}, switches={"mobile_refusal": word}
    ) as made:
        done = made.run("apply", "--yes", "--out", "outcomes.json")
        assert done.code == 6, done.out
        assert [done.result_of(key) for key in ("bea", "dora", "new")] == ["done", "failed", "failed"]
        for key in ("dora", "new"):
            assert done.action(key)["message"].startswith("no_mobile_seat: ")
        assert done.outcomes is not None
        assert done.outcomes["converged"] is False
        assert licences(made, "bea", "dora", "new") == {
            "bea": (True, "+m"),
            "dora": (False, "~m"),
            "new": (False, "~m"),
        }
        assert made.node("dora")["enabled"]
        assert made.node("new")["enabled"]
        check_quiet(made)
        plan = planned(made)
        assert sorted(item["login"] for item in plan["findings"]) == [upn("dora"), upn("new")]
        assert {item["code"] for item in plan["findings"]} == {"no_mobile_seat"}
        assert made.apply().code == 0

        made.box.state.set_account(mobile_seats=3)
        assert made.apply().code == 0
        assert licences(made, "dora")["dora"] == (False, "~m"), "tried again only where something says it may help"
        done = made.apply("--refresh", "full")
        assert (done.result_of("dora"), done.result_of("new")) == ("done", "failed")
        assert licences(made, "dora", "new") == {"dora": (True, "+m"), "new": (False, "~m")}
        check_quiet(made)


def test_whoever_was_refused_is_tried_again_when_a_licence_is_released(tmp_path: Path) -> None:
    rescue = {"Desk": [node("ann", "+m"), node("bea", "~m"), node("cat", "~m"), node("keep", "+m")]}
    people = {"ann": "DESK", "bea": "desk", "cat": "desk", "keep": "desk"}
    with company(tmp_path, rescue, people, {"desk": "award"}, limits={"mobile_seats": 2}) as made:
        done = made.run("apply", "--yes", "--out", "outcomes.json")
        assert done.code == 0, done.out
        assert licences(made, "ann", "bea", "cat") == {
            "ann": (False, "-m!off"), "bea": (True, "+m"), "cat": (False, "~m"),
        }  # fmt: skip
        check_quiet(made)


def test_a_release_that_failed_gives_nobody_a_licence(tmp_path: Path) -> None:
    rescue = {"Desk": [node("ann", "+m"), node("bea", "-m"), node("keep", "-m")]}
    people = {"ann": "DESK", "bea": "desk", "keep": "desk"}
    with company(tmp_path, rescue, people, {"desk": "award"}, seats={"mobile_seats": 1}) as made:
        made.box.state.add_fault(side="rescue", method="setUser_v2", nth=1, effect="error_before")
        done = made.apply()
        assert (done.code, done.result_of("ann"), done.result_of("bea")) == (6, "unknown", "skipped")
        assert licences(made, "ann", "bea") == {"ann": (True, "+m"), "bea": (False, "-m")}
        assert made.apply().code == 0
        assert licences(made, "ann", "bea") == {"ann": (False, "-m!off"), "bea": (True, "+m")}
        check_quiet(made)


# -- releasing --------------------------------------------------------------------------------------------------------


def test_every_way_a_licence_is_released(tmp_path: Path) -> None:
    """On disable, on moving to a mapping that keeps, by `release`, of people disabled before; strangers keep theirs."""
    rescue = {
        "Desk": [
            node("gone", "+m"), node("moves", "+m"), node("keep", "+m"), node("byhand", "+m", status="Disabled"),
            node("past", "+m!off"), {"name": "Eve", "email": "eve@contoso.example", "mobile": True},
        ],
        "Depot": [node("free", "+m", "depot"), node("never", "-m", "depot")],
        "Shop": [node("kim", "", "shop", mobile=True)],
    }  # fmt: skip
    people = {
        "gone": "DESK", "moves": "shop", "keep": "desk", "byhand": None, "past": "DESK", "free": "depot",
        "never": "depot", "kim": "shop",
    }  # fmt: skip
    modes = {"desk": "award", "depot": "release", "shop": "keep"}
    with company(tmp_path, rescue, people, modes) as made:
        plan = planned(made)
        verbs = {
            item["subject"]["login"].partition("@")[0]: (item["verbs"], item["removal"]) for item in plan["actions"]
        }
        assert verbs == {
            "gone": (["disable"], True), "moves": (["update", "move"], False), "byhand": (["update"], False),
            "past": (["update"], False), "free": (["update"], False),
        }  # fmt: skip
        assert plan["seats"]["mobile"] | {"without": []} == {
            "bought": None, "before": 6, "freed": 5, "taken": 0, "after": 1, "without": [],
        }  # fmt: skip
        done = made.run("apply", "--yes", "--out", "outcomes.json")
        assert done.code == 0, done.out
        assert licences(made, *people) == {
            "gone": (False, "-m!off"), "moves": (False, ""), "keep": (True, "+m"), "byhand": (False, "-m"),
            "past": (False, "-m!off"), "free": (False, "-m"), "never": (False, "-m"), "kim": (True, ""),
        }  # fmt: skip
        assert made.node("eve")["mobile"]
        assert not made.node("byhand")["enabled"]
        check_quiet(made)


# -- technician seats -------------------------------------------------------------------------------------------------


def seats_of(made: World) -> int:
    return sum(row["enabled"] for row in made.box.state.nodes() if row["type"] == "Technician")


def test_technician_seats_run_short(tmp_path: Path) -> None:
    rescue = {"Desk": [node("ann"), node("back", "!off"), node("gone")], "Attic": [{"name": "E", "email": upn("eve")}]}
    people = {"ann": "desk", "back": "desk", "gone": "DESK", "new1": "desk", "new2": "desk"}
    bought = {"technician_seats": 4}
    with company(tmp_path, rescue, people, {"desk": "keep"}, seats=bought, limits=bought) as made:
        plan = planned(made)
        assert plan["seats"]["technician"] == {
            "bought": 4, "before": 3, "freed": 1, "taken": 2, "after": 4, "without": [upn("new2")],
        }  # fmt: skip
        done = made.run("apply", "--yes", "--out", "outcomes.json")
        assert done.code == 0, done.out
        assert made.box.state.node_by_login(upn("new2")) is None
        assert (seats_of(made), made.node("back")["enabled"], made.node("new1")["enabled"]) == (4, True, True)
        assert "no_seat" in done.out
        plan = planned(made)
        assert (plan["actions"], [item["code"] for item in plan["findings"]]) == ([], ["no_seat"])


def test_a_disable_that_fails_frees_nothing(tmp_path: Path) -> None:
    rescue = {"Desk": [node("ann"), node("back", "!off"), node("gone")]}
    people = {"ann": "desk", "back": "desk", "gone": "DESK", "new": "desk"}
    bought = {"technician_seats": 3}
    with company(tmp_path, rescue, people, {"desk": "keep"}, seats=bought, limits=bought) as made:
        made.box.state.add_fault(side="rescue", method="setUser_v2", nth=1, effect="error_before")
        done = made.apply()
        assert done.code == 6
        assert {key: done.result_of(key) for key in ("gone", "back", "new")} == {
            "gone": "unknown", "back": "done", "new": "skipped",
        }  # fmt: skip
        assert done.action("new")["message"] == "no_seat: 3 of 3 technician seats are still in use"
        assert seats_of(made) == 3
        assert made.apply().code == 0
        assert (seats_of(made), made.node("new")["enabled"]) == (3, True)


def test_R66_seats_the_file_does_not_know_of_are_refused_by_rescue(tmp_path: Path) -> None:
    rescue = {"Desk": [node("ann"), node("back", "!off")]}
    people = {"ann": "desk", "back": "desk"}
    with company(
        tmp_path, rescue, people, {"desk": "keep"}, limits={"technician_seats": 1}, switches={"seat_refusal": "NOSEATS"}
    ) as made:
        done: Done = made.apply()
        assert (done.code, done.result_of("back")) == (6, "failed")
        assert "NOSEATS" in done.action("back")["message"]


def test_ids_of_groups_are_what_markers_say(tmp_path: Path) -> None:
    with company(tmp_path, {"Desk": [node("ann")]}, {"ann": "desk"}, {"desk": "award"}) as made:
        assert made.apply().code == 0
        assert made.node("ann")["description"] == f"[entra:8d2f:{guid('ann')}@{guid('desk')[:8]}#00000000+m]"
