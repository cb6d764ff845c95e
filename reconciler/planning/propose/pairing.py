"""Which Entra group belongs to which Rescue group of an account that is in use: proposals with their reasons.

Evidence is, in this order: people of the Rescue group who are members of the Entra group (by our marker, or because
their login is a member's mail or UPN), and the names. Nothing here is ever acted on: a proposal becomes a line of
mappings.yaml that a person reviews, and then a plan.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from reconciler.model.choices import FoundGroup, RescueGroup
from reconciler.model.directory import Group, Person, UnreadGroup
from reconciler.model.hierarchy import Node, Role, Tree, is_blank
from reconciler.model.marker import NO_PRINT, Marker, find_markers, print_of
from reconciler.model.text import normal_login, path_sort_key, sort_key
from reconciler.planning.propose.likeness import likeness, words_alike, words_of

BY_NAME = 3
BY_MEMBERS = 4
"""Candidates looked at for each Rescue group, by the likeness of names and by where a sample of its people are."""
_EQUAL = 0.9
_OF_NAMES = 0.3
"""What an equal name weighs where the same people in both would weigh 1."""
_PREFIX = 8


class Inhabitant(NamedTuple):
    """An enabled person of a Rescue group; `marker` where this owner's link is in the Description."""

    login: str
    marker: Marker | None


@dataclass(frozen=True)
class Place:
    """A Rescue group with the people directly in it who count as evidence: enabled, with a login."""

    group: RescueGroup
    people: tuple[Inhabitant, ...]

    @property
    def text(self) -> str:
        return "/".join(self.group.path)

    @cached_property
    def words(self) -> tuple[frozenset[str], frozenset[str]]:
        """Of the path and of its leaf."""
        return words_of(*self.group.path), words_of(self.group.path[-1])


class Proposal(NamedTuple):
    """One pair and why. `linked`: people there already carry this pair's marker, so a file has managed it before."""

    place: Place
    group: Group
    shared: int
    reason: str
    linked: bool
    sso: str | None
    """What the SSO IDs that were written are by the markers' prints: `upn`, `mail`, or None where none are managed."""


class NoPair(NamedTuple):
    """A Rescue group nothing is proposed for, and what is known."""

    place: Place
    reason: str


class Proposals(NamedTuple):
    pairs: tuple[Proposal, ...]
    left: tuple[NoPair, ...]
    upn_as_login: bool
    """Most of the people recognised have their UPN as login, not their mail."""


def list_places(tree: Tree, groups: Iterable[RescueGroup], owner: str) -> list[Place]:
    """The groups of one role with their people; without the category, which no mapping can name."""
    wanted = {group.node_id: group for group in groups if group.path}
    inside: dict[int, list[Inhabitant]] = {node_id: [] for node_id in wanted}
    for role in {group.role for group in wanted.values()}:
        for node in tree.people(role):
            if node.parent in inside and node.enabled and node.login.strip() and not is_blank(node):
                inside[node.parent].append(Inhabitant(normal_login(node.login), _marker_of(node, owner)))
    return [Place(group, tuple(sorted(inside[id_], key=lambda one: one.login))) for id_, group in wanted.items()]


def sample_logins(places: Sequence[Place], *, at_most: int) -> list[str]:
    """Whose groups to ask for: of each place as many as fit, spread evenly over its people, at least two."""
    full = [place for place in places if place.people]
    if not full:
        return []
    each = max(2, at_most // len(full))
    return list(dict.fromkeys(one.login for place in full for one in _spread(place.people, each)))


def choose_candidates(
    places: Sequence[Place], listed: Sequence[FoundGroup], memberships: Mapping[str, Collection[str]], *, at_most: int
) -> list[str]:
    """Ids of the Entra groups whose members are worth reading: those our links name, then those that hold many of the
    people, then those called alike, each time the likest name first.

    `memberships`: the groups of each login of the sample that is somebody's in Entra.
    """
    linked: set[str] = set()
    peopled: dict[str, float] = defaultdict(float)
    named: dict[str, float] = defaultdict(float)
    words = {group.id: words_of(group.name) for group in listed}
    having: dict[str, list[str]] = defaultdict(list)
    for id_, said in words.items():
        for word in said:
            having[word].append(id_)
    by_prefix: dict[str, list[str]] = defaultdict(list)
    for id_ in words.keys() | {id_ for groups in memberships.values() for id_ in groups}:
        by_prefix[id_[:_PREFIX]].append(id_)
    for place in places:
        path, leaf = place.words
        like = {id_: words_alike(words[id_], path, leaf) for word in path | leaf for id_ in having.get(word, ())}
        known = [memberships[one.login] for one in place.people if one.login in memberships]
        counted = Counter(id_ for groups in known for id_ in set(groups))
        by_members = sorted(
            (id_ for id_, count in counted.items() if 2 * count >= len(known)),
            key=lambda id_: (-counted[id_], -like.get(id_, 0.0), id_),
        )
        prefixes = {one.marker.mapping for one in place.people if one.marker}
        linked |= {id_ for prefix in prefixes for id_ in by_prefix[prefix]}
        for id_ in by_members[:BY_MEMBERS]:
            peopled[id_] = max(peopled[id_], like.get(id_, 0.0))
        for id_ in _likest(like)[:BY_NAME]:
            named[id_] = max(named[id_], like[id_])
    return list(dict.fromkeys([*sorted(linked), *_likest(peopled), *_likest(named)]))[:at_most]


def propose_pairs(places: Sequence[Place], read: Mapping[str, Group | UnreadGroup]) -> Proposals:
    """Each Entra group and each Rescue group at most once, the strongest pairs first; what is left has a reason too."""
    groups = [group for group in read.values() if isinstance(group, Group)]
    rolls = [_Roll(group) for group in groups]
    matches = [match for place in places for roll in rolls if (match := _match(place, roll))]
    matches.sort(key=_weight)
    taken: set[str] = set()
    found: dict[int, _Match] = {}
    for match in matches:
        if match.good and match.place.group.node_id not in found and match.group.id[:_PREFIX] not in taken:
            taken.add(match.group.id[:_PREFIX])
            found[match.place.group.node_id] = match
    of_place: dict[int, list[_Match]] = defaultdict(list)
    for match in matches:
        of_place[match.place.group.node_id].append(match)
    left = [
        NoPair(place, _why_not(place, of_place[place.group.node_id], taken, read))
        for place in places
        if place.group.node_id not in found
    ]
    pairs = [_proposal(found[place.group.node_id]) for place in places if place.group.node_id in found]
    upns = sum(match.by_upn for match in found.values())
    mails = sum(match.by_mail for match in found.values())
    return Proposals(tuple(pairs), tuple(left), upns > mails)


class _Match(NamedTuple):
    """One Rescue group held against one Entra group. `linked`: people with this pair's marker, and who they are."""

    place: Place
    group: Group
    shared: int
    linked: tuple[tuple[Inhabitant, Person], ...]
    by_mail: int
    by_upn: int
    alike: float

    @property
    def managed(self) -> bool:
        """Most of the people both have in common carry this pair's link."""
        return 2 * len(self.linked) > self.shared

    @property
    def overlap(self) -> float:
        """0 to 1, both ways: who is there should be a member, and a group of everybody is nobody's pair."""
        everybody = len(self.place.people) + len(self.group.members)
        return 2 * self.shared / everybody if self.shared else 0.0

    @property
    def good(self) -> bool:
        if not self.place.people:
            return self.alike >= _EQUAL
        if 2 * self.shared < len(self.place.people):
            return False
        return self.managed or self.overlap >= 0.5 or self.alike >= 0.5


def _weight(match: _Match) -> tuple[bool, float, tuple[str, ...], str]:
    """The best first: what a file has managed before, then by people and names; equals by path and name."""
    weight = match.overlap + _OF_NAMES * match.alike
    return not match.managed, -weight, path_sort_key(match.place.text), sort_key(match.group.name)


class _Roll:
    """The members of an Entra group, ready to be looked up."""

    def __init__(self, group: Group) -> None:
        self.group = group
        self.words = words_of(group.name)
        self.mails = frozenset(normal_login(person.mail) for person in group.members if person.mail)
        self.upns = frozenset(normal_login(person.upn) for person in group.members)
        self.by_id = {person.id: person for person in group.members}


def _match(place: Place, roll: _Roll) -> _Match | None:
    """None where neither people nor names have anything in common."""
    group = roll.group
    shared = by_mail = by_upn = 0
    linked = []
    for one in place.people:
        person = roll.by_id.get(one.marker.entra_id) if one.marker else None
        if person and one.marker and one.marker.mapping == group.id[:_PREFIX]:
            linked.append((one, person))
        mail, upn = one.login in roll.mails, one.login in roll.upns
        by_mail += mail and not upn
        by_upn += upn and not mail
        shared += bool(person or mail or upn)
    alike = words_alike(roll.words, *place.words)
    return _Match(place, group, shared, tuple(linked), by_mail, by_upn, alike) if shared or alike else None


def _proposal(match: _Match) -> Proposal:
    place = match.place
    if not place.people:
        reason = f"the names are alike; nobody enabled is in {place.text} yet"
    else:
        reason = f"{_of(match)} ({_size(match)})"
    if match.managed:
        reason += f"; {len(match.linked)} carry this pair's link already"
    return Proposal(place, match.group, match.shared, reason, match.managed, _sso_of(match))


def _sso_of(match: _Match) -> str | None:
    """By which rule the SSO IDs in the markers were made, where most of them agree (D3)."""
    prints = [(one.marker.print, person) for one, person in match.linked if one.marker]
    managed = [(print_, person) for print_, person in prints if print_ != NO_PRINT]
    if 2 * len(managed) <= len(prints):
        return None
    upns = sum(print_ == print_of(person.upn) for print_, person in managed)
    mails = sum(bool(person.mail) and print_ == print_of(person.mail) for print_, person in managed)
    if 2 * max(upns, mails) <= len(managed):
        return None
    return "upn" if upns >= mails else "mail"


def _why_not(place: Place, matches: Sequence[_Match], taken: set[str], read: Mapping[str, Group | UnreadGroup]) -> str:
    if matches and (place.people or matches[0].alike >= _EQUAL):
        best = matches[0]
        if best.good and best.group.id[:_PREFIX] in taken:
            return f"{best.group.name} fits, and is the pair of another Rescue group already"
        if best.shared:
            return f"no Entra group fits well; the nearest is {best.group.name}: {_of(best)} ({_size(best)})"
        return f"no Entra group shares people with it; the nearest name is {best.group.name}"
    unread = [
        f"{group.name or group.id} could not be read: {group.why}"
        for group in read.values()
        if isinstance(group, UnreadGroup) and group.name and likeness(group.name, place.group.path) >= 0.5
    ]
    if unread:
        return "; ".join(unread)
    return "no Entra group shares people with it" if place.people else "nobody enabled is in it, and no name is alike"


def _of(match: _Match) -> str:
    role = "technicians" if match.place.group.role is Role.TECHNICIAN else "administrators"
    verb = "is a member" if match.shared == 1 else "are members"
    return f"{match.shared} of {len(match.place.people)} {role} of {match.place.text} {verb}"


def _size(match: _Match) -> str:
    return f"it has {len(match.group.members)}"


def _marker_of(node: Node, owner: str) -> Marker | None:
    found = [marker for marker in find_markers(node.description) if marker.owner == owner]
    return found[0] if len(found) == 1 else None


def _spread(people: Sequence[Inhabitant], count: int) -> list[Inhabitant]:
    count = min(count, len(people))
    return [people[index * len(people) // count] for index in range(count)]


def _likest(like: Mapping[str, float]) -> list[str]:
    return sorted(like, key=lambda id_: (-like[id_], id_))
