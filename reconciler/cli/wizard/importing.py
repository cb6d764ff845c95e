"""Reads both sides of an account that is in use, as far as it takes to propose pairs; `planning/pairing` judges.

What is read is bounded: all Rescue groups from the one tree, the list of Entra groups, the groups of a sample of the
technicians, and the members of the groups that can be a pair by that.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from reconciler.cli.talk import Talk
from reconciler.config.write import Entry
from reconciler.config.yaml_text import comment, listed
from reconciler.model.choices import RescueGroup
from reconciler.model.hierarchy import Role, Tree
from reconciler.model.text import is_bad_name
from reconciler.planning.propose.pairing import (
    Place,
    Proposal,
    Proposals,
    choose_candidates,
    list_places,
    propose_pairs,
    sample_logins,
)
from reconciler.planning.propose.rescue_groups import list_groups

if TYPE_CHECKING:
    from reconciler.source.graph_client import GraphClient

SAMPLE = 600
"""Logins whose groups are asked for: about 60 calls."""
CANDIDATES = 400
"""Entra groups whose members are read: some 40 calls, and a few more for the large ones."""
MEMBERS = 999
"""Larger groups are left out: the file's limit is the same."""

_EMERGENCY = re.compile("break.?glass|emergency|notfall")


class Import(NamedTuple):
    """What to write: the pairs, what is told below them, and the rule most logins follow."""

    entries: list[Entry]
    tail: list[str]
    upn_as_login: bool
    mail_as_sso_id: bool
    protected: list[str]
    """Logins that look like emergency accounts: better left alone than taken over by the way."""


def propose(client: GraphClient, tree: Tree, owner: str, mapped: Collection[int], taken: Collection[str], talk: Talk,
            ) -> Import:  # fmt: skip
    """Pairs for every Rescue group that is not `mapped`, out of the Entra groups that are not `taken`."""
    from reconciler.source.entra_groups import fetch_groups
    from reconciler.source.entra_people import fetch_whereabouts
    from reconciler.source.entra_search import fetch_all_groups, fetch_ids_of_logins

    places = {
        role: list_places(tree, [one for one in list_groups(tree, role) if one.node_id not in mapped], owner)
        for role in Role
    }
    everywhere = [place for of_role in places.values() for place in of_role]
    with talk.progress() as progress:
        found = fetch_all_groups(client)
        if not found.complete:
            talk.warn(
                f"the tenant has more than {found.looked_at} groups: of the others only those that hold people count"
            )
        asked = sample_logins(everywhere, at_most=SAMPLE)
        people = fetch_ids_of_logins(client, asked, progress)
        ids = sorted({id_ for of_login in people.values() for id_ in of_login})
        answers = fetch_whereabouts(client, ids, ids, progress)
        memberships = {
            login: frozenset(group for id_ in of_login for group in answers[id_].groups or ())
            for login, of_login in people.items()
            if of_login
        }
        candidates = [
            id_
            for id_ in choose_candidates(everywhere, found.groups, memberships, at_most=CANDIDATES + len(taken) + 1)
            if id_ not in taken
        ]
        if len(candidates) > CANDIDATES:
            talk.warn(f"more than {CANDIDATES} Entra groups could be a pair; the members of the best are read")
        read = fetch_groups(client, candidates[:CANDIDATES], limit=MEMBERS, progress=progress)
    groups = {id_: reading.result() for id_, reading in read.items()}
    technicians = propose_pairs(places[Role.TECHNICIAN], groups)
    used = {pair.group.id for pair in technicians.pairs}
    admins = propose_pairs(places[Role.ADMIN], {id_: group for id_, group in groups.items() if id_ not in used})
    return Import(
        [Entry(_mapping(pair), None, (_upper(pair.reason),)) for pair in technicians.pairs],
        _paragraphs(_left(technicians), _admins(admins)),
        technicians.upn_as_login,
        any(pair.sso == "mail" for pair in technicians.pairs),
        sorted({one.login for place in everywhere for one in place.people if _EMERGENCY.search(one.login)}),
    )


def rescue_group_value(group: RescueGroup) -> str | list[str] | int:
    """How the file names a Rescue group: path, list where a name holds a slash, node id where no path helps."""
    if group.ambiguous or any(is_bad_name(name) or not name.isprintable() for name in group.path):
        return group.node_id
    return list(group.path) if any("/" in name for name in group.path) else "/".join(group.path)


def entra_group_value(id_: str, name: str) -> dict[str, str]:
    """`{id, name}`, or the id alone where the name is nothing a file can hold."""
    visible = bool(name.strip()) and name.isprintable()
    return {"id": id_, "name": name} if visible else {"id": id_}


def _mapping(pair: Proposal) -> Mapping[str, Any]:
    value: dict[str, Any] = {
        "entra_group": entra_group_value(pair.group.id, pair.group.name),
        "rescue_group": rescue_group_value(pair.place.group),
        "role": str(pair.place.group.role),
    }
    if pair.place.group.role is Role.ADMIN:
        return value
    # Whoever carries this pair's link was managed before, with an SSO rule that only full sync has (D10).
    value["full_sync"] = pair.linked and pair.sso is not None
    value["nested"] = "direct"
    if pair.linked and pair.sso == "upn":
        value["upn_as_sso_id"] = True
    return value


def _paragraphs(*parts: list[str]) -> list[str]:
    told = [part for part in parts if part]
    return [line for number, part in enumerate(told) for line in (["#"] if number else []) + part]


def _left(proposals: Proposals) -> list[str]:
    said = [one for one in proposals.left if one.place.people]
    if not said:
        return []
    lines = comment("Not proposed, since no Entra group fits; `reconciler groups search` finds others by their names:")
    for one in said:
        lines += comment(f"- {_label(one.place)}: {one.reason}")
    return lines


def _admins(proposals: Proposals) -> list[str]:
    """Pairs of administrators, as comments: nobody becomes one because a program found it likely."""
    if not proposals.pairs:
        return []
    lines = comment(
        "Administrator groups with a likely pair. Take the # away to use one; those who are there are linked only with "
        "settings.adopt_admins: true."
    )
    for pair in proposals.pairs:
        lines += [f"# {line}" for line in (*comment(_upper(pair.reason), 2), *listed(_mapping(pair), 2))]
    return lines


def _label(place: Place) -> str:
    return place.text if not place.group.ambiguous else f"{place.text} (node {place.group.node_id})"


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
