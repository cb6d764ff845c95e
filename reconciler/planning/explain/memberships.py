"""Which mappings count somebody among their people, and by which way, for `explain` (D1, §2)."""

from __future__ import annotations

from collections.abc import Mapping as Record
from datetime import date

from reconciler.model.directory import Group
from reconciler.model.explanation import Membership
from reconciler.model.mappings import Mappings
from reconciler.model.plan import Plan
from reconciler.model.readings import Readings
from reconciler.planning.explain.exceptions import included_in
from reconciler.planning.explain.subjects import Subject
from reconciler.planning.nesting import Boundaries, walk_mapping


def find_memberships(
    subject: Subject,
    mappings: Mappings,
    readings: Readings,
    plan: Plan,
    groups_of: Record[str, frozenset[str] | None],
    today: date,
) -> tuple[Membership, ...]:
    """Every mapping of the file, in its order.

    `groups_of`: by object id, all groups Entra itself says somebody is in, transitively; None where it could not.
    """
    states = {state.name: state for state in plan.mappings}
    frozen = {finding.mapping: finding.message for finding in plan.findings if finding.code == "frozen"}
    where = readings.whereabouts.get(subject.entra_id or "")
    groups = groups_of.get(subject.entra_id or "") or (where.groups if where is not None else None)
    included = included_in(subject, mappings, today)
    boundaries = Boundaries(mappings, readings.directory)
    found = []
    for mapping in mappings.mappings:
        read = readings.directory.groups[mapping.name]
        way: tuple[str, ...] = ()
        if isinstance(read, Group) and subject.entra_id is not None:
            walk = walk_mapping(read, mapping.nested, readings.directory, boundaries)
            way = walk.way_to(subject.entra_id, mapping.nested)
        counted = mapping.name in included
        inside = read.id is not None and groups is not None and read.id in groups
        told = groups is not None and not inside  # in a group that was not read: directly or not, nobody knows
        known = isinstance(read, Group) or told or subject.entra_id is None
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
                if counted
                else "nested"
                if inside and known
                else "none"
                if known
                else "unknown",
                path=way,
            )
        )
    return tuple(found)
