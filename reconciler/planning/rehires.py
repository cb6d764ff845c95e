"""Somebody left, was disabled by us, and their login is wanted for a new object id: the same node, a new person (D16).

Believed only where Entra, asked about the old object id, says that it is gone. While the old account lives, or a human
disabled the node, the login is taken.
"""

from __future__ import annotations

from reconciler.model.directory import Account
from reconciler.model.hierarchy import Node, Role
from reconciler.model.text import normal_login
from reconciler.planning.addresses import everybody
from reconciler.planning.decisions import Decisions
from reconciler.planning.desired import Wanted
from reconciler.planning.diff import diff_person
from reconciler.planning.identity import confirm_and_take_over
from reconciler.planning.leavers import Standing, judge_account
from reconciler.planning.matching import Link
from reconciler.planning.people import People, held_by


def decide_rehire(decisions: Decisions, wanted: Wanted, holders: list[Node]) -> bool:
    """True where this rule has them: acted, asked or reported. `holders`: nodes of the role with the wanted login."""
    people = decisions.people
    link = _left_behind(people, wanted, holders)
    if link is None or (people.role is Role.ADMIN and not decisions.settings.adopt_admins):
        return False
    own = people.mapping_of(link.marker)
    if own is not None and own.frozen is not None:
        _block(people, wanted, link, f"marked for {own.mapping.name}, whose mapping is frozen")
        return True
    if _is_gone(people, wanted, link):
        _take_on(decisions, wanted, link)
    return True


def _left_behind(people: People, wanted: Wanted, holders: list[Node]) -> Link | None:
    """The one node with the login, if it is disabled, `!off`, and surely one person's.

    A node of another role may have the login only if it was, or already is, the same person's (D12).
    """
    if len(holders) != 1 or holders[0].enabled:
        return None
    links = people.matches.linked.get(people.matches.owner_of.get(holders[0].id, ""), ())
    if len(links) != 1 or not links[0].marker.off:
        return None
    owners = people.other.matches.owner_of
    elsewhere = people.matches.nodes_of_others(normal_login(holders[0].login))
    same = all(owners.get(node.id) in (links[0].marker.entra_id, wanted.person.id) for node in elsewhere)
    return links[0] if same else None


def _is_gone(people: People, wanted: Wanted, link: Link) -> bool:
    """Whether Entra says that the old account does not exist; asks, and reports whatever else it says."""
    old = link.marker.entra_id
    verdict = judge_account(people, old, with_groups=False)
    if verdict.standing is Standing.ASKED:
        return False
    if verdict.standing is Standing.UNCONFIRMED:
        message = f"not re-hired: the login {wanted.login} is {held_by(link.node)}; {verdict.reason}"
        people.block_wanted("unconfirmed", message, wanted)
        return False
    known = people.readings.whereabouts.get(old)
    if old in everybody(people) or known is None or known.account is not Account.GONE:
        _block(people, wanted, link, f"whose account {old} still exists in Entra")
        return False
    return True


def _take_on(decisions: Decisions, wanted: Wanted, link: Link) -> None:
    people, node = decisions.people, link.node
    if decisions.settings.adopt == "never":
        message = f"the node of somebody gone, {node.id}, could be theirs, and settings.adopt is never"
        people.block_wanted("adopt_blocked", message, wanted)
        return
    if veto := decisions.veto(link.marker.entra_id, node.login):
        people.block_wanted("protected", f"not re-hired as node {node.id}: {veto}", wanted)
        return
    if decisions.queues(wanted.person.id, node, wanted.paired.mapping, node.login):
        return
    actual, takeover = confirm_and_take_over(decisions, wanted, node)
    if actual is None or takeover.blocked:
        return
    action = decisions.act(
        wanted.person.id,
        node,
        diff_person(wanted, actual, node.parent, decisions.marker(wanted, None)),
        mapping=wanted.paired.mapping,
        name=wanted.name,
        reason=f"{decisions.reason(wanted)}; was {link.marker.entra_id}, who is gone",
        lead="adopt",
        needs=takeover.needs,
    )
    decisions.claim(wanted, node, None, action)


def _block(people: People, wanted: Wanted, link: Link, why: str) -> None:
    message = f"the login {wanted.login} is taken: {held_by(link.node)}, {why}"
    people.block_wanted("blocked_login", message, wanted)
