"""Puts the facts about one role side by side, and makes the two roles known to each other (D11, D12, D16, D21)."""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.model.directory import Person
from reconciler.model.hierarchy import Role
from reconciler.model.mappings import Mappings
from reconciler.model.readings import Questions, Readings
from reconciler.model.text import normal_login
from reconciler.planning.desired import PREFIX, Conflict, Paired, Wanted, choose_mapping, login_of, make_wanted
from reconciler.planning.included import place_included
from reconciler.planning.matching import Matches
from reconciler.planning.overrides import InForce
from reconciler.planning.people import People, own_addresses


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
