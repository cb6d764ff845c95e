"""People Entra wants and no marker links yet: adopted, created, or blocked with the reason (D5, D14, D16)."""

from __future__ import annotations

from reconciler.model.hierarchy import Node, Role
from reconciler.model.marker import NO_PRINT
from reconciler.model.text import is_bad_name, normal_login
from reconciler.planning.decisions import Decisions, Need
from reconciler.planning.desired import Conflict, Wanted, login_of
from reconciler.planning.diff import Difference, diff_leaver, diff_newcomer, diff_person
from reconciler.planning.identity import BAD_NAME, confirm_and_take_over, report_trouble, take_over
from reconciler.planning.linked import report_conflict
from reconciler.planning.people import own_addresses
from reconciler.planning.roles import ROLE_WORDS, report_second_role


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
    elif not row.enabled:
        if login is not None:
            _decide_disabled(decisions, entra_id, login)
    elif wanted is None or (login is None and _only_adopts(wanted)):
        return
    elif veto := decisions.veto(entra_id, login or ""):
        people.block("protected", f"neither created nor adopted: {veto}", entra_id, login=shown)
    elif entra_id in people.matches.named_in_doubt:
        people.blocked.add(entra_id)  # `marker_bad` tells which node may be theirs
    elif isinstance(wanted, Conflict):
        report_conflict(decisions, entra_id, wanted, shown)
    elif decisions.waits(wanted):
        decisions.let_wait(wanted)
    elif not report_trouble(people, wanted, None):
        _decide_wanted(decisions, wanted, normal_login(login or ""))


def _only_adopts(wanted: Wanted | Conflict) -> bool:
    """No mapping that could have them creates anybody or writes an attribute, so without a login nothing is missed."""
    paired = wanted.paired if isinstance(wanted, Conflict) else (wanted.paired,)
    return not any(item.mapping.full_sync or item.mapping.create_missing for item in paired)


def _decide_wanted(decisions: Decisions, wanted: Wanted, key: str) -> None:
    people = decisions.people
    here = people.matches.nodes_of_role(key)
    if len(here) == 1 and here[0].id in people.matches.unmarked:
        _meet(decisions, wanted, here[0])
    elif report_second_role(people, wanted, key):
        return
    elif not wanted.paired.mapping.create_missing:
        decisions.not_created.setdefault(wanted.paired.mapping.name, []).append(wanted.login or "")
    elif is_bad_name(wanted.person.name):
        people.block_wanted(*BAD_NAME, wanted)
    else:
        takeover = take_over(decisions, wanted, None)
        if not takeover.blocked and not _known_elsewhere(decisions, wanted):
            _create(decisions, wanted, takeover.needs)


def _meet(decisions: Decisions, wanted: Wanted, node: Node) -> None:
    """An unmarked node with the wanted login (D5)."""
    people = decisions.people
    if not node.enabled:
        people.report(
            "kept_disabled",
            f"a disabled {ROLE_WORDS[people.role]} nobody linked has this login; enable them in Rescue to have them "
            "adopted",
            mapping=wanted.paired.mapping,
            login=wanted.login,
        )
        decisions.kept_disabled += 1
    elif setting := _adopts_nobody(decisions):
        message = f"already in Rescue as node {node.id}, and {setting}"
        people.block_wanted("adopt_blocked", message, wanted)
    else:
        actual, takeover = confirm_and_take_over(decisions, wanted, node)
        if actual is None or takeover.blocked:
            return
        difference = diff_person(wanted, actual, node.parent, decisions.marker(wanted, None))
        _adopt(decisions, wanted, node, difference, decisions.reason(wanted), takeover.needs)


def _decide_disabled(decisions: Decisions, entra_id: str, login: str) -> None:
    """Adopting a member who is disabled in Entra disables them too (D5). Nobody of that login: nothing."""
    people = decisions.people
    wanted = people.switched_off.get(entra_id)
    nodes = people.matches.nodes_of_role(normal_login(login))
    if wanted is None or len(nodes) != 1 or nodes[0].id not in people.matches.unmarked or not nodes[0].enabled:
        return
    node = nodes[0]
    if veto := decisions.veto(entra_id, login):
        people.block("protected", f"disabled in Entra, not adopted: {veto}", entra_id, login=login)
    elif isinstance(wanted, Conflict):
        report_conflict(decisions, entra_id, wanted, login)
    elif decisions.waits(wanted):
        decisions.let_wait(wanted)
    elif report_trouble(people, wanted, None):
        return
    elif setting := _adopts_nobody(decisions):
        message = f"disabled in Entra, enabled in Rescue as node {node.id}, and {setting}"
        people.block_wanted("adopt_blocked", message, wanted)
    elif actual := decisions.confirmed(entra_id, node):
        marker = decisions.marker(wanted, None)._replace(off=True)
        if actual.sso_id != wanted.sso_id:
            marker = marker._replace(print=NO_PRINT)  # what the SSO ID will be once they are back is not written now
        _adopt(decisions, wanted, node, diff_leaver(actual, marker), "account disabled in Entra")


def _adopts_nobody(decisions: Decisions) -> str | None:
    """Which setting forbids adopting in this role, as a clause, or None (D5)."""
    if decisions.settings.adopt == "never":
        return "settings.adopt is never"
    if decisions.people.role is Role.ADMIN and not decisions.settings.adopt_admins:
        return "settings.adopt_admins is false"
    return None


def _adopt(
    decisions: Decisions,
    wanted: Wanted,
    node: Node,
    difference: Difference,
    reason: str,
    needs: tuple[Need, ...] = (),
) -> None:
    decisions.act(
        wanted.person.id,
        node,
        difference,
        mapping=wanted.paired.mapping,
        name=wanted.name,
        reason=reason,
        lead="adopt",
        needs=needs,
    )


def _known_elsewhere(decisions: Decisions, wanted: Wanted) -> bool:
    """Is an unmarked node this person under another of their addresses? Asks for those addresses first (D5)."""
    people, entra_id = decisions.people, wanted.person.id
    if entra_id not in people.readings.addresses:
        people.questions.addresses.add(entra_id)
        return True
    addresses = people.readings.addresses[entra_id]
    if addresses is None:
        message = "not created: their other addresses could not be read from Entra"
        people.block_wanted("unconfirmed", message, wanted)
        return True
    for address in sorted({normal_login(item) for item in addresses} | own_addresses(wanted.person)):
        for node in people.matches.nodes_of_role(address):
            if node.id not in people.matches.unmarked:
                continue
            what = "enabled" if node.enabled else "disabled"
            message = (
                f"not created: the {what} {node.type} {node.login} (node {node.id}) has another of their addresses"
            )
            people.block_wanted("possible_rename", message, wanted)
            return True
    return False


def _create(decisions: Decisions, wanted: Wanted, needs: tuple[Need, ...]) -> None:
    decisions.act(
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
