"""A permit is for whom it lists: it survives joiners and a run that died, and covers nobody else (product.md §6)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from .project import join
from .world import World, entra, guid, mappings, scenario, technician, world

PEOPLE = tuple(f"p{number}" for number in range(1, 9))
LEAVERS = PEOPLE[:4]
FIELD = {"desk": "Desk"}
GUARDS = {"max_removals": 1, "max_removals_per_mapping": "off", "max_creates": "off"}
TODAY = datetime.now(UTC).date()


@pytest.fixture
def refused(tmp_path: Path) -> Iterator[tuple[World, list[str]]]:
    """Four of eight have left, the guard allows one; and the ids that its entry lists."""
    text = scenario(
        {key: entra(key) for key in PEOPLE},
        {"desk": [key for key in PEOPLE if key not in LEAVERS]},
        {"Desk": [technician(key, "desk") for key in PEOPLE]},
    )
    with world(text, mappings(FIELD, guards=GUARDS), tmp_path) as made:
        done = made.apply()
        assert done.code == 4
        assert made.writes() == []
        (guard,) = [guard for guard in (done.outcomes or {})["guards"] if not guard["passed"]]
        yield made, guard["actions"]


def permit(made: World, ids: list[str], days: int = 7) -> None:
    until = (TODAY + timedelta(days=days)).isoformat()
    entry = {"guard": "max_removals", "actions": ids, "reason": "Lisbon closed", "until": until}
    made.file.write_text(mappings(FIELD, guards=GUARDS, permits=[entry]), encoding="utf-8")


def disabled(made: World) -> set[str]:
    return {key for key in PEOPLE if not made.node(key)["enabled"]}


def test_joiners_in_between_do_not_matter(refused: tuple[World, list[str]]) -> None:
    made, ids = refused
    permit(made, ids)
    for key in ("kim", "lee"):
        join(made, key, "desk")
    done = made.apply()
    assert done.code == 0, done.err
    assert disabled(made) == set(LEAVERS)
    assert made.node("kim")["enabled"]


def test_it_holds_for_the_rest_of_a_run_that_died_half_way(refused: tuple[World, list[str]]) -> None:
    made, ids = refused
    permit(made, ids)
    made.forget_calls()
    made.box.state.add_fault(side="rescue", method="setUser_v2", nth=3, effect="stall")
    process = made.start("apply", "--yes")
    made.await_call(lambda _: len(made.writes()) == 3, process)
    made.kill(process)
    half = disabled(made)
    assert 0 < len(half) < len(LEAVERS)
    made.box.state.clear_faults()
    assert made.apply().code == 0
    assert disabled(made) == set(LEAVERS)


@pytest.mark.parametrize(("days", "code"), [(0, 0), (-1, 4)], ids=["its last day", "the day after"])
def test_it_ends_after_its_last_day(refused: tuple[World, list[str]], days: int, code: int) -> None:
    made, ids = refused
    permit(made, ids, days)
    done = made.apply()
    assert done.code == code, done.err
    codes = {finding["code"] for finding in (done.outcomes or {"findings": ()})["findings"]}
    assert ("expired" in codes) == (code == 4)
    assert disabled(made) == (set() if code else set(LEAVERS))


def test_it_covers_nobody_else(refused: tuple[World, list[str]]) -> None:
    made, ids = refused
    permit(made, ids)
    for key in PEOPLE[4:6]:
        made.box.state.remove_member(guid("desk"), guid(key))
    done = made.apply()
    assert done.code == 4  # two more than are listed, and one is the limit
    assert disabled(made) == set()


def test_one_id_too_few_counts_as_far_as_the_limit_goes(refused: tuple[World, list[str]]) -> None:
    made, ids = refused
    for listed, code in ((ids[:2], 4), (ids[:3], 0)):
        permit(made, listed)
        done: Any = made.apply()
        assert done.code == code, done.err
