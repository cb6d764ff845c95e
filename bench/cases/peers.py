"""octoDNS' dry run beside our plan, on as many objects: the nearest declarative planner that a registry has.

Both compare a desired with an actual state of so many objects and find nothing to do. What the comparison leaves out:
octoDNS reads both sides from YAML files, we read one file and two HTTP services through a sandbox that takes its own
time; a record has a name, a type and an address, a person has a marker, a login, a name, a group and a print. Neither
number says which program is better at the other's job.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from bench import processes
from bench.bench import Bench
from bench.processes import Cost, Failed, least
from bench.table import Line
from bench.worlds import SHAPES

SMALL = False
VERSION = "1.22.0"
WORLDS = ("usual", "100x100")
_CONFIG = """\
providers:
  desired: {class: octodns.provider.yaml.YamlProvider, directory: ./desired, default_ttl: 3600, enforce_order: false}
  actual: {class: octodns.provider.yaml.YamlProvider, directory: ./actual, default_ttl: 3600, enforce_order: false}
zones:
  example.com.: {sources: [desired], targets: [actual]}
"""


def install(bench: Bench) -> Path:
    """octoDNS in an environment of its own. Failed where the registry cannot be reached."""
    folder = bench.folder / "peers" / f"octodns-{VERSION}"
    uv = str(Path(sys.executable).with_name("uv"))
    if not (folder / "bin" / "octodns-sync").is_file():
        for command in (
            [uv, "venv", "--quiet", "--clear", str(folder)],
            [uv, "pip", "install", "--quiet", "--python", str(folder / "bin" / "python"), f"octodns=={VERSION}"],
        ):
            done = subprocess.run(command, capture_output=True, text=True)  # noqa: S603
            if done.returncode:
                raise Failed(f"octodns {VERSION} cannot be installed: {done.stderr.strip()[-300:]}")
    return folder / "bin" / "octodns-sync"


def dry_run(bench: Bench, command: Path, records: int) -> Cost:
    folder = bench.folder / "peers" / f"zone-{records}"
    zone = "".join(
        f"person-{number}:\n  type: A\n  value: 10.{number >> 16}.{number >> 8 & 255}.{number & 255}\n"
        for number in range(records)
    )
    for side in ("desired", "actual"):
        (folder / side).mkdir(parents=True, exist_ok=True)
        (folder / side / "example.com.yaml").write_text(f"---\n{zone}", encoding="ascii")
    (folder / "config.yaml").write_text(_CONFIG, encoding="ascii")
    run = [str(command), "--config-file=config.yaml"]
    return least([processes.measure(run, cwd=folder, environ=bench.environ()) for _ in range(bench.repeats)])


def measure(bench: Bench) -> Iterator[Line]:
    try:
        command = install(bench)
    except Failed as failed:
        yield Line("octoDNS, a peer", "-", str(failed))
        return
    for world in WORLDS:
        count = SHAPES[world].everybody
        ours, theirs = bench.pair(world).plan, dry_run(bench, command, count)
        words = f"{_words(ours, count)}; octoDNS {_words(theirs, count)}"
        yield Line(
            f"{count:,} people, as many records", "-", words, None, {"ours": ours.plain(), "octodns": theirs.plain()}
        )


def _words(cost: Cost, count: int) -> str:
    return f"{cost.wall:.2f} s, {cost.cpu / count * 1e6:.0f} µs of CPU each, {cost.peak:.0f} MiB"
