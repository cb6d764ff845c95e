"""What of a plan is about somebody: its actions, and its findings, which name people in several ways. For `explain`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import accumulate

from reconciler.model.explanation import Membership
from reconciler.model.hierarchy import Node
from reconciler.model.mappings import Mappings
from reconciler.model.plan import Action, Finding, Plan
from reconciler.model.readings import Readings
from reconciler.model.text import normal_login
from reconciler.planning.explain.reading_markers import read_markers
from reconciler.planning.explain.subjects import Subject, our_markers
from reconciler.planning.people import held_by

_OF_A_NODE = frozenset({"marker_bad", "marker_twice", "orphaned"})
"""Findings about one node and its marker, whoever else has its login in the other role."""


def is_about(action: Action, subject: Subject) -> bool:
    """By object id where both have one: the node of somebody gone may be another one's by now (D16)."""
    if subject.entra_id is not None and action.subject.entra_id is not None:
        return action.subject.entra_id == subject.entra_id
    return action.subject.node_id in [node.id for node in subject.nodes]


def findings_about(
    subject: Subject, plan: Plan, memberships: Sequence[Membership], mappings: Mappings, readings: Readings
) -> list[Finding]:
    """Those about them or naming them, and `frozen` of a mapping that has them or that their marker means."""
    marked = {marker.mapping for node in subject.nodes for marker in read_markers(node, None, mappings, readings)}
    inside = {item.mapping for item in memberships if item.counts or item.how == "nested"}
    return [
        finding
        for finding in plan.findings
        if (finding.code == "frozen" and finding.mapping in marked | inside)
        or _has_login_of(finding, subject)
        or _names_any(finding.message, subject.nodes)
        or _freezes_branch(finding, memberships)
    ]


def withholds(
    finding: Finding, subject: Subject, node: Node | None, memberships: Sequence[Membership], owner: str
) -> bool:
    """Whether a finding is theirs, as whom this node is.

    Not one that only names the node, nor one about somebody else who wants what a node linked to them has (D16, D21).
    """
    if _freezes_branch(finding, memberships):
        return True
    markers = our_markers(node, owner) if node is not None else []
    if finding.code in _OF_A_NODE:
        return node is not None and (
            _names_any(finding.message, [node]) or any(f"{marker.mapping}…" in finding.message for marker in markers)
        )
    if node is not None and markers and held_by(node) in finding.message:
        return False
    if finding.login:
        return _has_login_of(finding, subject)
    return node is not None and _names_any(finding.message, [node])


def _has_login_of(finding: Finding, subject: Subject) -> bool:
    """The login of a finding may be whatever the file calls somebody."""
    return finding.login is not None and normal_login(finding.login) in subject.called


def _names_any(message: str, nodes: Iterable[Node]) -> bool:
    return any(re.search(rf"\bnodes?:? (?:\d+, )*{node.id}\b", message) for node in nodes)


def _freezes_branch(finding: Finding, memberships: Sequence[Membership]) -> bool:
    """Whether it is about a nested group on somebody's way into a mapping, below which nothing is written (D2)."""
    if finding.severity != "error":
        return False
    ways = [item.path for item in memberships if item.mapping == finding.mapping]
    heads = [head for way in ways for head in accumulate(way, "{} > {}".format)]
    return any(finding.message.startswith(f"{head}: ") for head in heads)
