"""Trouble with who somebody is: names that cannot be written, logins and SSO IDs of others (D12, D16, D20, D21)."""

from __future__ import annotations

from reconciler.model.hierarchy import Node
from reconciler.model.text import is_bad_name, normal_login
from reconciler.planning.decisions import Decisions
from reconciler.planning.desired import Wanted


def name_or_login_trouble(decisions: Decisions, wanted: Wanted, login: str | None) -> bool:
    people = decisions.people
    if is_bad_name(wanted.person.name):
        message = "the name in Entra is empty or holds control characters, < or &#; nothing is written"
        people.block("bad_name", message, wanted, login=login)
    elif wanted.login is None:
        which = "UPN that can be a login" if decisions.settings.use_upn_as_email else "e-mail address"
        people.block("no_login", f"no {which} in Entra; nothing is written", wanted, login=login)
    elif normal_login(wanted.login) in people.shared_logins:
        message = f"several people in the mapped groups have the login {wanted.login}; none of them is written"
        people.block("duplicate_login", message, wanted, login=login)
    elif wanted.sso_id is not None and wanted.sso_id in people.shared_sso_ids:
        message = "several people in the mapped groups have this SSO ID; none of them is written"
        people.block("duplicate_sso", message, wanted, login=login)
    else:
        return False
    return True


def sso_trouble(decisions: Decisions, wanted: Wanted, node: Node | None) -> bool:
    """Would the SSO ID be on two people? Looks at everybody read who keeps theirs (D21)."""
    if wanted.sso_id is None:
        return False
    people = decisions.people
    for other in people.readings.details.values():
        if other is None or other.sso_id != wanted.sso_id or (node is not None and other.id == node.id):
            continue
        if wanted.login is not None and normal_login(other.login) == normal_login(wanted.login):
            continue  # the same person in another role
        theirs = people.wanted.get(people.matches.owner_of.get(other.id, ""))
        if isinstance(theirs, Wanted) and theirs.sso_id not in (None, wanted.sso_id):
            continue
        message = f"{other.login or 'somebody'} (node {other.id}) has this SSO ID already; nothing is written"
        people.block("duplicate_sso", message, wanted)
        return True
    return False


def may_change_login(decisions: Decisions, wanted: Wanted, node: Node) -> tuple[bool | None, str | None]:
    """Whether the login may change, and who must give it up first. None: this person is blocked altogether."""
    people = decisions.people
    before, after = normal_login(node.login), normal_login(wanted.login or "")
    if before == after:
        return True, None
    held = decisions.shielded(frozenset({after}))
    if held:
        people.block("protected", f"the new login is shielded: {held}", wanted, login=node.login)
        return None, None
    if before and people.matches.nodes_of_others(before):
        people.block(
            "both_roles", "the login stays: the same person has a node in another role", wanted, login=node.login
        )
        return False, None
    here = [other for other in people.matches.nodes_of_role(after) if other.id != node.id]
    elsewhere = people.matches.nodes_of_others(after)
    if not here and not elsewhere:
        return True, None
    giver = giver_of(decisions, wanted, here) if not elsewhere else None
    if giver is None:
        people.block(
            "blocked_login",
            f"the new login {wanted.login} is taken: {held_by([*here, *elsewhere][0])}",
            wanted,
            login=node.login,
        )
        return None, None
    return True, giver


def giver_of(decisions: Decisions, wanted: Wanted, holders: list[Node]) -> str | None:
    """Who holds the login now and will have another one after this plan, or None."""
    if len(holders) != 1:
        return None
    theirs = decisions.people.matches.owner_of.get(holders[0].id)
    other = decisions.people.wanted.get(theirs) if theirs else None
    if not isinstance(other, Wanted) or other.login is None or wanted.login is None:
        return None
    return theirs if normal_login(other.login) != normal_login(wanted.login) else None


def held_by(node: Node) -> str:
    """Who has a login, as a clause."""
    state = "" if node.enabled else "disabled "
    return f"the login is held by the {state}{node.type} {node.login} (node {node.id})"
