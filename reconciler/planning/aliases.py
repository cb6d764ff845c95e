"""Is somebody already in Rescue under another of their addresses? `possible_rename`, or adopted by alias (D5).

Other mails are never looked at. An alias is weaker evidence than the login, so a node is adopted by it only while
nobody else can be meant: one node, one person, and nobody else's address.
"""

from __future__ import annotations

from typing import NamedTuple

from reconciler.model.hierarchy import Node, Role
from reconciler.model.text import normal_login
from reconciler.planning.addresses import owners_of_unmarked, unmarked_at
from reconciler.planning.decisions import Decisions
from reconciler.planning.desired import Wanted
from reconciler.planning.people import People, own_addresses


class Known(NamedTuple):
    """`node`: to be adopted. `settled`: asked or reported, and nothing more is to be done for them in this pass."""

    node: Node | None = None
    settled: bool = False


_SETTLED = Known(settled=True)


def adopts_nobody(decisions: Decisions) -> str | None:
    """Which setting forbids adopting in this role, as a clause, or None (D5)."""
    if decisions.settings.adopt == "never":
        return "settings.adopt is never"
    if decisions.people.role is Role.ADMIN and not decisions.settings.adopt_admins:
        return "settings.adopt_admins is false"
    return None


def adopts_by_alias(decisions: Decisions) -> bool:
    """Whether nodes of this role are adopted by another address than the login (D5)."""
    return decisions.settings.adopt == "aliases" and adopts_nobody(decisions) is None


def find_by_alias(decisions: Decisions, wanted: Wanted) -> Known:
    """The node of somebody wanted whom nothing links and whose wanted login no unmarked node has.

    Asks for their proxy addresses where they would be created; without `create_missing` mail and UPN have to do.
    """
    people, person = decisions.people, wanted.person
    known = own_addresses(person)
    if wanted.paired.mapping.create_missing:
        if person.id not in people.readings.addresses:
            people.questions.addresses.add(person.id)
            return _SETTLED
        if people.readings.addresses[person.id] is None:
            message = "not created: their other addresses could not be read from Entra"
            people.block_wanted("unconfirmed", message, wanted)
            return _SETTLED
        known |= people.proxies_of(person.id)
    return _choose(decisions, wanted, unmarked_at(people, known))


def find_disabled_by_alias(decisions: Decisions, wanted: Wanted) -> Node | None:
    """The enabled node of a member whose account is disabled, by mail or UPN; reports one that is not surely theirs."""
    nodes = unmarked_at(decisions.people, own_addresses(wanted.person))
    return _choose(decisions, wanted, nodes).node if any(node.enabled for node in nodes) else None


def _choose(decisions: Decisions, wanted: Wanted, nodes: list[Node]) -> Known:
    people = decisions.people
    if not nodes:
        return Known()
    node = nodes[0]
    doubt = _doubt(people, wanted, nodes)
    if doubt is None and not adopts_by_alias(decisions):
        doubt = adopts_nobody(decisions) or "`adopt: aliases` would adopt them"
    if doubt is not None:
        what = "enabled" if node.enabled else "disabled"
        message = (
            f"neither created nor adopted: the {what} {node.type} {node.login} (node {node.id}) has another of their "
            f"addresses; {doubt}"
        )
        people.block_wanted("possible_rename", message, wanted)
    elif not node.enabled:
        decisions.keep_disabled(wanted, node)
    elif veto := decisions.veto(wanted.person.id, node.login):
        message = f"neither created nor adopted as node {node.id}: {veto}"
        people.block_wanted("protected", message, wanted)
    else:
        return Known(node)
    return _SETTLED


def _doubt(people: People, wanted: Wanted, nodes: list[Node]) -> str | None:
    """Why the first of these nodes may be somebody else's, as a clause, or None."""
    if len(nodes) > 1:
        return "so have nodes " + ", ".join(str(other.id) for other in nodes[1:])
    if owners_of_unmarked(people)[normal_login(nodes[0].login)] - {wanted.person.id}:
        return "it is an address of somebody else in the mapped groups as well"
    stray = people.matches.strayed.get(nodes[0].id)
    if stray is not None and stray.entra_id != wanted.person.id:
        return "it carries the marker of somebody else"
    return None
