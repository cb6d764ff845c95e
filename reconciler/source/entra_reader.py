"""Entra as this run sees it: the groups of all mappings, and answers about single people.

A group is read whole or its mapping is frozen (D17); a person who could not be asked about is unknown, not gone (D8).
Only where nothing at all can be trusted does reading raise: no group readable, a token of another tenant.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence

from reconciler.errors import CredentialsError, SourceError
from reconciler.model.directory import Directory, Group, NoPerson, Person, UnreadGroup, Whereabouts
from reconciler.model.mappings import Mapping as Pair
from reconciler.model.mappings import Mappings
from reconciler.source import entra_people
from reconciler.source.entra_groups import Following, GroupReading, fetch_groups
from reconciler.source.entra_lookup import Found, fetch_person
from reconciler.source.entra_names import NameLookup, fetch_names, same_name
from reconciler.source.graph_client import PERMISSIONS, GraphClient, refused_token

_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class NothingReadable(SourceError):
    """Graph answered for none of the mapped groups. `groups`: each with its reason, by mapping name."""

    def __init__(self, message: str, groups: Mapping[str, Group | UnreadGroup], *, advice: str | None) -> None:
        super().__init__(message, advice=advice)
        self.groups = groups


class EntraReader:
    """Reads one tenant. `progress`, where given, is called with what is read, how much of it is done, and of what."""

    def __init__(
        self,
        client: GraphClient,
        *,
        tenant_id: str | None,
        progress: Callable[[str, int, int], None] | None = None,
    ) -> None:
        self._client = client
        self._tenant_id = tenant_id
        self._progress = progress

    def fetch_directory(self, mappings: Mappings) -> Directory:
        """`fetch_directories` for one file."""
        return self.fetch_directories([mappings])[0]

    def fetch_directories(self, files: Sequence[Mappings]) -> list[Directory]:
        """Each file's groups, and those nested in the groups of its mappings that follow nesting, all in one reading.

        No group is read twice, and each file is given what it would be given alone. Raises SourceError or
        CredentialsError where Graph answered for no group of the first file; a group it did answer for and that cannot
        be trusted freezes its mapping, also where it is the only one (D17).
        """
        confirmed = self._confirm_tenant()
        every = [one for mappings in files for one in mappings.mappings]
        lookups = fetch_names(self._client, [name for one in every if (name := _name_alone(one))])
        ways = [_following(mappings, lookups) for mappings in files]
        known = {id_: None for one in every if (id_ := _id_of(one, lookups))}
        limit = max(mappings.limits.members for mappings in files)
        readings = fetch_groups(self._client, known, limit=limit, follow=ways, progress=self._progress)
        found = []
        for mappings, way in zip(files, ways, strict=True):
            within = {id_: reading.result(mappings.limits.members) for id_, reading in readings.items()}
            groups: dict[str, Group | UnreadGroup] = {}
            for one in mappings.mappings:
                id_ = _id_of(one, lookups)
                name = one.entra_group.name
                groups[one.name] = (
                    _with_name(within[id_], one) if id_ else UnreadGroup(None, name, lookups[name or ""].why)
                )
            notes = [
                note for one in mappings.mappings for note in _notes(one, readings.get(_id_of(one, lookups) or ""))
            ]
            notes = [*([] if confirmed is not False else [self._other_tenant()]), *notes]
            found.append(Directory(groups, confirmed, tuple(notes), way.below(within)))
        self._check_readable(files[0], found[0].groups, lookups, readings)
        return found

    def fetch_group(self, group_id: str) -> Group | UnreadGroup:
        """One group's members once more, now (D8, `reading_moved`). No limit on their number."""
        id_ = group_id.lower()
        return fetch_groups(self._client, [id_], limit=None)[id_].result()

    def fetch_whereabouts(self, ids: Collection[str], *, groups_for: Collection[str]) -> dict[str, Whereabouts]:
        """D8's two questions; keys as given. Whoever could not be asked about is UNKNOWN, their groups None."""
        return entra_people.fetch_whereabouts(self._client, ids, groups_for, self._progress)

    def fetch_people(self, names: Collection[str]) -> dict[str, Person | NoPerson]:
        """People by UPN or object id, whatever groups they are in; keys as given. Never raises for one of them."""
        return entra_people.fetch_people(self._client, names, self._progress)

    def fetch_addresses(self, ids: Collection[str]) -> dict[str, frozenset[str] | None]:
        """All addresses of each (D5), None where they could not be read; keys as given."""
        return entra_people.fetch_addresses(self._client, ids, self._progress)

    def fetch_person(self, name: str) -> Found:
        """Whoever has this object id, UPN or address, for `explain`."""
        return fetch_person(self._client, name)

    def _confirm_tenant(self) -> bool | None:
        """Whether the token's tenant is the configured one (D8); None where either is no GUID."""
        claims = self._client.claims()
        told = str((claims or {}).get("tid", "")).lower()
        configured = (self._tenant_id or "").lower()
        if not _GUID.fullmatch(told) or not _GUID.fullmatch(configured):
            return None
        return told == configured

    def _other_tenant(self) -> str:
        told = (self._client.claims() or {}).get("tid")
        return (
            f"the access token is for tenant {told}, and {self._tenant_id} is configured: nobody counts as deleted; "
            "look at entra.tenant_id, AZURE_TENANT_ID and where the token comes from"
        )

    def _check_readable(
        self,
        mappings: Mappings,
        groups: Mapping[str, Group | UnreadGroup],
        lookups: Mapping[str, NameLookup],
        readings: Mapping[str, GroupReading],
    ) -> None:
        """Raises where Graph answered for none of the groups of a file."""
        statuses: set[int] = set()
        for one in mappings.mappings:
            id_ = _id_of(one, lookups)
            statuses.add(readings[id_].status if id_ else lookups[one.entra_group.name or ""].listing.status)
        answered = any((id_ := _id_of(one, lookups)) and readings[id_].status == 200 for one in mappings.mappings)
        if mappings.mappings and not answered and not any(isinstance(group, Group) for group in groups.values()):
            raise self._nothing_readable(groups, statuses)

    def _nothing_readable(
        self, groups: Mapping[str, Group | UnreadGroup], statuses: set[int]
    ) -> SourceError | CredentialsError:
        if statuses == {401}:
            return refused_token(renewable=self._client.renewable)
        reasons = {name: group.why for name, group in groups.items() if isinstance(group, UnreadGroup)}
        if len(set(reasons.values())) == 1 < len(reasons):
            message = f"none of the {len(reasons)} mapped Entra groups could be read: {min(reasons.values())}"
        else:
            lines = [f"  {name}: {why}" for name, why in reasons.items()]
            message = "\n".join(["none of the mapped Entra groups could be read:", *lines])
        if statuses <= {401, 403}:
            return NothingReadable(message, groups, advice=PERMISSIONS)
        passing = any(status >= 429 or not status for status in statuses)  # 0: no answer that can be used
        advice = SourceError.advice if passing else "nothing was changed; mend each group as said above"
        return NothingReadable(message, groups, advice=advice)


def _name_alone(one: Pair) -> str | None:
    """The display name to look up; None where the file gives an id."""
    return None if one.entra_group.id else one.entra_group.name


def _following(mappings: Mappings, lookups: Mapping[str, NameLookup]) -> Following:
    ids = {one.name: _id_of(one, lookups) for one in mappings.mappings}
    tops = frozenset(id_ for one in mappings.mappings if one.nested != "direct" and (id_ := ids[one.name]))
    return Following(tops, frozenset(id_ for id_ in ids.values() if id_))


def _id_of(one: Pair, lookups: Mapping[str, NameLookup]) -> str | None:
    if one.entra_group.id:
        return one.entra_group.id.lower()
    return lookups[one.entra_group.name or ""].id


def _with_name(group: Group | UnreadGroup, one: Pair) -> Group | UnreadGroup:
    """A group whose name is not known goes by the one in the file; one renamed since the look-up is not trusted."""
    if isinstance(group, UnreadGroup):
        return group if group.name else UnreadGroup(group.id, one.entra_group.name, group.why, group.hidden)
    name = _name_alone(one)
    if name and not same_name(group.name, name):
        return UnreadGroup(group.id, group.name, f"it was called {name!r} a moment ago and is now {group.name!r}")
    return group


def _notes(one: Pair, reading: GroupReading | None) -> list[str]:
    """A name beside an id is only checked (D13)."""
    written = one.entra_group.name
    if (
        reading is None
        or not one.entra_group.id
        or not written
        or reading.name is None
        or same_name(reading.name, written)
    ):
        return []
    return [f"{one.name}: the Entra group {reading.id} is called {reading.name!r}, the file says {written!r}"]
