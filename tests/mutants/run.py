"""Mutation testing: `make mutants`, or `make mutants MUTANTS="planning/guards.py model/marker.py"`.

mutmut changes one thing in one function at a time, and a test of named cases has to fail for it. Each room is judged
by its own tests; those that draw at random, run the sandbox or start the command stay out, so that what is sometimes
caught counts as survived. A survivor is killed by a new test, or explained in `survivors.md`, line before and after.

mutmut keeps what it knows in `build/mutants/ROOM`, so a run that was ended goes on where it was. The score goes to
`build/reliability/mutants.json`; whoever survived without an explanation makes the exit code 1.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "build" / "mutants"
SCORE = ROOT / "build" / "reliability" / "mutants.json"
EXPLAINED = Path(__file__).with_name("survivors.md")
COPIED = ("reconciler", "tests", "schema", "mappings.yaml", "pyproject.toml")
CAUGHT = frozenset({"killed", "timeout", "segfault", "caught by type check"})


class Room(NamedTuple):
    """Which files are changed, which tests judge them, and which of those do not."""

    name: str
    files: str
    tests: str
    not_these: tuple[str, ...] = ()


ROOMS = (
    Room(
        "planning",
        "planning/**/*.py",
        "tests/planning",
        (
            "test_properties.py",
            "test_hierarchy_properties.py",
            "test_licence_properties.py",
            "test_survival.py",
            "test_survival_search.py",
            "test_guard_limits.py::test_a_million_of_a_million",
        ),
    ),
    Room("target", "target/*_wire.py", "tests/target", ("test_with_sandbox.py",)),
    Room("target", "target/shapes.py", "tests/target", ("test_with_sandbox.py",)),
    Room("target", "target/tree_checks.py", "tests/target", ("test_with_sandbox.py",)),
    Room("apply", "apply/*.py", "tests/apply"),
    Room("model", "model/marker.py", "tests/model"),
)


@dataclass
class Score:
    """Of one file. `survived`: not explained."""

    mutants: int = 0
    killed: int = 0
    survived: int = 0
    explained: int = 0
    lines: list[str] = field(default_factory=list)
    """Those not explained, as `before -> after`."""


def main(asked: list[str]) -> int:
    chosen = choose(asked)
    explained = read_explained(EXPLAINED.read_text(encoding="utf-8"))
    scores: dict[str, Score] = {}
    for name, files in chosen.items():
        scores |= judge(next(room for room in ROOMS if room.name == name), files, explained)
    keep(scores)
    for path, score in sorted(scores.items()):
        print(
            f"{path}: {score.killed} of {score.mutants} killed, {score.explained} explained, {score.survived} survived"
        )
        for line in score.lines:
            print(f"  {line}")
    return 1 if any(score.survived for score in scores.values()) else 0


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


def judge(room: Room, files: list[str], explained: dict[str, set[str]]) -> dict[str, Score]:
    """Lets mutmut run on some files of a room, and reads what became of each mutant."""
    folder = BUILD / room.name
    lay_out(folder, room, files)
    mutmut = Path(sys.executable).with_name("mutmut")
    run(mutmut, folder)
    alive = [mutant for mutant, state in states(mutmut, folder, files) if state not in CAUGHT]
    if alive:  # it believes what it found earlier, whatever tests there are by now, unless it is asked by name
        run(mutmut, folder, *alive)
    scores = {path: Score() for path in files}
    for mutant, state in states(mutmut, folder, files):
        path = file_of(mutant)
        if state == "not checked":
            raise SystemExit(f"mutmut ended before it had tried {mutant}; see `cd {folder}; mutmut run`")
        score = scores[path]
        score.mutants += 1
        if state in CAUGHT:
            score.killed += 1
            continue
        line = change_of(mutmut, folder, mutant)
        if line in explained.get(path, ()):
            score.explained += 1
        else:
            score.survived += 1
            score.lines.append(f"{line}  ({state})")
    if not all(score.mutants for score in scores.values()):
        raise SystemExit(f"mutmut made no mutants of some files; see `cd {folder}; mutmut run`")
    return scores


def run(mutmut: Path, folder: Path, *mutants: str) -> None:
    """Its exit code says nothing: 1 is that some survived, and that it could not begin."""
    shown = None if sys.stdout.isatty() else subprocess.DEVNULL
    subprocess.run([mutmut, "run", *mutants], cwd=folder, check=False, stdout=shown)


def states(mutmut: Path, folder: Path, files: list[str]) -> list[tuple[str, str]]:
    """Every mutant of these files, and what became of it."""
    told = subprocess.run([mutmut, "results", "--all", "true"], cwd=folder, check=True, text=True, capture_output=True)
    found = re.findall(r"^\s*(\S+): (.+)$", told.stdout, re.MULTILINE)
    return [(mutant, state) for mutant, state in found if file_of(mutant) in files]


def lay_out(folder: Path, room: Room, files: list[str]) -> None:
    """A copy of what is tracked or new, and what mutmut is to do there."""
    listing = ["git", "ls-files", "-co", "--exclude-standard", *COPIED]
    names = subprocess.run(listing, cwd=ROOT, check=True, text=True, capture_output=True)
    for top in ("reconciler", "tests"):
        shutil.rmtree(folder / top, ignore_errors=True)
    for name in filter(None, names.stdout.splitlines()):
        if (ROOT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    left_out = [f"--deselect={room.tests}/{name}" for name in room.not_these]
    left_out += [f"--ignore={room.tests}/{name}" for name in room.not_these if "::" not in name]
    said = {
        "source_paths": ["reconciler"],
        "only_mutate": [f"reconciler/{path}" for path in files],
        "also_copy": ["mappings.yaml", "schema"],
        "pytest_add_cli_args": ["-p", "no:randomly", "-p", "no:cacheprovider", *left_out],
        "pytest_add_cli_args_test_selection": [room.tests],
    }
    text = "[mutmut]\n" + "".join(f"{key}=\n" + "".join(f"    {value}\n" for value in said[key]) for key in said)
    (folder / "setup.cfg").write_text(text, encoding="utf-8")


def file_of(mutant: str) -> str:
    """`reconciler.planning.guards.x__limit__mutmut_10` -> `planning/guards.py`."""
    module = mutant.rpartition(".")[0]
    return module.removeprefix("reconciler.").replace(".", "/") + ".py"


def change_of(mutmut: Path, folder: Path, mutant: str) -> str:
    """What a mutant changes, as `before -> after`, white space collapsed."""
    shown = subprocess.run([mutmut, "show", mutant], cwd=folder, check=True, text=True, capture_output=True).stdout
    lines = [line for line in shown.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")]
    before, after = (" ".join(" ".join(line[1:] for line in lines if line[0] == sign).split()) for sign in "-+")
    return f"{before} -> {after}"


def read_explained(text: str) -> dict[str, set[str]]:
    """File -> changes, from headings like `## planning/guards.py` and code blocks like `- before` / `+ after`."""
    found: dict[str, set[str]] = {}
    for section in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        path, _, rest = section.partition("\n")
        for before, after in re.findall(r"^```diff\n- (.*)\n\+ (.*)\n```$", rest, re.MULTILINE):
            found.setdefault(path.strip(), set()).add(f"{' '.join(before.split())} -> {' '.join(after.split())}")
    return found


def keep(scores: dict[str, Score]) -> None:
    """Adds to the score what is known of other files from runs before."""
    known = json.loads(SCORE.read_text(encoding="utf-8")) if SCORE.exists() else {}
    names = ("mutants", "killed", "survived", "explained")
    known |= {path: {name: getattr(score, name) for name in names} for path, score in scores.items()}
    SCORE.parent.mkdir(parents=True, exist_ok=True)
    SCORE.write_text(json.dumps(known, indent=2, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
