"""`make fuzz`: every target for its share of some minutes, on inputs that are others each time.

Half of a target's time goes to inputs made from seeds (`mutations`), half to atheris, which follows the coverage of
`reconciler`, where it could be installed (`build/fuzz/lib`). Each works in a process of its own with 2 GB at most, and
an input that takes over `PATIENCE` seconds is a failure like any other. Failures are kept in `build/fuzz/found/TARGET/`
(to be moved to `tests/fuzz/corpus/TARGET/` with the mend), counts in `build/reliability/fuzz.json`. Exit 1 after any.
"""

from __future__ import annotations

import argparse
import faulthandler
import hashlib
import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
import traceback
from pathlib import Path
from types import FrameType
from typing import NoReturn

from .file_checks import ROOT
from .mutations import Op, exchanged, mutated
from .seeds import seeds_of
from .targets import TARGETS, Target

BUILD = ROOT / "build" / "fuzz"
COUNTS = ROOT / "build" / "reliability" / "fuzz.json"
LIBRARY = BUILD / "lib"
PATIENCE = 20
MEMORY = 2 << 30


class TooSlow(BaseException):
    """An input that is worked on for longer than any may be."""


class Trial:
    """Counts, and keeps one input for each way to fail."""

    def __init__(self, target: Target, tag: str) -> None:
        self.target = target
        self.tried = self.taken = 0
        self.failures: set[str] = set()
        self._folder = BUILD / "found" / target.name
        self._report = BUILD / f"{target.name}-{tag}.json"
        self._last = BUILD / f"{target.name}-{tag}.last"
        self._handle = os.open(self._last, os.O_RDWR | os.O_CREAT | os.O_TRUNC)
        self._told = 0.0

    def try_one(self, data: bytes) -> None:
        """Raises nothing. What the input was is known even where the process does not survive it."""
        os.pwrite(self._handle, data, 0)
        os.ftruncate(self._handle, len(data))
        signal.alarm(PATIENCE)
        try:
            self.taken += self.target.check(data)
        except (Exception, TooSlow) as error:
            self._keep(data, error)
        finally:
            signal.alarm(0)
        self.tried += 1
        if time.monotonic() - self._told > 1:
            self.tell()

    def tell(self) -> None:
        self._told = time.monotonic()
        counts = {"inputs": self.tried, "accepted": self.taken, "failures": len(self.failures)}
        self._report.write_text(json.dumps(counts), encoding="utf-8")

    def _keep(self, data: bytes, error: BaseException) -> None:
        frames = traceback.extract_tb(error.__traceback__)
        where = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames[-3:]]
        way = " ".join([type(error).__name__, *where])
        if way in self.failures:
            return
        self.failures.add(way)
        self._folder.mkdir(parents=True, exist_ok=True)
        name = hashlib.sha256(data).hexdigest()[:16]
        (self._folder / name).write_bytes(data)
        (self._folder / f"{name}.txt").write_text("".join(traceback.format_exception(error)), encoding="utf-8")
        print(f"  {self.target.name}: {way}: {str(error)[:200]!r}, kept as {self._folder.name}/{name}", flush=True)


def roll(target: Target, seconds: float, trial: Trial, dice: random.Random) -> None:
    """Inputs made from seeds, for some seconds."""
    seeds = seeds_of(target.name)
    ends = time.monotonic() + seconds

    def ops() -> list[Op]:
        sizes = (dice.randrange(11), dice.randrange(1 << 16), dice.randrange(1, 61), dice.randrange(1 << 16))
        return [Op(*sizes)] + ([] if dice.random() < 0.4 else ops())

    while time.monotonic() < ends:
        data = dice.choice(seeds)
        by_value = target.values and dice.random() < 0.7
        if by_value:
            data = exchanged(data, ops())
        if not by_value or dice.random() < 0.1:
            data = mutated(data, ops(), seeds, target.words)
        trial.try_one(data)


def guide(target: Target, seconds: float, trial: Trial) -> NoReturn:
    """atheris for some seconds; it ends the process itself."""
    import atheris  # type: ignore[import-not-found]

    folder = BUILD / "corpus" / target.name
    folder.mkdir(parents=True, exist_ok=True)
    for seed in seeds_of(target.name):
        (folder / hashlib.sha256(seed).hexdigest()[:16]).write_bytes(seed)
    words = BUILD / f"{target.name}.dict"
    lines = ('"' + "".join(f"\\x{byte:02x}" for byte in word) + '"' for word in target.words if len(word) < 100)
    words.write_text("\n".join(lines) + "\n", encoding="utf-8")
    atheris.Setup(
        ["fuzz", str(folder), f"-dict={words}", f"-max_total_time={max(1, int(seconds))}", "-max_len=20000",
         "-timeout=60", "-rss_limit_mb=2048", "-verbosity=0", f"-artifact_prefix={BUILD}/{target.name}-"],
        trial.try_one,
    )  # fmt: skip
    atheris.Fuzz()
    raise SystemExit(0)


def work(name: str, way: str, seconds: float, seed: int) -> None:
    """One target in this process, which has to be a young one: it takes limits upon itself."""
    if way == "guided":
        sys.path.append(str(LIBRARY))
        import atheris

        with atheris.instrument_imports(include=["reconciler"], enable_loader_override=False):
            for module in [known for known in sys.modules if known.split(".")[0] in ("reconciler", "tests")]:
                if module != __name__:
                    del sys.modules[module]
            from .targets import TARGETS as targets
    else:
        targets = TARGETS
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    faulthandler.enable()
    signal.signal(signal.SIGALRM, _too_slow)
    trial = Trial(targets[name], way)
    trial.tell()
    if way == "guided":
        guide(targets[name], seconds, trial)
    roll(targets[name], seconds, trial, random.Random(seed))  # noqa: S311 - dice, no secret
    trial.tell()


def _too_slow(number: int, frame: FrameType | None) -> NoReturn:
    raise TooSlow(f"over {PATIENCE} s")


def campaign(minutes: float, names: list[str], seed: int) -> dict[str, dict[str, int]]:
    """The counts by target; a process that died is one failure more, its last input kept."""
    BUILD.mkdir(parents=True, exist_ok=True)
    COUNTS.parent.mkdir(parents=True, exist_ok=True)
    ways = ["rolled", *(["guided"] if (LIBRARY / "atheris").is_dir() else [])]
    share = minutes * 60 / len(names) / len(ways)
    print(f"fuzz: {len(names)} targets, {minutes:g} min, {' and '.join(ways)}, seed {seed}", flush=True)
    counts = {}
    for name in names:
        total = dict.fromkeys(("inputs", "accepted", "failures"), 0)
        for way in ways:
            for key, value in _run(name, way, share, seed).items():
                total[key] += value
        counts[name] = total
        COUNTS.write_text(json.dumps(counts, indent=2) + "\n", encoding="utf-8")
        print(
            f"  {name:12} {total['inputs']:9} inputs, {total['accepted']} accepted, {total['failures']} failures",
            flush=True,
        )
    return counts


def _run(name: str, way: str, seconds: float, seed: int) -> dict[str, int]:
    words = [sys.executable, "-m", "tests.fuzz.campaign", "--work", name, way, str(seconds), str(seed)]
    log = BUILD / f"{name}-{way}.log"
    report = BUILD / f"{name}-{way}.json"
    report.unlink(missing_ok=True)
    with log.open("w", encoding="utf-8") as told:
        process = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=told, text=True)
        try:
            out, _ = process.communicate(timeout=seconds + 120)
        except subprocess.TimeoutExpired:
            process.kill()
            out, _ = process.communicate()
    print("".join(line for line in out.splitlines(True) if line.startswith("  ")), end="", flush=True)
    found: dict[str, int] = {"inputs": 0, "accepted": 0, "failures": 0}
    if report.exists():
        found = json.loads(report.read_text(encoding="utf-8"))
    if process.returncode:
        found["failures"] += 1
        kept = BUILD / "found" / name
        kept.mkdir(parents=True, exist_ok=True)
        last = BUILD / f"{name}-{way}.last"
        if last.exists():
            (kept / f"died-{way}").write_bytes(last.read_bytes())
        print(f"  {name}: the process ended with {process.returncode}; see {log.relative_to(ROOT)}", flush=True)
    return found


def main() -> int:
    arguments = argparse.ArgumentParser(description="fuzz every reader of foreign text")
    arguments.add_argument("--minutes", type=float, default=10)
    arguments.add_argument("--seed", type=int, default=int(time.time()))
    arguments.add_argument("--work", nargs=4, help=argparse.SUPPRESS)
    arguments.add_argument("target", nargs="*", help=f"some of {', '.join(TARGETS)}; all without one")
    given = arguments.parse_args()
    if given.work:
        name, way, seconds, seed = given.work
        work(name, way, float(seconds), int(seed))
        return 0
    counts = campaign(given.minutes, given.target or list(TARGETS), given.seed)
    return int(any(total["failures"] for total in counts.values()))


if __name__ == "__main__":
    raise SystemExit(main())
