"""Logins and SSO IDs passed from one person to another: the giver is written first, or nobody behind them is (D16)."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.model.plan import Action
from reconciler.planning.decisions import Decisions, Need
from reconciler.planning.people import held_by


def settle_handovers(decided: Sequence[Decisions]) -> list[list[Action]]:
    """By role, the actions that can be done, each depending on those it takes something over from, of either role.

    A giver who is not written, or keeps what is wanted, and a ring of people swapping, block everybody behind them:
    reported, naming the holder.
    """
    actions = {id_: action for decisions in decided for id_, action in decisions.actions.items()}
    wishes = {id_: needs for decisions in decided for id_, needs in decisions.needs.items()}
    by_node = {action.subject.node_id: action for action in actions.values() if action.subject.node_id}
    settled = {action.id: action for action in actions.values() if action.id not in wishes}
    givers: dict[str, dict[Need, str | None]] = {}
    followers: dict[str, list[str]] = {}
    for action_id, needs in wishes.items():
        givers[action_id] = {need: _giver(by_node.get(need.node), need) for need in needs}
        for giver in filter(None, set(givers[action_id].values())):
            followers.setdefault(giver, []).append(action_id)
    ready = list(settled)
    while ready:
        for action_id in followers.get(ready.pop(), ()):
            found = set(givers[action_id].values())
            if found <= settled.keys():
                depends_on = tuple(sorted(filter(None, found)))
                settled[action_id] = actions[action_id].model_copy(update={"depends_on": depends_on})
                ready.append(action_id)
    for decisions in decided:
        for action_id, needs in decisions.needs.items():
            if action_id not in settled:
                in_vain = next(need for need in needs if givers[action_id][need] not in settled)
                report_in_vain(decisions, actions[action_id], in_vain)
    return [[settled[id_] for id_ in decisions.actions if id_ in settled] for decisions in decided]


def _giver(action: Action | None, need: Need) -> str | None:
    """The id of the holder's action if it gives up what is needed, else None."""
    return action.id if action is not None and action.after(need.field) is not None else None


def report_in_vain(decisions: Decisions, action: Action, need: Need) -> None:
    """Reports that somebody does not get a login or an SSO ID, because its holder keeps it in this plan."""
    holder = decisions.tree.nodes[need.node]
    code, what = ("blocked_login", "login") if need.field == "login" else ("duplicate_sso", "SSO ID")
    decisions.people.block(
        code,
        f"the {what} wanted is {held_by(holder)}, who keeps it in this plan; nothing is written",
        action.subject.entra_id or "",
        mapping=next(mapping for mapping in decisions.people.mappings.mappings if mapping.name == action.mapping),
        login=action.subject.login,
    )
