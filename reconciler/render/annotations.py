"""Workflow commands that put errors and warnings on the lines of the file (`::error file=…,line=…::…`).

One line each, whatever is in it. GitHub shows ten of a kind for a step, so what takes access away and what stops the
plan comes first, people of one mapping are counted and not listed, and the last of ten says that there are more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from reconciler.model.plan import Action, Finding, Guard, Outcomes, Plan
from reconciler.render.safe import visible
from reconciler.render.words import guard_words, many

MOST = 10


def plan_annotations(plan: Plan, file: str, lines: Mapping[str, int]) -> list[str]:
    """For the job that plans. `lines`: where each mapping stands in the file."""
    own = [action for action in plan.actions if action.origin != "pending"]
    errors = [_refused(guard, file, lines) for guard in plan.violations]
    errors += _found(plan.findings, "error", file, lines)
    held = frozenset(plan.held)
    warnings = [
        _on_line(*item, file=file) for item in _losses([action for action in own if action.id not in held], lines)
    ]
    warnings += _found(plan.findings, "warning", file, lines)
    notices = [_on_line(*item, file=file) for item in _gains(own, lines)]
    return [*_most(errors, "error"), *_most(warnings, "warning"), *_most(notices, "notice")]


def outcomes_annotations(outcomes: Outcomes, file: str, lines: Mapping[str, int]) -> list[str]:
    """For the job that applies: what was refused, not done, or found."""
    errors = [_refused(guard, file, lines) for guard in outcomes.guards if not guard.passed]
    missed: dict[tuple[str, int], int] = {}
    for action in outcomes.actions:
        if action.outcome in ("failed", "stale", "unknown"):
            key = (action.outcome, _line_of(action, lines))
            missed[key] = missed.get(key, 0) + 1
    errors += [
        _on_line(line, "error", "Not done", f"{many(count, 'action')} ended as {result}; see the comment", file=file)
        for (result, line), count in missed.items()
    ]
    errors += _found(outcomes.findings, "error", file, lines)
    warnings = _found(outcomes.findings, "warning", file, lines)
    return [*_most(errors, "error"), *_most(warnings, "warning")]


def command(kind: str, message: str, *, file: str, line: int = 0, title: str = "") -> str:
    """One workflow command. Foreign text can neither end it nor begin another one."""
    fields = {"file": file, "line": str(line) if line else "", "title": title}
    shown = ",".join(f"{name}={_property(value)}" for name, value in fields.items() if value)
    return f"::{kind} {shown}::{_data(message)}"


def _refused(guard: Guard, file: str, lines: Mapping[str, int]) -> str:
    line = lines.get(guard.mapping or "", 0)
    return _on_line(line, "error", "A guard refuses", guard_words(guard), file=file)


def _found(findings: Iterable[Finding], severity: str, file: str, lines: Mapping[str, int]) -> list[str]:
    made = []
    for finding in findings:
        if finding.severity == severity:
            about = f"{finding.login}: " if finding.login else ""
            line = lines.get(finding.mapping or "", 0)
            made.append(_on_line(line, severity, finding.code, f"{about}{finding.message}", file=file))
    return made


def _losses(actions: Sequence[Action], lines: Mapping[str, int]) -> list[tuple[int, str, str, str]]:
    counts: dict[int, int] = {}
    for action in actions:
        if action.removal:
            line = _line_of(action, lines)
            counts[line] = counts.get(line, 0) + 1
    return [
        (line, "warning", "Access is taken away", f"{many(count, 'person')} {'loses' if count == 1 else 'lose'} access")
        for line, count in sorted(counts.items())
    ]


def _gains(actions: Sequence[Action], lines: Mapping[str, int]) -> list[tuple[int, str, str, str]]:
    counts: dict[int, int] = {}
    for action in actions:
        if not action.removal:
            line = _line_of(action, lines)
            counts[line] = counts.get(line, 0) + 1
    return [(line, "notice", "Rescue plan", many(count, "other change")) for line, count in sorted(counts.items())]


def _line_of(action: Action, lines: Mapping[str, int]) -> int:
    return action.line or lines.get(action.mapping or "", 0)


def _on_line(line: int, kind: str, title: str, message: str, *, file: str) -> str:
    return command(kind, message, file=file, line=line, title=title)


def _most(commands: Sequence[str], kind: str) -> list[str]:
    if len(commands) <= MOST:
        return list(commands)
    left = len(commands) - MOST + 1
    return [*commands[: MOST - 1], f"::{kind}::and {left:,} more: see the comment or the job summary"]


def _data(text: str) -> str:
    return visible(text).replace("%", "%25")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
