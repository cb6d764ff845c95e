"""What undisturbed runs leave behind, once per worker; and the counts of whole sweeps and long walks."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from .histories import walked
from .sweep import Undisturbed
from .world import STORY_FILE, story, world


@pytest.fixture(scope="session")
def wanted(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[object, ...]]:
    """The tree after an undisturbed run."""
    with world(story(), STORY_FILE, tmp_path_factory.mktemp("undisturbed")) as made:
        assert made.apply().code == 0
        return made.tree()


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    """What an undisturbed run of the company leaves behind, likewise."""
    return Undisturbed(tmp_path_factory.mktemp("undisturbed"))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """What a whole sweep (`make faults`) or a long walk (`make soak`) came to: on the terminal and in a file."""
    if os.environ.get("FAULTS") == "all":
        told = count_faults(terminalreporter.stats)
        keep("faults", told)
        terminalreporter.write_line(f"{told['faults']} faults at {told['points']} points, {told['failures']} failures")
    if os.environ.get("SOAK_HISTORIES"):
        failures = len(terminalreporter.stats.get("failed", []))
        keep("histories", walked | {"failures": failures})
        terminalreporter.write_line(
            f"{walked['histories']} histories, {walked['steps']} steps, {walked['runs']} runs, {failures} failures"
        )


def count_faults(stats: dict[str, Any]) -> dict[str, Any]:
    """Cases of the sweep by what became of them, kinds of faults, and points at which one was tried."""
    told: dict[str, Any] = {"faults": 0, "failures": 0, "failed": []}
    kinds, points = set(), set()
    for report in [*stats.get("passed", []), *stats.get("failed", [])]:
        said = dict(report.user_properties)
        if "fault" not in said:
            continue
        told["faults"] += 1
        kinds.add(said["fault"])
        points.add(said["point"])
        if report.failed:
            told["failures"] += 1
            told["failed"].append(report.nodeid)
    return told | {"failed": sorted(told["failed"]), "kinds": len(kinds), "points": len(points)}


def keep(name: str, told: dict[str, Any]) -> None:
    place = Path("build/reliability") / f"{name}.json"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
