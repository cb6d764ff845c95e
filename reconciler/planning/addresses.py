"""Whose an address is: every mail, UPN and proxy address that was read of anybody, and unmarked nodes that have one."""

from __future__ import annotations

from reconciler.model.directory import Person
from reconciler.model.hierarchy import Node
from reconciler.model.text import normal_login
from reconciler.planning.people import People, own_addresses


def owners_of_unmarked(people: People) -> dict[str, set[str]]:
    """Normal login of every unmarked node of the role -> object ids of those who have it as an address; once per pass.

    Everybody a group shows counts, also those whom a rule leaves out and those of frozen mappings.
    """
    if people.owners_of_unmarked is None:
        found: dict[str, set[str]] = {normal_login(node.login): set() for node in people.matches.unmarked.values()}
        for person in everybody(people).values():
            for address in found.keys() & own_addresses(person):
                found[address].add(person.id)
        for entra_id in people.readings.addresses:
            for address in found.keys() & people.proxies_of(entra_id):
                found[address].add(entra_id)
        people.owners_of_unmarked = found
    return people.owners_of_unmarked


def everybody(people: People) -> dict[str, Person]:
    """By object id: everybody a group of either role shows."""
    return people.rows | people.other.rows


def unmarked_at(people: People, addresses: frozenset[str]) -> list[Node]:
    """The unmarked nodes of the role whose login is one of these normal addresses, by address and id."""
    return [
        node
        for address in sorted(addresses)
        for node in people.matches.nodes_of_role(address)
        if node.id in people.matches.unmarked
    ]
