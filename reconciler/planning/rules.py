"""The order of rules of product.md §1, tried for each person of a role; the first that fits decides.

survival, `protected`, `overrides: hold` -> certain leaver -> frozen mapping -> marker trouble (D3) -> conflict (D11) ->
trouble with the login (D12, D16) -> everything else. Nobody who is neither linked by our marker nor adopted is ever
written.
"""

from __future__ import annotations

from reconciler.planning.decisions import Decisions
from reconciler.planning.in_sync import InSync
from reconciler.planning.included import report_included
from reconciler.planning.linked import decide_links
from reconciler.planning.newcomers import decide_newcomer
from reconciler.planning.unmanaged import decide_unmanaged


def decide_all(decisions: Decisions, in_sync: InSync) -> None:
    """Everybody of one role, in the order of their object ids. Findings and questions go to `decisions.people`.

    Of those in sync only a mobile licence is still to be looked at.
    """
    people = decisions.people
    report_included(people)
    for node_id, differing in people.matches.troubled.items():
        login = decisions.tree.nodes[node_id].login
        message = f"node {node_id} carries two markers that differ: {differing}"
        people.block("marker_bad", message, f"node:{node_id}", login=login)
    for node_id, marker in people.matches.strayed.items():
        node = decisions.tree.nodes[node_id]
        message = f"node {node_id} is marked for {marker.mapping}…, a mapping of the other role; that does not count"
        people.report("orphaned", message, login=node.login)
    decisions.unchanged = in_sync.unchanged
    for wanted, link in in_sync.licensed:
        decisions.claim(wanted, link.node, link.marker, None)
    for entra_id in in_sync.rest:
        links = people.matches.linked.get(entra_id)
        if links is None:
            decide_newcomer(decisions, entra_id)
        else:
            decide_links(decisions, entra_id, links)
    decisions.unmanaged = decide_unmanaged(decisions)
    decisions.drop_overtaken()
