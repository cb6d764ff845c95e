"""What mutmut leaves alone: class bodies, what stands at the top of a file, and decorated functions.

cosmic-ray changes them, each thing in one way, and runs the whole of the room's tests until the first that fails.
Annotations stay, which mean nothing at run time, and so do decorators: most of what they are given saves memory.
"""

from __future__ import annotations

import ast
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .rooms import BUILD, Mutant, Room, lay_out, shown_change

LONGEST = 300
"""Seconds after which tests that do not end count as failed."""

Place = tuple[int, int]
Span = tuple[Place, Place]


def change_the_rest(room: Room, files: list[str]) -> list[Mutant]:
    """Every mutant of some files of a room. Raises SystemExit where the tests fail before anything is changed."""
    from cosmic_ray.work_db import WorkDB, use_db
    from cosmic_ray.work_item import TestOutcome, WorkerOutcome, WorkResult

    folder = BUILD / f"{room.name}-the-rest"
    lay_out(folder)
    test = [sys.executable, "-m", "pytest", "-x", "-q", *room.options, room.tests]
    if subprocess.run(test, cwd=folder, check=False, capture_output=True).returncode:
        raise SystemExit(f"the tests fail as they are; see `cd {folder}; {shlex.join(test)}`")
    session, said = folder / "session.sqlite", folder / "cosmic-ray.toml"
    session.unlink(missing_ok=True)
    said.write_text(settings([f"reconciler/{path}" for path in files], shlex.join(test)), encoding="utf-8")
    cosmic_ray = Path(sys.executable).with_name("cosmic-ray")
    subprocess.run([cosmic_ray, "init", said.name, session.name], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    passed_over = WorkResult(worker_outcome=WorkerOutcome.SKIPPED)
    with use_db(str(session), WorkDB.Mode.open) as db:
        chosen = set(choose(folder, db.work_items))
        db.set_multiple_results([item.job_id for item in db.work_items if item.job_id not in chosen], passed_over)
    subprocess.run([cosmic_ray, "exec", said.name, session.name], cwd=folder, check=True)
    found = []
    with use_db(str(session), WorkDB.Mode.open) as db:
        results = dict(db.results)
        for item in db.work_items:
            if item.job_id not in chosen:
                continue
            result = results[item.job_id]
            caught = result.test_outcome in (TestOutcome.KILLED, TestOutcome.INCOMPETENT)
            path = Path(item.mutations[0].module_path).relative_to("reconciler").as_posix()
            state = str(getattr(result.test_outcome, "value", result.worker_outcome.value))
            found.append(Mutant(path, caught, state, "" if caught else shown_change(result.diff or "")))
    return found


def settings(files: list[str], test: str) -> str:
    return (
        "[cosmic-ray]\n"
        f"module-path = {files!r}\n"
        f"timeout = {LONGEST}\n"
        "excluded-modules = []\n"
        f"test-command = {test!r}\n"
        '[cosmic-ray.distributor]\nname = "local"\n'
    )


def choose(folder: Path, items: Any) -> Iterator[str]:
    """The jobs that change what mutmut leaves alone, the first for each place and kind of change."""
    seen: set[tuple[Any, ...]] = set()
    left_out: dict[Path, list[Span]] = {}
    for item in items:
        mutation = item.mutations[0]
        path = folder / mutation.module_path
        if path not in left_out:
            left_out[path] = list(others(ast.parse(path.read_text(encoding="utf-8"))))
        kind = mutation.operator_name.partition("_")[0]
        place = (path, mutation.start_pos, kind)
        if place not in seen and not any(a <= mutation.start_pos < b for a, b in left_out[path]):
            seen.add(place)
            yield item.job_id


def others(tree: ast.Module) -> Iterator[Span]:
    """Where nothing is to be changed: the functions that mutmut changes, annotations and decorators."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        for part in ast.iter_child_nodes(node):
            if isinstance(part, ast.FunctionDef) and is_changed_by_mutmut(part):
                yield span(part)
                continue
            yield from map(span, kept_of(part))
            waiting.append(part)


def kept_of(node: ast.AST) -> Iterator[ast.expr]:
    if isinstance(node, ast.ClassDef | ast.FunctionDef):
        yield from node.decorator_list
    if isinstance(node, ast.FunctionDef) and node.returns is not None:
        yield node.returns
    if isinstance(node, ast.AnnAssign | ast.arg) and node.annotation is not None:
        yield node.annotation


def is_changed_by_mutmut(function: ast.FunctionDef) -> bool:
    """It passes over functions with decorators, but for one of these two alone."""
    names = [getattr(decorator, "id", "") for decorator in function.decorator_list]
    return not names or (len(names) == 1 and names[0] in ("staticmethod", "classmethod"))


def span(node: ast.stmt | ast.expr) -> Span:
    """With the `@` of a decorator, and whatever stands on its line before it."""
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    return (node.lineno, max(0, node.col_offset - 1)), (node.end_lineno, node.end_col_offset)
