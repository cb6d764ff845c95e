"""What an undo leaves as it is, as a person reads it in a terminal, below its plan."""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.model.undo import Left
from reconciler.render.safe import visible
from reconciler.render.words import subject_of, verbs_of


def render_left(left: Iterable[Left]) -> str:
    """One line each, what needs a look first; empty where nothing is left."""
    shown = sorted(left, key=lambda item: (item.why == "stays", item.why, subject_of(item.action), item.message))
    if not shown:
        return ""
    columns = max(len(item.why) for item in shown)
    lines = [
        f"  {'i' if item.why == 'stays' else '!'} {item.why:<{columns}}  {verbs_of(item.action)} "
        f"{visible(subject_of(item.action))}: {visible(item.message)}"
        for item in shown
    ]
    return "\n".join(["", "Not undone", *lines]) + "\n"
