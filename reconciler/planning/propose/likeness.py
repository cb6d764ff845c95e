"""How alike the name of an Entra group and the path of a Rescue group are. Only ever a reason to look closer."""

from __future__ import annotations

import re
import unicodedata

# What companies put around the name proper, on either side: it tells no two groups apart.
_NOISE = frozenset({"sg", "grp", "group", "groups", "rescue", "logmein", "lmi", "technicians", "technician", "team"})
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_WORD = re.compile(r"[^\W_]+")


def words_of(*names: str) -> frozenset[str]:
    """The words of names, folded, without what only says that it is a group; all of them if nothing else is left."""
    text = " ".join(_CAMEL.sub(" ", unicodedata.normalize("NFC", name)) for name in names)
    words = frozenset(_WORD.findall(unicodedata.normalize("NFC", text.casefold())))
    return words - _NOISE or words


def likeness(entra_name: str, path: tuple[str, ...]) -> float:
    """0 to 1: the share of common words among all words of the name and of the path, or, a little less, of its leaf."""
    return words_alike(words_of(entra_name), words_of(*path), words_of(path[-1])) if path else 0.0


def words_alike(said: frozenset[str], path: frozenset[str], leaf: frozenset[str]) -> float:
    """The same over words, for whoever compares many."""
    return max(_share(said, path), 0.9 * _share(said, leaf))


def _share(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / max(1, len(one | other))
