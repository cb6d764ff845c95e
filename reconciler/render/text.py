"""A plan, and what became of it, as a person reads it in a terminal: sign, word, object, reason; totals last."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from reconciler.model.plan import Action, ActionOutcome, Finding, Outcomes, Plan
from reconciler.render.edits import edit_lines, has_base
from reconciler.render.safe import padded, visible, width
from reconciler.render.words import (
    by_place,
    change_words,
    counts,
    guard_words,
    guards_line,
    many,
    not_created_lines,
    part_lines,
    permit_lines,
    rest,
    seat_lines,
    sign_of,
    subject_of,
    what_of,
)
from reconciler.render.wrapping import tame

ALIKE = 5
"""So many actions with the same outcome for the same reason are told in one line; the JSON names each."""
OUTCOME_SIGNS = {"done": "✓", "failed": "✗", "skipped": "·", "stale": "≠", "unknown": "?", "held": "·"}


def render_plan(plan: Plan, file: str) -> str:
    """The whole plan, ending in a line break. Plain text: colour is the terminal's business."""
    read = [state.members for state in plan.mappings if state.members is not None]
    groups = (
        many(len(plan.mappings), "Entra group")
        if len(read) == len(plan.mappings)
        else (f"{len(read)} of {many(len(plan.mappings), 'Entra group')}")
    )
    seats = plan.seats.technician
    lines = [
        f"Plan for {visible(file)}: read {groups} ({many(sum(read), 'membership')}), "
        f"Rescue with {many(seats.before, 'enabled technician')}; SSO IDs checked: {plan.sso_verified}",
    ]
    if plan.rescue_read_at:
        lines.append(f"Rescue is shown as it was read at {visible(plan.rescue_read_at)}, not as it is now")
    lines += [tame(visible(line)) for line in part_lines(plan)]
    lines.append("")
    lines += _compared_lines(plan, file) if has_base(plan) else action_lines(plan.actions, file, plan.held)
    lines += finding_lines(plan.findings)
    todo = counts(plan.summary)
    lines.append(f"{todo}. {rest(plan.summary)}" if todo else f"Nothing to do. {rest(plan.summary)}")
    lines += [tame(visible(line)) for line in not_created_lines(plan)]
    lines += seat_lines(plan)
    lines.append(f"Guards: {guards_line(plan)}.   Digest: {plan.digest[:12]}")
    if has_base(plan):
        lines.append(f"Edit digest: {plan.edit_digest}")
    if plan.violations:
        lines += ["", "If it is right, this goes into the file, reviewed:", *permit_lines(plan)]
    return "\n".join(lines) + "\n"


def _compared_lines(plan: Plan, file: str) -> list[str]:
    """The edited keys first, then what the edit does, what it stops, and what is pending without it (§5)."""
    lines = []
    if plan.edits:
        lines += ["Edited keys", *(f"  {line}" for line in edit_lines(plan)), ""]
    own = [action for action in plan.actions if action.origin == "edit"]
    pending = [action for action in plan.actions if action.origin != "edit"]
    parts = (
        (f"This edit makes {many(len(own), 'change')}", own),
        (f"This edit stops {many(len(plan.stopped), 'change')} that would be made without it", plan.stopped),
        (f"Pending anyway: {many(len(pending), 'change')}", pending),
    )
    if not own and not plan.stopped:
        lines += ["This edit by itself changes nothing in Rescue", ""]
    for title, actions in parts:
        if actions:
            lines += [f"{title}:", "", *action_lines(actions, file, plan.held)]
    return lines


def action_lines(actions: Iterable[Action], file: str, held: Collection[str] = ()) -> list[str]:
    """Actions under their groups, one line each, and a blank line after each group. `held`: ids of those held back.

    The line of the file stands beside the group where one mapping asks for all of it, else beside each action.
    """
    lines = []
    for place, listed in by_place(actions):
        origins = {_origin(action, file) for action in listed}
        head = tame(visible(place))
        lines.append(f"{head}   {origins.pop()}".rstrip() if len(origins) == 1 else head)
        verb_columns, kind_columns = (max(map(len, words)) for words in zip(*map(what_of, listed), strict=True))
        columns = min(48, max(width(visible(action.subject.login or "")) for action in listed))
        for action in listed:
            login = padded(visible(action.subject.login or ""), columns)
            waits = ["held back"] if action.id in held else []
            why = "; ".join([*waits, *change_words(action), visible(action.reason)])
            origin = f"   {_origin(action, file)}" if origins else ""
            verb, kind = what_of(action)
            what = f"{verb:<{verb_columns}}  {kind:<{kind_columns}}"
            lines.append(f"  {sign_of(action)} {what}  {login}  {why}{origin}".rstrip())
        lines.append("")
    return lines


def finding_lines(findings: Iterable[Finding]) -> list[str]:
    """Findings, errors first, one line each, and a blank line after them."""
    shown = list(findings)
    if not shown:
        return []
    lines = ["Findings"]
    columns = max(len(finding.code) for finding in shown)
    for finding in shown:
        sign = "!" if finding.severity == "error" else "i"
        about = " ".join(
            visible(part) for part in (finding.login, f"[{finding.mapping}]" if finding.mapping else None) if part
        )
        lines.append(f"  {sign} {finding.code:<{columns}}  {about + ': ' if about else ''}{visible(finding.message)}")
    lines.append("")
    return lines


def render_outcomes(outcomes: Outcomes) -> str:
    """What became of a plan: everything not done by name, then the totals and whether Rescue equals the plan now."""
    lines: list[str] = []
    tally: dict[str, int] = {}
    for action in outcomes.actions:
        tally[action.outcome] = tally.get(action.outcome, 0) + 1
    missed = missed_lines(outcomes)
    if missed:
        lines = ["Not done", *missed, ""]
    lines += [f"  ! {guard_words(guard)}" for guard in outcomes.guards if not guard.passed]
    total = ", ".join(f"{count} {result}" for result, count in tally.items()) or "nothing to do"
    equal = {
        True: "Rescue now equals the plan.",
        False: "Rescue does not equal the plan yet.",
        None: "Nothing was read again.",
    }
    written = "Nothing was written." if nothing_written(outcomes) else equal[outcomes.converged]
    if outcomes.digest is None:
        total = "ended before there was a plan"
    lines.append(f"Apply: {total}. {written}")
    return "\n".join(lines) + "\n"


def error_lines(outcomes: Outcomes) -> list[str]:
    """What ended the run, a line each, as it can be shown anywhere."""
    return [visible(line) for line in (outcomes.error or "").splitlines()]


def nothing_written(outcomes: Outcomes) -> bool:
    """Whether the run ended before its first write."""
    results = {action.outcome for action in outcomes.actions}
    return outcomes.digest is None or (bool(results) and results <= {"held", "skipped", "stale"})


def missed_lines(outcomes: Outcomes) -> list[str]:
    """Everything not done, a line each; many with one and the same reason are a line together."""
    alike: dict[tuple[str, str], list[ActionOutcome]] = {}
    for action in outcomes.actions:
        if action.outcome != "done":
            alike.setdefault((action.outcome, action.message), []).append(action)
    lines = []
    for (outcome, message), actions in alike.items():
        if len(actions) < ALIKE or not message:
            lines += [outcome_line(action) for action in actions]
        else:
            sign = OUTCOME_SIGNS[outcome]
            lines.append(f"  {sign} {outcome:<7}  {many(len(actions), 'action')}: {visible(message)}")
    return lines


def outcome_line(action: ActionOutcome) -> str:
    """One action and what became of it."""
    note = f": {visible(action.message)}" if action.message and action.outcome != "done" else ""
    what = "  ".join((*what_of(action), visible(subject_of(action))))
    return f"  {OUTCOME_SIGNS[action.outcome]} {action.outcome:<7}  {what}{note}"


def _origin(action: Action, file: str) -> str:
    """Where the file asks for an action; empty for people of a mapping that went."""
    return f"{visible(file)}:{action.line}" if action.line else ""
