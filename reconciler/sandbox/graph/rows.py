"""One directory object as a row of JSON: which properties, from which columns, and what a missing permission hides."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from typing import Any

from .access import Access
from .errors import denied

Row = dict[str, Any]

USER_DEFAULT = (
    "businessPhones", "displayName", "givenName", "jobTitle", "mail", "mobilePhone", "officeLocation",
    "preferredLanguage", "surname", "userPrincipalName", "id",
)  # fmt: skip
GROUP_DEFAULT = (
    "id", "deletedDateTime", "classification", "createdDateTime", "description", "displayName", "groupTypes",
    "isAssignableToRole", "mail", "mailEnabled", "mailNickname", "membershipRule", "membershipRuleProcessingState",
    "onPremisesSyncEnabled", "proxyAddresses", "securityEnabled", "visibility",
)  # fmt: skip
DEFAULT = {
    "user": USER_DEFAULT,
    "group": GROUP_DEFAULT,
    "device": ("id", "deletedDateTime", "accountEnabled", "deviceId", "displayName", "operatingSystem"),
    "servicePrincipal": ("id", "deletedDateTime", "accountEnabled", "appId", "displayName", "servicePrincipalType"),
    "orgContact": ("id", "deletedDateTime", "displayName", "mail"),
}
"""What a row shows without $select. [documented] graph.md §1.1, §1.4; the last three types shortened."""

BASIC = frozenset(
    {"displayName", "givenName", "id", "mail", "photo", "securityIdentifier", "surname", "userPrincipalName"}
)
"""All that User.ReadBasic.All shows. [documented] graph.md §4."""

COLUMN = {
    "id": "id", "displayName": "name", "userPrincipalName": "upn", "mail": "mail", "accountEnabled": "enabled",
    "userType": "user_type", "deletedDateTime": "deleted_at",
}  # fmt: skip

ONLY = {
    "mail": ("user", "group", "orgContact"),
    "accountEnabled": ("user", "device", "servicePrincipal"),
    "userPrincipalName": ("user",),
    "userType": ("user",),
}
"""Columns that not every type has. [documented] graph.md §1.2: rows of other types simply lack them."""

OTHERS: dict[str, dict[str, Any]] = {
    "user": {
        "businessPhones": [], "givenName": None, "jobTitle": None, "mobilePhone": None, "officeLocation": None,
        "preferredLanguage": None, "surname": None, "proxyAddresses": [], "otherMails": [], "employeeId": None,
        "onPremisesImmutableId": None, "onPremisesSyncEnabled": None, "mailNickname": None, "department": None,
        "companyName": None, "city": None, "country": None, "externalUserState": None, "securityIdentifier": None,
        "createdDateTime": "2023-01-09T08:00:00Z",
    },
    "group": {
        "classification": None, "createdDateTime": "2023-01-09T08:00:00Z", "description": None, "groupTypes": [],
        "isAssignableToRole": None, "mailEnabled": False, "mailNickname": None, "membershipRule": None,
        "membershipRuleProcessingState": None, "onPremisesSyncEnabled": None, "proxyAddresses": [],
        "securityEnabled": True, "visibility": None,
    },
    "device": {"deviceId": None, "operatingSystem": None},
    "servicePrincipal": {"appId": None, "servicePrincipalType": "Application"},
    "orgContact": {},
}  # fmt: skip
"""Properties without a column, and their value where the scenario gives none. Other names are not there at all."""

SELECTED = "o.key, o.id, o.kind, o.name, o.upn, o.mail, o.enabled, o.user_type, o.deleted_at, o.more"
"""The columns a query has to bring."""


class RowWriter:
    """Writes rows for one request. `typed`: with `@odata.type`, as in uncast lists ([documented] graph.md §1.2)."""

    def __init__(self, select: tuple[str, ...], access: Access, switches: dict[str, str], *, typed: bool) -> None:
        self.select = select
        self.access = access
        self.switches = switches
        self.typed = typed
        self._writers: dict[str, Callable[[sqlite3.Row], Row]] = {}

    def write(self, rows: list[sqlite3.Row]) -> list[Row]:
        """The rows in the order given."""
        writers = self._writers
        found = []
        for row in rows:
            kind = row["kind"]
            if kind not in writers:
                writers[kind] = self._writer(kind)
            found.append(writers[kind](row))
        return found

    def _writer(self, kind: str) -> Callable[[sqlite3.Row], Row]:
        names = self._names(kind)
        start: Row = {"@odata.type": f"#microsoft.graph.{kind}"} if self.typed else {}
        if not self.access.reads(kind):
            # [documented] graph.md §3: id and type remain, everything else is null
            return lambda row: start | {name: _unseen(kind, name) for name in names} | {"id": row["id"]}
        visible = [name for name in names if not self._hidden(kind, name)]
        nulls = [name for name in names if name not in visible] if self.switches["not_basic"] == "null" else []
        plain = [(name, COLUMN[name]) for name in visible if name in COLUMN]
        others = [name for name in visible if name not in COLUMN]

        def write(row: sqlite3.Row) -> Row:
            written = dict(start)
            for name, column in plain:
                written[name] = row[column]
            if written.get("accountEnabled") is not None:
                written["accountEnabled"] = bool(written["accountEnabled"])
            if row["deleted_at"] is not None and written.get("userPrincipalName"):
                # [reported] graph.md §1.5: the id's digits go before the name
                written["userPrincipalName"] = row["id"].replace("-", "") + written["userPrincipalName"]
            if others:
                more = json.loads(row["more"])
                for name in others:
                    if name in more:
                        written[name] = more[name]
                    elif name in OTHERS[kind]:
                        written[name] = _other(name, row)
            for name in nulls:
                written[name] = _unseen(kind, name)
            return written

        return write

    def _names(self, kind: str) -> tuple[str, ...]:
        if not self.select or self.select == ("*",):
            return DEFAULT[kind]
        known = {name.lower(): name for name in (*COLUMN, *OTHERS[kind])}
        names = tuple(known.get(name.lower(), name) for name in self.select)
        names = tuple(
            name for name in names if kind in ONLY.get(name, (kind,)) and (name in COLUMN or name in OTHERS[kind])
        )
        if self.switches["select_implies_id"] == "yes" and "id" not in names:
            names = ("id", *names)
        return names

    def _hidden(self, kind: str, name: str) -> bool:
        if kind != "user" or self.access.whole_users or name in BASIC:
            return False
        if self.switches["not_basic"] == "403":
            raise denied()
        return True


def _unseen(kind: str, name: str) -> Any:
    """What stands for a property that may not be read: null, or for a list an empty one (graph.md §1.4: non-null)."""
    return [] if isinstance(OTHERS[kind].get(name), list) else None


def _other(name: str, row: sqlite3.Row) -> Any:
    if name == "proxyAddresses" and row["mail"]:
        return [f"SMTP:{row['mail']}"]
    if name == "mailNickname" and row["upn"]:
        return row["upn"].partition("@")[0]
    return OTHERS[row["kind"]][name]


def context(what: str, select: tuple[str, ...]) -> str:
    """The `@odata.context` of a list or, with `/$entity` in `what`, of one object. [documented] graph.md §2."""
    collection, slash, entity = what.partition("/")
    chosen = f"({','.join(select)})" if select else ""
    return f"https://graph.microsoft.com/v1.0/$metadata#{collection}{chosen}{slash}{entity}"
