"""The order of rules of product.md §1, tried for each person of a role; the first that fits decides.

survival, `protected`, `overrides: hold` (a veto, in `decisions`) -> certain leaver -> frozen mapping -> marker trouble
(D3) -> conflict (D11) -> trouble with the login (D12, D16) -> everything else. Nobody who is neither linked by our
marker nor adopted is ever written.
"""

from __future__ import annotations

from reconciler.model.hierarchy import Tree
from reconciler.planning.decisions import Decisions
from reconciler.planning.linked import decide_linked, decide_twice
from reconciler.planning.newcomers import create_newcomers, decide_newcomer, report_blanks
from reconciler.planning.people import People


def decide_all(people: People, tree: Tree) -> Decisions:
    """Everybody of one role, in the order of their object ids. Findings and questions go to `people`."""
    decisions = Decisions(people, tree)
    for node_id, differing in sorted(people.matches.troubled.items()):
        node = tree.nodes[node_id]
        people.report("marker_bad", f"node {node_id} carries two markers that differ: {differing}", login=node.login)
        people.blocked.add(node.login)
    for entra_id in sorted(people.matches.linked.keys() | people.rows.keys()):
        links = people.matches.linked.get(entra_id)
        if links is None:
            decide_newcomer(decisions, entra_id)
        elif len(links) == 1:
            decide_linked(decisions, entra_id, links[0], twice=False, main=True)
        else:
            decide_twice(decisions, entra_id, links)
    create_newcomers(decisions)
    report_blanks(decisions)
    return decisions
