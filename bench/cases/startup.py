"""Starting: the help, and a file of 50 mappings that is only looked at."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from bench import processes
from bench.bench import RECONCILER, Bench
from bench.processes import Cost, best
from bench.table import Line, at_most
from bench.worlds import Shape, write_mappings

SMALL = True
RUNS = 15


def cost_of(bench: Bench, *command: str) -> Cost:
    folder = bench.folder
    return best(lambda: processes.measure(command, cwd=folder, environ=bench.environ()), RUNS)


def measure(bench: Bench) -> Iterator[Line]:
    click = cost_of(bench, sys.executable, "-c", "import click")
    shown = cost_of(bench, str(RECONCILER), "--help")
    ratio = shown.wall / click.wall
    words = f"{ratio:.2f} ({shown.wall * 1000:.0f} ms / {click.wall * 1000:.0f} ms)"
    yield at_most("--help, against `import click`", ratio, 1.5, "", measured=words)
    write_mappings(Shape("fifty", 50, 0), bench.folder / "fifty.yaml")
    checked = cost_of(bench, str(RECONCILER), "validate", "fifty.yaml")
    words = f"{checked.wall:.2f} s ({checked.cpu:.2f} s of CPU)"
    yield at_most("validate, 50 mappings", checked.wall, 0.4, "s", measured=words, cost=checked.plain())
