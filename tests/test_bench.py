"""What make bench measures on is what it says: worlds in sync, and a floor that reads the same."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest

from bench import cases
from bench.table import Line, at_most, render
from bench.worlds import Shape, group_id, write_mappings, write_state
from reconciler.sandbox import run_sandbox

from .end_to_end.world import COMMAND, FOREIGN

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize("shape", [Shape("disjoint", 12, 7), Shape("overlapping", 12, 7, people=20)], ids=str)
def test_a_world_is_in_sync_and_the_floor_reads_all_of_it(tmp_path: Path, shape: Shape) -> None:
    write_mappings(shape, tmp_path / "mappings.yaml")
    write_state(shape, tmp_path / "state.db")
    (tmp_path / "groups.txt").write_text("\n".join(map(group_id, range(shape.groups))), encoding="ascii")
    ours = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    with run_sandbox(state_path=tmp_path / "state.db") as box:
        environ = {**ours, **box.environment(), "PYTHONPATH": str(ROOT)}

        def run(*command: str | Path) -> str:
            return subprocess.run(
                command, cwd=tmp_path, env=environ, capture_output=True, text=True, check=True, timeout=60
            ).stdout

        planned = run(COMMAND, "plan", "--detailed-exitcode")
        asked = [entry["path"] for entry in box.requests()]
        box.state.clear_requests()
        for at_once in ("1", "3"):
            read = run(sys.executable, "-m", "bench.floor", tmp_path / "groups.txt", at_once)
            assert read.split() == [str(shape.memberships), str(shape.everybody + shape.groups + 5)]
        again = [entry["path"] for entry in box.requests()]
    assert f"{shape.everybody} unchanged" in planned
    assert sorted(again) == sorted(asked * 2), "the floor makes the requests of a plan"


def test_every_case_can_be_chosen() -> None:
    names = [found.name for found in iter_modules(cases.__path__)]
    assert "limit" in names
    for name in names:
        case = import_module(f"bench.cases.{name}")
        assert isinstance(case.SMALL, bool)
        assert callable(case.measure)


def test_the_table_says_what_was_not_reached() -> None:
    table = render([at_most("a", 2.5, 2, "GiB"), at_most("b", 1, 2, "s"), Line("c", "-", "1 s")])
    assert [line.split("|")[4].strip() for line in table.splitlines()[2:]] == ["NO", "yes", "-"]
