"""A file in its own words, entry by entry, so that two of them can be held against each other key by key.

Nothing is decided by these: plans are made from `model.mappings`. They are for telling a reviewer what an edit edits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Word = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Entry:
    """One section of the file, or one entry of a list in it."""

    values: Mapping[str, Word] = field(default_factory=dict)
    """Key -> what it says, what it inherits where it says nothing. Lists are joined by commas."""
    written: frozenset[str] = frozenset()
    """The keys that stand in the file, and those whose default does."""
    told: str = ""
    """The whole entry in a few words."""


Words = Mapping[str, Entry]
"""By place: `settings`, `mappings.helpdesk-emea`, `overrides.temp@contoso.example (hold)`, `protected.root@*`."""
