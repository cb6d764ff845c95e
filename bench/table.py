"""What was measured, as a table for people and as JSON for programs."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Line:
    """One thing measured. `reached` None: for information, nothing has to be reached."""

    what: str
    must: str
    measured: str
    reached: bool | None = None
    numbers: dict[str, Any] = field(default_factory=dict)
    """The same, unrounded and for programs: costs, ratios, counts."""


def at_most(what: str, value: float, limit: float, unit: str, *, measured: str = "", **numbers: Any) -> Line:
    """A line for a number that has a limit; `measured` in the place of the number alone."""
    shown = measured or f"{value:.3g} {unit}".rstrip()
    must = f"at most {limit:g} {unit}".rstrip()
    return Line(what, must, shown, value <= limit, {"value": value, "limit": limit, **numbers})


def render(lines: Sequence[Line]) -> str:
    """A table in Markdown that reads well as text."""
    rows = [("what", "must reach", "measured", "reached")]
    words = {True: "yes", False: "NO", None: "-"}
    rows += [(line.what, line.must, line.measured, words[line.reached]) for line in lines]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    drawn = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in rows
    ]
    return "\n".join([drawn[0], "| " + " | ".join("-" * width for width in widths) + " |", *drawn[1:]])


def machine() -> dict[str, Any]:
    """What it was measured on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "python": platform.python_version(),
        "system": platform.platform(terse=True),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(memory, 1),
        "load_before": round(os.getloadavg()[0], 2),
    }


def described(where: dict[str, Any]) -> str:
    """The machine in one line."""
    return ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in where.items())


def write_json(file: Path, where: dict[str, Any], results: Iterable[tuple[str, Line]]) -> None:
    """Everything, with the case each line is of."""
    lines = [{"case": case, **asdict(line)} for case, line in results]
    file.write_text(
        json.dumps({"machine": where, "lines": lines}, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )
