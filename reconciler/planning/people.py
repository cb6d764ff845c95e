"""Everything the rules look at, gathered once: who is where in Entra, who is wanted where, who is who in Rescue.

One `People` per role and plan. It decides nothing; it only answers. What it cannot answer yet goes to `questions`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from operator import attrgetter

from reconciler.model.directory import Person
from reconciler.model.hierarchy import Details, Node, Role
from reconciler.model.mappings import Mapping, Mappings, Override, Retired
from reconciler.model.marker import Marker
from reconciler.model.plan import Finding, make_finding
from reconciler.model.readings import Questions, Readings
from reconciler.model.text import normal_login
from reconciler.planning.desired import PREFIX, Conflict, Paired, Wanted, choose_mapping, login_of, make_wanted
from reconciler.planning.included import NotIncluded, place_included
from reconciler.planning.matching import Matches
from reconciler.planning.overrides import InForce


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


def gather_people(
    role: Role,
    mappings: Mappings,
    readings: Readings,
    paired: Iterable[Paired],
    matches: Matches,
    excluded: InForce,
    included: InForce,
    questions: Questions,
) -> People:
    """Puts the facts about one role side by side. Reports nothing; asks for the included. See `meet` for both roles."""
    by_name = tuple(sorted(paired, key=lambda item: item.mapping.name))
    people = People(role, mappings, readings, by_name, matches, questions)
    people.retired = {entry.entra_group[:PREFIX]: entry for entry in mappings.retired}
    for item in by_name:
        people.by_prefix.update(dict.fromkeys(item.prefixes, item))
        if item.prefix is None and people.nameless is None:
            people.nameless = item
        if item.group is not None:
            people.place(item, item.members)
    place_included(people, included)
    settings, skip_guests, wanted = mappings.settings, mappings.settings.guests == "skip", people.wanted
    # `places` is walked beside `rows`: to look a million people up again would take as long as all the rest.
    for (entra_id, person), places in zip(people.rows.items(), people.places.values(), strict=True):
        if excluded and (override := excluded.find(_names_of(people, person))):
            people.left_out[entra_id] = f"excluded until {override.until} by an override (line {override.line})"
        elif skip_guests and person.guest:
            people.left_out[entra_id] = "a guest, and guests are skipped"
        else:
            chosen = places if isinstance(places, Paired) else choose_mapping(places, entra_id)
            into = wanted if person.enabled else people.switched_off
            if isinstance(chosen, Paired):
                if chosen.frozen is not None:
                    continue
                node = chosen.node_of(entra_id) if chosen.spots else chosen.node
                if node is None:
                    people.stuck.add(entra_id)
                else:
                    into[entra_id] = make_wanted(person, chosen, node, settings)
            elif chosen is not None:
                into[entra_id] = chosen
    return people


def meet(technicians: People, admins: People) -> None:
    """Makes the two roles known to each other, and finds what several people of either would have."""
    technicians.other, admins.other = admins, technicians
    _find_shared(technicians, admins)


def own_addresses(person: Person) -> frozenset[str]:
    """The normal forms of a person's mail and UPN."""
    return frozenset(normal_login(address) for address in (person.mail, person.upn) if address)


def held_by(node: Node | Details) -> str:
    """Who has a login or an SSO ID, as a clause."""
    state = "" if node.enabled else "disabled "
    return f"held by the {state}{node.type.lower()} {node.login or 'without a login'} (node {node.id})"


def _names_of(people: People, person: Person) -> frozenset[str]:
    """What an override may call a person: object id, mail, UPN, or the login they have, or may have, in Rescue."""
    links = people.matches.linked.get(person.id, ())
    logins = {normal_login(link.node.login) for link in links} or people.proxies_of(person.id)
    return own_addresses(person) | {person.id} | logins


def _find_shared(*roles: People) -> None:
    """Logins and SSO IDs that several people would have (D16, D21), whatever their roles: one person may have both.

    Logins are compared among all enabled people of the groups read, frozen and undecided ones included: they will want
    theirs. A disabled account takes nothing from an enabled one, but whose a login is has to be plain before somebody
    is disabled for it.
    """
    decided = [one for people in roles for one in people.wanted.values() if isinstance(one, Wanted)]
    undecided: list[tuple[str, str]] = []
    off: dict[str, set[str]] = {}
    for people in roles:
        conflicts = {entra_id for entra_id, one in people.wanted.items() if isinstance(one, Conflict)}
        for entra_id in conflicts.union(people.rows.keys() - people.wanted.keys()) - people.left_out.keys():
            person = people.rows[entra_id]
            key = normal_login(login_of(person, people.mappings.settings) or "")
            if key and person.enabled:
                undecided.append((key, entra_id))
            elif key:
                off.setdefault(key, set()).add(entra_id)
    logins = {one.key for one in decided}.union(key for key, _ in undecided)
    shared_logins: set[str] = set()
    if len(logins) < len(decided) + len(undecided):  # else nobody has to be looked at
        shared_logins = _repeated([*((one.key, one.person.id) for one in decided if one.key), *undecided])
    sso_ids = [one.sso_id for one in decided if one.sso_id is not None]
    shared_sso_ids: set[str] = set()
    if len(set(sso_ids)) < len(sso_ids):
        shared_sso_ids = _repeated([(one.sso_id, one.person.id) for one in decided if one.sso_id is not None])
    disputed = {entra_id for key, ids in off.items() if len(ids) > 1 or key in logins for entra_id in ids}
    for people in roles:
        people.shared_logins, people.shared_sso_ids, people.disputed = shared_logins, shared_sso_ids, disputed


def _repeated(pairs: Iterable[tuple[str, str]]) -> set[str]:
    """Of values and whose each is, those that several people have."""
    first: dict[str, str] = {}
    return {value for value, entra_id in pairs if first.setdefault(value, entra_id) != entra_id}
