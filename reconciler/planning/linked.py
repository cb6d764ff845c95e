"""People we are linked to by a marker: kept up, disabled, or left alone with the reason (§1, D3, D7, D8, D9, D11)."""

from __future__ import annotations

from dataclasses import replace

from reconciler.model.mappings import Mapping
from reconciler.model.text import normal_login, normal_text
from reconciler.planning.decisions import Decisions
from reconciler.planning.desired import Conflict, Paired, Wanted
from reconciler.planning.diff import diff_leaver, diff_person, differs_visibly, make_action
from reconciler.planning.identity import may_change_login, name_or_login_trouble, sso_trouble
from reconciler.planning.leavers import Standing, judge_account, judge_membership
from reconciler.planning.matching import Link
from reconciler.planning.people import own_addresses, shown_name


def decide_twice(decisions: Decisions, entra_id: str, links: list[Link]) -> None:
    """One marker on two nodes: the node whose login Entra has is the person's (D3)."""
    people = decisions.people
    wanted = people.wanted.get(entra_id)
    row = people.rows.get(entra_id)
    logins = own_addresses(row) if row is not None else frozenset()
    if isinstance(wanted, Wanted) and wanted.login is not None:
        logins = frozenset({normal_login(wanted.login)})
    theirs = [link for link in links if normal_login(link.node.login) in logins]
    nodes = ", ".join(str(link.node.id) for link in sorted(links))
    people.report("marker_twice", f"the marker of {entra_id} is on several nodes: {nodes}", login=links[0].node.login)
    for link in sorted(links):
        decide_linked(decisions, entra_id, link, twice=True, main=len(theirs) == 1 and link is theirs[0])


def decide_linked(decisions: Decisions, entra_id: str, link: Link, *, twice: bool, main: bool) -> None:
    people, node = decisions.people, link.node
    own = people.by_prefix.get(link.marker.mapping)
    frozen = own.frozen is not None if own is not None else people.unknown_group
    wanted = people.wanted.get(entra_id)
    if node.enabled:
        verdict = judge_account(people, entra_id, with_groups=own is not None and not frozen)
        if verdict.standing is Standing.ASKED:
            return
        if verdict.standing is Standing.CERTAIN:
            _disable(decisions, entra_id, link, own, verdict.reason, certain=True, twice=twice)
            return
        if verdict.standing is Standing.UNCONFIRMED:
            if not frozen:
                people.report("unconfirmed", f"kept: {verdict.reason}", mapping=_of(own), login=node.login)
            return
    if frozen or not main:
        return
    if wanted is None:
        if node.enabled:
            _decide_unwanted(decisions, entra_id, link, own, twice=twice)
        return
    if isinstance(wanted, Conflict):
        decide_conflict(decisions, entra_id, link, wanted)
    elif wanted.paired is own or not decisions.waits(wanted):
        _keep(decisions, entra_id, link, wanted)


def _decide_unwanted(decisions: Decisions, entra_id: str, link: Link, own: Paired | None, *, twice: bool) -> None:
    people, node = decisions.people, link.node
    if own is None:
        people.report(
            "orphaned",
            f"marked for the Entra group {link.marker.mapping}…, which no mapping of the file names; left alone",
            login=node.login,
        )
        return
    verdict = judge_membership(people, entra_id, own)
    if verdict.standing is Standing.LEAVER:
        _disable(decisions, entra_id, link, own, verdict.reason, certain=False, twice=twice)
    elif verdict.standing is Standing.UNCONFIRMED:
        people.report("unconfirmed", f"kept: {verdict.reason}", mapping=own.mapping, login=node.login)
    elif verdict.standing is Standing.MOVED:
        people.report("reading_moved", f"nothing this time: {verdict.reason}", mapping=own.mapping, login=node.login)


def decide_conflict(decisions: Decisions, entra_id: str, link: Link | None, conflict: Conflict) -> None:
    """Enabled in place if we disabled them; otherwise left where they are (D11)."""
    names = ", ".join(item.mapping.name for item in conflict.paired)
    people = decisions.people
    row = people.rows[entra_id]
    login = link.node.login if link else (row.mail or row.upn)
    people.report(
        "conflict",
        f"in several groups whose mappings have equal priority and want different things: {names}",
        mapping=conflict.paired[0].mapping,
        login=login,
    )
    people.blocked.add(login)
    if link is None or link.node.enabled or not link.marker.off:
        return
    actual = decisions.confirmed(link.node)
    if actual is None:
        return
    wanted = Wanted(row, conflict.paired[0], link.node.parent or 0, None, normal_text(actual.name), None)
    difference = diff_person(wanted, actual, link.node.parent, replace(link.marker, off=False))
    own = people.by_prefix.get(link.marker.mapping)
    decisions.add(
        make_action(
            people.role,
            decisions.tree,
            entra_id=entra_id,
            mapping=_of(own),
            node=link.node,
            login=link.node.login,
            name=link.node.name,
            difference=difference,
            reason="enabled in Entra; where they belong is not decided",
            lead="enable",
        ),
        names=own_addresses(row),
    )


def _keep(decisions: Decisions, entra_id: str, link: Link, wanted: Wanted) -> None:
    """A linked person whom a healthy mapping wants: enabled, up to date, in the right group."""
    people, node = decisions.people, link.node
    if not node.enabled and not link.marker.off and decisions.settings.reenable != "always":
        people.report(
            "kept_disabled",
            "disabled in Rescue by a person, enabled in Entra; left disabled (settings.reenable: always overrides)",
            mapping=wanted.paired.mapping,
            login=node.login,
        )
        decisions.kept_disabled += 1
        return
    if name_or_login_trouble(decisions, wanted, node.login):
        return
    marker = decisions.marker(wanted, link.marker)
    if people.readings.refresh != "full" and node.enabled and not differs_visibly(wanted, node, marker):
        decisions.unchanged += 1
        return
    actual = decisions.confirmed(node)
    if actual is None:
        return
    change_login, giver = may_change_login(decisions, wanted, node)
    if change_login is None or sso_trouble(decisions, wanted, node):
        return
    difference = diff_person(wanted, actual, node.parent, marker, login=change_login)
    action = make_action(
        people.role,
        decisions.tree,
        entra_id=entra_id,
        mapping=wanted.paired.mapping,
        node=node,
        login=node.login,
        name=wanted.name,
        difference=difference,
        reason=decisions.reason(wanted),
        lead=None if node.enabled else "enable",
    )
    if action is None:
        decisions.unchanged += 1
    elif decisions.add(action, names=own_addresses(wanted.person), giver=giver):
        return


def _disable(
    decisions: Decisions, entra_id: str, link: Link, own: Paired | None, reason: str, *, certain: bool, twice: bool
) -> None:
    people, node = decisions.people, link.node
    actual = decisions.confirmed(node)
    if actual is None:
        return
    row = people.rows.get(entra_id)
    action = make_action(
        people.role,
        decisions.tree,
        entra_id=entra_id,
        mapping=_of(own),
        node=node,
        login=node.login,
        name=shown_name(node.name),
        difference=diff_leaver(actual, replace(link.marker, off=True)),
        reason=reason,
        lead="disable",
        twice=twice,
    )
    decisions.add(action, names=own_addresses(row) if row else frozenset(), certain=certain)


def _of(paired: Paired | None) -> Mapping | None:
    return paired.mapping if paired else None
