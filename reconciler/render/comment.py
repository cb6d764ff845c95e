"""The comment on a pull request, and the job summary: losses first, then what may stop it, then what it does.

From a Plan or Outcomes and nothing else. It fits a budget of bytes by leaving out whole actions, never by cutting a
fence, and says what it left out and where all of it is. Every foreign text stands in a code span or a fence.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from reconciler.model.comment_marker import make_comment_marker
from reconciler.model.plan import Action, Finding, Guard, Outcomes, Plan, SeatCount
from reconciler.render.edits import edit_lines
from reconciler.render.fitting import fit, folded, listed, size_of
from reconciler.render.markdown import diff_line
from reconciler.render.safe import code_block, code_span, visible
from reconciler.render.text import action_lines, error_lines, finding_lines, outcome_line
from reconciler.render.tree import mermaid_tree
from reconciler.render.words import guard_words, many, not_created_lines, permits_for, rest

COMMENT_BUDGET = 60_000
"""Bytes; GitHub refuses above 65,536 characters."""
FOLD_ABOVE = 12
MOST_PERMITS = 500
"""Ids of one `permits:` entry that a comment shows; above, it says where the entry is."""
_SEATLESS = 10


@dataclass(frozen=True, slots=True)
class Links:
    """Where the rest is. Addresses have been checked: they stand in Markdown as they are."""

    commit: str | None = None
    run: str | None = None
    artifact: str | None = None


def render_plan_comment(plan: Plan, file: str, links: Links, budget: int = COMMENT_BUDGET) -> str:
    """What the edit does and stops, and, folded, what is pending anyway; without a base simply the whole plan."""
    with_base = plan.edit_digest is not None or any(action.origin for action in plan.actions)
    own = [action for action in plan.actions if action.origin != "pending"]
    pending = [action for action in plan.actions if action.origin == "pending"]
    marker = make_comment_marker("plan", file, **_commit(links), digest=plan.digest[:12])
    page = _Page(budget, [marker, _plan_heading(own, plan, with_base)], _plan_footer(plan, file, links))
    more = _More(links, "plan.json")
    page.losses(_without(own, plan.held), more)
    verdict = "**A guard refuses this plan**"
    if plan.held:
        verdict = f"**A guard holds back {many(len(plan.held), 'action')}, the rest goes on**"
    page.guards(plan.violations, verdict, plan.made_at, links)
    page.edited(plan, more)
    page.add(_seats_line(plan))
    if with_base and not own and not plan.stopped:
        page.add("This edit by itself changes nothing in Rescue.")
    page.actions(own, file, _tally(own), more, plan.held, open_=True)
    page.stopped(plan.stopped, file, more)
    page.pending(pending, file, more, plan.held)
    absent = [visible(line) for line in not_created_lines(plan)]
    page.lines(absent, f"Members who are not created: {many(len(absent), 'mapping')}", more)
    page.findings(plan.findings, more)
    tree = mermaid_tree(own)
    if tree:
        page.add(folded("The groups that change", tree))
    return page.text()


def render_outcomes_comment(outcomes: Outcomes, file: str, links: Links, budget: int = COMMENT_BUDGET) -> str:
    """What became of an apply. Each apply has a comment of its own: its marker names when it began."""
    digest = {"digest": outcomes.digest[:12]} if outcomes.digest is not None else {}
    marker = make_comment_marker("apply", file, **_commit(links), **digest, started=outcomes.started_at)
    page = _Page(budget, [marker, *_apply_heading(outcomes)], _apply_footer(outcomes, file, links))
    more = _More(links, "outcomes.json")
    refused = tuple(guard for guard in outcomes.guards if not guard.passed)
    if outcomes.error is not None and outcomes.exit_code not in (4, 5):
        page.add(code_block(error_lines(outcomes)))
    if outcomes.digest is None:
        return page.text()
    if outcomes.exit_code == 5:
        own = [action for action in outcomes.actions if action.origin != "pending"]
        pending = [action for action in outcomes.actions if action.origin == "pending"]
        page.losses(own, more)
        page.guards(refused, "**A guard refuses it as well**", outcomes.started_at, links)
        page.edited(outcomes, more)
        page.actions(own, file, f"What it would do now: {_tally(own)}", more, open_=True)
        page.stopped(outcomes.stopped, file, more)
        page.pending(pending, file, more)
    else:
        lost = [action for action in outcomes.actions if action.outcome == "done"]
        page.losses(lost, more, "Lost access")
        verdict = "**Nothing was written**" if outcomes.exit_code == 4 else "**A guard held removals back**"
        page.guards(refused, verdict, outcomes.started_at, links)
        missed = [outcome_line(action) for action in outcomes.actions if action.outcome != "done"]
        done = [outcome_line(action) for action in outcomes.actions if action.outcome == "done"]
        page.lines(missed, f"Not done: {many(len(missed), 'action')}", more, open_=True)
        page.lines(done, f"{len(done):,} done", more)
    page.findings(outcomes.findings, more)
    return page.text()


def plan_words(plan: Plan) -> str:
    """A few words without any name, for the status: what the edit does, or the plan where there is no base."""
    own = [action for action in plan.actions if action.origin != "pending"]
    refused = "; a guard refuses" if plan.refused else ""
    return f"{_changes(len(own))}{_loss_words(own, plan.held)}{refused}"


class _More:
    """The words for what was left out, with where all of it is."""

    def __init__(self, links: Links, file: str) -> None:
        self._where = f" in [{file}]({links.artifact or links.run})" if links.artifact or links.run else f" in {file}"

    def __call__(self, count: int) -> str:
        return f"… and {count:,} more{self._where}"


class _Page:
    """Parts in their order, while there is room. Head and end are always there."""

    def __init__(self, budget: int, head: Sequence[str], end: str) -> None:
        # One line break after the marker, else two between parts, one at the end.
        self._parts = ["\n".join(head[:2]), *head[2:]]
        self._end = end
        self._roomy = budget > COMMENT_BUDGET
        self._room = budget - sum(size_of(part) + 2 for part in (*self._parts, end))

    def text(self) -> str:
        return "\n\n".join([*self._parts, self._end]) + "\n"

    def add(self, part: str) -> bool:
        """False where it does not fit."""
        size = size_of(part) + 2
        if not part or size > self._room:
            return False
        self._parts.append(part)
        self._room -= size
        return True

    def losses(self, actions: Sequence[Action], more: _More, title: str = "Loses access") -> None:
        """Who loses access, by name."""
        items = [_loss(action) for action in actions if action.removal]
        if len(items) == 1 and self.add(f"**{title}:** {items[0]}"):
            return
        if items:
            make = listed([f"- {item}" for item in items], more, FOLD_ABOVE)
            self._fit(len(items), 0.4, lambda count: f"**{title}**\n\n{make(count)}")

    def guards(self, violations: Sequence[Guard], verdict: str, made_at: str, links: Links) -> None:
        """The verdict, and the exact entry that would let it pass."""
        if not violations:
            self.add("**Guards:** passed.")
            return
        items = [f"- {code_span(guard_words(guard))}" for guard in violations]
        make = listed(items, lambda count: f"… and {count:,} more", FOLD_ABOVE)
        self._fit(len(items), 0.3, lambda count: f"{verdict}\n\n{make(count)}")
        entry = code_block(permits_for(violations, made_at), "yaml")
        ids = sum(len(guard.actions) for guard in violations)
        if ids <= MOST_PERMITS or self._roomy:
            whole = f"If it is right, this goes into the file, reviewed:\n\n{entry}"
            if size_of(whole) < self._room // 2 and self.add(whole):
                return
        link = links.artifact or links.run
        where = f"[plan.md]({link})" if link else "plan.md"
        self.add(f"If it is right, an entry of {ids:,} ids goes into the file, reviewed: it is in {where}.")

    def actions(
        self,
        actions: Sequence[Action],
        file: str,
        title: str,
        more: _More,
        held: Collection[str] = (),
        *,
        open_: bool = False,
    ) -> None:
        """Actions as the terminal shows them, by group, those that take access away before all others."""
        ordered = sorted(actions, key=lambda action: not action.removal)

        def lines(count: int) -> list[str]:
            return [diff_line(line) for line in action_lines(ordered[:count], file, held)][:-1]

        if actions:
            self._block(len(actions), title, lines, "diff", more, open_)

    def edited(self, value: Plan | Outcomes, more: _More) -> None:
        """The keys that the edit edits."""
        self.lines(edit_lines(value), many(len(value.edits), "edited key"), more, open_=True)

    def stopped(self, actions: Sequence[Action], file: str, more: _More) -> None:
        """What the edit stops."""
        title = f"This edit stops {many(len(actions), 'change')} that would be made without it"
        self.actions(actions, file, title, more)

    def pending(self, actions: Sequence[Action], file: str, more: _More, held: Collection[str] = ()) -> None:
        """What is due because people joined and left, whatever the edit does."""
        self.actions(actions, file, f"Pending anyway: {_tally(actions)}{_loss_words(actions, held)}", more, held)

    def lines(self, lines: Sequence[str], title: str, more: _More, *, open_: bool = False) -> None:
        if lines:
            self._block(len(lines), title, lambda count: list(lines[:count]), "", more, open_)

    def findings(self, findings: Sequence[Finding], more: _More) -> None:
        ordered = sorted(findings, key=lambda finding: finding.severity != "error")
        errors = sum(finding.severity == "error" for finding in findings)
        title = many(len(findings), "finding") + (f", {many(errors, 'error')}" if errors else "")
        if findings:
            self._block(len(findings), title, lambda count: finding_lines(ordered[:count])[1:-1], "", more, False)

    def _block(
        self, count: int, title: str, lines: Callable[[int], list[str]], language: str, more: _More, open_: bool
    ) -> None:
        """Lines in a fence below their title, folded where they are many or not to be open at all."""

        def make(shown: int) -> str:
            parts = [code_block(lines(shown), language)] if shown else []
            parts += [more(count - shown)] if shown < count else []
            body = "\n\n".join(parts)
            return f"**{title}**\n\n{body}" if open_ and count <= FOLD_ABOVE else folded(title, body)

        self._fit(count, 0.7, make)

    def _fit(self, count: int, share: float, make: Callable[[int], str]) -> None:
        """Takes at most a share of what is left, so that what comes after has a chance."""
        self.add(fit(count, int(self._room * share) - 2, make))


def _plan_heading(own: Sequence[Action], plan: Plan, with_base: bool) -> str:
    what = f"this edit makes {_changes(len(own))}" if with_base else _changes(len(own))
    return f"### Rescue plan: {what}{_loss_words(own, plan.held)}"


def _apply_heading(outcomes: Outcomes) -> list[str]:
    if outcomes.digest is None:
        return ["### Rescue apply: ended before there was a plan", "**Nothing was written.**"]
    counts: dict[str, int] = {}
    for action in outcomes.actions:
        counts[action.outcome] = counts.get(action.outcome, 0) + 1
    total = ", ".join(f"{count:,} {result}" for result, count in counts.items()) or "nothing to do"
    if outcomes.exit_code == 5:
        said = sorted({action.message for action in outcomes.actions if action.message})
        why = f" ({code_span(said[0])})" if len(said) == 1 else ""
        how = (
            "To apply what is shown here, start the workflow by hand with the edit digest below."
            if outcomes.edit_digest
            else "Look at it, and plan again."
        )
        return [
            "### Rescue apply: stopped, not what was reviewed",
            f"**Nothing was written:** what was reviewed is not what it would do now{why}. {how}",
        ]
    if outcomes.exit_code == 4:
        return [f"### Rescue apply: a guard refused, {_changes(len(outcomes.actions))} not made"]
    equal = {
        True: "Rescue equals the plan.",
        False: "**Rescue does not equal the plan yet.** What is left is pending, and shown by the next plan.",
        None: "**Rescue was not read again:** the next plan tells what is left.",
    }
    return [f"### Rescue apply: {total}", equal[outcomes.converged]]


def _plan_footer(plan: Plan, file: str, links: Links) -> str:
    parts = [rest(plan.summary), *_where(file, links)]
    parts += [f"digest `{plan.digest[:12]}`", f"SSO IDs checked: {plan.sso_verified}"]
    if plan.rescue_read_at:
        parts.append(f"Rescue as read at {code_span(plan.rescue_read_at)}")
    if plan.edit_digest:
        parts.append(f"edit digest `{plan.edit_digest}`")
    return " · ".join(parts + _links(links))


def _apply_footer(outcomes: Outcomes, file: str, links: Links) -> str:
    parts = [f"Account {outcomes.account_id}"] if outcomes.account_id is not None else []
    parts += _where(file, links)
    parts += [f"digest `{outcomes.digest[:12]}`"] if outcomes.digest is not None else []
    if outcomes.edit_digest:
        parts.append(f"edit digest `{outcomes.edit_digest}`")
    return " · ".join([*parts, f"exit code {outcomes.exit_code}", *_links(links)])


def _where(file: str, links: Links) -> list[str]:
    return [f"file {code_span(file)}", *([f"commit `{links.commit[:7]}`"] if links.commit else [])]


def _links(links: Links) -> list[str]:
    named = (("run", links.run), ("full plan and reports", links.artifact))
    return [f"[{name}]({link})" for name, link in named if link]


def _commit(links: Links) -> dict[str, str]:
    return {"commit": links.commit[:7]} if links.commit else {}


def _seats_line(plan: Plan) -> str:
    lines = [_seats("Technician seats", plan.seats.technician, always=True)]
    lines.append(_seats("Mobile licences", plan.seats.mobile, always=False))
    return "\n".join(line for line in lines if line)


def _seats(name: str, seats: SeatCount, *, always: bool) -> str:
    if not always and seats.bought is None and not (seats.freed or seats.taken or seats.without):
        return ""
    bought = f" of {seats.bought:,}" if seats.bought is not None else ""
    text = (
        f"**{name}:** {seats.before:,} before, {seats.freed:,} freed, {seats.taken:,} taken, "
        f"{seats.after:,}{bought} after."
    )
    if seats.without:
        shown = ", ".join(code_span(login) for login in seats.without[:_SEATLESS])
        others = f" and {len(seats.without) - _SEATLESS:,} more" if len(seats.without) > _SEATLESS else ""
        text += f" **Without:** {shown}{others}."
    return text


def _loss(action: Action) -> str:
    login, place = code_span(action.subject.login or ""), code_span(action.group.before or "")
    return f"{login} in {place} ({code_span(action.reason)})"


def _without(actions: Sequence[Action], held: Collection[str]) -> list[Action]:
    return [action for action in actions if action.id not in held]


def _loss_words(actions: Sequence[Action], held: Collection[str]) -> str:
    """`, 2 people lose access, 1 held back`: whom a guard holds back loses nothing yet."""
    losses = sum(action.removal for action in actions)
    kept = sum(action.removal and action.id in held for action in actions)
    words = f", {many(losses - kept, 'person')} {'loses' if losses - kept == 1 else 'lose'} access"
    return (words if losses > kept else "") + (f", {many(kept, 'removal')} held back" if kept else "")


def _changes(count: int) -> str:
    return many(count, "change") if count else "no change"


def _tally(actions: Sequence[Action]) -> str:
    """`2 create, 1 update`: each action at its first verb."""
    counts: dict[str, int] = {}
    for action in actions:
        counts[action.verbs[0]] = counts.get(action.verbs[0], 0) + 1
    return ", ".join(f"{count:,} {verb.replace('_', ' ')}" for verb, count in counts.items())
