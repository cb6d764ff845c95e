"""An apply of 1,000 updates: what the client itself takes for a call, and how much of its pace it uses.

    python -m bench.cases.applying CALLS           the floor: so many bare calls over one connection

The fastest pace of a file is 100 calls a second, and an apply keeps to it. So its own part is measured in seconds of
CPU, less those of a plan and of the same number of bare calls. The other is a few changes at 5 a second, with 50 ms
for each answer: between the first write and the last the schedule alone says when a call goes.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import Any

from bench.bench import RECONCILER, Bench, Served
from bench.processes import Cost
from bench.processes import measure as run
from bench.table import Line, at_most

SMALL = False
WORLD = "100x100"
PEOPLE, FEW = 1_000, 60
PACE = 5
LATENCY = 0.05


def measure(bench: Bench) -> Iterator[Line]:
    own = Bench(bench.folder / "applying", bench.repeats)  # the worlds of others stay in sync
    with own.serving(WORLD) as served:
        cost, requests = _apply(served, PEOPLE, 100, 0)
        rest = run([str(RECONCILER), "plan", "-q"], cwd=served.folder, environ=served.environ)
        bare = [sys.executable, "-m", "bench.cases.applying", str(len(requests))]
        floor = run(bare, cwd=served.folder, environ=served.environ)
        each = (cost.cpu - rest.cpu - floor.cpu) / len(requests) * 1000
        numbers: dict[str, Any] = {
            "apply": cost.plain(),
            "plan": rest.plain(),
            "floor": floor.plain(),
            "calls": len(requests),
        }
        yield at_most(f"apply, {PEOPLE:,} changes, own CPU a call", each, 2, "ms", **numbers)
        _, requests = _apply(served, FEW, PACE, LATENCY)
    writing = _from_first_write(requests)
    used = (len(writing) - 1) / PACE / (writing[-1] - writing[0])
    yield Line(
        f"schedule used, {PACE} calls a second", "at least 98 %", f"{used:.1%}", used >= 0.98, {"calls": len(writing)}
    )


def _apply(served: Served, people: int, pace: int, latency: float) -> tuple[Cost, list[dict[str, Any]]]:
    """What an apply of so many changed names costs, and the calls to Rescue it made."""
    from reconciler.sandbox import SandboxState

    state_file = served.folder / "state.db"
    with SandboxState(state_file) as state:
        chosen = "SELECT id FROM nodes WHERE type = 'Technician' ORDER BY id LIMIT ?"
        state.execute(f"UPDATE nodes SET name = 'Old ' || name WHERE id IN ({chosen})", people)  # noqa: S608
        state.clear_requests()
        if latency:
            state.add_fault(side="rescue", effect="slow", seconds=latency)
    text = served.mappings.read_text(encoding="utf-8")
    file = served.folder / "paced.yaml"
    file.write_text(text.replace("requests_per_second: 100", f"requests_per_second: {pace}"), encoding="utf-8")
    command = [str(RECONCILER), "apply", str(file), "--yes", "-q"]
    cost = run(command, cwd=served.folder, environ=served.environ)
    with SandboxState(state_file) as state:
        requests = [entry for entry in state.requests() if entry["side"] == "rescue"]
        state.clear_faults()
    return cost, requests


def _from_first_write(requests: list[dict[str, Any]]) -> list[float]:
    """When each call came, from the first write to the last."""
    writes = [at for at, entry in enumerate(requests) if entry["call"].lower().startswith("setuser")]
    return [entry["time"] for entry in requests[writes[0] : writes[-1] + 1]]


def main() -> None:
    import httpx

    url, body = f"{os.environ['RESCUE_BASE_URL']}/getAccount.aspx", {"authcode": os.environ["RESCUE_API_TOKEN"]}
    with httpx.Client(timeout=30) as client:
        for _ in range(int(sys.argv[1])):
            client.post(url, data=body).raise_for_status()


if __name__ == "__main__":
    main()
