"""Starting: the help, and a file of 50 mappings that is only looked at."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from bench import processes
from bench.bench import RECONCILER, Bench
from bench.processes import Cost, least
from bench.table import Line, at_most
from bench.worlds import Shape, write_mappings

SMALL = True
RUNS = 15


def measure(bench: Bench) -> Iterator[Line]:
    write_mappings(Shape("fifty", 50, 0), bench.folder / "fifty.yaml")
    commands = (
        (sys.executable, "-c", "import click"),
        (str(RECONCILER), "--help"),
        (str(RECONCILER), "validate", "fifty.yaml"),
    )
    runs: list[list[Cost]] = [[], [], []]
    for _ in range(RUNS):  # by turns, so that whatever else the machine does meets all of them
        for command, costs in zip(commands, runs, strict=True):
            costs.append(processes.measure(command, cwd=bench.folder, environ=bench.environ()))
    click, shown, checked = map(least, runs)
    ratio = shown.wall / click.wall
    words = f"{ratio:.2f} ({shown.wall * 1000:.0f} ms / {click.wall * 1000:.0f} ms; of CPU {shown.cpu / click.cpu:.2f})"
    yield at_most("--help, against `import click`", ratio, 1.5, "", measured=words)
    words = f"{checked.wall:.2f} s ({checked.cpu:.2f} s of CPU)"
    yield at_most("validate, 50 mappings", checked.wall, 0.4, "s", measured=words, cost=checked.plain())
