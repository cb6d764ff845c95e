"""mutmut changes one thing in one function at a time, and runs the tests that reach the function.

What mypy refuses, as `make lint` would, is caught without a test. mutmut keeps what it knows in `build/mutants/ROOM`,
so a run that was ended goes on where it was.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

from .rooms import BUILD, Mutant, Room, lay_out, shown_change

TYPES = ("--config-file=", "--strict-equality", "--follow-imports=silent", "--ignore-missing-imports", "--output=json")
NO_TYPES = ("has-type", "misc", "no-redef", "var-annotated")
"""What mypy says of the way mutmut writes mutants down, whatever they are."""
TWICE = """
import sys, pytest
class Named:
    def pytest_collection_finish(self, session):
        self.ids = [item.nodeid for item in session.items]
named, (room, *options) = Named(), sys.argv[1:]
sys.exit(pytest.main([*options, room], plugins=[named]) or pytest.main([*options, *named.ids]))
"""
CAUGHT = frozenset({"killed", "timeout", "segfault", "caught by type check"})


def change_functions(room: Room, files: list[str]) -> list[Mutant]:
    """Every mutant of some files of a room. Raises SystemExit where mutmut did not come to an end."""
    folder = BUILD / room.name
    fresh = not folder.exists()
    lay_out(folder)
    if fresh and not pass_twice(folder, room):
        shutil.rmtree(folder)
        raise SystemExit(
            f"{room.tests} does not pass twice in one process, and named one by one: any change would count as caught"
        )
    forget_copies(folder, files)
    write_settings(folder, room, files)
    mutmut = Path(sys.executable).with_name("mutmut")
    run(mutmut, folder)
    alive = [mutant for mutant, state in states(mutmut, folder, files) if state not in CAUGHT]
    if alive:  # it believes what it found earlier, whatever tests there are by now, unless it is asked by name
        run(mutmut, folder, *alive)
    found = []
    for mutant, state in states(mutmut, folder, files):
        if state == "not checked":
            raise SystemExit(f"mutmut ended before it had tried {mutant}; see `cd {folder}; mutmut run`")
        caught = state in CAUGHT
        found.append(Mutant(file_of(mutant), caught, state, "" if caught else change_of(mutmut, folder, mutant)))
    return found


def forget_copies(folder: Path, files: list[str]) -> None:
    """Of files that the latest run was not asked for: mutmut would take their plain copies for changed already.

    Which tests reach them it does not know either, nor of files that are new.
    """
    for path in files:
        copied = folder / "mutants" / "reconciler" / path
        if not copied.exists() or "__mutmut_" not in copied.read_text(encoding="utf-8"):
            for kept in copied.parent.glob(f"{copied.name}*"):
                kept.unlink()
            (folder / "mutants" / "mutmut-stats.json").unlink(missing_ok=True)


def run(mutmut: Path, folder: Path, *mutants: str) -> None:
    """Its exit code says nothing: 1 is that some survived, and that it could not begin."""
    shown = None if sys.stdout.isatty() else subprocess.DEVNULL
    subprocess.run([mutmut, "run", *mutants], cwd=folder, check=False, stdout=shown)


def pass_twice(folder: Path, room: Room) -> bool:
    """Whether the tests leave behind what they need themselves, and all are found by their ids.

    mutmut runs them once, and then again in forks, those that reach a function named one by one.
    """
    command = [sys.executable, "-c", TWICE, room.tests, "-q", *room.options]
    return subprocess.run(command, cwd=folder, check=False, stdout=subprocess.DEVNULL).returncode == 0


def states(mutmut: Path, folder: Path, files: list[str]) -> list[tuple[str, str]]:
    """Every mutant of these files, and what became of it."""
    told = subprocess.run([mutmut, "results", "--all", "true"], cwd=folder, check=True, text=True, capture_output=True)
    found = re.findall(r"^\s*(\S+): (.+)$", told.stdout, re.MULTILINE)
    return [(mutant, state) for mutant, state in found if file_of(mutant) in files]


def write_settings(folder: Path, room: Room, files: list[str]) -> None:
    said = {
        "source_paths": ["reconciler"],
        "only_mutate": [f"reconciler/{path}" for path in files],
        "also_copy": ["mappings.yaml", "schema"],
        "pytest_add_cli_args": room.options,
        "pytest_add_cli_args_test_selection": [room.tests],
        "type_check_command": [
            *(sys.executable, "-m", "mypy", *TYPES),
            *(f"--disable-error-code={code}" for code in NO_TYPES),
            *(f"reconciler/{path}" for path in files),
        ],
    }
    text = "[mutmut]\n" + "".join(f"{key}=\n" + "".join(f"    {value}\n" for value in said[key]) for key in said)
    (folder / "setup.cfg").write_text(text, encoding="utf-8")


def file_of(mutant: str) -> str:
    """`reconciler.planning.guards.x__limit__mutmut_10` -> `planning/guards.py`."""
    module = mutant.rpartition(".")[0]
    return module.removeprefix("reconciler.").replace(".", "/") + ".py"


def change_of(mutmut: Path, folder: Path, mutant: str) -> str:
    shown = subprocess.run([mutmut, "show", mutant], cwd=folder, check=True, text=True, capture_output=True)
    return shown_change(shown.stdout)
