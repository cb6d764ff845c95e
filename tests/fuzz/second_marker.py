"""A second finder of markers, slow and literal, written from `product.md` D3 alone, without a look at `model.marker`.

For every opening bracket it takes the text up to the next closing one and judges it by cutting it apart.
"""

from __future__ import annotations

HEX = frozenset("0123456789abcdefABCDEF")
DASHES = (8, 4, 4, 4, 12)
TAILS = {licence + off: (licence or None, bool(off)) for licence in ("", "+m", "-m", "~m") for off in ("", "!off")}


def persons_in(text: str) -> set[tuple[str, str, str, str, str | None, bool]]:
    """(owner, object id, mapping, print, licence, off) of every person's marker, in lower case."""
    found = set()
    for owner, rest in _openings(text, "entra"):
        entra_id, at, rest = rest.partition("@")
        mapping, hash_, rest = rest.partition("#")
        print_, tail = rest[:8], rest[8:].lower()
        if at and hash_ and _is_uuid(entra_id) and _is_hex(mapping, 8) and _is_hex(print_, 8) and tail in TAILS:
            found.add((owner.lower(), entra_id.lower(), mapping.lower(), print_.lower(), *TAILS[tail]))
    return found


def groups_in(text: str) -> set[tuple[str, str, str]]:
    """(owner, group id, mapping) of every group's marker, in lower case."""
    found = set()
    for owner, rest in _openings(text, "entra-group"):
        entra_id, at, mapping = rest.partition("@")
        if at and _is_uuid(entra_id) and _is_hex(mapping, 8):
            found.add((owner.lower(), entra_id.lower(), mapping.lower()))
    return found


def _openings(text: str, word: str) -> list[tuple[str, str]]:
    """Owner and the rest of whatever stands in brackets and begins with the word and a colon."""
    found = []
    for place, char in enumerate(text):
        end = text.find("]", place)
        if char != "[" or end < 0:
            continue
        parts = text[place + 1 : end].split(":")
        if (
            len(parts) == 3
            and parts[0].lower() == word
            and parts[1]
            and not any(c.isspace() or c == "[" for c in parts[1])
        ):
            found.append((parts[1], parts[2]))
    return found


def _is_uuid(text: str) -> bool:
    parts = text.split("-")
    return len(parts) == len(DASHES) and all(_is_hex(part, size) for part, size in zip(parts, DASHES, strict=True))


def _is_hex(text: str, size: int) -> bool:
    return len(text) == size and set(text) <= HEX
