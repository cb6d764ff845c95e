"""What decided about one role of one person, for `explain`: the first of §1's order that there is something of.

Survival, then what is done to their node or for them, then what is withheld, then what the facts show.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reconciler.model.directory import Account
from reconciler.model.explanation import Decided, Membership, NodeSeen
from reconciler.model.hierarchy import Node, NodeType
from reconciler.model.mappings import Mappings, Retired
from reconciler.model.plan import Action, Finding, Plan
from reconciler.model.readings import Readings
from reconciler.model.rules import RULES_OF_FINDINGS
from reconciler.model.text import normal_login
from reconciler.planning.explain.about import withholds
from reconciler.planning.explain.exceptions import retired_for
from reconciler.planning.explain.memberships import find_unseen
from reconciler.planning.explain.standing import quiet_reason
from reconciler.planning.explain.subjects import Subject
from reconciler.planning.explain.why import REMARKS, rules_of_action


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one person, whichever role of theirs is looked at."""

    subject: Subject
    mappings: Mappings
    readings: Readings
    plan: Plan
    memberships: tuple[Membership, ...]
    findings: list[Finding]
    account: Account | None
    left_out: str | None


def decide(
    facts: Facts,
    role: str,
    node: Node | None,
    seen: NodeSeen | None,
    actions: Sequence[Action],
    findings: list[Finding],
) -> Decided:
    """`node`: theirs in this role, and as it is `seen`. `actions`, `findings`: about them in this role."""
    retired = retired_for(node, facts.mappings) if node is not None else []
    return (
        _decide_by_survival(node)
        or _decide_by_action(facts, seen, actions, findings, retired)
        or _decide_by_taking_over(facts, node)
        or _decide_by_finding(facts, node, findings)
        or _decide_by_facts(facts, role, node, seen, retired)
    )


def _decide_by_survival(node: Node | None) -> Decided | None:
    if node is None or node.type != NodeType.MASTER_ADMINISTRATOR:
        return None
    return Decided(rules=("§6", "R57"), text="master administrators are never written (survival)")


def _decide_by_action(
    facts: Facts,
    seen: NodeSeen | None,
    actions: Sequence[Action],
    findings: Iterable[Finding],
    retired: Sequence[Retired],
) -> Decided | None:
    if not actions:
        return None
    action = actions[0]
    rules = rules_of_action(
        action,
        account=facts.account,
        left_out=facts.left_out,
        marked=seen is not None and any(marker.ours for marker in seen.markers),
        retired=bool(retired),
        full_sync=all(item.full_sync for item in facts.mappings.mappings if item.name == action.mapping),
        undecided=any(finding.code == "conflict" for finding in findings),
    )
    return Decided(rules=rules, text=f"{' and '.join(action.verbs)}: {action.reason}")


def _decide_by_taking_over(facts: Facts, node: Node | None) -> Decided | None:
    """By what is done to their node for another person, who is re-hired (D16)."""
    for action in facts.plan.actions:
        if node is not None and action.subject.node_id == node.id:
            text = f"their node goes to the account {action.subject.entra_id}: {action.reason}"
            return Decided(rules=("D16",), text=text)
    return None


def _decide_by_finding(facts: Facts, node: Node | None, findings: Iterable[Finding]) -> Decided | None:
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


def _decide_by_facts(
    facts: Facts, role: str, node: Node | None, seen: NodeSeen | None, retired: Sequence[Retired]
) -> Decided:
    addresses = facts.readings.addresses.values()
    return quiet_reason(
        role=role,
        seen=seen,
        account=facts.account,
        left_out=facts.left_out,
        kept=any(item.people == "keep" for item in retired),
        memberships=[item for item in facts.memberships if item.role == role],
        elsewhere=[item for item in facts.memberships if item.role != role],
        unseen=find_unseen(facts.mappings, facts.readings),
        is_alias=node is not None
        and any(normal_login(node.login) == normal_login(alias) for found in addresses for alias in found or ()),
        mappings=facts.mappings,
    )
