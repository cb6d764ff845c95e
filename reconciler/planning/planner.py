"""`make_plan`: the only entry to planning. Values in, a Plan out, or the questions that have to be answered first.

Planning is run again with the answers until it asks nothing more, so the rules that decide are also the rules that say
what must be known, and nothing is read that no rule needs. It never touches the network, the clock or a file.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from reconciler.model.hierarchy import Role
from reconciler.model.mappings import Mappings
from reconciler.model.plan import (
    VERBS,
    Action,
    Finding,
    MappingState,
    Plan,
    Seats,
    Summary,
    Verb,
    make_finding,
    plan_digest,
)
from reconciler.model.readings import Questions, Readings
from reconciler.model.text import path_sort_key, sort_key
from reconciler.planning.admins import ask_for_admins, count_admins
from reconciler.planning.blanks import report_blanks
from reconciler.planning.decisions import Decisions
from reconciler.planning.desired import Paired
from reconciler.planning.groundwork import lay_groundwork
from reconciler.planning.group_actions import make_group_actions
from reconciler.planning.guards import Population, judge_guards
from reconciler.planning.handovers import settle_handovers
from reconciler.planning.holding import held_back
from reconciler.planning.licences import recount_licences, settle_licences
from reconciler.planning.matching import find_survivors
from reconciler.planning.overrides import InForce, LoginPatterns
from reconciler.planning.people import People
from reconciler.planning.rules import decide_all
from reconciler.planning.seats import count_technicians, recount_technicians, seat_technicians
from reconciler.planning.upns import with_upns

STAGES: tuple[Verb, ...] = ("create_group", "disable", "update", "move", "enable", "create")
"""The order of writes (§4). An action sits in the stage of its first verb here; an adoption alone is an update."""


def make_plan(mappings: Mappings, readings: Readings, *, today: date, made_at: str) -> Plan | Questions:
    """The plan for one file and one reading.

    `today` is the day in UTC by which overrides and permits expire; `made_at` is copied into the plan and touches
    nothing else. Raises InputError for what only the reading can show to be wrong with the file.
    """
    questions = Questions()
    groundwork = lay_groundwork(mappings, readings, today, questions)
    hierarchies = groundwork.hierarchies
    roles = groundwork.open(readings, questions)
    if readings.refresh == "full":
        _ask_for_all(roles)
    groups = make_group_actions(hierarchies)
    survivors = find_survivors(readings.tree, readings.caller, readings.details.values())
    held, protected = InForce(mappings.overrides, "hold", today), LoginPatterns(mappings.protected)
    decided = [Decisions(people, hierarchies.tree, survivors, held, protected) for people in roles]
    for decisions, in_sync in zip(decided, groundwork.in_sync, strict=True):
        decide_all(decisions, in_sync)
    technicians = decided[0]
    seated = seat_technicians(decided, settle_handovers(decided))
    filled = seated.filled
    ask_for_admins(filled[1].actions, readings, questions)
    if questions:  # before licences: who is to get one is known when everything else about everybody is
        return questions
    licensed = settle_licences(technicians, filled[0].actions)
    if questions:
        return questions
    actions = order_actions(groups.with_people([*licensed.actions, *filled[1].actions]))
    technicians.unchanged -= licensed.changed
    technicians.people.blocked |= seated.blocked
    for decisions, item in zip(decided, filled, strict=True):
        report_blanks(decisions, item.left)
    findings = [finding for people in roles for finding in people.findings]
    findings += [*seated.findings, *licensed.findings]
    findings += [finding for decisions in decided for finding in _about_mappings(decisions)]
    findings += [*hierarchies.findings, *groups.findings, *_expired(mappings, today)]
    by_name = {item.mapping.name: item for people in roles for item in people.paired}
    states = tuple(by_name[mapping.name] for mapping in mappings.mappings)
    verdicts = judge_guards(
        actions,
        {people.role: _population(people, actions) for people in roles if _is_judged(people)},
        count_admins(readings),
        mappings.guards,
        mappings.permits,
        today,
    )
    waiting = held_back(actions, verdicts, mappings.guards)
    technician_seats = count_technicians(readings.tree, actions, mappings.technician_seats, seated.without)
    mobile_seats = licensed.seats
    if waiting:
        going = [action for action in actions if action.id not in waiting]
        technician_seats, without = recount_technicians(technicians, going, seated)
        mobile_seats = recount_licences(licensed.seats, going, mappings.mappings)
        findings += without
    return Plan(
        digest=plan_digest(actions),
        config_digest=mappings.config_digest,
        made_at=made_at,
        sso_verified=readings.refresh,
        summary=_summarise(actions, decided, states),
        seats=Seats(technician=technician_seats, mobile=mobile_seats),
        actions=with_upns(actions, readings),
        findings=sort_findings(findings),
        mappings=tuple(_state(item, decided) for item in states),
        guards=verdicts,
        held=waiting,
    )


def order_actions(actions: Iterable[Action]) -> tuple[Action, ...]:
    """The order of writes: by stage, then path, then login; whoever others depend on comes before them (§4).

    `depends_on` must have no cycle.
    """
    ready = sorted(actions, key=_order)
    by_id = {action.id: action for action in ready}
    placed: dict[str, Action] = {}
    for action in ready:
        stack = [action]
        while stack:
            missing = [by_id[needed] for needed in reversed(stack[-1].depends_on) if needed not in placed]
            if missing:
                stack += missing
            else:
                last = stack.pop()
                placed.setdefault(last.id, last)
    return tuple(placed.values())


def stage_of(action: Action) -> int:
    """Index into STAGES."""
    return min((STAGES.index(verb) for verb in action.verbs if verb in STAGES), default=STAGES.index("update"))


def sort_findings(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Errors first, then by code, mapping, login and message."""
    return tuple(
        sorted(
            findings,
            key=lambda f: (
                f.severity != "error",
                f.code,
                sort_key(f.mapping or ""),
                sort_key(f.login or ""),
                f.message,
            ),
        )
    )


def _order(action: Action) -> tuple[int, tuple[str, ...], str, str]:
    path = action.group.after or action.group.before or ""
    return stage_of(action), path_sort_key(path), sort_key(action.subject.login or ""), action.id


def _ask_for_all(roles: Iterable[People]) -> None:
    """`--refresh full`: the record of every node of ours (D4)."""
    for people in roles:
        for links in people.matches.linked.values():
            for link in links:
                people.knows(link.node)


def _is_judged(people: People) -> bool:
    """Guards of a role have an entry where the file has mappings of it, or somebody is linked in it."""
    return people.role is Role.TECHNICIAN or bool(people.paired or people.matches.linked)


def _population(people: People, actions: Iterable[Action]) -> Population:
    """Enabled people of a role marked for living mappings, or adopted by this plan (§6); mappings as in the file."""
    by_mapping = {item.mapping.name: 0 for item in sorted(people.paired, key=lambda item: item.mapping.line)}
    managed = 0
    for prefix, enabled in people.matches.enabled_by_prefix.items():
        own = people.mapping_of_prefix(prefix)
        if own is not None:
            by_mapping[own.mapping.name] += enabled
            managed += enabled
    adopted = [
        action.mapping
        for action in actions
        if action.role == people.role.value
        and "adopt" in action.verbs
        and not action.rehires
        and action.mapping is not None
    ]
    for name in adopted:
        by_mapping[name] += 1
    return Population(managed + len(adopted), by_mapping, managed)


def _summarise(actions: tuple[Action, ...], decided: Iterable[Decisions], paired: Iterable[Paired]) -> Summary:
    roles = tuple(decided)
    counts = dict.fromkeys(VERBS, 0)
    for action in actions:
        counts[action.verbs[0]] += 1
    return Summary(
        **counts,
        changes_total=len(actions),
        unchanged=sum(decisions.unchanged for decisions in roles),
        unmanaged=sum(decisions.unmanaged for decisions in roles),
        blocked=sum(len(decisions.people.blocked) for decisions in roles),
        kept_disabled=sum(decisions.kept_disabled for decisions in roles),
        frozen_mappings=sum(item.frozen is not None for item in paired),
    )


def _about_mappings(decisions: Decisions) -> list[Finding]:
    findings = []
    for item in decisions.people.paired:
        if item.frozen is None:
            continue
        message = f"nothing is written for it: {item.frozen}"
        waiting = sum(item.mapping.priority < priority for priority in decisions.waiting.values())
        if waiting:
            message += f"; people of mappings after it in priority who wait until it can be read: {waiting}"
        findings.append(make_finding("frozen", message, mapping=item.mapping.name))
    return findings


def _expired(mappings: Mappings, today: date) -> list[Finding]:
    findings = []
    for override in mappings.overrides:
        if override.until < today:
            message = f"the override of line {override.line} ({override.action}) ended on {override.until}"
            findings.append(make_finding("expired", message, login=override.login))
    for permit in mappings.permits:
        if permit.until < today:
            message = f"the permit of line {permit.line} ({permit.guard}) ended on {permit.until}"
            findings.append(make_finding("expired", message))
    return findings


def _state(item: Paired, decided: Iterable[Decisions]) -> MappingState:
    missing = [login for decisions in decided for login in decisions.not_created.get(item.mapping.name, ())]
    return MappingState(
        name=item.mapping.name,
        state="ok" if item.frozen is None else "frozen",
        entra_group=item.entra_name,
        rescue_group=item.mapping.rescue_group_text,
        members=len(item.members) if item.group is not None else None,
        not_created=tuple(sorted(missing, key=sort_key)),
    )
