"""Which rule of product.md §1 (D..) and adsync-behaviour.md (R..) an action comes from.

A table; it decides nothing, it names what planning decided.
"""

from __future__ import annotations

from reconciler.model.directory import Account
from reconciler.model.plan import Action

REMARKS = frozenset(
    {"no_mobile_seat", "group_gone", "group_moved", "group_renamed", "cycle", "edit_waiting", "expired"}
)
"""Findings that tell something and withhold nothing from the person."""

_FIELDS: dict[str, tuple[str, ...]] = {
    "login": ("D16", "R55"),
    "name": ("D20", "R54"),
    "sso_id": ("D21", "R34"),
    "mobile_license": ("D22", "R33"),
    "enabled": ("D9", "R52"),
    "description": ("D3",),
}


def rules_of_action(
    action: Action,
    *,
    account: Account | None,
    left_out: str | None,
    marked: bool,
    retired: bool,
    undecided: bool,
    full_sync: bool,
) -> tuple[str, ...]:
    """The rules behind one action about a person.

    `account`: what Entra says of the account, None where it was not asked; `left_out`: `exclude`, `guest` or None;
    `marked`: their node carried our marker before, `retired`: of a mapping taken out on purpose; `undecided`: they are
    in a conflict (D11); `full_sync`: of the action's mapping.
    """
    if action.rehires:
        return "D16", "D9"
    told: list[tuple[str, ...]] = []
    if action.removal:
        told.append(_removal(account, left_out, marked=marked, retired=retired))
    if "adopt" in action.verbs:
        told.append(("D5", "R56"))
    if "create" in action.verbs:
        told.append(("D14", "R43"))
    if "enable" in action.verbs:
        told.append(("D11",) if undecided else ("D9", "R52"))
    if "move" in action.verbs:
        told.append(("R48", "R49"))
    if "update" in action.verbs:
        told += [_FIELDS[change.field] for change in action.changes]
    if not full_sync:
        told.append(("D10", "R31"))
    return tuple(dict.fromkeys(rule for rules in told for rule in rules))


def _removal(account: Account | None, left_out: str | None, *, marked: bool, retired: bool) -> tuple[str, ...]:
    if account is Account.GONE:
        return "D8", "R23", "R45"
    if account is Account.DISABLED:
        return "D8", "R22", "R45"
    if retired:
        return "D7", "R62"
    if left_out == "guest":
        return "D8", "R21"
    if left_out == "exclude":
        return "§2 overrides", "D8"
    return ("D8", "R47") if marked else ("D6", "R60")
