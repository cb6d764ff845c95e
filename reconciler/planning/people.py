"""Everything the rules look at, gathered once: who is where in Entra, who is wanted where, who is who in Rescue.

One `People` per role and plan. It decides nothing; it only answers. What it cannot answer yet goes to `questions`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import NamedTuple

from reconciler.model.directory import NoPerson, Person
from reconciler.model.hierarchy import Details, Node, Role
from reconciler.model.mappings import Mapping, Mappings, Override, Retired
from reconciler.model.marker import Marker
from reconciler.model.plan import Finding, make_finding
from reconciler.model.readings import Questions, Readings
from reconciler.model.text import normal_login
from reconciler.planning.desired import Conflict, Paired, Wanted
from reconciler.planning.matching import Matches


class NotIncluded(NamedTuple):
    """An override that named nobody who could be read."""

    override: Override
    paired: Paired
    answer: NoPerson


@dataclass(slots=True, eq=False, repr=False)
class People:
    """The facts about one role. Built by `gather_people`; the sets at the end are filled while deciding."""

    role: Role
    mappings: Mappings
    readings: Readings
    paired: tuple[Paired, ...]
    """By name: the order of the file means nothing."""
    matches: Matches
    questions: Questions
    rows: dict[str, Person] = field(default_factory=dict)
    """By object id: everybody a group that was read whole shows, whatever becomes of its mapping, and the included."""
    places: dict[str, Paired | tuple[Paired, ...]] = field(default_factory=dict)
    wanted: dict[str, Wanted | Conflict] = field(default_factory=dict)
    """By object id: enabled people whom a healthy mapping has."""
    switched_off: dict[str, Wanted | Conflict] = field(default_factory=dict)
    """By object id: members of a healthy mapping whose account is disabled, and what they would be."""
    stuck: set[str] = field(default_factory=set)
    """Object ids of members of a healthy mapping who sit in a branch of it that is frozen (D2)."""
    included: dict[tuple[str, str], Override] = field(default_factory=dict)
    """By object id and mapping: people who count there because an override says so."""
    not_included: list[NotIncluded] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    """By object id: people the reading showed in a group and a rule left out, with the reason (D8)."""
    by_prefix: dict[str, Paired] = field(default_factory=dict)
    retired: dict[str, Retired] = field(default_factory=dict)
    """By what markers carry: the groups whose mapping was taken out on purpose (D7)."""
    nameless: Paired | None = None
    """The first mapping whose group id is not known: every marker that fits nothing known counts as its (D17)."""
    shared_logins: set[str] = field(default_factory=set)
    """Normal logins that several enabled people of the groups read would have."""
    disputed: set[str] = field(default_factory=set)
    """Object ids of `switched_off` people whose login somebody else in the groups read has as well."""
    shared_sso_ids: set[str] = field(default_factory=set)
    by_sso_id: dict[str, list[Details]] = field(default_factory=dict)
    """SSO ID -> everybody getUser showed with it, by node id."""
    findings: list[Finding] = field(default_factory=list)
    other: People = field(init=False)
    """The same of the other role (D12): see `meet`."""
    owners_of_unmarked: dict[str, set[str]] | None = None
    """See `planning.addresses`."""
    blocked: set[str] = field(default_factory=set)
    """People something was withheld from: object ids, or `node:` and a node id."""

    def look_at_sso_ids(self) -> None:
        """Takes in what getUser showed of SSO IDs."""
        records = (*self.readings.details.values(), self.readings.caller.details)
        for record in sorted(filter(None, records), key=attrgetter("id")):
            if record.sso_id:
                self.by_sso_id.setdefault(record.sso_id, []).append(record)

    def places_of(self, entra_id: str) -> tuple[Paired, ...]:
        """Every mapping whose group was seen to hold this person, by name."""
        found = self.places.get(entra_id)
        if found is None:
            return ()
        return found if isinstance(found, tuple) else (found,)

    def place(self, item: Paired, members: Sequence[Person]) -> None:
        """Each of them counts in this mapping, besides those where they do already. `rows` and `places` keep one order.

        `members` holds nobody twice.
        """
        rows, places = self.rows, self.places
        ids = [person.id for person in members]
        if places.keys().isdisjoint(ids):
            rows.update(zip(ids, members, strict=True))
            places.update(dict.fromkeys(ids, item))
            return
        for entra_id, person in zip(ids, members, strict=True):
            before = places.get(entra_id)
            if before is None:
                rows[entra_id] = person
                places[entra_id] = item
            else:
                places[entra_id] = (*before, item) if isinstance(before, tuple) else (before, item)

    def mapping_of(self, marker: Marker) -> Paired | None:
        """The mapping of the file that a marker belongs to; None for an orphan and for the retired (D7, D17)."""
        return self.mapping_of_prefix(marker.mapping)

    def mapping_of_prefix(self, prefix: str) -> Paired | None:
        """The same by what a marker carries after the `@`."""
        own = self.by_prefix.get(prefix)
        return own if own is not None or prefix in self.retired else self.nameless

    def is_elsewhere(self, entra_id: str) -> bool:
        """Whether a node of the other role carries this person's marker (D12)."""
        return entra_id in self.other.matches.linked

    def is_wanted_elsewhere(self, entra_id: str) -> bool:
        """Whether a mapping of the other role has this person, or several would (D12)."""
        return entra_id in self.other.wanted or entra_id in self.other.stuck

    def mapping_at(self, node_id: int | None) -> Mapping:
        """The first mapping by name that fills a Rescue group; some mapping has to."""
        return next(item.mapping for item in self.paired if node_id in item.nodes)

    def wanted_at(self, node_id: int) -> Wanted | Conflict | None:
        """What the person linked to a node of either role is wanted as there; None for anybody else's node."""
        for people in (self, self.other):
            if node_id in people.matches.owner_of:
                return people.wanted.get(people.matches.owner_of[node_id])
        return None

    def proxies_of(self, entra_id: str) -> frozenset[str]:
        """The normal forms of all their addresses, where those were read (D5)."""
        return frozenset(normal_login(address) for address in self.readings.addresses.get(entra_id) or ())

    def details(self, node: Node) -> Details | None:
        """getUser's record of a node. None where Rescue has no such user any more, or not yet asked: see `knows`."""
        return self.readings.details.get(node.id)

    def knows(self, node: Node) -> bool:
        """Whether getUser was asked about this node; if not, it is put among the questions."""
        if node.id in self.readings.details:
            return True
        self.questions.details.add(node.id)
        return False

    def report(self, code: str, message: str, *, mapping: Mapping | None = None, login: str | None = None) -> None:
        self.findings.append(make_finding(code, message, mapping=mapping.name if mapping else None, login=login))

    def block(
        self, code: str, message: str, who: str, *, mapping: Mapping | None = None, login: str | None = None
    ) -> None:
        """A finding that withholds something from somebody: an object id, or `node:` and a node id."""
        self.report(code, message, mapping=mapping, login=login)
        self.blocked.add(who)

    def block_wanted(self, code: str, message: str, wanted: Wanted, *, login: str | None = None) -> None:
        """`block` for a person a mapping has; `login` where their node has another than the wanted one."""
        shown = login or wanted.login or wanted.person.upn
        self.block(code, message, wanted.person.id, mapping=wanted.paired.mapping, login=shown)


def own_addresses(person: Person) -> frozenset[str]:
    """The normal forms of a person's mail and UPN."""
    return frozenset(normal_login(address) for address in (person.mail, person.upn) if address)


def held_by(node: Node | Details) -> str:
    """Who has a login or an SSO ID, as a clause."""
    state = "" if node.enabled else "disabled "
    return f"held by the {state}{node.type.lower()} {node.login or 'without a login'} (node {node.id})"
