"""What is shown to somebody who chooses groups: Entra groups as a search finds them, Rescue groups with their people.

Values only. A number that was not read is None, never 0; a list that was not read whole says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from reconciler.model.hierarchy import Role


class FoundGroup(NamedTuple):
    """An Entra group as a listing shows it. `kind`: security, Microsoft 365, mail-enabled security, distribution."""

    id: str
    name: str
    kind: str
    dynamic: bool
    hidden: bool
    """The membership is hidden: reading it takes Member.Read.Hidden."""


class MemberCount(NamedTuple):
    """Direct members on the first page. `more`: there are further pages, the numbers are a lower bound."""

    people: int
    groups: int
    more: bool


@dataclass(frozen=True, slots=True)
class Search:
    """What a search found, by name. `complete` is False where groups may exist that were not looked at."""

    groups: tuple[FoundGroup, ...]
    looked_at: int
    complete: bool


class RescueGroup(NamedTuple):
    """A group of the Rescue tree, or the category itself (`path` empty), with the people directly in it."""

    node_id: int
    role: Role
    path: tuple[str, ...]
    enabled: int
    disabled: int
    ambiguous: bool
    """Another group of the role has the same path: only the node id tells them apart."""


class Licences(NamedTuple):
    """Add-ons of the people directly in one group. `rpat_known` is False where Rescue did not tell for somebody."""

    mobile: int
    rpat: int
    rpat_known: bool
