"""Awards and seats while calls go wrong, and in companies drawn at random: forecasts hold, and the end is the usual."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from .test_licences import check_quiet, company, licences, node, planned, seats_of
from .world import World

Snapshot = list[tuple[object, ...]]
RESCUE = {
    "Desk": [
        node("gone", "+m"),
        node("ann", "-m"),
        node("old", "", name="Was"),
        node("back", "-m!off"),
        node("keep", "+m"),
    ]
}
PEOPLE = {"gone": "DESK", "ann": "desk", "old": "desk", "back": "desk", "keep": "desk", "new": "desk"}
BOUGHT = {"technician_seats": 5, "mobile_seats": 5}
WRITES = (
    "gone off", "old name", "back on", "createUser", "new name", "ann award", "back award", "new award", "old award",
)  # fmt: skip
"""Every write of an undisturbed run, in order."""
FAULTS: dict[str, dict[str, Any]] = {
    "drop_before": {"effect": "drop_before"},
    "drop_after": {"effect": "drop_after"},
    "error_before": {"effect": "error_before"},
    "error_after": {"effect": "error_after"},
    "503_after": {"effect": "status", "status": 503, "after": True},
    "a new word": {"effect": "token", "token": "INVALIDPARAM_MOONPHASE"},
    "ourselves": {"effect": "token", "token": "NOTLOGGEDIN"},
}


def six(folder: Path, **more: Any) -> Any:
    return company(folder, RESCUE, PEOPLE, {"desk": "award"}, seats=BOUGHT, limits=BOUGHT, **more)


@pytest.fixture(scope="module")
def wanted(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """The tree after an undisturbed run."""
    with six(tmp_path_factory.mktemp("undisturbed")) as made:
        done = made.apply()
        assert done.code == 0, done.out
        assert len(made.writes()) == len(WRITES)
        return list(made.tree())


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("index", range(len(WRITES)), ids=[write.replace(" ", "-") for write in WRITES])
def test_one_write_goes_wrong_and_the_next_run_ends_as_usual(
    tmp_path: Path, wanted: Snapshot, index: int, fault: str
) -> None:
    """A licence that Rescue refused by a word waits for a full refresh; nothing else does."""
    created = WRITES.index("createUser")
    method, nth = ("createUser", 1) if index == created else ("setUser_v2", index + (index < created))
    with six(tmp_path) as made:
        made.box.state.add_fault(side="rescue", method=method, nth=nth, **FAULTS[fault])
        first = made.apply()
        assert any(entry.get("fault") for entry in made.writes())
        assert seats_of(made) <= 5
        assert sum(row["mobile"] for row in made.box.state.nodes()) <= 5
        made.box.state.clear_faults()
        again = made.apply()
        if made.tree() != wanted:
            assert WRITES[index].endswith("award") or again.code, (first.out, again.out)
            assert made.apply("--refresh", "full").code == 0
        assert made.tree() == wanted, (first.out, again.out)
        check_quiet(made)


@pytest.mark.parametrize("refusal", ["kept", "ERROR", "not_kept"])
def test_writes_that_show_late(tmp_path: Path, refusal: str) -> None:
    switches = {"visibility_delay": "reads:2"} | ({} if refusal == "kept" else {"mobile_refusal": refusal})
    limits = {} if refusal == "kept" else {"mobile_seats": 2}
    with company(tmp_path, RESCUE, PEOPLE, {"desk": "award"}, limits=limits, switches=switches) as made:
        done = made.apply()
        expected = "done" if refusal == "kept" else "failed"
        assert [done.result_of(key) for key in ("gone", "ann", "back", "new", "old")] == [
            "done",
            "done",
            *[expected] * 3,
        ]
        tail = (True, "+m") if refusal == "kept" else (False, "~m")
        made.box.state.set_switch("visibility_delay", "none")
        planned(made)  # shows for the last time what was before
        assert licences(made, "back", "new", "old") == dict.fromkeys(("back", "new", "old"), tail)
        check_quiet(made)


KEYS = [f"p{number}" for number in range(6)]
TAILS = ["", "+m", "+m", "-m", "~m", "!off", "-m!off", "+m!off"]


@settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(st.data())
def test_the_forecast_is_what_happens(data: st.DataObject) -> None:
    draw = data.draw
    modes = {group: draw(st.sampled_from(["award", "award", "release", "keep"])) for group in ("desk", "depot")}
    people = {key: draw(st.sampled_from(["desk", "desk", "depot", "DESK", "DEPOT", None])) for key in KEYS}
    rescue: dict[str, list[Any]] = {"Desk": [], "Depot": []}
    for key in draw(st.lists(st.sampled_from(KEYS), unique=True)):
        group = draw(st.sampled_from(["desk", "depot"]))
        rescue[draw(st.sampled_from(["Desk", "Depot"]))].append(node(key, draw(st.sampled_from(TAILS)), group))
    bought = draw(st.integers(1, 6))
    seats = {"technician_seats": bought, "mobile_seats": draw(st.integers(0, 5))}
    limit = {"technician_seats": max(bought, sum("status" not in row for listed in rescue.values() for row in listed))}
    with (
        tempfile.TemporaryDirectory() as folder,
        company(Path(folder), rescue, people, modes, seats=seats, limits=limit) as made,
    ):
        check_forecast(made)


def check_forecast(made: World) -> None:
    plan = planned(made)
    technicians, mobile = plan["seats"]["technician"], plan["seats"]["mobile"]
    assert technicians["before"] == seats_of(made)
    done = made.apply()
    assert done.results <= {"done"}, done.out
    assert technicians["after"] == seats_of(made)
    given = [row for row in made.box.state.nodes() if "+m" in row["description"]]
    assert mobile["after"] == len(given) == sum(row["mobile"] for row in given)
    assert planned(made)["actions"] == []
