"""Groups in groups, as a mapping sees them (D1): which belong to it, in which order, and what is wrong with them.

Pure Entra: nothing here knows of Rescue. Each Entra group is met once per mapping, breadth-first, then by name, then
id, which also ends circles. A group that is mapped itself, in any role, is a boundary: neither met nor entered.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from reconciler.model.directory import Directory, Group, UnreadGroup
from reconciler.model.file import Nested
from reconciler.model.mappings import Mappings
from reconciler.model.text import sort_key


class Met(NamedTuple):
    """One group of a mapping. `above`: index of the group in which it was met, -1 for the mapped group itself."""

    group: Group
    above: int = -1
    depth: int = 0


class Walk(NamedTuple):
    """All groups of one mapping, the mapped one first, in the order of D1."""

    met: tuple[Met, ...]
    unread: tuple[UnreadGroup, ...] = ()
    """Nested groups that could not be trusted: any of them freezes the mapping (D17)."""
    cycles: tuple[tuple[str, str], ...] = ()
    """Names of two groups each: the first is in the second, which is in the first, directly or by way of others."""

    @property
    def ids(self) -> frozenset[str]:
        """Every group that belongs to the mapping, those not read included."""
        return frozenset([met.group.id for met in self.met] + [group.id for group in self.unread if group.id])

    def names(self, index: int) -> tuple[str, ...]:
        """The way to a group: display names from the mapped group down."""
        names: list[str] = []
        while index >= 0:
            names.append(self.met[index].group.name)
            index = self.met[index].above
        return tuple(reversed(names))

    def precedence(self, nested: Nested) -> list[int]:
        """The groups in the order in which they have their people: whoever is in several sits in the first (D1).

        Where nesting is mirrored that is the deepest, ties by path; else the one nearest to the mapped group.
        """
        order = list(range(len(self.met)))
        if nested == "mirror":
            ways = [self.names(index) for index in order]
            order.sort(key=lambda index: (-self.met[index].depth, _way(ways[index]), self.met[index].group.id))
        return order

    def way_to(self, entra_id: str, nested: Nested) -> tuple[str, ...]:
        """The names that lead to the group where somebody sits; empty for those who are in none."""
        for index in self.precedence(nested):
            if any(person.id == entra_id for person in self.met[index].group.members):
                return self.names(index)
        return ()


class Boundaries:
    """The groups of the mappings of a file. A mapping whose group is not known yet counts for every group so named."""

    def __init__(self, mappings: Mappings, directory: Directory) -> None:
        read = directory.groups
        self.ids = frozenset(id_ for mapping in mappings.mappings if (id_ := read[mapping.name].id))
        unknown = (mapping.entra_group.name for mapping in mappings.mappings if not read[mapping.name].id)
        self._names = frozenset(unicodedata.normalize("NFC", name) for name in unknown if name)

    def hold(self, id_: str, group: Group | UnreadGroup | None) -> bool:
        """Whether a group is one of them; `group` is what was read of it."""
        name = group.name if group is not None else None
        return id_ in self.ids or (name is not None and unicodedata.normalize("NFC", name) in self._names)


def walk_mapping(top: Group, nested: Nested, directory: Directory, boundaries: Boundaries) -> Walk:
    """The groups of a mapping, as far as it follows nesting."""
    return Walk((Met(top),)) if nested == "direct" else walk_groups(top, directory.nested, boundaries)


def walk_groups(top: Group, nested: Mapping[str, Group | UnreadGroup], boundaries: Boundaries) -> Walk:
    """Everything nested in `top` that a mapping of it takes in."""
    met = [Met(top)]
    unread: dict[str, UnreadGroup] = {}
    seen = {top.id}
    inside: dict[str, list[Group]] = {}
    index = 0
    while index < len(met):
        group, _, depth = met[index]
        below = []
        for id_ in group.nested:
            found = top if id_ == top.id else nested.get(id_)
            if id_ != top.id and boundaries.hold(id_, found):
                continue
            if isinstance(found, Group):
                below.append(found)
            else:
                unread[id_] = found or UnreadGroup(id_, None, "the reading does not have it")
        inside[group.id] = sorted(below, key=_order)
        for found in inside[group.id]:
            if found.id not in seen:
                seen.add(found.id)
                met.append(Met(found, index, depth + 1))
        index += 1
    return Walk(tuple(met), tuple(unread[id_] for id_ in sorted(unread)), tuple(_cycles(top, inside)))


def _way(names: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Sort key of a way, step by step."""
    return tuple(sort_key(name) for name in names), names


def _order(group: Group) -> tuple[str, str, str]:
    return sort_key(group.name), group.name, group.id


def _cycles(top: Group, inside: Mapping[str, list[Group]]) -> Iterable[tuple[str, str]]:
    """Each membership that closes a circle, seen from the top: a walk into the depth that comes upon its own way."""
    on_the_way = {top.id}
    done: set[str] = set()
    stack = [(top, iter(inside[top.id]))]
    while stack:
        group, rest = stack[-1]
        found = next(rest, None)
        if found is None:
            on_the_way.discard(group.id)
            done.add(group.id)
            stack.pop()
        elif found.id in on_the_way:
            yield found.name, group.name
        elif found.id not in done:
            on_the_way.add(found.id)
            stack.append((found, iter(inside[found.id])))
