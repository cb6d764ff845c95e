"""A plan, and what became of it, as GitHub shows Markdown: losses first, long lists folded, nothing foreign active."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from reconciler.model.plan import Action, Outcomes, Plan
from reconciler.render.edits import edit_lines, has_base
from reconciler.render.safe import code_block, code_span
from reconciler.render.text import action_lines, error_lines, finding_lines, missed_lines, nothing_written, outcome_line
from reconciler.render.words import (
    counts,
    guard_words,
    many,
    not_created_lines,
    part_lines,
    permit_lines,
    rest,
    seat_lines,
)

FOLD_ABOVE = 12
"""Action lines that are shown unfolded."""


def render_plan(plan: Plan, file: str) -> str:
    """The whole plan; ends in a line break."""
    losses = [action for action in plan.let_through if action.removal]
    loss = f", {many(len(losses), 'person')} {'loses' if len(losses) == 1 else 'lose'} access" if losses else ""
    parts = [f"### Rescue plan: {many(plan.summary.changes_total, 'change')}{loss}"]
    parts += [code_span(line) for line in part_lines(plan)]
    if has_base(plan):
        parts.append(_edited(plan))
    if losses:
        shown = [_loss(action) for action in losses]
        parts.append("**Loses access**\n\n" + "\n".join(shown))
    parts.append(_guards(plan))
    todo = counts(plan.summary)
    if has_base(plan):
        parts += _compared(plan, file)
    elif plan.actions:
        parts.append(_diff(plan.actions, file, plan.held, todo, folded=len(plan.actions) > FOLD_ABOVE))
    if plan.findings:
        found = code_block(finding_lines(plan.findings)[1:-1])
        parts.append(f"<details><summary>{many(len(plan.findings), 'finding')}</summary>\n\n{found}\n\n</details>")
    parts.append(" ".join([f"{todo or 'Nothing to do'}. {rest(plan.summary)}", *seat_lines(plan)]))
    parts += [code_span(line) for line in not_created_lines(plan)]
    end = f"File {code_span(file)}, digest `{plan.digest[:12]}`, SSO IDs checked: {plan.sso_verified}."
    if plan.rescue_read_at:
        end += f" Rescue is shown as it was read at {code_span(plan.rescue_read_at)}, not as it is now."
    parts.append(end + (f" Edit digest `{plan.edit_digest}`." if has_base(plan) else ""))
    return "\n\n".join(parts) + "\n"


def render_outcomes(outcomes: Outcomes) -> str:
    """What became of a plan; ends in a line break."""
    tally: dict[str, int] = {}
    for action in outcomes.actions:
        tally[action.outcome] = tally.get(action.outcome, 0) + 1
    total = ", ".join(f"{count} {result}" for result, count in tally.items()) or "nothing to do"
    equal = {
        True: "Rescue equals the plan.",
        False: "**Rescue does not equal the plan yet.**",
        None: "Nothing was read again.",
    }
    written = "**Nothing was written.**" if nothing_written(outcomes) else equal[outcomes.converged]
    parts = [f"### Rescue apply: {total}", written]
    if outcomes.error is not None:
        parts.append(code_block(error_lines(outcomes)))
    missed = missed_lines(outcomes)
    if missed:
        parts.append("**Not done**\n\n" + code_block(missed))
    done = [outcome_line(action) for action in outcomes.actions if action.outcome == "done"]
    if done:
        parts.append(f"<details><summary>{len(done)} done</summary>\n\n{code_block(done)}\n\n</details>")
    told = [f"digest `{outcomes.digest[:12]}`"] if outcomes.digest is not None else []
    told += [f"exit code {outcomes.exit_code}"]
    if outcomes.account_id is not None:
        told.insert(0, f"account {outcomes.account_id}")
    line = ", ".join(told)
    parts.append(f"{line[0].upper()}{line[1:]}.")
    return "\n\n".join(parts) + "\n"


def _edited(plan: Plan) -> str:
    """The edited keys, before anything else (§5)."""
    if not plan.edits:
        return "**No key is edited**"
    lines = code_block(edit_lines(plan))
    title = many(len(plan.edits), "edited key")
    return f"**{title}**\n\n{lines}" if len(plan.edits) <= FOLD_ABOVE else _folded(title, lines)


def _compared(plan: Plan, file: str) -> list[str]:
    """What the edit does and stops; folded, what is pending without it (§5)."""
    own = [action for action in plan.actions if action.origin == "edit"]
    pending = [action for action in plan.actions if action.origin != "edit"]
    if not own and not plan.stopped:
        parts = ["This edit by itself changes nothing in Rescue."]
    else:
        parts = [f"**This edit makes {many(len(own), 'change')}**"]
    if own:
        parts.append(_diff(own, file, plan.held, many(len(own), "change"), folded=len(own) > FOLD_ABOVE))
    if plan.stopped:
        title = f"This edit stops {many(len(plan.stopped), 'change')} that would be made without it"
        few = len(plan.stopped) <= FOLD_ABOVE
        parts += [f"**{title}**"] if few else []
        parts.append(_diff(plan.stopped, file, (), title, folded=not few))
    if pending:
        title = f"Pending anyway: {many(len(pending), 'change')}"
        parts.append(_diff(pending, file, plan.held, title, folded=True))
    return parts


def _diff(actions: Sequence[Action], file: str, held: Collection[str], title: str, *, folded: bool) -> str:
    diff = code_block([diff_line(line) for line in action_lines(actions, file, held)][:-1], "diff")
    return _folded(title, diff) if folded else diff


def _folded(title: str, body: str) -> str:
    return f"<details><summary>{title}</summary>\n\n{body}\n\n</details>"


def _loss(action: Action) -> str:
    login, place = code_span(action.subject.login or ""), code_span(action.group.before or "")
    return f"- {login} in {place}: {code_span(action.reason)}"


def _guards(plan: Plan) -> str:
    if not plan.violations:
        return "**Guards:** passed."
    refused = "\n".join(f"- {code_span(guard_words(guard))}" for guard in plan.violations)
    entry = code_block(permit_lines(plan), "yaml")
    what = "Guards refused the plan"
    if plan.held:
        what = f"Guards hold back {many(len(plan.held), 'action')}, the rest goes on"
    return f"**{what}**\n\n{refused}\n\nIf it is right, this goes into the file, reviewed:\n\n{entry}"


def diff_line(line: str) -> str:
    """A diff fence colours by the first characters: gains, losses, changes, and the groups as its section lines."""
    if not line:
        return ""
    if not line.startswith("  "):
        return f"@@ {line} @@"
    sign = line[2] if line[2] in "+-" else "!"
    return f"{sign} {line[4:]}"
