"""The files Actions gives a step: its summary and its outputs. Elsewhere there are none, and nothing is written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from reconciler.errors import UsageError

SUMMARY_LIMIT = 1 << 20
"""Bytes of one step's summary; GitHub shows nothing of a longer one."""
_PLAIN = re.compile(r"[^\r\n]*")


def summary_room(environ: Mapping[str, str]) -> int:
    """Bytes the summary still takes; 0 where there is none."""
    file = environ.get("GITHUB_STEP_SUMMARY")
    if not file:
        return 0
    path = Path(file)
    return max(0, SUMMARY_LIMIT - (path.stat().st_size if path.is_file() else 0))


def append_summary(environ: Mapping[str, str], markdown: str) -> None:
    _append(environ["GITHUB_STEP_SUMMARY"], markdown)


def append_outputs(environ: Mapping[str, str], outputs: Mapping[str, str]) -> bool:
    """`name=value` a line. False where there is no file for them. Values are of one line, else ValueError."""
    file = environ.get("GITHUB_OUTPUT")
    if not file:
        return False
    if not all(_PLAIN.fullmatch(value) for value in outputs.values()):
        raise ValueError("a step output of several lines could set another one")
    _append(file, "".join(f"{name}={value}\n" for name, value in outputs.items()))
    return True


def _append(file: str, text: str) -> None:
    try:
        with Path(file).open("a", encoding="utf-8") as stream:
            stream.write(text if text.endswith("\n") else f"{text}\n")
    except OSError as failed:
        raise UsageError(
            f"{file} cannot be written: {failed.strerror}", advice="unset the GITHUB_ variable that names it"
        ) from failed
