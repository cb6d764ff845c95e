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
from reconciler.planning.explain.exceptions import exceptions_for, is_retired, left_out_of
from reconciler.planning.explain.memberships import find_memberships
from reconciler.planning.explain.reading_markers import read_markers
from reconciler.planning.explain.standing import quiet_reason
from reconciler.planning.explain.subjects import Subject, find_subjects
from reconciler.planning.explain.why import REMARKS, rules_of_action, speaks_of

_KINDS = {
    NodeType.TECHNICIAN: "technician",
    NodeType.ADMINISTRATOR: "administrator",
    NodeType.MASTER_ADMINISTRATOR: "master administrator",
}
_ROLES = {kind: role for role, kind in PERSON_TYPE.items()}


@dataclass(frozen=True, slots=True)
class Looked:
    """What Entra said when asked about the person alone, besides what the plan was made from."""

    people: Mapping[str, Person]
    groups: Mapping[str, frozenset[str] | None]
    """All groups of each, transitively, by object id; None where that could not be answered."""
    why: str = ""
    """What could not be asked."""
    named: frozenset[str] = frozenset()
    """Object ids of those whom Entra knows by the very name asked for, an alias among them."""


def explain_person(
    name: str, mappings: Mappings, readings: Readings, plan: Plan, looked: Looked, *, today: date
) -> Explanation:
    """Everybody `name` means, and why they are where they are. `today`: the day the plan was made for."""
    subjects = find_subjects(name, readings, mappings.owner, looked.people, looked.named)
    return Explanation(
        asked=name,
        file=mappings.file,
        sso_verified=readings.refresh,
        guards_refuse=bool(plan.violations),
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
    memberships = find_memberships(subject, mappings, readings, plan, looked.groups, today)
    account = subject.account
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
        roles=tuple(_explain_roles(subject, mappings, readings, plan, memberships, today)),
    )


def _entra_note(subject: Subject, readings: Readings, looked: Looked) -> str:
    if subject.account is not None:
        return ""
    if looked.why:
        return f"could not be asked about them: {looked.why}"
    if subject.entra_id is None:
        return "nobody has this address"
    known = account_of(subject, readings)
    return f"the account {subject.entra_id} {'does not exist' if known is Account.GONE else 'was not found'}"


def account_of(subject: Subject, readings: Readings) -> Account | None:
    """What the plan knew of their account; None where it did not have to know."""
    if subject.account is not None:
        return Account.ENABLED if subject.account.enabled else Account.DISABLED
    where = readings.whereabouts.get(subject.entra_id or "")
    return where.account if where is not None else None


def _explain_roles(
    subject: Subject,
    mappings: Mappings,
    readings: Readings,
    plan: Plan,
    memberships: tuple[Membership, ...],
    today: date,
) -> Iterable[RoleExplained]:
    """One entry a node; and one for each role that they are in a group for, or in the plan for, without a node."""
    actions = [action for action in plan.actions if _is_about(action, subject)]
    findings = _findings_about(subject, plan, memberships, mappings, readings)
    left_out = left_out_of(subject, mappings, today)
    explained = []
    with_node: set[str] = set()
    of_role: dict[str, list[Node]] = {}
    for node in sorted(subject.nodes, key=lambda node: (node.type, node.id)):
        of_role.setdefault(_role_of(node), []).append(node)
    for role, nodes in of_role.items():
        with_node.add(role)
        for node in nodes:
            mine = [action for action in actions if action.role == role and action.subject.node_id in (node.id, None)]
            seen = _node_seen(node, mappings, readings)
            explained.append(_Role(role, node, seen, mine, findings, memberships, left_out, plan))
    for role in dict.fromkeys([action.role for action in actions] + [item.role for item in memberships if item.counts]):
        if role not in with_node:
            mine = [action for action in actions if action.role == role]
            explained.append(_Role(role, None, None, mine, findings, memberships, left_out, plan))
    if not explained:
        explained.append(_Role(Role.TECHNICIAN.value, None, None, [], findings, memberships, left_out, plan))
    return [item.explain(subject, mappings, readings) for item in explained]


@dataclass(frozen=True, slots=True)
class _Role:
    """What is known of one role of one person, on its way to an explanation."""

    role: str
    node: Node | None
    seen: NodeSeen | None
    actions: list[Action]
    findings: list[Finding]
    memberships: tuple[Membership, ...]
    left_out: str | None
    plan: Plan

    def explain(self, subject: Subject, mappings: Mappings, readings: Readings) -> RoleExplained:
        roles = {mapping.name: mapping.role.value for mapping in mappings.mappings}
        mine = tuple(
            finding
            for finding in self.findings
            if finding.mapping is None or roles.get(finding.mapping, self.role) == self.role
        )
        return RoleExplained(
            role=self.role,
            node=self.seen,
            decided=self._decide(mine, subject, mappings, readings),
            actions=tuple(self.actions),
            needs=_needed(self.actions, self.plan),
            findings=mine,
        )

    def _decide(
        self, findings: tuple[Finding, ...], subject: Subject, mappings: Mappings, readings: Readings
    ) -> Decided:
        """By the action there is; else by the finding that comes first in §1's order; else by what the facts show."""
        marked = self.seen is not None and any(marker.ours for marker in self.seen.markers)
        if self.actions:
            action = self.actions[0]
            rules = rules_of_action(
                action,
                account=account_of(subject, readings),
                left_out=self.left_out,
                marked=marked,
                retired=is_retired(subject, mappings),
                full_sync=all(item.full_sync for item in mappings.mappings if item.name == action.mapping),
                undecided=any(finding.code == "conflict" for finding in findings),
            )
            verbs = " and ".join(verb.replace("_", " ") for verb in action.verbs)
            return Decided(rules=rules, text=f"{verbs}: {action.reason}")
        order = list(RULES_OF_FINDINGS)
        theirs = [finding for finding in findings if finding.code not in REMARKS and self._withholds(finding, subject)]
        if theirs:
            first = min(theirs, key=lambda finding: order.index(finding.code))
            return Decided(rules=RULES_OF_FINDINGS[first.code], text=first.message)
        return quiet_reason(
            role=self.role,
            node=self.node,
            seen=self.seen,
            account=account_of(subject, readings),
            left_out=self.left_out,
            retired=is_retired(subject, mappings),
            memberships=[item for item in self.memberships if item.role == self.role],
            elsewhere=[item for item in self.memberships if item.role != self.role],
            mappings=mappings,
        )

    def _withholds(self, finding: Finding, subject: Subject) -> bool:
        """Whether the finding is theirs, not one that only names their node as somebody else's holder."""
        if finding.code == "frozen":
            return False  # whom it holds back the facts tell
        if _freezes_branch(finding, self.memberships):
            return True
        ids = frozenset({str(self.node.id)} if self.node is not None else ())
        return speaks_of("" if finding.login else finding.message, finding.login, frozenset(subject.names), ids)


def _needed(actions: Iterable[Action], plan: Plan) -> tuple[Action, ...]:
    """Everything these actions wait for, directly or by way of others."""
    by_id = {action.id: action for action in plan.actions}
    waiting = [needed for action in actions for needed in action.depends_on]
    found: set[str] = set()
    while waiting:
        needed = waiting.pop()
        if needed in by_id and needed not in found:
            found.add(needed)
            waiting += by_id[needed].depends_on
    return tuple(action for action in plan.actions if action.id in found)


def _role_of(node: Node) -> str:
    return _ROLES[node.type].value if node.type in _ROLES else _KINDS[node.type]


def _is_about(action: Action, subject: Subject) -> bool:
    if action.subject.path is not None:
        return False
    if subject.entra_id is not None and action.subject.entra_id is not None:
        return action.subject.entra_id == subject.entra_id
    return action.subject.node_id in {node.id for node in subject.nodes}


def _findings_about(
    subject: Subject, plan: Plan, memberships: tuple[Membership, ...], mappings: Mappings, readings: Readings
) -> list[Finding]:
    """Those about them or naming them, and `frozen` of a mapping that has them or that their marker means."""
    ids = frozenset({str(node.id) for node in subject.nodes} | ({subject.entra_id} if subject.entra_id else set()))
    marked = {marker.mapping for node in subject.nodes for marker in read_markers(node, None, mappings, readings)}
    inside = {item.mapping for item in memberships if item.counts or item.how == "nested"}
    return [
        finding
        for finding in plan.findings
        if (finding.code == "frozen" and finding.mapping in marked | inside)
        or (finding.code != "frozen" and speaks_of(finding.message, finding.login, frozenset(subject.names), ids))
        or _freezes_branch(finding, memberships)
    ]


def _freezes_branch(finding: Finding, memberships: tuple[Membership, ...]) -> bool:
    """Whether it is about a nested group on somebody's way into a mapping, below which nothing is written (D2)."""
    if finding.severity != "error" or finding.login is not None:
        return False
    ways = [item.path for item in memberships if item.mapping == finding.mapping]
    heads = [" > ".join(way[:step]) + ": " for way in ways for step in range(2, len(way) + 1)]
    return any(finding.message.startswith(head) for head in heads)


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
