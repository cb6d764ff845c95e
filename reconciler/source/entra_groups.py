"""Group ids -> groups, each read whole or not at all (D17).

A group is asked for and its members in the same batch; further pages follow in batches too (graph.md §5.1, §6), and so
do the groups nested in one whose nesting is followed, each once however often it is nested (D1). The list of members is
not cast to users: a cast reads an index that lags (graph.md §3).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote

from reconciler.model.directory import Group, UnreadGroup
from reconciler.source.entra_rows import MEMBER_FIELDS, Persons, Roll
from reconciler.source.graph_batch import BatchAnswer, BatchItem
from reconciler.source.graph_client import GraphClient
from reconciler.source.listing import Listing


class GroupReading:
    """One group on its way: the record, the pages of its members, and the first thing that went wrong."""

    def __init__(self, id_: str, persons: Persons, limit: int | None, *, may_read_hidden: bool) -> None:
        self.id = id_
        self.name: str | None = None
        self.why = ""
        self.status = 200
        self.hidden = False
        self._persons = persons
        self._limit = limit
        self._may_read_hidden = may_read_hidden
        self._asked = False
        self._crowded = False
        self._listing = Listing(f"/groups/{quote(id_, safe='')}/members?$select={MEMBER_FIELDS}&$top=999")
        self._roll = Roll(persons)

    def questions(self) -> list[BatchItem]:
        """What is to be asked next, while not `finished`."""
        items = []
        if not self._asked:
            self._asked = True
            items.append(
                BatchItem(f"group {self.id}", f"/groups/{quote(self.id, safe='')}?$select=id,displayName,visibility")
            )
        if self._listing.next:
            items.append(BatchItem(f"members {self.id}", self._listing.next))
        return items

    @property
    def finished(self) -> bool:
        """Nothing is left to ask, once both questions of the first round are answered."""
        return bool(self.why) or self._listing.next is None

    @property
    def nested(self) -> tuple[str, ...]:
        """Ids of the groups that are direct members, as far as read."""
        return tuple(self._roll.nested)

    def take_group(self, answer: BatchAnswer) -> None:
        """The group's own record."""
        body = answer.body
        if answer.status != 200:
            self._lose("the group does not exist (404)" if answer.status == 404 else answer.clause(), answer.status)
        elif not isinstance(body, dict) or not isinstance(body.get("id"), str):
            self._lose("Graph answered with something that is not a group")
        elif body["id"].lower() != self.id:
            self._lose("Graph answered with another group")
        elif not isinstance(body.get("displayName"), str):
            self._lose("the group comes without its name: the app may lack GroupMember.Read.All")
        else:
            self.name = body["displayName"]
            if str(body.get("visibility")).lower() == "hiddenmembership" and not self._may_read_hidden:
                self._lose("its membership is hidden and the app has no Member.Read.Hidden")
                self.hidden = True

    def take_members(self, answer: BatchAnswer, relative: Callable[[str], str | None]) -> None:
        """One page of the members."""
        page = self._listing.accept(answer, relative)
        if page.first:
            self._roll.clear()
        why = self._roll.add(page.rows)
        if self._listing.why:
            gone = self._listing.status == 404
            self._lose("the group does not exist (404)" if gone else self._listing.why, self._listing.status)
        elif why:
            self._lose(why)
        elif self._limit is not None and len(self._roll.people) > self._limit:
            self._lose(_over(self._limit))
            self._crowded = True

    def result(self, limit: int | None = None) -> Group | UnreadGroup:
        """Call when nothing is left to ask, of any group: people are settled over all of them.

        `limit`: of a file that allows no more members than those the group was read for.
        """
        allowed = self._limit if limit is None else limit
        if allowed is not None and (self._crowded or (not self.why and len(self._roll.people) > allowed)):
            return UnreadGroup(self.id, self.name, _over(allowed), self.hidden)
        if self.why:
            return UnreadGroup(self.id, self.name, self.why, self.hidden)
        return Group(
            self.id,
            self.name or "",
            tuple(self._persons[id_] for id_ in self._roll.people),
            tuple(self._roll.nested),
            len(self._roll.others),
        )

    def _lose(self, why: str, status: int = 200) -> None:
        if not self.why:
            self.why, self.status = why, status
        # A group that may not be read may be left out of what Graph says of its members as well (D8): like hidden.
        self.hidden = self.hidden or status == 403
        self._roll.clear()


def _over(limit: int) -> str:
    return f"it has more than {limit} direct user members (limits.members)"


class Following(NamedTuple):
    """Whose nesting one file follows: from `tops` down, never into or past its `boundaries`, the groups it maps."""

    tops: frozenset[str] = frozenset()
    boundaries: frozenset[str] = frozenset()

    def below(self, groups: Mapping[str, Group | UnreadGroup]) -> dict[str, Group | UnreadGroup]:
        """What is met that way, by id, of all that was read."""
        met: dict[str, Group | UnreadGroup] = {}
        ways = sorted(self.tops)
        while ways:
            group = groups.get(ways.pop())
            for id_ in group.nested if isinstance(group, Group) else ():
                if id_ not in self.boundaries and id_ not in met and id_ in groups:
                    met[id_] = groups[id_]
                    ways.append(id_)
        return met


def fetch_groups(
    client: GraphClient,
    ids: Collection[str],
    *,
    limit: int | None,
    follow: Sequence[Following] = (),
    progress: Callable[[str, int, int], None] | None = None,
) -> dict[str, GroupReading]:
    """Read all these groups, lower-case ids, and after them every group that one of `follow` meets, at any depth.

    Each group is read once, however many meet it. Never raises for one group; CredentialsError as the client raises it.
    """
    persons = Persons()
    may_read_hidden = "Member.Read.Hidden" in _roles(client.claims())

    def reading(id_: str) -> GroupReading:
        return GroupReading(id_, persons, limit, may_read_hidden=may_read_hidden)

    def nested_in(id_: str) -> Collection[str]:
        return readings[id_].nested if id_ in readings and id_ not in left else ()

    readings = {id_: reading(id_) for id_ in dict.fromkeys(ids)}
    left = set(readings)
    ways = _Ways(follow)
    while items := [item for id_ in readings if id_ in left for item in readings[id_].questions()]:
        asked = dict.fromkeys(left, 0)
        for item in items:
            asked[item.key.partition(" ")[2]] += 1
        for key, answer in client.batch_each(items):
            kind, _, id_ = key.partition(" ")
            if kind == "group":
                readings[id_].take_group(answer)
            else:
                readings[id_].take_members(answer, client.relative)
            asked[id_] -= 1
            if not asked[id_] and readings[id_].finished:
                left.discard(id_)
                for nested in ways.lead_on(id_, nested_in):
                    if nested not in readings:
                        readings[nested] = reading(nested)
                        left.add(nested)
                if progress:
                    progress("reading groups in Entra", len(readings) - len(left), len(readings))
    return readings


class _Ways:
    """Which groups have been met by whom."""

    def __init__(self, follow: Sequence[Following]) -> None:
        self._boundaries = [one.boundaries for one in follow]
        self._followed: dict[str, set[int]] = {}
        for index, one in enumerate(follow):
            for id_ in one.tops:
                self._followed.setdefault(id_, set()).add(index)

    def lead_on(self, id_: str, nested_in: Callable[[str], Iterable[str]]) -> list[str]:
        """What a group just read leads to. `nested_in` gives nothing for a group not read yet: its turn comes."""
        met: dict[str, None] = {}
        stack = [id_]
        while stack:
            at = stack.pop()
            whose = self._followed.get(at, set())
            for nested in sorted(nested_in(at)) if whose else ():
                new = {one for one in whose if nested not in self._boundaries[one]}
                new -= self._followed.get(nested, set())
                if new:
                    self._followed.setdefault(nested, set()).update(new)
                    if nested not in met:
                        met[nested] = None
                    if nested != at:
                        stack.append(nested)
        return list(met)


def _roles(claims: dict[str, Any] | None) -> set[str]:
    """Permissions in the token: `roles` of an app, `scp` of a person. Empty where the token cannot be read."""
    roles, scopes = (claims or {}).get("roles"), (claims or {}).get("scp")
    found = {role for role in roles if isinstance(role, str)} if isinstance(roles, list) else set()
    return found | set(scopes.split() if isinstance(scopes, str) else ())
