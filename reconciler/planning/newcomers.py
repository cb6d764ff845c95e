"""People Entra wants and no marker links yet: adopted, created, or blocked with the reason (D5, D14, D16)."""

from __future__ import annotations

from reconciler.model.hierarchy import Node
from reconciler.model.marker import NO_PRINT
from reconciler.model.text import normal_login
from reconciler.planning.aliases import Known, adopts_by_alias, adopts_nobody, find_by_alias, find_disabled_by_alias
from reconciler.planning.decisions import Decisions, Need
from reconciler.planning.desired import Conflict, Wanted, login_of
from reconciler.planning.diff import Difference, diff_leaver, diff_newcomer, diff_person
from reconciler.planning.identity import BAD_NAME, confirm_and_take_over, report_trouble, take_login, take_over
from reconciler.planning.licences import after_leaving
from reconciler.planning.linked import report_conflict
from reconciler.planning.rehires import decide_rehire
from reconciler.planning.roles import report_second_role


def decide_newcomer(decisions: Decisions, entra_id: str) -> None:
    """The rules in their order for somebody whom no node is linked to."""
    people = decisions.people
    row = people.rows[entra_id]
    login = login_of(row, decisions.settings)
    shown = login or row.mail or row.upn
    wanted = people.wanted.get(entra_id)
    if entra_id in people.left_out:
        if row.guest and decisions.settings.guests == "skip":
            people.report("guest", "a guest account, skipped (settings.guests)", login=shown)
    elif entra_id in people.stuck:
        people.blocked.add(entra_id)
    elif not row.enabled:
        _decide_disabled(decisions, entra_id, login)
    elif wanted is None or (login is None and _only_adopts(wanted)):
        return
    elif veto := decisions.veto(entra_id, shown):
        people.block("protected", f"neither created nor adopted: {veto}", entra_id, login=shown)
    elif entra_id in people.matches.named_in_doubt:
        people.blocked.add(entra_id)  # `marker_bad` tells which node may be theirs
    elif isinstance(wanted, Conflict):
        report_conflict(decisions, entra_id, wanted, shown)
    elif decisions.waits(wanted):
        decisions.let_wait(wanted)
    elif not report_trouble(people, wanted, None):
        _decide_wanted(decisions, wanted)


def _only_adopts(wanted: Wanted | Conflict) -> bool:
    """No mapping that could have them creates anybody or writes an attribute, so without a login nothing is missed."""
    paired = wanted.paired if isinstance(wanted, Conflict) else (wanted.paired,)
    return not any(item.mapping.full_sync or item.mapping.create_missing for item in paired)


def _decide_wanted(decisions: Decisions, wanted: Wanted) -> None:
    people = decisions.people
    here = people.matches.nodes_of_role(wanted.key)
    if len(here) == 1 and here[0].id in people.matches.unmarked:
        _meet(decisions, wanted, here[0])
    elif not decide_rehire(decisions, wanted, here) and not report_second_role(people, wanted, wanted.key):
        _decide_unmet(decisions, wanted)


def _decide_unmet(decisions: Decisions, wanted: Wanted) -> None:
    """Nobody unmarked has the wanted login: in Rescue under another address, or new."""
    people, creates = decisions.people, wanted.paired.mapping.create_missing
    if creates and wanted.bad_name:
        people.block_wanted(*BAD_NAME, wanted)
        return
    known = Known()
    if creates or adopts_by_alias(decisions):
        if (creates or wanted.full_sync) and take_login(decisions, wanted, None).blocked:
            return
        known = find_by_alias(decisions, wanted)
    if known.node is not None:
        _adopt_as_wanted(decisions, wanted, known.node)
    elif not creates and not known.settled:
        decisions.not_created.setdefault(wanted.paired.mapping.name, []).append(wanted.login or "")
    elif not known.settled:
        takeover = take_over(decisions, wanted, None)
        if not takeover.blocked:
            _create(decisions, wanted, takeover.needs)


def _meet(decisions: Decisions, wanted: Wanted, node: Node) -> None:
    """An unmarked node with the wanted login (D5)."""
    people = decisions.people
    if not node.enabled:
        decisions.keep_disabled(wanted, node)
    elif setting := adopts_nobody(decisions):
        message = f"already in Rescue as node {node.id}, and {setting}"
        people.block_wanted("adopt_blocked", message, wanted)
    else:
        _adopt_as_wanted(decisions, wanted, node)


def _adopt_as_wanted(decisions: Decisions, wanted: Wanted, node: Node) -> None:
    """Linked, and put right in the same action: the login too where it is another (D5), unless D12 keeps it."""
    actual, takeover = confirm_and_take_over(decisions, wanted, node)
    if actual is None or takeover.blocked:
        return
    marker = decisions.marker(wanted, None)
    difference = diff_person(wanted, actual, node.parent, marker, login=not takeover.login_stays)
    action = _adopt(decisions, wanted, node, difference, decisions.reason(wanted), takeover.needs)
    decisions.claim(wanted, node, None, action)


def _node_of_disabled(decisions: Decisions, wanted: Wanted | Conflict, login: str | None) -> Node | None:
    """The enabled unmarked node of a member whose account is disabled: by login, or by alias where that is adopted."""
    matches = decisions.people.matches
    nodes = matches.nodes_of_role(normal_login(login)) if login else []
    if not nodes and isinstance(wanted, Wanted) and adopts_by_alias(decisions):
        return find_disabled_by_alias(decisions, wanted)
    sole = len(nodes) == 1 and nodes[0].enabled and nodes[0].id in matches.unmarked
    return nodes[0] if sole else None


def _decide_disabled(decisions: Decisions, entra_id: str, login: str | None) -> None:
    """Adopting a member who is disabled in Entra disables them too (D5). Nobody of that login: nothing."""
    people = decisions.people
    wanted = people.switched_off.get(entra_id)
    node = _node_of_disabled(decisions, wanted, login) if wanted is not None else None
    if wanted is None or node is None:
        return
    login = login or node.login
    if veto := decisions.veto(entra_id, login):
        people.block("protected", f"disabled in Entra, not adopted: {veto}", entra_id, login=login)
    elif isinstance(wanted, Conflict):
        report_conflict(decisions, entra_id, wanted, login)
    elif decisions.waits(wanted):
        decisions.let_wait(wanted)
    elif report_trouble(people, wanted, None):
        return
    elif setting := adopts_nobody(decisions):
        message = f"disabled in Entra, enabled in Rescue as node {node.id}, and {setting}"
        people.block_wanted("adopt_blocked", message, wanted)
    elif actual := decisions.confirmed(entra_id, node):
        marker = decisions.marker(wanted, None)
        marker = marker._replace(off=True, licence=after_leaving(marker, wanted.paired.mapping))
        if actual.sso_id != wanted.sso_id:
            marker = marker._replace(print=NO_PRINT)  # what the SSO ID will be once they are back is not written now
        _adopt(decisions, wanted, node, diff_leaver(actual, marker), "account disabled in Entra")


def _adopt(
    decisions: Decisions,
    wanted: Wanted,
    node: Node,
    difference: Difference,
    reason: str,
    needs: tuple[Need, ...] = (),
) -> str:
    return decisions.act(
        wanted.person.id,
        node,
        difference,
        mapping=wanted.paired.mapping,
        name=wanted.name,
        reason=reason,
        lead="adopt",
        needs=needs,
    )


def _create(decisions: Decisions, wanted: Wanted, needs: tuple[Need, ...]) -> None:
    action = decisions.act(
        wanted.person.id,
        None,
        Difference(diff_newcomer(wanted, decisions.marker(wanted, None)), None),
        mapping=wanted.paired.mapping,
        name=wanted.name,
        reason=decisions.reason(wanted),
        lead="create",
        login=wanted.login,
        creates_in=wanted.node,
        needs=needs,
    )
    decisions.claim(wanted, None, None, action)
