"""Which rule of product.md §1 (D..) and adsync-behaviour.md (R..) an action comes from.

A table; it decides nothing, it names what planning decided.
"""

from __future__ import annotations

from reconciler.model.directory import Account
from reconciler.model.plan import Action
from reconciler.model.text import normal_login

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
    rules: list[str] = []
    if action.removal or "disable" in action.verbs:
        rules += _removal(account, left_out, marked=marked, retired=retired)
    if "adopt" in action.verbs and "enable" in action.verbs:
        return "D16", "D9"  # a re-hire: only then is a disabled node adopted
    if "adopt" in action.verbs:
        rules += ["D5", "R56"]
    if "create" in action.verbs:
        rules += ["D14", "R43"]
    if "enable" in action.verbs:
        rules += ["D11"] if undecided else ["D9", "R52"]
    if "move" in action.verbs:
        rules += ["R48", "R49"]
    if "update" in action.verbs:
        for change in action.changes:
            rules += _FIELDS[change.field]
    if not full_sync:
        rules += ["D10", "R31"]
    return tuple(dict.fromkeys(rules)) or ("D3",)


def _removal(account: Account | None, left_out: str | None, *, marked: bool, retired: bool) -> tuple[str, ...]:
    if account is Account.GONE:
        return "D8", "R23", "R45"
    if account is Account.DISABLED:
        return "D8", "R22", "R45"
    if left_out == "guest":
        return "D8", "R21"
    if left_out == "exclude":
        return "§2 overrides", "D8"
    if retired:
        return "D7", "R62"
    return ("D8", "R47") if marked else ("D6", "R60")


def speaks_of(message: str, login: str | None, names: frozenset[str], ids: frozenset[str]) -> bool:
    """Whether a finding is about somebody: by its login, or by an object or node id in its text."""
    if login is not None and normal_login(login) in names:
        return True
    words = {word.strip(".,;:()") for word in message.split()}
    return bool(words & ids)
