"""What a case works with. Worlds are made once and kept under build/bench; a pair of costs is measured once a run."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.processes import Cost, Failed, cpu_of, least, measure
from bench.worlds import SHAPES

ROOT = Path(__file__).parent.parent
RECONCILER = Path(sys.executable).with_name("reconciler")
_UNSET = ("AZURE_", "GRAPH_", "RESCUE_", "GITHUB_", "ACTIONS_", "COVERAGE_", "PYTHONPROFILE")


@dataclass(frozen=True, slots=True)
class Served:
    """A world, and the sandbox that serves it as a process of its own."""

    folder: Path
    environ: Mapping[str, str]
    pid: int

    @property
    def mappings(self) -> Path:
        return self.folder / "mappings.yaml"


@dataclass(frozen=True, slots=True)
class Pair:
    """The floor and a plan in one world, and what the sandbox itself used meanwhile (its part of both)."""

    floor: Cost
    overlapped: float
    """Wall of the floor with four batches at a time, for information."""
    plan: Cost
    served: float
    """CPU seconds of the sandbox for one plan."""
    calls: Mapping[str, int]
    """How often what was asked, by one plan."""

    @property
    def ratio(self) -> float:
        return self.plan.wall / self.floor.wall

    def words(self) -> str:
        return f"{self.ratio:.2f} ({self.plan.wall:.2f} s / {self.floor.wall:.2f} s)"

    def plain(self) -> dict[str, object]:
        return {
            "floor": self.floor.plain(),
            "floor_four_at_a_time_wall": round(self.overlapped, 4),
            "plan": self.plan.plain(),
            "sandbox_cpu": round(self.served, 2),
            "ratio": round(self.ratio, 3),
            "calls": dict(self.calls),
        }


class Bench:
    """Worlds and measures for the cases. `repeats`: of each the best of so many runs counts."""

    def __init__(self, folder: Path, repeats: int) -> None:
        self.folder = folder
        self.repeats = repeats
        self._pairs: dict[str, Pair] = {}

    def say(self, text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    def environ(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        """Of ours what is no credential and no switch, and `more`."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_UNSET)}
        return {**kept, "PYTHONPATH": str(ROOT), "NO_COLOR": "1", **(more or {})}

    def world(self, name: str) -> Path:
        """The folder of a world: mappings.yaml, groups.txt, state.db."""
        folder = self.folder / "worlds" / name
        made_by = (ROOT / "bench" / "worlds.py", ROOT / "reconciler" / "sandbox" / "store.py")
        stamp = hashlib.sha256(b"".join(file.read_bytes() for file in made_by)).hexdigest()
        ready = folder / "ready"
        if not ready.is_file() or ready.read_text(encoding="ascii") != stamp:
            folder.mkdir(parents=True, exist_ok=True)
            for old in folder.iterdir():
                old.unlink()
            self.say(f"making the world {name}")
            measure([sys.executable, "-m", "bench.worlds", name, str(folder)], cwd=folder, environ=self.environ())
            ready.write_text(stamp, encoding="ascii")
        return folder

    @contextmanager
    def serving(self, name: str) -> Iterator[Served]:
        """A world with its sandbox, until the end of the `with`."""
        folder = self.world(name)
        variables = folder / "variables"
        command = [str(RECONCILER), "sandbox", "--quiet", "--state", str(folder / "state.db")]
        with variables.open("wb") as out:
            process = subprocess.Popen(command, stdout=out, cwd=folder, env=self.environ())  # noqa: S603
        try:
            yield Served(folder, self.environ(_announced(variables, process)), process.pid)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)

    def pair(self, name: str) -> Pair:
        """Floor and plan of a world in sync."""
        if name not in self._pairs:
            with self.serving(name) as served:
                self._pairs[name] = self._measure(name, served)
        return self._pairs[name]

    def _measure(self, name: str, served: Served) -> Pair:
        from reconciler.sandbox import SandboxState

        self.say(f"measuring {name} ({SHAPES[name].memberships:,} memberships, {self.repeats} runs)")
        groups = str(served.folder / "groups.txt")

        def floor(at_once: int = 1) -> Cost:
            command = [sys.executable, "-m", "bench.floor", groups, str(at_once)]
            return measure(command, cwd=served.folder, environ=served.environ)

        def plan() -> Cost:
            command = [str(RECONCILER), "plan", "--detailed-exitcode"]
            return measure(command, cwd=served.folder, environ=served.environ, out=served.folder / "plan.txt")

        overlapped = floor(4).wall
        floors, plans = [], []
        for _ in range(self.repeats):  # by turns, so that whatever else the machine does meets both
            floors.append(floor())
            with SandboxState(served.folder / "state.db") as state:
                state.clear_requests()
            before = cpu_of(served.pid)
            plans.append(plan())
            sandbox = cpu_of(served.pid) - before
        with SandboxState(served.folder / "state.db") as state:
            calls = state.counters()
        return Pair(least(floors), overlapped, least(plans), sandbox, calls)


def _announced(file: Path, process: subprocess.Popen[bytes]) -> dict[str, str]:
    """The variables that the sandbox prints once it listens."""
    for _ in range(600):
        lines = file.read_text(encoding="utf-8").splitlines()
        found = dict(line.removeprefix("export ").split("=", 1) for line in lines if line.startswith("export "))
        if "AZURE_TENANT_ID" in found:
            return {name: value.strip("'") for name, value in found.items()}
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise Failed("the sandbox did not start")
