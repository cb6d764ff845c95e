"""The plan of a file held against the plan of the file before the edit: what this edit does, and what it stops (§5).

Both plans are of one reading, so whatever joiners and leavers cause is in both. An action is the edit's unless the
other plan has all of it. `edit_digest` is over what is in one plan only, item by item (§4); creations and plain
adoptions enter it only by their mapping, once, so that a joiner between review and merge does not matter.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from reconciler.model.canonical import canonical_json, digest_of
from reconciler.model.plan import Action, Change, Plan, Verb, person_action_id
from reconciler.model.words import Words
from reconciler.planning.edited_keys import edited_keys, with_people

_TURNS: dict[bool | str | None, Verb] = {True: "enable", False: "disable"}


class Item(NamedTuple):
    """One thing an action does to somebody. `field` is one of §4's, or `group` for a place."""

    role: str
    who: str
    verb: Verb
    field: str | None
    after: str | bool | None

    @property
    def about(self) -> tuple[str, str, str, str | None]:
        """What it is about, whatever comes of it."""
        return self.role, self.who, self.verb, self.field


class Once(NamedTuple):
    """Somebody created or adopted in a mapping: what else is written to them then does not enter the digest."""

    role: str
    who: str
    verb: Verb
    mapping: str | None


def compare_plans(plan: Plan, base: Plan | None, words: Words, base_words: Words) -> Plan:
    """`plan` with the origin of each action, what the edit stops, the keys it edits, and the digest of all that.

    `base`: the plan of the file before the edit, from the same reading; None for a file that counts as empty, of which
    nothing is pending. Guards, seats and findings stay those of `plan`.
    """
    before = base.actions if base is not None else ()
    known = {item for action in before for item in items_of(action)}
    kept = {item.about for action in plan.actions for item in items_of(action)}
    actions = tuple(
        action.model_copy(update={"origin": "pending" if set(items_of(action)) <= known else "edit"})
        for action in plan.actions
    )
    stopped = tuple(left for action in before if (left := _without(action, kept)) is not None)
    affected = {
        (action.role, who_of(action))
        for action in (*actions, *stopped)
        if action.origin == "edit" and action.subject.path is None
    }
    edits = with_people(edited_keys(base_words, words), len(affected))
    digest = edit_digest(plan.actions, before)
    return plan.model_copy(update={"actions": actions, "stopped": stopped, "edits": edits, "edit_digest": digest})


def edit_digest(actions: Iterable[Action], before: Iterable[Action]) -> str:
    """The digest of §4. No clock, no input order; what guards hold back counts as well."""
    head, base = ({entry for action in some for entry in _entries(action)} for some in (actions, before))
    rows = [_row(entry, stopped=False) for entry in head - base] + [_row(entry, stopped=True) for entry in base - head]
    return digest_of([row for _, row in sorted({canonical_json(row): row for row in rows}.items())])


def items_of(action: Action) -> list[Item]:
    """Everything an action does. Each verb has at least one."""
    who = who_of(action)
    items = []
    for verb in action.verbs:
        if verb in ("move", "create", "create_group"):
            items.append(Item(action.role, who, verb, "group", action.group.after))
        elif verb == "adopt":
            items.append(Item(action.role, who, verb, None, None))
    items += [Item(action.role, who, _verb_of(action, change), change.field, change.after) for change in action.changes]
    return items


def who_of(action: Action) -> str:
    """Object id, `node:<id>` or `path:<path>`; where one marker is on two nodes, which of the two as well."""
    subject = action.subject
    if subject.path is not None:
        return f"path:{subject.path}"
    if subject.entra_id is None:
        return f"node:{subject.node_id}"
    alone = action.id == person_action_id(action.role, subject.entra_id, None)
    return subject.entra_id if alone else f"{subject.entra_id} node:{subject.node_id}"


def _entries(action: Action) -> list[Item] | list[Once]:
    """What of an action enters the digest."""
    if not _enters_once(action):
        return items_of(action)
    verb: Verb = "create" if "create" in action.verbs else "adopt"
    return [Once(action.role, who_of(action), verb, action.mapping)]


def _enters_once(action: Action) -> bool:
    """A creation or an adoption that neither disables, nor gives a node to somebody new, nor grants admin rights."""
    verbs = set(action.verbs)
    if action.role == "admin" and verbs & {"create", "move"}:
        return False
    return "create" in verbs or ("adopt" in verbs and not verbs & {"disable", "enable"})


def _row(entry: Item | Once, *, stopped: bool) -> dict[str, Any]:
    if isinstance(entry, Once):
        return {"verb": entry.verb, "mapping": entry.mapping, "stopped": stopped}
    return {**entry._asdict(), "stopped": stopped}


def _verb_of(action: Action, change: Change) -> Verb:
    """The verb that a change is: the same whatever else is done to the person, so that plans can be compared."""
    for verb in ("create_group", "create"):
        if verb in action.verbs:
            return verb
    return _TURNS[change.after] if change.field == "enabled" else "update"


def _without(action: Action, kept: set[tuple[str, str, str, str | None]]) -> Action | None:
    """What of a pending action nothing in the new plan takes up, None where it takes up all."""
    left = [item for item in items_of(action) if item.about not in kept]
    if not left:
        return None
    fields = {item.field for item in left}
    made = any(item.field == "group" for item in left)
    found = {item.verb for item in left if made or item.verb not in ("create", "create_group")}
    verbs = tuple(verb for verb in action.verbs if verb in found)
    changes = tuple(change for change in action.changes if change.field in fields)
    return action.model_copy(
        update={
            "verbs": verbs or ("update",),
            "changes": changes,
            "removal": "disable" in verbs,
            "origin": "edit",
            "line": None,
            "depends_on": (),
        }
    )
