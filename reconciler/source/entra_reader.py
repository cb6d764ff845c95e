"""Entra as this run sees it: the groups of all mappings, and answers about single people.

A group is read whole or its mapping is frozen (D17); a person who could not be asked about is unknown, not gone (D8).
Only where nothing at all can be trusted does reading raise: no group readable, a token of another tenant.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

from reconciler.errors import CredentialsError, SourceError
from reconciler.model.directory import Directory, Group, NoPerson, Person, UnreadGroup, Whereabouts
from reconciler.model.mappings import Mapping, Mappings
from reconciler.source import entra_people
from reconciler.source.entra_groups import GroupReading, fetch_groups
from reconciler.source.entra_lookup import Found, fetch_person
from reconciler.source.entra_names import NameLookup, fetch_names, same_name
from reconciler.source.graph_client import PERMISSIONS, GraphClient, refused_token

_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class NothingReadable(SourceError):
    """Graph answered for none of the mapped groups. `groups`: each with its reason, by mapping name."""

    def __init__(self, message: str, groups: dict[str, Group | UnreadGroup], *, advice: str | None) -> None:
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
        """Every mapped group, and those nested in the groups of mappings that follow nesting, each once.

        Raises SourceError or CredentialsError where Graph answered for none of them; a group it did answer for and that
        cannot be trusted freezes its mapping, also where it is the only one (D17).
        """
        confirmed = self._confirm_tenant()
        wanted = mappings.mappings
        lookups = fetch_names(self._client, [name for one in wanted if (name := _name_alone(one))])
        ids = {one.name: _id_of(one, lookups) for one in wanted}
        known = {id_: None for id_ in ids.values() if id_}
        follow = [id_ for one in wanted if one.nested != "direct" and (id_ := ids[one.name])]
        limit = mappings.limits.members
        readings = fetch_groups(self._client, known, limit=limit, follow=follow, progress=self._progress)
        groups: dict[str, Group | UnreadGroup] = {}
        notes = [] if confirmed is not False else [self._other_tenant()]
        statuses: set[int] = set()
        results = {id_: reading.result() for id_, reading in readings.items()}
        for one in wanted:
            id_, name = ids[one.name], one.entra_group.name
            if not id_:
                lookup = lookups[name or ""]
                groups[one.name] = UnreadGroup(None, name, lookup.why)
                statuses.add(lookup.listing.status)
                continue
            groups[one.name] = _with_name(results[id_], one)
            statuses.add(readings[id_].status)
            notes += _notes(one, readings[id_])
        answered = any(readings[id_].status == 200 for id_ in known)
        if wanted and not answered and not any(isinstance(group, Group) for group in groups.values()):
            raise self._nothing_readable(groups, statuses)
        nested = {id_: group for id_, group in results.items() if id_ not in known}
        return Directory(groups, confirmed, tuple(notes), nested)

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

    def _nothing_readable(
        self, groups: dict[str, Group | UnreadGroup], statuses: set[int]
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


def _name_alone(one: Mapping) -> str | None:
    """The display name to look up; None where the file gives an id."""
    return None if one.entra_group.id else one.entra_group.name


def _id_of(one: Mapping, lookups: dict[str, NameLookup]) -> str | None:
    if one.entra_group.id:
        return one.entra_group.id.lower()
    return lookups[one.entra_group.name or ""].id


def _with_name(group: Group | UnreadGroup, one: Mapping) -> Group | UnreadGroup:
    """A group whose name is not known goes by the one in the file; one renamed since the look-up is not trusted."""
    if isinstance(group, UnreadGroup):
        return group if group.name else UnreadGroup(group.id, one.entra_group.name, group.why, group.hidden)
    name = _name_alone(one)
    if name and not same_name(group.name, name):
        return UnreadGroup(group.id, group.name, f"it was called {name!r} a moment ago and is now {group.name!r}")
    return group


def _notes(one: Mapping, reading: GroupReading) -> list[str]:
    """A name beside an id is only checked (D13)."""
    written = one.entra_group.name
    if not one.entra_group.id or not written or reading.name is None or same_name(reading.name, written):
        return []
    return [f"{one.name}: the Entra group {reading.id} is called {reading.name!r}, the file says {written!r}"]
