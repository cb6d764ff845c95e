"""`explain`: what one plan decided about one person, and by which rule. Pure; decides nothing anew.

Actions and findings are taken from the plan. Where it has neither, the person is in sync, waits, or is none of ours,
and the facts the plan was made from tell which.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from reconciler.model.directory import Account, Group, Person
from reconciler.model.explanation import (
    EntraSeen,
    Explanation,
    NodeSeen,
    PersonExplained,
    RoleExplained,
)
from reconciler.model.hierarchy import PERSON_TYPE, Node, NodeType, Role
from reconciler.model.mappings import Mappings
from reconciler.model.plan import Action, Plan
from reconciler.model.readings import Readings
from reconciler.planning.explain.about import findings_about, is_about
from reconciler.planning.explain.deciding import Facts, decide
from reconciler.planning.explain.exceptions import exceptions_for, left_out_of
from reconciler.planning.explain.memberships import find_memberships
from reconciler.planning.explain.reading_markers import read_markers
from reconciler.planning.explain.subjects import Subject, find_subjects

_KINDS = {
    NodeType.TECHNICIAN: "technician",
    NodeType.ADMINISTRATOR: "administrator",
    NodeType.MASTER_ADMINISTRATOR: "master administrator",
}
_ACCOUNTS: dict[Account | None, str] = {
    Account.ENABLED: "exists and is enabled",
    Account.DISABLED: "exists and is disabled",
    Account.GONE: "does not exist",
}
_ROLES = _KINDS | {kind: role.value for role, kind in PERSON_TYPE.items()}


@dataclass(frozen=True, slots=True)
class Looked:
    """What Entra said when asked about the person alone, besides what the plan was made from."""

    people: Mapping[str, Person]
    groups: Mapping[str, frozenset[str] | None]
    """All groups of each, transitively, by object id; None where that could not be answered."""
    why: str = ""
    """What could not be asked."""


def explain_person(
    name: str, mappings: Mappings, readings: Readings, plan: Plan, looked: Looked, *, today: date
) -> Explanation:
    """Everybody `name` means, and why they are where they are. `today`: the day the plan was made for."""
    subjects = find_subjects(name, readings, mappings.owner, looked.people)
    return Explanation(
        asked=name,
        file=mappings.file,
        sso_verified=readings.refresh,
        guards_refuse=plan.refused,
        people=tuple(_explain(subject, mappings, readings, plan, looked, today) for subject in subjects),
        tried=_tried(readings, looked),
    )


def _tried(readings: Readings, looked: Looked) -> tuple[str, ...]:
    groups = [group for group in readings.directory.groups.values() if isinstance(group, Group)]
    people = sum(1 for node in readings.tree.nodes.values() if node.type in _KINDS)
    asked = f"could not be asked: {looked.why}" if looked.why else "nobody has it"
    return (
        f"object ids, mails and UPNs in the {len(groups)} mapped Entra groups that could be read: nobody has it",
        f"all of Entra, by object id, UPN, mail and proxy address: {asked}",
        f"logins, and object ids in markers, of the {people} people in Rescue: nobody has it",
    )


def _explain(
    subject: Subject, mappings: Mappings, readings: Readings, plan: Plan, looked: Looked, today: date
) -> PersonExplained:
    memberships = find_memberships(subject, mappings, readings, plan, looked.groups, today, asked=not looked.why)
    account = subject.account
    facts = Facts(
        subject,
        mappings,
        readings,
        plan,
        memberships,
        findings=findings_about(subject, plan, memberships, mappings, readings),
        account=account_of(subject, readings),
        left_out=left_out_of(subject, mappings, today),
    )
    return PersonExplained(
        entra=EntraSeen(
            id=account.id,
            name=account.name,
            upn=account.upn,
            mail=account.mail,
            enabled=account.enabled,
            guest=account.guest,
        )
        if account is not None
        else None,
        entra_note=_entra_note(subject, readings, looked),
        memberships=memberships,
        exceptions=exceptions_for(subject, mappings, readings, plan, today),
        roles=tuple(_explain_roles(facts)),
    )


def _entra_note(subject: Subject, readings: Readings, looked: Looked) -> str:
    if subject.account is not None:
        return ""
    if looked.why:
        return f"could not be asked about them: {looked.why}"
    if subject.entra_id is None:
        return "nobody has this address"
    known = account_of(subject, readings)
    return f"the account {subject.entra_id} {_ACCOUNTS.get(known, 'was not found')}"


def account_of(subject: Subject, readings: Readings) -> Account | None:
    """What the plan knew of their account; None where it did not have to know."""
    if subject.account is not None:
        return Account.ENABLED if subject.account.enabled else Account.DISABLED
    where = readings.whereabouts.get(subject.entra_id) if subject.entra_id is not None else None
    return where.account if where is not None else None


def _explain_roles(facts: Facts) -> Iterable[RoleExplained]:
    """One entry a node; and one for each role that they are in a group for, or are created in, without a node."""
    subject, nodes = facts.subject, facts.readings.tree.nodes
    actions = [action for action in facts.plan.actions if is_about(action, subject)]
    adopted = {action.subject.node_id for action in actions if "adopt" in action.verbs}
    theirs = {node.id: node for node in (*subject.nodes, *(nodes[id_] for id_ in adopted if id_ is not None))}
    entries: list[tuple[str, Node | None, list[Action]]] = [
        (_ROLES[node.type], node, [action for action in actions if action.subject.node_id == node.id])
        for node in sorted(theirs.values(), key=lambda node: (node.type, node.id))
    ]
    created = [action for action in actions if action.subject.node_id not in theirs]
    there = {role for role, _, _ in entries}
    wanted = [item.role for item in facts.memberships if item.counts and item.role not in there]
    entries += [
        (role, None, [action for action in created if action.role == role])
        for role in dict.fromkeys([*(action.role for action in created), *wanted])
    ]
    entries = entries or [(Role.TECHNICIAN.value, None, [])]
    shown = frozenset(role for role, _, _ in entries)
    return [_explain_role(facts, role, node, mine, shown) for role, node, mine in entries]


def _explain_role(
    facts: Facts, role: str, node: Node | None, actions: list[Action], shown: frozenset[str]
) -> RoleExplained:
    """`node` None: they have none in it, or get one. `shown`: the roles of all entries.

    What is about a mapping of a role without an entry is told with each, and decides nothing there.
    """
    roles: dict[str | None, str] = {mapping.name: mapping.role.value for mapping in facts.mappings.mappings}
    roles[None] = role
    findings = [finding for finding in facts.findings if roles[finding.mapping] == role]
    others = shown - {role}
    told = [finding for finding in facts.findings if roles[finding.mapping] not in others]
    seen = _node_seen(node, facts.mappings, facts.readings) if node is not None else None
    return RoleExplained(
        role=role,
        node=seen,
        decided=decide(facts, role, node, seen, actions, findings),
        actions=tuple(actions),
        held=tuple(action.id for action in actions if action.id in facts.plan.held),
        needs=_needed(actions, facts.plan),
        findings=tuple(told),
    )


def _needed(actions: Iterable[Action], plan: Plan) -> tuple[Action, ...]:
    """Everything these actions wait for, directly or by way of others."""
    by_id = {action.id: action for action in plan.actions}
    waiting = [needed for action in actions for needed in action.depends_on]
    found: set[str] = set()
    while waiting:
        needed = waiting.pop()
        if needed not in found:
            found.add(needed)
            waiting += by_id[needed].depends_on
    return tuple(action for action in plan.actions if action.id in found)


def _node_seen(node: Node, mappings: Mappings, readings: Readings) -> NodeSeen:
    details = readings.details.get(node.id)
    return NodeSeen(
        id=node.id,
        kind=_KINDS[node.type],
        login=node.login,
        name=node.name,
        group=readings.tree.path_text(node.parent),
        enabled=node.enabled,
        status=node.status,
        sso_id=details.sso_id if details is not None else None,
        mobile=details.mobile if details is not None else None,
        markers=read_markers(node, details, mappings, readings),
    )
