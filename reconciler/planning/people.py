"""Everything the rules look at, gathered once: who is where in Entra, who is wanted where, who is who in Rescue.

One `People` per role and plan. It decides nothing; it only answers. What it cannot answer yet goes to `questions`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from reconciler.model.directory import Person
from reconciler.model.hierarchy import Details, Node, Role
from reconciler.model.mappings import Mapping, Mappings, Override
from reconciler.model.plan import Finding, make_finding
from reconciler.model.readings import Questions, Readings
from reconciler.model.text import normal_login, normal_text
from reconciler.planning.desired import Conflict, Paired, Wanted, choose_mapping, make_wanted
from reconciler.planning.matching import Matches


@dataclass(slots=True)
class People:
    """The facts about one role. Built by `gather_people`; the sets at the end are filled while deciding."""

    role: Role
    mappings: Mappings
    readings: Readings
    paired: tuple[Paired, ...]
    matches: Matches
    survivors: frozenset[str]
    today: date
    questions: Questions
    rows: dict[str, Person] = field(default_factory=dict)
    """By object id: everybody a group that was read whole shows, whatever becomes of its mapping."""
    places: dict[str, Paired | tuple[Paired, ...]] = field(default_factory=dict)
    wanted: dict[str, Wanted | Conflict] = field(default_factory=dict)
    """By object id: enabled people whom a healthy mapping has."""
    left_out: dict[str, str] = field(default_factory=dict)
    """By object id: people the reading showed in a group and a rule left out, with the reason (D8)."""
    by_prefix: dict[str, Paired] = field(default_factory=dict)
    unknown_group: bool = False
    """A mapping's group id is not known, so every marker that fits nothing known counts as its (D17)."""
    shared_logins: frozenset[str] = frozenset()
    shared_sso_ids: frozenset[str] = frozenset()
    findings: list[Finding] = field(default_factory=list)
    blocked: set[str] = field(default_factory=set)
    """Logins, or object ids, of people something was withheld from."""

    def places_of(self, entra_id: str) -> tuple[Paired, ...]:
        """Every mapping whose group was seen to hold this person, in the order of the file."""
        found = self.places.get(entra_id)
        if found is None:
            return ()
        return found if isinstance(found, tuple) else (found,)

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

    def block(self, code: str, message: str, who: Wanted | None, *, login: str | None = None) -> None:
        """A finding that withholds something from a person who is wanted."""
        mapping = who.paired.mapping if who else None
        shown = login or (who.login if who else None) or (who.person.upn if who else None)
        self.report(code, message, mapping=mapping, login=shown)
        if shown:
            self.blocked.add(shown)


def gather_people(
    role: Role,
    mappings: Mappings,
    readings: Readings,
    paired: tuple[Paired, ...],
    matches: Matches,
    survivors: frozenset[str],
    today: date,
    questions: Questions,
) -> People:
    """Puts the facts about one role side by side. Reports nothing but guests; asks nothing yet."""
    people = People(role, mappings, readings, paired, matches, survivors, today, questions)
    excluded = [override for override in mappings.overrides if override.action == "exclude" and override.until >= today]
    skip_guests = mappings.settings.guests == "skip"
    for item in paired:
        if item.prefix is None:
            people.unknown_group = True
        else:
            people.by_prefix[item.prefix] = item
        if item.group is not None:
            _place(people, item, item.group.members)
    logins: dict[str, str] = {}
    sso_ids: dict[str, str] = {}
    shared_logins: set[str] = set()
    shared_sso_ids: set[str] = set()
    for entra_id, person in people.rows.items():
        if excluded and (override := _override_of(person, excluded)):
            people.left_out[entra_id] = f"excluded until {override.until} by an override (line {override.line})"
            continue
        if skip_guests and person.guest:
            people.left_out[entra_id] = "a guest, and guests are skipped"
            continue
        if not person.enabled:
            continue
        place = people.places[entra_id]
        if isinstance(place, tuple):
            healthy = [item for item in place if item.frozen is None]
            chosen = choose_mapping(healthy) if healthy else None
        else:
            chosen = place if place.frozen is None else None
        if chosen is None:
            continue
        if isinstance(chosen, Conflict):
            people.wanted[entra_id] = chosen
            continue
        wanted = make_wanted(person, chosen, mappings.settings)
        people.wanted[entra_id] = wanted
        if wanted.login is not None:
            key = normal_login(wanted.login)
            if logins.setdefault(key, entra_id) != entra_id:
                shared_logins.add(key)
        if wanted.sso_id is not None and sso_ids.setdefault(wanted.sso_id, entra_id) != entra_id:
            shared_sso_ids.add(wanted.sso_id)
    people.shared_logins = frozenset(shared_logins)
    people.shared_sso_ids = frozenset(shared_sso_ids)
    return people


def own_addresses(person: Person) -> frozenset[str]:
    """The normal forms of a person's mail and UPN."""
    return frozenset(normal_login(address) for address in (person.mail, person.upn) if address)


class LoginPatterns:
    """`protected:` of the file; `*` stands for any text."""

    def __init__(self, patterns: Iterable[str]) -> None:
        parts = ["".join(".*" if c == "*" else re.escape(c) for c in normal_login(pattern)) for pattern in patterns]
        self._match = re.compile("|".join(f"(?:{part})" for part in parts), re.DOTALL).fullmatch if parts else None

    def holds(self, login: str) -> bool:
        """`login` in its normal form."""
        return self._match is not None and self._match(login) is not None


def find_override(overrides: Iterable[Override], action: str, today: date, names: frozenset[str]) -> Override | None:
    """The first override in force with this action for somebody with one of these normal names."""
    for override in overrides:
        if override.action == action and override.until >= today and normal_login(override.login) in names:
            return override
    return None


def shown_name(text: str) -> str:
    """A name as messages show it."""
    return normal_text(text) or "(no name)"


def _place(people: People, item: Paired, members: Iterable[Person]) -> None:
    rows, places = people.rows, people.places
    for person in members:
        before = places.get(person.id)
        if before is None:
            rows[person.id] = person
            places[person.id] = item
        else:
            places[person.id] = (*before, item) if isinstance(before, tuple) else (before, item)


def _override_of(person: Person, overrides: list[Override]) -> Override | None:
    names = own_addresses(person) | {person.id}
    return next((override for override in overrides if normal_login(override.login) in names), None)
