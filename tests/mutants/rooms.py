"""Which files are changed, which tests judge them, and the copy that this happens in."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "build" / "mutants"
COPIED = ("reconciler", "tests", "schema", "mappings.yaml", "pyproject.toml")


class Mutant(NamedTuple):
    """One thing changed in one file below `reconciler/`, and what became of it."""

    path: str
    caught: bool
    state: str
    change: str
    """`before -> after`, white space collapsed; empty where it was caught."""


class Room(NamedTuple):
    """Which files are changed, which tests judge them, and which of those do not."""

    name: str
    files: str
    tests: str
    not_these: tuple[str, ...] = ()

    @property
    def options(self) -> list[str]:
        """What pytest is given beside the tests: nothing that hypothesis draws counts."""
        ignored = [f"--ignore={self.tests}/{name}" for name in self.not_these if "::" not in name]
        deselected = [f"--deselect={self.tests}/{name}" for name in self.not_these]
        return ["-m", "not hypothesis", "-p", "no:randomly", "-p", "no:cacheprovider", *deselected, *ignored]


ROOMS = (
    Room(
        "planning",
        "planning/**/*.py",
        "tests/planning",
        (
            "test_survival.py",
            "test_survival_search.py",
            "test_guard_limits.py::test_a_million_of_a_million",
            "test_pairing.py::test_a_large_tenant_is_no_matter",
        ),
    ),
    Room("target", "target/*_wire.py", "tests/target", ("test_with_sandbox.py",)),
    Room("target", "target/shapes.py", "tests/target", ("test_with_sandbox.py",)),
    Room("target", "target/tree_checks.py", "tests/target", ("test_with_sandbox.py",)),
    Room("apply", "apply/*.py", "tests/apply"),
    Room("model", "model/marker.py", "tests/model"),
)


def choose(asked: list[str]) -> dict[str, list[str]]:
    """The files asked for below `reconciler/`, or all, by the name of their room. Raises SystemExit for any other."""
    rooms = {
        path.relative_to(ROOT / "reconciler").as_posix(): room.name
        for room in ROOMS
        for path in sorted((ROOT / "reconciler").glob(room.files))
        if path.stat().st_size and path.name != "__init__.py"
    }
    unknown = [path for path in asked if path not in rooms]
    if unknown:
        raise SystemExit(f"no mutants are made of {', '.join(unknown)}; there are: {', '.join(sorted(rooms))}")
    chosen: dict[str, list[str]] = {}
    for path in asked or rooms:
        chosen.setdefault(rooms[path], []).append(path)
    return chosen


def lay_out(folder: Path) -> None:
    """A copy of what is tracked or new."""
    listing = ["git", "ls-files", "-co", "--exclude-standard", *COPIED]
    names = subprocess.run(listing, cwd=ROOT, check=True, text=True, capture_output=True)
    for top in ("reconciler", "tests"):
        shutil.rmtree(folder / top, ignore_errors=True)
    for name in filter(None, names.stdout.splitlines()):
        if (ROOT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)


def shown_change(diff: str) -> str:
    """A unified diff of one change as `before -> after`."""
    lines = [line for line in diff.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")]
    before, after = (" ".join(" ".join(line[1:] for line in lines if line[:1] == sign).split()) for sign in "-+")
    return f"{before} -> {after}"
