"""Who can still run the account: enabled administrators and master administrators, for the guard `min_admins` (§6).

The account holder and whoever the tool runs as are not counted. Who the account holder is only getUser shows, so a plan
that disables an administrator asks it for the master administrators.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from reconciler.model.hierarchy import Node, NodeType, Role
from reconciler.model.plan import Action
from reconciler.model.readings import Questions, Readings
from reconciler.model.text import normal_login

_ADMIN_TYPES = (NodeType.ADMINISTRATOR, NodeType.MASTER_ADMINISTRATOR)


class AdminCount(NamedTuple):
    """Before the plan. `nodes`: the enabled nodes counted; `enabled`: how many."""

    nodes: frozenset[int | None]

    @property
    def enabled(self) -> int:
        return len(self.nodes)


def ask_for_admins(actions: Iterable[Action], readings: Readings, questions: Questions) -> None:
    """Puts the master administrators among the questions where the plan disables an administrator."""
    if any(action.removal and action.role == Role.ADMIN.value for action in actions):
        questions.details |= {
            node.id
            for node in _enabled_admins(readings)
            if node.type == NodeType.MASTER_ADMINISTRATOR
            and node.id != readings.caller.details.id
            and node.id not in readings.details
        }


def count_admins(readings: Readings) -> AdminCount:
    """The enabled ones, but for the account holder and the caller by their logins."""
    not_counted = {normal_login(readings.caller.login), normal_login(readings.caller.details.login)}
    records = (*readings.details.values(), readings.caller.details)
    not_counted |= {normal_login(record.login) for record in records if record is not None and record.account_holder}
    return AdminCount(
        frozenset(node.id for node in _enabled_admins(readings) if normal_login(node.login) not in not_counted)
    )


def _enabled_admins(readings: Readings) -> list[Node]:
    return [node for type_ in _ADMIN_TYPES for node in readings.tree.by_type.get(type_, ()) if node.enabled]
