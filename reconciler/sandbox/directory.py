"""The Entra side of the state: people, groups, other objects, who is a member of what, and who was deleted.

`DirectoryState` is the part of `SandboxState` for whoever plays the Entra administrator. Objects are named by their
object id, people also by UPN. Nothing here knows how Graph writes them down.
"""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from reconciler.errors import UsageError

from .constants import KINDS
from .store import Store

COLUMNS = {
    "name": "name", "upn": "upn", "mail": "mail", "enabled": "enabled", "user_type": "user_type",
    "displayName": "name", "userPrincipalName": "upn", "accountEnabled": "enabled", "userType": "user_type",
}  # fmt: skip
"""Our words and Graph's for the properties that have a column; every other property is kept under Graph's name."""


class DirectoryState(Store):
    """People, groups and memberships of the sandbox's Entra tenant."""

    # --- adding ---------------------------------------------------------------------------------------------------

    def add_person(
        self,
        id: str | None = None,
        *,
        name: str | None,
        upn: str | None,
        mail: str | None = None,
        enabled: bool | None = True,
        guest: bool = False,
        **more: Any,
    ) -> str:
        """Add a user and return the object id. `more` takes Graph's property names (givenName, proxyAddresses, ...)."""
        kind = "Guest" if guest else "Member"
        return self._add("user", id, name, upn, mail, enabled, more.pop("user_type", kind), more)

    def add_group(self, id: str | None = None, *, name: str, **more: Any) -> str:
        """Add a security group and return its id. `more` takes Graph's property names (visibility, groupTypes, ...)."""
        return self._add("group", id, name, None, more.pop("mail", None), None, None, more)

    def add_object(self, kind: str, id: str | None = None, *, name: str, **more: Any) -> str:
        """Add a device, servicePrincipal or orgContact and return its id."""
        enabled = None if kind == "orgContact" else True
        return self._add(kind, id, name, None, more.pop("mail", None), enabled, None, more)

    def _add(
        self,
        kind: str,
        id: str | None,
        name: str | None,
        upn: str | None,
        mail: str | None,
        enabled: bool | None,
        user_type: str | None,
        more: Mapping[str, Any],
    ) -> str:
        if kind not in KINDS:
            raise UsageError(f"{kind!r} is no kind of directory object; one of {', '.join(KINDS)}")
        id = (id or str(uuid.uuid4())).lower()
        try:
            self.execute(
                "INSERT INTO objects (id, kind, name, upn, mail, enabled, user_type, more) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                id, kind, name, upn, mail, enabled, user_type, json.dumps(dict(more), ensure_ascii=False),
            )  # fmt: skip
        except sqlite3.IntegrityError as error:
            raise UsageError(f"the directory already has an object {id}") from error
        return id

    def add_people(self, rows: Iterable[tuple[str, str, str, str | None, bool]]) -> None:
        """Add many members at once: (object id, name, UPN, mail, enabled) each. For large directories."""
        with self.transaction():
            self.db.executemany(
                "INSERT INTO objects (id, kind, name, upn, mail, enabled, user_type) "
                "VALUES (?, 'user', ?, ?, ?, ?, 'Member')",
                rows,
            )

    def add_members(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Add many memberships at once: (group id, member id) each. Unknown ids are an error, repetitions are not."""
        with self.transaction():
            keys = {row["id"]: row["key"] for row in self.rows("SELECT id, key FROM objects WHERE deleted_at IS NULL")}
            try:
                found = [(keys[group], keys[member]) for group, member in pairs]
            except KeyError as error:
                raise UsageError(f"the directory has no object {error.args[0]}") from error
            self.db.executemany("INSERT OR IGNORE INTO members (group_key, member_key) VALUES (?, ?)", found)

    # --- changing -------------------------------------------------------------------------------------------------

    def set_person(self, person: str, **fields: Any) -> None:
        """Change a user, named by object id or UPN. Fields: name, upn, mail, enabled, user_type, or Graph's names."""
        self._set(self._key(person, "user"), fields)

    def set_group(self, group: str, **fields: Any) -> None:
        """Change a group, named by object id. Fields: name, mail, or Graph's names."""
        self._set(self._key(group, "group"), fields)

    def _set(self, key: int, fields: Mapping[str, Any]) -> None:
        with self.transaction():
            row = self.row("SELECT more FROM objects WHERE key = ?", key)
            more = json.loads(row["more"]) if row else {}
            for name, value in fields.items():
                if name in COLUMNS or name == "mail":
                    change = f"UPDATE objects SET {COLUMNS.get(name, name)} = ? WHERE key = ?"  # noqa: S608 - our names
                    self.execute(change, value, key)
                else:
                    more[name] = value
            self.execute("UPDATE objects SET more = ? WHERE key = ?", json.dumps(more, ensure_ascii=False), key)

    def delete_person(self, person: str) -> None:
        """Delete a user: out of every group at once, listed among the deleted ([documented] graph.md §1.5)."""
        with self.transaction():
            key = self._key(person, "user")
            self.execute("DELETE FROM members WHERE member_key = ?", key)
            when = datetime.fromtimestamp(self.now(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            self.execute("UPDATE objects SET deleted_at = ? WHERE key = ?", when, key)

    def restore_person(self, id: str) -> None:
        """Bring a deleted user back, without the memberships."""
        self.execute("UPDATE objects SET deleted_at = NULL WHERE id = ?", id.lower())

    def purge_person(self, id: str) -> None:
        """Remove a deleted user for good, as happens after some 30 days."""
        self.execute("DELETE FROM objects WHERE id = ? AND deleted_at IS NOT NULL", id.lower())

    def delete_group(self, group: str) -> None:
        """Delete a security group, for good, with its memberships."""
        with self.transaction():
            key = self._key(group, "group")
            self.execute("DELETE FROM members WHERE group_key = ? OR member_key = ?", key, key)
            self.execute("DELETE FROM objects WHERE key = ?", key)

    def add_member(self, group: str, member: str) -> None:
        """Put an object (id, or a user's UPN) into a group. With the switch index_lag on, casts don't show it yet."""
        with self.transaction():
            pair = self._key(group, "group"), self._key(member)
            self.execute("INSERT OR IGNORE INTO members (group_key, member_key) VALUES (?, ?)", *pair)
            if self.row("SELECT 1 FROM switches WHERE name = 'index_lag' AND value = 'on'"):
                self.execute("INSERT OR IGNORE INTO lagging (group_key, member_key) VALUES (?, ?)", *pair)

    def remove_member(self, group: str, member: str) -> None:
        """Take an object out of a group; no error if it is not in it."""
        with self.transaction():
            pair = self._key(group, "group"), self._key(member)
            self.execute("DELETE FROM members WHERE group_key = ? AND member_key = ?", *pair)
            self.execute("DELETE FROM lagging WHERE group_key = ? AND member_key = ?", *pair)

    def catch_up_index(self) -> None:
        """Let the index of advanced queries catch up with the directory (switch index_lag)."""
        self.execute("DELETE FROM lagging")

    # --- reading --------------------------------------------------------------------------------------------------

    def people(self) -> list[dict[str, Any]]:
        """Every live user: id, name, upn, mail, enabled, user_type, and the other properties by Graph's names."""
        return [
            self._plain(row)
            for row in self.rows("SELECT * FROM objects WHERE kind = 'user' AND deleted_at IS NULL ORDER BY key")
        ]

    def groups(self) -> list[dict[str, Any]]:
        """Every group: id, name, and the other properties by Graph's names."""
        return [self._plain(row) for row in self.rows("SELECT * FROM objects WHERE kind = 'group' ORDER BY key")]

    def person(self, person: str) -> dict[str, Any]:
        """One live user, by object id or UPN. UsageError if there is none."""
        row = self.row("SELECT * FROM objects WHERE key = ?", self._key(person, "user"))
        return self._plain(row) if row else {}

    def members(self, group: str) -> list[str]:
        """The object ids of a group's direct members."""
        key = self._key(group, "group")
        rows = self.rows(
            "SELECT o.id FROM members m JOIN objects o ON o.key = m.member_key WHERE m.group_key = ? ORDER BY o.key",
            key,
        )
        return [row["id"] for row in rows]

    def _plain(self, row: sqlite3.Row) -> dict[str, Any]:
        plain: dict[str, Any] = {name: row[name] for name in ("id", "name", "mail")}
        if row["kind"] == "user":
            enabled = None if row["enabled"] is None else bool(row["enabled"])
            plain |= {"upn": row["upn"], "enabled": enabled, "user_type": row["user_type"]}
        plain.update(json.loads(row["more"]))
        return plain

    def _key(self, name: str, kind: str | None = None) -> int:
        row = self.row("SELECT key, kind FROM objects WHERE id = ? AND deleted_at IS NULL", name.lower())
        if row is None:
            row = self.row("SELECT key, kind FROM objects WHERE upn = ? COLLATE NOCASE AND deleted_at IS NULL", name)
        if row is None or (kind is not None and row["kind"] != kind):
            raise UsageError(f"the directory has no {kind or 'object'} {name}")
        return int(row["key"])
