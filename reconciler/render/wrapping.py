"""Text broken at blanks into lines of a terminal's width, wide characters counted as the two columns they take."""

from __future__ import annotations

from reconciler.render.safe import width

COLUMNS = 100


def hanging(first: str, text: str, rest: str) -> list[str]:
    """`text` in lines of at most 100 columns, the first behind `first`, the others behind `rest`.

    A word that is longer than a line is left whole. Never empty.
    """
    lines: list[str] = []
    line, used = first, width(first)
    empty = True
    for word in text.split(" "):
        columns = width(word)
        if not empty and used + 1 + columns > COLUMNS:
            lines.append(line.rstrip())
            line, used, empty = rest, width(rest), True
        line += word if empty else f" {word}"
        used += columns + (not empty)
        empty = False
    return [*lines, line.rstrip()]
