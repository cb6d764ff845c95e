"""Mappings + Directory + the groups of the tree -> who should be where (D1, D11, D13, D17, D21).

A mapping is met here with its two groups: it is healthy, or frozen with the reason. Nothing is decided about people
yet, except which of several mappings has them and what their login, name and SSO ID should be.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from reconciler.errors import InputError, Problem
from reconciler.model.directory import Directory, Group, Person
from reconciler.model.file import Settings
from reconciler.model.hierarchy import GROUP_TYPE, Role, Tree
from reconciler.model.mappings import Mapping, Mappings
from reconciler.model.text import is_unsendable, normal_text

PREFIX = 8
"""Hex digits of a group id in a marker (D3)."""


@dataclass(frozen=True, slots=True)
class Paired:
    """One mapping, met with what was read. `frozen` is None, or one clause why nothing is written for it."""

    mapping: Mapping
    entra_id: str | None
    group: Group | None
    node: int | None
    frozen: str | None
    hidden: bool = False

    @property
    def prefix(self) -> str | None:
        """What markers of this mapping carry after the `@`; None while the group's id is not known."""
        return self.entra_id[:PREFIX] if self.entra_id else None

    @property
    def prefixes(self) -> frozenset[str]:
        """What the markers of its people may carry: its own, and those of the groups it replaces (D7)."""
        return frozenset(group[:PREFIX] for group in (self.entra_id, *self.mapping.replaces) if group)

    @property
    def entra_name(self) -> str:
        return self.group.name if self.group else str(self.mapping.entra_group)


class Wanted(NamedTuple):
    """What one person should be in Rescue, by the mapping that has them. `login` None: no usable address."""

    person: Person
    paired: Paired
    node: int
    login: str | None
    name: str
    sso_id: str | None
    """None where SSO IDs are not managed for this person (D21, D10)."""

    @property
    def full_sync(self) -> bool:
        """False: of an existing node only the marker and the status are written (D10)."""
        return self.paired.mapping.full_sync


class Conflict(NamedTuple):
    """Several mappings of equal priority want one person in different ways (D11)."""

    paired: tuple[Paired, ...]


def pair_mappings(mappings: Mappings, directory: Directory, tree: Tree) -> tuple[Paired, ...]:
    """Every mapping of the file, in its order, met with both readings.

    Raises InputError for what only the reading can show of the file: two names for one Entra group, two groups whose
    ids begin alike, and nested groups under a mapping that does not say what they should become.
    """
    paired = tuple(_pair(mapping, directory, tree) for mapping in mappings.mappings)
    problems = [*_same_group_twice(paired), *_gone_and_mapped(mappings, paired), *_nested_unsaid(paired)]
    if problems:
        raise InputError(mappings.file, problems)
    return paired


def freeze_emptied(paired: Iterable[Paired], marked: frozenset[str]) -> tuple[Paired, ...]:
    """The same mappings, with those frozen whose Entra group is empty while people are marked for them (D17)."""
    return tuple(
        replace(
            item,
            frozen="the Entra group is empty while people are marked for it; write allow_empty: true if that is meant",
        )
        if item.frozen is None
        and item.group is not None
        and not item.group.members
        and not item.mapping.allow_empty
        and item.prefixes & marked
        else item
        for item in paired
    )


def choose_mapping(places: Paired | Sequence[Paired]) -> Paired | Conflict | None:
    """Which mapping has a person whom these groups hold (D11); None while no healthy one does.

    The healthy mapping of the lowest priority, and among equals onto one Rescue group with equal attribute settings the
    smaller group id; otherwise nobody has them. An equal that is frozen counts: what it wants cannot be the same.
    """
    if isinstance(places, Paired):
        return places if places.frozen is None else None
    best = min((item.mapping.priority for item in places if item.frozen is None), default=None)
    if best is None:
        return None
    tied = sorted((item for item in places if item.mapping.priority == best), key=lambda item: item.entra_id or "")
    wishes = {
        (item.node, item.mapping.full_sync, item.mapping.upn_as_sso_id, item.mapping.mobile_license) for item in tied
    }
    return tied[0] if len(wishes) == 1 else Conflict(tuple(tied))


def login_of(person: Person, settings: Settings) -> str | None:
    """The address a person signs in to Rescue with, or None where Entra has no usable one (R21, R59)."""
    address = _usable_upn(person) if settings.use_upn_as_email else person.mail
    return normal_text(address) or None if address and not is_unsendable(address) else None


def make_wanted(person: Person, paired: Paired, settings: Settings) -> Wanted:
    """What `person` should be when `paired` has them. A guest's `#EXT#` name is neither login nor SSO ID (R21)."""
    assert paired.node is not None  # noqa: S101 - a healthy mapping has its Rescue group
    sso_id: str | None = None
    managed = paired.mapping.full_sync  # D3: without it nobody gets an SSO ID, not even at creation
    if managed and paired.mapping.upn_as_sso_id:
        sso_id = _usable_upn(person)
    elif managed and settings.use_email_as_sso_id:
        sso_id = person.mail
    return Wanted(
        person,
        paired,
        paired.node,
        login_of(person, settings),
        normal_text(person.name),
        sso_id if sso_id and not is_unsendable(sso_id) else None,
    )


def _usable_upn(person: Person) -> str | None:
    return None if "#ext#" in person.upn.lower() else person.upn


def _pair(mapping: Mapping, directory: Directory, tree: Tree) -> Paired:
    read = directory.groups[mapping.name]
    node, missing = _find_rescue_group(mapping, tree)
    if isinstance(read, Group):
        return Paired(mapping, read.id, read, node, missing)
    return Paired(mapping, read.id, None, node, read.why, read.hidden)


def _find_rescue_group(mapping: Mapping, tree: Tree) -> tuple[int | None, str | None]:
    """The node of a mapping's Rescue group, or None and why. Every step must match exactly one child (D13)."""
    kind = "technician" if mapping.role is Role.TECHNICIAN else "administrator"
    if isinstance(mapping.rescue_group, int):
        node = tree.nodes.get(mapping.rescue_group)
        if node is None or node.type != GROUP_TYPE[mapping.role]:
            return None, f"node {mapping.rescue_group} is no {kind} group in Rescue"
        return node.id, None
    at = tree.category(mapping.role).id
    for depth, name in enumerate(mapping.rescue_group):
        children = [child for child in tree.child_groups.get(at, ()) if child.type == GROUP_TYPE[mapping.role]]
        exact = [child for child in children if normal_text(child.name) == normal_text(name)]
        shown = "/".join(mapping.rescue_group[: depth + 1])
        if len(exact) > 1:
            ids = ", ".join(str(child.id) for child in exact)
            return None, f"several Rescue groups are called {shown} (nodes {ids}); write a node id"
        if not exact:
            near = [
                child.name for child in children if normal_text(child.name).casefold() == normal_text(name).casefold()
            ]
            hint = f"; it is called {near[0]!r} there" if near else ""
            return None, f"there is no {kind} group {shown} in Rescue{hint}"
        at = exact[0].id
    return at, None


def _same_group_twice(paired: Sequence[Paired]) -> list[Problem]:
    seen: dict[str, Paired] = {}
    problems = []
    for item in paired:
        if item.prefix is None or item.entra_id is None:
            continue
        first = seen.setdefault(item.prefix, item)
        if first is item:
            continue
        if first.entra_id == item.entra_id:
            message = f"the Entra group {item.entra_name!r} is already mapped by {first.mapping.name!r}"
            remedy = "map each Entra group once"
        else:
            message = f"the ids of this Entra group and of {first.mapping.name!r} begin with the same 8 digits"
            remedy = "recreate one of the two groups in Entra: markers tell mappings apart by these digits"
        problems.append(Problem(item.mapping.line, 1, message, remedy))
    return problems


def _gone_and_mapped(mappings: Mappings, paired: Sequence[Paired]) -> list[Problem]:
    """A group that is replaced or retired, and mapped by its name: which mapping a marker means would not be plain."""
    living = {item.prefix: item for item in paired if item.prefix}
    gone: list[tuple[str, int, Paired | None]] = []
    gone += [(group, item.mapping.line, item) for item in paired for group in item.mapping.replaces]
    gone += [(entry.entra_group, entry.line, None) for entry in mappings.retired]
    problems = []
    for group, line, owner in gone:
        item = living.get(group[:PREFIX])
        if item is None or item is owner:
            continue
        what = "retired" if owner is None else "replaced"
        if item.entra_id == group:
            message = f"the Entra group {group} is {what} here and is the one mapped by {item.mapping.name!r}"
            problems.append(Problem(line, 1, message, "say one of the two"))
        else:
            message = f"the {what} Entra group {group} and that of {item.mapping.name!r} begin with the same 8 digits"
            problems.append(Problem(line, 1, message, "take this one out: markers could not tell the two apart"))
    return problems


def _nested_unsaid(paired: Sequence[Paired]) -> list[Problem]:
    return [
        Problem(
            item.mapping.line,
            1,
            f"the Entra group {item.entra_name!r} holds {len(item.group.nested)} nested groups, and nested: mirror, "
            "the default, is not supported yet",
            "write nested: direct to leave them out",
        )
        for item in paired
        if item.group is not None and item.group.nested and item.mapping.nested_is_default
    ]
