"""A checkup as a person reads it in a terminal, or as JSON: a verdict a line, the remedy below it, totals last."""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.model.checkup import Answered, Check, Checkup, Section, Verdict
from reconciler.render.safe import LONGEST, padded, visible, width
from reconciler.render.wrapping import hanging

SIGNS: dict[Verdict, str] = {"ok": "✓", "warning": "!", "failed": "✗", "not checked": "·"}
_NAME_COLUMNS = 30


def render_checkup(checkup: Checkup) -> str:
    """The whole report for a terminal of 100 columns, ending in a line break."""
    lines = [f"Checkup of {visible(checkup.file)}", ""]
    for section in checkup.sections:
        lines += _section_lines(section)
    lines.append("To look at by hand, since no API shows it")
    for note in checkup.by_hand:
        lines += hanging("  * ", visible(note), "    ")
    lines.append("")
    if checkup.probe is not None:
        lines += _probe_lines(checkup.probe)
    lines.append(_total(checkup))
    return "\n".join(lines) + "\n"


def render_checkup_json(checkup: Checkup) -> str:
    return checkup.model_dump_json(indent=2) + "\n"


def _section_lines(section: Section) -> list[str]:
    columns = min(_NAME_COLUMNS, max((width(visible(check.name)) for check in section.checks), default=0))
    lines = [section.title]
    for check in section.checks:
        lines += _check_lines(check, columns)
    return [*lines, ""]


def _check_lines(check: Check, columns: int) -> list[str]:
    """The verdict and the message; messages of several lines keep them; the remedy on a line of its own."""
    head = f"  {SIGNS[check.verdict]} {padded(visible(check.name), columns)}  "
    indent = " " * (columns + 6)
    told = [visible(line) for line in check.message.splitlines()] or [""]
    if check.verdict == "not checked":
        told[0] = f"not checked: {told[0]}"
    lines = hanging(head, told[0], indent)
    for line in told[1:]:
        lines += hanging(indent, line.strip(), indent)
    if check.remedy:
        lines += hanging(f"{indent}-> ", _whole(check.remedy), f"{indent}   ")
    return lines


def _whole(text: str) -> str:
    """Our own advice, which may be longer than a name; every part of it made visible."""
    return "".join(visible(text[at : at + LONGEST]) for at in range(0, len(text), LONGEST))


def _probe_lines(probe: Iterable[Answered]) -> list[str]:
    lines = ["Probe: what Rescue's answers look like (no names, addresses, ids or tokens: fit to be pasted)"]
    for answered in probe:
        lines.append(f"  {answered.question}")
        for line in answered.lines:
            blanks = " " * (len(line) - len(line.lstrip()))
            lines += hanging(f"    {blanks}", _whole(line.strip()), f"      {blanks}")
    return [*lines, ""]


def _total(checkup: Checkup) -> str:
    verdicts: tuple[Verdict, ...] = ("ok", "warning", "failed", "not checked")
    counts = [f"{checkup.count(verdict)} {verdict}" for verdict in verdicts if checkup.count(verdict)]
    return f"{', '.join(counts)}."
