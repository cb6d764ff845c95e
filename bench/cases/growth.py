"""How time and memory grow with the number of memberships, beyond what a plan of nothing takes."""

from __future__ import annotations

from collections.abc import Iterator
from math import log

from bench.bench import Bench
from bench.table import Line, at_most
from bench.worlds import SHAPES

SMALL = False
STEPS = ("100x100", "316x316", "999x999")


def measure(bench: Bench) -> Iterator[Line]:
    pairs = [bench.pair(name) for name in STEPS]
    for what, unit, values in (
        ("time", "s", [pair.plan.wall for pair in pairs]),
        ("memory", "MiB", [pair.plan.peak for pair in pairs]),
    ):
        span = log(SHAPES[STEPS[-1]].memberships / SHAPES[STEPS[0]].memberships)
        exponent = log(values[-1] / values[0]) / span
        last = log(values[-1] / values[1]) / log(SHAPES[STEPS[-1]].memberships / SHAPES[STEPS[1]].memberships)
        words = f"{exponent:.2f} ({', '.join(f'{value:.3g}' for value in values)} {unit})"
        yield at_most(
            f"exponent of {what}, 100x100 to 999x999", exponent, 1.1, "", measured=words, values=values, upper_half=last
        )
        yield Line(f"the same, {STEPS[1]} to {STEPS[2]}", "-", f"{last:.2f}")
