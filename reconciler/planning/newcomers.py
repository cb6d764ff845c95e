"""People Entra wants and no marker links yet: adopted, created, or blocked with the reason (D5, D14, D16)."""

from __future__ import annotations

from dataclasses import replace

from reconciler.model.hierarchy import Node
from reconciler.model.marker import NO_PRINT
from reconciler.model.text import normal_login, sort_key
from reconciler.planning.decisions import Decisions
from reconciler.planning.desired import Conflict, Wanted, make_wanted
from reconciler.planning.diff import Difference, diff_leaver, diff_newcomer, diff_person, make_action
from reconciler.planning.identity import giver_of, held_by, name_or_login_trouble, sso_trouble
from reconciler.planning.linked import decide_conflict
from reconciler.planning.matching import is_blank
from reconciler.planning.people import own_addresses


def decide_newcomer(decisions: Decisions, entra_id: str) -> None:
    people = decisions.people
    row = people.rows[entra_id]
    if entra_id in people.left_out:
        if row.guest and decisions.settings.guests == "skip":
            people.report("guest", "a guest account, skipped (settings.guests)", login=row.mail or row.upn)
        return
    if not row.enabled:
        _decide_disabled(decisions, entra_id)
        return
    wanted = people.wanted.get(entra_id)
    if wanted is None:
        return
    if isinstance(wanted, Conflict):
        decide_conflict(decisions, entra_id, None, wanted)
        return
    if decisions.waits(wanted) or name_or_login_trouble(decisions, wanted, None) or wanted.login is None:
        return
    key = normal_login(wanted.login)
    held = decisions.shielded(frozenset({key}))
    if held:
        people.block("protected", f"neither created nor adopted: {held}", wanted)
        return
    here = people.matches.nodes_of_role(key)
    elsewhere = people.matches.nodes_of_others(key)
    unmarked = [node for node in here if node.id in people.matches.unmarked]
    if len(here) == 1 and unmarked:
        _meet(decisions, wanted, unmarked[0])
    elif here:
        _take_over(decisions, entra_id, wanted, here)
    elif elsewhere:
        people.block("both_roles", f"{held_by(elsewhere[0])}; a second node is not created", wanted)
    elif not _known_elsewhere(decisions, entra_id, wanted):
        _newcomer(decisions, wanted, None)


def _meet(decisions: Decisions, wanted: Wanted, node: Node) -> None:
    """An unmarked node with the wanted login (D5)."""
    people = decisions.people
    if not node.enabled:
        people.block(
            "kept_disabled",
            "a disabled technician nobody linked has this login; enable them in Rescue to have them adopted",
            wanted,
        )
        decisions.kept_disabled += 1
    elif decisions.settings.adopt == "never":
        people.block("adopt_blocked", f"already in Rescue as node {node.id}, and settings.adopt is never", wanted)
    else:
        actual = decisions.confirmed(node)
        if actual is None or sso_trouble(decisions, wanted, node):
            return
        marker = decisions.marker(wanted, None)
        difference = diff_person(wanted, actual, node.parent, marker)
        _adopt(decisions, wanted, node, difference, decisions.reason(wanted))


def _decide_disabled(decisions: Decisions, entra_id: str) -> None:
    """Adopting a member who is disabled in Entra disables them too (D5). Nobody of that login: nothing."""
    people = decisions.people
    row = people.rows[entra_id]
    healthy = [item for item in people.places_of(entra_id) if item.frozen is None]
    if not healthy:
        return
    paired = min(healthy, key=lambda item: (item.mapping.priority, item.entra_id or ""))
    wanted = make_wanted(row, paired, decisions.settings)
    if wanted.login is None or decisions.waits(wanted):
        return
    nodes = people.matches.nodes_of_role(normal_login(wanted.login))
    if len(nodes) != 1 or nodes[0].id not in people.matches.unmarked or not nodes[0].enabled:
        return
    if decisions.settings.adopt == "never":
        message = f"disabled in Entra, enabled in Rescue as node {nodes[0].id}, and settings.adopt is never"
        people.block("adopt_blocked", message, wanted)
        return
    actual = decisions.confirmed(nodes[0])
    if actual is None:
        return
    marker = replace(decisions.marker(wanted, None), off=True)
    if actual.sso_id != wanted.sso_id:
        marker = replace(marker, print=NO_PRINT)  # what the SSO ID will be once they are back is not written now
    _adopt(decisions, wanted, nodes[0], diff_leaver(actual, marker), "account disabled in Entra")


def _adopt(decisions: Decisions, wanted: Wanted, node: Node, difference: Difference, reason: str) -> None:
    action = make_action(
        decisions.people.role,
        decisions.tree,
        entra_id=wanted.person.id,
        mapping=wanted.paired.mapping,
        node=node,
        login=node.login,
        name=wanted.name,
        difference=difference,
        reason=reason,
        lead="adopt",
    )
    decisions.add(action, names=own_addresses(wanted.person))


def _take_over(decisions: Decisions, entra_id: str, wanted: Wanted, holders: list[Node]) -> None:
    """The wanted login is on somebody else's node: it can be had only from one who gives it up (D16)."""
    giver = giver_of(decisions, wanted, holders)
    if giver is None:
        decisions.people.block("blocked_login", f"{held_by(holders[0])}, which is not this person's", wanted)
    elif not _known_elsewhere(decisions, entra_id, wanted):
        _newcomer(decisions, wanted, giver)


def _known_elsewhere(decisions: Decisions, entra_id: str, wanted: Wanted) -> bool:
    """Is an unmarked node this person under another of their addresses? Asks for those addresses first (D5)."""
    people = decisions.people
    if sso_trouble(decisions, wanted, None):
        return True
    if entra_id not in people.readings.addresses:
        people.questions.addresses.add(entra_id)
        return True
    addresses = people.readings.addresses[entra_id]
    if addresses is None:
        people.block("possible_rename", "not created: their other addresses could not be read from Entra", wanted)
        return True
    for address in sorted({normal_login(item) for item in addresses} | own_addresses(wanted.person)):
        for node in people.matches.nodes_of_role(address):
            if node.id not in people.matches.unmarked:
                continue
            what = "enabled" if node.enabled else "disabled"
            message = f"not created: the {what} technician {node.login} (node {node.id}) has another of their addresses"
            people.block("possible_rename", message, wanted)
            return True
    return False


def _newcomer(decisions: Decisions, wanted: Wanted, giver: str | None) -> None:
    if wanted.paired.mapping.create_missing:
        decisions.newcomers.append((wanted, decisions.marker(wanted, None), giver))


def create_newcomers(decisions: Decisions) -> None:
    """Creations by group and login, each filling a half-made node of its group if one is left (D14)."""
    people = decisions.people
    blanks: dict[int, list[Node]] = {}
    newcomers = sorted(decisions.newcomers, key=lambda item: (item[0].node, sort_key(item[0].login or "")))
    for wanted, marker, giver in newcomers:
        if wanted.node not in blanks:
            blanks[wanted.node] = _usable_blanks(decisions, wanted.node)
        blank = blanks[wanted.node].pop(0) if blanks[wanted.node] else None
        action = make_action(
            people.role,
            decisions.tree,
            entra_id=wanted.person.id,
            mapping=wanted.paired.mapping,
            node=blank,
            login=wanted.login or "",
            name=wanted.name,
            difference=Difference(diff_newcomer(wanted, marker), None),
            reason=decisions.reason(wanted) + (f"; fills the half-made node {blank.id}" if blank else ""),
            lead="create",
            creates_in=wanted.node,
        )
        if decisions.add(action, names=own_addresses(wanted.person), giver=giver) and blank is not None:
            people.matches.blanks[wanted.node].remove(blank)
            decisions.refills += blank.enabled


def _usable_blanks(decisions: Decisions, group: int) -> list[Node]:
    """Half-made nodes of a group that getUser confirms to be blank."""
    usable = []
    for node in decisions.people.matches.blanks.get(group, ()):
        if decisions.people.knows(node):
            actual = decisions.people.details(node)
            if actual is not None and is_blank(actual) and not actual.sso_id:
                usable.append(node)
    return usable


def report_blanks(decisions: Decisions) -> None:
    ours = {item.node: item for item in decisions.people.paired if item.node is not None}
    for group, blanks in sorted(decisions.people.matches.blanks.items()):
        if group not in ours:
            continue
        for node in blanks:
            decisions.people.report(
                "half_made",
                f"node {node.id} in {decisions.tree.path_text(group)} was created and never filled; the next creation "
                "there fills it",
                mapping=ours[group].mapping,
            )
