"""Which mappings count somebody among their people, and by which way, for `explain` (D1, §2)."""

from __future__ import annotations

from collections.abc import Mapping as Record
from datetime import date

from reconciler.model.directory import Group
from reconciler.model.explanation import How, Membership
from reconciler.model.mappings import Mappings
from reconciler.model.plan import Plan
from reconciler.model.readings import Readings
from reconciler.planning.explain.exceptions import included_in
from reconciler.planning.explain.subjects import Subject
from reconciler.planning.nesting import Boundaries, Walk, walk_mapping


def find_memberships(
    subject: Subject,
    mappings: Mappings,
    readings: Readings,
    plan: Plan,
    groups_of: Record[str, frozenset[str] | None],
    today: date,
    *,
    asked: bool,
) -> tuple[Membership, ...]:
    """Every mapping of the file, in its order.

    `groups_of`: by object id, all groups Entra itself says somebody is in, transitively; None where it could not.
    `asked`: whether Entra said of the name that was asked for whose it is, if anybody's.
    """
    states = {state.name: state for state in plan.mappings}
    frozen = {finding.mapping: finding.message for finding in plan.findings if finding.code == "frozen"}
    groups = None
    if subject.entra_id is not None:
        where = readings.whereabouts.get(subject.entra_id)
        groups = groups_of.get(subject.entra_id)
        groups = where.groups if groups is None and where is not None else groups
    included = included_in(subject, mappings, readings, today)
    walks = _walks(mappings, readings)
    found = []
    for mapping in mappings.mappings:
        walk = walks[mapping.name]
        way = () if subject.entra_id is None else walk.way_to(subject.entra_id, mapping.nested)
        found.append(
            Membership(
                mapping=mapping.name,
                line=mapping.line,
                role=mapping.role.value,
                priority=mapping.priority,
                entra_group=states[mapping.name].entra_group,
                rescue_group=mapping.rescue_group_text,
                state=states[mapping.name].state,
                why=frozen.get(mapping.name, ""),
                how="direct"
                if way
                else "included"
                if mapping.name in included
                else _not_counted(subject, walk, groups, asked=asked),
                path=way,
            )
        )
    return tuple(found)


def find_unseen(mappings: Mappings, readings: Readings) -> frozenset[str]:
    """Names of the mappings whose people are not all known: while such a one is frozen, newcomers wait for it (D11)."""
    walks = _walks(mappings, readings)
    return frozenset(
        name for name, walk in walks.items() if walk.unread or not any(met.group.members for met in walk.met)
    )


def _walks(mappings: Mappings, readings: Readings) -> dict[str, Walk]:
    """The groups of each mapping, as far as it follows nesting and as far as they were read."""
    boundaries = Boundaries(mappings, readings.directory)
    found = {}
    for mapping in mappings.mappings:
        read = readings.directory.groups[mapping.name]
        if isinstance(read, Group):
            found[mapping.name] = walk_mapping(read, mapping.nested, readings.directory, boundaries)
        else:
            found[mapping.name] = Walk((), (read,))
    return found


def _not_counted(subject: Subject, walk: Walk, groups: frozenset[str] | None, *, asked: bool) -> How:
    """Of a mapping that does not have somebody. What was not read may hold them, unless Entra rules it out.

    `groups`: all that Entra says they are in; None where it did not say.
    """
    if not walk.unread:
        return "nested" if groups is not None and walk.met[0].group.id in groups else "none"
    if subject.entra_id is None:
        return "none" if asked else "unknown"
    told = all(group.id is not None and not group.hidden for group in walk.unread)
    return "none" if told and groups is not None and groups.isdisjoint(walk.ids) else "unknown"
