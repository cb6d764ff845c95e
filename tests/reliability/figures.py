"""Writes the figures of the last full run into docs/reliability.md, from what its targets left in build/reliability."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
DOC = ROOT / "docs" / "reliability.md"
LEFT = ROOT / "build" / "reliability"
BEGIN, END = "<!-- figures:", "<!-- end of figures -->"
TARGETS = ("faults", "soak", "fuzz", "mutants")
HEAD = "| target | day (UTC) | tried | failed |\n| --- | --- | --- | --- |\n"


def row(target: str, left: dict[str, Any], day: str) -> str:
    """One line of the table."""
    if target == "faults":
        tried = f"{left['faults']:,} faults of {left['kinds']} kinds, at {left['points']} points of a run"
        failed = left["failures"]
    elif target == "soak":
        tried = f"{left['histories']:,} histories, {left['steps']:,} steps, {left['runs']:,} runs of the command"
        failed = left["failures"]
    elif target == "fuzz":
        inputs = sum(one["inputs"] for one in left.values())
        tried = f"{inputs:,} inputs to {len(left)} readers"
        failed = sum(one["failures"] for one in left.values())
    else:
        whole = {name: sum(one[name] for one in left.values()) for name in ("mutants", "killed", "explained")}
        failed = whole["mutants"] - whole["killed"] - whole["explained"]
        share = 100 * whole["killed"] / whole["mutants"]
        tried = (
            f"{whole['mutants']:,} mutants of {len(left)} files: {whole['killed']:,} killed ({share:.1f} %), "
            f"{whole['explained']:,} explained"
        )
    return f"| `make {target}` | {day} | {tried} | {failed:,} |\n"


def write(doc: str, table: str) -> str:
    """The document with another table. Raises ValueError where it has no place for one."""
    start, end = doc.index(BEGIN), doc.index(END)
    first = doc.index("\n", start) + 1
    return f"{doc[:first]}\n{table}\n{doc[end:]}"


def main() -> None:
    """A target that has left nothing is told as not run."""
    rows = []
    for target in TARGETS:
        place = LEFT / f"{'histories' if target == 'soak' else target}.json"
        if not place.is_file():
            rows.append(f"| `make {target}` | - | not run | - |\n")
            continue
        day = datetime.fromtimestamp(place.stat().st_mtime, UTC).strftime("%Y-%m-%d")
        rows.append(row(target, json.loads(place.read_text(encoding="utf-8")), day))
    DOC.write_text(write(DOC.read_text(encoding="utf-8"), HEAD + "".join(rows)), encoding="utf-8")
    print(HEAD + "".join(rows), end="")


if __name__ == "__main__":
    main()
