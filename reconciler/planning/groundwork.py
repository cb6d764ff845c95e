"""What a plan is built on and no answer to its questions changes: who is who, who is wanted where, who is in sync.

Planning runs again with every round of answers, while the two readings stay the same objects. So this is made once and
kept with the readings (`Readings.kept`). It follows from what it is made from and from nothing else: a plan is the same
whether it was kept or made anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from reconciler.model.directory import Directory, NoPerson, Person
from reconciler.model.hierarchy import Role
from reconciler.model.mappings import Mappings
from reconciler.model.plan import Refresh
from reconciler.model.readings import Questions, Readings
from reconciler.planning.desired import Paired, freeze_emptied, pair_mappings
from reconciler.planning.gathering import gather_people, meet
from reconciler.planning.hierarchies import Hierarchies, lay_out
from reconciler.planning.in_sync import InSync, tell_apart
from reconciler.planning.matching import Matches, match_nodes
from reconciler.planning.overrides import InForce
from reconciler.planning.people import People


@dataclass(frozen=True, slots=True)
class Groundwork:
    """Both roles, technicians first, and the groups of both."""

    roles: tuple[People, ...]
    in_sync: tuple[InSync, ...]
    hierarchies: Hierarchies
    _made_from: tuple[Mappings, Directory, Refresh, dict[str, Person | NoPerson], object, date]

    def fits(self, mappings: Mappings, readings: Readings, today: date) -> bool:
        """Whether it would be made the same again."""
        own, directory, refresh, included, addresses, day = self._made_from
        return (
            own is mappings
            and directory is readings.directory
            and refresh == readings.refresh
            and included == readings.included
            and (addresses is None or addresses is readings.addresses)
            and day == today
        )

    def open(self, readings: Readings, questions: Questions) -> tuple[People, ...]:
        """The people of both roles for one round: its answers in, nothing found yet."""
        roles = tuple(
            replace(people, readings=readings, questions=questions, by_sso_id={}, findings=[], blocked=set())
            for people in self.roles
        )
        for people in roles:
            people.look_at_sso_ids()
        roles[0].other, roles[1].other = roles[1], roles[0]
        return roles


def lay_groundwork(mappings: Mappings, readings: Readings, today: date, questions: Questions) -> Groundwork:
    """Made, or taken from what the readings keep. Raises InputError for what only the reading can show of the file.

    What it asks itself (whom overrides include) goes to `questions`; then it is not kept.
    """
    kept = readings.kept.get(id(mappings))
    if isinstance(kept, Groundwork) and kept.fits(mappings, readings, today):
        return kept
    made = _make(mappings, readings, today, questions)
    if not questions:
        readings.kept[id(mappings)] = made
    return made


def _make(mappings: Mappings, readings: Readings, today: date, questions: Questions) -> Groundwork:
    paired = pair_mappings(mappings, readings.directory, readings.tree)
    matches = _match(mappings, readings, paired)
    healthy = [
        item
        for role in Role
        for item in freeze_emptied([item for item in paired if item.mapping.role is role], matches[role])
    ]
    hierarchies = lay_out(mappings, readings.tree, healthy, matches[Role.TECHNICIAN].sitting)
    excluded, included = (InForce(mappings.overrides, action, today) for action in ("exclude", "include"))
    roles = tuple(
        gather_people(
            role,
            mappings,
            readings,
            [item for item in hierarchies.paired if item.mapping.role is role],
            matches[role],
            excluded,
            included,
            questions,
        )
        for role in Role
    )
    meet(*roles)
    by_address = readings.addresses if excluded else None  # an override may know somebody by any of them
    made_from = (mappings, readings.directory, readings.refresh, dict(readings.included), by_address, today)
    return Groundwork(roles, tuple(map(tell_apart, roles)), hierarchies, made_from)


def _match(mappings: Mappings, readings: Readings, paired: Sequence[Paired]) -> dict[Role, Matches]:
    """Who is who; the same for every file that has the same owner and the same Entra groups."""
    prefixes = {
        role: frozenset().union(*(item.prefixes for item in paired if item.mapping.role is role)) for role in Role
    }
    key = (mappings.owner, *prefixes.values())
    kept = readings.kept.get(key)
    if kept is None:
        kept = readings.kept[key] = match_nodes(readings.tree, mappings.owner, prefixes)
    return kept
