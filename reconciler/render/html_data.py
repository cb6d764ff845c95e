"""What the page's script works on: every action and the tree of their groups, as JSON that nothing can end early.

Texts that come again and again are kept once and named by their number. All texts are made visible here: the script
shows what it is given, as text.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

from reconciler.model.plan import VERBS, Action, ActionOutcome, Guard, MappingState, RoleName
from reconciler.model.text import path_sort_key
from reconciler.render.rule_numbers import rule_of_move, rule_of_verb
from reconciler.render.safe import visible
from reconciler.render.words import FIELD_WORDS, SIGNS, sign_of, verbs_of

COLUMNS = (
    "id", "verbs", "sign", "role", "mapping", "origin", "login", "name", "upn", "entra_id", "node_id", "presence",
    "path", "before", "after", "changes", "reason", "line", "removal", "depends_on", "state", "message", "rule",
)  # fmt: skip
"""The fields of one action, in the order of its row. `verbs`, `mapping` and `reason` are numbers of texts; `before` and
`after` are numbers of groups, or null. `state`: null, `stopped`, or the outcome; in a plan also `held`."""
_ROLES: dict[RoleName, str] = {"technician": "Technicians", "admin": "Administrators"}


def make_data(
    file: str | None,
    actions: Sequence[Action],
    stopped: Sequence[Action],
    held: Iterable[str],
    mappings: Sequence[MappingState],
    guards: Sequence[Guard],
) -> str:
    """ASCII, and without `<`, `>` and `&`: so it is the same text to every reader of HTML."""
    texts = _Texts()
    groups = _Groups()
    roles = _roles_of_mappings(actions, guards)
    for state in mappings:
        role = roles.get(state.name, "technician")
        if not state.rescue_group.startswith("node "):  # a node id: only an action knows where that is
            groups.number(role, state.rescue_group)
    for action in chain(actions, stopped):
        groups.number(action.role, action.group.before)
        groups.number(action.role, action.group.after)
    order = groups.settle()
    waiting = frozenset(held)
    rows = [_row(action, texts, groups, "held" if action.id in waiting else None) for action in actions]
    rows += [_row(action, texts, groups, "stopped") for action in stopped]
    data: dict[str, Any] = {
        "file": visible(file) if file is not None else None,
        "columns": COLUMNS,
        "verbs": {verb: SIGNS[verb] for verb in VERBS},
        "fields": FIELD_WORDS,
        "texts": texts.kept,
        "groups": order,
        "actions": rows,
    }
    made = json.dumps(data, ensure_ascii=True, separators=(",", ":"))
    return made.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _row(action: Action, texts: _Texts, groups: _Groups, state: str | None) -> list[Any]:
    subject = action.subject
    message = None
    if isinstance(action, ActionOutcome):
        state, message = action.outcome, visible(action.message) if action.message else None
    return [
        action.id,
        texts.number(verbs_of(action)),
        sign_of(action),
        action.role,
        texts.number(action.mapping) if action.mapping is not None else None,
        action.origin,
        _shown(subject.login),
        _shown(subject.name),
        _shown(subject.upn),
        _shown(subject.entra_id),
        subject.node_id,
        _shown(subject.presence),
        _shown(subject.path),
        groups.number(action.role, action.group.before),
        groups.number(action.role, action.group.after),
        [[change.field, _value(change.before), _value(change.after)] for change in action.changes],
        texts.number(action.reason),
        action.line,
        int(action.removal),
        list(action.depends_on),
        state,
        message,
        rule_of_move() if action.verbs == ("move",) else rule_of_verb(action),
    ]


def _shown(text: str | None) -> str | None:
    return visible(text) if text is not None else None


def _roles_of_mappings(actions: Sequence[Action], guards: Sequence[Guard]) -> dict[str, RoleName]:
    """A mapping's state does not say its role; its guard does, and so does any of its actions."""
    told: Iterable[Action | Guard] = chain(actions, guards)
    return {one.mapping: one.role for one in told if one.mapping is not None}


def _value(value: str | bool | None) -> str | bool | None:
    return visible(value) if isinstance(value, str) else value


class _Texts:
    """Each text once, in the order of first use, made visible."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def number(self, text: str) -> int:
        return self._numbers.setdefault(text, len(self._numbers))

    @property
    def kept(self) -> list[str]:
        return [visible(text) for text in self._numbers]


class _Groups:
    """The groups that a plan names, and those above them, below one root a role."""

    def __init__(self) -> None:
        self._seen: dict[tuple[RoleName, str], int] = {}

    def number(self, role: RoleName, path: str | None) -> int | None:
        """Of a group seen before; a new one is taken up and has its number after `settle`. Empty path: the root."""
        return self._seen.setdefault((role, path), -1) if path is not None else None

    def settle(self) -> list[list[Any]]:
        """Numbers all, parents first and sorted as plans sort; each as `[name, number of the parent or null]`."""
        for role, path in list(self._seen):
            parts = path.split("/")
            for depth in range(len(parts)):
                self._seen.setdefault((role, "/".join(parts[:depth])), -1)
        roles = list(_ROLES)
        ordered = sorted(self._seen, key=lambda key: (roles.index(key[0]), key[1] != "", path_sort_key(key[1]), key[1]))
        made: list[list[Any]] = []
        for at, (role, path) in enumerate(ordered):
            self._seen[(role, path)] = at
            above, _, name = path.rpartition("/")
            made.append([visible(name), self._seen[(role, above)]] if path else [_ROLES[role], None])
        return made
