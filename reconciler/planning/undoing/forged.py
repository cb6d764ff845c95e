"""Outcomes that say of the time before a run what no run can have found: an edited or forged file takes nothing back.

Whoever has two markers or another owner's is never written (D3). Only a re-hire changes whose a node is, and the node
was disabled before (D16). No adoption disables anybody. A plan has one action per person (§4).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from reconciler.model.hierarchy import Role, Tree
from reconciler.model.marker import MarkersDiffer, find_marker, find_markers
from reconciler.model.undo import Left
from reconciler.planning.undoing.against import Against
from reconciler.planning.undoing.reversals import Reversal


def find_forged(tree: Tree, owner: str, reversals: Sequence[Reversal]) -> dict[str, Against]:
    """By action id. `owner`: whose markers are ours, in lower case."""
    linked: dict[tuple[Role, str], set[int]] = {}
    for role in Role:
        for node in tree.people(role):
            for marker in find_markers(node.description):
                linked.setdefault((role, marker.entra_id), set()).add(node.id)
    spoken_of = Counter(reversal.node.id for reversal in reversals)
    found = {}
    for reversal in reversals:
        why = _why(reversal, owner, linked)
        if spoken_of[reversal.node.id] > 1:
            why = "in two ways"
        if why is not None:
            message = f"no run can have found them as the outcomes say: {why}"
            found[reversal.outcome.id] = Against(Left(reversal.outcome, "kept", message))
    return found


def _why(reversal: Reversal, owner: str, linked: dict[tuple[Role, str], set[int]]) -> str | None:
    text = reversal.after("description")
    if text is None:
        return None
    try:
        before = find_marker(str(text))
    except MarkersDiffer:
        return "with two different markers"
    if before is None:
        return "enabled, and not linked to anybody" if reversal.after("enabled") is True else None
    if before.owner != owner:
        return f"linked by another owner, {before.owner}"
    now = find_marker(reversal.actual.description)
    if now is None:
        return "linked, though no run takes a link away"
    if before.entra_id == now.entra_id:
        return None
    if not (reversal.outcome.rehires and before.off):
        return "linked to somebody else, though nobody was hired again"
    others = linked.get((reversal.role, before.entra_id), set()) - {reversal.node.id}
    return f"linked to somebody who has node {min(others)}" if others else None
