"""What most users have: 500 people in 20 groups, from the command line to the last byte."""

from __future__ import annotations

from collections.abc import Iterator

from bench.bench import Bench
from bench.table import Line, at_most

SMALL = True


def measure(bench: Bench) -> Iterator[Line]:
    pair = bench.pair("usual")
    words = f"{pair.plan.wall:.2f} s ({pair.plan.cpu:.2f} s of CPU, {pair.plan.peak:.0f} MiB)"
    yield at_most("plan, 500 people in 20 groups", pair.plan.wall, 1.5, "s", measured=words, **pair.plain())
