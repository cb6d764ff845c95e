"""100,000 people in 999 groups of 999: everybody is in about ten of them, the best priority has them."""

from __future__ import annotations

from collections.abc import Iterator

from bench.bench import Bench
from bench.table import Line, at_most

SMALL = False


def measure(bench: Bench) -> Iterator[Line]:
    pair = bench.pair("overlapping")
    yield at_most("plan, 100,000 people in 999 groups", pair.ratio, 2, "", measured=pair.words(), **pair.plain())
    yield at_most("its peak memory", pair.plan.peak / 1024, 1, "GiB")
