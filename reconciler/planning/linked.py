"""People we are linked to by a marker: kept up, disabled, or left alone with the reason (§1, D3, D7, D8, D9, D11)."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.model.hierarchy import Role
from reconciler.model.mappings import Mapping
from reconciler.model.marker import Licence
from reconciler.model.text import normal_login, normal_text
from reconciler.planning.decisions import Decisions
from reconciler.planning.desired import Conflict, Paired, Wanted
from reconciler.planning.diff import diff_leaver, diff_person, diff_returned
from reconciler.planning.identity import confirm_and_take_over, report_trouble
from reconciler.planning.in_sync import is_in_sync
from reconciler.planning.included import may_be_included
from reconciler.planning.leavers import Standing, Verdict, judge_account, judge_membership
from reconciler.planning.licences import after_leaving
from reconciler.planning.matching import Link
from reconciler.planning.people import People, own_addresses
from reconciler.planning.retired import judge_retired
from reconciler.planning.roles import changes_role, may_change_role


def decide_links(decisions: Decisions, entra_id: str, links: Sequence[Link]) -> None:
    """One person and the nodes with their marker. Of several, the one whose login Entra has is theirs (D3)."""
    if len(links) == 1:
        _decide(decisions, entra_id, links[0], twice=False, main=not links[0].doubtful)
        return
    people = decisions.people
    wanted, row = people.wanted.get(entra_id), people.rows.get(entra_id)
    logins = own_addresses(row) if row is not None else frozenset()
    if isinstance(wanted, Wanted) and wanted.login is not None:
        logins = frozenset({wanted.key})
    theirs = [link for link in links if normal_login(link.node.login) in logins]
    nodes = ", ".join(str(link.node.id) for link in links)
    message = f"the marker of {entra_id} is on several nodes: {nodes}"
    people.block("marker_twice", message, entra_id, login=links[0].node.login)
    for link in links:
        main = len(theirs) == 1 and link is theirs[0] and not link.doubtful
        _decide(decisions, entra_id, link, twice=True, main=main)


def _decide(decisions: Decisions, entra_id: str, link: Link, *, twice: bool, main: bool) -> None:
    """The rules in their order.

    Whoever is in sync has been told apart, but for those with several nodes, who are here. `main` False: marker
    trouble; nothing is written unless they are a certain leaver.
    """
    people, node = decisions.people, link.node
    own = people.mapping_of(link.marker)
    wanted = people.wanted.get(entra_id)
    quick = twice and main and people.readings.refresh != "full"
    if quick and isinstance(wanted, Wanted) and is_in_sync(people, wanted, link):
        decisions.unchanged += 1
        decisions.claim(wanted, link.node, link.marker, None, twice=True)
        return
    healthy = own is not None and own.frozen is None
    veto = decisions.veto(entra_id, node.login)
    leaves = node.enabled or (wanted is None and veto is None and _holds_licence(people, link))
    if leaves:
        verdict = judge_account(people, entra_id, with_groups=healthy and main and veto is None)
        if verdict.standing is Standing.ASKED:
            return
        if verdict.standing is Standing.CERTAIN:
            if veto is None:
                _disable(decisions, entra_id, link, own, verdict.reason, twice=twice)
            else:
                message = f"has left and keeps access: {verdict.reason}, and {veto}"
                people.block("leaver_kept", message, entra_id, mapping=_of(own), login=node.login)
            return
        if verdict.standing is Standing.UNCONFIRMED:
            people.block("unconfirmed", f"kept: {verdict.reason}", entra_id, mapping=_of(own), login=node.login)
            if own is not None or link.marker.mapping in people.retired:
                return
    if (own is not None and own.frozen is not None) or not main:
        return
    if entra_id in people.stuck:
        people.blocked.add(entra_id)  # `group_clash` and its like tell which branch it is
        return
    if veto is not None:
        _hold_back(decisions, entra_id, link, own, wanted, veto)
    elif wanted is None:
        if leaves:
            _decide_unwanted(decisions, entra_id, link, own, twice=twice)
    elif isinstance(wanted, Conflict):
        _decide_conflict(decisions, entra_id, link, own, wanted, twice=twice)
    elif wanted.paired is not own and decisions.waits(wanted):
        decisions.let_wait(wanted)
    else:
        _keep(decisions, link, wanted, twice=twice)


def _holds_licence(people: People, link: Link) -> bool:
    """Whether the marker of somebody disabled, or their record where it was read, says they hold a licence (R69)."""
    if people.role is not Role.TECHNICIAN:
        return False
    actual = people.details(link.node)
    return link.marker.licence is Licence.GIVEN or (actual is not None and actual.mobile)


def _hold_back(
    decisions: Decisions,
    entra_id: str,
    link: Link,
    own: Paired | None,
    wanted: Wanted | Conflict | None,
    veto: str,
) -> None:
    """Survival, `protected` or `hold` decides: says so where anything would have been done."""
    people, node = decisions.people, link.node
    if isinstance(wanted, Wanted) and is_in_sync(people, wanted, link):
        decisions.unchanged += 1
    elif node.enabled or (wanted is not None and _may_enable(decisions, link)):
        people.block("protected", f"nothing is written: {veto}", entra_id, mapping=_of(own), login=node.login)


def _may_enable(decisions: Decisions, link: Link) -> bool:
    """Whom this tool disabled; `reenable: always` means technicians only (D9)."""
    always = decisions.settings.reenable == "always" and decisions.people.role is Role.TECHNICIAN
    return link.marker.off or always


def _decide_unwanted(decisions: Decisions, entra_id: str, link: Link, own: Paired | None, *, twice: bool) -> None:
    people, node = decisions.people, link.node
    retired = people.retired.get(link.marker.mapping)
    if own is not None:
        verdict = judge_membership(people, entra_id, own)
    elif retired is not None:
        verdict = judge_retired(people, entra_id, retired)
    else:
        message = f"marked for the Entra group {link.marker.mapping}…, which no mapping of the file names; left alone"
        people.report("orphaned", message, login=node.login)
        return
    if verdict.standing is Standing.LEAVER and (override := may_be_included(people, entra_id, node.login)):
        verdict = Verdict(Standing.UNCONFIRMED, f"may be whom the override of line {override.line} includes")
    if verdict.standing is Standing.LEAVER:
        promoted = people.role is Role.TECHNICIAN and changes_role(people, entra_id, node.login)
        unclear = may_change_role(people, entra_id) if people.role is Role.TECHNICIAN else None
        if promoted:
            people.blocked.add(entra_id)  # reported where they are wanted
        elif unclear is not None:
            message = f"kept: is in {unclear.entra_name}, whose mapping for administrators is frozen"
            people.block("unconfirmed", message, entra_id, mapping=_of(own), login=node.login)
        else:
            _disable(decisions, entra_id, link, own, verdict.reason, twice=twice)
    elif verdict.standing is Standing.UNCONFIRMED:
        people.block("unconfirmed", f"kept: {verdict.reason}", entra_id, mapping=_of(own), login=node.login)
    elif verdict.standing is Standing.MOVED:
        message = f"nothing this time: {verdict.reason}"
        people.block("reading_moved", message, entra_id, mapping=_of(own), login=node.login)


def _decide_conflict(
    decisions: Decisions, entra_id: str, link: Link, own: Paired | None, conflict: Conflict, *, twice: bool
) -> None:
    """Enabled in place if we disabled them; otherwise left where they are (D11)."""
    node = link.node
    report_conflict(decisions, entra_id, conflict, node.login)
    if node.enabled or not link.marker.off:
        return
    if decisions.queues(entra_id, node, _of(own), node.login):
        return
    actual = decisions.confirmed(entra_id, node)
    if actual is None:
        return
    decisions.act(
        entra_id,
        node,
        diff_returned(actual, link.marker._replace(off=False)),
        mapping=_of(own),
        name=normal_text(node.name),
        reason="enabled in Entra; where they belong is not decided",
        lead="enable",
        twice=twice,
    )


def report_conflict(decisions: Decisions, entra_id: str, conflict: Conflict, login: str) -> None:
    names = ", ".join(item.mapping.name for item in conflict.paired)
    message = f"in several groups whose mappings have equal priority and want different things: {names}"
    decisions.people.block("conflict", message, entra_id, mapping=conflict.paired[0].mapping, login=login)


def _keep(decisions: Decisions, link: Link, wanted: Wanted, *, twice: bool) -> None:
    """A linked person whom a healthy mapping wants: enabled, up to date, in the right group."""
    people, node = decisions.people, link.node
    if report_trouble(people, wanted, node.login):
        return
    if not node.enabled and not _may_enable(decisions, link):
        hint = " (`reenable: always` would enable them)" if people.role is Role.TECHNICIAN else ""
        people.report(
            "kept_disabled",
            f"disabled in Rescue by a person, enabled in Entra; left disabled{hint}",
            mapping=wanted.paired.mapping,
            login=node.login,
        )
        decisions.kept_disabled += 1
        return
    login = (wanted.login if wanted.full_sync else None) or node.login
    if decisions.queues(wanted.person.id, node, wanted.paired.mapping, login):
        return
    actual, takeover = confirm_and_take_over(decisions, wanted, node)
    if actual is None or takeover.blocked:
        return
    marker = decisions.marker(wanted, link.marker)
    difference = diff_person(wanted, actual, node.parent, marker, login=not takeover.login_stays)
    if not difference:
        decisions.unchanged += 1
        decisions.claim(wanted, node, link.marker, None, twice=twice)
        return
    action = decisions.act(
        wanted.person.id,
        node,
        difference,
        mapping=wanted.paired.mapping,
        name=wanted.name,
        reason=decisions.reason(wanted),
        lead=None if node.enabled else "enable",
        twice=twice,
        needs=takeover.needs,
    )
    decisions.claim(wanted, node, link.marker, action)


def _disable(decisions: Decisions, entra_id: str, link: Link, own: Paired | None, reason: str, *, twice: bool) -> None:
    """Disabled, the licence released in the same write; whoever is disabled already gets no `!off` for that (D9)."""
    node = link.node
    actual = decisions.confirmed(entra_id, node)
    if actual is None:
        return
    marker = link.marker._replace(licence=after_leaving(link.marker, _of(own)))
    decisions.act(
        entra_id,
        node,
        diff_leaver(actual, marker._replace(off=marker.off or node.enabled)),
        mapping=_of(own),
        name=normal_text(node.name),
        reason=reason,
        lead="disable" if node.enabled else None,
        twice=twice,
    )


def _of(paired: Paired | None) -> Mapping | None:
    return paired.mapping if paired else None
