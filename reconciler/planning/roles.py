"""One person, two roles: technician and administrator at once, or passing from one to the other (D12).

Rescue keeps a node per role. Nodes that exist are kept up, each in its role; a second one is never created here.
"""

from __future__ import annotations

from reconciler.model.hierarchy import Role
from reconciler.model.text import normal_login
from reconciler.planning.desired import Paired, Wanted
from reconciler.planning.people import People, held_by

ROLE_WORDS = {Role.TECHNICIAN: "technician", Role.ADMIN: "administrator"}


def changes_role(people: People, entra_id: str, login: str) -> bool:
    """Whether somebody `people` no longer wants is wanted in the other role and has no node there (`role_change`).

    `login`: of their node in this role.
    """
    other = people.other
    if entra_id not in other.wanted:
        return False
    return entra_id not in other.matches.linked and not other.matches.nodes_of_role(normal_login(login))


def may_change_role(people: People, entra_id: str) -> Paired | None:
    """A frozen mapping of the other role whose group holds this person: what they will be is not known.

    None for whom a rule leaves out: they will be nothing (D8).
    """
    other, known = people.other, people.readings.whereabouts.get(entra_id)
    if entra_id in people.left_out or entra_id in other.left_out:
        return None
    groups = (known.groups if known is not None else None) or ()
    theirs = other.places_of(entra_id)
    return next((i for i in other.paired if i.frozen is not None and (i in theirs or i.entra_id in groups)), None)


def report_second_role(people: People, wanted: Wanted, key: str) -> bool:
    """Why no node is created for somebody who is, or is to be, in the other role as well; False where nothing is.

    `key`: the wanted login, in its normal form.
    """
    entra_id, other = wanted.person.id, people.other
    here = ROLE_WORDS[people.role]
    if entra_id in other.matches.linked and entra_id not in other.wanted:
        there, nodes = ROLE_WORDS[other.role], ", ".join(str(link.node.id) for link in other.matches.linked[entra_id])
        left = "is disabled like any leaver" if other.role is Role.ADMIN else "is not written"
        message = (
            f"to be {here}, and still linked as {there} (node {nodes}), who {left}; the {here} is created once that "
            f"node is gone: in the Admin Center free its address and take our note out of its description"
        )
        people.block_wanted("role_change", message, wanted)
        return True
    if people.is_wanted_elsewhere(entra_id):
        message = f"wanted as technician and as administrator at once; the {here} is not created"
        people.block_wanted("both_roles", message, wanted)
        return True
    holders = people.matches.nodes_of_others(key)
    if holders:
        message = f"the login is {held_by(holders[0])}; a second node is not created"
        people.block_wanted("both_roles", message, wanted)
        return True
    return False
