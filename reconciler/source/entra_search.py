"""Finding Entra groups and people where no mapping names them yet: for `groups search` and `init`.

Graph's own `$search` finds whole words and their beginnings only, and reads an index that lags (graph.md §1.3, §3);
`$filter` has no `contains` for names. So all groups are listed, 999 to a page, and we look for the term ourselves: a
search for `aid` finds `First Aid` and `Aidan`. Where a tenant has more groups than PAGES hold, the rest is asked for
names that begin with the term, and the result says that it is not complete. A page that cannot be read is a
SourceError, never a shorter list.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection
from urllib.parse import quote

from reconciler.errors import SourceError
from reconciler.model.choices import FoundGroup, MemberCount, Search
from reconciler.source.graph_batch import BatchAnswer, BatchItem
from reconciler.source.graph_client import GraphClient, GraphError
from reconciler.source.listing import Listing

PAGES = 30
"""Of 999 groups each. 30 calls take well under a minute, and few tenants have more groups."""
_FIELDS = "id,displayName,groupTypes,securityEnabled,mailEnabled,visibility"
_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z", re.IGNORECASE)

Progress = Callable[[str, int, int], None]


def fetch_groups_like(client: GraphClient, term: str, *, pages: int = PAGES) -> Search:
    """Groups whose display name holds the term, in any case, or the one group whose object id it is; by name.

    SourceError where Graph could not be read whole, CredentialsError.
    """
    if _GUID.match(term.strip()):
        found = _fetch_by_id(client, term.strip().lower())
        return Search((found,) if found else (), 1, complete=True)
    listed = fetch_all_groups(client, pages=pages)
    wanted = _folded(term)
    groups = {group.id: group for group in listed.groups if wanted in _folded(group.name)}
    if not listed.complete:
        beginning, _ = _fetch_pages(client, _beginning(term), pages)
        groups |= {group.id: group for group in beginning if wanted in _folded(group.name)}
    return Search(_by_name(groups.values()), listed.looked_at, listed.complete)


def fetch_all_groups(client: GraphClient, *, pages: int = PAGES) -> Search:
    """Every group of the tenant, or as many as the pages hold."""
    groups, complete = _fetch_pages(client, f"/groups?$select={_FIELDS}&$top=999", pages)
    unique = {group.id: group for group in groups}
    return Search(_by_name(unique.values()), len(unique), complete)


def fetch_member_counts(client: GraphClient, groups: Collection[FoundGroup]) -> dict[str, MemberCount | None]:
    """How many people and groups are directly in each, from one page a group, twenty to a call.

    None where the membership is hidden or the page could not be read: a number is a help here and nothing hangs on it.
    """
    items = [
        BatchItem(group.id, f"/groups/{quote(group.id, safe='')}/members?$select=id&$top=999")
        for group in groups
        if not group.hidden
    ]
    counts: dict[str, MemberCount | None] = {group.id: None for group in groups}
    for id_, answer in client.batch_each(items):
        counts[id_] = _count(answer)
    return counts


def fetch_ids_of_logins(
    client: GraphClient, logins: Collection[str], progress: Progress | None = None
) -> dict[str, tuple[str, ...]]:
    """Ids of the accounts whose mail or UPN each login is; empty for nobody. SourceError, CredentialsError."""
    items = [BatchItem(login, _account_query(login)) for login in dict.fromkeys(logins)]
    found: dict[str, tuple[str, ...]] = {}
    for login, answer in client.batch_each(items):
        rows = answer.body.get("value") if answer.status == 200 and isinstance(answer.body, dict) else None
        if not isinstance(rows, list):
            raise SourceError(f"who has a login could not be asked: {answer.clause()}")
        ids = [row.get("id") for row in rows if isinstance(row, dict)]
        found[login] = tuple(id_.lower() for id_ in ids if isinstance(id_, str) and id_)
        if progress:
            progress("looking for technicians in Entra", len(found), len(items))
    return found


def _fetch_by_id(client: GraphClient, id_: str) -> FoundGroup | None:
    try:
        return _group(client.get(f"/groups/{quote(id_, safe='')}?$select={_FIELDS}"))
    except GraphError as error:
        if error.status == 404:
            return None
        raise


def _fetch_pages(client: GraphClient, first: str, pages: int) -> tuple[list[FoundGroup], bool]:
    """The groups of a collection, and whether it was read to its end."""
    listing = Listing(first)
    groups: list[FoundGroup] = []
    read = 0
    while listing.next is not None and read < pages:
        try:
            answer = BatchAnswer(200, body=client.get(listing.next))
        except GraphError as error:
            if error.status != 400:
                raise
            answer = BatchAnswer(error.status, body=error.body, why=str(error))
        page = listing.accept(answer, client.relative)
        if page.first:
            groups.clear()
        groups += [_group(row) for row in page.rows]
        read += 1
    if listing.why:
        raise GraphError(f"the groups could not be listed: {listing.why}", status=listing.status)
    return groups, listing.next is None


def _group(row: object) -> FoundGroup:
    id_, name = (row.get("id"), row.get("displayName")) if isinstance(row, dict) else (None, None)
    if not isinstance(row, dict) or not isinstance(id_, str) or not id_ or not isinstance(name, str):
        raise SourceError(
            "Graph answered with groups that have no id or no name",
            advice="grant the app GroupMember.Read.All (application, with admin consent)",
        )
    types = row.get("groupTypes")
    kinds = {kind.lower() for kind in types if isinstance(kind, str)} if isinstance(types, list) else set()
    security, mail = row.get("securityEnabled"), row.get("mailEnabled")
    if "unified" in kinds:
        kind = "Microsoft 365"
    elif security is False:
        kind = "distribution"
    else:
        kind = "mail-enabled security" if mail is True else "security"
    hidden = str(row.get("visibility")).lower() == "hiddenmembership"
    return FoundGroup(id_.lower(), name, kind, "dynamicmembership" in kinds, hidden)


def _count(answer: BatchAnswer) -> MemberCount | None:
    body = answer.body
    if answer.status != 200 or not isinstance(body, dict) or not isinstance(body.get("value"), list):
        return None
    types = [str(row.get("@odata.type")).lower() for row in body["value"] if isinstance(row, dict)]
    people, groups = (sum(kind.endswith(f".{name}") for kind in types) for name in ("user", "group"))
    return MemberCount(people, groups, body.get("@odata.nextLink") is not None)


def _account_query(login: str) -> str:
    literal = login.replace("'", "''")
    asked = quote(f"mail eq '{literal}' or userPrincipalName eq '{literal}'", safe="'")
    return f"/users?$filter={asked}&$select=id&$top=999"


def _beginning(term: str) -> str:
    literal = term.strip().replace("'", "''")
    asked = quote(f"startsWith(displayName,'{literal}')", safe="'(),")
    return f"/groups?$filter={asked}&$select={_FIELDS}&$top=999"


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold()).strip()


def _by_name(groups: Collection[FoundGroup]) -> tuple[FoundGroup, ...]:
    return tuple(sorted(groups, key=lambda group: (_folded(group.name), group.name, group.id)))
