"""Mappings + Directory + the groups of the tree -> who should be where (D1, D11, D13, D17, D21).

A mapping is met here with its two groups: it is healthy, or frozen with the reason. Nothing is decided about people
yet, except which of several mappings has them and what their login, name and SSO ID should be.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Mapping as Record
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from reconciler.errors import InputError, Problem
from reconciler.model.directory import Directory, Group, Person
from reconciler.model.file import Settings
from reconciler.model.hierarchy import GROUP_TYPE, Role, Tree
from reconciler.model.mappings import Mapping, Mappings
from reconciler.model.text import is_bad_name, is_plain, is_unsendable, normal_login, normal_text
from reconciler.planning.matching import Matches
from reconciler.planning.nesting import Boundaries, Walk, walk_mapping

PREFIX = 8
"""Hex digits of a group id in a marker (D3)."""


class Sought(NamedTuple):
    """What became of looking for a Rescue group by its path (D13)."""

    node: int | None = None
    why: str | None = None
    """Why there is no node, as a clause."""
    absent: bool = False
    """There is no such group, also none whose name differs in case only: it could be created."""
    above: int | None = None
    """Where it is absent and all above it is there: the node below which it would be."""


_FOUND_NOTHING = Sought()


class Spot(NamedTuple):
    """Where somebody sits. `node` None: that branch is frozen. `names`: of Entra groups, from the mapped one down."""

    names: tuple[str, ...]
    node: int | None


@dataclass(frozen=True, slots=True, eq=False)
class Paired:
    """One mapping, met with what was read. `frozen` is None, or one clause why nothing is written for it."""

    mapping: Mapping
    entra_id: str | None
    group: Group | None
    node: int | None
    """The mapped Rescue group; negative where this plan creates it."""
    frozen: str | None
    hidden: bool
    """Its Entra group, or one nested in it, may be left out of what Entra says of its members."""
    sought: Sought = _FOUND_NOTHING
    walk: Walk | None = None
    """The Entra group with those nested in it, as far as the mapping follows them (D1)."""
    members: tuple[Person, ...] = ()
    """Everybody in the groups of the walk, each once."""
    spots: Record[str, Spot] = field(default_factory=dict)
    """By object id, where those sit who are no direct members of the mapped group, or also of one below it."""
    nodes: frozenset[int] = frozenset()
    """The Rescue groups the mapping fills: the mapped one and those that mirror nested groups."""
    prefix: str | None = field(init=False)
    """What markers of this mapping carry after the `@`; None while the group's id is not known."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "prefix", self.entra_id[:PREFIX] if self.entra_id else None)

    @property
    def prefixes(self) -> frozenset[str]:
        """What the markers of its people may carry: its own, and those of the groups it replaces (D7)."""
        return frozenset(group[:PREFIX] for group in (self.entra_id, *self.mapping.replaces) if group)

    @property
    def entra_name(self) -> str:
        return self.group.name if self.group else str(self.mapping.entra_group)

    @property
    def group_ids(self) -> frozenset[str]:
        """Every Entra group known to belong to the mapping, whether it could be read or not."""
        below = self.walk.ids if self.walk is not None else frozenset()
        return below | {self.entra_id} if self.entra_id else below

    def node_of(self, entra_id: str) -> int | None:
        """The node of `spot_of`."""
        spot = self.spots.get(entra_id)
        return self.node if spot is None else spot.node

    def spot_of(self, entra_id: str) -> Spot:
        """Where a member sits; everybody in the mapped Rescue group while nothing else is known."""
        return self.spots.get(entra_id) or Spot((self.entra_name,), self.node)


class Wanted(NamedTuple):
    """What one person should be in Rescue, by the mapping that has them. `login` None: no usable address."""

    person: Person
    paired: Paired
    node: int
    login: str | None
    name: str
    key: str
    """The login as logins are compared and looked up; empty where there is none."""
    sso_id: str | None
    """None where SSO IDs are not managed for this person (D21, D10)."""
    bad_name: bool
    """The name cannot be written (D20)."""

    @property
    def full_sync(self) -> bool:
        """False: of an existing node only the marker and the status are written (D10)."""
        return self.paired.mapping.full_sync


class Conflict(NamedTuple):
    """Several mappings of equal priority want one person in different ways (D11)."""

    paired: tuple[Paired, ...]
    """By name."""


def pair_mappings(mappings: Mappings, directory: Directory, tree: Tree) -> tuple[Paired, ...]:
    """Every mapping of the file, in its order, met with both readings.

    Raises InputError for what only the reading can show of the file: two names for one Entra group, and two groups
    whose ids begin alike. Where people sit is not settled yet: see `hierarchies`.
    """
    boundaries = Boundaries(mappings, directory)
    paired = tuple(_pair(mapping, directory, tree, boundaries) for mapping in mappings.mappings)
    problems = [*_same_group_twice(paired), *_gone_and_mapped(mappings, paired)]
    if problems:
        raise InputError(mappings.file, problems)
    return paired


def freeze_emptied(paired: Iterable[Paired], matches: Matches) -> tuple[Paired, ...]:
    """The same mappings, with those frozen whose Entra group is empty while people are marked for them (D17).

    Empty means nobody in the group and in those nested in it.
    """
    return tuple(
        replace(
            item,
            sought=_FOUND_NOTHING,
            frozen="the Entra group is empty while people are marked for it; write allow_empty: true if that is meant",
        )
        if (item.frozen is None or item.sought.absent)
        and item.group is not None
        and not item.members
        and not item.mapping.allow_empty
        and item.prefixes & matches.marked
        else item
        for item in paired
    )


def choose_mapping(places: Sequence[Paired], entra_id: str) -> Paired | Conflict | None:
    """Which mapping has a person whom the groups of these hold (D11); None while no healthy one does.

    The healthy mapping of the lowest priority, and among equals onto one Rescue group with equal attribute settings the
    smaller group id; otherwise nobody has them. An equal that is frozen counts: what it wants cannot be the same.
    """
    best = min((item.mapping.priority for item in places if item.frozen is None), default=None)
    if best is None:
        return None
    tied = [item for item in places if item.mapping.priority == best]
    if len(tied) == 1:
        return tied[0]
    wishes = {
        (
            item.frozen,
            item.spot_of(entra_id).node,
            item.mapping.full_sync,
            item.mapping.upn_as_sso_id,
            item.mapping.mobile_license,
        )
        for item in tied
    }
    return min(tied, key=lambda item: str(item.entra_id)) if len(wishes) == 1 else Conflict(tuple(tied))


def login_of(person: Person, settings: Settings) -> str | None:
    """The address a person signs in to Rescue with, or None where Entra has no usable one (R21, R59)."""
    address = _usable_upn(person) if settings.use_upn_as_email else person.mail
    if not address or is_plain(address):
        return address or None
    return normal_text(address) or None if not is_unsendable(address) else None


def make_wanted(person: Person, paired: Paired, node: int, settings: Settings) -> Wanted:
    """What `person` should be when `paired` has them and they sit in `node`.

    A guest's `#EXT#` name is neither login nor SSO ID (R21).
    """
    sso_id: str | None = None
    if paired.mapping.full_sync:  # D3: without it nobody gets an SSO ID, not even at creation
        if paired.mapping.upn_as_sso_id:
            sso_id = _usable_upn(person)
        elif settings.use_email_as_sso_id:
            sso_id = person.mail
    login, name = login_of(person, settings), person.name
    if sso_id is not login and (not sso_id or is_unsendable(sso_id)):
        sso_id = None
    key = normal_login(login) if login is not None else ""
    bad_name = False
    if not is_plain(name):
        name, bad_name = normal_text(name), is_bad_name(name)
    return Wanted(person, paired, node, login, name, key, sso_id, bad_name)


def _usable_upn(person: Person) -> str | None:
    return None if "#ext#" in person.upn.lower() else person.upn


def _pair(mapping: Mapping, directory: Directory, tree: Tree, boundaries: Boundaries) -> Paired:
    read = directory.groups[mapping.name]
    sought = find_rescue_group(mapping.rescue_group, mapping.role, tree)
    if not isinstance(read, Group):
        return Paired(mapping, read.id, None, sought.node, read.why, read.hidden)
    walk = walk_mapping(read, mapping.nested, directory, boundaries)
    members = read.members
    if len(walk.met) > 1:
        members = tuple({person.id: person for met in walk.met for person in met.group.members}.values())
    frozen, hidden = sought.why, any(group.hidden for group in walk.unread)
    if walk.unread:
        first = walk.unread[0]
        frozen = f"the nested group {first.name or first.id} could not be read: {first.why}"
        sought = Sought(sought.node)
    return Paired(mapping, read.id, read, sought.node, frozen, hidden, sought, walk, members)


def find_rescue_group(wanted: tuple[str, ...] | int, role: Role, tree: Tree) -> Sought:
    """The node of a Rescue group, by path or by id. Every step must match exactly one child (D13)."""
    kind = "technician" if role is Role.TECHNICIAN else "administrator"
    if isinstance(wanted, int):
        node = tree.nodes.get(wanted)
        if node is None or node.type != GROUP_TYPE[role]:
            return Sought(why=f"node {wanted} is no {kind} group in Rescue")
        return Sought(node.id)
    at = tree.category(role).id
    for depth, name in enumerate(wanted):
        named = tree.groups_by_name.get((at, normal_text(name)), ())
        exact = [child for child in named if child.type == GROUP_TYPE[role]]
        shown = "/".join(wanted[: depth + 1])
        if len(exact) > 1:
            ids = ", ".join(str(child.id) for child in exact)
            return Sought(why=f"several Rescue groups are called {shown} (nodes {ids}); write a node id")
        if not exact:
            folded = normal_text(name).casefold()
            children = (child for child in tree.child_groups.get(at, ()) if child.type == GROUP_TYPE[role])
            near = [child.name for child in children if normal_text(child.name).casefold() == folded]
            hint = f"; it is called {near[0]!r} there" if near else ""
            why = f"there is no {kind} group {shown} in Rescue{hint}"
            return Sought(why=why, absent=not near, above=at if depth == len(wanted) - 1 else None)
        at = exact[0].id
    return Sought(at)


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
