"""Display names -> object ids. A name counts only where exactly one group bears it (D13)."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from urllib.parse import quote

from reconciler.source.graph_batch import BatchItem
from reconciler.source.graph_client import GraphClient
from reconciler.source.listing import Listing

_SHOWN = 10


class NameLookup:
    """What became of one name: an id, or why there is none. `status` is Graph's where it refused, else 200."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.listing = Listing(f"/groups?$filter={_filter(name)}&$select=id,displayName&$top=999")
        self._found: dict[str, None] = {}

    @property
    def id(self) -> str | None:
        return next(iter(self._found)) if self.listing.complete and len(self._found) == 1 else None

    @property
    def why(self) -> str:
        """Why the name cannot be used; ask where `id` is None."""
        if not self.listing.complete:
            return self.listing.why
        if not self._found:
            return f"no Entra group is called {self.name!r}"
        ids = sorted(self._found)
        more = f" and {len(ids) - _SHOWN} more" if len(ids) > _SHOWN else ""
        return f"{len(ids)} Entra groups are called {self.name!r}: {', '.join(ids[:_SHOWN])}{more}"

    def clear(self) -> None:
        self._found.clear()

    def add(self, rows: list[object]) -> None:
        """Keep those that bear the name: Graph's `eq` ignores case, we do not."""
        for row in rows:
            id_, name = (row.get("id"), row.get("displayName")) if isinstance(row, dict) else (None, None)
            if not isinstance(id_, str) or not id_ or not isinstance(name, str):
                self.listing.stop("Graph answered with groups that have no id or no name")
                return
            if same_name(name, self.name):
                self._found[id_.lower()] = None


def fetch_names(client: GraphClient, names: Collection[str]) -> dict[str, NameLookup]:
    """Look all names up, twenty to a request. CredentialsError as the client raises it."""
    lookups = {name: NameLookup(name) for name in names}
    while items := [BatchItem(name, lookup.listing.next) for name, lookup in lookups.items() if lookup.listing.next]:
        for name, answer in client.batch_each(items):
            page = lookups[name].listing.accept(answer, client.relative)
            if page.first:
                lookups[name].clear()
            lookups[name].add(page.rows)
    return lookups


def same_name(one: str, other: str) -> bool:
    """D13: NFC, case-sensitive."""
    return unicodedata.normalize("NFC", one) == unicodedata.normalize("NFC", other)


def _filter(name: str) -> str:
    """Both ways to write an accented letter are asked for, since how Graph compares them is not documented."""
    forms = dict.fromkeys(unicodedata.normalize(form, name) for form in ("NFC", "NFD"))
    literals = (form.replace("'", "''") for form in forms)
    return quote(" or ".join(f"displayName eq '{literal}'" for literal in literals), safe="'")
