"""Mutation testing: `make mutants`, or `make mutants MUTANTS="planning/guards.py model/marker.py"`.

One thing is changed at a time, and mypy or a test of named cases has to fail for it: in functions by mutmut, elsewhere
by cosmic-ray. Each room is judged by its own tests; those that draw at random, run the sandbox or start the command
stay out, so that what is sometimes caught counts as survived. A survivor is killed by a new test, or explained in
`survivors.md`, line before and after.

The score goes to `build/reliability/mutants.json`. Whatever survived without an explanation makes the exit code 1, and
so does an explanation of what did not survive.
"""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

from .rooms import ROOMS, ROOT, choose
from .with_cosmic_ray import change_the_rest
from .with_mutmut import change_functions

SCORE = ROOT / "build" / "reliability" / "mutants.json"
EXPLAINED = Path(__file__).with_name("survivors.md")


@dataclass
class Score:
    """Of one file. `survived`: not explained."""

    mutants: int = 0
    killed: int = 0
    survived: int = 0
    explained: int = 0
    lines: list[str] = field(default_factory=list)
    """Those not explained, as `before -> after`."""
    used: set[str] = field(default_factory=set)
    """The explanations that were needed."""


def main(asked: list[str]) -> int:
    chosen = choose(asked)
    explained = read_explained(EXPLAINED.read_text(encoding="utf-8"))
    scores = {path: Score() for files in chosen.values() for path in files}
    for name, files in chosen.items():
        room = next(room for room in ROOMS if room.name == name)
        for mutant in change_functions(room, files) + change_the_rest(room, files):
            score = scores[mutant.path]
            score.mutants += 1
            if mutant.caught:
                score.killed += 1
            elif mutant.change in explained.get(mutant.path, ()):
                score.explained += 1
                score.used.add(mutant.change)
            else:
                score.survived += 1
                score.lines.append(f"{mutant.change}  ({mutant.state})")
    untouched = [path for path, score in scores.items() if not score.mutants]
    if untouched:
        raise SystemExit(f"no mutants were made of {', '.join(untouched)}")
    keep(scores)
    for path, score in sorted(scores.items()):
        print(
            f"{path}: {score.killed} of {score.mutants} killed, {score.explained} explained, {score.survived} survived"
        )
        for line in score.lines:
            print(f"  {line}")
    idle = [(path, line) for path in sorted(scores) for line in sorted(explained.get(path, set()) - scores[path].used)]
    for path, line in idle:
        print(f"{path}: explained in {EXPLAINED.name}, and did not survive: {line}")
    return 1 if idle or any(score.survived for score in scores.values()) else 0


def read_explained(text: str) -> dict[str, set[str]]:
    """File -> changes, from headings like `## planning/guards.py` and code blocks like `- before` / `+ after`.

    Raises SystemExit for a block that is none.
    """
    found: dict[str, set[str]] = {}
    for section in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        path, _, rest = section.partition("\n")
        for before, after in re.findall(r"^```diff\n- (.*)\n\+ (.*)\n```$", rest, re.MULTILINE):
            found.setdefault(path.strip(), set()).add(f"{' '.join(before.split())} -> {' '.join(after.split())}")
        if len(re.findall(r"^```", rest, re.MULTILINE)) != 2 * len(found.get(path.strip(), ())):
            raise SystemExit(
                f"{EXPLAINED.name}: a block of {path} is not a line before and a line after, or there twice"
            )
    return found


def keep(scores: dict[str, Score]) -> None:
    """Adds to the score what is known of other files from runs before."""
    known = json.loads(SCORE.read_text(encoding="utf-8")) if SCORE.exists() else {}
    names = ("mutants", "killed", "survived", "explained")
    known |= {path: {name: getattr(score, name) for name in names} for path, score in scores.items()}
    SCORE.parent.mkdir(parents=True, exist_ok=True)
    SCORE.write_text(json.dumps(known, indent=2, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
