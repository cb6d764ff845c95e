"""A plan, and what became of it, as GitHub shows Markdown: losses first, long lists folded, nothing foreign active."""

from __future__ import annotations

from reconciler.model.plan import Action, Outcomes, Plan
from reconciler.render.safe import code_block, code_span
from reconciler.render.text import action_lines, finding_lines, missed_lines, nothing_written, outcome_line
from reconciler.render.words import counts, guard_words, many, not_created_lines, permit_lines, rest, seat_lines

FOLD_ABOVE = 12
"""Action lines that are shown unfolded."""


def render_plan(plan: Plan, file: str) -> str:
    """The whole plan; ends in a line break."""
    losses = [action for action in plan.let_through if action.removal]
    loss = f", {many(len(losses), 'person')} {'loses' if len(losses) == 1 else 'lose'} access" if losses else ""
    parts = [f"### Rescue plan: {many(plan.summary.changes_total, 'change')}{loss}"]
    if losses:
        shown = [_loss(action) for action in losses]
        parts.append("**Loses access**\n\n" + "\n".join(shown))
    parts.append(_guards(plan))
    todo = counts(plan.summary)
    if plan.actions:
        diff = code_block([diff_line(line) for line in action_lines(plan.actions, file, plan.held)][:-1], "diff")
        if len(plan.actions) > FOLD_ABOVE:
            diff = f"<details><summary>{todo}</summary>\n\n{diff}\n\n</details>"
        parts.append(diff)
    if plan.findings:
        found = code_block(finding_lines(plan.findings)[1:-1])
        parts.append(f"<details><summary>{many(len(plan.findings), 'finding')}</summary>\n\n{found}\n\n</details>")
    parts.append(" ".join([f"{todo or 'Nothing to do'}. {rest(plan.summary)}", *seat_lines(plan)]))
    parts += [code_span(line) for line in not_created_lines(plan)]
    parts.append(f"File {code_span(file)}, digest `{plan.digest[:12]}`, SSO IDs checked: {plan.sso_verified}.")
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
    missed = missed_lines(outcomes)
    if missed:
        parts.append("**Not done**\n\n" + code_block(missed))
    done = [outcome_line(action) for action in outcomes.actions if action.outcome == "done"]
    if done:
        parts.append(f"<details><summary>{len(done)} done</summary>\n\n{code_block(done)}\n\n</details>")
    parts.append(f"Account {outcomes.account_id}, digest `{outcomes.digest[:12]}`, exit code {outcomes.exit_code}.")
    return "\n\n".join(parts) + "\n"


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
