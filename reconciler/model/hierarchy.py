"""The Rescue tree as one reading gave it, and what the single-person call adds to it.

A Node is what the bulk read shows; Details are what only getUser shows. The tree is believed only after the checks of
rescue-api.md §7.2, which are `target`'s business: a Tree that exists is consistent.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from enum import StrEnum
from functools import cached_property
from operator import attrgetter
from typing import NamedTuple

from reconciler.model.text import normal_login, normal_text


class Role(StrEnum):
    """A person's role in Rescue; one node each (R88)."""

    TECHNICIAN = "technician"
    ADMIN = "admin"


class NodeType:
    """Node types, lower case: guide and wire differ in capitals, so types are compared so (rescue-api.md §5)."""

    ROOT = "root"
    MASTER_ADMINISTRATORS = "masteradministrators"
    ADMINISTRATORS = "administrators"
    TECHNICIANS = "technicians"
    ADMINISTRATOR_GROUP = "administratorgroup"
    TECHNICIAN_GROUP = "techniciangroup"
    MASTER_ADMINISTRATOR = "masteradministrator"
    ADMINISTRATOR = "administrator"
    TECHNICIAN = "technician"


PERSON_TYPE = {Role.TECHNICIAN: NodeType.TECHNICIAN, Role.ADMIN: NodeType.ADMINISTRATOR}
GROUP_TYPE = {Role.TECHNICIAN: NodeType.TECHNICIAN_GROUP, Role.ADMIN: NodeType.ADMINISTRATOR_GROUP}
CATEGORY_TYPE = {Role.TECHNICIAN: NodeType.TECHNICIANS, Role.ADMIN: NodeType.ADMINISTRATORS}
PEOPLE_TYPES = frozenset({NodeType.TECHNICIAN, NodeType.ADMINISTRATOR, NodeType.MASTER_ADMINISTRATOR})


class Node(NamedTuple):
    """One record of getHierarchy_v2. `status` is as read: `Disabled`, or a presence word; `type` is lower case."""

    id: int
    parent: int | None
    name: str
    login: str
    description: str
    status: str
    type: str

    @property
    def enabled(self) -> bool:
        """Anything but Disabled (R86)."""
        return self.status.lower() != "disabled"


class Details(NamedTuple):
    """One record of getUser_v2. `mobile` and `rpat` are the add-ons; `rpat` None where the answer had no such field."""

    id: int
    name: str
    nick: str
    login: str
    sso_id: str
    description: str
    type: str
    mobile: bool
    rpat: bool | None
    account_holder: bool
    status: str

    @property
    def enabled(self) -> bool:
        """Anything but Disabled (R86)."""
        return self.status.lower() != "disabled"


def agree(node: Node, actual: Details) -> bool:
    """Whether both readings say the same of a person, as far as both show it (D20)."""
    return (
        normal_login(actual.login) == normal_login(node.login)
        and normal_text(actual.name) == normal_text(node.name)
        and normal_text(actual.description) == normal_text(node.description)
        and actual.enabled == node.enabled
        and actual.type.lower() == node.type
    )


def is_blank(node: Node | Details) -> bool:
    """A half-made person: no e-mail, empty Description, not online (D14). The name of one is not known."""
    return not node.login.strip() and not node.description.strip() and node.status.lower() in ("offline", "disabled")


_UNNAMED = re.compile(r"(?:new|unnamed|untitled) (?:technician )?group(?: ?\(?\d+\)?)?", re.IGNORECASE)


def is_unnamed(node: Node | GroupRecord) -> bool:
    """A group that was created and never named: no Description, and no name, or one that servers give by themselves.

    What createGroup calls a group is not known (rescue-api.md §4.6). Whether anything is below it is not looked at.
    """
    name = " ".join(node.name.split())
    return not node.description.strip() and (not name or _UNNAMED.fullmatch(name) is not None)


class GroupRecord(NamedTuple):
    """One record of getGroup_v2. Permission names as read, in their order, also those nobody knows (§3.4)."""

    id: int
    name: str
    description: str
    type: str
    permissions: tuple[str, ...]
    locked: tuple[str, ...]
    enabled: bool


class Caller(NamedTuple):
    """Whom the tool runs as: getAccount, and getUser of its administrator node."""

    account_id: int
    organization: str
    login: str
    admin_node: int
    details: Details


class Tree:
    """All nodes by id, and the questions planning asks of them. Immutable once made.

    Nodes go by id everywhere: the order in which they were read means nothing.
    """

    def __init__(self, nodes: Iterable[Node]) -> None:
        self.nodes: dict[int, Node] = {node.id: node for node in sorted(nodes, key=attrgetter("id"))}

    def __len__(self) -> int:
        return len(self.nodes)

    @cached_property
    def groups(self) -> dict[int, tuple[str, ...]]:
        """Node id -> names from below the category down to the node, for every technician and administrator group.

        The categories themselves are there with an empty path.
        """
        containers = set(GROUP_TYPE.values()) | set(CATEGORY_TYPE.values())
        paths: dict[int, tuple[str, ...]] = {}

        def path_of(node: Node) -> tuple[str, ...]:
            known = paths.get(node.id)
            if known is not None:
                return known
            parent = self.nodes.get(node.parent) if node.parent is not None else None
            if node.type in CATEGORY_TYPE.values() or parent is None:
                path: tuple[str, ...] = ()
            else:
                path = (*path_of(parent), node.name) if parent.type in containers else (node.name,)
            paths[node.id] = path
            return path

        found = [node for type_ in containers for node in self.by_type.get(type_, ())]
        for node in sorted(found, key=attrgetter("id")):
            path_of(node)
        return paths

    @cached_property
    def child_groups(self) -> dict[int, list[Node]]:
        """Parent id -> the groups directly below it, by id."""
        below: dict[int, list[Node]] = {}
        groups = (node for type_ in GROUP_TYPE.values() for node in self.by_type.get(type_, ()))
        for node in sorted(groups, key=attrgetter("id")):
            if node.parent is not None:
                below.setdefault(node.parent, []).append(node)
        return below

    @cached_property
    def by_type(self) -> dict[str, list[Node]]:
        """Type -> the nodes of it, by id: of a million nodes most questions are about a few."""
        found: dict[str, list[Node]] = {}
        for node in self.nodes.values():
            found.setdefault(node.type, []).append(node)
        return found

    @cached_property
    def groups_by_name(self) -> dict[tuple[int, str], list[Node]]:
        """Parent id and normal name -> the groups directly below it that are called so, by id."""
        found: dict[tuple[int, str], list[Node]] = {}
        for parent, nodes in self.child_groups.items():
            for node in nodes:
                found.setdefault((parent, normal_text(node.name)), []).append(node)
        return found

    def category(self, role: Role) -> Node:
        """The category node of a role. Its existence is one of the reader's checks."""
        return self.by_type[CATEGORY_TYPE[role]][0]

    def people(self, role: Role) -> Iterator[Node]:
        """The person nodes of a role, by id; links and placeholders are not persons (R88)."""
        return iter(self.by_type.get(PERSON_TYPE[role], ()))

    @cached_property
    def enabled_technicians(self) -> int:
        """How many technician seats are in use."""
        by_status = Counter(map(attrgetter("status"), self.people(Role.TECHNICIAN)))
        return sum(count for status, count in by_status.items() if status.lower() != "disabled")

    def path_text(self, node_id: int | None) -> str | None:
        """A group's names joined by `/`, as plans show it; None where it is unknown."""
        path = self.groups.get(node_id) if node_id is not None else None
        return "/".join(path) if path is not None else None
