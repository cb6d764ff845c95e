"""The documented limit in one breath: 999 groups of 999 members, nobody in two of them, nothing to change."""

from __future__ import annotations

from collections.abc import Iterator

from bench.bench import Bench
from bench.table import Line, at_most

SMALL = False


def measure(bench: Bench) -> Iterator[Line]:
    pair = bench.pair("999x999")
    graph = sum(count for name, count in pair.calls.items() if name.startswith("graph "))
    rescue = sum(count for name, count in pair.calls.items() if name.startswith("rescue "))
    yield at_most("Graph requests, 999 groups x 999", graph, 102, "", measured=str(graph))
    yield at_most("Rescue calls, nothing to change", rescue, 3, "", measured=str(rescue))
    yield at_most("plan, 998,001 in sync, against the floor", pair.ratio, 2, "", measured=pair.words(), **pair.plain())
    yield at_most("its peak memory", pair.plan.peak / 1024, 2.5, "GiB")
    about = (
        f"floor {pair.overlapped:.1f} s four at a time; plan's CPU {pair.plan.cpu:.1f} s, sandbox's {pair.served:.1f} s"
    )
    yield Line("of it", "-", about)
