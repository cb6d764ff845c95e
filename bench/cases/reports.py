"""What is shown of a plan of 100,000 creations, half a million changed fields: seconds from the plan to its last byte.

    python -m bench.cases.reports KIND PLAN        in a process of its own: prints seconds of wall and of CPU

The peak is that of the process that has read the plan's JSON and made the report.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.bench import Bench
from bench.processes import measure as run
from bench.table import Line, at_most
from bench.worlds import OWNER, group_id

SMALL = False
ACTIONS = 100_000
GROUPS = 999
SUMMARY = 1_000_000
"""Bytes of a job summary, as `comment` writes it."""


def measure(bench: Bench) -> Iterator[Line]:
    plan = bench.folder / "large_plan.json"
    plan.write_text(json.dumps(large_plan()), encoding="ascii")
    for kind, seconds, peak in (("comment and summary", 2, None), ("xlsx", 30, 1), ("html", 30, 1)):
        took, out = [], bench.folder / "seconds.txt"
        for _ in range(bench.repeats):
            command = [sys.executable, "-m", "bench.cases.reports", kind, str(plan)]
            cost = run(command, cwd=bench.folder, environ=bench.environ(), out=out)
            took.append(tuple(map(float, out.read_text(encoding="ascii").split())))
        wall, cpu = map(min, zip(*took, strict=True))
        words = f"{wall:.2f} s ({cpu:.2f} s of CPU)"
        yield at_most(f"{kind} of {ACTIONS:,} actions", wall, seconds, "s", measured=words, whole=cost.plain())
        if peak is not None:
            yield at_most("its peak memory", cost.peak / 1024, peak, "GiB")


def large_plan() -> dict[str, object]:
    """Everybody is to be created, in the shape of plan.json."""
    counts = {"create": ACTIONS, "changes_total": ACTIONS}
    seats = {"technician": {"taken": ACTIONS, "after": ACTIONS}, "mobile": {}}
    return {
        "digest": "0" * 64,
        "config_digest": "0" * 64,
        "made_at": "2026-11-22T19:00:00Z",
        "sso_verified": "auto",
        "summary": counts,
        "seats": seats,
        "actions": [_action(number) for number in range(ACTIONS)],
        "findings": [],
        "mappings": [],
        "guards": [],
    }


def _action(number: int) -> dict[str, object]:
    group = number % GROUPS
    login, name = f"person.{number}@contoso.example", f"Zoë Person {number}" if number % 10 == 0 else f"Person {number}"
    entra_id = f"5be0c1d2-0000-4000-8000-{number:012x}"
    marker = f"[entra:{OWNER}:{entra_id}@{group_id(group)[:8]}#89ef4567]"
    values = {"login": login, "name": name, "sso_id": login, "enabled": True, "description": marker}
    return {
        "id": f"{number:016x}",
        "verbs": ["create"],
        "role": "technician",
        "mapping": f"m{group:03}",
        "subject": {"entra_id": entra_id, "login": login, "upn": login, "name": name},
        "group": {"before": None, "after": f"EMEA/Desk {group:03}"},
        "changes": [{"field": field, "before": None, "after": value} for field, value in values.items()],
        "reason": f"direct member of Desk {group:03}",
        "line": 40 + group,
    }


def main() -> None:
    from reconciler.cli.reports import make_plan_report
    from reconciler.model.plan import Plan
    from reconciler.render.comment import Links, render_plan_comment

    kind, file = sys.argv[1:]
    plan = Plan.model_validate_json(Path(file).read_bytes())

    def comment_and_summary() -> None:
        render_plan_comment(plan, "mappings.yaml", Links())
        render_plan_comment(plan, "mappings.yaml", Links(), SUMMARY)

    def report() -> None:
        make_plan_report(f"plan.{kind}", plan, "mappings.yaml")

    make: Callable[[], None] = comment_and_summary if " " in kind else report
    begun, used = time.perf_counter(), time.process_time()
    make()
    print(time.perf_counter() - begun, time.process_time() - used)


if __name__ == "__main__":
    main()
