"""Whom a name means: Entra accounts and Rescue nodes, put together as the rules put them together (D3, D5, D20).

Pure. A node belongs to the person its marker names; one without a marker of ours to whoever has its login.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from reconciler.model.directory import Group, Person
from reconciler.model.hierarchy import PEOPLE_TYPES, Node
from reconciler.model.marker import Marker, find_markers
from reconciler.model.readings import Readings
from reconciler.model.text import normal_login
from reconciler.planning.people import own_addresses

_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(slots=True)
class Subject:
    """One person. `entra_id` None: a node that no account is known for."""

    entra_id: str | None
    account: Person | None = None
    nodes: list[Node] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    """Normal forms of every address and login of theirs."""
    aliases: frozenset[str] = frozenset()
    """Normal forms of further addresses, where they have no node and the plan had to know them (D5)."""

    @property
    def called(self) -> frozenset[str]:
        """Whatever an override may call them."""
        return self.aliases | self.names | (set() if self.entra_id is None else {self.entra_id})


def our_markers(node: Node, owner: str) -> list[Marker]:
    """The markers in a node's Description that are ours, in no order."""
    return [marker for marker in find_markers(node.description) if marker.owner == owner]


def rows_of(readings: Readings) -> dict[str, Person]:
    """Everybody the groups read show, and whom overrides include, by object id."""
    directory = readings.directory
    groups = (group for group in (*directory.groups.values(), *directory.nested.values()) if isinstance(group, Group))
    included = [person for person in readings.included.values() if isinstance(person, Person)]
    return {person.id: person for people in (included, *(group.members for group in groups)) for person in people}


def ids_named(name: str, readings: Readings, owner: str) -> frozenset[str]:
    """Object ids that a name means by what the plan was made from: Entra's rows, and markers on nodes of that login."""
    key = normal_login(name)
    if _GUID.fullmatch(key):
        return frozenset({key})
    found = {person.id for person in rows_of(readings).values() if key in own_addresses(person)}
    for node in _people_with(key, readings):
        found.update(marker.entra_id for marker in our_markers(node, owner))
    return frozenset(found)


def find_subjects(name: str, readings: Readings, owner: str, accounts: Mapping[str, Person]) -> list[Subject]:
    """Everybody `name` means, by object id, nodes without an account last.

    `accounts`: those whom Entra knows by this very name, an alias among them, and what it says of `ids_named`.
    """
    key = normal_login(name)
    given = set() if _GUID.fullmatch(key) else {key}
    rows = rows_of(readings)
    ids = sorted(ids_named(name, readings, owner) | accounts.keys())
    subjects = [_subject(id_, rows.get(id_) or accounts.get(id_), readings, owner) for id_ in ids]
    for subject in subjects:
        subject.names |= given
        for login in sorted(subject.names):
            subject.nodes += [node for node in _people_with(login, readings) if not our_markers(node, owner)]
    taken = {node.id for subject in subjects for node in subject.nodes}
    alone = [node for node in _people_with(key, readings) if node.id not in taken]
    found = [subject for subject in subjects if subject.account is not None or subject.nodes]
    return found + [Subject(None, None, [node], {key}) for node in alone]


def _subject(entra_id: str, account: Person | None, readings: Readings, owner: str) -> Subject:
    nodes = [
        node
        for node in readings.tree.nodes.values()
        if node.type in PEOPLE_TYPES
        and "[entra:" in node.description.lower()
        and any(marker.entra_id == entra_id for marker in our_markers(node, owner))
    ]
    names = {normal_login(node.login) for node in nodes if node.login.strip()}
    if account is not None:
        names |= own_addresses(account)
    aliases = () if nodes else readings.addresses.get(entra_id) or ()
    return Subject(entra_id, account, nodes, names, frozenset(map(normal_login, aliases)))


def _people_with(login: str, readings: Readings) -> Iterable[Node]:
    return [
        node
        for node in readings.tree.nodes.values()
        if node.type in PEOPLE_TYPES and node.login and normal_login(node.login) == login
    ]
