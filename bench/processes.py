"""One command as a process of its own, measured by what the kernel says of it when it ends."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


class Failed(Exception):
    """A command that was to be measured did something else than it should."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of wall and of CPU, and the peak of resident memory in MiB."""

    wall: float
    cpu: float
    peak: float

    def plain(self) -> dict[str, float]:
        return {name: round(value, 4) for name, value in asdict(self).items()}


def measure(
    command: Sequence[str],
    *,
    cwd: Path,
    environ: Mapping[str, str],
    codes: Sequence[int] = (0,),
    out: Path | None = None,
) -> Cost:
    """What one run costs, from before the process is made until its last byte is written. Failed for other codes.

    `out`: where stdout goes. The peak counts what the starting process held as well, so that one has to stay small.
    """
    errors = cwd / "stderr.txt"
    target = out or Path(os.devnull)
    with target.open("wb") as stdout, errors.open("wb") as stderr:
        begun = time.perf_counter()
        process = subprocess.Popen(command, cwd=cwd, env=dict(environ), stdout=stdout, stderr=stderr)  # noqa: S603
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in codes:
        said = errors.read_text(encoding="utf-8", errors="replace")[-2000:]
        raise Failed(f"{' '.join(command)} ended with {process.returncode}:\n{said}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def least(costs: Sequence[Cost]) -> Cost:
    """The least of each number over some runs: whatever else the machine does only adds."""
    return Cost(min(one.wall for one in costs), min(one.cpu for one in costs), min(one.peak for one in costs))


def cpu_of(pid: int) -> float:
    """The CPU seconds a running process has used, 0 where the system does not tell."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
