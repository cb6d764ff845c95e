"""Plans and outcomes that other commands wrote, read again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.errors import UsageError

if TYPE_CHECKING:
    from reconciler.model.plan import Outcomes, Plan


def load_plan(file: str) -> Plan:
    """Raises UsageError for a file that cannot be read or is no plan."""
    from reconciler.render.json_plan import read_plan

    return read_plan(_load(file, "--plan", "make one with `reconciler plan --out FILE`"), file)


def load_outcomes(file: str) -> Outcomes:
    """Likewise for outcomes."""
    from reconciler.render.json_plan import read_outcomes

    return read_outcomes(_load(file, "--outcomes", "`reconciler apply --out FILE` writes one"), file)


def _load(file: str, option: str, advice: str) -> str:
    try:
        return Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as unreadable:
        raise UsageError(f"{option} {file} cannot be read", advice=advice) from unreadable
