"""Everything one run has read, and what planning would still like to know. Values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.model.directory import Directory, Group, NoPerson, Person, UnreadGroup, Whereabouts
from reconciler.model.hierarchy import Caller, Details, Tree
from reconciler.model.plan import Refresh


@dataclass(frozen=True, slots=True)
class Readings:
    """What a plan is made from. The five before the last are answers to Questions and start empty."""

    directory: Directory
    tree: Tree
    caller: Caller
    refresh: Refresh = "auto"
    details: Mapping[int, Details | None] = field(default_factory=dict)
    """By node id; None where Rescue no longer has that user."""
    whereabouts: Mapping[str, Whereabouts] = field(default_factory=dict)
    """By object id, of people who are in no group that was read (D8)."""
    addresses: Mapping[str, frozenset[str] | None] = field(default_factory=dict)
    """By object id, of people about to be created (D5); None where they could not be read."""
    included: Mapping[str, Person | NoPerson] = field(default_factory=dict)
    """By UPN or object id as the file has it, of people whom overrides include."""
    again: Mapping[str, Group | UnreadGroup] = field(default_factory=dict)
    """By group id, groups read once more because somebody seemed to have left and had not (D8)."""
    kept: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)
    """What planning worked out from the two readings in an earlier round; it can be emptied at any time."""


@dataclass(slots=True)
class Questions:
    """What planning has to know before it can decide. Collected in one pass, answered in bulk, then planned again."""

    details: set[int] = field(default_factory=set)
    accounts: set[str] = field(default_factory=set)
    """Object ids whose account is asked for."""
    groups_of: set[str] = field(default_factory=set)
    """Those among `accounts` whose group memberships are asked for too."""
    addresses: set[str] = field(default_factory=set)
    included: set[str] = field(default_factory=set)
    """UPNs and object ids of people whom overrides include."""
    again: set[str] = field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.details or self.accounts or self.addresses or self.included or self.again)
