"""Texts that have to fit into so many bytes, by leaving out whole lines: nothing is ever cut in the middle."""

from __future__ import annotations

from collections.abc import Callable, Sequence

_SHORTEST_LINE = 12
"""Bytes; with less a line would hold no login. Spares rendering twenty thousand lines to find that most do not fit."""

_FIRST_TRY = 64
_AIMED = 8
"""How often a size is guessed before the rest is halved."""


def size_of(text: str) -> int:
    """Bytes as they are sent."""
    return len(text.encode("utf-8", "replace"))


def fit(count: int, room: int, make: Callable[[int], str]) -> str:
    """`make(n)` for the largest n up to `count` that takes at most `room` bytes; empty where not even `make(0)` does.

    `make` says itself what is left out. Its size must not shrink as n grows.
    """
    low, high = 0, min(count, max(room, 0) // _SHORTEST_LINE)
    if high == count:
        whole = make(count)
        if size_of(whole) <= room:
            return whole
    best = make(0)
    empty = size_of(best)
    if empty > room:
        return ""
    tries, tried = 0, min(high, _FIRST_TRY)
    while low < high:
        made = make(tried)
        size = size_of(made)
        if size <= room:
            low, best = tried, made
        else:
            high = tried - 1
        # Lines are much alike, so the size of those tried tells where the end is; if not, the middle always helps.
        tries += 1
        aim = (room - empty) * tried // max(1, size - empty)
        tried = min(high, max(low + 1, aim)) if tries < _AIMED else (low + high + 1) // 2
    return best


def folded(summary: str, body: str) -> str:
    """A part that opens on a click. `summary` is our own words; the blank lines let GitHub read `body` as Markdown."""
    return f"<details><summary>{summary}</summary>\n\n{body}\n\n</details>"


def listed(items: Sequence[str], more: Callable[[int], str], unfolded: int) -> Callable[[int], str]:
    """For `fit`: a Markdown list of the first n items, those beyond `unfolded` behind a click, and what is missing."""

    def make(count: int) -> str:
        shown = list(items[:count])
        parts = ["\n".join(shown[:unfolded])] if shown else []
        if shown[unfolded:]:
            parts.append(folded(f"{len(shown) - unfolded:,} more", "\n".join(shown[unfolded:])))
        if count < len(items):
            parts.append(more(len(items) - count))
        return "\n\n".join(parts)

    return make
