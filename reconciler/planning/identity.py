"""Trouble with who somebody is: names that cannot be written, logins and SSO IDs of others (D12, D16, D20, D21)."""

from __future__ import annotations

from typing import NamedTuple

from reconciler.model.hierarchy import Details, Node
from reconciler.model.text import normal_login
from reconciler.planning.decisions import Decisions, Need
from reconciler.planning.desired import Wanted
from reconciler.planning.people import People, held_by

BAD_NAME = "bad_name", "the name in Entra is empty or holds control characters, < or &#; nothing is written"


class Takeover(NamedTuple):
    """What a person takes over from others. `blocked`: it cannot be had, and has been reported."""

    needs: tuple[Need, ...] = ()
    blocked: bool = False
    login_stays: bool = False
    """Everything but the login may be written (D12)."""


def find_trouble(people: People, wanted: Wanted) -> tuple[str, str] | None:
    """What Entra alone shows to be wrong, as finding code and message, or None.

    Without full sync the name is written at creation only, so it is judged there (D10).
    """
    if wanted.bad_name and wanted.full_sync:
        return BAD_NAME
    if wanted.login is None:
        which = (
            "UPN that can be a login"
            if people.mappings.settings.use_upn_as_email
            else "e-mail address that can be a login"
        )
        return "no_login", f"no {which} in Entra; nothing is written"
    if wanted.key in people.shared_logins or (people.disputed and wanted.person.id in people.disputed):
        return "duplicate_login", f"several people in the mapped groups have the login {wanted.login}"
    if wanted.sso_id is not None and wanted.sso_id in people.shared_sso_ids:
        return "duplicate_sso", "several people in the mapped groups have this SSO ID; none of them is written"
    return None


def report_trouble(people: People, wanted: Wanted, login: str | None) -> bool:
    """Reports what `find_trouble` found. True where there was something. `login`: of their node, if they have one."""
    trouble = find_trouble(people, wanted)
    if trouble is None:
        return False
    people.block_wanted(*trouble, wanted, login=login)
    return True


def take_over(decisions: Decisions, wanted: Wanted, node: Node | None) -> Takeover:
    """Whether login and SSO ID can be had, and from whom. `node`: the person's own, None before they have one."""
    if node is not None and not wanted.full_sync:
        return Takeover()  # neither is written (D10)
    login = take_login(decisions, wanted, node)
    if login.blocked:
        return login
    sso = _take_sso_id(decisions, wanted, node)
    return Takeover(login.needs + sso.needs, sso.blocked, login.login_stays)


def confirm_and_take_over(decisions: Decisions, wanted: Wanted, node: Node) -> tuple[Details | None, Takeover]:
    """getUser's record of a person's node, None where nothing is to be written, and what they take over.

    With `--refresh bulk` getUser is asked only for those about to be written, so whoever is blocked is not asked for;
    otherwise it is asked first, because what it says of anybody counts when SSO IDs are compared (D4, D21).
    """
    if decisions.people.readings.refresh == "bulk":
        takeover = take_over(decisions, wanted, node)
        return (None if takeover.blocked else decisions.confirmed(wanted.person.id, node)), takeover
    actual = decisions.confirmed(wanted.person.id, node)
    return actual, Takeover() if actual is None else take_over(decisions, wanted, node)


def take_login(decisions: Decisions, wanted: Wanted, node: Node | None) -> Takeover:
    """`take_over` for the login alone."""
    people, after = decisions.people, wanted.key
    if node is not None:
        before = normal_login(node.login)
        if before == after:
            return Takeover()
        if before and _has_two_roles(people, wanted.person.id, before):
            message = "the login stays: the same person has, or is to have, a node in another role"
            people.block_wanted("both_roles", message, wanted, login=node.login)
            return Takeover(login_stays=True)
    holders = [*people.matches.nodes_of_role(after), *people.matches.nodes_of_others(after)]
    if not holders:
        return Takeover()
    if len(holders) == 1 and holders[0].enabled and _may_give_login(people, holders[0]):
        return Takeover((Need("login", holders[0].id),))
    message = f"the login {wanted.login} is taken: {held_by(holders[0])}"
    people.block_wanted("blocked_login", message, wanted, login=node.login if node else None)
    return Takeover(blocked=True)


def _has_two_roles(people: People, entra_id: str, login: str) -> bool:
    """Whether somebody has, or is to have, a node in another role, by marker, mapping or login (D12)."""
    marked = people.is_elsewhere(entra_id) or people.is_wanted_elsewhere(entra_id)
    return marked or bool(people.matches.nodes_of_others(login))


def _may_give_login(people: People, holder: Node) -> bool:
    """Whether the holder of a login is to have one. It is another: of two who want one login neither gets here."""
    other = people.wanted_at(holder.id)
    return isinstance(other, Wanted) and other.login is not None


def _take_sso_id(decisions: Decisions, wanted: Wanted, node: Node | None) -> Takeover:
    """Would the SSO ID be on two people? Looks at everybody read who keeps theirs (D21)."""
    people = decisions.people
    if wanted.sso_id is None:
        return Takeover()
    needs = []
    for other in people.by_sso_id.get(wanted.sso_id, ()):
        if node is not None and other.id == node.id:
            continue
        same_role = people.matches.is_of_role(other.type)
        if not same_role and _is_same_person(people, other, wanted):
            continue
        theirs = people.wanted_at(other.id)
        if not isinstance(theirs, Wanted) or theirs.sso_id in (None, wanted.sso_id):
            message = f"the SSO ID is {held_by(other)}; nothing is written"
            people.block_wanted("duplicate_sso", message, wanted, login=node.login if node else None)
            return Takeover(blocked=True)
        needs.append(Need("sso_id", other.id))
    return Takeover(tuple(needs))


def _is_same_person(people: People, other: Details, wanted: Wanted) -> bool:
    """Whether a node of another role is this person's: by its marker, or by its login."""
    marked = people.other.matches.owner_of.get(other.id) == wanted.person.id
    return marked or normal_login(other.login) == wanted.key
