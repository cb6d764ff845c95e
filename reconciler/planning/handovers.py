"""Logins and SSO IDs passed from one person to another: the giver is written first, or nobody behind them is (D16)."""

from __future__ import annotations

from reconciler.model.plan import Action
from reconciler.planning.decisions import Decisions
from reconciler.planning.identity import held_by


def settle_handovers(decisions: Decisions) -> list[Action]:
    """The actions that can be done, each depending on those it takes something over from.

    A giver who is not written, or keeps what is wanted, and a ring of people swapping, block everybody behind them:
    reported, naming the holder.
    """
    by_node = {action.subject.node_id: action for action in decisions.actions.values() if action.subject.node_id}
    waiting: dict[str, set[str]] = {}
    behind: dict[str, list[str]] = {}
    ready = []
    for action in decisions.actions.values():
        needs = decisions.needs.get(action.id, ())
        givers = [by_node.get(need.node) for need in needs]
        if all(giver and giver.after(need.field) is not None for giver, need in zip(givers, needs, strict=True)):
            waiting[action.id] = {giver.id for giver in givers if giver}
            for giver_id in waiting[action.id]:
                behind.setdefault(giver_id, []).append(action.id)
            if not needs:
                ready.append(action.id)
    settled: dict[str, Action] = {}
    open_needs = {action_id: set(givers) for action_id, givers in waiting.items()}
    while ready:
        action_id = ready.pop()
        depends_on = tuple(sorted(waiting[action_id]))
        settled[action_id] = decisions.actions[action_id].model_copy(update={"depends_on": depends_on})
        for follower in behind.get(action_id, ()):
            open_needs[follower].discard(action_id)
            if not open_needs[follower]:
                ready.append(follower)
    for action in decisions.actions.values():
        if action.id not in settled:
            _report(decisions, action)
    return list(settled.values())


def _report(decisions: Decisions, action: Action) -> None:
    need = decisions.needs[action.id][0]
    holder = decisions.tree.nodes[need.node]
    code, what = ("blocked_login", "login") if need.field == "login" else ("duplicate_sso", "SSO ID")
    decisions.people.block(
        code,
        f"the {what} wanted is {held_by(holder)}, who keeps it in this plan; nothing is written",
        action.subject.entra_id or "",
        mapping=next((m for m in decisions.people.mappings.mappings if m.name == action.mapping), None),
        login=action.subject.login,
    )
