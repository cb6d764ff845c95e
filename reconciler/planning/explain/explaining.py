"""`explain`: what one plan decided about one person, and by which rule. Pure; decides nothing anew.

Actions and findings are taken from the plan. Where it has neither, the person is in sync, waits, or is none of ours,
and the facts the plan was made from tell which.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from reconciler.model.directory import Account, Group, Person
from reconciler.model.explanation import (
    Decided,
    EntraSeen,
    Explanation,
    Membership,
    NodeSeen,
    PersonExplained,
    RoleExplained,
)
from reconciler.model.hierarchy import PERSON_TYPE, Node, NodeType, Role
from reconciler.model.mappings import Mappings
from reconciler.model.plan import Action, Finding, Plan
from reconciler.model.readings import Readings
from reconciler.model.rules import RULES_OF_FINDINGS
from reconciler.model.text import normal_login
from reconciler.planning.explain.about import findings_about, is_about, withholds
from reconciler.planning.explain.exceptions import exceptions_for, is_retired, left_out_of
from reconciler.planning.explain.memberships import find_memberships, find_unseen
from reconciler.planning.explain.reading_markers import read_markers
from reconciler.planning.explain.standing import quiet_reason
from reconciler.planning.explain.subjects import Subject, find_subjects
from reconciler.planning.explain.why import REMARKS, rules_of_action

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
    facts = _Facts(
        subject,
        mappings,
        readings,
        plan,
        memberships,
        findings=findings_about(subject, plan, memberships, mappings, readings),
        account=account_of(subject, readings),
        left_out=left_out_of(subject, mappings, today),
        retired=is_retired(subject, mappings),
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


@dataclass(frozen=True, slots=True)
class _Facts:
    """What is known of one person, whichever role of theirs is looked at."""

    subject: Subject
    mappings: Mappings
    readings: Readings
    plan: Plan
    memberships: tuple[Membership, ...]
    findings: list[Finding]
    account: Account | None
    left_out: str | None
    retired: bool


def _explain_roles(facts: _Facts) -> Iterable[RoleExplained]:
    """One entry a node; and one for each role that they are in a group for, or are created in, without a node."""
    subject, nodes = facts.subject, facts.readings.tree.nodes
    actions = [action for action in facts.plan.actions if is_about(action, subject)]
    adopted = {action.subject.node_id for action in actions if "adopt" in action.verbs}
    theirs = {node.id: node for node in (*subject.nodes, *(nodes[id_] for id_ in adopted if id_ is not None))}
    for node in sorted(theirs.values(), key=lambda node: (node.type, node.id)):
        yield _explain_role(facts, _ROLES[node.type], node, [one for one in actions if one.subject.node_id == node.id])
    created = [action for action in actions if action.subject.node_id not in theirs]
    there = {_ROLES[node.type] for node in theirs.values()}
    wanted = [item.role for item in facts.memberships if item.counts and item.role not in there]
    without = dict.fromkeys([*(action.role for action in created), *wanted])
    for role in without or ([] if theirs else [Role.TECHNICIAN.value]):
        yield _explain_role(facts, role, None, [action for action in created if action.role == role])


def _explain_role(facts: _Facts, role: str, node: Node | None, actions: list[Action]) -> RoleExplained:
    """`node` None: they have none in it, or get one."""
    roles = {mapping.name: mapping.role.value for mapping in facts.mappings.mappings}
    findings = [one for one in facts.findings if one.mapping is None or roles[one.mapping] == role]
    seen = _node_seen(node, facts.mappings, facts.readings) if node is not None else None
    return RoleExplained(
        role=role,
        node=seen,
        decided=_decide_by_survival(node)
        or _decide_by_action(facts, seen, actions, findings)
        or _decide_by_taking_over(facts, node)
        or _decide_by_finding(facts, node, findings)
        or _decide_by_facts(facts, role, node, seen),
        actions=tuple(actions),
        held=tuple(action.id for action in actions if action.id in facts.plan.held),
        needs=_needed(actions, facts.plan),
        findings=tuple(findings),
    )


def _decide_by_survival(node: Node | None) -> Decided | None:
    if node is None or node.type != NodeType.MASTER_ADMINISTRATOR:
        return None
    return Decided(rules=("§6", "R57"), text="master administrators are never written (survival)")


def _decide_by_action(
    facts: _Facts, seen: NodeSeen | None, actions: Sequence[Action], findings: Iterable[Finding]
) -> Decided | None:
    if not actions:
        return None
    action = actions[0]
    rules = rules_of_action(
        action,
        account=facts.account,
        left_out=facts.left_out,
        marked=seen is not None and any(marker.ours for marker in seen.markers),
        retired=facts.retired,
        full_sync=all(item.full_sync for item in facts.mappings.mappings if item.name == action.mapping),
        undecided=any(finding.code == "conflict" for finding in findings),
    )
    return Decided(rules=rules, text=f"{' and '.join(action.verbs)}: {action.reason}")


def _decide_by_taking_over(facts: _Facts, node: Node | None) -> Decided | None:
    """By what is done to their node for another person, who is re-hired (D16)."""
    for action in facts.plan.actions:
        if node is not None and action.subject.node_id == node.id:
            text = f"their node goes to the account {action.subject.entra_id}: {action.reason}"
            return Decided(rules=("D16",), text=text)
    return None


def _decide_by_finding(facts: _Facts, node: Node | None, findings: Iterable[Finding]) -> Decided | None:
    """By the one that comes first in §1's order, if any withholds something."""
    order = list(RULES_OF_FINDINGS)
    theirs = [
        finding
        for finding in findings
        if finding.code not in REMARKS
        and withholds(finding, facts.subject, node, facts.memberships, facts.mappings.owner)
    ]
    first = min(theirs, key=lambda finding: order.index(finding.code), default=None)
    return Decided(rules=RULES_OF_FINDINGS[first.code], text=first.message) if first is not None else None


def _decide_by_facts(facts: _Facts, role: str, node: Node | None, seen: NodeSeen | None) -> Decided:
    addresses = facts.readings.addresses.values()
    return quiet_reason(
        role=role,
        seen=seen,
        account=facts.account,
        left_out=facts.left_out,
        retired=facts.retired,
        memberships=[item for item in facts.memberships if item.role == role],
        elsewhere=[item for item in facts.memberships if item.role != role],
        unseen=find_unseen(facts.mappings, facts.readings),
        is_alias=node is not None
        and any(normal_login(node.login) == normal_login(alias) for found in addresses for alias in found or ()),
        mappings=facts.mappings,
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
