"""What an edit edits, key by key in the words of the file, and what it does, for every output alike."""

from __future__ import annotations

from reconciler.model.plan import Edit, Outcomes, Plan
from reconciler.render.safe import visible
from reconciler.render.words import many
from reconciler.render.wrapping import tame

_LONGEST = 80


def edit_lines(plan: Plan | Outcomes) -> list[str]:
    """One line a key, then how many people all of them affect together where no single key can be told for it."""
    lines = [tame(edit_words(edit)) for edit in plan.edits]
    people = people_of_edit(plan)
    if lines and all(edit.people is None for edit in plan.edits):
        lines.append(f"together: affects {many(people, 'person')}")
    return lines


def edit_words(edit: Edit) -> str:
    """`settings.use_upn_as_email: false -> true, affects 61 people`."""
    people = f", affects {many(edit.people, 'person')}" if edit.people is not None else ""
    key = visible(edit.key)
    if edit.before is None:
        return f"{key}: added: {word(edit.after)}{people}"
    if edit.after is None:
        return f"{key}: removed, was {word(edit.before)}{people}"
    return f"{key}: {word(edit.before)} -> {word(edit.after)}{people}"


def word(value: str | bool | float | None) -> str:
    """A value as the file has it; long ones are cut."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    shown = visible(str(value)) or '""'
    return shown if len(shown) <= _LONGEST else shown[: _LONGEST - 1] + "…"


def people_of_edit(plan: Plan | Outcomes) -> int:
    """Of how many people something is done or stopped by the edit, each counted once a role."""
    return len(
        {
            (action.role, action.subject.entra_id or action.subject.node_id)
            for action in (*plan.actions, *plan.stopped)
            if action.origin == "edit" and action.subject.path is None
        }
    )


def has_base(value: Plan | Outcomes) -> bool:
    """Whether it was made with the file before the edit beside it."""
    return value.edit_digest is not None
