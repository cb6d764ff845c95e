"""Text broken at blanks into lines of a terminal's width, wide characters counted as the two columns they take.

A break may bring any word of a foreign text to the beginning of a line, and a CI takes a line that begins with `::` or
`##[`, blanks before it or not, for a command: such a beginning is written otherwise.
"""

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
            lines.append(line)
            line, used, empty = rest, width(rest), True
        line += word if empty else f" {word}"
        used += columns + (not empty)
        empty = False
    return [tame(line.rstrip()) for line in (*lines, line)]


def tame(line: str) -> str:
    """The line, its first character spelled by its number where a CI would obey it."""
    begin = line.lstrip()
    if not begin.startswith(("::", "##[")):
        return line
    return f"{line[: len(line) - len(begin)]}\\x{ord(begin[0]):02x}{begin[1:]}"
