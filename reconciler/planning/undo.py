"""`make_undo`: the plan that reverses one run, where nothing has changed since; the questions first, as `make_plan`.

What the file would do again is left out and named: planning itself is asked what the file wants of Rescue as it would
be once everything is undone, until what is left stands. The guards of the file judge the plan; a disable by it is a
removal. `hold` keeps nobody from being undone, it keeps the file from doing it again; survival and `protected` do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from reconciler.model.hierarchy import Role, Tree
from reconciler.model.mappings import Mapping, Mappings
from reconciler.model.plan import VERBS, Action, Outcomes, Plan, Seats, Summary, plan_digest
from reconciler.model.readings import Questions, Readings
from reconciler.model.undo import Undo
from reconciler.planning.admins import ask_for_admins, count_admins
from reconciler.planning.diff import Difference, make_action
from reconciler.planning.guards import judge_guards
from reconciler.planning.holding import held_back
from reconciler.planning.planner import make_plan, order_actions, sort_findings
from reconciler.planning.undoing.against import (
    find_against,
    find_in_vain,
    find_kept,
    login_holders,
    once_undone,
    without,
)
from reconciler.planning.undoing.counting import count_licences, count_populations, count_seats, find_managed
from reconciler.planning.undoing.forged import find_forged
from reconciler.planning.undoing.reversals import Reversal, find_reversals


def make_undo(
    mappings: Mappings, readings: Readings, outcomes: Outcomes, *, today: date, made_at: str
) -> Undo | Questions:
    """The plan that takes one run back, for one file and one reading. Raises InputError as `make_plan` does."""
    questions = Questions()
    reversals, left = find_reversals(outcomes.actions, readings, mappings.owner, questions)
    if questions:
        return questions
    reversals = without(left, reversals, find_forged(readings.tree, mappings.owner, reversals))
    reversals = without(left, reversals, find_kept(mappings, readings, reversals))
    # Whom the file wants and a lack of seats alone would keep out is wanted all the same: seats end no forecast.
    wants = replace(mappings, technician_seats=None, mobile_seats=None)
    while True:
        reversals = without(left, reversals, find_in_vain(readings.tree, reversals))
        forecast = make_plan(wants, once_undone(readings, reversals), today=today, made_at=made_at)
        if isinstance(forecast, Questions):
            return forecast
        against = find_against(mappings, readings, reversals, forecast)
        if not against:
            break
        reversals = without(left, reversals, against)
    actions = order_actions(_actions(mappings, readings.tree, reversals))
    ask_for_admins(actions, readings, questions)
    return questions or Undo(_make(mappings, readings, outcomes, actions, forecast, today, made_at), tuple(left))


def _actions(mappings: Mappings, tree: Tree, reversals: Sequence[Reversal]) -> list[Action]:
    by_name: dict[tuple[Role, str | None], Mapping] = {(item.role, item.name): item for item in mappings.mappings}
    by_node = {reversal.node.id: reversal.outcome.id for reversal in reversals}
    holders = login_holders(tree, reversals)
    made = []
    for reversal in reversals:
        outcome = reversal.outcome
        turned = reversal.after("enabled")
        action = make_action(
            reversal.role,
            tree,
            entra_id=outcome.subject.entra_id,
            mapping=by_name.get((reversal.role, outcome.mapping)),
            node=reversal.node,
            login=reversal.node.login,
            name=str(reversal.after("name") or reversal.actual.name),
            difference=Difference(reversal.changes, reversal.moves_to),
            reason=f"undoes: {'+'.join(outcome.verbs)} ({outcome.reason})",
            lead=None if turned is None else "enable" if turned else "disable",
        )
        needs = tuple(sorted(by_node[node] for node in holders.get(outcome.id, ())))
        made.append(action.model_copy(update={"id": outcome.id, "mapping": outcome.mapping, "depends_on": needs}))
    return made


def _make(
    mappings: Mappings,
    readings: Readings,
    outcomes: Outcomes,
    actions: tuple[Action, ...],
    forecast: Plan,
    today: date,
    made_at: str,
) -> Plan:
    populations = count_populations(mappings, readings, outcomes.actions, actions)
    verdicts = judge_guards(actions, populations, count_admins(readings), mappings.guards, mappings.permits, today)
    held = held_back(actions, verdicts, mappings.guards)
    going = [action for action in actions if action.id not in held]
    technicians, findings = count_seats(readings.tree, going, mappings.technician_seats)
    counts = dict.fromkeys(VERBS, 0)
    for action in actions:
        counts[action.verbs[0]] += 1
    written = {action.subject.node_id for action in actions}
    managed = sum(len(find_managed(readings.tree, role, mappings.owner).keys() - written) for role in Role)
    return Plan(
        digest=plan_digest(actions),
        config_digest=mappings.config_digest,
        made_at=made_at,
        sso_verified=readings.refresh,
        summary=Summary(
            **counts,
            changes_total=len(actions),
            unchanged=managed,
            frozen_mappings=forecast.summary.frozen_mappings,
        ),
        seats=Seats(technician=technicians, mobile=count_licences(mappings, readings, going)),
        actions=actions,
        findings=sort_findings(findings),
        mappings=forecast.mappings,
        guards=verdicts,
        held=held,
    )
