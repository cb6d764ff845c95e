"""The groups that change as a small Mermaid tree. Left out where it would be too large to read.

A label holds letters, digits and blanks as they are and everything else as Mermaid's character codes, so that no name
ends its quotes, is read as Markdown or HTML, or begins a statement.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable

from reconciler.model.plan import Action
from reconciler.model.text import sort_key
from reconciler.render.safe import visible

MOST_NODES = 30
_LONGEST_LABEL = 40
_Key = tuple[str, ...]


def mermaid_tree(actions: Iterable[Action]) -> str:
    """A fenced block; empty without groups, or where the tree has more than 30 nodes."""
    counts = _count(actions)
    if any(len(key) > MOST_NODES + 1 for key in counts):
        return ""
    nodes = sorted(
        {key[:depth] for key in counts for depth in range(2, len(key) + 1)}
        | ({key[:1] for key in counts} if any(key[0] == "admin" for key in counts) else set()),
        key=lambda key: [sort_key(part) for part in key],
    )
    if not nodes or len(nodes) > MOST_NODES:
        return ""
    names = {key: f"n{number}" for number, key in enumerate(nodes)}
    lines = ["flowchart LR"]
    for key, name in names.items():
        changes = counts.get(key, Counter())
        told = " ".join(f"{sign}{changes[sign]}" for sign in "+-~" if changes[sign])
        label = _label({"technician": "Technicians", "admin": "Administrators"}[key[0]] if len(key) == 1 else key[-1])
        kind = ":::loses" if changes["lost"] else ":::gains" if changes["+"] else ""
        lines.append(f'  {name}["{label}{f" ({told})" if told else ""}"]{kind}')
    lines += [f"  {names[key[:-1]]} --> {name}" for key, name in names.items() if key[:-1] in names]
    lines += ["  classDef loses stroke:#cf222e,stroke-width:3px", "  classDef gains stroke:#1a7f37,stroke-width:3px"]
    return "```mermaid\n" + "\n".join(lines) + "\n```"


def _count(actions: Iterable[Action]) -> dict[_Key, Counter[str]]:
    """People who come (`+`), go (`-`) or change (`~`), by role and group."""
    counts: dict[_Key, Counter[str]] = {}

    def note(action: Action, place: str | None, sign: str) -> None:
        if place:
            counts.setdefault((action.role, *place.split("/")), Counter())[sign] += 1

    for action in actions:
        if action.removal:
            place = action.group.before or action.group.after
            note(action, place, "-")
            note(action, place, "lost")
        elif "move" in action.verbs:
            note(action, action.group.before, "-")
            note(action, action.group.after, "+")
        elif {"create", "enable", "create_group"} & set(action.verbs):
            note(action, action.group.after, "+")
        else:
            note(action, action.group.after or action.group.before, "~")
    return counts


def _label(name: str) -> str:
    shown = visible(name)
    if len(shown) > _LONGEST_LABEL:
        shown = shown[: _LONGEST_LABEL - 1] + "…"
    return "".join(char if _is_plain(char) else f"#{ord(char)};" for char in shown)


def _is_plain(char: str) -> bool:
    return char == " " or unicodedata.category(char)[0] in "LN"
