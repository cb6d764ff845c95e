"""Actions and findings as the lines of a table (R77): one line a change, each naming whom it is about.

So every column can be sorted and filtered. A cell nobody knows is None, never a guess.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from reconciler.model.plan import Action, ActionOutcome, Change, Finding, RoleName
from reconciler.render.rule_numbers import rule_of_change, rule_of_finding, rule_of_move, rule_of_verb
from reconciler.render.words import FIELD_WORDS, verbs_of

NO_SEAT_CODES = ("no_seat", "no_mobile_seat")


class Line(NamedTuple):
    """One line. The first sixteen fields are the columns of R77; `outcome` and `message` are empty in a plan,
    `origin` where there is no base.

    `effect`: technician seats, or mobile licences where `field` is the mobile licence, that the line takes or frees.
    `look` is the verb or the severity that gives the line its colour.
    """

    action: str
    role: str | None = None
    mapping: str | None = None
    entra_id: str | None = None
    upn: str | None = None
    email: str | None = None
    name: str | None = None
    node_id: int | None = None
    before: str | None = None
    after: str | None = None
    field: str | None = None
    old: str | None = None
    new: str | None = None
    effect: int | None = None
    reason: str | None = None
    rule: str | None = None
    outcome: str | None = None
    message: str | None = None
    origin: str | None = None
    look: str = ""


def lines_of(actions: Iterable[Action], role: RoleName) -> Iterator[Line]:
    """Every change of one role, in the order of the plan."""
    for action in actions:
        if action.role == role:
            yield from action_lines(action)


def seat_lines(actions: Iterable[Action], findings: Iterable[Finding]) -> Iterator[Line]:
    """The lines that take or free something the account has paid for, and who goes without."""
    for action in actions:
        yield from (line for line in action_lines(action) if line.effect is not None)
    yield from (finding_line(finding) for finding in findings if finding.code in NO_SEAT_CODES)


def skipped_lines(actions: Iterable[Action], stopped: Iterable[Action], findings: Iterable[Finding]) -> Iterator[Line]:
    """What is not done and why: findings, errors first; what the edit stops; what an apply did not get done."""
    shown = tuple(findings)
    for severity in ("error", "warning"):
        yield from (finding_line(finding) for finding in shown if finding.severity == severity)
    for action in stopped:
        for line in action_lines(action):
            yield line._replace(action=f"stopped: {line.action}")
    for action in actions:
        if isinstance(action, ActionOutcome) and action.outcome != "done":
            yield from action_lines(action)


def action_lines(action: Action) -> Iterator[Line]:
    """A line for each changed field and one for a move; one without a field where there is neither."""
    subject = action.subject
    base = Line(
        action=verbs_of(action),
        role=action.role,
        mapping=action.mapping,
        entra_id=subject.entra_id,
        upn=subject.upn,
        email=subject.login,
        name=subject.path if subject.path is not None else subject.name,
        node_id=subject.node_id,
        before=action.group.before,
        after=action.group.after,
        reason=action.reason,
        outcome=action.outcome if isinstance(action, ActionOutcome) else None,
        message=action.message if isinstance(action, ActionOutcome) else None,
        origin=action.origin,
        look="disable" if action.removal else action.verbs[0],
    )
    if "move" in action.verbs:
        yield base._replace(field="group", old=action.group.before, new=action.group.after, rule=rule_of_move())
    for change in action.changes:
        yield base._replace(
            field=FIELD_WORDS[change.field],
            old=_value(change.before),
            new=_value(change.after),
            effect=_effect(action, change),
            rule=rule_of_change(action, change.field),
        )
    if not action.changes and "move" not in action.verbs:
        yield base._replace(rule=rule_of_verb(action))


def finding_line(finding: Finding) -> Line:
    """A finding has no node and no role: it says in words whom it is about."""
    return Line(
        action=finding.code,
        mapping=finding.mapping,
        email=finding.login,
        reason=finding.message,
        rule=rule_of_finding(finding.code) or None,
        look=finding.severity,
    )


def _value(value: str | bool | None) -> str | None:
    return ("yes" if value else "no") if isinstance(value, bool) else value


def _effect(action: Action, change: Change) -> int | None:
    """Whether a blank that a creation fills was enabled, and so had its seat, no plan says: None."""
    if action.role != "technician" or change.before == change.after:
        return None
    if change.field == "mobile_license":
        return None if not change.before and not change.after else 1 if change.after else -1
    if change.field != "enabled" or ("create" in action.verbs and action.subject.node_id is not None):
        return None
    return 1 if change.after else -1
